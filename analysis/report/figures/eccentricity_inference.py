"""Figure: two Beta distributions of eccentricity, the difference of their means when orbits match, and what more data would show."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

LOOKS = {"low_q": ("#1F78B4", "≤", 0.8), "high_q": (style.HIGH_Q, ">", 1.7)}  # colour, sign, width of line
COMPARISONS = (
    ("raw", "all orbits,\nunmatched"),
    ("primary", "wide orbits\n(primary)"),
    ("orbit_strata", "strata of\norbit size"),
    ("orbit_strata_wide", "strata,\nwide orbits"),
    ("pairs_1_dex", "pairs within\n1 dex in $a$"),
    ("single_companions_orbit_strata", "single, strata\nof orbit size"),
)


def write(directory: Path, context: Context, *, eccentricity_inference: Any) -> None:
    """fig_eccentricity_inference: posterior contours by subset, the difference of the means under each matching, power against sample size."""
    import pandas as pd

    plt = style.apply()
    summary = eccentricity_inference.summary
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(style.PAGE_WIDTH, 2.55), width_ratios=(1.15, 1.25, 1))
    _contours(left, eccentricity_inference.posterior, summary)
    shown = _differences(middle, summary)
    _power(right, eccentricity_inference.power, summary)
    data = pd.concat(
        [
            pd.DataFrame(shown).assign(panel="difference"),
            eccentricity_inference.power.assign(panel="power"),
            eccentricity_inference.fits[
                [name for name in ("orbits", "subset", "mean", "concentration", "mean_low", "mean_high") if name in eccentricity_inference.fits]
            ].assign(panel="fits"),
        ],
        ignore_index=True,
    )
    for axes, letter in ((left, "a"), (middle, "b"), (right, "c")):
        style.name_panel(axes, letter)
    save_figure(directory, "fig_eccentricity_inference", figure, data, context)


def _contours(axes: Any, posterior: Any, summary: dict[str, Any]) -> None:
    """Smallest regions that hold 68 % and 95 % of the posterior: wide orbits filled, all orbits as lines."""
    from matplotlib.colors import to_rgba
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = []
    for subset, (colour, sign, width) in LOOKS.items():
        for orbits in ("wide", "all"):
            part = posterior[(posterior["orbits"] == orbits) & (posterior["subset"] == subset)]
            if part.empty or not summary["fits"][orbits][subset]["n"]:
                continue
            table = part.pivot(index="concentration", columns="mean", values="posterior").fillna(0.0)
            mass = np.sort(table.to_numpy().ravel())[::-1]
            levels = [float(mass[np.searchsorted(np.cumsum(mass), share * mass.sum())]) for share in (0.95, 0.68)]
            if not 0 < levels[0] < levels[1]:
                continue
            values = (table.columns.to_numpy(float), table.index.to_numpy(float), table.to_numpy())
            label = f"$q$ {sign} {summary['mass_ratio_split']:g}, {orbits} (n = {summary['fits'][orbits][subset]['n']})"
            if orbits == "wide":
                axes.contourf(*values, levels=[*levels, np.inf], colors=[colour, colour], alpha=0.22)
                axes.contour(*values, levels=levels, colors=colour, linewidths=width)
                handles.append(Patch(facecolor=to_rgba(colour, 0.3), edgecolor=colour, linewidth=width, label=label))
            else:
                axes.contour(*values, levels=levels[:1], colors=colour, linewidths=width, linestyles="--")
                handles.append(Line2D([], [], color=colour, linewidth=width, linestyle="--", label=label))
    for name, marker, key in (("Kipping 2013", "v", "declared_low"), ("Do Ó et al. 2023", "^", "declared_high")):
        alpha, beta = summary["power"][key]
        axes.plot([alpha / (alpha + beta)], [alpha + beta], marker=marker, color="black", markersize=4.5, linestyle="none", zorder=5)
        handles.append(Line2D([], [], color="black", marker=marker, markersize=4.5, linestyle="none", label=name))
    axes.set_yscale("log")
    axes.set_xlim(0, 0.8)
    axes.set_ylim(0.5, 2e4)  # room for the legend
    axes.set_xlabel(r"mean eccentricity $\alpha/(\alpha+\beta)$")
    axes.set_ylabel(r"concentration $\alpha+\beta$")
    axes.legend(handles=handles, loc="upper right", handlelength=1.6, labelspacing=0.25, borderaxespad=0.3)


def _differences(axes: Any, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """A bar per matching; the numbers of companions and p beside it. Returns what is shown."""
    shown = []
    for name, label in COMPARISONS:
        row = summary[name] if name in summary else summary["matched"].get(name)
        if row is not None and row.get("low") is not None and np.isfinite(row["low"]):
            shown.append({"name": name, "label": label, **{key: row[key] for key in ("estimate", "low", "high", "p", "n_high", "n_low")}})
    for i, row in enumerate(shown):
        colour = "black" if row["name"] == "primary" else "0.45"
        axes.plot([row["low"], row["high"]], [-i, -i], color=colour, linewidth=2.2 if row["name"] == "primary" else 1.2)
        axes.plot([row["estimate"]], [-i], marker="o", markersize=4, color=colour)
        p = formatted(row["p"], "p:2") if row["p"] is not None and np.isfinite(row["p"]) else "–"
        axes.text(
            0.5, -i + 0.27, f"{row['n_high']} : {row['n_low']}, $p$ = {p}", fontsize=style.SMALL, ha="center", va="center", transform=axes.get_yaxis_transform(),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, zorder=1,
        )
    axes.axvline(0, color="0.7", linewidth=0.7, zorder=0)
    axes.axvline(summary["power"]["declared_difference"], color="0.7", linewidth=0.9, linestyle=":", zorder=0)
    axes.set_yticks([-i for i in range(len(shown))], [row["label"] for row in shown])
    axes.set_ylim(-len(shown) + 0.4, 0.6)
    axes.set_xlim(-0.6, 0.6)
    axes.set_xlabel(r"mean $e$ (high $q$) − mean $e$ (low $q$)")
    if not shown:
        axes.text(0.5, 0.5, "too few rows", transform=axes.transAxes, ha="center")
    return [{key: value for key, value in row.items() if key != "label"} for row in shown]


def _power(axes: Any, power: Any, summary: dict[str, Any]) -> None:
    """Power of the label test at the declared alternative against the number of high-q companions."""
    n_low = summary["primary"]["n_low"]
    names = {"equal": (r"as many low $q$", "-"), "low_q_as_observed": (rf"{n_low} low $q$, as now", "--")}
    for design, (label, line) in names.items():
        part = power[power["design"] == design]
        axes.plot(part["n_high"], part["power"], line, color="black", marker=".", markersize=4, label=label)
    axes.axhline(0.8, color="0.7", linewidth=0.7, zorder=0)
    if summary["power"]["at_sizes"] is not None:
        axes.plot(
            [summary["primary"]["n_high"]],
            [summary["power"]["at_sizes"]],
            marker="*",
            markersize=10,
            color=style.HIGH_Q,
            linestyle="none",
            label="now",
        )
    axes.set_xscale("log")
    ticks = [tick for tick in (6, 10, 20, 40, 80) if power["n_high"].min() <= tick <= power["n_high"].max()]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(r"high-$q$ companions")
    axes.set_ylabel("power at the declared alternative")
    axes.legend(loc="lower right")
