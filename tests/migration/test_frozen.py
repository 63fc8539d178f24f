"""Frozen simulations: an altered, missing or unlisted file is refused, and a recipe touches its own entries alone."""

import hashlib
import json
import re

import pytest

from analysis.errors import InputError
from analysis.migration import frozen


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "direct.csv"
    path.write_bytes(b"system,e\nA,0.5\n")
    frozen.record(path, made_by="python -m recipe", environment={"numpy": "2.4"}, seed=7)
    return path


def test_a_recorded_file_is_verified_by_its_sha256(table):
    assert frozen.verified(table) == table
    entry = json.loads((table.parent / "MANIFEST.json").read_text())["files"]["direct.csv"]
    assert entry["sha256"] == hashlib.sha256(b"system,e\nA,0.5\n").hexdigest()
    assert (entry["made_by"], entry["environment"], entry["seed"]) == ("python -m recipe", {"numpy": "2.4"}, 7)


def test_one_changed_byte_is_refused(table):
    table.write_bytes(table.read_bytes().replace(b"5", b"6"))
    with pytest.raises(InputError, match=re.escape(str(table))):
        frozen.verified(table)


@pytest.mark.parametrize("damage", ["delete", "unlisted", "manifest gone", "manifest cut", "no checksum"])
def test_anything_missing_is_one_sentence_that_names_the_file(table, damage):
    manifest, asked = table.parent / "MANIFEST.json", table
    if damage == "delete":
        table.unlink()
    elif damage == "unlisted":
        asked = table.with_name("other.csv")
        asked.write_text("x\n")
    elif damage == "manifest gone":
        manifest.unlink()
    elif damage == "manifest cut":
        manifest.write_text(manifest.read_text()[:40])
    else:
        manifest.write_text('{"files": {"direct.csv": {}}}')
    with pytest.raises(InputError) as caught:
        frozen.verified(asked)
    assert str(asked.parent) in str(caught.value) and "\n" not in str(caught.value)


def test_recording_replaces_its_own_entry_alone(table):
    other = table.with_name("ensemble.csv")
    other.write_text("n\n1\n")
    frozen.record(other, made_by="python -m sweep")
    before = frozen.read_manifest(table.parent)["files"]["ensemble.csv"]
    table.write_bytes(b"system,e\nA,0.7\n")
    frozen.record(table, made_by="python -m recipe --again")
    files = frozen.read_manifest(table.parent)["files"]
    assert files["ensemble.csv"] == before and set(files) == {"direct.csv", "ensemble.csv"}
    assert files["direct.csv"]["made_by"] == "python -m recipe --again" and "seed" not in files["direct.csv"]
    assert frozen.verified(table) and frozen.verified(other)


def test_a_damaged_manifest_is_not_overwritten(table):
    manifest = table.parent / "MANIFEST.json"
    manifest.write_text("{")
    with pytest.raises(InputError):
        frozen.record(table, made_by="python -m recipe")
    assert manifest.read_text() == "{"


def test_nothing_unfinished_is_left_behind(table, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        frozen.write_atomically(table, b"new")
    assert sorted(path.name for path in table.parent.iterdir()) == ["MANIFEST.json", "direct.csv"]
    assert table.read_bytes() == b"system,e\nA,0.5\n"


def test_the_digest_of_sources_depends_on_content_and_not_on_order():
    one, two = frozen.ROOT / "analysis" / "constants.py", frozen.ROOT / "analysis" / "errors.py"
    assert frozen.source_digest([one, two]) == frozen.source_digest([two, one]) != frozen.source_digest([one])


def test_a_file_knows_whether_its_sources_changed(table):
    sources = ["analysis/constants.py", "analysis/errors.py"]
    assert not frozen.sources_unchanged(table)
    frozen.record(table, made_by="recipe", sources=sources, source_sha256=frozen.source_digest(frozen.ROOT / name for name in sources))
    assert frozen.sources_unchanged(table)
    frozen.record(table, made_by="recipe", sources=sources[:1], source_sha256=frozen.source_digest(frozen.ROOT / name for name in sources))
    assert not frozen.sources_unchanged(table)


def test_every_frozen_simulation_is_listed_and_fits_its_checksum():
    listed = set(frozen.read_manifest()["files"])
    assert listed == {path.name for path in frozen.SIMULATIONS.iterdir()} - {frozen.MANIFEST}
    assert {frozen.verified(frozen.SIMULATIONS / name).name for name in listed} == listed
