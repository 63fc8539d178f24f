"""Captured resonance: mode of a Gaussian kernel density of the osculating period ratio (Gianuzzi et al. 2023, section 4.1), and its best angle."""

import numpy as np

from analysis.config import CircumbinaryConfig
from analysis.migration.circumbinary.kernel import ANGLES, BIN_WIDTH, BINS, FIRST_ANGLE, LOWEST_RATIO

__all__ = ["LIBRATION", "bin_centres", "librations", "modes", "points"]

LIBRATION = ("samples", "pericentres", "resultant", "angle")  # of the captured resonance: samples near it, k, mean resultant length, mean angle (rad)


def bin_centres() -> np.ndarray:
    """Period ratios at the centres of the kernel's histogram bins, (BINS,)."""
    return LOWEST_RATIO + BIN_WIDTH * (np.arange(BINS) + 0.5)


def points(config: CircumbinaryConfig) -> np.ndarray:
    """Period ratios at which the density is read, both ends included."""
    return np.linspace(config.ratio_min, config.ratio_max, config.ratio_points)


def modes(histogram: np.ndarray, config: CircumbinaryConfig, bandwidths: tuple[float, ...]) -> np.ndarray:
    """(n, bandwidths): the point with the highest density of the samples up to `ratio_max`; NaN for a row without such samples.

    histogram: (n, BINS) samples per bin, which is much narrower than any bandwidth.
    """
    centres, places = bin_centres(), points(config)
    counts = np.where(centres <= config.ratio_max, histogram, 0).astype(float)
    out = np.empty((len(counts), len(bandwidths)))
    for number, width in enumerate(bandwidths):
        density = counts @ np.exp(-0.5 * ((centres[:, None] - places[None, :]) / width) ** 2)
        out[:, number] = np.where(counts.sum(axis=1) > 0, places[density.argmax(axis=1)], np.nan)
    return out


def librations(angles: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """(n, len(LIBRATION)) of the resonance nearest to `ratio` (n,): of its angles, that with the largest mean resultant length; NaN without samples.

    angles: as `kernel.integrate` fills them. A circulating angle has a length near 0, one that does not move 1.
    """
    out = np.full((len(ratio), len(LIBRATION)), np.nan)
    for row, value in enumerate(ratio):
        order = round(value) - FIRST_ANGLE if np.isfinite(value) else -1
        count = angles[row, order, 0, 0] if 0 <= order < ANGLES else 0.0
        if count > 0:
            means = angles[row, order, 1 : 1 + order + FIRST_ANGLE] / count
            lengths = np.hypot(means[:, 0], means[:, 1])
            best = int(lengths.argmax())
            out[row] = count, best, lengths[best], np.arctan2(means[best, 1], means[best, 0])
    return out
