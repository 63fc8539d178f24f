"""Frozen ensembles: outcomes of a finished sweep in one file, and the same read back with the triples they belong to.

`data/frozen/simulations/ensemble_<tag>.npz` holds per system, in float64, what decides its outcome (STORED), its reason and the attempts of its draw.
The triples themselves are not stored: they follow from the number and the draw parameters, which the file carries with their column
means, so that changed draws are noticed.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import cache
from analysis.config import EnsembleConfig
from analysis.errors import InputError
from analysis.migration.chunks import finished, read_settings
from analysis.migration.frozen import SIMULATIONS, environment, record, verified
from analysis.migration.secular.batch import cpu_family, draw_parameters, draws_digest
from analysis.migration.secular.draws import draw_systems
from analysis.migration.secular.triple import SYSTEM, column

__all__ = ["RECIPES", "STORED", "Frozen", "freeze", "frozen_path", "load"]

# What each named ensemble changes; it starts from the same triples as the default one. The floor of averaging is applied to the outcomes
# (smallest_averaging_ratio), not to the runs, so that every threshold can be read off one ensemble.
_BASE: dict[str, Any] = {"averaging_floor": 0.0}
RECIPES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "default": {"secular": {**_BASE}},
    "lag_short": {"secular": {**_BASE, "companion_lag": 0.1}},
    "lag_long": {"secular": {**_BASE, "companion_lag": 10.0}},
    "spin_pseudo": {"secular": {**_BASE, "companion_spin": "pseudo_synchronous"}},
    "time_5gyr": {"secular": {**_BASE}, "ensemble": {"time_limit": 5.0}},
    "tolerance_loose": {"secular": {**_BASE, "tolerance": 1e-9}},
    "tolerance_tight": {"secular": {**_BASE, "tolerance": 1e-11}},
}
STORED: Final = (
    "final_axis", "final_eccentricity", "end_time", "crossing_first", "crossing_second", "crossing_last", "smallest_periapsis_share", "close_time",
    "quench_time", "smallest_averaging_ratio", "final_inclination", "steps",
)
DRIFTS = ("constraint_drift", "orthogonality_drift")


@dataclass(frozen=True)
class Frozen:
    """A frozen ensemble of n triples, numbers 0 ... n - 1."""

    tag: str
    about: dict[str, Any]  # settings, kernel digest, processor family, CPU time
    systems: np.ndarray  # (n, len(SYSTEM))
    outcome: dict[str, np.ndarray]  # STORED, each (n,) float64
    reason: np.ndarray  # (n,) int64
    attempts: np.ndarray  # (n,) int64


def frozen_path(tag: str, folder: Path = SIMULATIONS) -> Path:
    """File of the frozen ensemble of this name."""
    return folder / f"ensemble_{tag}.npz"


def _means(systems: np.ndarray) -> list[float]:
    return [float(value) for value in np.nanmean(systems, axis=0)]


def _drawn(settings: dict[str, Any], n: int) -> np.ndarray:
    config = EnsembleConfig(**settings["draws"])
    return draw_systems(np.arange(n), config, settings["host_mass_msun"], settings["companion_mass_msun"])[0]


def freeze(tag: str, folder: Path, systems: int | None = None, target: Path = SIMULATIONS) -> tuple[Path, dict[str, Any]]:
    """(path, MANIFEST entry) of the frozen outcomes of the sweep in `folder`: its systems 0 ... n - 1, all that are finished in a row by default.

    The kernel digest is that of the code that ran; a build tells when the present code is another. Raises InputError for a folder without a
    sweep, one whose triples are drawn differently now, one with other settings than the tag's recipe, or fewer finished systems than asked for.
    """
    stored = read_settings(folder)
    if stored is None:
        raise InputError(f"{folder}: no sweep there; run it first with the same --tag, or name its folder with --out.")
    if stored.get("drawn_by") != draws_digest():
        raise InputError(f"{folder}: its triples were drawn by other source files than the present ones; run the sweep again before freezing it.")
    if tag in RECIPES and stored.get("overrides") != json.loads(json.dumps(RECIPES[tag])):
        raise InputError(f"{folder} was made with other settings than those of '{tag}'; run the sweep without --set, or freeze it under another --tag.")
    parts, reached = [], 0
    for chunk in finished(folder, stored["digest"], 0, systems or 2**40):
        if chunk.start > reached:
            break
        inside = slice(reached - chunk.start, None)
        parts.append((chunk.attempts[inside], chunk.record[inside], chunk.reason[inside], chunk.cpu_s * (chunk.stop - reached) / (chunk.stop - chunk.start)))
        reached = chunk.stop
    if reached < (systems or 1):
        raise InputError(f"{folder} holds the first {reached} systems; expected {systems or 'some'}: go on with the sweep first.")
    n = systems or reached
    attempts, values, reason = (np.concatenate([part[i] for part in parts])[:n] for i in range(3))
    seconds = sum(part[3] for part in parts) / reached
    about = {
        "tag": tag, "systems": n, "settings": stored["settings"], "overrides": stored.get("overrides", {}), "kernel": stored["kernel"],
        "processor": cpu_family(), "drawn_means": _means(_drawn(stored["settings"], n)), "cpu_s_per_system": round(seconds, 5),
        "largest": {name: float(np.nanmax(values[:, column(name)])) for name in DRIFTS},
    }
    columns = {name: values[:, column(name)] for name in STORED}
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, about=np.array(json.dumps(about, sort_keys=True)), reason=reason.astype(np.int8), attempts=attempts.astype(np.int32), **columns
    )
    path = frozen_path(tag, target)
    cache.write_atomic(path, buffer.getvalue())
    entry = record(
        path, made_by=f"just sweep --tag {tag} --systems {n}; just sweep freeze --tag {tag}", columns=["reason", "attempts", *STORED],
        environment=environment("numpy", "numba", "scipy"), seed=stored["settings"]["draws"]["seed"], **about,
    )
    return path, entry


def load(tag: str, folder: Path = SIMULATIONS) -> Frozen:
    """A frozen ensemble, checksum and draws verified; InputError when it is missing, damaged, or its triples are drawn differently now."""
    path = verified(frozen_path(tag, folder))
    with np.load(path, allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
        outcome = {name: stored[name] for name in STORED}
        reason, attempts = stored["reason"].astype(np.int64), stored["attempts"].astype(np.int64)
    unknown = set(about["settings"]["draws"]) ^ set(draw_parameters())
    systems = _drawn(about["settings"], reason.size) if not unknown else np.empty((0, len(SYSTEM)))
    if unknown or not np.allclose(_means(systems), about["drawn_means"], rtol=1e-9, atol=0):
        raise InputError(f"{path}: the triples of this ensemble are drawn differently now; expected the draws it was made with. Run its recipe again.")
    return Frozen(tag, about, systems, outcome, reason, attempts)
