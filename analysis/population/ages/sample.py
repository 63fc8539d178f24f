"""What the companions with a host age are: how many, of which class, with what errors, and what they could show."""

import math
from typing import Any

import pandas as pd

from analysis.config import AgesConfig
from analysis.population.ages.regression import detectable_correlation

__all__ = ["age_errors", "counts", "power"]


def counts(candidates: pd.DataFrame, aged: pd.DataFrame, config: AgesConfig) -> dict[str, Any]:
    """How many rows and hosts have an age, per class of mass ratio and per source of the age."""
    high = candidates["high_mass_ratio"].to_numpy(bool)
    in_aged = candidates["object_id"].isin(aged["object_id"]).to_numpy()
    per_host = aged.groupby("host_name").size()
    classes = {}
    for name, mask in (("high_mass_ratio", high), ("low_mass_ratio", ~high)):
        part = candidates[mask & in_aged]
        classes[name] = {
            "n_rows": len(part),
            "n_hosts": int(part["host_name"].nunique()),
            "of_rows": int(mask.sum()),
            "of_hosts": int(candidates[mask]["host_name"].nunique()),
        }
    limits = aged["host_age_gyr_limit"].fillna(0).ne(0) if "host_age_gyr_limit" in aged else pd.Series(False, index=aged.index)
    no_error = aged["host_age_gyr_err_up"].isna() & ~limits
    axes = aged["semimajor_axis_au"]
    return {
        "n_candidates": len(candidates),
        "n_hosts": int(candidates["host_name"].nunique()),
        "n_rows_aged": len(aged),
        "n_hosts_aged": len(per_host),
        "classes": classes,
        "class_comparison_possible": min(item["n_hosts"] for item in classes.values()) >= config.min_rows,
        "aged_high_mass_ratio": aged.loc[aged["high_mass_ratio"].astype(bool), "companion_name"].tolist(),
        "n_hosts_with_several_aged_rows": int((per_host > 1).sum()),
        "most_rows_of_one_host": int(per_host.max()) if len(per_host) else 0,
        "rows_per_host": {str(size): int(number) for size, number in per_host.value_counts().sort_index().items()},
        "n_hosts_age_limit": int(aged.loc[limits, "host_name"].nunique()),
        "n_hosts_age_without_error": int(aged.loc[no_error, "host_name"].nunique()),
        "by_reference": {str(k): int(v) for k, v in aged.groupby("host_age_reference")["host_name"].nunique().sort_index().items()},
        "eccentricity_kind": {str(k): int(v) for k, v in aged["eccentricity_kind"].value_counts().sort_index().items()},
        "age_min_gyr": _extreme(aged["host_age_gyr"], "min"),
        "age_max_gyr": _extreme(aged["host_age_gyr"], "max"),
        "semimajor_axis_min_au": _extreme(axes, "min"),
        "semimajor_axis_max_au": _extreme(axes, "max"),
    }


def _extreme(values: pd.Series, which: str) -> float | None:
    return float(getattr(values, which)()) if len(values) else None


def age_errors(aged: pd.DataFrame) -> dict[str, Any]:
    """How much of the spread of the ages is their error, and how far that shrinks a slope.

    One value per host with a two-sided error, in log10 age: reliability = 1 - mean variance of the errors / variance of the ages,
    the factor by which least squares shrinks a slope on log age (Fuller 1987, eq. 1.1.6); at most 0 where errors explain all.
    """
    hosts = aged.drop_duplicates("host_name")
    errors = (hosts["host_age_gyr_err_up"] + hosts["host_age_gyr_err_down"]) / 2
    known = hosts["host_age_gyr_err_up"].gt(0) & hosts["host_age_gyr_err_down"].gt(0)
    log_errors = (errors / hosts["host_age_gyr"] / math.log(10))[known]
    out: dict[str, Any] = {"n_hosts": int(known.sum()), "median_log_error_dex": None, "log_age_sd_dex": None, "reliability": None}
    if known.sum() >= 3:
        variance = float(hosts.loc[known, "log_host_age_gyr"].var(ddof=1))
        out |= {
            "median_log_error_dex": float(log_errors.median()),
            "log_age_sd_dex": math.sqrt(variance),
            "reliability": 1 - float((log_errors**2).mean()) / variance if variance > 0 else None,
        }
    return out


def power(aged: pd.DataFrame, config: AgesConfig) -> dict[str, Any]:
    """Smallest |r| the tests would find with the stated power: hosts as the independent units, and rows, which is optimistic."""
    out = {}
    for name, rows in (("semimajor_axis", aged), ("eccentricity", aged.dropna(subset=["eccentricity"]))):
        n_hosts = int(rows["host_name"].nunique())
        sizes = {"hosts": n_hosts, "rows": len(rows)}
        values = {unit: detectable_correlation(n, config.significance, config.power) for unit, n in sizes.items()}
        out[name] = {f"n_{unit}": n for unit, n in sizes.items()} | {
            f"detectable_r_{unit}": None if math.isnan(value) else value for unit, value in values.items()
        }
    return out
