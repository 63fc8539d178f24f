"""Figure: AUROC of every variant beside its permutation nulls, and whether the probabilities mean what they say."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

STEM = "fig_origin_skill"
VARIANTS = {
    "specified": "as specified",
    "without_mass_ratio": r"without log $q$",
    "method_alone": "method alone",
    "without_mass_ratio_and_method": "without log $q$\nand method",
}
# What is compared and which labels are exchanged: the difference between the bands is what the method alone gives.
SERIES = {
    ("overall", "overall"): ("all pairs; labels exchanged among all hosts", style.LOW_Q, "o", ""),
    ("overall", "within_method"): ("all pairs; labels exchanged within method", style.METHOD_COLOURS["Radial Velocity"], "s", ""),
    ("within_method", "within_method"): ("pairs within method; labels exchanged within method", style.METHOD_COLOURS["Microlensing"], "D", "////"),
}
CURVES = {"without_mass_ratio": ("s", style.METHOD_COLOURS["Radial Velocity"], -0.008), "without_mass_ratio_and_method": ("o", style.HIGH_Q, 0.008)}


def write(directory: Path, context: Context, origin_skill: Any) -> None:
    """Draw AUROC with 95 % intervals over the 95 % bands of the nulls, and observed against predicted shares for two variants."""
    plt = style.apply()
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 2.8), width_ratios=(1.35, 1))
    scores = _scores(left, origin_skill.variants)
    curves = _reliability(right, origin_skill.reliability)
    for axes, letter in ((left, "a"), (right, "b")):
        style.name_panel(axes, letter)
    save_figure(directory, STEM, figure, pd.concat([scores.assign(panel="auroc"), curves.assign(panel="reliability")], ignore_index=True), context)


def _scores(axes: Any, variants: pd.DataFrame) -> pd.DataFrame:
    """Left panel; returns the plotted rows."""
    columns = ["variant", "pairs", "exchanged", "auroc", "auroc_low", "auroc_high", "p", "null_mean", "null_low", "null_high"]
    shown = variants[variants["penalty"] == "specified"][columns].reset_index(drop=True)
    order = list(VARIANTS)
    for number, ((pairs, exchanged), (label, colour, marker, hatch)) in enumerate(SERIES.items()):
        rows = shown[(shown["pairs"] == pairs) & (shown["exchanged"] == exchanged) & shown["auroc"].notna()]
        if rows.empty:
            continue
        y = np.array([order.index(variant) for variant in rows["variant"]]) + 0.26 * (number - 1)
        width = rows["null_high"] - rows["null_low"]
        axes.barh(y, width.clip(lower=0.004), left=rows["null_low"], height=0.2, facecolor=colour, edgecolor="0.35", linewidth=0.4, alpha=0.4, hatch=hatch or None)
        errors = np.abs(rows[["auroc_low", "auroc_high"]].to_numpy(float).T - rows["auroc"].to_numpy(float))
        if pairs == "within_method":
            errors[:, rows["variant"] == "method_alone"] = np.nan  # one half by construction: every pair is a tie
        axes.errorbar(rows["auroc"], y, xerr=errors, fmt=marker, color=colour, markeredgecolor="black", markeredgewidth=0.4, markersize=4.5, capsize=2, label=label)
    if shown["auroc"].notna().any():
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", title="points: AUROC with 95 % interval; bands: 95 % of relabellings", alignment="left")
    else:
        axes.text(0.5, 0.5, "too few rows", transform=axes.transAxes, ha="center")
    axes.axvline(0.5, color="0.5", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(order)), list(VARIANTS.values()))
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(order) - 0.5, -0.5), xlim=(0.2, 1.02), xlabel="AUROC, cross-validated by host")
    return shown


def _reliability(axes: Any, reliability: pd.DataFrame) -> pd.DataFrame:
    """Right panel; returns the plotted rows."""
    axes.plot([0, 1], [0, 1], color="0.5", linestyle=":", linewidth=1)
    shown = reliability[reliability["variant"].isin(CURVES)].reset_index(drop=True)
    for variant, (marker, colour, shift) in CURVES.items():
        rows = shown[(shown["variant"] == variant) & (shown["n_rows"] > 0)] if len(shown) else shown
        if rows.empty:
            continue
        observed = rows["observed_share"].to_numpy(float)
        errors = np.abs(rows[["observed_low", "observed_high"]].to_numpy(float).T - observed)
        x = rows["mean_predicted"].to_numpy(float) + shift
        axes.errorbar(x, observed, yerr=errors, fmt=marker, color=colour, markersize=4.5, capsize=2, label=VARIANTS[variant].replace("\n", " "))
        height = 1.14 if shift < 0 else 1.08
        for place, n in zip(rows["mean_predicted"], rows["n_rows"], strict=True):
            axes.text(place, height, str(n), fontsize=style.SMALL, color=colour, ha="center", va="center")
    if shown.empty:
        axes.text(0.5, 0.5, "too few rows", transform=axes.transAxes, ha="center")
    else:
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", title="numbers: companions in each bin", alignment="left")
    axes.set(xlim=(-0.05, 1.05), ylim=(-0.03, 1.2), xlabel=r"predicted $P$(binary-like), out of fold", ylabel="observed share")
    return shown
