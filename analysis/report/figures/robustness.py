"""Figure: the headline statistics on every pass of the robustness study."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]


def write(directory: Path, context: Context, *, robustness: Any) -> None:
    """fig_robustness: left BIC(1) - BIC(2), right the KS p-values at all and at wide orbits, with the numbers of rows beside."""
    plt = style.apply()
    table = robustness.table
    y = _positions(table["group"].tolist())
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 0.2 * len(table) + 1.5), sharey=True, width_ratios=(1, 1))
    for axes in (left, right):
        axes.hlines(y, 0, 1, transform=axes.get_yaxis_transform(), color="0.92", linewidth=0.6, zorder=0)
    gain = table["delta_bic_1_2"].to_numpy(dtype=float)
    third = table["best_k"].to_numpy(dtype=float) >= 3
    for mask, marker, label in ((third, "D", "three or four components best"), (~third, "o", "one or two")):
        left.plot(
            gain[mask],
            y[mask],
            linestyle="none",
            marker=marker,
            markersize=4.5,
            color=style.LOW_Q,
            markeredgecolor="0.15",
            markeredgewidth=0.6,
            label=label,
        )
    left.axvline(0, color="0.3", linewidth=0.8)
    left.axvline(10, color="0.3", linewidth=0.8, linestyle=":")
    left.set_xlabel("BIC(1) − BIC(2)\n(dotted: 10)")
    finite = gain[np.isfinite(gain)]
    left.set_xlim(min(-12.0, finite.min() - 8) if len(finite) else -12, (max(finite.max(), 20) if len(finite) else 20) * 1.12)
    for column, marker, face, label in (("ks_p", "o", style.HIGH_Q, "all orbits"), ("ks_p_wide", "s", "white", "wide orbits")):
        right.plot(
            table[column],
            y,
            linestyle="none",
            marker=marker,
            markersize=4.5,
            markerfacecolor=face,
            markeredgecolor=style.HIGH_Q,
            markeredgewidth=0.9,
            label=label,
        )
    right.axvline(0.05, color="0.3", linewidth=0.8, linestyle=":")
    right.set_xscale("log")
    right.set_xlabel("KS $p$ of the eccentricity split\n(dotted: 0.05)")
    low = table["ks_p"].min()
    right.set_xlim(min(1e-5, low / 3) if np.isfinite(low) else 1e-5, 2.0)
    left.set_yticks(y, [f"{name} ({n})" for name, n in zip(table["name"], table["rows"], strict=True)])
    left.set_ylim(y.max() + 0.8, y.min() - 0.8)
    left.tick_params(axis="y", length=0)
    right.tick_params(axis="y", length=0)
    for position, row in zip(y, table.to_dict("records"), strict=True):
        right.text(
            1.02,
            position,
            f"{row['n_low']}/{row['n_high']}, {row['n_low_wide']}/{row['n_high_wide']}",
            transform=right.get_yaxis_transform(),
            va="center",
            fontsize=style.SMALL,
        )
    right.text(1.02, 1.004, "rows with $e$,\nall, wide", transform=right.transAxes, va="bottom", fontsize=style.SMALL)
    for axes, letter, side in ((left, "a", "left"), (right, "b", "right")):
        style.name_panel(axes, letter)
        figure.legend(*axes.get_legend_handles_labels(), loc=f"outside lower {side}", ncols=2, columnspacing=1.2)
    save_figure(directory, "fig_robustness", figure, table, context)


def _positions(groups: list[str]) -> np.ndarray:
    """Heights of the rows from the top, with a gap where the group changes."""
    steps = [0.0] + [1.0 if before == now else 1.6 for before, now in itertools.pairwise(groups)]
    return np.cumsum(steps)
