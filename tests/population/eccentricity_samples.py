"""Tables of companions with eccentricities, for the tests of the inference."""

from types import SimpleNamespace

import numpy as np
import pandas as pd


def table(e, q, axis, hosts, error=0.03, kind=None):
    """Rows as the sample stage gives them; q, axis, error and kind may be scalars."""
    n = len(e)
    full = lambda value: np.broadcast_to(np.asarray(value), n).copy()
    error = full(error).astype(float)
    return pd.DataFrame(
        {
            "object_id": [f"id{i:03d}" for i in range(n)],
            "companion_name": [f"c{i:03d}" for i in range(n)],
            "host_name": list(hosts),
            "discovery_method": "Radial Velocity",
            "planet_count": np.nan,
            "host_mass_msun": np.linspace(0.08, 0.19, n),
            "companion_mass_mjup": full(q) * 100.0,
            "mass_kind": "msini",
            "semimajor_axis_au": full(axis).astype(float),
            "eccentricity": np.asarray(e, dtype=float),
            "eccentricity_err_up": error,
            "eccentricity_err_down": error,
            "eccentricity_kind": full(kind if kind is not None else "measured").astype(object),
            "mass_ratio": full(q).astype(float),
            "is_candidate": True,
            "is_target": False,
        }
    )


def sample(frame):
    """What the stage receives."""
    return SimpleNamespace(table=frame)


def simulated(n_low, n_high, low, high, seed, axis=1.0):
    """One row per host, q = 0.001 and 0.1, drawn from Beta(*low) and Beta(*high)."""
    rng = np.random.default_rng(seed)
    e = np.clip(np.concatenate([rng.beta(*low, n_low), rng.beta(*high, n_high)]), 0.001, 0.999)
    return table(e, np.repeat([1e-3, 0.1], [n_low, n_high]), axis, [f"h{i:03d}" for i in range(n_low + n_high)], error=0.0)
