"""Levels 0, 1 and 2 of the migration study on identical draws, so that levels differ by their physics alone.

The recipe `python -m analysis.migration.ladder.stage` integrates level 2 on a sub-grid of the level-0 map and freezes the outcomes; the stage reads them,
integrates a share of the draws again, and sets them beside levels 0 and 1 on the same cells and draws. Without a frozen table
of these very settings it carries levels 0 and 1 only and says why.
"""

import argparse
import importlib
import math
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numba import config as numba_config

from analysis.commands import guarded
from analysis.config import Config, EnsembleConfig, KozaiConfig, LadderConfig, LimitingConfig, SecularConfig, TidesConfig
from analysis.errors import InputError
from analysis.migration.ensemble.sensitivity import differing
from analysis.migration.frozen import MANIFEST
from analysis.migration.kozai import shortrange
from analysis.migration.kozai.feasibility import grid
from analysis.migration.kozai.limiting import STEPS, force_strengths, inner_binary, tidal_edge
from analysis.migration.ladder.draws import sub_grid
from analysis.migration.ladder.levels import COMMON, level_one, level_two, level_zero, map_error
from analysis.migration.ladder.store import LADDER, STORED, Draws, Job, freeze, integrate, job_of, ladder_digest, load, run_digest, sweep
from analysis.migration.rng import words
from analysis.migration.secular.batch import cpu_family
from analysis.migration.secular.outcomes import exact_paired_test
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, OUTCOMES, REASONS, UNMIGRATED
from analysis.migration.tides import tidal_radius
from analysis.runtime import CACHE_DIR, MOST_THREADS, usable_cores

__all__ = ["Ladder", "main", "run"]

YR_PER_GYR = 1e9
REACHED = "migrated_or_disrupted"
NO_CELL = np.uint64(1 << 63)  # cell number that no map has: its words choose the draws that are integrated again


@dataclass(frozen=True)
class Ladder:
    """Shares of draws by outcome (triple.OUTCOMES) on the sub-grid (m, a), and what becomes of each level's draws at the next."""

    outer_mass: np.ndarray  # (m,) Msun, cell centres
    outer_axis: np.ndarray  # (a,) au, cell centres
    outer_mass_edges: np.ndarray  # (m + 1,) Msun, half way between the centres in the logarithm
    outer_axis_edges: np.ndarray  # (a + 1,) au
    disruption_factors: np.ndarray  # (f,) r_t, falling, the default first
    level_0: np.ndarray  # (f, outcome, m, a): feasible draws, split at the disruption radius
    level_1: np.ndarray  # (f, outcome, m, a)
    level_2: np.ndarray  # (f, outcome, m, a), NaN when there is no table of these settings
    feasible: np.ndarray  # (m, a) share of draws that pass the specification's criterion
    dominant: np.ndarray  # (level, m, a) the most frequent outcome at the default factor; -1 without level 2
    shares: pd.DataFrame  # level or step x disruption factor x averaging threshold: mean of the map and its Monte Carlo error
    confusion: pd.DataFrame  # outcome of a lower level x outcome of level 2, draw by draw
    reasons: pd.DataFrame  # level-2 reasons
    migrated: pd.DataFrame  # one row per level-2 draw that ends as migrated inside no more than the given radii
    summary: dict[str, Any]


def _edges(centres: np.ndarray, low: float, high: float, cells: int, stride: int) -> np.ndarray:
    """Edges half way (in the logarithm) between centres that are `stride` cells apart, shape (centres + 1,)."""
    half = 0.5 * stride * math.log(high / low) / cells
    return np.append(centres * math.exp(-half), centres[-1] * math.exp(half))


def _shares(outcome: np.ndarray) -> dict[str, float]:
    """Mean share over the map of every outcome of (cells, draws), and of those that come inside the reach, with their errors."""
    members = {name: outcome == number for number, name in enumerate(OUTCOMES)}
    members[REACHED] = members["migrated"] | members["disrupted"]
    return {
        **{name: float(member.mean()) for name, member in members.items()},
        **{f"{name}_error": map_error(member) for name, member in members.items()},
    }


def _map(outcome: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(outcome, m, a) shares of (cells, draws)."""
    return np.array([(outcome == number).mean(axis=1).reshape(shape) for number in range(len(OUTCOMES))])


def _frozen(path: Path, job: Job) -> tuple[Draws | None, str]:
    """(the frozen draws of these settings, "") or (None, why not); InputError when the file is damaged."""
    if not path.is_file() or not (path.parent / MANIFEST).is_file():
        return None, "level 2 has not been frozen; run `python -m analysis.migration.ladder.stage`"
    draws = load(path)
    changed = differing(draws.about["settings"], job.settings)
    if changed:
        return None, f"level 2 is frozen for other settings ({', '.join(changed)}); run `python -m analysis.migration.ladder.stage` for these"
    return draws, ""


def _rerun(draws: Draws, job: Job, share: float, seed: int) -> dict[str, Any]:
    """A fixed, random share of the draws integrated again and compared with the frozen ones, value by value and outcome by outcome."""
    chosen = words(np.uint64(seed), NO_CELL, draws.reason.size) < np.uint64(min(share, 1 - 1e-9) * 2.0**64)
    rows = np.flatnonzero(chosen)
    again = integrate(job, rows, numba_config.NUMBA_NUM_THREADS)
    then = Draws(draws.reason[rows], {name: values[rows] for name, values in draws.values.items()}, draws.about)
    identical = again.reason == then.reason
    for name in STORED:
        identical &= again.values[name] == then.values[name]
    before, after = level_two(then, 0, 0.0), level_two(replace(again, about=draws.about), 0, 0.0)
    return {
        "draws": int(rows.size),
        "identical": int(identical.sum()),
        "same_reason": int((again.reason == then.reason).sum()),
        "same_outcome": int((before == after).sum()),
        "paired_p": {OUTCOMES[kind]: exact_paired_test(before == kind, after == kind) for kind in (MIGRATED, DISRUPTED)},
        "kernel_unchanged": draws.about["kernel"] == ladder_digest(),
        "same_processor": draws.about["processor"] == cpu_family(),
        "processor": draws.about["processor"],
    }


def _confusion(lower: np.ndarray, names: tuple[str, ...], upper: np.ndarray, **about: Any) -> list[dict[str, Any]]:
    """Rows (outcome of the lower level, outcome of level 2): number of draws and their share of the lower outcome."""
    rows = []
    for number, name in enumerate(names):
        members = lower == number
        total = int(members.sum())
        for other, end in enumerate(OUTCOMES):
            both = int((members & (upper == other)).sum())
            rows.append({**about, "lower_outcome": name, "level_2_outcome": end, "draws": both, "share": both / total if total else math.nan})
    return rows


def _paired(lower: np.ndarray, upper: np.ndarray) -> dict[str, float]:
    """Mean share at level 2 minus that at the lower level on the same draws, with the paired Monte Carlo error."""
    out: dict[str, float] = {}
    for name, numbers in {"migrated": (MIGRATED,), "disrupted": (DISRUPTED,), REACHED: (MIGRATED, DISRUPTED)}.items():
        difference = np.isin(upper, numbers).astype(float) - np.isin(lower, numbers)
        out |= {name: float(difference.mean()), f"{name}_error": map_error(difference)}
    return out


def _name(value: float) -> str:
    return f"{value:g}".replace(".", "_")


def run(
    config: LadderConfig, *, target: Any, kozai: Any = None, limiting: Any = None, kozai_config: KozaiConfig | None = None,
    limiting_config: LimitingConfig | None = None, secular_config: SecularConfig | None = None, ensemble_config: EnsembleConfig | None = None,
    tides_config: TidesConfig | None = None, path: Path = LADDER,
) -> Ladder:
    """Levels 0, 1 and 2 on the sub-grid. Deterministic; `kozai` and `limiting`, the whole maps, only enter the comparison of the means.

    Raises InputError for unusable values or a damaged table at `path`.
    """
    zero, one = kozai_config or KozaiConfig(), limiting_config or LimitingConfig()
    secular, ensemble, tides = secular_config or SecularConfig(), ensemble_config or EnsembleConfig(), tides_config or TidesConfig()
    masses, axes, cells = sub_grid(config, zero)
    shape = (masses.size, axes.size)
    mass, axis = (centres[chosen] for centres, chosen in zip(grid(zero), (masses, axes), strict=True))
    system = inner_binary(target, tides)
    roche = tidal_radius(system.host_mass, system.companion_mass, system.companion_radius)
    factors, threshold = secular.disruption_factors, secular.averaging_floor
    thresholds = sorted({0.0, threshold, *ensemble.averaging_thresholds})

    feasible = level_zero(system, zero, cells, config.draws, zero.critical_radius)
    split = []
    for factor in factors:
        inside = level_zero(system, zero, cells, config.draws, min(zero.critical_radius, factor * roche / system.host_radius))
        split.append(np.where(inside, DISRUPTED, np.where(feasible, MIGRATED, UNMIGRATED)))
    edge = tidal_edge(system, zero.inner_axis, one.companion_q / one.cycle_share, zero.time_limit * YR_PER_GYR)
    cases = np.array([(zero.time_limit * YR_PER_GYR, factor * roche, edge) for factor in factors])
    forces, pseudo = force_strengths(one, system, zero.inner_axis), one.companion_rotation == "pseudo_synchronous"
    closed, doubtful = level_one(system, zero, cells, config.draws, cases, forces, pseudo, True)

    def level_1(number: int, kappa: float) -> np.ndarray | None:
        """Level 1 at disruption radius `number`; None for an averaging threshold that its kernel does not know."""
        if kappa not in (0.0, shortrange.AVERAGING_MARGIN):
            return None
        outcome = COMMON[closed[:, :, number]]
        return np.where(doubtful[:, :, number], INVALID, outcome) if kappa else outcome

    job = job_of(config, zero, secular, ensemble, target)
    draws, reason = _frozen(path, job)
    rows, confusion = [], []
    for number, factor in enumerate(factors):
        key = {"disruption_factor": factor, "averaging_threshold": 0.0}
        rows.append({"level": "level 0", **key, **_shares(split[number])})
        for step, (strength, octupole) in list(STEPS.items())[:-1]:
            count, _ = level_one(system, zero, cells, config.draws, cases[number : number + 1], strength * forces, pseudo, octupole, single=False)
            mean = count[:, 0].mean(axis=0) / config.draws
            rows.append({"level": step, **key, **{name: float(mean[COMMON == place].sum()) for place, name in enumerate(OUTCOMES)}})
            rows[-1][REACHED] = rows[-1]["migrated"] + rows[-1]["disrupted"]
        for kappa in thresholds:
            lower = level_1(number, kappa)
            key = {"disruption_factor": factor, "averaging_threshold": kappa}
            if lower is not None:
                rows.append({"level": "level 1", **key, **_shares(lower)})
            if draws is None:
                continue
            upper = level_two(draws, number, kappa).reshape(config.draws, cells.size).T
            rows.append({"level": "level 2", **key, **_shares(upper)})
            confusion += _confusion(split[number], OUTCOMES[:3], upper, lower_level="level 0", **key)
            confusion += _confusion(closed[:, :, number], shortrange.OUTCOMES, upper, lower_level="level 1", **key)

    known = threshold if level_1(0, threshold) is not None else 0.0
    firsts = [level_1(number, known) for number in range(len(factors))]
    seconds = [level_two(draws, number, threshold).reshape(config.draws, cells.size).T for number in range(len(factors))] if draws else []
    maps = [np.array([_map(outcome, shape) for outcome in level]) for level in (split, firsts, seconds)]
    if not seconds:
        maps[2] = np.full((len(factors), len(OUTCOMES), *shape), np.nan)
    dominant = np.array([level[0].argmax(axis=0) if np.isfinite(level).all() else np.full(shape, -1) for level in maps])
    shares = pd.DataFrame(rows)
    pairs = {
        _name(factor): {"level_0": _paired(split[number], seconds[number]), "level_1": _paired(firsts[number], seconds[number])}
        for number, factor in enumerate(factors) if seconds
    }
    summary: dict[str, Any] = {
        "available": draws is not None,
        "reason": reason,
        "cells": int(cells.size),
        "mass_cells": shape[0],
        "axis_cells": shape[1],
        "draws_per_cell": config.draws,
        "draws": int(cells.size * config.draws),
        "inner_axis_au": zero.inner_axis,
        "time_limit_gyr": zero.time_limit,
        "disruption_factor": factors[0],
        "averaging_threshold": threshold,
        "level_1_averaging_threshold": known,
        "companion_lag_s": secular.companion_lag,
        "companion_q": one.companion_q,
        "level_1_upper_edge_au": edge,
        "feasible": {"mean": float(feasible.mean()), "error": map_error(feasible)},
        "paired": pairs,
        "dominant": {
            f"level_{level}": {name: float((dominant[level] == place).mean()) for place, name in enumerate(OUTCOMES)}
            for level in range(3) if (dominant[level] >= 0).all()
        },
        "whole_map": {} if kozai is None or limiting is None else {
            "feasible": float(kozai.fraction.mean()),
            "level_1_migrated": float(limiting.fraction[shortrange.MIGRATED].mean()),
            "level_1_disrupted": float(limiting.fraction[shortrange.DISRUPTED].mean()),
        },
        "rerun": _rerun(draws, job, config.rerun_share, zero.seed) if draws else None,
        "cpu_s_per_draw": draws.about["cpu_s_per_draw"] if draws else None,
    }
    return Ladder(
        mass, axis,
        _edges(mass, zero.outer_mass_min, zero.outer_mass_max, zero.mass_cells, config.stride),
        _edges(axis, zero.outer_axis_min, zero.outer_axis_max, zero.axis_cells, config.stride),
        np.array(factors), *maps, feasible.mean(axis=1).reshape(shape), dominant, shares, _table(confusion, CONFUSION), _reasons(draws), _migrated(draws, job),
        summary,
    )


CONFUSION = ("lower_level", "disruption_factor", "averaging_threshold", "lower_outcome", "level_2_outcome", "draws", "share")
MIGRANTS = ("outer_mass_msun", "outer_axis_au", "final_axis_au", "smallest_periapsis_share", "smallest_averaging_ratio", "close_time_yr")


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


def _reasons(draws: Draws | None) -> pd.DataFrame:
    """Every reason of level 2 with its number of draws; no rows without level 2."""
    counted = [] if draws is None else [{"reason": name, "draws": int((draws.reason == number).sum())} for name, number in REASONS.items()]
    return _table(counted, ("reason", "draws"))


def _migrated(draws: Draws | None, job: Job) -> pd.DataFrame:
    """The level-2 draws that end as migrated at the innermost disruption radius, whatever averaging is worth there."""
    if draws is None:
        return _table([], MIGRANTS).astype(float)
    ended = np.flatnonzero(draws.reason == REASONS["migrated"])
    values = {name: draws.values[name][ended].astype(float) for name in STORED}
    return pd.DataFrame({
        "outer_mass_msun": job.systems[ended, 2], "outer_axis_au": job.systems[ended, 4], "final_axis_au": values["final_axis"],
        "smallest_periapsis_share": values["smallest_periapsis_share"], "smallest_averaging_ratio": values["smallest_averaging_ratio"],
        "close_time_yr": values["close_time"],
    })


def main(argv: list[str] | None = None) -> int:
    """The recipe; returns the exit status (0 done, 2 something the user can mend, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="ladder", description="Integrate level 2 on the draws of level 0 and freeze the outcomes.")
    parser.add_argument("--threads", type=_thread_count, default=usable_cores(), metavar="N", help="threads (default: every core that it may use)")
    parser.add_argument("--out", type=Path, help="folder of the unfinished chunks (default .cache/sweeps/ladder-DIGEST)")
    return guarded(lambda: _recipe(parser.parse_args(argv)))


def _thread_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST_THREADS):
        raise InputError(f"--threads {text}: expected a number of threads from 1 to {MOST_THREADS}.")
    return int(text)


def _recipe(options: argparse.Namespace) -> int:
    config = Config()
    # Rooms do not import one another: the target reaches this one as data.
    target = importlib.import_module("analysis.catalogue.target").run(config.target)
    job = job_of(config.ladder, config.kozai, config.secular, config.ensemble, target)
    draws = sweep(job, options.out or CACHE_DIR / "sweeps" / f"ladder-{run_digest(job)[:12]}", options.threads)
    entry = freeze(draws)
    print(f"{entry['systems']} draws, {entry['bytes'] / 1e6:.2f} MB, {entry['cpu_s_per_draw']} CPU-s per draw.")
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if status == 130:
        os._exit(status)  # a thread inside a kernel cannot be stopped, and nobody waits for it
    sys.exit(status)
