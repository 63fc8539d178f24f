"""From configuration and target to the physics vector that the level-2 kernel reads."""

import math
from typing import Any

import numpy as np

from analysis.config import SecularConfig
from analysis.constants import RJUP_AU, RSUN_AU, YEAR_DAYS, YEAR_S
from analysis.errors import InputError
from analysis.migration.secular.triple import PHYSICS
from analysis.migration.stars.contraction import companion_law, radius_parameters, star_law
from analysis.migration.stars.stellar import target_radius

__all__ = ["SPINS", "physics_vector"]

SPINS = ("state", "pseudo_synchronous")


def physics_vector(config: SecularConfig, target: Any, time_limit_gyr: float) -> np.ndarray:
    """The vector (len(PHYSICS),) of `triple.PHYSICS` for the target's bodies: au, Msun, yr, rad.

    target: the stage's result (values with host_mass_msun, host_radius_rsun, companion_mass_mjup, companion_radius_rjup). Raises
    InputError for a spin treatment, radius law or disruption factors without a meaning, or a time limit that is not positive.
    """
    if config.companion_spin not in SPINS:
        raise InputError(f"[secular] companion_spin is {config.companion_spin!r}; expected one of {', '.join(SPINS)}.")
    factors = config.disruption_factors
    if len(factors) != 3 or not factors[0] >= factors[1] >= factors[2]:
        raise InputError(f"[secular] disruption_factors is {factors!r}; expected three numbers, none above the one before it.")
    if not 0 < time_limit_gyr < math.inf:
        raise InputError(f"the time limit is {time_limit_gyr!r} Gyr; expected a number above 0.")
    values = target.values
    star_radius, _ = target_radius(target, config.reference_age)
    companion_radius = values.get("companion_radius_rjup") or 1.0
    star = star_law(config.star_radius, values["host_mass_msun"], star_radius * RSUN_AU, config.reference_age)
    companion = companion_law(config.companion_radius, values["companion_mass_mjup"], companion_radius * RJUP_AU, config.reference_age)
    chosen = {
        "time_limit": time_limit_gyr * 1e9,
        "start_age": config.start_age * 1e6,
        "tolerance": config.tolerance,
        "pseudo_synchronous": config.companion_spin == "pseudo_synchronous",
        "companion_lag": config.companion_lag / YEAR_S,
        "star_lag": config.star_lag / YEAR_S,
        "companion_spin": 2 * math.pi * YEAR_DAYS / config.companion_rotation,
        "star_spin": 2 * math.pi * YEAR_DAYS / config.star_rotation,
        **{f"companion_radius_{name}": value for name, value in zip(("final", "knee", "power", "exponent", "slope"), radius_parameters(companion), strict=True)},
        **{f"star_radius_{name}": value for name, value in zip(("final", "knee", "power", "exponent", "slope"), radius_parameters(star), strict=True)},
        **dict(zip(("disruption_first", "disruption_second", "disruption_last"), factors, strict=True)),
    }
    return np.array([float(chosen[name] if name in chosen else getattr(config, name)) for name in PHYSICS])
