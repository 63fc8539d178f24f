"""Freezing exports, the MANIFEST, and tampering."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import nullcontext

import pandas as pd
import pytest

from analysis import atomic
from analysis.catalogue import freeze as module
from analysis.catalogue.assemble import assemble
from analysis.catalogue.corrections import apply_corrections, read_corrections
from analysis.catalogue.freeze import freeze, restamp
from analysis.catalogue.frozen import read_companions, table_text
from analysis.catalogue.host_ages import attach_ages, read_host_ages
from analysis.catalogue.manifest import CURATED, FROZEN, MANIFEST, digest, read_manifest, verified
from analysis.catalogue.target import read_published
from analysis.errors import InputError
from analysis.runtime import ROOT
from tests.catalogue.exports import PS_DEFAULTS, WEB_HEADER, bd_row, ps_row, write_bd, write_ps

EU = ["name", "star_name", "star_mass", "star_age", "star_age_error_min", "star_age_error_max", "star_alternate_names", "updated"]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FROZEN, tmp_path / "frozen")


@pytest.fixture
def exports(tmp_path):
    ps = [ps_row(1, st_mass=0.1 + 0.2), ps_row(2, pl_orbper=1 / 3, st_mass=0.06),
          ps_row(3, pl_orbeccen=0, pl_orbeccenerr1="", pl_orbeccenerr2="", st_met=-1e-5),
          ps_row(4, pl_bmassj=1.23456789e-5, discoverymethod="Microlensing", hostname="Teegarden's Star")]
    return write_ps(tmp_path / "ps_2026-01-02.csv", ps, prefix=WEB_HEADER), write_bd(tmp_path / "bd.csv", [bd_row(), bd_row(host_star="X", mass=30)])


def eu_file(path, rows):
    lines = [",".join(EU)] + [",".join(str(row.get(name, "")) for name in EU) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_round_trip_is_exact(exports, folder):
    made = assemble(*exports).table
    freeze(*exports, folder=folder)
    pd.testing.assert_frame_equal(read_companions(folder), made, check_exact=True)
    text = (folder / "companions.csv").read_text()
    assert table_text(read_companions(folder)) == text == table_text(made.sample(frac=1, random_state=1))


def test_manifest_tells_origin_and_counts_and_no_local_path(exports, folder, tmp_path):
    counts = freeze(*exports, folder=folder, copies={"NASA": "a copy"}, dates={"BD_Catalogue": "2026-05-06"})
    manifest = read_manifest(folder)
    nasa, bd = manifest["sources"]["NASA"], manifest["sources"]["BD_Catalogue"]
    assert (nasa["sha256"], nasa["rows"], nasa["retrieved"], nasa["copy"]) == (digest(exports[0]), 4, "2026-06-02", "a copy")
    assert (bd["file"], bd["retrieved"]) == ("bd.csv", "2026-05-06") and nasa["authority_url"].startswith("https://")
    assert counts["companions.csv"] == manifest["files"]["companions.csv"]["rows"] == 5
    text = (folder / MANIFEST).read_text()
    assert str(tmp_path) not in text and str(ROOT) not in text
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".frozen")]


def test_same_exports_same_bytes(exports, folder):
    freeze(*exports, folder=folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    freeze(*exports, folder=folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == first


def test_fetched_provenance_is_used_and_must_fit(exports, folder):
    note = exports[0].with_name(exports[0].name + ".provenance.json")
    note.write_text(json.dumps({"sha256": digest(exports[0]), "url": "https://x/sync", "query": "select 1", "retrieved": "2026-07-08"}))
    freeze(*exports, folder=folder)
    nasa = read_manifest(folder)["sources"]["NASA"]
    assert (nasa["retrieved"], nasa["query"], nasa["url"]) == ("2026-07-08", "select 1", "https://x/sync")
    note.write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(InputError, match="another file"):
        freeze(*exports, folder=folder)


@pytest.mark.parametrize("name", ["companions.csv", *CURATED])
def test_any_changed_byte_is_noticed(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    readers = dict(zip(CURATED, (read_corrections, read_host_ages, read_published), strict=True))
    reader = readers.get(name, read_companions)
    with pytest.raises(InputError, match=f"{name} does not match its checksum"):
        reader(folder)


def test_missing_manifest_file_or_entry(folder):
    with pytest.raises(InputError, match="not listed"):
        verified("unknown.csv", folder)
    (folder / "host_ages.csv").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_host_ages(folder)
    (folder / MANIFEST).write_text("{")
    with pytest.raises(InputError, match="not a valid manifest"):
        read_companions(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(InputError, match="no such file"):
        read_companions(folder)


def test_restamp_accepts_a_good_hand_edit_and_refuses_a_bad_one(folder):
    path = folder / "toi6894.csv"
    path.write_text(path.read_text().replace("0.207,0.011", "0.206,0.011"))
    with pytest.raises(InputError):
        read_published(folder)
    assert restamp(folder) == ["toi6894.csv"] and read_published(folder)[0]["host_mass_msun"] == 0.206
    before = (folder / MANIFEST).read_bytes()
    path.write_text(path.read_text().replace("0.206,0.011", "-0.206,0.011"))
    with pytest.raises(InputError, match="line 2"):
        restamp(folder)
    assert (folder / MANIFEST).read_bytes() == before


def test_restamp_never_accepts_edited_companions(folder):
    path = folder / "companions.csv"
    path.write_text(path.read_text().replace("0.15", "0.16", 1))
    with pytest.raises(InputError, match="not edited by hand"):
        restamp(folder)


def test_restamp_names_the_file_that_is_wrong_and_not_its_copy(folder):
    path = folder / "toi6894.csv"
    path.write_text("quantity\n")
    with pytest.raises(InputError) as error:
        restamp(folder)
    assert ".writing" not in str(error.value) and "toi6894.csv" in str(error.value)
    (folder / "corrections.csv").unlink()
    (folder / "corrections.csv").mkdir()
    with pytest.raises(InputError, match=r"frozen/corrections\.csv: no such file"):
        restamp(folder)


def _elsewhere(folder):
    shutil.copy(folder / "toi6894.csv", folder.parent / "mine.csv")
    (folder / "toi6894.csv").unlink()
    (folder / "toi6894.csv").symlink_to(folder.parent / "mine.csv")


@pytest.mark.parametrize(("change", "words"), [
    (lambda folder: (folder / "toi6894.csv").unlink(), "toi6894.csv: no such file"),
    (lambda folder: (folder / "companions.csv").unlink(), "companions.csv: no such file"),
    (lambda folder: (folder / "notes.csv").write_text("mine\n"), "notes.csv is no table of the frozen catalogue"),
    (_elsewhere, "toi6894.csv is a link to another folder"),
])
def test_restamp_neither_drops_a_missing_file_nor_adopts_an_unknown_one(folder, change, words):
    with open(folder / "host_ages.csv", "a") as stream:
        stream.write("# a comment that is meant\n")
    change(folder)
    before = content(folder)
    with pytest.raises(InputError, match=words):
        restamp(folder)
    assert content(folder) == before and [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_restamp_enters_a_curated_table_that_was_not_there(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["host_ages.csv"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert restamp(folder) == ["host_ages.csv"] and read_host_ages(folder)


STAMP_KILLED = """
import os, signal, sys
from pathlib import Path
from analysis.catalogue import freeze as module
real = module._read_back
def read_back(folder):
    real(folder) if sys.argv[2] == "after" else None
    os.kill(os.getpid(), signal.SIGKILL)
module._read_back = read_back
module.restamp(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_edits_are_read_back_stamps_none_of_them(folder, moment):
    path = folder / "toi6894.csv"
    path.write_text(path.read_text().replace("0.207,0.011", "0.206,0.011" if moment == "after" else "-0.207,0.011"))
    before = content(folder)
    killed = subprocess.run([sys.executable, "-c", STAMP_KILLED, str(folder), moment], cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL and content(folder) == before
    with pytest.raises(InputError, match="line 2") if moment == "before" else nullcontext():
        restamp(folder)
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_freeze_refuses_to_carry_over_a_tampered_file(exports, folder):
    (folder / "corrections.csv").write_text((folder / "corrections.csv").read_text() + "\n")
    with pytest.raises(InputError, match="corrections.csv does not match"):
        freeze(*exports, folder=folder)


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_between_the_two_renames_leaves_the_old_folder(exports, folder, monkeypatch, failure):
    before = content(folder)
    real = module.os.rename

    def fail(source, destination):
        if destination == folder and not str(source).endswith(".old"):
            raise failure
        real(source, destination)

    monkeypatch.setattr(atomic, "_exchange", lambda first, second: False)
    monkeypatch.setattr(module.os, "rename", fail)
    with pytest.raises(type(failure)):
        freeze(*exports, folder=folder)
    assert content(folder) == before and [path.name for path in folder.parent.iterdir() if path.name.startswith(".frozen")] == []


def test_the_old_folder_is_kept_aside_when_it_cannot_be_put_back(exports, folder, monkeypatch):
    before = content(folder)
    real = module.os.rename

    def fail(source, destination):
        if destination == folder:
            raise OSError("disk full")
        real(source, destination)

    monkeypatch.setattr(atomic, "_exchange", lambda first, second: False)
    monkeypatch.setattr(module.os, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        freeze(*exports, folder=folder)
    (scratch,) = folder.parent.glob(".frozen-*")
    assert not folder.exists() and content(scratch / "frozen.old") == before
    monkeypatch.undo()
    assert module.recover(folder) and content(folder) == before and not scratch.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from analysis import atomic
from analysis.catalogue import freeze as module
real, count = os.rename, [0]
def rename(source, destination):
    real(source, destination)
    count[0] += 1
    if count[0] == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
os.rename = rename
exchange = atomic._exchange
def exchanged(first, second):
    done = exchange(first, second) if sys.argv[4] == "0" else False
    if sys.argv[4] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    return done
atomic._exchange = exchanged
module.freeze(Path(sys.argv[1]), Path(sys.argv[2]), folder=Path(sys.argv[3]))
"""


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_a_kill_in_the_swap_loses_nothing_and_the_next_call_mends_it(exports, folder, renames):
    """Killed after the exchange (0), or on systems without it after the old folder moved aside (1), the new one came (2), the old one took its name (3)."""
    before = content(folder)
    killed = subprocess.run([sys.executable, "-c", KILLED, *map(str, exports), str(folder), str(renames)], cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert folder.exists() == (renames != 1)
    assert module.recover(folder) == (renames == 1)
    assert (content(folder) == before) == (renames == 1) and len(read_companions(folder)) == (5 if renames != 1 else 203)
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".frozen")] == []


def test_an_edit_made_meanwhile_is_never_replaced(exports, folder):
    path = folder / "toi6894.csv"
    with module.prepared(*exports, folder=folder) as new:
        path.write_text(path.read_text() + "#\n")
        edited = content(folder)
        with pytest.raises(InputError, match="was changed while"):
            new.replace()
    assert content(folder) == edited


def test_the_scratch_of_a_running_freeze_is_left_alone_and_the_number_of_its_process_says_nothing(exports, folder):
    other = folder.parent / f".frozen-{os.getpid()}-x"  # left by a killed process whose number this one has now
    (other / "frozen").mkdir(parents=True)
    with module.prepared(*exports, folder=folder) as new:
        assert not module.recover(folder) and new.staged.is_dir() and not other.exists()
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".frozen")] == []


def test_where_there_are_no_locks_a_folder_is_put_back_and_nothing_removed(folder, monkeypatch):
    def refuse(*_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(atomic.fcntl, "flock", refuse)
    before, scratch = content(folder), folder.parent / ".frozen-x"
    scratch.mkdir()
    os.rename(folder, scratch / "frozen.old")
    assert module.recover(folder) and content(folder) == before and scratch.is_dir()


def test_what_is_known_of_the_same_bytes_stays_and_what_is_told_anew_counts(exports, folder):
    freeze(*exports, folder=folder, copies={"NASA": "a copy"}, dates={"NASA": "2026-05-06"})
    freeze(*exports, folder=folder)
    assert [read_manifest(folder)["sources"]["NASA"][key] for key in ("copy", "retrieved")] == ["a copy", "2026-05-06"]
    freeze(*exports, folder=folder, dates={"NASA": "2026-05-07"})
    assert read_manifest(folder)["sources"]["NASA"]["retrieved"] == "2026-05-07"
    exports[0].write_text(exports[0].read_text() + "\n")
    freeze(*exports, folder=folder)
    assert read_manifest(folder)["sources"]["NASA"]["retrieved"] == "2026-06-02"


def test_host_ages_match_by_name_and_alias(exports, folder, tmp_path):
    rows = [
        {"name": "T b", "star_name": "Teegarden's", "star_mass": 0.09, "star_age": 8, "updated": "2020-01-01"},
        {"name": "U b", "star_name": "Unknown", "star_mass": 0.2, "star_age": 3, "star_age_error_min": -1, "star_age_error_max": 2,
         "updated": "2020-01-01", "star_alternate_names": "Host 3"},
        {"name": "V b", "star_name": "V", "star_mass": 0.24, "star_age": 5, "star_age_error_min": 0, "star_age_error_max": 9,
         "updated": "2020-01-01"},
        {"name": "V c", "star_name": "V", "star_mass": 0.24, "star_age": 6, "star_age_error_min": 1, "star_age_error_max": 1,
         "updated": "2019-01-01"},
        {"name": "Heavy b", "star_name": "Heavy", "star_mass": 0.9, "star_age": 5, "updated": "2020-01-01"},
        {"name": "No b", "star_name": "No age", "star_mass": 0.1, "updated": "2020-01-01"},
    ]
    freeze(*exports, eu_file(tmp_path / "eu_2026-01-13.csv", rows), folder=folder)
    ages = {row["host_name"]: row for row in read_host_ages(folder)}
    assert set(ages) == {"Teegarden's Star", "Host-3", "V"}
    assert (ages["Host-3"]["err_up"], ages["Host-3"]["err_down"], ages["Host-3"]["origin_name"]) == ("2", "1", "Unknown")
    assert (ages["V"]["host_age_gyr"], ages["V"]["err_down"], ages["V"]["limit"]) == ("5", "", "-1") and "different ages" in ages["V"]["note"]
    table, filled = attach_ages(read_companions(folder), list(ages.values()))
    assert filled == 2 and table.set_index("companion_name")["host_age_gyr"].dropna().to_dict() == {"Host-3 b": 3.0, "Host-4 b": 8.0}


def test_an_age_in_the_row_is_kept_before_the_table(folder, tmp_path):
    row = ps_row(4, hostname="Teegarden's Star") | {"st_age": "2.5"}
    made = assemble(write_ps(tmp_path / "a.csv", [row], columns=[*PS_DEFAULTS, "st_age"]), write_bd(tmp_path / "b.csv", [bd_row()])).table
    table, filled = attach_ages(made, read_host_ages(folder))
    assert filled == 0 and table.set_index("companion_name").loc["Host-4 b", "host_age_gyr"] == 2.5


def test_hand_made_age_limits_survive_a_new_freeze(exports, folder, tmp_path):
    eu = eu_file(tmp_path / "eu.csv", [{"name": "K", "star_name": "K2-315", "star_mass": 0.17, "star_age": 1, "updated": "2024-01-01"}])
    freeze(*exports, eu, folder=folder)
    row = read_host_ages(folder)[0]
    assert row["limit"] == "-1" and "Niraula" in row["reference"]


def correction(**changes):
    return dict.fromkeys(("value_in_source", "err_up", "err_down"), "") | {
        "object_id": "NASA:Host-1 b", "column": "host_mass_msun", "action": "value", "value": "0.3", "reference": "r", "reason": "w"} | changes


def test_corrections_apply_skip_and_report(tmp_path):
    table = assemble(write_ps(tmp_path / "a.csv", [ps_row(1), ps_row(2)]), write_bd(tmp_path / "b.csv", [bd_row()])).table
    items = [correction(value_in_source="0.15", err_up="0.02"), correction(object_id="NASA:Host-2 b", value_in_source="0.19"),
             correction(object_id="NASA:absent"), correction(object_id="NASA:Host-2 b", column="eccentricity", action="kind", value="upper_limit")]
    corrected, applied = apply_corrections(table, items)
    assert list(applied["status"]) == ["applied", "source has changed", "row not in the catalogue", "applied"]
    rows = corrected.set_index("companion_name")
    assert (rows.loc["Host-1 b", "host_mass_msun"], rows.loc["Host-1 b", "host_mass_msun_err_up"]) == (0.3, 0.02)
    second = rows.loc["Host-2 b"]
    assert (second["host_mass_msun"], second["eccentricity_kind"], second["eccentricity_limit"]) == (0.15, "upper_limit", 1)
    again, _ = apply_corrections(corrected, [items[3]])
    pd.testing.assert_frame_equal(again, corrected)


@pytest.mark.parametrize("changes", [
    {"reason": ""}, {"reference": ""}, {"action": "guess"}, {"value": "x"}, {"value": "-1"}, {"column": "no_such"},
    {"action": "kind", "column": "eccentricity", "value": "odd"},
])
def test_an_incomplete_correction_is_refused(folder, changes):
    path = folder / "corrections.csv"
    row = correction(**changes)
    fields = ["object_id", "column", "action", "value_in_source", "value", "err_up", "err_down", "reference", "reason"]
    path.write_text(path.read_text() + ",".join(row[name] for name in fields) + "\n")
    with pytest.raises(InputError, match="corrections.csv, line 12"):
        restamp(folder)


def test_every_frozen_correction_and_age_has_a_reference():
    assert all(row["reference"] and row["reason"] for row in read_corrections())
    assert all(row["reference"] and row["origin_name"] for row in read_host_ages())


def test_manifest_module_needs_only_the_standard_library():
    code = "import sys, analysis.catalogue.manifest as m; m.verified('companions.csv'); print([n for n in ('numpy', 'pandas') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "[]"
