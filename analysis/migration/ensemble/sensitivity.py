"""What the migrated share of an ensemble depends on: priors by weights, times, radii and thresholds by its records, physics by other ensembles.

Other ensembles start from the same triples, so their difference from the default one on the triples both hold is paired.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EnsembleConfig, SecularConfig
from analysis.errors import InputError
from analysis.migration.ensemble.store import Frozen
from analysis.migration.occurrence.perturbers import effective_number
from analysis.migration.secular.draws import log_ratio
from analysis.migration.secular.outcomes import CROSSINGS, classify, exact_paired_test, share, shares
from analysis.migration.secular.triple import INVALID, MIGRATED

__all__ = ["PARAMETERS", "differing", "other_priors", "prior_weights", "priors_table", "ranges", "sensitivity_table", "variants_table"]

# Setting that an ensemble changes: (parameter of the table, unit, factor to that unit).
PARAMETERS = {
    "companion_lag": ("time lag", "s", 365.25 * 86400.0),
    "pseudo_synchronous": ("companion spin", "", 1.0),
    "time_limit": ("time", "Gyr", 1e-9),
    "tolerance": ("tolerance", "", 1.0),
}
SAME = 1e-9  # relative difference of settings below which they count as equal: fitted radius laws differ in their last digits between machines


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Names of the settings (`batch.settings`) in which two ensembles differ; the floor of averaging is applied to outcomes and left out."""

    def flat(chosen: Mapping[str, Any]) -> dict[str, Any]:
        bodies = {name: chosen[name] for name in ("host_mass_msun", "companion_mass_msun")}
        return {**bodies, **chosen["draws"], **{name: value for name, value in chosen["physics"].items() if name != "averaging_floor"}}

    one, two = flat(first), flat(second)

    def same(a: Any, b: Any) -> bool:
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        return abs(a - b) <= SAME * max(abs(a), abs(b)) if numbers else a == b

    return sorted(name for name in one.keys() | two.keys() if name not in one or name not in two or not same(one[name], two[name]))


def other_priors(config: EnsembleConfig) -> list[tuple[str, str, str, float, EnsembleConfig]]:
    """(name, parameter, value as text, value, configuration) of the priors that the weights stand for; widths and ranges stay."""
    found = []
    for parameter, field, medians in (
        ("birth orbit", "inner_axis_median", config.inner_axis_medians), ("perturber orbit", "outer_axis_median", config.outer_axis_medians),
    ):
        for median in sorted(set(medians) - {getattr(config, field)}):
            found.append((f"{field}_{median:g}".replace(".", "_"), parameter, f"median {median:g} au", median, replace(config, **{field: median})))
    for parameter, field, law in (("perturber mass", "outer_mass_law", "log_flat"), ("perturber eccentricity", "outer_eccentricity_law", "uniform")):
        if getattr(config, field) != law:
            found.append((f"{field}_{law}", parameter, law.replace("_", "-"), float("nan"), replace(config, **{field: law})))
    return found


def prior_weights(systems: np.ndarray, drawn: EnsembleConfig, wanted: EnsembleConfig) -> np.ndarray:
    """Weights (n,) with mean 1 that turn triples drawn under one prior into those of another; all 0 when the priors do not overlap."""
    ratio = log_ratio(systems, drawn, wanted)
    largest = ratio.max() if ratio.size else -np.inf
    weight = np.exp(ratio - largest) if np.isfinite(largest) else np.zeros(ratio.shape)
    return weight / weight.mean() if weight.any() else weight


def priors_table(systems: np.ndarray, attempts: np.ndarray, outcome: np.ndarray, config: EnsembleConfig) -> pd.DataFrame:
    """Outcome shares under the drawn prior and under every other one, by weights, with the effective number of triples.

    A row is trusted when the effective number reaches config.least_effective; `effective_migrated` is that of the migrated triples alone.
    stable_share: the part of the prior that is stable.
    """
    rows = []
    drawn = [("drawn", "prior", "as drawn", float("nan"), config)]
    stable = 1 / attempts.mean() if attempts.size else float("nan")
    for name, parameter, label, value, wanted in [*drawn, *other_priors(config)]:
        ratio = np.exp(log_ratio(systems, config, wanted))
        weight = prior_weights(systems, config, wanted)
        effective = effective_number(weight)
        rows.append({
            "prior": name, "parameter": parameter, "label": label, "value": value, "effective": effective,
            "effective_migrated": effective_number(weight[outcome == MIGRATED]), "trusted": bool(effective >= config.least_effective),
            "stable_share": float(stable * ratio.mean()), **shares(outcome, None if name == "drawn" else weight),
        })
    return pd.DataFrame(rows)


def _row(parameter: str, label: str, value: float, basis: str, outcome: np.ndarray, reference: np.ndarray, weight: np.ndarray | None = None) -> dict[str, Any]:
    """One line of the sensitivity table: shares, and the shift of the migrated share from the default on the same triples."""
    found, usual = shares(outcome, weight), share(reference == MIGRATED)["share"]
    paired = exact_paired_test(reference == MIGRATED, outcome == MIGRATED) if weight is None else float("nan")
    return {
        "parameter": parameter, "label": label, "value": value, "basis": basis, **found, "reference": usual, "shift": found["migrated"] - usual,
        "paired_p": paired, "effective": float(outcome.size) if weight is None else effective_number(weight),
    }


def _at(frozen: Frozen, n: int, crossing: str, threshold: float, time: float) -> np.ndarray:
    record = {name: values[:n] for name, values in frozen.outcome.items()}
    return classify(record, frozen.reason[:n], crossing, threshold, time, frozen.about["settings"]["physics"]["time_limit"])


def variants_table(default: Frozen, variants: list[Frozen], threshold: float) -> pd.DataFrame:
    """How each other ensemble agrees with the default one, triple by triple, at its own end.

    Raises InputError for an ensemble of other triples than the default one's.
    """
    rows = []
    for variant in variants:
        changed = differing(default.about["settings"], variant.about["settings"])
        n = min(default.reason.size, variant.reason.size)
        if set(changed) & set(default.about["settings"]["draws"]) or not np.array_equal(default.systems[:n], variant.systems[:n]):
            raise InputError(f"ensemble_{variant.tag}.npz holds other triples than ensemble_default.npz; run its recipe again.")
        ends = [frozen.about["settings"]["physics"]["time_limit"] for frozen in (default, variant)]
        one, two = (_at(frozen, n, CROSSINGS[0], threshold, end) for frozen, end in zip((default, variant), ends, strict=True))
        rows.append({
            "ensemble": variant.tag, "changes": ", ".join(changed), "systems": n, "same_outcome": int(np.sum(one == two)),
            "default_migrated": int(np.sum(one == MIGRATED)), "migrated": int(np.sum(two == MIGRATED)),
            "both_migrated": int(np.sum((one == MIGRATED) & (two == MIGRATED))), "paired_p": exact_paired_test(one == MIGRATED, two == MIGRATED),
            "cpu_s_per_system": float(variant.about["cpu_s_per_system"]),
        })
    names = ["ensemble", "changes", "systems", "same_outcome", "default_migrated", "migrated", "both_migrated", "paired_p", "cpu_s_per_system"]
    return pd.DataFrame(rows, columns=names)


def _recorded(
    default: Frozen, reference: np.ndarray, config: EnsembleConfig, secular: SecularConfig, floor: float, usual: str
) -> list[dict[str, Any]]:
    """Lines that follow from the default ensemble's own records: radius, time, threshold, and invalid triples as none or all migrated."""
    n, end, threshold = default.reason.size, default.about["settings"]["physics"]["time_limit"], secular.averaging_floor
    rows = []
    for crossing, factor in zip(CROSSINGS, secular.disruption_factors, strict=True):
        rows.append(_row("disruption radius", f"{factor:g} r_t", factor, "records", _at(default, n, crossing, threshold, end), reference))
    for time in sorted({*config.time_limits, config.time_limit}):
        if time * 1e9 <= end * (1 + SAME):
            rows.append(_row("time", f"{time:g} Gyr", time, "records", _at(default, n, usual, threshold, min(time * 1e9, end)), reference))
    for value in sorted({*config.averaging_thresholds, threshold}):
        if value >= floor:
            label = f"{value:g} epsilon_SA" if value else "none"
            rows.append(_row("averaging threshold", label, value, "records", _at(default, n, usual, value, end), reference))
    rows.append(_row("invalid triples", "none migrated", 0.0, "records", reference, reference))
    rows.append(_row("invalid triples", "all migrated", 1.0, "records", np.where(reference == INVALID, MIGRATED, reference), reference))
    return rows


def sensitivity_table(
    default: Frozen, variants: list[Frozen], config: EnsembleConfig, secular: SecularConfig, crossing: str = CROSSINGS[0]
) -> pd.DataFrame:
    """The migrated share when one thing is changed and all others keep their defaults; one row per parameter and value.

    crossing: the disruption radius that counts as usual, a name of outcomes.CROSSINGS.

    basis: records (of the default ensemble), weights (other priors) or ensemble (another one, on the triples both hold). reference: the
    default's share on the same triples; shift: the difference from it; paired_p: exact paired test of it. trusted: the effective number of
    triples reaches config.least_effective.
    """
    floor = default.about["settings"]["physics"]["averaging_floor"]
    end, threshold = default.about["settings"]["physics"]["time_limit"], secular.averaging_floor
    reference = _at(default, default.reason.size, crossing, threshold, end)
    rows = _recorded(default, reference, config, secular, floor, crossing)
    usual = default.about["settings"]["physics"]
    priors = [row for row in other_priors(config)]
    for parameter, median in (("birth orbit", config.inner_axis_median), ("perturber orbit", config.outer_axis_median)):
        rows.append(_row(parameter, f"median {median:g} au", median, "weights", reference, reference))
    rows.append(_row("perturber mass", config.outer_mass_law.replace("_", "-"), float("nan"), "weights", reference, reference))
    rows.append(_row("perturber eccentricity", config.outer_eccentricity_law, float("nan"), "weights", reference, reference))
    for _, parameter, label, value, wanted in priors:
        rows.append(_row(parameter, label, value, "weights", reference, reference, prior_weights(default.systems, config, wanted)))
    for variant in variants:
        changed = [name for name in differing(default.about["settings"], variant.about["settings"]) if name in PARAMETERS]
        n = min(default.reason.size, variant.reason.size)
        for name in changed:
            parameter, unit, factor = PARAMETERS[name]
            value = variant.about["settings"]["physics"][name]
            label = ("state", "pseudo-synchronous")[int(value)] if name == "pseudo_synchronous" else f"{value * factor:g} {unit}".strip()
            outcome = _at(variant, n, crossing, threshold, variant.about["settings"]["physics"]["time_limit"])
            rows.append(_row(parameter, label, value * factor, "ensemble", outcome, reference[:n]))
            if name != "time_limit" and not any(row["parameter"] == parameter and row["value"] == usual[name] * factor for row in rows):
                label = ("state", "pseudo-synchronous")[int(usual[name])] if name == "pseudo_synchronous" else f"{usual[name] * factor:g} {unit}".strip()
                rows.append(_row(parameter, label, usual[name] * factor, "ensemble", reference, reference))
    table = pd.DataFrame(rows)
    table["trusted"] = table["effective"] >= config.least_effective
    order = {name: number for number, name in enumerate(dict.fromkeys(table["parameter"]))}
    return table.sort_values(["parameter", "value", "label"], key=lambda c: c.map(order) if c.name == "parameter" else c, ignore_index=True)


def ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Lowest and highest migrated share per parameter over its trusted rows, widest first; `paired` shifts are laid on the default share."""
    rows = []
    for parameter, part in table[table["trusted"]].groupby("parameter", sort=False):
        if len(part) > 1:
            value = part["shift"].to_numpy(dtype=float)
            low, high = int(np.argmin(value)), int(np.argmax(value))
            rows.append({
                "parameter": parameter, "lowest_label": part["label"].iloc[low], "lowest_shift": value[low], "highest_label": part["label"].iloc[high],
                "highest_shift": value[high], "width": value[high] - value[low],
            })
    names = ["parameter", "lowest_label", "lowest_shift", "highest_label", "highest_shift", "width"]
    return pd.DataFrame(rows, columns=names).sort_values("width", ascending=False, kind="stable", ignore_index=True)
