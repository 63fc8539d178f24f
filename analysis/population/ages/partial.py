"""Partial correlations of host age with an orbit variable, one value per host, and what the errors of the ages do to a slope."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.population.ages.family import Family, family_test
from analysis.population.ages.intervals import monte_carlo_error, permutation_p, slope_fit

__all__ = ["age_error_study", "age_spreads", "drawn_log_ages", "partial_correlation_test"]

Array = NDArray[np.float64]


def partial_correlation_test(response: Array, age: Array, given: Array, permutations: int, key: list[int], level: float = 0.95) -> dict[str, float | None]:
    """Correlation of `response` with `age` (G,) given the columns of `given` (G, k): r, low, high, p, p_error; None where undefined.

    p: two-sided, the residuals of the response on `given` permuted among hosts (Freedman & Lane 1983, J. Bus. Econ. Stat. 1, 292). Interval: Fisher's z
    plus or minus the quantile of its size under the permutations, so that heavy tails count and 0 is outside when p is small; the normal half-width
    1.96 / sqrt(G - k - 3) covers 91 % where one host is far out in both variables.
    """
    out: dict[str, float | None] = dict.fromkeys(("r", "low", "high", "p", "p_error"))
    n, k = len(response), given.shape[1]
    design = np.column_stack([np.ones(n), given])
    if n - k - 3 < 1 or np.linalg.matrix_rank(design) <= k:
        return out
    basis = np.linalg.qr(design)[0]

    def residual(values: Array) -> Array:
        return values - (values @ basis) @ basis.T

    x, y = residual(age), residual(response)
    if min(np.abs(x).max(), np.abs(y).max()) < 1e-10:
        return out
    orders = np.argsort(np.random.default_rng(key).random((permutations, n)), axis=1)
    again = residual(np.vstack([y, y[orders]]))
    coefficients = again @ x / np.sqrt((again**2).sum(axis=1) * (x @ x))
    r, p = float(coefficients[0]), float(permutation_p(np.abs(coefficients)))
    z = np.arctanh(np.clip(coefficients, -1 + 1e-15, 1 - 1e-15))
    half, centre = float(np.quantile(np.abs(z), level, method="higher")), z[0]
    return {"r": r, "low": float(np.tanh(centre - half)), "high": float(np.tanh(centre + half)), "p": p, "p_error": monte_carlo_error(p, permutations)}


def age_spreads(rows: pd.DataFrame, unknown_dex: float) -> pd.DataFrame:
    """One row per host, sorted by name: age_gyr, up and down (dex; `unknown_dex` where no error is given) and limit (-1: lower, 1: upper, 0).

    An error of the age becomes one of its logarithm by error / (age ln 10).
    """
    hosts = rows.sort_values("host_name", kind="stable").groupby("host_name", sort=True).first()
    age = hosts["host_age_gyr"].astype(float)
    limit = hosts["host_age_gyr_limit"].fillna(0).astype(float) if "host_age_gyr_limit" in hosts else pd.Series(0.0, index=hosts.index)
    out = pd.DataFrame({"age_gyr": age, "limit": limit})
    for side in ("up", "down"):
        error = hosts[f"host_age_gyr_err_{side}"].astype(float)
        out[side] = (error / age / np.log(10)).where(error > 0, unknown_dex)
    return out


def drawn_log_ages(spreads: pd.DataFrame, draws: int, oldest_gyr: float, seed: int) -> Array:
    """log10 ages (draws, G) within their errors: two half-normal sides in log age; above a lower limit flat in age up to the oldest age,
    below an upper limit flat in age. No age exceeds `oldest_gyr`."""
    out = np.empty((draws, len(spreads)))
    for place, (name, host) in enumerate(spreads.iterrows()):
        generator = np.random.default_rng([seed, 31, *str(name).encode()])
        value, limit = float(host["age_gyr"]), float(host["limit"])
        if limit:
            low, high = (value, max(oldest_gyr, value)) if limit < 0 else (0.0, value)
            out[:, place] = np.log10(low + (high - low) * (1 - generator.random(draws)))
        else:
            upward = generator.random(draws) < host["up"] / (host["up"] + host["down"])
            size = np.abs(generator.standard_normal(draws))
            out[:, place] = np.minimum(np.log10(value) + np.where(upward, host["up"], -host["down"]) * size, np.log10(max(oldest_gyr, value)))
    return out


def age_error_study(family: Family, spreads: pd.DataFrame, draws: int, permutations: int, oldest_gyr: float, significance: float, seed: int) -> dict[str, Any]:
    """Slopes and tests with the ages drawn within their errors, and the share of the spread of ages that is no error.

    Drawn ages hold their error twice, so slopes on them lie as far beyond the observed ones as these lie beyond those on true ages
    (Cook & Stefanski 1994, J. Am. Stat. Assoc. 89, 1314). reliability = 1 - sum n sigma^2 / sum n (x - mean)^2 over hosts of n companions, the factor
    by which least squares shrinks a slope (Fuller 1987, eq. 1.1.6); slope_corrected = slope / reliability.
    """
    ages = drawn_log_ages(spreads, draws, oldest_gyr, seed)
    variance = ages.var(axis=0)
    out: dict[str, Any] = {"draws": draws, "hosts_with_limit": int(spreads["limit"].ne(0).sum())}
    tests = [family_test(family.with_ages(row), permutations, [seed, 32]) for row in ages]
    ps = np.array([test["family"]["p"] for test in tests]) if family.hosts else np.array([])
    out["p_median"] = float(np.median(ps)) if ps.size else None
    out["share_significant"] = float(np.mean(ps < significance)) if ps.size else None
    for name, hosts in family.hosts.items():
        slopes = np.array([slope_fit(family.with_ages(row).hosts[name])[0] for row in ages])
        centred = hosts.ages - hosts.ages @ hosts.sizes / hosts.sizes.sum()
        reliability = 1 - float(hosts.sizes @ variance[family.places[name]]) / float(hosts.sizes @ centred**2)
        low, median, high = np.quantile(slopes, [0.025, 0.5, 0.975])
        slope = slope_fit(hosts)[0]
        out[name] = {
            "slope": slope, "slope_median": float(median), "slope_low": float(low), "slope_high": float(high), "reliability": reliability,
            "slope_corrected": slope / reliability if reliability > 0 else None,
        }
    return out
