"""Level 2 in a build: outcomes of the frozen ensemble of triples, a share of it integrated again, and what the migrated share depends on.

The frozen ensemble stands for one target, prior and physics. When any of these is another, its numbers are not quoted: a small ensemble
of the build's own takes its place and is labelled so.
"""

import hashlib
import math
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EnsembleConfig, SecularConfig
from analysis.constants import MJUP_MSUN, YEAR_DAYS, G
from analysis.migration.ensemble import store as ensemble_store
from analysis.migration.ensemble.sensitivity import differing, other_priors, prior_weights, priors_table, ranges, sensitivity_table, variants_table
from analysis.migration.ensemble.store import RECIPES, STORED, Frozen, frozen_path
from analysis.migration.schedule import on_threads
from analysis.migration.secular.batch import cpu_family, integrate, kernel_digest, run_systems, settings
from analysis.migration.secular.draws import OK, draw_systems
from analysis.migration.secular.outcomes import CROSSINGS, classify, exact_paired_test, share, shares
from analysis.migration.secular.physics import physics_vector
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, OUTCOME_OF_REASON, OUTCOMES, PHYSICS, REASONS, RECORD, SYSTEM, column
from analysis.progress import meter
from analysis.runtime import usable_cores

__all__ = ["Ensemble", "period_day", "run"]

BATCH = 16, 256  # fewest and most triples integrated at a time; small batches leave lanes of the kernel empty
LEAST_AGREEMENT = 0.9  # share of equal outcomes, and
ENOUGH = 30  # migrated triples with which a disruption radius can carry the sensitivity study
LEAST_P = 1e-3  # paired p-value of migrated and disrupted counts, down to which runs on unlike processors count as agreeing


@dataclass(frozen=True)
class Ensemble:
    """Triples with their outcomes, the tables made of them, and every number the text may quote."""

    systems: np.ndarray  # (n, len(SYSTEM)), columns of triple.SYSTEM
    attempts: np.ndarray  # (n,) draws until stable
    record: np.ndarray  # (n, len(RECORD)), columns of triple.RECORD; NaN where a column is not kept
    reason: np.ndarray  # (n,) of triple.REASONS
    outcome: np.ndarray  # (n,) index of triple.OUTCOMES at the default radius, threshold and time
    outcomes: pd.DataFrame  # disruption factor x threshold x time: counts and shares with intervals
    reasons: pd.DataFrame  # triples by reason code
    migrated: pd.DataFrame  # one row per migrated triple: final orbit and its weight under every prior
    priors: pd.DataFrame  # outcomes under other priors, by weights
    variants: pd.DataFrame  # agreement with ensembles of other physics
    sensitivity: pd.DataFrame  # the migrated share when one thing is changed
    ranges: pd.DataFrame  # its lowest and highest value per parameter, widest first
    summary: dict[str, Any]


def period_day(axis: np.ndarray, total_mass: np.ndarray) -> np.ndarray:
    """Orbital period in days from the axis (au) and the total mass (Msun)."""
    return 2 * math.pi * np.sqrt(np.asarray(axis) ** 3 / (G * np.asarray(total_mass))) * YEAR_DAYS


def _threads() -> int:
    chosen = os.environ.get("NUMBA_NUM_THREADS", "")
    return min(int(chosen), 1024) if chosen.isdigit() and int(chosen) else usable_cores()


def _batches(total: int) -> list[slice]:
    size = min(max(math.ceil(total / _threads()), BATCH[0]), BATCH[1])
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def _own(config: EnsembleConfig, physics: np.ndarray, chosen: dict[str, Any]) -> Frozen:
    """A small ensemble integrated now, in the form of a frozen one."""
    n, bodies = config.own_systems, (chosen["host_mass_msun"], chosen["companion_mass_msun"])
    systems, attempts, _ = draw_systems(np.arange(n), config, *bodies)
    record, reason = np.empty((n, len(RECORD))), np.empty(n, np.int64)

    def work(part: slice) -> slice:
        _, _, record[part], reason[part], _ = run_systems(np.arange(part.start, part.stop), config, physics, *bodies)
        return part

    _each(work, n, "ensemble of this target")
    about = {"tag": "own", "systems": n, "settings": chosen, "kernel": kernel_digest(), "processor": cpu_family()}
    return Frozen("own", about, systems, {name: record[:, column(name)] for name in STORED}, reason, attempts)


def _each(work: Any, total: int, label: str) -> None:
    with meter(label, total, unit="systems") as bar:
        for part in on_threads(work, _batches(total), _threads()):
            bar.update(part.stop - part.start)


def _chosen_for_rerun(n: int, share_of: float) -> np.ndarray:
    """Numbers of the triples to integrate again: those with the smallest hashes, rising; at least one."""
    order = sorted(range(n), key=lambda k: hashlib.sha256(f"rerun {k}".encode()).digest())
    return np.array(sorted(order[: max(1, math.ceil(share_of * n))]))


def _rerun(frozen: Frozen, config: EnsembleConfig) -> dict[str, Any]:
    """A share of the frozen triples integrated with the present code and settings as frozen, compared with what is stored.

    verdict: identical; agrees (equal outcomes for LEAST_AGREEMENT of the triples, and neither migrated nor disrupted ones gain or lose beyond chance:
    all that unlike processors can promise for chaotic triples); differs; or differs although code and processor are the same.
    """
    numbers = _chosen_for_rerun(frozen.reason.size, config.rerun_share)
    physics = np.array([frozen.about["settings"]["physics"][name] for name in PHYSICS])
    systems, status = frozen.systems[numbers], np.full(numbers.size, OK)
    record, reason = np.empty((numbers.size, len(RECORD))), np.empty(numbers.size, np.int64)

    def work(part: slice) -> slice:
        record[part], reason[part] = integrate(systems[part], status[part], physics)
        return part

    _each(work, numbers.size, "frozen triples again")
    then = np.column_stack([frozen.outcome[name][numbers] for name in STORED])
    now = np.column_stack([record[:, column(name)] for name in STORED])
    same = reason == frozen.reason[numbers]
    identical = same & np.array([a.tobytes() == b.tobytes() for a, b in zip(then, now, strict=True)], dtype=bool)
    before, after = (np.array([OUTCOME_OF_REASON[int(number)] for number in values]) for values in (frozen.reason[numbers], reason))
    paired = {OUTCOMES[kind]: exact_paired_test(before == kind, after == kind) for kind in (MIGRATED, DISRUPTED)}
    axes = np.abs(now[:, 0] / then[:, 0] - 1)[same]
    alike = {"kernel_unchanged": frozen.about["kernel"] == kernel_digest(), "same_processor": frozen.about["processor"] == cpu_family()}
    agrees = float(np.mean(before == after)) >= LEAST_AGREEMENT and min(paired.values()) >= LEAST_P
    verdict = "identical" if identical.all() else "differs on the same code and processor" if all(alike.values()) else "agrees" if agrees else "differs"
    return {
        "systems": int(numbers.size), "identical": int(identical.sum()), "same_reason": int(same.sum()), "same_outcome": int(np.sum(before == after)),
        "migrated_then": int(np.sum(before == MIGRATED)), "migrated_now": int(np.sum(after == MIGRATED)), "paired_p": paired,
        "largest_axis_difference": float(axes.max()) if axes.size else float("nan"), **alike, "verdict": verdict,
    }


def _find(present: dict[str, Any]) -> tuple[Frozen | None, str]:
    """The frozen default ensemble when it stands for the present settings; else None and why not."""
    if not frozen_path("default", ensemble_store.SIMULATIONS).is_file():
        return None, "no ensemble is frozen"
    frozen = ensemble_store.load("default", ensemble_store.SIMULATIONS)
    changed = differing(frozen.about["settings"], present)
    return (None, f"the frozen ensemble has another {', '.join(changed)}") if changed else (frozen, "")


def _outcomes_table(frozen: Frozen, config: EnsembleConfig, secular: SecularConfig) -> pd.DataFrame:
    physics = frozen.about["settings"]["physics"]
    rows = []
    for crossing, factor in zip(CROSSINGS, secular.disruption_factors, strict=True):
        for threshold in sorted({*config.averaging_thresholds, secular.averaging_floor}):
            for time in sorted({*(t for t in config.time_limits if t * 1e9 < physics["time_limit"]), physics["time_limit"] / 1e9}):
                if threshold >= physics["averaging_floor"]:
                    outcome = classify(frozen.outcome, frozen.reason, crossing, threshold, min(time * 1e9, physics["time_limit"]), physics["time_limit"])
                    rows.append({"disruption_factor": factor, "averaging_threshold": threshold, "time_gyr": time, **shares(outcome)})
    return pd.DataFrame(rows)


def _migrated_table(frozen: Frozen, outcome: np.ndarray, config: EnsembleConfig) -> pd.DataFrame:
    """Final orbits of the triples that migrate at the smallest disruption radius; `survives` marks those that do at the default one."""
    closed = frozen.reason == REASONS["migrated"]
    total = frozen.systems[:, 0] + frozen.systems[:, 1]
    columns = {name: frozen.systems[:, column(name, SYSTEM)] for name in ("inner_axis", "outer_mass", "outer_axis", "outer_eccentricity", "inclination")}
    columns |= {name: frozen.outcome[name] for name in ("final_axis", "final_eccentricity", "final_inclination", "close_time", "smallest_periapsis_share")}
    weights = {f"weight_{name}": prior_weights(frozen.systems, config, wanted) for name, _, _, _, wanted in other_priors(config)}
    table = pd.DataFrame({
        "system": np.arange(outcome.size), "period_day": period_day(frozen.outcome["final_axis"], total), **columns, "survives": outcome == MIGRATED, **weights,
    })
    return table[closed].reset_index(drop=True)


def _headline(outcome: np.ndarray) -> dict[str, Any]:
    """The migrated share; invalid triples left out, counted as none migrated and as all migrated; and how well each share is known."""
    n, found = outcome.size, shares(outcome)
    none, every, valid = share(outcome == MIGRATED), share((outcome == MIGRATED) | (outcome == INVALID)), share(outcome[outcome != INVALID] == MIGRATED)
    half = {name: (found[f"{name}_high"] - found[f"{name}_low"]) / 2 / 1.96 for name in OUTCOMES}
    count = found["migrated_count"]
    return {
        **found, "migrated_bound_low": none["low"], "migrated_bound_high": every["high"], "migrated_invalid_as_none": none["share"],
        "migrated_invalid_as_all": every["share"], "migrated_of_valid": valid["share"], "migrated_of_valid_low": valid["low"],
        "migrated_of_valid_high": valid["high"], "migrated_relative_error": math.sqrt((1 - count / n) / count) if count else None,
        "errors": half,
    }


def _usual_count(table: pd.DataFrame, factor: float) -> int:
    """Triples that migrate outside `factor` tidal radii with everything else at its default."""
    row = (table["parameter"] == "disruption radius") & (table["value"] == factor)
    return int(table.loc[row, "migrated_count"].iloc[0])


def _periods(migrated: pd.DataFrame, factors: tuple[float, ...], observed: float | None) -> dict[str, Any]:
    """Final periods (d) of the triples that migrate outside each disruption radius, and the share at least as long as the observed one."""
    found = {}
    for factor in factors:
        days = migrated.loc[migrated["smallest_periapsis_share"] >= factor, "period_day"]
        ends = {"median": float(days.median()), "smallest": float(days.min()), "largest": float(days.max())} if len(days) else {}
        if len(days) and observed:
            ends["as_long_share"] = float((days >= observed).mean())
        found[f"{factor:g}".replace(".", "_")] = {"triples": len(days), **ends}
    return found


def run(config: EnsembleConfig, *, target: Any, secular_config: SecularConfig | None = None) -> Ensemble:
    """Outcomes for the target under the default prior and physics; deterministic. Raises InputError for unusable values or a damaged frozen file.

    target: the stage's result. The averaging floor of secular_config is the threshold of the headline.
    """
    secular = secular_config or SecularConfig()
    bodies = target.values["host_mass_msun"], target.values["companion_mass_mjup"] * MJUP_MSUN
    physics = physics_vector(replace(secular, averaging_floor=0.0), target, config.time_limit)
    present = settings(config, physics, *bodies)
    frozen, why = _find(present)
    ensemble = frozen or _own(config, physics, present)
    rerun = _rerun(ensemble, config) if frozen else None
    floor, end = ensemble.about["settings"]["physics"]["averaging_floor"], ensemble.about["settings"]["physics"]["time_limit"]
    threshold = max(secular.averaging_floor, floor)
    outcome = classify(ensemble.outcome, ensemble.reason, CROSSINGS[0], threshold, end, end)
    tags = [tag for tag in RECIPES if tag != "default"]
    found = [tag for tag in tags if frozen and frozen_path(tag, ensemble_store.SIMULATIONS).is_file()]
    variants = [ensemble_store.load(tag, ensemble_store.SIMULATIONS) for tag in found]
    secular = replace(secular, averaging_floor=threshold)
    tables = {
        factor: sensitivity_table(ensemble, variants, config, secular, crossing) for crossing, factor in zip(CROSSINGS, secular.disruption_factors, strict=True)
    }
    table = pd.concat([part.assign(disruption_factor=factor) for factor, part in tables.items()], ignore_index=True)
    shown = next((factor for factor in tables if _usual_count(tables[factor], factor) >= ENOUGH), min(tables))
    widths = ranges(tables[shown])
    migrated = _migrated_table(ensemble, outcome, config)
    record = np.full((outcome.size, len(RECORD)), np.nan)
    for name, values in ensemble.outcome.items():
        record[:, column(name)] = values
    reasons = pd.DataFrame([
        {"reason": name, "code": code, "outcome": OUTCOMES[OUTCOME_OF_REASON[code]], "systems": int(np.sum(ensemble.reason == code)),
         **{f"share{end}": value for end, value in zip(("", "_low", "_high"), list(share(ensemble.reason == code).values())[:3], strict=True)}}
        for name, code in REASONS.items()
    ])
    survivors = migrated.loc[migrated["survives"], "period_day"]
    physical = widths[~widths["parameter"].isin(("invalid triples", "averaging threshold", "tolerance"))]
    summary = {
        "source": "frozen" if frozen else "own",
        "why_own": why or None,
        "trusted": bool(outcome.size >= config.least_effective),
        "systems": int(outcome.size),
        "time_limit_gyr": end / 1e9,
        "disruption_factor": secular.disruption_factors[0],
        "disruption_factors": list(secular.disruption_factors),
        "averaging_threshold": threshold,
        "stable_share": float(1 / ensemble.attempts.mean()),
        "attempts_mean": float(ensemble.attempts.mean()),
        "attempts_largest": int(ensemble.attempts.max()),
        "headline": _headline(outcome),
        "migrated_period_day": {"median": float(survivors.median()), "smallest": float(survivors.min()), "largest": float(survivors.max())} if len(survivors) else None,
        "closed_at_smallest_radius": len(migrated),
        "rerun": rerun,
        "variants": found,
        "variants_missing": [tag for tag in tags if tag not in found],
        "periods": _periods(migrated, secular.disruption_factors, target.values.get("orbital_period_day")),
        "sensitivity_factor": shown,
        "dominant": physical["parameter"].iloc[0] if len(physical) else None,
        "widest": widths["parameter"].iloc[0] if len(widths) else None,
        "cpu_s_per_system": ensemble.about.get("cpu_s_per_system"),
        "largest_drift": ensemble.about.get("largest"),
        "processor": ensemble.about["processor"] if frozen else None,
    }
    return Ensemble(
        ensemble.systems, ensemble.attempts, record, ensemble.reason, outcome, _outcomes_table(ensemble, config, secular), reasons, migrated,
        priors_table(ensemble.systems, ensemble.attempts, outcome, config),
        variants_table(ensemble, variants, threshold), table, widths, summary,
    )
