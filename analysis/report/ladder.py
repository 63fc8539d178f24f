"""Artifacts of the ladder: levels 0, 1 and 2 on identical draws, and every number the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["OUTCOMES", "level_maps", "write"]

OUTCOMES = ("migrated", "disrupted", "unmigrated", "invalid")  # order of the outcome axis of the maps
CONFUSION = ("lower_level", "disruption_factor", "averaging_threshold", "lower_outcome", "level_2_outcome")


def _final_axes(ladder: Any) -> dict[str, Any]:
    """Final orbits of the level-2 draws that migrate, by the disruption radius that their periapsis has kept outside of."""
    found: dict[str, Any] = {}
    for factor in ladder.disruption_factors:
        axes = ladder.migrated.loc[ladder.migrated["smallest_periapsis_share"] >= factor, "final_axis_au"]
        ends = {"smallest_au": float(axes.min()), "median_au": float(axes.median()), "largest_au": float(axes.max())} if len(axes) else {}
        found[f"{factor:g}".replace(".", "_")] = {"draws": len(axes), **ends}
    return found


def write(directory: Path, context: Context, *, ladder: Any) -> None:
    """ladder_{shares,confusion,reasons,migrated}.csv and ladder_summary.json."""
    for name in ("shares", "confusion", "reasons", "migrated"):
        write_csv(directory / f"ladder_{name}.csv", getattr(ladder, name), context)
    write_json(
        directory / "ladder_summary.json",
        {
            **ladder.summary,
            "shares": nested(ladder.shares, ("level", "disruption_factor", "averaging_threshold")),
            "confusion": nested(ladder.confusion, CONFUSION),
            "reasons": nested(ladder.reasons, ("reason",)),
            "final_axis": _final_axes(ladder),
        },
        context,
    )


def level_maps(kozai: Any, limiting: Any, ladder: Any, level_1_outcomes: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """(arrays, metadata) that every level adds to the feasibility map: levels 0 and 1 on the whole grid, all three on the grid of level 2."""
    arrays = {
        "level_0_outer_mass_msun": kozai.outer_mass,
        "level_0_outer_axis_au": kozai.outer_axis,
        "level_0_feasible": kozai.fraction,
        "level_1_outer_mass_msun": limiting.outer_mass,
        "level_1_outer_axis_au": limiting.outer_axis,
        "level_1_outcome": list(level_1_outcomes),
        "level_1_fraction": limiting.fraction,
        "level_1_status": limiting.status,
        "level_2_outer_mass_msun": ladder.outer_mass,
        "level_2_outer_axis_au": ladder.outer_axis,
        "level_2_outer_mass_edges_msun": ladder.outer_mass_edges,
        "level_2_outer_axis_edges_au": ladder.outer_axis_edges,
        "level_2_disruption_factor": ladder.disruption_factors,
        "level_2_outcome": list(OUTCOMES),
        "level_2_fraction": ladder.level_2,
        "level_0_on_level_2_grid": ladder.level_0,
        "level_1_on_level_2_grid": ladder.level_1,
        "level_0_feasible_on_level_2_grid": ladder.feasible,
        "level_2_dominant": ladder.dominant,
    }
    about = {
        "level_0_feasible": "draws that pass the specification's criterion / draws, axes (outer mass, outer axis)",
        "level_1_fraction": "draws of an outcome / draws, axes (level_1_outcome, outer mass, outer axis)",
        "level_2_fraction": "draws of an outcome / draws, axes (level_2_disruption_factor, level_2_outcome, outer mass, outer axis); NaN when not available",
        "level_0_on_level_2_grid": "level 0 on the cells and draws of level 2, feasible draws split at the disruption radius; axes as level_2_fraction",
        "level_1_on_level_2_grid": "level 1 on the cells and draws of level 2; axes as level_2_fraction",
        "level_2_dominant": "index of the most frequent level_2_outcome at the first disruption factor, axes (level, outer mass, outer axis); -1 when not available",
        "level_2_available": "yes" if ladder.summary["available"] else ladder.summary["reason"],
        "level_2_draws": f"{ladder.summary['draws_per_cell']}",
        "level_2_averaging_threshold": f"{ladder.summary['averaging_threshold']:g}",
    }
    return arrays, about
