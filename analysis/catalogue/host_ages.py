"""Ages of hosts that the catalogues leave out, from the Extrasolar Planets Encyclopaedia (exoplanet.eu, Schneider et al. 2011).

The frozen table host_ages.csv has one row per host. An age in a catalogue row itself (`st_age`) is kept before the table,
because it belongs to the same parameter set as the row's other values.
"""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.catalogue.convert import BY_NAME, add_flag, finite_number, numbers, texts
from analysis.catalogue.frozen import read_curated
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.names import host_key
from analysis.catalogue.textfile import read_text_table
from analysis.errors import InputError
from analysis.spreadsheet import neutral

__all__ = ["FILE", "attach_ages", "host_ages_text", "read_host_ages"]

FILE = "host_ages.csv"
FIELDS = ["host_name", "aliases", "host_age_gyr", "err_up", "err_down", "limit", "reference", "origin_name", "note"]
KIND = "an exoplanet.eu export"
AGE = BY_NAME["host_age_gyr"]
LONGEST_ALIASES = 2000  # characters
# Hosts that exoplanet.eu names by a component the archive does not name; the planet and the host mass (0.17 Msun) are the same.
SAME_HOST = {"TOI-1227 B": "TOI-1227"}


def read_host_ages(folder: Path = FROZEN) -> list[dict[str, str]]:
    """The rows of host_ages.csv; InputError naming the line of an age that is no number up to the age of the Universe or lacks a reference."""
    table, rows = read_curated(FILE, FIELDS, folder)
    for line, row in zip(table.lines, rows, strict=True):
        age = finite_number(row["host_age_gyr"])
        errors = [finite_number(row[name]) for name in ("err_up", "err_down") if row[name]]
        good = age is not None and AGE.holds(age) and all(error is not None and 0 < error <= AGE.high for error in errors)
        if not (good and row["limit"] in ("-1", "0", "1") and row["host_name"] and row["reference"]):
            raise InputError(
                f"{FILE}, line {line}: expected a host, an age of {AGE.range_text} with positive errors or none, a limit (-1, 0, 1) "
                "and a reference. Mend the line and run `just freeze --restamp`."
            )
    return rows


def attach_ages(table: pd.DataFrame, ages: list[dict[str, str]]) -> tuple[pd.DataFrame, int]:
    """A copy of `table` with ages in rows that have none, and the number of rows filled. Hosts match by name or alias."""
    table = table.copy()
    by_key: dict[str, dict[str, str]] = {}
    for row in ages:
        for name in [row["host_name"], *filter(None, row["aliases"].split(";"))]:
            by_key.setdefault(host_key(name), row)
    filled = 0
    for index, host, present in zip(table.index, table["host_name"], table["host_age_gyr"], strict=True):
        row = by_key.get(host_key(host))
        if row is None or math.isfinite(present):
            continue
        table.at[index, "host_age_gyr"] = float(row["host_age_gyr"])
        for side in ("err_up", "err_down"):
            table.at[index, f"host_age_gyr_{side}"] = float(row[side]) if row[side] else math.nan
        table.at[index, "host_age_gyr_limit"] = int(row["limit"])
        table.at[index, "host_age_reference"] = row["reference"]
        table.at[index, "flags"] = add_flag(table.at[index, "flags"], "age:host_ages.csv")
        filled += 1
    return table, filled


def host_ages_text(path: Path, hosts: list[str], reference: str, mass_limit: float, previous: list[dict[str, str]] | None = None) -> str:
    """host_ages.csv made from an exoplanet.eu export: hosts up to `mass_limit` (Msun) there, or named in `hosts`.

    Matching is by name or alternate name. Lower errors written with a minus sign are magnitudes; an error of zero means that
    none is given, and a lower error of zero beside an upper one marks the age as a lower limit. Where planets of one host disagree,
    the most recently updated row counts and the note says so. Ages above that of the Universe are left out, and a comment names them. A row of `previous` (the present table) with the same host and age
    keeps its limit, reference and note, so that hand-made entries survive. Raises InputError for a file that is no such export.
    """
    table = read_text_table(path, KIND)
    table.require(["star_name", "star_mass", "star_age", "star_age_error_min", "star_age_error_max", "star_alternate_names", "updated"])
    age, mass, low, high = (numbers(table, name) for name in ("star_age", "star_mass", "star_age_error_min", "star_age_error_max"))
    names, aliases, updated = (texts(table, name, LONGEST_ALIASES) for name in ("star_name", "star_alternate_names", "updated"))
    wanted = {host_key(host): host for host in hosts}
    rows: dict[str, list[int]] = {}
    impossible: set[str] = set()
    for index in np.flatnonzero(age > 0):
        if names[index] is None:
            continue
        others = [alias for alias in (aliases[index] or "").split(",") if alias.strip()]
        keys = [host_key(SAME_HOST.get(names[index], names[index])), *map(host_key, others)]
        match = next((key for key in keys if key in wanted), None)
        if (match or mass[index] <= mass_limit) and not AGE.holds(age[index]):
            impossible.add(f"{names[index]} ({age[index]:g} Gyr)")
        elif match or mass[index] <= mass_limit:
            rows.setdefault(match or keys[0], []).append(index)
    by_hand = ("limit", "reference", "note")
    kept = {(row["host_name"], row["host_age_gyr"]): {name: row[name] for name in by_hand} for row in previous or () if row["note"]}
    stream = io.StringIO()
    if impossible:
        stream.write(f"# Left out, not an age of {AGE.range_text}: {', '.join(sorted(impossible))}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(FIELDS)
    for key in sorted(rows):
        group = sorted(rows[key], key=lambda i: (updated[i] or "", i), reverse=True)
        index = group[0]
        notes, limit = [], "0"
        if len({age[i] for i in group}) > 1:
            notes.append("planets of this host are listed with different ages; the most recently updated is used")
        if low[index] == 0 and high[index] > 0:
            limit = "-1"
            notes.append("listed with a lower error of zero: taken as a lower limit")
        host = wanted.get(key, names[index])
        other = sorted(({alias.strip() for i in group for alias in (aliases[i] or "").split(",") if alias.strip()} | {names[index]}) - {host})
        made = {"limit": limit, "reference": reference, "note": "; ".join(notes)}
        made |= kept.get((host, f"{age[index]:g}"), {})
        cells = [
            host, ";".join(other), f"{age[index]:g}", _error(high[index]), _error(low[index]), made["limit"], made["reference"], names[index], made["note"],
        ]
        writer.writerow([neutral(cell) for cell in cells])
    return stream.getvalue()


def _error(value: float) -> str:
    """The magnitude of an error, empty when missing, zero or beyond the range of ages."""
    return f"{abs(value):g}" if math.isfinite(value) and 0 < abs(value) <= AGE.high else ""
