"""One file from one address, or one sentence why not; with `request` the only module of the package that touches the network.

`download` is polite (it names itself, waits between a bounded number of attempts, does not ask again for what it has), bounded (time, rate, size,
redirects) and careful: bytes arrive in a `.part` file from which a later attempt goes on, and the destination is replaced in one step.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util import Retry

from analysis.cache import atomic_directory, file_digest, write_atomic
from analysis.catalogue.answers import HEAD, complaint
from analysis.catalogue.partial import CHUNK, CutShort, Partial, TooLarge, decoded, validators
from analysis.catalogue.request import MIB, WAITING, Final, Policy, Trouble, ask, user_agent
from analysis.errors import InputError
from analysis.progress import meter

__all__ = ["Answer", "Policy", "download", "provenance_path"]

AGAIN = (408, 425, 429, 500, 502, 503, 504)  # statuses of trouble that may pass (RFC 9110, RFC 6585)
Accept = Callable[[Path], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Answer:
    """A file that is in its place: the address asked, status and headers of the last answer, sha256 and size of the file, and the date it came.

    `resumed`: part of it had arrived in an earlier attempt; `unchanged`: the service said that the file already there is still right.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    sha256: str
    bytes: int
    retrieved: str
    resumed: bool
    unchanged: bool


def provenance_path(destination: Path) -> Path:
    """Where the provenance of a downloaded file lies: beside it."""
    return destination.with_name(f"{destination.name}.provenance.json")


def download(
    url: str, destination: Path, *, service: str, params: Mapping[str, str] | None = None, policy: Policy | None = None,
    say: Callable[[str], None] = print, accept: Accept | None = None, otherwise: str = "", post: bool = False,
) -> Answer:
    """Bring the answer of a GET request for `url` with `params` to `destination`, beside it its provenance (JSON); returns what came.

    `service` is the name used in messages, `otherwise` is appended to their advice. `accept` is called with the complete file before it takes its
    place: it raises InputError for an answer that is not what was asked for, and may return entries for the provenance. The file has its
    final name then, in another folder. A destination that came from the same request with an ETag or a date is asked for conditionally. `post`
    sends `params` as a form, for queries too long for an address; such a request is neither conditional nor resumed.

    Raises InputError, one sentence that names service, address, reason and remedy; destination and provenance are then as before, and of the
    download nothing is left but a `.part` file from which the next call goes on.
    """
    policy = policy or Policy()
    job = _Job(url, Path(destination), service, dict(params or {}), policy, say, accept, otherwise, post)
    try:
        job.destination.parent.mkdir(parents=True, exist_ok=True)
        job.part = Partial(job.destination, job.address)
        return job.run()
    except OSError as error:
        job.keep = False
        raise InputError(
            f"{job.destination} cannot be written ({error.strerror or error}); expected room for the answer of {service}. Free it or its disk."
        ) from None
    finally:
        job.close()


class _Job:
    """The attempts of one download."""

    def __init__(
        self, url: str, destination: Path, service: str, params: dict[str, str], policy: Policy, say: Callable[[str], None], accept: Accept | None,
        otherwise: str, post: bool,
    ) -> None:
        self.url, self.destination, self.service, self.params, self.policy = url, destination, service, params, policy
        self.say, self.accept, self.otherwise, self.post = say, accept, otherwise, post
        self.address = ("POST " if post else "") + url + ("&" if urlsplit(url).query else "?") * bool(params) + urlencode(params)
        self.deadline = time.monotonic() + policy.total_timeout_s
        self.part: Partial | None = None
        self.keep = not post  # what has arrived, for the next call
        self.resumed = False

    def close(self) -> None:
        if self.part is not None:
            try:
                self.part.close(keep=self.keep)
            except OSError:
                pass

    def failure(self, trouble: Trouble) -> InputError:
        """The sentence for the user."""
        self.keep = self.keep and trouble.keep
        advice = trouble.remedy + (f", {self.otherwise}" if self.otherwise else "")
        return InputError(f"{self.service} {trouble.reason} at {self.url}; {advice[0].lower()}{advice[1:].rstrip('.')}.")

    def run(self) -> Answer:
        """Attempts until one succeeds, with growing waits between them."""
        policy = self.policy
        retry = Retry(
            total=policy.retries, connect=policy.connect_retries, read=policy.read_retries, backoff_factor=policy.backoff_s, backoff_max=policy.longest_wait_s,
            retry_after_max=10**9,
        )
        while True:
            try:
                return self.attempt()
            except Final as trouble:
                raise self.failure(trouble) from None
            except Trouble as trouble:
                try:
                    retry = retry.increment("GET", self.url, error=trouble.kind)
                except MaxRetryError:
                    raise self.failure(trouble) from None
                wait = retry.get_backoff_time()
                try:
                    asked = (retry.get_retry_after(trouble.raw) if trouble.raw is not None else None) or 0.0
                except (InvalidHeader, ValueError, OverflowError):
                    asked = 0.0
                if asked > policy.longest_wait_s:
                    raise self.failure(Final(f"{trouble.reason} and asks to wait {asked:.0f} s", "Try again then")) from None
                wait = max(wait, asked)
                if time.monotonic() + wait > self.deadline:
                    raise self.failure(trouble) from None
                self.say(f"{self.service} {trouble.reason}; trying again" + (f" in {wait:g} s ..." if wait else " ..."))
                time.sleep(wait)

    def attempt(self) -> Answer:
        """One request and what follows from its answer."""
        assert self.part is not None
        headers = {"User-Agent": user_agent(), "Accept-Encoding": "gzip, identity;q=0.5", "Accept": "*/*"}
        known = {} if self.post else self.known()
        if self.part.resumable and not self.post:
            headers |= {"Range": f"bytes={self.part.size}-", "If-Range": self.part.condition}
        elif known:
            headers |= {wanted: known[name] for name, wanted in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")) if name in known}
        with requests.Session() as session:
            answer = ask(session, self.url, self.params, headers, self.policy, max(0.1, self.deadline - time.monotonic()), post=self.post)
            with answer:
                status = answer.status_code
                if status == 304 and known:
                    return self.unchanged(answer)
                if status == 206 and self.part.size and _continues(answer.headers, self.part):
                    self.resumed = True
                elif status in (206, 416):
                    self.part.restart({})
                    raise Trouble("sent another part than asked for")
                elif status == 200:
                    self.resumed = False
                    self.part.restart(_description(answer.headers))
                else:
                    self.refused(answer)
                self.receive(answer)
                return self.place(answer)

    def known(self) -> dict[str, Any]:
        """The validators of the file at the destination, when it came from this very request and is as it came."""
        try:
            note = json.loads(provenance_path(self.destination).read_bytes())
            if note["address"] == self.address and note["sha256"] == file_digest(self.destination):
                return {**validators(CaseInsensitiveDict(note["headers"])), "note": note}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return {}

    def refused(self, answer: requests.Response) -> None:
        """Raise the trouble that a status tells."""
        body = b""
        limit = time.monotonic() + min(self.policy.read_timeout_s, 10.0)
        try:
            while len(body) < HEAD and time.monotonic() < limit and (piece := answer.raw.read1(CHUNK, decode_content=True)):
                body += piece
        except (urllib3.exceptions.HTTPError, OSError):
            pass
        said = complaint(body)
        name = HTTPStatus(answer.status_code).phrase if answer.status_code in set(HTTPStatus) else ""
        reason = f"answered with status {answer.status_code} {name}".rstrip() + (f" ({said})" if said else "")
        raise (Trouble if answer.status_code in AGAIN else Final)(reason, raw=answer.raw)

    def receive(self, answer: requests.Response) -> None:
        """The body into the part file, within the limits of size, time and rate."""
        part, policy, total = self.part, self.policy, self.part.note.get("length")
        if total is not None and total > policy.size_limit:
            raise self.too_large()
        window, arrived = time.monotonic(), part.size
        with meter(f"download from {self.service}", None if total is None else total // 1024, part.size // 1024, "KiB") as bar:  # type: ignore[arg-type]
            while True:
                try:
                    piece = answer.raw.read1(CHUNK, decode_content=False)
                except urllib3.exceptions.ReadTimeoutError:
                    raise Trouble(f"stopped sending after {part.size} bytes (nothing for {policy.read_timeout_s:g} s)", kind=WAITING) from None
                except (urllib3.exceptions.HTTPError, OSError):
                    raise Trouble(f"broke off after {part.size}{'' if total is None else f' of {total}'} bytes") from None
                if not piece:
                    break
                if part.size + len(piece) > policy.size_limit:
                    raise self.too_large()
                before = part.size // 1024
                part.append(piece)
                bar.update(part.size // 1024 - before)
                now = time.monotonic()
                if now > self.deadline:
                    raise Final(f"did not finish within {policy.total_timeout_s:g} s ({part.size} bytes came)", "Check the network and try again")
                if now - window >= policy.rate_window_s:
                    rate = (part.size - arrived) / (now - window)
                    if rate < policy.minimum_rate:
                        raise Trouble(f"sends too slowly ({rate:.0f} bytes per second)", "Check the network and try again")
                    window, arrived = now, part.size
        if total is not None and part.size != total:
            raise Trouble(f"broke off after {part.size} of {total} bytes")
        if total is None and not answer.raw.chunked and not part.note.get("encoding") and not part.ends_line():
            raise Trouble(f"broke off after {part.size} bytes, within a line")

    def too_large(self) -> Final:
        return Final(
            f"sends more than {self.policy.size_limit / MIB:g} MiB, far beyond the catalogue expected,", "Check the query, or try again later",
            keep=False)

    def place(self, answer: requests.Response) -> Answer:
        """The complete file, accepted, with its provenance, in one step each."""
        with atomic_directory(self.destination.parent) as scratch:
            path = scratch / self.destination.name
            encoding = str(self.part.note.get("encoding", ""))
            if encoding.lower() not in ("", "identity", "gzip", "x-gzip"):
                raise Final(f"answered in an encoding that was not asked for ({encoding[:20]})", keep=False)
            try:
                size = decoded(self.part.path, path, encoding, self.policy.size_limit)
            except CutShort as error:
                self.part.restart({})
                raise Trouble(f"sent {error}", keep=False) from None
            except TooLarge:
                raise self.too_large() from None
            self.keep = False
            more = (self.accept(path) if self.accept else None) or {}
            note = {
                "address": self.address, "url": self.url, "query": self.params.get("query", ""), "params": self.params, "final_url": answer.url.split("?")[0],
                "retrieved": datetime.now(UTC).date().isoformat(), "sha256": file_digest(path), "bytes": size, "status": answer.status_code,
                "headers": _kept(answer.headers), "user_agent": user_agent(), **more,
            }
            provenance_path(path).write_bytes(_text(note))
        return Answer(self.url, answer.status_code, note["headers"], note["sha256"], size, note["retrieved"], self.resumed, False)

    def unchanged(self, answer: requests.Response) -> Answer:
        """The file already there, which the service confirms; its provenance says when."""
        note = self.known()["note"]
        more = (self.accept(self.destination) if self.accept else None) or {}
        note |= {**more, "confirmed": datetime.now(UTC).date().isoformat()}
        write_atomic(provenance_path(self.destination), _text(note))
        size = self.destination.stat().st_size
        return Answer(self.url, answer.status_code, _kept(answer.headers), note["sha256"], size, note["retrieved"], False, True)


def _text(note: Mapping[str, Any]) -> bytes:
    return (json.dumps(note, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Response headers as they came, but for cookies, which are between the service and this one call."""
    return {name: value for name, value in headers.items() if name.lower() not in ("set-cookie", "set-cookie2")}


def _description(headers: Mapping[str, str]) -> dict[str, Any]:
    """What a part file must know of the answer it belongs to."""
    length = headers.get("Content-Length", "")
    return {**validators(headers), "encoding": headers.get("Content-Encoding", ""), "length": int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None}


def _continues(headers: Mapping[str, str], part: Partial) -> bool:
    """True when a partial answer begins where `part` ends and belongs to the same file."""
    length = part.note.get("length")
    span = re.fullmatch(rf"bytes {part.size}-[0-9]+/({'[0-9]+' if length is None else length}|\*)", headers.get("Content-Range", ""))
    same = all(part.note.get(name) == value for name, value in validators(headers).items())
    return bool(span) and same and headers.get("Content-Encoding", "") == part.note.get("encoding", "")
