"""Systems of either model, drawn from stated distributions and followed to the end of their discs."""

from dataclasses import dataclass

import numpy as np

from analysis.config import SynthesisConfig
from analysis.constants import MEARTH_MSUN, G
from analysis.errors import InputError
from analysis.formation import core_accretion, instability
from analysis.formation.discs import SOUND_1K
from analysis.progress import track

__all__ = ["FGK", "MODELS", "VARIATIONS", "Hosts", "Systems", "simulate"]

MODELS = ("core accretion", "fragmentation")
COLDEST = 10.0  # K, what the surroundings of any disc supply
ATTEMPTS = 40  # draws of a disc per fragment wanted, at most
_CORE, _FRAGMENT = 0, 1


@dataclass(frozen=True)
class Hosts:
    """Uniform host masses from `low` to `high` (Msun)."""

    low: float
    high: float


FGK = Hosts(0.7, 1.3)
# Name -> parameters that it replaces; each is run for the model it concerns.
VARIATIONS: dict[str, dict[str, float | tuple[float, float]]] = {
    "pebbles tripled": {"pebble_factor": 3.0},
    "accretion rates as M^1.8": {"rate_slope": 1.8},
    "discs accrete ten times faster": {"log_rate": -6.5},
    "turbulent midplane": {"turbulence": 1e-3},
    "quiet midplane": {"turbulence": 1e-5},
    "full migration": {"migration_factor": 1.0},
    "thin envelopes": {"envelope_opacity": 0.1},
    "fragments cool in 1e4 yr": {"cooling_time": 1e4},
    "fragments cool in 1e6 yr": {"cooling_time": 1e6},
    "fragments ten times lighter": {"fragment_factor": (0.05, 0.2)},
    "viscosity of unstable discs 0.01": {"unstable_alpha": 0.01},
    "inner edge twice as far": {"inner_edge": 0.08},
}


@dataclass(frozen=True)
class Systems:
    """Outcomes of one model, each (n,): host mass (Msun), [Fe/H], companion mass (Msun), axis (au), how it ended, and its parameters (n, columns)."""

    host: np.ndarray
    metallicity: np.ndarray
    mass: np.ndarray
    axis: np.ndarray
    status: np.ndarray
    parameters: np.ndarray


def _log_uniform(bounds: tuple[float, float], share: np.ndarray) -> np.ndarray:
    return bounds[0] * (bounds[1] / bounds[0]) ** share


def _generator(config: SynthesisConfig, model: int) -> np.random.Generator:
    """Counter-based, so that no draw depends on threads."""
    return np.random.Generator(np.random.Philox(key=[config.seed, model]))


def _hosts(config: SynthesisConfig, hosts: Hosts, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Host mass, [Fe/H], luminosity of the young star (Lsun)."""
    mass = hosts.low + (hosts.high - hosts.low) * random.random(n)
    return mass, random.normal(config.metallicity_mean, config.metallicity_spread, n), mass**config.luminosity_slope


def core_parameters(config: SynthesisConfig, hosts: Hosts, n: int) -> np.ndarray:
    """(n, columns of `core_accretion`)."""
    random = _generator(config, _CORE)
    host, metallicity, luminosity = _hosts(config, hosts, random, n)
    rate = 10 ** random.normal(config.log_rate, config.rate_spread, n) * host**config.rate_slope
    radius = (config.disc_radius[0] + np.ptp(config.disc_radius) * random.random(n)) * np.sqrt(host)
    lifetime = config.lifetime * 10 ** random.normal(0, config.lifetime_spread, n)
    # The flux of pebbles is a share of the gas flux that scales with metals; a factor on it acts as metals do.
    metals = metallicity + np.log10(config.pebble_factor)
    constants = (config.accretion_alpha, config.turbulence, config.migration_factor, config.pebble_column, config.envelope_opacity)
    columns = [host, metals, luminosity, rate, radius, lifetime, *(np.full(n, value) for value in constants), _log_uniform(config.birth_axis, random.random(n)),
               _log_uniform(config.birth_time, random.random(n)), np.full(n, config.birth_mass * MEARTH_MSUN), config.inner_edge * np.cbrt(host)]
    return np.column_stack(columns)


def _clipped_normal(random: np.random.Generator, mean: float, spread: float, low: float, high: float, n: int) -> np.ndarray:
    """Truncated normal, by the inverse of its distribution."""
    from scipy.special import ndtr, ndtri

    ends = ndtr((np.array([low, high]) - mean) / spread)
    return mean + spread * ndtri(ends[0] + (ends[1] - ends[0]) * random.random(n))


def fragment_parameters(config: SynthesisConfig, hosts: Hosts, n: int) -> tuple[np.ndarray, float]:
    """(n, columns of `instability`) of discs that are unstable where the fragment is born, and the share of all discs that are.

    Raises InputError where none is.
    """
    random = _generator(config, _FRAGMENT)
    kept: list[np.ndarray] = []
    tried = found = 0
    for _ in range(ATTEMPTS):
        host, metallicity, luminosity = _hosts(config, hosts, random, n)
        disc = _clipped_normal(random, *config.disc_mass, 0.05, 1.0, n) * host
        radius = 10 ** _clipped_normal(random, *config.log_unstable_radius, 1.0, 3.0, n) * np.sqrt(host)
        dispersal = 10 ** _clipped_normal(random, *config.log_dispersal, 4.5, 6.5, n)
        cold = np.maximum(config.cold_temperature * luminosity**0.25, COLDEST)
        axis = radius * 10 ** (-0.5 * random.random(n))
        aspect = SOUND_1K * np.sqrt(cold / np.sqrt(axis / 100)) * np.sqrt(axis / (G * host))
        density = disc / (2 * np.pi * radius * axis)
        fragment = 4 * host * aspect**3 * _log_uniform(config.fragment_factor, random.random(n))
        unstable = instability.toomre(host, density, aspect, axis) <= config.largest_toomre
        constants = (config.cooling_time, config.cooling_mass_slope, config.cooling_metal_slope)
        columns = [host, metallicity, disc, radius, dispersal, np.full(n, config.unstable_alpha), cold, axis, fragment, *(np.full(n, value) for value in constants),
                   config.inner_edge * np.cbrt(host)]
        kept.append(np.column_stack(columns)[unstable])
        tried, found = tried + n, found + int(unstable.sum())
        if found >= n:
            break
    if not found:
        raise InputError(f"[synthesis]: none of {tried} discs is unstable; expected some. Raise disc_mass or largest_toomre, or lower cold_temperature.")
    return np.concatenate(kept)[:n], found / tried


def simulate(config: SynthesisConfig, hosts: Hosts, n: int) -> tuple[dict[str, Systems], float]:
    """Systems of both models, and the share of discs that fragment (before conditioning on it)."""
    core = core_parameters(config, hosts, n)
    fragment, unstable = fragment_parameters(config, hosts, n)
    found = {}
    for name, parameters, module in track(((MODELS[0], core, core_accretion), (MODELS[1], fragment, instability)), "synthesis"):
        mass, axis, status = module.evolve(parameters)
        metals = parameters[:, 1] - (np.log10(config.pebble_factor) if module is core_accretion else 0.0)
        found[name] = Systems(parameters[:, 0], metals, mass, axis, status, parameters)
    return found, unstable
