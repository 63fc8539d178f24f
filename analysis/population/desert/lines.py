"""A desert between two straight lines in log mass (or log mass ratio) and log axis: Cui et al. (2026, eq. 8), after Mazeh, Holczer & Faigler (2016).

    f(x, y) = 10^(t (x - x_mid)) { F + (1 - F) [ S((x - x_u) / d_u) + S((x_l - x) / d_l) ] },   S(z) = 1 / (1 + exp(-z)),
    x_u = b_u + s_u y,  x_l = b_l + s_l y,  y = log10(a / au),

with floor F, transition widths d_u and d_l (dex), and a tilt t that is zero in their flat-sided model. The likelihood is that of `desert.likelihood`
at every axis of a row's posterior, averaged over it.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from analysis.config import DesertConfig
from analysis.population.desert.rows import DesertCase

__all__ = ["NAMES", "LineData", "bounds", "line_data", "line_terms"]

NAMES = ("lower_at_1au", "lower_slope", "upper_at_1au", "upper_slope", "log_lower_width", "log_upper_width", "log_floor", "tilt")
KEPT = 1e-3  # share of a row's axis posterior below which a cell is left out


@dataclass(frozen=True)
class LineData:
    """Arrays for the kernel: cell centres x (nx,), y (ny,), detection (m, nx, ny), and per row method (n,), range of cells that hold its value (n, 2),
    weights (n, nx), and axis weights (n, ny)."""

    x: np.ndarray
    y: np.ndarray
    detection: np.ndarray
    method: np.ndarray
    span: np.ndarray
    weights: np.ndarray
    axis_weights: np.ndarray
    step: float
    narrowest: float


def bounds(config: DesertConfig, low: float, high: float, tilted: bool = True) -> np.ndarray:
    """Uniform prior bounds (8, 2) in the order of NAMES on a range of x; without `tilted` the tilt is held at zero."""
    place, slope = (low + config.line_flank, high - config.line_flank), (-config.steepest_line, config.steepest_line)
    width = tuple(np.log10(config.transition_widths))
    tilt = (-config.steepest, config.steepest) if tilted else (-1e-9, 1e-9)
    return np.array([place, slope, place, slope, width, width, (-config.deepest, 0.0), tilt], dtype=float)


def line_data(case: DesertCase, narrowest: float) -> LineData:
    """The case in the kernel's form."""
    axis = np.where(case.axis_weights > KEPT, case.axis_weights, 0.0)
    axis = axis / axis.sum(axis=1, keepdims=True)
    held = case.weights > 1e-6
    span = np.stack([held.argmax(axis=1), case.weights.shape[1] - held[:, ::-1].argmax(axis=1)], axis=1).astype(np.int64)
    return LineData(case.centres, case.axis_centres, np.ascontiguousarray(case.detection.transpose(0, 2, 1)), case.method, span, case.weights, axis, case.step, narrowest)


@njit(cache=True)
def _density(theta, x, y, out):
    """Fill out (ny, nx) with the density. On evenly spaced x the exponentials of both edges are geometric series."""
    nx, step = len(x), x[1] - x[0]
    middle = 0.5 * (x[0] + x[-1])
    floor = 10 ** theta[6]
    lower_width, upper_width = 10 ** theta[4], 10 ** theta[5]
    tilt = np.empty(nx)
    for i in range(nx):
        tilt[i] = 10 ** (theta[7] * (x[i] - middle))
    fall, rise = np.exp(-step / upper_width), np.exp(step / lower_width)
    for j in range(len(y)):
        above = np.exp(-(x[0] - theta[2] - theta[3] * y[j]) / upper_width)
        below = np.exp(-(theta[0] + theta[1] * y[j] - x[0]) / lower_width)
        for i in range(nx):
            out[j, i] = (floor + (1 - floor) * (1 / (1 + above) + 1 / (1 + below))) * tilt[i]
            above *= fall
            below *= rise


@njit(cache=True, nogil=True)
def _terms(theta, x, y, detection, method, span, weights, axis_weights, step, narrowest, out):
    """Fill out (s, n) with log-likelihoods; -inf where the lines are nearer than `narrowest` at either end of the axes.

    One thread: an ensemble asks for a few densities at a time, too few to share out.
    """
    ny, nx = len(y), len(x)
    f, norm = np.empty((ny, nx)), np.empty((detection.shape[0], ny))
    for s in range(theta.shape[0]):
        t = theta[s]
        near = min(t[2] + t[3] * y[0] - t[0] - t[1] * y[0], t[2] + t[3] * y[-1] - t[0] - t[1] * y[-1])
        if near < narrowest:
            out[s] = -np.inf
            continue
        _density(t, x, y, f)
        for m in range(detection.shape[0]):
            for j in range(ny):
                total = 0.0
                for i in range(nx):
                    total += f[j, i] * detection[m, j, i]
                norm[m, j] = total * step
        for r in range(len(method)):
            m, value = method[r], 0.0
            for j in range(ny):
                share = axis_weights[r, j]
                if share > 0 and norm[m, j] > 0:
                    total = 0.0
                    for i in range(span[r, 0], span[r, 1]):
                        total += weights[r, i] * f[j, i] * detection[m, j, i]
                    value += share * total / norm[m, j]
            out[s, r] = np.log(max(value, 1e-300))


def line_terms(theta: np.ndarray, data: LineData) -> np.ndarray:
    """Log-likelihood (s, n) of each row, per dex, for parameters (s, 8)."""
    out = np.empty((len(theta), len(data.method)))
    _terms(
        np.ascontiguousarray(theta, dtype=float), data.x, data.y, data.detection, data.method, data.span, data.weights, data.axis_weights, data.step, data.narrowest, out,
    )
    return out
