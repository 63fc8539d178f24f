"""Radii of cooling giant planets at a few masses and ages: facts read off two published sets of tables.

Young ages: Linder et al. (2019, A&A 623, A85, doi:10.1051/0004-6361/201833873), isolated planets with a core, solar cloudless atmospheres;
their 50 Earth masses end at 126 Myr, where the atmosphere grid does. Later ages: Fortney, Marley & Barnes (2007, ApJ 659, 1661,
doi:10.1086/512120), tables for a core of 10 Earth masses at 9.5 au from the Sun, the coldest they give. The two differ in composition, so
only the shape of each in time is used: whoever joins them must let each have a scale of its own.
"""

from typing import Final

import numpy as np

__all__ = ["COLD", "SOURCES", "YOUNG", "cooling_radii"]

# mass in Earth masses -> radius in R_Jupiter at each age
YOUNG_AGES_YR: Final = tuple(10.0**x for x in (6.0, 6.3, 6.6, 6.9, 7.2, 7.5, 7.8, 8.1))
YOUNG: Final = {
    50.0: (1.300, 1.218, 1.130, 1.046, 0.972, 0.907, 0.851, 0.806),
    100.0: (1.260, 1.216, 1.168, 1.115, 1.058, 1.004, 0.955, 0.912),
    318.0: (1.230, 1.203, 1.175, 1.147, 1.122, 1.095, 1.065, 1.034),
}
COLD_AGES_YR: Final = (3e8, 1e9, 4.5e9)
COLD: Final = {
    46.0: (0.847, 0.791, 0.759),
    77.0: (0.939, 0.882, 0.844),
    129.0: (1.016, 0.955, 0.911),
    215.0: (1.072, 1.013, 0.966),
    318.0: (1.104, 1.047, 0.999),
}
SOURCES: Final = ("Linder et al. 2019", "Fortney, Marley & Barnes 2007")


def _at_mass(table: dict[float, tuple[float, ...]], mass: float) -> np.ndarray:
    """Radii at `mass`, linear in log mass between the tabulated masses and constant beyond them."""
    masses, radii = np.array(list(table)), np.array(list(table.values()))
    return np.array([np.interp(np.log(mass), np.log(masses), column) for column in radii.T])


def cooling_radii(mass_mearth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ages in yr, radii in R_Jupiter, index into SOURCES), each (n,), for a planet of `mass_mearth` > 0 (Earth masses).

    Masses outside 50-318 Earth masses (46-318 at late ages) get the sequence of the nearest tabulated mass.
    """
    ages = np.array(YOUNG_AGES_YR + COLD_AGES_YR)
    radii = np.concatenate((_at_mass(YOUNG, mass_mearth), _at_mass(COLD, mass_mearth)))
    return ages, radii, np.repeat((0, 1), (len(YOUNG_AGES_YR), len(COLD_AGES_YR)))
