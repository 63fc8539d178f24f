"""Artifacts of the level-2 ensemble: outcomes, reasons, migrated orbits, other priors, sensitivity, and every number the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["write"]

TABLES = ("outcomes", "reasons", "migrated", "priors", "variants", "sensitivity", "ranges")


def write(directory: Path, context: Context, *, ensemble: Any) -> None:
    """ensemble_<table>.csv for every table and ensemble_summary.json."""
    for name in TABLES:
        write_csv(directory / f"ensemble_{name}.csv", getattr(ensemble, name), context)
    write_json(
        directory / "ensemble_summary.json",
        {
            **ensemble.summary,
            "outcomes": nested(ensemble.outcomes, ("disruption_factor", "averaging_threshold", "time_gyr")),
            "reasons": nested(ensemble.reasons, ("reason",)),
            "priors": nested(ensemble.priors, ("prior",)),
            "by_variant": nested(ensemble.variants, ("ensemble",)),
            "sensitivity": nested(ensemble.sensitivity.drop(columns="value"), ("disruption_factor", "parameter", "label")),
            "ranges": nested(ensemble.ranges, ("parameter",)),
        },
        context,
    )
