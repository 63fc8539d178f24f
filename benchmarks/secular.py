"""Case A of the secular integration against other codes, on one core and in one run, then our own further figures.

Every code that solves the averaged equations runs at the loosest tolerance of its ladder that gives the final e of case A to 1e-9
(`_triple.reference`: DOP853 of SciPy at 1e-13). Candidates take turns within each round; a time is the processor time of the thread, per
system, and the ratio is to ours, of the best calls. Ours and heyoka's batch advance several systems together; ours is called
with 256 equal ones. Compiling is not timed. REBOUND and kozai's massive triple are measured as `_peers` says: direct integration over a stretch, scaled, with
its cost per orbit that of the stretch; the errors of both are not comparable (direct integration does not average) and left out.
"""

import math
import threading
import time
from statistics import median
from typing import Any

import numpy as np

from analysis.migration.secular.equations import LANES
from analysis.migration.secular.evolve import evolve
from analysis.migration.secular.triple import RECORD
from benchmarks._peers import INSTALL, Candidate, absent, heyoka_candidates, kozai_candidates, rebound_candidates
from benchmarks._triple import final_eccentricity, octupole_physics, reference, system_row, tidal_physics

__all__ = ["TITLE", "notes", "ours", "rows", "tightest_needed", "two_cores"]

TITLE = "Case A, 100 t_k at octupole order, final e to 1e-9 (ms of processor time per system on one core)"
WANTED = 1e-9
LADDER = (1e-10, 5e-11, 3e-11, 2e-11, 1.5e-11, 1e-11, 5e-12, 1e-12)
HEYOKA, KOZAI_MASSIVE, KOZAI_MASSLESS = 1e-9, 1e-14, 1e-13  # loosest powers of ten that reach 1e-9 (TripleDelaunay: its best)
SYSTEMS, ROUNDS, SLOW_ROUNDS = 256, 9, 3
TARGETS = {"heyoka scalar": 10.0, "heyoka batch": 2.0, "kozai": 700.0, "WHFast": 5000.0}
SLOW = ("kozai", "WHFast", "IAS15")
PAIRS = 7  # rounds of one thread against two


def ours(physics: np.ndarray, systems: int = SYSTEMS) -> tuple[Any, np.ndarray]:
    """(call, record): a call integrates `systems` copies of case A and fills the record (systems, len(RECORD))."""
    rows, record, reason = np.repeat(system_row()[None], systems, axis=0), np.zeros((systems, len(RECORD))), np.zeros(systems, np.int64)
    return lambda: evolve(rows, physics, record, reason), record


def tightest_needed() -> float:
    """The loosest tolerance of LADDER with which our final e is right to WANTED."""
    for tolerance in LADDER:
        call, record = ours(octupole_physics(tolerance), LANES)
        call()
        if np.abs(final_eccentricity(record) - reference()).max() <= WANTED:
            return tolerance
    return LADDER[-1]


def _own(tolerance: float) -> list[Candidate]:
    plain, plain_record = ours(octupole_physics(tolerance))
    tides, _ = ours(tidal_physics(tolerance))
    error = lambda: float(np.abs(final_eccentricity(plain_record) - reference()).max())
    setting = f"tol {tolerance:.1e}"
    return [
        Candidate("ours", setting, "ours", plain, error, SYSTEMS),
        Candidate("ours with 1PN, bulges, tides, spin", setting, "tides", tides, None, SYSTEMS),
    ]


def _measure(candidates: list[Candidate]) -> list[list[float]]:
    """Processor seconds per system and 100 t_k of every candidate and round, candidates in turn."""
    times: list[list[float]] = [[] for _ in candidates]
    for candidate in candidates:
        if candidate.peer not in SLOW:
            candidate.run()
    for trial in range(ROUNDS):
        for candidate, own in zip(candidates, times, strict=True):
            if candidate.peer in SLOW and trial >= SLOW_ROUNDS:
                continue
            begin = time.thread_time()
            candidate.run()
            own.append((time.thread_time() - begin) / candidate.systems / candidate.share)
    return times


def two_cores(physics: np.ndarray, systems: int = 32 * SYSTEMS) -> tuple[float, float]:
    """(speed-up, its bound by the processor): best wall time of `systems` systems on one thread over that of two threads with half each;
    and twice the processor time per system on one thread over that on two, which waiting for a core held by other work does not spoil."""
    half, _ = ours(physics, systems // 2)
    other, _ = ours(physics, systems // 2)
    wall: dict[int, list[float]] = {1: [], 2: []}
    spent: dict[int, list[float]] = {1: [], 2: []}
    half()
    for _ in range(PAIRS):
        begin, cpu = time.perf_counter(), time.process_time()
        half()
        other()
        wall[1].append(time.perf_counter() - begin)
        spent[1].append(time.process_time() - cpu)
        threads = [threading.Thread(target=call) for call in (half, other)]
        begin, cpu = time.perf_counter(), time.process_time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall[2].append(time.perf_counter() - begin)
        spent[2].append(time.process_time() - cpu)
    return min(wall[1]) / min(wall[2]), 2 * min(spent[1]) / min(spent[2])


def _row(name: str, setting: str, error: float | str, best: float, middle: float, ratio: float, target: float | str, verdict: str) -> dict[str, Any]:
    return {"code": name, "setting": setting, "error in e": error, "best": best, "median": middle, "ratio": ratio, "target": target, "verdict": verdict}


def rows() -> list[dict[str, Any]]:
    """One dict per code: setting, error of the final e (nan where not comparable), best and median ms per system, ratio to ours, target, verdict."""
    tolerance = tightest_needed()
    candidates = [*_own(tolerance), *heyoka_candidates(HEYOKA), *kozai_candidates(KOZAI_MASSIVE, KOZAI_MASSLESS), *rebound_candidates()]
    times = _measure(candidates)
    base, found = min(times[0]), []
    for candidate, own in zip(candidates, times, strict=True):
        ratio, target = min(own) / base, TARGETS.get(candidate.peer, "")
        verdict = "" if target == "" else "met" if ratio >= target else "MISSED"
        if candidate.peer == "tides":
            target, verdict = 3.0, "met" if ratio <= 3.0 else "MISSED"
        error = candidate.error() if candidate.error else math.nan
        found.append(_row(candidate.name, candidate.setting, error, 1e3 * min(own), 1e3 * median(own), ratio, target, verdict))
    for name, value in zip(("speed-up by wall time", "speed-up by processor time"), two_cores(octupole_physics(tolerance)), strict=True):
        found.append(_row(f"ours, 2 threads: {name}", "", math.nan, math.nan, math.nan, value, 1.85, "met" if value >= 1.85 else "MISSED"))
    return found


def notes() -> list[str]:
    """What the table does not show: peers that are missing."""
    return [f"{', '.join(missing)} not installed and left out: {INSTALL}." for missing in [absent()] if missing]
