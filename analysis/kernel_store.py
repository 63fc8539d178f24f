"""Compiled kernels are used only as they were written: a damaged one is compiled again (standard library only).

Numba reads its cache without looking whether a file is whole, and writes it without waiting for the disk. So every file is entered with its
sha256 in a list beside them, and before Numba is imported what is not as listed is removed. A file that is not listed, because its writer still
runs or was killed, stays when it is whole. Every state of the sources has a folder of its own; old ones that no process uses are removed.
"""

import atexit
import hashlib
import io
import json
import os
import re
import shutil
import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from analysis.atomic import left_behind, mark_used, write_atomic

__all__ = ["guard_kernels", "prune_kernels", "remove_damaged", "seal_kernels"]

SEAL = "checksums.json"
FOLDER = re.compile(r"[0-9a-f]{16}")  # the name of a state of the sources
_guarded: list[Path] = []


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*.nb[ic]")):
        with suppress(OSError):
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _listed(folder: Path) -> dict[str, str]:
    try:
        content = json.loads((folder / SEAL).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _whole(content: bytes) -> bool:
    """True for what Numba writes, one or more serialised objects up to the last byte; nothing of them is made or run."""
    import pickletools

    stream = io.BytesIO(content)
    try:
        while stream.tell() < len(content):
            for _ in pickletools.genops(stream):
                pass
    except (ValueError, IndexError, EOFError, KeyError, UnicodeDecodeError, OverflowError):
        return False
    return bool(content)


def remove_damaged(folder: Path) -> None:
    """Remove the files of Numba's cache in `folder` that are not as listed, or neither listed nor whole."""
    listed = _listed(folder)
    for name, digest in _digests(folder).items():
        with suppress(OSError):
            if listed[name] != digest if name in listed else not _whole((folder / name).read_bytes()):
                (folder / name).unlink()


def seal_kernels() -> None:
    """Enter what Numba has compiled into the list."""
    for folder in _guarded:
        found = _digests(folder)
        if found != _listed(folder):
            with suppress(OSError):
                write_atomic(folder / SEAL, json.dumps(found, indent=1).encode(), durable=False)


def _last_used(folder: Path) -> float:
    times = [0.0]
    for path in (folder, folder / SEAL):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def prune_kernels(cache: Path, kept: int) -> None:
    """Keep the `kept` folders of kernels in the folder `cache` that were used last, that of this process among them, and those in use."""
    own = Path(os.environ.get("NUMBA_CACHE_DIR", ""))
    if own.is_relative_to(cache):
        with suppress(OSError):
            os.utime(own)
    with suppress(OSError):
        folders = [path for path in (cache / "numba").iterdir() if FOLDER.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]
        for folder in sorted(folders, key=_last_used, reverse=True)[kept:]:
            with suppress(OSError), left_behind(folder) as free:
                if free and folder != own:
                    shutil.rmtree(folder, ignore_errors=True)


class _BeforeNumba(MetaPathFinder):
    """Finds no module; when Numba is looked for, the cache is checked first and entered at the end of the program."""

    def __init__(self, folder: Path):
        self._folder = folder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == "numba" and not _guarded:
            _guarded.append(self._folder)
            with suppress(OSError):
                mark_used(self._folder)
            remove_damaged(self._folder)
            atexit.register(seal_kernels)


def guard_kernels(cache: Path) -> None:
    """Watch over NUMBA_CACHE_DIR where it lies in the folder `cache`; one that the user named may hold kernels of others and is left alone."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    if folder.is_relative_to(cache):
        sys.meta_path.insert(0, _BeforeNumba(folder))
