"""How far a number may be from the ledger's and still count as the same, declared per quantity, with the reason (standard library only).

On one processor family a build gives the same bits, so every allowance is for other processors and library builds: seeds are fixed and draws are
counter-based, which leaves rounding and what it tips over.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["CLASSES", "TABLE_CLASSES", "Allowance", "allowance", "class_of_number", "class_of_table"]

MONTE_CARLO_ERRORS = 4.0  # binomial standard errors that a p-value from resamples may move
LEAST_DRAWS = 999  # resamples assumed where no setting is named


@dataclass(frozen=True)
class Allowance:
    """|found − expected| may be up to absolute + relative × |expected| (+ MONTE_CARLO_ERRORS binomial errors for a resampled p-value).

    last_places: how many units of its last printed digit a number within a text (table cell, sentence) may move besides.
    """

    relative: float
    absolute: float
    last_places: int
    reason: str


CLASSES: dict[str, Allowance] = {
    "exact": Allowance(0, 0, 0, "counts, names, dates, settings, choices and verdicts have no rounding"),
    "frozen": Allowance(1e-12, 0, 1, "shares of frozen trajectories, which are chaotic and read, not computed: only the last bit of a quotient or an interval's end may differ"),
    "computed": Allowance(1e-6, 1e-12, 1, "the same formula on the same rows: the order of sums and the last bits of functions differ, far below this"),
    "fitted": Allowance(1e-4, 1e-6, 1, "a maximum found by iteration: its place is known to the square root of the precision of its height"),
    "ranked": Allowance(2e-3, 0, 1, "shares of ordered pairs: a pair whose scores lie within rounding of each other may change its order"),
    "drawn": Allowance(1e-3, 1e-5, 1, "shares and quantiles of draws that are the same everywhere: a few lie within rounding of a limit and may fall on its other side"),
    "resampled": Allowance(5e-3, 1e-3, 2, "ends of bootstrap intervals, power and rates of detection: a few of the refits may stop at another maximum"),
    "p": Allowance(0, 0, 2, "the share of resamples at least as extreme: ties with the observed statistic may be broken otherwise, well within the Monte-Carlo error"),
    "error": Allowance(0.5, 1e-4, 2, "the Monte-Carlo error of a p-value, which moves with it"),
    "rerun": Allowance(0, math.inf, 0, "how many frozen simulations come out the same here depends on the processor; the verdict on them is compared instead"),
}


@dataclass(frozen=True)
class Rule:
    """The class of the numbers whose artifact and field match these patterns; `draws` names the setting that holds their number of resamples."""

    kind: str
    artifact: str
    field: str
    draws: str = ""


# Artifacts of tests by resampling, and the setting with the number of resamples of their p-values (the claims have several).
RESAMPLED = {
    "age_inference.json": "set.age_inference.permutations", "eccentricity_inference.json": "set.eccentricity_inference.permutations",
    "mixture_tests.json": "set.mixture_tests.draws", "origin_skill.json": "set.origin_skill.permutations", "selection_model.json": "set.detection.bootstrap",
    "desert.json": "set.desert.bootstrap", "claims.json": "",
}
# The first rule that matches decides; whole numbers, texts and truth values are exact before any rule is asked.
RULES: tuple[Rule, ...] = (
    Rule("rerun", "*", "rerun.*"),
    Rule("exact", "run.json", "*"),
    Rule("exact", "*", "settings.*"),
    Rule("computed", "sample_summary.json", "*"),
    Rule("drawn", "ladder_summary.json", "feasible.*"),
    Rule("drawn", "ladder_summary.json", "shares.level_[01].*"),
    Rule("drawn", "ladder_summary.json", "confusion.*"),
    Rule("frozen", "ladder_summary.json", "*"),
    Rule("computed", "ensemble_summary.json", "periods.*"),
    Rule("computed", "ensemble_summary.json", "*_low"),
    Rule("computed", "ensemble_summary.json", "*_high"),
    Rule("frozen", "ensemble_summary.json", "*"),
    Rule("frozen", "calibration.json", "*"),
    Rule("fitted", "agreement_summary.json", "*"),
    Rule("computed", "feasibility_summary.json", "survival.*_r*star"),
    Rule("computed", "feasibility_summary.json", "*_au"),
    Rule("computed", "feasibility_summary.json", "systems.*"),
    Rule("computed", "feasibility_summary.json", "timescale_ratio.*"),
    Rule("computed", "feasibility_summary.json", "age_optimum.*"),
    Rule("drawn", "feasibility_summary.json", "*"),
    Rule("computed", "limiting_summary.json", "*_au"),
    Rule("computed", "limiting_summary.json", "default.disruption_factor"),
    Rule("drawn", "limiting_summary.json", "*"),
    Rule("drawn", "occurrence_summary.json", "*"),
    Rule("computed", "disk_summary.json", "priors.*"),
    Rule("computed", "disk_summary.json", "regime.*"),
    Rule("drawn", "disk_summary.json", "*"),
    Rule("resampled", "circumbinary_summary.json", "forest.*"),
    Rule("resampled", "circumbinary_summary.json", "importance.*"),
    Rule("computed", "circumbinary_summary.json", "target.*"),
    Rule("frozen", "circumbinary_summary.json", "*"),
    Rule("resampled", "synthesis_summary.json", "weights.*"),
    Rule("resampled", "synthesis_summary.json", "target*"),
    Rule("drawn", "synthesis_summary.json", "*"),
    Rule("drawn", "vetting_summary.json", "*"),
    Rule("drawn", "gaia_companions_summary.json", "*"),
    Rule("resampled", "beta_e_bootstrap_summary.json", "*"),
    Rule("p", "age_regression_summary.json", "*permutation*", "set.ages.permutations"),
    *(
        Rule(kind, artifact, field, draws if kind == "p" else "")
        for artifact, draws in RESAMPLED.items()
        for kind, field in (("error", "*p_error"), ("p", "*.p"), ("p", "*_p"), ("p", "*.p_*"), ("p", "*_p_*"), ("resampled", "*low"), ("resampled", "*high"))
    ),
    Rule("resampled", "desert.json", "*"),
    Rule("resampled", "*", "*power*"),
    Rule("resampled", "*", "*_rate*"),
    Rule("resampled", "*", "*coverage*"),
    Rule("resampled", "*", "*_95*"),
    Rule("resampled", "origin_summary.json", "*_low"),
    Rule("resampled", "origin_summary.json", "*_high"),
    Rule("fitted", "gmm_summary.json", "*"),
    Rule("fitted", "robustness_summary.json", "*"),
    Rule("ranked", "origin_*.json", "*auroc*"),
    Rule("fitted", "origin_*.json", "*"),
    Rule("fitted", "selection_model.json", "*"),
    Rule("fitted", "mixture_tests.json", "*"),
    Rule("fitted", "*_inference.json", "*"),
)
# Tables whose cells need more than the last printed digit; the others are "computed". Words in a cell are always exact.
TABLE_CLASSES: dict[str, str] = {
    "ledger": "exact", "methods": "computed", "rules": "exact", "outcomes": "frozen", "calibration": "frozen", "sensitivity": "drawn", "disk": "drawn",
    "rates": "drawn", "robustness": "fitted", "beta": "resampled", "claims": "p",
    "desert": "resampled", "resonances": "resampled", "circumbinary_fates": "frozen", "vetting": "drawn", "gaia": "exact",
}


def _whole(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | str) or isinstance(value, list) and all(map(_whole, value))


def class_of_number(key: str, entry: Mapping[str, Any]) -> str:
    """The class of an entry of numbers.json, as "name" or "name:key of the number of resamples"."""
    rule = next((rule for rule in RULES if fnmatchcase(entry["artifact"], rule.artifact) and fnmatchcase(entry["field"], rule.field)), Rule("computed", "*", "*"))
    if rule.kind != "rerun" and _whole(entry["value"]):
        return "exact"
    return f"{rule.kind}:{rule.draws}" if rule.draws else rule.kind


def class_of_table(name: str) -> str:
    """The class of a table's cells."""
    return TABLE_CLASSES.get(name, "computed")


def allowance(kind: str, expected: float, numbers: Mapping[str, Any]) -> float:
    """How far a value of this class may be from `expected`; `numbers` is the ledger's, for the number of resamples.

    Raises KeyError for a class that is not declared.
    """
    name, _, draws = kind.partition(":")
    found = CLASSES[name]
    allowed = found.absolute + (found.relative * abs(expected) if expected else 0.0)
    if name == "p":
        number = numbers.get(draws, {}).get("value") if draws else None
        count = number if isinstance(number, int | float) and number > 0 else LEAST_DRAWS
        chance = min(max(expected, 1 / (count + 1)), count / (count + 1))
        allowed += MONTE_CARLO_ERRORS * math.sqrt(chance * (1 - chance) / count)
    return allowed
