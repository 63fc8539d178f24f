"""What a parameter carries beside its value, and the words and bounds that many share."""

from dataclasses import field
from math import inf
from typing import Any

__all__ = ["CHOICE", "POSITIVE", "SHARE", "SPEC", "param"]

SPEC = "specification"
CHOICE = "our choice, varied in the sensitivity study"
POSITIVE, SHARE = (0, inf), (0, 1)


def param(default: Any, unit: str, meaning: str, source: str = "", within: tuple[float, float] = (-inf, inf)) -> Any:
    """A dataclass field that carries its unit, meaning and source; its numbers lie above within[0] and up to within[1]."""
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "source": source, "within": within})
