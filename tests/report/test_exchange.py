"""ECSV and machine-readable tables hold the values of the CSV files, with units and descriptions."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from astropy import units
from astropy.table import Table

from analysis.catalogue import columns
from analysis.config import CatalogueConfig
from analysis.report import catalogue as sample_files
from analysis.report import exchange, origin
from analysis.report.files import Context
from manuscript.submission.machine_tables import cds_table, column_guide, mrt_text

STEMS = ("vlms_companions_stacked", "objects_with_probs")
UNITS = {
    "host_mass_msun": units.Msun, "companion_mass_mjup_err_up": units.Mjup, "semimajor_axis_au": units.au, "host_age_gyr": units.Gyr,
    "companion_radius_rjup": units.Rjup, "tidal_timescale_proxy": units.yr, "metallicity": units.dex, "distance_pc": units.pc, "host_teff_k": units.K,
}


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    """Both tables as CSV and ECSV, from the frozen catalogue."""
    folder = tmp_path_factory.mktemp("exchange")
    parts = {name: study.get(name) for name in ("catalogue", "sample", "target", "tides", "origin", "mixture")}
    context = Context()
    sample_files.write(folder, context, parts["catalogue"], parts["sample"], parts["target"], parts["tides"])
    origin.write(folder, context, parts["origin"], parts["mixture"])
    listed = columns.run(CatalogueConfig())
    exchange.write(folder, context, listed, *(parts[name] for name in ("sample", "tides", "origin", "mixture")))
    return folder


def same(table: Table, frame: pd.DataFrame, tolerance: float = 0.0) -> None:
    """Every cell of an astropy table equals that of the CSV; a masked cell is an empty one."""
    assert table.colnames == list(frame.columns)
    assert len(table) == len(frame)
    for name in frame.columns:
        empty = frame[name].isna().to_numpy()
        masked = np.ma.getmaskarray(np.ma.asarray(table[name]))
        values = np.ma.asarray(table[name]).filled()[~empty]
        if frame[name].dtype == bool:
            assert not masked.any()
            assert (values.astype(bool) == frame[name].to_numpy()).all(), name
        elif frame[name].dtype.kind in "if":
            assert (masked == empty).all() or empty.all(), name
            np.testing.assert_allclose(values.astype(float), frame[name].to_numpy()[~empty].astype(float), rtol=tolerance, atol=0, err_msg=name)
        else:
            assert (masked == empty).all() or empty.all(), name
            assert [str(value) for value in values] == list(frame[name][~empty]), name


@pytest.mark.parametrize("stem", STEMS)
def test_ecsv_reads_back_as_the_csv(written, stem):
    table = Table.read(written / f"{stem}.ecsv")
    same(table, pd.read_csv(written / f"{stem}.csv"))
    for name in table.colnames:
        assert table[name].description, name
        if name in UNITS:
            assert table[name].unit == UNITS[name], name
    assert table.meta["title"] == exchange.TITLES[stem]


@pytest.mark.parametrize("stem", STEMS)
def test_mrt_reads_back_as_the_csv(written, stem):
    table = cds_table(Table.read(written / f"{stem}.ecsv"))
    text = mrt_text(table, "catalogue.mrt.txt", "A title", "Johnson R. S.", "The table", ["One note."])
    assert text.isascii()
    assert text.startswith("Title: A title\nAuthors: Johnson R. S.\nTable: The table\n")
    assert "file: catalogue.mrt.txt\n" in text
    assert "Notes:\n  One note.\n" in text
    back = Table.read(text, format="ascii.mrt")
    same(back, pd.read_csv(written / f"{stem}.csv"))
    for name in back.colnames:
        if name in UNITS and name != "metallicity":
            assert back[name].unit.is_equivalent(UNITS[name]), name
            assert back[name].unit.to(UNITS[name]) == pytest.approx(1, rel=1e-3), name  # the CDS rounds Jupiter's mass
        assert back[name].description.strip(), name
    assert back["metallicity"].unit.to_string("cds") == "[-]"
    sizes = {len(line) for line in text.split("-" * 80 + "\n")[-1].splitlines()}
    assert len(sizes) == 1  # fixed width


def test_numbers_keep_ten_digits_however_many_decades_they_span():
    values = [1.234567891e-9, 0.123456789, 12345.6789, 9.87654321e12, np.nan]
    frame = pd.DataFrame({"x": values, "year": [2001.0, np.nan, 2003, 2004, 2005], "yes": [True, False, True, True, False], "none": [np.nan] * 5})
    back = Table.read(mrt_text(cds_table(exchange.described_table(frame, {})), "f", "t", "a", "h", []), format="ascii.mrt")
    assert np.ma.asarray(back["x"]).compressed().tolist() == values[:4]
    assert np.ma.asarray(back["year"]).compressed().tolist() == [2001, 2003, 2004, 2005]
    assert back["year"].dtype.kind == "i"
    assert back["yes"].tolist() == [1, 0, 1, 1, 0]


def test_partial_run_is_stamped(study, tmp_path):
    frame = pd.DataFrame({"object_id": ["a"]})
    parts = [SimpleNamespace(table=pd.DataFrame(columns=["name", "unit", "description"])), study.get("sample"), study.get("tides"), SimpleNamespace(objects=frame)]
    exchange.write(tmp_path, Context(percent=50.0), *parts, None)
    table = Table.read(tmp_path / "objects_with_probs.ecsv")
    assert table.meta["partial"].startswith("PARTIAL RUN: 50 %")
    assert list(table["partial_percent"]) == [50.0]


def test_guide_names_every_column_once_with_errors_beside_their_value(written):
    table = cds_table(Table.read(written / "vlms_companions_stacked.ecsv"))
    guide = column_guide(table, "tbl-x", "Columns", "catalogue.mrt.txt")
    rows = [line.split(" & ") for line in guide.split("\\startdata\n")[1].split("\n\\enddata")[0].split("\n")]
    told = {}
    for number, _, label, *rest in rows:
        name = label.removeprefix("\\texttt{").removesuffix("}").replace("\\_", "_")
        told[int(number)] = name
        told |= {int(place): name + ending.replace("\\_", "_") for place, ending in re.findall(r"(\d+) ((?:\\_\w+)+)", " & ".join(rest))}
    assert told == dict(enumerate(table.colnames, start=1))
    assert any(told[int(row[0])] == "host_mass_msun" and row[1] == "solMass" for row in rows)
