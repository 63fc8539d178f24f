"""The Brown Dwarf Companion Catalogue of Stevenson et al. (2023, MNRAS), as CSV from ORDO or its GitHub mirror.

Units there: Jupiter masses, days, solar masses, K, dex; p_ and m_ columns are upper and lower errors, both positive.
The catalogue has neither axes nor ages, and names hosts, not companions.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.catalogue.convert import Draft, check_hosts, numbers, texts
from analysis.catalogue.names import host_key
from analysis.catalogue.textfile import TextTable, read_text_table
from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["KIND", "harmonised_method", "read_bd"]

KIND = "the Brown Dwarf Companion Catalogue"
REQUIRED = ["host_star", "method", "mass", "msini", "period", "ecc", "Mstar"]
MEASURED = {"host_mass_msun": "Mstar", "orbital_period_day": "period", "eccentricity": "ecc", "host_teff_k": "Teff", "metallicity": "FeH"}


def harmonised_method(raw: str) -> str | None:
    """The detection method in the archive's words, or None: rv with any suffix is Radial Velocity, binary_masses of Gaia Astrometry."""
    word = raw.casefold()
    if word == "rv" or word.startswith("rv+"):
        return "Radial Velocity"
    return {"transit": "Transit", "imaging": "Imaging", "gaia binary_masses": "Astrometry"}.get(word)


def read_bd(path: str | Path) -> tuple[pd.DataFrame, TextTable]:
    """The catalogue as a schema table (file order) and the raw text table.

    The mass is the constrained mass where given (`mass_kind` true), else m sin i (msini). A host listed several
    times gets numbered companion names in order of period. Raises InputError as described in `textfile` and `convert`.
    """
    table = read_text_table(path, KIND)
    table.require(REQUIRED)
    draft = Draft(table, {**MEASURED, "companion_mass_mjup": "mass or msini"})
    for name, source in MEASURED.items():
        none = np.zeros(len(table.rows))
        draft.measured(name, numbers(table, source), numbers(table, f"p_{source}"), numbers(table, f"m_{source}"), none, negative_down=False)
    true = np.isfinite(numbers(table, "mass"))
    parts = [np.where(true, numbers(table, f"{sign}mass"), numbers(table, f"{sign}msini")) for sign in ("", "p_", "m_")]
    draft.measured("companion_mass_mjup", *parts, np.zeros(len(true)), negative_down=False)
    mass = draft.columns["companion_mass_mjup"]
    if np.isnan(mass).all():
        raise InputError(f"{table.name}: columns mass and msini have no value in any row; expected {KIND} with masses. Download it again.")
    if np.isnan(draft.columns["host_mass_msun"]).all():
        raise InputError(f"{table.name}: column Mstar has no value in any row; expected {KIND} with host masses. Download it again.")
    both = true & np.isfinite(numbers(table, "msini"))
    for index in np.flatnonzero(both):
        draft.flag(index, "chosen:mass over msini")
    for index in np.flatnonzero(np.isnan(mass)):
        draft.flag(index, "missing:companion_mass_mjup")
    _identity(draft, table)
    e = draft.columns["eccentricity"]
    errors = np.isfinite(draft.columns["eccentricity_err_up"]) | np.isfinite(draft.columns["eccentricity_err_down"])
    draft.columns |= {
        "mass_kind": [None if math.isnan(value) else "true" if is_true else "msini" for value, is_true in zip(mass, true, strict=True)],
        "eccentricity_kind": [_eccentricity_kind(value, given) for value, given in zip(e, errors, strict=True)],
        "semimajor_axis_kind": ["missing"] * len(table.rows),
        "reference": texts(table, "source"),
    }
    return draft.finish(), table


def _eccentricity_kind(value: float, has_error: bool) -> str:
    """The kind of an eccentricity; the catalogue marks no limits."""
    if not 0 <= value < 1:
        return "missing"
    return "measured" if value > 0 or has_error else "assumed_zero"


def _identity(draft: Draft, table: TextTable) -> None:
    """Names, source row and method."""
    hosts, raw_methods = texts(table, "host_star"), texts(table, "method")
    methods = []
    for index, (host, raw) in enumerate(zip(hosts, raw_methods, strict=True)):
        line = table.lines[index]
        if host is None:
            raise InputError(
                f"{table.name}, line {line}, column host_star is empty; expected {KIND} with one named host per row. Fill the cell or remove the "
                "line."
            )
        method = harmonised_method(raw or "")
        if method is None:
            raise InputError(
                f"{table.name}, line {line}, column method: '{shown(raw or '')}' is not a known method; expected transit, imaging, Gaia binary_masses, rv "
                "or rv+... Mend the cell."
            )
        methods.append(method)
    check_hosts(table, hosts)
    names = list(hosts)
    groups: dict[str, list[int]] = {}
    for index, host in enumerate(hosts):
        groups.setdefault(host_key(host), []).append(index)
    period, mass = draft.columns["orbital_period_day"], draft.columns["companion_mass_mjup"]
    period, mass = np.nan_to_num(period, nan=math.inf), np.nan_to_num(mass, nan=math.inf)  # NaN has no place in an order
    for members in groups.values():
        for number, index in enumerate(sorted(members, key=lambda i: (period[i], mass[i], table.rows[i])), start=1):
            if len(members) > 1:
                names[index] = f"{hosts[index]} [{number}]"
    seen: dict[str, int] = {}
    for name, line in zip(names, table.lines, strict=True):
        if seen.setdefault(name, line) != line:
            raise InputError(f"{table.name}, line {line}: '{shown(name)}' is already the name of line {seen[name]}; expected {KIND}. Rename one host.")
    draft.columns |= {
        "object_id": [f"BD_Catalogue:{name}" for name in names], "companion_name": names, "host_name": hosts,
        "data_source": ["BD_Catalogue"] * len(names), "source_row": [f"{table.name}:{line}" for line in table.lines],
        "discovery_method": methods, "discovery_method_raw": raw_methods,
    }
