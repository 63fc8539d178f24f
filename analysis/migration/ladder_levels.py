"""What each level says of one and the same draws, in the words of level 2 (`triple.OUTCOMES`), draw by draw.

Levels 0 and 1 come from their own kernels: the outcome of draw d is what the count of the first d + 1 draws adds to that of the first d.
"""

import math

import numpy as np

from analysis.config import KozaiConfig
from analysis.migration import criterion, shortrange
from analysis.migration.feasibility import System, grid
from analysis.migration.ladder_store import Draws
from analysis.migration.outcomes import CROSSINGS, classify
from analysis.migration.triple import DISRUPTED, INVALID, MIGRATED, UNMIGRATED

__all__ = ["COMMON", "level_one", "level_two", "level_zero", "map_error"]

YR_PER_GYR = 1e9
# outcome of level 1 -> outcome of level 2
COMMON = np.array([INVALID, UNMIGRATED, UNMIGRATED, MIGRATED, DISRUPTED, INVALID], np.int8)


def _spread_out(values: np.ndarray, cells: np.ndarray, size: int, filling: float) -> np.ndarray:
    """The values (cells,) at their places in an array (size,), `filling` elsewhere."""
    out = np.full(size, filling, values.dtype)
    out[cells] = values
    return out


def level_zero(system: System, kozai: KozaiConfig, cells: np.ndarray, draws: int, critical_radius: float) -> np.ndarray:
    """(cells, draws) bool: the draws that pass the specification's criterion at critical_radius (R_star), for these cell numbers of the map."""
    mass, axis = grid(kozai)
    size = mass.size * axis.size
    threshold, status = np.empty(cells.size, np.uint64), np.empty(cells.size, np.int64)
    time = kozai.time_limit * YR_PER_GYR
    criterion.outer_thresholds(
        system.host_mass, system.companion_mass, kozai.inner_axis, mass[cells // axis.size], axis[cells % axis.size], time,
        kozai.outer_eccentricity_max, threshold, status,
    )
    outer = _spread_out(threshold, cells, size, criterion.NEVER)
    _, inclination = criterion.inclination_threshold(critical_radius * system.host_radius, kozai.inner_axis)
    before, out = np.zeros(cells.size, np.int64), np.zeros((cells.size, draws), bool)
    count = np.zeros(size, np.int64)
    for draw in range(draws):
        criterion.count_feasible(outer, inclination, draw + 1, np.uint64(kozai.seed), np.uint64(0), count)
        out[:, draw] = count[cells] > before
        before = count[cells]
    return out


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
    outer_mass = _spread_out(mass[cells // axis.size], cells, size, 0.0)
    outer_axis = _spread_out(axis[cells % axis.size], cells, size, 0.0)
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
