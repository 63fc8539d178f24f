"""The calibration protocol in its short form: the stage's own test on simulated catalogues with the structure of a sample."""

import numpy as np
import pytest
from eccentricity_samples import sample, simulated, table

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.population.eccentricity import calibrate as claim
from analysis.population.eccentricity.inference import run

CONFIG, ECCENTRICITY = EccentricityInferenceConfig(), EccentricityConfig()
KIPPING, DO_O = (0.867, 3.03), (1.09, 1.42)


@pytest.fixture(scope="module")
def prepared():
    frame = simulated(5, 6, KIPPING, DO_O, 3)
    frame.loc[1, "host_name"] = frame.loc[0, "host_name"]
    frame[["eccentricity_err_up", "eccentricity_err_down"]] = 0.05
    return claim.prepare(sample(frame), eccentricity_inference_config=CONFIG, eccentricity_config=ECCENTRICITY)


def several(prepared, scenario, count):
    rows = [claim.simulate(scenario, index, prepared) for index in range(count)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("scenario", [name for name in claim.SCENARIOS if name.startswith("null")])
def test_size_and_coverage_under_the_null(prepared, scenario):
    found = several(prepared, scenario, 150)
    assert np.mean(found["p"] < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
    assert np.mean((found["low"] <= 0) & (found["high"] >= 0)) > 0.87
    assert (found["truth"] == 0).all() and set(found) == {"p", "estimate", "low", "high", "truth"}


def test_power_and_coverage_at_the_alternative(prepared):
    found = several(prepared, "alternative", 150)
    assert found["truth"][0] == pytest.approx(1.09 / 2.51 - 0.867 / 3.897)
    assert 0.1 < np.mean(found["p"] < 0.05) < 0.4 and np.mean((found["low"] <= found["truth"]) & (found["truth"] <= found["high"])) > 0.9


def test_a_simulation_is_reproducible_and_its_own(prepared):
    assert claim.simulate("null", 7, prepared) == claim.simulate("null", 7, prepared)
    assert claim.simulate("null", 7, prepared) != claim.simulate("null", 8, prepared) != claim.simulate("alternative", 8, prepared)


def test_it_runs_the_primary_comparison_of_the_stage(monkeypatch):
    """With the real values in place of simulated ones the outcome is the stage's claim."""
    frame = simulated(5, 6, KIPPING, DO_O, 9)
    small = EccentricityInferenceConfig(bootstrap_resamples=5, bagging_resamples=5, coverage_draws=2, power_draws=20)
    ready = claim.prepare(sample(frame), eccentricity_inference_config=small, eccentricity_config=ECCENTRICITY)
    monkeypatch.setattr(claim, "with_values", lambda rows, truth, rng: rows)
    outcome, stage = claim.simulate("null", 0, ready), run(small, sample(frame), ECCENTRICITY).summary["claim"]
    assert {name: outcome[name] for name in ("p", "estimate", "low", "high")} == {name: stage[name] for name in ("p", "estimate", "low", "high")}


def test_planets_of_one_host_are_correlated_in_their_scenario():
    frame = simulated(8, 8, KIPPING, DO_O, 3)
    frame.loc[:7, "host_name"] = np.repeat(["a", "b", "c", "d"], 2)
    ready = claim.prepare(sample(frame), eccentricity_inference_config=CONFIG, eccentricity_config=ECCENTRICITY)
    seen = {}
    for scenario in ("null", "null_hosts"):
        kept = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(claim, "with_values", lambda rows, truth, rng, kept=kept: (kept.append(truth), rows)[1])
            for index in range(150):
                claim.simulate(scenario, index, ready)
        truth = np.array(kept)[:, :8]
        first, second = truth[:, ::2].ravel(), truth[:, 1::2].ravel()
        seen[scenario] = np.corrcoef(first, second)[0, 1]
    assert abs(seen["null"]) < 0.15 and 0.5 < seen["null_hosts"] < 0.8


def test_no_rows_give_nothing():
    frame = table([], 1e-3, 1.0, [])
    ready = claim.prepare(sample(frame), eccentricity_inference_config=CONFIG, eccentricity_config=ECCENTRICITY)
    assert np.isnan(claim.simulate("null", 0, ready)["p"])
