"""Figure: likelihood ratios of the mixture against their bootstrap nulls, and what the choice of the mass-ratio split decides."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

LABELS = {1: "1 against 2", 2: "2 against 3", 3: "3 against 4"}
GROUPS = ("headline", "hosts", "errors", "weights", "method")
LOOKS = {1: (style.HIGH_Q, "o"), 2: ("#E69F00", "s"), 3: ("white", "D")}


def write(directory: Path, context: Context, *, mixture_tests: Any) -> None:
    """fig_mixture_tests: left observed ratios and null distributions by test; right top the split against method and components,
    right bottom the eccentricity p-values, both against the split."""
    plt = style.apply()
    tests = mixture_tests.tests
    tests = tests[tests["p"].notna()].reset_index(drop=True)
    figure = plt.figure(figsize=(style.PAGE_WIDTH, max(3.6, 0.19 * len(tests) + 1.2)))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
    left, top, bottom = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    _ratios(left, tests, mixture_tests.null)
    splits, summary = mixture_tests.splits, mixture_tests.summary["desert"]
    for axes in (top, bottom):
        axes.axvspan(summary["low"], summary["high"], color="0.9", zorder=0)
        axes.axvline(0.01, color="0.45", linewidth=0.8, linestyle=":", zorder=1)
        axes.set_xscale("log")
        axes.set_xlim(splits["split"].min() / 1.06, splits["split"].max() * 1.06)
        axes.set_xticks([0.003, 0.005, 0.01, 0.02, 0.05], ["0.003", "0.005", "0.01", "0.02", "0.05"])
        axes.minorticks_off()
    x = splits["split"]
    top.plot(x, splits["predicted_from_method"], color=style.METHOD_COLOURS["Radial Velocity"], marker="s", markersize=3.5, label="side follows from the method")
    top.plot(x, splits["guess"], color="0.45", linestyle="--", linewidth=0.9, label="share of the larger side")
    top.plot(x, splits["same_as_component"], color=style.HIGH_Q, marker="o", markersize=3.5, label="side is that of the component")
    top.set_ylim(0.45, 1.02)
    top.set_ylabel("share of companions")
    top.tick_params(labelbottom=False)
    top.legend(loc="lower left", borderaxespad=0.3)
    top.text(np.sqrt(summary["low"] * summary["high"]), 0.99, "desert", fontsize=style.SMALL, color="0.3", ha="center", va="center")
    bottom.plot(x, splits["ks_p"], color=style.HIGH_Q, marker="o", markersize=3.5, label="eccentricities, all orbits")
    bottom.plot(x, splits["ks_p_wide"], color=style.HIGH_Q, marker="s", markersize=3.5, markerfacecolor="white", linestyle="--", label="wide orbits")
    bottom.axhline(0.05, color="0.3", linewidth=0.8, linestyle=":")
    bottom.set_yscale("log")
    low = splits["ks_p"].min()
    bottom.set_ylim(min(3e-5, low / 3) if np.isfinite(low) else 3e-5, 2.0)
    bottom.set_ylabel("KS $p$ of the eccentricities")
    bottom.set_xlabel("mass ratio of the split")
    bottom.legend(loc="center left", bbox_to_anchor=(0, 0.42), borderaxespad=0.3)
    for axes, letter in ((left, "a"), (top, "b"), (bottom, "c")):
        style.name_panel(axes, letter)
    save_figure(directory, "fig_mixture_tests", figure, _data(tests, mixture_tests.null, splits), context)


def _ratios(axes: Any, tests: pd.DataFrame, null: pd.DataFrame) -> None:
    """One line per test: the null's central 95 % and median, its largest value as a tick, and the observed ratio."""
    y, at = [], 0.0
    for i, row in enumerate(tests.to_dict("records")):
        at += 0.0 if i == 0 else 1.0 if row["group"] == tests["group"].iloc[i - 1] else 1.5
        y.append(at)
    for height, row in zip(y, tests.to_dict("records"), strict=True):
        ratio = null.loc[(null["name"] == row["name"]) & (null["k"] == row["k"]), "likelihood_ratio"].to_numpy()
        low, middle, high = np.quantile(ratio, [0.025, 0.5, 0.975])
        axes.plot([low, high], [height, height], color="0.6", linewidth=4.5, solid_capstyle="butt", zorder=1)
        axes.plot([middle, ratio.max()], [height, height], color="0.6", linewidth=0.8, zorder=1)
        axes.plot([middle, middle], [height - 0.3, height + 0.3], color="0.2", linewidth=1.0, zorder=2)
        axes.plot(row["observed"], height, marker=LOOKS[row["k"]][1], markersize=4.5, color=LOOKS[row["k"]][0], markeredgecolor="0.15", markeredgewidth=0.6, linestyle="none", zorder=3)
        axes.text(1.02, height, formatted(row["p"], "fixed:3"), transform=axes.get_yaxis_transform(), va="center", fontsize=style.SMALL)
    if y:
        axes.set_yticks(y, [f"{row['name']} ({row['rows']})" for row in tests.to_dict("records")])
        axes.set_ylim(y[-1] + 0.8, -0.8)
        axes.text(1.045, 1.005, "p", transform=axes.transAxes, va="bottom", fontsize=style.SMALL, fontstyle="italic")
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(4, 300)
    axes.set_xticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.set_xlabel("2 ln of the likelihood ratio\n(bars: central 95 % under the null, line to its largest)")
    for k, label in LABELS.items():
        axes.plot([], [], marker=LOOKS[k][1], markersize=4.5, color=LOOKS[k][0], markeredgecolor="0.15", markeredgewidth=0.6, linestyle="none", label=label)
    axes.figure.legend(*axes.get_legend_handles_labels(), title="components", loc="outside lower left", ncols=3, handletextpad=0.2, columnspacing=1.0)


def _data(tests: pd.DataFrame, null: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """Tests with the quantiles that are drawn, and splits, in one table told apart by `panel`."""
    records = []
    for row in tests.to_dict("records"):
        ratio = null.loc[(null["name"] == row["name"]) & (null["k"] == row["k"]), "likelihood_ratio"]
        low, middle, high = np.quantile(ratio, [0.025, 0.5, 0.975])
        records.append({"panel": "a", **{n: row[n] for n in ("name", "k", "rows", "observed", "p")}, "null_low": low, "null_median": middle, "null_high": high, "null_largest": ratio.max()})
    drawn = splits[["split", "predicted_from_method", "guess", "same_as_component", "ks_p", "ks_p_wide"]].assign(panel="b, c")
    return pd.concat([pd.DataFrame(records), drawn], ignore_index=True) if records else drawn
