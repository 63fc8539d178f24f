"""The structured record of a run: one JSON object per line, written as things happen (standard library only).

The first record holds what a bug report needs (versions, digests, parameters, threads), the last one how the run ended; a journal without a
last record belongs to a run that was killed. Whatever happens to the file, the run goes on.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.runtime import ROOT, threads, usable_cores

__all__ = ["Journal", "about_this_run", "current", "event"]

PACKAGES = (
    "numpy", "scipy", "pandas", "numba", "llvmlite", "matplotlib", "scikit-learn", "statsmodels", "astropy", "pyvo", "requests", "arviz", "emcee",
    "diptest", "firthmodels", "pypandoc-binary", "typst",
)
HASHED = {"manifest_sha256": "data/frozen/MANIFEST.json", "simulations_sha256": "data/frozen/simulations/MANIFEST.json", "lock_sha256": "requirements.lock"}
GIT_PATIENCE_S = 2


def _digest(path: Path) -> str | None:
    import hashlib

    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _versions() -> dict[str, str | None]:
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except (PackageNotFoundError, OSError, ValueError):
            found[name] = None
    return found


def _commit() -> dict[str, Any]:
    """The commit of this copy and how many tracked files differ from it; None where git or the repository is missing or slow."""
    import subprocess

    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        lines = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=GIT_PATIENCE_S, check=True).stdout.decode(errors="replace").splitlines()
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "files_changed": None}
    head = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), None)
    return {"commit": head, "files_changed": sum(not line.startswith("#") for line in lines)}


def about_this_run(argv: list[str], overrides: dict[str, Any]) -> dict[str, Any]:
    """Versions, digests, parameters that differ from the defaults, and thread settings: what tells two runs apart."""
    return {
        "argv": argv, "overrides": overrides, "directory": os.getcwd(), "process": os.getpid(),
        "python": platform.python_version(), "implementation": platform.python_implementation(), "platform": platform.platform(), "machine": platform.machine(),
        "encoding": sys.getfilesystemencoding(), "packages": _versions(), **_commit(),
        **{name: _digest(ROOT / path) for name, path in HASHED.items()},
        "usable_cores": usable_cores(), "threads": threads(),
    }


def _peak_memory_mb() -> float | None:
    """Largest resident size (MB) of this process. Of its children the system knows no such number: theirs starts with the size of the process that forked."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


class Journal:
    """Writes records through `write`, a function of a line of text that must not raise."""

    def __init__(self, write: Callable[[str], None]):
        self._write, self._start, self._ended = write, time.monotonic(), False

    def record(self, event: str, level: str = "info", **content: Any) -> None:
        """One record: time (UTC), seconds since the start by a clock that nobody sets, level, event, and `content`, whose values JSON can hold or `str` can show."""
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = {"time": now, "elapsed": round(time.monotonic() - self._start, 6), "level": level, "event": event}
        try:  # ASCII only: a lone surrogate, a control character or an escape sequence comes out as \uXXXX
            line = json.dumps({**head, **content}, default=str, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            line = json.dumps({**head, "message": repr(content)})
        self._write(line.replace("\x7f", "\\u007f") + "\n")

    def end(self, status: int) -> None:
        """The last record; a second call does nothing."""
        if not self._ended:
            self._ended = True
            seconds = round(time.monotonic() - self._start, 3)
            self.record("run_end", "info" if status == 0 else "error", status=status, seconds=seconds, peak_memory_mb=_peak_memory_mb())


_open: list[Journal] = []


@contextmanager
def current(journal: Journal) -> Iterator[None]:
    """Makes a journal the one that `event` writes to."""
    _open.append(journal)
    try:
        yield
    finally:
        _open.remove(journal)


def event(name: str, level: str = "info", **content: Any) -> None:
    """A record in the journal of the present run; nothing where there is none."""
    if _open:
        _open[-1].record(name, level, **content)
