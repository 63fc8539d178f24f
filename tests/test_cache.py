"""Storage and keys: what is stored comes back, what is damaged is not trusted, what changed is noticed."""

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
