"""Exports of the NASA Exoplanet Archive's composite table (PSCompPars), from its web pages or its TAP service.

Column names and meanings: https://exoplanetarchive.ipac.caltech.edu/docs/API_PS_columns.html. Lower errors are negative there.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.catalogue.convert import Draft, check_hosts, numbers, texts
from analysis.catalogue.schema import METHODS
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.constants import MJUP_IN_MEARTH, REARTH_AU, RJUP_AU
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["KIND", "MEASURED", "PLAIN", "read_pscomppars"]

KIND = "a PSCompPars export of the NASA Exoplanet Archive"
REQUIRED = ["pl_name", "hostname", "discoverymethod", "st_mass", "pl_bmassj|pl_bmasse", "pl_orbsmax", "pl_orbeccen"]
MEASURED = {
    "host_mass_msun": "st_mass", "orbital_period_day": "pl_orbper", "semimajor_axis_au": "pl_orbsmax", "eccentricity": "pl_orbeccen",
    "host_radius_rsun": "st_rad", "host_teff_k": "st_teff", "metallicity": "st_met", "host_age_gyr": "st_age",
}
PLAIN = {
    "discovery_year": "disc_year", "star_count": "sy_snum", "planet_count": "sy_pnum", "distance_pc": "sy_dist", "ra_deg": "ra", "dec_deg": "dec",
}
MASS_PROVENANCE = {"Mass": "true", "Msin(i)/sin(i)": "true", "Msini": "msini", "M-R relationship": "mass_radius_relation"}
# Each pair: (column in the schema's unit, the same quantity in Earth units, Earth units per schema unit).
EARTH_UNITS = {
    "companion_mass_mjup": ("pl_bmassj", "pl_bmasse", MJUP_IN_MEARTH),
    "companion_radius_rjup": ("pl_radj", "pl_rade", RJUP_AU / REARTH_AU),
}


def read_pscomppars(path: str | Path) -> tuple[pd.DataFrame, TextTable]:
    """The export as a schema table (one row per companion, file order) and the raw text table.

    Masses are in Jupiter masses; where a row has Earth masses only, they are divided by 317.828 (specification section 10).
    `semimajor_axis_kind` is "projected" for microlensing rows and for imaged companions without a fitted orbit (no
    period or no eccentricity), because the archive then lists the projected separation. `eccentricity_kind` is
    "assumed_zero" for e = 0 without any error. Raises InputError as described in `textfile` and `convert`.
    """
    table = read_text_table(path, KIND)
    table.require(REQUIRED)
    draft = Draft(table, {**MEASURED, **PLAIN, "companion_mass_mjup": "pl_bmassj", "companion_radius_rjup": "pl_radj"})
    _identity(draft, table)
    for name, source in MEASURED.items():
        draft.measured(name, *_quantity(table, source), negative_down=True)
    for name in EARTH_UNITS:
        _earth_or_jupiter(draft, table, name)
    for name, source in PLAIN.items():
        draft.columns[name] = numbers(table, source)
    for name, source in (("host_mass_msun", "st_mass"), ("companion_mass_mjup", "pl_bmassj or pl_bmasse")):
        if np.isnan(draft.columns[name]).all():
            raise InputError(
                f"{table.name}: column {source} has no value in any row; expected {KIND} with masses. Export the table again with that column "
                "filled."
            )
    for index in np.flatnonzero(numbers(table, "pl_controv_flag") == 1):
        draft.flag(index, "controversial")
    _kinds(draft, texts(table, "pl_bmassprov"))
    draft.columns["reference"] = ["NASA Exoplanet Archive, PSCompPars"] * len(table.rows)
    draft.columns["host_age_reference"] = ["PSCompPars st_age" if math.isfinite(age) else None for age in draft.columns["host_age_gyr"]]
    return draft.finish(), table


def _identity(draft: Draft, table: TextTable) -> None:
    """Names, source row and method."""
    names, hosts, methods = (texts(table, column) for column in ("pl_name", "hostname", "discoverymethod"))
    seen: dict[str, int] = {}
    for index, (name, host, method) in enumerate(zip(names, hosts, methods, strict=True)):
        line = table.lines[index]
        for column, value in (("pl_name", name), ("hostname", host), ("discoverymethod", method)):
            if value is None:
                raise InputError(
                    f"{table.name}, line {line}, column {column} is empty; expected {KIND} with one named companion per row. Fill the cell or "
                    "remove the line."
                )
        if method not in METHODS:
            raise InputError(
                f"{table.name}, line {line}, column discoverymethod: '{shown(method)}' is not a known method; expected one of {', '.join(METHODS)}. Use "
                "the archive's spelling."
            )
        if name in seen:
            raise InputError(
                f"{table.name}, line {line}: '{shown(name)}' is already on line {seen[name]}; expected {KIND} with one row per companion (table "
                "pscomppars, not ps). Remove one."
            )
        seen[name] = line
    check_hosts(table, hosts)
    draft.columns |= {
        "object_id": [f"NASA:{name}" for name in names], "companion_name": names, "host_name": hosts, "data_source": ["NASA"] * len(names),
        "source_row": [f"{table.name}:{line}" for line in table.lines], "discovery_method": methods, "discovery_method_raw": methods,
    }


def _quantity(table: TextTable, source: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Value, upper error, lower error (as written) and limit flag of an archive quantity."""
    limits = [name for name in (f"{source}lim", f"{source}_lim") if name in table.header]
    value, up, down = (numbers(table, f"{source}{suffix}") for suffix in ("", "err1", "err2"))
    return value, up, down, numbers(table, limits[0] if limits else f"{source}lim")


def _earth_or_jupiter(draft: Draft, table: TextTable, name: str) -> None:
    """Mass or radius from the Jupiter columns, row by row from the Earth columns where those are empty."""
    jupiter, earth, ratio = EARTH_UNITS[name]
    direct, scaled = _quantity(table, jupiter), _quantity(table, earth)
    use_earth = np.isnan(direct[0]) & np.isfinite(scaled[0])
    parts = [np.where(use_earth, other / factor, own) for own, other, factor in zip(direct, scaled, (ratio, ratio, ratio, 1.0), strict=True)]
    draft.measured(name, *parts, negative_down=True)
    for index in np.flatnonzero(use_earth):
        draft.flag(index, f"converted:{name} from Earth units")


def _kinds(draft: Draft, provenance: list[str | None]) -> None:
    """mass_kind, eccentricity_kind and semimajor_axis_kind from values, limits, provenance and method."""
    columns = draft.columns
    mass_kinds, eccentricity_kinds, axis_kinds = [], [], []
    for index, source in enumerate(provenance):
        if source is not None and source not in MASS_PROVENANCE:
            raise InputError(
                f"{draft.table.name}, line {draft.table.lines[index]}, column pl_bmassprov: '{shown(source)}' is not a known provenance; "
                f"expected one of {', '.join(MASS_PROVENANCE)}. Mend the cell."
            )
        mass = columns["companion_mass_mjup"][index]
        kind = "upper_limit" if columns["companion_mass_mjup_limit"][index] == 1 else MASS_PROVENANCE.get(source or "")
        mass_kinds.append(kind if math.isfinite(mass) else None)
        if math.isfinite(mass) and kind is None:
            draft.flag(index, "unknown:mass_kind")
        e = columns["eccentricity"][index]
        errors = math.isfinite(columns["eccentricity_err_up"][index]) or math.isfinite(columns["eccentricity_err_down"][index])
        inside = 0.0 <= e < 1.0
        limit = columns["eccentricity_limit"][index] == 1
        eccentricity_kinds.append("missing" if not inside else "upper_limit" if limit else "assumed_zero" if e == 0 and not errors else "measured")
        axis = columns["semimajor_axis_au"][index]
        method = columns["discovery_method"][index]
        orbit = inside and math.isfinite(columns["orbital_period_day"][index])
        projected = method == "Microlensing" or (method == "Imaging" and not orbit)
        axis_kinds.append("missing" if not axis > 0 else "projected" if projected else "catalogue")
    columns |= {"mass_kind": mass_kinds, "eccentricity_kind": eccentricity_kinds, "semimajor_axis_kind": axis_kinds}
