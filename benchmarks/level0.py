"""Level-0 feasibility map, 100 x 100 cells x 200 draws: the compiled kernel against NumPy, interleaved in one run.

Two modes, each with the same algebra for all:
- "thresholds": both cuts are turned into thresholds beforehand (not timed); a draw costs its random numbers and two comparisons;
- "formulas": nothing per draw is precomputed; a draw evaluates t_KL and r_p with square roots (x sqrt(x) for the power 3/2, no pow);
  what belongs to a cell (t_KL at e_out = 0) is computed once per cell by all.
Random numbers: the kernel makes one SplitMix64 word per draw; NumPy uses its default generator (PCG64, two float64 per draw), the fastest
we found (SFC64, one 64-bit word per draw, split like the kernel's), or the kernel's own hash written with arrays (then the counts must
agree exactly). "plain" makes one array per step for the whole map, "rows" for one row of 100 cells. The first call of everything is
not timed; then every round calls each candidate three times in a row and keeps the middle time, rounds are interleaved, and medians are over rounds.
A fork-join over two threads waits for the slower one, so where other work holds a core its median measures the scheduler (slices of 3-8 ms): the best
call of each, given beside the median, is then the fair comparison.
"""

import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import njit, prange

from analysis.config import KozaiConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, G
from analysis.migration import rng
from analysis.migration.kozai import criterion, feasibility

__all__ = ["TITLE", "Case", "candidates", "count_by_formulas", "numpy_counts", "rows"]

TITLE = "Level-0 map, 100 x 100 x 200, interleaved in one run (ratios to the kernel on 2 threads in the same mode: of medians, of best calls)"
ROUNDS = 15
_SHIFT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SCALE = 2.0**-32


class Case:
    """TOI-6894 b's published values on the default grid, with everything a candidate may use before the clock starts."""

    def __init__(self, cells: int = 100, draws: int = 200):
        config = KozaiConfig(mass_cells=cells, axis_cells=cells, draws=draws)
        self.cells, self.draws, self.seed = cells, draws, np.uint64(config.seed)
        self.system = feasibility.System(0.207, 0.168 * MJUP_MSUN, 0.2276 * RSUN_AU, 0.855 * RJUP_AU, 0.02604, "published")
        self.outer_mass, self.outer_axis = feasibility.grid(config)
        self.inner_axis, self.limit, self.time_limit = config.inner_axis, config.outer_eccentricity_max, config.time_limit * 1e9
        self.periapsis = config.critical_radius * self.system.host_radius
        self.mass, self.axis = np.repeat(self.outer_mass, cells), np.tile(self.outer_axis, cells)
        self.threshold, status = np.empty(cells * cells, np.uint64), np.empty(cells * cells, np.int64)
        criterion.outer_thresholds(
            self.system.host_mass,
            self.system.companion_mass,
            self.inner_axis,
            self.mass,
            self.axis,
            self.time_limit,
            self.limit,
            self.threshold,
            status,
        )
        _, self.inclination = criterion.inclination_threshold(self.periapsis, self.inner_axis)
        self.count = np.empty(cells * cells, np.int64)


@njit(parallel=True, cache=True)
def count_by_formulas(host, companion, inner_axis, mass, axis, time_limit, periapsis, limit, draws, seed, count):
    """The kernel without thresholds: every draw evaluates both formulas."""
    for cell in prange(mass.size):
        inner = host + companion
        circular = (inner / mass[cell]) * 2 * math.pi * axis[cell] ** 3 / (G * (inner + mass[cell])) * math.sqrt(G * inner / inner_axis**3)
        key = rng.cell_key(seed, np.uint64(cell))
        hits = np.int64(0)
        for draw in range(np.uint64(draws)):
            word = rng.draw_word(key, draw)
            e = limit * ((np.float64(np.int64(word >> _SHIFT)) + 0.5) * _SCALE)
            cosine = (np.float64(np.int64(word & _LOW)) + 0.5) * _SCALE
            x = 1.0 - e * e
            depth = max(1.0 - 5.0 / 3.0 * cosine * cosine, 0.0)
            hits += np.int64((circular * x * math.sqrt(x) <= time_limit) & (inner_axis * (1.0 - math.sqrt(depth)) <= periapsis))
        count[cell] = hits


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _hash_words(case: Case, first: int, cells: int) -> np.ndarray:
    """The kernel's words with array operations, shape (cells, draws)."""
    with np.errstate(over="ignore"):
        index = np.arange(first, first + cells, dtype=np.uint64) + np.uint64(1)
        key = _mix(_mix(np.full(1, case.seed + rng.GAMMA, dtype=np.uint64)) ^ _mix(index * rng.GAMMA))
        return _mix(key[:, None] + (np.arange(case.draws, dtype=np.uint64) + np.uint64(1)) * rng.GAMMA)


def numpy_counts(case: Case, mode: str, source: str, chunk_cells: int) -> np.ndarray:
    """Feasible draws per cell with NumPy, `chunk_cells` at a time; mode thresholds or formulas, source pcg64, sfc64 or hash."""
    generator = np.random.Generator(np.random.PCG64(6894) if source == "pcg64" else np.random.SFC64(6894))
    out = np.empty(case.mass.size, np.int64)
    threshold = case.threshold.astype(float)[:, None] * _SCALE  # the same thresholds for float draws
    for start in range(0, case.mass.size, chunk_cells):
        part = slice(start, start + chunk_cells)
        shape = (case.mass[part].size, case.draws)
        if source == "pcg64":
            u, v = generator.random(shape), generator.random(shape)
            if mode == "thresholds":
                out[part] = ((u >= threshold[part]) & (v < float(case.inclination) * _SCALE)).sum(axis=1)
                continue
        else:
            word = _hash_words(case, start, shape[0]) if source == "hash" else generator.bit_generator.random_raw(shape)
            if mode == "thresholds":
                out[part] = (((word >> _SHIFT) >= case.threshold[part, None]) & ((word & _LOW) < case.inclination)).sum(axis=1)
                continue
            u, v = ((word >> _SHIFT) + 0.5) * _SCALE, ((word & _LOW) + 0.5) * _SCALE
        circular = criterion.kozai_time(case.system.host_mass, case.system.companion_mass, case.inner_axis, case.mass[part], case.axis[part])[:, None]
        e = case.limit * u
        x = 1.0 - e * e
        depth = np.maximum(1.0 - 5.0 / 3.0 * v * v, 0.0)
        out[part] = ((circular * x * np.sqrt(x) <= case.time_limit) & (case.inner_axis * (1.0 - np.sqrt(depth)) <= case.periapsis)).sum(axis=1)
    return out


def candidates(case: Case) -> list[tuple[str, str, Callable[[], Any]]]:
    """(mode, name, call) of everything timed; the first of each mode is the kernel on two threads."""

    def kernel(mode: str, threads: int) -> Callable[[], np.ndarray]:
        def call() -> np.ndarray:
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
            if mode == "thresholds":
                criterion.count_feasible(case.threshold, case.inclination, case.draws, case.seed, np.uint64(0), case.count)
            else:
                count_by_formulas(
                    case.system.host_mass,
                    case.system.companion_mass,
                    case.inner_axis,
                    case.mass,
                    case.axis,
                    case.time_limit,
                    case.periapsis,
                    case.limit,
                    case.draws,
                    case.seed,
                    case.count,
                )
            return case.count

        return call

    def whole() -> np.ndarray:
        numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
        return feasibility.feasible_counts(
            case.system, case.outer_mass, case.outer_axis, case.inner_axis, case.time_limit, case.periapsis, case.limit, case.draws, int(case.seed)
        )[0].ravel()

    everything = case.mass.size
    listed: list[tuple[str, str, Callable[[], Any]]] = []
    for mode in ("thresholds", "formulas"):
        listed += [(mode, "kernel, 2 threads", kernel(mode, 2)), (mode, "kernel, 1 thread", kernel(mode, 1))]
        if mode == "thresholds":
            listed.append((mode, "kernel, 2 threads, thresholds made inside", whole))
        for source, text in (("pcg64", "PCG64"), ("sfc64", "SFC64 words"), ("hash", "same hash")):
            listed.append((mode, f"NumPy rows, {text}", lambda m=mode, s=source: numpy_counts(case, m, s, case.cells)))
            listed.append((mode, f"NumPy plain, {text}", lambda m=mode, s=source: numpy_counts(case, m, s, everything)))
    return listed


def _peak_mb(call: Callable[[], Any]) -> float:
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def rows() -> list[dict[str, Any]]:
    """One dict per candidate: mode, name, median and best time (ms), ratios of both to the kernel on two threads, peak memory of arrays (MB)."""
    listed = candidates(Case())
    before = numba.get_num_threads()
    try:
        peaks = [_peak_mb(call) for _, _, call in listed if call() is not None]
        times = np.empty((len(listed), ROUNDS, 3))
        for trial in range(ROUNDS):
            for index, (_, _, call) in enumerate(listed):
                for again in range(3):
                    start = time.perf_counter()
                    call()
                    times[index, trial, again] = time.perf_counter() - start
    finally:
        numba.set_num_threads(before)
    median = np.median(np.median(times, axis=2), axis=1) * 1e3
    best = times.min(axis=(1, 2)) * 1e3
    kernel = {mode: index for index, (mode, name, _) in enumerate(listed) if name == "kernel, 2 threads"}
    return [
        {
            "mode": mode,
            "implementation": name,
            "median_ms": float(median[index]),
            "best_ms": float(best[index]),
            "ratio": float(median[index] / median[kernel[mode]]),
            "ratio_best": float(best[index] / best[kernel[mode]]),
            "peak_mb": peaks[index],
        }
        for index, (mode, name, _) in enumerate(listed)
    ]
