"""Which outer companions of the target would have been noticed: a smooth probability per method from signal over threshold.

No survey for companions of TOI-6894 is known to us, so this is what public catalogues and the published velocities imply, not a limit that
somebody measured. Every probability is x^n / (1 + x^n) with x the signal over its threshold and n the configured sharpness. Masses in
Msun, axes in au, angles in arcsec or mas. A pair is either resolved or not; what else can show it counts as independent of one another.
"""

from typing import Any

import numpy as np

from analysis.config import OccurrenceConfig
from analysis.constants import AU_M, YEAR_S, G

__all__ = ["METHODS", "astrometric_residual", "conditioned", "gaia_magnitude", "noticed", "velocity_trend"]

METHODS = ("resolved", "astrometry", "velocities", "light")
# Mean dwarf sequence, mass (Msun) against absolute G: Pecaut & Mamajek (2013, ApJS 208, 9), table of 2022-04-16. Below the last star the
# values only say "too faint": a brown dwarf of the field.
SEQUENCE_MASS = (0.01, 0.05, 0.075, 0.077, 0.079, 0.086, 0.090, 0.105, 0.122, 0.155, 0.24, 0.36, 0.45, 0.51, 0.585, 0.64, 0.70, 0.86, 1.00)
SEQUENCE_G = (30.0, 21.0, 17.30, 16.60, 16.20, 15.20, 14.72, 14.26, 13.35, 12.45, 11.21, 10.05, 9.29, 8.82, 8.10, 7.57, 6.85, 5.553, 4.635)
AU_PER_YR = AU_M / YEAR_S  # m/s
# A coordinate x = g t^2 / 2 seen for a time T keeps, after position and proper motion are fitted, an rms of g T^2 / sqrt(720).
CURVATURE_RMS = np.sqrt(720.0)


def _chance(signal, sharpness: float) -> np.ndarray:
    """x^n / (1 + x^n) for x >= 0, without overflow."""
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.exp(-np.clip(sharpness * np.log(np.asarray(signal, dtype=float)), -700, 700)))


def gaia_magnitude(mass) -> np.ndarray:
    """Absolute G of a dwarf of `mass` on the mean sequence, linear in log mass; constant beyond 0.01-1 Msun."""
    return np.interp(np.log(np.asarray(mass, dtype=float)), np.log(SEQUENCE_MASS), SEQUENCE_G)


def astrometric_residual(semi_amplitude, period, span: float, eccentricity=0.0) -> np.ndarray:
    """rms in one coordinate, in the unit of semi_amplitude, that position and proper motion cannot absorb during `span` (yr).

    Orbits much shorter than the span leave a/sqrt(2); much longer ones only their curvature, g T^2/sqrt(720) in one coordinate with the time average
    of g = 4 pi^2 a / (P^2 sqrt(1 - e^2)) and cos^2 = 1/2 for the direction. Between the two limits x/(1 + x), x their ratio.
    """
    orbital = np.asarray(semi_amplitude, dtype=float) / np.sqrt(2)
    curvature = (2 * np.pi * span / np.asarray(period, dtype=float)) ** 2 / np.sqrt(1 - np.asarray(eccentricity, dtype=float) ** 2) / CURVATURE_RMS
    return orbital * curvature / (1 + curvature)


def velocity_trend(outer_mass, outer_axis, eccentricity=0.0) -> np.ndarray:
    """Typical acceleration of the host along the line of sight, m/s per yr: half the time average of G M_out / r^2, for any direction."""
    a, e = np.asarray(outer_axis, dtype=float), np.asarray(eccentricity, dtype=float)
    return 0.5 * G * np.asarray(outer_mass, dtype=float) / (a**2 * np.sqrt(1 - e**2)) * AU_PER_YR


def noticed(config: OccurrenceConfig, values: dict[str, Any], outer_mass, outer_axis, outer_eccentricity=0.0) -> dict[str, np.ndarray]:
    """Probability that each method, and any of them, would have shown a companion; values in [0, 1], shape of the broadcast arguments.

    `values` are the target's (host_mass_msun, distance_pc). `resolved`: a Gaia source of its own. `astrometry`: the
    single-star fit is disturbed, by the orbit of the centre of light. `velocities`: a trend in the published radial velocities. `light`:
    a second spectrum or wrong colours, of a companion too close to be resolved.
    """
    host, distance = values["host_mass_msun"], values["distance_pc"]
    mass, axis, eccentricity = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (outer_mass, outer_axis, outer_eccentricity)))
    n = config.sharpness
    separation = axis / distance  # arcsec, about the time average of the projected one
    host_absolute = config.host_magnitude - 5 * np.log10(distance / 10)
    # the companion's light relative to the host's on the same sequence, anchored to the host's own magnitude
    difference = gaia_magnitude(mass) - gaia_magnitude(host)
    apparent = host_absolute + difference + 5 * np.log10(distance / 10)
    apart = _chance(separation / (config.resolved_separation + config.resolved_slope * np.abs(difference)), n)
    bright = _chance(10 ** (0.4 * (config.faintest_magnitude - apparent)), n)
    flux = 10 ** (-0.4 * difference)

    period = np.sqrt(axis**3 / (host + mass))
    arm = np.abs(mass / (host + mass) - flux / (1 + flux))  # of the centre of light about the centre of mass, over the axis
    residual = astrometric_residual(arm * separation * 1e3, period, config.gaia_span, eccentricity)
    disturbed = _chance(residual / (config.along_scan_error * np.sqrt(config.unit_weight_error**2 - 1)), n)

    one_velocity = config.velocity_amplitude_error * np.sqrt(config.velocities / 2)  # m/s, from sigma_K = sigma sqrt(2/N)
    slope_error = one_velocity * np.sqrt(12 / config.velocities) / config.velocity_span
    trend = _chance(velocity_trend(mass, axis, eccentricity) / (config.trend_sigmas * slope_error), n)

    second_light = _chance(flux / config.noticed_flux_ratio, n)
    missed = (1 - trend) * (apart * (1 - bright) + (1 - apart) * (1 - disturbed) * (1 - second_light))
    return {
        "resolved": apart * bright, "astrometry": (1 - apart) * disturbed, "velocities": trend, "light": (1 - apart) * second_light,
        "any": 1 - missed,
    }


def conditioned(weight, migrated, chance) -> dict[str, float]:
    """The migrated share when no companion was noticed, beside the unconditional one; arguments (n,), `migrated` bool or a probability.

    hidden_share: share of the prior's perturbers that would not have been noticed. noticed_migrated_share: share of the migrated systems
    whose perturber would have been. Shares of nothing are NaN.
    """
    weight, migrated, chance = (np.asarray(v, dtype=float) for v in (weight, migrated, chance))
    hidden = weight * (1 - chance)
    total, left, moved = weight.sum(), hidden.sum(), (weight * migrated).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "migrated_share": float(np.divide(moved, total)),
            "migrated_share_hidden": float(np.divide((hidden * migrated).sum(), left)),
            "hidden_share": float(np.divide(left, total)),
            "noticed_migrated_share": float(np.divide((weight * migrated * chance).sum(), moved)),
        }
