"""Fetching from sound services on the loopback interface."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from analysis.catalogue import fetch as module
from analysis.catalogue.fetch import adql, fetch
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.partial import Partial
from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.catalogue.services import BESIDE, REFERENCES, references_adql
from analysis.catalogue.sources import source_entry
from analysis.catalogue.textfile import TextTable
from analysis.errors import InputError
from analysis.runtime import ROOT
from tests.catalogue.fault_scenarios import FILE, SYNC, Bench, bd_catalogue, composite, reference_rows
from tests.catalogue.faulty_server import FaultyServer, answer

FILES = {
    "pscomppars.csv", "pscomppars.csv.provenance.json", "pscomppars.adql", "bd_catalogue.csv", "bd_catalogue.csv.provenance.json", "bd_article.json",
    "bd_article.json.provenance.json", "ps_references.csv", "ps_references.csv.provenance.json", "ps_references.adql",
}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FaultyServer() as server:
        bench = Bench(server, tmp_path / "fetched")
        bench.sound()
        yield bench


def note(path):
    return json.loads(path.with_name(f"{path.name}.provenance.json").read_text())


def test_files_queries_and_provenance(bench):
    ps, bd = bench.fetch()
    assert {path.name for path in ps.parent.iterdir()} == FILES and ps.parent == bd.parent and [ps.parent] == list(bench.outdir.iterdir())
    assert (ps.read_bytes(), bd.read_bytes()) == (composite(), bd_catalogue())
    assert (ps.parent / "ps_references.csv").read_bytes() == reference_rows()
    (asked,) = bench.asked("GET", "/TAP/sync")
    assert (ps.parent / "pscomppars.adql").read_text() == asked.query["query"] + "\n" == adql() + "\n"
    about = note(ps)
    assert about["query"] == adql() and about["rows"] == 6 and about["retrieved"] == ps.parent.name and about["units_checked_on_rows"] == 6
    assert about["sha256"] == hashlib.sha256(ps.read_bytes()).hexdigest() and about["bytes"] == ps.stat().st_size
    assert about["headers"]["Content-Length"] == str(len(composite())) and "Server" in about["headers"] and about["status"] == 200
    assert re.match(r"vlms-companions/\d", asked.headers["User-Agent"])
    assert note(bd)["source"] == "ORDO" and note(bd)["article"]["doi"].startswith("10.21954/")


def test_references_are_asked_for_the_hosts_of_the_catalogue_in_one_form(bench):
    ps, _ = bench.fetch()
    (asked,) = bench.asked("POST", "/TAP/sync")
    assert asked.query["query"] == references_adql(f"Host-{index}" for index in range(1, 7)) and asked.query["format"] == "csv"
    about = note(ps.parent / "ps_references.csv")
    assert (about["rows"], about["hosts_asked"], about["hosts_found"], about["default_rows"]) == (12, 6, 6, 6)


def test_a_quote_in_a_host_name_ends_no_string():
    assert "('Barnard''s star','X')" in references_adql(["X", "Barnard's star", "X"])
    assert {"default_flag", "pl_refname", "st_refname", "sy_refname", "rowupdate"} <= set(REFERENCES)


def test_the_query_asks_for_exactly_what_the_reader_reads(tmp_path, monkeypatch):
    """Every column that the reader looks up, and, beside these, only what is declared to lie beside them."""
    asked = set()
    column = TextTable.column

    def record(self, name):
        asked.add(name)
        return column(self, name)

    monkeypatch.setattr(TextTable, "column", record)
    (tmp_path / "ps.csv").write_bytes(composite())
    read_pscomppars(tmp_path / "ps.csv")
    columns = adql().removeprefix("select ").split(" from ")[0].split(",")
    assert len(columns) == len(set(columns)) and "where st_mass <= 0.25" in adql()
    assert asked == set(columns) - set(BESIDE) and not asked & set(BESIDE)
    assert {"st_age", "st_ageerr1", "st_agelim", "pl_bmassprov", "pl_controv_flag"} <= asked
    assert {"gaia_dr3_id", "st_mass_reflink", "pl_orbeccen_reflink", "pl_bmassj_reflink", "sy_dist_reflink"} <= set(BESIDE)


def test_columns_beside_change_nothing_and_the_age_enters_the_schema(tmp_path):
    """References and Gaia identifiers are left alone; st_age, which the frozen export lacks, is the host's age and says so."""
    beside = {name: '"<a href=""x"">Somebody, A. & B. 2020</a>"' for name in BESIDE}
    (tmp_path / "bare.csv").write_bytes(composite())
    (tmp_path / "full.csv").write_bytes(composite(st_ageerr1=1.0, st_ageerr2=-0.5, st_agelim=0, **beside))
    bare, full = (read_pscomppars(tmp_path / f"{name}.csv")[0] for name in ("bare", "full"))
    same = [name for name in bare.columns if not name.startswith("host_age") and name != "source_row"]
    assert bare[same].equals(full[same])
    assert (full["host_age_gyr"] == 3.0).all() and (full["host_age_gyr_err_down"] == 0.5).all() and (full["host_age_reference"] == "PSCompPars st_age").all()
    assert np.isnan(bare["host_age_gyr_err_up"]).all()


def test_the_provenance_is_what_freezing_reads(bench):
    ps, _ = bench.fetch()
    digest = hashlib.sha256(ps.read_bytes()).hexdigest()
    entry = source_entry("NASA", ps, {"file": ps.name, "sha256": digest, "rows": 6}, {}, {})
    assert entry["query"] == adql() and entry["retrieved"] == ps.parent.name and entry["copy"] == "retrieved from the service itself"


def test_the_next_day_asks_only_for_what_has_changed(bench):
    ps, bd = bench.fetch()
    os.rename(ps.parent, bench.outdir / "2026-01-01")
    bench.server.answers[SYNC] = answer(composite(7))
    ps, bd = bench.fetch()
    assert bench.asked("GET", FILE)[0].headers["If-None-Match"] == '"bd-1"' and any("unchanged since" in line for line in bench.said)
    assert bd.read_bytes() == bd_catalogue() and note(bd)["confirmed"] == ps.parent.name and ps.read_bytes() == composite(7)
    assert (bench.outdir / "2026-01-01" / "pscomppars.csv").read_bytes() == composite()


def test_a_file_that_was_changed_by_hand_is_fetched_whole(bench):
    _, bd = bench.fetch()
    bd.write_bytes(bd_catalogue("Tampered"))
    bench.fetch()
    assert "If-None-Match" not in bench.asked("GET", FILE)[0].headers and bd.read_bytes() == bd_catalogue()


def test_another_run_goes_on_where_the_first_was_interrupted(bench, monkeypatch):
    content = composite(400)
    bench.server.answers[SYNC] = answer(content, etag='"1"', ranges=True, drip=(16384, 0.02))
    append = Partial.append

    def interrupt(self, piece):
        append(self, piece)
        if self.size > 30_000:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Partial, "append", interrupt)
        with pytest.raises(KeyboardInterrupt):
            bench.fetch()
    left = {path.name: path for path in bench.outdir.rglob("*") if path.is_file()}
    assert set(left) == {"pscomppars.csv.part", "pscomppars.csv.part.json"}
    arrived = left["pscomppars.csv.part"].stat().st_size
    assert 30_000 < arrived < len(content)
    ps, _ = bench.fetch()
    assert bench.asked("GET", "/TAP/sync")[0].headers["Range"] == f"bytes={arrived}-" and ps.read_bytes() == content
    assert list(bench.outdir.iterdir()) == [ps.parent]


def test_a_killed_run_leaves_no_lock_and_is_gone_on_with(bench):
    content = composite(400)
    bench.server.answers[SYNC] = answer(content, etag='"1"', ranges=True, drip=(16384, 0.1))
    code = "import sys; from pathlib import Path; from analysis.catalogue.fetch import fetch; fetch(Path(sys.argv[1]), tap=sys.argv[2])"
    process = subprocess.Popen([sys.executable, "-c", code, str(bench.outdir), bench.urls["tap"]], cwd=ROOT, stdout=subprocess.DEVNULL)
    part = bench.outdir / ".incoming" / "pscomppars" / "pscomppars.csv.part"
    try:
        while not (part.is_file() and part.stat().st_size > 10_000) and process.poll() is None:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    arrived = part.stat().st_size
    ps, _ = bench.fetch()
    assert 0 < arrived < len(content) and bench.asked("GET", "/TAP/sync")[0].headers["Range"] == f"bytes={arrived}-"
    assert ps.read_bytes() == content and list(bench.outdir.iterdir()) == [ps.parent]


def test_what_a_killed_run_left_is_cleared(bench):
    scratch = bench.outdir / ".incoming" / "bd" / ".writing-999999999-x"
    scratch.mkdir(parents=True)
    (scratch / "bd_catalogue.csv").write_text("half")
    (bench.outdir / ".incoming" / "bd" / "stale.csv").write_text("stale")
    ps, _ = bench.fetch()
    assert {path.name for path in ps.parent.iterdir()} == FILES and list(bench.outdir.iterdir()) == [ps.parent]


def test_two_runs_at_once(bench):
    with module._incoming(bench.outdir), pytest.raises(InputError, match="another process"):
        bench.fetch()
    assert bench.fetch()[0].is_file()


def test_gaia_follows_the_catalogue_when_its_module_is_there(bench, monkeypatch):
    seen = {}

    class Gaia:
        @staticmethod
        def fetch_gaia(folder, ps, *, tap, policy, say):
            seen.update(read=ps.read_bytes(), tap=tap, policy=policy)
            (folder / "gaia.csv").write_text("x")

    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: name == module.GAIA_MODULE)
    monkeypatch.setattr(module.importlib, "import_module", lambda name: Gaia)
    ps, _ = bench.fetch()
    assert seen == {"read": composite(), "tap": bench.urls["gaia"], "policy": bench.policy}
    assert {path.name for path in ps.parent.iterdir()} == FILES | {"gaia.csv"}
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    shutil.rmtree(ps.parent)
    bench.fetch()
    assert {path.name for path in ps.parent.iterdir()} == FILES


def test_unwritable_folder(bench, tmp_path):
    (tmp_path / "file").write_text("x")
    bench.outdir = tmp_path / "file" / "fetched"
    with pytest.raises(InputError, match="cannot be written"):
        bench.fetch()


@contextmanager
def writes():
    """The paths that this process opens for writing, renames, creates or removes meanwhile."""
    found, active = set(), [True]

    def hook(event, arguments):
        if active[0]:
            if event == "open" and isinstance(arguments[0], str | bytes | Path) and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                found.add(os.fsdecode(arguments[0]))
            elif event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "shutil.rmtree"):
                found.update(os.fsdecode(value) for value in arguments[:2] if isinstance(value, str | bytes | Path))

    sys.addaudithook(hook)  # for the life of the process, hence the switch
    try:
        yield found
    finally:
        active[0] = False


def test_nothing_outside_the_folder_is_written_and_the_frozen_data_stay(bench):
    before = {path.relative_to(FROZEN): path.read_bytes() for path in FROZEN.glob("*") if path.is_file()}
    with writes() as found:
        bench.fetch()
        bench.server.answers[SYNC] = answer(b"", 404)
        with pytest.raises(InputError):
            bench.fetch()
    outside = {path for path in found if not Path(path).is_absolute() or not Path(path).is_relative_to(bench.outdir)}
    outside -= {path for path in outside if "__pycache__" in path or path == os.devnull}
    assert len(found) > 20 and not {path for path in outside if not path.startswith((".writing", "pscomppars", "bd_", "count"))}, outside
    assert before and before == {path.relative_to(FROZEN): path.read_bytes() for path in FROZEN.glob("*") if path.is_file()}


def test_default_addresses():
    assert all(url.startswith("https://") for url in (module.TAP, module.FIGSHARE, module.MIRROR)) and fetch.__kwdefaults__["tap"] == module.TAP
