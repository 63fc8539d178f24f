"""The long form of the calibration: `just calibrate` simulates every claim's catalogues and freezes the outcomes.

Chunks finished before an interruption are kept under .cache and not simulated again; a damaged one counts as missing.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from analysis.commands import end_with_parent, guarded
from analysis.errors import InputError
from analysis.runtime import CACHE_DIR

__all__ = ["main", "simulate_all"]

CHUNK = 25
_READY: dict[str, Any] = {}  # what each claim's simulations need, in a worker process


def _start(needs: list[str]) -> None:
    """In a worker process: the structure of the real sample, once for each claim."""
    from analysis import calibration

    end_with_parent()
    inputs = _inputs()
    for claim in needs:
        _READY[claim] = calibration.prepared(calibration.CLAIMS[claim], inputs)


def _inputs() -> dict[str, Any]:
    from analysis.stages import STAGES
    from analysis.study import Study

    study, stage = Study(), STAGES["calibration"]
    found = {need: study.get(need) for need in stage.needs}
    return found | {f"{section}_config": getattr(study.config, section) for section in stage.sections}


def _chunk(claim: str, scenario: str, start: int, stop: int) -> dict[str, Any]:
    import numpy as np

    from analysis import calibration

    return calibration.columns(calibration.CLAIMS[claim], scenario, np.arange(start, stop), _READY[claim])


def simulate_all(claims: tuple[str, ...], runs: int, processes: int, store: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(arrays by claim/scenario/column, manifest entry by claim) of `runs` simulations of every scenario of `claims`, chunks kept in `store`."""
    import numpy as np

    from analysis import cache, calibration
    from analysis.progress import meter

    chosen, inputs = calibration.modules(claims), _inputs()
    about = {
        claim: {"fingerprint": calibration.fingerprint(module, inputs), "source": cache.source_digest(module.__name__), "scenarios": dict(module.SCENARIOS)}
        for claim, module in chosen.items()
    }
    jobs = {}
    for claim, module in chosen.items():
        folder = store / _key(about[claim])
        folder.mkdir(parents=True, exist_ok=True)
        for scenario in module.SCENARIOS:
            for start in range(0, runs, CHUNK):
                stop = min(start + CHUNK, runs)
                jobs[claim, scenario, start] = (stop, folder / f"{claim}-{scenario}-{start}-{stop}.npz")
    found = {key: _read(path, stop - key[2]) for key, (stop, path) in jobs.items()}
    missing = [key for key, chunk in found.items() if chunk is None]
    done = sum(jobs[key][0] - key[2] for key in jobs if found[key] is not None)
    with meter("calibration", runs * sum(len(module.SCENARIOS) for module in chosen.values()), initial=done, unit="simulation") as bar:
        if missing:
            needed = sorted({key[0] for key in missing})
            context = multiprocessing.get_context("spawn")  # a forked process would share the threads of the numerical libraries
            with ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(needed,)) as pool:
                waiting = {pool.submit(_chunk, *key, jobs[key][0]): key for key in missing}
                for future in as_completed(waiting):
                    key = waiting[future]
                    stop, path = jobs[key]
                    found[key] = future.result()
                    _save(path, found[key])
                    bar.update(stop - key[2])
    arrays: dict[str, list[Any]] = {}
    for (claim, scenario, _), chunk in found.items():
        for name, values in chunk.items():
            arrays.setdefault(f"{claim}/{scenario}/{name}", []).append(values)
    return {name: np.concatenate(parts) for name, parts in arrays.items()}, about


def _key(about: dict[str, Any]) -> str:
    """Name of the folder of a claim's chunks: what its simulations start from, the code that makes and gathers them, and the libraries."""
    from analysis import cache, calibration
    from analysis.study import LOCK

    own = [cache.file_digest(Path(module)) for module in (__file__, calibration.__file__)]
    return cache.digest([about["fingerprint"], about["source"], own, cache.file_digest(LOCK), sys.version_info[:2]])[:16]


def _read(path: Path, size: int) -> dict[str, Any] | None:
    """The outcomes (size,) by name of a finished chunk; None for one that is missing or damaged, which is simulated again."""
    import numpy as np

    from analysis import calibration
    from analysis.arrays import DAMAGE

    try:
        with np.load(path, allow_pickle=False) as content:
            chunk = {name: content[name] for name in content.files}
    except DAMAGE:
        return None
    whole = set(calibration.VALUES) <= set(chunk) and all(values.shape == (size,) and values.dtype == float for values in chunk.values())
    return chunk if whole else None


def _save(path: Path, arrays: dict[str, Any]) -> None:
    import io

    import numpy as np

    from analysis.cache import write_atomic

    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_atomic(path, stream.getvalue())


def _freeze(arrays: dict[str, Any], about: dict[str, Any], runs: int) -> Path:
    """Write the frozen outcomes, those of other claims kept, and enter them in the MANIFEST."""
    from analysis import calibration
    from analysis.migration import frozen

    path, old, entries = calibration.FILE, {}, {}
    if path.is_file():
        old = {name: values for name, values in calibration.load(path).items() if name.split("/")[0] not in about}
        entries = {claim: entry for claim, entry in frozen.read_manifest()["files"][path.name]["claims"].items() if claim not in about}
    _save(path, old | arrays)
    for claim, entry in about.items():
        entries[claim] = {**entry, "runs": runs}
    frozen.record(
        path, made_by="just calibrate", claims=entries, runs=min(entry["runs"] for entry in entries.values()),
        environment=frozen.environment("numpy", "scipy", "numba", "scikit-learn", "statsmodels"),
    )
    return path


def _table(arrays: dict[str, Any]) -> str:
    """Error rates of what was simulated, a line for each scenario."""
    from analysis import calibration
    from analysis.config import CalibrationConfig

    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, values in arrays.items():
        claim, scenario, column = name.split("/")
        found.setdefault((claim, scenario), {})[column] = values
    lines = [f"{'claim':<14}{'scenario':<22}{'runs':>6}{'p < 0.05':>10}{'coverage':>10}{'wrong +':>9}{'wrong -':>9}"]
    for (claim, scenario), values in found.items():
        row = calibration.error_rates(values, CalibrationConfig().significance)
        lines.append(
            f"{claim:<14}{scenario:<22}{row['simulations']:>6}{row['rejected']:>10.4f}{row['coverage']:>10.4f}{row['supported']:>9.4f}{row['not_supported']:>9.4f}"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run the recipe; returns the exit status."""
    parser = argparse.ArgumentParser(prog="just calibrate", description="Simulate catalogues for every claim and freeze the outcomes of its test.")
    parser.add_argument("--runs", type=int, default=2000, metavar="N", help="simulations of each scenario (default 2000)")
    parser.add_argument("--claims", default="", metavar="A,B", help="only these claims; the frozen outcomes of the others stay")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="worker processes (default 2)")
    parser.add_argument("--try", dest="dry", action="store_true", help="print the error rates and freeze nothing")
    options = parser.parse_args(argv)
    return guarded(lambda: _recipe(options.runs, options.processes, tuple(name for name in options.claims.split(",") if name), options.dry))


def _recipe(runs: int, processes: int, claims: tuple[str, ...], dry: bool) -> int:
    if runs < 1 or processes < 1:
        raise InputError("--runs and --processes must be at least 1.")
    arrays, about = simulate_all(claims, runs, processes, CACHE_DIR / "calibration")
    print(_table(arrays))
    if not dry:
        print(f"Frozen in {_freeze(arrays, about, runs)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
