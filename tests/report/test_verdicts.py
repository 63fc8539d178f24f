"""The evidence given to each rule is the one its artifact holds."""

import json
import shutil

import pytest

from analysis.claims import NOT_SUPPORTED, SUPPORTED, evaluate
from analysis.report.verdicts import evidence

TESTS = {
    "populations": "selection_model.json", "eccentricity": "eccentricity_inference.json", "classifier": "origin_skill.json", "ages": "age_inference.json",
}


def _read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(built):
    return evidence(built.outdir)


@pytest.mark.parametrize("claim", TESTS)
def test_a_test_brings_its_p_its_passes_and_the_power_of_the_calibration(found, built, claim):
    artifact, calibration = _read(built.outdir, TESTS[claim])["claim"], _read(built.outdir, "calibration.json")["claims"][claim]
    given = found[claim]
    assert (given["p"], given["p_error"], given["calibration"]) == (artifact["p"], artifact["p_error"], calibration)
    assert calibration["applies"] and given["power"] == calibration["power"] > 0
    known = [met for met in artifact["passes"].values() if met is not None]
    assert (given["robustness"]["passes"], given["robustness"]["of"]) == (sum(known), len(known)) and len(known) > 5
    assert (given["effect"]["value"], given["effect"]["low"], given["effect"]["high"]) == (artifact["estimate"], artifact["low"], artifact["high"])


def test_power_of_other_data_is_the_stage_s_own(built, tmp_path):
    for name in built.outdir.glob("*.json"):
        shutil.copy(name, tmp_path)
    content = _read(tmp_path, "calibration.json")
    content["claims"]["ages"]["applies"] = False
    (tmp_path / "calibration.json").write_text(json.dumps(content), encoding="utf-8")
    assert evidence(tmp_path)["ages"]["power"] == _read(tmp_path, "age_inference.json")["claim"]["power"]


def test_without_an_estimate_the_reason_stands_in_its_place(built, tmp_path):
    for name in built.outdir.glob("*.json"):
        shutil.copy(name, tmp_path)
    content = _read(tmp_path, "origin_skill.json")
    content["claim"] |= {"estimate": None, "low": None, "high": None, "p": None, "reason": "3 hosts, too few"}
    (tmp_path / "origin_skill.json").write_text(json.dumps(content), encoding="utf-8")
    assert evidence(tmp_path)["classifier"]["effect"]["text"] == "3 hosts, too few"


def test_each_value_is_the_one_of_its_artifact(found, built):
    origin, skill, occurrence, disk = (_read(built.outdir, f"{name}.json") for name in ("origin_summary", "origin_skill", "occurrence_summary", "disk_summary"))
    assert found["classifier"]["labels_from_q"] is found["target"]["labels_from_q"] is origin["labels"]["defined_by_a_feature"] is True
    models = skill["target_claim"]["models"].values()
    assert found["target"]["low"] == [model["low"] for model in models] and found["target"]["high"] == [model["high"] for model in models] and len(models) == 3
    variants = [row["ensemble"] for row in occurrence["priors"].values()]
    assert found["kozai"]["least"] == min(row["migrated_share_low"] for row in variants)
    assert found["kozai"]["most"] == max(row["migrated_share_bound_high"] for row in variants) > found["kozai"]["least"]
    assert found["occurrence"]["rejected"] == [
        row["verdict"] == "rejected" for name, row in occurrence["comparison"]["fragments"].items() if "limit" not in name
    ]
    gap = disk["journeys"]["1"]["gap"]
    assert (found["disk"]["share_low"], found["disk"]["share_high"]) == (gap["arrives_share_low"], gap["arrives_share_high"])
    assert gap["arrives_share_low"] < gap["arrives_share"] < gap["arrives_share_high"]


def _ensemble(share, low, high):
    return {"default_2_7": {"ensemble": {"migrated_share": share, "migrated_share_low": low, "migrated_share_bound_high": high}}}


@pytest.mark.parametrize(
    ("artifact", "changes", "claim", "verdict"),
    [
        ("eccentricity_inference.json", {"claim.p": 1e-3, "claim.passes": {"a": True}}, "eccentricity", SUPPORTED),
        ("age_inference.json", {"claim.p": 1e-3, "claim.passes": {"a": True}}, "ages", SUPPORTED),
        ("selection_model.json", {"claim.passes": {"a": True}, "claim.p": 1e-3}, "populations", SUPPORTED),
        ("occurrence_summary.json", {"priors": _ensemble(0.0, 0.0, 0.001)}, "kozai", NOT_SUPPORTED),
        ("occurrence_summary.json", {"priors": _ensemble(0.1, 0.09, 0.2)}, "kozai", SUPPORTED),
        ("disk_summary.json", {"journeys.1.gap.arrives_share_low": 0.7}, "disk", SUPPORTED),
    ],
)
def test_changed_artifact_changes_its_verdict_and_no_other(built, tmp_path, artifact, changes, claim, verdict):
    for name in built.outdir.glob("*.json"):
        shutil.copy(name, tmp_path)
    content = _read(tmp_path, artifact)
    for path, value in changes.items():
        node = content
        *parents, last = path.split(".")
        for key in parents:
            node = node[key]
        node[last] = value
    (tmp_path / artifact).write_text(json.dumps(content), encoding="utf-8")
    before = {item["id"]: item for item in evaluate(evidence(built.outdir))}
    after = {item["id"]: item for item in evaluate(evidence(tmp_path))}
    assert after[claim]["verdict"] == verdict and after[claim]["sentence"] != before[claim]["sentence"]
    assert all(after[name]["verdict"] == before[name]["verdict"] for name in before if name != claim)
