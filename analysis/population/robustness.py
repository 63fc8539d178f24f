"""The headline statistics repeated on subsets: specification section 8, one row per pass.

A pass changes one thing: the rows, the treatment of eccentricities, or the split. Where a pass cannot change a statistic,
or leaves too few rows for it, the cell is empty and a reason stands beside it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EccentricityConfig, MixtureConfig, RobustnessConfig
from analysis.population.eccentricity.treatments import eccentricity_rows, two_sample
from analysis.population.mixture.gaussian import compare_components
from analysis.population.mixture.stage import delta_bic, points_of
from analysis.population.rows import population_rows
from analysis.progress import track

__all__ = ["METHOD_ORDER", "Pass", "Robustness", "one_row_per_host", "passes", "run"]

METHOD_ORDER = ("Radial Velocity", "Transit", "Imaging", "Astrometry", "Microlensing")


@dataclass(frozen=True)
class Robustness:
    """table: one row per pass (columns in `_row`). summary: scalars, the passes keyed by name, and counts of agreement."""

    table: pd.DataFrame
    summary: dict[str, Any]


@dataclass(frozen=True)
class Pass:
    """One repeat: `table` holds the rows (schema with derived columns), `mixture` says whether the mixture can change."""

    name: str
    group: str
    table: pd.DataFrame
    note: str = ""
    treatment: str = "as_given"
    split: float | None = None
    mixture: bool = True
    eccentricity: bool = True


def one_row_per_host(table: pd.DataFrame) -> pd.DataFrame:
    """One candidate of each host: one with an eccentricity if there is one, then the first object_id in text order.

    The order of names is that of discovery, so the choice does not look at mass ratio or orbit.
    """
    rows = population_rows(table)
    known = rows["eccentricity"].notna().to_numpy(dtype=bool)
    ordered = rows.assign(_without=~known).sort_values(["host_name", "_without", "object_id"], kind="stable")
    return ordered.drop_duplicates("host_name").drop(columns="_without").sort_values("object_id").reset_index(drop=True)


def passes(sample: Any, config: RobustnessConfig, split: float) -> list[Pass]:
    """The passes in the order of the table."""
    table = sample.table
    rows = population_rows(table)
    method, kind, axis = (rows[name].to_numpy(dtype=object) for name in ("discovery_method", "mass_kind", "semimajor_axis_kind"))
    result = [Pass("all candidates", "headline", table)]
    result += [Pass(f"without {name}", "method", rows[method != name]) for name in METHOD_ORDER]
    result += [Pass(f"only {name}", "method", rows[method == name]) for name in METHOD_ORDER]
    result += [
        Pass("true masses only", "mass", rows[kind == "true"], "minimum masses, masses from radii and mass limits left out"),
        Pass("without minimum masses", "mass", rows[kind != "msini"]),
        Pass("without masses from radii", "mass", rows[kind != "mass_radius_relation"]),
        Pass("without mass upper limits", "mass", rows[kind != "upper_limit"]),
        Pass("e limits and assumed zeros excluded", "eccentricity", table, "the mixture does not use e", "limits_excluded", mixture=False),
        Pass(
            "e limits censored", "eccentricity", table, "the mixture does not use e; KS least favourable, ranks by Gehan", "censored", mixture=False
        ),
        Pass("e limits and insignificant e censored", "eccentricity", table, "as above", "insignificant_censored", mixture=False),
        Pass("one row per host", "hosts", one_row_per_host(table), "with an eccentricity if any, then first by name"),
        Pass("single-companion hosts", "hosts", rows[~rows["host_name"].duplicated(keep=False)], "hosts with one candidate"),
        Pass("NASA rows only", "catalogue", rows[(rows["data_source"] == "NASA").to_numpy(dtype=bool)]),
        Pass("uncorrected catalogue", "catalogue", sample.uncorrected),
        Pass("catalogue axes only", "axis", rows[axis == "catalogue"], "no derived axes, no projected separations"),
        Pass("without projected separations", "axis", rows[axis != "projected"]),
        Pass("every row with masses and axis", "selection", _complete_rows(table), "temperature and metallicity rules not applied"),
        Pass(
            "as exported", "selection", _as_exported(sample.uncorrected), "uncorrected, every row with masses and axis, no axis derived for NASA rows"
        ),
    ]
    result += [
        Pass(f"split at q = {value:g}", "split", table, "the mixture does not use the split", split=value, mixture=False)
        for value in config.splits
        if value != split
    ]
    return result


def _complete_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the mass range with both masses and an axis, whatever the other requirements say; marked as candidates."""
    inside = table["in_mass_range"].to_numpy(dtype=bool) & ~table["is_target"].to_numpy(dtype=bool)
    finite = np.isfinite(table["log_mass_ratio"].to_numpy(dtype=float)) & np.isfinite(table["log_semimajor_axis"].to_numpy(dtype=float))
    return table[inside & finite].assign(is_candidate=True)


def _as_exported(table: pd.DataFrame) -> pd.DataFrame:
    rows = _complete_rows(table)
    return rows[~((rows["data_source"] == "NASA") & (rows["semimajor_axis_kind"] == "kepler")).to_numpy(dtype=bool)]


def run(config: RobustnessConfig, sample: Any, mixture_config: MixtureConfig, eccentricity_config: EccentricityConfig) -> Robustness:
    """Repeat the mixture and the eccentricity comparison on every pass."""
    todo = passes(sample, config, eccentricity_config.mass_ratio_split)
    fewer = replace(mixture_config, restarts=config.restarts)
    table = pd.DataFrame([_row(one, fewer, eccentricity_config) for one in track(todo, "robustness passes")])
    return Robustness(table, _summary(table))


def _row(one: Pass, mixture: MixtureConfig, eccentricity: EccentricityConfig) -> dict[str, Any]:
    rows = population_rows(one.table)
    row: dict[str, Any] = {"name": one.name, "group": one.group, "rows": len(rows), "hosts": int(rows["host_name"].nunique())}
    fits, reason = [], "unchanged: the pass does not touch mass ratios and axes"
    if one.mixture:
        fits, reason = compare_components(
            points_of(rows),
            mixture.max_components,
            mixture.restarts,
            mixture.covariance_floor,
            mixture.min_rows_per_component,
            mixture.seed,
        )
    row |= {f"bic_{k}": fits[k - 1].bic if len(fits) >= k else float("nan") for k in range(1, mixture.max_components + 1)}
    gain = delta_bic(fits)
    row |= {
        "delta_bic_1_2": float("nan") if gain is None else gain,
        "best_k": float(min(fits, key=lambda f: f.bic).k) if len(fits) > 1 else float("nan"),
        "largest_k": len(fits),
        "mixture_reason": reason,
    }
    split = eccentricity.mass_ratio_split if one.split is None else one.split
    known = eccentricity_rows(one.table)
    for suffix, wide in (("", False), ("_wide", True)):
        found = two_sample(known, one.treatment, split, eccentricity, wide)
        row |= {f"{name}{suffix}": found[name] for name in ("n_low", "n_high", "ks_statistic", "ks_p", "share_high_above_low", "mw_p")}
    few = min(row["n_low"], row["n_high"]) < 2
    row["eccentricity_reason"] = f"{row['n_low']} low-q and {row['n_high']} high-q rows with an eccentricity" if few else None
    row["mass_ratio_split"], row["note"] = split, one.note or None
    return row


def _summary(table: pd.DataFrame) -> dict[str, Any]:
    """Every row by name, and how many passes agree with the headline at the usual thresholds."""
    gain, p, wide = table["delta_bic_1_2"], table["ks_p"], table["ks_p_wide"]
    many = table["largest_k"] >= 3

    def span(values: pd.Series) -> dict[str, float | None]:
        known = values.dropna()
        return {"lowest": float(known.min()) if len(known) else None, "highest": float(known.max()) if len(known) else None}

    return {
        "passes": {row["name"]: {k: v for k, v in row.items() if k != "name"} for row in table.to_dict("records")},
        "number_of_passes": len(table),
        "mixture": {
            "passes": int(gain.notna().sum()),
            "two_over_one_by_10": int((gain > 10).sum()),
            "three_or_more_best": int((table["best_k"] >= 3).sum()),
            "passes_with_three": int(many.sum()),
            "delta_bic_1_2": span(gain),
        },
        "eccentricity": {"passes": int(p.notna().sum()), "ks_below_level": int((p < 0.05).sum()), "ks_p": span(p)},
        "eccentricity_wide": {"passes": int(wide.notna().sum()), "ks_below_level": int((wide < 0.05).sum()), "ks_p": span(wide)},
        "only_method_delta_bic": {name: _gain(table, f"only {name}") for name in METHOD_ORDER},
        "without_method_delta_bic": {name: _gain(table, f"without {name}") for name in METHOD_ORDER},
    }


def _gain(table: pd.DataFrame, name: str) -> float | None:
    value = float(table.loc[table["name"] == name, "delta_bic_1_2"].iloc[0])
    return value if np.isfinite(value) else None
