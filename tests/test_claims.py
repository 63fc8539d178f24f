"""Verdict rules: each verdict can be reached, thresholds are where they are declared, and nothing missing supports anything."""

import pytest

from analysis.claims import CANNOT_TELL, NOT_SUPPORTED, RULES, SUPPORTED, evaluate
from analysis.errors import InputError

EFFECT = {"effect": {"text": "an effect"}}
POPULATIONS = {"delta_bic": 50.0, "best_k": 2, "within_method": [12.0, 15.0]}
ECCENTRICITY = {"p_all": 0.001, "p_wide": 0.01, "n_wide_low": 30, "n_wide_high": 30}
CLASSIFIER = {"labels_from_q": False, "auroc_low": 0.6, "auroc_high": 0.8}
AGES = {"p_axis": 0.01, "p_eccentricity": 0.5, "detectable_r": 0.5}
KOZAI = {"least": 0.02, "most": 0.1}
OCCURRENCE = {"rejected": [True, False, True]}
DISK = {"share_arriving": 0.6}
TARGET = {"labels_from_q": False, "probabilities": [0.96, 0.99]}
JUDGE = {rule.id: rule.judge for rule in RULES}


@pytest.mark.parametrize(
    ("claim", "evidence", "change", "verdict"),
    [
        ("populations", POPULATIONS, {}, SUPPORTED),
        ("populations", POPULATIONS, {"delta_bic": 9.9}, NOT_SUPPORTED),
        ("populations", POPULATIONS, {"within_method": [12.0, -3.0]}, CANNOT_TELL),
        ("populations", POPULATIONS, {"within_method": [12.0]}, CANNOT_TELL),
        ("populations", POPULATIONS, {"best_k": 3}, CANNOT_TELL),
        ("populations", POPULATIONS, {"delta_bic": None}, CANNOT_TELL),
        ("eccentricity", ECCENTRICITY, {}, SUPPORTED),
        ("eccentricity", ECCENTRICITY, {"p_wide": 0.2}, NOT_SUPPORTED),
        ("eccentricity", ECCENTRICITY, {"p_wide": 0.2, "n_wide_high": 6}, CANNOT_TELL),
        ("eccentricity", ECCENTRICITY, {"p_all": 0.2}, CANNOT_TELL),
        ("eccentricity", ECCENTRICITY, {"p_wide": None}, CANNOT_TELL),
        ("classifier", CLASSIFIER, {}, SUPPORTED),
        ("classifier", CLASSIFIER, {"labels_from_q": True}, CANNOT_TELL),
        ("classifier", CLASSIFIER, {"auroc_low": 0.4, "auroc_high": 0.55}, NOT_SUPPORTED),
        ("classifier", CLASSIFIER, {"auroc_low": 0.4}, CANNOT_TELL),
        ("ages", AGES, {}, SUPPORTED),
        ("ages", AGES, {"p_axis": 0.03}, CANNOT_TELL),  # 0.03 times two regressions is above 0.05
        ("ages", AGES, {"p_axis": 0.3, "detectable_r": 0.25}, NOT_SUPPORTED),
        ("ages", AGES, {"p_axis": None, "p_eccentricity": None}, CANNOT_TELL),
        ("kozai", KOZAI, {}, SUPPORTED),
        ("kozai", KOZAI, {"least": 0.009}, CANNOT_TELL),
        ("kozai", KOZAI, {"least": 0.0, "most": 0.009}, NOT_SUPPORTED),
        ("kozai", KOZAI, {"least": None}, CANNOT_TELL),
        ("occurrence", OCCURRENCE, {}, CANNOT_TELL),
        ("occurrence", OCCURRENCE, {"rejected": [True, True]}, NOT_SUPPORTED),
        ("occurrence", OCCURRENCE, {"rejected": []}, CANNOT_TELL),
        ("disk", DISK, {}, SUPPORTED),
        ("disk", DISK, {"share_arriving": 0.4}, CANNOT_TELL),
        ("disk", DISK, {"share_arriving": 0.005}, NOT_SUPPORTED),
        ("target", TARGET, {}, SUPPORTED),
        ("target", TARGET, {"labels_from_q": True}, CANNOT_TELL),
        ("target", TARGET, {"probabilities": [0.01, 0.04]}, NOT_SUPPORTED),
        ("target", TARGET, {"probabilities": [0.01, 0.99]}, CANNOT_TELL),
        ("target", TARGET, {"probabilities": []}, CANNOT_TELL),
    ],
)
def test_verdicts(claim, evidence, change, verdict):
    assert JUDGE[claim]({**evidence, **change})[0] == verdict


def _all(**changes):
    values = {
        "populations": POPULATIONS, "eccentricity": ECCENTRICITY, "classifier": CLASSIFIER, "ages": AGES, "kozai": KOZAI,
        "occurrence": OCCURRENCE, "disk": DISK, "target": TARGET,
    }
    return {name: {**EFFECT, **value, **changes.get(name, {})} for name, value in values.items()}


def test_sentence_follows_the_verdict():
    before = {claim["id"]: claim for claim in evaluate(_all())}
    after = {claim["id"]: claim for claim in evaluate(_all(disk={"share_arriving": 0.0}))}
    assert before["disk"]["verdict"] == SUPPORTED and after["disk"]["verdict"] == NOT_SUPPORTED
    assert before["disk"]["sentence"] != after["disk"]["sentence"]
    assert all(before[name] == after[name] for name in before if name != "disk")


@pytest.mark.parametrize(
    ("claim", "evidence", "change", "words"),
    [
        ("populations", POPULATIONS, {"delta_bic": None}, "too few"),
        ("populations", POPULATIONS, {"within_method": [12.0, -3.0]}, "detection methods"),
        ("populations", POPULATIONS, {"best_k": 3}, "More than two"),
        ("eccentricity", ECCENTRICITY, {"p_all": 0.2}, "disagree"),
        ("eccentricity", ECCENTRICITY, {"p_wide": 0.2, "n_wide_low": 3}, "too few"),
        ("classifier", CLASSIFIER, {"labels_from_q": True}, "cut in mass ratio"),
        ("classifier", CLASSIFIER, {"auroc_low": None, "auroc_high": None}, "too few"),
        ("kozai", KOZAI, {"least": 0.0}, "torn apart"),
        ("kozai", KOZAI, {"most": None}, "could not be evaluated"),
        ("occurrence", OCCURRENCE, {}, "is not known"),
        ("occurrence", OCCURRENCE, {"rejected": []}, "could not be evaluated"),
        ("target", TARGET, {"probabilities": [0.01, 0.99]}, "disagree"),
        ("target", TARGET, {"labels_from_q": True}, "cannot tell how"),
    ],
)
def test_sentence_is_the_true_one_on_each_path(claim, evidence, change, words):
    verdict, sentence = JUDGE[claim]({**evidence, **change})
    assert verdict == CANNOT_TELL and words in sentence


def test_missing_evidence_is_an_error():
    evidence = _all()
    del evidence["disk"]
    with pytest.raises(InputError, match="disk"):
        evaluate(evidence)
