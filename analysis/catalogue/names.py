"""Names of hosts and companions, compared across catalogues that spell them differently."""

import re
import unicodedata

__all__ = ["host_key", "plain_text", "same_orbit"]

MINUS_SIGNS = "\u2010\u2011\u2012\u2013\u2014\u2212"
CATALOGUE_PREFIXES = ((r"^(gliese|gl|gj)(?=\d)", "gj"), (r"^(2massw|2mass|2m)j?(?=\d)", "2massj"), (r"^(bd|cd|cpd)(?=\d)", r"\1+"))


def plain_text(name: str) -> str:
    """`name` with typographic minus signs and quotes replaced by ASCII ones and blanks collapsed."""
    name = unicodedata.normalize("NFKC", name)
    for sign in MINUS_SIGNS:
        name = name.replace(sign, "-")
    return " ".join(name.replace("\u2019", "'").split())


def host_key(name: str) -> str:
    """A spelling-independent key of a host: case, blanks, hyphens and the words "Star" and possessives do not matter.

    The sign of a declination zone is kept ("BD-20 2457" and "BD+20 2457" differ), as is the component letter.
    """
    key = plain_text(name).casefold()
    key = re.sub(r"^(bd|cd|cpd)\s*-\s*(?=\d)", r"\1m", key)
    key = re.sub(r"'s(\s+star)?$", "", key)
    key = re.sub(r"\s+star$", "", key)
    key = re.sub(r"[^a-z0-9+]", "", key)
    for pattern, replacement in CATALOGUE_PREFIXES:
        key = re.sub(pattern, replacement, key)
    return key


def same_orbit(period_a: float, period_b: float, mass_a: float, mass_b: float) -> bool:
    """True when two companions of one host can be the same body: periods within 5 %, or, without both periods, masses within a factor 1.5.

    Missing values are NaN; nothing to compare counts as the same body, because two catalogues that both give one
    companion without period or mass cannot be shown to differ.
    """
    if period_a > 0 and period_b > 0:
        return abs(period_a - period_b) <= 0.05 * max(period_a, period_b)
    if mass_a > 0 and mass_b > 0:
        return max(mass_a, mass_b) <= 1.5 * min(mass_a, mass_b)
    return True
