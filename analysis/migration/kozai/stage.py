"""Level 0 of the migration study: the specification's feasibility map, its sensitivity, and what it leaves out.

The default map and every variation use the same random numbers (they are keyed by seed, cell and draw), so a fraction can only
rise with the time available or with the critical periapsis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import KozaiConfig, TidesConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU
from analysis.errors import InputError
from analysis.migration.kozai import criterion
from analysis.migration.kozai.feasibility import System, binomial_check, cell_edges, closed_form, feasible_counts, grid
from analysis.migration.stars.stellar import RADIUS_LAWS, radius_factor, target_radius
from analysis.migration.stars.tracks import track_radius
from analysis.migration.tides import tidal_radius

__all__ = ["Kozai", "run"]

YR_PER_GYR = 1e9
REACH_MASS = 0.1  # Msun, perturber for which the reach of a map is quoted


@dataclass(frozen=True)
class Kozai:
    """The maps, shapes (mass_cells, axis_cells) after their leading axes, and the tables made from them."""

    outer_mass: np.ndarray  # (m,) Msun, cell centres
    outer_axis: np.ndarray  # (a,) au, cell centres
    outer_mass_edges: np.ndarray  # (m + 1,) Msun
    outer_axis_edges: np.ndarray  # (a + 1,) au
    fraction: np.ndarray  # (m, a) feasible draws / draws
    closed_form: np.ndarray  # (m, a) its expectation
    status: np.ndarray  # (m, a) int, criterion.STATUS_TEXT
    ages: np.ndarray  # (t,) Gyr
    fraction_by_age: np.ndarray  # (law, t, m, a), laws in the order of stellar.RADIUS_LAWS
    fraction_by_limit: np.ndarray  # (T, r_crit, m, a)
    fraction_by_inner_axis: np.ndarray  # (a_in, m, a)
    sensitivity: pd.DataFrame  # T x r_crit
    by_inner_axis: pd.DataFrame
    by_age: pd.DataFrame  # law x T x age
    disruption: pd.DataFrame  # star x r_crit x disruption factor
    timescale_ratio: pd.DataFrame  # star x M_out: specification over corrected
    summary: dict[str, Any]


def _systems(config: KozaiConfig, tides: TidesConfig, target: Any) -> dict[str, System]:
    """The target as given and the specification's example star."""
    values = target.values
    radius, source = target_radius(target, tides.default_age)
    example_radius = float(track_radius(config.example_host_mass, tides.default_age))
    companion_radius = (values.get("companion_radius_rjup") or 1.0) * RJUP_AU
    return {
        "target": System(
            values["host_mass_msun"],
            values["companion_mass_mjup"] * MJUP_MSUN,
            radius * RSUN_AU,
            companion_radius,
            values["semimajor_axis_au"],
            source,
        ),
        "example": System(
            config.example_host_mass,
            config.example_companion_mass * MJUP_MSUN,
            example_radius * RSUN_AU,
            companion_radius,
            config.example_axis,
            "BHAC15 track",
        ),
    }


def _name(value: float) -> str:
    """A number as a name in a dotted path: 2.7 becomes 2_7."""
    return f"{value:g}".replace(".", "_")


def _coverage(fraction: np.ndarray, levels: tuple[float, ...]) -> dict[str, float]:
    """Mean of a map and the share of cells at or above each level."""
    return {
        "mean_fraction": float(fraction.mean()),
        **{f"share_of_cells_above_{_name(100 * level)}_percent": float((fraction >= level).mean()) for level in levels},
    }


def _disruption(systems: dict[str, System], config: KozaiConfig, tides: TidesConfig) -> pd.DataFrame:
    """Share of the draws that pass r_crit whose periapsis lies inside each disruption radius (closed form, any perturber)."""
    rows = []
    for name, system in systems.items():
        roche = tidal_radius(system.host_mass, system.companion_mass, system.companion_radius)
        for radii in sorted({*config.critical_radii, config.critical_radius}):
            critical = radii * system.host_radius
            passed = float(criterion.periapsis_probability(critical, config.inner_axis))
            for factor in tides.disruption_factors:
                inside = float(criterion.periapsis_probability(min(factor * roche, critical), config.inner_axis))
                rows.append(
                    {
                        "system": name,
                        "critical_radius_rstar": radii,
                        "critical_radius_au": critical,
                        "critical_radius_over_r_t": critical / roche,
                        "disruption_factor": factor,
                        "disruption_radius_au": factor * roche,
                        "disruption_radius_rstar": factor * roche / system.host_radius,
                        "feasible_share_inside": inside / passed,
                        "all_feasible_disrupted": bool(critical <= factor * roche),
                        "circularised_axis_au": 2 * factor * roche,
                        "observed_axis_au": system.axis,
                        "circularised_over_observed": 2 * factor * roche / system.axis,
                    }
                )
    return pd.DataFrame(rows)


def _survival(disruption: pd.DataFrame, critical_radius: float) -> dict[str, dict[str, float]]:
    """What happens to the target's feasible draws at the default r_crit, for the most lenient and the strictest disruption radius."""
    rows = disruption[(disruption["system"] == "target") & (disruption["critical_radius_rstar"] == critical_radius)]
    rows = rows.sort_values("disruption_factor").drop(columns="system").to_dict("records")
    return {"lenient": rows[0], "strict": rows[-1]}


def _extremes(maps: list[dict[str, float]]) -> dict[str, float]:
    """Smallest and largest mean fraction of several maps."""
    means = [row["mean_fraction"] for row in maps]
    return {"smallest": min(means), "largest": max(means)}


def _timescale_ratio(systems: dict[str, System], outer_mass: np.ndarray) -> pd.DataFrame:
    """Specification's Kozai-Lidov time over the corrected one, which depends on the outer mass only."""
    rows = []
    for name, s in systems.items():
        for mass in outer_mass:
            arguments = (s.host_mass, s.companion_mass, 1.0, float(mass), 100.0)
            ratio = float(criterion.kozai_time(*arguments) / criterion.kozai_time_corrected(*arguments))
            rows.append({"system": name, "outer_mass_msun": float(mass), "specified_over_corrected": ratio})
    return pd.DataFrame(rows)


def _half_reach(system: System, config: KozaiConfig, outer_mass: float, time_limit: float) -> float:
    """Outer axis in au out to which half of the outer eccentricities give t_KL <= T (t_KL scales as a_out cubed)."""
    at_one = criterion.kozai_time(system.host_mass, system.companion_mass, config.inner_axis, outer_mass, 1.0, config.outer_eccentricity_max / 2)
    return float(np.cbrt(time_limit / at_one))


def _age_optimum(by_age: pd.DataFrame) -> dict[str, Any]:
    """Age at which the mean of the map is highest, per radius law and time limit (Gyr)."""
    best: dict[str, Any] = {}
    for (law, time), part in by_age.groupby(["radius_law", "time_limit_gyr"]):
        row = part.loc[part["closed_form_mean"].idxmax()]
        best.setdefault(law, {})[_name(time)] = {"age_gyr": float(row["age_gyr"]), "closed_form_mean": float(row["closed_form_mean"])}
    return best


def run(config: KozaiConfig, *, target: Any, tides_config: TidesConfig | None = None) -> Kozai:
    """Level-0 maps of the target. Deterministic in `config` and the target's values; raises InputError for values without a map."""
    tides = tides_config or TidesConfig()
    systems = _systems(config, tides, target)
    outer_mass, outer_axis = grid(config)

    def one_map(
        system: System, inner_axis: float, time_gyr: float, critical_radius: float, factor: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(count, expectation, status) for a time in Gyr and a periapsis in R_star, the radius scaled by `factor`."""
        periapsis = critical_radius * factor * system.host_radius
        arguments = (system, outer_mass, outer_axis, inner_axis, time_gyr * YR_PER_GYR, periapsis, config.outer_eccentricity_max)
        counted, status = feasible_counts(*arguments, config.draws, config.seed)
        if (status != criterion.OK).any():
            raise InputError(f"feasibility map: {criterion.STATUS_TEXT[int(status.max())]}; check the target's values and the [kozai] table.")
        return counted, closed_form(*arguments), status

    if config.draws < 1:
        raise InputError(f"[kozai] draws is {config.draws!r}; expected at least 1.")
    if not 0 <= config.seed < 1 << 64:
        raise InputError(f"[kozai] seed is {config.seed!r}; expected a whole number from 0 to 2^64 - 1.")
    main = systems["target"]
    count, expected, status = one_map(main, config.inner_axis, config.time_limit, config.critical_radius)
    fraction = count / config.draws

    limits, sensitivity = [], []
    for time in config.time_limits:
        for radii in config.critical_radii:
            counted, exact, _ = one_map(main, config.inner_axis, time, radii)
            limits.append(counted / config.draws)
            sensitivity.append(
                {
                    "time_limit_gyr": time,
                    "critical_radius_rstar": radii,
                    "closed_form_mean": float(exact.mean()),
                    **_coverage(limits[-1], config.coverage_levels),
                }
            )
    inner, by_inner_axis = [], []
    for axis in config.inner_axes:
        counted, exact, _ = one_map(main, axis, config.time_limit, config.critical_radius)
        inner.append(counted / config.draws)
        by_inner_axis.append({"inner_axis_au": axis, "closed_form_mean": float(exact.mean()), **_coverage(inner[-1], config.coverage_levels)})
    aged, by_age = [], []
    for law in RADIUS_LAWS:
        for time in sorted({config.time_limit, *config.time_limits}):
            for age in config.ages:
                factor = float(radius_factor(age, law, tides.radius_slope))
                counted, exact, _ = one_map(main, config.inner_axis, min(time, age), config.critical_radius, factor)
                if time == config.time_limit:
                    aged.append(counted / config.draws)
                by_age.append(
                    {
                        "radius_law": law,
                        "time_limit_gyr": time,
                        "age_gyr": age,
                        "time_available_gyr": min(time, age),
                        "radius_factor": factor,
                        "closed_form_mean": float(exact.mean()),
                        "peak_closed_form": float(exact.max()),
                        "half_reach_au": _half_reach(main, config, REACH_MASS, min(time, age) * YR_PER_GYR),
                        **_coverage(counted / config.draws, config.coverage_levels),
                    }
                )
    example_count, example_expected, _ = one_map(systems["example"], config.inner_axis, config.time_limit, config.critical_radius)
    disruption = _disruption(systems, config, tides)
    ratio = _timescale_ratio(systems, cell_edges(config.outer_mass_min, config.outer_mass_max, config.mass_cells))
    shape = (config.mass_cells, config.axis_cells)
    summary = {
        "headline": _headline(fraction, expected, config.draws),
        "check": binomial_check(count, expected, config.draws),
        "plateau": float(criterion.periapsis_probability(config.critical_radius * main.host_radius, config.inner_axis)),
        "systems": {name: _system_summary(system, config, tides) for name, system in systems.items()},
        "example_headline": _headline(example_count / config.draws, example_expected, config.draws),
        "timescale_ratio": {
            name: {"smallest": float(part.min()), "largest": float(part.max())} for name, part in ratio.groupby("system")["specified_over_corrected"]
        },
        "timescale_ratio_limit": 15 * np.pi / 8,
        "half_reach_mass_msun": REACH_MASS,
        "age_optimum": _age_optimum(pd.DataFrame(by_age)),
        "default": {
            "time_limit_gyr": config.time_limit,
            "critical_radius_rstar": config.critical_radius,
            "inner_axis_au": config.inner_axis,
            "draws": config.draws,
            "mass_cells": config.mass_cells,
            "axis_cells": config.axis_cells,
        },
        "coverage": _coverage(fraction, config.coverage_levels),
        "survival": _survival(disruption, config.critical_radius),
        "range": {"limits": _extremes(sensitivity), "birth_axis": _extremes(by_inner_axis)},
    }
    return Kozai(
        outer_mass,
        outer_axis,
        cell_edges(config.outer_mass_min, config.outer_mass_max, config.mass_cells),
        cell_edges(config.outer_axis_min, config.outer_axis_max, config.axis_cells),
        fraction,
        expected,
        status,
        np.array(config.ages),
        np.array(aged).reshape(len(RADIUS_LAWS), len(config.ages), *shape),
        np.array(limits).reshape(len(config.time_limits), len(config.critical_radii), *shape),
        np.array(inner).reshape(-1, *shape),
        pd.DataFrame(sensitivity),
        pd.DataFrame(by_inner_axis),
        pd.DataFrame(by_age),
        disruption,
        ratio,
        summary,
    )


def _headline(fraction: np.ndarray, expected: np.ndarray, draws: int) -> dict[str, float]:
    """Mean over the grid with its Monte Carlo standard error and 95 % interval (sampling of draws only, not of the priors)."""
    error = float(np.sqrt(np.sum(expected * (1 - expected)) / draws) / expected.size)
    mean = float(fraction.mean())
    return {
        "mean_fraction": mean,
        "monte_carlo_error": error,
        "low_95": mean - 1.959964 * error,
        "high_95": mean + 1.959964 * error,
        "closed_form": float(expected.mean()),
    }


def _system_summary(system: System, config: KozaiConfig, tides: TidesConfig) -> dict[str, Any]:
    roche = tidal_radius(system.host_mass, system.companion_mass, system.companion_radius)
    critical = config.critical_radius * system.host_radius
    return {
        "host_mass_msun": system.host_mass,
        "companion_mass_mjup": system.companion_mass / MJUP_MSUN,
        "host_radius_rsun": system.host_radius / RSUN_AU,
        "companion_radius_rjup": system.companion_radius / RJUP_AU,
        "axis_au": system.axis,
        "host_radius_source": system.radius_source,
        "tidal_radius_au": roche,
        "tidal_radius_rstar": roche / system.host_radius,
        "critical_radius_au": critical,
        "critical_radius_over_r_t": critical / roche,
        "disruption": {
            _name(factor): {
                "au": factor * roche,
                "rstar": factor * roche / system.host_radius,
                "circularised_au": 2 * factor * roche,
                "circularised_over_observed": 2 * factor * roche / system.axis,
            }
            for factor in tides.disruption_factors
        },
    }
