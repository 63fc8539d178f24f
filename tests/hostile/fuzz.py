"""The long form: thousands of hostile inputs for every reader, and a table of what became of them.

`python -m tests.hostile.fuzz --cases 10000`; half of the cases of text are coverage-guided where atheris is installed. Each target runs in a process of
its own within limits; inputs that fail are saved. The exit status is 1 when any case failed.
"""

import argparse
import json
import math
import multiprocessing
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import analysis  # noqa: F401  (sets one BLAS thread before NumPy is imported)
from analysis.runtime import ROOT
from tests.hostile.giants import GIANTS
from tests.hostile.measure import MOST_MB, MOST_SECONDS, Tally
from tests.hostile.strategies import STRATEGIES

__all__ = ["main"]

ARCHIVES = ("ladder", "ensemble", "calibration")  # compressed, so that changed bytes reach nothing new
ADDRESS_SPACE = 8 * 2**30  # bytes; a case that grows without end is stopped there
PATIENCE = 900  # s for all cases of a target


def drawn(target: str, cases: int, seed: int, folder: Path) -> dict[str, Any]:
    """Property-based cases of one target, in this process."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    tally = Tally(target, "drawn", str(folder.parent))

    @seeded(seed)
    @settings(max_examples=cases, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(STRATEGIES[target])
    def one(raw: bytes) -> None:
        (folder / "current").write_bytes(raw)
        tally.add(raw, folder)

    while tally.cases < cases:  # a strategy with few values ends early
        before = tally.cases
        one()
        seed += 1
        if tally.cases == before:
            break
    return tally.content()


def giant(name: str, cases: int, seed: int, folder: Path) -> dict[str, Any]:
    """One input of an undue size."""
    target, make = GIANTS[name]
    tally = Tally(target, "giant", str(folder.parent))
    tally.add(make(), folder, name, bare=True)
    return tally.content()


def _child(work: Callable[..., dict[str, Any]], name: str, cases: int, seed: int, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    (folder / "tally.json").write_text(json.dumps(work(name, cases, seed, folder)), encoding="utf-8")


def _apart(work: Callable[..., dict[str, Any]], name: str, cases: int, seed: int, kept: Path) -> dict[str, Any]:
    """The tally of `work` in a process of its own; a process that dies or hangs is a failure, its last input is kept."""
    folder = Path(tempfile.mkdtemp(dir=kept))
    process = multiprocessing.get_context("fork").Process(target=_child, args=(work, name, cases, seed, folder))
    process.start()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
    return _tally(folder, name, "giant" if work is giant else "drawn", process.exitcode)


def _guided(target: str, cases: int, seed: int, kept: Path) -> dict[str, Any]:
    """The tally of coverage-guided cases, in a process where the readers are instrumented."""
    folder = Path(tempfile.mkdtemp(dir=kept))
    command = [sys.executable, "-m", "tests.hostile.guided", target, str(cases), str(seed), str(folder)]
    with (folder / "output.txt").open("w") as output:
        try:
            status = subprocess.run(command, cwd=ROOT, stdout=output, stderr=output, check=False, timeout=PATIENCE).returncode
        except subprocess.TimeoutExpired:
            status = -9
    return _tally(folder, target, "guided", status)


def _tally(folder: Path, name: str, how: str, status: int | None) -> dict[str, Any]:
    try:
        found = json.loads((folder / "tally.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = Tally(name, how, "").content()
    if status != 0:
        found["failures"][f"the process ended with status {status}; its last input is {folder / 'current'}"] = 1
    return found


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{'target':<22}{'how':<8}{'cases':>7}{'accepted':>10}{'refused':>9}{'slowest s':>11}{'peak MB':>9}{'failures':>10}")
    for row in rows:
        numbers = f"{row['cases']:>7}{row['accepted']:>10}{row['refused']:>9}{row['slowest_s']:>11.2f}{row['peak_mb']:>9.0f}{sum(row['failures'].values()):>10}"
        print(f"{row['target']:<22}{row['how']:<8}{numbers}", flush=True)


def _together(rows: list[dict[str, Any]], target: str, how: str) -> dict[str, Any]:
    sums = {key: sum(row[key] for row in rows) for key in ("cases", "accepted", "refused")}
    highest = {key: max((row[key] for row in rows), default=0.0) for key in ("slowest_s", "peak_mb")}
    return {"target": target, "how": how, **sums, **highest, "failures": {key: value for row in rows for key, value in row["failures"].items()}}


def main(argv: list[str] | None = None) -> int:
    """Run the long form; 0 when every case was accepted or refused as promised, else 1."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Give every reader thousands of hostile inputs.", allow_abbrev=False)
    parser.add_argument("--cases", type=int, default=10_000, help="cases over all targets (default 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the drawn and guided cases")
    parser.add_argument("--only", action="append", choices=sorted(STRATEGIES), help="one target (repeatable)")
    options = parser.parse_args(argv)
    with_atheris = find_spec("atheris") is not None
    if not with_atheris:
        print("atheris is not installed (just setup --extra fuzz): all cases are drawn, none is guided by coverage.")
    kept = Path(tempfile.mkdtemp(prefix="fuzz-"))
    targets = options.only or list(STRATEGIES)
    share = max(1, math.ceil(options.cases / len(targets)))
    rows = []
    for target in targets:
        halves = with_atheris and target not in ARCHIVES
        rows.append(_apart(drawn, target, math.ceil(share / (1 + halves)), options.seed, kept))
        if halves:
            rows.append(_guided(target, share // 2 + 1, options.seed, kept))
    giants = [_apart(giant, name, 1, options.seed, kept) for name, (target, _) in GIANTS.items() if target in targets]
    rows.append(_together(giants, "undue sizes", "giant"))
    rows.append(_together(rows, "all", ""))
    _print(rows)
    print(f"Limits: {MOST_SECONDS:g} s of processor time and {MOST_MB:g} MB for each case.")
    for failure, times in rows[-1]["failures"].items():
        print(f"FAILED {times} x {failure}")
    print(f"Inputs that failed are in {kept}." if rows[-1]["failures"] else f"Nothing failed; the working folder is {kept}.")
    return 1 if rows[-1]["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
