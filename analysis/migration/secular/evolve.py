"""Level 2, the driver: every triple from its birth to exactly one end, with what is worth knowing of its way.

LANES triples run side by side; one that ends makes room for the next, long runs first. A periapsis minimum inside a step is landed on by repeating
the step at reduced length, so it is never read off at accepted steps. Nothing here depends on the neighbours of a triple, only on its row and the physics.
"""

import math

import numpy as np
from numba import njit

from analysis.migration.secular import triple
from analysis.migration.secular.advance import (
    AVERAGING,
    BEFORE,
    FIELDS,
    JJ,
    NEW_SIDE,
    NEXT_NODE,
    NEXT_ROCHE,
    NODE,
    OLD_JJ,
    OUTER,
    OWNER,
    RISE,
    ROCHE,
    SIDE,
    SLOPE,
    STEP,
    TAKEN,
    TIME,
    WINDOW,
    WITHIN,
    accept,
    digest,
    dot,
    inclination,
    mixed,
    move,
    reject,
    settled,
)
from analysis.migration.secular.circularise import lookup, radius_table
from analysis.migration.secular.endings import acceptable, bounded, first_window, note, short_range_rate
from analysis.migration.secular.equations import LANES, PARAMETERS, QUADRUPOLE, RADII, STATES, inlined, kernel, orient, set_parameters
from analysis.migration.secular.lanes import LENGTH, STAGES, attempt, derivative

__all__ = ["SERIES", "evolve", "series"]

W = LANES
SERIES = ("eccentricity", "inclination", "semimajor_axis", "outer_eccentricity", "spin")  # columns of `series`; -, rad, au, -, rad/yr
SCRATCH = 18
LONGEST_STEP = 0.02  # of the age: radii are linear within a step
RECORDS = len(triple.RECORD)

_TIME_LIMIT, _START_AGE, _TOLERANCE, _RELATIVITY, _BULGES, _FRICTION, _SPIN, _COMPANION, _STAR, _FIRST, _CLOSE, _CERTIFY, _STEP_LIMIT = (
    triple.PHYSICS.index(name) for name in (
        "time_limit", "start_age", "tolerance", "relativity", "bulges", "friction", "companion_spin", "companion_radius_final", "star_radius_final",
        "disruption_first", "close_axis", "certify", "step_limit",
    )
)
_FINAL_AXIS, _FINAL_E, _END, _CROSSING, _RP, _RP_SHARE, _CLOSE_TIME, _QUENCH_TIME, _AVERAGING, _FINAL_I, _FINAL_SPIN, _STEPS = (
    triple.RECORD.index(name) for name in (
        "final_axis", "final_eccentricity", "end_time", "crossing_first", "smallest_periapsis", "smallest_periapsis_share", "close_time", "quench_time",
        "smallest_averaging_ratio", "final_inclination", "final_spin", "steps",
    )
)
_MIGRATED, _INSIDE, _TIME_REACHED, _BOUNDED, _SETTLED, _GIVEN_UP = (
    triple.REASONS[name] for name in ("migrated", "inside_disruption", "time_limit", "bounded", "settled", "step_limit")
)


@njit(cache=True, error_model="numpy")
def _begin(system, physics, row, y, p, lanes, l, age, table):
    """Put a triple into lane l with its first step in yr. Returns a reason, 0 when it runs."""
    row[:] = 0.0
    row[_CROSSING : _CROSSING + 3] = math.inf
    row[_RP], row[_RP_SHARE], row[_CLOSE_TIME], row[_QUENCH_TIME], row[_AVERAGING] = math.inf, math.inf, math.inf, math.inf, math.inf
    row[_FINAL_AXIS], row[_FINAL_E], row[_FINAL_I], row[_FINAL_SPIN] = system[3], system[5], system[7], physics[_SPIN]
    reason = acceptable(system)
    if reason:
        return reason
    m1, m2, m3, a, a2, e, e2 = system[0], system[1], system[2], system[3], system[4], system[5], system[6]
    set_parameters(m1, m2, m3, a2, physics, p, l)
    orient(e, e2, system[7], system[8], system[9], y, l)
    y[12 * W + l] = a
    y[13 * W + l] = physics[_SPIN] / table[0, 2]
    lanes[:, l] = 0.0
    lanes[AVERAGING, l] = m3 / math.sqrt((m1 + m2) * (m1 + m2 + m3)) / (a2 * math.sqrt(a2))
    lanes[ROCHE, l] = (m1 / m2) ** (1.0 / 3.0)
    lanes[WINDOW, l], lanes[BEFORE, l], lanes[WITHIN, l] = first_window(system, physics), math.inf, math.inf
    lanes[SIDE, l] = dot(y, 0, 6, l)
    short = lanes[AVERAGING, l] * a * math.sqrt(a)
    row[_AVERAGING] = math.sqrt(1.0 - e * e) / short * (1.0 - e2 * e2) ** 1.5
    roche = lanes[ROCHE, l] * table[0, 3]
    if note(row, physics, a * (1.0 - e), roche, 0.0):
        return _INSIDE
    if a <= physics[_CLOSE]:
        row[_CLOSE_TIME] = 0.0
    certify = physics[_CERTIFY] != 0.0 and a > physics[_CLOSE]
    if certify and bounded(system, physics, p, l, short, table[0, 0], table[0, 1], roche):
        return _BOUNDED
    rate = 8.0 * p[QUADRUPOLE * W + l] * a * math.sqrt(a) * (1.0 - e2 * e2) ** -1.5
    rate += short_range_rate(a, math.sqrt(1.0 - e * e), p, l, table[0, 0], table[0, 1])
    lanes[STEP, l] = min(physics[_TIME_LIMIT], 0.05 / rate)
    return 0


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


@inlined
def _set_radii(physics, lanes, radii, age, table, l):
    """Change of the radii of lane l over its next step, and the tidal radius at its end."""
    node, share = lookup(age, table, int(lanes[NODE, l]), physics[_START_AGE] + lanes[TIME, l] + lanes[STEP, l])
    for c in range(3):
        radii[(2 * c + 1) * W + l] = table[node, c] + share * (table[node + 1, c] - table[node, c]) - radii[2 * c * W + l]
    lanes[NEXT_NODE, l], lanes[NEXT_ROCHE, l] = float(node), lanes[ROCHE, l] * (table[node, 3] + share * (table[node + 1, 3] - table[node, 3]))


@kernel
def _step(systems, physics, record, reason, y, new, k, p, radii, age, table, lanes, error, factor, wide, stage, forces, scratch):
    """One attempt of all lanes and what follows from it; fills reason (0: goes on) and returns the number of triples that ended."""
    for l in range(W):
        if lanes[OWNER, l] >= 0.0:
            lanes[STEP, l] = min(lanes[STEP, l], physics[_TIME_LIMIT] - lanes[TIME, l], LONGEST_STEP * (physics[_START_AGE] + lanes[TIME, l]))
            _set_radii(physics, lanes, radii, age, table, l)
    attempt(y, lanes[STEP], wide, p, radii, forces, physics[_TOLERANCE], k, stage, new, error, factor)
    digest(y, new, k[12], lanes[OLD_JJ], lanes[JJ], lanes[RISE], lanes[OUTER], lanes[NEW_SIDE])
    ended = 0
    for l in range(W):
        lanes[TAKEN, l] = 0.0
        if lanes[OWNER, l] < 0.0:
            continue
        i = int(lanes[OWNER, l])
        row = record[i]
        row[_STEPS] += 1.0
        if error[l] <= 1.0:
            end = accept(row, physics, y, new, k, p, radii, age, table, lanes, factor, scratch, l)
            if end == 0 and lanes[TIME, l] >= lanes[WINDOW, l] and settled(row, physics, lanes, new[12 * W + l], systems[i, 3], l):
                end = _SETTLED
        else:
            end = reject(lanes, error, factor, l)
        if end == 0 and row[_STEPS] >= physics[_STEP_LIMIT]:
            end = _GIVEN_UP
        reason[i] = end
        ended += end != 0
    move(y, new, k[0], k[12], lanes[TAKEN])
    if ended:
        for l in range(W):
            i = int(lanes[OWNER, l])
            if i >= 0 and reason[i] != 0:
                _close(record[i], physics, y, k, radii, lanes, l)
                if reason[i] == _TIME_REACHED and record[i, _FINAL_AXIS] <= physics[_CLOSE]:
                    reason[i] = _MIGRATED
    return ended


@kernel
def _close(row, physics, y, k, radii, lanes, l):
    """Complete the record of a triple that ended and leave its lane standing still at a harmless state."""
    if row[_QUENCH_TIME] == math.inf:
        row[_END], row[_FINAL_AXIS] = lanes[TIME, l], y[12 * W + l]
        row[_FINAL_E], row[_FINAL_I] = math.sqrt(dot(y, 3, 3, l)), inclination(y, l)
        row[_FINAL_SPIN] = y[13 * W + l] * radii[4 * W + l]
    lanes[OWNER, l], lanes[STEP, l] = -1.0, 0.0
    for c in range(STATES):
        y[c * W + l], k[0, c * W + l] = 1.0, 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def evolve(systems, physics, record, reason):
    """Evolve every triple; fills record (n, len(RECORD)) and reason (n,) int64.

    systems: (n, len(SYSTEM)); physics: (len(PHYSICS),), both float64 with the columns of `triple`. A row out of range or unstable is not
    integrated and gets its reason. Each result depends on its own row and `physics` alone. One thread; releases the interpreter lock.
    """
    y, new, wide, stage = np.ones(LENGTH), np.ones(LENGTH), np.zeros(LENGTH), np.zeros(LENGTH)
    k, p, radii = np.zeros((STAGES, LENGTH)), np.zeros(PARAMETERS * W), np.zeros(RADII * W)
    lanes, error, factor, scratch = np.zeros((FIELDS, W)), np.zeros(W), np.zeros(W), np.zeros(SCRATCH)
    lanes[OWNER] = -1.0
    age, table = radius_table(physics[_START_AGE], physics[_TIME_LIMIT], physics[_COMPANION : _COMPANION + 5], physics[_STAR : _STAR + 5])
    forces = physics[_RELATIVITY] != 0.0 or physics[_BULGES] != 0.0 or physics[_FRICTION] != 0.0
    order = _by_length(systems)
    following, running = 0, 0
    while following < len(systems) or running > 0:
        fresh = False
        for l in range(W):
            while lanes[OWNER, l] < 0.0 and following < len(systems):
                i = order[following]
                following += 1
                reason[i] = _begin(systems[i], physics, record[i], y, p, lanes, l, age, table)
                lanes[OWNER, l] = -1.0
                if reason[i] == 0:
                    lanes[OWNER, l] = float(i)
                    for c in range(3):
                        radii[2 * c * W + l] = table[0, c]
                    running += 1
                    fresh = True
        if fresh:
            derivative(y, p, radii, 0.0, forces, k, 1)
            for l in range(W):
                if lanes[OWNER, l] >= 0.0 and lanes[TIME, l] == 0.0:
                    for c in range(STATES):
                        k[0, c * W + l] = k[1, c * W + l]
                    lanes[SLOPE, l] = 2.0 * mixed(y, k[0], l)
        if running > 0:
            running -= _step(systems, physics, record, reason, y, new, k, p, radii, age, table, lanes, error, factor, wide, stage, forces, scratch)


@njit(cache=True, nogil=True, error_model="numpy")
def series(system, physics, times):
    """(status, values): one triple at `times` (rising, yr after the start), values (n, len(SERIES)); status 0 when complete, else a reason.

    The perturber acts throughout: no quenching, disruption or early exit. Rows after a failure are NaN, with the reason that says why.
    """
    values = np.full((len(times), len(SERIES)), np.nan)
    status = acceptable(system)
    if status:
        return status, values
    y, new, wide, stage = np.ones(LENGTH), np.ones(LENGTH), np.zeros(LENGTH), np.zeros(LENGTH)
    k, p, radii = np.zeros((STAGES, LENGTH)), np.zeros(PARAMETERS * W), np.zeros(RADII * W)
    lanes, error, factor, row = np.zeros((FIELDS, W)), np.zeros(W), np.zeros(W), np.zeros(RECORDS)
    plain = physics.copy()
    plain[_CERTIFY] = 0.0
    plain[_FIRST : _FIRST + 3] = 0.0
    plain[_TIME_LIMIT] = max(times[-1], 1.0) if len(times) else 1.0
    age, table = radius_table(plain[_START_AGE], plain[_TIME_LIMIT], plain[_COMPANION : _COMPANION + 5], plain[_STAR : _STAR + 5])
    _begin(system, plain, row, y, p, lanes, 0, age, table)
    for c in range(3):
        radii[2 * c * W] = table[0, c]
    forces = plain[_RELATIVITY] != 0.0 or plain[_BULGES] != 0.0 or plain[_FRICTION] != 0.0
    derivative(y, p, radii, 0.0, forces, k, 0)
    step = lanes[STEP, 0]
    for i in range(len(times)):
        while lanes[TIME, 0] < times[i]:
            step = min(step, LONGEST_STEP * (plain[_START_AGE] + lanes[TIME, 0]))
            last = step >= times[i] - lanes[TIME, 0]
            lanes[STEP, 0] = times[i] - lanes[TIME, 0] if last else step
            _set_radii(plain, lanes, radii, age, table, 0)
            attempt(y, lanes[STEP], wide, p, radii, forces, plain[_TOLERANCE], k, stage, new, error, factor)
            if error[0] <= 1.0:
                lanes[TIME, 0] = times[i] if last else lanes[TIME, 0] + lanes[STEP, 0]
                lanes[NODE, 0] = lanes[NEXT_NODE, 0]
                for c in range(STATES):
                    y[c * W], k[0, c * W] = new[c * W], k[12, c * W]
                for c in range(3):
                    radii[2 * c * W] += radii[(2 * c + 1) * W]
                step = max(step, lanes[STEP, 0] * factor[0]) if last else step * factor[0]
            else:
                status = reject(lanes, error, factor, 0)
                if status:
                    return status, values
                step = lanes[STEP, 0]
        values[i, 0], values[i, 1], values[i, 2] = math.sqrt(dot(y, 3, 3, 0)), inclination(y, 0), y[12 * W]
        values[i, 3], values[i, 4] = math.sqrt(dot(y, 9, 9, 0)), y[13 * W] * radii[4 * W]
    return 0, values
