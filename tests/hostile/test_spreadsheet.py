"""No text of the input reaches a spreadsheet as a formula, and every text comes back as it was."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.catalogue.frozen import read_companions, table_text
from analysis.report.files import Context, write_csv
from analysis.report.trace import table_sources
from analysis.spreadsheet import neutral, restored
from tests.hostile.strategies import CELLS
from tests.hostile.targets import restamped

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
FORMULAS = ("=1+1", '=HYPERLINK("http://x","y")', "+A1", "-A1", "-1.5+A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "-", "- 5", "+", "-inf", "-1_0", "-\u0661")
NUMBERS = ("-1.5", "+2", "-.5", "-1e-300", "-12%", "+0.3E+10", "-7.")
texts = st.one_of(st.sampled_from(CELLS), st.sampled_from(FORMULAS), st.sampled_from(NUMBERS), st.text("'=-+@1.e\t\r x", max_size=8), st.text(max_size=12))


def line_feeds(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_become_text(cell):
    assert neutral(cell) == "'" + line_feeds(cell) and restored(neutral(cell)) == line_feeds(cell)


@pytest.mark.parametrize("cell", [*NUMBERS, "", "TRAPPIST-1 b", "A+B", "'tis", "5-3", "2MASS J0+1"])
def test_numbers_and_plain_text_stay(cell):
    assert neutral(cell) == cell == restored(cell)


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(texts)
def test_every_text_comes_back_and_only_numbers_start_like_formulas(cell):
    written = neutral(cell)
    assert restored(written) == line_feeds(cell) and "\r" not in written
    if written.startswith(STARTS):
        assert np.isfinite(float(written.rstrip("%")))


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(st.lists(texts.map(lambda text: text.encode("utf-8", "replace").decode()), min_size=1, max_size=4))
def test_the_writer_of_artifacts_uses_it(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("csv") / "out.csv"
    write_csv(path, pd.DataFrame({"name": cells, "value": [-1.5] * len(cells)}), Context())
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [neutral(cell) for cell in cells] and all(row["value"] == "-1.5" for row in rows)


def test_the_table_behind_a_table_of_the_page_uses_it():
    import base64

    page = table_sources({"columns": ["name", "value"], "rows": [["=1+1", "-1.5"]]}, "no_such_table")
    text = base64.b64decode(page.partition("base64,")[2].partition('"')[0]).decode()
    assert text == "name,value\n'=1+1,-1.5\n"


def test_a_name_that_is_a_formula_survives_freezing(tmp_path):
    table = read_companions().head(3).copy()
    names = ["=1+1", "'@x", "-5"]
    table["companion_name"], table["host_name"] = names, names
    text = table_text(table)
    assert "\n" in text and ",=1+1," not in text and ",'=1+1," in text and ",''@x," in text and ",-5," in text
    restamped(tmp_path, "companions.csv", text.encode())
    pd.testing.assert_frame_equal(read_companions(tmp_path), table)
