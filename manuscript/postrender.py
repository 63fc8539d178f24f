"""After typesetting: give the page its last touch, and check what Quarto wrote; the build fails with a list of what is wrong."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def finish_and_check() -> int:
    """The exit status of the checks; pages that pass are remembered with what they were made of."""
    from analysis.report import pages
    from analysis.report.access import finish
    from analysis.report.check import report
    from analysis.runtime import CACHE_DIR

    pages.clear_skip(ROOT)
    written = [ROOT / name for name in os.environ.get("QUARTO_PROJECT_OUTPUT_FILES", "").split("\n") if name]
    if not written:
        return 0
    finish(written)
    status = report(ROOT, written)
    quarto = None if status or os.environ.get("VLMS_EVALUATED") == "1" else pages.waiting_quarto(ROOT)
    if quarto:
        pages.remember(ROOT, CACHE_DIR, quarto[0])
    return status


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    from analysis.commands import guarded

    sys.exit(guarded(finish_and_check))
