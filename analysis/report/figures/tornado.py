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
BASIS_LABELS = {"records": "from the same runs", "weights": "by weights", "ensemble": "from other runs"}
LABELS = {"epsilon_SA": r"$\epsilon_\mathrm{SA}$", "r_t": r"$r_\mathrm{t}$", "median ": "", "1e-11": "$10^{-11}$", "1e-10": "$10^{-10}$", "1e-09": "$10^{-9}$"}


def _resolved(rows: pd.DataFrame, outcome: str) -> np.ndarray:
    """True where a share was counted: a trusted row with at least one triple of this outcome."""
    return rows["trusted"].to_numpy(dtype=bool) & (rows[f"{outcome}_count"].to_numpy() > 0) & (rows[outcome].to_numpy(dtype=float) > 0)


def _tick(parameter: str, rows: pd.DataFrame) -> str:
    """The parameter, and under it its values from the first marker of the row to the last."""
    labels = [str(label) for label in rows["label"]]
    for name, text in LABELS.items():
        labels = [label.replace(name, text) for label in labels]
    return parameter + "\n" + ", ".join(labels)


def _panel(axes: Any, table: pd.DataFrame, parameters: list[str], outcome: str) -> None:
    for place, parameter in enumerate(parameters):
        rows = table[table["parameter"] == parameter]
        good = _resolved(rows, outcome)
        share, low, high = (100 * rows[name].to_numpy(dtype=float) for name in (outcome, f"{outcome}_low", f"{outcome}_high"))
        if good.any():
            axes.plot([share[good].min(), share[good].max()], [place, place], color=COLOURS[outcome], linewidth=11, solid_capstyle="butt", alpha=0.75, zorder=2)
        step = np.linspace(-0.24, 0.24, len(rows)) if len(rows) > 1 else np.zeros(1)
        for number, basis in enumerate(rows["basis"]):
            y, marker = place + step[number], BASES.get(basis, "o")
            if good[number]:
                axes.plot([max(low[number], 1e-9), high[number]], [y, y], color="0.35", linewidth=0.6, zorder=3)
                axes.plot([share[number]], [y], marker, color="white", markeredgecolor="black", markersize=3.2, markeredgewidth=0.7, zorder=4)
            else:
                axes.plot([high[number]], [y], marker="<", color="white", markeredgecolor="0.3", markersize=4.2, markeredgewidth=0.8, zorder=4)
    axes.set(xscale=SCALES[outcome], xlabel=f"{outcome} (%)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(axis="x", which="major", color="0.88", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


def _usual(table: pd.DataFrame, factor: float) -> pd.Series:
    """The row in which nothing but the disruption radius is chosen."""
    return table[(table["parameter"] == "disruption radius") & np.isclose(table["value"].astype(float), factor)].iloc[0]


def write(directory: Path, context: Context, *, ensemble: Any) -> None:
    """fig_tornado: shares with 95 % intervals for every value of every parameter; what is not resolved is drawn as an upper limit."""
    plt = style.apply()
    from matplotlib.lines import Line2D

    whole, default, shown = ensemble.sensitivity, ensemble.summary["disruption_factor"], ensemble.summary["sensitivity_factor"]
    parts = {factor: whole[np.isclose(whole["disruption_factor"].astype(float), factor)] for factor in (default, shown)}
    chosen = [("migrated", default), ("migrated", shown), ("disrupted", shown)] if shown != default else [("migrated", default), ("disrupted", default)]
    ranked = [name for name in ensemble.ranges["parameter"] if name in set(whole["parameter"])]
    parameters = [*ranked, *(name for name in pd.unique(whole["parameter"]) if name not in ranked)]
    figure, panels = plt.subplots(1, len(chosen), figsize=(style.PAGE_WIDTH, 0.95 + 0.33 * max(len(parameters), 4)), sharey=True)
    for axes, (outcome, factor), letter in zip(panels, chosen, "abc", strict=False):
        _panel(axes, parts[factor], parameters, outcome)
        usual = _usual(parts[factor], factor)
        if usual[f"{outcome}_count"] > 0:
            axes.axvline(100 * usual[outcome], color="black", linewidth=0.8, linestyle="--", zorder=1)
            said = f"{100 * usual[outcome]:.2g} %"
        else:
            said = f"< {100 * usual[f'{outcome}_high']:.2g} %"
        style.name_panel(axes, letter, f"{outcome}, {factor:g} " + r"$r_\mathrm{t}$: " + said)
    panels[0].set_yticks(range(len(parameters)), [_tick(name, parts[shown][parts[shown]["parameter"] == name]) for name in parameters])
    panels[0].set_ylim(len(parameters) - 0.45, -0.55)
    present = set(whole["basis"])
    kinds = [(marker, BASIS_LABELS[basis]) for basis, marker in BASES.items() if basis in present] + [("<", "upper limit, 95 %")]
    handles = [Line2D([], [], marker=marker, color="white", markeredgecolor="black", markersize=4, linestyle="none", label=label) for marker, label in kinds]
    handles.append(Line2D([], [], color="black", linestyle="--", linewidth=0.8, label="default"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), handletextpad=0.3, columnspacing=1.4)
    save_figure(directory, "fig_tornado", figure, whole, context)
