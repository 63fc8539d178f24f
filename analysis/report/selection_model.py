"""Artifacts of the forward model of selection."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json, write_npz

__all__ = ["write"]


def write(directory: Path, context: Context, *, selection_model: Any) -> None:
    """selection_model.json, tables of statistics, methods, passes, power, and scan, and selection_detectability.npz (absent grids are empty)."""
    result = selection_model
    files = {
        "statistics": "selection_statistics.csv", "methods": "selection_methods.csv", "passes": "selection_passes.csv", "power": "selection_power.csv",
        "gaps at other mass ratios": "selection_scan.csv", "detectability": "selection_detectability.npz",
    }
    write_json(directory / "selection_model.json", {**result.summary, "files": files, "definitions": DEFINITIONS}, context)
    for name, table in (("statistics", result.statistics), ("methods", result.methods), ("passes", result.passes), ("power", result.power), ("scan", result.scan)):
        write_csv(directory / f"selection_{name}.csv", table, context)
    arrays = {
        "detection": result.detection.astype("float32"), "methods": list(result.detection_methods) or [""], "population": result.population.astype("float32"),
        "log_q_edges": result.log_q_edges, "log_a_edges": result.log_a_edges,
    }
    write_npz(directory / "selection_detectability.npz", arrays, context)


DEFINITIONS = {
    "delta_bic_i_j": "BIC(i) - BIC(j) of plain Gaussian mixtures of the fitted rows; positive where j components are preferred",
    "labels_from_method": "share of two-component labels told by the method's majority",
    "dip_log_q": "dip of log q (Hartigan & Hartigan 1985)",
    "ks_q_by_method": "Kolmogorov-Smirnov distance of log q, transit and radial velocity against microlensing",
    "energy_distance_q_by_method": "energy distance (Szekely & Rizzo 2013) of the same",
    "rows_in_gap": "companions at the mass ratios of the desert",
    "rows_above_gap": "companions above it",
    "deepest_gap_anywhere": "lowest score statistic of a gap of the same width at any mass ratio searched",
    "two_clumps_ratio": "twice the log-likelihood of two Gaussian clumps over that of the single population, both given the methods",
    "misfit": "largest sqrt(n) times Kolmogorov-Smirnov distance from the fitted population, over methods and coordinates",
    "p": "share of simulated catalogues at least as extreme, the observed one counted; of the side named, twice the smaller tail for both",
}
