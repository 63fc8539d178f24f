"""The comparison with the ledger: whatever the paper would say otherwise is reported, and what the tolerances allow is not."""

import pytest

from analysis.report import ledger
from analysis.report.comparison import compare, counted, failed, screen
from analysis.report.reruns import checks
from tests.report.small_paper import contents, write


@pytest.fixture
def differences(tmp_path):
    """A function: change the artifacts, and get what then differs as (kind, item, part)."""
    expected = ledger.collect(write(tmp_path / "expected"))

    def changed(change):
        artifacts = contents()
        change(artifacts)
        return [(item.kind, item.item, item.part) for item in compare(expected, ledger.collect(write(tmp_path / "found", artifacts)))]

    return changed


def numbers(key, value, text):
    return lambda artifacts: artifacts["numbers.json"][key].update(value=value, text=text)


def cell(table, row, column, text):
    def change(artifacts):
        artifacts["tables.json"][table]["rows"][row][column] = text

    return change


def claim(**values):
    return lambda artifacts: artifacts["claims.json"]["claims"][0].update(values)


def test_results_agree_with_themselves(differences):
    assert differences(lambda artifacts: None) == []


@pytest.mark.parametrize(("change", "item"), [
    (numbers("sample.n", 141, "141"), ("numbers", "sample.n", "")),
    (numbers("sample.n", 140, "0140"), ("numbers", "sample.n", "as printed")),
    (numbers("ecc.ks_p", 0.69013, "0.69"), ("numbers", "ecc.ks_p", "")),
    (numbers("ages.p", 0.1294, "0.13"), ("numbers", "ages.p", "")),
    (numbers("ages.p", 0.1095, "0.11 %"), ("numbers", "ages.p", "as printed")),
    (numbers("ensemble.migrated", 0.01980001, "2.0"), ("numbers", "ensemble.migrated", "")),
    (lambda artifacts: artifacts["numbers.json"].pop("ecc.ks_p"), ("numbers", "ecc.ks_p", "")),
    (lambda artifacts: artifacts["numbers.json"].update(new=contents()["numbers.json"]["sample.n"]), ("numbers", "new", "")),
    (cell("ledger", 1, 1, "141"), ("tables", "ledger", "row 2, Total")),
    (cell("disk", 0, 1, "8.2 × 10⁵ (1.1 × 10⁵ to −3)"), ("tables", "disk", "row 1, Time (yr)")),
    (cell("disk", 0, 1, "8.0 × 10⁴ (1.1 × 10⁵ to −3)"), ("tables", "disk", "row 1, Time (yr)")),
    (cell("disk", 0, 1, "8.0 × 10⁵ (1.1 × 10⁵ to 3)"), ("tables", "disk", "row 1, Time (yr)")),
    (cell("disk", 0, 1, "8.0 × 10⁵ (1.1 × 10⁵ or −3)"), ("tables", "disk", "row 1, Time (yr)")),
    (lambda artifacts: artifacts["tables.json"]["ledger"]["rows"].pop(), ("tables", "ledger", "rows")),
    (lambda artifacts: artifacts["tables.json"]["ledger"].update(columns=["Step", "Sum"]), ("tables", "ledger", "columns")),
    (lambda artifacts: artifacts["tables.json"].pop("disk"), ("tables", "disk", "")),
    (claim(verdict="supported"), ("claims", "kozai", "verdict")),
    (claim(sentence="The data can tell."), ("claims", "kozai", "sentence")),
    (claim(p=0.05), ("claims", "kozai", "p")),
    (claim(effect={"text": "slope −0.52 (−1.00 to 0.10)", "value": -0.53}), ("claims", "kozai", "effect_value")),
    (claim(effect={"text": "slope −0.52 (−1.00 to 0.14)", "value": -0.52}), ("claims", "kozai", "effect")),
    (claim(robustness={"passes": 2, "of": 4}), ("claims", "kozai", "passes")),
    (lambda artifacts: artifacts["claims.json"]["claims"].clear(), ("claims", "kozai", "")),
    (lambda artifacts: artifacts["figures.json"].clear(), ("figures", "fig1", "")),
    (lambda artifacts: artifacts["figures.json"].update(fig2={"alt": "Another."}), ("figures", "fig2", "")),
])
def test_what_the_paper_would_say_otherwise_is_reported(differences, change, item):
    assert differences(change) == [item]


@pytest.mark.parametrize("change", [
    numbers("ecc.ks_p", 0.6901204, "0.69"),
    numbers("ages.p", 0.1194, "0.12"),
    cell("disk", 0, 1, "7.9 × 10⁵ (1.1 × 10⁵ to −3)"),
    claim(p=0.045, p_adjusted=0.09),
    claim(effect={"text": "slope −0.52 (−1.00 to 0.11)", "value": -0.5201}),
])
def test_what_the_tolerances_allow_is_not(differences, change):
    assert differences(change) == []


def test_a_number_that_is_gone_is_reported_with_its_class(differences):
    assert differences(numbers("ecc.ks_p", None, "not available")) == [("numbers", "ecc.ks_p", "tolerance class"), ("numbers", "ecc.ks_p", "")]


def test_other_frozen_data_are_reported(tmp_path):
    found = ledger.collect(write(tmp_path))
    expected = {**found, "data": {**found["data"], "simulations": "0" * 64}}
    assert [(item.kind, item.item) for item in compare(expected, found)] == [("data", "simulations")]


def rerun(name, **values):
    return lambda artifacts: artifacts[f"{name}_summary.json"]["rerun"].update(values)


@pytest.mark.parametrize(("change", "names"), [
    (lambda artifacts: None, []),
    (rerun("ensemble", verdict="agrees"), []),
    (rerun("ensemble", verdict="differs"), ["ensemble run again"]),
    (rerun("ensemble", verdict="differs on the same code and processor"), ["ensemble run again"]),
    (rerun("ensemble", kernel_unchanged=False), ["ensemble: code"]),
    (rerun("ladder", identical=99, same_processor=True), ["ladder run again"]),
    (rerun("ladder", identical=0, same_outcome=95, same_processor=False), []),
    (rerun("ladder", identical=0, same_outcome=80, same_processor=False), ["ladder run again"]),
    (rerun("ladder", identical=0, same_outcome=95, same_processor=False, paired_p={"migrated": 1e-5}), ["ladder run again"]),
    (lambda artifacts: artifacts["ladder_summary.json"].update(rerun=None), ["ladder run again"]),
    (lambda artifacts: artifacts["calibration.json"]["rerun"]["kozai"].update(verdict="differs"), ["calibration of kozai run again"]),
    (lambda artifacts: artifacts["calibration.json"]["rerun"]["kozai"].update(verdict=None), ["calibration of kozai run again"]),
    (lambda artifacts: artifacts["calibration.json"]["rerun"]["kozai"].update(code_unchanged=False), ["calibration of kozai: code"]),
])
def test_frozen_simulations_that_no_longer_stand_are_reported(tmp_path, change, names):
    artifacts = contents()
    change(artifacts)
    assert [item.item for item in failed(checks(write(tmp_path, artifacts)))] == names


def test_the_screen_counts_by_kind_and_tells_expected_found_and_tolerance(tmp_path):
    expected = ledger.collect(write(tmp_path / "expected"))
    artifacts = contents()
    for change in (numbers("ecc.ks_p", 0.5, "0.50"), cell("ledger", 0, 1, "201"), cell("ledger", 1, 1, "139"), claim(sentence=f"{'The data ' * 30}can tell.")):
        change(artifacts)
    artifacts["numbers.json"]["new"] = artifacts["numbers.json"]["sample.n"]
    found = compare(expected, ledger.collect(write(tmp_path / "found", artifacts)))
    text = screen(expected, 6, found)
    for line in ("numbers         4 of 5 agree, and 1 more not in the ledger", "tables          1 of 2 agree (6 cells)", "simulations     6 of 6 agree"):
        assert line in text
    assert "ecc.ks_p: expected 0.69 (0.69012), found 0.50 (0.5) [computed, ±7e-07]" in text
    assert "ledger (row 2, Total): expected 140, found 139 [exact]" in text
    assert max(map(len, text.splitlines())) < 200
    assert counted(found) == "1 claim, 2 numbers and 1 table"


def test_a_long_list_of_differences_stays_on_one_screen(tmp_path):
    found = ledger.collect(write(tmp_path))
    expected = {**found, "numbers": {f"key.{number}": found["numbers"]["sample.n"] for number in range(300)}}
    text = screen(expected, 0, compare(expected, found))
    assert len(text.splitlines()) < 40 and "and 297 more" in text
    assert len(screen(expected, 0, compare(expected, found), everything=True).splitlines()) > 300
