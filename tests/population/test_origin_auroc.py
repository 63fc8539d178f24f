"""AUROC against counting pairs, and its intervals against their published definition and their coverage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

from analysis.population.origin.auroc import area_under_curve, host_bootstrap_interval, score_interval


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_area_is_the_mann_whitney_probability(pairs):
    scores = np.array([pair[0] for pair in pairs], float)
    positive = np.array([pair[1] for pair in pairs])
    area = area_under_curve(scores, positive)
    if positive.all() or not positive.any():
        assert math.isnan(area)
        return
    u = mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert area == pytest.approx(u / (positive.sum() * (~positive).sum()))


@settings(deadline=None)
@given(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-3, 1 - 1e-3)), st.integers(1, 60), st.integers(1, 200))
def test_score_interval_solves_its_equation(area, n_positive, n_negative):
    low, high = score_interval(area, n_positive, n_negative)
    assert 0 <= low <= area <= high <= 1
    assert (low < area or area == 0) and (high > area or area == 1)
    z, half = norm.ppf(0.975), (n_positive + n_negative) / 2
    for theta in (low, high):
        if 1e-9 < theta < 1 - 1e-9:
            # Hanley & McNeil (1982) eq. 2 with Q1, Q2 of the exponential model and both sizes replaced by their mean.
            q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
            variance = (theta * (1 - theta) + (half - 1) * (q1 - theta**2) + (half - 1) * (q2 - theta**2)) / (n_positive * n_negative)
            assert (area - theta) ** 2 == pytest.approx(z**2 * variance, rel=1e-6, abs=1e-12)


def test_score_interval_covers_and_does_not_collapse_at_one():
    rng = np.random.default_rng(3)
    shift = math.sqrt(2) * norm.ppf(0.9)  # binormal scores with true area 0.9
    positive = np.arange(64) < 7
    hits = 0
    for _ in range(400):
        low, high = score_interval(area_under_curve(rng.normal(positive * shift, 1), positive), 7, 57)
        hits += low <= 0.9 <= high
    assert 0.92 <= hits / 400 <= 0.995
    low, high = score_interval(1.0, 7, 57)
    assert high == 1.0 and 0.6 < low < 0.9
    # Half the width at an area of 0.88 with 7 positives is what makes the standard error about 0.09.
    low, high = score_interval(0.88, 7, 57)
    assert 0.06 < (high - low) / 2 / 1.96 < 0.11


def test_host_bootstrap_equals_resampling_row_by_row():
    rng = np.random.default_rng(8)
    hosts = np.repeat([f"h{k}" for k in range(12)], 2)
    positive = np.repeat(np.arange(12) < 4, 2)
    scores = rng.normal(positive * 1.0, 1)
    names = np.unique(hosts)
    draws = np.random.default_rng(5).multinomial(12, np.full(12, 1 / 12), size=300)
    areas = []
    for counts in draws:
        rows = np.concatenate([np.repeat(np.flatnonzero(hosts == name), count) for name, count in zip(names, counts, strict=True)])
        areas.append(area_under_curve(scores[rows], positive[rows]))
    expected = np.nanquantile(areas, [0.025, 0.975])
    assert host_bootstrap_interval(scores, positive, hosts, 300, 5) == pytest.approx(tuple(expected))


def test_host_bootstrap_is_wider_when_rows_repeat_hosts():
    rng = np.random.default_rng(2)
    base = rng.normal(0, 1, 30)
    positive = np.arange(30) < 10
    scores, labels = np.tile(base + positive, 4), np.tile(positive, 4)
    by_host = host_bootstrap_interval(scores, labels, np.tile([f"h{k}" for k in range(30)], 4), 500, 1)
    by_row = host_bootstrap_interval(scores, labels, np.array([f"r{k:03d}" for k in range(120)]), 500, 1)
    assert np.ptp(by_host) > 1.5 * np.ptp(by_row)
