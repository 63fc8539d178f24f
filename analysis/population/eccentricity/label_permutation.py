"""Tests of the mass-ratio labels by permuting them between host units within strata, under the one likelihood.

A unit is the rows of one host on one side of the split and in one stratum. Labels change places only between units of one
stratum and with equally many rows, so that every labelling has the same numbers of rows and p is exact whatever planets of one host share:
given the sizes, units are exchangeable under the null (Lehmann & Romano 2005, chapter 15). Few labellings are all enumerated.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.population.eccentricity.likelihood import BetaGrid
from analysis.population.eccentricity.posterior import best, evidence

__all__ = ["STATISTICS", "Labellings", "label_test", "labellings", "statistic"]

STATISTICS = ("mean_difference", "rank_sum", "evidence_ratio", "likelihood_ratio")

SIGNED = STATISTICS[:2]


@dataclass(frozen=True)
class Labellings:
    """rows (l, n) bool: high-q under every labelling, the observed one first; complete: all labellings there are; units: those that can change."""

    rows: np.ndarray
    complete: bool
    units: int
    hosts: np.ndarray
    strata: np.ndarray

    @property
    def smallest_p(self) -> float:
        """The smallest p that these labellings can give."""
        return 1 / len(self.rows)


def labellings(high: np.ndarray, hosts: np.ndarray, strata: np.ndarray, limit: int, draws: int, rng: np.random.Generator) -> Labellings:
    """All labellings of n rows that differ, up to `limit`; otherwise the observed one and `draws` at random.

    high (n,) bool, hosts and strata (n,) of anything that sorts. With more than `limit` labellings p = (1 + #) / (1 + draws) is exact as well.
    """
    keys = [f"{stratum}\0{host}\0{int(flag)}" for stratum, host, flag in zip(strata, hosts, high, strict=True)]
    _, first, unit, size = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    label, group = high[first], [f"{strata[i]}\0{n}" for i, n in zip(first, size, strict=True)]
    blocks = [np.flatnonzero(np.array(group) == name) for name in sorted(set(group))]
    blocks = [block for block in blocks if 0 < label[block].sum() < len(block)]
    total = math.prod(math.comb(len(block), int(label[block].sum())) for block in blocks)
    if total <= limit:
        choices = [[_marked(block, chosen) for chosen in itertools.combinations(block, int(label[block].sum()))] for block in blocks]
        units = np.tile(label, (total, 1))
        for row, parts in enumerate(itertools.product(*choices)):
            for block, marks in zip(blocks, parts, strict=True):
                units[row, block] = marks
        observed = int(np.flatnonzero((units == label).all(axis=1))[0])
        units = np.concatenate([units[observed : observed + 1], np.delete(units, observed, axis=0)])
    else:
        units = np.tile(label, (draws + 1, 1))
        for block in blocks:
            units[1:, block] = rng.permuted(units[1:, block], axis=1)
    return Labellings(units[:, unit], total <= limit, sum(map(len, blocks)), np.asarray(hosts), np.asarray(strata))


def _marked(block: np.ndarray, chosen: tuple[int, ...]) -> np.ndarray:
    return np.isin(block, chosen)


def statistic(name: str, marks: np.ndarray, log_likelihood: np.ndarray, score: np.ndarray, grid: BetaGrid) -> np.ndarray:
    """The statistic (l,) of every labelling `marks` (l, n) of one stratum; larger is further from one population. All are two-sided.

    mean_difference: sum over the high-q rows of the `score` minus its mean over the stratum; rank_sum: the same of mid-ranks of the score;
    evidence_ratio: ln of the probability of two Betas over that of one, averaged over the prior; likelihood_ratio: 2 ln of the ratio of the maxima.
    The first two are signed and made absolute after the strata are added; for the score see `scores`.
    """
    share = marks.astype(float)
    if name in SIGNED:
        score = score if name == "mean_difference" else stats.rankdata(score)
        return share @ (score - score.mean())  # the numbers of rows are the same in every labelling
    total = log_likelihood.sum(axis=0)
    upper = share @ log_likelihood
    lower = total - upper
    if name == "evidence_ratio":
        return evidence(upper, grid) + evidence(lower, grid) - float(evidence(total, grid))
    return 2 * (best(upper, grid)[2] + best(lower, grid)[2] - float(best(total, grid)[2]))


def label_test(name: str, labels: Labellings, log_likelihood: np.ndarray, score: np.ndarray, grid: BetaGrid) -> tuple[float, float, float]:
    """(statistic, p, Monte-Carlo error of p) over all strata in which labels can change; NaN where there is no other labelling.

    `score` (n,) and `log_likelihood` (n, g) know nothing of the labels, so that every labelling is treated alike.
    """
    if len(labels.rows) < 2 or labels.units == 0:
        return float("nan"), float("nan"), float("nan")
    result = np.zeros(len(labels.rows))
    for stratum in np.unique(labels.strata):
        same = labels.strata == stratum
        marks = labels.rows[:, same]
        if marks[0].any() and not marks[0].all():
            result += statistic(name, marks, log_likelihood[same], score[same], grid)
    if name in SIGNED:
        result = np.abs(result)
    p = float(np.mean(result >= result[0] - 1e-9 * max(1.0, abs(result[0]))))
    return float(result[0]), p, 0.0 if labels.complete else math.sqrt(p * (1 - p) / (len(result) - 1))
