"""The ledger of the printed paper: one line per entry, the same bytes each time, and one sentence for a file that is none."""

import json
import re

import pytest

from analysis.config import Config, with_overrides
from analysis.errors import InputError
from analysis.report import ledger
from analysis.report.comparison import compare, failed
from analysis.report.files import Context
from analysis.report.reruns import checks
from analysis.report.tolerances import CLASSES, LEAST_DRAWS, RULES, allowance, class_of_number
from analysis.report.variables import judged
from tests.report.small_paper import contents, write


def test_the_committed_ledger_agrees_with_a_build(built):
    assert ledger.EXPECTED.is_file(), "manuscript/expected.json is missing: build the results, then `just accept`"
    differences = [*compare(ledger.read(), ledger.collect(built.outdir)), *failed(checks(built.outdir))]
    assert differences == []


def test_the_committed_ledger_is_written_as_we_write_it():
    assert ledger.text(ledger.read()) == ledger.EXPECTED.read_text(encoding="utf-8")


def test_a_build_gives_a_ledger_that_reads_back_the_same_line_by_line(built, tmp_path):
    found = ledger.collect(built.outdir)
    path = tmp_path / "expected.json"
    path.write_text(ledger.text(found), encoding="utf-8")
    assert ledger.read(path) == found and compare(ledger.read(path), found) == []
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) > len(found["numbers"]) and sum(line.lstrip().startswith('"sample.candidates": {') for line in lines) == 1
    numbers = json.loads((built.outdir / "numbers.json").read_text(encoding="utf-8"))
    assert {key for key, entry in numbers.items() if not (entry["artifact"] == "claims.json" and entry["format"] == "text")} == set(found["numbers"])
    assert set(found["claims"]) == {claim["id"] for claim in json.loads((built.outdir / "claims.json").read_text(encoding="utf-8"))["claims"]}
    assert set(found["tables"]) == set(json.loads((built.outdir / "tables.json").read_text(encoding="utf-8")))


def test_each_rule_of_the_tolerances_names_a_class_and_a_setting_that_exist(built):
    settings = json.loads((built.outdir / "numbers.json").read_text(encoding="utf-8"))
    assert [rule for rule in RULES if rule.kind not in CLASSES or rule.draws and rule.draws not in settings] == []


@pytest.mark.parametrize(("value", "artifact", "field", "kind"), [
    (3, "disk_summary.json", "share", "exact"), ("inside", "a.json", "b", "exact"), (True, "a.json", "b", "exact"), (None, "a.json", "b", "exact"),
    (3.0, "disk_summary.json", "share", "drawn"), (0.5, "run.json", "kozai.radius", "exact"), (0.5, "another.json", "x", "computed"),
    (12, "ensemble_summary.json", "rerun.same_outcome", "rerun"), (0.1, "ladder_summary.json", "shares.level_2.migrated", "frozen"),
    (0.1, "age_regression_summary.json", "a.permutation_p", "p:set.ages.permutations"),
])
def test_classes_follow_kind_artifact_and_field(value, artifact, field, kind):
    assert class_of_number("key", {"value": value, "artifact": artifact, "field": field}) == kind


def test_a_resampled_p_may_move_by_a_few_of_its_binomial_errors():
    numbers = {"set.n": {"value": 9999}}
    assert allowance("p:set.n", 0.5, numbers) == pytest.approx(4 * 0.5 / 9999**0.5)
    assert 3 / LEAST_DRAWS < allowance("p", 0.0, {}) < 5 / LEAST_DRAWS
    assert allowance("exact", 1e9, {}) == 0 and allowance("rerun", 0.0, {}) > 1e9


@pytest.mark.parametrize(("content", "words"), [
    ("{", "not valid JSON"), ("\udcff", "not valid JSON"), ("[" * 100_000, "not valid JSON"), ("[]", "expected an object"), ("{}", "expected an object"),
])
def test_a_file_that_is_no_ledger_is_one_sentence(tmp_path, content, words):
    path = tmp_path / "expected.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=words) as error:
        ledger.read(path)
    assert "expected.json" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("damage", "words"), [
    (lambda held: held["numbers"]["sample.n"].pop("value"), "numbers.sample.n"),
    (lambda held: held["numbers"].update({"sample.n": 3}), "numbers.sample.n"),
    (lambda held: held["numbers"]["sample.n"].update({"class": "loose"}), "loose"),
    (lambda held: held["numbers"]["sample.n"].update(text=3), "numbers.sample.n"),
    (lambda held: held["tables"]["disk"].update(rows=["a"]), "tables.disk"),
    (lambda held: held["claims"]["kozai"].pop("verdict"), "claims.kozai"),
    (lambda held: held.update(figures="fig1"), "figures"),
    (lambda held: held.update(data=[]), "data"),
    (lambda held: held.pop("tables"), "tables"),
])
def test_a_damaged_ledger_names_the_place(tmp_path, damage, words):
    held = ledger.collect(write(tmp_path))
    damage(held)
    (tmp_path / "expected.json").write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)):
        ledger.read(tmp_path / "expected.json")


@pytest.fixture
def stamp(tmp_path):
    """A function: what the title page says of the small paper, its artifacts, the run or the ledger changed."""

    def made(change=None, config=None, percent=100.0, text=None):
        path = tmp_path / "expected.json"
        path.write_text(ledger.text(ledger.collect(write(tmp_path / "expected"))) if text is None else text, encoding="utf-8")
        artifacts = contents()
        if change:
            change(artifacts)
        return judged(write(tmp_path / "found", artifacts), config or Config(), Context(percent), path)

    return made


def test_the_stamp_says_verified_or_in_what_it_differs(stamp):
    same = stamp()
    assert same["word"] == "verified" and "Verified: 5 numbers, 2 tables, 1 claims, 1 figures; all agree" in same["sentence"] and same["ledger"] in same["sentence"]
    other = stamp(lambda artifacts: artifacts["numbers.json"]["sample.n"].update(value=1, text="1"))
    assert (other["word"], other["differing"], other["ledger"]) == ("differs", "1 number", same["ledger"])
    stale = stamp(lambda artifacts: artifacts["ensemble_summary.json"]["rerun"].update(kernel_unchanged=False))
    assert (stale["word"], stale["differing"]) == ("differs", "1 simulation")


def test_the_stamp_of_another_run_or_ledger_says_that_nothing_was_compared(stamp, tmp_path):
    other = with_overrides(Config(), {"target": {"mstar": 0.1}}, "test")
    for made in (stamp(config=other), stamp(percent=50.0), stamp(text="{"), judged(tmp_path / "found", Config(), Context(), tmp_path / "missing.json")):
        assert made["word"] == "not compared" and made["sentence"].startswith("Not compared") and made["ledger"] is None
