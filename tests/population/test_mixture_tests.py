"""The stage of the mixture tests: row order, few rows, the target, findings of the frozen sample, and recovery of simulated groups."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.config import EccentricityConfig, MixtureConfig, MixtureTestsConfig, SelectionConfig
from analysis.population.mixture import inference as mixture_tests
from analysis.report import mixture_tests as writer
from analysis.report.files import Context

QUICK = replace(MixtureTestsConfig(), draws=39, repeat_draws=19, starts=6, resamples=30, dip_draws=199, dip_picks=10)
MIXTURE = replace(MixtureConfig(), restarts=10)


def run(table):
    return mixture_tests.run(QUICK, SimpleNamespace(table=table), mixture_config=MIXTURE, selection_config=SelectionConfig(), eccentricity_config=EccentricityConfig())


@pytest.fixture(scope="module")
def result(sample):
    return run(sample.table)


def test_stage_does_not_depend_on_row_order(sample, result):
    second = run(sample.table.sample(frac=1, random_state=3))
    assert json.dumps(result.summary) == json.dumps(second.summary)
    for name in ("fits", "components", "tests", "null", "intervals", "probabilities", "dips", "splits", "weights"):
        assert getattr(result, name).equals(getattr(second, name)), name


@pytest.mark.parametrize("rows", [0, 1, 5, 15])
def test_few_rows_give_reasons_and_no_numbers(sample, rows):
    few = run(sample.table[sample.table["is_candidate"]].head(rows))
    assert few.summary["reason"] and few.tests["p"].isna().all() and few.tests["reason"].notna().all() and few.summary["rows"] == rows
    assert set(few.summary["passes"].values()) <= {None, False} and few.summary["target"] is None
    assert len(few.splits) == QUICK.splits and len(few.probabilities) == rows
    assert "NaN" not in json.dumps(few.summary)


def test_target_is_scored_and_never_fitted(sample, result):
    moved = sample.table.copy()
    moved.loc[moved["is_target"], ["log_mass_ratio", "log_semimajor_axis"]] = [-1.0, 1.0]
    other = run(moved)
    assert other.fits.equals(result.fits) and other.tests.equals(result.tests) and other.intervals.equals(result.intervals)
    assert other.summary["target"]["3"]["label"] == 3 != result.summary["target"]["3"]["label"]
    row = result.probabilities[result.probabilities["is_target"]].iloc[0]
    assert row["probability_k2_1"] + row["probability_k2_2"] == pytest.approx(1)
    assert row["probability_k2_1_low"] <= row["probability_k2_1"] <= row["probability_k2_1_high"]


def test_findings_of_the_frozen_sample(result):
    summary = result.summary
    tests = summary["tests"]
    assert tests["all_candidates"]["1_2"]["p"] == tests["all_candidates"]["2_3"]["p"] == 1 / 40 and tests["all_candidates"]["3_4"]["p"] > 0.05
    assert tests["all_candidates"]["1_2"]["delta_bic"] == pytest.approx(101.37, abs=0.02)
    assert tests["only_imaging"]["1_2"]["reason"] == "5 rows; 2 components need at least 20" and tests["only_imaging"]["1_2"]["p"] is None
    assert summary["passes"]["likelihood ratio, without Microlensing"] and summary["passes"]["likelihood ratio, only Imaging"] is None
    assert not summary["passes"]["dip, all candidates"] and summary["dip"]["all_candidates"]["p"] > 0.3
    assert summary["variants"]["errors"]["bic"]["2"] == pytest.approx(646.02, abs=0.02)
    assert 100 < summary["weights"]["sum"] < 125 and summary["weights"]["mean_by_method"]["microlensing"] < 0.7
    assert summary["splits"]["ks_wide_below_level"] == 0 and summary["splits"]["predicted_from_method"]["lowest"] > 0.75
    assert summary["resamples"]["best_k_data"] == 3 and "NaN" not in json.dumps(summary)


def test_three_simulated_groups_are_found(sample):
    """The frozen rows with their hosts and errors, moved to three groups that are far apart: two is rejected, three is not."""
    table = sample.table.copy()
    rng = np.random.default_rng(1)
    places = np.array([[-4.5, -1.6], [-3.0, 0.3], [-1.0, 1.5]])[rng.choice(3, len(table), p=[0.4, 0.35, 0.25])]
    table[["log_mass_ratio", "log_semimajor_axis"]] = places + rng.normal(0, 0.25, (len(table), 2))
    found = run(table).summary
    assert found["tests"]["all_candidates"]["2_3"]["p"] == 1 / 40 and found["tests"]["all_candidates"]["3_4"]["p"] > 0.05
    assert found["resamples"]["best_k_data"] == 3
    for j, place in enumerate(([-4.5, -1.6], [-3.0, 0.3], [-1.0, 1.5]), start=1):
        part = found["resamples"]["components"]["3"][str(j)]
        assert part["mean_log_q"]["estimate"] == pytest.approx(place[0], abs=0.15) and part["mean_log_a"]["estimate"] == pytest.approx(place[1], abs=0.15)
        assert part["mean_log_q"]["low"] < part["mean_log_q"]["estimate"] < part["mean_log_q"]["high"]


def test_artifacts(tmp_path, result):
    writer.write(tmp_path, Context(), mixture_tests=result)
    content = json.loads((tmp_path / "mixture_tests.json").read_text())
    assert content["tests"]["all_candidates"]["1_2"]["p"] == 1 / 40
    assert {path.name for path in tmp_path.iterdir()} == {"mixture_tests.json", *content["files"].values()}
    rows = pd.read_csv(tmp_path / "mixture_probabilities.csv")
    assert rows["is_target"].sum() == 1 and rows["mass_range_probability"].isna().sum() == 1 and len(rows) == content["rows"] + 1


def test_figure_is_drawn_with_and_without_tests(sample, result, tmp_path):
    """Every test that was made has its line, and a sample too small for any still gives a figure."""
    from analysis.report.figures import mixture_tests as figure

    few = run(sample.table[sample.table["is_candidate"]].head(5))
    for name, found in (("all", result), ("few", few)):
        (tmp_path / name).mkdir()
        figure.write(tmp_path / name, Context(), mixture_tests=found)
        assert {path.suffix for path in (tmp_path / name).iterdir()} == {".png", ".svg", ".csv"}
    drawn = pd.read_csv(tmp_path / "all" / "fig_mixture_tests.csv")
    assert (drawn["panel"] == "a").sum() == result.tests["p"].notna().sum() and (drawn["panel"] != "a").sum() == QUICK.splits
