"""Figure: cumulative eccentricity distributions of the two subsets with their Beta fits, at all and at wide orbits."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure
from analysis.report.formatting import formatted

__all__ = ["write"]

LOOKS = {"low_q": ("#1F78B4", "-", "≤"), "high_q": (style.HIGH_Q, "--", ">")}


def write(directory: Path, context: Context, *, eccentricity: Any) -> None:
    """fig_ecc_cdf: steps as given; shaded what limits and assumed zeros allow; thin lines the Beta fits as given."""
    from scipy.stats import beta as beta_law

    plt = style.apply()
    figure, panels = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 2.8), sharey=True)
    summary, grid = eccentricity.summary, np.linspace(0, 1, 401)
    titles = {"all": "all orbits", "wide": f"$a$ > {summary['wide_axis_au']:g} au"}
    for axes, letter, (orbits, title) in zip(panels, "ab", titles.items(), strict=True):
        rows = eccentricity.rows[eccentricity.rows["wide"].astype(bool)] if orbits == "wide" else eccentricity.rows
        for subset, (colour, line, sign) in LOOKS.items():
            same = rows[rows["subset"] == subset]
            if not len(same):
                continue
            axes.fill_between(
                grid,
                _distribution(same["censored_high"], grid),
                _distribution(same["censored_low"], grid),
                color=colour,
                alpha=0.18,
                linewidth=0,
                label="allowed by its limits" if (same["censored_low"] != same["censored_high"]).sum() > 1 else None,
            )
            axes.step(
                grid,
                _distribution(same["eccentricity"], grid),
                where="post",
                color=colour,
                linestyle=line,
                linewidth=1.5,
                label=f"$q$ {sign} {summary['mass_ratio_split']:g} (n = {len(same)})",
            )
            fit = summary[orbits]["subsets"][subset]["beta"]["as_given"]
            if np.isfinite(fit["alpha"]):
                axes.plot(
                    grid,
                    beta_law.cdf(grid, fit["alpha"], fit["beta"]),
                    color=colour,
                    linestyle=line,
                    linewidth=0.7,
                    label=f"Beta({fit['alpha']:.2f}, {fit['beta']:.2f})",
                )
        p = summary[orbits].get("tests", {}).get("as_given", {}).get("ks_p", float("nan"))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("eccentricity")
        style.name_panel(axes, letter, title + (f", $p$ = {formatted(p, 'p:2')}" if np.isfinite(p) else ", too few for a test"))
        if len(rows):
            axes.legend(loc="lower right")
    panels[0].set_ylabel("cumulative fraction")
    save_figure(directory, "fig_ecc_cdf", figure, eccentricity.rows, context)


def _distribution(values: Any, grid: np.ndarray) -> np.ndarray:
    """Empirical distribution function of `values` on `grid`."""
    ordered = np.sort(np.asarray(values, dtype=float))
    return np.searchsorted(ordered, grid, side="right") / len(ordered)
