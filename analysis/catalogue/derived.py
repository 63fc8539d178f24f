"""Columns that follow from a single row (specification section 5)."""

import numpy as np
import pandas as pd

from analysis.constants import DEUTERIUM_LIMIT_MJUP, MSUN_IN_MJUP

__all__ = ["DERIVED", "add_derived", "age_group"]

DERIVED = (
    "mass_ratio", "log_mass_ratio", "log_semimajor_axis", "log_host_mass", "log_host_age_gyr", "above_deuterium_limit", "high_mass_ratio",
    "age_group", "age_delta_vs_toi_gyr", "is_younger_than_toi",
)
YOUNG_GYR, OLD_GYR = 1.0, 5.0


def age_group(age_gyr: float) -> str:
    """Young below 1 Gyr, Intermediate from 1 to 5 Gyr, Old above 5 Gyr, Unknown without an age."""
    if np.isnan(age_gyr):
        return "Unknown"
    return "Young" if age_gyr < YOUNG_GYR else "Intermediate" if age_gyr <= OLD_GYR else "Old"


def add_derived(table: pd.DataFrame, mass_ratio_split: float, target_age_gyr: float | None) -> pd.DataFrame:
    """A copy of `table` with the columns of DERIVED.

    mass_ratio q = M_c/M_star with 1 Msun = 1047.56 Mjup; logarithms are to base 10 (q, au, Msun, Gyr); high_mass_ratio is q > split;
    age_delta_vs_toi_gyr is the row's age minus the target's, NaN unless both are known; is_younger_than_toi is 1.0, 0.0 or NaN.
    """
    table = table.copy()
    mass_ratio = table["companion_mass_mjup"] / (MSUN_IN_MJUP * table["host_mass_msun"])
    age = table["host_age_gyr"]
    delta = age - (np.nan if target_age_gyr is None else target_age_gyr)
    table["mass_ratio"] = mass_ratio
    positive = {"mass_ratio": mass_ratio, "semimajor_axis": table["semimajor_axis_au"], "host_mass": table["host_mass_msun"], "host_age_gyr": age}
    for name, values in positive.items():
        table[f"log_{name}"] = np.log10(values.where(values > 0))
    table["above_deuterium_limit"] = table["companion_mass_mjup"] > DEUTERIUM_LIMIT_MJUP
    table["high_mass_ratio"] = mass_ratio > mass_ratio_split
    table["age_group"] = pd.array([age_group(value) for value in age], dtype="str")
    table["age_delta_vs_toi_gyr"] = delta
    table["is_younger_than_toi"] = (delta < 0).astype(float).where(delta.notna())
    return table
