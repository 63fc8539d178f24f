"""A study of three stages and six groups of artifacts that takes milliseconds: the real machinery with next to no work in it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import study
from analysis.report.files import write_csv, write_json, write_npz, write_text

__all__ = ["install"]

NAME = "analysis.tiny"


@dataclass(frozen=True)
class Result:
    """What every stage returns."""

    table: pd.DataFrame
    array: np.ndarray
    summary: dict


def run(config, **needs) -> Result:
    """Numbers that follow from the parameters and from the stages before."""
    start = sum(float(need.array.sum()) for need in needs.values()) + float(getattr(config, "mstar", None) or 0.0)
    values = start + np.arange(2000.0)
    return Result(pd.DataFrame({"x": values[:50], "name": [f"row {k}" for k in range(50)]}), values, {"sum": float(values.sum())})


def write_a(directory, context, one):
    """A table."""
    write_csv(directory / "a.csv", one.table, context)


def write_b(directory, context, two):
    """Two files that go together."""
    write_json(directory / "b.json", two.summary, context)
    write_text(directory / "b.txt", f"sum {two.summary['sum']}\n" * 200, context)


def write_c(directory, context, one, three):
    """Arrays."""
    write_npz(directory / "c.npz", {"one": one.array, "three": three.array}, context)


def write_age(directory, context, one):
    """A file that one set of parameters has and another has not."""
    if one.array[0]:
        write_text(directory / "old_age.csv", "x\n1\n", context)


def write_total(directory, context, artifacts, config, keys):
    """What follows from the files alone."""
    write_json(directory / "total.json", {path.name: path.stat().st_size for path in sorted(artifacts.glob("[ab].*"))}, context)


def write_summary(directory, context, artifacts, config, keys):
    """The page that a run prints."""
    write_text(directory / "SUMMARY.txt", (artifacts / "b.txt").read_text(encoding="utf-8")[:40] + (artifacts / "total.json").read_text(encoding="utf-8"), context)


def install() -> None:
    """Let `Study` consist of these stages and artifacts."""
    import sys

    Result.__module__ = NAME
    sys.modules[NAME] = sys.modules[__name__]
    stages = (study.Stage("one", NAME, ("target",)), study.Stage("two", NAME, ("disk",), ("one",)), study.Stage("three", NAME, ("disk",), ("one", "two")))
    study.STAGES.clear()
    study.STAGES.update({stage.name: stage for stage in stages})
    study.OUTPUTS = (
        study.Output("a", NAME, ("one",), "write_a"), study.Output("b", NAME, ("two",), "write_b"), study.Output("c", NAME, ("one", "three"), "write_c"),
        study.Output("age", NAME, ("one",), "write_age"),
    )
    study.DERIVED = (study.Output("total", NAME, (), "write_total"), study.Output("summary", NAME, (), "write_summary"))
