"""The benchmark of the secular code: the peers' equations are right, and the tables are complete with and without peers."""

import importlib.util
import math

import numpy as np
import pytest

from analysis.migration.secular import equations as secular
from analysis.migration.secular.triple import REASONS
from benchmarks import __main__ as command
from benchmarks import _peers, _triple, ensemble, level0
from benchmarks import secular as table_a


def potential(y, octupole):
    """Phi in units of C, term by term, for j, e, j2, e2 (12,)."""
    j, e, u, v = y[:3], y[3:6], y[6:9], y[9:]
    size = np.sqrt(u @ u)
    quadrupole = (size**-3 * (1 - 6 * (e @ e)) + size**-5 * (15 * (e @ u) ** 2 - 3 * (j @ u) ** 2)) / 8
    last = size**-7 * (-35 * (e @ v) * (e @ u) ** 2 + 5 * (e @ v) * (j @ u) ** 2 + 10 * (e @ u) * (j @ v) * (j @ u))
    return quadrupole + octupole * (size**-5 * (e @ v) * (8 * (e @ e) - 1) + last)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_peers_equations_are_the_gradients_of_the_potential(seed):
    y = np.random.default_rng(seed).normal(size=12) * 0.6 + 0.2
    inner, outer, octupole = 0.9, 0.02, 0.3
    step = 1e-30j
    gradient = np.array([(potential(y + step * unit, octupole) / step).real for unit in np.eye(12)])
    j, e, u, v = y.reshape(4, 3)
    d_j, d_e, d_u, d_v = gradient.reshape(4, 3)
    expected = np.concatenate([
        -inner * (np.cross(j, d_j) + np.cross(e, d_e)), -inner * (np.cross(j, d_e) + np.cross(e, d_j)),
        -outer * (np.cross(u, d_u) + np.cross(v, d_v)), -outer * (np.cross(u, d_v) + np.cross(v, d_u)),
    ])
    found = _triple.gradient_rates(y.tolist(), inner, outer, octupole, math.sqrt)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


def test_peers_and_kernel_integrate_the_same_triple():
    state = np.concatenate([_triple.start(), [_triple.CASE["inner_axis"], 1.0]])
    state[:3] += 0.01  # off the symmetric start, where some terms vanish
    out = np.empty(14)
    secular.rates(state, _triple.system_row(), _triple.octupole_physics(1e-10), 1e-3, 1e-3, out)
    found = np.array(_triple.gradient_rates(state[:12].tolist(), *_triple.parameters(), math.sqrt)) / _triple.KOZAI_TIME
    np.testing.assert_allclose(found, out[:12], rtol=1e-11, atol=1e-13 * np.abs(found).max())


def test_case_a_is_the_published_one():
    assert pytest.approx(9786.9, rel=1e-4) == _triple.KOZAI_TIME
    assert _triple.reference() == pytest.approx(0.0598, abs=5e-5)


@pytest.mark.skipif(importlib.util.find_spec("heyoka") is None, reason="heyoka is an optional extra")
def test_symbolic_equations_are_the_same():
    import heyoka

    equations = _peers.heyoka_equations(heyoka)
    compiled = heyoka.cfunc([right for _, right in equations], [left for left, _ in equations])
    y = _triple.start() + 0.05
    found = compiled(y, pars=np.array(_triple.parameters()))
    np.testing.assert_allclose(found, _triple.gradient_rates(y.tolist(), *_triple.parameters(), math.sqrt), rtol=1e-12, atol=1e-15)


def test_table_without_peers_names_them_and_how_to_get_them(monkeypatch):
    monkeypatch.setattr(_peers, "_package", lambda name: None)
    for name, value in (("ROUNDS", 1), ("SYSTEMS", 16), ("PAIRS", 1)):
        monkeypatch.setattr(table_a, name, value)
    rows = table_a.rows()
    assert [row["code"] for row in rows] == [
        "ours", "ours with 1PN, bulges, tides, spin", "ours, 2 threads: speed-up by wall time", "ours, 2 threads: speed-up by processor time",
    ]
    assert rows[0]["error in e"] <= 1e-9
    assert rows[0]["ratio"] == 1.0
    assert len(command.table(rows).splitlines()) == len(rows) + 2
    (note,) = table_a.notes()
    assert all(name in note for name in ("heyoka", "kozai", "rebound", "just setup --extra peers"))


def test_pairs_whose_averaging_fails_are_counted_apart():
    default = np.array([REASONS[name] for name in ("migrated", "settled", "averaging_fails", "inside_disruption", "time_limit", "time_limit", "step_limit")])
    brute = np.array([REASONS[name] for name in ("migrated", "time_limit", "migrated", "migrated", "bounded", "step_limit", "time_limit")])
    assert ensemble.compare(default, brute) == (4, 3, 1, 2)


def test_full_length_reaches_the_modules_that_know_it(monkeypatch, capsys):
    monkeypatch.setattr(level0, "rows", lambda full=False: [{"length": str(full)}])
    assert command.main(["--full", "level0"]) == 0
    assert "True" in capsys.readouterr().out
    assert command.main(["level0"]) == 0
    assert "False" in capsys.readouterr().out
    assert command.main(["--full", "nothing"]) == 2
