"""Calibration of the classifier's test and of the target's probability, in a short form."""

import numpy as np
import pytest
from simulated_samples import sample as simulated
from simulated_samples import table

from analysis.config import Config
from analysis.population.host_units import host_units
from analysis.population.origin import calibrate_classifier, calibrate_target
from analysis.population.origin.simulated_labels import draw_catalogue, exchangeable_probability, logistic_truth, standardised_index
from analysis.population.origin.target import verdict

CONFIG = Config()


def runs(module, prepared, scenario, n):
    rows = [module.simulate(scenario, index, prepared) for index in range(n)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def ready(module, sample):
    return module.prepare(sample, origin_skill_config=CONFIG.origin_skill, origin_config=CONFIG.origin)


@pytest.fixture(scope="module")
def classifier(sample):
    return ready(calibrate_classifier, sample)


@pytest.fixture(scope="module")
def target(sample):
    return ready(calibrate_target, sample)


def test_the_test_keeps_its_size_and_its_interval_covers(classifier):
    found = runs(calibrate_classifier, classifier, "null", 60)
    assert np.mean(found["p"] < 0.05) <= 0.15  # binomial(60, 0.05): above with probability 0.002
    covered = (found["low"] <= found["truth"]) & (found["truth"] <= found["high"])
    assert covered.mean() >= 0.85
    assert abs(found["truth"].mean() - 0.484) < 0.02  # multiplicity and label are related, so not exactly one half


def test_the_declared_alternative_is_found(classifier):
    found = runs(calibrate_classifier, classifier, "alternative", 30)
    assert np.mean(found["p"] < 0.05) >= 0.6
    assert np.mean((found["low"] <= found["truth"]) & (found["truth"] <= found["high"])) >= 0.8
    assert 0.7 < found["truth"].mean() < 0.85


@pytest.mark.parametrize("scenario", ["null", "alternative"])
def test_the_targets_interval_covers(target, scenario):
    found = runs(calibrate_target, target, scenario, 300)
    covered = (found["low"] <= found["truth"]) & (found["truth"] <= found["high"])
    assert 0.92 <= covered.mean() <= 0.99
    assert np.isnan(found["p"]).all() and set(np.unique(found["verdict_of_points"])) <= {-1, 0, 1}
    assert np.mean(found["verdict"] != 0) <= 0.02 < np.mean(found["verdict_of_points"] != 0)


@pytest.mark.parametrize("module", [calibrate_classifier, calibrate_target])
def test_simulations_are_reproducible_and_independent_of_each_other(module, sample):
    first, second = ready(module, sample), ready(module, sample)
    assert module.simulate("alternative", 5, first) == pytest.approx(module.simulate("alternative", 5, second), nan_ok=True)
    assert module.simulate("alternative", 5, first)["estimate"] != module.simulate("alternative", 6, first)["estimate"]


def test_the_truth_is_the_true_probability_where_the_model_holds(target):
    # Without penalty, on the true probabilities, the model returns them: the target's is the logistic curve at its features.
    table_, index = target.rows.table, None
    columns = table_[calibrate_target.COLUMNS].to_numpy(float)
    index = standardised_index(columns, CONFIG.origin_skill.slopes, np.zeros(len(columns), int))
    logit = np.log(target.probability["alternative"] / (1 - target.probability["alternative"]))
    assert logit - logit[0] == pytest.approx(index - index[0], abs=1e-6)
    assert target.probability["alternative"].mean() == pytest.approx(target.rows.labels.mean())


def test_catalogues_keep_shapes_and_labels_of_one_host_agree_as_far_as_they_can():
    rows = table(n_hosts=80, seed=1)
    units = host_units(rows["host_name"].to_numpy(str), rows["discovery_method"].to_numpy(str))
    labels = np.random.default_rng(0).random(len(rows)) < 0.3
    drawn = draw_catalogue(units, np.random.default_rng(1), labels, None)
    method = rows["discovery_method"].to_numpy(str)
    assert sorted(method[drawn.rows]) == sorted(method) and drawn.host.max() + 1 == units.n_hosts
    same = draw_catalogue(units, np.random.default_rng(1), labels, np.full(len(rows), 0.5))
    assert all(len(set(same.labels[same.host == host])) == 1 for host in range(units.n_hosts))


def test_exchangeable_and_logistic_probabilities_keep_the_prevalence():
    rows = table(n_hosts=80, seed=1)
    units = host_units(rows["host_name"].to_numpy(str), rows["discovery_method"].to_numpy(str))
    labels = (np.random.default_rng(0).random(len(rows)) < 0.3) & (units.method != 0)
    null = exchangeable_probability(units, labels)
    truth = logistic_truth(np.random.default_rng(1).normal(size=len(rows)) * 2, labels, units.method)
    for method in range(3):
        own = units.method == method
        assert null[own].mean() == pytest.approx(labels[own].mean()) and truth[own].mean() == pytest.approx(labels[own].mean())
    assert not truth[units.method == 0].any() and (np.ptp(truth[units.method == 1]) > 0.3)


def test_missing_values_count_as_the_mean_of_their_group():
    values = np.array([[1.0], [3.0], [np.nan], [10.0], [10.0]])
    assert standardised_index(values, (2.0,), np.array([0, 0, 0, 1, 1])) == pytest.approx([-2, 2, 0, 0, 0])


def test_verdicts_need_every_model():
    assert verdict([0.96, 0.99], [0.96, 0.99]) == 1 and verdict([0.01, 0.02], [0.01, 0.05]) == -1
    assert verdict([0.01, 0.02], [0.04, 0.06]) == 0 and verdict([0.96, 0.01], [0.96, 0.01]) == 0
    assert verdict([], []) == 0 and verdict([np.nan], [0.01]) == 0


def test_a_sample_too_small_is_simulated_without_result():
    small = simulated(table(n_hosts=4, seed=2))
    found = calibrate_classifier.simulate("null", 0, ready(calibrate_classifier, small))
    assert np.isnan(found["p"]) and np.isnan(found["truth"])
