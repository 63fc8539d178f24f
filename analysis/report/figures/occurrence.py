"""Figure: predicted occurrence of close giants by pathway beside the observed rates, and how wide each factor is."""

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

PATHWAYS = {
    "fragments": ("fragments moved by\nKozai–Lidov cycles", style.HIGH_Q, "////"),
    "cold_giants": ("all cold giants moved by\nKozai–Lidov cycles", style.HIGH_Q, "xxxx"),
    "disc": ("giants moved by\nthe disc", style.LOW_Q, ""),
}
RATES = {
    "bryant_2023": "Bryant et al. 2023\n" + r"0.09–0.26 $M_\odot$", "glusman_late": "Glusman et al. 2025\nM4 and later",
    "glusman_mid": "Glusman et al. 2025\nM2.5–M4",
}
LIMITS = {"gillis_limit": "Gillis et al. 2026", "ment_limit": "Ment & Charbonneau 2023"}
FACTORS = {
    "births": "births per star", "perturber": "stars with a companion", "stable": "of these, orbits stable", "migrated": "of these, giant migrates",
    "within_period": "of these, period short", "in_time": "share arriving in time",
}
HEIGHT = 0.8  # of the tallest curve, in rows
FLOOR = 1e-8  # smallest rate shown


def write(directory: Path, context: Context, *, occurrence: Any) -> None:
    """fig_occurrence: densities per dex on the left, scaled to one height; medians and 95 % ranges of the factors on the right."""
    plt = style.apply()
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 3.3), width_ratios=(1.25, 1))
    rows = [*PATHWAYS, *RATES, *LIMITS]
    predictions = occurrence.predictions.set_index("pathway")
    observed = occurrence.observed.set_index("name")
    low = max(FLOOR, predictions["p2_5"].min() / 5)
    for row, name in enumerate(rows):
        base = len(rows) - 1 - row
        left.axhline(base, color="0.85", linewidth=0.6, zorder=0)
        if name in LIMITS:
            value = observed.loc[name, "value"]
            left.plot([value], [base + 0.25], marker="|", color="black", markersize=11, markeredgewidth=1.4)
            left.annotate("", (value / 6, base + 0.25), (value, base + 0.25), arrowprops={"arrowstyle": "->", "linewidth": 1.0, "color": "black"})
            continue
        part = occurrence.densities[occurrence.densities["name"] == name]
        _label, colour, hatch = PATHWAYS.get(name, ("", "0.55", ""))
        rate, height = 10 ** part["log10_rate"].to_numpy(), part["density_per_dex"].to_numpy()
        height = base + HEIGHT * height / height.max()
        left.fill_between(
            rate, base, height, facecolor=colour, edgecolor="0.15", alpha=0.75, hatch=hatch or None, linewidth=0.6, step="mid", zorder=2,
        )
        source = predictions if name in PATHWAYS else observed
        median, ends = source.loc[name, "p50" if name in PATHWAYS else "median"], ("p2_5", "p97_5") if name in PATHWAYS else ("low", "high")
        left.plot(source.loc[name, list(ends)].to_numpy(dtype=float), [base, base], color="black", linewidth=2.2, solid_capstyle="butt", zorder=4)
        if source.loc[name, ends[0]] < low:  # the interval goes on beyond the axis
            left.plot([0.012], [base], marker="<", color="black", markersize=5, transform=left.get_yaxis_transform(), zorder=6)
        left.plot([median], [base], marker="o", color="white", markeredgecolor="black", markersize=4.5, zorder=5)
        if name in PATHWAYS:
            left.plot([predictions.loc[name, "per_birth_best"]], [base], marker=">", color="black", markersize=5, linestyle="none", zorder=6)
    left.axhline(len(RATES) + len(LIMITS) - 0.12, color="0.3", linewidth=0.8, linestyle=":")
    left.set_yticks(range(len(rows)), [{**{k: v[0] for k, v in PATHWAYS.items()}, **RATES, **LIMITS}[name] for name in reversed(rows)])
    left.set(xscale="log", xlim=(low, 2.0), ylim=(-0.35, len(rows) - 0.05), xlabel="close giants per star")
    left.tick_params(axis="y", length=0)
    left.plot([], [], marker=">", color="black", markersize=5, linestyle="none", label="one birth per star, other factors at their best")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", handletextpad=0.3)

    position, ticks, labels = 0.0, [], []
    for pathway, (_name, colour, _hatch) in PATHWAYS.items():
        for _, factor in occurrence.factors[occurrence.factors["pathway"] == pathway].iterrows():
            if pathway == "cold_giants" and factor["factor"] != "births":
                continue  # the other factors are those of the fragments
            right.plot([factor["low"], factor["high"]], [position] * 2, color=colour, linewidth=4.5, solid_capstyle="butt", alpha=0.8, zorder=2)
            right.plot([factor["median"]], [position], marker="o", color="white", markeredgecolor="black", markersize=4.5, zorder=3)
            right.text(1.02, position, f"{100 * factor['variance_share']:.0f} %", transform=right.get_yaxis_transform(), va="center", fontsize=style.SMALL)
            ticks.append(position)
            labels.append(FACTORS[factor["factor"]] + (", cold giants" if pathway == "cold_giants" else ", disc" if pathway == "disc" else ""))
            position -= 1
        position -= 0.6
    right.set_yticks(ticks, labels)
    right.set(xscale="log", ylim=(min(ticks) - 0.8, 0.8), xlabel="value of the factor")
    right.set_xlim(max(occurrence.factors["low"].min() / 2, FLOOR), 1.6)
    right.text(1.14, 1.015, "share of variance", transform=right.transAxes, ha="right", va="bottom", fontsize=style.SMALL)
    right.tick_params(axis="y", length=0)
    for axes, letter in ((left, "a"), (right, "b")):
        style.name_panel(axes, letter)
    data = pd.concat([occurrence.densities.assign(panel="densities"), occurrence.factors.assign(panel="factors")], ignore_index=True)
    save_figure(directory, "fig_occurrence", figure, data, context)
