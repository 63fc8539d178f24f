"""The likelihood of every kind of eccentricity row, against quadrature, scipy and lifelines, and the posterior on its grid."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.eccentricity.likelihood import Observations, beta_grid, log_likelihood, observations, scores, with_values
from analysis.population.eccentricity.posterior import MEANS, best, curves, difference, evidence, parameter_intervals, posterior_means, tail_interval

CONFIG, ECCENTRICITY = EccentricityInferenceConfig(), EccentricityConfig()


@pytest.fixture(scope="module")
def grid():
    return beta_grid(CONFIG)


def rows(value, up=0.0, down=None, limited=False, assumed=False):
    value = np.atleast_1d(np.asarray(value, dtype=float))
    full = lambda x: np.broadcast_to(np.asarray(x), value.shape).copy()
    return Observations(value, full(up).astype(float), full(up if down is None else down).astype(float), full(limited), full(assumed))


def nearest(grid, alpha, beta):
    return int(np.argmin((np.log(grid.alpha / alpha)) ** 2 + (np.log(grid.beta / beta)) ** 2))


def test_probabilities_of_the_cells_add_up_to_one(grid):
    assert grid.mass.sum(axis=0) == pytest.approx(1, abs=1e-3)
    assert np.exp(grid.log_prior).sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", [(0.15, 3.0), (0.867, 3.03), (1.09, 1.42), (4.0, 7.0)])
@pytest.mark.parametrize(
    ("value", "up", "down"), [(0.17, 0.21, 0.12), (0.4279, 0.0036, 0.0035), (0.04, 0.2, 0.04), (0.0, 0.1, 0.1), (0.9, 0.2, 0.05)]
)
def test_measured_values_against_quadrature(grid, shape, value, up, down):
    point = nearest(grid, *shape)
    law = stats.beta(grid.alpha[point], grid.beta[point])

    def noise(e):  # split normal about e on the observed axis, truncated to [0, 1)
        shape_at = lambda x: np.exp(-0.5 * ((x - e) / (up if x < e else down)) ** 2)
        inside = up * (stats.norm.cdf(0) - stats.norm.cdf(-e / up)) + down * (stats.norm.cdf((1 - e) / down) - stats.norm.cdf(0))
        return shape_at(value) / (np.sqrt(2 * np.pi) * inside)

    marks = np.unique(np.clip([0, value - 5 * down, value - down, value, value + up, value + 5 * up, 1], 0, 1))
    quantiles = law.cdf(marks)  # integration in the distribution function removes the singularity of the density at zero
    by_hand = sum(integrate.quad(lambda u: noise(law.ppf(u)), a, b, epsrel=1e-9, limit=200)[0] for a, b in itertools.pairwise(quantiles))
    ours = log_likelihood(rows(value, up, down), grid, CONFIG, ECCENTRICITY)[0, point]
    assert ours == pytest.approx(np.log(by_hand), abs=5e-4)


def test_small_errors_reduce_to_the_density(grid):
    exact = log_likelihood(rows(0.3), grid, CONFIG, ECCENTRICITY)[0]
    assert exact == pytest.approx(stats.beta.logpdf(0.3, grid.alpha, grid.beta), abs=1e-9)
    tiny = log_likelihood(rows(0.3, 1e-5), grid, CONFIG, ECCENTRICITY)[0]
    small = log_likelihood(rows(0.3, 0.002), grid, CONFIG, ECCENTRICITY)[0]
    modest = grid.alpha + grid.beta < 20
    assert np.array_equal(tiny, exact)
    assert np.abs(small - exact)[modest].max() < 0.02


def test_limits_and_assumptions_are_probabilities(grid):
    limit = log_likelihood(rows(0.2, limited=True), grid, replace(CONFIG, limit_confidence=1.0), ECCENTRICITY)[0]
    assert limit == pytest.approx(stats.beta.logcdf(0.2, grid.alpha, grid.beta) - np.log(0.2), abs=1e-7)
    below = stats.beta.cdf(0.2, grid.alpha, grid.beta)
    soft = log_likelihood(rows(0.2, limited=True), grid, replace(CONFIG, limit_confidence=0.9), ECCENTRICITY)[0]
    assert np.exp(soft) == pytest.approx(0.9 / 0.2 * below + 0.1 / 0.8 * (1 - below), abs=1e-9)
    zero = log_likelihood(rows(0.0, assumed=True), grid, CONFIG, ECCENTRICITY)[0]
    assert zero == pytest.approx(np.maximum(stats.beta.logcdf(0.1, grid.alpha, grid.beta), np.log(1e-300)), abs=1e-6)
    nothing = log_likelihood(rows(0.0, assumed=True), grid, CONFIG, replace(ECCENTRICITY, assumed_zero_bound=1.0))[0]
    assert nothing == pytest.approx(0, abs=1e-12)  # a bound of one says nothing about e
    no_limit = log_likelihood(rows(1.0, limited=True), grid, CONFIG, ECCENTRICITY)[0]
    assert np.ptp(no_limit) < 1e-12


VALUES = np.array([0.17, 0.4279, 0.46, 0.676, 0.089, 0.1, 0.19, 0.05, 0.23, 0.33, 0.1, 0.116])
SEEN = np.array([1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1], dtype=bool)
LIFELINES = (0.7568256963812234, 2.662988519928473, -3.0097766458489854)  # lifelines 0.30.3, Beta as a ParametricUnivariateFitter, fit_left_censoring


def test_censored_fit_agrees_with_scipy_and_lifelines(grid):
    fit = stats.beta.fit(stats.CensoredData(uncensored=VALUES[SEEN], left=VALUES[~SEEN]), floc=0, fscale=1)
    assert fit[:2] == pytest.approx(LIFELINES[:2], rel=1e-4)
    hard = replace(CONFIG, limit_confidence=1.0)
    total = log_likelihood(rows(VALUES, limited=~SEEN), grid, hard, ECCENTRICITY).sum(axis=0)
    mean, concentration, height, found = (float(x) for x in best(total, grid))
    constant = np.log(VALUES[~SEEN]).sum()  # ours is divided by the limits
    assert found and height + constant == pytest.approx(LIFELINES[2], abs=2e-3)
    assert mean * concentration == pytest.approx(LIFELINES[0], rel=0.02) and (1 - mean) * concentration == pytest.approx(LIFELINES[1], rel=0.02)


def test_fit_of_exact_values_agrees_with_scipy(grid):
    e = np.random.default_rng(4).beta(1.09, 1.42, 40)
    alpha, beta, *_ = stats.beta.fit(e, floc=0, fscale=1)
    mean, concentration, height, _ = (float(x) for x in best(log_likelihood(rows(e), grid, CONFIG, ECCENTRICITY).sum(axis=0), grid))
    assert (mean * concentration, (1 - mean) * concentration) == pytest.approx((alpha, beta), rel=0.02)
    assert height == pytest.approx(stats.beta.logpdf(e, alpha, beta).sum(), abs=2e-3)


def test_recovers_truth_from_noisy_values_where_plain_values_mislead(grid):
    rng = np.random.default_rng(5)
    blank = rows(np.zeros(1500), up=0.15)
    observed = with_values(blank, rng.beta(0.867, 3.03, 1500), rng)
    assert ((observed.value >= 0) & (observed.value < 1)).all()
    total = log_likelihood(observed, grid, CONFIG, ECCENTRICITY).sum(axis=0)
    intervals = parameter_intervals(total, grid)
    assert intervals["mean"][1] < 0.867 / 3.897 < intervals["mean"][2]
    assert observed.value.mean() > intervals["mean"][2]  # noise near zero makes the plain mean too large


def test_kinds_of_rows():
    frame = pd.DataFrame(
        {
            "eccentricity": [0.2, 0.0, 0.0, 0.0, 0.1, 0.0],
            "eccentricity_err_up": [0.1, 0.1, np.nan, np.nan, np.nan, np.nan],
            "eccentricity_err_down": [np.nan, np.nan, np.nan, np.nan, 0.02, np.nan],
            "eccentricity_kind": ["measured", "measured", "measured", "assumed_zero", "upper_limit", "upper_limit"],
        }
    )
    found = observations(frame)
    assert found.up.tolist() == [0.1, 0.1, 0, 0, 0.02, 0] and found.down.tolist() == found.up.tolist()
    assert found.assumed.tolist() == [False, False, True, True, False, True]
    assert found.limited.tolist() == [False, False, False, False, True, False]


def test_noise_leaves_limits_and_assumptions_alone():
    kept = rows([0.2, 0.3, 0.0], up=0.05, limited=[False, True, False], assumed=[False, False, True])
    again = with_values(kept, np.array([0.5, 0.5, 0.5]), np.random.default_rng(1))
    assert again.value[1:].tolist() == [0.3, 0.0] and again.value[0] != 0.2


def test_scores_are_values_or_what_limits_allow(grid):
    made = rows([0.3, 0.4, 0.05, 0.0], up=[0.05, 0, 0, 0], limited=[False, False, True, False], assumed=[False, False, False, True])
    score = scores(made, log_likelihood(made, grid, CONFIG, ECCENTRICITY), grid, CONFIG, ECCENTRICITY)
    assert score[:2].tolist() == [0.3, 0.4] and 0 < score[3] < 0.1 and 0 < score[2] < 0.15


def test_difference_of_two_known_means(grid):
    rng = np.random.default_rng(6)
    high, low = (log_likelihood(rows(rng.beta(a, b, 400)), grid, CONFIG, ECCENTRICITY).sum(axis=0) for a, b in ((1.09, 1.42), (0.867, 3.03)))
    found = difference(curves(high, grid), curves(low, grid))
    truth = 1.09 / 2.51 - 0.867 / 3.897
    assert found.low < truth < found.high and found.profile_low < truth < found.profile_high
    assert found.high - found.low == pytest.approx(found.profile_high - found.profile_low, rel=0.06) and found.share_positive > 0.999
    mirrored = difference(curves(low, grid), curves(high, grid))
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_profile_of_the_mean_against_direct_maximisation(grid):
    e = np.array([0.202, 0.279, 0.345, 0.354, 0.533, 0.68])
    total = log_likelihood(rows(e), grid, CONFIG, ECCENTRICITY).sum(axis=0)
    profile = curves(total, grid).profile
    for mean in (0.25, 0.4, 0.55):
        direct = optimize.minimize_scalar(
            lambda k, m=mean: -stats.beta.logpdf(e, m * np.exp(k), (1 - m) * np.exp(k)).sum(), bounds=(-2, 6), method="bounded"
        )
        assert np.interp(mean, MEANS, profile) == pytest.approx(-direct.fun, abs=0.03)


def test_no_rows_give_the_prior(grid):
    nothing = curves(np.zeros(len(grid.alpha)), grid)
    median, low, high = tail_interval(MEANS, nothing.density)
    assert (median, low, high) == pytest.approx((0.5, 0.025, 0.975), abs=0.01)
    assert evidence(np.zeros(len(grid.alpha)), grid) == pytest.approx(0, abs=1e-9)
    assert posterior_means(np.zeros((2, len(grid.alpha))), grid) == pytest.approx([0.5, 0.5], abs=0.02)


def test_posterior_against_quadrature(grid):
    """Mean of the posterior of the mean, by integration over mean and ln concentration."""
    e = np.array([0.1, 0.35, 0.6])

    def weight(m, k):
        c = np.exp(k)
        prior = np.exp(-0.5 * ((k - np.log(CONFIG.concentration_median)) / CONFIG.concentration_spread) ** 2)
        return prior * np.prod(stats.beta.pdf(e[:, None, None], m * c, (1 - m) * c), axis=0)

    m, k = np.meshgrid(np.linspace(0.002, 0.998, 499), np.linspace(-2, 6, 161), indexing="ij")
    w = weight(m, k)
    total = log_likelihood(rows(e), grid, CONFIG, ECCENTRICITY).sum(axis=0)
    assert float(posterior_means(total, grid)) == pytest.approx(float((w * m).sum() / w.sum()), abs=2e-3)
