"""The test of a gap in mass ratio beyond method: single population against single population with a gap, both seen through the methods.

Statistic: signed root of the likelihood ratio, both conditional on method. Its null distribution comes from catalogues
simulated from the fitted single population through the methods (a parametric bootstrap, Davison & Hinkley 1997, section
4.2.3), with the hosts, the likeness of companions of one host, and the errors of the real catalogue. Two-sided.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.config import DetectionConfig, MixtureConfig
from analysis.population.mixture.deconvolution import error_table
from analysis.population.selection.catalogues import Sampler, Structure, simulated, structure_of, uniform_scores, with_correlations
from analysis.population.selection.forward import GAP, LN10, Catalogues, Fit, Model, fit, found_of, make_model, signed_root, summarised
from analysis.population.selection.sensitivity import METHODS

__all__ = ["Case", "case_of", "depth_of", "fitted", "fitted_rows", "gap_truth", "hump_truth", "monte_carlo_error", "p_value", "root_limits", "root_quantile", "roots_at_depth", "roots_of", "simulate_roots"]


@dataclass(frozen=True)
class Case:
    """A catalogue x, y (1, n) with its model, fits without and with the gap, and what the single population predicts."""

    model: Model
    structure: Structure
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    null: Fit
    full: Fit
    root: float
    sampler: Sampler

    @property
    def data(self) -> Catalogues:
        """What the likelihood needs of the catalogue."""
        return summarised(self.model, self.structure.window, self.x, self.y, self.structure.sigma_x, self.weights)


def fitted_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose mass is a value and whose method has a sensitivity curve; an upper limit in place of a mass does not say where the row lies."""
    keep = (rows["mass_kind"] != "upper_limit") & rows["discovery_method"].isin(METHODS)
    return rows[keep.to_numpy(dtype=bool)].reset_index(drop=True)


def case_of(
    rows: pd.DataFrame, config: DetectionConfig, mixture: MixtureConfig, family: str = "gaussian", tilted: bool = False, weights: np.ndarray | None = None,
) -> Case:
    """Fit `rows`, each with a weight if given; correlations within hosts are those about the fitted single population."""
    model = make_model(rows, config, family, tilted)
    structure = structure_of(rows, error_table(rows, mixture.microlensing_correlation, mixture.mass_radius_scatter), model.windows)
    x, y = (np.clip(rows[name].to_numpy(dtype=float), edges[0], edges[-1])[None]
            for name, edges in (("log_mass_ratio", model.grid.x_edges), ("log_semimajor_axis", model.grid.y_edges)))
    return fitted(model, structure, x, y, weights)


def fitted(model: Model, structure: Structure, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None, start: np.ndarray | None = None) -> Case:
    """The case of one catalogue x, y (1, n): its fits, and the correlations within hosts about its own single population."""
    null, full, root = roots_of(model, structure, x, y, weights, start)
    sampler = Sampler.of(model.grid, found_of(model, null.theta[0]))
    structure = with_correlations(structure, uniform_scores(sampler, structure.window, x, y)[:, 0])
    return Case(model, structure, x, y, weights, null, full, float(root[0]), sampler)


def roots_of(
    model: Model, structure: Structure, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None, start: np.ndarray | None = None,
) -> tuple[Fit, Fit, np.ndarray]:
    """Fits of catalogues x, y (b, n) without and with the gap, and the signed root of their likelihood ratio (b,)."""
    data = summarised(model, structure.window, x, y, structure.sigma_x, weights)
    null = fit(model, data, False, None if start is None else np.tile(start, (len(x), 1)))
    full = fit(model, data, True, null.theta)
    return null, full, signed_root(null, full)


def simulate_roots(case: Case, sampler: Sampler, keys: list[list[int]]) -> tuple[np.ndarray, np.ndarray, Fit, Fit, np.ndarray]:
    """Catalogues x, y (b, n) drawn from `sampler` with the structure of `case`, and what `roots_of` makes of them."""
    x, y = simulated(sampler, case.structure, keys)
    return x, y, *roots_of(case.model, case.structure, x, y, case.weights, case.null.theta[0])


def root_quantile(roots: np.ndarray, level: float = 0.95) -> float:
    """Size of the signed root that a share `level` of simulated `roots` stays within: what the interval uses for 1.96."""
    return float(np.quantile(np.abs(roots), level, method="higher"))


def roots_at_depth(case: Case, depth: float, keys: list[list[int]]) -> np.ndarray:
    """Root of twice the log-likelihood ratio of the free depth and the true one (b,), of catalogues with a gap of that depth (dex)."""
    x, y, null, full, _ = simulate_roots(case, Sampler.of(case.model.grid, gap_truth(case, depth)), keys)
    data = summarised(case.model, case.structure.window, x, y, case.structure.sigma_x, case.weights)
    given = fit(case.model, data, np.full(len(x), depth * LN10), null.theta)
    return np.sqrt(np.maximum(2 * (full.log_likelihood - given.log_likelihood), 0.0))


def root_limits(case: Case, roots: np.ndarray, depth: float, draws: int, key: list[int]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(depths, quantiles) for `gap_interval`: without a gap from `roots`, at `depth` (dex) and half of it from `draws` catalogues each.

    With few companions in the gap the root of a deep one is far from normal and takes few values; its quantile falls below half the declared depth.
    """
    found = [root_quantile(roots_at_depth(case, value, [[*key, place, b] for b in range(draws)])) for place, value in enumerate((depth, depth / 2))]
    return (depth, depth / 2, 0.0), (*found, root_quantile(roots))


def p_value(simulated_values: np.ndarray, observed: float) -> float:
    """Share of simulated statistics at least as far from zero, the observed one counted among them."""
    return float((1 + np.sum(np.abs(simulated_values) >= abs(observed))) / (1 + len(simulated_values)))


def monte_carlo_error(p: float, draws: int) -> float:
    """Standard error of a p-value from `draws` simulations."""
    return float(np.sqrt(p * (1 - p) / draws))


def gap_truth(case: Case, depth: float) -> np.ndarray:
    """What is found (m, nx, ny) of the single population with a gap of `depth` (dex)."""
    theta = case.null.theta[0].copy()
    theta[GAP] = depth * LN10
    return found_of(case.model, theta)


def hump_truth(case: Case, depth: float, width: float) -> np.ndarray:
    """What is found of the single population with a smooth valley of `depth` (dex), a Gaussian of `width` (dex) about the gap's centre: two humps in q."""
    valley = depth * np.exp(-0.5 * ((case.model.grid.x - sum(case.model.grid.gap) / 2) / width) ** 2)
    return found_of(case.model, case.null.theta[0]) * 10 ** valley[:, None]


def depth_of(case: Case, found: np.ndarray) -> float:
    """Depth (dex) that the model gives endless catalogues of `found` (m, nx, ny) without errors: what its interval should cover."""
    model = case.model
    x, y = np.meshgrid(model.grid.x, model.grid.y, indexing="ij")
    counts = np.bincount(case.structure.window, minlength=len(found)).astype(float)
    share = found / found.sum(axis=(1, 2), keepdims=True) * counts[:, None, None]
    sums = np.asarray(sum(np.einsum("xy,xyp->p", share[m], model.phi(x, y, m)) for m in range(len(found))))
    inside, sums[GAP] = sums[GAP], 0.0
    return float(fit(model, Catalogues(counts[None], sums[None], np.ones((1, 1)), np.array([inside])), True).depth[0])
