"""The forward model's stage on the frozen sample, in a small form: results, artifacts, order of rows, too few rows, a planted gap."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.config import DetectionConfig, MixtureConfig, SelectionConfig
from analysis.population.rows import population_rows
from analysis.population.selection import stage
from analysis.population.selection.catalogues import Sampler, simulated
from analysis.population.selection.figure_statistics import SIDES, describe, tail
from analysis.population.selection.forward import GAP, LN10
from analysis.population.selection.gap import case_of, depth_of, fitted, fitted_rows, gap_truth, hump_truth, p_value, simulate_roots
from analysis.population.selection.two_clumps import _log_density, deepest_valley, fit_two_clumps
from analysis.report import selection_model as files
from analysis.report.figures import selection_model as figure
from analysis.report.files import Context

QUICK = DetectionConfig(bootstrap=39, mixture_catalogues=19, clump_catalogues=3, mixture_starts=2, pass_bootstrap=3, power_catalogues=19)


def run(sample):
    return stage.run(QUICK, sample, MixtureConfig(), SelectionConfig())


@pytest.fixture(scope="module")
def result(sample):
    return run(sample)


@pytest.fixture(scope="module")
def case(sample):
    return case_of(fitted_rows(population_rows(sample.table)), QUICK, MixtureConfig())


def test_claim_and_tables(result):
    """The claim block is complete, the estimate inside its interval, and every pass has an answer."""
    claim = result.summary["claim"]
    assert set(claim) == {"estimand", "test", "estimate", "low", "high", "p", "p_error", "n", "power", "passes", "reason"}
    assert claim["low"] < claim["estimate"] < claim["high"] and 1 / 40 <= claim["p"] <= 1
    assert claim["p_error"] == pytest.approx(np.sqrt(claim["p"] * (1 - claim["p"]) / 39))
    assert len(claim["passes"]) == len(result.passes) == 22 and None not in claim["passes"].values()
    assert claim["n"]["companions"] + result.summary["mass_limits_left_out"] == result.summary["candidates"]
    assert set(result.statistics["statistic"]) == set(SIDES)
    assert result.methods["rows"].sum() == claim["n"]["companions"]
    assert result.methods["in_gap_observed"].sum() == claim["n"]["in_gap"] == result.summary["statistics"]["rows_in_gap"]["observed"]
    assert result.statistics["p"].between(1 / 20, 1).all() and result.statistics["catalogues"].isin((19, 3)).all()
    json.dumps(result.summary, allow_nan=False)


def test_detection_and_population_are_what_was_fitted(result):
    nx, ny = len(result.log_q_edges) - 1, len(result.log_a_edges) - 1
    assert result.detection.shape == (5, nx, ny) and result.population.shape == (nx, ny) and result.population.max() == 1.0
    assert result.detection.max(axis=(1, 2)) == pytest.approx(np.ones(5))
    log_f = np.log(result.population)
    assert np.all(np.diff(log_f, n=2, axis=0) < 1e-9)  # one population: concave in log q at every axis


def test_order_of_rows_changes_nothing(sample, result):
    shuffled = SimpleNamespace(
        table=sample.table.sample(frac=1, random_state=3), uncorrected=sample.uncorrected.sample(frac=1, random_state=4), counts=sample.counts
    )
    again = run(shuffled)
    pd.testing.assert_frame_equal(again.statistics, result.statistics)
    pd.testing.assert_frame_equal(again.passes, result.passes)
    assert again.summary == result.summary


def test_too_few_rows(sample, tmp_path):
    """A null result with its reason, and the artifacts still written."""
    few = SimpleNamespace(table=sample.table.sort_values("object_id").head(12), uncorrected=sample.uncorrected, counts=sample.counts)
    result = run(few)
    assert "needs 30" in result.reason and result.summary["claim"]["p"] is None and result.summary["claim"]["reason"] == result.reason
    files.write(tmp_path, Context(), selection_model=result)
    figure.write(tmp_path, Context(), selection_model=result)
    assert json.loads((tmp_path / "selection_model.json").read_text())["reason"] == result.reason
    assert (tmp_path / "fig_selection.svg").is_file()


def test_artifacts(result, tmp_path):
    files.write(tmp_path, Context(), selection_model=result)
    figure.write(tmp_path, Context(), selection_model=result)
    content = json.loads((tmp_path / "selection_model.json").read_text())
    assert content["claim"]["p"] == result.summary["claim"]["p"]
    assert all((tmp_path / name).is_file() for name in content["files"].values())
    arrays = np.load(tmp_path / "selection_detectability.npz")
    assert arrays["detection"].shape == result.detection.shape and list(arrays["methods"]) == list(result.detection_methods)
    data = pd.read_csv(tmp_path / "fig_selection.csv")
    assert (data["catalogue"] == "observed").sum() == (data["catalogue"] == "simulated").sum() == result.summary["rows"]


def test_rows_of_unknown_methods_and_limits_are_left_out(sample):
    rows = population_rows(sample.table)
    odd = rows.assign(discovery_method=np.where(np.arange(len(rows)) < 3, "Pulsar Timing", rows["discovery_method"]))
    assert len(fitted_rows(rows)) - 3 <= len(fitted_rows(odd)) < len(fitted_rows(rows)) < len(rows)


def test_a_deep_gap_is_found_and_none_is_not(case):
    """Null catalogues reject at about the nominal rate by the bootstrap of the real one, the declared gap mostly, and its depth is recovered."""
    *_, null = simulate_roots(case, case.sampler, [[1, b] for b in range(200)])
    *_, other = simulate_roots(case, case.sampler, [[2, b] for b in range(200)])
    truth = gap_truth(case, -1.0)
    _, _, _, full, deep = simulate_roots(case, Sampler.of(case.model.grid, truth), [[3, b] for b in range(100)])
    rejected = [np.mean([p_value(null, root) <= 0.05 for root in roots]) for roots in (other, deep)]
    assert rejected[0] <= 0.10 and rejected[1] > 0.6
    assert np.median(full.theta[:, GAP] / LN10) < -0.8
    assert depth_of(case, truth) == pytest.approx(-1.0, abs=1e-4) and depth_of(case, gap_truth(case, 0.0)) == pytest.approx(0.0, abs=1e-4)
    assert -1.0 < depth_of(case, hump_truth(case, -1.0, 0.3)) < -0.5


def test_statistics_of_known_catalogues(case):
    """Two tight heaps, one per kind of method: the labels follow from the method, two components win, the distances are the largest."""
    method = case.model.method_of[case.structure.window]
    close = np.isin(method, (0, 1))
    rng = np.random.default_rng(1)
    x = np.where(close, -4.5, -0.8)[None] + 0.1 * rng.standard_normal((1, len(method)))
    y = np.where(close, -1.5, 0.3)[None] + 0.1 * rng.standard_normal((1, len(method)))
    found = describe(case, x, y, case.null, QUICK, MixtureConfig())
    assert found["labels_from_method"][0] == 1.0 and found["delta_bic_1_2"][0] > 100 and found["ks_q_by_method"][0] == 1.0
    assert found["energy_distance_q_by_method"][0] == pytest.approx(np.sqrt(2 * (3.7 - 0.113)), abs=0.05)
    assert found["rows_in_gap"][0] == 0 and found["rows_above_gap"][0] == (~close).sum()
    assert found["misfit"][0] > 3


def test_tails():
    values = np.arange(1.0, 20.0)  # 1 ... 19
    assert tail(values, 19.0, "high") == 2 / 20 and tail(values, 1.0, "low") == 2 / 20 and tail(values, 10.0, "both") == 1.0
    assert tail(values, 25.0, "both") == 2 / 20
    assert p_value(np.array([-3.0, 1.0, 2.0]), -2.5) == 2 / 4


def test_two_clumps_are_recovered(case):
    """Catalogues of two clumps: likelihood above the single population's, the inner clump where it was put."""
    clumps = fit_two_clumps(case, 4, 1e-4, 1)
    assert clumps.log_likelihood > case.null.log_likelihood[0]
    x, y = simulated(Sampler.of(case.model.grid, clumps.density * case.model.detection), replace(case.structure, correlation_x=0.0, correlation_y=0.0), [[4, 0]])
    again = fit_two_clumps(fitted(case.model, case.structure, x, y), 4, 1e-4, 1)
    narrow = [int(np.argmin(c.spreads[:, 1])) for c in (clumps, again)]
    assert again.means[narrow[1]] == pytest.approx(clumps.means[narrow[0]], abs=0.5)
    assert again.weights.sum() == pytest.approx(1.0)


def test_valley_of_known_densities():
    """Monotone and one hump: none; two humps a dex above the floor between them, the second half a dex lower: that half dex less."""
    x = np.arange(50.0)
    assert deepest_valley(10 ** np.stack([-x, -((x - 20) ** 2) / 50], axis=1)) == 0.0
    assert deepest_valley(10 ** np.where(x == 10, 1.0, np.where(x == 40, 0.5, 0.0))[:, None]) == pytest.approx(0.5)


def test_slopes_of_the_clumps_are_derivatives():
    """Every derivative of the log density against central differences."""
    rng = np.random.default_rng(2)
    x, y, p = rng.normal(-3, 1, 7), rng.normal(0, 1, 7), np.array([0.3, -4.5, -1.4, -0.5, -1.0, 0.4, -2.0, 0.5, 0.1, 0.2, -0.7])
    _, slopes = _log_density(p, x, y)
    for k in range(11):
        step = 1e-6 * (np.arange(11) == k)
        assert slopes[k] == pytest.approx((_log_density(p + step, x, y)[0] - _log_density(p - step, x, y)[0]) / 2e-6, abs=1e-6)
