"""Fresh catalogues from their services into data/fetched/<date>/: what is fetched, in which order, and how it gets its place.

Everything arrives in a folder of its own beside the dated ones. The two catalogues move to their place together, when both have been read as the
pipeline reads them; what belongs to them (references, Gaia) follows one by one. Nothing outside the folder given is written.
"""

import fcntl
import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.catalogue.request import Policy
from analysis.catalogue.services import ARTICLE, BD_NAME, FIGSHARE, MIRROR, PS_NAME, TAP, Caller, adql, brown_dwarfs, pscomppars, references
from analysis.catalogue.transport import Answer
from analysis.errors import InputError

__all__ = ["ARTICLE", "FIGSHARE", "MIRROR", "TAP", "Service", "adql", "fetch", "services"]

INCOMING = ".incoming"
GAIA_MODULE = "analysis.catalogue.fetch_gaia"
PART = (".part", ".part.json")


@dataclass(frozen=True)
class Service:
    """One thing to fetch: `get` brings its files into a folder, given the place of PSCompPars (None before that is there)."""

    name: str
    title: str
    get: Callable[[Path, Path], Any]
    needed: bool = False


def services(caller: Caller, tap: str, figshare: str, mirror: str, gaia: str | None) -> list[Service]:
    """What is fetched, in order; the needed ones are the catalogues themselves. `gaia` is the address of its table service (None: its own)."""
    listed = [
        Service("pscomppars", "PSCompPars from the NASA Exoplanet Archive", lambda folder, _: pscomppars(folder, caller, tap), True),
        Service("bd", "the Brown Dwarf Companion Catalogue from ORDO", lambda folder, _: brown_dwarfs(folder, caller, figshare, mirror), True),
        Service("references", "the references of the parameter sets from the NASA Exoplanet Archive", lambda folder, ps: references(folder, caller, tap, ps)),
    ]
    if importlib.util.find_spec(GAIA_MODULE):
        where = {"tap": gaia} if gaia else {}
        listed.append(Service("gaia", "non-single stars among the hosts from the Gaia archive", lambda folder, ps: importlib.import_module(
            GAIA_MODULE).fetch_gaia(folder, ps, policy=caller.policy, say=caller.say, **where)))
    return listed


def fetch(
    outdir: Path, *, tap: str = TAP, figshare: str = FIGSHARE, mirror: str = MIRROR, gaia: str | None = None, policy: Policy | None = None,
    say: Callable[[str], None] = print,
) -> tuple[Path, Path]:
    """Download the catalogues into `outdir`/<date>/; returns the paths of the PSCompPars and the BD catalogue CSV.

    Beside the first lies the ADQL verbatim, beside each file its provenance (request, headers, date, sha256). Each file is read as the pipeline
    reads it before it gets its place, so an answer that is no table never replaces a good file. What an earlier day brought is asked for
    conditionally, what an interrupted run began goes on.

    Raises InputError when a service cannot be reached or answers with anything but what was asked: for a catalogue nothing is changed then; for
    what belongs to the catalogues the message says that these are in place.
    """
    folder = outdir / datetime.now(UTC).date().isoformat()
    ps, bd = folder / PS_NAME, folder / BD_NAME
    listed = services(Caller(policy or Policy(), say), tap, figshare, mirror, gaia)
    try:
        with _incoming(outdir) as incoming:
            needed = [service for service in listed if service.needed]
            for service in needed:
                _bring(service, incoming, outdir, ps, say)
            folder.mkdir(exist_ok=True)
            for service in needed:
                _settle(incoming / service.name, folder)
            missing = []
            for service in listed[len(needed):]:
                try:
                    _bring(service, incoming, outdir, ps, say)
                    _settle(incoming / service.name, folder)
                except InputError as error:
                    missing.append(f"{service.title} ({str(error).rstrip('.')})")
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror or error}); expected a folder for the fetched catalogues. Free it or its disk."
        ) from None
    if missing:
        raise InputError(
            f"Both catalogues are in {folder}, but not {' and '.join(missing)}; run the same command again to complete them, or go on with "
            f"--ps {ps} --bd {bd}."
        )
    return ps, bd


def _bring(service: Service, incoming: Path, outdir: Path, ps: Path, say: Callable[[str], None]) -> None:
    """One service's files into its own folder under `incoming`; on failure only what can be resumed stays there."""
    folder = incoming / service.name
    folder.mkdir(parents=True, exist_ok=True)
    _seed(service, folder, outdir)
    say(f"Fetching {service.title} ...")
    answer = service.get(folder, ps)
    if isinstance(answer, Answer) and answer.unchanged:
        say(f"  unchanged since {answer.retrieved}.")


def _seed(service: Service, folder: Path, outdir: Path) -> None:
    """Copies of the newest catalogue fetched before and of its provenance, so that it is asked for conditionally."""
    if not service.needed:
        return
    names = {"pscomppars": (PS_NAME,), "bd": (BD_NAME, "bd_article.json")}[service.name]
    for day in sorted((path for path in outdir.glob("[0-9]*-[0-9]*-[0-9]*") if path.is_dir()), reverse=True):
        if (day / names[0]).is_file():
            for name in names:
                for part in (name, f"{name}.provenance.json"):
                    if (day / part).is_file():
                        shutil.copyfile(day / part, folder / part)
            return


def _settle(source: Path, folder: Path) -> None:
    """Move complete files to their place, each in one step; a table goes before its provenance, which vouches for it."""
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.endswith(PART):
            os.replace(path, folder / path.name)


@contextmanager
def _incoming(outdir: Path) -> Iterator[Path]:
    """The folder in which files arrive, for one process at a time; afterwards nothing is in it but what can be resumed.

    The lock is the operating system's and ends with its process.
    """
    incoming = outdir / INCOMING
    fresh = [path for path in (outdir, *outdir.parents) if not path.exists()]
    incoming.mkdir(parents=True, exist_ok=True)
    lock = os.open(incoming, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{outdir} is being filled by another process; wait until it has finished, then fetch again.") from None
        except OSError:
            pass  # a file system without locks
        try:
            _tidy(incoming)  # a killed process cannot
            yield incoming
        finally:
            _tidy(incoming)
            for path in (incoming, *fresh):
                _remove_empty(path)
    finally:
        os.close(lock)


def _tidy(incoming: Path) -> None:
    """Remove everything that cannot be resumed."""
    for folder in [path for path in incoming.iterdir() if path.is_dir()]:
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif not path.name.endswith(PART):
                path.unlink(missing_ok=True)
        _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
