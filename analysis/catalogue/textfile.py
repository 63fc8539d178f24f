"""Delimited text as written by archives: read as text, with the line number of every row kept for error messages."""

import csv
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import InputError

__all__ = ["TextTable", "read_text_table"]


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
                f"{', '.join(self.header[:8])}{' ...' if len(self.header) > 8 else ''}. Export the table again with them."
            )


def _decode(name: str, raw: bytes, kind: str) -> str:
    """Text of `raw`, or InputError for an empty, binary, wrongly encoded or web-page file."""
    if not raw.strip():
        raise InputError(f"{name} is empty; expected {kind} as comma-separated text.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name} is encoded as UTF-16; expected {kind} in UTF-8. Save it again as UTF-8 text.")
    if b"\0" in raw:
        raise InputError(f"{name} is a binary file; expected {kind} as comma-separated text.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{name}, line {line}: not UTF-8 text; expected {kind} in UTF-8. Save it again as UTF-8 text.") from None
    if text.lstrip()[:1] == "<":
        raise InputError(f"{name} is a web page or XML, not a table; expected {kind} as comma-separated text. Download the CSV itself.")
    return text


def read_text_table(path: str | Path, kind: str) -> TextTable:
    """Read a comma-separated file with one header line; lines that start with # are comments, a byte-order mark is skipped.

    `kind` says in error messages what the file was expected to be. Raises InputError for a missing file, a directory, an
    unreadable, empty, binary or wrongly encoded file, another delimiter, repeated column names, a repeated header line, a row of
    another length, or a table without rows.
    """
    path = Path(path)
    name = path.name or str(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; expected {kind}. Check the path.")
    if path.is_dir():
        raise InputError(f"{path} is a directory; expected a file with {kind}.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected {kind}.") from None
    return parse_text_table(name, raw, kind)


def parse_text_table(name: str, raw: bytes, kind: str) -> TextTable:
    """As read_text_table, from bytes already read."""
    text = _decode(name, raw, kind)
    numbered = [(number, line) for number, line in enumerate(io.StringIO(text, newline=None), start=1)]
    comments = [line.rstrip("\n") for _, line in numbered if line.startswith("#")]
    numbered = [(number, line) for number, line in numbered if line.strip() and not line.startswith("#")]
    reader = csv.reader((line for _, line in numbered), strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 0
    try:
        for row in reader:
            line = numbered[start][0]
            start = reader.line_num
            if not header:
                header = [cell.strip() for cell in row]
                _check_header(name, header, kind)
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{name}, line {line}: {len(row)} fields where the header has {len(header)}; expected {kind}. Mend or remove the line."
                )
            if [cell.strip() for cell in row] == header:
                raise InputError(f"{name}, line {line}: the header is repeated; expected {kind} with one header. Remove the second header.")
            rows.append(row)
            lines.append(line)
    except csv.Error as error:
        raise InputError(f"{name}, near line {numbered[min(start, len(numbered) - 1)][0]}: not valid CSV ({error}); expected {kind}.") from None
    if not header:
        raise InputError(f"{name} holds only comments; expected {kind} with a header line.")
    if not rows:
        raise InputError(f"{name} has a header but no rows; expected {kind} with at least one row. Export it again with a wider filter.")
    return TextTable(name, kind, header, rows, lines, hashlib.sha256(raw).hexdigest(), comments)


def _check_header(name: str, header: list[str], kind: str) -> None:
    """Raise InputError for another delimiter or repeated column names."""
    if len(header) == 1:
        for delimiter, label in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if delimiter in header[0]:
                raise InputError(f"{name}: columns are separated by {label}; expected {kind} separated by commas. Export it again as CSV.")
        if " " in header[0].strip():
            raise InputError(f"{name}: the header has one column, '{header[0][:40]}'; expected {kind} separated by commas.")
    repeated = sorted({cell for cell in header if cell and header.count(cell) > 1})
    if repeated:
        raise InputError(f"{name}: column {', '.join(repeated)} appears more than once in the header; expected {kind} with each column once.")
