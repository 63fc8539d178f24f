"""Progress on standard error for anything that may take more than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO, TypeVar

__all__ = ["meter", "track"]

T = TypeVar("T")


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate over `items`, showing a bar with rate and time left once two seconds have passed.

    On a terminal the bar is redrawn ten times a second; elsewhere a line is written every ten seconds.
    """
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10.0
    return iter(tqdm(items, desc=label, total=total, delay=2.0, mininterval=interval, leave=False, file=sys.stderr))


class _Lines:
    """A text stream on which every redraw of a bar becomes a line of its own."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> None:
        if text.strip():
            self._stream.write(text.strip() + "\n")

    def flush(self) -> None:
        self._stream.flush()


def meter(label: str, total: int, initial: int = 0, unit: str = "it") -> Any:
    """A bar over `total` units of which `initial` are done, with rate and time left, moved by its update(n); close it, or use it in a `with`.

    On a terminal the bar is redrawn ten times a second; elsewhere a line is written every ten seconds.
    """
    from tqdm import tqdm

    here = sys.stderr.isatty()
    return tqdm(
        desc=label, total=total, initial=initial, unit=f" {unit}", delay=0 if here else 2.0, mininterval=0.1 if here else 10.0, leave=False,
        ncols=None if here else 100, file=sys.stderr if here else _Lines(sys.stderr),
    )
