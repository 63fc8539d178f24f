"""Synthetic companions of both formation models beside the observed ones, and how many of each lie near TOI-6894 b as the models are varied."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

NONE = 2e-5  # where a share of zero is drawn
LOOKS = {"core accretion": (style.LOW_Q, ".", "o"), "fragmentation": (style.HIGH_Q, "x", "s")}  # colour, marker of a system, marker of a share
TYPESET = {"M^1.8": r"$M^{1.8}$", "1e4": "$10^4$", "1e6": "$10^6$"}


def write(directory: Path, context: Context, *, synthesis: Any, sample: Any) -> None:
    """fig_synthesis: mass ratio against axis; share of the systems of either model in the target's bin by variation."""
    plt = style.apply()
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 3.2), width_ratios=(1.25, 1))
    systems, variants = synthesis.systems, synthesis.variants.iloc[::-1].reset_index(drop=True)
    observed = sample.table[sample.table["is_candidate"]]
    _plane(left, systems, observed, sample.table[sample.table["is_target"]].iloc[0])
    _shares(right, variants, synthesis.summary)
    for axes, letter in ((left, "a"), (right, "b")):
        style.name_panel(axes, letter)
    drawn = pd.concat([
        systems[["model", "log_q", "log_a"]],
        pd.DataFrame({"model": "observed", "log_q": np.log10(observed["mass_ratio"]), "log_a": np.log10(observed["semimajor_axis_au"])}),
        pd.DataFrame({"model": "variation: " + variants["variation"], "like_core_accretion": variants["like_core_accretion"], "like_fragmentation": variants["like_fragmentation"],
                      "systems": variants["systems"]}),
    ], ignore_index=True)
    save_figure(directory, "fig_synthesis", figure, drawn, context)


def _plane(axes: Any, systems: pd.DataFrame, observed: pd.DataFrame, target: pd.Series) -> None:
    """Synthetic systems, observed companions and the target."""
    for name, (colour, marker, _) in LOOKS.items():
        part = systems[systems["model"] == name]
        axes.plot(10 ** part["log_a"], 10 ** part["log_q"], marker, color=colour, markersize=2.4, linestyle="none", label=name)
    axes.plot(observed["semimajor_axis_au"], observed["mass_ratio"], "o", markersize=4, markerfacecolor="none", markeredgecolor="0.15", markeredgewidth=0.7, label="observed")
    style.mark_target(axes, target["semimajor_axis_au"], target["mass_ratio"])
    axes.set(xscale="log", yscale="log", xlabel="semi-major axis (au)", ylabel=r"mass ratio $q$", xlim=(5e-3, 2e3), ylim=(1e-7, 2))
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=4, markerscale=1.4, handletextpad=0.2, columnspacing=1.2)


def _shares(axes: Any, variants: pd.DataFrame, summary: dict[str, Any]) -> None:
    """A row per variation; hollow where fewer systems lie in the bin than the text counts."""
    heights = np.arange(len(variants))
    for name, (colour, _, marker) in LOOKS.items():
        key = name.replace(" ", "_")
        counts = variants[f"like_{key}"]
        many = counts.rank(method="min", ascending=False) <= summary[f"{key}_reaches_target"]
        share = (counts / variants["systems"]).where(counts > 0, NONE)
        for chosen, face in ((many, colour), (~many, "white")):
            axes.plot(share[chosen], heights[chosen], marker, markersize=5, markerfacecolor=face, markeredgecolor="0.2" if face == colour else colour, markeredgewidth=0.8, linestyle="none")
    labels = list(variants["variation"])
    for plain, typeset in TYPESET.items():
        labels = [label.replace(plain, typeset) for label in labels]
    axes.set_yticks(heights, labels)
    axes.set_xscale("log")
    axes.set_xticks([NONE, 1e-4, 1e-3, 1e-2, 1e-1], ["none", *(rf"$10^{{{k}}}$" for k in (-4, -3, -2, -1))])
    axes.axvline(NONE * 2, color="0.6", linewidth=0.6, linestyle=":")
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="share of systems like TOI-6894 b", xlim=(NONE / 2, 0.5), ylim=(-0.7, len(variants) - 0.3))
