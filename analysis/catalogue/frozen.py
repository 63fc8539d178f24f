"""The frozen catalogue table as text: written with the shortest decimals that give the same numbers back, read with its checksum."""

import csv
import io
import math
from pathlib import Path

import pandas as pd

from analysis.catalogue.convert import MISSING, empty_table, finite_number, typed_table
from analysis.catalogue.manifest import COMPANIONS, FROZEN, verified
from analysis.catalogue.names import text_problem
from analysis.catalogue.schema import COLUMN_NAMES, COLUMNS, Column
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.errors import InputError
from analysis.inputs import shown
from analysis.spreadsheet import neutral, restored

__all__ = ["read_companions", "read_curated", "table_text"]


CATALOGUES = ("NASA", "BD_Catalogue")  # the target is no row of the frozen table
NEVER_EMPTY = ("object_id", "companion_name", "host_name", "data_source")
LONGEST_NOTES = 2000  # characters of a cell; flags and reasons are longer than names


def table_text(table: pd.DataFrame) -> str:
    """A schema table as CSV sorted by object_id; floats in their shortest exact form, missing values empty, formulas made harmless."""
    ordered = table.sort_values("object_id", kind="stable")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMN_NAMES)
    columns = [[_cell(column.kind, value) for value in ordered[column.name]] for column in COLUMNS]
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue()


def _cell(kind: str, value: object) -> str:
    """One value as text."""
    if kind == "flag":
        return str(int(value))
    if kind == "number":
        number = float(value)
        return "" if math.isnan(number) else repr(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return neutral(value) if isinstance(value, str) else ""


def read_companions(folder: Path = FROZEN) -> pd.DataFrame:
    """The frozen companions, verified against the MANIFEST and against the schema, sorted by object_id.

    Raises InputError for a checksum, column, choice or range that does not fit.
    """
    table = read_text_table(verified(COMPANIONS, folder), "the frozen catalogue table")
    if table.header != list(COLUMN_NAMES):
        different = sorted(set(table.header) ^ set(COLUMN_NAMES)) or ["their order"]
        raise InputError(
            f"{table.name}: the columns do not fit the schema ({', '.join(shown(name) for name in different[:5])}); expected the frozen catalogue table. Run `just freeze` "
            "again."
        )
    columns = {column.name: _column(table, column) for column in COLUMNS}
    _check_errors(table, columns)
    frame = typed_table(columns).sort_values("object_id", kind="stable", ignore_index=True)
    if frame["object_id"].duplicated().any():
        raise InputError(
            f"{table.name}: object_id {shown(frame.loc[frame['object_id'].duplicated(), 'object_id'].iloc[0])} appears twice; expected each companion "
            "once. Run `just freeze` again."
        )
    return frame if len(frame) else empty_table()


def _check_errors(table: TextTable, columns: dict[str, list]) -> None:
    """Raise InputError for an error or a limit beside a value that is missing."""
    for name, values in columns.items():
        of, *_ = next((name.rpartition(suffix) for suffix in ("_err_up", "_err_down", "_limit") if name.endswith(suffix)), ("", "", ""))
        for line, value, own in zip(table.lines, columns[of], values, strict=True) if of else ():
            if math.isnan(value) and not (math.isnan(own) or own == 0):
                raise InputError(f"{table.name}, line {line}, column {name}: {own:g} stands beside no {of}; expected none. Run `just freeze` again.")


def _column(table: TextTable, column: Column) -> list:
    """A column of the frozen table in its type, checked against choices and range."""
    return [_value(table, column, line, cell) for line, cell in zip(table.lines, table.column(column.name) or (), strict=True)]


def _value(table: TextTable, column: Column, line: int, cell: str) -> str | float | None:
    """One cell of the frozen table in its type, or InputError."""
    expected = ""
    value: str | float | None = None
    if column.kind in ("text", "choice"):
        value = restored(cell) or None
        choices = CATALOGUES if column.name == "data_source" else column.choices
        if column.kind == "choice" and (value or column.name in NEVER_EMPTY) and value not in choices:
            expected = f"one of {', '.join(choices)}"
        elif value is None and column.name in NEVER_EMPTY:
            expected = "a name"
        elif value is not None and text_problem(value, LONGEST_NOTES):
            expected = "plain text"
    else:
        value = math.nan if cell.casefold() in MISSING and column.kind == "number" else finite_number(cell)
        if value is None or not (math.isnan(value) or column.holds(value)):
            expected = column.range_text
    if expected:
        raise InputError(
            f"{table.name}, line {line}, column {column.name}: '{shown(cell)}' is not allowed; expected {expected}. Run `just freeze` again."
        )
    return value


def read_curated(name: str, columns: list[str], folder: Path = FROZEN) -> tuple[TextTable, list[dict[str, str]]]:
    """A table kept by hand beside the catalogue, verified against the MANIFEST: the text table and its rows as {column: cell}.

    Raises InputError also for a cell with control characters, markup or more than LONGEST_NOTES characters.
    """
    table = read_text_table(verified(name, folder), f"the table {name} kept beside the frozen catalogue")
    table.require(columns)
    for line, row in zip(table.lines, table.rows, strict=True):
        for column, cell in zip(table.header, row, strict=True):
            problem = text_problem(cell, LONGEST_NOTES)
            if problem:
                raise InputError(
                    f"{name}, line {line}, column {shown(column)}: '{shown(cell)}' {problem}. Mend the cell and run `just freeze --restamp`."
                )
    return table, [dict(zip(table.header, (restored(cell.strip()) for cell in row), strict=True)) for row in table.rows]
