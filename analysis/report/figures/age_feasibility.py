"""Feasibility against stellar age: maps at four ages, the mean under both radius laws, and the laws beside real tracks."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.figures.feasibility import draw_map
from analysis.report.files import Context, save_figure

__all__ = ["write"]

LAW_STYLE = {"contracting": (style.HIGH_Q, "o"), "literal": (style.LOW_Q, "s")}
LAW_NAME = {"contracting": "contracting", "literal": "formula as written"}
MAPS = 4


def write(directory: Path, context: Context, *, kozai: Any, tides: Any) -> None:
    """fig_age_feasibility: the third axis of the feasibility study."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.PAGE_WIDTH, 4.2))
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    laws = list(dict.fromkeys(kozai.by_age["radius_law"]))
    maps = kozai.fraction_by_age[laws.index("contracting")]
    chosen = np.unique(np.linspace(0, len(kozai.ages) - 1, MAPS).round().astype(int))
    shown = upper.subplots(1, len(chosen), sharey=True, squeeze=False)[0]
    for axes, index, letter in zip(shown, chosen, "abcd", strict=False):
        mesh = draw_map(axes, kozai, maps[index], float(maps.max()))
        style.name_panel(axes, letter, f"{kozai.ages[index]:g} Gyr")
        axes.set_xlabel(r"$a_\mathrm{out}$ (au)")
    shown[0].set_ylabel(r"$M_\mathrm{out}$ ($M_\odot$)")
    upper.colorbar(mesh, ax=shown, label="feasible draws (%)", pad=0.01, aspect=18)

    left, right = lower.subplots(1, 2)
    times = sorted(kozai.by_age["time_limit_gyr"].unique())
    for law in laws:
        colour, marker = LAW_STYLE[law]
        for time, line in ((times[0], "-"), (times[-1], "--")):
            part = kozai.by_age.query("radius_law == @law and time_limit_gyr == @time")
            left.plot(
                part["age_gyr"],
                100 * part["mean_fraction"],
                color=colour,
                marker=marker,
                markersize=4,
                linestyle=line,
                label=f"{LAW_NAME[law]}, $T$ = {time:g} Gyr",
            )
    left.set(xscale="log", xlabel="stellar age (Gyr)", ylabel="mean of the map (%)")
    low, high = left.get_ylim()
    left.set_ylim(low - 0.25 * (high - low), high)
    left.legend(loc="lower right", ncols=1, handlelength=2.8)

    for (mass, part), line in zip(tides.tracks.groupby("mass_msun"), ("-", "--", ":"), strict=False):
        right.plot(part["age_gyr"], part["track_ratio"], color="black", linestyle=line, label=f"BHAC15, {mass:g} " + r"$M_\odot$")
    part = tides.tracks[tides.tracks["mass_msun"] == tides.tracks["mass_msun"].min()]
    for law in laws:
        colour, marker = LAW_STYLE[law]
        right.plot(part["age_gyr"], part[f"{law}_ratio"], color=colour, marker=marker, markersize=4, label=LAW_NAME[law])
    right.set(xscale="log", xlabel="stellar age (Gyr)", ylabel=r"$R_\bigstar(t)\,/\,R_\bigstar(1\,\mathrm{Gyr})$")
    right.legend(loc="upper right", handlelength=2.8)

    for axes, letter in ((left, "e"), (right, "f")):
        style.name_panel(axes, letter)
    data = pd.concat([kozai.by_age.assign(panel="mean of the map"), tides.tracks.assign(panel="radius laws")], ignore_index=True)
    save_figure(directory, "fig_age_feasibility", figure, data, context)
