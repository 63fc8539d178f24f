"""Freshness: what a stage's result depends on, and storage whose entries are whole or do not count.

Only the standard library is imported until an array or a table is really stored or loaded. Source digests follow the
imports of `analysis` modules; the parameters enter a key as values, so `config` itself is left out of the digests.
"""

import ast
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.atomic import atomic_directory, write_atomic
from analysis.kernel_store import prune_kernels
from analysis.runtime import CACHE_DIR, ROOT

__all__ = [
    "atomic_directory", "digest", "file_digest", "load_result", "pack_result", "peek_result", "prune", "source_digest", "store_result", "unpack_result",
    "write_atomic",
]

# Parameters enter keys as values; the others change no number (a change of how results are stored raises FORMAT).
VALUE_MODULES = {f"analysis.{name}" for name in ("config", "runtime", "progress", "cache", "atomic", "isolation", "kernel_store")}
FORMAT = 2
KEPT = 4  # results of every stage, and folders of compiled kernels: some variations of a run, or of the sources, and the way back to them
RECENT = 3600.0  # s; what was used since then may belong to a build that runs now
ENTRY = re.compile(r"(\w+)-([0-9a-f]{24})\.(?:json|npz)")


def digest(content: Any) -> str:
    """SHA-256 of a JSON-able value in canonical form."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, or "missing"."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "missing"


@cache
def _module_path(module: str, root: Path) -> Path | None:
    base = root.joinpath(*module.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@cache
def _imports(module: str, root: Path) -> tuple[str, ...]:
    """Modules of `analysis` that `module` imports anywhere in its source, with their parent packages."""
    path = _module_path(module, root)
    if path is None:
        return ()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "analysis":
                found.update(".".join(parts[: i + 1]) for i in range(1, len(parts)))
    return tuple(sorted(name for name in found if _module_path(name, root)))


@cache
def source_digest(module: str, root: Path = ROOT) -> str:
    """Digest of the sources of `module` and of every `analysis` module it imports, directly or not."""
    seen: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        if name not in seen and name not in VALUE_MODULES:
            seen.add(name)
            pending.extend(_imports(name, root))
    paths = {name: _module_path(name, root) for name in seen}
    return digest({name: file_digest(path) for name, path in paths.items() if path})


def _plain(value: Any) -> Any:
    """NumPy scalars as Python scalars, for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def _paths(stage: str, key: str) -> tuple[Path, Path]:
    base = CACHE_DIR / "stages" / f"{stage}-{key[:24]}"
    return base.with_suffix(".json"), base.with_suffix(".npz")


def pack_result(key: str, result: Any) -> tuple[dict[str, Any], bytes]:
    """(record for JSON, arrays as .npz) of a frozen dataclass of tables, arrays and JSON values, without pickle."""
    import io

    import numpy as np
    import pandas as pd

    if not is_dataclass(result):
        raise TypeError(f"a stage returned {type(result).__name__}, expected a dataclass")
    values: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for item in fields(result):
        value = getattr(result, item.name)
        if isinstance(value, pd.DataFrame):
            columns = []
            for number, name in enumerate(value.columns):
                column = value[name]
                if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
                    kind, array = "number", column.to_numpy()
                else:
                    kind, array = "text", None
                    values[f"{item.name}/{number}"] = [None if pd.isna(cell) else str(cell) for cell in column]
                if array is not None:
                    arrays[f"{item.name}/{number}"] = array
                columns.append([str(name), kind])
            values[item.name] = {"__table__": columns, "rows": len(value)}
        elif isinstance(value, np.ndarray):
            values[item.name] = {"__array__": True}
            arrays[item.name] = value
        else:
            values[item.name] = value
    if any(array.dtype.kind == "O" for array in arrays.values()):
        raise TypeError(f"{type(result).__name__} holds an object array, which cannot be stored without pickle")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    record = {
        "format": FORMAT, "key": key, "type": [type(result).__module__, type(result).__qualname__],
        "npz": hashlib.sha256(buffer.getvalue()).hexdigest(), "values": values,
    }
    record = json.loads(json.dumps(record, default=_plain))
    return {**record, "self": digest(record)}, buffer.getvalue()


def unpack_result(record: dict[str, Any], stored: bytes, kind: type | None = None) -> Any:
    """The dataclass that `pack_result` made into these; `kind` is looked up by its recorded name unless given."""
    import importlib
    import io

    import numpy as np
    import pandas as pd

    if kind is None:
        module, name = record["type"]
        if not module.startswith("analysis."):
            raise ValueError(f"{module} is not a module of the package")
        kind = getattr(importlib.import_module(module), name)
    values = record["values"]
    content = {}
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        for item in fields(kind):
            value = values[item.name]
            if isinstance(value, dict) and "__table__" in value:
                columns = {}
                for number, (column, sort) in enumerate(value["__table__"]):
                    field = f"{item.name}/{number}"
                    columns[column] = arrays[field] if sort == "number" else pd.array(values[field], dtype="str")
                content[item.name] = pd.DataFrame(columns, index=pd.RangeIndex(value["rows"]))
            elif isinstance(value, dict) and "__array__" in value:
                content[item.name] = arrays[item.name]
            else:
                content[item.name] = value
    return kind(**content)


def store_result(stage: str, key: str, result: Any) -> tuple[dict[str, Any], Any]:
    """Store a result, the JSON file last; returns its record and the result as it will be read back.

    Raises OSError with the attribute `packed` (that pair) where it cannot be written.
    """
    record, stored = pack_result(key, result)
    packed = record, unpack_result(record, stored, type(result))
    json_path, npz_path = _paths(stage, key)
    try:
        write_atomic(npz_path, stored, durable=False)
        write_atomic(json_path, json.dumps(record).encode(), durable=False)
    except OSError as error:
        error.packed = packed  # type: ignore[attr-defined]
        raise
    return packed


def _read_entry(stage: str, key: str) -> tuple[dict[str, Any], bytes] | None:
    """The record and the arrays of a sound entry, None otherwise (standard library only)."""
    json_path, npz_path = _paths(stage, key)
    try:
        record = json.loads(json_path.read_bytes())
        content = {name: value for name, value in record.items() if name != "self"}
        if record["self"] != digest(content) or record["format"] != FORMAT or record["key"] != key:
            return None
        stored = npz_path.read_bytes()
        return (record, stored) if record["npz"] == hashlib.sha256(stored).hexdigest() else None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def peek_result(stage: str, key: str) -> dict[str, Any] | None:
    """The stored JSON values of a stage, or None when there is no sound entry (standard library only)."""
    entry = _read_entry(stage, key)
    return entry[0] if entry else None


def load_result(stage: str, key: str) -> Any | None:
    """The stored result of a stage as its dataclass, or None when there is no sound entry; one made by other classes is not sound either."""
    entry = _read_entry(stage, key)
    try:
        return unpack_result(*entry) if entry else None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, ImportError):
        return None


def prune(used: Mapping[str, str], complete: bool = True) -> None:
    """After a complete run that used these keys by stage, keep the KEPT entries of every stage that were used last, and those of the last hour.

    The same for folders of compiled kernels, where those in use stay. A build that runs meanwhile and misses an entry computes it again. What no
    build makes again (sweeps, calibrations) stays. Nothing here fails a run: a cache that cannot be changed stays as it is.
    """
    if not complete:
        return
    for stage, key in used.items():
        for path in _paths(stage, key):
            with suppress(OSError):
                os.utime(path)
    entries: dict[str, dict[str, list[os.DirEntry]]] = {}
    with suppress(OSError), os.scandir(CACHE_DIR / "stages") as found:
        for item in found:
            name = ENTRY.fullmatch(item.name)
            if name:
                entries.setdefault(name[1], {}).setdefault(name[2], []).append(item)
    for own in entries.values():
        for files in sorted(own.values(), key=_newest, reverse=True)[KEPT:]:
            if time.time() - _newest(files) < RECENT:
                continue
            for item in sorted(files, key=lambda item: item.name):  # the record first: without it there is no entry
                with suppress(OSError):
                    os.unlink(item.path)
    prune_kernels(CACHE_DIR, KEPT)


def _newest(files: list[os.DirEntry]) -> float:
    times = [0.0]
    for item in files:
        with suppress(OSError):
            times.append(item.stat().st_mtime)
    return max(times)
