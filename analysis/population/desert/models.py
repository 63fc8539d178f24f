"""Densities of companions per dex of mass ratio or mass, relative, on cell centres: 002's step function, flat, log-normal + power law, and a dip.

Each family lists its parameters with the bounds of a uniform prior; `density` turns parameters into relative densities. The scale of a density
never matters: the number of stars searched by each method is unknown, and rates are profiled out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.config import DesertConfig

__all__ = ["Family", "dip_profile", "families", "prior_points", "step_family", "valleys"]


@dataclass(frozen=True)
class Family:
    """name, parameter names, uniform bounds (p, 2), and density (s, p), (nx,) -> (s, nx), positive."""

    name: str
    parameters: tuple[str, ...]
    bounds: np.ndarray
    density: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def scaled(self, unit: np.ndarray) -> np.ndarray:
        """Parameters (s, p) from points of the unit cube."""
        return self.bounds[:, 0] + unit * (self.bounds[:, 1] - self.bounds[:, 0])


def dip_profile(x: np.ndarray, low: np.ndarray, high: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """One between `low` and `high`, zero outside, with logistic edges of scale `width` (dex); all broadcast."""
    return 0.5 * (np.tanh((x - low) / (2 * width)) - np.tanh((x - high) / (2 * width)))


def step_family(name: str, bins: int, low: float, high: float, deepest: float) -> Family:
    """Step function of `bins` equal steps in log10, Cui et al. (2026, eq. 4): heights within `deepest` (dex) of one, either way."""

    def steps(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        place = np.clip(((x - low) / (high - low) * bins).astype(int), 0, bins - 1)
        return 10 ** t[:, place]

    return Family(name, tuple(f"log_height_{k + 1}" for k in range(bins)), np.tile((-deepest, deepest), (bins, 1)), steps)


def families(config: DesertConfig, low: float, high: float) -> dict[str, Family]:
    """The families on a range of x from `low` to `high` (log10).

    "flat", "power": one power of the mass. "concave": unimodal or monotone, a power and a curvature. "lognormal_power": Cui et al. (2026, eq. 5),
    a log-normal and a power law with two constants, of which only the ratio at the middle of the range matters. "step", "coarse_step": their eq. 4.
    "dip": the concave density times a floor between two edges.
    """
    middle, slope = (low + high) / 2, (-config.steepest, config.steepest)
    depth = (-config.deepest, config.deepest)

    def smooth(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        u = x - middle
        return 10 ** (t[:, :1] * u - t[:, 1:2] * u**2)

    def humps(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        hump = np.exp(-0.5 * ((x - t[:, 1:2]) / 10 ** t[:, 2:3]) ** 2)
        return 10 ** t[:, :1] * hump + 10 ** (t[:, 3:4] * (x - middle))

    def dip(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        inside = dip_profile(x, t[:, 2:3] - t[:, 3:4], t[:, 2:3] + t[:, 3:4], config.dip_edge)
        return smooth(t, x) * (1 - (1 - 10 ** t[:, 4:5]) * inside)

    flank = config.flank
    found = (
        Family("flat", (), np.zeros((0, 2)), lambda t, x: np.ones((len(t), len(x)))),
        Family("power", ("slope",), np.array([slope]), lambda t, x: 10 ** (t[:, :1] * (x - middle))),
        Family("concave", ("slope", "curvature"), np.array([slope, (0, config.most_curved)]), smooth),
        Family(
            "lognormal_power", ("log_peak_ratio", "peak", "log_peak_width", "slope"),
            np.array([depth, (low, high), tuple(np.log10(config.peak_widths)), slope]), humps,
        ),
        step_family("step", config.bins, low, high, config.deepest), step_family("coarse_step", config.coarse_bins, low, high, config.deepest),
        Family(
            "dip", ("slope", "curvature", "centre", "half_width", "log_floor"),
            np.array([slope, (0, config.most_curved), (low + flank, high - flank), config.half_widths, (-config.deepest, 0)]), dip,
        ),
    )
    return {family.name: family for family in found}


def prior_points(family: Family, count: int, seed: int) -> np.ndarray:
    """`count` (a power of two) points (count, p) that fill the prior evenly: a scrambled Sobol sequence."""
    from scipy.stats import qmc

    if not family.parameters:
        return np.zeros((1, 0))
    sequence = qmc.Sobol(len(family.parameters), scramble=True, rng=np.random.default_rng([seed, len(family.parameters)]))
    return family.scaled(sequence.random_base2(int(np.log2(count))))


def valleys(density: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth (s,) in dex of the deepest valley of each density (s, nx), below the lower of the two tops beside it, and its place in x (s,).

    Depth 0 and place NaN where a density is unimodal or monotone.
    """
    log = np.log10(np.maximum(density, 1e-300))
    left = np.maximum.accumulate(log, axis=1)
    right = np.maximum.accumulate(log[:, ::-1], axis=1)[:, ::-1]
    below = np.minimum(left, right) - log
    place = below.argmax(axis=1)
    depth = below[np.arange(len(log)), place]
    return depth, np.where(depth > 1e-9, x[place], np.nan)
