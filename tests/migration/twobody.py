"""A slow, readable oracle: two bodies with one extra force each, integrated directly (SciPy, DOP853), and the secular rates read off.

Nothing here averages, expands in the lag or uses the package's formulas: the tidal bulge is a quadrupole whose axis points to where the other
body stood a lag ago, seen from the rotating body; the rotational bulge is a J2 field; 1PN is the equation of motion in harmonic coordinates.
Units: au, Msun, yr. Planar orbits, spins along the orbit normal. Positions are companion minus host.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from analysis.constants import C_LIGHT, G


@dataclass(frozen=True)
class Rates:
    """Secular rates per yr: argument of periapsis (rad), a (au), e, and the specific orbital angular momentum (au^2/yr)."""

    precession: float
    axis: float
    eccentricity: float
    angular_momentum: float


def bulge_force(x, y, vx, vy, raiser, love, radius, lag=0.0, spin=0.0):
    """Force (Msun au/yr^2) on the raising body of mass `raiser` at (x, y) from the centre of the body that carries the bulge.

    The bulge answers to the place s = r - lag (v - spin x r): its potential is that of a quadrupole along s whose size goes as 1/|s|^3,
    Phi = -k G raiser R^5 / (|s|^3 |x|^3) P2(cos), and the force is -raiser grad Phi at x = r.
    """
    sx, sy = x - lag * (vx + spin * y), y - lag * (vy - spin * x)
    s, r = math.hypot(sx, sy), math.hypot(x, y)
    dot = sx * x + sy * y
    # gradient of P2(cos) / r^3 = (3 (s.x)^2 / (s^2 r^5) - 1 / r^3) / 2
    along_s = 3 * dot / (s**2 * r**5)
    along_r = -7.5 * dot**2 / (s**2 * r**7) + 1.5 / r**5
    strength = love * G * raiser**2 * radius**5 / s**3
    return strength * (along_s * sx + along_r * x), strength * (along_s * sy + along_r * y)


def tides(host, companion, love, radius, lag=0.0, spin=0.0, on="companion"):
    """Relative acceleration by the bulge of one of the two bodies."""
    reduced = host * companion / (host + companion)
    raiser, sign = (host, -1.0) if on == "companion" else (companion, 1.0)

    def acceleration(x, y, vx, vy):
        # seen from the bulging companion the host is at -r; the companion feels the opposite of the force on the host
        fx, fy = bulge_force(sign * x, sign * y, sign * vx, sign * vy, raiser, love, radius, lag, spin)
        return sign * fx / reduced, sign * fy / reduced

    return acceleration


def rotation(host, companion, love, radius, spin, on="companion"):
    """Relative acceleration by the J2 field of a body that turns along the orbit normal: J2 = k spin^2 R^3 / (3 G m), in its equator."""
    carrier, other = (companion, host) if on == "companion" else (host, companion)
    j2 = love * spin**2 * radius**3 / (3 * G * carrier)

    def acceleration(x, y, vx, vy):
        r = math.hypot(x, y)
        pull = 1.5 * G * (carrier + other) * j2 * radius**2 / r**5
        return -pull * x, -pull * y

    return acceleration


def relativity(host, companion):
    """Relative 1PN acceleration in harmonic coordinates (Damour & Deruelle 1985; Kidder 1995, eq. 2.2b)."""
    total = host + companion
    eta = host * companion / total**2

    def acceleration(x, y, vx, vy):
        r, v2 = math.hypot(x, y), vx * vx + vy * vy
        radial = (x * vx + y * vy) / r
        scale = G * total / (C_LIGHT * r) ** 2
        along_r = 2 * (2 + eta) * G * total / r - (1 + 3 * eta) * v2 + 1.5 * eta * radial**2
        along_v = 2 * (2 - eta) * radial
        return scale * (along_r * x / r + along_v * vx), scale * (along_r * y / r + along_v * vy)

    return acceleration


def elements(x, y, vx, vy, mass):
    """(a, e, argument of periapsis, specific angular momentum) of the osculating orbit."""
    mu, r = G * mass, math.hypot(x, y)
    h = x * vy - y * vx
    ex, ey = vy * h / mu - x / r, -vx * h / mu - y / r
    return 1 / (2 / r - (vx * vx + vy * vy) / mu), math.hypot(ex, ey), math.atan2(ey, ex), h


def secular_rates(acceleration, mass, axis, eccentricity, orbits=25):
    """Rates over whole orbital periods from apoapsis to apoapsis, where periodic changes of the osculating elements return."""
    mu = G * mass
    period = 2 * math.pi * math.sqrt(axis**3 / mu)
    speed = math.sqrt(mu / axis * (1 - eccentricity) / (1 + eccentricity))
    start = np.array([-axis * (1 + eccentricity), 0.0, 0.0, -speed])

    def motion(t, state):
        x, y, vx, vy = state.tolist()
        pull = mu / math.hypot(x, y) ** 3
        ax, ay = acceleration(x, y, vx, vy)
        return vx, vy, ax - pull * x, ay - pull * y

    span = orbits * period
    end = solve_ivp(motion, (0, span), start, method="DOP853", rtol=1e-13, atol=1e-15 * axis, t_eval=[span]).y[:, -1]
    before, after = elements(*start, mass), elements(*end, mass)
    turn = math.remainder(after[2] - before[2], 2 * math.pi)
    return Rates(turn / span, (after[0] - before[0]) / span, (after[1] - before[1]) / span, (after[3] - before[3]) / span)
