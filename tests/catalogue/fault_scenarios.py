"""What can go wrong on the way to a catalogue: how it is provoked, and what must come of it.

`run(scenario)` fetches once from sound services, provokes the fault, fetches again, and tells what happened. Every fault leaves what was fetched
before byte for byte as it was, and nothing else but parts that can be resumed.
"""

import atexit
import errno
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import socket
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from unittest import mock

from analysis.catalogue.fetch import fetch
from analysis.catalogue.partial import Partial
from analysis.catalogue.request import Policy
from analysis.catalogue.services import REFERENCES, adql
from analysis.errors import InputError
from tests.catalogue.exports import BD_DEFAULTS, PS_DEFAULTS, bd_row, table_text
from tests.catalogue.faulty_server import FaultyServer, answer, certificate, drip_headers, hang, redirect, stream

__all__ = ["SCENARIOS", "SHORT", "Bench", "Scenario", "archive_row", "bd_catalogue", "composite", "run"]

SHORT = Policy(
    connect_timeout_s=5.0, read_timeout_s=10.0, total_timeout_s=60.0, rate_window_s=5.0, retries=2, connect_retries=1, read_retries=1, backoff_s=0.005,
    longest_wait_s=0.5, redirects=3, size_limit=1 << 20,
)
HASTE = {"connect_timeout_s": 0.1, "read_timeout_s": 0.3}  # s, where nothing is to come
COLUMNS = adql().removeprefix("select ").split(" from ")[0].split(",")
SYNC, ARTICLE, FILE, MIRROR = "GET /TAP/sync", "/figshare/articles/24156393", "/files/2", "/mirror.csv"
REFERENCES_SYNC = "POST /TAP/sync"
COUNT_SYNC = "COUNT /TAP/sync"
HTML = b"<!DOCTYPE html><html><head><title>Scheduled &amp; urgent maintenance</title></head><body>Back soon.</body></html>"
REFUSAL = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
    b'<INFO name="QUERY_STATUS" value="ERROR">ORA-00904: &quot;ST_MASSE&quot;: invalid identifier. ' + b"Position 1. " * 60 + b"</INFO></RESOURCE></VOTABLE>"
)
LINK = re.compile(r"https?://127[^\s;,()]*|https?://archive[^\s;,()]*")


def archive_row(index: int, **changes: object) -> dict[str, str]:
    """A row of the composite table with every column of the query, in units that agree with one another."""
    values = PS_DEFAULTS | {"pl_name": f"Host-{index} b", "hostname": f"Host-{index}", "pl_orbsmax": "0.0483", "pl_bmasse": "3.17828", "pl_radj": "1.0",
                            "pl_rade": "11.209", "sy_dist": "10.5", "ra": "15.0", "dec": "-5.0", "pl_controv_flag": "0", "st_age": "3.0"}
    return {name: "" for name in COLUMNS} | values | {name: str(value) for name, value in changes.items()}


def composite(rows: int = 6, **changes: object) -> bytes:
    """The composite table as the archive sends it."""
    return table_text([archive_row(index, **changes) for index in range(1, rows + 1)], COLUMNS).encode()


def bd_catalogue(host: str = "HD10697") -> bytes:
    """A BD catalogue of one companion of `host`."""
    return table_text([bd_row(host_star=host)], list(BD_DEFAULTS)).encode()


def reference_rows(rows: int = 6) -> bytes:
    """The table ps, two parameter sets of each companion."""
    lines = [
        {name: "" for name in REFERENCES} | {"pl_name": f"Host-{index} b", "hostname": f"Host-{index}", "default_flag": str(flag), "pl_refname": "Somebody et al."}
        for index in range(1, rows + 1) for flag in (0, 1)
    ]
    return table_text(lines, list(REFERENCES)).encode()


@dataclass
class Bench:
    """Sound services, until a scenario changes an answer, an address, the policy or the surroundings."""

    server: FaultyServer
    outdir: Path
    policy: Policy = SHORT
    urls: dict[str, str] = field(default_factory=dict)
    around: list[AbstractContextManager] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def sound(self) -> None:
        """Answers as the services give them."""
        base = self.server.base
        files = [{"id": i, "name": name, "download_url": f"{base}/files/{i}"} for i, name in enumerate(("old.csv", "BD_catalogue.csv", "README.md"), start=1)]
        description = {"files": files, "title": "Brown Dwarf Companion Catalogue", "doi": "10.21954/ou.rd.24156393.v2", "version": 2}
        self.server.answers = {
            SYNC: answer(composite()), REFERENCES_SYNC: answer(reference_rows()), COUNT_SYNC: answer(b"n\n6\n"), ARTICLE: answer(json.dumps(description).encode()),
            FILE: answer(bd_catalogue(), etag='"bd-1"'), MIRROR: answer(bd_catalogue("Mirror")),
        }
        self.urls = {"tap": f"{base}/TAP", "figshare": f"{base}/figshare", "mirror": f"{base}/mirror.csv", "gaia": f"{base}/gaia"}

    def fetch(self) -> tuple[Path, Path]:
        """One `just fetch` from these services."""
        self.said.clear()
        self.server.requests.clear()
        return fetch(self.outdir, **self.urls, policy=self.policy, say=self.said.append)

    def asked(self, method: str, path: str) -> list:
        """The requests made for a path."""
        return [request for request in self.server.requests if (request.method, request.path) == (method, path)]


@dataclass(frozen=True)
class Scenario:
    """A fault: `arrange` provokes it, `outcome` is refused, accepted (the new catalogues are in place) or partial (references missing).

    `expect` is in the sentence of a refusal, or in what is said on the way to an acceptance. `check` looks at the bench afterwards and returns
    complaints.
    """

    name: str
    how: str
    outcome: str
    expect: str
    arrange: Callable[[Bench], None]
    check: Callable[[Bench], str] = lambda bench: ""
    leaves_part: bool = False


def _put(path: str, *behaviours: Callable, **policy: object) -> Callable[[Bench], None]:
    """Answer `path` with these behaviours in turn, under a policy that differs in `policy`."""

    def arrange(bench: Bench) -> None:
        bench.server.answers[path] = list(behaviours)
        bench.policy = replace(bench.policy, **policy)

    return arrange


def _address(name: str, url: str) -> Callable[[Bench], None]:
    return lambda bench: bench.urls.update({name: url})


def _unknown_host(bench: Bench) -> None:
    real = socket.getaddrinfo

    def resolve(host: str, *args: object, **kwargs: object) -> list:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **kwargs)

    bench.urls["tap"] = "http://archive.invalid/TAP"
    bench.around.append(mock.patch("socket.getaddrinfo", resolve))


def _secured(trusted: bool) -> Callable[[Bench], None]:
    def arrange(bench: Bench) -> None:
        folder = certificate()
        secure = FaultyServer(folder)
        secure.answers = bench.server.answers
        bench.around.append(secure)
        bench.urls["tap"] = f"{secure.base}/TAP"
        if trusted:
            bench.around.append(mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": str(folder / "certificate.pem")}))

    return arrange


def _no_certificates(bench: Bench) -> None:
    _secured(True)(bench)
    bench.around.append(mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "/nowhere/certificates.pem"}))


def _downgrade(bench: Bench) -> None:
    _secured(True)(bench)
    bench.server.answers[SYNC] = redirect(f"{bench.server.base}/elsewhere")


def _proxy(bench: Bench) -> None:
    bench.urls["tap"] = "http://archive.invalid/TAP"
    bench.around.append(mock.patch.dict(os.environ, {"HTTP_PROXY": "http://user:secret@127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}))


def _full_disk(bench: Bench) -> None:
    def append(self: Partial, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    bench.around.append(mock.patch.object(Partial, "append", append))


def _listing(files: object) -> Callable[[Bench], None]:
    def arrange(bench: Bench) -> None:
        bench.server.answers[ARTICLE] = answer(json.dumps({"files": files}).encode())

    return arrange


def _wrong_checksum(bench: Bench) -> None:
    _listing([{"id": 2, "name": "BD.csv", "download_url": f"{bench.server.base}/files/2", "computed_md5": "0" * 32}])(bench)


def _both_fail(bench: Bench) -> None:
    bench.server.answers |= {FILE: answer(HTML), MIRROR: answer(b"gone", 404)}


def _all(*arranged: Callable[[Bench], None]) -> Callable[[Bench], None]:
    def arrange(bench: Bench) -> None:
        for one in arranged:
            one(bench)

    return arrange


def _zipped(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """gzip, made while it is sent."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


LARGER = composite(400)  # 100 kB: several pieces on the way
NEWER = composite(7)
ZIPPED = gzip.compress(LARGER, mtime=0)
GZIP = (("Content-Encoding", "gzip"),)
HEAD, ROW = composite(1).splitlines(keepends=True)
TEN_MILLION = 10_000_000
CUT = 40_000  # bytes


def _rest_only(bench: Bench) -> str:
    """The second request asks for the bytes that had not come, on condition that they belong to the first."""
    first, *later = bench.asked("GET", "/TAP/sync")
    if "Range" in first.headers or len(later) != 1:
        return f"{1 + len(later)} requests, expected a whole one and one for the rest"
    start = int(re.sub(r"\D", "", later[0].headers.get("Range", "0")))
    if not 0 < start <= CUT or later[0].headers.get("If-Range") != '"1"':
        return f"the second request asked for {later[0].headers.get('Range')} if {later[0].headers.get('If-Range')}"
    return _holds(LARGER)(bench)


def _holds(content: bytes) -> Callable[[Bench], str]:
    def check(bench: Bench) -> str:
        found = [path.read_bytes() for path in bench.outdir.glob("*/pscomppars.csv")]
        return "" if found == [content] else "pscomppars.csv does not hold the new table"

    return check


def _from_mirror(bench: Bench) -> str:
    found = [path.read_bytes() for path in bench.outdir.glob("*/bd_catalogue.csv")]
    return "" if found == [bd_catalogue("Mirror")] else "bd_catalogue.csv does not hold the mirror's table"


def _asked_times(path: str, times: int) -> Callable[[Bench], str]:
    def check(bench: Bench) -> str:
        asked = len(bench.asked("GET", path))
        return "" if asked == times else f"asked {asked} times, expected {times}"

    return check


def _utf16(table: bytes) -> bytes:
    return table.decode().encode("utf-16")


def _latin1(table: bytes) -> bytes:
    return table.decode().replace("Host-1", "Höst-1").encode("latin-1")


def _renamed(old: str, new: str) -> bytes:
    return composite().replace(old.encode(), new.encode(), 1)


def _scaled(**columns: float) -> bytes:
    """The composite table with columns in another unit."""
    changed = {name: f"{float(archive_row(1)[name]) * factor:.6g}" for name, factor in columns.items()}
    return composite(**changed)


SCENARIOS = [
    Scenario("refused connection", "nothing listens at the address", "refused", "cannot be reached (the connection was refused", _address("tap", "http://127.0.0.1:9/TAP")),
    Scenario("DNS failure", "a name that no server knows", "refused", "its name is not known", _unknown_host),
    Scenario("proxy out of reach", "HTTP_PROXY names a port where nothing listens", "refused", "HTTPS_PROXY", _proxy,
             lambda bench: "a password is shown" if any("secret" in line for line in bench.said) else ""),
    Scenario("timeout", "the server accepts and says nothing", "refused", "did not answer within 0.3 s", _put(SYNC, hang(5), **HASTE), _asked_times("/TAP/sync", 2)),
    Scenario("slow headers", "headers without end, one byte every 50 ms", "refused", "did not answer within", _put(SYNC, drip_headers(0.05), **HASTE)),
    Scenario("slow drip", "10 bytes every 20 ms", "refused", "sends too slowly", _put(SYNC, answer(LARGER, etag='"1"', ranges=True, drip=(10, 0.02)), rate_window_s=0.15, minimum_rate=2000.0), leaves_part=True),
    Scenario("endless trickle", "fast enough, but not done in the time allowed", "refused", "did not finish within",
             _put(SYNC, answer(LARGER, etag='"1"', ranges=True, drip=(500, 0.02)), total_timeout_s=0.5), leaves_part=True),
    Scenario("stall", "half of the body, then silence", "refused", "stopped sending after", _put(
        SYNC, lambda handler: (answer(LARGER, cut=CUT, length=len(LARGER))(handler), hang(5)(handler)), **HASTE)),
    Scenario("no answer", "the connection closes at once", "refused", "closed the connection without a readable answer", _put(SYNC, hang(0)), _asked_times("/TAP/sync", 3)),
    Scenario("status 404", "the address does not exist", "refused", "answered with status 404 Not Found at", _put(SYNC, answer(b"", 404)), _asked_times("/TAP/sync", 1)),
    Scenario("status 403 with a page", "a page that forbids", "refused", "(a web page entitled 'Scheduled & urgent maintenance')", _put(SYNC, answer(HTML, 403))),
    Scenario("status 429, then success", "told once to wait 0 s", "accepted", "status 429 Too Many Requests; trying again",
             _put(SYNC, answer(b"", 429, headers=[("Retry-After", "0")]), answer(NEWER)), _holds(NEWER)),
    Scenario("status 429 for an hour", "told to wait 3600 s", "refused", "asks to wait 3600 s", _put(SYNC, answer(b"", 429, headers=[("Retry-After", "3600")])),
             _asked_times("/TAP/sync", 1)),
    Scenario("status 429, unreadable wait", "Retry-After: soon", "refused", "status 429", _put(SYNC, answer(b"", 429, headers=[("Retry-After", "soon")]))),
    Scenario("status 503, then success", "two failures, then the table", "accepted", "status 503 Service Unavailable; trying again",
             _put(SYNC, answer(b"", 503), answer(b"", 503), answer(NEWER)), _holds(NEWER)),
    Scenario("status 500 for ever", "every attempt fails", "refused", "status 500 Internal Server Error", _put(SYNC, answer(b"oops", 500)), _asked_times("/TAP/sync", 3)),
    Scenario("redirect loop", "the address leads to itself", "refused", "in circles (more than 3 redirects)", _put(SYNC, redirect("/TAP/sync")), _asked_times("/TAP/sync", 4)),
    Scenario("redirect, then success", "the table lies elsewhere", "accepted", "Fetching", lambda bench: bench.server.answers.update({
        SYNC: redirect("/moved"), "/moved": answer(NEWER)}), _holds(NEWER)),
    Scenario("redirect to another protocol", "the address leads to a local file", "refused", "an address that is not secured", _put(SYNC, redirect("file:///etc/passwd"))),
    Scenario("HTML with status 200", "a maintenance page", "refused", "a web page entitled 'Scheduled & urgent maintenance'", _put(SYNC, answer(HTML))),
    Scenario("VOTable error, status 200", "QUERY_STATUS ERROR in a VOTable", "refused", 'the query was refused: ORA-00904: "ST_MASSE": invalid identifier', _put(SYNC, answer(REFUSAL))),
    Scenario("VOTable error, status 400", "the same with status 400", "refused", 'the query was refused: ORA-00904: "ST_MASSE": invalid identifier', _put(SYNC, answer(REFUSAL, 400))),
    Scenario("plain error, status 200", "ERROR<br> as the archive writes it", "refused", '"pscomppars" is not a valid table', _put(
        SYNC, answer(b'ERROR<br>\nError Type: UserError - "table" parameter<br>\nMessage:    "pscomppars" is not a valid table.\n'))),
    Scenario("truncated body", "every attempt ends after 40 kB, and nothing tells whether the rest would belong to it", "refused", f"broke off after {CUT} of {len(LARGER)} bytes", _put(SYNC, answer(LARGER, cut=CUT, length=len(LARGER)))),
    Scenario("truncated body of unknown length", "the connection ends within a line", "refused", "within a line", _put(SYNC, answer(NEWER, cut=len(NEWER) - 5, length=None))),
    Scenario("truncated chunks", "the last chunk is missing", "refused", "broke off after", _put(SYNC, answer(NEWER, chunked=True, cut=500))),
    Scenario("gzip", "a compressed table", "accepted", "Fetching", _put(SYNC, answer(ZIPPED, headers=GZIP)), _holds(LARGER)),
    Scenario("gzip cut short", "compressed data that end early, of the length declared", "refused", "sent compressed data that are cut short", _put(SYNC, answer(ZIPPED[:-50], headers=GZIP))),
    Scenario("gzip damaged", "a byte of the compressed data is wrong", "refused", "sent damaged compressed data",
             _put(SYNC, answer(ZIPPED[:900] + bytes([ZIPPED[900] ^ 255]) + ZIPPED[901:], headers=GZIP))),
    Scenario("not gzip at all", "Content-Encoding gzip on a plain table", "refused", "sent damaged compressed data", _put(SYNC, answer(NEWER, headers=GZIP))),
    Scenario("encoding not asked for", "Content-Encoding br", "refused", "in an encoding that was not asked for (br)", _put(SYNC, answer(NEWER, headers=[("Content-Encoding", "br")]))),
    Scenario("UTF-16", "the table in UTF-16", "refused", "encoded as UTF-16", _put(SYNC, answer(_utf16(NEWER)))),
    Scenario("Latin-1", "an umlaut in Latin-1", "refused", "line 2: not UTF-8 text", _put(SYNC, answer(_latin1(NEWER)))),
    Scenario("byte-order mark", "a BOM before the header", "accepted", "Fetching", _put(SYNC, answer(b"\xef\xbb\xbf" + NEWER)), _holds(b"\xef\xbb\xbf" + NEWER)),
    Scenario("wrong column name", "st_mass is called star_mass", "refused", "column st_mass is missing", _put(SYNC, answer(_renamed("st_mass,", "star_mass,")))),
    Scenario("duplicated column", "pl_name twice in the header", "refused", "column pl_name appears more than once", _put(SYNC, answer(_renamed("hostname,", "pl_name,")))),
    Scenario("duplicated header", "the header once more among the rows", "refused", "the header is repeated", _put(SYNC, answer(composite() + HEAD))),
    Scenario("periods in years", "pl_orbper in another unit", "refused", "Kepler's third law", _put(SYNC, answer(_scaled(pl_orbper=1 / 365.25)))),
    Scenario("masses in Earth masses", "pl_bmassj in another unit", "refused", "pl_bmasse is 1 times pl_bmassj, expected 317.8", _put(SYNC, answer(_scaled(pl_bmassj=317.828)))),
    Scenario("radii in Earth radii", "pl_radj in another unit", "refused", "pl_rade is 1 times pl_radj", _put(SYNC, answer(_scaled(pl_radj=11.209)))),
    Scenario("host masses in Jupiter masses", "st_mass in another unit", "refused", "expected hosts up to 0.25 Msun as asked", _put(SYNC, answer(_scaled(st_mass=1047.56 / 8)))),
    Scenario("ages in years", "st_age in another unit", "refused", "6 of 6 values of column st_age are not possible", _put(SYNC, answer(_scaled(st_age=1e9)))),
    Scenario("zero rows", "a header alone", "refused", "has a header but no rows", _put(SYNC, answer(HEAD))),
    Scenario("cut at a row limit", "6 rows of 7, a complete text without any sign", "refused", "is cut short: 6 rows came of 7", _put(COUNT_SYNC, answer(b"n\r\n7\r\n"))),
    Scenario("references cut at a row limit", "12 rows of 13", "partial", "is cut short: 12 rows came of 13", _put(
        COUNT_SYNC, answer(b"n\n6\n"), answer(b'"count(*)"\n13\n'))),
    Scenario("rows not counted", "an error document instead of a number", "refused", "how many rows there are is not usable: the query was refused: ORA-00904", _put(COUNT_SYNC, answer(REFUSAL))),
    Scenario("empty body", "status 200 and nothing", "refused", "is empty", _put(SYNC, answer(b""))),
    Scenario("ten million rows, declared", "a Content-Length of gigabytes", "refused", "sends more than 1 MiB", _put(SYNC, answer(HEAD, length=TEN_MILLION * len(ROW), cut=100))),
    Scenario("ten million rows, streamed", "chunks without end", "refused", "sends more than 1 MiB", _put(SYNC, stream(HEAD, ROW, TEN_MILLION))),
    Scenario("compressed flood", "a table of 30 MB in a small gzip body", "refused", "sends more than 1 MiB", _put(SYNC, stream(HEAD, ROW, 100_000, encode=_zipped))),
    Scenario("disconnect, then the rest", "the connection ends after 40 kB; Range is obeyed", "accepted", f"broke off after {CUT} of {len(LARGER)} bytes; trying again",
             _put(SYNC, answer(LARGER, etag='"1"', ranges=True, cut=CUT, length=len(LARGER)), answer(LARGER, etag='"1"', ranges=True)), _rest_only),
    Scenario("reset, then the rest", "the connection is reset after some bytes; Range is obeyed", "accepted", "trying again",
             _put(SYNC, answer(LARGER, etag='"1"', ranges=True, cut=CUT, length=len(LARGER), reset=True), answer(LARGER, etag='"1"', ranges=True)), _holds(LARGER)),
    Scenario("disconnect for ever", "each attempt brings 40 kB more, fewer than are missing", "refused", "broke off after",
             _put(SYNC, answer(composite(2000), etag='"1"', ranges=True, cut=CUT, length=500_000)), leaves_part=True),
    Scenario("changed between attempts", "the file is another one when the rest is asked for", "accepted", "trying again",
             _put(SYNC, answer(LARGER, etag='"1"', ranges=True, cut=CUT, length=len(LARGER)), answer(NEWER, etag='"2"', ranges=True)), _holds(NEWER)),
    Scenario("Range not obeyed", "the whole table comes again", "accepted", "trying again",
             _put(SYNC, answer(LARGER, etag='"1"', cut=CUT, length=len(LARGER)), answer(LARGER, etag='"1"')), _holds(LARGER)),
    Scenario("rest of another file", "a 206 answer with another ETag", "accepted", "sent another part than asked for", _put(
        SYNC, answer(LARGER, etag='"1"', ranges=True, cut=CUT, length=len(LARGER)),
        answer(NEWER, 206, etag='"2"', headers=[("Content-Range", f"bytes {CUT}-{CUT + len(NEWER) - 1}/{CUT + len(NEWER)}")]), answer(NEWER, etag='"2"')), _holds(NEWER)),
    Scenario("unchanged", "the deposit says 304", "accepted", "unchanged since", lambda bench: None, lambda bench: "" if any(
        request.headers.get("If-None-Match") == '"bd-1"' for request in bench.asked("GET", FILE)) else "the request was not conditional"),
    Scenario("disk full", "no space left when the first bytes are written", "refused", "No space left on device", _full_disk),
    Scenario("ORDO down", "figshare answers with status 503", "accepted", "Trying the GitHub mirror", _put(ARTICLE, answer(b"", 503)), _from_mirror),
    Scenario("ORDO without files", "an item without files", "accepted", "lists no CSV file", _listing([]), _from_mirror),
    Scenario("ORDO in another form", "a list that is none", "accepted", "holds no list of files", _listing("none"), _from_mirror),
    Scenario("ORDO says no", "a JSON message", "accepted", "(Entity not found: articles)", _put(ARTICLE, answer(b'{"message": "Entity not found: articles", "code": 404}')), _from_mirror),
    Scenario("ORDO sends another file", "a file whose MD5 is not the one listed", "accepted", "has not the checksum", _wrong_checksum, _from_mirror),
    Scenario("ORDO and mirror fail", "a page from one, 404 from the other", "refused", "ORDO had failed before", _both_fail),
    Scenario("references fail", "the table ps answers with an error document", "partial", "the query was refused: ORA-00904", _put(REFERENCES_SYNC, answer(REFUSAL, 400))),
    Scenario("references of other hosts", "the table ps names a host that was not asked for", "partial", "names the host 'Host-7'", _put(REFERENCES_SYNC, answer(reference_rows(7)))),
]
if certificate():
    SCENARIOS += [
        Scenario("certificate failure", "a self-signed certificate", "refused", "shows a certificate that cannot be verified (self-signed certificate)", _secured(False)),
        Scenario("certificate trusted by the user", "the same with REQUESTS_CA_BUNDLE", "accepted", "Fetching", _secured(True)),
        Scenario("no trusted certificates", "REQUESTS_CA_BUNDLE names a file that is not there", "refused", "the certificates of this machine cannot be read", _no_certificates),
        Scenario("redirect to plain http", "a secured address leads to one that is not", "refused", "an address that is not secured", _downgrade),
    ]


def run(scenario: Scenario) -> tuple[str, str, float]:
    """What came of a scenario: (outcome, sentence, seconds of the fetch with the fault).

    The outcome is that of the scenario, or begins with "violated:" when something on disk or asked of the server is not as it must be.
    """
    with tempfile.TemporaryDirectory(prefix="fault-") as name, ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}))
        stack.enter_context(mock.patch("sys.stderr", io.StringIO()))
        bench = Bench(_server(), Path(name) / "fetched")
        bench.sound()
        shutil.copytree(_fetched_before(), bench.outdir)
        before = _contents(bench.outdir)
        scenario.arrange(bench)
        for context in bench.around:
            stack.enter_context(context)
        start = time.monotonic()
        try:
            bench.fetch()
            outcome, sentence = "accepted", " ".join(bench.said)
        except InputError as error:
            sentence = str(error)
            outcome = "partial" if sentence.startswith("Both catalogues are in") else "refused"
        seconds = time.monotonic() - start
        wrong = _violations(scenario, bench, outcome, sentence, before) or scenario.check(bench)
        return f"violated: {wrong}" if wrong else outcome, LINK.sub("URL", sentence).replace(name, "FOLDER"), seconds


@cache
def _server() -> FaultyServer:
    """One server for all scenarios, up to the end of the process."""
    return FaultyServer().__enter__()


@cache
def _fetched_before() -> Path:
    """What sound services give, in a folder that each scenario starts from a copy of."""
    folder = Path(tempfile.mkdtemp(prefix="fault-before-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bench = Bench(_server(), folder / "fetched")
    bench.sound()
    bench.fetch()
    return bench.outdir


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _violations(scenario: Scenario, bench: Bench, outcome: str, sentence: str, before: dict[str, bytes]) -> str:
    """What on disk, or in the sentence, is not as it must be."""
    after = _contents(bench.outdir)
    parts = [name for name in after if name not in before]
    if outcome == "refused":
        if any(after.get(name) != content for name, content in before.items()):
            return "what had been fetched before has changed"
        if any(not name.startswith(".incoming/") or not name.endswith((".part", ".part.json")) for name in parts):
            return f"left behind: {', '.join(parts)}"
        if bool(parts) != scenario.leaves_part:
            return f"parts: {', '.join(parts) or 'none'}"
        if "\n" in sentence or len(sentence) > 700:
            return "not one sentence"
        if "http" not in sentence and "written" not in sentence:
            return "the sentence names no address"
    else:
        if set(after) - set(before) or set(before) - set(after) - {name for name in before if "bd_article" in name}:
            return f"other files than before: {sorted(set(after) ^ set(before))}"
        for name, content in after.items():
            if name.endswith(".csv") and json.loads(after[f"{name}.provenance.json"])["sha256"] != hashlib.sha256(content).hexdigest():
                return f"the provenance of {name} belongs to another file"
    if any(path.is_dir() and (path.name.startswith(".writing") or not any(path.iterdir())) for path in bench.outdir.rglob("*")):
        return "empty or scratch folders are left"
    return ""
