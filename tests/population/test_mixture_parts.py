"""Weights of the mass range, host resamples, dip tests and splits of the mixture tests."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from diptest import diptest
from scipy.stats import norm

from analysis.config import EccentricityConfig, MixtureConfig
from analysis.population.eccentricity.treatments import eccentricity_rows, two_sample
from analysis.population.mixture.deconvolution import covariances, deconvolve, error_table
from analysis.population.mixture.em import fit_batch, responsibilities
from analysis.population.mixture.gaussian import fit_mixture
from analysis.population.mixture.hosts import component_intervals, host_counts, matched, probability_table, resample_hosts, resample_summary
from analysis.population.mixture.splits import band_count, dip, dip_one_per_host, dip_table, dip_with_errors, split_table
from analysis.population.mixture.stage import points_of
from analysis.population.mixture.weights import mass_range_probability, side_errors, variant_summary, variant_tables
from analysis.population.rows import population_rows

FLOOR = 1e-4


def masses(value, up, down):
    return pd.DataFrame({"host_mass_msun": value, "host_mass_msun_err_up": up, "host_mass_msun_err_down": down}, dtype=float)


def probability(value, up, down, filled=0.1):
    return mass_range_probability(masses(value, up, down), pd.DataFrame({"sigma_host": np.full(len(value), filled)}), 0.06, 0.2)


def test_probability_of_the_mass_range_by_hand():
    found = probability([0.12, 0.06, 0.2, 0.1, 0.1, 0.1], [0.001, 0.001, 0.001, 0.1, 0.1, np.nan], [0.001, 0.001, 0.001, 0.05, 0.2, np.nan])
    assert found[:3] == pytest.approx([1.0, 0.5, 0.5])
    assert found[3] == pytest.approx(norm.cdf(1) - norm.cdf(np.log10(0.6) / -np.log10(0.5)))  # 0.2 is one error above 0.1
    assert found[4] == pytest.approx(norm.cdf(1) - norm.cdf(np.log10(0.6) / np.log10(2)))  # a downward error through zero takes the other's
    assert found[5] == pytest.approx(norm.cdf(np.log10(2) / 0.1) - norm.cdf(np.log10(0.6) / 0.1))
    assert len(probability([], [], [])) == 0


def test_probability_against_draws_with_the_quoted_percentiles():
    z = np.random.default_rng(1).standard_normal(400_000)
    up, down = side_errors([0.15], [0.06], [0.04], [0.1])
    drawn = 0.15 * 10 ** np.where(z > 0, z * up, z * down)
    assert np.quantile(drawn, norm.cdf([-1, 0, 1])) == pytest.approx([0.11, 0.15, 0.21], rel=0.01)
    assert probability([0.15], [0.06], [0.04])[0] == pytest.approx(np.mean((drawn >= 0.06) & (drawn <= 0.2)), abs=0.003)


def test_variants_agree_with_the_references_on_the_frozen_sample(sample):
    rows = population_rows(sample.table)
    rows = rows[(rows["mass_kind"] != "upper_limit").to_numpy(dtype=bool)]
    points, errors = points_of(rows), covariances(error_table(rows, 0.98, 0.1))
    keep, weights = np.ones(len(rows), dtype=bool), np.random.default_rng(1).uniform(0.3, 1, len(rows))
    fits, components, found = variant_tables(points, {"plain": (keep, None, None), "errors": (keep, None, errors), "weighted": (keep, weights, errors)}, 2, 20, FLOOR, 10, 1)
    astroml = deconvolve(points, errors, MixtureConfig(deconvolution_components=2, deconvolution_restarts=4))[0]
    table = fits.set_index(["variant", "k"])
    for fit in astroml:
        assert table.loc[("errors", fit["k"]), "log_likelihood"] == pytest.approx(fit["log_likelihood"], abs=0.01)
        assert found["errors"][fit["k"] - 1].means[0] == pytest.approx(fit["means"], abs=0.01)
        assert found["errors"][fit["k"] - 1].covariances[0] == pytest.approx(fit["covariances"], abs=0.01)
    assert table.loc[("plain", 2), "bic"] == pytest.approx(fit_mixture(points, 2, 10, FLOOR, 1).bic, abs=0.01)
    assert table.loc[("weighted", 2), "effective_rows"] == pytest.approx(weights.sum())
    assert table.loc[("weighted", 2), "bic"] == pytest.approx(11 * np.log(weights.sum()) - 2 * table.loc[("weighted", 2), "log_likelihood"])
    assert len(components) == 9 and fits["converged"].all()
    summary = variant_summary(fits)
    assert summary["plain"]["delta_bic_1_2"] == pytest.approx(table.loc[("plain", 1), "bic"] - table.loc[("plain", 2), "bic"]) and summary["plain"]["delta_bic_2_3"] is None


def two_groups(seed, per_group=60):
    """Companions of hosts with one to three of them: (points, hosts, group)."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 2, 3], 2 * per_group, p=[0.7, 0.2, 0.1])
    group = np.repeat(np.repeat([0, 1], per_group), sizes)
    points = np.where(group[:, None] == 0, [-4.4, -1.6], [-2.0, 0.3]) + rng.normal(0, [0.5, 0.3], (len(group), 2))
    return points, np.repeat([f"host {i:03d}" for i in range(2 * per_group)], sizes), group


def test_host_counts_draw_whole_hosts():
    hosts = np.array(["c", "a", "b", "a", "c", "c"])
    counts = host_counts(hosts, 4000, 1)
    assert (counts[:, 1] == counts[:, 3]).all() and (counts[:, 0] == counts[:, 4]).all()
    assert (counts[:, [0, 1, 2]].sum(axis=1) == 3).all() and counts.mean(axis=0) == pytest.approx(np.ones(6), abs=0.05)
    assert (host_counts(hosts, 5, 1) == counts[:5]).all() and host_counts(hosts[:0], 5, 1).shape == (5, 0)


def test_components_are_matched_whatever_their_order():
    shares = np.random.default_rng(1).dirichlet([0.2, 0.2, 0.2], 50)
    orders = np.array([[0, 1, 2], [2, 0, 1], [1, 0, 2]])
    shuffled = np.stack([shares[:, np.argsort(order)] for order in orders])
    assert (matched(shares, shuffled) == orders).all()


def test_intervals_cover_the_truth_and_probabilities_are_firm_where_groups_are_apart():
    covered = []
    for seed in range(12):
        points, hosts, group = two_groups(seed)
        found = resample_hosts(points, hosts, 2, 100, 3, FLOOR, 10, 5.0, 1)
        table = component_intervals(found).set_index(["k", "component", "quantity"])
        for component, truth in ((1, (-4.4, -1.6)), (2, (-2.0, 0.3))):
            for name, value in zip(("mean_log_q", "mean_log_a"), truth, strict=True):
                row = table.loc[(2, component, name)]
                covered.append(row["low"] <= value <= row["high"])
    assert np.mean(covered) > 0.85
    summary = resample_summary(found)
    assert summary["best_k_share"]["2"] > 0.95 and summary["best_k_data"] == 2 and summary["delta_bic"]["1_2"]["low"] > 0
    rows = pd.DataFrame({"object_id": [*map(str, range(len(points))), "outsider"]})
    scored = probability_table(found, rows, np.vstack([points, [[-3.2, -0.65]]]), (2, 3))
    assert "label_k3" not in scored and (scored["label_k2"].to_numpy()[:-1] == group + 1).mean() > 0.98
    inside = scored.iloc[np.flatnonzero((points[:, 0] < -4.4) & (points[:, 1] < -1.6))]
    assert (inside["probability_k2_1_low"] > 0.95).all() and (inside["same_label_k2"] == 1).all()
    outsider = scored.iloc[-1]
    assert outsider["probability_k2_1_high"] - outsider["probability_k2_1_low"] > 0.1
    assert scored["probability_k2_1"].to_numpy() == pytest.approx(responsibilities(fit_batch(points, 2, 3, FLOOR, 1), np.vstack([points, [[-3.2, -0.65]]]))[0, :, 0], abs=1e-3)


def test_dip_agrees_with_its_table_and_finds_a_valley():
    rng = np.random.default_rng(1)
    one, two = rng.normal(0, 1, 80), np.concatenate([rng.normal(-2, 0.5, 40), rng.normal(2, 0.5, 40)])
    statistic, p, error = dip(one, 4000, 1)
    assert (statistic, p) == (pytest.approx(diptest(one)[0]), pytest.approx(diptest(one)[1], abs=0.03)) and error == pytest.approx(np.sqrt(p * (1 - p) / 4001))
    assert dip(two, 999, 1)[1] == 0.001
    assert np.isnan(dip(one[:9], 99, 1)).all()
    flat = np.array([dip(row, 99, 1)[1] for row in np.random.default_rng(2).random((200, 40))])
    assert np.mean(flat <= 0.05) == pytest.approx(0.05, abs=0.05) and np.mean(flat) == pytest.approx(0.5, abs=0.08)


def test_dip_of_one_row_per_host_and_with_errors():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 40)
    single = dip_one_per_host(values, np.arange(40).astype(str), 20, 1)
    assert single["p_low"] == single["p_high"] == single["p_median"] and single["p"] == min(1.0, 2 * single["p_median"])
    crowd = np.concatenate([values, np.full(60, 5.0) + rng.normal(0, 0.01, 60)])  # sixty companions of one star make a second peak
    hosts = np.concatenate([np.arange(40).astype(str), np.full(60, "crowd")])
    assert dip(crowd, 999, 1)[1] < 0.01
    assert dip_one_per_host(crowd, hosts, 20, 1)["p"] > 0.3
    valley = np.concatenate([rng.normal(-1, 0.3, 60), rng.normal(1, 0.3, 60)])
    sharp, blurred = (dip_with_errors(valley, np.full(120, sigma), 50, 1) for sigma in (0.05, 1.5))
    assert sharp["share_below_0.05"] == 1 and blurred["p_median"] > 0.1
    rows = pd.DataFrame({"log_mass_ratio": crowd, "host_name": hosts})
    table = dip_table(rows, np.full(100, 0.1), {"all": np.ones(100, dtype=bool), "few": np.arange(100) < 5}, 99, 10, 1)
    assert table["reason"].tolist()[1] == "5 rows; a dip test needs 10" and np.isnan(table["p"].iloc[1]) and table["reason"].isna().tolist()[0]


def test_rows_inside_a_band_by_hand():
    found = band_count(np.log10([0.01, 0.03, 0.05, 0.06]), np.log10([[0.03, 0.03], [0.1, 0.1], [0.04, 0.2]]), 0.02, 0.05)
    assert found["observed"] == 2 and found["expected"] == 1.0 and found["p"] == 1.0
    assert band_count(np.log10([0.01, 0.03]), np.log10([[0.03, 0.03], [0.1, 0.1], [0.04, 0.04]]), 0.02, 0.05)["p"] == 0.5


def test_splits_by_hand(sample):
    rows = pd.DataFrame({"log_mass_ratio": np.log10([0.001, 0.002, 0.008, 0.02, 0.1]), "discovery_method": ["Transit", "Transit", "Microlensing", "Microlensing", "Imaging"]})
    empty = eccentricity_rows(sample.table).head(0)
    result = split_table(empty, rows, np.array([False, False, True, True, True]), np.array([0.01]), ("Transit", "Microlensing"), 0.2, EccentricityConfig()).iloc[0]
    assert (result["high"], result["low"], result["high_Microlensing"], result["low_Transit"]) == (2, 3, 1, 2)
    assert result["predicted_from_method"] == 0.8 and result["guess"] == 0.6 and result["same_as_component"] == 0.8
    assert result["gap_dex"] == pytest.approx(np.log10(2.5)) and result["near"] == 1 and np.isnan(result["ks_p"])
    full = split_table(sample.table, population_rows(sample.table), None, np.array([0.003, 0.01]), ("Imaging",), 0.1, EccentricityConfig())
    known = eccentricity_rows(sample.table)
    assert full["ks_p"].tolist() == [two_sample(known, "as_given", q, EccentricityConfig())["ks_p"] for q in (0.003, 0.01)]
    assert full["same_as_component"].isna().all() and (full["high"] + full["low"] == len(population_rows(sample.table))).all()


def test_no_rows_give_empty_results():
    nothing = resample_hosts(np.zeros((0, 2)), np.zeros(0, dtype=str), 3, 5, 2, FLOOR, 10, 5.0, 1)
    assert resample_summary(nothing)["best_k_share"] is None and component_intervals(nothing).empty
    assert list(probability_table(nothing, pd.DataFrame({"object_id": ["x"]}), np.zeros((1, 2)), (2,)).columns) == ["object_id"]
    assert SimpleNamespace(**dip_one_per_host(np.zeros(0), np.zeros(0, dtype=str), 5, 1)).p != 0
