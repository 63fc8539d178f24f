"""The mixture of both models: weights recovered from counts of known origin, and the stage on samples with known truth."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.config import Config, SelectionConfig, SynthesisConfig
from analysis.constants import MJUP_MSUN
from analysis.errors import InputError
from analysis.formation import synthesis
from analysis.formation.mixing import densities, fit_weights, log_likelihood
from analysis.formation.systems import FGK, MODELS, VARIATIONS, Hosts, simulate

SMALL = replace(SynthesisConfig(), systems=3000, variant_systems=400, repeats=3)


def test_densities_are_shares_with_one_system_spread_over_the_bins():
    edges = (np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0]), np.array([-np.inf, 0.0, np.inf]))
    density, counts = densities(np.array([0.5, 0.5, 1.5, 9.0]), np.full(4, 0.5), np.array([-1.0, 1.0, 1.0, 1.0]), edges)
    assert counts.tolist() == [[[1, 1]], [[0, 1]]]
    assert density[1, 0, 0] == pytest.approx(0.25 / 5) and density.sum() < 1


def test_a_rare_model_is_found_although_the_other_is_not_quite_excluded_from_its_bins():
    """Three companions in a thousand are of the second model, in bins where the first has no system; what is added to its bins must not explain them."""
    edges = (np.arange(401.0), np.array([0.0, 1.0]), np.array([-np.inf, np.inf]))
    random, middle = np.random.default_rng(5), np.full(20_000, 0.5)
    models = [densities(random.uniform(low, high, 20_000), middle, middle, edges)[0].ravel() for low, high in ((0, 10), (10, 400))]
    counts = np.concatenate([np.full(10, 299.1), np.full(390, 9 / 390)])
    found = fit_weights(np.array(models)[:, None], counts[None], 1, profiled=True)
    assert found.share == pytest.approx(0.003, rel=0.05)


def test_a_rarest_mass_needs_companions_of_both_models():
    masses = {"a": np.array([6.0] * 4 + [8.0]), "b": np.full(30, 50.0)}
    inside = {name: np.ones(len(found), bool) for name, found in masses.items()}
    assert 10 < synthesis._rarest(masses, inside, 5) < 25
    assert math.isnan(synthesis._rarest({**masses, "a": masses["a"][1:]}, {**inside, "a": inside["a"][1:]}, 5))


def test_where_fragments_pile_up_is_the_inner_edge_that_is_varied():
    hosts = Hosts(0.06, 0.2)
    near, far = (simulate(replace(SMALL, **changes), hosts, 300)[0][MODELS[1]] for changes in ({}, VARIATIONS["inner edge twice as far"]))
    assert np.median(far.axis) == pytest.approx(2 * np.median(near.axis), rel=0.1)


def test_discs_that_never_fragment_are_told():
    with pytest.raises(InputError, match="none of .* discs is unstable"):
        simulate(replace(SMALL, largest_toomre=1e-9), FGK, 20)


def test_the_likelihood_is_poissons():
    from scipy.stats import poisson

    templates, counts = np.array([[[1.0, 2.0], [0.5, 0.1]], [[0.3, 0.1], [2.0, 1.0]]]), np.array([[3, 5], [2, 0]])
    first, second = np.array([2.0, 1.0]), np.array([0.5, 3.0])
    exact = [poisson.logpmf(counts, np.tensordot(w, templates, axes=1)).sum() for w in (first, second)]
    ours = [log_likelihood(w, templates, counts, profiled=False) for w in (first, second)]
    assert ours[0] - ours[1] == pytest.approx(exact[0] - exact[1])
    # Profiling: no exposure of a survey beats the one taken, and the scale of the weights is of no account.
    profiled = log_likelihood(first, templates, counts, profiled=True)
    assert profiled == pytest.approx(log_likelihood(10 * first, templates, counts, profiled=True))
    for factor in (0.7, 1.0, 1.4):
        scaled = templates * np.array([factor, 1 / factor])[None, :, None]
        assert log_likelihood(first, scaled, counts, profiled=False) <= profiled + 1e-9


def test_models_that_do_not_overlap_get_the_counts_in_their_bins():
    templates = np.array([[[0.5, 0.5, 0.0, 0.0]], [[0.0, 0.0, 0.2, 0.8]]]) + 1e-9
    found = fit_weights(templates, np.array([[4.0, 6.0, 1.0, 4.0]]), 1, profiled=False)
    assert found.weights == pytest.approx((10.0, 5.0), rel=1e-3) and found.share == pytest.approx(1 / 3, rel=1e-3)


def test_weights_of_the_published_case_are_recovered_from_its_numbers_of_companions():
    """790 FGK stars, 55 companions from a known mixture in bins of mass, axis and [Fe/H]: the share is unbiased at its error."""
    found, _ = simulate(SynthesisConfig(), FGK, 8000)
    edges = (np.linspace(-3.5, 0.5, 9), np.linspace(-2, 3, 6), np.array([-np.inf, -0.1, 0.1, np.inf]))
    templates = np.array([[densities(np.log10(found[m].mass / found[m].host), np.log10(found[m].axis), found[m].metallicity, edges)[0].ravel()] for m in MODELS])
    truth = np.array([0.3, 0.7])
    expected = np.tensordot(truth / templates[:, 0].sum(axis=1), templates, axes=1)
    shares, totals = [], []
    for k in range(30):
        counts = np.random.default_rng([7, k]).poisson(55 * expected / expected.sum()).astype(float)
        fit = fit_weights(790 * templates, counts, k, profiled=False)
        parts = np.array(fit.weights) * templates[:, 0].sum(axis=1)
        shares.append(parts[1] / parts.sum())
        totals.append(790 * parts.sum() - counts.sum())
    error = np.std(shares) / math.sqrt(len(shares))
    assert 0.02 < np.std(shares) < 0.12
    assert abs(np.mean(shares) - 0.7) < 3.5 * error + 0.01
    assert np.abs(totals).max() < 1.0  # a Poisson fit with free scale reproduces the total


def test_heavy_fragments_are_metal_poor():
    """The published trend: metals slow cooling, so the fragments that grow are the metal-poor ones."""
    found, _ = simulate(SynthesisConfig(), FGK, 6000)
    heavy = found[MODELS[1]].mass > 30 * MJUP_MSUN
    values = [found[MODELS[1]].metallicity[chosen] for chosen in (heavy, ~heavy)]
    difference = values[0].mean() - values[1].mean()
    error = math.hypot(*(v.std() / math.sqrt(len(v)) for v in values))
    assert difference < -5 * error


def flat_selection(methods=("Radial Velocity", "Imaging"), reason=None):
    """A selection model that sees everything equally."""
    return SimpleNamespace(reason=reason, detection_methods=methods, detection=np.ones((len(methods), 30, 30)), log_q_edges=np.linspace(-7, 0, 31), log_a_edges=np.linspace(-3, 3, 31))


def made_sample(share: float, n: int = 300, seed: int = 3):
    """Companions drawn from the models themselves, `share` of them from fragmentation, with the target as one that fragmentation alone makes."""
    found, _ = simulate(replace(SMALL, seed=99), Hosts(0.06, 0.2), 6000)
    random = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        model = found[MODELS[int(random.random() < share)]]
        i = random.integers(len(model.mass))
        rows.append((f"X:{k}", f"h{k}", model.host[i], model.mass[i] / MJUP_MSUN, model.axis[i], model.metallicity[i] if k % 2 else math.nan, False))
    rows.append(("TOI:t", "t", 0.2, 2.0, 0.03, 0.1, True))
    table = pd.DataFrame(rows, columns=["object_id", "host_name", "host_mass_msun", "companion_mass_mjup", "semimajor_axis_au", "metallicity", "is_target"])
    return SimpleNamespace(table=table.assign(is_candidate=~table["is_target"], companion_mass_mjup_limit=0.0, discovery_method="Radial Velocity"))


def test_the_share_of_fragments_is_recovered_and_companions_get_their_origin():
    sample = made_sample(0.4)
    found = synthesis.run(SMALL, sample=sample, selection_model=flat_selection(), selection_config=SelectionConfig())
    weights = found.summary["weights"]
    assert weights["share"] == pytest.approx(0.4, abs=0.09) and weights["low"] <= weights["high"]
    log_q = np.log10(sample.table["companion_mass_mjup"][:-1] * MJUP_MSUN / sample.table["host_mass_msun"][:-1]).to_numpy()
    p = found.objects["probability"].to_numpy()
    known = np.isfinite(p)
    assert known.mean() > 0.7 and p[known & (log_q > -2.5)].min() > 0.9 and p[known & (log_q < -5.5)].max() < 0.1
    assert found.summary["target"]["probability"] > 0.9 and found.summary["target"]["like_core_accretion"] == 0


def test_a_model_without_systems_near_a_companion_is_not_excluded_by_more_than_was_simulated():
    few, many = (
        synthesis.run(replace(SMALL, systems=n, repeats=0, least_systems=2.0), sample=made_sample(0.02), selection_model=flat_selection(), selection_config=SelectionConfig())
        for n in (1000, 8000)
    )
    for found in (few, many):
        target = found.summary["target"]
        share, n = target["fragmentation_share"], target["like_fragmentation"]
        assert target["like_core_accretion"] == 0 and 1 / target["probability"] - 1 == pytest.approx((1 - share) * 0.5 / (share * (n + 0.5)), rel=1e-6)
    assert few.summary["target"]["probability"] < many.summary["target"]["probability"]


def test_sensitivity_is_taken_out():
    """Companions that were all found where light ones cannot be seen say nothing about light ones."""
    sample = made_sample(0.4)
    q = sample.table["companion_mass_mjup"] * MJUP_MSUN / sample.table["host_mass_msun"]
    cut = sample.table["is_target"] | (q > 1e-6)
    blind = flat_selection()
    blind.detection[:, np.linspace(-7, 0, 31)[:-1] < -6.01, :] = 1e-12
    shares = [
        synthesis.run(replace(SMALL, repeats=0), sample=SimpleNamespace(table=sample.table[cut]), selection_model=model, selection_config=SelectionConfig()).summary["weights"]["share"]
        for model in (flat_selection(), blind)
    ]
    assert shares[1] < shares[0] - 0.05 and shares[1] == pytest.approx(0.4, abs=0.12)


def test_rows_in_another_order_give_the_same(sample, study):
    few = replace(SMALL, repeats=1, systems=1500)
    selection = flat_selection(("Transit", "Radial Velocity", "Microlensing", "Imaging", "Astrometry"))
    shuffled = SimpleNamespace(table=sample.table.sample(frac=1, random_state=4))
    first, second = (synthesis.run(few, sample=s, selection_model=selection, selection_config=SelectionConfig()) for s in (sample, shuffled))
    first_objects, second_objects = (found.objects.sort_values("object_id", ignore_index=True) for found in (first, second))
    pd.testing.assert_frame_equal(first_objects, second_objects)
    assert first.summary == second.summary or repr(first.summary) == repr(second.summary)


def test_too_few_companions_give_no_weights_but_a_reason():
    sample = made_sample(0.4, n=8)
    found = synthesis.run(SMALL, sample=sample, selection_model=flat_selection(), selection_config=SelectionConfig())
    assert math.isnan(found.summary["weights"]["share"]) and "needs 20" in found.summary["reason"] and found.objects["probability"].isna().all()
    alone = SimpleNamespace(table=sample.table[sample.table["is_target"]])
    assert "0 companions" in synthesis.run(SMALL, sample=alone, selection_model=flat_selection(), selection_config=SelectionConfig()).summary["reason"]
    none = synthesis.run(SMALL, sample=sample, selection_model=flat_selection(reason="5 companions with a mass"), selection_config=SelectionConfig())
    assert none.summary["reason"] == "5 companions with a mass" and math.isnan(none.summary["target"]["probability"]) and none.summary["target"]["like_fragmentation"] > 0


@pytest.mark.parametrize(("name", "value"), [
    ("log_axis_bins", (0.0, -1.0, 0.5)), ("log_mass_ratio_bins", (0.0, 1.0, 2.0)), ("disc_radius", (200.0, 50.0)), ("log_dispersal", (5.0,)),
])
def test_ranges_that_cannot_be_meant_are_told(name, value, sample):
    with pytest.raises(InputError, match=name):
        synthesis.run(replace(SMALL, **{name: value}), sample=sample, selection_model=flat_selection(), selection_config=Config().selection)
