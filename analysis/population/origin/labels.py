"""Class labels of the origin classifier: the fallback from the mass ratio, or a file of labels.

1 stands for binary-like, 0 for planet-like, NaN for a row without a label.
"""

import csv
import math
import re
from pathlib import Path

import pandas as pd

from analysis.errors import InputError

__all__ = ["BINARY", "PLANET", "fallback_labels", "file_labels", "name_key", "read_labels"]

BINARY, PLANET = "binary-like", "planet-like"
COLUMNS = ("companion_name", "label", "reference")
MEANINGS = {"binary": 1.0, "1": 1.0, "planet": 0.0, "0": 0.0}
MOST_NAMES_SHOWN = 5


def name_key(name: str) -> str:
    """The form in which names are compared: no blanks, lower case, ASCII minus."""
    return re.sub(r"\s+", "", name.replace("\u2212", "-")).casefold()


def fallback_labels(mass_ratio: pd.Series, split: float) -> pd.Series:
    """Heuristic labels (specification section 6.4): 1 where q > split, 0 where q <= split, NaN where q is missing."""
    return (mass_ratio > split).astype(float).where(mass_ratio.notna())


def read_labels(path: Path) -> pd.DataFrame:
    """A table of labels (companion_name, label 1 or 0, reference) from a comma-separated UTF-8 file.

    Needs the columns companion_name, label (binary or 1; planet or 0) and reference; others are ignored.
    Raises InputError for a file that cannot be read, a missing column, an empty field, an unknown label, a name given
    twice, no rows, or rows of one class only.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            lines = [(reader.line_num, fields) for fields in reader if any(field.strip() for field in fields)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or f"not comma-separated UTF-8 text ({error})"
        raise InputError(f"{path}: the labels cannot be read: {reason}; give a CSV file with the columns {', '.join(COLUMNS)}.") from error
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{path}: the labels lack the column{'s' * (len(missing) > 1)} {', '.join(missing)} (found: {', '.join(header)[:200] or 'nothing'}); "
            f"the first line must name {', '.join(COLUMNS)}, separated by commas."
        )
    rows, seen = [], {}
    for number, fields in lines:
        if len(fields) != len(header):
            raise InputError(
                f"{path}: line {number} has {len(fields)} fields where the header has {len(header)}; quote fields that hold a comma."
            )
        row = dict(zip(header, (field.strip() for field in fields), strict=True))
        for name in COLUMNS:
            if not row[name]:
                raise InputError(f"{path}: line {number} has no {name}; every label needs a companion_name, a label and a reference.")
        if row["label"].lower() not in MEANINGS:
            raise InputError(f"{path}: line {number} has the label '{row['label'][:40]}'; expected binary, planet, 1 or 0.")
        key = name_key(row["companion_name"])
        if key in seen:
            raise InputError(f"{path}: line {number} repeats '{row['companion_name'][:60]}' of line {seen[key]}; keep one of them.")
        seen[key] = number
        rows.append((row["companion_name"], MEANINGS[row["label"].lower()], row["reference"]))
    labels = pd.DataFrame(rows, columns=list(COLUMNS))
    if labels["label"].nunique() < 2:
        raise InputError(
            f"{path}: the labels hold {len(labels)} rows of {labels['label'].nunique()} class(es); a classifier needs binary and planet rows."
        )
    return labels


def file_labels(
    labels: pd.DataFrame, names: pd.Series, known: pd.Series | None, target_names: pd.Series, path: Path
) -> tuple[pd.Series, pd.Series]:
    """Labels and references aligned with `names` (NaN and None where a row has none).

    `known` lists every companion of the mass range, whether it is analysed or not; None (a partial run, which does not hold
    them all) skips the check of names. Raises InputError for a label of the target, which no training set may hold, and
    for names that `known` does not have.
    """
    keys = labels["companion_name"].map(name_key)
    on_target = keys.isin(target_names.map(name_key))
    if on_target.any():
        raise InputError(
            f"{path}: '{labels.loc[on_target, 'companion_name'].iloc[0]}' is the object to be scored and cannot be labelled; remove its row."
        )
    unknown = [] if known is None else labels.loc[~keys.isin(known.map(name_key)), "companion_name"].tolist()
    if unknown:
        more = f" and {len(unknown) - MOST_NAMES_SHOWN} more" if len(unknown) > MOST_NAMES_SHOWN else ""
        shown = ", ".join(f"'{name[:60]}'" for name in unknown[:MOST_NAMES_SHOWN])
        raise InputError(f"{path}: no companion of the sample is called {shown}{more}; use the names of vlms_companions_stacked.csv.")
    row_keys = names.map(name_key)
    values = dict(zip(keys, labels["label"], strict=True))
    references = dict(zip(keys, labels["reference"], strict=True))
    return (
        pd.Series([values.get(key, math.nan) for key in row_keys], index=names.index, dtype=float),
        pd.Series([references.get(key) for key in row_keys], index=names.index, dtype="str"),
    )
