"""What a service says in an answer that is not the table asked for: VOTable error documents, web pages, JSON messages."""

import html
import json
import re

__all__ = ["HEAD", "complaint"]

HEAD = 65536  # bytes that are looked at
LONGEST = 160  # characters of a message that are passed on
MARKUP = 400  # characters of an element's tag, and ten times as many of its content: what is longer is not searched, so that no answer takes long
STATUS = re.compile(
    rf"<(?:\w{{1,20}}:)?INFO\b(?=[^>]{{0,{MARKUP}}}\bname\s?=\s?[\"']QUERY_STATUS[\"'])(?=[^>]{{0,{MARKUP}}}\bvalue\s?=\s?[\"'](?P<value>\w+)[\"'])"
    rf"[^>]{{0,{MARKUP}}}?(?P<end>/?)>", re.IGNORECASE)
TITLE = re.compile(rf"<title[^>]{{0,{MARKUP}}}>(.{{0,{MARKUP}}}?)</title", re.IGNORECASE | re.DOTALL)
OVERFLOW = "the answer is cut short at the row limit of the service (OVERFLOW)"


def complaint(body: bytes) -> str:
    """The message in an answer as one sentence without its full stop, or "" when the answer holds none.

    Known forms: a VOTable whose INFO element QUERY_STATUS is ERROR or OVERFLOW (DALI 1.1, section 4.4), the plain "ERROR ..." of the NASA
    Exoplanet Archive, a web page (its title), and JSON with a "message" (figshare). Only the first HEAD bytes are looked at.
    """
    text = body[:HEAD].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    lower = text[:2000].lower()
    found = STATUS.search(text)
    if found:
        if found["value"].upper() == "OVERFLOW":
            return OVERFLOW
        if found["value"].upper() == "ERROR":
            message = "" if found["end"] else re.split(r"</(?:\w+:)?INFO", text[found.end():], maxsplit=1, flags=re.IGNORECASE)[0]
            return f"the query was refused: {_shortened(message) or 'no reason given'}"
        return ""
    if lower.startswith(("<!doctype html", "<html")) or (lower.startswith("<") and "<html" in lower):
        title = TITLE.search(text)
        shown = _shortened(title[1]) if title else ""
        return "a web page" + (f" entitled '{shown}'" if shown else "")
    if lower.startswith("error"):
        return f"the query was refused: {_shortened(re.sub(r'^error[:,. ]*', '', text, flags=re.IGNORECASE)) or 'no reason given'}"
    if text.startswith("{"):
        try:
            message = json.loads(text).get("message")
        except (ValueError, RecursionError):
            return ""
        return _shortened(message) if isinstance(message, str) else ""
    return ""


def _shortened(message: str) -> str:
    """Text without markup, line breaks and control characters, of its first sentence and at most LONGEST characters."""
    message = re.sub(r"<!\[CDATA\[|\]\]>", " ", message[: 10 * MARKUP])
    message = html.unescape(re.sub(r"<[^>]*>", " ", message))
    message = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    message = re.split(r"(?<=[a-z)\]'\"])[.;!?] ", message, maxsplit=1)[0].rstrip(" .;:!")
    return message if len(message) <= LONGEST else message[: LONGEST - 3].rstrip() + "..."
