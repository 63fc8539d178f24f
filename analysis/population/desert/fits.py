"""Every density of the desert's stage fitted in one coordinate, compared by leave-one-host-out prediction, and what each says of a desert."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import DesertConfig
from analysis.population.desert.likelihood import by_host, pointwise, quadrature
from analysis.population.desert.lines import NAMES, bounds, line_data, line_terms
from analysis.population.desert.loo import LeftOut, difference, exact, psis
from analysis.population.desert.models import Family, families, prior_points, valleys
from analysis.population.desert.rows import MASS, DesertCase
from analysis.population.desert.sampling import Posterior, sampled
from analysis.population.desert.valley import quantiles

__all__ = ["Fits", "fitted_all"]

QUADRATURES = ("power", "concave", "lognormal_power")
STEP, LINES = 11, 12  # purposes of the random streams


@dataclass(frozen=True)
class Fits:
    """models: a row per density with elpd and differences. steps: relative density per bin; halves: the same, coarser, on small and on large orbits. curves: bands of densities in x. lines: a row per parameter.
    line_draws: a column per parameter, empty where not trusted. summary: scalars."""

    models: pd.DataFrame
    steps: pd.DataFrame
    halves: pd.DataFrame
    curves: pd.DataFrame
    lines: pd.DataFrame
    line_draws: pd.DataFrame
    summary: dict[str, Any]


def _resampled(weights: np.ndarray, count: int, seed: list[int]) -> np.ndarray:
    """`count` indices by systematic resampling."""
    start = np.random.default_rng(seed).random()
    return np.minimum(np.searchsorted(weights.cumsum(), (start + np.arange(count)) / count), len(weights) - 1)


def _bands(density: np.ndarray, x: np.ndarray, name: str) -> pd.DataFrame:
    """Median and 95 % band of densities (d, nx), each of mean one over the region."""
    scaled = density / density.mean(axis=1, keepdims=True)
    low, middle, high = np.quantile(scaled, [0.025, 0.5, 0.975], axis=0)
    return pd.DataFrame({"model": name, "value": 10**x, "low": low, "median": middle, "high": high})


def fitted_all(case: DesertCase, config: DesertConfig) -> Fits:
    """Quadratures, the step function and the two lines of one case."""
    family = families(config, float(case.x_edges[0]), float(case.x_edges[-1]))
    left: dict[str, LeftOut] = {"flat": exact(by_host(pointwise(np.ones((1, len(case.centres))), case), case.host)[0])}
    rows: dict[str, dict[str, Any]] = {"flat": {"parameters": 0, "sampler": "none needed"}}
    curves, summary = [], {}
    for number, name in enumerate(QUADRATURES):
        points = prior_points(family[name], config.points if len(family[name].parameters) > 1 else config.test_points, config.seed)
        density = family[name].density(points, case.centres)
        values = by_host(pointwise(density, case), case.host)
        found = quadrature(values)
        keep = _resampled(found.weights, config.loo_draws, [config.seed, number])
        left[name] = psis(values[keep])
        reason = None if found.effective >= config.least_points else f"{found.effective:.0f} effective points; {config.least_points:g} are asked for"
        rows[name] = {
            "parameters": len(family[name].parameters), "sampler": "quadrature", "effective": found.effective, "log_evidence": found.log_evidence,
            "elpd_exact": float(found.elpd.sum()) if found.least_effective >= config.least_points / 2 else np.nan, "reason": reason,
        }
        curves.append(_bands(density[keep], case.centres, name))
        if name == "lognormal_power":
            summary["lognormal_power"] = _valley(density, points, family[name], found.weights, case, config)
    step = family["step"]
    posterior = sampled(lambda t: pointwise(step.density(t, case.centres), case).sum(axis=1), step.bounds, config, [STEP])
    heights = step.density(posterior.draws, case.centres)
    left["step"] = psis(by_host(pointwise(heights, case), case.host))
    rows["step"] = {"parameters": config.bins - 1, "sampler": "emcee", "effective": posterior.effective, "reason": posterior.reason}
    curves.append(_bands(heights, case.centres, "step"))
    lines, draws, line_summary, line_left, line_posterior = _lines(case, config)
    left["two_lines"] = line_left
    rows["two_lines"] = {"parameters": len(NAMES), "sampler": "emcee", "effective": line_posterior.effective, "reason": line_posterior.reason}
    summary |= {"two_lines": line_summary, "sampling": {"step": posterior.diagnostics, "two_lines": line_posterior.diagnostics}}
    models = _compared(left, rows, config)
    summary["models"] = {row["model"]: {k: v for k, v in row.items() if k != "model"} for row in models.to_dict("records")}
    return Fits(models, _step_table(heights, posterior, case, config), _halves(case, config), pd.concat(curves, ignore_index=True), lines, draws, summary)


def _valley(density: np.ndarray, points: np.ndarray, family: Family, weights: np.ndarray, case: DesertCase, config: DesertConfig) -> dict[str, Any]:
    """Depth and place of the valley of the log-normal + power law, with what the prior alone says."""
    depth, place = valleys(density, case.centres)
    desert = depth > config.valley_depth
    known = np.isfinite(place)
    out: dict[str, Any] = {}
    for name, values in (("depth_dex", quantiles(depth, weights)), ("place", tuple(10 ** np.array(quantiles(place[known], weights[known])))), (
            "place_if_desert", tuple(10 ** np.array(quantiles(place[desert], weights[desert]))))):
        out |= {name: float(values[0]), f"{name}_low": float(values[1]), f"{name}_high": float(values[2])}
    chance, before = float(weights[desert].sum()), float(desert.mean())
    out |= {"probability": chance, "prior_probability": before, "bayes_factor": chance / (1 - chance) * (1 - before) / before if chance < 1 else np.nan}
    return out | {f"{name}_median": quantiles(points[:, k], weights)[0] for k, name in enumerate(family.parameters)}


def _step_table(heights: np.ndarray, posterior: Posterior, case: DesertCase, config: DesertConfig) -> pd.DataFrame:
    edges = np.linspace(case.x_edges[0], case.x_edges[-1], config.bins + 1)
    place = np.clip(((case.centres - edges[0]) / (edges[-1] - edges[0]) * config.bins).astype(int), 0, config.bins - 1)
    scaled = heights / heights.mean(axis=1, keepdims=True)
    first = np.array([int(np.argmax(place == k)) for k in range(config.bins)])
    low, middle, high = np.quantile(scaled[:, first], [0.025, 0.5, 0.975], axis=0)
    counts = np.histogram(case.x, edges)[0]
    trusted = posterior.reason is None
    return pd.DataFrame({
        "low_edge": 10 ** edges[:-1], "high_edge": 10 ** edges[1:], "rows": counts, "density": middle if trusted else np.nan, "density_low": low if trusted else np.nan,
        "density_high": high if trusted else np.nan,
    })


def _halves(case: DesertCase, config: DesertConfig) -> pd.DataFrame:
    """Step function in value and axis: coarse steps on either side of `axis_split`, each half of mean one; NaN where its posterior is not trusted."""
    family = families(config, float(case.x_edges[0]), float(case.x_edges[-1]))["coarse_step"]
    points = prior_points(family, config.points, config.seed)
    density = family.density(points, case.centres)
    edges = np.linspace(case.x_edges[0], case.x_edges[-1], config.coarse_bins + 1)
    first = np.array([int(np.argmax(case.centres > edge)) for edge in edges[:-1]])
    scaled = density[:, first] / density.mean(axis=1, keepdims=True)
    split, parts = np.log10(config.axis_split), []
    for keep, low, high in ((case.y < split, case.y_edges[0], split), (case.y >= split, split, case.y_edges[-1])):
        part = case.part(keep)
        bands, reason = np.full((config.coarse_bins, 3), np.nan), f"{len(part)} companions"
        if len(part) > 1:
            found = quadrature(by_host(pointwise(density, part), part.host))
            reason = None if found.effective >= config.least_points else f"{found.effective:.0f} effective points; {config.least_points:g} are asked for"
            if reason is None:
                bands = np.array([quantiles(column, found.weights) for column in scaled.T])
        parts.append(pd.DataFrame({
            "axis_low": 10**low, "axis_high": 10**high, "low_edge": 10 ** edges[:-1], "high_edge": 10 ** edges[1:], "rows": np.histogram(part.x, edges)[0],
            "density": bands[:, 0], "density_low": bands[:, 1], "density_high": bands[:, 2], "reason": reason,
        }))
    return pd.concat(parts, ignore_index=True)


def _lines(case: DesertCase, config: DesertConfig) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any], LeftOut, Posterior]:
    data = line_data(case, config.narrowest)
    box = bounds(config, float(case.x_edges[0]), float(case.x_edges[-1]))
    posterior = sampled(lambda t: line_terms(t, data).sum(axis=1), box, config, [LINES])
    draws = posterior.draws
    left = psis(by_host(line_terms(draws, data), case.host))
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975], axis=0)
    trusted = posterior.reason is None
    table = pd.DataFrame({"parameter": NAMES, "prior_low": box[:, 0], "prior_high": box[:, 1], "median": middle, "low": low, "high": high})
    if not trusted:
        table[["median", "low", "high"]] = np.nan
    summary: dict[str, Any] = {"reason": posterior.reason, "floor_prior_median": float(10 ** box[6].mean())}
    for k, name in enumerate(NAMES):
        shown = 10 ** draws[:, k] if name.startswith("log_") or name.endswith("1au") else draws[:, k]
        shown_quantiles = np.quantile(shown, [0.5, 0.025, 0.975]) if trusted else np.full(3, np.nan)
        short = name.removeprefix("log_")
        summary |= {short: float(shown_quantiles[0]), f"{short}_low": float(shown_quantiles[1]), f"{short}_high": float(shown_quantiles[2])}
    middle_of = np.log10(np.sqrt(np.prod(config.mass_desert if case.coordinate == MASS else config.ratio_desert)))
    before = box[:, 0] + np.random.default_rng([config.seed, LINES]).random((20_000, len(box))) * np.ptp(box, axis=1)
    before = before[np.isfinite(line_terms(before, data)[:, 0])]
    summary["holds_published"] = _holding(draws, middle_of) if trusted else np.nan
    summary["holds_published_prior"] = _holding(before, middle_of)
    summary["floor_below_half"] = float(np.mean(draws[:, 6] < np.log10(0.5))) if trusted else np.nan
    summary["floor_below_half_prior"] = float((np.log10(0.5) - box[6, 0]) / (box[6, 1] - box[6, 0]))
    return table, pd.DataFrame(draws if trusted else draws[:0], columns=list(NAMES)), summary, left, posterior


def _holding(draws: np.ndarray, value: float) -> float:
    """Share of draws (d, 8) whose lines at 1 au lie on either side of `value`."""
    return float(np.mean((draws[:, 0] < value) & (draws[:, 2] > value)))


def _compared(left: dict[str, LeftOut], rows: dict[str, dict[str, Any]], config: DesertConfig) -> pd.DataFrame:
    """A row per model; an untrusted posterior has no elpd."""
    result = []
    for name, one in left.items():
        info = {"reason": None, "effective": np.nan, "log_evidence": np.nan, "elpd_exact": np.nan} | rows[name]
        row: dict[str, Any] = {"model": name, **info, **dict.fromkeys(("elpd", "elpd_error", "pareto_k", "pareto_k_high"), np.nan)}
        for other in ("flat", "power"):
            row |= {f"against_{other}": np.nan, f"against_{other}_error": np.nan, f"against_{other}_ratio": np.nan}
        if info["reason"] is None:
            known = one.pareto_k[np.isfinite(one.pareto_k)]
            row |= {
                "elpd": one.total, "elpd_error": one.error, "pareto_k": float(known.max()) if len(known) else np.nan,
                "pareto_k_high": float((known > config.largest_pareto_k).sum()) if len(known) else np.nan,
            }
            for other in ("flat", "power"):
                if name != other:
                    gap, error = difference(one, left[other])
                    row |= {f"against_{other}": gap, f"against_{other}_error": error, f"against_{other}_ratio": gap / error if error > 0 else np.nan}
        result.append(row)
    return pd.DataFrame(result)

