"""Two weights on binned model densities, by differential evolution on Poisson counts.

Cui et al. (2026) fit the occurrence per bin of (mass, axis, [Fe/H]) as w_CA n_CA + w_GI n_GI. Where the numbers of stars that were searched are known, the
weights are companions per star. Where they are not, every method's total is free and profiled out, and only the ratio of the weights has a meaning.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import differential_evolution

__all__ = ["Weights", "densities", "fit_weights", "log_likelihood"]

PSEUDO = 1.0  # systems added to a model, spread evenly over its bins (Perks 1947): so few that they explain no companions by themselves


@dataclass(frozen=True)
class Weights:
    """Weights of the two models, the share of the second, and the log-likelihood they reach."""

    weights: tuple[float, float]
    share: float
    log_likelihood: float


def densities(log_q: np.ndarray, log_a: np.ndarray, metallicity: np.ndarray, edges: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(share of the systems per bin with one system spread over all bins, counts), both (nq, na, nz); systems outside the bins count in the total."""
    counts, _ = np.histogramdd(np.column_stack([log_q, log_a, metallicity]), bins=edges)
    return (counts + PSEUDO / counts.size) / (len(log_q) + PSEUDO), counts


def log_likelihood(weights: np.ndarray, templates: np.ndarray, counts: np.ndarray, profiled: bool) -> float:
    """Poisson log-likelihood without its constant. templates (2, m, bins) expected per unit weight, counts (m, bins).

    `profiled`: the exposure of each of the m surveys is set to its best value, sum(counts)/sum(expected).
    """
    expected = np.tensordot(weights, templates, axes=1)
    if profiled:
        expected = expected * (counts.sum(axis=1) / expected.sum(axis=1))[:, None]
    return float(np.sum(np.where(counts > 0, counts * np.log(np.where(counts > 0, expected, 1.0)), 0.0)) - expected.sum())


def fit_weights(templates: np.ndarray, counts: np.ndarray, seed: int, *, profiled: bool) -> Weights:
    """Maximum of `log_likelihood` over both weights by differential evolution (Storn & Price 1997), in log10 of the weights.

    Surveys without a companion say nothing about profiled exposures and are left out.
    """
    if profiled:
        used = counts.sum(axis=1) > 0
        templates, counts = templates[:, used], counts[used]
    scale = counts.sum() / np.maximum(templates.sum(axis=(1, 2)), 1e-300)
    bounds = [(-4.0, 0.5)] * 2  # log10 of each weight over what would explain all counts by its model alone

    def loss(logs: np.ndarray) -> float:
        return -log_likelihood(10.0**logs * (1.0 if profiled else scale), templates, counts, profiled)

    best = differential_evolution(loss, bounds, seed=seed, popsize=12, tol=1e-8, maxiter=300, polish=True)
    weights = 10.0**best.x * (1.0 if profiled else scale)
    return Weights((float(weights[0]), float(weights[1])), float(weights[1] / weights.sum()), -float(best.fun))
