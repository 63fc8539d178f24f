"""The specification's age laws of a star: radius and tidal quality factor (section 6.7), and their distance from a real track."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import InputError
from analysis.migration.stars.tracks import load_radii, track_radius

__all__ = ["RADIUS_LAWS", "radius_factor", "target_radius", "tidal_quality", "track_comparison"]

RADIUS_LAWS = ("contracting", "literal")


def radius_factor(age_gyr, law: str = "contracting", slope: float = 0.1) -> np.ndarray:
    """R_star(t) / R_MS at age t > 0 (Gyr, any shape), 1 at 1 Gyr.

    "literal" is the formula as written, 1 + slope log10(t / Gyr): young stars are smaller. "contracting" is the physics stated beside
    it ("young stars larger, contract with age"), the same with the sign reversed. Raises InputError for another law; NaN for t <= 0.
    """
    if law not in RADIUS_LAWS:
        raise InputError(f"radius_law is {law!r}; expected one of {', '.join(RADIUS_LAWS)}.")
    age = np.asarray(age_gyr, dtype=float)
    sign = 1.0 if law == "literal" else -1.0
    return 1 + sign * slope * np.log10(np.where(age > 0, age, np.nan))


def tidal_quality(age_gyr, young: float = 1e5, old: float = 1e7, young_age: float = 0.01, old_age: float = 10.0) -> np.ndarray:
    """Q'_star at age t (Gyr): log Q' linear in log t from `young` at young_age to `old` at old_age, clamped beyond; NaN for t <= 0."""
    age = np.asarray(age_gyr, dtype=float)
    share = np.log(np.where(age > 0, age, np.nan) / young_age) / np.log(old_age / young_age)
    return young * (old / young) ** np.clip(share, 0.0, 1.0)


def target_radius(target: Any, default_age: float) -> tuple[float, str]:
    """(radius in Rsun, its source) of the target's host: published, unless the host mass is overridden.

    A star of another mass gets the BHAC15 radius at its age, or at default_age (Gyr) without one; outside the tracks (0.05-0.30 Msun)
    the published radius is kept and the source says so.
    """
    values = target.values
    published = values.get("host_radius_rsun")
    if published and "mstar" not in target.overridden:
        return float(published), "published"
    radius = float(track_radius(values["host_mass_msun"], values.get("host_age_gyr") or default_age))
    if np.isfinite(radius):
        return radius, "BHAC15 track"
    if not published:
        raise InputError(
            f"the host has no radius and its mass {values['host_mass_msun']:g} Msun lies outside the tracks; expected 0.05 to 0.30 Msun."
        )
    return float(published), "published, for another mass"


def track_comparison(slope: float, masses=(0.10, 0.15, 0.20), ages=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)) -> pd.DataFrame:
    """R(t) / R(1 Gyr) of BHAC15 tracks (Baraffe et al. 2015) beside both laws; one row per mass (Msun) and age (Gyr)."""
    table = load_radii()
    rows = []
    for mass in masses:
        reference = float(track_radius(mass, 1.0, table))
        for age in ages:
            rows.append(
                {
                    "mass_msun": mass,
                    "age_gyr": age,
                    "track_radius_rsun": float(track_radius(mass, age, table)),
                    "track_ratio": float(track_radius(mass, age, table)) / reference,
                    **{f"{law}_ratio": float(radius_factor(age, law, slope)) for law in RADIUS_LAWS},
                }
            )
    return pd.DataFrame(rows)
