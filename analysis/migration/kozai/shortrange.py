"""Level-1 formulas: limiting eccentricity with short-range forces, stability, octupole window, tidal decay, and the kernel that counts outcomes.

Units: au, Msun, yr. m1 is the host, m2 the companion, m3 the perturber; m12 = m1 + m2; j = sqrt(1 - e^2); the inner orbit starts circular.
A short-range force enters as epsilon = strength * a2^3 (1 - e2^2)^(3/2) / m3; a strength depends on the inner binary only.

Tides use the modified quality factor Q' = 3 Q / (2 k_2) throughout and no time lag: Q' holds at the orbital frequency n_F = n / j^3 of the
circular orbit with the same angular momentum, where k_2 / Q = 3 / (2 Q') replaces the lag k_2 tau n_F of Hut (1981).
"""

import math

import numpy as np
from numba import njit, prange

from analysis.constants import C_LIGHT, G
from analysis.migration.rng import cell_key, draw_word, mix64

__all__ = [
    "BAD_INPUT", "DISRUPTED", "INVALID", "MIGRATED", "NO_ROOT", "OK", "OUTCOMES", "SHALLOW", "SLOW", "UNAVERAGED", "UNSTABLE",
    "count_outcomes", "decay_time", "limiting_j", "octupole_strength", "octupole_window", "periapsis_share", "short_range_balance",
    "short_range_strengths", "stable",
]

OK, BAD_INPUT, NO_ROOT = 0, 1, 2
UNSTABLE, SLOW, SHALLOW, MIGRATED, DISRUPTED, INVALID = range(6)
OUTCOMES = ("unstable", "slow", "quenched_or_shallow", "migrated", "disrupted", "invalid")
UNAVERAGED = 6  # column of the draws that migrate or are disrupted although double averaging is doubtful there
SMALLEST_J = 1e-8
LARGEST_OCTUPOLE, WIDEST_WINDOW = 0.05, 0.45
AVERAGING_MARGIN = 3.0
_UNIT = 1.0 / (1 << 32)
_SHIFT, _LOW, _ONE = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(1)


def short_range_strengths(host_mass, companion_mass, host_radius, companion_radius, axis, host_love, companion_love, host_rotation):
    """Strengths (GR, tides, companion's rotation at Omega = n, star's rotation), floats in au^-3 Msun, of the inner binary.

    Liu, Munoz & Lai (2015, arXiv:1409.6717): 1PN, and bulges with apsidal constants k_aps = Love number / 2 of both bodies. From
    I_3 - I_1 = 2 k_aps Omega^2 R^5 / (3 G), epsilon_rot = k_aps Omega^2 R^5 m12 / (G m a^5) a2^3 (1 - e2^2)^(3/2) / m3 of a body of mass m
    with aligned spin. host_rotation is the spin rate in rad/yr; radii and axis in au.
    """
    total = host_mass + companion_mass
    relativity = 3 * G * total**2 / (C_LIGHT**2 * axis**4)
    tides = 15 * total / axis**8 / 2 * (
        companion_love * host_mass / companion_mass * companion_radius**5 + host_love * companion_mass / host_mass * host_radius**5
    )
    synchronous = companion_love / 2 * companion_radius**5 * total**2 / (companion_mass * axis**8)
    star = host_love / 2 * host_rotation**2 * host_radius**5 * total / (G * host_mass * axis**5)
    return relativity, tides, synchronous, star


@njit(cache=True)
def pseudo_synchronous(j):
    """Omega / n at pseudo-synchronous rotation, f_2 / (f_5 j^3) (Hut 1981, eq. 42), for 0 < j <= 1."""
    x = 1.0 - j * j
    return (1.0 + x * (7.5 + x * (5.625 + x * 0.3125))) / ((1.0 + x * (3.0 + x * 0.375)) * j**3)


@njit(cache=True)
def short_range_balance(j, cos2, gr, tide, rotation, star_rotation, pseudo):
    """Left minus right side of Liu, Munoz & Lai (2015) eq. 50, divided by e^2; falls steadily with j on (0, 1], its zero is sqrt(1 - e_max^2).

    gr, tide, rotation (at Omega = n) and star_rotation are the epsilons, cos2 = cos^2 i_0. With `pseudo` the companion rotates
    pseudo-synchronously at e_max, else synchronously with its mean motion. The factor e^2 is divided out by hand, which removes the
    root at e = 0: (1/j - 1)/e^2 = 1/(j (1 + j)), and likewise for the other powers.
    """
    square = j * j
    eccentric = 1.0 - square
    ninth = square * square * square * square * j
    powers = 1.0 + j * (1.0 + j * (1.0 + j * (1.0 + j * (1.0 + j * (1.0 + j * (1.0 + j * (1.0 + j)))))))  # (1 - j^9) / (1 - j)
    spin = pseudo_synchronous(j) if pseudo else 1.0
    forces = gr / (j * (1.0 + j))
    forces += tide / 15.0 * (powers / (1.0 + j) + 3.0 + 0.375 * eccentric) / ninth
    forces += (rotation * spin * spin + star_rotation) / 3.0 * (1.0 + j + square) / (square * j * (1.0 + j))
    return forces - 1.125 * (1.0 - 5.0 / 3.0 * cos2 / square)


@njit(cache=True)
def limiting_j(cos2, gr, tide, rotation, star_rotation, pseudo):
    """(status, j): sqrt(1 - e_max^2) of a cycle that starts circular at cos^2 i_0 = cos2; j = 1 when the cycle is quenched.

    The zero of `short_range_balance` by bisection to the last bit; arguments as there, none negative, cos2 <= 1. It exists when
    epsilon_GR + epsilon_tide + epsilon_rot < (9/4)(1 - (5/3) cos2) and then lies between sqrt(5 cos2 / 3), the value without
    short-range forces, and 1. NO_ROOT when it lies below 1e-8, BAD_INPUT for arguments out of range.
    """
    if not (0.0 <= cos2 <= 1.0 and 0.0 <= gr < math.inf and 0.0 <= tide < math.inf and 0.0 <= rotation < math.inf and 0.0 <= star_rotation < math.inf):
        return BAD_INPUT, 1.0
    lowest = math.sqrt(5.0 / 3.0 * cos2)
    if gr + tide + rotation + star_rotation == 0.0:
        return OK, min(lowest, 1.0)
    if short_range_balance(1.0, cos2, gr, tide, rotation, star_rotation, pseudo) >= 0.0:
        return OK, 1.0
    low, high = max(lowest, SMALLEST_J), 1.0
    if short_range_balance(low, cos2, gr, tide, rotation, star_rotation, pseudo) <= 0.0:
        if lowest < SMALLEST_J:
            return NO_ROOT, 1.0
        return OK, low
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if short_range_balance(middle, cos2, gr, tide, rotation, star_rotation, pseudo) > 0.0:
            low = middle
        else:
            high = middle
    return OK, high


@njit(cache=True)
def periapsis_share(j):
    """r_p / a = 1 - e without the loss of digits near e = 1."""
    return j * j / (1.0 + math.sqrt(max(1.0 - j * j, 0.0)))


@njit(cache=True)
def stable(inner_mass, inner_axis, outer_mass, outer_axis, outer_eccentricity, cos_inclination):
    """True when a2 (1 - e2) / a > 2.8 [(1 + m3/m12)(1 + e2)/sqrt(1 - e2)]^(2/5) (1 - 0.3 i/180 deg) (Mardling & Aarseth 2001, eq. 90)."""
    bracket = (1.0 + outer_mass / inner_mass) * (1.0 + outer_eccentricity) / math.sqrt(1.0 - outer_eccentricity)
    limit = 2.8 * bracket**0.4 * (1.0 - 0.3 * math.acos(cos_inclination) / math.pi)
    return outer_axis * (1.0 - outer_eccentricity) / inner_axis > limit


@njit(cache=True)
def octupole_strength(host_mass, companion_mass, inner_axis, outer_axis, outer_eccentricity):
    """epsilon_oct = (m1 - m2)/m12 (a/a2) e2/(1 - e2^2), taken positive."""
    asymmetry = abs(host_mass - companion_mass) / (host_mass + companion_mass)
    return asymmetry * inner_axis / outer_axis * outer_eccentricity / (1.0 - outer_eccentricity**2)


@njit(cache=True)
def octupole_window(strength):
    """cos^2 i_lim: within it the octupole drives e to its limit at i = 90 deg (Munoz, Lai & Liu 2016, arXiv:1601.05814).

    0.26 x - 0.536 x^2 + 12.05 x^3 - 16.78 x^4 with x = epsilon_oct/0.1 for epsilon_oct <= 0.05, the range of the fit, and 0.45 beyond.
    """
    if strength > LARGEST_OCTUPOLE:
        return WIDEST_WINDOW
    x = strength / 0.1
    return x * (0.26 + x * (-0.536 + x * (12.05 - x * 16.78)))


@njit(cache=True)
def decay_time(host_mass, companion_mass, companion_radius, axis, j, quality):
    """a/|da/dt| in yr, averaged over Kozai-Lidov cycles of maximum eccentricity sqrt(1 - j^2), by tides in the companion with Q' = quality.

    Hut (1981) friction at pseudo-synchronous rotation, |da/dt|/a = 6 k_2 tau (m1/m2) (R/a)^5 n^2 [f_1 - f_2^2/f_5] / j^15, acting for
    the share j of the time that a cycle spends near e_max (Anderson, Storch & Lai 2016, arXiv:1510.08918; Munoz, Lai & Liu 2016).
    With k_2 tau = 3 / (2 Q' n_F) and n_F = n / j^3 this is Q' j^11 / {9 n (m1/m2) (R/a)^5 [f_1 - f_2^2/f_5]}. At constant periapsis and
    e near 1 the rate goes as 1/a, so the time to shrink the whole orbit is this same time. The share j is an order of magnitude: over whole
    quadrupole cycles the friction averages to 0.04-0.1 j of its peak, so this time is a lower bound until the cycles weaken.
    For 0 < j <= 1; infinite at j = 1.
    """
    x = 1.0 - j * j
    f1 = 1.0 + x * (15.5 + x * (31.875 + x * (11.5625 + x * 0.390625)))
    f2 = 1.0 + x * (7.5 + x * (5.625 + x * 0.3125))
    f5 = 1.0 + x * (3.0 + x * 0.375)
    friction = f1 - f2 * f2 / f5
    if friction <= 0.0:
        return math.inf
    motion = math.sqrt(G * (host_mass + companion_mass) / axis**3)
    return quality * j**11 / (9.0 * motion * host_mass / companion_mass * (companion_radius / axis) ** 5 * friction)


@njit(parallel=True, cache=True)
def count_outcomes(
    host_mass, companion_mass, inner_axis, strengths, pseudo, octupole, outer_mass, outer_axis, eccentricity_limit,
    time_limit, lower, upper, draws, seed, first_cell, count, status,
):
    """Fill `count` (int64, (cells, cases, 7)) with the draws of each outcome, in the order of OUTCOMES, and `status` (int64, (cells,)).

    The draws are those of level 0: the upper half k of a word is e_out = e_limit (k + 1/2)/2^32, the lower half |cos i| = (k + 1/2)/2^32;
    the sign of cos i, needed by the stability limit alone, is one bit of the scrambled word. strengths: the four of `short_range_strengths`.
    A case is a time limit (yr) with a lower (disruption) and an upper (tidal decay) periapsis in au, arrays (cases,); cells as
    in `criterion.count_feasible`. Column UNAVERAGED counts the migrated or disrupted draws with
    j < 3 epsilon_SA, epsilon_SA = (a/a2)^(3/2) (1 - e2^2)^(-3/2) m3/sqrt(m12 (m12 + m3)) (Luo, Katz & Dong 2016). A cell
    with a status other than OK has some or all of its draws in `invalid`, never lost.
    """
    inner_mass = host_mass + companion_mass
    cases = time_limit.size
    widest = max(np.max(upper), np.max(lower))
    for cell in prange(outer_mass.size):
        key = cell_key(seed, first_cell + np.uint64(cell))
        mass, axis = outer_mass[cell], outer_axis[cell]
        state = OK
        for case in range(cases):
            for outcome in range(7):
                count[cell, case, outcome] = 0
        if not (0.0 < mass < math.inf and 0.0 < axis < math.inf):
            for case in range(cases):
                count[cell, case, INVALID] = draws
            status[cell] = BAD_INPUT
            continue
        total = inner_mass + mass
        # (8 / 15 pi) (M_tot / M_out) P_out^2 / P_in (Antognini 2015)
        circular = 8.0 / (15.0 * math.pi) * total / mass * 2.0 * math.pi * axis**3 / (G * total) * math.sqrt(G * inner_mass / inner_axis**3)
        averaging = (inner_axis / axis) ** 1.5 * mass / math.sqrt(inner_mass * total)
        for draw in range(np.uint64(draws)):
            word = draw_word(key, draw)
            outer_eccentricity = eccentricity_limit * (float(word >> _SHIFT) + 0.5) * _UNIT
            cosine = (float(word & _LOW) + 0.5) * _UNIT
            signed = -cosine if mix64(word) & _ONE else cosine
            if not stable(inner_mass, inner_axis, mass, axis, outer_eccentricity, signed):
                for case in range(cases):
                    count[cell, case, UNSTABLE] += 1
                continue
            cube = (1.0 - outer_eccentricity**2) ** 1.5
            time = circular * cube
            cos2 = cosine * cosine
            if octupole and cos2 <= octupole_window(octupole_strength(host_mass, companion_mass, inner_axis, axis, outer_eccentricity)):
                cos2 = 0.0
            j = 1.0
            bad = OK
            # Short-range forces only lower e_max, so a periapsis too large without them needs no root.
            if 5.0 / 3.0 * cos2 < 1.0 and inner_axis * periapsis_share(math.sqrt(5.0 / 3.0 * cos2)) <= widest:
                weight = axis**3 * cube / mass
                bad, j = limiting_j(cos2, strengths[0] * weight, strengths[1] * weight, strengths[2] * weight, strengths[3] * weight, pseudo)
            state = max(state, bad)
            periapsis = inner_axis * periapsis_share(j)
            doubtful = j < AVERAGING_MARGIN * averaging / cube
            for case in range(cases):
                if bad != OK:
                    outcome = INVALID
                elif time > time_limit[case]:
                    outcome = SLOW
                elif periapsis < lower[case]:
                    outcome = DISRUPTED
                elif periapsis <= upper[case]:
                    outcome = MIGRATED
                else:
                    outcome = SHALLOW
                count[cell, case, outcome] += 1
                if doubtful and (outcome == DISRUPTED or outcome == MIGRATED):
                    count[cell, case, UNAVERAGED] += 1
        status[cell] = state
