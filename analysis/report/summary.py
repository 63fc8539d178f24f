"""SUMMARY.txt: one page with sources, sample, the three headline numbers with their caveats, ages, verdicts and how to cite."""

import json
import textwrap
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.report.ages import comparison_block
from analysis.report.files import Context, write_text
from analysis.report.formatting import formatted

__all__ = ["write"]

WIDTH = 118
LEDGER_STEPS = (
    "rows in the exports", "host in the mass range", "semi-major axis known or derived",
    "processed", "with an eccentricity",
)
# {key} is a number of numbers.json; a line and its caveat stand together.
HEADLINES = (
    ("1. Mixture in (log q, log a): ΔBIC of one against two components = {mixture.delta_bic} ({robustness.uncorrected_dbic} without the corrections).",
     ("Caveat: {mixture.best_k} components have the lowest BIC; the method alone predicts the component of {mixture.predicted_percent} % of the rows; within "
     "microlensing, RV, transits ΔBIC = {robustness.within_microlensing_dbic}, {robustness.within_rv_dbic}, {robustness.within_transit_dbic}.")),
    ("2. Eccentricities of low against high q: KS p = {ecc.ks_p}, {ecc.n_low} against {ecc.n_high} ({robustness.uncorrected_ks_p} without the corrections).",
     ("Caveat: confounded with size; at a > {set.eccentricity.wide_axis_au} au p = {ecc.wide_ks_p}, {ecc.wide_n_low} against {ecc.wide_n_high} "
     "(power {ecc.power_percent} %); without astrometry p = {robustness.without_astrometry_ks_p}.")),
    ("3. Kozai-Lidov feasibility of TOI-6894 b: {kozai.fraction_percent} % of draws (closed form {kozai.closed_form_percent} %); no catalogue row enters.",
     ("Caveat: {kozai.inside_percent} % of these pass inside the tidal disruption radius, {tides.disruption_rstar} R★, against r_crit = "
     "{set.kozai.critical_radius} R★; the assumed birth orbit alone moves the share from {kozai.axis_low_percent} to {kozai.axis_high_percent} %.")),
)
ALSO = (
    (("Classifier: AUROC {origin.auroc_specified} as specified; without log q {origin.auroc_without_q}, from the method alone {origin.auroc_method}, without both "
     "{origin.auroc_without_both}."), "Caveat: {labels}"),
    ("TOI-6894's host, {target.host_mass} Msun, lies {place} {set.selection.host_mass_min} to {set.selection.host_mass_max} Msun; the target enters no fit.", ""),
    ("Time available: min(T, age), not the plan's min(t_KL, age). t_KL as specified over the corrected: {kozai.timescale_ratio_low} to {kozai.timescale_ratio_high}.", ""),
    ("R★ at 0.01 Gyr over 1 Gyr: {tides.literal_contraction} as written, {tides.law_contraction} by the plan's words (used), {tides.track_contraction} for a track of 0.2 Msun.", ""),
    ("Disc torques with a gap bring TOI-6894 b in from 1 au in {disk.in_time_percent} % of discs (type II {disk.type_two_percent} %, with gas at its orbit {disk.arrives_percent} %).",
     "Caveat: the type-I formula of the specification does not hold, q/h³ = {disk.regime_1au} at 1 au."),
)
AGES = (
    (("{ages.n_rows} companions of {ages.n_hosts} hosts have an age, {ages.high_q_rows} of them above the split. Slope of log a: {ages.slope_a} ± {ages.slope_a_err}, "
     "p = {ages.p_a} (ages permuted among hosts); of e: {ages.slope_e} ± {ages.slope_e_err}, p = {ages.p_e}. Pearson r with age: a {ages.pearson_a} "
      "(p = {ages.pearson_a_p}), e {ages.pearson_e} ({ages.pearson_e_p}); Spearman: a {ages.spearman_a} ({ages.spearman_a_p}), e {ages.spearman_e} ({ages.spearman_e_p})."),
     "Caveat: slope of log a {ages.slope_a_rest} without {ages.influential}; the declared test: p = {aged.p}, needs |r| > {aged.detectable}."),
)
LABELS_FROM_Q = "the labels are a cut in q, which is a feature; the score as specified is circular."
CITATION = (
    "Johnson, R. S. (2025). Binary-Origin Substellar Companions Around M Dwarfs: Evidence from Demographics, Orbital Architecture, and Migration "
    "Timescales. With the NASA Exoplanet Archive (doi:10.26133/NEA13) and Stevenson et al. (2023, MNRAS 526, 5155)."
)


def _wrapped(text: str, first: str, rest: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=rest)


def _tested(claim: dict[str, Any]) -> str:
    """p, adjusted p, power and size of a claim's test, where it has one."""
    if claim["p"] is None:
        return ""
    size = claim["calibration"].get("size")
    return (
        f"; p = {formatted(claim['p'], 'p:2')}, adjusted {formatted(claim['p_adjusted'], 'p:2')}; power {formatted(claim['power'], 'fixed:2')}; "
        f"size {formatted(size, 'percent:1')} %; passes {claim['robustness']['passes']} of {claim['robustness']['of']}"
    )


def _dated(retrieved: str) -> str:
    return f"retrieved {retrieved}" if retrieved[:1].isdigit() else "date of retrieval not recorded"


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write SUMMARY.txt from the artifacts in `artifacts`."""

    def read(name: str) -> Any:
        return json.loads((artifacts / name).read_text(encoding="utf-8"))

    numbers = {key: entry["text"] for key, entry in read("numbers.json").items() if isinstance(entry, dict) and "text" in entry}

    labels = read("origin_summary.json")["labels"]
    numbers["labels"] = LABELS_FROM_Q if labels["defined_by_a_feature"] else f"the labels are those of {labels['file']}."
    sample = read("sample_summary.json")
    numbers["place"] = "within the mass cut of" if sample["target"]["in_mass_range"] else "outside the mass cut of"

    def told(pairs: tuple[tuple[str, str], ...]) -> list[str]:
        lines = []
        for statement, caveat in pairs:
            for text, first in ((statement, "  "), (caveat, "     ")):
                for key, value in numbers.items():
                    text = text.replace(f"{{{key}}}", value)
                lines += [_wrapped(text, first, "     ")] if text else []
        return lines

    sources = sample["catalogue"]["sources"].values()
    steps = [row for row in read("tables.json")["ledger"]["rows"] if row[0] in LEDGER_STEPS]
    claims = read("claims.json")["claims"]
    lines = [
        "VLMS COMPANION ANALYSIS", "Sources",
        *(_wrapped(f"{source['authority']}; {source.get('url') or source.get('authority_url')}; {source['file']}, {source['rows']} rows, "
                   f"{_dated(source['retrieved'])}", "  ", "     ") for source in sources),
        "", f"{'Sample: rows that remain':<46}{'NASA':>7}{'BD cat.':>9}{'total':>7}{'uncorrected':>13}",
        *(f"  {row[0]:<44}{row[1]:>7}{row[2]:>9}{row[3]:>7}{row[4]:>13}" for row in steps),
        "", "Headline numbers, as specified", *told(HEADLINES), "", "Also as specified", *told(ALSO), "", "Ages", *told(AGES),
        *(f"  {line}" for line in comparison_block(read("age_summary.json")).splitlines() if config.target.age_gyr is not None),
        "", "Verdicts (rules in analysis/claims.py)",
        *(_wrapped(f"[{claim['verdict']}] {claim['short']}: {claim['effect']['text']}{_tested(claim)}.", "  ", "     ") for claim in claims),
        "", "Cite", _wrapped(CITATION, "  ", "  "),
    ]
    write_text(directory / "SUMMARY.txt", "\n".join(lines), context)
