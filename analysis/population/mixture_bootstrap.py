"""Parametric bootstrap of the likelihood ratio of k against k + 1 components (McLachlan 1987), with companions that share hosts.

The ratio has no chi-squared law: under the null the extra component's place is not identified. It is therefore compared
with ratios of catalogues drawn from the fitted k-component mixture, which are fitted with as many starts as the data. Rows
of one host are drawn together: they share a component and resemble each other inside it as much as the data's do, so that
planets of one star do not count as independent evidence for a group.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.population.em import Fits, fit_batch, parameter_count, responsibilities

__all__ = ["LikelihoodRatio", "Null", "fitted_null", "likelihood_ratio", "resemblance", "simulate"]


@dataclass(frozen=True)
class Null:
    """A mixture to draw catalogues from: weights (k,), means (k, 2), covariances (k, 2, 2), and the resemblance (2, 2) of
    rows of one host in units of the component's covariance (0: none, 1: equal)."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    resemblance: np.ndarray


@dataclass(frozen=True)
class LikelihoodRatio:
    """2 ln(L(k + 1) / L(k)): observed, and under the null (draws,); p = (1 + #) / (1 + draws), p_error its Monte-Carlo
    standard error. delta_bic is BIC(k) - BIC(k + 1)."""

    k: int
    rows: int
    hosts: int
    effective_rows: float
    observed: float
    null: np.ndarray
    p: float
    p_error: float
    delta_bic: float

    def summary(self) -> dict[str, Any]:
        """Scalars, among them how often BIC prefers k + 1 in catalogues that hold k components."""
        penalty = (parameter_count(self.k + 1) - parameter_count(self.k)) * np.log(self.effective_rows)
        return {
            "k": self.k,
            "rows": self.rows,
            "hosts": self.hosts,
            "effective_rows": self.effective_rows,
            "observed": self.observed,
            "delta_bic": self.delta_bic,
            "null_median": float(np.median(self.null)),
            "null_95": float(np.quantile(self.null, 0.95)),
            "null_largest": float(self.null.max()),
            "draws": len(self.null),
            "p": self.p,
            "p_error": self.p_error,
            "null_share_bic_prefers_more": float(np.mean(self.null > penalty)),
            "null_share_bic_gain_above_10": float(np.mean(self.null > penalty + 10)),
        }


def resemblance(fits: Fits, points: np.ndarray, hosts: np.ndarray, errors: np.ndarray | None = None) -> np.ndarray:
    """(2, 2) covariance of standardised residuals between rows of one host, eigenvalues within [0, 1].

    Residuals are taken in each component, in units of its Cholesky factor; pairs count by the probability that both rows
    belong to it, and each host with several rows counts once, however many pairs it has. Zero without such hosts.
    """
    share = responsibilities(fits, points, errors)[0]
    residual = np.stack([np.linalg.solve(np.linalg.cholesky(c), (points - m).T).T for m, c in zip(fits.means[0], fits.covariances[0], strict=True)], axis=1)
    total, weight = np.zeros((2, 2)), 0.0
    for name in np.unique(hosts):
        r, z = share[hosts == name], residual[hosts == name]
        size = len(r)
        if size > 1:
            whole = np.einsum("ij,ija->ja", r, z)
            products = np.einsum("ja,jb->ab", whole, whole) - np.einsum("ij,ija,ijb->ab", r**2, z, z)
            together = float(np.sum(r.sum(axis=0) ** 2) - np.sum(r**2))
            total += products / (size * (size - 1))
            weight += together / (size * (size - 1))
    if weight == 0:
        return np.zeros((2, 2))
    values, vectors = np.linalg.eigh((total + total.T) / (2 * weight))
    return (vectors * np.clip(values, 0, 1)) @ vectors.T


def fitted_null(fits: Fits, points: np.ndarray, hosts: np.ndarray, errors: np.ndarray | None = None) -> Null:
    """The null that belongs to a fit of one data set."""
    return Null(fits.weights[0], fits.means[0], fits.covariances[0], resemblance(fits, points, hosts, errors))


def simulate(null: Null, hosts: np.ndarray, draws: int, seed: int, errors: np.ndarray | None = None) -> np.ndarray:
    """(draws, n, 2) catalogues with the hosts (n,) of the data; every row by itself follows the mixture.

    A host draws its component, and a standardised residual is A h + B e with h of the host, e of the row, A A' the
    resemblance and B B' the rest. With `errors` (n, 2, 2) noise is added. More draws keep the first ones.
    """
    codes = np.unique(hosts, return_inverse=True)[1]
    n, many = len(codes), int(codes.max()) + 1 if len(codes) else 0
    of_host, of_row, noise = (np.random.default_rng([seed, purpose]) for purpose in (1, 2, 3))
    component = np.searchsorted(np.cumsum(null.weights)[:-1], np.random.default_rng([seed, 0]).random((draws, many)), side="right")[:, codes]
    values, vectors = np.linalg.eigh(null.resemblance)
    shared, own = ((vectors * np.sqrt(np.clip(v, 0, 1))) @ vectors.T for v in (values, 1 - values))
    z = of_host.standard_normal((draws, many, 2))[:, codes] @ shared + of_row.standard_normal((draws, n, 2)) @ own
    factor = np.linalg.cholesky(null.covariances)[component]
    points = null.means[component] + np.einsum("...ab,...b->...a", factor, z)
    if errors is not None:
        points += np.einsum("nab,dnb->dna", np.linalg.cholesky(errors), noise.standard_normal((draws, n, 2)))
    return points


def likelihood_ratio(
    points: np.ndarray,
    hosts: np.ndarray,
    k: int,
    draws: int,
    starts: int,
    floor: float,
    seed: int,
    weights: np.ndarray | None = None,
    errors: np.ndarray | None = None,
) -> LikelihoodRatio:
    """Test of k against k + 1 components for `points` (n, 2) of `hosts` (n,), with row weights and errors as in `fit_batch`.

    With hosts all different the rows are independent. Weighted rows are simulated as rows and weighted alike.
    """
    small, large = (fit_batch(points, j, starts, floor, seed, weights, errors) for j in (k, k + 1))
    catalogues = simulate(fitted_null(small, points, hosts, errors), hosts, draws, seed, errors)
    ends = [fit_batch(catalogues, j, starts, floor, seed, weights, errors).log_likelihood for j in (k, k + 1)]
    observed, null = float(2 * (large.log_likelihood - small.log_likelihood)[0]), 2 * (ends[1] - ends[0])
    p = float((1 + np.sum(null >= observed - 1e-9)) / (1 + draws))
    return LikelihoodRatio(
        k=k,
        rows=len(points),
        hosts=len(np.unique(hosts)),
        effective_rows=float(small.effective_rows[0]),
        observed=observed,
        null=null,
        p=p,
        p_error=float(np.sqrt(p * (1 - p) / (1 + draws))),
        delta_bic=float((small.bic - large.bic)[0]),
    )
