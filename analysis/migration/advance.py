"""Level 2, one accepted step of one triple: land on the periapsis minimum inside it, keep the record, and see whether this is the end."""

import math

from analysis.migration import triple
from analysis.migration.circularise import lookup
from analysis.migration.endings import circular_end, note, periapsis_distance, short_range_rate
from analysis.migration.secular import LANES, QUADRUPOLE, STATES, kernel

__all__ = [
    "AVERAGING", "BEFORE", "FIELDS", "NODE", "OWNER", "ROCHE", "SIDE", "SLOPE", "STEP", "TIME", "TRIES", "WINDOW", "WITHIN", "accept", "dot", "inclination",
    "mixed", "reject", "settled", "turning",
]

W = LANES
CHECK = 8  # attempts between looks at quenching and drift
LARGEST_DRIFT = 1e-4
NEAR = 1.3  # periapsis minima within this many outermost disruption radii are landed on
MOST_LANDINGS = 3
SAME_DEPTH = 0.99  # a window whose smallest periapsis is above this share of the smallest before it brings nothing new
LARGEST_DECAY = 0.1  # relative change of a, extrapolated to the time limit, that a settled orbit may have

# Rows of the lane array (FIELDS, LANES).
(
    TIME,  # yr after the start
    STEP,  # yr, of the next attempt
    LONGEST,  # yr, step to go on with after a landing
    SLOPE,  # d(j^2)/dt at the start of the step
    CURVATURE,  # second derivative of j^2 at the minimum that is landed on
    AVERAGING,  # epsilon_SA / a^(3/2) at e2 = 0
    ROCHE,  # tidal radius over the companion's radius
    NODE,  # place in the table of radii
    LANDING,  # 1: this step is to end on a minimum
    TRIES,  # landings since the last rise of periapsis
    WINDOW,  # yr, end of the running window
    BEFORE,  # au, smallest periapsis before the window
    WITHIN,  # au, smallest periapsis in the window
    SIDE,  # j . j2 after the last step
    OWNER,  # row of the triple, -1 for an idle lane
) = range(15)
FIELDS = 15

_TIME_LIMIT, _START_AGE, _FIRST, _CLOSE, _FLOOR, _QUENCH, _MARGIN = (triple.PHYSICS.index(name) for name in (
    "time_limit", "start_age", "disruption_first", "close_axis", "averaging_floor", "quench_ratio", "settle_margin",
))
_RP, _RP_SHARE, _CLOSE_TIME, _QUENCH_TIME, _AVERAGING, _INCLINATION, _CONSTRAINT, _ORTHOGONAL, _FLIPS, _STEPS = (triple.RECORD.index(name) for name in (
    "smallest_periapsis", "smallest_periapsis_share", "close_time", "quench_time", "smallest_averaging_ratio", "final_inclination",
    "constraint_drift", "orthogonality_drift", "flips", "steps",
))
_INSIDE, _TIME_LIMIT_REACHED, _AVERAGING_FAILS, _UNDERFLOW, _NOT_FINITE, _DRIFT = (triple.REASONS[name] for name in (
    "inside_disruption", "time_limit", "averaging_fails", "step_underflow", "not_finite", "drift",
))


@kernel
def dot(y, first, second, l):
    """Scalar product of the vectors that start at elements `first` and `second` of lane l."""
    return (
        y[first * W + l] * y[second * W + l] + y[(first + 1) * W + l] * y[(second + 1) * W + l] + y[(first + 2) * W + l] * y[(second + 2) * W + l]
    )


@kernel
def mixed(y, rate, l):
    """j . dj/dt of lane l."""
    return y[l] * rate[l] + y[W + l] * rate[W + l] + y[2 * W + l] * rate[2 * W + l]


@kernel
def inclination(y, l):
    """Mutual inclination of lane l in rad."""
    cosine = dot(y, 0, 6, l) / math.sqrt(dot(y, 0, 0, l) * dot(y, 6, 6, l))
    return math.acos(min(1.0, max(-1.0, cosine)))


@kernel
def turning(start, end, fall, rise, h):
    """(share of the step, value, second derivative) at the minimum of the cubic with values start, end and slopes fall < 0 < rise."""
    m0, m1 = fall * h, rise * h
    c3, c2 = 2.0 * (start - end) + m0 + m1, 3.0 * (end - start) - 2.0 * m0 - m1
    root = math.sqrt(max(0.0, c2 * c2 - 3.0 * c3 * m0))
    share = -m0 / (c2 + root) if c2 + root > 0.0 else 0.5
    share = min(1.0, max(0.0, share))
    return share, start + share * (m0 + share * (c2 + share * c3)), (2.0 * c2 + 6.0 * c3 * share) / (h * h)


@kernel
def reject(lanes, error, factor, l):
    """Shorten the step of lane l after a rejected attempt; returns a reason when it vanishes, 0 otherwise."""
    finite = error[l] < math.inf
    lanes[LANDING, l] = 0.0
    lanes[STEP, l] *= factor[l] if finite else 0.1
    if lanes[TIME, l] + lanes[STEP, l] <= lanes[TIME, l]:
        return _UNDERFLOW if finite else _NOT_FINITE
    return 0


@kernel
def settled(row, physics, lanes, axis, first_axis, l):
    """At the end of a window: True when it brought no smaller periapsis, far outside the reach of tides; else the next window, twice as long.

    Regular orbits repeat their smallest periapsis over the octupole's own period; a chaotic orbit finds smaller ones. This rests on the
    orbit's history, not on a theorem: how often it errs is counted by runs to the end.
    """
    outermost = physics[_FIRST] * row[_RP] / row[_RP_SHARE]
    shrunk = abs(1.0 - axis / first_axis) * physics[_TIME_LIMIT] / lanes[TIME, l]
    deeper = lanes[WITHIN, l] <= SAME_DEPTH * lanes[BEFORE, l]
    lanes[BEFORE, l], lanes[WITHIN, l] = min(lanes[BEFORE, l], lanes[WITHIN, l]), math.inf
    lanes[WINDOW, l] *= 2.0
    return not deeper and row[_RP] > physics[_MARGIN] * outermost and shrunk < LARGEST_DECAY


@kernel
def accept(row, physics, y, new, k, p, radii, age, table, lanes, factor, scratch, l):
    """Take an accepted step of lane l, or send it back to land on a periapsis minimum inside it. Returns a reason, 0 to go on."""
    before, jj = dot(y, 0, 0, l), dot(new, 0, 0, l)
    a, h = new[12 * W + l], lanes[STEP, l]
    rise = 2.0 * mixed(new, k[12], l)
    node, share = lookup(age, table, int(lanes[NODE, l]), physics[_START_AGE] + lanes[TIME, l] + h)
    roche = lanes[ROCHE, l] * (table[node, 3] + share * (table[node + 1, 3] - table[node, 3]))
    least = min(before, jj)
    if lanes[LANDING, l] != 0.0:
        if lanes[CURVATURE, l] > 0.0:
            least = max(0.5 * jj, jj - 0.5 * rise * rise / lanes[CURVATURE, l])
        lanes[LANDING, l] = 0.0
        following = lanes[LONGEST, l]
    else:
        following = h * factor[l]
        if lanes[SLOPE, l] < 0.0 < rise:
            place, lowest, bend = turning(before, jj, lanes[SLOPE, l], rise, h)
            lowest = max(lowest, 0.25 * least)
            estimate = periapsis_distance(a, lowest)
            worth = estimate < row[_RP] or estimate < NEAR * physics[_FIRST] * roche
            if worth and lanes[TRIES, l] < MOST_LANDINGS and 0.01 < place < 0.99:
                lanes[LONGEST, l], lanes[CURVATURE, l], lanes[LANDING, l], lanes[STEP, l] = max(h, following), bend, 1.0, h * place
                lanes[TRIES, l] += 1.0
                return 0
            least = min(least, lowest)
    if rise > 0.0:
        lanes[TRIES, l] = 0.0
    for c in range(STATES):
        y[c * W + l] = new[c * W + l]
        k[0, c * W + l] = k[12, c * W + l]
    for c in range(3):
        radii[2 * c * W + l] += radii[(2 * c + 1) * W + l]
    t = lanes[TIME, l] + h
    lanes[TIME, l], lanes[STEP, l], lanes[SLOPE, l], lanes[NODE, l] = t, following, rise, float(node)
    outer = dot(y, 6, 6, l)
    row[_AVERAGING] = min(row[_AVERAGING], math.sqrt(least) * outer * math.sqrt(outer) / (lanes[AVERAGING, l] * a * math.sqrt(a)))
    distance = periapsis_distance(a, least)
    lanes[WITHIN, l] = min(lanes[WITHIN, l], distance)
    if note(row, physics, distance, roche, t):
        return _INSIDE
    if row[_AVERAGING] < physics[_FLOOR]:
        return _AVERAGING_FAILS
    if a <= physics[_CLOSE]:
        row[_CLOSE_TIME] = min(row[_CLOSE_TIME], t)
    side = dot(y, 0, 6, l)
    if side * lanes[SIDE, l] < 0.0:
        row[_FLIPS] += 1.0
    lanes[SIDE, l] = side
    if t >= physics[_TIME_LIMIT]:
        return _TIME_LIMIT_REACHED
    if row[_STEPS] % CHECK < 1.0:
        row[_CONSTRAINT] = max(row[_CONSTRAINT], abs(jj + dot(y, 3, 3, l) - 1.0), abs(outer + dot(y, 9, 9, l) - 1.0))
        row[_ORTHOGONAL] = max(row[_ORTHOGONAL], abs(dot(y, 0, 3, l)), abs(dot(y, 6, 9, l)))
        if not row[_CONSTRAINT] < LARGEST_DRIFT:
            return _DRIFT
        turn = short_range_rate(a, math.sqrt(jj), p, l, radii[l], radii[2 * W + l])
        torque = 30.0 * p[QUADRUPOLE * W + l] * a * math.sqrt(a) / (outer * math.sqrt(outer))
        if torque < physics[_QUENCH] * turn * math.sqrt(jj):
            row[_QUENCH_TIME], row[_INCLINATION] = t, inclination(y, l)
            return circular_end(row, physics, t, a, math.sqrt(dot(y, 3, 3, l)), age, table, p, l, lanes[ROCHE, l], scratch)
    return 0
