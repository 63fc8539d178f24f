"""Compiled kernels that are not as they were written are compiled again; a person's own cache of Numba is left alone."""

import os
import random
import subprocess
import sys

import pytest

from analysis import kernel_store
from analysis.runtime import ROOT

KERNEL = """
import analysis, sys
import numba
sys.path.insert(0, sys.argv[1])
from kernels import twice
print(twice(21), sum(twice.stats.cache_hits.values()))
"""


def run(folder, cache="cache/numba/kernels"):
    environment = {**os.environ, "VLMS_CACHE_DIR": str(folder / "cache"), "NUMBA_CACHE_DIR": str(folder / cache)}
    done = subprocess.run([sys.executable, "-c", KERNEL, str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "kernels.py").write_text("from numba import njit\n\n@njit(cache=True)\ndef twice(x):\n    return 2 * x\n")
    assert run(folder) == "42 0"
    assert run(folder) == "42 1"
    return folder


@pytest.mark.parametrize("damage", ["empty", "flipped"])
def test_a_damaged_kernel_is_compiled_again(compiled, damage):
    files = list((compiled / "cache").rglob("*.nb[ic]"))
    assert len(files) == 2
    for path in files:
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(b"" if damage == "empty" else content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert run(compiled) == "42 0"


def test_without_the_list_a_damaged_index_stops_numba(compiled):
    """The fault that the list is for."""
    assert run(compiled, "own") == "42 0"
    for path in (compiled / "own").rglob("*.nbi"):
        path.write_bytes(b"")
    assert "EOFError" in run(compiled, "own")


@pytest.mark.parametrize("damage", ["truncated", "empty", "zeros", "garbage"])
@pytest.mark.parametrize("listed", [b"", b"[]", b"{", b'{"a.nbi": 3}'])
def test_what_no_list_vouches_for_stays_only_when_it_is_whole(compiled, tmp_path, listed, damage):
    (tmp_path / kernel_store.SEAL).write_bytes(listed)
    for path in (compiled / "cache").rglob("*.nb[ic]"):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content)
        bad = {"truncated": content[:-1], "empty": b"", "zeros": bytes(len(content)), "garbage": random.Random(1).randbytes(300)}[damage]
        (tmp_path / f"bad-{path.name}").write_bytes(bad)
    kernel_store.remove_damaged(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 3 and not [name for name in left if name.startswith("bad")]


def folders(cache):
    return sorted(path.name for path in (cache / "numba").iterdir())


@pytest.fixture
def many(tmp_path, monkeypatch):
    """Seven folders of kernels, 00... used last, and things in the same place that are not ours."""
    for number in range(7):
        folder = tmp_path / "numba" / (str(number) * 16)
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "a.nbi").write_bytes(b"kernel")
        os.utime(folder, (1e9 - number,) * 2)
    (tmp_path / "numba" / "mine").mkdir()
    (tmp_path / "numba" / ("a" * 16)).write_text("a file")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba" / ("5" * 16)))
    return tmp_path


def test_the_folders_used_last_are_kept_with_that_of_this_process(many):
    kernel_store.prune_kernels(many, 3)
    assert folders(many) == ["0" * 16, "1" * 16, "5" * 16, "a" * 16, "mine"]


def test_a_kernel_folder_elsewhere_is_not_touched(many, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(many / "own"))
    kernel_store.prune_kernels(many, 3)
    assert folders(many) == ["0" * 16, "1" * 16, "2" * 16, "a" * 16, "mine"] and not (many / "own").exists()


USES = """
import os, sys
import analysis
import numba
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_folder_of_a_running_process_stays_until_it_ends(many):
    environment = {**os.environ, "VLMS_CACHE_DIR": str(many), "NUMBA_CACHE_DIR": str(many / "numba" / ("6" * 16))}
    process = subprocess.Popen([sys.executable, "-c", USES], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "ready"
    os.utime(many / "numba" / ("6" * 16), (1.0, 1.0))
    (many / "numba" / ("6" * 16) / kernel_store.SEAL).unlink(missing_ok=True)
    kernel_store.prune_kernels(many, 3)
    during = folders(many)
    process.kill()
    process.wait()
    kernel_store.prune_kernels(many, 3)
    assert "6" * 16 in during and "6" * 16 not in folders(many) and len(folders(many)) == 5


def test_where_there_are_no_locks_no_folder_is_removed(many, monkeypatch):
    def refuse(*_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr("fcntl.flock", refuse)
    kernel_store.prune_kernels(many, 3)
    assert len(folders(many)) == 9
