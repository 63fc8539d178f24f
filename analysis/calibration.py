"""How often each test of the ledger errs: simulated catalogues, frozen outcomes, and a share of them simulated again in every build.

A module per claim (`MODULES`) says what is simulated (`SCENARIOS`), learns the structure of the real sample (`prepare`) and runs the test and the interval
of its stage on one simulated catalogue (`simulate`). The long form is a recipe (`analysis.calibrate`) whose outcomes are frozen; this stage
reads them, simulates `rerun_share` of them again and reports size, power and coverage with their own intervals.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import cache
from analysis.config import CalibrationConfig
from analysis.errors import InputError
from analysis.migration import frozen
from analysis.migration.disk import calibrate as calibrate_disk
from analysis.migration.kozai import calibrate as calibrate_kozai
from analysis.migration.occurrence import calibrate as calibrate_occurrence
from analysis.population.ages import calibrate as calibrate_ages
from analysis.population.desert import calibrate as calibrate_desert
from analysis.population.eccentricity import calibrate as calibrate_eccentricity
from analysis.population.origin import calibrate_classifier, calibrate_target
from analysis.population.selection import calibrate as calibrate_populations
from analysis.progress import track

__all__ = ["CLAIMS", "FILE", "NULL", "Calibration", "columns", "error_rates", "fingerprint", "modules", "prepared", "proportion", "run", "warp_p"]

MODULES = (
    calibrate_populations, calibrate_desert, calibrate_eccentricity, calibrate_classifier, calibrate_ages, calibrate_kozai, calibrate_occurrence, calibrate_disk, calibrate_target,
)
CLAIMS = {module.CLAIM: module for module in MODULES}
FILE = frozen.SIMULATIONS / "calibration.npz"
NULL, ALTERNATIVE = "null", "alternative"  # scenarios whose names begin so are judged; others show what lies outside the hypotheses
NEARLY = 1e-6  # relative difference up to which a simulation made again counts as the same
VALUES = ("p", "estimate", "low", "high", "truth")


@dataclass(frozen=True)
class Calibration:
    """Error rates and the comparison with what was simulated again.

    table: a row per (claim, scenario): simulations, share with p below the significance, its 95 % interval, mean p, coverage of
    the 95 % interval with its own, mean width, share of positive and negative verdicts. summary: the same by claim, and the rerun.
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def modules(names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The calibrating modules by claim. Raises InputError for a claim that has none."""
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise InputError(f"{unknown[0]}: no such claim; choose from {', '.join(CLAIMS)}.")
    return {name: module for name, module in CLAIMS.items() if not names or name in names}


def prepared(module: Any, inputs: dict[str, Any]) -> Any:
    """The structure that `module.simulate` needs, from the results and `<section>_config`s in `inputs`."""
    wanted = (*getattr(module, "NEEDS", ("sample",)), *(f"{section}_config" for section in module.SECTIONS))
    return module.prepare(**{name: inputs[name] for name in wanted})


def columns(module: Any, scenario: str, indices: np.ndarray, ready: Any) -> dict[str, np.ndarray]:
    """Outcomes of the simulations `indices` (n,) of one scenario: arrays (n,) by name, NaN where a value is undefined."""
    rows = [module.simulate(scenario, int(index), ready) for index in indices]
    names = sorted({name for row in rows for name in row} | set(VALUES))
    return {name: np.array([row.get(name, math.nan) for row in rows], dtype=float) for name in names}


def fingerprint(module: Any, inputs: dict[str, Any]) -> str:
    """Digest of what the simulations of a claim start from, beside their code: parameters, the real sample, the target.

    Ensembles enter by their parameters: their summaries hold what a build found when it made them again.
    """
    content: dict[str, Any] = {section: asdict(inputs[f"{section}_config"]) for section in module.SECTIONS}
    needs = getattr(module, "NEEDS", ("sample",))
    if "sample" in needs:
        content["sample"] = _table_digest(inputs["sample"].table)
    if "target" in needs:
        content["target"] = inputs["target"].values
    return cache.digest(content)


def _table_digest(table: pd.DataFrame) -> str:
    ordered = table.sort_values("object_id").sort_index(axis=1)
    return hashlib.sha256(ordered.to_csv(index=False, float_format="%.12g").encode()).hexdigest()


def proportion(count: int, total: int) -> tuple[float, float]:
    """Clopper-Pearson 95 % interval (low, high) of a share; NaN where `total` is zero."""
    from statsmodels.stats.proportion import proportion_confint

    if total == 0:
        return math.nan, math.nan
    low, high = proportion_confint(count, total, alpha=0.05, method="beta")
    return float(low), float(high)


def warp_p(statistic: np.ndarray, null_statistic: np.ndarray) -> np.ndarray:
    """p (n,) of each simulated statistic (n,) among the bootstrap statistics (n,), one from each simulation.

    Giacomini, Politis & White (2013, Econometric Theory 29, 567): together they stand for the bootstrap distribution of every one.
    """
    ordered = np.sort(null_statistic[np.isfinite(null_statistic)])
    above = len(ordered) - np.searchsorted(ordered, statistic - 1e-9, side="left")
    return np.where(np.isfinite(statistic), (1 + above) / (1 + len(ordered)), math.nan)


def error_rates(values: dict[str, np.ndarray], significance: float) -> dict[str, Any]:
    """Size or power, coverage and verdicts of one scenario, from arrays (n,) by name."""
    p = warp_p(values["statistic"], values["null_statistic"]) if "null_statistic" in values else values["p"]
    known, low, high, truth = p[np.isfinite(p)], values["low"], values["high"], values["truth"]
    below = int((known < significance).sum())
    asked = np.isfinite(truth) & np.isfinite(values["estimate"])
    # An open end (NaN beside a known estimate) bounds nothing on its side.
    inside = ~(asked & ((low > truth) | (high < truth)))
    covered = int((asked & inside).sum())
    verdict = values.get("verdict")
    row: dict[str, Any] = {
        "simulations": len(p), "tests": len(known), "rejected": below / len(known) if len(known) else math.nan,
        "rejected_error": math.sqrt(below / len(known) * (1 - below / len(known)) / len(known)) if len(known) else math.nan,
        "intervals": int(asked.sum()), "coverage": covered / asked.sum() if asked.any() else math.nan,
        "mean_width": float(np.nanmean((high - low)[asked])) if np.isfinite((high - low)[asked]).any() else math.nan,
        "mean_error": float(np.mean((values["estimate"] - truth)[asked])) if asked.any() else math.nan,
        "supported": float(np.mean(verdict == 1)) if verdict is not None else math.nan,
        "not_supported": float(np.mean(verdict == -1)) if verdict is not None else math.nan,
        "decided_by_points": float(np.mean(values["verdict_of_points"] != 0)) if "verdict_of_points" in values else math.nan,
    }
    row["rejected_low"], row["rejected_high"] = proportion(below, len(known))
    row["coverage_low"], row["coverage_high"] = proportion(covered, int(asked.sum()))
    return row


def _stored(claim: str, arrays: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Frozen outcomes of a claim: arrays by scenario and name."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, values in arrays.items():
        owner, scenario, column = name.split("/")
        if owner == claim:
            found.setdefault(scenario, {})[column] = values
    return found


def _chosen(claim: str, scenario: str, total: int, share: float) -> np.ndarray:
    """The simulations to make again: those of lowest digest, so that the choice follows no outcome."""
    order = sorted(range(total), key=lambda k: hashlib.sha256(f"{claim} {scenario} {k}".encode()).digest())
    return np.array(sorted(order[: max(1, math.ceil(share * total))]))


def _differences(old: dict[str, np.ndarray], new: dict[str, np.ndarray], chosen: np.ndarray) -> Iterator[tuple[int, bool, bool]]:
    """(index, identical, same within NEARLY) of each simulation made again."""
    for place, index in enumerate(chosen):
        pairs = [(old[name][index], new[name][place]) for name in old]
        same = [a == b or (math.isnan(a) and math.isnan(b)) for a, b in pairs]
        near = [equal or abs(a - b) <= NEARLY * max(1.0, abs(a)) for equal, (a, b) in zip(same, pairs, strict=True)]
        yield int(index), all(same), all(near)


def load(path: Path = FILE) -> dict[str, np.ndarray]:
    """The frozen outcomes, checksum verified. Raises InputError when the file is missing or altered."""
    with np.load(frozen.verified(path), allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def run(config: CalibrationConfig, **inputs: Any) -> Calibration:
    """Error rates from the frozen outcomes; simulates a share of them again where they are of these data and parameters."""
    arrays = load()
    entry = frozen.read_manifest()["files"][FILE.name]
    rows: list[dict[str, Any]] = []
    summary: dict[str, Any] = {
        "significance": config.significance, "largest_size": config.largest_size, "rerun_share": config.rerun_share, "runs": entry["runs"], "claims": {}, "rerun": {},
    }
    parts = {claim: _stored(claim, arrays) for claim in CLAIMS}
    todo = [(claim, scenario) for claim, found in parts.items() for scenario in found]
    again: dict[str, list[tuple[int, bool, bool]]] = {claim: [] for claim in CLAIMS}
    applies = {claim: fingerprint(module, inputs) == entry["claims"].get(claim, {}).get("fingerprint") for claim, module in CLAIMS.items()}
    ready: dict[str, Any] = {}
    for claim, scenario in track(todo, "calibrations"):
        module, values = CLAIMS[claim], parts[claim][scenario]
        rows.append({"claim": claim, "scenario": scenario, "meaning": module.SCENARIOS[scenario], **error_rates(values, config.significance)})
        if applies[claim] and config.rerun_share > 0:
            ready.setdefault(claim, prepared(module, inputs))
            chosen = _chosen(claim, scenario, len(values["p"]), config.rerun_share)
            again[claim] += _differences(values, columns(module, scenario, chosen, ready[claim]), chosen)
    table = pd.DataFrame(rows)
    for claim, module in CLAIMS.items():
        own = table[table["claim"] == claim] if len(table) else table
        summary["claims"][claim] = _of_claim(own, module, applies[claim], config)
        done = again[claim]
        summary["rerun"][claim] = {
            "simulations": len(done), "identical": sum(item[1] for item in done), "same": sum(item[2] for item in done),
            "verdict": None if not done else "same" if all(item[2] for item in done) else "differs",
            "code_unchanged": entry["claims"].get(claim, {}).get("source") == cache.source_digest(module.__name__),
        }
    done = [item for found in again.values() for item in found]
    summary["rerun"]["all"] = {
        "simulations": len(done), "identical": sum(item[1] for item in done), "same": sum(item[2] for item in done),
        "verdict": None if not done else "same" if all(item[2] for item in done) else "differs",
    }
    return Calibration(table, summary)


def _of_claim(own: pd.DataFrame, module: Any, applies: bool, config: CalibrationConfig) -> dict[str, Any]:
    """What the ledger needs of one claim: the largest size, the power, the worst coverage under its hypotheses, and whether they are as they must be."""
    found: dict[str, Any] = {
        "applies": applies, "truth": module.TRUTH, "size": None, "size_low": None, "size_high": None, "power": None, "coverage": None, "coverage_low": None,
        "coverage_high": None, "wrong_verdicts": None, "simulations": int(own["simulations"].sum()) if len(own) else 0, "sound": None,
    }
    if own.empty:
        return found
    null = own["scenario"].str.startswith(NULL)
    tested = own[null & (own["tests"] > 0)]
    if len(tested):
        worst = tested.loc[tested["rejected"].idxmax()]
        found |= {"size": worst["rejected"], "size_low": worst["rejected_low"], "size_high": worst["rejected_high"]}
    powered = own[(own["scenario"] == ALTERNATIVE) & (own["tests"] > 0)]
    if len(powered):
        found |= {"power": powered["rejected"].iloc[0], "power_low": powered["rejected_low"].iloc[0], "power_high": powered["rejected_high"].iloc[0]}
    covering = own[(null | own["scenario"].str.startswith(ALTERNATIVE)) & (own["intervals"] > 0)]
    if len(covering):
        worst = covering.loc[(covering["coverage"] - 0.95).abs().idxmax()]
        found |= {"coverage": worst["coverage"], "coverage_low": worst["coverage_low"], "coverage_high": worst["coverage_high"]}
    judged = own[null & own["supported"].notna()]
    if len(judged):
        found["wrong_verdicts"] = float((judged["supported"] + judged["not_supported"]).max() if getattr(module, "NEITHER", False) else judged["supported"].max())
    few = getattr(module, "FEW", False)
    lowest, highest = config.coverage_few if few else config.coverage
    sizes = [value for value in (found["size"], found["wrong_verdicts"]) if value is not None]
    found["sound"] = bool(
        (not sizes or max(sizes) <= config.largest_size) and (found["coverage"] is None or lowest <= found["coverage"] <= highest)
    )
    return {name: (None if isinstance(value, float) and math.isnan(value) else value.item() if hasattr(value, "item") else value) for name, value in found.items()}
