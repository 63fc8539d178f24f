"""Photometric and astrometric facts about companions that no catalogue lists: variability limits, depths of odd and even transits, RUWE."""

import csv
import math
from pathlib import Path

from analysis.errors import InputError
from analysis.inputs import shown

__all__ = ["QUANTITIES", "Facts", "read_facts"]

COLUMNS = ("companion_name", "quantity", "value", "err_up", "err_down", "reference")
# Quantity -> smallest and largest value that can be meant.
QUANTITIES = {
    "orbital_period_day": (1e-3, 1e10), "transit_depth_ppm": (0.0, 1e6), "host_radius_rsun": (1e-4, 1e4), "host_density_cgs": (1e-6, 1e6), "scaled_axis": (1.0, 1e7),
    "variability_limit_ppm": (0.0, 1e6), "ruwe": (0.0, 100.0), "odd_depth_ppm": (0.0, 1e6), "even_depth_ppm": (0.0, 1e6), "odd_even_sigma": (0.0, 1e3),
    "claimed_radius_rearth": (0.0, 1e4), "claimed_density_cgs": (1e-6, 1e6), "claimed_ellipsoidal_ppm": (0.0, 1e6), "claimed_mass_ratio_limit": (0.0, 1.0),
}
Facts = dict[str, dict[str, tuple[float, float]]]  # companion -> quantity -> (value, error)


def read_facts(path: Path) -> Facts:
    """The facts of the CSV at `path` (columns: companion_name, quantity, value, err_up, err_down, reference); a missing error is NaN.

    Raises InputError for a file that cannot be read, another header, an unknown quantity, a value out of range, a fact given twice or without a reference.
    """
    wanted = f"expected the columns {', '.join(COLUMNS)}"
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror}); {wanted}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path.name}: not a UTF-8 CSV file; {wanted}.") from None
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InputError(f"{path.name}: line 1 is not the header; {wanted}.")
    facts: Facts = {}
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        where = f"{path.name}, row {line}"
        if len(row) != len(COLUMNS):
            raise InputError(f"{where}: {len(row)} cells; {wanted}.")
        name, quantity, value, up, down, reference = (cell.strip() for cell in row)
        if quantity not in QUANTITIES:
            raise InputError(f"{where}: '{shown(quantity)}' is no quantity of this file; use one of {', '.join(QUANTITIES)}.")
        if not name or not reference:
            raise InputError(f"{where}: a companion and a reference are needed; fill both cells.")
        if quantity in facts.setdefault(name, {}):
            raise InputError(f"{where}: {quantity} of {shown(name, 60)} is given twice; keep one row.")
        low, high = QUANTITIES[quantity]
        number = _number(value, where, "value")
        if not low <= number <= high:
            raise InputError(f"{where}: {quantity} is {shown(value)}; expected {low:g} to {high:g}.")
        errors = [_number(cell, where, "error") for cell in (up, down) if cell]
        if any(error < 0 for error in errors):
            raise InputError(f"{where}: an error is negative; give errors as positive numbers.")
        facts[name][quantity] = (number, max(errors, default=math.nan))
    return facts


def _number(cell: str, where: str, what: str) -> float:
    try:
        number = float(cell if cell.isascii() and "_" not in cell else "nan")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: the {what} '{shown(cell)}' is not a number; write it with a decimal point.")
    return number
