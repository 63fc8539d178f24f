"""What an eccentricity row says under each treatment of zeros and limits, and the two-sample tests under that treatment."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EccentricityConfig
from analysis.population.eccentricity.twosample import NOTHING, gehan_test, ks_test, least_favourable, mann_whitney
from analysis.population.rows import population_rows

__all__ = ["TREATMENTS", "bounds", "eccentricity_rows", "insignificant", "two_sample"]

TREATMENTS = {
    "as_given": "every value as the catalogue gives it: limits at the limit, assumed zeros at zero",
    "limits_excluded": "upper limits and assumed zeros left out",
    "censored": "an upper limit is the interval [0, limit], an assumed zero [0, bound], a measured zero [0, 2 sigma]",
    "insignificant_censored": "as censored; a measured value below the significance threshold is the interval [0, e + 2 sigma]",
}


def eccentricity_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The candidates with an eccentricity, sorted by object_id."""
    rows = population_rows(table)
    return rows[rows["eccentricity"].notna().to_numpy(dtype=bool)].reset_index(drop=True)


def insignificant(rows: pd.DataFrame, threshold: float) -> np.ndarray:
    """(n,) bool: measured with an error, and below `threshold` times the downward error.

    Lucy & Sweeney (1971, AJ 76, 544): an eccentricity below 2.45 sigma is no evidence against a circular orbit at 5 %.
    """
    error = rows["eccentricity_err_down"].fillna(rows["eccentricity_err_up"]).to_numpy(dtype=float)
    value = rows["eccentricity"].to_numpy(dtype=float)
    measured = (rows["eccentricity_kind"] == "measured").to_numpy(dtype=bool)
    return measured & np.isfinite(error) & (value < threshold * error)


def bounds(rows: pd.DataFrame, treatment: str, config: EccentricityConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(keep, low, high), each (n,): which rows take part and the interval in which each eccentricity lies (equal: exact)."""
    value = rows["eccentricity"].to_numpy(dtype=float)
    kind = rows["eccentricity_kind"].to_numpy(dtype=object)
    limit, assumed = kind == "upper_limit", kind == "assumed_zero"
    keep, low, high = np.ones(len(rows), dtype=bool), value.copy(), value.copy()
    if treatment == "as_given":
        return keep, low, high
    if treatment == "limits_excluded":
        return ~(limit | assumed), low, high
    spread = rows["eccentricity_err_up"].fillna(rows["eccentricity_err_down"]).to_numpy(dtype=float)
    width = np.where(np.isfinite(spread) & (spread > 0), 2 * spread, config.assumed_zero_bound)
    wide = (value == 0) & ~limit & ~assumed
    if treatment == "insignificant_censored":
        wide |= insignificant(rows, config.significance)
    low[limit | assumed | wide] = 0.0
    high[assumed] = config.assumed_zero_bound
    high[wide] = (value + width)[wide]
    high[limit & (value == 0)] = config.assumed_zero_bound  # a limit of zero is an assumed circular orbit
    return keep, low, np.minimum(high, 1.0)


def two_sample(rows: pd.DataFrame, treatment: str, split: float, config: EccentricityConfig, wide_only: bool = False) -> dict[str, Any]:
    """Sizes of the two subsets, KS and Mann-Whitney under a treatment, at all orbits or beyond `wide_axis_au` only.

    With intervals, KS uses the least favourable values inside them (the high-q subset as circular, the low-q subset as
    eccentric as allowed) and Mann-Whitney becomes Gehan's test. p is NaN when a subset has fewer than two rows.
    """
    if wide_only:
        rows = rows[rows["semimajor_axis_au"].to_numpy(dtype=float) > config.wide_axis_au]
    keep, low, high = bounds(rows, treatment, config)
    group = rows["mass_ratio"].to_numpy(dtype=float)[keep] > split
    low, high = low[keep], high[keep]
    values = least_favourable(low, high, group)
    ks = ks_test(values[~group], values[group]) if len(values) else NOTHING
    ranks = gehan_test(low, high, group) if np.any(low != high) else mann_whitney(low[~group], low[group])
    return {
        "n_low": int(np.sum(~group)),
        "n_high": int(np.sum(group)),
        "intervals": int(np.sum(low != high)),
        "ks_statistic": ks[0],
        "ks_p": ks[1],
        "share_high_above_low": ranks[0],
        "mw_p": ranks[1],
    }
