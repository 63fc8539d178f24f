"""What no accepted table may hold, stated apart from the schema: physical limits of every quantity, and characters no name has."""

import math
import unicodedata

import pandas as pd

__all__ = ["LIMITS", "impossible"]

# (low, high, low excluded, high excluded) by quantity; errors are positive and below `high`.
LIMITS = {
    "host_mass_msun": (0, 250, True, False), "companion_mass_mjup": (0, 13_000, True, False), "companion_radius_rjup": (0, 200, True, False),
    "orbital_period_day": (0, 1e11, True, False), "semimajor_axis_au": (0, 2e6, True, False), "eccentricity": (0, 1, False, True),
    "host_radius_rsun": (0, 2e4, True, False), "host_teff_k": (0, 5e5, True, False), "metallicity": (-9, 3, False, False),
    "host_age_gyr": (0, 13.8, True, False),
}
PLAIN = {
    "distance_pc": (0, 1e6, True, False), "ra_deg": (0, 360, False, False), "dec_deg": (-90, 90, False, False), "discovery_year": (1900, 2100, False, False),
    "star_count": (1, 20, False, False), "planet_count": (0, 50, False, False),
}
COUNTS = ("discovery_year", "star_count", "planet_count")
NAMES = ("object_id", "companion_name", "host_name", "data_source")


def _outside(value: float, low: float, high: float, open_low: bool, open_high: bool) -> bool:
    inside = (low < value if open_low else low <= value) and (value < high if open_high else value <= high)
    return not inside


def impossible(table: pd.DataFrame) -> str:
    """The first impossible cell of a schema table as text, or an empty string."""
    for name, limits in (LIMITS | PLAIN).items():
        for value in table[name].dropna():
            if _outside(value, *limits) or (name in COUNTS and value != int(value)):
                return f"{name} = {value}"
    for name, (_, high, _, _) in LIMITS.items():
        for side in ("err_up", "err_down"):
            for value in table[f"{name}_{side}"].dropna():
                if not 0 < value <= high:
                    return f"{name}_{side} = {value}"
            if (table[f"{name}_{side}"].notna() & table[name].isna()).any():
                return f"{name}_{side} without a value"
        if not set(table[f"{name}_limit"]) <= {-1, 0, 1}:
            return f"{name}_limit"
    for name in table.columns[table.dtypes == "str"]:
        for value in table[name].dropna():
            if any(unicodedata.category(character)[0] == "C" for character in value) or (name not in ("flags", "source_row") and set("<>{}`") & set(value)):
                return f"{name} = {value!r}"
    for name in NAMES:
        if (table[name].isna() | (table[name] == "")).any():
            return f"{name} is empty"
    if table["object_id"].duplicated().any():
        return "object_id twice"
    numbers = table.select_dtypes("float")
    return "infinite" if any(math.isinf(value) for name in numbers for value in numbers[name]) else ""
