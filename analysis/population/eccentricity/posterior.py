"""Posterior and profile likelihood of the Beta distributions on their grid: means, parameters, and the difference of two means."""

from dataclasses import dataclass

import numpy as np
from scipy import interpolate, special, stats

from analysis.population.eccentricity.likelihood import LOG_CONCENTRATION, LOGIT_MEAN, BetaGrid

__all__ = ["MEANS", "Curves", "Difference", "best", "curves", "difference", "evidence", "parameter_intervals", "posterior_means", "tail_interval"]

MEANS = np.linspace(0, 1, 401)[1:-1]  # mean eccentricities at which curves of one subset are read
STEP = MEANS[1] - MEANS[0]


@dataclass(frozen=True)
class Curves:
    """One subset as a function of its mean e, both (399,) on MEANS.

    profile: ln of the likelihood maximised over the concentration. density: posterior, normalised to a sum of one.
    """

    profile: np.ndarray
    density: np.ndarray


@dataclass(frozen=True)
class Difference:
    """Difference of two means: posterior median and interval, maximum of the profile and its interval, and P(difference > 0)."""

    median: float
    low: float
    high: float
    profile_estimate: float
    profile_low: float
    profile_high: float
    share_positive: float


def _vertex(left: np.ndarray, centre: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(offset in steps, height) of the maximum of the parabola through three equally spaced values whose middle one is the largest."""
    curvature = left - 2 * centre + right
    offset = np.where(curvature < 0, 0.5 * (left - right) / np.where(curvature < 0, curvature, -1.0), 0.0)
    return offset, centre - 0.25 * (left - right) * offset


def curves(total: np.ndarray, grid: BetaGrid) -> Curves:
    """Profile and posterior density over the mean from the log likelihood `total` (g,) of a subset; no rows (zeros) give the prior."""
    table = grid.shaped(total)
    row, top = np.arange(len(table)), np.clip(np.argmax(table, axis=1), 1, table.shape[1] - 2)
    _, height = _vertex(table[row, top - 1], table[row, top], table[row, top + 1])
    profile = np.where(np.argmax(table, axis=1) == top, height, table.max(axis=1))
    marginal = special.logsumexp(grid.shaped(total + grid.log_prior), axis=1) - np.log(grid.mean * (1 - grid.mean))
    at = np.clip(special.logit(MEANS), LOGIT_MEAN[0], LOGIT_MEAN[-1])
    profile, marginal = interpolate.CubicSpline(LOGIT_MEAN, np.array([profile, marginal]), axis=1)(at)
    density = np.exp(marginal - marginal.max())
    return Curves(profile, density / density.sum())


def tail_interval(x: np.ndarray, mass: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """(median, low, high): quantiles of a density given by the masses (n,) of cells centred on equally spaced x (n,)."""
    edges = np.append(x - (x[1] - x[0]) / 2, x[-1] + (x[1] - x[0]) / 2)
    share = np.append(0.0, np.cumsum(mass) / mass.sum())
    median, low, high = np.interp([0.5, (1 - level) / 2, (1 + level) / 2], share, edges)
    return float(median), float(low), float(high)


def difference(high: Curves, low: Curves, level: float = 0.95) -> Difference:
    """Mean of `high` minus mean of `low`: equal-tailed posterior interval and profile-likelihood interval (chi-square with one degree)."""
    n = len(MEANS)
    x = STEP * np.arange(-(n - 1), n)
    mass = np.convolve(high.density, low.density[::-1])
    median, start, end = tail_interval(x, mass, level)
    padded = np.full((n, 3 * n - 2), -np.inf)
    padded[:, n - 1 : 2 * n - 1] = high.profile
    rows, shifts = np.arange(n)[:, None], np.arange(2 * n - 1)[None, :]
    joint = np.max(padded[rows, shifts + rows] + low.profile[:, None], axis=0)  # at shift s the high mean exceeds the low one by x[s]
    height = joint - joint.max() + stats.chi2.ppf(level, 1) / 2
    inside = np.flatnonzero(height >= 0)
    ends = [
        float(x[i]) if not 0 <= i + step < len(x) else float(x[i] + step * STEP * height[i] / (height[i] - height[i + step]))
        for i, step in ((inside[0], -1), (inside[-1], 1))
    ]
    return Difference(
        median=median,
        low=start,
        high=end,
        profile_estimate=float(x[np.argmax(joint)]),
        profile_low=ends[0],
        profile_high=ends[1],
        share_positive=float((mass[x > STEP / 2].sum() + mass[np.abs(x) < STEP / 2].sum() / 2) / mass.sum()),
    )


def evidence(total: np.ndarray, grid: BetaGrid) -> np.ndarray:
    """ln of the likelihood averaged over the prior, (...,), of log likelihoods (..., g)."""
    return special.logsumexp(total + grid.log_prior, axis=-1)


def posterior_means(total: np.ndarray, grid: BetaGrid) -> np.ndarray:
    """Posterior expectation of the mean e, (...,), of log likelihoods (..., g)."""
    weight = total + grid.log_prior
    weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
    return weight @ np.repeat(grid.mean, len(grid.concentration)) / weight.sum(axis=-1)


def best(total: np.ndarray, grid: BetaGrid) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(mean, concentration, ln L, found), each (...,): the maximum on the grid, refined by a parabola along either axis.

    found is False where the maximum lies on the edge of the grid, so that the likelihood has none within it.
    """
    table = grid.shaped(np.atleast_2d(total))
    k, (m, c) = np.arange(len(table)), np.unravel_index(table.reshape(len(table), -1).argmax(axis=1), table.shape[1:])
    found = (m > 0) & (m < table.shape[1] - 1) & (c > 0) & (c < table.shape[2] - 1)
    i, j = np.clip(m, 1, table.shape[1] - 2), np.clip(c, 1, table.shape[2] - 2)
    centre = table[k, i, j]
    across, top = _vertex(table[k, i - 1, j], centre, table[k, i + 1, j])
    along, other = _vertex(table[k, i, j - 1], centre, table[k, i, j + 1])
    mean = special.expit(np.where(found, LOGIT_MEAN[i] + across * (LOGIT_MEAN[1] - LOGIT_MEAN[0]), LOGIT_MEAN[m]))
    concentration = np.exp(np.where(found, LOG_CONCENTRATION[j] + along * (LOG_CONCENTRATION[1] - LOG_CONCENTRATION[0]), LOG_CONCENTRATION[c]))
    value = np.where(found, top + other - centre, table[k, m, c])
    shape = np.shape(total)[:-1]
    return mean.reshape(shape), concentration.reshape(shape), value.reshape(shape), found.reshape(shape)


def parameter_intervals(total: np.ndarray, grid: BetaGrid, level: float = 0.95) -> dict[str, tuple[float, float, float]]:
    """{name: (posterior median, low, high)} of mean, concentration, alpha and beta: equal-tailed quantiles of the posterior on the grid."""
    weight = np.exp(total + grid.log_prior - np.max(total + grid.log_prior))
    result = {}
    for name, values in (
        ("mean", np.repeat(grid.mean, len(grid.concentration))),
        ("concentration", np.tile(grid.concentration, len(grid.mean))),
        ("alpha", grid.alpha),
        ("beta", grid.beta),
    ):
        found, where = np.unique(np.round(np.log(values), 9), return_inverse=True)
        mass = np.bincount(where, weight)
        share = (np.cumsum(mass) - mass / 2) / mass.sum()
        median, low, high = np.exp(np.interp([0.5, (1 - level) / 2, (1 + level) / 2], share, found))
        result[name] = (float(median), float(low), float(high))
    return result
