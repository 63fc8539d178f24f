"""Which non-single-star solutions of Gaia DR3 are taken at their word: the cuts, each named when it fails.

The cuts on orbits are those with which DR3's own `Orbital` solutions were selected (Halbwachs et al. 2023, A&A 674, A9, as written out by El-Badry
et al. 2024, arXiv:2411.00088, eqs. 18 and 20-22); here every orbit with Thiele-Innes elements must pass them, whatever search it came from. Those on
accelerations are the final selection of the same papers.
"""

import math
from collections.abc import Mapping
from typing import Any

from analysis.config import GaiaConfig

__all__ = ["KINDS", "failed_cuts", "solution_kind"]

KINDS = ("astrometric orbit", "acceleration", "spectroscopic orbit", "velocity trend", "other")
_EXPONENT = 1.05  # of the significance in the cut on an acceleration's parallax


def solution_kind(row: Mapping[str, Any]) -> str:
    """What a solution can tell about a companion, one of KINDS, from its type; eclipsing and fixed-binary solutions are "other"."""
    name = row["solution_type"]
    if name.startswith(("Orbital", "AstroSpectroSB1")):
        return KINDS[0]
    if name.startswith("Acceleration"):
        return KINDS[1]
    if name.startswith(("SB1", "SB2")):
        return KINDS[2]
    return KINDS[3] if "TrendSB1" in name else KINDS[4]


def _ratio(row: Mapping[str, Any], name: str) -> float:
    value, error = row[name], row[f"{name}_err"]
    return abs(value) / error if math.isfinite(value) and error > 0 else math.nan


def _significance(row: Mapping[str, Any], fallback: str) -> float:
    given = row["significance"]
    return given if math.isfinite(given) else _ratio(row, fallback)


def failed_cuts(row: Mapping[str, Any], config: GaiaConfig) -> list[str]:
    """Names of the cuts that a solution fails; empty: accepted. A number that is missing fails its cut, for nothing can be said for it."""
    kind = solution_kind(row)
    checks: dict[str, bool] = {}
    if kind == "astrometric orbit":
        period = row["period_day"]
        root = math.sqrt(period) if period > 0 else math.nan
        slope, intercept = config.eccentricity_error
        significance = _significance(row, "photocentre_axis_mas")
        circular = row["eccentricity"] == 0 and not math.isfinite(row["eccentricity_err"])
        checks = {
            "significance": significance > config.significance_floor and significance > config.significance_period / root,
            "goodness of fit": row["goodness_of_fit"] < config.orbit_goodness,
            "parallax": _ratio(row, "solution_parallax_mas") > config.parallax_period / period if period > 0 else False,
            "eccentricity": circular or (period > 0 and row["eccentricity_err"] < slope * math.log(period) + intercept),
            "elements": math.isfinite(row["photocentre_axis_mas"]) and row["solution_parallax_mas"] > 0,
        }
    elif kind == "acceleration":
        changing = int(row["solution_type"].startswith("Acceleration9"))
        checks = {
            "significance": row["significance"] > config.acceleration_significance,
            "goodness of fit": row["goodness_of_fit"] < config.acceleration_goodness[changing],
            "parallax": _ratio(row, "solution_parallax_mas") > config.acceleration_parallax[changing] * max(row["significance"], 0.0) ** _EXPONENT,
            "elements": math.isfinite(row["acceleration_ra_mas_yr2"] + row["acceleration_dec_mas_yr2"]) and row["solution_parallax_mas"] > 0,
        }
    elif kind == "spectroscopic orbit":
        checks = {
            "significance": _significance(row, "semi_amplitude_kms") > config.velocity_significance,
            "elements": row["period_day"] > 0 and row["semi_amplitude_kms"] > 0,
        }
    elif kind == "velocity trend":
        checks = {"significance": _ratio(row, "velocity_slope_kms_day") > config.velocity_significance}
    else:
        checks = {"type": False}
    return [name for name, passed in checks.items() if not passed]
