"""The frozen catalogue table as text: written with the shortest decimals that give the same numbers back, read with its checksum."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.catalogue.convert import MISSING, empty_table, typed_table
from analysis.catalogue.manifest import COMPANIONS, FROZEN, verified
from analysis.catalogue.schema import COLUMN_NAMES, COLUMNS
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.errors import InputError

__all__ = ["read_companions", "read_curated", "table_text"]


def table_text(table: pd.DataFrame) -> str:
    """A schema table as CSV sorted by object_id; floats in their shortest exact form, missing values empty."""
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
    return value if isinstance(value, str) else ""


def read_companions(folder: Path = FROZEN) -> pd.DataFrame:
    """The frozen companions, verified against the MANIFEST and against the schema, sorted by object_id.

    Raises InputError for a checksum, column, choice or range that does not fit.
    """
    table = read_text_table(verified(COMPANIONS, folder), "the frozen catalogue table")
    if table.header != list(COLUMN_NAMES):
        different = sorted(set(table.header) ^ set(COLUMN_NAMES)) or ["their order"]
        raise InputError(
            f"{table.name}: the columns do not fit the schema ({', '.join(different[:5])}); expected the frozen catalogue table. Run `just freeze` "
            "again."
        )
    columns = {column.name: _column(table, column) for column in COLUMNS}
    frame = typed_table(columns).sort_values("object_id", kind="stable", ignore_index=True)
    if frame["object_id"].duplicated().any():
        raise InputError(
            f"{table.name}: object_id {frame.loc[frame['object_id'].duplicated(), 'object_id'].iloc[0]} appears twice; expected each companion "
            "once. Run `just freeze` again."
        )
    return frame if len(frame) else empty_table()


def _column(table: TextTable, column) -> list:
    """A column of the frozen table in its type, checked against choices and range."""
    cells = table.column(column.name)
    if column.kind in ("text", "choice"):
        for line, cell in zip(table.lines, cells, strict=True):
            if column.kind == "choice" and cell and cell not in column.choices:
                raise InputError(
                    f"{table.name}, line {line}, column {column.name}: '{cell}' is not allowed; expected one of {', '.join(column.choices)}. Run "
                    "`just freeze` again."
                )
        return [cell or None for cell in cells]
    values = []
    for line, cell in zip(table.lines, cells, strict=True):
        try:
            value = math.nan if cell.casefold() in MISSING else float(cell)
        except ValueError:
            value = math.inf
        low, high = (-1, 1) if column.kind == "flag" else (column.low, column.high)
        if not (math.isnan(value) and column.kind == "number" or low <= value <= high):
            raise InputError(
                f"{table.name}, line {line}, column {column.name}: '{cell}' is not allowed; "
                f"expected {f'{low:g} to {high:g} {column.unit}'.rstrip()}. Run `just freeze` again."
            )
        values.append(value)
    return np.asarray(values, dtype=float).tolist()


def read_curated(name: str, columns: list[str], folder: Path = FROZEN) -> tuple[TextTable, list[dict[str, str]]]:
    """A table kept by hand beside the catalogue, verified against the MANIFEST: the text table and its rows as {column: cell}."""
    table = read_text_table(verified(name, folder), f"the table {name} kept beside the frozen catalogue")
    table.require(columns)
    return table, [dict(zip(table.header, (cell.strip() for cell in row), strict=True)) for row in table.rows]
