"""Artifacts of the formation synthesis: tables and every number that the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, synthesis: Any) -> None:
    """synthesis_objects.csv, synthesis_variants.csv, synthesis_published.csv and synthesis_summary.json."""
    write_csv(directory / "synthesis_objects.csv", synthesis.objects, context)
    write_csv(directory / "synthesis_variants.csv", synthesis.variants, context)
    write_csv(directory / "synthesis_published.csv", synthesis.published, context)
    write_json(directory / "synthesis_summary.json", synthesis.summary, context)
