"""What the photometry and the dynamics of a close companion must look like, as closed forms; every function broadcasts.

Masses in solar masses, radii and axes in au unless a name says otherwise, periods in yr, densities in Msun/au^3 unless in g/cm^3, amplitudes as
fractions of the star's light (semi-amplitudes), inclinations as their sine.
"""

import numpy as np

from analysis.constants import AU_M, C_LIGHT, GM_SUN, MSUN_KG, YEAR_S, G

__all__ = [
    "DENSITY_CGS", "FLUID_ROCHE", "GLADMAN", "beaming_amplitude", "beaming_factor", "density_from_scaled_axis", "ellipsoidal_amplitude", "ellipsoidal_factor",
    "hill_radius", "kepler_axis", "mass_ratio_limit", "mean_density", "mutual_hill_separation", "odd_even_sigma", "radius_from_depth",
    "reflection_amplitude", "roche_lobe", "roche_radius", "scaled_axis_from_density", "velocity_amplitude",
]

DENSITY_CGS = MSUN_KG * 1e3 / (AU_M * 1e2) ** 3  # g/cm^3 in one Msun/au^3
FLUID_ROCHE = 2.44  # of a fluid body, in units of R (m_star/m)^(1/3) (Chandrasekhar 1969, Ellipsoidal Figures of Equilibrium)
GLADMAN = 2 * np.sqrt(3)  # mutual Hill radii between two planets on circular orbits that never meet (Gladman 1993, Icarus 106, 247)
PLANCK, BOLTZMANN, LIGHT = 6.626_070_15e-34, 1.380_649e-23, 299_792_458.0  # SI, exact


def radius_from_depth(depth, host_radius):
    """R_p = R_star sqrt(depth), in the unit of host_radius; no limb darkening, no dilution."""
    return host_radius * np.sqrt(depth)


def mean_density(mass, radius):
    """3 M / (4 pi R^3)."""
    return 3 * mass / (4 * np.pi * radius**3)


def density_from_scaled_axis(period, scaled_axis):
    """Density of the star that a circular orbit of `period` and a/R_star implies: 3 pi (a/R_star)^3 / (G P^2).

    Seager & Mallen-Ornelas (2003, ApJ 585, 1038), equation 9, for a companion of negligible mass.
    """
    return 3 * np.pi * scaled_axis**3 / (G * period**2)


def scaled_axis_from_density(period, density):
    """a/R_star of a light companion of a star of mean `density`: the inverse of `density_from_scaled_axis`."""
    return (G * period**2 * density / (3 * np.pi)) ** (1 / 3)


def kepler_axis(period, total_mass):
    """a = (G M P^2 / 4 pi^2)^(1/3)."""
    return (G * total_mass * period**2 / (4 * np.pi**2)) ** (1 / 3)


def ellipsoidal_factor(limb_darkening, gravity_darkening):
    """alpha = 0.15 (15 + u)(1 + g)/(3 - u) of the first harmonic of a tidally distorted star.

    Morris (1985, ApJ 295, 143) and Morris & Naftilan (1993, ApJ 419, 344), as in Faigler & Mazeh (2011, MNRAS 415, 3921), equation 2.
    """
    return 0.15 * (15 + limb_darkening) * (1 + gravity_darkening) / (3 - limb_darkening)


def ellipsoidal_amplitude(factor, mass_ratio, scaled_axis, sin_i):
    """factor q (R_star/a)^3 sin^2 i, with q = M_c/M_star and scaled_axis = a/R_star."""
    return factor * mass_ratio / scaled_axis**3 * sin_i**2


def mass_ratio_limit(limit, factor, light_scaled_axis, sin_i):
    """Largest q = M_c/M_star whose ellipsoidal amplitude stays below `limit`; infinite where none exceeds it, NaN where an input is.

    light_scaled_axis is a/R_star that the star's density gives a companion without mass. A companion's own mass widens the orbit of the same period by
    (1 + q)^(1/3), so the amplitude is factor q/(1 + q) (R_star/a)^3 sin^2 i and never exceeds its value at q -> infinity.
    """
    share = limit * light_scaled_axis**3 / (factor * sin_i**2)
    with np.errstate(divide="ignore"):
        return np.where(share >= 1, np.inf, share / np.where(share >= 1, 1, 1 - share))


def beaming_factor(wavelength_m, temperature_k):
    """alpha_beam = x e^x / (4 (e^x - 1)) with x = h c/(k T lambda) of a black body (Loeb & Gaudi 2003, ApJ 588, L117; Faigler & Mazeh 2011)."""
    x = PLANCK * LIGHT / (BOLTZMANN * temperature_k * wavelength_m)
    return x / (4 * -np.expm1(-x))


def velocity_amplitude(host_mass, companion_mass, axis, eccentricity, sin_i):
    """K of the star in au/yr: M_c sin i sqrt(G / ((M_star + M_c) a (1 - e^2)))."""
    return companion_mass * sin_i * np.sqrt(G / ((host_mass + companion_mass) * axis * (1 - eccentricity**2)))


def beaming_amplitude(factor, velocity):
    """4 alpha_beam K/c (Faigler & Mazeh 2011, equation 1), K in au/yr."""
    return 4 * factor * velocity / C_LIGHT


def reflection_amplitude(albedo, companion_radius, axis, sin_i):
    """A_g (R_p/a)^2 sin i / 2: half of what reflected light varies between the faces, from zero at the night side to A_g (R_p/a)^2 at full phase.

    A_g is the geometric albedo; Faigler & Mazeh (2011), equation 3, have the same scaling with a fitted coefficient.
    """
    return albedo * (companion_radius / axis) ** 2 * sin_i / 2


def roche_lobe(mass_ratio):
    """Radius of the Roche lobe over the separation of the body that is `mass_ratio` times the other (Eggleton 1983, ApJ 268, 368, equation 2; 1 % accurate)."""
    third = np.cbrt(mass_ratio)
    return 0.49 * third**2 / (0.6 * third**2 + np.log1p(third))


def roche_radius(companion_radius, host_mass, companion_mass):
    """Distance inside which a fluid companion is torn apart: 2.44 R_p (M_star/M_c)^(1/3)."""
    return FLUID_ROCHE * companion_radius * np.cbrt(host_mass / companion_mass)


def hill_radius(host_mass, companion_mass, axis, eccentricity):
    """a (1 - e) (M_c/(3 M_star))^(1/3)."""
    return axis * (1 - eccentricity) * np.cbrt(companion_mass / (3 * host_mass))


def mutual_hill_separation(host_mass, inner_mass, outer_mass, inner_axis, outer_axis):
    """(a_2 - a_1) over ((m_1 + m_2)/(3 M_star))^(1/3) (a_1 + a_2)/2; stable for circular orbits above 2 sqrt 3 (Gladman 1993)."""
    return 2 * (outer_axis - inner_axis) / ((inner_axis + outer_axis) * np.cbrt((inner_mass + outer_mass) / (3 * host_mass)))


def odd_even_sigma(odd, odd_error, even, even_error):
    """Difference of two transit depths over its error."""
    return np.abs(odd - even) / np.hypot(odd_error, even_error)


assert np.isclose(G * YEAR_S**-2 * AU_M**3, GM_SUN)
