"""Files of the tests of the origin classifier: summary, probabilities with intervals, reliability, anchors, and the tables behind them."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]

TABLES = {
    "origin_skill_variants.csv": "variants",
    "origin_skill_passes.csv": "passes",
    "origin_probabilities.csv": "probabilities",
    "origin_reliability.csv": "reliability",
    "origin_brier.csv": "brier",
    "origin_firth.csv": "coefficients",
    "origin_overlap.csv": "overlap",
    "anchors_used.csv": "anchors",
}


def write(directory: Path, context: Context, origin_skill: Any) -> None:
    """Write origin_skill.json and one CSV file per table of the result."""
    for name, attribute in TABLES.items():
        write_csv(directory / name, getattr(origin_skill, attribute), context)
    write_json(directory / "origin_skill.json", origin_skill.summary, context)
