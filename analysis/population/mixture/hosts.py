"""Hosts drawn with replacement: how far the number of components, the components and the probabilities of companions move."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from analysis.population.mixture.em import Fits, fit_batch, responsibilities

__all__ = ["HostResamples", "component_intervals", "host_counts", "matched", "probability_table", "resample_hosts", "resample_summary"]

INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class HostResamples:
    """Fits of the data and of host resamples, by k. order[k] (draws, k): which component of a resample is component j of the
    data; admissible[k] (draws,) bool: a fit with enough rows in every component was found."""

    data: dict[int, Fits]
    fits: dict[int, Fits]
    order: dict[int, np.ndarray]
    admissible: dict[int, np.ndarray]


def host_counts(hosts: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """(draws, n) how often the host of each row is drawn when as many hosts as there are are drawn with replacement."""
    codes = np.unique(hosts, return_inverse=True)[1]
    many = int(codes.max()) + 1 if len(codes) else 0
    chosen = np.random.default_rng([seed, 11]).integers(0, max(many, 1), (draws, many))
    counts = np.zeros((draws, many))
    np.add.at(counts, (np.arange(draws)[:, None], chosen), 1.0)
    return counts[:, codes]


def matched(reference: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(draws, k) the order of the components of `shares` (draws, n, k) that agrees best with `reference` (n, k), summed over rows."""
    overlap = np.einsum("ni,dnj->dij", reference, shares)
    orders = np.array(list(permutations(range(reference.shape[1]))))
    agreement = overlap[:, np.arange(orders.shape[1]), orders].sum(axis=2)
    return orders[np.argmax(agreement, axis=1)]


def resample_hosts(points: np.ndarray, hosts: np.ndarray, most: int, draws: int, starts: int, floor: float, rows_per_component: int, least_rows: float, seed: int) -> HostResamples:
    """Fits of 1 ... `most` components to `points` (n, 2) and to resamples of their hosts (n,).

    A host drawn three times gives three equal rows, which a component as narrow as the floor would fit very well. In data
    and resamples alike a component must therefore hold `least_rows` effective rows (McLachlan & Peel 2000, section 3.10, on
    spurious maxima).
    """
    counts = host_counts(hosts, draws, seed)
    data, fits, order, admissible = {}, {}, {}, {}
    for k in range(1, most + 1):
        if len(points) < k * rows_per_component:
            break
        data[k] = fit_batch(points, k, starts, floor, seed, least_rows=least_rows)
        fits[k] = fit_batch(points, k, starts, floor, seed, counts, least_rows=least_rows)
        admissible[k] = np.isfinite(fits[k].log_likelihood)
        order[k] = matched(responsibilities(data[k], points)[0], np.nan_to_num(responsibilities(fits[k], points)))
    return HostResamples(data, fits, order, admissible)


def _interval(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(np.quantile(known, INTERVAL[0])), float(np.quantile(known, INTERVAL[1]))) if len(known) else (float("nan"), float("nan"))


def component_intervals(found: HostResamples) -> pd.DataFrame:
    """A row per (k, component, quantity): estimate and 95 % percentile interval over host resamples."""
    records = []
    for k, fits in found.fits.items():
        good, order, data = found.admissible[k], found.order[k], found.data[k]

        def values(fit: Fits) -> dict[str, np.ndarray]:
            return {
                "weight": fit.weights, "mean_log_q": fit.means[:, :, 0], "mean_log_a": fit.means[:, :, 1],
                "sigma_log_q": np.sqrt(fit.covariances[:, :, 0, 0]), "sigma_log_a": np.sqrt(fit.covariances[:, :, 1, 1]),
            }

        estimates = values(data)
        for name, value in values(fits).items():
            placed = np.take_along_axis(value, order, axis=1)[good]
            for j in range(k):
                low, high = _interval(placed[:, j])
                records.append((k, j + 1, name, float(estimates[name][0, j]), low, high))
    return pd.DataFrame(records, columns=["k", "component", "quantity", "estimate", "low", "high"])


def probability_table(found: HostResamples, identity: pd.DataFrame, points: np.ndarray, shown: tuple[int, ...]) -> pd.DataFrame:
    """`identity` (rows of `points` (n, 2), fitted or only scored) with, for each k shown, the label, the probability of each
    component with its 95 % interval over host resamples, and the share of resamples that give the same label."""
    frame = identity.reset_index(drop=True).copy()
    for k in shown:
        if k not in found.fits:
            continue
        estimate = responsibilities(found.data[k], points)[0]
        good = found.admissible[k]
        drawn = np.take_along_axis(responsibilities(found.fits[k], points), found.order[k][:, None, :], axis=2)[good]
        label = estimate.argmax(axis=1)
        frame[f"label_k{k}"] = label + 1
        frame[f"same_label_k{k}"] = np.mean(drawn.argmax(axis=2) == label, axis=0) if len(drawn) else np.nan
        for j in range(k):
            low, high = np.quantile(drawn[:, :, j], INTERVAL, axis=0) if len(drawn) else (np.nan, np.nan)
            frame[f"probability_k{k}_{j + 1}"], frame[f"probability_k{k}_{j + 1}_low"], frame[f"probability_k{k}_{j + 1}_high"] = estimate[:, j], low, high
    return frame


def resample_summary(found: HostResamples) -> dict[str, Any]:
    """Distributions over host resamples of the BIC gains and of the number of components BIC prefers."""
    if not found.fits:
        return {"draws": 0, "best_k_share": None, "best_k_data": None, "delta_bic": None}
    bic = np.stack([np.where(found.admissible[k], found.fits[k].bic, np.inf) for k in found.fits])
    best = np.array(list(found.fits))[np.argmin(bic, axis=0)]
    gains = {}
    for k in list(found.fits)[:-1]:
        with np.errstate(invalid="ignore"):  # NaN where no admissible fit was found
            gain = found.fits[k].bic - found.fits[k + 1].bic
        low, high = _interval(gain)
        known = gain[np.isfinite(gain)]
        gains[f"{k}_{k + 1}"] = {
            "data": float((found.data[k].bic - found.data[k + 1].bic)[0]),
            "median": float(np.median(known)) if len(known) else None,
            "low": low if len(known) else None,
            "high": high if len(known) else None,
            "share_above_10": float(np.mean(known > 10)) if len(known) else None,
        }
    data = {k: float(fit.bic[0]) for k, fit in found.data.items() if np.isfinite(fit.bic[0])}
    return {
        "draws": len(best),
        "best_k_share": {str(k): float(np.mean(best == k)) for k in found.fits},
        "best_k_data": min(data, key=lambda k: data[k]) if data else None,
        "admissible_share": {str(k): float(np.mean(value)) for k, value in found.admissible.items()},
        "delta_bic": gains,
    }
