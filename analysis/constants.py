"""Unit system au, solar mass, Julian year, and the conversions used at its boundary.

Every value is either a defining constant of the IAU (2012 Resolution B2, 2015 Resolution B3), of the SI, or an
expression of these. The two mass conversions are those of the specification.
"""

import math

__all__ = [
    "AU_M",
    "C_LIGHT",
    "DAY_S",
    "DEUTERIUM_LIMIT_MJUP",
    "GM_SUN",
    "HYDROGEN_LIMIT_MSUN",
    "MEARTH_MSUN",
    "MJUP_IN_MEARTH",
    "MJUP_MSUN",
    "MSUN_IN_MJUP",
    "MSUN_KG",
    "REARTH_AU",
    "RJUP_AU",
    "RSUN_AU",
    "RSUN_M",
    "YEAR_DAYS",
    "YEAR_S",
    "G",
]

AU_M = 149_597_870_700.0  # m, IAU 2012 B2
DAY_S = 86_400.0  # s
YEAR_DAYS = 365.25  # Julian year
YEAR_S = YEAR_DAYS * DAY_S
GM_SUN = 1.327_124_4e20  # m^3 s^-2, IAU 2015 B3 nominal
G = GM_SUN * YEAR_S**2 / AU_M**3  # au^3 Msun^-1 yr^-2, close to 4 pi^2
C_LIGHT = 299_792_458.0 * YEAR_S / AU_M  # au/yr, SI
RSUN_M = 6.957e8  # m, IAU 2015 B3 nominal
RSUN_AU = RSUN_M / AU_M
RJUP_AU = 7.1492e7 / AU_M  # equatorial, IAU 2015 B3 nominal
REARTH_AU = 6.3781e6 / AU_M  # equatorial, IAU 2015 B3 nominal
MSUN_KG = GM_SUN / 6.674_30e-11  # CODATA 2018 G

MSUN_IN_MJUP = 1047.56  # specification section 2
MJUP_IN_MEARTH = 317.828  # specification section 10
MJUP_MSUN = 1.0 / MSUN_IN_MJUP
MEARTH_MSUN = MJUP_MSUN / MJUP_IN_MEARTH

HYDROGEN_LIMIT_MSUN = 0.075  # specification section 7
DEUTERIUM_LIMIT_MJUP = 13.0  # specification section 7

assert math.isclose(G, 4 * math.pi**2, rel_tol=1e-4)
