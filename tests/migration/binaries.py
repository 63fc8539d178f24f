"""A small circumbinary study and slow, independent equations, for the tests of the circumbinary runs."""

import json
import math
from dataclasses import replace

import numpy as np

from analysis.config import CircumbinaryConfig
from analysis.migration.circumbinary.kernel import SYSTEM
from analysis.migration.circumbinary.store import freeze, pieces, run_digest, run_piece

SMALL = replace(
    CircumbinaryConfig(), axis_times=(1000.0, 2000.0), eccentricity_times=(300.0, 5000.0), binary_eccentricities=(0.0, 0.1, 0.5), eccentricities=(0.0, 0.1),
    planet_masses=(20.0,), period_ratio=8.0, samples=1000, repeat_share=0.5, host_systems=24, slow_systems=4, slow_axis_time=3000.0, host_periods_max=2000.0, host_period_ratio=12.0, longest=3.0,
    map_axes=6, map_eccentricities=3, map_periods=200.0, rerun_share=0.3, trees=20, permutations=3, splits=2,
)


def system(**changes):
    """One row of SYSTEM: an equal binary on circular orbits, a light planet without drag, changed as asked."""
    values = {
        "mass_ratio": 1.0, "binary_eccentricity": 0.0, "eccentricity": 0.0, "planet_mass": 1e-5, "axis_time": math.inf, "eccentricity_time": math.inf,
        "period_ratio": 12.0, "pericentre": 0.0, "radius_a": 1e-4, "radius_b": 1e-4, "form": 0.0, "longest": 100.0,
    }
    assert set(changes) <= set(values) and tuple(values) == SYSTEM
    return np.array([list((values | changes).values())])


def run_small(folder, config=SMALL):
    """Run and freeze the small study; returns the path of its table."""
    digest = run_digest(config)
    for piece in pieces(config):
        run_piece(folder / "chunks", config, digest, piece)
    path = folder / "frozen" / "circumbinary.npz"
    freeze(folder / "chunks", config, {"followed": 0}, path)
    return path


def manifest(path):
    return json.loads((path.parent / "MANIFEST.json").read_text())


def inertial_rates(masses, inward=0.0, radial=0.0, circular=0.0):
    """Time derivative of (3 positions, 3 velocities) in an inertial frame, G = 1; the drag acts on the third body, relative to the barycentre of the first two."""
    masses = np.asarray(masses, dtype=float)

    def rates(_, state):
        x, v = state[:6].reshape(3, 2), state[6:].reshape(3, 2)
        acceleration = np.zeros((3, 2))
        for i in range(3):
            for j in range(3):
                if i != j:
                    separation = x[j] - x[i]
                    acceleration[i] += masses[j] * separation / np.linalg.norm(separation) ** 3
        inner = masses[:2] / masses[:2].sum()
        r, speed = x[2] - inner @ x[:2], v[2] - inner @ v[:2]
        distance = np.linalg.norm(r)
        across = np.array([-r[1], r[0]]) / distance * math.sqrt(masses.sum() / distance)
        acceleration[2] += -inward * speed - radial * (speed @ r) * r / distance**2 + circular * across
        return np.concatenate([v.ravel(), acceleration.ravel()])

    return rates


def from_jacobi(u, masses):
    """Inertial state (12,) of two Jacobi pairs u (8,), the barycentre of the first two bodies at rest at the origin."""
    a, b = masses[0] / (masses[0] + masses[1]), masses[1] / (masses[0] + masses[1])
    u = np.asarray(u, dtype=float)
    return np.concatenate([-b * u[:2], a * u[:2], u[4:6], -b * u[2:4], a * u[2:4], u[6:8]])


def to_jacobi(state, masses):
    """The inverse of `from_jacobi`, wherever the barycentre is."""
    inner = np.asarray(masses[:2]) / sum(masses[:2])
    x, v = state[:6].reshape(3, 2), state[6:].reshape(3, 2)
    return np.concatenate([x[1] - x[0], v[1] - v[0], x[2] - inner @ x[:2], v[2] - inner @ v[:2]])
