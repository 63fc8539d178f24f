"""`just freeze`: the report, the question, and what is replaced when."""

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from analysis import freezing as module
from analysis.catalogue.freeze import Prepared, prepared
from analysis.catalogue.frozen import read_companions
from analysis.catalogue.manifest import FROZEN
from analysis.config import Config, with_overrides
from analysis.constants import MSUN_IN_MJUP
from analysis.errors import InputError
from analysis.freezing import Outcome, fetched_files, main, outcome, report
from analysis.runtime import ROOT
from analysis.study import Study
from tests.catalogue.exports import bd_row, ps_row, write_bd, write_ps
from tests.services.archive import archive_rows, write_export
from tests.small import SMALL

CONFIG = with_overrides(Config(), {section: SMALL[section] for section in ("mixture", "eccentricity", "kozai")}, "test")
EXPORTS = os.environ.get("VLMS_EXPORTS", "")
NUMBERS = Outcome(dict.fromkeys((name for name, *_ in module.HEADLINES), 1), {("export", "NASA"): 4}, {"NASA:x (note)": "applied"})


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FROZEN, tmp_path / "frozen")


@pytest.fixture
def exports(tmp_path):
    rows = [ps_row(number, pl_bmassj=0.01 * number) for number in range(1, 5)]
    return {"ps": write_ps(tmp_path / "ps_2026-01-02.csv", rows), "bd": write_bd(tmp_path / "bd_2026-03-04.csv", [bd_row()])}


@pytest.fixture
def call(folder, exports, tmp_path, monkeypatch):
    """Run the command on the small exports, with headline numbers that take no time."""
    monkeypatch.setattr(module, "outcome", lambda config, say: NUMBERS)

    def run(*arguments, **more):
        files = [f"--{name}={path}" for name, path in (exports | more).items()]
        return main([*files, *arguments], folder, tmp_path / "report.txt")

    return run


def answer(monkeypatch, said):
    """Somebody sits at a terminal and types `said`, or ends the input (EOFError) or the program (KeyboardInterrupt)."""
    asked = []

    def typed(question):
        asked.append(question)
        if isinstance(said, str):
            return said
        raise said

    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", typed)
    return asked


@pytest.mark.parametrize(("said", "status", "replaced"), [
    ("y", 0, True), (" YES ", 0, True), ("n", 0, False), ("", 0, False), ("yesterday", 0, False), (EOFError(), 0, False), (KeyboardInterrupt(), 130, False)])
def test_the_question_decides(call, folder, monkeypatch, capsys, said, status, replaced):
    before = content(folder)
    asked = answer(monkeypatch, said)
    assert call() == status and len(asked) == 1 and asked[0].endswith("/frozen? [y/N] ")
    assert (len(read_companions(folder)) == 5) == replaced and (content(folder) == before) != replaced
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".frozen")] == []
    told = capsys.readouterr()
    assert ("Frozen: " in told.out) == replaced and "Headline numbers" in told.out and "Reading the exports" in told.err


def test_without_a_terminal_nothing_is_replaced_and_yes_or_dry_run_say_what_is_meant(call, folder, monkeypatch, capsys, tmp_path):
    before = content(folder)
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115
    assert call() == 2
    told = capsys.readouterr()
    assert told.err.splitlines()[-1].startswith("Error: ") and "no terminal" in told.err
    assert "203 gone" in told.out and "203 gone" in (tmp_path / "report.txt").read_text()
    assert content(folder) == before
    assert call("--dry-run") == 0 and content(folder) == before and "Nothing was replaced (--dry-run)" in capsys.readouterr().out
    assert call("--yes") == 0 and len(read_companions(folder)) == 5
    assert call("--yes") == 0 and "No differences" in capsys.readouterr().out


def test_the_same_exports_are_no_difference_and_no_byte_changes(call, folder, capsys, monkeypatch):
    assert call("--yes") == 0
    before, stamps = content(folder), {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    capsys.readouterr()
    monkeypatch.setattr(module, "outcome", lambda config, say: pytest.fail("nothing is to be computed"))
    assert call() == 0 and "No differences" in capsys.readouterr().out
    assert content(folder) == before and {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == stamps


def test_a_real_terminal_is_asked(folder, exports, tmp_path):
    """The program in a process of its own, at a pseudo-terminal, answered by hand."""
    code = ("import sys; from pathlib import Path; from analysis import freezing as m; "
            "m.outcome = lambda config, say: m.Outcome({}, {}, {}, 'left out'); "
            "sys.exit(m.main(sys.argv[3:], Path(sys.argv[1]), Path(sys.argv[2])))")
    for said, rows in (("n", 203), ("y", 5)):
        own, other = pty.openpty()
        os.write(own, f"{said}\n".encode())
        done = subprocess.run(
            [sys.executable, "-c", code, folder, tmp_path / "report.txt", f"--ps={exports['ps']}", f"--bd={exports['bd']}"], cwd=ROOT, stdin=other,
            capture_output=True, text=True, check=False, timeout=60)
        os.close(own)
        os.close(other)
        assert done.returncode == 0 and "[y/N]" in done.stdout and "not computed (left out)" in done.stdout
        assert len(read_companions(folder)) == rows


def test_the_screen_is_short_and_the_file_whole(folder, tmp_path, monkeypatch, capsys):
    """Many new and changed systems: the screen is cut and says so, the file has every one."""
    rows = archive_rows()
    for row in rows[:60]:
        row["pl_bmassj"] = "2.5"
    rows += [ps_row(number, pl_orbper=number) | {"pl_bmassj": f"{number}"} for number in range(1, 31)]
    ps = write_export(tmp_path / "ps.csv", rows, tuple(ps_row()))
    monkeypatch.setattr(module, "outcome", lambda config, say: NUMBERS)
    assert main([f"--ps={ps}", f"--bd={write_bd(tmp_path / 'bd.csv', [bd_row()])}", "--dry-run"], folder, tmp_path / "report.txt") == 0
    screen, whole = capsys.readouterr().out, (tmp_path / "report.txt").read_text()
    told = [line for line in screen.splitlines() if str(tmp_path) not in line]
    assert len(told) <= 45 and max(map(len, told)) <= module.WIDTH and "... and 26 more" in screen
    assert all(f"NASA:Host-{number} b (Transit)" in whole for number in range(1, 31)) and "more" not in whole
    assert whole.count("companion_mass_mjup: ") >= 55 and "31 new" in screen


def test_counts_ledger_corrections_and_reasons_stand_in_the_report(folder, exports):
    before = Outcome(
        {"candidates": 138, "KS p of the eccentricities": 1e-3}, {("export", "NASA"): 9, ("mass range", "NASA"): 5}, {"NASA:x (note)": "applied"})
    after = Outcome(
        {"candidates": 140, "KS p of the eccentricities": 2e-3}, {("export", "NASA"): 9, ("mass range", "NASA"): 7}, {"NASA:x (note)": "source has changed"})
    with prepared(exports["ps"], exports["bd"], folder=folder) as new:
        text = report(new, before, after)
        assert "mass range, NASA: 5 → 7" in text and "1 of 2 numbers change" in text and "export, NASA: 9 → 9" in text
        assert "export, NASA: 9" not in report(new, before, after, 5)
        assert "correction of NASA:x (note): applied → source has changed" in text
        line = {row.split("  ")[1]: row for row in text.splitlines() if " → " in row and row.startswith("  ")}
        assert "138 → 140" in line["candidates"] and line["candidates"].endswith("+2") and line["KS p of the eccentricities"].endswith("× 2")
        assert "depends on TOI-6894 b alone" in line["feasible share of draws"]
        assert "not computed (no rows left)" in report(new, before, Outcome({}, {}, {}, "no rows left"))
        assert "NASA: pscomppars_2026-06-02.csv, 6291 rows, retrieved 2026-06-02 → ps_2026-01-02.csv, 4 rows, retrieved 2026-01-02" in text


def test_a_frozen_table_that_cannot_be_read_is_reported_and_can_be_replaced(call, folder, capsys):
    (folder / "companions.csv").write_bytes(b"object_id,companion_name\nNASA:\xff b,x\n")
    assert call("--yes") == 0 and len(read_companions(folder)) == 5
    assert "columns added" in capsys.readouterr().out


def test_headline_effect_is_that_of_an_independent_run(tmp_path):
    """One removed, one added and one heavier companion: counts from what was changed, KS p by SciPy and ΔBIC by scikit-learn from the rows."""
    rows = {row["pl_name"]: row for row in archive_rows()}
    del rows["TRAPPIST-1 h"]
    rows["GJ 1132 c"]["pl_bmassj"] = "5.5"
    rows["Host-1 b"] = dict.fromkeys(next(iter(rows.values())), "") | ps_row(1, pl_orbeccen=0.66, pl_bmassj=3)
    changed = replace(CONFIG, catalogue=replace(CONFIG.catalogue, ps=str(write_export(tmp_path / "ps.csv", list(rows.values())))))
    before, after = (outcome(config, lambda line: None) for config in (CONFIG, changed))
    assert {name: after.values[name] - before.values[name] for name, _, _, spec in module.HEADLINES if spec == "count"} == {
        "companions of hosts in the mass range": 0, "candidates": 0, "candidates above the mass-ratio split": 2, "candidates below the mass-ratio split": -2,
        "eccentricities above the split": 2, "eccentricities below the split": -2}
    assert after.values["feasible share of draws"] == before.values["feasible share of draws"] > 0
    ledger = Study(CONFIG).get("sample").ledger
    told = ledger[ledger["variant"] == "corrected"].set_index(["step", "catalogue"])["rows_out"].to_dict()
    assert told == {key: rows for key, rows in before.ledger.items() if key in told} and len(before.ledger) > len(told) == 20
    for config, found in ((CONFIG, before), (changed, after)):
        table = Study(config).get("sample").table
        table = table[table["is_candidate"]]
        q = table["companion_mass_mjup"].to_numpy(dtype=float) / (table["host_mass_msun"].to_numpy(dtype=float) * MSUN_IN_MJUP)
        e, axis = table["eccentricity"].to_numpy(dtype=float), table["semimajor_axis_au"].to_numpy(dtype=float)
        p = stats.ks_2samp(e[np.isfinite(e) & (q <= 0.01)], e[np.isfinite(e) & (q > 0.01)]).pvalue
        assert found.values["KS p of the eccentricities"] == pytest.approx(p, rel=1e-9)
        points = np.log10(np.column_stack([q, axis]))
        one, two = (GaussianMixture(k, reg_covar=1e-4, n_init=20, tol=1e-8, max_iter=2000, random_state=1).fit(points).bic(points) for k in (1, 2))
        assert found.values["ΔBIC of one against two components"] == pytest.approx(one - two, abs=0.02)
    assert abs(after.values["ΔBIC of one against two components"] - before.values["ΔBIC of one against two components"]) > 0.1


def test_exports_that_cannot_be_analysed_give_the_reason(tmp_path):
    ps = write_ps(tmp_path / "ps.csv", [ps_row(1)])
    told = outcome(replace(CONFIG, catalogue=replace(CONFIG.catalogue, ps=str(ps), bd=str(tmp_path / "absent.csv"))), lambda line: None)
    assert told.values == {} and "absent.csv" in told.reason


def test_fetched_takes_the_newest_complete_day(tmp_path):
    from analysis.catalogue.fetch import BD_NAME, PS_NAME

    both = (PS_NAME, BD_NAME)
    for day, names in (("2026-01-01", both), ("2026-02-02", both), ("2026-03-03", (PS_NAME,)), (".incoming", both)):
        (tmp_path / day).mkdir()
        for name in names:
            (tmp_path / day / name).write_text("x")
    assert fetched_files("latest", tmp_path)["bd"] == tmp_path / "2026-02-02" / BD_NAME
    assert fetched_files("2026-01-01", tmp_path)["ps"] == tmp_path / "2026-01-01" / PS_NAME
    for date, root in (("2026-03-03", tmp_path), ("../x", tmp_path), (".incoming", tmp_path), ("latest", tmp_path / "absent")):
        with pytest.raises(InputError, match="holds no complete fetch"):
            fetched_files(date, root)


def test_a_fetched_day_is_frozen_with_its_provenance(folder, exports, tmp_path, monkeypatch):
    from analysis.catalogue.fetch import BD_NAME, PS_NAME
    from analysis.catalogue.manifest import digest, read_manifest

    day = tmp_path / "fetched" / "2026-05-06"
    day.mkdir(parents=True)
    for key, name in (("ps", PS_NAME), ("bd", BD_NAME)):
        shutil.copyfile(exports[key], day / name)
        note = {"sha256": digest(day / name), "retrieved": "2026-05-06", "url": "https://x/sync", "query": "select 1"}
        (day / f"{name}.provenance.json").write_text(json.dumps(note))
    monkeypatch.setattr(module, "outcome", lambda config, say: NUMBERS)
    monkeypatch.setattr(module.fetched_files, "__defaults__", (tmp_path / "fetched",))
    assert main(["--fetched", "latest", "--yes"], folder, tmp_path / "report.txt") == 0
    assert {entry["retrieved"] for name, entry in read_manifest(folder)["sources"].items() if name != "ages"} == {"2026-05-06"}
    assert main(["--fetched", "latest", "--ps", "x.csv"], folder) == 2


@pytest.mark.parametrize("arguments", [
    ["--nosuch"], ["stray"], ["--ps"], [], ["--ps", "missing.csv", "--bd", "missing.csv"], ["--fetched", "2000-01-01"],
    ["--yes", "--dry-run", "--ps=a", "--bd=b"]])
def test_bad_calls_are_one_sentence_and_status_2(arguments, capsys, folder, tmp_path):
    before = content(folder)
    assert main(arguments, folder, tmp_path / "report.txt") == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.splitlines()[-1].startswith("Error: ") and "Traceback" not in told.err
    assert content(folder) == before and not (tmp_path / "report.txt").exists()


def test_a_prepared_folder_knows_whether_it_is_the_same(exports, folder):
    with prepared(exports["ps"], exports["bd"], folder=folder) as new:
        assert isinstance(new, Prepared) and not new.same
        new.replace()
    with prepared(exports["ps"], exports["bd"], folder=folder) as new:
        assert new.same


@pytest.mark.skipif(not EXPORTS, reason="VLMS_EXPORTS does not name the folder of the archive exports")
def test_the_exports_of_the_frozen_table_are_no_difference(folder, tmp_path, capsys):
    before = content(folder)
    names = {"ps": "pscomppars_2026-06-02.csv", "bd": "stevenson_bd_catalogue_2023-11-20.csv", "ages": "exoplanet_eu_2026-01-13.csv"}
    files = [f"--{key}={EXPORTS}/{name}" for key, name in names.items()]
    assert main(files, folder, tmp_path / "report.txt") == 0 and "No differences" in capsys.readouterr().out
    assert content(folder) == before
