"""Masses from motions: published Gaia orbits, orbits simulated and fitted again, the dark and the twin limit, accelerations by differences."""

import math

import astropy.constants as const
import astropy.units as u
import numpy as np
import pytest

from analysis.astrometry import photocentre_axis
from analysis.migration.gaia import photocentre
from analysis.migration.gaia.photocentre import (
    acceleration_axis,
    arm,
    astrometric_mass_function,
    au_per_yr2,
    dark_mass,
    kms_per_day,
    light_ratio,
    luminous_masses,
    relative_axis,
    spectroscopic_mass_function,
)

# Gaia DR3's parallax (mas), period (d), A, B, F, G (mas); then the mass of the star, the astrometric mass-ratio function and the mass of its dark companion
# (Msun) that El-Badry et al. (2026, arXiv:2608.06453, table 7) publish for them. The first is Gaia BH1, the fourth Gaia NS1.
PUBLISHED = [
    (2.0954515888832432, 185.7656578920495, (-0.262289119199277, 2.9291159041806485, 1.5248071482113947, 0.5343685858549198), 1.062, 2.186, 12.98),
    (9.658611468239817, 1076.2228768889636, (16.198410151962904, 9.584554376937087, -86.52770335442429, 45.59139151479529), 1.162, 4.711, 123.762),
    (4.283042921029034, 153.94723620655344, (1.7835721651071543, -3.0846289018714095, 3.6738342617816797, -1.8561286376609982), 1.149, 2.071, 12.218),
    (1.231583665886212, 736.0178501588972, (0.7293285791102675, 0.20425082549887463, 0.14816662827132707, 2.0505435629321997), 1.336, 0.958, 2.656),
    (7.98246076112326, 109.3921278129309, (-2.7674613119745284, 1.6469398065437617, 3.6318219510517977, -1.0728148982217338), 0.713, 1.545, 3.733),
    (1.3832683337826768, 922.3885089937434, (2.022610778748972, -1.0810941493558968, -0.3842113426640617, -1.490810536225682), 0.849, 0.964, 1.706),
]


@pytest.mark.parametrize(("parallax", "period", "elements", "mass", "ratio", "companion"), PUBLISHED)
def test_published_dark_companions(parallax, period, elements, mass, ratio, companion):
    function = astrometric_mass_function(photocentre_axis(elements), parallax, period / 365.25)
    assert np.cbrt(function / mass) == pytest.approx(ratio, abs=6e-4)
    assert dark_mass(function, mass) == pytest.approx(companion, rel=2e-3)  # the star's mass has three decimals


def test_mass_function_in_other_units():
    """f = 4 pi^2 a^3 / (G P^2) with astropy's constants."""
    axis, period = 0.003 * u.arcsec, 300 * u.day
    distance = (2.5 * u.mas).to(u.pc, equivalencies=u.parallax())
    size = (axis.to(u.rad).value * distance).to(u.au)
    wanted = (4 * math.pi**2 * size**3 / (const.G * period**2)).to(u.Msun).value
    assert astrometric_mass_function(3.0, 2.5, period.to(u.yr).value) == pytest.approx(wanted, rel=1e-4)


def test_dark_mass_solves_its_equation_and_has_its_limits():
    function, mass = np.meshgrid(np.geomspace(1e-12, 1e6, 40), np.geomspace(0.01, 10, 9))
    found = dark_mass(function, mass)
    np.testing.assert_allclose(found**3 / (mass + found) ** 2, function, rtol=1e-11)
    assert dark_mass(1e-15, 0.2) == pytest.approx((1e-15 * 0.04) ** (1 / 3), rel=1e-4)  # a planet: m^3 = f M^2
    assert dark_mass(1e6, 0.2) == pytest.approx(1e6 + 0.4, rel=1e-9)  # a black hole: m = f + 2M


def test_jupiter_by_its_pull_on_the_sun():
    period, e, k = 11.862, 0.0484, 0.012_47  # yr, -, km/s
    assert dark_mass(spectroscopic_mass_function(k, period, e), 1.0) == pytest.approx(9.546e-4, rel=3e-3)
    assert relative_axis(period, 1.000_954) == pytest.approx(5.203, rel=1e-3)


# -- an orbit on the sky, by rotations, and Thiele-Innes elements fitted to it


def kepler(mean, e):
    anomaly = np.array(mean, dtype=float)
    for _ in range(200):
        anomaly = mean + e * np.sin(anomaly)  # a contraction for e < 1
    return anomaly


def on_sky(axis, period, e, inclination, argument, node, times):
    """North and east of a body on an orbit of this size, in its unit."""
    anomaly = kepler(2 * np.pi * times / period, e)
    plane = axis * np.array([np.cos(anomaly) - e, math.sqrt(1 - e * e) * np.sin(anomaly), np.zeros_like(anomaly)])

    def turn(angle, first, second):
        matrix = np.eye(3)
        matrix[first, first] = matrix[second, second] = math.cos(angle)
        matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
        return matrix

    return (turn(node, 0, 1) @ turn(inclination, 1, 2) @ turn(argument, 0, 1) @ plane)[:2]


def fitted_elements(north, east, period, e, times):
    anomaly = kepler(2 * np.pi * times / period, e)
    design = np.column_stack([np.cos(anomaly) - e, math.sqrt(1 - e * e) * np.sin(anomaly)])
    (a, f), (b, g) = np.linalg.lstsq(design, north, rcond=None)[0], np.linalg.lstsq(design, east, rcond=None)[0]
    return np.array([a, b, f, g])


@pytest.mark.parametrize("angles", [(0.3, 1.0, 2.0), (1.5, 4.0, 5.5), (2.6, 0.1, 3.0), (math.pi / 2, 2.0, 0.5)])
@pytest.mark.parametrize(("companion", "light"), [(0.05, 0.0), (0.3, 0.0), (0.1, 0.2)])
def test_simulated_binary_is_recovered(angles, companion, light):
    mass, period, e, parallax = 0.15, 1.7, 0.35, 40.0
    relative = relative_axis(period, mass + companion)
    star = relative * companion / (mass + companion)
    centre = star - relative * light / (1 + light)  # of light, about the centre of mass
    times = np.linspace(0, 2.8, 60)
    north, east = on_sky(centre * parallax, period, e, *angles, times)
    size = photocentre_axis(fitted_elements(north, east, period, e, times))
    assert size == pytest.approx(abs(centre) * parallax, rel=1e-9)
    function = astrometric_mass_function(size, parallax, period)
    assert function == pytest.approx((mass + companion) * arm(companion, mass, light) ** 3, rel=1e-6)
    if light == 0:
        assert dark_mass(function, mass) == pytest.approx(companion, rel=1e-6)
    else:
        assert dark_mass(function, mass) < companion  # light hides mass


# -- companions that shine


def test_light_follows_the_dwarf_sequence():
    assert light_ratio(0.2, 0.2) == 1 and light_ratio(0.02, 0.2) < 1e-4
    assert (np.diff(light_ratio(np.geomspace(0.02, 0.5, 50), 0.3)) > 0).all()
    # 0.155 and 0.24 Msun have absolute G of 12.45 and 11.21 mag (Pecaut & Mamajek 2013)
    assert light_ratio(0.155, 0.24) == pytest.approx(10 ** (-0.4 * 1.24))


def test_the_centre_of_light_of_twins_stands_still():
    assert arm(0.15, 0.15, 1.0) == 0
    assert arm(0.15, 0.15, 0.0) == 0.5


@pytest.mark.parametrize("mass", [0.1, 0.15, 0.2, 0.5])
def test_extreme_luminous_companions_enclose_the_true_one(mass):
    """The two ends give the same motion as the companion between them; a faint one and a near twin are ends themselves."""
    for share in (0.1, 0.3, 0.45, 0.75, 0.9, 0.99):
        companion = np.array([share * mass])
        function = (mass + companion) * arm(companion, mass, light_ratio(companion, mass)) ** 3
        roots = luminous_masses(function, np.array([mass]))
        assert roots[0][0] * (1 - 1e-6) <= companion[0] <= roots[1][0] * (1 + 1e-6)
        assert 0.1 < share < 0.9 or min(abs(root[0] / companion[0] - 1) for root in roots) < 1e-6
        for root in roots:
            assert (mass + root) * arm(root, mass, light_ratio(root, mass)) ** 3 == pytest.approx(function, rel=1e-5)
        assert dark_mass(function, mass)[0] <= roots[0][0] * (1 + 1e-9) <= roots[1][0] * (1 + 1e-9) <= mass * (1 + 1e-9)


def test_small_motions_are_planets_or_twins_and_large_ones_are_dark():
    mass = np.full(3, 0.15)
    function = np.array([1e-9, 1e-8, 0.2])
    faint, bright = luminous_masses(function, mass)
    np.testing.assert_allclose(faint[:2], dark_mass(function[:2], mass[:2]), rtol=1e-3)
    # near the twin x = m/M: the arm is (x - 1)/4 - (ln 10/10) dG/dlnM ... / 4, linear in 1 - x, so 1 - x goes as the cube root of f
    assert (1 - bright[1] / 0.15) / (1 - bright[0] / 0.15) == pytest.approx(10 ** (1 / 3), rel=0.01)
    assert np.isnan([faint[2], bright[2]]).all()
    assert np.isnan(luminous_masses(np.array([np.nan]), np.array([0.15]))).all()


# -- accelerations


def test_acceleration_of_a_simulated_star():
    """Second differences of the star's place on the sky give the companion's mass at the right axis, seen face on or with the projection known."""
    mass, companion, axis, parallax = 0.15, 0.08, 12.0, 50.0
    period = math.sqrt(axis**3 / (mass + companion))
    star = axis * companion / (mass + companion) * parallax
    times = np.array([-0.05, 0.0, 0.05])
    for inclination, phase in ((0.0, 0.0), (1.2, 0.7)):
        places = np.array(on_sky(star, period, 0.0, inclination, phase, 0.4, times))
        pull_mas = np.linalg.norm((places[:, 0] - 2 * places[:, 1] + places[:, 2]) / 0.05**2)
        share = np.linalg.norm(places[:, 1]) / star  # of the separation that is seen
        pull = au_per_yr2(pull_mas, parallax) / (photocentre.G * share)
        assert pull * axis**2 == pytest.approx(companion, rel=1e-3)
        # at the period of the orbit the axis and the mass are those of the orbit
        assert acceleration_axis(pull, mass, period) == pytest.approx(axis, rel=1e-3)


def test_axis_of_an_acceleration_obeys_kepler():
    pull, mass, period = np.meshgrid(np.geomspace(1e-8, 1e3, 30), [0.05, 0.2, 1.0], [1.0, 2.83, 10.0])
    axis = acceleration_axis(pull, mass, period)
    np.testing.assert_allclose(relative_axis(period, mass + pull * axis**2), axis, rtol=1e-10)


def test_slope_of_the_velocity_in_other_units():
    wanted = (0.003 * u.km / u.s / u.day).to(u.au / u.yr**2).value
    assert kms_per_day(0.003) == pytest.approx(wanted, rel=1e-9)
