"""Do orbits change with host age? One declared test, slopes with intervals that cover, power, and what the aged hosts cannot say.

Ages as log10 (age/Gyr), orbits as log10 (a/au) and e. An age belongs to a host, so hosts are what is permuted, left out and simulated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import AgeInferenceConfig, AgesConfig
from analysis.population.ages.family import RESPONSES, Family, family_of, family_test
from analysis.population.ages.intervals import (
    METHODS,
    classical_intervals,
    components,
    monte_carlo_error,
    permutation_interval,
    slope_fit,
    wild_interval,
)
from analysis.population.ages.partial import age_error_study, age_spreads, partial_correlation_test
from analysis.population.ages.power import at_power, coverage_by_method, hosts_needed, power_curve
from analysis.population.ages.regression import host_means, most_influential_host, regression
from analysis.population.ages.stage import PASSES, pass_rows
from analysis.population.rows import population_rows
from analysis.progress import track

__all__ = ["AgeInference", "aged_rows", "claim_test", "run", "slope_interval"]

LOG_A, LOG_AGE, LOG_M, LOG_Q, E = "log_semimajor_axis", "log_host_age_gyr", "log_host_mass", "log_mass_ratio", "eccentricity"
GIVEN = {
    LOG_A: ((), (LOG_M,), (LOG_Q,), (E,), (E, LOG_M, LOG_Q)),
    E: ((), (LOG_M,), (LOG_Q,), (LOG_A,), (LOG_A, LOG_M, LOG_Q)),
}
TEST = 1  # purpose of the random numbers of the declared test and of the interval that inverts it


@dataclass(frozen=True)
class AgeInference:
    """intervals: response x method on all rows, and response x pass by the primary method; power: curve; hosts: power against their number;
    partial: partial correlations; influence: without each host in turn; summary: every number the text may quote."""

    intervals: pd.DataFrame
    power: pd.DataFrame
    hosts: pd.DataFrame
    partial: pd.DataFrame
    influence: pd.DataFrame
    summary: dict[str, Any]


def aged_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Candidates with a host age and an axis, with log_host_age_gyr and log_mass_ratio, in the order of object_id."""
    rows = population_rows(table)
    rows = rows[rows["host_age_gyr"].gt(0) & np.isfinite(rows[LOG_A])].reset_index(drop=True)
    return rows.assign(**{LOG_AGE: np.log10(rows["host_age_gyr"].astype(float)), LOG_Q: np.log10(rows["mass_ratio"].astype(float))})


def claim_test(family: Family, permutations: int, seed: int) -> dict[str, dict[str, Any]]:
    """The declared test of the claim: `family.family_test` with its random numbers."""
    return family_test(family, permutations, [seed, TEST])


def slope_interval(family: Family, response: str, permutations: int, seed: int) -> tuple[float | None, float | None, float | None]:
    """(slope, low, high) of a response by least squares over rows and by inversion of its permutation test; None without the response."""
    if response not in family.hosts:
        return None, None, None
    hosts = family.hosts[response]
    low, high = permutation_interval(hosts, permutations, [seed, TEST])
    return slope_fit(hosts)[0], low if np.isfinite(low) else None, high if np.isfinite(high) else None


def _intervals(family: Family, config: AgeInferenceConfig) -> pd.DataFrame:
    """Slope of every response with every interval, and how often that interval covers in simulations."""
    rows = []
    for name, hosts in family.hosts.items():
        intervals = classical_intervals(hosts) | {"wild_bootstrap": wild_interval(hosts, config.permutations, [config.seed, 2])}
        intervals |= {"permutation": permutation_interval(hosts, config.permutations, [config.seed, TEST])}
        intervals |= {"permutation_cluster": permutation_interval(hosts, config.permutations, [config.seed, TEST], power=0.0)}
        found = coverage_by_method(hosts, config.coverage_simulations, config.coverage_permutations, config.seed)
        for method in METHODS:
            covered = {f"{item['scheme']}_{key}": item[key] for item in found if item["method"] == method for key in ("coverage", "coverage_error", "median_width")}
            low, high = intervals[method]
            rows.append({"response": name, "kind": "method", "name": method, "slope": slope_fit(hosts)[0], "low": low, "high": high, **covered})
    return pd.DataFrame(rows)


def _passes(aged: pd.DataFrame, influential: str | None, config: AgeInferenceConfig, least: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The declared test and the intervals on the rows of each pass."""
    rows, tests = [], {}
    for name in PASSES:
        part = pass_rows(aged, name, influential)
        family = family_of(part, least)
        test = claim_test(family, config.permutations, config.seed)
        tests[name] = {"n_rows": len(part), "n_hosts": len(family.ages), "p": test.get("family", {}).get("p"), "p_error": test.get("family", {}).get("p_error")}
        for response in family.hosts:
            slope, low, high = slope_interval(family, response, config.permutations, config.seed)
            rows.append({"response": response, "kind": "pass", "name": name, "slope": slope, "low": low, "high": high, "p": test[response]["p"]})
    return pd.DataFrame(rows), tests


def _influence(aged: pd.DataFrame, config: AgeInferenceConfig, least: int) -> pd.DataFrame:
    """Slopes and p of the declared test without each host in turn."""
    rows = []
    for host in track(sorted(aged["host_name"].unique()), "ages without each host"):
        family = family_of(aged[aged["host_name"] != host], least)
        test = claim_test(family, config.influence_permutations, config.seed)
        rows.append({
            "without": host, "p": test.get("family", {}).get("p"),
            **{f"{name}_slope": slope_fit(family.hosts[name])[0] if name in family.hosts else None for name in RESPONSES},
        })
    return pd.DataFrame(rows, columns=["without", "p", *(f"{name}_slope" for name in RESPONSES)])


def _partial(aged: pd.DataFrame, influential: str | None, config: AgeInferenceConfig, least: int) -> pd.DataFrame:
    """Correlations of age with each response, one value per host, given nothing and given others, and without the most influential host;
    row regressions beside those that are given something."""
    rows = []
    for place, (response, sets) in enumerate(GIVEN.items()):
        for number, given in enumerate(sets):
            complete = aged.dropna(subset=[response, LOG_AGE, *given])
            hosts = host_means(complete, (response, LOG_AGE, *given))
            row: dict[str, Any] = {"response": response, "given": " + ".join(given) or "nothing", "n_hosts": len(hosts), "n_rows": len(complete)}
            row |= dict.fromkeys(("r", "low", "high", "p", "p_error", "r_without_influential", "p_without_influential", "coefficient", "jackknife_error", "cluster_error"))
            if len(hosts) >= least:
                values = [hosts[name].to_numpy(float) for name in (response, LOG_AGE)]
                others, key = hosts[list(given)].to_numpy(float), [config.seed, 41, place, number]
                row |= partial_correlation_test(*values, others, config.permutations, key)
                kept = hosts["host_name"].ne(influential).to_numpy()
                if kept.sum() >= least:
                    without = partial_correlation_test(*(value[kept] for value in values), others[kept], config.permutations, key)
                    row |= {"r_without_influential": without["r"], "p_without_influential": without["p"]}
                if given:
                    try:
                        term = regression(complete.reset_index(drop=True), response, (LOG_AGE, *given), "host_name")["terms"][LOG_AGE]
                        row |= {key: term[key] for key in ("coefficient", "jackknife_error", "cluster_error")}
                    except ValueError:  # collinear rows: the coefficients stay None
                        pass
            rows.append(row)
    return pd.DataFrame(rows)


def _high_mass_ratio(aged: pd.DataFrame) -> dict[str, Any]:
    """How many aged hosts have a companion of high mass ratio, and what follows."""
    high = aged[aged["high_mass_ratio"].astype(bool)]
    hosts = int(high["host_name"].nunique())
    return {
        "n_rows": len(high),
        "n_hosts": hosts,
        "companions": sorted(high["companion_name"].astype(str)),
        "comparison_possible": hosts >= 2,
        "consequence": "no test can compare the ages of the two classes" if hosts < 2 else "the classes can be compared",
    }


def _range(table: pd.DataFrame, column: str) -> dict[str, Any]:
    known = table.dropna(subset=[column])
    if known.empty:
        return {"low": None, "high": None, "without_at_low": None, "without_at_high": None}
    low, high = known[column].astype(float).idxmin(), known[column].astype(float).idxmax()
    return {
        "low": float(known.loc[low, column]), "high": float(known.loc[high, column]),
        "without_at_low": str(known.loc[low, "without"]), "without_at_high": str(known.loc[high, "without"]),
    }


def _power_summary(curve: pd.DataFrame, needed: pd.DataFrame, config: AgeInferenceConfig, wanted: float) -> dict[str, Any]:
    """Per response: power at the declared correlation, smallest correlation and slope found with the wanted power, hosts needed."""
    out = {}
    for name, part in curve.groupby("response", sort=False):
        values = {key: part[key].to_numpy(float) for key in ("correlation", "slope", "power", "power_alone", "power_error")}
        at = int(np.argmin(np.abs(values["correlation"] - config.declared_correlation)))
        more = needed[needed["response"] == name]
        hosts = at_power(more["n_hosts"].to_numpy(float), more["power"].to_numpy(float), wanted)
        out[str(name)] = {
            "power_at_declared": float(values["power"][at]), "power_at_declared_error": float(values["power_error"][at]), "slope_at_declared": float(values["slope"][at]),
            "detectable_correlation": at_power(values["correlation"], values["power"], wanted),
            "detectable_slope": at_power(values["slope"], values["power"], wanted),
            "detectable_correlation_alone": at_power(values["correlation"], values["power_alone"], wanted),
            "hosts_needed": None if hosts is None else int(np.ceil(hosts)),
            "n_hosts": int(part["n_hosts"].iloc[0]),
        }
    return out


def _finite(value: Any) -> Any:
    """`value` with every number that is not finite replaced by None, through dictionaries."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _null(reason: str, claim: dict[str, Any], summary: dict[str, Any]) -> AgeInference:
    empty = pd.DataFrame()
    return AgeInference(empty, empty, empty, empty, empty, {**summary, "reason": reason, "claim": {**claim, "reason": reason}})


def run(config: AgeInferenceConfig, *, sample: Any, ages_config: AgesConfig) -> AgeInference:
    """The inference on the candidates with a host age; too few rows or hosts give a null result with a reason."""
    aged, least = aged_rows(sample.table), ages_config.min_rows
    family = family_of(aged, least)
    claim: dict[str, Any] = {
        "estimand": "slope of log10 semi-major axis on log10 host age, dex per dex",
        "test": "|slope| / jackknife error of log a and of e on log age, ages permuted among hosts with one and with several companions, Bonferroni",
        **dict.fromkeys(("estimate", "low", "high", "p", "p_error", "power")),
        "n": {"rows": len(aged), "hosts": len(family.ages), **{f"hosts_{name}": item.number for name, item in family.hosts.items()}},
        "passes": dict.fromkeys((*PASSES, "leave_one_host_out")), "reason": None,
    }
    summary: dict[str, Any] = {"reason": None, "high_mass_ratio": _high_mass_ratio(aged)}
    if not family.hosts:
        return _null(f"{len(aged)} rows of {len(family.ages)} hosts; at least {least} of each are needed", claim, summary)

    test = claim_test(family, config.permutations, config.seed)
    found = most_influential_host(aged, LOG_A, LOG_AGE) if "semimajor_axis" in family.hosts else None
    influential = found[0] if found else None
    intervals = _intervals(family, config)
    by_pass, tests = _passes(aged, influential, config, least)
    influence = _influence(aged, config, least)
    curve = power_curve(family, config.correlations, config.simulations, config.power_permutations, ages_config.significance, config.seed)
    needed = hosts_needed(
        family, config.declared_correlation, tuple(int(number) for number in config.host_numbers), config.host_simulations, config.coverage_permutations,
        ages_config.significance, config.seed,
    )
    partial = _partial(aged, influential, config, least)
    slope, low, high = slope_interval(family, "semimajor_axis", config.permutations, config.seed)
    powers = _power_summary(curve, needed, config, ages_config.power)
    without_any = influence["p"].astype(float)
    claim |= {
        "estimate": slope, "low": low, "high": high, "p": test["family"]["p"], "p_error": test["family"]["p_error"],
        "power": powers.get("semimajor_axis", {}).get("power_at_declared"),
        "passes": {
            **{name: None if item["p"] is None else bool(item["p"] < ages_config.significance) for name, item in tests.items()},
            "leave_one_host_out": None if without_any.isna().any() else bool((without_any < ages_config.significance).all()),
        },
    }
    summary |= {
        "claim": claim,
        "test": test,
        "responses": {
            name: {
                **dict(zip(("slope", "low", "high"), slope_interval(family, name, config.permutations, config.seed), strict=True)),
                "n_hosts": hosts.number, "n_rows": int(hosts.sizes.sum()), "jackknife_error": slope_fit(hosts)[1],
                **dict(zip(("spread_between", "spread_within"), components(hosts), strict=True)),
            }
            for name, hosts in family.hosts.items()
        },
        "passes": tests,
        "influence": {"host": influential, "p": _range(influence, "p"), **{name: _range(influence, f"{name}_slope") for name in RESPONSES}},
        "influence_p_error": monte_carlo_error(0.05, config.influence_permutations),
        "power": powers,
        "age_errors": age_error_study(
            family, age_spreads(aged, config.unknown_age_error), config.age_draws, config.age_permutations, config.oldest_age, ages_config.significance, config.seed
        ),
        "settings": {
            "permutations": config.permutations, "simulations": config.simulations, "declared_correlation": config.declared_correlation,
            "coverage_simulations": config.coverage_simulations, "host_simulations": config.host_simulations,
        },
    }
    return AgeInference(pd.concat([intervals, by_pass], ignore_index=True), curve, needed, partial, influence, _finite(summary))
