"""Artifacts of the cross-match with Gaia DR3: names, what they say when nobody was asked, cells of the two tables, the partial stamp."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.report import gaia as writer
from analysis.report.files import Context
from tests.migration.test_gaia_companions import acceleration, companion, evaluate, orbit


def keys_of(content):
    for key, value in content.items():
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)


@pytest.fixture(params=["none", "some"])
def result(request, tmp_path):
    rows = [] if request.param == "none" else [orbit(), acceleration(host_name="B", gaia_dr3_id="4"), orbit(host_name="C", gaia_dr3_id="5", ruwe=np.nan)]
    return evaluate(tmp_path, rows, [companion(), companion("B"), companion("C", companion_mass_mjup=np.nan), companion("D")])


def test_every_artifact(tmp_path, result):
    out = tmp_path / "out"
    out.mkdir()
    writer.write(out, Context(), gaia_companions=result)
    assert {path.name for path in out.iterdir()} == {"gaia_companions.csv", "gaia_perturbers.csv", "gaia_companions_summary.json"}
    content = json.loads((out / "gaia_companions_summary.json").read_text())
    assert not [key for key in keys_of(content) if "." in key or " " in key]
    table = pd.read_csv(out / "gaia_companions.csv")
    assert len(table) == len(result.hosts) and set(table["host_name"]) == {"Star", "B", "C", "D"}
    assert content["hosts"]["hosts"] == 4


def test_tables_of_the_paper(tmp_path, result):
    writer.write(tmp_path, Context(), gaia_companions=result)
    steps, implied = writer.ledger(tmp_path), writer.perturbers(tmp_path)
    for table in (steps, implied):
        assert table["rows"] and all(len(row) == len(table["columns"]) and all(isinstance(cell, str) for cell in row) for row in table["rows"])
    counts = dict(steps["rows"])
    if len(result.perturbers):
        assert counts["asked for"] == "3" and counts["with a solution: acceleration"] == "1" and counts["of these, outside the known companions"] == "3"
        first = dict(zip(implied["columns"], implied["rows"][0], strict=True))
        row = result.perturbers.iloc[0]
        assert first["Companion"] == row["companion_name"] and float(first["M_out (M☉)"].split()[0]) == pytest.approx(row["mass_msun"], rel=0.06)
        bare = next(cells for cells in implied["rows"] if cells[0] == "C b")
        assert bare[3] != "–" and bare[5:] == ["–"] * 6  # a range without a judgement
    else:
        assert counts["asked for"] == "0" and counts["with any solution"] == "not asked" and implied["rows"] == [["none", *["–"] * 10]]


def test_the_heaviest_companion_stands_for_its_host(tmp_path):
    found = evaluate(tmp_path, [orbit()], [companion(), companion(name="Star c", companion_mass_mjup=2.0), companion(name="Star d", companion_mass_mjup=np.nan)])
    writer.write(tmp_path, Context(), gaia_companions=found)
    assert [row[0] for row in writer.perturbers(tmp_path)["rows"]] == ["Star c", "Star c"] and len(found.perturbers) == 6


def test_partial_runs_are_stamped(tmp_path, result):
    writer.write(tmp_path, Context(percent=50.0), gaia_companions=result)
    assert json.loads((tmp_path / "gaia_companions_summary.json").read_text())["partial"]["percent"] == 50
    assert (pd.read_csv(tmp_path / "gaia_companions.csv")["partial_percent"] == 50).all()
