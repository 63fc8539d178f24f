"""Disc-torque migration times of the target: type I as the specification asks, corrected for the gap it opens, and classical type II.

All times are a/|da/dt| in yr; units au, Msun, yr unless a name says otherwise. The specification's C is that of Tanaka, Takeuchi & Ward
(2002, ApJ 565, 1257) for a three-dimensional locally isothermal disc, C = 1/(2.7 + 1.1 p) with Sigma ~ a^-p, for a/|da/dt|: the time
L/|torque| in which the angular momentum changes is twice as long.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import DiskConfig
from analysis.constants import AU_M, DAY_S, MJUP_MSUN, MSUN_KG, YEAR_S, G
from analysis.errors import InputError
from analysis.migration.secular.outcomes import wilson

__all__ = [
    "GCM2",
    "MODELS",
    "PERCENTILES",
    "Disk",
    "corotation_axis",
    "crida_parameter",
    "draw_discs",
    "gap_parameter",
    "gap_time",
    "inertia",
    "migration_times",
    "run",
    "surface_density_at_1au",
    "travel_time",
    "type_i_time",
    "type_ii_time",
    "viscous_time",
]

GCM2 = 10.0 * AU_M**2 / MSUN_KG  # Msun au^-2 per g cm^-2
PERCENTILES = (5, 16, 50, 84, 95)
MODELS = ("type_i", "gap", "type_ii")
KANAGAWA = 0.04  # Kanagawa, Tanaka & Szuszkiewicz (2018, arXiv:1805.11101): Sigma_gap = Sigma / (1 + 0.04 K)
TRAVEL_STEPS = 600  # orbits per journey, logarithmic; halving it changes a time by less than 1e-4


@dataclass(frozen=True)
class Disk:
    """Bands over the priors, journeys from the birth orbits, and every number the text quotes."""

    bands: pd.DataFrame  # one row per orbit: percentiles of each model, shares of draws in each regime
    journeys: pd.DataFrame  # birth orbit x model: percentiles of the travel time, shares that arrive in time
    priors: pd.DataFrame  # parameter, range, shape
    summary: dict[str, Any]


def surface_density_at_1au(disk_mass, slope, outer_radius):
    """Sigma at 1 au (Msun au^-2) of a disc of `disk_mass` (Msun) within outer_radius (au), Sigma ~ a^-slope with slope < 2."""
    return disk_mass * (2 - slope) / (2 * np.pi * outer_radius ** (2 - slope))


def angular_velocity(host_mass, axis):
    """Omega = sqrt(G M_star / a^3) in rad/yr."""
    return np.sqrt(G * host_mass / axis**3)


def type_i_time(host_mass, companion_mass, axis, density, aspect_ratio, slope):
    """a/|da/dt| = C (M_star/M_c) (M_star/(Sigma a^2)) h^2 / Omega, C = 1/(2.7 + 1.1 p) (Tanaka et al. 2002); density in Msun au^-2."""
    coefficient = 1 / (2.7 + 1.1 * slope)
    return coefficient * (host_mass / companion_mass) * (host_mass / (density * axis**2)) * aspect_ratio**2 / angular_velocity(host_mass, axis)


def gap_parameter(mass_ratio, aspect_ratio, viscosity):
    """K = q^2 h^-5 alpha^-1 (Kanagawa et al. 2018)."""
    return mass_ratio**2 * aspect_ratio**-5 / viscosity


def gap_time(type_i, gap):
    """Migration time with the torque of the gas left in the gap: (1 + 0.04 K) t_I (Kanagawa et al. 2018).

    Their corotation torque, damped as exp(-K/20), is left out: it is gone where a gap is deep, and the correction is near one where it is not.
    """
    return (1 + KANAGAWA * gap) * type_i


def crida_parameter(mass_ratio, aspect_ratio, viscosity):
    """(3/4) H/R_H + 50/(q Re), Re = 1/(alpha h^2): a gap opens where this is <= 1 (Crida, Morbidelli & Masset 2006, Icarus 181, 587)."""
    hill = (mass_ratio / 3) ** (1 / 3)
    return 0.75 * aspect_ratio / hill + 50 * viscosity * aspect_ratio**2 / mass_ratio


def viscous_time(host_mass, axis, aspect_ratio, viscosity):
    """a/|v_r| = (2/3) a^2/nu in yr of a steady disc with nu = alpha h^2 a^2 Omega.

    host_mass in Msun, axis in au, aspect_ratio h and viscosity alpha without unit, all above 0.
    """
    return 2 / (3 * viscosity * aspect_ratio**2 * angular_velocity(host_mass, axis))


def inertia(companion_mass, axis, density):
    """M_c / (4 pi Sigma a^2), without unit: above 1 the companion outweighs the gas that has to carry it (Syer & Clarke 1995, MNRAS 277, 758).

    companion_mass >= 0 in Msun, axis > 0 in au, density > 0 in Msun au^-2.
    """
    return companion_mass / (4 * np.pi * density * axis**2)


def type_ii_time(viscous, load):
    """Classical type-II time: the viscous time, lengthened by the inertia of a companion heavier than its gas, t_visc max(1, M_c/(4 pi Sigma a^2)).

    Syer & Clarke (1995, MNRAS 277, 758). In the planet-dominated limit of a deep gap the time of `gap_time` is longer than this one by
    0.24 pi C/h, whatever the density, the viscosity and the mass.
    """
    return viscous * np.maximum(1.0, load)


def corotation_axis(host_mass, rotation_period_day):
    """Orbit (au) whose period is the stellar rotation period (d)."""
    return np.cbrt(G * host_mass * (rotation_period_day * DAY_S / YEAR_S / (2 * np.pi)) ** 2)


def _prior(generator: np.random.Generator, bounds: tuple[float, float], draws: int) -> np.ndarray:
    """Flat in the value, or in its logarithm where the range spans a factor of ten or more."""
    share = generator.random(draws)
    low, high = bounds
    return low * (high / low) ** share if high / low >= 10 else low + (high - low) * share


def draw_discs(config: DiskConfig, host_mass: float) -> dict[str, np.ndarray]:
    """Draws of the disc parameters, each (draws,): mass ratio, slope, density at 1 au (Msun au^-2), h at 1 au, alpha, inner edge, lifetime (yr)."""
    ranges = {
        "disk_mass_ratio": config.disk_mass_ratio,
        "density_slope": config.density_slope,
        "aspect_ratio_1au": config.aspect_ratio_1au,
        "viscosity": config.viscosity,
        "rotation_period": config.rotation_period,
        "lifetime": config.lifetime,
    }
    for name, bounds in ranges.items():
        if len(bounds) != 2 or not 0 < bounds[0] <= bounds[1] < np.inf:
            raise InputError(f"[disk] {name} is {bounds!r}; expected two positive numbers, the lower first.")
    if config.density_slope[1] >= 2 or config.draws < 1:
        raise InputError("[disk] density_slope must stay below 2 (the disc mass diverges) and draws must be at least 1.")
    if config.seed < 0:
        raise InputError(f"[disk] seed is {config.seed!r}; expected a whole number from 0.")
    drawn = {}
    for index, (name, bounds) in enumerate(ranges.items()):  # one stream per parameter: changing one prior leaves the other draws alone
        drawn[name] = _prior(np.random.default_rng([config.seed, index]), bounds, config.draws)
    density = surface_density_at_1au(drawn["disk_mass_ratio"] * host_mass, drawn["density_slope"], config.outer_radius)
    return {
        "disk_mass_ratio": drawn["disk_mass_ratio"],
        "slope": drawn["density_slope"],
        "density": density,
        "aspect_ratio": drawn["aspect_ratio_1au"],
        "viscosity": drawn["viscosity"],
        "inner_edge": corotation_axis(host_mass, drawn["rotation_period"]),
        "lifetime": drawn["lifetime"] * 1e6,
    }


def migration_times(host_mass: float, companion_mass: float, axis: np.ndarray, discs: dict[str, np.ndarray], flaring: float) -> dict[str, np.ndarray]:
    """Times of the three MODELS (yr) and the regimes, each (axes, draws), as if the gas reached every orbit (the inner edge is not applied).

    type_ii is the classical time where the Crida criterion says that a gap opens, and the gap-corrected one elsewhere.
    """
    a = np.asarray(axis, dtype=float)[:, None]
    density = discs["density"] * a ** -discs["slope"]
    h = discs["aspect_ratio"] * a**flaring
    ratio = companion_mass / host_mass
    first = type_i_time(host_mass, companion_mass, a, density, h, discs["slope"])
    gap = gap_time(first, gap_parameter(ratio, h, discs["viscosity"]))
    crida = crida_parameter(ratio, h, discs["viscosity"])
    load = inertia(companion_mass, a, density)
    second = np.where(crida <= 1, type_ii_time(viscous_time(host_mass, a, h, discs["viscosity"]), load), gap)
    return {"type_i": first, "gap": gap, "type_ii": second, "crida": crida, "inertia": load, "aspect_ratio": h, "density": density}


def travel_time(axis: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Time (yr) to drift from axis[-1] to axis[0]: integral of (a/|da/dt|) d ln a over `times` (axes, draws), trapezoid in log a; (draws,)."""
    return np.trapezoid(times, np.log(axis), axis=0)


def _bands(config: DiskConfig, axis: np.ndarray, times: dict[str, np.ndarray], discs: dict[str, np.ndarray]) -> pd.DataFrame:
    """Percentiles over the draws whose gas reaches the orbit; NaN where none does."""
    gas = axis[:, None] >= discs["inner_edge"][None, :]
    frame = {"semimajor_axis_au": axis, "gas_share": gas.mean(axis=1)}
    for model in MODELS:
        inside = np.where(gas, times[model], np.nan)
        some = gas.any(axis=1)
        values = np.full((len(PERCENTILES), axis.size), np.nan)
        values[:, some] = np.nanpercentile(inside[some], PERCENTILES, axis=1)
        frame |= {f"{model}_p{p}_yr": values[k] for k, p in enumerate(PERCENTILES)}
    frame |= {
        "gap_share": (times["crida"] <= 1).mean(axis=1),
        "companion_dominates_share": (times["inertia"] > 1).mean(axis=1),
        "gap_slower_than_shortest_lifetime_share": (times["gap"] > config.lifetime[0] * 1e6).mean(axis=1),
        "gap_slower_than_longest_lifetime_share": (times["gap"] > config.lifetime[1] * 1e6).mean(axis=1),
    }
    return pd.DataFrame(frame)


def _journeys(config: DiskConfig, host_mass: float, companion_mass: float, final_axis: float, discs: dict[str, np.ndarray]) -> pd.DataFrame:
    """Travel from each birth orbit to the observed one, against the drawn and the extreme lifetimes."""
    reaches = discs["inner_edge"] <= final_axis
    rows = []
    for birth in config.birth_axes:
        if birth <= final_axis:
            continue
        axis = np.geomspace(final_axis, birth, TRAVEL_STEPS)
        times = migration_times(host_mass, companion_mass, axis, discs, config.flaring)
        for model in MODELS:
            duration = travel_time(axis, times[model])
            in_time = duration <= discs["lifetime"]
            arrived = wilson(int((in_time & reaches).sum()), len(in_time))
            rows.append(
                {
                    "birth_axis_au": birth,
                    "final_axis_au": final_axis,
                    "model": model,
                    **{f"travel_p{p}_yr": float(v) for p, v in zip(PERCENTILES, np.percentile(duration, PERCENTILES), strict=True)},
                    "in_time_share": float(in_time.mean()),
                    "in_time_share_shortest_lifetime": float((duration <= config.lifetime[0] * 1e6).mean()),
                    "in_time_share_longest_lifetime": float((duration <= config.lifetime[1] * 1e6).mean()),
                    "arrives_share": float((in_time & reaches).mean()),
                    "arrives_share_low": arrived[0],
                    "arrives_share_high": arrived[1],
                }
            )
    return pd.DataFrame(rows)


def _priors(config: DiskConfig) -> pd.DataFrame:
    items = (
        ("disk_mass_ratio", "M_star"),
        ("density_slope", ""),
        ("aspect_ratio_1au", ""),
        ("viscosity", ""),
        ("rotation_period", "d"),
        ("lifetime", "Myr"),
    )
    bounds = [getattr(config, name) for name, _ in items]
    return pd.DataFrame(
        {
            "parameter": [name for name, _ in items],
            "unit": [unit for _, unit in items],
            "low": [b[0] for b in bounds],
            "high": [b[1] for b in bounds],
            "shape": ["log-flat" if b[1] / b[0] >= 10 else "flat" for b in bounds],
        }
    )


def _regime(ratio: float, axis: float, aspect_ratio: float) -> dict[str, float]:
    return {"axis_au": axis, "aspect_ratio": aspect_ratio, "q_over_h3": ratio / aspect_ratio**3}


def run(config: DiskConfig, *, target: Any) -> Disk:
    """Bands for the target's masses; deterministic in `config` and the target. Raises InputError for impossible priors or orbits."""
    if not 0 < config.axis_min < config.axis_max or config.axis_cells < 2:
        raise InputError("[disk] expected 0 < axis_min < axis_max and at least two axis_cells.")
    values = target.values
    host, companion, final = values["host_mass_msun"], values["companion_mass_mjup"] * MJUP_MSUN, values["semimajor_axis_au"]
    ratio = companion / host
    discs = draw_discs(config, host)
    axis = np.geomspace(config.axis_min, config.axis_max, config.axis_cells)
    bands = _bands(config, axis, migration_times(host, companion, axis, discs, config.flaring), discs)
    journeys = _journeys(config, host, companion, final, discs)

    # One reference disc, so that the text can show the size of the correction: Sigma 300 g/cm^2 at 1 au, p = 1, h = 0.033 a^1/4, alpha = 1e-3.
    h = 0.033
    reference = float(type_i_time(host, companion, 1.0, 300 * GCM2, h, 1.0))
    gap = float(gap_parameter(ratio, h, 1e-3))
    at = np.array([final, 1.0, 10.0])
    there = migration_times(host, companion, at, discs, config.flaring)
    summary = {
        "mass_ratio": ratio,
        "reference_disc": {
            "surface_density_1au_gcm2": 300.0,
            "aspect_ratio_1au": h,
            "viscosity": 1e-3,
            "density_slope": 1.0,
            "type_i_yr": reference,
            "angular_momentum_time_yr": 2 * reference,
            "gap_parameter": gap,
            "gap_yr": float(gap_time(reference, gap)),
        },
        "regime": [_regime(ratio, float(a), h * float(a) ** config.flaring) for a in at],
        "at_orbits": [
            {
                "axis_au": float(a),
                "gap_share": float((there["crida"][k] <= 1).mean()),
                "companion_dominates_share": float((there["inertia"][k] > 1).mean()),
                **{
                    model: dict(zip([f"p{p}" for p in PERCENTILES], np.percentile(there[model][k], PERCENTILES).tolist(), strict=True))
                    for model in MODELS
                },
            }
            for k, a in enumerate(at)
        ],
        "journeys": {
            f"{birth:g}".replace(".", "_"): {
                row["model"]: {key: row[key] for key in part.columns if key not in ("birth_axis_au", "model")} for _, row in part.iterrows()
            }
            for birth, part in journeys.groupby("birth_axis_au")
        }
        if len(journeys)
        else {},
        "inner_edge_au": {
            "low": float(corotation_axis(host, config.rotation_period[0])),
            "high": float(corotation_axis(host, config.rotation_period[1])),
            "share_inside_observed_orbit": float((discs["inner_edge"] <= final).mean()),
        },
        "disk": {
            "mass_low_msun": config.disk_mass_ratio[0] * host,
            "mass_high_msun": config.disk_mass_ratio[1] * host,
            "density_1au_gcm2": dict(zip([f"p{p}" for p in PERCENTILES], np.percentile(discs["density"] / GCM2, PERCENTILES).tolist(), strict=True)),
        },
        "lifetime_yr": [config.lifetime[0] * 1e6, config.lifetime[1] * 1e6],
        "draws": config.draws,
    }
    return Disk(bands, journeys, _priors(config), summary)
