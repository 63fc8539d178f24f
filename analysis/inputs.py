"""What a file or an option given to the pipeline may be, and how text from it may appear in a message (standard library only).

A path that is a pipe, a device or a directory, and a file larger than any sound one, are refused before a byte is read, so that nothing hangs
and nothing fills the memory.
"""

import argparse
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from analysis.errors import InputError

__all__ = ["LARGEST_TABLE", "LARGEST_TEXT", "checked_file", "not_empty", "path_shown", "read_bounded", "sentence", "set_options", "shown"]

LARGEST_TABLE = 100 * 2**20  # bytes; the archive's composite table with every column it has is somewhat smaller
LARGEST_TEXT = 2**20  # bytes of a file written by hand: labels, parameters, manifests
LONGEST_PATH_SHOWN = 120  # characters
LONGEST_SENTENCE = 800  # characters; a message that lists the names of all sections stays below it
CALLED_FROM = "VLMS_CALLED_FROM"  # environment: the folder in which the user called just, whose recipes run in the project folder


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(text: object, longest: int = 40) -> str:
    """`text` as a message may show it: its start, in at most `longest` characters, control and direction characters written as escapes."""
    return _escaped(str(text)[:longest])[:longest]


def path_shown(path: str | Path) -> str:
    """A path as a message may show it; the end of a long one, since that names the file."""
    text = _escaped(os.fspath(path))
    return text if len(text) <= LONGEST_PATH_SHOWN else "..." + text[-LONGEST_PATH_SHOWN:]


def sentence(error: object) -> str:
    """The text of an error on one line of bounded length, without control characters; readers that quote a cell rely on it."""
    raw = " ".join(str(error).split("\n"))[: 2 * LONGEST_SENTENCE]
    text = _escaped(raw)
    longest = LONGEST_SENTENCE if text == raw else LONGEST_SENTENCE // 2  # what needs escapes is not ours
    return text if len(text) <= longest else f"{text[: longest - 100]} ... {text[-90:]}"


def not_empty(text: str) -> str:
    """The value of an option that takes text, for argparse; an empty one comes from a shell variable that is not set and is refused."""
    if not text:
        raise argparse.ArgumentTypeError("its value is empty; leave the option out, or set the variable that it comes from")
    return text


def set_options(texts: list[str], example: str) -> dict[str, dict[str, Any]]:
    """What options --set section.name=value say, as {section: {name: value}}; a value that is no TOML is text.

    Raises InputError, which shows `example`, for one of another form.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        section, dot, parameter = name.partition(".")
        if not (equals and dot):
            raise InputError(f"--set {shown(text)}: expected section.name=value, for instance --set {example}.")
        try:
            parsed = tomllib.loads(f"value = {value}")
        except (ValueError, RecursionError):  # also a number with too many digits, or lists within lists without end
            parsed = {}
        found.setdefault(section, {})[parameter] = parsed["value"] if set(parsed) == {"value"} else value  # a second line would be another key
    return found


def _meant(path: str | Path) -> str:
    """A sentence on a missing file that lies in the folder in which the user called just; empty when there is none."""
    folder = os.environ.get(CALLED_FROM)
    try:
        there = os.path.realpath(os.path.join(folder, os.path.relpath(path))) if folder else ""
        return f" Relative paths start at the project folder: give {path_shown(there)}." if there and os.path.isfile(there) else ""
    except (OSError, ValueError):
        return ""


def checked_file(path: str | Path, expected: str, largest: int = LARGEST_TABLE) -> Path:
    """`path`, when it is an ordinary file of at most `largest` bytes (links are followed).

    `expected` says in messages what the file should hold. Raises InputError for anything else; the file is not opened.
    """
    name = path_shown(path)
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{name} is not a path in UTF-8; expected {expected}. Rename the file or its folder.") from None
    try:
        found = os.stat(path)
    except ValueError:
        raise InputError(f"{name} cannot be a path (it holds a null character); expected a file with {expected}.") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{name}: no such file; expected {expected}. Check the path.{_meant(path)}") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); expected {expected}.") from None
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{name} is a directory; expected a file with {expected}.")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{name} is a pipe, socket or device; expected {expected} in an ordinary file. Save it to a file first.")
    if found.st_size > largest:
        raise InputError(
            f"{name} has {found.st_size / 2**20:.0f} MB; expected {expected} of at most {largest / 2**20:.0f} MB. Keep only the columns and rows needed."
        )
    return Path(path)


def read_bounded(path: str | Path, expected: str, largest: int = LARGEST_TEXT) -> bytes:
    """The bytes of an ordinary file; InputError as `checked_file`, or when it cannot be read or grows beyond `largest` meanwhile."""
    file = checked_file(path, expected, largest)
    try:
        with file.open("rb") as stream:
            raw = stream.read(largest + 1)
    except OSError as error:
        raise InputError(f"{path_shown(path)} cannot be read ({error.strerror}); expected {expected}.") from None
    if len(raw) > largest:
        raise InputError(f"{path_shown(path)} grows while it is read; expected {expected} of at most {largest / 2**20:.0f} MB.")
    return raw
