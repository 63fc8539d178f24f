"""Catalogues with the real hosts, methods and missing values, and labels whose truth is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from analysis.population.host_units import Units

__all__ = ["Draw", "draw_catalogue", "exchangeable_probability", "logistic_truth", "standardised_index"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """A simulated catalogue: row numbers in the real one, labels and host codes, each (n,)."""

    rows: NDArray[np.int64]
    labels: NDArray[np.bool_]
    host: NDArray[np.int64]


def draw_catalogue(units: Units, generator: np.random.Generator, labels: NDArray[np.bool_], probability: Floats | None) -> Draw:
    """Hosts drawn with replacement among those of one shape, so that methods, multiplicity and missing values keep their numbers.

    Without `probability`, the label vectors are drawn with replacement too, among all hosts of the shape: they say nothing about
    the features. With it (n,), a companion is binary-like with its own probability, and companions of one host share the random number, so that
    they agree as far as their probabilities allow.
    """
    rows, drawn, hosts, start = [], [], [], 0
    for block in units.blocks:
        chosen = block[generator.integers(len(block), size=len(block))]
        if probability is None:
            new = labels[block[generator.integers(len(block), size=len(block))]]
        else:
            new = generator.random(len(block))[:, None] < probability[chosen]
        rows.append(chosen.ravel())
        drawn.append(new.ravel())
        hosts.append(np.repeat(start + np.arange(len(block)), block.shape[1]))
        start += len(block)
    return Draw(np.concatenate(rows), np.concatenate(drawn), np.concatenate(hosts))


def exchangeable_probability(units: Units, labels: NDArray[np.bool_]) -> Floats:
    """P(binary-like) (n,) where labels are exchangeable: the share among the rows in the same place of hosts of the same shape."""
    out = np.empty(len(labels))
    for block in units.blocks:
        out[block] = labels[block].mean(axis=0)
    return out


def standardised_index(values: Floats, slopes: tuple[float, ...], groups: NDArray[np.int64]) -> Floats:
    """Sum of `slopes` times the columns of `values` (n, k), each in standard deviations about its mean within `groups` (n,); missing counts as 0."""
    out = np.zeros(len(values))
    for group in np.unique(groups):
        own = groups == group
        known = np.isfinite(values[own])
        counts = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, values[own], 0.0)
        deviation = np.where(known, filled - filled.sum(axis=0) / counts, 0.0)
        scale = np.sqrt((deviation**2).sum(axis=0) / counts)
        out[own] = (deviation / np.where(scale > 1e-9, scale, 1.0)) @ np.asarray(slopes)
    return out


def logistic_truth(index: Floats, labels: NDArray[np.bool_], groups: NDArray[np.int64]) -> Floats:
    """P(binary-like) (n,) = expit(intercept + index), the intercept of each group giving as many binary-like rows as `labels` (n,) has there.

    A group of one class alone keeps that class.
    """
    out = np.empty(len(index))
    for group in np.unique(groups):
        own = groups == group
        share, part = float(labels[own].mean()), index[own]
        if share in (0.0, 1.0):
            out[own] = share
        else:
            width = 30.0 + np.abs(part).max()
            intercept = brentq(lambda level, part=part, share=share: float(expit(part + level).mean()) - share, -width, width)
            out[own] = expit(part + intercept)
    return out
