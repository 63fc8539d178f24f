"""Products of factors against closed forms, shares against counting, verdicts against their rule, and the whole stage on made-up ensembles."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import dblquad

from analysis.config import EnsembleConfig, OccurrenceConfig, SecularConfig
from analysis.errors import InputError
from analysis.migration.ensemble import conditioning
from analysis.migration.kozai import shortrange
from analysis.migration.occurrence import factors, perturbers
from analysis.migration.occurrence import stage as occurrence
from analysis.migration.occurrence.factors import Factor
from analysis.migration.secular import draws
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, REASONS, RECORD, UNMIGRATED
from tests.migration.conftest import make_target

CONFIG = OccurrenceConfig(draws=20_000)
TARGET = make_target(distance_pc=73.8131)
TARGET.overridden.clear()


def make_disk(*shares):
    rows = [{"birth_axis_au": 1.0, "model": model, "in_time_share": share} for model, share in zip(("gap", "type_ii", "type_i"), shares, strict=True)]
    return SimpleNamespace(journeys=pd.DataFrame(rows))


DISK = make_disk(0.2, 0.4, 0.99)


def make_ensemble(n=20_000, migrated=0.02, disrupted=0.2, invalid=0.01, seed=1):
    """Draws as the ensemble makes them, with outcomes that do not depend on the perturber."""
    generator = np.random.default_rng(seed)
    mass = 0.01 + 0.99 * generator.random(n)
    kept = stats.norm.cdf(np.log10([3.0, 5000.0]), np.log10(30), 1.2)
    axis = 10 ** stats.norm.ppf(kept[0] + generator.random(n) * (kept[1] - kept[0]), np.log10(30), 1.2)
    pick = generator.random(n)
    edges = np.cumsum([migrated, disrupted, invalid])
    outcome = np.array([MIGRATED, DISRUPTED, INVALID, UNMIGRATED])[np.searchsorted(edges, pick, side="right")]
    final = np.where(outcome == MIGRATED, np.where(generator.random(n) < 0.8, 0.03, 0.08), 3.0)
    return conditioning.Triples(
        outer_mass=mass, outer_axis=axis, outer_eccentricity=np.full(n, 0.4), outcome=outcome, final_axis=final,
        drawn_density=stats.norm.pdf(np.log10(axis), np.log10(30), 1.2) / (kept[1] - kept[0]) / 0.99,
    )


def evaluate(config, triples, disk=DISK, target=TARGET):
    return occurrence.evaluate(config, {"default": triples}, disk, target.values)


# -- factors -------------------------------------------------------------------------------------------------------


def test_product_of_log_normals_is_the_log_normal_of_the_sum():
    chain = [Factor("a", "log_normal", (0.1, 0.3)), Factor("b", "log_normal", (2e-3, 0.5)), Factor("c", "value", (7.0, 7.0))]
    columns = [factors.draw(factor, 200_000, 5, k) for k, factor in enumerate(chain)]
    found = factors.product(columns)
    spread = np.hypot(0.3, 0.5)
    for share in (0.025, 0.16, 0.5, 0.84, 0.975):
        exact = 0.1 * 2e-3 * 7 * 10 ** (spread * stats.norm.ppf(share))
        assert np.quantile(found, share) == pytest.approx(exact, rel=0.015)
    variance, shares = factors.variance_shares(columns)
    np.testing.assert_allclose(variance, [0.09, 0.25, 0], atol=2e-3)
    np.testing.assert_allclose(shares, [0.09 / 0.34, 0.25 / 0.34, 0], atol=5e-3)


def test_log_uniform_and_gamma():
    bracket = Factor("births", "log_uniform", (1e-4, 1e-1))
    drawn = factors.draw(bracket, 100_000, 1, 0)
    assert np.log10(drawn).var() == pytest.approx(9 / 12, rel=1e-3) and drawn.min() >= 1e-4 and drawn.max() <= 1e-1
    assert float(factors.quantile(bracket, 0.5)) == pytest.approx(10**-2.5)
    rate = factors.draw(Factor("seen", "gamma", factors.gamma_parameters(1.37e-3, 0.97e-3)), 100_000, 1, 1)
    assert rate.mean() == pytest.approx(1.37e-3, rel=2e-3) and rate.std() == pytest.approx(0.97e-3, rel=5e-3) and rate.min() > 0
    assert (factors.draw(Factor("same", "log_uniform", (0.2, 0.2)), 5, 1, 2) == 0.2).all()


def test_mixture_draws_its_parts_equally():
    parts = [Factor("a", "value", (1.0, 1.0)), Factor("b", "value", (2.0, 2.0)), Factor("c", "log_normal", (10.0, 0.1))]
    mixed = factors.mixture("m", parts, "", "")
    drawn = factors.draw(mixed, 30_001, 2, 0)
    assert [(drawn == 1).sum(), (drawn == 2).sum()] == [10_001, 10_000] and np.median(drawn[drawn > 3]) == pytest.approx(10, rel=0.01)
    assert abs(np.corrcoef(drawn, factors.draw(Factor("x", "beta", (2, 2)), 30_001, 2, 1))[0, 1]) < 0.02
    only = factors.mixture("m", parts[2:], "why", "where")
    assert only.kind == "log_normal" and only.name == "m" and only.meaning == "why"
    with pytest.raises(InputError, match="no distribution"):
        factors.mixture("m", [], "", "")


def test_streams_do_not_disturb_one_another():
    one, two = Factor("a", "beta", (2.0, 3.0)), Factor("b", "beta", (2.0, 3.0))
    np.testing.assert_array_equal(factors.draw(one, 1000, 3, 0), factors.draw(two, 1000, 3, 0))
    assert abs(np.corrcoef(factors.draw(one, 20_000, 3, 0), factors.draw(one, 20_000, 3, 1))[0, 1]) < 0.03


def test_covered_share_is_the_mean_weight_with_its_error():
    generator = np.random.default_rng(8)
    truth, hits, tries = 0.4, 0, 400
    for _ in range(tries):
        found = factors.covered_share("s", 2 * truth * generator.random(300))
        low, high = factors.quantile(found, [0.025, 0.975])
        hits += low <= truth <= high
    assert 0.91 < hits / tries < 0.985
    assert factors.covered_share("s", np.ones(5)).parameters == (1.0, 1.0)
    slightly = factors.covered_share("s", generator.normal(1.0, 0.3, 500))
    assert float(factors.quantile(slightly, 0.975)) <= 1


def test_ratio_share_covers_the_truth_and_does_not_trust_one_light_system():
    generator = np.random.default_rng(9)
    hits, tries = 0, 400
    for _ in range(tries):
        weight = generator.lognormal(0, 1, 600)
        event = generator.random(600) < 0.3
        low, high = factors.quantile(Factor("", "beta", factors.ratio_share(weight, event)), [0.025, 0.975])
        hits += low <= 0.3 <= high
    assert 0.90 < hits / tries < 0.985
    assert factors.ratio_share(np.ones(9), np.arange(9) < 4) == pytest.approx((4.5, 5.5))  # Jeffreys again
    weight = np.array([1e-3, *np.ones(40)])
    a, b = factors.ratio_share(weight, np.arange(41) > 0)
    assert a + b == pytest.approx(1 + 40, abs=0.2) and b < 0.51
    with pytest.raises(InputError, match="without weight"):
        factors.ratio_share(np.zeros(3), np.ones(3))


def test_a_single_event_of_small_weight_does_not_narrow_the_share():
    weight = np.ones(200)
    none = factors.quantile(Factor("", "beta", factors.ratio_share(weight, np.zeros(200))), 0.975)
    weight[0] = 0.01
    one = factors.quantile(Factor("", "beta", factors.ratio_share(weight, np.arange(200) == 0)), 0.975)
    assert float(one) >= float(none) * 0.999


def test_bad_factors_are_refused():
    with pytest.raises(InputError, match="log_uniform"):
        factors.quantile(Factor("x", "log_uniform", (0.1, 0.01)), 0.5)
    with pytest.raises(InputError, match="expected one of"):
        factors.quantile(Factor("x", "triangle", (0.1, 0.2)), 0.5)
    with pytest.raises(InputError, match="above 0"):
        factors.gamma_parameters(0.0, 1.0)
    with pytest.raises(InputError, match="empty"):
        factors.covered_share("s", [])
    with pytest.raises(InputError, match="at most 1"):
        factors.covered_share("s", np.full(100, 3.0))


# -- the comparison ------------------------------------------------------------------------------------------------


def test_microlensing_rate_against_quadrature():
    c = CONFIG
    (q1, q2), (s1, s2) = np.log10(c.microlensing_mass_ratios), np.log10(c.microlensing_separations)
    exact, _ = dblquad(
        lambda s, q: 0.61 * (10**q / c.microlensing_break) ** c.microlensing_slope * 10 ** (s * c.microlensing_separation_slope), q1, q2, s1, s2
    )
    assert occurrence.microlensing_rate(c) == pytest.approx(exact, rel=1e-9) and 0.1 < exact < 0.2
    with pytest.raises(InputError, match="microlensing_break"):
        occurrence.microlensing_rate(replace(c, microlensing_mass_ratios=(1e-5, 0.03)))


def test_ensemble_draws_carry_the_density_they_were_drawn_from():
    """With weights to the ensemble's own prior before stability, the mean weight is the stable share; bins of the draws match the density."""
    config = EnsembleConfig()
    systems, attempts, _status = draws.draw_systems(np.arange(20_000), config, 0.207, 1.6e-4)
    found = conditioning.triples_of(systems, attempts, np.full(len(systems), MIGRATED), np.full(len(systems), 0.05), config)
    prior = stats.norm.pdf(np.log10(found.outer_axis), np.log10(30), 1.2) / stats.norm.cdf(np.log10(5000), np.log10(30), 1.2) / 0.99
    assert perturbers.weights(prior, found.drawn_density).mean() == pytest.approx(1 / attempts.mean(), rel=1e-9)
    weight = perturbers.weights(perturbers.perturber_density(found.outer_mass, found.outer_axis, 0.207, CONFIG), found.drawn_density)
    generator = np.random.default_rng(2)  # the share of the census prior that is stable, by drawing its factors and the ensemble's others
    n = 40_000
    grid = np.linspace(1e-3, 1, 20_001)
    secondary = generator.random(n) < 0.22 / 0.79 / 0.43
    lighter, heavier = perturbers.mass_density(grid, 0.207, CONFIG)
    mass = np.where(secondary, *(np.interp(generator.random(n), np.cumsum(d) / d.sum(), grid) for d in (heavier, lighter)))
    axis = 10 ** np.where(secondary, generator.normal(np.log10(30), 1.3, n), generator.normal(np.log10(7.9), 1.1, n))
    inner = 10 ** generator.normal(np.log10(4), 0.5, 4 * n)
    inner = inner[(inner > 0.3) & (inner < 30)][:n]
    e, cosine = np.sqrt(generator.random(n)), generator.uniform(-1, 1, n)
    good = [shortrange.stable(0.207 + 1.6e-4, inner[k], mass[k], axis[k], e[k], cosine[k]) and inner[k] < axis[k] < 5000 for k in range(n)]
    assert weight.mean() == pytest.approx(np.mean(good), abs=0.02)
    assert (found.final_axis == 0.05).all() and found.outcome.size == 20_000


def test_close_orbit_is_keplers():
    assert occurrence.close_axis(0.207, 3.37077196) == pytest.approx(0.02604, rel=2e-3)  # TOI-6894 b as published


@pytest.mark.parametrize(
    "predicted, best, kind, observed, place, verdict",
    [
        (1e-6, 1e-5, "rate", 1e-3, "short", "rejected"),  # one birth per star gives 1e-5, still a hundred times too few
        (1e-6, 1e-2, "rate", 1e-3, "short", "cannot tell"),  # short with these births, but more births would do
        (1e-3, 1e-1, "rate", 1e-3, "overlaps", "cannot tell"),
        (1e-1, 1.0, "rate", 1e-3, "above", "cannot tell"),  # fewer births would do
        (1e-3, 1e-1, "limit", 1e-2, "allowed", "cannot tell"),
        (1e-1, 1.0, "limit", 1e-2, "above", "rejected"),
    ],
)
def test_verdicts(predicted, best, kind, observed, place, verdict):
    generator = np.random.default_rng(1)
    draws = predicted * 10 ** (0.1 * generator.standard_normal(4000))
    seen = np.full(4000, observed) if kind == "limit" else observed * 10 ** (0.1 * generator.standard_normal(4000))
    found = occurrence.compare(draws, draws / 0.01, (best, 1e-9), kind, seen, 0.95)
    assert found["place"] == place and found["verdict"] == verdict
    assert found["verdict_without_invalid"] == ("rejected" if kind == "rate" else verdict)
    assert found["required_births_median"] == pytest.approx(0.01 * observed / predicted, rel=0.05)
    assert (found["probability_required_above_one"] > 0.5) == (0.01 * observed / predicted > 1)
    if observed == predicted:
        assert found["probability_predicted_exceeds"] == pytest.approx(0.5, abs=0.03)


def test_required_births_against_closed_form():
    n = 200_000
    rest = factors.draw(Factor("r", "log_normal", (1e-2, 0.3)), n, 1, 0)
    seen = factors.draw(Factor("o", "log_normal", (1e-3, 0.4)), n, 1, 1)
    found = occurrence.compare(rest, rest, (1.0, 1.0), "rate", seen, 0.95)
    assert found["required_births_median"] == pytest.approx(0.1, rel=0.01)
    assert found["required_births_high"] == pytest.approx(0.1 * 10 ** (0.5 * 1.96), rel=0.03)
    assert found["probability_required_above_one"] == pytest.approx(stats.norm.sf(1 / 0.5), abs=2e-3)
    assert found["probability_predicted_exceeds"] == pytest.approx(stats.norm.cdf(np.log10(1e-2 / 1e-3) / 0.5), abs=2e-3)


@pytest.fixture(scope="module")
def result():
    return evaluate(CONFIG, make_ensemble(), DISK, TARGET)


def test_prediction_is_the_product_of_its_factors(result):
    table = result.factors.set_index(["pathway", "factor"])
    covered = result.priors.set_index("prior").loc["census", "covered_share"]
    assert table.loc[("fragments", "stable"), "median"] == pytest.approx(covered, rel=0.02)
    assert table.loc[("fragments", "migrated"), "median"] == pytest.approx(0.02, rel=0.15)
    assert table.loc[("fragments", "perturber"), "median"] == pytest.approx(0.43, abs=0.01)
    assert table.loc[("fragments", "within_period"), "median"] == pytest.approx(0.8, abs=0.05)
    assert table.loc[("disc", "in_time"), ["low", "high"]].tolist() == pytest.approx([0.2, 0.4], rel=0.03)  # type I is no candidate
    for pathway, part in result.factors.groupby("pathway"):
        assert part["variance_share"].sum() == pytest.approx(1)
        row = result.predictions.set_index("pathway").loc[pathway]
        assert np.log10(row["p50"]) == pytest.approx(np.log10(part["median"]).sum(), abs=0.05)
        assert row["dominant_factor"] == part.loc[part["variance_share"].idxmax(), "factor"]
    assert result.predictions.set_index("pathway").loc["fragments", "dominant_factor"] == "births"


def test_pathways_share_the_draws_of_shared_factors(result):
    rows = result.factors[result.factors["factor"].isin(["perturber", "stable", "migrated", "within_period"])]
    for _, part in rows.groupby("factor"):
        assert part["median"].nunique() == 1 and part["low"].nunique() == 1


def test_every_pathway_meets_every_observation(result):
    assert len(result.comparison) == 3 * 6 and set(result.comparison["pathway"]) == set(occurrence.PATHWAYS)
    assert set(result.comparison["verdict"]) <= {"rejected", "cannot tell"}
    assert result.comparison["probability_predicted_exceeds"].between(0, 1).all()
    rates = result.observed.set_index("name")
    assert rates.loc["glusman_late", "value"] == 3.6e-4 and rates.loc["glusman_late", "low"] > 0 and np.isnan(rates.loc["ment_limit", "error"])


def test_a_pathway_that_never_migrates_is_rejected_only_by_enough_systems():
    few = evaluate(CONFIG, make_ensemble(60, migrated=0, invalid=0), DISK, TARGET)
    many = evaluate(CONFIG, make_ensemble(100_000, migrated=0, invalid=0), DISK, TARGET)

    def verdict(found, name="verdict"):
        return found.comparison.set_index(["pathway", "observed"]).loc[("fragments", "bryant_2023"), name]

    assert verdict(few) == "cannot tell" and verdict(many) == "rejected"
    loose = evaluate(CONFIG, make_ensemble(100_000, migrated=0, invalid=0.2), DISK, TARGET)
    assert verdict(loose) == "cannot tell"  # what the averaged equations cannot follow might migrate
    assert verdict(loose, "verdict_without_invalid") == "rejected"
    assert many.summary["migrated_systems"] == 0 and np.isnan(many.priors["noticed_migrated_share"]).all()


def test_outcomes_that_ignore_the_perturber_are_the_same_under_every_prior(result):
    priors = result.priors.set_index("prior")
    assert list(priors.index) == list(conditioning.PRIORS)
    np.testing.assert_allclose(priors["migrated_share"], 0.02, atol=0.006)
    np.testing.assert_allclose(priors["disrupted_share"], 0.2, atol=0.02)
    np.testing.assert_allclose(priors[[f"{o}_share" for o in ("migrated", "disrupted", "unmigrated", "invalid")]].sum(axis=1), 1)
    assert (priors["migrated_share_bound"] > priors["migrated_share"]).all()
    assert (priors["migrated_share_low"] < priors["migrated_share"]).all() and (priors["migrated_share"] < priors["migrated_share_high"]).all()
    # a heavier star shows itself; what hides is light
    assert priors.loc["secondary", "hidden_share"] < 0.05 < priors.loc["primary", "hidden_share"]


def test_variants_of_the_physics_widen_the_prediction_and_keep_their_own_rows():
    variants = {"none": make_ensemble(migrated=0.0, invalid=0.0), "some": make_ensemble(migrated=0.01), "many": make_ensemble(migrated=0.05)}
    found = occurrence.evaluate(CONFIG, variants, DISK, TARGET.values)
    single = {name: occurrence.evaluate(CONFIG, {name: triples}, DISK, TARGET.values) for name, triples in variants.items()}
    rows = found.variants.set_index("variant")
    assert list(rows.index) == list(variants) and rows.loc["none", "migrated_systems"] == 0
    for name, one in single.items():
        alone = one.comparison.set_index(["pathway", "observed"]).loc[("fragments", "glusman_late")]
        assert rows.loc[name, "glusman_late_required_births_median"] == pytest.approx(alone["required_births_median"], rel=1e-9)
        assert rows.loc[name, "glusman_late_verdict"] == alone["verdict"]
    assert rows.loc["none", "bryant_2023_verdict"] == "rejected" and rows.loc["many", "bryant_2023_verdict"] == "cannot tell"
    widths = [one.predictions.set_index("pathway").loc["cold_giants", "log10_spread"] for one in single.values()]
    assert found.predictions.set_index("pathway").loc["cold_giants", "log10_spread"] > max(widths[1:])
    # one physics that works is enough to keep a pathway
    assert found.comparison.set_index(["pathway", "observed"]).loc[("fragments", "bryant_2023"), "verdict"] == "cannot tell"
    best = [one.predictions.set_index("pathway").loc["fragments", "per_birth_best"] for one in single.values()]
    assert found.predictions.set_index("pathway").loc["fragments", "per_birth_best"] == pytest.approx(max(best))
    for name, one in single.items():
        pd.testing.assert_frame_equal(found.priors[found.priors["variant"] == name].reset_index(drop=True), one.priors)
    assert found.summary["migrated_systems"] == 0  # the first variant is the default


def test_variants_come_from_the_records_of_the_ensemble():
    config = EnsembleConfig()
    systems, attempts, _ = draws.draw_systems(np.arange(6), config, 0.207, 1.6e-4)
    record = np.full((6, len(RECORD)), np.inf)
    record[:, RECORD.index("final_axis")] = [0.03, 0.03, 0.03, 2.0, 0.03, 4.0]
    record[:, RECORD.index("smallest_averaging_ratio")] = [9, 9, 9, 9, 2, 9]
    for name, inside in (("crossing_first", [0, 1, 1, 1, 0, 0]), ("crossing_second", [0, 0, 1, 1, 0, 0]), ("crossing_last", [0, 0, 0, 1, 0, 0])):
        record[:, RECORD.index(name)] = np.where(inside, 1e6, np.inf)
    reason = np.array([REASONS[name] for name in ("migrated", "migrated", "migrated", "inside_disruption", "migrated", "time_limit")])
    summary = {"time_limit_gyr": 1.0, "averaging_threshold": 3.0, "source": "own", "variants": ["lag_short"]}
    ensemble = SimpleNamespace(systems=systems, attempts=attempts, record=record, reason=reason, summary=summary)
    found = occurrence.physics_variants(ensemble, config, SecularConfig())
    assert list(found) == ["default_2_7", "default_2", "default_1_7"]  # an ensemble of the build's own has no counterparts
    assert [(found[name].outcome == MIGRATED).sum() for name in found] == [1, 2, 3]
    assert [(found[name].outcome == DISRUPTED).sum() for name in found] == [3, 2, 1]
    assert (found["default_2_7"].outcome == [MIGRATED, DISRUPTED, DISRUPTED, DISRUPTED, INVALID, UNMIGRATED]).all()
    result = occurrence.run(CONFIG, ensemble=ensemble, disk=DISK, target=TARGET)
    assert result.variants["variant"].tolist() == list(found) and result.summary["variant_count"] == 3


def test_hidden_companion_by_counting(result):
    """Simulate stars: a share has a companion, it is stable or not, it is noticed or not; among the stars without a noticed one, count."""
    row = result.priors.set_index("prior").loc["census"]
    generator = np.random.default_rng(3)
    n = 1_000_000
    has = generator.random(n) < CONFIG.multiple_share[0]
    stable_hidden = has & (generator.random(n) < row["covered_share"] * row["hidden_share"])
    among = stable_hidden.sum() / (stable_hidden | ~has).sum()
    assert result.summary["hidden_companion_probability"] == pytest.approx(among, abs=3e-3)


def test_densities_integrate_to_one(result):
    for _, part in result.densities.groupby("name"):
        assert part["density_per_dex"].sum() / occurrence.BINS_PER_DEX == pytest.approx(1)
    assert set(result.densities["name"]) == {*occurrence.PATHWAYS, "bryant_2023", "glusman_late", "glusman_late_preprint", "glusman_mid"}


def test_the_same_numbers_twice_and_others_with_another_seed(result):
    again = evaluate(CONFIG, make_ensemble(), DISK, TARGET)
    for name in ("factors", "comparison", "predictions", "observed", "priors", "densities"):
        pd.testing.assert_frame_equal(getattr(result, name), getattr(again, name), check_exact=True)
    other = evaluate(replace(CONFIG, seed=1), make_ensemble(), DISK, TARGET)
    assert other.predictions["p50"].tolist() != result.predictions["p50"].tolist()


@settings(deadline=None, max_examples=5)
@given(low=st.floats(1e-5, 0.05), wide=st.floats(1.5, 20.0))
def test_more_births_predict_more(low, wide):
    small = replace(CONFIG, draws=500)
    one = evaluate(replace(small, birth_fragments=(low, low * wide)), make_ensemble(500), DISK, TARGET)
    two = evaluate(replace(small, birth_fragments=(low * 1.5, low * wide * 1.5)), make_ensemble(500), DISK, TARGET)
    ratio = two.predictions["p50"].to_numpy() / one.predictions["p50"].to_numpy()
    np.testing.assert_allclose(ratio, [1.5, 1.0, 1.0], rtol=1e-6)


def test_refused_inputs():
    with pytest.raises(InputError, match="distance_pc"):
        evaluate(CONFIG, make_ensemble(10), DISK, make_target())
    with pytest.raises(InputError, match="no systems"):
        evaluate(CONFIG, make_ensemble(0), DISK, TARGET)
    with pytest.raises(InputError, match="births"):
        evaluate(replace(CONFIG, birth_disc=(0.2, 0.1)), make_ensemble(50), DISK, TARGET)
    empty = SimpleNamespace(journeys=pd.DataFrame(columns=["model", "in_time_share"]))
    found = evaluate(CONFIG, make_ensemble(50), empty, TARGET)
    assert found.predictions.set_index("pathway").loc["disc", "per_birth_best"] == 1 / CONFIG.draws
