"""Selection as an ordered ledger: which rows are candidates, which are processed, and why the others are not."""

import hashlib
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from analysis.catalogue.assemble import CATALOGUES, LEDGER_COLUMNS, ledger_rows
from analysis.catalogue.counts import count_all
from analysis.catalogue.derived import add_derived
from analysis.config import SelectionConfig
from analysis.errors import InputError

__all__ = ["Sample", "candidates", "run", "subset"]


@dataclass(frozen=True)
class Sample:
    """The rows of the mass range plus the target, with derived columns and the bools in_mass_range, is_candidate, is_target.

    A partial run (percent < 100) keeps the processed candidates and the target only. `uncorrected` is the same from the catalogue
    without corrections. `ledger` has the columns variant, step, reason, catalogue, rows_in, rows_out, note; `counts` is described
    in `counts.count_all`.
    """

    table: pd.DataFrame
    uncorrected: pd.DataFrame
    ledger: pd.DataFrame
    counts: dict[str, Any]


def subset(object_ids: list[str], percent: float) -> set[str]:
    """The ceil(percent * n / 100) objects with the smallest sha256 of their identity: nested in `percent`, independent of order."""
    size = math.ceil(Decimal(str(percent)) * len(object_ids) / 100)
    return set(sorted(object_ids, key=lambda name: (hashlib.sha256(name.encode()).hexdigest(), name))[:size])


def candidates(table: pd.DataFrame, config: SelectionConfig) -> tuple[pd.DataFrame, pd.DataFrame, list[dict]]:
    """(rows in the mass range, candidates, ledger rows) of a catalogue table, by the requirements of specification section 2.

    Bounds are inclusive; a missing eccentricity, temperature or metallicity passes. Values that a reader refused (flag
    refused:...) fail the step of their column.
    """
    flags = table["flags"].fillna("").astype(object)
    refused = {name: flags.str.contains(f"refused:{name}=", regex=False).astype(bool) for name in ("semimajor_axis_au", "eccentricity")}
    axis = table["semimajor_axis_au"]
    derived = table["semimajor_axis_kind"] == "kepler"
    e, teff, feh = table["eccentricity"], table["host_teff_k"], table["metallicity"]
    teff_range, feh_range = (config.teff_min, config.teff_max), (config.metallicity_min, config.metallicity_max)
    in_range = table["host_mass_msun"].between(config.host_mass_min, config.host_mass_max)
    steps = [
        ("mass range", f"host mass outside {config.host_mass_min:g} to {config.host_mass_max:g} Msun", in_range),
        ("masses present", "host or companion mass missing", table["host_mass_msun"].notna() & table["companion_mass_mjup"].notna()),
        ("correction", "excluded by a correction", ~flags.str.split(";").map(lambda notes: "excluded" in notes).astype(bool)),
        ("axis present", "semi-major axis missing and not derivable", axis.notna() | refused["semimajor_axis_au"]),
        ("axis positive", "semi-major axis not above 0", axis > 0),
        ("eccentricity range", "eccentricity outside [0, 1)", (e.isna() | ((e >= 0) & (e < 1))) & ~refused["eccentricity"]),
        ("temperature", "host temperature outside {:g} to {:g} K".format(*teff_range), teff.isna() | teff.between(*teff_range)),
        ("metallicity", "[Fe/H] outside {:g} to {:g}".format(*feh_range), feh.isna() | feh.between(*feh_range)),
    ]
    rows, ledger = table, []
    for step, reason, passes in steps:
        left = rows[passes[rows.index]]
        notes = None
        if step == "axis present":
            made = left.loc[derived[left.index], "data_source"]
            notes = {name: f"{int((made == name).sum())} of them derived from the period" for name in CATALOGUES}
        ledger += ledger_rows(step, reason, rows, left, notes)
        rows = left
    return table[in_range], rows, ledger


def run(config: SelectionConfig, *, catalogue: Any, target: Any) -> Sample:
    """Select from `catalogue.table` and `catalogue.uncorrected`, append `target.row`, add derived columns, count.

    Raises InputError for bounds that are not ordered or a percentage outside 0 to 100.
    """
    _check(config)
    tables, ledgers, counts = {}, [], {}
    for variant, source in (("corrected", catalogue.table), ("uncorrected", catalogue.uncorrected)):
        in_range, chosen, ledger = candidates(source, config)
        processed_ids: set[str] = set()
        for name in CATALOGUES:
            processed_ids |= subset(list(chosen.loc[chosen["data_source"] == name, "object_id"]), config.percent)
        processed = chosen[chosen["object_id"].isin(processed_ids)]
        ledger += ledger_rows("processed", f"not in the {config.percent:g} % subset", chosen, processed)
        ledger += ledger_rows("with eccentricity", "eccentricity missing", processed, processed[processed["eccentricity"].notna()])
        ledgers.append(pd.DataFrame(ledger, columns=LEDGER_COLUMNS).assign(variant=variant))
        kept = in_range if config.percent >= 100 else processed
        tables[variant] = _finish(kept, processed_ids, target, config)
        full = add_derived(in_range, config.mass_ratio_split, None)
        is_candidate, is_processed = (full["object_id"].isin(ids) for ids in (set(chosen["object_id"]), processed_ids))
        counts[variant] = count_all(full, is_candidate, is_processed, {"low": config.host_mass_min, "high": config.host_mass_max})
    ledger = pd.concat(ledgers, ignore_index=True)[["variant", *LEDGER_COLUMNS]]
    ledger["variant"] = ledger["variant"].astype("str")
    summary = {**counts["corrected"], "uncorrected": counts["uncorrected"], "percent": config.percent,
               "host_mass_min": config.host_mass_min, "host_mass_max": config.host_mass_max, "mass_ratio_split": config.mass_ratio_split}
    return Sample(tables["corrected"], tables["uncorrected"], ledger, summary)


def _finish(rows: pd.DataFrame, processed: set[str], target: Any, config: SelectionConfig) -> pd.DataFrame:
    """Rows and target with derived columns and the three bools, sorted by object_id."""
    row = target.row
    full = pd.concat([rows, row], ignore_index=True) if len(rows) else row.copy()
    full = add_derived(full, config.mass_ratio_split, target.values.get("host_age_gyr"))
    full["is_target"] = full["data_source"] == "TOI"
    full["in_mass_range"] = full["host_mass_msun"].between(config.host_mass_min, config.host_mass_max)
    full["is_candidate"] = full["object_id"].isin(processed)
    return full.sort_values("object_id", kind="stable", ignore_index=True)


def _check(config: SelectionConfig) -> None:
    """Raise InputError for bounds or a percentage that cannot be meant."""
    if not 0.0 <= config.percent <= 100.0:
        raise InputError(f"percent is {config.percent:g}; expected a number from 0 to 100.")
    for low, high in (("host_mass_min", "host_mass_max"), ("teff_min", "teff_max"), ("metallicity_min", "metallicity_max")):
        if not getattr(config, low) <= getattr(config, high):
            raise InputError(
                f"selection.{low} is {getattr(config, low):g}, above selection.{high} {getattr(config, high):g}; expected the lower bound first."
            )
