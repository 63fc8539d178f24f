"""Artifacts of the migration study: the feasibility map, tidal timescales and disc-torque bands, with every number the text may quote."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.files import Context, write_csv, write_json, write_npz
from analysis.report.ladder import level_maps
from analysis.report.limiting import OUTCOMES as LEVEL_1

__all__ = ["write_disk", "write_feasibility", "write_map", "write_tides"]


def _records(frame: Any, *keys: str) -> dict[str, Any]:
    """A table as nested dicts: one level per key column (2.7 as 2_7, for dotted paths), then column: value."""
    nested: dict[str, Any] = {}
    for row in frame.to_dict("records"):
        level = nested
        for key in keys:
            value = row.pop(key)
            level = level.setdefault(f"{value:g}".replace(".", "_") if isinstance(value, float) else str(value), {})
        level.update(row)
    return nested


def write_map(directory: Path, context: Context, *, kozai: Any, limiting: Any, ladder: Any) -> None:
    """feasibility_map.npz with all levels."""
    default = kozai.summary["default"]
    levels, about_levels = level_maps(kozai, limiting, ladder, LEVEL_1)
    about = {
        "criterion": "t_KL <= T and a_in (1 - e_max) <= r_crit; specification section 6.3",
        "fraction": "feasible draws / draws, axes (outer mass, outer axis)",
        "closed_form": "P(t_KL <= T) P(r_p <= r_crit)",
        "fraction_by_age": "axes (radius law, stellar age, outer mass, outer axis); time = min(T, age)",
        "fraction_by_limit": "axes (T, r_crit, outer mass, outer axis)",
        "fraction_by_inner_axis": "axes (birth axis, outer mass, outer axis)",
        "status": "0 means that the cell was computed",
        **{name: f"{value:g}" for name, value in default.items()},
        **about_levels,
    }
    write_npz(
        directory / "feasibility_map.npz",
        {
            "outer_mass_msun": kozai.outer_mass,
            "outer_axis_au": kozai.outer_axis,
            "outer_mass_edges_msun": kozai.outer_mass_edges,
            "outer_axis_edges_au": kozai.outer_axis_edges,
            "fraction": kozai.fraction,
            "closed_form": kozai.closed_form,
            "status": kozai.status,
            "age_gyr": kozai.ages,
            "radius_law": np.array(list(dict.fromkeys(kozai.by_age["radius_law"])), dtype="U"),
            "fraction_by_age": kozai.fraction_by_age,
            "time_limit_gyr": kozai.sensitivity["time_limit_gyr"].unique(),
            "critical_radius_rstar": kozai.sensitivity["critical_radius_rstar"].unique(),
            "fraction_by_limit": kozai.fraction_by_limit,
            "inner_axis_au": kozai.by_inner_axis["inner_axis_au"].to_numpy(),
            "fraction_by_inner_axis": kozai.fraction_by_inner_axis,
            **levels,
            "metadata_name": np.array(list(about), dtype="U"),
            "metadata_value": np.array(list(about.values()), dtype="U"),
        },
        context,
    )


def write_feasibility(directory: Path, context: Context, *, kozai: Any) -> None:
    """feasibility_summary.json and the tables of the sensitivity study."""
    write_csv(directory / "feasibility_sensitivity.csv", kozai.sensitivity, context)
    write_csv(directory / "feasibility_birth_axis.csv", kozai.by_inner_axis, context)
    write_csv(directory / "feasibility_by_age.csv", kozai.by_age, context)
    write_csv(directory / "feasibility_disruption.csv", kozai.disruption, context)
    write_json(
        directory / "feasibility_summary.json",
        {
            **kozai.summary,
            "sensitivity": _records(kozai.sensitivity, "time_limit_gyr", "critical_radius_rstar"),
            "birth_axis": _records(kozai.by_inner_axis, "inner_axis_au"),
            "by_age": _records(kozai.by_age, "radius_law", "time_limit_gyr", "age_gyr"),
            "disruption": _records(kozai.disruption, "system", "critical_radius_rstar", "disruption_factor"),
        },
        context,
    )


def write_tides(directory: Path, context: Context, *, tides: Any) -> None:
    """tides_summary.json, the timescales of every object, and the age laws beside the tracks."""
    write_csv(directory / "tides_objects.csv", tides.objects, context)
    write_csv(directory / "tides_target_by_age.csv", tides.target_by_age, context)
    write_csv(directory / "stellar_radius_laws.csv", tides.tracks, context)
    write_json(
        directory / "tides_summary.json",
        {
            **tides.summary,
            "target_by_age": _records(tides.target_by_age, "radius_law", "age_gyr"),
            "tracks": _records(tides.tracks, "mass_msun", "age_gyr"),
        },
        context,
    )


def write_disk(directory: Path, context: Context, *, disk: Any) -> None:
    """disk_torque_bands.csv, disk_journeys.csv, disk_priors.csv and disk_summary.json."""
    write_csv(directory / "disk_torque_bands.csv", disk.bands, context)
    write_csv(directory / "disk_journeys.csv", disk.journeys, context)
    write_csv(directory / "disk_priors.csv", disk.priors, context)
    write_json(directory / "disk_summary.json", {**disk.summary, "priors": _records(disk.priors, "parameter")}, context)
