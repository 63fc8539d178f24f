"""Level 2 against direct integration: 1 - e over time for four triples, and 1 - e at the first maximum of all of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["SHOWN", "write"]

# triple, title, time axis in units of the first maximum
SHOWN = (
    ("case_a", "case A", 4.2),
    ("octupole_flip", "strong octupole", 12.0),
    ("averaging_doubtful", r"$j_\mathrm{min}\approx5\,\epsilon_\mathrm{SA}$", 6.0),
    ("friction", "1PN, bulges, friction", 6.5),
)
LEVEL_2 = style.TARGET
DIRECT = "#56B4E9"
FORMS = (
    ("averaged", "double averaging, osculating start", "o", "white", "#0072B2"),
    ("corrected", "+ corrected averaging", "x", "#B33C00", "#B33C00"),
    ("mean_start", "+ start from mean elements", "^", "white", "#E69F00"),
    ("predicted", "+ largest part that turns with the perturber", "s", "black", "black"),
)


def _curves(axes: Any, curves: pd.DataFrame, end: float) -> None:
    direct, level = (curves[curves["variant"] == name] for name in ("direct", "mean_start"))
    unit, label = (1e6, "Myr") if end > 1.5e6 else (1e3, "kyr")
    axes.fill_between(direct["time_yr"] / unit, direct["smallest_gap"], direct["gap"], color=DIRECT, linewidth=0, alpha=0.55)
    axes.plot(direct["time_yr"] / unit, direct["gap"], color="#0072B2", linewidth=1.4)
    axes.plot(level["time_yr"] / unit, level["gap"], color=LEVEL_2, linewidth=0.8, linestyle=(0, (4, 1.5)))
    axes.set(yscale="log", xlim=(0, end / unit), ylim=(0.6 * min(direct["smallest_gap"].min(), level["gap"].min()), 1.6))
    axes.set_xlabel(f"time ({label})", labelpad=1)


def write(directory: Path, context: Context, *, agreement: Any) -> None:
    """fig_agreement: (a-d) direct integration and level 2 over time; (e) relative difference of 1 - e at the first maximum."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.PAGE_WIDTH, 4.6))
    grid = figure.add_gridspec(2, 4, width_ratios=(1, 1, 0.03, 1.5))
    table, curves = agreement.table, agreement.curves
    plotted = []
    for number, (name, title, cycles) in enumerate(SHOWN):
        axes = figure.add_subplot(grid[number // 2, number % 2])
        part = curves[(curves["system"] == name) & curves["variant"].isin(("direct", "mean_start"))]
        end = min(float(part["time_yr"].max()), cycles * float(table.loc[table["system"] == name, "direct_time_yr"].iloc[0]))
        _curves(axes, part[part["time_yr"] <= 1.05 * end], end)
        plotted.append(part.assign(panel="abcd"[number]))
        style.name_panel(axes, "abcd"[number], title)
        if number % 2 == 0:
            axes.set_ylabel(r"$1-e$")
        if number == 0:
            axes.plot([], [], color="#0072B2", linewidth=1.4, label="direct, mean over an outer orbit")
            axes.fill_between([], [], [], color=DIRECT, alpha=0.55, linewidth=0, label="direct, down to its smallest value")
            axes.plot([], [], color=LEVEL_2, linewidth=0.8, linestyle=(0, (4, 1.5)), label="level 2, from mean elements")
            lines = axes.get_legend_handles_labels()

    right = figure.add_subplot(grid[:, 3])
    order = table.sort_values("averaged_excess", ignore_index=True)
    place = np.arange(len(order))
    low, high = -12.0, 62.0
    right.axvline(0, color="0.4", linewidth=0.7)
    right.hlines(place, low, high, color="0.9", linewidth=0.5, zorder=0)
    for key, label, marker, face, edge in FORMS:
        value = 100 * order[f"{key}_excess"].to_numpy()
        inside = value <= high
        right.plot(np.where(inside, value, np.nan), place, marker, markerfacecolor=face, markeredgecolor=edge, markersize=4, markeredgewidth=0.9, label=label,
                   linestyle="none")
        for y, x in zip(place[~inside], value[~inside], strict=True):
            right.plot([high - 2], [y], ">", color=edge, markersize=4)
            right.text(high - 4, y + 0.18, f"{x:.0f}", fontsize=style.SMALL, ha="right", va="bottom")
    right.set_yticks(place, [name.replace("_", " ").replace("case a", "case A") for name in order["system"]])
    right.tick_params(axis="y", length=0)
    right.set(xlim=(low, high), ylim=(-0.6, len(order) - 0.1), xlabel=r"excess of $1-e$ over direct (%)")
    marks = right.get_legend_handles_labels()
    handles, labels = ([*first, *second] for first, second in zip(lines, marks, strict=True))
    figure.legend(handles, labels, loc="outside lower center", ncols=3, handlelength=1.8, columnspacing=1.4)
    style.name_panel(right, "e", "at the first maximum")
    save_figure(directory, "fig_agreement", figure, pd.concat([*plotted, table.assign(panel="e")], ignore_index=True), context)
