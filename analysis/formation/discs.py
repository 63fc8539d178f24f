"""Gas discs of the two formation models: temperature, aspect ratio, surface density; pure functions for kernels.

Units au, Msun, yr, K. Temperatures of the accreting disc: Ida, Guillot & Morbidelli (2016, A&A 591, A72), equations 7 and 8.
"""

import math

from numba import njit

from analysis.constants import AU_M, MSUN_KG, YEAR_S, G

__all__ = ["GCM2", "SOUND_1K", "accretion_rate", "angular_velocity", "aspect_ratio", "crida", "steady_density", "temperatures", "viscous_time"]

MEAN_WEIGHT = 2.34  # molecules of gas in proton masses
SOUND_1K = math.sqrt(1.380_649e-23 / (MEAN_WEIGHT * 1.672_621_92e-27)) * YEAR_S / AU_M  # au/yr, isothermal sound speed at 1 K
GCM2 = 10.0 * AU_M**2 / MSUN_KG  # Msun au^-2 in one g cm^-2


@njit(inline="always")
def angular_velocity(host, axis):
    """Keplerian Omega in rad/yr at `axis` > 0 (au) from `host` > 0 (Msun)."""
    return math.sqrt(G * host / (axis * axis * axis))


@njit(inline="always")
def aspect_ratio(temperature, omega, axis):
    """h = c_s/(Omega a) of an isothermal column, without unit; `temperature` > 0 in K, `omega` > 0 in rad/yr, `axis` > 0 in au."""
    return SOUND_1K * math.sqrt(temperature) / (omega * axis)


@njit(inline="always")
def temperatures(host, luminosity, rate, alpha, axis):
    """(viscous, irradiated) temperature in K; host in Msun, luminosity in Lsun, rate in Msun/yr, axis in au, alpha without unit, all above 0."""
    viscous = 200.0 * host**0.3 * (alpha / 1e-3) ** -0.2 * (rate / 1e-8) ** 0.4 * axis**-0.9
    return viscous, 150.0 * luminosity ** (2.0 / 7.0) * host ** (-1.0 / 7.0) * axis ** (-3.0 / 7.0)


@njit(inline="always")
def steady_density(rate, alpha, h, omega, axis):
    """Sigma of a steady disc, rate / (3 pi nu) with nu = alpha h^2 a^2 Omega; Msun au^-2.

    rate >= 0 in Msun/yr, omega in rad/yr, axis in au, alpha and h without unit, these four above 0.
    """
    return rate / (3.0 * math.pi * alpha * h * h * axis * axis * omega)


@njit(inline="always")
def viscous_time(alpha, h, omega):
    """R^2/(3 nu) = 1/(3 alpha h^2 Omega) at the radius where h (without unit) and omega (rad/yr) are taken, yr; all arguments above 0."""
    return 1.0 / (3.0 * alpha * h * h * omega)


@njit(inline="always")
def accretion_rate(first, time, viscous):
    """Rate of a viscously spreading disc with nu ~ R (Lynden-Bell & Pringle 1974; Hartmann et al. 1998, ApJ 495, 385): first (1 + t/t_nu)^(-3/2).

    In the unit of `first` (Msun/yr), the rate at `time` 0; time >= 0 and viscous > 0 in yr.
    """
    return first * (1.0 + time / viscous) ** -1.5


@njit(inline="always")
def crida(mass_ratio, h, alpha):
    """(3/4) h (q/3)^(-1/3) + 50 alpha h^2/q, without unit as are its arguments, all above 0.

    A gap opens where this is at most one (Crida, Morbidelli & Masset 2006, Icarus 181, 587).
    """
    return 0.75 * h * (mass_ratio / 3.0) ** (-1.0 / 3.0) + 50.0 * alpha * h * h / mass_ratio
