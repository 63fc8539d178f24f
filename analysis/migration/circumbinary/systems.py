"""The circumbinary systems to integrate: the published grid, its repetition from another phase, and binaries of the host masses studied here.

Every table is (n, len(SYSTEM)) of `kernel.SYSTEM`, a function of the parameters and the system's number alone.
"""

import math
from dataclasses import asdict
from itertools import product
from typing import Any, Final

import numpy as np

from analysis.config import CircumbinaryConfig
from analysis.constants import AU_M, MEARTH_MSUN, MJUP_MSUN, REARTH_AU, RSUN_AU, G
from analysis.errors import InputError
from analysis.migration.circumbinary.kernel import NUMERICS, SYSTEM, numerics
from analysis.migration.rng import words

__all__ = ["FAMILIES", "GRID", "HOSTS", "STOKES", "check", "families", "grid", "hosts", "map_systems", "numbers_of", "planet_radius", "repeats", "slow", "star_radius"]

STOKES, OTHER_FORM = 0.0, 1.0
GRID: Final = ("axis_time", "eccentricity_time", "mass_ratio", "binary_eccentricity", "eccentricity", "planet_mass_earth")  # slowest first
HOSTS: Final = ("total_mass_msun", "mass_ratio", "binary_axis_au", "binary_eccentricity", "companion_mass_mjup", "axis_time_yr", "damping_ratio")
FAMILIES: Final = ("grid", "repeats", "hosts", "maps", "slow")
_PLACE: Final = {name: number for number, name in enumerate(SYSTEM)}
assert AU_M > 0.0


def star_radius(mass_msun: Any) -> Any:
    """Radius in au of a main-sequence star: R / R_sun = (M / M_sun)^0.8, its largest error (a fifth) at the lowest masses."""
    return RSUN_AU * np.asarray(mass_msun, dtype=float) ** 0.8


def planet_radius(mass_earth: Any) -> Any:
    """Radius in au: 0.70 M^0.63 Earth radii (Otegi, Bouchy & Helled 2020, volatile-rich planets), a Jupiter radius at most."""
    return REARTH_AU * np.minimum(0.70 * np.asarray(mass_earth, dtype=float) ** 0.63, 11.2)


def _table(n: int, config: CircumbinaryConfig) -> np.ndarray:
    table = np.zeros((n, len(SYSTEM)))
    table[:, _PLACE["period_ratio"]] = config.period_ratio
    table[:, _PLACE["form"]] = STOKES
    return table


def _set(table: np.ndarray, **columns: Any) -> np.ndarray:
    for name, values in columns.items():
        table[:, _PLACE[name]] = values
    return table


def _radii(total_msun: Any, q: np.ndarray, axis_au: Any, planet_earth: np.ndarray) -> dict[str, np.ndarray]:
    """Distances that count as a collision with either star, in a_B: the sum of the radii."""
    own = planet_radius(planet_earth)
    return {"radius_a": (star_radius(total_msun / (1.0 + q)) + own) / axis_au, "radius_b": (star_radius(total_msun * q / (1.0 + q)) + own) / axis_au}


def grid(config: CircumbinaryConfig) -> tuple[np.ndarray, np.ndarray]:
    """(systems, values (n, len(GRID))) of the whole grid; the axis time varies slowest, so that runs of like length are neighbours."""
    values = np.array(list(product(
        config.axis_times, config.eccentricity_times, config.mass_ratios, config.binary_eccentricities, config.eccentricities, config.planet_masses,
    )))
    tau_a, tau_e, q, eb, ep, mass = values.T
    table = _set(
        _table(len(values), config), mass_ratio=q, binary_eccentricity=eb, eccentricity=ep, planet_mass=mass * MEARTH_MSUN / config.total_mass,
        axis_time=tau_a, eccentricity_time=tau_e, longest=config.longest * tau_a, **_radii(config.total_mass, q, config.binary_axis, mass),
    )
    return table, values


def repeats(config: CircumbinaryConfig) -> tuple[np.ndarray, np.ndarray]:
    """(systems, numbers in the grid): a random share of the grid with axis times up to `repeat_longest`, its planets at another phase of the binary."""
    table, values = grid(config)
    able = np.flatnonzero(values[:, GRID.index("axis_time")] <= config.repeat_longest)
    order = np.argsort(words(np.uint64(config.seed), np.uint64(1), able.size), kind="stable")
    chosen = np.sort(able[order[: round(config.repeat_share * able.size)]])
    phase = words(np.uint64(config.seed), np.uint64(2), chosen.size) * 2.0**-64 * 2.0 * math.pi
    return _set(table[chosen], pericentre=phase), chosen


def slow(config: CircumbinaryConfig) -> tuple[np.ndarray, np.ndarray]:
    """(systems, numbers in the grid) of random runs of the largest axis time, with `slow_axis_time` in its place."""
    table, values = grid(config)
    able = np.flatnonzero(values[:, GRID.index("axis_time")] == max(config.axis_times))
    order = np.argsort(words(np.uint64(config.seed), np.uint64(6), able.size), kind="stable")
    chosen = np.sort(able[order[: config.slow_systems]])
    return _set(table[chosen], axis_time=config.slow_axis_time, longest=config.longest * config.slow_axis_time), chosen


def hosts(config: CircumbinaryConfig) -> tuple[np.ndarray, np.ndarray]:
    """(systems, values (n, len(HOSTS))) of binaries with the host masses studied here, each with one giant that starts far outside."""
    n = config.host_systems
    uniform = np.array([(words(np.uint64(config.seed), np.uint64(10 + i), n) >> np.uint64(11)) * 2.0**-53 for i in range(8)])
    total = config.host_mass_min + uniform[0] * (config.host_mass_max - config.host_mass_min)
    index = config.host_ratio_index + 1.0
    low = config.host_ratio_min**index
    q = (low + uniform[1] * (1.0 - low)) ** (1.0 / index)
    # Two uniform numbers make one normal deviate (Box & Muller 1958), cut at the ends of the range.
    normal = np.sqrt(-2.0 * np.log(np.maximum(uniform[2], 2.0**-53))) * np.cos(2.0 * math.pi * uniform[3])
    axis = np.clip(config.host_axis_median * 10.0 ** (config.host_axis_spread * normal), config.host_axis_min, config.host_axis_max)
    eb = config.host_eccentricity_max * uniform[4]
    log = lambda low, high, u: low * (high / low) ** u
    mass = log(config.companion_mass_min, config.companion_mass_max, uniform[5])
    tau = log(config.host_time_min, config.host_time_max, uniform[6])
    ratio = log(config.damping_ratio_min, config.damping_ratio_max, uniform[7])
    period = np.sqrt(4.0 * math.pi**2 * axis**3 / (G * total))
    tau_a = np.clip(tau / period, config.host_periods_min, config.host_periods_max)
    table = _set(
        _table(n, config), mass_ratio=q, binary_eccentricity=eb, eccentricity=config.host_planet_eccentricity, planet_mass=mass * MJUP_MSUN / total,
        axis_time=tau_a, eccentricity_time=tau_a / ratio, period_ratio=config.host_period_ratio, longest=config.longest * tau_a,
        pericentre=words(np.uint64(config.seed), np.uint64(3), n) * 2.0**-64 * 2.0 * math.pi,
        **_radii(total, q, axis, mass * MJUP_MSUN / MEARTH_MSUN),
    )
    return table, np.column_stack([total, q, axis, eb, mass, tau_a * period, ratio])


def map_systems(config: CircumbinaryConfig) -> tuple[np.ndarray, np.ndarray]:
    """(systems, values (n, 4): q_B, e_B, axis in a_B, eccentricity) of the dynamical maps, without drag; both axes are cell centres."""
    edges = np.linspace(config.map_axis_min, config.map_axis_max, config.map_axes + 1)
    axes = 0.5 * (edges[1:] + edges[:-1])
    eccentricities = (np.arange(config.map_eccentricities) + 0.5) / config.map_eccentricities * config.map_eccentricity_max
    values = np.array(list(product(config.mass_ratios, config.map_binary_eccentricities, axes, eccentricities)))
    q, eb, axis, e = values.T
    mass = np.full(len(values), config.map_planet_mass)
    table = _set(
        _table(len(values), config), mass_ratio=q, binary_eccentricity=eb, eccentricity=e, planet_mass=mass * MEARTH_MSUN / config.total_mass,
        axis_time=np.inf, eccentricity_time=np.inf, period_ratio=axis**1.5, longest=config.map_periods,
        **_radii(config.total_mass, q, config.binary_axis, mass),
    )
    return table, values


def families(config: CircumbinaryConfig) -> dict[str, np.ndarray]:
    """The systems of every family by name; InputError for unusable parameters."""
    check(config)
    return {"grid": grid(config)[0], "repeats": repeats(config)[0], "hosts": hosts(config)[0], "maps": map_systems(config)[0], "slow": slow(config)[0]}


def numbers_of(config: CircumbinaryConfig) -> np.ndarray:
    """The array of NUMERICS of the parameters."""
    array = numerics(
        config.steps_per_period, 1, config.near, config.tolerance, 1.0 / config.samples, config.windows, config.held_ratio, config.held_eccentricity,
        config.far, config.most_close,
    )
    assert array.size == len(NUMERICS)
    return array


def check(config: CircumbinaryConfig) -> None:
    """InputError for parameters that give no sensible system; single bounds are those of the configuration."""
    pairs = (
        ("host_mass_min", "host_mass_max"), ("host_axis_min", "host_axis_max"), ("companion_mass_min", "companion_mass_max"), ("host_time_min", "host_time_max"),
        ("damping_ratio_min", "damping_ratio_max"), ("host_periods_min", "host_periods_max"), ("map_axis_min", "map_axis_max"), ("ratio_min", "ratio_max"),
    )
    values = asdict(config)
    for low, high in pairs:
        if not values[low] < values[high]:
            raise InputError(f"[circumbinary] {low} is {values[low]:g} and {high} {values[high]:g}; expected the first to be the smaller one.")
    for name in ("axis_times", "eccentricity_times"):
        if len(set(values[name])) != len(values[name]):
            raise InputError(f"[circumbinary] {name} has a value twice; expected different times.")
