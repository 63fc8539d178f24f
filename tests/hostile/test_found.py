"""One small case for each fault that hostile inputs have shown."""

import io
import json
import math
import zipfile

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.catalogue.assemble import assemble
from analysis.catalogue.corrections import apply_corrections, read_corrections
from analysis.catalogue.frozen import read_companions
from analysis.catalogue.host_ages import host_ages_text
from analysis.catalogue.manifest import FROZEN, read_manifest
from analysis.catalogue.names import host_key
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.config import Config, with_overrides
from analysis.errors import InputError
from analysis.population.origin.anchors import read_anchors
from tests.catalogue.exports import PS_DEFAULTS, bd_row, ps_row, table_text, write_bd, write_ps
from tests.hostile.strategies import SEEDS
from tests.hostile.targets import judged, restamped


@pytest.mark.parametrize("cell", ["10\u00b2", "\u0663", "\uff11", "\u2460", "1_0", "0x10", "1" * 61])
def test_only_ascii_digits_make_a_number(tmp_path, cell):
    with pytest.raises(InputError, match="line 2, column pl_orbper"):
        read_pscomppars(write_ps(tmp_path / "ps.csv", [ps_row(1, pl_orbper=cell)]))


def test_a_typographic_minus_sign_is_a_minus_sign(tmp_path):
    table, _ = read_pscomppars(write_ps(tmp_path / "ps.csv", [ps_row(1, st_met="\u22120.5")]))
    assert table["metallicity"].iloc[0] == -0.5


def test_an_age_above_that_of_the_universe_is_emptied_and_told(tmp_path):
    columns = [*PS_DEFAULTS, "st_age", "st_ageerr1", "st_ageerr2"]
    rows = [ps_row(1, st_age="14.9", st_ageerr1="1", st_ageerr2="-1"), ps_row(2, st_age="13.8", st_ageerr1="14", st_ageerr2="-1")]
    table, _ = read_pscomppars(write_ps(tmp_path / "ps.csv", rows, columns=columns))
    assert math.isnan(table["host_age_gyr"][0]) and math.isnan(table["host_age_gyr_err_up"][0]) and table["flags"][0] == "refused:host_age_gyr=14.9"
    assert table["host_age_gyr"][1] == 13.8 and math.isnan(table["host_age_gyr_err_up"][1]) and table["flags"][1] == "refused:host_age_gyr_err_up=14"


@pytest.mark.parametrize(("column", "cell"), [("sy_snum", "1.5"), ("disc_year", "2020.5"), ("st_met", "-9"), ("pl_orbsmaxlim", "0.5")])
def test_counts_are_whole_and_ranges_physical(tmp_path, column, cell):
    with pytest.raises(InputError, match=f"column {column}"):
        read_pscomppars(write_ps(tmp_path / "ps.csv", [ps_row(1, **{column: cell})]))


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\u202eb", "a\u200bb", "<b>x</b>", "{{< include x >}}", "`x`", "![](http://x)", "x" * 201, "\ufdfa" * 60])
def test_names_hold_neither_markup_nor_control_characters(tmp_path, name):
    for read, write, row in ((read_pscomppars, write_ps, ps_row(1, hostname=name)), (read_bd, write_bd, bd_row(host_star=name))):
        with pytest.raises(InputError) as error:
            read(write(tmp_path / "x.csv", [row]))
        assert "line 2" in str(error.value) and str(error.value).isprintable() and len(str(error.value)) < 500


def test_a_column_name_with_a_line_end_stays_within_the_sentence(tmp_path):
    (tmp_path / "x.csv").write_text('"a\nb",c\n1,2\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_pscomppars(tmp_path / "x.csv")
    assert "a\\nb" in str(error.value) and "\n" not in str(error.value)


def test_hosts_in_other_alphabets_are_not_one_host(tmp_path):
    assert len({host_key(name) for name in ("\u03b2 Pic", "\u03b4 Pic", "Pic", "\u661f", "\u661f\u661f", "***", "+-")}) == 7
    made = assemble("", write_bd(tmp_path / "bd.csv", [bd_row(host_star=name, period="", msini="20") for name in ("\u03b2 Pic", "\u03b4 Pic")]))
    assert len(made.table) == 2


def test_companions_without_period_are_numbered_in_any_order_of_rows(tmp_path):
    rows = [bd_row(period=period, msini=mass) for period, mass in (("", "30"), ("5", "20"), ("", "10"), ("1", "40"))]
    tables = [read_bd(write_bd(tmp_path / "bd.csv", order))[0] for order in (rows, rows[::-1], [rows[2], rows[0], rows[3], rows[1]])]
    numbered = [dict(zip(table["companion_name"], table["companion_mass_mjup"], strict=True)) for table in tables]
    assert numbered[0] == numbered[1] == numbered[2] == {"HD10697 [1]": 40, "HD10697 [2]": 20, "HD10697 [3]": 10, "HD10697 [4]": 30}


def test_a_host_named_like_a_numbered_companion_is_refused(tmp_path):
    rows = [bd_row(host_star="A"), bd_row(host_star="A", period="7"), bd_row(host_star="A [1]")]
    with pytest.raises(InputError, match=r"'A \[1\]' is already"):
        read_bd(write_bd(tmp_path / "bd.csv", rows))


def test_a_host_with_more_companions_than_any_system_is_refused(tmp_path):
    with pytest.raises(InputError, match="has 101 rows"):
        read_bd(write_bd(tmp_path / "bd.csv", [bd_row(period=index + 1) for index in range(101)]))


def correction(**changes):
    row = {"object_id": "NASA:x b", "column": "eccentricity", "action": "value", "value_in_source": "", "value": "0.1", "err_up": "", "err_down": "", "reference": "r", "reason": "s"}
    row |= changes
    return table_text([row], list(row)).encode()


@pytest.mark.parametrize("changes", [
    {"value": "1"}, {"value": "0.1", "err_up": "-1"}, {"err_down": "inf"}, {"err_up": "0"}, {"value": "1_0"}, {"value": "nan"}, {"value_in_source": "nan"},
    {"action": "note", "column": "no_such_column", "value": ""}, {"action": "exclude", "column": "host_name", "value": ""}, {"reason": "<script>"},
])
def test_impossible_corrections_are_refused(tmp_path, changes):
    restamped(tmp_path, "corrections.csv", correction())
    assert len(read_corrections(tmp_path)) == 1
    restamped(tmp_path, "corrections.csv", correction(**changes))
    with pytest.raises(InputError, match="corrections.csv, line 2"):
        read_corrections(tmp_path)


def test_a_correction_may_write_a_typographic_minus_sign(tmp_path):
    table = read_companions().head(1)
    restamped(tmp_path, "corrections.csv", correction(object_id=table["object_id"].iloc[0], column="metallicity", value="\u22120.5", err_up="0.1"))
    corrected, applied = apply_corrections(table, read_corrections(tmp_path))
    assert list(applied["status"]) == ["applied"] and corrected["metallicity"].iloc[0] == -0.5 and math.isnan(corrected["metallicity_err_down"].iloc[0])


@pytest.mark.parametrize(("column", "cell"), [
    ("eccentricity", "1"), ("eccentricity_limit", "0.5"), ("host_mass_msun", "1_0"), ("host_mass_msun_err_up", "0"), ("host_name", ""), ("data_source", "TOI"),
])
def test_an_impossible_cell_of_the_frozen_table_is_refused(tmp_path, column, cell):
    lines = (FROZEN / "companions.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index(column)] = cell
    restamped(tmp_path, "companions.csv", "\n".join([lines[0], ",".join(cells)]).encode())
    with pytest.raises(InputError, match=f"line 2, column {column}"):
        read_companions(tmp_path)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"files": []}', b'{"files": {"a.csv": 1}}', b'{"files": {"a.csv": {"sha256": 1}}}', b'{"files": {}, "ledger": [1]}'])
def test_a_manifest_that_is_none_is_refused(tmp_path, raw):
    (tmp_path / "MANIFEST.json").write_bytes(raw)
    with pytest.raises(InputError, match="not a valid manifest"):
        read_manifest(tmp_path)


def test_ages_above_that_of_the_universe_are_named_and_left_out(tmp_path):
    (tmp_path / "ages.csv").write_text(
        "star_name,star_mass,star_age,star_age_error_min,star_age_error_max,star_alternate_names,updated\nOld,0.1,15,1,1,,\nYoung,0.1,1,1,20,,\n", encoding="utf-8")
    text = host_ages_text(tmp_path / "ages.csv", [], "the export", 0.25)
    assert text.startswith("# Left out") and "Old (15 Gyr)" in text and "Young,,1,,1,0,the export" in text


def test_labels_with_a_header_of_escapes_are_refused_in_a_short_sentence(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\x02" * 5000 + b"\n")
    assert not judged("labels", path.read_bytes(), tmp_path)


def test_labels_are_read_alike_twice(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('companion_name,label,reference\n "A",1,x\nB,0,y\n', encoding="utf-8")
    assert list(read_anchors(path, needed=False)["companion_name"]) == ['"A"', "B"]


@pytest.mark.parametrize(("text", "words"), [
    ("kozai.draws=" + "9" * 5000, "kozai"), ("kozai.draws=0x" + "f" * 5000, "whole number"), ("kozai.time_limit=1" + "0" * 400, "finite"), ("kozai.ages=" + "[" * 5000, "ages"),
    ("calibration.coverage=[0.9]", "2 numbers"), ("kozai.seed=18446744073709551616", "64 bits"), ("kozai.draws=400\nx=1", "draws"), ("kozai.ages=[" + "1," * 200 + "]", "200 numbers"),
    ("kozai.drawz=1", "draws"), ('"a\nb".c=1', "not a section"),
])
def test_options_of_any_size_end_in_one_sentence(capsys, text, words):
    assert main(["--set", text]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1 and len(told) < 500


@pytest.mark.parametrize("option", ["--percent", "--toi_mstar", "--threads"])
@pytest.mark.parametrize("value", ["1_0", "\u0663", "0x1", "nan", "1e999"])
def test_numbers_of_options_are_plain(capsys, option, value):
    assert main([option, value]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_a_whole_number_is_fine_where_a_number_is_asked_for():
    assert with_overrides(Config(), {"kozai": {"time_limit": 3}}, "test").kozai.time_limit == 3.0


def _archive(header: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("final_axis.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8))
    return stream.getvalue()


@pytest.mark.parametrize("header", [b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,", b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"(" * 200, b"\xff"])
def test_headers_of_arrays_that_are_none(tmp_path, header):
    assert not judged("ladder", _archive(header), tmp_path)


@pytest.mark.parametrize("kind", ["U8", "S4", "f4"])
def test_reasons_of_another_type_are_refused(tmp_path, kind):
    with np.load(io.BytesIO(SEEDS["ladder"][0])) as found:
        arrays = {name: found[name] for name in found.files}
    stream = io.BytesIO()
    np.savez_compressed(stream, **{**arrays, "reason": arrays["reason"].astype(kind)})
    assert not judged("ladder", stream.getvalue(), tmp_path)
    assert judged("ladder", SEEDS["ladder"][0], tmp_path) and json.loads(str(arrays["about"]))
