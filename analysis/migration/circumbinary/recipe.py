"""The recipe of the circumbinary runs: `python -m analysis.migration.circumbinary.recipe`, and `... freeze` to keep their outcomes.

It integrates the published grid, its repetition, the binaries of the host masses studied here and the dynamical maps on one thread, chunk by
chunk; a killed run goes on where it stopped. When all is done, held planets are integrated further, to count those that do not stay.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from analysis import cache
from analysis.commands import guarded
from analysis.config import CircumbinaryConfig, Config
from analysis.errors import InputError
from analysis.migration.circumbinary.kernel import REASONS, RECORD, SYSTEM
from analysis.migration.circumbinary.store import FROZEN, freeze, joined, pieces, run_digest, run_piece, run_systems
from analysis.migration.circumbinary.systems import families
from analysis.migration.rng import words
from analysis.progress import meter
from analysis.runtime import CACHE_DIR, ROOT

__all__ = ["FURTHER", "LONGER", "longer_runs", "main", "sweep"]

LONGER = "longer.json"
FURTHER, MOST_HELD, SHORT = 5.0, 96, 1e5  # axis times beyond the early end; held planets that are followed; their largest axis time


def longer_runs(systems: np.ndarray, values: np.ndarray, reason: np.ndarray, config: CircumbinaryConfig) -> dict[str, Any]:
    """What becomes of held planets that the early end does not stop: a random sample of them, followed FURTHER axis times beyond it."""
    tau = systems[:, SYSTEM.index("axis_time")]
    able = np.flatnonzero((reason == REASONS["held"]) & (tau <= SHORT))
    order = np.argsort(words(np.uint64(config.seed), np.uint64(4), able.size), kind="stable")
    chosen = np.sort(able[order[:MOST_HELD]])
    out: dict[str, Any] = {"followed": int(chosen.size), "further_axis_times": FURTHER, "largest_axis_time": SHORT}
    if not chosen.size:
        return out
    again = systems[chosen].copy()
    again[:, SYSTEM.index("longest")] = values[chosen, RECORD.index("end_time")] + FURTHER * tau[chosen]
    done = run_systems(again, _unheld(config))
    moved = np.abs(done.record[:, RECORD.index("window_ratio")] / values[chosen, RECORD.index("window_ratio")] - 1.0) > config.held_ratio
    stayed = (done.reason == REASONS["time_limit"]) & ~moved
    return {**out, "stayed": int(stayed.sum()), "moved": int(((done.reason == REASONS["time_limit"]) & moved).sum()),
            "lost": int((done.reason != REASONS["time_limit"]).sum())}


def _unheld(config: CircumbinaryConfig) -> CircumbinaryConfig:
    from dataclasses import replace

    return replace(config, held_ratio=0.0)  # no window range is below nothing


def sweep(folder: Path, config: CircumbinaryConfig) -> dict[str, int]:
    """Integrate what `folder` does not hold yet; returns the number of systems per reason of the grid."""
    digest, todo = run_digest(config), pieces(config)
    grid = []
    with meter("circumbinary", sum(stop - first for _, first, stop in todo), 0, "systems") as bar:
        for piece in todo:
            done, _ = run_piece(folder, config, digest, piece)
            bar.update(piece[2] - piece[1])
            if piece[0] == "grid":
                grid.append(done)
    whole = joined(grid)
    path = folder / LONGER
    if not _longer(folder, digest):
        found = longer_runs(families(config)["grid"], whole.record, whole.reason, config)
        cache.write_atomic(path, (json.dumps({"digest": digest, "longer": found}) + "\n").encode())
    return {name: int((whole.reason == number).sum()) for name, number in REASONS.items()}


def _longer(folder: Path, digest: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / LONGER).read_text(encoding="utf-8"))
        return content["longer"] if content["digest"] == digest else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _recipe(options: argparse.Namespace) -> int:
    config = Config().circumbinary
    digest = run_digest(config)
    folder = Path(options.out).resolve() if options.out else CACHE_DIR / "sweeps" / f"circumbinary-{digest[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror}); choose another folder with --out.") from None
    if options.action == "freeze":
        longer = _longer(folder, digest)
        if not longer:
            raise InputError(f"{folder} has no finished runs of the present settings and code; run `just circumbinary` to its end first.")
        entry = freeze(folder, config, longer)
        print(f"{FROZEN.relative_to(ROOT)}: {sum(entry['systems'].values())} systems, {entry['bytes'] / 1e6:.2f} MB, {sum(entry['cpu_s'].values()):.0f} CPU-s.")
        return 0
    counted = sweep(folder, config)
    print(f"{folder}: " + ", ".join(f"{name} {number}" for name, number in counted.items() if number) + ".")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run one command line; returns the exit status (0 done, 2 something the user can mend, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="circumbinary", description=__doc__.split("\n\n")[0], allow_abbrev=False)
    parser.add_argument("action", nargs="?", choices=("run", "freeze"), default="run", help="run (default) or freeze: keep finished runs in data/frozen/simulations")
    parser.add_argument("--out", help="folder of the chunks (default .cache/sweeps/circumbinary-DIGEST)")
    options = parser.parse_args(argv)
    return guarded(lambda: _recipe(options))


if __name__ == "__main__":
    sys.exit(main())
