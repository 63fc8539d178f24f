"""From the motion of a star's centre of light, or of its lines, to the mass of what it goes around.

M is the mass of the visible star and whatever orbits it closely, m that of the unseen or blended companion, x = m/M. Units: au, Msun, yr. A companion
with phi times the star's light pulls the centre of light along: the orbit seen is that of relative size m/(M + m) - phi/(1 + phi).
Every function broadcasts.
"""

import math

import numpy as np

from analysis.constants import AU_M, DAY_S, YEAR_S, G
from analysis.migration.occurrence.companion_limits import gaia_magnitude

__all__ = [
    "acceleration_axis", "arm", "astrometric_mass_function", "au_per_yr2", "dark_mass", "kms_per_day", "light_ratio", "luminous_masses",
    "relative_axis", "spectroscopic_mass_function",
]

_NEWTON, _BISECT = 60, 60  # steps after which double precision is exhausted
_SHARES = np.geomspace(1e-4, 1.0, 769)  # companion over star, where crossings of the light-weighted arm are looked for


def astrometric_mass_function(axis_mas, parallax_mas, period_yr):
    """f = 4 pi^2 (a0/parallax)^3 / (G P^2) in Msun, which is m^3/(M + m)^2 for a dark companion."""
    return 4 * math.pi**2 / G * (np.asarray(axis_mas) / parallax_mas) ** 3 / np.asarray(period_yr) ** 2


def spectroscopic_mass_function(semi_amplitude_kms, period_yr, eccentricity):
    """f = P K^3 (1 - e^2)^(3/2) / (2 pi G) in Msun, which is (m sin i)^3/(M + m)^2; K in km/s."""
    speed = np.asarray(semi_amplitude_kms) * 1e3 * YEAR_S / AU_M
    return np.asarray(period_yr) * speed**3 * (1 - np.asarray(eccentricity) ** 2) ** 1.5 / (2 * math.pi * G)


def dark_mass(mass_function, mass):
    """m in Msun with m^3/(M + m)^2 = f, the one positive root, for f > 0 and M > 0.

    Newton's method from above, where the cubic x^3 - k (1 + x)^2, k = f/M, is convex, so every step stays above the root.
    """
    k = np.asarray(mass_function, dtype=float) / mass
    x = np.maximum(4 * k, np.cbrt(4 * k))
    for _ in range(_NEWTON):
        x = x - (x**3 - k * (1 + x) ** 2) / (3 * x**2 - 2 * k * (1 + x))
    return x * mass


def light_ratio(companion, mass):
    """Light in G of a main-sequence companion over that of a main-sequence star (masses in Msun), on the mean dwarf sequence."""
    return 10 ** (-0.4 * (gaia_magnitude(companion) - gaia_magnitude(mass)))


def arm(companion, mass, light):
    """Orbit of the centre of light about the centre of mass over the relative orbit, m/(M + m) - phi/(1 + phi); positive where the star leads."""
    return companion / (mass + np.asarray(companion)) - light / (1 + np.asarray(light))


def luminous_masses(mass_function, mass):
    """(faintest, brightest): the smallest and the largest main-sequence companion not heavier than the star, in Msun, with that mass function.

    mass_function and mass have shape (n,). There can be others between the two, where the sequence bends. The brightest is nearly the star's twin, whose light all but hides the orbit. NaN where no such
    companion moves the centre of light as much: the companion is then dark, or the heavier of the two.
    """
    k = np.cbrt(np.asarray(mass_function, dtype=float) / mass)[:, None]
    mass = np.asarray(mass, dtype=float)[:, None]

    def excess(share):
        companion = share * mass
        return np.cbrt(1 + share) * arm(companion, mass, light_ratio(companion, mass)) - k

    above = excess(_SHARES[None, :]) > 0
    any_above = above.any(axis=1)
    first = np.argmax(above, axis=1)
    last = above.shape[1] - 1 - np.argmax(above[:, ::-1], axis=1)
    ends = []
    for index, rising in ((np.maximum(first, 1) - 1, True), (np.minimum(last, above.shape[1] - 2), False)):
        low, high = _SHARES[index][:, None], _SHARES[index + 1][:, None]
        for _ in range(_BISECT):
            middle = (low + high) / 2
            right = (excess(middle) > 0) == rising  # the crossing lies to the left
            low, high = np.where(right, low, middle), np.where(right, middle, high)
        ends.append(np.where(any_above, ((low + high) / 2 * mass)[:, 0], np.nan))
    return ends[0], ends[1]


def relative_axis(period_yr, total_mass):
    """Semi-major axis of the relative orbit in au (Kepler's third law)."""
    return np.cbrt(G * np.asarray(total_mass) * np.asarray(period_yr) ** 2 / (4 * math.pi**2))


def au_per_yr2(mas_per_yr2, parallax_mas):
    """Acceleration on the sky in au/yr^2."""
    return np.asarray(mas_per_yr2) / parallax_mas


def kms_per_day(slope):
    """A slope of the radial velocity in km/s per day as au/yr^2."""
    return np.asarray(slope) * 1e3 / AU_M * YEAR_S * (YEAR_S / DAY_S)


def acceleration_axis(pull, mass, period_yr):
    """a in au of the orbit of period P whose companion of mass m = pull a^2 accelerates the star: a^3 = G P^2 (M + pull a^2) / (4 pi^2).

    `pull` = acceleration / (G times the share of it that is seen), in Msun/au^2, holds for a dark companion on a circular orbit. One positive root,
    by Newton's method from above, where the cubic is convex.
    """
    c = G * np.asarray(period_yr) ** 2 / (4 * math.pi**2)
    a = np.maximum(2 * c * np.asarray(pull), np.cbrt(2 * c * mass))
    for _ in range(_NEWTON):
        a = a - (a**3 - c * pull * a**2 - c * mass) / (3 * a**2 - 2 * c * pull * a)
    return a
