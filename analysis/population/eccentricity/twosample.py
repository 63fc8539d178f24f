"""Two-sample tests of eccentricity: as specified, by permutation, by host, and for interval-censored values."""

import numpy as np
import pandas as pd
from scipy import stats

__all__ = ["NOTHING", "gehan_test", "ks_statistics", "ks_test", "least_favourable", "mann_whitney", "permutation_ks", "smallest_ks_p"]

Result = tuple[float, float]
NOTHING = (float("nan"), float("nan"))


def ks_test(low_q: np.ndarray, high_q: np.ndarray) -> Result:
    """(D, p) of the two-sided Kolmogorov-Smirnov test; NaN when a sample has fewer than two values."""
    if min(len(low_q), len(high_q)) < 2:
        return NOTHING
    result = stats.ks_2samp(low_q, high_q)
    return float(result.statistic), float(result.pvalue)


def mann_whitney(low_q: np.ndarray, high_q: np.ndarray) -> Result:
    """(share of pairs with the high-q value larger, ties half; p) of the two-sided Mann-Whitney test; NaN as in ks_test."""
    if min(len(low_q), len(high_q)) < 2:
        return NOTHING
    result = stats.mannwhitneyu(high_q, low_q, alternative="two-sided")
    share = float(result.statistic) / (len(low_q) * len(high_q))
    return share, float(result.pvalue) if np.ptp(np.concatenate([low_q, high_q])) > 0 else 1.0


def ks_statistics(values: np.ndarray, high: np.ndarray) -> np.ndarray:
    """KS distances (m,) of the pooled `values` (n,) for m labellings `high` (m, n) bool, both groups non-empty in each."""
    order = np.argsort(values, kind="stable")
    last = np.append(np.diff(values[order]) > 0, True)  # the distribution functions are compared after each group of ties
    marks = high[:, order]
    up = np.cumsum(marks, axis=1) / marks.sum(axis=1, keepdims=True)
    down = np.cumsum(~marks, axis=1) / (~marks).sum(axis=1, keepdims=True)
    return np.abs(up - down)[:, last].max(axis=1)


def permutation_ks(values: np.ndarray, high: np.ndarray, hosts: np.ndarray, permutations: int, seed: int) -> tuple[float, int]:
    """(p, number of units) of the KS distance when the labels are permuted between units, not rows.

    A unit is the rows of one host on one side of the split: planets of one star share measurement, age and dynamics and
    are not independent. p = (1 + #[D* >= D]) / (1 + permutations); exact in the presence of ties. With `hosts` all
    different it is the ordinary permutation test. NaN when a group has fewer than two rows.
    """
    if min(int(high.sum()), int((~high).sum())) < 2:
        return float("nan"), 0
    keys = pd.Series([f"{host}\0{flag}" for host, flag in zip(hosts, high, strict=True)])
    codes, unique = pd.factorize(keys, sort=True)
    labels = np.array([key.endswith("\0True") for key in unique])
    rng = np.random.default_rng([seed, len(values)])
    shuffled = rng.permuted(np.tile(labels, (permutations, 1)), axis=1)
    distances = ks_statistics(values, shuffled[:, codes])
    observed = ks_statistics(values, high[None, :])[0]
    return float((1 + np.sum(distances >= observed - 1e-12)) / (1 + permutations)), len(unique)


def gehan_test(low: np.ndarray, high: np.ndarray, group: np.ndarray) -> Result:
    """(share of pairs decided for group True among decided ones, p) of Gehan's (1965) generalised Wilcoxon test.

    Values are known to lie in [low, high] (n,); a pair counts only when the intervals do not overlap (exact values: as in
    Mann-Whitney). The p-value uses the permutation variance of the scores. NaN when a group has fewer than two values.
    """
    if min(int(group.sum()), int((~group).sum())) < 2:
        return NOTHING
    above = ((low[:, None] >= high[None, :]) & ((low[:, None] > low[None, :]) | (high[:, None] > high[None, :]))).astype(int)
    score = above.sum(axis=1) - above.sum(axis=0)
    n, n_group = len(low), int(group.sum())
    statistic = float(score[group].sum())
    variance = n_group * (n - n_group) * float(np.sum(score.astype(float) ** 2)) / (n * (n - 1))
    between = above[np.ix_(group, ~group)], above[np.ix_(~group, group)]
    decided = between[0].sum() + between[1].sum()
    share = float(between[0].sum() / decided) if decided else float("nan")
    return share, float(2 * stats.norm.sf(abs(statistic) / np.sqrt(variance))) if variance > 0 else 1.0


def least_favourable(low: np.ndarray, high: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Values (n,) that make group True look as little eccentric as the intervals allow: its low ends, the others' high ends."""
    return np.where(group, low, high)


def smallest_ks_p(n_low: int, n_high: int) -> float:
    """p of complete separation: the smallest that a KS test of these sizes can give; NaN below two values a side."""
    if min(n_low, n_high) < 2:
        return float("nan")
    return ks_test(np.arange(n_low, dtype=float), 1e3 + np.arange(n_high))[1]
