"""Outcomes of the circumbinary runs: integrated in chunks that are kept on disk, frozen in one file, and read back verified.

A chunk is one binary file per range of systems of a family, written in one step, with the digest of settings and code; one that is damaged,
incomplete or of another digest counts as absent. `data/frozen/simulations/circumbinary.npz` holds the outcomes of all families.
"""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import cache
from analysis.arrays import DAMAGE
from analysis.config import CircumbinaryConfig
from analysis.errors import InputError
from analysis.migration.circumbinary.density import LIBRATION, librations, modes
from analysis.migration.circumbinary.kernel import ANGLES, BINS, REASONS, RECORD, TURNS, integrate, saba
from analysis.migration.circumbinary.systems import FAMILIES, families, numbers_of
from analysis.migration.frozen import SIMULATIONS, environment, record, verified
from analysis.migration.secular.batch import cpu_family

__all__ = ["CHUNKS", "FROZEN", "STAGES", "Outcomes", "freeze", "joined", "kernel_digest", "load", "pieces", "run_digest", "run_piece", "run_systems", "settings"]

FROZEN = SIMULATIONS / "circumbinary.npz"
STAGES = 5  # kicks per step of the mapping
CHUNKS: Final = {"grid": 168, "repeats": 168, "slow": 160, "hosts": 160, "maps": 1088}  # systems per chunk
KERNEL_MODULES = ("analysis.migration.circumbinary.kernel", "analysis.migration.circumbinary.systems", "analysis.migration.circumbinary.density")
ANALYSED: Final = ("train_share", "trees", "permutations", "splits", "rerun_share", "rerun_longest")  # change no run
ENTRIES: Final = ("record", "reason", "angles", "modes")


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of n systems in their order."""

    record: np.ndarray  # (n, len(RECORD)) of kernel.RECORD
    reason: np.ndarray  # (n,) of kernel.REASONS
    angles: np.ndarray  # (n, len(LIBRATION)) of density.LIBRATION
    modes: np.ndarray  # (n, 1 + bandwidths): mode of the density of period ratios, NaN without samples below ratio_max
    cpu_s: float = 0.0

    def __getitem__(self, rows: Any) -> "Outcomes":
        return Outcomes(self.record[rows], self.reason[rows], self.angles[rows], self.modes[rows])


def kernel_digest() -> str:
    """Digest of every source file behind the systems and their integration."""
    return cache.digest({module: cache.source_digest(module) for module in KERNEL_MODULES})


def settings(config: CircumbinaryConfig) -> dict[str, Any]:
    """The parameters that decide the stored outcomes, exact in JSON."""
    kept = {name: value for name, value in asdict(config).items() if name not in ANALYSED}
    return json.loads(json.dumps(kept))


def run_digest(config: CircumbinaryConfig) -> str:
    """Digest of settings and present code."""
    return cache.digest({"settings": settings(config), "kernel": kernel_digest()})


def run_systems(systems: np.ndarray, config: CircumbinaryConfig) -> Outcomes:
    """Integrate the systems (n, len(SYSTEM)); every outcome depends on its own row alone, within one processor family."""
    start, n = time.thread_time(), len(systems)
    values, reason = np.zeros((n, len(RECORD))), np.zeros(n, np.int64)
    histogram, angles = np.zeros((n, BINS), np.int32), np.zeros((n, ANGLES, 1 + TURNS, 2))
    integrate(np.ascontiguousarray(systems, dtype=float), numbers_of(config), *saba(STAGES), values, reason, histogram, angles)
    found = modes(histogram, config, (config.bandwidth, *config.bandwidths))
    return Outcomes(values, reason, librations(angles, found[:, 0]), found, time.thread_time() - start)


def pieces(config: CircumbinaryConfig) -> list[tuple[str, int, int]]:
    """(family, first, stop) of every chunk, in the order in which they are run."""
    out = []
    for family, systems in families(config).items():
        size = CHUNKS[family]
        out += [(family, first, min(first + size, len(systems))) for first in range(0, len(systems), size)]
    return out


def _path(folder: Path, piece: tuple[str, int, int]) -> Path:
    return folder / f"{piece[0]}-{piece[1]:06d}-{piece[2]:06d}.npz"


def _read(path: Path, digest: str, n: int) -> Outcomes | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["digest"]) != digest:
                return None
            found = Outcomes(*(stored[name] for name in ENTRIES), float(stored["cpu_s"]))
    except DAMAGE:
        return None
    return found if len(found.reason) == n == len(found.record) == len(found.angles) == len(found.modes) else None


def run_piece(folder: Path, config: CircumbinaryConfig, digest: str, piece: tuple[str, int, int]) -> tuple[Outcomes, bool]:
    """(outcomes of a chunk, True when they were there); a missing or damaged one is integrated and written in one step."""
    family, first, stop = piece
    found = _read(_path(folder, piece), digest, stop - first)
    if found is not None:
        return found, True
    done = run_systems(families(config)[family][first:stop], config)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, digest=np.array(digest), cpu_s=np.array(done.cpu_s), **{name: getattr(done, name) for name in ENTRIES})
    cache.write_atomic(_path(folder, piece), buffer.getvalue())
    return done, False


def joined(parts: list[Outcomes]) -> Outcomes:
    """Chunks one after the other."""
    return Outcomes(*(np.concatenate([getattr(part, name) for part in parts]) for name in ENTRIES), sum(part.cpu_s for part in parts))


def _finished(folder: Path, config: CircumbinaryConfig, digest: str) -> Iterator[tuple[str, Outcomes]]:
    for family in FAMILIES:
        parts = []
        for piece in (piece for piece in pieces(config) if piece[0] == family):
            found = _read(_path(folder, piece), digest, piece[2] - piece[1])
            if found is None:
                raise InputError(f"{_path(folder, piece)} is missing or of other settings; run `just circumbinary` to its end, then freeze.")
            parts.append(found)
        yield family, joined(parts)


def freeze(folder: Path, config: CircumbinaryConfig, longer: dict[str, Any], target: Path = FROZEN) -> dict[str, Any]:
    """Keep the finished runs of `folder` in one file and return its MANIFEST entry; InputError when any chunk is missing."""
    digest = run_digest(config)
    found = dict(_finished(folder, config, digest))
    about = {
        "settings": settings(config), "kernel": kernel_digest(), "processor": cpu_family(), "longer": longer,
        "systems": {family: len(outcomes.reason) for family, outcomes in found.items()},
        "cpu_s": {family: round(outcomes.cpu_s, 1) for family, outcomes in found.items()},
    }
    arrays: dict[str, np.ndarray] = {"about": np.array(json.dumps(about, sort_keys=True))}
    for family, outcomes in found.items():
        arrays |= {f"{family}_record": outcomes.record, f"{family}_reason": outcomes.reason.astype(np.int8)}
        if family != "maps":
            arrays |= {f"{family}_angles": outcomes.angles.astype(np.float32), f"{family}_modes": outcomes.modes.astype(np.float32)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    cache.write_atomic(target, buffer.getvalue())
    return record(
        target, made_by="just circumbinary; just circumbinary freeze", columns=[*RECORD, "reason", "angles", "modes"], seed=config.seed,
        environment=environment("numpy", "numba"), **about,
    )


def load(path: Path = FROZEN) -> tuple[dict[str, Outcomes], dict[str, Any]]:
    """(outcomes by family, about) of the frozen file, checksum verified; InputError when it is missing or damaged."""
    path = verified(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            found = {}
            for family in FAMILIES:
                values, reason = stored[f"{family}_record"], stored[f"{family}_reason"].astype(np.int64)
                n = len(reason)
                angles = stored[f"{family}_angles"].astype(float) if family != "maps" else np.full((n, len(LIBRATION)), np.nan)
                read = stored[f"{family}_modes"].astype(float) if family != "maps" else np.full((n, 1), np.nan)
                if not (values.shape == (n, len(RECORD)) and angles.shape == (n, len(LIBRATION)) and len(read) == n and np.isin(reason, list(REASONS.values())).all()):
                    raise ValueError("shapes")
                found[family] = Outcomes(values, reason, angles, read)
    except DAMAGE as error:
        raise InputError(f"{path} is not a table of circumbinary runs ({error}); restore it from the repository or run `just circumbinary` and freeze it.") from None
    return found, about
