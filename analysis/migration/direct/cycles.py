"""Eccentricity maxima of a series of inner elements, and series thin enough to freeze."""

import itertools
from typing import Final

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

__all__ = ["SERIES", "maxima", "thinned"]

SERIES: Final = ("time_yr", "gap", "smallest_gap", "smallest_periapsis_au", "semimajor_axis_au", "inclination_deg")  # gap = 1 - e
SERIES_ROWS = 280
PROMINENCE = 0.3, 0.15  # a maximum stands out of log10(gap) by this share of its range, or by this many dex where that is less


def maxima(series: pd.DataFrame) -> pd.DataFrame:
    """Eccentricity maxima of a series: cycle (from 1), time_yr, gap, smallest_gap, smallest_periapsis_au.

    A maximum stands out by PROMINENCE; time and gap are those of the series, the smallest values are taken between the minima of
    eccentricity around it.
    """
    height = -np.log10(series["gap"].to_numpy())
    peaks, _ = find_peaks(height, prominence=min(PROMINENCE[0] * np.ptp(height), PROMINENCE[1]))
    if not len(peaks):
        return pd.DataFrame(columns=["cycle", "time_yr", "gap", "smallest_gap", "smallest_periapsis_au"], dtype=float)
    edges = [0, *(int(a + np.argmin(height[a:b])) for a, b in itertools.pairwise(peaks)), len(series)]
    rows = []
    for number, (peak, begin, end) in enumerate(zip(peaks, edges[:-1], edges[1:], strict=True), start=1):
        part = series.iloc[begin:end]
        rows.append((number, series["time_yr"].iloc[peak], series["gap"].iloc[peak], part["smallest_gap"].min(), part["smallest_periapsis_au"].min()))
    return pd.DataFrame(rows, columns=["cycle", "time_yr", "gap", "smallest_gap", "smallest_periapsis_au"])


def thinned(series: pd.DataFrame, rows: int = SERIES_ROWS) -> pd.DataFrame:
    """At most `rows` rows, evenly along the curve of log10(gap) over time; smallest values run over the rows left out before each."""
    if len(series) <= rows:
        return series.reset_index(drop=True)
    height = np.log10(series["gap"].to_numpy())
    clock = series["time_yr"].to_numpy()
    path = np.hypot(np.diff(clock) / np.ptp(clock), np.diff(height) / max(np.ptp(height), 1e-12))
    length = np.concatenate([[0.0], np.cumsum(path)])
    peaks = np.concatenate([find_peaks(sign * height)[0] for sign in (1, -1)])
    keep = np.searchsorted(length, np.linspace(0, length[-1], rows // 2))
    peaks = peaks[np.argsort(series["gap"].to_numpy()[peaks], kind="stable")][: rows - rows // 2 - 2]
    keep = np.unique(np.concatenate([[0], keep, peaks, [len(series) - 1]]).clip(0, len(series) - 1))
    group = np.searchsorted(keep, np.arange(len(series)), side="left")
    out = series.iloc[keep].reset_index(drop=True)
    for name in ("smallest_gap", "smallest_periapsis_au"):
        out[name] = series[name].groupby(group).min().to_numpy()
    return out
