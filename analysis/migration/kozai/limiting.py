"""Level 1 of the migration study: what becomes of each draw of level 0 once short-range forces, stability and tides are counted.

Every draw of (e_out, cos i) ends in exactly one of `shortrange.OUTCOMES`: unstable (Mardling & Aarseth 2001); slow (corrected quadrupole
time above T; Antognini 2015); quenched_or_shallow (periapsis at e_max outside the reach of tides); migrated (between the edges of the
survival window); disrupted (inside eta r_t); invalid (no root, with its status). The upper edge of the window is the periapsis at which
tides in the companion shrink the orbit within T. The window of the octupole is entered without asking how long the octupole takes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analysis.config import KozaiConfig, LimitingConfig, TidesConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, YEAR_DAYS
from analysis.errors import InputError
from analysis.migration.kozai import shortrange
from analysis.migration.kozai.feasibility import System, cell_edges, feasible_counts, grid
from analysis.migration.stars.stellar import target_radius
from analysis.migration.tides import tidal_radius

__all__ = ["STEPS", "Limiting", "force_strengths", "inner_binary", "outcome_counts", "run", "tidal_edge"]

YR_PER_GYR = 1e9
ROTATIONS = ("pseudo_synchronous", "synchronous")
STEPS = {"time and stability": (0.0, False), "short-range forces": (1.0, False), "octupole": (1.0, True)}  # share of the forces, octupole


@dataclass(frozen=True)
class Limiting:
    """The default maps, shapes (mass_cells, axis_cells) after their leading axis, and the mean outcomes of every variation."""

    outer_mass: np.ndarray  # (m,) Msun, cell centres
    outer_axis: np.ndarray  # (a,) au, cell centres
    outer_mass_edges: np.ndarray  # (m + 1,) Msun
    outer_axis_edges: np.ndarray  # (a + 1,) au
    fraction: np.ndarray  # (outcome, m, a) in the order of shortrange.OUTCOMES, sums to one over the outcomes
    status: np.ndarray  # (m, a) int, 0 where every draw of the cell was classified
    outcomes: pd.DataFrame  # a_in x T x Q' x disruption factor: mean share of every outcome
    steps: pd.DataFrame  # level 0, then what each ingredient adds, at the default parameters
    summary: dict[str, Any]


def tidal_edge(system: System, axis: float, quality: float, time: float) -> float:
    """Periapsis in au at which `shortrange.decay_time` equals `time` (yr) for a birth axis in au; decay is faster further in."""
    arguments = (system.host_mass, system.companion_mass, system.companion_radius, axis)

    def excess(log_j: float) -> float:
        return math.log(shortrange.decay_time(*arguments, math.exp(log_j), quality) / time)

    low, high = math.log(1e-8), math.log(1 - 1e-9)
    if excess(low) > 0:
        return 0.0
    if excess(high) < 0:
        return axis * shortrange.periapsis_share(math.exp(high))
    return axis * shortrange.periapsis_share(math.exp(brentq(excess, low, high, xtol=1e-14, rtol=1e-14)))


def outcome_counts(
    system: System, outer_mass: np.ndarray, outer_axis: np.ndarray, inner_axis: float, cases: np.ndarray, strengths: np.ndarray,
    pseudo: bool, octupole: bool, eccentricity_limit: float, draws: int, seed: int, rows: slice = slice(None),
) -> tuple[np.ndarray, np.ndarray]:
    """(count, status): int64 (rows, axes, cases, 7) and (rows, axes), the outcomes of each cell of outer_mass (Msun) x outer_axis (au).

    cases: (n, 3) of time limit in yr, lower and upper periapsis in au. `rows` picks the masses to compute, as in `feasible_counts`.
    Raises InputError for values without a meaning.
    """
    values = (system.host_mass, system.companion_mass, inner_axis, *cases[:, 0])
    if not all(0 < value < np.inf for value in values) or not 0 < eccentricity_limit < 1:
        raise InputError("level 1: masses, birth axis and times must be positive and the outer eccentricity limit lie in (0, 1).")
    if not ((cases[:, 1:] >= 0) & (cases[:, 1:] < inner_axis)).all():
        raise InputError(f"level 1: the edges of the survival window must lie inside the birth axis {inner_axis:g} au; got {cases[:, 1:].max():g} au.")
    if not (np.isfinite(strengths) & (strengths >= 0)).all():
        raise InputError("level 1: a short-range force is negative or not finite; check the radii of host and companion.")
    first = range(outer_mass.size)[rows]
    mass = np.repeat(np.asarray(outer_mass, dtype=float)[rows], outer_axis.size)
    axis = np.tile(np.asarray(outer_axis, dtype=float), len(first))
    count, status = np.zeros((mass.size, len(cases), 7), np.int64), np.zeros(mass.size, np.int64)
    if mass.size:
        shortrange.count_outcomes(
            system.host_mass, system.companion_mass, inner_axis, strengths, pseudo, octupole, mass, axis, eccentricity_limit,
            *(np.ascontiguousarray(column) for column in cases.T), draws, np.uint64(seed), np.uint64(first[0] * outer_axis.size), count, status,
        )
    shape = (len(first), outer_axis.size)
    return count.reshape(*shape, len(cases), 7), status.reshape(shape)


def inner_binary(target: Any, tides: TidesConfig) -> System:
    """The target's inner binary; raises InputError for a host without any radius."""
    values = target.values
    radius, source = target_radius(target, tides.default_age)
    companion_radius = (values.get("companion_radius_rjup") or 1.0) * RJUP_AU
    return System(
        values["host_mass_msun"], values["companion_mass_mjup"] * MJUP_MSUN, radius * RSUN_AU, companion_radius, values["semimajor_axis_au"], source
    )


def force_strengths(config: LimitingConfig, system: System, axis: float) -> np.ndarray:
    """The four strengths of `shortrange.short_range_strengths` for a birth axis in au, shape (4,)."""
    rotation = 2 * math.pi * YEAR_DAYS / config.stellar_rotation
    bodies = (system.host_mass, system.companion_mass, system.host_radius, system.companion_radius)
    return np.array(shortrange.short_range_strengths(*bodies, axis, config.stellar_love, config.companion_love, rotation))


def _shares(count: np.ndarray, draws: int) -> dict[str, float]:
    """Mean share of every outcome over the cells, and the share of migrated or disrupted draws where averaging is doubtful."""
    mean = count.reshape(-1, 7).mean(axis=0) / draws
    reached = mean[shortrange.MIGRATED] + mean[shortrange.DISRUPTED]
    return {
        **{name: float(mean[number]) for number, name in enumerate(shortrange.OUTCOMES)},
        "averaging_doubtful_share": float(mean[shortrange.UNAVERAGED] / reached) if reached else math.nan,
    }


def _check(config: LimitingConfig, kozai: KozaiConfig, system: System) -> None:
    if config.companion_rotation not in ROTATIONS:
        raise InputError(f"[limiting] companion_rotation is {config.companion_rotation!r}; expected one of {', '.join(ROTATIONS)}.")
    if kozai.draws < 1 or not 0 <= kozai.seed < 1 << 64:
        raise InputError(f"[kozai] draws is {kozai.draws!r} and seed {kozai.seed!r}; expected at least 1 and a whole number below 2^64.")
    bodies = (system.host_mass, system.companion_mass, system.host_radius, system.companion_radius, kozai.inner_axis, kozai.time_limit)
    if not all(0 < value < math.inf for value in bodies):
        raise InputError("level 1: masses and radii of host and companion, [kozai] inner_axis and time_limit must be positive and finite.")


def _level_zero(system: System, kozai: KozaiConfig, mass: np.ndarray, axis: np.ndarray, disruption: float) -> dict[str, float]:
    """Level 0 in the words of level 1: its feasible draws, split at the disruption radius."""
    time = kozai.time_limit * YR_PER_GYR
    critical = kozai.critical_radius * system.host_radius

    def mean(periapsis: float) -> float:
        arguments = (system, mass, axis, kozai.inner_axis, time, periapsis, kozai.outer_eccentricity_max, kozai.draws, kozai.seed)
        return float(feasible_counts(*arguments)[0].mean() / kozai.draws)

    in_time, feasible, disrupted = mean(kozai.inner_axis), mean(critical), mean(min(critical, disruption))
    return {
        "unstable": 0.0,
        "slow": 1 - in_time,
        "quenched_or_shallow": in_time - feasible,
        "migrated": feasible - disrupted,
        "disrupted": disrupted,
        "invalid": 0.0,
        "averaging_doubtful_share": math.nan,
    }


def _spread(table: pd.DataFrame, default: dict[str, float]) -> dict[str, Any]:
    """Migrated and disrupted shares when one parameter is varied and the others keep their defaults; the widest named."""
    ranges: dict[str, Any] = {}
    for name in default:
        others = [table[key] == value for key, value in default.items() if key != name]
        part = table[np.logical_and.reduce(others)]
        if len(part) > 1:
            ranges[name] = {f"{share}_{end}": float(getattr(part[share], end)()) for share in ("migrated", "disrupted") for end in ("min", "max")}
    widest = max(ranges, key=lambda name: ranges[name]["migrated_max"] - ranges[name]["migrated_min"]) if ranges else None
    return {"by": ranges, "dominant": widest}


def run(
    config: LimitingConfig, *, target: Any, kozai_config: KozaiConfig | None = None, tides_config: TidesConfig | None = None
) -> Limiting:
    """Level-1 outcomes of the target on the grid and draws of `kozai_config`. Deterministic; raises InputError for unusable values."""
    kozai, tides = kozai_config or KozaiConfig(), tides_config or TidesConfig()
    system = inner_binary(target, tides)
    _check(config, kozai, system)
    mass, axis = grid(kozai)
    pseudo = config.companion_rotation == "pseudo_synchronous"
    roche = tidal_radius(system.host_mass, system.companion_mass, system.companion_radius)
    default = {
        "inner_axis_au": kozai.inner_axis,
        "time_limit_gyr": kozai.time_limit,
        "companion_q": config.companion_q,
        "disruption_factor": config.disruption_factor,
    }

    def upper_edge(inner_axis: float, time: float, quality: float, share: float = config.cycle_share) -> float:
        """Periapsis in au inside which tides shrink the orbit; the decay time goes as Q' over the share of a cycle."""
        return tidal_edge(system, inner_axis, quality / share, time * YR_PER_GYR)

    def counted(inner_axis: float, cases: list[tuple], forces: float = 1.0, octupole: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """(count, status) of cases (T in Gyr, Q', eta, and the share of a cycle if not the default) at a birth axis in au."""
        window = np.array([(case[0] * YR_PER_GYR, case[2] * roche, upper_edge(inner_axis, *case[:2], *case[3:])) for case in cases])
        strengths = forces * force_strengths(config, system, inner_axis)
        limit = kozai.outer_eccentricity_max
        return outcome_counts(system, mass, axis, inner_axis, window, strengths, pseudo, octupole, limit, kozai.draws, kozai.seed)

    times = sorted({kozai.time_limit, *config.time_limits})
    qualities = sorted({config.companion_q, *tides.companion_q})
    factors = sorted({config.disruption_factor, *tides.disruption_factors})
    cases = [(t, q, eta) for t in times for q in qualities for eta in factors]
    chosen = cases.index((kozai.time_limit, config.companion_q, config.disruption_factor))
    rows, fraction, status = [], np.empty(0), np.empty(0)
    for birth in sorted({kozai.inner_axis, *config.inner_axes}):
        count, state = counted(birth, cases)
        if birth == kozai.inner_axis:
            fraction, status = np.moveaxis(count[:, :, chosen, :6], -1, 0) / kozai.draws, state
        for number, (time, quality, factor) in enumerate(cases):
            rows.append(
                {
                    "inner_axis_au": birth,
                    "time_limit_gyr": time,
                    "companion_q": quality,
                    "disruption_factor": factor,
                    "lower_edge_au": factor * roche,
                    "upper_edge_au": upper_edge(birth, time, quality),
                    **_shares(count[:, :, number], kozai.draws),
                }
            )
    table = pd.DataFrame(rows)
    steps = [{"step": "level 0", **_level_zero(system, kozai, mass, axis, config.disruption_factor * roche)}]
    for name, (forces, octupole) in STEPS.items():
        count, _ = counted(kozai.inner_axis, [cases[chosen]], forces, octupole)
        steps.append({"step": name, **_shares(count, kozai.draws)})
    by_share = {}
    for share in sorted({config.cycle_share, *config.cycle_shares}):
        count, _ = counted(kozai.inner_axis, [(*cases[chosen], share)])
        edge = upper_edge(kozai.inner_axis, kozai.time_limit, config.companion_q, share)
        by_share[f"{share:g}".replace(".", "_")] = {"upper_edge_au": edge, **_shares(count, kozai.draws)}
    fewest = min(row["migrated"] for row in by_share.values())
    default_row = table[np.logical_and.reduce([table[key] == value for key, value in default.items()])].to_dict("records")[0]
    cells = fraction.reshape(6, -1)
    error = np.sqrt(np.sum(cells * (1 - cells), axis=1) / kozai.draws) / cells.shape[1]
    summary = {
        "default": {**default_row, "host_mass_msun": system.host_mass, "host_radius_source": system.radius_source, "draws": kozai.draws},
        "monte_carlo_error": {name: float(value) for name, value in zip(shortrange.OUTCOMES, error, strict=True)},
        "window": {
            "lower_over_r_t": config.disruption_factor,
            "upper_over_r_t": default_row["upper_edge_au"] / roche,
            "upper_over_rstar": default_row["upper_edge_au"] / system.host_radius,
            "level_0_critical_au": kozai.critical_radius * system.host_radius,
        },
        "range": {name: {"smallest": float(table[name].min()), "largest": float(table[name].max())} for name in shortrange.OUTCOMES},
        "variation": _spread(table, default),
        "cycle_share": {"default": config.cycle_share, "by": by_share, "smallest": min(config.cycle_share, *config.cycle_shares), "migrated_smallest": fewest},
        "companion_rotation": config.companion_rotation,
        "octupole_time_counted": False,
    }
    edges = (cell_edges(kozai.outer_mass_min, kozai.outer_mass_max, kozai.mass_cells), cell_edges(kozai.outer_axis_min, kozai.outer_axis_max, kozai.axis_cells))
    return Limiting(mass, axis, *edges, fraction, status, table, pd.DataFrame(steps), summary)
