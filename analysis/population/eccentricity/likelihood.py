"""One likelihood for every eccentricity row under Beta(alpha, beta): measured with errors, limited from above, or assumed.

p(row | alpha, beta) = integral of Beta(e | alpha, beta) p(row | e) over 0 < e < 1 (Hogg, Myers & Bovy 2010, ApJ 725, 2166, eq. 4).

- measured, with an error: p(row | e) is a split normal about the true e, truncated to the possible values 0 <= e_obs < 1 and
  renormalised there. The renormalisation is what makes the upward bias of e near zero (Lucy & Sweeney 1971) part of the model; it is left
  out by the error model "flat", which reads value and error as a posterior under a flat prior instead. A value of zero with
  an error is treated no differently: its likelihood falls from e = 0 with the upward error. Nothing is clipped.
- measured, without an error or with one below the resolution of the e grid: the Beta density at the value.
- upper limit at confidence c: the least informative p(row | e) that puts c below the limit, two steps of heights c / limit and (1 - c) / (1 - limit).
- assumed zero: the probability of [0, bound]. A zero without any error, or a limit of zero, is an assumed zero whatever it is called.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from analysis.config import EccentricityConfig, EccentricityInferenceConfig

__all__ = ["ERROR_MODELS", "BetaGrid", "Observations", "beta_grid", "log_likelihood", "observations", "scores", "with_prior", "with_values"]

ERROR_MODELS = ("truncated", "flat")
ATTEMPTS = 1000  # draws of a value outside [0, 1) before it is left without noise
LOWEST = 1e-6  # the e grid is logarithmic from here, and towards 1 as far
LOGIT_MEAN = np.linspace(-5.5, 3.5, 91)  # mean e from 0.004 to 0.97
LOG_CONCENTRATION = np.linspace(-2.0, 6.0, 33)  # alpha + beta from 0.14 to 403


@dataclass(frozen=True)
class BetaGrid:
    """Beta distributions on a grid of m means and c concentrations, flattened to g = m c, mean by mean.

    mean (m,), concentration (c,) = alpha + beta, alpha and beta (g,); nodes (k,) and widths (k,) of the e grid; mass (k, g): probability of each
    cell of the e grid. log_prior (g,): normalised over the grid; mean uniform on (0, 1), log concentration normal.
    """

    mean: np.ndarray
    concentration: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    nodes: np.ndarray
    widths: np.ndarray
    mass: np.ndarray
    log_prior: np.ndarray

    def shaped(self, values: np.ndarray) -> np.ndarray:
        """`values` (..., g) as (..., m, c)."""
        return values.reshape(*values.shape[:-1], len(self.mean), len(self.concentration))


@dataclass(frozen=True)
class Observations:
    """n rows: value; up and down, one-sigma errors (0: none); limited: value is an upper limit; assumed: value is an assumption."""

    value: np.ndarray
    up: np.ndarray
    down: np.ndarray
    limited: np.ndarray
    assumed: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    def take(self, keep: np.ndarray) -> "Observations":
        """The rows of a mask or index."""
        return Observations(self.value[keep], self.up[keep], self.down[keep], self.limited[keep], self.assumed[keep])


def observations(rows: pd.DataFrame) -> Observations:
    """The rows (n) of a table with eccentricity, its errors and its kind; where one of the two errors is missing it equals the other."""
    value = rows["eccentricity"].to_numpy(dtype=float)
    kind = rows["eccentricity_kind"].to_numpy(dtype=object)
    up, down = (rows[f"eccentricity_err_{side}"].abs().to_numpy(dtype=float) for side in ("up", "down"))
    up, down = np.where(np.isfinite(up), up, down), np.where(np.isfinite(down), down, up)
    up, down = (np.where(np.isfinite(error), error, 0.0) for error in (up, down))
    limited = (kind == "upper_limit") & (value > 0)
    assumed = (kind == "assumed_zero") | ((kind == "upper_limit") & (value == 0)) | ((kind == "measured") & (value == 0) & (up <= 0))
    return Observations(value, up, down, limited, assumed)


def with_values(kept: Observations, truth: np.ndarray, rng: np.random.Generator) -> Observations:
    """The same rows with other true eccentricities (n,): measured values get noise, limits and assumptions stay what they are.

    Noise is drawn from the model of measured rows: a split normal about the truth, drawn again until it lies in [0, 1). A
    value below the truth scatters with the upward error, since the truth then lies above the value.
    """
    measured = ~(kept.limited | kept.assumed)
    value = np.where(measured, truth, kept.value)
    todo = np.flatnonzero(measured & (kept.up + kept.down > 0))
    for _ in range(ATTEMPTS):
        below = rng.random(len(todo)) < kept.up[todo] / (kept.up[todo] + kept.down[todo])
        size = np.abs(rng.standard_normal(len(todo)))
        value[todo] = truth[todo] + np.where(below, -size * kept.up[todo], size * kept.down[todo])
        todo = todo[(value[todo] < 0) | (value[todo] >= 1)]
        if not len(todo):
            break
    value[todo] = truth[todo]
    return Observations(value, kept.up, kept.down, kept.limited, kept.assumed)


def beta_grid(config: EccentricityInferenceConfig) -> BetaGrid:
    """The grid of Beta distributions with its prior, and the probabilities of the cells of the e grid under each (about 0.2 s)."""
    mean = special.expit(LOGIT_MEAN)
    concentration = np.exp(LOG_CONCENTRATION)
    alpha, beta = (np.outer(share, concentration).ravel() for share in (mean, 1 - mean))
    low = np.exp(np.linspace(np.log(LOWEST), np.log(0.05), 362))
    edges = np.concatenate([[0.0], low, np.linspace(0.05, 0.95, 601)[1:], (1 - low[::-2])[1:], [1.0]])
    widths, nodes = np.diff(edges), (edges[1:] + edges[:-1]) / 2
    density = special.xlogy(alpha - 1, nodes[:, None]) + special.xlog1py(beta - 1, -nodes[:, None]) - special.betaln(alpha, beta)
    mass = np.exp(density) * widths[:, None]
    mass[0], mass[-1] = special.betainc(alpha, beta, edges[1]), special.betaincc(alpha, beta, edges[-2])  # the density may be infinite at 0 and 1
    return with_prior(BetaGrid(mean, concentration, alpha, beta, nodes, widths, mass, np.zeros(len(alpha))), config)


def with_prior(grid: BetaGrid, config: EccentricityInferenceConfig) -> BetaGrid:
    """The same grid under the prior of `config`; points are equally spaced in logit of the mean, hence the factor mean (1 - mean)."""
    offset = (np.log(grid.concentration) - np.log(config.concentration_median)) / config.concentration_spread
    log_prior = (np.log(grid.mean * (1 - grid.mean))[:, None] - 0.5 * offset**2).ravel()
    return replace(grid, log_prior=log_prior - special.logsumexp(log_prior))


def log_likelihood(
    rows: Observations,
    grid: BetaGrid,
    config: EccentricityInferenceConfig,
    eccentricity_config: EccentricityConfig,
) -> np.ndarray:
    """ln p(row | alpha, beta), (n, g), of the rows at every point of the grid, up to a constant of each row."""
    result = np.zeros((len(rows), len(grid.alpha)))
    measured, smooth = ~(rows.limited | rows.assumed), _blurred(rows, grid)
    if smooth.any():
        kernel = _kernel(rows.value[smooth], rows.up[smooth], rows.down[smooth], grid.nodes, config.error_model)
        result[smooth] = np.log(np.maximum(kernel @ grid.mass, 1e-300))
    exact = measured & ~smooth
    value = rows.value[exact][:, None]
    result[exact] = special.xlogy(grid.alpha - 1, value) + special.xlog1py(grid.beta - 1, -value) - special.betaln(grid.alpha, grid.beta)
    bound = min(eccentricity_config.assumed_zero_bound, 1.0)
    if rows.assumed.any():
        result[rows.assumed] = np.log(np.maximum(special.betainc(grid.alpha, grid.beta, bound), 1e-300))
    for i in np.flatnonzero(rows.limited):
        limit, confidence = min(rows.value[i], 1.0), config.limit_confidence
        inside = special.betainc(grid.alpha, grid.beta, limit)
        beyond = (1 - confidence) / (1 - limit) * (1 - inside) if limit < 1 else 0.0
        result[i] = np.log(np.maximum(confidence / limit * inside + beyond, 1e-300))
    return result


def scores(
    rows: Observations,
    table: np.ndarray,
    grid: BetaGrid,
    config: EccentricityInferenceConfig,
    eccentricity_config: EccentricityConfig,
) -> np.ndarray:
    """(n,) one number per row for tests of labels: a measured value itself; for limits and assumed zeros the expected e in one population.

    That population is the most probable Beta distribution of the grid for all rows together, whatever their labels; `table` (n, g) is
    their log likelihood.
    """
    result = rows.value.copy()
    if not (rows.limited | rows.assumed).any():
        return result
    mass = grid.mass[:, int(np.argmax(table.sum(axis=0) + grid.log_prior))]
    for i in np.flatnonzero(rows.limited | rows.assumed):
        bound = min(eccentricity_config.assumed_zero_bound if rows.assumed[i] else rows.value[i], 1.0)
        inside = grid.nodes <= bound
        heights = np.where(inside, 1.0, 0.0)
        if rows.limited[i] and bound < 1:
            heights = np.where(inside, config.limit_confidence / bound, (1 - config.limit_confidence) / (1 - bound))
        weight = heights * mass
        result[i] = weight @ grid.nodes / weight.sum() if weight.sum() > 0 else bound / 2
    return result


def _blurred(rows: Observations, grid: BetaGrid) -> np.ndarray:
    """(n,) bool: measured rows whose error the e grid resolves; the others are taken as exact."""
    cell = np.clip(np.searchsorted(grid.nodes, rows.value), 0, len(grid.nodes) - 1)
    resolved = (np.minimum(rows.up, rows.down) >= grid.widths[cell]) | (rows.value <= LOWEST)
    return ~(rows.limited | rows.assumed) & (np.maximum(rows.up, rows.down) > 0) & resolved


def _kernel(value: np.ndarray, up: np.ndarray, down: np.ndarray, e: np.ndarray, model: str) -> np.ndarray:
    """p(value | e), (n, k), for values (n,) with errors and true eccentricities e (k,); the peak is at e = value."""
    value, up, down = value[:, None], np.maximum(up, 1e-9)[:, None], np.maximum(down, 1e-9)[:, None]
    kernel = np.exp(-0.5 * ((e - value) / np.where(e > value, up, down)) ** 2) * np.sqrt(2 / np.pi) / (up + down)
    if model == "flat":
        return kernel
    inside = (up * special.erf(e / (up * np.sqrt(2))) + down * special.erf((1 - e) / (down * np.sqrt(2)))) / (up + down)
    return kernel / inside
