"""Case B: the default ensemble with everything on, 1 Gyr: processor time per system, and its outcomes against brute force, pair by pair.

The systems are the first of the default ensemble, for the published target. Brute force integrates the same systems without the early exits
(`certify` off), without ending a run where averaging fails (`averaging_floor` 0) and at a hundredth of the tolerance, with at most `BRUTE_STEPS` steps;
the perturber is dropped when quenched as before. A pair whose default run ended because averaging fails has no counterpart, and one of which either run
reached the limit of steps or of drift has no outcome to compare: both are counted apart.
At full length 10,000 systems are timed and 500 compared, otherwise 200 and 10.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.catalogue import target
from analysis.config import Config, SecularConfig
from analysis.constants import MJUP_MSUN
from analysis.migration.secular.batch import run_systems
from analysis.migration.secular.physics import physics_vector
from analysis.migration.secular.triple import OUTCOME_OF_REASON, OUTCOMES, REASONS

__all__ = ["TITLE", "brute_force", "compare", "rows", "run"]

TITLE = "Case B, default ensemble over 1 Gyr with everything on (CPU-s: processor seconds)"
CHUNK = 256  # fewer leave lanes of the kernel empty
BRUTE_STEPS = 200_000_000
NO_COUNTERPART, NO_OUTCOME = ("averaging_fails",), ("step_limit", "drift", "step_underflow")
BUDGET, STRETCH = 0.15, 0.03  # CPU-s per system


def brute_force(config: SecularConfig) -> SecularConfig:
    """The same physics without early exits, at a hundredth of the tolerance."""
    return replace(config, certify=False, averaging_floor=0.0, tolerance=config.tolerance / 100, step_limit=BRUTE_STEPS)


def run(systems: int, secular: SecularConfig, config: Config, threads: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """(reason, CPU seconds of its chunk shared out) of the first `systems` systems, each (systems,)."""
    found = target.run(config.target)
    physics = physics_vector(secular, found, config.ensemble.time_limit)
    bodies = found.values["host_mass_msun"], found.values["companion_mass_mjup"] * MJUP_MSUN
    starts = range(0, systems, CHUNK)

    def part(start: int) -> tuple[np.ndarray, float]:
        _, _, _, reason, seconds = run_systems(np.arange(start, min(start + CHUNK, systems)), config.ensemble, physics, *bodies)
        return reason, seconds

    part(0)  # compiles
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, starts))
    return np.concatenate([reason for reason, _ in parts]), np.concatenate([np.full(len(reason), seconds / len(reason)) for reason, seconds in parts])


def compare(default: np.ndarray, brute: np.ndarray) -> tuple[int, int, int, int]:
    """(pairs compared, of the same outcome, without a counterpart, without an outcome) from two arrays of reasons (n,)."""
    failed = np.isin(default, [REASONS[name] for name in NO_COUNTERPART])
    numbers = [REASONS[name] for name in NO_OUTCOME]
    ended = (np.isin(default, numbers) | np.isin(brute, numbers)) & ~failed
    compared = ~failed & ~ended
    outcome: Callable[[np.ndarray], np.ndarray] = np.vectorize(OUTCOME_OF_REASON.__getitem__, otypes=[np.int64])
    same = outcome(default[compared]) == outcome(brute[compared]) if compared.any() else np.zeros(0, bool)
    return int(compared.sum()), int(same.sum()), int(failed.sum()), int(ended.sum())


def _row(what: str, value: float, target_value: float | str = "", verdict: str = "") -> dict[str, Any]:
    return {"what": what, "value": value, "target": target_value, "verdict": verdict}


def rows(full: bool = False) -> list[dict[str, Any]]:
    """One dict per number: what, value, target, verdict."""
    systems, pairs = (10_000, 500) if full else (200, 10)
    config = Config()
    begin = time.perf_counter()
    reason, seconds = run(systems, config.secular, config)
    wall, mean = time.perf_counter() - begin, float(seconds.mean())
    chunks = seconds[::CHUNK]
    brute, brute_seconds = run(pairs, brute_force(config.secular), config)
    compared, same, failed, ended = compare(reason[:pairs], brute)
    names = {number: name for name, number in REASONS.items()}
    counted = {OUTCOMES[k]: int(sum((reason == number).sum() for number, outcome in OUTCOME_OF_REASON.items() if outcome == k)) for k in range(len(OUTCOMES))}
    return [
        _row("systems", systems),
        _row("CPU-s per system", mean, BUDGET, "met" if mean <= BUDGET else "MISSED"),
        _row("  its standard error, from chunks", float(chunks.std(ddof=1) / np.sqrt(len(chunks)))),
        _row("  stretch target", mean, STRETCH, "met" if mean <= STRETCH else "missed"),
        _row("wall time, 2 threads (s)", wall),
        *(_row(f"  {name}", number) for name, number in counted.items()),
        *(_row(f"    {names[number]}", int((reason == number).sum())) for number in sorted(set(reason.tolist()))),
        _row("brute force, CPU-s per system", float(brute_seconds.mean())),
        _row("  the same systems by default", float(seconds[:pairs].mean())),
        _row("  pairs compared", compared),
        _row("  of the same outcome", same),
        _row("  left out: averaging fails in the default run", failed),
        _row("  left out: a limit of steps or drift was reached", ended),
    ]
