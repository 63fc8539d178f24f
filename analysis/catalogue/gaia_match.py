"""From the Gaia archive's own columns to rows of the cross-match.

Column names and units: Gaia DR3 data model (https://gea.esac.esa.int/archive/documentation/GDR3/Gaia_archive/chap_datamodel/). Parallaxes and
Thiele-Innes elements in mas, periods in days, velocities in km/s, accelerations in mas/yr^2.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.astrometry import ELEMENTS, photocentre_axis, photocentre_axis_error
from analysis.catalogue.convert import MISSING
from analysis.catalogue.gaia import CORRELATED, TABLES

__all__ = ["ARCHIVE_COLUMNS", "SOURCE_TABLE", "correlation_text", "match_rows"]

SOURCE_TABLE = "gaia_source"
_POINT = ("ra", "dec", "parallax", "pmra", "pmdec")
_INNES = tuple(f"{letter}_thiele_innes" for letter in "abfgch")
_SHAPE = ("period", "eccentricity", "t_periastron", "center_of_mass_velocity")


def _errors(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_error" for name in names)


# What is asked of each table of schema gaiadr3. Errors that are not kept tell which parameters a solution has, hence what corr_vec is about.
ARCHIVE_COLUMNS: dict[str, tuple[str, ...]] = {
    SOURCE_TABLE: (
        "source_id", "ra", "dec", "parallax", "parallax_error", "phot_g_mean_mag", "ruwe", "non_single_star", "radial_velocity_error",
        "rv_amplitude_robust", "ipd_frac_multi_peak", "astrometric_excess_noise",
    ),
    TABLES[0]: (
        "source_id", "nss_solution_type", "parallax", *_errors(*_POINT), *_INNES[:4], *_errors(*_INNES), *_SHAPE[:2], *_errors(*_SHAPE),
        "semi_amplitude_primary", "semi_amplitude_primary_error", "significance", "goodness_of_fit", "flags", "bit_index", "corr_vec",
    ),
    TABLES[1]: (
        "source_id", "nss_solution_type", "parallax", "parallax_error", "accel_ra", "accel_ra_error", "accel_dec", "accel_dec_error", "significance",
        "goodness_of_fit", "flags",
    ),
    TABLES[2]: ("source_id", "nss_solution_type", "first_deriv_velocity", "first_deriv_velocity_error", "goodness_of_fit", "flags"),
}
_OF_SOURCE = {
    "ra_deg": "ra", "dec_deg": "dec", "parallax_mas": "parallax", "parallax_mas_err": "parallax_error", "g_mag": "phot_g_mean_mag", "ruwe": "ruwe",
    "non_single_star": "non_single_star", "radial_velocity_err_kms": "radial_velocity_error", "rv_amplitude_kms": "rv_amplitude_robust",
    "ipd_frac_multi_peak_percent": "ipd_frac_multi_peak", "astrometric_excess_noise_mas": "astrometric_excess_noise",
}
_OF_SOLUTION = {
    "solution_parallax_mas": "parallax", "solution_parallax_mas_err": "parallax_error", "period_day": "period", "period_day_err": "period_error",
    "eccentricity": "eccentricity", "eccentricity_err": "eccentricity_error",
    **{f"thiele_innes_{letter}_mas": f"{letter}_thiele_innes" for letter in ELEMENTS},
    **{f"thiele_innes_{letter}_mas_err": f"{letter}_thiele_innes_error" for letter in ELEMENTS},
    "semi_amplitude_kms": "semi_amplitude_primary", "semi_amplitude_kms_err": "semi_amplitude_primary_error",
    "acceleration_ra_mas_yr2": "accel_ra", "acceleration_ra_mas_yr2_err": "accel_ra_error", "acceleration_dec_mas_yr2": "accel_dec",
    "acceleration_dec_mas_yr2_err": "accel_dec_error", "velocity_slope_kms_day": "first_deriv_velocity",
    "velocity_slope_kms_day_err": "first_deriv_velocity_error", "significance": "significance", "goodness_of_fit": "goodness_of_fit",
    "solution_flags": "flags",
}
# The order of the parameters in corr_vec, by solution type; a solution has those whose error is given.
_ORBITAL = (*_POINT, *_INNES, "eccentricity", "period", "t_periastron")
_TARGETED = (*_POINT, *_INNES, "period", "eccentricity", "t_periastron")
_SPECTROSCOPIC = (*_POINT, *_INNES, "center_of_mass_velocity", "eccentricity", "period", "t_periastron")


def _order(solution_type: str) -> tuple[str, ...]:
    """Parameters of a solution with Thiele-Innes elements, in the order of its corr_vec; empty for another type (Halbwachs et al. 2023)."""
    if solution_type.startswith(("OrbitalAlternative", "OrbitalTargetedSearch")):
        return _TARGETED
    return {"Orbital": _ORBITAL, "AstroSpectroSB1": _SPECTROSCOPIC}.get(solution_type, ())


def _number(cell: str | None) -> float:
    """A cell of the archive as a number: NaN when empty, and for the words of a boolean 1 or 0."""
    text = (cell or "").strip()
    if text.casefold() in MISSING:
        return math.nan
    return {"true": 1.0, "false": 0.0}.get(text.casefold()) if text.casefold() in ("true", "false") else float(text)


def correlation_text(row: Mapping[str, str]) -> str:
    """The cell `correlations` of a row of nss_two_body_orbit: empty when corr_vec is not given or does not fit the parameters.

    corr_vec is the upper triangle, column by column, of the correlation matrix of the solution's parameters; some forms of it are padded
    with zeros or empty entries.
    """
    fitted = [name for name in _order(row.get("nss_solution_type", "")) if math.isfinite(_number(row.get(f"{name}_error")))]
    size = len(fitted)
    try:
        vector = np.array([_number(item) for item in row.get("corr_vec", "").strip("()[]{} ").split(",")])
    except ValueError:
        return ""
    if vector.size != size * (size - 1) // 2:
        vector = vector[np.isfinite(vector) & (vector != 0)]
    if size < 2 or vector.size != size * (size - 1) // 2 or not (np.abs(vector) <= 1).all():
        return ""
    matrix = np.eye(size)
    matrix[np.tril_indices(size, -1)] = vector  # the lower triangle row by row is the upper one column by column
    matrix += np.tril(matrix, -1).T
    wanted = [_OF_SOLUTION[name] for name in CORRELATED]
    found = [fitted.index(name) if name in fitted else None for name in wanted]
    pairs = [(found[i], found[j]) for i in range(len(found)) for j in range(i + 1, len(found))]
    return " ".join(repr(float(matrix[i, j])) if i is not None and j is not None else "0.0" for i, j in pairs)


def _photocentre(row: dict[str, Any]) -> dict[str, float]:
    """Semi-major axis of the centre of light and its error, from the elements of a row; nothing where an element is missing."""
    names = [f"thiele_innes_{letter}_mas" for letter in ELEMENTS]
    values = np.array([row[name] for name in names])
    if not np.isfinite(values).all():
        return {}
    errors = np.nan_to_num(np.array([row[f"{name}_err"] for name in names]))
    matrix = np.eye(len(names))
    if row["correlations"]:
        triangle = np.zeros((len(CORRELATED),) * 2)
        triangle[np.triu_indices(len(CORRELATED), 1)] = [float(item) for item in row["correlations"].split()]
        places = [CORRELATED.index(name) for name in names]
        matrix = (triangle + triangle.T)[np.ix_(places, places)] + np.eye(len(names))
    error = photocentre_axis_error(values, matrix * np.outer(errors, errors))
    return {"photocentre_axis_mas": float(photocentre_axis(values)), "photocentre_axis_mas_err": error}


def match_rows(hosts: Mapping[str, int], answers: Mapping[str, list[dict[str, str]]], asked_on: str) -> list[dict[str, Any]]:
    """Rows of the cross-match from {host: source_id} and the archive's rows per table, as text; in no particular order.

    Raises ValueError for a cell that should be a number and is not.
    """
    sources = {int(row["source_id"]): row for row in answers[SOURCE_TABLE]}
    rows = []
    for host, source_id in hosts.items():
        source = sources.get(source_id)
        base: dict[str, Any] = {"host_name": host, "gaia_dr3_id": str(source_id), "asked_on": asked_on, "in_gaia_source": float(source is not None)}
        base |= {name: _number((source or {}).get(column)) for name, column in _OF_SOURCE.items()}
        found = [(table, row) for table in TABLES for row in answers[table] if int(row["source_id"]) == source_id]
        for table, row in found:
            solution = {name: _number(row.get(column)) for name, column in _OF_SOLUTION.items()}
            solution |= {"solution_table": table, "solution_type": row["nss_solution_type"].strip(), "correlations": correlation_text(row)}
            rows.append({**base, **solution, **_photocentre(solution)})
        if not found:
            rows.append(base)
    return rows
