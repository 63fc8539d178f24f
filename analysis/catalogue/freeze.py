"""Make data/frozen from exports: the companions in our own schema, the host ages, and the MANIFEST; or stamp hand edits.

A new folder is prepared beside the present one, where it can be compared, and takes its place in one step.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.atomic import claimed_directory, left_behind, replace_folder, scratch_directory, set_aside
from analysis.catalogue.assemble import HOST_MASS_LIMIT, Assembled, assemble
from analysis.catalogue.corrections import read_corrections
from analysis.catalogue.differences import fingerprint, manifest_of
from analysis.catalogue.frozen import read_companions, table_text
from analysis.catalogue.gaia import KIND as GAIA_KIND
from analysis.catalogue.gaia import read_gaia
from analysis.catalogue.host_ages import FILE as AGES_FILE
from analysis.catalogue.host_ages import KIND as AGES_KIND
from analysis.catalogue.host_ages import host_ages_text, read_host_ages
from analysis.catalogue.manifest import COMPANIONS, CURATED, FROZEN, GAIA, MANIFEST, digest, read_manifest, verified, write_manifest
from analysis.catalogue.schema import COLUMN_NAMES
from analysis.catalogue.sources import source_entry
from analysis.catalogue.target import read_published
from analysis.catalogue.textfile import read_text_table
from analysis.errors import InputError

__all__ = ["SCHEMA_VERSION", "Prepared", "freeze", "prepared", "recover", "restamp"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Prepared:
    """A complete folder `staged`, read back, that waits to replace `folder`, whose content was `before` when it was prepared."""

    folder: Path
    staged: Path
    before: dict[str, bytes]

    @property
    def same(self) -> bool:
        """True when the prepared folder holds the bytes that the present one held."""
        return fingerprint(self.staged) == self.before

    def replace(self) -> dict[str, int]:
        """Put the prepared folder in place in one step; returns row counts per file.

        Raises InputError, and changes nothing, when the present folder has been edited since the other was prepared from it.
        """
        if (fingerprint(self.folder) if self.folder.is_dir() else {}) != self.before:
            raise InputError(f"{self.folder} was changed while its replacement was being looked at; nothing was replaced. Run the command again.")
        for path in self.staged.rglob("*"):
            _flush(path)
        replace_folder(self.staged, self.folder)
        return {name: entry["rows"] for name, entry in read_manifest(self.folder)["files"].items()}


def freeze(
    ps: Path, bd: Path, ages: Path | None = None, gaia: Path | None = None, *, folder: Path = FROZEN, copies: dict[str, str] | None = None,
    dates: dict[str, str] | None = None,
) -> dict[str, int]:
    """Write `folder` anew from the exports, without asking; returns row counts per file. Arguments and errors: see `prepared`."""
    with prepared(ps, bd, ages, gaia, folder=folder, copies=copies, dates=dates) as new:
        return new.replace()


@contextmanager
def prepared(
    ps: Path, bd: Path, ages: Path | None = None, gaia: Path | None = None, *, folder: Path = FROZEN, copies: dict[str, str] | None = None,
    dates: dict[str, str] | None = None,
) -> Iterator[Prepared]:
    """What `folder` would be after freezing the exports, complete and read back, in a scratch folder beside it that is removed afterwards.

    `copies` says for NASA, BD_Catalogue, ages and gaia where a copy came from, `dates` when it was retrieved (YYYY-MM-DD);
    without them the provenance file beside a fetched export, the present MANIFEST (for the same bytes), the header of the archive or the file name
    tells. Files that are not made here (corrections, target, simulations) are carried over. Raises InputError of the readers.
    """
    assembled = assemble(ps, bd)
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    _check_carried(folder, made={COMPANIONS, GAIA} if gaia else {COMPANIONS})
    given = {"NASA": ps, "BD_Catalogue": bd}
    infos = {name: assembled.files[name] for name in given}
    with claimed_directory(folder.parent, _prefix(folder)) as staging:
        staged = staging / folder.name
        try:
            if folder.is_dir():
                shutil.copytree(folder, staged)
            else:
                staged.mkdir()
            before = fingerprint(staged)
            known = manifest_of(staged).get("sources", {})
            if ages:
                text = read_text_table(ages, AGES_KIND)
                given["ages"], infos["ages"] = ages, {"file": text.name, "sha256": text.sha256, "rows": len(text.rows)}
            if gaia:
                text = read_text_table(gaia, GAIA_KIND)
                given["gaia"], infos["gaia"] = gaia, {"file": text.name, "sha256": text.sha256, "rows": len(text.rows)}
                shutil.copyfile(gaia, staged / GAIA)
            sources = {name: _source(name, path, infos[name], copies or {}, dates or {}, known.get(name)) for name, path in given.items()}
            (staged / COMPANIONS).write_text(table_text(assembled.table), encoding="utf-8")
            if ages:
                reference = f"exoplanet.eu, export of {sources['ages']['retrieved']}"
                hosts = sorted(set(assembled.table["host_name"]))
                previous = read_host_ages(folder) if (folder / AGES_FILE).is_file() else []
                (staged / AGES_FILE).write_text(host_ages_text(ages, hosts, reference, HOST_MASS_LIMIT, previous), encoding="utf-8")
            sources |= {name: entry for name, entry in known.items() if name not in sources}
            write_manifest(staged, _content(assembled, sources))
            _read_back(staged)
            yield Prepared(folder, staged, before)
        finally:
            if folder.is_dir() or not set_aside(staged).is_dir():
                shutil.rmtree(staging, ignore_errors=True)


def _prefix(folder: Path) -> str:
    """How the names of the scratch folders beside a frozen folder start; `recover` looks for them."""
    return f".{folder.name}-"


def _source(name: str, path: Path, info: dict, copies: dict[str, str], dates: dict[str, str], known: dict[str, Any] | None) -> dict[str, Any]:
    """The MANIFEST entry of an export; what the present one knows of the same bytes stays where nothing newer is told about them."""
    entry = source_entry(name, path, info, copies, dates)
    told = copies.get(name) or dates.get(name) or path.with_name(f"{path.name}.provenance.json").is_file()
    return {**known, "file": entry["file"]} if known and not told and known.get("sha256") == info["sha256"] else entry


def recover(folder: Path = FROZEN) -> bool:
    """Put a folder back that a killed process had moved aside, and remove what such processes left; True when one was put back."""
    restored = False
    for scratch in sorted(folder.parent.glob(f"{_prefix(folder)}*")):
        with suppress(FileNotFoundError), left_behind(scratch) as free:  # another process may be tidying up here, too
            aside = set_aside(scratch / folder.name)
            if free is not False and aside.is_dir() and not folder.exists():
                os.rename(aside, folder)
                restored = True
            if free:
                shutil.rmtree(scratch, ignore_errors=True)
    return restored


def restamp(folder: Path = FROZEN) -> list[str]:
    """Write the checksums of hand-edited files into the MANIFEST; returns the names whose checksum changed.

    The MANIFEST is replaced in one step, after copies of the files were read back with the new one. Raises InputError, with nothing changed,
    when the companions table differs from its checksum (it is made, not edited), a listed file is missing, there is one that nobody reads, or an
    edited file cannot be read.
    """
    manifest = read_manifest(folder)
    for name in sorted(manifest["files"]):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: no such file, and the checksums of the others were not renewed without it; restore it from the repository.")
    with scratch_directory(folder.parent) as scratch:
        staged = scratch / folder.name
        staged.mkdir()
        changed = []
        for path in sorted(folder.glob("*.csv")):
            name = path.name
            if name not in manifest["files"] and name not in (COMPANIONS, GAIA, *CURATED):
                raise InputError(f"{path} is no table of the frozen catalogue and {MANIFEST} does not list it; move it out of this folder.")
            if path.resolve().parent != folder.resolve():
                raise InputError(f"{path} is a link to another folder; expected the frozen table itself. Restore it from the repository.")
            shutil.copyfile(path, staged / name)
            if manifest["files"].get(name, {}).get("sha256") == digest(staged / name):
                continue
            if name in (COMPANIONS, GAIA):
                raise InputError(
                    f"{path} differs from its checksum; it is made from exports, not edited by hand. Restore it or run `just freeze --ps FILE "
                    "--bd FILE`."
                )
            changed.append(name)
        write_manifest(staged, {key: value for key, value in manifest.items() if key != "files"})
        try:
            _read_back(staged)
        except InputError as error:
            raise InputError(str(error).replace(f"{scratch.name}/", "")) from None
        _flush(staged / MANIFEST)
        os.replace(staged / MANIFEST, folder / MANIFEST)
        with suppress(OSError):  # not every file system can
            _flush(folder)
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
    if (folder / GAIA).is_file():
        read_gaia(verified(GAIA, folder))


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk, so that a power cut after the swap finds it whole."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _content(assembled: Assembled, sources: dict[str, Any]) -> dict[str, Any]:
    """The MANIFEST without its list of files."""
    return {
        "schema_version": SCHEMA_VERSION, "columns": len(COLUMN_NAMES), "host_mass_limit_msun": HOST_MASS_LIMIT, "sources": sources,
        "ledger": assembled.ledger, "duplicates": assembled.duplicates,
    }
