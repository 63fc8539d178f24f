"""Rows weighted by the probability that their host lies in the mass range, and the mixture with and without errors and weights."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.population.mixture.em import Fits, fit_batch

__all__ = ["mass_range_probability", "side_errors", "variant_summary", "variant_tables"]

TOLERANCE = 1e-9  # of the mean log-likelihood; extreme deconvolution takes many small steps


def side_errors(value: np.ndarray, err_up: np.ndarray, err_down: np.ndarray, otherwise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(upward, downward) errors of log10(value) in dex; a side that is not known takes the other's, or `otherwise` (n,).

    A downward error as large as the value has no logarithm and counts as not known.
    """
    value, err_up, err_down = (np.asarray(x, dtype=float) for x in (value, err_up, err_down))
    with np.errstate(invalid="ignore", divide="ignore"):
        up = np.log10(1 + err_up / value)
        down = np.where(err_down < value, -np.log10(1 - err_down / value), np.nan)
    up, down = np.where(up > 0, up, np.nan), np.where(down > 0, down, np.nan)
    both_missing = np.isnan(up) & np.isnan(down)
    first, second = np.where(np.isnan(up), down, up), np.where(np.isnan(down), up, down)
    return np.where(both_missing, otherwise, first), np.where(both_missing, otherwise, second)


def mass_range_probability(rows: pd.DataFrame, errors: pd.DataFrame, low: float, high: float) -> np.ndarray:
    """(n,) probability that the host mass lies in [low, high] Msun.

    log10 of the mass has half of its probability on either side of the catalogue's value, each side half a Gaussian with
    the error of that side (a split log-normal whose median and 16th and 84th percentiles are the quoted ones). Missing
    errors are those of the error table, the median of the method.
    """
    mass = rows["host_mass_msun"].to_numpy(dtype=float)
    up, down = side_errors(mass, rows["host_mass_msun_err_up"], rows["host_mass_msun_err_down"], errors["sigma_host"].to_numpy(dtype=float))

    def below(limit: float) -> np.ndarray:
        step = np.log10(limit / mass)
        return ndtr(np.divide(step, np.where(step > 0, up, down), out=np.copysign(np.full(len(mass), np.inf), step), where=np.where(step > 0, up, down) > 0))

    return below(high) - below(low)


def variant_tables(
    points: np.ndarray, variants: dict[str, tuple[np.ndarray, np.ndarray | None, np.ndarray | None]], most: int, starts: int, floor: float, rows_per_component: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, list[Fits]]]:
    """Fits of 1 ... `most` components for each variant: name -> (rows (n,) bool, weights (n,) or None, errors (n, 2, 2) or None).

    A weight counts as that fraction of a row, in the likelihood and in BIC, whose number of rows is the sum of weights.
    Returns a row per (variant, k), a row per (variant, k, component), and the fits by variant.
    """
    fit_rows, parts, found = [], [], {}
    for name, (keep, weights, errors) in variants.items():
        found[name] = []
        for k in range(1, most + 1):
            if keep.sum() < k * rows_per_component:
                break
            chosen = None if errors is None else errors[keep]
            fit = fit_batch(points[keep], k, starts, floor, seed, None if weights is None else weights[keep], chosen, TOLERANCE, 20_000)
            found[name].append(fit)
            fit_rows.append({
                "variant": name, "k": k, "rows": int(keep.sum()), "effective_rows": float(fit.effective_rows[0]), "log_likelihood": float(fit.log_likelihood[0]),
                "parameters": fit.parameters, "bic": float(fit.bic[0]), "converged": bool(fit.converged[0]), "agreement": float(fit.agreement[0]),
            })
            parts += [
                {
                    "variant": name, "k": k, "component": j + 1, "weight": float(fit.weights[0, j]), "mean_log_q": float(fit.means[0, j, 0]), "mean_log_a": float(fit.means[0, j, 1]),
                    "sigma_log_q": float(np.sqrt(fit.covariances[0, j, 0, 0])), "sigma_log_a": float(np.sqrt(fit.covariances[0, j, 1, 1])),
                    "correlation": float(fit.covariances[0, j, 0, 1] / np.sqrt(fit.covariances[0, j, 0, 0] * fit.covariances[0, j, 1, 1])),
                }
                for j in range(k)
            ]
    columns = ["variant", "k", "rows", "effective_rows", "log_likelihood", "parameters", "bic", "converged", "agreement"]
    names = ["variant", "k", "component", "weight", "mean_log_q", "mean_log_a", "sigma_log_q", "sigma_log_a", "correlation"]
    return pd.DataFrame(fit_rows, columns=columns), pd.DataFrame(parts, columns=names), found


def variant_summary(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """BIC by k, gains BIC(k) - BIC(k + 1), and the best k, for each variant of the table of fits."""
    result: dict[str, dict[str, Any]] = {}
    for name, group in table.groupby("variant", sort=False):
        bic = dict(zip(group["k"].tolist(), group["bic"].tolist(), strict=True))
        result[str(name)] = {
            "rows": int(group["rows"].iloc[0]),
            "effective_rows": float(group["effective_rows"].iloc[0]),
            "bic": {str(k): value for k, value in bic.items()},
            "best_k": min(bic, key=lambda k: bic[k]),
            **{f"delta_bic_{k}_{k + 1}": bic[k] - bic[k + 1] if k + 1 in bic else None for k in range(1, 4)},
        }
    return result
