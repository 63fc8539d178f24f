"""Gaps at other mass ratios than the declared one, by score statistics of the fitted single population."""

import numpy as np

from analysis.population.selection.forward import BATCH, Catalogues, Fit, Model, weighted_detection

__all__ = ["scan"]


def scan(model: Model, null: Fit, data: Catalogues, x: np.ndarray, span: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Score statistics (b, l) of gaps of the declared width at other mass ratios within `span` (log10 q), and their centres (l,).

    Each is (rows in the gap - expected) over its standard deviation, the single population's coefficients being fitted
    (Rao 1948; Cox & Hinkley 1974, section 9.3): negative where there is a deficit. Not for a tilted model.
    """
    cells = round((model.grid.gap[1] - model.grid.gap[0]) / (model.grid.x_edges[1] - model.grid.x_edges[0]))
    low = np.arange(len(model.grid.x) - cells + 1)
    low = low[(model.grid.x_edges[low] >= span[0]) & (model.grid.x_edges[low + cells] <= span[1])]
    observed = np.stack([((x >= model.grid.x_edges[i]) & (x < model.grid.x_edges[i + cells])).sum(axis=1) for i in low], axis=1)
    free = np.arange(model.terms.shape[1] - 1)
    starts = np.searchsorted(model.column, np.arange(len(model.grid.x)))
    starts = np.minimum(starts, len(model.column) - 1)
    empty = np.bincount(model.column, minlength=len(model.grid.x)) == 0
    result = []
    for first in range(0, len(data), BATCH):
        part = slice(first, first + BATCH)
        weighted, _ = weighted_detection(model, null.theta[part])
        weighted = weighted / weighted.sum(axis=2, keepdims=True)
        sums = np.stack([np.add.reduceat(weighted * t, starts, axis=2) for t in (1.0, *model.terms[:, free].T)], axis=-1)  # (b, m, nx, 1 + p)
        sums[:, :, empty] = 0.0
        running = np.concatenate([np.zeros_like(sums[:, :, :1]), sums.cumsum(axis=2)], axis=2)
        inside = running[:, :, low + cells] - running[:, :, low]  # (b, m, l, 1 + p)
        mean, share = running[:, :, -1, 1:], inside[..., 0]
        n = data.counts[part]
        cross = np.einsum("bm,bmlp->blp", n, inside[..., 1:] - share[..., None] * mean[:, :, None, :])
        inner = null.information[part][:, free[:, None], free] + 1e-9 * np.eye(len(free))
        explained = (cross * np.swapaxes(np.linalg.solve(inner, np.swapaxes(cross, 1, 2)), 1, 2)).sum(axis=2)
        variance = np.einsum("bm,bml->bl", n, share * (1 - share)) - explained
        result.append((observed[part] - np.einsum("bm,bml->bl", n, share)) / np.sqrt(np.maximum(variance, 1e-6)))
    return np.concatenate(result), model.grid.x_edges[low] + cells * np.diff(model.grid.x_edges[:2]) / 2
