"""What makes a classifier look better than it is: separation, labels that are a feature, missing values that give the class away.

Everything here is found from the data, never assumed, so that other labels or another catalogue change the report.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.population.host_units import Units
from analysis.population.origin import classifier
from analysis.population.origin.auroc import area_under_curve
from analysis.population.origin.concordance import area, compared_pairs

__all__ = ["checks"]

GIVEN_AWAY = 0.99  # AUROC of a single feature (or one minus it) from which it all but is the label


def checks(table: pd.DataFrame, labels: NDArray[np.bool_], units: Units, methods: tuple[str, ...]) -> dict[str, Any]:
    """Findings for the rows of `table` (n, labels (n,)) under "separation", "leakage" and "missingness"; all values JSON-able."""
    both = bool(labels.any() and not labels.all())
    return {"separation": _separation(table, labels, methods, both), "leakage": _leakage(table, labels, units, both), "missingness": _missingness(table, labels, units, both)}


def _separation(table: pd.DataFrame, labels: NDArray[np.bool_], methods: tuple[str, ...], both: bool) -> dict[str, Any]:
    """Per variant: kind of separation, and the numeric features that separate alone among the rows that have them."""
    out: dict[str, Any] = {}
    for variant in classifier.VARIANTS:
        design = classifier.build_design(table, variant, "mean", methods)
        alone = [
            name
            for name, values in zip(design.names[: design.n_numeric], design.values.T, strict=False)
            if both and _single(values, labels)["separates"]
        ]
        out[variant] = {"kind": classifier.separation(design, labels) if both else None, "by_one_feature": alone}
    return {"detected": any(found["kind"] not in (None, "none") for found in out.values()), "variants": out}


def _single(values: NDArray[np.float64], labels: NDArray[np.bool_]) -> dict[str, Any]:
    """AUROC of one feature over the rows that have it, and whether one threshold reproduces the labels there."""
    known = np.isfinite(values)
    auroc = area_under_curve(values[known], labels[known]) if known.any() else math.nan
    return {"auroc": None if math.isnan(auroc) else auroc, "n": int(known.sum()), "separates": auroc in (0.0, 1.0)}


def _leakage(table: pd.DataFrame, labels: NDArray[np.bool_], units: Units, both: bool) -> dict[str, Any]:
    """AUROC of each feature alone, of the method alone, and which of them all but are the labels.

    The method alone is scored by the share of binary-like rows among the others of its method (leave one host out).
    """
    single = {name: _single(table[name].to_numpy(float), labels) for name in classifier.NUMERIC}
    complete = {name for name, found in single.items() if found["separates"] and found["n"] == len(labels)}
    near = [name for name, found in single.items() if found["auroc"] is not None and max(found["auroc"], 1 - found["auroc"]) >= GIVEN_AWAY]
    shares = np.full(len(labels), float(labels.mean()) if len(labels) else math.nan)
    for row in range(len(labels)):
        others = (units.method == units.method[row]) & (units.host != units.host[row])
        if others.any():
            shares[row] = labels[others].mean()
    # One class alone in a method: knowing the method is knowing the label.
    decided = sum(int((units.method == code).sum()) for code in np.unique(units.method) if labels[units.method == code].all() or not labels[units.method == code].any())
    method_auroc = area_under_curve(shares, labels) if both else math.nan
    return {
        "detected": bool(complete or near),
        "labels_are_a_function_of": sorted(complete),
        "nearly_a_function_of": near,
        "features": single,
        "method_alone_auroc": None if math.isnan(method_auroc) else method_auroc,
        "rows_decided_by_method": decided,
        "share_decided_by_method": decided / len(labels) if len(labels) else None,
        # The mass ratio contains the host mass, which is a feature of every variant.
        "mass_ratio_shares_host_mass": "log_mass_ratio" in complete,
    }


def _missingness(table: pd.DataFrame, labels: NDArray[np.bool_], units: Units, both: bool) -> dict[str, Any]:
    """Missing e and [Fe/H] against the label: shares of rows, Fisher's exact test by host, and AUROC of missingness, overall and within methods.

    A host counts as binary-like when any of its companions is, and as lacking a value when all of them do.
    """
    from scipy.stats import fisher_exact

    out: dict[str, Any] = {}
    together = compared_pairs(np.zeros((1, len(labels)), np.int64), units.method)
    for name in classifier.INCOMPLETE:
        missing = table[name].isna().to_numpy()
        n_hosts = units.n_hosts
        binary = np.bincount(units.host[labels], minlength=n_hosts) > 0
        lacking = np.bincount(units.host[~missing], minlength=n_hosts) == 0
        cells = [[int((binary == a)[lacking == b].sum()) for b in (True, False)] for a in (True, False)]
        test = fisher_exact(cells) if both else None
        within = float(area(missing[None, None].astype(float), labels[None], together)[0]) if both else math.nan
        overall = area_under_curve(missing.astype(float), labels)
        constant = all(len(set(missing[units.method == code])) == 1 for code in np.unique(units.method))
        out[name] = {
            "missing_binary_like": int((missing & labels).sum()), "of_binary_like": int(labels.sum()),
            "missing_planet_like": int((missing & ~labels).sum()), "of_planet_like": int((~labels).sum()),
            "hosts": {"binary_like": {"missing": cells[0][0], "present": cells[0][1]}, "planet_like": {"missing": cells[1][0], "present": cells[1][1]}},
            "fisher_p": float(test.pvalue) if test is not None else None,
            "fisher_odds_ratio": float(test.statistic) if test is not None and math.isfinite(test.statistic) else None,
            "auroc": None if math.isnan(overall) else overall,
            "auroc_within_method": None if math.isnan(within) else within,
            "follows_method_alone": constant,
            "missing_by_method": {
                str(method): {"missing": int(rows.isna().sum()), "of": len(rows)} for method, rows in table.groupby("discovery_method")[name]
            },
        }
    informative = [name for name, found in out.items() if found["fisher_p"] is not None and found["fisher_p"] < 0.05]
    return {"detected": bool(informative), "informative": informative, "features": out}
