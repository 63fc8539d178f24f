"""What the manuscript's chunks call: print the Markdown of a figure or table that the build has made.

Only the standard library is used, so that a chunk costs nothing. Paths are relative to the manuscript's folder.
"""

import html
import json
import re
import sys

from analysis.report import trace as origin
from analysis.runtime import ROOT

__all__ = ["explorer", "figure", "origins", "table", "trace"]

RESULTS = ROOT / "results"
MANUSCRIPT = ROOT / "manuscript" / "index.qmd"
ASSETS = ROOT / "manuscript" / "explorer"
TRACE = ROOT / "manuscript" / "trace"
STATIC = {
    "fig-clustering": "mass ratio and axis", "fig-ae": "eccentricity and axis", "fig-levels": "feasibility by level", "fig-age": "feasibility by age",
}
# Catalogue names are not ours: nothing in the data may end the script element, start a comment in it, or look like a shortcode.
ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})

MARKUP = re.compile(r"[\\|`*\[\]<>$^~]")
# Blanks at which no line of a cell breaks: around signs, within an interval, before a unit.
TIED = re.compile(r" (?=[±×=</] |(?:to|of) [\d−])|(?<=[±×=</]) |(?<=\b(?:to|of)) (?=[\d−])|(?<=adjusted) (?=\d)|(?<=High) (?=q\b)|(?<=Low) (?=q\b)|(?<=With) (?=e\b)|(?<=\d) (?=(?:%|ppm|dex|au|yr|Gyr)(?!\w))")
SYMBOLS = {"r_crit": r"r_\mathrm{crit}", "r_t": r"r_\mathrm{t}", "ε_SA": r"\varepsilon_\mathrm{SA}", "R★": r"R_\star"}  # of the heads of columns, as formulas
SYMBOL = re.compile("|".join(SYMBOLS))


def _content(name: str) -> dict:
    path = RESULTS / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise FileNotFoundError(f"{path} is missing: build the results first with `just analyze`") from None


def figure(stem: str, width: str = "100%", one_column: bool = False) -> None:
    """Print the image of a figure with the alternative text that the build composed for it, and in HTML where its data and script are.

    `width` is a share of the page in print, or of a column for a figure drawn for `one_column`, which is narrower on a screen too.
    """
    alt = _content("figures.json")[stem]["alt"].replace('"', "'")
    print(f'![](../results/{stem}.svg){{{".one-column " if one_column else ""}fig-alt="{alt}" width={width}}}\n')
    _raw(origin.figure_sources(RESULTS, stem))


def table(name: str) -> None:
    """Print a table of tables.json as a Markdown pipe table; numeric columns are right-aligned. HTML tells where it comes from."""
    content = _content("tables.json")[name]
    print(pipe_table(content["columns"], content["rows"]))
    _raw(origin.table_sources(content, name))


def origins() -> None:
    """Print the table of the numbers in the text by artifact, for the appendix; it follows the manuscript, so no artifact holds it."""
    content = origin.origin_rows(RESULTS, MANUSCRIPT.read_text(encoding="utf-8"))
    print(pipe_table(content["columns"], content["rows"]))
    _raw(origin.table_sources(content, "origins"))


def trace() -> None:
    """Print the block that lets a reader of the HTML ask each number where it comes from; without scripts a number stays a number."""
    _content("numbers.json")
    style, script = ((TRACE / name).read_text(encoding="utf-8") for name in ("trace.css", "trace.js"))
    data = embedded(origin.content(RESULTS, MANUSCRIPT.read_text(encoding="utf-8")))
    _raw(f'<style>\n{style}</style>\n<script type="application/json" id="tr-data">{data}</script>\n<script>\n{script}</script>')


def _raw(text: str) -> None:
    """Print `text` as a block of raw HTML, which other formats leave out."""
    if text:
        print(f"``````{{=html}}\n{text}\n``````\n")


def explorer(figures: dict[str, str] = STATIC) -> None:
    """Print the interactive section, without its heading, as a block of raw HTML, which other formats leave out.

    Style, data and script stand in the page itself. `figures` are the figures that show the same without scripts, words by id.
    """
    style, script = ((ASSETS / name).read_text(encoding="utf-8") for name in ("explorer.css", "explorer.js"))
    links = ", ".join(f'<a href="#{name}">{html.escape(words)}</a>' for name, words in figures.items())
    lines = [
        "``````{=html}", '<section class="xp" aria-label="Explorer">',
        f"<style>\n{style}</style>", f"<noscript><p>This section needs scripts. The figures show the same: {links}.</p></noscript>",
        '<div id="xp-body" hidden></div>', f'<script type="application/json" id="xp-data">{embedded(_content("explorer.json"))}</script>',
        f"<script>\n{script}</script>", "</section>", "``````", "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def embedded(content: dict) -> str:
    """JSON on one line that is safe inside a script element; the escaped characters occur in its strings alone."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(ESCAPED)


def _width(cells: list[str]) -> int:
    """Characters for a column: its longest cell, or less where cells are long, so that all columns wrap to about as many lines."""
    mean = sum(map(len, cells)) / len(cells)
    return max(3, min(max(map(len, cells)), max(round(6 * mean**0.5), max(len(word) for cell in cells for word in cell.split(" ")))))


def pipe_table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown pipe table; a column whose cells all start like numbers is right-aligned.

    Cells are text: what Markdown would take for markup is escaped, and numbers are tied to their signs and units. The dashes give pandoc the relative widths of the columns, which it uses when a row is too long for one line.
    """
    starts = [[str(row[i]).lstrip("−-–<>≤≥~ ")[:1] for row in rows] for i in range(len(columns))]
    numeric = [any(column) and all(start == "" or start.isdigit() for start in column) for column in starts]
    cells = [[TIED.sub("\u00a0", str(cell)) for cell in line] for line in [columns, *rows]]
    widths = [_width(list(column)) for column in zip(*cells, strict=True)]
    head, *body = [[MARKUP.sub(r"\\\g<0>", cell) for cell in line] for line in cells]
    head = [SYMBOL.sub(lambda found: f"${SYMBOLS[found[0]]}$", cell) for cell in head]
    lines = [head, ["-" * width + ":" if right else ":" + "-" * width for width, right in zip(widths, numeric, strict=True)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
