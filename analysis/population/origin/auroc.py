"""Area under the ROC curve with intervals that respect hosts and stay honest near 1.

The area is the Mann-Whitney probability that a positive row scores above a negative one, ties counting one half
(Hanley & McNeil 1982, Radiology 143, 29, eq. 1).
"""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["area_under_curve", "host_bootstrap_interval", "score_interval"]


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """AUROC in [0, 1] of `scores` (n,) for the classes `positive` (n,); NaN unless both classes are present."""
    from sklearn.metrics import roc_auc_score

    if positive.all() or not positive.any():
        return math.nan
    return float(roc_auc_score(positive, scores))


def score_interval(area: float, n_positive: int, n_negative: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval (low, high) of an AUROC from the class sizes alone.

    Solves |area - theta| = z sqrt(V(theta)) with the Hanley-McNeil variance at the hypothesised theta and both class
    sizes replaced by their mean (Newcombe 2006, Statistics in Medicine 25, 559, method 5). Unlike a bootstrap or
    DeLong's estimate it does not collapse at area = 1. With hosts in place of rows as class sizes it treats the rows of one host
    as fully dependent, which is conservative. NaN when a class is empty or the area undefined.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    if not math.isfinite(area) or n_positive < 1 or n_negative < 1:
        return math.nan, math.nan
    z = norm.ppf(0.5 + level / 2)
    extra = (n_positive + n_negative) / 2 - 1

    def spread(theta: float) -> float:
        shape = 1 + extra * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return z * math.sqrt(max(theta * (1 - theta), 0.0) / (n_positive * n_negative) * shape)

    # theta = 0 and theta = 1 solve the equation trivially when the area is there; the brackets stop short of them.
    edge = 1e-12
    low = 0.0 if area <= edge else brentq(lambda theta: area - theta - spread(theta), 0.0, min(area, 1 - edge))
    high = 1.0 if area >= 1 - edge else brentq(lambda theta: theta - area - spread(theta), max(area, edge), 1.0)
    return float(low), float(high)


def host_bootstrap_interval(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    hosts: NDArray[np.str_],
    resamples: int,
    seed: int,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval (low, high) of the AUROC over resamples of whole hosts, the scores held fixed.

    `scores`, `positive`, `hosts` have shape (n,). Resamples without both classes are left out. The rows must be in a
    canonical order: the draws go to hosts in sorted order. It collapses when the scores separate the classes.
    """
    names, index = np.unique(hosts, return_inverse=True)
    if positive.all() or not positive.any():
        return math.nan, math.nan
    wins = np.sign(scores[positive][:, None] - scores[~positive][None, :]) / 2 + 0.5
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    weights = draws[:, index].astype(float)
    plus, minus = weights[:, positive], weights[:, ~positive]
    total = plus.sum(axis=1) * minus.sum(axis=1)
    areas = np.einsum("bi,ij,bj->b", plus, wins, minus, optimize=True)[total > 0] / total[total > 0]
    if len(areas) == 0:
        return math.nan, math.nan
    low, high = np.quantile(areas, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
