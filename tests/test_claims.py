"""Verdict rules: each verdict can be reached, thresholds are where they are declared, and nothing missing supports anything."""

import pytest
from statsmodels.stats.multitest import multipletests

from analysis.claims import AGREEING, CANNOT_TELL, ENOUGH_POWER, NOT_SUPPORTED, RULES, SENTENCES, SIGNIFICANCE, SUPPORTED, adjusted, decided, evaluate
from analysis.errors import InputError

SOUND = {"sound": True}
FOUND = {"effect": {"text": "an effect"}, "p": 1e-4, "p_error": 1e-5, "power": 0.9, "passes": [True, True, True, False, None], "calibration": SOUND}
TESTED = ("populations", "desert", "eccentricity", "classifier", "ages")
EVIDENCE = {
    **{claim: {**FOUND, "labels_from_q": False} for claim in TESTED},
    "kozai": {"least": 0.02, "most": 0.1}, "occurrence": {"rejected": [True, False, True]}, "disk": {"share_low": 0.55, "share_high": 0.65},
    "circumbinary": {"low": 0.02, "high": 0.05}, "formation": {"core_accretion": 0, "fragmentation": 12, "variants": 12}, "vetting": {"outcome": "pass"},
    "target": {"labels_from_q": False, "low": [0.96, 0.99], "high": [1.0, 1.0]},
}
LOW, HIGH = {"low": [0.0, 0.01], "high": [0.03, 0.05]}, {"low": [0.96, 0.2], "high": [1.0, 1.0]}


def _all(**changes):
    return {name: {"effect": {"text": "an effect"}, "calibration": SOUND, **values, **changes.get(name, {})} for name, values in EVIDENCE.items()}


def _claims(**changes):
    return {claim["id"]: claim for claim in evaluate(_all(**changes))}


@pytest.mark.parametrize("claim", TESTED)
@pytest.mark.parametrize(
    ("change", "verdict", "ground"),
    [
        ({}, SUPPORTED, "found"),
        ({"passes": []}, SUPPORTED, "found"),
        ({"passes": [True, True, False]}, SUPPORTED, "found"),  # exactly two thirds
        ({"passes": [True, False]}, CANNOT_TELL, "fragile"),
        ({"p": 0.03}, CANNOT_TELL, "fragile"),  # 0.03 is above 0.05 once adjusted for five claims
        ({"p": 0.05}, NOT_SUPPORTED, "absent"),
        ({"p": 0.5, "power": 0.8}, NOT_SUPPORTED, "absent"),
        ({"p": 0.5, "power": 0.79}, CANNOT_TELL, "weak"),
        ({"p": 0.5, "power": None}, CANNOT_TELL, "weak"),
        ({"p": None}, CANNOT_TELL, "missing"),
    ],
)
def test_claims_with_a_test_share_one_rule(claim, change, verdict, ground):
    found = _claims(**{claim: change})[claim]
    assert (found["verdict"], found["sentence"]) == (verdict, SENTENCES[claim][ground])


@pytest.mark.parametrize("claim", [rule.id for rule in RULES if rule.id in (*TESTED, "target")])
def test_a_test_that_errs_too_often_decides_nothing(claim):
    assert _claims()[claim]["verdict"] == SUPPORTED
    found = _claims(**{claim: {"calibration": {"sound": False}}})[claim]
    assert found["verdict"] == CANNOT_TELL and found["sentence"] != _claims()[claim]["sentence"]


@pytest.mark.parametrize(
    ("claim", "change", "verdict", "words"),
    [
        ("classifier", {"labels_from_q": True}, CANNOT_TELL, "cut in mass ratio"),
        ("kozai", {}, SUPPORTED, "whatever the strength"),
        ("kozai", {"least": 0.009}, CANNOT_TELL, "torn apart"),
        ("kozai", {"least": 0.0, "most": 0.009}, NOT_SUPPORTED, "hardly any"),
        ("kozai", {"least": None}, CANNOT_TELL, "could not be evaluated"),
        ("occurrence", {}, CANNOT_TELL, "is not known"),
        ("occurrence", {"rejected": [True, True]}, NOT_SUPPORTED, "fall short"),
        ("occurrence", {"rejected": []}, CANNOT_TELL, "could not be evaluated"),
        ("disk", {}, SUPPORTED, "most of the disc models"),
        ("disk", {"share_low": 0.49}, CANNOT_TELL, "not known"),
        ("disk", {"share_low": 0.002, "share_high": 0.009}, NOT_SUPPORTED, "hardly any"),
        ("disk", {"share_low": 0.002, "share_high": 0.011}, CANNOT_TELL, "not known"),
        ("disk", {"share_low": None}, CANNOT_TELL, "could not be evaluated"),
        ("circumbinary", {}, SUPPORTED, "Part of the giants"),
        ("circumbinary", {"low": 0.0, "high": 0.004}, NOT_SUPPORTED, "hardly ever"),
        ("circumbinary", {"low": 0.004}, CANNOT_TELL, "too few to tell"),
        ("circumbinary", {"low": None}, CANNOT_TELL, "could not be evaluated"),
        ("formation", {}, SUPPORTED, "only fragmentation"),
        ("formation", {"core_accretion": 1}, CANNOT_TELL, "cannot tell"),
        ("formation", {"fragmentation": 11}, CANNOT_TELL, "cannot tell"),
        ("formation", {"core_accretion": 12, "fragmentation": 0}, NOT_SUPPORTED, "only core accretion"),
        ("formation", {"variants": None}, CANNOT_TELL, "could not be evaluated"),
        ("vetting", {}, SUPPORTED, "mass of a planet"),
        ("vetting", {"outcome": "fail"}, NOT_SUPPORTED, "fails a check"),
        ("vetting", {"outcome": None}, CANNOT_TELL, "cannot be told"),
        ("target", {}, SUPPORTED, "binary-like"),
        ("target", {"labels_from_q": True}, CANNOT_TELL, "cannot tell how"),
        ("target", LOW, NOT_SUPPORTED, "planet-like"),
        ("target", {**LOW, "high": [0.03, 0.06]}, CANNOT_TELL, "cannot tell how"),
        ("target", HIGH, CANNOT_TELL, "cannot tell how"),
        ("target", {"low": [], "high": []}, CANNOT_TELL, "cannot tell how"),
        ("target", {"low": [None, 0.99]}, CANNOT_TELL, "cannot tell how"),
    ],
)
def test_each_verdict_of_the_other_rules(claim, change, verdict, words):
    found = _claims(**{claim: change})[claim]
    assert found["verdict"] == verdict and words in found["sentence"]


def test_the_grounds_have_sentences_and_the_thresholds_are_those_declared():
    assert (SIGNIFICANCE, ENOUGH_POWER, AGREEING) == (0.05, 0.8, pytest.approx(2 / 3))
    for claim in TESTED:
        assert {"found", "absent", "fragile", "weak", "missing", "matter"} == set(SENTENCES[claim])
    assert decided({**FOUND, "p_adjusted": None}) == (CANNOT_TELL, "missing")


def test_adjustment_is_that_of_benjamini_and_yekutieli():
    p = {"a": 0.001, "b": 0.02, "c": None, "d": 0.3, "e": 0.04}
    reference = multipletests([0.001, 0.02, 0.3, 0.04], method="fdr_by")[1]
    found = adjusted(p)
    assert found["c"] is None and [found[name] for name in "abde"] == pytest.approx(list(reference))
    assert adjusted({"a": None}) == {"a": None}


def test_one_claim_more_makes_every_other_harder():
    alone = {claim: {"p": None} for claim in TESTED[1:]}
    assert _claims(populations={"p": 0.03}, **alone)["populations"]["verdict"] == SUPPORTED
    assert _claims(populations={"p": 0.03})["populations"]["verdict"] == CANNOT_TELL


def test_sentence_follows_the_verdict():
    before, after = _claims(), _claims(disk={"share_low": 0.0, "share_high": 0.001})
    assert before["disk"]["verdict"] == SUPPORTED and after["disk"]["verdict"] == NOT_SUPPORTED
    assert before["disk"]["sentence"] != after["disk"]["sentence"]
    assert all(before[name] == after[name] for name in before if name != "disk")


def test_missing_evidence_is_an_error():
    evidence = _all()
    del evidence["disk"]
    with pytest.raises(InputError, match="disk"):
        evaluate(evidence)
