"""Level 2, one accepted step of one triple: land on the periapsis minimum inside it, keep the record, and see whether this is the end."""

import math

from analysis.migration.secular import triple
from analysis.migration.secular.endings import circular_end, note, periapsis_distance, short_range_rate
from analysis.migration.secular.equations import LANES, QUADRUPOLE, STATES, inlined, kernel

__all__ = [
    "AVERAGING", "BEFORE", "FIELDS", "JJ", "NEW_SIDE", "NEXT_NODE", "NEXT_ROCHE", "NODE", "OLD_JJ", "OUTER", "OWNER", "RISE", "ROCHE", "SIDE", "SLOPE", "STEP",
    "TAKEN", "TIME", "WINDOW", "WITHIN", "accept", "digest", "dot", "inclination", "mixed", "move", "reject", "settled", "turning",
]

W = LANES
CHECK = 8  # attempts between looks at quenching and drift
LARGEST_DRIFT = 1e-4
NEAR = 1.3  # periapsis minima within this many outermost disruption radii are landed on
WORTH = 1.5  # and those that may be below this many times the smallest so far
FLAT = 1e-6  # a minimum this close to the end of the step, relative to j^2, is read off the cubic through the step's ends
MOST_LANDINGS = 5
SAME_DEPTH = 0.99  # a window whose smallest periapsis is above this share of the smallest before it brings nothing new
LARGEST_DECAY = 0.1  # relative change of a, extrapolated to the time limit, that a settled orbit may have

# Rows of the lane array (FIELDS, LANES).
(
    TIME,  # yr after the start
    STEP,  # yr, of the next attempt
    LONGEST,  # yr, step to go on with after a landing
    LAST_STEP, LAST_FACTOR,  # yr and factor of the last accepted step that was no landing; 0 before it
    SLOPE,  # d(j^2)/dt at the start of the step
    AVERAGING,  # epsilon_SA / a^(3/2) at e2 = 0
    ROCHE,  # tidal radius over the companion's radius
    NODE, NEXT_NODE,  # place in the table of radii at the start and at the end of the step
    NEXT_ROCHE,  # au, tidal radius at the end of the step
    LANDING,  # 1: this step is to end on a minimum
    TRIES,  # landings since the last rise of periapsis
    WINDOW,  # yr, end of the running window
    BEFORE,  # au, smallest periapsis before the window
    WITHIN,  # au, smallest periapsis in the window
    SIDE,  # j . j2 after the last step
    OWNER,  # row of the triple, -1 for an idle lane
    TAKEN,  # 1: the attempt is the next step
    OLD_JJ, JJ, RISE, OUTER, NEW_SIDE,  # j^2 at the start; j^2, d(j^2)/dt, |j2|^2 and j . j2 at the end of the attempt
) = range(24)
FIELDS = 24

_TIME_LIMIT, _FIRST, _CLOSE, _FLOOR, _QUENCH, _MARGIN = (triple.PHYSICS.index(name) for name in (
    "time_limit", "disruption_first", "close_axis", "averaging_floor", "quench_ratio", "settle_margin",
))
_RP, _RP_SHARE, _CLOSE_TIME, _QUENCH_TIME, _AVERAGING, _INCLINATION, _CONSTRAINT, _ORTHOGONAL, _FLIPS, _STEPS = (triple.RECORD.index(name) for name in (
    "smallest_periapsis", "smallest_periapsis_share", "close_time", "quench_time", "smallest_averaging_ratio", "final_inclination",
    "constraint_drift", "orthogonality_drift", "flips", "steps",
))
_INSIDE, _TIME_LIMIT_REACHED, _AVERAGING_FAILS, _UNDERFLOW, _NOT_FINITE, _DRIFT = (triple.REASONS[name] for name in (
    "inside_disruption", "time_limit", "averaging_fails", "step_underflow", "not_finite", "drift",
))


@inlined
def dot(y, first, second, l):
    """Scalar product of the vectors that start at elements `first` and `second` of lane l."""
    return (
        y[first * W + l] * y[second * W + l] + y[(first + 1) * W + l] * y[(second + 1) * W + l] + y[(first + 2) * W + l] * y[(second + 2) * W + l]
    )


@inlined
def mixed(y, rate, l):
    """j . dj/dt of lane l."""
    return y[l] * rate[l] + y[W + l] * rate[W + l] + y[2 * W + l] * rate[2 * W + l]


@kernel
def inclination(y, l):
    """Mutual inclination of lane l in rad."""
    cosine = dot(y, 0, 6, l) / math.sqrt(dot(y, 0, 0, l) * dot(y, 6, 6, l))
    return math.acos(min(1.0, max(-1.0, cosine)))


@kernel
def turning(y, rate, new, new_rate, h, l):
    """(share of the step, j^2) where |j| is smallest on the cubic through the vector j and its derivative at both ends of a step of h.

    For j . dj/dt negative at the start and positive at the end; eight steps of the Illinois rule (Dowell & Jarratt 1971, BIT 11, 168).
    """
    low, high, place = 0.0, 1.0, 0.5
    at_low, at_high, square = mixed(y, rate, l) * h, mixed(new, new_rate, l) * h, 0.0
    for _ in range(8):
        place = low - at_low * (high - low) / (at_high - at_low)
        square, slope = 0.0, 0.0
        for c in range(3):
            i = c * W + l
            m0, m1, rise = h * rate[i], h * new_rate[i], new[i] - y[i]
            c2, c3 = 3.0 * rise - 2.0 * m0 - m1, m0 + m1 - 2.0 * rise
            value = y[i] + place * (m0 + place * (c2 + place * c3))
            square += value * value
            slope += value * (m0 + place * (2.0 * c2 + 3.0 * place * c3))
        if slope < 0.0:
            low, at_low, at_high = place, slope, 0.5 * at_high
        elif slope > 0.0:
            high, at_high, at_low = place, slope, 0.5 * at_low
        else:
            break
    return place, square


@inlined
def reject(lanes, error, factor, l):
    """Shorten the step of lane l after a rejected attempt; returns a reason when it vanishes, 0 otherwise."""
    finite = error[l] < math.inf
    lanes[LANDING, l], lanes[LAST_STEP, l] = 0.0, 0.0
    lanes[STEP, l] *= factor[l] if finite else 0.1
    if lanes[TIME, l] + lanes[STEP, l] <= lanes[TIME, l]:
        return _UNDERFLOW if finite else _NOT_FINITE
    return 0


@inlined
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
def digest(y, new, rate, old_jj, jj, rise, outer, side):
    """What `accept` asks of every attempt, for all lanes: j^2 before and after, 2 j . dj/dt, |j2|^2 and j . j2 after."""
    for l in range(W):
        old_jj[l] = y[l] * y[l] + y[W + l] * y[W + l] + y[2 * W + l] * y[2 * W + l]
        jx, jy, jz = new[l], new[W + l], new[2 * W + l]
        gx, gy, gz = new[6 * W + l], new[7 * W + l], new[8 * W + l]
        jj[l] = jx * jx + jy * jy + jz * jz
        rise[l] = 2.0 * (jx * rate[l] + jy * rate[W + l] + jz * rate[2 * W + l])
        outer[l] = gx * gx + gy * gy + gz * gz
        side[l] = jx * gx + jy * gy + jz * gz


@kernel
def move(y, new, first, last, taken):
    """Make the attempt the new state, and its last stage the first of the next step, in every lane that takes it."""
    for c in range(STATES):
        for l in range(W):
            i = c * W + l
            y[i] = new[i] if taken[l] > 0.0 else y[i]
            first[i] = last[i] if taken[l] > 0.0 else first[i]


@inlined
def accept(row, physics, y, new, k, p, radii, age, table, lanes, factor, scratch, l):
    """Take the accepted attempt of lane l, or send it back to land on a periapsis minimum inside it. Returns a reason, 0 to go on.

    Steps follow the predictive controller of Gustafsson (1994, ACM TOMS 20, 496).
    """
    before, jj, rise, outer = lanes[OLD_JJ, l], lanes[JJ, l], lanes[RISE, l], lanes[OUTER, l]
    a, h, roche = new[12 * W + l], lanes[STEP, l], lanes[NEXT_ROCHE, l]
    least, when = (jj, lanes[TIME, l] + h) if jj <= before else (before, lanes[TIME, l])
    if lanes[LANDING, l] != 0.0:
        following = lanes[LONGEST, l]
    else:
        following = h * factor[l]
        if lanes[LAST_STEP, l] > 0.0:
            following *= min(1.0, max(0.5, h / lanes[LAST_STEP, l] * factor[l] / lanes[LAST_FACTOR, l]))
    if lanes[SLOPE, l] < 0.0 < rise:
        place, lowest = turning(y, k[0], new, k[12], h, l)
        estimate = periapsis_distance(a, lowest)
        worth = estimate < WORTH * row[_RP] or estimate < NEAR * physics[_FIRST] * roche
        if worth and lanes[TRIES, l] < MOST_LANDINGS and FLAT * least < least - lowest and 0.001 < place < 0.999:
            lanes[LONGEST, l], lanes[LANDING, l], lanes[STEP, l] = max(h, following), 1.0, h * place
            lanes[TRIES, l] += 1.0
            return 0
        if lowest <= least:
            least, when = lowest, lanes[TIME, l] + h * place
    if lanes[LANDING, l] != 0.0:
        lanes[LANDING, l] = 0.0
    else:
        lanes[LAST_STEP, l], lanes[LAST_FACTOR, l] = h, factor[l]
    if rise > 0.0:
        lanes[TRIES, l] = 0.0
    for c in range(3):
        radii[2 * c * W + l] += radii[(2 * c + 1) * W + l]
    t = lanes[TIME, l] + h
    lanes[TAKEN, l], lanes[TIME, l], lanes[STEP, l], lanes[SLOPE, l], lanes[NODE, l] = 1.0, t, following, rise, lanes[NEXT_NODE, l]
    row[_AVERAGING] = min(row[_AVERAGING], math.sqrt(least) * outer * math.sqrt(outer) / (lanes[AVERAGING, l] * a * math.sqrt(a)))
    distance = periapsis_distance(a, least)
    lanes[WITHIN, l] = min(lanes[WITHIN, l], distance)
    if note(row, physics, distance, roche, when):
        return _INSIDE
    if row[_AVERAGING] < physics[_FLOOR]:
        return _AVERAGING_FAILS
    if a <= physics[_CLOSE]:
        row[_CLOSE_TIME] = min(row[_CLOSE_TIME], t)
    if lanes[NEW_SIDE, l] * lanes[SIDE, l] < 0.0:
        row[_FLIPS] += 1.0
    lanes[SIDE, l] = lanes[NEW_SIDE, l]
    if t >= physics[_TIME_LIMIT]:
        return _TIME_LIMIT_REACHED
    if row[_STEPS] % CHECK < 1.0:
        row[_CONSTRAINT] = max(row[_CONSTRAINT], abs(jj + dot(new, 3, 3, l) - 1.0), abs(outer + dot(new, 9, 9, l) - 1.0))
        row[_ORTHOGONAL] = max(row[_ORTHOGONAL], abs(dot(new, 0, 3, l)), abs(dot(new, 6, 9, l)))
        if not row[_CONSTRAINT] < LARGEST_DRIFT:
            return _DRIFT
        turn = short_range_rate(a, math.sqrt(jj), p, l, radii[l], radii[2 * W + l])
        torque = 30.0 * p[QUADRUPOLE * W + l] * a * math.sqrt(a) / (outer * math.sqrt(outer))
        if torque < physics[_QUENCH] * turn * math.sqrt(jj):
            row[_QUENCH_TIME], row[_INCLINATION] = t, inclination(new, l)
            return circular_end(row, physics, t, a, math.sqrt(dot(new, 3, 3, l)), age, table, p, l, lanes[ROCHE, l], scratch)
    return 0
