"""Storage and keys: what is stored comes back, what is damaged is not trusted, what changed is noticed."""

import os
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from analysis import cache


@dataclass(frozen=True)
class Result:
    table: pd.DataFrame
    empty: pd.DataFrame
    array: np.ndarray
    summary: dict


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(Result, "__module__", "analysis.fake")
    table = pd.DataFrame({"x": [1.5, np.nan], "n": [1, 2], "flag": [True, False], "name": ["α", None]})
    result = Result(table, table.iloc[:0], np.arange(6.0).reshape(2, 3), {"p": np.float64(0.25), "k": np.int64(3), "missing": None})
    cache.store_result("demo", "k" * 64, result)
    return result


def _load():
    import sys
    import types

    module = types.ModuleType("analysis.fake")
    module.Result = Result
    sys.modules["analysis.fake"] = module
    return cache.load_result("demo", "k" * 64)


def test_result_comes_back_with_types_and_missing_values(stored):
    back = _load()
    assert back.table["n"].dtype.kind == "i" and back.table["flag"].dtype == bool
    assert np.isnan(back.table["x"][1]) and pd.isna(back.table["name"][1]) and back.table["name"][0] == "α"
    assert list(back.empty.columns) == list(stored.table.columns) and len(back.empty) == 0
    np.testing.assert_array_equal(back.array, stored.array)
    assert back.summary == {"p": 0.25, "k": 3, "missing": None}


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damaged_entry_is_not_used(stored, tmp_path, suffix, damage):
    path = next((tmp_path / "stages").glob(f"*{suffix}"))
    content = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert _load() is None


def test_object_arrays_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path)
    with pytest.raises(TypeError, match="pickle"):
        cache.store_result("demo", "k" * 64, Result(pd.DataFrame(), pd.DataFrame(), np.array([object()]), {}))


def test_digest_ignores_order_of_keys_but_not_values():
    assert cache.digest({"a": 1, "b": 2}) == cache.digest({"b": 2, "a": 1})
    assert cache.digest({"a": 1}) != cache.digest({"a": 2})


def _package(root, **sources):
    (root / "analysis").mkdir()
    (root / "analysis" / "__init__.py").write_text("")
    for name, text in sources.items():
        (root / "analysis" / f"{name}.py").write_text(text)


def _source_digest(module, root):
    for function in (cache.source_digest, cache._imports, cache._module_path):
        function.cache_clear()
    return cache.source_digest(module, root)


def test_source_digest_follows_imports_even_inside_functions(tmp_path):
    _package(tmp_path, top="from analysis import middle", middle="def f():\n    from analysis.leaf import g", leaf="def g(): return 1", other="x = 1")
    first = _source_digest("analysis.top", tmp_path)
    (tmp_path / "analysis" / "other.py").write_text("x = 2")
    assert _source_digest("analysis.top", tmp_path) == first
    (tmp_path / "analysis" / "leaf.py").write_text("def g(): return 2")
    assert _source_digest("analysis.top", tmp_path) != first


def _entry(folder, stage, number, age):
    """An entry of a stage that was last used `age` hours ago."""
    for suffix in (".json", ".npz"):
        path = folder / f"{stage}-{number:024x}{suffix}"
        path.write_bytes(b"content")
        os.utime(path, (time.time() - 3600 * age,) * 2)


def _numbers(folder, stage):
    return sorted({int(path.stem.rpartition("-")[2], 16) for path in folder.glob(f"{stage}-{'[0-9a-f]' * 24}.*")})


@pytest.fixture
def crowded(tmp_path, monkeypatch):
    """A cache of two stages with nine entries each, used 2, 3, ... 10 hours ago, and other things that must stay."""
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba" / ("f" * 16)))
    stages = tmp_path / "stages"
    for name in ("stages", "numba", "sweeps/default-123456789abc", "calibration/0123456789abcdef"):
        (tmp_path / name).mkdir(parents=True)
    for number in range(9):
        _entry(stages, "ages", number, 2 + number)
        _entry(stages, "age_inference", number, 2 + number)
    for name in ("stages/notes.txt", "stages/ages-old.json", "sweeps/default-123456789abc/systems-0-1.npz", "calibration/0123456789abcdef/ages-null-0-25.npz", "paper.txt"):
        (tmp_path / name).write_text("keep")
        os.utime(tmp_path / name, (1.0, 1.0))
    return tmp_path


def test_the_entries_used_last_are_kept_of_every_stage_and_nothing_else_is_touched(crowded):
    others = {path for path in crowded.rglob("*") if path.is_file() and path.read_bytes() == b"keep"}
    cache.prune({"ages": f"{7:024x}" + "0" * 40})
    assert _numbers(crowded / "stages", "age_inference") == [0, 1, 2, 3]
    assert _numbers(crowded / "stages", "ages") == [0, 1, 2, 7]
    assert others == {path for path in crowded.rglob("*") if path.is_file() and path.read_bytes() == b"keep"} and len(others) == 5


def test_what_another_build_may_have_just_used_stays(crowded):
    for number in range(9):
        _entry(crowded / "stages", "ages", number, number / 8)
    cache.prune({})
    assert _numbers(crowded / "stages", "ages") == list(range(8))


def test_a_run_that_was_not_complete_removes_nothing(crowded):
    cache.prune({}, complete=False)
    assert _numbers(crowded / "stages", "age_inference") == list(range(9))


@pytest.mark.parametrize("name", ["unlink", "utime", "scandir"])
def test_a_cache_that_cannot_be_changed_fails_no_run(crowded, monkeypatch, name):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cache.os, name, refuse)
    cache.prune({"ages": "0" * 64})
    monkeypatch.undo()
    assert len(_numbers(crowded / "stages", "age_inference")) == (4 if name == "utime" else 9)


def test_a_cache_that_is_not_there_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path / "none")
    cache.prune({"ages": "0" * 64})
    assert not (tmp_path / "none").exists()
