"""What a folder of artifacts looks like before, during and after a fault."""

import json
from pathlib import Path

from analysis.atomic import SCRATCH
from analysis.cache import file_digest
from analysis.study import JOURNAL, PROVENANCE

__all__ = ["artifacts", "debris", "half_written", "wrong"]


def artifacts(outdir: Path) -> dict[str, str]:
    """Checksums of the visible files of a folder, the record aside."""
    return {path.name: file_digest(path) for path in sorted(outdir.glob("[!.]*")) if path.is_file() and path.name != PROVENANCE}


def debris(*folders: Path) -> list[str]:
    """Names of what killed processes left unfinished."""
    return sorted(path.name for folder in folders for path in folder.glob(".*") if path.name.startswith(SCRATCH) or path.name == JOURNAL)


def half_written(outdir: Path, *references: dict[str, str]) -> list[str]:
    """Artifacts that are none of the undisturbed builds', wherever a fault struck."""
    return [name for name, value in artifacts(outdir).items() if all(reference.get(name) != value for reference in references)]


def wrong(outdir: Path, reference: dict[str, str], *others: Path) -> list[str]:
    """How a finished build differs from the undisturbed one: files, its own record of them, and what is left lying about."""
    found = artifacts(outdir)
    names = sorted(set(found) ^ set(reference) | {name for name in found if found[name] != reference.get(name)})
    try:
        listed = {name: entry["sha256"] for name, entry in json.loads((outdir / PROVENANCE).read_bytes())["artifacts"].items()}
    except (OSError, ValueError, KeyError):
        listed = {}
    return names + ([PROVENANCE] if listed != reference else []) + debris(outdir, *others)
