"""Markdown that the manuscript's chunks print."""

import json

import pytest

from analysis.report import show


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(show, "RESULTS", tmp_path)
    (tmp_path / "figures.json").write_text(json.dumps({"fig_a": {"alt": 'says "so"'}}))
    (tmp_path / "tables.json").write_text(json.dumps({"t": {"columns": ["Name", "Value", "Note"], "rows": [["a|b", "−3", "x"], ["long name", "–", "–"], ["c", "12", "y"]]}}))


def test_figure_is_one_image_line_with_alternative_text(results, capsys):
    show.figure("fig_a", width="70%")
    assert capsys.readouterr().out == "![](../results/fig_a.svg){fig-alt=\"says 'so'\" width=70%}\n\n"


def test_table_aligns_numbers_right_and_keeps_bars_in_cells(results, capsys):
    show.table("t")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| Name | Value | Note |" and lines[2] == "| a\\|b | −3 | x |"
    rule = lines[1].split()
    assert rule[1].startswith(":") and rule[3].endswith(":") and rule[5].startswith(":")
    assert len(rule[1]) > len(rule[5])


def test_missing_results_say_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(show, "RESULTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="just analyze"):
        show.table("t")
