"""Artifacts of the calibration: error rates of every claim's test, and whether what was simulated again came out the same."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, calibration: Any) -> None:
    """calibration.csv (a row per claim and scenario) and calibration.json."""
    write_csv(directory / "calibration.csv", calibration.table, context)
    scenarios = nested(calibration.table.drop(columns="meaning"), ("claim", "scenario"))
    write_json(directory / "calibration.json", {**calibration.summary, "scenarios": scenarios}, context)
