"""Is there a desert anywhere between planets and binaries? A valley in the density of companions, of unknown place, width and depth.

All densities are of one family, log-normal + power law. A desert is a valley in which the density falls below half of that of both sides
(`valley_depth`). Statistic: logarithm of the mean likelihood of the densities of the prior that have one over that of those that have none. Its
null distribution comes from catalogues simulated from the likeliest of the densities without one, with the methods, orbits, hosts and errors of the
real rows (parametric bootstrap, Davison & Hinkley 1997, section 4.2.3). That density lies at the edge of the hypothesis, with the deepest valley it allows
or a shelf, where a desert is most easily claimed; from a mean of the densities without one the test would err two or three times too often. One-sided.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from analysis.config import DesertConfig
from analysis.population.desert.likelihood import pointwise, simulated_values
from analysis.population.desert.models import dip_profile, families, prior_points, valleys
from analysis.population.desert.rows import DesertCase, cell_weights

__all__ = ["Table", "Verdict", "bootstrap_p", "judged", "likeliest_of_depth", "null_statistics", "quantiles", "sharp_desert", "table_of"]


@dataclass(frozen=True)
class Table:
    """Even points of the prior: their densities (s, nx), each of mean one, the depths (s,) and places (s,) of their valleys, and which count as deserts (s,)."""

    density: np.ndarray
    depth: np.ndarray
    place: np.ndarray
    desert: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """Of one catalogue: the statistic, depth (dex) and place of the valley (median, 2.5 and 97.5 %; the place of those that have one), posterior
    probability of a desert, effective number of points, the likeliest density without a desert (nx,), and the mean of all (nx,)."""

    statistic: float
    depth: tuple[float, float, float]
    place: tuple[float, float, float]
    probability: float
    effective: float
    null_density: np.ndarray
    mean_density: np.ndarray


def table_of(case: DesertCase, config: DesertConfig, points: int) -> Table:
    """The family's densities on the cells of `case`."""
    family = families(config, float(case.x_edges[0]), float(case.x_edges[-1]))["lognormal_power"]
    density = family.density(prior_points(family, points, config.seed), case.centres)
    density /= density.mean(axis=1, keepdims=True)
    depth, place = valleys(density, case.centres)
    return Table(density, depth, place, depth > config.valley_depth)


def quantiles(values: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    """Weighted median, 2.5 and 97.5 % points; NaN without weight."""
    if not weights.sum() > 0:
        return (np.nan,) * 3
    order = np.argsort(values, kind="stable")
    rank = weights[order].cumsum() / weights.sum()
    at = np.minimum(np.searchsorted(rank, [0.5, 0.025, 0.975]), len(order) - 1)
    middle, low, high = values[order][at]
    return float(middle), float(low), float(high)


def _statistic(values: np.ndarray, desert: np.ndarray) -> np.ndarray:
    """Log ratio (b,) of mean likelihoods with and without a desert, from log-likelihoods (s, b)."""
    with_desert, without = logsumexp(values[desert], axis=0), logsumexp(values[~desert], axis=0)
    return with_desert - without - np.log(desert.sum() / (~desert).sum())


def judged(case: DesertCase, table: Table, selected: bool = True) -> Verdict:
    """Statistic and posterior of one catalogue."""
    values = pointwise(table.density, case, selected).sum(axis=1)
    weights = np.exp(values - logsumexp(values))
    known = np.isfinite(table.place)
    likeliest = int(np.where(table.desert, -np.inf, values).argmax())
    return Verdict(
        float(_statistic(values[:, None], table.desert)[0]), quantiles(table.depth, weights), quantiles(table.place[known], weights[known]),
        float(weights[table.desert].sum()), float(1 / (weights**2).sum()), table.density[likeliest], weights @ table.density,
    )


def likeliest_of_depth(case: DesertCase, table: Table, depth: float) -> np.ndarray:
    """Of the table's densities whose valley is within a tenth of `depth` (dex), the likeliest (nx,): the declared alternative."""
    near = np.abs(table.depth - depth) < 0.1 * depth
    return table.density[near][pointwise(table.density[near], case).sum(axis=1).argmax()]


def sharp_desert(case: DesertCase, density: np.ndarray, config: DesertConfig) -> np.ndarray:
    """`density` (nx,) of mass ratios, `alternative_depth` lower between the edges of `ratio_desert`: outside the family of the test."""
    inside = dip_profile(case.centres, *np.log10(config.ratio_desert), config.dip_edge)
    return density * (1 - (1 - 10**-config.alternative_depth) * inside)


def null_statistics(case: DesertCase, table: Table, density: np.ndarray, keys: list[list[int]], selected: bool = True) -> np.ndarray:
    """The statistic (b,) of catalogues simulated from `density` (nx,), one for each random key."""
    normal = np.log(np.maximum(table.density @ case.exposure.T * case.step, 1e-300)).sum(axis=1)
    values = np.empty((len(table.density), len(keys)))
    for b, key in enumerate(keys):
        weights = cell_weights(simulated_values(density, case, np.random.default_rng(key)), case.sigma_x, case.x_edges)
        numerator = weights * case.exposure if selected else weights
        values[:, b] = np.log(np.maximum(table.density @ numerator.T, 1e-300)).sum(axis=1) - normal
    return _statistic(values, table.desert)


def bootstrap_p(statistics: np.ndarray, observed: float) -> float:
    """Share of simulated statistics at least as large, the observed one counted among them."""
    return float((1 + np.sum(statistics >= observed)) / (1 + len(statistics)))
