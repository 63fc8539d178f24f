"""One file from one address: what is asked, kept, believed and bounded."""

import gzip
import json
import time
import tracemalloc
from dataclasses import replace

import pytest

from analysis.catalogue import transport
from analysis.catalogue.answers import HEAD, LONGEST, OVERFLOW, complaint
from analysis.catalogue.partial import CutShort, Partial, TooLarge, decoded
from analysis.catalogue.request import Policy
from analysis.catalogue.transport import Answer, download, provenance_path
from analysis.errors import InputError
from tests.catalogue.fault_scenarios import HTML, REFUSAL, SHORT, TEN_MILLION
from tests.catalogue.faulty_server import FaultyServer, answer, hang, redirect, stream

TABLE = b"a,b\n" + b"1,2\n" * 30_000


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FaultyServer() as server:
        yield server


def get(server, folder, path="/t", **more):
    said = []
    found = download(f"{server.base}{path}", folder / "t.csv", service="Service", say=said.append, **{"policy": SHORT, **more})
    return found, said


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_answer_says_what_came(server, tmp_path):
    server.answers["/t"] = answer(TABLE, headers=[("X-Version", "7"), ("Set-Cookie", "session=1")])
    found, said = get(server, tmp_path, params={"query": "select 1"})
    assert isinstance(found, Answer) and not said and (found.status, found.bytes, found.resumed, found.unchanged) == (200, len(TABLE), False, False)
    assert found.headers["X-Version"] == "7" and (tmp_path / "t.csv").read_bytes() == TABLE
    note = json.loads(provenance_path(tmp_path / "t.csv").read_text())
    assert note["sha256"] == found.sha256 and note["query"] == "select 1" and note["headers"] == dict(found.headers) and note["retrieved"] == found.retrieved
    assert "Set-Cookie" not in note["headers"] and note["final_url"] == f"{server.base}/t"
    assert server.requests[0].query == {"query": "select 1"} and names(tmp_path) == ["t.csv", "t.csv.provenance.json"]


@pytest.mark.parametrize("mark", [{"etag": '"v1"'}, {"etag": 'W/"v1"'}, {"modified": "Tue, 02 Jun 2026 18:59:05 GMT"}])
def test_what_is_there_is_asked_for_conditionally(server, tmp_path, mark):
    server.answers["/t"] = answer(TABLE, **mark)
    first, _ = get(server, tmp_path)
    second, _ = get(server, tmp_path)
    assert second.unchanged and (second.status, second.sha256, second.bytes) == (304, first.sha256, first.bytes)
    third, _ = get(server, tmp_path, params={"query": "another"})
    assert not third.unchanged
    server.answers["/t"] = answer(TABLE * 2, **{name: value.replace("1", "2") for name, value in mark.items()})
    get(server, tmp_path)
    assert (tmp_path / "t.csv").read_bytes() == TABLE * 2


def test_a_damaged_provenance_is_no_reason_to_fail(server, tmp_path):
    server.answers["/t"] = answer(TABLE, etag='"v1"')
    get(server, tmp_path)
    path = provenance_path(tmp_path / "t.csv")
    for text in ("", "[]", '{"address": 1}', path.read_text().replace('\\"v1\\"', "a\\r\\nX-Injected: 1")):
        path.write_text(text)
        assert not get(server, tmp_path)[0].unchanged


@pytest.mark.parametrize(("note", "rest"), [
    ('{"address": "URL", "ETag": "\\"1\\"", "encoding": "", "length": 120004}', True),
    ('{"address": "URL", "ETag": "\\"1\\"", "encoding": "", "length": "long"}', True),
    ('{"address": "URL", "ETag": "W/\\"1\\"", "encoding": "", "length": 120004}', False),
    ('{"address": "URL", "ETag": "\\"1\\"\\r\\nX: 1", "encoding": "", "length": 120004}', False),
    ('{"address": "elsewhere", "ETag": "\\"1\\""}', False), ("not json", False), ("[]", False), ("", False),
])
def test_a_part_is_believed_only_with_a_strong_mark_of_the_same_request(server, tmp_path, note, rest):
    server.answers["/t"] = answer(TABLE, etag='"1"', ranges=True)
    (tmp_path / "t.csv.part").write_bytes(TABLE[:50_000])
    (tmp_path / "t.csv.part.json").write_text(note.replace("URL", f"{server.base}/t"))
    found, _ = get(server, tmp_path)
    assert found.resumed == rest and (server.requests[0].headers.get("Range") == "bytes=50000-") == rest
    assert (tmp_path / "t.csv").read_bytes() == TABLE and names(tmp_path) == ["t.csv", "t.csv.provenance.json"]


def test_a_part_longer_than_the_file_is_dropped(server, tmp_path):
    server.answers["/t"] = [answer(b"", 416), answer(TABLE, etag='"1"')]
    (tmp_path / "t.csv.part").write_bytes(TABLE * 2)
    (tmp_path / "t.csv.part.json").write_text(json.dumps({"address": f"{server.base}/t", "ETag": '"1"', "length": None, "encoding": ""}))
    assert not get(server, tmp_path)[0].resumed and (tmp_path / "t.csv").read_bytes() == TABLE


def test_a_compressed_answer_goes_on_within_the_compressed_bytes(server, tmp_path):
    packed = gzip.compress(bytes(i * i % 251 for i in range(200_000)) + b"\n", mtime=0)
    assert len(packed) > 1000
    sent = {"etag": '"z"', "ranges": True, "headers": [("Content-Encoding", "gzip")]}
    server.answers["/t"] = [answer(packed, cut=600, length=len(packed), **sent), answer(packed, **sent)]
    found, said = get(server, tmp_path)
    assert found.resumed and len(said) == 1 and (tmp_path / "t.csv").read_bytes() == gzip.decompress(packed)
    assert server.requests[1].headers["Range"] == "bytes=600-"


def test_a_second_download_of_the_same_file_is_kept_out(tmp_path):
    part = Partial(tmp_path / "t.csv", "x")
    with pytest.raises(InputError, match="another process"):
        Partial(tmp_path / "t.csv", "x")
    part.close(keep=False)
    Partial(tmp_path / "t.csv", "x").close(keep=False)
    assert not names(tmp_path)


def test_an_answer_that_is_not_accepted_leaves_nothing(server, tmp_path):
    server.answers["/t"] = answer(TABLE, etag='"1"', ranges=True)
    get(server, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    server.answers["/t"] = answer(TABLE[:-4], etag='"2"', ranges=True)

    def accept(path):
        assert path.name == "t.csv" and path.read_bytes() == TABLE[:-4] and path.parent.parent == tmp_path
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        get(server, tmp_path, accept=accept)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_waits_grow_and_a_service_is_given_the_time_it_asks_for(server, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(transport.time, "sleep", waits.append)
    server.answers["/t"] = answer(b"", 503)
    policy = replace(SHORT, retries=4, backoff_s=0.5, longest_wait_s=3.0, total_timeout_s=1000.0)
    with pytest.raises(InputError):
        get(server, tmp_path, policy=policy)
    assert waits == [0.0, 1.0, 2.0, 3.0]  # 0.5 s times 0, 2, 4, 8, of which no more than 3 s
    waits.clear()
    server.answers["/t"] = [answer(b"", 429, headers=[("Retry-After", "2")]), answer(TABLE)]
    get(server, tmp_path, policy=policy)
    assert waits == [2.0]


def test_no_wait_goes_beyond_the_time_allowed(server, tmp_path, monkeypatch):
    monkeypatch.setattr(transport.time, "sleep", lambda wait: pytest.fail("waited"))
    server.answers["/t"] = answer(b"", 503, headers=[("Retry-After", "20")])
    with pytest.raises(InputError, match="status 503"):
        get(server, tmp_path, policy=replace(SHORT, total_timeout_s=10.0, longest_wait_s=60.0))


def test_a_form_is_sent_once_and_its_result_fetched(server, tmp_path):
    """Table services keep a result under an address of its own (303); a temporary move (307) keeps method and form."""
    server.answers |= {"POST /t": redirect("/moved", 307), "POST /moved": redirect("/result", 303), "GET /result": answer(TABLE, etag='"1"')}
    for _ in range(2):
        assert not get(server, tmp_path, params={"query": "q" * 20_000}, post=True)[0].unchanged
    sent = [(request.method, request.path, len(request.query.get("query", ""))) for request in server.requests]
    assert sent == [("POST", "/t", 20_000), ("POST", "/moved", 20_000), ("GET", "/result", 0)] * 2


@pytest.mark.parametrize("target", ["http://[::1", "https://", "ftp://x/", "//", "http://\xb2:x/"])
def test_a_redirect_to_nonsense_is_a_sentence(server, tmp_path, target):
    server.answers["/t"] = redirect(target)
    with pytest.raises(InputError, match="Service .* at http"):
        get(server, tmp_path)
    assert not names(tmp_path)


@pytest.mark.parametrize("headers", [
    [("Content-Length", "-3")], [("Content-Length", "\xb2")], [("Content-Length", "9" * 30)], [("Content-Length", "4"), ("Content-Length", "5")],
    [("X-Long", "x" * 70_000)], [(f"X-{i}", "") for i in range(200)], [("Transfer-Encoding", "chunked")], [("ETag", "\xe9\xb2")],
])
def test_strange_headers_end_in_a_file_or_a_sentence(server, tmp_path, headers):
    server.answers["/t"] = answer(TABLE, headers=headers, length=None)
    try:
        get(server, tmp_path)
        assert (tmp_path / "t.csv").read_bytes() == TABLE
    except InputError as error:
        assert str(error).startswith("Service ") and not names(tmp_path)


def test_ten_million_rows_fill_neither_memory_nor_disk(server, tmp_path, monkeypatch):
    server.answers["/t"] = stream(b"a,b\n", b"1234567890,1234567890\n", TEN_MILLION)
    append = Partial.append

    def watched(self, piece):
        append(self, piece)
        assert self.size <= SHORT.size_limit, "more on disk than the limit"

    monkeypatch.setattr(Partial, "append", watched)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="more than 1 MiB"):
            get(server, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20 and not names(tmp_path)


def test_unpacking_is_bounded(tmp_path):
    (tmp_path / "z").write_bytes(gzip.compress(bytes(1 << 24)))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decoded(tmp_path / "z", tmp_path / "out", "gzip", 1 << 21)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 << 20 and (tmp_path / "out").stat().st_size <= 1 << 21


def test_unpacking_knows_the_end(tmp_path):
    whole = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    (tmp_path / "z").write_bytes(whole)
    assert decoded(tmp_path / "z", tmp_path / "out", "gzip", 100) == 8 and (tmp_path / "out").read_bytes() == b"one\ntwo\n"
    for bad in (whole[:-1], whole[:-9], whole + b"x", b"", whole[:10]):
        (tmp_path / "z").write_bytes(bad)
        with pytest.raises(CutShort):
            decoded(tmp_path / "z", tmp_path / "out", "gzip", 100)


def test_the_default_policy_names_the_project_and_waits_for_slow_queries(server, tmp_path):
    server.answers["/t"] = answer(TABLE)
    download(f"{server.base}/t", tmp_path / "t.csv", service="Service")
    assert server.requests[0].headers["User-Agent"].startswith("vlms-companions/0") and Policy().read_timeout_s >= 60


@pytest.mark.parametrize(("body", "message"), [
    (REFUSAL, 'the query was refused: ORA-00904: "ST_MASSE": invalid identifier'),
    (b"<VOTABLE><RESOURCE><INFO value='ERROR' name='QUERY_STATUS'><![CDATA[No such table: tap.x]]></INFO>", "the query was refused: No such table: tap.x"),
    (b'<vot:VOTABLE><vot:INFO name="QUERY_STATUS" value="ERROR"/></vot:VOTABLE>', "the query was refused: no reason given"),
    (b'<VOTABLE><INFO name="QUERY_STATUS" value="OK"/><TABLE/><INFO name="QUERY_STATUS" value="OVERFLOW"/></VOTABLE>', ""),
    (b'<VOTABLE><INFO name="QUERY_STATUS" value="OVERFLOW"/></VOTABLE>', OVERFLOW),
    (HTML, "a web page entitled 'Scheduled & urgent maintenance'"), (b"\xef\xbb\xbf\r\n<HTML><body>x", "a web page"),
    (b'{"message": "Not found. Really"}', "Not found"), (b'{"message": 3}', ""), (b"{", ""), (b"{" * 70_000, ""), (b"a,b\n1,2\n", ""), (b"", ""), (b"\xff\xfe\x00", ""),
    (b"ERROR", "the query was refused: no reason given"),
])
def test_complaints(body, message):
    assert complaint(body) == message


@pytest.mark.parametrize("unit", [b"<INFO ", b"<INFO name='QUERY_STATUS' ", b"<title>", b"<html><title", b"<", b"&", b"ERROR <", b'<html><title>"</title>', b"a. "])
def test_complaints_are_short_and_soon_there(unit):
    """No answer makes the search for a message long: its time is bounded per byte, not by the square of the size."""
    start = time.process_time()
    said = complaint(unit * (HEAD // len(unit) + 1))
    assert len(said) <= LONGEST + 40 and "\n" not in said
    assert time.process_time() - start < 2.0


def test_a_server_that_hangs_keeps_nobody(server, tmp_path):
    server.answers["/t"] = hang(30)
    with pytest.raises(InputError, match="did not answer within"):
        get(server, tmp_path, policy=replace(SHORT, read_timeout_s=0.1, read_retries=0))
