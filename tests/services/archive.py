"""The frozen companions under the column names of the NASA Exoplanet Archive's table pscomppars, and their description for DaCHS."""

import csv
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

from analysis.catalogue.manifest import COMPANIONS, FROZEN
from analysis.catalogue.read_pscomppars import MEASURED, PLAIN
from analysis.catalogue.schema import COLUMNS

__all__ = ["TABLE", "TEXT", "archive_rows", "resource_descriptor", "write_export"]

TABLE = "pscomppars"
TEXT = ("pl_name", "hostname", "discoverymethod", "pl_bmassprov")
PROVENANCE = {"true": "Mass", "upper_limit": "Mass", "msini": "Msini", "mass_radius_relation": "M-R relationship"}
QUANTITIES = {**MEASURED, "companion_mass_mjup": "pl_bmassj", "companion_radius_rjup": "pl_radj"}
VOUNITS = {"Msun": "solMass", "Rsun": "solRad", "Mjup": "jupiterMass", "Rjup": "jupiterRad", "dex": ""}  # as the VOUnits standard spells them
UNITS = {column.name: column.unit for column in COLUMNS}


def archive_rows(folder: Path = FROZEN) -> list[dict[str, str]]:
    """The NASA rows of a frozen folder as the archive writes them: lower errors negative, no value an empty cell."""
    with open(folder / COMPANIONS, newline="", encoding="utf-8") as stream:
        return [_row(row) for row in csv.DictReader(stream) if row["data_source"] == "NASA"]


def _row(row: dict[str, str]) -> dict[str, str]:
    made = {
        "pl_name": row["companion_name"], "hostname": row["host_name"], "discoverymethod": row["discovery_method_raw"],
        "pl_bmassprov": PROVENANCE.get(row["mass_kind"], ""), "pl_controv_flag": str(int("controversial" in row["flags"].split(";"))),
    }
    made |= {source: row[name] for name, source in PLAIN.items() if name in row}
    for name, source in QUANTITIES.items():
        down = row[f"{name}_err_down"]
        given = row[name] != "" and not (name == "host_age_gyr" and not row["host_age_reference"].startswith("PSCompPars"))
        cells = (row[name], row[f"{name}_err_up"], f"-{down}" if down else "", row[f"{name}_limit"])
        made |= {f"{source}{suffix}": cell if given else "" for suffix, cell in zip(("", "err1", "err2", "lim"), cells, strict=True)}
    return made


def write_export(path: Path, rows: list[dict[str, str]] | None = None, more: tuple[str, ...] = ()) -> Path:
    """Write rows (default: all) as a CSV with the columns of the rows and, empty, those in `more`."""
    rows = archive_rows() if rows is None else rows
    names = [*rows[0], *(name for name in more if name not in rows[0])]
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def resource_descriptor(path: Path, source: str) -> str:
    """Write DaCHS's description of the table in the CSV file `source` (relative to `path`); returns its id.

    The schema is "public", so that a query needs no schema before the table's name, as at the archive.
    """
    with open(path.parent / source, newline="", encoding="utf-8") as stream:
        names = next(csv.reader(stream))
    units = {source_name: UNITS[name] for name, source_name in QUANTITIES.items()}
    columns = "\n".join(
        f'    <column name={quoteattr(name)} type={quoteattr("text" if _is_text(name) else "double precision")} '
        f'unit={quoteattr(VOUNITS.get(unit := units.get(re.sub("(err1|err2)$", "", name), ""), unit))} '
        f'ucd="" description={quoteattr(name)}/>'
        for name in names
    )
    path.write_text(
        f"""<resource schema="public" resdir=".">
  <meta name="title">Companions of very-low-mass stars</meta>
  <meta name="description">Frozen companions under the archive's column names.</meta>
  <meta name="creationDate">2026-01-01T00:00:00Z</meta>
  <meta name="subject">exoplanets</meta>
  <table id="{TABLE}" onDisk="True" adql="True">
{columns}
  </table>
  <data id="import">
    <sources>{source}</sources>
    <csvGrammar/>
    <make table="{TABLE}"><rowmaker>
{chr(10).join(f'      <map dest={quoteattr(name)}>{_parsed(name)}</map>' for name in names)}
    </rowmaker></make>
  </data>
</resource>
""", encoding="utf-8")
    return path.stem


def _is_text(name: str) -> bool:
    return name in TEXT or name.endswith("reflink") or name == "gaia_dr3_id"


def _parsed(name: str) -> str:
    return f"parseWithNull(@{name}, str, '')" if _is_text(name) else f"parseWithNull(@{name}, float, '')"
