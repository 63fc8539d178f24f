"""The report on the environment: what is required, what is not, what it means, and that it changes and contacts nothing."""

import ast
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from analysis.runtime import ROOT

SCRIPT = ROOT / "tools" / "doctor.py"
SYSTEM = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


@pytest.fixture
def doctor(monkeypatch):
    specification = importlib.util.spec_from_file_location("doctor", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def bare(tmp_path):
    """A clone without an environment."""
    root = tmp_path / "clone"
    root.mkdir()
    for name in ("tools", "analysis"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data" / "frozen", root / "data" / "frozen", ignore=shutil.ignore_patterns("*.npz"))
    shutil.copytree(ROOT / "data" / "frozen" / "simulations", root / "data" / "frozen" / "simulations", dirs_exist_ok=True)
    for path in ROOT.glob("requirements*.lock"):
        shutil.copy(path, root / path.name)
    return root


def run(root, *options, **variables):
    return subprocess.run(["bash", "tools/doctor.sh", *options], cwd=root, env={**SYSTEM, **variables}, capture_output=True, text=True, timeout=120, check=False)


def states(done):
    return {check["what"]: check for check in json.loads(done.stdout)["checks"]}


def test_before_set_up_it_says_what_is_missing_and_changes_nothing(bare):
    before = sorted(path for path in bare.rglob("*") if "__pycache__" not in path.parts)
    done = run(bare, "--json")
    found = states(done)
    assert done.returncode == 1 and json.loads(done.stdout)["ok"] is False and done.stderr == ""
    assert {name for name, check in found.items() if check["required"] and check["state"] != "ok"} == {"Python", "packages", "fallback"}
    assert all("just setup" in found[name]["do"] for name in ("Python", "packages", "fallback"))
    assert found["catalogue"]["state"] == found["simulations"]["state"] == "ok"
    assert sorted(path for path in bare.rglob("*") if "__pycache__" not in path.parts) == before


def test_every_line_says_what_it_means_and_every_lack_what_to_do(bare):
    found = json.loads(run(bare, "--json").stdout)["checks"]
    assert len(found) > 18 and all(check["what"] and check["found"] and check["means"] and check["state"] in ("ok", "missing", "problem") for check in found)
    assert all(check["do"] for check in found if check["state"] != "ok")
    text = run(bare).stdout.splitlines()
    assert len(text) == len(found) + 2 and text[-1].startswith("A build needs this mended first: Python, packages")
    assert any(line.startswith("MISSING  Python") for line in text) and any(line.startswith("missing  extra") for line in text)


@pytest.mark.parametrize(("damage", "what", "words"), [
    ("alter", "catalogue", "companions.csv altered"), ("remove", "simulations", "ladder.npz missing"), ("manifest", "catalogue", "MANIFEST.json is missing or not valid"),
])
def test_frozen_data_that_are_not_as_frozen_are_required_mending(bare, damage, what, words):
    frozen = bare / "data" / "frozen"
    if damage == "alter":
        (frozen / "companions.csv").write_bytes((frozen / "companions.csv").read_bytes() + b"\n")
    elif damage == "remove":
        (frozen / "simulations" / "ladder.npz").unlink()
    else:
        (frozen / "MANIFEST.json").write_text('{"files": []}')
    check = states(run(bare, "--json"))[what]
    assert check["state"] != "ok" and check["required"] and words in check["found"] and "git restore data/frozen" in check["do"]


@pytest.mark.parametrize(("variables", "state", "words"), [
    ({}, "ok", "none set"), ({"NUMBA_NUM_THREADS": "0"}, "problem", "1 to 4096"), ({"OMP_NUM_THREADS": "8"}, "problem", "slower"),
    ({"NUMBA_NUM_THREADS": "4096"}, "problem", "wait for one another"), ({"OMP_NUM_THREADS": "1,1"}, "ok", "respected"),
])
def test_thread_variables(doctor, monkeypatch, variables, state, words):
    for name in [name for name in os.environ if name.endswith(("_NUM_THREADS", "_MAXIMUM_THREADS", "_CPU_COUNT"))]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check = next(check for check in doctor.check_cores() if check.what == "threads")
    assert check.state == state and words in f"{check.found} {check.means}"


def test_an_encoding_other_than_utf8_is_a_problem_but_no_obstacle(bare):
    check = states(run(bare, "--json", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"))["encoding"]
    assert check["state"] == "problem" and not check["required"] and "LC_ALL=C.UTF-8" in check["do"]


def test_too_little_memory_or_disk(doctor, monkeypatch):
    monkeypatch.setattr(doctor, "_memory_mb", lambda: (900.0, 800.0))
    (memory,) = doctor.check_memory()
    assert memory.state == "problem" and not memory.required
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    disk = next(doctor.check_disk())
    assert disk.state == "problem" and disk.required and "2048 MB" in disk.do


def test_packages_changed_since_set_up_are_named(doctor, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setattr(doctor, "VENV", tmp_path / ".venv")
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    (tmp_path / "requirements.lock").write_text('one-two==1.0 \\\n    --hash=sha256:0\nthree==2.0 ; sys_platform == "win32" \\\n    --hash=sha256:0\nfour==1.1\n')
    for name in ("One_Two-1.0.dist-info", "four-1.2.dist-info"):
        (site / name).mkdir(parents=True)
    shutil.copy(tmp_path / "requirements.lock", tmp_path / ".venv" / "installed.lock")
    (check,) = doctor.check_packages()
    assert check.state == "problem" and "four 1.2" in check.found and "one-two" not in check.found and "three" not in check.found


def test_a_check_that_fails_does_not_end_the_report(doctor, monkeypatch):
    def check_moon():
        raise RuntimeError("behind a cloud")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (check_moon, doctor.check_memory))
    first, second = doctor.report()
    assert first.what == "moon" and "behind a cloud" in first.found and second.what == "memory"


def test_no_connection_unless_asked_and_then_each_host_is_named(doctor, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_memory,))
    assert [check.what for check in doctor.report()] == ["memory"]
    tried = doctor.report(network=True)[1:]
    assert [check.found.split()[0] for check in tried] == [host for host, _ in doctor.HOSTS]
    assert all(check.state == "problem" and "Connection refused" in check.found and not check.required for check in tried)


def test_the_hosts_are_those_of_the_fetchers(doctor):
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "analysis" / "catalogue").glob("*.py"))
    assert [host for host, _ in doctor.HOSTS if host not in sources] == ["pypi.org"]


def test_an_old_python_can_read_it_and_a_wrong_option_is_status_2(bare):
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert all(name in sys.stdlib_module_names or name == "analysis" for name in imported(SCRIPT))
    assert run(bare, "--nonsense").returncode == 2


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]
