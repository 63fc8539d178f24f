"""Fetching, against a server on the loopback interface."""

import http.server
import json
import threading
import urllib.parse

import pytest

from analysis.catalogue import fetch as module
from analysis.catalogue.fetch import adql, fetch
from analysis.catalogue.read_pscomppars import MEASURED, read_pscomppars
from analysis.errors import InputError
from tests.catalogue.exports import BD_DEFAULTS, PS_DEFAULTS, bd_row, ps_row, table_text

PS = table_text([ps_row(1), ps_row(2)], list(PS_DEFAULTS)).encode()
BD = table_text([bd_row()], list(BD_DEFAULTS)).encode()
MIRROR_BD = table_text([bd_row(host_star="Mirror")], list(BD_DEFAULTS)).encode()
HTML = b"<!DOCTYPE html><html><title>Maintenance</title></html>"


class Service:
    """Answers per path, and the requests made."""

    def __init__(self, server):
        self.base = f"http://127.0.0.1:{server.server_port}"
        self.answers = {
            "/TAP/sync": (200, PS), "/figshare/articles/24156393": (200, self.article()), "/files/2": (200, BD), "/mirror.csv": (200, MIRROR_BD),
        }
        self.requests = []

    def article(self, names=("old.csv", "BD_catalogue.csv", "README.md")):
        files = [{"id": i, "name": name, "download_url": f"{self.base}/files/{i}"} for i, name in enumerate(names, start=1)]
        return json.dumps({"files": files}).encode()

    def fetch(self, outdir):
        self.said = []
        return fetch(outdir, tap=f"{self.base}/TAP", figshare=f"{self.base}/figshare", mirror=f"{self.base}/mirror.csv", say=self.said.append)


@pytest.fixture
def service():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urllib.parse.urlsplit(self.path)
            state.requests.append((parts.path, urllib.parse.parse_qs(parts.query)))
            status, body = state.answers.get(parts.path, (404, b"no"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Service(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def test_both_catalogues_with_query_and_provenance(service, tmp_path):
    ps, bd = service.fetch(tmp_path / "fetched")
    assert (ps.read_bytes(), bd.read_bytes()) == (PS, BD) and ps.parent == bd.parent
    query = service.requests[0][1]["query"][0]
    assert (ps.parent / "pscomppars.adql").read_text() == query + "\n" and query == adql()
    note = json.loads((ps.parent / "pscomppars.csv.provenance.json").read_text())
    assert note["query"] == query and note["rows"] == 2 and note["retrieved"] == ps.parent.name
    assert sorted(path.name for path in ps.parent.iterdir()) == sorted(
        ["pscomppars.csv", "pscomppars.csv.provenance.json", "pscomppars.adql", "bd_catalogue.csv", "bd_catalogue.csv.provenance.json"])
    assert len(read_pscomppars(ps)[0]) == 2


def test_query_asks_for_every_column_the_reader_uses():
    query = adql()
    columns = query.removeprefix("select ").split(" from ")[0].split(",")
    assert len(columns) == len(set(columns)) and "where st_mass <= 0.25" in query
    for name in [*MEASURED.values(), "pl_bmassj", "pl_bmasse"]:
        assert {name, f"{name}err1", f"{name}err2", f"{name}lim"} <= set(columns)
    assert {"st_age", "pl_bmassprov", "pl_name", "hostname", "discoverymethod"} <= set(columns)


@pytest.mark.parametrize("answer", [(500, b"oops"), (200, HTML), (200, b'{"files": []}'), (200, b"not json")])
def test_mirror_when_ordo_fails(service, tmp_path, answer):
    service.answers["/figshare/articles/24156393"] = answer
    _, bd = service.fetch(tmp_path / "fetched")
    assert bd.read_bytes() == MIRROR_BD and any("mirror" in line for line in service.said)
    assert json.loads((bd.parent / "bd_catalogue.csv.provenance.json").read_text())["source"] == "GitHub mirror"


def test_mirror_when_the_deposit_is_no_table(service, tmp_path):
    service.answers["/files/2"] = (200, HTML)
    assert service.fetch(tmp_path / "fetched")[1].read_bytes() == MIRROR_BD


@pytest.mark.parametrize(("answer", "words"), [
    ((200, HTML), "web page"), ((404, b""), "status 404"), ((503, b"busy"), "status 503"), ((200, PS.splitlines()[0] + b"\n"), "no rows"),
    ((200, b""), "is empty"), ((200, b"<?xml version='1.0'?><VOTABLE>ERROR</VOTABLE>"), "XML"), ((200, PS.replace(b"st_mass", b"mass")), "st_mass"),
])
def test_a_bad_answer_of_the_archive_is_one_sentence_and_changes_nothing(service, tmp_path, answer, words):
    service.answers["/TAP/sync"] = answer
    with pytest.raises(InputError) as error:
        service.fetch(tmp_path / "fetched")
    text = str(error.value)
    assert words in text and "/TAP/sync" in text and "\n" not in text
    assert not (tmp_path / "fetched").exists()


def test_a_bad_answer_keeps_what_was_fetched_before(service, tmp_path):
    ps, bd = service.fetch(tmp_path / "fetched")
    service.answers["/mirror.csv"] = service.answers["/files/2"] = (200, HTML)
    service.answers["/TAP/sync"] = (200, PS + PS.splitlines()[1].replace(b"Host-1 b", b"Host-9 b") + b"\n")
    with pytest.raises(InputError, match="ORDO had failed before"):
        service.fetch(tmp_path / "fetched")
    assert ps.read_bytes() == PS and bd.read_bytes() == BD
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == [ps.parent.name]


def test_connection_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be reached"):
        fetch(tmp_path / "fetched", tap="http://127.0.0.1:9/TAP", say=lambda line: None)
    assert not (tmp_path / "fetched").exists()


def test_unwritable_folder(service, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        service.fetch(tmp_path / "file" / "fetched")


def test_timeout(monkeypatch, tmp_path):
    def slow(*args, **kwargs):
        raise module.requests.Timeout

    monkeypatch.setattr(module.requests, "get", slow)
    with pytest.raises(InputError, match="did not answer within"):
        fetch(tmp_path / "fetched", say=lambda line: None)
