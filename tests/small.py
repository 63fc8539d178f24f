"""A configuration with few restarts, draws and resamples: every stage and artifact, in seconds."""

import csv
from pathlib import Path

from analysis.runtime import ROOT

SMALL = {
    "mixture": {"restarts": 4, "max_components": 2, "deconvolution_components": 1, "deconvolution_restarts": 1},
    "eccentricity": {"bagging_resamples": 20, "permutations": 50, "power_draws": 20},
    "eccentricity_inference": {"permutations": 99, "bootstrap_resamples": 20, "bagging_resamples": 10, "coverage_draws": 10, "power_draws": 50},
    "origin": {"fold_repeats": 1, "score_resamples": 20, "bootstrap_resamples": 5},
    "origin_skill": {
        "fold_repeats": 2, "permutations": 39, "other_permutations": 19, "nested_repeats": 1, "nested_permutations": 9, "inner_folds": 2, "resamples": 50,
    },
    "ages": {"permutations": 99},
    "age_inference": {
        "permutations": 99, "influence_permutations": 49, "simulations": 20, "power_permutations": 49, "host_simulations": 4, "coverage_simulations": 8,
        "coverage_permutations": 49, "age_draws": 4, "age_permutations": 49,
    },
    "mixture_tests": {"draws": 9, "repeat_draws": 9, "starts": 2, "resamples": 9, "dip_draws": 99, "dip_picks": 5, "splits": 3},
    "robustness": {"restarts": 2},
    "detection": {"bootstrap": 19, "mixture_catalogues": 19, "mixture_starts": 2, "clump_catalogues": 3, "pass_bootstrap": 3, "power_catalogues": 9},
    "desert": {
        "steps": 100, "burn_in": 20, "walkers": 20, "points": 4096, "test_points": 1024, "bootstrap": 19, "pass_bootstrap": 3, "power_catalogues": 9,
        "validation_catalogues": 2, "loo_draws": 400,
    },
    "kozai": {"mass_cells": 10, "axis_cells": 10, "draws": 50},
    "disk": {"draws": 200, "axis_cells": 10},
    "secular": {"step_limit": 20_000},  # other physics than the frozen ensemble: a small one of its own
    "ensemble": {"own_systems": 16},
    "agreement": {"samples": 200},
    "occurrence": {"draws": 2000},
    "synthesis": {"systems": 2000, "variant_systems": 200, "repeats": 1},
    "vetting": {"draws": 400},
}
ARGUMENTS = [f"--set={section}.{name}={value}" for section, values in SMALL.items() for name, value in values.items()]

# 16 columns of a PSCompPars export and where the frozen table holds them.
EXPORT = {
    "pl_name": "companion_name", "hostname": "host_name", "discoverymethod": "discovery_method_raw", "pl_orbper": "orbital_period_day",
    "pl_orbsmax": "semimajor_axis_au", "pl_bmassj": "companion_mass_mjup", "pl_bmassprov": "mass_kind", "pl_orbeccen": "eccentricity",
    "pl_orbeccenerr1": "eccentricity_err_up", "pl_orbeccenerr2": "eccentricity_err_down", "pl_orbeccenlim": "eccentricity_limit",
    "st_mass": "host_mass_msun", "st_teff": "host_teff_k", "st_met": "metallicity", "st_rad": "host_radius_rsun", "pl_bmassjlim": "companion_mass_mjup_limit",
}
PROVENANCE = {"true": "Mass", "upper_limit": "Mass", "msini": "Msini", "mass_radius_relation": "M-R relationship"}


def write_export(path: Path) -> int:
    """Write the NASA rows of the frozen table as a PSCompPars export; returns the number of rows."""
    with open(ROOT / "data" / "frozen" / "companions.csv", newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["data_source"] == "NASA"]
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(EXPORT)
        for row in rows:
            cells = {name: row[column] for name, column in EXPORT.items()}
            cells["pl_bmassprov"] = PROVENANCE.get(cells["pl_bmassprov"], "")
            cells["pl_orbeccenerr2"] = f"-{cells['pl_orbeccenerr2']}" if cells["pl_orbeccenerr2"] else ""
            writer.writerow(cells.values())
    return len(rows)
