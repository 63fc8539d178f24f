"""explorer.json: what the interactive section of the HTML paper shows, read from the artifacts and rounded to what is shown.

Cards hold text made by the one formatter; positions in the diagrams are log10 values and eccentricities with four decimals. Columns with
probabilities come from a declared list of files, of which all but the first may be missing.
"""

import csv
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.report.explorer_maps import cividis, maps
from analysis.report.figures import style
from analysis.report.files import Context, write_json
from analysis.report.formatting import formatted

__all__ = ["PROBABILITY_FILES", "measured", "probability", "systems", "write"]

Row = dict[str, str]
PROBABILITY_FILES = ("objects_with_probs.csv", "mixture_probabilities.csv", "origin_probabilities.csv")  # a later file wins: it has intervals
COMPONENTS_FILE = "gmm_summary.json"  # where the centres of the components lie, for their names
DECIMALS = 4
MOST_DECIMALS = 8
LARGE = 1e5  # from here on powers of ten are easier to read than digits

MASS_KINDS = {"msini": "minimum mass, M sin i", "mass_radius_relation": "read off a mass–radius relation", "upper_limit": "upper limit"}
RATIO_KINDS = {"msini": "from the minimum mass, M sin i", "mass_radius_relation": "mass read off a mass–radius relation", "upper_limit": "upper limit"}
AXIS_KINDS = {"kepler": "from the period by Kepler's third law", "projected": "projected separation"}
ECCENTRICITY_KINDS = {"upper_limit": "upper limit", "assumed_zero": "set to zero by assumption"}
BOUNDS = {"upper_limit": "<", "msini": "≥"}  # before a value that bounds the true one
CATALOGUES = {"NASA": "NASA Exoplanet Archive", "BD_Catalogue": "Brown Dwarf Companion Catalogue", "TOI": "published values of the target"}
# One line per model: where the file with intervals holds it too, its estimate takes the place of the other, as in the text.
ORIGIN_WORDS = {
    "binary_like": "as specified", "specified": "as specified", "method_alone": "from the method alone",
    "without_mass_ratio": "without mass ratio", "without_mass_ratio_and_method": "without mass ratio and method", "anchors": "trained on the anchors",
}
IN_SAMPLE = "P_in_sample"  # by a model that has seen the companion: it says how well the model fits, not what the companion is
PLACES = {2: ("inner", "outer"), 3: ("inner", "middle", "outer")}


def _value(row: Row, name: str) -> float | None:
    text = row.get(name, "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def plain(value: float) -> str:
    """A value without an error: up to four significant digits without trailing zeros, powers of ten outside 0.0001 to 100000."""
    if value and not 1e-4 <= abs(value) < LARGE:
        return formatted(value, "scientific:2")
    text = formatted(value, "significant:4")
    return text.rstrip("0").rstrip(".") if "." in text else text


def measured(row: Row, name: str) -> str | None:
    """Value and errors, rounded to two digits of the smaller error; "< " or "> " before a limit; None where the value is missing."""
    value = _value(row, name)
    if value is None:
        return None
    limit = _value(row, f"{name}_limit") or 0
    errors = [_value(row, f"{name}_err_{end}") for end in ("up", "down")]
    if limit or not all(errors):
        return {1: "< ", -1: "> "}.get(int(limit), "") + plain(value)
    up, down = (abs(error or 0) for error in errors)
    digits = min(max(1 - math.floor(math.log10(min(up, down))), 0), MOST_DECIMALS)
    middle, above, below = (formatted(item, f"fixed:{digits}") for item in (value, up, down))
    return f"{middle} ± {above}" if above == below else f"{middle} (+{above}, −{below})"


def probability(value: float) -> str:
    """Three decimals; "< 0.001" and "> 0.999", on one line, at the ends."""
    return "<\u00a00.001" if value < 5e-4 else ">\u00a00.999" if value >= 0.9995 else formatted(value, "fixed:3")


def _share(row: Row, name: str) -> str | None:
    value, low, high = (_value(row, f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return None
    return probability(value) if low is None or high is None else f"{probability(value)} ({probability(low)} to {probability(high)})"


@dataclass(frozen=True)
class Field:
    """One line of a card; `text` reads it from an object's row, and `always` says that a missing value is named, not left out."""

    group: str
    label: str
    text: Callable[[Row], str | None]
    always: bool = False


def _number(group: str, label: str, name: str, unit: str = "", kinds: tuple[str, dict[str, str]] = ("", {})) -> Field:
    def text(row: Row) -> str | None:
        found = measured(row, name)
        if found is None:
            return None
        kind = row.get(kinds[0], "")
        note, bound = kinds[1].get(kind, ""), BOUNDS.get(kind)
        if bound and not found.startswith(("<", ">")):
            found = f"{bound} {found}"
        return found + (f"\u00a0{unit}" if unit else "") + (f" ({note})" if note and note != "upper limit" else "")

    return Field(group, label, text, always=True)


def _text(group: str, label: str, name: str, words: dict[str, str] | None = None) -> Field:
    return Field(group, label, lambda row: (words or {}).get(row.get(name, ""), row.get(name, "")) or None)


def _years(label: str, name: str) -> Field:
    def text(row: Row) -> str | None:
        value = _value(row, name)
        return None if value is None else f"{formatted(value, 'scientific:2')} yr"

    return Field("Tides", label, text)


def _circularisation(row: Row) -> str | None:
    low, high = (_value(row, f"circularisation_{end}_q_yr") for end in ("low", "high"))
    return None if low is None or high is None else f"{formatted(low, 'scientific:2')} to {formatted(high, 'scientific:2')} yr"


def _tidal_inputs(row: Row) -> str | None:
    age = _value(row, "tidal_age_gyr")
    radius = row.get("tidal_radius_source", "")
    return None if age is None else f"age {plain(age)} Gyr ({row.get('tidal_age_source', '')}), host radius ({radius})"


def _efficient(row: Row) -> str | None:
    known = {"efficient": "yes", "inefficient": "no"}.get(row.get("migration_class", ""))
    return known or ("not known: the host has no age" if row.get("tidal_age_source") == "default" else None)


def _year(row: Row) -> str | None:
    value = _value(row, "discovery_year")
    return None if value is None else f"{value:.0f}"


def role(row: Row) -> str:
    """What the row is in the analysis, in words."""
    if row["is_target"] == "True":
        return "target, enters no fit"
    return "candidate" if row["is_candidate"] == "True" else "no candidate: fails a cut or was excluded"


FIXED = (
    _number("Companion", "mass", "companion_mass_mjup", "MJup", ("mass_kind", MASS_KINDS)),
    _number("Companion", "mass ratio q", "mass_ratio", "", ("mass_kind", RATIO_KINDS)),
    _number("Companion", "semi-major axis", "semimajor_axis_au", "au", ("semimajor_axis_kind", AXIS_KINDS)),
    _number("Companion", "eccentricity", "eccentricity", "", ("eccentricity_kind", ECCENTRICITY_KINDS)),
    _number("Companion", "period", "orbital_period_day", "d"),
    _number("Companion", "radius", "companion_radius_rjup", "RJup"),
    _number("Host", "mass", "host_mass_msun", "M⊙"),
    _number("Host", "radius", "host_radius_rsun", "R⊙"),
    _number("Host", "temperature", "host_teff_k", "K"),
    _number("Host", "[Fe/H]", "metallicity", "dex"),
    _number("Host", "age", "host_age_gyr", "Gyr"),
    _number("Host", "distance", "distance_pc", "pc"),
    _years("orbital decay", "tidal_timescale_proxy"),
    Field("Tides", "decay over age", lambda row: None if (value := _value(row, "migration_efficiency")) is None else plain(value)),
    Field("Tides", "efficient migrator", _efficient),
    Field("Tides", "circularisation", _circularisation),
    Field("Tides", "computed with", _tidal_inputs),
    Field("Record", "role", role),
    _text("Record", "catalogue", "data_source", CATALOGUES),
    _text("Record", "row", "source_row"),
    _text("Record", "method", "discovery_method"),
    Field("Record", "year", _year),
    _text("Record", "reference", "reference"),
    _text("Record", "reference of the age", "host_age_reference"),
    Field("Record", "flags", lambda row: row.get("flags", "").replace(";", "; ") or "none"),
)


def _read(path: Path) -> list[Row]:
    try:
        with open(path, newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except FileNotFoundError:
        return []


def _components(artifacts: Path) -> dict[tuple[int, int], str]:
    """Label of component j of k, both counted from one: where it lies, innermost to outermost, with the axis of its centre."""
    try:
        content = json.loads((artifacts / COMPONENTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    labels = {}
    for k, places in PLACES.items():
        centres = [part["mean_log_a"] for part in (content.get("components") or {}).get(str(k)) or []]
        for place, j in zip(places, sorted(range(len(centres)), key=centres.__getitem__), strict=False):
            labels[k, j + 1] = f"{place} of {k}, near {formatted(10 ** centres[j], 'significant:2')} au"
    return labels


def _probability_label(column: str, components: dict[tuple[int, int], str]) -> tuple[str, str] | None:
    """(group, label) of a column that holds a probability, None for any other."""
    if found := re.fullmatch(r"(?:mixture_responsibility_|probability_)k([23])_(\d+)", column):
        return "Mixture", components.get((int(found[1]), int(found[2])), f"component {found[2]} of {found[1]}")
    if found := re.fullmatch(r"same_label_k([23])", column):
        return "Mixture", f"same component of {found[1]} as hosts are resampled"
    if column == "mass_range_probability":
        return "Mixture", "host inside the mass range"
    if column.startswith("P_") and column != IN_SAMPLE and not column.endswith(("_low", "_high")):
        return "Origin", ORIGIN_WORDS.get(column[2:], column[2:].replace("_", " "))
    return None


def _probability_fields(artifacts: Path, rows: dict[str, Row]) -> tuple[list[Field], list[str]]:
    """Fields of all probability columns that exist, their values joined to `rows` by object_id, and the names of the files read."""
    fields: dict[tuple[str, str], Field] = {}
    components = _components(artifacts)
    used = [COMPONENTS_FILE] if components else []
    for name in PROBABILITY_FILES:
        table = _read(artifacts / name)
        if not table:
            continue
        used.append(name)
        for record in table:
            if record["object_id"] in rows:
                rows[record["object_id"]].update({f"{name}:{column}": text for column, text in record.items()})
        for column in table[0]:
            if place := _probability_label(column, components):
                fields[place] = Field(*place, lambda row, key=f"{name}:{column}": _share(row, key))
    return [fields[place] for place in sorted(fields, key=lambda place: place[0])], used


def _corrections(artifacts: Path) -> dict[str, str]:
    """What the corrections that were applied did to each object, with reason and reference."""
    found: dict[str, list[str]] = {}
    for row in _read(artifacts / "sample_corrections.csv"):
        if row.get("status") == "applied":
            what = f"{row['column']}: " if row["column"] else ""
            found.setdefault(row["object_id"], []).append(f"{what}{row['reason']} [{row['reference']}]")
    return {name: " ".join(texts) for name, texts in found.items()}


def _rounded(row: Row, name: str) -> float | None:
    value = _value(row, name)
    return None if value is None else round(value, DECIMALS)


def systems(artifacts: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]], list[str]]:
    """(fields, systems, files read): the lines of a card, and per row of the stacked table its names, position, bound of the mass and texts (None: missing)."""
    stacked = "vlms_companions_stacked.csv"
    rows = {row["object_id"]: row for row in _read(artifacts / stacked)}
    for record in _read(artifacts / "tides_objects.csv"):
        if record["object_id"] in rows:
            rows[record["object_id"]].update({name: text for name, text in record.items() if name != "object_id"})
    fields, used = _probability_fields(artifacts, rows)
    corrections = _corrections(artifacts)
    remark = Field("Record", "correction or remark", lambda row: corrections.get(row["object_id"]))
    tides = next(i for i, field in enumerate(FIXED) if field.group == "Tides")
    shown = [*FIXED[:tides], *fields, *FIXED[tides:], remark]
    found = [
        {
            "id": row["object_id"], "name": row["companion_name"], "host": row["host_name"], "method": row["discovery_method"],
            "kind": row["eccentricity_kind"], "bound": BOUNDS.get(row["mass_kind"], ""), "target": row["is_target"] == "True", "candidate": row["is_candidate"] == "True",
            "a": _rounded(row, "log_semimajor_axis"), "q": _rounded(row, "log_mass_ratio"), "e": _rounded(row, "eccentricity"),
            "card": [field.text(row) for field in shown],
        }
        for row in sorted(rows.values(), key=lambda row: (row["companion_name"].casefold(), row["object_id"]))
    ]
    return [{"group": f.group, "label": f.label, "always": f.always} for f in shown], found, [stacked, "tides_objects.csv", *used]


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write explorer.json: methods (marker, colour), fields, systems, maps, the colour table and the files all came from."""
    fields, found, used = systems(artifacts)
    content = {
        "methods": [{"name": name, "colour": style.METHOD_COLOURS[name], "marker": marker} for name, marker in style.MARKERS.items()],
        "split": round(math.log10(config.selection.mass_ratio_split), DECIMALS),
        "fields": fields, "systems": found, "maps": maps(artifacts / "feasibility_map.npz", config), "colours": cividis(),
        "sources": [*used, "feasibility_map.npz"],
    }
    write_json(directory / "explorer.json", content, context)
