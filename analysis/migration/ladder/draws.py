"""The draws of level 0 as triples for level 2, on a sub-grid of its cells.

A draw is one 64-bit word of (seed, cell, draw). Its halves are e_out and |cos i|, the lowest bit of the scrambled word is the sign of cos i, as
in `shortrange.count_outcomes`; the halves of the word scrambled once more are the two apsidal angles, which levels 0 and 1 do not know.
"""

import math

import numpy as np
from numba import njit

from analysis.config import KozaiConfig, LadderConfig
from analysis.errors import InputError
from analysis.migration.kozai.feasibility import grid
from analysis.migration.rng import cell_key, draw_word, mix64
from analysis.migration.secular.triple import SYSTEM

__all__ = ["grid_draws", "sub_grid", "triples"]

_UNIT = 1.0 / (1 << 32)
_SHIFT, _LOW, _ONE = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(1)


@njit(cache=True)
def _fill(cells, draws, seed, eccentricity_limit, out):
    """Fill out (cells, draws, 4): e_out, signed cos i, inner and outer argument (rad)."""
    for i in range(cells.size):
        key = cell_key(seed, cells[i])
        for draw in range(draws):
            word = draw_word(key, np.uint64(draw))
            cosine = (float(word & _LOW) + 0.5) * _UNIT
            angles = mix64(mix64(word))
            out[i, draw, 0] = eccentricity_limit * (float(word >> _SHIFT) + 0.5) * _UNIT
            out[i, draw, 1] = -cosine if mix64(word) & _ONE else cosine
            out[i, draw, 2] = 2.0 * math.pi * (float(angles >> _SHIFT) + 0.5) * _UNIT
            out[i, draw, 3] = 2.0 * math.pi * (float(angles & _LOW) + 0.5) * _UNIT


def sub_grid(config: LadderConfig, kozai: KozaiConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(masses, axes, cells): positions on the level-0 axes, shapes (m,) and (a,), and the cell numbers (m * a,) of the sub-grid, mass first.

    Raises InputError for a stride and offset that leave no cell, or more draws than level 0 has.
    """
    masses, axes = (np.arange(config.offset, size, config.stride) for size in (kozai.mass_cells, kozai.axis_cells))
    if not masses.size or not axes.size:
        raise InputError(f"[ladder] offset is {config.offset}; expected a cell of the level-0 map of {kozai.mass_cells} x {kozai.axis_cells}.")
    if config.draws > kozai.draws:
        raise InputError(f"[ladder] draws is {config.draws}; expected at most the {kozai.draws} of [kozai] draws.")
    return masses, axes, (masses[:, None] * kozai.axis_cells + axes).ravel()


def grid_draws(config: LadderConfig, kozai: KozaiConfig) -> np.ndarray:
    """(cells, draws, 4): e_out, cos i with its sign, inner and outer argument of periapsis (rad) of every draw of the sub-grid."""
    _, _, cells = sub_grid(config, kozai)
    out = np.empty((cells.size, config.draws, 4))
    _fill(cells.astype(np.uint64), config.draws, np.uint64(kozai.seed), kozai.outer_eccentricity_max, out)
    return out


def triples(config: LadderConfig, kozai: KozaiConfig, inner_eccentricity: float, host_mass: float, companion_mass: float) -> np.ndarray:
    """Rows of `triple.SYSTEM`, (draws * cells, len(SYSTEM)), for bodies of host_mass and companion_mass (Msun): draw, then mass, then axis.

    More draws add rows at the end and change none before.
    """
    masses, axes, _ = sub_grid(config, kozai)
    outer_mass, outer_axis = grid(kozai)
    drawn = grid_draws(config, kozai).swapaxes(0, 1).reshape(-1, 4)
    columns = {
        "host_mass": host_mass,
        "companion_mass": companion_mass,
        "outer_mass": np.tile(np.repeat(outer_mass[masses], axes.size), config.draws),
        "inner_axis": kozai.inner_axis,
        "outer_axis": np.tile(outer_axis[axes], masses.size * config.draws),
        "inner_eccentricity": inner_eccentricity,
        "outer_eccentricity": drawn[:, 0],
        "inclination": np.arccos(drawn[:, 1]),
        "inner_argument": drawn[:, 2],
        "outer_argument": drawn[:, 3],
    }
    rows = np.empty((len(drawn), len(SYSTEM)))
    for number, name in enumerate(SYSTEM):
        rows[:, number] = columns[name]
    return rows
