"""The calibration of the age trends in a short form: reproducible, exact under the null, covering under the alternative."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.config import AgeInferenceConfig, AgesConfig
from analysis.errors import InputError
from analysis.population.ages import calibrate as calibrate_ages
from analysis.population.ages.inference import aged_rows, claim_test, slope_interval

CONFIGS = {"age_inference_config": AgeInferenceConfig(), "ages_config": AgesConfig()}


@pytest.fixture(scope="module")
def prepared(sample):
    return calibrate_ages.prepare(sample, **CONFIGS)


def outcomes(scenario, count, prepared, monkeypatch):
    monkeypatch.setattr(calibrate_ages, "PERMUTATIONS", 199)  # exact for any number
    rows = [calibrate_ages.simulate(scenario, index, prepared) for index in range(count)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("scenario", ["null", "null_effects"])
def test_size_and_coverage_under_the_null(scenario, prepared, monkeypatch):
    found = outcomes(scenario, 400, prepared, monkeypatch)
    assert np.mean(found["p"] <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean((found["low"] <= 0) & (found["high"] >= 0)) == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 400))
    assert (found["truth"] == 0).all()


def test_the_declared_alternative_is_rarely_found_and_its_slope_is_covered(prepared, monkeypatch):
    found = outcomes("alternative", 300, prepared, monkeypatch)
    assert 0.05 < np.mean(found["p"] <= 0.05) < 0.3
    assert np.mean((found["low"] <= found["truth"]) & (found["truth"] <= found["high"])) == pytest.approx(0.95, abs=0.04)
    assert np.mean(found["estimate"]) == pytest.approx(found["truth"][0], abs=0.05)


def test_the_same_index_gives_the_same_values_and_every_scenario_runs(prepared):
    for scenario in calibrate_ages.SCENARIOS:
        first, again, other = (calibrate_ages.simulate(scenario, index, prepared) for index in (3, 3, 4))
        assert set(first) == {"p", "estimate", "low", "high", "truth"}
        np.testing.assert_equal(first, again)
        assert first["estimate"] != other["estimate"] and first["low"] < first["estimate"] < first["high"]


def test_the_test_is_that_of_the_stage(sample, prepared, monkeypatch):
    """With the ages left as they are, `simulate` gives what the stage's functions give."""
    monkeypatch.setattr(calibrate_ages, "PERMUTATIONS", 99)
    monkeypatch.setattr(calibrate_ages, "claim_test", lambda family, permutations, seed: claim_test(family, permutations, 1))
    monkeypatch.setattr(calibrate_ages, "slope_interval", lambda family, response, permutations, seed: slope_interval(family, response, permutations, 1))

    class Unmoved:
        def permutation(self, ages):
            return ages

        def integers(self, top):
            return 1

    monkeypatch.setattr(np.random, "default_rng", lambda key, make=np.random.default_rng: Unmoved() if key == [6894, 4, 0, 0] else make(key))
    found = calibrate_ages.simulate("null", 0, prepared)
    assert found["p"] == claim_test(prepared.family, 99, 1)["family"]["p"]
    assert (found["estimate"], found["low"], found["high"]) == slope_interval(prepared.family, "semimajor_axis", 99, 1)


def test_a_sample_without_ages_is_refused(sample):
    table = sample.table.assign(host_age_gyr=np.nan)
    assert aged_rows(table).empty
    with pytest.raises(InputError, match="known age"):
        calibrate_ages.prepare(SimpleNamespace(table=table), **CONFIGS)
