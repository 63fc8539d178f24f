"""Checksums of the frozen files, verified at every read (standard library only, so that freshness checks can use it)."""

import hashlib
import json
from pathlib import Path
from typing import Any

from analysis.errors import InputError
from analysis.runtime import ROOT

__all__ = ["COMPANIONS", "CURATED", "FROZEN", "GAIA", "MANIFEST", "count_rows", "digest", "read_manifest", "verified", "write_manifest"]

FROZEN = ROOT / "data" / "frozen"
MANIFEST = "MANIFEST.json"
COMPANIONS = "companions.csv"
GAIA = "gaia_companions.csv"  # optional
CURATED = ("corrections.csv", "host_ages.csv", "toi6894.csv")  # edited by hand, re-stamped with `just freeze --restamp`


def digest(path: Path) -> str:
    """sha256 of a file, as hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def count_rows(path: Path) -> int:
    """Data rows of a frozen CSV: its lines without the header and comments (no cell of a frozen file holds a line break)."""
    return max(0, sum(not line.startswith("#") for line in path.read_text(encoding="utf-8").splitlines()) - 1)


def read_manifest(folder: Path = FROZEN) -> dict[str, Any]:
    """The MANIFEST of a frozen folder; InputError when it is missing or not valid JSON."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["files"]
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; expected the checksums of the frozen catalogue. Restore the folder from the repository or run `just freeze`."
        ) from None
    except (ValueError, KeyError, TypeError, OSError):
        raise InputError(
            f"{path} is not a valid manifest; expected JSON with the key 'files'. Restore it from the repository or run `just freeze`."
        ) from None
    return content


def verified(name: str, folder: Path = FROZEN) -> Path:
    """The path of a frozen file whose sha256 equals the MANIFEST's; InputError naming the file otherwise."""
    path = folder / name
    entry = read_manifest(folder)["files"].get(name)
    if entry is None:
        raise InputError(f"{path} is not listed in {MANIFEST}; expected its checksum there. Run `just freeze --restamp` after checking the file.")
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the frozen table that {MANIFEST} lists. Restore it from the repository.")
    if digest(path) != entry["sha256"]:
        remedy = "restore the file from the repository or run `just freeze`"
        if name != COMPANIONS:
            remedy = "if the edit is meant, run `just freeze --restamp`, else restore the file from the repository"
        raise InputError(f"{path} does not match its checksum in {MANIFEST}; expected sha256 {entry['sha256'][:12]}...: {remedy}.")
    return path


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write the MANIFEST of `folder` with the present checksums and row counts of its files."""
    names = sorted(path.name for path in folder.glob("*.csv"))
    files = {name: {"sha256": digest(folder / name), "rows": count_rows(folder / name), "curated_by_hand": name in CURATED} for name in names}
    text = json.dumps({**content, "files": files}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / MANIFEST)
