"""Spread by resampling hosts, what such intervals cover, and the power of the label test against sample size."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.config import EccentricityInferenceConfig
from analysis.population.eccentricity.beta import beta_mle
from analysis.population.eccentricity.likelihood import BetaGrid
from analysis.population.eccentricity.posterior import best, parameter_intervals, posterior_means
from analysis.progress import track

__all__ = ["SCHEMES", "bootstrap", "percentile_coverage", "power", "power_curve", "spread"]

SCHEMES = {
    "hosts": "hosts drawn with replacement, as many as there are: the sampling error of the estimate, planets of one star kept together",
    "rows_80": "80 % of the rows without replacement: how much the estimate hangs on single rows; understates the sampling error",
}
LEVEL = 0.05


def bootstrap(
    log_likelihood: np.ndarray, hosts: np.ndarray, high: np.ndarray, grid: BetaGrid, config: EccentricityInferenceConfig, key: int
) -> pd.DataFrame:
    """A row per scheme and resample: maximum-likelihood Beta parameters and means of both subsets, posterior means, and their differences.

    log_likelihood (n, g) of the rows, hosts (n,), high (n,) bool. Maxima on the edge of the grid are NaN. Empty when a subset has fewer
    than two hosts.
    """
    frames = []
    for number, scheme in enumerate(SCHEMES):
        resamples = config.bootstrap_resamples if scheme == "hosts" else config.bagging_resamples
        columns: dict[str, Any] = {"scheme": scheme, "resample": np.arange(resamples)}
        for side, subset in ((0, "low_q"), (1, "high_q")):
            keep = high == bool(side)
            names, unit = np.unique(hosts[keep], return_inverse=True)
            if len(names) < 2:
                return pd.DataFrame(columns=["scheme", "resample"])
            counts = np.empty((resamples, int(keep.sum())))
            for resample in range(resamples):
                rng = np.random.default_rng([config.seed, 21, key, number, side, resample])
                if scheme == "hosts":
                    counts[resample] = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[unit]
                else:
                    chosen = rng.permutation(counts.shape[1])[: max(2, round(0.8 * counts.shape[1]))]
                    counts[resample] = np.isin(np.arange(counts.shape[1]), chosen)
            total = counts @ log_likelihood[keep]
            mean, concentration, _, found = best(total, grid)
            columns[f"alpha_{subset}"] = np.where(found, mean * concentration, np.nan)
            columns[f"beta_{subset}"] = np.where(found, (1 - mean) * concentration, np.nan)
            columns[f"mean_{subset}"] = np.where(found, mean, np.nan)
            columns[f"posterior_mean_{subset}"] = posterior_means(total, grid)
        frame = pd.DataFrame(columns)
        frame["mean_difference"] = frame["mean_high_q"] - frame["mean_low_q"]
        frame["posterior_mean_difference"] = frame["posterior_mean_high_q"] - frame["posterior_mean_low_q"]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def spread(frame: pd.DataFrame) -> dict[str, Any]:
    """{scheme: {column: standard deviation, percentiles, resamples with a maximum}} of `bootstrap`; empty without resamples."""
    result: dict[str, Any] = {}
    for scheme, rows in frame.groupby("scheme", sort=True):
        result[str(scheme)] = {"what": SCHEMES[str(scheme)], "resamples": len(rows)}
        for name in rows.columns[2:]:
            values = rows[name].dropna().to_numpy(dtype=float)
            if len(values) > 1:
                low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
                result[str(scheme)][name] = {
                    "defined": len(values),
                    "std": float(values.std(ddof=1)),
                    "median": float(middle),
                    "low": float(low),
                    "high": float(high),
                }
    return result


def percentile_coverage(n: int, grid: BetaGrid, config: EccentricityInferenceConfig, resamples: int = 200) -> dict[str, float]:
    """Share of simulated samples of n exact values from the declared high-q Beta whose 95 % interval covers alpha, and the mean.

    Keys alpha_percentile, mean_percentile (bootstrap of the maximum-likelihood fit), alpha_posterior, mean_posterior (this grid).
    """
    alpha, beta = config.declared_high
    hits = {name: 0 for name in ("alpha_percentile", "mean_percentile", "alpha_posterior", "mean_posterior")}
    truth = {"alpha": alpha, "mean": alpha / (alpha + beta)}
    for draw in track(range(config.coverage_draws), "coverage of bootstrap percentiles"):
        rng = np.random.default_rng([config.seed, 22, n, draw])
        e = rng.beta(alpha, beta, n)
        logs = np.array([np.log(e), np.log1p(-e)])
        picks = rng.integers(n, size=(resamples, n))
        a, b, found = beta_mle(logs[0][picks].mean(axis=1), logs[1][picks].mean(axis=1))
        total = (grid.alpha - 1) * logs[0].sum() + (grid.beta - 1) * logs[1].sum() - n * special.betaln(grid.alpha, grid.beta)
        posterior = parameter_intervals(total, grid)
        for name, values in (("alpha", a[found]), ("mean", a[found] / (a[found] + b[found]))):
            low, high = np.quantile(values, [0.025, 0.975])
            hits[f"{name}_percentile"] += bool(low <= truth[name] <= high)
            hits[f"{name}_posterior"] += bool(posterior[name][1] <= truth[name] <= posterior[name][2])
    return {name: count / config.coverage_draws for name, count in hits.items()}


def power(n_low: int, n_high: int, config: EccentricityInferenceConfig, labellings: int = 499) -> float:
    """Share of samples of the declared alternative, exact values and one row per host, in which the label test of the means has p < 0.05."""
    rng = np.random.default_rng([config.seed, 23, n_low, n_high])
    values = np.concatenate(
        [rng.beta(*config.declared_low, (n_low, config.power_draws)), rng.beta(*config.declared_high, (n_high, config.power_draws))]
    )
    values -= values.mean(axis=0)
    label = np.arange(n_low + n_high) >= n_low
    marks = np.concatenate([label[None, :], rng.permuted(np.tile(label, (labellings, 1)), axis=1)]).astype(float)
    sums = np.abs(marks @ values)
    return float(np.mean(np.mean(sums >= sums[0] - 1e-12, axis=0) < LEVEL))


def power_curve(n_low: int, config: EccentricityInferenceConfig) -> tuple[pd.DataFrame, dict[str, float | None]]:
    """Power against the number of high-q companions, with n_low low-q ones and with equally many.

    Also {design: number of high-q companions with a power of 80 %}, None where no size in `power_sizes` has it.
    """
    rows = []
    for size in sorted({int(size) for size in config.power_sizes}):
        rows.append({"design": "low_q_as_observed", "n_high": size, "n_low": n_low, "power": power(n_low, size, config)})
        rows.append({"design": "equal", "n_high": size, "n_low": size, "power": power(size, size, config)})
    table = pd.DataFrame(rows)
    needed: dict[str, float | None] = {}
    for design, part in table.groupby("design"):
        n, share = part["n_high"].to_numpy(float), part["power"].to_numpy(float)
        above = np.flatnonzero(share >= 0.8)
        first = int(above[0]) if len(above) else 0
        needed[str(design)] = (
            float(np.interp(0.8, share[first - 1 : first + 1], n[first - 1 : first + 1])) if first else (float(n[0]) if len(above) else None)
        )
    return table, needed
