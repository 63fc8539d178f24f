"""L2-penalised logistic regression on many designs and many labellings at once.

The objective is scikit-learn's: half the squared slopes plus C times the weighted log-loss, intercept free (Pedregosa et al. 2011,
JMLR 12, 2825). It is convex, so Newton's method with halved steps finds the one minimum. The library fits one labelling in about 3 ms;
a permutation null needs 10^5 fits, which share their designs and become matrix products here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["Fit", "fit", "linear_predictor", "standardise"]

Floats = NDArray[np.float64]
TOLERANCE = 1e-8  # largest gradient component per unit of weight at the minimum; the last Newton step squares it
ITERATIONS, HALVINGS = 60, 30
LONG_STEP = 3.0  # change of a coefficient from which a Newton step may overshoot
BATCH = 4_000_000  # entries of the largest array held at once


@dataclass(frozen=True)
class Fit:
    """Coefficients (D, K, 1 + d), intercept first, and whether each fit converged (D, K)."""

    coefficients: Floats
    converged: NDArray[np.bool_]


def standardise(values: Floats, n_numeric: int, training: NDArray[np.bool_]) -> Floats:
    """Designs (D, n, d) from raw `values` (n, d), NaN where missing, for D training sets `training` (D, n).

    The leading `n_numeric` columns are centred and scaled by mean and population standard deviation of the training rows after
    missing entries were replaced by that mean, as SimpleImputer and StandardScaler do; a missing entry is then exactly 0, and so
    is a column that is constant in its training set. The other columns are 0/1 and stay as they are.
    """
    designs = np.repeat(values[None], len(training), axis=0)
    numeric = values[:, :n_numeric]
    known = np.isfinite(numeric)
    filled = np.where(known, numeric, 0.0)
    counts = training.astype(float) @ known.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts > 0, (training.astype(float) @ filled) / counts, 0.0)
        deviation = np.where(known, filled - mean[:, None], 0.0)
        scale = np.sqrt(np.einsum("dn,dnk->dk", training.astype(float), deviation**2) / training.sum(axis=1)[:, None])
    flat = scale <= 10 * np.finfo(float).eps * np.abs(mean)
    designs[:, :, :n_numeric] = np.where(flat[:, None], 0.0, deviation / np.where(flat, 1.0, scale)[:, None])
    return designs


def fit(designs: Floats, outcomes: Floats, weights: Floats, strength: Floats | float) -> Fit:
    """Minimise sum(slopes**2) / 2 + C sum_i w_i loss_i for D designs and K labellings each.

    Parameters
    ----------
    designs: (D, n, d) standardised features.
    outcomes: (K, n) in [0, 1], or (D, K, n); fractions are expected labels.
    weights: (D, n) or (D, K, n), >= 0; a row outside a training set has weight 0.
    strength: C > 0, scalar or (K,); large values approach the unpenalised fit.

    Returns NaN coefficients and converged = False where the weighted outcomes are all 0 or all 1: the intercept is then infinite.
    """
    n_designs, n, d = designs.shape
    outcomes = np.broadcast_to(outcomes if outcomes.ndim == 3 else outcomes[None], (n_designs, *outcomes.shape[-2:]))
    n_labellings = outcomes.shape[1]
    strengths = np.broadcast_to(np.asarray(strength, float), (n_labellings,))
    coefficients = np.empty((n_designs, n_labellings, d + 1))
    converged = np.empty((n_designs, n_labellings), bool)
    step = max(1, BATCH // max(1, n_designs * n))
    full = np.concatenate([np.ones((n_designs, n, 1)), designs], axis=2)
    products = (full[:, :, :, None] * full[:, :, None, :]).reshape(n_designs, n, -1)
    for start in range(0, n_labellings, step):
        part = slice(start, start + step)
        mass = weights[:, None] if weights.ndim == 2 else weights[:, part]
        coefficients[:, part], converged[:, part] = _newton(full, products, outcomes[:, part], mass, strengths[part])
    return Fit(coefficients, converged)


def _newton(full: Floats, products: Floats, outcomes: Floats, weights: Floats, strengths: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Newton iterations on designs with a leading column of ones (D, n, p); see `fit`."""
    n_designs, _, p = full.shape
    shape = (n_designs, outcomes.shape[1])
    transposed = np.swapaxes(full, 1, 2)
    total = np.broadcast_to(weights.sum(axis=2), shape)
    share = (weights * outcomes).sum(axis=2) / np.where(total > 0, total, 1.0)
    usable = (total > 0) & (share > 1e-12) & (share < 1 - 1e-12)
    safe = np.where(usable, share, 0.5)
    beta = np.zeros((*shape, p))
    beta[:, :, 0] = np.log(safe / (1 - safe))
    ridge = np.where(np.arange(p) == 0, 0.0, 1 / strengths[:, None])  # (K, p): penalty per unit of loss
    penalty = ridge[:, :, None] * np.eye(p) + 1e-12 * np.eye(p)

    def loss(cells: tuple[NDArray[np.int64], NDArray[np.int64]], b: Floats, logits: Floats) -> Floats:
        mass = weights[cells] if weights.shape[1] > 1 else weights[cells[0], 0]
        return (mass * (np.logaddexp(0, logits) - outcomes[cells] * logits)).sum(axis=1) + 0.5 * (ridge[cells[1]] * b * b).sum(axis=1)

    def done(gradient: Floats) -> NDArray[np.bool_]:
        return np.abs(gradient).max(axis=2) <= TOLERANCE * np.maximum(total, 1.0)

    eta = beta @ transposed
    for _ in range(ITERATIONS):
        probability = expit(eta)
        residual = probability - outcomes
        residual *= weights
        gradient = residual @ full + ridge * beta
        settled = done(gradient) | ~usable
        if settled.all():
            break
        np.subtract(1, probability, out=residual)
        residual *= probability
        residual *= weights
        hessian = (residual @ products).reshape(*shape, p, p) + penalty
        move = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        move[settled] = 0.0
        trial = beta - move
        eta_trial = trial @ transposed
        # A full step always lowers the loss near the minimum; far away it can overshoot, which large steps alone do.
        wild = np.nonzero(np.abs(move).max(axis=2) > LONG_STEP)
        if len(wild[0]):
            before = loss(wild, beta[wild], eta[wild])
            for _ in range(HALVINGS):
                worse = loss(wild, trial[wild], eta_trial[wild]) > before + 1e-12 * np.abs(before)
                if not worse.any():
                    break
                move[wild[0][worse], wild[1][worse]] /= 2
                trial = beta - move
                eta_trial = trial @ transposed
        beta, eta = trial, eta_trial
    else:
        settled = done((weights * (expit(eta) - outcomes)) @ full + ridge * beta) | ~usable
    beta[~usable] = np.nan
    return beta, settled & usable


def linear_predictor(designs: Floats, fitted: Fit) -> Floats:
    """Logits (D, K, n) of every row of the designs (D, n, d)."""
    return fitted.coefficients[:, :, 1:] @ np.swapaxes(designs, 1, 2) + fitted.coefficients[:, :, :1]
