"""`just paper` typesets when anything that the pages show or are made with has changed, and only then."""

import json

import pytest

from tools import render

PAGE = "_output/manuscript/index.html"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose typesetter writes the text of its manuscript into both pages, and counts how often."""
    for folder in ("manuscript", "analysis", "results", "_output/manuscript", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (*render.SETTINGS, "analysis/study.py", "manuscript/index.qmd"):
        (tmp_path / name).write_text("as it was")
    (tmp_path / "results" / "provenance.json").write_text(json.dumps({"artifacts": {"numbers.json": {"sha256": "1"}}}))
    calls = []

    def typeset():
        calls.append(1)
        for page in render.PAGES:
            (tmp_path / page).write_text((tmp_path / "manuscript" / "index.qmd").read_text())
        return 0

    monkeypatch.setattr(render, "ROOT", tmp_path)
    monkeypatch.setattr("analysis.runtime.CACHE_DIR", tmp_path / ".cache")
    monkeypatch.setattr(render, "render_with_fallback", typeset)
    monkeypatch.setenv("PAPER_BUILDER", "fallback")
    monkeypatch.setenv("VLMS_EVALUATED", "1")
    return tmp_path, calls


def test_an_unchanged_paper_is_not_typeset_again_and_says_so(project, capsys):
    _, calls = project
    assert render.main() == 0
    assert "Typesetting with the fallback builder" in capsys.readouterr().out
    assert render.main() == 0
    said = capsys.readouterr().out
    assert len(calls) == 1 and "Nothing in the paper has changed" in said and PAGE in said


@pytest.mark.parametrize("name", ["manuscript/index.qmd", "_quarto.yml", "analysis/study.py", "requirements.lock", PAGE])
def test_a_change_of_text_settings_code_libraries_or_page_typesets_again(project, name):
    root, calls = project
    render.main()
    (root / name).write_text("changed")
    render.main()
    assert len(calls) == 2
    assert (root / PAGE).read_text() == (root / "manuscript" / "index.qmd").read_text()


def test_a_changed_result_a_new_file_and_a_lost_page_typeset_again(project):
    root, calls = project
    render.main()
    (root / "results" / "provenance.json").write_text(json.dumps({"artifacts": {"numbers.json": {"sha256": "2"}}}))
    render.main()
    assert len(calls) == 2
    (root / "manuscript" / "added.lua").write_text("")
    render.main()
    assert len(calls) == 3
    (root / PAGE).unlink()
    render.main()
    assert len(calls) == 4


def test_another_typesetter_typesets_again(project, monkeypatch):
    _, calls = project
    render.main()
    monkeypatch.delenv("PAPER_BUILDER")
    monkeypatch.setattr(render, "find_quarto", lambda: ("quarto", "1.9.38"))
    monkeypatch.setattr(render, "render_with_quarto", lambda command: calls.append(command) or 0)
    render.main()
    assert calls == [1, "quarto"]


def test_a_paper_that_failed_its_checks_is_never_called_current(project, monkeypatch):
    _, calls = project
    typeset = render.render_with_fallback
    monkeypatch.setattr(render, "render_with_fallback", lambda: typeset() or 1)
    assert render.main() == 1
    assert render.main() == 1
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(project, monkeypatch):
    _, calls = project

    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr("analysis.atomic.write_atomic", refuse)
    assert render.main() == 0
    assert render.main() == 0
    assert len(calls) == 2
