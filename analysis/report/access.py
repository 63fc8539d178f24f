"""Accessibility of the page: the last touch that every builder's output gets, and the faults that can be seen without a browser."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from analysis.cache import write_atomic

__all__ = ["faults", "finish", "finished", "focusable", "lighter", "scoped", "spaced"]

HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
CELL = re.compile(r"<th(?=[\s>])(?![^>]*\sscope=)")
SCROLLING = re.compile(r'<(?:div aria-describedby="tbl-|span id="eq-)(?![^>]*\stabindex=)[^>]*(?=>)')  # what scrolls sideways on a narrow screen, as Quarto writes it
DRAWING = re.compile(r'(?<=src=")data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)(?=")')
STYLE_LINK = re.compile(r'<link href="data:text/css,([^"]*)"((?:(?!href=)[^>])*)>')
ICONS = re.compile(r'<style type="text/css">\s*@font-face \{[^}]*font-family: "bootstrap-icons".*?</style>', re.DOTALL)
XHTML = re.compile(r'(?<=<html) xmlns="http://www\.w3\.org/1999/xhtml"')  # by it the GNOME desktop takes a file for XHTML, and its browser stops at the first open tag
NAMED = r'<mrow><mi mathvariant="normal">[a-z]{2,}</mi><mo>(?:&#8289;|\u2061)</mo></mrow>'
OPERATOR = re.compile(rf'(</m\w+>)?(<(?P<script>msu[bp])>{NAMED}.*?</(?P=script)>|(?<!<msu[bp]>){NAMED})(?!<mspace)(?=(<mo[^>]*>[(\[]|</)?)', re.DOTALL)
THIN = '<mspace width="0.167em"></mspace>'
QUARTO = re.compile(r'<meta name="generator" content="quarto', re.IGNORECASE)


def scoped(html: str) -> str:
    """`html` with scope="col" on every header cell inside a table's head that has no scope; pandoc writes none."""
    return HEAD.sub(lambda head: CELL.sub('<th scope="col"', head[0]), html)


def focusable(html: str) -> str:
    """`html` in which wide tables and formulas can get the focus, without which no keyboard scrolls them."""
    return SCROLLING.sub(lambda tag: f'{tag[0]} tabindex="0"', html)


def spaced(html: str) -> str:
    """`html` with a thin space on either side of log, sin and their like in formulas, as TeX sets it; pandoc's MathML has none."""

    def apart(found: re.Match) -> str:
        before, name, _, bracket = found.groups()
        left = THIN if before and before not in ("</mo>", "</mspace>") else ""
        return f"{before or ''}{left}{name}{'' if bracket else THIN}"

    return OPERATOR.sub(apart, html)


def _brief(svg: str) -> str:
    """A drawing of Matplotlib's without what no browser needs: comments, metadata, identifiers that nothing refers to, long names of glyphs,
    hundredths of a point in long curves."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL).replace("xlink:href", "href").replace("DejaVuSans-", "D")
    used = set(re.findall(r"#([\w.-]+)", svg))
    svg = re.sub(r' id="([^"]*)"', lambda name: name[0] if name[1] in used else "", svg)
    svg = re.sub(r'(?<= d=")[^"]{400,}', lambda curve: re.sub(r"-?\d+\.\d{2,}", lambda x: f"{float(x[0]):.1f}".rstrip("0").rstrip("."), curve[0]), svg)
    svg = re.sub(r'(?<= style=")[^"]*', lambda style: re.sub(r"([:;]) ", r"\1", style[0]), svg)
    return re.sub(r"\s*\n\s*", " ", svg)


def lighter(html: str) -> str:
    """`html` with its drawings as short, escaped text in place of base64, Quarto's style sheet as it is, and no font of icons that it does not use."""

    def escaped(found: re.Match) -> str:
        text = _brief(base64.b64decode(found[1]).decode("utf-8"))
        text = text.replace("%", "%25").replace("#", "%23").replace("&", "%26").replace("<", "%3C").replace(">", "%3E")
        text = text.replace('"', "%22") if "'" in text else text.replace('"', "'")
        return "data:image/svg+xml," + text.replace("://", ":%2F%2F")

    html = STYLE_LINK.sub(lambda link: f"<style{re.sub(r' rel=.stylesheet.| type=.text/css.', '', link[2])}>{unquote(link[1])}</style>", DRAWING.sub(escaped, html))
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return html if re.search(r'class="[^"]*\bbi\b', shown) else ICONS.sub("", html)


def finished(html: str) -> str:
    """`html` in its last form."""
    return lighter(spaced(focusable(scoped(XHTML.sub("", html)))))


def finish(written: list[Path]) -> None:
    """Bring the HTML files among `written` into their last form, in place."""
    for path in written:
        if path.suffix == ".html" and path.is_file():
            before = path.read_text(encoding="utf-8")
            after = finished(before)
            if after != before:
                write_atomic(path, after.encode())


class _Page(HTMLParser):
    """Language, title, identifiers of the page; headings, images, header cells and links of its main part."""

    def __init__(self) -> None:
        super().__init__()
        self.language = self.title = ""
        self.headings: list[tuple[int, str]] = []
        self.images: list[str] = []
        self.cells = 0
        self.links: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self._main = 0
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "html":
            self.language = given.get("lang", "")
        self._main += tag == "main"
        if tag == "title":
            self._open = "title"
        if not self._main:
            return
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
            self._open = tag
        elif tag == "img":
            if not given.get("alt", "").strip() and given.get("role") != "presentation":
                self.images.append(given.get("src", "")[:60])
            elif self._open == "a":
                self.links[-1] = (self.links[-1][0], given["alt"])
        elif tag == "th":
            self.cells += "scope" not in given
        elif tag == "a" and "href" in given:
            self.links.append((given["href"][:60], given.get("aria-label", "")))
            self._open = "a"

    def handle_endtag(self, tag: str) -> None:
        self._main -= tag == "main"
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "title":
            self.title += data
        elif self._open == "a":
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)
        elif self._open.startswith("h"):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)


def faults(html: str) -> list[str]:
    """What stands in the way of a reader with a screen reader: language, title, headings, alternative texts, header cells, link texts, identifiers.

    What Quarto's own template adds around the text is left to Quarto, and so are its several headings of the first level.
    """
    page, quarto = _Page(), bool(QUARTO.search(html))
    page.feed(html)
    problems = [f"the page has no {name}" for name, found in (("language", page.language), ("title", page.title)) if not found.strip()]
    problems += [f"an image without alternative text: {source}" for source in page.images]
    levels = [level for level, _ in page.headings]
    for before, (level, text) in zip(levels, page.headings[1:], strict=False):
        if level > before + 1:
            problems.append(f"a heading of level {level} after one of level {before}: {' '.join(text.split())}")
    if page.cells:
        problems.append(f"header cells of tables without scope: {page.cells}")
    if quarto:
        return problems
    if levels.count(1) != 1:
        problems.append(f"headings of the first level: {levels.count(1)} instead of one")
    problems += [f"a link without text: {target}" for target, text in page.links if not text.strip()]
    return problems + [f"an identifier that is used twice: {name}" for name in sorted({name for name in page.ids if page.ids.count(name) > 1})]
