"""Circumbinary migration, the run: LANES systems side by side, each until its planet is ejected, hits a star, stays in a resonance or time is up.

Far from the stars the planet is moved by the mapping of `steps`, in blocks; a block that comes near a star, or whose Kepler
equation did not converge, is taken back and integrated by `close`. A system that ends gives its lane to the next one.
Units inside: G = m_A + m_B = a_B = 1; times at the boundary are in first periods of the binary, 2 pi of these units.
"""

import math
from typing import Final

import numpy as np

from analysis.migration.circumbinary.close import HIT_A, STATES, STOPPED, TRAVELLED, WORK, approach
from analysis.migration.circumbinary.steps import (
    BINARY,
    DAMP,
    GM,
    LANES,
    NEAREST,
    PAIR,
    PLANET,
    PLANET_MASS,
    RESIDUAL,
    ROWS,
    SHARE_A,
    SHARE_B,
    inlined,
    kernel,
    steps,
)
from analysis.migration.rng import draw_word

__all__ = ["ANGLES", "BINS", "BIN_WIDTH", "FIRST_ANGLE", "LOWEST_RATIO", "NUMERICS", "REASONS", "RECORD", "SYSTEM", "TURNS", "elements", "integrate", "numerics", "saba"]

SYSTEM: Final = (
    "mass_ratio",  # q_B = m_B / m_A
    "binary_eccentricity",
    "eccentricity",  # of the planet at the start
    "planet_mass",  # in units of m_A + m_B
    "axis_time", "eccentricity_time",  # e-folding times of the drag, in binary periods; inf for none
    "period_ratio",  # (a / a_B)^(3/2) at the start
    "pericentre",  # rad, argument of the planet's, where it starts; the binary starts at its own, at 0
    "radius_a", "radius_b",  # distances from the stars that count as a collision, in a_B
    "form",  # of the drag: 0 Stokes (Beauge et al. 2006), 1 that of modify_orbits_forces (Papaloizou & Larwood 2000)
    "longest",  # binary periods after which the run ends
)
RECORD: Final = (
    "end_time",  # binary periods
    "axis", "planet_eccentricity", "binary_axis", "binary_eccentricity",  # osculating, at the end, a_B of the start
    "window_ratio", "window_eccentricity",  # means of the last full window
    "largest_eccentricity", "smallest_eccentricity",  # of the samples while bound
    "least_distance",  # from a star, a_B
    "held_since",  # binary periods, beginning of the windows that settled the planet
    "samples", "blocks", "close_blocks",
    "secular_cosine", "secular_sine",  # means of the planet's minus the binary's longitude of pericentre
)
REASONS: Final = {"running": 0, "ejected": 1, "hit_a": 2, "hit_b": 3, "held": 4, "time_limit": 5, "crowded": 6, "failed": 7}
NUMERICS: Final = (
    "step",  # time units
    "count",  # steps of a block
    "near",  # a_B, distance from a star below which a block is taken back
    "tolerance",  # of the extrapolation
    "sample_share",  # of the axis time (or of `longest` without drag) between samples
    "windows_per_time",  # windows per axis time
    "held_ratio", "held_eccentricity",  # relative changes that settled windows may show
    "far",  # a_B, distance at which a planet has left
    "most_close",  # blocks near the stars after which a run is given up
)
LOWEST_RATIO, BIN_WIDTH, BINS = 1.5, 0.01, 850  # histogram of the period ratio
FIRST_ANGLE, ANGLES = 2, 9  # resonances N/1, N = FIRST_ANGLE ... FIRST_ANGLE + ANGLES - 1, whose angles are followed
TURNS = FIRST_ANGLE + ANGLES - 1  # most angles of one resonance
HELD_WINDOWS = 20
CONVERGED = 1e-4  # residual before the last iteration, which leaves less than its cube
GAP_KEY = np.uint64(2211_08520)
W = LANES
PERIOD = 2.0 * math.pi

(_MASS_RATIO, _EB, _EP, _MP, _TAU_A, _TAU_E, _RATIO, _PERICENTRE, _RADIUS_A, _RADIUS_B, _FORM, _LONGEST) = range(len(SYSTEM))
(
    _END, _AXIS, _ECC, _BINARY_AXIS, _BINARY_ECC, _WINDOW_R, _WINDOW_E, _LARGEST, _SMALLEST, _LEAST, _HELD_SINCE, _SAMPLES, _BLOCKS, _CLOSE, _SEC_COS, _SEC_SIN,
) = range(len(RECORD))
_STEP, _COUNT, _NEAR, _TOLERANCE, _SHARE, _WINDOWS, _HELD_R, _HELD_E, _FAR, _MOST = range(len(NUMERICS))
_RUNNING, _EJECTED, _HELD, _TIME_LIMIT, _CROWDED, _FAILED = (REASONS[name] for name in ("running", "ejected", "held", "time_limit", "crowded", "failed"))

# Rows of the book-keeping array (FIELDS, LANES).
(
    OWNER,  # row of the system, -1 for an idle lane
    DONE,  # blocks done
    EVERY,  # mean number of blocks between samples
    NEXT,  # block after which the next sample is taken
    BEGUN,  # binary periods, end of the last window
    WINDOW_SAMPLES,  # samples of a window
    INSIDE,  # samples in the running window
    SUM_R, SUM_E,  # in the running window
    FILLED,  # windows finished
    NEXT_STEP,  # of the extrapolation
) = range(11)
FIELDS = 11


def saba(stages: int) -> tuple[np.ndarray, np.ndarray]:
    """(drifts (stages + 1,), kicks (stages,)) of SABA_stages in units of the step (Laskar & Robutel 2001, section 4)."""
    nodes, weights = np.polynomial.legendre.leggauss(stages)
    return np.diff(np.concatenate(([-1.0], nodes, [1.0]))) / 2.0, weights / 2.0


def numerics(
    steps_per_period: float, steps_per_block: int, near: float, tolerance: float, sample_share: float, windows: int, held_ratio: float,
    held_eccentricity: float, far: float, most_close: float,
) -> np.ndarray:
    """The array of NUMERICS from values in their own units: steps per period of the binary, the rest as they are."""
    return np.array([
        PERIOD / steps_per_period, steps_per_block, near, tolerance, sample_share, windows, held_ratio, held_eccentricity, far, most_close,
    ])


@kernel
def elements(x, y, vx, vy, gm):
    """(axis, eccentricity, longitude of pericentre, mean longitude in rad) of a planar orbit; a negative axis where it is unbound (no longitude)."""
    r = math.hypot(x, y)
    v2 = vx * vx + vy * vy
    axis = 1.0 / (2.0 / r - v2 / gm)
    rv, momentum = x * vx + y * vy, x * vy - y * vx
    ex, ey = vy * momentum / gm - x / r, -vx * momentum / gm - y / r
    e = math.hypot(ex, ey)
    if not (axis > 0.0 and e < 1.0):
        return axis, e, 0.0, 0.0
    pericentre = math.atan2(ey, ex)
    sine, cosine = rv / math.sqrt(gm * axis), 1.0 - r / axis  # e sin E, e cos E
    anomaly = math.atan2(sine, cosine) if e > 0.0 else math.atan2(y, x)
    if momentum < 0.0:
        anomaly = -anomaly
        sine = -sine
    return axis, e, pericentre, pericentre + anomaly - sine


@inlined
def _gap(every, sample):
    """Blocks to the next sample: 1 ... 2 every - 1, at random, so that no frequency of the osculating orbit is in step with the samples."""
    word = draw_word(GAP_KEY, np.uint64(sample)) >> np.uint64(11)
    return 1.0 + math.floor((2.0 * every - 1.0) * (float(word) * 2.0**-53))


@kernel
def _load(y, f, ring, l, s, systems, numbers):
    """Put system s into lane l at the start of its run."""
    row = systems[s]
    q, eb, ep, mp = row[_MASS_RATIO], row[_EB], row[_EP], row[_MP]
    total = 1.0 + mp
    axis = row[_RATIO] ** (2.0 / 3.0)
    cosine, sine = math.cos(row[_PERICENTRE]), math.sin(row[_PERICENTRE])
    place, speed = axis * (1.0 - ep), math.sqrt(total / axis * (1.0 + ep) / (1.0 - ep))
    y[l], y[W + l], y[2 * W + l], y[3 * W + l] = 1.0 - eb, 0.0, 0.0, math.sqrt((1.0 + eb) / (1.0 - eb))
    y[PLANET * W + l], y[(PLANET + 1) * W + l] = place * cosine, place * sine
    y[(PLANET + 2) * W + l], y[(PLANET + 3) * W + l] = -speed * sine, speed * cosine
    y[(BINARY + GM) * W + l], y[(PLANET + GM) * W + l] = 1.0, total
    y[SHARE_A * W + l], y[SHARE_B * W + l], y[PLANET_MASS * W + l] = 1.0 / (1.0 + q), q / (1.0 + q), mp
    inward, radial, circular = _forces(row)
    h = numbers[_STEP]
    y[DAMP * W + l], y[(DAMP + 1) * W + l] = math.exp(-(inward + radial) * h), math.exp(-inward * h)
    y[(DAMP + 2) * W + l] = -circular / inward * math.expm1(-inward * h) if inward > 0.0 else circular * h
    clock = row[_TAU_A] if row[_TAU_A] < math.inf else row[_LONGEST]
    block = numbers[_STEP] * numbers[_COUNT] / PERIOD
    f[OWNER, l], f[DONE, l], f[INSIDE, l], f[SUM_R, l], f[SUM_E, l], f[FILLED, l] = s, 0.0, 0.0, 0.0, 0.0, 0.0
    f[EVERY, l] = max(1.0, math.floor(numbers[_SHARE] * clock / block))
    f[NEXT, l], f[BEGUN, l] = _gap(f[EVERY, l], 0.0), 0.0
    f[WINDOW_SAMPLES, l] = max(1.0, math.floor(clock / (numbers[_WINDOWS] * f[EVERY, l] * block)))
    f[NEXT_STEP, l] = 0.3
    ring[:, :, l] = math.nan


@inlined
def _forces(row):
    """(INWARD, RADIAL, CIRCULAR) coefficients of the drag, per time unit: dv/dt = -INWARD v - RADIAL (v . r) r / r^2 + CIRCULAR v_c.

    Stokes-like drag -C (v - alpha v_c) with C (1 - alpha) = 1 / (2 tau_a) and C alpha = 1 / tau_e (Beauge et al. 2006).
    """
    slow = 0.5 / (row[_TAU_A] * PERIOD)
    round_ = 1.0 / (row[_TAU_E] * PERIOD)
    if row[_FORM] == 0.0:
        return slow + round_, 0.0, round_
    return slow, 2.0 * round_, 0.0


@kernel
def _take_back(y, before, f, l, row, numbers, u, q, work, record):
    """Integrate the last block of lane l again from its beginning, near the stars; returns a reason, 0 to go on."""
    for c in range(4):
        u[c], u[4 + c] = before[c * W + l], before[(PLANET + c) * W + l]
    q[0], q[1], q[2] = y[SHARE_A * W + l], y[SHARE_B * W + l], y[PLANET_MASS * W + l]
    q[3], q[4], q[5] = _forces(row)
    span = numbers[_STEP] * numbers[_COUNT]
    status, _, least, following = approach(u, q, span, f[NEXT_STEP, l], numbers[_TOLERANCE], row[_RADIUS_A], row[_RADIUS_B], work)
    f[NEXT_STEP, l] = following
    for c in range(4):
        y[c * W + l], y[(PLANET + c) * W + l] = u[c], u[4 + c]
    record[_CLOSE] += 1.0
    record[_LEAST] = min(record[_LEAST], least)
    if status == TRAVELLED:
        return _CROWDED if record[_CLOSE] > numbers[_MOST] else 0
    return _FAILED if status == STOPPED else 2 + status - HIT_A


@kernel
def _sample(y, f, ring, l, row, numbers, time, record, histogram, angles):
    """Note the osculating orbits of lane l and see whether this is the end; returns a reason, 0 to go on."""
    px, py = y[PLANET * W + l], y[(PLANET + 1) * W + l]
    a, e, pericentre, longitude = elements(px, py, y[(PLANET + 2) * W + l], y[(PLANET + 3) * W + l], y[(PLANET + GM) * W + l])
    ab, eb, pericentre_b, longitude_b = elements(y[l], y[W + l], y[2 * W + l], y[3 * W + l], 1.0)
    record[_END], record[_AXIS], record[_ECC], record[_BINARY_AXIS], record[_BINARY_ECC] = time, a, e, ab, eb
    distance = math.hypot(px, py)
    if not distance < math.inf or not ab > 0.0:
        return _FAILED
    if distance > numbers[_FAR] or (a < 0.0 and distance > 0.2 * numbers[_FAR]):
        return _EJECTED
    if a > 0.0:
        ratio = a / ab * math.sqrt(a / ab)
        record[_SAMPLES] += 1.0
        record[_LARGEST], record[_SMALLEST] = max(record[_LARGEST], e), min(record[_SMALLEST], e)
        place = math.floor((ratio - LOWEST_RATIO) / BIN_WIDTH)
        if 0 <= place < BINS:
            histogram[int(place)] += 1
        number = math.floor(ratio + 0.5)
        order = int(number) - FIRST_ANGLE
        apsides = pericentre - pericentre_b
        record[_SEC_COS] += math.cos(apsides)
        record[_SEC_SIN] += math.sin(apsides)
        if 0 <= order < ANGLES:
            angle = number * longitude - longitude_b - (number - 1.0) * pericentre_b
            cosine, sine = math.cos(angle), math.sin(angle)
            turn, lift = math.cos(apsides), math.sin(apsides)
            angles[order, 0, 0] += 1.0
            for k in range(int(number)):
                angles[order, 1 + k, 0] += cosine
                angles[order, 1 + k, 1] += sine
                cosine, sine = cosine * turn + sine * lift, sine * turn - cosine * lift  # minus one planet's pericentre, plus one of the binary's
        f[INSIDE, l] += 1.0
        f[SUM_R, l] += ratio
        f[SUM_E, l] += e
        if f[INSIDE, l] >= f[WINDOW_SAMPLES, l]:
            record[_WINDOW_R], record[_WINDOW_E] = f[SUM_R, l] / f[INSIDE, l], f[SUM_E, l] / f[INSIDE, l]
            place = f[FILLED, l] % HELD_WINDOWS
            ring[0, int(place), l], ring[1, int(place), l] = record[_WINDOW_R], record[_WINDOW_E]
            f[INSIDE, l], f[SUM_R, l], f[SUM_E, l] = 0.0, 0.0, 0.0
            f[FILLED, l] += 1.0
            ring[2, int(place), l], f[BEGUN, l] = f[BEGUN, l], time
            if row[_TAU_A] < math.inf and f[FILLED, l] >= HELD_WINDOWS and _settled(ring, int(place), l, numbers):
                record[_HELD_SINCE] = ring[2, int(f[FILLED, l] % HELD_WINDOWS), l]
                return _HELD
    return _TIME_LIMIT if time >= row[_LONGEST] else 0


@kernel
def _settled(ring, last, l, numbers):
    """True when the windows of lane l show neither migration nor a drift of the eccentricity.

    A planet that drifts freely changes its period ratio by a factor exp(-3/2 t / tau_a); over the HELD_WINDOWS windows here it stays within
    `held_ratio`, and the mean eccentricity of the later half differs from that of the earlier one by less than `held_eccentricity`.
    """
    low, high = math.inf, 0.0
    halves = [0.0, 0.0]
    for i in range(HELD_WINDOWS):
        value = ring[0, i, l]
        low, high = min(low, value), max(high, value)
        age = (last - i) % HELD_WINDOWS
        halves[0 if age < HELD_WINDOWS // 2 else 1] += ring[1, i, l] / (HELD_WINDOWS // 2)
    return high - low < numbers[_HELD_R] * low and abs(halves[0] - halves[1]) < numbers[_HELD_E] * max(halves[1], 0.02)


@kernel
def integrate(systems, numbers, drifts, kicks, record, reason, histogram, angles):
    """Run every system to its end.

    systems (n, len(SYSTEM)); numbers of `numerics`; drifts, kicks of `saba`. Fills record (n, len(RECORD)), reason (n,) int64 of REASONS,
    histogram (n, BINS) int32 of the period ratio, sampled at random times, from LOWEST_RATIO in bins of BIN_WIDTH, and angles (n, ANGLES, 1 + TURNS, 2): for
    the integer N nearest to the ratio the number of samples (at [0, 0]) and, at 1 + k, the sums of cos and sin of
    N lambda - lambda_B - k pericentre - (N - 1 - k) pericentre_B, k = 0 ... N - 1.
    """
    n = systems.shape[0]
    y, before = np.ones(ROWS * W), np.ones(ROWS * W)
    f, ring = np.zeros((FIELDS, W)), np.zeros((3, HELD_WINDOWS, W))
    u, q, work = np.zeros(STATES), np.zeros(6), np.zeros((WORK, STATES))
    record[:], histogram[:], angles[:], reason[:] = 0.0, 0, 0.0, _RUNNING
    record[:, _LEAST], record[:, _SMALLEST] = math.inf, math.inf
    following = 0
    for l in range(W):
        _load(y, f, ring, l, 0, systems, numbers)
        f[OWNER, l] = -1.0
        if following < n:
            _load(y, f, ring, l, following, systems, numbers)
            following += 1
    busy, near = min(n, W), numbers[_NEAR] * numbers[_NEAR]
    block = numbers[_STEP] * numbers[_COUNT] / PERIOD
    while busy > 0:
        for l in range(W):
            y[NEAREST * W + l] = math.inf
            y[(BINARY + RESIDUAL) * W + l] = 0.0
            y[(PLANET + RESIDUAL) * W + l] = 0.0
        before[:] = y
        steps(y, drifts, kicks, numbers[_STEP], int(numbers[_COUNT]))
        for l in range(W):
            if f[OWNER, l] < 0.0:
                for c in range(ROWS):
                    y[c * W + l] = before[c * W + l]  # an idle lane stands still
                continue
            s = int(f[OWNER, l])
            f[DONE, l] += 1.0
            record[s, _BLOCKS] += 1.0
            time, end = f[DONE, l] * block, 0
            worst = max(y[(BINARY + RESIDUAL) * W + l], y[(PLANET + RESIDUAL) * W + l])
            finite = abs(y[l] * y[PLANET * W + l] * y[(PLANET + 1) * W + l]) < math.inf
            if finite and y[NEAREST * W + l] > near and worst < CONVERGED:
                record[s, _LEAST] = min(record[s, _LEAST], math.sqrt(y[NEAREST * W + l]))
            else:
                end = _take_back(y, before, f, l, systems[s], numbers, u, q, work, record[s])
            if end == 0 and f[DONE, l] >= f[NEXT, l]:
                f[NEXT, l] = f[DONE, l] + _gap(f[EVERY, l], f[DONE, l])
                end = _sample(y, f, ring, l, systems[s], numbers, time, record[s], histogram[s], angles[s])
            elif end != 0:
                record[s, _END] = time
            if end != 0:
                reason[s] = end
                busy -= 1
                f[OWNER, l] = -1.0
                if following < n:
                    _load(y, f, ring, l, following, systems, numbers)
                    following += 1
                    busy += 1


assert PLANET == PAIR
