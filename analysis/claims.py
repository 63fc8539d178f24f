"""Verdict rules, kept apart from the numbers they judge, and the ledger they fill.

Each rule turns evidence (plain values that the report reads from the artifacts) into one of three verdicts and the sentence that is true on the path
that led there. Claims with a significance test share one rule, `decided`; the others compare a simulated share with a threshold. A missing value never
supports anything, and a test that errs too often in simulated catalogues decides nothing.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from analysis.errors import InputError

__all__ = ["CANNOT_TELL", "NOT_SUPPORTED", "RULES", "SUPPORTED", "Claim", "Rule", "adjusted", "decided", "evaluate"]

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
CANNOT_TELL = "cannot tell"

SIGNIFICANCE = 0.05  # of the p-value adjusted for the number of claims
ENOUGH_POWER = 0.8  # a test that finds nothing speaks against a claim only if it would have found the declared effect this often
AGREEING = 2 / 3  # share of the robustness passes that must agree with a significant test
FEASIBLE = 0.01  # share of draws below which a pathway is called closed
COMMON = 0.5  # share of disc models above which a pathway is called open
SURE = 0.95  # probability above which a label counts as given, and below one minus which as excluded

Evidence = dict[str, Any]
Judgement = tuple[str, str]  # verdict, sentence


@dataclass(frozen=True)
class Claim:
    """One line of the ledger; `p`, its Monte-Carlo error and the rest are None where a claim has no significance test."""

    id: str
    short: str
    statement: str
    estimand: str
    test: str
    threshold: str
    effect: dict[str, Any]
    p: float | None
    p_error: float | None
    p_adjusted: float | None
    power: float | None
    robustness: dict[str, Any]
    calibration: dict[str, Any]
    verdict: str
    sentence: str
    artifact: str


@dataclass(frozen=True)
class Rule:
    """A claim without its evidence; `judge` gives verdict and sentence."""

    id: str
    short: str
    statement: str
    estimand: str
    test: str
    threshold: str
    artifact: str
    judge: Callable[[Evidence], Judgement]


def decided(e: Evidence) -> tuple[str, str]:
    """(verdict, ground) of a claim with a significance test; the grounds are the keys of a claim's sentences.

    supported ("found"): adjusted p below SIGNIFICANCE and at least AGREEING of the robustness passes significant too. not supported ("absent"):
    p not below SIGNIFICANCE although the power at the declared effect is at least ENOUGH_POWER. Otherwise cannot tell: "missing" without a p-value,
    "unsound" where the simulated catalogues show that the test errs too often, "fragile" where passes or the adjustment take the result back, "weak" where
    the power is too small.
    """
    if e["p"] is None or e["p_adjusted"] is None:
        return CANNOT_TELL, "missing"
    if e["calibration"].get("sound") is False:
        return CANNOT_TELL, "unsound"
    if e["p"] < SIGNIFICANCE:
        passes = [met for met in e["passes"] if met is not None]
        agree = not passes or sum(passes) >= AGREEING * len(passes)
        return (SUPPORTED, "found") if e["p_adjusted"] < SIGNIFICANCE and agree else (CANNOT_TELL, "fragile")
    return (NOT_SUPPORTED, "absent") if e["power"] is not None and e["power"] >= ENOUGH_POWER else (CANNOT_TELL, "weak")


UNSOUND = "The test for {matter} errs too often in simulated catalogues to be used, so the data cannot tell."
TESTED_RULE = (
    f"supported: adjusted p < {SIGNIFICANCE:g} and two thirds of the passes agree; not supported: p ≥ {SIGNIFICANCE:g} with a power of at least {ENOUGH_POWER:g}; "
    "a test that errs too often in simulated catalogues decides nothing"
)
SENTENCES = {
    "populations": {
        "matter": "two populations",
        "found": "The companions form two populations in mass ratio, beyond what the detection methods impose.",
        "absent": "One population seen through the detection methods accounts for the mass ratios; a gap between two is not called for.",
        "fragile": "A gap in mass ratio beyond the detection methods appears in some tests and not in others, so the catalogue cannot tell two populations from one.",
        "weak": "One population seen through the detection methods accounts for the mass ratios, but the catalogue is too small to exclude a gap between two, so it cannot tell.",
        "missing": "The companions are too few to compare one population with two.",
    },
    "desert": {
        "matter": "a desert",
        "found": "The density of companions falls by more than half between planets and binaries, beyond what the detection methods impose.",
        "absent": "A density without a valley accounts for the mass ratios of the companions; a desert is not called for.",
        "fragile": "A valley in the density of companions appears in some tests and not in others, so the data cannot tell whether there is a desert.",
        "weak": "A density without a valley accounts for the mass ratios, but the companions are too few to exclude a desert between planets and binaries.",
        "missing": "The companions are too few to look for a desert between planets and binaries.",
    },
    "eccentricity": {
        "matter": "a difference of eccentricities",
        "found": "Companions of high mass ratio have other eccentricities than those of low mass ratio on orbits of the same size.",
        "absent": "On orbits of the same size, eccentricities of high and low mass ratios do not differ by as much as those of imaged and radial-velocity companions elsewhere.",
        "fragile": "Eccentricities of high and low mass ratios differ in some comparisons of equal orbit size and not in others, so the data cannot tell.",
        "weak": "Whether companions of high and low mass ratio have different eccentricities on orbits of the same size the data cannot tell: too few wide orbits are measured.",
        "missing": "Too few orbits of the same size are measured to compare the eccentricities of high and low mass ratios.",
    },
    "classifier": {
        "matter": "other features that tell the labels",
        "found": "Features other than mass ratio and detection method reproduce the given labels; whether these are origins rests with their references.",
        "absent": "Features other than mass ratio and detection method do not reproduce the given labels.",
        "fragile": "Features other than mass ratio and detection method reproduce the given labels in some tests and not in others, so the data cannot tell.",
        "weak": "The labelled companions are too few to tell whether features other than mass ratio and detection method reproduce the labels.",
        "missing": "The labelled companions are too few to train a classifier.",
    },
    "ages": {
        "matter": "a change of orbits with age",
        "found": "Orbits change with host age among the systems whose age is known.",
        "absent": "No change of orbits with host age is found.",
        "fragile": "A trend of orbits with host age depends on single hosts or on the treatment of the data, so the data cannot tell.",
        "weak": "The hosts of known age are too few to tell whether orbits change with age.",
        "missing": "The hosts of known age are too few to tell whether orbits change with age.",
    },
}


def _tested(claim: str, e: Evidence) -> Judgement:
    verdict, ground = decided(e)
    sentences = SENTENCES[claim]
    return verdict, UNSOUND.format(matter=sentences["matter"]) if ground == "unsound" else sentences[ground]


def _populations(e: Evidence) -> Judgement:
    return _tested("populations", e)


def _desert(e: Evidence) -> Judgement:
    return _tested("desert", e)


def _eccentricity(e: Evidence) -> Judgement:
    return _tested("eccentricity", e)


def _classifier(e: Evidence) -> Judgement:
    if e["labels_from_q"]:
        return CANNOT_TELL, "The labels of the classifier are a cut in mass ratio, so it reproduces the cut and cannot tell origin."
    return _tested("classifier", e)


def _ages(e: Evidence) -> Judgement:
    return _tested("ages", e)


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
    if e["share_low"] is None or e["share_high"] is None:
        return CANNOT_TELL, "The disc torques on TOI-6894 b could not be evaluated."
    if e["share_low"] >= COMMON:
        return SUPPORTED, "Disc torques bring a planet like TOI-6894 b to its orbit within the disc lifetime in most of the disc models."
    if e["share_high"] < FEASIBLE:
        return NOT_SUPPORTED, "Disc torques with an open gap bring hardly any planet like TOI-6894 b to its orbit within the disc lifetime."
    return CANNOT_TELL, "Whether disc torques bring a planet like TOI-6894 b to its orbit in time depends on disc parameters that are not known for such stars."


def _circumbinary(e: Evidence) -> Judgement:
    if e["low"] is None or e["high"] is None:
        return CANNOT_TELL, "The migration of giants around close pairs of such stars could not be evaluated."
    if e["high"] < FEASIBLE:
        return NOT_SUPPORTED, "A giant that migrates in the disc around a close pair of such stars is lost, held or left near the limit of stability or outside it and hardly ever ends on a close orbit about one of them."
    if e["low"] >= FEASIBLE:
        return SUPPORTED, "Part of the giants that migrate in the disc around a close pair of such stars end on a close orbit about one of them."
    return CANNOT_TELL, "How many giants that migrate in the disc around a close pair of such stars end on a close orbit about one of them, the simulated ones are too few to tell."


def _formation(e: Evidence) -> Judgement:
    core, fragmentation, variants = e["core_accretion"], e["fragmentation"], e["variants"]
    if not variants:
        return CANNOT_TELL, "The models of formation could not be evaluated."
    if fragmentation == variants and core == 0:
        return SUPPORTED, "Of the two models of formation only fragmentation makes companions like TOI-6894 b, however they are varied."
    if core == variants and fragmentation == 0:
        return NOT_SUPPORTED, "Of the two models of formation only core accretion makes companions like TOI-6894 b, however they are varied."
    return CANNOT_TELL, "Which of the two models of formation makes companions like TOI-6894 b depends on properties of discs that are not known for such stars, so they cannot tell."


def _vetting(e: Evidence) -> Judgement:
    if e["outcome"] == "pass":
        return SUPPORTED, "TOI-6894 b has the mass of a planet, an orbit that agrees with its star, and a radius inside its Roche lobe."
    if e["outcome"] == "fail":
        return NOT_SUPPORTED, "TOI-6894 b fails a check of its mass, its orbit, its Roche lobe or its star."
    return CANNOT_TELL, "Whether TOI-6894 b has the mass of a planet and an orbit that agrees with its star cannot be told from its values."


def _target(e: Evidence) -> Judgement:
    low, high = e["low"], e["high"]
    unknown = e["labels_from_q"] or e["calibration"].get("sound") is False or not low or None in (*low, *high)
    if not unknown and min(low) >= SURE:
        return SUPPORTED, "All models trained on the given labels class TOI-6894 b with the binary-like companions."
    if not unknown and max(high) <= 1 - SURE:
        return NOT_SUPPORTED, "All models trained on the given labels class TOI-6894 b with the planet-like companions."
    return CANNOT_TELL, "The data cannot tell how TOI-6894 b formed."


RULES = (
    Rule(
        "populations", "two populations beyond method", "The companions form two populations in mass ratio, beyond what the detection methods impose.",
        "change (dex) of the density at the mass ratios of the desert of Zhang (2025), relative to one smooth population",
        "signed root of the likelihood ratio of a gap, one population seen through each method's sensitivity; parametric bootstrap by host, two-sided", TESTED_RULE, "selection_model.json", _populations,
    ),
    Rule(
        "desert", "a desert between planets and binaries", "The density of companions falls by more than half between planets and binaries, at some mass ratio.",
        "depth (dex) of the deepest valley in the density of the mass ratio, given methods and orbits",
        "mean likelihood of densities with a valley over those without, log-normal + power law; parametric bootstrap under the likeliest density without a valley, one-sided", TESTED_RULE, "desert.json", _desert,
    ),
    Rule(
        "eccentricity", "eccentricities differ at equal orbit size", "Companions above and below the mass-ratio split have different eccentricities on orbits of the same size.",
        "mean eccentricity above the split minus that below it, on wide orbits",
        "difference of mean eccentricities; all permutations of the labels between hosts with equally many companions on wide orbits, two-sided", TESTED_RULE, "eccentricity_inference.json", _eccentricity,
    ),
    Rule(
        "classifier", "features beyond q and method tell the labels", "Features other than mass ratio and detection method tell binary-like from planet-like companions.",
        "probability that of two companions found by one method the binary-like one scores higher (AUROC within methods)",
        "cross-validated by host; labels of whole hosts permuted within method and multiplicity, one-sided", f"{TESTED_RULE}; labels that are a cut in mass ratio decide nothing", "origin_skill.json", _classifier,
    ),
    Rule("ages", "orbits change with host age", "Orbits change with the age of the host.", "slope of log a on log age (dex per dex)",
        "slopes of log a and of e over their jackknife errors, ages permuted among hosts with one and with several companions, Bonferroni", TESTED_RULE, "age_inference.json", _ages),
    Rule(
        "kozai", "Kozai–Lidov cycles bring TOI-6894 b in", "Kozai–Lidov cycles with tides bring TOI-6894 b close to its star without disrupting it.",
        "share of stable triples that end migrated", "migrated share of secularly integrated triples, over time lags of the tide and disruption radii",
        f"supported: at least {FEASIBLE:.0%} migrate at every lag and radius, triples that cannot be followed counted as not migrated; not supported: fewer than "
        f"{FEASIBLE:.0%} at every one, these counted as migrated; ends of 95 % intervals", "occurrence_summary.json", _kozai,
    ),
    Rule(
        "occurrence", "fragments supply the close giants", "Fragments that migrate by Kozai–Lidov cycles supply the close giants that are observed around such stars.",
        "births per star that the observed rate needs", "births per star × perturber × migrated share against the observed occurrence",
        "not supported: one birth per star with every other factor at its best falls short of every observed rate; supported: not by this comparison, which can "
        "only reject while the births are a bracket", "occurrence_summary.json", _occurrence,
    ),
    Rule(
        "disk", "disc torques bring TOI-6894 b in", "Disc torques can have brought TOI-6894 b from one astronomical unit to its orbit within the disc lifetime.",
        "share of disc models in which the planet arrives", "gap-corrected migration time and inner edge over stated disc parameters",
        f"supported: the planet arrives in at least {COMMON:.0%} of the disc models; not supported: in fewer than {FEASIBLE:.0%}; ends of the 95 % interval", "disk_summary.json", _disk,
    ),
    Rule(
        "circumbinary", "circumbinary migration leads to a close orbit", "A giant that migrates in the disc around a close pair of such stars can end on a close orbit about one of them.",
        "share of simulated giants that are left on an orbit inside half of the pair's limit of stability", "planar integration of pair and giant with drag, stars of the host-mass range; 95 % interval of the share",
        f"supported: at least {FEASIBLE:.0%} do; not supported: fewer than {FEASIBLE:.0%}; ends of the interval", "circumbinary_summary.json", _circumbinary,
    ),
    Rule(
        "formation", "fragmentation makes such companions", "Fragmentation of a disc, not core accretion, makes companions like TOI-6894 b.",
        "variations of two models of formation that make such companions", "synthetic systems in the bin of TOI-6894 b in mass ratio, axis and metallicity, as both models are varied",
        "supported: fragmentation makes them in every variation and core accretion in none; not supported: the other way round", "synthesis_summary.json", _formation,
    ),
    Rule(
        "vetting", "TOI-6894 b is a planet-mass body of its star", "TOI-6894 b is a body of planetary mass in orbit around the star it is ascribed to.",
        "mass, ratio of densities and share of the Roche lobe", "checks of mass, density and Roche lobe with every catalogue error propagated; Hill stability, variability, odd and even depths and RUWE where known",
        "supported: the 95 % intervals of mass, density and Roche lobe pass and no check fails; not supported: a check fails", "vetting_summary.json", _vetting,
    ),
    Rule(
        "target", "TOI-6894 b formed like a binary", "TOI-6894 b formed like a binary companion.", "probability of the binary-like label, given its features",
        "probabilities by models that never saw it and do not contain the mass ratio, every host counting once",
        f"supported: the 95 % intervals of all probabilities lie above {SURE:g}, with labels given from outside; not supported: all lie below {1 - SURE:.2g}",
        "origin_skill.json", _target,
    ),
)


def adjusted(p: dict[str, float | None]) -> dict[str, float | None]:
    """p-values by claim, adjusted to control the false discovery rate over the claims that have one.

    Benjamini & Yekutieli (2001, Ann. Stat. 29, 1165): valid for any dependence, and all claims rest on the same companions.
    """
    from scipy.stats import false_discovery_control

    known = {claim: value for claim, value in p.items() if value is not None}
    found = dict(zip(known, map(float, false_discovery_control(list(known.values()), method="by")), strict=True)) if known else {}
    return {claim: found.get(claim) for claim in p}


def evaluate(evidence: dict[str, Evidence]) -> list[dict[str, Any]]:
    """The ledger as a list of dicts. `evidence` maps each rule's id to its values; effect is required, the other parts of `Claim` have defaults.

    Raises InputError when a rule has no evidence at all.
    """
    for rule in RULES:
        if rule.id not in evidence:
            raise InputError(f"No evidence for the claim '{rule.id}'; run the whole analysis without --only.")
    corrected = adjusted({rule.id: evidence[rule.id].get("p") for rule in RULES})
    claims = []
    for rule in RULES:
        values = {"p": None, "p_error": None, "power": None, "passes": [], "calibration": {}, **evidence[rule.id], "p_adjusted": corrected[rule.id]}
        verdict, sentence = rule.judge(values)
        claims.append(asdict(Claim(
            rule.id, rule.short, rule.statement, rule.estimand, rule.test, rule.threshold, values["effect"],
            values["p"], values["p_error"], values["p_adjusted"], values["power"],
            values.get("robustness", {"passes": None, "of": None, "meaning": None}), values["calibration"], verdict, sentence, rule.artifact,
        )))
    return claims
