"""Level 3: the fixed triples integrated directly (REBOUND, IAS15) with the same forces as level 2, as the yardstick of averaging.

Recipe, with the extra `peers` installed: python -m analysis.migration.direct.recipe --out data/frozen/simulations/direct
It writes direct.csv (series), direct_maxima.csv (every eccentricity maximum) and direct_summary.csv (one row per triple) into the folder of
--out, named after its last part, and enters them in the MANIFEST there.
"""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.atomic import scratch_directory
from analysis.commands import guarded
from analysis.constants import G
from analysis.errors import InputError
from analysis.migration import frozen
from analysis.migration.direct import callbacks
from analysis.migration.direct.cycles import SERIES, maxima, thinned
from analysis.migration.direct.pairforces import FORCES, conservative_energy
from analysis.migration.direct.systems import SYSTEMS, DirectSystem, epsilon_octupole, epsilon_single, kozai_time, physics_vector
from analysis.migration.secular.triple import PHYSICS
from analysis.runtime import ROOT

__all__ = ["Direct", "force_vector", "integrate", "main", "orbit_means", "summary_row", "write"]

WINDOWS = 8  # per outer orbit
DECOUPLED = 0.1  # an integration ends when the orbit has shrunk to this share: the perturber no longer matters, and each orbit costs the same
SOURCES = tuple(f"analysis/migration/direct/{name}.py" for name in ("recipe", "systems", "callbacks", "pairforces", "cycles"))


@dataclass(frozen=True)
class Direct:
    """One finished integration.

    series: columns SERIES, WINDOWS rows per outer orbit; gap = 1 - e from the inner j averaged over an outer orbit around time_yr,
    smallest_gap the smallest osculating 1 - e in it (read where r > a), smallest_periapsis_au over the passages in it.
    """

    system: DirectSystem
    series: pd.DataFrame
    energy_error: float  # largest change of the total energy that no work accounts for, over the initial binding energy of the pair
    momentum_error: float  # the same of the angular momentum vector, over the initial one of the pair
    steps: int
    cpu_s: float


def _rebound() -> Any:
    try:
        import rebound
    except ImportError:
        raise InputError("direct integration needs the package rebound, which is not installed; install the extra with `just setup --extra peers`.") from None
    return rebound


def force_vector(system: DirectSystem) -> np.ndarray:
    """Parameters of `pairforces` for a triple: what level 2's physics vector says, in the order of FORCES."""
    physics = dict(zip(PHYSICS, physics_vector(system), strict=True))
    radii = {"companion_radius": physics["companion_radius_final"], "star_radius": physics["star_radius_final"]}
    masses = {"host_mass": system.host_mass, "companion_mass": system.companion_mass}
    return np.array([{**physics, **radii, **masses}[name] for name in FORCES])


def _simulation(rebound: Any, system: DirectSystem) -> Any:
    """The triple in its centre of mass: perturber's orbit in the xy plane, the companion's ascending node on x."""
    simulation = rebound.Simulation()
    simulation.G = G
    simulation.integrator = "ias15"
    simulation.add(m=system.host_mass)
    simulation.add(
        m=system.companion_mass, primary=simulation.particles[0], a=system.inner_axis, e=system.inner_eccentricity, inc=math.radians(system.inclination),
        Omega=0.0, omega=math.radians(system.inner_argument), M=math.radians(system.inner_anomaly),
    )
    simulation.add(
        m=system.outer_mass, a=system.outer_axis, e=system.outer_eccentricity, inc=0.0, Omega=0.0, omega=math.radians(system.outer_argument),
        M=math.radians(system.outer_anomaly),
    )
    simulation.move_to_com()
    if system.physics.get("friction"):
        for _ in range(2):
            simulation.add(m=0.0, x=1e3 * system.outer_axis)
        simulation.N_active = callbacks.BODIES
    simulation.dt = 1e-3 * math.sqrt(system.inner_axis**3 / (system.host_mass + system.companion_mass))
    return simulation


def _conserved(simulation: Any, forces: np.ndarray) -> np.ndarray:
    """(energy, angular momentum vector) of the three bodies, less what the tracers say was given to them."""
    state = np.array([[b.m, b.x, b.y, b.z, b.vx, b.vy, b.vz] for b in simulation.particles])
    work = np.zeros(4)
    if len(state) > callbacks.BODIES:
        one, two = state[callbacks.BODIES :]
        work[:] = one[4], one[5], two[4], two[5]
    mass, place, velocity = state[:3, 0], state[:3, 1:4], state[:3, 4:7]
    energy = 0.5 * np.sum(mass * np.sum(velocity**2, axis=1))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        energy -= G * mass[i] * mass[j] / np.linalg.norm(place[j] - place[i])
    energy += conservative_energy(np.linalg.norm(place[1] - place[0]), forces)
    return np.array([energy, *np.sum(mass[:, None] * np.cross(place, velocity), axis=0)]) - work


def integrate(system: DirectSystem, duration: float | None = None) -> Direct:
    """Integrate one triple for `duration` yr (default: its own). Raises InputError when rebound is not installed."""
    rebound = _rebound()
    simulation, work = _simulation(rebound, system), np.zeros(callbacks.WORK)
    forces = force_vector(system)
    work[: len(FORCES)] = forces
    duration = system.cycles * kozai_time(system) if duration is None else duration
    total = system.host_mass + system.companion_mass
    outer_period = 2 * math.pi * math.sqrt(system.outer_axis**3 / (G * (total + system.outer_mass)))
    start = time.process_time()
    keep = callbacks.attach(simulation, work)
    callbacks.reset(work)
    reference = _conserved(simulation, forces)
    binding = G * system.host_mass * system.companion_mass / (2 * system.inner_axis)
    spinning = system.host_mass * system.companion_mass / total * math.sqrt(G * total * system.inner_axis)
    rows, worst = [], np.zeros(2)
    for number in range(1, WINDOWS * max(2, round(duration / outer_period)) + 1):
        simulation.integrate(number * outer_period / WINDOWS, exact_finish_time=0)
        change = np.abs(_conserved(simulation, forces) - reference)
        worst = np.maximum(worst, [change[0] / binding, np.linalg.norm(change[1:]) / spinning])
        rows.append((simulation.t, *work[len(FORCES) :]))
        part = dict(zip(callbacks.TRACK, work[len(FORCES) :], strict=True))
        if part["axis"] < DECOUPLED * system.inner_axis * part["weight"]:
            break
        callbacks.reset(work)
    del keep
    series = orbit_means(pd.DataFrame(rows, columns=["end", *callbacks.TRACK]))
    return Direct(system, series, float(worst[0]), float(worst[1]), int(simulation.steps_done), time.process_time() - start)


def orbit_means(windows: pd.DataFrame) -> pd.DataFrame:
    """Series (columns `cycles.SERIES`) from windows (columns "end" in yr and TRACK): sliding means of the vectors over one outer orbit."""
    names = list(callbacks.TRACK[:11])
    sums = windows[names].rolling(WINDOWS).sum().iloc[WINDOWS - 1 :]
    mean = sums[names[1:]].div(sums["weight"], axis=0).to_numpy()
    end = windows["end"].to_numpy()
    j, outer, axis = mean[:, 0:3], mean[:, 7:10], mean[:, 6]
    jj = np.sum(j * j, axis=1)
    cosine = np.sum(j * outer, axis=1) / np.sqrt(jj * np.sum(outer * outer, axis=1))
    least = windows[["smallest_gap", "smallest_periapsis"]].rolling(WINDOWS).min().iloc[WINDOWS - 1 :].to_numpy()
    columns = (
        0.5 * (np.concatenate([[0.0], end[: -WINDOWS]]) + end[WINDOWS - 1 :]), jj / (1 + np.sqrt(np.maximum(0.0, 1 - jj))), least[:, 0], least[:, 1],
        axis, np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))),
    )
    return pd.DataFrame(dict(zip(SERIES, columns, strict=True)))


def summary_row(result: Direct) -> dict[str, Any]:
    """Initial conditions (angles in degree), physics (as in level 2) and quality of one integration as one flat row."""
    system, tops = result.system, maxima(result.series)
    row = {name: value for name, value in asdict(system).items() if name not in ("physics", "reason")}
    physics = dict(zip(PHYSICS, physics_vector(system), strict=True))
    switches = ("relativity", "bulges", "friction", "pseudo_synchronous", "companion_love", "star_love", "companion_lag", "star_lag", "companion_spin",
                "star_spin", "companion_radius_final", "star_radius_final")
    last = result.series.iloc[-1]
    return {
        **row, **{name: physics[name] for name in switches}, "kozai_time_yr": kozai_time(system), "epsilon_single": epsilon_single(system),
        "epsilon_octupole": epsilon_octupole(system), "duration_yr": float(last["time_yr"]), "maxima": len(tops),
        "smallest_gap": float(result.series["smallest_gap"].min()), "smallest_periapsis_au": float(result.series["smallest_periapsis_au"].min()),
        "final_axis_au": float(last["semimajor_axis_au"]), "energy_error": result.energy_error, "momentum_error": result.momentum_error,
        "steps": result.steps, "cpu_s": result.cpu_s, "reason": system.reason,
    }


def write(results: Sequence[Direct], folder: Path, stem: str, command: str) -> list[Path]:
    """Write the three tables of finished integrations and enter them in the MANIFEST of `folder`."""
    tables = {
        stem: pd.concat([thinned(r.series).assign(system=r.system.name) for r in results]),
        f"{stem}_maxima": pd.concat([maxima(r.series).assign(system=r.system.name) for r in results]),
        f"{stem}_summary": pd.DataFrame([summary_row(r) for r in results]).rename(columns={"name": "system"}),
    }
    about = {
        "made_by": command,
        "environment": frozen.environment("rebound", "numpy", "numba", "scipy"),
        "config": {"integrator": "IAS15, default epsilon", "systems": [r.system.name for r in results], "seed": None},
        "sources": list(SOURCES),
        "source_sha256": frozen.source_digest(ROOT / name for name in SOURCES),
    }
    paths = []
    for name, table in tables.items():
        ordered = table[["system", *(column for column in table.columns if column != "system")]]
        path = folder / f"{name}.csv"
        frozen.write_atomically(path, ordered.to_csv(index=False, float_format="%.9g", lineterminator="\n").encode("utf-8"))
        frozen.record(path, rows=len(ordered), **about)
        paths.append(path)
    return paths


def _require_writable(folder: Path, stem: str) -> None:
    """Raise InputError unless the three tables and their MANIFEST can be written, before the minutes that the integrations take."""
    try:
        with scratch_directory(folder):
            pass
        if (folder / frozen.MANIFEST).exists():
            frozen.read_manifest(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror}); choose another folder with --out.") from None
    for name in (stem, f"{stem}_maxima", f"{stem}_summary"):
        if not stem or (folder / f"{name}.csv").is_dir():
            raise InputError(f"{folder / f'{name}.csv'}: is no name for a table; choose another folder and stem with --out.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of the recipe; returns the exit status (0 done, 2 something the user can mend, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="python -m analysis.migration.direct.recipe", description="Integrate the fixed triples directly and freeze the outcome.")
    parser.add_argument("--out", type=Path, default=frozen.SIMULATIONS / "direct", help="folder and stem of the tables")
    parser.add_argument("--only", nargs="*", metavar="SYSTEM", help="these triples alone, for a trial: nothing is written")
    options = parser.parse_args(arguments)
    return guarded(lambda: _recipe(options), "nothing was written.")


def _recipe(options: argparse.Namespace) -> int:
    _rebound()
    names = [system.name for system in SYSTEMS]
    if unknown := sorted(set(options.only or ()) - set(names)):
        raise InputError(f"--only {unknown[0]}: no such triple; use one of {', '.join(names)}.")
    if not options.only:
        _require_writable(options.out.parent, options.out.name)
    results = []
    for system in SYSTEMS:
        if options.only and system.name not in options.only:
            continue
        result = integrate(system)
        results.append(result)
        tops = maxima(result.series)
        print(f"{system.name:20s} {result.cpu_s:6.1f} s  {len(tops):3d} maxima  smallest 1-e {result.series['smallest_gap'].min():.6f}  "
              f"energy {result.energy_error:.1e}  momentum {result.momentum_error:.1e}", flush=True)
    if not options.only:
        for path in write(results, options.out.parent, options.out.name, "python -m analysis.migration.direct.recipe"):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
