"""The frozen catalogue holds the sample that the paper describes."""

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.catalogue import cuts, load, target
from analysis.config import CatalogueConfig, SelectionConfig, TargetConfig
from analysis.constants import MSUN_IN_MJUP

EXPORTS = os.environ.get("VLMS_EXPORTS", "")


@pytest.fixture(scope="module")
def frozen():
    return load.run(CatalogueConfig())


@pytest.fixture(scope="module")
def raw_table(frozen):
    return frozen.uncorrected


@pytest.fixture(scope="module")
def chosen(frozen):
    return cuts.run(SelectionConfig(), catalogue=frozen, target=target.run(TargetConfig()))


def test_rows_per_catalogue_without_corrections(chosen):
    counts = chosen.counts["uncorrected"]
    assert [counts[name]["in_mass_range"] for name in ("NASA", "BD_Catalogue", "total")] == [140, 5, 145]
    assert [counts[name]["candidates"] for name in ("NASA", "BD_Catalogue", "total")] == [136, 5, 141]
    assert [counts[name]["candidates_without_derived_axes"] for name in ("NASA", "BD_Catalogue")] == [134, 5]
    assert [counts[name]["complete_without_derived_axes"] for name in ("NASA", "total")] == [135, 140]
    assert [counts[name]["complete_with_eccentricity"] for name in ("NASA", "total")] == [59, 64]


def test_without_derived_axes_the_ledger_itself_gives_134():
    catalogue = load.run(CatalogueConfig(derive_axes=False))
    sample = cuts.run(SelectionConfig(), catalogue=catalogue, target=target.run(TargetConfig()))
    assert [sample.counts["uncorrected"][name]["candidates"] for name in ("NASA", "BD_Catalogue")] == [134, 5]


def test_counts_by_plain_arithmetic_on_the_frozen_table(raw_table):
    rows = raw_table[(raw_table["host_mass_msun"] >= 0.06) & (raw_table["host_mass_msun"] <= 0.2)]
    nasa, bd = (rows[rows["data_source"] == name] for name in ("NASA", "BD_Catalogue"))
    assert (len(nasa), nasa["host_name"].nunique(), (nasa["host_name"].value_counts() > 1).sum(), len(bd)) == (140, 104, 23, 5)
    high = rows["companion_mass_mjup"] / (MSUN_IN_MJUP * rows["host_mass_msun"]) > 0.01
    has_e = rows["eccentricity"].notna()
    assert (high[nasa.index].sum(), high[bd.index].sum(), (~high).sum()) == (22, 5, 118)
    assert sorted(rows.loc[high & has_e, "eccentricity"]) == [0.01, 0.202, 0.279, 0.345, 0.354, 0.533, 0.68]
    low = rows[~high & has_e]
    zero, limit = low["eccentricity"] == 0, low["eccentricity_limit"] == 1
    assert (len(low), zero.sum(), limit.sum(), (~zero & ~limit).sum(), low["host_name"].nunique()) == (57, 18, 3, 36, 29)
    assert (low["eccentricity_kind"] == "assumed_zero").sum() == 17
    measured = low[~zero & ~limit]
    assert (measured["eccentricity"] > 3 * measured["eccentricity_err_down"]).sum() == 11
    by_upper = measured[measured["eccentricity"] > 3 * measured["eccentricity_err_up"]]
    assert (len(by_upper), (by_upper["host_name"] == "TRAPPIST-1").sum()) == (10, 6)
    assert (low["semimajor_axis_au"] > 0.1).sum() == 5 and low["semimajor_axis_au"].median() == pytest.approx(0.029, abs=5e-4)
    assert (nasa["metallicity"].notna().sum(), rows[rows["discovery_method"] == "Microlensing"]["metallicity"].notna().sum()) == (70, 0)


def test_methods_and_mass_kinds(raw_table):
    rows = raw_table[raw_table["host_mass_msun"].between(0.06, 0.2)]
    high = rows["companion_mass_mjup"] / (MSUN_IN_MJUP * rows["host_mass_msun"]) > 0.01
    nasa = rows["data_source"] == "NASA"
    assert rows[high & nasa]["discovery_method"].value_counts().to_dict() == {"Microlensing": 14, "Imaging": 7, "Astrometry": 1}
    assert rows[~high]["discovery_method"].value_counts().to_dict() == {"Transit": 42, "Microlensing": 39, "Radial Velocity": 37}
    assert rows[nasa]["mass_kind"].value_counts().to_dict() == {"true": 78, "msini": 34, "mass_radius_relation": 20, "upper_limit": 8}
    limits = set(rows.loc[rows["mass_kind"] == "upper_limit", "companion_name"])
    assert limits == {"Kepler-42 b", "Kepler-42 c", "Kepler-42 d", "K2-415 b", "LP 890-9 b", "LP 890-9 c", "TOI-1080 b", "TOI-2406 b"}


def test_derived_axes(raw_table):
    in_range = raw_table["host_mass_msun"].between(0.06, 0.2)
    axes = raw_table[in_range & (raw_table["semimajor_axis_kind"] == "kepler")].set_index("companion_name")["semimajor_axis_au"]
    assert len(axes) == 7
    assert axes["K2-315 b"] == pytest.approx(0.0234, abs=5e-5) and axes["TOI-5716 b"] == pytest.approx(0.0402, abs=5e-5)
    missing = raw_table[in_range & raw_table["semimajor_axis_au"].isna()]
    assert set(missing["companion_name"]) == {"KMT-2024-BLG-0404L c", "KMT-2024-BLG-1044L b", "OGLE-2015-BLG-1609L b"}


def test_edges_are_included(chosen):
    edges = chosen.counts["uncorrected"]["in_mass_range"]["host_mass_at_edge"]
    assert edges["low"] == ["NASA:USco CTIO 108 b"] and len(edges["high"]) == 4
    assert chosen.counts["uncorrected"]["in_mass_range"]["host_mass_error_above_half"] == 44


def test_the_target_enters_once_outside_the_cut(chosen, frozen):
    rows = chosen.table[chosen.table["host_name"].str.contains("6894")]
    assert list(rows["object_id"]) == ["TOI:TOI-6894 b"] and frozen.provenance["target_rows_removed"] == ["NASA:TOI-6894 b"]
    row = rows.iloc[0]
    assert not row["in_mass_range"] and not row["is_candidate"] and row["is_target"] and not row["high_mass_ratio"]
    assert row["mass_ratio"] == pytest.approx(7.7e-4, rel=0.01)


def test_corrections_take_out_what_they_should(chosen):
    before, after = (set(table.loc[table["is_candidate"], "companion_name"]) for table in (chosen.uncorrected, chosen.table))
    assert before - after == {"2MASS J12073346-3932539 b", "2MASS J01033563-5515561 AB b", "K2-320 b"} and not after - before
    host = chosen.table.set_index("companion_name").loc["VHS J125601.92-125723.9 b"]
    assert host["host_mass_msun"] == 0.141 and "corrected:host_mass_msun" in host["flags"]
    assert chosen.table.set_index("companion_name").loc["NLTT 41135", "eccentricity_kind"] == "upper_limit"
    assert chosen.uncorrected.set_index("companion_name").loc["VHS J125601.92-125723.9 b", "host_mass_msun"] == 0.07


def test_without_corrections_both_tables_agree():
    catalogue = load.run(CatalogueConfig(corrections=False))
    pd.testing.assert_frame_equal(catalogue.table, catalogue.uncorrected)
    assert catalogue.corrections.empty


def test_host_ages_reach_every_planet_of_a_host(chosen):
    table = chosen.table[~chosen.table["is_target"]].set_index("companion_name")
    assert (table.loc[[f"TRAPPIST-1 {letter}" for letter in "bcdefgh"], "host_age_gyr"] == 7.6).all()
    ages = table.groupby("host_name")["host_age_gyr"].first()
    assert (ages["Teegarden's Star"], ages["TOI-2267 A"], ages["LHS 3154"], ages["TOI-1227"]) == (8.0, 1.0, 5.0, 0.011)
    aged = table[table["host_age_gyr"].notna()]
    assert (len(aged), aged["host_name"].nunique()) == (44, 21)
    assert list(aged.index[aged["high_mass_ratio"]]) == ["2M0437 b"]
    assert aged.groupby("host_name")["host_age_gyr"].nunique().eq(1).all()


@pytest.mark.skipif(not EXPORTS, reason="VLMS_EXPORTS does not name the folder of the archive exports")
def test_the_exports_give_the_frozen_table(frozen):
    folder = Path(EXPORTS)
    config = CatalogueConfig(ps=str(folder / "pscomppars_2026-06-02.csv"), bd=str(folder / "stevenson_bd_catalogue_2023-11-20.csv"))
    fresh = load.run(config)
    pd.testing.assert_frame_equal(fresh.table, frozen.table)
    pd.testing.assert_frame_equal(fresh.ledger, frozen.ledger)
