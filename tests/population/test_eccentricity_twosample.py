"""Two-sample tests against scipy, their null distributions, and what clusters and intervals do to them."""

from math import comb

import numpy as np
import pytest
from scipy import stats

from analysis.population.eccentricity.twosample import (
    gehan_test,
    ks_statistics,
    ks_test,
    least_favourable,
    mann_whitney,
    permutation_ks,
    smallest_ks_p,
)


def test_distances_agree_with_scipy_with_ties():
    rng = np.random.default_rng(1)
    values = np.round(rng.random(40), 1)
    labels = np.array([rng.permutation(np.arange(40) < 9) for _ in range(30)])
    expected = [stats.ks_2samp(values[mark], values[~mark]).statistic for mark in labels]
    assert ks_statistics(values, labels) == pytest.approx(expected, abs=1e-12)


def test_permutation_agrees_with_the_exact_p_without_ties():
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(0, 1, 15), rng.normal(1, 1, 8)])
    high = np.arange(23) >= 15
    p, units = permutation_ks(values, high, np.arange(23), 20_000, 1)
    assert units == 23 and p == pytest.approx(ks_test(values[~high], values[high])[1], abs=0.01)


def test_permutation_p_is_uniform_under_the_null():
    rng = np.random.default_rng(3)
    p = [permutation_ks(rng.random(20), np.arange(20) < 7, np.arange(20), 199, trial)[0] for trial in range(300)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.09
    assert np.mean(p) == pytest.approx(0.5, abs=0.07)


def test_copies_of_a_row_within_a_host_are_no_evidence():
    rng = np.random.default_rng(4)
    values, high = rng.random(16), np.arange(16) < 6
    once, _ = permutation_ks(values, high, np.arange(16), 4000, 1)
    copies = [np.repeat(x, 5) for x in (values, high, np.arange(16))]
    by_host, units = permutation_ks(*copies, 4000, 1)
    by_row, _ = permutation_ks(copies[0], copies[1], np.arange(80), 4000, 1)
    assert units == 16 and by_host == pytest.approx(once, abs=0.03)
    assert by_row < by_host / 3


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(5)
    values, high, hosts = rng.random(20), np.arange(20) < 6, np.repeat(np.arange(10), 2)
    shuffle = rng.permutation(20)
    assert permutation_ks(values, high, hosts, 500, 1) == permutation_ks(values[shuffle], high[shuffle], hosts[shuffle], 500, 1)


def test_gehan_is_mann_whitney_for_exact_values():
    rng = np.random.default_rng(6)
    values, group = np.round(rng.random(30), 1), np.arange(30) < 9
    _, p = gehan_test(values, values, group)
    expected = stats.mannwhitneyu(values[group], values[~group], method="asymptotic", use_continuity=False)
    assert p == pytest.approx(expected.pvalue, rel=1e-9)


def test_gehan_counts_only_pairs_that_can_be_ordered():
    low, high = np.array([0.0, 0.0, 0.5, 0.3]), np.array([0.4, 0.2, 0.5, 0.3])
    group = np.array([False, False, True, True])
    share, _ = gehan_test(low, high, group)
    assert share == 1.0  # 0.5 lies above both intervals, 0.3 above the second only
    assert gehan_test(np.zeros(6), np.ones(6), np.arange(6) < 3)[1] == 1.0
    assert np.isnan(gehan_test(low[1:], high[1:], np.array([True, False, False]))[1])


def test_gehan_keeps_its_size_under_censoring():
    p = []
    for trial in range(300):
        rng = np.random.default_rng([7, trial])
        values = rng.beta(1, 3, 40)
        limit = rng.random(40) < 0.4
        p.append(gehan_test(np.where(limit, 0, values), np.where(limit, values + 0.1, values), np.arange(40) < 10)[1])
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.09


def test_least_favourable_values_only_weaken_the_evidence():
    rng = np.random.default_rng(8)
    low = np.concatenate([rng.beta(1, 12, 30), rng.beta(2, 2, 10)])
    group = np.arange(40) >= 30
    high = np.minimum(low + np.where(rng.random(40) < 0.5, 0.15, 0.0), 1)
    worst = least_favourable(low, high, group)
    at_worst = ks_test(worst[~group], worst[group])[1]
    for trial in range(20):
        inside = low + (high - low) * np.random.default_rng(trial).random(40)
        assert (
            stats.ks_2samp(inside[group], inside[~group], alternative="less").pvalue
            <= stats.ks_2samp(worst[group], worst[~group], alternative="less").pvalue + 1e-12
        )
    assert at_worst >= ks_test(low[~group], low[group])[1]


def test_smallest_p_is_that_of_complete_separation():
    assert smallest_ks_p(5, 6) == pytest.approx(2 / comb(11, 5))
    assert np.isnan(smallest_ks_p(1, 9))


def test_small_samples_and_directions():
    assert np.isnan(ks_test(np.array([0.1]), np.array([0.2, 0.3]))).all()
    share, p = mann_whitney(np.zeros(10), np.ones(10))
    assert share == 1.0 and p < 1e-3
    assert mann_whitney(np.zeros(5), np.zeros(4)) == (0.5, 1.0)
