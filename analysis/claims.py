"""Verdict rules, kept apart from the numbers they judge, and the ledger they fill.

Each rule turns evidence (plain values that the report reads from the artifacts) into one of three verdicts and the sentence
that is true on the path that led there. A missing value never supports anything. Standard library only.
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
CHANCE_AUROC, POOR_AUROC = 0.5, 0.6
SURE = 0.95  # probability above which a label counts as given, and below one minus which as excluded

Evidence = dict[str, Any]
Judgement = tuple[str, str]  # verdict, sentence


@dataclass(frozen=True)
class Claim:
    """One line of the ledger."""

    id: str
    statement: str
    test: str
    threshold: str
    effect: dict[str, Any]
    p: float | None
    robustness: dict[str, Any]
    verdict: str
    sentence: str
    artifact: str


@dataclass(frozen=True)
class Rule:
    """A claim without its evidence; `judge` gives verdict and sentence."""

    id: str
    statement: str
    test: str
    threshold: str
    artifact: str
    judge: Callable[[Evidence], Judgement]


def _populations(e: Evidence) -> Judgement:
    if e["delta_bic"] is None:
        return CANNOT_TELL, "The companions are too few to compare one population with two."
    if e["delta_bic"] < STRONG_BIC:
        return NOT_SUPPORTED, "Mass ratios and separations do not call for two populations."
    within = [value for value in e["within_method"] if value is not None]
    if len(within) < 2 or min(within) < STRONG_BIC:
        return CANNOT_TELL, (
            "Two components describe mass ratios and separations better than one, but they largely follow the detection methods, so the catalogue "
            "cannot tell two populations from two ways of searching."
        )
    if e["best_k"] != 2:
        return CANNOT_TELL, "More than two components describe mass ratios and separations best, so two populations are not singled out."
    return SUPPORTED, "The companions form two populations in mass ratio and separation, overall and within single detection methods."


def _eccentricity(e: Evidence) -> Judgement:
    few = min(e["n_wide_low"], e["n_wide_high"]) < FEW
    if e["p_all"] is None or e["p_wide"] is None or (e["p_wide"] >= SIGNIFICANCE and few):
        return CANNOT_TELL, (
            "Whether companions of high and low mass ratio have different eccentricities on wide orbits, where tides hardly act, the data cannot tell: "
            "too few wide orbits are measured."
        )
    if e["p_wide"] >= SIGNIFICANCE:
        return NOT_SUPPORTED, "On wide orbits, where tides hardly act, no difference in eccentricity between high and low mass ratios is found."
    if e["p_all"] >= SIGNIFICANCE:
        return CANNOT_TELL, "The eccentricities of high and low mass ratios differ on wide orbits but not over all orbits; the comparisons disagree."
    return SUPPORTED, "Companions of high mass ratio have different eccentricities from those of low mass ratio, also on wide orbits, where tides hardly act."


def _classifier(e: Evidence) -> Judgement:
    if e["labels_from_q"]:
        return CANNOT_TELL, "The labels of the classifier are a cut in mass ratio, so it reproduces the cut and cannot tell origin."
    if e["auroc_low"] is not None and e["auroc_low"] > CHANCE_AUROC:
        return SUPPORTED, (
            "Features other than mass ratio and detection method reproduce the given labels; whether these are origins rests with their references."
        )
    if e["auroc_high"] is not None and e["auroc_high"] < POOR_AUROC:
        return NOT_SUPPORTED, "Features other than mass ratio and detection method do not reproduce the given labels."
    return CANNOT_TELL, "The labelled companions are too few, or the skill of the classifier too uncertain, to tell."


def _ages(e: Evidence) -> Judgement:
    known = [p for p in (e["p_axis"], e["p_eccentricity"]) if p is not None]
    if known and min(known) * len(known) < SIGNIFICANCE:  # Bonferroni over the regressions made
        return SUPPORTED, "Orbits change with host age among the systems whose age is known."
    if known and e["detectable_r"] is not None and e["detectable_r"] <= WEAK_CORRELATION:
        return NOT_SUPPORTED, "No change of orbits with host age is found."
    return CANNOT_TELL, "The hosts of known age are too few to tell whether orbits change with age."


def _kozai(e: Evidence) -> Judgement:
    if e["least"] is None or e["most"] is None:
        return CANNOT_TELL, "The Kozai–Lidov migration of TOI-6894 b could not be evaluated."
    if e["most"] < FEASIBLE:
        return NOT_SUPPORTED, "Kozai–Lidov cycles bring hardly any planet like TOI-6894 b close to its star, whatever the strength of tides and the disruption radius."
    if e["least"] >= FEASIBLE:
        return SUPPORTED, "Kozai–Lidov cycles bring part of the planets like TOI-6894 b close to their star intact, whatever the strength of tides and the disruption radius."
    return CANNOT_TELL, (
        "Kozai–Lidov cycles bring some planets like TOI-6894 b close to their star, but whether these survive depends on how near they may pass without being "
        "torn apart and on how strong tides are, which is not known."
    )


def _occurrence(e: Evidence) -> Judgement:
    if not e["rejected"]:
        return CANNOT_TELL, "The rate of close giants that migrating fragments would supply could not be evaluated."
    if all(e["rejected"]):
        return NOT_SUPPORTED, "Fragments that migrate by Kozai–Lidov cycles fall short of the observed rate of close giants even if every star bore one."
    return CANNOT_TELL, (
        "How often fragments of such low mass are born is not known, so the observed rate of close giants does not decide whether migrating fragments supply them."
    )


def _disk(e: Evidence) -> Judgement:
    if e["share_arriving"] is None:
        return CANNOT_TELL, "The disc torques on TOI-6894 b could not be evaluated."
    if e["share_arriving"] >= COMMON:
        return SUPPORTED, "Disc torques bring a planet like TOI-6894 b to its orbit within the disc lifetime in most of the disc models."
    if e["share_arriving"] < FEASIBLE:
        return NOT_SUPPORTED, "Disc torques with an open gap bring hardly any planet like TOI-6894 b to its orbit within the disc lifetime."
    return CANNOT_TELL, "Whether disc torques bring a planet like TOI-6894 b to its orbit in time depends on disc parameters that are not known for such stars."


def _target(e: Evidence) -> Judgement:
    chances = e["probabilities"]
    if e["labels_from_q"] or not chances or None in chances or max(chances) < SURE and min(chances) > 1 - SURE:
        return CANNOT_TELL, "The data cannot tell how TOI-6894 b formed."
    if min(chances) >= SURE:
        return SUPPORTED, "All models trained on the given labels class TOI-6894 b with the binary-like companions."
    if max(chances) <= 1 - SURE:
        return NOT_SUPPORTED, "All models trained on the given labels class TOI-6894 b with the planet-like companions."
    return CANNOT_TELL, "The models trained on the given labels disagree on TOI-6894 b, so the data cannot tell how it formed."


RULES = (
    Rule(
        "populations", "The companions form two populations in mass ratio and separation, beyond what the detection methods impose.",
        "BIC of Gaussian mixtures, overall and within each detection method",
        f"supported: ΔBIC ≥ {STRONG_BIC:g} overall and within every method with enough rows (two at least), and no third component preferred; not supported: "
        f"ΔBIC < {STRONG_BIC:g} overall", "gmm_summary.json", _populations,
    ),
    Rule(
        "eccentricity", "Companions above and below the mass-ratio split have different eccentricities on wide orbits too, where tides hardly act.",
        "Kolmogorov–Smirnov, all orbits and wide orbits",
        f"supported: p < {SIGNIFICANCE:g} for all and for wide orbits; not supported: p ≥ {SIGNIFICANCE:g} for wide orbits with at least {FEW} a side",
        "eccentricity_summary.json", _eccentricity,
    ),
    Rule(
        "classifier", "Features other than mass ratio and detection method tell binary-like from planet-like companions.",
        "cross-validated AUROC without mass ratio and method, grouped by host",
        f"supported: labels given from outside and 95 % interval above {CHANCE_AUROC:g}; not supported: interval ends below {POOR_AUROC:g}",
        "origin_summary.json", _classifier,
    ),
    Rule(
        "ages", "Orbits change with the age of the host.", "slopes on log age, ages permuted among hosts, studentised by host",
        f"supported: Bonferroni p < {SIGNIFICANCE:g}; not supported: p above, with |r| ≤ {WEAK_CORRELATION:g} detectable", "age_regression_summary.json", _ages,
    ),
    Rule(
        "kozai", "Kozai–Lidov cycles with tides bring TOI-6894 b close to its star without disrupting it.",
        "migrated share of secularly integrated triples, over time lags of the tide and disruption radii",
        f"supported: at least {FEASIBLE:.0%} migrate at every lag and radius, triples that cannot be followed counted as not migrated; not supported: fewer than "
        f"{FEASIBLE:.0%} at every one, these counted as migrated", "occurrence_summary.json", _kozai,
    ),
    Rule(
        "occurrence", "Fragments that migrate by Kozai–Lidov cycles supply the close giants that are observed around such stars.",
        "births per star × perturber × migrated share against the observed occurrence",
        "not supported: one birth per star with every other factor at its best falls short of every observed rate; supported: not by this comparison, which can "
        "only reject while the births are a bracket", "occurrence_summary.json", _occurrence,
    ),
    Rule(
        "disk", "Disc torques can have brought TOI-6894 b from one astronomical unit to its orbit within the disc lifetime.",
        "gap-corrected migration time and inner edge over stated disc parameters",
        f"supported: the planet arrives in at least {COMMON:.0%} of the disc models; not supported: in fewer than {FEASIBLE:.0%}", "disk_summary.json", _disk,
    ),
    Rule(
        "target", "TOI-6894 b formed like a binary companion.", "label probabilities of models that never saw it",
        f"supported: all probabilities ≥ {SURE:g} with labels given from outside; not supported: all ≤ {1 - SURE:.2g}", "origin_summary.json", _target,
    ),
)


def evaluate(evidence: dict[str, Evidence]) -> list[dict[str, Any]]:
    """The ledger as a list of dicts. `evidence` maps each rule's id to its values, with `effect`, `p` and `robustness`.

    Raises InputError when a rule has no evidence at all.
    """
    claims = []
    for rule in RULES:
        if rule.id not in evidence:
            raise InputError(f"No evidence for the claim '{rule.id}'; run the whole analysis without --only.")
        values = evidence[rule.id]
        verdict, sentence = rule.judge(values)
        claims.append(asdict(Claim(
            rule.id, rule.statement, rule.test, rule.threshold, values["effect"], values.get("p"),
            values.get("robustness", {"passes": None, "of": None, "meaning": None}), verdict, sentence, rule.artifact,
        )))
    return claims
