"""Figure 4: disc-torque migration times of the target against orbit, with the disc's lifetime."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

LOOK = {
    "type_i": ("type I (no gap)", style.LOW_Q, "-", ""),
    "gap": ("gap-corrected", style.HIGH_Q, "--", ""),
    "type_ii": ("classical type II, with inertia", "#444444", ":", "////"),
}


def write(directory: Path, context: Context, *, disk: Any, target: Any) -> None:
    """fig4_disk_torques: median and 5-95 % band of each model over the priors; the grey strip is the range of disc lifetimes."""
    plt = style.apply()
    figure, axes = plt.subplots(figsize=(0.7 * style.PAGE_WIDTH, 2.6))
    bands = disk.bands
    a = bands["semimajor_axis_au"]
    low, high = disk.summary["lifetime_yr"]
    axes.axhspan(low, high, color="0.88", zorder=0, linewidth=0)
    for edge in (low, high):
        axes.axhline(edge, color="0.3", linewidth=0.7, zorder=3)
    axes.text(1.015, np.sqrt(low * high), "disc\nlifetime", transform=axes.get_yaxis_transform(), va="center", fontsize=style.SMALL)
    for model, (label, colour, line, hatch) in LOOK.items():
        axes.fill_between(
            a,
            bands[f"{model}_p5_yr"],
            bands[f"{model}_p95_yr"],
            facecolor=colour if not hatch else "none",
            edgecolor=colour,
            alpha=0.28 if not hatch else 0.5,
            hatch=hatch or None,
            linewidth=0.5,
            zorder=2,
        )
        axes.plot(a, bands[f"{model}_p50_yr"], color=colour, linestyle=line, linewidth=1.8, label=label, zorder=4)
    axes.axvline(target.values["semimajor_axis_au"], color=style.TARGET, linewidth=0.8, linestyle="-.", zorder=1)
    edge = disk.summary["inner_edge_au"]
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(a.min(), a.max()),
        ylim=(0.3, 3e10),
        xlabel="semi-major axis (au)",
        ylabel=r"migration time $a/|\dot a|$ (yr)",
    )
    axes.plot([max(edge["low"], a.min()), edge["high"]], [0.9, 0.9], color="black", linewidth=3, solid_capstyle="butt")
    axes.text(edge["high"] * 1.12, 0.9, "range of the inner edge of the gas", fontsize=style.SMALL, va="center")
    axes.text(target.values["semimajor_axis_au"] * 1.06, 1.2e10, "TOI-6894 b", fontsize=style.SMALL, va="top")
    axes.legend(loc="upper right", handlelength=3)
    save_figure(directory, "fig4_disk_torques", figure, bands, context)
