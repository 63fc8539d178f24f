"""The one table every stage sees: a row per companion, with units in the names and a range for each column."""

from dataclasses import dataclass

__all__ = ["AGE_OF_UNIVERSE_GYR", "AXIS_KINDS", "COLUMNS", "COLUMN_NAMES", "DATA_SOURCES", "ECCENTRICITY_KINDS", "MASS_KINDS", "METHODS", "Column"]

AGE_OF_UNIVERSE_GYR = 13.8  # Planck Collaboration 2020, A&A 641, A6: 13.787 +- 0.020
DATA_SOURCES = ("NASA", "BD_Catalogue", "TOI")
MASS_KINDS = ("true", "msini", "mass_radius_relation", "upper_limit")
ECCENTRICITY_KINDS = ("measured", "upper_limit", "assumed_zero", "missing")
AXIS_KINDS = ("catalogue", "kepler", "projected", "missing")
METHODS = (
    "Transit", "Radial Velocity", "Microlensing", "Imaging", "Astrometry", "Transit Timing Variations", "Eclipse Timing Variations",
    "Pulsar Timing", "Pulsation Timing Variations", "Orbital Brightness Modulation", "Disk Kinematics",
)


@dataclass(frozen=True)
class Column:
    """One column: `kind` is text, number, flag (-1 lower limit, 0 value, 1 upper limit) or choice.

    The physical range of a number is `low` to `high`, both included unless `above` leaves `low` or `below` leaves `high` out; `whole` asks for a count.
    """

    name: str
    kind: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    description: str = ""
    above: bool = False
    below: bool = False
    whole: bool = False

    def holds(self, value: float) -> bool:
        """True for a number within the physical range, or a limit flag that is -1, 0 or 1; NaN is in no range."""
        if self.kind == "flag":
            return value in (-1, 0, 1)
        assert self.low is not None and self.high is not None
        inside = self.low <= value <= self.high and not (self.whole and value % 1)
        return inside and not (self.above and value == self.low) and not (self.below and value == self.high)

    @property
    def range_text(self) -> str:
        """The range in words, for messages."""
        if self.kind == "flag":
            return "-1, 0 or 1"
        number = "a whole number from " if self.whole else ""
        return f"{number}{'above ' if self.above else ''}{self.low:g} to {'below ' if self.below else ''}{self.high:g} {self.unit}".rstrip()


def _measured(name: str, unit: str, low: float, high: float, description: str, below: bool = False) -> list[Column]:
    """A value with its positive upper and lower 1-sigma errors and its limit flag."""
    return [
        Column(name, "number", unit, low, high, description=description, below=below),
        Column(f"{name}_err_up", "number", unit, 0.0, high, description=f"{description}: upper 1-sigma error, positive", above=True),
        Column(f"{name}_err_down", "number", unit, 0.0, high, description=f"{description}: lower 1-sigma error, positive", above=True),
        Column(f"{name}_limit", "flag", description=f"{description}: 1 upper limit, -1 lower limit, 0 value"),
    ]


COLUMNS: tuple[Column, ...] = (
    Column("object_id", "text", description="data_source:companion_name, unique; the sort key of every table"),
    Column("companion_name", "text", description="name as the source gives it"),
    Column("host_name", "text", description="host as the source gives it"),
    Column("data_source", "choice", choices=DATA_SOURCES, description="catalogue of origin"),
    Column("source_row", "text", description="file name and line of the row in the source export"),
    Column("discovery_method", "choice", choices=METHODS, description="harmonised detection method"),
    Column("discovery_method_raw", "text", description="method as the source gives it"),
    Column("discovery_year", "number", "yr", 1950, 2100, description="year of discovery", whole=True),
    Column("star_count", "number", "", 1, 10, description="stars in the system", whole=True),
    Column("planet_count", "number", "", 0, 20, description="planets in the system as the source counts them", whole=True),
    *_measured("host_mass_msun", "Msun", 1e-3, 200.0, "host mass"),
    *_measured("companion_mass_mjup", "Mjup", 1e-6, 1e4, "companion mass (see mass_kind)"),
    Column("mass_kind", "choice", choices=MASS_KINDS, description="what the companion mass is"),
    *_measured("companion_radius_rjup", "Rjup", 1e-3, 100.0, "companion radius"),
    *_measured("orbital_period_day", "d", 1e-3, 1e10, "orbital period"),
    *_measured("semimajor_axis_au", "au", 1e-5, 1e6, "semi-major axis (see semimajor_axis_kind)"),
    Column("semimajor_axis_kind", "choice", choices=AXIS_KINDS, description="catalogue value, Kepler III, or projected separation"),
    *_measured("eccentricity", "", 0.0, 1.0, "eccentricity (see eccentricity_kind); 1 itself is refused", below=True),
    Column("eccentricity_kind", "choice", choices=ECCENTRICITY_KINDS, description="what the eccentricity is"),
    *_measured("host_radius_rsun", "Rsun", 1e-4, 1e4, "host radius"),
    *_measured("host_teff_k", "K", 100.0, 3e5, "host effective temperature"),
    *_measured("metallicity", "dex", -8.0, 2.0, "host [Fe/H]"),
    *_measured("host_age_gyr", "Gyr", 1e-5, AGE_OF_UNIVERSE_GYR, "host age"),
    Column("host_age_reference", "text", description="source of the age"),
    Column("distance_pc", "number", "pc", 0.1, 1e6, description="distance"),
    Column("ra_deg", "number", "deg", 0.0, 360.0, description="right ascension"),
    Column("dec_deg", "number", "deg", -90.0, 90.0, description="declination"),
    Column("reference", "text", description="publication or archive of the row"),
    Column("flags", "text", description="semicolon-separated notes: corrected:<column>, derived:<column>, ..."),
)

COLUMN_NAMES = tuple(column.name for column in COLUMNS)
