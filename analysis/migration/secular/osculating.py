"""Between the elements a double average evolves and those an observer or a direct integration sees: the part that turns with the perturber.

With the generating function chi of the single-averaged quadrupole, x_osculating = x_mean + {x, chi}: for dPhi the quadrupole averaged over the
inner orbit less its double average, n2 chi = integral of dPhi over the mean anomaly of the perturber (Luo, Katz & Dong 2016, section 3, for
e2 = 0; Tremaine 2023 for the gauge in which corrected averaging has no term that turns with the outer periapsis). First order in
epsilon_SA, quadrupole, the inner orbit against a fixed outer one. Frame: x towards the outer periapsis, z along the outer normal.
"""

import math

import numpy as np

from analysis.migration.secular.triple import SYSTEM

__all__ = ["mean_row", "short_period", "smallest_gap", "true_anomaly"]


def true_anomaly(mean_anomaly: float, eccentricity: float) -> float:
    """True anomaly in rad in (-pi, pi] for a mean anomaly in rad and 0 <= e < 1."""
    mean = math.remainder(mean_anomaly, 2 * math.pi)
    excentric = mean if eccentricity < 0.8 else math.copysign(math.pi, mean)
    for _ in range(50):
        step = (excentric - eccentricity * math.sin(excentric) - mean) / (1 - eccentricity * math.cos(excentric))
        excentric -= step
        if abs(step) < 1e-15:
            break
    return 2 * math.atan2(math.sqrt(1 + eccentricity) * math.sin(excentric / 2), math.sqrt(1 - eccentricity) * math.cos(excentric / 2))


def short_period(j: np.ndarray, e: np.ndarray, anomaly: np.ndarray | float, epsilon: float, outer_eccentricity: float) -> tuple[np.ndarray, np.ndarray]:
    """(dj, de): osculating less mean vectors, shapes (..., 3) for true anomalies (rad) of the perturber of shape (...).

    j, e: (3,) mean vectors; epsilon: epsilon_SA with its factor (1 - e2^2)^(-3/2).
    """
    f, e2 = np.asarray(anomaly, dtype=float), outer_eccentricity
    f = np.remainder(f + np.pi, 2 * np.pi) - np.pi
    excentric = 2 * np.arctan2(np.sqrt(1 - e2) * np.sin(f / 2), np.sqrt(1 + e2) * np.cos(f / 2))
    even = f - (excentric - e2 * np.sin(excentric)) + e2 * np.sin(f)
    one = np.sin(2 * f) / 2 + e2 * (np.sin(f) / 2 + np.sin(3 * f) / 6)
    two = e2**2 / 4 - np.cos(2 * f) / 2 - e2 * (np.cos(f) / 2 + np.cos(3 * f) / 6)

    def combined(v: np.ndarray) -> np.ndarray:
        """even (x, y, 0) + one (x, -y, 0) + two (y, x, 0), the gradient of the tidal tensor's turning part."""
        return np.stack([even * v[0] + one * v[0] + two * v[1], even * v[1] - one * v[1] + two * v[0], np.zeros_like(f)], axis=-1)

    by_j = 3.0 * combined(j)
    by_e = 12.0 * even[..., None] * e - 15.0 * combined(e)
    scale = -0.25 * epsilon
    return scale * (np.cross(j, by_j) + np.cross(e, by_e)), scale * (np.cross(j, by_e) + np.cross(e, by_j))


def _vectors(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(j, e) of a row of level 2 in the frame of the outer periapsis."""
    value = dict(zip(SYSTEM, row, strict=True))
    size, ci, si = value["inner_eccentricity"], math.cos(value["inclination"]), math.sin(value["inclination"])
    cw, sw = math.cos(value["inner_argument"]), math.sin(value["inner_argument"])
    j = math.sqrt(1 - size * size) * np.array([0.0, -si, ci])
    e = size * np.array([cw, sw * ci, sw * si])
    c, s = math.cos(value["outer_argument"]), math.sin(value["outer_argument"])
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return turn @ j, turn @ e


def mean_row(row: np.ndarray, anomaly: float, epsilon: float) -> np.ndarray:
    """The row of level 2 (columns of `triple.SYSTEM`) whose mean elements belong to osculating ones, at a true anomaly (rad) of the perturber.

    Solves x_mean = x_osculating - dx(x_mean) by iteration; the outer orbit stays as it is.
    """
    row = np.asarray(row, dtype=float)
    e2 = float(row[SYSTEM.index("outer_eccentricity")])
    j0, e0 = _vectors(row)
    j, e = j0, e0
    for _ in range(20):
        dj, de = short_period(j, e, anomaly, epsilon, e2)
        j, e = j0 - dj, e0 - de
    size = min(float(np.linalg.norm(e)), 1.0 - 1e-12)
    j_hat = j / np.linalg.norm(j)
    node = np.array([-j_hat[1], j_hat[0], 0.0]) if math.hypot(j_hat[0], j_hat[1]) > 1e-12 else np.array([1.0, 0.0, 0.0])
    node /= np.linalg.norm(node)
    out = row.copy()
    out[SYSTEM.index("inner_eccentricity")] = size
    out[SYSTEM.index("inclination")] = math.acos(max(-1.0, min(1.0, float(j_hat[2]))))
    out[SYSTEM.index("inner_argument")] = math.atan2(float(e @ np.cross(j_hat, node)), float(e @ node))
    out[SYSTEM.index("outer_argument")] = -math.atan2(node[1], node[0])
    return out


def smallest_gap(j: np.ndarray, e: np.ndarray, epsilon: float, outer_eccentricity: float) -> float:
    """Smallest osculating 1 - e over all places of the perturber, for mean vectors (3,) in the frame of the outer periapsis."""
    dj, _ = short_period(j, e, np.linspace(-np.pi, np.pi, 721), epsilon, outer_eccentricity)
    jj = float(np.min(np.sum((j + dj) ** 2, axis=-1)))
    return jj / (1 + math.sqrt(max(0.0, 1 - jj)))
