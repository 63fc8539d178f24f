"""Reads the evidence for each claim from the artifacts and writes the ledger claims.json."""

import json
from pathlib import Path
from typing import Any

from analysis.claims import FEASIBLE, SIGNIFICANCE, STRONG_BIC, evaluate
from analysis.config import Config
from analysis.report.files import Context, write_json
from analysis.report.formatting import formatted
from analysis.report.numbers import lookup

__all__ = ["evidence", "write"]

NO_TEST = {"n_low": 0, "n_high": 0, "ks_statistic": None, "ks_p": None}


def _effect(text: str, **values: Any) -> dict[str, Any]:
    return {"text": text, **values}


def _passes(results: list[bool | None], meaning: str) -> dict[str, Any]:
    """In how many of the passes that could be made the first threshold is met, and what that means."""
    known = [met for met in results if met is not None]
    return {"passes": sum(known) if known else None, "of": len(known) or None, "meaning": meaning}


def evidence(artifacts: Path) -> dict[str, dict[str, Any]]:
    """What each rule of `claims` needs, from the JSON artifacts in `artifacts`."""
    files: dict[str, Any] = {}

    def get(name: str, field: str) -> Any:
        if name not in files:
            files[name] = json.loads((artifacts / name).read_text(encoding="utf-8"))
        return lookup(files[name], field)

    return {
        "populations": _populations(get), "eccentricity": _eccentricity(get), "classifier": _classifier(get), "ages": _ages(get),
        "kozai": _kozai(get), "occurrence": _occurrence(get), "disk": _disk(get), "target": _target(get),
    }


def _populations(get: Any) -> dict[str, Any]:
    delta = get("gmm_summary.json", "delta_bic_1_2")
    passes = get("robustness_summary.json", "passes") or {}
    within = {name.removeprefix("only "): item["delta_bic_1_2"] for name, item in passes.items() if item["group"] == "method" and name.startswith("only ")}
    within = {name: value for name, value in within.items() if value is not None}
    listed = ", ".join(f"{formatted(value, 'fixed:0')} ({name})" for name, value in within.items()) or "none has enough rows"
    return {
        "delta_bic": delta, "best_k": get("gmm_summary.json", "best_k"), "within_method": list(within.values()),
        "effect": _effect(f"ΔBIC = {formatted(delta, 'fixed:0')}; within one method: {listed}", name="delta_bic", value=delta),
        "robustness": _passes(
            [None if item["delta_bic_1_2"] is None else item["delta_bic_1_2"] >= STRONG_BIC for item in passes.values()], f"ΔBIC ≥ {STRONG_BIC:g}"
        ),
    }


def _eccentricity(get: Any) -> dict[str, Any]:
    overall, wide = (get("eccentricity_summary.json", f"{orbits}.tests.as_given") or NO_TEST for orbits in ("all", "wide"))
    passes = get("robustness_summary.json", "passes") or {}
    return {
        "p_all": overall["ks_p"], "p_wide": wide["ks_p"], "n_wide_low": wide["n_low"], "n_wide_high": wide["n_high"],
        "effect": _effect(
            f"p = {formatted(overall['ks_p'], 'p:1')} for all orbits, {formatted(wide['ks_p'], 'p:2')} for the {wide['n_low']} and {wide['n_high']} wide ones",
            name="ks_statistic", value=overall["ks_statistic"],
        ),
        "p": wide["ks_p"],
        "robustness": _passes(
            [None if item["ks_p_wide"] is None else item["ks_p_wide"] < SIGNIFICANCE for item in passes.values()], f"p < {SIGNIFICANCE:g} on wide orbits"
        ),
    }


def _classifier(get: Any) -> dict[str, Any]:
    variant = get("origin_summary.json", "sets.candidates.variants.without_mass_ratio_and_method") or {}
    score, low, high = (variant.get(name) for name in ("auroc", "auroc_low", "auroc_high"))
    return {
        "labels_from_q": get("origin_summary.json", "labels.defined_by_a_feature"), "auroc_low": low, "auroc_high": high,
        "effect": _effect(f"AUROC = {formatted(score, 'fixed:2')} ({formatted(low, 'fixed:2')}–{formatted(high, 'fixed:2')})", name="auroc", value=score, low=low, high=high),
    }


def _ages(get: Any) -> dict[str, Any]:
    name = "age_regression_summary.json"
    p_axis, p_ecc = (get(name, f"regressions.as_given.{model}.permutation_p") for model in ("log_a_on_log_age", "e_on_log_age"))
    slope = get(name, "regressions.as_given.log_a_on_log_age.terms.log_host_age_gyr.coefficient")
    return {
        "p_axis": p_axis, "p_eccentricity": p_ecc, "p": p_axis,
        "detectable_r": max((r for r in (get(name, f"power.{orbit}.detectable_r_hosts") for orbit in ("semimajor_axis", "eccentricity")) if r), default=None),
        "effect": _effect(f"slope {formatted(slope, 'fixed:2')} dex per dex, p = {formatted(p_axis, 'p:2')} (a) and {formatted(p_ecc, 'p:2')} (e)", name="slope", value=slope),
    }


def _kozai(get: Any) -> dict[str, Any]:
    name = "occurrence_summary.json"
    variants = {label: found["ensemble"] for label, found in (get(name, "priors") or {}).items() if "ensemble" in found}
    shares = {label: found["migrated_share"] for label, found in variants.items()}
    least, most = (
        min((found["migrated_share_low"] for found in variants.values()), default=None),
        max((found["migrated_share_bound"] for found in variants.values()), default=None),
    )
    usual = [f"{formatted(share, 'percent:1')} % at {label.removeprefix('default_').replace('_', '.')} tidal radii" for label, share in shares.items() if "default_" in label]
    return {
        "least": least, "most": most,
        "effect": _effect(
            f"migrated: {', '.join(usual) or formatted(None, 'fixed')}; {formatted(min(shares.values(), default=None), 'percent:1')} to "
            f"{formatted(max(shares.values(), default=None), 'percent:1')} % over all lags and radii",
            name="migrated_share", value=next(iter(shares.values()), None), low=min(shares.values(), default=None), high=max(shares.values(), default=None),
        ),
        "robustness": _passes([share >= FEASIBLE for share in shares.values()], f"at least {FEASIBLE:.0%} migrate"),
    }


def _occurrence(get: Any) -> dict[str, Any]:
    found = get("occurrence_summary.json", "comparison.fragments") or {}
    rates = {name: row for name, row in found.items() if not name.endswith("_limit")}
    needed = [row["required_births_median"] for row in rates.values()]
    return {
        "rejected": [row["verdict"] == "rejected" for row in rates.values()],
        "effect": _effect(
            f"births needed per star: {formatted(min(needed, default=None), 'significant:1')} to {formatted(max(needed, default=None), 'significant:1')} (medians, by observed rate)",
            name="required_births", low=min(needed, default=None), high=max(needed, default=None),
        ),
    }


def _disk(get: Any) -> dict[str, Any]:
    share, in_time, short, long = (
        get("disk_summary.json", f"journeys.1.gap.{name}")
        for name in ("arrives_share", "in_time_share", "in_time_share_shortest_lifetime", "in_time_share_longest_lifetime")
    )
    return {
        "share_arriving": share,
        "effect": _effect(
            f"{formatted(share, 'percent:0')} % of disc models arrive; {formatted(in_time, 'percent:0')} % would be in time without an inner edge "
            f"({formatted(short, 'percent:0')} to {formatted(long, 'percent:0')} % by lifetime)",
            name="arrives_share", value=share,
        ),
    }


def _target(get: Any) -> dict[str, Any]:
    variants = get("origin_summary.json", "sets.candidates.variants") or {}
    chances = [variant["target_probability"] for variant in variants.values() if isinstance(variant, dict)]
    known = [chance for chance in chances if chance is not None]
    text = f"{formatted(min(known), 'fixed:2')} to {formatted(max(known), 'fixed:2')} by model" if known else formatted(None, "fixed")
    return {
        "labels_from_q": get("origin_summary.json", "labels.defined_by_a_feature"), "probabilities": chances,
        "effect": _effect(f"probability of the binary-like label {text}", name="probability", low=min(known, default=None), high=max(known, default=None)),
    }


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write claims.json."""
    write_json(directory / "claims.json", {"claims": evaluate(evidence(artifacts))}, context)
