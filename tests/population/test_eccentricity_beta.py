"""Beta fits against scipy, quadrature, an EM written out, simulated truth and interval coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from analysis.population.eccentricity.beta import PUBLISHED, beta_log_likelihood, beta_mle, fit_beta, moved_inside


def means(values):
    return np.mean(np.log(values)), np.mean(np.log1p(-values))


@pytest.mark.parametrize("truth", [(0.35, 4.5), (1.05, 2.2), (2.3, 1.65), (30.0, 200.0)])
def test_agrees_with_scipy(truth):
    values = stats.beta(*truth).rvs(80, random_state=np.random.default_rng(1))
    alpha, beta, converged = beta_mle(*means(values))
    a, b, _, _ = stats.beta.fit(values, floc=0, fscale=1)
    assert converged and [float(alpha), float(beta)] == pytest.approx([a, b], rel=1e-5)


def test_recovers_truth_within_its_errors():
    values = stats.beta(0.867, 3.03).rvs(4000, random_state=np.random.default_rng(2))
    fit = fit_beta(values, values, 3, intervals=False)
    assert abs(np.log(fit.alpha / 0.867)) < 4 * fit.se_log_alpha and abs(np.log(fit.beta / 3.03)) < 4 * fit.se_log_beta
    assert fit.se_log_alpha < 0.03 and fit.mean == pytest.approx(0.867 / 3.897, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.002, 0.998), min_size=3, max_size=30))
def test_the_scores_vanish_at_the_solution(values):
    values = np.array(values)
    alpha, beta, converged = beta_mle(*means(values))
    if converged:
        both = special.digamma(alpha + beta)
        assert special.digamma(alpha) - both == pytest.approx(means(values)[0], abs=1e-6)
        assert special.digamma(beta) - both == pytest.approx(means(values)[1], abs=1e-6)
    else:
        assert np.ptp(values) < 1e-3  # only (nearly) equal values have no maximum
        assert np.isnan(alpha) and np.isnan(beta)


def test_arrays_are_solved_element_by_element():
    rng = np.random.default_rng(3)
    pairs = np.array([means(rng.beta(1, 3, 12)) for _ in range(6)]).reshape(2, 3, 2)
    alpha, beta, converged = beta_mle(pairs[..., 0], pairs[..., 1])
    assert alpha.shape == (2, 3) and converged.all()
    for index in np.ndindex(2, 3):
        assert (alpha[index], beta[index]) == pytest.approx(tuple(float(x) for x in beta_mle(*pairs[index])[:2]), rel=1e-9)


def test_interval_likelihood_against_quadrature():
    low, high = np.array([0.3, 0.0, 0.0, 0.1]), np.array([0.3, 0.2, 0.05, 0.6])
    law = stats.beta(0.8, 3.0)
    by_hand = law.logpdf(0.3) + sum(np.log(integrate.quad(law.pdf, a, b)[0]) for a, b in zip(low[1:], high[1:], strict=True))
    assert beta_log_likelihood(0.8, 3.0, low, high) == pytest.approx(by_hand, abs=1e-7)


def em(low, high, steps=4000):
    """EM for censored Beta values: ln e and ln(1-e) replaced by their expectations, by quadrature in u = e^alpha."""
    exact = low == high
    alpha, beta = 1.0, 2.0
    for _ in range(steps):
        sums = np.array([np.log(low[exact]).sum(), np.log1p(-low[exact]).sum()])
        for a, b in zip(low[~exact], high[~exact], strict=True):
            u = np.linspace(a**alpha, b**alpha, 2001)
            u = (u[1:] + u[:-1]) / 2
            e = u ** (1 / alpha)
            weight = (1 - e) ** (beta - 1)
            sums += [np.sum(weight * np.log(e)) / weight.sum(), np.sum(weight * np.log1p(-e)) / weight.sum()]
        found = optimize.root(
            lambda t, s=sums: [
                special.digamma(np.exp(t[0])) - special.digamma(np.exp(t).sum()) - s[0] / len(low),
                special.digamma(np.exp(t[1])) - special.digamma(np.exp(t).sum()) - s[1] / len(low),
            ],
            np.log([alpha, beta]),
        ).x
        new = np.exp(found)
        if np.max(np.abs(new - [alpha, beta])) < 1e-7:
            break
        alpha, beta = new
    return alpha, beta


def test_censored_fit_is_the_fixed_point_of_em():
    rng = np.random.default_rng(4)
    low = rng.beta(0.9, 3, 40)
    high = low.copy()
    low[:15], high[:15] = 0.0, np.minimum(low[:15] + 0.1, 1)
    fit = fit_beta(low, high, 3, intervals=False)
    assert fit.converged and fit.censored == 15
    assert (fit.alpha, fit.beta) == pytest.approx(em(low, high), rel=3e-3)


def test_censoring_recovers_what_zeros_spoil():
    rng = np.random.default_rng(5)
    truth = rng.beta(0.9, 4, 3000)
    seen = truth > 0.15
    low, high = np.where(seen, truth, 0.0), np.where(seen, truth, 0.15)
    fit = fit_beta(low, high, 3, intervals=False)
    assert (fit.alpha, fit.beta) == pytest.approx((0.9, 4), rel=0.12)
    spoiled = fit_beta(moved_inside(low, 1e-3), moved_inside(low, 1e-3), 3, intervals=False)
    assert spoiled.alpha < 0.5


def test_an_interval_over_everything_adds_nothing():
    values = np.random.default_rng(6).beta(1, 3, 20)
    plain = fit_beta(values, values, 3, intervals=False)
    padded = fit_beta(np.append(values, [0.0, 0.0]), np.append(values, [1.0, 1.0]), 3, intervals=False)
    assert (padded.alpha, padded.beta, padded.log_likelihood) == pytest.approx((plain.alpha, plain.beta, plain.log_likelihood), rel=1e-4)


def test_profile_intervals_cover_where_percentiles_do_not():
    """At n = 7 the 95 % profile interval covers about nine times in ten, percentiles of resampled fits about six."""
    truth, inside, percentile = (1.0, 2.2), 0, 0
    trials = 150
    for trial in range(trials):
        rng = np.random.default_rng([7, trial])
        values = moved_inside(rng.beta(*truth, 7), 1e-3)
        low, high = fit_beta(values, values, 3).alpha_95
        inside += low <= truth[0] <= high
        draws = rng.choice(values, (300, 7))
        alpha, _, _ = beta_mle(np.log(draws).mean(axis=1), np.log1p(-draws).mean(axis=1))
        ends = np.nanquantile(alpha, (0.025, 0.975))
        percentile += ends[0] <= truth[0] <= ends[1]
    assert 0.85 < inside / trials < 0.98
    assert percentile / trials < 0.75


def test_likelihood_ratio_of_two_laws_is_chi_square_under_one():
    ratios = []
    for trial in range(200):
        values = np.random.default_rng([9, trial]).beta(1, 3, 80)
        two, one = (
            [fit_beta(part, part, 3, intervals=False).log_likelihood for part in (values[:30], values[30:])],
            fit_beta(values, values, 3, intervals=False),
        )
        ratios.append(2 * (sum(two) - one.log_likelihood))
    assert min(ratios) > -1e-9 and np.mean(ratios) == pytest.approx(2.0, abs=0.5)
    assert 0.01 <= np.mean(np.array(ratios) > stats.chi2.ppf(0.95, 2)) <= 0.1


def test_profile_interval_ends_lie_where_the_likelihood_has_dropped():
    values = np.random.default_rng(8).beta(1.2, 3, 25)
    fit = fit_beta(values, values, 3)
    for end in fit.beta_95:
        best = optimize.minimize_scalar(
            lambda u, b=end: -stats.beta.logpdf(values, np.exp(u), b).sum(), bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}
        )
        assert 2 * (fit.log_likelihood + best.fun) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=5e-3)
    assert fit.alpha_95[0] < fit.alpha_68[0] < fit.alpha < fit.alpha_68[1] < fit.alpha_95[1]


@pytest.mark.parametrize(("low", "high"), [([0.1, 0.2], [0.1, 0.2]), ([0.2] * 5, [0.2] * 5), ([0.0] * 6, [0.1] * 6), ([], [])])
def test_no_fit_without_information(low, high):
    fit = fit_beta(np.array(low, dtype=float), np.array(high, dtype=float), 3)
    assert fit.reason and np.isnan(fit.alpha) and not fit.converged


def test_zeros_are_moved_by_the_stated_edge_only():
    assert moved_inside(np.array([0.0, 5e-4, 0.5, 1.0]), 1e-3).tolist() == [1e-3, 1e-3, 0.5, 0.999]


def test_published_means():
    """Kipping (2013): mean 0.22; Bowler et al. (2020): brown dwarfs are more eccentric than planets."""
    mean = {name: a / (a + b) for name, (a, b, _) in PUBLISHED.items()}
    assert mean["Kipping 2013"] == pytest.approx(0.2225, abs=1e-3)
    assert mean["Kipping 2013, short periods"] < mean["Kipping 2013"] < mean["Do Ó et al. 2023"] < mean["Bowler et al. 2020"]
