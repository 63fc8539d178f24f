"""One case run and measured: what became of it, its processor time and its peak memory; and the sum over many."""

import resource
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.targets import judged

__all__ = ["MOST_MB", "MOST_SECONDS", "Tally"]

MOST_SECONDS = 2.0  # of processor time, which a busy machine does not change
MOST_MB = 500.0
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _memory_mb(key: str) -> float:
    """Resident memory now (VmRSS) or at its peak since the last reset (VmHWM)."""
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return float(STATUS.read_text().split(f"{key}:")[1].split()[0]) / 1024


def _reset_peak() -> None:
    try:
        RESET.write_text("5")
    except OSError:
        return


@dataclass
class Tally:
    """What became of the cases of one target; inputs that fail are kept in `kept`."""

    target: str
    how: str
    kept: str
    cases: int = 0
    accepted: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)

    def add(self, raw: bytes, folder: Path, name: str = "", bare: bool = False) -> None:
        """Run one case; a failure is counted by its kind, and the first inputs of each kind are kept."""
        _reset_peak()
        before, start = _memory_mb("VmRSS"), time.process_time()
        reason, detail = "", ""
        try:
            accepted = judged(self.target, raw, folder, bare)
            self.accepted += accepted
            self.refused += not accepted
        except Exception as error:  # noqa: BLE001 (any exception is what is looked for)
            reason, detail = f"{type(error).__name__}: {str(error)[:120]!r}", traceback.format_exc()
        seconds, memory = time.process_time() - start, _memory_mb("VmHWM") - before
        self.cases += 1
        self.slowest_s, self.peak_mb = max(self.slowest_s, seconds), max(self.peak_mb, memory)
        if not reason and seconds > MOST_SECONDS:
            reason = f"{name or 'a case'} took {seconds:.1f} s"
        if not reason and memory > MOST_MB:
            reason = f"{name or 'a case'} took {memory:.0f} MB"
        if reason:
            self.failures[reason] = self.failures.get(reason, 0) + 1
            if self.failures[reason] == 1 and len(self.failures) <= 20:
                stem = f"{self.target.strip('-').replace(' ', '_')}_{self.how}_{len(self.failures)}"
                (Path(self.kept) / f"{stem}.input").write_bytes(raw)
                (Path(self.kept) / f"{stem}.txt").write_text(f"{reason}\n{detail}", encoding="utf-8", errors="backslashreplace")

    def content(self) -> dict[str, Any]:
        """The tally as JSON can hold it."""
        return asdict(self)
