"""Predicted against observed occurrence of close giants, pathway by pathway, and the target's share when no companion was noticed.

A pathway predicts births per star x share that a perturber, or the disc, brings close. Every factor is a distribution, the prediction their
Monte Carlo product. Observed rates are Gamma distributions with the published mean and error; limits stay limits. A pathway is rejected by a
rate only when one birth per star and the most favourable value of every other factor still fall short of it: the births are not known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import EnsembleConfig, OccurrenceConfig, SecularConfig
from analysis.constants import DAY_S, YEAR_S, G
from analysis.errors import InputError
from analysis.migration.ensemble import store as ensemble_store
from analysis.migration.ensemble.conditioning import Triples, prior_table, prior_weights, triples_of
from analysis.migration.ensemble.store import STORED
from analysis.migration.occurrence.factors import (
    Factor,
    covered_share,
    draw,
    gamma_parameters,
    mixture,
    product,
    quantile,
    ratio_share,
    share_factor,
    variance_shares,
)
from analysis.migration.occurrence.perturbers import census, primaries_beyond
from analysis.migration.secular.outcomes import CROSSINGS, classify
from analysis.migration.secular.triple import INVALID, MIGRATED, column

__all__ = ["PATHWAYS", "Occurrence", "close_axis", "compare", "evaluate", "microlensing_rate", "migration_factors", "observed_rates", "physics_variants", "run"]

PATHWAYS = ("fragments", "cold_giants", "disc")
QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
DISC_MODELS = ("gap", "type_ii")
BINS_PER_DEX = 10
LAGS = ("lag_short", "lag_long")  # frozen ensembles of other time lags of the companion
VARIANT_KEYS = (
    "required_births_median", "required_births_low", "required_births_high", "probability_required_above_one", "verdict", "verdict_without_invalid",
)
VERDICTS = ("cannot tell", "rejected")
ENSEMBLE, DISC = "level-2 ensemble, census prior", "disc stage: birth orbits and gap models"


@dataclass(frozen=True)
class Occurrence:
    """Tables and every number the text may quote; rates are per star."""

    factors: pd.DataFrame  # pathway x factor: distribution, quantiles, share of the log-variance
    comparison: pd.DataFrame  # pathway x observed rate or limit: probability, required births, verdict
    predictions: pd.DataFrame  # pathway: quantiles of the prediction, the most favourable value
    observed: pd.DataFrame  # each observed rate or limit
    priors: pd.DataFrame  # physics of the ensemble x prior on the perturber: outcomes, and the same when no companion was noticed
    variants: pd.DataFrame  # physics of the ensemble: births that fragments would need for each observed rate
    densities: pd.DataFrame  # log10 rate against probability density per dex, for pathways and observed rates
    summary: dict[str, Any]


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


def migration_factors(config: OccurrenceConfig, triples: Triples, host: float) -> tuple[list[Factor], np.ndarray]:
    """(stable, migrated, within_period) as factors under the census prior, and the most favourable products of the first two.

    The most favourable products count what the averaged equations cannot follow as migrated, and as not migrated: (2,).
    """
    weight = prior_weights("census", triples, host, config)
    migrated = triples.outcome == MIGRATED
    chosen = migrated & (weight > 0)
    inside = triples.final_axis <= close_axis(host, config.close_period)
    stable = covered_share("stable", weight)
    moved = Factor("migrated", "beta", ratio_share(weight, migrated))
    close = Factor("within_period", "value", (1.0, 1.0))
    if chosen.any():
        close = Factor("within_period", "beta", ratio_share(weight[chosen], inside[chosen]))
    bound = Factor("migrated", "beta", ratio_share(weight, migrated | (triples.outcome == INVALID)))
    top = 0.5 + config.coverage / 2
    return [stable, moved, close], float(quantile(stable, top)) * np.array([float(quantile(factor, top)) for factor in (bound, moved)])


def _pathways(
    config: OccurrenceConfig, variants: dict[str, Triples], host: float, disk: Any
) -> tuple[dict[str, tuple[list[Factor], np.ndarray]], dict[str, tuple[list[Factor], np.ndarray]]]:
    """(pathways, variants): the factors of each, births first, and the most favourable product of all but the births.

    The pathways take each variant of the ensemble's physics for equally likely.
    """
    companions = share_factor("perturber", config.multiple_share, "stars with a companion star or brown dwarf", "Winters et al. 2021")
    most = float(quantile(companions, 0.5 + config.coverage / 2))
    births = {
        "fragments": Factor("births", "log_uniform", config.birth_fragments, "fragments of giant-planet mass per star", "bracket"),
        "cold_giants": Factor(
            "births", "log_normal", (microlensing_rate(config), config.microlensing_amplitude[1]), "cold giants per star, of any origin",
            "Suzuki et al. 2016",
        ),
        "disc": Factor("births", "log_uniform", config.birth_disc, "giants formed in the disc per star", "bracket"),
    }
    found = {label: migration_factors(config, triples, host) for label, triples in variants.items()}
    meanings = {
        "stable": "companions that leave the birth orbit stable", "migrated": "of these, those that bring the giant close without disrupting it",
        "within_period": f"migrated giants with a period up to {config.close_period:g} d",
    }
    moved = [mixture(name, [parts[k] for parts, _ in found.values()], meaning, ENSEMBLE) for k, (name, meaning) in enumerate(meanings.items())]
    best = most * np.max([products for _, products in found.values()], axis=0)

    journeys = disk.journeys[disk.journeys["model"].isin(DISC_MODELS)]
    arriving = journeys["in_time_share"].to_numpy(dtype=float) if len(journeys) else np.array([0.0])
    least = 1 / config.draws
    bracket = (max(float(arriving.min()), least), max(float(arriving.max()), least))
    drift = Factor("in_time", "log_uniform", bracket, "giants that drift to the inner edge within the life of the disc", DISC)
    pathways = {
        "fragments": ([births["fragments"], companions, *moved], best),
        "cold_giants": ([births["cold_giants"], companions, *moved], best),
        "disc": ([births["disc"], drift], np.full(2, bracket[1])),
    }
    return pathways, {label: ([births["fragments"], companions, *parts], most * products) for label, (parts, products) in found.items()}


def compare(predicted: np.ndarray, rest: np.ndarray, best: Any, kind: str, observed: np.ndarray, coverage: float) -> dict[str, Any]:
    """One pathway against one observation: probability, required births, where the intervals lie, and the verdict.

    `predicted` and `observed` are draws per star, `rest` the product of all factors but the births, `best` its two most favourable values: with
    invalid triples counted as migrated, for the verdict, and as not. A limit comes as draws of one value.
    """
    edges = np.array([0.5 - coverage / 2, 0.5 + coverage / 2])
    (low, high), (least, most) = np.quantile(predicted, edges), np.quantile(observed, edges)
    required = observed / rest
    required_low, required_median, required_high = np.quantile(required, [edges[0], 0.5, edges[1]])
    if kind == "limit":
        place = "above" if low > most else "allowed"
        rejected = [place == "above"] * 2
    else:
        place = "short" if high < least else "above" if low > most else "overlaps"
        rejected = [bool(value < least) for value in best]
    return {
        "probability_predicted_exceeds": float((predicted >= observed).mean()),
        "required_births_median": float(required_median),
        "required_births_low": float(required_low),
        "required_births_high": float(required_high),
        "probability_required_above_one": float((required > 1).mean()),
        "place": place,
        "verdict": VERDICTS[rejected[0]],
        "verdict_without_invalid": VERDICTS[rejected[1]],
    }


def _density(name: str, draws: np.ndarray) -> pd.DataFrame:
    """Histogram of log10 of the draws as a density per dex."""
    log = np.log10(draws[draws > 0])
    edges = np.arange(np.floor(log.min() * BINS_PER_DEX), np.ceil(log.max() * BINS_PER_DEX) + 1) / BINS_PER_DEX
    if edges.size < 2:
        edges = np.array([log.min(), log.min() + 1 / BINS_PER_DEX])
    counts, _ = np.histogram(log, edges)
    return pd.DataFrame({"name": name, "log10_rate": (edges[:-1] + edges[1:]) / 2, "density_per_dex": counts / counts.sum() * BINS_PER_DEX})


def _observations(config: OccurrenceConfig) -> tuple[dict[str, tuple[str, np.ndarray]], pd.DataFrame]:
    """Draws of every observation by name, with its kind, and the table of observations."""
    seen, rows = {}, []
    for stream, (name, kind, pair) in enumerate(observed_rates(config)):
        factor = Factor(name, "gamma", gamma_parameters(*pair)) if kind == "rate" else Factor(name, "value", pair)
        seen[name] = (kind, draw(factor, config.draws, config.seed, 100 + stream))
        low, median, high = quantile(factor, [QUANTILES[0], 0.5, QUANTILES[-1]])
        error = pair[1] if kind == "rate" else np.nan
        rows.append({"name": name, "kind": kind, "value": pair[0], "error": error, "low": low, "median": median, "high": high})
    return seen, pd.DataFrame(rows)


def _predict(
    config: OccurrenceConfig, pathways: dict[str, tuple[list[Factor], np.ndarray]], seen: dict[str, tuple[str, np.ndarray]]
) -> tuple[list, list, list, list]:
    """(factor rows, prediction rows, comparison rows, densities) of the pathways; factors of one name share their draws, births do not."""
    factor_rows, prediction_rows, comparison_rows, densities = [], [], [], []
    streams: dict[str, int] = {}
    for pathway, (factors, best) in pathways.items():
        columns = []
        for factor in factors:
            key = f"{pathway}.{factor.name}" if factor.name == "births" else factor.name
            columns.append(draw(factor, config.draws, config.seed, streams.setdefault(key, len(streams))))
        variance, shares = variance_shares(columns)
        predicted, rest = product(columns), product(columns[1:])
        densities.append(_density(pathway, predicted))
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
            "dominant_share": float(shares.max()), "per_birth_median": float(np.median(rest)), "per_birth_best": float(best[0]),
            "per_birth_best_without_invalid": float(best[1]),
        })
        comparison_rows += [
            {"pathway": pathway, "observed": name, "kind": kind, **compare(predicted, rest, best, kind, draws, config.coverage)}
            for name, (kind, draws) in seen.items()
        ]
    return factor_rows, prediction_rows, comparison_rows, densities


def evaluate(config: OccurrenceConfig, variants: dict[str, Triples], disk: Any, values: dict[str, Any]) -> Occurrence:
    """The whole comparison for one or more variants of the ensemble's physics, the default one first; deterministic in its arguments.

    `values` are the target's, `disk` carries the journeys of the disc stage. Raises InputError for an empty ensemble, impossible shares or
    brackets, or a target without a distance.
    """
    if not values.get("distance_pc"):
        raise InputError("the target has no distance_pc; expected its distance in pc, which decides which companions would show.")
    if not variants or any(triples.outcome.size == 0 for triples in variants.values()):
        raise InputError("the ensemble holds no systems; run its recipe before the occurrence comparison.")
    host = values["host_mass_msun"]
    default = next(iter(variants.values()))
    pathways, by_variant = _pathways(config, variants, host, disk)
    seen, observed = _observations(config)
    factor_rows, prediction_rows, comparison_rows, densities = _predict(config, pathways, seen)
    densities += [_density(name, draws) for name, (kind, draws) in seen.items() if kind == "rate"]

    variant_rows = []
    for label, chain in by_variant.items():
        _, (prediction,), compared, _ = _predict(config, {label: chain}, seen)
        needed = {f"{row['observed']}_{key}": row[key] for row in compared if row["kind"] == "rate" for key in VARIANT_KEYS}
        systems = {"systems": int(variants[label].outcome.size), "migrated_systems": int((variants[label].outcome == MIGRATED).sum())}
        per_birth = {key: prediction[key] for key in ("per_birth_median", "per_birth_best", "per_birth_best_without_invalid")}
        variant_rows.append({"variant": label, **systems, **per_birth, **needed})

    priors = pd.concat([prior_table(triples, values, config).assign(variant=label) for label, triples in variants.items()], ignore_index=True)
    priors.insert(0, "variant", priors.pop("variant"))
    counts = census(config.multiple_share[0], config.primary_multiplicity[0])
    by_prior = priors[priors["variant"] == next(iter(variants))].set_index("prior")
    hidden = float(by_prior["hidden_share"].get("census", np.nan)) * float(by_prior["covered_share"].get("census", np.nan))
    share = counts["multiple_share"]
    summary = {
        "systems": int(default.outcome.size),
        "migrated_systems": int((default.outcome == MIGRATED).sum()),
        "variant_count": len(variants),
        "census": counts,
        "primaries_beyond_share": primaries_beyond(host, config),
        "close_axis_au": close_axis(host, config.close_period),
        "microlensing_rate": float(microlensing_rate(config)),
        # Bayes: a star without a noticed companion has a stable hidden one with this probability
        "hidden_companion_probability": share * hidden / (1 - share + share * hidden),
        "rejected": sorted({row["pathway"] for row in comparison_rows if row["verdict"] == "rejected"}),
        "draws": config.draws,
    }
    return Occurrence(
        pd.DataFrame(factor_rows), pd.DataFrame(comparison_rows), pd.DataFrame(prediction_rows), observed, priors, pd.DataFrame(variant_rows),
        pd.concat(densities, ignore_index=True), summary,
    )


def physics_variants(ensemble: Any, config: EnsembleConfig, secular: SecularConfig) -> dict[str, Triples]:
    """The ensemble at every disruption radius, the default one first, and its frozen counterparts of other time lags where there are any.

    `ensemble` is the result of the ensemble stage. Names are those of the ensemble and the factor: default_2_7.
    """
    end, threshold = ensemble.summary["time_limit_gyr"] * 1e9, ensemble.summary["averaging_threshold"]
    record = {name: ensemble.record[:, column(name)] for name in STORED}
    found = {"default": (ensemble.systems, ensemble.attempts, record, ensemble.reason)}
    for tag in LAGS:
        if ensemble.summary["source"] == "frozen" and tag in ensemble.summary["variants"]:
            frozen = ensemble_store.load(tag, ensemble_store.SIMULATIONS)
            found[tag] = (frozen.systems, frozen.attempts, frozen.outcome, frozen.reason)
    variants = {}
    for tag, (systems, attempts, record, reason) in found.items():
        for crossing, factor in zip(CROSSINGS, secular.disruption_factors, strict=True):
            outcome = classify(record, reason, crossing, threshold, end, end)
            variants[f"{tag}_{factor:g}".replace(".", "_")] = triples_of(systems, attempts, outcome, record["final_axis"], config)
    return variants


def run(
    config: OccurrenceConfig, *, ensemble: Any, disk: Any, target: Any, ensemble_config: EnsembleConfig | None = None,
    secular_config: SecularConfig | None = None,
) -> Occurrence:
    """The comparison as a stage: `evaluate` on the variants of the ensemble stage, which was drawn under ensemble_config."""
    variants = physics_variants(ensemble, ensemble_config or EnsembleConfig(), secular_config or SecularConfig())
    return evaluate(config, variants, disk, target.values)
