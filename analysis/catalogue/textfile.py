"""Delimited text as written by archives: read as text, with the line number of every row kept for error messages.

The file is read line by line within bounds on its size, its lines and the memory of its cells, so that no file can hang a build or fill the memory.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from analysis.errors import InputError
from analysis.inputs import checked_file, path_shown, shown

__all__ = ["TextTable", "read_text_table"]

MOST_LINES = 200_000  # five times the archive's table of all parameter sets
MOST_COLUMNS = 5_000
LONGEST_LINE = 2**20  # characters
MOST_MEMORY = 360 * 2**20  # bytes of all cells together: 64 for the object of each, and one for each ASCII or four for any other character
MOST_COMMENTS = 1_000


@dataclass(frozen=True)
class TextTable:
    """A table of unconverted cells: `rows[i]` came from line `lines[i]` (1 = first line) of the file `name`."""

    name: str
    kind: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    sha256: str
    comments: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[str] | None:
        """The cells of a column, stripped of blanks, or None when the file has no such column."""
        if name not in self.header:
            return None
        index = self.header.index(name)
        return [row[index].strip() for row in self.rows]

    def require(self, names: list[str]) -> None:
        """Raise InputError naming the columns of `names` (alternatives separated by |) that the file lacks."""
        missing = [name for name in names if not any(option in self.header for option in name.split("|"))]
        if missing:
            wanted = ", ".join(name.replace("|", " or ") for name in missing)
            verb = "column {} is" if len(missing) == 1 else "columns {} are"
            raise InputError(
                f"{self.name}: {verb.format(wanted)} missing; expected {self.kind}, found the columns "
                f"{', '.join(shown(cell, 20) for cell in self.header[:6])}{' ...' if len(self.header) > 6 else ''}. Export the table again with them."
            )


def read_text_table(path: str | Path, kind: str) -> TextTable:
    """Read a comma-separated file with one header line; lines that start with # are comments, a byte-order mark is skipped.

    Below the header such a line with as many fields as a row may be either and is refused. Within a quoted cell every line belongs to the cell.
    `kind` says in error messages what the file was expected to be. Raises InputError for a missing file, a directory, a pipe or device, an
    unreadable, empty, binary, wrongly encoded or oversized file, another delimiter, repeated column names, a repeated header line, a row of
    another length, or a table without rows.
    """
    path = checked_file(path, kind)
    try:
        with path.open("rb") as stream:
            table = _parsed(shown(path.name, 80), stream, kind)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path_shown(path)} cannot be read ({error.strerror}); expected {kind}.") from None
    return TextTable(table.name, table.kind, table.header, table.rows, table.lines, sha256, table.comments)


def _check_head(name: str, stream: BinaryIO, kind: str) -> None:
    """Raise InputError for a file that starts like something else than a table."""
    head = stream.read(2**16)
    stream.seek(0)
    if not head.strip() and len(head) < 2**16:
        raise InputError(f"{name} is empty; expected {kind} as comma-separated text.")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name} is encoded as UTF-16; expected {kind} in UTF-8. Save it again as UTF-8 text.")
    if b"\0" in head:
        raise InputError(f"{name} is a binary file; expected {kind} as comma-separated text.")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise InputError(f"{name} is a web page or XML, not a table; expected {kind} as comma-separated text. Download the CSV itself.")


def _numbered(name: str, stream: BinaryIO, kind: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers from 1, every kind of line end as a line feed; InputError beyond the bounds or for bytes that are not UTF-8."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline=None)
    try:
        for number in range(1, MOST_LINES + 2):
            try:
                line = text.readline(LONGEST_LINE + 1)
            except UnicodeDecodeError as error:
                number += error.object[: error.start].count(b"\n")
                raise InputError(f"{name}, line {number}: not UTF-8 text; expected {kind} in UTF-8. Save it again as UTF-8 text.") from None
            if not line:
                return
            if len(line) > LONGEST_LINE:
                raise InputError(f"{name}, line {number} has more than {LONGEST_LINE} characters; expected {kind} with one line per row.")
            if "\0" in line:
                raise InputError(f"{name} is a binary file (line {number}); expected {kind} as comma-separated text.")
            yield number, line
    finally:
        text.detach()
    raise InputError(f"{name} has more than {MOST_LINES} lines; expected {kind} with one line per row. Export it again with a narrower filter.")


def _parsed(name: str, stream: BinaryIO, kind: str) -> TextTable:
    """The table in `stream`, without its checksum."""
    _check_head(name, stream, kind)
    fed: list[int] = []  # numbers of the lines given to the CSV reader
    comments: list[str] = []
    source = _numbered(name, stream, kind)
    memory = 0
    within_row = False  # the reader asks for more lines of a row whose quotes are open

    def lines_of_rows() -> Iterator[str]:
        nonlocal memory, within_row
        for number, line in source:
            if line.startswith("#") and not within_row:
                if len(header) > 1 and len(next(csv.reader([line]))) == len(header):
                    raise InputError(
                        f"{name}, line {number}: it starts with # and has as many fields as a row. Remove it if it is a comment, or set its first cell in quotes."
                    )
                comments.extend([line.rstrip("\n")] if len(comments) < MOST_COMMENTS else [])
            elif line.strip() or within_row:
                fed.append(number)
                within_row = True
                memory += len(line) * (1 if line.isascii() else 4)
                yield line

    header: list[str] = []
    reader = csv.reader(lines_of_rows(), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 0
    try:
        for row in reader:
            line, within_row = fed[start], False
            start = reader.line_num
            if not header:
                header = [cell.strip() for cell in row]
                _check_header(name, header, kind)
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{name}, line {line}: {len(row)} fields where the header has {len(header)}; expected {kind}. Mend or remove the line."
                )
            if row[0].strip() == header[0] and [cell.strip() for cell in row] == header:
                raise InputError(f"{name}, line {line}: the header is repeated; expected {kind} with one header. Remove the second header.")
            memory += 64 * len(row)
            if memory > MOST_MEMORY:
                raise InputError(f"{name}, line {line}: the cells up to here take too much memory; expected {kind}. Export only the columns needed.")
            rows.append(row)
            lines.append(line)
    except csv.Error as error:
        raise InputError(f"{name}, near line {fed[min(start, len(fed) - 1)]}: not valid CSV ({shown(error, 80)}); expected {kind}.") from None
    finally:
        source.close()  # lets go of the stream, which its caller closes
    if not fed and not comments:
        raise InputError(f"{name} is empty; expected {kind} as comma-separated text.")
    if not header:
        raise InputError(f"{name} holds only comments; expected {kind} with a header line.")
    if not rows:
        raise InputError(f"{name} has a header but no rows; expected {kind} with at least one row. Export it again with a wider filter.")
    return TextTable(name, kind, header, rows, lines, "", comments)


def _check_header(name: str, header: list[str], kind: str) -> None:
    """Raise InputError for another delimiter, too many columns or repeated column names."""
    if len(header) == 1:
        for delimiter, label in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if delimiter in header[0]:
                raise InputError(f"{name}: columns are separated by {label}; expected {kind} separated by commas. Export it again as CSV.")
        if " " in header[0].strip():
            raise InputError(f"{name}: the header has one column, '{shown(header[0])}'; expected {kind} separated by commas.")
    if len(header) > MOST_COLUMNS:
        raise InputError(f"{name}: the header has {len(header)} columns; expected {kind} with at most {MOST_COLUMNS}. Export only the columns needed.")
    repeated = sorted(cell for cell, times in Counter(header).items() if cell and times > 1)
    if repeated:
        some = ", ".join(shown(cell) for cell in repeated[:3]) + (" ..." if len(repeated) > 3 else "")
        raise InputError(f"{name}: column {some} appears more than once in the header; expected {kind} with each column once.")
