"""Occurrence as a product of factors that are known as distributions: draws, the product, and which factor's width dominates.

The logarithm of a product of independent factors has the sum of their variances, so each factor owns a share of the total.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.errors import InputError
from analysis.migration.occurrence.perturbers import beta_parameters, effective_number

__all__ = [
    "KINDS", "Factor", "covered_share", "draw", "gamma_parameters", "mixture", "product", "quantile", "ratio_share", "share_factor",
    "variance_shares",
]

KINDS = ("beta", "gamma", "log_uniform", "log_normal", "value", "mixture")


@dataclass(frozen=True)
class Factor:
    """One factor: beta (a, b); gamma (shape, scale); log_uniform (low, high); log_normal (median, spread in dex); value (x, x).

    A mixture takes its `parts` for equally likely and has no parameters of its own.
    """

    name: str
    kind: str
    parameters: tuple[float, float]
    meaning: str = ""
    source: str = ""
    parts: tuple["Factor", ...] = ()


def mixture(name: str, parts: list[Factor], meaning: str, source: str) -> Factor:
    """The factor itself when there is one part, else a mixture of all with equal weight. Raises InputError without parts."""
    if not parts:
        raise InputError(f"factor {name} has no distribution; expected at least one.")
    if len(parts) == 1:
        return replace(parts[0], name=name, meaning=meaning, source=source)
    return Factor(name, "mixture", (np.nan, np.nan), meaning, source, tuple(parts))


def gamma_parameters(mean: float, error: float) -> tuple[float, float]:
    """(shape, scale) of the Gamma distribution with this mean and standard deviation: a rate above 0 from few counts."""
    if not (mean > 0 and error > 0):
        raise InputError(f"[occurrence] a measured rate is {mean:g} with error {error:g}; expected both above 0.")
    return (mean / error) ** 2, error**2 / mean


def _frozen(factor: Factor):
    first, second = factor.parameters
    if factor.kind == "beta":
        return stats.beta(first, second)
    if factor.kind == "gamma":
        return stats.gamma(first, scale=second)
    if factor.kind == "log_uniform" and 0 < first < second:
        return stats.loguniform(first, second)
    if factor.kind == "log_normal":
        return stats.lognorm(second * np.log(10), scale=first)
    return None


def quantile(factor: Factor, share) -> np.ndarray:
    """Quantiles of a factor, but not of a mixture. Raises InputError for another kind or an empty bracket."""
    first, second = factor.parameters
    share = np.asarray(share, dtype=float)
    if factor.kind == "value" or (factor.kind == "log_uniform" and first == second > 0):
        return np.full(share.shape, float(first))
    found = _frozen(factor)
    if found is None:
        raise InputError(f"factor {factor.name}: no {factor.kind} distribution from {first:g} and {second:g}; expected one of {', '.join(KINDS)}.")
    return found.ppf(share)


def draw(factor: Factor, draws: int, seed: int, stream: int) -> np.ndarray:
    """`draws` values of a factor from its own stream of random numbers, so that other factors cannot change them.

    The unit interval is stratified into `draws` cells, one value each in random order: quantiles of a factor are exact to 1/draws. The parts of
    a mixture get equal numbers of draws, one more for the first where they do not divide.
    """
    generator = np.random.default_rng([seed, stream])
    if factor.kind != "mixture":
        return quantile(factor, (generator.permutation(draws) + generator.random(draws)) / draws)
    out, order = np.empty(draws), generator.permutation(draws)
    for number, part in enumerate(factor.parts):
        chosen = order[number :: len(factor.parts)]
        out[chosen] = quantile(part, (generator.permutation(chosen.size) + generator.random(chosen.size)) / max(chosen.size, 1))
    return out


def product(columns: list[np.ndarray]) -> np.ndarray:
    """Product of columns of draws, each (draws,)."""
    return np.prod(np.stack(columns), axis=0)


def variance_shares(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(variance of log10 of each column, its share of the sum); zeros for columns that do not vary. Columns must be positive."""
    variance = np.array([np.log10(column).var() for column in columns])
    return variance, variance / variance.sum() if variance.sum() > 0 else np.zeros_like(variance)


def covered_share(name: str, weight, meaning: str = "", source: str = "") -> Factor:
    """The mean of weights density / drawn density as a factor: the share of a prior that the draws cover, a Beta with the error of the mean.

    Raises InputError without draws, or when the mean exceeds 1 by more than its error allows.
    """
    weight = np.asarray(weight, dtype=float)
    if weight.size == 0:
        raise InputError("a share cannot be counted without systems; the ensemble is empty.")
    mean, error = float(weight.mean()), float(weight.std() / np.sqrt(weight.size))
    if mean > 1 + 5 * error + 1e-9:
        raise InputError(f"weights give a share of {mean:g}; expected at most 1, so they do not belong to these draws.")
    if not 0 < mean < 1 or error == 0:
        return Factor(name, "value", (min(mean, 1.0),) * 2, meaning, source)
    return Factor(name, "beta", beta_parameters(mean, error), meaning, source)


def ratio_share(weight, event) -> tuple[float, float]:
    """Beta parameters of sum(weight * event) / sum(weight): the share of an event among the weighted systems.

    The number of trials is the one whose binomial error equals that of the ratio, and at most the effective number of systems, so that a
    single system of small weight does not pass for a precise share. Raises InputError without weight.
    """
    weight, event = (np.asarray(v, dtype=float) for v in (weight, event))
    total = float(weight.sum())
    if not total > 0:
        raise InputError("a share cannot be counted among systems without weight.")
    share = float((weight * event).sum()) / total
    effective = effective_number(weight)
    variance = float((weight**2 * (event - share) ** 2).sum()) / total**2
    trials = min(share * (1 - share) / variance, effective) if variance > 0 else effective
    return share * trials + 0.5, (1 - share) * trials + 0.5


def share_factor(name: str, mean_error: tuple[float, float], meaning: str, source: str) -> Factor:
    """A Beta factor from a mean and its error."""
    return Factor(name, "beta", beta_parameters(*mean_error), meaning, source)
