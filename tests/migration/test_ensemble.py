"""The ensemble in a build: classes, shares, weights, frozen files, the re-run, and what happens for another target."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from analysis import cache
from analysis.config import EnsembleConfig, SecularConfig
from analysis.errors import InputError
from analysis.migration.ensemble import stage as ensemble
from analysis.migration.ensemble import store as ensemble_store
from analysis.migration.ensemble import sweep
from analysis.migration.ensemble.sensitivity import differing, other_priors, prior_weights, priors_table, ranges
from analysis.migration.frozen import MANIFEST, record
from analysis.migration.occurrence.perturbers import effective_number
from analysis.migration.secular import outcomes
from analysis.migration.secular.batch import kernel_digest
from analysis.migration.secular.draws import draw_systems
from analysis.migration.secular.triple import DISRUPTED, INVALID, MIGRATED, OUTCOMES, REASONS, SYSTEM, UNMIGRATED, column
from analysis.report.ensemble import write
from analysis.report.files import Context

from .conftest import make_target

CONFIG = replace(EnsembleConfig(), time_limit=1e-4, time_limits=(1e-5, 1e-4), own_systems=12, rerun_share=0.1)  # 100,000 yr
N = 120


def make_frozen(folder, tag="default", config=CONFIG, secular=None, n=N):
    """A frozen ensemble made through the recipe, with whatever configuration."""
    from analysis.config import Config

    whole = replace(Config(), ensemble=config, secular=secular or replace(SecularConfig(), averaging_floor=0.0))
    job, chosen = sweep.job_of(whole, make_target())
    chunks = folder / f"chunks-{tag}"
    about = {"overrides": ensemble_store.RECIPES[tag], "kernel": kernel_digest(), "drawn_by": cache.source_digest("analysis.migration.secular.draws")}
    sweep.sweep(job, chosen, n, chunks, chunk=50, threads=2, about=about)
    return ensemble_store.freeze(tag, chunks, target=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A frozen default ensemble and one with another time lag."""
    path = tmp_path_factory.mktemp("simulations")
    make_frozen(path)
    make_frozen(path, "lag_long", secular=replace(SecularConfig(), averaging_floor=0.0, companion_lag=10.0), n=60)
    return path


@pytest.fixture
def frozen_there(folder, monkeypatch):
    monkeypatch.setattr(ensemble_store, "SIMULATIONS", folder)
    return folder


@pytest.fixture(scope="module")
def result(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble_store, "SIMULATIONS", folder)
        return ensemble.run(CONFIG, target=make_target(), secular_config=SecularConfig())


# Triples by hand: (reason, crossings of 2.7, 2.0, 1.7 r_t in yr, closed in yr, smallest averaging ratio).
INF = np.inf
BY_HAND = {
    "migrated": ("migrated", INF, INF, INF, 4e8, 20.0),
    "migrated inside 2.7": ("migrated", 2e8, INF, INF, 4e8, 20.0),
    "migrated where averaging is poor": ("migrated", INF, INF, INF, 4e8, 2.0),
    "disrupted": ("inside_disruption", 1e8, 2e8, 3e8, INF, 5.0),
    "cycling": ("time_limit", INF, INF, INF, INF, 50.0),
    "passed 2.0 once": ("time_limit", 5e8, 6e8, INF, INF, 50.0),
    "settled": ("settled", INF, INF, INF, INF, 0.5),
    "failed": ("step_limit", INF, INF, INF, INF, 50.0),
    "stopped": ("averaging_fails", 1e6, INF, INF, INF, 2.9),
}


def by_hand(crossing, threshold, time, end=1e9):
    table = pd.DataFrame(BY_HAND.values(), columns=["reason", *outcomes.CROSSINGS, "close_time", "smallest_averaging_ratio"])
    reason = table["reason"].map(REASONS).to_numpy(dtype=np.int64)
    found = outcomes.classify({name: table[name].to_numpy() for name in table.columns[1:]}, reason, crossing, threshold, time, end)
    return dict(zip(BY_HAND, (OUTCOMES[number] for number in found), strict=True))


def test_classes_by_hand():
    found = by_hand("crossing_first", 3.0, 1e9)
    assert found == {
        "migrated": "migrated", "migrated inside 2.7": "disrupted", "migrated where averaging is poor": "invalid", "disrupted": "disrupted",
        "cycling": "unmigrated", "passed 2.0 once": "disrupted", "settled": "invalid", "failed": "invalid", "stopped": "invalid",
    }
    changed = {"migrated inside 2.7": "migrated", "passed 2.0 once": "unmigrated"}
    assert by_hand("crossing_last", 3.0, 1e9) == found | changed
    assert by_hand("crossing_second", 3.0, 1e9) == found | {"migrated inside 2.7": "migrated"}
    assert by_hand("crossing_first", 0.0, 1e9) == found | {"migrated where averaging is poor": "migrated", "settled": "unmigrated"}
    assert by_hand("crossing_first", 10.0, 1e9) == found | {"disrupted": "invalid"}
    assert by_hand("crossing_first", 3.0, 1.5e8) == found | {"migrated": "unmigrated", "migrated inside 2.7": "unmigrated", "passed 2.0 once": "unmigrated"}


def test_outcomes_after_the_end_are_not_told():
    with pytest.raises(InputError, match="cannot be told"):
        by_hand("crossing_first", 3.0, 2e9)
    with pytest.raises(InputError, match="cannot be told"):
        by_hand("crossing_third", 3.0, 1e9)


@pytest.mark.parametrize(("k", "n"), [(0, 50), (1, 20_000), (37, 100), (100, 100)])
def test_interval_of_a_share(k, n):
    assert outcomes.wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)
    found = outcomes.share(np.arange(n) < k)
    assert (found["share"], found["effective"]) == (k / n, n)
    assert (found["low"], found["high"]) == pytest.approx(outcomes.wilson(k, n))


def test_interval_of_a_weighted_share_covers():
    generator = np.random.default_rng(3)
    inside, truth = 0, stats.expon().cdf(1.0)  # importance sampling of exp(-x) from U(0, 5)
    truth /= stats.expon().cdf(5.0)
    for _ in range(400):
        x = generator.uniform(0, 5, 300)
        found = outcomes.share(x < 1.0, np.exp(-x))
        inside += found["low"] <= truth <= found["high"]
    assert stats.binomtest(inside, 400, 0.95).pvalue > 1e-3


@pytest.mark.parametrize("pairs", [(3, 11), (0, 6), (0, 0), (8, 8)])
def test_paired_test(pairs):
    first = np.repeat([True, False, True, False], (*pairs, 5, 9))
    second = np.repeat([False, True, True, False], (*pairs, 5, 9))
    expected = mcnemar(np.array([[5, pairs[0]], [pairs[1], 9]]), exact=True).pvalue if sum(pairs) else 1.0
    assert outcomes.exact_paired_test(first, second) == pytest.approx(expected)


def test_weighted_shares_are_those_of_the_other_prior():
    config = EnsembleConfig()

    def fate(systems):  # any function of the triple
        inner, outer, inclination = (systems[:, column(name, SYSTEM)] for name in ("inner_axis", "outer_axis", "inclination"))
        return np.where((np.abs(np.cos(inclination)) < 0.2) & (outer < 300) & (inner > 1), MIGRATED, np.where(outer < 60, DISRUPTED, UNMIGRATED))

    systems, attempts, _ = draw_systems(np.arange(30_000), config, 0.2, 1e-4)
    table = priors_table(systems, attempts, fate(systems), config).set_index("prior")
    assert table["trusted"].all()
    for name, _, _, _, other in other_priors(config):
        own, tries, _ = draw_systems(np.arange(10_000), replace(other, seed=9), 0.2, 1e-4)
        for kind, outcome in (("migrated", MIGRATED), ("disrupted", DISRUPTED)):
            found, direct = table.loc[name], outcomes.share(fate(own) == outcome)
            error = np.hypot(found[f"{kind}_high"] - found[f"{kind}_low"], direct["high"] - direct["low"]) / 2 / 1.96
            assert abs(found[kind] - direct["share"]) < 4.5 * error, (name, kind)
        assert table.loc[name, "stable_share"] == pytest.approx(1 / tries.mean(), rel=0.1)
    shifted = replace(config, inner_axis_median=0.3, inner_axis_spread=0.02)
    weight = prior_weights(systems, config, shifted)
    assert effective_number(weight) < 0.05 * len(systems)
    few = priors_table(systems[:300], attempts[:300], fate(systems[:300]), replace(config, inner_axis_medians=(30.0,), least_effective=200.0))
    assert not few.set_index("prior").loc["inner_axis_median_30", "trusted"]


def test_outcomes_are_exclusive_and_sum_to_one(result):
    table = result.outcomes
    assert np.allclose(table[list(OUTCOMES)].sum(axis=1), 1)
    assert (table[[f"{name}_count" for name in OUTCOMES]].sum(axis=1) == N).all()
    assert (result.reasons["systems"].sum(), len(result.systems), result.summary["systems"]) == (N, N, N)
    by = table.set_index(["disruption_factor", "averaging_threshold", "time_gyr"])
    assert (by.loc[2.7]["disrupted"] >= by.loc[1.7]["disrupted"]).all()
    assert (by.xs(10.0, level=1)["invalid"] >= by.xs(1.0, level=1)["invalid"]).all()
    assert np.array_equal(np.bincount(result.outcome, minlength=4), by.loc[(2.7, 3.0, 1e-4)][[f"{name}_count" for name in OUTCOMES]].astype(int))


def test_invalid_triples_bound_the_headline():
    outcome = np.repeat([MIGRATED, DISRUPTED, UNMIGRATED, INVALID], (5, 40, 45, 10))
    found = ensemble._headline(outcome)
    assert (found["migrated_invalid_as_none"], found["migrated_invalid_as_all"], found["migrated_of_valid"]) == (0.05, 0.15, 5 / 90)
    assert found["migrated_bound_low"] < found["migrated_invalid_as_none"]
    assert found["migrated_bound_high"] > found["migrated_invalid_as_all"]


def test_the_rerun_gives_the_frozen_bits(result):
    rerun = result.summary["rerun"]
    assert result.summary["source"] == "frozen"
    assert (rerun["verdict"], rerun["systems"], rerun["identical"], rerun["kernel_unchanged"]) == ("identical", 12, 12, True)


def test_the_rerun_notices_other_outcomes(frozen_there):
    frozen = ensemble_store.load("default", frozen_there)
    numbers = ensemble._chosen_for_rerun(N, CONFIG.rerun_share)
    nudged = {name: values.copy() for name, values in frozen.outcome.items()}
    nudged["final_axis"][numbers[0]] *= 1 + 1e-15
    assert ensemble._rerun(replace(frozen, outcome=nudged), CONFIG)["identical"] == numbers.size - 1
    elsewhere = {**frozen.about, "processor": "another"}
    assert ensemble._rerun(replace(frozen, outcome=nudged, about=elsewhere), CONFIG)["verdict"] == "agrees"
    assert ensemble._rerun(replace(frozen, outcome=nudged), CONFIG)["verdict"] == "differs on the same code and processor"
    wrong = np.full(N, REASONS["migrated"])
    found = ensemble._rerun(replace(frozen, reason=wrong, about={**frozen.about, "kernel": "changed"}), CONFIG)
    assert (found["verdict"], found["kernel_unchanged"], found["same_outcome"]) == ("differs", False, 0)


def test_the_share_to_run_again_is_nested_and_spread():
    small, large = ensemble._chosen_for_rerun(20_000, 0.01), ensemble._chosen_for_rerun(20_000, 0.02)
    assert (small.size, large.size) == (200, 400)
    assert np.isin(small, large).all()
    assert stats.kstest(large / 20_000, "uniform").pvalue > 1e-3


def test_another_target_does_not_get_the_frozen_numbers(frozen_there):
    found = ensemble.run(CONFIG, target=make_target(companion_mass_mjup=0.3), secular_config=SecularConfig())
    assert (found.summary["source"], found.summary["systems"], found.summary["rerun"]) == ("own", CONFIG.own_systems, None)
    assert "companion_mass_msun" in found.summary["why_own"]
    assert not found.summary["trusted"]
    assert found.summary["variants"] == []
    lag = ensemble.run(CONFIG, target=make_target(), secular_config=replace(SecularConfig(), companion_lag=3.0))
    assert "companion_lag" in lag.summary["why_own"]
    floor = ensemble.run(CONFIG, target=make_target(), secular_config=replace(SecularConfig(), averaging_floor=1.0))
    assert (floor.summary["source"], floor.summary["averaging_threshold"]) == ("frozen", 1.0)


def test_without_a_frozen_ensemble_the_build_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(ensemble_store, "SIMULATIONS", tmp_path)
    assert ensemble.run(CONFIG, target=make_target()).summary["why_own"] == "no ensemble is frozen"


def test_other_ensembles_are_compared_triple_by_triple(result):
    row = result.variants.set_index("ensemble").loc["lag_long"]
    assert (row["changes"], row["systems"]) == ("companion_lag", 60)
    table = result.sensitivity[result.sensitivity["disruption_factor"] == 2.7].set_index(["parameter", "label"])
    assert table.loc[("time lag", "10 s"), "value"] == pytest.approx(10)
    assert table.loc[("time lag", "1 s"), "shift"] == 0
    for parameter in ("disruption radius", "time", "averaging threshold", "birth orbit", "perturber orbit", "perturber mass", "perturber eccentricity"):
        assert (table.loc[parameter]["shift"].abs() < 1e-12).any(), parameter  # the default is among the rows
    assert set(result.summary["variants_missing"]) == set(ensemble_store.RECIPES) - {"default", "lag_long"}


def test_an_ensemble_of_other_triples_is_refused(folder, tmp_path, monkeypatch):
    for name in ("ensemble_default.npz", MANIFEST):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    make_frozen(tmp_path, "lag_short", config=replace(CONFIG, seed=1), n=20)
    monkeypatch.setattr(ensemble_store, "SIMULATIONS", tmp_path)
    with pytest.raises(InputError, match="other triples"):
        ensemble.run(CONFIG, target=make_target())


def test_ranges_leave_out_what_is_not_trusted():
    table = pd.DataFrame({
        "parameter": ["a", "a", "a", "b", "b"], "label": ["1", "2", "3", "x", "y"], "shift": [-0.01, 0.0, 0.5, 0.0, 0.02],
        "trusted": [True, True, False, True, True],
    })
    found = ranges(table)
    assert found["parameter"].tolist() == ["b", "a"]
    assert found["width"].tolist() == pytest.approx([0.02, 0.01])


def test_a_frozen_file_is_read_as_it_was_made(folder):
    frozen = ensemble_store.load("default", folder)
    direct = draw_systems(np.arange(N), CONFIG, 0.207, make_target().values["companion_mass_mjup"] / 1047.56)
    assert np.array_equal(frozen.systems, direct[0])
    assert np.array_equal(frozen.attempts, direct[1])
    entry = json.loads((folder / MANIFEST).read_text())["files"]["ensemble_default.npz"]
    assert entry["systems"] == N
    assert entry["seed"] == CONFIG.seed
    assert {"numba", "numpy", "python"} <= set(entry["environment"])


def test_a_frozen_file_that_does_not_belong_is_refused(folder, tmp_path):
    for name in ("ensemble_default.npz", MANIFEST):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    path = tmp_path / "ensemble_default.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="checksum"):
        ensemble_store.load("default", tmp_path)
    with np.load(folder / "ensemble_default.npz") as stored:
        columns = dict(stored)
    about = json.loads(str(columns["about"]))
    about["drawn_means"][3] *= 1.001
    np.savez_compressed(path, **{**columns, "about": np.array(json.dumps(about))})
    record(path, made_by="by hand")
    with pytest.raises(InputError, match="drawn differently"):
        ensemble_store.load("default", tmp_path)


def test_only_its_own_recipe_is_frozen_under_a_name(folder, tmp_path):
    with pytest.raises(InputError, match="no sweep there"):
        ensemble_store.freeze("default", tmp_path / "nothing", target=tmp_path)
    with pytest.raises(InputError, match="other settings than those of 'spin_pseudo'"):
        ensemble_store.freeze("spin_pseudo", folder / "chunks-default", target=tmp_path)
    with pytest.raises(InputError, match=f"first {N} systems"):
        ensemble_store.freeze("default", folder / "chunks-default", systems=N + 1, target=tmp_path)
    path, entry = ensemble_store.freeze("default", folder / "chunks-default", systems=70, target=tmp_path)
    assert (entry["systems"], ensemble_store.load("default", tmp_path).reason.size) == (70, 70)
    again = path.read_bytes()
    ensemble_store.freeze("default", folder / "chunks-default", systems=70, target=tmp_path)
    assert path.read_bytes() == again


def test_settings_differ_by_name_and_not_by_rounding(folder):
    one = ensemble_store.load("default", folder).about["settings"]
    two = json.loads(json.dumps(one))
    two["physics"]["star_radius_knee"] *= 1 + 1e-12
    two["physics"]["averaging_floor"] = 3.0
    assert differing(one, two) == []
    two["draws"]["outer_mass_law"], two["physics"]["star_lag"] = "log_flat", 0.0
    assert differing(one, two) == ["outer_mass_law", "star_lag"]


def test_artifacts(result, tmp_path):
    write(tmp_path, Context(percent=100.0), ensemble=result)
    summary = json.loads((tmp_path / "ensemble_summary.json").read_text())
    assert summary["outcomes"]["2_7"]["3"]["0_0001"]["systems"] == N
    assert summary["sensitivity"]["2_7"]["time_lag"]["10_s"]["systems"] == 60
    assert len(pd.read_csv(tmp_path / "ensemble_outcomes.csv", comment="#")) == len(result.outcomes)


def test_a_period_by_keplers_third_law():
    assert ensemble.period_day(np.array([1.0, 0.02604]), np.array([1.0, 0.207 + 1.6e-4])) == pytest.approx([365.25, 3.37], rel=2e-3)


@pytest.mark.parametrize(("said", "threads"), [("", 3), ("7", 7), ("many", 3)])
def test_a_rerun_uses_the_threads_of_numba_or_the_cores_that_it_may_use(monkeypatch, said, threads):
    monkeypatch.setenv("NUMBA_NUM_THREADS", said)
    monkeypatch.setattr(ensemble, "usable_cores", lambda: 3)
    assert ensemble._threads() == threads
