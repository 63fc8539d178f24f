"""What an accepted solution implies for the perturber: draws of its mass and orbit at the two ends of what the data allow.

The ends of an astrometric orbit are a dark companion and the brightest main-sequence companion that still moves the centre of light as much. Those of an
acceleration or a velocity trend, whose period is not known, are an orbit of just the time that DR3 covers and the widest one, at the largest axis or
with the heaviest perturber of the map. A spectroscopic orbit has a lower end alone, the companion seen edge on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.astrometry import ELEMENTS, photocentre_axis
from analysis.config import GaiaConfig
from analysis.constants import YEAR_DAYS, G
from analysis.migration.gaia import photocentre
from analysis.migration.gaia.quality import solution_kind

__all__ = ["CORRELATED", "End", "implied"]

CORRELATED = ("solution_parallax_mas", *(f"thiele_innes_{letter}_mas" for letter in ELEMENTS), "period_day")
FAINT = 14.0  # mag, G that divides the two errors of parallaxes of orbits (Nagarajan & El-Badry 2024)
LARGEST_ECCENTRICITY = 0.999


@dataclass(frozen=True)
class End:
    """One end of the range, (n,) draws: mass in Msun, axis in au, e; `possible` is the share of all draws for which the end exists."""

    name: str  # what is assumed
    mass: np.ndarray
    axis: np.ndarray
    eccentricity: np.ndarray
    possible: float


def _end(name: str, mass: np.ndarray, axis: np.ndarray, eccentricity: np.ndarray) -> End:
    good = np.isfinite(mass) & np.isfinite(axis) & (mass > 0) & (axis > 0)
    return End(name, mass[good], axis[good], eccentricity[good], float(good.mean()))


def _gaussian(rng: np.random.Generator, row: Mapping[str, Any], name: str, draws: int, factor: float = 1.0) -> np.ndarray:
    """Draws of a value with its error times `factor`; a missing error is none."""
    return row[name] + factor * float(np.nan_to_num(row[f"{name}_err"])) * rng.standard_normal(draws)


def _inflation(row: Mapping[str, Any], config: GaiaConfig) -> float:
    bright, faint, acceleration = config.parallax_inflation
    if solution_kind(row) == "acceleration":
        return acceleration
    return bright if row["g_mag"] < FAINT else faint


def _correlated(rng: np.random.Generator, row: Mapping[str, Any], draws: int, factor: float) -> dict[str, np.ndarray]:
    """Draws of CORRELATED with their covariance; independent ones where no correlations are given, or they are not those of a covariance.

    `factor` widens the parallax alone, which keeps the correlations.
    """
    size = len(CORRELATED)
    matrix = np.eye(size)
    if isinstance(row["correlations"], str) and row["correlations"]:
        matrix[np.triu_indices(size, 1)] = [float(item) for item in row["correlations"].split()]
        matrix = matrix + np.triu(matrix, 1).T
    try:
        root = np.linalg.cholesky(matrix + 1e-9 * np.eye(size))  # published to few digits
    except np.linalg.LinAlgError:
        root = np.eye(size)
    errors = np.nan_to_num(np.array([row[f"{name}_err"] for name in CORRELATED])) * np.where(np.arange(size) == 0, factor, 1.0)
    values = np.array([row[name] for name in CORRELATED])[:, None] + errors[:, None] * (root @ rng.standard_normal((size, draws)))
    return dict(zip(CORRELATED, values, strict=True))


def _eccentricity(rng: np.random.Generator, row: Mapping[str, Any], draws: int) -> np.ndarray:
    if not np.isfinite(row["eccentricity"]):
        return np.zeros(draws)
    return np.clip(np.abs(_gaussian(rng, row, "eccentricity", draws)), 0.0, LARGEST_ECCENTRICITY)


def implied(
    row: Mapping[str, Any], config: GaiaConfig, host_mass: float, host_mass_error: float, companion_mass: float, *, span_yr: float, largest_axis: float,
    heaviest: float, eccentricity_limit: float, stream: int,
) -> list[End]:
    """The ends that a solution implies around a star of host_mass (Msun, with its error) that carries a close companion (Msun).

    span_yr: time that DR3 covers; largest_axis (au), heaviest (Msun) and eccentricity_limit bound perturbers of which the solution does not say the
    orbit. Draws depend on the seed and `stream` alone. An end that no draw allows is left out.
    """
    rng = np.random.default_rng([config.seed, stream])
    n = config.draws
    relative = host_mass_error / host_mass if host_mass_error > 0 else config.host_mass_error
    mass = host_mass * np.exp(relative * rng.standard_normal(n)) + companion_mass
    kind = solution_kind(row)
    if kind == "astrometric orbit":
        ends = _astrometric(rng, row, config, mass)
    elif kind == "spectroscopic orbit":
        e = _eccentricity(rng, row, n)
        period = _gaussian(rng, row, "period_day", n) / YEAR_DAYS
        speed = _gaussian(rng, row, "semi_amplitude_kms", n)
        with np.errstate(invalid="ignore"):
            lightest = photocentre.dark_mass(photocentre.spectroscopic_mass_function(np.where(speed > 0, speed, np.nan), period, e), mass)
        ends = [_end("seen edge on", lightest, photocentre.relative_axis(period, mass + lightest), e)]
    elif kind in ("acceleration", "velocity trend"):
        ends = _accelerated(rng, row, config, mass, span_yr, largest_axis, heaviest, eccentricity_limit)
    else:
        ends = []
    return [end for end in ends if end.mass.size]


def _astrometric(rng: np.random.Generator, row: Mapping[str, Any], config: GaiaConfig, mass: np.ndarray) -> list[End]:
    n = mass.size
    values = _correlated(rng, row, n, _inflation(row, config))
    e = _eccentricity(rng, row, n)
    period, parallax = values["period_day"] / YEAR_DAYS, values["solution_parallax_mas"]
    size = photocentre_axis(np.stack([values[f"thiele_innes_{letter}_mas"] for letter in ELEMENTS], axis=-1))
    good = (period > 0) & (parallax > 0) & (size > 0)
    period, parallax = np.where(good, period, np.nan), np.where(good, parallax, np.nan)
    function = photocentre.astrometric_mass_function(size, parallax, period)
    with np.errstate(invalid="ignore"):
        dark = photocentre.dark_mass(function, mass)
        _, brightest = photocentre.luminous_masses(function, mass)
    return [
        _end("dark companion", dark, photocentre.relative_axis(period, mass + dark), e),
        _end("brightest main-sequence companion", brightest, photocentre.relative_axis(period, mass + brightest), e),
    ]


def _accelerated(
    rng: np.random.Generator, row: Mapping[str, Any], config: GaiaConfig, mass: np.ndarray, span_yr: float, largest_axis: float, heaviest: float, limit: float,
) -> list[End]:
    n = mass.size
    cosine = 1 - 2 * rng.random(n)  # of the angle between the line of sight and the companion, in any direction
    e = limit * rng.random(n)
    if solution_kind(row) == "acceleration":
        parallax = _gaussian(rng, row, "solution_parallax_mas", n, _inflation(row, config))
        on_sky = np.hypot(_gaussian(rng, row, "acceleration_ra_mas_yr2", n), _gaussian(rng, row, "acceleration_dec_mas_yr2", n))
        seen, share = photocentre.au_per_yr2(on_sky, np.where(parallax > 0, parallax, np.nan)), np.sqrt(1 - cosine**2)
    else:
        seen, share = photocentre.kms_per_day(np.abs(_gaussian(rng, row, "velocity_slope_kms_day", n))), np.abs(cosine)
    pull = seen / (G * share)
    with np.errstate(invalid="ignore"):
        near = photocentre.acceleration_axis(pull, mass, span_yr)
        far = np.minimum(largest_axis, np.sqrt(heaviest / pull))
        near = np.where(near <= far, near, np.nan)  # else the direction asks for a perturber heavier than any
    far = np.where(np.isfinite(near), far, np.nan)
    return [_end("period as long as DR3", pull * near**2, near, e), _end("widest orbit", pull * far**2, far, e)]
