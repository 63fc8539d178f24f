"""Every variant of the classifier, at the specified and at a chosen penalty, beside its permutation nulls; and repeats of the primary test."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis.config import OriginConfig, OriginSkillConfig
from analysis.population.host_units import host_units
from analysis.population.origin.conditional_skill import CONDITIONAL, OVERALL, Skill, skill
from analysis.population.origin.data import PRIMARY, VARIANTS, Rows, features_of, labelled_rows, pool_of
from analysis.population.origin.labels import fallback_labels
from analysis.progress import track

__all__ = ["out_of_fold_probability", "passes_of", "scores_of"]

NAN = math.nan


def scores_of(rows: Rows, config: OriginSkillConfig, origin_config: OriginConfig) -> tuple[pd.DataFrame, dict[str, Skill]]:
    """A row per (variant, penalty, pairs, labels exchanged), and the Skill over all pairs at the specified penalty by variant.

    penalty: "specified" or "nested"; pairs: "within_method" or "overall"; exchanged: "within_method" or "overall". The primary test is the
    variant without q and method at the specified penalty, pairs and exchange within method.
    """
    loose = host_units(rows.table["host_name"].to_numpy(dtype=str), rows.table["discovery_method"].to_numpy(dtype=str), within_method=False)
    nested = replace(config, fold_repeats=config.nested_repeats)
    folds, strength = origin_config.folds, origin_config.inverse_regularisation
    found, table = {}, []
    for variant in track(VARIANTS, "classifier skill"):
        features, _ = features_of(rows.table, variant, rows.methods)
        b = config.permutations if variant == PRIMARY else config.other_permutations
        both = (CONDITIONAL, OVERALL)
        runs = [
            ("specified", CONDITIONAL, skill(features, rows.labels, rows.units, config, folds, strength, b, both)),
            ("specified", OVERALL, skill(features, rows.labels, rows.units, config, folds, strength, config.other_permutations, (OVERALL,), loose)),
            ("nested", CONDITIONAL, skill(features, rows.labels, rows.units, nested, folds, None, config.nested_permutations, both)),
        ]
        for penalty, exchanged, results in runs:
            for pairs, result in results.items():
                table.append({"variant": variant, "penalty": penalty, "pairs": pairs, "exchanged": exchanged, **_row(result)})
        found[variant] = runs[0][2][OVERALL]
    return pd.DataFrame(table), found


def _row(result: Skill) -> dict[str, Any]:
    """Scalars of a Skill for a table."""
    null = result.null[np.isfinite(result.null)]
    low, high = np.quantile(null, [0.025, 0.975]) if len(null) else (NAN, NAN)
    return {
        "auroc": result.estimate, "auroc_low": result.low, "auroc_high": result.high, "p": result.p, "p_error": result.p_error,
        "null_mean": float(null.mean()) if len(null) else NAN, "null_low": float(low), "null_high": float(high), "median_penalty": result.chosen,
        **{f"compared_{name}": result.n.get(name) for name in ("pairs", "hosts_binary_like", "hosts_planet_like")},
        "permutations": result.n.get("permutations"), "reason": result.reason,
    }


def out_of_fold_probability(result: Skill) -> NDArray[np.float64]:
    """P(binary-like) (n,): mean over the repeats of the out-of-fold probabilities; each comes from a model that never saw the row's host."""
    return expit(result.logits).mean(axis=0)


def passes_of(
    sample: Any, rows: Rows, scores: pd.DataFrame, config: OriginSkillConfig, origin_config: OriginConfig, from_mass_ratio: bool
) -> pd.DataFrame:
    """A row per repeat of the primary test on other features, penalties, rows or labels: estimate, interval, p, reason."""
    strength, b = origin_config.inverse_regularisation, config.other_permutations
    table = []

    def add(name: str, own: Rows, variant: str = PRIMARY, c: float = strength, omitted: tuple[str, ...] = ()) -> None:
        features, _ = features_of(own.table, variant, own.methods, omitted)
        result = skill(features, own.labels, own.units, config, origin_config.folds, c, b)[CONDITIONAL]
        table.append({"name": name, "n_rows": len(own.labels), "n_binary_like": int(own.labels.sum()), **_row(result)})

    nested = scores[(scores["variant"] == PRIMARY) & (scores["penalty"] == "nested") & (scores["pairs"] == CONDITIONAL)].iloc[0].to_dict()
    kept = {name: value for name, value in nested.items() if name not in ("variant", "penalty", "pairs", "exchanged")}
    table.append({"name": "nested_penalty", "n_rows": len(rows.labels), "n_binary_like": int(rows.labels.sum()), **kept})
    add("with_method_terms", rows, "without_mass_ratio")
    add("without_incomplete_features", rows, omitted=("eccentricity", "metallicity"))
    add("without_host_mass", rows, omitted=("log_host_mass",))
    add("stronger_penalty", rows, c=strength / 10)
    add("weaker_penalty", rows, c=strength * 10)
    mixed = rows.table.assign(label=rows.labels).groupby("discovery_method")["label"].transform(lambda labels: 0 < labels.mean() < 1)
    held = rows.table[mixed.to_numpy(bool)]
    add("methods_with_both_classes", labelled_rows(held, rows.labels[mixed.to_numpy(bool)]))
    if from_mass_ratio:
        pool = pool_of(sample.table)
        for factor in origin_config.split_factors:
            split = origin_config.mass_ratio_split * factor
            add(f"split_{split:g}".replace(".", "_"), labelled_rows(pool, fallback_labels(pool["mass_ratio"], split)))
        raw = pool_of(sample.uncorrected)
        add("uncorrected", labelled_rows(raw, fallback_labels(raw["mass_ratio"], origin_config.mass_ratio_split)))
    return pd.DataFrame(table)
