"""Calibration of the claim "desert": the test of a valley and its interval on simulated catalogues with the real one's methods, orbits, hosts and errors.

The test is a parametric bootstrap, calibrated by the warp-speed method (Giacomini, Politis & White 2013): each simulated
catalogue is refitted and gives one bootstrap catalogue, and the statistics of all of these form the null distribution.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.errors import InputError
from analysis.population.desert.likelihood import pointwise, simulated_case, simulated_values
from analysis.population.desert.models import families, valleys
from analysis.population.desert.rows import RATIO, DesertCase, desert_case, in_region
from analysis.population.desert.valley import Table, judged, likeliest_of_depth, null_statistics, sharp_desert, table_of
from analysis.population.rows import population_rows
from analysis.population.selection.gap import fitted_rows

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM = "desert"
NUMBER = 9  # of the claim, in the random streams
SECTIONS = ("desert", "detection", "mixture")
FEW = True  # two companions lie in the declared desert
SCENARIOS = {
    "null": "the likeliest density without a desert, seen through the methods",
    "null_power": "the best power law of the mass ratio",
    "null_plateau": "the same up to a mass ratio of 0.02, constant above it",
    "alternative": "the likeliest log-normal + power law whose valley is one dex deep",
    "sharp": "the likeliest without a desert, times a tenth at the mass ratios of Zhang's desert",
    "valley": "the posterior mean of all log-normal + power-law densities",
}
TRUTH = "depth (dex) of the deepest valley of the scenario's density, where it has a desert; elsewhere the depth lies at its bound, zero, which an interval can hardly miss"


@dataclass(frozen=True)
class Prepared:
    """The real catalogue's case, the table of densities, and for each scenario its density (nx,) and the depth of its valley (NaN without a desert)."""

    case: DesertCase
    table: Table
    densities: dict[str, np.ndarray]
    depths: dict[str, float]
    seed: int


def prepare(sample: Any, desert_config: DesertConfig, detection_config: DetectionConfig, mixture_config: MixtureConfig) -> Prepared:
    """Methods, orbits, hosts and errors of the candidates of `sample` in the region, and the densities that are true in each scenario."""
    rows = fitted_rows(population_rows(sample.table))
    if len(in_region(rows, desert_config, RATIO, desert_config.axis_range)) < desert_config.min_rows:
        raise InputError(f"the calibration of the desert needs {desert_config.min_rows} companions in its region; give a sample with more of them.")
    case = desert_case(rows, rows, RATIO, desert_config, detection_config, mixture_config)
    table = table_of(case, desert_config, desert_config.test_points)
    verdict = judged(case, table)
    power = families(desert_config, float(case.x_edges[0]), float(case.x_edges[-1]))["power"]
    slopes = np.linspace(*power.bounds[0], 401)[:, None]
    curves = power.density(slopes, case.centres)
    straight = curves[pointwise(curves, case).sum(axis=1).argmax()]
    turn = int(np.searchsorted(case.centres, np.log10(desert_config.ratio_desert[0])))
    densities = {
        "null": verdict.null_density, "null_power": straight, "null_plateau": np.maximum(straight, straight[turn]),
        "alternative": likeliest_of_depth(case, table, desert_config.alternative_depth), "sharp": sharp_desert(case, verdict.null_density, desert_config),
        "valley": verdict.mean_density,
    }
    depths = {name: float(valleys(density[None], case.centres)[0][0]) for name, density in densities.items()}
    depths = {name: depth if depth > desert_config.valley_depth else np.nan for name, depth in depths.items()}
    return Prepared(case, table, densities, depths, desert_config.seed)


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One catalogue of `scenario`: the test statistic, that of one bootstrap catalogue of its own fit, and the interval of the valley's depth.

    p is NaN: it is the share of `null_statistic` over all simulations that reach `statistic`.
    """
    key = [prepared.seed, NUMBER, list(SCENARIOS).index(scenario), index]
    value = simulated_values(prepared.densities[scenario], prepared.case, np.random.default_rng(key))
    case = simulated_case(prepared.case, value)
    found = judged(case, prepared.table)
    null = null_statistics(case, prepared.table, found.null_density, [[*key, 1]])
    return {
        "p": np.nan, "estimate": found.depth[0], "low": found.depth[1], "high": found.depth[2], "truth": prepared.depths[scenario], "statistic": found.statistic,
        "null_statistic": float(null[0]),
    }
