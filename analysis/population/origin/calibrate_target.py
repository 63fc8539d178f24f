"""Calibration of the target's probability and of the rule that turns it into a verdict.

The rule says binary-like (1) where every model that never saw the target gives at least 0.95, planet-like (-1) where every one gives at most
0.05, else nothing (0). The stricter rule asks the same of the whole 95 % intervals.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analysis.config import OriginConfig, OriginSkillConfig
from analysis.population.origin import logistic
from analysis.population.origin.data import PRIMARY, Rows, features_of, labelled_rows, pool_of
from analysis.population.origin.host_probability import host_weights
from analysis.population.origin.labels import fallback_labels
from analysis.population.origin.nested import Features
from analysis.population.origin.simulated_labels import draw_catalogue, exchangeable_probability, logistic_truth, standardised_index
from analysis.population.origin.target import MODELS, target_probability, verdict

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM = "target"
NUMBER = 7
NEITHER = True  # features that say nothing beyond the method justify no verdict
SECTIONS = ("origin_skill", "origin")
SCENARIOS = {
    "null": "the real label vectors of hosts, drawn with replacement within detection method and multiplicity: features say nothing beyond method",
    "alternative": "log odds rise by 1.5, 0.5 and -0.5 per standard deviation of log a, e and log M_star, whatever the method; prevalence as observed",
}
TRUTH = "the target's P(binary-like): the true one where the model holds, else that of the model fitted to the true probabilities of all rows"
COLUMNS = ["log_semimajor_axis", "eccentricity", "log_host_mass"]


@dataclass(frozen=True)
class Prepared:
    """Real rows and, by scenario, P(binary-like) (n,) of each and the target's true probability; features (n + 1, d) by model, target last."""

    rows: Rows
    features: dict[str, Features]
    probability: dict[str, NDArray[np.float64]]
    truth: dict[str, float]
    config: OriginSkillConfig


def prepare(sample: Any, origin_skill_config: OriginSkillConfig, origin_config: OriginConfig) -> Prepared:
    """Structure of the real sample under the labels from the mass ratio."""
    pool, target = pool_of(sample.table), sample.table[sample.table["is_target"]].head(1)
    rows = labelled_rows(pool, fallback_labels(pool["mass_ratio"], origin_config.mass_ratio_split))
    features = {}
    for name in MODELS:
        parts = [features_of(table, name, rows.methods)[0] for table in (rows.table, target)]
        features[name] = Features(np.vstack([part.values for part in parts]), parts[0].n_numeric)
    everyone = np.zeros(len(rows.labels), np.int64)
    index = standardised_index(rows.table[COLUMNS].to_numpy(float), origin_skill_config.slopes, everyone)
    probability = {
        "null": exchangeable_probability(rows.units, rows.labels),
        "alternative": logistic_truth(index, rows.labels, everyone),
    }
    truth = {name: _projected(features[PRIMARY], values, rows.units.host) for name, values in probability.items()}
    return Prepared(rows, features, probability, truth, origin_skill_config)


def _projected(features: Features, probability: NDArray[np.float64], host: NDArray[np.int64]) -> float:
    """The target's probability by the model without penalty, fitted to the probabilities (n,) themselves: its limit for many catalogues."""
    n = len(probability)
    training = np.arange(n + 1)[None] < n
    design = logistic.standardise(features.values, features.n_numeric, training)
    weights = np.append(host_weights(host, np.ones(n, bool)), 0.0)[None]
    fitted = logistic.fit(design, np.append(probability, 0.0)[None], weights, 1e8)
    return float(expit(logistic.linear_predictor(design, fitted)[0, 0, -1])) if fitted.converged[0, 0] else math.nan


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """Probability and interval of the target from one simulated catalogue, and the verdicts of both rules over all models; p is undefined."""
    real, config = prepared.rows, prepared.config
    generator = np.random.default_rng([config.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    drawn = draw_catalogue(real.units, generator, real.labels, None if scenario == "null" else prepared.probability[scenario])
    keep = np.append(drawn.rows, len(real.labels))
    found = {}
    for name, features in prepared.features.items():
        own = Features(features.values[keep], features.n_numeric)
        found[name] = target_probability(own, drawn.labels.astype(float), drawn.host, config.prior_variance)
    main = found[PRIMARY]
    ends = {name: [float(getattr(item, name)[0]) for item in found.values()] for name in ("value", "low", "high")}
    return {
        "p": math.nan, "estimate": float(main.value[0]), "low": float(main.low[0]), "high": float(main.high[0]), "truth": prepared.truth[scenario],
        "verdict": verdict(ends["low"], ends["high"]), "verdict_of_points": verdict(ends["value"], ends["value"]),
    }
