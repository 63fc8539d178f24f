"""Artifacts of the cross-match with Gaia DR3, and their two tables of the paper as text cells."""

import csv
import json
from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json
from analysis.report.formatting import formatted

__all__ = ["ledger", "perturbers", "write"]

SUMMARY, HOSTS, PERTURBERS = "gaia_companions_summary.json", "gaia_companions.csv", "gaia_perturbers.csv"
UNASKED = "not asked"


def write(directory: Path, context: Context, *, gaia_companions: Any) -> None:
    """gaia_companions.csv (hosts and solutions), gaia_perturbers.csv (what accepted solutions imply) and gaia_companions_summary.json."""
    write_csv(directory / HOSTS, gaia_companions.hosts, context)
    write_csv(directory / PERTURBERS, gaia_companions.perturbers, context)
    write_json(directory / SUMMARY, gaia_companions.summary, context)


def ledger(artifacts: Path) -> dict[str, list[Any]]:
    """Hosts that remain at each step of the cross-match."""
    summary = json.loads((artifacts / SUMMARY).read_text(encoding="utf-8"))
    return {"columns": ["Step", "Hosts"], "rows": [[row["meaning"], UNASKED if row["hosts"] is None else f"{row['hosts']:d}"] for row in summary["ledger"]]}


def perturbers(artifacts: Path) -> dict[str, list[Any]]:
    """What each accepted outer solution implies, and what the criteria of migration say of it; a row of dashes where there is none.

    Of several companions of a host the heaviest is shown.
    """
    with open(artifacts / PERTURBERS, newline="", encoding="utf-8") as stream:
        every = list(csv.DictReader(stream))
    heaviest: dict[tuple[str, str], tuple[float, str]] = {}
    for row in every:
        key, mass = (row["host_name"], row["solution_type"]), float(row["companion_mass_mjup"] or 0)
        heaviest[key] = max(heaviest.get(key, (-1.0, "")), (mass, row["companion_name"]))
    found = [row for row in every if heaviest[row["host_name"], row["solution_type"]][1] == row["companion_name"]]
    rows = [
        [row["companion_name"], row["solution_type"], row["end"], _range(row, "mass_msun"), _range(row, "axis_au"),
         _cell(row["birth_axis_au"], "significant:2"), _cell(row["kozai_time_yr"], "scientific:1"), _cell(row["level_0_share"], "percent:1"),
         _cell(row["level_1_migrated"], "percent:1"), _cell(row["level_1_disrupted"], "percent:1"), _cell(row["averaging_doubtful_share"], "percent:0")]
        for row in found
    ]
    columns = [
        "Companion", "Solution", "Assumed", "M_out (M☉)", "a_out (au)", "Birth orbit (au)", "t_KL (yr)", "Level 0 (%)", "Migrated (%)", "Disrupted (%)",
        "Of these doubtful (%)",
    ]
    return {"columns": columns, "rows": rows or [["none", *["–"] * (len(columns) - 1)]]}


def _cell(text: str, style: str) -> str:
    return formatted(float(text), style) if text else "–"


def _range(row: dict[str, str], name: str) -> str:
    """Median and 95 % interval."""
    if not row[name]:
        return "–"
    return f"{_cell(row[name], 'significant:2')} ({_cell(row[f'{name}_low'], 'significant:2')} to {_cell(row[f'{name}_high'], 'significant:2')})"
