"""Level 2, after the perturber is quenched: the companion's orbit shrinks and circularises by tides alone.

The orbit-averaged equations of Hut (1981) for (ln a, e), with pseudo-synchronous companion and constant stellar spin, by the pair of
orders 5 and 4 of Dormand & Prince (1980). Following every turn of the apsis, as the secular vectors do, would cost as much for a circular orbit as for
an eccentric one and change nothing.
"""

import math

import numpy as np
from numba import njit

from analysis.migration.secular.equations import hut, kernel

__all__ = ["AGES", "circularise", "lookup", "radius_table", "tidal_rates"]

AGES = 1600  # nodes of the radius table, even in log age: 0.4 per cent apart over the longest spans, an error below 1e-5 in R^5
TOLERANCE = 1e-9
MOST_STEPS = 100_000
CIRCULAR = 1e-12  # an eccentricity below this is none, so that its fast decay no longer limits the step


@njit(cache=True, error_model="numpy")
def radius_table(start_age, time_limit, companion, star):
    """(age (AGES,) in yr, table (AGES, 4) of R_p^5, R_s^5, R_p^-2 and R_p): radii in au from laws of 5 parameters (`secular.radius`)."""
    age, table = np.empty(AGES), np.empty((AGES, 4))
    span = math.log(1.0 + time_limit / start_age) / (AGES - 1)
    for i in range(AGES):
        age[i] = start_age * math.exp(i * span)
        inner = _radius(age[i], companion)
        outer = _radius(age[i], star)
        table[i, 0], table[i, 1], table[i, 2], table[i, 3] = inner**5.0, outer**5.0, 1.0 / (inner * inner), inner
    return age, table


@njit(cache=True, error_model="numpy")
def _radius(age, law):
    shape = 1.0
    if law[3] != 0.0:
        shape = (1.0 + (law[1] / age) ** law[2]) ** law[3]
    return law[0] * (shape + law[4] * math.log10(age * 1e-9))


@njit(cache=True, error_model="numpy", inline="always")
def lookup(age, table, node, when):
    """(node, share) of age `when` in yr: the value of column c is table[node, c] + share (table[node + 1, c] - table[node, c])."""
    while node < AGES - 2 and age[node + 1] <= when:
        node += 1
    return node, min(1.0, (when - age[node]) / (age[node + 1] - age[node]))


@kernel
def tidal_rates(a, e, companion, star, motion, friction_p, friction_s, star_spin):
    """(d ln a/dt, de/dt) in 1/yr. companion, star: R^5 in au^5; motion = n a^(3/2); friction = k_2 tau m'/m in yr (`secular.PARAMETERS`)."""
    x = e * e
    i2 = 1.0 / ((1.0 - e) * (1.0 + e))
    i1 = math.sqrt(i2)
    f1, f2, f3, f4, f5 = hut(x)
    n = motion / (a * math.sqrt(a))
    a5 = a * a * a * a * a
    in_companion, in_star = friction_p * companion / a5 * n * n, friction_s * star / a5 * n * n
    i10 = i2 * i2 * i2 * i2 * i2
    i13, i12, i15 = i10 * i2 * i1, i10 * i2, i10 * i2 * i2 * i1
    rotated = in_companion * f2 / f5 * i2 * i1 + in_star * star_spin / n
    both = in_companion + in_star
    return -6.0 * (both * f1 * i15 - rotated * f2 * i12), -27.0 * e * (both * f3 * i13 - 11.0 / 18.0 * rotated * f4 * i10)


@kernel
def circularise(t, limit, a, e, start_age, age, table, motion, friction_p, friction_s, star_spin, mass_factor, factors, close_axis, crossing, watch, k):
    """(status, t, a, e): the tidal evolution of (a in au, e) from t to `limit` in yr after the start; status 0, 1 inside the last
    disruption radius, 2 too many steps, 3 not finite.

    factors (3,): periapsis over tidal radius R_p mass_factor at which crossing (3,) is set to the time when that is earlier;
    watch (4,): smallest periapsis, its time, smallest periapsis over tidal radius, time at which a first falls to close_axis; k (7, 2): scratch.
    """
    node, _ = lookup(age, table, 0, start_age + t)
    h = 1e-3 * (limit - t) + 1.0
    y0, y1 = math.log(a), e
    for _ in range(MOST_STEPS):
        node, share = lookup(age, table, node, start_age + t)
        roche = mass_factor * (table[node, 3] + share * (table[node + 1, 3] - table[node, 3]))
        a, e = math.exp(y0), y1
        periapsis = a * (1.0 - e)
        if periapsis < watch[0]:
            watch[0], watch[1] = periapsis, t
        watch[2] = min(watch[2], periapsis / roche)
        if a <= close_axis:
            watch[3] = min(watch[3], t)
        for i in range(3):
            if periapsis < factors[i] * roche:
                crossing[i] = min(crossing[i], t)
        if periapsis < factors[2] * roche:
            return 1, t, a, e
        if t >= limit:
            return 0, t, a, e
        h = min(h, limit - t, 0.05 * (start_age + t))
        while True:
            middle, share = lookup(age, table, node, start_age + t + 0.5 * h)  # radii change little within a step
            companion = table[middle, 0] + share * (table[middle + 1, 0] - table[middle, 0])
            star = table[middle, 1] + share * (table[middle + 1, 1] - table[middle, 1])
            for s in range(7):
                u, v = y0, y1
                for q in range(s):
                    weight = h * _TABLEAU[s, q]
                    u += weight * k[q, 0]
                    v += weight * k[q, 1]
                if not (0.0 <= v < 1.0):
                    v = min(max(v, 0.0), 1.0 - 1e-12)
                k[s, 0], k[s, 1] = tidal_rates(math.exp(u), v, companion, star, motion, friction_p, friction_s, star_spin)
            first, second, last0, last1 = 0.0, 0.0, y0, y1
            for s in range(7):
                first += h * _ERROR[s] * k[s, 0]
                second += h * _ERROR[s] * k[s, 1]
                last0 += h * _TABLEAU[6, s] * k[s, 0]
                last1 += h * _TABLEAU[6, s] * k[s, 1]
            error = max(abs(first), abs(second) / max(1e-3, 1.0 - y1)) / TOLERANCE
            if not error < math.inf:
                if h < 1e-6:
                    return 3, t, a, e
                h *= 0.1
                continue
            factor = min(5.0, max(0.1, 0.9 * (error + 1e-30) ** -0.2))
            if error <= 1.0:
                t += h
                y0, y1 = last0, last1 if last1 > CIRCULAR else 0.0
                h *= factor
                break
            h *= factor
    return 2, t, a, e


_TABLEAU = np.array([
    [0, 0, 0, 0, 0, 0, 0],
    [1 / 5, 0, 0, 0, 0, 0, 0],
    [3 / 40, 9 / 40, 0, 0, 0, 0, 0],
    [44 / 45, -56 / 15, 32 / 9, 0, 0, 0, 0],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0, 0],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0, 0],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
])
_ERROR = np.array([71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
