"""Error rates of the verdict on Kozai-Lidov migration: sampling error of the migrated shares, on ensembles of the real sizes and weights.

`prepare` needs the results of the stages ensemble and target. The verdict asks of every time lag and disruption radius whether the share reaches the
threshold of the rule; what the physics leaves open (lags, radii, priors) is no sampling error and is not simulated here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.claims import FEASIBLE, NOT_SUPPORTED, RULES, SUPPORTED
from analysis.config import EnsembleConfig, OccurrenceConfig, SecularConfig
from analysis.migration.ensemble.conditioning import prior_weights
from analysis.migration.occurrence.factors import Factor, quantile, ratio_share
from analysis.migration.occurrence.stage import physics_variants
from analysis.migration.secular.triple import DISRUPTED, MIGRATED

__all__ = ["CLAIM", "NEEDS", "NEITHER", "NUMBER", "SCENARIOS", "SECTIONS", "TRUTH", "Prepared", "evidence", "prepare", "simulate"]

CLAIM, NUMBER = "kozai", 5
SECTIONS = ("occurrence", "ensemble", "secular")
NEEDS = ("ensemble", "target")
NEITHER = True  # at a threshold either verdict is wrong
SCENARIOS = {
    "null": "the share at the default lag and largest radius is exactly the threshold, all others and the triples that cannot be followed are beyond it",
    "null_bound": "the largest share with the triples that cannot be followed is exactly the threshold, the others are half of it",
    "double": "the smallest share is twice the threshold",
    "half": "the largest share with the triples that cannot be followed is half the threshold",
    "census": "share of the ensemble weighted to the census of perturbers, exactly the threshold: coverage of its interval",
    "census_half": "the same, half the threshold",
    "census_double": "the same, twice the threshold",
}
TRUTH = "the share of triples that migrate at the default lag and largest disruption radius; under the census weights in the scenarios of that name"


@dataclass(frozen=True)
class Prepared:
    """Sizes of the ensembles by time lag, the default one first; number of radii; of the default ensemble the census weights (n,) and which triples come
    close, migrated or disrupted (n,)."""

    sizes: tuple[int, ...]
    radii: int
    weight: np.ndarray
    close: np.ndarray
    seed: int


def prepare(*, ensemble: Any, target: Any, occurrence_config: OccurrenceConfig, ensemble_config: EnsembleConfig, secular_config: SecularConfig) -> Prepared:
    """Sizes and weights of the real ensembles."""
    radii = len(secular_config.disruption_factors)
    variants = list(physics_variants(ensemble, ensemble_config, secular_config).values())
    triples = variants[0]
    weight = prior_weights("census", triples, target.values["host_mass_msun"], occurrence_config)
    close = np.isin(triples.outcome, (MIGRATED, DISRUPTED))
    return Prepared(tuple(item.outcome.size for item in variants[::radii]), radii, weight, close, occurrence_config.seed)


def _limits(weight: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    """(share, low, high): the weighted share of an event and its 95 % limits as in `conditioning.prior_table`."""
    low, high = quantile(Factor("share", "beta", ratio_share(weight, event)), [0.025, 0.975])
    return float((weight * event).sum() / weight.sum()), float(low), float(high)


def evidence(shares: list[tuple[float, float, float]], bounds: list[tuple[float, float, float]]) -> dict[str, float]:
    """What the rule judges: the smallest lower limit of the migrated shares, and the largest upper limit of the shares that count what cannot be
    followed as migrated; each (share, low, high), one per lag and radius."""
    return {"least": min(low for _, low, _ in shares), "most": max(high for _, _, high in bounds)}


def _verdict(found: dict[str, float]) -> float:
    rule = next(rule for rule in RULES if rule.id == CLAIM)
    return {SUPPORTED: 1.0, NOT_SUPPORTED: -1.0}.get(rule.judge(found)[0], 0.0)


def _design(scenario: str, prepared: Prepared) -> list[tuple[list[float], float]]:
    """Per lag: true migrated shares at each radius, largest radius first, and the true share that cannot be followed."""
    lags, radii = len(prepared.sizes), prepared.radii
    if scenario in ("null", "double"):
        least = FEASIBLE * (2 if scenario == "double" else 1)
        first = [least, *[2 * least] * (radii - 1)]
        return [(first, 6 * FEASIBLE), *[([2 * least] * radii, 6 * FEASIBLE)] * (lags - 1)]
    most = FEASIBLE / (2 if scenario == "half" else 1)
    return [([most / 4, *[most / 2] * (radii - 1)], most / 2), *[([most / 8, *[most / 4] * (radii - 1)], most / 4)] * (lags - 1)]


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One set of ensembles: verdict of the rule (1 supported, -1 not supported, 0 cannot tell), share, interval and true share."""
    generator = np.random.default_rng([prepared.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    if scenario.startswith("census"):
        truth = FEASIBLE * {"census": 1.0, "census_half": 0.5, "census_double": 2.0}[scenario]
        # Triples are drawn from the real ones; each that comes close survives with the probability that makes the true share.
        chance = truth / float(prepared.weight[prepared.close].sum() / prepared.weight.sum())
        drawn = generator.integers(prepared.weight.size, size=prepared.weight.size)
        event = prepared.close[drawn] & (generator.random(drawn.size) < chance)
        share, low, high = _limits(prepared.weight[drawn], event)
        return {"p": np.nan, "estimate": share, "low": low, "high": high, "truth": truth}
    shares, bounds = [], []
    truth = _design(scenario, prepared)[0][0][0]
    for size, (migrated, invalid) in zip(prepared.sizes, _design(scenario, prepared), strict=True):
        # Radii are nested: what migrates outside a large one migrates outside a small one. Columns: new at each radius, invalid, neither.
        steps = np.diff([0.0, *migrated])
        counts = generator.multinomial(size, [*steps, invalid, 1 - migrated[-1] - invalid])
        for moved in np.cumsum(counts[: prepared.radii]):
            shares.append(_limits(np.ones(size), np.arange(size) < moved))
            bounds.append(_limits(np.ones(size), np.arange(size) < moved + counts[prepared.radii]))
    share, low, high = shares[0]
    return {"p": np.nan, "estimate": share, "low": low, "high": high, "truth": truth, "verdict": _verdict(evidence(shares, bounds))}
