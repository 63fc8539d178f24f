"""Forces between the two bodies of an inner pair beyond Newton's, as a direct integration needs them: 1PN, bulges and tidal friction.

Every force acts along or within the pair and its opposite on the other body, so momentum is conserved. Units: au, Msun, yr.

* 1PN as the potential -3 m1 m2 G^2 m12 / (c^2 r^2) (Nobili & Roxburgh 1986): its orbit-averaged precession is the 1PN rate
  3 G m12 n / (c^2 a j^2), and it conserves energy and angular momentum.
* Tidal bulge with Love number k of a body of mass m and radius R, raised by m': potential -(k/2) G m'^2 R^5 / r^6.
* Rotational bulge of a spin along the orbit normal: potential -(k/6) m' Omega^2 R^5 / r^3, as J2 = k Omega^2 R^3 / (3 G m).
* Friction: the bulge answers to where m' stood a lag tau ago in the frame that turns with the body (Hut 1981, eq. 8; to first order in tau),
  -(3 k G m'^2 R^5 / r^8) tau [v - Omega x r + 2 (v . r/r) r/r]. The spin is along the instantaneous orbit normal.
"""

import math
from typing import Final

from numba import njit

from analysis.constants import C_LIGHT, G

__all__ = ["FORCES", "conservative_energy", "pair_forces", "pseudo_synchronous_spin"]

FORCES: Final = (
    "host_mass", "companion_mass",  # Msun
    "relativity", "bulges", "friction", "pseudo_synchronous",  # 1 or 0
    "companion_love", "star_love",
    "companion_radius", "star_radius",  # au
    "companion_lag", "star_lag",  # yr
    "companion_spin", "star_spin",  # rad/yr; the companion's when it is not pseudo-synchronous
)


@njit(cache=True, error_model="numpy")
def pseudo_synchronous_spin(rx, ry, rz, vx, vy, vz, mass):
    """Pseudo-synchronous rotation rate (rad/yr) of Hut (1981), eq. 42, for the osculating orbit; 0 for an orbit that is not bound."""
    r = math.sqrt(rx * rx + ry * ry + rz * rz)
    energy = 0.5 * (vx * vx + vy * vy + vz * vz) - G * mass / r
    if not energy < 0.0:
        return 0.0
    a = -0.5 * G * mass / energy
    hx, hy, hz = ry * vz - rz * vy, rz * vx - rx * vz, rx * vy - ry * vx
    jj = min(1.0, (hx * hx + hy * hy + hz * hz) / (G * mass * a))
    x = 1.0 - jj
    ratio = (1.0 + x * (7.5 + x * (5.625 + x * 0.3125))) / ((1.0 + x * (3.0 + x * 0.375)) * jj * math.sqrt(jj))
    return ratio * math.sqrt(G * mass / (a * a * a))


@njit(cache=True, error_model="numpy")
def pair_forces(rx, ry, rz, vx, vy, vz, p):
    """Force on the companion by the host, Msun au / yr^2, as (radial factor, x, y, z): factor * r + (x, y, z).

    r and v: companion minus host, au and au/yr; p: values of FORCES. The factor holds what `conservative_energy` accounts for: 1PN and the
    bulges of fixed spins. The vector holds friction and the rotational bulge of a pseudo-synchronous companion.
    """
    m1, m2 = p[0], p[1]
    total = m1 + m2
    r2 = rx * rx + ry * ry + rz * rz
    r = math.sqrt(r2)
    i2 = 1.0 / r2
    i8 = i2 * i2 * i2 * i2
    factor = -p[2] * 6.0 * m1 * m2 * total * G * G / (C_LIGHT * C_LIGHT) * i2 * i2
    if p[3] == 0.0 and p[4] == 0.0:
        return factor, 0.0, 0.0, 0.0
    companion5, star5 = p[8] ** 5, p[9] ** 5
    in_companion = 3.0 * p[6] * G * m1 * m1 * companion5 * i8
    in_star = 3.0 * p[7] * G * m2 * m2 * star5 * i8
    spin = p[12]
    if p[5] != 0.0:
        spin = pseudo_synchronous_spin(rx, ry, rz, vx, vy, vz, total)
    turn = -p[3] * 0.5 * p[6] * m1 * companion5 * spin * spin * i2 * i2 / r
    factor -= p[3] * (in_companion + in_star + 0.5 * p[7] * m2 * star5 * p[13] * p[13] * i2 * i2 / r)
    if p[5] == 0.0:
        factor += turn
        turn = 0.0
    fx, fy, fz = turn * rx, turn * ry, turn * rz
    if p[4] != 0.0:
        hx, hy, hz = ry * vz - rz * vy, rz * vx - rx * vz, rx * vy - ry * vx
        h = math.sqrt(hx * hx + hy * hy + hz * hz)
        dx, dy, dz = (hy * rz - hz * ry) / h, (hz * rx - hx * rz) / h, (hx * ry - hy * rx) / h  # unit normal x r
        along = 2.0 * (rx * vx + ry * vy + rz * vz) * i2
        lagged = p[4] * (in_companion * p[10] + in_star * p[11])
        rotated = p[4] * (in_companion * p[10] * spin + in_star * p[11] * p[13])
        fx -= lagged * (vx + along * rx) - rotated * dx
        fy -= lagged * (vy + along * ry) - rotated * dy
        fz -= lagged * (vz + along * rz) - rotated * dz
    return factor, fx, fy, fz


@njit(cache=True, error_model="numpy")
def conservative_energy(r, p):
    """Potential energy (Msun au^2/yr^2) of the conservative factor of `pair_forces` at distance r in au."""
    m1, m2 = p[0], p[1]
    energy = -p[2] * 3.0 * m1 * m2 * (m1 + m2) * (G / (C_LIGHT * r)) ** 2
    tides = p[6] * m1 * m1 * p[8] ** 5 + p[7] * m2 * m2 * p[9] ** 5
    turned = p[7] * m2 * p[9] ** 5 * p[13] ** 2
    if p[5] == 0.0:
        turned += p[6] * m1 * p[8] ** 5 * p[12] ** 2
    return energy - p[3] * (0.5 * G * tides / r**6 + turned / (6.0 * r**3))
