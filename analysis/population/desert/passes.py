"""The primary test of the desert repeated with other rows, coordinates, sensitivities and treatments of errors."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import DesertConfig, DetectionConfig, MixtureConfig
from analysis.population.desert.rows import MASS, RATIO, DesertCase, desert_case, in_region
from analysis.population.desert.valley import Table, bootstrap_p, judged, null_statistics
from analysis.population.robustness import one_row_per_host
from analysis.progress import track

__all__ = ["PASSES", "repeated"]

PASSES = 3  # purpose of the random streams
NOT_A_PASS = "every companion found alike"  # what ignoring selection would give


@dataclass(frozen=True)
class _Variant:
    name: str
    group: str
    rows: pd.DataFrame
    everything: pd.DataFrame
    detection: DetectionConfig
    coordinate: str = RATIO
    options: dict[str, Any] = field(default_factory=dict)
    selected: bool = True


def _variants(rows: pd.DataFrame, uncorrected: pd.DataFrame, config: DesertConfig, detection: DetectionConfig) -> Iterator[_Variant]:
    up, method = 10**config.threshold_shift, rows["discovery_method"].to_numpy(dtype=object)
    lens = method == "Microlensing"
    yield _Variant("in companion mass", "coordinate", rows, rows, detection, MASS)
    yield _Variant("all axes", "rows", rows, rows, detection, RATIO, {"axis_range": config.all_axes})
    yield _Variant("all axes, in companion mass", "coordinate", rows, rows, detection, MASS, {"axis_range": config.all_axes})
    yield _Variant("without microlensing, all axes", "rows", rows[~lens].reset_index(drop=True), rows, detection, RATIO, {"axis_range": config.all_axes})
    yield _Variant("microlensing alone", "rows", rows[lens].reset_index(drop=True), rows, detection)
    yield _Variant("one companion per host", "rows", one_row_per_host(rows), rows, detection)
    yield _Variant("uncorrected catalogue", "rows", uncorrected, uncorrected, detection)
    for word, factor in (("higher", up), ("lower", 1 / up)):
        yield _Variant(f"microlensing threshold {word}", "curves", rows, rows, replace(detection, lens_mass_ratio=detection.lens_mass_ratio * factor))
    for word, factor in (("steeper", 0.5), ("flatter", 2.0)):
        yield _Variant(f"microlensing sensitivity {word} in q", "curves", rows, rows, replace(detection, lens_softness=detection.lens_softness * factor))
    for word, factor in (("higher", up), ("lower", 1 / up)):
        shifted = replace(detection, **{name: getattr(detection, name) * factor for name in ("rv_snr", "astrometry_signature", "transit_snr", "imaging_mass")})
        yield _Variant(f"other thresholds {word}", "curves", rows, rows, shifted)
    yield _Variant("each host's own reach", "curves", rows, rows, detection, RATIO, {"own_hosts": True})
    yield _Variant("detected by the measured value", "errors", rows, rows, detection, selected=False)
    yield _Variant("without errors", "errors", rows, rows, detection, RATIO, {"exact": True})
    yield _Variant(NOT_A_PASS, "not a pass", rows, rows, detection)


def _blind(case: DesertCase) -> DesertCase:
    """`case` as if every mass were found alike."""
    return replace(case, exposure=np.ones_like(case.exposure))


def repeated(
    rows: pd.DataFrame, uncorrected: pd.DataFrame, tables: dict[str, Table], config: DesertConfig, detection: DetectionConfig, mixture: MixtureConfig,
) -> pd.DataFrame:
    """A row per pass: name, group, coordinate, rows, hosts, depth and place of the valley with intervals, probability of a desert, statistic, p. `tables` by coordinate."""
    result = []
    for number, v in enumerate(track(list(_variants(rows, uncorrected, config, detection)), "desert passes")):
        row: dict[str, Any] = {"name": v.name, "group": v.group, "coordinate": v.coordinate, "rows": 0, "hosts": 0, **dict.fromkeys(
            ("depth", "depth_low", "depth_high", "place", "place_low", "place_high", "probability", "statistic", "p"), np.nan)}
        found = in_region(v.rows, config, v.coordinate, v.options.get("axis_range", config.axis_range))
        row["rows"], row["hosts"] = len(found), int(found["host_name"].nunique())
        if len(found) >= config.min_rows:
            case = desert_case(v.rows, v.everything, v.coordinate, config, v.detection, mixture, **v.options)
            case = _blind(case) if v.name == NOT_A_PASS else case
            verdict = judged(case, tables[v.coordinate], v.selected)
            keys = [[config.seed, PASSES, number, b] for b in range(config.pass_bootstrap)]
            null = null_statistics(case, tables[v.coordinate], verdict.null_density, keys, v.selected)
            row |= dict(zip(("depth", "depth_low", "depth_high"), verdict.depth, strict=True))
            row |= dict(zip(("place", "place_low", "place_high"), (10 ** np.array(verdict.place)).tolist(), strict=True))
            row |= {"probability": verdict.probability, "statistic": verdict.statistic, "p": bootstrap_p(null, verdict.statistic)}
        result.append(row)
    return pd.DataFrame(result)
