"""Levels 0, 1 and 2 over perturber axis and mass: the same cells, the same draws and one scale."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.ladder import OUTCOMES

__all__ = ["write"]

MIGRATED, DISRUPTED, INVALID = OUTCOMES.index("migrated"), OUTCOMES.index("disrupted"), OUTCOMES.index("invalid")
TITLES = ("criterion", "closed form", "integration")
LINES = {DISRUPTED: ("solid", "disrupted"), INVALID: ("dashed", "unstable or invalid"), MIGRATED: ("dotted", "migrated")}
TICKS = (0.03, 0.1, 0.3, 1.0)


def _dominant(axes: Any, ladder: Any, share: np.ndarray) -> set[int]:
    """Lines where disrupted, invalid or migrated draws become the most frequent, in means of three by three cells; returns the outcomes drawn."""
    from scipy.ndimage import uniform_filter

    smooth = np.pad(uniform_filter(share, size=(1, 3, 3), mode="nearest"), ((0, 0), (1, 1), (1, 1)), mode="edge")
    x, y = (np.concatenate([edges[:1], centres, edges[-1:]]) for centres, edges in (
        (ladder.outer_axis, ladder.outer_axis_edges), (ladder.outer_mass, ladder.outer_mass_edges),
    ))
    drawn = set()
    for outcome, (line, _) in LINES.items():
        margin = smooth[outcome] - np.delete(smooth, outcome, axis=0).max(axis=0)
        if margin.min() < 0 < margin.max():
            drawn.add(outcome)
            for colour, width in (("white", 2.6), ("black", 1.1)):  # an edge that shows on light and dark cells
                axes.contour(x, y, margin, levels=[0.0], colors=colour, linewidths=width, linestyles=line if colour == "black" else "solid")
    return drawn


def write(directory: Path, context: Context, *, ladder: Any) -> None:
    """fig_levels: share of draws inside the reach of star and tides at the default disruption radius, and of those that migrate at the smallest."""
    plt = style.apply()
    from matplotlib.colors import LogNorm
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    levels = (ladder.level_0, ladder.level_1, ladder.level_2)
    lowest = 1 / ladder.summary["draws_per_cell"]
    colours = plt.get_cmap(f"{style.SEQUENTIAL}_r").with_extremes(under="white")
    figure, panels = plt.subplots(2, 3, figsize=(style.PAGE_WIDTH, 3.5), sharex=True, sharey=True)
    last = ladder.disruption_factors[-1]
    rows = ((0, (MIGRATED, DISRUPTED), "migrated or disrupted"), (-1, (MIGRATED,), f"migrated, outside {last:g} " + r"$r_\mathrm{t}$"))
    mesh, data, drawn = None, [], set()
    mass, axis = np.meshgrid(ladder.outer_mass, ladder.outer_axis, indexing="ij")
    for row, (factor, outcomes, name) in enumerate(rows):
        for level, (shares, title) in enumerate(zip(levels, TITLES, strict=True)):
            axes, share = panels[row, level], shares[factor][list(outcomes)].sum(axis=0)
            letter, mean = "abcdef"[3 * row + level], 100 * share.mean()
            axes.set(xscale="log", yscale="log")
            style.name_panel(axes, letter, f"{title}: " + (f"{mean:.3g} %" if np.isfinite(mean) else "not available"))
            data.append(pd.DataFrame({
                "level": level, "disruption_factor": ladder.disruption_factors[factor], "shown": name.split(",")[0], "outer_mass_msun": mass.ravel(),
                "outer_axis_au": axis.ravel(), "share": share.ravel(),
                **{outcome: shares[factor][number].ravel() for number, outcome in enumerate(OUTCOMES)},
            }))
            if not np.isfinite(share).all():
                continue
            mesh = axes.pcolormesh(
                ladder.outer_axis_edges, ladder.outer_mass_edges, share, cmap=colours, norm=LogNorm(lowest * 0.95, 1.0), rasterized=True
            )
            if not share.any():
                axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center")
            drawn |= _dominant(axes, ladder, shares[factor])
    for axes in panels[1]:
        axes.set_xlabel(r"perturber axis $a_\mathrm{out}$ (au)")
    for axes, (_, _, name) in zip(panels[:, 0], rows, strict=True):
        axes.set_ylabel(name + "\n" + r"perturber mass $M_\mathrm{out}$ ($M_\odot$)")
    if mesh is not None:
        bar = figure.colorbar(mesh, ax=panels, label="share of draws (%); white: none", pad=0.015, aspect=35, extend="min")
        ticks = [tick for tick in TICKS if tick >= lowest * 0.95]
        bar.set_ticks(ticks, labels=[f"{100 * tick:g}" for tick in ticks])
        bar.ax.minorticks_off()
    handles: list[Any] = [Line2D([], [], color="black", linestyle=line, linewidth=1.1, label=label) for number, (line, label) in LINES.items() if number in drawn]
    handles.insert(0, Patch(facecolor="none", edgecolor="none", label="most frequent outcome, where not unmigrated:"))
    if drawn:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), handlelength=2.2, columnspacing=1.4)
    save_figure(directory, "fig_levels", figure, pd.concat(data, ignore_index=True), context)
