"""Simulated results of the selection stage with the structure of the real sample: hosts, methods, missing values."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

TARGET = {
    "object_id": "TOI:TOI-6894 b", "companion_name": "TOI-6894 b", "host_name": "TOI-6894", "data_source": "TOI", "discovery_method": "Transit",
    "mass_ratio": 7.7e-4, "host_mass_msun": 0.207, "companion_mass_mjup": 0.168, "semimajor_axis_au": 0.026, "eccentricity": 0.029,
    "eccentricity_kind": "measured", "metallicity": 0.14, "host_age_gyr": np.nan,
}
LOGARITHMS = {
    "log_mass_ratio": "mass_ratio", "log_semimajor_axis": "semimajor_axis_au", "log_host_mass": "host_mass_msun", "log_host_age_gyr": "host_age_gyr",
}


def table(n_hosts: int = 100, seed: int = 1, missing: float = 0.4, q: np.ndarray | None = None, a: np.ndarray | None = None) -> pd.DataFrame:
    """Candidates of `n_hosts` hosts with 1 to 4 companions each (about 1.5 on average); q and a are independent unless given."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 2, 3, 4], size=n_hosts, p=[0.7, 0.15, 0.1, 0.05])
    hosts = np.repeat([f"Host {k:03d}" for k in range(n_hosts)], sizes)
    n = len(hosts)
    mass = np.repeat(10 ** rng.uniform(-1.2, -0.7, n_hosts), sizes)
    q = 10 ** rng.uniform(-4.5, -0.5, n) if q is None else q(rng, n)
    axis = 10 ** rng.uniform(-2, 2, n) if a is None else a(rng, q)
    rows = pd.DataFrame({
        "companion_name": [f"{host} {'bcde'[k]}" for host, k in zip(hosts, pd.Series(hosts).groupby(hosts).cumcount(), strict=True)],
        "host_name": hosts, "data_source": "NASA", "discovery_method": rng.choice(["Transit", "Radial Velocity", "Microlensing"], n),
        "mass_ratio": q, "host_mass_msun": mass, "companion_mass_mjup": q * mass * 1047.56, "semimajor_axis_au": axis,
        "eccentricity": np.where(rng.random(n) < missing, np.nan, rng.beta(0.9, 3, n)),
        "metallicity": np.where(rng.random(n) < missing, np.nan, rng.normal(0, 0.2, n)),
        "host_age_gyr": np.repeat(10 ** rng.uniform(-0.5, 1, n_hosts), sizes),
    })
    rows["eccentricity_kind"] = np.where(rows["eccentricity"].isna(), "missing", "measured")
    rows["object_id"] = "NASA:" + rows["companion_name"]
    return rows


def sample(rows: pd.DataFrame) -> SimpleNamespace:
    """The stage result for these candidates and the target."""
    full = pd.concat([rows, pd.DataFrame([TARGET])], ignore_index=True) if len(rows) else pd.DataFrame([TARGET])
    for name, source in LOGARITHMS.items():
        full[name] = np.log10(full[source].astype(float))
    full["high_mass_ratio"] = full["mass_ratio"] > 0.01
    full["is_target"] = full["data_source"] == "TOI"
    full["is_candidate"] = ~full["is_target"]
    for name in ("host_age_gyr_err_up", "host_age_gyr_err_down"):
        full[name] = 0.2 * full["host_age_gyr"]
        full[name.replace("host_age_gyr", "eccentricity")] = np.where(full["eccentricity_kind"] == "measured", 0.02, np.nan)
    full["host_age_reference"] = "simulated"
    full = full.sort_values("object_id").reset_index(drop=True)
    return SimpleNamespace(table=full, uncorrected=full.copy(), counts={"percent": 100.0})


def target(age_gyr: float | None = None) -> SimpleNamespace:
    """The part of the target stage's result that the ages need."""
    return SimpleNamespace(values={"host_age_gyr": age_gyr, "semimajor_axis_au": 0.026, "eccentricity": 0.029, "eccentricity_limit_95": 0.094})
