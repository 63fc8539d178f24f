"""Error rates of the claim that orbits change with host age: its test and interval on catalogues with the real hosts and ages."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.config import AgeInferenceConfig, AgesConfig
from analysis.errors import InputError
from analysis.population.ages.family import Family, family_of
from analysis.population.ages.inference import aged_rows, claim_test, slope_interval
from analysis.population.ages.intervals import components
from analysis.population.ages.power import WIDER, simulated_means, slope_of

__all__ = ["CLAIM", "NUMBER", "SCENARIOS", "SECTIONS", "TRUTH", "Prepared", "prepare", "simulate"]

CLAIM, NUMBER = "ages", 4
SECTIONS = ("age_inference", "ages")
SCENARIOS = {
    "null": "real orbits, the real ages permuted among the hosts",
    "null_effects": "real ages and numbers of companions; normal host effects and scatter, whose spreads differ by host as log-normals of a factor two",
    "alternative": "real ages and numbers of companions; normal host effects, a slope of log a that gives |r| = 0.3 between hosts, e unchanged",
    "alternative_orbits": "real orbits, the real ages permuted among the hosts, the same slope added to log a",
    "alternative_eccentricity": "as alternative, but e has the slope and log a has none; the interval is that of the slope of e",
    "spread_with_age": "outside the null: no slope, but log a and e scatter three times as widely at the two youngest hosts of each",
}
TRUTH = "the slope of log10 a on log10 host age with which the catalogue was drawn (of e in alternative_eccentricity, of nothing outside the null)"
PERMUTATIONS = 999  # exact for any number; fewer than in the stage for the sake of time
FACTOR = np.log(2.0)  # spread of the log-normal factors of null_effects


@dataclass(frozen=True)
class Prepared:
    """The aged hosts, the spreads that the regressions leave per response (between, within), and the settings."""

    family: Family
    spreads: dict[str, tuple[float, float]]
    correlation: float
    seed: int


def prepare(sample: Any, *, age_inference_config: AgeInferenceConfig, ages_config: AgesConfig) -> Prepared:
    """Structure of the real sample. Raises InputError when too few hosts have an age for either response."""
    family = family_of(aged_rows(sample.table), ages_config.min_rows)
    if len(family.hosts) < 2:
        raise InputError("the calibration of the age trends needs hosts of known age for log a and e; give a sample with more of them.")
    spreads = {name: components(hosts) for name, hosts in family.hosts.items()}
    return Prepared(family, spreads, age_inference_config.declared_correlation, age_inference_config.seed)


def _normal(prepared: Prepared, slopes: dict[str, float], factors: dict[str, NDArray[np.float64]], generator: np.random.Generator) -> Family:
    """The real hosts and ages with drawn host means; factors multiply the spread of every host."""
    means = {}
    for name, hosts in prepared.family.hosts.items():
        noise = simulated_means(hosts, 0.0, prepared.spreads[name], generator, 1)[0]
        means[name] = slopes.get(name, 0.0) * hosts.ages + factors.get(name, np.ones(hosts.number)) * noise
    return prepared.family.with_means(means)


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One catalogue: p of the declared test; slope, interval and true slope. Deterministic in (seed, scenario, index)."""
    generator = np.random.default_rng([prepared.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    family, response = prepared.family, "eccentricity" if scenario == "alternative_eccentricity" else "semimajor_axis"
    truth = 0.0 if scenario in ("null", "null_effects", "spread_with_age") else slope_of(prepared.correlation, family.hosts[response], prepared.spreads[response])
    if scenario in ("null", "alternative_orbits"):
        drawn = family.with_ages(generator.permutation(family.ages))
        hosts = drawn.hosts[response]
        drawn = drawn.with_means({response: hosts.means + truth * hosts.ages})
    else:
        factors = {}
        if scenario == "null_effects":
            by_host = np.exp(FACTOR * generator.standard_normal(len(family.ages)))
            factors = {name: by_host[places] for name, places in family.places.items()}
        elif scenario == "spread_with_age":
            factors = {name: np.where(hosts.ages <= np.sort(hosts.ages)[1], WIDER, 1.0) for name, hosts in family.hosts.items()}
        drawn = _normal(prepared, {response: truth}, factors, generator)
    seed = int(generator.integers(2**31))
    p = claim_test(drawn, PERMUTATIONS, seed)["family"]["p"]
    estimate, low, high = slope_interval(drawn, response, PERMUTATIONS, seed)
    ends = [value if value is not None else end for value, end in ((low, -np.inf), (high, np.inf))]
    if scenario == "spread_with_age":  # the interval is not meant for it; how often it covers there is in the stage's table of methods
        truth = np.nan
    return {"p": p, "estimate": float(estimate if estimate is not None else np.nan), "low": ends[0], "high": ends[1], "truth": truth}
