"""One protoplanet in an accreting disc: pebbles up to the isolation mass, then gas, and migration by a torque that a gap weakens.

The model of Liu et al. (2019, A&A 632, A7), of which Cui et al. (2026) summarise the equations. Units au, Msun, yr.
"""

import math

import numpy as np
from numba import njit, prange

from analysis.constants import MEARTH_MSUN
from analysis.formation.discs import GCM2, accretion_rate, angular_velocity, aspect_ratio, steady_density, temperatures, viscous_time

__all__ = ["COLUMNS", "END", "INNER_EDGE", "STEP_LIMIT", "evolve", "isolation_mass", "pebble_efficiency", "rates"]

COLUMNS = (
    "host_mass", "metallicity", "luminosity", "first_rate", "disc_radius", "lifetime", "alpha", "turbulence", "migration_factor", "pebble_density", "opacity",
    "birth_axis", "birth_time", "birth_mass", "inner_edge",
)
END, INNER_EDGE, STEP_LIMIT = 0, 1, 2  # how a system ended: its gas was gone, it rests at the inner edge, it could not be followed
SOLAR_PEBBLES = 0.01  # pebble flux over gas flux at solar metallicity
SLOPE_VISCOUS, SLOPE_IRRADIATED = 0.6, 15.0 / 14.0  # -dlnSigma/dlna of a steady disc with T ~ a^-0.9 and a^(-3/7)
PRESSURE_VISCOUS, PRESSURE_IRRADIATED = 2.55, 39.0 / 14.0  # -dlnP/dlna of the same, at the midplane
HILL_SHARE = 0.5  # of the gas entering the Hill sphere that is kept (Liu et al. 2019)
GAP_OVER_ISOLATION = 2.3  # gap-opening over isolation mass (Johansen, Ida & Brasser 2019; Liu et al. 2019)
LARGEST_CHANGE = 0.1  # of ln M and ln a in one step
MOST_STEPS = 20_000


@njit(inline="always")
def pebble_efficiency(q, stokes, eta, h, turbulence):
    """Share of the pebble flux that a planet of mass ratio q accretes.

    In the plane: Liu & Ormel (2018, A&A 615, A138); out of it: Ormel & Liu (2018, A&A 615, A178); joined as 1/eps^2 = 1/eps_2D^2 + 1/eps_3D^2.
    """
    velocity = eta / (1.0 + 5.7 * q * stokes / (eta * eta * eta)) + 0.52 * (q * stokes) ** (1.0 / 3.0)
    flat = 0.32 * math.sqrt(q * velocity / (stokes * eta * eta))
    thick = 0.39 * q / (eta * h * math.sqrt(turbulence / (turbulence + stokes)))
    return min(1.0, 1.0 / math.sqrt(1.0 / (flat * flat) + 1.0 / (thick * thick)))


@njit(inline="always")
def isolation_mass(host, h, turbulence, pressure_slope):
    """Mass (Msun) that stops the pebbles (Bitsch et al. 2018, A&A 612, A30), scaled with the host's mass; pressure_slope is -dlnP/dlna."""
    viscous = 0.34 * (3.0 / -math.log10(turbulence)) ** 4 + 0.66
    return 25.0 * MEARTH_MSUN * host * (h / 0.05) ** 3 * viscous * (1.0 - (2.5 - pressure_slope) / 6.0)


@njit(inline="always")
def rates(mass, axis, time, p):
    """(dlnM/dt, dlna/dt, isolation mass) in 1/yr and Msun; p: parameters in the order of COLUMNS."""
    host, alpha, turbulence = p[0], p[6], p[7]
    edge = angular_velocity(host, p[4])
    spread = viscous_time(alpha, aspect_ratio(150.0 * p[2] ** (2.0 / 7.0) * host ** (-1.0 / 7.0) * p[4] ** (-3.0 / 7.0), edge, p[4]), edge)
    rate = accretion_rate(p[3], time, spread)
    warm, lit = temperatures(host, p[2], rate, alpha, axis)
    omega = angular_velocity(host, axis)
    viscous = warm > lit
    h = aspect_ratio(max(warm, lit), omega, axis)
    density = steady_density(rate, alpha, h, omega, axis)
    slope = SLOPE_VISCOUS if viscous else SLOPE_IRRADIATED
    pressure = PRESSURE_VISCOUS if viscous else PRESSURE_IRRADIATED
    q = mass / host
    isolation = isolation_mass(host, h, turbulence, pressure)
    gap = GAP_OVER_ISOLATION * isolation
    relative = mass / gap
    if mass < isolation:
        stokes = min(1.0, 0.5 * math.pi * p[9] * GCM2 / density)  # Epstein drag at the midplane
        gain = pebble_efficiency(q, stokes, 0.5 * h * h * pressure, h, turbulence) * SOLAR_PEBBLES * 10.0 ** p[1] * rate
    else:
        earths = mass / MEARTH_MSUN
        contraction = 1e-5 * MEARTH_MSUN * (0.1 * earths) ** 4 / p[10]
        hill = (q / 3.0) ** (1.0 / 3.0) / h
        capture = HILL_SHARE / (3.0 * math.pi) * hill * hill * rate / alpha / (1.0 + relative * relative)
        gain = min(contraction, capture, rate)
    smooth = 1.0 / (1.0 + relative**4)
    torque = -(1.364 + 0.541 * slope) * smooth - (1.0 - smooth) / max(relative * relative, 1e-30)
    drift = 2.0 * torque * q / (h * h) * density * axis * axis / host * omega * p[8]
    return gain / mass, drift, isolation


@njit
def _follow(p):
    mass, axis, time, end = p[13], p[11], p[12], p[5]
    smallest = p[14]
    for _ in range(MOST_STEPS):
        if time >= end:
            return mass, axis, INNER_EDGE if axis <= smallest else END
        growth, drift, isolation = rates(mass, axis, time, p)
        if axis <= smallest:
            drift = 0.0
        step = min(LARGEST_CHANGE / max(growth, 1e-30), LARGEST_CHANGE / max(-drift, 1e-30), 0.1 * (time + 1e3), end - time)
        if mass < isolation and growth > 0.0:  # the isolation mass is met, not jumped over
            step = min(step, max(math.log(isolation / mass) / growth, 1e-3 * step) * 1.0001)
        half_growth, half_drift, _ = rates(mass * math.exp(0.5 * step * growth), max(axis * math.exp(0.5 * step * drift), smallest), time + 0.5 * step, p)
        if axis <= smallest:
            half_drift = 0.0
        mass *= math.exp(step * half_growth)
        axis = max(axis * math.exp(step * half_drift), smallest)
        time += step
    return mass, axis, STEP_LIMIT


@njit(parallel=True, cache=True)
def evolve(parameters):
    """Final (mass (Msun), axis (au)), each (n,), and status (n,) of the systems in `parameters` (n, len(COLUMNS)); explicit midpoint in ln M, ln a."""
    n = parameters.shape[0]
    mass, axis, status = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for i in prange(n):
        mass[i], axis[i], status[i] = _follow(parameters[i])
    return mass, axis, status
