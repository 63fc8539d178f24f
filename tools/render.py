"""Typeset the paper: Quarto where 1.7 or later is found, else the fallback builder; say which in one line.

The results are brought up to date first, unless VLMS_EVALUATED=1 says that they are, so that a mistake in the input ends here with its
own sentence and exit status. Where nothing that the pages show or are made with has changed since they were typeset, they stay as they are.
PAPER_BUILDER=fallback in the environment skips Quarto.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_QUARTO = (1, 7)


def find_quarto() -> tuple[str, str] | None:
    """Path and version of a Quarto that starts and is recent enough, in .venv or on the PATH."""
    for place in (str(ROOT / ".venv" / "bin"), None):
        command = shutil.which("quarto", path=place)
        if not command:
            continue
        try:
            answer = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        version = re.match(r"(\d+)\.(\d+)\S*", answer.stdout.strip())
        if answer.returncode == 0 and version and (int(version[1]), int(version[2])) >= OLDEST_QUARTO:
            return command, version[0]
    return None


def render_with_quarto(command: str) -> int:
    """Run `quarto render` on results that are current already; its own checks follow as the post-render script."""
    from analysis.runtime import CACHE_DIR

    homes = {f"XDG_{kind}_HOME": str(CACHE_DIR / "quarto" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}  # instead of the home folder
    environment = {**os.environ, **homes, "VLMS_EVALUATED": "1", "QUARTO_PYTHON": str(ROOT / ".venv" / "bin" / "python")}
    # In a group of its own, so that nothing of it goes on after an interruption.
    with subprocess.Popen([command, "render", "--log-level", "warning"], cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            return process.wait()
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def render_with_fallback() -> int:
    """Run the fallback builder and the same checks."""
    from analysis.report.check import report
    from manuscript.build.paper import BuildError, build

    try:
        return report(ROOT, list(build(ROOT)))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1


def main() -> int:
    """Evaluate, typeset, and name the files; return the exit status."""
    from analysis.commands import guarded

    return guarded(_render, "the paper of the last complete run stays; the same command makes the new one.")


def _render() -> int:
    if os.environ.get("VLMS_EVALUATED") != "1":
        from analysis.__main__ import main as evaluate

        status = evaluate(["--paper"])
        if status:
            return status
    from analysis.report import pages
    from analysis.runtime import CACHE_DIR

    pages.clear_skip(ROOT)
    quarto = None if os.environ.get("PAPER_BUILDER") == "fallback" else find_quarto()
    typesetter = f"Quarto {quarto[1]}" if quarto else "the fallback builder"
    if pages.current(ROOT, CACHE_DIR, typesetter):
        print(pages.unchanged(typesetter))
    else:
        reason = "Typesetting with the fallback builder (pandoc and Typst): Quarto 1.7 or later was not found or not wanted."
        print(f"Typesetting with {typesetter}." if quarto else reason, flush=True)
        pages.begin(ROOT, CACHE_DIR, typesetter)
        status = render_with_quarto(quarto[0]) if quarto else render_with_fallback()
        if status:
            return status
        pages.remember(ROOT, CACHE_DIR, typesetter)
    print(f"The paper: {' and '.join(pages.PAGES)}")
    return 0


if __name__ == "__main__":
    # The folder of this script must not hide modules of the same name; the project root is what imports start from.
    sys.path[0] = str(ROOT)
    os.chdir(ROOT)
    sys.exit(main())
