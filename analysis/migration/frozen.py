"""Frozen simulation outcomes: checksums and origin of every file, verified at every read, written atomically (standard library only).

Recipes too costly for a build leave their tables in `data/frozen/simulations/` and describe them in its MANIFEST.json:
{"files": {name: {"sha256": ..., "bytes": ..., "made_by": ..., "environment": {...}, ...}}}. Each recipe adds or replaces its own entries alone.
"""

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.cache import write_atomic as write_atomically
from analysis.errors import InputError
from analysis.runtime import ROOT

__all__ = ["MANIFEST", "SIMULATIONS", "digest", "environment", "read_manifest", "record", "source_digest", "sources_unchanged", "verified", "write_atomically"]

SIMULATIONS = ROOT / "data" / "frozen" / "simulations"
MANIFEST = "MANIFEST.json"


def digest(path: Path) -> str:
    """sha256 of a file, as hex. Raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def source_digest(paths: Iterable[Path]) -> str:
    """One sha256 of several source files of this repository, by name and content, in any order of `paths`."""
    total = hashlib.sha256()
    for path in sorted(Path(path).resolve() for path in paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def environment(*packages: str) -> dict[str, str]:
    """Python, operating system, processor family and the versions of installed packages, for a MANIFEST entry."""
    found = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def read_manifest(folder: Path = SIMULATIONS) -> dict[str, Any]:
    """The MANIFEST of a folder of frozen simulations; InputError when it is missing or not valid."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        good = all(isinstance(entry["sha256"], str) for entry in content["files"].values())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected the checksums of the frozen simulations. Restore the folder from the repository.") from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        good = False
    if not good:
        raise InputError(f"{path} is not a valid manifest; expected JSON with a sha256 for each of its 'files'. Restore it from the repository.")
    return content


def verified(path: Path) -> Path:
    """`path` itself, when the MANIFEST beside it lists the file and its sha256 agrees; InputError naming the file otherwise."""
    path = Path(path)
    entry = read_manifest(path.parent)["files"].get(path.name)
    if entry is None:
        raise InputError(f"{path} is not listed in the {MANIFEST} beside it; expected its checksum there. Restore both from the repository or run its recipe.")
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the frozen simulation that {MANIFEST} lists. Restore it from the repository or run its recipe.")
    if digest(path) != entry["sha256"]:
        raise InputError(
            f"{path} does not match its checksum in {MANIFEST}; expected sha256 {entry['sha256'][:12]}...: restore it from the repository or run its recipe."
        )
    return path


def sources_unchanged(path: Path) -> bool:
    """True when the sources that an entry of the MANIFEST names are those that made the file; False also when the entry names none."""
    path = Path(path)
    entry = read_manifest(path.parent)["files"].get(path.name, {})
    sources = [ROOT / name for name in entry.get("sources", ())]
    return bool(sources) and all(source.is_file() for source in sources) and source_digest(sources) == entry.get("source_sha256")


def record(path: Path, *, made_by: str, **about: Any) -> dict[str, Any]:
    """Enter a finished file, with its present checksum, in the MANIFEST beside it and return its entry; other entries stay as they are.

    made_by: the command that makes the file. about: configuration, seed, environment, digests - anything JSON can hold; `sources` (paths
    from the repository's root) with their `source_sha256` lets `sources_unchanged` judge the file.
    Raises InputError when the file is missing or the MANIFEST is damaged (it is never overwritten blindly).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the finished table to enter in {MANIFEST}.")
    manifest = path.parent / MANIFEST
    content = read_manifest(path.parent) if manifest.exists() else {"files": {}}
    entry = {"sha256": digest(path), "bytes": path.stat().st_size, "made_by": made_by, **about}
    content["files"][path.name] = entry
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(manifest, text.encode("utf-8"))
    return entry
