"""Does the eccentricity differ between the mass-ratio classes beyond what orbit size explains? One likelihood, one declared test, its repeats.

Primary test: on orbits beyond `wide_axis_au`, where neither tides nor close neighbours circularise, the labels high-q and low-q
change places between hosts with equally many companions, and the difference of the mean eccentricities is compared with all its values. That is
exact for any sample size and any dependence within a host, as long as the errors are as exchangeable as the values; with the errors of the real
rows its size is measured (calibrate_eccentricity). Among the statistics tried it was chosen by size and power at the declared alternative (low-q
as Kipping 2013, high-q as Do O et al. 2023); the others stand beside it. Effect: difference of the means of two Beta distributions. Its
posterior interval is quoted, since profile-likelihood intervals cover 88-92 % at n = 6 against 5.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.errors import InputError
from analysis.population.eccentricity.comparison import compare, frame_design, matched, sensitivity
from analysis.population.eccentricity.label_permutation import STATISTICS
from analysis.population.eccentricity.likelihood import ERROR_MODELS, BetaGrid, beta_grid, log_likelihood, observations
from analysis.population.eccentricity.posterior import best, evidence, parameter_intervals
from analysis.population.eccentricity.resampling import bootstrap, percentile_coverage, power, power_curve, spread
from analysis.population.eccentricity.treatments import TREATMENTS, eccentricity_rows, two_sample
from analysis.population.rows import population_rows

__all__ = ["NOT_PASSES", "ORBITS", "SUBSETS", "EccentricityInference", "check", "run"]

ORBITS, SUBSETS = ("all", "wide"), ("low_q", "high_q")
# not robustness passes: they change the interval and not the test, or the likelihood where the test hardly looks
NOT_PASSES = (
    "error_model",
    "prior_spread",
    "all_orbits_limit",
    "all_orbits_zero",
    "all_orbits_unmatched",
    "wide_orbits",
    "pairs_wide_companion_mass",
)
COVERAGE_SIZES = (7,)  # high-q companions with an eccentricity, at any orbit
DROP = 9.0  # points of the grid whose log likelihood is further below the maximum are left out of the posterior table


@dataclass(frozen=True)
class EccentricityInference:
    """Results of the stage.

    fits: a row per orbits and subset: maximum likelihood, profile and posterior intervals. matched and sensitivity: a row per comparison.
    posterior: the grid by orbits and subset, where it matters. bootstrap: a row per orbits, scheme and resample. power: power curve.
    summary: every scalar, and the block "claim".
    """

    fits: pd.DataFrame
    matched: pd.DataFrame
    sensitivity: pd.DataFrame
    posterior: pd.DataFrame
    bootstrap: pd.DataFrame
    power: pd.DataFrame
    summary: dict[str, Any]


def check(config: EccentricityInferenceConfig) -> None:
    """Raise InputError for a word that names nothing, or a Beta distribution without two parameters."""
    for name, allowed in (("error_model", ERROR_MODELS), ("statistic", STATISTICS)):
        if getattr(config, name) not in allowed:
            raise InputError(f"[eccentricity_inference] {name} is {getattr(config, name)!r}; use one of {', '.join(allowed)}.")
    for name in ("declared_low", "declared_high"):
        if len(getattr(config, name)) != 2:
            raise InputError(f"[eccentricity_inference] {name} has {len(getattr(config, name))} numbers; expected alpha and beta.")


def run(config: EccentricityInferenceConfig, sample: Any, eccentricity_config: EccentricityConfig) -> EccentricityInference:
    """Fit, compare, match, resample and summarise the eccentricities of the candidates of `sample`."""
    check(config)
    configs = (config, eccentricity_config)
    candidates, frame = population_rows(sample.table), eccentricity_rows(sample.table)
    wide = frame[frame["semimajor_axis_au"].to_numpy(dtype=float) > eccentricity_config.wide_axis_au].reset_index(drop=True)
    grid = beta_grid(config)
    several = _several(frame, candidates)
    parts = {"all": frame, "wide": wide}
    fits, posteriors, resamples, ratios = [], [], [], {}
    for key, (orbits, part) in enumerate(parts.items()):
        high = part["mass_ratio"].to_numpy(dtype=float) > eccentricity_config.mass_ratio_split
        table = log_likelihood(observations(part), grid, *configs)
        for subset, keep in zip(SUBSETS, (~high, high), strict=True):
            fits.append({"orbits": orbits, "subset": subset, **_fit(part[keep], table[keep], grid)})
            posteriors.append(_posterior(orbits, subset, table[keep].sum(axis=0), grid))
        ratios[orbits] = _two_against_one(table, high, grid)
        resamples.append(bootstrap(table, part["host_name"].to_numpy(dtype=str), high, grid, config, key))
    primary = compare(frame_design(wide, None, configs), grid, configs)
    others = sensitivity(frame, wide, grid, configs)
    comparisons = matched(frame, wide, several, grid, configs)
    curve, needed = power_curve(primary["n_low"] or 2, config)
    summary = {
        "primary": primary,
        "raw": compare(frame_design(frame, None, configs), grid, configs),
        "beta_ratio": ratios,
        "fits": {orbits: {row["subset"]: _scalars(row) for row in fits if row["orbits"] == orbits} for orbits in ORBITS},
        "matched": _by_name(comparisons),
        "sensitivity": _by_name(others),
        "specification": {
            treatment: two_sample(frame, treatment, eccentricity_config.mass_ratio_split, eccentricity_config, wide_only=True)
            for treatment in TREATMENTS
        },
        "overlap": _overlap(wide, eccentricity_config),
        "bootstrap": {orbits: spread(part) for orbits, part in zip(ORBITS, resamples, strict=True)},
        "coverage_of_percentiles": {str(n): percentile_coverage(n, grid, config) for n in COVERAGE_SIZES},
        "power": {
            "at_sizes": power(primary["n_low"], primary["n_high"], config) if min(primary["n_low"], primary["n_high"]) > 1 else None,
            "needed": needed,
            "draws": config.power_draws,
            "declared_low": list(config.declared_low),
            "declared_high": list(config.declared_high),
            "declared_difference": config.declared_high[0] / sum(config.declared_high) - config.declared_low[0] / sum(config.declared_low),
        },
        "prior": f"mean uniform on (0, 1), ln concentration normal about ln {config.concentration_median:g} with {config.concentration_spread:g}",
        "limit_confidence": config.limit_confidence,
        "assumed_zero_bound": eccentricity_config.assumed_zero_bound,
        "error_model": config.error_model,
        "mass_ratio_split": eccentricity_config.mass_ratio_split,
        "wide_axis_au": eccentricity_config.wide_axis_au,
    }
    summary["claim"] = _claim(summary)
    return EccentricityInference(
        fits=pd.DataFrame(fits),
        matched=comparisons,
        sensitivity=others,
        posterior=pd.concat(posteriors, ignore_index=True),
        bootstrap=pd.concat([part.assign(orbits=orbits) for orbits, part in zip(ORBITS, resamples, strict=True)], ignore_index=True),
        power=curve,
        summary=_scalars(summary),
    )


def _several(frame: pd.DataFrame, candidates: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the host has several companions, by the source's count or among the candidates, whether or not their e is known."""
    counted = frame["host_name"].map(candidates["host_name"].value_counts()).to_numpy(dtype=float)
    return (counted > 1) | (frame["planet_count"].to_numpy(dtype=float) > 1)


def _fit(part: pd.DataFrame, table: np.ndarray, grid: BetaGrid) -> dict[str, Any]:
    """Counts, maximum likelihood with profile intervals, and posterior medians with 95 % intervals, of one subset."""
    kind = part["eccentricity_kind"]
    row: dict[str, Any] = {
        "n": len(part),
        "hosts": int(part["host_name"].nunique()),
        **{name: int((kind == name).sum()) for name in ("measured", "upper_limit", "assumed_zero")},
    }
    if not len(part):
        return {**row, "reason": "no rows"}
    total = table.sum(axis=0)
    mean, concentration, value, found = (float(x) for x in best(total, grid))
    row |= {"mean": mean, "concentration": concentration, "alpha": mean * concentration, "beta": (1 - mean) * concentration, "log_likelihood": value}
    row |= (
        {"reason": None}
        if found
        else {
            "reason": "the likelihood has no maximum on the grid",
            "mean": float("nan"),
            "concentration": float("nan"),
            "alpha": float("nan"),
            "beta": float("nan"),
        }
    )
    drop = stats.chi2.ppf(0.95, 1) / 2
    shaped = grid.shaped(total)
    for name, axis, log_values in (("mean", 1, special.logit(grid.mean)), ("concentration", 0, np.log(grid.concentration))):
        profile = shaped.max(axis=axis)
        low, high = _crossings(log_values, profile - max(profile.max(), value if found else -np.inf) + drop)
        row |= {f"{name}_profile_low": _back(name, low), f"{name}_profile_high": _back(name, high)}
    for name, (median, low, high) in parameter_intervals(total, grid).items():
        row |= {f"{name}_median": median, f"{name}_low": low, f"{name}_high": high}
    return row


def _crossings(x: np.ndarray, height: np.ndarray) -> tuple[float, float]:
    """Where `height` (n,) over x (n,) changes sign on either side of its maximum; NaN on an open side."""
    top, ends = int(np.argmax(height)), []
    for step in (-1, 1):
        i = top
        while 0 <= i + step < len(x) and height[i + step] > 0:
            i += step
        j = i + step
        inside = 0 <= j < len(x) and height[i] > 0
        ends.append(float(x[i] + (x[j] - x[i]) * height[i] / (height[i] - height[j])) if inside else float("nan"))
    return ends[0], ends[1]


def _back(name: str, value: float) -> float:
    return float(special.expit(value)) if name == "mean" else float(np.exp(value))


def _posterior(orbits: str, subset: str, total: np.ndarray, grid: BetaGrid) -> pd.DataFrame:
    """The points of the grid that carry posterior: mean, concentration, ln L below its maximum, and posterior mass."""
    mass = np.exp(total + grid.log_prior - evidence(total, grid))
    keep = (total > total.max() - DROP) | (mass > 1e-5)
    frame = pd.DataFrame(
        {
            "orbits": orbits,
            "subset": subset,
            "mean": np.repeat(grid.mean, len(grid.concentration)),
            "concentration": np.tile(grid.concentration, len(grid.mean)),
            "log_likelihood": total - total.max(),
            "posterior": mass,
        }
    )
    return frame[keep]


def _two_against_one(table: np.ndarray, high: np.ndarray, grid: BetaGrid) -> dict[str, Any]:
    """2 ln of the likelihood ratio of two Betas over one, and ln of their Bayes factor; None where a class is missing."""
    if not high.any() or high.all():
        return {"ratio": None, "log_bayes_factor": None, "chi_square_p": None}
    upper, lower = table[high].sum(axis=0), table[~high].sum(axis=0)
    ratio = 2 * float(best(upper, grid)[2] + best(lower, grid)[2] - best(upper + lower, grid)[2])
    bayes = float(evidence(upper, grid) + evidence(lower, grid) - evidence(upper + lower, grid))
    return {"ratio": ratio, "log_bayes_factor": bayes, "chi_square_p": float(stats.chi2.sf(max(ratio, 0.0), 2))}


def _overlap(wide: pd.DataFrame, config: EccentricityConfig) -> dict[str, Any]:
    """Ranges of what could be matched on, by class, on wide orbits."""
    high = wide["mass_ratio"].to_numpy(dtype=float) > config.mass_ratio_split
    result: dict[str, Any] = {}
    for subset, part in zip(SUBSETS, (wide[~high], wide[high]), strict=True):
        result[subset] = {
            name: [float(part[name].min()), float(part[name].max())] if len(part) else None
            for name in ("semimajor_axis_au", "companion_mass_mjup", "host_mass_msun", "mass_ratio")
        }
        result[subset]["methods"] = part["discovery_method"].value_counts().sort_index().to_dict()
        result[subset]["mass_kinds"] = part["mass_kind"].value_counts().sort_index().to_dict()
    return result


def _by_name(table: pd.DataFrame) -> dict[str, Any]:
    """{name: the other columns} for dotted paths: a name may hold no dot."""
    return {row.pop("name").replace(".", "_"): _scalars(row) for row in table.to_dict("records")}


def _claim(summary: dict[str, Any]) -> dict[str, Any]:
    """The block that the ledger of claims reads.

    Repeats of the same rows, classes, strata and statistic count once; those that cannot reach p < 0.05 are None.
    """
    primary = summary["primary"]
    seen, passes = {(primary["statistic"], primary["fingerprint"])}, {}
    for name, row in {**summary["sensitivity"], **summary["matched"]}.items():
        mark = (row["statistic"], row.get("fingerprint") or name)
        if name.startswith(NOT_PASSES) or mark in seen:
            continue
        seen.add(mark)
        passes[name] = bool(row["p"] < 0.05) if row.get("p") is not None and row["smallest_p"] <= 0.05 else None
    ks = summary["specification"]["as_given"]["ks_p"]
    passes["ks_as_given"] = bool(ks < 0.05) if np.isfinite(ks) else None
    return {
        "estimand": f"mean eccentricity at q > {summary['mass_ratio_split']:g} minus that of the others, at a > {summary['wide_axis_au']:g} au",
        "test": "permutation of the labels between hosts with equally many companions on wide orbits, difference of mean eccentricities, two-sided",
        **{name: primary[name] for name in ("estimate", "low", "high", "p", "p_error")},
        "n": {name: primary[name] for name in ("n_high", "n_low", "hosts_high", "hosts_low", "labellings")},
        "power": summary["power"]["at_sizes"],
        "passes": passes,
        "reason": primary["reason"],
    }


def _scalars(value: Any) -> Any:
    """`value` for JSON: NumPy scalars as Python's, NaN as None, in nested dictionaries and lists."""
    if isinstance(value, dict):
        return {str(key): _scalars(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scalars(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
