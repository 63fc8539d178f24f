"""What the origin classifier knows beyond the definition of its labels: skill within detection method, calibration, anchors, the target.

The labels are those of the origin stage (the fallback from the mass ratio, or a file); the anchors are companions whose origin is argued
by things that are no features. Every probability of a companion comes from models that never saw its host.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import OriginConfig, OriginSkillConfig
from analysis.population.origin.anchors import anchor_table, read_anchors
from analysis.population.origin.checks import checks
from analysis.population.origin.conditional_skill import CONDITIONAL, too_few
from analysis.population.origin.data import PRIMARY, VARIANTS, Rows, features_of, labelled_rows, pool_of
from analysis.population.origin.host_probability import firth_coefficients, host_probabilities
from analysis.population.origin.labels import fallback_labels, file_labels
from analysis.population.origin.nested import Features
from analysis.population.origin.overlap import feature_overlap, overlap_summary
from analysis.population.origin.reliability import brier_scores, reliability_table
from analysis.population.origin.target import MODELS, SURE, target_probability, verdict
from analysis.population.origin.variants import out_of_fold_probability, passes_of, scores_of
from analysis.runtime import ROOT

__all__ = ["OriginSkill", "run"]

ANCHORS = ROOT / "data" / "anchors.csv"
BRIER = 21  # purpose of a random stream
SIGNIFICANCE = 0.05
ESTIMAND = (
    "probability that of two companions found by the same method the binary-like one scores higher, by cross-validated scores from log a, e, "
    "log M_star and [Fe/H]; mean over the fitted fold models"
)
TEST = "exact permutation of the labels of whole hosts within detection method and multiplicity, one-sided, of the conditional AUROC"
TARGET_ESTIMAND = "TOI-6894 b's probability of the binary-like label given log a, e, log M_star and [Fe/H], every host counting once"
TARGET_TEST = f"all probabilities by models that never saw the target and do not contain the mass ratio >= {SURE:g}, or all <= {1 - SURE:.2g}"


@dataclass(frozen=True)
class OriginSkill:
    """Result of the stage.

    variants: a row per (variant, penalty, pairs, labels exchanged): AUROC with interval, p, null band. passes: a row per repeat of the primary
    test. probabilities: a row per companion and the target: P_<variant>, with _low and _high, by models without its host. reliability: a row
    per (variant, bin). brier: a row per variant. coefficients: a row per (variant, feature), L2 and Firth. overlap: a row per (labels, feature).
    anchors: the anchors as used. summary: every scalar that prose may quote.
    """

    variants: pd.DataFrame
    passes: pd.DataFrame
    probabilities: pd.DataFrame
    reliability: pd.DataFrame
    brier: pd.DataFrame
    coefficients: pd.DataFrame
    overlap: pd.DataFrame
    anchors: pd.DataFrame
    summary: dict[str, Any]


def run(config: OriginSkillConfig, sample: Any, origin_config: OriginConfig) -> OriginSkill:
    """Test, calibrate and describe the classifier on the candidates of `sample` (tables of the selection stage).

    Raises InputError for an unusable file of labels or anchors. Too few hosts of a class give null results with a reason.
    """
    target = sample.table[sample.table["is_target"]].head(1)
    pool = pool_of(sample.table)
    from_file = bool(origin_config.labels)
    complete = sample.counts.get("percent", 100.0) >= 100
    # Other catalogues need not hold our anchors; a user's own labels must name companions that exist.
    known = pd.concat([sample.table["companion_name"], sample.uncorrected["companion_name"]]) if from_file and complete else None
    path = Path(origin_config.labels) if from_file else ANCHORS
    anchors = read_anchors(path, needed=not from_file)
    anchored, _ = file_labels(anchors, pool["companion_name"], known, target["companion_name"], path)
    used = anchor_table(anchors, pool, known, target["companion_name"], path)
    label = anchored if from_file else fallback_labels(pool["mass_ratio"], origin_config.mass_ratio_split)
    rows, anchor_rows = labelled_rows(pool, label), labelled_rows(pool, anchored)

    reason = too_few(rows.labels, rows.units, origin_config.folds)
    scores, skills = scores_of(rows, config, origin_config)
    passes = passes_of(sample, rows, scores, config, origin_config, not from_file)
    reliability, brier, coefficients = _descriptions(rows, skills, config, origin_config, reason)
    identifiable, anchor_reason = _identifiable(anchor_rows, config)
    probabilities, target_models = _probabilities(pool, target, label, anchored if identifiable else None, config, reason, from_file)
    words = "file" if from_file else "mass_ratio"
    overlap = pd.concat(
        [feature_overlap(own.table, own.labels).assign(labels=name) for name, own in ((words, rows), ("anchors", anchor_rows))], ignore_index=True
    )
    primary = scores[(scores["variant"] == PRIMARY) & (scores["penalty"] == "specified") & (scores["pairs"] == CONDITIONAL)].iloc[0].to_dict()
    found = checks(rows.table, rows.labels, rows.units, rows.methods)
    summary = {
        "labels": {
            "source": words, "file": path.name if from_file else None, "defined_by_a_feature": not from_file,
            "mass_ratio_split": None if from_file else origin_config.mass_ratio_split,
        },
        "settings": {
            "folds": origin_config.folds, "fold_repeats": config.fold_repeats, "inverse_regularisation": origin_config.inverse_regularisation,
            "penalties": list(config.penalties), "inner_folds": config.inner_folds, "nested_repeats": config.nested_repeats,
            "permutations": config.permutations, "other_permutations": config.other_permutations, "nested_permutations": config.nested_permutations,
            "prior_variance": config.prior_variance, "min_anchor_hosts": config.min_anchor_hosts,
        },
        "rows": _counts(rows, primary),
        "variants": _nest(scores, ("variant", "penalty", "pairs", "exchanged")),
        "brier": _nest(brier, ("variant",)),
        "coefficients": _nest(coefficients, ("variant", "feature")),
        "passes": _nest(passes, ("name",)),
        "checks": found,
        "overlap": {name: overlap_summary(own.table, own.labels, own.methods) for name, own in ((words, rows), ("anchors", anchor_rows))},
        "anchors": {
            "file": path.name, "n_in_file": len(anchors), "n_in_sample": int(used["in_sample"].sum()), "criteria": sorted(set(anchors["criterion"].dropna())),
            "n_binary_like": int(anchor_rows.labels.sum()), "n_planet_like": int((~anchor_rows.labels).sum()),
            "hosts_binary_like": _hosts(anchor_rows, True), "hosts_planet_like": _hosts(anchor_rows, False),
            "needed_hosts": config.min_anchor_hosts, "identifiable": identifiable, "reason": anchor_reason,
        },
        "target": {"n_rows": len(target), "in_training_set": False, "models": target_models},
        "claim": _claim(primary, passes, rows, config),
    }
    summary["target_claim"] = _target_claim(target_models, rows, from_file, anchor_reason, reason)
    return OriginSkill(scores, passes, probabilities, reliability, brier, coefficients, overlap, used, summary)


def _hosts(rows: Rows, positive: bool) -> int:
    return len(np.unique(rows.units.host[rows.labels == positive]))


def _counts(rows: Rows, primary: dict[str, Any]) -> dict[str, Any]:
    """Rows and hosts by class, and what the primary test compares."""
    return {
        "n": len(rows.labels), "hosts": rows.units.n_hosts, "binary_like": int(rows.labels.sum()), "planet_like": int((~rows.labels).sum()),
        "hosts_binary_like": _hosts(rows, True), "hosts_planet_like": _hosts(rows, False),
        **{name: _plain(primary[name]) for name in ("compared_pairs", "compared_hosts_binary_like", "compared_hosts_planet_like")},
    }


def _identifiable(rows: Rows, config: OriginSkillConfig) -> tuple[bool, str | None]:
    """Whether the anchors can train a classifier at all: enough hosts of each class."""
    counts = (_hosts(rows, True), _hosts(rows, False))
    if min(counts) >= config.min_anchor_hosts:
        return True, None
    return False, (
        f"origin is not identifiable from these features with the anchors there are: {counts[0]} hosts with binary-like and {counts[1]} with "
        f"planet-like anchors, of {config.min_anchor_hosts} needed of each"
    )


def _descriptions(
    rows: Rows, skills: dict[str, Any], config: OriginSkillConfig, origin_config: OriginConfig, reason: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Reliability, Brier scores and coefficients of every variant; empty tables where there are too few rows."""
    reliability, brier, coefficients = [], [], []
    reference = None if reason else out_of_fold_probability(skills["method_alone"])
    for variant in () if reason else VARIANTS:
        probability = out_of_fold_probability(skills[variant])
        reliability.append(reliability_table(probability, rows.labels, rows.units.host, config.bin_edges).assign(variant=variant))
        parts = brier_scores(probability, rows.labels, rows.units.host, reference, config.bin_edges, config.resamples, [config.seed, BRIER])
        brier.append({"variant": variant, **parts})
        features, names = features_of(rows.table, variant, rows.methods)
        coefficients.append(firth_coefficients(features, names, rows.labels, rows.units.host, origin_config.inverse_regularisation).assign(variant=variant))
    columns = (["variant", "bin_low"], ["variant"], ["variant", "feature"])
    tables = (pd.concat(reliability, ignore_index=True) if reliability else None, pd.DataFrame(brier), pd.concat(coefficients, ignore_index=True) if coefficients else None)
    filled = [table if table is not None and len(table) else pd.DataFrame(columns=names) for table, names in zip(tables, columns, strict=True)]
    return filled[0], filled[1], filled[2]


def _probabilities(
    pool: pd.DataFrame, target: pd.DataFrame, label: Any, anchored: Any | None, config: OriginSkillConfig, reason: str | None, from_file: bool
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """P(binary-like) with intervals of every companion and the target by variant, and the target's by model.

    A model is disjoint from its labels unless these are a cut in mass ratio and it contains the mass ratio.
    """
    together = pd.concat([pool, target], ignore_index=True)
    names = ("object_id", "companion_name", "host_name", "discovery_method", "mass_ratio", "is_target")
    out = together[[name for name in names if name in together]].copy()
    out["label"] = np.append(np.asarray(label, float), np.full(len(target), math.nan))
    host = pd.factorize(together["host_name"].astype("str"), sort=True)[0].astype(np.int64)
    models: dict[str, Any] = {}
    sets = [(name, name, label) for name in VARIANTS] + ([("anchors", PRIMARY, anchored)] if anchored is not None else [])
    for name, variant, own in sets:
        labels = np.append(np.asarray(own, float), np.full(len(target), math.nan))
        methods = tuple(sorted(pool.loc[np.isfinite(labels[: len(pool)]), "discovery_method"].astype(str).unique()))
        parts = [features_of(table, variant, methods)[0] for table in (pool, target)]
        features = Features(np.vstack([part.values for part in parts]), parts[0].n_numeric)
        empty = np.full(len(together), math.nan)
        columns = [empty, empty, empty]
        if reason is None or name == "anchors":
            found = host_probabilities(features, labels, host, config.prior_variance, np.ones(len(together), bool))
            columns = [found.value, found.low, found.high]
            if len(target):
                last = target_probability(features, labels[:-1], host[:-1], config.prior_variance)
                columns = [np.append(column[:-1], value) for column, value in zip(columns, (last.value, last.low, last.high), strict=True)]
        for suffix, column in zip(("", "_low", "_high"), columns, strict=True):
            out[f"P_{name}{suffix}"] = column
        ends = [_plain(float(column[-1])) if len(target) else None for column in columns]
        models[name] = {"probability": ends[0], "low": ends[1], "high": ends[2], "disjoint": from_file or name in (*MODELS, "anchors")}
    if anchored is None:
        models["anchors"] = {"probability": None, "low": None, "high": None, "disjoint": True}
    return out.sort_values("object_id").reset_index(drop=True), models


def _claim(primary: dict[str, Any], passes: pd.DataFrame, rows: Rows, config: OriginSkillConfig) -> dict[str, Any]:
    """The block of the claim that the classifier has skill beyond mass ratio and method."""
    return {
        "estimand": ESTIMAND, "test": TEST,
        **{name: _plain(primary[column]) for name, column in (("estimate", "auroc"), ("low", "auroc_low"), ("high", "auroc_high"), ("p", "p"), ("p_error", "p_error"))},
        "n": _counts(rows, primary), "power": None,
        "passes": {row["name"]: None if math.isnan(row["p"]) else bool(row["p"] < SIGNIFICANCE) for row in passes.to_dict("records")},
        "reason": primary["reason"],
    }


def _target_claim(models: dict[str, Any], rows: Rows, from_file: bool, anchor_reason: str | None, reason: str | None) -> dict[str, Any]:
    """The block of the claim about the target's own origin; its "models" hold the probabilities that the rule reads."""
    disjoint = {name: model for name, model in models.items() if model["disjoint"] and model["probability"] is not None}
    values, low, high = ([float(model[key]) for model in disjoint.values()] for key in ("probability", "low", "high"))
    main = models[PRIMARY]
    caveat = None if from_file else "; ".join(
        filter(None, ["the labels are a cut in mass ratio, which the target's own mass ratio decides without a model", anchor_reason])
    )
    return {
        "estimand": TARGET_ESTIMAND, "test": TARGET_TEST, "estimate": main["probability"], "low": main["low"], "high": main["high"], "p": None, "p_error": None,
        "n": {"rows": len(rows.labels), "hosts": rows.units.n_hosts, "models": len(disjoint)}, "power": None,
        "passes": {name: None if model["high"] is None else bool(model["high"] <= 1 - SURE or model["low"] >= SURE) for name, model in models.items() if model["disjoint"]},
        "models": disjoint, "verdict_by_probability": verdict(values, values), "verdict_by_interval": verdict(low, high),
        "reason": reason or caveat,
    }


def _plain(value: Any) -> Any:
    """A scalar for JSON: NaN as None, NumPy numbers as Python's."""
    if value is None or isinstance(value, str | bool):
        return value
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number


def _nest(table: pd.DataFrame, keys: tuple[str, ...]) -> dict[str, Any]:
    """A table as nested dictionaries, one level per key column."""
    out: dict[str, Any] = {}
    for row in table.to_dict("records"):
        level = out
        for key in keys:
            level = level.setdefault(str(row.pop(key)).replace(":", "_").replace(" ", "_"), {})
        level.update({name: _plain(value) for name, value in row.items()})
    return out
