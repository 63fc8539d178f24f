"""Calibration of the claim on eccentricities: its test and interval on simulated catalogues with the rows, hosts, axes, kinds and errors of the real one.

Measured values get a new true eccentricity and noise with the row's own errors; limits stay limits and assumed zeros stay assumed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.comparison import eccentricity_rows
from analysis.population.eccentricity_comparison import Design, compare, frame_design, orbit_strata
from analysis.population.eccentricity_inference import check
from analysis.population.eccentricity_likelihood import BetaGrid, beta_grid, log_likelihood, with_values

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM, NUMBER = "eccentricity", 2
SECTIONS = ("eccentricity_inference", "eccentricity")
SCENARIOS = {
    "null": "wide orbits; both classes from one Beta distribution, the most probable one of all wide rows together",
    "null_hosts": "the same, with planets of one host correlated (Gaussian copula, correlation 0.7)",
    "null_declared": "wide orbits; both classes from the low-q distribution of the declared alternative (Kipping 2013)",
    "alternative": "wide orbits; low-q companions from Kipping (2013), high-q ones from Do O et al. (2023)",
    "null_strata": "all orbits in strata of size, the test within strata; both classes of a stratum from its most probable Beta, planets of one host correlated",
}
TRUTH = "difference of the mean eccentricities of the two Beta distributions drawn from (mean over strata, weighted by high-q rows)"
HOST_CORRELATION = 0.7


@dataclass(frozen=True)
class Prepared:
    """The two designs of the real sample (wide orbits; strata of orbit size), the grid, and the null distribution of every row: alpha and beta (n,)."""

    wide: Design
    strata: Design
    grid: BetaGrid
    null_wide: tuple[np.ndarray, np.ndarray]
    null_strata: tuple[np.ndarray, np.ndarray]
    configs: tuple[EccentricityInferenceConfig, EccentricityConfig]


def prepare(sample: Any, eccentricity_inference_config: EccentricityInferenceConfig, eccentricity_config: EccentricityConfig) -> Prepared:
    """The structure of the real sample: designs, labellings and null distributions."""
    configs = (eccentricity_inference_config, eccentricity_config)
    check(eccentricity_inference_config)
    frame = eccentricity_rows(sample.table)
    wide = frame[frame["semimajor_axis_au"].to_numpy(dtype=float) > eccentricity_config.wide_axis_au]
    grid = beta_grid(eccentricity_inference_config)
    designs = frame_design(wide, None, configs), frame_design(frame, orbit_strata(frame, eccentricity_inference_config), configs)
    return Prepared(*designs, grid, _pooled(designs[0], grid, configs), _pooled(designs[1], grid, configs), configs)


def _pooled(made: Design, grid: BetaGrid, configs: tuple[EccentricityInferenceConfig, EccentricityConfig]) -> tuple[np.ndarray, np.ndarray]:
    """alpha and beta (n,) of the most probable Beta of all rows of the row's stratum together."""
    table, point = log_likelihood(made.rows, grid, *configs), np.zeros(len(made.rows), dtype=int)
    for stratum in np.unique(made.strata):
        same = made.strata == stratum
        point[same] = int(np.argmax(table[same].sum(axis=0) + grid.log_prior))
    return grid.alpha[point], grid.beta[point]


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """p, estimate, low, high and truth of the stage's own comparison on one simulated catalogue; NaN where a class is missing."""
    config = prepared.configs[0]
    rng = np.random.default_rng([config.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    made = prepared.strata if scenario == "null_strata" else prepared.wide
    alpha, beta = prepared.null_strata if scenario == "null_strata" else prepared.null_wide
    truth = 0.0
    if scenario == "alternative":
        alpha, beta = (np.where(made.high, config.declared_high[i], config.declared_low[i]) for i in (0, 1))
        truth = config.declared_high[0] / sum(config.declared_high) - config.declared_low[0] / sum(config.declared_low)
    elif scenario == "null_declared":
        alpha, beta = (np.full(len(made.high), config.declared_low[i]) for i in (0, 1))
    share = HOST_CORRELATION if scenario in ("null_hosts", "null_strata") else 0.0
    _, host = np.unique(made.hosts, return_inverse=True)
    normal = np.sqrt(share) * rng.standard_normal(len(made.hosts))[host] + np.sqrt(1 - share) * rng.standard_normal(len(made.hosts))
    e = np.clip(special.betaincinv(alpha, beta, stats.norm.cdf(normal)), 1e-9, 1 - 1e-9)
    rows = with_values(made.rows, e, rng)
    result = compare(Design(rows, made.high, made.hosts, made.strata, made.labels), prepared.grid, prepared.configs)
    return {**{name: float(result[name]) for name in ("p", "estimate", "low", "high")}, "truth": float(truth)}
