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


def test_lines_break_between_numbers_not_within_them():
    cells = ["10.7 (9.8 to 11.7)", "2 × 10⁻⁶", "−44.6 ± 4.1", "p = 0.03, adjusted 1.00", "14 of 22", "0.1 au and more", "close to a star"]
    words = [line.strip("| ").split(" ") for line in show.pipe_table(["Cell"], [[cell] for cell in cells]).splitlines()[2:]]
    assert [[word.replace("\u00a0", " ") for word in line] for line in words] == [
        ["10.7", "(9.8 to 11.7)"], ["2 × 10⁻⁶"], ["−44.6 ± 4.1"], ["p = 0.03,", "adjusted 1.00"], ["14 of 22"], ["0.1 au", "and", "more"], ["close", "to", "a", "star"]]


def test_symbols_are_typeset_in_heads_and_left_alone_in_cells():
    head, _, row = show.pipe_table(["Disruption / r_t", "r_crit = 3 R★"], [["r_t", "3"]]).splitlines()
    assert "/\u00a0$r_\\mathrm{t}$" in head and "$r_\\mathrm{crit}$\u00a0=\u00a03 $R_\\star$" in head and row == "| r_t | 3 |"


def test_missing_results_say_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(show, "RESULTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="just analyze"):
        show.table("t")
