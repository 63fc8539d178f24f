"""The fixed triples that are integrated directly, each with its reason. Tables and figures name them by these names."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, YEAR_DAYS, YEAR_S, G
from analysis.migration.secular.triple import PHYSICS, SYSTEM

__all__ = ["SYSTEMS", "DirectSystem", "epsilon_octupole", "epsilon_single", "kozai_time", "physics_vector", "system_row"]

# Bodies as in the level-1 and level-2 defaults: Love numbers, radii in au, lags in yr, spins in rad/yr; radii do not change.
BODIES: Final = {
    "companion_love": 0.39,
    "star_love": 0.286,
    "companion_lag": 1.0 / YEAR_S,
    "star_lag": 0.1 / YEAR_S,
    "companion_inertia": 0.25,
    "companion_spin": 2 * math.pi * YEAR_DAYS / 0.5,
    "star_spin": 2 * math.pi * YEAR_DAYS / 3.0,
    "companion_radius_final": 0.855 * RJUP_AU,
    "star_radius_final": 0.2276 * RSUN_AU,
}
SHORT: Final = {"relativity": 1.0, "bulges": 1.0}
FRICTION: Final = {**SHORT, "friction": 1.0, "pseudo_synchronous": 1.0}


@dataclass(frozen=True)
class DirectSystem:
    """One triple: initial osculating elements, the physics that differs from point masses, and how long it is followed."""

    name: str
    reason: str
    host_mass: float  # Msun
    companion_mass: float  # Msun
    outer_mass: float  # Msun
    inner_axis: float  # au
    outer_axis: float  # au
    outer_eccentricity: float
    inclination: float  # degree, mutual
    cycles: float  # duration in kozai_time
    inner_eccentricity: float = 0.01
    inner_argument: float = 0.0  # degree
    outer_argument: float = 0.0  # degree
    inner_anomaly: float = 0.0  # degree, mean anomaly at the start
    outer_anomaly: float = 0.0  # degree
    physics: dict[str, float] = field(default_factory=dict)


def system_row(system: DirectSystem) -> np.ndarray:
    """The triple as a row of level 2, columns of `triple.SYSTEM`, angles in rad."""
    angles = ("inclination", "inner_argument", "outer_argument")
    return np.array([math.radians(getattr(system, name)) if name in angles else getattr(system, name) for name in SYSTEM])


def physics_vector(system: DirectSystem, *, octupole: bool = True, corrected_averaging: bool = False, tolerance: float = 1e-11) -> np.ndarray:
    """The physics vector of level 2 with the forces of this triple; duration as its time limit."""
    values = {
        **BODIES, "start_age": 1e9, "step_limit": 1e9, **system.physics, "octupole": float(octupole),
        "corrected_averaging": float(corrected_averaging), "tolerance": tolerance, "time_limit": system.cycles * kozai_time(system),
    }
    vector = np.zeros(len(PHYSICS))
    for name, value in values.items():
        vector[PHYSICS.index(name)] = value
    return vector


def kozai_time(system: DirectSystem) -> float:
    """t_k = (m12 / m3) (a2 / a)^3 (1 - e2^2)^(3/2) / n in yr, the quadrupole unit of time."""
    total = system.host_mass + system.companion_mass
    motion = math.sqrt(G * total / system.inner_axis**3)
    return total / system.outer_mass * (system.outer_axis / system.inner_axis) ** 3 * (1 - system.outer_eccentricity**2) ** 1.5 / motion


def epsilon_single(system: DirectSystem) -> float:
    """epsilon_SA = (a / a2)^(3/2) (1 - e2^2)^(-3/2) m3 / sqrt(m12 (m12 + m3)) (Luo, Katz & Dong 2016)."""
    total = system.host_mass + system.companion_mass
    ratio = (system.inner_axis / system.outer_axis) ** 1.5 * (1 - system.outer_eccentricity**2) ** -1.5
    return ratio * system.outer_mass / math.sqrt(total * (total + system.outer_mass))


def epsilon_octupole(system: DirectSystem) -> float:
    """epsilon_oct = [(m1 - m2) / m12] (a / a2) e2 / (1 - e2^2)."""
    contrast = (system.host_mass - system.companion_mass) / (system.host_mass + system.companion_mass)
    return contrast * system.inner_axis / system.outer_axis * system.outer_eccentricity / (1 - system.outer_eccentricity**2)


def _case_a(name: str, reason: str, anomaly: float) -> DirectSystem:
    return DirectSystem(name, reason, 0.08, 0.3 * MJUP_MSUN, 0.5, 1.0, 50.0, 0.3, 85.0, 26.0, outer_anomaly=anomaly)


def _toi(name: str, reason: str, outer: tuple[float, float, float, float], inclination: float, cycles: float, **more: object) -> DirectSystem:
    """A triple with the published masses of TOI-6894; outer: (m3, a, a2, e2)."""
    mass, inner_axis, outer_axis, eccentricity = outer
    return DirectSystem(name, reason, 0.207, 0.168 * MJUP_MSUN, mass, inner_axis, outer_axis, eccentricity, inclination, cycles, **more)


SYSTEMS: Final = (
    _case_a("case_a", "the standard case; perturber at periapsis at the start", 0.0),
    _case_a("case_a_120", "the same, perturber a third of its orbit further", 120.0),
    _case_a("case_a_240", "the same, perturber two thirds of its orbit further", 240.0),
    _toi("circular_outer", "quadrupole alone: no octupole, no eccentric perturber", (0.3, 1.0, 20.0, 0.0), 80.0, 20.0),
    _toi("prograde", "moderate eccentricity, prograde", (0.3, 1.0, 20.0, 0.3), 75.0, 20.0),
    _toi("retrograde", "its mirror image, where corrected averaging changes sign", (0.3, 1.0, 20.0, 0.3), 105.0, 20.0),
    _toi("octupole", "strong octupole, many cycles", (0.3, 1.0, 30.0, 0.6), 70.0, 36.0),
    _toi("octupole_flip", "strong octupole in a compact triple, turning retrograde", (0.2, 1.0, 15.0, 0.5), 78.0, 60.0),
    _toi("relativity", "1PN alone, strong enough to set the largest eccentricity", (0.02, 0.2, 4.0, 0.1), 88.5, 12.0, physics={"relativity": 1.0}),
    _toi("points_close", "close triple of point masses", (0.3, 0.3, 9.0, 0.1), 87.0, 16.0),
    _toi("bulges_close", "the same with 1PN and bulges, which set the largest eccentricity", (0.3, 0.3, 9.0, 0.1), 87.0, 16.0, physics=SHORT),
    _toi("averaging_doubtful", "j falls to a few epsilon_SA: double averaging is doubtful", (0.5, 1.0, 10.0, 0.1), 82.0, 20.0),
    _toi("massive_outer", "perturber of 0.8 solar masses: the host is the secondary", (0.8, 1.5, 60.0, 0.4), 82.0, 20.0, physics=SHORT),
    _toi("brown_dwarf_outer", "perturber below the hydrogen limit", (0.03, 1.0, 12.0, 0.2), 78.0, 16.0, physics=SHORT),
    _toi("friction", "friction a hundred times the default: the orbit shrinks over several cycles", (0.3, 0.3, 9.0, 0.1), 80.0, 20.0,
         physics={**FRICTION, "companion_lag": 100.0 / YEAR_S}),
    _toi("friction_retrograde", "friction two hundred times the default: retrograde, decouples from the perturber", (0.3, 0.3, 9.0, 0.1), 98.0, 5.0,
         physics={**FRICTION, "companion_lag": 200.0 / YEAR_S}),
)
