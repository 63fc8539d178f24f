"""Companions of very-low-mass stars as a prior on the perturber: how many stars have one, how heavy, how far.

Two cases are mixed. The star is the primary of its pair: its companion has a fraction q of its mass, dN/dq ~ q^beta. Or it is the secondary of a
heavier star, whose mass follows the initial mass function times the number of companions per primary times the density of q. How often each
occurs is counted, not modelled: of the stars of 0.1-0.3 Msun within 15 pc a share is in multiples and a smaller share of the primaries among
them is (Winters et al. 2021, AJ 161, 63), and every star that is not a primary is in a multiple. Orbits are log-normal. Masses in Msun, axes
in au; densities per Msun and dex.
"""

import numpy as np
from scipy.stats import norm

from analysis.config import OccurrenceConfig
from analysis.errors import InputError

__all__ = [
    "beta_parameters", "census", "effective_number", "mass_density", "perturber_density", "primaries_beyond", "weights",
]

HEAVIEST = 1.0  # Msun, the heaviest perturber of the ensemble
LIGHT_SLOPE, HEAVY_SLOPE, TURN = -1.3, -2.3, 0.5  # initial mass function dN/dM above 0.08 Msun (Kroupa 2001, MNRAS 322, 231); Msun


def beta_parameters(mean: float, error: float) -> tuple[float, float]:
    """(a, b) of the Beta distribution with this mean in (0, 1) and standard deviation; raises InputError where none exists."""
    size = mean * (1 - mean) / error**2 - 1 if 0 < mean < 1 and error > 0 else 0.0
    if not size > 0:
        raise InputError(f"[occurrence] no share has mean {mean:g} and error {error:g}; expected a mean between 0 and 1 and a smaller error.")
    return mean * size, (1 - mean) * size


def census(multiple_share: float, primary_multiplicity: float) -> dict[str, float]:
    """How the stars divide: primaries (single or not), and among the stars in multiples those that orbit a heavier star.

    With m the share of stars in multiples and p the share of primaries, m = p f + (1 - p) where f is the multiplicity of the primaries.
    Raises InputError when m < f, which no census can give.
    """
    if not 0 < primary_multiplicity <= multiple_share < 1:
        raise InputError("[occurrence] expected 0 < primary_multiplicity <= multiple_share < 1: every star that is no primary is in a multiple.")
    primaries = (1 - multiple_share) / (1 - primary_multiplicity)
    return {
        "multiple_share": multiple_share,
        "primary_share": primaries,
        "secondary_share": 1 - primaries,
        "primary_with_companion_share": primaries * primary_multiplicity,
        "secondary_of_multiples_share": (1 - primaries) / multiple_share,
    }


def _power_integral(exponent: float, low: float, high: float) -> float:
    return float(np.log(high / low)) if exponent == -1 else (high ** (exponent + 1) - low ** (exponent + 1)) / (exponent + 1)


def _primary_exponents(config: OccurrenceConfig) -> tuple[float, float]:
    """Exponents below and above TURN of the density of the primary's mass M1, given that the star is its secondary.

    dN ~ xi(M1) (companions per primary) dq/dM2 q^beta with q = M2/M1, hence M1^(slope + kappa - beta - 1).
    """
    shift = config.companion_frequency_exponent - config.mass_ratio_exponent - 1
    return LIGHT_SLOPE + shift, HEAVY_SLOPE + shift


def _primary_integral(config: OccurrenceConfig, low: float, high: float) -> float:
    light, heavy = _primary_exponents(config)
    below = _power_integral(light, low, min(high, TURN)) if low < TURN else 0.0
    above = TURN ** (light - heavy) * _power_integral(heavy, max(low, TURN), high) if high > TURN else 0.0
    return below + above


def primaries_beyond(host_mass: float, config: OccurrenceConfig, heaviest: float = HEAVIEST) -> float:
    """Share of the primaries of stars of host_mass that are heavier than `heaviest` and therefore left out."""
    limit = host_mass / config.lowest_mass_ratio
    if limit <= heaviest:
        return 0.0
    return _primary_integral(config, max(heaviest, host_mass), limit) / _primary_integral(config, host_mass, limit)


def mass_density(outer_mass, host_mass: float, config: OccurrenceConfig, heaviest: float = HEAVIEST) -> tuple[np.ndarray, np.ndarray]:
    """(density of the mass of a lighter companion, of a heavier one) at outer_mass, per Msun, each integrating to 1; any shape."""
    mass = np.asarray(outer_mass, dtype=float)
    beta, least = config.mass_ratio_exponent, config.lowest_mass_ratio
    q = mass / host_mass
    inside = (q >= least) & (q <= 1)
    lighter = np.where(inside, np.where(inside, q, 1.0) ** beta, 0.0) / (host_mass * _power_integral(beta, least, 1.0))
    top = min(heaviest, host_mass / least)
    if top <= host_mass:
        return lighter, np.zeros_like(mass)
    light, heavy = _primary_exponents(config)
    inside = (mass > host_mass) & (mass <= top)
    safe = np.where(inside, mass, TURN)
    heavier = np.where(safe < TURN, safe**light, TURN ** (light - heavy) * safe**heavy) / _primary_integral(config, host_mass, top)
    return lighter, np.where(inside, heavier, 0.0)


def perturber_density(
    outer_mass, outer_axis, host_mass: float, config: OccurrenceConfig, separations: tuple[tuple[float, float], tuple[float, float]] | None = None,
    secondary_share: float | None = None,
) -> np.ndarray:
    """Density of (M_out, log10 a_out) given that the star has a companion, per Msun and dex; shape of the broadcast arguments.

    `separations` are (median au, spread dex) for a lighter and a heavier companion, `secondary_share` the share of stars in multiples that
    orbit a heavier star (from the census by default, 0 for a star known to be the primary).
    """
    if secondary_share is None:
        secondary_share = census(config.multiple_share[0], config.primary_multiplicity[0])["secondary_of_multiples_share"]
    lighter, heavier = mass_density(outer_mass, host_mass, config)
    if not np.any(heavier):
        secondary_share = 0.0
    (near, near_spread), (far, far_spread) = separations or (config.separation_of_primaries, config.separation_of_secondaries)
    log_axis = np.log10(np.asarray(outer_axis, dtype=float))
    return (1 - secondary_share) * lighter * norm.pdf(log_axis, np.log10(near), near_spread) + secondary_share * heavier * norm.pdf(
        log_axis, np.log10(far), far_spread
    )


def weights(density, drawn) -> np.ndarray:
    """density / drawn, per draw: their mean over all draws estimates the share of the prior that the draws cover.

    Raises InputError for a draw of density zero or without a number, which no weight can stand for.
    """
    drawn = np.asarray(drawn, dtype=float)
    if not (np.isfinite(drawn).all() and (drawn > 0).all()):
        raise InputError("an ensemble draw lies where the ensemble draws nothing; its prior and its weights do not belong together.")
    return np.asarray(density, dtype=float) / drawn


def effective_number(weight) -> float:
    """(sum w)^2 / sum w^2, the number of equally weighted draws that know as much (Kish 1965); 0 without weight."""
    weight = np.asarray(weight, dtype=float)
    total = float(np.sum(weight**2))
    return float(np.sum(weight)) ** 2 / total if total > 0 else 0.0
