"""Quarto and the fallback builder give a reader the same text, numbers, figures, tables and references."""

import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from page_parts import Parts, parts

from analysis.report.access import finish
from analysis.runtime import ROOT
from manuscript.build.paper import build

NEEDS_QUARTO = pytest.mark.skipif(not shutil.which("quarto"), reason="Quarto is not installed")
COPIED = ("analysis", "manuscript", "results", "data", "_quarto.yml", "_variables.yml", "CITATION.cff", "requirements.lock")

# The dress that Quarto 1.9 puts around the same small text, by hand.
QUARTO = """<!DOCTYPE html><html lang="en-GB"><head><meta name="generator" content="quarto-1.9.38"><title>A sample</title><style>p{}</style></head><body>
<div id="quarto-content" class="page-columns"><div id="quarto-margin-sidebar"><nav id="TOC" role="doc-toc"><h2 id="toc-title">Table of contents</h2>
<a href="#sec-one"><span class="header-section-number">1</span> One</a></nav></div>
<main class="content" id="quarto-document-content"><header id="title-block-header" class="quarto-title-block default"><div class="quarto-title"><h1 class="title">A sample</h1></div>
<div class="quarto-title-meta"><div class="quarto-title-meta-heading">Author</div><p>R. S. Johnson</p></div><div><div class="abstract"><div class="block-title">Abstract</div>
There are <span class="num" data-k="sample.n">140</span> of them.</div></div></header>
<section id="sec-one" class="level1" data-number="1"><h1 data-number="1"><span class="header-section-number">1</span> One</h1>
<p>See <a href="#fig-a" class="quarto-xref">Figure&nbsp;1</a>, with <span class="num" data-k="sample.n">140</span> rows<a href="#fn1" class="footnote-ref" id="fnref1"><sup>1</sup></a>.</p>
<p><span id="eq-a"><math display="block"><semantics><mrow><mi>a</mi></mrow><annotation encoding="application/x-tex">a = b \\qquad(1)</annotation></semantics></math></span></p>
<div id="fig-a" class="quarto-float quarto-figure quarto-figure-center anchored"><figure class="quarto-float quarto-float-fig figure">
<div aria-describedby="fig-a-caption-0ceaefa1"><img src="data:," class="img-fluid figure-img" alt="A line."><p class="tr-src">Data: <a href="data:,">x.csv</a></p></div>
<figcaption class="quarto-float-caption-bottom" id="fig-a-caption-0ceaefa1">Figure&nbsp;1: The caption, <span class="num" data-k="x">2</span>.</figcaption></figure></div>
<div id="tbl-a" class="quarto-float"><figure class="quarto-float quarto-float-tbl figure"><figcaption id="tbl-a-caption-0ceaefa1">Table&nbsp;1: The ledger.</figcaption>
<div aria-describedby="tbl-a-caption-0ceaefa1"><table class="caption-top table"><thead><tr class="header"><th>step</th><th>rows</th></tr></thead>
<tbody><tr><td>all</td><td>140</td></tr></tbody></table></div></figure></div>
<p>Text of it.</p></section>
</main><div id="quarto-appendix"><section id="footnotes"><h2>Footnotes</h2><ol><li id="fn1"><p>The note.<a href="#fnref1" class="footnote-back">↩︎</a></p></li></ol></section>
<section><h2>References</h2><div id="refs"><div id="ref-hut1981" class="csl-entry">Hut, P. 1981.</div></div></section></div></div><script>const a = "<p>no text</p>";</script></body></html>"""

# The same as the fallback builder writes it.
FALLBACK = """<!DOCTYPE html><html lang="en-GB"><head><title>A sample</title></head><body><main>
<header id="title-block-header"><h1 class="title">A sample</h1><p class="author">R. S. Johnson</p><div class="abstract"><div class="abstract-title">Abstract</div>
<p>There are <span class="num" data-k="sample.n">140</span> of them.</p><p><strong>Keywords:</strong> stars</p></div></header>
<h2 id="sec-one"><span class="header-section-number">1\u00a0</span>One</h2>
<p>See <a href="#fig-a">Figure\u00a01</a>, with <span class="num" data-k="sample.n">140</span> rows<a href="#fn1" class="footnote-ref" id="fnref1"><sup>1</sup></a>.</p>
<p><span id="eq-a" tabindex="0"><math display="block"><semantics><mrow><mi>a</mi></mrow><annotation encoding="application/x-tex">a = b</annotation></semantics></math><span class="number">(1)</span></span></p>
<figure id="fig-a" class="quarto-float-fig"><div><p><img src="data:," alt="A line."></p><p class="tr-src">Data: <a href="data:,">x.csv</a></p></div>
<figcaption><strong>Figure\u00a01: </strong>The caption, <span class="num" data-k="x">2</span>.</figcaption></figure>
<figure id="tbl-a" class="quarto-float-tbl"><div tabindex="0"><table><thead><tr class="header"><th scope="col">step</th><th scope="col">rows</th></tr></thead>
<tbody><tr><td>all</td><td>140</td></tr></tbody></table></div><figcaption><strong>Table\u00a01: </strong>The ledger.</figcaption></figure>
<p>Text of it.</p>
<h2 class="unnumbered" id="references">References</h2><div id="refs"><div id="ref-hut1981" class="csl-entry">Hut, P. 1981.</div></div>
<aside id="footnotes"><hr /><ol><li id="fn1"><p>The note.<a href="#fnref1" class="footnote-back">↩︎</a></p></li></ol></aside></main></body></html>"""


def differences(ours: Parts, theirs: Parts) -> list[str]:
    """Names of the parts that differ."""
    return [part.name for part in fields(Parts) if getattr(ours, part.name) != getattr(theirs, part.name)]


def quarto_page(root: Path) -> str:
    """The page that Quarto makes of the project at `root`."""
    environment = {**os.environ, "VLMS_EVALUATED": "1", "QUARTO_PYTHON": sys.executable}
    done = subprocess.run(["quarto", "render", "--to", "html"], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = root / "_output" / "manuscript" / "index.html"
    finish([page])
    return page.read_text(encoding="utf-8")


def test_the_parts_are_read_from_either_dress():
    ours = parts(FALLBACK)
    assert differences(ours, parts(QUARTO)) == []
    assert (ours.title, ours.abstract, ours.headings) == ("A sample", "There are 140 of them.", ["1 One"])
    assert ours.text == "See Figure 1, with 140 rows1. Text of it."
    assert ours.numbers == {"sample.n": 2, "x": 1} and ours.formulas == ["a = b"] and ours.notes == ["The note."]
    assert ours.figures == [("fig-a", "Figure 1: The caption, 2.", ("A line.",))]
    assert ours.tables == [("tbl-a", "Table 1: The ledger.", ("step", "rows", "all", "140"))]
    assert ours.references == {"ref-hut1981": "Hut, P. 1981."}


@pytest.mark.parametrize(("old", "new", "part"), [
    ("A sample</h1>", "Another</h1>", "title"), ("of them", "of us", "abstract"), ("</span> One</h1>", "</span> Two</h1>", "headings"), ("Text of it", "Text", "text"),
    ("a = b", "a = c", "formulas"), ('data-k="x"', 'data-k="y"', "numbers"), ('alt="A line."', 'alt="None."', "figures"), ("The caption", "A caption", "figures"),
    ("<td>140</td>", "<td>141</td>", "tables"), ("The ledger", "A ledger", "tables"), ("Hut, P.", "Hut, Q.", "references"), ("The note", "A note", "notes"),
])
def test_each_difference_shows_in_its_part(old, new, part):
    assert old in QUARTO and differences(parts(FALLBACK), parts(QUARTO.replace(old, new))) == [part]


def test_the_small_paper_is_read_whole(paper):
    found = parts(paper.html.read_text(encoding="utf-8"))
    assert found.title == "A sample of 140 companions" and found.abstract.startswith("There are 140 companions of mass")
    assert found.headings == ["1 Introduction", "Aside", "2 Methods", "2.1 Inner", "3 Late"]
    assert found.numbers == {"sample.n": 4} and len(found.formulas) >= 2
    assert [name for name, _, _ in found.figures] == ["fig-first", "fig-second"] and found.figures[0][2] == ("A black rectangle, shown first.",)
    assert found.tables[0][2][:4] == ("step", "rows", "mass range", "145")
    assert set(found.references) == {"ref-hut1981", "ref-kipping2013"} and found.notes == ["The footnote."]
    assert "A paragraph with" in found.text and "working in project" in found.text and "caption" not in found.text


@NEEDS_QUARTO
def test_both_builders_agree_on_the_small_paper(paper, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(paper.root, root, ignore=shutil.ignore_patterns("_output"))
    assert differences(parts(paper.html.read_text(encoding="utf-8")), parts(quarto_page(root))) == []


@NEEDS_QUARTO
@pytest.mark.skipif(not (ROOT / "results" / "provenance.json").is_file(), reason="no build of the paper to typeset")
def test_both_builders_agree_on_the_paper(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    html, _ = build(root)
    ours = parts(html.read_text(encoding="utf-8"))
    shutil.rmtree(root / "_output")
    assert differences(ours, parts(quarto_page(root))) == []
