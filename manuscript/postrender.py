"""After typesetting: give the page its last touch, and check what Quarto wrote; the build fails with a list of what is wrong."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    from analysis.report import pages
    from analysis.report.access import finish
    from analysis.report.check import report
    from analysis.runtime import CACHE_DIR

    pages.clear_skip(ROOT)
    written = [ROOT / name for name in os.environ.get("QUARTO_PROJECT_OUTPUT_FILES", "").split("\n") if name]
    if written:
        finish(written)
        status = report(ROOT, written)
        name = None if status else pages.waiting_quarto(ROOT)
        if name:
            pages.remember(ROOT, CACHE_DIR, name)
        sys.exit(status)
