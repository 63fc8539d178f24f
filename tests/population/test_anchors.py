"""Anchors: what the file must hold, that its names exist, and that its definition is no feature; overlap diagnostics."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from simulated_samples import table

from analysis.errors import InputError
from analysis.population.origin.anchors import anchor_table, read_anchors
from analysis.population.origin.data import labelled_rows, pool_of
from analysis.population.origin.labels import name_key
from analysis.population.origin.overlap import feature_overlap, overlap_summary
from analysis.population.origin.skill import ANCHORS

FEATURES = ("mass ratio", "semi-major axis", "eccentric", "host mass", "metallicity", "microlensing", "imaged", "[Fe/H]")


def write(path, lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_anchor_is_a_candidate_of_the_frozen_sample_with_reference_reason_and_a_criterion_that_is_no_feature(sample):
    anchors = read_anchors(ANCHORS)
    names = set(pool_of(sample.table)["companion_name"].map(name_key))
    assert set(anchors["companion_name"].map(name_key)) <= names
    assert not anchors["companion_name"].str.contains("TOI-6894").any()
    assert anchors["reference"].str.contains(r"\d{4}").all() and (anchors["reason"].str.len() > 20).all()
    for text in pd.concat([anchors["criterion"], anchors["reason"]]):
        assert not any(word in text for word in FEATURES), text


def test_companions_of_one_anchor_host_share_their_label(sample):
    anchors = read_anchors(ANCHORS)
    used = anchor_table(anchors, pool_of(sample.table), None, pd.Series(["TOI-6894 b"]), ANCHORS)
    assert used["in_sample"].all() and used.groupby("host_name")["label"].nunique().max() == 1


@pytest.mark.parametrize(("row", "word"), [("A b,planet,,Ref 2020,why not", "criterion"), ("A b,planet,chain,Ref 2020,", "reason")])
def test_an_anchor_without_criterion_or_reason_is_refused(tmp_path, row, word):
    path = write(tmp_path / "a.csv", ["companion_name,label,criterion,reference,reason", row, "B b,binary,triple,Ref 2021,because"])
    with pytest.raises(InputError, match=word):
        read_anchors(path)
    assert read_anchors(path, needed=False)[word].isna().any()


def test_a_plain_file_of_labels_serves_as_anchors_when_asked_for(tmp_path):
    path = write(tmp_path / "a.csv", ["companion_name,label,reference", "A b,1,x", "B b,0,y"])
    found = read_anchors(path, needed=False)
    assert found["label"].tolist() == [1.0, 0.0] and found["criterion"].isna().all()
    with pytest.raises(InputError, match="criterion"):
        read_anchors(path)


def test_anchors_outside_the_sample_are_kept_and_said_to_be_so(tmp_path):
    path = write(tmp_path / "a.csv", ["companion_name,label,reference", "Host 001 b,1,x", "Nobody b,0,y"])
    pool = table(n_hosts=5)
    used = anchor_table(read_anchors(path, needed=False), pool, None, pd.Series(["TOI-6894 b"]), path)
    assert used["in_sample"].tolist() == [True, False] and used["label"].tolist() == ["binary-like", "planet-like"]
    with pytest.raises(InputError, match="Nobody b"):
        anchor_table(read_anchors(path, needed=False), pool, pool["companion_name"], pd.Series(["TOI-6894 b"]), path)


def frame(log_axis, n):
    rng = np.random.default_rng(0)
    rows = table(n_hosts=400, seed=3).head(n).copy()
    rows["log_semimajor_axis"] = log_axis
    for name in ("mass_ratio", "host_mass_msun"):
        rows[f"log_{name.removesuffix('_msun')}"] = rng.normal(size=n)
    return rows


def test_normal_overlap_and_difference_have_their_closed_forms():
    rng = np.random.default_rng(1)
    labels = np.arange(400) < 200
    values = rng.normal(size=400)
    values = np.where(labels, (values - values[labels].mean()) / values[labels].std(ddof=1) + 1, (values - values[~labels].mean()) / values[~labels].std(ddof=1))
    row = feature_overlap(frame(values, 400), labels).set_index("feature").loc["log_semimajor_axis"]
    assert row["standardised_difference"] == pytest.approx(1.0)
    assert row["overlap_coefficient"] == pytest.approx(2 * norm.cdf(-0.5), abs=1e-4)
    assert not row["separates"] and 0 < row["inside_binary_like"] <= 1


def test_a_feature_that_separates_is_named_and_methods_overlap_as_counted():
    labels = np.arange(40) < 20
    rows = frame(np.where(labels, 1.0, -1.0) + np.linspace(0, 0.5, 40), 40)
    rows["discovery_method"] = np.where(np.arange(40) % 4 == 0, "Transit", np.where(labels, "Imaging", "Radial Velocity"))
    methods = ("Imaging", "Radial Velocity", "Transit")
    found = overlap_summary(rows, labels, methods)
    assert found["separated_by"] == ["log_semimajor_axis"]
    assert found["method_overlap"] == pytest.approx(0.25)
    assert found["separation"]["without_mass_ratio_and_method"] == "complete"
    assert found["by_method"]["Transit"] == {"binary_like": 5, "planet_like": 5}


def test_one_class_or_no_rows_give_nothing_to_compare():
    labels = np.ones(6, bool)
    found = overlap_summary(frame(np.arange(6.0), 6), labels, ("Transit",))
    assert found["separation"]["specified"] is None and found["separated_by"] == [] and found["method_overlap"] is None
    assert overlap_summary(frame(np.arange(0.0), 0), np.ones(0, bool), ())["n_binary_like"] == 0


def test_the_frozen_anchors_cannot_identify_origin(sample):
    from analysis.population.origin.labels import file_labels

    pool = pool_of(sample.table)
    rows = labelled_rows(pool, file_labels(read_anchors(ANCHORS), pool["companion_name"], None, pd.Series(["TOI-6894 b"]), ANCHORS)[0])
    found = overlap_summary(rows.table, rows.labels, rows.methods)
    assert found["hosts_binary_like"] < 5 <= found["hosts_planet_like"]
    assert found["separation"]["without_mass_ratio_and_method"] == "complete"
