"""Circumbinary migration: the frozen runs read back, checked in part, and what they say of resonances and of binaries of the host masses studied here.

The published grid is that of Gianuzzi, Giuppone & Cuello (2023, A&A 669, A123); its outcomes are compared statistically, since the orbits are
chaotic: a repetition of part of the grid from another phase of the binary gives the share of runs that any prediction can hope to get right.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import CircumbinaryConfig
from analysis.constants import MJUP_MSUN, YEAR_DAYS, G
from analysis.errors import InputError
from analysis.migration.circumbinary.forest import FEATURES, grow
from analysis.migration.circumbinary.kernel import RECORD, SYSTEM
from analysis.migration.circumbinary.limits import critical_axis, critical_eccentricity
from analysis.migration.circumbinary.outcomes import (
    FATES,
    LIBRATING,
    NEAR_ANGLE,
    PUBLISHED_RECALL,
    PUBLISHED_SUPPORT,
    averages,
    dispersion,
    fates,
    grid_table,
    host_table,
    libration,
    map_table,
    shares,
    slopes,
    times,
    wilson,
)
from analysis.migration.circumbinary.store import FROZEN, Outcomes, joined, kernel_digest, load, run_systems, settings
from analysis.migration.circumbinary.systems import GRID, check, families, grid, hosts, map_systems, repeats, slow
from analysis.migration.rng import words
from analysis.migration.secular.batch import cpu_family
from analysis.migration.secular.outcomes import exact_paired_test

__all__ = ["Circumbinary", "rerun", "run"]

THREADS = 2
NEAR_TARGET = 0.1  # au, what counts as a close orbit


@dataclass(frozen=True)
class Circumbinary:
    """Tables of the circumbinary runs, and every scalar that the text may quote."""

    shares: pd.DataFrame  # per resonance
    dispersion: pd.DataFrame  # per parameter
    averages: pd.DataFrame  # per binary eccentricity and other parameter
    classes: pd.DataFrame  # of the forest, per resonance
    confusion: pd.DataFrame
    importance: pd.DataFrame  # per parameter
    libration: pd.DataFrame  # per resonance
    times: pd.DataFrame  # per pair of damping times
    bandwidths: pd.DataFrame  # shares of 3/1 and 4/1 for other kernels
    by_eccentricity: pd.DataFrame  # binary eccentricity, resonance, runs
    ratios: pd.DataFrame  # captured period ratio of every run of the grid, with its binary eccentricity and fate
    maps: pd.DataFrame  # per cell
    curves: pd.DataFrame  # both limits of stability over the axis, per map
    limits: pd.DataFrame  # per map: how the two limits agree with it
    hosts: pd.DataFrame  # per binary of the host masses studied here
    fates: pd.DataFrame  # of the grid: share of every fate, with interval
    host_fates: pd.DataFrame  # of those binaries
    summary: dict[str, Any]


def _frozen(config: CircumbinaryConfig, path: Path) -> tuple[dict[str, Outcomes], dict[str, Any]]:
    """The frozen outcomes of these parameters; InputError when they are missing, damaged, or of other parameters."""
    check(config)
    found, about = load(path)
    now, then = settings(config), about["settings"]
    changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{path} was made with other values of [circumbinary] {', '.join(changed)}; set these back, or run `just circumbinary` and `just circumbinary freeze`."
        )
    for family, systems in families(config).items():
        if len(found[family].reason) != len(systems):
            raise InputError(f"{path} holds {len(found[family].reason)} runs of '{family}'; expected {len(systems)}. Restore it from the repository.")
    return found, about


def rerun(config: CircumbinaryConfig, systems: np.ndarray, frozen: Outcomes, threads: int = THREADS) -> dict[str, Any]:
    """A fixed, random share of the frozen runs that are not longer than `rerun_longest` integrated again and compared, value by value and as shares."""
    end = frozen.record[:, RECORD.index("end_time")]
    able = np.flatnonzero(end <= config.rerun_longest)
    order = np.argsort(words(np.uint64(config.seed), np.uint64(5), able.size), kind="stable")
    chosen = able[order[: math.ceil(config.rerun_share * able.size)]]
    chosen = chosen[np.argsort(end[chosen], kind="stable")]  # runs of like length share lanes
    parts = [chosen[i::threads] for i in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        again = joined(list(pool.map(lambda rows: run_systems(systems[rows], config), parts)))
    then = frozen[np.concatenate(parts)]
    identical = (again.record == then.record).all(axis=1) & (again.reason == then.reason)
    before, after = fates(then), fates(again)
    return {
        "systems": int(chosen.size), "identical": int(identical.sum()), "same_outcome": int((before == after).sum()),
        "paired_p": {fate: exact_paired_test(before == fate, after == fate) for fate in ("ejected", "collided", "held")},
        "same_resonance": int((np.round(again.modes[:, 0]) == np.round(then.modes[:, 0])).sum()), "longest": config.rerun_longest,
    }


def _repetition(table: pd.DataFrame, numbers: np.ndarray, again: Outcomes) -> dict[str, Any]:
    """How often a run ends in the same resonance, and in the same way, when the binary's phase differs."""
    first = table.iloc[numbers]
    resonance = np.round(again.modes[:, 0])
    both = np.isfinite(again.modes[:, 0]) & first["ratio"].notna().to_numpy()
    same = (resonance == first["resonance"].to_numpy()) & both
    later = again.record[:, RECORD.index("end_time")] / first["end_time"].to_numpy()
    low, high = wilson(int(same.sum()), int(both.sum()))
    return {
        "runs": len(numbers), "same_resonance": float(same.sum() / both.sum()), "low": low, "high": high,
        "same_fate": float((fates(again) == first["fate"].to_numpy()).mean()), "end_time_spread": float(np.std(np.log10(later))),
    }


def _against_published(table: pd.DataFrame) -> dict[str, Any]:
    """Distance of the distribution over resonances 3 ... 9 from the published test rows: total variation, and a chi-square of two samples."""
    from scipy.stats import chi2_contingency

    ours = np.array([(table["resonance"] == number).sum() for number in PUBLISHED_SUPPORT])
    theirs = np.array(list(PUBLISHED_SUPPORT.values()))
    keep = ours + theirs > 0
    result = chi2_contingency(np.array([ours[keep], theirs[keep]]))
    distance = 0.5 * float(np.abs(ours / ours.sum() - theirs / theirs.sum()).sum())
    return {"total_variation": distance, "chi_square": float(result.statistic), "degrees": int(result.dof), "p": float(result.pvalue)}


def _limits(maps: pd.DataFrame) -> pd.DataFrame:
    """Per map: share of stable cells, and shares of cells on which each limit errs on either side."""
    rows = []
    for (q, eb), group in maps.groupby(["mass_ratio", "binary_eccentricity"]):
        row = {"mass_ratio": q, "binary_eccentricity": eb, "cells": len(group), "critical_axis": group["critical_axis"].iloc[0], "stable": group["stable"].mean()}
        for name, column in (("axis", "beyond_axis"), ("eccentricity", "below_eccentricity")):
            row |= {
                f"{name}_agrees": (group[column] == group["stable"]).mean(), f"{name}_calls_stable_wrongly": (group[column] & ~group["stable"]).mean(),
                f"{name}_misses_stable": (~group[column] & group["stable"]).mean(),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _curves(config: CircumbinaryConfig) -> pd.DataFrame:
    parts = []
    axis = np.linspace(config.map_axis_min, config.map_axis_max, 120)
    for q in config.mass_ratios:
        for eb in config.map_binary_eccentricities:
            critical = float(critical_axis(eb, q))
            parts.append(pd.DataFrame({
                "mass_ratio": q, "binary_eccentricity": eb, "axis": axis, "critical_axis": critical, "critical_eccentricity": critical_eccentricity(axis, critical),
            }))
    return pd.concat(parts, ignore_index=True)


def _fates(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for fate in FATES:
        k = int((table["fate"] == fate).sum())
        low, high = wilson(k, len(table))
        rows.append({"fate": fate, "runs": k, "share": k / len(table), "low": low, "high": high})
    return pd.DataFrame(rows)


def _target(config: CircumbinaryConfig, target: Any) -> dict[str, Any]:
    """What the present orbit of TOI-6894 b would ask of a binary in its middle: the widest one that leaves the orbit stable, and how it would show."""
    mass, axis, period = (target.values[name] for name in ("host_mass_msun", "semimajor_axis_au", "orbital_period_day"))
    least = float(critical_axis(0.0, 1.0))
    binary = axis / least
    binary_period = math.sqrt(4 * math.pi**2 * binary**3 / (G * mass)) * YEAR_DAYS
    speed = 0.5 * 2 * math.pi * binary / (binary_period / YEAR_DAYS) * 4.740470  # km/s of each of two equal stars
    return {
        "axis_au": axis, "stability_limit": least, "widest_binary_au": binary, "longest_binary_period_day": binary_period, "orbital_period_day": period,
        "equal_star_speed_km_s": speed, "widest_with_eccentricity_0_3_au": axis / float(critical_axis(0.3, 1.0)), "companion_mass_msun": target.values["companion_mass_mjup"] * MJUP_MSUN,
    }


def _libration_summary(table: pd.DataFrame) -> dict[str, Any]:
    """Of all runs: how many librate, about what, and with how many of the planet's pericentres fewer than N - 1 in the angle."""
    on = table[table["resultant"] > LIBRATING]
    held = table[table["fate"] == "held"]
    missing = on["resonance"] - 1 - on["pericentres"]
    return {
        "threshold": LIBRATING, "share": len(on) / len(table), "about_0": float((on["angle_deg"].abs() < NEAR_ANGLE).mean()),
        "about_180": float((on["angle_deg"].abs() > 180.0 - NEAR_ANGLE).mean()), "binary_pericentre_once": float((missing == 1).mean()),
        "held": len(held), "held_share": float((held["resultant"] > LIBRATING).mean()) if len(held) else None,
    }


def _by_axis_time(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {f"{value:.0f}": _few(group) for value, group in table.groupby("axis_time")}  # type: ignore[str-format]


def _few(group: pd.DataFrame) -> dict[str, float]:
    return {**{f"share_{n}": float((group["resonance"] == n).mean()) for n in (3, 4, 5, 8)}, "held": float((group["fate"] == "held").mean())}


def _slow(table: pd.DataFrame, numbers: np.ndarray, again: Outcomes, slow_time: float) -> dict[str, Any]:
    """The runs of a slower migration beside the runs of the grid that they repeat."""
    first = table.iloc[numbers]
    later = pd.DataFrame({"resonance": np.where(np.isfinite(again.modes[:, 0]), np.round(again.modes[:, 0]), 0), "fate": fates(again)})
    return {
        "runs": len(numbers), "axis_time": slow_time, "slow": _few(later), "grid": _few(first), "against_published": _against_published(later),
        "grid_against_published": _against_published(first), "same_resonance": float((later["resonance"].to_numpy() == first["resonance"].to_numpy()).mean()),
    }


def _hosts_summary(table: pd.DataFrame, limit: float) -> dict[str, Any]:
    held, n = table[table["fate"] == "held"], len(table)
    deep = int(table["deep"].sum())
    close = int((held["parked_axis_au"] <= limit).sum())
    tight = table["limit_axis_au"] <= limit
    return {
        "runs": n, "disrupted": int(table["disrupted"].sum()), "deep": deep, "deep_snapshots": int(table["snapshot_deep"].sum()), "deep_lower": wilson(deep, n)[0], "deep_upper": 1.0 - 0.05 ** (1.0 / n) if not deep else wilson(deep, n)[1], "parked": len(held), "parked_close": close,
        "parked_close_share": close / n, "close_axis_au": limit, "binaries_with_close_limit": float(tight.mean()),
        "parked_over_limit_median": float(held["parked_over_limit"].median()) if len(held) else None,
        "parked_over_limit_least": float(held["parked_over_limit"].min()) if len(held) else None,
        "parked_axis_median_au": float(held["parked_axis_au"].median()) if len(held) else None,
        "parked_axis_least_au": float(held["parked_axis_au"].min()) if len(held) else None,
        "bound": int((table["fate"] == "bound").sum()), "last_over_limit_least": float(table["last_over_limit"].min()),
        "last_axis_least_au": float(table["last_axis_au"].min()), "close": int((table["last_axis_au"] <= limit).sum()),
        "binaries_shrunk": int((table["binary_shrunk_to"] < 0.9).sum()), "binary_shrunk_least": float(table["binary_shrunk_to"].min()),
        "limit_axis_least_au": float(table["limit_axis_au"].min()),
        "held_damping_least": float(held["damping_ratio"].min()) if len(held) else None,
        "commonest_resonance": int(table.loc[table["resonance"] > 0, "resonance"].mode().iloc[0]),
    }


def run(config: CircumbinaryConfig, *, target: Any, path: Path = FROZEN) -> Circumbinary:
    """Tables and scalars of the frozen runs. Deterministic; InputError for unusable parameters or a missing, damaged or other table at `path`."""
    found, about = _frozen(config, path)
    systems, values = grid(config)
    table = grid_table(values, found["grid"])
    known = table[table["resonance"] > 0]
    share = shares(table)
    slowly = np.round(found["slow"].modes[:, 0])
    share["slow_share"] = [float((slowly == number).mean()) for number in share["resonance"]]
    again = np.zeros(len(table), int)
    repeated = found["repeats"].modes[:, 0]
    again[repeats(config)[1]] = np.where(np.isfinite(repeated), np.round(repeated), 0)
    forest = grow(known, known["resonance"].to_numpy(), config, again[known.index])
    forest.classes["published_recall"] = forest.classes["resonance"].map(PUBLISHED_RECALL)
    librating = libration(known)
    widths = [
        {"bandwidth": width, **{f"share_{number}_1": float((np.round(found["grid"].modes[:, column]) == number).mean()) for number in (3, 4, 5)}}
        for column, width in enumerate((config.bandwidth, *config.bandwidths))
    ]
    _, cells = map_systems(config)
    maps = map_table(cells, found["maps"])
    light = host_table(hosts(config)[1], found["hosts"])
    dispersed = dispersion(table)
    critical = critical_axis(known["binary_eccentricity"], known["mass_ratio"])
    first = share.loc[share["runs"].idxmax()]
    counts = known.groupby(["binary_eccentricity", "resonance"]).size().rename("runs").reset_index()
    summary = {
        "runs": len(table), "commonest_resonance": int(first["resonance"]), "commonest_share": float(first["share"]),
        "share_3": float(share.set_index("resonance").loc[3, "share"]), "share_4": float(share.set_index("resonance").loc[4, "share"]),
        "share_5": float(share.set_index("resonance").loc[5, "share"]), "share_9": float(share.set_index("resonance").loc[9, "share"]),
        "published_share_3": 346 / 4200, "published_share_4": 1553 / 4200, "published_weighted_precision": 0.79,
        "without_ratio": int((table["resonance"] == 0).sum()), "against_published": _against_published(table),
        "forest": forest.summary,
        "least_dispersed": str(dispersed["parameter"].iloc[0]),
        "slope_unequal": slopes(table).get(config.mass_ratios[0]), "slope_equal": slopes(table).get(config.mass_ratios[-1]),
        "librating": _libration_summary(known), "slow": _slow(table, slow(config)[1], found["slow"], config.slow_axis_time), "by_axis_time": _by_axis_time(table), "median_end": float((table["end_time"] / table["axis_time"]).median()),
        "inside_critical_axis": float((known["ratio"] ** (2 / 3) < critical).mean()), "repetition": _repetition(table, repeats(config)[1], found["repeats"]),
        "longer": about["longer"], "hosts": _hosts_summary(light, NEAR_TARGET), "target": _target(config, target),
        "rerun": {
            **rerun(config, systems, found["grid"]), "kernel_unchanged": about["kernel"] == kernel_digest(), "same_processor": about["processor"] == cpu_family(),
            "processor": about["processor"],
        },
        "cpu_s": about["cpu_s"], "axis_times": list(config.axis_times), "eccentricity_times": list(config.eccentricity_times),
    }
    assert len(GRID) + 6 == len(SYSTEM) and set(FEATURES) <= set(table)
    kept = ["binary_eccentricity", "mass_ratio", "axis_time", "eccentricity_time", "ratio", "fate"]
    return Circumbinary(
        share, dispersed, averages(table), forest.classes, forest.confusion, forest.importance, librating, times(table), pd.DataFrame(widths), counts,
        table[kept], maps, _curves(config), _limits(maps), light, _fates(table), _fates(light), summary,
    )
