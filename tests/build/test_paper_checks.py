"""Every fault that a typesetter lets pass is found, and a sound page gives no alarm."""

import pytest

from analysis.errors import InputError
from analysis.report.check import check_citations, check_front, check_html, check_numerals, check_pdf, check_project, report

SOUND = """<html><head><style>body { background: url(data:image/png;base64,AAAA); }</style>
<link rel="canonical" href="https://example.org/paper"><script>var documentation = "https://getbootstrap.com/";</script></head>
<body><p>See <a href="https://example.org">the archive</a>, {{braces}}, what?@home. <span class="math inline"><math><mi>x</mi></math></span> seen</p>
<img src="data:image/png;base64,AAAA" alt="A figure"></body></html>"""


def page(planted: str) -> str:
    return SOUND.replace("</body>", f"{planted}</body>")


def test_a_sound_page_gives_no_alarm():
    assert check_html(SOUND.replace("what?@home", "what?")) == []


@pytest.mark.parametrize(("planted", "problem"), [
    ("<p>We find ?var:sample.n rows</p>", "a variable that does not exist: ?var:sample.n"),
    ("<p>in <strong>?@fig-lost</strong></p>", "a cross-reference to nothing: ?@fig-lost"),
    ("<p>by a desert (@fig-desert)</p>", "a cross-reference that was not understood: @fig-desert"),
    ("<p>{{&lt; var sample.n &gt;}}</p>", "a shortcode that was not replaced: {{< var sample.n >}}"),
    ('<img src="data:," alt="{{&lt; var sample.n &gt;}} points">', "a shortcode that was not replaced: {{< var sample.n >}}"),
    ("<p>x = y {#eq-lost}</p>", "a label that was not understood: {#eq-lost}"),
    ("<p>Could not convert TeX math</p>", "a formula that could not be converted: Could not convert TeX math"),
    (r'<p><span class="math display">\foo{x}</span> after</p>', r"a formula that could not be converted: \foo{x}"),
    ('<script src="https://cdn.example.org/x.js"></script>', "loaded from the network: https://cdn.example.org/x.js"),
    ('<script>load("https://cdnjs.example.org/require.js")</script>', "loaded from the network: https://cdnjs.example.org/require.js"),
    ('<link rel="stylesheet" href="//fonts.example.org/a.css">', "loaded from the network: //fonts.example.org/a.css"),
    ('<img src="http://example.org/a.png">', "loaded from the network: http://example.org/a.png"),
    ('<img srcset="a.png 1x, https://example.org/b.png 2x">', "loaded from the network: https://example.org/b.png"),
    ("<style>@font-face { src: url('https://example.org/a.woff2'); }</style>", "loaded from the network: https://example.org/a.woff2"),
    ('<style>@import "https://example.org/a.css";</style>', "loaded from the network: https://example.org/a.css"),
    ('<p style="background: url(https://example.org/a.png)">x</p>', "loaded from the network: https://example.org/a.png"),
    ('<iframe src="https://example.org/"></iframe>', "loaded from the network: https://example.org/"),
])
def test_each_planted_fault_is_found(planted, problem):
    assert problem in check_html(page(planted))


def test_citations_without_entry_and_entries_without_citation():
    html = '<p><span class="citation" data-cites="one two">(…)</span> <span data-cites="three">3</span></p>'
    bibliography = "@article{one,\n title={A}}\n@book{ two ,\n title={B}}\n@comment{x,}\n  @misc{four,\n title={D}}\n"
    assert check_citations(html, bibliography) == ["cited but not in the bibliography: three", "in the bibliography but never cited: four"]
    assert check_citations('<p data-cites="one"></p>', "@article{one, title={A}}") == []


def test_pdf_type_and_completeness():
    assert check_pdf(b"%PDF-1.7\n...\n%%EOF\n") == []
    assert check_pdf(b"<html>") == ["the PDF does not begin as a PDF file"]
    assert check_pdf(b"%PDF-1.7\n...") == ["the PDF is cut off"]


@pytest.mark.parametrize(("text", "found"), [
    ("We have 140 rows.", ["140"]),
    ("Between 5–14 masses (or 0.5).", ["5", "14", "0.5"]),
    ("A caption of **3σ** and *2-body* motion.", ["3σ", "2-body"]),
    ("| a | b |\n|---|---|\n| x | 17 |\n", ["17"]),
    ("We have {{< var sample.n1 >}} rows, $x^2 = 4$, @kipping2013, [@hut1981, p. 3].", []),
    ("See [doi 10.1000](https://example.org/10), <https://example.org/11> and `x1`.", []),
    ("# Data of 2025 {#sec-data1}\n\nSee @sec-data1 and @fig-one2.", ["2025"]),
    ("```{python}\nx = 42\n```\n\n$$ y = 3 $$ {#eq-two2}\n", []),
    ("::: {#fig-a1 .x3}\n\nA caption with 9 rows.\n:::\n", ["9"]),
    ("two of three, one-half, TOI-6894 b", ["TOI-6894"]),
])
def test_numerals_in_plain_text_only(text, found):
    assert check_numerals(text, "") == [f"a numeral typed by hand: {word}" for word in found]


def test_numerals_in_title_and_abstract_but_not_in_other_fields():
    source = "---\ntitle: The 3 stars\nabstract: |\n  With 7 rows and {{< var n >}}.\ndate: 2025-01-01\norcid: 0000-0001\n---\n\nText.\n"
    assert check_numerals(source, "") == ["a numeral typed by hand: 3", "a numeral typed by hand: 7"]


def test_front_matter_that_quarto_refuses_or_cuts_short():
    front = "date: 2025\nabstract: |\n  {{< var a >}}–{{< var b >}} and {{< var c >}} to {{< var d >}}\n"
    source = f"---\n{front}---\n\n{{{{< var e >}}}}–{{{{< var f >}}}}\n"
    problems = check_front(source)
    assert len(problems) == 2
    assert "{{< var a >}}–{{< var b >}}" in problems[0]
    assert "date: 2025" in problems[1]
    assert check_front("---\ndate: 2025-01-01\n---\n") == check_front("No front matter.") == []


def test_allowed_words_need_a_reason():
    allowed = "# comment\n\nTOI-6894*\tname of the object\n3D   a word\n"
    assert check_numerals("TOI-6894b in 3D, 4D.", allowed) == ["a numeral typed by hand: 4D"]
    with pytest.raises(InputError, match="line 2"):
        check_numerals("x", "3D  a word\n4D\n")


def test_report_lists_everything_and_fails(tmp_path, capsys):
    manuscript = tmp_path / "manuscript"
    manuscript.mkdir()
    (manuscript / "index.qmd").write_text("Only 12 rows.\n")
    (manuscript / "references.bib").write_text("@article{one, title={A}}\n")
    (tmp_path / "index.html").write_text(page("<p>?@tbl-lost</p>").replace("what?@home", "what"))
    assert report(tmp_path, [tmp_path / "index.html", tmp_path / "index.pdf"]) == 1
    printed = capsys.readouterr().err
    for words in ("?@tbl-lost", "never cited: one", "index.pdf was not written", "typed by hand: 12", "no language", "headings of the first level", "7 thing(s)"):
        assert words in printed
    assert check_project(tmp_path, []) == ["a numeral typed by hand: 12"]
