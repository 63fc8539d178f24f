"""Numbers that describe the figure of mass ratio against axis, for many catalogues at once: what the forward model is asked to reproduce."""

import diptest
import numpy as np
from scipy.stats import energy_distance, ks_2samp

from analysis.config import DetectionConfig, MixtureConfig
from analysis.population.mixture.em import fit_batch, responsibilities
from analysis.population.selection.catalogues import uniform_scores
from analysis.population.selection.forward import Fit
from analysis.population.selection.gap import Case
from analysis.population.selection.gap_scan import scan

__all__ = ["SIDES", "describe", "misfits", "tail"]

# Which tail counts against the single population: "high", "low", or "both".
SIDES = {
    "delta_bic_1_2": "high", "delta_bic_2_3": "high", "best_k": "high", "labels_from_method": "both", "dip_log_q": "high", "ks_q_by_method": "both",
    "energy_distance_q_by_method": "both", "rows_in_gap": "low", "rows_above_gap": "both", "deepest_gap_anywhere": "low", "two_clumps_ratio": "high", "misfit": "high",
}


def describe(case: Case, x: np.ndarray, y: np.ndarray, null: Fit, config: DetectionConfig, mixture: MixtureConfig) -> dict[str, np.ndarray]:
    """Each statistic of SIDES for catalogues x, y (b, n), NaN where it is not defined; `null` holds their single-population fits.

    two_clumps_ratio is NaN: it takes a fit of its own (two_clumps.clump_ratio).
    """
    b, n = x.shape
    method = case.model.method_of[case.structure.window]
    names = np.array(case.model.methods, dtype=object)[method]
    result = {name: np.full(b, np.nan) for name in SIDES}
    points = np.stack([x, y], axis=2)
    most = min(mixture.max_components, n // mixture.min_rows_per_component)
    fits = [fit_batch(points, k, config.mixture_starts, mixture.covariance_floor, config.seed) for k in range(1, most + 1)]
    for k in (1, 2):
        if most > k:
            result[f"delta_bic_{k}_{k + 1}"] = fits[k - 1].bic - fits[k].bic
    if most > 1:
        result["best_k"] = 1.0 + np.argmin([np.where(np.isfinite(f.bic), f.bic, np.inf) for f in fits], axis=0)
        second = responsibilities(fits[1], points).argmax(axis=2) == 1
        told = sum(np.maximum(second[:, method == m].sum(axis=1), (~second[:, method == m]).sum(axis=1)) for m in np.unique(method))
        result["labels_from_method"] = told / n
    close, lensed = np.isin(names, ("Transit", "Radial Velocity")), names == "Microlensing"
    for i in range(b):
        result["dip_log_q"][i] = diptest.dipstat(x[i])
        if close.any() and lensed.any():
            result["ks_q_by_method"][i] = ks_2samp(x[i, close], x[i, lensed]).statistic
            result["energy_distance_q_by_method"][i] = energy_distance(x[i, close], x[i, lensed])
    low, high = case.model.grid.gap
    result["rows_in_gap"] = ((x >= low) & (x < high)).sum(axis=1).astype(float)
    result["rows_above_gap"] = (x >= high).sum(axis=1).astype(float)
    if not case.model.tilted:
        result["deepest_gap_anywhere"] = scan(case.model, null, case.data[np.zeros(b, dtype=int)], x, tuple(np.log10(config.scan_range)))[0].min(axis=1)
    result["misfit"] = np.max(list(misfits(case, x, y).values()), axis=0)
    return result


def misfits(case: Case, x: np.ndarray, y: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """sqrt(n) times the Kolmogorov-Smirnov distance (b,) of log q, and of log a at given log q, from the single population, by (method, coordinate).

    The population is the one fitted to the real catalogue, for simulated catalogues too.
    """
    scores = uniform_scores(case.sampler, case.structure.window, x, y)
    method = case.model.method_of[case.structure.window]
    result = {}
    for m, name in enumerate(case.model.methods):
        for axis, coordinate in enumerate(("log_q", "log_a")):
            u = np.sort(scores[axis][:, method == m], axis=1)
            n = u.shape[1]
            steps = np.arange(n + 1) / n
            result[name, coordinate] = np.sqrt(n) * np.maximum((steps[1:] - u).max(axis=1), (u - steps[:-1]).max(axis=1))
    return result


def tail(values: np.ndarray, observed: float, side: str) -> float:
    """Share of simulated `values` at least as extreme as `observed` on `side`, the observed one counted; twice the smaller tail for "both"."""
    known = values[np.isfinite(values)]
    high, low = ((1 + np.sum(s * known >= s * observed)) / (1 + len(known)) for s in (1, -1))
    return float({"high": high, "low": low, "both": min(1.0, 2 * min(high, low))}[side])
