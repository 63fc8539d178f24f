"""Correlations and linear regressions of orbits on host age, for rows that share hosts.

An age belongs to a host and is repeated on each of its companions, so rows are not independent. Each statistic therefore
comes with an inference that respects hosts: permutation of the ages among hosts, cluster-robust errors, one value per host.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "age_slope_test",
    "correlation",
    "detectable_correlation",
    "host_means",
    "most_influential_host",
    "partial_correlation",
    "regression",
]


def correlation(
    age: NDArray[np.float64], value: NDArray[np.float64], hosts: NDArray[np.str_], permutations: int, seed: int
) -> dict[str, float]:
    """Pearson and Spearman coefficients of `age` and `value` (n,), with p-values that assume independent rows and that do not.

    p: Student t with n - 2 degrees of freedom (scipy). p_host_permutation: share of permutations of the ages among hosts,
    planets left in place, with a coefficient at least as large in size, the observed order counted as one (exact up to
    Monte-Carlo error if ages are exchangeable among hosts; Phipson & Smyth 2010). Ages must be constant within a host.
    NaN where a variable is constant.
    """
    from scipy import stats

    keys = ("pearson_r", "pearson_p", "pearson_p_host_permutation", "spearman_rho", "spearman_p", "spearman_p_host_permutation")
    if len(age) < 3 or np.ptp(age) == 0 or np.ptp(value) == 0:
        return dict.fromkeys(keys, math.nan)
    shuffled, _ = _shuffled_among_hosts(age, hosts, permutations, seed)
    pearson, spearman = stats.pearsonr(age, value), stats.spearmanr(age, value)
    pearson_null = _rowwise_correlation(shuffled, value)
    spearman_null = _rowwise_correlation(stats.rankdata(shuffled, axis=1), stats.rankdata(value))
    return dict(
        zip(
            keys,
            (
                float(pearson.statistic),
                float(pearson.pvalue),
                _permutation_p(pearson_null, pearson.statistic),
                float(spearman.statistic),
                float(spearman.pvalue),
                _permutation_p(spearman_null, spearman.statistic),
            ),
            strict=True,
        )
    )


def _shuffled_among_hosts(
    age: NDArray[np.float64], hosts: NDArray[np.str_], permutations: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ages (permutations, n) after permuting the hosts' ages, planets left in place, and the host number (n,) of each row."""
    names, first, index = np.unique(hosts, return_index=True, return_inverse=True)
    orders = np.argsort(np.random.default_rng(seed).random((permutations, len(names))), axis=1)
    return age[first][orders][:, index], index


def _rowwise_correlation(rows: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson coefficient of each row of `rows` (m, n) with `value` (n,); 0 for a constant row."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    other = value - value.mean()
    norm = np.sqrt((centred**2).sum(axis=1) * (other**2).sum())
    return np.divide(centred @ other, norm, out=np.zeros(len(rows)), where=norm > 0)


def _permutation_p(null: NDArray[np.float64], observed: float) -> float:
    """Two-sided p; the slack keeps ties with the observed order ties in floating point."""
    return float((1 + np.count_nonzero(np.abs(null) >= abs(observed) - 1e-12)) / (1 + len(null)))


def partial_correlation(table: pd.DataFrame, first: str, second: str, given: tuple[str, ...]) -> float:
    """Correlation of the residuals of columns `first` and `second` after least squares on `given` and a constant; NaN if undefined."""
    import statsmodels.api as sm

    design = sm.add_constant(table[list(given)].to_numpy(float), has_constant="add")
    residuals = [sm.OLS(table[name].to_numpy(float), design).fit().resid for name in (first, second)]
    if min(np.ptp(residual) for residual in residuals) < 1e-12:
        return math.nan
    return float(np.corrcoef(*residuals)[0, 1])


def detectable_correlation(n: int, significance: float, power: float) -> float:
    """Smallest |r| of two normal variables found with `power` by a two-sided test of size `significance` on `n` independent pairs.

    Fisher's z: atanh r = (z_{1-significance/2} + z_power) / sqrt(n - 3) (Cohen 1988, section 3.5); NaN for n < 4.
    """
    from scipy.stats import norm

    if n < 4:
        return math.nan
    return math.tanh((norm.ppf(1 - significance / 2) + norm.ppf(power)) / math.sqrt(n - 3))


def age_slope_test(
    age: NDArray[np.float64],
    value: NDArray[np.float64],
    hosts: NDArray[np.str_],
    permutations: int,
    seed: int,
    significance: float,
) -> dict[str, float]:
    """Tests of the slope of `value` on `age` (n,) by permuting the ages among hosts, and the true size of the cluster-robust test.

    slope_permutation_p refers the slope to its permutation distribution, permutation_p its cluster-robust t (studentised, so valid
    for unequal spread too; DiCiccio & Romano 2017, JASA 112, 1211). cluster_test_size is the share of permutations, for all of which the null
    hypothesis holds, that the cluster-robust test with G - 1 degrees of freedom calls significant at `significance`.
    """
    from scipy.stats import t as student

    shuffled, index = _shuffled_among_hosts(age, hosts, permutations, seed)
    observed = _cluster_t(age[None, :], value, index)[0]
    null = _cluster_t(shuffled, value, index)
    n_hosts = int(index.max()) + 1
    limit = student.ppf(1 - significance / 2, n_hosts - 1)
    slopes = _permutation_p(_rowwise_correlation(shuffled, value), float(np.corrcoef(age, value)[0, 1]))
    return {
        "slope_permutation_p": slopes,
        "permutation_p": _permutation_p(null, observed),
        "cluster_test_size": float(np.mean(np.abs(null) > limit)),
    }


def _cluster_t(rows: NDArray[np.float64], value: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cluster-robust t (m,) of the slope of `value` (n,) on each row of `rows` (m, n); same corrections as `regression`."""
    n, n_hosts = len(value), int(index.max()) + 1
    centred = rows - rows.mean(axis=1, keepdims=True)
    total = (centred**2).sum(axis=1)
    other = value - value.mean()
    slope = centred @ other / total
    scores = (centred * (other - slope[:, None] * centred)) @ np.eye(n_hosts)[index]
    variance = n_hosts / (n_hosts - 1) * (n - 1) / (n - 2) * (scores**2).sum(axis=1) / total**2
    return slope / np.sqrt(variance)


def regression(table: pd.DataFrame, response: str, predictors: tuple[str, ...], host: str) -> dict[str, Any]:
    """Ordinary least squares of `response` on `predictors` and a constant, with two sets of errors.

    Returns n_rows, n_hosts, r_squared, r_squared_adjusted, f_p (ordinary) and `terms`: for each term its coefficient,
    error, t, p and 95 % interval: ordinary, cluster-robust by the column `host` (Liang & Zeger 1986, with
    the G/(G-1) (n-1)/(n-k) correction) and from the jackknife over hosts (CV3 of MacKinnon, Nielsen & Webb 2023, J. Appl.
    Econometrics 38, 671), both with Student t of G - 1 degrees of freedom. With few clusters of unequal size the cluster-robust errors
    are too small and the jackknife's are not; NaN where the rows without one host leave the coefficients undetermined.
    Raises ValueError if the design is rank deficient or leaves no degree of freedom.
    """
    import statsmodels.api as sm
    from scipy.stats import t as student

    design = sm.add_constant(table[list(predictors)].astype(float), has_constant="add").rename(columns={"const": "intercept"})
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1] or len(design) <= design.shape[1]:
        raise ValueError(f"{len(design)} rows do not determine {design.shape[1]} coefficients")
    ordinary = sm.OLS(table[response].astype(float), design).fit()
    groups = pd.factorize(table[host], sort=True)[0]
    robust = ordinary.get_robustcov_results("cluster", groups=groups, use_correction=True, df_correction=True, use_t=True)
    fits = {"ordinary": ordinary, "cluster": robust}
    jackknife = _jackknife_errors(design.to_numpy(), table[response].to_numpy(float), groups)
    limit = float(student.ppf(0.975, groups.max()))
    terms: dict[str, dict[str, float]] = {}
    for position, name in enumerate(design.columns):
        terms[name] = {"coefficient": float(ordinary.params.iloc[position])}
        for kind, fit in fits.items():
            low, high = np.asarray(fit.conf_int())[position]
            values = (fit.bse, fit.tvalues, fit.pvalues)
            error, statistic, p = (float(np.asarray(value)[position]) for value in values)
            terms[name] |= {
                f"{kind}_error": error,
                f"{kind}_t": statistic,
                f"{kind}_p": p,
                f"{kind}_low": float(low),
                f"{kind}_high": float(high),
            }
        value, error = terms[name]["coefficient"], jackknife[position]
        p = float(2 * student.sf(abs(value / error), groups.max()))
        terms[name] |= {
            "jackknife_error": float(error),
            "jackknife_t": float(value / error),
            "jackknife_p": p,
            "jackknife_low": float(value - limit * error),
            "jackknife_high": float(value + limit * error),
        }
    return {
        "n_rows": len(table),
        "n_hosts": int(table[host].nunique()),
        "r_squared": float(ordinary.rsquared),
        "r_squared_adjusted": float(ordinary.rsquared_adj),
        "f_p": float(ordinary.f_pvalue),
        "terms": terms,
    }


def _jackknife_errors(design: NDArray[np.float64], response: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Square roots of (G - 1)/G sum_g (b_(g) - b)^2, with b_(g) the coefficients without cluster g."""
    n_groups = int(groups.max()) + 1
    whole = np.linalg.lstsq(design, response, rcond=None)[0]
    parts = []
    for group in range(n_groups):
        kept = groups != group
        if np.linalg.matrix_rank(design[kept]) < design.shape[1]:
            return np.full(design.shape[1], math.nan)
        parts.append(np.linalg.lstsq(design[kept], response[kept], rcond=None)[0])
    return np.sqrt((n_groups - 1) / n_groups * ((np.array(parts) - whole) ** 2).sum(axis=0))


def host_means(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """One row per host_name, sorted: the mean of each of `columns` over the host's companions, and n_companions."""
    grouped = table.groupby("host_name", sort=True)
    return grouped[list(columns)].mean().assign(n_companions=grouped.size()).reset_index()


def most_influential_host(table: pd.DataFrame, response: str, predictor: str) -> tuple[str, float, float] | None:
    """(host_name, slope with all rows, slope without the host) of the host whose omission changes the slope most; None if undefined.

    Slopes are least squares of `response` on `predictor`; hosts without which the predictor is constant are left out of the search.
    """
    from scipy.stats import linregress

    if table[predictor].nunique() < 2:
        return None
    whole = float(linregress(table[predictor], table[response]).slope)
    best = None
    for host in sorted(table["host_name"].unique()):
        rest = table[table["host_name"] != host]
        if rest[predictor].nunique() < 2:
            continue
        slope = float(linregress(rest[predictor], rest[response]).slope)
        if best is None or abs(slope - whole) > abs(best[2] - whole):
            best = (host, whole, slope)
    return best
