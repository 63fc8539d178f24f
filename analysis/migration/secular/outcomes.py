"""From records to outcomes: exclusive classes for any disruption radius, time and averaging threshold, and shares with their uncertainty."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import binom, norm

from analysis.errors import InputError
from analysis.migration.occurrence.perturbers import effective_number
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, OUTCOME_OF_REASON, OUTCOMES, REASONS, UNMIGRATED

__all__ = ["CROSSINGS", "classify", "exact_paired_test", "share", "shares", "wilson"]

CROSSINGS = ("crossing_first", "crossing_second", "crossing_last")  # one per disruption factor, falling
LEVEL = 0.95


def classify(record: Mapping[str, np.ndarray], reason: np.ndarray, crossing: str, threshold: float, time: float, end: float) -> np.ndarray:
    """Outcome (n,) int64, index of triple.OUTCOMES, at `time` (yr) of runs that lasted until `end` (yr), with one disruption radius and threshold.

    In this order: invalid, when the run failed or sqrt(1 - e^2) ever fell below `threshold` epsilon_SA (in the whole run: when is not
    recorded, so a triple that is disrupted or migrates before averaging fails counts as invalid as well); disrupted, when periapsis was
    inside the radius of `crossing` by `time`; migrated, when the orbit was closed by `time`; unmigrated. A run that was stopped because
    averaging fails is invalid whatever the threshold. Raises InputError for a time after `end` or an unknown radius.
    """
    if crossing not in CROSSINGS or not 0 < time <= end:
        raise InputError(f"outcomes of {crossing!r} at {time:g} yr cannot be told from runs of {end:g} yr; expected one of {', '.join(CROSSINGS)} and a time within.")
    outcome = np.full(reason.shape, UNMIGRATED, np.int64)
    closed = reason == REASONS["migrated"] if time == end else record["close_time"] <= time
    outcome[closed] = MIGRATED
    outcome[record[crossing] <= time] = DISRUPTED
    failed = np.isin(reason, [number for number, value in OUTCOME_OF_REASON.items() if value == INVALID])
    outcome[failed | (record["smallest_averaging_ratio"] < threshold)] = INVALID
    return outcome


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson score interval of a share; n may be an effective number. (0, 1) for n = 0."""
    if n <= 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    p, z2 = successes / n, z * z
    middle, half = (p + z2 / (2 * n)) / (1 + z2 / n), z / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, float(middle - half)) if successes > 0 else 0.0, min(1.0, float(middle + half)) if successes < n else 1.0


def share(member: np.ndarray, weight: np.ndarray | None = None) -> dict[str, float]:
    """Weighted share of the true rows of `member` (n,), with its 95 % interval and the number of equal draws that would know as much.

    The interval is Wilson's with the number n' that gives p (1 - p) / n' the variance of the self-normalised estimate,
    sum w^2 (x - p)^2 / (sum w)^2; Kish's number where nothing or everything is counted. Without weights n' = n.
    """
    if not member.size:
        return {"share": float("nan"), "low": 0.0, "high": 1.0, "effective": 0.0}
    w = np.ones(member.size) if weight is None else weight
    kish = effective_number(w)
    if kish == 0:
        return {"share": float("nan"), "low": 0.0, "high": 1.0, "effective": 0.0}
    p = float(np.sum(w[member]) / np.sum(w))
    variance = float(np.sum(w**2 * (member - p) ** 2)) / float(np.sum(w)) ** 2
    n = kish if variance == 0 or weight is None else p * (1 - p) / variance
    low, high = wilson(p * n, n)
    return {"share": p, "low": low, "high": high, "effective": n}


def shares(outcome: np.ndarray, weight: np.ndarray | None = None) -> dict[str, Any]:
    """Count, share and 95 % interval of every outcome as flat columns; the shares sum to one."""
    row: dict[str, Any] = {"systems": int(outcome.size)}
    for number, name in enumerate(OUTCOMES):
        found = share(outcome == number, weight)
        row |= {f"{name}_count": int(np.sum(outcome == number)), name: found["share"], f"{name}_low": found["low"], f"{name}_high": found["high"]}
    return row


def exact_paired_test(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided exact p-value of McNemar's test: of the pairs that differ, as many gain as lose; 1 when none differs."""
    gained, lost = int(np.sum(~first & second)), int(np.sum(first & ~second))
    n = gained + lost
    return min(1.0, 2 * float(binom.cdf(min(gained, lost), n, 0.5))) if n else 1.0

