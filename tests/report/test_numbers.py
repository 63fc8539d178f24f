"""Every number of the manuscript points into an artifact, and says what that artifact says."""

import json
import re

import pytest
import yaml

from analysis.report.numbers import lookup
from analysis.runtime import ROOT

MANUSCRIPT = (ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbers(built):
    return json.loads((built.outdir / "numbers.json").read_text(encoding="utf-8"))


def test_each_variable_of_the_manuscript_is_defined(built):
    variables = yaml.safe_load((built.outdir / "_variables.yml").read_text(encoding="utf-8"))
    keys = set(re.findall(r"\{\{<\s*var\s+([\w.]+)\s*>\}\}", MANUSCRIPT))
    assert len(keys) > 60
    for key in keys:
        assert isinstance(lookup(variables, key), str), key


def test_no_number_of_a_full_run_is_missing(numbers):
    assert [key for key, entry in numbers.items() if entry["text"] == "not available"] == []


def test_each_number_is_found_where_it_says(numbers, built):
    for key, entry in numbers.items():
        if entry["artifact"] != "claims.json":
            content = json.loads((built.outdir / entry["artifact"]).read_text(encoding="utf-8"))
            assert lookup(content, entry["field"]) == entry["value"], key


def test_span_carries_the_key_and_its_plain_twin_does_not(built):
    variables = yaml.safe_load((built.outdir / "_variables.yml").read_text(encoding="utf-8"))
    assert variables["sample"]["candidates"] == f'[{variables["plain"]["sample"]["candidates"]}]{{.num data-k="sample.candidates"}}'


def test_each_figure_and_table_of_the_manuscript_exists(built):
    figures = json.loads((built.outdir / "figures.json").read_text(encoding="utf-8"))
    tables = json.loads((built.outdir / "tables.json").read_text(encoding="utf-8"))
    for stem in re.findall(r'show\.figure\("(\w+)"', MANUSCRIPT):
        assert (built.outdir / f"{stem}.svg").is_file() and (built.outdir / f"{stem}.csv").is_file() and len(figures[stem]["alt"]) > 40
        assert "{" not in figures[stem]["alt"]
    for name in re.findall(r'show\.table\("(\w+)"', MANUSCRIPT):
        assert tables[name]["rows"] and all(len(row) == len(tables[name]["columns"]) for row in tables[name]["rows"])


def test_lookup_follows_dicts_and_lists_and_stops_at_gaps():
    content = {"a": {"reason": "too few rows"}, "b": None, "c": [{"d": 1}], "e": {"f": 2}}
    assert lookup(content, "c.0.d") == 1 and lookup(content, "e.f") == 2
    assert [lookup(content, path) for path in ("a.x", "b.x.y", "c.5.d", "c.d", "e.f.g")] == [None] * 5
