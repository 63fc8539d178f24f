"""The level-0 criterion: units, limits, published values, and thresholds against the formulas they replace."""

import math

import astropy.constants as const
import astropy.units as u
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from analysis.constants import MJUP_MSUN
from analysis.migration.kozai import criterion

CASE_A = {"host_mass": 0.08, "companion_mass": 0.3 * MJUP_MSUN, "inner_axis": 1.0, "outer_mass": 0.5, "outer_axis": 50.0, "outer_eccentricity": 0.3}
MASS, AXIS = st.floats(1e-3, 10.0), st.floats(1e-2, 1e4)


def test_time_in_other_units():
    m, mc, mo = 0.207 * u.Msun, 0.168 * MJUP_MSUN * u.Msun, 0.3 * u.Msun
    inner = (2 * np.pi * np.sqrt((1 * u.au) ** 3 / (const.GM_sun / u.Msun * (m + mc)))).to(u.s)
    outer = (2 * np.pi * np.sqrt((100 * u.au) ** 3 / (const.GM_sun / u.Msun * (m + mc + mo)))).to(u.s)
    expected = ((m + mc) / mo * outer**2 / inner * (1 - 0.4**2) ** 1.5).to_value(u.yr)
    assert criterion.kozai_time(0.207, 0.168 * MJUP_MSUN, 1.0, 0.3, 100.0, 0.4) == pytest.approx(expected, rel=1e-9)


def test_corrected_time_of_the_yardstick_case():
    # t_k = (m12/m3)(a2/a)^3 (1-e2^2)^(3/2) / n = 9786.9 yr for this system; the corrected form is 16/15 of it.
    assert criterion.kozai_time_corrected(**CASE_A) == pytest.approx(16 / 15 * 9786.9, rel=2e-5)


@pytest.mark.parametrize(("host", "companion", "low", "high"), [(0.207, 0.168, 1.01, 5.62), (0.08, 0.30, 0.44, 5.24)])
def test_specified_over_corrected(host, companion, low, high):
    def ratio(outer):
        arguments = (host, companion * MJUP_MSUN, 1.0, outer, 100.0)
        return criterion.kozai_time(*arguments) / criterion.kozai_time_corrected(*arguments)

    assert ratio(1.0) == pytest.approx(low, abs=0.006)
    assert ratio(0.01) == pytest.approx(high, abs=0.006)
    assert ratio(1e-9) == pytest.approx(15 * math.pi / 8, rel=1e-6)


@pytest.mark.parametrize("inclination", [45.0, 60.0, 75.0, 85.0])
def test_maximum_eccentricity_of_an_integrated_cycle(inclination):
    # Test-particle quadrupole equations (Innanen et al. 1997) with time in units of t_k.
    def rates(_, state):
        e, i, w = state
        root = math.sqrt(1 - e * e)
        return (
            15 / 8 * e * root * math.sin(2 * w) * math.sin(i) ** 2,
            -15 / 16 * e * e / root * math.sin(2 * w) * math.sin(2 * i),
            0.75 / root * (2 * (1 - e * e) + 5 * math.sin(w) ** 2 * (e * e - math.sin(i) ** 2)),
        )

    start = (1e-3, math.radians(inclination), math.pi / 4)
    turn = lambda _, state: math.sin(2 * state[2])
    solution = solve_ivp(rates, (0, 60), start, rtol=1e-10, atol=1e-12, events=turn)
    e, i = solution.y[0], solution.y[1]
    assert np.ptp(np.sqrt(1 - e**2) * np.cos(i)) < 1e-7  # the conserved component of the angular momentum
    highest = solution.y_events[0][:, 0].max()
    assert highest == pytest.approx(float(criterion.maximum_eccentricity(math.cos(math.radians(inclination)))), abs=2e-5)


def test_no_cycle_below_the_critical_inclination():
    assert criterion.maximum_eccentricity(math.sqrt(0.6) + 1e-12) == 0.0
    assert criterion.maximum_eccentricity(0.0) == 1.0


@given(periapsis=st.floats(1e-4, 0.99))
@settings(max_examples=25, deadline=None)
def test_periapsis_probability_is_the_integral_over_inclination(periapsis):
    def reached(cosine):
        return float(1 - criterion.maximum_eccentricity(cosine) <= periapsis)

    edge = math.sqrt(0.6 * (1 - (1 - periapsis) ** 2))
    numeric = quad(reached, 0, 1, points=[edge], epsabs=1e-9)[0]
    assert float(criterion.periapsis_probability(periapsis, 1.0)) == pytest.approx(numeric, abs=1e-6)


def test_probabilities_at_their_ends():
    assert float(criterion.periapsis_probability(2.0, 1.0)) == 1.0
    assert float(criterion.periapsis_probability(0.0, 1.0)) == 0.0
    assert float(criterion.time_probability(0.5, 1.0, 0.9)) == 1.0
    assert float(criterion.time_probability(1e9, 1.0, 0.9)) == 0.0


@given(share=st.floats(1e-9, 1e-5))
def test_deep_periapsis_scales_as_a_square_root(share):
    assert float(criterion.periapsis_probability(share, 1.0)) == pytest.approx(math.sqrt(1.2 * share), rel=1e-5)


@settings(deadline=None)
@given(circular=st.floats(1.0, 12.0), limit=st.floats(0.1, 0.99))
def test_time_probability_against_a_fine_grid(circular, limit):
    e = (np.arange(200_000) + 0.5) / 200_000 * limit
    assert float(criterion.time_probability(circular, 1.0, limit)) == pytest.approx(np.mean(circular * (1 - e**2) ** 1.5 <= 1.0), abs=1e-5)


@settings(deadline=None)
@given(host=MASS, outer=MASS, inner_axis=st.floats(0.05, 30.0), ratio=st.floats(2.0, 1e4), time=st.floats(1e3, 1e11), limit=st.floats(0.05, 0.99))
def test_threshold_separates_the_draws(host, outer, inner_axis, ratio, time, limit):
    axis = inner_axis * ratio
    status, threshold = criterion.outer_threshold(host, 1e-4, inner_axis, outer, axis, time, limit)
    assert status == criterion.OK

    def draw(k):
        return float(criterion.kozai_time(host, 1e-4, inner_axis, outer, axis, limit * (int(k) + 0.5) / 2**32)) / time

    if threshold < criterion.NEVER:
        assert draw(threshold) <= 1 + 1e-9
    if threshold > 0:
        assert draw(int(threshold) - 1) >= 1 - 1e-9


@settings(deadline=None)
@given(share=st.floats(1e-6, 3.0), axis=AXIS)
def test_inclination_threshold_separates_the_draws(share, axis):
    status, threshold = criterion.inclination_threshold(share * axis, axis)
    assert status == criterion.OK

    def periapsis(k):
        return axis * (1 - float(criterion.maximum_eccentricity((int(k) + 0.5) / 2**32)))

    if threshold > 0:
        assert periapsis(int(threshold) - 1) <= share * axis * (1 + 1e-9) + 1e-12 * axis
    if threshold < 2**32:
        assert periapsis(threshold) >= share * axis * (1 - 1e-9) - 1e-12 * axis


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"host_mass": -1.0}, criterion.BAD_SYSTEM),
        ({"companion_mass": math.nan}, criterion.BAD_SYSTEM),
        ({"inner_axis": 0.0}, criterion.BAD_SYSTEM),
        ({"outer_mass": 0.0}, criterion.BAD_PERTURBER),
        ({"outer_axis": math.inf}, criterion.BAD_PERTURBER),
        ({"time_limit": math.nan}, criterion.BAD_LIMIT),
        ({"eccentricity_limit": 1.0}, criterion.BAD_LIMIT),
    ],
)
def test_bad_input_has_a_status_and_is_never_reached(changed, status):
    good = {
        "host_mass": 0.2,
        "companion_mass": 1e-4,
        "inner_axis": 1.0,
        "outer_mass": 0.5,
        "outer_axis": 100.0,
        "time_limit": 1e9,
        "eccentricity_limit": 0.9,
    }
    assert criterion.outer_threshold(*good.values())[0] == criterion.OK
    found, threshold = criterion.outer_threshold(*{**good, **changed}.values())
    assert found == status and threshold == criterion.NEVER
    assert status in criterion.STATUS_TEXT


@pytest.mark.parametrize("periapsis", [0.0, -1.0, math.nan, math.inf])
def test_bad_periapsis_has_a_status(periapsis):
    assert criterion.inclination_threshold(periapsis, 1.0) == (criterion.BAD_LIMIT, 0)


@settings(deadline=None)
@given(outer=MASS, axis=AXIS, factor=st.floats(1.01, 10.0))
def test_heavier_and_closer_perturbers_are_faster(outer, axis, factor):
    time = criterion.kozai_time(0.2, 1e-4, 1.0, outer, axis)
    assert criterion.kozai_time(0.2, 1e-4, 1.0, outer * factor, axis) < time
    assert criterion.kozai_time(0.2, 1e-4, 1.0, outer, axis * factor) == pytest.approx(time * factor**3)
    assert criterion.kozai_time(0.2, 1e-4, factor, outer, axis) == pytest.approx(time * factor**-1.5)
