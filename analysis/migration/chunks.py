"""Finished chunks of a sweep on disk: one binary file per range of systems, written in one step, with the digest of settings and code.

A file is `systems-<start>-<stop>.npz` (no pickle; the zip container checks every byte). One that is damaged, incomplete or of another digest counts
as absent, so its systems are computed again; results of different settings or code never meet.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import DAMAGE
from analysis.cache import write_atomic
from analysis.errors import InputError
from analysis.migration.secular.triple import REASONS, RECORD

__all__ = ["SETTINGS", "Chunk", "chunk_path", "finished", "gaps", "open_folder", "read_chunk", "read_settings", "write_chunk"]

SETTINGS = "settings.json"
_NAME = re.compile(r"systems-(\d+)-(\d+)\.npz")


@dataclass(frozen=True)
class Chunk:
    """Systems start ... stop - 1: attempts of their draws, record (n, len(RECORD)), reason (n,), CPU seconds spent."""

    start: int
    stop: int
    attempts: np.ndarray
    record: np.ndarray
    reason: np.ndarray
    cpu_s: float


def chunk_path(folder: Path, start: int, stop: int) -> Path:
    """File of systems start ... stop - 1."""
    return folder / f"systems-{start:09d}-{stop:09d}.npz"


def write_chunk(folder: Path, digest: str, chunk: Chunk) -> Path:
    """Write a chunk in one step and return its path."""
    buffer = io.BytesIO()
    np.savez(
        buffer, digest=np.array(digest), span=np.array([chunk.start, chunk.stop], np.int64), attempts=chunk.attempts, record=chunk.record,
        reason=chunk.reason, cpu_s=np.array(chunk.cpu_s),
    )
    path = chunk_path(folder, chunk.start, chunk.stop)
    write_atomic(path, buffer.getvalue())
    return path


def read_chunk(path: Path, digest: str) -> Chunk | None:
    """The chunk in a file, or None when it is missing, damaged, or belongs to other settings or code."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            content = {name: stored[name] for name in ("digest", "span", "attempts", "record", "reason", "cpu_s")}
        start, stop = (int(value) for value in content["span"])
        shapes = content["attempts"].shape, content["record"].shape, content["reason"].shape
    except DAMAGE:
        return None
    n = stop - start
    good = str(content["digest"]) == digest and path == chunk_path(path.parent, start, stop) and n > 0 and shapes == ((n,), (n, len(RECORD)), (n,))
    if not good or not np.isin(content["reason"], list(REASONS.values())).all():
        return None
    return Chunk(start, stop, content["attempts"], content["record"], content["reason"], float(content["cpu_s"]))


def finished(folder: Path, digest: str, first: int, stop: int) -> Iterator[Chunk]:
    """Sound chunks that hold any of the systems first ... stop - 1 that no earlier one holds, by rising start."""
    reached = first
    for path in sorted(folder.glob("systems-*-*.npz")):
        name = _NAME.fullmatch(path.name)
        if name and int(name[2]) > reached and int(name[1]) < stop:
            chunk = read_chunk(path, digest)
            if chunk is not None:
                yield chunk
                reached = max(reached, chunk.stop)


def gaps(spans: list[tuple[int, int]], first: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of at most `size` systems that cover what the rising spans leave out of first ... stop - 1."""
    reached = first
    for start, end in [*spans, (stop, stop)]:
        while reached < min(start, stop):
            until = min(reached + size, start, stop)
            yield reached, until
            reached = until
        reached = max(reached, end)


def read_settings(folder: Path) -> dict[str, Any] | None:
    """settings.json of a sweep's folder, None when there is none; InputError when it is damaged."""
    path = folder / SETTINGS
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content.get("digest"), str) and isinstance(content.get("settings"), dict):
            return content
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        pass
    raise InputError(f"{path} is damaged; expected the settings of the sweep in this folder. Remove the folder or choose another with --out.")


def open_folder(folder: Path, digest: str, about: dict[str, Any]) -> None:
    """Make the folder of a sweep and keep its settings there; InputError when it belongs to other settings or code, or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = read_settings(folder)
        if present is None:
            write_atomic(folder / SETTINGS, (json.dumps({"digest": digest, **about}, indent=1, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror}); choose another folder with --out.") from None
    if present is not None and present["digest"] != digest:
        raise InputError(f"{folder} holds systems of other settings or other code, which are never mixed; remove it or choose another folder with --out.")
