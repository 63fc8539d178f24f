"""The level-0 map of one inner binary: its grid, its counts, its closed form, and how the two compare."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.config import KozaiConfig
from analysis.errors import InputError
from analysis.migration.kozai import criterion

__all__ = ["System", "binomial_check", "cell_edges", "closed_form", "feasible_counts", "grid"]


@dataclass(frozen=True)
class System:
    """The inner binary: masses in Msun, radii in au, present orbit in au."""

    host_mass: float
    companion_mass: float
    host_radius: float
    companion_radius: float
    axis: float
    radius_source: str


def cell_edges(low: float, high: float, cells: int) -> np.ndarray:
    """Logarithmic cell edges, shape (cells + 1,)."""
    return np.geomspace(low, high, cells + 1)


def grid(config: KozaiConfig) -> tuple[np.ndarray, np.ndarray]:
    """Cell centres (outer mass in Msun, outer axis in au), logarithmic; raises InputError for an impossible grid."""
    for low, high, cells, name in (
        (config.outer_mass_min, config.outer_mass_max, config.mass_cells, "outer_mass"),
        (config.outer_axis_min, config.outer_axis_max, config.axis_cells, "outer_axis"),
    ):
        if not (0 < low < high < np.inf) or cells < 1:
            raise InputError(f"[kozai] {name}: expected 0 < minimum < maximum and at least one cell, got {low!r}, {high!r}, {cells!r}.")
    edges = [
        cell_edges(config.outer_mass_min, config.outer_mass_max, config.mass_cells),
        cell_edges(config.outer_axis_min, config.outer_axis_max, config.axis_cells),
    ]
    return tuple(np.sqrt(e[1:] * e[:-1]) for e in edges)


def feasible_counts(
    system: System,
    outer_mass: np.ndarray,
    outer_axis: np.ndarray,
    inner_axis: float,
    time_limit: float,
    periapsis: float,
    eccentricity_limit: float,
    draws: int,
    seed: int,
    rows: slice = slice(None),
) -> tuple[np.ndarray, np.ndarray]:
    """(count, status), both int64 (rows, axes): feasible draws per cell of outer_mass x outer_axis.

    outer_mass (Msun) and outer_axis (au) are the whole axes; `rows` picks the masses to compute. inner_axis and periapsis in au,
    time_limit in yr. A cell whose status is not criterion.OK has count 0.
    """
    first = range(outer_mass.size)[rows]
    mass = np.repeat(np.asarray(outer_mass, dtype=float)[rows], outer_axis.size)
    axis = np.tile(np.asarray(outer_axis, dtype=float), len(first))
    threshold, status, count = np.empty(mass.size, np.uint64), np.empty(mass.size, np.int64), np.zeros(mass.size, np.int64)
    criterion.outer_thresholds(system.host_mass, system.companion_mass, inner_axis, mass, axis, time_limit, eccentricity_limit, threshold, status)
    bad, inclination = criterion.inclination_threshold(periapsis, inner_axis)
    if bad:
        status[status == criterion.OK] = bad
    if mass.size:
        criterion.count_feasible(threshold, inclination, draws, np.uint64(seed), np.uint64(first[0] * outer_axis.size), count)
    shape = (len(first), outer_axis.size)
    return np.where(status == criterion.OK, count, 0).reshape(shape), status.reshape(shape)


def closed_form(
    system: System, outer_mass: np.ndarray, outer_axis: np.ndarray, inner_axis: float, time_limit: float, periapsis: float, eccentricity_limit: float
) -> np.ndarray:
    """P(t_KL <= T) P(r_p <= r_crit) per cell, shape (masses, axes): the two cuts use independent draws, so the map's exact expectation."""
    circular = criterion.kozai_time(system.host_mass, system.companion_mass, inner_axis, outer_mass[:, None], outer_axis[None, :])
    return criterion.time_probability(circular, time_limit, eccentricity_limit) * criterion.periapsis_probability(periapsis, inner_axis)


def binomial_check(count: np.ndarray, probability: np.ndarray, draws: int) -> dict[str, Any]:
    """How a map of counts compares with its closed form: smallest exact two-sided binomial tail, and a global chi-square.

    The chi-square runs over cells with at least five expected draws on either side; its exact variance 2 + (1 - 6pq)/(npq) per cell
    (the binomial kurtosis) gives the z-score, whose two-sided normal p-value is reported.
    """
    from scipy.special import bdtr, bdtrc, ndtr

    k, p = count.ravel(), probability.ravel()
    below, above = bdtr(k, draws, p), np.where(k > 0, bdtrc(k - 1, draws, p), 1.0)
    tail = np.minimum(1.0, 2 * np.minimum(below, above))
    tail = np.where(p <= 0, (k == 0) * 1.0, np.where(p >= 1, (k == draws) * 1.0, tail))
    used = (draws * p >= 5) & (draws * (1 - p) >= 5)
    variance = draws * p[used] * (1 - p[used])
    chi_square = float(np.sum((k[used] - draws * p[used]) ** 2 / variance))
    spread = np.sqrt(np.sum(2 + (1 - 6 * p[used] * (1 - p[used])) / variance))
    z = (chi_square - used.sum()) / spread if used.any() else 0.0
    return {
        "smallest_tail": float(tail.min()),
        "cells": int(k.size),
        "chi_square": chi_square,
        "chi_square_cells": int(used.sum()),
        "chi_square_z": float(z),
        "chi_square_p": float(2 * ndtr(-abs(z))),
    }
