"""The classifier: what must be recovered, what must not, what leaks, and what may not change the result."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from simulated_samples import sample, table

from analysis.config import OriginConfig
from analysis.population.origin import classifier
from analysis.population.origin import stage as origin
from analysis.population.origin.assess import assess

QUICK = OriginConfig(bootstrap_resamples=20, score_resamples=100, fold_repeats=2, penalty_factors=(), split_factors=())


def labelled(rows: pd.DataFrame, positive: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    full = sample(rows).table
    pool = full[full["is_candidate"]].reset_index(drop=True)
    by_id = dict(zip(rows["object_id"], positive, strict=True))
    return pool.assign(label=pool["object_id"].map(by_id).astype(float)), full[full["is_target"]]


@pytest.fixture(scope="module")
def noise():
    """Labels are a threshold in q, and nothing else has to do with q."""
    return origin.run(QUICK, sample(table(n_hosts=90, seed=4)))


def test_labels_from_a_feature_make_the_auroc_one_by_construction(noise):
    scores = noise.variants[noise.variants["row_set"] == "candidates"].set_index("variant")
    assert scores.loc["specified", "auroc"] > 0.99
    assert scores.loc["specified", "separation"] == "complete"
    for variant in ("without_mass_ratio", "method_alone", "without_mass_ratio_and_method"):
        # Below one half is no skill either: a held-out fold rich in one class has an intercept trained on fewer of it.
        assert scores.loc[variant, "auroc"] < 0.6 and scores.loc[variant, "auroc_low"] < 0.5, variant


def test_the_null_is_centred_and_the_intervals_hold_it():
    areas, hits = [], 0
    for seed in range(40):
        rows = table(n_hosts=70, seed=100 + seed)
        positive = np.random.default_rng(seed).random(len(rows)) < 0.3
        scores = assess(*labelled(rows, positive), "without_mass_ratio_and_method", "mean", QUICK).scores
        areas.append(scores["auroc"])
        hits += scores["auroc_low"] <= 0.5 <= scores["auroc_high"]
    assert abs(np.mean(areas) - 0.5) < 0.06
    assert hits >= 34


def test_the_generating_coefficients_are_recovered():
    rows = table(n_hosts=4000, seed=9, missing=0.0)
    rng = np.random.default_rng(0)
    logit = -1.0 + 1.5 * np.log10(rows["semimajor_axis_au"]) + 3.0 * rows["eccentricity"] - 2.0 * rows["metallicity"]
    pool, target = labelled(rows, rng.random(len(rows)) < 1 / (1 + np.exp(-logit.to_numpy())))
    fit = assess(pool, target, "without_mass_ratio_and_method", "mean", replace(QUICK, inverse_regularisation=1e6))
    raw = fit.coefficients.set_index("feature")["coefficient_raw"]
    for name, truth, slack in (("intercept", -1.0, 0.6), ("log_semimajor_axis", 1.5, 0.12), ("eccentricity", 3.0, 0.6), ("metallicity", -2.0, 0.5)):
        assert raw[name] == pytest.approx(truth, abs=slack), name
    assert abs(raw["log_host_mass"]) < 0.7
    assert fit.scores["separation"] == "none"


def test_the_fit_minimises_the_penalised_likelihood_and_its_export_reproduces_it():
    pool, target = labelled(table(n_hosts=60, seed=2), np.random.default_rng(1).random(len(table(n_hosts=60, seed=2))) < 0.4)
    fit = assess(pool, target, "without_mass_ratio", "mean", QUICK)
    export = fit.coefficients.set_index("feature")
    design = classifier.build_design(pool, "without_mass_ratio", "mean", tuple(sorted(pool["discovery_method"].unique())))
    means = export["training_mean"].to_numpy()[1:]
    filled = np.where(np.isnan(design.values), means, design.values)
    logit = export["coefficient_raw"].iloc[0] + filled @ export["coefficient_raw"].to_numpy()[1:]
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(fit.in_sample, rel=1e-9)
    numeric = filled[:, : design.n_numeric]
    standard = np.hstack([(numeric - numeric.mean(axis=0)) / numeric.std(axis=0), filled[:, design.n_numeric :]])
    sign = np.where(pool["label"].eq(1), 1.0, -1.0)

    def loss(b):
        return np.logaddexp(0, -sign * (b[0] + standard @ b[1:])).sum() + 0.5 * (b[1:] ** 2).sum() / QUICK.inverse_regularisation

    best = minimize(loss, np.zeros(standard.shape[1] + 1), method="BFGS", options={"gtol": 1e-8})
    assert export["coefficient_standardised"].to_numpy() == pytest.approx(best.x, abs=1e-4)


def test_no_host_is_in_two_folds_and_a_host_effect_gives_no_skill():
    rows = table(n_hosts=80, seed=6)
    by_host = dict(zip(sorted(rows["host_name"].unique()), np.random.default_rng(3).random(80) < 0.35, strict=True))
    positive = rows["host_name"].map(by_host).to_numpy()
    # Host mass identifies the host, so rows of one host in two folds would show as skill; by host there is none.
    pool, target = labelled(rows, positive)
    fit = assess(pool, target, "without_mass_ratio_and_method", "mean", QUICK)
    assert pd.Series(fit.fold).groupby(pool["host_name"].to_numpy()).nunique().max() == 1
    assert sorted(set(fit.fold)) == [0, 1, 2, 3, 4]
    assert fit.scores["auroc"] < 0.68


def test_row_order_changes_nothing(noise):
    rows = sample(table(n_hosts=90, seed=4))
    shuffled = rows.table.sample(frac=1, random_state=1)
    other = origin.run(QUICK, type(rows)(table=shuffled, uncorrected=shuffled, counts=rows.counts))
    pd.testing.assert_frame_equal(other.objects, noise.objects)
    pd.testing.assert_frame_equal(other.variants, noise.variants)
    pd.testing.assert_frame_equal(other.coefficients, noise.coefficients)


def test_held_out_rows_do_not_touch_their_model():
    pool, target = labelled(table(n_hosts=60, seed=2), np.arange(len(table(n_hosts=60, seed=2))) % 3 == 0)
    before = assess(pool, target, "without_mass_ratio", "mean", QUICK)
    held = before.fold == 2
    changed = pool.copy()
    changed.loc[held, ["eccentricity", "metallicity"]] = 0.9
    after = assess(changed, target, "without_mass_ratio", "mean", QUICK)
    # A fold's model learns imputation, scale and coefficients from the other folds: rows of other folds see the change, and only
    # through models that trained on it; undoing the change in the held-out rows alone restores their probabilities.
    restored = changed.copy()
    restored.loc[~held, ["eccentricity", "metallicity"]] = pool.loc[~held, ["eccentricity", "metallicity"]]
    methods = tuple(sorted(pool["discovery_method"].unique()))
    designs = [classifier.build_design(frame, "without_mass_ratio", "mean", methods) for frame in (pool, restored)]
    models = [classifier.out_of_fold(design, pool["label"].eq(1).to_numpy(), before.fold, 1.0)[1][2] for design in designs]
    assert np.array_equal(models[0].named_steps["logistic"].coef_, models[1].named_steps["logistic"].coef_)
    assert not np.allclose(before.probability[held], after.probability[held])


def test_the_target_is_never_trained_on(noise):
    rows = table(n_hosts=90, seed=4)
    sibling = rows.iloc[[0]].assign(object_id="NASA:TOI-6894 c", companion_name="TOI-6894 c", host_name="TOI-6894", mass_ratio=0.3)
    with_sibling = origin.run(QUICK, sample(pd.concat([rows, sibling], ignore_index=True)))
    without = noise
    assert "NASA:TOI-6894 c" not in set(with_sibling.objects["object_id"])
    pd.testing.assert_frame_equal(with_sibling.objects, without.objects)
    row = without.objects[without.objects["is_target"]].iloc[0]
    assert row["scored_out_of_fold"] and pd.isna(row["label"]) and np.isfinite(row["P_binary_like"])
    assert without.summary["target"]["probability"] == row["P_binary_like"]


@pytest.mark.parametrize(("shift", "expected"), [(0.0, "none"), (10.0, "complete")])
def test_separation_is_detected(shift, expected):
    rng = np.random.default_rng(5)
    positive = np.arange(40) < 15
    design = classifier.Design(np.column_stack([rng.normal(0, 1, 40) + shift * positive, rng.normal(0, 1, 40)]), ("x", "y"), 2)
    assert classifier.separation(design, positive) == expected


def test_quasi_complete_separation_is_told_from_complete():
    values = np.column_stack([np.random.default_rng(5).normal(0, 1, 40), (np.arange(40) < 6).astype(float)])
    positive = np.isin(np.arange(40), [0, 1, 2, 3, 4, 5, 20, 21, 30])  # the 0/1 column holds positives only, the rest overlap
    assert classifier.separation(classifier.Design(values, ("x", "method:A"), 1), positive) == "quasi-complete"


def test_missingness_that_follows_the_label_shows_as_skill_of_its_own():
    rows = table(n_hosts=150, seed=7, missing=0.0)
    rng = np.random.default_rng(1)
    rows.loc[(rows["mass_ratio"] > 0.01) & (rng.random(len(rows)) < 0.9), "eccentricity"] = np.nan
    result = origin.run(QUICK, sample(rows))
    skill = result.summary["missing_values"]["candidates"]
    assert skill["missingness_alone"]["specified"]["auroc"] > 0.85
    assert skill["mean_and_indicator"]["without_mass_ratio_and_method"]["auroc"] > 0.85
    assert skill["features_omitted"]["without_mass_ratio_and_method"]["auroc"] < 0.62


@pytest.mark.parametrize("n_hosts", [0, 1, 5])
def test_few_rows_give_a_reason_and_no_numbers(n_hosts):
    rows = table(n_hosts=5, seed=3)
    result = origin.run(QUICK, sample(rows[rows["host_name"].isin(sorted(rows["host_name"].unique())[:n_hosts])]))
    assert result.variants["auroc"].isna().all() and result.variants["reason"].str.contains("grouped folds need 5").all()
    assert result.objects["P_binary_like"].isna().all() and not result.objects["scored_out_of_fold"].any()
    assert len(result.coefficients) == 0
    assert result.summary["target"]["probability"] is None


def test_labels_from_a_file_replace_the_split(tmp_path):
    rows = table(n_hosts=80, seed=8)
    wide = rows[rows["semimajor_axis_au"] > 3].head(25)["companion_name"]
    close = rows[rows["semimajor_axis_au"] < 0.3].head(25)["companion_name"]
    lines = [f"{name},binary,imaged" for name in wide] + [f"{name},planet,disc" for name in close]
    path = tmp_path / "labels.csv"
    path.write_text("companion_name,label,reference\n" + "\n".join(lines) + "\n")
    result = origin.run(replace(QUICK, labels=str(path)), sample(rows))
    objects = result.objects.set_index("companion_name")
    assert (objects.loc[wide, "label"] == "binary-like").all() and (objects.loc[close, "label"] == "planet-like").all()
    assert objects["label"].notna().sum() == 50 and objects["P_binary_like"].notna().all()
    assert result.summary["labels"]["source"] == "file" and not result.summary["labels"]["defined_by_a_feature"]
    # The labels are a cut in a, so log a alone carries them: without q and method the skill stays perfect.
    scores = result.variants.set_index(["row_set", "variant"])["auroc"]
    assert scores["candidates", "without_mass_ratio_and_method"] > 0.97
    # Unlabelled companions of a labelled host take the model of the fold that held their host out.
    fold = objects[objects["fold"] >= 0].groupby("host_name")["fold"].nunique()
    assert fold.max() == 1
