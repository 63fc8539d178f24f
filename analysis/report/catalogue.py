"""Files of the sample: the stacked table, the ledger, corrections, methods, and every count the paper quotes."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["STACKED_FIRST", "ledger_table", "methods_table", "sample_summary", "stacked_table", "write"]

# The columns of specification section 5 come first, under its names.
STACKED_FIRST = (
    "object_id", "companion_name", "host_name", "data_source", "discovery_method", "host_mass_msun", "companion_mass_mjup", "mass_ratio",
    "semimajor_axis_au", "eccentricity", "metallicity", "host_age_gyr", "log_mass_ratio", "log_semimajor_axis", "log_host_mass",
    "above_deuterium_limit", "high_mass_ratio", "age_group", "log_host_age_gyr", "tidal_timescale_proxy", "migration_efficiency",
    "potential_migrator", "age_delta_vs_toi_gyr", "is_younger_than_toi", "mass_kind", "eccentricity_kind", "semimajor_axis_kind",
    "in_mass_range", "is_candidate", "is_target", "flags",
)
TIDAL = ("tidal_timescale_proxy", "migration_efficiency", "potential_migrator")


def write(directory: Path, context: Context, catalogue: Any, sample: Any, target: Any, tides: Any) -> None:
    """Write vlms_companions_stacked.csv, sample_ledger.csv, sample_corrections.csv, sample_methods.csv and sample_summary.json."""
    write_csv(directory / "vlms_companions_stacked.csv", stacked_table(sample.table, tides.objects), context)
    write_csv(directory / "sample_ledger.csv", ledger_table(catalogue.ledger, sample.ledger), context)
    write_csv(directory / "sample_corrections.csv", catalogue.corrections, context)
    write_csv(directory / "sample_methods.csv", methods_table(sample.table), context)
    write_json(directory / "sample_summary.json", sample_summary(catalogue, sample, target), context)


def stacked_table(table: Any, objects: Any) -> Any:
    """The sample with its tidal columns (units: yr, dimensionless, bool), one row per object_id, specification columns first."""
    merged = table.merge(objects[["object_id", *TIDAL]], on="object_id", how="left", validate="one_to_one")
    rest = [name for name in merged.columns if name not in STACKED_FIRST]
    return merged[[*STACKED_FIRST, *rest]]


def ledger_table(catalogue_ledger: Any, sample_ledger: Any) -> Any:
    """Both ledgers in order, with a row for the two catalogues together after each step."""
    import pandas as pd

    steps = pd.concat([catalogue_ledger.assign(variant="both"), sample_ledger], ignore_index=True)[list(sample_ledger.columns)]
    parts = []
    for (variant, step), group in steps.groupby(["variant", "step"], sort=False):
        total = group.iloc[[0]].assign(catalogue="total", rows_in=group["rows_in"].sum(), rows_out=group["rows_out"].sum(), note="")
        parts.append(pd.concat([group, total]))
    ledger = pd.concat(parts, ignore_index=True)
    ledger["rows_dropped"] = ledger["rows_in"] - ledger["rows_out"]
    return ledger


def methods_table(table: Any) -> Any:
    """Candidates per detection method: on each side of the mass-ratio split, with e, [Fe/H], age, and by what the mass is."""
    import pandas as pd

    rows = table[table["is_candidate"] & ~table["is_target"]]
    records = []
    for method, group in [*rows.groupby("discovery_method"), ("All", rows)]:
        high = group["high_mass_ratio"].astype(bool)
        records.append({
            "discovery_method": method, "candidates": len(group), "hosts": group["host_name"].nunique(), "high_q": int(high.sum()),
            "low_q": int((~high).sum()), "with_eccentricity": int(group["eccentricity"].notna().sum()),
            "with_metallicity": int(group["metallicity"].notna().sum()), "with_age": int(group["host_age_gyr"].notna().sum()),
            **{f"mass_{kind}": int((group["mass_kind"] == kind).sum()) for kind in ("true", "msini", "mass_radius_relation", "upper_limit")},
            "projected_axes": int((group["semimajor_axis_kind"] == "projected").sum()),
            "median_semimajor_axis_au": group["semimajor_axis_au"].median(), "median_mass_ratio": group["mass_ratio"].median(),
        })
    return pd.DataFrame(records)


def sample_summary(catalogue: Any, sample: Any, target: Any) -> dict[str, Any]:
    """Counts, sources, corrections and the target's place in the sample, as plain values."""
    applied = catalogue.corrections[catalogue.corrections["status"] == "applied"]
    provenance = {name: value for name, value in catalogue.provenance.items() if name != "duplicates"}
    row = sample.table[sample.table["is_target"]].iloc[0]
    error = target.values.get("host_mass_msun_err_down")
    lightest_outside = float(row["host_mass_msun"]) - _upper_edge(sample)
    return {
        "counts": sample.counts,
        "catalogue": provenance | {"duplicates_resolved": len(catalogue.provenance["duplicates"])},
        "corrections": {
            "listed": len(catalogue.corrections), "applied": len(applied),
            "applied_by_action": {name: int((applied["action"] == name).sum()) for name in ("value", "kind", "exclude", "note")},
            "objects": sorted(set(applied["object_id"])),
            "left_the_mass_range": sorted(set(_names(sample.uncorrected, "in_mass_range")) - set(_names(sample.table, "in_mass_range"))),
            "left_the_candidates": sorted(set(_names(sample.uncorrected, "is_candidate")) - set(_names(sample.table, "is_candidate"))),
            "entered_the_candidates": sorted(set(_names(sample.table, "is_candidate")) - set(_names(sample.uncorrected, "is_candidate"))),
        },
        "target": {
            "values": target.values, "references": target.references, "overridden": target.overridden, "mass_ratio": float(row["mass_ratio"]),
            "log_mass_ratio": float(row["log_mass_ratio"]), "high_mass_ratio": bool(row["high_mass_ratio"]),
            "in_mass_range": bool(row["in_mass_range"]),
            "host_mass_above_range_msun": lightest_outside, "host_mass_above_range_sigma": lightest_outside / error if error else None,
        },
    }


def _names(table: Any, column: str) -> list[str]:
    """Identities of the rows for which a bool column holds, without the target."""
    return list(table.loc[table[column] & ~table["is_target"], "object_id"])


def _upper_edge(sample: Any) -> float:
    """The upper edge of the mass range, in Msun."""
    return float(sample.counts["host_mass_max"])
