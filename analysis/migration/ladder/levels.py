"""What each level says of one and the same draws, in the words of level 2 (`triple.OUTCOMES`), draw by draw.

Level 0 compares the words of its draws with the thresholds of its kernel. Level 1 comes from its own kernel: the outcome of draw d is what the
count of the first d + 1 draws adds to that of the first d.
"""

import math

import numpy as np

from analysis.config import KozaiConfig
from analysis.migration.kozai import criterion, shortrange
from analysis.migration.kozai.feasibility import System, grid
from analysis.migration.ladder.store import Draws
from analysis.migration.rng import words
from analysis.migration.secular.outcomes import CROSSINGS, classify
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, UNMIGRATED

__all__ = ["COMMON", "level_one", "level_two", "level_zero", "map_error"]

YR_PER_GYR = 1e9
_SHIFT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
# outcome of level 1 -> outcome of level 2
COMMON = np.array([INVALID, UNMIGRATED, UNMIGRATED, MIGRATED, DISRUPTED, INVALID], np.int8)


def level_zero(system: System, kozai: KozaiConfig, cells: np.ndarray, draws: int, critical_radius: float) -> np.ndarray:
    """(cells, draws) bool: the draws that pass the specification's criterion at critical_radius (R_star), for these cell numbers of the map."""
    mass, axis = grid(kozai)
    threshold, status = np.empty(cells.size, np.uint64), np.empty(cells.size, np.int64)
    criterion.outer_thresholds(
        system.host_mass, system.companion_mass, kozai.inner_axis, mass[cells // axis.size], axis[cells % axis.size], kozai.time_limit * YR_PER_GYR,
        kozai.outer_eccentricity_max, threshold, status,
    )
    _, inclination = criterion.inclination_threshold(critical_radius * system.host_radius, kozai.inner_axis)
    drawn = np.array([words(np.uint64(kozai.seed), np.uint64(cell), draws) for cell in cells])
    return (drawn >> _SHIFT >= threshold[:, None]) & (drawn & _LOW < inclination)


def level_one(
    system: System, kozai: KozaiConfig, cells: np.ndarray, draws: int, cases: np.ndarray, strengths: np.ndarray, pseudo: bool, octupole: bool,
    single: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """(outcome, doubtful) of level 1 for cases (n, 3) as in `limiting.outcome_counts`: (cells, draws, n) int8 of shortrange.OUTCOMES, and bool.

    `doubtful` marks the migrated or disrupted draws with j < 3 epsilon_SA. With single = False, counts (cells, n, 6) and (cells, n) instead.
    """
    mass, axis = grid(kozai)
    size = mass.size * axis.size
    # A cell without a perturber is passed over by the kernel.
    outer_mass, outer_axis = np.zeros(size), np.zeros(size)
    outer_mass[cells], outer_axis[cells] = mass[cells // axis.size], axis[cells % axis.size]
    count, status = np.zeros((size, len(cases), 7), np.int64), np.zeros(size, np.int64)
    columns = [np.ascontiguousarray(column) for column in cases.T]

    def counted(number: int) -> np.ndarray:
        shortrange.count_outcomes(
            system.host_mass, system.companion_mass, kozai.inner_axis, strengths, pseudo, octupole, outer_mass, outer_axis,
            kozai.outer_eccentricity_max, *columns, number, np.uint64(kozai.seed), np.uint64(0), count, status,
        )
        return count[cells]

    if not single:
        total = counted(draws)
        return total[..., :6], total[..., 6]
    outcome, doubtful = np.zeros((cells.size, draws, len(cases)), np.int8), np.zeros((cells.size, draws, len(cases)), bool)
    before = np.zeros((cells.size, len(cases), 7), np.int64)
    for draw in range(draws):
        added = counted(draw + 1) - before
        before = before + added
        outcome[:, draw], doubtful[:, draw] = added[..., :6].argmax(axis=-1), added[..., 6] > 0
    return outcome, doubtful


def level_two(draws: Draws, factor: int, threshold: float) -> np.ndarray:
    """(n,) of triple.OUTCOMES at the end of the runs, for disruption radius number `factor` (0 the outermost) and an averaging threshold in epsilon_SA."""
    end = draws.about["settings"]["physics"]["time_limit"] * (1 + 1e-6)  # above what single precision may round a crossing up to
    return classify(draws.values, draws.reason, CROSSINGS[factor], threshold, end, end)


def map_error(member: np.ndarray) -> float:
    """Monte Carlo standard error of the mean of (cells, draws) numbers over a map whose cells are fixed; NaN for a single draw."""
    draws = member.shape[1]
    if draws < 2:
        return math.nan
    return float(np.sqrt(np.sum(member.astype(float).var(axis=1, ddof=1)) / draws) / member.shape[0])
