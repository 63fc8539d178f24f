"""One GET request: the answer's headers, redirects followed, or the trouble in words; with `transport` the only module that touches the network."""

import queue
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ReadTimeoutError

from analysis.runtime import ROOT

__all__ = ["CONNECTING", "MIB", "WAITING", "Final", "Policy", "Trouble", "ask", "user_agent"]

MIB = 1 << 20  # bytes
MOVED = (301, 302, 303, 307, 308)
CONNECTING, WAITING = ConnectTimeoutError(), ReadTimeoutError(None, "", "")  # type: ignore[arg-type]  (as urllib3 tells its kinds of retries apart)


@dataclass(frozen=True)
class Policy:
    """How long, how often and how much; times in seconds, sizes in bytes.

    A synchronous query may take minutes before its first byte, hence the long wait between bytes. `size_limit` bounds the answer as sent
    and as unpacked: some 20 times a catalogue of all hosts up to the frozen limit, and little enough to be read into memory.
    """

    connect_timeout_s: float = 15.0
    read_timeout_s: float = 120.0
    total_timeout_s: float = 1800.0
    rate_window_s: float = 60.0
    minimum_rate: float = 200.0  # bytes per second, averaged over the window
    retries: int = 4  # after the first attempt
    connect_retries: int = 2  # of these, when no connection comes about
    read_retries: int = 1  # of these, when no answer comes in time
    backoff_s: float = 0.5  # the waits are 0, 2, 4, 8 ... times this
    longest_wait_s: float = 60.0  # a service that asks for more is left alone
    redirects: int = 5
    size_limit: int = 16 * MIB


class Trouble(Exception):
    """An attempt that failed and may succeed when repeated: the reason as "service <reason>", and the answer, if there was one."""

    def __init__(self, reason: str, remedy: str = "Try again later", *, kind: Exception | None = None, raw: Any = None, keep: bool = True) -> None:
        """`kind`: CONNECTING or WAITING, which are repeated less often; `keep`: whether what has arrived is worth keeping."""
        super().__init__(reason)
        self.reason, self.remedy, self.kind, self.raw, self.keep = reason, remedy, kind, raw, keep


class Final(Trouble):
    """An attempt that failed for a reason that repeating does not mend."""


def user_agent() -> str:
    """Name and version of the project, as sent with every request."""
    try:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return f"{project['name']}/{project['version']} (python-requests/{requests.__version__})"
    except (OSError, ValueError, KeyError):
        return f"vlms-companions (python-requests/{requests.__version__})"


def ask(
    session: requests.Session, url: str, params: Mapping[str, str], headers: Mapping[str, str], policy: Policy, left_s: float, *, post: bool = False
) -> requests.Response:
    """The streaming answer to a GET (or POST) request within `left_s` seconds, redirects followed; raises Trouble for anything that keeps one from coming.

    A redirect's body is not read, and a request that began secured (https) stays so. After a redirect other than 307 and 308 the answer of a
    POST is fetched with GET (RFC 9110, section 15.4), as table services do that keep a result under an address of its own.
    """
    timeout = (min(policy.connect_timeout_s, left_s), min(policy.read_timeout_s, left_s))
    for _ in range(policy.redirects + 1):
        send = partial(
            session.request, "POST" if post else "GET", url, data=params if post else None, params=None if post else params, headers=headers,
            timeout=timeout, stream=True, allow_redirects=False)
        answer = _within(sum(timeout), send, policy)
        target = answer.headers.get("Location")
        if answer.status_code not in MOVED or not target:
            return answer
        answer.close()
        before = urlsplit(url).scheme
        try:
            url = urljoin(url, target)
            after = urlsplit(url).scheme
        except ValueError:
            raise Final("sends the request on to something that is no address") from None
        if not (post and answer.status_code in (307, 308)):
            params, post = {}, False
        if after not in ("https", before):
            raise Final(f"sends the request on to an address that is not secured ({_shown(url)})", "Tell the service")
    raise Final(f"sends the request in circles (more than {policy.redirects} redirects)")


def _shown(url: str) -> str:
    """An address without its query and without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:100]


def _within(seconds: float, ask: Callable[[], requests.Response], policy: Policy) -> requests.Response:
    """The answer's headers within `seconds`; a server that sends them byte by byte would outlast any timeout between bytes.

    Raises Trouble with the reason in words. The thread that waits in vain ends with the process.
    """
    box: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        try:
            box.put(ask())
        except Exception as error:  # noqa: BLE001  (raised again in the thread that asked)
            box.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        result = box.get(timeout=seconds)
    except queue.Empty:
        result = requests.ReadTimeout()
    if isinstance(result, requests.Response):
        return result
    if isinstance(result, requests.RequestException):
        raise _translated(result, policy) from None
    if isinstance(result, ValueError):  # a redirect that `requests` cannot even take apart
        raise Final("gave an answer that cannot be read") from None
    if isinstance(result, OSError):  # before a connection is tried: the file of trusted certificates
        raise Final("cannot be asked, because the certificates of this machine cannot be read,", "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE") from None
    raise result


def _translated(error: requests.RequestException, policy: Policy) -> Trouble:
    """A failed request in words."""
    cause = error.args[0] if error.args else None
    cause = getattr(cause, "reason", cause)
    network = "Check the network and try again"
    if isinstance(error, requests.exceptions.ProxyError):
        return Trouble("cannot be reached through the proxy named in HTTPS_PROXY or HTTP_PROXY", "Check these variables and try again", kind=CONNECTING)
    if isinstance(error, requests.exceptions.SSLError):
        said = str(getattr(cause, "args", [cause])[0] if getattr(cause, "args", None) else cause)
        said = said.split("certificate verify failed:")[-1].split("(_ssl")[0].strip(" ('\"")
        return Final(
            f"shows a certificate that cannot be verified ({said[:100]})",
            "Check the clock, the network and the certificates of this machine (REQUESTS_CA_BUNDLE names others)")
    if isinstance(error, requests.ConnectTimeout):
        return Trouble(f"cannot be reached within {policy.connect_timeout_s:g} s", network, kind=CONNECTING)
    if isinstance(error, requests.Timeout):
        return Trouble(f"did not answer within {policy.read_timeout_s:g} s", network, kind=WAITING)
    if isinstance(cause, NameResolutionError):
        return Trouble("cannot be reached (its name is not known: no network, or no name server)", network, kind=CONNECTING)
    if isinstance(cause, NewConnectionError):
        return Trouble("cannot be reached (the connection was refused or has no route)", network, kind=CONNECTING)
    if isinstance(error, requests.ConnectionError):
        return Trouble("closed the connection without a readable answer", network)
    return Final(f"cannot be asked ({type(error).__name__})", "Check the address")
