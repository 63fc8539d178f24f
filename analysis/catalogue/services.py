"""What is asked of each service, and what its answer must be before it counts.

NASA Exoplanet Archive: table access protocol, synchronous query (https://exoplanetarchive.ipac.caltech.edu/docs/TAP/usingTAP.html).
Brown Dwarf Companion Catalogue: ORDO item 24156393 through the figshare interface (https://docs.figshare.com), else the authors' GitHub mirror.
"""

import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.cache import write_atomic
from analysis.catalogue.answers import HEAD, complaint
from analysis.catalogue.assemble import HOST_MASS_LIMIT
from analysis.catalogue.convert import numbers, texts
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import EARTH_UNITS, MEASURED, PLAIN, read_pscomppars
from analysis.catalogue.request import Policy
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.catalogue.transport import Answer, download
from analysis.constants import YEAR_DAYS
from analysis.errors import InputError

__all__ = ["ARTICLE", "BD_NAME", "FIGSHARE", "MIRROR", "PS_NAME", "REFERENCES_NAME", "TAP", "Caller", "adql", "brown_dwarfs", "pscomppars", "references", "references_adql"]

TAP = "https://exoplanetarchive.ipac.caltech.edu/TAP"
FIGSHARE = "https://api.figshare.com/v2"
MIRROR = "https://raw.githubusercontent.com/adam-stevenson/brown-dwarf-desert/HEAD/BD_catalogue_20-11-23.csv"
ARTICLE = 24156393
ARCHIVE, ORDO, GITHUB = "NASA Exoplanet Archive", "ORDO (figshare)", "GitHub mirror of the Brown Dwarf Companion Catalogue"
PS_NAME, BD_NAME, REFERENCES_NAME, ARTICLE_NAME = "pscomppars.csv", "bd_catalogue.csv", "ps_references.csv", "bd_article.json"
LOCAL_FILES = "or give local files with --ps and --bd"

IDENTITY = ("pl_name", "hostname", "discoverymethod", "pl_bmassprov", "pl_controv_flag")
QUANTITIES = (*MEASURED.values(), *(name for jupiter, earth, _ in EARTH_UNITS.values() for name in (jupiter, earth)))
# What the reader leaves alone: where each value comes from, and the host's Gaia DR3 source.
BESIDE = (*(f"{name}_reflink" for name in (*QUANTITIES, "sy_dist")), "gaia_dr3_id")
REFERENCES = (
    "pl_name", "hostname", "default_flag", "soltype", "pl_refname", "st_refname", "sy_refname", "disc_refname", "pl_pubdate", "releasedate", "rowupdate",
)
REFERENCES_KIND = "the references of the NASA Exoplanet Archive's table ps"
UNITS_ROWS = 5  # fewer rows than this tell nothing about a unit
KEPLER_TOLERANCE_DEX, RATIO_TOLERANCE = 0.1, 0.01  # the composite table of 2026-06-02 has medians of 0.0002 dex and 2e-6


@dataclass(frozen=True)
class Caller:
    """Who asks: the policy of every request and where progress is told."""

    policy: Policy
    say: Callable[[str], None]

    def get(self, url: str, path: Path, service: str, accept: Callable[[Path], Mapping[str, Any] | None], **more: Any) -> Answer:
        """`download` under the caller's policy."""
        return download(url, path, service=service, policy=self.policy, say=self.say, accept=accept, **{"otherwise": LOCAL_FILES, **more})


def adql(host_mass_limit: float = HOST_MASS_LIMIT) -> str:
    """The query: every column the reader uses, with errors, limit flags and references, for hosts up to `host_mass_limit` (Msun)."""
    columns = [*IDENTITY, *PLAIN.values()]
    columns += [f"{name}{suffix}" for name in QUANTITIES for suffix in ("", "err1", "err2", "lim")]
    return f"select {','.join([*columns, *BESIDE])} from pscomppars where st_mass <= {host_mass_limit:g} order by pl_name"


def references_adql(hosts: Iterable[str]) -> str:
    """The query for the parameter sets, default and other, of all companions of `hosts` in the table ps, with their references."""
    names = ",".join("'" + host.replace("'", "''") + "'" for host in sorted(set(hosts)))
    return f"select {','.join(REFERENCES)} from ps where hostname in ({names}) order by pl_name,rowupdate"


def _form(query: str) -> dict[str, str]:
    """The parameters of a synchronous query; a service that follows the standard (TAP 1.1, section 2.7) refuses one without a language."""
    return {"query": query, "format": "csv", "lang": "ADQL", "request": "doQuery"}


def _counted(path: Path, rows: int, query: str, caller: Caller, url: str, otherwise: str, *, post: bool = False) -> int:
    """The rows that the service counts for `query` (select ... from ... order by ...), asked beside `path`; InputError when fewer came.

    Row limits of a service cut an answer, and plain text has no place for the sign of it that the standard knows (DALI 1.1, section 4.4.1).
    """
    counting = "select count(*) as n" + query[query.index(" from ") : query.rindex(" order by ")]
    found: list[int] = []

    def accept(answer: Path) -> None:
        content = answer.read_bytes()[:HEAD]
        try:
            found.append(int(content.decode("utf-8", "replace").split()[1].strip('"')))
        except (ValueError, IndexError):
            said = complaint(content)
            raise InputError(
                f"{_where(ARCHIVE, url)} to the question how many rows there are is not usable{f': {said}' if said else ''}; expected a number. Try again later."
            ) from None

    with tempfile.TemporaryDirectory(prefix="count-", dir=path.parent) as folder:
        caller.get(url, Path(folder) / "count.csv", ARCHIVE, accept, params=_form(counting), post=post, otherwise=otherwise)
    if found[0] > rows:
        raise InputError(
            f"{_where(ARCHIVE, url)} is cut short: {rows} rows came of {found[0]} that it counts, as at a row limit; expected all. Try again later"
            f"{f', {otherwise}' if otherwise else ''}."
        )
    return found[0]


def pscomppars(folder: Path, caller: Caller, tap: str) -> Answer:
    """PSCompPars into `folder`, with its query."""
    url = f"{tap.rstrip('/')}/sync"
    where = _where(ARCHIVE, url)

    def accept(path: Path) -> dict[str, Any]:
        frame, table = _read(path, read_pscomppars, where)
        _check_limit(frame, where)
        checked = _check_units(frame, table, where)
        return {"rows": len(table.rows), "rows_counted": _counted(path, len(table.rows), adql(), caller, url, LOCAL_FILES), "units_checked_on_rows": checked}

    answer = caller.get(url, folder / PS_NAME, ARCHIVE, accept, params=_form(adql()))
    write_atomic(folder / "pscomppars.adql", (adql() + "\n").encode())
    return answer


def references(folder: Path, caller: Caller, tap: str, catalogue: Path) -> Answer:
    """The references of all parameter sets of the hosts in `catalogue` (a PSCompPars CSV) into `folder`, with their query."""
    url = f"{tap.rstrip('/')}/sync"
    table = read_text_table(catalogue, "a PSCompPars export")
    hosts = {name for name in table.column("hostname") or () if name}
    query = references_adql(hosts)
    where = _where(ARCHIVE, url)

    def accept(path: Path) -> dict[str, Any]:
        table = _read(path, lambda path: (None, read_text_table(path, REFERENCES_KIND)), where)[1]
        table.require(list(REFERENCES))
        strange = sorted(set(filter(None, table.column("hostname") or ())) - hosts)
        if strange:
            raise InputError(f"{where} names the host '{strange[0][:40]}', which was not asked for; try again later.")
        flags = numbers(table, "default_flag")
        if not np.isin(flags, (0, 1)).all():
            line = table.lines[int(np.flatnonzero(~np.isin(flags, (0, 1)))[0])]
            raise InputError(f"{where} is not usable: {table.name}, line {line}, column default_flag: expected 0 or 1. Try again later.")
        found = len({name for name in texts(table, "hostname") if name})
        counted = _counted(path, len(table.rows), query, caller, url, "", post=True)
        return {"rows": len(table.rows), "rows_counted": counted, "hosts_asked": len(hosts), "hosts_found": found, "default_rows": int(flags.sum())}

    answer = caller.get(url, folder / REFERENCES_NAME, ARCHIVE, accept, params=_form(query), post=True, otherwise="")
    write_atomic(folder / "ps_references.adql", (query + "\n").encode())
    return answer


def brown_dwarfs(folder: Path, caller: Caller, figshare: str, mirror: str) -> Answer:
    """The BD catalogue from ORDO, or from the mirror when ORDO fails, into `folder`; InputError with both reasons when both fail."""
    try:
        return _from_ordo(folder, caller, figshare)
    except InputError as error:
        first = str(error)
        caller.say(f"{first} Trying the GitHub mirror ...")
    for name in (ARTICLE_NAME, f"{ARTICLE_NAME}.provenance.json"):
        (folder / name).unlink(missing_ok=True)
    try:
        return caller.get(mirror, folder / BD_NAME, GITHUB, lambda path: {**_accept_bd(path, _where(GITHUB, mirror)), "source": "GitHub mirror", "ordo": first})
    except InputError as error:
        raise InputError(f"{str(error).rstrip('.')}; ORDO had failed before ({first.rstrip('.')}).") from None


def _from_ordo(folder: Path, caller: Caller, figshare: str) -> Answer:
    """The newest CSV of the ORDO item (figshare numbers its files in order of upload), with the item's description."""
    url = f"{figshare.rstrip('/')}/articles/{ARTICLE}"
    caller.get(url, folder / ARTICLE_NAME, ORDO, lambda path: {"files": len(_listed(path, url))})
    _, link, wanted = max(_listed(folder / ARTICLE_NAME, url))
    article = json.loads((folder / ARTICLE_NAME).read_bytes())
    about = {name: article[name] for name in ("title", "doi", "version", "published_date", "modified_date") if isinstance(article.get(name), str | int)}

    def accept(path: Path) -> dict[str, Any]:
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        if wanted and found != wanted:
            raise InputError(f"{_where(ORDO, link)} has not the checksum listed there (md5 {found[:8]}..., expected {wanted[:8]}...); try again later.")
        return {**_accept_bd(path, _where(ORDO, link)), "source": "ORDO", "article": about, "md5_confirmed": bool(wanted)}

    return caller.get(link, folder / BD_NAME, ORDO, accept)


def _listed(path: Path, url: str) -> list[tuple[int, str, str]]:
    """Number, address and MD5 of each CSV that the description of a figshare item lists; InputError when there is none."""
    raw = path.read_bytes()
    try:
        items = json.loads(raw)["files"]
        files = [
            (int(item["id"]), str(item["download_url"]), str(item.get("computed_md5") or "")) for item in items if str(item["name"]).lower().endswith(".csv")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        said = complaint(raw[:HEAD])
        raise InputError(
            f"{_where(ORDO, url)} holds no list of files{f' ({said})' if said else ''}; expected the description of item {ARTICLE}. Try again later."
        ) from None
    if not files:
        raise InputError(f"{_where(ORDO, url)} lists no CSV file; expected the Brown Dwarf Companion Catalogue. Try again later.")
    return files


def _accept_bd(path: Path, where: str) -> dict[str, Any]:
    return {"rows": len(_read(path, read_bd, where)[1].rows)}


def _where(service: str, url: str) -> str:
    """The subject of a sentence about an answer."""
    return f"The answer of {service} at {url}"


def _read(path: Path, reader: Callable[[Path], tuple[Any, TextTable]], where: str) -> tuple[Any, TextTable]:
    """What the pipeline's own reader makes of an answer; InputError with the service's message, else with the reader's."""
    with open(path, "rb") as stream:
        said = complaint(stream.read(HEAD))
    if said:
        raise InputError(f"{where} is not usable: {said}; expected a table. Try again later, {LOCAL_FILES}.")
    try:
        return reader(path)
    except InputError as error:
        raise InputError(f"{where} is not usable: {error}") from None


def _check_limit(frame: pd.DataFrame, where: str) -> None:
    """InputError when a host mass lies beyond what the query asked for: the condition was not understood, or the unit is another."""
    beyond = frame.index[frame["host_mass_msun"] > HOST_MASS_LIMIT]
    if len(beyond):
        row = frame.loc[beyond[0]]
        raise InputError(
            f"{where} is not usable: column st_mass holds {row['host_mass_msun']:g} for {row['companion_name']}; expected hosts up to "
            f"{HOST_MASS_LIMIT:g} Msun as asked. Check the unit of the column at the archive."
        )


def _check_units(frame: pd.DataFrame, table: TextTable, where: str) -> int:
    """Rows on which period, axis and host mass could be compared; InputError when the columns cannot be in the units expected.

    Kepler's third law binds days, au and solar masses: the median of log10(a^3 / (P^2 M)), with P in years, is 0. Companion masses and radii
    are given in Jupiter and in Earth units, in a fixed ratio. A unit that changes for one of these columns moves a median by far more than
    its tolerance. Of a column whose impossible values the reader empties, most must be possible; others are held to the ranges of the schema.
    """
    axes = frame[frame["semimajor_axis_kind"] == "catalogue"]
    period, axis, mass = axes["orbital_period_day"] / YEAR_DAYS, axes["semimajor_axis_au"], axes["host_mass_msun"]
    kepler = np.log10(axis**3 / (period**2 * mass)).dropna()
    if len(kepler) >= UNITS_ROWS and abs(kepler.median()) > KEPLER_TOLERANCE_DEX:
        raise InputError(
            f"{where} is not usable: columns pl_orbper, pl_orbsmax and st_mass do not follow Kepler's third law in days, au and solar "
            f"masses (off by a factor {10.0 ** kepler.median():.3g}). Check their units at the archive."
        )
    for jupiter, earth, ratio in EARTH_UNITS.values():
        with np.errstate(divide="ignore", invalid="ignore"):
            found = numbers(table, earth) / numbers(table, jupiter) / ratio
        found = found[np.isfinite(found)]
        median = float(np.median(found)) if len(found) >= UNITS_ROWS else 1.0
        if not math.isclose(median, 1.0, rel_tol=RATIO_TOLERANCE):
            raise InputError(
                f"{where} is not usable: column {earth} is {median * ratio:.4g} times {jupiter}, expected {ratio:.4g} (Earth and Jupiter "
                "units). Check their units at the archive."
            )
    for name, source in (("semimajor_axis_au", "pl_orbsmax"), ("eccentricity", "pl_orbeccen"), ("host_age_gyr", "st_age")):
        given = int(np.isfinite(numbers(table, source)).sum())
        refused = int(frame["flags"].str.contains(f"refused:{name}=", na=False, regex=False).sum())
        if given >= UNITS_ROWS and refused > given / 2:
            raise InputError(
                f"{where} is not usable: {refused} of {given} values of column {source} are not possible in the unit expected. Check its unit at the archive."
            )
    return len(kepler)
