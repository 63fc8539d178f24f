"""Random forest that predicts the captured resonance from the parameters of a run (Gianuzzi et al. 2023, section 4.3)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.config import CircumbinaryConfig

__all__ = ["FEATURES", "Forest", "grow"]

FEATURES: Final = ("mass_ratio", "binary_eccentricity", "eccentricity", "planet_mass_earth", "axis_time", "eccentricity_time", "time_ratio")


@dataclass(frozen=True)
class Forest:
    """What the forest says of rows it has not seen."""

    classes: pd.DataFrame  # resonance, precision, recall, f1, support
    confusion: pd.DataFrame  # resonance, predicted, rows
    importance: pd.DataFrame  # feature, importance (mean drop of accuracy), spread
    summary: dict[str, Any]


def grow(features: pd.DataFrame, resonance: np.ndarray, config: CircumbinaryConfig, again: np.ndarray | None = None) -> Forest:
    """Train on `train_share` of the rows with scikit-learn's default parameters and judge on the rest; further splits give the spread.

    features: columns FEATURES; resonance: (n,) integers; again: (n,) the resonance of the same row started from another phase, 0 where there is none.
    Rows that differ in a small parameter alone are nearly copies of one another and fall on both sides of a random split; what the forest says of
    the test rows is therefore also compared with `again`. Deterministic for a seed.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
    from sklearn.model_selection import train_test_split

    columns = features[list(FEATURES)].to_numpy(dtype=float)
    labels = np.unique(resonance)
    weighted, accuracies, first, repeated = [], [], None, []
    for split in range(config.splits):
        seed = config.seed + split
        train, test = train_test_split(np.arange(len(columns)), train_size=config.train_share, random_state=seed)
        x_test, y_test = columns[test], resonance[test]
        forest = RandomForestClassifier(config.trees, random_state=seed).fit(columns[train], resonance[train])
        predicted = forest.predict(x_test)
        if again is not None:
            both = again[test] > 0
            repeated += [(predicted == y_test)[both], (predicted == again[test])[both]]
        weighted.append(precision_recall_fscore_support(y_test, predicted, labels=labels, average="weighted", zero_division=0)[:3])
        accuracies.append(accuracy_score(y_test, predicted))
        first = first or (forest, x_test, y_test, predicted)
    forest, x_test, y_test, predicted = first  # type: ignore[misc]
    precision, recall, f1, support = precision_recall_fscore_support(y_test, predicted, labels=labels, zero_division=0)
    counted = confusion_matrix(y_test, predicted, labels=labels)
    found = permutation_importance(forest, x_test, y_test, n_repeats=config.permutations, random_state=config.seed)
    importance = pd.DataFrame({"feature": FEATURES, "importance": found.importances_mean, "spread": found.importances_std})
    values = np.array(weighted)
    commonest = np.bincount(np.searchsorted(labels, y_test)).max() / len(y_test)
    summary = {
        "training_rows": int(len(resonance) - len(y_test)), "test_rows": len(y_test), "splits": config.splits, "weighted_precision": float(values[0, 0]),
        "weighted_recall": float(values[0, 1]), "weighted_f1": float(values[0, 2]), "weighted_precision_mean": float(values[:, 0].mean()),
        "weighted_precision_spread": float(values[:, 0].std(ddof=1)) if config.splits > 1 else None, "accuracy_mean": float(np.mean(accuracies)),
        "share_of_commonest": float(commonest), "neighbours": float((np.abs(y_test - predicted) == 1).sum() / max(1, (y_test != predicted).sum())),
        "first": str(importance.loc[importance["importance"].idxmax(), "feature"]),
    }
    if repeated:
        own, other = np.concatenate(repeated[::2]), np.concatenate(repeated[1::2])
        summary |= {"repeated_rows": len(own), "accuracy_of_repeated": float(own.mean()), "accuracy_from_another_phase": float(other.mean())}
    return Forest(
        pd.DataFrame({"resonance": labels, "precision": precision, "recall": recall, "f1": f1, "support": support}),
        pd.DataFrame([
            {"resonance": int(label), "predicted": int(other), "rows": int(counted[i, j])} for i, label in enumerate(labels) for j, other in enumerate(labels)
        ]),
        importance.sort_values("importance", ascending=False, ignore_index=True), summary,
    )
