"""TOI-6894 b: published values (Bryant et al. 2025, Nature Astronomy) and the caller's overrides."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.catalogue.convert import BY_NAME, add_flag, finite_number, typed_table
from analysis.catalogue.duplicates import TARGET_HOST, TARGET_ID
from analysis.catalogue.frozen import read_curated
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.schema import AGE_OF_UNIVERSE_GYR, COLUMN_NAMES
from analysis.config import TargetConfig
from analysis.errors import InputError

__all__ = ["Target", "read_published", "run"]

FILE = "toi6894.csv"
FIELDS = ["quantity", "value", "err_up", "err_down", "unit", "reference"]
# option of the configuration -> (quantity, command-line name, largest value that makes sense)
OVERRIDES = {
    "mstar": ("host_mass_msun", "--toi_mstar", 200.0), "mc_mj": ("companion_mass_mjup", "--toi_mc_mj", 1e4),
    "a_au": ("semimajor_axis_au", "--toi_a_AU", 1e6), "age_gyr": ("host_age_gyr", "--toi_age_gyr", AGE_OF_UNIVERSE_GYR),
}
REQUIRED = (
    "host_mass_msun", "host_radius_rsun", "host_teff_k", "metallicity", "companion_mass_mjup", "companion_radius_rjup",
    "orbital_period_day", "semimajor_axis_au", "eccentricity", "eccentricity_limit_95",
)


@dataclass(frozen=True)
class Target:
    """The target as a one-row schema table, as a dict of values with errors, the overridden quantities, and references."""

    row: pd.DataFrame
    values: dict[str, Any]
    overridden: list[str]
    references: dict[str, str]


def read_published(folder: Path = FROZEN) -> tuple[dict[str, Any], dict[str, str]]:
    """Published values {quantity, quantity_err_up, quantity_err_down} and {quantity: reference}.

    Raises InputError for a missing quantity, a value that is no number or out of the schema's range, or a missing reference.
    """
    table, rows = read_curated(FILE, FIELDS, folder)
    known = {name: column for name, column in BY_NAME.items() if column.kind == "number"} | {"eccentricity_limit_95": BY_NAME["eccentricity"]}
    values: dict[str, Any] = {}
    references: dict[str, str] = {}
    for line, row in zip(table.lines, rows, strict=True):
        name = row["quantity"]
        numbers = {key: finite_number(row[key]) for key in ("value", "err_up", "err_down") if row[key]}
        column = known.get(name)
        good = column is not None and None not in numbers.values() and "value" in numbers and column.holds(numbers["value"])
        errors_fit = good and all(0 < numbers[key] <= column.high for key in ("err_up", "err_down") if key in numbers)
        if not (errors_fit and row["reference"] and name not in values):
            raise InputError(
                f"{FILE}, line {line}: expected a known quantity, once, with a value in range, positive errors or none, and a reference. Mend the line and "
                "run `just freeze --restamp`."
            )
        values[name] = numbers["value"]
        values |= {f"{name}_{key}": numbers[key] for key in ("err_up", "err_down") if key in numbers}
        references[name] = row["reference"]
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise InputError(
            f"{FILE}: {', '.join(missing)} missing; expected the published values of {TARGET_HOST} b. Add the line and run `just freeze --restamp`."
        )
    return values, references


def run(config: TargetConfig) -> Target:
    """Published values with the overrides of `config` put in place (an override has no error).

    Masses in Msun and Mjup, axis in au, age in Gyr, all > 0. When the axis is overridden the period is kept as published, and
    the row says so. Raises InputError naming the option.
    """
    published, references = read_published()
    values = dict(published)
    values.setdefault("host_age_gyr", None)
    overridden = []
    for option, (quantity, flag, largest) in OVERRIDES.items():
        value = getattr(config, option)
        if value is None:
            continue
        if not (math.isfinite(value) and 0.0 < value <= largest):
            raise InputError(f"{flag} is {value:g}; expected a number above 0 and at most {largest:g}.")
        values[quantity] = float(value)
        for side in ("err_up", "err_down"):
            values.pop(f"{quantity}_{side}", None)
        references[quantity] = f"option {flag}"
        overridden.append(option)
    return Target(_row(values, overridden, references), values, overridden, references)


def _row(values: dict[str, Any], overridden: list[str], references: dict[str, str]) -> pd.DataFrame:
    """The target in schema columns, flagged where a value is not the published one."""
    flags = ""
    for option in overridden:
        flags = add_flag(flags, f"overridden:{OVERRIDES[option][0]}")
    columns = {name: [values[name]] for name in COLUMN_NAMES if values.get(name) is not None}
    columns |= {
        "object_id": [TARGET_ID], "companion_name": [f"{TARGET_HOST} b"], "host_name": [TARGET_HOST], "data_source": ["TOI"],
        "source_row": [FILE], "discovery_method": ["Transit"], "discovery_method_raw": ["Transit"], "discovery_year": [2025],
        "star_count": [1], "planet_count": [1], "mass_kind": ["true"], "eccentricity_kind": ["measured"], "semimajor_axis_kind": ["catalogue"],
        "reference": [references["companion_mass_mjup"]], "host_age_reference": [references.get("host_age_gyr")], "flags": [flags or None],
    }
    return typed_table(columns)
