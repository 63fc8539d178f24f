"""From two exports to one table: read, resolve duplicates, keep hosts up to the frozen limit, count every step."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.catalogue.convert import empty_table
from analysis.catalogue.duplicates import resolve_duplicates
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import read_pscomppars

__all__ = ["HOST_MASS_LIMIT", "LEDGER_COLUMNS", "Assembled", "assemble", "ledger_rows"]

HOST_MASS_LIMIT = 0.25  # Msun; above the selection's upper edge, so that edge tests can move the cut
LEDGER_COLUMNS = ["step", "reason", "catalogue", "rows_in", "rows_out", "note"]
CATALOGUES = ("NASA", "BD_Catalogue")


@dataclass(frozen=True)
class Assembled:
    """A table sorted by object_id, its ledger rows, what was read, and the duplicates as {dropped: kept}."""

    table: pd.DataFrame
    ledger: list[dict]
    files: dict[str, dict] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)


def ledger_rows(step: str, reason: str, before: pd.DataFrame | None, after: pd.DataFrame, notes: dict[str, str] | None = None) -> list[dict]:
    """One ledger row per catalogue: rows before and after a step (`before` None: the step reads the rows)."""
    rows = []
    for catalogue in CATALOGUES:
        left = int((after["data_source"] == catalogue).sum())
        entered = left if before is None else int((before["data_source"] == catalogue).sum())
        note = (notes or {}).get(catalogue, "")
        rows.append({"step": step, "reason": reason, "catalogue": catalogue, "rows_in": entered, "rows_out": left, "note": note})
    return rows


def assemble(ps: str | Path, bd: str | Path) -> Assembled:
    """Read the given exports (an empty path leaves that catalogue out) into one table of hosts up to HOST_MASS_LIMIT.

    Duplicates are resolved over whole exports, before the mass limit, so that a pair whose hosts are given different masses is
    still found. Raises InputError of the readers.
    """
    parts, files = [], {}
    for source, path, reader in (("NASA", ps, read_pscomppars), ("BD_Catalogue", bd, read_bd)):
        if str(path):
            frame, text = reader(path)
            parts.append(frame)
            files[source] = {"file": text.name, "sha256": text.sha256, "rows": len(text.rows), "columns": len(text.header)}
    everything = pd.concat(parts, ignore_index=True) if parts else empty_table()
    ledger = ledger_rows("export", "rows in the export", None, everything)
    unique, pairs = resolve_duplicates(everything)
    ledger += ledger_rows("duplicates", "the same companion listed before", everything, unique)
    light = unique[unique["host_mass_msun"] <= HOST_MASS_LIMIT].reset_index(drop=True)
    ledger += ledger_rows("host limit", f"host mass missing or above {HOST_MASS_LIMIT:g} Msun", unique, light)
    return Assembled(light, ledger, files, dict(zip(pairs["dropped"], pairs["kept"], strict=True)))
