"""The eccentricity stage: treatments of zeros and limits, bagging, invariance, few rows, and the known values of the sample."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.config import EccentricityConfig
from analysis.population.eccentricity import stage as eccentricity
from analysis.population.eccentricity.bagging import bag, summarise
from analysis.population.eccentricity.treatments import TREATMENTS, bounds, eccentricity_rows, insignificant, two_sample

CONFIG = EccentricityConfig()
QUICK = replace(CONFIG, bagging_resamples=20, permutations=200, power_draws=50)


def rows(*entries):
    """Rows from (kind, e, err_up, err_down, q, a)."""
    names = ["eccentricity_kind", "eccentricity", "eccentricity_err_up", "eccentricity_err_down", "mass_ratio", "semimajor_axis_au"]
    return pd.DataFrame(entries, columns=names)


ENTRIES = rows(
    ("measured", 0.3, 0.05, 0.04, 0.1, 1.0),
    ("measured", 0.05, 0.06, 0.03, 1e-4, 0.02),
    ("measured", 0.0, 0.1, 0.0, 1e-4, 0.02),
    ("upper_limit", 0.2, np.nan, np.nan, 1e-4, 0.02),
    ("assumed_zero", 0.0, np.nan, np.nan, 1e-4, 0.02),
    ("measured", 0.4, np.nan, np.nan, 1e-4, 0.2),
)


@pytest.mark.parametrize(
    ("treatment", "keep", "low", "high"),
    [
        ("as_given", [1, 1, 1, 1, 1, 1], [0.3, 0.05, 0, 0.2, 0, 0.4], [0.3, 0.05, 0, 0.2, 0, 0.4]),
        ("limits_excluded", [1, 1, 1, 0, 0, 1], [0.3, 0.05, 0, 0.2, 0, 0.4], [0.3, 0.05, 0, 0.2, 0, 0.4]),
        ("censored", [1, 1, 1, 1, 1, 1], [0.3, 0.05, 0, 0, 0, 0.4], [0.3, 0.05, 0.2, 0.2, 0.1, 0.4]),
        ("insignificant_censored", [1, 1, 1, 1, 1, 1], [0.3, 0, 0, 0, 0, 0.4], [0.3, 0.17, 0.2, 0.2, 0.1, 0.4]),
    ],
)
def test_treatments(treatment, keep, low, high):
    found = bounds(ENTRIES, treatment, CONFIG)
    assert found[0].tolist() == [bool(k) for k in keep]
    assert found[1] == pytest.approx(low) and found[2] == pytest.approx(high)


def test_significance_uses_the_downward_error():
    assert insignificant(ENTRIES, 2.45).tolist() == [False, True, False, False, False, False]
    assert insignificant(ENTRIES, 1.0).tolist() == [False] * 6


def test_known_values_of_the_frozen_sample(sample):
    table = SimpleNamespace(table=sample.uncorrected)
    result = eccentricity.run(QUICK, sample=table)
    tests = result.tests.set_index(["orbits", "treatment"])
    assert tests.loc[("all", "as_given"), ["n_low", "n_high"]].tolist() == [57, 7]
    assert tests.loc[("all", "as_given"), "ks_p"] == pytest.approx(3e-4, rel=0.1)
    assert tests.loc[("wide", "as_given"), ["n_low", "n_high"]].tolist() == [5, 6]
    assert tests.loc[("wide", "as_given"), "ks_p"] == pytest.approx(0.69, abs=0.005)
    assert tests.loc[("wide", "as_given"), "mw_p"] == pytest.approx(0.79, abs=0.005)
    low, high = (result.summary["all"]["subsets"][name] for name in ("low_q", "high_q"))
    assert high["values"] == pytest.approx([0.010, 0.202, 0.279, 0.345, 0.354, 0.533, 0.68])
    assert (low["exactly_zero"], low["assumed_zero"], low["upper_limit"], low["hosts"]) == (18, 17, 3, 29)
    assert low["median_a_au"] == pytest.approx(0.029, abs=5e-4)
    assert tests["ks_p"].xs("wide").min() > 0.3 and tests["ks_p"].xs("all").max() < 0.01


def test_fits_agree_with_scipy_and_the_tests_with_the_tables(sample):
    result = eccentricity.run(QUICK, sample=sample)
    used = eccentricity_rows(sample.table)
    high = used[used["mass_ratio"] > 0.01]["eccentricity"].to_numpy()
    fit = result.parameters.query("orbits == 'all' and treatment == 'as_given' and subset == 'high_q' and edge == 0.001").iloc[0]
    a, b, _, _ = stats.beta.fit(high, floc=0, fscale=1)
    assert (fit["alpha"], fit["beta"]) == pytest.approx((a, b), rel=1e-5)
    assert result.parameters["converged"].all()
    alone = two_sample(used, "as_given", 0.01, CONFIG)
    assert result.tests.iloc[0]["ks_p"] == alone["ks_p"] == stats.ks_2samp(high, used[used["mass_ratio"] <= 0.01]["eccentricity"]).pvalue


def test_edge_moves_the_low_q_fit_and_not_the_high_q_one(sample):
    table = eccentricity.run(QUICK, sample=sample).parameters
    chosen = table[(table["orbits"] == "all") & (table["treatment"] == "as_given")].sort_values("edge")
    assert chosen["edge"].unique().tolist() == [1e-4, 1e-3, 1e-2]
    low, high = (chosen[chosen["subset"] == name]["alpha"].to_numpy() for name in ("low_q", "high_q"))
    assert np.all(np.diff(low) > 0.05) and np.ptp(high) < 1e-9


def test_likelihood_ratio_adds_up(sample):
    """The ratio is that of three scipy fits: one to each subset, one to both."""
    result = eccentricity.run(QUICK, sample=sample)
    value = np.clip(result.rows["eccentricity"].to_numpy(), CONFIG.edge, 1 - CONFIG.edge)
    high = (result.rows["subset"] == "high_q").to_numpy()

    def top(values):
        a, b, _, _ = stats.beta.fit(values, floc=0, fscale=1)
        return stats.beta.logpdf(values, a, b).sum()

    expected = 2 * (top(value[high]) + top(value[~high]) - top(value))
    assert result.tests.iloc[0]["beta_ratio"] == pytest.approx(expected, abs=1e-5)
    assert result.tests.iloc[0]["beta_ratio_p"] == pytest.approx(np.exp(-expected / 2), rel=1e-4)  # chi-square with two degrees of freedom


def test_bagging_is_reproducible_nested_and_what_it_says():
    rng = np.random.default_rng(10)
    low, high = rng.beta(0.4, 4, 40), rng.beta(1, 2, 9)
    many, few = bag(low, high, replace(CONFIG, bagging_resamples=40)), bag(low, high, replace(CONFIG, bagging_resamples=15))
    pd.testing.assert_frame_equal(many.head(15), few)
    assert (many["n_low"] == 32).all() and (many["n_high"] == 7).all()
    draw = np.sort(np.random.default_rng([CONFIG.seed, 3]).choice(low, size=32, replace=False))
    assert len(np.unique(draw)) == 32  # without replacement
    a, b, _, _ = stats.beta.fit(np.clip(draw, 1e-3, 1 - 1e-3), floc=0, fscale=1)
    assert (many.loc[3, "alpha_low"], many.loc[3, "beta_low"]) == pytest.approx((a, b), rel=1e-4)
    summary = summarise(many)
    assert summary["columns"]["ks_p"]["quantile_0.5"] == pytest.approx(np.median(many["ks_p"]))
    assert summary["detection_rate"]["ks"] == np.mean(many["ks_p"] < 0.05)


def test_bagging_spread_is_below_the_sampling_error(sample):
    result = eccentricity.run(replace(QUICK, bagging_resamples=200), sample=sample)
    spread = np.log(result.bagging.query("orbits == 'all'")["alpha_low"]).std()
    fit = result.parameters.query("orbits == 'all' and treatment == 'as_given' and subset == 'low_q' and edge == 0.001").iloc[0]
    assert spread < 0.6 * fit["se_log_alpha"]  # 80 % without replacement: sqrt(1/4) of it


def test_row_order_does_not_matter(sample):
    shuffled = SimpleNamespace(table=sample.table.sample(frac=1, random_state=5))
    first, second = eccentricity.run(QUICK, sample=sample), eccentricity.run(QUICK, sample=shuffled)
    for name in ("parameters", "tests", "published", "bagging", "rows"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.summary == second.summary or str(first.summary) == str(second.summary)  # NaN differs from itself


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_few_high_q_rows(sample, keep):
    table = sample.table[sample.table["is_candidate"] & sample.table["eccentricity"].notna()]
    high = table[table["mass_ratio"] > 0.01].head(keep)
    few = pd.concat([table[table["mass_ratio"] <= 0.01].head(6), high])
    result = eccentricity.run(QUICK, sample=SimpleNamespace(table=few))
    assert (result.reason is None) == (keep == 2)
    assert result.parameters.query("subset == 'high_q'")["reason"].notna().all()
    assert len(result.bagging.query("orbits == 'all'")) == (20 if keep == 2 else 0)
    assert result.bagging_summary["all"]["resamples"] == (20 if keep == 2 else 0)


def test_no_rows_at_all(sample):
    result = eccentricity.run(QUICK, sample=SimpleNamespace(table=sample.table.head(0)))
    assert result.reason and result.summary["rows"] == 0 and result.tests["ks_p"].isna().all()


def test_the_target_is_never_among_the_rows(sample):
    result = eccentricity.run(QUICK, sample=sample)
    assert not result.rows["object_id"].str.startswith("TOI:").any()
    assert set(TREATMENTS) == set(result.tests["treatment"])
