"""How many groups hold the candidates in (log q, log a), and what is left of them beyond detection methods.

Declared beforehand: the test is the likelihood ratio of one against two components with a parametric bootstrap in which
companions of a host are drawn together (`mixture_bootstrap`), on all candidates without errors or weights. Everything else
is a repeat of it: two against three and three against four components, independent rows, one row per host, measurement
errors, rows weighted by the probability that their host lies in the mass range, each method left out and each alone. The
dip test of log q asks for a valley without assuming Gaussians. A rejection says that one Gaussian does not describe the
catalogue; whether that is two populations or the reach of the methods is another question (the forward model's).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EccentricityConfig, MixtureConfig, MixtureTestsConfig, SelectionConfig
from analysis.population.mixture.bootstrap import fitted_null, likelihood_ratio, simulate
from analysis.population.mixture.deconvolution import covariances, error_table
from analysis.population.mixture.em import fit_batch, responsibilities
from analysis.population.mixture.gaussian import unfit
from analysis.population.mixture.hosts import HostResamples, component_intervals, probability_table, resample_hosts, resample_summary
from analysis.population.mixture.splits import band_count, dip_table, split_table
from analysis.population.mixture.stage import points_of
from analysis.population.mixture.weights import mass_range_probability, variant_summary, variant_tables
from analysis.population.robustness import METHOD_ORDER, one_row_per_host
from analysis.population.rows import population_rows
from analysis.progress import track

__all__ = ["MixtureTests", "run"]

LEVEL = 0.05
SHOWN = (2, 3)  # numbers of components for which each companion gets probabilities
PRIMARY = "all candidates"


@dataclass(frozen=True)
class MixtureTests:
    """fits, components: mixtures with and without errors and weights (`variant_tables`). tests: a row per likelihood-ratio
    test (name, group, k, rows, hosts, observed, null_median, null_95, p, p_error, delta_bic, reason ...). null: a row per
    (name, k, draw) with the ratio under the null. intervals: components with 95 % intervals over host resamples.
    probabilities: a row per candidate and for TOI-6894 b (is_target, scored and never fitted). dips: dip tests of log q.
    splits: a row per mass ratio. weights: probability of the mass range by row. summary: scalars.
    """

    fits: pd.DataFrame
    components: pd.DataFrame
    tests: pd.DataFrame
    null: pd.DataFrame
    intervals: pd.DataFrame
    probabilities: pd.DataFrame
    dips: pd.DataFrame
    splits: pd.DataFrame
    weights: pd.DataFrame
    summary: dict[str, Any]


def run(
    config: MixtureTestsConfig, sample: Any, mixture_config: MixtureConfig, selection_config: SelectionConfig, eccentricity_config: EccentricityConfig
) -> MixtureTests:
    """All tests of the mixture on the candidates of `sample`."""
    rows = population_rows(sample.table)
    points, hosts = points_of(rows), rows["host_name"].to_numpy(dtype=object).astype(str)
    errors = error_table(rows, mixture_config.microlensing_correlation, mixture_config.mass_radius_scatter)
    noise = covariances(errors)
    inside = mass_range_probability(rows, errors, selection_config.host_mass_min, selection_config.host_mass_max)
    value = (rows["mass_kind"] != "upper_limit").to_numpy(dtype=bool)
    everything = np.ones(len(rows), dtype=bool)
    fits, components, _ = variant_tables(
        points,
        {"plain": (everything, None, None), "weighted": (everything, inside, None), "plain_without_limits": (value, None, None), "errors": (value, None, noise), "errors_weighted": (value, inside, noise)},
        mixture_config.max_components, mixture_config.restarts, mixture_config.covariance_floor, mixture_config.min_rows_per_component, config.seed,
    )
    tests, null = _tests(rows, sample.table, points, hosts, inside, noise, value, config, mixture_config)
    found = resample_hosts(
        points, hosts, mixture_config.max_components, config.resamples, config.starts, mixture_config.covariance_floor,
        mixture_config.min_rows_per_component, config.least_rows, config.seed,
    )
    probabilities = _probabilities(found, rows, points, sample.table)
    method = rows["discovery_method"].to_numpy(dtype=object).astype(str)
    subsets = {PRIMARY: everything} | {f"only {name}": method == name for name in METHOD_ORDER}
    dips = dip_table(rows, errors["sigma_q"].to_numpy(), subsets, config.dip_draws, config.dip_picks, config.seed)
    label = responsibilities(found.data[2], points)[0].argmax(axis=1) if 2 in found.data and np.isfinite(found.data[2].log_likelihood[0]) else None
    splits = split_table(
        sample.table, rows, None if label is None else label == 1, np.geomspace(config.split_min, config.split_max, config.splits), METHOD_ORDER, config.valley_width, eccentricity_config
    )
    weights = pd.DataFrame({"object_id": rows["object_id"], "discovery_method": method, "mass_range_probability": inside})
    summary = {
        "rows": len(rows),
        "hosts": len(np.unique(hosts)),
        "reason": unfit(points, 2, mixture_config.min_rows_per_component, mixture_config.covariance_floor) if len(rows) > 1 else f"{len(rows)} rows",
        "primary": {"test": "parametric bootstrap of the likelihood ratio of one against two components, companions of a host drawn together", "level": LEVEL},
        "variants": variant_summary(fits),
        "weights": _weight_summary(inside, method),
        "tests": _nested_tests(tests),
        "resamples": resample_summary(found) | {"components": _nested_intervals(component_intervals(found)), "least_rows": config.least_rows},
        "dip": {_slug(row["subset"]): _plain({k: v for k, v in row.items() if k != "subset"}) for row in dips.to_dict("records")},
        "target": _target(probabilities),
        "objects": _objects(probabilities),
        "splits": _split_summary(splits),
        "desert": _desert(points, hosts, method, config, mixture_config),
        "passes": _passes(tests, dips),
    }
    return MixtureTests(fits, components, tests, null, component_intervals(found), probabilities, dips, splits, weights, summary)


def _tests(
    rows: pd.DataFrame, table: pd.DataFrame, points: np.ndarray, hosts: np.ndarray, inside: np.ndarray, noise: np.ndarray, value: np.ndarray, config: MixtureTestsConfig, mixture: MixtureConfig
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The likelihood-ratio tests and the ratios under their nulls."""
    method = rows["discovery_method"].to_numpy(dtype=object).astype(str)
    everything, alone = np.ones(len(rows), dtype=bool), np.arange(len(rows)).astype(str)
    single = rows["object_id"].isin(one_row_per_host(table)["object_id"]).to_numpy(dtype=bool)
    ladder = range(1, mixture.max_components)
    todo: list[tuple[str, str, int, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]] = [(PRIMARY, "headline", k, everything, hosts, None, None) for k in ladder]
    todo += [("rows independent", "hosts", 1, everything, alone, None, None)]
    todo += [("one row per host", "hosts", k, single, hosts, None, None) for k in ladder if k < 3]
    todo += [("without mass limits", "errors", 1, value, hosts, None, None)]
    todo += [("with errors", "errors", k, value, hosts, None, noise) for k in ladder if k < 3]
    todo += [("weighted by mass range", "weights", k, everything, hosts, inside, None) for k in ladder if k < 3]
    todo += [(f"without {name}", "method", 1, method != name, hosts, None, None) for name in METHOD_ORDER]
    for name in METHOD_ORDER:
        same = method == name
        todo.append((f"only {name}", "method", 1, same, hosts, None, None))
        if (same & single).sum() < same.sum():
            todo.append((f"only {name}, one per host", "method", 1, same & single, hosts, None, None))
        if (same & value).sum() < same.sum():
            todo.append((f"only {name}, no mass limits", "method", 1, same & value, hosts, None, None))
    records, null = [], []
    for name, group, k, keep, unit, weight, error in track(todo, "likelihood-ratio tests"):
        record: dict[str, Any] = {"name": name, "group": group, "k": k, "rows": int(keep.sum()), "hosts": len(np.unique(hosts[keep]))}
        reason = unfit(points[keep], k + 1, mixture.min_rows_per_component, mixture.covariance_floor) if keep.any() else "0 rows"
        if reason is None:
            result = likelihood_ratio(
                points[keep], unit[keep], k, config.draws if group in ("headline", "method") else config.repeat_draws, config.starts, mixture.covariance_floor, config.seed,
                None if weight is None else weight[keep], None if error is None else error[keep],
            )
            record = result.summary() | record
            null.append(pd.DataFrame({"name": name, "k": k, "draw": np.arange(len(result.null)), "likelihood_ratio": result.null}))
        records.append(record | {"reason": reason})
    columns = [
        "name", "group", "k", "rows", "hosts", "effective_rows", "observed", "delta_bic", "smallest_component", "null_median", "null_95", "null_largest", "draws", "p", "p_error",
        "null_share_bic_prefers_more", "null_share_bic_gain_above_10", "reason",
    ]
    empty = pd.DataFrame({"name": pd.Series(dtype=str), "k": pd.Series(dtype=int), "draw": pd.Series(dtype=int), "likelihood_ratio": pd.Series(dtype=float)})
    return pd.DataFrame(records, columns=columns), pd.concat(null, ignore_index=True) if null else empty


def _probabilities(found: HostResamples, rows: pd.DataFrame, points: np.ndarray, table: pd.DataFrame) -> pd.DataFrame:
    """Component probabilities of the candidates, and of the target, which no fit has seen."""
    target = table[table["is_target"].to_numpy(dtype=bool)]
    identity = ["object_id", "companion_name", "host_name", "discovery_method", "log_mass_ratio", "log_semimajor_axis"]
    everyone = pd.concat([rows[identity].assign(is_target=False), target[identity].assign(is_target=True)], ignore_index=True)
    return probability_table(found, everyone, np.vstack([points, points_of(target)]), SHOWN)


def _weight_summary(inside: np.ndarray, method: np.ndarray) -> dict[str, Any]:
    if not len(inside):
        return {"sum": 0.0, "lowest": None, "median": None, "rows_below_half": 0, "mean_by_method": {}}
    return {
        "sum": float(inside.sum()),
        "lowest": float(inside.min()),
        "median": float(np.median(inside)),
        "rows_below_half": int((inside < 0.5).sum()),
        "mean_by_method": {_slug(name): float(inside[method == name].mean()) for name in METHOD_ORDER if (method == name).any()},
    }


def _desert(points: np.ndarray, hosts: np.ndarray, method: np.ndarray, config: MixtureTestsConfig, mixture: MixtureConfig) -> dict[str, Any]:
    """Rows inside the desert of Zhang (2025) against catalogues from smooth mixtures: all candidates by k, and microlensing alone."""
    everything, lensing = np.ones(len(method), dtype=bool), method == "Microlensing"
    result: dict[str, Any] = {"low": config.desert_min, "high": config.desert_max}
    for name, keep, k in (("one_component", everything, 1), ("two_components", everything, 2), ("three_components", everything, 3), ("microlensing", lensing, 1)):
        result[name] = None
        if keep.sum() >= k * mixture.min_rows_per_component:
            fit = fit_batch(points[keep], k, config.starts, mixture.covariance_floor, config.seed)
            catalogues = simulate(fitted_null(fit, points[keep], hosts[keep], mixture.covariance_floor, config.seed), hosts[keep], config.draws, config.seed)
            result[name] = band_count(points[keep, 0], catalogues[:, :, 0], config.desert_min, config.desert_max)
    return result


def _slug(name: str) -> str:
    return name.lower().replace(",", "").replace(" ", "_")


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """`record` with NaN as None."""
    return {name: None if isinstance(value, float) and not np.isfinite(value) else value for name, value in record.items()}


def _nested_tests(tests: pd.DataFrame) -> dict[str, Any]:
    """name -> "k_against_k+1" -> the test."""
    result: dict[str, Any] = {}
    for row in tests.to_dict("records"):
        values = _plain({key: value for key, value in row.items() if key not in ("name", "k", "group")})
        counts = {key: int(values[key]) for key in ("draws", "smallest_component") if values[key] is not None}
        result.setdefault(_slug(row["name"]), {})[f"{row['k']}_{row['k'] + 1}"] = values | counts
    return result


def _nested_intervals(table: pd.DataFrame) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for row in table.to_dict("records"):
        place = result.setdefault(str(row["k"]), {}).setdefault(str(row["component"]), {})
        place[row["quantity"]] = _plain({name: row[name] for name in ("estimate", "low", "high")})
    return result


def _target(table: pd.DataFrame) -> dict[str, Any] | None:
    """The probabilities of the target by k and component, with intervals; None where there is no target or no fit."""
    chosen = table[table["is_target"].to_numpy(dtype=bool)]
    if not len(chosen):
        return None
    row = chosen.iloc[0]
    result: dict[str, Any] = {}
    for k in SHOWN:
        if f"label_k{k}" in table:
            parts = {
                str(j): _plain({name: float(row[f"probability_k{k}_{j}{end}"]) for name, end in (("probability", ""), ("low", "_low"), ("high", "_high"))}) for j in range(1, k + 1)
            }
            result[str(k)] = {"label": int(row[f"label_k{k}"]), "resamples_with_label": float(row[f"same_label_k{k}"]), "components": parts}
    return result


def _objects(table: pd.DataFrame) -> dict[str, Any]:
    """How many candidates keep their label: in 95 % of host resamples, and with an interval of their probability above one half."""
    rows = table[~table["is_target"].to_numpy(dtype=bool)]
    result: dict[str, Any] = {}
    for k in SHOWN:
        if f"label_k{k}" in rows and len(rows):
            label = rows[f"label_k{k}"].to_numpy(dtype=int)
            lows = np.stack([rows[f"probability_k{k}_{j}_low"].to_numpy(dtype=float) for j in range(1, k + 1)], axis=1)
            result[str(k)] = {
                "rows": len(rows),
                "same_label_in_95_percent": int((rows[f"same_label_k{k}"] >= 0.95).sum()),
                "interval_above_half": int((lows[np.arange(len(rows)), label - 1] > 0.5).sum()),
                "lowest_same_label": float(rows[f"same_label_k{k}"].min()),
            }
    return result


def _split_summary(splits: pd.DataFrame) -> dict[str, Any]:
    """Ranges over the splits, and the splits at which labels, gaps and eccentricities say most."""
    result: dict[str, Any] = {"lowest": float(splits["split"].min()), "highest": float(splits["split"].max()), "count": len(splits)}
    for name in ("high", "predicted_from_method", "guess", "adjusted_rand_method", "same_as_component", "adjusted_rand_component", "gap_dex", "ks_p", "ks_p_wide", "n_high_wide"):
        known = splits[name].to_numpy(dtype=float)
        good = np.isfinite(known)
        result[name] = {
            "lowest": float(known[good].min()) if good.any() else None,
            "highest": float(known[good].max()) if good.any() else None,
            "split_of_highest": float(splits["split"].to_numpy()[good][np.argmax(known[good])]) if good.any() else None,
        }
    result["ks_below_level"] = int((splits["ks_p"] < LEVEL).sum())
    result["ks_wide_below_level"] = int((splits["ks_p_wide"] < LEVEL).sum())
    return result


def _passes(tests: pd.DataFrame, dips: pd.DataFrame) -> dict[str, bool | None]:
    """Which repeats of the question "more than one group?" have p < 0.05; None where there were too few rows."""
    result: dict[str, bool | None] = {}
    for row in tests[(tests["k"] == 1)].to_dict("records"):
        result[f"likelihood ratio, {row['name']}"] = bool(row["p"] < LEVEL) if np.isfinite(row["p"]) else None
    for row in dips.to_dict("records"):
        result[f"dip, {row['subset']}"] = bool(row["p"] < LEVEL) if np.isfinite(row["p"]) else None
        if row["subset"] == PRIMARY:
            p = row["one_per_host_p"]
            result["dip, one row per host"] = bool(p < LEVEL) if np.isfinite(p) else None
    return result
