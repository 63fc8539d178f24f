"""The circumbinary integration: Kepler motion, conservation, the drag's analytic limits, independent equations, and REBOUND on ten systems."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analysis.config import CircumbinaryConfig
from analysis.migration.circumbinary import close, steps
from analysis.migration.circumbinary.kernel import REASONS, RECORD, SYSTEM, elements, numerics, saba
from analysis.migration.circumbinary.limits import critical_axis
from analysis.migration.circumbinary.store import STAGES, run_systems
from analysis.migration.circumbinary.systems import numbers_of
from benchmarks import _circumbinary_peer as peers
from benchmarks import circumbinary as trial
from tests.migration.binaries import from_jacobi, inertial_rates, system, to_jacobi

CONFIG = CircumbinaryConfig()
PERIOD = 2 * math.pi


def value(outcomes, name, row=0):
    return outcomes.record[row, RECORD.index(name)]


def lanes(u, masses):
    """Lane array with the same state in every lane."""
    y = np.ones((steps.ROWS, steps.LANES))
    y[:4], y[steps.PLANET : steps.PLANET + 4] = np.reshape(u[:4], (4, 1)), np.reshape(u[4:], (4, 1))
    y[steps.BINARY + steps.GM], y[steps.PLANET + steps.GM] = 1.0, 1.0 + masses[2]
    y[steps.SHARE_A], y[steps.SHARE_B], y[steps.PLANET_MASS] = masses[0], masses[1], masses[2]
    y[steps.BINARY + steps.RESIDUAL], y[steps.PLANET + steps.RESIDUAL] = 0.0, 0.0
    y[steps.DAMP : steps.DAMP + 2], y[steps.DAMP + 2] = 1.0, 0.0
    return y.ravel()


def state_of(y, lane=0):
    table = y.reshape(steps.ROWS, steps.LANES)[:, lane]
    return np.concatenate([table[:4], table[steps.PLANET : steps.PLANET + 4]])


def start(q=0.2, eb=0.3, ep=0.2, ratio=6.0, planet=1e-3):
    masses = np.array([1 / (1 + q), q / (1 + q), planet])
    a = ratio ** (2 / 3)
    u = np.array([1 - eb, 0, 0, math.sqrt((1 + eb) / (1 - eb)), a * (1 - ep), 0, 0, math.sqrt((1 + planet) / a * (1 + ep) / (1 - ep))])
    return u, masses


def energy(u, masses):
    """Energy and angular momentum in inertial coordinates, about the common barycentre."""
    state = from_jacobi(u, masses)
    x, v = state[:6].reshape(3, 2), state[6:].reshape(3, 2)
    v = v - masses @ v / masses.sum()
    x = x - masses @ x / masses.sum()
    potential = -sum(masses[i] * masses[j] / np.linalg.norm(x[i] - x[j]) for i in range(3) for j in range(i))
    return 0.5 * (masses * (v**2).sum(axis=1)).sum() + potential, (masses * (x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0])).sum()


@pytest.mark.parametrize(("e", "dt"), [(0.0, 0.3), (0.3, 0.45), (0.5, 0.4), (0.5, 0.1)])
def test_the_drift_is_kepler_motion(e, dt):
    u, masses = start(eb=e)
    y = lanes(u, masses)
    for _ in range(200):
        steps.drift(y, dt)
    mean = 200 * dt
    anomaly = mean
    for _ in range(50):  # Kepler's equation, Newton
        anomaly -= (anomaly - e * math.sin(anomaly) - mean) / (1 - e * math.cos(anomaly))
    assert state_of(y)[:2] == pytest.approx([math.cos(anomaly) - e, math.sqrt(1 - e * e) * math.sin(anomaly)], abs=1e-10)


def test_parts_of_a_step_add_up_and_are_symmetric():
    for n in (1, 2, 5):
        drifts, kicks = saba(n)
        assert drifts.sum() == pytest.approx(1) and kicks.sum() == pytest.approx(1)
        assert drifts == pytest.approx(drifts[::-1]) and kicks == pytest.approx(kicks[::-1])


@pytest.mark.parametrize("form", [0.0, 1.0])
def test_both_integrators_solve_the_inertial_equations(form):
    """An oracle in other coordinates: three bodies, pairwise forces, the drag on the planet, DOP853 of SciPy."""
    u, masses = start(planet=3e-3)
    tau_a, tau_e, span = 400.0, 150.0, 30.0
    q = np.array([*masses, 0.5 / tau_a + 1 / tau_e, 0.0, 1 / tau_e] if form == 0 else [*masses, 0.5 / tau_a, 2 / tau_e, 0.0])
    oracle = solve_ivp(inertial_rates(masses, *q[3:]), (0, span), from_jacobi(u, masses), method="DOP853", rtol=1e-12, atol=1e-13)
    wanted = to_jacobi(oracle.y[:, -1], masses)
    mine = u.copy()
    status, travelled, _, _ = close.approach(mine, q, span, 0.3, 1e-12, 0.0, 0.0, np.zeros((close.WORK, close.STATES)))
    assert status == close.TRAVELLED and travelled == span
    assert mine == pytest.approx(wanted, abs=1e-8)
    errors = []
    for count in (60, 240):  # the drag, hundreds of times that of any run, comes at the end of a step: an error in proportion to the step
        h = span / count
        y = lanes(u, masses).reshape(steps.ROWS, steps.LANES)
        y[steps.DAMP], y[steps.DAMP + 1] = math.exp(-(q[3] + q[4]) * h), math.exp(-q[3] * h)
        y[steps.DAMP + 2] = -q[5] / q[3] * math.expm1(-q[3] * h)
        y = y.ravel()
        steps.steps(y, *saba(STAGES), h, count)
        errors.append(np.abs(state_of(y) - wanted).max())
    assert errors[1] < 0.3 * errors[0] and errors[1] < 1e-2


def test_the_mapping_solves_the_inertial_equations_without_drag():
    u, masses = start(planet=3e-3)
    wanted = to_jacobi(solve_ivp(inertial_rates(masses), (0, 30.0), from_jacobi(u, masses), method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1], masses)
    errors = []
    for count in (30, 120):
        y = lanes(u, masses)
        steps.steps(y, *saba(STAGES), 30.0 / count, count)
        errors.append(np.abs(state_of(y) - wanted).max())
    assert errors[0] < 1e-2 and errors[1] < 1e-4


def test_energy_and_angular_momentum_stay_without_drag():
    u, masses = start(q=0.5, eb=0.1, ep=0.1, ratio=7.5, planet=1e-2)
    y = lanes(u, masses)
    first = energy(u, masses)
    values = []
    for _ in range(40):
        steps.steps(y, *saba(STAGES), PERIOD / CONFIG.steps_per_period, 500)
        values.append(energy(state_of(y), masses))
    values = np.array(values)
    planet = masses[2] / 2 / 7.5 ** (2 / 3)  # its binding energy
    assert np.abs(values[:, 0] - first[0]).max() < 1e-4 * planet
    assert abs(values[:10, 0].mean() - values[-10:, 0].mean()) < 1e-5 * planet  # no trend over 3900 periods
    assert np.abs(values[:, 1] / first[1] - 1).max() < 1e-11
    mine, q = u.copy(), np.array([*masses, 0, 0, 0])
    close.approach(mine, q, 300.0, 0.3, CONFIG.tolerance, 0.0, 0.0, np.zeros((close.WORK, close.STATES)))
    assert energy(mine, masses) == pytest.approx(first, rel=1e-8)


@pytest.mark.parametrize(("form", "e0"), [(0.0, 0.02), (1.0, 0.02)])
def test_the_drag_shrinks_and_circularises_at_its_rates(form, e0):
    """Around a single star (q_B -> 0): a = a0 exp(-t/tau_a), e = e0 exp(-t/tau_e) to first order in e (Beauge & Ferraz-Mello 1993)."""
    tau_a, tau_e, time = 40_000.0, 10_000.0, 15_000.0
    row = system(mass_ratio=1e-10, planet_mass=1e-12, eccentricity=e0, axis_time=tau_a, eccentricity_time=tau_e, form=form, longest=time, period_ratio=8.0)
    done = run_systems(row, CONFIG)
    t = value(done, "end_time")
    assert done.reason[0] == REASONS["time_limit"] and t == pytest.approx(time, rel=2e-3)
    shrink = 2 * e0**2 / 2 * (1 - math.exp(-2 * t / tau_e)) if form else 0.0  # the other form keeps the angular momentum while it damps e
    assert value(done, "axis") == pytest.approx(8.0 ** (2 / 3) * math.exp(-t / tau_a - shrink), rel=3e-4)
    assert value(done, "planet_eccentricity") == pytest.approx(e0 * math.exp(-t / tau_e), rel=1e-2)


def test_orbital_elements_in_the_plane():
    for e, pericentre, anomaly in ((1e-6, 0.3, 1.0), (0.3, 2.0, 0.5), (0.7, -1.0, 4.0)):
        a, gm, true = 2.0, 1.3, 2 * math.atan2(math.sqrt(1 + e) * math.sin(anomaly / 2), math.sqrt(1 - e) * math.cos(anomaly / 2))
        r, p = a * (1 - e * math.cos(anomaly)), a * (1 - e * e)
        angle, speed = true + pericentre, math.sqrt(gm / p)
        x, y = r * math.cos(angle), r * math.sin(angle)
        vx, vy = -speed * (math.sin(angle) + e * math.sin(pericentre)), speed * (math.cos(angle) + e * math.cos(pericentre))
        found = elements(x, y, vx, vy, gm)
        assert found[:2] == pytest.approx([a, e], abs=1e-9)
        longitude = pericentre + anomaly - e * math.sin(anomaly)
        assert math.cos(found[3] - longitude) == pytest.approx(1, abs=1e-9)
    assert elements(1.0, 0.0, 0.0, 2.0, 1.0)[0] < 0  # unbound


def test_a_system_depends_on_its_own_row_alone():
    rows = trial.trial_systems(tau=400.0, ratio=6.0)
    many = run_systems(np.repeat(rows, 2, axis=0), CONFIG)
    alone = run_systems(rows[7:8], CONFIG)
    for name in ("record", "reason", "modes"):
        assert np.array_equal(getattr(many, name)[14:16], np.repeat(getattr(alone, name), 2, axis=0), equal_nan=True), name


def test_the_mapping_agrees_with_the_extrapolation():
    """A regular orbit, far from the stars: one run by the mapping, one that is extrapolated throughout."""
    row = system(mass_ratio=0.2, binary_eccentricity=0.3, eccentricity=0.05, planet_mass=1e-3, axis_time=5e3, eccentricity_time=1e4, longest=300.0, period_ratio=15.0)
    mapped, exact = run_systems(row, CONFIG), run_systems(row, _everywhere())
    assert value(mapped, "close_blocks") == 0 and value(exact, "close_blocks") == value(exact, "blocks") > 0
    for name in ("axis", "planet_eccentricity", "binary_axis", "binary_eccentricity"):
        assert value(mapped, name) == pytest.approx(value(exact, name), rel=2e-3), name


def _everywhere():
    from dataclasses import replace

    return replace(CONFIG, near=1e9)


def test_collisions_ejections_and_settled_planets_are_told_apart():
    inside = 2.0  # radii that touch everything
    hit = run_systems(np.vstack([system(period_ratio=2.0, radius_b=inside), system(period_ratio=2.0, radius_a=inside, radius_b=1e-4)]), CONFIG)
    assert list(hit.reason) == [REASONS["hit_b"], REASONS["hit_a"]]
    lost = run_systems(system(binary_eccentricity=0.5, period_ratio=2.4, longest=20_000.0), CONFIG)
    assert lost.reason[0] == REASONS["ejected"] and value(lost, "axis") < 0 or value(lost, "axis") > 20
    held = run_systems(system(binary_eccentricity=0.05, planet_mass=1.5e-5, axis_time=20_000.0, eccentricity_time=800.0, longest=120_000.0, period_ratio=6.0), CONFIG)
    assert held.reason[0] == REASONS["held"] and round(held.modes[0, 0]) in (4, 5)
    assert value(held, "window_ratio") == pytest.approx(held.modes[0, 0], abs=0.2)
    assert value(held, "held_since") + 0.9 * 20_000 < value(held, "end_time") < 120_000
    samples, pericentres, resultant, _ = held.angles[0]
    assert samples > 1000 and pericentres < 4 and resultant > 0.8  # one of its resonant angles librates


def test_planets_survive_outside_the_published_limit_and_not_far_inside():
    """Holman & Wiegert (1999): circular orbits of test planets, from several phases, over 1500 periods."""
    q, eb = 1.0, 0.2
    limit = float(critical_axis(eb, q))
    rows = np.vstack([
        system(mass_ratio=q, binary_eccentricity=eb, period_ratio=(share * limit) ** 1.5, pericentre=phase, planet_mass=1e-8, longest=1500.0)
        for share in (0.75, 1.2) for phase in np.arange(8) * math.pi / 4
    ])
    stayed = run_systems(rows, CONFIG).reason.reshape(2, 8) == REASONS["time_limit"]
    assert stayed[0].mean() < 0.3 and stayed[1].all()


def test_limits_as_published():
    assert critical_axis(0.0, 1.0) == pytest.approx(2.3, abs=0.15)  # table 7 of Holman & Wiegert (1999): 2.3 at mu = 0.5, e = 0
    assert critical_axis(0.15944, 0.2026 / 0.6897) == pytest.approx(2.88, abs=0.05)  # Kepler-16, 0.2243 au: planet at 3.14 a_B (Doyle et al. 2011)


def test_numbers_of_the_kernel():
    numbers = numbers_of(CONFIG)
    assert numbers[0] == pytest.approx(PERIOD / CONFIG.steps_per_period) and numbers[1] == 1
    assert np.array_equal(numbers, numerics(CONFIG.steps_per_period, 1, CONFIG.near, CONFIG.tolerance, 1 / CONFIG.samples, CONFIG.windows, CONFIG.held_ratio,
                                            CONFIG.held_eccentricity, CONFIG.far, CONFIG.most_close))


@pytest.mark.skipif(not peers.available(), reason="REBOUND and REBOUNDx are not installed: just setup --extra peers")
def test_ten_systems_end_as_in_rebound():
    """Same force, WHFast with 40 steps per period (IAS15, slower by an order, is in the benchmark): the same resonance as one of our phases, and an end within their range; chaos forbids more."""
    systems = trial.trial_systems(tau=2000.0, ratio=7.5, longest=2.0)[:10]
    ours = run_systems(trial.phases(systems), CONFIG)
    found = trial.agreement(peers.peer(systems, "whfast", steps=40, samples=2000), ours, CONFIG)
    assert sum(row["same"] for row in found) >= 9, found
    assert sum(row["in_time"] for row in found) >= 9, found
    assert len({row["ours"] for row in found}) >= 3  # the comparison spans several resonances
    assert SYSTEM.index("form") == 10 and (systems[:, 10] == 1.0).all()
