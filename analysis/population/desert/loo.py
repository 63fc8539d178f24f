"""PSIS-LOO (Vehtari, Gelman & Gabry 2017; Vehtari et al. 2024) with one host left out at a time, and differences with their standard errors."""

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.special import logsumexp

__all__ = ["LeftOut", "difference", "exact", "library", "psis"]


@dataclass(frozen=True)
class LeftOut:
    """elpd (h,) of each host left out and Pareto k (h,), NaN where no importance sampling was needed."""

    elpd: np.ndarray
    pareto_k: np.ndarray

    @property
    def total(self) -> float:
        """Expected log predictive density."""
        return float(self.elpd.sum())

    @property
    def error(self) -> float:
        """Its standard error over hosts."""
        return float(np.sqrt(len(self.elpd)) * self.elpd.std(ddof=1)) if len(self.elpd) > 1 else float("nan")


@cache
def library() -> Any:
    """arviz, whose import announces its successor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz
    return arviz


def psis(host_values: np.ndarray) -> LeftOut:
    """From log-likelihoods (d, h) at posterior draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # large Pareto k are reported as numbers
        weights, k = library().psislw(-host_values.T)
    return LeftOut(logsumexp(np.asarray(weights) + host_values.T, axis=1), np.asarray(k, dtype=float))


def exact(elpd: np.ndarray) -> LeftOut:
    """Densities that needed no importance sampling."""
    return LeftOut(elpd, np.full(len(elpd), np.nan))


def difference(first: LeftOut, second: LeftOut) -> tuple[float, float]:
    """elpd of `first` minus that of `second`, and the standard error of the difference over hosts."""
    gap = first.elpd - second.elpd
    return float(gap.sum()), float(np.sqrt(len(gap)) * gap.std(ddof=1)) if len(gap) > 1 else float("nan")
