"""The ensemble of triples under referenced priors on the perturber, and under the condition that no companion was noticed.

The level-2 ensemble is drawn from a prior of convenience. Weights turn it into the companions that stars like the target have; what is left when
every companion that would have been noticed is taken away belongs to a star without a known companion.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EnsembleConfig, OccurrenceConfig
from analysis.migration.occurrence.companion_limits import METHODS, conditioned, noticed
from analysis.migration.occurrence.factors import Factor, quantile, ratio_share
from analysis.migration.occurrence.perturbers import effective_number, perturber_density, weights
from analysis.migration.secular.draws import log_density
from analysis.migration.secular.triple import INVALID, MIGRATED, OUTCOMES, SYSTEM, column

__all__ = ["PRIORS", "Triples", "prior_table", "prior_weights", "triples_of"]

PRIORS = ("ensemble", "census", "primary", "secondary", "narrow")


@dataclass(frozen=True)
class Triples:
    """What the comparison needs of an ensemble of triples, one value per system, each (n,).

    drawn_density is the density per Msun and dex from which (outer_mass, log10 outer_axis) was drawn; outcome indexes triple.OUTCOMES.
    """

    outer_mass: np.ndarray
    outer_axis: np.ndarray
    outer_eccentricity: np.ndarray
    drawn_density: np.ndarray
    outcome: np.ndarray
    final_axis: np.ndarray


def triples_of(systems, attempts, outcome, final_axis, config: EnsembleConfig) -> Triples:
    """The ensemble as the comparison sees it: systems (n, len(SYSTEM)) drawn by `draws` under `config`; attempts, outcome and final_axis (au) (n,).

    The draws are the prior restricted to stable triples, so their density is the prior's over its stable share, one over the mean of the
    attempts. Rows that were never drawn (NaN) are left out.
    """
    systems, attempts = np.asarray(systems, dtype=float), np.asarray(attempts, dtype=float)
    drawn = np.isfinite(systems).all(axis=1)
    systems = systems[drawn]
    axis = systems[:, column("outer_axis", SYSTEM)]
    density = log_density(systems, config)
    per_dex = np.exp(density["outer_mass"] + density["outer_axis"]) * axis * np.log(10)
    return Triples(
        systems[:, column("outer_mass", SYSTEM)], axis, systems[:, column("outer_eccentricity", SYSTEM)],
        per_dex * (attempts[drawn].mean() if drawn.any() else 1.0), np.asarray(outcome)[drawn], np.asarray(final_axis, dtype=float)[drawn],
    )


def prior_weights(name: str, triples: Triples, host: float, config: OccurrenceConfig) -> np.ndarray:
    """Weights that turn the ensemble's draws into a prior; "ensemble" keeps the draws."""
    if name == "ensemble":
        return np.ones(triples.outer_mass.size)
    share = {"primary": 0.0, "secondary": 1.0}.get(name)
    separations = (config.narrow_separation, config.separation_of_secondaries) if name == "narrow" else None
    return weights(perturber_density(triples.outer_mass, triples.outer_axis, host, config, separations, share), triples.drawn_density)


def prior_table(triples: Triples, values: dict[str, Any], config: OccurrenceConfig, names: tuple[str, ...] = PRIORS) -> pd.DataFrame:
    """One row per prior: shares of the outcomes among stable perturbers, their share of the prior, and the same with nothing noticed.

    *_bound counts what the averaged equations cannot follow as migrated; _low and _high bound the central 95 %. A prior without weight in the ensemble has no row.
    """
    chances = noticed(config, values, triples.outer_mass, triples.outer_axis, triples.outer_eccentricity)
    migrated = triples.outcome == MIGRATED
    rows = []
    for name in names:
        weight = prior_weights(name, triples, values["host_mass_msun"], config)
        total = weight.sum()
        if total > 0:
            row = {f"{outcome}_share": float((weight * (triples.outcome == k)).sum() / total) for k, outcome in enumerate(OUTCOMES)}
            low, high = quantile(Factor("migrated", "beta", ratio_share(weight, migrated)), [0.025, 0.975])
            row |= {"migrated_share_low": float(low), "migrated_share_high": float(high)}
            shares = conditioned(weight, migrated, chances["any"])
            bound = conditioned(weight, migrated | (triples.outcome == INVALID), chances["any"])
            row |= {key: shares[key] for key in ("migrated_share_hidden", "hidden_share", "noticed_migrated_share")}
            _, highest = quantile(Factor("migrated", "beta", ratio_share(weight, migrated | (triples.outcome == INVALID))), [0.025, 0.975])
            row |= {"migrated_share_bound_high": float(highest), "migrated_share_bound": bound["migrated_share"], "migrated_share_hidden_bound": bound["migrated_share_hidden"]}
            row |= {f"noticed_{method}_share": float((weight * chances[method]).sum() / total) for method in METHODS}
            covered = float(weight.mean()) if name != "ensemble" else 1.0
            rows.append({"prior": name, "covered_share": covered, "effective_systems": effective_number(weight), **row})
    return pd.DataFrame(rows)
