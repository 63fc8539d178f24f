"""Figure: the posterior of the desert between two lines, every pair of parameters, in mass ratio (below the diagonal) and in mass (above it)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

LABELS = {
    "lower_at_1au": "lower\n(dex)", "lower_slope": "its slope", "upper_at_1au": "upper\n(dex)", "upper_slope": "its slope", "log_lower_width": "lower\nwidth",
    "log_upper_width": "upper\nwidth", "log_floor": "floor", "tilt": "tilt",
}
COLOURS = {"mass_ratio": "#0072B2", "mass": style.HIGH_Q}
BINS = 24


def _contours(axes: Any, first: np.ndarray, second: np.ndarray, colour: str) -> None:
    """Contours that hold 39 and 86 % of the draws: one and two standard deviations of a normal."""
    from scipy.ndimage import gaussian_filter

    counts, x, y = np.histogram2d(first, second, bins=BINS)
    smooth = gaussian_filter(counts, 1.0)
    ordered = np.sort(smooth.ravel())[::-1]
    levels = [ordered[np.searchsorted(ordered.cumsum() / ordered.sum(), share)] for share in (0.865, 0.393)]
    if levels[0] < levels[1]:
        axes.contour((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, smooth.T, levels=levels, colors=colour, linewidths=(0.6, 1.1))


def write(directory: Path, context: Context, *, desert: Any) -> None:
    """fig_desert_corner: a panel for each pair of parameters, marginal densities of both coordinates on the diagonal."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.TWO_COLUMN, style.TWO_COLUMN))
    reason = desert.reason or next((desert.summary[name]["two_lines"]["reason"] for name in COLOURS if desert.summary[name]["two_lines"]["reason"]), None)
    if reason:
        figure.text(0.5, 0.5, reason, ha="center", va="center", wrap=True)
        save_figure(directory, "fig_desert_corner", figure, pd.DataFrame({"reason": [reason]}), context)
        return
    names = list(LABELS)
    panels = figure.subplots(len(names), len(names))
    for row, second in enumerate(names):
        for column, first in enumerate(names):
            axes = panels[row, column]
            axes.set(xticks=[], yticks=[])
            coordinate = "mass_ratio" if column <= row else "mass"
            draws = desert.line_draws[desert.line_draws["coordinate"] == coordinate]
            if row != column:
                _contours(axes, draws[first].to_numpy(), draws[second].to_numpy(), COLOURS[coordinate])
            else:
                _marginals(axes, desert, first)
            if row == len(names) - 1:
                axes.set_xlabel(LABELS[first], fontsize=6.5)
            if column == 0:
                axes.set_ylabel(LABELS[second], fontsize=6.5)
    keep = desert.line_draws.iloc[:: max(1, len(desert.line_draws) // 2000)]
    save_figure(directory, "fig_desert_corner", figure, keep, context)


def _marginals(axes: Any, desert: Any, name: str) -> None:
    """Both posteriors, each scaled to its range of the prior, and the flat prior as a line."""
    for coordinate, dash in (("mass_ratio", "-"), ("mass", "--")):
        prior = desert.lines[(desert.lines["coordinate"] == coordinate) & (desert.lines["parameter"] == name)].iloc[0]
        values = desert.line_draws.loc[desert.line_draws["coordinate"] == coordinate, name]
        scaled = (values - prior["prior_low"]) / (prior["prior_high"] - prior["prior_low"])
        axes.hist(scaled, bins=BINS, range=(0, 1), density=True, histtype="step", color=COLOURS[coordinate], linestyle=dash, linewidth=1.0)
    axes.axhline(1.0, color="0.6", linewidth=0.6)
    axes.set(xlim=(0, 1), yticks=[])
