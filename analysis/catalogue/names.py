"""Names of hosts and companions, compared across catalogues that spell them differently."""

import re
import unicodedata

__all__ = ["LONGEST_TEXT", "ascii_minus", "host_key", "plain_text", "same_orbit", "text_problem"]

MINUS_SIGNS = "\u2010\u2011\u2012\u2013\u2014\u2212"
LONGEST_TEXT = 200  # characters of a name or a reference
MARKUP = frozenset("<>{}|\\`$")  # in no name, and each with a meaning to the page or the paper that a name ends in
CATALOGUE_PREFIXES = ((r"^(gliese|gl|gj)(?=\d)", "gj"), (r"^(2massw|2mass|2m)j?(?=\d)", "2massj"), (r"^(bd|cd|cpd)(?=\d)", r"\1+"))


def ascii_minus(text: str) -> str:
    """`text` with typographic hyphens, dashes and minus signs replaced by the ASCII one."""
    if not text.isascii():
        for sign in MINUS_SIGNS:
            text = text.replace(sign, "-")
    return text


def plain_text(name: str) -> str:
    """`name` with typographic minus signs and quotes replaced by ASCII ones and blanks collapsed."""
    return " ".join(ascii_minus(unicodedata.normalize("NFKC", name)).replace("\u2019", "'").split())


def text_problem(text: str, longest: int = LONGEST_TEXT) -> str:
    """What keeps `text` from being a name or a reference, to follow it in a sentence, or an empty string.

    Control and direction characters, characters with a meaning in markup, links and undue length are refused, since names are shown
    in terminals, spreadsheets, pages and the paper. The length comes first: normalising takes quadratic time on long runs of accents.
    """
    if len(text) > longest:
        return f"has {len(text)} characters of at most {longest}"
    if text.isascii() and text.isprintable() and MARKUP.isdisjoint(text) and "](" not in text:
        return ""
    plain = plain_text(text)
    if len(plain) > longest:
        return f"has {len(plain)} characters of at most {longest}"
    for character in plain:
        if character in MARKUP or unicodedata.category(character).startswith("C"):
            return f"holds the character U+{ord(character):04X}"
    return "holds the link sign ](" if "](" in plain else ""


def host_key(name: str) -> str:
    """A spelling-independent key of a host: case, blanks, hyphens and the words "Star" and possessives do not matter.

    The sign of a declination zone is kept ("BD-20 2457" and "BD+20 2457" differ), as are the component letter and the letters of any
    alphabet; a name without a letter or digit is its own key.
    """
    key = plain_text(name).casefold()
    key = re.sub(r"^(bd|cd|cpd)\s*-\s*(?=\d)", r"\1m", key)
    key = re.sub(r"'s(\s+star)?$", "", key)
    key = re.sub(r"\s+star$", "", key)
    key = re.sub(r"[^\w+]|_", "", key)
    for pattern, replacement in CATALOGUE_PREFIXES:
        key = re.sub(pattern, replacement, key)
    return key or plain_text(name)


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
