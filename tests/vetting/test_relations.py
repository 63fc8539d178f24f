"""Closed forms of the vetting against geometry, limits, integrations of light and published numbers."""

import math

import numpy as np
import pytest
from astropy import constants, units

from analysis.constants import DAY_S, RJUP_AU, RSUN_AU, YEAR_S
from analysis.vetting import relations as r

EARTH_PERIOD = 1.0  # yr


def test_the_suns_density_is_found_from_the_orbit_of_the_earth():
    sun = (1 * units.Msun / (4 / 3 * np.pi * units.Rsun**3)).to_value("g cm-3")
    scaled = (1 * units.au).to_value("Rsun")
    assert r.density_from_scaled_axis(EARTH_PERIOD, scaled) * r.DENSITY_CGS == pytest.approx(sun, rel=1e-3)
    assert r.mean_density(1.0, RSUN_AU) * r.DENSITY_CGS == pytest.approx(sun, rel=1e-4)


def test_scaled_axis_and_density_are_inverse_and_agree_with_keplers_law():
    host, radius, period = 0.2, 0.22 * RSUN_AU, 3.0 * DAY_S / YEAR_S
    scaled = r.scaled_axis_from_density(period, r.mean_density(host, radius))
    assert scaled == pytest.approx(r.kepler_axis(period, host) / radius, rel=1e-12)
    assert r.density_from_scaled_axis(period, scaled) == pytest.approx(r.mean_density(host, radius), rel=1e-12)


def test_kepler_axis_of_jupiter():
    assert r.kepler_axis(11.862, 1 + 1 / 1047.35) == pytest.approx(5.2034, rel=2e-4)


def test_ellipsoidal_factor_without_darkening_is_the_tide_of_a_uniform_disc():
    # The light of a uniformly bright star follows its projected area. A static tide raises the surface by zeta P2(cos psi), zeta = q (R/a)^3 R,
    # so the projected area varies by the quadrature below; 0.15 * 15 / 3 = 3/4 of q (R/a)^3.
    q, scaled = 1e-3, 10.0
    height = q / scaled**3
    areas = []
    for phase in (0.0, np.pi / 2):  # tidal axis along, and across, the line of sight
        axes = np.array([1 + height, 1 - height / 2, 1 - height / 2])  # the quadrupole as an ellipsoid, to first order
        along = axes[0] if phase else axes[1]
        areas.append(np.pi * along * axes[2])
    mean, swing = np.mean(areas), (areas[1] - areas[0]) / 2
    assert r.ellipsoidal_factor(0.0, 0.0) == pytest.approx(swing / mean / height, rel=1e-3)
    assert r.ellipsoidal_factor(0.6, 0.4) == pytest.approx(0.15 * 15.6 * 1.4 / 2.4)


def test_mass_ratio_limit_is_where_the_amplitude_of_the_widened_orbit_meets_the_limit():
    factor, light, sin_i = 1.3, 8.0, 0.9
    for limit in (1e-6, 1e-4, 1e-3):
        q = float(r.mass_ratio_limit(limit, factor, light, sin_i))
        assert r.ellipsoidal_amplitude(factor, q, light * (1 + q) ** (1 / 3), sin_i) == pytest.approx(limit, rel=1e-12)
    assert np.isnan(r.mass_ratio_limit(math.nan, factor, light, sin_i)) and np.isnan(r.mass_ratio_limit(1e-4, factor, math.nan, sin_i))
    assert np.isinf(r.mass_ratio_limit(factor * sin_i**2 / light**3 * 1.001, factor, light, sin_i))
    assert np.isfinite(r.mass_ratio_limit(factor * sin_i**2 / light**3 * 0.999, factor, light, sin_i))


def test_beaming_of_a_hot_jupiter_is_the_published_coefficient():
    # Faigler & Mazeh (2011), equation 1: 2.7 alpha_beam ppm for one Jupiter at one day around the Sun.
    axis = r.kepler_axis(DAY_S / YEAR_S, 1.0)
    velocity = r.velocity_amplitude(1.0, 1 / 1047.35, axis, 0.0, 1.0)
    assert r.beaming_amplitude(1.0, velocity) * 1e6 == pytest.approx(2.7, rel=0.01)
    kms = (velocity * units.au / units.yr).to_value("m/s")
    assert kms == pytest.approx(203, rel=0.01)  # 28.4 m/s (P/yr)^(-1/3)


def test_reflection_is_that_of_a_lambert_sphere():
    # A white Lambert sphere has the geometric albedo 2/3. Light towards the star's direction: cosine of incidence times that of emergence over pi.
    cosines, weights = np.polynomial.legendre.leggauss(20)
    half = (cosines + 1) / 2
    full = 2 * np.pi * np.sum(weights / 2 * half * half) / np.pi  # per (R_p/a)^2, seen and lit from one side
    assert r.reflection_amplitude(2 / 3, 0.01, 1.0, 1.0) == pytest.approx(full * 1e-4 / 2, rel=1e-12)
    axis = r.kepler_axis(DAY_S / YEAR_S, 1.0)
    # 57 ppm for one Jupiter radius at one day around the Sun and an albedo of 0.1 (Faigler & Mazeh 2011), as A_g (R_p/a)^2.
    assert 2 * r.reflection_amplitude(0.1, RJUP_AU, axis, 1.0) * 1e6 == pytest.approx(57, rel=0.06)


def test_beaming_factor_is_the_logarithmic_slope_of_the_black_body():
    temperature, wavelength, step = 3000.0, 7.865e-7, 1e-6

    def photons(nu: float) -> float:
        return nu**2 / math.expm1((constants.h * nu * units.Hz / (constants.k_B * temperature * units.K)).to_value(""))

    nu = constants.c.value / wavelength
    # Photon flux at a fixed observed frequency changes with velocity as (3 - alpha) beta with F_nu ~ nu^alpha (Loeb & Gaudi 2003); 4 alpha_beam stands for it.
    slope = (math.log(photons(nu * (1 + step)) * (1 + step)) - math.log(photons(nu * (1 - step)) * (1 - step))) / (2 * step)
    assert 4 * r.beaming_factor(wavelength, temperature) == pytest.approx(3 - slope, rel=1e-5)
    assert r.beaming_factor(1.0, temperature) == pytest.approx(0.25, rel=1e-4)  # long wavelengths: x/(4 x)


def test_roche_lobe_has_the_volume_of_the_critical_potential():
    # The volume inside the critical potential by quadrature over directions; equal masses and a planet.
    from scipy.optimize import brentq

    for q in (1.0, 1e-3):  # the lobe of the body of mass q at the origin, the other (mass 1) at x = 1

        def potential(x: float, y: float, z: float, q: float = q) -> float:
            first, second = math.sqrt(x * x + y * y + z * z), math.sqrt((x - 1) ** 2 + y * y + z * z)
            return -q / first - 1 / second - (1 + q) / 2 * ((x - 1 / (1 + q)) ** 2 + y * y)

        def gradient(x: float, q: float = q) -> float:
            return q / x**2 - 1 / (1 - x) ** 2 - (1 + q) * (x - 1 / (1 + q))

        inner = brentq(gradient, 1e-3, 1 - 1e-3)
        critical = potential(inner, 0, 0)
        volume, n = 0.0, 40
        cosines, weights = np.polynomial.legendre.leggauss(n)
        for cosine, weight in zip(cosines, weights, strict=True):  # polar axis along x
            for azimuth in (np.arange(n) + 0.5) * 2 * np.pi / n:
                sine = math.sqrt(1 - cosine**2)
                x, y, z = cosine, sine * math.cos(azimuth), sine * math.sin(azimuth)
                radius = brentq(lambda s: potential(s * x, s * y, s * z) - critical, 1e-6, inner * (1 if cosine > 0.999 else 1.0000001))  # noqa: B023
                volume += weight * radius**3 / 3 * 2 * np.pi / n
        assert r.roche_lobe(q) == pytest.approx((3 * volume / (4 * np.pi)) ** (1 / 3), rel=0.015)


def test_roche_radius_of_the_earth_and_the_moon():
    # 2.44 R_moon (M_earth/M_moon)^(1/3): about 18 400 km for a fluid moon.
    earth, moon, radius = 1.0, 0.0123, 1737.4
    assert r.roche_radius(radius, earth, moon) == pytest.approx(18_370, rel=0.01)


def test_hill_radius_of_the_earth():
    assert r.hill_radius(1.0, 3.003e-6, 1.0, 0.0167) == pytest.approx(0.00984, rel=0.01)


def test_mutual_hill_separation_is_gladmans_and_symmetric_in_the_masses():
    host, masses = 1.0, (1e-5, 3e-5)
    delta = r.mutual_hill_separation(host, *masses, 1.0, 1.0 + 2.4 * sum(masses) ** (1 / 3))
    # Gladman (1993): 2.40 (mu_1 + mu_2)^(1/3) in units of a_1 is 2 sqrt 3 mutual Hill radii, to first order in mu^(1/3).
    assert delta == pytest.approx(r.GLADMAN, rel=0.05)
    assert r.mutual_hill_separation(host, *masses[::-1], 1.0, 1.1) == pytest.approx(r.mutual_hill_separation(host, *masses, 1.0, 1.1))


def test_depths_of_odd_and_even_transits():
    assert r.odd_even_sigma(1000.0, 30.0, 1100.0, 40.0) == pytest.approx(2.0)
