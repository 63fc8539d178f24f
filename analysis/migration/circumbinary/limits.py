"""Empirical limits of stable orbits around a binary."""

from typing import Any

import numpy as np

__all__ = ["critical_axis", "critical_eccentricity"]


def critical_axis(binary_eccentricity: Any, mass_ratio: Any) -> Any:
    """Smallest stable axis of a circular orbit around a binary, in a_B (Holman & Wiegert 1999, AJ 117, 621, eq. 3; e_B <= 0.7, mu >= 0.1).

    mass_ratio: q_B = m_B / m_A; the formula's mu is m_B / (m_A + m_B).
    """
    e, mu = np.asarray(binary_eccentricity, dtype=float), np.asarray(mass_ratio, dtype=float)
    mu = mu / (1.0 + mu)
    return 1.60 + 5.10 * e - 2.22 * e**2 + 4.12 * mu - 4.27 * e * mu - 5.09 * mu**2 + 4.61 * e**2 * mu**2


def critical_eccentricity(axis: Any, critical: Any) -> Any:
    """Largest stable eccentricity of an orbit with this axis around a binary whose circular limit is `critical` (same unit); 0 inside it.

    e_c = 0.8 (1 - a_c / a): Quarles et al. 2018, ApJ 856, 150, section 3.
    """
    return np.maximum(0.0, 0.8 * (1.0 - np.asarray(critical, dtype=float) / np.asarray(axis, dtype=float)))
