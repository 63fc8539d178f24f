"""The tables of the paper as text cells, and the alternative text of its figures, both read from the artifacts."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.report import circumbinary, desert, gaia, vetting
from analysis.report.files import Context, write_json
from analysis.report.formatting import formatted

__all__ = ["ALTERNATIVE_TEXT", "TABLES", "write"]

Table = dict[str, list[Any]]

LEDGER_LABELS = {
    "export": "rows in the exports", "duplicates": "listed once", "host limit": "host below the limit of the frozen table",
    "target": "without TOI-6894 b", "mass range": "host in the mass range", "masses present": "both masses known",
    "correction": "not excluded by a correction", "axis present": "semi-major axis known or derived", "axis positive": "semi-major axis above zero",
    "eccentricity range": "eccentricity below one or missing", "temperature": "temperature in range or missing",
    "metallicity": "metallicity in range or missing", "processed": "processed", "with eccentricity": "with an eccentricity",
}


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _json(artifacts: Path, name: str) -> dict[str, Any]:
    return json.loads((artifacts / name).read_text(encoding="utf-8"))


def _number(text: str, style: str) -> str:
    return formatted(float(text), style) if text else "–"


def ledger(artifacts: Path) -> Table:
    """Rows that remain after each step, per catalogue, with the uncorrected total beside the corrected one."""
    counts: dict[str, dict[str, str]] = {}
    for row in _rows(artifacts / "sample_ledger.csv"):
        column = row["catalogue"] if row["variant"] != "uncorrected" else f"uncorrected {row['catalogue']}"
        counts.setdefault(row["step"], {})[column] = row["rows_out"]
    rows = []
    for step, found in counts.items():
        rows.append([
            LEDGER_LABELS.get(step, step), found.get("NASA", "–"), found.get("BD_Catalogue", "–"), found.get("total", "–"),
            found.get("uncorrected total", "–" if step == "correction" else found.get("total", "–")),
        ])
    return {"columns": ["Step", "NASA", "BD catalogue", "Total", "Without corrections"], "rows": rows}


def methods(artifacts: Path) -> Table:
    """Candidates per detection method on either side of the mass-ratio split."""
    rows = [
        [row["discovery_method"], row["candidates"], row["hosts"], row["high_q"], row["low_q"], row["with_eccentricity"], row["with_metallicity"],
         _number(row["median_semimajor_axis_au"], "significant:2")]
        for row in _rows(artifacts / "sample_methods.csv")
    ]
    return {"columns": ["Method", "Candidates", "Hosts", "High q", "Low q", "With e", "With [Fe/H]", "Median a (au)"], "rows": rows}


def sensitivity(artifacts: Path) -> Table:
    """Feasible share of all draws (per cent) by time available and critical periapsis."""
    found = _rows(artifacts / "feasibility_sensitivity.csv")
    radii = sorted({float(row["critical_radius_rstar"]) for row in found})
    times = sorted({float(row["time_limit_gyr"]) for row in found})
    share = {(float(row["time_limit_gyr"]), float(row["critical_radius_rstar"])): float(row["mean_fraction"]) for row in found}
    return {
        "columns": ["T (Gyr)", *(f"r_crit = {radius:g} R★" for radius in radii)],
        "rows": [[f"{time:g}", *(formatted(share[time, radius], "percent:2") for radius in radii)] for time in times],
    }


def disk(artifacts: Path) -> Table:
    """Migration times (yr) by disc torques at a few orbits: median, and the central nine tenths of the priors."""
    def band(values: dict[str, float]) -> str:
        low, middle, high = (formatted(values[name], "scientific:1" if values[name] >= 1e4 else "significant:1") for name in ("p5", "p50", "p95"))
        return f"{middle} ({low} to {high})"

    rows = [
        [formatted(orbit["axis_au"], "significant:2"), formatted(orbit["gap_share"], "percent:0"), band(orbit["type_i"]), band(orbit["gap"]), band(orbit["type_ii"])]
        for orbit in _json(artifacts, "disk_summary.json")["at_orbits"]
    ]
    return {"columns": ["a (au)", "Gap opens (%)", "Type I (yr)", "With a gap (yr)", "Classical type II (yr)"], "rows": rows}


def claims(artifacts: Path) -> Table:
    """The ledger of claims: effect, p as it is and adjusted, power, passes, what simulated catalogues say of the test, verdict."""
    rows = []
    for claim in _json(artifacts, "claims.json")["claims"]:
        passes, calibration = claim["robustness"], claim["calibration"]
        measured = [_optional(value, "percent:1") for value in (_first(calibration, "size", "wrong_verdicts"), calibration.get("coverage"))]
        p = "–"
        if claim["p"] is not None:
            error = f" ± {formatted(claim['p_error'], 'significant:1')}" if claim["p_error"] else ""  # none where every arrangement was counted
            p = f"p = {formatted(claim['p'], 'p:2')}{error}, adjusted {formatted(claim['p_adjusted'], 'p:2')}"
        rows.append([
            claim["statement"], claim["effect"]["text"], p, _optional(claim["power"], "fixed:2"),
            f"{passes['passes']} of {passes['of']}" if passes["of"] else "–",
            "; ".join(measured) if set(measured) != {"–"} else "–", claim["verdict"],
        ])
    return {"columns": ["Claim", "Effect (95 % interval)", "Test", "Power", "Passes", "Size; coverage (%)", "Verdict"], "rows": rows}


def _first(values: dict[str, Any], *names: str) -> Any:
    """The first of these values that is there."""
    return next((values[name] for name in names if values.get(name) is not None), None)


def _optional(value: Any, style: str) -> str:
    return "–" if value is None else formatted(value, style)


def rules(artifacts: Path) -> Table:
    """What each claim estimates, how it is tested, and what decides it."""
    rows = [[claim["short"], claim["estimand"], claim["test"], claim["threshold"]] for claim in _json(artifacts, "claims.json")["claims"]]
    return {"columns": ["Claim", "Estimand", "Test", "Rule"], "rows": rows}


JUDGED = ("null", "alternative")  # beginnings of the names of scenarios that belong to a claim's hypotheses


def calibration(artifacts: Path) -> Table:
    """Simulated catalogues by claim and hypothesis: share called significant or decided, and coverage of the 95 % interval; all scenarios are in calibration.csv."""
    names = {claim["id"]: claim["short"] for claim in _json(artifacts, "claims.json")["claims"]}
    rows = []
    for row in _rows(artifacts / "calibration.csv"):
        if not row["scenario"].startswith(JUDGED):
            continue
        below = f"{_number(row['rejected'], 'percent:1')} ({_number(row['rejected_low'], 'percent:1')} to {_number(row['rejected_high'], 'percent:1')})" if row["rejected"] else "–"
        covered = f"{_number(row['coverage'], 'percent:1')} ({_number(row['coverage_low'], 'percent:1')} to {_number(row['coverage_high'], 'percent:1')})" if row["coverage"] else "–"
        verdicts = f"{_number(row['supported'], 'percent:1')}, {_number(row['not_supported'], 'percent:1')}" if row["supported"] else "–"
        rows.append([names[row["claim"]], row["meaning"], row["simulations"], below, covered, verdicts])
    return {"columns": ["Claim", "Simulated", "Catalogues", "p < 0.05 (%)", "Coverage (%)", "Supported, not (%)"], "rows": rows}


SUBSETS = {"low_q": "low q", "high_q": "high q"}
TREATMENTS = {"as_given": "as given", "limits_excluded": "measured only", "censored": "censored"}


def beta(artifacts: Path) -> Table:
    """Beta parameters by subset and treatment with 95 per cent intervals, then published distributions."""
    summary = _json(artifacts, "eccentricity_summary.json")
    rows = []
    for orbits, label in (("all", "all orbits"), ("wide", f"a > {summary['wide_axis_au']:g} au")):
        for subset, words in SUBSETS.items():
            for treatment, how in TREATMENTS.items():
                fit = ((summary.get(orbits) or {}).get("subsets", {}).get(subset, {}).get("beta", {})).get(treatment)
                if fit and fit["n"] and not (orbits == "wide" and treatment != "as_given"):
                    rows.append([f"{words}, {label}", how, str(fit["n"]), _interval(fit, "alpha"), _interval(fit, "beta"), formatted(fit["mean"], "fixed:2")])
    seen = {(row["published"], row["of"], row["alpha"], row["beta"]) for row in _rows(artifacts / "beta_e_published.csv")}
    for published, of, alpha, shape in sorted(seen):
        mean = float(alpha) / (float(alpha) + float(shape))
        rows.append([of, published, "–", _number(alpha, "fixed:2"), _number(shape, "fixed:2"), formatted(mean, "fixed:2")])
    return {"columns": ["Subset", "Treatment or source", "n", "α", "β", "Mean e"], "rows": rows}


def _interval(fit: dict[str, Any], name: str) -> str:
    bounds = fit.get(f"{name}_95")
    text = formatted(fit[name], "fixed:2")
    return f"{text} ({formatted(bounds[0], 'fixed:2')} to {formatted(bounds[1], 'fixed:2')})" if bounds else text


def robustness(artifacts: Path) -> Table:
    """Headline statistics by pass."""
    rows = []
    for row in _rows(artifacts / "robustness.csv"):
        pairs = [f"{row[f'n_low{kind}']}, {row[f'n_high{kind}']}" for kind in ("", "_wide")]
        rows.append([row["name"], row["rows"], _number(row["delta_bic_1_2"], "fixed:0"), _number(row["best_k"], "count"), pairs[0], _number(row["ks_p"], "p:1"),
                     pairs[1], _number(row["ks_p_wide"], "p:2")])
    return {"columns": ["Pass", "Rows", "ΔBIC", "Best k", "With e (low, high)", "KS p", "Wide (low, high)", "KS p, wide"], "rows": rows}


def outcomes(artifacts: Path) -> Table:
    """Outcomes of the secular ensemble (per cent, 95 % interval of the migrated share) by disruption radius and averaging threshold."""
    rows = []
    last = max(float(row["time_gyr"]) for row in _rows(artifacts / "ensemble_outcomes.csv"))
    for row in _rows(artifacts / "ensemble_outcomes.csv"):
        if float(row["time_gyr"]) == last:
            low, middle, high = (formatted(float(row[name]), "percent:2") for name in ("migrated_low", "migrated", "migrated_high"))
            threshold = f"{float(row['averaging_threshold']):g}" if float(row["averaging_threshold"]) else "none"
            rows.append([
                f"{float(row['disruption_factor']):.1f}", threshold, f"{middle} ({low} to {high})",
                *(formatted(float(row[name]), "percent:1") for name in ("disrupted", "unmigrated", "invalid")),
            ])
    return {"columns": ["Disruption / r_t", "j below / ε_SA", "Migrated", "Disrupted", "Not migrated", "Invalid"], "rows": rows}


PATHWAY_LABELS = {"fragments": "fragments", "cold_giants": "cold giants", "disc": "disc"}
RATE_LABELS = {"bryant_2023": "Bryant", "glusman_mid": "Glusman, mid types", "glusman_late": "Glusman, late types"}


def rates(artifacts: Path) -> Table:
    """Predicted close giants per star against observed rates: medians, 95 % intervals, births needed, verdict."""
    predicted = {row["pathway"]: row for row in _rows(artifacts / "occurrence_predictions.csv")}
    observed = {row["name"]: row for row in _rows(artifacts / "occurrence_observed.csv")}

    def span(low: str, middle: str, high: str) -> str:
        return f"{formatted(float(middle), 'scientific:1')} ({formatted(float(low), 'scientific:1')} to {formatted(float(high), 'scientific:1')})"

    rows = []
    for row in _rows(artifacts / "occurrence_comparison.csv"):
        if row["observed"] in RATE_LABELS:
            made, seen = predicted[row["pathway"]], observed[row["observed"]]
            needed = [formatted(float(row[f"required_births_{name}"]), "significant:1") for name in ("median", "low", "high")]
            rows.append([
                PATHWAY_LABELS[row["pathway"]], span(made["p2_5"], made["p50"], made["p97_5"]), RATE_LABELS[row["observed"]],
                span(seen["low"], seen["median"], seen["high"]), f"{needed[0]} ({needed[1]} to {needed[2]})", row["verdict"],
            ])
    return {"columns": ["Pathway", "Predicted per star", "Survey", "Observed per star", "Births needed", "Verdict"], "rows": rows}


TABLES: dict[str, Callable[[Path], Table]] = {
    "ledger": ledger, "methods": methods, "sensitivity": sensitivity, "disk": disk, "claims": claims, "beta": beta, "robustness": robustness,
    "outcomes": outcomes, "rates": rates, "rules": rules, "calibration": calibration,
    "resonances": circumbinary.resonances, "circumbinary_fates": circumbinary.fates, "desert": desert.models, "gaia": gaia.ledger, "vetting": vetting.table,
}

# What each figure shows and finds; {key} is a number of numbers.json.
ALTERNATIVE_TEXT = {
    "fig1_massmass": "Companion mass against host mass on logarithmic axes for {sample.candidates} companions; the {sample.high_q} of high mass ratio "
    "were found by microlensing, imaging and astrometry almost alone, and TOI-6894 b lies just right of the host-mass selection among the low ratios.",
    "fig2_ae": "Eccentricity against semi-major axis: nearly all low-ratio companions sit inside {set.eccentricity.wide_axis_au} au at low eccentricity, "
    "high-ratio ones lie outside it, but for a close one with an upper limit; outside it both kinds spread over the same range.",
    "fig_clustering": "Semi-major axis against mass ratio with the ellipses of two and three components: the inner ellipse holds transits and radial velocities, "
    "the outer one microlensing; with three, the heaviest and widest companions have one of their own.",
    "fig_ecc_cdf": "Cumulative eccentricities of low- and high-ratio companions: far apart for all orbits, overlapping for wide orbits.",
    "fig_selection": "Reach of five detection methods in mass ratio and axis; the observed companions beside a catalogue simulated from one population; three histograms: the "
    "observed gain of a second component, {gap.delta_bic}, lies far beyond the simulated ones, the gap statistic and the {gap.observed} companions in the gap lie in their lower tails.",
    "fig_mixture_tests": "Likelihood ratios against their null distributions: for all candidates one and two components are rejected, three are not; within radial "
    "velocities and within microlensing the ratio lies inside or at the edge of the null's range. Whatever the split, its side follows from the method for at least {mixtests.split_lowest_percent} per cent, and "
    "eccentricities on wide orbits do not differ.",
    "fig_eccentricity_inference": "On wide orbits the posterior regions of the two classes overlap, over all orbits the low-ratio class lies near zero; only the unmatched "
    "comparison excludes no difference; the power is {cal.eccentricity_power} now and four fifths near {dif.needed} companions of each class.",
    "fig_origin_skill": "Over all pairs, classifiers without the mass ratio score well above one half, as do samples relabelled within the detection methods; over pairs found by one method they score "
    "{skill.auroc}. Predicted probabilities agree with observed shares within wide intervals.",
    "fig_age_inference": "Slopes of axis and eccentricity on age with intervals by several methods and subsets, nearly all of which include zero; the power reaches four fifths only for "
    "correlations above about seven tenths.",
    "fig_robustness": "Preference for two components and eccentricity p-values for every change of the sample; the first survives except within microlensing, "
    "the second vanishes for wide orbits and without astrometry.",
    "fig3_feasibility": "Map of the feasible share of draws by perturber mass and distance: nearly constant, {kozai.fraction_percent} per cent on average, "
    "falling to zero for light and distant perturbers.",
    "fig_limiting": "Maps of the migrated and of the disrupted share by perturber axis and mass: migration lies in a narrow band of wide orbits, disruption "
    "fills the closer ones; in bars of the mean outcomes from the criterion to the closed form more draws are disrupted than migrate.",
    "fig_levels": "Six maps of perturber mass against axis: the criterion is met thinly over the whole map, closed form and integration are concentrated at intermediate "
    "axes, and the integration migrates in a narrower band; by the criterion nothing is left to migrate once disruption counts.",
    "fig_outcomes": "Stacked bars by method: the migrated share is {ladder.feasible_percent} per cent as specified, none once disruption is counted, and in the integration "
    "{ladder.secular_percent} per cent with the strictest and {ladder.secular_lenient_percent} with the most lenient disruption radius.",
    "fig_tornado": "Bars per parameter: at the strictest disruption radius almost everything is an upper limit; at {ensemble.shown_factor} tidal radii the {ensemble.dominant} matters most.",
    "fig_periods": "A narrow peak of final periods with a median of {ensemble.period_median} days, just short of the period of TOI-6894 b; observed companions spread widely.",
    "fig_agreement": "Eccentricity over time from direct integration and from the averaged equations for four triples, and the relative difference at the first maximum: "
    "{agreement.averaged_percent} per cent in the median, and {agreement.predicted_percent} with the part that turns with the perturber.",
    "fig_occurrence": "Predicted rates of close giants by migrating fragments, by cold giants that migrate and by disc migration, each over orders of magnitude, beside the "
    "much narrower observed rates.",
    "fig4_disk_torques": "Migration time against distance: the type-I band lies below the disc lifetime everywhere, the gap-corrected band straddles it.",
    "fig_age_feasibility": "Feasible share against stellar age: it rises while little time has passed and changes little after one billion years; below, the two radius laws beside evolutionary tracks.",
    "fig_disruption": "Periapsis limits in stellar radii: the critical radii of the criterion lie inside the strictest tidal disruption radius, "
    "{tides.disruption_rstar} stellar radii.",
    "fig_circumbinary": "Captured period ratios pile up just outside three to seven, most at four with {cb.share_4_percent} per cent; the resonance rises with the eccentricity of the binary, which the random "
    "forest needs most; giants around light binaries are ejected or stay bound, few are held.",
    "fig_circumbinary_maps": "Six maps of axis and eccentricity around binaries: stable orbits begin near the axis of Holman and Wiegert and rise a little above the eccentricity of Quarles and others; "
    "islands lie inside the limit around the most eccentric binaries.",
    "fig_desert": "Companions in mass ratio and in mass against axis, with two desert lines and their bands; below, step and smooth densities that dip near a mass ratio of {desert.q_place} and near "
    "{desert.m_place} Jupiter masses beside a falling power law; a histogram of the test statistic with the observed value.",
    "fig_desert_corner": "Panels of the posterior of the two lines, mass ratio below the diagonal, mass above: the places of the lines and the tilt are narrow, slopes and widths nearly fill their priors.",
    "fig_vetting": "Amplitude of tidal light variations against a over R star: nearly all companions lie three to five decades below what a star in their place would show, which itself stays below "
    "{set.vetting.example_limit} ppm for all but {vet.star_excluded}; the ratio of densities is near one but for {vet.failed_names}.",
    "fig_synthesis": "Synthetic companions: cores end at mass ratios below those observed, fragments above them, most at the inner edge of the disc; TOI-6894 b lies at the light end of the fragments. "
    "Core accretion reaches it in {syn.core_reaches} of {syn.variants} variations, fragmentation in {syn.fragmentation_reaches}.",
    "fig_classification": "Classifier scores: {origin.auroc_specified} with mass ratio, {origin.auroc_method} from the detection method alone, "
    "{origin.auroc_without_both} without both; the predicted probability follows the mass ratio closely as specified, and loosely without it and the method.",
    "fig_ages": "Semi-major axis and eccentricity against host age for {ages.n_rows} companions of {ages.n_hosts} hosts; one very young, wide companion stands apart.",
}


def write(directory: Path, context: Context, artifacts: Path, config: Config, keys: dict[str, str]) -> None:
    """Write tables.json and figures.json."""
    numbers = {key: entry["text"] for key, entry in _json(artifacts, "numbers.json").items() if isinstance(entry, dict) and "text" in entry}
    write_json(directory / "tables.json", {name: make(artifacts) for name, make in TABLES.items()}, context)
    alternatives = {}
    for stem, text in ALTERNATIVE_TEXT.items():
        for key, value in numbers.items():
            text = text.replace(f"{{{key}}}", value)
        alternatives[stem] = {"alt": f"{context.stamp}. {text}" if context.partial else text}
    write_json(directory / "figures.json", alternatives, context)
