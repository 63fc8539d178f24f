"""Every number of the paper: a pointer (artifact, field, format) and nothing computed here.

`numbers.json` lists value, text and origin of each; report.variables hands the texts to the manuscript.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.claims import SUPPORTED
from analysis.config import Config, parameters
from analysis.report.files import Context, write_json
from analysis.report.formatting import formatted
from analysis.report.pointers import POINTERS

__all__ = ["collect", "lookup", "write"]


def lookup(content: Any, field: str) -> Any:
    """The value at a dotted path of nested dicts and lists (a list is indexed by number); None where the path ends early.

    Too few rows leave gaps in an artifact, so a gap is no error here; the tests see to it that a full run has none.
    """
    for part in field.split("."):
        if isinstance(content, list):
            content = content[int(part)] if part.isdigit() and int(part) < len(content) else None
        elif isinstance(content, dict):
            content = content.get(part)
        else:
            return None
    return content


def collect(artifacts: Path, config: Config) -> dict[str, dict[str, Any]]:
    """All numbers by key: value, text, artifact, field and format."""
    files: dict[str, Any] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for key, artifact, field, style in POINTERS:
        if artifact not in files:
            files[artifact] = json.loads((artifacts / artifact).read_text(encoding="utf-8"))
        value = lookup(files[artifact], field)
        numbers[key] = {"value": value, "text": formatted(value, style), "artifact": artifact, "field": field, "format": style}
    for name, value, unit, meaning, source in parameters(config):
        if value is not None and not isinstance(value, str):
            text = _parameter_text(value)
            numbers[f"set.{name}"] = {"value": value, "text": text, "artifact": "run.json", "field": name, "format": "parameter", "unit": unit, "meaning": meaning, "source": source}
    claims = json.loads((artifacts / "claims.json").read_text(encoding="utf-8"))["claims"]
    supported = sum(claim["verdict"] == SUPPORTED for claim in claims)
    for key, value in (("count", len(claims)), ("supported", supported)):
        numbers[f"claims.{key}"] = {"value": value, "text": str(value), "artifact": "claims.json", "field": f"number of claims ({key})", "format": "count"}
    for claim in claims:
        for part in ("sentence", "verdict"):
            numbers[f"claims.{claim['id']}.{part}"] = {
                "value": claim[part], "text": claim[part], "artifact": "claims.json", "field": f"{claim['id']}.{part}", "format": "text",
            }
    return numbers


def _parameter_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_parameter_text(item) for item in value)
    if isinstance(value, float) and (abs(value) >= 1e4 or 0 < abs(value) < 1e-3):
        text = formatted(value, "scientific:2").replace(".0 ×", " ×")
        return text.removeprefix("1 × ")
    return f"{value:g}" if isinstance(value, float) else str(value)


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write numbers.json and run.json (the configuration)."""
    write_json(directory / "numbers.json", collect(artifacts, config), context)
    write_json(directory / "run.json", asdict(config), context)
