"""Machine-readable tables of the AAS journals (MRT) from the described tables that the build writes as ECSV."""

import textwrap
import warnings
from pathlib import Path
from typing import Any

from manuscript.build.paper import BuildError

__all__ = ["cds_table", "column_guide", "mrt_text", "read_ecsv"]

ERRORS = ("_err_up", "_err_down", "_limit")
CDS = {"dex": "[-]", "jupiterMass": "Mjup", "jupiterRad": "Rjup"}  # where the names of the CDS standard differ from astropy's own
EMPTY = "(no value in this table)"


def read_ecsv(path: Path) -> Any:
    """The astropy Table of an ECSV file; raises BuildError where it is missing."""
    from astropy.table import Table

    if not path.is_file():
        raise BuildError(f"{path} is missing: build the results first with `just analyze`")
    return Table.read(path, format="ascii.ecsv")


def cds_table(table: Any) -> Any:
    """The table as MRT can hold it: CDS units, booleans and whole numbers as integers, other numbers with every digit that the CSV has.

    A column of numbers that spans many decades is written with exponents throughout, because the writer derives one format from the
    digits it meets.
    """
    import numpy as np
    from astropy import units
    from astropy.table import Column, MaskedColumn, Table

    out = Table()
    for name in table.colnames:
        column = MaskedColumn(table[name])
        mask, values, description, form = np.ma.getmaskarray(column), column.filled(), column.description or name, None
        if column.dtype.kind == "b":
            values, description = np.asarray(values, int), f"{description} (1 yes, 0 no)"
        elif column.dtype.kind == "f":
            known = np.asarray(values, float)[~mask]
            if known.size and np.all(known == np.round(known)) and np.all(np.abs(known) < 1e9):
                values = np.where(mask, 0, values).astype(int)
            elif any("e" in str(value) for value in known.tolist()):
                form = ".9e"
        if values.dtype.kind == "i":  # the writer takes too narrow a field for whole numbers with gaps unless told
            form = f"{max(len(str(value)) for value in values.tolist())}d"
        if mask.all():  # the writer needs one value to find a width, so an empty column becomes blank text
            values, description, form = np.array([""] * len(mask)), f"{description} {EMPTY}", None
        gaps = mask.any() and not mask.all()
        unit = None if column.unit is None else units.Unit(CDS.get(str(column.unit), str(column.unit)), format="cds")
        kept = {"unit": unit, "description": description, "format": form}
        out[name] = MaskedColumn(values, mask=mask, **kept) if gaps else Column(values, **kept)
    return out


def mrt_text(table: Any, file: str, title: str, authors: str, heading: str, notes: list[str]) -> str:
    """The text of an MRT file: heading, byte-by-byte description, notes, data.

    `table` as from `cds_table`; the writer of astropy leaves title, authors, table, file name and notes blank, so they are filled in.
    """
    import io

    from astropy.io import ascii as tables

    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the writer warns that it keeps no other metadata
        tables.write(table, stream, format="mrt")
    text = stream.getvalue()
    for word, content in (("Title:", title), ("Authors:", authors), ("Table:", heading)):
        filled = textwrap.fill(f"{word} {content}", 80, subsequent_indent="    ")
        text = text.replace(f"{word}\n", f"{filled}\n", 1)
    text = text.replace("file: table.dat", f"file: {file}", 1)
    lines = "\n".join(textwrap.fill(note, 80, initial_indent="  ", subsequent_indent="  ") for note in notes)
    return text.replace("\nNotes:\n", f"\nNotes:\n{lines}\n", 1)


def _tex(text: str) -> str:
    """Plain ASCII text as LaTeX."""
    named = {"\\": "textbackslash", "<": "textless", ">": "textgreater", "|": "textbar", "~": "textasciitilde", "^": "textasciicircum"}
    return "".join(f"\\{named[mark]}{{}}" if mark in named else f"\\{mark}" if mark in "&%$#_{}" else mark for mark in text)


def column_guide(table: Any, label: str, caption: str, file: str) -> str:
    """A deluxetable of the columns of a machine-readable table, which the journal wants in the text; errors and limits share a line."""
    lines = []
    place = {name: number for number, name in enumerate(table.colnames, start=1)}
    for name, number in place.items():
        if any(name.endswith(end) and name.removesuffix(end) in place for end in ERRORS):
            continue
        extra = [f"{place[name + end]} {_tex(end)}" for end in ERRORS if name + end in place]
        more = f"; {', '.join(extra)}" if extra else ""
        unit = "\\nodata" if table[name].unit is None else _tex(str(table[name].unit.to_string("cds")))
        description = (table[name].description or "").removesuffix(EMPTY).strip()
        lines.append(f"{number} & {unit} & \\texttt{{{_tex(name)}}} & \\parbox[t]{{0.47\\textwidth}}{{\\raggedright\\strut {_tex(description)}{more}\\strut}}")
    body = " \\\\\n".join(lines)
    return (
        "\\startlongtable\n\\begin{deluxetable}{llll}\n\\tabletypesize{\\scriptsize}\n"
        f"\\tablecaption{{{caption}\\label{{{label}}}}}\n"
        "\\tablehead{\\colhead{Column} & \\colhead{Unit} & \\colhead{Label} & \\colhead{Explanation}}\n\\startdata\n"
        f"{body}\n\\enddata\n\\tablecomments{{The table is available in its entirety in machine-readable form, \\texttt{{{_tex(file)}}}.}}\n\\end{{deluxetable}}\n"
    )
