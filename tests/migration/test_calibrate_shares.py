"""Calibrations of the verdicts on simulated shares: intervals cover, verdicts err rarely, surveys count as many as published."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from analysis.claims import COMMON, FEASIBLE, NOT_SUPPORTED, RULES, SUPPORTED
from analysis.config import DiskConfig, OccurrenceConfig
from analysis.migration.disk import calibrate as calibrate_disk
from analysis.migration.ensemble.conditioning import Triples
from analysis.migration.kozai import calibrate as calibrate_kozai
from analysis.migration.occurrence import calibrate as calibrate_occurrence
from analysis.migration.occurrence.stage import observed_rates
from analysis.migration.secular.outcomes import wilson
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, UNMIGRATED
from tests.migration.conftest import make_target


def outcomes(module, scenario, count, prepared):
    rows = [module.simulate(scenario, index, prepared) for index in range(count)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def coverage(found):
    asked = np.isfinite(found["estimate"])
    return np.mean((found["low"] <= found["truth"])[asked] & (found["truth"] <= found["high"])[asked])


def near(count):
    """Three standard errors of a coverage of 95 %."""
    return 3 * np.sqrt(0.05 * 0.95 / count)


def triples(seed, n=600):
    rng = np.random.default_rng(seed)
    outcome = rng.choice([MIGRATED, DISRUPTED, UNMIGRATED, INVALID], n, p=[0.04, 0.16, 0.74, 0.06])
    return Triples(rng.uniform(0.05, 0.9, n), 10 ** rng.normal(1.5, 0.8, n), np.sqrt(rng.random(n)), np.full(n, 1.0), outcome, np.full(n, 0.02))


@pytest.fixture(scope="module")
def ensembles():
    rng = np.random.default_rng(1)
    weight, close = rng.lognormal(0, 0.6, 6000), rng.random(6000) < 0.2
    return calibrate_kozai.Prepared((8000, 4000), 3, weight, close, 6894)


@pytest.mark.parametrize("scenario", ["null", "null_bound", "census", "census_half", "census_double"])
def test_intervals_of_migrated_shares_cover(scenario, ensembles):
    assert coverage(outcomes(calibrate_kozai, scenario, 250, ensembles)) == pytest.approx(0.95, abs=near(250))


def test_verdicts_on_migration_err_rarely_at_the_thresholds_and_are_right_beyond(ensembles):
    assert np.mean(outcomes(calibrate_kozai, "null", 150, ensembles)["verdict"] != 0) <= 0.06
    assert np.mean(outcomes(calibrate_kozai, "null_bound", 150, ensembles)["verdict"] != 0) <= 0.06
    assert np.mean(outcomes(calibrate_kozai, "double", 30, ensembles)["verdict"] == 1) > 0.9
    assert np.mean(outcomes(calibrate_kozai, "half", 30, ensembles)["verdict"] == -1) > 0.9


def test_the_census_shares_are_those_of_the_weights(ensembles):
    found = outcomes(calibrate_kozai, "census_double", 200, ensembles)
    assert np.mean(found["estimate"]) == pytest.approx(2 * FEASIBLE, rel=0.05)
    assert np.std(found["estimate"]) > 1.2 * np.sqrt(2 * FEASIBLE * (1 - 2 * FEASIBLE) / ensembles.weight.size)  # weights cost precision


def test_evidence_takes_the_limit_that_speaks_against_a_verdict():
    found = calibrate_kozai.evidence([(0.02, 0.015, 0.03), (0.05, 0.04, 0.06)], [(0.08, 0.07, 0.09), (0.1, 0.08, 0.12)])
    assert found == {"least": 0.015, "most": 0.12}


@pytest.mark.parametrize("scenario", list(calibrate_disk.SCENARIOS))
def test_intervals_of_arriving_shares_cover(scenario):
    prepared = calibrate_disk.prepare(disk_config=DiskConfig())
    assert coverage(outcomes(calibrate_disk, scenario, 2000, prepared)) == pytest.approx(0.95, abs=near(2000) + 0.005)


def test_verdicts_on_discs_are_right_away_from_the_thresholds():
    prepared = calibrate_disk.prepare(disk_config=DiskConfig())
    right = {"more": 1, "half": 0, "double_few": 0, "half_few": -1}
    shares = {scenario: float(np.mean(outcomes(calibrate_disk, scenario, 200, prepared)["verdict"] == verdict)) for scenario, verdict in right.items()}
    assert shares.pop("half_few") > 0.85 and set(shares.values()) == {1.0}
    for scenario in ("null", "null_few"):
        assert np.mean(outcomes(calibrate_disk, scenario, 200, prepared)["verdict"] != 0) < 0.08


def test_disc_limits_are_wilsons():
    found = calibrate_disk.evidence(940, 4000)
    low, high = stats.binomtest(940, 4000).proportion_ci(method="wilson")
    assert (found["share_low"], found["share_high"]) == pytest.approx((low, high)) and found["share_arriving"] == 0.235
    assert wilson(0, 4000)[0] == 0


@pytest.fixture(scope="module")
def surveys():
    config, host = OccurrenceConfig(), make_target().values["host_mass_msun"]
    items = (triples(1), triples(2))
    return calibrate_occurrence.Prepared(config, items, host, calibrate_occurrence._supply(config.multiple_share[0], items, config, host))


def test_surveys_count_as_many_as_their_errors_say(surveys):
    found = outcomes(calibrate_occurrence, "alternative", 240, surveys)
    published = [pair for _, kind, pair in observed_rates(surveys.config) if kind == "rate"]
    for place, (value, error) in enumerate(published):
        rates = found["estimate"][place::4]
        detected = (value / error) ** 2
        mean = value / (1 - np.exp(-detected))  # of the surveys that detect anything
        assert np.nanmean(rates) == pytest.approx(mean, rel=0.3) and (found["truth"][place::4][np.isfinite(rates)] == value).all()
        assert np.mean(np.isnan(rates)) == pytest.approx(np.exp(-detected), abs=0.15)


def test_no_pathway_is_rejected_at_the_boundary_and_scarce_ones_more_often(surveys):
    assert (outcomes(calibrate_occurrence, "null", 40, surveys)["verdict"] == 0).all()
    assert np.mean(outcomes(calibrate_occurrence, "null_one", 80, surveys)["verdict"] != 0) <= 0.06
    tenth, hundredth = (np.mean(outcomes(calibrate_occurrence, name, 60, surveys)["verdict"] == -1) for name in ("alternative", "hundredth"))
    assert tenth < 0.3 < hundredth + 0.1


def test_intervals_of_observed_rates_cover(surveys):
    assert 0.9 <= coverage(outcomes(calibrate_occurrence, "null", 160, surveys)) <= 1.0


def test_the_lower_end_of_an_observed_rate_is_the_exact_poisson_limit():
    # Mean k/n and error sqrt(k)/n give a Gamma of shape k, whose quantile is the limit of Garwood (1936).
    stars, k = 3214, 5
    from analysis.migration.occurrence.factors import Factor, gamma_parameters, quantile

    low = quantile(Factor("rate", "gamma", gamma_parameters(k / stars, np.sqrt(k) / stars)), 0.025)
    assert low == pytest.approx(stats.chi2.ppf(0.025, 2 * k) / 2 / stars)


def test_the_same_index_gives_the_same_values(ensembles, surveys):
    disk = calibrate_disk.prepare(disk_config=DiskConfig())
    for module, prepared in ((calibrate_kozai, ensembles), (calibrate_disk, disk), (calibrate_occurrence, surveys)):
        for scenario in module.SCENARIOS:
            np.testing.assert_equal(module.simulate(scenario, 5, prepared), module.simulate(scenario, 5, prepared))
            assert {"p", "estimate", "low", "high", "truth"} <= set(module.simulate(scenario, 5, prepared))


def test_the_rules_are_those_of_the_ledger():
    rules = {rule.id: rule for rule in RULES}
    assert rules["kozai"].judge({"least": 2 * FEASIBLE, "most": 1.0})[0] == SUPPORTED and rules["kozai"].judge({"least": 0.0, "most": FEASIBLE / 2})[0] == NOT_SUPPORTED
    shares = {"share_arriving": 1.2 * COMMON, "share_low": 1.1 * COMMON, "share_high": 1.3 * COMMON}
    assert rules["disk"].judge(shares)[0] == SUPPORTED
    assert all(module.CLAIM in rules for module in (calibrate_kozai, calibrate_disk, calibrate_occurrence))


def test_prepare_reads_the_structure_of_the_ensemble(monkeypatch):
    from analysis.config import EnsembleConfig, SecularConfig

    found = {f"variant_{k}": triples(k, 1000 + k) for k in range(6)}  # two lags, three radii
    configs = {"occurrence_config": OccurrenceConfig(), "ensemble_config": EnsembleConfig(), "secular_config": SecularConfig()}
    for module in (calibrate_kozai, calibrate_occurrence):
        monkeypatch.setattr(module, "physics_variants", lambda *_: found)
    kozai = calibrate_kozai.prepare(ensemble=SimpleNamespace(), target=make_target(), **configs)
    assert kozai.sizes == (1000, 1003) and kozai.radii == 3 and kozai.close.mean() == pytest.approx(0.2, abs=0.04)
    occurrence = calibrate_occurrence.prepare(ensemble=SimpleNamespace(), target=make_target(), **configs)
    assert [item.outcome.size for item in occurrence.triples] == [1002, 1005] and 0 < occurrence.supply < 1
