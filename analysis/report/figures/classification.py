"""Figure: what the origin classifier's skill rests on, and the probability of each object with and without its label's definition."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

STEM = "fig_classification"
VARIANTS = {
    "specified": "as specified",
    "without_mass_ratio": r"without log $q$",
    "method_alone": "method alone",
    "without_mass_ratio_and_method": "without log $q$\nand method",
}
SETS = {
    "candidates": ("all candidates", "o", style.METHOD_COLOURS["Radial Velocity"], 0.16),
    "candidates_with_eccentricity": ("those with $e$", "s", style.HIGH_Q, -0.16),
}
PANELS = {"P_binary_like": "as specified", "P_without_mass_ratio_and_method": "without log $q$ and method"}
OTHER_MARKER, OTHER_COLOUR = "X", "#666666"
CLIP = 1e-3  # probabilities below this (or above 1 - this) are drawn at it


def write(directory: Path, context: Context, origin: Any) -> None:
    """Draw AUROC by variant with 95 % intervals, and out-of-fold P(binary-like) against q for two variants."""
    plt = style.apply()
    figure = plt.figure(figsize=(style.PAGE_WIDTH, 3.5))
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.25))
    first = left.subplots()
    scores = _scores(first, origin.variants)
    style.name_panel(first, "a")
    objects = origin.objects
    split = origin.summary["labels"]["mass_ratio_split"] if origin.summary["labels"]["defined_by_a_feature"] else None
    upper, lower = right.subplots(2, 1, sharex=True)
    for axes, letter, (column, title) in zip((upper, lower), "bc", PANELS.items(), strict=True):
        _probabilities(axes, objects, column, split)
        style.name_panel(axes, letter, title)
    lower.set_xlabel("mass ratio $q$")
    right.supylabel(r"$P$(binary-like), out of fold")
    handles, labels = upper.get_legend_handles_labels()
    if handles:
        right.legend(handles, labels, loc="outside lower center", ncols=3, handletextpad=0.2, columnspacing=1.0)
    points = objects.melt(
        id_vars=["object_id", "discovery_method", "mass_ratio", "label"],
        value_vars=list(PANELS),
        var_name="variant",
        value_name="probability",
    ).assign(panel="probability")
    save_figure(directory, STEM, figure, pd.concat([scores.assign(panel="auroc"), points], ignore_index=True), context)


def _scores(axes: Any, variants: pd.DataFrame) -> pd.DataFrame:
    """Left panel; returns the plotted rows."""
    columns = ["row_set", "variant", "n_rows", "n_binary_like", "auroc", "auroc_low", "auroc_high"]
    shown = variants[variants["row_set"].isin(SETS)][columns].reset_index(drop=True)
    order = list(VARIANTS)
    for name, (label, marker, colour, shift) in SETS.items():
        rows = shown[(shown["row_set"] == name) & shown["auroc"].notna()]
        if rows.empty:
            continue
        y = [order.index(variant) - shift for variant in rows["variant"]]
        errors = np.abs(rows[["auroc_low", "auroc_high"]].to_numpy(float).T - rows["auroc"].to_numpy(float))
        count = f"{label} ({rows['n_binary_like'].iloc[0]} of {rows['n_rows'].iloc[0]})"
        axes.errorbar(rows["auroc"], y, xerr=errors, fmt=marker, color=colour, markersize=4.5, capsize=2, label=count)
    if shown["auroc"].notna().any():
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", title="rows (binary-like of all)", alignment="left")
    else:
        axes.text(0.5, 0.5, "too few rows", transform=axes.transAxes, ha="center")
    axes.axvline(0.5, color="0.5", linestyle=":", linewidth=1)
    axes.text(0.508, 3.42, "no skill", color="0.35", fontsize=style.SMALL, ha="left", va="bottom")
    axes.set_yticks(range(len(order)), list(VARIANTS.values()))
    axes.tick_params(axis="y", length=0)
    axes.set(
        ylim=(len(order) - 0.5, -0.5),
        xlim=(0.45, 1.015),
        xlabel="AUROC, 5 folds grouped by host" if variants.empty else "AUROC, cross-validated by host",
    )
    return shown


def _probabilities(axes: Any, objects: pd.DataFrame, column: str, split: float | None) -> None:
    """One right-hand panel: probability on a logit scale against mass ratio."""
    shown = objects[objects[column].notna() & objects["mass_ratio"].gt(0)]
    methods = [*style.MARKERS, *sorted(set(shown["discovery_method"].dropna()) - set(style.MARKERS))]
    for method in methods:
        rows = shown[(shown["discovery_method"] == method) & ~shown["is_target"]]
        if rows.empty:
            continue
        axes.plot(
            rows["mass_ratio"],
            rows[column].clip(CLIP, 1 - CLIP),
            linestyle="none",
            marker=style.MARKERS.get(method, OTHER_MARKER),
            markersize=4,
            color=style.METHOD_COLOURS.get(method, OTHER_COLOUR),
            markeredgecolor="black",
            markeredgewidth=0.3,
            alpha=0.85,
            label=method.lower(),
        )
    for _, row in shown[shown["is_target"]].iterrows():
        style.mark_target(axes, row["mass_ratio"], min(max(row[column], CLIP), 1 - CLIP), row["companion_name"])
    if split is not None:
        axes.axvline(split, color="0.3", linestyle="--", linewidth=0.8)
    axes.axhline(0.5, color="0.5", linestyle=":", linewidth=0.8)
    if shown.empty:
        axes.text(0.5, 0.5, "too few rows", transform=axes.transAxes, ha="center", va="bottom")
    else:
        axes.set_xscale("log")
    axes.set_yscale("logit", one_half="0.5")
    axes.set_ylim(CLIP * 0.7, 1 - CLIP * 0.7)
    axes.set_yticks([0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999], ["≤ 0.001", "0.01", "0.1", "0.5", "0.9", "0.99", "≥ 0.999"])
    axes.minorticks_off()
