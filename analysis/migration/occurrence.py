"""Predicted against observed occurrence of close giants, pathway by pathway, and the target's share when no companion was noticed.

A pathway predicts births per star x share that a perturber, or the disc, brings close. Every factor is a distribution, the prediction their
Monte Carlo product. Observed rates are Gamma distributions with the published mean and error; limits stay limits. A pathway is rejected by a
rate only when one birth per star and the most favourable value of every other factor still fall short of it: the births are not known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EnsembleConfig, OccurrenceConfig
from analysis.constants import DAY_S, YEAR_S, G
from analysis.errors import InputError
from analysis.migration.companion_limits import METHODS, conditioned, noticed
from analysis.migration.draws import log_density
from analysis.migration.factors import (
    Factor,
    counted_share,
    draw,
    gamma_parameters,
    product,
    quantile,
    ratio_share,
    share_factor,
    variance_shares,
)
from analysis.migration.perturbers import census, effective_number, perturber_density, primaries_beyond, weights
from analysis.migration.triple import INVALID, MIGRATED, OUTCOMES, SYSTEM, column

__all__ = ["PATHWAYS", "PRIORS", "Occurrence", "Triples", "close_axis", "compare", "microlensing_rate", "observed_rates", "run", "triples_of"]

PATHWAYS = ("fragments", "cold_giants", "disc")
PRIORS = ("ensemble", "census", "primary", "secondary", "narrow")
QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
DISC_MODELS = ("gap", "type_ii")
BINS_PER_DEX = 10
ENSEMBLE, DISC = "level-2 ensemble, census prior", "disc stage: birth orbits and gap models"


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


@dataclass(frozen=True)
class Occurrence:
    """Tables and every number the text may quote; rates are per star."""

    factors: pd.DataFrame  # pathway x factor: distribution, quantiles, share of the log-variance
    comparison: pd.DataFrame  # pathway x observed rate or limit: probability, required births, verdict
    predictions: pd.DataFrame  # pathway: quantiles of the prediction, the most favourable value
    observed: pd.DataFrame  # each observed rate or limit
    priors: pd.DataFrame  # prior on the perturber: outcomes, and the same when no companion was noticed
    densities: pd.DataFrame  # log10 rate against probability density per dex, for pathways and observed rates
    summary: dict[str, Any]


def triples_of(systems, attempts, outcome, record, config: EnsembleConfig) -> Triples:
    """The ensemble as the comparison sees it: systems (n, len(SYSTEM)) drawn by `draws` under `config`, attempts (n,), outcome (n,), record.

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
        per_dex * (attempts[drawn].mean() if drawn.any() else 1.0), np.asarray(outcome)[drawn], np.asarray(record)[drawn, column("final_axis")],
    )


def close_axis(host_mass: float, period_day: float) -> float:
    """Orbit (au) of a planet of negligible mass with this period about host_mass (Msun)."""
    return float(np.cbrt(G * host_mass * (period_day * DAY_S / YEAR_S / (2 * np.pi)) ** 2))


def microlensing_rate(config: OccurrenceConfig) -> float:
    """Cold giants per lens star: the mass-ratio function of Suzuki et al. (2016, ApJ 833, 145) over the configured q and s.

    A (q/q_break)^n s^m per dex^2 with q above the break, integrated in log10 q and log10 s.
    """
    (q_low, q_high), (s_low, s_high) = config.microlensing_mass_ratios, config.microlensing_separations
    if not config.microlensing_break <= q_low < q_high or not s_low < s_high:
        raise InputError("[occurrence] expected mass ratios above microlensing_break and separations, each the lower first.")
    n, m = config.microlensing_slope, config.microlensing_separation_slope
    in_mass = ((q_high / config.microlensing_break) ** n - (q_low / config.microlensing_break) ** n) / (n * np.log(10))
    return config.microlensing_amplitude[0] * in_mass * (s_high**m - s_low**m) / (m * np.log(10))


def observed_rates(config: OccurrenceConfig) -> list[tuple[str, str, tuple[float, float]]]:
    """(name, "rate" or "limit", values) of every observation; a rate is (mean, error), a limit (value, value)."""
    rates = [(name, "rate", getattr(config, name)) for name in ("bryant_2023", "glusman_late", "glusman_late_preprint", "glusman_mid")]
    return [*rates, *((name, "limit", (getattr(config, name),) * 2) for name in ("gillis_limit", "ment_limit"))]


def _prior_weights(name: str, triples: Triples, host: float, config: OccurrenceConfig) -> np.ndarray:
    """Weights that turn the ensemble's draws into a prior; "ensemble" keeps the draws."""
    if name == "ensemble":
        return np.ones(triples.outer_mass.size)
    share = {"primary": 0.0, "secondary": 1.0}.get(name)
    separations = (config.narrow_separation, config.separation_of_secondaries) if name == "narrow" else None
    return weights(perturber_density(triples.outer_mass, triples.outer_axis, host, config, separations, share), triples.drawn_density)


def _priors(triples: Triples, values: dict[str, Any], config: OccurrenceConfig, inside: np.ndarray) -> pd.DataFrame:
    """Outcomes under each prior, of the stable perturbers, and the same conditioned on nothing having been noticed."""
    chances = noticed(config, values, triples.outer_mass, triples.outer_axis, triples.outer_eccentricity)
    migrated = triples.outcome == MIGRATED
    rows = []
    for name in PRIORS:
        weight = _prior_weights(name, triples, values["host_mass_msun"], config)
        total = weight.sum()
        if total > 0:
            row = {f"{outcome}_share": float((weight * (triples.outcome == k)).sum() / total) for k, outcome in enumerate(OUTCOMES)}
            low, high = quantile(Factor("migrated", "beta", ratio_share(weight, migrated)), [0.025, 0.975])
            row |= {"migrated_share_low": float(low), "migrated_share_high": float(high)}
            shares = conditioned(weight, migrated, chances["any"])
            bound = conditioned(weight, migrated | (triples.outcome == INVALID), chances["any"])
            row |= {"close_share_of_migrated": float((weight * (migrated & inside)).sum() / max((weight * migrated).sum(), 1e-300))}
            row |= {key: shares[key] for key in ("migrated_share_hidden", "hidden_share", "noticed_migrated_share")}
            row |= {"migrated_share_bound": bound["migrated_share"], "migrated_share_hidden_bound": bound["migrated_share_hidden"]}
            row |= {f"noticed_{method}_share": float((weight * chances[method]).sum() / total) for method in METHODS}
            covered = float(weight.mean()) if name != "ensemble" else 1.0
            rows.append({"prior": name, "covered_share": covered, "effective_systems": effective_number(weight), **row})
    return pd.DataFrame(rows)


def _pathway_factors(
    config: OccurrenceConfig, triples: Triples, host: float, disk: Any, inside: np.ndarray
) -> dict[str, tuple[list[Factor], float]]:
    """Factors of each pathway, births first, and the most favourable product of all but the births."""
    weight = _prior_weights("census", triples, host, config)
    migrated = triples.outcome == MIGRATED
    companions = share_factor("perturber", config.multiple_share, "stars with a companion star or brown dwarf", "Winters et al. 2021")
    moved = Factor("migrated", "beta", counted_share(weight, migrated), "perturbers that bring the giant close without disrupting it", ENSEMBLE)
    chosen = migrated & (weight > 0)
    close = Factor(
        "within_period", "beta" if chosen.any() else "value",
        ratio_share(weight[chosen], inside[chosen]) if chosen.any() else (1.0, 1.0),
        f"migrated giants with a period up to {config.close_period:g} d", ENSEMBLE,
    )
    invalid = Factor("migrated", "beta", counted_share(weight, migrated | (triples.outcome == INVALID)))
    top = 0.5 + config.coverage / 2
    best_triple = float(quantile(companions, top) * quantile(invalid, top))

    journeys = disk.journeys[disk.journeys["model"].isin(DISC_MODELS)]
    arriving = journeys["in_time_share"].to_numpy(dtype=float) if len(journeys) else np.array([0.0])
    least = 1 / config.draws
    bracket = (max(float(arriving.min()), least), max(float(arriving.max()), least))
    drift = Factor("in_time", "log_uniform", bracket, "giants that drift to the inner edge within the life of the disc", DISC)
    births = {
        "fragments": Factor("births", "log_uniform", config.birth_fragments, "fragments of giant-planet mass per star", "bracket"),
        "cold_giants": Factor(
            "births", "log_normal", (microlensing_rate(config), config.microlensing_amplitude[1]), "cold giants per star, of any origin",
            "Suzuki et al. 2016",
        ),
        "disc": Factor("births", "log_uniform", config.birth_disc, "giants formed in the disc per star", "bracket"),
    }
    return {
        "fragments": ([births["fragments"], companions, moved, close], best_triple),
        "cold_giants": ([births["cold_giants"], companions, moved, close], best_triple),
        "disc": ([births["disc"], drift], bracket[1]),
    }


def compare(predicted: np.ndarray, rest: np.ndarray, best: float, kind: str, observed: np.ndarray, coverage: float) -> dict[str, Any]:
    """One pathway against one observation: probability, required births, where the intervals lie, and the verdict.

    `predicted` and `observed` are draws per star, `rest` the product of all factors but the births, `best` its most favourable value. A limit
    comes as draws of one value.
    """
    edges = np.array([0.5 - coverage / 2, 0.5 + coverage / 2])
    (low, high), (least, most) = np.quantile(predicted, edges), np.quantile(observed, edges)
    required = observed / rest
    required_low, required_median, required_high = np.quantile(required, [edges[0], 0.5, edges[1]])
    if kind == "limit":
        place = "above" if low > most else "allowed"
        verdict = "rejected" if place == "above" else "cannot tell"
    else:
        place = "short" if high < least else "above" if low > most else "overlaps"
        verdict = "rejected" if best < least else "cannot tell"
    return {
        "probability_predicted_exceeds": float((predicted >= observed).mean()),
        "required_births_median": float(required_median),
        "required_births_low": float(required_low),
        "required_births_high": float(required_high),
        "probability_required_above_one": float((required > 1).mean()),
        "place": place,
        "verdict": verdict,
    }


def _density(name: str, draws: np.ndarray) -> pd.DataFrame:
    """Histogram of log10 of the draws as a density per dex."""
    log = np.log10(draws[draws > 0])
    edges = np.arange(np.floor(log.min() * BINS_PER_DEX), np.ceil(log.max() * BINS_PER_DEX) + 1) / BINS_PER_DEX
    if edges.size < 2:
        edges = np.array([log.min(), log.min() + 1 / BINS_PER_DEX])
    counts, _ = np.histogram(log, edges)
    return pd.DataFrame({"name": name, "log10_rate": (edges[:-1] + edges[1:]) / 2, "density_per_dex": counts / counts.sum() * BINS_PER_DEX})


def run(config: OccurrenceConfig, *, ensemble: Any, disk: Any, target: Any, ensemble_config: EnsembleConfig | None = None) -> Occurrence:
    """The whole comparison; deterministic in its arguments.

    `ensemble` carries systems, attempts, outcome and record of the ensemble stage, drawn under ensemble_config, or is a `Triples`; `disk` carries
    the journeys of the disc stage. Raises InputError for an empty ensemble, impossible shares or brackets, or a target without a distance.
    """
    values = target.values
    if not values.get("distance_pc"):
        raise InputError("the target has no distance_pc; expected its distance in pc, which decides which companions would show.")
    triples = ensemble if isinstance(ensemble, Triples) else triples_of(
        ensemble.systems, ensemble.attempts, ensemble.outcome, ensemble.record, ensemble_config or EnsembleConfig()
    )
    if triples.outcome.size == 0:
        raise InputError("the ensemble holds no systems; run its recipe before the occurrence comparison.")
    host = values["host_mass_msun"]
    inside = triples.final_axis <= close_axis(host, config.close_period)
    priors = _priors(triples, values, config, inside)
    pathways = _pathway_factors(config, triples, host, disk, inside)

    seen = {}
    observations = []
    for stream, (name, kind, pair) in enumerate(observed_rates(config)):
        factor = Factor(name, "gamma", gamma_parameters(*pair)) if kind == "rate" else Factor(name, "value", pair)
        seen[name] = (kind, draw(factor, config.draws, config.seed, 100 + stream))
        low, median, high = quantile(factor, [QUANTILES[0], 0.5, QUANTILES[-1]])
        error = pair[1] if kind == "rate" else np.nan
        observations.append({"name": name, "kind": kind, "value": pair[0], "error": error, "low": low, "median": median, "high": high})

    factor_rows, prediction_rows, comparison_rows = [], [], []
    densities = [_density(name, draws) for name, (kind, draws) in seen.items() if kind == "rate"]
    streams: dict[str, int] = {}  # a factor shared by pathways has the same draws in all of them
    for number, (pathway, (factors, best)) in enumerate(pathways.items()):
        columns = []
        for factor in factors:
            key = f"{pathway}.{factor.name}" if factor.name == "births" else factor.name
            columns.append(draw(factor, config.draws, config.seed, streams.setdefault(key, len(streams))))
        variance, shares = variance_shares(columns)
        predicted, rest = product(columns), product(columns[1:])
        densities.insert(number, _density(pathway, predicted))
        for factor, drawn, one, share in zip(factors, columns, variance, shares, strict=True):
            low, median, high = np.quantile(drawn, [QUANTILES[0], 0.5, QUANTILES[-1]])
            factor_rows.append({
                "pathway": pathway, "factor": factor.name, "kind": factor.kind, "first": factor.parameters[0], "second": factor.parameters[1],
                "low": low, "median": median, "high": high, "log10_spread": float(np.sqrt(one)), "variance_share": share,
                "meaning": factor.meaning, "source": factor.source,
            })
        names = [f"p{q * 100:g}".replace(".", "_") for q in QUANTILES]
        prediction_rows.append({
            "pathway": pathway, **dict(zip(names, np.quantile(predicted, QUANTILES).tolist(), strict=True)), "mean": float(predicted.mean()),
            "log10_spread": float(np.sqrt(variance.sum())), "dominant_factor": factors[int(np.argmax(shares))].name,
            "dominant_share": float(shares.max()), "per_birth_median": float(np.median(rest)), "per_birth_best": best,
        })
        comparison_rows += [
            {"pathway": pathway, "observed": name, "kind": kind, **compare(predicted, rest, best, kind, draws, config.coverage)}
            for name, (kind, draws) in seen.items()
        ]

    counts = census(config.multiple_share[0], config.primary_multiplicity[0])
    by_prior = priors.set_index("prior")
    hidden = float(by_prior["hidden_share"].get("census", np.nan)) * float(by_prior["covered_share"].get("census", np.nan))
    share = counts["multiple_share"]
    summary = {
        "systems": int(triples.outcome.size),
        "migrated_systems": int((triples.outcome == MIGRATED).sum()),
        "census": counts,
        "primaries_beyond_share": primaries_beyond(host, config),
        "close_axis_au": close_axis(host, config.close_period),
        "microlensing_rate": float(microlensing_rate(config)),
        # Bayes: a star without a noticed companion has a stable hidden one with this probability
        "hidden_companion_probability": share * hidden / (1 - share + share * hidden),
        "draws": config.draws,
    }
    return Occurrence(
        pd.DataFrame(factor_rows), pd.DataFrame(comparison_rows), pd.DataFrame(prediction_rows), pd.DataFrame(observations), priors,
        pd.concat(densities, ignore_index=True), summary,
    )
