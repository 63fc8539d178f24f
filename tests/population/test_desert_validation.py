"""The desert's machinery on synthetic FGK companions under the published numbers, and its calibration in a short form."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.population.desert import calibrate
from analysis.population.desert.likelihood import by_host, pointwise, simulated_case, simulated_values
from analysis.population.desert.lines import bounds, line_data, line_terms
from analysis.population.desert.loo import difference, exact, psis
from analysis.population.desert.models import families, prior_points
from analysis.population.desert.sampling import sampled
from analysis.population.desert.validation import COMPANIONS, STARS, bands, synthetic_case, truths, validated

CONFIG = DesertConfig(validation_catalogues=25)


@pytest.fixture(scope="module")
def cases():
    return validated(CONFIG)["cases"]


def test_numbers_of_the_published_case():
    case = synthetic_case([1])
    truth = truths(case.centres)["desert"]
    below, _, above = bands(truth, case.centres)
    assert (STARS, COMPANIONS, len(case)) == (790, 55, 55)
    assert 10 ** case.centres[truth.argmin()] == pytest.approx(30, rel=0.1) and below > above > 2
    assert case.y.min() >= np.log10(2) and case.y.max() <= np.log10(20) and 10 ** case.x_edges[[0, -1]] == pytest.approx([5, 120])


def test_published_results_are_recovered(cases):
    """A minimum near 30 MJ within its interval, left-one-out densities that prefer the desert to the flat one; no preference where the truth is flat."""
    desert, flat = cases["desert"], cases["flat"]
    assert 24 < desert["median_minimum_mj"] < 42 and desert["minimum_covered"] > 0.85
    assert desert["against_flat_above_0"] > 0.8 and desert["against_flat_median"] > 2
    assert flat["against_flat_above_2se"] <= 0.08 and flat["against_flat_median"] < 0 and flat["floor_below_half"] <= 0.08
    assert desert["eccentricity_p_below_0_05"] > 0.6 and desert["metallicity_p_below_0_05"] > 0.5


def test_floor_is_covered_and_ignoring_selection_is_biased(cases):
    dip, flat = cases["dip"], cases["flat"]
    assert dip["floor_covered"] > 0.85 and abs(flat["slope"]) < 0.15 and flat["blind_slope"] > 0.2


def test_two_lines_and_left_out_densities_of_many_companions():
    """Six times the published number: the sampled lines lie about the truth's edges, its floor is found, and PSIS prefers the lines to a flat density."""
    parts = [synthetic_case([1, k]) for k in range(6)]
    case = replace(parts[0], **{
        name: np.concatenate([getattr(p, name) for p in parts]) for name in ("x", "y", "sigma_x", "sigma_y", "weights", "axis_weights", "exposure", "method")
    }, host=np.arange(6 * COMPANIONS))
    case = simulated_case(case, simulated_values(truths(case.centres)["dip"], case, np.random.default_rng(3)))
    data = line_data(case, 0.2)
    config = replace(CONFIG, walkers=24, burn_in=200, steps=600, autocorrelation_times=5.0, least_effective=100.0, largest_rhat=1.2)
    found = sampled(lambda t: line_terms(t, data).sum(axis=1), bounds(config, case.x_edges[0], case.x_edges[-1], tilted=False), config, [1])
    assert found.reason is None
    at_six = found.draws[:, [0, 2]] + found.draws[:, [1, 3]] * np.log10(6.3)
    low, high = 10 ** np.quantile(at_six, [0.025, 0.975], axis=0)
    assert low[0] < 20 < high[0] and low[1] < 45 < high[1] and np.quantile(found.draws[:, 6], 0.025) < -0.8 < np.quantile(found.draws[:, 6], 0.975)
    flat = exact(pointwise(np.ones((1, len(case.centres))), case)[0])
    gap, error = difference(psis(by_host(line_terms(found.draws[::10], data), case.host)), flat)
    assert gap > 2 * error > 0


def test_quadrature_agrees_with_sampling():
    """The log-normal + power law of one catalogue: posterior of the peak by even points of the prior and by emcee."""
    case = synthetic_case([4])
    case = simulated_case(case, simulated_values(truths(case.centres)["desert"], case, np.random.default_rng(4)))
    family = families(CONFIG, case.x_edges[0], case.x_edges[-1])["lognormal_power"]
    points = prior_points(family, 32768, 1)
    weights = np.exp(pointwise(family.density(points, case.centres), case).sum(axis=1))
    weights /= weights.sum()
    config = replace(CONFIG, walkers=24, burn_in=300, steps=1500, autocorrelation_times=5.0, least_effective=100.0, largest_rhat=1.2)
    draws = sampled(lambda t: pointwise(family.density(t, case.centres), case).sum(axis=1), family.bounds, config, [2]).draws
    for k in range(4):
        assert draws[:, k].mean() == pytest.approx(weights @ points[:, k], abs=0.25 * np.sqrt(weights @ points[:, k] ** 2 - (weights @ points[:, k]) ** 2))


def test_calibration_protocol_and_rates(sample):
    """The keys of the protocol, the same numbers twice; 60 catalogues of each hypothesis reject as often as they should, about."""
    prepared = calibrate.prepare(sample, desert_config=DesertConfig(test_points=2048), detection_config=DetectionConfig(), mixture_config=MixtureConfig())
    first, again, other = (calibrate.simulate("null", index, prepared) for index in (3, 3, 4))
    assert set(first) == {"p", "estimate", "low", "high", "truth", "statistic", "null_statistic"} and set(prepared.densities) == set(calibrate.SCENARIOS)
    assert first["statistic"] == again["statistic"] != other["statistic"] and first["null_statistic"] == again["null_statistic"]
    rates = {}
    for scenario in ("null", "alternative"):
        rows = [calibrate.simulate(scenario, index, prepared) for index in range(60)]
        statistic, null = (np.array([row[name] for row in rows]) for name in ("statistic", "null_statistic"))
        rates[scenario] = np.mean([(1 + np.sum(null >= value)) / 61 < 0.05 for value in statistic])
        if scenario == "alternative":
            assert np.mean([row["low"] <= row["truth"] <= row["high"] for row in rows]) > 0.85 and rows[0]["truth"] == pytest.approx(1.0, abs=0.1)
    assert rates["null"] <= 0.15 and rates["alternative"] > 0.25
