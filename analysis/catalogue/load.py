"""The catalogue stage: the frozen table or the caller's exports, corrected, completed and counted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.catalogue.assemble import LEDGER_COLUMNS, assemble, ledger_rows
from analysis.catalogue.axes import derive_axes
from analysis.catalogue.corrections import APPLIED_COLUMNS, apply_corrections, read_corrections
from analysis.catalogue.duplicates import remove_target, resolve_duplicates
from analysis.catalogue.frozen import read_companions
from analysis.catalogue.host_ages import attach_ages, read_host_ages
from analysis.catalogue.manifest import read_manifest
from analysis.catalogue.sources import source_entry
from analysis.config import CatalogueConfig

__all__ = ["Catalogue", "run"]


@dataclass(frozen=True)
class Catalogue:
    """The table every stage starts from (schema columns, hosts up to 0.25 Msun, sorted by object_id), and how it was made.

    `uncorrected` is the same table without corrections; `corrections` lists each correction and its status; `ledger` has the
    columns step, reason, catalogue, rows_in, rows_out, note; `provenance` holds sources, digests and counts.
    """

    table: pd.DataFrame
    uncorrected: pd.DataFrame
    corrections: pd.DataFrame
    ledger: pd.DataFrame
    provenance: dict[str, Any]


def run(config: CatalogueConfig) -> Catalogue:
    """Read the frozen table, or the exports named in `config`; correct, derive axes, attach ages.

    A catalogue without an export given comes from the frozen table. The BD catalogue lists no axes, so these are always derived;
    `config.derive_axes` decides about missing axes of the archive. Raises InputError of the readers.
    """
    base, ledger, sources, duplicates = _base(config)
    without_target, removed = remove_target(base)
    ledger += ledger_rows("target", "TOI-6894 b, which enters once with its published values", base, without_target)
    corrected, applied = without_target, pd.DataFrame(columns=APPLIED_COLUMNS).astype("str")
    if config.corrections:
        corrected, applied = apply_corrections(without_target, read_corrections())
    ages = read_host_ages()
    table, filled = _complete(corrected, config, ages)
    uncorrected, _ = _complete(without_target, config, ages)
    provenance = {
        "sources": sources, "duplicates": duplicates, "target_rows_removed": removed, "rows": len(table), "ages_attached": filled,
        "frozen": not (config.ps or config.bd), "corrections_applied": int((applied["status"] == "applied").sum()),
        "refused_values": _count_flags(table, "refused:"), "derived_axes": _count_flags(table, "derived:semimajor_axis_au"),
    }
    return Catalogue(table, uncorrected, applied, pd.DataFrame(ledger, columns=LEDGER_COLUMNS), provenance)


def _base(config: CatalogueConfig) -> tuple[pd.DataFrame, list[dict], dict[str, Any], dict[str, str]]:
    """The table before corrections, its ledger, its sources, and the duplicates as {dropped: kept}."""
    given = {"NASA": config.ps, "BD_Catalogue": config.bd}
    sources: dict[str, Any] = {}
    if all(given.values()):
        made = assemble(config.ps, config.bd)
        return made.table, made.ledger, _local(given, made.files), made.duplicates
    manifest = read_manifest()
    frozen = read_companions()
    sources |= {name: {**entry, "frozen": True} for name, entry in manifest["sources"].items() if not given.get(name)}
    if not any(given.values()):
        return frozen, list(manifest["ledger"]), sources, manifest["duplicates"]
    made = assemble(config.ps, config.bd)
    rest = frozen[~frozen["data_source"].isin(made.files)]
    table, pairs = resolve_duplicates(pd.concat([made.table, rest], ignore_index=True))
    ledger = [row for row in made.ledger if row["catalogue"] in made.files]
    ledger += [row for row in manifest["ledger"] if row["catalogue"] not in made.files]
    order = list(dict.fromkeys(row["step"] for row in ledger))
    ledger.sort(key=lambda row: (order.index(row["step"]), row["catalogue"] != "NASA"))
    sources |= _local(given, made.files)
    return table, ledger, sources, made.duplicates | dict(zip(pairs["dropped"], pairs["kept"], strict=True))


def _local(given: dict[str, str], files: dict[str, dict]) -> dict[str, Any]:
    """The source entries of files given by the caller."""
    return {name: {**source_entry(name, Path(given[name]), info, {}, {}), "frozen": False} for name, info in files.items()}


def _complete(table: pd.DataFrame, config: CatalogueConfig, ages: list[dict[str, str]]) -> tuple[pd.DataFrame, int]:
    """Derive axes and attach ages; sorted by object_id."""
    sources = ("NASA", "BD_Catalogue") if config.derive_axes else ("BD_Catalogue",)
    completed, filled = attach_ages(derive_axes(table, sources), ages)
    return completed.sort_values("object_id", kind="stable", ignore_index=True), filled


def _count_flags(table: pd.DataFrame, start: str) -> int:
    """Flags beginning with `start`, over all rows."""
    return sum(note.startswith(start) for flags in table["flags"].dropna() for note in flags.split(";"))
