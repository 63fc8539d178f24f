"""Migration around a binary against REBOUND with REBOUNDx `modify_orbits_forces`, on one core and in one run: the same systems, the same force.

Times are processor times of the thread per system. Both integrators of REBOUND start from the system's own phase; ours runs every system from PHASES
phases of the binary side by side, which gives the spread that chaos leaves. An integrator counts as right when it names the resonance that
most of our phases name, or one of them, and ends within their range of end times, widened by MARGIN.
"""

import math
from typing import Any, Final

import numpy as np

from analysis.config import CircumbinaryConfig
from analysis.constants import MEARTH_MSUN
from analysis.migration.circumbinary.density import modes
from analysis.migration.circumbinary.kernel import BIN_WIDTH, BINS, LOWEST_RATIO, REASONS, RECORD, SYSTEM
from analysis.migration.circumbinary.store import Outcomes, run_systems
from analysis.migration.circumbinary.systems import OTHER_FORM
from benchmarks._circumbinary_peer import available, peer

__all__ = ["TITLE", "agreement", "mode_of", "notes", "phases", "rows", "trial_systems"]

TITLE = "Twelve planets that migrate from 12/1 (ms of processor time per system on one core)"
PHASES, MARGIN = 16, 0.1
TAU: Final = 1e4  # periods
TARGET = 5.0
_NOTES: list[str] = []


def trial_systems(tau: float = TAU, ratio: float = 12.0, longest: float = 3.0) -> np.ndarray:
    """Twelve systems (12, len(SYSTEM)) over the grid's ranges, with the force of modify_orbits_forces; radii a hundredth of a_B."""
    table = np.zeros((12, len(SYSTEM)))
    for i in range(12):
        table[i] = (
            (0.2, 1.0)[i % 2], (0.0, 0.01, 0.03, 0.05, 0.1, 0.3, 0.5)[i % 7], (0.0, 0.001, 0.01, 0.1)[i % 4], (5.0, 20.0, 93.0)[i % 3] * MEARTH_MSUN, tau,
            tau * (0.4, 1.7, 6.0, 0.25)[i % 4], ratio, 0.0, 0.01, 0.01, OTHER_FORM, longest * tau,
        )
    return table


def phases(systems: np.ndarray, n: int = PHASES) -> np.ndarray:
    """Every system from n phases of the binary, (len(systems) * n, len(SYSTEM))."""
    table = np.repeat(systems, n, axis=0)
    table[:, SYSTEM.index("pericentre")] = np.tile(2.0 * math.pi * np.arange(n) / n, len(systems))
    return table


def mode_of(ratios: list[float], config: CircumbinaryConfig) -> float:
    """Mode of the density of sampled period ratios, as for our own."""
    edges = LOWEST_RATIO + BIN_WIDTH * np.arange(BINS + 1)
    return float(modes(np.histogram(ratios, edges)[0][None], config, (config.bandwidth,))[0, 0])


def agreement(results: list[dict[str, Any]], ours: Outcomes, config: CircumbinaryConfig, n: int = PHASES) -> list[dict[str, Any]]:
    """Per system: resonance and end time of a peer beside ours, and whether each lies within what our phases give."""
    ends, out = ours.record[:, RECORD.index("end_time")].reshape(-1, n), []
    numbers = np.round(ours.modes[:, 0]).reshape(-1, n)
    for i, result in enumerate(results):
        number = round(mode_of(result["ratios"], config))
        low, high = ends[i].min() * (1 - MARGIN), ends[i].max() * (1 + MARGIN)
        out.append({
            "system": i, "resonance": number, "ours": int(np.median(numbers[i])), "of_phases": float((numbers[i] == number).mean()), "end_time": result["end_time"],
            "ours_first": ends[i].min(), "ours_last": ends[i].max(), "same": bool((numbers[i] == number).any()), "in_time": bool(low <= result["end_time"] <= high),
        })
    return out


def rows(full: bool = False) -> list[dict[str, Any]]:
    """One row per integrator; without `full`, IAS15 runs the first three systems only."""
    config, systems = CircumbinaryConfig(), trial_systems()
    run_systems(systems[:1], config)  # compiles
    ours = run_systems(phases(systems), config)
    own = 1e3 * ours.cpu_s / len(ours.reason)
    orbits = ours.record[:, RECORD.index("end_time")].sum()
    table = [{"integrator": "ours", "per system": own, "us per orbit": 1e6 * ours.cpu_s / orbits, "ratio": 1.0, "same resonance": "", "end in range": ""}]
    _NOTES[:] = [f"ours: {int((ours.reason == REASONS['ejected']).sum())} of {len(ours.reason)} runs eject their planet; {PHASES} phases per system."]
    if not available():
        _NOTES.append("REBOUND and REBOUNDx are not installed: `just setup --extra peers`.")
        return table
    for name, steps, count in (("whfast", 20, 12), ("whfast", 40, 12), ("ias15", 0, 12 if full else 3)):
        results = peer(systems[:count], name, steps, config.samples // 5)
        found = agreement(results, ours, config)
        cpu, time = sum(result["cpu_s"] for result in results), sum(result["end_time"] for result in results)
        table.append({
            "integrator": f"REBOUND {name}" + (f", {steps} steps per period" if steps else ""), "per system": 1e3 * cpu / count, "us per orbit": 1e6 * cpu / time,
            "ratio": cpu / time / (ours.cpu_s / orbits), "same resonance": f"{sum(row['same'] for row in found)}/{count}",
            "end in range": f"{sum(row['in_time'] for row in found)}/{count}",
        })
        _NOTES.extend(
            f"{name} {steps}, system {row['system']}: {row['resonance']}/1 (ours {row['ours']}/1, {row['of_phases']:.0%} of phases as the peer), end {row['end_time']:.0f} "
            f"(ours {row['ours_first']:.0f}-{row['ours_last']:.0f})" for row in found
        )
    fastest = min(row["ratio"] for row in table[1:])
    _NOTES.append(f"ours is {fastest:.1f} times as fast per orbit as the fastest of them (target {TARGET:g}).")
    return table


def notes() -> list[str]:
    """What goes below the table."""
    return _NOTES
