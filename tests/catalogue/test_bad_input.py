"""Every bad input ends in one sentence that names the file and says what was expected, and changes nothing on disk."""

import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.catalogue import load
from analysis.catalogue.freeze import freeze
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.catalogue.textfile import read_text_table
from analysis.config import CatalogueConfig
from analysis.errors import InputError
from tests.catalogue.exports import PS_DEFAULTS, bd_row, ps_row, table_text, write_bd, write_ps

GOOD = table_text([ps_row(1), ps_row(2)], list(PS_DEFAULTS))
LINES = GOOD.splitlines()


def without(column):
    columns = [name for name in PS_DEFAULTS if name != column]
    return table_text([ps_row(1)], columns)


def changed(**changes):
    return table_text([ps_row(1), ps_row(2, **changes)], list(PS_DEFAULTS))


CASES = {
    "empty file": (b"", "is empty"),
    "blank file": (b" \n\n", "is empty"),
    "only comments": (b"# a\n# b\n", "only comments"),
    "no rows": ((LINES[0] + "\n").encode(), "no rows"),
    "missing mass column": (without("pl_bmassj").encode(), "pl_bmassj or pl_bmasse"),
    "missing host mass column": (without("st_mass").encode(), "column st_mass"),
    "missing axis column": (without("pl_orbsmax").encode(), "column pl_orbsmax"),
    "semicolons": (GOOD.replace(",", ";").encode(), "semicolons"),
    "tabs": (GOOD.replace(",", "\t").encode(), "tabs"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
    "utf-16": (GOOD.encode("utf-16"), "UTF-16"),
    "latin-1": (GOOD.replace("Host-2 b", "H\u00f6st b").encode("latin-1"), "line 3: not UTF-8"),
    "web page": (b"<!DOCTYPE html><html><body>Service unavailable</body></html>", "web page"),
    "short row": ("\n".join([LINES[0], LINES[1], "a,b,c"]).encode(), "line 3: 3 fields"),
    "repeated header": ("\n".join([LINES[0], LINES[1], LINES[0]]).encode(), "line 3: the header is repeated"),
    "column twice": ((LINES[0] + ",st_mass\n" + LINES[1] + ",1\n").encode(), "st_mass appears more than once"),
    "all host masses missing": (table_text([ps_row(1, st_mass="")], list(PS_DEFAULTS)).encode(), "column st_mass has no value"),
    "all companion masses missing": (table_text([ps_row(1, pl_bmassj="nan")], list(PS_DEFAULTS)).encode(), "has no value in any row"),
    "word for a number": (changed(pl_orbper="ten").encode(), "line 3, column pl_orbper: 'ten'"),
    "infinite": (changed(pl_orbper="inf").encode(), "line 3, column pl_orbper: 'inf'"),
    "overflow": (changed(pl_orbper="1e999").encode(), "not a finite number"),
    "underscore": (changed(pl_orbper="1_0").encode(), "not a finite number"),
    "decimal comma": ("\n".join([LINES[0], LINES[1].replace("0.15", '"0,15"')]).encode(), "'0,15' is not a finite number"),
    "negative host mass": (changed(st_mass="-0.1").encode(), "line 3, column st_mass: -0.1"),
    "zero companion mass": (changed(pl_bmassj="0").encode(), "line 3, column pl_bmassj: 0"),
    "impossible temperature": (changed(st_teff="-3000").encode(), "line 3, column st_teff"),
    "impossible flag": (changed(pl_orbsmaxlim="4").encode(), "expected -1, 0 or 1"),
    "unknown method": (changed(discoverymethod="Dowsing").encode(), "line 3, column discoverymethod: 'Dowsing'"),
    "unknown provenance": (changed(pl_bmassprov="hearsay").encode(), "line 3, column pl_bmassprov: 'hearsay'"),
    "no name": (changed(pl_name="").encode(), "line 3, column pl_name is empty"),
    "same name twice": (changed(pl_name="Host-1 b").encode(), "already on line 2"),
    "unclosed quote": ((GOOD + '"x').encode(), "not valid CSV"),
}


def one_sentence(error, name):
    text = str(error.value)
    assert name in text and "\n" not in text and len(text) < 500
    assert any(word in text.lower() for word in ("expected", "known"))


@pytest.mark.parametrize("case", CASES)
def test_bad_archive_export(tmp_path, case):
    raw, words = CASES[case]
    path = tmp_path / "export.csv"
    path.write_bytes(raw)
    with pytest.raises(InputError) as error:
        read_pscomppars(path)
    assert words in str(error.value)
    one_sentence(error, "export.csv")


@pytest.mark.parametrize("reader", [read_pscomppars, read_bd])
def test_missing_file_and_directory(tmp_path, reader):
    with pytest.raises(InputError, match="no such file"):
        reader(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="is a directory"):
        reader(tmp_path)


@pytest.mark.parametrize(("rows", "words"), [
    ([bd_row(Mstar="")], "Mstar has no value"), ([bd_row(msini="")], "mass and msini have no value"),
    ([bd_row(method="tea leaves")], "column method"),
    ([bd_row(host_star="")], "host_star is empty"), ([bd_row(msini="-4")], "mass or msini: -4"), ([bd_row(period="0")], "column period: 0"),
])
def test_bad_bd_catalogue(tmp_path, rows, words):
    with pytest.raises(InputError) as error:
        read_bd(write_bd(tmp_path / "bd.csv", rows))
    assert words in str(error.value)
    one_sentence(error, "bd.csv")


def test_the_other_catalogue_in_its_place(tmp_path):
    bd, ps = write_bd(tmp_path / "bd.csv", [bd_row()]), write_ps(tmp_path / "ps.csv", [ps_row(1)])
    with pytest.raises(InputError, match="PSCompPars"):
        load.run(CatalogueConfig(ps=str(bd), bd=str(ps)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_junk_never_ends_in_anything_but_an_input_error(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("junk") / "junk.csv"
    path.write_bytes(raw)
    for reader in (read_pscomppars, read_bd):
        with pytest.raises(InputError):
            reader(path)


def plain_table(folder, text):
    """The text as a table, read."""
    path = folder / "plain.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_text_table(path, "a table")


def test_a_line_that_may_be_a_comment_or_a_row_is_neither_lost_nor_guessed(tmp_path):
    assert plain_table(tmp_path, "# one, two, three\na,b,c\n# a remark\n1,2,3\n# x,y\n").rows == [["1", "2", "3"]]
    with pytest.raises(InputError, match=r"line 3: it starts with # and has as many fields as a row"):
        plain_table(tmp_path, "a,b,c\n1,2,3\n#4,5,6\n")
    assert plain_table(tmp_path, 'a,b,c\n1,2,3\n"#4",5,6\n').rows[1] == ["#4", "5", "6"]


def test_lines_within_a_quoted_cell_belong_to_it(tmp_path):
    table = plain_table(tmp_path, 'a,b\n1,"first\n# second\n\n#,fourth"\n\n2,3\n')
    assert table.rows == [["1", "first\n# second\n\n#,fourth"], ["2", "3"]]
    assert table.lines == [2, 7] and table.comments == []


@settings(max_examples=80, deadline=None)
@given(column=st.sampled_from(sorted(PS_DEFAULTS)), cell=st.text(max_size=12))
@example(column="pl_name", cell="#")
def test_any_text_in_a_cell_is_read_or_refused(tmp_path_factory, column, cell):
    path = tmp_path_factory.mktemp("cell") / "cell.csv"
    write_ps(path, [ps_row(1), ps_row(2, **{column: cell.encode("utf-8", "replace").decode()})])
    try:
        table, _ = read_pscomppars(path)
    except InputError:
        return
    assert len(table) == 2


def tree(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("case", ["empty file", "missing mass column", "semicolons", "binary", "no rows", "negative host mass"])
def test_freezing_a_bad_export_changes_nothing(tmp_path, case):
    frozen = tmp_path / "frozen"
    good_ps, good_bd = write_ps(tmp_path / "ps.csv", [ps_row(1)]), write_bd(tmp_path / "bd.csv", [bd_row()])
    freeze(good_ps, good_bd, folder=frozen)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(CASES[case][0])
    before = tree(tmp_path)
    with pytest.raises(InputError):
        freeze(bad, good_bd, folder=frozen)
    with pytest.raises(InputError):
        freeze(good_ps, bad, folder=frozen)
    assert tree(tmp_path) == before
