"""The author's own files: settings of Quarto, the text and its front matter. What is wrong in them is told in one sentence."""

from pathlib import Path
from typing import Any

from analysis.errors import InputError

__all__ = ["authors", "listed", "read_manuscript", "read_settings", "read_text"]


def read_text(path: Path) -> str:
    """The text of a file; raises InputError where it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path.name}: no such file in {path.parent}; restore it.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{path.name} line {line}: not UTF-8; save the file in this encoding.") from None


def _mapping(text: str, name: str, first: int = 1) -> dict[str, Any]:
    """The YAML mapping `text`, whose first line is line `first` of the file `name`."""
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "a character that YAML does not know"
        raise InputError(f"{name} line {(mark.line if mark else 0) + first}: no valid YAML ({problem}); correct it.") from None
    if not isinstance(found, dict):
        raise InputError(f"{name} line {first}: expected lines of the form 'key: value' and found none; correct it.")
    return found


def read_settings(root: Path) -> dict[str, Any]:
    """_quarto.yml of the project at `root`; raises InputError where it is not as Quarto wants it."""
    return _mapping(read_text(root / "_quarto.yml"), "_quarto.yml")


def read_manuscript(path: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body of a .qmd; raises InputError where the front matter is missing or no YAML."""
    before, *rest = read_text(path).split("---\n", 2)
    if before.strip() or len(rest) < 2:
        raise InputError(f"{path.name} line 1: the front matter must stand between two lines of ---; put them there.")
    return _mapping(rest[0], path.name, first=2), rest[1]


def listed(value: Any) -> list[Any]:
    """`value` as the list that front matter may also write as one item, or leave out."""
    return value if isinstance(value, list) else [] if value is None else [value]


def authors(front: dict[str, Any]) -> list[dict[str, Any]]:
    """Each author as a dict with name, affiliations (list of texts), and orcid and email where given; the field may hold names alone."""
    people = [one if isinstance(one, dict) else {"name": str(one)} for one in listed(front.get("author"))]
    return [
        {
            **{key: one[key] for key in ("orcid", "email") if one.get(key)}, "name": one["name"],
            "affiliations": [place["name"] if isinstance(place, dict) else place for place in listed(one.get("affiliations", one.get("affiliation")))],
        }
        for one in people
    ]
