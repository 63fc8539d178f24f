"""Fresh catalogues from their services; the only module of the package that touches the network.

NASA Exoplanet Archive: table access protocol, synchronous query (https://exoplanetarchive.ipac.caltech.edu/docs/TAP/usingTAP.html).
Brown Dwarf Companion Catalogue: ORDO item 24156393 through the figshare interface, else the authors' GitHub mirror.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from analysis.catalogue.assemble import HOST_MASS_LIMIT
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import MEASURED, PLAIN, read_pscomppars
from analysis.errors import InputError
from analysis.progress import track

__all__ = ["ARTICLE", "FIGSHARE", "MIRROR", "TAP", "adql", "fetch"]

TAP = "https://exoplanetarchive.ipac.caltech.edu/TAP"
FIGSHARE = "https://api.figshare.com/v2"
MIRROR = "https://raw.githubusercontent.com/adam-stevenson/brown-dwarf-desert/HEAD/BD_catalogue_20-11-23.csv"
ARTICLE = 24156393
TIMEOUT = (15.0, 120.0)  # s, to connect and between bytes
CHUNK = 65536  # bytes
PS_NAME, BD_NAME = "pscomppars.csv", "bd_catalogue.csv"


def adql(host_mass_limit: float = HOST_MASS_LIMIT) -> str:
    """The query: every column the reader uses, with errors and limit flags, for hosts up to `host_mass_limit` (Msun)."""
    quantities = [*MEASURED.values(), "pl_bmassj", "pl_bmasse", "pl_radj", "pl_rade"]
    columns = ["pl_name", "hostname", "discoverymethod", *PLAIN.values(), "pl_bmassprov"]
    columns += [f"{name}{suffix}" for name in quantities for suffix in ("", "err1", "err2", "lim")]
    return f"select {','.join(columns)} from pscomppars where st_mass <= {host_mass_limit:g} order by pl_name"


def fetch(outdir: Path, *, tap: str = TAP, figshare: str = FIGSHARE, mirror: str = MIRROR, say: Callable[[str], None] = print) -> tuple[Path, Path]:
    """Download both catalogues into `outdir`/<date>/; returns the paths of the PSCompPars and the BD catalogue CSV.

    Beside the first lies the ADQL verbatim, beside each its provenance (URL, query, date, sha256). Each file is read as the
    pipeline reads it before it gets its place, so an answer that is no table never replaces a good file. Raises InputError
    when a service cannot be reached or answers with anything but a catalogue; then nothing is changed.
    """
    date = datetime.now(UTC).date().isoformat()
    folder = outdir / date
    created = not outdir.exists()
    try:
        outdir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=outdir) as temporary:
            staging = Path(temporary)
            say("Fetching PSCompPars from the NASA Exoplanet Archive ...")
            _archive(staging, tap, date)
            say("Fetching the Brown Dwarf Companion Catalogue from ORDO ...")
            _brown_dwarfs(staging, figshare, mirror, date, say)
            folder.mkdir(exist_ok=True)
            for path in sorted(staging.iterdir()):
                os.replace(path, folder / path.name)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror or error}); expected a folder for the fetched catalogues. Free it or its disk."
        ) from None
    finally:
        if created and outdir.is_dir() and not any(outdir.iterdir()):
            outdir.rmdir()
    return folder / PS_NAME, folder / BD_NAME


def _archive(staging: Path, tap: str, date: str) -> None:
    """PSCompPars with its query and provenance."""
    query = adql()
    url = f"{tap.rstrip('/')}/sync"
    raw = _download(url, "NASA Exoplanet Archive", {"query": query, "format": "csv"})
    _store(staging, PS_NAME, raw, {"url": url, "query": query, "retrieved": date}, read_pscomppars, url)
    (staging / "pscomppars.adql").write_text(query + "\n", encoding="utf-8")


def _brown_dwarfs(staging: Path, figshare: str, mirror: str, date: str, say: Callable[[str], None]) -> None:
    """The BD catalogue from ORDO, or from the mirror when ORDO fails; InputError with both reasons when both fail."""
    try:
        url, raw = _from_ordo(figshare)
        _store(staging, BD_NAME, raw, {"url": url, "query": "", "retrieved": date, "source": "ORDO"}, read_bd, url)
        return
    except InputError as error:
        first = str(error)
        say(f"{first} Trying the GitHub mirror ...")
    try:
        raw = _download(mirror, "GitHub mirror of the Brown Dwarf Companion Catalogue")
        _store(staging, BD_NAME, raw, {"url": mirror, "query": "", "retrieved": date, "source": "GitHub mirror", "ordo": first}, read_bd, mirror)
    except InputError as error:
        raise InputError(f"{str(error).rstrip('.')}; ORDO had failed before ({first.rstrip('.')}).") from None


def _from_ordo(figshare: str) -> tuple[str, bytes]:
    """URL and content of the newest CSV of the ORDO item (figshare numbers its files in order of upload)."""
    url = f"{figshare.rstrip('/')}/articles/{ARTICLE}"
    raw = _download(url, "ORDO (figshare)")
    try:
        files = [(int(item["id"]), str(item["download_url"])) for item in json.loads(raw)["files"] if str(item["name"]).lower().endswith(".csv")]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{url} answered without a list of files; expected the description of item {ARTICLE}. Try again later.") from None
    if not files:
        raise InputError(f"{url} lists no CSV file; expected the Brown Dwarf Companion Catalogue.")
    link = max(files)[1]
    return link, _download(link, "ORDO (figshare)")


def _download(url: str, service: str, params: dict[str, str] | None = None) -> bytes:
    """The body of a GET answered with status 200; InputError naming service and reason otherwise."""
    try:
        with requests.get(url, params=params, timeout=TIMEOUT, stream=True, headers={"User-Agent": "vlms-companions"}) as answer:
            if answer.status_code != 200:
                raise InputError(
                    f"{service} answered with status {answer.status_code} {answer.reason or ''}".rstrip() + f" at {url}; expected a catalogue. "
                    "Try again later, or give local files with --ps and --bd."
                )
            return b"".join(track(answer.iter_content(CHUNK), f"download from {service}"))
    except requests.Timeout:
        reason = f"did not answer within {TIMEOUT[1]:g} s"
    except requests.ConnectionError:
        reason = "cannot be reached"
    except requests.RequestException as error:
        reason = f"failed ({type(error).__name__})"
    raise InputError(f"{service} {reason} at {url}; check the network and try again, or give local files with --ps and --bd.")


def _store(staging: Path, name: str, raw: bytes, provenance: dict[str, Any], reader: Callable, url: str) -> None:
    """Write a download and its provenance into the staging folder, once the pipeline's own reader accepts it."""
    path = staging / name
    path.write_bytes(raw)
    try:
        _, table = reader(path)
    except InputError as error:
        path.unlink()
        raise InputError(f"The answer of {url} is not usable: {error}") from None
    content = provenance | {"sha256": hashlib.sha256(raw).hexdigest(), "rows": len(table.rows)}
    (staging / f"{name}.provenance.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
