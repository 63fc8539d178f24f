"""Mixtures: likelihood by hand, simulated truth, null calibration, invariance, few rows, and the published values of the sample."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from analysis.config import MixtureConfig
from analysis.population.mixture import stage as mixture
from analysis.population.mixture.gaussian import compare_components, fit_mixture
from analysis.population.mixture.stage import points_of
from analysis.population.rows import population_rows

QUICK = replace(MixtureConfig(), restarts=8, deconvolution_restarts=2, deconvolution_components=2, max_components=3)
FLOOR = 1e-4


def two_groups(seed, n=160):
    rng = np.random.default_rng(seed)
    first = rng.multivariate_normal([-4.4, -1.6], [[0.20, 0.02], [0.02, 0.08]], n // 2)
    second = rng.multivariate_normal([-2.4, 0.1], [[0.9, 0.1], [0.1, 0.3]], n - n // 2)
    return np.vstack([first, second])


def test_likelihood_and_bic_by_hand():
    points = two_groups(1)
    fit = fit_mixture(points, 2, 10, FLOOR, 1)
    density = sum(w * multivariate_normal(m, c).pdf(points) for w, m, c in zip(fit.weights, fit.means, fit.covariances, strict=True))
    assert fit.log_likelihood == pytest.approx(np.log(density).sum(), abs=1e-8)
    assert fit.bic == pytest.approx(11 * np.log(len(points)) - 2 * np.log(density).sum(), abs=1e-8)  # 2 x (2 + 3) + 1 parameters
    assert fit.aic == pytest.approx(22 - 2 * np.log(density).sum(), abs=1e-8)
    one = fit_mixture(points, 1, 1, FLOOR, 1)
    covariance = np.cov(points.T, bias=True) + FLOOR * np.eye(2)
    assert one.log_likelihood == pytest.approx(multivariate_normal(points.mean(axis=0), covariance).logpdf(points).sum(), abs=1e-6)


def test_recovers_two_simulated_groups():
    points = two_groups(2, 1200)
    fits, reason = compare_components(points, 3, 10, FLOOR, 10, 1)
    assert reason is None and min(fits, key=lambda f: f.bic).k == 2
    two = fits[1]
    assert two.weights == pytest.approx([0.5, 0.5], abs=0.04)
    assert two.means == pytest.approx(np.array([[-4.4, -1.6], [-2.4, 0.1]]), abs=0.12)
    assert two.covariances[1] == pytest.approx(np.array([[0.9, 0.1], [0.1, 0.3]]), abs=0.12)
    assert np.mean(two.responsibilities.argmax(axis=1)[:600] == 0) > 0.97


def test_one_population_rarely_asks_for_two():
    gains = []
    for seed in range(20):
        points = np.random.default_rng(seed).multivariate_normal([-3.3, -0.7], [[1.9, 1.0], [1.0, 1.06]], 140)
        gains.append(mixture.delta_bic([fit_mixture(points, k, 3, FLOOR, seed) for k in (1, 2)]))
    assert np.mean(np.array(gains) < 0) >= 0.9
    assert max(gains) < 10


def test_bic_takes_a_flat_distribution_for_several_groups():
    """Why BIC alone is no evidence for groups: one population that is not Gaussian is split as well."""
    points = np.random.default_rng(3).uniform(-1, 1, (400, 2)) ** 3
    assert mixture.delta_bic([fit_mixture(points, k, 10, FLOOR, 1) for k in (1, 2)]) > 10


def test_more_starts_never_make_it_worse_and_components_are_ordered():
    points = two_groups(4, 90)
    few, many = (fit_mixture(points, 3, restarts, FLOOR, 5) for restarts in (2, 12))
    assert many.log_likelihood >= few.log_likelihood - 1e-6
    assert np.all(np.diff(many.means[:, 0]) > 0)
    assert many.responsibilities.sum(axis=1) == pytest.approx(np.ones(90))


@settings(max_examples=10, deadline=None)
@given(shift=st.tuples(st.floats(-5, 5), st.floats(-5, 5)))
def test_gain_does_not_depend_on_units(shift):
    points = two_groups(6, 80)
    gain = [mixture.delta_bic([fit_mixture(values, k, 4, FLOOR, 1) for k in (1, 2)]) for values in (points, points + np.array(shift))]
    assert gain[0] == pytest.approx(gain[1], abs=1e-3)


def test_too_few_rows_and_points_on_a_line_give_a_reason():
    fits, reason = compare_components(two_groups(1, 25), 4, 3, FLOOR, 10, 1)
    assert [f.k for f in fits] == [1, 2] and reason == "25 rows; 3 components need at least 30"
    fits, reason = compare_components(np.zeros((0, 2)), 4, 3, FLOOR, 10, 1)
    assert fits == [] and reason.startswith("0 rows")
    line = np.linspace(0, 1, 50)
    assert compare_components(np.stack([line, line], axis=1), 4, 3, FLOOR, 10, 1) == ([], "the points lie on a line")


def test_stage_does_not_depend_on_row_order(sample):
    shuffled = SimpleNamespace(table=sample.table.sample(frac=1, random_state=3))
    first, second = mixture.run(QUICK, sample=sample), mixture.run(QUICK, sample=shuffled)
    assert first.summary == second.summary
    for name in ("fits", "components", "assignments", "method_shares", "errors"):
        assert getattr(first, name).equals(getattr(second, name)), name


@pytest.mark.parametrize("rows", [0, 5, 15])
def test_stage_with_few_rows(sample, rows):
    few = sample.table[sample.table["is_candidate"]].head(rows)
    result = mixture.run(QUICK, sample=SimpleNamespace(table=few))
    assert result.reason and result.summary["delta_bic_1_2"] is None and result.summary["rows"] == rows
    assert len(result.assignments) == rows


def test_assignments_and_shares_are_consistent(sample):
    result = mixture.run(QUICK, sample=sample)
    table = result.assignments
    assert len(table) == sample.table["is_candidate"].sum() and "TOI:TOI-6894 b" not in set(table["object_id"])
    for k in (2, 3):
        columns = [f"responsibility_k{k}_{j}" for j in range(1, k + 1)]
        assert table[columns].sum(axis=1).to_numpy() == pytest.approx(1)
        assert (table[columns].to_numpy().argmax(axis=1) + 1 == table[f"label_k{k}"]).all()
        shares = result.method_shares[result.method_shares["k"] == k]
        assert shares["rows"].sum() == len(table)
        assert shares["summed_responsibility"].sum() == pytest.approx(len(table))


def exported(sample):
    """The uncorrected rows with both masses and an axis of their own: 135 of NASA, 5 of the BD catalogue."""
    table = sample.uncorrected
    keep = table["in_mass_range"] & ~table["is_target"] & table["log_mass_ratio"].notna() & table["log_semimajor_axis"].notna()
    return table[keep & ~((table["data_source"] == "NASA") & (table["semimajor_axis_kind"] == "kepler"))].sort_values("object_id")


def test_frozen_sample_reproduces_the_known_values(sample):
    rows = exported(sample)
    assert len(rows) == 140
    fits, _ = compare_components(points_of(rows), 4, 20, FLOOR, 10, 6894)
    bic = [f.bic for f in fits]
    assert bic[:3] == pytest.approx([816.5, 718.4, 656.2], abs=1.0)
    assert 655 < bic[3] < 670  # the fourth component has many near-equal optima
    assert fits[1].means == pytest.approx(np.array([[-4.4, -1.6], [-2.4, 0.1]]), abs=0.07)
    assert fits[2].weights[2] == pytest.approx(0.1, abs=0.03) and fits[2].means[2] == pytest.approx([-1.0, 1.0], abs=0.2)
    lensing = (rows["discovery_method"] == "Microlensing").to_numpy()
    without, _ = compare_components(points_of(rows[~lensing]), 2, 20, FLOOR, 10, 6894)
    assert 140 < mixture.delta_bic(without) < 160
    velocity, _ = compare_components(points_of(rows[(rows["discovery_method"] == "Radial Velocity").to_numpy()]), 2, 20, FLOOR, 10, 6894)
    assert 9 < mixture.delta_bic(velocity) < 13


def test_frozen_sample_components_are_detection_methods(sample):
    result = mixture.run(QUICK, sample=sample)
    two = result.summary["method"]["2"]
    assert two["microlensing_in_inner_component"] == 0
    assert two["transit_and_rv_in_inner_component"] == two["inner_component_rows"]
    assert two["predicted_from_method"] > 0.9
    assert len(population_rows(sample.table)) == result.summary["rows"]
