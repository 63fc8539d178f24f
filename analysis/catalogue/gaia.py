"""What Gaia DR3 says of the hosts: the table of its sources and non-single-star solutions, its file and the stage that reads it.

One row per host and solution; a host without a solution has one row without one, a host that was asked for and is no DR3 source one with
in_gaia_source 0. A table that does not exist means that nobody was asked, which is not the same as an answer without companions.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.catalogue.convert import MISSING, numbers, texts
from analysis.catalogue.manifest import GAIA, read_manifest, verified
from analysis.catalogue.schema import Column
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.config import GaiaConfig
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["COLUMNS", "COLUMN_NAMES", "CORRELATED", "KIND", "TABLES", "Gaia", "gaia_text", "is_source_id", "parse_correlations", "read_gaia", "run"]

KIND = "the cross-match of hosts with Gaia DR3"
TABLES = ("nss_two_body_orbit", "nss_acceleration_astro", "nss_non_linear_spectro")
# What the column `correlations` is about, in this order: the numbers from which the size of an orbit follows.
CORRELATED = ("solution_parallax_mas", "thiele_innes_a_mas", "thiele_innes_b_mas", "thiele_innes_f_mas", "thiele_innes_g_mas", "period_day")
LONGEST_CELL = 400  # characters: fifteen correlations with all their digits
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _with_error(name: str, unit: str, low: float, high: float, description: str) -> list[Column]:
    return [
        Column(name, "number", unit, low, high, description=description),
        Column(f"{name}_err", "number", unit, 0.0, abs(high), description=f"{description}: 1-sigma error"),
    ]


COLUMNS: tuple[Column, ...] = (
    Column("host_name", "text", description="host as the catalogue spells it"),
    Column("gaia_dr3_id", "text", description="source_id of Gaia DR3, digits only"),
    Column("asked_on", "text", description="date of the query, YYYY-MM-DD; empty: not asked"),
    Column("in_gaia_source", "number", "", 0, 1, description="1 when DR3 has the source"),
    Column("ra_deg", "number", "deg", 0, 360, description="right ascension, epoch 2016.0"),
    Column("dec_deg", "number", "deg", -90, 90, description="declination, epoch 2016.0"),
    *_with_error("parallax_mas", "mas", -100, 1000, "parallax of the single-star fit"),
    Column("g_mag", "number", "mag", -2, 30, description="mean G magnitude"),
    Column("ruwe", "number", "", 0, 1e4, description="renormalised unit weight error of the single-star fit"),
    Column("non_single_star", "number", "", 0, 7, description="bits: 1 astrometric, 2 spectroscopic, 4 eclipsing solution"),
    Column("radial_velocity_err_kms", "number", "km/s", 0, 1e3, description="error of the mean radial velocity"),
    Column("rv_amplitude_kms", "number", "km/s", 0, 1e4, description="total amplitude of the radial velocities after outliers are removed"),
    Column("ipd_frac_multi_peak_percent", "number", "%", 0, 100, description="windows with more than one peak of light"),
    Column("astrometric_excess_noise_mas", "number", "mas", 0, 1e4, description="excess noise of the single-star fit"),
    Column("solution_table", "choice", choices=TABLES, description="table of the solution; empty: no solution"),
    Column("solution_type", "text", description="nss_solution_type"),
    *_with_error("solution_parallax_mas", "mas", -100, 1000, "parallax of the solution"),
    *_with_error("period_day", "d", 0, 1e6, "period"),
    *_with_error("eccentricity", "", 0, 1, "eccentricity"),
    *(item for letter in "abfg" for item in _with_error(f"thiele_innes_{letter}_mas", "mas", -1e4, 1e4, f"Thiele-Innes element {letter.upper()}")),
    Column("correlations", "text", description=f"upper triangle, row by row, of the correlations of {', '.join(CORRELATED)}; empty: not known"),
    *_with_error("photocentre_axis_mas", "mas", 0, 1e4, "semi-major axis of the centre of light, from the Thiele-Innes elements"),
    *_with_error("semi_amplitude_kms", "km/s", 0, 1e4, "radial-velocity semi-amplitude of the primary"),
    *_with_error("acceleration_ra_mas_yr2", "mas/yr2", -1e3, 1e3, "acceleration in right ascension"),
    *_with_error("acceleration_dec_mas_yr2", "mas/yr2", -1e3, 1e3, "acceleration in declination"),
    *_with_error("velocity_slope_kms_day", "km/s/d", -100, 100, "first derivative of the radial velocity"),
    Column("significance", "number", "", 0, 1e6, description="significance of the solution as DR3 gives it"),
    Column("goodness_of_fit", "number", "", -1e4, 1e6, description="F2 of the solution"),
    Column("solution_flags", "number", "", 0, 2.0**53, description="quality flags of the solution"),
)
COLUMN_NAMES = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True)
class Gaia:
    """The table (columns of COLUMNS, sorted by host and solution; numbers NaN and texts missing where empty) and where it came from.

    `about` holds "asked" (False without any table), "frozen", and the MANIFEST's entry of the source or the name of a file of one's own.
    """

    table: pd.DataFrame
    about: dict[str, Any]


def run(config: GaiaConfig) -> Gaia:
    """The table of `config.table`, or the frozen one, or an empty one when there is none. Raises InputError for one that cannot be read."""
    if config.table:
        return Gaia(read_gaia(Path(config.table)), {"asked": True, "frozen": False, "source": {"file": Path(config.table).name}})
    if GAIA not in read_manifest()["files"]:
        return Gaia(_typed([]), {"asked": False, "frozen": False, "source": {}})
    return Gaia(read_gaia(verified(GAIA)), {"asked": True, "frozen": True, "source": read_manifest()["sources"].get("gaia", {})})


def gaia_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The table as CSV, sorted; a column that a row lacks, None and NaN are empty cells, floats have their shortest exact form."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMN_NAMES)
    cells = [[_cell(column, row.get(column.name)) for column in COLUMNS] for row in rows]
    places = [COLUMN_NAMES.index(name) for name in ("host_name", "solution_table", "solution_type", "period_day")]
    writer.writerows(sorted(cells, key=lambda row: [row[place] for place in places]))
    return stream.getvalue()


def _cell(column: Column, value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if column.kind != "number":
        return str(value)
    number = float(value)
    return repr(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def read_gaia(path: Path) -> pd.DataFrame:
    """A cross-match file as a typed table. Raises InputError naming file, line and column of what does not fit."""
    text = read_text_table(path, KIND)
    if text.header != list(COLUMN_NAMES):
        different = sorted(set(text.header) ^ set(COLUMN_NAMES)) or ["their order"]
        raise InputError(f"{text.name}: the columns do not fit ({', '.join(shown(name, 30) for name in different[:5])}); expected {KIND}. Fetch it again.")
    cells = {name: text.column(name) or [] for name in COLUMN_NAMES}
    for column in COLUMNS:
        if column.kind == "number":
            _check_range(text, column)
        else:
            texts(text, column.name, LONGEST_CELL)
    for index, line in enumerate(text.lines):
        row = {name: column[index] for name, column in cells.items()}
        _check_row(text, line, row)
    _check_repeats(text, cells)
    rows = [{name: cells[name][index] for name in COLUMN_NAMES} for index in range(len(text.rows))]
    return _typed(rows)


def is_source_id(text: str) -> bool:
    """True for the digits of a positive 64-bit number, as Gaia numbers its sources."""
    return text.isascii() and text.isdigit() and len(text) <= 19 and not text.startswith("0") and int(text) < 2**63


def _check_range(text: TextTable, column: Column) -> None:
    values = numbers(text, column.name)
    for index in np.flatnonzero((values < column.low) | (values > column.high)):
        raise InputError(
            f"{text.name}, line {text.lines[index]}, column {column.name}: {values[index]:g} is not possible; expected {column.low:g} to "
            f"{column.high:g} {column.unit}".rstrip() + ". Mend the cell or fetch the table again."
        )


def _check_row(text: TextTable, line: int, row: dict[str, str]) -> None:
    """Raise InputError for a row without host, with an identifier that is none, or with a solution that is only half there."""

    def refuse(column: str, expected: str) -> None:
        raise InputError(
            f"{text.name}, line {line}, column {column}: '{shown(row[column])}' is not allowed; expected {expected}. Mend the cell or fetch the table again."
        )

    if not row["host_name"]:
        refuse("host_name", "the name of a host")
    if not is_source_id(row["gaia_dr3_id"]):
        refuse("gaia_dr3_id", "the digits of a Gaia DR3 source_id")
    if row["asked_on"] and not DATE.fullmatch(row["asked_on"]):
        refuse("asked_on", "a date as YYYY-MM-DD, or nothing")
    if row["solution_table"] not in ("", *TABLES):
        refuse("solution_table", f"one of {', '.join(TABLES)}, or nothing")
    if bool(row["solution_table"]) != bool(row["solution_type"]):
        refuse("solution_type", "a solution type exactly where solution_table is filled")
    if row["solution_table"] and row["in_gaia_source"] != "1":
        refuse("in_gaia_source", "1 where there is a solution")
    if row["correlations"]:
        try:
            parse_correlations(row["correlations"])
        except ValueError:
            refuse("correlations", f"{len(CORRELATED) * (len(CORRELATED) - 1) // 2} correlations between -1 and 1, separated by blanks")


def _check_repeats(text: TextTable, cells: dict[str, list[str]]) -> None:
    """Raise InputError when a host has two identifiers or a solution is listed twice; components of an unresolved pair may share an identifier."""
    keys: dict[tuple[str, ...], int] = {}
    hosts: dict[str, str] = {}
    names = ("host_name", "gaia_dr3_id", "solution_table", "solution_type", "period_day")
    for line, *key in zip(text.lines, *(cells[name] for name in names), strict=True):
        host, source = key[:2]
        if tuple(key) in keys:
            raise InputError(f"{text.name}, line {line}: the solution of {host} is already on line {keys[tuple(key)]}; expected each once. Remove one.")
        if hosts.setdefault(host, source) != source:
            raise InputError(f"{text.name}, line {line}: {host} has the identifier {source} beside {hosts[host]}; expected one per host. Mend the line.")
        keys[tuple(key)] = line


def parse_correlations(text: str) -> np.ndarray:
    """The correlation matrix (6, 6) behind a cell of `correlations`, in the order of CORRELATED. Raises ValueError for anything else."""
    size = len(CORRELATED)
    values = np.array([float(item) for item in text.split()])
    if values.shape != (size * (size - 1) // 2,) or not (np.abs(values) <= 1).all():
        raise ValueError("not a list of correlations")
    matrix = np.eye(size)
    matrix[np.triu_indices(size, 1)] = values
    return matrix + np.triu(matrix, 1).T


def _typed(rows: list[dict[str, str]]) -> pd.DataFrame:
    """A DataFrame with every column in its type."""
    frame = {}
    for column in COLUMNS:
        cells = [row[column.name] for row in rows]
        if column.kind == "number":
            frame[column.name] = np.array([math.nan if cell.casefold() in MISSING else float(cell) for cell in cells], dtype=float)
        else:
            frame[column.name] = pd.array([cell or None for cell in cells], dtype="str")
    order = ["host_name", "solution_table", "solution_type", "period_day"]
    return pd.DataFrame(frame).sort_values(order, kind="stable", ignore_index=True, na_position="first")
