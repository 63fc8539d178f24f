"""Semi-major axes from periods, by Kepler's third law."""

import numpy as np
import pandas as pd

from analysis.catalogue.convert import add_flag
from analysis.constants import MJUP_MSUN, YEAR_DAYS, G

__all__ = ["derive_axes", "kepler_axis"]


def kepler_axis(period_day: np.ndarray, host_mass_msun: np.ndarray, companion_mass_mjup: np.ndarray) -> np.ndarray:
    """Semi-major axis of the relative orbit in au: a^3 = G (M_star + M_c) P^2 / 4 pi^2.

    Inputs broadcast; periods in days and masses must be positive (NaN gives NaN).
    """
    total = np.asarray(host_mass_msun) + np.asarray(companion_mass_mjup) * MJUP_MSUN
    return np.cbrt(G * total * (np.asarray(period_day) / YEAR_DAYS) ** 2 / (4.0 * np.pi**2))


def derive_axes(table: pd.DataFrame, sources: tuple[str, ...]) -> pd.DataFrame:
    """A copy of `table` in which rows of `sources` without an axis get one from period and masses.

    Derived rows have semimajor_axis_kind "kepler" and the flag derived:semimajor_axis_au, and carry
    errors propagated from period and host mass, sigma_a/a = sqrt[(2/3 sigma_P/P)^2 + (1/3 sigma_M/M)^2]. A row whose
    listed axis was refused as unphysical is left without one; m sin i stands for the companion mass where that is all there is.
    """
    table = table.copy()
    period, host, companion = (table[name].to_numpy() for name in ("orbital_period_day", "host_mass_msun", "companion_mass_mjup"))
    refused = table["flags"].fillna("").str.contains("refused:semimajor_axis_au", regex=False).to_numpy(dtype=bool)
    chosen = np.isnan(table["semimajor_axis_au"].to_numpy()) & ~refused & table["data_source"].isin(sources).to_numpy(dtype=bool)
    chosen &= (table["orbital_period_day_limit"].to_numpy() == 0) & (period > 0) & (host > 0) & (companion > 0)
    index = table.index[chosen]
    axis = kepler_axis(period[chosen], host[chosen], companion[chosen])
    table.loc[index, "semimajor_axis_au"] = axis
    for side in ("up", "down"):
        parts = [
            weight * table.loc[index, f"{name}_err_{side}"].to_numpy() / table.loc[index, name].to_numpy()
            for name, weight in (("orbital_period_day", 2 / 3), ("host_mass_msun", 1 / 3))
        ]
        table.loc[index, f"semimajor_axis_au_err_{side}"] = axis * np.sqrt(np.nan_to_num(parts[0]) ** 2 + parts[1] ** 2)
    table.loc[index, "semimajor_axis_kind"] = "kepler"
    for row in index:
        table.at[row, "flags"] = add_flag(table.at[row, "flags"], "derived:semimajor_axis_au")
    return table
