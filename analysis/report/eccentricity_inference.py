"""Artifacts of the inference on eccentricities: every scalar, the matched comparisons, the posterior grids and the resamples of hosts."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, eccentricity_inference: Any) -> None:
    """eccentricity_inference.json, eccentricity_matched.csv, eccentricity_posterior.csv, eccentricity_host_bootstrap.csv."""
    result = eccentricity_inference
    about = {
        "difference": "mean eccentricity of the high-q companions minus that of the low-q ones",
        "interval": "95 %, posterior with equal tails, unless interval_kind says otherwise; profile_low and profile_high are likelihood-ratio ends",
        "files": {
            "comparisons": "eccentricity_matched.csv",
            "posterior on the grid": "eccentricity_posterior.csv",
            "resamples": "eccentricity_host_bootstrap.csv",
        },
    }
    write_json(directory / "eccentricity_inference.json", {**result.summary, "about": about, "power_curve": _curve(result.power)}, context)
    comparisons = [result.matched.assign(table="matched"), result.sensitivity.assign(table="sensitivity")]
    write_csv(directory / "eccentricity_matched.csv", _stacked(comparisons), context)
    write_csv(directory / "eccentricity_posterior.csv", result.posterior.round({"log_likelihood": 5, "posterior": 8}), context)
    write_csv(directory / "eccentricity_host_bootstrap.csv", result.bootstrap.round(6), context)


def _stacked(frames: list[Any]) -> Any:
    import pandas as pd

    table = pd.concat(frames, ignore_index=True)
    first = [
        "table",
        "name",
        "kind",
        "matched_on",
        "n_high",
        "n_low",
        "hosts_high",
        "hosts_low",
        "estimate",
        "low",
        "high",
        "p",
        "p_error",
        "smallest_p",
        "reason",
    ]
    return table[[*first, *(name for name in table.columns if name not in first and name != "fingerprint")]]


def _curve(power: Any) -> dict[str, dict[str, float]]:
    """{design: {number of high-q companions: power}}."""
    result: dict[str, dict[str, float]] = {}
    for row in power.to_dict("records"):
        result.setdefault(row["design"], {})[str(int(row["n_high"]))] = row["power"]
    return result
