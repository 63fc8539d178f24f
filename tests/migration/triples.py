"""Triples and physics of the level-2 tests by name, and the kernel's calls wrapped for them."""

import math

import numpy as np

from analysis.constants import RJUP_AU, RSUN_AU
from analysis.migration.secular import equations as secular
from analysis.migration.secular import evolve as level2
from analysis.migration.secular import triple

FORCES = ("octupole", "corrected_averaging", "relativity", "bulges", "friction")
CASE_A = {
    "host_mass": 0.08, "companion_mass": 0.3 / 1047.56, "outer_mass": 0.5, "inner_axis": 1.0, "outer_axis": 50.0, "inner_eccentricity": 0.01,
    "outer_eccentricity": 0.3, "inclination": math.radians(85), "inner_argument": 0.0, "outer_argument": 0.0,
}
PLAIN = {
    "time_limit": 1e6, "start_age": 1e7, "tolerance": 1e-11, "pseudo_synchronous": 1.0, "companion_love": 0.39, "star_love": 0.286,
    "companion_inertia": 0.26, "companion_radius_final": RJUP_AU, "companion_radius_knee": 1e9, "companion_radius_power": 1.0,
    "star_radius_final": 0.2 * RSUN_AU, "star_radius_knee": 1e9, "star_radius_power": 1.0, "step_limit": 1e7,
}


def physics(*forces, **values):
    """{name: value} of `triple.PHYSICS`: quadrupole alone with constant radii and no ends but time, plus these forces and values."""
    unknown = set(values) - set(triple.PHYSICS)
    assert not unknown, unknown
    return {**dict.fromkeys(triple.PHYSICS, 0.0), **PLAIN, **dict.fromkeys(forces, 1.0), **values}


def vector(named, names=triple.PHYSICS):
    return np.array([named[name] for name in names], dtype=float)


def system(**changes):
    """Row of `triple.SYSTEM`: case A with changes."""
    return vector({**CASE_A, **changes}, triple.SYSTEM)


def evolve(systems, named):
    """(records as a dict of columns, reasons) of rows of `triple.SYSTEM`."""
    systems = np.ascontiguousarray(np.atleast_2d(systems), dtype=float)
    record, reason = np.full((len(systems), len(triple.RECORD)), np.nan), np.zeros(len(systems), np.int64)
    level2.evolve(systems, vector(named), record, reason)
    return dict(zip(triple.RECORD, record.T, strict=True)), reason


def series(row, named, times):
    """{column: values} of one triple at rising times in yr."""
    status, values = level2.series(row, vector(named), np.asarray(times, dtype=float))
    assert status == 0
    return dict(zip(level2.SERIES, values.T, strict=True))


def rates(state, row, named, companion_radius=RJUP_AU, star_radius=0.2 * RSUN_AU):
    """The kernel's d(state)/dt (14,)."""
    out = np.zeros(14)
    secular.rates(state, row, vector(named), companion_radius, star_radius, out)
    return out


def random_state(rng, axis, spin_variable=0.0, eccentricity=None):
    """State (14,) with isotropic orbits, e^2 and e2^2 uniform unless given."""

    def orbit(size):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        apsis = np.cross(normal, rng.normal(size=3))
        return math.sqrt(1 - size**2) * normal, size * apsis / np.linalg.norm(apsis)

    inner = orbit(math.sqrt(rng.uniform(0, 0.999)) if eccentricity is None else eccentricity)
    outer = orbit(math.sqrt(rng.uniform(0, 0.8)))
    return np.concatenate([*inner, *outer, [axis, spin_variable]])


def reason_name(number):
    return {value: name for name, value in triple.REASONS.items()}[int(number)]
