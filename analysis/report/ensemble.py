"""Artifacts of the level-2 ensemble: outcomes, reasons, migrated orbits, other priors, sensitivity, and every number the text may quote."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]

TABLES = ("outcomes", "reasons", "migrated", "priors", "variants", "sensitivity", "ranges")


def _name(value: Any) -> str:
    """A value as a name for dotted paths: 2.7 as 2_7, 'birth orbit' as birth_orbit."""
    text = np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)
    return "".join(c if c.isalnum() else "_" for c in text.lower()).strip("_")


def _nested(table: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """A table as nested dicts, one level per key column."""
    nested: dict[str, Any] = {}
    for row in table.to_dict("records"):
        level = nested
        for key in keys:
            level = level.setdefault(_name(row.pop(key)), {})
        level.update(row)
    return nested


def write(directory: Path, context: Context, *, ensemble: Any) -> None:
    """ensemble_<table>.csv for every table and ensemble_summary.json."""
    for name in TABLES:
        write_csv(directory / f"ensemble_{name}.csv", getattr(ensemble, name), context)
    write_json(
        directory / "ensemble_summary.json",
        {
            **ensemble.summary,
            "outcomes": _nested(ensemble.outcomes, ("disruption_factor", "averaging_threshold", "time_gyr")),
            "reasons": _nested(ensemble.reasons, ("reason",)),
            "priors": _nested(ensemble.priors, ("prior",)),
            "by_variant": _nested(ensemble.variants, ("ensemble",)),
            "sensitivity": _nested(ensemble.sensitivity.drop(columns="value"), ("disruption_factor", "parameter", "label")),
            "ranges": _nested(ensemble.ranges, ("parameter",)),
        },
        context,
    )
