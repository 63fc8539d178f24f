"""Gaussian mixtures in (log10 mass ratio, log10 semi-major axis): how many, where, and how they follow the method.

Specification section 6.1 compares one and two components by BIC; three and four are added because two winning over one
says little when three win over two, and because the components can be detection methods in disguise.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import MixtureConfig
from analysis.population.mixture.deconvolution import covariances, deconvolve, error_table
from analysis.population.mixture.gaussian import MixtureFit, compare_components, fit_mixture
from analysis.population.rows import population_rows

__all__ = ["CLOSE_METHODS", "Mixture", "delta_bic", "points_of", "run"]

CLOSE_METHODS = ("Transit", "Radial Velocity")


@dataclass(frozen=True)
class Mixture:
    """Fits of the candidates in (log q, log a).

    fits: a row per k (k, log_likelihood, parameters, bic, aic, converged, agreement, with_errors: False for the plain fit,
    True for extreme deconvolution, rows). components: a row per (with_errors, k, component) with weight, mean_log_q,
    mean_log_a and the covariance in dex2. assignments: a row per candidate with label and responsibilities of the plain
    fits (label_k2, responsibility_k2_1 ..., component 1 has the lowest mean log q). method_shares: a row per (k, component,
    discovery_method): rows by label and summed responsibilities. errors: the table of measurement errors. summary: scalars.
    """

    reason: str | None
    fits: pd.DataFrame
    components: pd.DataFrame
    assignments: pd.DataFrame
    method_shares: pd.DataFrame
    errors: pd.DataFrame
    summary: dict[str, Any]


def points_of(rows: pd.DataFrame) -> np.ndarray:
    """(n, 2) array of (log10 q, log10 a / au)."""
    return rows[["log_mass_ratio", "log_semimajor_axis"]].to_numpy(dtype=float)


def delta_bic(fits: list[MixtureFit]) -> float | None:
    """BIC(1) - BIC(2), positive where two components are preferred; None when either is missing."""
    return fits[0].bic - fits[1].bic if len(fits) > 1 else None


def run(config: MixtureConfig, sample: Any) -> Mixture:
    """Fit the candidates of `sample` with and without measurement errors."""
    rows = population_rows(sample.table)
    fits, reason = compare_components(
        points_of(rows),
        config.max_components,
        config.restarts,
        config.covariance_floor,
        config.min_rows_per_component,
        config.seed,
    )
    errors = error_table(rows, config.microlensing_correlation, config.mass_radius_scatter)
    deep = _with_errors(rows, errors, config)
    fit_rows = [
        {
            "with_errors": False,
            "rows": len(rows),
            "k": f.k,
            "log_likelihood": f.log_likelihood,
            "parameters": f.parameters,
            "bic": f.bic,
            "aic": f.aic,
            "converged": f.converged,
            "agreement": f.agreement,
        }
        for f in fits
    ] + [
        {
            "with_errors": True,
            "rows": deep["rows"],
            "k": d["k"],
            "log_likelihood": d["log_likelihood"],
            "parameters": 6 * d["k"] - 1,
            "bic": d["bic"],
            "aic": 2 * (6 * d["k"] - 1) - 2 * d["log_likelihood"],
            "converged": d["converged"],
            "agreement": float("nan"),
        }
        for d in deep["fits"]
    ]
    shares = _method_shares(rows, fits)
    return Mixture(
        reason=reason,
        fits=pd.DataFrame(fit_rows, columns=["with_errors", "rows", "k", "log_likelihood", "parameters", "bic", "aic", "converged", "agreement"]),
        components=_components(fits, deep["fits"]),
        assignments=_assignments(rows, fits),
        method_shares=shares,
        errors=errors,
        summary=_summary(rows, fits, reason, deep, errors),
    )


def _with_errors(rows: pd.DataFrame, errors: pd.DataFrame, config: MixtureConfig) -> dict[str, Any]:
    """Deconvolved fits with correlated and with independent errors, beside the plain fit of the same rows.

    Masses that are upper limits are left out: a limit is not a value with an error.
    """
    keep = (rows["mass_kind"] != "upper_limit").to_numpy(dtype=bool)
    points, used = points_of(rows)[keep], errors[keep]
    fits, reason = deconvolve(points, covariances(used), config)
    independent, _ = deconvolve(points, covariances(used, "sigma_q_independent"), replace(config, deconvolution_components=2))
    plain = [fit_mixture(points, f["k"], 4 * config.deconvolution_restarts, config.covariance_floor, config.seed) for f in fits]
    return {"rows": int(keep.sum()), "left_out": int((~keep).sum()), "fits": fits, "reason": reason, "independent": independent, "plain": plain}


def _components(fits: list[MixtureFit], deep: list[dict[str, Any]]) -> pd.DataFrame:
    names = ["with_errors", "k", "component", "weight", "mean_log_q", "mean_log_a", "var_log_q", "cov_log_q_log_a", "var_log_a"]
    result = []
    for with_errors, many in ((False, [vars(f) for f in fits]), (True, deep)):
        for fit in many:
            for j, (weight, mean, cov) in enumerate(zip(fit["weights"], fit["means"], fit["covariances"], strict=True), start=1):
                result.append((with_errors, fit["k"], j, float(weight), *map(float, mean), float(cov[0, 0]), float(cov[0, 1]), float(cov[1, 1])))
    return pd.DataFrame(result, columns=names)


def _assignments(rows: pd.DataFrame, fits: list[MixtureFit]) -> pd.DataFrame:
    frame = rows[["object_id", "companion_name", "host_name", "discovery_method", "log_mass_ratio", "log_semimajor_axis"]].copy()
    for fit in fits[1:]:
        frame[f"label_k{fit.k}"] = fit.responsibilities.argmax(axis=1) + 1
        for j in range(fit.k):
            frame[f"responsibility_k{fit.k}_{j + 1}"] = fit.responsibilities[:, j]
    return frame


def _method_shares(rows: pd.DataFrame, fits: list[MixtureFit]) -> pd.DataFrame:
    method = rows["discovery_method"].to_numpy(dtype=object)
    result = []
    for fit in fits[1:]:
        label = fit.responsibilities.argmax(axis=1)
        for j in range(fit.k):
            for name in sorted(set(method)):
                same = method == name
                result.append((fit.k, j + 1, name, int(np.sum(same & (label == j))), float(fit.responsibilities[same, j].sum()), int(same.sum())))
    return pd.DataFrame(result, columns=["k", "component", "discovery_method", "rows", "summed_responsibility", "method_rows"])


def _method_agreement(rows: pd.DataFrame, fit: MixtureFit) -> dict[str, Any]:
    """How well the labels of a fit are told from the detection method alone."""
    from sklearn.metrics import adjusted_rand_score

    close = rows["discovery_method"].isin(CLOSE_METHODS).to_numpy(dtype=bool)
    lensing = (rows["discovery_method"] == "Microlensing").to_numpy(dtype=bool)
    label = fit.responsibilities.argmax(axis=1)
    guess = np.zeros(len(rows), dtype=int)
    for name in set(rows["discovery_method"]):
        same = (rows["discovery_method"] == name).to_numpy(dtype=bool)
        guess[same] = np.bincount(label[same], minlength=fit.k).argmax()
    inner = int(np.argmin(fit.means[:, 1]))
    return {
        "predicted_from_method": float(np.mean(guess == label)),
        "adjusted_rand_index": float(adjusted_rand_score(rows["discovery_method"].astype(str), label)),
        "transit_and_rv_rows": int(close.sum()),
        "transit_and_rv_in_inner_component": int(np.sum(close & (label == inner))),
        "microlensing_rows": int(lensing.sum()),
        "microlensing_in_inner_component": int(np.sum(lensing & (label == inner))),
        "inner_component_rows": int(np.sum(label == inner)),
    }


def _summary(rows: pd.DataFrame, fits: list[MixtureFit], reason: str | None, deep: dict[str, Any], errors: pd.DataFrame) -> dict[str, Any]:
    best = min(fits, key=lambda f: f.bic) if fits else None
    lensing = errors[errors["discovery_method"] == "Microlensing"]
    return {
        "rows": len(rows),
        "hosts": int(rows["host_name"].nunique()),
        "reason": reason,
        "bic": {str(f.k): f.bic for f in fits},
        "aic": {str(f.k): f.aic for f in fits},
        "log_likelihood": {str(f.k): f.log_likelihood for f in fits},
        "share_of_starts_at_best": {str(f.k): f.agreement for f in fits},
        "delta_bic_1_2": delta_bic(fits),
        "delta_bic_2_3": fits[1].bic - fits[2].bic if len(fits) > 2 else None,
        "delta_bic_3_4": fits[2].bic - fits[3].bic if len(fits) > 3 else None,
        "winner_1_2": None if len(fits) < 2 else (2 if fits[1].bic < fits[0].bic else 1),
        "best_k": best.k if best else None,
        "components": {
            str(f.k): [
                {
                    "weight": float(w),
                    "mean_log_q": float(m[0]),
                    "mean_log_a": float(m[1]),
                    "sigma_log_q": float(np.sqrt(c[0, 0])),
                    "sigma_log_a": float(np.sqrt(c[1, 1])),
                }
                for w, m, c in zip(f.weights, f.means, f.covariances, strict=True)
            ]
            for f in fits
        },
        "method": {str(f.k): _method_agreement(rows, f) for f in fits[1:]},
        "with_errors": {
            "rows": deep["rows"],
            "mass_limits_left_out": deep["left_out"],
            "reason": deep["reason"],
            "bic": {str(f["k"]): f["bic"] for f in deep["fits"]},
            "delta_bic_1_2": _gain(deep["fits"], 0),
            "delta_bic_2_3": _gain(deep["fits"], 1),
            "independent_errors": {"bic": {str(f["k"]): f["bic"] for f in deep["independent"]}, "delta_bic_1_2": _gain(deep["independent"], 0)},
            "without_errors_same_rows": {"bic": {str(f.k): f.bic for f in deep["plain"]}, "delta_bic_1_2": delta_bic(deep["plain"])},
            "largest_change_of_mean": _largest_shift(deep, "means"),
            "largest_change_of_responsibility": _largest_shift(deep, "responsibilities"),
            "wider_component_sigma_log_q": {
                "with_errors": _spread(deep["fits"]),
                "independent_errors": _spread(deep["independent"]),
                "without_errors": _spread([vars(fit) for fit in deep["plain"]]),
            },
            "rows_that_change_label_k2": _changed_labels(deep),
        },
        "errors": {
            "filled_host_mass": int(errors["filled_host"].sum()),
            "filled_companion_mass": int(errors["filled_companion"].sum()),
            "filled_axis": int(errors["filled_axis"].sum()),
            "microlensing_rows": len(lensing),
            "microlensing_sigma_log_q": float(lensing["sigma_q"].median()) if len(lensing) else None,
            "microlensing_sigma_log_q_independent": float(lensing["sigma_q_independent"].median()) if len(lensing) else None,
        },
    }


def _gain(fits: list[dict[str, Any]], first: int) -> float | None:
    return fits[first]["bic"] - fits[first + 1]["bic"] if len(fits) > first + 1 else None


def _largest_shift(deep: dict[str, Any], name: str) -> float | None:
    """Largest absolute difference of `name` between the two-component fits with and without errors, over the same rows."""
    if len(deep["fits"]) < 2:
        return None
    return float(np.abs(deep["fits"][1][name] - getattr(deep["plain"][1], name)).max())


def _spread(fits: list[dict[str, Any]]) -> float | None:
    """Standard deviation of log q in the second of two components."""
    return float(np.sqrt(fits[1]["covariances"][1][0, 0])) if len(fits) > 1 else None


def _changed_labels(deep: dict[str, Any]) -> int | None:
    if len(deep["fits"]) < 2:
        return None
    return int(np.sum(deep["fits"][1]["responsibilities"].argmax(axis=1) != deep["plain"][1].responsibilities.argmax(axis=1)))
