"""Osculating and mean elements: the turning part against tidal forces averaged over a Kepler orbit numerically, and published amplitudes."""

import math

import numpy as np
import pytest

from analysis.constants import G
from analysis.migration.secular.osculating import mean_row, short_period, smallest_gap, true_anomaly
from analysis.migration.secular.triple import SYSTEM

M12, M3, AXIS = 0.2, 0.4, 1.0


def averaged_rates(j, e, direction, distance):
    """(dj/dt, de/dt) by the tide of M3 at `distance` (au) in `direction`, averaged over the inner orbit by sampling it: Newton, no potential."""
    size = np.linalg.norm(e)
    p_hat, h_hat = e / size, j / np.linalg.norm(j)
    q_hat = np.cross(h_hat, p_hat)
    n = math.sqrt(G * M12 / AXIS**3)
    excentric = (np.arange(64) + 0.5) * 2 * np.pi / 64
    weight = 1 - size * np.cos(excentric)
    root = math.sqrt(1 - size**2)
    r = AXIS * ((np.cos(excentric) - size)[:, None] * p_hat + (root * np.sin(excentric))[:, None] * q_hat)
    v = AXIS * n * (-np.sin(excentric)[:, None] * p_hat + (root * np.cos(excentric))[:, None] * q_hat) / weight[:, None]
    force = G * M3 / distance**3 * (3 * (r @ direction)[:, None] * direction - r)
    torque = np.cross(r, force)
    dot = lambda a, b: np.sum(a * b, axis=1)[:, None]
    change = (2 * dot(force, v) * r - dot(r, v) * force - dot(r, force) * v) / (G * M12)
    mean = lambda x: np.sum(weight[:, None] * x, axis=0) / 64
    return mean(torque) / math.sqrt(G * M12 * AXIS), mean(change)


def vectors(eccentricity, inclination, argument, node):
    cn, sn, ci, si, cw, sw = (g(x) for x in (node, inclination, argument) for g in (math.cos, math.sin))
    turn = np.array([[cn, -sn, 0], [sn, cn, 0], [0, 0, 1.0]])
    j = math.sqrt(1 - eccentricity**2) * turn @ np.array([0.0, -si, ci])
    return j, eccentricity * turn @ np.array([cw, sw * ci, sw * si])


@pytest.mark.parametrize("outer_eccentricity", [0.0, 0.4])
@pytest.mark.parametrize("elements", [(0.3, 1.2, 0.7, 2.0), (0.97, 0.8, 1.5, 0.4), (0.6, 2.3, 2.9, 5.0)])
def test_the_turning_part_is_the_integral_of_the_tide_over_the_perturbers_orbit(elements, outer_eccentricity):
    j, e = vectors(*elements)
    axis2 = 40.0
    n2 = math.sqrt(G * (M12 + M3) / axis2**3)
    epsilon = (AXIS / axis2) ** 1.5 * M3 / math.sqrt(M12 * (M12 + M3)) * (1 - outer_eccentricity**2) ** -1.5
    mean_anomaly = np.linspace(-math.pi, math.pi, 1441)
    anomaly = np.array([true_anomaly(m, outer_eccentricity) for m in mean_anomaly])
    anomaly[0] = -math.pi
    rates = np.empty((anomaly.size, 2, 3))
    for k, f in enumerate(anomaly):
        distance = axis2 * (1 - outer_eccentricity**2) / (1 + outer_eccentricity * math.cos(f))
        rates[k] = averaged_rates(j, e, np.array([math.cos(f), math.sin(f), 0.0]), distance)
    step = mean_anomaly[1] - mean_anomaly[0]
    rates -= rates[:-1].mean(axis=0)  # what double averaging keeps
    wanted = np.concatenate([np.zeros((1, 2, 3)), np.cumsum(0.5 * (rates[1:] + rates[:-1]), axis=0)]) * step / n2
    got = np.stack(short_period(j, e, anomaly[1:-1], epsilon, outer_eccentricity), axis=1)
    difference = (got - got[0]) - (wanted[1:-1] - wanted[1])
    assert np.abs(difference).max() < 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.95])
def test_true_anomaly_solves_keplers_equation(eccentricity):
    for f in np.linspace(-3.1, 3.1, 21):
        excentric = 2 * math.atan(math.sqrt((1 - eccentricity) / (1 + eccentricity)) * math.tan(f / 2))
        mean = excentric - eccentricity * math.sin(excentric)
        assert true_anomaly(mean + 4 * math.pi, eccentricity) == pytest.approx(f, abs=1e-11)


def test_mean_elements_give_the_osculating_ones_back():
    names = dict(zip(SYSTEM, range(len(SYSTEM)), strict=True))
    row = np.array([0.2, 1e-4, 0.4, 1.0, 30.0, 0.2, 0.5, 1.2, 0.6, 2.2])
    epsilon, anomaly = 0.012, 1.9
    mean = mean_row(row, anomaly, epsilon)

    def both(r):
        turn = -r[names["outer_argument"]]
        return vectors(r[names["inner_eccentricity"]], r[names["inclination"]], r[names["inner_argument"]], turn)

    j, e = both(mean)
    dj, de = short_period(j, e, anomaly, epsilon, 0.5)
    for got, wanted in zip((j + dj, e + de), both(row), strict=True):
        assert np.abs(got - wanted).max() < 3 * epsilon**2
    assert np.abs(mean - row).max() > 0.2 * epsilon  # it does something
    assert (mean[:5] == row[:5]).all() and mean[names["outer_eccentricity"]] == 0.5


def test_amplitude_at_high_eccentricity_is_that_of_luo_katz_dong():
    """At the maximum of a cycle from e = 0, ez^2 = 2/5: jz turns with amplitude (9/8) epsilon_SA (Luo, Katz & Dong 2016)."""
    size = 1 - 1e-7
    e = size * np.array([0.0, math.sqrt(3 / 5), math.sqrt(2 / 5)])
    j = math.sqrt(1 - size**2) * np.array([1.0, 0.0, 0.0])
    dj, _ = short_period(j, e, np.linspace(-np.pi, np.pi, 721), 0.01, 0.0)
    assert np.ptp(dj[:, 2]) / 2 == pytest.approx(9 / 8 * 0.01, rel=1e-3)
    assert 0.5 * np.abs(dj).max() ** 2 < smallest_gap(np.array([0.0, 0.0, 0.1]), e, 0.0, 0.0) == pytest.approx(1 - math.sqrt(0.99))
