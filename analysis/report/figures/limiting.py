"""Level 1: maps of the migrated and of the disrupted share, and how the mean outcomes change from level 0 to level 1."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

# outcome, label, colour (luminance falls along the list), hatch
BARS = (
    ("unstable", "unstable", "#FFFFFF", ""),
    ("slow", "slow", "#E0E0E0", "\\\\\\\\"),
    ("quenched_or_shallow", "too shallow", "#BFD7EA", ""),
    ("migrated", "migrated", "#E69F00", "////"),
    ("disrupted", "disrupted", "#7A2200", ""),
    ("invalid", "invalid", "#000000", ""),
)
SHORT = {
    "level 0": "level 0", "time and stability": "+ time,\nstability", "short-range forces": "+ short-\nrange\nforces", "octupole": "+ octu-\npole =\nlevel 1",
}
MIGRATED, DISRUPTED = 3, 4


def _map(axes: Any, limiting: Any, share: np.ndarray, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    mesh = axes.pcolormesh(
        limiting.outer_axis_edges, limiting.outer_mass_edges, 100 * share, cmap=style.SEQUENTIAL, vmin=0, vmax=max(100 * float(share.max()), 1e-3),
        rasterized=True,
    )
    axes.set(xscale="log", yscale="log", xlabel=r"perturber axis $a_\mathrm{out}$ (au)")
    axes.figure.colorbar(mesh, ax=axes, label=label, pad=0.02, ticks=MaxNLocator(5, integer=True))
    axes.axhline(limiting.summary["default"]["host_mass_msun"], color="white", linewidth=0.8, linestyle="-.")


def write(directory: Path, context: Context, *, limiting: Any) -> None:
    """fig_limiting: migrated and disrupted share over perturber axis and mass, and the mean outcomes as each ingredient is added."""
    plt = style.apply()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(style.PAGE_WIDTH, 2.8), width_ratios=(1.15, 1.15, 1.45))
    _map(left, limiting, limiting.fraction[MIGRATED], "migrated draws (%)")
    _map(middle, limiting, limiting.fraction[DISRUPTED], "disrupted draws (%)")
    left.set_ylabel(r"perturber mass $M_\mathrm{out}$ ($M_\odot$)")
    middle.tick_params(labelleft=False)
    host = limiting.summary["default"]["host_mass_msun"]
    left.text(limiting.outer_axis_edges[-1] / 1.15, host * 1.15, r"$M_\mathrm{out}=M_\bigstar$", color="white", fontsize=style.SMALL, va="bottom", ha="right", bbox=style.PLATE)

    steps = limiting.steps
    places, base = np.arange(len(steps)), np.zeros(len(steps))
    for name, label, colour, hatch in BARS:
        share = 100 * steps[name].to_numpy(dtype=float)
        if name == "invalid" and not share.any():
            continue
        right.bar(places, share, bottom=base, color=colour, hatch=hatch, edgecolor="0.25", linewidth=0.5, width=0.72, label=label)
        for place, (value, start) in enumerate(zip(share, base, strict=True)):
            if value >= 6.5:
                dark = name == "disrupted"
                box = {"facecolor": colour, "edgecolor": "none", "pad": 0.8} if hatch else None
                right.text(place, start + value / 2, f"{value:.0f}", ha="center", va="center", fontsize=style.SMALL, color="white" if dark else "black", bbox=box)
        base = base + share
    right.set_xticks(places, [SHORT.get(step, step) for step in steps["step"]])
    right.tick_params(axis="x", length=0)
    right.set(ylabel="draws, mean of the map (%)", ylim=(0, 100))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=len(handles), handlelength=1.4, columnspacing=1.2, handletextpad=0.4)
    for axes, letter in ((left, "a"), (middle, "b"), (right, "c")):
        style.name_panel(axes, letter)

    mass, axis = np.meshgrid(limiting.outer_mass, limiting.outer_axis, indexing="ij")
    cells = pd.DataFrame(
        {
            "panel": "map",
            "outer_mass_msun": mass.ravel(),
            "outer_axis_au": axis.ravel(),
            **{name: limiting.fraction[number].ravel() for number, (name, *_) in enumerate(BARS)},
        }
    )
    save_figure(directory, "fig_limiting", figure, pd.concat([cells, steps.assign(panel="bar")], ignore_index=True), context)
