"""Would this figure appear from one population and the detection methods? The forward model's answer, and the test of two populations.

One smooth population is fitted conditional on method, catalogues are simulated from it through the methods, and the
figure's statistics are placed in their simulated distributions. The primary test, declared before the data are looked at,
asks for a gap at the mass ratios of the desert of Zhang (2025).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.config import DetectionConfig, MixtureConfig, SelectionConfig
from analysis.population.mixture.deconvolution import error_table
from analysis.population.mixture.em import fit_batch
from analysis.population.robustness import one_row_per_host
from analysis.population.rows import population_rows
from analysis.population.selection.catalogues import Sampler
from analysis.population.selection.figure_statistics import SIDES, describe, misfits, tail
from analysis.population.selection.forward import GAP, density_of, gap_interval
from analysis.population.selection.gap import (
    Case,
    case_of,
    depth_of,
    fitted_rows,
    gap_truth,
    hump_truth,
    monte_carlo_error,
    p_value,
    root_limits,
    root_quantile,
    simulate_roots,
)
from analysis.population.selection.gap_scan import scan
from analysis.population.selection.two_clumps import TwoClumps, clump_ratio, deepest_valley, fit_two_clumps
from analysis.progress import track

__all__ = ["SelectionModel", "mass_cut_weights", "run"]

NULL, POWER, PASSES, LIMITS = 1, 2, 3, 4  # purposes of random streams
_MEASURED = ("depth", "low", "high", "root", "p", "p_error", "log_likelihood", "delta_bic_1_2", "delta_bic_1_2_median", "delta_bic_1_2_p")
_SOFT = ("threshold_softness", "window_softness", "lens_softness")
_THRESHOLDS = {
    "Radial Velocity": "rv_snr", "Transit": "transit_snr", "Microlensing": "lens_mass_ratio", "Imaging": "imaging_mass", "Astrometry": "astrometry_signature",
}


@dataclass(frozen=True)
class SelectionModel:
    """statistics: a row per statistic of the figure (observed, its simulated distribution, p). methods: per method, rows expected and
    observed in the gap, moments and misfit. passes: the primary test repeated. power: per alternative and statistic.
    scan: gaps at other mass ratios. companions: the rows and one simulated catalogue. draws: simulated statistics, a row per
    catalogue. detection (m, nx, ny), population (nx, ny) and edges of the grid, log10. summary: scalars and the claim.
    """

    reason: str | None
    statistics: pd.DataFrame
    methods: pd.DataFrame
    passes: pd.DataFrame
    power: pd.DataFrame
    scan: pd.DataFrame
    companions: pd.DataFrame
    draws: pd.DataFrame
    detection: np.ndarray
    detection_methods: tuple[str, ...]
    population: np.ndarray
    log_q_edges: np.ndarray
    log_a_edges: np.ndarray
    summary: dict[str, Any]


def run(config: DetectionConfig, sample: Any, mixture_config: MixtureConfig, selection_config: SelectionConfig) -> SelectionModel:
    """Fit, simulate, compare and test the candidates of `sample` whose mass is a value."""
    everything = population_rows(sample.table)
    rows = fitted_rows(everything)
    if len(rows) < config.min_rows:
        return _empty(f"{len(rows)} companions with a mass; the forward model needs {config.min_rows}", len(everything), len(rows), config)
    case = case_of(rows, config, mixture_config)
    x, y, null, full, roots = simulate_roots(case, case.sampler, [[config.seed, NULL, b] for b in range(config.bootstrap)])
    first = slice(0, config.mixture_catalogues)
    observed = {name: float(v[0]) for name, v in describe(case, case.x, case.y, case.null, config, mixture_config).items()}
    part = replace(null, **{name: getattr(null, name)[first] for name in ("theta", "log_likelihood", "information", "converged")})
    draws = pd.DataFrame(describe(case, x[first], y[first], part, config, mixture_config))
    draws["gap_root"] = roots[first]
    clumps = fit_two_clumps(case, config.mixture_starts, mixture_config.covariance_floor, config.seed)
    observed["two_clumps_ratio"] = clump_ratio(case, clumps)
    draws["two_clumps_ratio"] = np.nan
    for b in track(range(min(config.clump_catalogues, len(draws))), "two clumps"):
        one = replace(case, x=x[b : b + 1], y=y[b : b + 1], null=replace(part, log_likelihood=part.log_likelihood[b : b + 1]))
        draws.loc[b, "two_clumps_ratio"] = clump_ratio(one, fit_two_clumps(one, config.mixture_starts, mixture_config.covariance_floor, config.seed))
    power = _power(case, clumps, observed, draws, roots, config, mixture_config)
    depths, quantiles = root_limits(case, roots, config.desert_depth, config.power_catalogues, [config.seed, LIMITS])
    passes = _passes(sample, rows, config, mixture_config, (selection_config.host_mass_min, selection_config.host_mass_max), depths, quantiles)
    statistics = _statistics(observed, draws)
    low, high = gap_interval(case.model, case.data, case.full, depths, quantiles)
    p = p_value(roots, case.root)
    claim = {
        "estimand": "log10 of the companion density at mass ratios of the desert over that of the single smooth population interpolated across it, given the methods",
        "test": "signed root of the likelihood ratio of gap and no gap, conditional on method; parametric bootstrap under the single population; two-sided",
        "estimate": float(case.full.depth[0]), "low": low, "high": high, "p": p, "p_error": monte_carlo_error(p, len(roots)),
        "n": {"companions": len(rows), "hosts": int(rows["host_name"].nunique()), "in_gap": int(observed["rows_in_gap"])},
        "power": float(power.loc[(power["alternative"] == "gap") & (power["statistic"] == "gap_root"), "power"].iloc[0]),
        "passes": {row["name"]: bool(row["p"] < 0.05) if np.isfinite(row["p"]) else None for row in passes.to_dict("records")}, "reason": None,
    }
    scores, centres = scan(case.model, case.null, case.data, case.x, tuple(np.log10(config.scan_range)))
    simulated_scores, _ = scan(case.model, part, case.data[np.zeros(len(part.theta), dtype=int)], x[first], tuple(np.log10(config.scan_range)))
    methods = _methods(case, x[first], y[first])
    return SelectionModel(
        None, statistics, methods, passes, power,
        pd.DataFrame({"log_q": centres, "score": scores[0], "low": np.quantile(simulated_scores, 0.025, axis=0), "high": np.quantile(simulated_scores, 0.975, axis=0)}),
        _companions(case, rows, x[0], y[0]), draws, case.model.detection, case.model.methods if len(case.model.windows) == len(case.model.methods) else tuple(
            f"{w.method} {k + 1}" for k, w in enumerate(case.model.windows)),
        density_of(case.model, case.null.theta[0]), case.model.grid.x_edges, case.model.grid.y_edges,
        _summary(case, everything, claim, statistics, methods, passes, power, roots, quantiles, clumps, full),
    )


def mass_cut_weights(rows: pd.DataFrame, mixture: MixtureConfig, low: float, high: float) -> np.ndarray:
    """Probability (n,) that the host's mass, log-normal with its error, lies between `low` and `high` (Msun)."""
    sigma = np.maximum(error_table(rows, mixture.microlensing_correlation, mixture.mass_radius_scatter)["sigma_host"].to_numpy(dtype=float), 1e-6)
    mass = np.log10(rows["host_mass_msun"].to_numpy(dtype=float))
    return ndtr((np.log10(high) - mass) / sigma) - ndtr((np.log10(low) - mass) / sigma)


def _statistics(observed: dict[str, float], draws: pd.DataFrame) -> pd.DataFrame:
    result = []
    for name, side in SIDES.items():
        values = draws[name].to_numpy(dtype=float)
        known = values[np.isfinite(values)]
        defined = len(known) > 0 and np.isfinite(observed[name])
        p = tail(values, observed[name], side) if defined else np.nan
        low, middle, high = np.quantile(known, [0.025, 0.5, 0.975]) if len(known) else (np.nan,) * 3
        result.append((name, observed[name], middle, low, high, side, p, monte_carlo_error(p, len(known)) if defined else np.nan, len(known)))
    return pd.DataFrame(result, columns=["statistic", "observed", "median", "low", "high", "side", "p", "p_error", "catalogues"])


def _methods(case: Case, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Observed and expected rows by method; p of a misfit counts simulated catalogues with a larger one, against the same population (conservative)."""
    method = case.model.method_of[case.structure.window]
    low, high = case.model.grid.gap
    seen, simulated = misfits(case, case.x, case.y), misfits(case, x, y)
    result = []
    for m, name in enumerate(case.model.methods):
        own = method == m
        row: dict[str, Any] = {"discovery_method": name, "rows": int(own.sum())}
        for label, values in (("observed", case.x), ("expected", x)):
            row[f"in_gap_{label}"] = float(((values[:, own] >= low) & (values[:, own] < high)).sum(axis=1).mean())
        for coordinate, real, drawn in (("log_q", case.x, x), ("log_a", case.y, y)):
            row[f"mean_{coordinate}_observed"], row[f"mean_{coordinate}_expected"] = float(real[:, own].mean()), float(drawn[:, own].mean())
            row[f"sd_{coordinate}_observed"], row[f"sd_{coordinate}_expected"] = float(real[:, own].std()), float(drawn[:, own].std())
            row[f"misfit_{coordinate}"] = float(seen[name, coordinate][0])
            row[f"misfit_{coordinate}_p"] = tail(simulated[name, coordinate], row[f"misfit_{coordinate}"], "high")
        result.append(row)
    return pd.DataFrame(result)


def _power(
    case: Case, clumps: TwoClumps, observed: dict[str, float], draws: pd.DataFrame, roots: np.ndarray, config: DetectionConfig, mixture: MixtureConfig,
) -> pd.DataFrame:
    """Share of catalogues of each alternative beyond the 95 % point of each candidate statistic's null distribution, the statistic's
    own spread there, and the share of them at least as extreme as the real catalogue (`p`, of the absolute root for the gap test)."""
    truths = {
        "gap": gap_truth(case, config.desert_depth), "two humps": hump_truth(case, config.desert_depth, config.hump_width),
        "two clumps": clumps.density * case.model.detection,
    }
    limits = {"gap_root": np.quantile(np.abs(roots), 0.95), "deepest_gap_anywhere": draws["deepest_gap_anywhere"].quantile(0.05), "delta_bic_1_2": draws["delta_bic_1_2"].quantile(0.95)}
    result = []
    for number, (name, found) in enumerate(truths.items()):
        keys = [[config.seed, POWER, number, b] for b in range(config.power_catalogues)]
        x, y, null, _, values = simulate_roots(case, Sampler.of(case.model.grid, found), keys)
        others = describe(case, x, y, null, config, replace(mixture, max_components=2))
        others["gap_root"] = values
        beyond = {"gap_root": np.abs(values) > limits["gap_root"], "deepest_gap_anywhere": others["deepest_gap_anywhere"] < limits["deepest_gap_anywhere"],
                  "delta_bic_1_2": others["delta_bic_1_2"] > limits["delta_bic_1_2"]}
        depth = depth_of(case, found)
        for statistic, hit in beyond.items():
            p = p_value(values, case.root) if statistic == "gap_root" else tail(others[statistic], observed[statistic], SIDES[statistic])
            share, (low, middle, high) = float(hit.mean()), np.quantile(others[statistic], [0.025, 0.5, 0.975])
            result.append((name, statistic, share, monte_carlo_error(share, len(hit)), low, middle, high, depth, p))
    return pd.DataFrame(result, columns=["alternative", "statistic", "power", "power_error", "low", "median", "high", "depth", "p"])


def _variants(
    sample: Any, rows: pd.DataFrame, config: DetectionConfig, mixture: MixtureConfig, cut: tuple[float, float],
) -> Iterator[tuple[str, str, pd.DataFrame, DetectionConfig, dict[str, Any]]]:
    """Name, group, rows, configuration and further arguments of each robustness pass."""
    yield "broken power law in q", "population", rows, config, {"family": "broken"}
    yield "fewer terms in log a", "population", rows, config, {"family": "plain"}
    for method, name in _THRESHOLDS.items():
        for word, sign in (("higher", 1), ("lower", -1)):
            shifted = replace(config, **{name: getattr(config, name) * 10 ** (sign * config.threshold_shift)})
            yield f"{method} threshold {word}", "curves", rows, shifted, {}
    for word, factor in (("sharp", 0.5), ("soft", 2.0)):
        yield f"{word} thresholds", "curves", rows, replace(config, **{name: factor * getattr(config, name) for name in _SOFT}), {}
    yield "curves tilted freely in q", "curves", rows, config, {"tilted": True}
    yield "hosts in groups of similar reach", "curves", rows, replace(config, host_groups=config.more_groups), {}
    yield "mass limits as values", "rows", population_rows(sample.table), config, {}
    yield "one companion per host", "rows", fitted_rows(one_row_per_host(rows)), config, {}
    yield "rows by probability of the host's mass", "rows", rows, config, {"weights": mass_cut_weights(rows, mixture, *cut)}
    yield "uncorrected catalogue", "rows", fitted_rows(population_rows(sample.uncorrected)), config, {}
    method = rows["discovery_method"].to_numpy(dtype=object)
    yield "microlensing alone", "rows", rows[method == "Microlensing"].reset_index(drop=True), config, {"family": "plain"}
    yield "without Astrometry", "rows", rows[method != "Astrometry"].reset_index(drop=True), config, {}


def _passes(
    sample: Any, rows: pd.DataFrame, config: DetectionConfig, mixture: MixtureConfig, cut: tuple[float, float], depths: tuple[float, ...], quantiles: tuple[float, ...],
) -> pd.DataFrame:
    """The primary test of every variant, and where the observed gain of a second Gaussian component (BIC) falls among the simulated ones.

    `quantiles` of the root at `depths` come from the primary test, but the last, which each pass simulates.
    """
    result = []
    for number, (name, group, table, changed, more) in enumerate(track(list(_variants(sample, rows, config, mixture, cut)), "selection passes")):
        row: dict[str, Any] = {"name": name, "group": group, "rows": len(table), **dict.fromkeys(_MEASURED, np.nan)}
        if len(table) >= config.min_rows:
            case = case_of(table, changed, mixture, **more)
            x, y, *_, roots = simulate_roots(case, case.sampler, [[config.seed, PASSES, number, b] for b in range(config.pass_bootstrap)])
            p = p_value(roots, case.root)
            low, high = gap_interval(case.model, case.data, case.full, depths, (*quantiles[:-1], root_quantile(roots)))
            row |= {"depth": float(case.full.depth[0]), "low": low, "high": high, "root": case.root, "p": p, "p_error": monte_carlo_error(p, len(roots)),
                    "log_likelihood": float(case.null.log_likelihood[0])}
            gains = _gains(np.concatenate([np.stack([case.x, case.y], axis=2), np.stack([x, y], axis=2)]), changed, mixture)
            row |= {"delta_bic_1_2": gains[0], "delta_bic_1_2_median": float(np.median(gains[1:])), "delta_bic_1_2_p": tail(gains[1:], gains[0], "high")}
        result.append(row)
    return pd.DataFrame(result)


def _gains(points: np.ndarray, config: DetectionConfig, mixture: MixtureConfig) -> np.ndarray:
    """BIC(1) - BIC(2) of plain Gaussian mixtures of catalogues (b, n, 2)."""
    one, two = (fit_batch(points, k, config.mixture_starts, mixture.covariance_floor, config.seed).bic for k in (1, 2))
    return one - two


def _companions(case: Case, rows: pd.DataFrame, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """The fitted rows and the first simulated catalogue, one under the other."""
    base = {"discovery_method": rows["discovery_method"].to_numpy(dtype=object)}
    real = pd.DataFrame({"catalogue": "observed", "object_id": rows["object_id"].to_numpy(dtype=object), **base, "log_q": case.x[0], "log_a": case.y[0]})
    return pd.concat([real, pd.DataFrame({"catalogue": "simulated", "object_id": "", **base, "log_q": x, "log_a": y})], ignore_index=True)


def _summary(
    case: Case, everything: pd.DataFrame, claim: dict[str, Any], statistics: pd.DataFrame, methods: pd.DataFrame, passes: pd.DataFrame, power: pd.DataFrame,
    roots: np.ndarray, quantiles: tuple[float, ...], clumps: TwoClumps, full: Any,
) -> dict[str, Any]:
    plain = {row["statistic"]: {k: (None if isinstance(v, float) and not np.isfinite(v) else v) for k, v in row.items() if k != "statistic"} for row in statistics.to_dict("records")}
    known = passes[np.isfinite(passes["p"])]
    size = case.model.terms.shape[1] - 1
    return {
        "reason": None, "claim": claim, "candidates": len(everything), "rows": len(case.x[0]), "mass_limits_left_out": len(everything) - len(case.x[0]),
        "statistics": plain,
        "gap": {
            "low_q": float(10 ** case.model.grid.gap[0]), "high_q": float(10 ** case.model.grid.gap[1]), "depth_dex": claim["estimate"], "depth_factor": float(10 ** claim["estimate"]),
            "root": case.root, "p_one_sided": float((1 + np.sum(roots <= case.root)) / (1 + len(roots))), "bootstrap": len(roots),
            "null_root_mean": float(roots.mean()), "null_root_sd": float(roots.std()), "null_root_95": root_quantile(roots), "root_95": list(quantiles), "expected_rows": float(methods["in_gap_expected"].sum()), "observed_rows": float(methods["in_gap_observed"].sum()),
            "share_of_bootstrap_at_bound": float(np.mean(np.abs(full.theta[:, GAP]) >= case.model.deepest - 1e-9)),
        },
        "single_population": {
            "family": case.model.family, "terms": size, "coefficients": [float(v) for v in case.null.theta[0][:-1]], "log_likelihood": float(case.null.log_likelihood[0]),
            "bic": float(size * np.log(len(case.x[0])) - 2 * case.null.log_likelihood[0]), "converged": bool(case.null.converged[0]),
            "correlation_log_q": case.structure.correlation_x, "correlation_log_a": case.structure.correlation_y,
        },
        "two_clumps": {
            "deepest_valley_dex": deepest_valley(clumps.density), "weights": clumps.weights.tolist(), "means": clumps.means.tolist(), "spreads": clumps.spreads.tolist(), "log_likelihood": clumps.log_likelihood, "parameters": clumps.parameters,
            "bic": float(clumps.parameters * np.log(len(case.x[0])) - 2 * clumps.log_likelihood),
        },
        "methods": {row["discovery_method"]: {k: v for k, v in row.items() if k != "discovery_method"} for row in methods.to_dict("records")},
        "power": _nested(power),
        "passes": {"number": len(known), "below_0_05": int((known["p"] < 0.05).sum()), "deficits": int((known["depth"] < 0).sum()), "delta_bic_p_below_0_05": int((known["delta_bic_1_2_p"] < 0.05).sum()), "lowest_p": float(known["p"].min()) if len(known) else None,
                   "highest_p": float(known["p"].max()) if len(known) else None, "lowest_depth": float(known["depth"].min()) if len(known) else None,
                   "highest_depth": float(known["depth"].max()) if len(known) else None},
    }


def _nested(power: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """The power table as alternative, statistic, column, names with underscores."""
    result: dict[str, dict[str, dict[str, float]]] = {}
    for row in power.to_dict("records"):
        names = (row.pop("alternative").replace(" ", "_"), row.pop("statistic"))
        result.setdefault(names[0], {})[names[1]] = row
    return result


def _empty(reason: str, candidates: int, rows: int, config: DetectionConfig) -> SelectionModel:
    claim = {"estimand": "", "test": "", "estimate": None, "low": None, "high": None, "p": None, "p_error": None, "n": {"companions": rows}, "power": None, "passes": {}, "reason": reason}
    none = pd.DataFrame()
    summary = {"reason": reason, "claim": claim, "candidates": candidates, "rows": rows, "mass_limits_left_out": candidates - rows, "statistics": {}, "gap": {
        "low_q": config.desert[0], "high_q": config.desert[1]}, "single_population": {}, "two_clumps": {}, "methods": {}, "power": {}, "passes": {"number": 0}}
    return SelectionModel(reason, none, none, none, none, none, none, none, np.zeros((0, 0, 0)), (), np.zeros((0, 0)), np.zeros(0), np.zeros(0), summary)
