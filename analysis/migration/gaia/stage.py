"""Companions of the hosts in Gaia DR3's non-single-star tables: which solutions hold, and what each implies for the migration of the known companion.

A host that was not asked for has no answer; a host without a solution has not been shown to be single, because DR3 lists orbits up to its time
span and of well-behaved sources alone. What DR3 would have shown of the target is the matter of `companion_limits`.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import GaiaConfig, KozaiConfig, LimitingConfig, OccurrenceConfig, TidesConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, YEAR_DAYS, G
from analysis.migration.gaia.feasibility import judged, largest_stable_axis, spread
from analysis.migration.gaia.implied import End, implied
from analysis.migration.gaia.quality import KINDS, failed_cuts, solution_kind
from analysis.migration.kozai.feasibility import System
from analysis.migration.kozai.shortrange import OUTCOMES
from analysis.migration.stars.tracks import track_radius

__all__ = ["HOST_COLUMNS", "PERTURBER_COLUMNS", "VERDICTS", "GaiaCompanions", "run"]

# What can be said of a host or of one of its solutions; the first that applies.
VERDICTS = ("no identifier", "not asked", "not in DR3", "no solution", "rejected", "the known companion", "inside the known orbit", "perturber")
TEXTS = ("host_name", "gaia_dr3_id", "solution_type", "kind", "verdict", "failed_cuts")
COPIED = (
    "parallax_mas", "g_mag", "ruwe", "non_single_star", "rv_amplitude_kms", "period_day", "eccentricity", "photocentre_axis_mas", "photocentre_axis_mas_err",
    "semi_amplitude_kms", "significance", "goodness_of_fit",
)
HOST_COLUMNS = (*TEXTS, "host_mass_msun", *COPIED, "ruwe_high")
RANGES = ("mass_msun", "axis_au", "kozai_time_yr")
PERTURBER_COLUMNS = (
    "host_name", "companion_name", "solution_type", "end", "companion_mass_mjup", *(f"{name}{part}" for name in RANGES for part in ("", "_low", "_high")), "possible_share",
    "largest_stable_axis_au", "birth_axis_au", "time_gyr", "in_time_share", "stable_share", "level_0_share", *(f"level_1_{name}" for name in OUTCOMES),
    "averaging_doubtful_share",
)


@dataclass(frozen=True)
class GaiaCompanions:
    """`hosts`: a row per host and solution, one for a host without any; `perturbers`: a row per accepted outer solution, known companion and end."""

    hosts: pd.DataFrame
    perturbers: pd.DataFrame
    summary: dict[str, Any]


def run(
    config: GaiaConfig, *, gaia: Any, sample: Any, kozai_config: KozaiConfig | None = None, limiting_config: LimitingConfig | None = None,
    tides_config: TidesConfig | None = None, occurrence_config: OccurrenceConfig | None = None,
) -> GaiaCompanions:
    """Cuts, matches, implied perturbers and their feasibility for the hosts of `sample`. Deterministic, in any order of rows."""
    kozai, limiting, tides = kozai_config or KozaiConfig(), limiting_config or LimitingConfig(), tides_config or TidesConfig()
    survey = occurrence_config or OccurrenceConfig()
    table = sample.table.sort_values("object_id", kind="stable")
    solutions = {host: group.to_dict("records") for host, group in gaia.table.groupby("host_name", sort=True)}
    hosts, perturbers = [], []
    for host, companions in table.groupby("host_name", sort=True):
        known = companions.to_dict("records")
        mass = next((row["host_mass_msun"] for row in known if row["host_mass_msun"] > 0), math.nan)
        for row in solutions.get(host) or [_unasked(host, known)]:
            entry = _entry(row, mass, survey)
            if entry["verdict"] == "solution":
                judgement, found = _judged(row, known, config, kozai, limiting, tides, survey)
                entry |= judgement
                perturbers += found
            hosts.append(entry)
    frame = _frame(hosts, HOST_COLUMNS, TEXTS)
    implied_table = _frame(perturbers, PERTURBER_COLUMNS, PERTURBER_COLUMNS[:4])
    return GaiaCompanions(frame, implied_table, _summary(frame, implied_table, gaia, survey))


def _judged(
    row: Mapping[str, Any], known: list[dict[str, Any]], config: GaiaConfig, kozai: KozaiConfig, limiting: LimitingConfig, tides: TidesConfig,
    survey: OccurrenceConfig,
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """(verdict and failed cuts, rows of `perturbers`) of a solution around a host with these known companions; a perturber is one of all of them."""
    failed = failed_cuts(row, config)
    if failed:
        return {"verdict": "rejected", "failed_cuts": ", ".join(failed)}, []
    verdicts, rows = [], []
    for companion in known:
        ends = _ends(row, config, companion, kozai, survey)
        if not ends:
            return {"verdict": "rejected", "failed_cuts": "no perturber in range"}, []
        verdicts.append(_relation(row, ends, companion, config))
        if verdicts[-1] == "perturber":
            rows += _feasibility(row, ends, companion, kozai, limiting, tides)
    verdict = min(verdicts, key=VERDICTS.index)
    return {"verdict": verdict}, rows if verdict == "perturber" else []


def _unasked(host: str, known: list[dict[str, Any]]) -> dict[str, Any]:
    """A row for a host that the cross-match does not hold."""
    named = next((str(row["gaia_dr3_id"]) for row in known if isinstance(row.get("gaia_dr3_id"), str) and row["gaia_dr3_id"]), "")
    return {"host_name": host, "gaia_dr3_id": named.removeprefix("Gaia DR3 "), "asked_on": "", "solution_type": "", "in_gaia_source": math.nan}


def _entry(row: Mapping[str, Any], mass: float, survey: OccurrenceConfig) -> dict[str, Any]:
    """A row of `hosts` without judgement; the verdict "solution" is still to be replaced."""
    text = {name: row.get(name) if isinstance(row.get(name), str) else "" for name in ("gaia_dr3_id", "asked_on", "solution_type")}
    if not text["gaia_dr3_id"]:
        verdict = "no identifier"
    elif not text["asked_on"]:
        verdict = "not asked"
    elif row["in_gaia_source"] != 1:
        verdict = "not in DR3"
    else:
        verdict = "solution" if text["solution_type"] else "no solution"
    ruwe = row.get("ruwe", math.nan)
    return {
        "host_name": row["host_name"], "gaia_dr3_id": text["gaia_dr3_id"], "solution_type": text["solution_type"],
        "kind": solution_kind(row) if verdict == "solution" else "", "verdict": verdict, "failed_cuts": "", "host_mass_msun": mass,
        **{name: row.get(name, math.nan) for name in COPIED}, "ruwe_high": float(ruwe > survey.unit_weight_error) if math.isfinite(ruwe) else math.nan,
    }


def _stream(*names: str) -> int:
    return zlib.crc32("/".join(names).encode())


def _ends(row: Mapping[str, Any], config: GaiaConfig, companion: Mapping[str, Any], kozai: KozaiConfig, survey: OccurrenceConfig) -> list[End]:
    errors = [abs(companion[f"host_mass_msun_{side}"]) for side in ("err_up", "err_down") if math.isfinite(companion.get(f"host_mass_msun_{side}", math.nan))]
    return implied(
        row, config, companion["host_mass_msun"], float(np.mean(errors)) if errors else 0.0, _companion_mass(companion), span_yr=survey.gaia_span,
        largest_axis=kozai.outer_axis_max, heaviest=kozai.outer_mass_max, eccentricity_limit=kozai.outer_eccentricity_max,
        stream=_stream(row["gaia_dr3_id"], row["solution_type"]),
    )


def _companion_mass(companion: Mapping[str, Any]) -> float:
    mass = companion["companion_mass_mjup"]
    return mass * MJUP_MSUN if mass > 0 else 0.0


def _relation(row: Mapping[str, Any], ends: list[End], companion: Mapping[str, Any], config: GaiaConfig) -> str:
    """Whether a solution is the known companion itself, lies inside its orbit, or is a perturber outside it.

    A motion without a period is the known companion's as soon as that one is wide enough to make it.
    """
    axis, period = companion["semimajor_axis_au"], companion["orbital_period_day"]
    if not period > 0 and axis > 0:
        period = YEAR_DAYS * 2 * math.pi * math.sqrt(axis**3 / (G * (companion["host_mass_msun"] + _companion_mass(companion))))
    nearest = float(np.median(ends[0].axis))
    if solution_kind(row) in KINDS[1:4:2]:
        return "the known companion" if axis >= nearest else "perturber"
    if period > 0 and abs(row["period_day"] - period) <= config.same_period * period:
        return "the known companion"
    return "inside the known orbit" if axis >= nearest else "perturber"


def _system(companion: Mapping[str, Any], tides: TidesConfig) -> System | None:
    """The inner binary of a companion; None where a mass is missing or no radius is known for the host."""
    mass, own = companion["host_mass_msun"], _companion_mass(companion)
    radius = companion["host_radius_rsun"] if companion["host_radius_rsun"] > 0 else float(track_radius(mass, tides.default_age))
    if not (mass > 0 and own > 0 and radius > 0):
        return None
    planet = companion["companion_radius_rjup"] if companion["companion_radius_rjup"] > 0 else 1.0
    return System(mass, own, radius * RSUN_AU, planet * RJUP_AU, companion["semimajor_axis_au"], "catalogue or BHAC15 track")


def _feasibility(
    row: Mapping[str, Any], ends: list[End], companion: Mapping[str, Any], kozai: KozaiConfig, limiting: LimitingConfig, tides: TidesConfig,
) -> list[dict[str, Any]]:
    """Rows of `perturbers` for one solution and one known companion."""
    system, rows = _system(companion, tides), []
    age = companion["host_age_gyr"]
    time = min(kozai.time_limit, age) if age > 0 else kozai.time_limit
    for end in ends:
        entry = {"host_name": row["host_name"], "companion_name": companion["companion_name"], "solution_type": row["solution_type"], "end": end.name}
        entry["companion_mass_mjup"] = companion["companion_mass_mjup"]
        entry |= _ranged("mass_msun", spread(end.mass)) | _ranged("axis_au", spread(end.axis)) | {"possible_share": end.possible}
        if system is not None:
            inner = system.host_mass + system.companion_mass
            stable = float(np.median(largest_stable_axis(inner, end.mass, end.axis, end.eccentricity)))
            # where the map's birth axis would be torn apart, the widest orbit that this perturber leaves in peace
            birth = min(kozai.inner_axis, stable)
            stream = _stream(row["gaia_dr3_id"], row["solution_type"], companion["object_id"], end.name)
            found = judged(system, kozai, limiting, birth, time, end.mass, end.axis, end.eccentricity, stream)
            entry |= {"largest_stable_axis_au": stable, **_ranged("kozai_time_yr", found.pop("kozai_time_yr"))}
            entry |= {f"level_1_{name}": share for name, share in found.pop("level_1").items()} | found
        rows.append(entry)
    return rows


def _ranged(name: str, found: Mapping[str, float]) -> dict[str, float]:
    return {name: found["median"], f"{name}_low": found["low"], f"{name}_high": found["high"]}


def _frame(rows: list[dict[str, Any]], columns: tuple[str, ...], texts: tuple[str, ...]) -> pd.DataFrame:
    """A DataFrame with every column in its type, also without rows."""
    return pd.DataFrame(
        {
            name: pd.array([row.get(name) or "" for row in rows], dtype="str") if name in texts
            else np.array([row.get(name, math.nan) for row in rows], dtype=float)
            for name in columns
        }
    )


def _summary(hosts: pd.DataFrame, perturbers: pd.DataFrame, gaia: Any, survey: OccurrenceConfig) -> dict[str, Any]:
    """The ledger of hosts, the counts of solutions, and one sentence that says what was asked."""
    first = hosts.drop_duplicates("host_name")
    identified = first[first["gaia_dr3_id"] != ""]
    asked = identified[identified["verdict"] != "not asked"]
    present = asked[asked["verdict"] != "not in DR3"]
    solved = hosts[hosts["solution_type"] != ""]
    accepted = solved[solved["verdict"] != "rejected"]
    outside = accepted[accepted["verdict"] == "perturber"]
    ledger = [
        ("hosts", "hosts in the mass range, and TOI-6894", len(first)),
        ("identifier", "with a Gaia DR3 identifier", len(identified)),
        ("asked", "asked for", len(asked)),
        ("in_gaia_source", "in gaia_source", len(present)),
        ("ruwe_high", f"RUWE above {survey.unit_weight_error:g}", int((present["ruwe_high"] == 1).sum())),
        *(
            (f"solution_{kind.replace(' ', '_')}", f"with a solution: {kind}", int(solved.loc[solved["kind"] == kind, "host_name"].nunique()))
            for kind in KINDS
        ),
        ("solution", "with any solution", int(solved["host_name"].nunique())),
        ("accepted", "with a solution that passes every cut", int(accepted["host_name"].nunique())),
        ("perturber", "of these, outside the known companions", int(outside["host_name"].nunique())),
    ]
    counts: dict[str, int | None] = {name: count for name, _, count in ledger}
    if not counts["asked"]:  # nobody was asked, so that none of the later steps has a number, not even zero
        counts |= dict.fromkeys(list(counts)[3:])
    return {
        "ledger": [{"step": name, "meaning": meaning, "hosts": counts[name]} for name, meaning, _ in ledger],
        "hosts": counts,
        "solutions": {
            "listed": len(solved) if len(asked) else None, "accepted": len(accepted) if len(asked) else None, "verdicts": {name.replace(" ", "_"): int((hosts["verdict"] == name).sum()) for name in VERDICTS},
        },
        "statement": _statement(counts),
        "source": {"asked": bool(gaia.about["asked"]), "frozen": bool(gaia.about["frozen"]), **{
            name: gaia.about["source"].get(name, "") for name in ("file", "sha256", "retrieved")}},
        "baseline_yr": survey.gaia_span, "ruwe_limit": survey.unit_weight_error,
        "feasible": {
            "companions": int(perturbers["companion_name"].nunique()) if len(asked) else None,
            "level_0_largest_share": float(perturbers["level_0_share"].max()) if len(perturbers) else math.nan,
            "level_1_largest_share": float(perturbers["level_1_migrated"].max()) if len(perturbers) else math.nan,
        },
    }


def _statement(counts: Mapping[str, int | None]) -> str:
    """What can be said in one sentence; never that there is no companion where none was looked for."""
    hosts, asked = counts["hosts"], counts["asked"]
    if not asked:
        return f"no host was looked up, because {counts['identifier']} of the {hosts} hosts in the mass range, TOI-6894 included, have an identifier"
    head = f"{asked} of {hosts} hosts were asked for and {counts['in_gaia_source']} are in Gaia DR3"
    if not counts["solution"]:
        return f"{head}; none of these has a non-single-star solution, which does not make them single"
    return f"{head}; {counts['solution']} of these with a non-single-star solution, {counts['accepted']} with one that passes every cut, {counts['perturber']} with a perturber"
