"""Artifacts of the vetting of close companions: the table and every number that the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, vetting: Any) -> None:
    """vetting.csv and vetting_summary.json."""
    write_csv(directory / "vetting.csv", vetting.table, context)
    write_json(directory / "vetting_summary.json", vetting.summary, context)
