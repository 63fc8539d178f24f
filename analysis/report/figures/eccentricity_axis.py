"""Figure 2: eccentricity against semi-major axis, styled by mass ratio and detection method."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

COLOURS = {"low_q": style.LOW_Q, "high_q": style.HIGH_Q}
EDGES = {"low_q": "#1F5F8B", "high_q": "#5A1E00"}  # darker, so that open markers keep the colour of their subset
ARROW = 0.09  # length of the arrow of an upper limit, in sqrt(e)
TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)


def write(directory: Path, context: Context, *, eccentricity: Any, target: Any) -> None:
    """fig2_ae: filled points are measured, open ones at zero assumed, open ones with an arrow upper limits.

    The axis of e is linear in sqrt(e), which parts small values from zero.
    """
    from matplotlib.lines import Line2D

    plt = style.apply()
    figure, axes = plt.subplots(figsize=(0.8 * style.PAGE_WIDTH, 2.1))
    rows, summary = eccentricity.rows, eccentricity.summary
    for row in rows.to_dict("records"):
        _draw(axes, row)
    wide = summary["wide_axis_au"]
    axes.axvline(wide, color="0.45", linewidth=0.8, linestyle="--", zorder=0)
    axes.text(wide * 0.94, 0.8, f"$a$ = {wide:g} au", fontsize=style.SMALL, color="0.35", va="top", ha="right")
    _draw_target(axes, target.values)
    axes.set_xscale("log")
    axes.set_xlim(0.004, max(6.0, 1.5 * float(rows["semimajor_axis_au"].max())) if len(rows) else 6.0)
    axes.set_yscale("function", functions=(_root, _square))
    axes.set_ylim(-0.001, 0.85)
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.set_xlabel("semi-major axis (au)")
    axes.set_ylabel(r"eccentricity $e$ (scale of $\sqrt{e}$)")

    def handle(label: str, **kind: Any) -> Any:
        return Line2D([], [], linestyle="none", label=label, **kind)

    split = summary["mass_ratio_split"]
    present = [name for name in style.MARKERS if (rows["discovery_method"] == name).any()]
    handles = [
        handle(f"$q$ ≤ {split:g}", marker="o", color=COLOURS["low_q"], markeredgecolor=EDGES["low_q"], markersize=6),
        handle(f"$q$ > {split:g} (larger)", marker="o", color=COLOURS["high_q"], markeredgecolor=EDGES["high_q"], markersize=6),
        *(handle(name.lower(), marker=style.MARKERS[name], color="0.45", markersize=5) for name in present),
        handle("assumed circular", marker="o", markerfacecolor="white", markeredgecolor="0.3", markersize=5),
        handle("upper limit", marker=r"$\downarrow$", color="0.3", markersize=7),
        handle("TOI-6894 b (bar: 95 % limit)", marker="*", color=style.TARGET, markersize=9),
    ]
    figure.legend(handles=handles, loc="outside right center", handletextpad=0.4, labelspacing=0.4)
    save_figure(directory, "fig2_ae", figure, rows, context)


def _root(e: Any) -> Any:
    return np.sign(e) * np.sqrt(np.abs(e))


def _square(root: Any) -> Any:
    return np.sign(root) * np.square(root)


def _draw(axes: Any, row: dict[str, Any]) -> None:
    """One companion."""
    subset, kind = row["subset"], row["eccentricity_kind"]
    x, y = row["semimajor_axis_au"], row["eccentricity"]
    face = COLOURS[subset] if kind == "measured" else "white"
    size = 6.0 if subset == "high_q" else 4.0
    if kind == "measured":
        below, above = (value if np.isfinite(value) else 0.0 for value in (row["eccentricity_err_down"], row["eccentricity_err_up"]))
        axes.errorbar([x], [y], yerr=[[min(below, y)], [above]], color=EDGES[subset], alpha=0.35, linewidth=0.7, zorder=1)
    elif kind == "upper_limit":
        arrow = {"arrowstyle": "->", "color": EDGES[subset], "linewidth": 0.9, "shrinkA": 2, "shrinkB": 0}
        axes.annotate("", (x, float(_square(max(_root(y) - ARROW, 0.0)))), (x, y), arrowprops=arrow)
    axes.plot(
        [x],
        [y],
        marker=style.MARKERS.get(row["discovery_method"], "X"),
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=EDGES[subset],
        markeredgewidth=0.8,
        linestyle="none",
        zorder=4 if subset == "high_q" else 3,
    )


def _draw_target(axes: Any, values: dict[str, Any]) -> None:
    x, y, limit = values["semimajor_axis_au"], values["eccentricity"], values.get("eccentricity_limit_95")
    if x is None or y is None:
        return
    if limit is not None:
        axes.errorbar([x], [y], yerr=[[y], [limit - y]], color=style.TARGET, linewidth=1.0, capsize=3, zorder=9)
    style.mark_target(axes, x, y)
