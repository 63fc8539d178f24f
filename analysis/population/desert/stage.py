"""Is there a desert between planets and binaries? The methods of Cui et al. (2026, PNAS 123, e2524764123) on companions of very-low-mass stars.

Densities of companions in mass ratio and in mass, given the methods that found them and the orbits they were found on (`desert.likelihood`), are compared
by leave-one-host-out prediction; a desert between two lines is sampled; [Fe/H] and eccentricity are compared across the published deserts; and the
primary test, declared beforehand, asks for a valley at any mass ratio. No absolute occurrence is given: how many stars each method searched is unknown.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.errors import InputError
from analysis.population.desert.fits import Fits, fitted_all
from analysis.population.desert.groups import compared
from analysis.population.desert.kde import kernel_density, line_kernel
from analysis.population.desert.lines import NAMES
from analysis.population.desert.passes import NOT_A_PASS, repeated
from analysis.population.desert.rows import COORDINATES, MASS, RATIO, DesertCase, desert_case, in_region
from analysis.population.desert.validation import validated
from analysis.population.desert.valley import Table, Verdict, bootstrap_p, judged, likeliest_of_depth, null_statistics, table_of
from analysis.population.rows import population_rows
from analysis.population.selection.gap import fitted_rows, monte_carlo_error

__all__ = ["Desert", "run"]

NULL, POWER = 1, 2  # purposes of random streams


@dataclass(frozen=True)
class Desert:
    """Tables with a column `coordinate` (mass_ratio, mass): models, steps, halves (of the axes), curves, lines, line_draws, groups, kernels (bandwidths), kernel_grid (a row per
    cell), companions. passes: a row each. draws: the test's statistic of catalogues without and with a desert. summary: scalars and the claim."""

    reason: str | None
    models: pd.DataFrame
    steps: pd.DataFrame
    halves: pd.DataFrame
    curves: pd.DataFrame
    lines: pd.DataFrame
    groups: pd.DataFrame
    kernels: pd.DataFrame
    passes: pd.DataFrame
    companions: pd.DataFrame
    draws: pd.DataFrame
    line_draws: pd.DataFrame
    kernel_grid: pd.DataFrame
    summary: dict[str, Any]


def run(config: DesertConfig, sample: Any, detection_config: DetectionConfig, mixture_config: MixtureConfig) -> Desert:
    """The candidates of `sample` whose mass is a value, in mass ratio and in mass. Raises InputError for parameters that do not go together."""
    _require_sound(config)
    rows = fitted_rows(population_rows(sample.table))
    found = {name: in_region(rows, config, name, config.axis_range) for name in COORDINATES}
    few = [name for name in COORDINATES if len(found[name]) < config.min_rows]
    if few:
        where = "mass ratio" if few[0] == RATIO else "mass"
        return _empty(f"{len(found[few[0]])} companions in the region in {where}; the desert's densities need {config.min_rows}", len(rows), config)
    cases = {name: desert_case(rows, rows, name, config, detection_config, mixture_config) for name in COORDINATES}
    tables = {name: table_of(case, config, config.test_points) for name, case in cases.items()}
    case, table = cases[RATIO], tables[RATIO]
    verdict = judged(case, table)
    null = null_statistics(case, table, verdict.null_density, [[config.seed, NULL, b] for b in range(config.bootstrap)])
    other = null_statistics(case, table, likeliest_of_depth(case, table, config.alternative_depth), [[config.seed, POWER, b] for b in range(config.power_catalogues)])
    passes = repeated(rows, fitted_rows(population_rows(sample.uncorrected)), tables, config, detection_config, mixture_config)
    fits = {name: fitted_all(one, config) for name, one in cases.items()}
    wide = {name: desert_case(rows, rows, name, config, detection_config, mixture_config, axis_range=config.all_axes) for name in COORDINATES}
    kernels = {name: kernel_density(one) for name, one in cases.items()}
    groups = pd.concat([
        compared(rows, rows["mass_ratio"].to_numpy(dtype=float), config.ratio_desert, RATIO, config),
        compared(rows, rows["companion_mass_mjup"].to_numpy(dtype=float), config.mass_desert, MASS, config),
    ], ignore_index=True)
    bandwidths = pd.concat([
        pd.DataFrame(line_kernel(one, config, weighted)).assign(coordinate=name, weighted=weighted) for name, one in cases.items() for weighted in (True, False)
    ], ignore_index=True)
    draws = pd.concat([pd.DataFrame({"population": "no desert", "statistic": null}), pd.DataFrame({"population": "declared desert", "statistic": other})], ignore_index=True)
    claim = _claim(verdict, fits[RATIO].summary["lognormal_power"], null, other, passes, found[RATIO], config)
    summary = {
        "reason": None, "claim": claim, "rows": len(rows), "region": _region(found, cases, wide), **{name: fit.summary for name, fit in fits.items()},
        "test": _test(verdict, null, table, passes, config), "kernels": _kernels(kernels, bandwidths), "groups": _groups(groups),
        "published": {"zhang_low": config.ratio_desert[0], "zhang_high": config.ratio_desert[1], "cui_low": config.mass_desert[0], "cui_high": config.mass_desert[1], "cui": 30.0},
        "validation": validated(config),
    }
    return Desert(
        None, *(_joined(fits, name) for name in ("models", "steps", "halves", "curves", "lines")), groups, bandwidths, passes, _companions(found, cases, kernels), draws,
        _joined(fits, "line_draws"), _grid(cases, kernels), summary,
    )


def _require_sound(config: DesertConfig) -> None:
    for name in ("mass_ratio_range", "mass_range", "axis_range", "all_axes", "ratio_desert", "mass_desert", "peak_widths", "half_widths", "transition_widths"):
        value = getattr(config, name)
        if len(value) != 2 or not value[0] < value[1]:
            raise InputError(f"[desert] {name} is {list(value)}; expected two numbers, the lower one first.")
    for name in ("points", "test_points"):
        value = getattr(config, name)
        if value & (value - 1):
            raise InputError(f"[desert] {name} is {value}; expected a power of two, such as {1 << (value.bit_length() - 1)}.")
    least = 2 * max(config.bins, len(NAMES))
    if config.walkers < least or config.walkers % 2:
        raise InputError(f"[desert] walkers is {config.walkers}; expected an even number from {least}, twice the parameters.")
    for name in ("mass_ratio_range", "mass_range"):
        low, high = getattr(config, name)
        wide = float(np.log10(high / low))
        if not 2 * max(config.flank, config.line_flank + config.narrowest) < wide:
            raise InputError(f"[desert] {name} spans {wide:.2f} dex; flank, or line_flank and narrowest, leave no room for a desert in it.")
        if max(config.bins, config.coarse_bins) * config.cell > wide:
            raise InputError(f"[desert] bins is {config.bins} and coarse_bins {config.coarse_bins}; {name} has {wide / config.cell:.0f} cells of {config.cell:g} dex.")


def _joined(fits: dict[str, Fits], table: str) -> pd.DataFrame:
    return pd.concat([getattr(fit, table).assign(coordinate=name) for name, fit in fits.items()], ignore_index=True)


def _claim(
    verdict: Verdict, valley: dict[str, float], null: np.ndarray, other: np.ndarray, passes: pd.DataFrame, rows: pd.DataFrame, config: DesertConfig,
) -> dict[str, Any]:
    """Depth and interval by the finer quadrature; the statistic is that of the table all simulated catalogues are judged by."""
    p = bootstrap_p(null, verdict.statistic)
    limit = float(np.quantile(null, 0.95))
    counted = passes[passes["name"] != NOT_A_PASS]
    return {
        "estimand": "depth (dex) of the deepest valley in the density of companions per dex of mass ratio, below the lower of the two sides, given methods and orbits",
        "test": "mean likelihood of log-normal + power-law densities that have a valley of more than a factor of two over that of those that have none; parametric "
                "bootstrap under the likeliest of those; one-sided",
        "estimate": valley["depth_dex"], "low": valley["depth_dex_low"], "high": valley["depth_dex_high"], "p": p, "p_error": monte_carlo_error(p, len(null)),
        "n": {"companions": len(rows), "hosts": int(rows["host_name"].nunique()), "in_desert": int(rows["mass_ratio"].between(*config.ratio_desert).sum())},
        "power": float(np.mean(other > limit)),
        "passes": {row["name"]: bool(row["p"] < 0.05) if np.isfinite(row["p"]) else None for row in counted.to_dict("records")}, "reason": None,
    }


def _test(verdict: Verdict, null: np.ndarray, table: Table, passes: pd.DataFrame, config: DesertConfig) -> dict[str, Any]:
    known = passes[np.isfinite(passes["p"]) & (passes["name"] != NOT_A_PASS)]
    blind = passes[passes["name"] == NOT_A_PASS].iloc[0]
    return {
        "statistic": verdict.statistic, "alternative_factor": float(10**config.alternative_depth), "null_median": float(np.median(null)), "null_95": float(np.quantile(null, 0.95)), "bootstrap": len(null), "probability": verdict.probability,
        "prior_probability": float(table.desert.mean()), "effective_points": verdict.effective,
        "valley_factor": float(10**config.valley_depth),
        "passes": {
            "number": len(known), "undefined": int(len(passes) - 1 - len(known)), "below_0_05": int((known["p"] < 0.05).sum()), "lowest_p": float(known["p"].min()) if len(known) else None,
            "highest_p": float(known["p"].max()) if len(known) else None,
            "by_name": {row["name"].replace(" ", "_").replace("'", "").replace(",", ""): {k: v for k, v in row.items() if k not in ("name", "group")} for row in passes.to_dict("records")},
        },
        "ignoring_selection": {"p": float(blind["p"]), "depth": float(blind["depth"])},
    }


def _region(found: dict[str, pd.DataFrame], cases: dict[str, DesertCase], wide: dict[str, DesertCase]) -> dict[str, Any]:
    return {
        name: {
            "companions": len(rows), "hosts": int(rows["host_name"].nunique()), "companions_all_axes": len(wide[name]), "median_error_dex": float(np.median(cases[name].sigma_x)),
            "methods": {method: int(count) for method, count in rows["discovery_method"].value_counts().sort_index().items()},
            "microlensing_share": float((rows["discovery_method"] == "Microlensing").mean()),
        } for name, rows in found.items()
    }


def _kernels(kernels: dict[str, Any], bandwidths: pd.DataFrame) -> dict[str, Any]:
    return {
        name: {
            "effective_rows": one.effective, "factor": one.factor, "largest_weight": float(one.weights.max()),
            **{f"valley_dex_{'weighted' if weighted else 'unweighted'}_{str(row['factor']).replace('.', '_')}": row["valley_dex"]
               for weighted in (True, False) for row in bandwidths[(bandwidths["coordinate"] == name) & (bandwidths["weighted"] == weighted)].to_dict("records")},
        } for name, one in kernels.items()
    }


def _groups(groups: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for row in groups.to_dict("records"):
        place = out.setdefault(row["coordinate"], {}).setdefault(row["quantity"], {})
        place[f"{row['first']}_{row['second']}"] = {k: (None if isinstance(v, float) and not np.isfinite(v) else v) for k, v in row.items() if k not in ("coordinate", "quantity", "first", "second")}
    return out


def _companions(found: dict[str, pd.DataFrame], cases: dict[str, DesertCase], kernels: dict[str, Any]) -> pd.DataFrame:
    parts = []
    for name, rows in found.items():
        case = cases[name]
        parts.append(pd.DataFrame({
            "coordinate": name, "object_id": rows["object_id"].to_numpy(dtype=object), "host_name": rows["host_name"].to_numpy(dtype=object),
            "discovery_method": rows["discovery_method"].to_numpy(dtype=object), "value": 10**case.x, "axis_au": 10**case.y, "error_dex": case.sigma_x, "axis_error_dex": case.sigma_y,
            "weight": kernels[name].weights * len(rows),
        }))
    return pd.concat(parts, ignore_index=True)


def _grid(cases: dict[str, DesertCase], kernels: dict[str, Any]) -> pd.DataFrame:
    parts = []
    for name, case in cases.items():
        x, y = np.meshgrid(case.centres, case.axis_centres, indexing="ij")
        parts.append(pd.DataFrame({"coordinate": name, "value": 10 ** x.ravel(), "axis_au": 10 ** y.ravel(), "density": kernels[name].density.ravel()}))
    return pd.concat(parts, ignore_index=True)


def _empty(reason: str, rows: int, config: DesertConfig) -> Desert:
    claim = {"estimand": "", "test": "", "estimate": None, "low": None, "high": None, "p": None, "p_error": None, "n": {"companions": 0}, "power": None, "passes": {}, "reason": reason}
    none = pd.DataFrame()
    summary = {
        "reason": reason, "claim": claim, "rows": rows, "region": {}, RATIO: {}, MASS: {}, "test": {}, "kernels": {}, "groups": {}, "validation": validated(config),
        "published": {"zhang_low": config.ratio_desert[0], "zhang_high": config.ratio_desert[1], "cui_low": config.mass_desert[0], "cui_high": config.mass_desert[1], "cui": 30.0},
    }
    return Desert(reason, *(none for _ in range(12)), summary)
