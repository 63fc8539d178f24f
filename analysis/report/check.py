"""Checks of the finished paper: what the typesetters only warn about, or do not notice at all, fails the build.

Looks at the HTML (unresolved variables and references, formulas left as TeX, anything loaded from the network, what a screen reader would miss,
citations against the bibliography), at the PDF (complete file), and at the manuscript's source (numerals typed by hand instead of taken from the results).
"""

import fnmatch
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from analysis.errors import InputError
from analysis.report.access import faults
from analysis.report.source import read_text

__all__ = ["check_citations", "check_front", "check_html", "check_numerals", "check_pdf", "check_project", "report"]

LEFT_OVER = {
    r"\?var:[\w.\-]+": "a variable that does not exist",
    r"\?@[\w.\-]+": "a cross-reference to nothing",
    r"(?<!\?)@(?:eq|fig|tbl|sec)-[\w\-]+": "a cross-reference that was not understood",
    r"\{\{<[^>]*>?\}?\}?": "a shortcode that was not replaced",
    r"\{#(?:eq|fig|tbl|sec)-[^}]*\}": "a label that was not understood",
    r"Could not convert TeX math": "a formula that could not be converted",
}
LOADING = {"script": "src", "img": "src", "iframe": "src", "embed": "src", "source": "src", "video": "src", "audio": "src", "object": "data"}
REMOTE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
REMOTE_STYLE = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
REMOTE_SCRIPT = re.compile(r"(?:https?:)?//(?:cdn|cdnjs|unpkg|fonts|ajax|polyfill)[\w.\-]*\.[\w./@\-]+", re.IGNORECASE)
SHORTCODE = re.compile(r"\{\{<.*?>\}\}")
PROSE_KEYS = ("title", "subtitle", "abstract", "keywords")
SILENT = {"Math", "Cite", "Link", "Code", "CodeBlock", "RawInline", "RawBlock"}
EDGES = ".,;:!?()[]{}'\"“”‘’…"


class _Page(HTMLParser):
    """Collects the visible text, everything that is loaded, formulas without MathML, and citation keys."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.loaded: list[str] = []
        self.formulas: list[str] = []
        self.cited: set[str] = set()
        self.entries: set[str] = set()
        self._inside = ""
        self._formula = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._inside = tag
        addresses = [given.get(LOADING.get(tag, ""), "")]
        addresses += [part.split()[0] for part in given.get("srcset", "").split(",") if part.strip()]
        if tag == "link" and not {"canonical", "license", "alternate"} & set(given.get("rel", "").split()):
            addresses.append(given.get("href", ""))
        self.loaded += [address for address in addresses if REMOTE.match(address)]
        self.loaded += REMOTE_STYLE.findall(given.get("style", ""))
        classes = given.get("class", "").split()
        self._formula = tag == "span" and "math" in classes
        self.cited.update(given.get("data-cites", "").split())
        if given.get("id", "").startswith("ref-"):
            self.entries.add(given["id"][4:])
        self.text += [given[name] for name in ("alt", "aria-label", "title") if name in given]

    def handle_endtag(self, tag: str) -> None:
        self._formula = False
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.loaded += REMOTE_STYLE.findall(data)
        elif self._inside == "script":
            self.loaded += REMOTE_SCRIPT.findall(data)
        else:
            self.text.append(data)
            if self._formula and data.strip():
                self.formulas.append(data.strip())


def _page(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def check_html(html: str) -> list[str]:
    """Problems in the text of an HTML paper: left-overs of the build, unconverted formulas, things loaded from the network."""
    page = _page(html)
    text = " ".join(page.text)
    problems = [f"{meaning}: {found}" for pattern, meaning in LEFT_OVER.items() for found in sorted(set(re.findall(pattern, text)))]
    problems += [f"a formula that could not be converted: {formula}" for formula in page.formulas]
    return problems + [f"loaded from the network: {address}" for address in sorted(set(page.loaded))]


def check_citations(html: str, bibliography: str) -> list[str]:
    """Keys cited in `html` but missing in `bibliography` (BibTeX), and entries that are never cited."""
    page = _page(html)
    known = set(re.findall(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^\s,]+)", bibliography, re.MULTILINE | re.IGNORECASE))
    problems = [f"cited but not in the bibliography: {key}" for key in sorted(page.cited - known)]
    return problems + [f"in the bibliography but never cited: {key}" for key in sorted(known - page.cited)]


def check_pdf(content: bytes) -> list[str]:
    """Problems of a PDF file: wrong type, cut off, or without pages."""
    if not content.startswith(b"%PDF-"):
        return ["the PDF does not begin as a PDF file"]
    return [] if b"%%EOF" in content[-1024:] else ["the PDF is cut off"]


def _strings(node: Any) -> Iterator[str]:
    """Plain words of a pandoc JSON tree, without formulas, citations, links, code and values put in by the build."""
    if isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        if node.get("t") == "Str":
            yield node["c"]
        elif node.get("t") not in SILENT:
            yield from _strings(node.get("c", []))


def check_front(source: str) -> list[str]:
    """Front matter of a .qmd that Quarto would refuse, or from which it silently drops a variable joined to another without a blank."""
    front = source.split("---\n", 2)[1] if source.startswith("---\n") else ""
    joined = re.findall(r"\{\{<[^>]*>\}\}\S*\{\{<[^>]*>\}\}", front)
    problems = [f"in the front matter, put blanks between joined variables: {found}" for found in joined]
    return problems + [f"the date must be quoted or complete: {found}" for found in re.findall(r"^date:\s*\d+\s*$", front, re.MULTILINE)]


def check_numerals(source: str, allowed: str) -> list[str]:
    """Words with a digit that were typed into the manuscript (`source`, a .qmd) and are not in the list of allowed words.

    `allowed` holds one word per line (`*` matches anything), a tab or two blanks, and the reason why it may be typed.
    Raises InputError for a line without a reason.
    """
    import pypandoc

    patterns = []
    for number, line in enumerate(allowed.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            word, *reason = re.split(r"\t+|\s{2,}", line.strip(), maxsplit=1)
            if not reason:
                raise InputError(f"numerals.txt line {number}: '{line}' gives no reason; write the word, two blanks and the reason.")
            patterns.append(word)
    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"]
    tree = json.loads(subprocess.run(command, input=SHORTCODE.sub("value", source), capture_output=True, encoding="utf-8", check=True).stdout)
    prose = [tree["meta"][key] for key in PROSE_KEYS if key in tree["meta"]] + [tree["blocks"]]
    problems = []
    for string in _strings(prose):
        # A key of an equation is parsed as a word, and dashes join words that are judged one by one.
        for word in re.split(r"[–—/]", re.sub(r"\{#[^}]*\}|@[\w\-]+", "", string)):
            word = word.strip(EDGES)
            if re.search(r"\d", word) and not any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns):
                problems.append(f"a numeral typed by hand: {word}")
    return list(dict.fromkeys(problems))


def check_project(root: Path, written: list[Path]) -> list[str]:
    """All problems of the files `written` by a build of the project at `root`, and of its manuscript."""
    manuscript = root / "manuscript"
    allowed = manuscript / "numerals.txt"
    problems = []
    for path in written:
        if not path.is_file():
            problems.append(f"{path.name} was not written")
        elif path.suffix == ".html":
            html = path.read_text(encoding="utf-8")
            problems += check_html(html) + faults(html) + check_citations(html, (manuscript / "references.bib").read_text(encoding="utf-8"))
        elif path.suffix == ".pdf":
            problems += check_pdf(path.read_bytes())
    source = read_text(manuscript / "index.qmd")
    return problems + check_front(source) + check_numerals(source, read_text(allowed) if allowed.is_file() else "")


def report(root: Path, written: list[Path]) -> int:
    """Check a build and print what is wrong to standard error; return the exit status, 0 or 1."""
    problems = check_project(root, written)
    if problems:
        print(f"The paper was built but {len(problems)} thing(s) in it must be mended:", *problems, sep="\n  - ", file=sys.stderr)
    return 1 if problems else 0
