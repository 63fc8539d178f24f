"""A batch of the ensemble: the triples with given numbers, integrated, and the digest that says which settings and code they belong to."""

import time
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from analysis import cache
from analysis.config import EnsembleConfig
from analysis.migration.secular.draws import GIVEN_UP, draw_systems
from analysis.migration.secular.evolve import evolve
from analysis.migration.secular.triple import PHYSICS, REASONS, RECORD

__all__ = ["batch_digest", "cpu_family", "draw_parameters", "draws_digest", "integrate", "kernel_digest", "run_systems", "settings"]

_DRAW: Final = (
    "inner_axis_median", "inner_axis_spread", "inner_axis_min", "inner_axis_max", "inner_eccentricity", "outer_mass_law", "outer_mass_min",
    "outer_mass_max", "outer_axis_median", "outer_axis_spread", "outer_axis_max", "outer_eccentricity_law", "seed", "attempts",
)
KERNEL_MODULES = ("analysis.migration.secular.evolve", "analysis.migration.secular.draws")


def draw_parameters() -> tuple[str, ...]:
    """Parameters of EnsembleConfig that decide which triples are drawn."""
    return _DRAW


def kernel_digest() -> str:
    """Digest of every source file behind the draws and the integration."""
    return cache.digest({module: cache.source_digest(module) for module in KERNEL_MODULES})


def draws_digest() -> str:
    """Digest of every source file behind the draws alone."""
    return cache.source_digest("analysis.migration.secular.draws")


def cpu_family() -> str:
    """The processor family that compiled code is made for: bits are promised within one family only."""
    from llvmlite.binding import get_host_cpu_name

    return str(get_host_cpu_name())


def settings(config: EnsembleConfig, physics: np.ndarray, host_mass: float, companion_mass: float) -> dict[str, Any]:
    """What decides the outcome of triple k beside k and the code: draw parameters, bodies (Msun) and the physics by name, exact in JSON."""
    return {
        "draws": {name: asdict(config)[name] for name in _DRAW},
        "host_mass_msun": float(host_mass),
        "companion_mass_msun": float(companion_mass),
        "physics": dict(zip(PHYSICS, (float(value) for value in physics), strict=True)),
    }


def batch_digest(chosen: dict[str, Any]) -> str:
    """Digest of `settings` and of the present code."""
    return cache.digest({"settings": chosen, "kernel": kernel_digest()})


def integrate(systems: np.ndarray, status: np.ndarray, physics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(record, reason) of drawn systems: record (n, len(RECORD)) float64, reason (n,) int64 of `triple.REASONS`.

    A row whose draw was given up (status) is `unstable`, with a record of NaN, and is not integrated.
    """
    record, reason = np.full((len(systems), len(RECORD)), np.nan), np.full(len(systems), REASONS["unstable"], np.int64)
    drawn = status != GIVEN_UP
    part, ends = np.zeros((int(drawn.sum()), len(RECORD))), np.zeros(int(drawn.sum()), np.int64)
    if part.size:
        evolve(np.ascontiguousarray(systems[drawn]), np.ascontiguousarray(physics, dtype=np.float64), part, ends)
    record[drawn], reason[drawn] = part, ends
    return record, reason


def run_systems(
    indices, config: EnsembleConfig, physics: np.ndarray, host_mass: float, companion_mass: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """(systems, attempts, record, reason, CPU seconds of this thread) of the triples with these numbers; each depends on its number alone.

    physics: (len(PHYSICS),) of `triple.PHYSICS`; masses in Msun. Shapes as in `draws.draw_systems` and `integrate`.
    """
    start = time.thread_time()
    systems, attempts, status = draw_systems(indices, config, host_mass, companion_mass)
    record, reason = integrate(systems, status, physics)
    return systems, attempts, record, reason, time.thread_time() - start
