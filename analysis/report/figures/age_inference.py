"""Figure: slopes on host age by interval and by pass, and what slope or correlation the hosts of known age could show."""

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

STEM = "fig_age_inference"
LABELS = {
    "permutation": "permutation, jackknife",
    "permutation_cluster": "permutation, cluster",
    "wild_bootstrap": "wild bootstrap",
    "jackknife": "jackknife",
    "jackknife_satterthwaite": "jackknife, Satterthwaite",
    "bell_mccaffrey": "Bell–McCaffrey",
    "cluster": "cluster-robust",
    "without_assumed_zero": r"without assumed $e$ = 0",
    "measured_eccentricity": r"measured $e$",
    "without_age_limits": "without age limits",
    "low_mass_ratio": r"low $q$",
    "without_most_influential_host": "without one host",
}
LOOKS = {"semimajor_axis": ("#0072B2", "o", "-", r"$a$"), "eccentricity": ("#B33C00", "s", "--", r"$e$")}
TITLES = {"semimajor_axis": r"slope of log $a$ (dex per dex)", "eccentricity": r"slope of $e$ (per dex)"}


def write(directory: Path, context: Context, age_inference: Any) -> None:
    """Left, middle: slopes with 95 % intervals, the primary one filled; right: power against the correlation between hosts."""
    plt = style.apply()
    figure, axes = plt.subplots(1, 3, figsize=(style.PAGE_WIDTH, 3.0), width_ratios=(1.0, 1.0, 0.9))
    rows, curve = age_inference.intervals, age_inference.power
    shown = []
    if len(rows):
        kept = rows[~(rows["kind"].eq("pass") & rows["name"].eq("as_given"))]
        names = [name for name in LABELS if name in set(kept["name"])]
        places = {name: -(k + (k >= 7) * 0.6) for k, name in enumerate(names)}
        for panel, (response, title) in zip(axes[:2], TITLES.items(), strict=True):
            shown.append(_slopes(panel, kept[kept["response"] == response], places, response))
            panel.set(xlabel=title, yticks=list(places.values()), ylim=(min(places.values()) - 0.6, 0.6))
            panel.set_yticklabels([LABELS[name] for name in names] if response == "semimajor_axis" else [])
            panel.axvline(0, color="0.5", linewidth=0.7, zorder=0)
            panel.tick_params(axis="y", length=0)
    for response, (colour, marker, line, label) in LOOKS.items():
        part = curve[curve["response"] == response] if len(curve) else curve
        if len(part):
            axes[2].errorbar(part["correlation"], part["power"], part["power_error"], color=colour, marker=marker, markersize=3.5, linestyle=line,
                             label=f"{label} ({part['n_hosts'].iloc[0]} hosts)")
            shown.append(part.assign(kind="power"))
    axes[2].axhline(0.8, color="0.5", linewidth=0.7, linestyle=":", zorder=0)
    axes[2].set(xlabel=r"correlation between hosts $|r|$", ylabel="power", xlim=(0, 1), ylim=(0, 1.02))
    if len(curve):
        axes[2].legend(loc="upper left")
    for panel, letter in zip(axes, "abc", strict=True):
        style.name_panel(panel, letter)
    save_figure(directory, STEM, figure, pd.concat(shown, ignore_index=True) if shown else pd.DataFrame(), context)


def _slopes(panel: Any, part: pd.DataFrame, places: dict[str, float], response: str) -> pd.DataFrame:
    """Draw slope and interval of every row; returns the rows drawn."""
    colour, marker, _, _ = LOOKS[response]
    for row in part.to_dict("records"):
        primary = row["name"] == "permutation" or row["kind"] == "pass"
        place = places[row["name"]]
        panel.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.8 if primary else 1.0, solid_capstyle="butt")
        panel.plot([row["slope"]], [place], marker=marker, color=colour if primary else "white", markeredgecolor=colour, markersize=4, linestyle="none")
    return part
