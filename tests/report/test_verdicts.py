"""The evidence given to each rule is the one its artifact holds."""

import json
import shutil

import pytest

from analysis.claims import CANNOT_TELL, NOT_SUPPORTED, SUPPORTED, evaluate
from analysis.report.verdicts import evidence


def _read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(built):
    return evidence(built.outdir)


def test_each_value_is_the_one_of_its_artifact(found, built):
    mixture, eccentricity, origin, ages, occurrence, disk = (
        _read(built.outdir, f"{name}.json")
        for name in ("gmm_summary", "eccentricity_summary", "origin_summary", "age_regression_summary", "occurrence_summary", "disk_summary")
    )
    assert found["populations"]["delta_bic"] == mixture["bic"]["1"] - mixture["bic"]["2"] > 0
    assert sorted(found["populations"]["within_method"]) == sorted(v for v in mixture["within_method_delta_bic_1_2"].values() if v is not None)
    assert found["eccentricity"]["p_all"] < 0.001 and found["eccentricity"]["p_wide"] > 0.5
    assert found["eccentricity"]["p_wide"] == eccentricity["wide"]["tests"]["as_given"]["ks_p"]
    assert (found["eccentricity"]["n_wide_low"], found["eccentricity"]["n_wide_high"]) == (5, 6)
    variant = origin["sets"]["candidates"]["variants"]["without_mass_ratio_and_method"]
    assert (found["classifier"]["auroc_low"], found["classifier"]["auroc_high"]) == (variant["auroc_low"], variant["auroc_high"])
    assert found["classifier"]["labels_from_q"] is True and len(found["target"]["probabilities"]) == 4
    assert found["ages"]["p_axis"] == ages["regressions"]["as_given"]["log_a_on_log_age"]["permutation_p"]
    assert found["ages"]["detectable_r"] == max(power["detectable_r_hosts"] for power in ages["power"].values())
    variants = [row["ensemble"] for row in occurrence["priors"].values()]
    assert found["kozai"]["least"] == min(row["migrated_share_low"] for row in variants)
    assert found["kozai"]["most"] == max(row["migrated_share_bound"] for row in variants) > found["kozai"]["least"]
    assert found["occurrence"]["rejected"] == [
        row["verdict"] == "rejected" for name, row in occurrence["comparison"]["fragments"].items() if "limit" not in name
    ]
    assert found["disk"]["share_arriving"] == disk["journeys"]["1"]["gap"]["arrives_share"]


def test_passes_are_counted_from_the_robustness_table(found, built):
    passes = _read(built.outdir, "robustness_summary.json")["passes"].values()
    strong = [item["delta_bic_1_2"] >= 10 for item in passes if item["delta_bic_1_2"] is not None]
    counted = found["populations"]["robustness"]
    assert (counted["passes"], counted["of"]) == (sum(strong), len(strong))
    assert found["eccentricity"]["robustness"]["passes"] == 0


@pytest.mark.parametrize(
    ("artifact", "path", "value", "claim", "verdict"),
    [
        ("gmm_summary.json", ["delta_bic_1_2"], 2.0, "populations", NOT_SUPPORTED),
        ("gmm_summary.json", ["delta_bic_1_2"], None, "populations", CANNOT_TELL),
        ("eccentricity_summary.json", ["wide", "tests", "as_given", "ks_p"], 0.01, "eccentricity", SUPPORTED),
        ("occurrence_summary.json", ["priors"], {"default_2_7": {"ensemble": {"migrated_share": 0.0, "migrated_share_low": 0.0, "migrated_share_bound": 0.001}}},
         "kozai", NOT_SUPPORTED),
        ("occurrence_summary.json", ["priors"], {"default_2_7": {"ensemble": {"migrated_share": 0.1, "migrated_share_low": 0.09, "migrated_share_bound": 0.2}}},
         "kozai", SUPPORTED),
        ("disk_summary.json", ["journeys", "1", "gap", "arrives_share"], 0.7, "disk", SUPPORTED),
        ("age_regression_summary.json", ["regressions", "as_given", "log_a_on_log_age", "permutation_p"], 0.001, "ages", SUPPORTED),
    ],
)
def test_changed_artifact_changes_its_verdict_and_no_other(built, tmp_path, artifact, path, value, claim, verdict):
    for name in built.outdir.glob("*.json"):
        shutil.copy(name, tmp_path)
    content = _read(tmp_path, artifact)
    node = content
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    (tmp_path / artifact).write_text(json.dumps(content), encoding="utf-8")
    before = {item["id"]: item for item in evaluate(evidence(built.outdir))}
    after = {item["id"]: item for item in evaluate(evidence(tmp_path))}
    assert after[claim]["verdict"] == verdict and after[claim]["sentence"] != before[claim]["sentence"]
    assert all(after[name] == before[name] for name in before if name != claim)
