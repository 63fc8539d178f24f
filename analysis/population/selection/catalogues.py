"""Catalogues simulated from a population seen through the methods, with the real one's hosts, methods and errors."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.population.selection.forward import Grid
from analysis.population.selection.sensitivity import Window

__all__ = ["Sampler", "Structure", "simulated", "structure_of", "uniform_scores", "with_correlations"]


@dataclass(frozen=True)
class Structure:
    """What a simulated catalogue keeps of the real one: window and host of each row (indices, n), errors in dex (n,), and the
    correlation, among the companions of a host, of the normal scores of log q, and of log a at given log q."""

    window: np.ndarray
    host: np.ndarray
    sigma_x: np.ndarray
    sigma_y: np.ndarray
    correlation_x: float = 0.0
    correlation_y: float = 0.0


@dataclass(frozen=True)
class Sampler:
    """What is found of a population through each window: distribution of x at the edges (m, nx + 1), of y at its edges in each column of x (m, nx, ny + 1)."""

    grid: Grid
    marginal: np.ndarray
    given: np.ndarray

    @classmethod
    def of(cls, grid: Grid, found: np.ndarray) -> "Sampler":
        """From what is found through each window, population times detection (m, nx, ny), constant within a cell."""
        column = found.sum(axis=2)
        marginal = np.concatenate([np.zeros((len(found), 1)), column.cumsum(axis=1)], axis=1)
        given = np.concatenate([np.zeros((*column.shape, 1)), found.cumsum(axis=2)], axis=2)
        return cls(grid, marginal / marginal[:, -1:], given / np.maximum(column, 1e-300)[..., None])


def structure_of(rows: pd.DataFrame, errors: pd.DataFrame, windows: tuple[Window, ...]) -> Structure:
    """Windows, hosts and errors of `rows`, whose `errors` come from deconvolution.error_table."""
    host = np.unique(rows["host_name"].to_numpy(dtype=str), return_inverse=True)[1]
    place = {(window.method, name): index for index, window in enumerate(windows) for name in window.names}
    window = np.array([place[pair] for pair in zip(rows["discovery_method"], rows["host_name"], strict=True)], dtype=int)
    return Structure(window, host, errors["sigma_q"].to_numpy(dtype=float), errors["sigma_axis"].to_numpy(dtype=float))


def simulated(sampler: Sampler, structure: Structure, keys: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Catalogues x, y (b, n), one for each random key.

    Every row follows f D_m of its own window. Companions of one host share a normal deviate (a Gaussian copula, so the
    marginal distributions stay those of the model), which makes their mass ratios and axes resemble each other as the
    real ones do. Errors are added last; what they would carry across the edge of the grid is put on it.
    """
    from scipy.special import ndtr

    n, hosts = len(structure.window), int(structure.host.max()) + 1
    normal, noise = np.empty((2, len(keys), n)), np.empty((2, len(keys), n))
    for b, key in enumerate(keys):
        rng = np.random.default_rng(key)
        shared, own = rng.standard_normal((2, hosts)), rng.standard_normal((2, n))
        for axis, rho in enumerate((structure.correlation_x, structure.correlation_y)):
            normal[axis, b] = np.sqrt(rho) * shared[axis, structure.host] + np.sqrt(1 - rho) * own[axis]
        noise[:, b] = rng.standard_normal((2, n))
    uniform, grid = ndtr(normal), sampler.grid
    x, y = np.empty((2, len(keys), n))
    for m in range(len(sampler.marginal)):
        rows = np.flatnonzero(structure.window == m)
        u, v = uniform[0][:, rows], uniform[1][:, rows]
        x[:, rows] = np.interp(u, sampler.marginal[m], grid.x_edges)
        column = np.clip(np.searchsorted(sampler.marginal[m], u, side="right") - 1, 0, len(grid.x) - 1)
        steps = sampler.given[m][column]
        cell = np.clip((steps <= v[..., None]).sum(axis=-1) - 1, 0, len(grid.y) - 1)[..., None]
        below, above = (np.take_along_axis(steps, cell + k, axis=-1)[..., 0] for k in (0, 1))
        share = np.clip((v - below) / np.maximum(above - below, 1e-300), 0, 1)
        y[:, rows] = grid.y_edges[cell[..., 0]] + share * np.diff(grid.y_edges)[cell[..., 0]]
    x = np.clip(x + noise[0] * structure.sigma_x, grid.x_edges[0], grid.x_edges[-1])
    return x, np.clip(y + noise[1] * structure.sigma_y, grid.y_edges[0], grid.y_edges[-1])


def uniform_scores(sampler: Sampler, window: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Probabilities (2, b, n) of a smaller log q, and of a smaller log a at that log q, through the row's window: uniform if the model holds."""
    grid = sampler.grid
    result = np.empty((2, *x.shape))
    column = np.clip(np.searchsorted(grid.x_edges, x, side="right") - 1, 0, len(grid.x) - 1)
    cell = np.clip(np.searchsorted(grid.y_edges, y, side="right") - 1, 0, len(grid.y) - 1)
    share = (y - grid.y_edges[cell]) / np.diff(grid.y_edges)[cell]
    for m in range(len(sampler.marginal)):
        rows = window == m
        result[0][:, rows] = np.interp(x[:, rows], grid.x_edges, sampler.marginal[m])
        below, above = (sampler.given[m][column[:, rows], cell[:, rows] + k] for k in (0, 1))
        result[1][:, rows] = below + share[:, rows] * (above - below)
    return result


def with_correlations(structure: Structure, scores: np.ndarray) -> Structure:
    """`structure` with the correlations within hosts of the normal scores of `scores` (2, n), each companion with one weight.

    They are estimated about the model's own mean and variance and held between 0 and 0.95; 0 without hosts of several.
    """
    from scipy.special import ndtri

    z = ndtri(np.clip(scores, 1e-3, 1 - 1e-3))
    sizes = np.bincount(structure.host)
    several = sizes[structure.host] > 1
    found = []
    for axis in z:
        total = np.bincount(structure.host, axis) ** 2 - np.bincount(structure.host, axis**2)
        pairs = float((total[sizes > 1] / (sizes[sizes > 1] - 1)).sum())
        square = float((axis[several] ** 2).sum())
        found.append(float(np.clip(pairs / square, 0.0, 0.95)) if square > 0 else 0.0)
    return replace(structure, correlation_x=found[0], correlation_y=found[1])
