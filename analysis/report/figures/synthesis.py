"""Synthetic companions of both formation models beside the observed ones, and how many of each lie near TOI-6894 b as the models are varied."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

NONE = 2e-5  # where a share of zero is drawn
COLOURS = {"core accretion": (style.LOW_Q, "."), "fragmentation": (style.HIGH_Q, "x")}


def write(directory: Path, context: Context, *, synthesis: Any, sample: Any) -> None:
    """fig_synthesis: mass ratio against axis; share of the systems of either model in the target's bin by variation."""
    plt = style.apply()
    systems, table = synthesis.systems, sample.table
    observed, target = table[table["is_candidate"]], table[table["is_target"]].iloc[0]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMN, 3.3), width_ratios=(1.25, 1))
    for name, (colour, marker) in COLOURS.items():
        part = systems[systems["model"] == name]
        left.plot(10 ** part["log_a"], 10 ** part["log_q"], marker, color=colour, markersize=2.4, linestyle="none", label=name)
    left.plot(observed["semimajor_axis_au"], observed["mass_ratio"], "o", markersize=4, markerfacecolor="none", markeredgecolor="0.15", markeredgewidth=0.7, label="observed")
    style.mark_target(left, target["semimajor_axis_au"], target["mass_ratio"])
    left.set(xscale="log", yscale="log", xlabel="semi-major axis [au]", ylabel=r"mass ratio $q$", xlim=(5e-3, 2e3), ylim=(1e-7, 2))
    left.legend(loc="center right", bbox_to_anchor=(1.0, 0.4), borderaxespad=0.2)
    variants = synthesis.variants.iloc[::-1].reset_index(drop=True)
    heights = np.arange(len(variants))
    for name, (colour, _) in COLOURS.items():
        share = variants[f"like_{name.replace(' ', '_')}"] / variants["systems"]
        right.plot(share.where(share > 0, NONE), heights, "o" if name == "core accretion" else "s", color=colour, markersize=5, markeredgecolor="0.2", markeredgewidth=0.4, linestyle="none")
    right.set_yticks(heights, variants["variation"])
    right.set_xscale("log")
    right.set_xticks([NONE, 1e-4, 1e-3, 1e-2, 1e-1], ["none", *(rf"$10^{{{k}}}$" for k in (-4, -3, -2, -1))])
    right.axvline(NONE * 2, color="0.6", linewidth=0.6, linestyle=":")
    right.tick_params(axis="x", which="minor", bottom=False, top=False)
    right.tick_params(axis="y", length=0)
    right.set(xlabel="share of systems like TOI-6894 b", xlim=(NONE / 2, 0.5), ylim=(-0.7, len(variants) - 0.3))
    for axes, letter in ((left, "a"), (right, "b")):
        axes.set_title(f"({letter})", loc="left", fontsize=8)
    drawn = pd.concat([
        systems[["model", "log_q", "log_a"]],
        pd.DataFrame({"model": "observed", "log_q": np.log10(observed["mass_ratio"]), "log_a": np.log10(observed["semimajor_axis_au"])}),
        pd.DataFrame({"model": "variation: " + variants["variation"], "like_core_accretion": variants["like_core_accretion"], "like_fragmentation": variants["like_fragmentation"],
                      "systems": variants["systems"]}),
    ], ignore_index=True)
    save_figure(directory, "fig_synthesis", figure, drawn, context)
