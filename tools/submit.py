"""Write the source bundle for a journal: _output/submission/ and _output/submission.tar.gz, from complete and current results."""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(argv: list[str] | None = None) -> int:
    """Bring the results up to date, write the bundle, name it; return 0, 1 for a manuscript to mend, 2 for input to mend."""
    parser = argparse.ArgumentParser(prog="just submit", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "_output" / "submission", metavar="FOLDER", help="where the bundle goes (default _output/submission)")
    options = parser.parse_args(argv)
    from analysis.commands import guarded

    return guarded(lambda: _submit(options.output), "the bundle of the last complete run stays; the same command makes the new one.")


def _submit(output: Path) -> int:
    from manuscript.build.paper import BuildError
    from manuscript.submission.bundle import make_bundle, require_place

    require_place(output)  # before the minutes that the results may take
    if os.environ.get("VLMS_EVALUATED") != "1":
        from analysis.__main__ import main as evaluate

        status = evaluate(["--paper"])
        if status:
            return status
    try:
        folder, archive = make_bundle(ROOT, output)
    except BuildError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"The bundle: {_shown(folder)} and {_shown(archive)}; README.txt in it says how to typeset it.")
    return 0


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    # The folder of this script must not hide modules of the same name; the project root is what imports start from.
    sys.path[0] = str(ROOT)
    os.chdir(ROOT)
    sys.exit(main())
