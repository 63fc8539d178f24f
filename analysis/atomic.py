"""Files that are old or new and never half: written beside their place and renamed into it (standard library only).

Everything unfinished has a name that starts with SCRATCH and is locked by the process that writes it. The lock (flock) ends with the process,
however that ends, so what carries no lock was left by a killed one and is swept away by the next. Where a file system knows no such locks
(folders on NFS, for one) nothing is swept and no build waits for another.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = [
    "SCRATCH", "atomic_directory", "claimed_directory", "left_behind", "locked", "mark_used", "replace_folder", "scratch_directory", "set_aside", "sweep",
    "write_atomic",
]

SCRATCH = ".writing-"


def _lock(handle: int, wait: bool = False) -> bool | None:
    """Lock an open file or folder: True when it is ours now, False when another process has it, None where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _in_place(handle: int, path: Path) -> bool:
    """True when `path` still names the open file or folder."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


@contextmanager
def locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Keep other builds out of `folder` (made if need be) until the block ends; while one is at work there, say so and wait.

    The folder itself carries the lock, so that no file of ours stays in it.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
        try:
            if _lock(handle) is False:
                say(f"Another build is writing to {folder}; waiting until it has finished (Ctrl-C to leave).")
                _lock(handle, wait=True)
            if _in_place(handle, folder):  # a build that failed takes a folder that it made away again
                yield
                return
        finally:
            os.close(handle)


@contextmanager
def left_behind(path: Path) -> Iterator[bool | None]:
    """For the block: True when no running process works in `path`, which is then kept from others; False when one does; None where there are no locks.

    Raises OSError for a path that cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def mark_used(folder: Path) -> None:
    """Until this process ends, let `left_behind` say that a process works in `folder` (made if need be); it waits for one that is removing it."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)  # stays open: the lock ends with it
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        if _in_place(handle, folder):
            return
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished in `folder`."""
    for path in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError), left_behind(path) as free:
            if free:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def claimed_directory(target: Path, prefix: str) -> Iterator[Path]:
    """A new folder inside `target` whose name starts with `prefix`, locked while the block runs; what becomes of it is for the caller to say."""
    while True:
        claimed = Path(tempfile.mkdtemp(dir=target, prefix=prefix))
        with suppress(FileNotFoundError):
            handle = os.open(claimed, os.O_RDONLY)
            _lock(handle)
            if _in_place(handle, claimed):  # else another process swept it before it was locked
                break
            os.close(handle)
    try:
        yield claimed
    finally:
        os.close(handle)


@contextmanager
def scratch_directory(target: Path) -> Iterator[Path]:
    """A new folder inside `target` (made if need be), removed at the end."""
    target.mkdir(parents=True, exist_ok=True)
    sweep(target)
    with claimed_directory(target, SCRATCH) as scratch:
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """A scratch directory whose files move into `target` one by one when the block succeeds; else nothing changes."""
    with scratch_directory(target) as scratch:
        yield scratch
        for path in sorted(scratch.iterdir()):
            os.replace(path, target / path.name)


def write_atomic(path: Path, content: bytes, durable: bool = True) -> None:
    """Replace `path` by `content` in one step: after a crash the old file or the new one is there.

    When `durable`, file and name go to the disk at once, so that a power cut changes nothing about that: for what a person keeps and what
    vouches for other files. Artifacts and cached results need no such care: after a power cut their checksums tell, and they are made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=SCRATCH)
        _lock(handle)
        if _in_place(handle, Path(name)):
            break
        os.close(handle)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        with suppress(OSError):  # not every file system can
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders of one file system swap names in one step; False, with nothing done, where the system cannot."""
    import ctypes

    library = ctypes.CDLL(None)
    for name, arguments in (("renameat2", (-100, bytes(first), -100, bytes(second), 2)), ("renamex_np", (bytes(first), bytes(second), 2))):  # Linux, macOS
        if hasattr(library, name):
            return getattr(library, name)(*arguments) == 0
    return False


def set_aside(new: Path) -> Path:
    """Where `replace_folder` keeps the old folder between its two renames; after a kill there it is found by this name."""
    return new.with_name(f"{new.name}.old")


def replace_folder(new: Path, folder: Path) -> None:
    """Put the finished folder `new` in the place of `folder`, in one step where the system can; an old one takes the name of `new`."""
    if not folder.is_dir():
        os.rename(new, folder)
    elif not _exchange(new, folder):
        aside = set_aside(new)
        os.rename(folder, aside)
        try:
            os.rename(new, folder)
        except BaseException:
            if not folder.exists():
                os.rename(aside, folder)
            raise
        os.rename(aside, new)
