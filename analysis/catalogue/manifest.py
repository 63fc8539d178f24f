"""Checksums of the frozen files, verified at every read (standard library only, so that freshness checks can use it)."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from analysis.errors import InputError
from analysis.inputs import path_shown, read_bounded
from analysis.runtime import ROOT

__all__ = ["COMPANIONS", "CURATED", "FROZEN", "GAIA", "MANIFEST", "count_rows", "digest", "read_manifest", "verified", "write_manifest"]

FROZEN = ROOT / "data" / "frozen"
MANIFEST = "MANIFEST.json"
COMPANIONS = "companions.csv"
GAIA = "gaia_companions.csv"  # optional
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")
CURATED = ("corrections.csv", "host_ages.csv", "toi6894.csv")  # edited by hand, re-stamped with `just freeze --restamp`


def digest(path: Path) -> str:
    """sha256 of a file, as hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def count_rows(path: Path) -> int:
    """Data rows of a frozen CSV: its lines without the header and comments (no cell of a frozen file holds a line break)."""
    return max(0, sum(not line.startswith("#") for line in path.read_text(encoding="utf-8").splitlines()) - 1)


def read_manifest(folder: Path = FROZEN) -> dict[str, Any]:
    """The MANIFEST of a frozen folder; InputError when it is missing or not one that `write_manifest` can have written."""
    path = folder / MANIFEST
    if not path.exists():
        raise InputError(
            f"{path_shown(path)}: no such file; expected the checksums of the frozen catalogue. Restore the folder from the repository or run `just freeze`."
        )
    raw = read_bounded(path, "the checksums of the frozen catalogue")
    try:
        content = json.loads(raw)
        problem = _problem(content)
    except (ValueError, RecursionError):
        problem = "is not JSON"
    if problem:
        raise InputError(
            f"{path_shown(path)} is not a valid manifest: it {problem}; expected JSON with the key 'files'. Restore it from the repository or run `just freeze`."
        )
    return content


def _problem(content: Any) -> str:
    """What is wrong with the content of a MANIFEST, or an empty string. File names are plain ones: a manifest leads nowhere outside its folder."""
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        return "has no 'files'"
    for name, entry in content["files"].items():
        if not FILE_NAME.fullmatch(name):
            return "lists a file that is not a plain name in its folder"
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str) or not SHA256.fullmatch(entry["sha256"]):
            return f"has no sha256 of {name}"
    sources, ledger, duplicates = (content.get(key, empty) for key, empty in (("sources", {}), ("ledger", []), ("duplicates", {})))
    if not isinstance(sources, dict) or not all(isinstance(entry, dict) for entry in sources.values()):
        return "has no table of sources"
    if not isinstance(duplicates, dict) or not all(isinstance(name, str) for name in duplicates.values()):
        return "has no table of duplicates"
    words, counts = ("step", "reason", "catalogue", "note"), ("rows_in", "rows_out")
    if not isinstance(ledger, list) or not all(isinstance(row, dict) for row in ledger):
        return "has no ledger"
    if not all(isinstance(row.get(key), str) for row in ledger for key in words) or not all(type(row.get(key)) is int for row in ledger for key in counts):
        return "has a ledger without steps, reasons or counts"
    return ""


def verified(name: str, folder: Path = FROZEN) -> Path:
    """The path of a frozen file whose sha256 equals the MANIFEST's; InputError naming the file otherwise, also for a link out of its folder."""
    path = folder / name
    entry = read_manifest(folder)["files"].get(name)
    if entry is None:
        raise InputError(f"{path} is not listed in {MANIFEST}; expected its checksum there. Run `just freeze --restamp` after checking the file.")
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the frozen table that {MANIFEST} lists. Restore it from the repository.")
    if path.resolve().parent != folder.resolve():
        raise InputError(f"{path} is a link to another folder; expected the frozen table itself. Restore it from the repository.")
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
