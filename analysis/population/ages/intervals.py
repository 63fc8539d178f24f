"""Slope of an orbit variable on host age when an age belongs to a host: one studentised permutation test and its inversion, and other intervals.

An age is constant over the companions of a host, so least squares over rows needs from each host only its age, its number of rows and the
mean of the response over them. Ages in log10 Gyr; arrays over hosts are (G,).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "METHODS", "Hosts", "by_host", "classical_intervals", "components", "monte_carlo_error", "permutation_interval", "permutation_p", "shuffled",
    "slope_fit", "studentised", "wild_interval",
]

Array = NDArray[np.float64]
LEAST_FREEDOM = 1e-9  # 1 - leverage of a host below which the rows without it leave the slope undetermined
SLACK = 1e-9  # relative; keeps arrangements that tie with the observed one ties in floating point
STEPS, FARTHEST, BISECTIONS = 60, 300.0, 12  # search for the ends of an interval, in jackknife errors of the slope
# Names of the intervals, the primary one first.
METHODS = ("permutation", "permutation_cluster", "wild_bootstrap", "jackknife", "jackknife_satterthwaite", "bell_mccaffrey", "cluster")


@dataclass(frozen=True)
class Hosts:
    """Hosts of known age, in the order of their names: names, ages (log10 Gyr), sizes (rows), means of a response, and within, its
    sum of squares about these means."""

    names: tuple[str, ...]
    ages: Array
    sizes: Array
    means: Array
    within: float

    @property
    def number(self) -> int:
        """Number of hosts."""
        return len(self.names)

    @property
    def several(self) -> NDArray[np.bool_]:
        """Hosts with more than one row, (G,)."""
        return self.sizes > 1


def by_host(rows: pd.DataFrame, response: str, age: str = "log_host_age_gyr") -> Hosts:
    """The hosts of the rows where `response` is known; rows need host_name and an age constant within a host."""
    groups = rows.dropna(subset=[response]).sort_values(["host_name", response], kind="stable").groupby("host_name", sort=True)
    values = groups[response]
    within = float((values.var(ddof=0) * values.size()).sum())
    return Hosts(tuple(groups.groups), groups[age].first().to_numpy(float), values.size().to_numpy(float), values.mean().to_numpy(float), within)


def shuffled(ages: Array, several: NDArray[np.bool_], permutations: int, key: list[int]) -> Array:
    """Ages (1 + permutations, G): as observed, then permuted among the hosts with one row and among those with several.

    Within these two groups, because a mean over several companions scatters less and an age weighs more there: permuted among all hosts the test
    of the real sample is too strict for its own ages, and finds less. More permutations keep the first ones.
    """
    keys = np.random.default_rng(key).random((permutations, len(ages)))
    out = np.tile(ages, (1 + permutations, 1))
    for members in (np.flatnonzero(several), np.flatnonzero(~several)):
        out[1:, members] = ages[members][np.argsort(keys[:, members], axis=1)]
    return out


def _design(ages: Array, sizes: Array) -> tuple[Array, Array, Array]:
    """(centred ages (m, G), their sum of squares (m,), leverage of each host (m, G)); the sum over rows of the projection matrix."""
    centred = ages - (ages @ sizes / sizes.sum())[:, None]
    total = (centred**2) @ sizes
    return centred, total, sizes * (1 / sizes.sum() + centred**2 / np.where(total > 0, total, 1.0)[:, None])


def _squares(centred: Array, total: Array, leverage: Array, power: float) -> Array:
    """(m, G) factors f_g with which the sum over hosts of f_g (host's mean residual)^2 is an estimate of the slope's variance.

    power 0, 1/2, 1: the host's residual as it is (Liang & Zeger 1986, Biometrika 73, 13), or divided by (1 - leverage)^power, the estimates CV2
    and CV3 of Bell & McCaffrey (2002, Survey Methodology 28, 169). Infinite where the slope rests on one host.
    """
    freedom = 1 - leverage
    whole = np.where(freedom > LEAST_FREEDOM, freedom, 1.0) ** (-2 * power)
    factor = centred**2 * whole / np.where(total > 0, total, 1.0)[:, None] ** 2
    return np.where((freedom > LEAST_FREEDOM) | (power == 0), factor, np.inf)


def _scale(hosts: int, rows: float, power: float) -> float:
    """Small-sample factor of each estimate: G/(G-1) (n-1)/(n-2), 1, and (G-1)/G for the jackknife (MacKinnon, Nielsen & Webb 2023)."""
    return {0.0: hosts / (hosts - 1) * (rows - 1) / (rows - 2), 0.5: 1.0, 1.0: (hosts - 1) / hosts}[power]


def studentised(ages: Array, sizes: Array, means: Array, power: float = 1.0) -> Array:
    """|slope| / error (m, s) of every response `means` (s, G) on every row of `ages` (m, G); 0 where the error is infinite.

    The error is the jackknife's over hosts (power 1; CV3 of MacKinnon, Nielsen & Webb 2023, J. Appl. Econometrics 38, 671) or the usual
    cluster-robust one (power 0).
    """
    centred, total, leverage = _design(ages, sizes)
    other = means - (means @ sizes / sizes.sum())[:, None]
    slope = (centred * sizes) @ other.T / np.where(total > 0, total, 1.0)[:, None]
    factor = _squares(centred, total, leverage, power)
    sound = np.isfinite(factor).all(axis=1) & (total > 0)
    factor = np.where(sound[:, None], factor, 0.0) * sizes**2
    squares = factor @ (other**2).T - 2 * slope * ((factor * centred) @ other.T) + slope**2 * (factor * centred**2).sum(axis=1)[:, None]
    size = np.sqrt(_scale(len(sizes), sizes.sum(), power) * np.maximum(squares, 0.0))
    return np.divide(np.abs(slope), size, out=np.zeros_like(slope), where=(size > 0) & sound[:, None])


def slope_fit(hosts: Hosts, power: float = 1.0) -> tuple[float, float]:
    """(slope, error) by least squares over rows; the error as in `studentised`, infinite where the slope rests on one host."""
    centred, total, leverage = _design(hosts.ages[None, :], hosts.sizes)
    other = hosts.means - hosts.means @ hosts.sizes / hosts.sizes.sum()
    slope = float(centred[0] * hosts.sizes @ other / total[0])
    factor = _squares(centred, total, leverage, power)[0]
    if not np.isfinite(factor).all():
        return slope, float("inf")
    residual = hosts.sizes * (other - slope * centred[0])
    return slope, float(np.sqrt(_scale(hosts.number, hosts.sizes.sum(), power) * (factor @ residual**2)))


def permutation_p(statistics: Array) -> Array:
    """Share of arrangements (m, ...), the observed one first, with a statistic as large: exact for any m (Phipson & Smyth 2010)."""
    return np.mean(statistics >= statistics[0] * (1 - SLACK), axis=0)


def monte_carlo_error(p: float, permutations: int) -> float:
    """Standard error of a p-value from this many random permutations."""
    return float(np.sqrt(p * (1 - p) / permutations))


class _Inversion:
    """p-value of every slope b0: the ages permuted against the response minus b0 times the observed age."""

    def __init__(self, hosts: Hosts, arrangements: Array, power: float):
        centred, total, leverage = _design(arrangements, hosts.sizes)
        factor = _squares(centred, total, leverage, power)
        self.sound = np.isfinite(factor).all(axis=1)
        factor = np.where(self.sound[:, None], factor, 0.0) * hosts.sizes**2
        slopes, residuals = [], []
        for values in (hosts.means, hosts.ages):
            other = values - values @ hosts.sizes / hosts.sizes.sum()
            slopes.append((centred * hosts.sizes) @ other / total)
            residuals.append(other - slopes[-1][:, None] * centred)
        self.slopes = slopes
        self.squares = [(factor * first * second).sum(axis=1) for first, second in ((residuals[0],) * 2, residuals, (residuals[1],) * 2)]

    def p(self, slope: Array) -> Array:
        """p-values (k,) of the slopes (k,)."""
        zero, one, two = (square[:, None] for square in self.squares)
        variance = zero - 2 * slope * one + slope**2 * two
        good = self.sound[:, None] & (variance > 0)
        top = (self.slopes[0][:, None] - slope * self.slopes[1][:, None]) ** 2
        return permutation_p(np.divide(top, variance, out=np.zeros_like(variance), where=good))


def permutation_interval(hosts: Hosts, permutations: int, key: list[int], level: float = 0.95, power: float = 1.0) -> tuple[float, float]:
    """The slopes that the studentised permutation test does not reject at 1 - level, with everything between them.

    Exact when the response minus slope times age is exchangeable among hosts with as many rows (one, or several), whatever its distribution. (-inf, inf) where the ages leave the
    slope on one host, or where the test rejects no slope: with few hosts no p-value is small enough.
    """
    slope, error = slope_fit(hosts)
    if not np.isfinite(error):
        return -np.inf, np.inf
    if error == 0:
        return slope, slope
    test = _Inversion(hosts, shuffled(hosts.ages, hosts.several, permutations, key), power)
    offsets = error * np.concatenate([[0.0], np.geomspace(0.02, FARTHEST, STEPS)])
    ends = []
    for sign in (-1.0, 1.0):
        last = int(np.flatnonzero(test.p(slope + sign * offsets) > 1 - level).max(initial=0))
        if last == STEPS:
            ends.append(sign * np.inf)
            continue
        inside, outside = offsets[last], offsets[last + 1]
        for _ in range(BISECTIONS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if test.p(np.array([slope + sign * middle]))[0] > 1 - level else (inside, middle)
        ends.append(slope + sign * outside)
    return float(ends[0]), float(ends[1])


def components(hosts: Hosts) -> tuple[float, float]:
    """(spread between hosts, spread within) of what the regression leaves, by moments (Searle, Casella & McCulloch 1992, section 3.6).

    The spread within is pooled over hosts; the spread between is that of the host means about the line less what the spread within
    explains, at least a tenth of the latter. Units of the response.
    """
    freedom = hosts.sizes.sum() - hosts.number
    within = hosts.within / freedom if freedom > 0 else 0.0
    slope, _ = slope_fit(hosts, 0.0)
    about = hosts.means - slope * hosts.ages
    between = float(np.var(about, ddof=min(2, hosts.number - 1))) - within * float(np.mean(1 / hosts.sizes))
    return float(np.sqrt(max(between, 0.01 * within))), float(np.sqrt(within))


def _satterthwaite(hosts: Hosts, power: float) -> float:
    """Degrees of freedom 2 E(V)^2 / Var(V) of the variance estimate under normal hosts with the spreads of `components`.

    Bell & McCaffrey (2002); Imbens & Kolesar (2016, Rev. Econ. Stat. 98, 701, eq. 11 and section II.C): (sum lambda)^2 / sum lambda^2 over the
    eigenvalues of the quadratic form.
    """
    between, within = components(hosts)
    centred, total, leverage = _design(hosts.ages[None, :], hosts.sizes)
    factor = np.sqrt(_squares(centred, total, leverage, power)[0])
    sizes, x = hosts.sizes, centred[0]
    residual_maker = np.eye(hosts.number) - sizes[None, :] * (1 / sizes.sum() + np.outer(x, x) / total[0])
    form = (factor * sizes)[:, None] * residual_maker * np.sqrt(between**2 + within**2 / sizes)
    values = np.linalg.eigvalsh(form @ form.T)
    return float(values.sum() ** 2 / (values**2).sum())


def classical_intervals(hosts: Hosts, level: float = 0.95) -> dict[str, tuple[float, float]]:
    """Student intervals: cluster and jackknife with G - 1 degrees of freedom, bell_mccaffrey (CV2) and jackknife with Satterthwaite's."""
    from scipy.stats import t as student

    out = {}
    for name, power, matched in (("cluster", 0.0, False), ("jackknife", 1.0, False), ("bell_mccaffrey", 0.5, True), ("jackknife_satterthwaite", 1.0, True)):
        slope, error = slope_fit(hosts, power)
        if not np.isfinite(error):
            out[name] = (-np.inf, np.inf)
            continue
        half = error * float(student.ppf(0.5 + level / 2, _satterthwaite(hosts, power) if matched else hosts.number - 1))
        out[name] = (slope - half, slope + half)
    return out


def wild_interval(hosts: Hosts, resamples: int, key: list[int], level: float = 0.95) -> tuple[float, float]:
    """Symmetric wild cluster bootstrap-t interval (Cameron, Gelbach & Miller 2008, Rev. Econ. Stat. 90, 414), Webb's six-point weights.

    The residuals of a host keep their order and are multiplied by one random weight; errors are the cluster-robust ones.
    """
    slope, error = slope_fit(hosts, 0.0)
    centred = _design(hosts.ages[None, :], hosts.sizes)[0]
    values = np.sqrt([1.5, 1.0, 0.5])
    weights = np.random.default_rng(key).choice(np.concatenate([-values, values]), (resamples, hosts.number))
    residual = (hosts.means - hosts.means @ hosts.sizes / hosts.sizes.sum() - slope * centred[0]) * weights
    t = studentised(hosts.ages[None, :], hosts.sizes, residual, 0.0)[0]
    half = error * float(np.quantile(t, level))
    return slope - half, slope + half
