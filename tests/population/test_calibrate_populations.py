"""The calibration of the claim "populations" in a short form."""

import numpy as np
import pytest

from analysis.config import DetectionConfig, MixtureConfig
from analysis.population.rows import population_rows
from analysis.population.selection import calibrate
from analysis.population.selection.gap import case_of, fitted_rows


@pytest.fixture(scope="module")
def prepared(sample):
    return calibrate.prepare(sample, detection_config=DetectionConfig(), mixture_config=MixtureConfig())


def test_protocol(sample, prepared):
    """The keys of the protocol, the same bytes twice, other numbers for another index, and the real test's functions behind it."""
    first, again, other = (calibrate.simulate("null", index, prepared) for index in (3, 3, 4))
    assert set(first) == {"p", "estimate", "low", "high", "truth", "statistic", "null_statistic"}
    assert {k: v for k, v in first.items() if k != "p"} == {k: v for k, v in again.items() if k != "p"} and first["statistic"] != other["statistic"]
    case = case_of(fitted_rows(population_rows(sample.table)), DetectionConfig(), MixtureConfig())
    assert prepared.case.root == case.root
    assert prepared.knots == (-1.0, -0.5, 0.0) and 1.7 < prepared.quantiles[-1] < 2.4 and prepared.quantiles[0] < prepared.quantiles[-1]
    assert set(calibrate.SCENARIOS) == set(prepared.depths) == set(prepared.samplers) and prepared.depths["null"] == 0.0


def test_size_power_and_coverage(prepared):
    """80 catalogues: rejections by the pooled warp-speed null and coverage within what their number allows."""
    rates = {}
    for scenario in ("null", "alternative"):
        rows = [calibrate.simulate(scenario, index, prepared) for index in range(80)]
        got = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        p = np.array([(1 + np.sum(got["null_statistic"] >= value)) / 81 for value in got["statistic"]])
        assert np.mean((got["low"] <= got["truth"]) & (got["truth"] <= got["high"])) > 0.88
        rates[scenario] = np.mean(p < 0.05)
    assert rates["null"] <= 0.125 and rates["alternative"] > 0.6
