"""Radius laws with age, as the five numbers that the secular kernel reads.

R(t) = final ((1 + (knee/t)^power)^exponent + slope log10(t / Gyr)), t the age: a power law t^-(power exponent) long before the knee, a constant
long after it, and the logarithmic slope of the specification. Stars follow BHAC15 tracks (Baraffe et al. 2015, A&A 577, A42) or either form
of the specification's law, companions a published cooling sequence or a constant; all are scaled to a radius known at one age.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from analysis.constants import MJUP_IN_MEARTH
from analysis.errors import InputError
from analysis.migration.stars.cooling import cooling_radii
from analysis.migration.stars.tracks import load_radii, track_radius

__all__ = [
    "COMPANION_LAWS", "PARAMETERS", "STAR_LAWS", "RadiusLaw", "companion_fit", "companion_law", "radius", "radius_parameters", "star_fit",
    "star_law",
]

PARAMETERS = ("final", "knee", "power", "exponent", "slope")
STAR_LAWS = ("track", "contracting", "literal", "constant")
COMPANION_LAWS = ("cooling", "constant")
GYR = 1e9
AGE_RANGE_YR = (1e6, 1e10)  # ages the fits cover
AGES_PER_FIT = 401  # log-uniform; the tracks are tabulated at 17
START = (0.2e9, 1.5, 0.25)  # knee (yr), power, exponent where the search begins
LOWEST, HIGHEST = (1e6, 0.1, 1e-3), (1e11, 4.0, 3.0)  # and its bounds: a knee beyond the ages is a pure power law, a higher power a sharper knee


@dataclass(frozen=True)
class RadiusLaw:
    """final (au), knee (yr), power, exponent, slope, and how far the law lies from the table it was fitted to (0 for a formula)."""

    final: float
    knee: float
    power: float
    exponent: float
    slope: float
    largest_error: float = 0.0  # largest |R_law / R_table - 1| over the ages fitted
    largest_error_late: float = 0.0  # the same from 10 Myr on


def _bracket(knee: float, power: float, exponent: float, slope: float, age_yr) -> np.ndarray:
    age = np.asarray(age_yr, dtype=float)
    return (1 + (knee / age) ** power) ** exponent + slope * np.log10(age / GYR)


def radius_parameters(law: RadiusLaw) -> tuple[float, ...]:
    """The law as the kernel's five numbers, in the order of PARAMETERS."""
    return tuple(float(getattr(law, name)) for name in PARAMETERS)


def radius(law: RadiusLaw, age_yr) -> np.ndarray:
    """R(t) in the unit of `law.final` (au) at age_yr > 0 (any shape)."""
    return law.final * _bracket(law.knee, law.power, law.exponent, law.slope, age_yr)


def _scaled(
    shape: tuple[float, float, float, float], known_radius: float, known_age_yr: float, errors: tuple[float, float] = (0.0, 0.0)
) -> RadiusLaw:
    """The law of this shape (knee, power, exponent, slope) that has known_radius at known_age_yr."""
    if not (known_radius > 0 and known_age_yr > 0):
        raise InputError(f"a radius law needs a radius and an age above 0; got {known_radius:g} and {known_age_yr:g} yr.")
    factor = float(_bracket(*shape, known_age_yr))
    if not factor > 0:
        raise InputError(f"a radius law with slope {shape[3]:g} vanishes before {known_age_yr:g} yr; choose a smaller slope.")
    return RadiusLaw(known_radius / factor, *shape, *errors)


def _fit(ages: np.ndarray, radii: np.ndarray, source: np.ndarray) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """Least squares in log R for (knee, power, exponent), slope 0, with one free scale per source; returns shape and largest errors.

    Parameters are searched as logarithms, so that all three are positive and R falls with age. Deterministic: one start, no random numbers.
    """
    log_radius = np.log(radii)
    sources = np.unique(source)

    def residual(x: np.ndarray) -> np.ndarray:
        knee, power, exponent = np.exp(x)
        difference = exponent * np.logaddexp(0.0, power * np.log(knee / ages)) - log_radius
        for one in sources:  # the best scale of each source follows in closed form
            difference[source == one] -= difference[source == one].mean()
        return difference

    found = least_squares(residual, np.log(START), bounds=(np.log(LOWEST), np.log(HIGHEST)), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    error = np.abs(np.expm1(found.fun))
    late = ages >= 1e7
    knee, power, exponent = (float(v) for v in np.exp(found.x))
    return (knee, power, exponent, 0.0), (float(error.max()), float(error[late].max()))


def star_fit(mass_msun: float, table=None) -> RadiusLaw:
    """The law fitted to the BHAC15 track of `mass_msun` (0.05-0.30 Msun), with R = 1 at 1 Gyr.

    Fitted from 1 Myr to 10 Gyr or the end of the track. Raises InputError outside the masses of the tracks.
    """
    ages = np.geomspace(*AGE_RANGE_YR, AGES_PER_FIT)
    radii = track_radius(mass_msun, ages / GYR, load_radii() if table is None else table)
    known = np.isfinite(radii)
    if not known.any():
        raise InputError(f"no BHAC15 track for a host of {mass_msun:g} Msun; expected 0.05 to 0.30 Msun, or another radius law.")
    shape, errors = _fit(ages[known], radii[known], np.zeros(known.sum(), dtype=int))
    return _scaled(shape, 1.0, GYR, errors)


def star_law(kind: str, mass_msun: float, known_radius_au: float, known_age_gyr: float, slope: float = 0.1) -> RadiusLaw:
    """Radius law of the host that has known_radius_au at known_age_gyr (the published radius, at an age that must be assumed).

    kind "track": shape of the BHAC15 track of mass_msun. "contracting": 1 - slope log10(t/Gyr), the physics the specification states.
    "literal": 1 + slope log10(t/Gyr), the formula as it is written. "constant". Raises InputError for another kind.
    """
    if kind not in STAR_LAWS:
        raise InputError(f"the star's radius law is {kind!r}; expected one of {', '.join(STAR_LAWS)}.")
    if kind == "track":
        fit = star_fit(mass_msun)
        return _scaled((fit.knee, fit.power, fit.exponent, 0.0), known_radius_au, known_age_gyr * GYR, (fit.largest_error, fit.largest_error_late))
    sign = {"contracting": -1.0, "literal": 1.0, "constant": 0.0}[kind]
    return _scaled((GYR, 1.0, 0.0, sign * slope), known_radius_au, known_age_gyr * GYR)


def companion_fit(mass_mjup: float) -> RadiusLaw:
    """The law fitted to the cooling sequence of a giant planet of `mass_mjup` > 0, with R = 1 at 1 Gyr; see `cooling`.

    The sequences start hot enough at 1 Myr for a planet formed in a disc; a fragment may start larger. Irradiation is left out: the
    companion spends the time before it migrates far from its star.
    """
    if not mass_mjup > 0:
        raise InputError(f"the companion's mass is {mass_mjup:g} Mjup; expected a number above 0.")
    shape, errors = _fit(*cooling_radii(mass_mjup * MJUP_IN_MEARTH))
    return _scaled(shape, 1.0, GYR, errors)


def companion_law(kind: str, mass_mjup: float, known_radius_au: float, known_age_gyr: float = 5.0) -> RadiusLaw:
    """Radius law of the companion that has known_radius_au at known_age_gyr: "cooling", or "constant". Raises InputError for another kind."""
    if kind not in COMPANION_LAWS:
        raise InputError(f"the companion's radius law is {kind!r}; expected one of {', '.join(COMPANION_LAWS)}.")
    if kind == "constant":
        return _scaled((GYR, 1.0, 0.0, 0.0), known_radius_au, known_age_gyr * GYR)
    fit = companion_fit(mass_mjup)
    return _scaled((fit.knee, fit.power, fit.exponent, 0.0), known_radius_au, known_age_gyr * GYR, (fit.largest_error, fit.largest_error_late))
