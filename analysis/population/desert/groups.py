"""One-sided Kolmogorov-Smirnov tests of [Fe/H] and eccentricity between companions below, in and above a desert, as in Cui et al. (2026).

Their hypotheses: heavier companions are more eccentric and their hosts poorer in metals. Values given without a measurement (assumed circular,
upper limits) are left out. Companions of one host share its [Fe/H], so a host enters a group once there.
"""

from typing import Any

import numpy as np
import pandas as pd

from analysis.config import DesertConfig

__all__ = ["GROUPS", "compared", "groups_of", "one_sided"]

GROUPS = ("below", "in", "above")
PAIRS = (("above", "below"), ("above", "in"), ("in", "below"))
# Quantity, and the alternative for the first group's distribution function: "less" where its values are larger.
QUANTITIES = {"eccentricity": "less", "metallicity": "greater"}


def groups_of(values: np.ndarray, desert: tuple[float, float]) -> np.ndarray:
    """Group (n,) of each mass ratio or mass: below, in (bounds included) or above `desert`."""
    return np.where(values < desert[0], "below", np.where(values > desert[1], "above", "in"))


def one_sided(first: np.ndarray, second: np.ndarray, alternative: str, least: int) -> dict[str, Any]:
    """Statistic and p of the one-sided two-sample test, or the reason why there is none."""
    from scipy import stats

    if min(len(first), len(second)) < least:
        return {"statistic": None, "p": None, "smallest_p": None, "reason": f"too few: {len(first)} and {len(second)} values, {least} each are asked for"}
    found = stats.ks_2samp(first, second, alternative=alternative, method="exact")
    apart = (np.arange(len(first)) + 1e3, np.arange(len(second)).astype(float))
    smallest = stats.ks_2samp(*(apart if alternative == "less" else apart[::-1])[: 2], alternative="less", method="exact")
    return {"statistic": float(found.statistic), "p": float(found.pvalue), "smallest_p": float(smallest.pvalue), "reason": None}


def _values(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    known = rows[rows[quantity].notna()]
    if quantity == "eccentricity":
        return known[known["eccentricity_kind"] == "measured"]
    return known.drop_duplicates(["group", "host_name"])


def compared(rows: pd.DataFrame, values: np.ndarray, desert: tuple[float, float], label: str, config: DesertConfig) -> pd.DataFrame:
    """A row per quantity and pair of groups of `rows` (n) with `values` (n,): sizes, methods, medians, statistic, p and reason."""
    table = rows.assign(group=groups_of(values, desert))
    result = []
    for quantity, alternative in QUANTITIES.items():
        known = _values(table, quantity)
        for first, second in PAIRS:
            parts = [known[known["group"] == name] for name in (first, second)]
            numbers = [part[quantity].to_numpy(dtype=float) for part in parts]
            methods = ["; ".join(f"{name} {count}" for name, count in part["discovery_method"].value_counts().sort_index().items()) for part in parts]
            result.append({
                "coordinate": label, "low": desert[0], "high": desert[1], "quantity": quantity, "first": first, "second": second, "n_first": len(numbers[0]), "n_second": len(numbers[1]),
                "alternative": "first larger" if alternative == "less" else "first smaller", "median_first": float(np.median(numbers[0])) if len(numbers[0]) else np.nan,
                "median_second": float(np.median(numbers[1])) if len(numbers[1]) else np.nan, "methods_first": methods[0], "methods_second": methods[1],
                **one_sided(numbers[0], numbers[1], alternative, config.min_group),
            })
    return pd.DataFrame(result)
