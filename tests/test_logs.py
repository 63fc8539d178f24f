"""Logs: what a bug report needs, text that any reader can take, old runs removed and nobody else's, and no run that a log can stop."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import logs
from analysis.__main__ import main
from analysis.errors import InputError
from analysis.journal import event
from analysis.logs import mirrored, plain, remove_old
from analysis.runtime import ROOT


def records(folder):
    (path,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def options(folder):
    return [str(folder / "logs"), str(folder / "errors"), "run", "run_error"]


def test_the_first_record_tells_what_ran_and_the_last_how_it_ended(tmp_path):
    before = datetime.now(UTC)
    with mirrored(*options(tmp_path), ["--seed", "1"], {"kozai": {"draws": 9}}) as run:
        event("stage_done", stage="disk", seconds=1.5)
        run.status = 2
    first, *middle, last = records(tmp_path / "logs")
    assert first["event"] == "run_start" and first["argv"] == ["--seed", "1"] and first["overrides"] == {"kozai": {"draws": 9}}
    for name, path in (("lock_sha256", "requirements.lock"), ("manifest_sha256", "data/frozen/MANIFEST.json")):
        assert first[name] == hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
    import numpy

    assert first["packages"]["numpy"] == numpy.__version__ and first["python"] == ".".join(map(str, sys.version_info[:3]))
    assert first["threads"]["OMP_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] and first["platform"]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert first["commit"] == (head.stdout.strip() or None)
    assert [(record["event"], record["stage"], record["seconds"]) for record in middle] == [("stage_done", "disk", 1.5)]
    assert last["event"] == "run_end" and last["status"] == 2 and 0 <= last["seconds"] < 60 and last["peak_memory_mb"] > 5
    times = [datetime.fromisoformat(record["time"]) for record in (first, *middle, last)]
    assert times == sorted(times) and timedelta() <= times[0] - before < timedelta(minutes=1)


def test_stages_and_files_of_a_real_run_are_events(tmp_path):
    environment = {**os.environ, "VLMS_CACHE_DIR": str(tmp_path / "cache")}

    def run(name):
        folder = tmp_path / name
        command = [sys.executable, "-m", "analysis", "--only", "target", "--logdir", folder, "--errordir", folder, "--outdir", folder / "out"]
        assert subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0
        return [(record["event"], record.get("stage"), record.get("status")) for record in records(folder) if record["event"] != "message"]

    assert run("one") == [("run_start", None, None), ("stage_start", "target", None), ("stage_done", "target", None), ("run_end", None, 0)]
    assert run("two") == [("run_start", None, None), ("stage_cached", "target", None), ("run_end", None, 0)]


def test_refused_input_and_bugs_end_the_journal_with_their_status(tmp_path, monkeypatch, capsys):
    folders = ["--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors"), "--outdir", str(tmp_path / "out")]
    assert main(["--ps", str(tmp_path / "no\x1b[31m such.csv"), *folders]) == 2
    found = records(tmp_path / "logs")
    assert found[-1]["status"] == 2 and [record["level"] for record in found if record["event"] == "message"][-1:] == ["error"]
    (log,) = (tmp_path / "logs").glob("*.log")
    assert "\x1b" not in log.read_text() and "such.csv: no such file" in log.read_text()
    log.unlink()
    next((tmp_path / "logs").glob("*.jsonl")).unlink()
    monkeypatch.setattr("analysis.__main__._run", lambda chosen: 1 // 0)
    assert main(folders) == 1
    told, found = capsys.readouterr().err, records(tmp_path / "logs")
    assert "this is a bug" in told and "Traceback" not in told
    assert found[-1]["status"] == 1 and any(record["event"] == "traceback" and "ZeroDivisionError" in record["message"] for record in found)


@given(st.text(st.characters(codec=None)) | st.text("\x1b[]0;31m\x07\\\r\n\x9b\u202e\udcff a"))
def test_text_for_a_file_has_no_control_characters_and_is_valid(text):
    result = plain(text)
    assert result.encode("utf-8").decode("utf-8") == result
    assert not any(character < " " and character not in "\n\t" or "\x7f" <= character <= "\x9f" for character in result)


@pytest.mark.parametrize(("text", "expected"), [
    ("\x1b[1;31mred\x1b[0m", "red"), ("\x1b]0;title\x07x", "x"), ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"), ("\x1b(Bx", "x"), ("a\r\nb", "a\nb"),
    ("a\rb", "a\\x0db"), ("bell\x07", "bell\\x07"), ("caf\u00e9 M\u2609", "caf\u00e9 M\u2609"), ("bad\udcff", "bad\\udcff"), ("x\u202ey", "x\\u202ey"), ("\t", "\t"), ("\x1b", "\\x1b"),
])
def test_what_becomes_of_terminal_sequences_and_odd_characters(text, expected):
    assert plain(text) == expected


def test_bars_stay_on_the_terminal_and_odd_names_come_through(tmp_path, capsys):
    with mirrored(*options(tmp_path)):
        for text in ("\r 10%|#   |", "\r     \r", "\x1b[32mdone\x1b[0m a\rb.csv\n"):
            sys.stderr.write(text)
    shown = capsys.readouterr().err
    assert " 10%|#   |" in shown and "\x1b[32mdone" in shown
    for folder in ("logs", "errors"):
        (path,) = (tmp_path / folder).glob("*.log")
        assert path.read_bytes() == b"done a\\x0db.csv\n"
    assert [record["message"] for record in records(tmp_path / "logs") if record["event"] == "message"] == ["done a\\x0db.csv"]


def test_a_terminal_that_cannot_show_a_character_gets_its_code(tmp_path):
    script = f"from analysis.logs import mirrored\nwith mirrored({str(tmp_path)!r}, {str(tmp_path)!r}, 'run', 'run_error'):\n    print('M\u2609 \\udcff')\n"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "M\\u2609 \\udcff\n")
    (log,) = set(tmp_path.glob("run_2*.log"))
    assert log.read_text(encoding="utf-8") == "M\u2609 \\udcff\n"


def test_a_log_that_cannot_grow_is_told_once_and_the_run_goes_on(tmp_path):
    script = (
        "import resource, sys\nfrom analysis.logs import mirrored\n"
        f"with mirrored(*{options(tmp_path)!r}) as run:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"  # as on a full disk, writing fails from here on
        "    for k in range(2000):\n        print('line', k)\n        print('word', k, file=sys.stderr)\n"
        "    sys.exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "line 1999"
    assert done.stderr.count("can no longer be written") == 1 and "Traceback" not in done.stderr
    (log,) = (tmp_path / "logs").glob("*.log")
    assert 4000 < log.stat().st_size <= 4096


def run_files(folder, day, size=10):
    """The three files of a run on this day of January 2020."""
    folder.mkdir(exist_ok=True)
    names = [f"{name}_202001{day:02d}_000000_000000.{kind}" for name, kind in (("run", "log"), ("run", "jsonl"), ("run_error", "log"))]
    for name in names:
        (folder / name).write_bytes(b"x" * size)
    return set(names)


def test_old_runs_go_and_everything_else_stays(tmp_path):
    runs = {day: run_files(tmp_path, day) for day in range(1, 8)}
    others = {
        "run_notes.log", "run_20200101.log", "my_run_20200101_000000_000000.log", "run_20200101_000000_000000.log.txt", "run_20200101_000000_000000.csv",
        "runs_20200101_000000_000000.log", "other_error_20200101_000000_000000.log",
    }
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / "run_20200101_000000_000001.log").mkdir()
    (tmp_path / "run_20200101_000000_000002.log").symlink_to(tmp_path / "run_notes.log")
    with open(tmp_path / "run_20200102_000000_000000.jsonl", "rb") as held:  # a run of that day goes on
        fcntl.flock(held, fcntl.LOCK_SH)
        remove_old(tmp_path, tmp_path, "run", "run_error", 3)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == runs[7] | runs[6] | runs[5] | runs[2] | others | {"run_20200101_000000_000001.log", "run_20200101_000000_000002.log"}


def test_the_size_of_all_runs_is_bounded_too_and_zero_keeps_all(tmp_path):
    runs = {day: run_files(tmp_path, day, size=100) for day in range(1, 6)}
    remove_old(tmp_path, tmp_path, "run", "run_error", 0, size=1)
    assert len(list(tmp_path.iterdir())) == 15
    remove_old(tmp_path, tmp_path, "run", "run_error", 50, size=700)
    assert {path.name for path in tmp_path.iterdir()} == runs[5] | runs[4]
    remove_old(tmp_path, tmp_path, "run", "run_error", 50, size=1)
    assert {path.name for path in tmp_path.iterdir()} == runs[5]


def test_a_run_removes_those_beyond_the_chosen_number(tmp_path, monkeypatch):
    monkeypatch.setenv(logs.KEEP, "2")
    for day in (1, 2, 3):
        run_files(tmp_path, day)
    with mirrored(str(tmp_path), str(tmp_path), "run", "run_error") as run:
        pass
    assert {path.name[:12] for path in tmp_path.glob("run_2*.log")} == {"run_20200103", run.path.name[:12]}


@pytest.mark.parametrize("value", ["-1", "many", "1.5"])
def test_an_unusable_number_of_runs_is_one_sentence(value, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(logs.KEEP, value)
    assert main(["--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors")]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"Error: {logs.KEEP} is '{value}'") and told.count("\n") == 1 and list(tmp_path.iterdir()) == []


def test_runs_of_the_same_instant_take_files_of_their_own(tmp_path, monkeypatch):
    instants = iter([datetime(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 1)])

    class Clock:
        @staticmethod
        def now():
            return next(instants)

    monkeypatch.setattr(logs, "datetime", Clock)
    with mirrored(*options(tmp_path)) as one, mirrored(*options(tmp_path)) as two:
        pass
    assert one.path != two.path
    assert len(list((tmp_path / "logs").iterdir())) == 4 and len(list((tmp_path / "errors").iterdir())) == 2


def test_one_name_for_both_logs_is_one_file(tmp_path):
    with mirrored(str(tmp_path), str(tmp_path), "run", "run"):
        print("Error: once", file=sys.stderr)
    (log,) = tmp_path.glob("*.log")
    assert log.read_text() == "Error: once\n"


@pytest.mark.parametrize(("place", "words"), [("file", "not a directory"), ("file/below", "cannot write logs there"), ("nul\0", "cannot write logs there")])
def test_an_unusable_directory_is_refused_at_the_start(tmp_path, place, words):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=words), mirrored(str(tmp_path / "logs"), str(tmp_path / place), "run", "run_error"):
        pass
    assert (tmp_path / "file").read_text() == "mine" and list((tmp_path / "logs").iterdir()) == []
