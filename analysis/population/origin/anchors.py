"""Companions whose origin is argued in the literature by something that is no feature of the classifier.

A resonant chain, a plane shared by several orbits, a hierarchy of fragments: none is a mass ratio, an orbit size, an eccentricity, a host
mass, a metallicity or a detection method, so a classifier trained on such labels would not merely return their definition.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import InputError
from analysis.population.origin.labels import BINARY, PLANET, file_labels, name_key, read_labels

__all__ = ["EXTRA", "anchor_table", "read_anchors"]

EXTRA = ("criterion", "reason")


def read_anchors(path: Path, needed: bool = True) -> pd.DataFrame:
    """The anchors (companion_name, label 1 or 0, reference, criterion, reason) of a comma-separated UTF-8 file.

    Without `needed`, criterion and reason may be absent or empty (None), as in a file of labels given by a user.
    Raises InputError as `read_labels` does, and for a row that lacks what is needed.
    """
    anchors = read_labels(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *lines = (fields for fields in csv.reader(stream, strict=True) if any(field.strip() for field in fields))  # as read_labels reads them
    rows = [dict(zip((name.strip() for name in header), (field.strip() for field in fields), strict=True)) for fields in lines]
    found = {name_key(row["companion_name"]): row for row in rows}
    for name in EXTRA:
        anchors[name] = [found[name_key(companion)].get(name) or None for companion in anchors["companion_name"]]
        lacking = anchors.loc[anchors[name].isna(), "companion_name"]
        if needed and len(lacking):
            raise InputError(f"{path}: '{lacking.iloc[0]}' has no {name}; every anchor needs {', '.join(EXTRA)} beside its label and reference.")
    return anchors


def anchor_table(anchors: pd.DataFrame, pool: pd.DataFrame, known: pd.Series | None, target_names: pd.Series, path: Path) -> pd.DataFrame:
    """The anchors in the order of their file, with host, method and features of those in `pool`, and their label as a word.

    in_sample is False where an anchor is no candidate of this run. Raises InputError for names that `known` does not hold and for an anchor
    that is the object to be scored.
    """
    file_labels(anchors, pool["companion_name"], known, target_names, path)
    rows = anchors.assign(key=anchors["companion_name"].map(name_key))
    columns = [
        "host_name", "discovery_method", "mass_ratio", "semimajor_axis_au", "eccentricity", "eccentricity_kind", "host_mass_msun", "metallicity",
    ]
    held = pool[["companion_name", *columns]].assign(key=pool["companion_name"].map(name_key)).drop(columns="companion_name")
    out = rows.merge(held, on="key", how="left", validate="one_to_one").drop(columns="key")
    out["in_sample"] = out["host_name"].notna()
    out["label"] = np.where(out["label"] == 1, BINARY, PLANET)
    return out
