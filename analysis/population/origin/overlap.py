"""Do two classes of companions occupy the same features? Without overlap a classifier extrapolates, and nothing in the data says how."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.integrate import trapezoid

from analysis.population.origin import classifier
from analysis.population.origin.auroc import area_under_curve

__all__ = ["feature_overlap", "overlap_summary"]

Floats = NDArray[np.float64]
GRID = 4001
FEW = 3  # values of a class below which its spread says nothing


def feature_overlap(table: pd.DataFrame, labels: NDArray[np.bool_]) -> pd.DataFrame:
    """A row per numeric feature of the classifier, from the rows of `table` that have it; `labels` (n,).

    n, lowest, highest, mean and standard deviation in each class; standardised difference of the means (Austin 2009, Statistics in Medicine
    28, 3083; above 0.1 is called unbalanced); overlap coefficient of two normal densities fitted to the classes (Inman & Bradley 1989,
    Communications in Statistics 18, 3851; 1 is the same, 0 apart); share of each class within the range of the other; AUROC of
    the feature alone; and whether one value of it separates the classes. NaN where a class has fewer than three values.
    """
    rows = []
    for name in classifier.NUMERIC:
        values = table[name].to_numpy(float)
        known = np.isfinite(values)
        groups = {"binary_like": values[known & labels], "planet_like": values[known & ~labels]}
        row: dict[str, Any] = {"feature": name}
        for word, group in groups.items():
            row[f"n_{word}"], row[f"missing_{word}"] = len(group), int((~known & (labels == (word == "binary_like"))).sum())
            for key, function in (("low", np.min), ("high", np.max), ("mean", np.mean)):
                row[f"{key}_{word}"] = float(function(group)) if len(group) else math.nan
            row[f"sd_{word}"] = float(np.std(group, ddof=1)) if len(group) >= FEW else math.nan
        first, second = groups.values()
        both = len(first) > 0 and len(second) > 0
        spread = math.sqrt((row["sd_binary_like"] ** 2 + row["sd_planet_like"] ** 2) / 2)
        difference = row["mean_binary_like"] - row["mean_planet_like"]
        row["standardised_difference"] = difference / spread if spread > 0 else math.nan
        row["overlap_coefficient"] = _normal_overlap(row)
        for word, own, other in (("binary_like", first, second), ("planet_like", second, first)):
            row[f"inside_{word}"] = float(((own >= other.min()) & (own <= other.max())).mean()) if both else math.nan
        row["auroc"] = area_under_curve(values[known], labels[known])
        row["separates"] = bool(both and (first.min() > second.max() or first.max() < second.min()))
        rows.append(row)
    return pd.DataFrame(rows)


def _normal_overlap(row: dict[str, Any]) -> float:
    """Area below both of two normal densities."""
    scales = (row["sd_binary_like"], row["sd_planet_like"])
    if not all(scale > 0 for scale in scales):
        return math.nan
    means = (row["mean_binary_like"], row["mean_planet_like"])
    grid = np.linspace(
        min(mean - 8 * scale for mean, scale in zip(means, scales, strict=True)), max(mean + 8 * scale for mean, scale in zip(means, scales, strict=True)), GRID
    )
    densities = [np.exp(-0.5 * ((grid - mean) / scale) ** 2) / (scale * math.sqrt(2 * math.pi)) for mean, scale in zip(means, scales, strict=True)]
    return float(trapezoid(np.minimum(*densities), grid))


def overlap_summary(table: pd.DataFrame, labels: NDArray[np.bool_], methods: tuple[str, ...]) -> dict[str, Any]:
    """Counts by class and method, features that separate alone, and separation by a plane for each variant of the classifier.

    method_overlap is the sum over methods of the smaller of the two classes' shares: 0 where the method gives the class away, 1 where
    it says nothing. Separation is "complete", "quasi-complete" or "none" (linear programme, see classifier.separation).
    """
    method = table["discovery_method"].to_numpy(dtype=str)
    counts = {name: {"binary_like": int((labels & (method == name)).sum()), "planet_like": int((~labels & (method == name)).sum())} for name in methods}
    both = bool(labels.any() and not labels.all())
    shares = [[group[word] / max(1, total) for group in counts.values()] for word, total in (("binary_like", labels.sum()), ("planet_like", (~labels).sum()))]
    features = feature_overlap(table, labels)
    separation = {
        variant: classifier.separation(classifier.build_design(table, variant, "mean", methods), labels) if both else None for variant in classifier.VARIANTS
    }
    hosts = table["host_name"].to_numpy(dtype=str)
    return {
        "n_binary_like": int(labels.sum()), "n_planet_like": int((~labels).sum()),
        "hosts_binary_like": len(np.unique(hosts[labels])), "hosts_planet_like": len(np.unique(hosts[~labels])),
        "by_method": counts,
        "method_overlap": float(np.minimum(*shares).sum()) if both else None,
        "separated_by": features.loc[features["separates"], "feature"].tolist(),
        "separation": separation,
        "features": {
            row["feature"]: {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items() if key != "feature"}
            for row in features.to_dict("records")
        },
    }
