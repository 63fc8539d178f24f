"""Before typesetting: bring results/ and _variables.yml up to date; where the pages are current, too, leave Quarto nothing to do."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def evaluate() -> int:
    """The exit status of the build; pages that Quarto would make again just as they are stay out of its list."""
    from analysis.__main__ import main
    from analysis.report import pages
    from analysis.runtime import CACHE_DIR

    status = main(["--paper"])
    quarto = None if status else pages.waiting_quarto(ROOT)
    if quarto:
        name, process = quarto
        if pages.current(ROOT, CACHE_DIR, name) and pages.skip(ROOT, process):
            print(pages.unchanged(name))
        else:
            pages.begin(ROOT, CACHE_DIR, name)
    return status


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    os.chdir(ROOT)
    from analysis.report.pages import clear_skip

    clear_skip(ROOT)
    if os.environ.get("VLMS_EVALUATED") != "1":
        sys.exit(evaluate())
