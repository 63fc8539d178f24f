"""How the migrated and the disrupted share of the ensemble move when one thing is changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

COLOURS = {"migrated": "#E69F00", "disrupted": "#7A2200"}
SCALES = {"migrated": "log", "disrupted": "linear"}  # the migrated share spans decades
BASES = {"records": "o", "weights": "s", "ensemble": "D"}
BASIS_LABELS = {"records": "same runs", "weights": "weighted", "ensemble": "other runs"}
LABELS = {"epsilon_SA": r"$\epsilon_\mathrm{SA}$", "r_t": r"$r_\mathrm{t}$"}


def _resolved(rows: pd.DataFrame, outcome: str) -> np.ndarray:
    """True where a share was counted: a trusted row with at least one triple of this outcome."""
    return rows["trusted"].to_numpy(dtype=bool) & (rows[f"{outcome}_count"].to_numpy() > 0) & (rows[outcome].to_numpy(dtype=float) > 0)


def _pretty(label: str) -> str:
    for name, text in LABELS.items():
        label = label.replace(name, text)
    return label


def _ends(rows: pd.DataFrame) -> str:
    """The values at the lowest and at the highest migrated share, or all of them where no order can be told."""
    labels = [_pretty(str(label)) for label in rows["label"]]
    order = np.argsort(rows["migrated"].to_numpy(dtype=float), kind="stable")
    first, last = labels[order[0]], labels[order[-1]]
    told = rows["migrated"].to_numpy(dtype=float)[order[0]] < rows["migrated"].to_numpy(dtype=float)[order[-1]]
    return f"{first} … {last}" if told else ", ".join(dict.fromkeys(labels))


def _panel(axes: Any, table: pd.DataFrame, parameters: list[str], outcome: str) -> None:
    for place, parameter in enumerate(parameters):
        rows = table[table["parameter"] == parameter]
        good = _resolved(rows, outcome)
        share, low, high = (100 * rows[name].to_numpy(dtype=float) for name in (outcome, f"{outcome}_low", f"{outcome}_high"))
        if good.any():
            least, most = share[good].min(), share[good].max()
            axes.plot([least, most], [place, place], color=COLOURS[outcome], linewidth=9, solid_capstyle="butt", alpha=0.75, zorder=2)
        step = np.linspace(-0.2, 0.2, len(rows)) if len(rows) > 1 else np.zeros(1)
        for number, basis in enumerate(rows["basis"]):
            y, marker = place + step[number], BASES.get(basis, "o")
            if good[number]:
                axes.plot([max(low[number], 1e-9), high[number]], [y, y], color="0.35", linewidth=0.6, zorder=3)
                axes.plot([share[number]], [y], marker, color="white", markeredgecolor="black", markersize=3.2, markeredgewidth=0.7, zorder=4)
            else:
                axes.plot([high[number]], [y], marker="<", color="white", markeredgecolor="0.3", markersize=4.2, markeredgewidth=0.8, zorder=4)
    axes.set(xscale=SCALES[outcome], xlabel=f"{outcome} share [%]")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def write(directory: Path, context: Context, *, ensemble: Any) -> None:
    """fig_tornado: shares with 95 % intervals for every value of every parameter; what is not resolved is drawn as an upper limit."""
    plt = style.apply()
    factor = ensemble.summary["sensitivity_factor"]
    table = ensemble.sensitivity[ensemble.sensitivity["disruption_factor"] == factor]
    ranked = [name for name in ensemble.ranges["parameter"] if name in set(table["parameter"])]
    parameters = [*ranked, *(name for name in pd.unique(table["parameter"]) if name not in ranked)]
    figure, panels = plt.subplots(1, 2, figsize=(style.TWO_COLUMN, 0.9 + 0.31 * max(len(parameters), 4)), sharey=True)
    usual = table[(table["parameter"] == "disruption radius") & (table["value"] == factor)].iloc[0]
    for axes, outcome, letter in zip(panels, COLOURS, "ab", strict=True):
        _panel(axes, table, parameters, outcome)
        value = usual[outcome]
        if value:
            axes.axvline(100 * value, color="black", linewidth=0.8, linestyle="--", zorder=1)
        axes.set_title(f"({letter}) {outcome}" + (f", {100 * value:.2g} % at {factor:g} $r_\\mathrm{{t}}$" if value else f", below {100 * usual[f'{outcome}_high']:.2g} %"), fontsize=7)
        axes.grid(axis="x", which="major", color="0.88", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(parameters)), parameters)
    panels[0].set_ylim(len(parameters) - 0.45, -0.55)
    for place, parameter in enumerate(parameters):
        panels[1].text(1.02, place, _ends(table[table["parameter"] == parameter]), transform=panels[1].get_yaxis_transform(), va="center", fontsize=6)
    from matplotlib.lines import Line2D

    present = set(table["basis"])
    kinds = [(marker, BASIS_LABELS[basis]) for basis, marker in BASES.items() if basis in present] + [("<", "upper limit, 95 %")]
    handles = [Line2D([], [], marker=marker, color="white", markeredgecolor="black", markersize=4, linestyle="none", label=label) for marker, label in kinds]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), handletextpad=0.2)
    save_figure(directory, "fig_tornado", figure, table, context)
