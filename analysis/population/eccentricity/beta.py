"""Beta distributions of eccentricity: maximum likelihood in (ln alpha, ln beta), also for intervals, with profile intervals.

Kipping (2013, MNRAS 434, L51) argues for the Beta distribution of eccentricities; p(e) = e^(alpha-1) (1-e)^(beta-1) / B(alpha, beta).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

__all__ = ["PUBLISHED", "BetaFit", "beta_log_likelihood", "beta_mle", "fit_beta", "moved_inside"]

# (alpha, beta, what, reference)
PUBLISHED = {
    "Kipping 2013": (0.867, 3.03, "radial-velocity planets"),
    "Kipping 2013, short periods": (0.697, 3.27, "radial-velocity planets of short period"),
    "Do Ó et al. 2023": (1.09, 1.42, "imaged substellar companions"),
    "Bowler et al. 2020": (2.30, 1.65, "imaged brown dwarfs"),
}
LOG_BOUND = 12.0  # |ln alpha|, |ln beta| beyond this means that the likelihood has no maximum


@dataclass(frozen=True)
class BetaFit:
    """Maximum-likelihood Beta(alpha, beta) of n values, `censored` of them intervals.

    se_log_alpha and se_log_beta come from the observed information; alpha_68, alpha_95, ... are profile-likelihood
    intervals (an open side is NaN). `reason` says why alpha is NaN; `converged` that the gradient vanishes at the maximum.
    """

    n: int
    censored: int
    alpha: float = float("nan")
    beta: float = float("nan")
    log_likelihood: float = float("nan")
    se_log_alpha: float = float("nan")
    se_log_beta: float = float("nan")
    alpha_68: tuple[float, float] = (float("nan"), float("nan"))
    beta_68: tuple[float, float] = (float("nan"), float("nan"))
    alpha_95: tuple[float, float] = (float("nan"), float("nan"))
    beta_95: tuple[float, float] = (float("nan"), float("nan"))
    converged: bool = False
    reason: str | None = None

    @property
    def mean(self) -> float:
        """Mean eccentricity alpha / (alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)


def moved_inside(e: np.ndarray, edge: float) -> np.ndarray:
    """`e` moved into [edge, 1 - edge]: the density is zero or infinite at 0 and 1 and the likelihood has no maximum there."""
    return np.clip(np.asarray(e, dtype=float), edge, 1 - edge)


def beta_mle(mean_log: np.ndarray, mean_log1m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(alpha, beta, converged) that solve psi(alpha) - psi(alpha + beta) = <ln e>, psi(beta) - psi(alpha + beta) = <ln(1 - e)>.

    Arrays of any one shape; each element is one sample, whose two means are sufficient. Fisher scoring in (ln alpha,
    ln beta), steps of at most one. Not converged (NaN) where all values of the sample are equal, or there are none.
    """
    g, h = np.broadcast_arrays(np.asarray(mean_log, dtype=float), np.asarray(mean_log1m, dtype=float))
    u, v = np.zeros(g.shape), np.zeros(g.shape)
    residual = np.full(g.shape, np.inf)
    for _ in range(200):
        a, b = np.exp(u), np.exp(v)
        both = special.digamma(a + b)
        score_a, score_b = a * (g - special.digamma(a) + both), b * (h - special.digamma(b) + both)
        residual = np.maximum(np.abs(score_a), np.abs(score_b))
        if not np.any((residual > 1e-11) & np.isfinite(residual)):
            break
        cross = special.polygamma(1, a + b)
        iaa, ibb, iab = a * a * (special.polygamma(1, a) - cross), b * b * (special.polygamma(1, b) - cross), -a * b * cross
        determinant = iaa * ibb - iab * iab
        with np.errstate(invalid="ignore", divide="ignore"):
            du, dv = (ibb * score_a - iab * score_b) / determinant, (iaa * score_b - iab * score_a) / determinant
            shrink = np.maximum(1.0, np.maximum(np.abs(du), np.abs(dv)))
        u, v = np.clip(u + du / shrink, -30, 30), np.clip(v + dv / shrink, -30, 30)
    good = (residual < 1e-8) & (np.abs(u) < LOG_BOUND) & (np.abs(v) < LOG_BOUND)
    return np.where(good, np.exp(u), np.nan), np.where(good, np.exp(v), np.nan), good


def beta_log_likelihood(alpha: float, beta: float, low: np.ndarray, high: np.ndarray) -> float:
    """ln L of values known to lie in [low, high] (n,): the density where low = high, the probability of the interval elsewhere."""
    exact = low == high
    total = float(np.sum(stats.beta.logpdf(low[exact], alpha, beta)))
    if not exact.all():
        mass = special.betainc(alpha, beta, high[~exact]) - special.betainc(alpha, beta, low[~exact])
        total += float(np.sum(np.log(np.maximum(mass, 1e-300))))
    return total


def fit_beta(low: np.ndarray, high: np.ndarray, min_rows: int, intervals: bool = True) -> BetaFit:
    """Beta distribution of values in [low, high] (n,), exact where the two are equal (then inside (0, 1)).

    Direct maximisation of the censored likelihood has the fixed point of the EM algorithm (Dempster, Laird & Rubin 1977)
    that replaces ln e and ln(1 - e) by their expectations over each interval. With `intervals` False the profile intervals
    are left NaN.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    n, censored = len(low), int(np.sum(low != high))
    if n < min_rows:
        return BetaFit(n, censored, reason=f"{n} rows; a Beta fit needs at least {min_rows}")
    if len(np.unique(low[low == high])) < 2:
        return BetaFit(n, censored, reason="fewer than two different measured values")
    middle = moved_inside((low + high) / 2, 1e-3)
    alpha, beta, _ = beta_mle(np.mean(np.log(middle)), np.mean(np.log1p(-middle)))

    def cost(theta: np.ndarray) -> float:
        if np.max(np.abs(theta)) > LOG_BOUND:
            return 1e6 * float(np.max(np.abs(theta)))
        return -_log_likelihood(theta, parts)

    parts = _parts(low, high)
    theta = np.log([float(alpha), float(beta)]) if np.isfinite(alpha) else np.zeros(2)
    if censored:
        theta = optimize.minimize(cost, theta, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000}).x
    else:
        a, b, _ = beta_mle(np.mean(np.log(low)), np.mean(np.log1p(-low)))
        theta = np.log([float(a), float(b)])
    if not np.all(np.isfinite(theta)) or np.max(np.abs(theta)) > LOG_BOUND - 0.1:
        return BetaFit(n, censored, reason="the likelihood has no maximum")
    gradient, hessian = _derivatives(cost, theta)
    converged = bool(np.max(np.abs(gradient)) < 1e-3 * max(1.0, np.sqrt(n)) and np.all(np.linalg.eigvalsh(hessian) > 0))
    errors = np.sqrt(np.diag(np.linalg.inv(hessian))) if converged else np.full(2, np.nan)
    best = cost(theta)
    open_interval = (float("nan"), float("nan"))
    bounds = {
        (i, level): _profile_interval(cost, theta, best, i, level, errors[i]) if intervals and converged else open_interval
        for i in (0, 1)
        for level in (0.68, 0.95)
    }
    return BetaFit(
        n,
        censored,
        float(np.exp(theta[0])),
        float(np.exp(theta[1])),
        -best,
        float(errors[0]),
        float(errors[1]),
        bounds[0, 0.68],
        bounds[1, 0.68],
        bounds[0, 0.95],
        bounds[1, 0.95],
        converged,
        None if converged else "the optimiser did not converge",
    )


def _parts(low: np.ndarray, high: np.ndarray) -> tuple[int, float, float, np.ndarray, np.ndarray]:
    exact = low == high
    return int(exact.sum()), float(np.sum(np.log(low[exact]))), float(np.sum(np.log1p(-low[exact]))), low[~exact], high[~exact]


def _log_likelihood(theta: np.ndarray, parts: tuple[int, float, float, np.ndarray, np.ndarray]) -> float:
    """beta_log_likelihood from the sufficient sums of the exact values, for speed inside the optimiser."""
    alpha, beta = np.exp(theta)
    count, sum_log, sum_log1m, low, high = parts
    total = (alpha - 1) * sum_log + (beta - 1) * sum_log1m - count * special.betaln(alpha, beta)
    if len(low):
        mass = special.betainc(alpha, beta, high) - special.betainc(alpha, beta, low)
        total += np.sum(np.log(np.maximum(mass, 1e-300)))
    return float(total)


def _derivatives(cost: Callable[[np.ndarray], float], theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central-difference gradient (2,) and Hessian (2, 2)."""
    step = 1e-3
    unit = np.eye(2) * step
    gradient = np.array([(cost(theta + d) - cost(theta - d)) / (2 * step) for d in unit])
    hessian = np.array(
        [[(cost(theta + a + b) - cost(theta + a - b) - cost(theta - a + b) + cost(theta - a - b)) / (4 * step**2) for b in unit] for a in unit]
    )
    return gradient, hessian


def _profile_interval(
    cost: Callable[[np.ndarray], float],
    theta: np.ndarray,
    best: float,
    index: int,
    level: float,
    error: float,
) -> tuple[float, float]:
    """Ends of the interval where the profile likelihood of exp(theta[index]) stays within chi2(1)/2 of its maximum."""
    drop = stats.chi2.ppf(level, 1) / 2

    def excess(value: float) -> float:
        def inner(other: float) -> float:
            point = np.empty(2)
            point[index], point[1 - index] = value, other
            return cost(point)

        found = optimize.minimize_scalar(inner, bracket=(theta[1 - index] - 0.3, theta[1 - index] + 0.3), options={"xtol": 1e-6})
        return float(found.fun) - best - drop

    ends = []
    for sign in (-1, 1):
        inside = outside = float(theta[index])
        while abs(outside) < LOG_BOUND - 1:
            outside = inside + sign * error
            if excess(outside) > 0:
                ends.append(float(np.exp(optimize.brentq(excess, *sorted((inside, outside)), xtol=1e-4))))
                break
            inside = outside
        else:
            ends.append(float("nan"))
    return ends[0], ends[1]
