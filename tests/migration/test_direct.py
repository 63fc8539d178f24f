"""Level 3: the list of triples, forces that conserve momentum, how series are read, and - with rebound installed - a short integration."""

import importlib.util
import math
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from analysis.constants import G
from analysis.migration import frozen
from analysis.migration.direct import callbacks
from analysis.migration.direct import recipe as direct
from analysis.migration.direct.cycles import maxima, thinned
from analysis.migration.direct.pairforces import FORCES
from analysis.migration.direct.systems import SYSTEMS, epsilon_octupole, kozai_time, physics_vector, system_row
from analysis.migration.kozai.shortrange import stable
from analysis.migration.secular.triple import PHYSICS, SYSTEM

BY_NAME = {system.name: system for system in SYSTEMS}
needs_rebound = pytest.mark.skipif(importlib.util.find_spec("rebound") is None, reason="the extra `peers` is not installed")


def test_the_list_covers_what_it_is_for():
    assert len(SYSTEMS) >= 12 and len(BY_NAME) == len(SYSTEMS) and all(system.reason for system in SYSTEMS)
    rows = np.array([system_row(system) for system in SYSTEMS])
    value = {name: rows[:, i] for i, name in enumerate(SYSTEM)}
    for row in rows:
        m1, m2, m3, a, a2, _, e2, inclination = row[:8]
        assert stable(m1 + m2, a, m3, a2, e2, math.cos(inclination))
    assert (value["outer_mass"] > value["host_mass"]).any() and (value["outer_mass"] < 0.075).any()
    assert (value["inclination"] > math.pi / 2).sum() >= 2 and (value["inclination"] < math.pi / 2).sum() >= 2
    octupole = np.array([epsilon_octupole(system) for system in SYSTEMS])
    assert octupole.min() < 1e-3 and octupole.max() > 0.03
    physics = np.array([physics_vector(system) for system in SYSTEMS])
    for name in ("relativity", "bulges", "friction"):
        assert set(physics[:, PHYSICS.index(name)]) == {0.0, 1.0}


def test_case_a_is_the_published_one():
    system = BY_NAME["case_a"]
    assert kozai_time(system) == pytest.approx(9786.9, rel=1e-4)  # t_k and epsilon_oct as the specification's notes give them
    assert epsilon_octupole(system) == pytest.approx(0.0066, abs=1e-4)
    assert dict(zip(FORCES, direct.force_vector(system), strict=True))["relativity"] == 0.0


def bodies(tracers):
    state = np.zeros((5 if tracers else 3, 14))
    rng = np.random.default_rng(3)
    state[:3, :6] = rng.normal(size=(3, 6))
    state[1, :3] = state[0, :3] + 0.004 * rng.normal(size=3)
    state[:3, 9] = BY_NAME["friction"].host_mass, BY_NAME["friction"].companion_mass, 0.3
    return state


def test_the_forces_conserve_momentum_and_report_power_and_torque():
    work = np.zeros(callbacks.WORK)
    work[: len(FORCES)] = direct.force_vector(BY_NAME["friction"])
    work[-1] = 1.0
    b = bodies(True)
    callbacks._push(b, work)
    force = b[:3, 9, None] * b[:3, 6:9]
    assert np.abs(force.sum(axis=0)).max() < 1e-12 * np.abs(force).max() > 0 and not force[2].any()
    r, v = b[1, :3] - b[0, :3], b[1, 3:6] - b[0, 3:6]
    total_torque = np.cross(b[:3, :3], force).sum(axis=0)
    assert np.array([b[3, 7], b[4, 6], b[4, 7]]) == pytest.approx(total_torque, rel=1e-6, abs=1e-12 * np.abs(force).max())
    work[FORCES.index("friction")] = work[FORCES.index("pseudo_synchronous")] = 0.0
    still = bodies(True)
    callbacks._push(still, work)
    assert still[3, 6] == still[3, 7] == 0.0  # what a potential accounts for has no power of its own
    fixed = np.cross(r, still[1, 6:9])
    assert np.abs(fixed).max() < 1e-10 * np.linalg.norm(r) * np.linalg.norm(still[1, 6:9])
    assert b[3, 6] == pytest.approx((b[1, 9] * (b[1, 6:9] - _radial(r, v, b, work))) @ v, rel=1e-6)


def _radial(r, v, b, work):
    """Acceleration of the companion by what the factor of the forces holds, with the friction of `b` switched on."""
    p = work.copy()
    p[FORCES.index("friction")] = p[FORCES.index("pseudo_synchronous")] = 1.0
    return callbacks.pair_forces(*r, *v, p)[0] * r / b[1, 9]


def test_osculating_elements_of_a_known_orbit():
    a, e, mass = 0.7, 0.6, 0.21
    q, out = a * (1 - e), np.empty(7)
    speed = math.sqrt(G * mass / a * (1 + e) / (1 - e))
    assert callbacks.osculating(0.0, q, 0.0, -speed * 0.6, 0.0, speed * 0.8, mass, out)
    assert out == pytest.approx([0.64, 0.0, 0.48, 0.0, e, 0.0, a], abs=1e-12)
    assert not callbacks.osculating(0.0, q, 0.0, -10 * speed, 0.0, 0.0, mass, out)


def test_without_rebound_one_sentence_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "rebound", None)
    assert direct.main(["--out", str(tmp_path / "direct")]) == 2
    said = capsys.readouterr().err
    assert "just setup --extra peers" in said and said.count("\n") == 1 and not list(tmp_path.iterdir())


@needs_rebound
def test_an_unknown_triple_is_refused(capsys):
    assert direct.main(["--only", "case_z"]) == 2
    assert "case_z" in capsys.readouterr().err


def test_means_over_an_outer_orbit_remove_what_turns_with_it():
    count, per = 64, direct.WINDOWS
    phase = 2 * np.pi * (np.arange(count) + 0.5) / per
    windows = pd.DataFrame({name: np.ones(count) for name in callbacks.TRACK}).assign(end=np.arange(1.0, count + 1))
    windows["weight"] = 0.7
    for name, value in {"jx": 0.3 + 0.1 * np.sin(2 * phase), "jy": 0.0 * phase, "jz": 0.4 + 0.1 * np.cos(phase), "gx": 0 * phase, "gy": 0 * phase}.items():
        windows[name] = 0.7 * value
    windows["gz"], windows["axis"], windows["smallest_gap"] = 0.7, 0.7 * 2.0, np.arange(count)
    series = direct.orbit_means(windows)
    assert series["gap"].to_numpy() == pytest.approx(1 - math.sqrt(1 - 0.25)) and len(series) == count - per + 1
    assert series["inclination_deg"].to_numpy() == pytest.approx(math.degrees(math.acos(0.8)))
    assert series["semimajor_axis_au"].to_numpy() == pytest.approx(2.0)
    assert list(series["smallest_gap"][:3]) == [0, 1, 2] and list(series["time_yr"][:2]) == [4.0, 5.0]


def waves(rows=4000):
    t = np.linspace(0.0, 10.0, rows)
    gap = 10 ** (-1.5 * np.sin(np.pi * t / 2.5) ** 2 - 0.02 * np.sin(60 * t))
    return pd.DataFrame({"time_yr": t, "gap": gap, "smallest_gap": 0.9 * gap, "smallest_periapsis_au": gap, "semimajor_axis_au": 1.0, "inclination_deg": 0.0})


def test_maxima_are_cycles_and_not_wiggles():
    tops = maxima(waves())
    assert tops["time_yr"].to_numpy() == pytest.approx([1.25, 3.75, 6.25, 8.75], abs=0.06)
    assert (tops["smallest_gap"] / tops["gap"]).to_numpy() == pytest.approx(0.9, rel=1e-3)
    flat = waves().assign(gap=0.5)
    assert maxima(flat).empty


def test_thinning_keeps_the_extremes():
    full = waves()
    thin = thinned(full, 200)
    assert len(thin) <= 200 and thin["time_yr"].is_monotonic_increasing
    assert thin["gap"].min() == full["gap"].min() and thin["smallest_gap"].min() == full["smallest_gap"].min()
    assert np.abs(np.interp(full["time_yr"], thin["time_yr"], np.log10(thin["gap"])) - np.log10(full["gap"])).max() < 0.1


@needs_rebound
@pytest.mark.parametrize("name", ["friction", "averaging_doubtful"])
def test_a_short_integration_follows_an_independent_integrator(name):
    """Positions after 12 inner orbits, all forces on, against DOP853; energy and angular momentum to the account of the tracers."""
    system = BY_NAME[name]
    rebound = direct._rebound()
    simulation, work, forces = direct._simulation(rebound, system), np.zeros(callbacks.WORK), direct.force_vector(system)
    work[: len(FORCES)] = forces
    start = np.array([[b.x, b.y, b.z, b.vx, b.vy, b.vz] for b in simulation.particles[:3]])
    mass = np.array([b.m for b in simulation.particles[:3]])
    keep = callbacks.attach(simulation, work)
    before = direct._conserved(simulation, forces)
    span = 12 * 2 * math.pi * math.sqrt(system.inner_axis**3 / (G * mass[:2].sum()))
    simulation.integrate(span)
    end = np.array([[b.x, b.y, b.z, b.vx, b.vy, b.vz] for b in simulation.particles[:3]])
    after = direct._conserved(simulation, forces)

    def motion(t, y):
        x, v = y.reshape(3, 6)[:, :3], y.reshape(3, 6)[:, 3:]
        a = np.zeros((3, 3))
        for i in range(3):
            for k in range(3):
                if i != k:
                    a[i] += G * mass[k] * (x[k] - x[i]) / np.linalg.norm(x[k] - x[i]) ** 3
        factor, *rest = callbacks.pair_forces(*(x[1] - x[0]), *(v[1] - v[0]), forces)
        push = factor * (x[1] - x[0]) + np.array(rest)
        a[0] -= push / mass[0]
        a[1] += push / mass[1]
        return np.concatenate([v, a], axis=1).ravel()

    wanted = solve_ivp(motion, (0, span), start.ravel(), method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1].reshape(3, 6)
    assert np.abs(end[:, :3] - wanted[:, :3]).max() < 1e-7 * system.inner_axis
    assert np.abs(after - before).max() < 1e-11 * np.abs(before).max()
    del keep


def test_the_frozen_integrations_are_of_these_sources_and_conserve_energy_and_angular_momentum():
    summary = pd.read_csv(frozen.verified(frozen.SIMULATIONS / "direct_summary.csv"))
    assert set(summary["system"]) == set(BY_NAME)
    assert (summary["energy_error"] < 1e-8).all() and (summary["momentum_error"] < 1e-10).all()
    tops = pd.read_csv(frozen.verified(frozen.SIMULATIONS / "direct_maxima.csv"))
    turning = tops["system"] == "octupole_flip"  # where j itself turns over within an outer orbit, its mean may be shorter than any of it
    assert (tops["smallest_gap"] > 0).all() and (turning | (tops["smallest_gap"] <= 1.0001 * tops["gap"])).all()
    assert tops.groupby("system").size().reindex(BY_NAME).ge(1).all()
    series = pd.read_csv(frozen.verified(frozen.SIMULATIONS / "direct.csv"))
    assert all(frozen.sources_unchanged(frozen.SIMULATIONS / name) for name in ("direct.csv", "direct_maxima.csv", "direct_summary.csv"))
    assert series.groupby("system").size().max() <= 300 and np.isfinite(series.select_dtypes("number")).all().all()


def _file(tmp_path):
    (tmp_path / "file").write_text("mine")
    return tmp_path / "file" / "direct"


def _table(tmp_path):
    (tmp_path / "direct_maxima.csv").mkdir()
    return tmp_path / "direct"


def _manifest(tmp_path):
    (tmp_path / frozen.MANIFEST).write_text("{")
    return tmp_path / "direct"


@pytest.mark.parametrize(("place", "words"), [(_file, "cannot write there"), (_table, "is no name for a table"), (_manifest, "not a valid manifest")])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_integrated(tmp_path, monkeypatch, capsys, place, words):
    monkeypatch.setattr(direct, "_rebound", lambda: None)
    monkeypatch.setattr(direct, "integrate", lambda system: pytest.fail("integrated first"))
    assert direct.main(["--out", str(place(tmp_path))]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and words in said and said.count("\n") == 1


def test_an_interruption_ends_without_a_traceback(tmp_path, monkeypatch, capsys):
    def stop(system):
        raise KeyboardInterrupt

    monkeypatch.setattr(direct, "_rebound", lambda: None)
    monkeypatch.setattr(direct, "integrate", stop)
    assert direct.main(["--out", str(tmp_path / "direct")]) == 130
    assert "nothing was written" in capsys.readouterr().err and not list(tmp_path.iterdir())
