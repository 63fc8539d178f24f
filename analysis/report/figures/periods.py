"""Final periods of the triples that migrate, beside the close companions that are observed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

LIMITS = (0.3, 30.0)  # d
WIDTH = 0.04  # dex, of a bin
GIANT = 0.1  # Mjup, lowest mass of what is marked as a giant
FILLS = (("#F7E0B0", ""), ("#E69F00", "////"), ("#7A2200", ""))  # of rising disruption radius


def _counts(periods: np.ndarray, weight: np.ndarray, edges: np.ndarray, total: float) -> np.ndarray:
    """Share of all triples per bin, in per mille."""
    return 1000 * np.histogram(periods, bins=edges, weights=weight)[0] / total


def write(directory: Path, context: Context, *, ensemble: Any, sample: Any) -> None:
    """fig_periods: periods after migration for every disruption radius and under other priors; periods and masses of observed companions."""
    plt = style.apply()
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(0.7 * style.PAGE_WIDTH, 4.3), sharex=True, height_ratios=(1.15, 1))
    edges = 10 ** np.arange(np.log10(LIMITS[0]), np.log10(LIMITS[1]) + WIDTH / 2, WIDTH)
    migrated, total, data = ensemble.migrated, float(len(ensemble.reason)), []
    periods = migrated["period_day"].to_numpy(dtype=float)
    factors = sorted(float(value) for value in pd.unique(ensemble.outcomes["disruption_factor"]))
    for number, factor in enumerate(factors):
        kept = migrated["smallest_periapsis_share"].to_numpy(dtype=float) >= factor
        height = _counts(periods[kept], np.ones(int(kept.sum())), edges, total)
        colour, hatch = FILLS[min(number, len(FILLS) - 1)]
        top.stairs(height, edges, fill=True, facecolor=colour, edgecolor="0.2", linewidth=0.7, hatch=hatch, label=f"outside {factor:g} " + r"$r_\mathrm{t}$" + f": {int(kept.sum())}")
        data.append(pd.DataFrame({"panel": "predicted", "prior": "drawn", "disruption_factor": factor, "period_low": edges[:-1], "period_high": edges[1:], "per_mille": height}))
    trusted = ensemble.priors[ensemble.priors["trusted"].astype(bool) & (ensemble.priors["prior"] != "drawn")]
    for number, name in enumerate(trusted["prior"]):
        column = f"weight_{name}"
        if column in migrated and len(migrated):
            height = _counts(periods, migrated[column].to_numpy(dtype=float), edges, total)
            top.stairs(height, edges, color="0.45", linewidth=0.6, linestyle=":", label="other priors" if number == 0 else None)
            data.append(pd.DataFrame({"panel": "predicted", "prior": name, "disruption_factor": factors[0], "period_low": edges[:-1], "period_high": edges[1:], "per_mille": height}))
    top.set(ylabel="of all triples, per bin (‰)")
    top.set_ylim(0, max(1.12 * top.get_ylim()[1], 1e-3) if len(migrated) else 1)
    if not len(migrated):
        top.text(0.5, 0.5, f"no triple of {int(total)} migrates", transform=top.transAxes, ha="center")
    else:
        top.legend(loc="upper left", title="final orbits, periapsis always", alignment="left", handlelength=1.6)

    table = sample.table[sample.table["is_candidate"].astype(bool) | sample.table["is_target"].astype(bool)]
    table = table[(table["orbital_period_day"] < LIMITS[1]) & (table["companion_mass_mjup"] > 0)]
    target, giant = table["is_target"].astype(bool), table["companion_mass_mjup"] >= GIANT
    for part, marker, colour, size, label in (
        (table[~giant & ~target], "o", style.LOW_Q, 3.5, "companions of the sample"), (table[giant & ~target], "D", style.HIGH_Q, 5.5, f"of at least {GIANT:g} " + r"$M_\mathrm{J}$"),
    ):
        bottom.plot(part["orbital_period_day"], part["companion_mass_mjup"], marker, color=colour, markersize=size, markeredgecolor="0.2", markeredgewidth=0.4, linestyle="none", label=label)
    for _, row in table[target].iterrows():
        style.mark_target(bottom, row["orbital_period_day"], row["companion_mass_mjup"])
        for axes in (top, bottom):
            axes.axvline(row["orbital_period_day"], color=style.TARGET, linewidth=0.7, linestyle="--", zorder=0)
    bottom.set(xscale="log", yscale="log", xlim=LIMITS, xlabel="orbital period (d)", ylabel=r"companion mass ($M_\mathrm{J}$)")
    masses = table["companion_mass_mjup"] if len(table) else pd.Series([GIANT / 100, 1.0])
    bottom.set_ylim(masses.min() / 2, 60 * max(1.0, masses.max() / 10))  # room for the legend
    bottom.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    bottom.legend(loc="upper left", ncols=1, handletextpad=0.3)
    for axes, letter in ((top, "a"), (bottom, "b")):
        style.name_panel(axes, letter)
    data.append(table[["companion_name", "orbital_period_day", "companion_mass_mjup", "is_target"]].assign(panel="observed"))
    save_figure(directory, "fig_periods", figure, pd.concat(data, ignore_index=True), context)
