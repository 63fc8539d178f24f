"""Tidal timescales of the target and of every row of the sample, and the radius inside which the star disrupts the companion."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import TidesConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, G
from analysis.errors import InputError
from analysis.migration.stars.stellar import RADIUS_LAWS, radius_factor, target_radius, tidal_quality, track_comparison
from analysis.migration.stars.tracks import load_radii, track_radius

__all__ = ["INFALL_SHARE", "Tides", "circularisation_time", "run", "stellar_tide_time", "tidal_radius"]

INFALL_SHARE = 2 / 13  # integral of da over a-dot ~ a^(-11/2): the orbit falls in after (2/13) a/|a-dot|


@dataclass(frozen=True)
class Tides:
    """Timescales per object, the target's numbers, and the age laws."""

    objects: pd.DataFrame  # one row per object_id of the sample, sorted by it
    target_by_age: pd.DataFrame  # law x age: Q', R factor, timescale of the target
    tracks: pd.DataFrame  # both radius laws beside BHAC15
    summary: dict[str, Any]


def mean_motion(host_mass, axis):
    """n = sqrt(G M_star / a^3) in rad/yr (Msun, au): the specification's, without the companion's mass."""
    return np.sqrt(G * np.asarray(host_mass) / np.asarray(axis) ** 3)


def stellar_tide_time(host_mass, companion_mass, axis, host_radius, quality):
    """a/|da/dt| in yr of the tide raised on a slowly rotating star: (2 Q'/9) (M_star/M_c) (a/R_star)^5 / n.

    Specification section 6.3; Goldreich & Soter (1966). Masses in Msun, axis and radius in au, Q' = 3Q/(2 k_2); broadcasts.
    """
    return 2 * quality / 9 * (host_mass / companion_mass) * (axis / host_radius) ** 5 / mean_motion(host_mass, axis)


def circularisation_time(host_mass, companion_mass, axis, companion_radius, quality):
    """e/|de/dt| in yr of the tide raised in a synchronous companion: (4 Q'_p/63) (M_c/M_star) (a/R_p)^5 / n (Goldreich & Soter 1966).

    Small e. Masses in Msun, axis and radius in au; broadcasts.
    """
    return 4 * quality / 63 * (companion_mass / host_mass) * (axis / companion_radius) ** 5 / mean_motion(host_mass, axis)


def tidal_radius(host_mass, companion_mass, companion_radius):
    """r_t = R_p (M_star/M_c)^(1/3), in the unit of companion_radius."""
    return companion_radius * (host_mass / companion_mass) ** (1 / 3)


def _quality(config: TidesConfig, age):
    return tidal_quality(age, config.stellar_q_young, config.stellar_q_old, config.young_age, config.old_age)


def _objects(config: TidesConfig, table: pd.DataFrame, overridden: bool) -> pd.DataFrame:
    """The tidal columns of the stacked table (specification, sections 5 and 6.7); `overridden`: the target's radius is not that of its mass."""
    frame = table.sort_values("object_id", kind="stable").reset_index(drop=True)
    columns = {
        name: frame[name].to_numpy(dtype=float)
        for name in ("host_mass_msun", "companion_mass_mjup", "semimajor_axis_au", "host_radius_rsun", "host_age_gyr", "companion_radius_rjup")
    }
    host, companion, axis = columns["host_mass_msun"], columns["companion_mass_mjup"] * MJUP_MSUN, columns["semimajor_axis_au"]
    age, known = columns["host_age_gyr"], np.isfinite(columns["host_age_gyr"]) & (columns["host_age_gyr"] > 0)
    age_used = np.where(known, age, config.default_age)
    catalogued = np.isfinite(columns["host_radius_rsun"]) & ~(overridden & frame["is_target"].to_numpy(dtype=bool))
    # The laws scale R_MS and equal 1 at 1 Gyr, so a radius from the tracks is taken there.
    estimate = track_radius(host, 1.0, load_radii())
    base = np.where(catalogued, columns["host_radius_rsun"], estimate)
    quality = _quality(config, age_used)
    age_limit, mass_limit = _flags(frame, "host_age_gyr_limit"), _flags(frame, "companion_mass_mjup_limit")
    times = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for law in RADIUS_LAWS:
            radius = base * radius_factor(age_used, law, config.radius_slope) * RSUN_AU
            times[law] = stellar_tide_time(host, companion, axis, radius, quality)
        own = columns["companion_radius_rjup"] * RJUP_AU
        circular = [circularisation_time(host, companion, axis, own, q) for q in (min(config.companion_q), max(config.companion_q))]
        time = times[config.radius_law]
        # A catalogue radius is today's already: scaling it with age, as the specification does, counts the contraction twice.
        unscaled = stellar_tide_time(host, companion, axis, base * RSUN_AU, quality)
        efficiency = np.where(known, time / (age_used * 1e9), np.nan)
    potential = efficiency <= config.efficient_ratio
    return pd.DataFrame(
        {
            "object_id": frame["object_id"].to_numpy(),
            "tidal_timescale_proxy": time,
            "migration_efficiency": efficiency,
            "potential_migrator": potential,
            "migration_class": np.where(np.isfinite(efficiency), np.where(potential, "efficient", "inefficient"), "unknown"),
            "tidal_age_gyr": age_used,
            "tidal_age_source": np.where(known, np.where(age_limit, "catalogue limit", "catalogue"), "default"),
            "companion_mass_is_limit": mass_limit,
            "tidal_radius_source": np.where(catalogued, "catalogue", np.where(np.isfinite(estimate), "BHAC15 track", "missing")),
            "host_radius_used_rsun": base * radius_factor(age_used, config.radius_law, config.radius_slope),
            "stellar_q_used": quality,
            "timescale_literal_over_contracting": times["literal"] / times["contracting"],
            "timescale_unscaled_radius_yr": unscaled,
            "circularisation_low_q_yr": circular[0],
            "circularisation_high_q_yr": circular[1],
        }
    )


def _flags(frame: pd.DataFrame, name: str) -> np.ndarray:
    """True where a limit flag of the table is set; a table without the column sets none."""
    values = frame[name].to_numpy(dtype=float, na_value=np.nan) if name in frame else np.zeros(len(frame))
    return np.isfinite(values) & (values != 0)


def _range(values: pd.Series) -> dict[str, float]:
    finite = values[np.isfinite(values)]
    return {"smallest": float(finite.min()), "largest": float(finite.max())} if len(finite) else {"smallest": math.nan, "largest": math.nan}


def _other_class_changes(config: TidesConfig, objects: pd.DataFrame) -> int:
    """Rows with an age whose class differs under the radius law not in use."""
    ratio = objects["timescale_literal_over_contracting"]
    other = objects["migration_efficiency"] * (ratio if config.radius_law == "contracting" else 1 / ratio)
    known = other.notna()
    return int(((other[known] <= config.efficient_ratio) != objects.loc[known, "potential_migrator"]).sum())


def _name(value: float) -> str:
    """A number as a name in a dotted path: 2.7 becomes 2_7."""
    return f"{value:g}".replace(".", "_")


def _quality_name(quality: float) -> str:
    """q_1e6 for 10^6."""
    return "q_" + f"{quality:.0e}".replace("e+0", "e").replace("e+", "e")


def _target_numbers(config: TidesConfig, values: dict[str, Any], radius: float) -> dict[str, Any]:
    host, companion, axis = values["host_mass_msun"], values["companion_mass_mjup"] * MJUP_MSUN, values["semimajor_axis_au"]
    star = radius * RSUN_AU
    planet = (values.get("companion_radius_rjup") or 1.0) * RJUP_AU
    stellar = {_quality_name(q): float(stellar_tide_time(host, companion, axis, star, q)) for q in config.stellar_q}
    circular = {_quality_name(q): float(circularisation_time(host, companion, axis, planet, q)) for q in config.companion_q}
    roche = tidal_radius(host, companion, planet)
    return {
        "stellar_tide_yr": stellar,
        "infall_yr": {q: INFALL_SHARE * time for q, time in stellar.items()},
        "circularisation_yr": circular,
        "a_over_rstar": axis / star,
        "a_over_rp": axis / planet,
        "tidal_radius_au": roche,
        "tidal_radius_rstar": roche / star,
        "axis_over_tidal_radius": axis / roche,
        "disruption_radius_au": {_name(factor): factor * roche for factor in config.disruption_factors},
        "disruption_radius_rstar": {_name(factor): factor * roche / star for factor in config.disruption_factors},
        "circularised_axis_au": {_name(factor): 2 * factor * roche for factor in config.disruption_factors},
    }


def run(config: TidesConfig, *, sample: Any, target: Any) -> Tides:
    """Timescales at each row's own Q'(age) and R(age); deterministic, one row per object_id.

    A host without a radius gets one from the tracks (counted); without an age the timescale is quoted at default_age, and efficiency
    and class stay unknown (potential_migrator is then False). Raises InputError for an unknown radius_law
    or ages out of order.
    """
    radius_factor(1.0, config.radius_law)  # refuses an unknown law before anything is computed
    if config.young_age >= config.old_age:
        raise InputError(f"tides.young_age is {config.young_age:g}, not below tides.old_age {config.old_age:g}; expected the younger age first.")
    objects = _objects(config, sample.table, "mstar" in target.overridden)
    values = target.values
    star, star_source = target_radius(target, config.default_age)
    numbers = {**_target_numbers(config, values, star), "host_radius_rsun": star, "host_radius_source": star_source}
    rows = []
    for law in RADIUS_LAWS:
        for age in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0):
            factor, quality = float(radius_factor(age, law, config.radius_slope)), float(_quality(config, age))
            time = float(
                stellar_tide_time(
                    values["host_mass_msun"], values["companion_mass_mjup"] * MJUP_MSUN, values["semimajor_axis_au"], star * factor * RSUN_AU, quality
                )
            )
            rows.append(
                {
                    "radius_law": law,
                    "age_gyr": age,
                    "radius_factor": factor,
                    "stellar_q": quality,
                    "tidal_timescale_yr": time,
                    "migration_efficiency": time / (age * 1e9),
                }
            )
    tracks = track_comparison(config.radius_slope)
    young = tracks[tracks["age_gyr"] == tracks["age_gyr"].min()]
    candidates = objects[objects["object_id"].isin(sample.table.loc[sample.table["is_candidate"].to_numpy(dtype=bool), "object_id"])]
    efficient = candidates[candidates["migration_class"] == "efficient"]
    ratio = objects["timescale_literal_over_contracting"]
    summary = {
        "target": numbers,
        "objects": len(objects),
        "candidates": {
            "rows": len(candidates),
            "with_timescale": int(candidates["tidal_timescale_proxy"].notna().sum()),
            "radius_source": {k: int(v) for k, v in candidates["tidal_radius_source"].value_counts().sort_index().items()},
            "age_source": {k: int(v) for k, v in candidates["tidal_age_source"].value_counts().sort_index().items()},
            "class": {name: int((candidates["migration_class"] == name).sum()) for name in ("efficient", "inefficient", "unknown")},
            "efficient_objects": sorted(efficient["object_id"]),
            "efficient_with_mass_limit": int(efficient["companion_mass_is_limit"].sum()),
            "class_changes_with_other_law": _other_class_changes(config, candidates),
            "scaled_over_unscaled_radius": _range(candidates["tidal_timescale_proxy"] / candidates["timescale_unscaled_radius_yr"]),
            "shortest_timescale_yr": float(candidates["tidal_timescale_proxy"].min()) if len(candidates) else math.nan,
            "shortest_timescale_object": (
                str(candidates.loc[candidates["tidal_timescale_proxy"].idxmin(), "object_id"])
                if candidates["tidal_timescale_proxy"].notna().any()
                else None
            ),
            "median_timescale_yr": float(candidates["tidal_timescale_proxy"].median()) if len(candidates) else math.nan,
        },
        "radius_law": {
            "used": config.radius_law,
            "literal_over_contracting_smallest": _range(ratio)["smallest"],
            "literal_over_contracting_largest": _range(ratio)["largest"],
            "literal_over_contracting_at_10_myr": float(
                (radius_factor(0.01, "contracting", config.radius_slope) / radius_factor(0.01, "literal", config.radius_slope)) ** 5
            ),
            "literal_over_contracting_at_10_gyr": float(
                (radius_factor(10.0, "contracting", config.radius_slope) / radius_factor(10.0, "literal", config.radius_slope)) ** 5
            ),
            "track_ratio_at_youngest_smallest": float(young["track_ratio"].min()),
            "track_ratio_at_youngest_largest": float(young["track_ratio"].max()),
            "contracting_ratio_at_youngest": float(young["contracting_ratio"].iloc[0]),
            "literal_ratio_at_youngest": float(young["literal_ratio"].iloc[0]),
            "track_change_1_to_10_gyr_largest": float((tracks.loc[tracks["age_gyr"] == 10.0, "track_ratio"] - 1).abs().max()),
        },
    }
    return Tides(objects, pd.DataFrame(rows), tracks, summary)
