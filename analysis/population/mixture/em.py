"""Mixtures of Gaussians for many data sets at once: many starts each, row weights, and errors of every row.

scikit-learn's GaussianMixture and astroML's XDGMM are the references: from the same start the fits end in the same place.
They spend most of their time between the steps when there are a hundred rows, and a bootstrap needs a million steps.
"""

from dataclasses import dataclass

import numpy as np

from analysis.errors import InputError
from analysis.population.mixture.em_kernels import CONVERGED, SINGULAR, fit_rows

__all__ = ["WARM_STEPS", "Fits", "fit_batch", "parameter_count", "responsibilities"]

WARM_STEPS = 10  # steps without errors before those with errors


def parameter_count(k: int, d: int = 2) -> int:
    """Free parameters of a mixture of k Gaussians with full covariances in d dimensions."""
    return k * (1 + d + d * (d + 1) // 2) - 1


@dataclass(frozen=True)
class Fits:
    """The best of many starts for each of m data sets, components in ascending first coordinate of the mean.

    log_likelihood (m,), weights (m, k), means (m, k, d), covariances (m, k, d, d), of the error-free distribution where
    errors were given. status (m,): 0 converged, 1 stopped at the iteration limit, 2 no admissible end or fewer rows
    than components (NaN there). iterations (m,) and start (m,) belong to the best start; ends (m, starts): log-likelihood
    that each start reached; agreement (m,): share of starts within 0.01 of the best. effective_rows (m,): sum of weights.
    """

    k: int
    log_likelihood: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    status: np.ndarray
    iterations: np.ndarray
    start: np.ndarray
    ends: np.ndarray
    effective_rows: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """(m,) bool."""
        return self.status == CONVERGED

    @property
    def agreement(self) -> np.ndarray:
        """(m,) share of starts that came within 0.01 of the best log-likelihood."""
        return np.mean(self.ends > self.log_likelihood[:, None] - 0.01, axis=1)

    @property
    def parameters(self) -> int:
        """Number of free parameters."""
        return parameter_count(self.k, self.means.shape[2])

    @property
    def bic(self) -> np.ndarray:
        """(m,) -2 ln L + p ln(sum of row weights) (Schwarz 1978); fractional weights count as fractional rows."""
        return self.parameters * np.log(self.effective_rows) - 2 * self.log_likelihood


def fit_batch(
    points: np.ndarray,
    k: int,
    starts: int,
    floor: float,
    seed: int,
    weights: np.ndarray | None = None,
    errors: np.ndarray | None = None,
    tolerance: float = 1e-6,
    iterations: int = 2000,
    given: np.ndarray | None = None,
    least_rows: float = 0.0,
) -> Fits:
    """Maximum-likelihood mixtures of k full-covariance Gaussians (Dempster, Laird & Rubin 1977) for many data sets.

    points (m, n, d) or (n, d) with d 1 or 2; weights (m, n) or (n,), non-negative, a weight w counting as w equal rows (0
    leaves the row out, which is how data sets get different numbers of rows); errors (m, n, d, d) or (n, d, d), the error
    covariance of each row, which makes it extreme deconvolution (Bovy, Hogg & Roweis 2011). What is given once is shared
    by all data sets. Half of the starts are k-means++ seeds, half random rows, from a stream of random numbers for each
    data set: more starts, or more data sets, keep the first ones. given (starts, k) replaces them by row numbers, counted
    among rows of positive weight. `floor` (dex2) is added to the variances in every step (scikit-learn's reg_covar);
    a fit has converged when the mean log-likelihood of a row changes by less than `tolerance` in a step. Ends with a component
    of fewer than `least_rows` effective rows, (sum r)^2 / sum r^2 with r = weight x responsibility (Kish 1965), are passed
    over: a row of large weight is otherwise a component of its own, as narrow as the floor.

    Raises InputError for shapes that do not fit or values that are not finite.
    """
    points, weights, errors, m = _checked(points, weights, errors, k, starts, floor)
    d = points.shape[2]
    if d == 1:  # a second coordinate that is always zero: its variance is the floor and its constant density is taken out again
        points = np.concatenate([points, np.zeros_like(points)], axis=2)
    packed = np.zeros((*errors.shape[:2], 3)) if errors is not None else np.zeros((1, 1, 3))
    if errors is not None:
        packed[..., 0] = errors[..., 0, 0]
        if d == 2:
            packed[..., 1], packed[..., 2] = (errors[..., 0, 1] + errors[..., 1, 0]) / 2, errors[..., 1, 1]
    starts = 1 if k == 1 else starts
    if given is None:
        uniforms = np.stack([np.random.default_rng([seed, k, index]).random((starts, k)) for index in range(m)]) if m else np.zeros((1, starts, k))
        chosen = np.zeros((0, k), dtype=np.int64)
    else:
        chosen = np.ascontiguousarray(given, dtype=np.int64).reshape(-1, k)
        starts, uniforms = len(chosen), np.zeros((1, 1, k))
    out, numbers, ends = np.full((m, k, 6), np.nan), np.tile([np.nan, SINGULAR, 0.0, 0.0], (m, 1)), np.full((m, starts), -np.inf)
    fit_rows(points, weights, packed, errors is not None, uniforms, chosen, floor, tolerance, iterations, WARM_STEPS, float(least_rows), out, numbers, ends)
    bad = ~np.isfinite(numbers[:, 0])
    out[bad], numbers[bad, 0] = np.nan, np.nan
    effective = np.broadcast_to(weights.sum(axis=1), m).copy()
    if d == 1:
        constant = 0.5 * np.log(2 * np.pi * floor) * effective
        numbers[:, 0] += constant
        ends += constant[:, None]
    order = np.argsort(out[:, :, 1], axis=1, kind="stable")
    out = np.take_along_axis(out, order[:, :, None], axis=1)
    matrices = out[:, :, [3, 4, 4, 5]].reshape(m, k, 2, 2)
    return Fits(
        k=k,
        log_likelihood=numbers[:, 0],
        weights=out[:, :, 0],
        means=out[:, :, 1 : 1 + d],
        covariances=np.ascontiguousarray(matrices[:, :, :d, :d]),
        status=numbers[:, 1].astype(int),
        iterations=numbers[:, 2].astype(int),
        start=numbers[:, 3].astype(int),
        ends=ends,
        effective_rows=effective,
    )


def _checked(
    points: np.ndarray, weights: np.ndarray | None, errors: np.ndarray | None, k: int, starts: int, floor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, int]:
    """(points (a, n, d), weights (b, n), errors (c, n, d, d) or None, m), with a, b, c either 1 or m."""
    points = np.ascontiguousarray(points, dtype=float)
    points = points[None] if points.ndim == 2 else points
    if points.ndim != 3 or points.shape[2] not in (1, 2):
        raise InputError(f"points have the shape {points.shape}; expected (data sets, rows, 1 or 2).")
    n, d = points.shape[1:]
    weights = np.ones((1, n)) if weights is None else np.atleast_2d(np.ascontiguousarray(weights, dtype=float))
    if errors is not None:
        errors = np.ascontiguousarray(errors, dtype=float)
        errors = errors[None] if errors.ndim == 3 else errors
        if errors.shape[1:] != (n, d, d):
            raise InputError(f"errors have the shape {errors.shape}; expected ({n}, {d}, {d}) for each data set.")
    m = max(len(points), len(weights), 1 if errors is None else len(errors)) if len(points) else 0
    if weights.shape[1:] != (n,) or any(len(a) not in (1, m) for a in (points, weights, *([] if errors is None else [errors]))):
        raise InputError(f"{len(points)} data sets of {n} rows do not go with weights of the shape {weights.shape}.")
    if k < 1 or starts < 1 or not floor > 0:
        raise InputError(f"{k} components, {starts} starts and a floor of {floor:g} dex2; each must be above zero.")
    if not (np.isfinite(points).all() and np.isfinite(weights).all() and (weights >= 0).all() and (errors is None or np.isfinite(errors).all())):
        raise InputError("points, weights and errors of a mixture must be finite, and weights not negative.")
    return points, weights, errors, m


def responsibilities(fits: Fits, points: np.ndarray, errors: np.ndarray | None = None) -> np.ndarray:
    """(m, n, k) probabilities of each component for `points` (n, d) or (m, n, d), fitted or not, with their errors (n, d, d)."""
    points = np.asarray(points, dtype=float)
    d = fits.means.shape[2]
    values = points.reshape(-1, *points.shape[-2:])[:, :, None, :] - fits.means[:, None]
    total = fits.covariances[:, None] + (0.0 if errors is None else np.asarray(errors)[..., None, :, :])
    if d == 1:
        log = -0.5 * values[..., 0] ** 2 / total[..., 0, 0] - 0.5 * np.log(total[..., 0, 0])
    else:
        a, b, c = total[..., 0, 0], total[..., 0, 1], total[..., 1, 1]
        det = a * c - b * b
        log = -0.5 * (c * values[..., 0] ** 2 - 2 * b * values[..., 0] * values[..., 1] + a * values[..., 1] ** 2) / det - 0.5 * np.log(det)
    log = log + np.log(fits.weights)[:, None]
    log -= log.max(axis=2, keepdims=True)
    share = np.exp(log)
    return share / share.sum(axis=2, keepdims=True)
