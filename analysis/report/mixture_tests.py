"""Artifacts of the mixture tests."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]

QUANTILES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 1.0)


def write(directory: Path, context: Context, *, mixture_tests: Any) -> None:
    """mixture_tests.json, mixture_tests.csv, mixture_bootstrap.csv, mixture_probabilities.csv, mixture_splits.csv, mixture_fits.csv, mixture_intervals.csv and mixture_dips.csv."""
    write_json(
        directory / "mixture_tests.json",
        {
            **mixture_tests.summary,
            "sign": "delta_bic_i_j = BIC(i) - BIC(j); positive where j components are preferred",
            "files": {
                "tests": "mixture_tests.csv", "ratios under the null": "mixture_bootstrap.csv", "companions": "mixture_probabilities.csv", "splits": "mixture_splits.csv",
                "fits": "mixture_fits.csv", "components with intervals": "mixture_intervals.csv", "dip tests": "mixture_dips.csv",
            },
        },
        context,
    )
    write_csv(directory / "mixture_tests.csv", mixture_tests.tests, context)
    write_csv(directory / "mixture_bootstrap.csv", _quantiles(mixture_tests.null), context)
    weights = mixture_tests.weights.set_index("object_id")["mass_range_probability"]
    write_csv(directory / "mixture_probabilities.csv", mixture_tests.probabilities.assign(mass_range_probability=mixture_tests.probabilities["object_id"].map(weights)), context)
    write_csv(directory / "mixture_splits.csv", mixture_tests.splits, context)
    write_csv(directory / "mixture_fits.csv", mixture_tests.components.merge(mixture_tests.fits, on=["variant", "k"]), context)
    write_csv(directory / "mixture_intervals.csv", mixture_tests.intervals, context)
    write_csv(directory / "mixture_dips.csv", mixture_tests.dips, context)


def _quantiles(null: Any) -> Any:
    """Quantiles of the likelihood ratio under the null, a row per test."""
    import pandas as pd

    records = [
        {"name": name, "k": k, "draws": len(group), **{f"quantile_{q:g}": float(group["likelihood_ratio"].quantile(q)) for q in QUANTILES}}
        for (name, k), group in null.groupby(["name", "k"], sort=False)
    ]
    return pd.DataFrame(records, columns=["name", "k", "draws", *(f"quantile_{q:g}" for q in QUANTILES)])
