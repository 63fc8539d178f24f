"""A web server on the loopback interface that misbehaves as told, and remembers what it was asked."""

import atexit
import http.server
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

__all__ = ["FaultyServer", "Request", "answer", "certificate", "drip_headers", "hang", "redirect", "stream"]

HOST = "127.0.0.1"
Behaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Request:
    """What a client asked: `query` holds the parameters of the address or of the form."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)


class Handler(http.server.BaseHTTPRequestHandler):
    """Looks the behaviour up by method and path, then by path; a query that counts rows has the method COUNT."""

    server: "FaultyServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode() if self.command == "POST" else parts.query
        query = {name: values[-1] for name, values in urllib.parse.parse_qs(sent).items()}
        method = "COUNT" if query.get("query", "").startswith("select count(") else self.command
        self.server.requests.append(Request(method, parts.path, query, dict(self.headers)))
        behaviours = self.server.answers
        key = f"{method} {parts.path}"
        behaviour = behaviours.get(key if key in behaviours else parts.path, answer(b"no", 404))
        if isinstance(behaviour, list):
            behaviour = behaviour.pop(0) if len(behaviour) > 1 else behaviour[0]
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.close_connection = True

    do_POST = do_GET

    def end_headers(self) -> None:
        """Say that the connection ends: a client that is not told may send its next form into the closing one."""
        self.send_header("Connection", "close")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


class FaultyServer(http.server.ThreadingHTTPServer):
    """Use it in a `with`; `answers` maps a path, or "METHOD path", to a behaviour or a list of them of which the last one stays."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where the certificate and key of a server with https lie."""
        super().__init__((HOST, 0), Handler)
        self.answers: dict[str, Behaviour | list[Behaviour]] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.base = f"http{'s' if folder else ''}://{HOST}:{self.server_port}"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or refuses the certificate, is no error here."""


def answer(
    body: bytes = b"", status: int = 200, *, etag: str = "", modified: str = "", headers: Iterable[tuple[str, str]] = (), length: int | None = -1,
    cut: int | None = None, reset: bool = False, chunked: bool = False, ranges: bool = False, drip: tuple[int, float] | None = None,
) -> Behaviour:
    """A behaviour that sends `body`.

    length: the length declared (None: none; -1: the true one); cut: bytes after which the connection ends; reset: it ends with a reset; ranges:
    Range is obeyed when If-Range names `etag` or `modified`; drip: (bytes, seconds) of each piece. A matching If-None-Match or If-Modified-Since
    is answered with 304.
    """

    def behave(handler: Handler) -> None:
        asked = handler.headers
        marks = [(name, value) for name, value in (("ETag", etag), ("Last-Modified", modified)) if value]
        if status == 200 and ((etag and asked.get("If-None-Match") == etag) or (modified and asked.get("If-Modified-Since") == modified)):
            handler.send_response(304)
            for name, value in marks:
                handler.send_header(name, value)
            handler.end_headers()
            return
        start, code, extra = 0, status, list(headers)
        if ranges and status == 200 and asked.get("Range") and asked.get("If-Range", "") in ("", etag, modified):
            start, code = int(asked["Range"].removeprefix("bytes=").split("-")[0]), 206
            extra.append(("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"))
        content = body[start:]
        handler.send_response(code)
        for name, value in [*marks, *extra]:
            handler.send_header(name, value)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        elif length is not None:
            handler.send_header("Content-Length", str(len(content) if length == -1 else length))
        handler.end_headers()
        content = content[:cut]
        size, wait = drip or (65536, 0.0)
        for begin in range(0, len(content), size):
            piece = content[begin : begin + size]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if wait and handler.server.closing.wait(wait):
                return
        if chunked and cut is None:
            handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()
        if reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()

    return behave


def redirect(target: str, status: int = 302) -> Behaviour:
    """A behaviour that sends the client elsewhere."""
    return answer(b"moved", status, headers=[("Location", target)])


def stream(head: bytes, row: bytes, rows: int, *, encode: Callable[[Iterable[bytes]], Iterable[bytes]] | None = None) -> Behaviour:
    """A behaviour that sends `head` and `rows` times `row`, made while it is sent, in chunks."""

    def content() -> Iterable[bytes]:
        yield head
        for begin in range(0, rows, 10_000):
            yield row * min(10_000, rows - begin)

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        if encode:
            handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for piece in (encode or iter)(content()):
            if piece:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    return behave


def hang(seconds: float) -> Behaviour:
    """A behaviour that says nothing for `seconds`, or until the server closes."""

    def behave(handler: Handler) -> None:
        handler.server.closing.wait(seconds)

    return behave


def drip_headers(pause_s: float) -> Behaviour:
    """A behaviour that sends its headers byte by byte without end."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not handler.server.closing.wait(pause_s):
            handler.wfile.write(b"x")

    return behave


@cache
def certificate() -> Path | None:
    """A folder with a self-signed certificate of HOST and its key, made with openssl; None where there is no openssl."""
    if not shutil.which("openssl"):
        return None
    folder = Path(mkdtemp(prefix="certificate-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
         "-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
        check=True, capture_output=True)
    return folder
