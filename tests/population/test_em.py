"""Batched mixtures: references (scikit-learn, astroML), weights, errors, one dimension, starts, and bad input."""

import warnings

import numpy as np
import pytest
from astroML.density_estimation import XDGMM
from scipy.stats import multivariate_normal, norm
from sklearn.mixture import GaussianMixture

from analysis.errors import InputError
from analysis.population.mixture import em_kernels, em_lanes
from analysis.population.mixture.em import fit_batch, responsibilities

FLOOR = 1e-4


def groups(seed, n=150, noise=0.0):
    """Three groups, and the noise covariance (n, 2, 2) of each row where there is noise."""
    rng = np.random.default_rng(seed)
    parts = [
        rng.multivariate_normal(m, c, size)
        for m, c, size in (
            ([-4.4, -1.6], [[0.2, 0.05], [0.05, 0.1]], n // 2), ([-3.0, 0.3], [[0.7, -0.1], [-0.1, 0.1]], n // 3), ([-1.0, 1.0], [[0.1, 0], [0, 1]], n - n // 2 - n // 3)
        )
    ]
    sigma = noise * rng.uniform(0.3, 1.5, (n, 2))
    return np.vstack(parts) + sigma * rng.standard_normal((n, 2)), np.stack([np.diag(s**2) for s in sigma])


def sklearn_fit(points, rows, iterations=2000):
    k = len(rows)
    model = GaussianMixture(
        k, reg_covar=FLOOR, tol=1e-6, max_iter=iterations, weights_init=np.full(k, 1 / k), means_init=points[rows], precisions_init=np.tile(np.eye(2) / FLOOR, (k, 1, 1))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(points)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_same_start_same_end_as_scikit_learn(k):
    points, _ = groups(k, 139)  # not a multiple of the lanes
    rng = np.random.default_rng(1)
    given = np.array([rng.choice(139, k, replace=False) for _ in range(6)])
    for start in given:
        ours, theirs = fit_batch(points, k, 1, FLOOR, 1, given=start[None]), sklearn_fit(points, start)
        order = np.argsort(theirs.means_[:, 0])
        assert ours.log_likelihood[0] == pytest.approx(139 * theirs.score(points), abs=1e-9)
        assert ours.iterations[0] == theirs.n_iter_ and ours.converged[0] == theirs.converged_
        assert ours.weights[0] == pytest.approx(theirs.weights_[order], abs=1e-9)
        assert ours.means[0] == pytest.approx(theirs.means_[order], abs=1e-9)
        assert ours.covariances[0] == pytest.approx(theirs.covariances_[order], abs=1e-9)
        assert responsibilities(ours, points)[0] == pytest.approx(theirs.predict_proba(points)[:, order], abs=1e-9)
        assert ours.bic[0] == pytest.approx(theirs.bic(points), abs=1e-8)
    best = fit_batch(points, k, 6, FLOOR, 1, given=given)
    assert best.log_likelihood[0] == best.ends[0].max() == pytest.approx(max(139 * sklearn_fit(points, s).score(points) for s in given), abs=1e-9)


def test_same_steps_as_astroml_with_errors():
    """From one state, each step of extreme deconvolution moves as the reference does (which has no floor)."""
    points, errors = groups(5, 120, 0.4)
    errors[:, 0, 1] = errors[:, 1, 0] = 0.5 * np.sqrt(errors[:, 0, 0] * errors[:, 1, 1])
    model = XDGMM(2)
    model.alpha, model.mu, model.V = np.array([0.4, 0.6]), np.array([[-4.0, -1.0], [-2.5, 0.5]]), np.array([[[0.5, 0.1], [0.1, 0.4]], [[1.0, -0.2], [-0.2, 0.8]]])
    x, y = points.T
    rows = np.stack([x, y, x * x, x * y, y * y, np.ones(120), errors[:, 0, 0], errors[:, 0, 1], errors[:, 1, 1]])
    state = np.column_stack([model.alpha, model.mu, model.V[:, 0, 0], model.V[:, 0, 1], model.V[:, 1, 1]])
    share, work = np.empty((2, 120)), np.empty((5, 120))
    for _ in range(30):
        assert em_kernels.expectation(rows, True, 0, 120.0, state, share, work) == pytest.approx(float(model.logL(points, errors)), abs=1e-8)
        em_kernels.maximisation(rows, True, state, share, work, 0.0)
        model._EMstep(points, errors)
        assert state[:, 0] == pytest.approx(model.alpha, abs=1e-10) and state[:, 1:3] == pytest.approx(model.mu, abs=1e-10)
        assert state[:, [3, 4, 4, 5]].reshape(2, 2, 2) == pytest.approx(model.V, abs=1e-10)


def test_deconvolution_recovers_the_spread_that_the_plain_fit_inflates():
    points, errors = groups(6, 900, 0.5)
    deep, plain = fit_batch(points, 3, 6, FLOOR, 1, errors=errors), fit_batch(points, 3, 6, FLOOR, 1)
    assert deep.converged[0] and deep.weights[0] == pytest.approx([1 / 2, 1 / 3, 1 / 6], abs=0.06)
    assert deep.covariances[0, 0] == pytest.approx(np.array([[0.2, 0.05], [0.05, 0.1]]), abs=0.06)
    assert deep.covariances[0, 2] == pytest.approx(np.array([[0.1, 0.0], [0.0, 1.0]]), abs=0.2)
    assert plain.covariances[0, 0, 0, 0] > 0.35 and plain.covariances[0, 0, 1, 1] > 0.25
    density = sum(
        w * np.array([multivariate_normal(m, c + e).pdf(x) for x, e in zip(points, errors, strict=True)])
        for w, m, c in zip(deep.weights[0], deep.means[0], deep.covariances[0], strict=True)
    )
    assert deep.log_likelihood[0] == pytest.approx(np.log(density).sum(), abs=1e-7)


def test_vanishing_errors_are_the_plain_fit():
    points, _ = groups(7)
    given = np.array([[3, 70, 140]])
    plain, deep = (fit_batch(points, 3, 1, FLOOR, 1, errors=e, given=given, tolerance=1e-12) for e in (None, np.zeros((150, 2, 2))))
    assert deep.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6) and deep.means == pytest.approx(plain.means, abs=1e-5)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_weights_are_repeated_rows(noise):
    points, errors = groups(8, 60, noise)
    counts = np.random.default_rng(1).integers(0, 4, 60)
    counts[:2] = 1
    rows = np.repeat(np.arange(60), counts)
    at = np.array([[0, 1]])  # the first two rows are taken once, so their numbers agree
    weighted = fit_batch(points, 2, 1, FLOOR, 1, counts, errors if noise else None, given=at)
    repeated = fit_batch(points[rows], 2, 1, FLOOR, 1, None, errors[rows] if noise else None, given=at)
    for name in ("log_likelihood", "weights", "means", "covariances", "bic", "iterations"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), abs=1e-9), name


def test_batches_do_not_change_a_fit_and_more_starts_keep_the_first():
    sets = np.stack([groups(s, 90)[0] for s in range(5)])
    together = fit_batch(sets, 2, 6, FLOOR, 3)
    alone = fit_batch(sets[0], 2, 6, FLOOR, 3)
    more = fit_batch(sets, 2, 12, FLOOR, 3)
    assert together.log_likelihood[0] == alone.log_likelihood[0]
    assert (more.ends[:, :6] == together.ends).all() and (more.log_likelihood >= together.log_likelihood - 1e-6).all()
    assert (np.diff(together.means[:, :, 0], axis=1) > 0).all()
    shared = fit_batch(sets[0], 2, 6, FLOOR, 3, np.ones((2, 90)))
    assert shared.log_likelihood[0] == alone.log_likelihood[0]
    assert shared.agreement.shape == (2,) and shared.effective_rows.tolist() == [90, 90]


def test_permuted_rows_end_in_the_same_place():
    points, errors = groups(9, 80, 0.2)
    order = np.random.default_rng(2).permutation(80)
    place = np.argsort(order)
    for e in (None, errors):
        first = fit_batch(points, 3, 1, FLOOR, 1, errors=e, given=np.array([[5, 40, 70]]))
        second = fit_batch(points[order], 3, 1, FLOOR, 1, errors=None if e is None else e[order], given=place[[[5, 40, 70]]])
        assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-9) and second.means == pytest.approx(first.means, abs=1e-9)


def test_one_dimension_against_scikit_learn_and_by_hand():
    values = groups(10)[0][:, :1]
    ours = fit_batch(values, 2, 1, FLOOR, 1, given=np.array([[0, 149]]))
    theirs = GaussianMixture(2, reg_covar=FLOOR, tol=1e-6, max_iter=2000, weights_init=[0.5, 0.5], means_init=values[[0, 149]], precisions_init=np.full((2, 1, 1), 1 / FLOOR)).fit(values)
    assert ours.parameters == theirs._n_parameters() == 5
    assert ours.log_likelihood[0] == pytest.approx(150 * theirs.score(values), abs=1e-8)
    assert ours.covariances[0, :, 0, 0] == pytest.approx(theirs.covariances_[np.argsort(theirs.means_[:, 0]), 0, 0], abs=1e-8)
    sigma = np.full((150, 1, 1), 0.3)
    deep = fit_batch(values, 2, 4, FLOOR, 1, errors=sigma)
    density = sum(w * norm(m[0], np.sqrt(c[0, 0] + 0.3)).pdf(values[:, 0]) for w, m, c in zip(deep.weights[0], deep.means[0], deep.covariances[0], strict=True))
    assert deep.log_likelihood[0] == pytest.approx(np.log(density).sum(), abs=1e-7)
    assert responsibilities(deep, values, sigma).sum(axis=2) == pytest.approx(1)


def test_starts_find_groups_and_never_take_a_row_twice():
    rows = np.zeros((9, 16))
    rows[0, :12], rows[5, :12] = np.repeat([0.0, 10.0, 20.0], 4), 1.0
    rng = np.random.default_rng(1)
    chosen, scratch = np.empty(3, dtype=np.int64), np.empty(16)
    spread, same = 0, 0
    for _ in range(200):
        em_kernels.pick_starts(rows, 12, rng.random(3), 0, chosen, scratch)
        spread += len(set(chosen // 4)) == 3
        em_kernels.pick_starts(rows, 12, rng.random(3), 1, chosen, scratch)
        assert len(set(chosen)) == 3 and chosen.max() < 12
        same += len(set(chosen // 4)) == 3
    assert spread == 200 and 30 < same < 110  # 4^3 * 6 / (12 * 11 * 10) = 29 % of random triples hit all three
    rows[0] = 0.0
    em_kernels.pick_starts(rows, 12, rng.random(3), 0, chosen, scratch)
    assert len(set(chosen)) == 3  # all rows equal


def test_exponential_and_logarithm_are_those_of_numpy():
    x = -np.concatenate([np.linspace(0, 699, 2001), np.geomspace(1e-12, 1, 500)])
    assert np.array([em_lanes.exp(v) for v in x]) == pytest.approx(np.exp(x), rel=5e-16, abs=0)
    y = np.concatenate([np.geomspace(1e-300, 1e300, 3001), 1 + np.linspace(-0.4, 0.6, 501)])
    assert np.array([em_lanes.log(v) for v in y]) == pytest.approx(np.log(y), rel=5e-16, abs=1e-18)


def test_ends_with_tiny_components_are_passed_over():
    """A far row of weight four, or four equal rows, is a component of its own by likelihood; not when components must hold rows."""
    points, weights = groups(12, 60)[0], np.ones(60)
    points[7], weights[7] = [2.0, 4.0], 4.0
    free, kept = (fit_batch(points, 3, 60, FLOOR, 1, weights, least_rows=least) for least in (0.0, 5.0))
    held = np.array([(r * weights).sum() ** 2 / ((r * weights) ** 2).sum() for fit in (free, kept) for r in responsibilities(fit, points)[0].T]).reshape(2, 3)
    assert held[0].min() < 5 <= held[1].min() and free.log_likelihood[0] > kept.log_likelihood[0]
    assert np.isnan(fit_batch(points, 3, 5, FLOOR, 1, least_rows=61).log_likelihood[0])  # of sixty rows


def test_too_few_rows_and_bad_input():
    points = groups(11, 12)[0]
    weights = np.zeros((2, 12))
    weights[0], weights[1, :2] = 1.0, 1.0
    fits = fit_batch(points, 3, 4, FLOOR, 1, weights)
    assert fits.status.tolist() == [0, em_kernels.SINGULAR] and np.isnan(fits.log_likelihood[1]) and np.isfinite(fits.log_likelihood[0])
    assert len(fit_batch(np.zeros((0, 5, 2)), 2, 3, FLOOR, 1).log_likelihood) == 0
    assert np.isfinite(fit_batch(np.zeros((20, 2)), 2, 3, FLOOR, 1).log_likelihood).all()  # the floor keeps equal points finite
    assert fit_batch(points, 2, 1, FLOOR, 1, iterations=1).status[0] == em_kernels.ITERATION_LIMIT
    for arguments in (
        {"points": np.zeros((2, 3, 4))}, {"weights": np.ones(5)}, {"weights": -np.ones(12)}, {"floor": 0.0}, {"errors": np.zeros((12, 2))}, {"points": np.full((12, 2), np.nan)},
        {"k": 0}, {"weights": np.ones((2, 12)), "points": np.zeros((3, 12, 2))},
    ):
        with pytest.raises(InputError):
            fit_batch(**({"points": points, "k": 2, "starts": 2, "floor": FLOOR, "seed": 1} | arguments))
