"""Freshness: what a stage's result depends on, and storage that can be trusted after a crash.

Only the standard library is imported until an array or a table is really stored or loaded. Source digests follow the
imports of `analysis` modules; the parameters enter a key as values, so `config` itself is left out of the digests.
"""

import ast
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.runtime import CACHE_DIR, ROOT

__all__ = ["atomic_directory", "digest", "file_digest", "load_result", "peek_result", "source_digest", "store_result", "write_atomic"]

VALUE_MODULES = {"analysis.config", "analysis.runtime", "analysis.progress"}  # parameters enter keys as values; the others change no number


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


def write_atomic(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: after a crash the old file or the new one is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_abandoned(target: Path) -> None:
    """Remove scratch directories of processes that no longer run: a killed one cannot tidy up."""
    for path in target.glob(".writing-*-*"):
        try:
            os.kill(int(path.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except (ValueError, OverflowError, OSError):
            continue


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """A scratch directory whose files move into `target` one by one when the block succeeds; else nothing changes."""
    target.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    with tempfile.TemporaryDirectory(dir=target, prefix=f".writing-{os.getpid()}-") as name:
        scratch = Path(name)
        yield scratch
        for path in sorted(scratch.iterdir()):
            os.replace(path, target / path.name)


def _plain(value: Any) -> Any:
    """NumPy scalars as Python scalars, for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def _paths(stage: str, key: str) -> tuple[Path, Path]:
    base = CACHE_DIR / "stages" / f"{stage}-{key[:24]}"
    return base.with_suffix(".json"), base.with_suffix(".npz")


def store_result(stage: str, key: str, result: Any) -> None:
    """Store a frozen dataclass of tables, arrays and JSON values without pickle; the JSON file is written last."""
    import io

    import numpy as np
    import pandas as pd

    if not is_dataclass(result):
        raise TypeError(f"stage {stage} returned {type(result).__name__}, expected a dataclass")
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
        raise TypeError(f"stage {stage} returned an object array, which cannot be stored without pickle")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    json_path, npz_path = _paths(stage, key)
    write_atomic(npz_path, buffer.getvalue())
    record = {"key": key, "type": [type(result).__module__, type(result).__qualname__], "npz": file_digest(npz_path), "values": values}
    record = json.loads(json.dumps(record, default=_plain))
    record["self"] = digest(record)
    write_atomic(json_path, json.dumps(record).encode())


def peek_result(stage: str, key: str) -> dict[str, Any] | None:
    """The stored JSON values of a stage, or None when there is no sound entry (standard library only)."""
    json_path, npz_path = _paths(stage, key)
    try:
        record = json.loads(json_path.read_bytes())
        own = record.pop("self")
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    if own != digest(record) or record["key"] != key or record["npz"] != file_digest(npz_path):
        return None
    return record


def load_result(stage: str, key: str) -> Any | None:
    """The stored result of a stage as its dataclass, or None when there is no sound entry."""
    record = peek_result(stage, key)
    if record is None:
        return None
    import importlib

    import numpy as np
    import pandas as pd

    module, name = record["type"]
    if not module.startswith("analysis."):
        return None
    kind = getattr(importlib.import_module(module), name)
    values = record["values"]
    content = {}
    with np.load(_paths(stage, key)[1], allow_pickle=False) as arrays:
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
