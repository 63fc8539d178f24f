"""Before typesetting: evaluate every stage that is out of date and write results/ and _variables.yml."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__" and os.environ.get("VLMS_EVALUATED") != "1":
    sys.path[0] = str(ROOT)
    os.chdir(ROOT)
    from analysis.__main__ import main

    sys.exit(main(["--paper"]))
