"""P(binary-like) of one companion with an interval, by a model that never saw its host; coefficients by Firth's likelihood.

Companions of one host are not independent, so every host counts once: its rows share a weight of one. Slopes have a wide normal prior
(variance in config) and the interval is the posterior's normal approximation on the logit scale (MacKay 1992, Neural Computation 4, 720,
without his averaging over the posterior). In simulated catalogues it covers the true probability where percentile intervals of
refits on resampled hosts and unweighted likelihoods, Firth's included, fall short: see `calibrate_target`.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis.population.origin import logistic
from analysis.population.origin.nested import Features

__all__ = ["Z95", "Probabilities", "firth_coefficients", "host_probabilities", "host_weights"]

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
FIRTH_ITERATIONS = 200


@dataclass(frozen=True)
class Probabilities:
    """Estimate and 95 % interval per row, each (n,); NaN where the row's training set has one class."""

    value: Floats
    low: Floats
    high: Floats


def host_weights(host: NDArray[np.int64], used: NDArray[np.bool_]) -> Floats:
    """Weights (n,): one over the number of `used` rows of the host; 0 for rows that are not used."""
    counts = np.bincount(host, weights=used.astype(float))[host]
    return np.where(used, 1 / np.maximum(counts, 1), 0.0)


def host_probabilities(features: Features, labels: Floats, host: NDArray[np.int64], prior_variance: float, scored: NDArray[np.bool_]) -> Probabilities:
    """Probabilities of the rows `scored` (n,); all others are NaN. Labels (n,) are 1, 0, or NaN for rows that train nothing.

    A row is scored by the fit to the labelled rows of all other hosts.
    """
    n = len(labels)
    known = np.isfinite(labels)
    hosts = np.unique(host[scored])
    training = known & (host != hosts[:, None])
    designs = logistic.standardise(features.values, features.n_numeric, training)
    weights = training * host_weights(host, known)
    outcomes = np.where(known, labels, 0.0)[None]
    fitted = logistic.fit(designs, outcomes, weights, prior_variance)
    beta = fitted.coefficients[:, 0]
    full = np.concatenate([np.ones((*designs.shape[:2], 1)), designs], axis=2)
    p = expit(np.nan_to_num((full @ beta[:, :, None])[:, :, 0]))
    precision = np.swapaxes(full, 1, 2) @ (full * (weights * p * (1 - p))[:, :, None])
    ridge = np.full(full.shape[2], 1 / prior_variance)
    ridge[0] = 0.0
    covariance = np.linalg.inv(precision + np.diag(ridge) + 1e-12 * np.eye(len(ridge)))
    out = np.full((3, n), math.nan)
    for number, name in enumerate(hosts):
        if not fitted.converged[number, 0]:
            continue
        rows = np.flatnonzero(scored & (host == name))
        x = full[number, rows]
        logit = x @ beta[number]
        error = np.sqrt(np.einsum("ni,ij,nj->n", x, covariance[number], x))
        out[:, rows] = expit([logit, logit - Z95 * error, logit + Z95 * error])
    return Probabilities(*out)


def firth_coefficients(features: Features, names: tuple[str, ...], labels: NDArray[np.bool_], host: NDArray[np.int64], strength: float) -> pd.DataFrame:
    """Standardised coefficients per feature (intercept first): the L2 fit at C = `strength`, and Firth's with 95 % profile intervals.

    Columns: feature, l2, firth, firth_low, firth_high. Firth (1993, Biometrika 80, 27) keeps the estimates finite under separation
    (Heinze & Schemper 2002, Statistics in Medicine 21, 2409); hosts count once. A bound that the profile does not reach is NaN. 0/1 columns
    that are constant are left out of Firth's fit; with an intercept, one of a full set of method columns is redundant and is left out.
    """
    from firthmodels import FirthLogisticRegression

    everyone = np.ones((1, len(labels)), bool)
    design = logistic.standardise(features.values, features.n_numeric, everyone)[0]
    l2 = logistic.fit(design[None], labels[None].astype(float), everyone.astype(float), strength).coefficients[0, 0]
    out = pd.DataFrame({"feature": ["intercept", *names], "l2": l2, "firth": math.nan, "firth_low": math.nan, "firth_high": math.nan})
    kept: list[int] = []
    for column in range(design.shape[1]):  # the largest set of columns that the intercept and earlier ones do not reproduce
        trial = np.column_stack([np.ones(len(labels)), design[:, [*kept, column]]])
        if np.linalg.matrix_rank(trial) == trial.shape[1]:
            kept.append(column)
    model = FirthLogisticRegression(backend="numpy", max_iter=FIRTH_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a bound that is not reached stays NaN and is shown as such
        model.fit(design[:, kept], labels.astype(int), sample_weight=host_weights(host, np.ones(len(labels), bool)))
        try:
            bounds = model.conf_int(method="pl", max_iter=FIRTH_ITERATIONS)
        except np.linalg.LinAlgError:
            bounds = np.full((len(kept) + 1, 2), math.nan)
    rows = [column + 1 for column in kept] + [0]
    out.loc[rows, "firth"] = [*model.coef_, model.intercept_]
    out.loc[rows, ["firth_low", "firth_high"]] = bounds
    return out
