"""`just verify` and `just accept`: rebuild from the frozen data and compare with the ledger of the printed paper, or make the results that ledger.

A verification trusts nothing that an earlier build left: a process of its own computes every stage again, with an empty cache, in a temporary folder.
Only the standard library is imported here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.cache import write_atomic
from analysis.commands import guarded
from analysis.config import Config
from analysis.errors import InputError
from analysis.report import ledger
from analysis.report.comparison import Difference, compare, counted, failed, screen
from analysis.report.reruns import UNCHANGED, Check, checks
from analysis.runtime import ROOT

__all__ = ["accept", "main", "verify"]

RESULTS = ROOT / "results"
DIRECT = ("direct.csv", "direct_maxima.csv", "direct_summary.csv")  # frozen integrations that no build makes again: their code alone is compared
STAMPED = {"variables"}  # the group of artifacts that says what the ledger says, and so changes with it


def _rebuild(folder: Path, quick: bool) -> Path:
    """Build everything of the published configuration in `folder`; returns the results. Raises InputError when the build fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "VLMS_CACHE_DIR")}
    if not quick:
        environment["VLMS_CACHE_DIR"] = str(folder / "cache")
    results = folder / "results"
    command = [sys.executable, "-m", "analysis", "--outdir", str(results), "--logdir", str(folder / "logs"), "--errordir", str(folder / "errors")]
    with open(folder / "told.txt", "w", encoding="utf-8") as told:
        status = subprocess.run(command, cwd=ROOT, env=environment, stdout=told, check=False).returncode
    if status:
        raise InputError(f"The build from the frozen data ended with status {status}, so nothing was compared; mend what the line above says.")
    return results


def _simulations(results: Path) -> list[Check]:
    """All checks of the frozen simulations."""
    from analysis.migration import frozen

    direct = all(frozen.sources_unchanged(frozen.SIMULATIONS / name) for name in DIRECT)
    return [*checks(results), Check("direct integrations: code", UNCHANGED[direct], direct)]


def _compared(expected: dict[str, Any], results: Path, everything: bool) -> tuple[list[Difference], str]:
    """(differences, the screen that tells them) of `results` against the ledger `expected`."""
    made = _simulations(results)
    differences = [*compare(expected, ledger.collect(results)), *failed(made)]
    return differences, screen(expected, len(made), differences, everything)


def verify(quick: bool = False, everything: bool = False, expected: Path = ledger.EXPECTED, results: Path | None = None) -> int:
    """Rebuild (unless `results` names a build), compare with the ledger in `expected`, print one screen; 0 when all agrees, 1 otherwise."""
    try:
        content = ledger.read(expected)
    except FileNotFoundError:
        raise InputError(f"{expected}: no such file; restore it from the repository, or make the present results the ledger: just accept.") from None
    if results is None:
        how = "with the stages that are in the cache" if quick else "nothing cached, some minutes"
        print(f"Rebuilding from the frozen data in a temporary folder ({how}) ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="vlms-verify-") as name:
        differences, told = _compared(content, results or _rebuild(Path(name), quick), everything)
    print(f"Against the ledger {_shown(expected)} ({ledger.digest(content)}):\n{told}")
    print(f"DIFFERS in {counted(differences)}." if differences else "VERIFIED: the results say what the printed paper says.")
    return 1 if differences else 0


def accept(yes: bool = False, everything: bool = False, expected: Path = ledger.EXPECTED, results: Path = RESULTS) -> int:
    """Show how `results` differ from the ledger, ask, and write them as the new ledger; 0 also when nothing is written.

    Raises InputError for results that are not the complete, current build of the frozen data with the published parameters.
    """
    _require_published(results)
    found = ledger.collect(results)
    try:
        content = ledger.read(expected)
    except (FileNotFoundError, InputError) as error:
        why = "There is no ledger yet" if isinstance(error, FileNotFoundError) else f"The ledger cannot be used ({error})"
        parts = ", ".join(f"{len(found[part])} {part}" for part in ("claims", "numbers", "tables", "figures"))
        print(f"{why}; the results hold {parts}.")
        print("\n".join(f"  simulations: {item.item}: {item.found}" for item in failed(_simulations(results))) or "  All frozen simulations stand.")
    else:
        if ledger.text(content) == ledger.text(found):
            print(f"{_shown(expected)} says what the results say already; nothing to accept.")
            return 0
        differences, told = _compared(content, results, everything)
        print(f"Against the ledger {_shown(expected)} ({ledger.digest(content)}):\n{told}")
        print(f"Accepting would change {counted(differences)}." if differences else "Accepting would change values within their tolerances alone.")
    if not yes and not _confirmed():
        print("Nothing was written.")
        return 0
    write_atomic(expected, ledger.text(found).encode("utf-8"))
    print(f"Written: {_shown(expected)} ({ledger.digest(found)}). The next `just paper` puts it on the title page.")
    return 0


def _require_published(results: Path) -> None:
    """Refuse anything but the complete, current build of the published configuration."""
    from analysis.study import PROVENANCE, Study

    path = results / PROVENANCE
    first = "build first: just analyze"
    try:
        provenance = json.loads(path.read_bytes())
        partial, config = provenance["partial"], provenance["config"]
    except OSError:
        raise InputError(f"{results} holds no complete build ({PROVENANCE} is missing); {first}.") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not the record that a build writes; {first}.") from None
    if partial:
        raise InputError(f"{results} holds a partial run ({partial}); the ledger is that of all candidates, so {first}.")
    other = _other_parameter(config)
    if other:
        raise InputError(f"{results} was built with other data or parameters ({other}); the ledger is that of the frozen catalogue, so {first}.")
    late = [name for name in Study(Config(), results).outdated() if name not in STAMPED]
    if late:
        raise InputError(f"{results} is not a current build ({', '.join(late[:5])}{' ...' if len(late) > 5 else ''}: missing, altered or out of date); {first}.")


def _other_parameter(config: Any) -> str:
    """The first parameter of a recorded configuration that is not the published one; empty when all are."""
    published = json.loads(json.dumps(asdict(Config())))
    if not isinstance(config, dict) or config.keys() != published.keys() or not all(isinstance(values, dict) for values in config.values()):
        return "sections of the configuration"
    for section, values in published.items():
        for name in sorted({*values, *config[section]}):
            if config[section].get(name) != values.get(name) or (name in values) != (name in config[section]):
                return f"{section}.{name}"
    return ""


def _confirmed() -> bool:
    """True when the user types y or yes."""
    try:
        return input("Make these results the ledger? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main(argv: list[str] | None = None) -> int:
    """One command line; 0 all agrees (or accepted), 1 something differs, 2 something the user can mend, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="just verify", description="Compare the results with the ledger of the printed paper, manuscript/expected.json.")
    parser.add_argument("--quick", action="store_true", help="trust the stages in the cache instead of computing everything again")
    parser.add_argument("--accept", action="store_true", help="make the results in results/ the ledger, after showing the difference (just accept)")
    parser.add_argument("--yes", action="store_true", help="with --accept: do not ask")
    parser.add_argument("--all", action="store_true", help="list every difference, however many")
    options = parser.parse_args(argv)

    def run() -> int:
        if options.yes and not options.accept or options.quick and options.accept:
            raise InputError("--yes goes with accept alone, and --quick with verify alone.")
        return accept(options.yes, options.all) if options.accept else verify(options.quick, options.all)

    return guarded(run, "nothing was changed.")


if __name__ == "__main__":
    sys.exit(main())
