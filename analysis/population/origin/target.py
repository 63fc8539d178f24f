"""The target's probability by models that never saw it, and the rule that makes a verdict of them."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.population.origin.data import PRIMARY
from analysis.population.origin.host_probability import Probabilities, host_probabilities
from analysis.population.origin.nested import Features

__all__ = ["MODELS", "SURE", "target_probability", "verdict"]

MODELS = ("without_mass_ratio", "method_alone", PRIMARY)  # none contains the mass ratio that defines the fallback labels
SURE = 0.95


def target_probability(features: Features, labels: NDArray[np.float64], host: NDArray[np.int64], prior_variance: float) -> Probabilities:
    """Probability and interval of the last row of `features` (n + 1, d) from the labels (n,) of the others."""
    last = np.arange(len(labels) + 1) == len(labels)
    new = host.max() + 1 if len(host) else 0
    found = host_probabilities(features, np.append(labels, math.nan), np.append(host, new), prior_variance, last)
    return Probabilities(*(values[-1:] for values in (found.value, found.low, found.high)))


def verdict(low: list[float], high: list[float]) -> int:
    """1 where every `low` is at least SURE, -1 where every `high` is at most 1 - SURE, else 0; give probabilities twice, or interval ends."""
    if not low or not np.isfinite([*low, *high]).all():
        return 0
    return 1 if min(low) >= SURE else -1 if max(high) <= 1 - SURE else 0
