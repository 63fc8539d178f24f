"""Level 1: each formula against an independent calculation, the kernel against plain NumPy and SciPy, and what no setting may change."""

import itertools
import math
import time
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from analysis.config import KozaiConfig, LimitingConfig, TidesConfig
from analysis.constants import C_LIGHT, MJUP_MSUN, RJUP_AU, RSUN_AU, G
from analysis.errors import InputError
from analysis.migration import rng
from analysis.migration.kozai import criterion, limiting, shortrange
from analysis.migration.kozai.feasibility import System, grid
from analysis.migration.tides import circularisation_time, tidal_radius
from tests.migration.conftest import make_target

SMALL = KozaiConfig(mass_cells=12, axis_cells=10, draws=60)
SYSTEM = System(0.207, 0.168 * MJUP_MSUN, 0.2276 * RSUN_AU, 0.855 * RJUP_AU, 0.02604, "published")
PLANET = (SYSTEM.host_mass, SYSTEM.companion_mass, SYSTEM.companion_radius)
ROCHE = tidal_radius(SYSTEM.host_mass, SYSTEM.companion_mass, SYSTEM.companion_radius)
SPIN = 2 * math.pi * 365.25 / 3.0
epsilons = st.floats(1e-8, 0.3)


def strengths(axis=1.0, factor=1.0):
    loves = (0.286, 0.39, SPIN)
    return factor * np.array(shortrange.short_range_strengths(SYSTEM.host_mass, SYSTEM.companion_mass, SYSTEM.host_radius, SYSTEM.companion_radius, axis, *loves))


def eq50(eccentricity, cos2, gr, tide, rot):
    """Left minus right side of Liu, Munoz & Lai (2015) eq. 50 as printed, for a rotation that does not depend on e_max."""
    j = math.sqrt(1 - eccentricity**2)
    left = gr * (1 / j - 1) + tide / 15 * ((1 + 3 * eccentricity**2 + 3 * eccentricity**4 / 8) / j**9 - 1) + rot / 3 * (1 / j**3 - 1)
    return left - 9 / 8 * eccentricity**2 / j**2 * (j**2 - 5 / 3 * cos2)


@settings(deadline=None)
@given(cosine=st.floats(0, 1))
def test_without_short_range_forces_it_is_level_0(cosine):
    status, j = shortrange.limiting_j(cosine**2, 0.0, 0.0, 0.0, 0.0, True)
    level_0 = float(criterion.maximum_eccentricity(cosine))
    assert status == shortrange.OK
    assert math.sqrt(1 - j * j) == pytest.approx(level_0, abs=1e-15 / max(level_0, 1e-8))
    assert 1 - shortrange.periapsis_share(j) == pytest.approx(level_0, abs=1e-15 / max(level_0, 1e-8))


def test_weak_forces_approach_level_0():
    for cosine in (0.0, 0.02, 0.3, 0.7):
        level_0 = float(criterion.maximum_eccentricity(cosine))
        errors = [abs(math.sqrt(1 - shortrange.limiting_j(cosine**2, s, 0.0, 0.0, 0.0, False)[1] ** 2) - level_0) for s in (1e-3, 1e-5, 1e-7)]
        assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-6


@settings(deadline=None)
@given(cosine=st.floats(0, 0.77), gr=st.floats(1e-6, 3.0))
def test_relativity_alone_is_a_quadratic(cosine, gr):
    """eps (1/j - 1) = (9/8)(1 - j^2)(1 - (5/3) cos^2 i/j^2): over (1 - j), a cubic, and at i = 90 deg the quadratic 9 j^2 + 9 j = 8 eps."""
    status, j = shortrange.limiting_j(cosine**2, gr, 0.0, 0.0, 0.0, True)
    assert status == shortrange.OK
    # times 8 j^2 / (1 - j): 8 eps j = 9 (1 + j)(j^2 - (5/3) cos^2 i)
    roots = np.roots([9.0, 9.0, -15 * cosine**2 - 8 * gr, -15 * cosine**2])
    inside = [r.real for r in roots if abs(r.imag) < 1e-9 and 1e-12 < r.real < 1]
    assert j == pytest.approx(inside[0] if inside else 1.0, abs=1e-7)
    if cosine == 0:
        assert j == pytest.approx(min(1.0, (-1 + math.sqrt(1 + 32 * gr / 9)) / 2), abs=1e-12)


@pytest.mark.parametrize("gr", [1e-6, 1e-3, 0.01, 0.5, 2.2])
def test_relativity_at_ninety_degrees(gr):
    assert shortrange.limiting_j(0.0, gr, 0.0, 0.0, 0.0, True)[1] == pytest.approx((-1 + math.sqrt(1 + 32 * gr / 9)) / 2, rel=1e-12)
    assert shortrange.limiting_j(0.0, 2.25, 0.0, 0.0, 0.0, True)[1] == 1.0  # quenched at 9/4


@settings(deadline=None)
@given(cosine=st.floats(0, 0.7), gr=epsilons, tide=st.floats(1e-20, 0.1), rot=st.floats(0, 0.1))
def test_root_agrees_with_brentq_on_the_printed_equation(cosine, gr, tide, rot):
    cos2 = cosine**2
    status, j = shortrange.limiting_j(cos2, gr, tide, 0.0, rot, True)
    assert status == shortrange.OK
    arguments = (cos2, gr, tide, rot)
    room = 9 / 4 * (1 - 5 / 3 * cos2) - gr - tide - rot
    if room < 0.02:
        return
    top = math.sqrt(1 - max(5 / 3 * cos2, 1e-13))
    assert eq50(1e-3, *arguments) < 0
    expected = brentq(eq50, 1e-3, top, args=arguments, xtol=1e-15, rtol=1e-14)
    assert math.sqrt(1 - j * j) == pytest.approx(expected, abs=1e-9)


def test_pseudo_synchronous_rotation_is_that_of_e_max():
    cos2, gr, tide, rot = 0.01, 0.01, 1e-9, 1e-10
    _, j = shortrange.limiting_j(cos2, gr, tide, rot, 0.0, True)
    e2 = 1 - j * j
    spin = (1 + 7.5 * e2 + 45 / 8 * e2**2 + 5 / 16 * e2**3) / ((1 + 3 * e2 + 3 / 8 * e2**2) * j**3)
    assert shortrange.limiting_j(cos2, gr, tide, rot * spin**2, 0.0, False)[1] == pytest.approx(j, rel=1e-9)
    assert j > shortrange.limiting_j(cos2, gr, tide, rot, 0.0, False)[1]


@settings(max_examples=60, deadline=None)
@given(cosine=st.floats(0, 0.77), forces=st.tuples(epsilons, epsilons, epsilons, epsilons), which=st.integers(0, 3), pseudo=st.booleans())
def test_more_force_or_less_inclination_lowers_e_max(cosine, forces, which, pseudo):
    _, j = shortrange.limiting_j(cosine**2, *forces, pseudo)
    more = [value * (1.3 if number == which else 1) for number, value in enumerate(forces)]
    assert shortrange.limiting_j(cosine**2, *more, pseudo)[1] >= j
    assert shortrange.limiting_j(min(cosine**2 + 0.01, 1.0), *forces, pseudo)[1] >= j
    assert math.sqrt(5 / 3) * cosine <= j * (1 + 1e-12) or j == 1.0


def test_eq_50_holds_along_an_integrated_cycle():
    """Vector equations of the averaged quadrupole with 1PN and a tidal bulge, started at e = 0.001: e reaches the limiting value."""
    gr, tide, inclination = 0.02, 1e-6, math.radians(86.0)
    pole = np.array([0.0, 0.0, 1.0])

    def rates(_, y):
        e, h = y[:3], y[3:]
        e2 = e @ e
        j = math.sqrt(1 - e2)
        # Phi = [1 - 6 e^2 + 15 (e.n)^2 - 3 (h.n)^2]/8 - eps_GR/j - (eps_tide/15)(1 + 3 e^2 + 3 e^4/8)/j^9; short-range parts as functions of e
        short = -gr / j**3 - tide / 15 * ((6 + 1.5 * e2) / j**9 + 9 * (1 + 3 * e2 + 3 * e2**2 / 8) / j**11)
        by_e = (-12 * e + 30 * (e @ pole) * pole) / 8 + short * e
        by_h = -6 * (h @ pole) * pole / 8
        return np.concatenate([-(np.cross(h, by_e) + np.cross(e, by_h)), -(np.cross(h, by_h) + np.cross(e, by_e))])

    e0 = 1e-3
    h0 = math.sqrt(1 - e0**2) * np.array([0.0, -math.sin(inclination), math.cos(inclination)])
    start = np.concatenate([[e0, 0, 0], h0])
    path = solve_ivp(rates, (0, 60), start, method="DOP853", rtol=1e-11, atol=1e-13, dense_output=True)
    y = path.sol(np.linspace(0, 60, 400_000))
    reached = np.linalg.norm(y[3:], axis=0).min()
    _, j = shortrange.limiting_j(math.cos(inclination) ** 2, gr, tide, 0.0, 0.0, True)
    assert np.abs((y**2).sum(axis=0) - 1).max() < 1e-8
    assert reached == pytest.approx(j, rel=2e-3)
    _, without = shortrange.limiting_j(math.cos(inclination) ** 2, gr, 0.0, 0.0, 0.0, True)
    assert abs(without / j - 1) > 0.05  # the bulge matters in this case


def test_strengths_against_the_published_forms():
    m1, m2, a, m3, a2, e2 = SYSTEM.host_mass, SYSTEM.companion_mass, 1.3, 0.4, 60.0, 0.4
    gr, tide, rot, star = strengths(a) * a2**3 * (1 - e2**2) ** 1.5 / m3
    m12, outer = m1 + m2, a2**3 * (1 - e2**2) ** 1.5
    assert gr == pytest.approx(3 * G * m12**2 * outer / (C_LIGHT**2 * a**4 * m3), rel=1e-12)
    planet = 15 * 0.195 * m1 * m12 / (m2 * m3) * outer * SYSTEM.companion_radius**5 / a**8
    assert tide == pytest.approx(planet, rel=2e-3) and tide > planet  # the star's bulge adds little
    # precession rates: epsilon times the Kozai-Lidov rate at e = 0, where the bulge precesses at (k2/2) n (Omega/n)^2 m12/m2 (R/a)^5 / j^4
    rate = (G * m12 / a**3) ** 0.5 * 0.39 / 2 * m12 / m2 * (SYSTEM.companion_radius / a) ** 5
    unit = (G * m12 / a**3) ** 0.5 * m3 / m12 * (a**3 / outer)
    assert rot * unit == pytest.approx(rate, rel=1e-12)
    assert gr * unit == pytest.approx(3 * G * m12 / (C_LIGHT**2 * a) * (G * m12 / a**3) ** 0.5, rel=1e-12)
    assert star * unit == pytest.approx((G * m12 / a**3) ** 0.5 * 0.143 * SPIN**2 * a**3 / (G * m1) * (SYSTEM.host_radius / a) ** 5, rel=1e-12)


@pytest.mark.parametrize(
    ("mass", "eccentricity", "degrees", "limit"),
    [(1.0, 0.0, 0.0, 2.8 * 2**0.4), (0.0, 0.0, 180.0, 2.8 * 0.7), (1.0, 0.5, 90.0, 2.8 * (2 * 1.5 / math.sqrt(0.5)) ** 0.4 * 0.85 / 0.5), (3.0, 0.0, 60.0, 4.875 * 0.9)],
)
def test_stability_against_hand_values(mass, eccentricity, degrees, limit):
    cosine = math.cos(math.radians(degrees))
    assert shortrange.stable(1.0, 1.0, mass, limit * 1.001, eccentricity, cosine)
    assert not shortrange.stable(1.0, 1.0, mass, limit * 0.999, eccentricity, cosine)


def test_octupole_window():
    assert shortrange.octupole_window(0.0) == 0.0
    assert shortrange.octupole_window(0.01) == pytest.approx(0.026 - 0.00536 + 0.01205 - 0.001678, rel=1e-12)
    assert shortrange.octupole_window(0.05) == pytest.approx(0.13 - 0.134 + 1.50625 - 1.04875, rel=1e-12)
    assert shortrange.octupole_window(0.0500001) == shortrange.octupole_window(5.0) == 0.45
    assert abs(shortrange.octupole_window(0.05) - 0.45) < 0.005
    windows = [shortrange.octupole_window(x) for x in np.linspace(0, 0.05, 200)]
    assert (np.diff(windows) > 0).all()
    # case A of the secular study: eps_oct = 0.0066
    assert shortrange.octupole_strength(0.08, 0.3 * MJUP_MSUN, 1.0, 50.0, 0.3) == pytest.approx(0.0066, abs=1e-4)


def hut_rate(axis, e, quality):
    """|da/dt|/a of Hut (1981) at pseudo-synchronous rotation, k2 tau = 3/(2 Q' n_F), n_F of the circular orbit with the same a (1 - e^2)."""
    m1, m2, radius = PLANET
    motion, final = (math.sqrt(G * (m1 + m2) / x**3) for x in (axis, axis * (1 - e * e)))
    f1 = 1 + 31 / 2 * e**2 + 255 / 8 * e**4 + 185 / 16 * e**6 + 25 / 64 * e**8
    f2 = 1 + 15 / 2 * e**2 + 45 / 8 * e**4 + 5 / 16 * e**6
    f5 = 1 + 3 * e**2 + 3 / 8 * e**4
    j = math.sqrt(1 - e * e)
    spin = f2 / (f5 * j**3)
    return 6 * 3 / (2 * quality * final) * m1 / m2 * (radius / axis) ** 5 * motion**2 * (f1 / j**15 - f2 / j**12 * spin)


@pytest.mark.parametrize("e", [0.05, 0.5, 0.9, 0.98])
def test_decay_time_is_hut_friction_for_a_share_j_of_the_time(e):
    j = math.sqrt(1 - e * e)
    assert shortrange.decay_time(*PLANET, 1.0, j, 1e5) == pytest.approx(1 / (hut_rate(1.0, e, 1e5) * j), rel=1e-9)


def test_decay_time_at_small_e_is_the_circularisation_time():
    """At constant angular momentum |da/dt|/a = 2 e^2 |de/dt|/e: Goldreich & Soter (1966)."""
    e = 1e-3
    expected = circularisation_time(PLANET[0], PLANET[1], 0.03, PLANET[2], 1e5) / (2 * e * e)
    assert shortrange.decay_time(*PLANET, 0.03, math.sqrt(1 - e * e), 1e5) == pytest.approx(expected, rel=2e-3)


def test_shrinking_at_constant_periapsis_takes_the_decay_time():
    """Integrating da/dt from 10 au at r_p = 0.02 au down to 0.2 au."""
    def rate(axis):
        return shortrange.decay_time(*PLANET, axis, math.sqrt(0.02 / axis * (2 - 0.02 / axis)), 1e5)

    axes = np.geomspace(0.2, 10, 4000)
    times = np.array([rate(axis) for axis in axes])
    total = np.sum(0.5 * (times[1:] / axes[1:] + times[:-1] / axes[:-1]) * np.diff(axes))
    assert total == pytest.approx(rate(10.0), rel=0.05)


@pytest.mark.parametrize(("degrees", "gr"), [(80.0, 1e-3), (85.0, 0.01), (88.0, 0.05)])
def test_share_of_a_cycle_near_e_max_is_a_small_part_of_j(degrees, gr):
    """Friction averaged over integrated cycles that start at e = 0.01, over its peak: between 0.03 and 0.15 j, as the alternative share says."""
    inclination, e0, pole = math.radians(degrees), 0.01, np.array([0.0, 0.0, 1.0])

    def rates(_, y):
        e, h = y[:3], y[3:]
        by_e = (-12 * e + 30 * (e @ pole) * pole) / 8 - gr / (h @ h) ** 1.5 * e
        by_h = -6 * (h @ pole) * pole / 8
        return np.concatenate([-(np.cross(h, by_e) + np.cross(e, by_h)), -(np.cross(h, by_h) + np.cross(e, by_e))])

    start = [e0, 0, 0, 0, -math.sqrt(1 - e0**2) * math.sin(inclination), math.sqrt(1 - e0**2) * math.cos(inclination)]
    path = solve_ivp(rates, (0, 100), start, method="DOP853", rtol=1e-10, atol=1e-12, dense_output=True)
    j = np.linalg.norm(path.sol(np.linspace(0, 100, 200_000))[3:], axis=0)
    rate = np.array([hut_rate(1.0, math.sqrt(max(1 - x * x, 0)), 1e5) / x**3 for x in j[::4]])  # constant lag: without the factor 1/n_F ~ j^3
    share = rate.mean() / rate.max() / j.min()
    assert 0.03 < share < 0.15
    assert LimitingConfig().cycle_shares == (0.05,)


def test_tidal_edge():
    edge = limiting.tidal_edge(SYSTEM, 1.0, 1e5, 1e9)
    e = 1 - edge
    assert 1 / (hut_rate(1.0, e, 1e5) * math.sqrt(1 - e * e)) == pytest.approx(1e9, rel=1e-8)
    # high-e limit: r_p ~ j^2/2 a, j^11 proportional to T/Q'
    assert limiting.tidal_edge(SYSTEM, 1.0, 1e6, 1e9) / edge == pytest.approx(10 ** (-2 / 11), rel=0.02)
    assert limiting.tidal_edge(SYSTEM, 1.0, 1e6, 1e10) == pytest.approx(edge, rel=1e-9)
    edges = [limiting.tidal_edge(SYSTEM, 1.0, 1e5, t) for t in (1e6, 1e8, 1e10, 1e14)]
    assert (np.diff(edges) > 0).all() and edges[-1] < 1.0


# -- the kernel --------------------------------------------------------------------------------------------------------


def counts(mass, axis, inner=1.0, forces=None, octupole=True, pseudo=True, draws=60, seed=6894, rows=slice(None), cases=None, limit=0.9, system=SYSTEM):
    cases = np.array([[1e9, 2.7 * ROCHE, limiting.tidal_edge(SYSTEM, inner, 1e5, 1e9)]]) if cases is None else np.asarray(cases)
    forces = strengths(inner) if forces is None else forces
    return limiting.outcome_counts(system, mass, axis, inner, cases, forces, pseudo, octupole, limit, draws, seed, rows)


def plain_class(word, mass, axis, inner, forces, lower, upper, time_limit, octupole):
    """One draw in plain Python: eq. 50 as printed (pseudo-synchronous spin put in by hand), brentq instead of bisection."""
    e2 = 0.9 * ((word >> 32) + 0.5) / 2**32
    cosine = ((word & 0xFFFFFFFF) + 0.5) / 2**32
    mixed = word  # SplitMix64 finaliser, for the sign
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) % 2**64
    retrograde = (mixed ^ (mixed >> 31)) & 1
    m1, m2 = SYSTEM.host_mass, SYSTEM.companion_mass
    degrees = math.degrees(math.acos(-cosine if retrograde else cosine))
    if axis / inner <= 2.8 / (1 - e2) * ((1 + mass / (m1 + m2)) * (1 + e2) / math.sqrt(1 - e2)) ** 0.4 * (1 - 0.3 * degrees / 180):
        return "unstable"
    if float(criterion.kozai_time_corrected(m1, m2, inner, mass, axis, e2)) > time_limit:
        return "slow"
    x = (m1 - m2) / (m1 + m2) * inner / axis * e2 / (1 - e2**2) / 0.1
    window = 0.45 if x > 0.5 else 0.26 * x - 0.536 * x**2 + 12.05 * x**3 - 16.78 * x**4
    cos2 = 0.0 if octupole and cosine**2 <= window else cosine**2
    gr, tide, rot, star = forces * axis**3 * (1 - e2**2) ** 1.5 / mass

    def balance(e):
        spin = (1 + 7.5 * e**2 + 5.625 * e**4 + 0.3125 * e**6) / ((1 + 3 * e**2 + 0.375 * e**4) * (1 - e * e) ** 1.5)
        return eq50(e, cos2, gr, tide, rot * spin**2 + star) / e**2

    top = math.sqrt(1 - max(5 / 3 * cos2, 1e-12)) if 5 / 3 * cos2 < 1 else 0.0
    e_max = brentq(balance, 1e-3, top, xtol=1e-15, rtol=1e-14) if top > 1e-3 and balance(1e-3) < 0 < balance(top) else 0.0
    if top > 1e-3 and balance(1e-3) < 0 and balance(top) <= 0:
        e_max = top
    periapsis = inner * (1 - e_max)
    return "disrupted" if periapsis < lower else "migrated" if periapsis <= upper else "quenched_or_shallow"


@pytest.mark.parametrize(("mass", "axis", "inner"), [(0.05, 40.0, 1.0), (0.5, 12.0, 1.0), (0.02, 600.0, 1.0), (0.9, 900.0, 1.0), (0.3, 60.0, 10.0), (0.1, 150.0, 3.0)])
def test_plain_numpy_and_scipy_give_the_same_classes(mass, axis, inner):
    draws, forces = 400, strengths(inner)
    lower, upper = 1.7 * ROCHE, limiting.tidal_edge(SYSTEM, inner, 1e5, 5e9)
    words = [int(word) for word in rng.words(6894, 0, draws)]
    for octupole in (False, True):
        count, status = counts(np.array([mass]), np.array([axis]), inner, octupole=octupole, draws=draws, cases=[[5e9, lower, upper]])
        expected = [plain_class(word, mass, axis, inner, forces, lower, upper, 5e9, octupole) for word in words]
        assert dict(zip(shortrange.OUTCOMES, count[0, 0, 0, :6].tolist(), strict=True)) == {name: expected.count(name) for name in shortrange.OUTCOMES}
        assert (status == 0).all()


def test_draws_are_those_of_level_0():
    """Without forces, octupole, instability (wide orbits) and with the same windows, the level-0 count is the migrated one."""
    mass, axis = np.array([0.05, 0.3]), np.array([200.0, 400.0])
    periapsis, draws = 0.02, 5000
    count, _ = counts(mass, axis, forces=np.zeros(4), octupole=False, draws=draws, cases=[[1e12, 0.0, periapsis]])
    from analysis.migration.kozai.feasibility import feasible_counts

    level_0, _ = feasible_counts(SYSTEM, mass, axis, 1.0, 1e12, periapsis, 0.9, draws, 6894)
    np.testing.assert_array_equal(count[:, :, 0, shortrange.MIGRATED], level_0)
    assert level_0.min() > 100


def test_threads_and_chunks_do_not_change_a_bit():
    mass, axis = grid(SMALL)
    before = numba.get_num_threads()
    try:
        maps = []
        for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(threads)
            maps.append(counts(mass, axis)[0])
    finally:
        numba.set_num_threads(before)
    for other in maps[1:]:
        np.testing.assert_array_equal(maps[0], other)
    for cuts in ((0, 5, 12), (0, 1, 2, 12)):
        pieces = [counts(mass, axis, rows=slice(a, b))[0] for a, b in itertools.pairwise(cuts)]
        np.testing.assert_array_equal(np.concatenate(pieces), maps[0])
    assert not np.array_equal(counts(mass, axis, seed=1)[0], maps[0])


def test_every_draw_ends_once_even_without_a_root():
    mass, axis = np.array([0.1, -1.0]), np.array([30.0, np.nan])
    count, status = counts(mass, axis)
    assert (count[..., :6].sum(axis=-1) == 60).all()
    assert status.tolist() == [[shortrange.OK, shortrange.BAD_INPUT], [shortrange.BAD_INPUT, shortrange.BAD_INPUT]]
    assert (count[1, :, 0, shortrange.INVALID] == 60).all()
    # forces so weak that e_max exceeds 1 - 1e-16 in the octupole window have no root to find
    weak, state = counts(np.array([0.5]), np.array([12.0]), forces=np.full(4, 1e-90))
    assert state[0, 0] == shortrange.NO_ROOT and weak[0, 0, 0, shortrange.INVALID] > 0 and weak[0, 0, 0, :6].sum() == 60
    for bad in ((-0.1, 0.1), (1.1, 0.1), (0.1, math.nan), (0.1, -1.0)):
        assert shortrange.limiting_j(bad[0], bad[1], 0.1, 0.1, 0.1, True)[0] == shortrange.BAD_INPUT


# -- the stage ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result():
    return limiting.run(LimitingConfig(), target=make_target(), kozai_config=SMALL, tides_config=TidesConfig())


def test_outcomes_sum_to_one_in_every_cell_and_row(result):
    assert result.fraction.shape == (6, 12, 10) and (result.status == 0).all()
    np.testing.assert_allclose(result.fraction.sum(axis=0), 1, atol=1e-12)
    for table in (result.outcomes, result.steps):
        np.testing.assert_allclose(table[list(shortrange.OUTCOMES)].sum(axis=1), 1, atol=1e-12)
    assert len(result.outcomes) == 3 * 2 * 2 * 3 and len(result.steps) == 4
    default = result.summary["default"]
    for number, name in enumerate(shortrange.OUTCOMES):
        assert default[name] == pytest.approx(result.fraction[number].mean(), abs=1e-12)
        assert result.steps[name].iloc[-1] == default[name]


def test_monotonic_in_time_quality_and_disruption(result):
    for _, part in result.outcomes.groupby(["inner_axis_au", "time_limit_gyr", "companion_q"]):
        part = part.sort_values("disruption_factor")
        assert (part["disrupted"].diff().dropna() >= 0).all() and (part["migrated"].diff().dropna() <= 0).all()
    for _, part in result.outcomes.groupby(["inner_axis_au", "time_limit_gyr", "disruption_factor"]):
        part = part.sort_values("companion_q")
        assert (part["migrated"].diff().dropna() <= 0).all() and (part["upper_edge_au"].diff().dropna() < 0).all()
    for _, part in result.outcomes.groupby(["inner_axis_au", "companion_q", "disruption_factor"]):
        part = part.sort_values("time_limit_gyr")
        assert (part["slow"].diff().dropna() <= 0).all() and ((part["migrated"] + part["disrupted"]).diff().dropna() >= 0).all()
    steps = result.steps.set_index("step")
    reached = steps["migrated"] + steps["disrupted"]
    assert reached["short-range forces"] <= reached["time and stability"]
    assert reached["octupole"] >= reached["short-range forces"]
    assert (result.outcomes["unstable"].groupby(result.outcomes["inner_axis_au"]).first().diff().dropna() > 0).all()


def test_headline_of_toi_6894(result):
    """r_crit of level 0 lies inside the disruption radius, so level 0 has no survivor; at level 1 most of what is reached is disrupted."""
    steps = result.steps.set_index("step")
    assert steps.loc["level 0", "migrated"] == 0
    assert result.summary["window"]["upper_over_r_t"] > 2.7
    assert result.summary["default"]["disrupted"] > 3 * result.summary["default"]["migrated"] > 0


def test_a_smaller_share_of_a_cycle_narrows_the_window(result):
    by = result.summary["cycle_share"]["by"]
    assert set(by) == {"0_05", "1"} and by["1"]["migrated"] == result.summary["default"]["migrated"]
    assert by["0_05"]["migrated"] < by["1"]["migrated"] and by["0_05"]["disrupted"] == by["1"]["disrupted"]
    assert by["0_05"]["upper_edge_au"] == pytest.approx(limiting.tidal_edge(SYSTEM, 1.0, 2e6, 1e9), rel=1e-12)
    other = limiting.run(replace(LimitingConfig(), cycle_share=0.05), target=make_target(), kozai_config=SMALL)
    assert other.summary["default"]["migrated"] == by["0_05"]["migrated"]


def test_same_bytes_twice(result):
    again = limiting.run(LimitingConfig(), target=make_target(), kozai_config=SMALL, tides_config=TidesConfig())
    assert again.fraction.tobytes() == result.fraction.tobytes() and again.outcomes.equals(result.outcomes)


def test_rotation_is_a_choice_that_matters(result):
    slow = limiting.run(replace(LimitingConfig(), companion_rotation="synchronous"), target=make_target(), kozai_config=SMALL)
    assert slow.summary["default"]["disrupted"] >= result.summary["default"]["disrupted"]


@pytest.mark.parametrize(
    ("config", "kozai", "target"),
    [
        ({"companion_rotation": "fast"}, {}, {}),
        ({"disruption_factor": 1e4}, {}, {}),
        ({}, {"draws": 0}, {}),
        ({}, {"seed": -1}, {}),
        ({}, {"outer_eccentricity_max": 1.0}, {}),
        ({}, {"inner_axis": -1.0}, {}),
        ({}, {"outer_mass_min": -1.0}, {}),
        ({}, {}, {"companion_mass_mjup": -0.1}),
        ({}, {}, {"companion_radius_rjup": -1.0}),
    ],
)
def test_bad_input_is_refused(config, kozai, target):
    with pytest.raises(InputError):
        limiting.run(replace(LimitingConfig(), **config), target=make_target(**target), kozai_config=replace(SMALL, **kozai))


def test_the_default_map_takes_seconds():
    mass, axis = grid(KozaiConfig())
    counts(mass[:1], axis[:1])
    start = time.perf_counter()
    counts(mass, axis, draws=200)
    assert time.perf_counter() - start < 5.0
