"""The recipes pass options and exit statuses through; set-up repairs the environment or says in one sentence why not."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from analysis.__main__ import RUN_HEADER
from tools import render

ROOT = Path(__file__).resolve().parents[2]
JUST = shutil.which("just", path=str(Path(sys.executable).parent)) or shutil.which("just") or "just"
TOOLS = ("bash", "dirname", "cmp", "grep", "rm", "cp", "cat", "env")


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with the plain tools of set-up and no Python at all."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def run(root: Path, *command: str, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, **variables, **({"PATH": str(path)} if path else {})}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)


def current(root: Path) -> None:
    shutil.copy(root / "requirements.lock", root / ".venv" / "installed.lock")


def test_bare_just_lists_the_documented_recipes():
    done = run(ROOT, JUST)
    assert done.returncode == 0
    for recipe in ("setup", "paper", "submit", "analyze", "calibrate", "count", "fetch", "freeze", "doctor", "test", "lint", "bench", "lock", "clean", "verify", "accept", "fuzz", "torture", "tap-server", "circumbinary"):
        line = next(line for line in done.stdout.splitlines() if line.split()[:1] == [recipe])
        assert "#" in line


@pytest.mark.parametrize(("recipe", "start"), [
    ("analyze", ["-m", "analysis"]), ("calibrate", ["-m", "analysis.calibrate"]), ("count", ["-m", "analysis", "--count-candidates"]), ("fetch", ["-m", "analysis", "--fetch-only"]),
    ("freeze", ["-m", "analysis.freezing"]), ("submit", ["tools/submit.py"]), ("test", ["-m", "pytest", "-n", "2", "--dist", "loadfile"]), ("bench", ["-m", "benchmarks"]),
    ("verify", ["-m", "analysis.verify"]), ("accept", ["-m", "analysis.verify", "--accept"]),
])
def test_options_reach_the_program_word_by_word(recipes, recipe, start):
    current(recipes)
    options = ["--percent", "50", "--outdir", "a folder", "--ps=$HOME/'x'.csv", "*"]
    assert run(recipes, JUST, recipe, *options).returncode == 0
    assert (recipes / "words").read_text().splitlines() == [*start, *options]


@pytest.mark.parametrize("recipe", ["analyze", "count", "paper", "freeze", "submit", "test"])
def test_exit_status_passes_through_without_another_word(recipes, recipe):
    current(recipes)
    done = run(recipes, JUST, recipe, PYTHON_STATUS="2")
    assert done.returncode == 2
    assert done.stderr == ""


def test_paper_writes_the_run_then_renders(recipes):
    current(recipes)
    assert run(recipes, JUST, "paper", "--ps", "my file.csv").returncode == 0
    assert (recipes / "calls").read_text().splitlines() == ["<-m analysis --write-run --ps my file.csv>", "<tools/render.py>"]


def test_programs_know_where_just_was_called(recipes):
    current(recipes)
    python = recipes / ".venv" / "bin" / "python"
    python.write_text(python.read_text().replace("\n", '\necho "$PWD $VLMS_CALLED_FROM" > places\n', 1))
    folder = recipes / "my notes"
    folder.mkdir()
    assert run(folder, JUST, "analyze", "--ps", "mine.csv").returncode == 0
    assert (recipes / "places").read_text() == f"{recipes} {folder}\n"
    assert (recipes / "words").read_text().splitlines() == ["-m", "analysis", "--ps", "mine.csv"]


@pytest.mark.parametrize("by_hand", [False, True])
def test_clean_removes_what_builds_write_and_keeps_what_they_cannot_write_again(recipes, by_hand):
    made = ["results/SUMMARY.txt", "_output/index.html", ".cache/stages/x.json", ".cache/.hidden", "logs/a.log", "errors/a.log", "_variables.yml"]
    kept = [".cache/sweeps/default-1/chunk.npz", ".cache/calibration/1/chunk.npz"] if by_hand else []
    for name in (*made, *kept):
        (recipes / name).parent.mkdir(parents=True, exist_ok=True)
        (recipes / name).write_text("x")
    (recipes / "run.toml").write_text("# mine\n" if by_hand else f"{RUN_HEADER}\n[kozai]\ndraws = 1\n")
    before = {path.name for path in recipes.iterdir()}
    done = run(recipes, JUST, "clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert not any((recipes / name).exists() for name in made) and all((recipes / name).is_file() for name in kept)
    gone = {"results", "_output", "logs", "errors", "_variables.yml"} | (set() if by_hand else {".cache", "run.toml"})
    assert before - {path.name for path in recipes.iterdir()} == gone
    assert [line.split()[1] for line in done.stdout.splitlines()] == ([".cache/sweeps", "run.toml"] if by_hand else [])
    assert run(recipes, JUST, "clean").returncode == 0


def test_setup_installs_the_lock_with_hashes_once(recipes, bare_path):
    first = run(recipes, "bash", "tools/setup.sh", path=bare_path)
    assert first.returncode == 0, first.stderr
    calls = (recipes / "calls").read_text()
    assert "--require-hashes -r requirements.lock" in calls
    assert (recipes / "_environment.local").read_text() == "QUARTO_PYTHON=.venv/bin/python\n"
    start = time.monotonic()
    again = run(recipes, "bash", "tools/setup.sh", path=bare_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert time.monotonic() - start < 2
    assert (recipes / "calls").read_text() == calls


def test_setup_follows_a_changed_lock(recipes, bare_path):
    current(recipes)
    with (recipes / "requirements.lock").open("a") as lock:
        lock.write("other==2.0 \\\n    --hash=sha256:11\n")
    assert run(recipes, "bash", "tools/setup.sh", path=bare_path).returncode == 0
    assert "--require-hashes" in (recipes / "calls").read_text()
    assert (recipes / ".venv" / "installed.lock").read_text() == (recipes / "requirements.lock").read_text()


def test_a_failed_installation_is_tried_again_next_time(recipes, bare_path):
    done = run(recipes, "bash", "tools/setup.sh", path=bare_path, PYTHON_STATUS="1")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not (recipes / ".venv" / "installed.lock").exists()


def test_setup_uses_uv_where_it_is_on_the_path_and_pip_when_uv_fails(recipes, bare_path):
    uv = bare_path / "uv"
    uv.write_text('#!/bin/bash\necho "uv $*" >> calls\nexit "${UV_STATUS:-0}"\n')
    uv.chmod(0o755)
    assert run(recipes, "bash", "tools/setup.sh", path=bare_path).returncode == 0
    assert (recipes / "calls").read_text().startswith("uv pip install")
    assert "-m pip" not in (recipes / "calls").read_text()
    (recipes / ".venv" / "installed.lock").unlink()
    assert run(recipes, "bash", "tools/setup.sh", path=bare_path, UV_STATUS="1").returncode == 0
    assert "-m pip install" in (recipes / "calls").read_text()


def sentence(done: subprocess.CompletedProcess) -> str:
    """The one line on standard error of a call that ended with status 2."""
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def lock_of(root: Path, extra: str, version: str = "1.0") -> None:
    (root / f"requirements-{extra}.lock").write_text(f"{extra}-package=={version} \\\n    --hash=sha256:22\n")


def test_an_extra_is_installed_when_asked_for_and_kept_from_then_on(recipes, bare_path):
    lock_of(recipes, "peers")
    lock_of(recipes, "sweep")
    assert run(recipes, "bash", "tools/setup.sh", path=bare_path).returncode == 0
    assert "-r requirements-" not in (recipes / "calls").read_text()
    done = run(recipes, "bash", "tools/setup.sh", "--extra", "peers", path=bare_path)
    assert (done.returncode, done.stderr) == (0, "")
    calls = (recipes / "calls").read_text()
    assert calls.count("--require-hashes -r requirements-peers.lock") == 1
    assert "requirements-sweep.lock" not in calls
    for options in ((), ("--extra", "peers")):  # nothing to do
        again = run(recipes, "bash", "tools/setup.sh", *options, path=bare_path)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (recipes / "calls").read_text() == calls
    lock_of(recipes, "peers", "2.0")
    assert run(recipes, "bash", "tools/setup.sh", "--extra", "sweep", path=bare_path).returncode == 0
    later = (recipes / "calls").read_text()[len(calls):]
    assert "-r requirements-peers.lock" in later
    assert "-r requirements-sweep.lock" in later
    assert "-r requirements.lock" not in later


def test_an_extra_that_cannot_be_installed_is_told_and_stops_no_build_that_does_not_need_it(recipes, bare_path):
    current(recipes)
    lock_of(recipes, "peers")
    python = recipes / ".venv" / "bin" / "python"
    python.write_text(python.read_text().replace('exit "${PYTHON_STATUS:-0}"\n', '[ "$3" != install ] || exit "${PYTHON_STATUS:-0}"\n'))
    assert "'peers' could not be installed" in sentence(run(recipes, "bash", "tools/setup.sh", "--extra", "peers", path=bare_path, PYTHON_STATUS="1"))
    assert not (recipes / ".venv" / "installed-peers.lock").exists()
    assert run(recipes, "bash", "tools/setup.sh", "--extra", "peers", path=bare_path).returncode == 0
    lock_of(recipes, "peers", "2.0")
    done = run(recipes, "bash", "tools/setup.sh", path=bare_path, PYTHON_STATUS="1")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "just setup --extra peers" in done.stderr


def test_only_extras_with_a_lock_are_known(recipes, bare_path):
    current(recipes)
    lock_of(recipes, "peers")
    lock_of(recipes, "sweep")
    for words in (["--extra", "nonsense"], ["--extra"]):
        assert "one of: peers, sweep" in sentence(run(recipes, "bash", "tools/setup.sh", *words, path=bare_path))
    assert not (recipes / "calls").exists()


def test_setup_says_what_is_missing(recipes, bare_path):
    assert "not 3.11, 3.12 or 3.13" in sentence(run(recipes, "bash", "tools/setup.sh", path=bare_path, PYTHON_FITS="1"))
    assert "--colour" in sentence(run(recipes, "bash", "tools/setup.sh", "--colour", path=bare_path))
    shutil.rmtree(recipes / ".venv")
    assert "No Python 3.11, 3.12 or 3.13" in sentence(run(recipes, "bash", "tools/setup.sh", path=bare_path))
    python = bare_path / "python3"
    python.write_text('#!/bin/bash\n[ "$1" = -c ] && exit 0\necho "ensurepip is not available" >&2\nexit 1\n')
    python.chmod(0o755)
    assert "apt install python3-venv" in sentence(run(recipes, "bash", "tools/setup.sh", path=bare_path))
    assert not (recipes / ".venv").exists()


def test_doctor_tells_a_current_environment_from_a_stale_one(recipes):
    stale = run(recipes, "bash", "tools/doctor.sh")
    assert stale.returncode == 1
    assert "just setup" in stale.stdout
    current(recipes)
    assert "as in requirements.lock" in run(recipes, "bash", "tools/doctor.sh").stdout


@pytest.mark.parametrize(("script", "found"), [
    ("echo 1.7.0", "1.7.0"), ("echo 1.10.2", "1.10.2"), ("echo 99.9.9", "99.9.9"), ("echo 1.6.43", None), ("echo 0.9", None), ("exit 1", None),
    ("echo 1.9.1; exit 3", None), ("echo no version", None),
])
def test_only_a_working_and_recent_quarto_is_used(tmp_path, monkeypatch, script, found):
    quarto = tmp_path / "quarto"
    quarto.write_text(f"#!/bin/sh\n{script}\n")
    quarto.chmod(0o755)
    monkeypatch.setattr(render, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert render.find_quarto() == (None if found is None else (str(quarto), found))


def test_citation_file_names_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["authors"] == [{"family-names": "Johnson", "given-names": "R. S."}]
    assert citation["preferred-citation"]["year"] == 2025
    _, front, _ = (ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8").split("---\n", 2)
    assert citation["title"] == citation["preferred-citation"]["title"] == yaml.safe_load(front)["title"]
