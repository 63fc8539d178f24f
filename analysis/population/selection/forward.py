"""One smooth population in (log q, log a) seen through the methods: its likelihood conditional on method.

The density is log-linear, f(x, y) = exp(theta . phi(x, y)), and row i seen through window m, a group of hosts of one method,
has the likelihood f D_m / int f D_m: what is left of an inhomogeneous Poisson process when the rate of every window is
profiled out (Mandel, Farr & Gair 2019, for the selection). The log-likelihood theta . S - sum_m n_m ln Z_m(theta) is concave,
so Newton's method finds its one maximum. Single populations are concave in log q, unimodal or monotone at every axis, with
a mode that moves with the axis; one further term, the indicator of a range of mass ratios, is the logarithm of the depth of
a gap relative to that population. Errors of log q matter at the edges of the gap alone: a row lies in it with probability
G_i, and contributes ln(1 - G_i + G_i exp(theta_gap)).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.config import DetectionConfig
from analysis.population.selection.sensitivity import Window, detectability, hosts_of

__all__ = [
    "BATCH", "CONCAVE", "FAMILIES", "GAP", "LN10", "Catalogues", "Fit", "Grid", "Model", "density_of", "fit", "found_of", "gap_interval", "make_grid",
    "make_model", "model_on", "signed_root", "summarised", "weighted_detection",
]

# Each lists its terms with the concave one third: -u^2, or the smooth break of the broken power law.
FAMILIES = {
    "gaussian": ("u", "v", "square", "v2", "uv", "uv2", "v3", "v4"),
    "broken": ("u", "v", "break", "v2", "uv", "uv2", "v3", "v4"),
    "plain": ("u", "v", "square", "v2", "uv"),
}
CONCAVE, GAP = 2, -1  # places of the term whose coefficient must not be negative, and of the gap
LN10 = float(np.log(10))
TINY = 1e-280
BATCH = 64  # catalogues fitted at once: bounds the memory
_CENTRE, _SCALE = (-3.5, -0.5), 1.5  # dex; puts the terms on one scale, no influence on the fit


@dataclass(frozen=True)
class Grid:
    """Cells in x = log10 q and y = log10 a: edges (nx + 1), (ny + 1); the gap is a whole number of cells in x."""

    x_edges: np.ndarray
    y_edges: np.ndarray
    gap: tuple[float, float]

    @property
    def x(self) -> np.ndarray:
        """Centres (nx,)."""
        return (self.x_edges[1:] + self.x_edges[:-1]) / 2

    @property
    def y(self) -> np.ndarray:
        """Centres (ny,)."""
        return (self.y_edges[1:] + self.y_edges[:-1]) / 2


@dataclass(frozen=True)
class Model:
    """A family on a grid: detection (m, nx, ny) of `windows`, and for the c cells that any method sees their place in x (c,),
    the p terms (c, p), the gap last, detection (m, c), and products (c, 1 + p + p (p + 1) / 2): one, the terms, their products."""

    grid: Grid
    windows: tuple[Window, ...]
    family: str
    detection: np.ndarray
    column: np.ndarray
    terms: np.ndarray
    seen: np.ndarray
    products: np.ndarray
    deepest: float  # bound of the gap's coefficient
    mass_ratio_break: float  # log10
    softness: float  # dex
    tilted: bool = False  # a free power of q multiplies the detection of every method but the first

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in their order."""
        return tuple(dict.fromkeys(window.method for window in self.windows))

    @property
    def method_of(self) -> np.ndarray:
        """Index into `methods` of each window (m,)."""
        return np.array([self.methods.index(window.method) for window in self.windows])

    def phi(self, x: np.ndarray, y: np.ndarray, window: np.ndarray | int) -> np.ndarray:
        """Terms (..., p) of log f at x, y for rows of `window` (index, used where tilted); the gap last."""
        u, v = (x - _CENTRE[0]) / _SCALE, (y - _CENTRE[1]) / _SCALE
        make: dict[str, Callable[[], np.ndarray]] = {
            "u": lambda: u, "v": lambda: v, "v2": lambda: v**2, "uv": lambda: u * v, "uv2": lambda: u * v**2, "v3": lambda: v**3, "v4": lambda: v**4,
            "square": lambda: -(u**2),
            "break": lambda: -np.logaddexp(0, (x - self.mass_ratio_break) / self.softness) * self.softness / _SCALE,
        }
        inside = (x >= self.grid.gap[0]) & (x < self.grid.gap[1])
        tilts = [u * (self.method_of[window] == m) for m in range(1, len(self.methods))] if self.tilted else []
        return np.stack([*(make[name]() for name in FAMILIES[self.family]), *tilts, inside.astype(float)], axis=-1)


@dataclass(frozen=True)
class Catalogues:
    """What the likelihood needs of b catalogues: rows per window (b, m) and sums of all terms but the gap's (b, p), by weight; the
    probability of each row to lie in the gap (b, n), and the weights (n,)."""

    counts: np.ndarray
    sums: np.ndarray
    inside: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, rows: slice | np.ndarray) -> "Catalogues":
        return Catalogues(self.counts[rows], self.sums[rows], self.inside[rows], self.weights)


@dataclass(frozen=True)
class Fit:
    """Maximum-likelihood fits of b catalogues: theta (b, p), log_likelihood (b,), information (b, p, p), converged (b,)."""

    theta: np.ndarray
    log_likelihood: np.ndarray
    information: np.ndarray
    converged: np.ndarray

    @property
    def depth(self) -> np.ndarray:
        """Logarithm (dex) of the density in the gap over that of the single population, (b,)."""
        return self.theta[:, GAP] / LN10


def make_grid(config: DetectionConfig) -> Grid:
    """The grid whose cells in log q fit `desert_cells` times into the gap."""
    low, high = np.log10(config.desert)
    step = (high - low) / config.desert_cells
    first, last = (int(np.floor((np.log10(v) - low) / step)) for v in config.mass_ratio_range)
    x = low + step * np.arange(first, last + 1)
    return Grid(x, np.linspace(*np.log10(config.axis_range), config.axis_cells + 1), (float(low), float(x[config.desert_cells - first])))


def make_model(rows: pd.DataFrame, config: DetectionConfig, family: str = "gaussian", tilted: bool = False) -> Model:
    """The model for the methods and hosts of `rows`; detection is scaled to a largest value of one within each window."""
    grid = make_grid(config)
    windows = tuple(hosts_of(rows, config))
    detection = np.stack([detectability(w.method, grid.x[:, None], grid.y[None, :], w.hosts, config) for w in windows])
    return model_on(grid, windows, detection / detection.max(axis=(1, 2), keepdims=True), family, config, tilted)


def model_on(grid: Grid, windows: tuple[Window, ...], detection: np.ndarray, family: str, config: DetectionConfig, tilted: bool = False) -> Model:
    """The model of `family` on `grid` with detection (m, nx, ny) given; where tilted, every window has its own cells."""
    none = np.empty(0)
    bare = Model(grid, windows, family, detection, none, none, none, none, config.deepest * LN10, float(np.log10(config.mass_ratio_break)), config.break_softness, tilted)
    used = detection.max(axis=0) > 1e-6  # beyond, a polynomial population would be extrapolated, not constrained
    bare = replace(bare, detection=np.where(used, detection, 0.0))
    copies = len(windows) if tilted else 1
    x, y = (v[used] for v in np.meshgrid(grid.x, grid.y, indexing="ij"))
    terms = np.concatenate([bare.phi(x, y, m) for m in range(copies)])
    seen = detection[:, used] if not tilted else np.concatenate([detection[:, used] * (np.arange(copies) == m)[:, None] for m in range(copies)], axis=1)
    upper = np.triu_indices(terms.shape[1])
    products = np.concatenate([np.ones((len(terms), 1)), terms, terms[:, upper[0]] * terms[:, upper[1]]], axis=1)
    return replace(bare, column=np.tile(np.nonzero(used)[0], copies), terms=terms, seen=np.ascontiguousarray(seen), products=products)


def density_of(model: Model, theta: np.ndarray) -> np.ndarray:
    """The population on the grid (nx, ny), its largest value one; where tilted, as the first method would have it."""
    log_f = model.phi(*np.meshgrid(model.grid.x, model.grid.y, indexing="ij"), 0) @ theta
    return np.exp(log_f - log_f.max())


def found_of(model: Model, theta: np.ndarray) -> np.ndarray:
    """What is found through every window, f D (m, nx, ny), up to a factor for each window."""
    x, y = np.meshgrid(model.grid.x, model.grid.y, indexing="ij")
    log_f = np.stack([model.phi(x, y, m) @ theta for m in range(len(model.windows))])
    log_found = np.where(model.detection > 0, log_f + np.log(np.maximum(model.detection, TINY)), -np.inf)
    return np.exp(log_found - log_found.max(axis=(1, 2), keepdims=True))


def summarised(
    model: Model, window: np.ndarray, x: np.ndarray, y: np.ndarray, sigma: np.ndarray | None = None, weights: np.ndarray | None = None,
) -> Catalogues:
    """Catalogues x, y (b, n) seen through `window` (n,), with errors `sigma` of log q in dex (none if None) and `weights` (n,)."""
    weights = np.ones(len(window)) if weights is None else weights
    counts = np.bincount(window, weights, minlength=len(model.windows))
    terms = model.phi(x, y, window)
    inside = terms[..., GAP].copy()
    if sigma is not None:
        low, high = model.grid.gap
        wide = np.maximum(sigma, 1e-6)
        inside = ndtr((high - x) / wide) - ndtr((low - x) / wide)
    terms[..., GAP] = 0.0
    return Catalogues(np.tile(counts, (len(x), 1)), np.einsum("bnp,n->bp", terms, weights), inside, weights)


def weighted_detection(model: Model, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f D (b, m, c) over exp(top), and top (b, 1)."""
    log_f = theta @ model.terms.T
    top = log_f.max(axis=1, keepdims=True)
    return np.exp(log_f - top)[:, None, :] * model.seen, top


def _evaluate(model: Model, theta: np.ndarray, data: Catalogues) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log-likelihood (b,), its gradient (b, p), the information (b, p, p) of data without errors, and what errors take from that of the gap (b,)."""
    size, counts = theta.shape[1], data.counts
    upper = np.triu_indices(size)
    weighted, top = weighted_detection(model, theta)
    moments = (weighted.reshape(-1, weighted.shape[2]) @ model.products).reshape(*weighted.shape[:2], -1)
    z = np.maximum(moments[..., 0], TINY)  # a step so long that a window sees nothing has a likelihood near zero, and is halved
    mean = moments[..., 1 : size + 1] / z[..., None]
    second = np.zeros((*z.shape, size, size))
    second[..., upper[0], upper[1]] = moments[..., size + 1 :] / z[..., None]
    second[..., upper[1], upper[0]] = second[..., upper[0], upper[1]]
    spread = second - mean[..., :, None] * mean[..., None, :]
    rise = np.exp(theta[:, GAP, None])
    blend = 1 - data.inside + data.inside * rise
    value = (theta * data.sums).sum(axis=1) + np.log(blend) @ data.weights - (counts * (np.log(z) + top)).sum(axis=1)
    gradient = data.sums - np.einsum("bm,bmp->bp", counts, mean)
    share = data.inside * rise / blend
    gradient[:, GAP] += share @ data.weights
    return value, gradient, np.einsum("bm,bmpq->bpq", counts, spread), (share * (1 - share)) @ data.weights


def _step(gradient: np.ndarray, information: np.ndarray, lost: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Newton steps (b, p) of the free coefficients, none longer than four in any coefficient.

    The information that errors take from the gap is subtracted by the Sherman-Morrison formula, but for a fifth of what
    the gap has given the other coefficients, so that the step always leads upwards.
    """
    free = ~fixed
    matrix = information * (free[:, :, None] & free[:, None, :])
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] += np.where(free, 1e-9, 1.0)
    right = np.zeros((*gradient.shape, 2))
    right[..., 0], right[:, GAP, 1] = gradient * free, 1.0
    plain, unit = np.moveaxis(np.linalg.solve(matrix, right), 2, 0)
    taken = lost * free[:, GAP]
    step = plain + unit * (taken * plain[:, GAP] / np.maximum(1 - taken * unit[:, GAP], 0.2))[:, None]
    return step * np.minimum(1.0, 4.0 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))


def _newton(model: Model, data: Catalogues, start: np.ndarray, fixed: np.ndarray) -> Fit:
    """Damped Newton ascent from `start` (b, p) with the coefficients in `fixed` (b, p) held; a step that loses is halved."""
    theta = start.copy()
    value, gradient, information, lost = _evaluate(model, theta, data)
    step = _step(gradient, information, lost, fixed)
    done = np.zeros(len(start), dtype=bool)
    for _ in range(200):
        live = np.flatnonzero(~done)
        if len(live) == 0:
            break
        trial = theta[live] + step[live]
        found, slope, curvature, taken = _evaluate(model, trial, data[live])
        better = found >= value[live] - 1e-9
        good, poor = live[better], live[~better]
        theta[good], value[good], gradient[good] = trial[better], found[better], slope[better]
        information[good], lost[good] = curvature[better], taken[better]
        step[poor] /= 2
        step[good] = _step(gradient[good], information[good], lost[good], fixed[good])
        done[good[np.abs((gradient[good] * ~fixed[good] * step[good]).sum(axis=1)) < 1e-10]] = True
        done[poor[np.abs(step[poor]).max(axis=1) < 1e-10]] = True
    return Fit(theta, value, information, done)


def fit(model: Model, data: Catalogues, gap: bool | np.ndarray, start: np.ndarray | None = None) -> Fit:
    """Maximum likelihood of every catalogue: without a gap, with a free one, or with its coefficient given (b,).

    Where the concave term's coefficient would be negative it is held at zero (the maximum is then on that boundary, the
    likelihood being concave), and a free gap is held within `deepest`. `start` (b, p) saves steps.
    """
    given = not isinstance(gap, bool)
    theta = np.zeros((len(data), model.terms.shape[1])) if start is None else start.copy()
    fixed = np.zeros(theta.shape, dtype=bool)
    if given or not gap:
        fixed[:, GAP] = True
        theta[:, GAP] = gap if given else 0.0
    parts = [_bounded(model, data[slice(i, i + BATCH)], theta[i : i + BATCH], fixed[i : i + BATCH]) for i in range(0, len(data), BATCH)]
    return Fit(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("theta", "log_likelihood", "information", "converged")))


def _bounded(model: Model, data: Catalogues, start: np.ndarray, fixed: np.ndarray) -> Fit:
    found = _newton(model, data, start, fixed)
    for _ in range(2):
        bent = (found.theta[:, CONCAVE] < 0) & ~fixed[:, CONCAVE]
        deep = (np.abs(found.theta[:, GAP]) > model.deepest) & ~fixed[:, GAP]
        again = np.flatnonzero(bent | deep)
        if len(again) == 0:
            break
        theta = found.theta.copy()
        theta[bent, CONCAVE] = 0.0
        theta[deep, GAP] = np.sign(theta[deep, GAP]) * model.deepest
        fixed[bent, CONCAVE] = True
        fixed[deep, GAP] = True
        redone = _newton(model, data[again], theta[again], fixed[again])
        for name in ("theta", "log_likelihood", "information", "converged"):
            getattr(found, name)[again] = getattr(redone, name)
    return found


def signed_root(null: Fit, full: Fit) -> np.ndarray:
    """Signed root of twice the log-likelihood ratio of gap and no gap, (b,): negative where the gap is a deficit."""
    return np.sign(full.theta[:, GAP]) * np.sqrt(np.maximum(2 * (full.log_likelihood - null.log_likelihood), 0.0))


def gap_interval(model: Model, data: Catalogues, full: Fit, depths: tuple[float, ...], quantiles: tuple[float, ...]) -> tuple[float, float]:
    """Profile-likelihood interval (dex) of the depth of one catalogue (first row), within plus and minus `deepest`.

    It holds the depths at which the root of twice the log-likelihood ratio stays within its quantile there: 1.96 for 95 % if that root were exactly
    normal (Wilks 1938). `quantiles` are those at `depths` (dex, rising), straight lines between and constant beyond them. An end that the profile does
    not reach is the bound itself.
    """
    knots = np.array(depths) * LN10

    def limit(value: np.ndarray) -> np.ndarray:
        return np.interp(value, knots, quantiles)

    top = float(full.log_likelihood[0])
    ends = np.array([-model.deepest, model.deepest])
    pair = data[np.array([0, 0])]

    def excess(value: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = fit(model, pair, value, start)
        return np.sqrt(np.maximum(2 * (top - found.log_likelihood), 0.0)) - limit(value), found.theta

    start = np.repeat(full.theta[:1], 2, axis=0)
    inner, outer, middle = start[:, GAP].copy(), ends.copy(), ends.copy()
    low = -limit(inner)
    high, start = excess(outer, start)
    beyond = high <= 0
    for _ in range(60):  # regula falsi with the Illinois rule, both sides at once
        middle = np.where(beyond, ends, inner - low * (outer - inner) / np.where(beyond, 1.0, high - low))
        found, start = excess(middle, start)
        if np.all(beyond | (np.abs(found) < 1e-4)):
            break
        above = found > 0
        low, high = np.where(above, low / 2, found), np.where(above, found, high / 2)
        inner, outer = np.where(above, inner, middle), np.where(above, middle, outer)
    return float(middle[0] / LN10), float(middle[1] / LN10)
