"""Artifacts of the inference on ages: its tables, and every scalar the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["write"]

SCHEMES = ("normal_effects", "real_orbits", "spread_with_age")
METHOD_VALUES = ["low", "high", *(f"{scheme}_{value}" for scheme in SCHEMES for value in ("coverage", "coverage_error", "median_width"))]


def write(directory: Path, context: Context, *, age_inference: Any) -> None:
    """age_{intervals,power,partial,influence}.csv and age_inference.json."""
    content: dict[str, Any] = dict(age_inference.summary)
    power = age_inference.power.assign(kind="correlation")
    hosts = age_inference.hosts.assign(kind="hosts")
    tables = {"intervals": age_inference.intervals, "power": _stacked(power, hosts), "partial": age_inference.partial, "influence": age_inference.influence}
    for name, table in tables.items():
        write_csv(directory / f"age_{name}.csv", table, context)
    if len(age_inference.intervals):
        rows = age_inference.intervals
        content["methods"] = nested(rows.loc[rows["kind"] == "method", ["response", "name", "slope", *METHOD_VALUES]], ("response", "name"))
        content["slopes_by_pass"] = nested(rows.loc[rows["kind"] == "pass", ["response", "name", "slope", "low", "high", "p"]], ("response", "name"))
    if len(age_inference.partial):
        content["partial"] = nested(age_inference.partial, ("response", "given"))
    write_json(directory / "age_inference.json", content, context)


def _stacked(first: Any, second: Any) -> Any:
    """Both tables below each other, the union of their columns."""
    import pandas as pd

    return pd.concat([first, second], ignore_index=True)
