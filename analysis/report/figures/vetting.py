"""What photometry could tell of close companions: light modulation by their tides, by that of a star in their place, and the density check."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

COLUMNS = ("companion_name", "is_target", "mass_kind", "scaled_axis", "ellipsoidal_ppm", "ellipsoidal_ppm_low", "ellipsoidal_ppm_high", "star_ellipsoidal_ppm",
           "density_ratio", "density_ratio_low", "density_ratio_high", "lobe_filling", "lobe_filling_low", "lobe_filling_high", "outcome")


def write(directory: Path, context: Context, *, vetting: Any) -> None:
    """fig_vetting: ellipsoidal amplitude against a/R_star beside the published case's limit; the ratio of densities against a/R_star."""
    plt = style.apply()
    table = vetting.table[list(COLUMNS)].sort_values("scaled_axis", kind="stable").reset_index(drop=True)
    target, others = table[table["is_target"]].iloc[0], table[~table["is_target"]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 2.7))
    _bars(left, others, "ellipsoidal_ppm", style.LOW_Q, "o", "companion")
    left.plot(others["scaled_axis"], others["star_ellipsoidal_ppm"], "^", color=style.HIGH_Q, markersize=4, markeredgecolor="white", markeredgewidth=0.4, label="star in its place")
    style.mark_target(left, target["scaled_axis"], target["ellipsoidal_ppm"])
    left.plot([target["scaled_axis"]], [target["star_ellipsoidal_ppm"]], marker="^", color=style.TARGET, markersize=6, markeredgecolor="white", linestyle="none")
    limit = vetting.summary["example_limit_ppm"]
    left.axhline(limit, color="0.35", linewidth=0.8, linestyle="--")
    left.annotate(f"{limit:g} ppm", (0.98, limit), xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=style.SMALL, color="0.25")
    left.set(xscale="log", yscale="log", xlabel=r"$a/R_\bigstar$", ylabel="ellipsoidal amplitude (ppm)")
    left.legend(loc="lower left")
    _bars(right, others, "density_ratio", style.LOW_Q, "o", "")
    failed = others[others["outcome"] == "fail"]
    for row in failed.itertuples():
        right.annotate(row.companion_name, (row.scaled_axis, row.density_ratio), xytext=(-5, -3), textcoords="offset points", ha="right", fontsize=style.SMALL)
    style.mark_target(right, target["scaled_axis"], target["density_ratio"])
    right.axhline(1, color="0.35", linewidth=0.8, linestyle=":")
    right.set(xscale="log", yscale="log", xlabel=r"$a/R_\bigstar$", ylabel="ratio of densities")
    right.set_yticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
    right.tick_params(axis="y", which="minor", labelleft=False)
    for axes, letter in ((left, "a"), (right, "b")):
        style.name_panel(axes, letter)
        axes.set_xticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
        axes.tick_params(axis="x", which="minor", labelbottom=False)
    save_figure(directory, "fig_vetting", figure, table, context)


def _bars(axes: Any, table: Any, name: str, colour: str, marker: str, label: str) -> None:
    """Medians with 95 % intervals; rows without the measure are left out."""
    known = table[np.isfinite(table[name])]
    spread = [known[name] - known[f"{name}_low"], known[f"{name}_high"] - known[name]]
    axes.errorbar(known["scaled_axis"], known[name], yerr=spread, fmt=marker, color=colour, ecolor="0.6", elinewidth=0.6, markersize=4, markeredgecolor="0.3", markeredgewidth=0.4, label=label)
