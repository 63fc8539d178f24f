"""A population of two Gaussian clumps in (log q, log a), fitted conditional on method: the observed two-component mixture as a truth."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analysis.population.em import fit_batch
from analysis.population.gap_test import Case

__all__ = ["TwoClumps", "fit_two_clumps"]


@dataclass(frozen=True)
class TwoClumps:
    """weights (2,), means (2, 2), standard deviations (2, 2) and correlations (2,), components in ascending mean log q; its
    log-likelihood on the scale of forward.fit, the number of parameters, and the population on the grid (nx, ny)."""

    weights: np.ndarray
    means: np.ndarray
    spreads: np.ndarray
    correlations: np.ndarray
    log_likelihood: float
    parameters: int
    density: np.ndarray


def _log_density(parameters: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logarithm of the mixture at x, y: logit of the second weight, then for each clump its means, log spreads (floor 0.05 dex) and atanh of the correlation."""
    logs = []
    for k in (0, 1):
        mx, my, sx, sy, r = parameters[1 + 5 * k : 6 + 5 * k]
        wide, high, rho = 0.05 + np.exp(sx), 0.05 + np.exp(sy), np.tanh(r)
        u, v = (x - mx) / wide, (y - my) / high
        logs.append(-(u**2 - 2 * rho * u * v + v**2) / (2 * (1 - rho**2)) - np.log(wide * high * np.sqrt(1 - rho**2)) - np.logaddexp(0, parameters[0] * (1 - 2 * k)))
    return np.logaddexp(*logs)


def fit_two_clumps(case: Case, starts: int, floor: float, seed: int) -> TwoClumps:
    """Maximum likelihood of two correlated Gaussian clumps given the methods, from the plain mixture of the same rows (11 parameters).

    Spreads and correlations are held within generous bounds, so a clump that wants to fill the plane ends as a wide one.
    """
    model, window = case.model, case.structure.window
    counts = np.bincount(window, minlength=len(model.windows))
    cells = np.meshgrid(model.grid.x, model.grid.y, indexing="ij")
    used = model.detection.max(axis=0) > 1e-6
    x, y, seen = cells[0][used], cells[1][used], model.detection[:, used]

    def loss(parameters: np.ndarray) -> float:
        log_f = _log_density(parameters, x, y)
        top = log_f.max()
        z = np.log(seen @ np.exp(log_f - top)) + top
        return float(counts @ z - _log_density(parameters, case.x[0], case.y[0]).sum())

    plain = fit_batch(np.stack([case.x, case.y], axis=2), 2, starts, floor, seed)
    first = [float(np.log(plain.weights[0, 1] / plain.weights[0, 0]))]
    if not np.isfinite(plain.log_likelihood[0]):  # no two groups among so few rows
        broad = (case.x.std() + 0.1, case.y.std() + 0.1)
        first = [0.0, *(v for s in (-1, 1) for v in (case.x.mean() + s * broad[0], case.y.mean() + s * broad[1], *np.log(broad), 0.0))]
    for k in (0, 1) if len(first) == 1 else ():
        spread = np.sqrt(np.diagonal(plain.covariances[0, k]))
        first += [*plain.means[0, k], *np.log(spread), float(np.arctanh(np.clip(plain.covariances[0, k, 0, 1] / spread.prod(), -0.9, 0.9)))]
    clump = [(-8.0, 1.0), (-4.0, 4.0), (-2.0, 1.1), (-2.0, 1.1), (-1.5, 1.5)]
    found = minimize(loss, first, method="L-BFGS-B", bounds=[(-6.0, 6.0), *clump, *clump], options={"maxiter": 300})
    p = found.x
    order = np.argsort(p[[1, 6]], kind="stable")
    share = 1 / (1 + np.exp(-p[0]))
    parts = p[1:].reshape(2, 5)[order]
    log_f = _log_density(p, *cells)
    return TwoClumps(
        np.array([1 - share, share])[order], parts[:, :2], 0.05 + np.exp(parts[:, 2:4]), np.tanh(parts[:, 4]), -float(found.fun), len(p), np.exp(log_f - log_f.max()),
    )
