"""What the manuscript's chunks call: print the Markdown of a figure or table that the build has made.

Only the standard library is used, so that a chunk costs nothing. Paths are relative to the manuscript's folder.
"""

import json

from analysis.runtime import ROOT

__all__ = ["figure", "table"]

RESULTS = ROOT / "results"


def _content(name: str) -> dict:
    path = RESULTS / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise FileNotFoundError(f"{path} is missing: build the results first with `just analyze`") from None


def figure(stem: str, width: str = "100%") -> None:
    """Print the image of a figure with the alternative text that the build composed for it."""
    alt = _content("figures.json")[stem]["alt"].replace('"', "'")
    print(f'![](../results/{stem}.svg){{fig-alt="{alt}" width={width}}}\n')


def table(name: str) -> None:
    """Print a table of tables.json as a Markdown pipe table; numeric columns are right-aligned."""
    content = _content("tables.json")[name]
    print(pipe_table(content["columns"], content["rows"]))


def pipe_table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown pipe table; a column whose cells all start like numbers is right-aligned.

    The dashes give pandoc the relative widths of the columns, which it uses when a row is too long for one line.
    """
    starts = [[str(row[i]).lstrip("−-–<>≤≥~ ")[:1] for row in rows] for i in range(len(columns))]
    numeric = [any(column) and all(start == "" or start.isdigit() for start in column) for column in starts]
    widths = [min(max(len(str(row[i])) for row in [columns, *rows]), 40) for i in range(len(columns))]
    lines = [columns, ["-" * width + ":" if right else ":" + "-" * width for width, right in zip(widths, numeric, strict=True)], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
