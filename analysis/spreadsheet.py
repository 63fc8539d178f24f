"""Text cells that a spreadsheet would run as formulas, made harmless on output and restored on input (standard library only).

A cell that starts with = + - @ or a tab or line break is a formula to a spreadsheet (OWASP, "CSV Injection"); an apostrophe before it makes it
text. Numbers are no formulas and stay as they are. A cell that starts with apostrophes before such a character gets one more, so that `restored` gives every
text back, but for carriage returns: writers leave them outside quotes, where a spreadsheet begins a new row, so they become line feeds.
"""

import re

__all__ = ["neutral", "restored"]

_FORMULA = re.compile(r"'*[=+\-@\t\n\uff1d\uff0b\uff0d\uff20]")  # the last four are the full-width forms of = + - @
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?", re.ASCII)


def neutral(cell: str) -> str:
    """`cell` as it may stand in a CSV file that is opened in a spreadsheet."""
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def restored(cell: str) -> str:
    """The text that `neutral` was given, with line feeds for its line ends."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
