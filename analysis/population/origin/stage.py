"""Origin classifier: P(binary-like) per object, and how much of its skill is the definition of its labels.

The fallback labels are a threshold in q, and log q is a feature: an AUROC near 1 is then built in. The variants without q,
without detection method and from the method alone show what remains; the treatments of missing values show
what missingness gives away. With fallback labels P(binary-like) means P(q > split), not P(origin).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import OriginConfig
from analysis.population.origin import assess
from analysis.population.origin.classifier import INCOMPLETE, TREATMENTS, VARIANTS
from analysis.population.origin.labels import BINARY, PLANET, fallback_labels, file_labels, read_labels
from analysis.population.rows import population_rows

__all__ = ["Origin", "run"]

METADATA = (
    "object_id",
    "companion_name",
    "host_name",
    "data_source",
    "discovery_method",
    "mass_ratio",
    "log_mass_ratio",
    "host_mass_msun",
    "log_host_mass",
    "companion_mass_mjup",
    "mass_kind",
    "semimajor_axis_au",
    "log_semimajor_axis",
    "semimajor_axis_kind",
    "eccentricity",
    "eccentricity_kind",
    "metallicity",
    "host_age_gyr",
    "is_target",
    "flags",
)


@dataclass(frozen=True)
class Origin:
    """Result of the stage.

    objects: a row per candidate and one for the target: metadata, label, label_reference, P_binary_like (by a model that never saw
        the row's host wherever one exists), scored_out_of_fold, fold, P_in_sample, P_without_mass_ratio,
        P_without_mass_ratio_and_method.
    variants: a row per (row set, variant): counts, AUROC with intervals, Brier scores, separation, target probability, reason.
    sensitivity: the same for each treatment of missing values, and for other strengths of the penalty.
    coefficients: a row per (row set, variant, feature): standardised with interval, raw, training mean and scale.
    summary: every scalar that prose may quote.
    """

    objects: pd.DataFrame
    variants: pd.DataFrame
    sensitivity: pd.DataFrame
    coefficients: pd.DataFrame
    summary: dict[str, Any]


def run(config: OriginConfig, sample: Any) -> Origin:
    """Fit and assess every variant on every row set of `sample` (tables of the selection stage).

    Raises InputError for an unusable file of labels. Too few hosts of a class give null results with a reason.
    """
    target = sample.table[sample.table["is_target"]]
    labels = read_labels(Path(config.labels)) if config.labels else None
    partial = sample.counts.get("percent", 100.0) < 100
    known = None if partial else pd.concat([sample.table["companion_name"], sample.uncorrected["companion_name"]])
    sets: dict[str, pd.DataFrame] = {}
    for name, table in (("candidates", sample.table), ("uncorrected_candidates", sample.uncorrected)):
        pool = _pool(table, target)
        if labels is None:
            pool["label"] = fallback_labels(pool["mass_ratio"], config.mass_ratio_split)
            pool["label_reference"] = np.where(pool["label"].notna(), f"mass ratio split at {config.mass_ratio_split:g}", None)
        else:
            pool["label"], pool["label_reference"] = file_labels(
                labels, pool["companion_name"], known, target["companion_name"], Path(config.labels)
            )
        sets[name] = pool
        sets[f"{name}_with_eccentricity"] = pool[pool["eccentricity"].notna()].reset_index(drop=True)

    variants, coefficients, fits = [], [], {}
    for set_name, pool in sets.items():
        for variant in VARIANTS:
            result = assess.assess(pool, target, variant, "mean", config, resample=set_name.startswith("candidates"))
            fits[set_name, variant] = result
            variants.append({"row_set": set_name, "variant": variant, **result.scores})
            if result.coefficients is not None:
                coefficients.append(result.coefficients.assign(row_set=set_name, variant=variant))
    sensitivity = _sensitivity(sets, target, fits, config)
    tables = [pd.DataFrame(rows) for rows in (variants, sensitivity)]
    columns = ["row_set", "variant", *assess.COEFFICIENT_COLUMNS]
    exported = pd.concat(coefficients, ignore_index=True)[columns] if coefficients else pd.DataFrame(columns=columns)
    objects = _objects(sets["candidates"], target, fits, config)
    return Origin(objects, tables[0], tables[1], exported, _summary(sets, variants, sensitivity, objects, config, labels))


def _pool(table: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """Candidates with all ingredients of the features, sorted by identity, without anything that orbits the target's host."""
    rows = population_rows(table)
    kept = np.isfinite(rows[["log_mass_ratio", "log_semimajor_axis", "log_host_mass"]]).all(axis=1) & ~rows["host_name"].isin(target["host_name"])
    return rows[kept].reset_index(drop=True)


def _sensitivity(
    sets: dict[str, pd.DataFrame], target: pd.DataFrame, fits: dict[tuple[str, str], Any], config: OriginConfig
) -> list[dict[str, Any]]:
    """Rows for other treatments of missing values, rows complete in e and [Fe/H], other penalties and other splits in q."""
    rows: list[dict[str, Any]] = []
    split = None if config.labels else config.mass_ratio_split

    def add(
        row_set: str,
        pool: pd.DataFrame,
        variant: str,
        treatment: str,
        strength: float = config.inverse_regularisation,
        at: float | None = split,
    ):
        known = treatment == "mean" and strength == config.inverse_regularisation and at == split
        result = fits[row_set, variant] if known else assess.assess(pool, target, variant, treatment, config, strength)
        settings = {"treatment": treatment, "inverse_regularisation": strength, "mass_ratio_split": at}
        rows.append({"row_set": row_set, "variant": variant, **settings, **result.scores})

    for row_set in ("candidates", "candidates_with_eccentricity"):
        pool = sets[row_set]
        for treatment in TREATMENTS:
            for variant in VARIANTS:
                if variant == "specified" or treatment != "missingness_alone" and variant != "method_alone":
                    add(row_set, pool, variant, treatment)
        for factor in config.penalty_factors:
            add(row_set, pool, "specified", "mean", strength=config.inverse_regularisation * factor)
        for factor in () if config.labels else config.split_factors:
            at = config.mass_ratio_split * factor
            for variant in VARIANTS:
                add(row_set, pool.assign(label=fallback_labels(pool["mass_ratio"], at)), variant, "mean", at=at)
    complete = sets["candidates"].dropna(subset=list(INCOMPLETE)).reset_index(drop=True)
    for variant in VARIANTS:
        add("candidates_complete", complete, variant, "none_missing")
    return rows


def _objects(pool: pd.DataFrame, target: pd.DataFrame, fits: dict[tuple[str, str], Any], config: OriginConfig) -> pd.DataFrame:
    """The per-object table: candidates and the target, sorted by identity."""
    table = pd.concat([pool, target], ignore_index=True)
    is_target = np.arange(len(table)) >= len(pool)
    kept = [name for name in METADATA if name in table]
    out = table[kept].copy()
    out["label"] = np.select([table["label"].eq(1).to_numpy(), table["label"].eq(0).to_numpy()], [BINARY, PLANET], default="")
    out["label"] = out["label"].where(out["label"] != "", None)
    out["label_reference"] = table["label_reference"]
    main = fits["candidates", "specified"]
    out["P_binary_like"] = np.append(main.probability, [main.scores["target_probability"]] * is_target.sum())
    out["scored_out_of_fold"] = np.append(main.scored_out_of_fold, np.ones(is_target.sum(), bool)) & out["P_binary_like"].notna().to_numpy()
    out["fold"] = np.append(main.fold, np.full(is_target.sum(), -1))
    out["P_in_sample"] = np.append(main.in_sample, np.full(is_target.sum(), np.nan))
    for variant in ("without_mass_ratio", "without_mass_ratio_and_method"):
        fit = fits["candidates", variant]
        out[f"P_{variant}"] = np.append(fit.probability, [fit.scores["target_probability"]] * is_target.sum())
    out["eccentricity_imputed"] = table["eccentricity"].isna()
    out["metallicity_imputed"] = table["metallicity"].isna()
    return out.sort_values("object_id").reset_index(drop=True)


def _summary(
    sets: dict[str, pd.DataFrame],
    variants: list[dict],
    sensitivity: list[dict],
    objects: pd.DataFrame,
    config: OriginConfig,
    labels: pd.DataFrame | None,
) -> dict[str, Any]:
    """The nested dictionary of quotable scalars."""
    summary: dict[str, Any] = {
        "labels": {
            "source": "file" if labels is not None else "mass_ratio_split",
            "file": Path(config.labels).name if labels is not None else None,
            "n_in_file": len(labels) if labels is not None else None,
            "mass_ratio_split": config.mass_ratio_split,
            "defined_by_a_feature": labels is None,
        },
        "method": {
            "inverse_regularisation": config.inverse_regularisation,
            "folds": config.folds,
            "fold_repeats": config.fold_repeats,
            "bootstrap_resamples": config.bootstrap_resamples,
            "missing_values": "training mean, no indicator",
        },
        "sets": {},
        "missing_values": {},
        "penalty": {},
        "split": {},
    }
    for name, pool in sets.items():
        summary["sets"][name] = {
            "n_rows": len(pool),
            "n_hosts": int(pool["host_name"].nunique()),
            "n_binary_like": int(pool["label"].eq(1).sum()),
            "n_planet_like": int(pool["label"].eq(0).sum()),
            "n_unlabelled": int(pool["label"].isna().sum()),
            "present": {
                feature: {
                    word: {"n": int((pool["label"].eq(value) & pool[feature].notna()).sum()), "of": int(pool["label"].eq(value).sum())}
                    for word, value in (("binary_like", 1), ("planet_like", 0))
                }
                for feature in INCOMPLETE
            },
            "by_method": {
                str(method): {"binary_like": int(rows["label"].eq(1).sum()), "planet_like": int(rows["label"].eq(0).sum())}
                for method, rows in pool.groupby("discovery_method")
            },
            "variants": {row["variant"]: _scalars(row) for row in variants if row["row_set"] == name},
        }
    for row in sensitivity:
        if row["inverse_regularisation"] != config.inverse_regularisation:
            kind, key = "penalty", f"{row['inverse_regularisation']:g}"
        elif row["mass_ratio_split"] not in (None, config.mass_ratio_split):
            kind, key = "split", f"{row['mass_ratio_split']:g}"
        else:
            kind, key = "missing_values", row["treatment"]
        summary[kind].setdefault(row["row_set"], {}).setdefault(key, {})[row["variant"]] = _scalars(row)
    target = objects[objects["is_target"]]
    first = target.iloc[0].to_dict() if len(target) else {}
    summary["target"] = {"n_rows": len(target), "in_training_set": False} | _scalars(
        {name: first.get(column) for name, column in (("mass_ratio", "mass_ratio"), ("probability", "P_binary_like"))}
    )
    return summary


def _scalars(row: dict[str, Any]) -> dict[str, Any]:
    """A result row for JSON: without its keys, NaN as None."""
    keys = ("row_set", "variant", "treatment", "inverse_regularisation", "mass_ratio_split")
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items() if name not in keys}
