"""Level 2, the equations: octupole-order double-averaged vectors with short-range forces and constant-time-lag tides.

State of one triple, 14 numbers: j (3), e (3), j2 (3), e2 (3), the inner semi-major axis a in au, and the companion's spin variable
s = Omega_p R_p^2 in au^2/yr, which a contracting companion keeps. LANES triples advance side by side, so every array is flat with
the triple as its fastest index: element k of triple l is at k * LANES + l. Loops over triples hold no branch and no library call but sqrt.

With the potential energy Phi, dj = -(1/L)(j x d_j Phi + e x d_e Phi), de = -(1/L)(j x d_e Phi + e x d_j Phi) (Tremaine, Touma & Namouni
2009, AJ 137, 3706; Milankovitch 1939), L = m1 m2 / m12 sqrt(G m12 a), and the same for the outer orbit.
"""

import math

import numpy as np
from numba import njit

from analysis.constants import C_LIGHT, G
from analysis.migration.secular.triple import PHYSICS

__all__ = [
    "AXIS", "BROWN", "BULGE_P", "BULGE_S", "FRICTION_P", "FRICTION_S", "INERTIA", "LANES", "MOTION", "OCTUPOLE", "PARAMETERS", "PSEUDO", "QUADRUPOLE",
    "RADII", "RATIO", "RELATIVITY", "ROTATION_P", "ROTATION_S", "SPIN", "SPIN_S", "STATES", "hut", "inlined", "kernel", "orient", "rates", "set_parameters",
    "short_range", "three_body",
]

LANES = 16
STATES = 14
AXIS, SPIN = 12, 13
W = LANES
_SQRT_G = math.sqrt(G)

# Numba counts references to array arguments atomically, which costs more than the arithmetic of a step. Without the count a function cannot
# allocate (it does not compile), so nothing can leak; the division by zero of "numpy" keeps branches out of the loops over triples.
kernel = njit(cache=True, error_model="numpy", _nrt=False)
inlined = njit(error_model="numpy", _nrt=False, inline="always")  # for what is called once per triple and step: arrays are costly to hand over

# Rows of the parameter array, constants of one triple.
(
    QUADRUPOLE,  # (C/8) / L = this a^(3/2), C = G m1 m2 m3 a^2 / (m12 a2^3)
    OCTUPOLE,  # (15/64) C (a/a2) (m1 - m2)/m12 / L = this a times the quadrupole's
    RATIO,  # L / L2 = this sqrt(a)
    BROWN,  # m3 / sqrt(m12 (m12 + m3)) a2^(-3/2); epsilon_SA = this a^(3/2) (1 - e2^2)^(-3/2)
    MOTION,  # n = this a^(-3/2)
    RELATIVITY,  # precession = this n / (a j^2)
    BULGE_P, BULGE_S,  # (15/2) k_2 m'/m of companion and star
    ROTATION_P, ROTATION_S,  # k_2 m12 / (2 m), the star's times Omega_s^2
    FRICTION_P, FRICTION_S,  # k_2 tau m'/m, yr
    SPIN_S,  # rad/yr
    INERTIA,  # 3 (m1 / m12) / alpha sqrt(G m12): torque on the companion's s = this K sqrt(a) j [...]
    PSEUDO,  # 1: spin follows the orbit
) = range(15)
PARAMETERS = 15
RADII = 6  # R_p^5, its change over the step, R_s^5, its change, 1/R_p^2, its change


def _switch(name: str) -> int:
    return PHYSICS.index(name)


_OCTUPOLE, _BROWN, _RELATIVITY, _BULGES, _FRICTION = map(_switch, ("octupole", "corrected_averaging", "relativity", "bulges", "friction"))
_PSEUDO, _LOVE_P, _LOVE_S, _LAG_P, _LAG_S = map(_switch, ("pseudo_synchronous", "companion_love", "star_love", "companion_lag", "star_lag"))
_INERTIA, _SPIN_S = map(_switch, ("companion_inertia", "star_spin"))


@kernel
def set_parameters(m1, m2, m3, outer_axis, physics, parameters, lane):
    """Fill one lane of `parameters` (PARAMETERS * LANES,) from masses in Msun, a2 in au and the physics vector."""
    m12 = m1 + m2
    total = m12 + m3
    parameters[QUADRUPOLE * W + lane] = 0.125 * m3 * _SQRT_G / math.sqrt(m12) / outer_axis**3
    parameters[OCTUPOLE * W + lane] = physics[_OCTUPOLE] * 1.875 * (m1 - m2) / m12 / outer_axis
    parameters[RATIO * W + lane] = m1 * m2 / math.sqrt(m12) * math.sqrt(total) / (m12 * m3 * math.sqrt(outer_axis))
    parameters[BROWN * W + lane] = physics[_BROWN] * m3 / math.sqrt(m12 * total) / (outer_axis * math.sqrt(outer_axis))
    parameters[MOTION * W + lane] = math.sqrt(G * m12)
    parameters[RELATIVITY * W + lane] = physics[_RELATIVITY] * 3.0 * G * m12 / C_LIGHT**2
    parameters[BULGE_P * W + lane] = physics[_BULGES] * 7.5 * physics[_LOVE_P] * m1 / m2
    parameters[BULGE_S * W + lane] = physics[_BULGES] * 7.5 * physics[_LOVE_S] * m2 / m1
    parameters[ROTATION_P * W + lane] = physics[_BULGES] * 0.5 * physics[_LOVE_P] * m12 / m2
    parameters[ROTATION_S * W + lane] = physics[_BULGES] * 0.5 * physics[_LOVE_S] * m12 / m1 * physics[_SPIN_S] ** 2
    parameters[FRICTION_P * W + lane] = physics[_FRICTION] * physics[_LOVE_P] * physics[_LAG_P] * m1 / m2
    parameters[FRICTION_S * W + lane] = physics[_FRICTION] * physics[_LOVE_S] * physics[_LAG_S] * m2 / m1
    parameters[SPIN_S * W + lane] = physics[_SPIN_S]
    parameters[INERTIA * W + lane] = 3.0 * m1 / m12 / physics[_INERTIA] * math.sqrt(G * m12)
    parameters[PSEUDO * W + lane] = physics[_PSEUDO]


@kernel
def orient(inner_eccentricity, outer_eccentricity, inclination, inner_argument, outer_argument, state, lane):
    """Set j, e, j2, e2 of one lane: outer orbit in the xy plane, the companion's ascending node on x, angles in rad from it."""
    ci, si = math.cos(inclination), math.sin(inclination)
    cw, sw = math.cos(inner_argument), math.sin(inner_argument)
    j = math.sqrt((1.0 - inner_eccentricity) * (1.0 + inner_eccentricity))
    j2 = math.sqrt((1.0 - outer_eccentricity) * (1.0 + outer_eccentricity))
    state[0 * W + lane], state[1 * W + lane], state[2 * W + lane] = 0.0, -j * si, j * ci
    state[3 * W + lane] = inner_eccentricity * cw
    state[4 * W + lane] = inner_eccentricity * sw * ci
    state[5 * W + lane] = inner_eccentricity * sw * si
    state[6 * W + lane], state[7 * W + lane], state[8 * W + lane] = 0.0, 0.0, j2
    state[9 * W + lane] = outer_eccentricity * math.cos(outer_argument)
    state[10 * W + lane] = outer_eccentricity * math.sin(outer_argument)
    state[11 * W + lane] = 0.0


@njit(cache=True, error_model="numpy", inline="always")
def hut(x):
    """(f1, f2, f3, f4, f5) of Hut (1981), eq. 11, at x = e^2."""
    f1 = 1.0 + x * (15.5 + x * (31.875 + x * (11.5625 + x * 0.390625)))
    f2 = 1.0 + x * (7.5 + x * (5.625 + x * 0.3125))
    f3 = 1.0 + x * (3.75 + x * (1.875 + x * 0.078125))
    f4 = 1.0 + x * (1.5 + x * 0.125)
    f5 = 1.0 + x * (3.0 + x * 0.375)
    return f1, f2, f3, f4, f5


@kernel
def three_body(y, p, out):
    """Write the three-body part of the derivative (1/yr) of all lanes to `out` (STATES * LANES,), the axis and spin rates as zero.

    Phi_quad = (C/8)[|j2|^-3 (1 - 6 e^2) + |j2|^-5 (15 (e.j2)^2 - 3 (j.j2)^2)] and the octupole of SCIENCE (Liu, Munoz & Lai 2015; Petrovich
    2015), gradients combined into the six cross products of j, e, j2, e2. The inner torque is taken from the outer orbit. Corrected averaging
    (Luo, Katz & Dong 2016; Tremaine 2023, for any e2): Phi_B = -(27/64) C epsilon_SA (1 - e2^2)^(-3/2) (1 + 2 e2^2/3) jz
    [(1 - jz^2)/3 + 8 e^2 - 5 ez^2] with z along j2; e2^2 is written as 1 - |j2|^2.
    """
    corrected = p[BROWN * W] != 0.0  # a switch for all triples alike; lane 0 is the first to be filled
    for l in range(W):
        jx, jy, jz = y[l], y[W + l], y[2 * W + l]
        ex, ey, ez = y[3 * W + l], y[4 * W + l], y[5 * W + l]
        gx, gy, gz = y[6 * W + l], y[7 * W + l], y[8 * W + l]
        fx, fy, fz = y[9 * W + l], y[10 * W + l], y[11 * W + l]
        a = y[12 * W + l]
        root = math.sqrt(a)
        quad = p[QUADRUPOLE * W + l] * a * root
        octu = p[OCTUPOLE * W + l] * a * quad
        s2 = 1.0 / (gx * gx + gy * gy + gz * gz)
        s = math.sqrt(s2)
        s5 = s2 * s2 * s
        q3, q5, o5, o7 = quad * s2 * s, quad * s5, octu * s5, octu * s5 * s2
        ee = ex * ex + ey * ey + ez * ez
        eg = ex * gx + ey * gy + ez * gz
        jg = jx * gx + jy * gy + jz * gz
        ef = ex * fx + ey * fy + ez * fz
        jf = jx * fx + jy * fy + jz * fz
        # d_e Phi / L = ae e + ag j2 + af e2 and d_j Phi / L = bg j2 + bf e2
        mixed = 5.0 * jg * jg - 35.0 * eg * eg
        flat = 8.0 * ee - 1.0
        ae = 16.0 * o5 * ef - 12.0 * q3
        ag = 30.0 * q5 * eg + o7 * (10.0 * jf * jg - 70.0 * ef * eg)
        af = o5 * flat + o7 * mixed
        bg = o7 * (10.0 * (ef * jg + eg * jf)) - 6.0 * q5 * jg
        bf = 10.0 * o7 * eg * jg
        dg = 0.0
        if corrected:  # Phi_B / L = brown weight jg even
            g2 = gx * gx + gy * gy + gz * gz
            brown = -0.375 * quad * p[BROWN * W + l] * a * root
            weight = (5.0 * s2 - 2.0) * s5 * s2
            even = g2 * (1.0 + 24.0 * ee) - jg * jg - 15.0 * eg * eg
            ae += 48.0 * brown * weight * g2 * jg
            ag -= 30.0 * brown * weight * jg * eg
            bg += brown * weight * (even - 2.0 * jg * jg)
            dg = brown * jg * ((14.0 - 45.0 * s2) * s5 * s2 * s2 * even + 2.0 * weight * (1.0 + 24.0 * ee))
        # d_e2 Phi / L = ce e + cj j, d_j2 Phi / L = ag e + bg j + dg j2; both are needed for e2 alone
        ce, cj = af, bf
        dg -= s2 * (3.0 * q3 * (1.0 - 6.0 * ee) + 5.0 * q5 * (15.0 * eg * eg - 3.0 * jg * jg) + 5.0 * o5 * ef * flat
                    + 7.0 * o7 * (ef * mixed + 10.0 * eg * jf * jg))
        # cross products j x j2, j x e2, e x j2, e x e2, j x e, e2 x j2
        ux, uy, uz = jy * gz - jz * gy, jz * gx - jx * gz, jx * gy - jy * gx
        vx, vy, vz = jy * fz - jz * fy, jz * fx - jx * fz, jx * fy - jy * fx
        wx, wy, wz = ey * gz - ez * gy, ez * gx - ex * gz, ex * gy - ey * gx
        hx, hy, hz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
        kx, ky, kz = jy * ez - jz * ey, jz * ex - jx * ez, jx * ey - jy * ex
        mx, my, mz = fy * gz - fz * gy, fz * gx - fx * gz, fx * gy - fy * gx
        tx = -(bg * ux + bf * vx + ag * wx + af * hx)
        ty = -(bg * uy + bf * vy + ag * wy + af * hy)
        tz = -(bg * uz + bf * vz + ag * wz + af * hz)
        ratio = p[RATIO * W + l] * root
        out[l], out[W + l], out[2 * W + l] = tx, ty, tz
        out[3 * W + l] = -(ae * kx + ag * ux + af * vx + bg * wx + bf * hx)
        out[4 * W + l] = -(ae * ky + ag * uy + af * vy + bg * wy + bf * hy)
        out[5 * W + l] = -(ae * kz + ag * uz + af * vz + bg * wz + bf * hz)
        out[6 * W + l], out[7 * W + l], out[8 * W + l] = -ratio * tx, -ratio * ty, -ratio * tz
        out[9 * W + l] = ratio * (ce * wx + cj * ux + ag * hx + bg * vx - dg * mx)
        out[10 * W + l] = ratio * (ce * wy + cj * uy + ag * hy + bg * vy - dg * my)
        out[11 * W + l] = ratio * (ce * wz + cj * uz + ag * hz + bg * vz - dg * mz)
        out[12 * W + l] = 0.0
        out[13 * W + l] = 0.0


@kernel
def short_range(y, p, radii, fraction, out):
    """Add 1PN, tidal and rotational bulges, and tidal friction to the derivative of all lanes in `out` (STATES * LANES,).

    radii (RADII * LANES,) holds R^5 and 1/R_p^2 at the start of a step and their change over it, `fraction` is the place within the step.
    Precession rates about j: 3 G m12 n/(c^2 a j^2); (15/2) k_2 n (m'/m)(R/a)^5 (1 + 3e^2/2 + e^4/8)/j^10 (Fabrycky & Tremaine 2007,
    eq. 24); (k_2/2)(m12/m)(R/a)^5 Omega^2/(n j^4) for a spin along the orbit normal. Friction: Hut (1981), eqs. 9-12, with k_2 tau.
    """
    for l in range(W):
        jx, jy, jz = y[l], y[W + l], y[2 * W + l]
        ex, ey, ez = y[3 * W + l], y[4 * W + l], y[5 * W + l]
        a = y[12 * W + l]
        jj = jx * jx + jy * jy + jz * jz
        ee = ex * ex + ey * ey + ez * ez
        i2 = 1.0 / jj
        i1 = math.sqrt(i2)
        ia = 1.0 / a
        root = math.sqrt(a)
        n = p[MOTION * W + l] * ia * ia * root
        ia5 = ia * ia * ia * ia * ia
        companion = (radii[l] + fraction * radii[W + l]) * ia5
        star = (radii[2 * W + l] + fraction * radii[3 * W + l]) * ia5
        i4 = i2 * i2
        i10 = i4 * i4 * i2
        f1, f2, f3, f4, f5 = hut(ee)
        pseudo = p[PSEUDO * W + l]
        spin = y[13 * W + l] * (radii[4 * W + l] + fraction * radii[5 * W + l])
        spin = pseudo * (n * f2 / f5 * i2 * i1) + (1.0 - pseudo) * spin
        precession = n * (p[RELATIVITY * W + l] * ia * i2 + (p[BULGE_P * W + l] * companion + p[BULGE_S * W + l] * star) * f4 * i10)
        precession += (p[ROTATION_P * W + l] * companion * spin * spin + p[ROTATION_S * W + l] * star) * i4 / n
        turn = precession * i1
        in_companion = p[FRICTION_P * W + l] * companion * n * n
        in_star = p[FRICTION_S * W + l] * star * n * n
        # (Omega/n) terms of both bodies
        rotated = (in_companion * spin + in_star * p[SPIN_S * W + l]) / n
        both = in_companion + in_star
        i13 = i10 * i2 * i1
        decay = -27.0 * (both * f3 * i13 - 11.0 / 18.0 * rotated * f4 * i10)
        widen = -decay * ee * i2
        out[l] += widen * jx
        out[W + l] += widen * jy
        out[2 * W + l] += widen * jz
        out[3 * W + l] += turn * (jy * ez - jz * ey) + decay * ex
        out[4 * W + l] += turn * (jz * ex - jx * ez) + decay * ey
        out[5 * W + l] += turn * (jx * ey - jy * ex) + decay * ez
        out[12 * W + l] = -6.0 * a * (both * f1 * i13 * i2 - rotated * f2 * i10 * i2)
        torque = in_companion * (f2 * i13 - f5 * spin / n * i10)
        out[13 * W + l] = (1.0 - pseudo) * p[INERTIA * W + l] * torque * root * jj * i1


@njit(cache=True, error_model="numpy")
def rates(state, system, physics, companion_radius, star_radius, out):
    """Derivative (14,) of one triple's state (14,), per yr: the terms that `physics` switches on, radii in au held fixed.

    system: a row with the columns of `triple.SYSTEM`, of which the masses and the outer axis are used.
    """
    y, rate = np.ones(STATES * W), np.zeros(STATES * W)
    p, radii = np.zeros(PARAMETERS * W), np.zeros(RADII * W)
    for k in range(STATES):
        for lane in range(W):
            y[k * W + lane] = state[k]
    for lane in range(W):
        set_parameters(system[0], system[1], system[2], system[4], physics, p, lane)
        radii[lane], radii[2 * W + lane], radii[4 * W + lane] = companion_radius**5, star_radius**5, companion_radius**-2.0
    three_body(y, p, rate)
    short_range(y, p, radii, 0.0, rate)
    for k in range(STATES):
        out[k] = rate[k * W]
