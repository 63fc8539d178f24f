"""Every number of the paper that only counts rows of the sample."""

import math
from typing import Any

import pandas as pd

from analysis.catalogue.schema import AXIS_KINDS, ECCENTRICITY_KINDS, MASS_KINDS

__all__ = ["count_all"]

BROAD_ERROR = 0.5  # relative host-mass error above which membership of the mass range is doubtful
WIDE_AXIS_AU = 0.1
GIANT_MASS_MJUP = 0.1  # from here on a close companion counts as a giant or something heavier
SIGNIFICANCE = 3.0


def count_all(table: pd.DataFrame, is_candidate: pd.Series, is_processed: pd.Series, edges: dict[str, float]) -> dict[str, Any]:
    """Counts per catalogue ("NASA", "BD_Catalogue") and in "total" of a derived table without the target.

    `edges` are the bounds of the mass range (Msun), named low and high; hosts exactly on one are listed.
    Each holds in_mass_range, candidates, processed, with_eccentricity (of the processed), candidates_without_derived_axes, and
    the groups high_q and low_q of the rows in the mass range; the total also describes the sample (see `_describe`).
    """
    result: dict[str, Any] = {}
    for name in ("NASA", "BD_Catalogue", "total"):
        here = (table["data_source"] == name) | (name == "total")
        result[name] = _basic(table[here], is_candidate[here], is_processed[here])
    result["in_mass_range"] = _describe(table, edges)
    result["candidates"] = _describe(table[is_candidate], edges)
    result["processed"] = _describe(table[is_processed], edges)
    return result


def _basic(table: pd.DataFrame, is_candidate: pd.Series, is_processed: pd.Series) -> dict[str, int]:
    """Numbers of rows at the named stages."""
    derived = table["semimajor_axis_kind"] == "kepler"
    derived_in_archive = derived & (table["data_source"] == "NASA")
    complete = table["companion_mass_mjup"].notna() & table["semimajor_axis_au"].notna()
    has_e = table["eccentricity"].notna()
    return {
        "in_mass_range": len(table), "candidates": int(is_candidate.sum()), "processed": int(is_processed.sum()),
        "with_eccentricity": int((is_processed & has_e).sum()), "candidates_without_derived_axes": int((is_candidate & ~derived_in_archive).sum()),
        "complete": int(complete.sum()), "complete_without_derived_axes": int((complete & ~derived_in_archive).sum()),
        "complete_with_eccentricity": int((complete & has_e).sum()), "derived_axes": int(derived.sum()),
        "high_q": int(table["high_mass_ratio"].sum()), "low_q": int((~table["high_mass_ratio"]).sum()),
        "high_q_with_eccentricity": int((table["high_mass_ratio"] & has_e).sum()),
        "low_q_with_eccentricity": int((~table["high_mass_ratio"] & has_e).sum()),
    }


def _describe(table: pd.DataFrame, edges: dict[str, float]) -> dict[str, Any]:
    """What a set of rows consists of: hosts, methods per q side, kinds, eccentricities, errors, ages, straddling systems."""
    high = table["high_mass_ratio"].astype(bool)
    per_host = table.groupby("host_name").size()
    sides = table.groupby("host_name")["high_mass_ratio"].nunique()
    host_error = table[["host_mass_msun_err_up", "host_mass_msun_err_down"]].max(axis=1) / table["host_mass_msun"]
    hosts_with_age = table[table["host_age_gyr"].notna()]
    return {
        "rows": len(table), "hosts": int(per_host.size), "multi_companion_hosts": int((per_host > 1).sum()),
        "close_giants": int((
            (table["companion_mass_mjup"] >= GIANT_MASS_MJUP) & (table["mass_kind"] != "upper_limit") & (table["semimajor_axis_au"] < WIDE_AXIS_AU)).sum()),
        "hosts_on_both_sides": sorted(sides[sides > 1].index),
        "host_mass_error_above_half": int((host_error > BROAD_ERROR).sum()),
        "host_mass_at_edge": {side: sorted(table.loc[table["host_mass_msun"] == edge, "object_id"]) for side, edge in edges.items()},
        "binary_hosts": int((table["star_count"] > 1).sum()),
        "mass_kind": _tally(table["mass_kind"], MASS_KINDS), "eccentricity_kind": _tally(table["eccentricity_kind"], ECCENTRICITY_KINDS),
        "semimajor_axis_kind": _tally(table["semimajor_axis_kind"], AXIS_KINDS),
        "method": {side: _methods(table[mask]) for side, mask in (("all", high | ~high), ("high_q", high), ("low_q", ~high))},
        "eccentricity": {side: _eccentricity(table[mask]) for side, mask in (("all", high | ~high), ("high_q", high), ("low_q", ~high))},
        "metallicity_missing": int(table["metallicity"].isna().sum()),
        "metallicity_missing_by_method": {name: int(group["metallicity"].isna().sum()) for name, group in table.groupby("discovery_method")},
        "ages": {
            "rows": len(hosts_with_age), "hosts": int(hosts_with_age["host_name"].nunique()), "high_q": int(hosts_with_age["high_mass_ratio"].sum()),
            "group": _tally(table["age_group"], ("Young", "Intermediate", "Old", "Unknown")),
        },
        "above_deuterium_limit": int(table["above_deuterium_limit"].sum()),
        "split": {"high_q": int(table["high_mass_ratio"].sum()), "low_q": int((~table["high_mass_ratio"]).sum())},
    }


def _tally(column: pd.Series, choices: tuple[str, ...]) -> dict[str, int]:
    """Rows per choice, with the choices that do not occur as 0 and missing values as "unknown"."""
    return {choice: int((column == choice).sum()) for choice in choices} | {"unknown": int(column.isna().sum())}


def _methods(table: pd.DataFrame) -> dict[str, int]:
    """Rows per harmonised method, with the BD catalogue's rows also on their own."""
    from_bd = int((table["data_source"] == "BD_Catalogue").sum())
    return {name: len(group) for name, group in table.groupby("discovery_method")} | {"from_bd_catalogue": from_bd}


def _eccentricity(table: pd.DataFrame) -> dict[str, Any]:
    """Kinds and significance of the eccentricities given, and how far out their orbits are."""
    rows = table[table["eccentricity"].notna()]
    e, up, down = (rows[name] for name in ("eccentricity", "eccentricity_err_up", "eccentricity_err_down"))
    nonzero = (e > 0) & (rows["eccentricity_limit"] == 0)
    significant_up = nonzero & (e > SIGNIFICANCE * up)
    median = float(rows["semimajor_axis_au"].median())
    return {
        "given": len(rows), "hosts": int(rows["host_name"].nunique()), "exactly_zero": int((e == 0).sum()),
        "zero_without_error": int(((e == 0) & up.isna() & down.isna()).sum()), "upper_limits": int((rows["eccentricity_limit"] == 1).sum()),
        "nonzero": int(nonzero.sum()), "significant_by_lower_error": int((nonzero & (e > SIGNIFICANCE * down)).sum()),
        "significant_by_upper_error": int(significant_up.sum()),
        "significant_by_upper_error_per_host": {str(k): int(v) for k, v in rows[significant_up].groupby("host_name").size().items()},
        "beyond_0p1_au": int((rows["semimajor_axis_au"] > WIDE_AXIS_AU).sum()), "median_semimajor_axis_au": None if math.isnan(median) else median,
        "sorted_values": sorted(float(value) for value in e) if len(rows) <= 20 else [],
    }
