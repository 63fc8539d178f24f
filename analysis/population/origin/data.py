"""Rows, labels and features that the tests of the origin classifier and their calibration share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.population.host_units import Units, host_units
from analysis.population.origin import classifier
from analysis.population.origin.nested import Features
from analysis.population.rows import population_rows

__all__ = ["PRIMARY", "VARIANTS", "Rows", "features_of", "labelled_rows", "pool_of"]

PRIMARY = "without_mass_ratio_and_method"
VARIANTS = tuple(classifier.VARIANTS)
NEEDED = ("log_mass_ratio", "log_semimajor_axis", "log_host_mass")


@dataclass(frozen=True)
class Rows:
    """Labelled companions sorted by identity, their labels (n,) and the structure of their hosts."""

    table: pd.DataFrame
    labels: NDArray[np.bool_]
    units: Units
    methods: tuple[str, ...]


def pool_of(table: pd.DataFrame) -> pd.DataFrame:
    """Candidates with every ingredient of the features, sorted by identity, without anything that orbits the target's host."""
    target = table.loc[table["is_target"], "host_name"]
    rows = population_rows(table)
    kept = np.isfinite(rows[list(NEEDED)].to_numpy(float)).all(axis=1) & ~rows["host_name"].isin(target).to_numpy()
    return rows[kept].reset_index(drop=True)


def labelled_rows(pool: pd.DataFrame, label: Any) -> Rows:
    """The rows of `pool` whose `label` (n,) is 1 or 0, not NaN."""
    label = np.asarray(label, float)
    table = pool[np.isfinite(label)].reset_index(drop=True)
    methods = table["discovery_method"].to_numpy(dtype=str)
    units = host_units(table["host_name"].to_numpy(dtype=str), methods)
    return Rows(table, label[np.isfinite(label)] == 1, units, tuple(sorted(set(methods))))


def features_of(table: pd.DataFrame, variant: str, methods: tuple[str, ...], omitted: tuple[str, ...] = ()) -> tuple[Features, tuple[str, ...]]:
    """Features of `variant` for the rows of `table` and their names; numeric columns named in `omitted` are left out."""
    design = classifier.build_design(table, variant, "mean", methods)
    kept = [number for number, name in enumerate(design.names) if name not in omitted]
    n_numeric = sum(number < design.n_numeric for number in kept)
    return Features(design.values[:, kept], n_numeric), tuple(design.names[number] for number in kept)
