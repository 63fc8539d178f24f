"""The hosts' Gaia DR3 sources and non-single-star solutions, from ESA's archive.

Table access protocol, synchronous queries (https://www.cosmos.esa.int/web/gaia-users/archive/programmatic-access), in batches of identifiers
that keep an address below the length every proxy passes.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.cache import write_atomic
from analysis.catalogue.answers import HEAD, complaint
from analysis.catalogue.assemble import HOST_MASS_LIMIT
from analysis.catalogue.convert import numbers, texts
from analysis.catalogue.gaia import gaia_text, is_source_id, read_gaia
from analysis.catalogue.gaia_match import ARCHIVE_COLUMNS, match_rows
from analysis.catalogue.manifest import GAIA, digest
from analysis.catalogue.read_pscomppars import KIND as PS_KIND
from analysis.catalogue.textfile import read_text_table
from analysis.catalogue.transport import Policy, download, provenance_path
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["BATCH", "SERVICE", "TAP", "fetch_gaia", "gaia_adql", "identifiers"]

TAP = "https://gea.esac.esa.int/tap-server/tap"
SERVICE = "ESA Gaia Archive"
BATCH = 150  # identifiers in a query, of 20 characters each
PREFIX = "Gaia DR3 "


def identifiers(ps: Path, host_mass_limit: float = HOST_MASS_LIMIT) -> dict[str, int]:
    """{host: source_id} of the hosts up to `host_mass_limit` (Msun) in a PSCompPars export that carries gaia_dr3_id.

    Raises InputError for an export without that column, an identifier that is not of DR3, or two identifiers of one host.
    """
    text = read_text_table(ps, PS_KIND)
    text.require(["hostname", "st_mass", "gaia_dr3_id"])
    found: dict[str, int] = {}
    for line, host, mass, name in zip(text.lines, texts(text, "hostname"), numbers(text, "st_mass"), texts(text, "gaia_dr3_id"), strict=True):
        if host is None or name is None or not mass <= host_mass_limit:
            continue
        digits = name.removeprefix(PREFIX)
        if not is_source_id(digits):
            raise InputError(
                f"{text.name}, line {line}, column gaia_dr3_id: '{shown(name)}' is not an identifier; expected '{PREFIX}' and digits. Mend the cell or empty it."
            )
        if found.setdefault(host, int(digits)) != int(digits):
            raise InputError(f"{text.name}, line {line}: {host} has another gaia_dr3_id on an earlier line; expected one per host. Mend one of them.")
    return dict(sorted(found.items()))


def gaia_adql(table: str, source_ids: Sequence[int]) -> str:
    """The query for some sources in a table of schema gaiadr3."""
    return f"select {','.join(ARCHIVE_COLUMNS[table])} from gaiadr3.{table} where source_id in ({','.join(map(str, source_ids))}) order by source_id"


def fetch_gaia(folder: Path, ps: Path, *, tap: str = TAP, policy: Policy | None = None, say: Callable[[str], None] = print) -> Path | None:
    """Ask for the hosts of the export `ps`; returns the path of the cross-match in `folder`, or None where no host has an identifier.

    Each answer of the archive is kept as it came, with its query, date and checksum beside it; beside the cross-match lies what it was made
    from. Raises InputError when the archive cannot be reached or answers with anything but the rows asked for; then no cross-match is written.
    """
    hosts = identifiers(ps)
    if not hosts:
        say(f"No host up to {HOST_MASS_LIMIT:g} Msun has a Gaia DR3 identifier; the {SERVICE} is not asked.")
        return None
    say(f"  {len(hosts)} hosts have a Gaia DR3 identifier.")
    date = datetime.now(UTC).date().isoformat()
    wanted = sorted(set(hosts.values()))
    answers: dict[str, list[dict[str, str]]] = {table: [] for table in ARCHIVE_COLUMNS}
    parts: list[dict[str, Any]] = []
    for table in ARCHIVE_COLUMNS:
        for number, start in enumerate(range(0, len(wanted), BATCH), start=1):
            batch = wanted[start : start + BATCH]
            path = folder / f"gaia_{table}_{number}.csv"
            answers[table] += _asked(path, table, batch, tap, policy, say)
            note = json.loads(provenance_path(path).read_bytes())
            parts.append({"file": path.name, "sha256": note["sha256"], "query": note["query"], "retrieved": note["retrieved"]})
    try:
        text = gaia_text(match_rows(hosts, answers, date))
    except ValueError as error:
        raise InputError(f"The {SERVICE} answered with a cell that is no number ({error}); expected the tables of Gaia DR3. Try again later.") from None
    path = folder / GAIA
    write_atomic(path, text.encode())
    try:
        read_gaia(path)
    except InputError:
        path.unlink()
        raise
    note = {
        "url": f"{tap.rstrip('/')}/sync", "query": parts[0]["query"], "retrieved": date, "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "rows": text.count("\n") - 1, "hosts": len(hosts), "made_from": parts, "hosts_from": {"file": ps.name, "sha256": digest(ps)},
    }
    write_atomic(provenance_path(path), (json.dumps(note, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())
    return path


def _asked(path: Path, table: str, batch: list[int], tap: str, policy: Policy | None, say: Callable[[str], None]) -> list[dict[str, str]]:
    """The archive's rows for a batch of sources in a table, as {column: cell}."""
    query = gaia_adql(table, batch)
    found: list[dict[str, str]] = []
    url = f"{tap.rstrip('/')}/sync"

    def accept(file: Path) -> dict[str, Any]:
        said = complaint(file.read_bytes()[:HEAD])
        try:
            if said:
                raise InputError(f"{said}; expected rows of gaiadr3.{table}. Try again later.")
            found[:] = _rows(file, table, batch)
        except InputError as error:
            raise InputError(f"The answer of the {SERVICE} at {url} is not usable: {error}") from None
        return {"query": query, "rows": len(found)}

    download(
        url, path, service=SERVICE, params={"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": query}, policy=policy,
        say=say, accept=accept,
    )
    return found


def _rows(file: Path, table: str, batch: list[int]) -> list[dict[str, str]]:
    """The rows of an answer, which may be none; InputError for anything but the columns and sources asked for."""
    columns = ARCHIVE_COLUMNS[table]
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    header = next(csv.reader(io.StringIO(lines[0].decode("utf-8-sig", "replace")))) if lines else []
    if len(lines) == 1 and [name.strip().casefold() for name in header] == list(columns):
        return []  # a table that holds none of these sources
    text = read_text_table(file, f"rows of gaiadr3.{table}")
    text.require(list(columns))
    rows = [dict(zip(text.header, (cell.strip() for cell in row), strict=True)) for row in text.rows]
    asked = set(map(str, batch))
    for line, row in zip(text.lines, rows, strict=True):
        if row["source_id"] not in asked:
            raise InputError(f"{text.name}, line {line}: source_id '{shown(row['source_id'])}' was not asked for; expected rows of gaiadr3.{table}.")
    if table == "gaia_source" and len({row["source_id"] for row in rows}) != len(rows):
        raise InputError(f"{text.name}: a source appears twice; expected each source of gaiadr3.gaia_source once.")
    return rows
