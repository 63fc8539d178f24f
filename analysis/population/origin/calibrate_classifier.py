"""Calibration of the test of classifier skill beyond mass ratio and detection method.

Hosts of one shape (the same methods, as often) are drawn with replacement, so every catalogue has the real numbers of hosts, methods and
missing values; the labels are simulated.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.config import OriginConfig, OriginSkillConfig
from analysis.population.host_units import host_units
from analysis.population.origin import logistic
from analysis.population.origin.conditional_skill import CONDITIONAL, skill
from analysis.population.origin.data import PRIMARY, Rows, features_of, labelled_rows, pool_of
from analysis.population.origin.labels import fallback_labels
from analysis.population.origin.nested import Features
from analysis.population.origin.simulated_labels import draw_catalogue, exchangeable_probability, logistic_truth, standardised_index

__all__ = ["CLAIM", "SCENARIOS", "SECTIONS", "TRUTH", "prepare", "simulate"]

CLAIM = "classifier"
NUMBER = 3
SECTIONS = ("origin_skill", "origin")
SCENARIOS = {
    "null": "the real label vectors of hosts, drawn with replacement within detection method and multiplicity: labels say nothing beyond method",
    "alternative": "within each method log odds rise by 1.5 per standard deviation of an index of log a, e and -log M_star; prevalence by method as observed",
}
TRUTH = "the mean, over the fitted fold models, of the AUROC each reaches on new companions of one detection method"
INDEX = (1.0, 1.0, -1.0)  # log a, e, log M_star
COLUMNS = ["log_semimajor_axis", "eccentricity", "log_host_mass"]


@dataclass(frozen=True)
class Prepared:
    """Real rows, their features, and P(binary-like) (n,) under the null and the alternative."""

    rows: Rows
    features: Features
    null: NDArray[np.float64]
    alternative: NDArray[np.float64]
    config: OriginSkillConfig
    folds: int
    strength: float


def prepare(sample: Any, origin_skill_config: OriginSkillConfig, origin_config: OriginConfig) -> Prepared:
    """Structure of the real sample under the labels from the mass ratio."""
    pool = pool_of(sample.table)
    rows = labelled_rows(pool, fallback_labels(pool["mass_ratio"], origin_config.mass_ratio_split))
    features, _ = features_of(rows.table, PRIMARY, rows.methods)
    method = rows.units.method
    index = standardised_index(rows.table[COLUMNS].to_numpy(float), INDEX, method)
    index = standardised_index(index[:, None], (origin_skill_config.slope,), method)
    alternative = logistic_truth(index, rows.labels, method) if len(index) else np.empty(0)
    null = exchangeable_probability(rows.units, rows.labels)
    return Prepared(rows, features, null, alternative, origin_skill_config, origin_config.folds, origin_config.inverse_regularisation)


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """The primary test on one simulated catalogue: p, estimate, low, high, and the truth the interval should cover."""
    real, config = prepared.rows, prepared.config
    generator = np.random.default_rng([config.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    probability = prepared.null if scenario == "null" else prepared.alternative
    drawn = draw_catalogue(real.units, generator, real.labels, None if scenario == "null" else probability)
    methods = np.asarray(real.table["discovery_method"], dtype=str)[drawn.rows]
    units = host_units(np.char.mod("%06d", drawn.host), methods)
    features = Features(prepared.features.values[drawn.rows], prepared.features.n_numeric)
    seeded = replace(config, seed=int(generator.integers(2**31)))
    found = skill(features, drawn.labels, units, seeded, prepared.folds, prepared.strength, config.null_permutations)[CONDITIONAL]
    truth = _true_area(features, drawn.labels, found.fold, prepared, probability) if found.reason is None else math.nan
    return {"p": found.p, "estimate": found.estimate, "low": found.low, "high": found.high, "truth": truth}


def _true_area(
    features: Features, labels: NDArray[np.bool_], fold: NDArray[np.int64], prepared: Prepared, probability: NDArray[np.float64]
) -> float:
    """Mean over the fold models of P(positive scores above negative) for pairs of one method drawn from the real rows and `probability`."""
    n = len(labels)
    training = (fold[:, None] != np.arange(prepared.folds)[None, :, None]).reshape(-1, n)
    training = np.hstack([training, np.zeros((len(training), len(probability)), bool)])
    values = np.vstack([features.values, prepared.features.values])
    designs = logistic.standardise(values, features.n_numeric, training)
    outcomes = np.concatenate([labels.astype(float), np.zeros(len(probability))])[None]
    scores = np.nan_to_num(logistic.linear_predictor(designs, logistic.fit(designs, outcomes, training.astype(float), prepared.strength)))[:, 0, n:]
    wins, pairs = np.zeros(len(scores)), 0.0
    for method in np.unique(prepared.rows.units.method):
        own = prepared.rows.units.method == method
        weight = probability[own][:, None] * (1 - probability[own])[None]
        if weight.sum() > 0:
            better = 0.5 * (np.sign(scores[:, own][:, :, None] - scores[:, own][:, None]) + 1)
            wins += (better * weight).sum(axis=(1, 2))
            pairs += float(weight.sum())
    return float((wins / pairs).mean()) if pairs > 0 else math.nan
