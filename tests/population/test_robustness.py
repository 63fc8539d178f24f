"""The robustness table: what each pass holds, agreement with the stages, invariance, few rows, and the artifacts."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.config import EccentricityConfig, MixtureConfig, RobustnessConfig
from analysis.population import robustness
from analysis.population.eccentricity import stage as eccentricity
from analysis.population.eccentricity.treatments import eccentricity_rows, two_sample
from analysis.population.mixture import stage as mixture
from analysis.population.rows import population_rows
from analysis.report import population as report
from analysis.report.figures import clustering, eccentricity_axis, eccentricity_cdf
from analysis.report.figures import robustness as robustness_figure
from analysis.report.files import Context

CONFIG = RobustnessConfig(restarts=3)
MIXTURE = replace(MixtureConfig(), restarts=3, max_components=3, deconvolution_restarts=1, deconvolution_components=2)
ECCENTRICITY = replace(EccentricityConfig(), bagging_resamples=20, permutations=200, power_draws=50)


def run(sample):
    return robustness.run(CONFIG, sample=sample, mixture_config=MIXTURE, eccentricity_config=ECCENTRICITY)


@pytest.fixture(scope="module")
def result(sample):
    return run(sample)


def test_passes_hold_what_they_say(sample):
    found = {one.name: population_rows(one.table) for one in robustness.passes(sample, CONFIG, 0.01)}
    everything = found["all candidates"]
    for method in robustness.METHOD_ORDER:
        without, only = found[f"without {method}"], found[f"only {method}"]
        assert (only["discovery_method"] == method).all() and method not in set(without["discovery_method"])
        assert sorted([*without["object_id"], *only["object_id"]]) == sorted(everything["object_id"])
    assert set(found["true masses only"]["mass_kind"]) == {"true"}
    assert not (found["without masses from radii"]["mass_kind"] == "mass_radius_relation").any()
    assert set(found["NASA rows only"]["data_source"]) == {"NASA"}
    assert set(found["catalogue axes only"]["semimajor_axis_kind"]) == {"catalogue"}
    assert found["one row per host"]["host_name"].is_unique and len(found["one row per host"]) == everything["host_name"].nunique()
    assert len(found["as exported"]) == 140
    assert len(found["every row with masses and axis"]) > len(everything)
    assert len(found["uncorrected catalogue"]) == sample.uncorrected["is_candidate"].sum()


def test_one_row_per_host_prefers_rows_with_an_eccentricity(sample):
    chosen = robustness.one_row_per_host(sample.table)
    known = population_rows(sample.table).groupby("host_name")["eccentricity"].count()
    assert (chosen.set_index("host_name")["eccentricity"].notna().sort_index() == (known > 0).sort_index()).all()
    shuffled = robustness.one_row_per_host(sample.table.sample(frac=1, random_state=2))
    assert shuffled["object_id"].tolist() == chosen["object_id"].tolist()


def test_headline_row_agrees_with_the_stages(sample, result):
    first = result.table.iloc[0]
    stage = mixture.run(MIXTURE, sample=sample)
    assert first["delta_bic_1_2"] == pytest.approx(stage.summary["delta_bic_1_2"], abs=1e-6)
    tests = eccentricity.run(ECCENTRICITY, sample=sample).tests.set_index(["orbits", "treatment"])
    assert first["ks_p"] == tests.loc[("all", "as_given"), "ks_p"] and first["ks_p_wide"] == tests.loc[("wide", "as_given"), "ks_p"]
    limits = result.table.set_index("name").loc["e limits and assumed zeros excluded"]
    assert limits["ks_p"] == tests.loc[("all", "limits_excluded"), "ks_p"] and np.isnan(limits["delta_bic_1_2"]) and limits["mixture_reason"]


def test_split_passes_move_the_split(sample, result):
    table = result.table.set_index("name")
    rows = eccentricity_rows(sample.table)
    assert [name for name in table.index if name.startswith("split")] == [f"split at q = {q:g}" for q in (0.003, 0.005, 0.02, 0.03, 0.05)]
    assert table.loc["split at q = 0.003", "ks_p"] == two_sample(rows, "as_given", 0.003, ECCENTRICITY)["ks_p"]
    assert table.loc["split at q = 0.003", "n_high"] == (rows["mass_ratio"] > 0.003).sum()


def test_every_empty_cell_has_a_reason(result):
    table = result.table
    assert table.loc[table["delta_bic_1_2"].isna(), "mixture_reason"].notna().all()
    assert table.loc[table["ks_p"].isna(), "eccentricity_reason"].notna().all()
    assert table["name"].is_unique


def test_findings_of_the_frozen_sample(result):
    """The mixture gain dissolves within microlensing; the eccentricity difference at wide orbits, in every pass."""
    summary = result.summary
    assert summary["only_method_delta_bic"]["Microlensing"] < 0 < summary["only_method_delta_bic"]["Radial Velocity"] < 15
    assert summary["without_method_delta_bic"]["Microlensing"] > 120
    assert summary["eccentricity_wide"]["ks_below_level"] == 0 and summary["eccentricity_wide"]["passes"] > 15
    assert result.table.set_index("name").loc["without Astrometry", "ks_p"] > 0.05


def test_row_order_does_not_matter(sample):
    few = SimpleNamespace(
        table=sample.table.sample(frac=1, random_state=3).assign(),
        uncorrected=sample.uncorrected.sample(frac=1, random_state=4),
    )
    config = replace(CONFIG, restarts=2)
    quick = replace(MIXTURE, max_components=2)
    tables = [robustness.run(config, sample=one, mixture_config=quick, eccentricity_config=ECCENTRICITY).table for one in (sample, few)]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize("rows", [0, 8])
def test_few_rows_still_give_every_artifact(sample, target, tmp_path, rows):
    candidates = sample.table[sample.table["is_candidate"]].iloc[::11].head(rows)
    few = SimpleNamespace(table=candidates, uncorrected=candidates)
    results = {
        "mixture": mixture.run(MIXTURE, sample=few),
        "eccentricity": eccentricity.run(ECCENTRICITY, sample=few),
        "robustness": run(few),
    }
    context = Context(percent=5.0)
    report.write_mixture(tmp_path, context, mixture=results["mixture"], robustness=results["robustness"])
    report.write_eccentricity(tmp_path, context, eccentricity=results["eccentricity"])
    report.write_robustness(tmp_path, context, robustness=results["robustness"])
    clustering.write(tmp_path, context, mixture=results["mixture"], target=target)
    eccentricity_axis.write(tmp_path, context, eccentricity=results["eccentricity"], target=target)
    eccentricity_cdf.write(tmp_path, context, eccentricity=results["eccentricity"])
    robustness_figure.write(tmp_path, context, robustness=results["robustness"])
    summary = json.loads((tmp_path / "gmm_summary.json").read_text())
    assert summary["delta_bic_1_2"] is None and summary["reason"] and summary["partial"]["percent"] == 5
    assert json.loads((tmp_path / "beta_e_bootstrap_summary.json").read_text())["partial"]
    reason = results["eccentricity"].reason
    assert ("No comparison" in (tmp_path / "ks_test_e.txt").read_text()) == (reason is not None)
    assert reason is not None or rows
    for stem in ("fig2_ae", "fig_clustering", "fig_robustness", "fig_ecc_cdf"):
        assert all((tmp_path / f"{stem}.{kind}").stat().st_size > 0 for kind in ("png", "svg", "csv"))


def test_text_states_the_matched_comparison_beside_the_specified_one(sample, tmp_path):
    report.write_eccentricity(tmp_path, Context(), eccentricity=eccentricity.run(ECCENTRICITY, sample=sample))
    text = (tmp_path / "ks_test_e.txt").read_text()
    assert "0.000315" in text and "0.688" in text and "0.792" in text
    assert list(pd.read_csv(tmp_path / "beta_e_params.csv")["subset"].unique()) == ["low_q", "high_q"]


def test_ellipse_has_the_stated_distance():
    covariance = np.array([[0.5, 0.2], [0.2, 0.3]])
    line = clustering.ellipse((1.0, -2.0), covariance, 2.0) - [1.0, -2.0]
    assert np.einsum("ni,ij,nj->n", line, np.linalg.inv(covariance), line) == pytest.approx(np.full(len(line), 4.0))
