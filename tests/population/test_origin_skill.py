"""Skill of the origin classifier: exactness of the null, oracles, recovery, what must not leak, and what too few rows give."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import fisher_exact
from simulated_samples import sample, table
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from analysis.config import OriginConfig, OriginSkillConfig
from analysis.errors import InputError
from analysis.population.host_units import host_folds, host_units, permuted_labels
from analysis.population.origin import classifier, concordance, logistic, nested
from analysis.population.origin import skill as origin_skill
from analysis.population.origin.checks import checks
from analysis.population.origin.conditional_skill import CONDITIONAL, OVERALL, skill
from analysis.population.origin.data import features_of, labelled_rows, pool_of
from analysis.population.origin.host_probability import firth_coefficients, host_probabilities
from analysis.population.origin.nested import Features
from analysis.population.origin.reliability import brier_scores, reliability_table

QUICK = OriginSkillConfig(
    fold_repeats=2, permutations=39, other_permutations=19, nested_repeats=1, nested_permutations=9, inner_folds=2, resamples=50, penalties=(0.1, 1.0)
)
ORIGIN = OriginConfig(split_factors=(0.3,))


def structure(seed=1, n_hosts=60):
    rows = table(n_hosts=n_hosts, seed=seed)
    return rows, host_units(rows["host_name"].to_numpy(str), rows["discovery_method"].to_numpy(str))


def test_folds_keep_hosts_together_and_shapes_balanced_without_seeing_labels():
    rows, units = structure()
    fold = host_folds(units, 5, [1, 2])
    assert pd.Series(fold).groupby(rows["host_name"].to_numpy()).nunique().max() == 1
    for block in units.blocks:
        counts = np.bincount(fold[block[:, 0]], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert not np.array_equal(fold, host_folds(units, 5, [1, 3]))


def test_relabellings_exchange_whole_hosts_of_one_shape_and_keep_their_prefix():
    _, units = structure()
    labels = np.random.default_rng(0).random(len(units.host)) < 0.4
    copies = permuted_labels(units, labels, 30, [7])
    assert np.array_equal(copies[0], labels) and np.array_equal(copies[:11], permuted_labels(units, labels, 10, [7]))
    for copy in copies:
        for block in units.blocks:
            assert sorted(map(tuple, copy[block])) == sorted(map(tuple, labels[block]))
    assert len({copy.tobytes() for copy in copies}) > 25


def test_area_is_the_auroc_of_each_set_weighted_by_its_pairs():
    rng = np.random.default_rng(2)
    scores, labels, fold, group = rng.integers(0, 6, (2, 3, 40)).astype(float), rng.random((3, 40)) < 0.4, rng.integers(0, 2, (2, 40)), rng.integers(0, 2, 40)
    sets = concordance.compared_pairs(fold, group)
    found = concordance.area(scores, labels, sets)
    for k in range(3):
        wins = pairs = 0.0
        for repeat in range(2):
            for f in range(2):
                for g in range(2):
                    own = (fold[repeat] == f) & (group == g)
                    count = labels[k, own].sum() * (~labels[k, own]).sum()
                    if count:
                        wins, pairs = wins + count * roc_auc_score(labels[k, own], scores[repeat, k, own]), pairs + count
        assert found[k] == pytest.approx(wins / pairs)
        table_wins, table_pairs = concordance.pair_table(scores[:, k], labels[k], sets)
        assert (table_wins.sum(), table_pairs.sum()) == pytest.approx((wins, pairs))


def test_the_jackknife_is_delong_where_every_host_has_one_row():
    rng = np.random.default_rng(3)
    labels = np.arange(120) < 40
    scores = rng.normal(size=120) + labels
    wins, pairs = concordance.pair_table(scores[None], labels, [(0, np.arange(120))])
    estimate, low, high = concordance.host_interval(wins, pairs, np.arange(120))
    placed = wins[np.ix_(labels, ~labels)]
    delong = np.sqrt(placed.mean(axis=1).var(ddof=1) / 40 + placed.mean(axis=0).var(ddof=1) / 80)
    width = np.log(high / (1 - high)) - np.log(low / (1 - low))
    assert estimate == pytest.approx(roc_auc_score(labels, scores))
    assert width == pytest.approx(2 * 2.0 * delong / (estimate * (1 - estimate)), rel=0.04)


def test_rows_of_one_host_widen_the_interval_and_copies_of_a_host_add_nothing():
    rng = np.random.default_rng(4)
    labels = np.arange(60) < 20
    scores = rng.normal(size=60) + labels
    once = concordance.host_interval(*concordance.pair_table(scores[None], labels, [(0, np.arange(60))]), np.arange(60))
    twice, both = np.repeat(scores, 2), np.repeat(labels, 2)
    doubled = concordance.host_interval(*concordance.pair_table(twice[None], both, [(0, np.arange(120))]), np.repeat(np.arange(60), 2))
    assert doubled == pytest.approx(once)


def test_perfect_separation_has_no_jackknife_interval_and_no_pairs_no_estimate():
    labels = np.arange(20) < 8
    perfect = concordance.host_interval(*concordance.pair_table(labels.astype(float)[None], labels, [(0, np.arange(20))]), np.arange(20))
    assert perfect[0] == 1 and np.isnan(perfect[1:]).all()
    assert np.isnan(concordance.host_interval(np.zeros((4, 4)), np.zeros((4, 4)), np.arange(4))).all()


def test_out_of_fold_scores_are_those_of_the_specified_classifier():
    rows, units = structure(seed=5)
    full = sample(rows).table
    pool = pool_of(full)
    labels = np.random.default_rng(1).random(len(pool)) < 0.4
    methods = tuple(sorted(set(pool["discovery_method"])))
    features, _ = features_of(pool, "without_mass_ratio", methods)
    fold = host_folds(units, 5, [3])
    found = nested.fixed_scores(features, labels[None], fold[None], 1.0)[0, 0]
    design = classifier.build_design(pool, "without_mass_ratio", "mean", methods)
    oracle = classifier.out_of_fold(design, labels, fold, 1.0)[0]
    assert 1 / (1 + np.exp(-found)) == pytest.approx(oracle, abs=1e-6)


def test_the_nested_choice_is_that_of_loops_over_scikit_learn():
    rows, units = structure(seed=6, n_hosts=40)
    values = np.random.default_rng(0).normal(size=(len(rows), 3))
    labels = np.random.default_rng(1).random(len(rows)) < 1 / (1 + np.exp(-2 * values[:, 0]))
    fold, grid = host_folds(units, 4, [1]), (0.01, 0.1, 1.0, 10.0)
    scores, chosen = nested.nested_scores(Features(values, 3), labels[None], units, fold[None], grid, 3, [9])
    inside = host_folds(units, 3, [9, 0])
    for f in range(4):
        outer = fold != f
        losses = []
        for c in grid:
            loss = 0.0
            for g in range(3):
                used = outer & (inside != g)
                x = logistic.standardise(values, 3, used[None])[0]
                held = outer & ~used
                p = LogisticRegression(C=c, tol=1e-10, max_iter=5000).fit(x[used], labels[used]).predict_proba(x[held])[:, 1]
                loss += log_loss(labels[held], p, normalize=False, labels=[False, True])
            losses.append(loss)
        best = grid[int(np.argmin(losses))]
        assert 10 ** chosen[0, 0, f] == pytest.approx(best)
        x = logistic.standardise(values, 3, outer[None])[0]
        model = LogisticRegression(C=best, tol=1e-10, max_iter=5000).fit(x[outer], labels[outer])
        assert scores[0, 0, ~outer] == pytest.approx(model.decision_function(x[~outer]), abs=1e-6)


def test_the_null_is_exact_and_the_interval_covers_one_half():
    p, covered = [], 0
    config = replace(QUICK, fold_repeats=2)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        rows, units = structure(seed=2, n_hosts=50)
        # Prevalence differs by method, so that telling methods apart is worth something overall and nothing within.
        share = pd.Series({"Transit": 0.1, "Radial Velocity": 0.4, "Microlensing": 0.8})[rows["discovery_method"]].to_numpy()
        labels = rng.random(len(rows)) < share
        x = rng.normal(size=(len(rows), 2)) + 3 * share[:, None]
        found = skill(Features(x, 2), labels, units, config, 5, 1.0, 19)[CONDITIONAL]
        p.append(found.p)
        covered += found.low <= 0.5 <= found.high
    assert np.mean(np.array(p) <= 0.05) <= 0.11  # binomial(150, 0.05): above with probability 0.002
    assert 0.43 < np.mean(p) < 0.62
    assert covered >= 130


def test_skill_from_method_alone_is_seen_overall_and_not_within_method():
    rows, units = structure(seed=3, n_hosts=80)
    share = pd.Series({"Transit": 0.05, "Radial Velocity": 0.5, "Microlensing": 0.95})[rows["discovery_method"]].to_numpy()
    labels = np.random.default_rng(0).random(len(rows)) < share
    x = (share + np.random.default_rng(1).normal(0, 0.1, len(rows)))[:, None]
    loose = host_units(rows["host_name"].to_numpy(str), rows["discovery_method"].to_numpy(str), within_method=False)
    overall = skill(Features(x, 1), labels, units, QUICK, 5, 1.0, 99, (OVERALL,), loose)[OVERALL]
    within = skill(Features(x, 1), labels, units, QUICK, 5, 1.0, 99)[CONDITIONAL]
    assert overall.estimate > 0.85 and overall.p == 0.01
    assert within.p > 0.05 and within.low < 0.5 < within.high
    assert 0.3 < np.nanmean(overall.null) < 0.6  # labels exchanged among all hosts: no method prevalence left to learn


def test_a_real_association_within_method_is_found_and_more_relabellings_keep_the_first():
    rows, units = structure(seed=3, n_hosts=80)
    x = np.random.default_rng(1).normal(size=(len(rows), 1))
    labels = x[:, 0] + np.random.default_rng(2).normal(0, 0.5, len(rows)) > 0.5
    short, long = (skill(Features(x, 1), labels, units, QUICK, 5, 1.0, b)[CONDITIONAL] for b in (19, 59))
    assert short.p == 0.05 and long.p == pytest.approx(1 / 60) and long.low > 0.7
    assert np.array_equal(long.null[:19], short.null)


def test_probabilities_never_use_their_own_host():
    rows, units = structure(seed=4)
    x = Features(np.random.default_rng(0).normal(size=(len(rows), 2)), 2)
    labels = (np.random.default_rng(1).random(len(rows)) < 0.4).astype(float)
    everyone = np.ones(len(rows), bool)
    before = host_probabilities(x, labels, units.host, 10.0, everyone)
    own = units.host == units.host[np.flatnonzero(labels == 1)[0]]
    after = host_probabilities(x, np.where(own, 1 - labels, labels), units.host, 10.0, everyone)
    assert np.array_equal(before.value[own], after.value[own]) and not np.array_equal(before.value[~own], after.value[~own])
    assert ((before.low < before.value) & (before.value < before.high)).all()


def test_probability_and_interval_are_those_of_a_generalised_linear_model_when_the_prior_is_wide():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(121, 2))
    labels = (rng.random(121) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    labels[-1] = np.nan
    found = host_probabilities(Features(x, 2), labels, np.arange(121), 1e9, np.arange(121) == 120)
    z = (x - x[:120].mean(axis=0)) / x[:120].std(axis=0)
    fitted = sm.Logit(labels[:120], sm.add_constant(z[:120])).fit(disp=0)
    oracle = fitted.get_prediction(np.r_[1.0, z[120]][None])
    assert found.value[120] == pytest.approx(oracle.predicted[0], abs=1e-6)
    row = np.r_[1.0, z[120]]
    error = np.sqrt(row @ fitted.cov_params() @ row)
    assert np.log(found.high[120] / (1 - found.high[120])) == pytest.approx(row @ fitted.params + 1.959964 * error, abs=1e-5)


def test_a_host_counts_once_however_many_rows_it_has():
    x = np.random.default_rng(0).normal(size=(30, 2))
    labels = (np.arange(30) % 3 == 0).astype(float)
    twice = np.repeat(np.arange(30), 2)
    probe = np.zeros((1, 2))
    single = host_probabilities(Features(np.vstack([x, probe]), 2), np.r_[labels, np.nan], np.arange(31), 10.0, np.arange(31) == 30)
    double = host_probabilities(Features(np.vstack([x[twice], probe]), 2), np.r_[labels[twice], np.nan], np.r_[twice, 30], 10.0, np.arange(61) == 60)
    assert (double.low[60], double.high[60]) == pytest.approx((single.low[30], single.high[30]))


def test_firth_of_a_two_by_two_table_adds_one_half_to_every_cell():
    x, y = np.repeat([0.0, 1.0], 10)[:, None], np.r_[np.zeros(10, bool), np.arange(10) < 4]
    found = firth_coefficients(Features(x, 0), ("method:A",), y, np.arange(20), 1.0).set_index("feature")
    assert found.loc["method:A", "firth"] == pytest.approx(np.log(4.5 / 6.5) - np.log(0.5 / 10.5), abs=1e-3)
    assert found.loc["method:A", "firth_low"] > 0  # no method:A row is needed in the empty cell for a finite bound
    assert found.loc["method:A", "l2"] == pytest.approx(LogisticRegression(C=1.0, tol=1e-10).fit(x, y).coef_[0, 0], abs=1e-5)


def test_a_redundant_method_column_is_left_out_of_firth():
    y = np.random.default_rng(0).random(40) < 0.5
    first = np.arange(40) % 2 == 0
    found = firth_coefficients(Features(np.column_stack([first, ~first]).astype(float), 0), ("method:A", "method:B"), y, np.arange(40), 1.0)
    assert found.set_index("feature")["firth"].isna().to_dict() == {"intercept": False, "method:A": False, "method:B": True}


def test_brier_parts_add_up_and_calibrated_probabilities_have_slope_one():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.98, 6000)
    y = rng.random(6000) < p
    edges = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)
    found = brier_scores(p, y, np.arange(6000), np.full(6000, y.mean()), edges, 100, [1])
    assert found["brier"] == pytest.approx(brier_score_loss(y, p))
    assert found["reliability"] - found["resolution"] + found["uncertainty"] + found["within_bin"] == pytest.approx(found["brier"])
    assert found["calibration_slope"] == pytest.approx(1, abs=0.08) and found["calibration_intercept"] == pytest.approx(0, abs=0.1)
    assert found["skill_over_method_alone"] == pytest.approx(found["skill_over_prevalence"])
    assert found["skill_over_prevalence_low"] < found["skill_over_prevalence"] < found["skill_over_prevalence_high"]
    bins = reliability_table(p, y, np.arange(6000), edges)
    assert bins["n_rows"].sum() == 6000 and ((bins["observed_low"] < bins["mean_predicted"]) & (bins["mean_predicted"] < bins["observed_high"])).sum() >= 4


def test_bins_hold_their_edges_and_empty_bins_say_nothing():
    bins = reliability_table(np.array([0.0, 0.05, 1.0]), np.array([False, False, True]), np.arange(3), (0.0, 0.05, 0.5, 1.0))
    assert bins["n_rows"].tolist() == [1, 1, 1] and bins["observed_low"].tolist()[0] == 0 and bins["observed_high"].tolist()[2] == 1
    assert np.isnan(reliability_table(np.array([0.9]), np.array([True]), np.zeros(1, int), (0.0, 0.5, 1.0))["observed_share"].iloc[0])


def test_checks_find_leakage_separation_and_informative_missing_values():
    rows, _ = structure(seed=8, n_hosts=90)
    pool = pool_of(sample(rows).table)
    labels = (pool["mass_ratio"] > 0.01).to_numpy()
    pool.loc[labels, "eccentricity"] = np.nan
    own = labelled_rows(pool, labels.astype(float))
    found = checks(own.table, own.labels, own.units, own.methods)
    assert found["leakage"]["labels_are_a_function_of"] == ["log_mass_ratio"] and found["leakage"]["mass_ratio_shares_host_mass"]
    assert found["separation"]["variants"]["specified"] == {"kind": "complete", "by_one_feature": ["log_mass_ratio"]}
    missing = found["missingness"]["features"]["eccentricity"]
    assert missing["missing_binary_like"] == missing["of_binary_like"] == labels.sum() and missing["auroc"] > 0.6
    hosts = pool.assign(label=labels).groupby("host_name").agg(binary=("label", "any"), present=("eccentricity", "count"))
    cells = pd.crosstab(hosts["binary"], hosts["present"] == 0).reindex(index=[True, False], columns=[True, False], fill_value=0)
    assert missing["fisher_p"] == pytest.approx(fisher_exact(cells.to_numpy()).pvalue)
    assert "eccentricity" in found["missingness"]["informative"]


def test_labels_unrelated_to_anything_raise_no_alarm():
    rows, _ = structure(seed=8, n_hosts=90)
    pool = pool_of(sample(rows).table)
    own = labelled_rows(pool, (np.random.default_rng(11).random(len(pool)) < 0.4).astype(float))
    found = checks(own.table, own.labels, own.units, own.methods)
    assert not found["leakage"]["detected"] and not found["separation"]["detected"] and not found["missingness"]["detected"]


@pytest.fixture(scope="module")
def result():
    return origin_skill.run(QUICK, sample(table(n_hosts=70, seed=4)), origin_config=ORIGIN)


def test_the_summary_is_plain_json_with_the_blocks_of_both_claims(result):
    json.dumps(result.summary, allow_nan=False)
    keys = {"estimand", "test", "estimate", "low", "high", "p", "p_error", "n", "power", "passes", "reason"}
    assert keys <= set(result.summary["claim"]) and keys <= set(result.summary["target_claim"])
    assert result.summary["claim"]["p"] is not None and len(result.summary["claim"]["passes"]) == 9
    assert not result.summary["anchors"]["identifiable"] and result.summary["target"]["models"]["anchors"]["probability"] is None
    assert set(result.summary["target_claim"]["models"]) == {"without_mass_ratio", "method_alone", "without_mass_ratio_and_method"}


def test_row_order_changes_nothing(result):
    rows = sample(table(n_hosts=70, seed=4))
    shuffled = rows.table.sample(frac=1, random_state=1)
    other = origin_skill.run(QUICK, type(rows)(table=shuffled, uncorrected=shuffled, counts=rows.counts), origin_config=ORIGIN)
    assert other.summary == result.summary
    pd.testing.assert_frame_equal(other.probabilities, result.probabilities)
    pd.testing.assert_frame_equal(other.variants, result.variants)


def test_the_target_scores_itself_and_nothing_else(result):
    rows = sample(table(n_hosts=70, seed=4))
    moved = rows.table.copy()
    moved.loc[moved["is_target"], "log_semimajor_axis"] = 2.0
    pool, target = pool_of(moved), moved[moved["is_target"]]
    label = (pool["mass_ratio"] > 0.01).astype(float)
    found, _ = origin_skill._probabilities(pool, target, label, None, QUICK, None, False)
    both = found.merge(result.probabilities, on="object_id", suffixes=("", "_before"))
    same = np.isclose(both["P_without_mass_ratio_and_method"], both["P_without_mass_ratio_and_method_before"], atol=1e-12)
    assert same[~both["is_target"]].all() and not same[both["is_target"]].any()


@pytest.mark.parametrize("n_hosts", [0, 3])
def test_too_few_rows_give_a_reason_and_no_exception(n_hosts):
    rows = sample(table(n_hosts=70, seed=4))
    kept = rows.table[rows.table["host_name"].isin([f"Host {k:03d}" for k in range(n_hosts)]) | rows.table["is_target"]]
    found = origin_skill.run(QUICK, type(rows)(table=kept, uncorrected=kept, counts=rows.counts), origin_config=ORIGIN)
    assert found.summary["claim"]["p"] is None and "needed" in found.summary["anchors"]["reason"]
    assert "folds need 5 of each" in found.summary["claim"]["reason"]
    assert set(found.summary["claim"]["passes"].values()) == {None}
    json.dumps(found.summary, allow_nan=False)


def test_a_file_of_labels_replaces_fallback_and_anchors(tmp_path):
    rows = sample(table(n_hosts=70, seed=4))
    hosts = rows.table.loc[~rows.table["is_target"]].drop_duplicates("host_name")
    chosen = hosts.assign(label=np.where(np.arange(len(hosts)) % 2 == 0, "binary", "planet"), reference="simulated")
    path = tmp_path / "labels.csv"
    chosen[["companion_name", "label", "reference"]].to_csv(path, index=False)
    found = origin_skill.run(QUICK, rows, origin_config=replace(ORIGIN, labels=str(path)))
    assert found.summary["labels"] == {"source": "file", "file": "labels.csv", "defined_by_a_feature": False, "mass_ratio_split": None}
    assert found.summary["anchors"]["identifiable"] and found.summary["rows"]["n"] == len(hosts)
    assert "split_0_003" not in found.summary["claim"]["passes"] and found.summary["target_claim"]["reason"] is None
    assert set(found.summary["target_claim"]["models"]) == {*classifier.VARIANTS, "anchors"}
    bad = chosen[["companion_name", "label", "reference"]].replace(hosts["companion_name"].iloc[0], "Nobody b")
    bad.to_csv(path, index=False)
    with pytest.raises(InputError, match="Nobody b"):
        origin_skill.run(QUICK, rows, origin_config=replace(ORIGIN, labels=str(path)))
