"""Pairs and strata, and the exact label test."""

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.eccentricity.label_permutation import STATISTICS, label_test, labellings
from analysis.population.eccentricity.likelihood import Observations, beta_grid, log_likelihood
from analysis.population.eccentricity.matching import nearest_pairs, paired_effect, with_both_classes

CONFIG, ECCENTRICITY = EccentricityInferenceConfig(), EccentricityConfig()


@pytest.fixture(scope="module")
def grid():
    return beta_grid(CONFIG)


def labels_of(high, hosts=None, strata=None, limit=5000, draws=199, seed=1):
    high = np.asarray(high, dtype=bool)
    hosts = np.array([f"h{i:02d}" for i in range(len(high))]) if hosts is None else np.array(hosts)
    strata = np.zeros(len(high), dtype=int) if strata is None else np.array(strata)
    return labellings(high, hosts, strata, limit, draws, np.random.default_rng(seed))


def exact(values, grid):
    zero = np.zeros(len(values))
    return log_likelihood(Observations(np.asarray(values, float), zero, zero, zero > 0, zero > 0), grid, CONFIG, ECCENTRICITY)


def test_strata_with_both_classes():
    high = np.array([True, False, False, True, False])
    assert with_both_classes(high, np.array([0, 0, 1, 2, 0])).tolist() == [True, True, False, False, True]
    assert with_both_classes(np.zeros(0, bool), np.zeros(0, int)).shape == (0,)


def test_pairs_are_as_many_as_possible_before_they_are_close():
    # greedy matching would take (0.0, 0.05) and leave 0.4 alone
    x, high = np.array([0.0, 0.4, 0.05, -0.3]), np.array([True, True, False, False])
    pairs = nearest_pairs(x, high, np.array(list("abcd")), 0.4)
    assert sorted(zip(pairs.high.tolist(), pairs.low.tolist(), strict=True)) == [(0, 3), (1, 2)]
    assert len(nearest_pairs(x, high, np.array(list("abcd")), 0.1).high) == 1
    assert len(nearest_pairs(x, high, np.array(list("abcd")), 0.01).high) == 0


def test_pairs_against_all_assignments():
    rng = np.random.default_rng(3)
    for _ in range(30):
        x, high = rng.normal(size=9), np.arange(9) < 4
        pairs = nearest_pairs(x, high, np.arange(9).astype(str), 0.5)
        options = []
        for chosen in itertools.permutations(range(4, 9), 4):
            gaps = [abs(x[i] - x[j]) for i, j in zip(range(4), chosen, strict=True) if abs(x[i] - x[j]) <= 0.5]
            options.append((-len(gaps), sum(gaps)))
        assert (-len(pairs.high), pairs.distance.sum()) == pytest.approx(min(options))


def test_a_host_takes_part_once_and_missing_values_never():
    x = np.array([0.0, 0.1, 0.01, 0.09, np.nan])
    pairs = nearest_pairs(x, np.array([True, True, False, False, False]), np.array(["a", "b", "c", "c", "d"]), 1.0)
    assert len(pairs.low) == 1 and pairs.distance[0] == pytest.approx(0.01)
    assert len(nearest_pairs(x, np.zeros(5, bool), np.array(list("abcde")), 1.0).high) == 0


def test_sign_test_of_pairs_by_hand():
    mean, low, high, p, error = paired_effect(np.array([0.1, 0.2, 0.3]), 99, np.random.default_rng(1))
    assert (mean, p, error) == pytest.approx((0.2, 2 / 8, 0.0)) and np.isnan(low) and np.isnan(high)
    d = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    mean, low, high, p, _ = paired_effect(d, 99, np.random.default_rng(1))
    assert p == 2 / 64 and (low, high) == pytest.approx((0.1, 0.6))  # extremes of the subset means
    assert stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=1000).pvalue == pytest.approx(p)
    assert np.isnan(paired_effect(np.array([]), 99, np.random.default_rng(1))).all()


def test_typical_values_cover_as_promised():
    rng, hits = np.random.default_rng(7), 0
    for _ in range(600):
        _, low, high, _, _ = paired_effect(rng.laplace(0.3, 0.2, 7), 99, rng)
        hits += low <= 0.3 <= high
    assert hits / 600 == pytest.approx(1 - 6 / 128, abs=0.025)  # three of 128 intervals are left out on either side


def test_all_labellings_are_listed_once():
    found = labels_of([1, 1, 0, 0, 0])
    assert found.complete and len(found.rows) == 10 and len({tuple(row) for row in found.rows}) == 10
    assert found.rows[0].tolist() == [True, True, False, False, False] and (found.rows.sum(axis=1) == 2).all()


def test_planets_of_one_host_move_together_and_only_for_hosts_of_the_same_size():
    found = labels_of([1, 0, 0, 0], hosts=["a", "b", "c", "c"])
    assert len(found.rows) == 2 and (found.rows[:, 2] == found.rows[:, 3]).all() and not found.rows[:, 2].any()
    alone = labels_of([1, 0, 0], hosts=["a", "b", "b"])
    assert len(alone.rows) == 1 and alone.units == 0


def test_strata_keep_their_labels():
    found = labels_of([1, 0, 0, 1, 0], strata=[0, 0, 0, 1, 1])
    assert len(found.rows) == 6 and (found.rows[:, :3].sum(axis=1) == 1).all()


def test_many_labellings_are_drawn():
    found = labels_of([1] * 10 + [0] * 12, limit=100, draws=99)
    assert not found.complete and found.rows.shape == (100, 22) and (found.rows.sum(axis=1) == 10).all()
    assert found.rows[0].tolist() == [True] * 10 + [False] * 12


def test_mean_difference_and_ranks_agree_with_scipy(grid):
    values = np.array([0.6, 0.7, 0.5, 0.1, 0.2, 0.3, 0.65])
    high = np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool)
    labels, table = labels_of(high), exact(values, grid)
    reference = stats.permutation_test(
        (values[high], values[~high]), lambda a, b: abs(np.mean(a) - np.mean(b)), alternative="greater", n_resamples=np.inf
    )
    assert label_test("mean_difference", labels, table, values, grid)[1] == pytest.approx(reference.pvalue)
    exact_ranks = stats.mannwhitneyu(values[high], values[~high], method="exact").pvalue
    assert label_test("rank_sum", labels, table, values, grid)[1] == pytest.approx(exact_ranks)


@pytest.mark.parametrize("name", STATISTICS)
def test_separated_classes_give_the_smallest_p_and_mirror(grid, name):
    values = np.array([0.70, 0.72, 0.75, 0.8, 0.82, 0.02, 0.03, 0.05, 0.06, 0.07])
    high = np.arange(10) < 5
    table = exact(values, grid)
    p = label_test(name, labels_of(high), table, values, grid)[1]
    assert p == pytest.approx(2 / 252)  # the mirror image is as extreme
    assert label_test(name, labels_of(~high), table, values, grid)[1] == pytest.approx(p)


def test_nothing_to_permute(grid):
    labels = labels_of([1, 1], hosts=["a", "b"])
    assert all(np.isnan(label_test("mean_difference", labels, exact([0.1, 0.2], grid), np.array([0.1, 0.2]), grid)))


def test_equal_values_give_p_one(grid):
    values = np.full(8, 0.3)
    assert label_test("mean_difference", labels_of([1, 1, 1, 0, 0, 0, 0, 0]), exact(values, grid), values, grid)[1] == 1.0


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_keeps_its_size_with_hosts_of_several_planets(grid, name):
    """400 null samples with planets of one host nearly equal: p is uniform on multiples of 1/number of labellings, never too small too often."""
    rng = np.random.default_rng(11)
    hosts = ["a", "a", "b", "b", "c", "d", "e", "f", "g", "h"]
    high = np.array([1, 1, 0, 0, 1, 1, 0, 0, 0, 0], dtype=bool)
    labels = labels_of(high, hosts)
    count = 400 if name in STATISTICS[:2] else 150
    p = []
    for _ in range(count):
        own = dict(zip("abcdefgh", rng.beta(1.0, 2.5, 8), strict=True))
        values = np.clip([own[host] + 0.01 * rng.random() for host in hosts], 0.001, 0.99)
        p.append(label_test(name, labels, exact(values, grid), values, grid)[1])
    limit = 0.1
    assert np.mean(np.array(p) <= limit) <= limit + 3.2 * np.sqrt(limit * (1 - limit) / count)
    assert np.mean(p) > 0.42
