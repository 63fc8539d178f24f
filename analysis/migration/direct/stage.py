"""Agreement of level 2 with the frozen direct integrations of level 3, cycle by cycle, and what explains the difference.

Four forms of level 2 meet each direct integration: with and without the corrected-averaging term, started from the osculating elements of the
direct integration as if they were mean ones, and from the mean elements that belong to them. What then remains is the part of j that turns
with the perturber, of amplitude epsilon_SA, which averaging leaves out by construction and `osculating` predicts.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from analysis.config import AgreementConfig
from analysis.constants import G
from analysis.errors import InputError
from analysis.migration import frozen
from analysis.migration.direct.cycles import SERIES, maxima, thinned
from analysis.migration.direct.systems import SYSTEMS, DirectSystem, epsilon_octupole, epsilon_single, physics_vector, system_row
from analysis.migration.secular.equations import LANES, STATES, orient, rates
from analysis.migration.secular.evolve import series
from analysis.migration.secular.osculating import mean_row, smallest_gap, true_anomaly
from analysis.migration.secular.triple import PHYSICS, SYSTEM

__all__ = ["FILES", "VARIANTS", "Agreement", "compare", "level_2", "predicted_gap", "run"]

FILES: Final = ("direct.csv", "direct_maxima.csv", "direct_summary.csv")
# corrected averaging, start from mean elements
VARIANTS: Final = {"averaged": (False, False), "corrected": (True, False), "averaged_mean_start": (False, True), "mean_start": (True, True)}
FIRST = 1  # number of the first cycle
LOOK = 0.1  # share of the time of the first maximum within which the largest turning part is looked for
SAME = 1e-8  # relative difference at which a frozen initial condition counts as another
ELEMENTS = (
    "host_mass", "companion_mass", "outer_mass", "inner_axis", "outer_axis", "inner_eccentricity", "outer_eccentricity", "inclination",
    "inner_argument", "outer_argument", "inner_anomaly", "outer_anomaly",
)


@dataclass(frozen=True)
class Agreement:
    """Comparison per triple, the curves behind it, and its summary.

    table: one row per triple; gaps are 1 - e at the first maximum (`_gap`) and the smallest of the run (`_run`). An excess is relative to the
    direct integration's smallest osculating value, a mean excess to its mean over an outer orbit. `predicted`: level 2 from mean elements
    less the largest turning part. Amplitudes of that part of j at the first maximum are in units of epsilon_SA.
    curves: time_yr, gap, smallest_gap, variant ("direct" or a key of VARIANTS), system.
    """

    table: pd.DataFrame
    curves: pd.DataFrame
    summary: dict[str, Any]


def level_2(system: DirectSystem, variant: str, duration: float, config: AgreementConfig) -> pd.DataFrame:
    """Level 2 of one triple over `duration` yr as a series with the columns of `cycles.SERIES`, dense at every maximum of e.

    Raises InputError when level 2 refuses or loses the triple.
    """
    corrected, mean = VARIANTS[variant]
    row, physics = _start(system, mean), physics_vector(system, corrected_averaging=corrected, tolerance=config.tolerance)
    times = np.linspace(0.0, duration, config.samples + 1)
    values = _series(system.name, row, physics, times)
    e = values[:, 0]
    tops = 1 + np.flatnonzero((e[1:-1] >= e[:-2]) & (e[1:-1] > e[2:]))
    times = np.unique(np.concatenate([times, *(np.linspace(times[top - 1], times[top + 1], config.refinement) for top in tops)]))
    values = _series(system.name, row, physics, times)
    gap = 1.0 - values[:, 0]
    columns = (times, gap, gap, values[:, 2] * gap, values[:, 2], np.degrees(values[:, 1]))
    return pd.DataFrame(dict(zip(SERIES, columns, strict=True)))


def _start(system: DirectSystem, mean: bool) -> np.ndarray:
    """Row of level 2 for a triple, its osculating elements taken as they are or turned into mean ones."""
    row = system_row(system)
    if not mean:
        return row
    return mean_row(row, true_anomaly(math.radians(system.outer_anomaly), system.outer_eccentricity), epsilon_single(system))


def _series(name: str, row: np.ndarray, physics: np.ndarray, times: np.ndarray) -> np.ndarray:
    status, values = series(row, physics, times)
    if status:
        raise InputError(f"agreement: level 2 does not complete the triple {name} (reason {status}); expected one inside its range. Mend the triple's elements.")
    return values


def predicted_gap(system: DirectSystem, time: float) -> float:
    """Smallest osculating 1 - e around the first maximum at `time` (yr): mean j and e of level 2 and the largest part that turns with the perturber."""
    row, physics = _start(system, True), physics_vector(system, corrected_averaging=True)
    lanes = np.ones(STATES * LANES)
    elements = dict(zip(SYSTEM, row, strict=True))
    angles = ("inner_eccentricity", "outer_eccentricity", "inclination", "inner_argument", "outer_argument")
    orient(*(elements[name] for name in angles), lanes, 0)
    state = lanes[::LANES].copy()
    value = dict(zip(PHYSICS, physics, strict=True))
    radii = value["companion_radius_final"], value["star_radius_final"]
    state[-2:] = system.inner_axis, value["companion_spin"] * radii[0] ** 2

    def motion(t: float, y: np.ndarray) -> np.ndarray:
        out = np.empty(STATES)
        rates(y, row, physics, *radii, out)
        return out

    around = np.linspace((1 - LOOK) * time, (1 + LOOK) * time, 401)
    states = solve_ivp(motion, (0.0, around[-1]), state, method="DOP853", rtol=1e-9, atol=1e-11, t_eval=around).y.T
    smallest = math.inf
    for y in states:
        z = y[6:9] / np.linalg.norm(y[6:9])
        x = y[9:12] if np.linalg.norm(y[9:12]) > 1e-9 else np.array([1.0, 0.0, 0.0])
        x = x - (x @ z) * z
        x /= np.linalg.norm(x)
        frame, e2 = np.array([x, np.cross(z, x), z]), float(np.linalg.norm(y[9:12]))
        epsilon = epsilon_single(system) * (y[12] / system.inner_axis) ** 1.5 * ((1 - system.outer_eccentricity**2) / (1 - e2 * e2)) ** 1.5
        smallest = min(smallest, smallest_gap(frame @ y[0:3], frame @ y[3:6], epsilon, e2))
    return smallest


def compare(system: DirectSystem, tops: pd.DataFrame, duration: float, config: AgreementConfig) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """(row of the table, series of each variant) of one triple; tops: its maxima of the direct integration, `duration` in yr."""
    first = tops[tops["cycle"] == FIRST].iloc[0]
    row: dict[str, Any] = {
        "system": system.name,
        "epsilon_single": epsilon_single(system),
        "epsilon_octupole": epsilon_octupole(system),
        "cycles": len(tops),
        "direct_time_yr": first["time_yr"],
        "direct_gap": first["smallest_gap"],
        "direct_gap_orbit_mean": first["gap"],
        "direct_run": tops["smallest_gap"].min(),
    }
    curves = {}
    for variant in VARIANTS:
        curves[variant] = level_2(system, variant, duration, config)
        found = maxima(curves[variant])
        if found.empty:
            raise InputError(f"agreement: level 2 finds no eccentricity maximum of the triple {system.name}; expected at least one. Follow it for longer.")
        row |= {
            f"{variant}_time_yr": found["time_yr"].iloc[0],
            f"{variant}_gap": found["gap"].iloc[0],
            f"{variant}_run": found["gap"].min(),
            f"{variant}_excess": found["gap"].iloc[0] / row["direct_gap"] - 1,
            f"{variant}_run_excess": found["gap"].min() / row["direct_run"] - 1,
            f"{variant}_mean_excess": found["gap"].iloc[0] / row["direct_gap_orbit_mean"] - 1,
        }
    predicted = predicted_gap(system, row["mean_start_time_yr"])
    inner, mean, level, turned = (math.sqrt(gap * (2 - gap)) for gap in (row["direct_gap"], row["direct_gap_orbit_mean"], row["mean_start_gap"], predicted))
    row |= {
        "predicted_gap": predicted,
        "predicted_excess": predicted / row["direct_gap"] - 1,
        "explained": 1 - abs(row["corrected_excess"] / row["averaged_excess"]),
        "direct_amplitude": (mean - inner) / row["epsilon_single"],
        "predicted_amplitude": (level - turned) / row["epsilon_single"],
        "j_over_epsilon": level / row["epsilon_single"],
    }
    return row, curves


def _frozen(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of the direct integrations, with their checksums and initial conditions verified."""
    tables = {name: pd.read_csv(frozen.verified(folder / name)) for name in FILES}
    summary = tables["direct_summary.csv"].set_index("system")
    for system in SYSTEMS:
        same = system.name in summary.index and all(
            math.isclose(summary.at[system.name, name], getattr(system, name), rel_tol=SAME, abs_tol=SAME * 1e-3) for name in ELEMENTS
        )
        if not same:
            path = folder / "direct_summary.csv"
            raise InputError(f"{path}: the triple {system.name} is missing or starts from other elements than the list says; run `python -m analysis.migration.direct.recipe`.")
    return tables


def _group(part: pd.DataFrame) -> dict[str, Any]:
    """Per column of excesses: mean, smallest, largest, mean and median of its size, the triple with the largest, the share explained."""
    columns = [name for name in part.columns if name.endswith("excess")]
    group: dict[str, Any] = {}
    for name in columns:
        size = part[name].abs()
        group[name] = {
            "mean": float(part[name].mean()), "smallest": float(part[name].min()), "largest": float(part[name].max()), "size": float(size.mean()),
            "median_size": float(size.median()), "largest_size": float(size.max()), "worst": str(part["system"].loc[size.idxmax()]),
        }
    for name in columns:  # against double averaging alone, of the same kind of excess
        kind = next(kind for kind in ("_run_excess", "_mean_excess", "_excess") if name.endswith(kind))
        group[name]["explained"] = 1 - group[name]["size"] / group[f"averaged{kind}"]["size"]
    return group


def _summary(table: pd.DataFrame, quality: pd.DataFrame) -> dict[str, Any]:
    """Every scalar the text may quote."""
    motion = np.sqrt(G * (quality["host_mass"] + quality["companion_mass"]) / quality["inner_axis"] ** 3)
    amplitude = table["predicted_amplitude"] / table["direct_amplitude"]
    return {
        "systems": len(table),
        "maxima": int(table["cycles"].sum()),
        "by_system": {row["system"]: row for row in table.to_dict("records")},
        "all": _group(table),
        "case_a": _group(table[table["system"].str.startswith("case_a")]),
        "smallest_j_over_epsilon": float(table["j_over_epsilon"].min()),
        "amplitude": {
            "direct_smallest": float(table["direct_amplitude"].min()),
            "direct_largest": float(table["direct_amplitude"].max()),
            "predicted_over_direct_median": float(amplitude.median()),
        },
        "time": {name: float((table[f"{name}_time_yr"] / table["direct_time_yr"] - 1).abs().median()) for name in VARIANTS},
        "quality": {
            "energy_error": float(quality["energy_error"].max()),
            "momentum_error": float(quality["momentum_error"].max()),
            "steps": int(quality["steps"].sum()),
            "cpu_s": float(quality["cpu_s"].sum()),
            "kozai_times": float((quality["duration_yr"] / quality["kozai_time_yr"]).sum()),
            "largest_orbits": float((quality["duration_yr"] * motion / (2 * math.pi)).max()),
        },
    }


def run(config: AgreementConfig, folder: Path = frozen.SIMULATIONS) -> Agreement:
    """Compare level 2 with every frozen direct integration. Deterministic; raises InputError for missing, altered or other frozen tables."""
    tables = _frozen(folder)
    quality, tops, direct = tables["direct_summary.csv"], tables["direct_maxima.csv"], tables["direct.csv"]
    rows, curves = [], [direct[["system", "time_yr", "gap", "smallest_gap"]].assign(variant="direct")]
    for system in SYSTEMS:
        duration = float(quality.loc[quality["system"] == system.name, "duration_yr"].iloc[0])
        row, found = compare(system, tops[tops["system"] == system.name], duration, config)
        rows.append(row)
        for variant, curve in found.items():
            curves.append(thinned(curve)[["time_yr", "gap", "smallest_gap"]].assign(variant=variant, system=system.name))
    table = pd.DataFrame(rows)
    return Agreement(table, pd.concat(curves, ignore_index=True), _summary(table, quality))
