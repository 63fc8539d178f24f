"""Levels 0 and 1 for a perturber that is known up to its errors: draws of (M_out, a_out, e_out) instead of a map, inclinations isotropic.

Both levels are those of `criterion` and `shortrange`; what differs from their maps is that every draw has its own perturber.
"""

import math
from typing import Any

import numpy as np
from numba import njit, prange

from analysis.config import KozaiConfig, LimitingConfig
from analysis.constants import G
from analysis.migration.kozai import criterion, shortrange
from analysis.migration.kozai.feasibility import System
from analysis.migration.kozai.limiting import force_strengths, tidal_edge
from analysis.migration.kozai.shortrange import (
    AVERAGING_MARGIN,
    DISRUPTED,
    INVALID,
    MIGRATED,
    OK,
    SHALLOW,
    SLOW,
    UNSTABLE,
    limiting_j,
    octupole_strength,
    octupole_window,
    periapsis_share,
    stable,
)
from analysis.migration.tides import tidal_radius

__all__ = ["classify", "judged", "largest_stable_axis", "spread"]

YR_PER_GYR = 1e9


@njit(parallel=True, cache=True)
def classify(
    host_mass, companion_mass, inner_axis, strengths, pseudo, octupole, outer_mass, outer_axis, outer_eccentricity, cosine, time_limit, lower, upper, outcome, doubtful,
):
    """Fill `outcome` (int64, (n,)) with the level-1 outcome, an index of shortrange.OUTCOMES, of each draw (arrays (n,), cosine of i signed).

    `doubtful` (bool, (n,)) marks the migrated or disrupted draws with j < 3 epsilon_SA, for which double averaging fails (Luo, Katz & Dong 2016).

    The judgement of `shortrange.count_outcomes`, draw by draw: stability, corrected quadrupole time against time_limit (yr), limiting
    eccentricity with short-range forces, then periapsis against `lower` (disruption) and `upper` (tidal decay), in au.
    """
    inner_mass = host_mass + companion_mass
    for i in prange(outer_mass.size):
        mass, axis, e, c = outer_mass[i], outer_axis[i], outer_eccentricity[i], cosine[i]
        outcome[i], doubtful[i] = INVALID, False
        if not (0.0 < mass < math.inf and 0.0 < axis < math.inf and 0.0 <= e < 1.0 and -1.0 <= c <= 1.0):
            continue
        if not stable(inner_mass, inner_axis, mass, axis, e, c):
            outcome[i] = UNSTABLE
            continue
        cube = (1.0 - e * e) ** 1.5
        total = inner_mass + mass
        # (8 / 15 pi) (M_tot / M_out) P_out^2 / P_in (1 - e_out^2)^(3/2) (Antognini 2015)
        time = 8.0 / (15.0 * math.pi) * total / mass * 2.0 * math.pi * axis**3 / (G * total) * math.sqrt(G * inner_mass / inner_axis**3) * cube
        cos2 = c * c
        if octupole and cos2 <= octupole_window(octupole_strength(host_mass, companion_mass, inner_axis, axis, e)):
            cos2 = 0.0
        weight = axis**3 * cube / mass
        bad, j = limiting_j(cos2, strengths[0] * weight, strengths[1] * weight, strengths[2] * weight, strengths[3] * weight, pseudo)
        if bad != OK:
            continue
        periapsis = inner_axis * periapsis_share(j)
        if time > time_limit:
            outcome[i] = SLOW
        elif periapsis < lower:
            outcome[i] = DISRUPTED
        elif periapsis <= upper:
            outcome[i] = MIGRATED
        else:
            outcome[i] = SHALLOW
        averaging = (inner_axis / axis) ** 1.5 * mass / math.sqrt(inner_mass * total) / cube
        doubtful[i] = j < AVERAGING_MARGIN * averaging and (outcome[i] == DISRUPTED or outcome[i] == MIGRATED)


def largest_stable_axis(inner_mass, outer_mass, outer_axis, outer_eccentricity):
    """The largest birth axis in au that is stable in the plane of the perturber (Mardling & Aarseth 2001, eq. 90); broadcasts."""
    e = np.asarray(outer_eccentricity)
    bracket = (1 + np.asarray(outer_mass) / inner_mass) * (1 + e) / np.sqrt(1 - e)
    return np.asarray(outer_axis) * (1 - e) / (2.8 * bracket**0.4)


def spread(values) -> dict[str, float]:
    """Median and the 2.5 and 97.5 % quantiles; NaN without values."""
    values = np.asarray(values, dtype=float)
    if not values.size:
        return {"median": math.nan, "low": math.nan, "high": math.nan}
    median, low, high = np.quantile(values, (0.5, 0.025, 0.975))
    return {"median": float(median), "low": float(low), "high": float(high)}


def judged(
    system: System, kozai: KozaiConfig, limiting: LimitingConfig, birth_axis: float, time_gyr: float, outer_mass: np.ndarray, outer_axis: np.ndarray,
    outer_eccentricity: np.ndarray, stream: int,
) -> dict[str, Any]:
    """Shares of the draws (n,) that level 0 calls feasible, that are stable, and of each outcome of level 1, for a birth axis in au; and of those
    that level 1 brings in or destroys, the share for which it is doubtful.

    The inclinations depend on [kozai] seed and `stream` alone. kozai_time_yr is the specification's, at the axis and in the time given.
    """
    rng = np.random.default_rng([kozai.seed, stream])
    cosine = 1 - 2 * rng.random(outer_mass.size)
    time = time_gyr * YR_PER_GYR
    bodies = (system.host_mass, system.companion_mass)
    specified = criterion.kozai_time(*bodies, birth_axis, outer_mass, outer_axis, outer_eccentricity)
    critical = kozai.critical_radius * system.host_radius
    feasible = (specified <= time) & (birth_axis * (1 - criterion.maximum_eccentricity(cosine)) <= critical)
    lower = limiting.disruption_factor * tidal_radius(*bodies, system.companion_radius)
    upper = tidal_edge(system, birth_axis, limiting.companion_q / limiting.cycle_share, time)
    pseudo = limiting.companion_rotation == "pseudo_synchronous"
    outcome, doubtful = np.empty(outer_mass.size, np.int64), np.empty(outer_mass.size, bool)
    arrays = (np.ascontiguousarray(values, dtype=float) for values in (outer_mass, outer_axis, outer_eccentricity, cosine))
    classify(*bodies, birth_axis, force_strengths(limiting, system, birth_axis), pseudo, True, *arrays, time, lower, upper, outcome, doubtful)
    shares = {name: float(np.mean(outcome == number)) for number, name in enumerate(shortrange.OUTCOMES)}
    reached = shares["migrated"] + shares["disrupted"]
    return {
        "averaging_doubtful_share": float(doubtful.mean()) / reached if reached else math.nan,
        "birth_axis_au": birth_axis, "time_gyr": time_gyr, "kozai_time_yr": spread(specified), "stable_share": 1 - shares["unstable"],
        "level_0_share": float(feasible.mean()), "in_time_share": float(np.mean(specified <= time)), "level_1": shares,
    }
