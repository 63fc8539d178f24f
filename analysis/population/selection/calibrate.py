"""Calibration of the claim "populations": the gap test and its interval on simulated catalogues with the real one's structure.

The test is a parametric bootstrap, calibrated by the warp-speed method (Giacomini, Politis & White 2013): each simulated
catalogue is refitted and gives one bootstrap catalogue, and the statistics of all of these form the null distribution.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.config import DetectionConfig, MixtureConfig
from analysis.population.rows import population_rows
from analysis.population.selection.catalogues import Sampler, simulated
from analysis.population.selection.forward import gap_interval
from analysis.population.selection.gap import Case, case_of, depth_of, fitted, fitted_rows, gap_truth, hump_truth, root_limits, simulate_roots
from analysis.population.selection.two_clumps import fit_two_clumps

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM = "populations"
NUMBER = 1  # of the claim, in the random streams
NULL, LIMITS, BOOTSTRAP = 1, 4, 499  # random streams of the stage's bootstraps, and how many of their first catalogues give the quantiles
SECTIONS = ("detection", "mixture")
FEW = True  # three companions lie in the gap
SCENARIOS = {
    "null": "the single smooth population fitted to the candidates, seen through the methods",
    "alternative": "the same with a gap at the mass ratios of the desert, one dex deep",
    "humps": "the same with a smooth valley one dex deep between two humps in log q",
    "clumps": "two Gaussian clumps in (log q, log a) fitted given the methods, no gap between them",
}
TRUTH = "depth (dex) of the gap: zero, the declared one, or what the model gives endless catalogues of the other populations"


@dataclass(frozen=True)
class Prepared:
    """The real catalogue's case, for each scenario what is found of its population and the depth that is true there, and the
    quantiles of the root that the intervals use at the depths `knots`, from the real catalogue's bootstrap."""

    case: Case
    samplers: dict[str, Sampler]
    depths: dict[str, float]
    knots: tuple[float, ...]
    quantiles: tuple[float, ...]
    seed: int


def prepare(sample: Any, detection_config: DetectionConfig, mixture_config: MixtureConfig) -> Prepared:
    """Hosts, windows, errors and fitted populations of the candidates of `sample`."""
    case = case_of(fitted_rows(population_rows(sample.table)), detection_config, mixture_config)
    depth = detection_config.desert_depth
    clumps = fit_two_clumps(case, detection_config.mixture_starts, mixture_config.covariance_floor, detection_config.seed)
    found = {
        "null": gap_truth(case, 0.0), "alternative": gap_truth(case, depth), "humps": hump_truth(case, depth, detection_config.hump_width),
        "clumps": clumps.density * case.model.detection,
    }
    samplers = {name: Sampler.of(case.model.grid, value) for name, value in found.items()}
    depths = {"null": 0.0, "alternative": depth, "humps": depth_of(case, found["humps"]), "clumps": depth_of(case, found["clumps"])}
    *_, roots = simulate_roots(case, case.sampler, [[detection_config.seed, NULL, b] for b in range(BOOTSTRAP)])
    limits = root_limits(case, roots, depth, BOOTSTRAP, [detection_config.seed, LIMITS])
    return Prepared(case, samplers, depths, *limits, detection_config.seed)


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One catalogue of `scenario`: the test statistic (absolute signed root), that of one bootstrap catalogue of its own fit, and the interval.

    p is NaN: it is the share of `null_statistic` over all simulations that reach `statistic`.
    """
    place, real = list(SCENARIOS).index(scenario), prepared.case
    x, y = simulated(prepared.samplers[scenario], real.structure, [[prepared.seed, NUMBER, place, index]])
    case = fitted(real.model, real.structure, x, y, start=real.null.theta[0])
    low, high = gap_interval(case.model, case.data, case.full, prepared.knots, prepared.quantiles)
    *_, root = simulate_roots(case, case.sampler, [[prepared.seed, NUMBER, place, index, 1]])
    return {
        "p": np.nan, "estimate": float(case.full.depth[0]), "low": low, "high": high, "truth": prepared.depths[scenario], "statistic": abs(case.root),
        "null_statistic": float(abs(root[0])),
    }
