"""What differs between two frozen tables: companions new, gone and changed, sources, and the other files.

The comparison is of the cells as they are written, so "no difference" means that every stage sees the same numbers.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.catalogue.manifest import COMPANIONS, MANIFEST
from analysis.catalogue.names import host_key, same_orbit

__all__ = ["SORTS", "Change", "Differences", "companions", "compare", "curated_lines", "described", "fingerprint", "manifest_of", "source_lines"]

SORTS = ("value", "error", "kind", "name", "note")  # what a changed cell is, in the order in which changes are listed
NAMES = ("object_id", "companion_name", "host_name", "data_source")
NOTES = ("discovery_method_raw", "reference", "host_age_reference", "flags", "gaia_dr3_id")
PLACE = "source_row"  # file and line of the row in its export: differs in every new export, tells nothing about the companion
CORE = ("orbital_period_day", "semimajor_axis_au", "companion_mass_mjup", "host_mass_msun", "companion_radius_rjup", "distance_pc")
ENOUGH = 3  # equal core values that make two differently named rows look like one companion


@dataclass(frozen=True)
class Change:
    """One cell of one companion: `sort` is one of SORTS; an empty cell is an empty string."""

    object_id: str
    column: str
    sort: str
    before: str
    after: str

    @property
    def relative(self) -> float | None:
        """(after - before) / |before| of a number; None for text, for an empty cell and for a `before` of zero."""
        first, second = _number(self.before), _number(self.after)
        return None if first is None or second is None or first == 0 else (second - first) / abs(first)


@dataclass(frozen=True)
class Differences:
    """Rows in one table alone, changed cells, and rows that are the same companion under another identity.

    `new` and `gone` hold the rows; `renamed` the pairs (old object_id, new object_id) that the rules of names match; `alike` pairs of a gone and
    a new row whose values are equal although no rule of names matches them; `elsewhere` counts unchanged rows whose place in the export moved.
    """

    new: list[dict[str, str]]
    gone: list[dict[str, str]]
    changes: list[Change]
    renamed: list[tuple[str, str]]
    alike: list[tuple[str, str]]
    columns_new: list[str]
    columns_gone: list[str]
    unchanged: int
    elsewhere: int

    @property
    def changed(self) -> list[str]:
        """object_id (of the later table) of every changed companion, in order."""
        return list(dict.fromkeys(change.object_id for change in self.changes))

    @property
    def none(self) -> bool:
        """True when every companion stands in both tables with the same cells."""
        return not (self.new or self.gone or self.changes or self.columns_new or self.columns_gone)


def companions(folder: Path) -> list[dict[str, str]]:
    """The rows of a frozen table as written, or none when there is no table.

    Nothing is checked: a damaged table, or one of an older schema, can be compared as well.
    """
    try:
        with open(folder / COMPANIONS, newline="", encoding="utf-8", errors="replace") as stream:
            rows = [{name: cell or "" for name, cell in row.items() if name} for row in csv.DictReader(stream)]
    except (FileNotFoundError, csv.Error):
        return []
    return [row for row in rows if row.get("object_id")]


def manifest_of(folder: Path) -> dict[str, Any]:
    """The MANIFEST of a folder, or an empty one when it is missing or cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def fingerprint(folder: Path) -> dict[str, bytes]:
    """{path within the folder: content} of every file; two folders with equal ones hold the same bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def compare(before: list[dict[str, str]], after: list[dict[str, str]], aliases: Iterable[Iterable[str]] = ()) -> Differences:
    """Compare two tables, row by row and cell by cell.

    Rows are matched by object_id; then by host and letter, then by host and orbit, where hosts are compared by `names.host_key` and by
    `aliases` (groups of names of one host). A match must be the only one possible.
    """
    canonical = _canonical(aliases)
    old, new = ({row["object_id"]: row for row in rows} for rows in (before, after))
    pairs = [(name, name) for name in old if name in new]
    gone, fresh = [name for name in old if name not in new], [name for name in new if name not in old]
    renamed: list[tuple[str, str]] = []
    for rule in (_same_letter, _same_body):
        found = _unique_pairs([old[name] for name in gone], [new[name] for name in fresh], canonical, rule)
        renamed += found
        gone = [name for name in gone if name not in dict(found)]
        fresh = [name for name in fresh if name not in {second for _, second in found}]
    changes, unchanged, elsewhere = [], 0, 0
    for first, second in sorted(pairs + renamed, key=lambda pair: pair[1]):
        found_here = _changes(old[first], new[second])
        changes += found_here
        unchanged += not found_here
        elsewhere += not found_here and old[first].get(PLACE) != new[second].get(PLACE)
    alike = [(first, second) for first in gone for second in fresh if _same_values(old[first], new[second])]
    columns = [set(rows[0]) if rows else None for rows in (before, after)]
    both = columns[0] is not None and columns[1] is not None
    return Differences(
        [new[name] for name in fresh], [old[name] for name in gone], changes, renamed, alike,
        sorted(columns[1] - columns[0]) if both else [], sorted(columns[0] - columns[1]) if both else [], unchanged, elsewhere,
    )


def _canonical(groups: Iterable[Iterable[str]]) -> dict[str, str]:
    """{key of a name: key of the first name of its group}."""
    result: dict[str, str] = {}
    for group in groups:
        keys = [host_key(name) for name in group if name]
        for key in keys:
            result.setdefault(key, keys[0])
    return result


def _host(row: dict[str, str], canonical: dict[str, str]) -> str:
    key = host_key(row.get("host_name", ""))
    return canonical.get(key, key)


def _unique_pairs(gone: list[dict[str, str]], fresh: list[dict[str, str]], canonical: dict[str, str], rule: Any) -> list[tuple[str, str]]:
    """Pairs of rows of one host that fit `rule`, each of which fits no other row."""
    found = [
        (a["object_id"], b["object_id"]) for a in gone for b in fresh if _host(a, canonical) == _host(b, canonical) and rule(a, b)
    ]
    left, right = Counter(a for a, _ in found), Counter(b for _, b in found)
    return [(a, b) for a, b in found if left[a] == right[b] == 1]


def _same_letter(a: dict[str, str], b: dict[str, str]) -> bool:
    """True for two names that end in the same planet letter."""
    letters = [re.search(r"[ .]([b-z])$", row.get("companion_name", "")) for row in (a, b)]
    return all(letters) and letters[0].group(1) == letters[1].group(1)


def _same_body(a: dict[str, str], b: dict[str, str]) -> bool:
    """True for two rows whose periods, or else masses, agree."""
    values = [_number(row.get(name, "")) or 0.0 for name in CORE[0:3:2] for row in (a, b)]
    return (min(values[:2]) > 0 or min(values[2:]) > 0) and same_orbit(*values)


def _same_values(a: dict[str, str], b: dict[str, str]) -> bool:
    """True when at least ENOUGH core values are given in both rows and none of them differs."""
    shared = [a[name] == b[name] for name in CORE if a.get(name) and b.get(name)]
    return len(shared) >= ENOUGH and all(shared)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _sort(column: str) -> str:
    """What a change in a column is."""
    if column in NAMES:
        return "name"
    if column.endswith(("_kind", "_limit")) or column == "discovery_method":
        return "kind"
    if column.endswith(("_err_up", "_err_down")):
        return "error"
    return "note" if column in NOTES else "value"


def _changes(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    """The cells that differ, of the columns that both rows have; by kind of change."""
    found = [
        Change(after["object_id"], name, _sort(name), before[name], after[name])
        for name in after if name != PLACE and name in before and before[name] != after[name]
    ]
    return sorted(found, key=lambda change: SORTS.index(change.sort))


def described(row: dict[str, str]) -> str:
    """A companion in one line: identity, method, masses, axis or period, eccentricity."""
    quantities = (
        ("M★", "host_mass_msun", "Msun"), ("Mc", "companion_mass_mjup", "Mjup"), ("a", "semimajor_axis_au", "au"),
        ("P", "orbital_period_day", "d"), ("e", "eccentricity", ""),
    )
    told = [f"{label} {float(row[name]):.4g} {unit}".strip() for label, name, unit in quantities if _number(row.get(name, "")) is not None]
    return f"{row['object_id']} ({row.get('discovery_method') or 'method unknown'}): {', '.join(told) or 'no values'}"


def source_lines(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """One line per source of two manifests: file, rows and date of retrieval, before and after."""
    first, second = before.get("sources", {}), after.get("sources", {})
    lines = []
    for name in sorted({*first, *second}):
        old, new = first.get(name), second.get(name)
        if old == new:
            lines.append(f"{name}: as before ({_source(new)})")
        elif old and new and old.get("sha256") == new.get("sha256"):
            lines.append(f"{name}: the same bytes; its record changes ({_record(old, new)})")
        else:
            lines.append(f"{name}: {_source(old)} → {_source(new)}")
    return lines


def _source(entry: dict[str, Any] | None) -> str:
    return f"{entry.get('file')}, {entry.get('rows')} rows, retrieved {entry.get('retrieved')}" if entry else "none"


def _record(old: dict[str, Any], new: dict[str, Any]) -> str:
    return "; ".join(f"{key} {old.get(key) or 'empty'} → {new.get(key) or 'empty'}" for key in sorted({*old, *new}) if old.get(key) != new.get(key))


def curated_lines(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """One line per other file that is new, gone or changed, with the lines that enter and leave it. Arguments: fingerprints."""
    lines = []
    for name in sorted({*before, *after} - {COMPANIONS, MANIFEST}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None or new is None:
            lines.append(f"{name}: {'new' if old is None else 'gone'}")
            continue
        rows = [Counter(content.decode("utf-8", "replace").splitlines()) for content in (old, new)]
        lines.append(f"{name}: {(rows[1] - rows[0]).total()} lines enter, {(rows[0] - rows[1]).total()} leave")
    return lines
