"""The ledger of what the printed paper says: collected from the artifacts, kept as manuscript/expected.json (standard library only).

One line per number, claim part and table row, sorted, so that a diff shows what changed. It holds neither date nor commit: the same results on the
same data give the same bytes.
"""

import json
from pathlib import Path
from typing import Any

from analysis import cache
from analysis.errors import InputError
from analysis.report.tolerances import CLASSES, class_of_number, class_of_table
from analysis.runtime import ROOT

__all__ = ["EXPECTED", "collect", "digest", "identity", "read", "text"]

EXPECTED = ROOT / "manuscript" / "expected.json"
MANIFESTS = {"catalogue": "data/frozen/MANIFEST.json", "simulations": "data/frozen/simulations/MANIFEST.json"}
PARTS = ("claims", "data", "figures", "numbers", "tables")
TEXTS = {"class", "text", "verdict", "sentence", "effect"}
COMPANY = ("p_error", "p_adjusted", "power")  # of the p-value of a claim, where it has one


def identity() -> dict[str, str]:
    """sha256 of the manifests that list the checksums of the frozen catalogue and of the frozen simulations."""
    return {name: cache.file_digest(ROOT / path) for name, path in MANIFESTS.items()}


def collect(artifacts: Path) -> dict[str, Any]:
    """What the results in `artifacts` (a complete build) make the paper say.

    numbers: key -> value, text, tolerance class; tables: name -> columns, rows of cells, class; claims: id -> verdict, sentence, effect, p and its
    company; figures: their names; data: identity of the frozen data. Raises InputError when an artifact is missing or not JSON.
    """
    numbers, tables, claims, figures = (_artifact(artifacts / f"{name}.json") for name in ("numbers", "tables", "claims", "figures"))
    return {
        "claims": {claim["id"]: _claim(claim) for claim in claims["claims"]},
        "data": identity(),
        "figures": sorted(name for name, entry in figures.items() if "alt" in entry),
        "numbers": {
            key: {"class": class_of_number(key, entry), "text": entry["text"], "value": entry["value"]}
            for key, entry in numbers.items() if "text" in entry and not _of_a_claim(entry)
        },
        "tables": {
            name: {"class": class_of_table(name), "columns": table["columns"], "rows": [[str(cell) for cell in row] for row in table["rows"]]}
            for name, table in tables.items() if "rows" in table
        },
    }


def _artifact(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); build the results first: just analyze.") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InputError(f"{path}: not the JSON object that a build writes; build the results again: just analyze.")
    return content


def _of_a_claim(entry: dict[str, Any]) -> bool:
    """Verdicts and sentences stand in the ledger once, with their claim."""
    return entry["artifact"] == "claims.json" and entry["format"] == "text"


def _claim(claim: dict[str, Any]) -> dict[str, Any]:
    """Verdict, sentence and effect of a claim, and those of p, its company, bounds of the effect and passes that it has."""
    effect, passes = claim["effect"], claim["robustness"]
    more = {name: claim.get(name) for name in COMPANY} | {f"effect_{name}": effect.get(name) for name in ("value", "low", "high")}
    more["passes"] = f"{passes['passes']} of {passes['of']}" if passes.get("of") else None
    given = {name: value for name, value in more.items() if value is not None}
    return {"verdict": claim["verdict"], "sentence": claim["sentence"], "effect": effect["text"], "p": claim["p"], **given}


def digest(ledger: dict[str, Any]) -> str:
    """Twelve hex digits that name a ledger by its content."""
    return cache.digest(ledger)[:12]


def text(ledger: dict[str, Any]) -> str:
    """`ledger` as JSON with one line per number, figure, part of a claim and row of a table, sorted."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)

    def block(items: list[str], pad: str, ends: str = "{}") -> str:
        return ends[0] + "\n" + ",\n".join(f"{pad} {item}" for item in items) + f"\n{pad}{ends[1]}" if items else ends

    def table(content: dict[str, Any]) -> str:
        rows = block([line(row) for row in content["rows"]], "   ", "[]")
        return block([f'"class": {line(content["class"])}', f'"columns": {line(content["columns"])}', f'"rows": {rows}'], "  ")

    def claim(content: dict[str, Any]) -> str:
        return block([f"{line(name)}: {line(content[name])}" for name in sorted(content)], "  ")

    def named(part: str, shown: Any) -> str:
        return block([f"{line(name)}: {shown(content)}" for name, content in sorted(ledger[part].items())], " ")

    parts = {
        "claims": named("claims", claim), "data": named("data", line), "figures": block([line(name) for name in ledger["figures"]], " ", "[]"),
        "numbers": named("numbers", line), "tables": named("tables", table),
    }
    return block([f"{line(name)}: {parts[name]}" for name in PARTS], "") + "\n"


def read(path: Path = EXPECTED) -> dict[str, Any]:
    """A ledger from disk. Raises FileNotFoundError when there is none, InputError when the file is not a ledger."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); restore it from the repository.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error}); restore it from the repository or write it anew: just accept.") from None
    problem = _problem(content)
    if problem:
        raise InputError(f"{path}: not a ledger of the paper ({problem}); restore it from the repository or write it anew: just accept.")
    return content


def _problem(content: Any) -> str:
    """What keeps `content` from being a ledger; empty when nothing does."""
    if not isinstance(content, dict) or set(content) != set(PARTS):
        return f"expected an object with {', '.join(PARTS)}"
    if not isinstance(content["figures"], list) or not all(isinstance(name, str) for name in content["figures"]):
        return "figures is not a list of names"
    for part in ("claims", "data", "numbers", "tables"):
        if not isinstance(content[part], dict):
            return f"{part} is not an object"
    needed = {"numbers": {"class", "text", "value"}, "tables": {"class", "columns", "rows"}, "claims": {"verdict", "sentence", "effect", "p"}}
    for part, names in needed.items():
        for name, entry in content[part].items():
            if not isinstance(entry, dict) or not names <= set(entry) or not all(isinstance(entry[text], str) for text in TEXTS & set(entry)):
                return f"{part}.{name} needs {', '.join(sorted(names))}"
            if entry.get("class", "exact").partition(":")[0] not in CLASSES:
                return f"{part}.{name} has the unknown tolerance class {entry['class']}"
    for name, entry in content["tables"].items():
        if not all(isinstance(part, list) for part in (entry["columns"], entry["rows"], *entry["rows"])):
            return f"tables.{name} has no rows of cells"
    return ""
