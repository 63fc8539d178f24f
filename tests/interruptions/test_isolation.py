"""No code from data: what the sources may not call, and what poisoned files do not do."""

import ast
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from analysis import cache
from analysis.config import Config, with_overrides
from analysis.errors import InputError
from analysis.runtime import ROOT

SOURCES = [path for folder in ("analysis", "manuscript", "tools", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
CODE_FROM_DATA = {"eval", "exec", "compile", "__import__"}
FIELDS = ("start", "stop", "attempts", "record", "reason", "cpu_s")
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "jsonpickle"}
CALLS = {
    "yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "os.system", "os.popen", "pd.read_pickle", "pd.eval", "runpy.run_path", "torch.load",
    "pandas.read_pickle", "tempfile.mktemp", "tarfile.extractall",
}


def forbidden(source: str) -> list[str]:
    """Calls and imports in a source that could run what a file holds."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"{node.lineno}: import {name}" for name in names if name.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        options = {option.arg: ast.unparse(option.value) for option in node.keywords}
        last = called.rsplit(".", 1)[-1]
        if called in CODE_FROM_DATA or called in CALLS or last in ("query", "eval", "extractall") and not all(isinstance(value, ast.Constant) for value in node.args[:1]):
            found.append(f"{node.lineno}: {called}")
        if called in ("np.load", "numpy.load") and options.get("allow_pickle") != "False" or options.get("allow_pickle", "False") != "False":
            found.append(f"{node.lineno}: {called} without allow_pickle=False")
        if options.get("shell", "False") != "False":
            found.append(f"{node.lineno}: {called} with a shell")
    return found


@pytest.mark.parametrize("source", [
    "import pickle", "from joblib import load", "np.load(p)", "np.load(p, allow_pickle=True)", "numpy.load(p, allow_pickle=flag)", "eval(text)", "exec(text)",
    "yaml.load(text)", "subprocess.run(c, shell=True)", "os.system(c)", "frame.query(text)", "pd.read_pickle(p)",
])
def test_the_search_finds_what_it_looks_for(source):
    assert forbidden(source)


def test_no_source_runs_code_from_data():
    assert len(SOURCES) > 100
    found = [f"{path.relative_to(ROOT)}:{line}" for path in SOURCES for line in forbidden(path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


class Payload:
    """An object whose unpickling makes a folder."""

    def __init__(self, place: Path):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


@pytest.fixture
def poisoned(tmp_path):
    """Bytes of an .npz that runs code when it is unpickled, and the folder that tells that it did."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict.fromkeys(("digest", "span", "attempts", "record", "reason", "cpu_s", "about", "x"), np.array([Payload(tmp_path / "ran")], dtype=object)))
    return buffer.getvalue(), tmp_path / "ran"


def test_the_payload_would_run(poisoned):
    content, ran = poisoned
    with np.load(io.BytesIO(content), allow_pickle=True) as arrays:
        arrays["x"]
    assert ran.is_dir()


def test_a_poisoned_cache_entry_is_not_used(poisoned, tmp_path, monkeypatch):
    content, ran = poisoned
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path / "cache")
    record = {"format": cache.FORMAT, "key": "k" * 64, "type": ["analysis.migration.frozen", "read_manifest"], "npz": "", "values": {}}
    for kind in (["analysis.migration.disk.stage", "DiskResult"], ["analysis.migration.chunks", "Chunk"], ["os", "system"]):
        json_path, npz_path = cache._paths("demo", "k" * 64)
        npz_path.parent.mkdir(parents=True, exist_ok=True)
        npz_path.write_bytes(content)
        record |= {"type": kind, "npz": cache.file_digest(npz_path), "values": {name: {"__array__": True} for name in FIELDS}}
        json_path.write_text(json.dumps({**record, "self": cache.digest(record)}))
        assert cache.load_result("demo", "k" * 64) is None
    assert not ran.exists()


def test_a_poisoned_chunk_counts_as_absent(poisoned, tmp_path):
    from analysis.migration.chunks import chunk_path, read_chunk

    content, ran = poisoned
    path = chunk_path(tmp_path, 0, 4)
    path.write_bytes(content)
    assert read_chunk(path, "d") is None and not ran.exists()


@pytest.mark.parametrize("loader", ["ladder", "calibration", "ensemble"])
def test_a_poisoned_frozen_simulation_is_refused(poisoned, tmp_path, loader):
    import importlib

    from analysis.migration import frozen

    content, ran = poisoned
    module = importlib.import_module({"ladder": "analysis.migration.ladder.store", "calibration": "analysis.calibration", "ensemble": "analysis.migration.ensemble.store"}[loader])
    folder = tmp_path / "simulations"
    folder.mkdir()
    path = folder / "ladder.npz"
    path.write_bytes(content)
    frozen.record(path, made_by="a test")
    with pytest.raises((InputError, ValueError, KeyError, TypeError)):
        module.load(path)
    assert not ran.exists()


@pytest.mark.parametrize("text", ["__import__('os').system('true')", "!!python/object/apply:os.system ['true']", "${HOME}", "`true`", "=cmd|'/c calc'!A0"])
def test_text_in_a_parameter_stays_text(text):
    with pytest.raises(InputError):
        with_overrides(Config(), {"kozai": {"draws": text}}, "a test")
