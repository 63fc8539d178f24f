"""SUMMARY.txt: one page with sources, sample, the three headline numbers with their caveats, ages, verdicts and how to cite."""

import json
import textwrap
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.report.ages import comparison_block
from analysis.report.files import Context, write_text

__all__ = ["write"]

WIDTH = 100
CITATION = (
    "Johnson, R. S. (2025). Binary-Origin Substellar Companions Around M Dwarfs: Evidence from Demographics, Orbital Architecture, and Migration Timescales."
)


def _wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=first if rest is None else rest)


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write SUMMARY.txt from the artifacts in `artifacts`."""

    def read(name: str) -> Any:
        return json.loads((artifacts / name).read_text(encoding="utf-8"))

    numbers = {key: entry["text"] for key, entry in read("numbers.json").items() if isinstance(entry, dict) and "text" in entry}
    sources = read("sample_summary.json")["catalogue"]["sources"]
    ledger = read("tables.json")["ledger"]

    def say(text: str) -> str:
        for key, value in numbers.items():
            text = text.replace(f"{{{key}}}", value)
        return _wrapped(text, "  ")

    lines = ["VLMS COMPANION ANALYSIS", "=" * 23, "", "Sources"]
    for source in sources.values():
        place = source.get("url") or source.get("authority_url")
        lines.append(_wrapped(f"{source['authority']}; {place}; retrieved {source['retrieved']}; {source['file']}, {source['rows']} rows", "  ", "    "))
    lines += ["", "Sample (rows that remain after each step)", f"  {'':<44}{'NASA':>7}{'BD cat.':>9}{'total':>7}{'uncorrected':>13}"]
    lines += [f"  {row[0]:<44}{row[1]:>7}{row[2]:>9}{row[3]:>7}{row[4]:>13}" for row in ledger["rows"] if row[0] not in SKIPPED]
    lines += [
        "", "Headline numbers",
        say("1. Mixture in (log q, log a): ΔBIC of one against two components = {mixture.delta_bic}; without the corrections {robustness.uncorrected_dbic}."),
        say("   Caveat: the lowest BIC belongs to {mixture.best_k} components; knowing the method alone predicts the component of {mixture.predicted_percent} % of the rows; within microlensing, radial velocities and transits ΔBIC = {robustness.within_microlensing_dbic}, {robustness.within_rv_dbic}, {robustness.within_transit_dbic}. A BIC is no evidence of formation channels."),
        say("2. Eccentricities, low against high q: KS p = {ecc.ks_p} ({ecc.n_low} against {ecc.n_high}); without the corrections {robustness.uncorrected_ks_p}."),
        say("   Caveat: confounded with orbit size; at a > {set.eccentricity.wide_axis_au} au p = {ecc.wide_ks_p} ({ecc.wide_n_low} against {ecc.wide_n_high})."),
        say("3. Kozai-Lidov feasibility of TOI-6894 b: {kozai.fraction_percent} % of draws (closed form {kozai.closed_form_percent} %); the catalogue corrections do not enter."),
        say("   Caveat: {kozai.inside_percent} % of these pass inside the tidal disruption radius ({tides.disruption_rstar} against {set.kozai.critical_radius} stellar radii), and the assumed birth orbit moves the share from {kozai.axis_low_percent} to {kozai.axis_high_percent} %."),
        "", "Ages",
        say("{ages.n_rows} companions of {ages.n_hosts} hosts have an age, {ages.high_q_rows} of them above the mass-ratio split. log a on log age: slope {ages.slope_a} ± {ages.slope_a_err}, "
            "p = {ages.p_a} with ages permuted among hosts; e on log age: {ages.slope_e} ± {ages.slope_e_err}, p = {ages.p_e}. Only |r| > {ages.detectable_r} could be found with {ages.power_percent} % power."),
        *(f"  {line}" for line in comparison_block(read("age_summary.json")).splitlines()),
        "", "Verdicts",
    ]
    for claim in read("claims.json")["claims"]:
        lines.append(_wrapped(f"[{claim['verdict']}] {claim['statement']} ({claim['effect']['text']})", "  ", "    "))
    lines += [
        "", "Where the specification's method misleads on this sample, the number above is as specified and the caveat is ours; details in",
        "the paper. Other facts to know: TOI-6894's host lies above the mass cut, so it enters no fit; labels of the classifier are",
        "defined by q; R(t) of the specification has its sign reversed against its own words (we follow the words).",
        "", "Cite", _wrapped(CITATION, "  "), "  with the NASA Exoplanet Archive (doi:10.26133/NEA13) and Stevenson et al. (2023, MNRAS 526, 5155).",
    ]
    write_text(directory / "SUMMARY.txt", "\n".join(lines), context)


SKIPPED = {"semi-major axis above zero", "eccentricity below one or missing", "host below the limit of the frozen table"}
