"""Verdict rules, declared as code before any number is known, and the ledger they fill.

Each rule turns evidence (plain values that the report reads from the artifacts) into one of three verdicts. A missing
value never supports anything. Standard library only.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from analysis.errors import InputError

__all__ = ["CANNOT_TELL", "NOT_SUPPORTED", "RULES", "SUPPORTED", "Claim", "Rule", "evaluate"]

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
CANNOT_TELL = "cannot tell"

STRONG_BIC = 10.0  # Kass & Raftery (1995): very strong preference
SIGNIFICANCE = 0.05
FEW = 20  # per side; below this a two-sample test that finds nothing says little
WEAK_CORRELATION = 0.3  # a study that could have seen |r| this small, and saw nothing, speaks against a trend
FEASIBLE = 0.01  # share of draws below which a pathway is called closed
COMMON = 0.5  # share of disc models above which a pathway is called open


@dataclass(frozen=True)
class Claim:
    """One line of the ledger."""

    id: str
    statement: str
    test: str
    threshold: str
    effect: dict[str, Any]
    p: float | None
    robustness: dict[str, int | None]
    verdict: str
    sentence: str
    artifact: str


@dataclass(frozen=True)
class Rule:
    """A claim before its evidence: `judge` gives the verdict, `sentences` the words for each verdict."""

    id: str
    statement: str
    test: str
    threshold: str
    artifact: str
    judge: Callable[[dict[str, Any]], str]
    sentences: dict[str, str]


def _populations(e: dict[str, Any]) -> str:
    if e["delta_bic"] is None:
        return CANNOT_TELL
    if e["delta_bic"] < STRONG_BIC:
        return NOT_SUPPORTED
    within = [value for value in e["within_method"] if value is not None]
    return SUPPORTED if len(within) >= 2 and min(within) >= STRONG_BIC and e["best_k"] == 2 else CANNOT_TELL


def _eccentricity(e: dict[str, Any]) -> str:
    if e["p_all"] is None or e["p_wide"] is None:
        return CANNOT_TELL
    if e["p_wide"] < SIGNIFICANCE:
        return SUPPORTED if e["p_all"] < SIGNIFICANCE else CANNOT_TELL
    return NOT_SUPPORTED if min(e["n_wide_low"], e["n_wide_high"]) >= FEW else CANNOT_TELL


def _classifier(e: dict[str, Any]) -> str:
    if e["labels_from_q"] or e["auroc_low"] is None:
        return CANNOT_TELL
    if e["auroc_low"] > 0.5:
        return SUPPORTED
    return NOT_SUPPORTED if e["auroc_high"] < 0.6 else CANNOT_TELL


def _ages(e: dict[str, Any]) -> str:
    known = [p for p in (e["p_axis"], e["p_eccentricity"]) if p is not None]
    if not known:
        return CANNOT_TELL
    if min(known) * len(known) < SIGNIFICANCE:  # Bonferroni over the regressions made
        return SUPPORTED
    return NOT_SUPPORTED if e["detectable_r"] is not None and e["detectable_r"] <= WEAK_CORRELATION else CANNOT_TELL


def _kozai(e: dict[str, Any]) -> str:
    if e["fraction"] is None:
        return CANNOT_TELL
    if e["fraction"] < FEASIBLE:
        return NOT_SUPPORTED
    return SUPPORTED if e["surviving_strict"] is not None and e["surviving_strict"] >= FEASIBLE else CANNOT_TELL


def _disk(e: dict[str, Any]) -> str:
    if e["share_in_time"] is None:
        return CANNOT_TELL
    if e["share_in_time"] >= COMMON:
        return SUPPORTED
    return NOT_SUPPORTED if e["share_in_time"] < FEASIBLE else CANNOT_TELL


def _target(e: dict[str, Any]) -> str:
    chances = e["probabilities"]
    if e["labels_from_q"] or not chances or None in chances:
        return CANNOT_TELL
    if min(chances) >= 0.95:
        return SUPPORTED
    return NOT_SUPPORTED if max(chances) <= 0.05 else CANNOT_TELL


RULES = (
    Rule(
        "populations", "The companions form two populations in mass ratio and separation, beyond what the detection methods impose.",
        "BIC of Gaussian mixtures, overall and within each detection method",
        f"supported: ΔBIC ≥ {STRONG_BIC:g} overall and within every method with enough rows (two at least), and no third component preferred; not supported: ΔBIC < {STRONG_BIC:g} overall",
        "gmm_summary.json", _populations,
        {
            SUPPORTED: "The companions form two populations in mass ratio and separation, overall and within single detection methods.",
            NOT_SUPPORTED: "The companions do not need two populations in mass ratio and separation.",
            CANNOT_TELL: "Two components describe mass ratios and separations better than one, but they follow the detection methods, so the catalogue cannot tell two populations from two ways of searching.",
        },
    ),
    Rule(
        "eccentricity", "Companions above and below the mass-ratio split have different eccentricities at equal orbit size.",
        "Kolmogorov–Smirnov, all orbits and wide orbits",
        f"supported: p < {SIGNIFICANCE:g} for all and for wide orbits; not supported: p ≥ {SIGNIFICANCE:g} for wide orbits with at least {FEW} a side",
        "eccentricity_summary.json", _eccentricity,
        {
            SUPPORTED: "High-mass-ratio companions have different eccentricities from low-mass-ratio ones, also at equal orbit size.",
            NOT_SUPPORTED: "At equal orbit size the eccentricities of high- and low-mass-ratio companions do not differ.",
            CANNOT_TELL: "Whether high-mass-ratio companions have different eccentricities at equal orbit size the data cannot tell: too few wide orbits are measured.",
        },
    ),
    Rule(
        "classifier", "Features other than mass ratio and detection method tell binary-like from planet-like companions.",
        "cross-validated AUROC without mass ratio and method, grouped by host",
        "supported: labels independent of the features and 95 % interval above 0.5; not supported: interval ends below 0.6",
        "origin_summary.json", _classifier,
        {
            SUPPORTED: "Features other than mass ratio and detection method carry information on origin.",
            NOT_SUPPORTED: "Features other than mass ratio and detection method carry no information on origin.",
            CANNOT_TELL: "A classifier trained on labels that are themselves defined by mass ratio cannot tell origin; its skill is circular.",
        },
    ),
    Rule(
        "ages", "Orbits change with the age of the host.",
        "regressions on log age with host-clustered errors",
        f"supported: Bonferroni p < {SIGNIFICANCE:g}; not supported: p ≥ {SIGNIFICANCE:g} with |r| ≤ {WEAK_CORRELATION:g} detectable",
        "age_regression_summary.json", _ages,
        {
            SUPPORTED: "Orbits change with host age among the aged systems.",
            NOT_SUPPORTED: "Orbits do not change with host age.",
            CANNOT_TELL: "The aged hosts are too few to tell whether orbits change with age.",
        },
    ),
    Rule(
        "kozai", "Kozai–Lidov cycles with tides can have brought TOI-6894 b to its orbit intact.",
        "feasibility criterion of the plan, with tidal disruption beside it",
        f"supported: at least {FEASIBLE:.0%} of draws feasible outside the strictest disruption radius; not supported: fewer than {FEASIBLE:.0%} feasible at all",
        "feasibility_summary.json", _kozai,
        {
            SUPPORTED: "Kozai–Lidov cycles can bring TOI-6894 b to its orbit intact over part of the perturber parameters.",
            NOT_SUPPORTED: "Hardly any perturber meets the Kozai–Lidov criterion for TOI-6894 b.",
            CANNOT_TELL: "Many perturbers meet the Kozai–Lidov criterion for TOI-6894 b, but every draw that does so passes inside the tidal disruption radius, so the criterion cannot tell whether the planet would survive the journey.",
        },
    ),
    Rule(
        "disk", "Disc torques can have brought TOI-6894 b from one astronomical unit to its orbit within the disc lifetime.",
        "gap-corrected migration time over stated disc parameters",
        f"supported: at least {COMMON:.0%} of disc models arrive in time; not supported: fewer than {FEASIBLE:.0%}",
        "disk_summary.json", _disk,
        {
            SUPPORTED: "Disc torques bring such a companion inwards within the disc lifetime for most disc models.",
            NOT_SUPPORTED: "Disc torques with an open gap are too slow for such a companion in nearly all disc models.",
            CANNOT_TELL: "Whether disc torques are fast enough depends on disc parameters that are not known for these stars.",
        },
    ),
    Rule(
        "target", "TOI-6894 b formed like a binary companion.",
        "origin probabilities of models that never saw it",
        "supported: all probabilities ≥ 0.95 from labels independent of the features; not supported: all ≤ 0.05",
        "origin_summary.json", _target,
        {
            SUPPORTED: "The evidence favours a binary-like origin of TOI-6894 b.",
            NOT_SUPPORTED: "The evidence speaks against a binary-like origin of TOI-6894 b.",
            CANNOT_TELL: "The data cannot tell how TOI-6894 b formed.",
        },
    ),
)


def evaluate(evidence: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger as a list of dicts. `evidence` maps each rule's id to its values, with `effect`, `p` and `robustness`.

    Raises InputError when a rule has no evidence at all.
    """
    claims = []
    for rule in RULES:
        if rule.id not in evidence:
            raise InputError(f"No evidence for the claim '{rule.id}'; run the whole analysis without --only.")
        values = evidence[rule.id]
        verdict = rule.judge(values)
        claims.append(asdict(Claim(
            rule.id, rule.statement, rule.test, rule.threshold, values["effect"], values.get("p"),
            values.get("robustness", {"agree": None, "of": None}), verdict, rule.sentences[verdict], rule.artifact,
        )))
    return claims
