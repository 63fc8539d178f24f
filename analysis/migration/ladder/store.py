"""Level 2 on the draws of level 0: integrated in chunks that are kept on disk, frozen in one file, read back, and repeated in part.

`data/frozen/simulations/ladder.npz` holds, per draw in the order of `ladder.draws.triples`, the reason and the values of STORED in single
precision, together with the settings and the digest of the code that made them. The floor of averaging is applied to the outcomes and not
to the runs, so that every threshold can be read off one table.
"""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import cache
from analysis.config import EnsembleConfig, KozaiConfig, LadderConfig, SecularConfig
from analysis.constants import MJUP_MSUN
from analysis.migration.chunks import Chunk, finished, gaps, open_folder, write_chunk
from analysis.migration.frozen import SIMULATIONS, environment, record, verified
from analysis.migration.ladder.draws import triples
from analysis.migration.schedule import on_threads
from analysis.migration.secular.batch import cpu_family
from analysis.migration.secular.evolve import evolve
from analysis.migration.secular.physics import physics_vector
from analysis.migration.secular.triple import PHYSICS, RECORD, column
from analysis.progress import meter

__all__ = ["LADDER", "STORED", "Draws", "Job", "compact", "freeze", "integrate", "job_of", "ladder_digest", "load", "run_digest", "sweep"]

LADDER = SIMULATIONS / "ladder.npz"
CHUNK = 512
STORED: Final = (
    "final_axis", "final_eccentricity", "crossing_first", "crossing_second", "crossing_last", "smallest_periapsis_share", "smallest_averaging_ratio",
    "close_time",
)
KERNEL_MODULES = ("analysis.migration.secular.evolve", "analysis.migration.ladder.draws")
GRID = (
    "outer_mass_min", "outer_mass_max", "outer_axis_min", "outer_axis_max", "mass_cells", "axis_cells", "inner_axis", "outer_eccentricity_max", "seed",
)


@dataclass(frozen=True)
class Job:
    """The triples of the sub-grid, their physics, and the settings that decide every outcome, exact in JSON."""

    systems: np.ndarray  # (n, len(SYSTEM))
    physics: np.ndarray  # (len(PHYSICS),)
    settings: dict[str, Any]


@dataclass(frozen=True)
class Draws:
    """Outcomes of n draws and where they come from."""

    reason: np.ndarray  # (n,) int8 of triple.REASONS
    values: dict[str, np.ndarray]  # STORED, each (n,) float32: au, -, yr, yr, yr, r_t, epsilon_SA, yr
    about: dict[str, Any]  # settings, kernel digest, processor, CPU time


def ladder_digest() -> str:
    """Digest of every source file behind the draws and their integration."""
    return cache.digest({module: cache.source_digest(module) for module in KERNEL_MODULES})


def run_digest(job: Job) -> str:
    """Digest of settings and code of a run; the number of draws is left out, so that a longer run adds to a shorter one."""
    draws = {name: value for name, value in job.settings["draws"].items() if name != "draws"}
    return cache.digest({"settings": {**job.settings, "draws": draws}, "kernel": ladder_digest()})


def job_of(config: LadderConfig, kozai: KozaiConfig, secular: SecularConfig, ensemble: EnsembleConfig, target: Any) -> Job:
    """The level-2 integrations of a configuration for the target's values; raises InputError for settings without a meaning."""
    host, companion = target.values["host_mass_msun"], target.values["companion_mass_mjup"] * MJUP_MSUN
    physics = physics_vector(replace(secular, averaging_floor=0.0), target, kozai.time_limit)
    chosen = {
        "draws": {
            **{name: asdict(kozai)[name] for name in GRID}, **{name: asdict(config)[name] for name in ("stride", "offset", "draws")},
            "inner_eccentricity": ensemble.inner_eccentricity,
        },
        "host_mass_msun": float(host),
        "companion_mass_msun": float(companion),
        "physics": dict(zip(PHYSICS, (float(value) for value in physics), strict=True)),
    }
    return Job(triples(config, kozai, ensemble.inner_eccentricity, host, companion), physics, chosen)


def compact(full: np.ndarray, reason: np.ndarray, about: dict[str, Any]) -> Draws:
    """What is kept of records (n, len(RECORD)) and reasons (n,)."""
    values = {name: full[:, column(name)].astype(np.float32) for name in STORED}
    return Draws(reason.astype(np.int8), values, about)


def integrate(job: Job, rows: np.ndarray, threads: int) -> Draws:
    """Outcomes of these rows of the job, integrated now; the result does not depend on `threads`."""
    full, reason = np.zeros((rows.size, len(RECORD))), np.zeros(rows.size, np.int64)

    def part(span: slice) -> None:
        evolve(np.ascontiguousarray(job.systems[rows[span]]), job.physics, full[span], reason[span])

    edges = np.linspace(0, rows.size, threads + 1).astype(int)
    for _ in on_threads(part, [slice(start, stop) for start, stop in pairwise(edges) if stop > start], threads):
        pass
    return compact(full, reason, {})


def sweep(job: Job, folder: Path, threads: int, chunk: int = CHUNK) -> Draws:
    """Outcomes of the whole job on `threads` threads, each chunk kept in `folder` as soon as it is done, so that a second call goes on there.

    Raises InputError for a folder of other settings or code; KeyboardInterrupt passes through.
    """
    n = len(job.systems)
    digest = run_digest(job)
    open_folder(folder, digest, {"settings": job.settings})
    done = list(finished(folder, digest, 0, n))

    def run(span: tuple[int, int]) -> Chunk:
        start, stop = span
        begin = time.thread_time()
        full, reason = np.zeros((stop - start, len(RECORD))), np.zeros(stop - start, np.int64)
        evolve(np.ascontiguousarray(job.systems[start:stop]), job.physics, full, reason)
        return Chunk(start, stop, np.ones(stop - start, np.int64), full, reason, time.thread_time() - begin)

    results: Iterator[Chunk] = on_threads(run, gaps([(part.start, part.stop) for part in done], 0, n, chunk), threads)
    with meter("ladder", n, sum(part.stop - part.start for part in done), "draws") as bar:
        for result in results:
            write_chunk(folder, digest, result)
            done.append(result)
            bar.update(result.stop - result.start)
    full, reason = np.zeros((n, len(RECORD))), np.zeros(n, np.int64)
    seconds = 0.0
    for part in done:
        inside = min(part.stop, n) - part.start
        full[part.start : part.stop], reason[part.start : part.stop] = part.record[:inside], part.reason[:inside]
        seconds += part.cpu_s * inside / (part.stop - part.start)
    about = {"settings": job.settings, "kernel": ladder_digest(), "processor": cpu_family(), "cpu_s_per_draw": round(seconds / n, 5)}
    return compact(full, reason, about)


def freeze(draws: Draws, path: Path = LADDER) -> dict[str, Any]:
    """Write a finished ladder without pickle, enter it in the MANIFEST beside it, and return its entry."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, about=np.array(json.dumps(draws.about, sort_keys=True)), reason=draws.reason, **draws.values)
    cache.write_atomic(path, buffer.getvalue())
    return record(
        path, made_by="python -m analysis.migration.ladder.stage", columns=["reason", *STORED], systems=int(draws.reason.size),
        environment=environment("numpy", "numba", "scipy"), seed=draws.about["settings"]["draws"]["seed"], **draws.about,
    )


def load(path: Path = LADDER) -> Draws:
    """A frozen ladder, checksum verified; InputError when it is missing, damaged or not listed."""
    with np.load(verified(path), allow_pickle=False) as stored:
        values = {name: stored[name] for name in STORED}
        return Draws(stored["reason"], values, json.loads(str(stored["about"])))
