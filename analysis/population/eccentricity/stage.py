"""Eccentricities below and above the mass-ratio split: Beta distributions, two-sample tests and bagging.

Specification section 6.2, with the two passes of section 8 for limits, and beside every test the same test at
a > `wide_axis_au`, since the low-q rows sit on orbits that tides circularise and the high-q rows do not.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.config import EccentricityConfig
from analysis.population.eccentricity.bagging import bag, summarise
from analysis.population.eccentricity.beta import PUBLISHED, BetaFit, beta_log_likelihood, fit_beta, moved_inside
from analysis.population.eccentricity.treatments import TREATMENTS, bounds, eccentricity_rows, insignificant, two_sample
from analysis.population.eccentricity.twosample import ks_test, permutation_ks, smallest_ks_p

__all__ = ["ORBITS", "SUBSETS", "Eccentricity", "run"]

SUBSETS = ("low_q", "high_q")
ORBITS = ("all", "wide")


@dataclass(frozen=True)
class Eccentricity:
    """Results for the candidates with an eccentricity.

    parameters: Beta fits by orbits, treatment, subset, edge and bound. tests: two-sample tests by orbits and treatment.
    published: each subset against published Beta distributions. bagging: a row per resample and orbits. rows: the values
    used, for figures. summary and bagging_summary: scalars. reason: why there is no comparison, or None.
    """

    reason: str | None
    parameters: pd.DataFrame
    tests: pd.DataFrame
    published: pd.DataFrame
    bagging: pd.DataFrame
    rows: pd.DataFrame
    summary: dict[str, Any]
    bagging_summary: dict[str, Any]


def run(config: EccentricityConfig, sample: Any) -> Eccentricity:
    """Compare the eccentricities of the candidates of `sample` on the two sides of the mass-ratio split."""
    rows = eccentricity_rows(sample.table)
    fits = _fits(rows, config)
    parameters = pd.DataFrame([_fit_row(key, fit) for key, fit in fits.items()])
    tests = pd.DataFrame(
        [
            {
                "orbits": orbits,
                "treatment": treatment,
                **two_sample(rows, treatment, config.mass_ratio_split, config, orbits == "wide"),
                **_likelihood_ratio(rows, fits, orbits, treatment, config),
            }
            for orbits in ORBITS
            for treatment in TREATMENTS
        ]
    )
    draws = {orbits: bag(*_values(rows, config, orbits), config) for orbits in ORBITS}
    low, high = _values(rows, config, "all")
    reason = (
        None
        if min(len(low), len(high)) >= 2
        else f"{len(low)} low-q and {len(high)} high-q rows with an eccentricity; a comparison needs at least two a side"
    )
    return Eccentricity(
        reason=reason,
        parameters=parameters,
        tests=tests,
        published=_published(rows, fits, config),
        bagging=pd.concat([frame.assign(orbits=orbits) for orbits, frame in draws.items()], ignore_index=True),
        rows=_plotted(rows, config),
        summary=_summary(rows, fits, tests, reason, config),
        bagging_summary={
            "fraction": config.bagging_fraction,
            "replacement": False,
            "seed": config.seed,
            **{orbits: summarise(frame) for orbits, frame in draws.items()},
            "caveat": "Subsamples of 80 % share most of their rows, so their spread understates the sampling error; the profile-likelihood "
            "intervals of beta_e_params.csv are the uncertainty.",
        },
    )


def _in_orbits(rows: pd.DataFrame, config: EccentricityConfig, orbits: str) -> pd.DataFrame:
    return rows[rows["semimajor_axis_au"].to_numpy(dtype=float) > config.wide_axis_au] if orbits == "wide" else rows


def _values(rows: pd.DataFrame, config: EccentricityConfig, orbits: str) -> tuple[np.ndarray, np.ndarray]:
    """Eccentricities as given of the low-q and the high-q rows."""
    used = _in_orbits(rows, config, orbits)
    value, high = used["eccentricity"].to_numpy(dtype=float), used["mass_ratio"].to_numpy(dtype=float) > config.mass_ratio_split
    return value[~high], value[high]


def _subset(rows: pd.DataFrame, treatment: str, config: EccentricityConfig, orbits: str, subset: str) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the rows of one subset ("both" for all), exact values moved off the edges."""
    used = _in_orbits(rows, config, orbits)
    keep, low, high = bounds(used, treatment, config)
    if subset != "both":
        keep = keep & ((used["mass_ratio"].to_numpy(dtype=float) > config.mass_ratio_split) == (subset == "high_q"))
    low, high = low[keep], high[keep]
    exact = low == high
    return np.where(exact, moved_inside(low, config.edge), low), np.where(exact, moved_inside(high, config.edge), high)


def _fits(rows: pd.DataFrame, config: EccentricityConfig) -> dict[tuple[str, str, str, float, float], BetaFit]:
    """Fits by (orbits, treatment, subset, edge, bound of assumed zeros); the variants of edge and bound for all orbits only."""
    fits = {}
    for orbits in ORBITS:
        for treatment in TREATMENTS:
            variants = [config]
            if orbits == "all" and treatment in ("as_given", "limits_excluded"):
                variants += [replace(config, edge=edge) for edge in config.edges]
            if orbits == "all" and treatment == "censored":
                variants += [replace(config, assumed_zero_bound=bound) for bound in config.assumed_zero_bounds]
            for variant in variants:
                for subset in SUBSETS:
                    fits[orbits, treatment, subset, variant.edge, variant.assumed_zero_bound] = fit_beta(
                        *_subset(rows, treatment, variant, orbits, subset),
                        config.min_rows,
                        intervals=variant is config,
                    )
    return fits


def _fit_row(key: tuple[str, str, str, float, float], fit: BetaFit) -> dict[str, Any]:
    names = ("orbits", "treatment", "subset", "edge", "assumed_zero_bound")
    return {
        **dict(zip(names, key, strict=True)),
        "n": fit.n,
        "n_intervals": fit.censored,
        "alpha": fit.alpha,
        "beta": fit.beta,
        "mean": fit.mean,
        "log_likelihood": fit.log_likelihood,
        "se_log_alpha": fit.se_log_alpha,
        "se_log_beta": fit.se_log_beta,
        **{
            f"{name}_{level}_{side}": getattr(fit, f"{name}_{level}")[i]
            for name in ("alpha", "beta")
            for level in (68, 95)
            for i, side in enumerate(("low", "high"))
        },
        "converged": fit.converged,
        "interval_kind": "profile likelihood",
        "reason": fit.reason,
    }


def _fit(fits: dict[tuple[str, str, str, float, float], BetaFit], config: EccentricityConfig, orbits: str, treatment: str, subset: str) -> BetaFit:
    return fits[orbits, treatment, subset, config.edge, config.assumed_zero_bound]


def _likelihood_ratio(rows: pd.DataFrame, fits: dict[Any, BetaFit], orbits: str, treatment: str, config: EccentricityConfig) -> dict[str, float]:
    """2 ln of the likelihood ratio of two Beta distributions over one common, and its chi-square p with two degrees of freedom."""
    two = [_fit(fits, config, orbits, treatment, subset) for subset in SUBSETS]
    one = fit_beta(*_subset(rows, treatment, config, orbits, "both"), config.min_rows, intervals=False)
    ratio = 2 * (two[0].log_likelihood + two[1].log_likelihood - one.log_likelihood)
    return {"beta_ratio": ratio, "beta_ratio_p": float(stats.chi2.sf(max(ratio, 0.0), 2)) if np.isfinite(ratio) else float("nan")}


def _published(rows: pd.DataFrame, fits: dict[Any, BetaFit], config: EccentricityConfig) -> pd.DataFrame:
    """Each subset against published Beta distributions: likelihood ratio of our fit over theirs, and one-sample KS."""
    result = []
    for orbits in ORBITS:
        for treatment in ("as_given", "censored"):
            for subset in SUBSETS:
                low, high = _subset(rows, treatment, config, orbits, subset)
                fit = _fit(fits, config, orbits, treatment, subset)
                for name, (alpha, beta, what) in PUBLISHED.items():
                    theirs = beta_log_likelihood(alpha, beta, low, high) if len(low) else float("nan")
                    ratio = 2 * (fit.log_likelihood - theirs)
                    exact = treatment == "as_given" and len(low) > 1
                    result.append(
                        {
                            "orbits": orbits,
                            "treatment": treatment,
                            "subset": subset,
                            "published": name,
                            "of": what,
                            "alpha": alpha,
                            "beta": beta,
                            "n": len(low),
                            "log_likelihood": theirs,
                            "ratio": ratio,
                            "ratio_p": float(stats.chi2.sf(max(ratio, 0.0), 2)) if np.isfinite(ratio) else float("nan"),
                            "ks_p": float(stats.kstest(low, stats.beta(alpha, beta).cdf).pvalue) if exact else float("nan"),
                        }
                    )
    return pd.DataFrame(result)


def _plotted(rows: pd.DataFrame, config: EccentricityConfig) -> pd.DataFrame:
    names = [
        "object_id",
        "companion_name",
        "host_name",
        "discovery_method",
        "mass_ratio",
        "semimajor_axis_au",
        "semimajor_axis_kind",
        "eccentricity",
        "eccentricity_err_up",
        "eccentricity_err_down",
        "eccentricity_kind",
    ]
    high = rows["mass_ratio"] > config.mass_ratio_split
    _, lowest, highest = bounds(rows, "censored", config)
    return rows[names].assign(
        censored_low=lowest,
        censored_high=highest,
        subset=np.where(high, "high_q", "low_q"),
        wide=rows["semimajor_axis_au"] > config.wide_axis_au,
        insignificant=insignificant(rows, config.significance),
    )


def _power(fits: dict[Any, BetaFit], sizes: tuple[int, int], config: EccentricityConfig) -> float | None:
    """Share of simulated wide samples of these sizes, drawn from the two Beta fits of all orbits, with KS p < 0.05."""
    two = [_fit(fits, config, "all", "as_given", subset) for subset in SUBSETS]
    if min(sizes) < 2 or not all(np.isfinite(fit.alpha) for fit in two):
        return None
    rng = np.random.default_rng([config.seed, *sizes])
    draws = [[rng.beta(fit.alpha, fit.beta, size) for fit, size in zip(two, sizes, strict=True)] for _ in range(config.power_draws)]
    return float(np.mean([ks_test(low, high)[1] < 0.05 for low, high in draws]))


def _summary(rows: pd.DataFrame, fits: dict[Any, BetaFit], tests: pd.DataFrame, reason: str | None, config: EccentricityConfig) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "rows": len(rows),
        "reason": reason,
        "mass_ratio_split": config.mass_ratio_split,
        "wide_axis_au": config.wide_axis_au,
        "edge": config.edge,
        "assumed_zero_bound": config.assumed_zero_bound,
        "treatments": TREATMENTS,
        "interval_kind": "profile likelihood",
    }
    for orbits in ORBITS:
        used = _in_orbits(rows, config, orbits)
        high = used["mass_ratio"].to_numpy(dtype=float) > config.mass_ratio_split
        value, kind = used["eccentricity"].to_numpy(dtype=float), used["eccentricity_kind"].to_numpy(dtype=object)
        by_row, _ = permutation_ks(value, high, used["object_id"].to_numpy(), config.permutations, config.seed)
        by_host, units = permutation_ks(value, high, used["host_name"].to_numpy(), config.permutations, config.seed)
        summary[orbits] = {
            "tests": {
                row["treatment"]: {k: v for k, v in row.items() if k not in ("orbits", "treatment")}
                for row in tests[tests["orbits"] == orbits].to_dict("records")
            },
            "ks_p_permuted_rows": by_row,
            "ks_p_permuted_hosts": by_host,
            "host_units": units,
            "smallest_ks_p": smallest_ks_p(int(np.sum(~high)), int(np.sum(high))),
            "subsets": {
                subset: {
                    "rows": int(mask.sum()),
                    "hosts": int(used["host_name"][mask].nunique()),
                    **{name: int(np.sum(mask & (kind == name))) for name in ("measured", "upper_limit", "assumed_zero")},
                    "insignificant": int(np.sum(mask & insignificant(used, config.significance))),
                    "exactly_zero": int(np.sum(mask & (value == 0))),
                    "median_e": float(np.median(value[mask])) if mask.any() else None,
                    "median_a_au": float(np.median(used["semimajor_axis_au"][mask])) if mask.any() else None,
                    "values": sorted(map(float, value[mask])) if mask.sum() <= 10 else None,
                    "beta": {treatment: _scalars(_fit(fits, config, orbits, treatment, subset)) for treatment in TREATMENTS},
                }
                for subset, mask in (("low_q", ~high), ("high_q", high))
            },
        }
    wide = summary["wide"]["subsets"]
    summary["power_of_wide_comparison"] = _power(fits, (wide["low_q"]["rows"], wide["high_q"]["rows"]), config)
    return summary


def _scalars(fit: BetaFit) -> dict[str, Any]:
    return {
        "n": fit.n,
        "intervals": fit.censored,
        "alpha": fit.alpha,
        "beta": fit.beta,
        "mean": fit.mean,
        "alpha_68": list(fit.alpha_68),
        "beta_68": list(fit.beta_68),
        "alpha_95": list(fit.alpha_95),
        "beta_95": list(fit.beta_95),
        "converged": fit.converged,
        "reason": fit.reason,
    }
