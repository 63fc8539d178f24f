"""Archives of arrays (.npz) looked through before NumPy loads them: sizes, types and names are those that a frozen file can have.

A file that its MANIFEST lists is opened here member by member. What a header declares must be what the member holds, no member may need pickle, and all
of them together must fit in memory, so that neither a damaged file nor one made to expand without end reaches a stage.
"""

import json
import math
import re
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import InputError
from analysis.inputs import checked_file, path_shown, read_bounded, shown

__all__ = ["check_simulation"]

MANIFEST = "MANIFEST.json"
LARGEST_FILE = 64 * 2**20  # bytes on disk
LARGEST_CONTENT = 128 * 2**20  # bytes of all arrays together
MOST_ARRAYS = 2_000
MOST_DIMENSIONS = 4
MEMBER = re.compile(r"[\w.-]+(/[\w.-]+){0,2}\.npy", re.ASCII)
SOURCE = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)  # a path below the root of the repository
BOOKKEEPING = {"sha256", "bytes", "made_by", "environment", "columns", "seed", "systems", "source_sha256", "sources"}  # of a MANIFEST entry, not of the file
SETTINGS = {"settings", "drawn_means"}  # that the file itself repeats wherever the MANIFEST has them
WHOLE = {"reason", "attempts"}  # columns of whole numbers
DAMAGE = (
    OSError, EOFError, ValueError, LookupError, TypeError, RuntimeError, MemoryError, SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)


def check_simulation(path: Path) -> None:
    """Raise InputError unless the MANIFEST beside a frozen simulation can be used and, for an archive, its arrays are sound and as listed.

    A file that the MANIFEST does not list is left to its reader, which refuses it.
    """
    entry = _entry(path)
    if path.suffix != ".npz" or not entry:
        return
    try:
        shapes, about = _members(checked_file(path, "frozen simulations", LARGEST_FILE))
        problem = _disagreement(shapes, about, entry)
    except DAMAGE as error:
        problem = f"it is damaged ({shown(error, 80)})"
    if problem:
        raise InputError(f"{path_shown(path)} cannot be used: {problem}; expected the arrays of frozen simulations. Restore it from the repository.")


def _entry(path: Path) -> dict[str, Any]:
    """What the MANIFEST says of a file; InputError when it cannot be used, or leads out of the repository."""
    manifest = path.parent / MANIFEST
    raw = read_bounded(manifest, "the checksums of the frozen simulations")
    try:
        files = json.loads(raw)["files"]
        good = all(isinstance(entry["sha256"], str) for entry in files.values())
        sources = [name for entry in files.values() for name in entry.get("sources", ())]
        good = good and all(isinstance(name, str) and SOURCE.fullmatch(name) for name in sources)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        good = False
    if not good:
        raise InputError(
            f"{path_shown(manifest)} is not a valid manifest; expected JSON with a sha256 for each of its 'files'. Restore it from the repository."
        )
    return files.get(path.name, {})


def _members(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, Any] | None]:
    """Shape of each array by name, and the content of `about`. Raises ValueError for anything that np.savez does not write from numbers and text."""
    shapes: dict[str, tuple[int, ...]] = {}
    about = None
    with zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        if len(found) > MOST_ARRAYS or sum(item.file_size for item in found) > LARGEST_CONTENT:
            raise ValueError(f"more than {MOST_ARRAYS} arrays or {LARGEST_CONTENT / 2**20:.0f} MB")
        for item in found:
            name = item.filename.removesuffix(".npy")
            if not MEMBER.fullmatch(item.filename) or ".." in name or name in shapes or item.flag_bits & 1:
                raise ValueError(f"member {shown(item.filename)}")
            with archive.open(item) as stream:
                shape, dtype = _header(stream)
                size = math.prod(shape) * dtype.itemsize
                kinds = "iu" if name.rpartition("_")[2] in WHOLE else "iuf" if shape else "iufU"
                if dtype.kind not in kinds or len(shape) > MOST_DIMENSIONS or size != item.file_size - stream.tell():
                    raise ValueError(f"array {shown(name)}")
                raw = stream.read()  # to its end, where the checksum is compared
                if len(raw) != size:
                    raise ValueError(f"array {shown(name)} is cut short")
                if name == "about":
                    text = str(np.frombuffer(raw, dtype)[0])
                    about = json.loads(text)
            shapes[name] = shape
    return shapes, about


def _header(stream: Any) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type that an .npy member declares."""
    version = np.lib.format.read_magic(stream)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError("format of another version")
    shape, _, dtype = read(stream)
    return shape, dtype


def _disagreement(shapes: dict[str, tuple[int, ...]], about: Any, entry: dict[str, Any]) -> str:
    """How the file differs from its MANIFEST entry, or an empty string."""
    if not shapes:
        return "it holds no array"
    if isinstance(entry.get("systems"), int):
        if set(shapes) - {"about"} != set(entry["columns"]):
            return "its arrays are not the columns that the MANIFEST lists"
        if any(shape != (entry["systems"],) for name, shape in shapes.items() if name != "about"):
            return f"its arrays have another length than the {entry['systems']} systems of the MANIFEST"
    told = {key: value for key, value in entry.items() if key not in BOOKKEEPING and (key in SETTINGS or key in (about or {}))}
    if told and (shapes.get("about", ()) or not isinstance(about, dict) or any(about.get(key) != value for key, value in told.items())):
        return "its settings are not those of the MANIFEST"
    if "claims" not in entry:
        return ""
    if "about" in shapes or any(name.count("/") != 2 for name in shapes):
        return "its arrays are not named by claim, scenario and quantity"
    lengths: dict[str, set[tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        lengths.setdefault(name.rpartition("/")[0], set()).add(shape)
    return "" if all(len(own) == 1 for own in lengths.values()) else "the arrays of a scenario have different lengths"
