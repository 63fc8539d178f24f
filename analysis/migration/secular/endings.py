"""Level 2, how a triple ends: refused, bounded for ever, quenched, inside a disruption radius."""

import math

from numba import njit

from analysis.constants import G
from analysis.migration.kozai.shortrange import stable
from analysis.migration.secular import triple
from analysis.migration.secular.circularise import circularise
from analysis.migration.secular.equations import (
    BULGE_P,
    BULGE_S,
    FRICTION_P,
    FRICTION_S,
    LANES,
    MOTION,
    OCTUPOLE,
    QUADRUPOLE,
    RELATIVITY,
    hut,
    inlined,
    kernel,
)

__all__ = ["acceptable", "bounded", "circular_end", "first_window", "note", "periapsis_distance", "short_range_rate"]

W = LANES
(
    _TIME_LIMIT, _START_AGE, _STAR_SPIN, _FIRST, _CLOSE, _CERTIFY, _SETTLE_CYCLES,
) = (triple.PHYSICS.index(name) for name in (
    "time_limit", "start_age", "star_spin", "disruption_first", "close_axis", "certify", "settle_cycles",
))
_FINAL_AXIS, _FINAL_E, _END, _CROSSING, _RP, _RP_TIME, _RP_SHARE, _CLOSE_TIME, _FINAL_SPIN = (triple.RECORD.index(name) for name in (
    "final_axis", "final_eccentricity", "end_time", "crossing_first", "smallest_periapsis", "smallest_periapsis_time", "smallest_periapsis_share",
    "close_time", "final_spin",
))
_MIGRATED, _INSIDE, _WIDE, _BAD_INPUT, _UNSTABLE, _STEP_LIMIT, _NOT_FINITE = (triple.REASONS[name] for name in (
    "migrated", "inside_disruption", "quenched_wide", "bad_input", "unstable", "step_limit", "not_finite",
))


@njit(cache=True, error_model="numpy")
def acceptable(system):
    """bad_input for a row that is no triple, unstable outside the limit of Mardling & Aarseth (2001), 0 otherwise."""
    for value in system:
        if not math.isfinite(value):
            return _BAD_INPUT
    m1, m2, m3, a, a2, e, e2, inclination = system[0], system[1], system[2], system[3], system[4], system[5], system[6], system[7]
    if not (m1 > 0.0 and m2 > 0.0 and m3 > 0.0 and 0.0 < a < a2 and 0.0 <= e < 1.0 and 0.0 <= e2 < 1.0 and 0.0 <= inclination <= math.pi):
        return _BAD_INPUT
    if not stable(m1 + m2, a, m3, a2, e2, math.cos(inclination)):
        return _UNSTABLE
    return 0


@inlined
def periapsis_distance(a, jj):
    """a (1 - e) from j^2 = 1 - e^2, without the loss of digits near e = 1."""
    return a * jj / (1.0 + math.sqrt(max(0.0, 1.0 - jj)))


@kernel
def short_range_rate(a, j, p, lane, companion, star):
    """Apsidal precession in rad/yr by 1PN and tidal bulges at sqrt(1 - e^2) = j; companion, star: R^5 in au^5."""
    motion = p[MOTION * W + lane] / (a * math.sqrt(a))
    i2 = 1.0 / (j * j)
    x = 1.0 - j * j
    a5 = a * a * a * a * a
    tides = (p[BULGE_P * W + lane] * companion + p[BULGE_S * W + lane] * star) / a5 * (1.0 + x * (1.5 + x * 0.125)) * (i2 * i2 * i2 * i2 * i2)
    return motion * (p[RELATIVITY * W + lane] / a * i2 + tides)


@kernel
def bounded(system, physics, p, lane, averaging, companion, star, roche):
    """True when conservation of energy keeps the companion where tides and disruption cannot matter within the time limit.

    1PN energy grows as 1/j and is paid by the three-body energy, whose value lies below (C/8)|j2|^-3 (1 + 9 e^2) plus the largest values of
    octupole and corrected averaging (each taken as 60 times its strength, above the sum of its coefficients); that bounds 1/j. Tides at this
    bound for the whole time, with the radii R^5 at the start, must leave a unchanged to a per cent, the bulges must be weak beside 1PN there,
    periapsis must stay twice outside the first disruption radius, and double averaging must hold. averaging: epsilon_SA at e2 = 0.
    """
    a, e, e2, inclination, w = system[3], system[5], system[6], system[7], system[8]
    motion = p[MOTION * W + lane] / (a * math.sqrt(a))
    relativity = p[RELATIVITY * W + lane] * motion / a
    if relativity <= 0.0:
        return False
    j2 = 1.0 - e2 * e2
    scale = p[QUADRUPOLE * W + lane] * a * math.sqrt(a) / (j2 * math.sqrt(j2))
    ez, jz = e * math.sin(w) * math.sin(inclination), math.sqrt(1.0 - e * e) * math.cos(inclination)
    start = 1.0 - 6.0 * e * e + 15.0 * ez * ez - 3.0 * jz * jz
    octupole = abs(p[OCTUPOLE * W + lane]) * a * e2 / j2
    short = averaging / (j2 * math.sqrt(j2))
    inverse = 1.0 / math.sqrt(1.0 - e * e) + scale * (10.0 - start + 60.0 * octupole + 60.0 * short) / relativity
    j = 1.0 / inverse
    if j < 10.0 * short or periapsis_distance(a, j * j) < 2.0 * physics[_FIRST] * roche:
        return False
    a5 = a * a * a * a * a
    cube = inverse * inverse * inverse
    bulge = (p[BULGE_P * W + lane] * companion + p[BULGE_S * W + lane] * star) * motion / a5 * 0.3 * (cube * cube * cube)
    if bulge > 0.05 * relativity * inverse:
        return False
    strongest = hut(1.0 - j * j)[0]
    friction = (p[FRICTION_P * W + lane] * companion + p[FRICTION_S * W + lane] * star) / a5 * motion * motion
    return 6.0 * friction * strongest * (cube * cube * cube * cube * cube) * physics[_TIME_LIMIT] < 0.01


@kernel
def first_window(system, physics):
    """End (yr) of the first window over which periapsis minima are compared: settle_cycles t_k; inf when early exits are off.

    t_k = sqrt(m12 / G) a2^3 (1 - e2^2)^(3/2) / (m3 a^(3/2)).
    """
    if physics[_CERTIFY] == 0.0:
        return math.inf
    m12, m3, a, a2 = system[0] + system[1], system[2], system[3], system[4]
    outer = 1.0 - system[6] * system[6]
    return physics[_SETTLE_CYCLES] * math.sqrt(m12 / G / a) * (a2 * a2 * a2) * outer * math.sqrt(outer) / (m3 * a)


@inlined
def note(row, physics, distance, roche, t):
    """Keep the smallest periapsis (au) and the times at which it lies inside the disruption radii; True when inside the last."""
    if distance < row[_RP]:
        row[_RP], row[_RP_TIME] = distance, t
    row[_RP_SHARE] = min(row[_RP_SHARE], distance / roche)
    for i in range(3):
        if distance < physics[_FIRST + i] * roche:
            row[_CROSSING + i] = min(row[_CROSSING + i], t)
    return distance < physics[_FIRST + 2] * roche


@kernel
def circular_end(row, physics, t, a, e, age, table, p, lane, mass_factor, scratch):
    """Follow tides alone from t (yr) to the time limit; completes the record but for the inclination and returns the reason.

    mass_factor: r_t / R_p; scratch (18,).
    """
    watch = scratch[0:4]
    watch[0], watch[1], watch[2], watch[3] = row[_RP], row[_RP_TIME], row[_RP_SHARE], row[_CLOSE_TIME]
    status, t, a, e = circularise(
        t, physics[_TIME_LIMIT], a, e, physics[_START_AGE], age, table, p[MOTION * W + lane], p[FRICTION_P * W + lane], p[FRICTION_S * W + lane],
        physics[_STAR_SPIN], mass_factor, physics[_FIRST : _FIRST + 3], physics[_CLOSE], row[_CROSSING : _CROSSING + 3], watch,
        scratch[4:18].reshape((7, 2)),
    )
    row[_RP], row[_RP_TIME], row[_RP_SHARE], row[_CLOSE_TIME] = watch[0], watch[1], watch[2], watch[3]
    row[_FINAL_AXIS], row[_FINAL_E], row[_END] = a, e, t
    _, f2, _, _, f5 = hut(e * e)
    j2 = (1.0 - e) * (1.0 + e)
    row[_FINAL_SPIN] = p[MOTION * W + lane] / (a * math.sqrt(a)) * f2 / f5 / (j2 * math.sqrt(j2))
    if status == 0:
        return _MIGRATED if a <= physics[_CLOSE] else _WIDE
    return _INSIDE if status == 1 else (_STEP_LIMIT if status == 2 else _NOT_FINITE)
