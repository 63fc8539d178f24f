"""What each detection method can see: probability of detection in (log10 mass ratio, log10 semi-major axis).

Every curve is a stated signal over a stated threshold with a logistic edge, averaged over hosts observed with that
method, so the result is conditional on hosts. Only its shape matters; rates are never used. Minimum
masses and projected separations are taken as the catalogue gives them: the signal of radial velocities fixes
m sin i, that of lensing and imaging the projected separation, so in the plane of the figure both enter unchanged.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.config import DetectionConfig
from analysis.constants import AU_M, MEARTH_MSUN, MJUP_MSUN, REARTH_AU, RSUN_AU, YEAR_DAYS, YEAR_S, G

__all__ = [
    "METHODS", "Hosts", "Window", "astrometric_signature", "companion_radius", "detectability", "einstein_radius", "host_radius", "hosts_of", "semi_amplitude",
    "transit_snr",
]

METHODS = ("Radial Velocity", "Transit", "Microlensing", "Imaging", "Astrometry")
ARCHIVE_ONLY = ("Microlensing", "Imaging")
# Chen & Kipping (2017), table 1: mass above which each class begins (Earth masses) and its slope of log R against log M.
_EDGES = (2.04, 0.414 / (MEARTH_MSUN / MJUP_MSUN), 0.0800 / MEARTH_MSUN)
_SLOPES = (0.2790, 0.589, -0.044, 0.881)
_ROCKY = 1.008  # Earth radii at one Earth mass
KAPPA = 8.144  # mas per Msun: 4 G / (c^2 au), Gould (2000)


@dataclass(frozen=True)
class Hosts:
    """Hosts of one method, one entry per host: mass (Msun), radius (Rsun), distance (pc), all (h,)."""

    mass: np.ndarray
    radius: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Window:
    """A group of hosts of one method with one sensitivity: their names, in the order of `hosts`."""

    method: str
    names: tuple[str, ...]
    hosts: Hosts


def semi_amplitude(mass_ratio: np.ndarray, axis: np.ndarray, host_mass: np.ndarray) -> np.ndarray:
    """Velocity amplitude K (m/s) of the host on a circular orbit seen edge-on: q / (1 + q) of the orbital speed (Cumming 2004).

    mass_ratio is (m sin i) / M where the inclination is unknown; axis in au, host_mass in Msun.
    """
    speed = np.sqrt(G * host_mass * (1 + mass_ratio) / axis) * AU_M / YEAR_S
    return speed * mass_ratio / (1 + mass_ratio)


def companion_radius(mass: np.ndarray) -> np.ndarray:
    """Radius (Earth radii) of a companion of `mass` (Earth masses): the mean relation of Chen & Kipping (2017, table 1)."""
    x = np.log10(np.asarray(mass, dtype=float))
    edges = np.log10(_EDGES)
    result = math.log10(_ROCKY) + _SLOPES[0] * np.minimum(x, edges[0])
    for low, high, slope in zip(edges, (*edges[1:], np.inf), _SLOPES[1:], strict=True):
        result = result + slope * np.clip(x - low, 0, high - low)
    return 10**result


def host_radius(mass: np.ndarray) -> np.ndarray:
    """Radius (Rsun) of a main-sequence host of `mass` (Msun): M = 1.055 R - 0.0240 (Schweitzer et al. 2019, eq. 6)."""
    return (np.asarray(mass, dtype=float) + 0.0240) / 1.055


def transit_snr(mass_ratio: np.ndarray, axis: np.ndarray, hosts: Hosts, noise: float, time: float) -> np.ndarray:
    """Signal to noise of all transits in `time` (d): depth over the noise of the time in transit (noise in ppm for one hour).

    Duration R P / (pi a) of a central crossing of a circular orbit (Winn 2010, eq. 14), `time` / P transits of it.
    """
    companion = companion_radius(mass_ratio * hosts.mass / MEARTH_MSUN) * REARTH_AU
    star = hosts.radius * RSUN_AU
    depth = np.minimum(companion / star, 1.0) ** 2
    hours = 24 * time * star / (np.pi * axis)  # in transit: (time / P) times the duration, the period cancels
    return depth / (1e-6 * noise) * np.sqrt(hours)


def einstein_radius(host_mass: np.ndarray, lens: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Einstein radius (au) in the lens plane: sqrt(kappa M pi_rel) D_L (Gould 2000); distances in pc, mass in Msun."""
    parallax = 1000 / np.asarray(lens, dtype=float) - 1000 / np.asarray(source, dtype=float)  # mas
    return np.sqrt(KAPPA * host_mass * parallax) * 1e-3 * lens


def astrometric_signature(mass_ratio: np.ndarray, axis: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Angular orbit of the host around the common centre (mas), a dark companion: a q / (1 + q) / d (Perryman et al. 2014, eq. 1)."""
    return 1000 * axis * mass_ratio / (1 + mass_ratio) / distance


def hosts_of(rows: pd.DataFrame, config: DetectionConfig) -> list[Window]:
    """The observed hosts in the order of METHODS, those of a method in groups of similar reach: `host_groups` of at least `group_hosts`.

    They are sorted by what sets the reach: distance, for lensing the Einstein radius, for transits the radius; by name where
    equal. Missing distances are the median of the method's hosts, or that of `usual_distances` where fewer than half have one;
    missing radii follow from the mass. Values of a host are medians of its rows.
    """
    result = []
    for method in METHODS:
        own = rows[rows["discovery_method"] == method]
        if len(own) == 0:
            continue
        table = own.groupby("host_name", sort=True)[["host_mass_msun", "host_radius_rsun", "distance_pc"]].median()
        mass, radius, distance = (table[name].to_numpy(dtype=float) for name in table.columns)
        known = np.isfinite(distance)
        usual = float(np.median(distance[known])) if 2 * known.sum() >= len(known) else config.usual_distances[METHODS.index(method)]
        hosts = Hosts(mass, np.where(np.isfinite(radius), radius, host_radius(mass)), np.where(known, distance, usual))
        reach = {"Microlensing": einstein_radius(hosts.mass, hosts.distance, _source(hosts, config)), "Transit": hosts.radius}.get(method, hosts.distance)
        groups = max(1, min(config.host_groups, len(table) // config.group_hosts))
        for part in np.array_split(np.argsort(reach, kind="stable"), groups):
            part = np.sort(part)
            names = tuple(str(name) for name in table.index[part])
            result.append(Window(method, names, Hosts(hosts.mass[part], hosts.radius[part], hosts.distance[part])))
    return result


def _edge(signal: np.ndarray, threshold: np.ndarray | float, scale: float) -> np.ndarray:
    """Logistic step in log10(signal / threshold) with `scale` in dex; one half at the threshold."""
    return 0.5 * (1 + np.tanh((np.log10(signal) - np.log10(threshold)) / (2 * scale)))


def _period(axis: np.ndarray, mass_ratio: np.ndarray, host_mass: np.ndarray) -> np.ndarray:
    """Orbital period in days (Kepler III)."""
    return 2 * np.pi * np.sqrt(axis**3 / (G * host_mass * (1 + mass_ratio))) * YEAR_DAYS


def _radial_velocity(q: np.ndarray, a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    noise = np.hypot(config.rv_jitter, config.rv_noise * hosts.distance / 10)
    signal = semi_amplitude(q, a, hosts.mass) * math.sqrt(config.rv_measurements / 2) / noise
    return _edge(signal, config.rv_snr, config.threshold_softness) * _edge(config.rv_baseline, _period(a, q, hosts.mass), config.window_softness)


def _transit(q: np.ndarray, a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    geometry = np.minimum(hosts.radius * RSUN_AU / a, 1.0)
    seen = _edge(transit_snr(q, a, hosts, config.transit_noise, config.transit_time), config.transit_snr, config.threshold_softness)
    return geometry * seen * _edge(config.transit_time / 2, _period(a, q, hosts.mass), config.window_softness)


def _source(hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    """Distance (pc) of the sources behind `hosts`."""
    return np.maximum(config.lens_source, hosts.distance + config.lens_gap)


def _microlensing(q: np.ndarray, a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    separation = np.log10(a / einstein_radius(hosts.mass, hosts.distance, _source(hosts, config)))
    inside, outside = config.lens_slopes
    return _edge(q, config.lens_mass_ratio * 10 ** np.maximum(-inside * separation, outside * separation), config.lens_softness)


def _imaging(q: np.ndarray, a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    angle = a / hosts.distance
    limit = config.imaging_mass * np.maximum(1.0, config.imaging_angle / angle) ** config.imaging_slope
    window = _edge(angle, config.imaging_inner, config.window_softness) * _edge(config.imaging_outer, angle, config.window_softness)
    return _edge(q * hosts.mass / MJUP_MSUN, limit, config.threshold_softness) * window


def _astrometry(q: np.ndarray, a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    period = _period(a, q, hosts.mass)
    shortest, longest = config.astrometry_periods
    window = _edge(period, shortest, config.window_softness) * _edge(longest, period, config.window_softness)
    return _edge(astrometric_signature(q, a, hosts.distance), config.astrometry_signature, config.threshold_softness) * window


_CURVES = {"Radial Velocity": _radial_velocity, "Transit": _transit, "Microlensing": _microlensing, "Imaging": _imaging, "Astrometry": _astrometry}


def detectability(method: str, log_q: np.ndarray, log_a: np.ndarray, hosts: Hosts, config: DetectionConfig) -> np.ndarray:
    """Probability of detection and of being listed, in [0, 1], averaged over `hosts`; log_q and log_a broadcast together.

    The catalogues list companions up to a mass: `archive_mass_limit` for lensing and imaging, whose rows are all of
    the archive, `catalogue_mass_limit` for the methods that the brown-dwarf catalogue covers too; a sharp edge.
    """
    q, a = (10 ** np.asarray(v, dtype=float)[..., None] for v in np.broadcast_arrays(log_q, log_a))
    listed = q * hosts.mass / MJUP_MSUN <= (config.archive_mass_limit if method in ARCHIVE_ONLY else config.catalogue_mass_limit)
    return (_CURVES[method](q, a, hosts, config) * listed).mean(axis=-1)
