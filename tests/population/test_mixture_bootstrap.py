"""Bootstrap of the mixture likelihood ratio: what is simulated, its size under the null, hosts, and power."""

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.population.mixture.bootstrap import Null, fitted_null, likelihood_ratio, resemblance, simulate
from analysis.population.mixture.em import fit_batch

FLOOR = 1e-4
ONE = Null(np.ones(1), np.array([[-3.4, -0.7]]), np.array([[[1.9, 1.0], [1.0, 1.06]]]), np.zeros((2, 2)))
TWO = Null(np.array([0.6, 0.4]), np.array([[-4.4, -1.6], [-2.4, 0.1]]), np.array([[[0.2, 0.02], [0.02, 0.08]], [[0.9, 0.1], [0.1, 0.3]]]), np.array([[0.5, 0.1], [0.1, 0.3]]))


def hosts_of(sizes):
    return np.repeat([f"host {i:03d}" for i in range(len(sizes))], sizes)


def test_simulated_rows_follow_the_mixture_and_resemble_each_other_inside_a_host():
    hosts = hosts_of([1, 2, 3])
    draws = simulate(TWO, hosts, 60_000, 1)
    assert draws.shape == (60_000, 6, 2)
    mean = TWO.weights @ TWO.means
    covariance = sum(w * (c + np.outer(m - mean, m - mean)) for w, m, c in zip(TWO.weights, TWO.means, TWO.covariances, strict=True))
    for row in range(6):
        assert draws[:, row].mean(axis=0) == pytest.approx(mean, abs=0.02) and np.cov(draws[:, row].T) == pytest.approx(covariance, abs=0.03)
    between = sum(w * np.outer(m - mean, m - mean) for w, m in zip(TWO.weights, TWO.means, strict=True))
    factors = np.linalg.cholesky(TWO.covariances)
    within = sum(w * f @ TWO.resemblance @ f.T for w, f in zip(TWO.weights, factors, strict=True))  # rows of a host share component and residual
    cross = np.einsum("da,db->ab", draws[:, 1] - mean, draws[:, 2] - mean) / 60_000
    assert cross == pytest.approx(between + within, abs=0.03)
    assert np.einsum("da,db->ab", draws[:, 0] - mean, draws[:, 1] - mean) / 60_000 == pytest.approx(np.zeros((2, 2)), abs=0.03)
    assert (simulate(TWO, hosts, 3, 1) == draws[:3]).all()


def test_errors_are_added_to_simulated_rows():
    errors = np.tile(np.array([[0.5, 0.2], [0.2, 0.3]]), (2, 1, 1))
    draws = simulate(ONE, np.array(["a", "b"]), 40_000, 2, errors)
    assert np.cov(draws[:, 0].T) == pytest.approx(ONE.covariances[0] + errors[0], abs=0.06)


def test_resemblance_is_recovered_from_pairs():
    hosts = hosts_of(np.random.default_rng(1).integers(1, 5, 500))
    truth = Null(TWO.weights, TWO.means, TWO.covariances, np.array([[0.6, 0.0], [0.0, 0.2]]))
    points = simulate(truth, hosts, 1, 3)[0]
    assert resemblance(fit_batch(points, 2, 10, FLOOR, 1), points, hosts)[0] == pytest.approx(truth.resemblance, abs=0.12)
    alone = np.arange(len(points)).astype(str)
    assert (resemblance(fit_batch(points, 2, 5, FLOOR, 1), points, alone) == 0).all()
    twins = np.repeat(simulate(ONE, hosts_of([1] * 200), 1, 4)[0], 2, axis=0)
    assert resemblance(fit_batch(twins, 1, 1, FLOOR, 1), twins, hosts_of([2] * 200))[0] == pytest.approx(np.eye(2), abs=0.2)


def test_resemblance_of_a_null_errs_on_the_side_of_more():
    """Few hosts whose companions are nearly equal: the estimate is too low, that of the null is not."""
    hosts, truth = hosts_of([1] * 12 + [2] * 7 + [3] * 3), Null(ONE.weights, ONE.means, ONE.covariances, np.diag([0.9, 0.1]))
    plain, upper = [], []
    for i, points in enumerate(simulate(truth, hosts, 60, 10)):
        fit = fit_batch(points, 1, 1, FLOOR, 1)
        plain.append(resemblance(fit, points, hosts)[0, 0, 0])
        null = fitted_null(fit, points, hosts, FLOOR, i)
        upper.append(null.resemblance[0, 0])
        assert np.linalg.eigvalsh(null.resemblance).min() > -1e-9 and np.linalg.eigvalsh(null.resemblance).max() < 1 + 1e-9
    assert np.mean(plain) < 0.85 and np.mean(np.array(upper) > 0.9) > 0.6


def test_p_is_uniform_under_the_null_with_shared_hosts():
    """240 catalogues of one Gaussian whose companions resemble each other inside a host."""
    hosts = hosts_of([1] * 25 + [2] * 8 + [5])
    null = Null(ONE.weights, ONE.means, ONE.covariances, np.diag([0.6, 0.2]))
    p = np.array([likelihood_ratio(points, hosts, 1, 39, 3, FLOOR, i).p for i, points in enumerate(simulate(null, hosts, 240, 5))])
    assert np.mean(p <= 0.05) < 0.095 and np.mean(p <= 0.2) < 0.28  # 3 sigma above the level
    assert np.mean(p) == pytest.approx(0.51, abs=0.08)  # the resemblance is taken a little too large, so the test is a little shy
    alone = np.arange(len(hosts)).astype(str)
    p = np.array([likelihood_ratio(points, alone, 1, 39, 3, FLOOR, i).p for i, points in enumerate(simulate(ONE, alone, 240, 11))])
    assert kstest(p - np.random.default_rng(1).uniform(0, 1 / 40, len(p)), "uniform").pvalue > 0.01


def test_groups_of_companions_around_one_star_are_not_populations():
    """Six companions close to each other around each of nine stars: groups if rows were independent, one population of stars if not."""
    hosts = hosts_of([6] * 9)
    null = Null(ONE.weights, ONE.means, ONE.covariances, 0.97 * np.eye(2))
    together, apart = [], []
    for i, points in enumerate(simulate(null, hosts, 30, 6)):
        together.append(likelihood_ratio(points, hosts, 1, 39, 3, FLOOR, i).p)
        apart.append(likelihood_ratio(points, np.arange(54).astype(str), 1, 39, 3, FLOOR, i).p)
    assert np.mean(np.array(apart) <= 0.05) > 0.6
    assert np.mean(np.array(together) <= 0.05) < 0.25


def test_two_groups_are_found_and_a_third_is_not():
    hosts = hosts_of([1] * 60 + [2] * 30)
    points = simulate(TWO, hosts, 1, 7)[0]
    first, second = (likelihood_ratio(points, hosts, k, 99, 8, FLOOR, 1) for k in (1, 2))
    assert first.p == 0.01 and first.p_error == pytest.approx(np.sqrt(0.01 * 0.99 / 100)) and second.p > 0.05
    assert first.observed == pytest.approx(2 * np.diff([fit_batch(points, k, 8, FLOOR, 1).log_likelihood[0] for k in (1, 2)])[0])
    assert first.delta_bic == pytest.approx(first.observed - 6 * np.log(120))
    assert 35 < first.smallest_component <= 60
    summary = first.summary()
    assert summary["rows"] == 120 and summary["hosts"] == 90 and summary["draws"] == 99
    assert summary["null_share_bic_prefers_more"] == np.mean(first.null > 6 * np.log(120))


def test_weights_of_one_change_nothing_and_half_weights_halve_the_ratio():
    hosts = hosts_of([1] * 80)
    points = simulate(TWO, hosts, 1, 8)[0]
    plain, ones, halves = (likelihood_ratio(points, hosts, 1, 19, 4, FLOOR, 1, weights) for weights in (None, np.ones(80), np.full(80, 0.5)))
    assert ones.observed == plain.observed and (ones.null == plain.null).all()
    assert halves.observed == pytest.approx(plain.observed / 2, rel=1e-6) and halves.effective_rows == 40
    assert halves.null == pytest.approx(plain.null / 2, rel=1e-3)


def test_a_null_with_errors_is_the_deconvolved_one():
    hosts, errors = hosts_of([1] * 300), np.tile(0.8 * np.eye(2), (300, 1, 1))
    points = simulate(ONE, hosts, 1, 9, errors)[0]
    null = fitted_null(fit_batch(points, 1, 1, FLOOR, 1, errors=errors), points, hosts, FLOOR, 1, None, errors)
    assert null.covariances[0] == pytest.approx(ONE.covariances[0], abs=0.5)
    assert likelihood_ratio(points, hosts, 1, 19, 3, FLOOR, 1, errors=errors).p > 0.05
