"""Figure: what the methods see, the real companions beside a simulated catalogue, and the figure's statistics in their simulated distributions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

# Reach drawn for each method: contours at these shares of its largest sensitivity.
LEVELS = (0.03, 0.5)
SHOWN = (("delta_bic_1_2", r"$\Delta$BIC, 1 to 2 components"), ("gap_root", "signed root of the gap test"), ("rows_in_gap", "companions in the gap"))


def _points(axes: Any, table: pd.DataFrame) -> None:
    for name, marker in style.MARKERS.items():
        own = table[table["discovery_method"] == name]
        if len(own):
            axes.plot(
                10 ** own["log_a"], 10 ** own["log_q"], marker=marker, markersize=3.2, linestyle="none", color=style.METHOD_COLOURS[name], markeredgecolor="0.25",
                markeredgewidth=0.35, zorder=3, label=name.lower(),
            )


def _plane(axes: Any, result: Any, letter: str, title: str) -> None:
    gap = result.summary["gap"]
    axes.axhspan(gap["low_q"], gap["high_q"], color="0.85", zorder=0, linewidth=0)
    axes.set(xscale="log", yscale="log", xlim=(3e-3, 2e3), ylim=(1e-6, 1.5), xlabel="semi-major axis (au)")
    style.name_panel(axes, letter, title)


def _reach(axes: Any, result: Any) -> None:
    x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (result.log_q_edges, result.log_a_edges))
    for name in style.MARKERS:
        own = [d for d, label in zip(result.detection, result.detection_methods, strict=True) if label.startswith(name)]
        if own:
            seen = np.mean(own, axis=0)
            lines = axes.contour(10**y, 10**x, seen / seen.max(), levels=LEVELS, colors=style.METHOD_COLOURS[name], linewidths=(0.8, 1.6), linestyles=("--", "-"), zorder=2)
            longest = max(lines.allsegs[-1], key=len)
            axes.plot(*longest[len(longest) // 2], marker=style.MARKERS[name], markersize=5, color=style.METHOD_COLOURS[name], markeredgecolor="0.25", markeredgewidth=0.5, zorder=3)


def write(directory: Path, context: Context, *, selection_model: Any) -> None:
    """fig_selection: three planes of mass ratio against axis, and three simulated distributions."""
    plt = style.apply()
    result = selection_model
    figure = plt.figure(figsize=(style.PAGE_WIDTH, 3.55))
    grid = figure.add_gridspec(2, 3, height_ratios=(1.7, 1.0))
    planes = [figure.add_subplot(grid[0, i]) for i in range(3)]
    if result.reason:
        for axes in planes:
            axes.text(0.5, 0.5, result.reason, transform=axes.transAxes, ha="center", va="center", wrap=True)
        save_figure(directory, "fig_selection", figure, pd.DataFrame({"reason": [result.reason]}), context)
        return
    companions = result.companions
    real, simulated = (companions[companions["catalogue"] == name] for name in ("observed", "simulated"))
    for axes, table, letter, title in zip(planes, (None, real, simulated), "abc", ("reach of the methods", "observed", "simulated: one population"), strict=True):
        _plane(axes, result, letter, title)
        if table is None:
            _reach(axes, result)
        else:
            _points(axes, table)
            axes.tick_params(labelleft=False)
    planes[0].set_ylabel(r"mass ratio $q$")
    planes[1].text(4e-3, result.summary["gap"]["low_q"] * 1.25, "gap tested", fontsize=style.SMALL, color="0.3")
    for place, ((name, label), letter) in enumerate(zip(SHOWN, "def", strict=True)):
        axes = figure.add_subplot(grid[1, place])
        values = result.draws[name].to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        observed = result.summary["gap"]["root"] if name == "gap_root" else result.summary["statistics"][name]["observed"]
        p = result.summary["claim"]["p"] if name == "gap_root" else result.summary["statistics"][name]["p"]
        edges = np.arange(values.min() - 0.5, max(values.max(), observed) + 1.5) if name == "rows_in_gap" else np.linspace(values.min(), values.max(), 25)
        axes.hist(values, bins=edges, color="#BFD7EA", edgecolor="0.45", linewidth=0.4)
        axes.axvline(observed, color=style.HIGH_Q, linewidth=1.6)
        axes.set(xlabel=label, yticks=[])
        style.name_panel(axes, letter, f"$p$ = {formatted(p, 'p:2')}")
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, observed - 0.03 * (high - low)), max(high, observed + 0.03 * (high - low)))
        if place == 0:
            axes.set_ylabel("simulated\ncatalogues")
    handles, labels = planes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, handletextpad=0.2, columnspacing=1.2)
    long = result.draws[[name for name, _ in SHOWN]].melt(var_name="statistic", value_name="simulated_value")
    save_figure(directory, "fig_selection", figure, pd.concat([companions.assign(kind="companion"), long.assign(kind="draw")], ignore_index=True), context)
