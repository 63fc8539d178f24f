"""Captured resonance: mode of a Gaussian kernel density of the osculating period ratio (Gianuzzi et al. 2023, section 4.1)."""

import numpy as np

from analysis.config import CircumbinaryConfig
from analysis.migration.circumbinary_kernel import BIN_WIDTH, BINS, LOWEST_RATIO

__all__ = ["bin_centres", "modes", "points"]


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
