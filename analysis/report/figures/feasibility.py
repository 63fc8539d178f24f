"""Figure 3: the level-0 feasibility map of the target and how its mean depends on the choices behind it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["draw_map", "write"]

STYLES = (("o", "-"), ("s", "--"), ("^", ":"))


def draw_map(axes: Any, kozai: Any, fraction: np.ndarray, largest: float) -> Any:
    """Heat map of a fraction (%) over outer axis and outer mass, cells as computed; returns the mesh for a colour bar."""
    mesh = axes.pcolormesh(
        kozai.outer_axis_edges, kozai.outer_mass_edges, 100 * fraction, cmap=style.SEQUENTIAL, vmin=0, vmax=100 * largest, rasterized=True
    )
    axes.set(xscale="log", yscale="log")
    return mesh


def write(directory: Path, context: Context, *, kozai: Any) -> None:
    """fig3_feasibility: map with contours of its closed form; mean fraction against r_crit and T, and against the birth axis."""
    plt = style.apply()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(style.PAGE_WIDTH, 2.15), width_ratios=(1.75, 1, 1))
    largest = float(kozai.fraction.max())
    mesh = draw_map(left, kozai, kozai.fraction, largest)
    figure.colorbar(mesh, ax=left, label="feasible draws (%)", pad=0.02, ticks=plt.MaxNLocator(4, integer=True))
    plateau = kozai.summary["plateau"]
    left.contour(
        kozai.outer_axis,
        kozai.outer_mass,
        kozai.closed_form / plateau,
        levels=(0.1, 0.5, 0.9),
        colors="white",
        linewidths=1.0,
        linestyles=("dotted", "dashed", "solid"),
    )
    system = kozai.summary["systems"]["target"]
    left.axhline(system["host_mass_msun"], color="white", linewidth=0.8, linestyle="-.")
    left.text(kozai.outer_axis_edges[0] * 1.15, system["host_mass_msun"] * 1.15, r"$M_\mathrm{out}=M_\bigstar$", color="white", fontsize=style.SMALL, va="bottom", bbox=style.PLATE)
    left.set(xlabel=r"perturber axis $a_\mathrm{out}$ (au)", ylabel=r"perturber mass $M_\mathrm{out}$ ($M_\odot$)")

    table = kozai.sensitivity
    for (marker, line), (time, part) in zip(STYLES, table.groupby("time_limit_gyr"), strict=False):
        middle.plot(
            part["critical_radius_rstar"],
            100 * part["mean_fraction"],
            marker=marker,
            linestyle=line,
            color="0.15",
            markersize=4,
            markerfacecolor="white",
            label=f"$T$ = {time:g} Gyr",
        )
    per_radius = system["critical_radius_over_r_t"] / kozai.summary["default"]["critical_radius_rstar"]
    top = middle.secondary_xaxis("top", functions=(lambda x: x * per_radius, lambda x: x / per_radius))
    top.set_xlabel(r"$r_\mathrm{crit}/r_\mathrm{t}$")
    top.xaxis.set_major_locator(plt.MaxNLocator(3, steps=[1, 2, 5, 10]))  # few, so that the letter of the panel keeps its place
    middle.tick_params(axis="x", top=False)
    middle.set(xlabel=r"$r_\mathrm{crit}/R_\bigstar$", ylabel="mean of the map (%)", ylim=(0, None))
    middle.set_xticks(sorted(table["critical_radius_rstar"].unique()))
    middle.margins(x=0.12)
    middle.legend(loc="lower right", handlelength=2.6)

    births = kozai.by_inner_axis
    right.plot(births["inner_axis_au"], 100 * births["mean_fraction"], "o-", color="0.15", markersize=4, markerfacecolor="white")
    right.set(xscale="log", xlabel=r"birth axis $a_\mathrm{in}$ (au)", ylim=(0, None))
    right.margins(x=0.12)
    for axes, letter in ((left, "a"), (middle, "b"), (right, "c")):
        style.name_panel(axes, letter)

    mass, axis = np.meshgrid(kozai.outer_mass, kozai.outer_axis, indexing="ij")
    data = pd.DataFrame(
        {"outer_mass_msun": mass.ravel(), "outer_axis_au": axis.ravel(), "fraction": kozai.fraction.ravel(), "closed_form": kozai.closed_form.ravel()}
    )
    save_figure(directory, "fig3_feasibility", figure, data, context)
