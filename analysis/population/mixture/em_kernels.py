"""Kernels of the expectation-maximisation algorithm for mixtures of Gaussians in a plane.

Rows lie along the inner loops, which hold no branches and call no library, so that they become vector instructions; the
number of rows is filled up to a multiple of eight with rows of weight zero. What the sums cost is one pass per component.
"""

import math

import numpy as np
from numba import njit

from analysis.population.mixture.em_lanes import LANES, exp, lane_sums, log

__all__ = ["CONVERGED", "ITERATION_LIMIT", "ROWS", "SINGULAR", "expectation", "fit_one", "fit_rows", "maximisation", "pick_starts"]

CONVERGED, ITERATION_LIMIT, SINGULAR = 0, 1, 2
ROWS = 9  # x, y, x2, xy, y2, weight, and the error covariance xx, xy, yy
WORK = 5  # scratch rows
_TINY = 10 * np.finfo(np.float64).eps  # added to the weight of a component, as scikit-learn does
_LOG_2PI = math.log(2 * math.pi)
_one_sum, _five_sums = lane_sums(1), lane_sums(5)


@njit(cache=True, nogil=True, error_model="numpy")
def expectation(rows, noisy, padding, weight_sum, state, share, work):
    """Log-likelihood of `state`; fills share (k, n) with responsibilities times row weights.

    rows (9, n): x, y, x2, xy, y2, weight, and the error covariance xx, xy, yy, n a multiple of eight; state (k, 6): weight,
    mean x, y, covariance xx, xy, yy. work (5, n) is scratch. weight_sum is the sum of the weights; padding the number of rows
    at the end that repeat the first with weight zero where all others have weight one, and -1 for other weights. With
    `noisy` a row's covariance is added to the component's (Bovy, Hogg & Roweis 2011, eq. 14).
    """
    x, y, weight = rows[0], rows[1], rows[5]
    logs, top, total = work[0], work[1], work[2]
    n, k = x.size, state.shape[0]
    for j in range(k):
        mx, my, vxx, vxy, vyy = state[j, 1], state[j, 2], state[j, 3], state[j, 4], state[j, 5]
        exponent = share[j]
        if noisy:
            sxx, sxy, syy = rows[6], rows[7], rows[8]
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
            sxx, sxy, syy = rows[6], rows[7], rows[8]
            for i in range(n):
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                density[i] = p / math.sqrt(a * c - b * b) * exp(density[i] - top[i])
        else:
            scale = state[j, 0] / math.sqrt(state[j, 3] * state[j, 5] - state[j, 4] * state[j, 4])
            for i in range(n):
                density[i] = scale * exp(density[i] - top[i])
        for i in range(n):
            total[i] += density[i]
    if padding < 0:
        for i in range(n):
            logs[i] = top[i] + log(total[i])
        value = _one_sum(weight, work)[1]
    else:  # one logarithm for a product of eight rows
        part = n // LANES
        for i in range(part):
            logs[i] = total[i] * total[i + part] * total[i + 2 * part] * total[i + 3 * part]
        for i in range(part):
            logs[i] *= total[i + 4 * part] * total[i + 5 * part] * total[i + 6 * part] * total[i + 7 * part]
        value = _one_sum(weight, work[1:])[1] - padding * log(total[0])
        for i in range(part):
            value += log(logs[i])
    for i in range(n):
        total[i] = weight[i] / total[i]
    for j in range(k):
        density = share[j]
        for i in range(n):
            density[i] *= total[i]
    return value - weight_sum * _LOG_2PI


@njit(cache=True, nogil=True, error_model="numpy")
def maximisation(rows, noisy, state, share, work, floor):
    """Replace `state` by the maximiser given responsibilities (Bovy, Hogg & Roweis 2011, eqs 16-17; without errors the usual one).

    The floor is added to the variances afterwards, and a component's weight gets ten machine epsilons, as in scikit-learn.
    """
    x, y = rows[0], rows[1]
    n, k = x.size, state.shape[0]
    for j in range(k):
        vxx, vxy, vyy = state[j, 3], state[j, 4], state[j, 5]
        if noisy:
            mx, my = state[j, 1], state[j, 2]
            sxx, sxy, syy = rows[6], rows[7], rows[8]
            bx, by, bxx, bxy, byy = work[0], work[1], work[2], work[3], work[4]
            for i in range(n):  # V T^-1 (w - m): where the noise-free value lies, from the component's mean
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                det = a * c - b * b
                ux, uy = x[i] - mx, y[i] - my
                tx, ty = (c * ux - b * uy) / det, (a * uy - b * ux) / det
                bx[i], by[i] = vxx * tx + vxy * ty, vxy * tx + vyy * ty
            for i in range(n):  # its second moments less V T^-1 V
                a, b, c = vxx + sxx[i], vxy + sxy[i], vyy + syy[i]
                det = a * c - b * b
                bxx[i] = bx[i] * bx[i] - (c * vxx * vxx - 2.0 * b * vxx * vxy + a * vxy * vxy) / det
                bxy[i] = bx[i] * by[i] - (c * vxx * vxy - b * (vxx * vyy + vxy * vxy) + a * vxy * vyy) / det
                byy[i] = by[i] * by[i] - (c * vxy * vxy - 2.0 * b * vxy * vyy + a * vyy * vyy) / det
            size, sx, sy, xx, xy, yy = _five_sums(share[j], work)
        else:
            mx = my = vxx = vxy = vyy = 0.0
            size, sx, sy, xx, xy, yy = _five_sums(share[j], rows)
        size += _TINY
        sx, sy = sx / size, sy / size
        state[j, 0] = size
        state[j, 1], state[j, 2] = mx + sx, my + sy
        state[j, 3] = xx / size - sx * sx + vxx + floor
        state[j, 4] = xy / size - sx * sy + vxy
        state[j, 5] = yy / size - sy * sy + vyy + floor
    sizes = 0.0
    for j in range(k):
        sizes += state[j, 0]
    for j in range(k):
        state[j, 0] /= sizes


@njit(cache=True, nogil=True, error_model="numpy")
def _climb(rows, noisy, padding, state, share, work, floor, tolerance, most, weight_sum):
    """(status, iterations) of alternating steps until the mean log-likelihood changes by less than `tolerance`."""
    before = -np.inf
    for step in range(1, most + 1):
        now = expectation(rows, noisy, padding, weight_sum, state, share, work) / weight_sum
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
    x, y, weight = rows[0], rows[1], rows[5]
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
def fit_one(rows, n, noisy, uniforms, given, floor, tolerance, most, warm, least, state, best, share, work, ends):
    """(log-likelihood, status, iterations, start) of the best start; its parameters in best (k, 6), every end in ends (starts,).

    rows (9, padded) as in `expectation`, of which the first n are data. uniforms (starts, k) choose the rows to start from,
    unless given (starts, k) holds them. A start has equal weights and the floor as covariance. With errors, `warm` steps
    without them come first: a component narrower than the errors widens only slowly (Bovy, Hogg & Roweis 2011, section 4).
    Ends with a component of fewer than `least` effective rows, (sum r)^2 / sum r^2 (Kish 1965), are passed over.
    """
    k = state.shape[0]
    top, status, iterations, winner = -np.inf, SINGULAR, 0, 0
    chosen = np.empty(k, dtype=np.int64)
    weight_sum = _one_sum(rows[5], rows)[0]
    padding = rows.shape[1] - n
    for i in range(n):
        if rows[5, i] != 1.0:
            padding = -1
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
                found, steps = _climb(rows, noisy and phase == 1, padding, state, share, work, floor, tolerance, most if phase == 1 else warm, weight_sum)
        value = expectation(rows, noisy, padding, weight_sum, state, share, work)
        for j in range(k):
            size, square = _one_sum(share[j], share[j : j + 1])
            if size * size < least * square:
                value = -np.inf
        ends[start] = value if math.isfinite(value) else -np.inf
        if math.isfinite(value) and value > top + 1e-6:
            top, status, iterations, winner = value, found, steps, start
            for j in range(k):
                for c in range(6):
                    best[j, c] = state[j, c]
    return top, status, iterations, winner


@njit(cache=True, nogil=True, error_model="numpy")
def fit_rows(points, weights, errors, noisy, uniforms, given, floor, tolerance, most, warm, least, out, numbers, ends):
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
        rows, share, work = np.empty((ROWS, padded)), np.empty((k, padded)), np.empty((WORK, padded))
        at = 0
        for i in range(size):
            if w[i] > 0.0:
                dx, dy = p[i, 0] - cx, p[i, 1] - cy
                rows[0, at], rows[1, at], rows[2, at], rows[3, at], rows[4, at] = dx, dy, dx * dx, dx * dy, dy * dy
                rows[5, at], rows[6, at] = w[i], e[i % e.shape[0], 0]
                rows[7, at], rows[8, at] = e[i % e.shape[0], 1], e[i % e.shape[0], 2]
                at += 1
        for i in range(n, padded):
            for c in range(ROWS):
                rows[c, i] = rows[c, 0]
            rows[5, i] = 0.0
        uniform = uniforms[s % uniforms.shape[0]]
        result = fit_one(rows, n, noisy, uniform, given, floor, tolerance, most, warm, least, state, best, share, work, ends[s])
        numbers[s, 0], numbers[s, 1], numbers[s, 2], numbers[s, 3] = result
        for j in range(k):
            for c in range(6):
                out[s, j, c] = best[j, c]
            out[s, j, 1] += cx
            out[s, j, 2] += cy
