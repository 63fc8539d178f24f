"""Corrections of single rows, each with its reference and reason (data/frozen/corrections.csv).

Actions: `value` replaces a number and its errors, `kind` replaces the kind of a number, `exclude` keeps the row out of
the candidates, `note` only marks the row. A correction of a value names the value it corrects and is skipped when the
source has changed meanwhile.
"""

import math
from pathlib import Path

import pandas as pd

from analysis.catalogue.convert import add_flag, finite_number
from analysis.catalogue.frozen import read_curated
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.schema import AXIS_KINDS, COLUMNS, ECCENTRICITY_KINDS, MASS_KINDS
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["APPLIED_COLUMNS", "apply_corrections", "read_corrections"]

FILE = "corrections.csv"
FIELDS = ["object_id", "column", "action", "value_in_source", "value", "err_up", "err_down", "reference", "reason"]
APPLIED_COLUMNS = ["object_id", "column", "action", "before", "after", "status", "reference", "reason"]
KINDS = {
    "companion_mass_mjup": ("mass_kind", MASS_KINDS), "eccentricity": ("eccentricity_kind", ECCENTRICITY_KINDS),
    "semimajor_axis_au": ("semimajor_axis_kind", AXIS_KINDS),
}
NUMBERS = {column.name: column for column in COLUMNS if column.kind == "number"}


def read_corrections(folder: Path = FROZEN) -> list[dict[str, str]]:
    """The corrections in file order; InputError naming the line of one that is not complete or not possible."""
    table, rows = read_curated(FILE, FIELDS, folder)
    for line, row in zip(table.lines, rows, strict=True):
        problem = _problem(row)
        if problem:
            raise InputError(f"{FILE}, line {line}: {problem}. Mend the line and run `just freeze --restamp`.")
    return rows


def _problem(row: dict[str, str]) -> str:
    """What is wrong with a correction, or an empty string."""
    if not (row["object_id"] and row["reference"] and row["reason"]):
        return "object_id, reference and reason must be given"
    action, name = row["action"], shown(row["column"])
    if action == "kind":
        choices = KINDS.get(row["column"], ("", ()))[1]
        return "" if row["value"] in choices else f"column '{name}' has no kind '{shown(row['value'])}'"
    if action not in ("value", "exclude", "note"):
        return f"action '{shown(action)}' is unknown; expected value, kind, exclude or note"
    column = NUMBERS.get(row["column"])
    given = {key: finite_number(row[key]) for key in ("value", "err_up", "err_down", "value_in_source") if row[key]}
    if None in given.values():
        return "value, errors and value_in_source must be numbers"
    if action != "value":
        return "" if column or not row["column"] else f"column '{name}' is not a number of the catalogue"
    if column is None or given.get("value") is None or not column.holds(given["value"]):
        return f"column '{name}' cannot hold '{shown(row['value'])}'"
    if not all(0 < given[key] <= column.high for key in ("err_up", "err_down") if key in given):
        return f"the errors of '{name}' must be positive and within its range"
    return ""


def apply_corrections(table: pd.DataFrame, corrections: list[dict[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The corrected copy of `table` and the list of corrections with what became of each.

    `status` is applied, "row not in the catalogue", or "source has changed". Changed rows carry the flag
    corrected:<column>, kind:<column>, excluded:<object> or note:<object>.
    """
    table = table.copy()
    records = []
    positions = {name: index for index, name in zip(table.index, table["object_id"], strict=True)}
    for row in corrections:
        index = positions.get(row["object_id"])
        before, status = "", "row not in the catalogue"
        if index is not None:
            before, status = _apply(table, index, row)
        records.append([row["object_id"], row["column"], row["action"], before, row["value"], status, row["reference"], row["reason"]])
    return table, pd.DataFrame(records, columns=APPLIED_COLUMNS).astype("str")


def _number(cell: str) -> float:
    """A cell that `read_corrections` has accepted, NaN when it is empty."""
    value = finite_number(cell)
    return math.nan if value is None else value


def _apply(table: pd.DataFrame, index: int, row: dict[str, str]) -> tuple[str, str]:
    """Apply one correction in place; (value before, status)."""
    column, action = row["column"], row["action"]
    before = ""
    if column:
        present = table.at[index, column]
        before = "" if pd.isna(present) else f"{present:g}"
        if row["value_in_source"] and not (before and math.isclose(float(present), _number(row["value_in_source"]), rel_tol=1e-3)):
            return before, "source has changed"
    if action == "value":
        table.at[index, column] = _number(row["value"])
        for name in ("err_up", "err_down"):
            if f"{column}_{name}" in table.columns:
                table.at[index, f"{column}_{name}"] = _number(row[name])
    elif action == "kind":
        kind_column = KINDS[column][0]
        before = str(table.at[index, kind_column])
        table.at[index, kind_column] = row["value"]
        if row["value"] == "upper_limit":
            table.at[index, f"{column}_limit"] = 1
    label = {"value": f"corrected:{column}", "kind": f"corrected:{column}_kind", "exclude": "excluded", "note": "noted"}[action]
    table.at[index, "flags"] = add_flag(table.at[index, "flags"], label)
    return before, "applied"
