"""Batched logistic regression: scikit-learn as oracle, closed forms, limits."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from analysis.population.origin import logistic


def data(n=90, d=4, designs=3, labellings=3, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(3.0, 2.0, (n, d))
    values[rng.random((n, d)) < 0.25] = np.nan
    values[:, -1] = rng.random(n) < 0.3
    training = rng.random((designs, n)) < 0.8
    return values, training, rng.random((labellings, n)) < 0.25


def test_designs_are_those_of_imputer_and_scaler():
    values, training, _ = data()
    designs = logistic.standardise(values, 3, training)
    for used, design in zip(training, designs, strict=True):
        imputer = SimpleImputer().fit(values[used, :3])
        scaler = StandardScaler().fit(imputer.transform(values[used, :3]))
        assert design[:, :3] == pytest.approx(scaler.transform(imputer.transform(values[:, :3])), abs=1e-12)
        assert np.array_equal(design[:, 3], values[:, 3])


def test_a_column_that_is_constant_or_missing_in_training_is_zero():
    values = np.column_stack([np.r_[np.full(8, 0.1), 5.0], np.r_[np.full(8, np.nan), 5.0]])
    designs = logistic.standardise(values, 2, np.arange(9)[None] < 8)
    assert not designs.any()


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_coefficients_agree_with_scikit_learn(strength):
    values, training, labels = data()
    designs = logistic.standardise(values, 3, training)
    fitted = logistic.fit(designs, labels.astype(float), training.astype(float), strength)
    assert fitted.converged.all()
    for d, used in enumerate(training):
        for k, y in enumerate(labels):
            oracle = LogisticRegression(C=strength, tol=1e-12, max_iter=10_000).fit(designs[d][used], y[used])
            assert fitted.coefficients[d, k] == pytest.approx([*oracle.intercept_, *oracle.coef_[0]], abs=1e-6)
            assert logistic.linear_predictor(designs, fitted)[d, k] == pytest.approx(oracle.decision_function(designs[d]), abs=1e-6)


def test_weights_are_those_of_scikit_learn_and_strengths_may_differ():
    values, _, labels = data()
    design = logistic.standardise(values, 3, np.ones((1, len(values)), bool))
    weights = np.random.default_rng(3).integers(0, 4, (1, 3, len(values))).astype(float)
    fitted = logistic.fit(design, labels.astype(float), weights, np.array([0.1, 1.0, 10.0]))
    for k, strength in enumerate((0.1, 1.0, 10.0)):
        oracle = LogisticRegression(C=strength, tol=1e-12, max_iter=10_000).fit(design[0], labels[k], sample_weight=weights[0, k])
        assert fitted.coefficients[0, k] == pytest.approx([*oracle.intercept_, *oracle.coef_[0]], abs=1e-6)


def test_one_zero_one_feature_without_penalty_gives_the_log_odds():
    x, y = np.repeat([0.0, 1.0], 20)[:, None], np.r_[np.arange(20) < 5, np.arange(20) < 15]
    fitted = logistic.fit(x[None], y[None].astype(float), np.ones((1, 40)), 1e9)
    assert fitted.coefficients[0, 0] == pytest.approx([np.log(1 / 3), np.log(9)], abs=1e-6)


def test_expected_labels_return_the_generating_coefficients():
    x = np.random.default_rng(1).normal(size=(1, 60, 2))
    truth = 1 / (1 + np.exp(-(-0.5 + x[0] @ np.array([1.5, -1.0]))))
    fitted = logistic.fit(x, truth[None], np.ones((1, 60)), 1e10)
    assert fitted.coefficients[0, 0] == pytest.approx([-0.5, 1.5, -1.0], abs=1e-6)


def test_separated_classes_converge_at_any_penalty():
    x = np.r_[np.full(10, -1.0), np.full(10, 1.0)][:, None] * np.linspace(1, 30, 20)[:, None]
    for strength in (1e-3, 1.0, 1e6):
        fitted = logistic.fit(x[None], (x[:, 0] > 0)[None].astype(float), np.ones((1, 20)), strength)
        assert fitted.converged.all() and fitted.coefficients[0, 0, 1] > 0


def test_one_class_is_reported_and_does_not_touch_the_others():
    values, training, labels = data()
    designs = logistic.standardise(values, 3, training)
    alone = logistic.fit(designs, labels.astype(float), training.astype(float), 1.0)
    mixed = logistic.fit(designs, np.vstack([labels, np.zeros(len(values))]).astype(float), training.astype(float), 1.0)
    assert not mixed.converged[:, -1].any() and np.isnan(mixed.coefficients[:, -1]).all()
    assert mixed.coefficients[:, :-1] == pytest.approx(alone.coefficients, abs=1e-12)


def test_batches_change_nothing(monkeypatch):
    values, training, labels = data(labellings=7)
    designs = logistic.standardise(values, 3, training)
    whole = logistic.fit(designs, labels.astype(float), training.astype(float), 1.0).coefficients
    monkeypatch.setattr(logistic, "BATCH", 3 * 90 * 2)
    assert logistic.fit(designs, labels.astype(float), training.astype(float), 1.0).coefficients == pytest.approx(whole, abs=1e-12)
