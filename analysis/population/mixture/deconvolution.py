"""Mixture with measurement errors: extreme deconvolution with the full error covariance of every row.

A microlensing light curve measures the mass ratio itself; the lens mass comes afterwards and scales both masses. The
errors of log M_star and log M_c are therefore almost fully correlated and nearly cancel in log q. Everywhere else the
two masses are taken as independent.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from analysis.config import MixtureConfig
from analysis.population.mixture.gaussian import unfit

__all__ = ["MAX_ITERATIONS", "covariances", "deconvolve", "error_table", "log_error"]

MAX_ITERATIONS = 5000


def log_error(value: np.ndarray, err_up: np.ndarray, err_down: np.ndarray) -> np.ndarray:
    """Symmetric 1-sigma error of log10(value) in dex from positive asymmetric errors; NaN where neither error is known.

    It is the mean of the upward and downward intervals on the logarithmic scale. Where the downward error reaches zero
    or is missing, its logarithm says nothing and the upward interval stands alone (and the other way round).
    """
    value, err_up, err_down = (np.asarray(x, dtype=float) for x in (value, err_up, err_down))
    with np.errstate(invalid="ignore", divide="ignore"):
        up = np.log10(1 + err_up / value)
        down = np.where(err_down < value, -np.log10(1 - np.minimum(err_down / value, 0.999)), np.nan)
    up, down = np.where(up > 0, up, np.nan), np.where(down > 0, down, np.nan)
    both = np.isfinite(up) & np.isfinite(down)
    return np.where(both, (up + down) / 2, np.where(np.isfinite(up), up, down))


def error_table(table: pd.DataFrame, correlation: float, mass_radius_scatter: float) -> pd.DataFrame:
    """Errors in dex for each row, with flags for what was filled in.

    Columns: object_id, discovery_method, sigma_host, sigma_companion, sigma_axis, sigma_q (correlated where
    microlensing), sigma_q_independent, and filled_host, filled_companion, filled_axis (bool). A missing companion error
    of a mass from a radius is `mass_radius_scatter`; a missing axis error of an axis from the period is a third of the
    host's; any other missing error is the median of the rows of the same method, or of all rows.
    """
    method = table["discovery_method"].to_numpy(dtype=object)
    sigma = {
        short: log_error(table[name], table[f"{name}_err_up"], table[f"{name}_err_down"])
        for short, name in (("host", "host_mass_msun"), ("companion", "companion_mass_mjup"), ("axis", "semimajor_axis_au"))
    }
    missing = {short: ~np.isfinite(value) for short, value in sigma.items()}
    sigma["host"] = _filled(sigma["host"], method)
    relation = missing["companion"] & (table["mass_kind"] == "mass_radius_relation").to_numpy(dtype=bool)
    sigma["companion"] = _filled(sigma["companion"], method)
    sigma["companion"][relation] = mass_radius_scatter
    kepler = missing["axis"] & (table["semimajor_axis_kind"] == "kepler").to_numpy(dtype=bool)
    sigma["axis"] = _filled(sigma["axis"], method)
    sigma["axis"][kepler] = sigma["host"][kepler] / 3
    rho = np.where(method == "Microlensing", correlation, 0.0)
    squares = sigma["host"] ** 2 + sigma["companion"] ** 2
    return pd.DataFrame(
        {
            "object_id": table["object_id"].to_numpy(),
            "discovery_method": table["discovery_method"].to_numpy(),
            **{f"sigma_{short}": value for short, value in sigma.items()},
            "sigma_q": np.sqrt(squares - 2 * rho * sigma["host"] * sigma["companion"]),
            "sigma_q_independent": np.sqrt(squares),
            **{f"filled_{short}": value for short, value in missing.items()},
        }
    )


def _filled(sigma: np.ndarray, method: np.ndarray) -> np.ndarray:
    """A copy of `sigma` with NaN replaced by the median of its method, or of all rows; zero when nothing is known."""
    known = np.isfinite(sigma)
    overall = float(np.median(sigma[known])) if known.any() else 0.0
    result = np.where(known, sigma, overall)
    for name in np.unique(method[known].astype(str)):
        same = method == name
        result[same & ~known] = np.median(sigma[same & known])
    return result


def covariances(errors: pd.DataFrame, column: str = "sigma_q") -> np.ndarray:
    """Error covariance (n, 2, 2) in (log q, log a), diagonal, from the columns `column` and sigma_axis."""
    result = np.zeros((len(errors), 2, 2))
    result[:, 0, 0] = errors[column].to_numpy() ** 2
    result[:, 1, 1] = errors["sigma_axis"].to_numpy() ** 2
    return result


def deconvolve(points: np.ndarray, errors: np.ndarray, config: MixtureConfig) -> tuple[list[dict[str, Any]], str | None]:
    """Mixtures of the error-free distribution of `points` (n, 2) given `errors` (n, 2, 2), and why it ended early (or None).

    Extreme deconvolution (Bovy, Hogg & Roweis 2011, eqs 16-17). Each dict has k, log_likelihood, bic, converged, weights,
    means, covariances and responsibilities, components in ascending mean log q.
    """
    from astroML.density_estimation import XDGMM

    fits: list[dict[str, Any]] = []
    for k in range(1, config.deconvolution_components + 1):
        reason = unfit(points, k, config.min_rows_per_component, config.covariance_floor)
        if reason:
            return fits, reason
        best, top = None, -np.inf
        for start in range(config.deconvolution_restarts if k > 1 else 1):
            state = int(np.random.SeedSequence([config.seed, k, start]).generate_state(1)[0])
            model = XDGMM(k, max_iter=MAX_ITERATIONS, tol=1e-5, random_state=state)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # of its ten-step first guess, by design
                model.fit(points, errors)
            likelihood = float(model.logL(points, errors))
            if np.isfinite(likelihood) and likelihood > top + 1e-6:
                best, top = model, likelihood
        if best is None:
            return fits, f"no start with {k} components gave a finite likelihood"
        order = np.argsort(best.mu[:, 0], kind="stable")
        logs = best.logprob_a(points, errors)[:, order]
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        parameters = 6 * k - 1
        fits.append(
            {
                "k": k,
                "log_likelihood": top,
                "bic": parameters * float(np.log(len(points))) - 2 * top,
                "converged": bool(_settled(best, points, errors, top)),
                "weights": best.alpha[order],
                "means": best.mu[order],
                "covariances": best.V[order],
                "responsibilities": weights / weights.sum(axis=1, keepdims=True),
            }
        )
    return fits, None


def _settled(model: Any, points: np.ndarray, errors: np.ndarray, top: float) -> bool:
    """True when ten more iterations change the log-likelihood by less than 0.01."""
    from astroML.density_estimation import XDGMM

    again = XDGMM(model.n_components)
    again.mu, again.V, again.alpha = model.mu.copy(), model.V.copy(), model.alpha.copy()
    for _ in range(10):
        again._EMstep(points, errors)
    return abs(float(again.logL(points, errors)) - top) < 0.01
