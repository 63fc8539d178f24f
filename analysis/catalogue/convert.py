"""Cells to numbers, and numbers to the typed table: every refusal names file, line and column."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.catalogue.names import LONGEST_TEXT, ascii_minus, host_key, plain_text, text_problem
from analysis.catalogue.schema import COLUMN_NAMES, COLUMNS
from analysis.catalogue.textfile import TextTable
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["MISSING", "Draft", "add_flag", "check_hosts", "empty_table", "finite_number", "numbers", "texts", "typed_table"]

MISSING = {"", "nan", "null", "none", "--", "n/a"}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LONGEST_NUMBER = 60  # characters
MOST_COMPANIONS = 100  # of one host
MOST_ROWS = 40_000  # six times the archive
BY_NAME = {column.name: column for column in COLUMNS}
# Values that a row may lack, so a bad one costs the value and not the file. The archive lists ages above that of the Universe.
BLANKED = ("semimajor_axis_au", "eccentricity", "host_age_gyr")


def finite_number(text: str) -> float | None:
    """The finite number that `text` writes in decimal ASCII digits, a typographic minus sign allowed; None for anything else."""
    if len(text) > LONGEST_NUMBER:
        return None
    plain = ascii_minus(text)
    value = float(plain) if NUMBER.fullmatch(plain) else math.nan
    return value if math.isfinite(value) else None


def numbers(table: TextTable, name: str) -> np.ndarray:
    """Column `name` as float64, shape (rows,), NaN where the cell is empty or the column absent.

    Raises InputError for a cell that is not a finite decimal number.
    """
    cells = table.column(name)
    if cells is None:
        return np.full(len(table.rows), math.nan)
    known: dict[str, float] = {}  # cells repeat themselves
    for cell in dict.fromkeys(cells):
        value = math.nan if cell.casefold() in MISSING else finite_number(cell)
        if value is None:
            raise InputError(
                f"{table.name}, line {table.lines[cells.index(cell)]}, column {name}: '{shown(cell)}' is not a finite number; expected {table.kind}. "
                "Mend the cell or empty it."
            )
        known[cell] = value
    return np.array([known[cell] for cell in cells], dtype=float)


def texts(table: TextTable, name: str, longest: int = LONGEST_TEXT) -> list[str | None]:
    """Column `name` as plain text, None where the cell is empty or the column absent.

    Raises InputError for a cell longer than `longest` characters or with a character that no name holds (see `text_problem`).
    """
    cells = table.column(name)
    if cells is None:
        return [None] * len(table.rows)
    known: dict[str, str | None] = {}
    for cell in dict.fromkeys(cells):
        problem = text_problem(cell, longest)
        if problem:
            raise InputError(
                f"{table.name}, line {table.lines[cells.index(cell)]}, column {name}: '{shown(cell)}' {problem}; expected {table.kind} with plain names. "
                "Mend the cell."
            )
        known[cell] = plain_text(cell) if cell.casefold() not in MISSING else None
    return [known[cell] for cell in cells]


def check_hosts(table: TextTable, hosts: Sequence[str]) -> None:
    """Raise InputError for a host (row by row in `hosts`) with more companions than any system has; such a column holds no host names."""
    own = {name: host_key(name) for name in dict.fromkeys(hosts)}
    keys = Counter(own[name] for name in hosts)
    host = next((name for name, key in own.items() if keys[key] > MOST_COMPANIONS), None)
    if host is not None:
        raise InputError(
            f"{table.name}: the host '{shown(host)}' has {keys[own[host]]} rows, of at most {MOST_COMPANIONS}; expected {table.kind} with the name "
            "of the host in each row."
        )


def empty_table() -> pd.DataFrame:
    """The catalogue table without rows, in its final column types."""
    return typed_table({name: [] for name in COLUMN_NAMES})


def typed_table(columns: dict[str, Sequence]) -> pd.DataFrame:
    """A DataFrame with every schema column in its type: text as str, flags as int64, numbers as float64."""
    size = len(next(iter(columns.values()), []))
    frame = {}
    for column in COLUMNS:
        values = columns.get(column.name)
        if column.kind == "number":
            frame[column.name] = np.full(size, math.nan) if values is None else np.asarray(values, dtype=float)
        elif column.kind == "flag":
            given = np.zeros(size) if values is None else np.nan_to_num(np.asarray(values, dtype=float))
            frame[column.name] = given.astype("int64")
        else:
            frame[column.name] = pd.array([None] * size if values is None else list(values), dtype="str")
    return pd.DataFrame(frame)


def add_flag(flags: str | None, note: str) -> str:
    """`flags` with `note` appended once; notes are separated by semicolons."""
    notes = [] if not isinstance(flags, str) else [item for item in flags.split(";") if item]
    return ";".join(notes if note in notes else [*notes, note])


class Draft:
    """The columns of a table while a reader fills them, with flags per row and the line each row came from."""

    def __init__(self, table: TextTable, names: dict[str, str]) -> None:
        """`names` maps schema columns to the columns of `table`, for error messages. Raises InputError for more rows than a catalogue has."""
        if len(table.rows) > MOST_ROWS:
            raise InputError(f"{table.name} has {len(table.rows)} rows; expected {table.kind} with at most {MOST_ROWS}. Export it with a narrower filter.")
        self.table = table
        self.names = names
        self.columns: dict[str, Sequence] = {}
        self.flags: list[str] = [""] * len(table.rows)

    def flag(self, index: int, note: str) -> None:
        """Append `note` to the flags of a row."""
        self.flags[index] = add_flag(self.flags[index], note)

    def measured(self, name: str, value: np.ndarray, up: np.ndarray, down: np.ndarray, limit: np.ndarray, *, negative_down: bool) -> None:
        """Set a value with errors and limit flag.

        `negative_down` says that the source writes lower errors with a minus sign. An error of zero means that the
        source gives none, and becomes missing; an error of the wrong sign or beyond the range of the column is
        removed and flagged. Errors and limits without a value are dropped.
        """
        column = BY_NAME[name]
        down = -down if negative_down else down
        for label, errors in (("err_up", up), ("err_down", down)):
            for index in np.flatnonzero((errors < 0) | (errors > BY_NAME[f"{name}_{label}"].high)):
                self.flag(index, f"refused:{name}_{label}={errors[index]:g}")
        clean = [np.where((errors > 0) & (errors <= column.high) & np.isfinite(value), errors, math.nan) for errors in (up, down)]
        self.columns[name] = value
        self.columns[f"{name}_err_up"], self.columns[f"{name}_err_down"] = clean
        self.columns[f"{name}_limit"] = np.where(np.isfinite(value), np.nan_to_num(limit), 0)

    def finish(self) -> pd.DataFrame:
        """The typed table, with every value inside its physical range.

        A semi-major axis, eccentricity or age out of range is emptied and flagged `refused:<column>=<value>`, so that the
        ledger can count it; any other value out of range raises InputError.
        """
        for column in COLUMNS:
            values = self.columns.get(column.name)
            if column.kind not in ("number", "flag") or values is None or column.name.endswith(("_err_up", "_err_down")):
                continue
            values = np.asarray(values, dtype=float)
            impossible = {value for value in set(values.tolist()) if not (math.isnan(value) or column.holds(value))}
            bad = np.flatnonzero(np.isin(values, list(impossible)))
            if len(bad) and column.name not in BLANKED:
                self._refuse(bad[0], column.name, values[bad[0]], column.range_text)
            for index in bad:
                self.flag(index, f"refused:{column.name}={values[index]:g}")
            for suffix, empty in (("", math.nan), ("_err_up", math.nan), ("_err_down", math.nan), ("_limit", 0)) if len(bad) else ():
                self.columns[column.name + suffix] = np.array(self.columns[column.name + suffix], dtype=float)
                self.columns[column.name + suffix][bad] = empty
        self.columns["flags"] = [flags or None for flags in self.flags]
        return typed_table(self.columns)

    def _refuse(self, index: int, name: str, value: float, expected: str) -> None:
        base = name.removesuffix("_limit")
        source = f"{self.names[base]}lim" if base != name and base in self.names else self.names.get(name, name)
        raise InputError(
            f"{self.table.name}, line {self.table.lines[index]}, column {source}: {value:g} is not possible for the "
            f"{BY_NAME[name].description or name}; "
            f"expected {expected}. Check the unit, mend the cell or empty it."
        )
