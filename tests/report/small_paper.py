"""The artifacts of a paper of three numbers, one table, one claim and one figure, for tests of the ledger."""

import json
from pathlib import Path


def contents() -> dict[str, dict]:
    """Content of each artifact by name."""

    def number(value, text, artifact, field, style):
        return {"value": value, "text": text, "artifact": artifact, "field": field, "format": style}

    return {
        "numbers.json": {
            "sample.n": number(140, "140", "sample_summary.json", "counts.n", "count"),
            "ecc.ks_p": number(0.69012, "0.69", "eccentricity_summary.json", "ks_p", "p:2"),
            "ages.p": number(0.1094, "0.11", "age_regression_summary.json", "a.permutation_p", "p:2"),
            "ensemble.migrated": number(0.0198, "2.0", "ensemble_summary.json", "outcomes.migrated", "percent:1"),
            "set.ages.permutations": number(9999, "9999", "run.json", "ages.permutations", "parameter"),
            "claims.kozai.verdict": number("cannot tell", "cannot tell", "claims.json", "kozai.verdict", "text"),
        },
        "tables.json": {
            "ledger": {"columns": ["Step", "Total"], "rows": [["read", "200"], ["kept", "140"]]},
            "disk": {"columns": ["a", "Time (yr)"], "rows": [["1", "8.0 × 10⁵ (1.1 × 10⁵ to −3)"]]},
        },
        "claims.json": {"claims": [{
            "id": "kozai", "verdict": "cannot tell", "sentence": "The data cannot tell.", "p": 0.04, "p_error": 0.002, "p_adjusted": 0.08012345, "power": 0.5,
            "effect": {"text": "slope −0.52 (−1.00 to 0.10)", "value": -0.52}, "robustness": {"passes": 3, "of": 4, "meaning": "p < 0.05"}, "calibration": {"size": 0.052, "wrong_verdicts": None},
        }]},
        "figures.json": {"fig1": {"alt": "A figure."}},
        "ensemble_summary.json": {"rerun": {"verdict": "identical", "kernel_unchanged": True}},
        "ladder_summary.json": {"rerun": {"draws": 100, "identical": 100, "same_outcome": 100, "paired_p": {"migrated": 1.0}, "kernel_unchanged": True, "same_processor": True}},
        "circumbinary_summary.json": {"rerun": {"systems": 80, "identical": 80, "same_outcome": 80, "paired_p": {"held": 1.0}, "kernel_unchanged": True, "same_processor": True}},
        "calibration.json": {"rerun": {"kozai": {"verdict": "same", "code_unchanged": True}, "all": {"verdict": "same"}}},
    }


def write(folder: Path, artifacts: dict[str, dict] | None = None) -> Path:
    """Write the artifacts into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (artifacts or contents()).items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
