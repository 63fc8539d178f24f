"""Artifacts of the occurrence comparison: its tables, and every scalar the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, occurrence: Any) -> None:
    """occurrence_{factors,comparison,predictions,observed,priors,variants}.csv and occurrence_summary.json."""
    tables = {
        "factors": ("pathway", "factor"), "comparison": ("pathway", "observed"), "predictions": ("pathway",), "observed": ("name",), "priors": ("variant", "prior"),
        "variants": ("variant",),
    }
    content: dict[str, Any] = dict(occurrence.summary)
    for name, keys in tables.items():
        table = getattr(occurrence, name)
        write_csv(directory / f"occurrence_{name}.csv", table, context)
        content[name] = nested(table, keys)
    write_json(directory / "occurrence_summary.json", content, context)
