"""One fragment of an unstable disc: it accretes what its Hill sphere catches or what its envelope can cool, and migrates until the gas is gone.

The model that Cui et al. (2026) describe in their supplement, after Nayakshin et al. (2019) and Humphries et al. (2019). Units au, Msun, yr.
"""

import math

import numpy as np
from numba import njit, prange

from analysis.constants import MJUP_MSUN
from analysis.formation.discs import angular_velocity, aspect_ratio, crida, viscous_time

__all__ = ["COLUMNS", "END", "INNER_EDGE", "STEP_LIMIT", "disc_density", "evolve", "rates", "temperature", "toomre"]

COLUMNS = (
    "host_mass", "metallicity", "disc_mass", "disc_radius", "dispersal_time", "alpha", "temperature_100au", "birth_axis", "birth_mass", "cooling_time",
    "cooling_mass_slope", "cooling_metal_slope", "inner_edge",
)
END, INNER_EDGE, STEP_LIMIT = 0, 1, 2
COOLING_MASS = 5.0 * MJUP_MSUN  # mass at which the envelope of a fragment of solar metallicity cools in `cooling_time`
SPENT = 1e-4  # share of the first disc below which nothing more happens
LARGEST_CHANGE = 0.1
MOST_STEPS = 20_000
TANAKA = 2.7 + 1.1  # a/|da/dt| = h^2 (M_star/M)(M_star/(Sigma a^2))/(2.7 + 1.1 p)/Omega for Sigma ~ a^-1 (Tanaka, Takeuchi & Ward 2002)


@njit(inline="always")
def disc_density(disc_mass, disc_radius, axis):
    """Sigma of M_d/(2 pi R_d a) within R_d, with the exponential edge that keeps the gas there; Msun au^-2."""
    return disc_mass / (2.0 * math.pi * disc_radius * axis) * math.exp(-max(0.0, axis / disc_radius - 1.0))


@njit(inline="always")
def temperature(at_100au, axis):
    """T = T_100 (a/100 au)^(-1/2) in the unit of `at_100au` (K, above 0); axis > 0 in au."""
    return at_100au / math.sqrt(0.01 * axis)


def toomre(host, density, h, axis):
    """Q = c_s Omega/(pi G Sigma) = h M_star/(pi Sigma a^2), without unit; host > 0 in Msun, density > 0 in Msun au^-2, h = c_s/(Omega a), axis > 0 in au."""
    return h * host / (math.pi * density * axis**2)


@njit(inline="always")
def rates(mass, axis, gas, p):
    """(dM/dt, dlna/dt, loss of the disc other than to the fragment) in Msun/yr, 1/yr, Msun/yr."""
    host, alpha = p[0], p[5]
    omega = angular_velocity(host, axis)
    h = aspect_ratio(temperature(p[6], axis), omega, axis)
    density = disc_density(gas, p[3], axis)
    q = mass / host
    hill = axis * (q / 3.0) ** (1.0 / 3.0)
    cooling = p[9] * (mass / COOLING_MASS) ** -p[10] * 10.0 ** (p[11] * p[1])
    gain = min(density * omega * hill * hill, mass / cooling)
    if crida(q, h, alpha) <= 1.0:
        drift = -alpha * h * h * omega / (1.0 + mass / (4.0 * math.pi * density * axis * axis))
    else:
        drift = -TANAKA * q * density * axis * axis / host * omega / (h * h)
    edge = angular_velocity(host, p[3])
    spread = viscous_time(alpha, aspect_ratio(temperature(p[6], p[3]), edge, p[3]), edge)
    return gain, drift, gas / p[4] + gas / spread


@njit
def _follow(p):
    mass, axis, gas, least = p[8], p[7], p[2], SPENT * p[2]
    smallest = p[12]
    for _ in range(MOST_STEPS):
        if gas <= least:
            return mass, axis, INNER_EDGE if axis <= smallest else END
        gain, drift, loss = rates(mass, axis, gas, p)
        if axis <= smallest:
            drift = 0.0
        step = LARGEST_CHANGE * min(mass / max(gain, 1e-30), 1.0 / max(-drift, 1e-30), gas / (loss + gain))
        middle = max(axis * math.exp(0.5 * step * drift), smallest)
        half_gain, half_drift, half_loss = rates(mass + 0.5 * step * gain, middle, max(gas - 0.5 * step * (loss + gain), 0.5 * least), p)
        if axis <= smallest:
            half_drift = 0.0
        mass += step * half_gain
        axis = max(axis * math.exp(step * half_drift), smallest)
        gas -= step * (half_loss + half_gain)
    return mass, axis, STEP_LIMIT


@njit(parallel=True, cache=True)
def evolve(parameters):
    """Final (mass (Msun), axis (au)), each (n,), and status (n,) of the systems in `parameters` (n, len(COLUMNS))."""
    n = parameters.shape[0]
    mass, axis, status = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for i in prange(n):
        mass[i], axis[i], status[i] = _follow(parameters[i])
    return mass, axis, status
