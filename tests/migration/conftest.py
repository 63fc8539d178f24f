"""The published TOI-6894 b and a small sample, so that these tests need no other stage."""

from types import SimpleNamespace

import pandas as pd
import pytest

PUBLISHED = {
    "host_mass_msun": 0.207,
    "host_radius_rsun": 0.2276,
    "companion_mass_mjup": 0.168,
    "companion_radius_rjup": 0.855,
    "semimajor_axis_au": 0.02604,
    "orbital_period_day": 3.37077196,
    "eccentricity": 0.029,
    "host_age_gyr": None,
}
FIELDS = ("host_mass_msun", "companion_mass_mjup", "semimajor_axis_au", "host_radius_rsun", "host_age_gyr", "companion_radius_rjup")


def make_target(**changes):
    """A target with some values replaced; a replaced host mass counts as overridden."""
    return SimpleNamespace(values={**PUBLISHED, **changes}, overridden=["mstar"] if "host_mass_msun" in changes else [], references={})


def make_sample(rows):
    """A sample from rows of (object_id, *FIELDS, is_target)."""
    table = pd.DataFrame(rows, columns=["object_id", *FIELDS, "is_target"]).astype({name: float for name in FIELDS} | {"is_target": bool})
    return SimpleNamespace(table=table.assign(is_candidate=~table["is_target"]))


@pytest.fixture
def published():
    return make_target()


@pytest.fixture
def small_sample():
    return make_sample(
        [
            ("NASA:close and young", 0.10, 30.0, 0.004, 0.12, 0.5, 1.0, False),
            ("NASA:no age", 0.16, 0.01, 0.03, 0.19, None, 0.1, False),
            ("NASA:no radius", 0.12, 1.0, 2.0, None, 3.0, None, False),
            ("NASA:no axis", 0.12, 1.0, None, 0.14, 3.0, None, False),
            ("TOI:TOI-6894 b", 0.207, 0.168, 0.02604, 0.2276, None, 0.855, True),
        ]
    )
