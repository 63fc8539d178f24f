"""1PN, bulges and friction of levels 1, 2 and 3 against orbits integrated directly (tests/migration/twobody.py)."""

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from analysis.constants import C_LIGHT, MJUP_MSUN, RJUP_AU, RSUN_AU, G
from analysis.migration.direct.pairforces import FORCES, conservative_energy, pair_forces, pseudo_synchronous_spin
from analysis.migration.kozai import shortrange
from analysis.migration.secular.equations import AXIS, SPIN, rates
from analysis.migration.secular.triple import PHYSICS, SYSTEM
from tests.migration import twobody

HOST, COMPANION = 0.207, 0.168 * MJUP_MSUN
MASS = HOST + COMPANION
RADII = {"companion": 0.855 * RJUP_AU, "star": 0.2276 * RSUN_AU}
ECCENTRICITIES = (0.1, 0.5, 0.8)
INERTIA = 0.25
# Bulges that change an orbit by the same small share: weak, so that second order does not count, and above the error of the integration.
WEAK = {"companion": 1e-4, "star": 1e-4 * (HOST / COMPANION) ** 2}


def orbit(body, eccentricity, size=12.0):
    """Axis that puts periapsis at `size` radii of the body, and the mean motion there."""
    axis = size * RADII[body] / (1 - eccentricity)
    return axis, math.sqrt(G * MASS / axis**3)


def secular(axis, eccentricity, spin=0.0, star_spin=0.0, **physics):
    """What level 2 says of an orbit with short-range forces alone: (precession, da/dt, de/dt, companion's dOmega/dt).

    The perturber is a grain far away; the state turns the orbit out of the reference plane so that no component vanishes.
    """
    vector = np.zeros(len(PHYSICS))
    for name, value in {"companion_inertia": INERTIA, "star_spin": star_spin, **physics}.items():
        vector[PHYSICS.index(name)] = value
    values = {"host_mass": HOST, "companion_mass": COMPANION, "outer_mass": 1e-25, "outer_axis": 1e9}
    system = np.array([values.get(name, 0.0) for name in SYSTEM])
    q, _ = np.linalg.qr(np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [2.0, 0.4, 1.0]]))
    q *= np.linalg.det(q)
    e_hat, side, j_hat = q.T
    j = math.sqrt(1 - eccentricity**2)
    state = np.concatenate([j * j_hat, eccentricity * e_hat, [0, 0, 1.0], [0, 0, 0.0], [axis, spin * RADII["companion"] ** 2]])
    out = np.zeros(14)
    rates(state, system, vector, RADII["companion"], RADII["star"], out)
    assert abs(out[3:6] @ j_hat) < 1e-12 * np.linalg.norm(out[3:6])  # e stays in its plane
    return out[3:6] @ side / eccentricity, out[AXIS], out[3:6] @ e_hat, out[SPIN] / RADII["companion"] ** 2


@pytest.mark.parametrize("eccentricity", ECCENTRICITIES)
def test_precession_by_1pn(eccentricity):
    axis = 0.05
    measured = twobody.secular_rates(twobody.relativity(HOST, COMPANION), MASS, axis, eccentricity)
    precession, widening, growth, _ = secular(axis, eccentricity, relativity=1)
    assert precession == pytest.approx(measured.precession, rel=1e-5)
    assert widening == 0.0 and abs(growth) < 1e-14 * precession
    assert abs(measured.axis) < 1e-6 * axis * measured.precession and abs(measured.eccentricity) < 1e-6 * measured.precession


@pytest.mark.parametrize("body", ["companion", "star"])
@pytest.mark.parametrize("eccentricity", ECCENTRICITIES)
def test_precession_by_a_tidal_bulge(body, eccentricity):
    axis, _ = orbit(body, eccentricity)
    love = WEAK[body]
    measured = twobody.secular_rates(twobody.tides(HOST, COMPANION, love, RADII[body], on=body), MASS, axis, eccentricity)
    precession, widening, growth, _ = secular(axis, eccentricity, bulges=1, **{f"{body}_love": love})
    assert precession == pytest.approx(measured.precession, rel=1e-4)
    assert widening == 0.0 and abs(growth) < 1e-14 * precession


@pytest.mark.parametrize("body", ["companion", "star"])
@pytest.mark.parametrize("eccentricity", ECCENTRICITIES)
def test_precession_by_a_rotational_bulge(body, eccentricity):
    axis, motion = orbit(body, eccentricity)
    spin, love = 3.0 * motion / (1 - eccentricity) ** 1.5, 1e-3 if body == "companion" else 0.1
    measured = twobody.secular_rates(twobody.rotation(HOST, COMPANION, love, RADII[body], spin, on=body), MASS, axis, eccentricity)
    spins = {"spin": spin} if body == "companion" else {"star_spin": spin}
    both = secular(axis, eccentricity, bulges=1, **spins, **{f"{body}_love": love})[0]
    tidal_alone = secular(axis, eccentricity, bulges=1, **{f"{body}_love": love})[0]
    assert both - tidal_alone == pytest.approx(measured.precession, rel=1e-4)


@pytest.mark.parametrize("body", ["companion", "star"])
@pytest.mark.parametrize(("eccentricity", "turns"), [(0.1, 0.0), (0.1, 3.0), (0.5, 1.0), (0.8, 0.0), (0.8, 30.0)])
def test_friction_changes_orbit_and_spin_as_a_lagged_bulge_does(body, eccentricity, turns):
    axis, motion = orbit(body, eccentricity)
    love, lag = WEAK[body], 1e-2 * (1 - eccentricity) ** 1.5 / motion
    spin = turns * motion
    lagged = twobody.tides(HOST, COMPANION, love, RADII[body], lag, spin, on=body)
    measured = twobody.secular_rates(lagged, MASS, axis, eccentricity)
    spins = {"spin": spin} if body == "companion" else {"star_spin": spin}
    _, widening, growth, spin_up = secular(axis, eccentricity, friction=1, **spins, **{f"{body}_love": love, f"{body}_lag": lag})
    assert widening == pytest.approx(measured.axis, rel=1e-3)
    assert growth == pytest.approx(measured.eccentricity, rel=1e-3)
    if body == "companion":  # the torque is what the orbit loses; the star's spin is held fixed
        given = -HOST * COMPANION / MASS * measured.angular_momentum / (INERTIA * COMPANION * RADII[body] ** 2)
        assert spin_up == pytest.approx(given, rel=2e-3)
    else:
        assert spin_up == 0.0


@pytest.mark.parametrize("eccentricity", ECCENTRICITIES)
def test_no_net_torque_at_pseudo_synchronous_rotation(eccentricity):
    axis, _ = orbit("companion", eccentricity)
    speed = math.sqrt(G * MASS / axis * (1 + eccentricity) / (1 - eccentricity))
    spin = pseudo_synchronous_spin(axis * (1 - eccentricity), 0.0, 0.0, 0.0, speed, 0.0, MASS)
    lag = 1e-2 / spin
    still = twobody.secular_rates(twobody.tides(HOST, COMPANION, WEAK["companion"], RADII["companion"], lag, 0.0), MASS, axis, eccentricity)
    turning = twobody.secular_rates(twobody.tides(HOST, COMPANION, WEAK["companion"], RADII["companion"], lag, spin), MASS, axis, eccentricity)
    assert abs(turning.angular_momentum) < 1e-3 * abs(still.angular_momentum)
    pseudo = secular(axis, eccentricity, friction=1, pseudo_synchronous=1, companion_love=WEAK["companion"], companion_lag=lag)
    assert pseudo[1] == pytest.approx(turning.axis, rel=1e-3) and pseudo[3] == 0.0


@pytest.mark.parametrize("eccentricity", ECCENTRICITIES)
@pytest.mark.parametrize("force", ["relativity", "bulge", "star's bulge", "rotation"])
def test_level_1_strengths_are_potentials_of_these_forces(force, eccentricity):
    """Precession = (1/L) dPhi/dj of Phi = -K (1/j, (1 + 3e^2 + 3e^4/8)/(15 j^9), 1/(3 j^3)), K = strength G m1 m2 a^2 / m12 (Liu et al. 2015)."""
    axis, motion = orbit("star", eccentricity)
    loves = {"bulge": (0.0, 1e-4), "star's bulge": (0.1, 0.0), "rotation": (0.0, 0.1)}.get(force, (0.0, 0.0))
    gr, tide, turned, _ = shortrange.short_range_strengths(HOST, COMPANION, RADII["star"], RADII["companion"], axis, *loves, 0.0)
    j = math.sqrt(1 - eccentricity**2)
    if force == "relativity":
        acceleration, strength = twobody.relativity(HOST, COMPANION), gr
    elif force == "rotation":
        acceleration, strength = twobody.rotation(HOST, COMPANION, loves[1], RADII["companion"], motion), turned
    else:
        body, love = ("companion", loves[1]) if force == "bulge" else ("star", loves[0])
        acceleration, strength = twobody.tides(HOST, COMPANION, love, RADII[body], on=body), tide

    def shape(x):
        ee = 1 - x[0] ** 2
        return {"relativity": 1 / x[0], "rotation": 1 / (3 * x[0] ** 3)}.get(force, (1 + 3 * ee + 0.375 * ee**2) / (15 * x[0] ** 9))

    scale = strength * G * HOST * COMPANION * axis**2 / MASS / (HOST * COMPANION / MASS * math.sqrt(G * MASS * axis))
    expected = -scale * approx_fprime(np.array([j]), shape, 1e-7)[0]
    measured = twobody.secular_rates(acceleration, MASS, axis, eccentricity)
    assert expected == pytest.approx(measured.precession, rel=3e-4)


@pytest.mark.parametrize("eccentricity", [0.5, 0.8])
def test_level_1_decay_time_is_that_of_a_lagged_bulge_for_a_share_j(eccentricity):
    axis, motion = orbit("companion", eccentricity)
    j = math.sqrt(1 - eccentricity**2)
    spin = shortrange.pseudo_synchronous(j) * motion
    love, lag = WEAK["companion"], 1e-2 / spin
    measured = twobody.secular_rates(twobody.tides(HOST, COMPANION, love, RADII["companion"], lag, spin), MASS, axis, eccentricity)
    quality = 1.5 / (love * lag * motion / j**3)  # k_2 tau = 3 / (2 Q' n_F)
    expected = -axis / (measured.axis * j)
    assert shortrange.decay_time(HOST, COMPANION, RADII["companion"], axis, j, quality) == pytest.approx(expected, rel=1e-3)


def forces(**values):
    base = {"host_mass": HOST, "companion_mass": COMPANION, "companion_radius": RADII["companion"], "star_radius": RADII["star"]}
    return np.array([{**base, **values}.get(name, 0.0) for name in FORCES])


STATE = np.array([0.004, -0.003, 0.002, 30.0, 40.0, -10.0])


@pytest.mark.parametrize("spin", [0.0, 4000.0])
@pytest.mark.parametrize("body", ["companion", "star"])
def test_direct_friction_is_the_lagged_bulge_to_first_order(body, spin):
    """In the plane of an orbit turned out of the reference plane, against the bulge that points to where the other body stood."""
    q, _ = np.linalg.qr(np.column_stack([STATE[:3], STATE[3:], np.cross(STATE[:3], STATE[3:])]))
    if q[:, 2] @ np.cross(STATE[:3], STATE[3:]) < 0:
        q[:, 2] *= -1
    q[:, 1] = np.cross(q[:, 2], q[:, 0])
    (x, y, _), (vx, vy, _) = q.T @ STATE[:3], q.T @ STATE[3:]
    reduced, errors = HOST * COMPANION / MASS, []
    for lag in (1e-7, 1e-8):
        p = forces(bulges=1, friction=1, **{f"{body}_love": 0.4, f"{body}_lag": lag})
        rotating = forces(bulges=1, friction=1, **{f"{body}_love": 0.4, f"{body}_lag": lag, f"{body}_spin": spin})
        base = pair_forces(*STATE, forces(bulges=1, **{f"{body}_love": 0.4}))[0] * STATE[:3]
        flat = pair_forces(*STATE, forces(bulges=1, **{f"{body}_love": 0.4, f"{body}_spin": spin}))[0] * STATE[:3] - base
        factor, *rest = pair_forces(*STATE, rotating if spin else p)
        got = q.T @ (factor * STATE[:3] + np.array(rest) - flat)
        wanted = reduced * np.array([*twobody.tides(HOST, COMPANION, 0.4, RADII[body], lag, spin, on=body)(x, y, vx, vy), 0.0])
        dissipative = np.linalg.norm(wanted - q.T @ base)
        errors.append(np.linalg.norm(got - wanted) / dissipative)
    assert errors[0] < 0.02 and errors[1] < 0.15 * errors[0]


def test_the_conservative_factor_is_the_gradient_of_its_energy():
    p = forces(relativity=1, bulges=1, companion_love=0.4, star_love=0.3, companion_spin=5000.0, star_spin=700.0)
    r = np.linalg.norm(STATE[:3])
    slope = (conservative_energy(r * (1 + 1e-6), p) - conservative_energy(r * (1 - 1e-6), p)) / (2e-6 * r)
    factor, *rest = pair_forces(*STATE, p)
    assert factor * r == pytest.approx(-slope, rel=1e-8) and rest == [0.0, 0.0, 0.0]


def test_the_potential_form_of_1pn_precesses_as_the_equations_of_motion_do():
    p, reduced = forces(relativity=1), HOST * COMPANION / MASS
    axis, eccentricity = 0.05, 0.6

    def acceleration(x, y, vx, vy):
        factor = pair_forces(x, y, 0.0, vx, vy, 0.0, p)[0] / reduced
        return factor * x, factor * y

    one = twobody.secular_rates(acceleration, MASS, axis, eccentricity).precession
    two = twobody.secular_rates(twobody.relativity(HOST, COMPANION), MASS, axis, eccentricity).precession
    assert one == pytest.approx(two, rel=1e-5)
    assert one == pytest.approx(6 * math.pi * G * MASS / (C_LIGHT**2 * axis * (1 - eccentricity**2)) * math.sqrt(G * MASS / axis**3) / (2 * math.pi), rel=1e-5)
