"""Equations of motion of level 2: every term against the oracle, conservation laws, analytic limits, and motion that is not averaged."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import ellipk

from analysis.constants import C_LIGHT, RJUP_AU, RSUN_AU, YEAR_DAYS, G
from tests.migration import secular_oracle as oracle
from tests.migration.triples import FORCES, evolve, physics, random_state, rates, series, system

TIDAL = {"companion_lag": 2e-8, "star_lag": 3e-9, "companion_spin": 40.0, "star_spin": 500.0}
RP, RS = RJUP_AU, 0.2 * RSUN_AU
INNER = [0, 1, 2, 3, 4, 5, 12, 13]
BLOCKS = {"j": slice(0, 3), "e": slice(3, 6), "j2": slice(6, 9), "e2": slice(9, 12), "a": slice(12, 13), "spin": slice(13, 14)}


def relative_errors(found, expected):
    """Largest error of each vector of a derivative over its largest component, for j at least a thousandth of that of e."""
    size = {name: np.abs(expected[part]).max() for name, part in BLOCKS.items()}
    size["j"] = max(size["j"], 1e-3 * size["e"])
    return {name: np.abs(found[part] - expected[part]).max() / (size[name] or 1.0) for name, part in BLOCKS.items()}


@pytest.mark.parametrize("pseudo", [0.0, 1.0])
@pytest.mark.parametrize("force", ["quadrupole", *FORCES, "all"])
def test_each_term_equals_the_oracle_at_random_states(force, pseudo):
    rng = np.random.default_rng([5, FORCES.index(force) if force in FORCES else 9, int(pseudo)])
    forces = FORCES if force == "all" else (force,) if force in FORCES else ()
    named = physics(*forces, **TIDAL, pseudo_synchronous=pseudo)
    alone = force in FORCES[2:]  # forces within the inner orbit, compared without a perturber
    for _ in range(12):
        axis = rng.uniform(0.02, 0.2) if alone else rng.uniform(0.5, 3)
        row = system(
            host_mass=rng.uniform(0.05, 0.5), companion_mass=10 ** rng.uniform(-4, -1.3), outer_mass=1e-12 if alone else rng.uniform(0.01, 1),
            inner_axis=axis, outer_axis=1e3 if alone else axis * rng.uniform(5, 30),
        )
        state = random_state(rng, axis, rng.uniform(100, 2000) * RP**2)
        expected = oracle.rates(oracle.Triple(tuple(row), named, RP, RS), state)
        found = rates(state, row, named, RP, RS)
        assert max(relative_errors(found, expected).values()) < 2e-12
        if forces:
            without = rates(state, row, physics(pseudo_synchronous=pseudo), RP, RS)
            assert np.abs(found - without)[INNER].max() > (0.5 if alone else 1e-5) * np.abs(without[INNER]).max()


def test_quadrupole_and_octupole_are_the_double_average_of_the_attraction():
    """Point masses on two fixed ellipses, averaged numerically: swapping the inner masses changes the sign of odd orders alone."""
    rng = np.random.default_rng(3)

    def points(axis, normal, apsis):
        e = np.linalg.norm(apsis)
        x = apsis / e
        y = np.cross(normal / np.linalg.norm(normal), x)
        anomaly = 2 * np.pi * (np.arange(200) + 0.5) / 200
        across = math.sqrt(1 - e * e) * np.sin(anomaly)
        return axis * ((np.cos(anomaly) - e)[:, None] * x + across[:, None] * y), (1 - e * np.cos(anomaly)) / 200

    def average(m1, m2, m3, inner, outer):
        (r, weight), (far, far_weight) = inner, outer
        distances = (np.linalg.norm(far[None] + share * r[:, None], axis=-1) for share in (m2 / (m1 + m2), -m1 / (m1 + m2), 0.0))
        first, second, centre = distances
        return -G * m3 * np.einsum("i,j,ij", weight, far_weight, m1 / first + m2 / second - (m1 + m2) / centre)

    for _ in range(4):
        state = random_state(rng, 0.02, eccentricity=0.6)
        vectors = state[:12].reshape(4, 3)
        inner, outer = points(0.02, *vectors[:2]), points(1.0, *vectors[2:])
        there, swapped = average(0.7, 0.3, 0.9, inner, outer), average(0.3, 0.7, 0.9, inner, outer)
        triple = oracle.Triple((0.7, 0.3, 0.9, 0.02, 1.0, 0, 0, 0, 0, 0), physics())
        # at a/a2 = 0.02 the next even and odd orders are (a/a2)^2 times a number of order ten
        assert (there + swapped) / 2 == pytest.approx(float(oracle.quadrupole(triple, *vectors, 0.02)), rel=0.01)
        assert (there - swapped) / 2 == pytest.approx(float(oracle.octupole(triple, *vectors, 0.02)), rel=0.01)


@pytest.mark.parametrize("forces", [(), ("octupole",), ("corrected_averaging",), ("octupole", "corrected_averaging", "relativity", "bulges")])
def test_conservative_terms_conserve_energy_angular_momentum_and_the_constraints(forces):
    rng = np.random.default_rng(11)
    named = physics(*forces, companion_spin=40.0, star_spin=500.0, pseudo_synchronous=0.0)
    for _ in range(10):
        row = system(inner_axis=1.0, outer_axis=12.0, companion_mass=0.02, outer_mass=0.1)
        state = random_state(rng, 1.0, 900 * RP**2)
        rate = rates(state, row, named, RP, RS)
        j, e, j2, e2, dj, de, dj2, de2 = *state[:12].reshape(4, 3), *rate[:12].reshape(4, 3)
        triple = oracle.Triple(tuple(row), named, RP, RS)
        inner, outer = oracle.circular_momenta(triple, 1.0)
        speed = np.linalg.norm(dj) + np.linalg.norm(de)
        for size in (j @ dj + e @ de, j @ de + e @ dj, j2 @ dj2 + e2 @ de2, j2 @ de2 + e2 @ dj2):
            assert abs(size) < 1e-13 * speed
        assert np.abs(inner * dj + outer * dj2).max() < 1e-13 * inner * speed
        slopes = [oracle.gradients(term, triple, state[:12].reshape(4, 3), 1.0) for term in oracle.conservative(triple, state)]
        power = (sum(slopes) * rate[:12].reshape(4, 3)).sum()
        assert abs(power) < 1e-12 * sum(np.linalg.norm(slope) for slope in slopes) * speed
        assert rate[12] == rate[13] == 0.0


def test_constraints_hold_after_many_cycles():
    record, reason = evolve(system(outer_argument=math.pi / 3), physics("octupole", "corrected_averaging", "relativity", time_limit=3e6))
    assert reason[0] == 3
    assert record["constraint_drift"][0] < 1e-10
    assert record["orthogonality_drift"][0] < 1e-10


def test_friction_in_the_companion_moves_angular_momentum_between_spin_and_orbit():
    """L + I Omega of the companion is constant, and energy falls: d(L)/dt = -I d(Omega)/dt."""
    rng = np.random.default_rng(2)
    named = physics("friction", **TIDAL | {"star_lag": 0.0}, pseudo_synchronous=0.0)
    for _ in range(10):
        row = system(outer_mass=1e-15, outer_axis=1e4, inner_axis=0.05, companion_mass=1e-3)
        state = random_state(rng, 0.05, rng.uniform(100, 5000) * RP**2)
        rate = rates(state, row, named, RP, RS)
        triple = oracle.Triple(tuple(row), named)
        momentum, _ = oracle.circular_momenta(triple, 0.05)
        j = np.linalg.norm(state[:3])
        of_orbit = momentum * (j * rate[12] / (2 * 0.05) + state[:3] @ rate[:3] / j)
        of_spin = named["companion_inertia"] * row[1] * rate[13]
        assert of_orbit == pytest.approx(-of_spin, rel=1e-12)
        orbital = G * row[0] * row[1] / (2 * 0.05**2) * rate[12]
        assert orbital + of_spin * state[13] / RP**2 < 0


def two_body(row, strength, start, lag=0.0):
    """(perihelion advance, change of a, change of e) over one turn from periapsis to periapsis of the relative orbit in a plane."""
    m12 = row[0] + row[1]

    def flow(t, y):
        r = math.hypot(y[0], y[1])
        x = y[:2] / r
        turned = np.array([-x[1], x[0]])
        radial, across = strength(r, y[2:] @ x, y[2:] @ turned / r, y[2:] @ y[2:])
        return np.concatenate([y[2:], (-G * m12 / r**2 + radial) * x + across * turned])

    def periapsis(t, y):
        return y[:2] @ y[2:] if t > 0.6 * period else -1.0

    axis, e = start
    period = 2 * math.pi / math.sqrt(G * m12 / axis**3)
    periapsis.terminal, periapsis.direction = True, 1
    speed = math.sqrt(G * m12 / axis * (1 + e) / (1 - e))
    y = solve_ivp(flow, (0, 2 * period), [axis * (1 - e), 0, 0, speed], method="DOP853", rtol=1e-13, atol=1e-15, events=periapsis).y[:, -1]
    r, momentum = math.hypot(y[0], y[1]), y[0] * y[3] - y[1] * y[2]
    final_axis = 1 / (2 / r - y[2:] @ y[2:] / (G * m12))
    apsis = np.array([y[3], -y[2]]) * momentum / (G * m12) - y[:2] / r
    return math.atan2(y[1], y[0]) % (2 * math.pi), (final_axis - axis) / period, (np.hypot(*apsis) - e) / period, period


def secular_rates(row, named, e, spin=0.0):
    """(apsidal precession in rad/yr, da/dt, de/dt) of the kernel without a perturber."""
    state = oracle.start(row, spin * RP**2)
    rate = rates(state, row, named, RP, RS)
    normal, apsis = state[:3] / np.linalg.norm(state[:3]), state[3:6] / e
    return rate[3:6] @ np.cross(normal, apsis) / e, rate[12], rate[3:6] @ apsis


@pytest.mark.parametrize("e", [0.1, 0.7])
@pytest.mark.parametrize("term", ["relativity", "tide", "rotation", "friction"])
def test_short_range_forces_against_one_turn_of_the_two_body_problem(term, e):
    """Forces as functions of position and velocity, integrated over a turn: none of the averaged formulas is used."""
    mass, spin = 1e-9 if term == "relativity" else 1e-3, 2000.0
    row = system(host_mass=1.0, companion_mass=mass, outer_mass=1e-15, outer_axis=1e4, inner_axis=0.1, inner_eccentricity=e, inclination=0.0)
    m1, m2 = row[0], row[1]
    named = physics(
        "relativity" if term == "relativity" else "friction" if term == "friction" else "bulges",
        companion_lag=1e-4, pseudo_synchronous=0.0, star_love=0.0, companion_love=0.39,
    )
    bulge = 3 * 0.39 * G * m1**2 * RP**5 * (m1 + m2) / (m1 * m2)  # the force on the relative orbit over its reduced mass, times r^7

    def strength(r, radial, turning, square):
        if term == "relativity":  # Schwarzschild, harmonic coordinates, first order in 1/c^2
            size = G * m1 / (C_LIGHT * r) ** 2
            return size * (4 * G * m1 / r - square + 4 * radial**2), size * 4 * radial * r * turning
        if term == "friction":
            return -bulge / r**7 * 3 * 1e-4 * radial / r, bulge / r**7 * 1e-4 * (spin - turning)
        tide = -bulge / r**7
        if term == "rotation":  # J_2 R^2 = k_2 Omega^2 R^5 / (3 G m)
            return tide - 1.5 * G * (m1 + m2) * 0.39 * spin**2 * RP**5 / (3 * G * m2) / r**4, 0.0
        return tide, 0.0

    advance, axis_rate, e_rate, period = two_body(row, strength, (0.1, e))
    precession, da, de = secular_rates(row, named, e, spin if term in ("rotation", "friction") else 0.0)
    if term == "friction":
        assert axis_rate == pytest.approx(da, rel=1e-3, abs=0)
        assert e_rate == pytest.approx(de, rel=1e-3, abs=0)
    else:
        assert advance / period == pytest.approx(precession, rel=1e-3, abs=0)
        assert da == 0.0


def test_relativity_turns_mercury_by_43_arcseconds_a_century():
    row = system(host_mass=1.0, companion_mass=1.66e-7, outer_mass=1e-15, outer_axis=1e4, inner_axis=0.387098, inner_eccentricity=0.205630)
    precession, _, _ = secular_rates(row, physics("relativity"), 0.205630)
    assert math.degrees(precession) * 3600 * 100 == pytest.approx(42.98, abs=0.01)


def test_relativity_turns_a_close_giant_by_the_textbook_angle():
    """6 pi G m / (c^2 a (1 - e^2)) per orbit."""
    row = system(host_mass=0.2, companion_mass=2e-4, outer_mass=1e-15, outer_axis=1e4, inner_axis=0.026, inner_eccentricity=0.3)
    precession, _, _ = secular_rates(row, physics("relativity"), 0.3)
    period = math.sqrt(0.026**3 / 0.2002) * 2 * math.pi / math.sqrt(G)
    assert precession * period == pytest.approx(6 * math.pi * G * 0.2002 / (C_LIGHT**2 * 0.026 * 0.91), rel=1e-12)
    assert period * YEAR_DAYS == pytest.approx(3.42, abs=0.01)


def cycle(row):
    """(period, largest e, smallest e) of a quadrupole cycle of a test particle; the three roots bound a cubic in e^2."""
    m1, m2, m3, a, a2, e, e2, inclination, w, _ = row
    speed = G * m3 * a**2 / a2**3 * (1 - e2**2) ** -1.5 / math.sqrt(G * (m1 + m2) * a)
    height = 6 * e**2 - 15 * (e * math.sin(w) * math.sin(inclination)) ** 2
    vertical = (1 - e**2) * math.cos(inclination) ** 2
    low, middle, high = np.sort([height / 6, *np.roots([-0.6, 0.6 - height / 15 - vertical, height / 15])])
    period = 4 / math.sqrt(13.5) / speed * ellipk((high - middle) / (high - low)) / math.sqrt(high - low)
    return period, math.sqrt(high), math.sqrt(middle)


@pytest.mark.parametrize(("e", "w", "degrees"), [(0.1, 0.3, 80), (0.3, 1.5, 60), (0.01, 0.8, 50), (0.2, 2.0, 110)])
def test_quadrupole_cycle_of_a_test_particle_has_the_closed_form_period_and_extremes(e, w, degrees):
    row = system(companion_mass=1e-12, inner_eccentricity=e, inner_argument=w, inclination=math.radians(degrees), outer_axis=30.0)
    period, highest, lowest = cycle(row)
    times = np.linspace(0, 2, 2001) * period
    found = series(row, physics(), times)
    for name in ("eccentricity", "inclination"):
        assert found[name][1000] == pytest.approx(found[name][0], abs=1e-9)
        assert found[name][:1000] == pytest.approx(found[name][1000:2000], abs=1e-8)
    assert found["eccentricity"].max() == pytest.approx(highest, abs=1e-5)
    assert found["eccentricity"].min() == pytest.approx(lowest, abs=1e-5)
    record, _ = evolve(row, physics(time_limit=1.5 * period))
    assert record["smallest_periapsis"][0] / row[3] == pytest.approx(1 - highest, rel=1e-9)
    assert np.ptp(found["outer_eccentricity"]) < 1e-10


@pytest.mark.parametrize("degrees", [45, 60, 75, 85, 120])
def test_largest_eccentricity_from_a_circular_orbit(degrees):
    """sqrt(1 - (5/3) cos^2 i) for a test particle (Innanen et al. 1997)."""
    row = system(companion_mass=1e-12, inner_eccentricity=1e-6, inclination=math.radians(degrees), outer_axis=30.0)
    record, _ = evolve(row, physics(time_limit=1.2 * cycle(row)[0]))
    expected = math.sqrt(1 - 5 / 3 * math.cos(math.radians(degrees)) ** 2)
    assert 1 - record["smallest_periapsis"][0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("force", ["relativity", "tide", "rotation"])
def test_limiting_eccentricity_with_each_short_range_force(force):
    """Liu, Munoz & Lai (2015), eq. 50, with k_aps = k_2 / 2, solved here by bisection; the cycle starts at e = 1e-5."""
    mass, spin = 1e-9, 6000.0
    row = system(companion_mass=mass, outer_axis=350.0 if force == "relativity" else 20.0, inner_eccentricity=1e-5, inclination=math.radians(89.0), host_mass=0.1)
    m1, m3, a2, e2 = row[0], row[2], row[4], row[6]
    radius = 0.1 * RJUP_AU
    named = physics(
        "relativity" if force == "relativity" else "bulges", companion_radius_final=radius, star_love=0.0, pseudo_synchronous=0.0,
        companion_spin=spin if force == "rotation" else 0.0,
    )
    outer = a2**3 * (1 - e2**2) ** 1.5 / m3
    love = named["companion_love"]
    relativity = 3 * G * m1**2 * outer / C_LIGHT**2 if force == "relativity" else 0.0
    tide = 15 * love / 2 * m1**2 / mass * radius**5 * outer if force != "relativity" else 0.0
    rotation = love / 2 * spin**2 * radius**5 * m1 / (G * mass) * outer if force == "rotation" else 0.0

    def balance(j):
        x = 1 - j * j
        forces = relativity * (1 / j - 1) + tide / 15 * ((1 + 3 * x + 3 / 8 * x * x) / j**9 - 1) + rotation / 3 * (1 / j**3 - 1)
        return forces - 9 / 8 * x / j**2 * (j**2 - 5 / 3 * math.cos(row[7]) ** 2)

    j = brentq(balance, math.cos(row[7]), 0.95, xtol=1e-15)
    assert j > 1.2 * math.sqrt(5 / 3) * math.cos(row[7])  # the force does matter
    record, _ = evolve(row, named | {"time_limit": 4 * cycle(row)[0]})
    periapsis = record["smallest_periapsis"][0]
    assert periapsis == pytest.approx(1 - math.sqrt(1 - j * j), rel=1e-6)


def test_pseudo_synchronous_decay_keeps_the_semilatus_rectum_and_ends_circular_at_twice_the_periapsis():
    row = system(companion_mass=1e-3, host_mass=1.0, outer_mass=1e-12, outer_axis=1e4, inner_axis=0.3, inner_eccentricity=0.9)
    named = physics("friction", "relativity", companion_lag=1e-6, time_limit=2e8)
    times = np.geomspace(1e5, 2e8, 30)
    found = series(row, named, times)
    semilatus = found["semimajor_axis"] * (1 - found["eccentricity"] ** 2)
    assert semilatus == pytest.approx(0.3 * 0.19, rel=1e-8)
    assert found["eccentricity"][-1] < 0.1 < found["eccentricity"][0]
    record, reason = evolve(row, named | {"quench_ratio": 1e-3, "close_axis": 0.1, "time_limit": 3e9})
    assert reason[0] == 1
    assert record["final_axis"][0] == pytest.approx(0.057, rel=1e-6)


def test_tide_in_a_star_that_does_not_turn_shrinks_a_circular_orbit_by_the_eighth_power():
    """a^8 = a0^8 - 48 k_2 tau (m2/m1) R^5 G m12 t: infall after a/(8 |da/dt|)."""
    row = system(host_mass=0.1, companion_mass=1e-3, outer_mass=1e-12, outer_axis=1e4, inner_axis=0.01, inner_eccentricity=0.0)
    named = physics("friction", star_lag=3e-8, time_limit=1.0)
    speed = 6 * named["star_love"] * 3e-8 * 1e-2 * (0.2 * RSUN_AU / 0.01) ** 5 * G * 0.101 / 0.01**3
    times = np.array([0.1, 0.5, 0.9]) / (8 * speed)
    found = series(row, named, times)["semimajor_axis"]
    assert found == pytest.approx(0.01 * (1 - 8 * speed * times) ** 0.125, rel=1e-8)
    record, _ = evolve(row, named | {"time_limit": times[1], "quench_ratio": 1e-3, "relativity": 1.0})
    assert record["quench_time"][0] < 0.3 * times[1]
    assert record["final_axis"][0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize(("e2", "degrees"), [(0.0, 65), (0.5, 65), (0.5, 110)])
def test_corrected_averaging_follows_the_motion_that_is_averaged_once(e2, degrees):
    """The perturber moves on its orbit; without the term the error is of first order in epsilon_SA, with it of second order."""
    errors = {}
    for strength in (0.012, 0.006):
        ratio = strength * (1 - e2**2) ** 1.5
        outer = (ratio / math.sqrt(0.5)) ** (-2 / 3)  # epsilon_SA = (a/a2)^(3/2) m3/sqrt(m12 m123), both masses 1
        row = system(
            host_mass=1.0, companion_mass=1e-12, outer_mass=1.0, inner_axis=1.0, outer_axis=outer, inner_eccentricity=0.2, outer_eccentricity=e2,
            inclination=math.radians(degrees), inner_argument=0.7,
        )
        state = oracle.start(row)
        unit = outer**3 / math.sqrt(G)  # L / C in yr
        time, phase = 4.0 * (1 - e2**2) ** 1.5, 1.0
        moved = oracle.single_averaged(oracle.osculating(state[:6], e2, ratio, phase), e2, ratio, time, phase)
        for name, forces in (("plain", ()), ("corrected", ("corrected_averaging",))):
            found = solve_ivp(lambda t, y, f=forces, r=row: rates(y, r, physics(*f)), (0, time * unit), state, method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
            there = oracle.osculating(found[:6], e2, ratio, phase + time / ratio)
            errors[name, strength] = np.linalg.norm(there - moved)
    assert errors["plain", 0.012] > 1.6 * errors["plain", 0.006] > 0.008
    assert errors["corrected", 0.012] > 2.5 * errors["corrected", 0.006]
    assert errors["corrected", 0.006] < 0.06 * errors["plain", 0.006]
