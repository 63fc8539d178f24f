"""Compares what results say with the ledger, quantity by quantity, and tells it on one screen (standard library only)."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis.report.reruns import Check
from analysis.report.tolerances import CLASSES, allowance

__all__ = ["KINDS", "Difference", "compare", "counted", "failed", "screen"]

KINDS = ("data", "claims", "numbers", "tables", "figures", "simulations")
WORDS = {"data": "data sets"}
ABSENT, CLASS = "(absent)", "tolerance class"
WIDTH = 70  # characters of a text that the screen shows
SHOWN = 8  # differences of a kind that the screen lists
FIGURE = re.compile(r"(−?)(\d+(?:\.\d+)?)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?")
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@dataclass(frozen=True)
class Difference:
    """What does not agree: the item of the ledger, the part of it, both readings, and what was tolerated."""

    kind: str
    item: str
    part: str
    expected: str
    found: str
    allowed: str


def compare(expected: dict[str, Any], found: dict[str, Any]) -> list[Difference]:
    """Everything in which two ledgers (see report.ledger) differ beyond the tolerances of the expected one, in the order of KINDS."""
    numbers = expected["numbers"]
    return [*_data(expected, found), *_claims(expected, found), *_numbers(expected, found), *_tables(expected, found, numbers), *_figures(expected, found)]


def _paired(kind: str, expected: dict[str, Any], found: dict[str, Any]) -> Iterator[tuple[str, Any, Any] | Difference]:
    """Entries that both have, as (name, expected, found), and a Difference for each that only one has."""
    for name in sorted(set(expected) | set(found)):
        if name not in found:
            yield Difference(kind, name, "", _shown(expected[name]), ABSENT, "exact")
        elif name not in expected:
            yield Difference(kind, name, "", ABSENT, _shown(found[name]), "exact")
        else:
            yield name, expected[name], found[name]


def _shown(entry: Any) -> str:
    """An entry of the ledger in a few words."""
    if not isinstance(entry, dict):
        return str(entry)
    if "rows" in entry:
        return f"{len(entry['rows'])} rows"
    return str(entry.get("verdict") or entry.get("text") or entry)


def _data(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    for pair in _paired("data", expected["data"], found["data"]):
        if isinstance(pair, Difference):
            yield pair
        elif pair[1] != pair[2]:
            yield Difference("data", pair[0], "sha256 of its manifest", str(pair[1])[:12], str(pair[2])[:12], "exact")


def _figures(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted(set(expected["figures"]) ^ set(found["figures"])):
        present = name in expected["figures"]
        yield Difference("figures", name, "", "a figure" if present else ABSENT, ABSENT if present else "a figure", "exact")


def _numbers(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    for pair in _paired("numbers", expected["numbers"], found["numbers"]):
        if isinstance(pair, Difference):
            yield pair
            continue
        name, then, now = pair
        if then["class"] != now["class"]:
            yield Difference("numbers", name, CLASS, then["class"], now["class"], "exact")
        if not _close(then["value"], now["value"], then["class"], expected["numbers"]):
            yield Difference("numbers", name, "", _value(then), _value(now), _allowed(then, expected["numbers"]))
        elif then["text"] != now["text"] and (then["value"] == now["value"] or _skeleton(then["text"]) != _skeleton(now["text"])):
            yield Difference("numbers", name, "as printed", then["text"], now["text"], "exact")


def _value(entry: dict[str, Any]) -> str:
    value, text = entry["value"], entry["text"]
    return text if text == str(value) or isinstance(value, str) else f"{text} ({value!r})"


def _allowed(entry: dict[str, Any], numbers: dict[str, Any]) -> str:
    kind, value = entry["class"], entry["value"]
    if kind == "exact" or not _number(value):
        return kind
    return f"{kind}, ±{allowance(kind, value, numbers):.1g}"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _close(then: Any, now: Any, kind: str, numbers: dict[str, Any]) -> bool:
    """True when `now` stands for `then` in its tolerance class; lists are compared item by item."""
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(_close(a, b, kind, numbers) for a, b in zip(then, now, strict=True))
    if _number(then) and _number(now):
        return then == now or kind != "exact" and abs(now - then) <= allowance(kind, then, numbers)
    return then == now and type(then) is type(now)


def _skeleton(text: str) -> str:
    """A text with its figures taken out."""
    return FIGURE.sub("#", text)


def _similar(then: str, now: str, kind: str, numbers: dict[str, Any]) -> bool:
    """True when two texts have the same words, and figures that differ by the tolerance of `kind` and its units of the last printed digit at most."""
    if then == now:
        return True
    places = CLASSES[kind.partition(":")[0]].last_places
    if kind == "exact" or _skeleton(then) != _skeleton(now):
        return False
    for a, b in zip(FIGURE.finditer(then), FIGURE.finditer(now), strict=True):
        (x, unit), (y, other) = _figure(a), _figure(b)
        if abs(x - y) > (allowance(kind, abs(x), numbers) + places * max(unit, other)) * (1 + 1e-9):
            return False
    return True


def _figure(match: re.Match[str]) -> tuple[float, float]:
    """(value, unit of its last digit) of a figure in a text."""
    sign, digits, power = match.groups()
    exponent = int(power.translate(DIGITS)) if power else 0
    decimals = len(digits.partition(".")[2])
    return float(digits) * 10.0**exponent * (-1 if sign else 1), 10.0 ** (exponent - decimals)


def _tables(expected: dict[str, Any], found: dict[str, Any], numbers: dict[str, Any]) -> Iterator[Difference]:
    for pair in _paired("tables", expected["tables"], found["tables"]):
        if isinstance(pair, Difference):
            yield pair
            continue
        name, then, now = pair
        kind = then["class"]
        if kind != now["class"]:
            yield Difference("tables", name, CLASS, kind, now["class"], "exact")
        if then["columns"] != now["columns"]:
            yield Difference("tables", name, "columns", " | ".join(then["columns"]), " | ".join(now["columns"]), "exact")
        elif len(then["rows"]) != len(now["rows"]):
            yield Difference("tables", name, "rows", str(len(then["rows"])), str(len(now["rows"])), "exact")
        else:
            for number, (row, other) in enumerate(zip(then["rows"], now["rows"], strict=True), start=1):
                yield from _cells(name, f"row {number}", then["columns"], row, other, kind, numbers)


def _cells(name: str, where: str, columns: list[str], row: list[str], other: list[str], kind: str, numbers: dict[str, Any]) -> Iterator[Difference]:
    if len(row) != len(other):
        yield Difference("tables", name, where, f"{len(row)} cells", f"{len(other)} cells", "exact")
        return
    for place, (then, now) in enumerate(zip(row, other, strict=True)):
        if not _similar(str(then), str(now), kind, numbers):
            column = columns[place] if place < len(columns) else str(place + 1)
            yield Difference("tables", name, f"{where}, {column}", str(then), str(now), kind)


def _claims(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    """Verdicts exactly; p within a few of its own errors; effects and the figures in sentences as resampled quantities."""
    for pair in _paired("claims", expected["claims"], found["claims"]):
        if isinstance(pair, Difference):
            yield pair
            continue
        claim, then, now = pair
        for part in sorted(set(then) | set(now)):
            a, b = then.get(part), now.get(part)
            if part in ("p", "p_adjusted") and _number(a) and _number(b):
                # The adjustment multiplies all p-values alike, and their errors with them.
                error = 4 * (then.get("p_error") or 0.0) * (a / then["p"] if part == "p_adjusted" and then.get("p") else 1.0)
                same, allowed = abs(a - b) <= max(error, 1e-6 * abs(a)), f"p, ±{error:.1g}"
            elif isinstance(a, str) and isinstance(b, str) and part not in ("verdict", "passes"):
                same, allowed = _similar(a, b, "resampled", expected["numbers"]), "resampled"
            else:
                kind = {"verdict": "exact", "passes": "exact", "p_error": "error"}.get(part, "resampled")
                same, allowed = _close(a, b, kind, expected["numbers"]), kind
            if not same:
                yield Difference("claims", claim, part, _part(a), _part(b), allowed)


def _part(value: Any) -> str:
    return ABSENT if value is None else str(value)


def failed(checks: list[Check]) -> list[Difference]:
    """The checks of frozen simulations that did not go well, as differences."""
    return [Difference("simulations", check.name, "", "as frozen", check.told, "exact") for check in checks if not check.fine]


def counted(differences: list[Difference]) -> str:
    """How many items differ, by kind: "3 numbers and 1 table"."""
    counts = {kind: len({item.item for item in differences if item.kind == kind}) for kind in KINDS}
    words = [f"{count} {WORDS.get(kind, kind) if count != 1 else WORDS.get(kind, kind).removesuffix('s')}" for kind, count in counts.items() if count]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"


def screen(ledger: dict[str, Any], checks: int, differences: list[Difference], everything: bool = False) -> str:
    """One screen: what agrees, counted by kind, then what does not, with what was expected, found and allowed.

    ledger: the expected one; checks: the number of checks of frozen simulations that were made; everything: list all differences, however many.
    """
    sizes = {**{kind: len(ledger[kind]) for kind in KINDS[:-1]}, "simulations": checks}
    cells = sum(len(row) for table in ledger["tables"].values() for row in table["rows"])
    lines, listed = [], []
    for kind in KINDS:
        own = sorted((item for item in differences if item.kind == kind), key=lambda item: item.part == CLASS)
        shown = len(own) if everything else SHOWN
        new = {item.item for item in own if item.expected == ABSENT and not item.part}
        changed = {item.item for item in own} - new
        remark = (f" ({cells} cells)" if kind == "tables" else "") + (f", and {len(new)} more not in the ledger" if new else "")
        lines.append(f"  {WORDS.get(kind, kind):<12}{sizes[kind] - len(changed):>5} of {sizes[kind]} agree{remark}")
        if own:
            listed += [f"Differing {WORDS.get(kind, kind)}:", *(_told(item) for item in own[:shown]), *([f"  ... and {len(own) - shown} more (--all lists them)"] if len(own) > shown else [])]
    return "\n".join(lines + listed)


def _told(item: Difference) -> str:
    expected, found = _short(item.expected, item.found)
    return f"  {item.item}{f' ({item.part})' if item.part else ''}: expected {expected}, found {found} [{item.allowed}]"


def _short(*texts: str) -> tuple[str, ...]:
    """Texts cut to what fits on a line beside each other, where they are long: from a little before the place where they part."""
    if max(map(len, texts)) <= WIDTH:
        return texts
    start = max(0, len(os.path.commonprefix(texts)) - WIDTH // 3)
    return tuple(("…" if start else "") + text[start : start + WIDTH] + ("…" if len(text) > start + WIDTH else "") for text in texts)
