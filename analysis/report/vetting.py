"""Artifacts of the vetting of close companions: the table and every number that the text may quote."""

import csv
from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json
from analysis.report.formatting import formatted

__all__ = ["table", "write"]

TABLE = "vetting.csv"
MARKS = {"pass": "passes", "fail": "fails", "unknown": "open"}
CHECKS = {"mass": "M", "density": "D", "roche": "R", "hill": "H", "variability": "V", "odd_even": "O", "ruwe": "G"}  # letters that the caption explains


def write(directory: Path, context: Context, *, vetting: Any) -> None:
    """vetting.csv and vetting_summary.json."""
    write_csv(directory / TABLE, vetting.table, context)
    write_json(directory / "vetting_summary.json", vetting.summary, context)


def table(artifacts: Path) -> dict[str, list[Any]]:
    """A row per vetted companion, the target first: what it would show, what a star in its place would show, and how the checks end."""
    with open(artifacts / TABLE, newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))

    def cell(row: dict[str, str], name: str, style: str) -> str:
        return formatted(float(row[name]), style) if row[name] else "–"

    def checks(row: dict[str, str], state: str) -> str:
        return "".join(label for name, label in CHECKS.items() if row[f"check_{name}"] == state) or "–"

    rows = [
        [row["companion_name"], cell(row, "scaled_axis", "significant:2"), cell(row, "ellipsoidal_ppm", "significant:2"), cell(row, "star_ellipsoidal_ppm", "significant:2"),
         cell(row, "density_ratio", "fixed:2"), cell(row, "lobe_filling", "percent:0"), checks(row, "pass"), checks(row, "fail"), MARKS[row["outcome"]]]
        for row in found
    ]
    return {"columns": ["Companion", "a/R★", "Companion (ppm)", "Star in its place (ppm)", "Density ratio", "Lobe filled (%)", "Passed", "Failed", "Outcome"], "rows": rows}
