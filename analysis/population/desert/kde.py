"""Completeness-weighted kernel density of the companions in (x, log axis).

Weights. Each row stands for one over the chance of its being found by any of the methods. The rates of the methods are unknown, so that chance is
sum_m n_m D_m(x_i, y_i) / W_m with W_m = sum_i w_i D_m(x_i, y_i): the maximum-likelihood weights of samples taken with known selection (Vardi 1985, Annals of
Statistics 13, 178), found by iteration. With one method they are 1 / D. Bandwidth: Scott's rule with Kish's effective number of rows and the
weighted covariance (scipy's gaussian_kde), times a stated factor.
"""

from dataclasses import dataclass

import numpy as np

from analysis.config import DesertConfig
from analysis.population.desert.models import valleys
from analysis.population.desert.rows import DesertCase

__all__ = ["Kernel", "kernel_density", "line_kernel", "selection_weights"]

FLOOR = 1e-3  # share of a method's largest detection below which a row's weight no longer grows


@dataclass(frozen=True)
class Kernel:
    """density (nx, ny) per dex^2 at the cell centres, integral one over the plane; weights (n,), effective number of rows, bandwidth factor."""

    density: np.ndarray
    weights: np.ndarray
    effective: float
    factor: float


def selection_weights(detection: np.ndarray, method: np.ndarray) -> np.ndarray:
    """Weights (n,), sum one, of rows with detection (m, n) by every method and found by `method` (n,)."""
    counts = np.bincount(method, minlength=len(detection)).astype(float)
    seen = np.maximum(detection / detection.max(axis=1, keepdims=True), FLOOR)
    weights = np.full(seen.shape[1], 1 / seen.shape[1])
    for _ in range(10_000):
        new = 1 / ((counts / (seen @ weights)) @ seen)
        new /= new.sum()
        if np.abs(new - weights).max() < 1e-12:
            break
        weights = new
    return new


def _of(case: DesertCase) -> np.ndarray:
    """Detection (m, n) by every method at the catalogue's values."""
    i = np.clip(np.searchsorted(case.x_edges, case.x, side="right") - 1, 0, len(case.x_edges) - 2)
    j = np.clip(np.searchsorted(case.y_edges, case.y, side="right") - 1, 0, len(case.y_edges) - 2)
    return case.detection[:, i, j]


def kernel_density(case: DesertCase, factor: float = 1.0, weighted: bool = True) -> Kernel:
    """Density in (x, y), weighted by completeness or not."""
    from scipy.stats import gaussian_kde

    weights = selection_weights(_of(case), case.method) if weighted else np.full(len(case), 1 / len(case))
    kernel = gaussian_kde(np.stack([case.x, case.y]), bw_method=lambda k: factor * k.scotts_factor(), weights=weights)
    grid = np.meshgrid(case.centres, case.axis_centres, indexing="ij")
    return Kernel(kernel(np.stack([g.ravel() for g in grid])).reshape(grid[0].shape), weights, float(kernel.neff), float(kernel.factor))


def line_kernel(case: DesertCase, config: DesertConfig, weighted: bool = True) -> list[dict[str, float | None]]:
    """For each bandwidth: the deepest valley of the kernel density in x alone, its place, the bandwidth in dex and the effective number of rows."""
    from scipy.stats import gaussian_kde

    weights = selection_weights(_of(case), case.method) if weighted else np.full(len(case), 1 / len(case))
    result = []
    for factor in config.bandwidths:
        kernel = gaussian_kde(case.x, bw_method=lambda k, factor=factor: factor * k.scotts_factor(), weights=weights)
        depth, place = valleys(kernel(case.centres)[None], case.centres)
        result.append({
            "factor": factor, "bandwidth_dex": float(np.sqrt(kernel.covariance[0, 0])), "effective": float(kernel.neff), "valley_dex": float(depth[0]),
            "valley": float(10 ** place[0]) if np.isfinite(place[0]) else None,
        })
    return result
