"""Every run mirrors its terminal output to a timestamped log, and errors also to the paired error file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from analysis.errors import InputError

__all__ = ["DEFAULTS", "mirrored"]

DEFAULTS = {"logdir": "logs", "errordir": "errors", "log_basename": "panoptic_vlms", "error_basename": "panoptic_vlms_error"}


class _Tee:
    """A text stream that also writes to files; a bar's carriage-return redraws stay on the terminal only."""

    def __init__(self, stream: TextIO, *copies: TextIO):
        self._stream, self._copies = stream, copies

    def write(self, text: str) -> int:
        for copy in self._copies:
            if "\r" not in text:
                copy.write(text)
                copy.flush()
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        return self._stream.encoding


@contextmanager
def mirrored(logdir: str, errordir: str, log_basename: str, error_basename: str) -> Iterator[Path]:
    """Mirror standard output and error to `<logdir>/<log_basename>_<timestamp>.log`, errors also to the paired file.

    Yields the path of the log. Raises InputError when a directory cannot be written or a basename holds a separator.
    """
    stamp = datetime.now().strftime("%Y%m%d_%H%M%S_%f")
    paths = []
    for option, folder, name in (("--logdir", logdir, log_basename), ("--errordir", errordir, error_basename)):
        if not name or Path(name).name != name:
            raise InputError(f"{name!r} is not a file name; give the log basename without a directory and use {option} for that.")
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / f"{name}_{stamp}.log"
            path.touch()
        except OSError as error:
            raise InputError(f"{option} {folder}: cannot write logs there ({error.strerror}); choose another directory.") from None
        paths.append(path)
    out, err = sys.stdout, sys.stderr
    with open(paths[0], "a", encoding="utf-8") as log, open(paths[1], "a", encoding="utf-8") as errors:
        sys.stdout, sys.stderr = _Tee(out, log), _Tee(err, log, errors)  # type: ignore[assignment]
        try:
            yield paths[0]
        finally:
            sys.stdout, sys.stderr = out, err
