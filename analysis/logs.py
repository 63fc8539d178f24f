"""Every run mirrors its terminal output to a timestamped log, errors also to the paired error file, and keeps a journal of JSON lines.

The files hold plain UTF-8 text without escape sequences and redrawn bars. Old runs are removed when a new one starts. A log that can no longer
be written is told once, and the run goes on.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from analysis.errors import InputError
from analysis.inputs import shown
from analysis.journal import Journal, about_this_run, current

__all__ = ["DEFAULTS", "RunLog", "mirrored", "plain", "remove_old"]

DEFAULTS = {"logdir": "logs", "errordir": "errors", "log_basename": "panoptic_vlms", "error_basename": "panoptic_vlms_error"}
KEEP = "VLMS_LOG_RUNS"  # environment: how many runs stay in the log directory; 0 keeps all
KEPT_RUNS, KEPT_BYTES = 50, 50_000_000
STAMP = r"_(\d{8}_\d{6}_\d{6})"
SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]")
UNPRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """Text for a file: no terminal sequences; other control, direction and surrogate characters as \\xNN or \\uNNNN; line feeds and tabs stay."""
    text = SEQUENCES.sub("", text).replace("\r\n", "\n")
    return UNPRINTED.sub(lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", text)


class _File:
    """A file that is written without a buffer and never raises: the first failure is told, later writes do nothing."""

    def __init__(self, path: Path, tell: Callable[[Path, OSError], None]):
        self.path, self._tell = path, tell
        self._number: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o644)

    def write(self, text: str) -> None:
        if self._number is None:
            return
        data = text.encode("utf-8", "backslashreplace")
        try:
            while data:
                data = data[os.write(self._number, data) :]
        except OSError as error:
            self.close()
            self._tell(self.path, error)

    def hold(self) -> None:
        """Mark the file as in use, so that no other run removes it; the mark ends with the process."""
        with suppress(OSError, ImportError):
            import fcntl

            fcntl.flock(self._number, fcntl.LOCK_SH | fcntl.LOCK_NB)  # type: ignore[arg-type]

    def close(self) -> None:
        number, self._number = self._number, None
        if number is not None:
            with suppress(OSError):
                os.close(number)


class _Tee:
    """A text stream that also writes to files and, line by line, to a function; a bar's redraws stay on the terminal only."""

    def __init__(self, stream: TextIO, files: list[_File], line: Callable[[str], None]):
        self._stream, self._files, self._line, self._rest = stream, files, line, ""

    def write(self, text: str) -> int:
        if not (text.startswith("\r") and not text.startswith("\r\n")):
            cleaned = plain(text)
            for file in self._files:
                file.write(cleaned)
            *lines, self._rest = (self._rest + cleaned).split("\n")
            for line in lines:
                self._line(line)
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:  # the terminal cannot show it
            coding = self.encoding or "ascii"
            return self._stream.write(text.encode(coding, "backslashreplace").decode(coding))

    def finish(self) -> None:
        """Hand over a last line without its line feed."""
        rest, self._rest = self._rest, ""
        if rest:
            self._line(rest)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        return self._stream.encoding


class RunLog:
    """The files of one run: `path` of the log, its `journal`, what to do when a bug shows up, and the exit `status` of the run, set before it ends."""

    def __init__(self, log: _File, journal: Journal):
        self.path, self.journal, self._log, self.status = log.path, journal, log, 0

    def traceback(self) -> None:
        """Write the traceback of the exception that is being handled to the log and the journal, not to the terminal."""
        import traceback

        text = traceback.format_exc()
        self._log.write(plain(text))
        self.journal.record("traceback", "critical", message=text)


def _runs_to_keep() -> int:
    text = os.environ.get(KEEP, "").strip() or str(KEPT_RUNS)
    if not re.fullmatch("[0-9]{1,9}", text):
        raise InputError(f"{KEEP} is {text!r}; expected how many runs keep their logs, a whole number from 0 (all of them). Set another, or unset it.")
    return int(text)


def _mine(folder: Path, name: str, kinds: str) -> dict[str, list[os.DirEntry]]:
    """This user's regular files <name>_<stamp>.<kind> in a folder, by stamp."""
    found: dict[str, list[os.DirEntry]] = {}
    pattern = re.compile(re.escape(name) + STAMP + rf"\.(?:{kinds})")
    with os.scandir(folder) as entries:
        for entry in entries:
            match = pattern.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False) and (not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()):
                found.setdefault(match[1], []).append(entry)
    return found


def _in_use(files: list[os.DirEntry]) -> bool:
    """True when a run that still goes on holds one of these journals."""
    try:
        import fcntl
    except ImportError:
        return False
    for entry in files:
        if entry.name.endswith(".jsonl"):
            try:
                number = os.open(entry.path, os.O_RDONLY)
            except OSError:
                continue
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                continue
            finally:
                os.close(number)
    return False


def remove_old(logdir: Path, errordir: Path, log_basename: str, error_basename: str, runs: int, size: int = KEPT_BYTES) -> None:
    """Remove the files of runs beyond the newest `runs`, or beyond `size` bytes in all; 0 runs: keep everything.

    A file counts only when its whole name is one that a run of this user with these basenames writes and that no running process holds.
    """
    if not runs:
        return
    with suppress(OSError):
        found = _mine(logdir, log_basename, "log|jsonl")
        for stamp, files in _mine(errordir, error_basename, "log").items():
            found.setdefault(stamp, []).extend(files)
        total = 0
        for place, stamp in enumerate(sorted(found, reverse=True)):
            with suppress(OSError):
                total += sum(entry.stat(follow_symlinks=False).st_size for entry in found[stamp])
                if place and (place >= runs or total > size) and not _in_use(found[stamp]):
                    for entry in found[stamp]:
                        os.unlink(entry.path)


def _open_files(places: tuple[tuple[str, str, str, str, str], ...], tell: Callable[[Path, OSError], None]) -> list[_File]:
    """New files <folder>/<name>_<stamp>.<kind> with one stamp that no other run has; the same name twice is one file."""
    while True:
        stamp, files, opened = datetime.now().strftime("%Y%m%d_%H%M%S_%f"), [], {}
        try:
            for option, folder, basename, name, kind in places:
                path = Path(folder) / f"{name}_{stamp}.{kind}"
                if path not in opened:
                    try:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        opened[path] = _File(path, tell)
                    except FileExistsError:
                        if path.parent.is_dir():
                            raise
                        raise InputError(f"{option} {folder}: it is not a directory; choose another one for the logs.") from None
                    except (OSError, ValueError) as error:
                        if getattr(error, "errno", None) == errno.ENAMETOOLONG and os.path.isdir(path.parent):
                            raise InputError(f"{basename} {shown(name)}: no file can have a name as long as that; choose a shorter one.") from None
                        why = getattr(error, "strerror", None) or error
                        raise InputError(f"{option} {folder}: cannot write logs there ({why}); choose another directory.") from None
                files.append(opened[path])
            return files
        except BaseException as error:
            for path, file in opened.items():
                file.close()
                path.unlink(missing_ok=True)
            if not isinstance(error, FileExistsError):
                raise


@contextmanager
def mirrored(
    logdir: str, errordir: str, log_basename: str, error_basename: str, argv: list[str] | None = None, overrides: dict[str, Any] | None = None
) -> Iterator[RunLog]:
    """Mirror standard output and error to `<logdir>/<log_basename>_<stamp>.log`, errors also to the paired file, events to the `.jsonl` beside the log.

    The journal starts with `argv` and `overrides` among its facts. Raises InputError when a directory cannot be written or a basename holds a separator.
    """
    for option, folder, name in (("--log_basename", "--logdir", log_basename), ("--error_basename", "--errordir", error_basename)):
        if not name or Path(name).name != name:
            raise InputError(f"{option} {shown(name)!r} is not a file name; give the log basename without a directory and use {folder} for that.")
    keep = _runs_to_keep()
    out, err = sys.stdout, sys.stderr
    told: list[Path] = []

    def tell(path: Path, error: OSError) -> None:
        if not told:
            with suppress(OSError, ValueError):
                print(f"Note: {plain(str(path))} can no longer be written ({error.strerror}); the run goes on without it.", file=err, flush=True)
        told.append(path)

    log_name, error_name = ("--logdir", logdir, "--log_basename", log_basename), ("--errordir", errordir, "--error_basename", error_basename)
    places = ((*log_name, "log"), (*error_name, "log"), (*log_name, "jsonl"))
    log, errors, lines = _open_files(places, tell)
    lines.hold()
    remove_old(Path(logdir), Path(errordir), log_basename, error_basename, keep)
    journal = Journal(lines.write)
    journal.record("run_start", **about_this_run(sys.argv[1:] if argv is None else argv, overrides or {}))

    def said(line: str) -> None:
        if line.strip():
            journal.record("message", message=line)

    def complained(line: str) -> None:
        if line.strip():
            level = "error" if line.startswith("Error:") else "warning" if line.startswith(("Note:", "Warning:")) else "info"
            journal.record("message", level, stream="stderr", message=line)

    tees = _Tee(out, [log], said), _Tee(err, [log] if errors is log else [log, errors], complained)
    sys.stdout, sys.stderr = tees  # type: ignore[assignment]
    run = RunLog(log, journal)
    try:
        with current(journal):
            yield run
    except BaseException:
        run.status = run.status or 1
        raise
    finally:
        sys.stdout, sys.stderr = out, err
        for tee in tees:
            tee.finish()
        journal.end(run.status)
        for file in (log, errors, lines):
            file.close()
