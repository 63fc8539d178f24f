"""How time and memory of a sweep grow with the number of systems: whole runs of `python -m analysis.migration.ensemble.sweep` in processes of their own.

The time limit is shortened so that a million systems are affordable, and chunks are of 1000; start-up, draws, chunk files and
their final count are inside. A system costs what its time limit asks, so the times are for this limit and not for 1 Gyr; the memory is that of
a full run, since it does not depend on the limit. At full length 10^3 ... 10^6 systems, otherwise 10^3 and 10^4.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.budgets import measure

__all__ = ["TITLE", "rows"]

LIMIT_GYR = 1e-5
TITLE = f"Scaling of a sweep on two threads, time limit shortened to {LIMIT_GYR * 1e9:.0e} yr"
ROOT = Path(__file__).resolve().parent.parent


def rows(full: bool = False) -> list[dict[str, Any]]:
    """One dict per size: systems, wall s, ms of wall time per system, peak memory of the process (MB), size of the chunk files (MB)."""
    found = []
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        for systems in (1000, 10_000, 100_000, 1_000_000) if full else (1000, 10_000):
            folder = Path(name) / str(systems)
            command = [
                sys.executable, "-m", "analysis.migration.ensemble.sweep", "--systems", str(systems), "--chunk", "1000", "--threads", "2", "--out", str(folder),
                "--set", f"ensemble.time_limit={LIMIT_GYR}",
            ]
            if not found:
                measure([*command[:4], "16", *command[5:9], "--out", str(Path(name) / "first"), *command[11:]], ROOT)  # compiles
            done = measure(command, ROOT, watched=True)
            size = sum(path.stat().st_size for path in folder.glob("*.npz")) / 1e6
            found.append({
                "systems": systems, "wall_s": done.seconds, "wall_ms per system": 1e3 * done.seconds / systems, "peak_mb": done.peak_mb, "chunks_mb": size,
            })
    return found
