"""Do predicted probabilities mean what they say: reliability by bin, Brier score and its parts, calibration slope."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv, logit

from analysis.population.origin import logistic

__all__ = ["brier_scores", "reliability_table"]

Floats = NDArray[np.float64]


def reliability_table(probability: Floats, positive: NDArray[np.bool_], host: NDArray[np.int64], edges: tuple[float, ...]) -> pd.DataFrame:
    """A row per bin of predicted probability: rows, hosts, mean prediction, observed share with a 95 % interval.

    The interval is Jeffreys' for a binomial share (Brown, Cai & DasGupta 2001, Statistical Science 16, 101) with the number of hosts in place
    of the number of rows: companions of one host may agree entirely. Empty bins have NaN.
    """
    bins = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, len(edges) - 2)
    rows = []
    for number in range(len(edges) - 1):
        held = bins == number
        n, hosts = int(held.sum()), len(np.unique(host[held]))
        share = float(positive[held].mean()) if n else math.nan
        row = {"bin_low": edges[number], "bin_high": edges[number + 1], "n_rows": n, "n_hosts": hosts}
        row["mean_predicted"] = float(probability[held].mean()) if n else math.nan
        row["observed_share"] = share
        for name, level in (("low", 0.025), ("high", 0.975)):
            bound = betaincinv(share * hosts + 0.5, (1 - share) * hosts + 0.5, level) if n else math.nan
            edge = name == "low" and share == 0 or name == "high" and share == 1
            row[f"observed_{name}"] = float(share if edge else bound)
        rows.append(row)
    return pd.DataFrame(rows)


def brier_scores(
    probability: Floats, positive: NDArray[np.bool_], host: NDArray[np.int64], reference: Floats, edges: tuple[float, ...], resamples: int, seed: list[int]
) -> dict[str, Any]:
    """Brier score, its parts over the bins, skill over the prevalence and over `reference` (n,), calibration intercept and slope.

    brier = reliability - resolution + uncertainty + within_bin (Murphy 1973, J. Applied Meteorology 12, 595; the last term is what
    binning leaves out, Stephenson et al. 2008, Weather and Forecasting 23, 752). Skill is 1 - brier / brier of the reference; its 95 % interval
    resamples hosts, probabilities held fixed. Slope and intercept regress the labels on logit P (Cox 1958, Biometrika 45, 562); 1 and 0 are perfect.
    """
    y = positive.astype(float)
    squared, against = (probability - y) ** 2, (reference - y) ** 2
    prevalence = float(y.mean())
    table = reliability_table(probability, positive, host, edges)
    used = table[table["n_rows"] > 0]
    share = used["n_rows"].to_numpy() / len(y)
    parts = {
        "reliability": float((share * (used["mean_predicted"] - used["observed_share"]) ** 2).sum()),
        "resolution": float((share * (used["observed_share"] - prevalence) ** 2).sum()),
        "uncertainty": prevalence * (1 - prevalence),
    }
    brier = float(squared.mean())
    parts["within_bin"] = brier - parts["reliability"] + parts["resolution"] - parts["uncertainty"]
    n_hosts = int(host.max()) + 1
    weights = np.random.default_rng(seed).multinomial(n_hosts, np.full(n_hosts, 1 / n_hosts), size=resamples)[:, host].astype(float)
    mean = weights @ y / weights.sum(axis=1)
    spread = mean * (1 - mean) * weights.sum(axis=1)
    out: dict[str, Any] = {"brier": brier, **parts}
    for name, value, base in (("prevalence", parts["uncertainty"] * len(y), spread), ("method_alone", against.sum(), weights @ against)):
        drawn = 1 - np.divide(weights @ squared, base, out=np.full(resamples, math.nan), where=base > 0)
        drawn = drawn[np.isfinite(drawn)]
        low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (math.nan, math.nan)
        out[f"skill_over_{name}"] = 1 - float(squared.sum()) / float(value) if value > 0 else math.nan
        out[f"skill_over_{name}_low"], out[f"skill_over_{name}_high"] = float(low), float(high)
    scores = logit(np.clip(probability, 1e-12, 1 - 1e-12))
    fitted = logistic.fit(scores[None, :, None], y[None], np.ones((1, len(y))), 1e6)
    intercept, slope = fitted.coefficients[0, 0] if fitted.converged[0, 0] else (math.nan, math.nan)
    out["calibration_intercept"], out["calibration_slope"] = float(intercept), float(slope)
    return out
