"""Where a number, a figure or a table comes from, as the page and the appendix tell it: artifact, field, formatter, script, data and code.

Standard library only, for chunks call it. The code is named by the object id that git gives the folder `analysis/`, computed from the files
themselves: it needs no clock and no git, is the same in a clone and in an unpacked archive, and `git rev-parse COMMIT:analysis` finds it again. The
commit is told besides where a clean checkout knows it.
"""

import ast
import base64
import csv
import gzip
import hashlib
import html
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.runtime import ROOT
from analysis.spreadsheet import neutral

__all__ = ["code_id", "commit", "content", "figure_sources", "origin_rows", "table_sources", "used_keys"]

VARIABLE = re.compile(r"\{\{<\s*var\s+([\w.\-]+)\s*>\}\}")
TRACED = ("analysis", "data", "manuscript", "requirements.lock")  # what decides the numbers and the text
PLAIN_LIMIT = 8_000  # bytes; longer files are packed with gzip, which reads in every table program of the field
LINK_LIMIT = 200_000  # bytes of a packed file that the page can still carry
SHORT = 12  # digits of a checksum


def used_keys(source: str, numbers: dict[str, Any]) -> list[str]:
    """Keys of `numbers` that the manuscript `source` shows, in order of first use; a plain twin counts as its number."""
    keys = [key.removeprefix("plain.") for key in VARIABLE.findall(source)]
    return [key for key in dict.fromkeys(keys) if key in numbers]


def _object_id(kind: str, body: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()


def code_id(folder: Path = ROOT / "analysis") -> str:
    """The id that git gives the tree `folder` with the files it holds now; hidden files and compiled ones are no part of it."""
    entries = []
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            entries.append((f"{path.name}/", f"40000 {path.name}", code_id(path)))
        else:
            mode = "100755" if path.stat().st_mode & 0o100 else "100644"
            entries.append((path.name, f"{mode} {path.name}", _object_id("blob", path.read_bytes())))
    return _object_id("tree", b"".join(f"{head}\0".encode() + bytes.fromhex(name) for _, head, name in sorted(entries)))


def commit(root: Path = ROOT) -> str | None:
    """The last commit that touched code, data or text; empty where one of them differs from it, None where `root` is no checkout or git cannot say."""
    if not (root / ".git").exists():
        return None
    answers = []
    for words in (["status", "--porcelain"], ["log", "-1", "--format=%H"]):
        try:
            answers.append(subprocess.run(["git", *words, "--", *TRACED], cwd=root, capture_output=True, encoding="utf-8", timeout=20, check=True).stdout.strip())
        except (OSError, subprocess.SubprocessError):
            return None
    return "" if answers[0] else answers[1] or None


def _commit_words(root: Path) -> str:
    found = commit(root)
    return found[:SHORT] if found else "unknown: no repository was at hand" if found is None else "not committed: the files differ from the last commit"


def _modules() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Per output group: the script that writes it and the modules of the stages that it shows."""
    from analysis.stages import DERIVED, OUTPUTS, STAGES

    return {output.name: (_path(output.module), tuple(_path(STAGES[need].module) for need in output.needs)) for output in (*OUTPUTS, *DERIVED)}


def _writer(artifact: str, provenance: dict[str, Any], modules: dict[str, tuple[str, tuple[str, ...]]]) -> tuple[str, tuple[str, ...]]:
    """The script that writes the artifact, empty where unknown, and the modules of the stages in it."""
    made_by = provenance.get("artifacts", {}).get(artifact, {}).get("made_by", "")
    return ("analysis/config", ()) if artifact == "run.json" else modules.get(made_by, ("", ()))


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}


def _data(results: Path, provenance: dict[str, Any]) -> str:
    """Checksum of the frozen data's manifest, or of the exports that the run was given instead."""
    from analysis.cache import file_digest

    given = _json(results / "run.json").get("catalogue", {})
    named = [f"{name} {file_digest(Path(given[name]))[:SHORT]}" for name in ("ps", "bd") if given.get(name)]
    return ", ".join(named) or f"{provenance.get('manifest_sha256', 'unknown')[:SHORT]} (data/frozen/MANIFEST.json)"


def content(results: Path, source: str, root: Path = ROOT) -> dict[str, Any]:
    """What the page's script shows: per number its value in full precision and origin, per artifact its checksum, script and stages, and data and code."""
    numbers, provenance, modules = _json(results / "numbers.json"), _json(results / "provenance.json"), _modules()
    claims = {claim["id"]: claim for claim in _json(results / "claims.json").get("claims", [])}
    shown = {}
    for key in used_keys(source, numbers):
        number = numbers[key]
        value = "" if number["value"] == number["text"] else json.dumps(number["value"], ensure_ascii=False)
        parts = {name: number[name] for name in ("artifact", "field", "format", "unit", "meaning", "source") if number.get(name)}
        shown[key] = {**parts, "value": value} if value else parts
        if key.startswith("claims.") and key.split(".")[1] in claims:
            shown[key] |= _verdict(claims[key.split(".")[1]])
    artifacts = {}
    for name in sorted({number["artifact"] for number in shown.values()}):
        listed = provenance.get("artifacts", {}).get(name, {})
        script, stages = _writer(name, provenance, modules)
        parts = {"sha256": listed.get("sha256", "")[:SHORT], "script": script, "stages": ", ".join(stages)}
        artifacts[name] = {part: text for part, text in parts.items() if text}
    code = f"git tree {code_id(root / 'analysis')[:SHORT]} (analysis/)"
    return {"numbers": shown, "artifacts": artifacts, "data": _data(results, provenance), "code": code, "commit": _commit_words(root)}


def _verdict(claim: dict[str, Any]) -> dict[str, str]:
    """What decided a claim: statement, verdict, effect, p as it is and adjusted, power, passes, errors in simulations, test, rule and the artifact with the evidence."""
    parts = {"statement": claim.get("statement"), "verdict": claim.get("verdict"), "effect": (claim.get("effect") or {}).get("text"), "test": claim.get("test"),
             "rule": claim.get("threshold"), "evidence": claim.get("artifact")}
    told = {name: text for name, text in parts.items() if text}
    told |= {name: f"{claim[name]:.2g}" for name in ("p", "p_adjusted", "power") if claim.get(name) is not None}
    passes, simulated = claim.get("robustness") or {}, claim.get("calibration") or {}
    if passes.get("of"):
        told["passes"] = f"{passes['passes']} of {passes['of']}" + (f" ({passes['meaning']})" if passes.get("meaning") else "")
    wrong = next((simulated[name] for name in ("size", "wrong_verdicts") if simulated.get(name) is not None), None)
    return told if wrong is None else told | {"errs": f"{wrong:.2g}"}


def origin_rows(results: Path, source: str) -> dict[str, list[Any]]:
    """The appendix table, one row per artifact: how many numbers of the text it holds, the prefixes of their keys, and their fields down to the first level."""
    numbers, provenance, modules = _json(results / "numbers.json"), _json(results / "provenance.json"), _modules()
    groups: dict[str, list[str]] = {}
    for key in used_keys(source, numbers):
        groups.setdefault(numbers[key]["artifact"], []).append(key)
    rows = []
    for artifact, keys in sorted(groups.items()):
        script = _writer(artifact, provenance, modules)[0] or "–"
        prefixes = sorted({key.split(".")[0] for key in keys})
        fields = sorted({numbers[key]["field"].split(".")[0] for key in keys if not key.startswith("claims.")})
        rows.append([f"{artifact} ({script.removeprefix('analysis/')})", str(len(keys)), ", ".join(prefixes), ", ".join(fields) or "as the key"])
    return {"columns": ["Artifact (script)", "Numbers", "Keys", "Fields"], "rows": rows}


def _link(name: str, body: bytes, kind: str, words: str = "") -> str:
    """A link that hands out `body` from inside the page, packed where it is long; only the words where the page cannot carry it."""
    said = words = html.escape(words or name)
    if len(body) > PLAIN_LIMIT:
        # No time and no name inside, so that the same file gives the same link.
        name, body, kind, said = f"{name}.gz", gzip.compress(body, 9, mtime=0), "application/gzip", f"{words} (gzip)"
    if len(body) > LINK_LIMIT:
        return words
    return f'<a href="data:{kind};base64,{base64.b64encode(body).decode()}" download="{html.escape(name)}">{said}</a>'


def _repository(root: Path, path: str) -> str:
    try:
        found = re.search(r"^repository-code:\s*[\"']?(https://[^\s\"']+)", (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return f' (<a href="{html.escape(found[1].rstrip("/"))}/blob/HEAD/{quote(path)}">in the repository</a>)' if found else ""


def _line(data: str, path: str, function: str, body: bytes, root: Path) -> str:
    script = _link(Path(path).name, body, "text/x-python", path) + html.escape(function) + _repository(root, path) if path else ""
    return '<p class="tr-src">' + " · ".join(part for part in (f"Data: {data}" if data else "", f"Script: {script}" if script else "") if part) + "</p>"


def figure_sources(results: Path, stem: str, root: Path = ROOT) -> str:
    """The line below a figure in the page: the drawn data and the script, each to be saved from the page itself; empty without data."""
    data = results / f"{stem}.csv"
    if not data.is_file():
        return ""
    path = _modules().get(stem, ("", ()))[0]
    return _line(_link(data.name, data.read_bytes(), "text/csv"), path, "", (root / path).read_bytes() if path else b"", root)


def table_sources(table: dict[str, list[Any]], name: str, root: Path = ROOT) -> str:
    """The line below a table: its cells as CSV, the function that makes it, and the artifacts which that function names, itself or by a name of its module."""
    from analysis.report.tables import TABLES

    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(
        [neutral(cell) if isinstance(cell, str) else cell for cell in line] for line in (table["columns"], *table["rows"])
    )
    data = _link(f"table_{name}.csv", stream.getvalue().encode(), "text/csv")
    makers: dict[str, Callable[..., Any]] = {**TABLES, "origins": origin_rows}
    if name not in makers:
        return _line(data, "", "", b"", root)
    function, module, path = makers[name].__name__, makers[name].__module__, _path(makers[name].__module__)
    text = (root / path).read_text(encoding="utf-8")
    node = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == function)
    named = [vars(sys.modules[module]).get(part.id) if isinstance(part, ast.Name) else getattr(part, "value", None) for part in ast.walk(node)]
    files = sorted({value for value in named if isinstance(value, str) and re.fullmatch(r"[\w.\-]+\.(?:csv|json)", value)})
    data += html.escape(f" (from {', '.join(files)})") if files else ""
    return _line(data, path, f", {function}()", (ast.get_source_segment(text, node) or "").encode(), root)
