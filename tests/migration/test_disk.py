"""Disc torques: units, published values, limits and conservation of the priors."""

import math
from dataclasses import replace

import astropy.constants as const
import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from analysis.config import DiskConfig
from analysis.constants import MJUP_MSUN
from analysis.errors import InputError
from analysis.migration.disk import stage as disk
from tests.migration.conftest import make_target

HOST, COMPANION = 0.207, 0.168 * MJUP_MSUN
Q = COMPANION / HOST
QUICK = DiskConfig(draws=400, axis_cells=12)


@pytest.fixture(scope="module")
def result():
    return disk.run(DiskConfig(), target=make_target())


def test_published_regimes(result):
    # SCIENCE values: q/h^3 is 22 at 1 au and 330 at 0.026 au for h = 0.033 a^(1/4); 770 yr of type I become 4.7e5 yr.
    close, one = result.summary["regime"][:2]
    assert (close["axis_au"], one["axis_au"]) == (0.02604, 1.0)
    assert one["q_over_h3"] == pytest.approx(22, abs=0.5)
    assert close["q_over_h3"] == pytest.approx(330, rel=0.015)
    first = disk.type_i_time(HOST, COMPANION, 1.0, 300 * disk.GCM2, 0.033, 1.0)
    assert first == pytest.approx(770, rel=0.04)
    assert disk.gap_time(first, disk.gap_parameter(Q, 0.033, 1e-3)) == pytest.approx(4.7e5, rel=0.05)
    assert disk.gap_time(770.0, disk.gap_parameter(Q, 0.033, 1e-3)) == pytest.approx(4.7e5, rel=0.01)


def test_type_i_in_other_units_and_from_the_torque():
    m, mc, a, sigma, h, p = HOST * u.Msun, COMPANION * u.Msun, 3 * u.au, 120 * u.g / u.cm**2, 0.04, 0.7
    omega = np.sqrt(const.GM_sun / u.Msun * m / a**3)
    ours = disk.type_i_time(HOST, COMPANION, 3.0, 120 * disk.GCM2, h, p)
    expected = (1 / (2.7 + 1.1 * p) * (m / mc) * (m / (sigma * a**2)).decompose() * h**2 / omega).to_value(u.yr)
    assert ours == pytest.approx(expected, rel=1e-4)
    # Tanaka et al. (2002): torque -(1.364 + 0.541 p)(q/h)^2 Sigma a^4 Omega^2; the axis shrinks at twice the relative rate of L = m a^2 Omega.
    torque = (1.364 + 0.541 * p) * (Q / h) ** 2 * sigma * a**4 * omega**2
    angular = (mc * a**2 * omega / torque).to_value(u.yr)
    assert ours == pytest.approx(angular / 2, rel=0.02)


def test_gap_criterion_at_its_terms():
    hill = (Q / 3) ** (1 / 3)
    assert disk.crida_parameter(Q, 4 / 3 * hill, 0.0) == pytest.approx(1.0)  # inviscid: H = (4/3) R_H
    assert disk.crida_parameter(1e-3, 1e-6, 1.0) == pytest.approx(0.75e-6 / (1e-3 / 3) ** (1 / 3) + 50e-12 / 1e-3)
    # Crida et al. (2006): a Jupiter at H/a = 0.05 opens a gap at alpha = 0.004 (Re = 1e5), and not at Re = 1e4.
    assert disk.crida_parameter(1e-3, 0.05, 1 / (1e5 * 0.05**2)) == pytest.approx(1.04, abs=0.01)
    assert disk.crida_parameter(1e-3, 0.05, 1 / (1e4 * 0.05**2)) > 1.04 + 4


@given(h=st.floats(0.01, 0.1), alpha=st.floats(1e-5, 1e-1), q=st.floats(1e-6, 1e-2))
def test_a_gap_only_slows(h, alpha, q):
    gap = disk.gap_parameter(q, h, alpha)
    assert disk.gap_time(1.0, gap) >= 1.0
    assert disk.gap_parameter(2 * q, h, alpha) == pytest.approx(4 * gap)
    assert disk.gap_time(1.0, 25.0) == pytest.approx(2.0)


@given(h=st.floats(0.005, 0.02), alpha=st.floats(1e-5, 1e-4), sigma=st.floats(1e-9, 1e-8), p=st.floats(0.0, 1.5), axis=st.floats(0.02, 0.1))
def test_deep_gap_and_heavy_companion(h, alpha, sigma, p, axis):
    """Both times scale alike there: their ratio is 0.24 pi C/h, free of density, viscosity and mass."""
    gap = disk.gap_time(disk.type_i_time(HOST, COMPANION, axis, sigma, h, p), disk.gap_parameter(Q, h, alpha))
    load = disk.inertia(COMPANION, axis, sigma)
    assert load > 1
    second = disk.type_ii_time(disk.viscous_time(HOST, axis, h, alpha), load)
    assert gap / second == pytest.approx(0.24 * math.pi / (2.7 + 1.1 * p) / h, rel=2e-3)


def test_viscous_time_against_a_steady_disc():
    # Mass flux 3 pi nu Sigma = 2 pi a v Sigma.
    nu = (1e-3 * 0.05**2 * u.au**2 * np.sqrt(const.GM_sun * HOST / (1 * u.au) ** 3)).to(u.au**2 / u.yr)
    speed = 1.5 * nu / u.au
    assert disk.viscous_time(HOST, 1.0, 0.05, 1e-3) == pytest.approx((1 * u.au / speed).to_value(u.yr), rel=1e-8)


@given(slope=st.floats(0.0, 1.9), mass=st.floats(1e-4, 0.1), outer=st.floats(5.0, 200.0))
def test_density_holds_the_disc_mass(slope, mass, outer):
    density = disk.surface_density_at_1au(mass, slope, outer)
    # Substituting a = x^(1/(2 - slope)) makes the integrand constant, so an outer annulus is enough of a check on the whole.
    inner = outer / 10
    annulus = quad(lambda a: 2 * math.pi * a * density * a**-slope, inner, outer)[0]
    assert annulus == pytest.approx(mass * (1 - 0.1 ** (2 - slope)), rel=1e-6)


def test_corotation_is_keplers_third_law():
    day = 3.37077196  # the published period and axis of TOI-6894 b
    assert disk.corotation_axis(HOST, day) == pytest.approx(0.02604, rel=2e-3)


@given(power=st.floats(-2.0, 2.0), start=st.floats(0.5, 20.0))
def test_travel_time_of_a_power_law(power, start):
    axis = np.geomspace(0.02604, start, disk.TRAVEL_STEPS)
    times = 1e5 * axis[:, None] ** power * np.ones(3)
    length = math.log(start / 0.02604)
    exact = 1e5 * 0.02604**power * (math.expm1(power * length) / power if abs(power) > 1e-9 else length)
    np.testing.assert_allclose(disk.travel_time(axis, times), exact, rtol=1e-4)


def test_travel_time_of_each_draw():
    """Type I and its gap correction are both power laws of the orbit, so a journey has a closed form."""
    config = DiskConfig(draws=50)
    discs = disk.draw_discs(config, HOST)
    axis = np.geomspace(0.02604, 5.0, disk.TRAVEL_STEPS)
    travelled = disk.travel_time(axis, disk.migration_times(HOST, COMPANION, axis, discs, config.flaring)["gap"])
    first = disk.type_i_time(HOST, COMPANION, 1.0, discs["density"], discs["aspect_ratio"], discs["slope"])
    depth = 0.04 * disk.gap_parameter(Q, discs["aspect_ratio"], discs["viscosity"])
    x = discs["slope"] - 2 + 2 * config.flaring + 1.5
    y = x - 5 * config.flaring
    exact = first * ((5.0**x - 0.02604**x) / x + depth * (5.0**y - 0.02604**y) / y)
    np.testing.assert_allclose(travelled, exact, rtol=1e-4)


def test_priors_are_what_they_say():
    config = DiskConfig(draws=20_000)
    discs = disk.draw_discs(config, HOST)
    for name, bounds in (("disk_mass_ratio", config.disk_mass_ratio), ("viscosity", config.viscosity)):  # log-flat
        share = np.log(discs[name] / bounds[0]) / np.log(bounds[1] / bounds[0])
        assert 0 <= share.min() and share.max() <= 1 and abs(share.mean() - 0.5) < 0.01
    for name, bounds in (("slope", config.density_slope), ("aspect_ratio", config.aspect_ratio_1au)):  # flat
        assert abs((discs[name] - bounds[0]).mean() / (bounds[1] - bounds[0]) - 0.5) < 0.01
    matrix = np.corrcoef([np.log(discs[name]) for name in ("disk_mass_ratio", "slope", "aspect_ratio", "viscosity", "inner_edge", "lifetime")])
    assert np.abs(matrix - np.eye(6)).max() < 0.03
    other = disk.draw_discs(replace(config, viscosity=(1e-3, 1e-2)), HOST)
    np.testing.assert_array_equal(other["aspect_ratio"], discs["aspect_ratio"])  # one prior changes one parameter


def test_bands_are_ordered_and_type_i_is_fastest(result):
    bands = result.bands
    for model in disk.MODELS:
        values = bands[[f"{model}_p{p}_yr" for p in disk.PERCENTILES]].to_numpy()
        assert (np.diff(values, axis=1) > 0).all() and (values > 0).all()
    assert (bands["gap_p50_yr"] > bands["type_i_p50_yr"]).all()
    assert bands["gap_share"].is_monotonic_decreasing and bands["companion_dominates_share"].is_monotonic_decreasing
    assert bands["gas_share"].iloc[0] < 1 and bands["gas_share"].iloc[-1] == 1


def test_times_fall_with_the_companions_mass_only_without_a_gap():
    discs = disk.draw_discs(QUICK, HOST)
    light, heavy = (disk.migration_times(HOST, m, np.array([1.0]), discs, 0.25) for m in (COMPANION, 2 * COMPANION))
    np.testing.assert_allclose(heavy["type_i"] * 2, light["type_i"])
    deep = light["gap"] > 100 * light["type_i"]
    np.testing.assert_allclose(heavy["gap"][deep] / light["gap"][deep], 2.0, rtol=0.02)  # t ~ K/q ~ q


def test_journeys(result):
    table = result.journeys.set_index(["birth_axis_au", "model"])
    assert (table["in_time_share_shortest_lifetime"] <= table["in_time_share"]).all()
    assert (table["in_time_share"] <= table["in_time_share_longest_lifetime"]).all()
    assert (table["arrives_share"] <= table["in_time_share"]).all()
    assert table.loc[(1.0, "type_i"), "in_time_share"] == 1.0
    for model in disk.MODELS:
        assert (np.diff(table.xs(model, level="model")["in_time_share"]) <= 0).all()  # further is not sooner
    edges = result.summary["inner_edge_au"]
    assert table.loc[(1.0, "type_i"), "arrives_share"] == pytest.approx(edges["share_inside_observed_orbit"])
    # Log-flat rotation periods 1-10 d, and corotation at the observed orbit is the companion's own period.
    assert edges["share_inside_observed_orbit"] == pytest.approx(math.log10(3.37), abs=0.025)


def test_deterministic_and_seeded():
    one, same, other = (disk.run(replace(QUICK, seed=seed), target=make_target()) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.bands, same.bands)
    assert one.summary == same.summary and not one.bands.equals(other.bands)


def test_a_birth_orbit_inside_the_observed_one_is_left_out():
    result = disk.run(QUICK, target=make_target(semimajor_axis_au=3.0))
    assert set(result.journeys["birth_axis_au"]) == {5.0, 10.0}
    assert disk.run(QUICK, target=make_target(semimajor_axis_au=50.0)).journeys.empty


@pytest.mark.parametrize(
    "changes",
    [
        {"viscosity": (0.0, 1e-2)},
        {"viscosity": (1e-2, 1e-3)},
        {"density_slope": (0.5, 2.0)},
        {"lifetime": (1.0,)},
        {"draws": 0},
        {"seed": -1},
        {"axis_min": 40.0},
        {"axis_cells": 1},
    ],
)
def test_impossible_priors_are_refused(changes):
    with pytest.raises(InputError, match="disk"):
        disk.run(replace(QUICK, **changes), target=make_target())
