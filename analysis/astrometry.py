"""Orbits of a centre of light: from Thiele-Innes elements to the semi-major axis, with its error.

With A, B, F, G in one unit, u = (A^2 + B^2 + F^2 + G^2)/2 and v = A G - B F, the semi-major axis is a0 = sqrt(u + sqrt(u^2 - v^2)) and
its derivative by A is [A + (u A - v G)/sqrt(u^2 - v^2)] / (2 a0), likewise for the others (Binnendijk 1960; Halbwachs et al. 2023, A&A 674, A9,
appendix A).
"""

import numpy as np

__all__ = ["ELEMENTS", "photocentre_axis", "photocentre_axis_error"]

ELEMENTS = ("a", "b", "f", "g")  # the order of Thiele-Innes elements in arrays


def _parts(elements: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(u, v, sqrt(u^2 - v^2)) of elements (..., 4); rounding cannot make the root imaginary."""
    a, b, f, g = np.moveaxis(np.asarray(elements, dtype=float), -1, 0)
    u, v = (a * a + b * b + f * f + g * g) / 2, a * g - b * f
    return u, v, np.sqrt(np.maximum((u + v) * (u - v), 0.0))


def photocentre_axis(elements) -> np.ndarray:
    """Semi-major axis, shape (...), in the unit of the elements (..., 4) in the order of ELEMENTS."""
    u, _, root = _parts(elements)
    return np.sqrt(u + root)


def photocentre_axis_error(elements, covariance) -> float:
    """1-sigma error to first order, for elements (4,) with covariance (4, 4) in the square of their unit.

    NaN where a0 has no derivative: no orbit at all, or one seen exactly face on (u = |v|), as is a circle of any size.
    """
    values = np.asarray(elements, dtype=float)
    u, v, root = (float(part) for part in _parts(values))
    size = float(np.sqrt(u + root))
    if size == 0.0 or root <= 1e-12 * u:
        return float("nan")
    a, b, f, g = values
    partner = np.array([-g, f, b, -a])  # minus the derivative of v
    gradient = (values + (u * values + v * partner) / root) / (2 * size)
    return float(np.sqrt(gradient @ np.asarray(covariance, dtype=float) @ gradient))
