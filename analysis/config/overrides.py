"""Values of the user in place of defaults, looked at before anything is computed with them."""

import reprlib
from collections.abc import Iterable
from dataclasses import Field, asdict, fields, replace
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any, TypeVar, get_args

from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["with_overrides"]

LARGEST_WHOLE = 2**63 - 1  # what a 64-bit counter holds
SHOWN_NAMES = 8  # in a message
LONGEST_LIST = 100  # numbers of one parameter

Sections = TypeVar("Sections")  # a frozen dataclass of frozen dataclasses: `Config`


def with_overrides(config: Sections, overrides: dict[str, dict[str, Any]], origin: str) -> Sections:
    """A copy of `config` with {section: {name: value}} replaced; `origin` names the source in errors.

    Raises InputError for an unknown section or name, a value of another type, or a number out of range.
    """
    for section, values in overrides.items():
        if section not in asdict(config) or not isinstance(values, dict):
            raise InputError(f"{origin}: [{shown(section)}] is not a section of the configuration; use one of {_some(section, asdict(config))}.")
        current = getattr(config, section)
        for name, value in values.items():
            if name not in asdict(current):
                raise InputError(f"{origin}: [{section}] has no parameter '{shown(name)}'; use one of {_some(name, asdict(current))}.")
            kind = {item.name: item for item in fields(current)}[name]
            current = replace(current, **{name: _coerced(value, kind, f"{origin}: [{section}] {name}")})
        config = replace(config, **{section: current})
    return config


def _some(name: str, known: Iterable[str]) -> str:
    """The names that may have been meant, first those like `name`, and how many more there are."""
    names = list(known)
    first = get_close_matches(name[:40], names, SHOWN_NAMES)
    shown_names = (first + [other for other in names if other not in first])[:SHOWN_NAMES]
    return ", ".join(shown_names) + (f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else "")


def _brief(value: Any) -> str:
    """A value as a message shows it, whatever its size or depth."""
    try:
        return shown(reprlib.repr(value), 80)
    except ValueError:  # a whole number with more digits than Python writes
        return "a number too long to show"


def _as_float(value: float) -> float:
    """A number as float64; a whole number beyond its range is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf


def _coerced(value: Any, parameter: Field[Any], where: str) -> Any:
    """`value` in the type of the parameter's default (None stands for an optional number), within its bounds."""
    default, (low, high) = parameter.default, parameter.metadata["within"]
    if isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, int):
        good = isinstance(value, int) and not isinstance(value, bool)
    elif isinstance(default, float) or default is None:
        good = (value is None and default is None) or (isinstance(value, int | float) and not isinstance(value, bool))
        value = _as_float(value) if good and value is not None else value
    elif isinstance(default, tuple):
        good = isinstance(value, list | tuple) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        value = tuple(_as_float(v) for v in value) if good else value
    else:
        good = isinstance(value, str)
    if not good:
        raise InputError(f"{where} is {_brief(value)}; expected a value like {default!r}.")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, float) and not isfinite(number):
            raise InputError(f"{where} is {_brief(value)}; expected a finite number like {default!r}.")
        if isinstance(number, int | float) and not low < number <= high:
            upper = f" and at most {high:g}" if isfinite(high) else ""
            raise InputError(f"{where} is {_brief(value)}; expected above {low:g}{upper}, like {default!r}.")
    if isinstance(value, tuple):
        declared = get_args(parameter.type)
        length = 0 if Ellipsis in declared else len(declared)
        if not value or len(value) > LONGEST_LIST or (length and len(value) != length):
            expected = f"{length} numbers" if length else f"1 to {LONGEST_LIST} numbers"
            given = f"has {len(value)} numbers" if value else "is empty"
            raise InputError(f"{where} {given}; expected a list of {expected} like {list(default)!r}.")
    least = 0 if where.endswith(" seed") else 1  # every other whole number counts rows, draws, cells or folds
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(default, int) and not least <= value <= LARGEST_WHOLE:
        raise InputError(f"{where} is {_brief(value)}; expected a whole number from {least}, of at most 64 bits.")
    return value
