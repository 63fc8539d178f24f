"""Files and folders are old or new, what is unfinished and unlocked is swept, locks end with their process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import atomic
from analysis.runtime import ROOT


def in_another_process(code: str, *arguments: Path, **options) -> subprocess.Popen:
    """Python code that prints a line when it is ready, in a process of its own; this returns then."""
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline().strip() == "ready"
    return process


UNFINISHED = """
import sys
from pathlib import Path
from analysis import atomic
with atomic.scratch_directory(Path(sys.argv[1])) as scratch:
    (scratch / "half.csv").write_text("a,")
    print("ready", flush=True)
    sys.stdin.read()
"""
HOLDS = """
import sys
from pathlib import Path
from analysis import atomic
with atomic.locked(Path(sys.argv[1]), print):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_nothing_moves_when_the_block_fails(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic.atomic_directory(tmp_path) as scratch:
        (scratch / "a.txt").write_text("new")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_running_process_writes_stays_and_what_a_killed_one_left_is_swept(tmp_path):
    process = in_another_process(UNFINISHED, tmp_path)
    (tmp_path / f"{atomic.SCRATCH}file").write_text("half")
    (tmp_path / f"{atomic.SCRATCH}link").symlink_to(tmp_path / "nowhere")
    atomic.sweep(tmp_path)
    left = sorted(path.name for path in tmp_path.glob(f"{atomic.SCRATCH}*"))
    process.kill()
    process.wait()
    assert len(left) == 2 and f"{atomic.SCRATCH}file" not in left
    (tmp_path / f"{atomic.SCRATCH}link").unlink()
    with atomic.atomic_directory(tmp_path) as scratch:
        (scratch / "whole.csv").write_text("a,b\n")
    assert [path.name for path in tmp_path.iterdir()] == ["whole.csv"]


def test_a_lock_is_waited_for_told_and_gone_with_its_process(tmp_path):
    process = in_another_process(HOLDS, tmp_path)
    told = []

    def say(line: str) -> None:
        told.append(line)
        os.kill(process.pid, signal.SIGKILL)

    with atomic.locked(tmp_path, say):
        assert process.wait(20) == -signal.SIGKILL
    assert len(told) == 1 and str(tmp_path) in told[0] and "waiting" in told[0]
    with atomic.locked(tmp_path, told.append):
        pass
    assert len(told) == 1 and not list(tmp_path.iterdir())


def test_a_folder_that_vanishes_while_another_build_waits_is_made_again(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    process = in_another_process(HOLDS, folder)

    def say(_: str) -> None:
        folder.rmdir()
        process.kill()

    with atomic.locked(folder, say):
        assert folder.is_dir()
    process.wait()


def test_a_file_system_without_locks_neither_waits_nor_sweeps(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(atomic.fcntl, "flock", refuse)
    (tmp_path / f"{atomic.SCRATCH}other").write_text("perhaps another host's")
    with atomic.locked(tmp_path, pytest.fail):
        atomic.write_atomic(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new" and (tmp_path / f"{atomic.SCRATCH}other").is_file()


@pytest.mark.parametrize("name", ["fsync", "replace", "chmod"])
def test_a_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch, name):
    (tmp_path / "a.txt").write_text("old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, name, fail)
    with pytest.raises(OSError, match="No space"):
        atomic.write_atomic(tmp_path / "a.txt", b"new")
    monkeypatch.undo()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize("system_can", [True, False])
def test_a_folder_is_replaced_whole(tmp_path, monkeypatch, system_can):
    if not system_can:
        monkeypatch.setattr(atomic, "_exchange", lambda first, second: False)
    new, folder = tmp_path / "new", tmp_path / "folder é"
    for content in ("first", "second"):
        new.mkdir()
        (new / content).write_text(content)
        atomic.replace_folder(new, folder)
        assert [path.name for path in folder.iterdir()] == [content]
        if content == "second":
            assert [path.name for path in new.iterdir()] == ["first"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder é", "new"]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_replacement_that_fails_between_its_renames_leaves_the_old_folder(tmp_path, monkeypatch, failure):
    real = os.rename

    def fail(source, destination):
        if source == new:
            raise failure
        real(source, destination)

    new, folder = tmp_path / "new", tmp_path / "folder"
    for path in (new, folder):
        path.mkdir()
        (path / path.name).write_text(path.name)
    monkeypatch.setattr(atomic, "_exchange", lambda first, second: False)
    monkeypatch.setattr(atomic.os, "rename", fail)
    with pytest.raises(type(failure)):
        atomic.replace_folder(new, folder)
    assert [path.name for path in folder.iterdir()] == ["folder"] and [path.name for path in new.iterdir()] == ["new"]


def test_a_file_in_the_place_of_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "folder").write_text("mine")
    with pytest.raises(OSError, match="Not a directory"):
        atomic.replace_folder(tmp_path / "new", tmp_path / "folder")
    assert (tmp_path / "folder").read_text() == "mine"


def test_two_folders_change_places_in_one_step_where_the_system_can(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "told").write_text(name)
    done = atomic._exchange(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "one" / "told").read_text() == ("two" if done else "one")
    assert not atomic._exchange(tmp_path / "one", tmp_path / "absent") and (tmp_path / "one").is_dir()


@pytest.mark.parametrize("call", ["renameat2", "renamex_np"])
def test_the_exchange_asks_either_system_for_a_swap(tmp_path, monkeypatch, call):
    """Linux swaps by renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE), macOS by renamex_np(first, second, RENAME_SWAP); both flags are 2."""
    import ctypes

    asked = []

    class Library:
        pass

    setattr(Library, call, lambda self, *arguments: asked.append(arguments) or 0)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    assert atomic._exchange(tmp_path / "one", tmp_path / "two")
    first, second = os.fsencode(tmp_path / "one"), os.fsencode(tmp_path / "two")
    assert asked == [(-100, first, -100, second, 2) if call == "renameat2" else (first, second, 2)]


def test_a_folder_that_is_removed_while_it_is_being_marked_is_made_again(tmp_path, monkeypatch):
    folder, real = tmp_path / "kernels", atomic.fcntl.flock

    def removed_meanwhile(handle, how):
        monkeypatch.setattr(atomic.fcntl, "flock", real)
        folder.rmdir()
        real(handle, how)

    monkeypatch.setattr(atomic.fcntl, "flock", removed_meanwhile)
    atomic.mark_used(folder)
    assert folder.is_dir()
    with atomic.left_behind(folder) as free:
        assert free is False
