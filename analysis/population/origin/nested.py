"""Cross-validated scores by host, with the penalty as specified or chosen inside each training set.

All folds are label-free (`host_units`), so K labellings share their designs and are fitted together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.population.host_units import Units, host_folds
from analysis.population.origin import logistic

__all__ = ["Features", "fixed_scores", "nested_scores"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Features:
    """Raw feature matrix (n, d), NaN where missing, and how many leading columns are numeric."""

    values: Floats
    n_numeric: int


def fixed_scores(features: Features, labels: NDArray[np.bool_], fold: NDArray[np.int64], strength: float) -> Floats:
    """Out-of-fold logits (R, K, n) at one penalty for `labels` (K, n) and `fold` (R, n).

    A training set with one class alone says nothing: its logits are 0, which compares as a tie.
    """
    repeats, n = fold.shape
    folds = int(fold.max()) + 1
    held_out = fold[:, None] == np.arange(folds)[None, :, None]  # (R, F, n)
    training = ~held_out.reshape(-1, n)
    designs = logistic.standardise(features.values, features.n_numeric, training)
    fitted = logistic.fit(designs, labels.astype(float), training.astype(float), strength)
    logits = np.nan_to_num(logistic.linear_predictor(designs, fitted)).reshape(repeats, folds, len(labels), n)
    return np.einsum("rfkn,rfn->rkn", logits, held_out.astype(float), optimize=True)


def nested_scores(
    features: Features, labels: NDArray[np.bool_], units: Units, fold: NDArray[np.int64], strengths: tuple[float, ...], inner: int, seed: list[int]
) -> tuple[Floats, Floats]:
    """Out-of-fold logits (R, K, n) with C chosen by grouped cross-validation inside each training set, and log10 of the chosen C (R, K, F).

    The inner choice minimises the out-of-fold log-loss of the training hosts over `inner` folds (Varma & Simon 2006, BMC Bioinformatics
    7, 91: the choice must not see the outer fold); ties go to the stronger penalty.
    """
    repeats, n = fold.shape
    folds, n_labellings = int(fold.max()) + 1, len(labels)
    outcomes = labels.astype(float)
    grid = np.sort(np.asarray(strengths, float))
    many, penalties = np.tile(outcomes, (len(grid), 1)), np.repeat(grid, n_labellings)
    scores, chosen = np.zeros((repeats, n_labellings, n)), np.empty((repeats, n_labellings, folds))
    for repeat in range(repeats):
        inside = host_folds(units, inner, [*seed, repeat])
        for number in range(folds):
            outer = fold[repeat] != number
            parts = outer & (inside[None] != np.arange(inner)[:, None])
            designs = logistic.standardise(features.values, features.n_numeric, parts)
            logits = np.nan_to_num(logistic.linear_predictor(designs, logistic.fit(designs, many, parts.astype(float), penalties)))
            scored = (outer & ~parts).astype(float)
            losses = np.einsum("dkn,dn->k", np.logaddexp(0, logits) - many * logits, scored, optimize=True).reshape(len(grid), n_labellings)
            best = losses.argmin(axis=0)
            chosen[repeat, :, number] = np.log10(grid[best])
            design = logistic.standardise(features.values, features.n_numeric, outer[None])
            final = logistic.fit(design, outcomes, outer[None].astype(float), grid[best])
            logit = np.nan_to_num(logistic.linear_predictor(design, final))[0]
            scores[repeat][:, ~outer] = logit[:, ~outer]
    return scores, chosen
