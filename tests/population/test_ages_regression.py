"""Correlations and regressions with hosts as clusters, against definitions written out, known sizes, and simulated truth."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.population.ages.regression import (
    age_slope_test,
    correlation,
    detectable_correlation,
    host_means,
    most_influential_host,
    partial_correlation,
    regression,
)


def clustered(seed: int, n_hosts: int = 20, slope: float = 0.0, host_scatter: float = 0.3, scatter: float = 0.3) -> pd.DataFrame:
    """Rows of hosts with 1 to 5 companions, an age each, and a response with a host effect."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, n_hosts)
    age = np.repeat(rng.uniform(-1, 1, n_hosts), sizes)
    y = slope * age + np.repeat(rng.normal(0, host_scatter, n_hosts), sizes) + rng.normal(0, scatter, sizes.sum())
    return pd.DataFrame({"host_name": np.repeat([f"h{k:02d}" for k in range(n_hosts)], sizes), "x": age, "y": y, "z": rng.normal(0, 1, sizes.sum())})


def arrays(frame):
    return frame["x"].to_numpy(), frame["y"].to_numpy(), frame["host_name"].to_numpy(dtype=str)


def test_least_squares_and_its_errors_are_those_of_the_normal_equations():
    frame = clustered(1, slope=0.4)
    result = regression(frame, "y", ("x", "z"), "host_name")
    design = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    beta, rss, *_ = np.linalg.lstsq(design, frame["y"], rcond=None)
    residual = frame["y"] - design @ beta
    inverse = np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(inverse) * rss[0] / (len(frame) - 3))
    for k, name in enumerate(("intercept", "x", "z")):
        term = result["terms"][name]
        assert term["coefficient"] == pytest.approx(beta[k])
        assert term["ordinary_error"] == pytest.approx(errors[k])
        assert term["ordinary_p"] == pytest.approx(2 * stats.t.sf(abs(beta[k] / errors[k]), len(frame) - 3))
    assert result["r_squared"] == pytest.approx(1 - rss[0] / ((frame["y"] - frame["y"].mean()) ** 2).sum())
    # The sandwich, host by host.
    members = [np.flatnonzero(frame["host_name"] == host) for host in frame["host_name"].unique()]
    scores = [design[rows].T @ residual.to_numpy()[rows] for rows in members]
    meat = sum(np.outer(score, score) for score in scores)
    n, g = len(frame), frame["host_name"].nunique()
    robust = np.sqrt(np.diag(inverse @ meat @ inverse) * g / (g - 1) * (n - 1) / (n - 3))
    for k, name in enumerate(("intercept", "x", "z")):
        term = result["terms"][name]
        assert term["cluster_error"] == pytest.approx(robust[k])
        assert term["cluster_p"] == pytest.approx(2 * stats.t.sf(abs(beta[k] / robust[k]), g - 1))
        assert term["cluster_high"] - term["cluster_low"] == pytest.approx(2 * robust[k] * stats.t.ppf(0.975, g - 1))


def test_jackknife_with_one_row_per_host_is_hc3():
    """CV3 without clusters is (n - 1)/n times the jackknife form of HC3, whose leave-one-out change is known in closed form."""
    frame = clustered(2, n_hosts=15).groupby("host_name", as_index=False).first()
    design = np.column_stack([np.ones(15), frame["x"]])
    inverse = np.linalg.inv(design.T @ design)
    residual = frame["y"] - design @ (inverse @ design.T @ frame["y"])
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    changes = (inverse @ design.T * (residual / (1 - leverage)).to_numpy()).T
    expected = np.sqrt(14 / 15 * (changes**2).sum(axis=0))
    terms = regression(frame, "y", ("x",), "host_name")["terms"]
    assert [terms[name]["jackknife_error"] for name in ("intercept", "x")] == pytest.approx(expected)


def test_a_rank_deficient_design_is_refused():
    frame = clustered(3).assign(w=lambda f: 2 * f["x"] - 1)
    with pytest.raises(ValueError, match="do not determine"):
        regression(frame, "y", ("x", "w"), "host_name")
    with pytest.raises(ValueError, match="do not determine"):
        regression(frame.head(3), "y", ("x", "z"), "host_name")


def test_the_true_slope_is_recovered_and_its_intervals_hold_it():
    slopes, held = [], {"ordinary": 0, "cluster": 0, "jackknife": 0}
    for seed in range(150):
        term = regression(clustered(1000 + seed, n_hosts=30, slope=0.5, host_scatter=0.6), "y", ("x",), "host_name")["terms"]["x"]
        slopes.append(term["coefficient"])
        for kind in held:
            held[kind] += term[f"{kind}_low"] <= 0.5 <= term[f"{kind}_high"]
    assert np.mean(slopes) == pytest.approx(0.5, abs=4 * np.std(slopes) / math.sqrt(150))
    # Rows that share hosts are not independent: ordinary intervals are too short, those by host are not.
    assert held["ordinary"] < 0.85 * 150
    assert held["jackknife"] >= 0.91 * 150
    assert held["ordinary"] < held["cluster"] <= held["jackknife"]


def test_host_permutation_has_its_size_where_row_tests_do_not():
    by_host = ("pearson_p_host_permutation", "spearman_p_host_permutation", "permutation_p", "slope_permutation_p")
    rejected = dict.fromkeys(("pearson_p", "spearman_p", *by_host), 0)
    runs = 250
    for seed in range(runs):
        frame = clustered(5000 + seed, n_hosts=15, host_scatter=1.0, scatter=0.2)
        result = correlation(*arrays(frame), 199, seed) | age_slope_test(*arrays(frame), 199, seed, 0.05)
        for name in rejected:
            rejected[name] += result[name] <= 0.05
    assert rejected["pearson_p"] > 0.15 * runs and rejected["spearman_p"] > 0.15 * runs
    limit = stats.binom.ppf(0.999, runs, 0.05)
    for name in by_host:
        assert rejected[name] <= limit, name


def test_permutation_p_is_that_of_all_orders():
    hosts = np.array(["a", "a", "b", "c", "d", "d", "e"])
    age = np.array([1.0, 1, 2, 4, 8, 8, 3])
    value = np.array([0.1, 0.5, 0.4, 0.9, 1.2, 0.8, 0.3])
    ages = np.array([1.0, 2, 4, 8, 3])
    index = np.unique(hosts, return_inverse=True)[1]
    observed = abs(np.corrcoef(age, value)[0, 1])
    null = [abs(np.corrcoef(np.array(order)[index], value)[0, 1]) for order in itertools.permutations(ages)]
    exact = np.mean(np.array(null) >= observed - 1e-12)
    found = correlation(age, value, hosts, 20000, 1)
    assert found["pearson_p_host_permutation"] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20000))
    assert found["pearson_r"] == pytest.approx(np.corrcoef(age, value)[0, 1])
    assert found["spearman_rho"] == pytest.approx(np.corrcoef(stats.rankdata(age), stats.rankdata(value))[0, 1])


def test_the_permuted_statistic_is_the_cluster_t():
    frame = clustered(4, slope=0.3)
    term = regression(frame, "y", ("x",), "host_name")["terms"]["x"]
    limit = abs(term["cluster_t"])
    # At a level whose critical value is the observed t, the share of permutations beyond it is the permutation p (less its own order).
    level = 2 * stats.t.sf(limit, frame["host_name"].nunique() - 1)
    result = age_slope_test(*arrays(frame), 999, 3, level)
    assert result["permutation_p"] == pytest.approx((1 + 999 * result["cluster_test_size"]) / 1000, abs=1.01e-3)


def test_partial_correlation_is_that_of_the_inverse_correlation_matrix():
    frame = clustered(6, slope=0.5).assign(w=lambda f: f["y"] + f["z"] ** 2)
    precision = np.linalg.inv(np.corrcoef(frame[["y", "x", "z", "w"]].T))
    assert partial_correlation(frame, "y", "x", ("z", "w")) == pytest.approx(-precision[0, 1] / math.sqrt(precision[0, 0] * precision[1, 1]))
    term = regression(frame, "y", ("x", "z"), "host_name")["terms"]["x"]
    t, freedom = term["ordinary_t"], len(frame) - 3
    assert partial_correlation(frame, "y", "x", ("z",)) == pytest.approx(t / math.sqrt(t**2 + freedom))


def test_detectable_correlation_is_found_with_its_power():
    n, runs = 21, 4000
    r = detectable_correlation(n, 0.05, 0.8)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(runs, n))
    y = r * x + math.sqrt(1 - r * r) * rng.normal(size=(runs, n))
    found = np.mean([stats.pearsonr(a, b).pvalue < 0.05 for a, b in zip(x, y, strict=True)])
    assert found == pytest.approx(0.8, abs=0.03)
    assert math.isnan(detectable_correlation(3, 0.05, 0.8))
    assert detectable_correlation(85, 0.05, 0.8) == pytest.approx(0.30, abs=0.005)  # Cohen (1988), table 3.4.1


def test_the_host_with_leverage_is_found():
    frame = clustered(7, slope=0.0)
    outlier = pd.DataFrame({"host_name": ["far"], "x": [-9.0], "y": [9.0], "z": [0.0]})
    whole = pd.concat([frame, outlier], ignore_index=True)
    name, with_it, without = most_influential_host(whole, "y", "x")
    assert name == "far"
    assert with_it == pytest.approx(np.polyfit(whole["x"], whole["y"], 1)[0])
    assert without == pytest.approx(np.polyfit(frame["x"], frame["y"], 1)[0])


def test_host_means_have_one_row_per_host():
    frame = clustered(8)
    means = host_means(frame, ("x", "y"))
    assert means["host_name"].is_monotonic_increasing and means["n_companions"].sum() == len(frame)
    assert means.set_index("host_name").loc["h03", "y"] == pytest.approx(frame.loc[frame["host_name"] == "h03", "y"].mean())


def test_a_constant_variable_gives_no_number():
    frame = clustered(9)
    assert all(math.isnan(v) for v in correlation(np.ones(len(frame)), frame["y"].to_numpy(), frame["host_name"].to_numpy(dtype=str), 99, 1).values())
