"""The age studies as a stage: comparison with the target, classes, passes, few rows, order, and the frozen sample."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_samples import sample, table, target

from analysis.config import AgesConfig
from analysis.population.ages import stage as ages

QUICK = AgesConfig(permutations=199)


def rows_with(seed=3, n_hosts=30, **columns):
    return table(n_hosts=n_hosts, seed=seed).assign(**columns)


def test_comparison_is_the_difference_of_ages():
    rows = rows_with()
    result = ages.run(QUICK, sample(rows), target(4.0))
    merged = result.comparison.merge(rows[["object_id", "host_age_gyr"]], on="object_id", suffixes=("", "_given"))
    assert len(merged) == len(rows)
    assert merged["age_delta_vs_toi_gyr"].to_numpy() == pytest.approx(merged["host_age_gyr_given"].to_numpy() - 4.0)
    block = result.summary["comparison"]
    assert block["rows"]["n_younger"] == (rows["host_age_gyr"] < 4).sum()
    assert block["rows"]["median_delta_gyr"] == pytest.approx(rows["host_age_gyr"].median() - 4)
    hosts = rows.groupby("host_name")["host_age_gyr"].first()
    assert block["hosts"]["younger_fraction"] == pytest.approx((hosts < 4).mean())
    assert block["hosts"]["younger_fraction_low"] < block["hosts"]["younger_fraction"] < block["hosts"]["younger_fraction_high"]
    assert block["n_hosts_differing_by_more_than_error"] == (abs(hosts - 4) > 0.2 * hosts).sum()
    # A constant shift of the ages changes no correlation.
    for orbit, item in block["correlations"].items():
        assert item["pearson_r"] == pytest.approx(result.summary["correlations"]["as_given"][orbit]["pearson_r"])


def test_an_age_limit_on_the_near_side_decides_nothing():
    rows = rows_with(n_hosts=10)
    hosts = sorted(rows["host_name"].unique())
    for host, age, limit in zip(hosts[:4], (2.0, 8.0, 2.0, 8.0), (-1, -1, 1, 1), strict=True):
        rows.loc[rows["host_name"] == host, ["host_age_gyr", "host_age_gyr_limit"]] = [age, limit]
    rows["host_age_gyr_limit"] = rows["host_age_gyr_limit"].fillna(0)
    comparison = ages.run(QUICK, sample(rows), target(5.0)).summary["comparison"]
    assert comparison["n_hosts_undetermined_by_limit"] == 2  # above 2 Gyr, and below 8 Gyr


def test_without_the_age_of_the_target_there_is_no_comparison():
    result = ages.run(QUICK, sample(rows_with()), target(None))
    assert len(result.comparison) == 0 and "--toi_age_gyr" in result.summary["comparison"]["reason"]
    assert result.summary["counts"]["n_rows_aged"] > 0


def test_a_power_law_is_recovered_and_a_single_host_does_not_pass_for_one():
    rows = rows_with(n_hosts=60)
    rng = np.random.default_rng(1)
    rows["semimajor_axis_au"] = 10 ** (-1.5 + 0.6 * np.log10(rows["host_age_gyr"]) + rng.normal(0, 0.2, len(rows)))
    fit = ages.run(QUICK, sample(rows), target()).summary["regressions"]["as_given"]["log_a_on_log_age"]
    term = fit["terms"]["log_host_age_gyr"]
    assert term["jackknife_low"] < 0.6 < term["jackknife_high"] and term["jackknife_p"] < 1e-4 and fit["permutation_p"] <= 0.01

    rows = rows_with(n_hosts=20)
    rows["semimajor_axis_au"] = 10 ** rng.normal(-1.6, 0.2, len(rows))
    far = rows.iloc[[0]].assign(object_id="NASA:far b", companion_name="far b", host_name="far", host_age_gyr=0.002, semimajor_axis_au=120.0)
    summary = ages.run(QUICK, sample(pd.concat([rows, far], ignore_index=True)), target()).summary
    term = summary["regressions"]["as_given"]["log_a_on_log_age"]["terms"]["log_host_age_gyr"]
    assert term["ordinary_p"] < 1e-3 and term["jackknife_p"] > 0.05
    assert summary["influence"]["host_name"] == "far"
    assert summary["regressions"]["without_most_influential_host"]["log_a_on_log_age"]["n_hosts"] == summary["counts"]["n_hosts_aged"] - 1


def test_classes_are_comparable_only_with_enough_aged_hosts_in_both():
    rows = rows_with(n_hosts=40)
    both = ages.run(QUICK, sample(rows), target()).summary["counts"]
    assert both["class_comparison_possible"]
    rows.loc[rows["mass_ratio"] > 0.01, "host_age_gyr"] = np.nan
    none = ages.run(QUICK, sample(rows), target()).summary["counts"]
    assert not none["class_comparison_possible"] and none["classes"]["high_mass_ratio"]["n_hosts"] == 0
    high = both["classes"]["high_mass_ratio"]
    assert none["classes"]["high_mass_ratio"]["of_rows"] == high["of_rows"] == high["n_rows"]
    assert none["n_rows_aged"] == both["n_rows_aged"] - high["n_rows"]


def test_passes_leave_out_what_they_say():
    rows = rows_with(n_hosts=40)
    zero = rows["eccentricity"].notna() & (np.arange(len(rows)) % 4 == 0)
    limit = rows["eccentricity"].notna() & ~zero & (np.arange(len(rows)) % 5 == 0)
    rows.loc[zero, ["eccentricity", "eccentricity_kind"]] = [0.0, "assumed_zero"]
    rows.loc[limit, "eccentricity_kind"] = "upper_limit"
    rows["host_age_gyr_limit"] = (np.arange(len(rows)) % 3 == 0).astype(int)
    fits = ages.run(QUICK, sample(rows), target()).summary["regressions"]
    n_e = int(rows["eccentricity"].notna().sum())
    count = {name: fits[name]["e_on_log_age"]["n_rows"] for name in ages.PASSES}
    assert count["as_given"] == n_e
    assert count["without_assumed_zero"] == n_e - zero.sum()
    assert count["measured_eccentricity"] == n_e - zero.sum() - limit.sum()
    assert count["without_age_limits"] == (rows["eccentricity"].notna() & (rows["host_age_gyr_limit"] == 0)).sum()
    assert count["low_mass_ratio"] == (rows["eccentricity"].notna() & (rows["mass_ratio"] <= 0.01)).sum()


def test_errors_of_the_ages_shrink_a_slope_by_the_reliability():
    rng = np.random.default_rng(0)
    n = 900
    truth = rng.normal(0.5, 0.3, n)
    rows = table(n_hosts=n, seed=1).groupby("host_name", as_index=False).first()
    rows["host_age_gyr"] = 10 ** (truth + rng.normal(0, 0.15, n))
    rows["semimajor_axis_au"] = 10 ** (-1.5 + truth)
    fake = sample(rows)
    for side in ("up", "down"):
        fake.table[f"host_age_gyr_err_{side}"] = 0.15 * np.log(10) * fake.table["host_age_gyr"]
    summary = ages.run(replace(QUICK, permutations=9), fake, target()).summary
    slope = summary["regressions"]["as_given"]["log_a_on_log_age"]["terms"]["log_host_age_gyr"]["coefficient"]
    assert summary["age_errors"]["reliability"] == pytest.approx(0.3**2 / (0.3**2 + 0.15**2), abs=0.04)
    assert slope == pytest.approx(summary["age_errors"]["reliability"], abs=0.04)


def test_row_order_changes_nothing():
    given = sample(rows_with())
    shuffled = type(given)(table=given.table.sample(frac=1, random_state=2), uncorrected=given.uncorrected, counts=given.counts)
    one, two = ages.run(QUICK, given, target(3.0)), ages.run(QUICK, shuffled, target(3.0))
    assert one.summary == two.summary
    pd.testing.assert_frame_equal(one.rows, two.rows)
    pd.testing.assert_frame_equal(one.comparison, two.comparison)


@pytest.mark.parametrize("n_hosts", [0, 1, 3])
@pytest.mark.parametrize("age", [None, 5.0])
def test_few_rows_give_a_reason_and_no_numbers(n_hosts, age):
    rows = table(n_hosts=3, seed=3)
    rows = rows[rows["host_name"].isin(sorted(rows["host_name"].unique())[:n_hosts])]
    summary = ages.run(QUICK, sample(rows), target(age)).summary
    for name in ages.PASSES:
        for item in [*summary["regressions"][name].values(), *summary["correlations"][name].values()]:
            assert "at least 5 of each" in item["reason"] and "terms" not in item and "pearson_r" not in item
    assert summary["power"]["semimajor_axis"]["detectable_r_hosts"] is None
    assert not summary["counts"]["class_comparison_possible"]


def test_one_age_for_all_hosts_is_said_not_fitted():
    summary = ages.run(QUICK, sample(rows_with(host_age_gyr=5.0)), target()).summary
    assert summary["correlations"]["as_given"]["semimajor_axis_au"]["reason"] == "a variable is constant"
    assert "do not determine" in summary["regressions"]["as_given"]["log_a_on_log_age"]["reason"]
    assert summary["influence"]["host_name"] is None


def test_frozen_sample(sample, target):
    """Facts of the frozen catalogue, counted here from its table, and the ranges the notes on the data give."""
    summary = ages.run(QUICK, sample, target).summary
    aged = sample.table[sample.table["is_candidate"] & sample.table["host_age_gyr"].gt(0)]
    counts = summary["counts"]
    assert (counts["n_rows_aged"], counts["n_hosts_aged"]) == (len(aged), aged["host_name"].nunique())
    assert 35 <= len(aged) <= 50 and 17 <= aged["host_name"].nunique() <= 24
    assert counts["classes"]["high_mass_ratio"]["n_hosts"] <= 1 and not counts["class_comparison_possible"]
    assert 0.5 < summary["power"]["semimajor_axis"]["detectable_r_hosts"] < 0.7
    low = summary["regressions"]["low_mass_ratio"]["log_a_on_log_age"]["terms"]["log_host_age_gyr"]
    assert low["jackknife_low"] < 0 < low["jackknife_high"]
