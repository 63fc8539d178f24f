"""Circumbinary migration, the mapping: planar Kepler drifts and interaction kicks for LANES systems side by side.

Units: G = m_A + m_B = 1 and the binary's first semi-major axis = 1, so its period is 2 pi. The state of a system is its two Jacobi pairs, star B
seen from star A and the planet seen from the binary's barycentre. Each pair drifts along its own Kepler orbit; the kicks carry the rest of the
potential, the planet's pull on the binary included, and the drag. A step is SABA_n of Laskar & Robutel (2001, CeMDA 80, 39), whose kicks
lie at Gauss-Legendre nodes: its error is of order e h^2n + e^2 h^2, e the ratio of interaction to Kepler parts. All arithmetic is done
lane by lane, so a system's numbers do not depend on its neighbours.
"""

import math

from numba import njit

__all__ = [
    "BINARY", "DAMP", "GM", "LANES", "NEAREST", "PAIR", "PLANET", "PLANET_MASS", "RESIDUAL", "ROWS", "SHARE_A", "SHARE_B", "drag", "drift", "inlined",
    "kernel", "kick", "steps",
]

kernel = njit(cache=True, error_model="numpy", nogil=True)
inlined = njit(error_model="numpy", _nrt=False, inline="always")
LANES = W = 16

# Rows of the lane array, one flat array of LANES elements per row: with constant distances between the rows of one array the compiler can tell
# that they do not overlap, and the loops over lanes become vector instructions.
PAIR = 6  # rows of a Jacobi pair: x, y, vx, vy, G times the masses its drift feels, residual
GM, RESIDUAL = 4, 5  # the largest relative residual of Kepler's equation before the last iteration, which cubes it
BINARY, PLANET = 0, PAIR  # star B from star A; the planet from the binary's barycentre
SHARE_A, SHARE_B = 2 * PAIR, 2 * PAIR + 1  # m_A, m_B of a total of 1
PLANET_MASS = 2 * PAIR + 2
NEAREST = 2 * PAIR + 3  # least squared distance of the planet from a star at a kick
DAMP = 2 * PAIR + 4  # three rows: what a step leaves of the planet's radial and of its transverse velocity, and what it adds to the latter in
# circular velocities (dv/dt = -C (v - alpha v_c) solved at fixed position; Beauge et al. 2006, MNRAS 365, 1160)
ROWS = DAMP + 3


@inlined
def stumpff(z):
    """(c2, c3) of |z| < 1.5 to rounding: (1 - cos x) / x^2 and (x - sin x) / x^3 at x^2 = z."""
    c2 = 1.0 / 20922789888000.0
    c2 = 1.0 / 87178291200.0 - z * c2
    c2 = 1.0 / 479001600.0 - z * c2
    c2 = 1.0 / 3628800.0 - z * c2
    c2 = 1.0 / 40320.0 - z * c2
    c2 = 1.0 / 720.0 - z * c2
    c2 = 1.0 / 24.0 - z * c2
    c2 = 0.5 - z * c2
    c3 = 1.0 / 355687428096000.0
    c3 = 1.0 / 1307674368000.0 - z * c3
    c3 = 1.0 / 6227020800.0 - z * c3
    c3 = 1.0 / 39916800.0 - z * c3
    c3 = 1.0 / 362880.0 - z * c3
    c3 = 1.0 / 5040.0 - z * c3
    c3 = 1.0 / 120.0 - z * c3
    c3 = 1.0 / 6.0 - z * c3
    return c2, c3


@inlined
def halley(s, r0, eta, zeta, beta, dt):
    """(next s, |residual| / dt) of Kepler's equation r0 s + eta G2 + zeta G3 = dt in universal variables."""
    z = beta * s * s
    c2, c3 = stumpff(z)
    g1, g2 = s * (1.0 - z * c3), s * s * c2
    f = r0 * s + eta * g2 + zeta * (s * s * s * c3) - dt
    slope = r0 + eta * g1 + zeta * g2
    curve = eta * (1.0 - z * c2) + zeta * g1
    return s - 2.0 * f * slope / (2.0 * slope * slope - f * curve), abs(f / dt)


@inlined
def _drift(y, pair, dt, iterations):
    o = pair * W
    for l in range(W):
        px, py, vx, vy, mu = y[o + l], y[o + W + l], y[o + 2 * W + l], y[o + 3 * W + l], y[o + GM * W + l]
        r0 = math.sqrt(px * px + py * py)
        inverse = 1.0 / r0
        eta = px * vx + py * vy
        beta = 2.0 * mu * inverse - vx * vx - vy * vy
        zeta = mu - beta * r0
        u = dt * inverse
        s = u - 0.5 * u * u * eta * inverse + u * u * u * inverse * (3.0 * eta * eta * inverse - zeta) / 6.0
        if iterations > 1:
            s, _ = halley(s, r0, eta, zeta, beta, dt)
        s, left = halley(s, r0, eta, zeta, beta, dt)
        z = beta * s * s
        c2, c3 = stumpff(z)
        g1, g2, g3 = s * (1.0 - z * c3), s * s * c2, s * s * s * c3
        share = mu * inverse / (r0 + eta * g1 + zeta * g2)
        f, g = 1.0 - mu * g2 * inverse, dt - mu * g3
        ft, gt = -share * g1, 1.0 - share * r0 * g2
        worst = y[o + RESIDUAL * W + l]
        y[o + l] = f * px + g * vx
        y[o + W + l] = f * py + g * vy
        y[o + 2 * W + l] = ft * px + gt * vx
        y[o + 3 * W + l] = ft * py + gt * vy
        y[o + RESIDUAL * W + l] = max(worst, left)


@kernel
def drift(y, dt):
    """Move both Jacobi pairs along their Kepler orbits for dt, in every lane; the planet turns less in it, so one iteration does."""
    _drift(y, BINARY, dt, 2)
    _drift(y, PLANET, dt, 1)


@kernel
def kick(y, dt):
    """Interaction over dt at fixed positions in every lane."""
    for l in range(W):
        bx, by, px, py = y[l], y[W + l], y[PLANET * W + l], y[(PLANET + 1) * W + l]
        a, b = y[SHARE_A * W + l], y[SHARE_B * W + l]
        ax, ay = px + b * bx, py + b * by  # planet from star A
        cx, cy = px - a * bx, py - a * by  # planet from star B
        r2, a2, c2 = px * px + py * py, ax * ax + ay * ay, cx * cx + cy * cy
        w, wa, wc = 1.0 / (r2 * math.sqrt(r2)), 1.0 / (a2 * math.sqrt(a2)), 1.0 / (c2 * math.sqrt(c2))
        pull, back = dt * y[(PLANET + GM) * W + l], dt * y[PLANET_MASS * W + l]
        close, least = min(a2, c2), y[NEAREST * W + l]
        y[2 * W + l] += back * (cx * wc - ax * wa)
        y[3 * W + l] += back * (cy * wc - ay * wa)
        y[(PLANET + 2) * W + l] += pull * (px * w - a * ax * wa - b * cx * wc)
        y[(PLANET + 3) * W + l] += pull * (py * w - a * ay * wa - b * cy * wc)
        y[NEAREST * W + l] = min(close, least)


@kernel
def drag(y):
    """The drag of one step at fixed positions in every lane; it is so weak that its place in the step does not matter."""
    for l in range(W):
        px, py, vx, vy = y[PLANET * W + l], y[(PLANET + 1) * W + l], y[(PLANET + 2) * W + l], y[(PLANET + 3) * W + l]
        inverse = 1.0 / math.sqrt(px * px + py * py)
        ux, uy = px * inverse, py * inverse
        radial = y[DAMP * W + l] * (ux * vx + uy * vy)
        across = y[(DAMP + 1) * W + l] * (ux * vy - uy * vx) + y[(DAMP + 2) * W + l] * math.sqrt(y[(PLANET + GM) * W + l] * inverse)
        y[(PLANET + 2) * W + l] = radial * ux - across * uy
        y[(PLANET + 3) * W + l] = radial * uy + across * ux


@kernel
def steps(y, drifts, kicks, h, count):
    """`count` steps of h for all lanes. drifts (n + 1,), kicks (n,): the parts of SABA_n."""
    n = kicks.size
    for _ in range(count):
        for i in range(n):
            drift(y, drifts[i] * h)
            kick(y, kicks[i] * h)
        drift(y, drifts[n] * h)
        drag(y)
