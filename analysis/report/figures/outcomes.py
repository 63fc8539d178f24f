"""Mean outcomes of the map from level 0 to level 2, and of the ensemble, as stacked bars."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.ladder import OUTCOMES

__all__ = ["write"]

# outcome, label, colour (luminance differs between neighbours), hatch
BARS = (
    ("migrated", "migrated", "#E69F00", "////"),
    ("disrupted", "disrupted", "#7A2200", ""),
    ("unmigrated", "unmigrated", "#BFD7EA", ""),
    ("invalid", "unstable or invalid", "#FFFFFF", "\\\\\\\\"),
)
STEPS = {
    "claimed": "criterion,\nas\nspecified", "level 0": "criterion,\ndis-\nruption", "time and stability": "+ time,\nstabi-\nlity",
    "short-range forces": "+ short-\nrange\nforces", "level 1": "+ octu-\npole =\nclosed\nform", "level 2": "integra-\ntion,\nsame\ndraws",
    "ensemble": "integra-\ntion,\nprior",
}


def _row(table: pd.DataFrame, **wanted: Any) -> dict[str, float] | None:
    """Shares of the one row of a table that has these values; None when there is none."""
    for name, value in wanted.items():
        table = table[np.isclose(table[name], value)] if isinstance(value, float) else table[table[name] == value]
    return {name: float(table[name].iloc[0]) for name in OUTCOMES} if len(table) else None


def _bars(ladder: Any, ensemble: Any, factor: float) -> list[dict[str, Any]]:
    """One row per bar, at a disruption radius (r_t) and the default averaging threshold where a level has one."""
    threshold, known = ladder.summary["averaging_threshold"], ladder.summary["level_1_averaging_threshold"]
    claimed = ladder.summary["feasible"]["mean"]
    rows: list[dict[str, Any]] = [{"bar": "claimed", "migrated": claimed, "disrupted": 0.0, "unmigrated": 1 - claimed, "invalid": 0.0}]
    for name in list(STEPS)[1:-1]:
        limit = {"level 1": known, "level 2": threshold}.get(name, 0.0)
        found = _row(ladder.shares, level=name, disruption_factor=float(factor), averaging_threshold=float(limit))
        if found:
            rows.append({"bar": name, **found})
    if ensemble is not None:
        table = ensemble.outcomes
        found = _row(
            table, disruption_factor=float(factor), averaging_threshold=float(ensemble.summary["averaging_threshold"]),
            time_gyr=float(ensemble.summary["time_limit_gyr"]),
        )
        if found:
            rows.append({"bar": "ensemble", **found})
    return [{"disruption_factor": float(factor), **row} for row in rows]


def write(directory: Path, context: Context, *, ladder: Any, ensemble: Any = None) -> None:
    """fig_outcomes: exclusive outcomes by level at the default and at the smallest disruption radius."""
    plt = style.apply()
    factors = (ladder.disruption_factors[0], ladder.disruption_factors[-1])
    figure, panels = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 3.0), sharey=True)
    data = []
    for axes, factor, letter in zip(panels, factors, "ab", strict=True):
        rows = _bars(ladder, ensemble, factor)
        data += rows
        table = pd.DataFrame(rows)
        places, base = np.arange(len(rows)) + 0.35 * (table["bar"] == "ensemble").to_numpy(), np.zeros(len(rows))
        for name, label, colour, hatch in BARS:
            share = 100 * table[name].to_numpy(dtype=float)
            axes.bar(places, share, bottom=base, color=colour, hatch=hatch, edgecolor="0.25", linewidth=0.5, width=0.74, label=label)
            for place, value, start in zip(places, share, base, strict=True):
                if value >= 5.5 and name != "migrated":
                    box = {"facecolor": colour, "edgecolor": "none", "pad": 0.8} if hatch else None
                    axes.text(place, start + value / 2, f"{value:.0f}", ha="center", va="center", fontsize=style.SMALL, color="white" if name == "disrupted" else "black", bbox=box)
            base = base + share
        for place, value in zip(places, 100 * table["migrated"], strict=True):
            axes.text(place, 101.5, f"{value:.2g}" if value else "0", ha="center", va="bottom", fontsize=style.SMALL, fontweight="bold")
        style.name_panel(axes, letter, f"disruption inside {factor:g} " + r"$r_\mathrm{t}$; bold: migrated (%)")
        axes.set_xticks(places, [STEPS[name] for name in table["bar"]])
        axes.tick_params(axis="x", length=0)
        axes.set(ylim=(0, 109), yticks=range(0, 101, 20), xlim=(-0.6, places[-1] + 0.6))
        axes.tick_params(right=False, top=False)
    panels[0].set_ylabel("draws, mean (%)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, handlelength=1.6, columnspacing=1.6)
    save_figure(directory, "fig_outcomes", figure, pd.DataFrame(data), context)
