"""The paper is typeset when anything that the pages show or are made with has changed, and only then, by `just paper` and by bare `quarto render`."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.report import pages
from analysis.runtime import ROOT
from tools import render

PAGE = "_output/manuscript/index.html"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose typesetter writes the text of its manuscript into both pages, and counts how often."""
    for folder in ("manuscript", "analysis", "results", "_output/manuscript", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("_quarto.yml", "_environment", "CITATION.cff", "requirements.lock", "tools/render.py", "analysis/study.py", "manuscript/index.qmd"):
        (tmp_path / name).write_text("as it was")
    (tmp_path / "results" / "provenance.json").write_text(json.dumps({"artifacts": {"numbers.json": {"sha256": "1"}}}))
    calls = []

    def typeset():
        calls.append(1)
        for page in pages.PAGES:
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


@pytest.mark.parametrize("name", [
    "manuscript/index.qmd", "_quarto.yml", "_environment.local", "_brand.yml", "_metadata.yml", "_extensions/a/filter.lua", "apj.csl", "CITATION.cff", "analysis/study.py",
    "requirements.lock", "results/provenance.json", PAGE,
])
def test_a_change_of_text_settings_code_results_libraries_or_page_typesets_again(project, name):
    root, calls = project
    render.main()
    (root / name).parent.mkdir(parents=True, exist_ok=True)
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


def test_another_profile_of_quarto_typesets_again_and_a_file_of_messages_does_not(project, monkeypatch):
    root, calls = project
    render.main()
    (root / "build.log").write_text("messages")
    render.main()
    assert len(calls) == 1
    monkeypatch.setenv("QUARTO_PROFILE", "journal")
    render.main()
    assert len(calls) == 2


@pytest.mark.parametrize("name", ["manuscript/index.qmd", "results/provenance.json"])
def test_what_changes_while_the_pages_are_typeset_is_typeset_the_next_time(project, monkeypatch, name):
    root, calls = project
    typeset = render.render_with_fallback

    def save_meanwhile():
        status = typeset()
        (root / name).write_text(f"saved {len(calls)}")
        return status

    monkeypatch.setattr(render, "render_with_fallback", save_meanwhile)
    render.main()
    monkeypatch.setattr(render, "render_with_fallback", typeset)
    render.main()
    assert len(calls) == 2
    render.main()
    assert len(calls) == 2


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

    monkeypatch.setattr(pages, "write_atomic", refuse)
    assert render.main() == 0
    assert render.main() == 0
    assert len(calls) == 2


def test_what_the_typesetter_leaves_beside_the_text_while_it_runs_is_no_change(project):
    root, calls = project
    render.main()
    (root / "manuscript" / "index.quarto_ipynb").write_text("{}")
    render.main()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("options", "whole"),
    [("", True), ("--quiet", True), ("--log-level warning", True), ("--log=build.log --quiet", True), ("--to html", False), ("--log-level info --to pdf", False),
     ("manuscript/index.qmd", False), ("-M toc:false", False), ("--no-execute", False), ("--logo x", False)],
)
def test_only_a_render_without_file_format_or_option_asks_for_the_pages_as_they_are(options, whole):
    assert pages.whole_render(["deno", "run", "--allow-all", "quarto.js", "render", *options.split()]) is whole


@pytest.mark.parametrize("command", [[], ["quarto.js", "preview"], ["python", "manuscript/prerender.py"]])
def test_another_command_is_no_render(command):
    assert not pages.whole_render(command)


def test_no_quarto_waits_for_this_process():
    assert pages.waiting_quarto(ROOT) is None


# Quarto as its scripts see it: the process that started them, its command line, its folder and its version.
QUARTO = """import os, subprocess, sys
status = subprocess.run([sys.executable, "-c", os.environ["SCRIPT"]]).returncode
sys.exit(status)
"""
SCRIPT = "import sys; sys.path[0] = {root!r}; from pathlib import Path; from analysis.report.pages import waiting_quarto; print((waiting_quarto(Path({folder!r})) or [None])[0])"


@pytest.mark.parametrize(("options", "inside", "answer"), [([], True, "Quarto 1.9.38"), (["--to", "html"], True, "None"), ([], False, "None")])
def test_a_script_recognises_the_quarto_that_waits_for_it(options, inside, answer, tmp_path):
    for name in ("share", "project", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "share" / "version").write_text("1.9.38\n")
    (tmp_path / "quarto.py").write_text(QUARTO)
    script = SCRIPT.format(root=str(ROOT), folder=str(tmp_path / "project"))
    environment = {**os.environ, "QUARTO_SHARE_PATH": str(tmp_path / "share"), "SCRIPT": script, "QUARTO_PROFILE": ""}
    folder = tmp_path / ("project" if inside else "elsewhere")
    done = subprocess.run([sys.executable, tmp_path / "quarto.py", "render", *options], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == answer


def test_the_skip_leaves_the_users_own_local_settings_alone(tmp_path):
    local = tmp_path / pages.LOCAL_SETTINGS
    assert pages.skip(tmp_path, os.getpid()) and "!manuscript/index.qmd" in local.read_text()
    pages.clear_skip(tmp_path)
    assert not local.exists()
    local.symlink_to(tmp_path / "not there yet")
    assert not pages.skip(tmp_path, os.getpid())
    pages.clear_skip(tmp_path)
    assert local.is_symlink()
    local.unlink()
    local.write_text("format:\n  html:\n    toc: false\n")
    assert not pages.skip(tmp_path, os.getpid())
    pages.clear_skip(tmp_path)
    assert "toc: false" in local.read_text()


def test_a_quarto_that_is_killed_leaves_no_skip_behind(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as quarto:
        assert pages.skip(tmp_path, quarto.pid)
        time.sleep(1)
        assert (tmp_path / pages.LOCAL_SETTINGS).exists()
        quarto.kill()
    deadline = time.monotonic() + 20
    while (tmp_path / pages.LOCAL_SETTINGS).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (tmp_path / pages.LOCAL_SETTINGS).exists()


# A build of the size of a test: it has the scripts, the settings and one page of text; the stages are taken as evaluated.
EVALUATED = "import sys\n\n\ndef main(_):\n    return 0\n"


@pytest.mark.skipif(not shutil.which("quarto"), reason="Quarto is not installed")
def test_bare_quarto_render_leaves_current_pages_alone_and_typesets_changed_ones(tmp_path):
    for name in ("analysis", "_quarto.yml", "CITATION.cff", "requirements.lock", "manuscript/references.bib", "manuscript/prerender.py", "manuscript/postrender.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "analysis" / "__main__.py").write_text(EVALUATED)
    (tmp_path / "analysis" / "report" / "check.py").write_text("def report(root, written):\n    return 0\n")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "provenance.json").write_text(json.dumps({"artifacts": {}}))
    text = tmp_path / "manuscript" / "index.qmd"
    text.write_text("---\ntitle: A page\n---\n\nThe first.\n")
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "VLMS_CACHE_DIR": str(tmp_path / ".cache"), "VLMS_EVALUATED": "", "QUARTO_PROFILE": ""}

    def rendered(*options: str) -> tuple[bool, str]:
        """Whether the HTML was written again, and what was said."""
        page = tmp_path / pages.PAGES[0]
        before = page.stat().st_mtime_ns if page.is_file() else 0
        done = subprocess.run(["quarto", "render", *options], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / pages.LOCAL_SETTINGS).exists()
        return page.stat().st_mtime_ns != before, done.stdout + done.stderr

    assert rendered()[0]
    again, said = rendered()
    assert not again and "Nothing in the paper has changed" in said
    assert rendered("--to", "html")[0]
    (tmp_path / pages.LOCAL_SETTINGS).write_text(pages.SKIP)  # of a render that was killed
    text.write_text(text.read_text() + "\nThe second.\n")
    assert rendered()[0]
    assert "The second." in Path(tmp_path / pages.PAGES[0]).read_text()
