"""Gaussian mixtures of points in a plane: the best of many starts, in a canonical order of components."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

__all__ = ["MixtureFit", "compare_components", "fit_mixture", "unfit"]


@dataclass(frozen=True)
class MixtureFit:
    """A fitted mixture of k components in d dimensions for n points, components in ascending first coordinate of the mean.

    weights (k,), means (k, d), covariances (k, d, d), responsibilities (n, k); `agreement` is the share of starts that
    came within 0.01 of the best log-likelihood.
    """

    k: int
    log_likelihood: float
    bic: float
    aic: float
    parameters: int
    converged: bool
    agreement: float
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    responsibilities: np.ndarray


def unfit(points: np.ndarray, k: int, rows_per_component: int, floor: float) -> str | None:
    """Why `points` (n, d) cannot carry a mixture of k components, or None when they can."""
    n = len(points)
    if n < k * rows_per_component:
        return f"{n} rows; {k} component{'s' if k > 1 else ''} need at least {k * rows_per_component}"
    if np.linalg.eigvalsh(np.cov(points.T))[0] < floor:
        return "the points lie on a line"
    return None


def fit_mixture(points: np.ndarray, k: int, restarts: int, floor: float, seed: int) -> MixtureFit:
    """Maximum-likelihood mixture of k full-covariance Gaussians (Dempster, Laird & Rubin 1977) for `points` (n, d).

    Half of the starts are k-means++ seeds, half random rows: the first find compact groups, the second broad ones, and
    with few rows neither alone finds the best optimum. Each start has its own random stream, so more starts never give
    a worse fit. BIC and AIC are -2 ln L + p ln n and -2 ln L + 2 p with p = k (1 + d + d (d + 1) / 2) - 1.
    """
    points = np.ascontiguousarray(points, dtype=float)
    best, likelihoods = None, []
    for start in range(restarts if k > 1 else 1):
        state = int(np.random.SeedSequence([seed, k, start]).generate_state(1)[0])
        model = GaussianMixture(
            k,
            covariance_type="full",
            reg_covar=floor,
            tol=1e-6,
            max_iter=2000,
            random_state=state,
            init_params="random_from_data" if start % 2 else "k-means++",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # reported as `converged`
            model.fit(points)
        likelihoods.append(float(model.score(points)) * len(points))
        if best is None or likelihoods[-1] > likelihoods[best[0]] + 1e-6:
            best = (start, model)
    assert best is not None
    model = best[1]
    order = np.argsort(model.means_[:, 0], kind="stable")
    top = likelihoods[best[0]]
    return MixtureFit(
        k=k,
        log_likelihood=top,
        bic=float(model.bic(points)),
        aic=float(model.aic(points)),
        parameters=int(model._n_parameters()),
        converged=bool(model.converged_),
        agreement=float(np.mean(np.array(likelihoods) > top - 0.01)),
        weights=model.weights_[order],
        means=model.means_[order],
        covariances=model.covariances_[order],
        responsibilities=model.predict_proba(points)[:, order],
    )


def compare_components(
    points: np.ndarray,
    most: int,
    restarts: int,
    floor: float,
    rows_per_component: int,
    seed: int,
) -> tuple[list[MixtureFit], str | None]:
    """Fits with 1 ... `most` components, as far as the number of rows allows, and the reason why it ended early (or None)."""
    fits = []
    for k in range(1, most + 1):
        reason = unfit(points, k, rows_per_component, floor)
        if reason:
            return fits, reason
        fits.append(fit_mixture(points, k, restarts, floor, seed))
    return fits, None
