"""Progress on standard error for anything that may take more than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["track"]

T = TypeVar("T")


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate over `items`, showing a bar with rate and time left once two seconds have passed.

    On a terminal the bar is redrawn ten times a second; elsewhere a line is written every ten seconds.
    """
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10.0
    return iter(tqdm(items, desc=label, total=total, delay=2.0, mininterval=interval, leave=False, file=sys.stderr))
