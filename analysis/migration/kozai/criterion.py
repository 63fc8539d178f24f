"""The specification's Kozai-Lidov criterion: formulas, their closed-form probabilities, and the kernels that count feasible draws.

A draw (e_out, cos i) is feasible when t_KL <= T and r_p <= r_crit, with

    t_KL  = [(M_star + M_c) / M_out] (P_out^2 / P_in) (1 - e_out^2)^(3/2)         (specification section 6.3)
    e_max = sqrt(1 - (5/3) cos^2 i) for cos^2 i < 3/5, else 0                      (Kozai 1962; Lidov 1962; test-particle quadrupole)
    r_p   = a_in (1 - e_max)

and e_out uniform in [0, e_limit), cos i uniform in [-1, 1]. Both cuts are monotonic in one random number each, so a draw passes when the
upper half of its random word is at least one integer and the lower half is below another: the kernels compare integers.
Units: au, Msun, yr. Every function is pure and takes floats or float64 arrays.
"""

import math

import numpy as np
from numba import njit, prange

from analysis.constants import G
from analysis.migration.rng import cell_key, draw_word

__all__ = [
    "BAD_LIMIT",
    "BAD_PERTURBER",
    "BAD_SYSTEM",
    "NEVER",
    "OK",
    "STATUS_TEXT",
    "count_feasible",
    "inclination_threshold",
    "kozai_time",
    "kozai_time_corrected",
    "maximum_eccentricity",
    "outer_threshold",
    "outer_thresholds",
    "periapsis_probability",
    "time_probability",
]

OK, BAD_SYSTEM, BAD_PERTURBER, BAD_LIMIT = 0, 1, 2, 3
STATUS_TEXT = {
    OK: "ok",
    BAD_SYSTEM: "host mass, companion mass or inner axis is not a positive finite number",
    BAD_PERTURBER: "outer mass or outer axis is not a positive finite number",
    BAD_LIMIT: "time, critical periapsis or eccentricity limit is out of range",
}
NEVER = np.uint64(1 << 32)  # threshold that no 32-bit number reaches
_TWO32 = float(1 << 32)
_SHIFT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


def period(axis, mass):
    """Kepler period in yr of an orbit of semi-major axis `axis` (au) around total mass `mass` (Msun)."""
    return 2 * math.pi * np.sqrt(np.asarray(axis) ** 3 / (G * mass))


def kozai_time(host_mass, companion_mass, inner_axis, outer_mass, outer_axis, outer_eccentricity=0.0):
    """The specification's Kozai-Lidov time in yr (section 6.3); masses in Msun, axes in au, 0 <= e_out < 1; broadcasts."""
    inner = period(inner_axis, host_mass + companion_mass)
    outer = period(outer_axis, host_mass + companion_mass + outer_mass)
    return (host_mass + companion_mass) / outer_mass * outer**2 / inner * (1 - outer_eccentricity**2) ** 1.5


def kozai_time_corrected(host_mass, companion_mass, inner_axis, outer_mass, outer_axis, outer_eccentricity=0.0):
    """The quadrupole time in yr with the prefactor 8/(15 pi) and the total mass (Antognini 2015, arXiv:1504.05957); as `kozai_time`."""
    total = host_mass + companion_mass + outer_mass
    specified = kozai_time(host_mass, companion_mass, inner_axis, outer_mass, outer_axis, outer_eccentricity)
    return 8 / (15 * math.pi) * total / (host_mass + companion_mass) * specified


def maximum_eccentricity(cos_inclination):
    """e_max of a cycle that starts circular at mutual inclination i; 0 below the critical inclination (cos^2 i >= 3/5)."""
    return np.sqrt(np.maximum(1 - 5 / 3 * np.asarray(cos_inclination) ** 2, 0.0))


def time_probability(kozai_time_circular, time_limit, eccentricity_limit):
    """P(t_KL <= T) for e_out ~ U(0, e_limit), given t_KL at e_out = 0 (yr, any shape); exact."""
    ratio = np.minimum(time_limit / np.asarray(kozai_time_circular), 1.0)
    lowest = np.sqrt(1 - np.cbrt(ratio) ** 2)
    return np.clip(1 - lowest / eccentricity_limit, 0.0, 1.0)


def periapsis_probability(periapsis, inner_axis):
    """P(r_p <= periapsis) for isotropic inclinations: |cos i| <= sqrt((3/5)(1 - e_c^2)) with e_c = 1 - periapsis/a_in; exact; same units."""
    share = np.clip(np.asarray(periapsis, dtype=float) / inner_axis, 0.0, 1.0)
    return np.where(share >= 1.0, 1.0, np.sqrt(0.6 * share * (2 - share)))


@njit(cache=True)
def outer_threshold(host_mass, companion_mass, inner_axis, outer_mass, outer_axis, time_limit, eccentricity_limit):
    """(status, threshold): t_KL <= T exactly when a 32-bit number k, standing for e_out = e_limit (k + 1/2) / 2^32, is >= threshold.

    Masses in Msun, axes in au, time_limit in yr, 0 < eccentricity_limit < 1. A threshold of NEVER (2^32) is never reached.
    """
    if not (0.0 < host_mass < math.inf and 0.0 < companion_mass < math.inf and 0.0 < inner_axis < math.inf):
        return BAD_SYSTEM, NEVER
    if not (0.0 < outer_mass < math.inf and 0.0 < outer_axis < math.inf):
        return BAD_PERTURBER, NEVER
    if not (0.0 < time_limit < math.inf and 0.0 < eccentricity_limit < 1.0):
        return BAD_LIMIT, NEVER
    inner_mass = host_mass + companion_mass
    # P_out^2 / P_in written out: 2 pi a_out^3 / (G M_tot) * sqrt(G M_in / a_in^3)
    circular = (inner_mass / outer_mass) * 2 * math.pi * outer_axis**3 / (G * (inner_mass + outer_mass)) * math.sqrt(G * inner_mass / inner_axis**3)
    if circular <= time_limit:
        return OK, np.uint64(0)
    lowest = math.sqrt(1.0 - (time_limit / circular) ** (2.0 / 3.0)) / eccentricity_limit
    edge = math.ceil(lowest * _TWO32 - 0.5)
    return OK, NEVER if edge >= _TWO32 else np.uint64(edge)


@njit(cache=True)
def outer_thresholds(host_mass, companion_mass, inner_axis, outer_mass, outer_axis, time_limit, eccentricity_limit, threshold, status):
    """Fill `threshold` (uint64) and `status` (int64), both (cells,), for perturbers outer_mass, outer_axis of shape (cells,)."""
    for cell in range(outer_mass.size):
        status[cell], threshold[cell] = outer_threshold(
            host_mass, companion_mass, inner_axis, outer_mass[cell], outer_axis[cell], time_limit, eccentricity_limit
        )


def inclination_threshold(periapsis, inner_axis):
    """(status, threshold): r_p <= periapsis exactly when a 32-bit number k, standing for |cos i| = (k + 1/2) / 2^32, is < threshold."""
    if not (0.0 < periapsis < math.inf and 0.0 < inner_axis < math.inf):
        return BAD_LIMIT, np.uint64(0)
    largest = float(periapsis_probability(periapsis, inner_axis))
    return OK, np.uint64(min(math.floor(largest * _TWO32 - 0.5) + 1, 1 << 32))


@njit(parallel=True, cache=True)
def count_feasible(outer, inclination, draws, seed, first_cell, count):
    """Fill `count` (int64, (cells,)) with the feasible draws of each cell; parallel over cells, no memory per draw.

    outer (uint64, (cells,)) and inclination (uint64) are the thresholds above; `first_cell` is the index of outer[0] in the whole map,
    so that a map computed in pieces has the same bits as one computed at once.
    """
    for cell in prange(outer.size):
        key = cell_key(seed, first_cell + np.uint64(cell))
        reachable = outer[cell] < NEVER
        high = outer[cell] << _SHIFT  # comparing whole words compares their upper halves
        low = inclination if reachable else np.uint64(0)
        hits = np.uint64(0)
        for draw in range(np.uint64(draws)):
            word = draw_word(key, draw)
            hits += np.uint64((word >= high) & ((word & _LOW) < low))
        count[cell] = np.int64(hits)
