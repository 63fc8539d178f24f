"""The ordered selection: edges, order independence, nested subsets, ledger arithmetic."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.catalogue import cuts, load, target
from analysis.catalogue.assemble import HOST_MASS_LIMIT
from analysis.catalogue.cuts import subset
from analysis.config import CatalogueConfig, Config, SelectionConfig, TargetConfig, with_overrides
from analysis.errors import InputError
from tests.catalogue.exports import bd_row, ps_row, write_bd, write_ps


def select(tmp_path, ps, bd=None, *, catalogue=None, **selection):
    config = CatalogueConfig(
        ps=str(write_ps(tmp_path / "ps.csv", ps)), bd=str(write_bd(tmp_path / "bd.csv", bd or [bd_row(Mstar="1.0")])), **(catalogue or {})
    )
    return cuts.run(SelectionConfig(**selection), catalogue=load.run(config), target=target.run(TargetConfig()))


def candidates(sample):
    return set(sample.table.loc[sample.table["is_candidate"], "companion_name"])


@pytest.mark.parametrize(("changes", "passes"), [
    ({}, True), ({"st_mass": 0.06}, True), ({"st_mass": 0.2}, True), ({"st_mass": 0.0599999}, False), ({"st_mass": 0.2000001}, False),
    ({"st_mass": ""}, False), ({"pl_bmassj": ""}, False), ({"pl_orbsmax": "", "pl_orbper": ""}, False), ({"pl_orbsmax": ""}, True),
    ({"pl_orbsmax": 0}, False), ({"pl_orbsmax": -2}, False), ({"pl_orbeccen": ""}, True), ({"pl_orbeccen": 0}, True), ({"pl_orbeccen": 0.999}, True),
    ({"pl_orbeccen": 1}, False), ({"pl_orbeccen": -0.1}, False), ({"st_teff": ""}, True), ({"st_teff": 2000}, True), ({"st_teff": 4000}, True),
    ({"st_teff": 1999.9}, False), ({"st_teff": 4001}, False), ({"st_met": ""}, True), ({"st_met": -2.5}, True), ({"st_met": 0.7}, True),
    ({"st_met": -2.51}, False), ({"st_met": 0.71}, False),
])
def test_requirements_one_at_a_time(tmp_path, changes, passes):
    sample = select(tmp_path, [ps_row(1, **changes), ps_row(2)])
    assert candidates(sample) == ({"Host-1 b", "Host-2 b"} if passes else {"Host-2 b"})


def test_derived_axes_can_be_switched_off_for_the_archive_only(tmp_path):
    rows = [ps_row(1, pl_orbsmax=""), ps_row(2)]
    sample = select(tmp_path, rows, [bd_row()], catalogue={"derive_axes": False})
    assert candidates(sample) == {"Host-2 b", "HD10697"}


def test_ledger_adds_up(tmp_path):
    rows = [ps_row(1), ps_row(2, st_mass=0.3), ps_row(3, st_teff=9000), ps_row(4, pl_orbeccen=2), ps_row(5, pl_orbsmax=-1), ps_row(6, pl_orbeccen="")]
    sample = select(tmp_path, rows, [bd_row()])
    for (_, catalogue), group in sample.ledger.groupby(["variant", "catalogue"]):
        assert (group["rows_in"] >= group["rows_out"]).all()
        assert list(group["rows_in"][1:]) == list(group["rows_out"][:-1]), catalogue
    nasa = sample.ledger[(sample.ledger["catalogue"] == "NASA") & (sample.ledger["variant"] == "corrected")].set_index("step")
    dropped = (nasa["rows_in"] - nasa["rows_out"])[lambda s: s > 0].to_dict()
    assert dropped == {"axis positive": 1, "eccentricity range": 1, "temperature": 1, "with eccentricity": 1}
    assert sample.counts["total"]["candidates"] == sample.counts["NASA"]["candidates"] + sample.counts["BD_Catalogue"]["candidates"] == 3


@settings(max_examples=12, deadline=None)
@given(order=st.permutations(range(8)))
def test_row_order_does_not_matter(tmp_path_factory, order):
    ps = [ps_row(i, st_mass=0.05 + 0.02 * i, pl_orbeccen="" if i % 2 else 0.1, hostname=f"Host-{i // 2}") for i in range(8)]
    bd = [bd_row(host_star=f"B{i}", period=100 + i) for i in range(8)]
    first = select(tmp_path_factory.mktemp("a"), ps, bd, percent=60.0)
    second = select(tmp_path_factory.mktemp("b"), [ps[i] for i in order], [bd[i] for i in order], percent=60.0)
    pd.testing.assert_frame_equal(first.table.drop(columns="source_row"), second.table.drop(columns="source_row"))
    pd.testing.assert_frame_equal(first.ledger, second.ledger)
    assert first.counts == second.counts


@settings(max_examples=100, deadline=None)
@given(names=st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=60), low=st.floats(0, 100), high=st.floats(0, 100))
def test_subsets_are_nested_have_the_right_size_and_ignore_order(names, low, high):
    low, high = sorted((low, high))
    small, large = subset(names, low), subset(names, high)
    assert small <= large
    assert len(names) * high / 100 - 1e-9 <= len(large) < len(names) * high / 100 + 1 + 1e-9
    assert subset(names[::-1], low) == small


def test_percentages_that_floating_point_would_round_up():
    names = [f"n{i}" for i in range(1000)]
    assert [len(subset(names, p)) for p in (0.0, 0.1, 16.1, 32.7, 64.4, 99.9, 100.0)] == [0, 1, 161, 327, 644, 999, 1000]


def test_partial_runs_hold_the_processed_rows_and_the_target(tmp_path):
    rows = [ps_row(i) for i in range(10)] + [ps_row(20, st_teff=9000)]
    full = select(tmp_path, rows)
    assert len(full.table) == 12 and full.table["in_mass_range"].sum() == 11
    kept = {p: set(select(tmp_path, rows, percent=p).table["object_id"]) for p in (0.0, 25.0, 50.0, 100.0)}
    assert kept[0.0] == {"TOI:TOI-6894 b"} and kept[0.0] < kept[25.0] < kept[50.0] < kept[100.0]
    assert [len(kept[p]) - 1 for p in (25.0, 50.0)] == [3, 5]


def test_derived_columns(tmp_path):
    sample = select(tmp_path, [ps_row(1, pl_bmassj=14, st_mass=0.1)])
    row = sample.table.set_index("companion_name").loc["Host-1 b"]
    assert row["mass_ratio"] == pytest.approx(14 / 104.756) and row["log_mass_ratio"] == pytest.approx(math.log10(14 / 104.756))
    assert row["log_semimajor_axis"] == pytest.approx(math.log10(0.05)) and row["log_host_mass"] == pytest.approx(-1)
    assert row["above_deuterium_limit"] and row["high_mass_ratio"] and row["age_group"] == "Unknown" and math.isnan(row["is_younger_than_toi"])


def test_ages_against_the_target(tmp_path):
    rows = [ps_row(i) | {"st_age": age} for i, age in enumerate(["0.5", "1", "5", "5.1", ""])]
    path = write_ps(tmp_path / "ps.csv", rows, columns=list(rows[0]))
    catalogue = load.run(CatalogueConfig(ps=str(path), bd=str(write_bd(tmp_path / "bd.csv", [bd_row(Mstar=1)]))))
    table = cuts.run(SelectionConfig(), catalogue=catalogue, target=target.run(TargetConfig(age_gyr=5.0))).table.set_index("companion_name")
    assert list(table["age_group"]) == ["Young", "Intermediate", "Intermediate", "Old", "Unknown", "Intermediate"]
    assert list(table["age_delta_vs_toi_gyr"].round(6))[:4] == [-4.5, -4.0, 0.0, 0.1] and table.loc["TOI-6894 b", "age_delta_vs_toi_gyr"] == 0
    assert [str(v) for v in table["is_younger_than_toi"]] == ["1.0", "1.0", "0.0", "0.0", "nan", "0.0"]


@pytest.mark.parametrize("selection", [{"percent": 101.0}, {"percent": -1.0}, {"percent": math.nan}, {"host_mass_min": 0.3}, {"teff_min": 5000.0}])
def test_bounds_that_cannot_be_meant(selection):
    empty = SimpleNamespace(table=None, uncorrected=None)
    with pytest.raises(InputError, match="expected"):
        cuts.run(SelectionConfig(**selection), catalogue=empty, target=None)


def test_no_row_in_range(tmp_path):
    sample = select(tmp_path, [ps_row(1, st_mass=0.24)])
    assert list(sample.table["object_id"]) == ["TOI:TOI-6894 b"] and sample.counts["total"]["candidates"] == 0


def test_a_mass_ratio_exactly_at_the_split_is_low(tmp_path):
    rows = [ps_row(1, st_mass=0.1, pl_bmassj=1.04756), ps_row(2, st_mass=0.1, pl_bmassj=1.0476)]
    sample = select(tmp_path, rows, mass_ratio_split=1.04756 / (1047.56 * 0.1))
    assert sample.table.set_index("companion_name")["high_mass_ratio"].drop("TOI-6894 b").tolist() == [False, True]


def test_the_upper_edge_can_move_up_to_the_limit_of_the_table(tmp_path):
    rows = [ps_row(1, st_mass=0.25), ps_row(2, st_mass=0.2500001), ps_row(3, st_mass=0.01)]
    assert candidates(select(tmp_path, rows, host_mass_max=1.0, host_mass_min=0.0)) == {"Host-1 b", "Host-3 b"}


def test_a_cut_above_the_hosts_of_the_tables_is_refused():
    with pytest.raises(InputError, match="at most 0.25"):
        with_overrides(Config(), {"selection": {"host_mass_max": HOST_MASS_LIMIT + 0.01}}, "test")
    assert with_overrides(Config(), {"selection": {"host_mass_max": HOST_MASS_LIMIT}}, "test").selection.host_mass_max == HOST_MASS_LIMIT
