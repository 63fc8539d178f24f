"""One style for all figures: print sizes, type sizes and colours that survive colour blindness and grey printing."""

from typing import Any

__all__ = ["HIGH_Q", "LOW_Q", "MARKERS", "METHOD_COLOURS", "ONE_COLUMN", "SEQUENTIAL", "TARGET", "TWO_COLUMN", "apply", "mark_target"]

ONE_COLUMN = 3.5  # inch, width of one journal column
TWO_COLUMN = 7.1  # inch, full page width
# Okabe & Ito (2008): distinguishable with any colour vision; luminance differs so that grey printing keeps them apart.
LOW_Q = "#56B4E9"
HIGH_Q = "#B33C00"
TARGET = "#000000"
METHOD_COLOURS = {
    "Transit": "#56B4E9", "Radial Velocity": "#0072B2", "Microlensing": "#E69F00", "Imaging": "#CC79A7", "Astrometry": "#009E73",
}
MARKERS = {"Transit": "o", "Radial Velocity": "s", "Microlensing": "^", "Imaging": "D", "Astrometry": "P"}
SEQUENTIAL = "cividis"


def apply() -> Any:
    """Set the style and return matplotlib.pyplot (Agg backend, deterministic SVG ids, text kept as outlines)."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcdefaults()
    plt.rcParams.update({
        "svg.hashsalt": "vlms", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 8, "axes.labelsize": 8,
        "axes.titlesize": 8, "legend.fontsize": 7, "xtick.labelsize": 7, "ytick.labelsize": 7, "axes.linewidth": 0.7,
        "lines.linewidth": 1.2, "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
        "legend.frameon": False, "figure.constrained_layout.use": True, "savefig.facecolor": "white",
    })
    return plt


def mark_target(axes: Any, x: float, y: float, label: str = "TOI-6894 b") -> None:
    """Draw the target as a black star with a white edge, on top of everything."""
    axes.plot([x], [y], marker="*", markersize=13, color=TARGET, markeredgecolor="white", markeredgewidth=0.8, linestyle="none", zorder=10, label=label)
