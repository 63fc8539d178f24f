"""Level 2, the driver: every triple from its birth to exactly one end, with what is worth knowing of its way.

LANES triples run side by side; one that ends makes room for the next. A periapsis minimum inside a step is landed on by repeating the step at
reduced length, so it is never read off at accepted steps. Nothing here depends on the neighbours of a triple, only on its row and the physics.
"""

import math

import numpy as np
from numba import njit

from analysis.constants import G
from analysis.migration import triple
from analysis.migration.circularise import circularise, lookup, radius_table
from analysis.migration.lanes import LENGTH, STAGES, attempt, derivative
from analysis.migration.secular import (
    BULGE_P,
    BULGE_S,
    FRICTION_P,
    FRICTION_S,
    LANES,
    MOTION,
    OCTUPOLE,
    PARAMETERS,
    QUADRUPOLE,
    RADII,
    RELATIVITY,
    STATES,
    hut,
    orient,
    set_parameters,
)
from analysis.migration.shortrange import octupole_strength, stable

__all__ = ["SERIES", "evolve", "series"]

W = LANES
SERIES = ("eccentricity", "inclination", "semimajor_axis", "outer_eccentricity", "spin")  # columns of `series`; -, rad, au, -, rad/yr
CHECK = 8  # accepted steps between looks at quenching and drift
LARGEST_DRIFT = 1e-4
NEAR = 1.3  # periapsis minima within this many outermost disruption radii are landed on
SAME_DEPTH = 0.99  # a window whose smallest periapsis is above this share of the smallest before it brings nothing new
LONGEST_SETTLING = 1e5  # t_k
LARGEST_DECAY = 0.1  # relative change of a, extrapolated to the time limit, that a settled orbit may have
RECORDS = len(triple.RECORD)

(
    _TIME_LIMIT, _START_AGE, _TOLERANCE, _RELATIVITY, _BULGES, _FRICTION, _SPIN, _STAR_SPIN, _COMPANION, _STAR, _FIRST, _CLOSE, _FLOOR, _QUENCH, _CERTIFY,
    _STEPS, _SETTLE_CYCLES, _SETTLE_MARGIN,
) = (triple.PHYSICS.index(name) for name in (
    "time_limit", "start_age", "tolerance", "relativity", "bulges", "friction", "companion_spin", "star_spin", "companion_radius_final",
    "star_radius_final", "disruption_first", "close_axis", "averaging_floor", "quench_ratio", "certify", "step_limit", "settle_cycles", "settle_margin",
))
(
    FINAL_AXIS, FINAL_E, END, CROSSING, _, _, RP, RP_TIME, RP_SHARE, CLOSE_TIME, QUENCH_TIME, AVERAGING, FINAL_I, FINAL_SPIN, CONSTRAINT, ORTHOGONAL,
    FLIPS, STEPS,
) = range(RECORDS)
(MIGRATED, INSIDE, TIME_LIMIT, WIDE, BOUNDED, SETTLED, BAD_INPUT, UNSTABLE, AVERAGING_FAILS, STEP_LIMIT, UNDERFLOW, NOT_FINITE, DRIFT) = (
    triple.REASONS[name] for name in (
        "migrated", "inside_disruption", "time_limit", "quenched_wide", "bounded", "settled", "bad_input", "unstable", "averaging_fails", "step_limit",
        "step_underflow", "not_finite", "drift",
    )
)


@njit(cache=True, error_model="numpy")
def _acceptable(system):
    """BAD_INPUT for a row that is no triple, UNSTABLE outside the limit of Mardling & Aarseth (2001), 0 otherwise."""
    for value in system:
        if not math.isfinite(value):
            return BAD_INPUT
    m1, m2, m3, a, a2, e, e2, inclination = system[0], system[1], system[2], system[3], system[4], system[5], system[6], system[7]
    if not (m1 > 0.0 and m2 > 0.0 and m3 > 0.0 and 0.0 < a < a2 and 0.0 <= e < 1.0 and 0.0 <= e2 < 1.0 and 0.0 <= inclination <= math.pi):
        return BAD_INPUT
    if not stable(m1 + m2, a, m3, a2, e2, math.cos(inclination)):
        return UNSTABLE
    return 0


@njit(cache=True, error_model="numpy")
def _periapsis(a, jj):
    """a (1 - e) from j^2, without the loss of digits near e = 1."""
    return a * jj / (1.0 + math.sqrt(max(0.0, 1.0 - jj)))


@njit(cache=True, error_model="numpy")
def _bounded(system, physics, p, lane, averaging, star_and_companion):
    """True when conservation of energy keeps the companion where tides and disruption cannot matter within the time limit.

    1PN energy grows as 1/j and is paid by the three-body energy, whose value lies below (C/8)|j2|^-3 (1 + 9 e^2) plus the largest values of
    octupole and corrected averaging; that bounds 1/j. Tides at this bound for the whole time, with the radii at the start, must
    leave a unchanged to a per cent, the bulges must be weak beside 1PN there, and double averaging must hold.
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
    companion, star, roche = star_and_companion
    if j < 10.0 * short or _periapsis(a, j * j) < 2.0 * physics[_FIRST] * roche:
        return False
    a5 = a**5
    bulge = (p[BULGE_P * W + lane] * companion + p[BULGE_S * W + lane] * star) * motion / a5 * 0.3 * inverse**9
    if bulge > 0.05 * relativity * inverse:
        return False
    strongest = hut(1.0 - j * j)[0]
    friction = (p[FRICTION_P * W + lane] * companion + p[FRICTION_S * W + lane] * star) / a5 * motion * motion
    return 6.0 * friction * strongest * inverse**15 * physics[_TIME_LIMIT] < 0.01


@njit(cache=True, error_model="numpy")
def _short_range_rate(a, j, p, lane, companion, star):
    """Apsidal precession in rad/yr by 1PN and tidal bulges at sqrt(1 - e^2) = j."""
    motion = p[MOTION * W + lane] / (a * math.sqrt(a))
    i2 = 1.0 / (j * j)
    x = 1.0 - j * j
    a5 = a**5
    tides = (p[BULGE_P * W + lane] * companion + p[BULGE_S * W + lane] * star) / a5 * (1.0 + x * (1.5 + x * 0.125)) * i2**5
    return motion * (p[RELATIVITY * W + lane] / a * i2 + tides)


@njit(cache=True, error_model="numpy")
def _dot(y, first, second, l):
    """Scalar product of the vectors that start at elements `first` and `second` of lane l."""
    return (
        y[first * W + l] * y[second * W + l] + y[(first + 1) * W + l] * y[(second + 1) * W + l] + y[(first + 2) * W + l] * y[(second + 2) * W + l]
    )


@njit(cache=True, error_model="numpy")
def _inclination(y, l):
    cosine = _dot(y, 0, 6, l) / math.sqrt(_dot(y, 0, 0, l) * _dot(y, 6, 6, l))
    return math.acos(min(1.0, max(-1.0, cosine)))


@njit(cache=True, error_model="numpy")
def _note(row, physics, periapsis, roche, t):
    """Keep the smallest periapsis and the times at which it lies inside the disruption radii; True when inside the last."""
    if periapsis < row[RP]:
        row[RP], row[RP_TIME] = periapsis, t
    row[RP_SHARE] = min(row[RP_SHARE], periapsis / roche)
    for i in range(3):
        if periapsis < physics[_FIRST + i] * roche:
            row[CROSSING + i] = min(row[CROSSING + i], t)
    return periapsis < physics[_FIRST + 2] * roche


@njit(cache=True, error_model="numpy")
def _two_body(row, physics, t, a, e, age, table, p, l, mass_factor):
    """Follow tides alone from t to the time limit; completes the record but for inclination and returns the reason."""
    watch = np.array([row[RP], row[RP_TIME], row[RP_SHARE], row[CLOSE_TIME]])
    status, t, a, e = circularise(
        t, physics[_TIME_LIMIT], a, e, physics[_START_AGE], age, table, p[MOTION * W + l], p[FRICTION_P * W + l], p[FRICTION_S * W + l],
        physics[_STAR_SPIN], mass_factor, physics[_FIRST : _FIRST + 3], physics[_CLOSE], row[CROSSING : CROSSING + 3], watch,
    )
    row[RP], row[RP_TIME], row[RP_SHARE], row[CLOSE_TIME] = watch[0], watch[1], watch[2], watch[3]
    row[FINAL_AXIS], row[FINAL_E], row[END] = a, e, t
    _, f2, _, _, f5 = hut(e * e)
    row[FINAL_SPIN] = p[MOTION * W + l] / (a * math.sqrt(a)) * f2 / f5 * (1.0 - e * e) ** -1.5
    if status == 0:
        return MIGRATED if a <= physics[_CLOSE] else WIDE
    return INSIDE if status == 1 else (STEP_LIMIT if status == 2 else NOT_FINITE)


@njit(cache=True, error_model="numpy")
def _begin(system, physics, row, y, p, l, age, table):
    """Put a triple into lane l. Returns (reason, epsilon_SA / a^(3/2) at e2 = 0, r_t / R_p, first step in yr); reason 0 when it runs."""
    for c in range(RECORDS):
        row[c] = 0.0
    row[CROSSING], row[CROSSING + 1], row[CROSSING + 2] = math.inf, math.inf, math.inf
    row[RP], row[RP_SHARE], row[CLOSE_TIME], row[QUENCH_TIME], row[AVERAGING] = math.inf, math.inf, math.inf, math.inf, math.inf
    row[FINAL_AXIS], row[FINAL_E], row[FINAL_I], row[FINAL_SPIN] = system[3], system[5], system[7], physics[_SPIN]
    reason = _acceptable(system)
    if reason:
        return reason, 0.0, 0.0, 0.0
    m1, m2, m3, a, a2, e, e2 = system[0], system[1], system[2], system[3], system[4], system[5], system[6]
    set_parameters(m1, m2, m3, a2, physics, p, l)
    orient(e, e2, system[7], system[8], system[9], y, l)
    y[12 * W + l] = a
    y[13 * W + l] = physics[_SPIN] / table[0, 2]
    averaging = m3 / math.sqrt((m1 + m2) * (m1 + m2 + m3)) / (a2 * math.sqrt(a2))
    mass_factor = (m1 / m2) ** (1.0 / 3.0)
    roche = mass_factor * table[0, 3]
    if _note(row, physics, a * (1.0 - e), roche, 0.0):
        return INSIDE, averaging, mass_factor, 0.0
    if a <= physics[_CLOSE]:
        row[CLOSE_TIME] = 0.0
    short = averaging * a * math.sqrt(a) / ((1.0 - e2 * e2) * math.sqrt(1.0 - e2 * e2))
    certify = physics[_CERTIFY] != 0.0 and a > physics[_CLOSE]
    if certify and _bounded(system, physics, p, l, averaging * a * math.sqrt(a), (table[0, 0], table[0, 1], roche)):
        row[AVERAGING] = math.sqrt(1.0 - e * e) / short
        return BOUNDED, averaging, mass_factor, 0.0
    rate = 8.0 * p[QUADRUPOLE * W + l] * a * math.sqrt(a) * (1.0 - e2 * e2) ** -1.5
    rate += _short_range_rate(a, math.sqrt(1.0 - e * e), p, l, table[0, 0], table[0, 1])
    row[FINAL_I] = math.cos(system[7])
    return 0, averaging, mass_factor, min(physics[_TIME_LIMIT], 0.05 / rate)


@njit(cache=True, error_model="numpy")
def _windows(system, physics):
    """(t_k, end of the first window of `_settled`) in yr: t_k = sqrt(m12 / G) a2^3 (1 - e2^2)^(3/2) / (m3 a^(3/2))."""
    m12, m3, a, a2, e2 = system[0] + system[1], system[2], system[3], system[4], system[6]
    time = math.sqrt(m12 / G) * a2**3 * (1.0 - e2 * e2) ** 1.5 / (m3 * a**1.5)
    octupole = octupole_strength(system[0], system[1], a, a2, e2)
    if physics[_CERTIFY] == 0.0:
        return time, math.inf
    return time, time * min(LONGEST_SETTLING, physics[_SETTLE_CYCLES] / max(octupole, 1e-12))


@njit(cache=True, error_model="numpy")
def _by_length(systems):
    """Rows in falling order of the number of Kozai times per yr, so that the longest runs do not start last; rows that are no triples come first."""
    speed = np.empty(len(systems))
    for i in range(len(systems)):
        s = systems[i]
        speed[i] = s[2] * s[3] ** 1.5 / (s[4] ** 3 * (1.0 - s[6] * s[6]) ** 1.5)
        if not speed[i] < math.inf:
            speed[i] = math.inf
    return np.argsort(-speed, kind="mergesort")


@njit(cache=True, nogil=True, error_model="numpy")
def evolve(systems, physics, record, reason):
    """Evolve every triple; fills record (n, len(RECORD)) and reason (n,) int64.

    systems: (n, len(SYSTEM)); physics: (len(PHYSICS),), both float64 with the columns of `triple`. A row out of range or unstable is not
    integrated and gets its reason. Each result depends on its own row and `physics` alone.
    """
    y, new, wide, stage = np.ones(LENGTH), np.ones(LENGTH), np.zeros(LENGTH), np.zeros(LENGTH)
    k, p, radii = np.zeros((STAGES, LENGTH)), np.zeros(PARAMETERS * W), np.zeros(RADII * W)
    h, longest, t, error, factor, slope, curvature = np.zeros(W), np.zeros(W), np.zeros(W), np.zeros(W), np.zeros(W), np.zeros(W), np.zeros(W)
    averaging, mass_factor, node = np.zeros(W), np.zeros(W), np.zeros(W, np.int64)
    owner, landing, tries = np.full(W, -1), np.zeros(W, np.int64), np.zeros(W, np.int64)
    window, depth = np.zeros(W), np.zeros((2, W))  # end of the running window; smallest periapsis before it and in it
    order = _by_length(systems)
    limit, start_age = physics[_TIME_LIMIT], physics[_START_AGE]
    age, table = radius_table(start_age, limit, physics[_COMPANION : _COMPANION + 5], physics[_STAR : _STAR + 5])
    forces = physics[_RELATIVITY] != 0.0 or physics[_BULGES] != 0.0 or physics[_FRICTION] != 0.0
    following, running = 0, 0
    while True:
        fresh = False
        for l in range(W):
            while owner[l] < 0 and following < len(systems):
                i = order[following]
                following += 1
                reason[i], averaging[l], mass_factor[l], h[l] = _begin(systems[i], physics, record[i], y, p, l, age, table)
                if reason[i] == 0:
                    owner[l], t[l], node[l], landing[l], tries[l] = i, 0.0, 0, 0, 0
                    window[l], depth[0, l], depth[1, l] = _windows(systems[i], physics)[1], math.inf, math.inf
                    for c in range(3):
                        radii[2 * c * W + l], radii[(2 * c + 1) * W + l] = table[0, c], 0.0
                    running += 1
                    fresh = True
        if running == 0:
            break
        if fresh:
            derivative(y, p, radii, 0.0, forces, k, 1)
            for l in range(W):
                if owner[l] >= 0 and t[l] == 0.0:
                    for c in range(STATES):
                        k[0, c * W + l] = k[1, c * W + l]
                    slope[l] = 2.0 * _mixed(y, k[0], l)
        for l in range(W):
            if owner[l] >= 0:
                h[l] = min(h[l], limit - t[l])
                place, share = lookup(age, table, node[l], start_age + t[l] + h[l])
                for c in range(3):
                    value = table[place, c] + share * (table[place + 1, c] - table[place, c])
                    radii[(2 * c + 1) * W + l] = value - radii[2 * c * W + l]
        attempt(y, h, wide, p, radii, forces, physics[_TOLERANCE], k, stage, new, error, factor)
        for l in range(W):
            i = owner[l]
            if i < 0:
                continue
            row = record[i]
            row[STEPS] += 1.0
            end = 0
            if not error[l] <= 1.0:
                landing[l] = 0
                h[l] *= factor[l] if error[l] < math.inf else 0.1
                if t[l] + h[l] <= t[l]:
                    end = UNDERFLOW if error[l] < math.inf else NOT_FINITE
            else:
                end = _accept(
                    row, physics, y, new, k, p, radii, age, table, h, longest, t, factor, slope, curvature, averaging, mass_factor, node, landing, tries,
                    depth, l,
                )
                if end == 0 and t[l] >= window[l]:
                    outermost = physics[_FIRST] * row[RP] / row[RP_SHARE]
                    shrunk = abs(1.0 - y[12 * W + l] / systems[i, 3]) * limit / t[l]
                    if depth[1, l] > SAME_DEPTH * depth[0, l] and row[RP] > physics[_SETTLE_MARGIN] * outermost and shrunk < LARGEST_DECAY:
                        end = SETTLED
                    depth[0, l], depth[1, l] = min(depth[0, l], depth[1, l]), math.inf
                    window[l] *= 2.0
            if end == 0 and row[STEPS] >= physics[_STEPS]:
                end = STEP_LIMIT
            if end > 0:
                reason[i] = end
                if row[QUENCH_TIME] == math.inf:
                    row[END], row[FINAL_AXIS] = t[l], y[12 * W + l]
                    row[FINAL_E], row[FINAL_I] = math.sqrt(_dot(y, 3, 3, l)), _inclination(y, l)
                    row[FINAL_SPIN] = y[13 * W + l] * radii[4 * W + l]
                if end == TIME_LIMIT and row[FINAL_AXIS] <= physics[_CLOSE]:
                    reason[i] = MIGRATED
                owner[l], h[l] = -1, 0.0
                running -= 1
                for c in range(STATES):
                    y[c * W + l], k[0, c * W + l] = 1.0, 0.0


@njit(cache=True, error_model="numpy")
def _mixed(y, rate, l):
    """j . dj/dt of lane l."""
    return y[l] * rate[l] + y[W + l] * rate[W + l] + y[2 * W + l] * rate[2 * W + l]


@njit(cache=True, error_model="numpy")
def _turning(start, end, rise, fall, h):
    """(share of the step, value, second derivative) of the minimum of the cubic with values start, end and slopes rise < 0 < fall."""
    m0, m1 = rise * h, fall * h
    c3, c2 = 2.0 * (start - end) + m0 + m1, 3.0 * (end - start) - 2.0 * m0 - m1
    root = math.sqrt(max(0.0, c2 * c2 - 3.0 * c3 * m0))
    share = -m0 / (c2 + root) if c2 + root > 0.0 else 0.5
    share = min(1.0, max(0.0, share))
    return share, start + share * (m0 + share * (c2 + share * c3)), (2.0 * c2 + 6.0 * c3 * share) / (h * h)


@njit(cache=True, error_model="numpy")
def _accept(row, physics, y, new, k, p, radii, age, table, h, longest, t, factor, slope, curvature, averaging, mass_factor, node, landing, tries, depth, l):
    """Take an accepted step of lane l, or send it back to land on a periapsis minimum inside it. Returns a reason, 0 to go on."""
    before, jj = _dot(y, 0, 0, l), _dot(new, 0, 0, l)
    a = new[12 * W + l]
    rise = 2.0 * _mixed(new, k[12], l)
    place, share = lookup(age, table, node[l], physics[_START_AGE] + t[l] + h[l])
    roche = mass_factor[l] * (table[place, 3] + share * (table[place + 1, 3] - table[place, 3]))
    least = min(before, jj)
    if landing[l] == 1:
        if curvature[l] > 0.0:
            least = max(0.5 * jj, jj - 0.5 * rise * rise / curvature[l])
        landing[l] = 0
        h_next = longest[l]
    else:
        h_next = h[l] * factor[l]
        if slope[l] < 0.0 < rise:
            place_in_step, lowest, bend = _turning(before, jj, slope[l], rise, h[l])
            lowest = max(lowest, 0.25 * least)
            estimate = _periapsis(a, lowest)
            if tries[l] < 3 and 0.01 < place_in_step < 0.99 and (estimate < row[RP] or estimate < NEAR * physics[_FIRST] * roche):
                longest[l], curvature[l] = max(h[l], h_next), bend
                landing[l] = 1
                tries[l] += 1
                h[l] *= place_in_step
                return 0
            least = min(least, lowest)
    if rise > 0.0:
        tries[l] = 0
    for c in range(STATES):
        y[c * W + l] = new[c * W + l]
        k[0, c * W + l] = k[12, c * W + l]
    t[l] += h[l]
    for c in range(3):
        radii[2 * c * W + l] += radii[(2 * c + 1) * W + l]
    h[l], slope[l], node[l] = h_next, rise, place
    outer = _dot(y, 6, 6, l)
    short = averaging[l] * a * math.sqrt(a) / (outer * math.sqrt(outer))
    row[AVERAGING] = min(row[AVERAGING], math.sqrt(least) / short)
    periapsis = _periapsis(a, least)
    depth[1, l] = min(depth[1, l], periapsis)
    if _note(row, physics, periapsis, roche, t[l]):
        return INSIDE
    if row[AVERAGING] < physics[_FLOOR]:
        return AVERAGING_FAILS
    if a <= physics[_CLOSE]:
        row[CLOSE_TIME] = min(row[CLOSE_TIME], t[l])
    side = _dot(y, 0, 6, l)
    if side * row[FINAL_I] < 0.0:  # while a triple runs, its final inclination holds the side it was last seen on
        row[FLIPS] += 1.0
    row[FINAL_I] = side
    if t[l] >= physics[_TIME_LIMIT]:
        return TIME_LIMIT
    if row[STEPS] % CHECK < 1.0:
        row[CONSTRAINT] = max(row[CONSTRAINT], abs(jj + _dot(y, 3, 3, l) - 1.0), abs(outer + _dot(y, 9, 9, l) - 1.0))
        row[ORTHOGONAL] = max(row[ORTHOGONAL], abs(_dot(y, 0, 3, l)), abs(_dot(y, 6, 9, l)))
        if not row[CONSTRAINT] < LARGEST_DRIFT:
            return DRIFT
        turning = _short_range_rate(a, math.sqrt(jj), p, l, radii[l], radii[2 * W + l])
        torque = 30.0 * p[QUADRUPOLE * W + l] * a * math.sqrt(a) / (outer * math.sqrt(outer))
        if torque < physics[_QUENCH] * turning * math.sqrt(jj):
            row[QUENCH_TIME] = t[l]
            row[FINAL_I] = _inclination(y, l)
            return _two_body(row, physics, t[l], a, math.sqrt(_dot(y, 3, 3, l)), age, table, p, l, mass_factor[l])
    return 0


@njit(cache=True, nogil=True, error_model="numpy")
def series(system, physics, times):
    """(status, values): one triple at `times` (rising, yr after the start), values (n, len(SERIES)); status as in `evolve`, 0 when complete.

    The perturber acts throughout: no quenching, disruption or early exit. Rows after a failure are NaN, with the status that says why.
    """
    values = np.full((len(times), len(SERIES)), np.nan)
    y, new, wide, stage = np.ones(LENGTH), np.ones(LENGTH), np.zeros(LENGTH), np.zeros(LENGTH)
    k, p, radii = np.zeros((STAGES, LENGTH)), np.zeros(PARAMETERS * W), np.zeros(RADII * W)
    h, error, factor, row = np.zeros(W), np.zeros(W), np.zeros(W), np.zeros(RECORDS)
    status = _acceptable(system)
    if status:
        return status, values
    span = times[-1] if len(times) else 0.0
    age, table = radius_table(physics[_START_AGE], max(span, 1.0), physics[_COMPANION : _COMPANION + 5], physics[_STAR : _STAR + 5])
    plain = physics.copy()
    plain[_CERTIFY] = 0.0
    plain[_FIRST : _FIRST + 3] = 0.0
    _, _, _, step = _begin(system, plain, row, y, p, 0, age, table)
    for c in range(3):
        radii[2 * c * W] = table[0, c]
    forces = physics[_RELATIVITY] != 0.0 or physics[_BULGES] != 0.0 or physics[_FRICTION] != 0.0
    derivative(y, p, radii, 0.0, forces, k, 0)
    t, node = 0.0, 0
    for i in range(len(times)):
        while t < times[i]:
            h[0] = min(step, times[i] - t)
            place, share = lookup(age, table, node, physics[_START_AGE] + t + h[0])
            for c in range(3):
                radii[(2 * c + 1) * W] = table[place, c] + share * (table[place + 1, c] - table[place, c]) - radii[2 * c * W]
            attempt(y, h, wide, p, radii, forces, physics[_TOLERANCE], k, stage, new, error, factor)
            if error[0] <= 1.0:
                t = times[i] if h[0] == times[i] - t else t + h[0]
                node = place
                for c in range(STATES):
                    y[c * W], k[0, c * W] = new[c * W], k[12, c * W]
                for c in range(3):
                    radii[2 * c * W] += radii[(2 * c + 1) * W]
                step = max(step, h[0] * factor[0]) if h[0] < step else h[0] * factor[0]
            else:
                step = h[0] * (factor[0] if error[0] < math.inf else 0.1)
                if t + step <= t:
                    return UNDERFLOW, values
        values[i, 0], values[i, 1], values[i, 2] = math.sqrt(_dot(y, 3, 3, 0)), _inclination(y, 0), y[12 * W]
        values[i, 3], values[i, 4] = math.sqrt(_dot(y, 9, 9, 0)), y[13 * W] * radii[4 * W]
    return 0, values
