"""Figure 1: host mass against companion mass, by detection method and by what the companion mass is."""

from pathlib import Path
from typing import Any

from analysis.constants import DEUTERIUM_LIMIT_MJUP, HYDROGEN_LIMIT_MSUN, MSUN_IN_MJUP
from analysis.report.figures.style import COLUMN_WIDTH, MARKERS, METHOD_COLOURS, SMALL, apply, mark_target
from analysis.report.files import Context, save_figure

__all__ = ["write"]

KIND_LABELS = {"true": "true mass", "msini": r"$m\,\sin\,i$", "mass_radius_relation": "from a mass–radius relation", "upper_limit": "upper limit"}
COLUMNS = [
    "object_id", "host_mass_msun", "companion_mass_mjup", "mass_ratio", "discovery_method", "mass_kind", "in_mass_range", "is_candidate", "is_target",
]


def write(directory: Path, context: Context, sample: Any) -> None:
    """Write fig1_massmass.png, .svg and .csv. The csv holds the rows drawn: candidates, other rows of the mass range, and the target."""
    plt = apply()
    rows = sample.table[sample.table["companion_mass_mjup"].notna() & sample.table["host_mass_msun"].notna()]
    low, high, split = (float(sample.counts[name]) for name in ("host_mass_min", "host_mass_max", "mass_ratio_split"))
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.3))
    axes.set(xscale="log", yscale="log", xlabel=r"host mass $M_\bigstar$ ($M_\odot$)", ylabel=r"companion mass $M_\mathrm{c}$ ($M_\mathrm{J}$)")
    companions = rows[~rows["is_target"]]
    for method in sorted(set(companions["discovery_method"].dropna())):
        for kind in KIND_LABELS:
            chosen = companions[(companions["discovery_method"] == method) & (companions["mass_kind"] == kind) & companions["is_candidate"]]
            _points(axes, chosen, method, kind)
    others = companions[~companions["is_candidate"]]
    axes.plot(others["host_mass_msun"], others["companion_mass_mjup"], linestyle="none", marker="x", color="0.45", markersize=4, zorder=2)
    target = rows[rows["is_target"]].iloc[0]
    mark_target(axes, target["host_mass_msun"], target["companion_mass_mjup"])
    masses = rows["companion_mass_mjup"]
    axes.set_xlim(min(0.05, 0.85 * rows["host_mass_msun"].min()), max(0.25, 1.15 * rows["host_mass_msun"].max()))
    axes.set_ylim(min(1e-4, masses.min() / 2), max(150.0, masses.max() * 2))
    _lines(axes, low, high, split)
    _legends(plt, figure, axes, companions, len(others))
    save_figure(directory, "fig1_massmass", figure, rows[COLUMNS].sort_values("object_id"), context)


def _points(axes: Any, rows: Any, method: str, kind: str) -> None:
    """Filled symbols are true masses, open ones m sin i, pale ones inferred from a radius; upper limits have an arrow."""
    if rows.empty:
        return
    axes.plot(rows["host_mass_msun"], rows["companion_mass_mjup"], linestyle="none", zorder=3, **_marker(method, kind))
    if kind == "upper_limit":
        axes.errorbar(
            rows["host_mass_msun"], rows["companion_mass_mjup"], yerr=0.35 * rows["companion_mass_mjup"], uplims=True, fmt="none",
            ecolor=METHOD_COLOURS.get(method, "0.3"), elinewidth=0.8, capsize=2, zorder=2,
        )


def _marker(method: str, kind: str) -> dict[str, Any]:
    """Marker style of a method and mass kind."""
    colour = METHOD_COLOURS.get(method, "0.3")
    face = {"true": colour, "msini": "white", "mass_radius_relation": (*_rgb(colour), 0.3), "upper_limit": "white"}[kind]
    return {
        "marker": MARKERS.get(method, "v"), "markersize": 4.2, "markerfacecolor": face, "markeredgecolor": "black" if kind == "true" else colour,
        "markeredgewidth": 0.4 if kind == "true" else 1.0,
    }


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _lines(axes: Any, low: float, high: float, split: float) -> None:
    """Deuterium and hydrogen limits, the mass range, and the mass-ratio split."""
    import numpy as np
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.axvspan(low, high, color="0.93", zorder=0)
    for edge in (low, high):
        axes.axvline(edge, color="0.6", linewidth=0.8, zorder=1)
    axes.axhline(DEUTERIUM_LIMIT_MJUP, color="0.2", linestyle="--", linewidth=0.9, zorder=1)
    axes.axvline(HYDROGEN_LIMIT_MSUN, color="0.2", linestyle=":", linewidth=1.2, zorder=1)
    left, right = axes.get_xlim()
    hosts = np.array([left, right])
    axes.plot(hosts, split * hosts * MSUN_IN_MJUP, color="0.2", linestyle="-.", linewidth=0.9, zorder=1)
    bottom, _ = axes.get_ylim()
    axes.text(right * 1.015, DEUTERIUM_LIMIT_MJUP, f"{DEUTERIUM_LIMIT_MJUP:g} $M_\\mathrm{{J}}$", va="center", fontsize=SMALL)
    axes.text(HYDROGEN_LIMIT_MSUN * 1.01, bottom * 2.2, f"{HYDROGEN_LIMIT_MSUN:g} $M_\\odot$", fontsize=SMALL)
    axes.text(right * 1.015, split * right * MSUN_IN_MJUP, f"$q$ = {split:g}", va="center", fontsize=SMALL)
    axes.text(high * 0.985, bottom * 2.2, "mass range", ha="right", fontsize=SMALL, color="0.35")
    ticks = [value for value in (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0) if left <= value <= right]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(left, right)


def _legends(plt: Any, figure: Any, axes: Any, companions: Any, others: int) -> None:
    """Methods, mass kinds and the target, beside the axes."""
    line = plt.Line2D
    used = [method for method in MARKERS if (companions["discovery_method"] == method).any()]
    handles = [line([], [], linestyle="none", label=method.lower(), **_marker(method, "true")) for method in used]
    for kind, label in KIND_LABELS.items():
        style = _marker("Transit", kind) | {"marker": "o", "markeredgecolor": "0.3"}
        style["markerfacecolor"] = {"true": "0.3", "mass_radius_relation": "0.8"}.get(kind, "white")
        if kind == "upper_limit":
            style["marker"] = r"$\downarrow$"
        handles.append(line([], [], linestyle="none", label=label, **style))
    if others:
        handles.append(line([], [], linestyle="none", marker="x", color="0.45", markersize=4, label="in range, no candidate"))
    handles.append(line([], [], linestyle="none", marker="*", color="black", markersize=10, label="TOI-6894 b"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, labelspacing=0.35, handletextpad=0.4)
