"""Host ages against orbits: comparison with the target's age, correlations, regressions, and what they could have found.

The orbit variables are log10 (a/au) and e; ages enter in Gyr (correlations) or as log10 (age/Gyr) (regressions), as the
specification writes them (sections 6.5 and 6.6).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import AgesConfig
from analysis.population.ages import sample as age_sample
from analysis.population.ages.regression import age_slope_test, correlation, host_means, most_influential_host, partial_correlation, regression
from analysis.population.rows import population_rows

__all__ = ["MODELS", "PASSES", "Ages", "pass_rows", "run"]

LOG_A, LOG_AGE, LOG_M, E = "log_semimajor_axis", "log_host_age_gyr", "log_host_mass", "eccentricity"
MODELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "log_a_on_log_age": (LOG_A, (LOG_AGE,)),
    "e_on_log_age": (E, (LOG_AGE,)),
    "log_a_on_log_age_e_log_mass": (LOG_A, (LOG_AGE, E, LOG_M)),
}
# Rows of each pass: all; without e that was assumed to be 0; e measured and no limit; without ages that are limits; the low-q
# class alone; without the host that moves the slope of log a on log age most, since one young host can carry a regression.
PASSES = (
    "as_given",
    "without_assumed_zero",
    "measured_eccentricity",
    "without_age_limits",
    "low_mass_ratio",
    "without_most_influential_host",
)
COMPARED = (
    "object_id",
    "companion_name",
    "host_name",
    "data_source",
    "discovery_method",
    "mass_ratio",
    "host_age_gyr",
    "host_age_gyr_err_up",
    "host_age_gyr_err_down",
    "host_age_gyr_limit",
    "host_age_reference",
    "semimajor_axis_au",
    "log_semimajor_axis",
    "eccentricity",
    "eccentricity_err_up",
    "eccentricity_err_down",
    "eccentricity_kind",
    "high_mass_ratio",
    "log_host_mass",
    "log_host_age_gyr",
)


@dataclass(frozen=True)
class Ages:
    """Result of the stage.

    rows: candidates with a host age, with n_companions_aged, the number of such companions of the host.
    comparison: those candidates with age_delta_vs_toi_gyr and is_younger_than_toi; no rows unless the target's age is given.
    summary: counts, comparison, correlations, regressions, power.
    """

    rows: pd.DataFrame
    comparison: pd.DataFrame
    summary: dict[str, Any]


def run(config: AgesConfig, sample: Any, target: Any) -> Ages:
    """Compare and regress; too few rows or hosts give null results with a reason."""
    table = sample.table
    candidates = population_rows(table)
    usable = candidates["host_age_gyr"].gt(0) & np.isfinite(candidates["log_semimajor_axis"])
    aged = candidates[usable].reset_index(drop=True)
    aged = aged[[name for name in COMPARED if name in aged]].copy()
    aged["log_host_age_gyr"] = np.log10(aged["host_age_gyr"].astype(float))
    aged["n_companions_aged"] = aged.groupby("host_name")["object_id"].transform("size").astype(int)
    age = target.values.get("host_age_gyr")
    comparison = _comparison_rows(aged, age)
    summary = {
        "counts": age_sample.counts(candidates, aged, config),
        "age_errors": age_sample.age_errors(aged),
        "comparison": _comparison(comparison, age, config),
        "target": {name: target.values.get(name) for name in ("semimajor_axis_au", "eccentricity", "eccentricity_limit_95")},
        "correlations": {},
        "regressions": {},
        "per_host": _per_host(aged, config),
        "power": age_sample.power(aged, config),
        "influence": _influence(aged, config),
        "settings": {
            "significance": config.significance,
            "power": config.power,
            "permutations": config.permutations,
            "min_rows": config.min_rows,
        },
    }
    for name in PASSES:
        rows = pass_rows(aged, name, summary["influence"]["host_name"])
        summary["correlations"][name] = {orbit: _correlated(rows, orbit, config) for orbit in ("semimajor_axis_au", LOG_A, E)}
        summary["regressions"][name] = {model: _fitted(rows, model, config) for model in MODELS}
    return Ages(aged, comparison, _without_nan(summary))


def _without_nan(value: Any) -> Any:
    """`value` with every NaN replaced by None, through dictionaries and lists."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _influence(aged: pd.DataFrame, config: AgesConfig) -> dict[str, Any]:
    """The host whose omission changes the slope of log a on log age most, and that slope with and without it."""
    out: dict[str, Any] = {
        "host_name": None,
        "host_age_gyr": None,
        "n_rows": None,
        "slope_with": None,
        "slope_without": None,
        "reason": _shortage(aged, config),
    }
    if out["reason"] is None:
        found = most_influential_host(aged, LOG_A, LOG_AGE)
        if found is None:
            out["reason"] = "the ages do not determine a slope"
        else:
            rows = aged[aged["host_name"] == found[0]]
            out |= {
                "host_name": found[0],
                "slope_with": found[1],
                "slope_without": found[2],
                "n_rows": len(rows),
                "host_age_gyr": float(rows["host_age_gyr"].iloc[0]),
            }
    return out


def pass_rows(aged: pd.DataFrame, name: str, influential: str | None) -> pd.DataFrame:
    """The aged companions of one of `PASSES`; `influential` is the host that its last one leaves out."""
    if name == "low_mass_ratio":
        kept = ~aged["high_mass_ratio"].astype(bool)
    elif name == "without_most_influential_host":
        kept = aged["host_name"].ne(influential)
    elif name == "as_given":
        kept = pd.Series(True, index=aged.index)
    elif name == "without_assumed_zero":
        kept = aged["eccentricity_kind"].ne("assumed_zero")
    elif name == "measured_eccentricity":
        kept = aged["eccentricity_kind"].eq("measured")
    else:
        limits = aged["host_age_gyr_limit"] if "host_age_gyr_limit" in aged else pd.Series(0, index=aged.index)
        kept = ~limits.fillna(0).ne(0)
    return aged[kept].reset_index(drop=True)


def _comparison_rows(aged: pd.DataFrame, age: float | None) -> pd.DataFrame:
    """Aged candidates with the difference of their age from the target's (Gyr); none without the target's age."""
    rows = aged.drop(columns=["log_host_mass"]) if age is not None else aged.drop(columns=["log_host_mass"]).iloc[:0]
    rows = rows.reset_index(drop=True)
    rows["age_delta_vs_toi_gyr"] = rows["host_age_gyr"].astype(float) - (math.nan if age is None else age)
    rows["is_younger_than_toi"] = rows["age_delta_vs_toi_gyr"].lt(0)
    return rows


def _comparison(rows: pd.DataFrame, age: float | None, config: AgesConfig) -> dict[str, Any]:
    """Scalars of the age comparison; Delta age and age have the same correlations, since they differ by a constant."""
    if age is None:
        return {"toi_age_gyr": None, "reason": "no age is given for the target (--toi_age_gyr)"}
    out: dict[str, Any] = {"toi_age_gyr": age, "reason": None, "n_rows": len(rows), "n_hosts": int(rows["host_name"].nunique())}
    hosts = rows.drop_duplicates("host_name")
    for unit, part in (("rows", rows), ("hosts", hosts)):
        younger = int(part["is_younger_than_toi"].sum())
        low, high = _fraction_interval(younger, len(part)) if unit == "hosts" else (None, None)
        out[unit] = {
            "median_delta_gyr": float(part["age_delta_vs_toi_gyr"].median()) if len(part) else None,
            "n_younger": younger,
            "younger_fraction": younger / len(part) if len(part) else None,
            "younger_fraction_low": low,
            "younger_fraction_high": high,
        }
    # The error that faces the target: upward for a younger host, downward for an older one; 0 marks a limit, not an error.
    error = np.where(hosts["is_younger_than_toi"], hosts["host_age_gyr_err_up"], hosts["host_age_gyr_err_down"]).astype(float)
    error = np.where(error > 0, error, np.nan)
    out["n_hosts_differing_by_more_than_error"] = int(np.sum(np.abs(hosts["age_delta_vs_toi_gyr"]) > error))
    # A lower limit below the target's age, or an upper limit above it, does not say which of the two is older.
    limit = hosts["host_age_gyr_limit"].fillna(0).to_numpy(float) if "host_age_gyr_limit" in hosts else np.zeros(len(hosts))
    out["n_hosts_undetermined_by_limit"] = int(np.sum(limit * hosts["age_delta_vs_toi_gyr"].to_numpy(float) > 0))
    out["n_hosts_without_error"] = int(np.sum(np.isnan(error)))
    out["correlations"] = {orbit: _correlated(rows, orbit, config, "age_delta_vs_toi_gyr") for orbit in ("semimajor_axis_au", LOG_A, E)}
    return out


def _fraction_interval(count: int, total: int) -> tuple[float | None, float | None]:
    """Wilson 95 % interval of a fraction."""
    from statsmodels.stats.proportion import proportion_confint

    if total == 0:
        return None, None
    low, high = proportion_confint(count, total, alpha=0.05, method="wilson")
    return float(low), float(high)


def _shortage(rows: pd.DataFrame, config: AgesConfig) -> str | None:
    n_hosts = int(rows["host_name"].nunique())
    if len(rows) < config.min_rows or n_hosts < config.min_rows:
        return f"{len(rows)} rows of {n_hosts} hosts; at least {config.min_rows} of each are needed"
    return None


def _correlated(rows: pd.DataFrame, orbit: str, config: AgesConfig, age: str = "host_age_gyr") -> dict[str, Any]:
    """Correlations of age (or its difference from the target's) with one orbit variable."""
    rows = rows.dropna(subset=[age, orbit])
    out: dict[str, Any] = {"n_rows": len(rows), "n_hosts": int(rows["host_name"].nunique()), "reason": _shortage(rows, config)}
    if out["reason"] is None:
        values = correlation(
            rows[age].to_numpy(float), rows[orbit].to_numpy(float), rows["host_name"].to_numpy(dtype=str), config.permutations, config.seed
        )
        out |= {key: None if math.isnan(value) else value for key, value in values.items()}
        out["reason"] = "a variable is constant" if out["pearson_r"] is None else None
    return out


def _fitted(rows: pd.DataFrame, model: str, config: AgesConfig) -> dict[str, Any]:
    """One regression with both sets of errors and the partial correlation of each predictor."""
    response, predictors = MODELS[model]
    rows = rows.dropna(subset=[response, *predictors]).reset_index(drop=True)
    out: dict[str, Any] = {
        "response": response,
        "predictors": list(predictors),
        "n_rows": len(rows),
        "n_hosts": int(rows["host_name"].nunique()),
    }
    out["reason"] = _shortage(rows, config)
    if out["reason"] is None:
        try:
            out |= regression(rows, response, predictors, "host_name")
        except ValueError as error:
            out["reason"] = str(error)
    if out["reason"] is None:
        if len(predictors) == 1:
            arrays = (rows[predictors[0]].to_numpy(float), rows[response].to_numpy(float), rows["host_name"].to_numpy(dtype=str))
            out |= age_slope_test(*arrays, config.permutations, config.seed, config.significance)
        out["partial_correlations"] = {
            name: partial_correlation(rows, response, name, tuple(other for other in predictors if other != name)) for name in predictors
        }
    return out


def _per_host(aged: pd.DataFrame, config: AgesConfig) -> dict[str, Any]:
    """The same with one value per host: means of log a and e over its companions, log age and log mass as they are."""
    out: dict[str, Any] = {}
    for name, (response, predictors) in MODELS.items():
        columns = (response, *predictors)
        hosts = host_means(aged.dropna(subset=list(columns)), columns)
        out[name] = _fitted(hosts, name, config)
    for orbit in (LOG_A, E):
        hosts = host_means(aged.dropna(subset=[orbit]), (orbit, "host_age_gyr"))
        out[f"correlation_{orbit}"] = _correlated(hosts, orbit, config)
    return out
