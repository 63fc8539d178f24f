"""A population of two Gaussian clumps in (log q, log a), fitted conditional on method: the observed two-component mixture as a truth."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analysis.population.mixture.em import fit_batch
from analysis.population.selection.gap import Case

__all__ = ["TwoClumps", "clump_ratio", "deepest_valley", "fit_two_clumps"]

FLOOR = 0.05  # dex, narrowest clump


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


def _log_density(parameters: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the mixture at x, y (n,) and its derivatives (11, n).

    The parameters are the logit of the second weight, then for each clump its means, log spreads (above FLOOR) and
    atanh of the correlation.
    """
    logs, slopes = [], []
    for k in (0, 1):
        mx, my, sx, sy, r = parameters[1 + 5 * k : 6 + 5 * k]
        wide, high, rho = FLOOR + np.exp(sx), FLOOR + np.exp(sy), np.tanh(r)
        u, v, rest = (x - mx) / wide, (y - my) / high, 1 - rho**2
        form = u**2 - 2 * rho * u * v + v**2
        logs.append(-form / (2 * rest) - np.log(wide * high * np.sqrt(rest)) - np.logaddexp(0, parameters[0] * (1 - 2 * k)))
        du, dv = (u - rho * v) / rest, (v - rho * u) / rest
        slopes.append((du / wide, dv / high, (u * du - 1) * (1 - FLOOR / wide), (v * dv - 1) * (1 - FLOOR / high), u * v - rho * form / rest + rho))
    total = np.logaddexp(*logs)
    share = np.exp(logs[1] - total)
    second = 1 / (1 + np.exp(-parameters[0]))
    return total, np.stack([share - second, *(s * (1 - share) for s in slopes[0]), *(s * share for s in slopes[1])])


def clump_ratio(case: Case, clumps: TwoClumps) -> float:
    """Twice the log-likelihood of two clumps over that of the single population; the families are not nested, so it may be negative."""
    return 2 * (clumps.log_likelihood - float(case.null.log_likelihood[0]))


def deepest_valley(density: np.ndarray) -> float:
    """Depth (dex, not negative) of the deepest valley along log q at any axis of `density` (nx, ny): below the lower of the two tops beside it.

    Zero where the density is unimodal or monotone in log q at every axis: then no axis separates two populations.
    """
    log = np.log10(np.maximum(density, 1e-300))
    left, right = np.maximum.accumulate(log, axis=0), np.maximum.accumulate(log[::-1], axis=0)[::-1]
    return float((np.minimum(left, right) - log).max())


def fit_two_clumps(case: Case, starts: int, floor: float, seed: int) -> TwoClumps:
    """Maximum likelihood of two correlated Gaussian clumps given the methods, from the plain mixture of the same rows (11 parameters).

    Spreads and correlations are held within generous bounds, so a clump that wants to fill the plane ends as a wide one.
    """
    model, window = case.model, case.structure.window
    counts = np.bincount(window, minlength=len(model.windows))
    cells = np.meshgrid(model.grid.x, model.grid.y, indexing="ij")
    used = model.detection.max(axis=0) > 1e-6
    x, y, seen = cells[0][used], cells[1][used], model.detection[:, used]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        log_f, slope = _log_density(parameters, x, y)
        found = seen * np.exp(log_f - log_f.max())
        z = found.sum(axis=1)
        rows, row_slope = _log_density(parameters, case.x[0], case.y[0])
        return float(counts @ (np.log(z) + log_f.max()) - rows.sum()), slope @ (counts / z @ found) - row_slope.sum(axis=1)

    plain = fit_batch(np.stack([case.x, case.y], axis=2), 2, starts, floor, seed)
    first = [float(np.log(plain.weights[0, 1] / plain.weights[0, 0]))]
    if not np.isfinite(plain.log_likelihood[0]):  # no two groups among so few rows
        broad = (case.x.std() + 0.1, case.y.std() + 0.1)
        first = [0.0, *(v for s in (-1, 1) for v in (case.x.mean() + s * broad[0], case.y.mean() + s * broad[1], *np.log(broad), 0.0))]
    for k in (0, 1) if len(first) == 1 else ():
        spread = np.sqrt(np.diagonal(plain.covariances[0, k]))
        first += [*plain.means[0, k], *np.log(spread), float(np.arctanh(np.clip(plain.covariances[0, k, 0, 1] / spread.prod(), -0.9, 0.9)))]
    clump = [(-8.0, 1.0), (-4.0, 4.0), (-2.0, 1.1), (-2.0, 1.1), (-1.5, 1.5)]
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=[(-6.0, 6.0), *clump, *clump], options={"maxiter": 300})
    p = found.x
    order = np.argsort(p[[1, 6]], kind="stable")
    share = 1 / (1 + np.exp(-p[0]))
    parts = p[1:].reshape(2, 5)[order]
    log_f = _log_density(p, cells[0].ravel(), cells[1].ravel())[0].reshape(cells[0].shape)
    return TwoClumps(
        np.array([1 - share, share])[order], parts[:, :2], FLOOR + np.exp(parts[:, 2:4]), np.tanh(parts[:, 4]), -float(found.fun), len(p), np.exp(log_f - log_f.max()),
    )
