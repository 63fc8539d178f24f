"""Make data/frozen from exports: the companions in our own schema, the host ages, and the MANIFEST; or stamp hand edits.

`python -m analysis.catalogue.freeze --ps FILE --bd FILE [--ages FILE]` or `... --restamp`.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.catalogue.assemble import HOST_MASS_LIMIT, Assembled, assemble
from analysis.catalogue.corrections import read_corrections
from analysis.catalogue.frozen import read_companions, table_text
from analysis.catalogue.host_ages import FILE as AGES_FILE
from analysis.catalogue.host_ages import KIND as AGES_KIND
from analysis.catalogue.host_ages import host_ages_text, read_host_ages
from analysis.catalogue.manifest import COMPANIONS, CURATED, FROZEN, MANIFEST, digest, read_manifest, verified, write_manifest
from analysis.catalogue.schema import COLUMN_NAMES
from analysis.catalogue.sources import source_entry
from analysis.catalogue.target import read_published
from analysis.catalogue.textfile import read_text_table
from analysis.errors import InputError

__all__ = ["SCHEMA_VERSION", "freeze", "main", "restamp"]

SCHEMA_VERSION = 1


def freeze(
    ps: Path, bd: Path, ages: Path | None = None, *, folder: Path = FROZEN, copies: dict[str, str] | None = None, dates: dict[str, str] | None = None
) -> dict[str, int]:
    """Write `folder` anew from the exports; returns row counts per file.

    `copies` says for NASA, BD_Catalogue and ages where a copy came from, `dates` when it was retrieved (YYYY-MM-DD);
    without them the provenance file beside a fetched export, the header of the archive or the file name tells. Files
    that are not made here (corrections, target, simulations) are carried over. The new folder replaces the old one only when it
    is complete and has been read back. Raises InputError of the readers; then nothing is changed.
    """
    assembled = assemble(ps, bd)
    _check_carried(folder, made={COMPANIONS})
    copies, dates = copies or {}, dates or {}
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    staged = staging / folder.name
    try:
        if folder.is_dir():
            shutil.copytree(folder, staged)
        else:
            staged.mkdir()
        (staged / COMPANIONS).write_text(table_text(assembled.table), encoding="utf-8")
        sources = {name: source_entry(name, path, info, copies, dates) for name, path, info in (
            ("NASA", ps, assembled.files["NASA"]), ("BD_Catalogue", bd, assembled.files["BD_Catalogue"]))}
        if ages:
            text = read_text_table(ages, AGES_KIND)
            sources["ages"] = source_entry("ages", ages, {"file": text.name, "sha256": text.sha256, "rows": len(text.rows)}, copies, dates)
            reference = f"exoplanet.eu, export of {sources['ages']['retrieved']}"
            hosts = sorted(set(assembled.table["host_name"]))
            previous = read_host_ages(folder) if (folder / AGES_FILE).is_file() else []
            (staged / AGES_FILE).write_text(host_ages_text(ages, hosts, reference, HOST_MASS_LIMIT, previous), encoding="utf-8")
        elif (folder / MANIFEST).is_file():
            sources |= {name: entry for name, entry in read_manifest(folder)["sources"].items() if name == "ages"}
        write_manifest(staged, _content(assembled, sources))
        _read_back(staged)
        _swap(staged, folder, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return {name: entry["rows"] for name, entry in read_manifest(folder)["files"].items()}


def restamp(folder: Path = FROZEN) -> list[str]:
    """Write the checksums of hand-edited files into the MANIFEST; returns the names whose checksum changed.

    Raises InputError when the companions table differs from its checksum (it is made, not edited) or an edited file cannot be read.
    """
    manifest = read_manifest(folder)
    changed = []
    for name in sorted(path.name for path in folder.glob("*.csv")):
        if manifest["files"].get(name, {}).get("sha256") == digest(folder / name):
            continue
        if name == COMPANIONS:
            raise InputError(
                f"{folder / name} differs from its checksum; it is made from exports, not edited by hand. Restore it or run `just freeze --ps FILE "
                "--bd FILE`."
            )
        changed.append(name)
    backup = (folder / MANIFEST).read_text(encoding="utf-8")
    content = {key: value for key, value in manifest.items() if key != "files"}
    write_manifest(folder, content)
    try:
        _read_back(folder)
    except InputError:
        (folder / MANIFEST).write_text(backup, encoding="utf-8")
        raise
    return changed


def _check_carried(folder: Path, made: set[str]) -> None:
    """Raise InputError for a file that would be carried over although it differs from its checksum."""
    if (folder / MANIFEST).is_file():
        for name in read_manifest(folder)["files"]:
            if name not in made:
                verified(name, folder)


def _read_back(folder: Path) -> None:
    """Raise InputError unless every frozen file can be read as the pipeline reads it."""
    read_companions(folder)
    for name, reader in zip(CURATED, (read_corrections, read_host_ages, read_published), strict=True):
        if (folder / name).is_file():
            reader(folder)


def _swap(staged: Path, folder: Path, staging: Path) -> None:
    """Put the staged folder in place by renames; the old one is put back if the second rename fails."""
    old = staging / "old"
    existed = folder.is_dir()
    if existed:
        os.rename(folder, old)
    try:
        os.rename(staged, folder)
    except OSError:
        if existed:
            os.rename(old, folder)
        raise


def _content(assembled: Assembled, sources: dict[str, Any]) -> dict[str, Any]:
    """The MANIFEST without its list of files."""
    return {
        "schema_version": SCHEMA_VERSION, "columns": len(COLUMN_NAMES), "host_mass_limit_msun": HOST_MASS_LIMIT, "sources": sources,
        "ledger": assembled.ledger, "duplicates": assembled.duplicates,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns 0, or 2 after one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="freeze", description="Write data/frozen from exports, or re-stamp hand edits.", allow_abbrev=False)
    parser.exit_on_error = False
    parser.add_argument("--ps", type=Path, help="PSCompPars export")
    parser.add_argument("--bd", type=Path, help="Brown Dwarf Companion Catalogue")
    parser.add_argument("--ages", type=Path, help="exoplanet.eu export for host ages (default: keep the present table)")
    parser.add_argument("--restamp", action="store_true", help="only renew the checksums of files edited by hand")
    for name in ("ps", "bd", "ages"):
        parser.add_argument(f"--{name}-copy", default="", help=f"where the --{name} file was copied from")
        parser.add_argument(f"--{name}-date", default="", help=f"when the --{name} file was retrieved (YYYY-MM-DD)")
    try:
        options, unknown = parser.parse_known_args(argv)
        if unknown:
            raise InputError(f"{unknown[0]}: no such option; see just freeze --help.")
        if options.restamp:
            changed = restamp()
            print(f"Checksums renewed: {', '.join(changed) or 'none had changed'}.")
            return 0
        if not (options.ps and options.bd):
            raise InputError("freeze needs --ps FILE and --bd FILE, or --restamp.")
        copies = {"NASA": options.ps_copy, "BD_Catalogue": options.bd_copy, "ages": options.ages_copy}
        dates = {"NASA": options.ps_date, "BD_Catalogue": options.bd_date, "ages": options.ages_date}
        counts = freeze(options.ps, options.bd, options.ages, copies=copies, dates=dates)
        print("Frozen: " + ", ".join(f"{name} {rows} rows" for name, rows in counts.items()) + ".")
    except (argparse.ArgumentError, InputError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Error: data/frozen cannot be written ({error.strerror}); nothing was changed.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
