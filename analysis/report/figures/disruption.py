"""Where the periapsis criterion lies against tidal disruption, for the published star and for the specification's example."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

TICKS = (0.002, 0.005, 0.01, 0.02, 0.05)
TITLES = {"target": "published host", "example": "illustrative host"}


def write(directory: Path, context: Context, *, kozai: Any) -> None:
    """fig_disruption: r_crit, disruption radii, the orbit left after circularisation, and the observed orbit, on one distance axis."""
    plt = style.apply()
    table = kozai.disruption
    names = list(dict.fromkeys(table["system"]))
    figure, panels = plt.subplots(len(names), 1, figsize=(0.7 * style.PAGE_WIDTH, 1.55 * len(names) + 0.35), sharex=True, squeeze=False)
    for axes, letter, name in zip(panels[:, 0], "ab", names, strict=False):
        part = table[table["system"] == name]
        system = kozai.summary["systems"][name]
        critical = part.drop_duplicates("critical_radius_rstar")
        factors = part.drop_duplicates("disruption_factor")
        widest = factors.loc[factors["disruption_factor"].idxmax()]
        axes.axvspan(1e-4, widest["disruption_radius_au"], color="0.90", zorder=0)
        rows = (
            (
                3,
                critical["critical_radius_au"],
                [f"{v:g}" for v in critical["critical_radius_rstar"]],
                "o",
                style.HIGH_Q,
                r"$r_\mathrm{crit}$ ($R_\bigstar$)",
            ),
            (2, factors["disruption_radius_au"], [f"{v:g}" for v in factors["disruption_factor"]], "s", "#0072B2", r"disruption ($r_\mathrm{t}$)"),
            (
                1,
                factors["circularised_axis_au"],
                [f"{v:g}" for v in factors["disruption_factor"]],
                "D",
                "#009E73",
                r"circularised ($2\,r_\mathrm{t}$)",
            ),
        )
        for height, values, labels, marker, colour, _ in rows:
            axes.plot(values, np.full(len(values), height), marker, color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.6)
            for value, label in zip(values, labels, strict=True):
                axes.annotate(label, (value, height), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=style.SMALL)
        axes.plot([system["axis_au"]], [0], "*", color=style.TARGET, markersize=11)
        axes.axvline(system["axis_au"], color=style.TARGET, linewidth=0.7, linestyle=":", zorder=0)
        axes.set_yticks([3, 2, 1, 0], [row[-1] for row in rows] + ["observed orbit"])
        axes.set(xscale="log", ylim=(-0.6, 3.9), xlim=(1.1e-3, 0.08))
        axes.tick_params(axis="y", length=0)
        masses = f"{system['host_mass_msun']:g} " + r"$M_\odot$, " + f"{system['companion_mass_mjup']:g} " + r"$M_\mathrm{J}$"
        style.name_panel(axes, letter, f"{TITLES.get(name, name)}: {masses}")
        axes.text(1.25e-3, -0.32, f"inside {widest['disruption_factor']:g} " + r"$r_\mathrm{t}$", fontsize=style.SMALL, color="0.35", va="center")
    panels[-1, 0].set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    panels[-1, 0].tick_params(axis="x", which="minor", labelbottom=False)
    panels[-1, 0].set_xlabel("distance from the star (au)")
    save_figure(directory, "fig_disruption", figure, table, context)
