"""Calibration of the claim on eccentricities: its test and interval on simulated catalogues with the real rows, hosts, kinds and errors.

Measured values get a new true eccentricity and noise with the row's own errors; limits stay limits and assumed zeros stay assumed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.eccentricity.comparison import Design, compare, frame_design
from analysis.population.eccentricity.inference import check
from analysis.population.eccentricity.likelihood import BetaGrid, beta_grid, log_likelihood, with_values
from analysis.population.eccentricity.treatments import eccentricity_rows

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM, NUMBER = "eccentricity", 2
SECTIONS = ("eccentricity_inference", "eccentricity")
SCENARIOS = {
    "null": "wide orbits; both classes from one Beta distribution, the most probable one of all wide rows together",
    "null_hosts": "the same, with planets of one host correlated (Gaussian copula, correlation 0.7)",
    "null_declared": "wide orbits; both classes from the low-q distribution of the declared alternative (Kipping 2013)",
    "alternative": "wide orbits; low-q companions from Kipping (2013), high-q ones from Do O et al. (2023)",
}
TRUTH = "difference of the mean eccentricities of the two Beta distributions drawn from"
FEW = True  # six wide companions against five
HOST_CORRELATION = 0.7


@dataclass(frozen=True)
class Prepared:
    """The comparison of the real sample on wide orbits, the grid, and alpha and beta of the null."""

    design: Design
    grid: BetaGrid
    null: tuple[float, float]
    configs: tuple[EccentricityInferenceConfig, EccentricityConfig]


def prepare(sample: Any, eccentricity_inference_config: EccentricityInferenceConfig, eccentricity_config: EccentricityConfig) -> Prepared:
    """The structure of the real sample: designs, labellings and null distributions."""
    configs = (eccentricity_inference_config, eccentricity_config)
    check(eccentricity_inference_config)
    frame = eccentricity_rows(sample.table)
    wide = frame[frame["semimajor_axis_au"].to_numpy(dtype=float) > eccentricity_config.wide_axis_au]
    grid = beta_grid(eccentricity_inference_config)
    design = frame_design(wide, None, configs)
    total = log_likelihood(design.rows, grid, *configs).sum(axis=0)
    point = int(np.argmax(total + grid.log_prior))
    return Prepared(design, grid, (float(grid.alpha[point]), float(grid.beta[point])), configs)


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """p, estimate, low, high and truth of the stage's own comparison on one simulated catalogue; NaN where a class is missing."""
    config = prepared.configs[0]
    rng = np.random.default_rng([config.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    made, truth = prepared.design, 0.0
    low = high = prepared.null
    if scenario == "null_declared":
        low = high = tuple(config.declared_low)
    elif scenario == "alternative":
        low, high = tuple(config.declared_low), tuple(config.declared_high)
        truth = high[0] / sum(high) - low[0] / sum(low)
    alpha, beta = (np.where(made.high, high[i], low[i]) for i in (0, 1))
    share = HOST_CORRELATION if scenario == "null_hosts" else 0.0
    names, host = np.unique(made.hosts, return_inverse=True)
    normal = np.sqrt(share) * rng.standard_normal(len(names))[host] + np.sqrt(1 - share) * rng.standard_normal(len(host))
    e = np.clip(special.betaincinv(alpha, beta, stats.norm.cdf(normal)), 1e-9, 1 - 1e-9)
    rows = with_values(made.rows, e, rng)
    result = compare(Design(rows, made.high, made.hosts, made.strata, made.labels), prepared.grid, prepared.configs)
    return {**{name: float(result[name]) for name in ("p", "estimate", "low", "high")}, "truth": float(truth)}
