"""Artifacts of the mixture, eccentricity and robustness stages."""

import math
from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json, write_text

__all__ = ["write_eccentricity", "write_mixture", "write_robustness"]


def write_mixture(directory: Path, context: Context, *, mixture: Any, robustness: Any) -> None:
    """gmm_summary.json, mixture_components.csv, mixture_assignments.csv and mixture_methods.csv."""
    summary = mixture.summary
    content = {
        **summary,
        "chosen": f"{summary['winner_1_2']} of 1 and 2 components" if summary["winner_1_2"] else None,
        "within_method_delta_bic_1_2": robustness.summary["only_method_delta_bic"],
        "without_method_delta_bic_1_2": robustness.summary["without_method_delta_bic"],
        "sign": "delta_bic_i_j = BIC(i) - BIC(j); positive where j components are preferred",
        "caveat": mixture_caveat(summary),
        "files": {"labels": "mixture_assignments.csv", "components": "mixture_components.csv", "shares by method": "mixture_methods.csv"},
    }
    write_json(directory / "gmm_summary.json", content, context)
    write_csv(directory / "mixture_components.csv", mixture.components, context)
    write_csv(directory / "mixture_assignments.csv", mixture.assignments, context)
    write_csv(directory / "mixture_methods.csv", mixture.method_shares, context)


def mixture_caveat(summary: dict[str, Any]) -> str | None:
    """The sentence that stands beside the headline number, from the numbers themselves."""
    method = summary["method"].get("2")
    if method is None:
        return summary["reason"]
    text = f"{100 * method['predicted_from_method']:.0f} % of the two-component labels follow from the detection method alone"
    third = summary["delta_bic_2_3"]
    if third is not None:
        text += f"; a third component {'lowers' if third > 0 else 'raises'} BIC by {abs(third):.1f}"
    return text + ". Two components winning is not evidence for two formation channels."


def write_eccentricity(directory: Path, context: Context, *, eccentricity: Any) -> None:
    """beta_e_params.csv, ks_test_e.txt, the two bagging files, eccentricity_tests.csv and eccentricity_summary.json."""
    write_csv(directory / "beta_e_params.csv", eccentricity.parameters, context)
    write_csv(directory / "eccentricity_tests.csv", eccentricity.tests, context)
    write_csv(directory / "beta_e_published.csv", eccentricity.published, context)
    write_csv(directory / "beta_e_bootstrap_distributions.csv", eccentricity.bagging, context)
    write_json(directory / "beta_e_bootstrap_summary.json", eccentricity.bagging_summary, context)
    published: dict[str, Any] = {}
    for row in eccentricity.published.to_dict("records"):
        place = published.setdefault(row["orbits"], {}).setdefault(row["treatment"], {}).setdefault(row["subset"], {})
        place[row["published"]] = {name: row[name] for name in ("alpha", "beta", "ratio", "ratio_p", "ks_p", "of")}
    write_json(directory / "eccentricity_summary.json", {**eccentricity.summary, "published": published}, context)
    write_text(directory / "ks_test_e.txt", _test_text(eccentricity), context)


def write_robustness(directory: Path, context: Context, *, robustness: Any) -> None:
    """robustness.csv and robustness_summary.json."""
    write_csv(directory / "robustness.csv", robustness.table, context)
    write_json(directory / "robustness_summary.json", robustness.summary, context)


def _number(value: Any, digits: int = 3) -> str:
    return "not available" if value is None or math.isnan(value) else f"{value:.{digits}g}"


def _test_text(eccentricity: Any) -> str:
    """The tests in words and numbers, the period-matched comparison beside each."""
    summary = eccentricity.summary
    lines = [
        f"Eccentricities at mass ratio q <= {summary['mass_ratio_split']:g} (low-q) and above (high-q).",
        "KS: two-sample Kolmogorov-Smirnov. MW: Mann-Whitney (Gehan's test where values are intervals).",
        "share: pairs in which the high-q value is the larger.",
        "",
    ]
    if summary["reason"]:
        return "\n".join([*lines, f"No comparison: {summary['reason']}."])
    for orbits, title in (("all", "All orbits, as specified"), ("wide", f"Orbits beyond {summary['wide_axis_au']:g} au (period-matched)")):
        block = summary[orbits]
        lines.append(f"{title}: {block['subsets']['low_q']['rows']} low-q and {block['subsets']['high_q']['rows']} high-q companions")
        for treatment, test in block["tests"].items():
            lines.append(
                f"  {treatment:<24} n {test['n_low']:>3} / {test['n_high']:<2}  KS D = {_number(test['ks_statistic'])}, p = {_number(test['ks_p'])}"
                f"   MW share = {_number(test['share_high_above_low'])}, p = {_number(test['mw_p'])}",
            )
        lines += [
            (f"  KS p by permuting rows: {_number(block['ks_p_permuted_rows'])}; "
            f"by permuting hosts ({block['host_units']} units): {_number(block['ks_p_permuted_hosts'])}"),
            f"  smallest p that a KS test of these sizes can give: {_number(block['smallest_ks_p'])}",
            "",
        ]
    low, high = summary["all"]["subsets"]["low_q"], summary["all"]["subsets"]["high_q"]
    lines += [
        f"Caveat: median axis {_number(low['median_a_au'])} au (low-q) against {_number(high['median_a_au'])} au (high-q): the subsets differ in orbit size,",
        "and tides circularise close orbits. The comparison beyond the wide-axis limit comes nearer to comparing like with like, on few rows.",
        (f"Of the low-q values {low['assumed_zero']} are assumed circular, {low['upper_limit']} are upper limits "
        f"and {low['insignificant']} measured ones are consistent with zero."),
        f"Power of the wide comparison if the difference seen at all orbits held there: {_number(summary['power_of_wide_comparison'])}.",
        "",
        "Treatments:",
        *(f"  {name}: {text}" for name, text in summary["treatments"].items()),
    ]
    return "\n".join(lines)
