"""Vetting of every close companion of the sample, the target first, and of one published case whose numbers are known."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import VettingConfig
from analysis.constants import DAY_S, DEUTERIUM_LIMIT_MJUP, HYDROGEN_LIMIT_MSUN, MJUP_MSUN, REARTH_AU, RJUP_AU, RSUN_AU, YEAR_S
from analysis.runtime import ROOT
from analysis.vetting import relations
from analysis.vetting.facts import read_facts

__all__ = ["CHECKS", "Vetting", "run", "vet"]

FACTS = ROOT / "data" / "vetting.csv"
CASE = "TOI-864.01"
PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
CHECKS = ("mass", "density", "roche", "hill", "variability", "odd_even", "ruwe")
DECIDING = ("mass", "density", "roche")  # what a companion must pass; the others can only fail it
QUANTILES = (0.025, 0.5, 0.975)
MEASURES = (
    "companion_mass_mjup", "density_ratio", "host_density_cgs", "scaled_axis", "depth_ppm", "ellipsoidal_ppm", "beaming_ppm", "reflection_ppm", "star_ellipsoidal_ppm",
    "mass_limit_mjup", "roche_distance", "lobe_filling", "hill_radius_au", "hill_separation",
)


@dataclass(frozen=True)
class Vetting:
    """table: a row per companion, the target first: MEASURES with _low and _high (95 %), the CHECKS and the outcome; summary: counts and the published case."""

    table: pd.DataFrame
    summary: dict[str, Any]


def run(config: VettingConfig, *, sample: Any, tides: Any) -> Vetting:
    """Vet the candidates of `sample.table` inside `config.close_axis` and the target; host radii that no catalogue gives come from `tides.objects`.

    Raises InputError for a file of facts that cannot be used.
    """
    own, given = read_facts(FACTS), read_facts(Path(config.facts)) if config.facts else {}
    facts = {name: {**own.get(name, {}), **given.get(name, {})} for name in {*own, *given}}
    used = tides.objects.set_index("object_id")["host_radius_used_rsun"]
    rows = sample.table.copy()
    estimated = rows["host_radius_rsun"].isna()
    rows["host_radius_rsun"] = rows["host_radius_rsun"].fillna(rows["object_id"].map(used))
    for side in ("up", "down"):
        rows.loc[estimated, f"host_radius_rsun_err_{side}"] = config.track_radius_error * rows.loc[estimated, "host_radius_rsun"]
    close = rows["is_target"] | (rows["is_candidate"] & (rows["semimajor_axis_au"] <= config.close_axis))
    chosen = rows[close].sort_values(["is_target", "object_id"], ascending=[False, True], kind="stable")
    table = pd.DataFrame([vet(row, rows[rows["host_name"] == row["host_name"]], facts.get(row["companion_name"], {}), config) for row in chosen.to_dict("records")])
    table.insert(4, "host_radius_source", np.where(estimated[close].loc[chosen.index], "BHAC15 track", "catalogue"))
    return Vetting(table, {**_counts(table, config), "case": published_case(facts[CASE], config)})


def _generator(config: VettingConfig, name: str) -> np.random.Generator:
    return np.random.default_rng([config.seed, int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)])


def _drawn(row: dict[str, Any], name: str, draws: np.ndarray) -> np.ndarray:
    """`row[name]` under its errors, log-normal on either side so that it stays positive: v (1 + err/v)^z, err_up for z > 0; exact without errors."""
    value, up, down = (float(row.get(key, math.nan)) for key in (name, f"{name}_err_up", f"{name}_err_down"))
    if not value > 0:
        return np.full(draws.shape, math.nan)
    up, down = (0.0 if math.isnan(error) else error for error in (up, down))
    return value * np.where(draws > 0, 1 + up / value, 1 + down / value) ** draws


def vet(row: dict[str, Any], neighbours: pd.DataFrame, facts: dict[str, tuple[float, float]], config: VettingConfig) -> dict[str, Any]:
    """Measures and checks of one companion (columns as in the sample's table; `neighbours`: rows of the same host).

    A mass that is M sin i gets an isotropic inclination unless the companion transits, all else is seen edge-on. Missing inputs give NaN and the state unknown.
    """
    random = _generator(config, row["object_id"])
    normals = random.standard_normal((6, config.draws))
    uniforms = random.random((5, config.draws))
    host, companion = _drawn(row, "host_mass_msun", normals[0]), _drawn(row, "companion_mass_mjup", normals[1]) * MJUP_MSUN
    host_radius = _drawn(row, "host_radius_rsun", normals[2]) * RSUN_AU
    radius = _drawn(row, "companion_radius_rjup", normals[3]) * RJUP_AU
    period = _drawn(row, "orbital_period_day", normals[4]) * DAY_S / YEAR_S
    catalogue_axis = _drawn(row, "semimajor_axis_au", normals[5])
    sin_i = np.sqrt(1 - uniforms[0] ** 2) if row["mass_kind"] == "msini" and row["discovery_method"] != "Transit" else np.ones(config.draws)
    companion = companion / sin_i
    eccentricity = float(np.nan_to_num(row["eccentricity"])) if row["eccentricity_kind"] == "measured" else 0.0
    total = host + companion
    replaced = set(str(row.get("flags")).split(";")) & {"overridden:host_mass_msun", "overridden:semimajor_axis_au"}
    if "overridden:semimajor_axis_au" in replaced:  # the period given is that of another orbit
        period = (catalogue_axis / relations.kepler_axis(1.0, total)) ** 1.5
    axis = np.where(np.isfinite(period), relations.kepler_axis(np.where(np.isfinite(period), period, 1.0), total), catalogue_axis)
    light = relations.scaled_axis_from_density(period, relations.mean_density(host, host_radius))
    factor = relations.ellipsoidal_factor(_between(config.limb_darkening, uniforms[1]), _between(config.gravity_darkening, uniforms[2]))
    beam = relations.beaming_factor(config.band_wavelength, float(row["host_teff_k"]))
    velocity = relations.velocity_amplitude(host, companion, axis, eccentricity, sin_i)
    limit = facts.get("variability_limit_ppm", (math.nan,))[0] * 1e-6
    star = HYDROGEN_LIMIT_MSUN / host
    separation = _separation(row, neighbours, host, companion, axis)
    measures = {
        "companion_mass_mjup": companion / MJUP_MSUN,
        # Independent of the star's radius: what Kepler's law makes of the catalogue's axis and period over the masses given.
        "density_ratio": (catalogue_axis / axis) ** 3 if row["semimajor_axis_kind"] == "catalogue" and np.isfinite(period).all() and not replaced else np.full(config.draws, math.nan),
        "host_density_cgs": relations.mean_density(host, host_radius) * relations.DENSITY_CGS,
        "scaled_axis": axis / host_radius,
        "depth_ppm": (radius / host_radius) ** 2 * 1e6,
        "ellipsoidal_ppm": relations.ellipsoidal_amplitude(factor, companion / host, axis / host_radius, sin_i) * 1e6,
        "beaming_ppm": relations.beaming_amplitude(beam, velocity) * 1e6,
        "reflection_ppm": relations.reflection_amplitude(config.largest_albedo * uniforms[3], radius, axis, sin_i) * 1e6,
        "star_ellipsoidal_ppm": factor * star / (1 + star) / light**3 * 1e6,
        "mass_limit_mjup": relations.mass_ratio_limit(limit, factor, light, sin_i) * host / MJUP_MSUN,
        "roche_distance": axis * (1 - eccentricity) / relations.roche_radius(radius, host, companion),
        "lobe_filling": radius / (axis * (1 - eccentricity) * relations.roche_lobe(companion / host)),
        "hill_radius_au": relations.hill_radius(host, companion, axis, eccentricity),
        "hill_separation": separation,
    }
    found = {name: _quantiles(values) for name, values in measures.items()}
    checks = _checks(row, found, facts, limit, config)
    states = set(checks.values())
    outcome = FAIL if FAIL in states else PASS if all(checks[name] == PASS for name in DECIDING) else UNKNOWN
    columns: dict[str, Any] = {name: row[name] for name in ("object_id", "companion_name", "host_name", "mass_kind")}
    columns |= {"is_target": bool(row["is_target"]), "orbital_period_day": row["orbital_period_day"], "variability_limit_ppm": limit * 1e6}
    for name, (low, median, high) in found.items():
        columns |= {name: median, f"{name}_low": low, f"{name}_high": high}
    return columns | {f"check_{name}": state for name, state in checks.items()} | {"outcome": outcome}


def _between(bounds: tuple[float, ...], uniform: np.ndarray) -> np.ndarray:
    return min(bounds) + (max(bounds) - min(bounds)) * uniform


def _quantiles(values: np.ndarray) -> tuple[float, float, float]:
    """2.5 %, median and 97.5 %; NaN where an input is missing, and an infinite limit stays infinite."""
    if np.isnan(values).any():
        return (math.nan,) * 3
    low, median, high = np.quantile(values, QUANTILES, method="inverted_cdf")
    return float(low), float(median), float(high)


def _separation(row: dict[str, Any], neighbours: pd.DataFrame, host: np.ndarray, companion: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Smallest separation from a neighbour in mutual Hill radii, of the catalogued neighbours with mass and axis; NaN for a single companion."""
    smallest = np.full(host.shape, math.inf)
    for other in neighbours.to_dict("records"):
        mass, place = float(other["companion_mass_mjup"]) * MJUP_MSUN, float(other["semimajor_axis_au"])
        if other["object_id"] == row["object_id"] or not (mass > 0 and place > 0):
            continue
        # The axes of one system share the star's mass: its error moves all of them alike.
        place = place * (host / float(row["host_mass_msun"])) ** (1 / 3)
        inner = place < axis
        masses, axes = (np.where(inner, mass, companion), np.where(inner, companion, mass)), (np.where(inner, place, axis), np.where(inner, axis, place))
        smallest = np.minimum(smallest, relations.mutual_hill_separation(host, *masses, *axes))
    return np.where(np.isfinite(smallest), smallest, math.nan)


def _checks(row: dict[str, Any], found: dict[str, tuple[float, float, float]], facts: dict[str, tuple[float, float]], limit: float, config: VettingConfig) -> dict[str, str]:
    """State of each check; intervals decide, so what is not known well enough stays unknown."""
    checks = dict.fromkeys(CHECKS, UNKNOWN)
    measured = row["mass_kind"] in ("true", "msini", "upper_limit")
    low, _, high = found["companion_mass_mjup"]
    if measured and not math.isnan(high):
        if high < DEUTERIUM_LIMIT_MJUP:
            checks["mass"] = PASS
        elif low * MJUP_MSUN > HYDROGEN_LIMIT_MSUN and row["mass_kind"] != "upper_limit":
            checks["mass"] = FAIL
    low, median, high = found["density_ratio"]
    if not math.isnan(median):
        spread = max((math.log(high) - math.log(low)) / (2 * 1.96), config.density_floor)
        checks["density"] = PASS if abs(math.log(median)) < config.density_sigma * spread else FAIL
    low, _, high = found["lobe_filling"]
    if not math.isnan(high) and measured and row["mass_kind"] != "upper_limit":
        checks["roche"] = PASS if high < 1 else FAIL if low > 1 else UNKNOWN
    low, _, high = found["hill_separation"]
    if not math.isnan(low):
        checks["hill"] = PASS if low > relations.GLADMAN else FAIL if high < relations.GLADMAN else UNKNOWN
    if not math.isnan(limit):
        low, _, high = found["ellipsoidal_ppm"]
        if low > limit * 1e6:
            checks["variability"] = FAIL
        elif found["mass_limit_mjup"][2] * MJUP_MSUN < HYDROGEN_LIMIT_MSUN:
            checks["variability"] = PASS
    odd, even = facts.get("odd_depth_ppm"), facts.get("even_depth_ppm")
    sigma = relations.odd_even_sigma(*odd, *even) if odd and even else facts.get("odd_even_sigma", (math.nan,))[0]
    if not math.isnan(sigma):
        checks["odd_even"] = PASS if sigma < config.odd_even_sigma else FAIL
    ruwe = facts.get("ruwe", (math.nan,))[0]
    if not math.isnan(ruwe):
        checks["ruwe"] = PASS if ruwe < config.ruwe_limit else FAIL
    return checks


def _counts(table: pd.DataFrame, config: VettingConfig) -> dict[str, Any]:
    """Counts of states, and for how many companions the published case's limit on variability would exclude a star."""
    target = table[table["is_target"]].iloc[0].to_dict()
    others = table[~table["is_target"]]
    told = others["star_ellipsoidal_ppm"] > config.example_limit
    return {
        "companions": len(others), "close_axis_au": config.close_axis,
        "outcomes": {state: int((others["outcome"] == state).sum()) for state in (PASS, FAIL, UNKNOWN)},
        "checks": {name: {state: int((others[f"check_{name}"] == state).sum()) for state in (PASS, FAIL, UNKNOWN)} for name in CHECKS},
        "failed_names": ", ".join(sorted(others.loc[others["outcome"] == FAIL, "companion_name"])) or "none",
        "with_limit": int(others["variability_limit_ppm"].notna().sum()),
        "star_excluded_by_example": int(told.sum()), "star_known": int(others["star_ellipsoidal_ppm"].notna().sum()), "example_limit_ppm": config.example_limit,
        "target": {name: (value if not isinstance(value, float) or math.isfinite(value) else None) for name, value in target.items()},
    }


def published_case(facts: dict[str, tuple[float, float]], config: VettingConfig) -> dict[str, Any]:
    """TOI 864.01 recomputed from its stated inputs, beside what its paper says, and with the full prefactor.

    The paper's amplitude is (R_star/a)^3 for an equal mass; its mass limit is the observed limit over 5000 ppm.
    """
    value = {name: fact[0] for name, fact in facts.items()}
    period = value["orbital_period_day"] * DAY_S / YEAR_S
    uniforms = _generator(config, CASE).random((2, config.draws))
    factor = relations.ellipsoidal_factor(_between(config.limb_darkening, uniforms[0]), _between(config.gravity_darkening, uniforms[1]))
    scaled = relations.scaled_axis_from_density(period, value["claimed_density_cgs"] / relations.DENSITY_CGS)
    light = relations.scaled_axis_from_density(period, value["host_density_cgs"] / relations.DENSITY_CGS)
    limit = value["variability_limit_ppm"] * 1e-6
    full, widened, ratios = factor / scaled**3, factor / 2 / light**3, relations.mass_ratio_limit(limit, factor, light, 1.0)
    # An equal-mass pair that adds only this share of the light stays below the limit, whatever it eclipses.
    named = {"full_ellipsoidal_ppm": full * 1e6, "widened_ellipsoidal_ppm": widened * 1e6, "mass_ratio_limit": ratios, "hidden_share": limit / widened}
    found = {name: dict(zip(("low", "value", "high"), _quantiles(values), strict=True)) for name, values in named.items()}
    return {
        **found,
        "radius_rearth": float(relations.radius_from_depth(value["transit_depth_ppm"] * 1e-6, value["host_radius_rsun"] * RSUN_AU) / REARTH_AU),
        "scaled_axis": float(scaled),
        "density_cgs": float(relations.density_from_scaled_axis(period, scaled) * relations.DENSITY_CGS),
        "density_round_axis_cgs": float(relations.density_from_scaled_axis(period, round(scaled)) * relations.DENSITY_CGS),
        "density_ratio": float(value["claimed_density_cgs"] / value["host_density_cgs"]),
        "rough_ellipsoidal_ppm": float(1e6 / scaled**3),
        "rough_mass_ratio_limit": float(limit * 1e6 / value["claimed_ellipsoidal_ppm"]),
        # A companion as large as the star at the separation that an equal mass makes of the period.
        "equal_star_lobe_filling": float(1 / (light * 2 ** (1 / 3) * relations.roche_lobe(1.0))),
        "odd_even_sigma": value["odd_even_sigma"], "ruwe": value["ruwe"],
        "claimed": {name.removeprefix("claimed_"): value[name] for name in value if name.startswith("claimed_")},
    }
