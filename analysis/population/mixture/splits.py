"""Does the distribution of log q have a valley, and what does the choice of the split decide?"""

from typing import Any

import numpy as np
import pandas as pd
from diptest import dipstat, diptest

from analysis.config import EccentricityConfig
from analysis.population.eccentricity.treatments import eccentricity_rows, two_sample

__all__ = ["band_count", "dip", "dip_one_per_host", "dip_table", "dip_with_errors", "split_table"]

FEWEST = 10  # rows for a dip test
DESERT = (0.02, 0.05)  # Zhang (2025, arXiv:2512.11956): few microlensing companions of low-mass hosts between these mass ratios


def dip(values: np.ndarray, draws: int, seed: int) -> tuple[float, float, float]:
    """(dip, p, Monte-Carlo standard error of p) of Hartigan & Hartigan (1985) for `values` (n,); NaN below ten values.

    p = (1 + #) / (1 + draws) against uniform samples, the unimodal distribution with the largest dips: for any other
    unimodal distribution the test rejects less often than its level.
    """
    if len(values) < FEWEST:
        return float("nan"), float("nan"), float("nan")
    values = np.ascontiguousarray(values, dtype=float)
    statistic, share = diptest(values, boot_pval=True, n_boot=draws, seed=seed, n_threads=1)
    p = (1 + round(share * draws)) / (1 + draws)
    return float(statistic), float(p), float(np.sqrt(p * (1 - p) / (1 + draws)))


def _table_p(values: np.ndarray) -> float:
    return float(diptest(np.ascontiguousarray(values), n_threads=1)[1])


def dip_one_per_host(values: np.ndarray, hosts: np.ndarray, picks: int, seed: int) -> dict[str, float]:
    """Dip tests of samples with one row of each host, chosen at random: twice the median p, and the range of p.

    Twice the median of p-values that depend on each other in any way is a p-value again (Rueger 1978; Meinshausen, Meier &
    Buehlmann 2009), so the choice of rows costs a factor of two and cannot be tuned. p from the table of `diptest`.
    """
    codes = np.unique(hosts, return_inverse=True)[1]
    many = int(codes.max()) + 1 if len(codes) else 0
    if many < FEWEST:
        return {name: float("nan") for name in ("dip", "p", "p_median", "p_low", "p_high")}
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    u = np.random.default_rng([seed, 21]).random((picks, many))
    chosen = values[order[first + (u * sizes).astype(int)]]
    p = np.array([_table_p(row) for row in chosen])
    return {
        "dip": float(np.median([dipstat(row) for row in chosen])),
        "p": min(1.0, 2 * float(np.median(p))),
        "p_median": float(np.median(p)),
        "p_low": float(np.quantile(p, 0.025)),
        "p_high": float(np.quantile(p, 0.975)),
    }


def dip_with_errors(values: np.ndarray, sigma: np.ndarray, draws: int, seed: int) -> dict[str, float]:
    """Median, 2.5 and 97.5 percentiles of p, and the share below 0.05, when `values` (n,) move by their errors sigma (n,).

    The values already hold one error each, so adding another shows how fast a valley fills up, not what lies below it.
    """
    if len(values) < FEWEST:
        return {name: float("nan") for name in ("p_median", "p_low", "p_high", "share_below_0.05")}
    noise = np.random.default_rng([seed, 22]).standard_normal((draws, len(values)))
    p = np.array([_table_p(row) for row in values + sigma * noise])
    return {"p_median": float(np.median(p)), "p_low": float(np.quantile(p, 0.025)), "p_high": float(np.quantile(p, 0.975)), "share_below_0.05": float(np.mean(p < 0.05))}


def dip_table(rows: pd.DataFrame, sigma: np.ndarray, subsets: dict[str, np.ndarray], draws: int, picks: int, seed: int) -> pd.DataFrame:
    """Dip tests of log q: a row per subset (name -> (n,) bool) with all rows, one row per host, and moved by the errors."""
    values, hosts = rows["log_mass_ratio"].to_numpy(dtype=float), rows["host_name"].to_numpy(dtype=object)
    records = []
    for name, keep in subsets.items():
        statistic, p, error = dip(values[keep], draws, seed)
        single, moved = dip_one_per_host(values[keep], hosts[keep], picks, seed), dip_with_errors(values[keep], sigma[keep], picks, seed)
        enough = keep.sum() >= FEWEST
        records.append({
            "subset": name, "rows": int(keep.sum()), "hosts": len(np.unique(hosts[keep].astype(str))), "dip": statistic, "p": p, "p_error": error,
            **{f"one_per_host_{key}": value for key, value in single.items()}, **{f"with_errors_{key}": value for key, value in moved.items()},
            "reason": None if enough else f"{int(keep.sum())} rows; a dip test needs {FEWEST}",
        })
    return pd.DataFrame(records)


def _majority(groups: np.ndarray, flag: np.ndarray) -> float:
    """Share of `flag` (n,) guessed right by the majority of each group."""
    right = sum(max(int(flag[groups == name].sum()), int((~flag[groups == name]).sum())) for name in np.unique(groups))
    return right / len(flag) if len(flag) else float("nan")


def band_count(values: np.ndarray, catalogues: np.ndarray, low: float, high: float) -> dict[str, float]:
    """Rows with low < q <= high against simulated catalogues (draws, n) of log q: observed, expected, one-sided p of so few."""
    inside = (catalogues > np.log10(low)) & (catalogues <= np.log10(high))
    observed, counts = int(((values > np.log10(low)) & (values <= np.log10(high))).sum()), inside.sum(axis=1)
    p = float((1 + np.sum(counts <= observed)) / (1 + len(counts)))
    return {"observed": observed, "expected": float(counts.mean()), "p": p, "p_error": float(np.sqrt(p * (1 - p) / (1 + len(counts))))}


def split_table(table: pd.DataFrame, rows: pd.DataFrame, label: np.ndarray | None, splits: np.ndarray, methods: tuple[str, ...], width: float, config: EccentricityConfig) -> pd.DataFrame:
    """What each split of q decides, a row per split.

    high, low: rows on either side, and by method; predicted_from_method: share of rows whose side the majority of their
    method gives (guess: the larger side without the method); same_as_component: share whose side is that of their label
    (n,) in the two-component mixture, and the adjusted Rand index; gap_dex: distance in log q between the neighbours of
    the split; near: rows within `width` dex of it, near_beside: mean of the rows as far from it on either side; KS p of
    eccentricity, all and wide orbits, as given.
    """
    from sklearn.metrics import adjusted_rand_score

    values, method = rows["log_mass_ratio"].to_numpy(dtype=float), rows["discovery_method"].to_numpy(dtype=object).astype(str)
    known = eccentricity_rows(table)
    records: list[dict[str, Any]] = []
    for split in splits:
        at = float(np.log10(split))
        above = values > at
        distance = np.abs(values - at)
        below_at, above_at = values[~above], values[above]
        record = {
            "split": float(split), "in_desert": bool(DESERT[0] <= split <= DESERT[1]), "high": int(above.sum()), "low": int((~above).sum()),
            "predicted_from_method": _majority(method, above), "guess": max(int(above.sum()), int((~above).sum())) / len(above) if len(above) else float("nan"),
            "adjusted_rand_method": float(adjusted_rand_score(method, above)) if len(above) else float("nan"),
            "same_as_component": float(np.mean(above == label)) if label is not None else float("nan"),
            "adjusted_rand_component": float(adjusted_rand_score(label, above)) if label is not None else float("nan"),
            "gap_dex": float(above_at.min() - below_at.max()) if len(below_at) and len(above_at) else float("nan"),
            "near": int((distance < width).sum()), "near_beside": float(((distance >= width) & (distance < 3 * width)).sum() / 2),
        }
        for name in methods:
            same = method == name
            record |= {f"high_{name}": int((same & above).sum()), f"low_{name}": int((same & ~above).sum())}
        for suffix, wide in (("", False), ("_wide", True)):
            found = two_sample(known, "as_given", float(split), config, wide)
            record |= {f"{key}{suffix}": found[key] for key in ("n_low", "n_high", "ks_statistic", "ks_p")}
        records.append(record)
    return pd.DataFrame(records)
