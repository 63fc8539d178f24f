"""The test of skill beyond detection method: conditional AUROC of cross-validated scores against labels exchanged within method.

Null hypothesis: given its detection method (and how many companions its host has), a companion's label says nothing about the features.
Whole label vectors of hosts of one shape are then exchangeable, every statistic computed alike from each relabelling is too, and
p = (1 + number at least as large) / (1 + B) is exact for any B (Phipson & Smyth 2010, SAGMB 9, 39).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.population.host_units import Units, host_folds, permuted_labels
from analysis.population.origin.auroc import score_interval
from analysis.population.origin.concordance import area, compared_pairs, host_interval, pair_table
from analysis.population.origin.nested import Features, fixed_scores, nested_scores
from analysis.progress import track

__all__ = ["CONDITIONAL", "OVERALL", "Skill", "skill", "too_few"]

CONDITIONAL, OVERALL = "within_method", "overall"  # pairs of one detection method, or all pairs
FOLDS, PERMUTATIONS, INNER = 11, 12, 13  # purposes of the random streams
CHUNK = 250  # labellings fitted together
TIE = 1e-12  # areas are ratios of counts of half pairs: closer than this they are equal
NAN = math.nan


@dataclass(frozen=True)
class Skill:
    """AUROC with 95 % interval and permutation p, and what they rest on.

    null: (B,) areas of the relabellings (NaN where one leaves no pair). logits, fold: (R, n) out-of-fold scores of the given labels and
    the folds behind them. chosen: median C of the inner choice, NaN for a fixed penalty. n: pairs of rows, hosts of each class in them.
    """

    estimate: float
    low: float
    high: float
    p: float
    p_error: float
    null: NDArray[np.float64]
    logits: NDArray[np.float64]
    fold: NDArray[np.int64]
    chosen: float
    n: dict[str, int]
    reason: str | None


def too_few(labels: NDArray[np.bool_], units: Units, folds: int) -> str | None:
    """Why these labels (n,) cannot be cross-validated by host, or None."""
    counts = [len(np.unique(units.host[mask])) for mask in (labels, ~labels)]
    if min(counts) >= folds:
        return None
    return f"{counts[0]} hosts with binary-like and {counts[1]} with planet-like rows; {folds} grouped folds need {folds} of each"


def skill(
    features: Features,
    labels: NDArray[np.bool_],
    units: Units,
    config: Any,
    folds: int,
    strength: float | None,
    permutations: int,
    pairings: tuple[str, ...] = (CONDITIONAL,),
    exchange: Units | None = None,
    label: str | None = None,
) -> dict[str, Skill]:
    """AUROC of the classifier on `features` for `labels` (n,), one Skill per pairing of rows, all from the same fits.

    `strength` is C, or None for the inner choice. `exchange` says which hosts may exchange labels (default: those of one shape in `units`).
    `config` gives fold_repeats, penalties, inner_folds and seed. With `label`, progress is shown under that name.
    """
    n_rows = len(labels)
    reason = too_few(labels, units, folds)
    if reason:
        nothing = Skill(NAN, NAN, NAN, NAN, NAN, np.empty(0), np.empty((0, n_rows)), np.empty((0, n_rows), np.int64), NAN, {}, reason)
        return dict.fromkeys(pairings, nothing)
    fold = np.array([host_folds(units, folds, [config.seed, FOLDS, repeat]) for repeat in range(config.fold_repeats)])
    groups = {CONDITIONAL: units.method, OVERALL: np.zeros(n_rows, np.int64)}
    sets = {name: compared_pairs(fold, groups[name]) for name in pairings}
    relabelled = permuted_labels(exchange or units, labels, permutations, [config.seed, PERMUTATIONS])
    areas: dict[str, list[NDArray[np.float64]]] = {name: [] for name in pairings}
    logits, chosen = np.empty((0, 0)), NAN
    starts = range(0, len(relabelled), CHUNK)
    for start in track(starts, label) if label else starts:
        part = relabelled[start : start + CHUNK]
        if strength is None:
            scores, picked = nested_scores(features, part, units, fold, config.penalties, config.inner_folds, [config.seed, INNER])
        else:
            scores, picked = fixed_scores(features, part, fold, strength), np.full((1, 1, 1), NAN)
        for name in pairings:
            areas[name].append(area(scores, part, sets[name]))
        if start == 0:
            logits, chosen = scores[:, 0].copy(), float(10 ** np.median(picked[:, 0]))
    out = {}
    for name in pairings:
        values = np.concatenate(areas[name])
        out[name] = _judge(values, logits, fold, labels, units, sets[name], chosen)
    return out


def _judge(
    values: NDArray[np.float64],
    logits: NDArray[np.float64],
    fold: NDArray[np.int64],
    labels: NDArray[np.bool_],
    units: Units,
    sets: list[tuple[int, NDArray[np.int64]]],
    chosen: float,
) -> Skill:
    """Interval and p-value from the areas of the given labels (first) and of the relabellings (the others)."""
    wins, pairs = pair_table(logits, labels, sets)
    involved = pairs > 0
    hosts = [len(np.unique(units.host[involved.any(axis=axis)])) for axis in (1, 0)]
    b = len(values) - 1
    n = {"pairs": int(involved.sum()), "hosts_binary_like": hosts[0], "hosts_planet_like": hosts[1], "permutations": b}
    if not np.isfinite(values[0]):
        reason = "no pair of companions of different class shares a fold and a detection method"
        return Skill(NAN, NAN, NAN, NAN, NAN, values[1:], logits, fold, chosen, n, reason)
    estimate, low, high = host_interval(wins, pairs, units.host)
    if not math.isfinite(low):
        low, high = score_interval(estimate, *hosts)
    p = (1 + int((values[1:] >= values[0] - TIE).sum())) / (1 + b)
    return Skill(estimate, low, high, p, math.sqrt(p * (1 - p) / (1 + b)), values[1:], logits, fold, chosen, n, None)
