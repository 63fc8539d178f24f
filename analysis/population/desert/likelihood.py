"""Likelihood of companions given their methods and orbits, and leave-one-host-out prediction by quadrature.

Companions found by method m are an inhomogeneous Poisson process of rate s_m(y) D_m(x, y) f(x) with the detection D_m, the common density f
and, for each method, a rate s_m(y) that is free at every axis: how many stars it searched and how companions are spread over orbits.
Profiling the s_m out leaves, for rows at axes y_i,

    prod_i  f(x_i) D_m(x_i, y_i) / int f(x) D_m(x, y_i) dx,

so neither the number of stars nor the distribution of axes is assumed, and no absolute occurrence follows. Errors enter as in Foreman-Mackey,
Hogg & Morton (2014, eq. 11; Cui et al. 2026, eq. 3): f D is averaged over each row's posterior, with a flat prior of the catalogue divided out.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from analysis.population.desert.rows import DesertCase, cell_weights

__all__ = ["Quadrature", "by_host", "log_terms", "pointwise", "quadrature", "simulated_case", "simulated_values"]


def pointwise(density: np.ndarray, case: DesertCase, selected: bool = True) -> np.ndarray:
    """Log-likelihood (s, n) of each row, per dex, for densities (s, nx). Without `selected` detection stands in the normalisation alone,
    which is right when a companion was detected by the very data that its error describes (Mandel, Farr & Gair 2019)."""
    return log_terms(density, case.weights, case.exposure, case.step, selected)


def log_terms(density: np.ndarray, weights: np.ndarray, exposure: np.ndarray, step: float, selected: bool = True) -> np.ndarray:
    """ln of (density @ weights exposure) / (density @ exposure step), (s, n), for weights and exposure (n, nx)."""
    numerator = weights * exposure if selected else weights
    return np.log(np.maximum(density @ numerator.T, 1e-300)) - np.log(np.maximum(density @ exposure.T * step, 1e-300))


def by_host(values: np.ndarray, host: np.ndarray) -> np.ndarray:
    """Sums (s, h) of row values (s, n) over the companions of each host: the unit that is left out."""
    result = np.zeros((len(values), int(host.max()) + 1))
    np.add.at(result.T, host, values.T)
    return result


@dataclass(frozen=True)
class Quadrature:
    """What even points of the prior say of a family: log_evidence; posterior weights (s,); elpd of each host left out (h,); effective number of
    points of the posterior, and the fewest of any posterior without one host."""

    log_evidence: float
    weights: np.ndarray
    elpd: np.ndarray
    effective: float
    least_effective: float


def quadrature(host_values: np.ndarray) -> Quadrature:
    """Evidence, posterior and exact leave-one-host-out densities from log-likelihoods (s, h) at even points of the prior."""
    total = host_values.sum(axis=1)
    top = logsumexp(total)
    without = total[:, None] - host_values
    tops = logsumexp(without, axis=0)
    weights = np.exp(total - top)
    left = np.exp(without - tops)
    return Quadrature(float(top - np.log(len(total))), weights, top - tops, float(1 / (weights**2).sum()), float((1 / (left**2).sum(axis=0)).min()))


def simulated_values(density: np.ndarray, case: DesertCase, rng: np.random.Generator) -> np.ndarray:
    """Catalogue values x (n,) of companions drawn from `density` (nx,) through each row's exposure, with its error; inside the region."""
    found = np.concatenate([np.zeros((len(case), 1)), (density * case.exposure).cumsum(axis=1)], axis=1)
    found /= found[:, -1:]
    truth = np.array([np.interp(u, cdf, case.x_edges) for u, cdf in zip(rng.random(len(case)), found, strict=True)])
    value = truth + case.sigma_x * rng.standard_normal(len(case))
    for _ in range(100):
        outside = (value < case.x_edges[0]) | (value > case.x_edges[-1])
        if not outside.any():
            break
        value = np.where(outside, truth + case.sigma_x * rng.standard_normal(len(case)), value)
    return np.clip(value, case.x_edges[0], case.x_edges[-1])


def simulated_case(case: DesertCase, value: np.ndarray) -> DesertCase:
    """`case` with other catalogue values x (n,): hosts, methods, axes and errors stay."""
    from dataclasses import replace

    return replace(case, x=value, weights=cell_weights(value, case.sigma_x, case.x_edges))
