"""Artifacts of the comparison with direct integrations: the table, the curves, and every number the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, agreement: Any) -> None:
    """direct_agreement.csv, direct_curves.csv and agreement_summary.json."""
    write_csv(directory / "direct_agreement.csv", agreement.table, context)
    write_csv(directory / "direct_curves.csv", agreement.curves[["system", "variant", "time_yr", "gap", "smallest_gap"]], context)
    write_json(directory / "agreement_summary.json", agreement.summary, context)
