"""Inference on ages: the test and its inversion against the definitions, references and simulated truth; the stage on small and frozen samples."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_samples import sample, table

from analysis.config import AgeInferenceConfig, AgesConfig
from analysis.population.ages import inference as age_inference
from analysis.population.ages.family import combined, family_of, family_test
from analysis.population.ages.intervals import (
    Hosts,
    by_host,
    classical_intervals,
    components,
    permutation_interval,
    permutation_p,
    shuffled,
    slope_fit,
    studentised,
    wild_interval,
)
from analysis.population.ages.partial import age_error_study, age_spreads, drawn_log_ages, partial_correlation_test
from analysis.population.ages.power import at_power, coverage_by_method, hosts_needed, power_curve, simulated_means, slope_of
from analysis.population.ages.regression import age_slope_test, regression

QUICK = AgeInferenceConfig(
    permutations=199, influence_permutations=99, simulations=60, power_permutations=99, host_simulations=10, host_numbers=(20, 60), coverage_simulations=12,
    coverage_permutations=99, age_draws=6, age_permutations=99,
)


def clustered(seed: int, n_hosts: int = 20, slope: float = 0.0) -> pd.DataFrame:
    """Rows of hosts with 1 to 5 companions, an age each, and a response with a host effect."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, n_hosts)
    age = np.repeat(rng.uniform(-1, 1, n_hosts), sizes)
    y = slope * age + np.repeat(rng.normal(0, 0.3, n_hosts), sizes) + rng.normal(0, 0.3, sizes.sum())
    return pd.DataFrame({"host_name": np.repeat([f"h{k:02d}" for k in range(n_hosts)], sizes), "log_host_age_gyr": age, "y": y})


def test_slope_and_errors_are_those_of_the_row_regression():
    frame = clustered(1, slope=0.5)
    hosts = by_host(frame, "y")
    term = regression(frame, "y", ("log_host_age_gyr",), "host_name")["terms"]["log_host_age_gyr"]
    assert slope_fit(hosts) == pytest.approx((term["coefficient"], term["jackknife_error"]))
    assert slope_fit(hosts, 0.0) == pytest.approx((term["coefficient"], term["cluster_error"]))
    found = classical_intervals(hosts)
    assert found["jackknife"] == pytest.approx((term["jackknife_low"], term["jackknife_high"]))
    assert found["cluster"] == pytest.approx((term["cluster_low"], term["cluster_high"]))
    t = studentised(hosts.ages[None, :], hosts.sizes, hosts.means[None, :])[0, 0]
    assert t == pytest.approx(abs(term["jackknife_t"]))


def test_satterthwaite_is_student_where_all_hosts_weigh_the_same():
    # Two groups of ages, one row per host: the cluster-robust CV2 interval is Welch's, which is Student's for equal groups (Bell & McCaffrey 2002).
    rng = np.random.default_rng(2)
    ages = np.repeat([0.0, 1.0], 6)
    hosts = Hosts(tuple("abcdefghijkl"), ages, np.ones(12), rng.normal(size=12), 0.0)
    low, high = classical_intervals(hosts)["bell_mccaffrey"]
    test = stats.ttest_ind(hosts.means[6:], hosts.means[:6]).confidence_interval(0.95)
    assert (low, high) == pytest.approx((test.low, test.high))


def test_permutations_stay_among_hosts_of_their_kind_and_more_keep_the_first():
    ages, several = np.arange(7.0), np.array([True, False, True, False, False, True, False])
    found = shuffled(ages, several, 50, [1])
    assert (found[0] == ages).all() and len(np.unique(found, axis=0)) > 20
    assert (np.sort(found[:, several], axis=1) == ages[several]).all() and (np.sort(found[:, ~several], axis=1) == ages[~several]).all()
    assert (shuffled(ages, several, 80, [1])[:51] == found).all()


def test_with_one_row_per_host_the_test_is_that_of_the_regression_module():
    frame = clustered(3, slope=0.3).groupby("host_name").first().reset_index()
    hosts = by_host(frame, "y")
    mine = permutation_p(studentised(shuffled(hosts.ages, hosts.several, 4000, [1]), hosts.sizes, hosts.means[None, :], 0.0)[:, 0])
    other = age_slope_test(hosts.ages, hosts.means, frame["host_name"].to_numpy(str), 4000, 2, 0.05)["permutation_p"]
    assert mine == pytest.approx(other, abs=0.03)


def test_interval_holds_the_slopes_that_the_test_does_not_reject():
    hosts = by_host(clustered(4, slope=0.5), "y")
    low, high = permutation_interval(hosts, 499, [5])
    assert low < slope_fit(hosts)[0] < high

    def p(slope):
        moved = hosts.means - slope * hosts.ages
        return permutation_p(studentised(shuffled(hosts.ages, hosts.several, 499, [5]), hosts.sizes, moved[None, :]))[0]

    inside, width = [p(low + 0.02 * (high - low)), p(high - 0.02 * (high - low))], high - low
    assert min(inside) > 0.05 >= max(p(low - 0.02 * width), p(high + 0.02 * width))
    shifted = permutation_interval(replace(hosts, means=3.0 * (hosts.means + 2.0 * hosts.ages) - 1.0), 499, [5])
    assert shifted == pytest.approx((3 * (low + 2), 3 * (high + 2)), abs=0.01 * width)


def test_intervals_without_an_answer_are_open():
    ages = np.array([0.0, 0.0, 0.0, 1.0])
    one = Hosts(tuple("abcd"), ages, np.ones(4), np.array([0.1, 0.3, 0.2, 5.0]), 0.0)
    assert permutation_interval(one, 99, [1]) == (-np.inf, np.inf) and slope_fit(one)[1] == np.inf
    assert studentised(ages[None, :], one.sizes, one.means[None, :])[0, 0] == 0
    few = Hosts(tuple("abc"), np.array([0.0, 0.5, 1.0]), np.ones(3), np.array([0.1, 0.3, 0.2]), 0.0)
    assert permutation_interval(few, 99, [1]) == (-np.inf, np.inf)  # six orders: no p is small enough
    line = replace(one, ages=np.arange(4.0), means=2.0 * np.arange(4.0))
    assert permutation_interval(line, 99, [1]) == pytest.approx((2.0, 2.0))


def test_family_takes_the_smallest_p_twice():
    assert combined([np.array([0.01, 0.9]), np.array([0.4, 0.6])]) == pytest.approx([0.02, 1.0])
    rows = age_inference.aged_rows(sample(table(n_hosts=30, seed=3)).table)
    family = family_of(rows, 5)
    found = family_test(family, 299, [1])
    ps = [found[name]["p"] for name in family.hosts]
    assert found["family"]["p"] == pytest.approx(min(1.0, 2 * min(ps))) and found["family"]["tests"] == 2
    only = family_of(rows.assign(eccentricity=np.nan), 5)
    assert set(only.hosts) == {"semimajor_axis"} and family_test(only, 299, [1])["family"]["p"] == found["semimajor_axis"]["p"]


def test_size_is_kept_and_a_steep_slope_is_found():
    hosts = by_host(clustered(6), "y")
    spread, rng = components(hosts), np.random.default_rng(7)
    arrangements = shuffled(hosts.ages, hosts.several, 199, [8])
    rejected = {
        slope: np.mean(permutation_p(studentised(arrangements, hosts.sizes, simulated_means(hosts, slope, spread, rng, 600))) <= 0.05) for slope in (0.0, 1.0)
    }
    assert rejected[0.0] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600) and rejected[1.0] > 0.8


def test_components_recover_the_spreads():
    found = np.mean([components(by_host(clustered(seed, n_hosts=60, slope=0.5), "y")) for seed in range(20)], axis=0)
    assert found == pytest.approx([0.3, 0.3], abs=0.03)


def test_slope_of_a_correlation_gives_that_correlation():
    hosts = by_host(clustered(9, n_hosts=40), "y")
    spread = (0.3, 0.2)
    means = simulated_means(hosts, slope_of(0.6, hosts, spread), spread, np.random.default_rng(1), 4000)
    assert np.mean([np.corrcoef(hosts.ages, row)[0, 1] for row in means]) == pytest.approx(0.6, abs=0.02)
    assert slope_of(0.0, hosts, spread) == 0


def test_power_rises_with_the_correlation_and_with_hosts():
    family = family_of(age_inference.aged_rows(sample(table(n_hosts=24, seed=3)).table), 5)
    curve = power_curve(family, (0.05, 0.5, 0.9), 150, 99, 0.05, 1)
    for _, part in curve.groupby("response"):
        assert part["power"].iloc[0] < 0.15 and part["power"].iloc[-1] > 0.8 and part["power"].is_monotonic_increasing
        assert (part["power_alone"] >= part["power"])[part["correlation"] >= 0.5].all()
    needed = hosts_needed(family, 0.5, (15, 120), 40, 99, 0.05, 1)
    assert (needed[needed["n_hosts"] == 120]["power"].to_numpy() > needed[needed["n_hosts"] == 15]["power"].to_numpy()).all()
    assert at_power(np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.6, 1.0]), 0.8) == pytest.approx(2.5)
    assert at_power(np.array([1.0, 2.0]), np.array([0.2, 0.6]), 0.8) is None and at_power(np.array([1.0]), np.array([0.9]), 0.8) == 1.0


def test_cluster_robust_intervals_cover_less_than_permutation():
    hosts = by_host(clustered(11, n_hosts=8), "y")
    found = {row["method"]: row["coverage"] for row in coverage_by_method(hosts, 150, 99, 1) if row["scheme"] == "normal_effects"}
    assert found["permutation"] >= 0.9 > found["cluster"]
    low, high = wild_interval(hosts, 199, [1])
    assert low < slope_fit(hosts)[0] < high


def test_partial_correlation_is_that_of_residuals_and_its_test_is_students():
    rng = np.random.default_rng(12)
    given = rng.normal(size=(40, 2))
    age = given @ [0.5, 0.2] + rng.normal(size=40)
    y = given @ [1.0, -1.0] + 0.35 * age + rng.normal(size=40)
    found = partial_correlation_test(y, age, given, 4999, [1])
    precision = np.linalg.inv(np.corrcoef(np.column_stack([y, age, given]).T))
    r = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    assert found["r"] == pytest.approx(r) and found["low"] < r < found["high"]
    t = r * np.sqrt(36 / (1 - r**2))
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(t), 36), abs=0.02)
    assert (found["low"] > 0) == (found["p"] < 0.05)
    assert np.arctanh(found["high"]) - np.arctanh(r) == pytest.approx(1.96 / np.sqrt(35), rel=0.08)  # Fisher's z for normal variables
    nothing = partial_correlation_test(y, age, np.empty((40, 0)), 99, [1])
    assert nothing["r"] == pytest.approx(np.corrcoef(y, age)[0, 1])
    assert partial_correlation_test(y[:4], age[:4], given[:4], 99, [1])["r"] is None
    assert partial_correlation_test(y, np.ones(40), given, 99, [1])["r"] is None


def test_ages_are_drawn_within_errors_and_limits():
    rows = pd.DataFrame({
        "host_name": ["exact", "lower", "upper", "wide"], "host_age_gyr": [4.0, 5.0, 1.0, 13.0], "host_age_gyr_err_up": [0.4, np.nan, np.nan, np.nan],
        "host_age_gyr_err_down": [0.8, np.nan, np.nan, np.nan], "host_age_gyr_limit": [0, -1, 1, 0],
    })
    ages = drawn_log_ages(age_spreads(rows, 0.3), 4000, 13.8, 1)
    exact, lower, upper, wide = ages.T
    sides = exact - np.log10(4.0)
    assert sides[sides > 0].std() < sides[sides < 0].std() and np.mean(sides > 0) == pytest.approx(1 / 3, abs=0.03)
    assert (lower >= np.log10(5) - 1e-12).all() and (lower <= np.log10(13.8)).all() and (upper <= 0).all() and (wide <= np.log10(13.8) + 1e-12).all()


def test_errors_of_the_ages_shrink_a_slope_by_the_reliability():
    rng = np.random.default_rng(3)
    true = rng.uniform(-0.5, 0.5, 400)
    observed = true + rng.normal(0, 0.2, 400)
    names = [f"h{k:03d}" for k in range(400)]
    rows = pd.DataFrame({
        "host_name": names, "log_host_age_gyr": observed, "log_semimajor_axis": 1.5 * true + rng.normal(0, 0.1, 400), "eccentricity": np.nan,
        "host_age_gyr": 10**observed, "host_age_gyr_err_up": 0.2 * np.log(10) * 10**observed, "host_age_gyr_err_down": 0.2 * np.log(10) * 10**observed,
    })
    found = age_error_study(family_of(rows, 5), age_spreads(rows, 0.3), 10, 49, 1e6, 0.05, 1)["semimajor_axis"]
    assert found["reliability"] == pytest.approx(1 / (1 + 0.04 * 12), abs=0.04)
    assert found["slope_corrected"] == pytest.approx(1.5, abs=0.15) and found["slope_median"] < found["slope"] < 1.2


def test_stage_finds_a_trend_and_names_what_carries_it():
    rows = table(n_hosts=40, seed=3)
    rng = np.random.default_rng(2)
    rows["semimajor_axis_au"] = 10 ** (-1.5 + 0.8 * np.log10(rows["host_age_gyr"]) + rng.normal(0, 0.2, len(rows)))
    claim = age_inference.run(QUICK, sample=sample(rows), ages_config=AgesConfig()).summary["claim"]
    assert claim["p"] <= 0.02 and claim["low"] < 0.8 < claim["high"] and claim["low"] > 0 and claim["passes"]["leave_one_host_out"] is True

    rows["semimajor_axis_au"] = 10 ** rng.normal(-1.6, 0.2, len(rows))
    far = rows.iloc[[0]].assign(object_id="NASA:far b", companion_name="far b", host_name="far", host_age_gyr=0.002, semimajor_axis_au=120.0)
    summary = age_inference.run(QUICK, sample=sample(pd.concat([rows, far], ignore_index=True)), ages_config=AgesConfig()).summary
    assert summary["claim"]["p"] > 0.05 and summary["influence"]["host"] == "far" and summary["influence"]["semimajor_axis"]["without_at_high"] == "far"


def test_stage_ignores_the_order_of_rows():
    rows = table(n_hosts=14, seed=5)
    first = age_inference.run(QUICK, sample=sample(rows), ages_config=AgesConfig())
    second = age_inference.run(QUICK, sample=sample(rows.sample(frac=1, random_state=1)), ages_config=AgesConfig())
    assert first.summary == second.summary
    pd.testing.assert_frame_equal(first.intervals, second.intervals)
    pd.testing.assert_frame_equal(first.partial, second.partial)


@pytest.mark.parametrize("n_hosts", [0, 2, 4, 6])
def test_few_hosts_give_a_reason_or_a_number_and_never_fail(n_hosts, tmp_path):
    from analysis.report import age_inference as artifacts
    from analysis.report.figures import age_inference as figure
    from analysis.report.files import Context

    rows = table(n_hosts=8, seed=5)
    kept = sorted(rows["host_name"].unique())[:n_hosts]
    rows.loc[~rows["host_name"].isin(kept), "host_age_gyr"] = np.nan
    result = age_inference.run(QUICK, sample=sample(rows), ages_config=AgesConfig())
    assert (result.summary["claim"]["p"] is None) == (n_hosts < 5) == (result.summary["reason"] is not None)
    artifacts.write(tmp_path, Context(), age_inference=result)
    figure.write(tmp_path, Context(), age_inference=result)
    assert {"age_inference.json", "age_power.csv", "age_partial.csv", "fig_age_inference.png"} <= {path.name for path in tmp_path.iterdir()}


def test_frozen_sample(study):
    rows = age_inference.aged_rows(study.get("sample").table)
    high = rows[rows["high_mass_ratio"].astype(bool)]
    assert high["host_name"].nunique() == 1  # 2MASS J0437, whose age is known under another name
    family = family_of(rows, 5)
    slope, low, high_end = age_inference.slope_interval(family, "semimajor_axis", 999, 6894)
    assert slope == pytest.approx(-0.52, abs=0.01) and low < 0 < high_end
    without = family_of(rows[rows["host_name"] != high["host_name"].iloc[0]], 5)
    assert slope_fit(without.hosts["semimajor_axis"])[0] == pytest.approx(-0.02, abs=0.02)
