"""Kernels of the expectation-maximisation algorithm for mixtures of Gaussians in a plane.

Rows lie along the inner loops, which hold no branches, so that the compiler turns them into vector instructions; sums
run over eight lanes in an order that the source fixes. The exponential is a polynomial in plain arithmetic. Results are
therefore the same bits on any processor and for any vector width (no fastmath, no fused multiply-add).
"""

import math

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["CONVERGED", "ITERATION_LIMIT", "LANES", "SINGULAR", "exp", "expectation", "fit_one", "fit_rows", "log", "maximisation", "pick_starts"]

CONVERGED, ITERATION_LIMIT, SINGULAR = 0, 1, 2
LANES = 8
_TINY = 10 * np.finfo(np.float64).eps  # added to the weight of a component, as scikit-learn does
_LOG_2PI = math.log(2 * math.pi)
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # fdlibm: n * high is exact for |n| < 2^20
_ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to an integer, which then stands in the lowest bits
_SMALLEST = -700.0  # exp(-700) = 1e-304 stands for everything below
_C2, _C3, _C4, _C5, _C6, _C7 = (1 / math.factorial(i) for i in range(2, 8))
_C8, _C9, _C10, _C11, _C12, _C13 = (1 / math.factorial(i) for i in range(8, 14))


@intrinsic
def _bits(typingctx, value):
    """The 64 bits of a double as a signed integer."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), codegen


@intrinsic
def _double(typingctx, value):
    """The double that has these 64 bits."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), codegen


@njit(cache=True, nogil=True, error_model="numpy")
def exp(x):
    """exp(x) for x <= 0 within 2 units in the last place; 2^n times the Taylor polynomial of degree 13 on |r| <= ln(2) / 2."""
    x = max(x, _SMALLEST)
    shifted = x * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (_C2 + r * _C3)
    middle = (_C4 + r * _C5) + r2 * (_C6 + r * _C7)
    high = ((_C8 + r * _C9) + r2 * (_C10 + r * _C11)) + r4 * (_C12 + r * _C13)
    return _double(_bits(low + r4 * (middle + r4 * high)) + (_bits(shifted) << 52))


@njit(cache=True, nogil=True, error_model="numpy")
def log(x):
    """log(x) for normal x > 0 within 2 units in the last place: exponent and the series of 2 atanh(f), f = (m - 1) / (m + 1), |f| < 0.172."""
    shifted = _bits(x) + 0x00095F6200000000  # so that the mantissa m lies in [sqrt(1/2), sqrt(2))
    n = _double(((shifted >> 52) - 1023) + 0x4338000000000000) - _ROUND
    m = _double((shifted & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000)
    f = (m - 1.0) / (m + 1.0)
    z = f * f
    z2 = z * z
    low = (1 / 3 + z * (1 / 5)) + z2 * (1 / 7 + z * (1 / 9))
    high = (1 / 11 + z * (1 / 13)) + z2 * (1 / 15 + z * (1 / 17)) + z2 * z2 * (1 / 19 + z * (1 / 21))
    return n * _LN2_HIGH + (2.0 * f + (2.0 * f * z * (low + z2 * z2 * high) + n * _LN2_LOW))


@njit(cache=True, nogil=True, error_model="numpy")
def _dot(a, b):
    """Sum of a * b over rows (a multiple of eight), lane by lane."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    for i in range(0, a.size, 8):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@njit(cache=True, nogil=True, error_model="numpy")
def expectation(rows, noisy, state, share, work):
    """Log-likelihood of `state`; fills share (k, n) with responsibilities times row weights.

    rows (7, n): x, y, weight, the error covariance xx, xy, yy and ones, n a multiple of eight; state (k, 6): weight,
    mean x, y, covariance xx, xy, yy. work (3, n) is scratch. With `noisy` a row's covariance is added to the component's
    (Bovy, Hogg & Roweis 2011, eq. 14).
    """
    x, y, weight = rows[0], rows[1], rows[2]
    top, total, logs = work[0], work[1], work[2]
    n, k = x.size, state.shape[0]
    for j in range(k):
        mx, my, vxx, vxy, vyy = state[j, 1], state[j, 2], state[j, 3], state[j, 4], state[j, 5]
        exponent = share[j]
        if noisy:
            sxx, sxy, syy = rows[3], rows[4], rows[5]
            for i in range(n):
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                dx, dy = x[i] - mx, y[i] - my
                exponent[i] = -0.5 * (c * dx * dx - 2.0 * b * dx * dy + a * dy * dy) / (a * c - b * b)
        else:
            det = vxx * vyy - vxy * vxy
            a, b, c = -0.5 * vyy / det, vxy / det, -0.5 * vxx / det
            for i in range(n):
                dx, dy = x[i] - mx, y[i] - my
                exponent[i] = a * dx * dx + b * dx * dy + c * dy * dy
        if j == 0:
            for i in range(n):
                top[i] = exponent[i]
        else:
            for i in range(n):
                top[i] = max(top[i], exponent[i])
    for i in range(n):
        total[i] = 0.0
    for j in range(k):
        density = share[j]
        if noisy:
            p, vxx, vxy, vyy = state[j, 0], state[j, 3], state[j, 4], state[j, 5]
            sxx, sxy, syy = rows[3], rows[4], rows[5]
            for i in range(n):
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                density[i] = p / math.sqrt(a * c - b * b) * exp(density[i] - top[i])
        else:
            scale = state[j, 0] / math.sqrt(state[j, 3] * state[j, 5] - state[j, 4] * state[j, 4])
            for i in range(n):
                density[i] = scale * exp(density[i] - top[i])
        for i in range(n):
            total[i] += density[i]
    for i in range(n):
        logs[i] = top[i] + log(total[i]) - _LOG_2PI
    for i in range(n):
        total[i] = weight[i] / total[i]
    for j in range(k):
        density = share[j]
        for i in range(n):
            density[i] *= total[i]
    return _dot(logs, weight)


@njit(cache=True, nogil=True, error_model="numpy")
def maximisation(rows, noisy, state, share, work, floor):
    """Replace `state` by the maximiser given responsibilities (Bovy, Hogg & Roweis 2011, eqs 16-17; without errors the usual one).

    The floor is added to the variances afterwards, and a component's weight gets ten machine epsilons, as in scikit-learn.
    """
    x, y = rows[0], rows[1]
    dx, dy, spread = work[0], work[1], work[2]
    n, k = x.size, state.shape[0]
    for j in range(k):
        r = share[j]
        mx, my, vxx, vxy, vyy = state[j, 1], state[j, 2], state[j, 3], state[j, 4], state[j, 5]
        size = _dot(r, rows[6]) + _TINY
        bxx = bxy = byy = 0.0
        if noisy:
            sxx, sxy, syy = rows[3], rows[4], rows[5]
            for i in range(n):  # V T^-1 (w - m), the displacement of the row's noise-free value from the component's mean
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                det = a * c - b * b
                ux, uy = x[i] - mx, y[i] - my
                tx, ty = (c * ux - b * uy) / det, (a * uy - b * ux) / det
                dx[i], dy[i] = vxx * tx + vxy * ty, vxy * tx + vyy * ty
            for i in range(n):  # (V T^-1 V)_xx; likewise below for xy and yy
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                spread[i] = (c * vxx * vxx - 2.0 * b * vxx * vxy + a * vxy * vxy) / (a * c - b * b)
            bxx = vxx - _dot(r, spread) / size
            for i in range(n):
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                spread[i] = (c * vxx * vxy - b * (vxx * vyy + vxy * vxy) + a * vxy * vyy) / (a * c - b * b)
            bxy = vxy - _dot(r, spread) / size
            for i in range(n):
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                spread[i] = (c * vxy * vxy - 2.0 * b * vxy * vyy + a * vyy * vyy) / (a * c - b * b)
            byy = vyy - _dot(r, spread) / size
        else:
            for i in range(n):
                dx[i], dy[i] = x[i] - mx, y[i] - my
        shift_x, shift_y = _dot(r, dx) / size, _dot(r, dy) / size
        for i in range(n):
            spread[i] = r[i] * dx[i]
        xx, xy = _dot(spread, dx), _dot(spread, dy)
        for i in range(n):
            spread[i] = r[i] * dy[i]
        yy = _dot(spread, dy)
        state[j, 0] = size
        state[j, 1], state[j, 2] = mx + shift_x, my + shift_y
        state[j, 3] = xx / size - shift_x * shift_x + bxx + floor
        state[j, 4] = xy / size - shift_x * shift_y + bxy
        state[j, 5] = yy / size - shift_y * shift_y + byy + floor
    sizes = 0.0
    for j in range(k):
        sizes += state[j, 0]
    for j in range(k):
        state[j, 0] /= sizes


@njit(cache=True, nogil=True, error_model="numpy")
def _climb(rows, noisy, state, share, work, floor, tolerance, most, weight_sum):
    """(status, iterations) of alternating steps until the mean log-likelihood changes by less than `tolerance`."""
    before = -np.inf
    for step in range(1, most + 1):
        now = expectation(rows, noisy, state, share, work) / weight_sum
        maximisation(rows, noisy, state, share, work, floor)
        if abs(now - before) < tolerance:
            return CONVERGED, step
        if not math.isfinite(now):
            return SINGULAR, step
        before = now
    return ITERATION_LIMIT, most


@njit(cache=True, nogil=True, error_model="numpy")
def pick_starts(rows, n, uniforms, start, chosen, chance):
    """Fill chosen (k,) with rows to start from, given k numbers in [0, 1); the weight of a row is its chance. `chance` is scratch.

    Even starts spread by squared distance (k-means++, Arthur & Vassilvitskii 2007), odd ones take rows at random; neither
    takes a row twice while another is left.
    """
    x, y, weight = rows[0], rows[1], rows[2]
    k = chosen.size
    for i in range(n):
        chance[i] = weight[i]
    for j in range(k):
        total = 0.0
        for i in range(n):
            total += chance[i]
        if not total > 0.0:  # fewer different rows than components: any row not taken yet
            for i in range(n):
                chance[i] = 1.0
            for earlier in range(j):
                chance[chosen[earlier]] = 0.0
            total = float(max(n - j, 1))
        goal, reached, row = uniforms[j] * total, 0.0, -1
        for i in range(n):
            if chance[i] > 0.0:
                row = i
                reached += chance[i]
                if reached > goal:
                    break
        chosen[j] = max(row, 0)
        for i in range(n):
            if start % 2 == 0:
                dx, dy = x[i] - x[chosen[j]], y[i] - y[chosen[j]]
                distance = weight[i] * (dx * dx + dy * dy)
                chance[i] = distance if j == 0 else min(chance[i], distance)
        chance[chosen[j]] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def fit_one(rows, n, noisy, uniforms, given, floor, tolerance, most, warm, state, best, share, work, ends):
    """(log-likelihood, status, iterations, start) of the best start; its parameters in best (k, 6), every end in ends (starts,).

    rows (7, padded) as in `expectation`, of which the first n are data. uniforms (starts, k) choose the rows to start from,
    unless given (starts, k) holds them. A start has equal weights and the floor as covariance. With errors, `warm` steps
    without them come first: a component narrower than the errors widens only slowly (Bovy, Hogg & Roweis 2011, section 4).
    """
    k = state.shape[0]
    top, status, iterations, winner = -np.inf, SINGULAR, 0, 0
    chosen = np.empty(k, dtype=np.int64)
    weight_sum = _dot(rows[2], rows[6])
    for start in range(ends.size):
        if given.shape[0] == 0:
            pick_starts(rows, n, uniforms[start], start, chosen, work[0])
        for j in range(k):
            if given.shape[0] > 0:
                chosen[j] = given[start, j]
            state[j, 0] = 1.0 / k
            state[j, 1], state[j, 2] = rows[0, chosen[j]], rows[1, chosen[j]]
            state[j, 3], state[j, 4], state[j, 5] = floor, 0.0, floor
        found, steps = SINGULAR, 0
        for phase in range(2):
            if noisy or phase == 1:
                found, steps = _climb(rows, noisy and phase == 1, state, share, work, floor, tolerance, most if phase == 1 else warm, weight_sum)
        value = expectation(rows, noisy, state, share, work)
        ends[start] = value if math.isfinite(value) else -np.inf
        if math.isfinite(value) and value > top + 1e-6:
            top, status, iterations, winner = value, found, steps, start
            for j in range(k):
                for c in range(6):
                    best[j, c] = state[j, c]
    return top, status, iterations, winner


@njit(cache=True, nogil=True, error_model="numpy")
def fit_rows(points, weights, errors, noisy, uniforms, given, floor, tolerance, most, warm, out, numbers, ends):
    """Fit every data set; rows of weight zero are left out.

    points (m or 1, n, 2), weights (m or 1, n), errors (m or 1, n, 3) hold one entry where all data sets share it.
    out (m, k, 6): parameters; numbers (m, 4): log-likelihood, status, iterations, winning start; ends (m, starts). A data
    set with fewer than k rows is left as it comes.
    """
    m, k = out.shape[0], out.shape[1]
    size = points.shape[1]
    state, best = np.empty((k, 6)), np.empty((k, 6))
    for s in range(m):
        p, w, e = points[s % points.shape[0]], weights[s % weights.shape[0]], errors[s % errors.shape[0]]
        n = np.count_nonzero(w)
        cx = cy = total = 0.0
        for i in range(size):
            cx += w[i] * p[i, 0]
            cy += w[i] * p[i, 1]
            total += w[i]
        if n < k:
            continue
        cx, cy = cx / total, cy / total
        padded = (n + LANES - 1) // LANES * LANES
        rows, share, work = np.empty((7, padded)), np.empty((k, padded)), np.empty((3, padded))
        at = 0
        for i in range(size):
            if w[i] > 0.0:
                rows[0, at], rows[1, at], rows[2, at] = p[i, 0] - cx, p[i, 1] - cy, w[i]
                rows[3, at], rows[4, at], rows[5, at] = e[i % e.shape[0], 0], e[i % e.shape[0], 1], e[i % e.shape[0], 2]
                at += 1
        for i in range(n, padded):
            for c in range(6):
                rows[c, i] = rows[c, 0]
            rows[2, i] = 0.0
        for i in range(padded):
            rows[6, i] = 1.0
        uniform = uniforms[s % uniforms.shape[0]]
        result = fit_one(rows, n, noisy, uniform, given, floor, tolerance, most, warm, state, best, share, work, ends[s])
        numbers[s, 0], numbers[s, 1], numbers[s, 2], numbers[s, 3] = result
        for j in range(k):
            for c in range(6):
                out[s, j, c] = best[j, c]
            out[s, j, 1] += cx
            out[s, j, 2] += cy
