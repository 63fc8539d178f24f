"""The hosts' Gaia DR3 solutions: identifiers, queries, a server on the loopback interface, the table and its refusals."""

import csv
import http.server
import json
import re
import threading
import urllib.parse

import numpy as np
import pandas as pd
import pytest

from analysis.astrometry import photocentre_axis, photocentre_axis_error
from analysis.catalogue import fetch_gaia as module
from analysis.catalogue import gaia as table_module
from analysis.catalogue.fetch_gaia import fetch_gaia, gaia_adql, identifiers
from analysis.catalogue.freeze import freeze, restamp
from analysis.catalogue.gaia import COLUMN_NAMES, CORRELATED, TABLES, gaia_text, parse_correlations, read_gaia
from analysis.catalogue.gaia_match import ARCHIVE_COLUMNS, SOURCE_TABLE, correlation_text, match_rows
from analysis.catalogue.manifest import FROZEN, GAIA, digest, read_manifest
from analysis.catalogue.request import Policy
from analysis.config import Config, GaiaConfig, with_overrides
from analysis.errors import InputError
from analysis.study import Study
from tests.catalogue.exports import PS_DEFAULTS, bd_row, ps_row, write_bd, write_ps

BH1 = 4373465352415301632  # exact only as an integer: the nearest double is another number
OTHER = 5870569352746779008
COLUMNS = [*PS_DEFAULTS, "gaia_dr3_id"]
# Gaia DR3's own solution of Gaia BH1 (El-Badry et al. 2023, MNRAS 518, 1057), with errors made up
ORBIT = {
    "source_id": str(BH1), "nss_solution_type": "Orbital", "parallax": "2.0954515888832432", "parallax_error": "0.035", "ra_error": "0.02",
    "dec_error": "0.02", "pmra_error": "0.05", "pmdec_error": "0.05", "a_thiele_innes": "-0.262289119199277", "b_thiele_innes": "2.9291159041806485",
    "f_thiele_innes": "1.5248071482113947", "g_thiele_innes": "0.5343685858549198", "a_thiele_innes_error": "0.1", "b_thiele_innes_error": "0.2",
    "f_thiele_innes_error": "0.3", "g_thiele_innes_error": "0.15", "period": "185.7656578920495", "period_error": "0.31", "eccentricity": "0.489",
    "eccentricity_error": "0.07", "t_periastron_error": "4.1", "significance": "13.6", "goodness_of_fit": "3.1", "flags": "8192",
}
SOURCE = {"source_id": str(BH1), "ra": "262.17", "dec": "-0.58", "parallax": "2.1", "parallax_error": "0.03", "phot_g_mean_mag": "13.77", "ruwe": "7.64",
          "non_single_star": "1"}


def csv_text(table, rows):
    columns = ARCHIVE_COLUMNS[table]
    lines = [",".join(columns)]
    lines += [",".join(f'"{row[name]}"' if "," in row.get(name, "") else row.get(name, "") for name in columns) for row in rows]
    return "\n".join(lines) + "\n"


class Archive:
    """Answers queries from rows per table, as the archive would; remembers the queries."""

    def __init__(self, server):
        self.tap = f"http://127.0.0.1:{server.server_port}/tap"
        self.rows = {SOURCE_TABLE: [SOURCE, {**SOURCE, "source_id": str(OTHER)}], TABLES[0]: [ORBIT], TABLES[1]: [], TABLES[2]: []}
        self.override = {}
        self.queries, self.addresses = [], []

    def answer(self, address):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["QUERY"][0]
        self.queries.append(query)
        self.addresses.append(address)
        table = re.search(r"from gaiadr3\.(\w+)", query)[1]
        if table in self.override:
            return self.override[table].encode()
        wanted = set(re.search(r"in \(([\d,]+)\)", query)[1].split(","))
        return csv_text(table, [row for row in self.rows[table] if row["source_id"] in wanted]).encode()

    def fetch(self, folder, ps, **more):
        return fetch_gaia(folder, ps, tap=self.tap, policy=Policy(retries=0, backoff_s=0.0), say=lambda line: None, **more)


@pytest.fixture
def archive():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = archive.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "text/csv")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    archive = Archive(server)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield archive
    server.shutdown()
    server.server_close()


@pytest.fixture
def ps(tmp_path):
    rows = [
        ps_row(1, hostname="One", gaia_dr3_id=f"Gaia DR3 {BH1}"), ps_row(2, hostname="One", gaia_dr3_id=f"Gaia DR3 {BH1}"),
        ps_row(3, hostname="Two", gaia_dr3_id=f"Gaia DR3 {OTHER}"), ps_row(4, hostname="Nameless", gaia_dr3_id=""),
        ps_row(5, hostname="Heavy", st_mass=1.0, gaia_dr3_id="Gaia DR3 77"), ps_row(6, hostname="Gone", gaia_dr3_id="Gaia DR3 88"),
    ]
    return write_ps(tmp_path / "ps.csv", rows, columns=COLUMNS)


def test_identifiers_are_those_of_light_hosts(ps):
    assert identifiers(ps) == {"One": BH1, "Two": OTHER, "Gone": 88}
    assert identifiers(ps, 2.0)["Heavy"] == 77


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ps_row(1, gaia_dr3_id="Gaia DR2 123")], ("line 2", "gaia_dr3_id", "Gaia DR2 123")),
        ([ps_row(1, gaia_dr3_id="Gaia DR3 9223372036854775808")], ("line 2", "not an identifier")),
        ([ps_row(1, hostname="A", gaia_dr3_id="Gaia DR3 1"), ps_row(2, hostname="A", gaia_dr3_id="Gaia DR3 2")], ("line 3", "another gaia_dr3_id")),
    ],
)
def test_identifiers_that_are_none(tmp_path, rows, words):
    with pytest.raises(InputError) as caught:
        identifiers(write_ps(tmp_path / "ps.csv", rows, columns=COLUMNS))
    assert all(word in str(caught.value) for word in words)


def test_export_without_the_column_says_so(tmp_path):
    with pytest.raises(InputError, match="gaia_dr3_id is missing"):
        identifiers(write_ps(tmp_path / "ps.csv", [ps_row(1)]))


def test_queries_are_short_and_name_every_column(archive, ps, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 2)
    archive.fetch(tmp_path / "got", ps)
    assert len(archive.queries) == 2 * len(ARCHIVE_COLUMNS)  # three hosts in two batches, four tables
    assert archive.queries[0] == gaia_adql(SOURCE_TABLE, [88, BH1])
    whole = {table: gaia_adql(table, [BH1] * 150) for table in ARCHIVE_COLUMNS}
    assert all(len(urllib.parse.quote_plus(query)) < 6000 for query in whole.values())
    for query in whole.values():
        assert "select source_id," in query and query.endswith("order by source_id")


def test_table_of_facts(archive, ps, tmp_path):
    path = archive.fetch(tmp_path / "got", ps)
    assert path.name == GAIA
    frame = read_gaia(path)
    assert frame["host_name"].tolist() == ["Gone", "One", "Two"]
    gone, one, two = (frame.iloc[i] for i in range(3))
    assert one["gaia_dr3_id"] == str(BH1) and one["ruwe"] == 7.64 and one["solution_type"] == "Orbital"
    assert gone["in_gaia_source"] == 0 and np.isnan(gone["ruwe"]) and pd.isna(gone["solution_type"])
    assert two["in_gaia_source"] == 1 and pd.isna(two["solution_type"])
    # photocentre axis of Gaia BH1 from A, B, F, G: a^2 is the larger root of z^2 - (A^2 + B^2 + F^2 + G^2) z + (AG - BF)^2
    elements = np.array([float(ORBIT[f"{letter}_thiele_innes"]) for letter in "abfg"])
    square = np.roots([1, -(elements @ elements), (elements[0] * elements[3] - elements[1] * elements[2]) ** 2]).max()
    assert one["photocentre_axis_mas"] == pytest.approx(np.sqrt(square), rel=1e-12)


def test_query_date_and_checksums_are_kept(archive, ps, tmp_path):
    path = archive.fetch(tmp_path / "got", ps)
    note = json.loads((path.parent / f"{GAIA}.provenance.json").read_text())
    assert note["sha256"] == digest(path) and note["rows"] == 3 and note["hosts"] == 3 and re.fullmatch(r"\d{4}-\d\d-\d\d", note["retrieved"])
    assert [part["query"] for part in note["made_from"]] == archive.queries
    for part in note["made_from"]:
        assert part["sha256"] == digest(path.parent / part["file"])
        assert json.loads((path.parent / f"{part['file']}.provenance.json").read_text())["query"] == part["query"]
    assert note["hosts_from"] == {"file": "ps.csv", "sha256": digest(ps)}


def test_nobody_is_asked_without_identifiers(archive, tmp_path):
    said = []
    ps = write_ps(tmp_path / "ps.csv", [ps_row(1, gaia_dr3_id="")], columns=COLUMNS)
    assert fetch_gaia(tmp_path / "got", ps, tap=archive.tap, say=said.append) is None
    assert not archive.queries and "is not asked" in said[0] and not (tmp_path / "got" / GAIA).exists()


@pytest.mark.parametrize(
    ("table", "body", "words"),
    [
        (TABLES[0], "<!DOCTYPE html><html><title>Maintenance</title></html>", "ESA Gaia Archive at .* a web page entitled 'Maintenance'"),
        (
            SOURCE_TABLE, '<VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">Unknown table</INFO></RESOURCE></VOTABLE>',
            "the query was refused: Unknown table",
        ),
        (SOURCE_TABLE, "source_id,ra\n1,2\n", "missing"),
        (TABLES[0], csv_text(TABLES[0], [{**ORBIT, "source_id": "123"}]), "was not asked for"),
        (TABLES[0], csv_text(TABLES[0], [{**ORBIT, "period": "long"}]), "no number"),
        (TABLES[0], csv_text(TABLES[0], [{**ORBIT, "eccentricity": "1.5"}]), "eccentricity"),
        (SOURCE_TABLE, csv_text(SOURCE_TABLE, [SOURCE, SOURCE]), "twice"),
    ],
)
def test_answers_that_are_not_rows_of_the_archive(archive, ps, tmp_path, table, body, words):
    archive.override[table] = body
    with pytest.raises(InputError, match=words):
        archive.fetch(tmp_path / "got", ps)
    assert not (tmp_path / "got" / GAIA).exists()


def test_unreachable_archive_leaves_nothing(ps, tmp_path):
    with pytest.raises(InputError, match="ESA Gaia Archive"):
        fetch_gaia(tmp_path / "got", ps, tap="http://127.0.0.1:9/tap", policy=Policy(retries=0), say=lambda line: None)
    assert not (tmp_path / "got" / GAIA).exists()


# -- covariances


def packed(matrix, pad=0, style="[]"):
    """corr_vec of a correlation matrix: upper triangle, column by column."""
    values = [matrix[i, j] for j in range(len(matrix)) for i in range(j)] + [0.0] * pad
    return style[:1] + ", ".join(repr(float(value)) for value in values) + style[1:]


def correlation(size, seed=1):
    draws = np.random.default_rng(seed).standard_normal((size, 3 * size))
    return np.corrcoef(draws)


@pytest.mark.parametrize(("solution", "places"), [("Orbital", (2, 5, 6, 7, 8, 10)), ("OrbitalTargetedSearch", (2, 5, 6, 7, 8, 9))])
@pytest.mark.parametrize("pad", [0, 12])
def test_correlations_are_unpacked(solution, places, pad):
    """Twelve parameters: position, parallax, proper motion, A B F G, then e, P, T or P, e, T."""
    full = correlation(12)
    text = correlation_text({**ORBIT, "nss_solution_type": solution, "corr_vec": packed(full, pad, "()" if pad else "[]")})
    np.testing.assert_allclose(parse_correlations(text), full[np.ix_(places, places)], atol=1e-15)


def test_circular_solutions_have_fewer_parameters():
    full = correlation(10)
    row = {**ORBIT, "eccentricity_error": "", "g_thiele_innes_error": "", "corr_vec": packed(full)}
    found = parse_correlations(correlation_text(row))
    assert found[0, 5] == full[2, 8]  # parallax and period: without G and e the period is the ninth
    assert not found[4, [0, 1, 2, 3, 5]].any()  # G is not fitted


@pytest.mark.parametrize("vector", ["", "[1.5" + ", 0.1" * 65 + "]", "[0.1, 0.2]", "[a, b]"])
def test_vectors_that_do_not_fit_are_left_out(vector):
    assert correlation_text({**ORBIT, "corr_vec": vector}) == ""


def test_error_of_the_axis_follows_the_covariance(archive, ps, tmp_path):
    full = correlation(12, 3)
    archive.rows[TABLES[0]] = [{**ORBIT, "corr_vec": packed(full)}]
    row = read_gaia(archive.fetch(tmp_path / "got", ps)).iloc[1]
    elements = np.array([float(ORBIT[f"{letter}_thiele_innes"]) for letter in "abfg"])
    errors = np.array([float(ORBIT[f"{letter}_thiele_innes_error"]) for letter in "abfg"]) * 1e-3
    covariance = full[5:9, 5:9] * np.outer(errors, errors)
    drawn = photocentre_axis(np.random.default_rng(0).multivariate_normal(elements, covariance, 200_000)).std()
    assert photocentre_axis_error(elements, covariance) == pytest.approx(drawn, rel=0.01)
    assert row["photocentre_axis_mas_err"] == pytest.approx(drawn * 1e3, rel=0.01)


def test_an_orbit_seen_face_on_has_no_error_to_first_order():
    assert photocentre_axis([2.0, 0.0, 0.0, 2.0]) == 2.0 and np.isnan(photocentre_axis_error([2.0, 0.0, 0.0, 2.0], np.eye(4)))
    assert photocentre_axis(np.zeros(4)) == 0 and np.isnan(photocentre_axis_error(np.zeros(4), np.eye(4)))


# -- the file


def write_gaia(path, rows):
    path.write_text(gaia_text(rows), encoding="utf-8")
    return path


def facts(**changes):
    return {"host_name": "One", "gaia_dr3_id": "12", "asked_on": "2026-01-02", "in_gaia_source": 1.0, **changes}


def test_text_is_exact_and_sorted(tmp_path):
    rows = [facts(host_name="B", gaia_dr3_id="2", ruwe=1 / 3), facts(host_name="A", gaia_dr3_id=str(BH1), ra_deg=0.1 + 0.2)]
    frame = read_gaia(write_gaia(tmp_path / GAIA, rows))
    assert frame["host_name"].tolist() == ["A", "B"] and frame["gaia_dr3_id"][0] == str(BH1)
    assert frame["ruwe"][1] == 1 / 3 and frame["ra_deg"][0] == 0.1 + 0.2
    assert gaia_text(rows) == gaia_text(rows[::-1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host_name": ""}, "host_name"), ({"host_name": "a\x07"}, "host_name"), ({"asked_on": "yesterday"}, "asked_on"), ({"gaia_dr3_id": "9" * 5000}, "gaia_dr3_id"),
        ({"gaia_dr3_id": "012"}, "gaia_dr3_id"), ({"gaia_dr3_id": "1e5"}, "gaia_dr3_id"), ({"ruwe": -1.0}, "ruwe"), ({"ra_deg": 400.0}, "ra_deg"),
        ({"solution_table": "nss_vim_fl", "solution_type": "VIMF"}, "solution_table"), ({"solution_type": "Orbital"}, "solution_type"),
        ({"solution_table": TABLES[0], "solution_type": "Orbital", "in_gaia_source": 0.0}, "in_gaia_source"),
        ({"correlations": "0.1 0.2"}, "correlations"), ({"correlations": " ".join(["2"] * 15)}, "correlations"), ({"eccentricity": 1.2}, "eccentricity"),
    ],
)
def test_rows_that_cannot_be(tmp_path, changes, words):
    with pytest.raises(InputError, match=f"(?s)line 2.*{words}"):
        read_gaia(write_gaia(tmp_path / GAIA, [facts(**changes)]))


def test_each_host_has_one_source_and_each_solution_one_line(tmp_path):
    for second in (facts(gaia_dr3_id="13"), facts()):
        with pytest.raises(InputError, match="line 3"):
            read_gaia(write_gaia(tmp_path / GAIA, [facts(), second]))
    assert len(read_gaia(write_gaia(tmp_path / GAIA, [facts(), facts(host_name="Two")]))) == 2  # an unresolved pair


def test_a_shared_source_is_asked_for_once(archive, tmp_path):
    ps = write_ps(tmp_path / "ps.csv", [ps_row(n, hostname=f"Pair {n}", gaia_dr3_id=f"Gaia DR3 {BH1}") for n in (1, 2)], columns=COLUMNS)
    frame = read_gaia(archive.fetch(tmp_path / "got", ps))
    assert frame["host_name"].tolist() == ["Pair 1", "Pair 2"] and (frame["period_day"] == frame["period_day"][0]).all()
    assert archive.queries[0].count(str(BH1)) == 1


def test_damaged_files_are_read_or_refused(tmp_path):
    """Bytes of a good file changed, doubled, dropped: a table with values in range, or one sentence."""
    good = gaia_text([facts(), facts(host_name="Two", gaia_dr3_id="13", ruwe=1.2, solution_table=TABLES[0], solution_type="Orbital", period_day=3.5,
                                    correlations=" ".join(["0.1"] * 15))]).encode()
    rng = np.random.default_rng(4)
    path, refused = tmp_path / GAIA, 0
    for _ in range(600):
        raw = bytearray(good)
        start = int(rng.integers(len(COLUMN_NAMES) * 12, len(raw))) if rng.random() < 0.8 else int(rng.integers(len(raw)))
        for _ in range(int(rng.integers(1, 4))):
            place = min(start + int(rng.integers(30)), len(raw) - 1)
            piece = [b"", b"\x00", b"9" * 400, b"nan", b",", b"\n", b'"', "é".encode(), b"-", bytes([int(rng.integers(256))])][int(rng.integers(10))]
            raw[place : place + int(rng.integers(3))] = piece
        path.write_bytes(raw)
        try:
            frame = read_gaia(path)
        except InputError as error:
            refused += 1
            assert str(error).count("\n") == 0
        else:
            assert not (frame["ruwe"] < 0).any() and frame["gaia_dr3_id"].str.isdigit().all()
    assert refused > 100


def test_header_must_be_ours(tmp_path):
    path = tmp_path / GAIA
    path.write_text(gaia_text([facts()]).replace("ruwe", "ruew", 1))
    with pytest.raises(InputError, match="ruwe"):
        read_gaia(path)


def test_every_correlated_column_exists():
    assert set(CORRELATED) <= set(COLUMN_NAMES) and all(f"{name}_err" in COLUMN_NAMES for name in CORRELATED)


def test_answer_without_any_row_is_a_host_without_source():
    rows = match_rows({"A": 5}, {table: [] for table in ARCHIVE_COLUMNS}, "2026-01-02")
    assert [row["in_gaia_source"] for row in rows] == [0.0] and "solution_type" not in rows[0]


# -- the stage and the frozen file


def test_without_a_table_nobody_was_asked():
    if (FROZEN / GAIA).exists():
        pytest.skip("the frozen data hold a cross-match")
    found = table_module.run(GaiaConfig())
    assert not len(found.table) and found.about["asked"] is False and list(found.table.columns) == list(COLUMN_NAMES)


def test_table_of_ones_own(tmp_path):
    found = table_module.run(GaiaConfig(table=str(write_gaia(tmp_path / "mine.csv", [facts()]))))
    assert found.about == {"asked": True, "frozen": False, "source": {"file": "mine.csv"}} and len(found.table) == 1


def test_edited_table_is_read_again(tmp_path):
    path = write_gaia(tmp_path / "mine.csv", [facts()])
    keys = []
    for ruwe in (1.0, 2.0):
        write_gaia(path, [facts(ruwe=ruwe)])
        keys.append(Study(with_overrides(Config(), {"gaia": {"table": str(path)}}, "test")).key("gaia_companions"))
    assert keys[0] != keys[1]


def test_freeze_keeps_the_table_with_its_origin(archive, ps, tmp_path):
    folder = tmp_path / "frozen"
    bd = write_bd(tmp_path / "bd.csv", [bd_row()])
    path = archive.fetch(tmp_path / "got", ps)
    counts = freeze(ps, bd, gaia=path, folder=folder)
    source = read_manifest(folder)["sources"]["gaia"]
    assert counts[GAIA] == 3 and source["sha256"] == digest(path) == read_manifest(folder)["files"][GAIA]["sha256"]
    assert source["query"].startswith("select source_id") and source["copy"] == "retrieved from the service itself"
    freeze(ps, bd, folder=folder)  # without --gaia the present table stays, with its origin
    assert (folder / GAIA).read_bytes() == path.read_bytes() and read_manifest(folder)["sources"]["gaia"] == source
    (folder / GAIA).write_text(gaia_text([facts()]))
    with pytest.raises(InputError, match="made from exports"):
        restamp(folder)


def test_bad_table_is_not_frozen(ps, tmp_path):
    bd = write_bd(tmp_path / "bd.csv", [bd_row()])
    bad = tmp_path / "bad.csv"
    with open(bad, "w", newline="") as stream:
        csv.writer(stream).writerows([["host_name"], ["x"]])
    with pytest.raises(InputError, match="columns do not fit"):
        freeze(ps, bd, gaia=bad, folder=tmp_path / "frozen")
    assert not (tmp_path / "frozen").exists()
