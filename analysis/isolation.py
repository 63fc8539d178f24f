"""The same program on every machine and in every home folder, made so before anything else is imported (standard library only)."""

import hashlib
import os
import sys
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import TracebackType

from analysis.kernel_store import guard_kernels

__all__ = ["isolate"]

HOMES = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")  # of the kernel that runs the chunks


class _ByContent(SourceFileLoader):
    """Loads modules of the package; bytecode counts when it was made from the same content, whatever the clock says.

    Python itself compares size and time of the source, so that an edit of equal size within a second, or files that were unpacked with
    fixed times, would run the old code.
    """

    def path_stats(self, path: str) -> dict[str, int]:
        """Size, and a digest of the content in the place of the time."""
        content = self.get_data(path)
        return {"mtime": int.from_bytes(hashlib.sha256(content).digest()[:4], "little"), "size": len(content)}


def _trust_no_times(package: Path) -> None:
    """Load whatever follows of the package by content."""

    def finder(path: str) -> FileFinder:
        if not Path(path).is_relative_to(package):
            raise ImportError
        return FileFinder(path, (_ByContent, [".py"]))

    sys.path_hooks.insert(0, finder)
    for path in [path for path in sys.path_importer_cache if Path(path).is_relative_to(package)]:
        del sys.path_importer_cache[path]


def _open_streams() -> None:
    """Give a program that was started without standard streams empty ones, so that no file of ours takes their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (open as long as the program runs)


def _kernel_cache() -> None:
    """Where compiled kernels cannot be kept, use a folder of this process: Numba would put them beside the sources and trust their times."""
    folder = os.environ.get("NUMBA_CACHE_DIR", "")
    try:
        os.makedirs(folder, exist_ok=True)
        good = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        good = False
    if not good:
        import atexit
        import shutil
        import tempfile

        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="vlms-kernels-")
        atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)


def _be_brief() -> None:
    """Let Ctrl-C end a program without a traceback also before its command has begun."""
    usual = sys.excepthook

    def told(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("\nInterrupted; nothing was changed.", file=sys.stderr)
        else:
            usual(kind, error, where)

    sys.excepthook = told


def isolate(package: Path, cache: Path) -> None:
    """Load the modules of `package` by content, and keep what libraries write for themselves in the folder `cache` instead of the home folder."""
    _kernel_cache()
    guard_kernels(cache)
    # A person's own matplotlibrc would change figures.
    os.environ["MPLCONFIGDIR"] = str(cache / "matplotlib")
    os.environ.pop("MATPLOTLIBRC", None)
    for name in HOMES:
        os.environ[name] = str(cache / "jupyter")
    _open_streams()
    _be_brief()
    _trust_no_times(package)
