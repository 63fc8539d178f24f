"""Radii of very-low-mass stars and brown dwarfs along evolutionary tracks: the frozen table and how it is made.

Source: Baraffe, Homeier, Allard & Chabrier (2015, A&A 577, A42), whose tracks tabulate mass, log age and radius (R_sun = 6.96e10 cm).
The frozen table keeps the radius at a few masses and ages: facts read off the tracks, linear in log age, not a copy of them.
"""

import csv
import hashlib
import json
import math
from pathlib import Path

import numpy as np

from analysis.constants import RSUN_M
from analysis.errors import InputError
from analysis.runtime import ROOT

__all__ = ["AGES_GYR", "RADII_FILE", "load_radii", "tabulate", "track_radius"]

RADII_FILE = ROOT / "data" / "frozen" / "bhac15_radii.csv"
AGES_GYR = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
TRACK_RSUN_M = 6.96e8  # solar radius of the published tables
LOWEST_MASS, HIGHEST_MASS = 0.05, 0.30  # Msun, covers the hosts of the sample


def load_radii(path: Path = RADII_FILE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(masses in Msun (m,), ages in Gyr (t,), radii in nominal Rsun (m, t)); NaN beyond the end of a track.

    Raises InputError when the table is missing, differs from its checksum in the MANIFEST beside it, or is not rectangular.
    """
    _verify(path)
    try:
        with open(path, encoding="utf-8", newline="") as lines:
            rows = [
                (float(r["mass_msun"]), float(r["age_gyr"]), float(r["radius_rsun"] or "nan"))
                for r in csv.DictReader(line for line in lines if not line.startswith("#"))
            ]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: expected a table with mass_msun, age_gyr and radius_rsun ({error}); restore the file from the repository."
        ) from error
    masses, ages = sorted({r[0] for r in rows}), sorted({r[1] for r in rows})
    if not rows or len(rows) != len(masses) * len(ages):
        raise InputError(f"{path}: expected one row per mass and age, found {len(rows)} rows; restore the file from the repository.")
    radii = np.array([radius for _, _, radius in sorted(rows)]).reshape(len(masses), len(ages))
    return np.array(masses), np.array(ages), radii


def _verify(path: Path) -> None:
    """Compare a file with its sha256 in MANIFEST.json of its folder; a folder without a manifest holds nothing to compare with."""
    manifest = path.parent / "MANIFEST.json"
    if not manifest.is_file() or not path.is_file():
        return
    try:
        expected = json.loads(manifest.read_bytes())["files"][path.name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{manifest}: no checksum of {path.name}; restore the file from the repository.") from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise InputError(f"{path}: differs from its checksum in {manifest.name}; restore the file from the repository.")


def track_radius(mass_msun, age_gyr, table=None) -> np.ndarray:
    """Radius in Rsun at mass (Msun) and age (Gyr), bilinear in log mass and log age; broadcasts.

    NaN outside the masses of the table, or where the track has ended (brown dwarfs at great age). Ages are clamped to the table.
    """
    masses, ages, radii = load_radii() if table is None else table
    mass, age = np.broadcast_arrays(np.asarray(mass_msun, dtype=float), np.asarray(age_gyr, dtype=float))
    inside = (mass >= masses[0]) & (mass <= masses[-1]) & (age > 0)
    x = np.log(np.where(inside, mass, masses[0]))
    y = np.log(np.clip(np.where(inside, age, ages[0]), ages[0], ages[-1]))
    log_mass, log_age = np.log(masses), np.log(ages)
    i = np.clip(np.searchsorted(log_mass, x, side="right") - 1, 0, masses.size - 2)
    j = np.clip(np.searchsorted(log_age, y, side="right") - 1, 0, ages.size - 2)
    u = (x - log_mass[i]) / (log_mass[i + 1] - log_mass[i])
    v = (y - log_age[j]) / (log_age[j + 1] - log_age[j])
    value = np.zeros(mass.shape)
    for k, wk in ((i, 1 - u), (i + 1, u)):
        for m, wm in ((j, 1 - v), (j + 1, v)):
            weight = wk * wm
            value = value + np.where(weight > 0, weight * radii[k, m], 0.0)  # a node of zero weight may lie beyond the end of a track
    return np.where(inside, value, np.nan)


def tabulate(source: Path, target: Path = RADII_FILE) -> int:
    """Write the table from the published file of tracks and return its number of rows.

    Raises InputError when `source` cannot be read as BHAC15 tracks (13 columns, comments from "!").
    """
    try:
        tracks = np.loadtxt(source, comments="!", usecols=(0, 1, 5), ndmin=2)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{source}: expected the BHAC15 tracks with 13 columns ({error}).") from error
    lines = [
        "# Radii of low-mass stars and brown dwarfs read off the tracks of Baraffe, Homeier, Allard & Chabrier (2015, A&A 577, A42,",
        "# doi:10.1051/0004-6361/201425481), file BHAC15_tracks+structure; linear in log age between tabulated ages; empty: beyond the track.",
        f"# Converted from R_sun = 6.96e10 cm to the nominal R_sun = {RSUN_M * 100:g} cm.",
        "mass_msun,age_gyr,radius_rsun",
    ]
    for mass in sorted(set(tracks[:, 0])):
        if not LOWEST_MASS <= mass <= HIGHEST_MASS:
            continue
        log_age, radius = tracks[tracks[:, 0] == mass][:, 1:].T
        for age in AGES_GYR:
            x = math.log10(age) + 9
            inside = log_age[0] <= x <= log_age[-1] + 0.01  # published ages scatter about round numbers
            value = f"{np.interp(x, log_age, radius) * TRACK_RSUN_M / RSUN_M:.5f}" if inside else ""
            lines.append(f"{mass:g},{age:g},{value}")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 4
