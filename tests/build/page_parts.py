"""What a reader reads on a page of either builder: title, abstract, headings, text, numbers, figures, tables and references, without the builder's dress."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Parts", "parts"]

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HIDDEN_TAGS = {"script", "style", "noscript", "nav", "head"}
# Dress: titles that a template adds, numbers of equations (one builder writes them into the formula), marks for screen readers, arrows back from notes.
HIDDEN_CLASSES = {"abstract-title", "block-title", "number", "screen-reader-only", "footnote-back", "quarto-title-meta", "keywords", "hidden"}
FURNITURE = {"References", "Footnotes"}
TAG = re.compile(r"\\(?:tag|qquad)\s*[{(][^})]*[})]")


@dataclass
class Parts:
    """Plain text by part; floats as (identifier, caption, content)."""

    title: str = ""
    abstract: str = ""
    headings: list[str] = field(default_factory=list)
    text: str = ""
    formulas: list[str] = field(default_factory=list)
    numbers: Counter = field(default_factory=Counter)
    figures: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    tables: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _plain(text: str) -> str:
    """One blank between words, none before punctuation, plain blanks for protected ones."""
    return re.sub(r" (?=[.,;:!?)\]])", "", " ".join(text.replace("\u2060", "").split()))


class _Reader(HTMLParser):
    """Sends each piece of text to the innermost part that claims it."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = Parts()
        self.stack: list[tuple[str, str, str]] = []  # tag, part, key
        self.float: dict[str, str | list[str]] = {}
        self.texts: Counter = Counter()
        self.pieces: dict[tuple[str, str], list[str]] = {}

    def _inside(self, *names: str) -> bool:
        return any(part in names for _, part, _ in self.stack)

    def _claim(self, tag: str, given: dict[str, str]) -> tuple[str, str]:
        classes, name = set(given.get("class", "").split()), given.get("id", "")
        if tag in HIDDEN_TAGS or classes & HIDDEN_CLASSES or given.get("hidden") is not None and tag != "main":
            return "hidden", ""
        if name in ("quarto-header", "quarto-sidebar", "quarto-margin-sidebar", "TOC", "tr-box") or tag == "section" and "xp" in classes:
            return "hidden", ""
        if tag == "annotation":
            return "formula", ""
        if tag == "math":
            return "math", ""
        if tag == "h1" and "title" in classes:
            return "title", ""
        if "abstract" in classes:
            return "abstract", ""
        if tag == "header" and name == "title-block-header":
            return "hidden-title-block", ""
        # The anchor may be on the figure itself or on a div around it.
        if re.match(r"(fig|tbl)-", name) and tag in ("figure", "div") and not self._inside("float") and "caption" not in name:
            return "float", name
        if tag == "figcaption" and self._inside("float"):
            return "caption", next(key for _, part, key in reversed(self.stack) if part == "float")
        if tag in ("td", "th") and self._inside("float"):
            return "cell", next(key for _, part, key in reversed(self.stack) if part == "float")
        if name.startswith("ref-"):
            return "reference", name
        if tag == "li" and name.startswith("fn"):
            return "note", name
        if re.fullmatch("h[1-6]", tag):
            return "heading", str(len([key for part, key in self.pieces if part == "heading"]))
        return "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and self._inside("float"):
            key = next(key for _, part, key in reversed(self.stack) if part == "float")
            self.pieces.setdefault(("image", key), []).append(given.get("alt", ""))
        if tag in VOID:
            return
        part, key = self._claim(tag, given)
        if part == "cell":
            self.pieces.setdefault((part, key), []).append("\0")
        elif part in ("heading", "float", "reference", "note"):
            self.pieces.setdefault((part, key), [])
        self.stack.append((tag, part, key))
        if "num" in given.get("class", "").split() and not self._inside("hidden"):
            self.texts[given.get("data-k", "")] += 1

    def handle_endtag(self, tag: str) -> None:
        if not any(open_tag == tag for open_tag, _, _ in self.stack):
            return
        while self.stack.pop()[0] != tag:
            pass
        if tag in ("p", "div", "li", "h1", "h2", "h3", "section", "td", "th", "figcaption", "pre"):
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        named = [(part, key) for _, part, key in self.stack if part]
        if any(part == "hidden" for part, _ in named):
            return
        part, key = named[-1] if named else ("text", "")
        if part in ("float", "hidden-title-block") or part == "math":
            return
        if part == "formula":
            around = [place for place in named if place[0] not in ("formula", "math")]
            if not around or around[-1][0] == "text":
                self.pieces.setdefault(("formula", ""), []).append("\0" + data)
            return
        self.pieces.setdefault((part, key), []).append(data)


def parts(html: str) -> Parts:
    """The parts of a page; formulas are compared as their TeX, floats apart from the text, so that the order of caption and content does not matter."""
    reader = _Reader()
    reader.feed(html)
    found, out = reader.pieces, reader.parts

    def one(part: str, key: str = "") -> str:
        return _plain("".join(found.get((part, key), [])))

    def many(part: str, key: str = "") -> list[str]:
        return [_plain(text) for text in "".join(found.get((part, key), [])).split("\0")[1:]]

    out.title, out.text = one("title"), one("text")
    out.abstract = re.sub(r"\s*Keywords:.*$", "", one("abstract"))
    out.headings = [text for text in (one(part, key) for part, key in found if part == "heading") if text and text not in FURNITURE]
    out.formulas = [_plain(TAG.sub("", text)) for text in many("formula")]
    out.numbers = reader.texts
    for part, key in found:
        if part == "float":
            images = tuple(found.get(("image", key), []))
            if key.startswith("fig-"):
                out.figures.append((key, one("caption", key), images))
            else:
                out.tables.append((key, one("caption", key), tuple(many("cell", key))))
        elif part == "reference":
            out.references[key] = one(part, key)
        elif part == "note":
            out.notes.append(one(part, key))
    return out
