"""The catalogue and the probabilities as ECSV: the values of the CSV files with unit, type and description of every column."""

import math
from pathlib import Path
from typing import Any

from analysis.report.catalogue import stacked_table
from analysis.report.files import Context
from analysis.report.origin import objects_table

__all__ = ["DESCRIPTIONS", "described_table", "write"]

# Columns that the stages add to the schema: unit and description.
DESCRIPTIONS: dict[str, tuple[str, str]] = {
    "mass_ratio": ("", "companion mass over host mass, q"),
    "log_mass_ratio": ("", "decimal logarithm of q"),
    "log_semimajor_axis": ("", "decimal logarithm of the semi-major axis in au"),
    "log_host_mass": ("", "decimal logarithm of the host mass in solar masses"),
    "log_host_age_gyr": ("", "decimal logarithm of the host age in Gyr"),
    "above_deuterium_limit": ("", "companion mass above the deuterium-burning limit"),
    "high_mass_ratio": ("", "q above the mass-ratio split"),
    "age_group": ("", "Young below 1 Gyr, Intermediate to 5 Gyr, Old above, Unknown"),
    "age_delta_vs_toi_gyr": ("Gyr", "host age minus that of TOI-6894, where both are known"),
    "is_younger_than_toi": ("", "1 younger than TOI-6894, 0 not, empty unknown"),
    "tidal_timescale_proxy": ("yr", "time of the tide raised on the star at the present orbit"),
    "migration_efficiency": ("", "tidal timescale over the age of the host"),
    "potential_migrator": ("", "migration efficiency at or below the stated ratio"),
    "in_mass_range": ("", "host mass inside the selection"),
    "is_candidate": ("", "row meets every requirement of the selection"),
    "is_target": ("", "row is TOI-6894 b, which enters no fit"),
    "label": ("", "training label: binary-like, planet-like, empty for neither"),
    "label_reference": ("", "where the label comes from"),
    "P_binary_like": ("", "probability of the label binary-like, model as specified"),
    "scored_out_of_fold": ("", "the probability comes from models that never saw the row"),
    "fold": ("", "cross-validation fold; -1 for a row in none"),
    "P_in_sample": ("", "the same probability from the model trained on all rows"),
    "P_without_mass_ratio": ("", "probability without log q among the features"),
    "P_without_mass_ratio_and_method": ("", "probability without log q and detection method"),
    "eccentricity_imputed": ("", "eccentricity missing, the mean was used"),
    "metallicity_imputed": ("", "metallicity missing, the mean was used"),
    "partial_percent": ("", "share of the candidates that was processed, in per cent"),
}
TITLES = {
    "vlms_companions_stacked": "Companions of very-low-mass stars: the stacked catalogue",
    "objects_with_probs": "Candidates with label probabilities and mixture memberships",
}


def write(directory: Path, context: Context, columns: Any, sample: Any, tides: Any, origin: Any, mixture: Any) -> None:
    """Write vlms_companions_stacked.ecsv and objects_with_probs.ecsv."""
    schema = {row["name"]: (row["unit"], row["description"]) for row in columns.table.to_dict("records")}
    frames = {"vlms_companions_stacked": stacked_table(sample.table, tides.objects), "objects_with_probs": objects_table(origin.objects, mixture)}
    for stem, frame in frames.items():
        if context.partial:
            frame = frame.assign(partial_percent=context.percent)
        table = described_table(frame, schema)
        table.meta = {"title": TITLES[stem], **({"partial": context.stamp} if context.partial else {})}
        table.write(directory / f"{stem}.ecsv", format="ascii.ecsv", delimiter=",")


def _meaning(name: str, schema: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Unit and description of a column; those of the mixture's columns follow from their names."""
    if name.startswith("mixture_"):
        words = name.removeprefix("mixture_").split("_")
        kind = "component of highest responsibility" if words[0] == "label" else "responsibility of a component"
        return "", f"mixture, {' '.join(words[1:]) or 'all'}: {kind}"
    return DESCRIPTIONS.get(name) or schema.get(name) or ("", "")


def described_table(frame: Any, schema: dict[str, tuple[str, str]]) -> Any:
    """A DataFrame as astropy Table: numbers of ten significant digits as in the CSV, missing values masked, units and descriptions."""
    import pandas as pd
    from astropy.table import MaskedColumn, Table

    table = Table()
    for name in frame.columns:
        column, missing = frame[name], frame[name].isna().to_numpy()
        if pd.api.types.is_bool_dtype(column.dtype):
            values, kind = [bool(value) for value in column], bool
        elif pd.api.types.is_integer_dtype(column.dtype):
            values, kind = [0 if lost else int(value) for value, lost in zip(column, missing, strict=True)], int
        elif pd.api.types.is_numeric_dtype(column.dtype):
            values, kind = [math.nan if lost else float(f"{value:.10g}") for value, lost in zip(column, missing, strict=True)], float
        else:
            values, kind = ["" if lost else str(value) for value, lost in zip(column, missing, strict=True)], str
        unit, description = _meaning(name, schema)
        table[name] = MaskedColumn(values, dtype=kind, mask=missing, unit=unit or None, description=description or None)
    return table
