"""Figure: density of companions in mass ratio and in mass, the desert between two lines, and what the test expects without a desert."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

LABELS = {"mass_ratio": r"mass ratio $q$", "mass": r"companion mass ($M_\mathrm{J}$)"}
PUBLISHED = {"mass_ratio": ("zhang_low", "zhang_high", "Zhang 2025"), "mass": ("cui_low", "cui_high", "Cui et al. 2026")}
FLOOR = 3e-3  # lowest relative density shown


def _density(axes: Any, result: Any, coordinate: str) -> None:
    """Step function with intervals, log-normal + power law with its band, one power law."""
    steps, curves = (table[table["coordinate"] == coordinate] for table in (result.steps, result.curves))
    names = PUBLISHED[coordinate]
    axes.axvspan(result.summary["published"][names[0]], result.summary["published"][names[1]], color="0.87", zorder=0, linewidth=0)
    smooth, power = (curves[curves["model"] == name] for name in ("lognormal_power", "power"))
    axes.fill_between(smooth["value"], np.maximum(smooth["low"], FLOOR), smooth["high"], color=style.LOW_Q, alpha=0.35, linewidth=0, zorder=1)
    axes.plot(smooth["value"], smooth["median"], color="#0072B2", linewidth=1.6, zorder=3, label="log-normal + power law")
    axes.plot(power["value"], power["median"], color="0.35", linestyle="--", zorder=2, label="power law")
    centre = np.sqrt(steps["low_edge"] * steps["high_edge"])
    known = steps["density"].notna()
    if known.any():
        low = np.maximum(steps["density_low"], FLOOR)
        axes.vlines(centre[known], low[known], steps["density_high"][known], color=style.HIGH_Q, linewidth=1.0, zorder=4)
        axes.hlines(steps["density"][known], steps["low_edge"][known], steps["high_edge"][known], color=style.HIGH_Q, linewidth=1.8, zorder=4, label="steps")
    axes.set(xscale="log", yscale="log", ylim=(FLOOR, 30), xlabel=LABELS[coordinate], xlim=(steps["low_edge"].min(), steps["high_edge"].max()))


def _plane(axes: Any, result: Any, coordinate: str) -> None:
    """Companions with errors, the kernel density, and the lines' medians with 68 % bands."""
    from matplotlib.ticker import NullFormatter

    grid, rows = (table[table["coordinate"] == coordinate] for table in (result.kernel_grid, result.companions))
    shape = (grid["value"].nunique(), grid["axis_au"].nunique())
    value, axis, density = (grid[name].to_numpy().reshape(shape) for name in ("value", "axis_au", "density"))
    axes.contourf(axis, value, density / density.max(), levels=(0.1, 0.4, 0.7, 1.0), colors=("0.94", "0.88", "0.82"), zorder=0)
    for name, marker in style.MARKERS.items():
        own = rows[rows["discovery_method"] == name]
        if len(own):
            spread = 10 ** own["error_dex"]
            axes.vlines(own["axis_au"], own["value"] / spread, own["value"] * spread, color=style.METHOD_COLOURS[name], linewidth=0.6, zorder=2)
            axes.plot(own["axis_au"], own["value"], marker=marker, markersize=3.4, linestyle="none", color=style.METHOD_COLOURS[name], markeredgecolor="0.25",
                      markeredgewidth=0.35, zorder=3, label=name.lower())
    draws = result.line_draws[result.line_draws["coordinate"] == coordinate]
    along = np.linspace(np.log10(axis.min()), np.log10(axis.max()), 41)
    for place, slope, dash, colour in (("lower_at_1au", "lower_slope", "-", "#0072B2"), ("upper_at_1au", "upper_slope", "-.", style.HIGH_Q)):
        if len(draws):
            low, middle, high = np.quantile(draws[place].to_numpy()[:, None] + draws[slope].to_numpy()[:, None] * along, [0.16, 0.5, 0.84], axis=0)
            axes.fill_between(10**along, 10**low, 10**high, facecolor=colour, edgecolor=colour, alpha=0.22, linewidth=0.8, linestyle=dash, zorder=1)
            axes.plot(10**along, 10**middle, color=colour, linestyle=dash, linewidth=1.6, zorder=2)
    steps = result.steps[result.steps["coordinate"] == coordinate]
    half = np.sqrt(axis[0, 1] / axis[0, 0])
    axes.set(xscale="log", yscale="log", xlabel="semi-major axis (au)", ylabel=LABELS[coordinate], xlim=(axis.min() / half, axis.max() * half),
             ylim=(steps["low_edge"].min(), steps["high_edge"].max()))
    axes.xaxis.set_minor_formatter(NullFormatter())


def write(directory: Path, context: Context, *, desert: Any) -> None:
    """fig_desert: planes above, densities below, in mass ratio and in mass, and the test's statistic."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.PAGE_WIDTH, 4.8))
    if desert.reason:
        figure.text(0.5, 0.5, desert.reason, ha="center", va="center", wrap=True)
        save_figure(directory, "fig_desert", figure, pd.DataFrame({"reason": [desert.reason]}), context)
        return
    grid = figure.add_gridspec(2, 6, height_ratios=(1.15, 1.0))
    planes = [figure.add_subplot(grid[0, :3]), figure.add_subplot(grid[0, 3:])]
    below = [figure.add_subplot(grid[1, 2 * k : 2 * k + 2]) for k in range(3)]
    for axes, coordinate in zip(planes, LABELS, strict=True):
        _plane(axes, desert, coordinate)
    for axes, coordinate in zip(below, LABELS, strict=False):
        _density(axes, desert, coordinate)
        axes.set_title(f"grey: {PUBLISHED[coordinate][2]}", loc="right", fontsize=style.SMALL, color="0.3", pad=3)
    below[0].set_ylabel("relative density per dex")
    below[1].tick_params(labelleft=False)
    _histogram(below[2], desert)
    for axes, letter in zip((*planes, *below), "abcde", strict=True):
        style.name_panel(axes, letter)
    handles, labels = planes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, handletextpad=0.2, columnspacing=1.2)
    figure.legend(*below[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, handlelength=1.6, columnspacing=1.4)
    data = pd.concat([
        desert.companions.assign(kind="companion"), desert.steps.assign(kind="step"), desert.curves.assign(kind="density"), desert.draws.assign(kind="statistic"),
    ], ignore_index=True)
    save_figure(directory, "fig_desert", figure, data, context)


def _histogram(axes: Any, result: Any) -> None:
    """The statistic of catalogues without and with the declared desert, and the observed one."""
    values = {name: part["statistic"].to_numpy(dtype=float) for name, part in result.draws.groupby("population")}
    observed, p = result.summary["test"]["statistic"], result.summary["claim"]["p"]
    everything = np.concatenate([*values.values(), [observed]])
    edges = np.linspace(everything.min(), everything.max(), 26)
    axes.hist(values["no desert"], bins=edges, density=True, color="#BFD7EA", edgecolor="0.45", linewidth=0.4, label="no desert")
    axes.hist(values["declared desert"], bins=edges, density=True, histtype="step", color="0.2", linewidth=1.1, linestyle="--", label="declared desert")
    axes.axvline(observed, color=style.HIGH_Q, linewidth=1.6, label=f"observed, $p$ = {formatted(p, 'p:2')}")
    axes.set(xlabel="log ratio of mean likelihoods", ylabel="simulated catalogues", yticks=[])
    axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", ncols=3, handlelength=1.6, columnspacing=1.4)
