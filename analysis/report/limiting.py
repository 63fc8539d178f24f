"""Artifacts of level 1: the outcome maps, the mean outcomes of every variation, and every number the text may quote."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.files import Context, nested, write_csv, write_json, write_npz

__all__ = ["OUTCOMES", "write"]

OUTCOMES = ("unstable", "slow", "quenched_or_shallow", "migrated", "disrupted", "invalid")  # order of the leading axis of the maps
KEYS = ("inner_axis_au", "time_limit_gyr", "companion_q", "disruption_factor")


def write(directory: Path, context: Context, *, limiting: Any) -> None:
    """limiting_maps.npz, limiting_outcomes.csv and limiting_summary.json."""
    about = {
        "fraction": "draws of an outcome / draws, axes (outcome, outer mass, outer axis); sums to one over the outcomes",
        "status": "0 means that every draw of the cell was classified",
        **{name: f"{value:g}" for name, value in limiting.summary["default"].items() if isinstance(value, float | int)},
    }
    write_npz(
        directory / "limiting_maps.npz",
        {
            "outer_mass_msun": limiting.outer_mass,
            "outer_axis_au": limiting.outer_axis,
            "outer_mass_edges_msun": limiting.outer_mass_edges,
            "outer_axis_edges_au": limiting.outer_axis_edges,
            "outcome": np.array(OUTCOMES, dtype="U"),
            "fraction": limiting.fraction,
            "status": limiting.status,
            "metadata_name": np.array(list(about), dtype="U"),
            "metadata_value": np.array(list(about.values()), dtype="U"),
        },
        context,
    )
    write_csv(directory / "limiting_outcomes.csv", limiting.outcomes, context)
    write_json(
        directory / "limiting_summary.json",
        {**limiting.summary, "outcomes": nested(limiting.outcomes, KEYS), "steps": nested(limiting.steps, ("step",))},
        context,
    )
