"""The label test and the interval of one comparison of eccentricities, and the comparisons that are made beside the primary one."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.eccentricity.label_permutation import STATISTICS, Labellings, label_test, labellings
from analysis.population.eccentricity.likelihood import BetaGrid, Observations, log_likelihood, observations, scores, with_prior
from analysis.population.eccentricity.matching import nearest_pairs, paired_effect, with_both_classes
from analysis.population.eccentricity.posterior import MEANS, curves, difference
from analysis.population.eccentricity.treatments import insignificant

__all__ = ["Design", "compare", "design", "frame_design", "matched", "orbit_strata", "sensitivity"]

Configs = tuple[EccentricityInferenceConfig, EccentricityConfig]
EFFECT_DRAWS = 20_000  # posterior draws of a stratified effect; its quantiles are then good to a hundredth of its width
UNMATCHED = "one class has no companion left to compare"


class Design:
    """What a comparison is made of: rows (n), high (n,) bool, hosts and strata (n,), and the labellings under test."""

    def __init__(self, rows: Observations, high: np.ndarray, hosts: np.ndarray, strata: np.ndarray, labels: Labellings):
        self.rows, self.high, self.hosts, self.strata, self.labels = rows, high, hosts, strata, labels


def design(rows: Observations, high: np.ndarray, hosts: np.ndarray, strata: np.ndarray, config: EccentricityInferenceConfig) -> Design:
    """The comparison of the rows in strata that hold both classes."""
    keep = with_both_classes(high, strata)
    rng = np.random.default_rng([config.seed, 24, len(high)])
    labels = labellings(high[keep], hosts[keep], strata[keep], config.enumeration_limit, config.permutations, rng)
    return Design(rows.take(keep), high[keep], hosts[keep], strata[keep], labels)


def frame_design(frame: pd.DataFrame, strata: np.ndarray | None, configs: Configs) -> Design:
    """`design` of a table of eccentricity rows; one stratum where none are given."""
    high = frame["mass_ratio"].to_numpy(dtype=float) > configs[1].mass_ratio_split
    strata = np.zeros(len(frame), dtype=int) if strata is None else strata
    return design(observations(frame), high, frame["host_name"].to_numpy(dtype=str), strata, configs[0])


def orbit_strata(frame: pd.DataFrame, config: EccentricityInferenceConfig) -> np.ndarray:
    """Stratum of orbit size (n,) of every row: the number of `orbit_edges` below its axis."""
    return np.searchsorted(np.sort(config.orbit_edges), frame["semimajor_axis_au"].to_numpy(dtype=float))


def compare(made: Design, grid: BetaGrid, configs: Configs, statistic: str | None = None) -> dict[str, Any]:
    """The label test, and the difference of the mean eccentricities (high-q minus low-q) with its intervals.

    With several strata the estimand is the mean over strata of the differences, weighted by their numbers of high-q rows. The posterior
    interval is the one whose coverage is measured; the profile interval stands beside it. NaN with a reason where a class is missing.
    """
    config, high = configs[0], made.high
    name = statistic or config.statistic
    result: dict[str, Any] = {
        "n_high": int(high.sum()),
        "n_low": int((~high).sum()),
        "hosts_high": len(set(made.hosts[high])),
        "hosts_low": len(set(made.hosts[~high])),
        "strata": len(np.unique(made.strata)),
        "units": made.labels.units,
        "labellings": len(made.labels.rows),
        "enumerated": made.labels.complete,
        "smallest_p": made.labels.smallest_p,
        "fingerprint": _fingerprint(made),
        **dict.fromkeys(
            ("statistic_value", "p", "p_error", "estimate", "low", "high", "profile_estimate", "profile_low", "profile_high", "share_positive"),
            float("nan"),
        ),
        "statistic": name,
        "interval_kind": "posterior, equal tails",
        "reason": None,
    }
    if not high.any() or high.all():
        return {**result, "smallest_p": float("nan"), "reason": UNMATCHED}
    table = log_likelihood(made.rows, grid, *configs)
    score = scores(made.rows, table, grid, *configs)
    result["statistic_value"], result["p"], result["p_error"] = label_test(name, made.labels, table, score, grid)
    if made.labels.smallest_p > 0.05:
        result["reason"] = "too few labellings for p < 0.05"
    strata = np.unique(made.strata)
    if len(strata) == 1:
        found = difference(curves(table[high].sum(axis=0), grid), curves(table[~high].sum(axis=0), grid))
        return {
            **result,
            "estimate": found.median,
            "low": found.low,
            "high": found.high,
            "profile_estimate": found.profile_estimate,
            "profile_low": found.profile_low,
            "profile_high": found.profile_high,
            "share_positive": found.share_positive,
        }
    total = np.zeros(EFFECT_DRAWS)
    rng = np.random.default_rng([config.seed, 25])
    for stratum in strata:
        same = made.strata == stratum
        upper, lower = (
            np.interp(rng.random(EFFECT_DRAWS), np.cumsum(curves(table[same & side].sum(axis=0), grid).density), MEANS) for side in (high, ~high)
        )
        total += (same & high).sum() / high.sum() * (upper - lower)
    low, middle, top = np.quantile(total, [0.025, 0.5, 0.975])
    return {**result, "estimate": float(middle), "low": float(low), "high": float(top), "share_positive": float(np.mean(total > 0))}


def _fingerprint(made: Design) -> str:
    """The same for comparisons of the same rows, classes and strata: such repeats count once."""
    content = np.array([made.rows.value, made.rows.up, made.high, np.unique(made.strata, return_inverse=True)[1]], dtype=float)
    return hashlib.sha256(content.tobytes()).hexdigest()[:12]


def sensitivity(frame: pd.DataFrame, wide: pd.DataFrame, grid: BetaGrid, configs: Configs) -> pd.DataFrame:
    """The primary comparison with other statistics, splits, limits of the wide orbits, error models and priors.

    Limits and assumed zeros occur on close orbits only: their confidence and bound are varied for all orbits, in strata of size.
    """
    config, eccentricity_config = configs
    rows = []

    def add(name: str, part: pd.DataFrame, strata: np.ndarray | None = None, changed: Configs = configs, **options: Any) -> None:
        rows.append({"name": name, **compare(frame_design(part, strata, changed), with_prior(grid, changed[0]), changed, **options)})

    axis = frame["semimajor_axis_au"].to_numpy(dtype=float)
    for statistic in STATISTICS:
        if statistic != config.statistic:
            add(statistic, wide, statistic=statistic)
    for split in config.mass_ratio_splits:
        add(f"split_{split:g}", wide, changed=(config, replace(eccentricity_config, mass_ratio_split=split)))
    for limit in config.wide_axes:
        add(f"wide_{limit:g}_au", frame[axis > limit])
    add("significant_only", wide[~insignificant(wide, eccentricity_config.significance)])
    add("error_model_flat", wide, changed=(replace(config, error_model="flat"), eccentricity_config))
    for width in config.concentration_spreads:
        add(f"prior_spread_{width:g}", wide, changed=(replace(config, concentration_spread=width), eccentricity_config))
    strata = orbit_strata(frame, config)
    add("all_orbits_stratified", frame, strata)
    for confidence in config.limit_confidences:
        add(f"all_orbits_limit_confidence_{confidence:g}", frame, strata, (replace(config, limit_confidence=confidence), eccentricity_config))
    for bound in eccentricity_config.assumed_zero_bounds:
        add(f"all_orbits_zero_bound_{bound:g}", frame, strata, (config, replace(eccentricity_config, assumed_zero_bound=bound)))
    return pd.DataFrame(rows)


def matched(frame: pd.DataFrame, wide: pd.DataFrame, several: np.ndarray, grid: BetaGrid, configs: Configs) -> pd.DataFrame:
    """Comparisons by strata and by pairs, each with what is left of the sample.

    `several` (n,) bool: rows of `frame` whose host has several companions.
    """
    config = configs[0]
    strata = orbit_strata(frame, config)
    in_wide = frame["object_id"].isin(wide["object_id"]).to_numpy()
    single = frame[~several]

    def codes(part: pd.DataFrame, column: str) -> np.ndarray:
        return part[column].astype(str).to_numpy(dtype=str)

    both = np.array([f"{a}|{b}" for a, b in zip(strata, codes(frame, "mass_kind"), strict=True)])
    compared = [
        ("all_orbits_unmatched", "none", frame, None),
        ("wide_orbits", "orbit size", wide, None),
        ("orbit_strata", "orbit size", frame, strata),
        ("orbit_strata_wide", "orbit size", wide, strata[in_wide]),
        ("single_companions_wide", "orbit size, multiplicity", wide[~several[in_wide]], None),
        ("single_companions_orbit_strata", "orbit size, multiplicity", single, strata[~several]),
        ("mass_kind_wide", "orbit size, kind of mass", wide, codes(wide, "mass_kind")),
        ("mass_kind_orbit_strata", "orbit size, kind of mass", frame, both),
        ("method_wide", "orbit size, detection method", wide, codes(wide, "discovery_method")),
    ]
    rows = [
        {"name": name, "matched_on": on, "kind": "strata", **compare(frame_design(part, s, configs), grid, configs)} for name, on, part, s in compared
    ]
    log_axis = np.log10(frame["semimajor_axis_au"].to_numpy(dtype=float))
    for caliper in sorted(config.calipers):
        rows.append(_paired(f"pairs_{caliper:g}_dex", "orbit size", frame, log_axis, caliper, grid, configs))
    rows.append(
        _paired(
            "pairs_wide_host_mass",
            "orbit size, host mass",
            wide,
            wide["host_mass_msun"].to_numpy(dtype=float),
            config.host_mass_caliper,
            grid,
            configs,
        )
    )
    rows.append(
        _paired(
            "pairs_wide_companion_mass",
            "orbit size, companion mass",
            wide,
            np.log10(wide["companion_mass_mjup"].to_numpy(dtype=float)),
            0.3,
            grid,
            configs,
        )
    )
    return pd.DataFrame(rows)


def _paired(name: str, on: str, frame: pd.DataFrame, x: np.ndarray, caliper: float, grid: BetaGrid, configs: Configs) -> dict[str, Any]:
    """A row of `matched` from pairs within a caliper in x; the differences are those of the scores of the label test."""
    high = frame["mass_ratio"].to_numpy(dtype=float) > configs[1].mass_ratio_split
    pairs = nearest_pairs(x, high, frame["host_name"].to_numpy(dtype=str), caliper)
    k = len(pairs.high)
    row: dict[str, Any] = {
        "name": name,
        "matched_on": on,
        "kind": "pairs",
        "caliper": caliper,
        "n_high": k,
        "n_low": k,
        "hosts_high": k,
        "hosts_low": k,
        "strata": k,
        "units": 2 * k,
        "smallest_p": 2.0 ** (1 - k) if k else float("nan"),
        "statistic": "mean paired difference",
        "interval_kind": "typical values",
        "largest_gap": float(pairs.distance.max()) if k else float("nan"),
        "reason": None if k else "no pair within the caliper",
        "fingerprint": hashlib.sha256(np.array([*pairs.high, -1, *pairs.low], dtype=np.int64).tobytes()).hexdigest()[:12] + on,
    }
    if k:
        rows = observations(frame)
        score = scores(rows, log_likelihood(rows, grid, *configs), grid, *configs)
        rng = np.random.default_rng([configs[0].seed, 26, k])
        row["estimate"], row["low"], row["high"], row["p"], row["p_error"] = paired_effect(
            score[pairs.high] - score[pairs.low], configs[0].permutations, rng
        )
        if row["smallest_p"] > 0.05:
            row["reason"] = "too few pairs for p < 0.05"
    return row
