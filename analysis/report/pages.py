"""Whether the pages are current: typesetting is left out where nothing that they show or are made with has changed since.

A digest of everything that goes into the pages is taken before they are typeset and written down with theirs afterwards, if they pass the checks
and nothing has changed meanwhile. `just paper` asks before it calls a typesetter. A bare `quarto render` asks in its pre-render script, which
cannot end a render but may change the list of what is rendered, for Quarto reads the settings again afterwards: it writes SKIP into the local
settings. The post-render script takes that away, or, where Quarto does not come so far, a process that waits for Quarto's end.
"""

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from analysis import cache
from analysis.atomic import write_atomic
from analysis.report.trace import code_id, commit

__all__ = ["LOCAL_SETTINGS", "PAGES", "SKIP", "begin", "clear_after", "clear_skip", "current", "remember", "skip", "unchanged", "waiting_quarto", "whole_render"]

PAGES = ("_output/manuscript/index.html", "_output/manuscript/index.pdf")
LOCAL_SETTINGS = "_quarto.yml.local"
SKIP = '# The pages are current: written before a render that has nothing to do and removed after it.\nproject:\n  render: ["!manuscript/index.qmd"]\n'
SETTINGS = (".bib", ".cff", ".csl", ".css", ".html", ".local", ".lock", ".lua", ".scss", ".tex", ".typ", ".yaml", ".yml")
BEGUN, STAMP = "typesetting.txt", "paper.txt"
MADE = (".pyc", ".quarto_ipynb")  # beside the text, by those who read it; the second is there while Quarto runs


def _inputs(root: Path, typesetter: str) -> str:
    """Digest of all that the pages are made of and with: text, results, code, commit, settings, typesetter.

    Of the project's own folder every file that may hold settings counts, whatever the settings name: _brand.yml, a style of citations.
    """
    own = (path for path in root.iterdir() if path.name.startswith("_") or path.suffix in SETTINGS)
    folders = (path for name in ("manuscript", "_extensions") for path in (root / name).rglob("*"))
    single = (root / "tools" / "render.py", root / "results" / "provenance.json")
    files = [path for path in (*own, *folders, *single) if path.is_file() and path.suffix not in MADE]
    found = {str(path.relative_to(root)): cache.file_digest(path) for path in files}
    return cache.digest([typesetter, os.environ.get("QUARTO_PROFILE", ""), code_id(root / "analysis"), commit(root), found])


def _pages(root: Path) -> str:
    return cache.digest([cache.file_digest(root / page) for page in PAGES])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def current(root: Path, folder: Path, typesetter: str) -> bool:
    """True when `typesetter` would make the pages that are there; `folder` holds what was written down (the cache)."""
    return all((root / page).is_file() for page in PAGES) and _read(folder / STAMP) == f"{_inputs(root, typesetter)} {_pages(root)}"


def begin(root: Path, folder: Path, typesetter: str) -> None:
    """Take the digest of what the pages are about to be made of."""
    with suppress(OSError):
        write_atomic(folder / BEGUN, _inputs(root, typesetter).encode())


def remember(root: Path, folder: Path, typesetter: str) -> None:
    """Write down what the pages, complete and checked, were made of, unless it has changed since `begin`; where that fails the next run typesets again."""
    inputs = _inputs(root, typesetter)
    if _read(folder / BEGUN) == inputs:
        with suppress(OSError):
            write_atomic(folder / STAMP, f"{inputs} {_pages(root)}".encode())


def unchanged(typesetter: str) -> str:
    """The sentence that stands for a typesetting left out."""
    return f"Nothing in the paper has changed since {typesetter} typeset it; to typeset it again, remove _output."


def whole_render(command: list[str]) -> bool:
    """True when a command line of Quarto asks for all pages as the settings have them: `render` without a file, a format or another option."""
    if "render" not in command:
        return False
    options = re.sub(r"--(quiet|log(-level|-format)?[ =]\S+)( |$)", "", " ".join(command[command.index("render") + 1 :]))
    return not options.strip()


def waiting_quarto(root: Path) -> tuple[str, int] | None:
    """Name with version and process id of the Quarto that runs this process as its script, where it was asked for all pages of `root`; else None."""
    import psutil

    try:
        caller = psutil.Process().parent()
        version = Path(os.environ["QUARTO_SHARE_PATH"], "version").read_text(encoding="utf-8").strip()
        return (f"Quarto {version}", caller.pid) if caller and Path(caller.cwd()).samefile(root) and whole_render(caller.cmdline()) else None
    except (KeyError, OSError, psutil.Error):
        return None


def skip(root: Path, process: int) -> bool:
    """Tell the Quarto that is `process` and waits for its pre-render script to render nothing; False where the user has local settings of their own."""
    local = root / LOCAL_SETTINGS
    if os.path.lexists(local):
        return False
    # A render that is killed before its post-render script would leave a project without a page behind.
    watch = f"from analysis.report.pages import clear_after; clear_after({str(root)!r}, {process})"
    silent = subprocess.DEVNULL
    subprocess.Popen([sys.executable, "-c", watch], cwd=Path(__file__).parents[2], stdin=silent, stdout=silent, stderr=silent, start_new_session=True)
    write_atomic(local, SKIP.encode())
    return True


def clear_skip(root: Path) -> None:
    """Take away what `skip` wrote, also in a run that did not end."""
    local = root / LOCAL_SETTINGS
    if not local.is_symlink() and _read(local) == SKIP:
        local.unlink(missing_ok=True)


def clear_after(root: str, process: int) -> None:
    """Take away what `skip` wrote as soon as a process has ended."""
    import psutil

    with suppress(psutil.Error):
        psutil.Process(process).wait()
    clear_skip(Path(root))
