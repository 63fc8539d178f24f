"""What the desert's likelihood knows of a catalogue: where each companion may lie, and what its method would have found along its orbit.

Coordinates are x = log10 of mass ratio or of companion mass (MJ) and y = log10 of the axis (au), on cells. The posterior of a row under flat
priors in x and y is the normal error of the catalogue's value integrated over cells, the limit of endless posterior samples. Lens masses
share their error with the mass of the lens, so log q has the correlated error of `deconvolution.error_table` and log m the whole one.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.constants import MJUP_MSUN
from analysis.population.mixture.deconvolution import error_table
from analysis.population.selection.sensitivity import Hosts, Window, detectability, hosts_of

__all__ = ["COORDINATES", "MASS", "RATIO", "DesertCase", "case_from", "cell_weights", "cells", "desert_case", "in_region"]

RATIO, MASS = "mass_ratio", "mass"
COORDINATES = (RATIO, MASS)
SHARP = 1e-3  # dex, least error: a row without one lies in a single cell


@dataclass(frozen=True)
class DesertCase:
    """n companions on nx by ny cells.

    x, y, sigma_x, sigma_y (n,): catalogue values and errors in dex. weights (n, nx), axis_weights (n, ny): probability of each cell.
    detection (m, nx, ny) of the `methods`; exposure (n, nx): that of the row's method averaged over the row's axis. method and host (n,): codes.
    """

    coordinate: str
    x_edges: np.ndarray
    y_edges: np.ndarray
    x: np.ndarray
    y: np.ndarray
    sigma_x: np.ndarray
    sigma_y: np.ndarray
    weights: np.ndarray
    axis_weights: np.ndarray
    detection: np.ndarray
    exposure: np.ndarray
    methods: tuple[str, ...]
    method: np.ndarray
    host: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def part(self, keep: np.ndarray) -> "DesertCase":
        """The rows where `keep` (n,) is true."""
        rows = {name: getattr(self, name)[keep] for name in ("x", "y", "sigma_x", "sigma_y", "weights", "axis_weights", "exposure", "method")}
        return replace(self, **rows, host=np.unique(self.host[keep], return_inverse=True)[1].astype(np.int64))

    @property
    def centres(self) -> np.ndarray:
        """Cell centres in x (nx,)."""
        return (self.x_edges[1:] + self.x_edges[:-1]) / 2

    @property
    def axis_centres(self) -> np.ndarray:
        """Cell centres in y (ny,)."""
        return (self.y_edges[1:] + self.y_edges[:-1]) / 2

    @property
    def step(self) -> float:
        """Width of a cell in x (dex)."""
        return float(self.x_edges[1] - self.x_edges[0])

    @property
    def hosts(self) -> int:
        """Number of hosts."""
        return int(self.host.max()) + 1 if len(self.host) else 0


def cells(low: float, high: float, width: float) -> np.ndarray:
    """Edges in log10 of equal cells between the values `low` and `high`, as near `width` (dex) as a whole number of them allows."""
    count = max(1, round(float(np.log10(high / low)) / width))
    return np.linspace(np.log10(low), np.log10(high), count + 1)


def cell_weights(value: np.ndarray, sigma: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Probability (n, cells) of each cell for normal errors `sigma` (n,) about `value` (n,); rows sum to what lies within the edges."""
    return np.diff(ndtr((edges - value[:, None]) / np.maximum(sigma, SHARP)[:, None]), axis=1)


def in_region(rows: pd.DataFrame, config: DesertConfig, coordinate: str, axis_range: tuple[float, float]) -> pd.DataFrame:
    """The rows whose catalogue values lie in the region of the analysis, bounds included, in their order."""
    name, (low, high) = ("mass_ratio", config.mass_ratio_range) if coordinate == RATIO else ("companion_mass_mjup", config.mass_range)
    keep = rows[name].between(low, high) & rows["semimajor_axis_au"].between(*axis_range)
    return rows[keep].reset_index(drop=True)


def _single(hosts: Hosts, k: int) -> Hosts:
    return Hosts(hosts.mass[k : k + 1], hosts.radius[k : k + 1], hosts.distance[k : k + 1])


def _seen(window: Window, coordinate: str, x: np.ndarray, y: np.ndarray, config: DetectionConfig) -> np.ndarray:
    """Detection (h, nx, ny) of each host of a window at the cell centres."""
    result = []
    for k in range(len(window.names)):
        one = _single(window.hosts, k)
        log_q = x if coordinate == RATIO else x - np.log10(one.mass[0] / MJUP_MSUN)
        result.append(detectability(window.method, log_q[:, None], y[None, :], one, config))
    return np.array(result)


def desert_case(
    rows: pd.DataFrame, everything: pd.DataFrame, coordinate: str, config: DesertConfig, detection_config: DetectionConfig, mixture_config: MixtureConfig,
    axis_range: tuple[float, float] | None = None, own_hosts: bool = False, exact: bool = False,
) -> DesertCase:
    """The companions of `rows` in the region, seen through the hosts of `everything` that their methods observed.

    `own_hosts`: each companion is seen through its own host's sensitivity instead of the method's mean. `exact`: no errors.
    """
    axis_range = axis_range or config.axis_range
    low, high = config.mass_ratio_range if coordinate == RATIO else config.mass_range
    x_edges, y_edges = cells(low, high, config.cell), cells(*axis_range, config.axis_cell)
    x, y = (x_edges[1:] + x_edges[:-1]) / 2, (y_edges[1:] + y_edges[:-1]) / 2
    chosen = in_region(rows, config, coordinate, axis_range)
    windows = hosts_of(everything, detection_config)
    seen = [_seen(window, coordinate, x, y, detection_config) for window in windows]
    methods = tuple(dict.fromkeys(w.method for w in windows if w.method in set(chosen["discovery_method"])))
    detection = np.array([np.concatenate([part for w, part in zip(windows, seen, strict=True) if w.method == name]).mean(axis=0) for name in methods])
    errors = error_table(chosen, mixture_config.microlensing_correlation, mixture_config.mass_radius_scatter)
    sigma = [errors[name].to_numpy(dtype=float) * (not exact) for name in ("sigma_q" if coordinate == RATIO else "sigma_companion", "sigma_axis")]
    value = chosen["log_mass_ratio"] if coordinate == RATIO else np.log10(chosen["companion_mass_mjup"].astype(float))
    method = np.array([methods.index(name) for name in chosen["discovery_method"]], dtype=np.int64)
    own = None
    if own_hosts:
        place = {(w.method, name): part[k] for w, part in zip(windows, seen, strict=True) for k, name in enumerate(w.names)}
        own = np.array([place[pair] for pair in zip(chosen["discovery_method"], chosen["host_name"], strict=True)])
    host = np.unique(chosen["host_name"].to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)
    return case_from(
        coordinate, x_edges, y_edges, np.asarray(value, dtype=float), chosen["log_semimajor_axis"].to_numpy(dtype=float), sigma[0], sigma[1], detection, methods,
        method, host, own,
    )


def case_from(
    coordinate: str, x_edges: np.ndarray, y_edges: np.ndarray, x: np.ndarray, y: np.ndarray, sigma_x: np.ndarray, sigma_y: np.ndarray, detection: np.ndarray,
    methods: tuple[str, ...], method: np.ndarray, host: np.ndarray, own: np.ndarray | None = None,
) -> DesertCase:
    """The case of given values and detection; `own` (n, nx, ny) replaces the method's detection in the exposure of a row."""
    axis = cell_weights(y, sigma_y, y_edges)
    axis = axis / axis.sum(axis=1, keepdims=True) if len(axis) else axis
    along = detection[method] if own is None else own
    exposure = np.einsum("ixy,iy->ix", along, axis) if len(x) else np.zeros((0, len(x_edges) - 1))
    exposure = exposure / np.maximum(exposure.max(axis=1, keepdims=True), 1e-300) if len(x) else exposure
    return DesertCase(
        coordinate, x_edges, y_edges, x, y, sigma_x, sigma_y, cell_weights(x, sigma_x, x_edges), axis, detection, exposure, methods, method, host,
    )
