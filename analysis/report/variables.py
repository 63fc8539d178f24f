"""The variables of the manuscript: every number and verdict as a span that names its key, bare twins under `plain`, and whether the numbers agree with the ledger.

`verified.sentence`, `verified.word` and `verified.ledger` stand on the title page. The ledger is manuscript/expected.json; where it is missing or damaged,
or where the run is not the published one, nothing is compared and the sentence says so: a build never fails here.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.errors import InputError
from analysis.report.comparison import compare, counted, failed
from analysis.report.files import Context, write_json
from analysis.report.ledger import EXPECTED, collect, digest, read
from analysis.report.reruns import checks

__all__ = ["DIFFERS", "NOT_COMPARED", "VERIFIED", "judged", "write"]

VERIFIED, DIFFERS, NOT_COMPARED = "verified", "differs", "not compared"


def judged(artifacts: Path, config: Config, context: Context, expected: Path = EXPECTED) -> dict[str, Any]:
    """word, sentence, ledger (digest or None), differing items by kind in words: the results in `artifacts` against the ledger in `expected`."""

    def told(word: str, sentence: str, ledger: str | None = None, differing: str | None = None) -> dict[str, Any]:
        return {"word": word, "sentence": sentence, "ledger": ledger, "differing": differing}

    if context.partial or asdict(config) != asdict(Config()):
        return told(NOT_COMPARED, "Not compared with the ledger of the published results: other data or parameters.")
    try:
        ledger = read(expected)
    except FileNotFoundError:
        return told(NOT_COMPARED, "Not compared: the ledger of the published results is missing.")
    except InputError:
        return told(NOT_COMPARED, "Not compared: the ledger of the published results cannot be read.")
    made, name = checks(artifacts), digest(ledger)
    differences = [*compare(ledger, collect(artifacts)), *failed(made)]
    if differences:
        return told(DIFFERS, f"Differs from the ledger of the published results ({name}) in {counted(differences)}.", name, counted(differences))
    sizes = f"{len(ledger['numbers'])} numbers, {len(ledger['tables'])} tables, {len(ledger['claims'])} claims, {len(ledger['figures'])} figures"
    return told(VERIFIED, f"Verified: {sizes}; all agree with the ledger of the published results ({name}).", name)


def _yaml(tree: dict[str, Any], indent: int = 0) -> str:
    lines = []
    for key, value in sorted(tree.items()):
        pad = "  " * indent
        lines.append(f"{pad}{key}:\n{_yaml(value, indent + 1)}" if isinstance(value, dict) else f"{pad}{key}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)


def _nested(flat: dict[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, text in flat.items():
        *parents, last = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = text
    return tree


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write verified.json and, for a complete run, _variables.yml: the manuscript is written from complete runs alone."""
    verified = judged(artifacts, config, context)
    write_json(directory / "verified.json", verified, context)
    if context.partial:
        return
    numbers = json.loads((artifacts / "numbers.json").read_text(encoding="utf-8"))
    plain = {key: number["text"] for key, number in numbers.items()}
    said = {key: " .said" if key.startswith("claims.") and key.endswith(".sentence") else "" for key in plain}
    spans = {key: f'[{text}]{{.num{said[key]} data-k="{key}"}}' for key, text in plain.items()}
    agreement = {f"verified.{name}": verified[name] or "none" for name in ("word", "sentence", "ledger")}
    tree = _nested(spans | agreement)
    tree["plain"] = _nested(plain | agreement)
    (directory / "_variables.yml").write_text(_yaml(tree), encoding="utf-8")
