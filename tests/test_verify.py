"""just verify and just accept as a user meets them: exit statuses, what is shown before anything is written, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_study import Copy

from analysis import verify as program
from analysis.errors import InputError
from analysis.report import ledger
from analysis.runtime import ROOT
from analysis.study import Study


@pytest.fixture
def path(built, tmp_path):
    """A ledger of its own that agrees with the build."""
    path = tmp_path / "expected.json"
    path.write_text(ledger.text(ledger.collect(built.outdir)), encoding="utf-8")
    return path


def edit(path: Path, change) -> bytes:
    content = ledger.read(path)
    change(content)
    path.write_text(ledger.text(content), encoding="utf-8")
    return path.read_bytes()


def answering(monkeypatch, reply):
    def answer(prompt):
        if reply is None:
            raise EOFError
        return reply

    monkeypatch.setattr("builtins.input", answer)


def test_a_build_that_agrees_is_verified_and_one_that_does_not_is_told(built, path, capsys):
    assert program.verify(expected=path, results=built.outdir) == 0
    told = capsys.readouterr().out
    assert "VERIFIED" in told and len(told.splitlines()) < 12
    edit(path, lambda content: content["numbers"]["sample.candidates"].update(value=1, text="1"))
    edit(path, lambda content: content["claims"]["target"].update(verdict="supported"))
    assert program.verify(expected=path, results=built.outdir) == 1
    told = capsys.readouterr().out
    assert "sample.candidates: expected 1, found" in told and "target (verdict): expected supported, found" in told
    assert told.splitlines()[-1] == "DIFFERS in 1 claim and 1 number."


@pytest.mark.parametrize(("content", "words"), [("{", "not valid JSON"), ("{}", "not a ledger"), (None, "no such file")])
def test_a_bad_ledger_is_one_sentence_and_status_2(tmp_path, content, words):
    copy = Copy(tmp_path)
    (tmp_path / "manuscript").mkdir()
    if content is not None:
        (tmp_path / "manuscript" / "expected.json").write_text(content)
    done = subprocess.run([sys.executable, "-m", "analysis.verify"], cwd=copy.root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr and "expected.json" in done.stderr and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists() and not (tmp_path / ".cache").exists()


@pytest.mark.parametrize("arguments", [["--yes"], ["--quick", "--accept"]])
def test_options_that_do_not_go_together_are_refused(arguments, capsys):
    assert program.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("quick", [False, True])
def test_a_rebuild_runs_apart_from_the_users_results_and_cache(tmp_path, monkeypatch, quick):
    ran = {}

    def run(command, *, env, **more):
        ran.update(command=command, env=env)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(program.subprocess, "run", run)
    monkeypatch.setenv("VLMS_CACHE_DIR", "elsewhere")
    assert program._rebuild(tmp_path, quick) == tmp_path / "results"
    for option, folder in (("--outdir", "results"), ("--logdir", "logs"), ("--errordir", "errors")):
        assert ran["command"][ran["command"].index(option) + 1] == str(tmp_path / folder)
    assert ran["env"].get("VLMS_CACHE_DIR") == (None if quick else str(tmp_path / "cache")) and "NUMBA_CACHE_DIR" not in ran["env"]


def test_a_build_that_fails_is_never_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(program.subprocess, "run", lambda command, **more: subprocess.CompletedProcess(command, 1))
    with pytest.raises(InputError, match="nothing was compared"):
        program._rebuild(tmp_path, False)


def test_the_cache_of_a_process_can_be_a_folder_of_its_own(tmp_path):
    code = "from analysis import cache, runtime; import os; print(cache.CACHE_DIR, os.environ['NUMBA_CACHE_DIR'])"
    variables = {**{name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}, "VLMS_CACHE_DIR": str(tmp_path / "own")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    stages, numba = done.stdout.split()
    assert stages == str(tmp_path / "own") and numba.startswith(f"{tmp_path}/own/numba/")


@pytest.mark.parametrize("reply", ["n", "", None])
def test_accept_shows_the_difference_and_writes_nothing_without_consent(built, path, capsys, monkeypatch, reply):
    before = edit(path, lambda content: content["numbers"]["sample.candidates"].update(value=1, text="1"))
    answering(monkeypatch, reply)
    assert program.accept(expected=path, results=built.outdir) == 0
    told = capsys.readouterr().out
    assert told.index("sample.candidates: expected 1") < told.index("Accepting would change 1 number.") < told.index("Nothing was written.")
    assert path.read_bytes() == before


def test_accept_writes_what_the_results_say_and_then_has_nothing_to_do(built, path, capsys, monkeypatch):
    wanted = path.read_bytes()
    edit(path, lambda content: content["tables"]["ledger"]["rows"].pop())
    answering(monkeypatch, "yes")
    assert program.accept(expected=path, results=built.outdir) == 0
    assert "ledger (rows)" in capsys.readouterr().out and path.read_bytes() == wanted
    assert program.accept(yes=True, expected=path, results=built.outdir) == 0
    assert "nothing to accept" in capsys.readouterr().out
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [None, "{"])
def test_accept_makes_the_first_ledger_and_replaces_a_damaged_one(built, path, capsys, content):
    wanted = path.read_bytes()
    path.unlink() if content is None else path.write_text(content)
    assert program.accept(yes=True, expected=path, results=built.outdir) == 0
    assert path.read_bytes() == wanted and "numbers" in capsys.readouterr().out


def record(built, folder: Path, **values) -> Path:
    """A folder with the record of the build alone, changed."""
    folder.mkdir()
    provenance = json.loads((built.outdir / "provenance.json").read_bytes())
    (folder / "provenance.json").write_text(json.dumps({**provenance, **values}))
    return folder


@pytest.mark.parametrize(("values", "words"), [
    ({"partial": "PARTIAL RUN: 50 % of the candidates"}, "partial run"),
    ({"config": {"catalogue": {"ps": "mine.csv"}}}, "other data or parameters"),
    ({"config": []}, "other data or parameters"),
    ({}, "not a current build"),
    ({"outputs": None}, "not a current build"),
])
def test_accept_refuses_partial_runs_other_data_and_incomplete_builds(built, path, tmp_path, values, words):
    before = path.read_bytes()
    with pytest.raises(InputError, match=words):
        program.accept(yes=True, expected=path, results=record(built, tmp_path / "results", **values))
    assert path.read_bytes() == before


def test_accept_names_the_parameter_that_is_another(built, path, tmp_path):
    config = json.loads((built.outdir / "provenance.json").read_bytes())["config"]
    config["kozai"]["draws"] = 7
    with pytest.raises(InputError, match=r"kozai\.draws"):
        program.accept(yes=True, expected=path, results=record(built, tmp_path / "results", config=config))


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_accept_refuses_a_folder_without_the_record_of_a_build(path, tmp_path, content):
    folder = tmp_path / "results"
    folder.mkdir()
    if content is not None:
        (folder / "provenance.json").write_text(content)
    with pytest.raises(InputError, match=r"provenance\.json"):
        program.accept(yes=True, expected=path, results=folder)


def test_an_altered_artifact_is_out_of_date_and_so_is_what_follows_from_it(built, tmp_path):
    folder = record(built, tmp_path / "results")
    for file in built.outdir.iterdir():
        if file.is_file() and file.name != "provenance.json":
            os.link(file, folder / file.name)
    study = Study(outdir=folder)
    assert study.outdated() == []
    (folder / "tables.json").unlink()
    (folder / "tables.json").write_text("{}")
    assert study.outdated() == ["tables"]


def test_another_ledger_changes_the_stamp_alone(built, tmp_path, monkeypatch):
    """The one group of artifacts that reads the ledger is made again; no stage is."""
    from analysis import cache

    real = cache.file_digest
    changed = ROOT / "manuscript" / "expected.json"
    monkeypatch.setattr(cache, "file_digest", lambda file: "another" if file == changed else real(file))
    assert Study(outdir=built.outdir).outdated() == ["variables"]
