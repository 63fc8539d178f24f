"""The columns stage: units and descriptions of the schema, as data for whoever writes the table in a format that carries them."""

from dataclasses import dataclass

import pandas as pd

from analysis.catalogue.schema import COLUMNS
from analysis.config import CatalogueConfig

__all__ = ["Columns", "run"]

@dataclass(frozen=True)
class Columns:
    """One row per column of the schema: name, unit (as astropy reads it; empty for none) and description."""

    table: pd.DataFrame


def run(config: CatalogueConfig) -> Columns:
    """The schema as a table; no parameter changes it."""
    rows = [
        (column.name, column.unit, column.description + (f": {', '.join(column.choices)}" if 0 < len(column.choices) < 6 else ""))
        for column in COLUMNS
    ]
    return Columns(pd.DataFrame(rows, columns=["name", "unit", "description"]))
