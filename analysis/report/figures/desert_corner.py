"""Figure: the posterior of the desert between two lines, every pair of parameters, in mass ratio (below the diagonal) and in mass (above it)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

LABELS = {
    "lower_at_1au": "lower line\n(log$_{10}$)", "lower_slope": "lower slope\n", "upper_at_1au": "upper line\n(log$_{10}$)", "upper_slope": "upper slope\n",
    "log_lower_width": "lower width\n(log$_{10}$ dex)", "log_upper_width": "upper width\n(log$_{10}$ dex)", "log_floor": "floor\n(log$_{10}$)", "tilt": "tilt\n",
}
COLOURS = {"mass_ratio": "#0072B2", "mass": style.HIGH_Q}
BINS = 24


def _contours(axes: Any, first: np.ndarray, second: np.ndarray, box: tuple[Any, Any], colour: str) -> None:
    """Contours that hold 39 and 86 % of the draws within the prior's `box`: one and two standard deviations of a normal."""
    from scipy.ndimage import gaussian_filter

    counts, x, y = np.histogram2d(first, second, bins=BINS, range=box)
    smooth = gaussian_filter(counts, 1.5, mode="nearest")
    ordered = np.sort(smooth.ravel())[::-1]
    levels = [ordered[np.searchsorted(ordered.cumsum() / ordered.sum(), share)] for share in (0.865, 0.393)]
    if levels[0] < levels[1]:
        axes.contour((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, smooth.T, levels=levels, colors=colour, linewidths=(0.6, 1.1))
    axes.set(xlim=box[0], ylim=box[1])


def _ticks(box: tuple[float, float]) -> list[float]:
    """Two round values well inside the prior's range."""
    return [round(box[0] + share * (box[1] - box[0]), 1) for share in (0.25, 0.75)]


def write(directory: Path, context: Context, *, desert: Any) -> None:
    """fig_desert_corner: a panel for each pair of parameters, marginal densities of both coordinates on the diagonal."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.PAGE_WIDTH, style.PAGE_WIDTH))
    reason = desert.reason or next((desert.summary[name]["two_lines"]["reason"] for name in COLOURS if desert.summary[name]["two_lines"]["reason"]), None)
    if reason:
        figure.text(0.5, 0.5, reason, ha="center", va="center", wrap=True)
        save_figure(directory, "fig_desert_corner", figure, pd.DataFrame({"reason": [reason]}), context)
        return
    names = list(LABELS)
    panels = figure.subplots(len(names), len(names))
    draws = {name: part for name, part in desert.line_draws.groupby("coordinate")}
    box = {name: {row["parameter"]: (row["prior_low"], row["prior_high"]) for row in part.to_dict("records")} for name, part in desert.lines.groupby("coordinate")}
    last = len(names) - 1
    for row, second in enumerate(names):
        for column, first in enumerate(names):
            axes = panels[row, column]
            axes.set(xticks=[], yticks=[])
            coordinate = "mass_ratio" if column < row else "mass"
            if row == column:
                _marginals(axes, draws, box, first)
                continue
            own = box[coordinate]
            _contours(axes, draws[coordinate][first].to_numpy(), draws[coordinate][second].to_numpy(), (own[first], own[second]), COLOURS[coordinate])
            if (coordinate, row) in (("mass_ratio", last), ("mass", 0)):
                axes.set_xticks(_ticks(own[first]))
                axes.tick_params(axis="x", labeltop=row == 0, labelbottom=row == last, length=2)
            if (coordinate, column) in (("mass_ratio", 0), ("mass", last)):
                axes.set_yticks(_ticks(own[second]))
                axes.tick_params(axis="y", labelright=column == last, labelleft=column == 0, length=2)
    for k, name in enumerate(names):
        panels[last, k].set_xlabel(LABELS[name], fontsize=style.SMALL)
        panels[k, 0].set_ylabel(LABELS[name], fontsize=style.SMALL)
    for axes, (label, dash, coordinate) in zip((panels[0, 1], panels[1, 0]), (("mass ratio", "-", "mass_ratio"), ("mass", "--", "mass")), strict=True):
        axes.plot([], [], color=COLOURS[coordinate], linestyle=dash, label=label)
    figure.legend(loc="outside upper center", ncols=2)
    keep = desert.line_draws.iloc[:: max(1, len(desert.line_draws) // 2000)]
    save_figure(directory, "fig_desert_corner", figure, keep, context)


def _marginals(axes: Any, draws: dict[str, pd.DataFrame], box: dict[str, dict[str, tuple[float, float]]], name: str) -> None:
    """Both posteriors, each over its range of the prior, and the flat prior as a line."""
    for coordinate, dash in (("mass_ratio", "-"), ("mass", "--")):
        low, high = box[coordinate][name]
        scaled = (draws[coordinate][name] - low) / (high - low)
        axes.hist(scaled, bins=BINS, range=(0, 1), density=True, histtype="step", color=COLOURS[coordinate], linestyle=dash, linewidth=1.0)
    axes.axhline(1.0, color="0.6", linewidth=0.6)
    axes.set(xlim=(0, 1), yticks=[])
