"""The one formatter of every number in the paper: a value and a format name such as "fixed:2" become text."""

import math
from typing import Any

__all__ = ["MISSING", "formatted"]

MISSING = "not available"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "−"


def _fixed(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", MINUS)


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return _fixed(round(value, places), max(places, 0))


def _scientific(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.replace('-', MINUS)} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def _p_value(value: float, digits: int) -> str:
    """Two decimals above 0.1, `digits` significant ones below, scientific below 0.001."""
    if value >= 0.1:
        return _fixed(value, 2)
    return _significant(value, digits) if value >= 1e-3 else _scientific(value, digits)


FORMATS = {
    "fixed": _fixed,
    "significant": _significant,
    "scientific": _scientific,
    "percent": lambda value, digits: _fixed(100 * value, digits),
    "power": lambda value, digits: _scientific(value, 1).removeprefix("1 × "),
    "milli": lambda value, digits: _fixed(1000 * value, digits),
    "p": _p_value,
    "count": lambda value, digits: f"{round(value):d}".replace("-", MINUS),
    "signed": lambda value, digits: ("+" if float(f"{value:.{digits}f}") > 0 else "") + _fixed(value, digits),
}


def formatted(value: Any, style: str) -> str:
    """Text of `value` in `style` ("name" or "name:digits"; "choice:yes|no" for a bool; "text" leaves strings alone).

    None, NaN and infinities become "not available"; lists are formatted item by item and joined by commas.
    Raises KeyError for an unknown style.
    """
    if value is None:
        return MISSING
    if isinstance(value, list | tuple):
        return ", ".join(formatted(item, style) for item in value) or "none"
    if style == "text" or isinstance(value, str):
        return str(value)
    if style.startswith("choice:"):
        yes, no = style.removeprefix("choice:").split("|")
        return yes if value else no
    name, _, digits = style.partition(":")
    number = float(value)
    return FORMATS[name](number, int(digits or 2)) if math.isfinite(number) else MISSING
