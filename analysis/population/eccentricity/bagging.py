"""Bagging of the eccentricity split: many subsamples without replacement, the fit and the tests in each."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EccentricityConfig
from analysis.population.eccentricity.beta import beta_mle, moved_inside
from analysis.population.eccentricity.twosample import ks_test, mann_whitney

__all__ = ["COLUMNS", "bag", "summarise"]

COLUMNS = ("alpha_low", "beta_low", "mean_low", "alpha_high", "beta_high", "mean_high", "ks_statistic", "ks_p", "share_high_above_low", "mw_p")
QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
SIGNIFICANCE = 0.05


def bag(low_q: np.ndarray, high_q: np.ndarray, config: EccentricityConfig) -> pd.DataFrame:
    """A row per resample: `COLUMNS`, after drawing a share of each subset (n,) without replacement.

    Each resample has its own random stream, so more resamples keep the first ones. Beta parameters are NaN where a
    resample has fewer than two different values. Empty when a subset has fewer than two values.
    """
    if min(len(low_q), len(high_q)) < 2:
        return pd.DataFrame(columns=["resample", "n_low", "n_high", *COLUMNS], dtype=float)
    sizes = [max(2, round(config.bagging_fraction * len(values))) for values in (low_q, high_q)]
    tests, means = [], []
    for resample in range(config.bagging_resamples):
        rng = np.random.default_rng([config.seed, resample])
        low, high = (np.sort(rng.choice(values, size=size, replace=False)) for values, size in zip((low_q, high_q), sizes, strict=True))
        inside = [moved_inside(values, config.edge) for values in (low, high)]
        means.append([[np.mean(np.log(values)), np.mean(np.log1p(-values))] for values in inside])
        tests.append((*ks_test(low, high), *mann_whitney(low, high)))
    sums = np.array(means)
    alpha, beta, _ = beta_mle(sums[..., 0], sums[..., 1])
    frame = pd.DataFrame({"resample": np.arange(config.bagging_resamples), "n_low": sizes[0], "n_high": sizes[1]})
    for j, name in enumerate(("low", "high")):
        frame[f"alpha_{name}"], frame[f"beta_{name}"] = alpha[:, j], beta[:, j]
        frame[f"mean_{name}"] = alpha[:, j] / (alpha[:, j] + beta[:, j])
    frame[["ks_statistic", "ks_p", "share_high_above_low", "mw_p"]] = np.array(tests)
    return frame


def summarise(draws: pd.DataFrame) -> dict[str, Any]:
    """Moments and quantiles of each column, resamples without a fit, and the share of resamples with p < 0.05."""
    if draws.empty:
        return {"resamples": 0, "reason": "a subset has fewer than two rows"}
    columns = {}
    for name in COLUMNS:
        values = draws[name].dropna().to_numpy(dtype=float)
        columns[name] = (
            {"defined": len(values)}
            if not len(values)
            else {
                "defined": len(values),
                "mean": float(values.mean()),
                "std": float(values.std(ddof=1)) if len(values) > 1 else None,
                **{f"quantile_{q:g}": float(np.quantile(values, q)) for q in QUANTILES},
            }
        )
    return {
        "resamples": len(draws),
        "n_low": int(draws["n_low"].iloc[0]),
        "n_high": int(draws["n_high"].iloc[0]),
        "reason": None,
        "columns": columns,
        "detection_rate": {
            "threshold": SIGNIFICANCE,
            "ks": float((draws["ks_p"] < SIGNIFICANCE).mean()),
            "mann_whitney": float((draws["mw_p"] < SIGNIFICANCE).mean()),
        },
    }
