"""Matched comparisons of eccentricities: strata that hold both classes, and pairs of nearest orbit size or host mass.

Pairs use every companion and every host once. The effect of k pairs is the mean of the paired differences; its p permutes their signs (exact),
and its interval are the typical values of Hartigan (1969, JASA 64, 1303): the means of all non-empty subsets of the differences cut the line into
2^k intervals, each of which holds the centre of symmetry with the same probability.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

__all__ = ["Pairs", "nearest_pairs", "paired_effect", "with_both_classes"]

LARGEST_ENUMERATION = 12  # pairs up to which all 2^k signs are listed


@dataclass(frozen=True)
class Pairs:
    """k pairs: indices of the rows high (k,) and low (k,), and their distance (k,) in the units of the matching variable."""

    high: np.ndarray
    low: np.ndarray
    distance: np.ndarray


def with_both_classes(high: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """(n,) bool: rows in a stratum in which there are high-q and low-q rows."""
    return np.array([high[strata == s].any() and not high[strata == s].all() for s in strata], dtype=bool)


def nearest_pairs(x: np.ndarray, high: np.ndarray, hosts: np.ndarray, caliper: float) -> Pairs:
    """The most pairs of a high-q and a low-q row with |difference of x| <= caliper, and among those the least sum of distances.

    x (n,), rows with NaN are left out; a host takes part once on either side, with its nearest row (optimal assignment, Kuhn 1955).
    """
    usable = np.isfinite(x)
    sides = [
        [np.flatnonzero(usable & (high == flag) & (hosts == host)) for host in np.unique(hosts[usable & (high == flag)])] for flag in (True, False)
    ]
    if not all(sides):
        return Pairs(*(np.array([], dtype=int) for _ in range(2)), np.array([]))
    distance, members = np.full((len(sides[0]), len(sides[1])), np.inf), {}
    for i, upper in enumerate(sides[0]):
        for j, lower in enumerate(sides[1]):
            gaps = np.abs(x[upper][:, None] - x[lower][None, :])
            a, b = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
            distance[i, j], members[i, j] = gaps[a, b], (upper[a], lower[b])
    allowed = distance <= caliper
    penalty = 1.0 + min(distance.shape) * float(distance[allowed].max(initial=0.0))
    chosen = [(i, j) for i, j in zip(*optimize.linear_sum_assignment(np.where(allowed, distance, penalty)), strict=True) if allowed[i, j]]
    pairs = np.array([members[pair] for pair in chosen], dtype=int).reshape(-1, 2)
    return Pairs(pairs[:, 0], pairs[:, 1], np.array([distance[pair] for pair in chosen]))


def paired_effect(differences: np.ndarray, draws: int, rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    """(mean, low, high, p, Monte-Carlo error of p) of paired differences (k,); NaN ends where k < 6 allows no 95 % interval."""
    k = len(differences)
    if k == 0:
        return (float("nan"),) * 5
    mean = float(np.mean(differences))
    if k <= LARGEST_ENUMERATION:
        picks = np.array(list(itertools.product([False, True], repeat=k)))
    else:
        picks = np.concatenate([np.zeros((1, k), bool), np.ones((1, k), bool), rng.random((draws - 1, k)) < 0.5])
    p = float(np.mean(np.abs(np.where(picks, 1.0, -1.0) @ differences / k) >= abs(mean) - 1e-12))
    error = 0.0 if k <= LARGEST_ENUMERATION else math.sqrt(p * (1 - p) / len(picks))
    subsets = picks[picks.any(axis=1)]
    typical = np.sort(subsets @ differences / subsets.sum(axis=1))
    drop = int(0.025 * len(picks) + 1e-9)  # each of the len(picks) intervals between typical values has the same probability
    if drop < 1:
        return mean, float("nan"), float("nan"), p, error
    return mean, float(typical[drop - 1]), float(typical[-drop]), p, error
