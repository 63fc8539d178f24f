"""The recipe that integrates an ensemble of triples: `python -m analysis.migration.ensemble.sweep --systems N`, and `... freeze` to keep its outcomes.

Chunks of system numbers go to threads, or to Dask workers, as these become free; every finished chunk is kept on disk, so that an interrupted
sweep goes on where it stopped and a longer one adds to a shorter one. The outcome of a system depends on its number, the settings and the
processor family alone, not on threads, chunks or cluster.
"""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.commands import guarded
from analysis.config import Config, EnsembleConfig, with_overrides
from analysis.constants import MJUP_MSUN
from analysis.errors import InputError
from analysis.inputs import not_empty, set_options
from analysis.migration.chunks import Chunk, finished, gaps, open_folder, read_settings, write_chunk
from analysis.migration.ensemble.store import RECIPES, freeze
from analysis.migration.schedule import on_dask, on_threads, require_dask
from analysis.migration.secular.batch import batch_digest, draws_digest, kernel_digest, run_systems, settings
from analysis.migration.secular.draws import check_priors
from analysis.migration.secular.physics import physics_vector
from analysis.migration.secular.triple import OUTCOME_OF_REASON, OUTCOMES, REASONS
from analysis.progress import meter
from analysis.runtime import CACHE_DIR, ROOT, usable_cores

__all__ = ["Job", "Progress", "job_of", "main", "run_chunk", "sweep"]

CHUNK = 256  # the kernel runs several triples side by side; its last ones of a chunk leave lanes empty, so small chunks cost more
LARGEST = 2**40  # numbers of systems


@dataclass(frozen=True)
class Job:
    """All that a chunk needs beside its range; travels to other processes."""

    config: EnsembleConfig
    physics: tuple[float, ...]
    host_mass: float  # Msun
    companion_mass: float  # Msun
    digest: str  # of the settings and the code that asks


@dataclass
class Progress:
    """What a sweep has done so far."""

    systems: int = 0
    resumed: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    reasons: dict[str, int] | None = None

    def add(self, chunk: Chunk, first: int, stop: int) -> int:
        """Count the systems first ... stop - 1 of a chunk and return how many they are."""
        inside = slice(max(first - chunk.start, 0), min(stop, chunk.stop) - chunk.start)
        counted = np.bincount(chunk.reason[inside], minlength=max(REASONS.values()) + 1)
        self.reasons = {name: (self.reasons or {}).get(name, 0) + int(counted[number]) for name, number in REASONS.items()}
        n = int(counted.sum())
        self.systems += n
        self.cpu_s += chunk.cpu_s * n / (chunk.stop - chunk.start)
        return n

    def outcomes(self) -> dict[str, int]:
        """Systems by outcome."""
        counted = dict.fromkeys(OUTCOMES, 0)
        for name, number in (self.reasons or {}).items():
            counted[OUTCOMES[OUTCOME_OF_REASON[REASONS[name]]]] += number
        return counted


def job_of(config: Config, target: Any) -> tuple[Job, dict[str, Any]]:
    """(job, its settings) of a whole configuration and the target's published or overridden values; InputError for unusable ones."""
    check_priors(config.ensemble)
    physics = physics_vector(config.secular, target, config.ensemble.time_limit)
    host, companion = target.values["host_mass_msun"], target.values["companion_mass_mjup"] * MJUP_MSUN
    chosen = settings(config.ensemble, physics, host, companion)
    return Job(config.ensemble, tuple(float(value) for value in physics), host, companion, batch_digest(chosen)), chosen


def run_chunk(task: tuple[Job, int, int]) -> Chunk:
    """The systems start ... stop - 1 of a job; InputError where the code differs from that of the process that asks."""
    job, start, stop = task
    physics = np.array(job.physics)
    if batch_digest(settings(job.config, physics, job.host_mass, job.companion_mass)) != job.digest:
        raise InputError("a worker has other source files than this process; give all of them the same commit and start them again.")
    _, attempts, record, reason, cpu_s = run_systems(np.arange(start, stop), job.config, physics, job.host_mass, job.companion_mass)
    return Chunk(start, stop, attempts, record, reason, cpu_s)


def sweep(
    job: Job, chosen: dict[str, Any], systems: int, folder: Path, *, first: int = 0, chunk: int = CHUNK, threads: int = 1, workers: int = 0,
    scheduler: str = "", about: dict[str, Any] | None = None,
) -> Progress:
    """Integrate the systems first ... first + systems - 1 that `folder` does not hold yet and keep each finished chunk there.

    On `threads` threads, or on Dask with `workers` processes or a `scheduler` address. Raises InputError for a folder of other settings or
    code, and for what `schedule` refuses; KeyboardInterrupt passes through with all finished chunks kept.
    """
    if workers or scheduler:
        require_dask()
    begin, stop = time.perf_counter(), first + systems
    open_folder(folder, job.digest, {"settings": chosen, **(about or {})})
    progress, spans = Progress(), []
    for done in finished(folder, job.digest, first, stop):
        reached = max(first, spans[-1][1]) if spans else first
        progress.resumed += progress.add(done, reached, stop)
        spans.append((done.start, done.stop))
    tasks = ((job, start, end) for start, end in gaps(spans, first, stop, chunk))
    results: Iterator[Chunk] = on_dask(run_chunk, tasks, scheduler, workers) if workers or scheduler else on_threads(run_chunk, tasks, threads)
    if progress.systems < systems:
        with meter("sweep", systems, progress.systems, "systems") as bar:
            try:
                for result in results:
                    write_chunk(folder, job.digest, result)
                    bar.update(progress.add(result, first, stop))
            finally:
                results.close()  # type: ignore[attr-defined]  # a generator: lets go of threads or cluster
    progress.wall_s = time.perf_counter() - begin
    return progress


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):  # type: ignore[override]
        raise InputError(f"{message}; see python -m analysis.migration.ensemble.sweep --help.")


def _whole(least: int, most: int = LARGEST):
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return value

    return parse


def _parser() -> _Parser:
    parser = _Parser(prog="sweep", description=__doc__.split("\n\n")[0], allow_abbrev=False)
    parser.add_argument("action", nargs="?", choices=("run", "freeze"), default="run", help="run (default) or freeze: keep a finished sweep in data/frozen/simulations")
    parser.add_argument("--systems", type=_whole(1), help="number of triples (default: ensemble.systems; to freeze: all that are finished)")
    parser.add_argument("--first", type=_whole(0), default=0, help="number of the first triple (default 0)")
    parser.add_argument("--chunk", type=_whole(1, 100_000), default=CHUNK, help=f"triples per chunk (default {CHUNK})")
    parser.add_argument("--threads", type=_whole(1, 1024), help="threads (default: every core that this process may use)")
    parser.add_argument("--workers", type=_whole(1, 1024), help="use Dask with this many processes instead of threads")
    parser.add_argument("--scheduler", type=not_empty, help="use the Dask cluster at this address, tcp://host:port")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="any parameter, e.g. --set secular.companion_lag=10")
    parser.add_argument("--out", type=not_empty, help="folder of the chunks (default .cache/sweeps/TAG-DIGEST)")
    parser.add_argument("--tag", default="default", help=f"name of the ensemble; these have settings of their own: {', '.join(RECIPES)}")
    return parser


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _freeze(options: argparse.Namespace) -> int:
    """Keep a finished sweep, by default the only one of this tag."""
    folders = [Path(options.out).resolve()] if options.out else sorted((CACHE_DIR / "sweeps").glob(f"{options.tag}-????????????"))
    folders = [folder for folder in folders if len(folders) == 1 or (read_settings(folder) or {}).get("kernel") == kernel_digest()]
    if len(folders) != 1:
        raise InputError(f"{len(folders)} sweeps tagged '{options.tag}' in .cache/sweeps are of the present code; name the folder to freeze with --out.")
    path, entry = freeze(options.tag, folders[0], options.systems)
    print(f"{_shown(path)}: {entry['systems']} systems, {entry['bytes'] / 1e6:.2f} MB.")
    if entry["kernel"] != kernel_digest():
        print("It was made by other source files than the present ones; every build will say so.")
    return 0


def _run(options: argparse.Namespace) -> int:
    if options.workers and options.scheduler:
        raise InputError("--workers and --scheduler exclude one another; give one of them.")
    if options.threads and (options.workers or options.scheduler):
        raise InputError("--threads does not go with Dask, whose workers have one thread each; leave it out.")
    if not options.tag or not options.tag.replace("_", "").replace("-", "").isalnum():
        raise InputError(f"--tag {options.tag!r}: expected letters, digits, - and _ only.")
    if options.action == "freeze":
        return _freeze(options)
    overrides = {section: dict(values) for section, values in RECIPES.get(options.tag, {}).items()}
    for section, values in set_options(options.set, "secular.companion_lag=10").items():
        overrides[section] = {**overrides.get(section, {}), **values}
    config = with_overrides(Config(), overrides, "command line")
    # Rooms do not import one another: the target reaches this one as data.
    target = importlib.import_module("analysis.catalogue.target").run(config.target)
    job, chosen = job_of(config, target)
    folder = Path(options.out).resolve() if options.out else CACHE_DIR / "sweeps" / f"{options.tag}-{job.digest[:12]}"
    about = {"tag": options.tag, "overrides": overrides, "kernel": kernel_digest(), "drawn_by": draws_digest()}
    systems = options.systems or config.ensemble.systems
    progress = sweep(
        job, chosen, systems, folder, first=options.first, chunk=options.chunk, threads=options.threads or usable_cores(), workers=options.workers or 0,
        scheduler=options.scheduler or "", about=about,
    )
    parts = ", ".join(f"{name} {number}" for name, number in progress.outcomes().items())
    print(f"{progress.systems} systems in {_shown(folder)} ({progress.resumed} were there): {parts}.")
    print(", ".join(f"{name} {number}" for name, number in (progress.reasons or {}).items() if number))
    fresh = progress.systems - progress.resumed
    if fresh:
        print(f"{fresh} systems in {progress.wall_s:.1f} s; {progress.cpu_s / progress.systems:.4f} CPU-s per system.")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run one command line; returns the exit status (0 done, 1 a bug, 2 something the user can mend, 130 interrupted)."""
    return guarded(lambda: _run(_parser().parse_args(argv)))


if __name__ == "__main__":
    # Under its own name, so that what travels to workers can be imported there.
    status = importlib.import_module("analysis.migration.ensemble.sweep").main()
    sys.stdout.flush()
    sys.stderr.flush()
    if status == 130:
        os._exit(status)  # a thread inside a kernel cannot be stopped, and nobody waits for it
    sys.exit(status)
