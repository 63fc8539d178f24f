"""What the circumbinary runs say: shares of captured resonances, dispersion, averages, libration, stability maps, fates around light binaries."""

import math
from typing import Final

import numpy as np
import pandas as pd

from analysis.constants import MJUP_MSUN, RJUP_AU
from analysis.migration.circumbinary.density import LIBRATION
from analysis.migration.circumbinary.forest import FEATURES
from analysis.migration.circumbinary.kernel import REASONS, RECORD
from analysis.migration.circumbinary.limits import critical_axis, critical_eccentricity
from analysis.migration.circumbinary.store import Outcomes
from analysis.migration.circumbinary.systems import GRID, HOSTS

__all__ = [
    "FATES", "LIBRATING", "PUBLISHED_DISPERSION", "PUBLISHED_SUPPORT", "averages", "dispersion", "fates", "grid_table", "host_table", "libration", "map_table", "shares",
    "slopes", "times", "wilson",
]

# Gianuzzi et al. 2023: rows of their test set by resonance (table 4), runs of all 4200 (section 4.1), indices of dispersion (table 3).
PUBLISHED_SUPPORT: Final = {3: 98, 4: 402, 5: 235, 6: 145, 7: 121, 8: 46, 9: 3}
PUBLISHED_RUNS: Final = {3: 346, 4: 1553, 9: 12}
PUBLISHED_TOTAL: Final = 4200
PUBLISHED_RECALL: Final = {3: 0.82, 4: 0.89, 5: 0.71, 6: 0.67, 7: 0.75, 8: 0.72, 9: 0.67}
PUBLISHED_DISPERSION: Final = {
    "binary_eccentricity": (0.044, 0.059, 0.098), "mass_ratio": (0.288, 0.328, 0.369), "planet_mass_earth": (0.325, 0.329, 0.333),
    "eccentricity": (0.307, 0.321, 0.336), "axis_time": (0.275, 0.325, 0.368), "eccentricity_time": (0.268, 0.322, 0.359), "time_ratio": (0.273, 0.317, 0.340),
}
FATES: Final = ("ejected", "collided", "held", "bound", "unresolved")
_FATE: Final = {
    REASONS["ejected"]: "ejected", REASONS["hit_a"]: "collided", REASONS["hit_b"]: "collided", REASONS["held"]: "held", REASONS["time_limit"]: "bound",
    REASONS["crowded"]: "unresolved", REASONS["failed"]: "unresolved",
}
LIBRATING = 0.5  # mean resultant length of the resonant angle above which it counts as librating
NEAR_ANGLE = 60.0  # degrees
DISRUPTION = 2.7  # tidal radii
DEEP = 0.5  # of the stability limit, within which a lasting orbit would count as one about a single star
CHAOTIC = 0.4  # half range of the eccentricity above which an orbit counts as chaotic


def _column(outcomes: Outcomes, name: str) -> np.ndarray:
    return outcomes.record[:, RECORD.index(name)]


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); NaN for n = 0."""
    if not n:
        return math.nan, math.nan
    p, centre = k / n, (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def fates(outcomes: Outcomes) -> np.ndarray:
    """FATES of every run: `held` ended early in a resonance, `bound` was still bound, and not held, at the time limit."""
    return np.array([_FATE[reason] for reason in outcomes.reason])


def _orbits(outcomes: Outcomes) -> dict[str, np.ndarray]:
    """Captured resonance and what is asked of every run with drag."""
    ratio = outcomes.modes[:, 0]
    number = np.where(np.isfinite(ratio), np.round(ratio), 0).astype(int)
    samples = np.maximum(_column(outcomes, "samples"), 1)
    return {
        "ratio": ratio, "resonance": number, "fate": fates(outcomes), "end_time": _column(outcomes, "end_time"),
        "pericentres": outcomes.angles[:, LIBRATION.index("pericentres")], "resultant": outcomes.angles[:, LIBRATION.index("resultant")],
        "angle_deg": np.degrees(outcomes.angles[:, LIBRATION.index("angle")]),
        "secular_resultant": np.hypot(_column(outcomes, "secular_cosine"), _column(outcomes, "secular_sine")) / samples,
        "final_axis": _column(outcomes, "axis"), "least_distance": _column(outcomes, "least_distance"),
        "window_ratio": _column(outcomes, "window_ratio"), "window_eccentricity": _column(outcomes, "window_eccentricity"),
    }


def grid_table(values: np.ndarray, outcomes: Outcomes) -> pd.DataFrame:
    """One row per run of the grid: its parameters (FEATURES), captured resonance, fate, end time (periods) and libration."""
    table = pd.DataFrame(dict(zip(GRID, values.T, strict=True)) | {"time_ratio": values[:, 0] / values[:, 1]} | _orbits(outcomes))
    return table[[*FEATURES, *(name for name in table if name not in FEATURES)]]


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Per resonance: runs, share with interval, and the published share (all runs where told, else its test rows)."""
    rows, n = [], len(table)
    for number in range(2, 11):
        k = int((table["resonance"] == number).sum())
        low, high = wilson(k, n)
        published = PUBLISHED_RUNS[number] / PUBLISHED_TOTAL if number in PUBLISHED_RUNS else PUBLISHED_SUPPORT.get(number, 0) / sum(PUBLISHED_SUPPORT.values())
        rows.append({
            "resonance": number, "runs": k, "share": k / n, "low": low, "high": high, "published": published,
            "published_of": PUBLISHED_TOTAL if number in PUBLISHED_RUNS else sum(PUBLISHED_SUPPORT.values()),
        })
    return pd.DataFrame(rows)


def dispersion(table: pd.DataFrame) -> pd.DataFrame:
    """Index of dispersion (variance over mean) of the captured ratio at every single value of a parameter: least, mean and largest, and the published ones."""
    rows = []
    known = table[table["ratio"].notna()]
    for name in FEATURES:
        groups = known.groupby(name)["ratio"]
        index = groups.var() / groups.mean()
        low, mean, high = PUBLISHED_DISPERSION[name]
        rows.append({
            "parameter": name, "least": index.min(), "mean": index.mean(), "largest": index.max(), "runs_per_value": int(groups.size().max()),
            "published_least": low, "published_mean": mean, "published_largest": high,
        })
    return pd.DataFrame(rows).sort_values("mean", ignore_index=True)


def averages(table: pd.DataFrame) -> pd.DataFrame:
    """Mean captured ratio and its standard deviation by binary eccentricity and each other parameter (the ratio of times in their five by five pairs)."""
    rows = []
    for name in FEATURES:
        if name == "binary_eccentricity":
            continue
        for (eb, value), group in table.groupby(["binary_eccentricity", name]):
            rows.append({
                "parameter": name, "binary_eccentricity": eb, "value": value, "runs": len(group), "mean_ratio": group["ratio"].mean(), "spread": group["ratio"].std(),
            })
    return pd.DataFrame(rows)


def slopes(table: pd.DataFrame) -> dict[float, float]:
    """Slope of the captured ratio against the binary's eccentricity, least squares, by mass ratio of the stars."""
    out = {}
    for q, group in table[table["ratio"].notna()].groupby("mass_ratio"):
        x = group["binary_eccentricity"] - group["binary_eccentricity"].mean()
        out[float(q)] = float((x * group["ratio"]).sum() / (x * x).sum())  # type: ignore[arg-type]
    return out


def libration(table: pd.DataFrame) -> pd.DataFrame:
    """Per resonance: runs of which an angle N lambda - lambda_B - k pericentre - (N - 1 - k) pericentre_B librates, the commonest k, and about what.

    The means run over all samples nearest to N/1, the passage before the capture included, so the share is a lower bound.
    """
    rows = []
    for number, group in table[table["resultant"].notna()].groupby("resonance"):
        on = group[group["resultant"] > LIBRATING]
        rows.append({
            "resonance": int(number), "runs": len(group), "librating": len(on), "share": len(on) / len(group),  # type: ignore[call-overload]
            "pericentres": float(on["pericentres"].mode().iloc[0]) if len(on) else math.nan,
            "about_0": float((on["angle_deg"].abs() < NEAR_ANGLE).mean()) if len(on) else math.nan,
            "about_180": float((on["angle_deg"].abs() > 180.0 - NEAR_ANGLE).mean()) if len(on) else math.nan, "median_resultant": group["resultant"].median(),
            "held": int((group["fate"] == "held").sum()), "held_librating": int(((group["fate"] == "held") & (group["resultant"] > LIBRATING)).sum()),
        })
    return pd.DataFrame(rows)


def times(table: pd.DataFrame) -> pd.DataFrame:
    """Per pair of damping times: median end time in axis times and shares of fates."""
    rows = []
    for (tau_a, tau_e), group in table.groupby(["axis_time", "eccentricity_time"]):
        rows.append({
            "axis_time": tau_a, "eccentricity_time": tau_e, "runs": len(group), "median_end": (group["end_time"] / tau_a).median(),
            **{fate: (group["fate"] == fate).mean() for fate in FATES},
        })
    return pd.DataFrame(rows)


def map_table(values: np.ndarray, outcomes: Outcomes) -> pd.DataFrame:
    """One row per cell of the dynamical maps: half range of the eccentricity, whether it stayed, and what both limits say."""
    q, eb, axis, e = values.T
    half = 0.5 * (_column(outcomes, "largest_eccentricity") - np.minimum(_column(outcomes, "smallest_eccentricity"), 1.0))
    stayed = outcomes.reason == REASONS["time_limit"]
    critical = critical_axis(eb, q)
    return pd.DataFrame({
        "mass_ratio": q, "binary_eccentricity": eb, "axis": axis, "eccentricity": e, "half_range": np.where(stayed, half, np.nan),
        "stable": stayed & (half <= CHAOTIC), "critical_axis": critical, "beyond_axis": axis > critical, "below_eccentricity": e < critical_eccentricity(axis, critical),
    })


def host_table(values: np.ndarray, outcomes: Outcomes) -> pd.DataFrame:
    """One row per binary of the host masses studied here; axes in au, `limit` that of stability at the start, `last` means of planets that are left."""
    table = pd.DataFrame(dict(zip(HOSTS, values.T, strict=True)) | _orbits(outcomes))
    limit = critical_axis(table["binary_eccentricity"], table["mass_ratio"])
    table["limit_axis_au"] = limit * table["binary_axis_au"]
    table["final_axis_au"] = table.pop("final_axis") * table["binary_axis_au"]
    # A heavy planet in resonance hands the drag on to the binary, which shrinks: the last means are compared with the limit of the binary at the end.
    table["binary_shrunk_to"], table["binary_final_eccentricity"] = _column(outcomes, "binary_axis"), _column(outcomes, "binary_eccentricity")
    mean = table["window_ratio"] ** (2.0 / 3.0) * table["binary_shrunk_to"] * table["binary_axis_au"]
    final = critical_axis(np.minimum(table["binary_final_eccentricity"], 0.7), table["mass_ratio"]) * table["binary_shrunk_to"] * table["binary_axis_au"]
    left = table["fate"].isin(["held", "bound"])
    table["last_axis_au"], table["last_over_limit"] = np.where(left, mean, np.nan), np.where(left, mean / final, np.nan)
    table["parked_axis_au"] = np.where(table["fate"] == "held", mean, np.nan)
    table["parked_over_limit"] = table["parked_axis_au"] / table["limit_axis_au"]
    # Tidal disruption of a Jupiter-size giant at 2.7 r_t (Guillochon, Ramirez-Ruiz & Lin 2011), far outside the radius that ends a run.
    host = table["total_mass_msun"] / (1.0 + table["mass_ratio"])
    table["disruption_au"] = DISRUPTION * RJUP_AU * (host / (table["companion_mass_mjup"] * MJUP_MSUN)) ** (1.0 / 3.0)
    table["disrupted"] = table["least_distance"] * table["binary_axis_au"] < table["disruption_au"]
    table["snapshot_deep"] = left & (table["final_axis_au"] > 0) & (table["final_axis_au"] < DEEP * table["limit_axis_au"])  # one moment, the first binary
    table["deep"] = table["last_over_limit"] < DEEP
    return table
