"""Figure: the candidates in mass ratio and semi-major axis with the components of the two- and three-component mixtures."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.constants import MJUP_MSUN
from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["ellipse", "write"]

SHOWN = (2, 3)
LINES = ("-", "--", "-.")


def ellipse(mean: tuple[float, float], covariance: np.ndarray, radius: float) -> np.ndarray:
    """(200, 2) points at Mahalanobis distance `radius` from `mean` for a 2 x 2 covariance (radius 1: 39 % of a Gaussian; 2: 86 %)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    values, vectors = np.linalg.eigh(covariance)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(mean) + radius * (vectors @ (np.sqrt(values)[:, None] * circle)).T


def write(directory: Path, context: Context, *, mixture: Any, target: Any) -> None:
    """fig_clustering: points by detection method; ellipses at one and two standard deviations of each component."""
    plt = style.apply()
    figure, panels = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 3.3), sharex=True, sharey=True)
    rows = mixture.assignments
    for axes, k, letter in zip(panels, SHOWN, "ab", strict=True):
        for name, marker in style.MARKERS.items():
            same = rows[rows["discovery_method"] == name]
            if len(same):
                axes.plot(
                    10 ** same["log_semimajor_axis"],
                    10 ** same["log_mass_ratio"],
                    marker=marker,
                    markersize=4,
                    linestyle="none",
                    label=name.lower(),
                    color=style.METHOD_COLOURS[name],
                    markeredgecolor="0.25",
                    markeredgewidth=0.4,
                    zorder=3,
                )
        _draw_components(axes, mixture.components, k)
        axes.axhline(0.01, color="0.45", linewidth=0.8, linestyle=":", zorder=1)
        values = target.values
        style.mark_target(axes, values["semimajor_axis_au"], values["companion_mass_mjup"] * MJUP_MSUN / values["host_mass_msun"])
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(3e-3, 1e4)
        axes.set_ylim(1e-6, 3.0)
        axes.set_xlabel("semi-major axis (au)")
        bic = mixture.summary["bic"].get(str(k))
        style.name_panel(axes, letter, f"{k} components: " + ("too few rows" if bic is None else f"BIC = {formatted(bic, 'fixed:1')}"))
    panels[0].set_ylabel(r"mass ratio $q = M_\mathrm{c}/M_\bigstar$")
    panels[0].text(5e3, 0.0112, "$q$ = 0.01", fontsize=style.SMALL, color="0.35", ha="right", va="bottom")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, handletextpad=0.2, columnspacing=1.2)
    save_figure(directory, "fig_clustering", figure, _data(rows, mixture.components), context)


def _draw_components(axes: Any, components: pd.DataFrame, k: int) -> None:
    chosen = components[(components["k"] == k) & ~components["with_errors"].astype(bool)]
    for row in chosen.to_dict("records"):
        covariance = np.array([[row["var_log_a"], row["cov_log_q_log_a"]], [row["cov_log_q_log_a"], row["var_log_q"]]])
        for radius, width in ((1, 1.4), (2, 0.8)):
            line = ellipse((row["mean_log_a"], row["mean_log_q"]), covariance, radius)
            axes.plot(
                10 ** line[:, 0], 10 ** line[:, 1], color="0.1", linewidth=width, linestyle=LINES[(row["component"] - 1) % len(LINES)], zorder=4
            )
        axes.text(
            10 ** row["mean_log_a"],
            10 ** row["mean_log_q"],
            f"{row['component']}",
            fontweight="bold",
            ha="center",
            va="center",
            zorder=6,
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "0.1", "linewidth": 0.7},
        )


def _data(rows: pd.DataFrame, components: pd.DataFrame) -> pd.DataFrame:
    """Points and components in one table, told apart by the column `kind`."""
    shown = components[components["k"].isin(SHOWN) & ~components["with_errors"].astype(bool)]
    return pd.concat([rows.assign(kind="companion"), shown.assign(kind="component")], ignore_index=True)
