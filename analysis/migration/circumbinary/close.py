"""Circumbinary migration near the stars: Gragg-Bulirsch-Stoer extrapolation of the planar equations of motion, one system at a time.

Units and states as in `steps`. The modified midpoint rule with 2, 4, ... 14 substeps is extrapolated in the square of the
substep (Hairer, Norsett & Wanner 1993, Solving Ordinary Differential Equations I, section II.9), which gives order 14; the step follows
the difference of the last two columns.
"""

import math

from analysis.migration.circumbinary.steps import kernel

__all__ = ["COLUMNS", "FORCES", "HIT_A", "HIT_B", "MASSES", "STATES", "STOPPED", "TRAVELLED", "WORK", "approach", "rates"]

STATES = 8  # x, y, vx, vy of star B from star A, then of the planet from the binary's barycentre
COLUMNS = 7
WORK = COLUMNS + 4  # rows of scratch
MASSES = (SHARE_A, SHARE_B, PLANET_MASS) = range(3)  # in units of m_A + m_B
FORCES = (INWARD, RADIAL, CIRCULAR) = (3, 4, 5)  # drag: -INWARD v - RADIAL (v . r) r / r^2 + CIRCULAR v_c
TRAVELLED, HIT_A, HIT_B, STOPPED = range(4)
SMALLEST = 1e-12  # share of the time asked for, below which a step counts as vanished
TWO_BODY = 0.2  # distance within which a star alone rules the planet's orbit
SAFETY, SHRINK, GROW = 0.9, 0.1, 3.0


@kernel
def rates(u, q, out):
    """Time derivative of a state u (STATES,) with the parameters q (6,) of MASSES and FORCES."""
    a, b, planet = q[SHARE_A], q[SHARE_B], q[PLANET_MASS]
    bx, by, px, py, vx, vy = u[0], u[1], u[4], u[5], u[6], u[7]
    ax, ay, cx, cy = px + b * bx, py + b * by, px - a * bx, py - a * by
    b2, a2, c2, r2 = bx * bx + by * by, ax * ax + ay * ay, cx * cx + cy * cy, px * px + py * py
    wb, wa, wc = 1.0 / (b2 * math.sqrt(b2)), 1.0 / (a2 * math.sqrt(a2)), 1.0 / (c2 * math.sqrt(c2))
    total = 1.0 + planet
    radial = q[RADIAL] * (px * vx + py * vy) / r2
    circular = q[CIRCULAR] * math.sqrt(total / (r2 * math.sqrt(r2)))
    out[0], out[1], out[4], out[5] = u[2], u[3], vx, vy
    out[2] = -bx * wb + planet * (cx * wc - ax * wa)
    out[3] = -by * wb + planet * (cy * wc - ay * wa)
    out[6] = -total * (a * ax * wa + b * cx * wc) - q[INWARD] * vx - radial * px - circular * py
    out[7] = -total * (a * ay * wa + b * cy * wc) - q[INWARD] * vy - radial * py + circular * px


@kernel
def _extrapolate(u, q, h, work):
    """One step of h from u: its result in work[0]; returns the error, relative to the size of each pair's position and velocity."""
    first, old, mid, rate = work[COLUMNS], work[COLUMNS + 1], work[COLUMNS + 2], work[COLUMNS + 3]
    rates(u, q, first)
    for k in range(COLUMNS):
        n = 2 * (k + 1)
        part = h / n
        for c in range(STATES):
            old[c], mid[c] = u[c], u[c] + part * first[c]
        for _ in range(n - 1):
            rates(mid, q, rate)
            for c in range(STATES):
                old[c], mid[c] = mid[c], old[c] + 2.0 * part * rate[c]
        rates(mid, q, rate)
        for c in range(STATES):
            work[k, c] = 0.5 * (old[c] + mid[c] + part * rate[c])
        for j in range(k, 0, -1):  # Aitken-Neville: row j - 1 held the value of the substeps before
            ratio = (k + 1) / j
            share = 1.0 / (ratio * ratio - 1.0)
            for c in range(STATES):
                work[j - 1, c] = work[j, c] + (work[j, c] - work[j - 1, c]) * share
    error = 0.0
    for c in range(0, STATES, 2):
        size = math.hypot(u[c], u[c + 1])
        error = max(error, math.hypot(work[0, c] - work[1, c], work[0, c + 1] - work[1, c + 1]) / size)
    return error


@kernel
def _least(u, v, share, sign, mass):
    """Least distance of the planet from a star between the states u and v; near a star, that of its orbit about this one when they pass its pericentre.

    The star lies at -share * sign times the binary's separation; mass: star and planet.
    """
    x, y, vx, vy = v[4] + sign * share * v[0], v[5] + sign * share * v[1], v[6] + sign * share * v[2], v[7] + sign * share * v[3]
    fx, fy, fvx, fvy = u[4] + sign * share * u[0], u[5] + sign * share * u[1], u[6] + sign * share * u[2], u[7] + sign * share * u[3]
    near = min(math.hypot(x, y), math.hypot(fx, fy))
    if near < TWO_BODY and fx * fvx + fy * fvy < 0.0 < x * vx + y * vy:
        r, momentum = math.hypot(x, y), x * vy - y * vx
        square = 1.0 + (vx * vx + vy * vy - 2.0 * mass / r) * (momentum / mass) ** 2
        near = min(near, momentum * momentum / mass / (1.0 + math.sqrt(max(0.0, square))))
    return near


@kernel
def approach(u, q, span, step, tolerance, radius_a, radius_b, work):
    """Advance u (STATES,) by `span` in place: (TRAVELLED, HIT_A, HIT_B or STOPPED, time travelled, least distance from a star, next step).

    q (6,): MASSES and FORCES; step: the first one to try; radius_a, radius_b: distances that count as a collision with that star; work:
    (WORK, STATES) scratch. STOPPED: the step vanished or the state is not finite.
    """
    t, near = 0.0, math.inf
    while t < span:
        h = min(step, span - t)
        error = _extrapolate(u, q, h, work)
        if not error < math.inf:
            step = SHRINK * h
        else:
            factor = min(GROW, max(SHRINK, SAFETY * (tolerance / max(error, 1e-30)) ** (1.0 / (2 * COLUMNS - 1))))
            if error <= tolerance:
                distance_a = _least(u, work[0], q[SHARE_B], 1.0, q[SHARE_A] + q[PLANET_MASS])
                distance_b = _least(u, work[0], q[SHARE_A], -1.0, q[SHARE_B] + q[PLANET_MASS])
                for c in range(STATES):
                    u[c] = work[0, c]
                t = span if h >= span - t else t + h
                near = min(near, distance_a, distance_b)
                if distance_a < radius_a:
                    return HIT_A, t, near, step
                if distance_b < radius_b:
                    return HIT_B, t, near, step
                if h < step and factor >= 1.0:
                    continue  # the last piece of the span says nothing against the step
            step = factor * h
        if step < SMALLEST * span:
            return STOPPED, t, near, step
    return TRAVELLED, span, near, step
