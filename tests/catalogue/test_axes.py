"""Kepler's third law against astropy units, and which rows get an axis."""

import math

import numpy as np
import pandas as pd
import pytest
from astropy import constants
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.catalogue.axes import derive_axes, kepler_axis
from analysis.catalogue.read_pscomppars import read_pscomppars
from tests.catalogue.exports import ps_row, write_ps


@settings(max_examples=50, deadline=None)
@given(period=st.floats(0.1, 1e6), host=st.floats(0.01, 2.0), companion=st.floats(0.001, 80.0))
def test_against_astropy(period, host, companion):
    mass = host * u.Msun + companion / 1047.56 * u.Msun
    expected = np.cbrt(constants.G * mass * (period * u.day) ** 2 / (4 * np.pi**2)).to_value(u.au)
    assert kepler_axis(period, host, companion) == pytest.approx(expected, rel=3e-5)


def test_the_earth():
    assert kepler_axis(365.25636, 1.0, 0.00315) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(("period", "host", "expected"), [(3.1443189, 0.174, 0.0234), (6.766, 0.1895, 0.0402)])
def test_scale_of_the_two_rows_without_an_axis(period, host, expected):
    assert kepler_axis(period, host, 0.003) == pytest.approx(expected, abs=2e-4)


@pytest.fixture
def table(tmp_path):
    rows = [
        ps_row(1, pl_orbsmax="", pl_orbper=10, pl_orbpererr1="", pl_orbpererr2=""), ps_row(2), ps_row(3, pl_orbsmax="", pl_orbper=""),
        ps_row(4, pl_orbsmax=-1), ps_row(5, pl_orbsmax="", pl_orbperlim=-1),
    ]
    return read_pscomppars(write_ps(tmp_path / "ps.csv", rows))[0]


def test_only_missing_axes_with_period_and_masses_are_derived(table):
    derived = derive_axes(table, ("NASA",))
    assert list(derived["semimajor_axis_kind"]) == ["kepler", "catalogue", "missing", "missing", "missing"]
    assert derived.loc[0, "semimajor_axis_au"] == kepler_axis(10, 0.15, 0.01)
    assert derived.loc[0, "flags"] == "derived:semimajor_axis_au" and math.isnan(derived.loc[3, "semimajor_axis_au"])
    pd.testing.assert_frame_equal(derived, derive_axes(derived, ("NASA",)))
    pd.testing.assert_frame_equal(table, derive_axes(table, ("BD_Catalogue",)))


def test_error_is_two_thirds_of_the_relative_period_error(tmp_path):
    rows = [ps_row(1, pl_orbsmax="", pl_orbper=10, pl_orbpererr1=0.1, pl_orbpererr2=-0.2, st_masserr1="", st_masserr2=""), ps_row(2)]
    table = read_pscomppars(write_ps(tmp_path / "ps.csv", rows))[0]
    table.loc[0, ["host_mass_msun_err_up", "host_mass_msun_err_down"]] = 1e-12
    row = derive_axes(table, ("NASA",)).iloc[0]
    assert row["semimajor_axis_au_err_up"] == pytest.approx(kepler_axis(10.1, 0.15, 0.01) - kepler_axis(10, 0.15, 0.01), rel=0.01)
    assert row["semimajor_axis_au_err_down"] == pytest.approx(2 * row["semimajor_axis_au_err_up"], rel=1e-6)


def test_error_is_a_third_of_the_relative_mass_error(table):
    row = derive_axes(table, ("NASA",)).iloc[0]
    assert row["semimajor_axis_au_err_up"] / row["semimajor_axis_au"] == pytest.approx(0.01 / 0.15 / 3)
    nearby = kepler_axis(10, 0.15 + 0.01, 0.01) - kepler_axis(10, 0.15, 0.01)
    assert row["semimajor_axis_au_err_up"] == pytest.approx(nearby, rel=0.05)
