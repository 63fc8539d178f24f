"""Whether the pages are current: typesetting is left out where nothing that they show or are made with has changed since.

A digest of everything that went into the pages is written down after they were typeset and checked. `just paper` asks before it calls a
typesetter. A bare `quarto render` asks in its pre-render script, which cannot end a render but may change the list of what is rendered:
Quarto reads the settings again afterwards. It writes SKIP into the local settings; the post-render script takes that away.
"""

import json
import os
import re
from contextlib import suppress
from pathlib import Path

from analysis import cache
from analysis.atomic import write_atomic
from analysis.report.trace import code_id, commit

__all__ = ["LOCAL_SETTINGS", "PAGES", "SETTINGS", "SKIP", "clear_skip", "current", "remember", "skip", "state", "unchanged", "waiting_quarto", "whole_render"]

PAGES = ("_output/manuscript/index.html", "_output/manuscript/index.pdf")
LOCAL_SETTINGS = "_quarto.yml.local"
SETTINGS = ("_quarto.yml", LOCAL_SETTINGS, "_environment", "_environment.local", "requirements.lock", "tools/render.py")
SKIP = '# The pages are current: written before a render that has nothing to do and removed after it.\nproject:\n  render: ["!manuscript/index.qmd"]\n'
STAMP = "paper.txt"
MADE = (".pyc", ".quarto_ipynb")  # beside the text, by those who read it; the second is there while Quarto runs


def state(root: Path, typesetter: str) -> str:
    """Digest of all that the pages are made of and with: text, results, code, commit, settings, typesetter; and of the pages themselves."""
    texts = (path for path in (root / "manuscript").rglob("*") if path.is_file() and path.suffix not in MADE)
    files = {str(path.relative_to(root)): cache.file_digest(path) for path in (*texts, *(root / name for name in (*SETTINGS, *PAGES)))}
    made = json.loads((root / "results" / "provenance.json").read_bytes())["artifacts"]
    return cache.digest([typesetter, made, code_id(root / "analysis"), commit(root), files])


def current(root: Path, folder: Path, typesetter: str) -> bool:
    """True when `typesetter` would make the pages that are there; `folder` holds what was written down (the cache)."""
    stamp = folder / STAMP
    return all((root / page).is_file() for page in PAGES) and stamp.is_file() and stamp.read_bytes() == state(root, typesetter).encode()


def remember(root: Path, folder: Path, typesetter: str) -> None:
    """Write down what the pages, complete and checked, were made of; where that cannot be written the next run typesets again."""
    with suppress(OSError):
        write_atomic(folder / STAMP, state(root, typesetter).encode())


def unchanged(typesetter: str) -> str:
    """The sentence that stands for a typesetting left out."""
    return f"Nothing in the paper has changed since {typesetter} typeset it; to typeset it again, remove _output."


def whole_render(command: list[str]) -> bool:
    """True when a command line of Quarto asks for all pages as the settings have them: `render` without a file, a format or another option."""
    if "render" not in command or os.environ.get("QUARTO_PROFILE"):
        return False
    options = re.sub(r"--(quiet|log(-level|-format)?[ =]\S+)( |$)", "", " ".join(command[command.index("render") + 1 :]))
    return not options.strip()


def waiting_quarto(root: Path) -> str | None:
    """Name and version of the Quarto that runs this process as its script, where it was asked for all pages of `root` as the settings have them."""
    import psutil

    try:
        caller = psutil.Process().parent()
        version = Path(os.environ["QUARTO_SHARE_PATH"], "version").read_text(encoding="utf-8").strip()
        return f"Quarto {version}" if caller and Path(caller.cwd()).samefile(root) and whole_render(caller.cmdline()) else None
    except (KeyError, OSError, psutil.Error):
        return None


def skip(root: Path) -> bool:
    """Tell Quarto, which is waiting for its pre-render script, to render nothing; False where the user has local settings of their own."""
    local = root / LOCAL_SETTINGS
    if local.exists():
        return False
    write_atomic(local, SKIP.encode())
    return True


def clear_skip(root: Path) -> None:
    """Take away what `skip` wrote, also in a run that did not end."""
    local = root / LOCAL_SETTINGS
    if local.is_file() and local.read_bytes() == SKIP.encode():
        local.unlink()
