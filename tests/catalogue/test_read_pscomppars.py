"""PSCompPars exports: the same rows in any dress give the same table."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.catalogue.schema import COLUMN_NAMES, COLUMNS
from tests.catalogue.exports import PS_DEFAULTS, WEB_HEADER, ps_row, table_text, write_ps

ESSENTIAL = ["pl_name", "hostname", "discoverymethod", "st_mass", "pl_bmassj", "pl_orbsmax", "pl_orbeccen"]


def values_of(path):
    table, _ = read_pscomppars(path)
    return table.drop(columns=["source_row"])


def test_schema_columns_types_and_positive_errors(tmp_path):
    table, text = read_pscomppars(write_ps(tmp_path / "ps.csv", [ps_row(1)]))
    assert tuple(table.columns) == COLUMN_NAMES
    assert {column.name: table[column.name].dtype.kind for column in COLUMNS if column.kind != "text" and column.kind != "choice"} == {
        column.name: "i" if column.kind == "flag" else "f" for column in COLUMNS if column.kind in ("number", "flag")
    }
    row = table.iloc[0]
    assert (row["semimajor_axis_au_err_up"], row["semimajor_axis_au_err_down"]) == (0.001, 0.002)
    assert (row["host_mass_msun_err_up"], row["host_mass_msun_err_down"]) == (0.01, 0.02)
    assert row["source_row"] == "ps.csv:2" and text.sha256


def test_header_bom_blank_lines_and_extra_columns_do_not_matter(tmp_path):
    rows = [ps_row(i, st_mass=0.1 + i / 100) for i in range(3)]
    plain = values_of(write_ps(tmp_path / "plain.csv", rows))
    web = values_of(write_ps(tmp_path / "web.csv", rows, prefix=WEB_HEADER))
    bom = tmp_path / "bom.csv"
    bom.write_bytes(b"\xef\xbb\xbf" + table_text(rows, list(PS_DEFAULTS)).replace("\n", "\r\n").encode())
    extra = [row | {f"extra_{i}": "x" for i in range(270)} for row in rows]
    wide = values_of(write_ps(tmp_path / "wide.csv", extra, columns=[*PS_DEFAULTS, *(f"extra_{i}" for i in range(270))]))
    for other in (web, values_of(bom), wide):
        pd.testing.assert_frame_equal(plain, other)


def test_line_numbers_count_the_header_of_the_web_export(tmp_path):
    table, _ = read_pscomppars(write_ps(tmp_path / "web.csv", [ps_row(1), ps_row(2)], prefix=WEB_HEADER))
    assert list(table["source_row"]) == ["web.csv:7", "web.csv:8"]


def test_sixteen_columns_are_enough(tmp_path):
    columns = [*ESSENTIAL, "pl_orbper", "st_teff", "st_met", "st_rad", "disc_year", "pl_bmassprov", "pl_rade", "sy_dist", "ra"]
    assert len(columns) == 16
    table = values_of(write_ps(tmp_path / "short.csv", [ps_row(1)], columns=columns))
    assert table.loc[0, "host_mass_msun"] == 0.15 and math.isnan(table.loc[0, "host_mass_msun_err_up"])


@settings(max_examples=60, deadline=None)
@given(mass=st.floats(1e-4, 100.0), up=st.floats(1e-6, 10.0), down=st.floats(1e-6, 10.0), limit=st.sampled_from(["0", "1"]))
def test_earth_masses_give_the_same_table_as_jupiter_masses(tmp_path_factory, mass, up, down, limit):
    folder = tmp_path_factory.mktemp("units")
    jupiter = write_ps(folder / "j.csv", [ps_row(1, pl_bmassj=mass, pl_bmassjerr1=up, pl_bmassjerr2=-down, pl_bmassjlim=limit)])
    earth_row = {k: v for k, v in ps_row(1).items() if not k.startswith("pl_bmassj")}
    earth_row |= {f"pl_bmasse{suffix}": repr(value * 317.828) for suffix, value in (("", mass), ("err1", up), ("err2", -down))}
    earth_row["pl_bmasselim"] = limit
    earth = write_ps(folder / "e.csv", [earth_row], columns=list(earth_row))
    a, b = (values_of(path).drop(columns=["flags"]) for path in (jupiter, earth))
    pd.testing.assert_frame_equal(a, b, rtol=1e-12)


def test_each_row_takes_the_unit_it_has(tmp_path):
    rows = [ps_row(1) | {"pl_bmasse": "9.9"}, ps_row(2, pl_bmassj="", pl_bmassjerr1="", pl_bmassjerr2="") | {"pl_bmasse": "317.828"}]
    table = values_of(write_ps(tmp_path / "mixed.csv", rows, columns=[*PS_DEFAULTS, "pl_bmasse"]))
    assert list(table["companion_mass_mjup"]) == [0.01, pytest.approx(1.0, rel=1e-12)]
    assert pd.isna(table.loc[0, "flags"]) and "converted:companion_mass_mjup" in table.loc[1, "flags"]


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({}, "mass_kind", "true"), ({"pl_bmassprov": "Msini"}, "mass_kind", "msini"), ({"pl_bmassprov": "Msin(i)/sin(i)"}, "mass_kind", "true"),
        ({"pl_bmassprov": "M-R relationship"}, "mass_kind", "mass_radius_relation"),
        ({"pl_bmassprov": "Msini", "pl_bmassjlim": 1}, "mass_kind", "upper_limit"),
        ({"pl_orbeccen": 0, "pl_orbeccenerr1": "", "pl_orbeccenerr2": ""}, "eccentricity_kind", "assumed_zero"),
        ({"pl_orbeccen": 0, "pl_orbeccenerr1": 0, "pl_orbeccenerr2": 0}, "eccentricity_kind", "assumed_zero"),
        ({"pl_orbeccen": 0, "pl_orbeccenerr1": 0.1, "pl_orbeccenerr2": 0}, "eccentricity_kind", "measured"),
        ({"pl_orbeccenlim": 1}, "eccentricity_kind", "upper_limit"), ({"pl_orbeccen": ""}, "eccentricity_kind", "missing"),
        ({"discoverymethod": "Microlensing"}, "semimajor_axis_kind", "projected"),
        ({"discoverymethod": "Imaging", "pl_orbeccen": ""}, "semimajor_axis_kind", "projected"),
        ({"discoverymethod": "Imaging"}, "semimajor_axis_kind", "catalogue"), ({"pl_orbsmax": ""}, "semimajor_axis_kind", "missing"),
    ],
)
def test_kinds(tmp_path, changes, column, expected):
    assert values_of(write_ps(tmp_path / "ps.csv", [ps_row(1, **changes)])).loc[0, column] == expected


def test_limits_and_missing_values(tmp_path):
    table = values_of(write_ps(tmp_path / "ps.csv", [ps_row(1, pl_orbsmax="", pl_orbsmaxlim=1), ps_row(2, pl_orbsmaxlim=-1)]))
    assert list(table["semimajor_axis_au_limit"]) == [0, -1]
    assert np.isnan(table.loc[0, ["semimajor_axis_au", "semimajor_axis_au_err_up", "semimajor_axis_au_err_down"]].astype(float)).all()


@pytest.mark.parametrize(("column", "value"), [
    ("pl_orbsmax", -0.3), ("pl_orbsmax", 0), ("pl_orbeccen", 1.0), ("pl_orbeccen", -0.2), ("pl_orbeccen", 7),
])
def test_an_impossible_axis_or_eccentricity_is_emptied_and_flagged(tmp_path, column, value):
    name = {"pl_orbsmax": "semimajor_axis_au", "pl_orbeccen": "eccentricity"}[column]
    row = values_of(write_ps(tmp_path / "ps.csv", [ps_row(1), ps_row(2, **{column: value})])).iloc[1]
    assert math.isnan(row[name]) and math.isnan(row[f"{name}_err_up"])
    assert row["flags"] == f"refused:{name}={value:g}"
    assert row[{"semimajor_axis_au": "semimajor_axis_kind", "eccentricity": "eccentricity_kind"}[name]] == "missing"


def test_age_column_is_read_when_present(tmp_path):
    rows = [ps_row(1) | {"st_age": "4.5", "st_ageerr1": "1.0", "st_ageerr2": "-2.0", "st_agelim": "0"}, ps_row(2)]
    table = values_of(write_ps(tmp_path / "ps.csv", rows, columns=[*PS_DEFAULTS, "st_age", "st_ageerr1", "st_ageerr2", "st_agelim"]))
    first = table.iloc[0]
    assert (first["host_age_gyr"], first["host_age_gyr_err_down"], first["host_age_reference"]) == (4.5, 2.0, "PSCompPars st_age")
    assert math.isnan(table.loc[1, "host_age_gyr"]) and pd.isna(table.loc[1, "host_age_reference"])


def test_an_error_of_the_wrong_sign_is_removed_and_flagged(tmp_path):
    table = values_of(write_ps(tmp_path / "ps.csv", [ps_row(1, st_masserr1=-0.01), ps_row(2, st_masserr2=0.02)]))
    first, second = table.iloc[0], table.iloc[1]
    assert math.isnan(first["host_mass_msun_err_up"]) and first["host_mass_msun_err_down"] == 0.02
    assert math.isnan(second["host_mass_msun_err_down"]) and second["host_mass_msun_err_up"] == 0.01
    assert (first["flags"], second["flags"]) == ("refused:host_mass_msun_err_up=-0.01", "refused:host_mass_msun_err_down=-0.02")
