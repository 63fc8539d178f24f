"""Figure: resonances in which planets around binaries are caught, by the binary's eccentricity, and what becomes of giants around light binaries."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

NAMES = {
    "binary_eccentricity": r"$e_\mathrm{B}$", "mass_ratio": r"$q_\mathrm{B}$", "eccentricity": r"$e_\mathrm{p}$", "planet_mass_earth": r"$m$",
    "axis_time": r"$\tau_a$", "eccentricity_time": r"$\tau_e$", "time_ratio": r"$\tau_a/\tau_e$",
}
FATES = {"held": ("held in a resonance", "#009E73", "o"), "bound": ("bound, not held", "#56B4E9", "s"), "ejected": ("ejected", "#B33C00", "x"), "collided": ("collided", "#000000", "+")}


def write(directory: Path, context: Context, *, circumbinary: Any) -> None:
    """fig_circumbinary: (a) captured period ratios, (b) resonance against e_B, (c) permutation importance, (d) end states around light binaries."""
    plt = style.apply()
    figure, ((first, second), (third, fourth)) = plt.subplots(2, 2, figsize=(style.PAGE_WIDTH, 5.2))
    table, shares, hosts = circumbinary.ratios, circumbinary.shares, circumbinary.hosts
    _ratios(first, table, shares)
    _resonances(second, circumbinary.by_eccentricity, plt.get_cmap(f"{style.SEQUENTIAL}_r").with_extremes(under="white"))
    _importance(third, circumbinary.importance[::-1])
    _fates(fourth, hosts)
    titles = ("% per resonance: grid, slower runs, (published)", r"% of the runs of each $e_\mathrm{B}$", "importance in the random forest", "giants around light binaries")
    for axes, letter, title in zip((first, second, third, fourth), "abcd", titles, strict=True):
        style.name_panel(axes, letter, title)
    data = pd.concat([
        shares.assign(panel="shares"), circumbinary.by_eccentricity.assign(panel="by_eccentricity"), circumbinary.importance.assign(panel="importance"),
        hosts[["binary_axis_au", "ratio", "fate", "parked_axis_au"]].assign(panel="hosts"), table[["ratio", "fate"]].assign(panel="ratios"),
    ], ignore_index=True)
    save_figure(directory, "fig_circumbinary", figure, data, context)


def _ratios(axes: Any, table: pd.DataFrame, shares: pd.DataFrame) -> None:
    """Histogram of the captured period ratios; the shares of each resonance above it."""
    held = table["fate"] == "held"
    counts, _, _ = axes.hist(
        [table.loc[~held, "ratio"].dropna(), table.loc[held, "ratio"].dropna()], bins=np.linspace(2.5, 10.0, 126), stacked=True, color=[style.LOW_Q, "#004D38"],
        label=["ejected, collided or bound", "held in the resonance"],
    )
    top = float(np.max(counts))
    for row in shares.itertuples():
        if 3 <= row.resonance <= 9:
            axes.axvline(row.resonance, color="0.6", linewidth=0.6, linestyle=":", zorder=0)
            percent = [formatted(share, "percent:1") for share in (row.share, row.slow_share, row.published)]
            axes.text(row.resonance, 1.05 * top, "{}\n{}\n({})".format(*percent), ha="center", va="bottom", fontsize=style.SMALL)
    axes.set(xlim=(2.5, 10.0), ylim=(0, 1.32 * top), xlabel="captured period ratio", ylabel="runs")
    axes.legend(loc="center right")


def _resonances(axes: Any, counted: pd.DataFrame, colours: Any) -> None:
    """Share of each resonance among the runs of a binary eccentricity, as a number in every cell that has one."""
    counted = counted.pivot_table(index="resonance", columns="binary_eccentricity", values="runs", fill_value=0)
    counted = counted.reindex(range(int(counted.index.min()), int(counted.index.max()) + 1), fill_value=0)
    share = 100 * counted / counted.sum()
    axes.imshow(share.to_numpy(), origin="lower", aspect="auto", cmap=colours, vmin=0.01, vmax=100)
    for (i, j), value in np.ndenumerate(share.to_numpy()):
        if value > 0:
            axes.text(j, i, f"{value:.0f}" if value >= 1 else f"{value:.1f}", ha="center", va="center", fontsize=style.SMALL, color="white" if value > 50 else "black")
    axes.set_xticks(range(share.shape[1]), [f"{value:g}" for value in share.columns])
    axes.set_yticks(range(share.shape[0]), [f"{value}/1" for value in share.index])
    axes.set(xlabel=r"eccentricity of the binary $e_\mathrm{B}$", ylabel="resonance")
    axes.tick_params(length=0)


def _importance(axes: Any, ranked: pd.DataFrame) -> None:
    axes.barh(range(len(ranked)), 100 * ranked["importance"], xerr=100 * ranked["spread"], color=style.LOW_Q, edgecolor="0.2", linewidth=0.6)
    axes.set_yticks(range(len(ranked)), [NAMES[name] for name in ranked["feature"]])
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="loss of accuracy when permuted (percentage points)")


def _fates(axes: Any, hosts: pd.DataFrame) -> None:
    """What becomes of the planets of light binaries: the few that are held are filled and on top."""
    for fate, (label, colour, marker) in FATES.items():
        part = hosts[hosts["fate"] == fate]
        look = {"color": colour} if marker in "x+" else {"edgecolors": colour, "facecolors": colour if fate == "held" else "none"}
        axes.scatter(part["binary_axis_au"], part["ratio"], s=11, marker=marker, **look, linewidths=0.8, zorder=3 if fate == "held" else 2, label=f"{label} ({len(part)})")
    axes.set(xscale="log", ylim=(2.5, 12.0), xlabel="axis of the binary (au)", ylabel="captured period ratio")
    axes.legend(loc="upper left", ncols=2, handletextpad=0.2, columnspacing=0.8)
