"""Error rates of the rejection of a pathway by the observed rates of close giants, and coverage of the intervals of these rates.

`prepare` needs the results of the stages ensemble and target. Each survey is one of the published size: a rate r with error s stands for (r/s)^2 detections among
r/s^2 effective stars. Simulated surveys count as many stars again and report their rate and its error. The supply is known through shares that are simulated as well:
the census of companions is measured again, and the triples of the ensembles are drawn again.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from analysis.claims import NOT_SUPPORTED, RULES
from analysis.config import EnsembleConfig, OccurrenceConfig, SecularConfig
from analysis.migration.ensemble.conditioning import Triples
from analysis.migration.occurrence.factors import Factor, draw, gamma_parameters, quantile, share_factor
from analysis.migration.occurrence.stage import VERDICTS, compare, migration_factors, observed_rates, physics_variants

__all__ = ["CLAIM", "FEW", "NEEDS", "NEITHER", "NUMBER", "SCENARIOS", "SECTIONS", "TRUTH", "Prepared", "prepare", "simulate"]

CLAIM, NUMBER = "occurrence", 8
SECTIONS = ("occurrence", "ensemble", "secular")
NEEDS = ("ensemble", "target")
FEW = True  # the surveys detect one to five giants
NEITHER = True  # a rejection at the boundary is wrong
SUPPLY = {"null": (1.0, 1.0), "null_one": (1.0, 5.0), "alternative": (0.1, 1.0), "hundredth": (0.01, 1.0)}
SCENARIOS = {
    "null": "one birth per star supplies exactly the true rate of every survey",
    "null_one": "one birth per star supplies exactly the true rate of one survey, which is published, and a fifth of that of all others",
    "alternative": "one birth per star supplies a tenth of the true, published rates",
    "hundredth": "one birth per star supplies a hundredth of them",
}
TRUTH = "the true rate of one of the surveys, each in its turn, given that it detects a giant"
DRAWS = 2000  # stratified draws of a rate, enough for its 2.5 % quantile


@dataclass(frozen=True)
class Prepared:
    """Ensembles of triples at the smallest disruption radius, one per time lag; the share of stars that they supply; and the settings."""

    config: OccurrenceConfig
    triples: tuple[Triples, ...]
    host: float
    supply: float


def prepare(*, ensemble: Any, target: Any, occurrence_config: OccurrenceConfig, ensemble_config: EnsembleConfig, secular_config: SecularConfig) -> Prepared:
    """The real ensembles; their own shares, invalid triples counted as migrated, are the true ones of the simulations."""
    variants = list(physics_variants(ensemble, ensemble_config, secular_config).values())
    radii = len(secular_config.disruption_factors)
    triples, host = tuple(variants[radii - 1 :: radii]), target.values["host_mass_msun"]
    middle = replace(occurrence_config, coverage=0.0)  # medians instead of upper limits
    return Prepared(occurrence_config, triples, host, _supply(occurrence_config.multiple_share[0], triples, middle, host))


def _supply(companions: float, triples: tuple[Triples, ...], config: OccurrenceConfig, host: float) -> float:
    """Close giants per star at one birth per star and the most favourable time lag, at the upper limit which `config.coverage` sets."""
    share = share_factor("perturber", (companions, config.multiple_share[1]), "", "")
    top = float(quantile(share, 0.5 + config.coverage / 2))
    return top * max(float(migration_factors(config, item, host)[1][0]) for item in triples)


def _again(triples: Triples, generator: np.random.Generator) -> Triples:
    """As many triples, drawn with replacement."""
    drawn = generator.integers(triples.outcome.size, size=triples.outcome.size)
    return Triples(**{item.name: getattr(triples, item.name)[drawn] for item in fields(Triples)})


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One set of surveys and ensembles: verdict of the rule (-1 rejected, 0 cannot tell), and the rate, interval and true rate of one survey."""
    generator = np.random.default_rng([prepared.config.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    config, (ratio, beyond) = prepared.config, SUPPLY[scenario]
    companions = float(generator.normal(*config.multiple_share))
    best = _supply(companions, tuple(_again(item, generator) for item in prepared.triples), config, prepared.host) / prepared.supply
    rates = [(name, pair) for name, kind, pair in observed_rates(config) if kind == "rate"]
    shown, rejected = index % len(rates), []
    out = {"p": np.nan, "estimate": np.nan, "low": np.nan, "high": np.nan, "truth": np.nan}
    for place, (name, (value, error)) in enumerate(rates):
        truth = value if place == shown else value * beyond
        stars = round(value / error**2)
        detections = int(generator.binomial(stars, min(truth, 1.0)))
        if detections == 0:  # such a survey publishes a limit, which rejects nothing
            rejected.append(False)
            continue
        rate = Factor(name, "gamma", gamma_parameters(detections / stars, np.sqrt(detections) / stars))
        observed = draw(rate, DRAWS, int(generator.integers(2**31)), place)
        supplied = np.full(DRAWS, ratio * value * best)
        found = compare(supplied, supplied, (supplied[0],) * 2, "rate", observed, config.coverage)
        rejected.append(found["verdict"] == VERDICTS[1])
        if place == shown:
            low, high = quantile(rate, [0.5 - config.coverage / 2, 0.5 + config.coverage / 2])
            out |= {"estimate": detections / stars, "low": float(low), "high": float(high), "truth": truth}
    rule = next(rule for rule in RULES if rule.id == CLAIM)
    return out | {"verdict": -1.0 if rule.judge({"rejected": rejected})[0] == NOT_SUPPORTED else 0.0}
