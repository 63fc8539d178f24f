"""The Brown Dwarf Companion Catalogue."""

import math

import pytest

from analysis.catalogue.read_bd import harmonised_method, read_bd
from tests.catalogue.exports import bd_row, write_bd


def test_true_mass_is_preferred_and_flagged(tmp_path):
    rows = [bd_row(host_star="A", mass=30, p_mass=3, m_mass=4), bd_row(host_star="B"), bd_row(host_star="C", msini="")]
    table, _ = read_bd(write_bd(tmp_path / "bd.csv", rows))
    assert list(table["companion_mass_mjup"][:2]) == [30.0, 20.0] and math.isnan(table["companion_mass_mjup"][2])
    assert list(table["mass_kind"][:2]) == ["true", "msini"]
    assert table["companion_mass_mjup_err_down"].tolist()[:2] == [4.0, 2.0]
    assert [flags if isinstance(flags, str) else "" for flags in table["flags"]] == ["chosen:mass over msini", "", "missing:companion_mass_mjup"]


def test_errors_are_positive_and_axes_missing(tmp_path):
    row = read_bd(write_bd(tmp_path / "bd.csv", [bd_row()]))[0].iloc[0]
    assert (row["eccentricity_err_up"], row["eccentricity_err_down"], row["host_mass_msun_err_down"]) == (0.01, 0.02, 0.02)
    assert row["semimajor_axis_kind"] == "missing" and math.isnan(row["semimajor_axis_au"])


@pytest.mark.parametrize(("raw", "method"), [
    ("transit", "Transit"), ("Gaia binary_masses", "Astrometry"), ("rv", "Radial Velocity"), ("rv+HGCA", "Radial Velocity"),
    ("rv+imag+HG", "Radial Velocity"), ("imaging", "Imaging"), ("guess", None), ("", None), ("rvx", None),
])
def test_methods_are_harmonised(raw, method):
    assert harmonised_method(raw) == method


def test_unicode_minus_in_a_name_and_in_a_number(tmp_path):
    table, _ = read_bd(write_bd(tmp_path / "bd.csv", [bd_row(host_star="NGC2423\u22123", FeH="\u22120.04")]))
    assert table.loc[0, "host_name"] == "NGC2423-3" and table.loc[0, "metallicity"] == -0.04


def test_companions_of_one_host_are_numbered_by_period_in_any_row_order(tmp_path):
    rows = [bd_row(period=500), bd_row(period=50), bd_row(host_star="Other")]
    forward = read_bd(write_bd(tmp_path / "a.csv", rows))[0].set_index("orbital_period_day")["companion_name"]
    backward = read_bd(write_bd(tmp_path / "b.csv", rows[::-1]))[0].set_index("orbital_period_day")["companion_name"]
    assert forward.to_dict() == backward.to_dict() == {50.0: "HD10697 [1]", 500.0: "HD10697 [2]", 100.0: "Other"}
