"""Reads the evidence for each claim from the artifacts and writes the ledger claims.json."""

import json
from pathlib import Path
from typing import Any

from analysis.claims import FEASIBLE, SIGNIFICANCE, evaluate
from analysis.config import Config
from analysis.report.files import Context, write_json
from analysis.report.formatting import formatted
from analysis.report.numbers import lookup

__all__ = ["evidence", "write"]

POPULATIONS_EFFECT = "density in the gap {estimate} ({low} to {high}) dex"


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

    found = {
        "populations": _tested(get, "populations", "selection_model.json", POPULATIONS_EFFECT, "fixed:2"),
        "desert": _tested(get, "desert", "desert.json", "depth of the deepest valley {estimate} ({low} to {high}) dex", "fixed:2"),
        "eccentricity": _tested(get, "eccentricity", "eccentricity_inference.json", "difference of mean e beyond {wide} au {{estimate}} ({{low}} to {{high}})".format(
            wide=f"{get('eccentricity_summary.json', 'wide_axis_au'):g}"), "fixed:2"),
        "classifier": _classifier(get),
        "ages": _tested(get, "ages", "age_inference.json", "slope of log a on log age {estimate} ({low} to {high}) dex per dex", "fixed:2"),
        "kozai": _kozai(get), "occurrence": _occurrence(get), "disk": _disk(get), "circumbinary": _circumbinary(get), "formation": _formation(get), "vetting": _vetting(get), "target": _target(get),
    }
    return {claim: {"calibration": _calibrated(get, claim), **values} for claim, values in found.items()}


def _calibrated(get: Any, claim: str) -> dict[str, Any]:
    """What simulated catalogues say of the claim's test."""
    return get("calibration.json", f"claims.{claim}") or {}


def _tested(get: Any, claim: str, artifact: str, effect: str, style: str) -> dict[str, Any]:
    """Evidence of a claim with a significance test, from the block `claim` of its artifact; `effect` holds {estimate}, {low} and {high}."""
    found, calibration = get(artifact, "claim") or {}, _calibrated(get, claim)
    passes = list((found.get("passes") or {}).values())
    values = {name: found.get(name) for name in ("estimate", "low", "high")}
    text = effect.format(**{name: formatted(value, style) for name, value in values.items()}) if values["estimate"] is not None else found.get("reason") or "no estimate"
    return {
        "p": found.get("p"), "p_error": found.get("p_error"), "passes": passes, "calibration": calibration,
        "power": calibration.get("power") if calibration.get("applies") else found.get("power"),
        "effect": _effect(text, value=values["estimate"], low=values["low"], high=values["high"]),
        "robustness": _passes(passes, f"p < {SIGNIFICANCE:g}"),
    }


def _classifier(get: Any) -> dict[str, Any]:
    return {
        **_tested(get, "classifier", "origin_skill.json", "AUROC within methods {estimate} ({low} to {high})", "fixed:2"),
        "labels_from_q": get("origin_summary.json", "labels.defined_by_a_feature"),
    }


def _kozai(get: Any) -> dict[str, Any]:
    name = "occurrence_summary.json"
    variants = {label: found["ensemble"] for label, found in (get(name, "priors") or {}).items() if "ensemble" in found}
    shares = {label: found["migrated_share"] for label, found in variants.items()}
    least, most = (
        min((found["migrated_share_low"] for found in variants.values()), default=None),
        max((found["migrated_share_bound_high"] for found in variants.values()), default=None),
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
    share, low, high, in_time = (
        get("disk_summary.json", f"journeys.1.gap.{name}") for name in ("arrives_share", "arrives_share_low", "arrives_share_high", "in_time_share")
    )
    return {
        "share_low": low, "share_high": high,
        "effect": _effect(
            f"{formatted(share, 'percent:0')} % of disc models arrive ({formatted(low, 'percent:0')} to {formatted(high, 'percent:0')}); "
            f"{formatted(in_time, 'percent:0')} % without an inner edge",
            name="arrives_share", value=share, low=low, high=high,
        ),
    }


def _circumbinary(get: Any) -> dict[str, Any]:
    deep, runs, low, high = (get("circumbinary_summary.json", f"hosts.{name}") for name in ("deep", "runs", "deep_lower", "deep_upper"))
    return {
        "low": low, "high": high,
        "effect": _effect(f"{deep} of {runs} simulated giants (at most {formatted(high, 'percent:1')} %)", name="share", low=low, high=high),
    }


def _formation(get: Any) -> dict[str, Any]:
    core, fragmentation, variants = (
        get("synthesis_summary.json", name) for name in ("core_accretion_reaches_target", "fragmentation_reaches_target", "variants")
    )
    return {
        "core_accretion": core, "fragmentation": fragmentation, "variants": variants,
        "effect": _effect(f"in {fragmentation} of {variants} variations, core accretion in {core}", name="variations", low=core, high=fragmentation),
    }


def _vetting(get: Any) -> dict[str, Any]:
    found = get("vetting_summary.json", "target") or {}
    mass, low, high = (found.get(f"companion_mass_mjup{end}") for end in ("", "_low", "_high"))
    return {
        "outcome": found.get("outcome"),
        "effect": _effect(
            f"{formatted(mass, 'fixed:2')} ({formatted(low, 'fixed:2')} to {formatted(high, 'fixed:2')}) Jupiters; {formatted(found.get('lobe_filling'), 'percent:0')} % of the Roche lobe", name="mass_mjup", value=mass, low=low, high=high,
        ),
    }


def _target(get: Any) -> dict[str, Any]:
    models = list((get("origin_skill.json", "target_claim.models") or {}).values())
    known = [model["probability"] for model in models if model["probability"] is not None]
    low, high = ([model[end] for model in models] for end in ("low", "high"))
    ends = [min((end for end in low if end is not None), default=None), max((end for end in high if end is not None), default=None)]
    text = (
        f"probability of that label {formatted(min(known), 'significant:1')} to {formatted(max(known), 'significant:1')} by model "
        f"({formatted(ends[0], 'significant:1')} to {formatted(ends[1], 'significant:1')})"
    ) if known else "no model could be trained"
    return {
        "labels_from_q": get("origin_summary.json", "labels.defined_by_a_feature"), "low": low, "high": high,
        "effect": _effect(text, name="probability", low=ends[0], high=ends[1]),
    }


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write claims.json."""
    write_json(directory / "claims.json", {"claims": evaluate(evidence(artifacts))}, context)
