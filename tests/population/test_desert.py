"""The desert's stage on the frozen sample in a small form, its weights and groups, and its artifacts."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.errors import InputError
from analysis.population.desert import stage
from analysis.population.desert.groups import compared, groups_of, one_sided
from analysis.population.desert.kde import kernel_density, line_kernel, selection_weights
from analysis.population.desert.rows import COORDINATES, MASS, RATIO, desert_case, in_region
from analysis.population.rows import population_rows
from analysis.population.selection.gap import fitted_rows
from analysis.report import desert as files
from analysis.report.figures import desert as figure
from analysis.report.figures import desert_corner as corner
from analysis.report.files import Context

QUICK = DesertConfig(
    steps=700, burn_in=60, walkers=20, autocorrelation_times=5.0, least_effective=50.0, largest_rhat=1.5, points=8192, least_points=5.0, test_points=1024, bootstrap=19, pass_bootstrap=3,
    power_catalogues=9, validation_catalogues=2, loo_draws=500,
)


def run(sample, config=QUICK):
    return stage.run(config, sample, DetectionConfig(), MixtureConfig())


@pytest.fixture(scope="module")
def result(sample):
    return run(sample)


@pytest.fixture(scope="module")
def rows(sample):
    return fitted_rows(population_rows(sample.table))


@pytest.fixture(scope="module")
def cases(rows):
    return {name: desert_case(rows, rows, name, QUICK, DetectionConfig(), MixtureConfig()) for name in COORDINATES}


def test_claim_and_tables(result):
    claim = result.summary["claim"]
    assert set(claim) == {"estimand", "test", "estimate", "low", "high", "p", "p_error", "n", "power", "passes", "reason"}
    assert 0 <= claim["low"] <= claim["estimate"] <= claim["high"] and 1 / 20 <= claim["p"] <= 1
    assert len(claim["passes"]) == len(result.passes) - 1 == 16 and "every companion found alike" not in claim["passes"]
    assert set(result.models["model"]) == {"flat", "power", "concave", "lognormal_power", "step", "two_lines"}
    assert (result.steps.groupby("coordinate")["rows"].sum() == result.companions.groupby("coordinate").size()).all()
    assert (result.halves.groupby("coordinate")["rows"].sum() == result.companions.groupby("coordinate").size()).all()
    flat = result.models[(result.models["model"] == "flat") & (result.models["coordinate"] == RATIO)].iloc[0]
    assert np.isnan(flat["against_flat"]) and np.isfinite(flat["against_power"])
    power = result.models[result.models["model"] == "power"]
    assert power["elpd"].to_numpy() == pytest.approx(power["elpd_exact"].to_numpy(), abs=0.15)  # PSIS against the quadrature without the host
    json.dumps(result.summary, default=float)


def test_lens_masses_share_the_error_of_the_lens(cases, rows):
    """Errors of the mass ratio are several times smaller than those of the mass for microlensing, and larger for none."""
    for name, case in cases.items():
        own = in_region(rows, QUICK, name, QUICK.axis_range)
        assert len(case) == len(own) and case.hosts == own["host_name"].nunique()
    lens = cases[RATIO].methods.index("Microlensing")
    ratio, mass = (np.median(case.sigma_x[case.method == case.methods.index("Microlensing")]) for case in (cases[RATIO], cases[MASS]))
    assert ratio < 0.3 * mass
    seen = cases[RATIO].detection[lens]
    assert np.all((seen >= 0) & (seen <= 1)) and cases[MASS].detection[cases[MASS].methods.index("Microlensing")][cases[MASS].centres > np.log10(30.5)].max() == 0


def test_order_of_rows_changes_nothing(sample, result):
    shuffled = SimpleNamespace(table=sample.table.sample(frac=1, random_state=3), uncorrected=sample.uncorrected.sample(frac=1, random_state=4), counts=sample.counts)
    again = run(shuffled)
    for name in ("models", "passes", "groups", "line_draws", "companions", "draws"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))
    assert json.dumps(again.summary, default=float, sort_keys=True) == json.dumps(result.summary, default=float, sort_keys=True)


def test_too_few_rows(sample, tmp_path):
    few = SimpleNamespace(table=sample.table.sort_values("object_id").head(12), uncorrected=sample.uncorrected, counts=sample.counts)
    result = run(few)
    assert f"need {QUICK.min_rows}" in result.reason and result.summary["claim"]["p"] is None
    for write in (files.write, figure.write, corner.write):
        write(tmp_path, Context(), desert=result)
    assert json.loads((tmp_path / "desert.json").read_text())["reason"] == result.reason
    assert (tmp_path / "fig_desert.svg").is_file() and (tmp_path / "fig_desert_corner.svg").is_file()


@pytest.mark.parametrize(("values", "words"), [
    ({"points": 1000}, "power of two"), ({"mass_range": (80.0, 0.2)}, "lower one first"), ({"walkers": 15}, "even number from 16"),
    ({"flank": 1.4}, "no room"), ({"bins": 500, "walkers": 1000}, "cells of"),
])
def test_parameters_that_do_not_go_together(sample, values, words):
    with pytest.raises(InputError, match=words):
        run(sample, replace(QUICK, **values))


def test_artifacts(result, tmp_path):
    for write in (files.write, figure.write, corner.write):
        write(tmp_path, Context(percent=50.0), desert=result)
    content = json.loads((tmp_path / "desert.json").read_text())
    assert content["claim"]["p"] == result.summary["claim"]["p"] and content["partial"]["percent"] == 50
    assert all((tmp_path / name).is_file() for name in content["files"].values()) and len(content["files"]) == 10
    assert set(pd.read_csv(tmp_path / "fig_desert.csv")["kind"]) == {"companion", "step", "density", "statistic"}


def test_an_untrusted_posterior_gives_no_numbers(sample):
    result = run(sample, replace(QUICK, steps=40, autocorrelation_times=50.0, bootstrap=3, pass_bootstrap=1, validation_catalogues=1))
    lines = result.models[result.models["model"] == "two_lines"]
    assert lines["reason"].notna().all() and lines["elpd"].isna().all() and len(result.line_draws) == 0
    assert result.lines["median"].isna().all() and np.isnan(result.summary[RATIO]["two_lines"]["floor"]) and result.steps["density"].isna().all()


def test_kernel_density_against_scipy(cases):
    """Without weights it is scipy's; one method with an even detection gives even weights."""
    case = cases[RATIO]
    x, y = np.meshgrid(case.centres, case.axis_centres, indexing="ij")
    expected = stats.gaussian_kde(np.stack([case.x, case.y]))(np.stack([x.ravel(), y.ravel()])).reshape(x.shape)
    assert kernel_density(case, weighted=False).density == pytest.approx(expected)
    weighted = kernel_density(case)
    own = stats.gaussian_kde(np.stack([case.x, case.y]), weights=weighted.weights)
    assert weighted.density == pytest.approx(own(np.stack([x.ravel(), y.ravel()])).reshape(x.shape)) and weighted.effective == pytest.approx(1 / (weighted.weights**2).sum())
    assert [row["factor"] for row in line_kernel(case, QUICK)] == [0.7, 1.0, 1.4]


def test_weights_undo_the_selection():
    """One method: weights as 1 / D. Two methods with unlike detections of one population: weighted means agree with the population's."""
    assert selection_weights(np.array([[1.0, 0.5, 0.25]]), np.zeros(3, int)) == pytest.approx(np.array([1, 2, 4]) / 7)
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 60_000)
    seen = np.array([0.05 + 0.9 * x, 1.0 - 0.8 * x])
    method = rng.integers(0, 2, len(x))
    found = rng.random(len(x)) < seen[method, np.arange(len(x))] * np.array([1.0, 0.2])[method]
    weights = selection_weights(seen[:, found], method[found])
    assert x[found].mean() != pytest.approx(0.5, abs=0.03) and weights @ x[found] == pytest.approx(0.5, abs=0.01)


def test_groups():
    """Direction, sizes and reasons of the one-sided tests; hosts count once for metallicity; assumed circular orbits are left out."""
    assert groups_of(np.array([0.01, 0.02, 0.05, 0.06]), (0.02, 0.05)).tolist() == ["below", "in", "in", "above"]
    larger = one_sided(np.arange(10.0) + 5, np.arange(10.0), "less", 3)
    assert larger["p"] == pytest.approx(stats.ks_2samp(np.arange(10.0) + 5, np.arange(10.0), alternative="less").pvalue) and larger["p"] < 0.1
    assert one_sided(np.arange(10.0) + 5, np.arange(10.0), "greater", 3)["p"] > 0.9
    assert larger["smallest_p"] < larger["p"] and "too few: 2 and 10" in one_sided(np.arange(2.0), np.arange(10.0), "less", 3)["reason"]
    table = pd.DataFrame({
        "host_name": ["A", "A", "B", "C", "D", "E", "F"], "eccentricity": [0.1, 0.0, 0.2, 0.1, 0.5, 0.6, 0.7], "metallicity": [0.1, 0.1, 0.0, -0.1, -0.2, -0.3, np.nan],
        "eccentricity_kind": ["measured", "assumed_zero", *["measured"] * 5], "discovery_method": "Radial Velocity",
    })
    found = compared(table, np.array([1, 1, 1, 1, 3, 3, 3.0]), (1.5, 2.5), "mass", QUICK).set_index(["quantity", "first", "second"])
    e, metals = found.loc["eccentricity", "above", "below"], found.loc["metallicity", "above", "below"]
    assert (e["n_first"], e["n_second"], metals["n_first"], metals["n_second"]) == (3, 3, 2, 3)
    assert e["p"] == pytest.approx(e["smallest_p"]) == pytest.approx(0.05) and metals["reason"].startswith("too few")
