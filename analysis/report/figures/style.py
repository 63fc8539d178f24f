"""One style for all figures: print sizes, type sizes and colours that survive colour blindness and grey printing."""

from typing import Any

__all__ = ["HIGH_Q", "LOW_Q", "MARKERS", "METHOD_COLOURS", "PAGE_WIDTH", "PLATE", "SEQUENTIAL", "SMALL", "TARGET", "apply", "mark_target", "name_panel"]

PAGE_WIDTH = 6.85  # inch, width of the text on a printed page; a figure is drawn at the share of it at which the manuscript prints it, so that type keeps its size
SMALL = 6.5  # points, the smallest type but for indices
# Okabe & Ito (2008): distinguishable with any colour vision; luminance differs so that grey printing keeps them apart.
LOW_Q = "#56B4E9"
HIGH_Q = "#B33C00"
TARGET = "#000000"
METHOD_COLOURS = {
    "Transit": "#56B4E9", "Radial Velocity": "#0072B2", "Microlensing": "#E69F00", "Imaging": "#CC79A7", "Astrometry": "#009E73",
}
MARKERS = {"Transit": "o", "Radial Velocity": "s", "Microlensing": "^", "Imaging": "D", "Astrometry": "P"}
SEQUENTIAL = "cividis"
PLATE = {"facecolor": "black", "alpha": 0.55, "edgecolor": "none", "pad": 1.5}  # behind white type on a map


def apply() -> Any:
    """Set the style and return matplotlib.pyplot (Agg backend, deterministic SVG ids, text kept as outlines)."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcdefaults()
    plt.rcParams.update({
        "svg.hashsalt": "vlms", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 7.5, "figure.labelsize": 7.5, "axes.labelsize": 7.5,
        "axes.titlesize": 7, "legend.fontsize": SMALL, "legend.title_fontsize": SMALL, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL, "axes.linewidth": 0.7,
        "lines.linewidth": 1.2, "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
        "legend.frameon": False, "figure.constrained_layout.use": True, "savefig.facecolor": "white",
    })
    return plt


def mark_target(axes: Any, x: float, y: float, label: str = "TOI-6894 b") -> None:
    """Draw the target as a black star with a white edge, on top of everything."""
    axes.plot([x], [y], marker="*", markersize=13, color=TARGET, markeredgecolor="white", markeredgewidth=0.8, linestyle="none", zorder=10, label=label)


def name_panel(axes: Any, letter: str, title: str = "", pad: float = 3.0) -> None:
    """Write the letter of a panel, and what it shows, `pad` points above its left corner, as in every figure."""
    axes.set_title(f"({letter}) {title}".rstrip(), loc="left", y=1.0, pad=pad)
