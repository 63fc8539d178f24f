"""The stage: recovery of a simulated difference, a confounded sample that must not count as one, edge cases and determinism."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from eccentricity_samples import sample, simulated, table
from scipy import stats

from analysis.config import EccentricityConfig, EccentricityInferenceConfig
from analysis.errors import InputError
from analysis.population.eccentricity.comparison import compare, frame_design
from analysis.population.eccentricity.inference import run
from analysis.population.eccentricity.likelihood import beta_grid
from analysis.population.eccentricity.resampling import bootstrap, percentile_coverage, power, power_curve, spread

CONFIG = EccentricityInferenceConfig(
    permutations=199, bootstrap_resamples=40, bagging_resamples=20, coverage_draws=10, power_draws=200, power_sizes=(6.0, 20.0)
)
ECCENTRICITY = EccentricityConfig()
CONFIGS = (CONFIG, ECCENTRICITY)
KIPPING, DO_O = (0.867, 3.03), (1.09, 1.42)


@pytest.fixture(scope="module")
def grid():
    return beta_grid(CONFIG)


def test_a_difference_on_wide_orbits_is_found():
    result = run(CONFIG, sample(simulated(60, 60, KIPPING, DO_O, 1)), ECCENTRICITY)
    claim = result.summary["claim"]
    assert claim["p"] == 1 / 200 and claim["low"] < 1.09 / 2.51 - 0.867 / 3.897 < claim["high"] and claim["low"] > 0
    assert claim["p_error"] > 0 and claim["power"] > 0.9 and all(claim["passes"][name] for name in ("rank_sum", "evidence_ratio", "likelihood_ratio"))
    assert result.summary["beta_ratio"]["wide"]["ratio"] > 10
    fits = result.summary["fits"]["wide"]
    assert fits["high_q"]["mean_low"] < 1.09 / 2.51 < fits["high_q"]["mean_high"]
    json.dumps(result.summary, allow_nan=False)


def test_a_difference_of_orbits_is_not_one_of_eccentricity():
    """Close orbits are circular whatever q is, and the low-q companions are close: the raw comparison differs, the matched ones do not."""
    rng = np.random.default_rng(2)
    e = np.concatenate([rng.beta(1, 30, 40), rng.beta(1.1, 1.6, 6), rng.beta(1, 30, 2), rng.beta(1.1, 1.6, 8)])
    frame = table(
        np.clip(e, 1e-3, 0.99),
        np.repeat([1e-3, 0.1], [46, 10]),
        np.r_[np.full(40, 0.02), np.linspace(0.5, 2, 6), 0.02, 0.021, np.linspace(0.4, 3, 8)],
        [f"h{i}" for i in range(56)],
        error=0.01,
    )
    result = run(CONFIG, sample(frame), ECCENTRICITY)
    assert result.summary["raw"]["p"] < 0.05 and result.summary["raw"]["low"] > 0
    for name in ("wide_orbits", "orbit_strata"):
        row = result.summary["matched"][name]
        assert row["p"] > 0.1 and row["low"] < 0 < row["high"], name
    assert result.summary["claim"]["n"]["n_high"] == 8 and result.summary["matched"]["pairs_1_dex"]["n_high"] == 8


@pytest.fixture(scope="module")
def small_result():
    frame = simulated(5, 6, KIPPING, DO_O, 3)
    frame.loc[1, "host_name"] = frame.loc[0, "host_name"]
    return frame, run(CONFIG, sample(frame), ECCENTRICITY)


def test_few_rows_are_enumerated(small_result):
    _, result = small_result
    claim = result.summary["claim"]
    assert claim["p_error"] == 0.0 and claim["n"] == {"n_high": 6, "n_low": 5, "hosts_high": 6, "hosts_low": 4, "labellings": 84}
    assert round(claim["p"] * 84, 6) == round(claim["p"] * 84)
    assert result.summary["primary"]["smallest_p"] == 1 / 84
    assert claim["low"] <= claim["estimate"] <= claim["high"]
    assert claim["passes"]["pairs_0_1_dex"] is None and claim["passes"]["rank_sum"] in (True, False)


def test_permuted_rows_change_nothing(small_result):
    frame, result = small_result
    again = run(CONFIG, sample(frame.sample(frac=1, random_state=1)), ECCENTRICITY)
    assert json.dumps(again.summary, sort_keys=True) == json.dumps(result.summary, sort_keys=True)
    for name in ("fits", "matched", "sensitivity", "posterior", "bootstrap", "power"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))


def test_exchanged_classes_change_the_sign_only(grid):
    frame = simulated(7, 7, KIPPING, DO_O, 4)
    one = compare(frame_design(frame, None, CONFIGS), grid, CONFIGS)
    other = compare(frame_design(frame.assign(mass_ratio=frame["mass_ratio"].to_numpy()[::-1]), None, CONFIGS), grid, CONFIGS)
    assert other["p"] == one["p"] and (other["low"], other["high"]) == pytest.approx((-one["high"], -one["low"]), abs=1e-9)


def test_repeats_of_the_same_rows_count_once(small_result):
    passes = small_result[1].summary["claim"]["passes"]
    assert not {"split_0_003", "split_0_03", "wide_0_05_au", "wide_orbits"} & set(passes)  # all the same rows and classes as the primary comparison


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_too_few_rows_give_nulls_with_a_reason(rows):
    frame = table(np.linspace(0.1, 0.6, rows), 1e-3, 1.0, [f"h{i}" for i in range(rows)])
    result = run(CONFIG, sample(frame), ECCENTRICITY)
    claim = result.summary["claim"]
    assert claim["p"] is None and claim["estimate"] is None and claim["reason"] and claim["power"] is None
    assert all(value is None for value in claim["passes"].values())
    json.dumps(result.summary, allow_nan=False)


def test_one_row_a_side_cannot_reject():
    frame = table([0.1, 0.6], [1e-3, 0.1], 1.0, ["a", "b"])
    claim = run(CONFIG, sample(frame), ECCENTRICITY).summary["claim"]
    assert claim["p"] == 1.0 and "too few labellings" in claim["reason"]


def test_equal_values_show_no_difference():
    frame = table(np.full(12, 0.3), np.repeat([1e-3, 0.1], 6), 1.0, [f"h{i}" for i in range(12)], error=0.0)
    claim = run(CONFIG, sample(frame), ECCENTRICITY).summary["claim"]
    assert claim["p"] == 1.0 and abs(claim["estimate"]) < 0.01


def test_only_limits_and_assumed_zeros_say_little(grid):
    frame = table(
        np.repeat([0.2, 0.0], 5), np.tile([1e-3, 0.1], 5), 1.0, [f"h{i}" for i in range(10)], kind=np.repeat(["upper_limit", "assumed_zero"], 5)
    )
    row = compare(frame_design(frame, None, CONFIGS), grid, CONFIGS)
    assert row["p"] > 0.05 and row["low"] < 0 < row["high"]


def test_words_and_shapes_are_checked():
    nothing = sample(table([], 1e-3, 1.0, []))
    for change in ({"error_model": "round"}, {"statistic": "t"}, {"declared_low": (1.0,)}):
        with pytest.raises(InputError, match=next(iter(change))):
            run(replace(CONFIG, **change), nothing, ECCENTRICITY)


def test_bootstrap_of_hosts_has_the_spread_of_the_mean(grid):
    """One row per host and exact values: the spread of the mean is near its standard error, and 80 % subsamples understate it."""
    from analysis.population.eccentricity.likelihood import log_likelihood, observations

    frame = simulated(40, 40, KIPPING, DO_O, 5)
    high = frame["mass_ratio"].to_numpy() > 0.01
    config = replace(CONFIG, bootstrap_resamples=400, bagging_resamples=400)
    draws = bootstrap(log_likelihood(observations(frame), grid, *CONFIGS), frame["host_name"].to_numpy(dtype=str), high, grid, config, 0)
    found = spread(draws)
    error = frame["eccentricity"][high].std() / np.sqrt(40)
    assert found["hosts"]["mean_high_q"]["std"] == pytest.approx(error, rel=0.2)
    assert found["rows_80"]["mean_high_q"]["std"] == pytest.approx(error * np.sqrt(0.25), rel=0.2)  # sqrt((1 - f) / f) of the standard error
    few = bootstrap(np.zeros((2, len(grid.alpha))), np.array(["a", "b"]), np.array([True, False]), grid, CONFIG, 0)
    assert few.empty and spread(few) == {}


def test_more_resamples_keep_the_first(grid):
    from analysis.population.eccentricity.likelihood import log_likelihood, observations

    frame = simulated(6, 6, KIPPING, DO_O, 6)
    arguments = (
        log_likelihood(observations(frame), grid, *CONFIGS),
        frame["host_name"].to_numpy(dtype=str),
        frame["mass_ratio"].to_numpy() > 0.01,
        grid,
    )
    few, many = (bootstrap(*arguments, replace(CONFIG, bootstrap_resamples=n, bagging_resamples=n), 0) for n in (5, 9))
    for scheme in ("hosts", "rows_80"):
        assert np.allclose(few[few["scheme"] == scheme].iloc[:, 2:], many[many["scheme"] == scheme].iloc[:5, 2:], equal_nan=True)


def test_percentile_intervals_of_a_parameter_cover_too_little(grid):
    found = percentile_coverage(7, grid, replace(CONFIG, coverage_draws=150))
    assert found["alpha_percentile"] < 0.8 and found["alpha_posterior"] > 0.93 and found["mean_posterior"] > 0.88


def test_power_against_an_exact_test():
    config = replace(CONFIG, power_draws=600)
    rng, hits = np.random.default_rng(8), 0
    for _ in range(150):
        low, high = rng.beta(*KIPPING, 6), rng.beta(*DO_O, 6)
        hits += (
            stats.permutation_test((low, high), lambda a, b, axis: np.mean(a, axis) - np.mean(b, axis), vectorized=True, n_resamples=999).pvalue
            < 0.05
        )
    assert power(6, 6, config) == pytest.approx(hits / 150, abs=0.12)
    size = power(6, 6, replace(config, declared_high=KIPPING, power_draws=3000))
    assert size == pytest.approx(0.045, abs=0.013)


def test_power_grows_and_the_needed_number_is_interpolated():
    table_, needed = power_curve(5, replace(CONFIG, power_sizes=(6.0, 15.0, 40.0), power_draws=600))
    equal = table_[table_["design"] == "equal"]
    assert equal["power"].is_monotonic_increasing and 15 < needed["equal"] < 40 and needed["low_q_as_observed"] is None
