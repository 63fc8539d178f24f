"""Artifacts of the desert between planets and binaries."""

import csv
from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json
from analysis.report.formatting import formatted

__all__ = ["models", "write"]

FILES = ("models", "steps", "halves", "lines", "groups", "kernels", "passes", "companions", "draws")


def write(directory: Path, context: Context, *, desert: Any) -> None:
    """desert.json and a table of each kind, desert_*.csv; a result with a reason has one table that says it, and no others."""
    import pandas as pd

    files = {} if desert.reason else {name: f"desert_{name}.csv" for name in FILES}
    validation = pd.DataFrame([{"case": name, **values} for name, values in desert.summary["validation"]["cases"].items()])
    validation = validation.drop(columns="bands")
    files["validation"] = "desert_validation.csv"
    write_json(directory / "desert.json", {**desert.summary, "files": files, "definitions": DEFINITIONS}, context)
    for name, file in files.items():
        write_csv(directory / file, validation if name == "validation" else getattr(desert, name), context)


MODEL_LABELS = {
    "flat": "flat", "power": "power law", "lognormal_power": "log-normal + power law", "steps": "steps in bins", "two_lines": "between two lines",
}
COORDINATE_LABELS = {"mass_ratio": "mass ratio", "mass": "mass"}


def models(artifacts: Path) -> dict[str, list[Any]]:
    """How well each density predicts hosts that are left out, against a flat one and against one power law; a row of dashes without a result."""
    columns = ["In", "Density", "elpd", "Over flat", "Over a power law", "Largest Pareto k"]
    path = artifacts / "desert_models.csv"
    if not path.is_file():
        return {"columns": columns, "rows": [["too few companions", *["–"] * 5]]}
    with open(path, newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))

    def spread(row: dict[str, str], name: str) -> str:
        return f"{formatted(float(row[name]), 'fixed:1')} ± {formatted(float(row[f'{name}_error']), 'fixed:1')}" if row[name] else "–"

    rows = [
        [COORDINATE_LABELS[row["coordinate"]], MODEL_LABELS.get(row["model"], row["model"]), spread(row, "elpd"), spread(row, "against_flat"), spread(row, "against_power"),
         formatted(float(row["pareto_k"]), "fixed:2") if row["pareto_k"] else "–"]
        for row in found
    ]
    return {"columns": columns, "rows": rows}


DEFINITIONS = {
    "density": "companions per dex, relative: mean one over the region; the number of stars searched is unknown",
    "elpd": "expected log predictive density with one host left out (PSIS-LOO); elpd_exact: by quadrature over the prior",
    "against_flat": "elpd minus that of the flat density, with its standard error over hosts; against_power: minus that of one power law",
    "two_lines": "desert between two straight lines in log value and log axis (Cui et al. 2026, eq. 8), values at 1 au; floor over outside, prior log-uniform",
    "holds_published": "posterior probability that the middle of the published desert (0.032 in mass ratio, 31.7 MJ in mass) lies between the lines at 1 au",
    "depth": "dex, of the deepest valley of a density below the lower of the two tops beside it; zero where it is monotone or has one top",
    "smallest_p": "p of complete separation: the smallest that the test can give with these numbers",
    "above_2se": "share of simulated catalogues in which the log-normal + power law is better by more than two standard errors",
    "blind": "the same catalogues as if every mass were found alike",
}
