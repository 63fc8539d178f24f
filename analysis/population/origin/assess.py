"""One variant of the classifier on one set of rows: cross-validation, intervals, coefficients, the target's score."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.config import OriginConfig
from analysis.population.origin import classifier
from analysis.population.origin.auroc import area_under_curve, host_bootstrap_interval, score_interval

__all__ = ["COEFFICIENT_COLUMNS", "Assessment", "assess"]

COEFFICIENT_COLUMNS = (
    "feature",
    "coefficient_standardised",
    "coefficient_standardised_low",
    "coefficient_standardised_high",
    "coefficient_raw",
    "training_mean",
    "training_scale",
)
NAN = math.nan


@dataclass(frozen=True)
class Assessment:
    """Scores and per-row results of one variant; arrays have one entry per row of the pool."""

    scores: dict[str, Any]
    probability: NDArray[np.float64]
    in_sample: NDArray[np.float64]
    scored_out_of_fold: NDArray[np.bool_]
    fold: NDArray[np.int64]
    coefficients: pd.DataFrame | None


def assess(
    pool: pd.DataFrame,
    target: pd.DataFrame,
    variant: str,
    treatment: str,
    config: OriginConfig,
    inverse_regularisation: float | None = None,
    resample: bool = False,
) -> Assessment:
    """Cross-validate `variant` on the labelled rows of `pool` (sorted; column label: 1, 0 or NaN) and score `target` (0 or 1 row).

    auroc is that of the pooled out-of-fold probabilities; auroc_low and auroc_high the score interval with hosts as class sizes,
    auroc_bootstrap_* the host bootstrap; auroc_fold_mean averages the folds that hold both classes; auroc_repeats_min and _max
    span other assignments of hosts to folds. With `resample`, coefficients and the target's probability carry
    95 % percentile intervals from refits on resampled hosts. Too few hosts of a class: NaN and a reason.
    """
    strength = config.inverse_regularisation if inverse_regularisation is None else inverse_regularisation
    labelled = pool["label"].notna().to_numpy()
    positive = pool.loc[labelled, "label"].eq(1).to_numpy()
    hosts = pool.loc[labelled, "host_name"].to_numpy(dtype=str)
    n_hosts = {word: len(np.unique(hosts[mask])) for word, mask in (("binary", positive), ("planet", ~positive))}
    scores: dict[str, Any] = {
        "n_rows": int(labelled.sum()),
        "n_hosts": len(np.unique(hosts)),
        "n_binary_like": int(positive.sum()),
        "n_planet_like": int((~positive).sum()),
        "n_hosts_binary_like": n_hosts["binary"],
        "n_hosts_planet_like": n_hosts["planet"],
        "reason": None,
        **dict.fromkeys(
            (
                "auroc",
                "auroc_low",
                "auroc_high",
                "auroc_bootstrap_low",
                "auroc_bootstrap_high",
                "auroc_fold_mean",
                "auroc_fold_sd",
                "auroc_repeats_min",
                "auroc_repeats_max",
                "auroc_in_sample",
                "brier",
                "brier_prevalence",
                "target_probability",
                "target_probability_low",
                "target_probability_high",
            ),
            NAN,
        ),
        "n_folds_with_both_classes": 0,
        "separation": None,
    }
    empty = np.full(len(pool), NAN)
    if min(n_hosts.values()) < config.folds:
        scores["reason"] = (
            f"{n_hosts['binary']} hosts with binary-like and {n_hosts['planet']} with planet-like rows; "
            f"{config.folds} grouped folds need {config.folds} of each"
        )
        return Assessment(scores, empty, empty, np.zeros(len(pool), bool), np.full(len(pool), -1), None)

    methods = tuple(sorted(pool.loc[labelled, "discovery_method"].dropna().unique()))
    everything = classifier.build_design(pool, variant, treatment, methods)
    design = classifier.Design(everything.values[labelled], everything.names, everything.n_numeric)
    target_values = classifier.build_design(target, variant, treatment, methods).values

    fold = classifier.grouped_folds(positive, hosts, config.folds, config.seed)
    held_out, fold_models = classifier.out_of_fold(design, positive, fold, strength)
    final = classifier.model(design, strength).fit(design.values, positive)
    in_sample = final.predict_proba(design.values)[:, 1]
    scores["auroc"] = area_under_curve(held_out, positive)
    scores["auroc_low"], scores["auroc_high"] = score_interval(scores["auroc"], n_hosts["binary"], n_hosts["planet"])
    scores["auroc_bootstrap_low"], scores["auroc_bootstrap_high"] = host_bootstrap_interval(
        held_out, positive, hosts, config.score_resamples, config.seed
    )
    by_fold = [area_under_curve(held_out[fold == k], positive[fold == k]) for k in range(config.folds)]
    by_fold = [value for value in by_fold if math.isfinite(value)]
    scores["n_folds_with_both_classes"] = len(by_fold)
    scores["auroc_fold_mean"] = float(np.mean(by_fold)) if by_fold else NAN
    scores["auroc_fold_sd"] = float(np.std(by_fold, ddof=1)) if len(by_fold) > 1 else NAN
    scores["auroc_in_sample"] = area_under_curve(in_sample, positive)
    scores["brier"] = float(np.mean((held_out - positive) ** 2))
    scores["brier_prevalence"] = float(positive.mean() * (1 - positive.mean()))
    scores["separation"] = classifier.separation(design, positive)
    if len(target):
        scores["target_probability"] = float(final.predict_proba(target_values)[0, 1])

    coefficients = classifier.raw_coefficients(final, design)
    if resample:
        repeats = [scores["auroc"]]
        for k in range(1, config.fold_repeats):
            other = classifier.grouped_folds(positive, hosts, config.folds, config.seed + k)
            repeats.append(area_under_curve(classifier.out_of_fold(design, positive, other, strength)[0], positive))
        scores["auroc_repeats_min"], scores["auroc_repeats_max"] = min(repeats), max(repeats)
        low, high, target_interval = _refit_intervals(design, positive, hosts, target_values, strength, config)
        coefficients["coefficient_standardised_low"], coefficients["coefficient_standardised_high"] = low, high
        scores["target_probability_low"], scores["target_probability_high"] = target_interval

    probability, scored = _score_all(pool, everything, labelled, hosts, fold, held_out, fold_models, final)
    full_fold = np.full(len(pool), -1)
    full_fold[labelled] = fold
    full_in_sample = empty.copy()
    full_in_sample[labelled] = in_sample
    return Assessment(scores, probability, full_in_sample, scored, full_fold, coefficients)


def _score_all(
    pool: pd.DataFrame,
    design: classifier.Design,
    labelled: NDArray[np.bool_],
    hosts: NDArray[np.str_],
    fold: NDArray[np.int64],
    held_out: NDArray[np.float64],
    fold_models: list[Any],
    final: Any,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """P(binary-like) of every row of the pool by a model that never saw its host; all are scored out of fold.

    A labelled row, or an unlabelled companion of a labelled host, takes the model of the fold that held its host out. A row whose
    host has no labelled companion takes the final model, which never saw that host either.
    """
    probability = np.full(len(pool), NAN)
    probability[labelled] = held_out
    fold_of_host = dict(zip(hosts, fold, strict=True))
    for row in np.flatnonzero(~labelled):
        number = fold_of_host.get(str(pool["host_name"].iloc[row]))
        fitted = final if number is None else fold_models[number]
        probability[row] = fitted.predict_proba(design.values[row : row + 1])[0, 1]
    return probability, np.ones(len(pool), bool)


def _refit_intervals(
    design: classifier.Design,
    positive: NDArray[np.bool_],
    hosts: NDArray[np.str_],
    target_values: NDArray[np.float64],
    strength: float,
    config: OriginConfig,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
    """95 % percentile intervals of the standardised coefficients (intercept first) and of the target's probability."""
    names, index = np.unique(hosts, return_inverse=True)
    members = [np.flatnonzero(index == number) for number in range(len(names))]
    generator = np.random.default_rng([config.seed, 1])
    slopes, targets = [], []
    for _ in range(config.bootstrap_resamples):
        rows = np.concatenate([members[number] for number in generator.integers(len(names), size=len(names))])
        if positive[rows].all() or not positive[rows].any():
            continue
        fitted = classifier.model(design, strength).fit(design.values[rows], positive[rows])
        logistic = fitted.named_steps["logistic"]
        slopes.append(np.append(logistic.intercept_, logistic.coef_[0]))
        if len(target_values):
            targets.append(fitted.predict_proba(target_values)[0, 1])
    low, high = np.quantile(np.array(slopes), [0.025, 0.975], axis=0) if slopes else np.full((2, len(design.names) + 1), NAN)
    interval = tuple(float(v) for v in np.quantile(targets, [0.025, 0.975])) if targets else (NAN, NAN)
    return low, high, interval
