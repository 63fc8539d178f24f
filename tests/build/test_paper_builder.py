"""The fallback builder on a small paper: numbers, links, citations, offline files, the same bytes twice."""

import html as markup
import os
import re
import shutil
import subprocess
import sys
import zlib

import pytest

from analysis.report.access import finish
from analysis.report.check import check_project
from manuscript.build.paper import BuildError, build, substitute

EXPECTED_REFERENCES = {
    "fig-second": "Figure 2", "fig-first": "Figure 1", "tbl-ledger": "Table 1", "eq-second": "Equation 2", "eq-first": "Equation 1",
    "sec-introduction": "Section 1", "sec-inner": "Section 2.1", "sec-late": "Section 3",
}


def references(html: str) -> list[tuple[str, str]]:
    """(target, text) of every cross-reference, in order."""
    found = re.findall(r'<a href="#((?:fig|tbl|eq|sec)-[\w-]+)"(?: class="quarto-xref")?>(.*?)</a>', html, re.DOTALL)
    return [(target, " ".join(markup.unescape(text).split())) for target, text in found]


def captions(html: str) -> list[str]:
    """The captions as plain text without formulas, in order."""
    found = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", html, re.DOTALL)
    plain = [re.sub(r"<[^>]+>", "", re.sub(r"<math.*?</math>", "", text, flags=re.DOTALL)) for text in found]
    return [" ".join(markup.unescape(text).split()).replace(" ,", ",") for text in plain]


def pdf_text(content: bytes) -> bytes:
    """A PDF with its compressed streams unpacked, so that strings in its objects can be searched."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            unpacked.append(stream)
    return content + b"\n".join(unpacked)


def test_cross_references_carry_the_numbers_of_what_they_point_at(paper):
    html = paper.html.read_text(encoding="utf-8")
    found = references(html)
    assert ("fig-first", "1") in found
    assert {target: text for target, text in found if text != "1"} == EXPECTED_REFERENCES
    for target in EXPECTED_REFERENCES:
        assert html.count(f'id="{target}"') == 1
    assert re.search(r'id="eq-second".*?<span class="number">\(2\)</span></span>', html, re.DOTALL)


def test_captions_are_numbered_and_hold_variables_and_citations(paper):
    found = captions(paper.html.read_text(encoding="utf-8"))
    assert found == [
        "Figure 1: The first caption has 140, and a citation (Hut 1981).", "Figure 2: The second caption.", "Table 1: The ledger of 140 rows.",
    ]


def test_variables_work_in_title_abstract_and_text_and_stay_traceable(paper):
    html = paper.html.read_text(encoding="utf-8")
    assert '<h1 class="title">A sample of 140 companions</h1>' in html
    assert re.search(r'There are <span class="num" data-k="sample.n">140</span>\s+companions', html)
    assert '<strong><span class="num" data-k="sample.n">140</span></strong> rows' in html
    assert "R. S. Johnson (Institute of Tests)" in html
    assert "stars, planets" in html


def test_citations_are_linked_and_listed(paper):
    html = paper.html.read_text(encoding="utf-8")
    assert re.search(r'Kipping\s+\(<a href="#ref-kipping2013"[^>]*>2013</a>\)</span>\s+says so', html)
    assert 'id="ref-hut1981"' in html
    assert 'id="ref-kipping2013"' in html


def test_chunks_run_in_the_project_root_and_unmarked_output_is_verbatim(paper):
    assert "<code>working in project</code>" in paper.html.read_text(encoding="utf-8")


def test_html_has_formulas_as_mathml_and_alternative_text(paper):
    html = paper.html.read_text(encoding="utf-8")
    assert html.count("<math") == 5
    assert 'alt="A black rectangle, shown first."' in html
    assert "<script" not in html


def test_nothing_is_left_to_mend(paper):
    assert check_project(paper.root, [paper.html, paper.pdf]) == []


def test_pdf_is_complete_with_title_alternative_text_and_vector_figures(paper):
    content = paper.pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    text = pdf_text(content)
    assert b"A sample of 140 companions" in text
    assert b"A black rectangle, shown again." in text
    assert not re.search(rb"/Subtype\s*/Image", text)


def test_the_same_input_gives_the_same_bytes(paper):
    before = paper.html.read_bytes(), paper.pdf.read_bytes()
    build(paper.root)
    assert (paper.html.read_bytes(), paper.pdf.read_bytes()) == before


@pytest.mark.parametrize(("planted", "message"), [
    ("```{python}\nraise ValueError('no such figure')\n```", "no such figure"),
    ("As [@nobody2020] says.", "nobody2020"),
    (r"$\nosuchcommand{x}$", "nosuchcommand"),
    ("![lost](../results/lost.svg)", "lost.svg"),
    ('```{python}\n#| fig-cap: "A caption"\nprint(1)\n```', "div"),
])
def test_a_fault_stops_the_build_and_keeps_the_old_paper(paper, tmp_path, planted, message):
    root = tmp_path / "project"
    shutil.copytree(paper.root, root)
    source = root / "manuscript" / "index.qmd"
    source.write_text(source.read_text(encoding="utf-8").replace("# Late", f"{planted}\n\n# Late"), encoding="utf-8")
    with pytest.raises(BuildError, match=message):
        build(root)
    folder = root / "_output" / "manuscript"
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "index.pdf"]
    assert (folder / "index.html").read_bytes() == paper.html.read_bytes()


def test_unknown_variables_and_references_are_left_for_the_check(paper, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(paper.root, root)
    source = root / "manuscript" / "index.qmd"
    planted = "See @fig-nowhere and {{< var sample.nothing >}}; {{< meta title >}}; 7 typed."
    source.write_text(source.read_text(encoding="utf-8").replace("# Late", f"{planted}\n\n# Late"), encoding="utf-8")
    problems = "\n".join(check_project(root, list(build(root))))
    for found in ("?@fig-nowhere", "?var:sample.nothing", "{{<", "typed by hand: 7"):
        assert found in problems


def test_substitution_reaches_every_text_of_parsed_yaml():
    content = {"title": "{{< var a.b >}}", "list": ["x {{<var a.b>}}", 3], "none": None}
    assert substitute(content, {"a": {"b": 'say "1: 2"'}}) == {"title": 'say "1: 2"', "list": ['x say "1: 2"', 3], "none": None}
    assert substitute("{{< var a.b.c >}}", {"a": {"b": "text"}}) == "?var:a.b.c"


@pytest.mark.skipif(not shutil.which("quarto"), reason="Quarto is not installed")
def test_quarto_gives_the_same_references_and_captions(paper, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(paper.root, root, ignore=shutil.ignore_patterns("_output"))
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    done = subprocess.run(["quarto", "render"], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    finish([root / "_output" / "manuscript" / "index.html"])
    ours, theirs = (path.read_text(encoding="utf-8") for path in (paper.html, root / "_output" / "manuscript" / "index.html"))
    assert references(theirs) == references(ours)
    assert captions(theirs) == captions(ours)
    assert check_project(root, [root / "_output" / "manuscript" / f"index.{suffix}" for suffix in ("html", "pdf")]) == []
