"""Level 2: the triples of the ensemble, drawn from their prior, and the density of that prior.

Triple k is a function of the seed and of k alone: attempt t to draw it reads words 8t ... 8t + 7 of the counter-based stream keyed by
(seed, k), so neither the number of triples nor chunks, order or threads can change it. The prior is the product of independent factors,
restricted to stable triples (Mardling & Aarseth 2001): an unstable draw is drawn again as a whole. The density of the drawn triples is
therefore the product divided by one number, the stable share of the prior, and weights between priors need the factors alone.
"""

import math
from typing import Any

import numpy as np
from numba import njit
from scipy.special import ndtr, ndtri

from analysis.config import EnsembleConfig
from analysis.errors import InputError
from analysis.migration.kozai.shortrange import stable
from analysis.migration.rng import cell_key, draw_word
from analysis.migration.secular.triple import SYSTEM, column

__all__ = ["FACTORS", "GIVEN_UP", "OK", "check_priors", "draw_systems", "log_density", "log_ratio"]

OK, GIVEN_UP = 0, 1
WORDS = np.uint64(8)  # words set aside for one attempt; seven are used
FACTORS = ("inner_axis", "outer_mass", "outer_axis", "outer_eccentricity", "inclination", "inner_argument", "outer_argument")
MASS_LAWS, ECCENTRICITY_LAWS = ("flat", "log_flat"), ("thermal", "uniform")
_HALF, _UNIT, _DROP = 0.5, 1.0 / (1 << 53), np.uint64(11)


@njit(cache=True, nogil=True)
def _uniforms(seed, indices, attempt, out):
    """Fill out (n, 7) with numbers in (0, 1) for one attempt at each system index: 53 bits of a word, at the middle of their cell."""
    for i in range(indices.size):
        key = cell_key(seed, indices[i])
        for c in range(out.shape[1]):
            out[i, c] = (float(draw_word(key, attempt * WORDS + np.uint64(c)) >> _DROP) + _HALF) * _UNIT


@njit(cache=True, nogil=True)
def _place(rows, u, inner, outer, limits, log_mass, thermal, good):
    """Fill rows (n, len(SYSTEM)) from the numbers u and the logarithms (dex) of both axes; good[i] is 1 for a stable triple."""
    low, high = limits
    for i in range(rows.shape[0]):
        row = rows[i]
        row[2] = low * math.exp(u[i, 1] * math.log(high / low)) if log_mass else low + (high - low) * u[i, 1]
        row[3], row[4] = 10.0 ** inner[i], 10.0 ** outer[i]
        row[6] = math.sqrt(u[i, 3]) if thermal else u[i, 3]
        cosine = 1.0 - 2.0 * u[i, 4]
        row[7], row[8], row[9] = math.acos(cosine), 2.0 * math.pi * u[i, 5], 2.0 * math.pi * u[i, 6]
        good[i] = row[6] < 1.0 and row[4] > row[3] and stable(row[0] + row[1], row[3], row[2], row[4], row[6], math.cos(row[7]))


def check_priors(config: EnsembleConfig) -> None:
    """Raises InputError for a law that does not exist, limits in the wrong order or a seed out of range."""
    for name, laws in (("outer_mass_law", MASS_LAWS), ("outer_eccentricity_law", ECCENTRICITY_LAWS)):
        if getattr(config, name) not in laws:
            raise InputError(f"[ensemble] {name} is {getattr(config, name)!r}; expected one of {', '.join(laws)}.")
    for name in ("outer_mass", "inner_axis"):
        low, high = getattr(config, f"{name}_min"), getattr(config, f"{name}_max")
        if not 0 < low < high < math.inf:
            raise InputError(f"[ensemble] {name}_min is {low:g} and {name}_max {high:g}; expected 0 < {name}_min < {name}_max.")
    if not 0 <= config.seed < 1 << 64:
        raise InputError(f"[ensemble] seed is {config.seed}; expected a whole number from 0 to 2^64 - 1.")


def _normal_limits(median: float, spread: float, low: float, high: float) -> tuple[float, float]:
    """Probabilities of a log-normal (median au, spread dex) below `low` and `high` (au)."""
    ends = (np.log10([max(low, 1e-300), high]) - math.log10(median)) / spread
    return tuple(float(value) for value in ndtr(ends))  # type: ignore[return-value]


def _log_axis(u, median: float, spread: float, low: float, high: float) -> np.ndarray:
    """log10 of an axis (au) that is log-normal within [low, high] au, at probabilities u."""
    below, above = _normal_limits(median, spread, low, high)
    return np.ascontiguousarray(math.log10(median) + spread * ndtri(below + (above - below) * u))


def draw_systems(indices, config: EnsembleConfig, host_mass: float, companion_mass: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(systems, attempts, status) of the triples with these numbers (whole, from 0), for bodies of host_mass and companion_mass (Msun).

    systems: (n, len(SYSTEM)), columns and units of `triple.SYSTEM`. attempts: (n,) int64, how often each was drawn until stable; 1 over their
    mean is the stable share of the prior. status: (n,) int64, OK, or GIVEN_UP with a row of NaN after config.attempts unstable draws.
    Raises InputError for impossible priors (`check_priors`), masses or numbers of systems.
    """
    check_priors(config)
    numbers = np.asarray(indices)
    if numbers.ndim != 1 or (numbers.size and (numbers.dtype.kind not in "iu" or int(numbers.min()) < 0)):
        raise InputError("numbers of systems must be a list of whole numbers from 0.")
    if not (0 < companion_mass < math.inf and 0 < host_mass < math.inf):
        raise InputError(f"host and companion mass are {host_mass!r} and {companion_mass!r} Msun; expected numbers above 0.")
    keys = numbers.astype(np.uint64)
    systems = np.full((keys.size, len(SYSTEM)), np.nan)
    attempts, status = np.zeros(keys.size, np.int64), np.full(keys.size, GIVEN_UP, np.int64)
    pending, attempt = np.arange(keys.size), 0
    limits = (config.outer_mass_min, config.outer_mass_max)
    laws = config.outer_mass_law == "log_flat", config.outer_eccentricity_law == "thermal"
    while pending.size and attempt < config.attempts:
        u, rows, good = np.empty((pending.size, len(FACTORS))), np.empty((pending.size, len(SYSTEM))), np.empty(pending.size, np.bool_)
        _uniforms(np.uint64(config.seed), keys[pending], np.uint64(attempt), u)
        rows[:, 0], rows[:, 1], rows[:, 5] = host_mass, companion_mass, config.inner_eccentricity
        inner = _log_axis(u[:, 0], config.inner_axis_median, config.inner_axis_spread, config.inner_axis_min, config.inner_axis_max)
        outer = _log_axis(u[:, 2], config.outer_axis_median, config.outer_axis_spread, 0.0, config.outer_axis_max)
        _place(rows, u, inner, outer, limits, *laws, good)
        attempt += 1
        attempts[pending] = attempt
        systems[pending[good]], status[pending[good]] = rows[good], OK
        pending = pending[~good]
    return systems, attempts, status


def _log_normal(axis, median: float, spread: float, low: float, high: float) -> np.ndarray:
    """ln of the density per au of an axis that is log-normal within [low, high] au."""
    below, above = _normal_limits(median, spread, low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = (np.log10(axis) - math.log10(median)) / spread
        value = -0.5 * deviation**2 - np.log(axis) - math.log(spread * math.log(10) * math.sqrt(2 * math.pi) * (above - below))
    return np.where((axis > 0) & (axis >= low) & (axis <= high), value, -np.inf)


def log_density(systems: np.ndarray, config: EnsembleConfig) -> dict[str, np.ndarray]:
    """ln of the density of every factor of FACTORS at systems (n, len(SYSTEM)), per unit of its column, each (n,) and normalised over its range.

    -inf outside the range. The product is the prior before unstable triples are taken out; `draw_systems` draws from it divided by the
    stable share.
    """
    check_priors(config)
    value: dict[str, Any] = {name: systems[:, column(name, SYSTEM)] for name in FACTORS}
    low, high = config.outer_mass_min, config.outer_mass_max
    mass, e, i = value["outer_mass"], value["outer_eccentricity"], value["inclination"]
    with np.errstate(divide="ignore", invalid="ignore"):
        mass_density = -np.log(mass * math.log(high / low)) if config.outer_mass_law == "log_flat" else np.full(mass.shape, -math.log(high - low))
        eccentricity = np.log(2 * e) if config.outer_eccentricity_law == "thermal" else np.zeros(e.shape)
        inclination = np.log(np.sin(i) / 2)
    angles = {name: np.where((value[name] >= 0) & (value[name] <= 2 * math.pi), -math.log(2 * math.pi), -np.inf) for name in FACTORS[-2:]}
    return {
        "inner_axis": _log_normal(value["inner_axis"], config.inner_axis_median, config.inner_axis_spread, config.inner_axis_min, config.inner_axis_max),
        "outer_mass": np.where((mass >= low) & (mass <= high), mass_density, -np.inf),
        "outer_axis": _log_normal(value["outer_axis"], config.outer_axis_median, config.outer_axis_spread, 0.0, config.outer_axis_max),
        "outer_eccentricity": np.where((e >= 0) & (e < 1), eccentricity, -np.inf),
        "inclination": np.where((i >= 0) & (i <= math.pi), inclination, -np.inf),
        **angles,
    }


def log_ratio(systems: np.ndarray, drawn: EnsembleConfig, wanted: EnsembleConfig) -> np.ndarray:
    """ln of the weight, up to a constant, that turns triples drawn under `drawn` into triples of the prior `wanted`; (n,), -inf where it has none."""
    old, new = log_density(systems, drawn), log_density(systems, wanted)
    return sum((new[name] - old[name] for name in FACTORS), np.zeros(len(systems)))
