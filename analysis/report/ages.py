"""Files of the age studies: comparison table, summaries, and a report to be read."""

import textwrap
from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json, write_text
from analysis.report.formatting import MISSING, formatted

__all__ = ["comparison_block", "regression_report", "write"]

WIDTH = 100
NAMES = {
    "semimajor_axis_au": "a",
    "log_semimajor_axis": "log a",
    "eccentricity": "e",
    "log_host_age_gyr": "log age",
    "log_host_mass": "log M_star",
    "intercept": "constant",
}
PASS_TITLES = {
    "as_given": "all rows as given",
    "without_assumed_zero": "without eccentricities that were assumed to be 0",
    "measured_eccentricity": "only measured eccentricities (no assumed zeros, no upper limits, none missing)",
    "without_age_limits": "without ages that are lower or upper limits",
    "low_mass_ratio": "the low-q class alone",
    "without_most_influential_host": "without the host that moves the slope of log a on log age most",
}


def write(directory: Path, context: Context, ages: Any) -> None:
    """Write age_summary.json, age_regression_summary.json, age_regression_report.txt, and age_comparison.csv if the target's age is given."""
    summary = ages.summary
    if summary["comparison"]["toi_age_gyr"] is not None:
        write_csv(directory / "age_comparison.csv", ages.comparison, context)
    write_json(
        directory / "age_summary.json",
        {k: summary[k] for k in ("counts", "age_errors", "comparison", "power", "settings", "target")},
        context,
    )
    regression_parts = ("correlations", "regressions", "per_host", "influence", "power", "settings")
    write_json(
        directory / "age_regression_summary.json", {k: summary[k] for k in regression_parts} | {"sample": summary["counts"]}, context
    )
    write_text(directory / "age_regression_report.txt", regression_report(summary), context)


def comparison_block(summary: dict[str, Any]) -> str:
    """The "Age comparison" block of SUMMARY.txt from the content of age_summary.json."""
    counts, comparison = summary["counts"], summary["comparison"]
    lines = [f"Age comparison: {counts['n_rows_aged']} companions of {counts['n_hosts_aged']} hosts have a host age."]
    if comparison["toi_age_gyr"] is None:
        return "\n".join([*lines, f"  No comparison with TOI-6894 b: {comparison['reason']}."])
    hosts, rows = comparison["hosts"], comparison["rows"]
    lines.append(
        f"  TOI-6894 b taken at {comparison['toi_age_gyr']:g} Gyr. Median age difference (host minus TOI-6894): "
        f"{_n(rows['median_delta_gyr'], 'signed:2')} Gyr by companion, {_n(hosts['median_delta_gyr'], 'signed:2')} Gyr by host."
    )
    lines.append(
        f"  Younger: {rows['n_younger']} of {comparison['n_rows']} companions ({_n(rows['younger_fraction'], 'percent:0')} %), "
        f"{hosts['n_younger']} of {comparison['n_hosts']} hosts ({_n(hosts['younger_fraction'], 'percent:0')} %, "
        f"95 % interval {_n(hosts['younger_fraction_low'], 'percent:0')}-{_n(hosts['younger_fraction_high'], 'percent:0')} %); "
        f"{comparison['n_hosts_undetermined_by_limit']} host(s) with an age limit could be either."
    )
    for orbit, name in (("semimajor_axis_au", "a"), ("eccentricity", "e")):
        item = comparison["correlations"][orbit]
        lines.append(
            f"  Pearson r of age difference with {name}: {_n(item.get('pearson_r'), 'signed:2')} (p = {_n(item.get('pearson_p'), 'p:2')}; "
            f"{_n(item.get('pearson_p_host_permutation'), 'p:2')} by permuting hosts; {item['n_rows']} companions, {item['n_hosts']} hosts"
            f"{'; ' + item['reason'] if item['reason'] else ''})."
        )
    lines.append(f"  Caveat: {_class_sentence(counts)}")
    return "\n".join(lines)


def _n(value: Any, style: str) -> str:
    return formatted(value, style).replace("\u2212", "-")


def _class_sentence(counts: dict[str, Any]) -> str:
    high, low = counts["classes"]["high_mass_ratio"], counts["classes"]["low_mass_ratio"]
    named = f" ({', '.join(counts['aged_high_mass_ratio'])})" if 0 < len(counts["aged_high_mass_ratio"]) <= 3 else ""
    start = f"host ages exist for {high['n_hosts']} of {high['of_hosts']} high-q hosts{named} and {low['n_hosts']} of {low['of_hosts']} low-q hosts"
    return start + (", so no test on age can compare the two classes." if not counts["class_comparison_possible"] else ".")


def _paragraph(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH))


def _sample_section(summary: dict[str, Any]) -> list[str]:
    counts, errors, found = summary["counts"], summary["age_errors"], summary["influence"]
    sizes = ", ".join(f"{number} with {size}" for size, number in counts["rows_per_host"].items()) or "none"
    youngest, oldest = (_n(counts[f"age_{end}_gyr"], "significant:2") for end in ("min", "max"))
    innermost, outermost = (_n(counts[f"semimajor_axis_{end}_au"], "significant:3") for end in ("min", "max"))
    classes = _class_sentence(counts)
    parts = [
        (
            f"{counts['n_rows_aged']} of {counts['n_candidates']} candidates, companions of {counts['n_hosts_aged']} of {counts['n_hosts']} hosts, "
            f"have a host age ({youngest} to {oldest} Gyr). Hosts by number of companions: {sizes}. "
            "An age is given once per host and repeated on its companions, so the number of independent ages is that of the hosts. "
            f"Hosts with an age limit instead of an age: {counts['n_hosts_age_limit']}; with an age without an error: "
            f"{counts['n_hosts_age_without_error']}."
        ),
        f"{classes[:1].upper()}{classes[1:]} The orbits span {innermost} to {outermost} au.",
        _power_sentence(summary["power"], summary["settings"]),
    ]
    if errors["reliability"] is not None:
        error, spread, factor = (_n(errors[name], "fixed:2") for name in ("median_log_error_dex", "log_age_sd_dex", "reliability"))
        parts.append(
            f"Errors of the ages ({errors['n_hosts']} hosts with two-sided errors): median {error} dex against a spread of {spread} dex; "
            f"taken at face value they shrink a slope on log age to {factor} of its true value."
        )
    if found["host_name"] is not None:
        parts.append(
            f"One host, {found['host_name']} ({_n(found['host_age_gyr'], 'significant:2')} Gyr, companions: {found['n_rows']}), moves the slope of "
            f"log a on log age most: {_n(found['slope_with'], 'signed:3')} with it, {_n(found['slope_without'], 'signed:3')} without."
        )
    return [_paragraph(part) for part in parts]


def _power_sentence(power: dict[str, Any], settings: dict[str, Any]) -> str:
    axis, eccentricity = power["semimajor_axis"], power["eccentricity"]
    return (
        f"Power: with {axis['n_hosts']} independent hosts a correlation must reach |r| = {_n(axis['detectable_r_hosts'], 'fixed:2')} to be found "
        f"with {100 * settings['power']:.0f} % power at the {100 * settings['significance']:.0f} % level (two-sided); were all {axis['n_rows']} rows "
        f"independent, {_n(axis['detectable_r_rows'], 'fixed:2')}. For e: {eccentricity['n_hosts']} hosts, "
        f"|r| = {_n(eccentricity['detectable_r_hosts'], 'fixed:2')}. "
        "A p-value above the level is therefore no evidence that the orbits do not depend on age."
    )


def _correlation_table(items: dict[str, Any]) -> list[str]:
    lines = [f"  {'':8s}{'rows':>5s}{'hosts':>6s}{'Pearson r':>11s}{'p':>9s}{'p(hosts)':>10s}{'Spearman':>10s}{'p':>9s}{'p(hosts)':>10s}"]
    for orbit, item in items.items():
        start = f"  {NAMES[orbit]:8s}{item['n_rows']:5d}{item['n_hosts']:6d}"
        if item["reason"]:
            lines.append(f"{start}  {item['reason']}")
            continue
        lines.append(
            start + f"{_n(item['pearson_r'], 'signed:3'):>11s}{_p(item['pearson_p']):>9s}{_p(item['pearson_p_host_permutation']):>10s}"
            f"{_n(item['spearman_rho'], 'signed:3'):>10s}{_p(item['spearman_p']):>9s}{_p(item['spearman_p_host_permutation']):>10s}"
        )
    return lines


def _model_table(item: dict[str, Any]) -> list[str]:
    formula = f"{NAMES[item['response']]} ~ {' + '.join(NAMES[name] for name in item['predictors'])}"
    if item["reason"]:
        return [f"  {formula}: not fitted: {item['reason']}"]
    size = f"rows {item['n_rows']}, hosts {item['n_hosts']}"
    lines = [f"  {formula}   {size}, R2 = {_n(item['r_squared'], 'fixed:3')} (adjusted {_n(item['r_squared_adjusted'], 'fixed:3')})"]
    lines.append(
        f"    {'':11s}{'coefficient':>12s} | {'ordinary':>9s}{'p':>8s} | {'cluster':>9s}{'p':>8s} | {'jackknife':>9s}{'p':>8s} | {'partial r':>9s}"
    )
    for name, term in item["terms"].items():
        cells = " | ".join(
            f"{_short(term[f'{kind}_error'], 'fixed:4'):>9s}{_p(term[f'{kind}_p']):>8s}" for kind in ("ordinary", "cluster", "jackknife")
        )
        partial = item["partial_correlations"].get(name)
        shown = _short(partial, "signed:3") if name in item["partial_correlations"] else ""
        lines.append(f"    {NAMES[name]:11s}{_n(term['coefficient'], 'signed:4'):>12s} | {cells} | {shown:>9s}".rstrip())
    if "permutation_p" in item:
        lines.append(
            f"    ages permuted among hosts: p = {_p(item['permutation_p'])} (cluster-robust t), {_p(item['slope_permutation_p'])} (slope itself);"
        )
        lines.append(f"    of these permutations the cluster-robust test calls {_n(item['cluster_test_size'], 'percent:1')} % significant.")
    return lines


def _p(value: Any) -> str:
    return "<0.0001" if isinstance(value, float) and value < 5e-5 else _short(value, "fixed:4")


def _short(value: Any, style: str) -> str:
    text = _n(value, style)
    return "-" if text == MISSING else text


def _per_host_section(items: dict[str, Any]) -> list[str]:
    lines = []
    for name, item in items.items():
        if name.startswith("correlation_"):
            orbit = NAMES[name.removeprefix("correlation_")]
            result = item["reason"] or (
                f"Pearson {_n(item['pearson_r'], 'signed:3')} (p = {_p(item['pearson_p'])}), "
                f"Spearman {_n(item['spearman_rho'], 'signed:3')} (p = {_p(item['spearman_p'])})"
            )
            lines.append(f"  age with mean {orbit}: {item['n_hosts']} hosts, {result}")
        elif item["reason"]:
            lines.append(f"  {name.replace('_', ' ')}: {item['reason']}")
        else:
            slope = item["terms"]["log_host_age_gyr"]
            permuted = f", p = {_p(item['slope_permutation_p'])} permuting ages" if "slope_permutation_p" in item else ""
            jackknife = f"{_short(slope['jackknife_error'], 'fixed:4')} (p = {_p(slope['jackknife_p'])}) jackknife"
            lines.append(
                f"  {name.replace('_', ' ')}: {item['n_hosts']} hosts, R2 = {_n(item['r_squared'], 'fixed:3')}, "
                f"slope on log age {_n(slope['coefficient'], 'signed:4')};"
            )
            lines.append(
                f"    error {_n(slope['ordinary_error'], 'fixed:4')} (p = {_p(slope['ordinary_p'])}) ordinary, {jackknife}{permuted}"
            )
    return lines


def regression_report(summary: dict[str, Any]) -> str:
    """Text of age_regression_report.txt."""
    sections = [
        "AGE-MIGRATION REGRESSIONS",
        "=" * 25,
        "",
        "\n\n".join(_sample_section(summary)),
        "",
        _paragraph(
            "Columns: p assumes independent rows; p(hosts) permutes the ages among hosts and leaves the planets in place. "
            "Errors: ordinary least squares; cluster-robust by host; jackknife over hosts. Where few hosts carry the leverage the "
            "cluster-robust error is too small: the share of permutations it calls significant should equal the level and is printed. "
            "Logarithms are base 10; a in au, age in Gyr, M_star in solar masses."
        ),
        "",
    ]
    for name, title in PASS_TITLES.items():
        sections += [
            f"PASS: {title}",
            "-" * (6 + len(title)),
            "Correlations with age",
            *_correlation_table(summary["correlations"][name]),
            "",
            "Regressions",
        ]
        for item in summary["regressions"][name].values():
            sections += [*_model_table(item), ""]
    sections += ["ONE VALUE PER HOST (means over its companions)", "-" * 46, *_per_host_section(summary["per_host"])]
    return "\n".join(sections)
