"""Case A of the secular benchmark, and its equations in a form that takes numbers, arrays and symbolic expressions alike.

m1 = 0.08 Msun, m2 = 0.3 MJ, a = 1 au, e = 0.01, i = 85 deg, both periapses on the node; m3 = 0.5 Msun, a2 = 50 au, e2 = 0.3;
100 t_k, octupole order, double averaged, no short-range forces, with the torque back on the outer orbit. Time is in t_k throughout.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, YEAR_S, G
from analysis.migration.secular.triple import PHYSICS, RECORD, SYSTEM, column

__all__ = [
    "CASE", "END", "KOZAI_TIME", "NAMES", "final_eccentricity", "gradient_rates", "octupole_physics", "parameters", "reference", "start", "system_row",
    "tidal_physics",
]

CASE = {
    "host_mass": 0.08, "companion_mass": 0.3 * MJUP_MSUN, "outer_mass": 0.5, "inner_axis": 1.0, "outer_axis": 50.0, "inner_eccentricity": 0.01,
    "outer_eccentricity": 0.3, "inclination": math.radians(85.0), "inner_argument": 0.0, "outer_argument": 0.0,
}
END = 100.0  # t_k
NAMES = [vector + axis for vector in ("j", "e", "u", "v") for axis in "xyz"]  # u, v: j2 and e2
_PAIR = CASE["host_mass"] + CASE["companion_mass"]
_ALL = _PAIR + CASE["outer_mass"]
KOZAI_TIME = _PAIR / CASE["outer_mass"] * CASE["outer_axis"] ** 3 * (1 - CASE["outer_eccentricity"] ** 2) ** 1.5 / math.sqrt(G * _PAIR)  # yr, a = 1 au


def parameters() -> tuple[float, float, float]:
    """(C/L t_k, C/L2 t_k, (15/64)(a/a2)(m1 - m2)/m12) of case A, C = G m1 m2 m3 a^2 / (m12 a2^3)."""
    m1, m2, m3, a, a2 = (CASE[name] for name in ("host_mass", "companion_mass", "outer_mass", "inner_axis", "outer_axis"))
    strength = G * m1 * m2 * m3 * a**2 / (_PAIR * a2**3) * KOZAI_TIME
    inner = m1 * m2 / _PAIR * math.sqrt(G * _PAIR * a)
    outer = _PAIR * m3 / _ALL * math.sqrt(G * _ALL * a2)
    return strength / inner, strength / outer, 15 / 64 * a / a2 * (m1 - m2) / _PAIR


def start() -> np.ndarray:
    """j, e, j2, e2 (12,) at the start: outer orbit in the xy plane, node and both periapses on x."""
    e, e2, i = CASE["inner_eccentricity"], CASE["outer_eccentricity"], CASE["inclination"]
    j, j2 = math.sqrt(1 - e**2), math.sqrt(1 - e2**2)
    return np.array([0.0, -j * math.sin(i), j * math.cos(i), e, 0.0, 0.0, 0.0, 0.0, j2, e2, 0.0, 0.0])


def _dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def gradient_rates(state: Sequence[Any], inner: Any, outer: Any, octupole: Any, sqrt: Callable[[Any], Any]) -> list[Any]:
    """Derivative (12) of j, e, j2, e2: dj = -inner (j x d_j Phi + e x d_e Phi), de = -inner (j x d_e Phi + e x d_j Phi), likewise outside.

    Phi = [|u|^-3 (1 - 6 e^2) + |u|^-5 (15 (e.u)^2 - 3 (j.u)^2)]/8 + octupole {|u|^-5 (e.v)(8 e^2 - 1)
    + |u|^-7 [-35 (e.v)(e.u)^2 + 5 (e.v)(j.u)^2 + 10 (e.u)(j.v)(j.u)]}, u = j2, v = e2 (Liu, Munoz & Lai 2015); inner, outer, octupole as
    `parameters` gives them. Written through the derivatives of Phi by its scalar products, the cheapest form found for Taylor's method.
    """
    j, e, u, v = state[:3], state[3:6], state[6:9], state[9:12]
    i2 = 1 / _dot(u, u)
    i3 = i2 * sqrt(i2)
    i5 = i3 * i2
    i7 = i5 * i2
    ee, eu, ju, ev, jv = _dot(e, e), _dot(e, u), _dot(j, u), _dot(e, v), _dot(j, v)
    flat, mixed = 8 * ee - 1, 10 * jv * ju - 35 * ev * eu
    by_ee = -0.75 * i3 + 8 * octupole * i5 * ev
    by_eu = 3.75 * i5 * eu + octupole * i7 * (mixed - 35 * ev * eu)
    by_ju = -0.75 * i5 * ju + 10 * octupole * i7 * (ev * ju + eu * jv)
    by_ev = octupole * (i5 * flat + i7 * (5 * ju * ju - 35 * eu * eu))
    by_jv = 10 * octupole * i7 * eu * ju
    by_uu = (
        -0.1875 * i5 * (1 - 6 * ee) - i7 * (0.3125 * (15 * eu * eu - 3 * ju * ju) + 2.5 * octupole * ev * flat)
        - 3.5 * octupole * i7 * i2 * (eu * mixed + 5 * ev * ju * ju)
    )
    axes = range(3)
    d_j = [by_ju * u[k] + by_jv * v[k] for k in axes]
    d_e = [2 * by_ee * e[k] + by_eu * u[k] + by_ev * v[k] for k in axes]
    d_u = [2 * by_uu * u[k] + by_eu * e[k] + by_ju * j[k] for k in axes]
    d_v = [by_ev * e[k] + by_jv * j[k] for k in axes]
    rates: list[Any] = []
    for strength, first, second, d_first, d_second in ((inner, j, e, d_j, d_e), (outer, u, v, d_u, d_v)):
        for pair in ((d_first, d_second), (d_second, d_first)):
            one, two = _cross(first, pair[0]), _cross(second, pair[1])
            rates += [-strength * (one[k] + two[k]) for k in axes]
    return rates


@cache
def reference() -> float:
    """Final e of case A by SciPy's DOP853 at a tolerance of 1e-13, good to about 1e-12: independent of every code compared."""
    arguments = parameters()
    done = solve_ivp(lambda t, y: gradient_rates(y.tolist(), *arguments, math.sqrt), (0.0, END), start(), method="DOP853", rtol=1e-13, atol=1e-14)
    return float(np.linalg.norm(done.y[3:6, -1]))


def system_row() -> np.ndarray:
    """Case A with the columns of `triple.SYSTEM`."""
    return np.array([CASE[name] for name in SYSTEM])


def octupole_physics(tolerance: float, **changes: float) -> np.ndarray:
    """Physics vector of case A: octupole alone, nothing ends a run before 100 t_k."""
    chosen = {name: 0.0 for name in PHYSICS}
    chosen |= {"time_limit": END * KOZAI_TIME, "start_age": 5e6, "tolerance": tolerance, "octupole": 1.0, "step_limit": 1e9, "companion_inertia": 0.25}
    chosen |= {"companion_radius_final": RJUP_AU, "star_radius_final": 0.12 * RSUN_AU, "companion_spin": 100.0, "star_spin": 100.0}
    chosen |= changes
    return np.array([chosen[name] for name in PHYSICS])


def tidal_physics(tolerance: float) -> np.ndarray:
    """The same with 1PN, bulges and friction of both bodies and the companion's spin as a state; weak enough that the cycles go on to the end."""
    switches = dict.fromkeys(("relativity", "bulges", "friction"), 1.0)
    lags = {"companion_lag": 1e-3 / YEAR_S, "star_lag": 1e-3 / YEAR_S}
    return octupole_physics(tolerance, **switches, **lags, companion_love=0.39, star_love=0.286)


def final_eccentricity(record: np.ndarray) -> np.ndarray:
    """Column of the record, (n,)."""
    return record[:, column("final_eccentricity", RECORD)]
