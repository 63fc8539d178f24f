"""Accessibility without a browser: the small paper has no fault, and every planted fault is found."""

import base64
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pypandoc
import pytest

from analysis.report.access import faults, finish, focusable, lighter, scoped, spaced

PAGE = (
    '<html lang="en"><head><title>T</title></head><body><main><h1 id="a">T</h1><h2 id="b">One</h2><h3 id="c">Two</h3><h2 id="d">Three</h2>'
    '<p><a href="#a">first</a> <a href="#b" aria-label="second">×</a></p><img src="x" alt="A line."><table><thead><tr><th scope="col">n</th></tr></thead></table></main></body></html>'
)


def test_the_small_paper_has_no_fault(paper):
    html = paper.html.read_text(encoding="utf-8")
    assert faults(html) == [] and '<html lang="en-GB"' in html
    assert html.count("<main>") == html.count("</main>") == 1 and '<th scope="col" style="text-align: left;">step</th>' in html


def test_a_sound_page_has_no_fault():
    assert faults(PAGE) == []


@pytest.mark.parametrize(("old", "new", "problem"), [
    (' lang="en"', "", "the page has no language"),
    ("<title>T</title>", "<title> </title>", "the page has no title"),
    ('alt="A line."', 'alt=" "', "an image without alternative text: x"),
    ('alt="A line."', "", "an image without alternative text: x"),
    ('<h2 id="b">One</h2>', "", "a heading of level 3 after one of level 1: Two"),
    ('<h2 id="d">Three</h2>', '<h1 id="d">Three</h1>', "headings of the first level: 2 instead of one"),
    (' scope="col"', "", "header cells of tables without scope: 1"),
    (">first</a>", "> </a>", "a link without text: #a"),
    ('id="d"', 'id="a"', "an identifier that is used twice: a"),
])
def test_each_planted_fault_is_found(old, new, problem):
    assert old in PAGE and faults(PAGE.replace(old, new)) == [problem]


def test_what_quarto_adds_is_left_to_quarto_but_not_what_is_ours():
    page = PAGE.replace("<head>", '<head><meta name="generator" content="quarto-1.9.38">').replace("<h2 id=\"d\">Three</h2>", '<h1 id="a">Three</h1>')
    assert faults(page) == [] and faults(page.replace("A line.", "")) == ["an image without alternative text: x"]


def test_scope_is_added_to_heads_alone_and_once(tmp_path):
    html = '<th>text</th><table><thead><tr><th style="x">a</th><th scope="colgroup">b</th></tr></thead><tbody><tr><th>c</th></tr></tbody></table>'
    wanted = html.replace('<th style="x">', '<th scope="col" style="x">')
    assert scoped(html) == wanted == scoped(wanted)
    (tmp_path / "a.html").write_text(html)
    (tmp_path / "a.pdf").write_text(html)
    finish([tmp_path / "a.html", tmp_path / "a.pdf", tmp_path / "lost.html"])
    assert (tmp_path / "a.html").read_text() == wanted and (tmp_path / "a.pdf").read_text() == html


def test_what_scrolls_can_get_the_focus_once():
    html = '<div aria-describedby="tbl-a-caption-0ce"><table></table></div><span id="eq-a"><math></math></span><div aria-describedby="fig-a"></div><span id="eq-b" tabindex="0"></span>'
    wanted = html.replace('-0ce">', '-0ce" tabindex="0">').replace('"eq-a">', '"eq-a" tabindex="0">')
    assert focusable(html) == wanted == focusable(wanted)


def test_drawings_are_escaped_text_that_draws_the_same():
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9">\n <!-- why -->'
    body = '<g id="axes_1"><path id="m1" style="fill: #1f77b4; stroke: none" d="M 0 0"/>\n  <use xlink:href="#m1" x="1"/></g><text>50 % &amp; α</text></svg>'
    for words in ("50", "it's"):
        drawing = (head + body).replace("50", words)
        page = f'<img alt="A &lt; line" src="data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"><img src="data:image/png;base64,aaaa">'
        light = lighter(page)
        value = re.search(r'src="(data:image/svg[^"]*)"', light)[1]
        assert "base64,aaaa" in light and lighter(light) == light and "://" not in value and not set("<>#\n") & set(value)
        kind, text = value.split(",", 1)
        root = ElementTree.fromstring(unquote(text))
        assert kind == "data:image/svg+xml" and [element.tag.split("}")[1] for element in root.iter()] == ["svg", "g", "path", "use", "text"]
        group, path, use, words_ = list(root.iter())[1:]
        assert group.attrib == {} and path.attrib == {"id": "m1", "style": "fill:#1f77b4;stroke:none", "d": "M 0 0"}
        assert use.attrib == {"href": "#m1", "x": "1"} and words_.text == f"{words} % & α"


def test_quartos_style_sheet_stays_and_its_icons_go_where_none_is_shown():
    icons = '<style type="text/css">\n@font-face {\nfont-display: block;\nfont-family: "bootstrap-icons";\nsrc: url(data:a);\n}\n.bi-x::before { content: "x"; }\n</style>'
    page = icons + '<link href="data:text/css,a%20%7B%20b%3A%20url%28%22c%22%29%20%7D" rel="stylesheet" id="quarto-bootstrap"><style>.bi { }</style><p class="{}">t</p>'
    plain, shown = (lighter(page.replace("{}", name, 1) if name != "bi" else page.replace('class="{}"', 'class="bi bi-x"')) for name in ("bim", "bi"))
    assert plain == '<style id="quarto-bootstrap">a { b: url("c") }</style><style>.bi { }</style><p class="{}">t</p>'.replace("{}", "bim")
    assert shown.startswith(icons)


def test_the_pdf_is_tagged_bookmarked_and_names_its_language_title_and_author(paper):
    content = paper.pdf.read_bytes()
    for words in (b"/Lang(en-GB)", b"/MarkInfo<</Marked true", b"/StructTreeRoot", b"/Outlines", b"/Title(A sample of 140 companions)", b"/Author(R. S. Johnson"):
        assert words in content, words


def formula(tex):
    """MathML of a formula as pandoc writes it."""
    return pypandoc.convert_text(f"${tex}$", "html", format="markdown", extra_args=["--mathml"])


@pytest.mark.parametrize(("tex", "spaces"), [(r"M\sin i", 2), (r"\log q", 1), (r"\log_{10} q", 1), (r"5\cos^2 i", 2), (r"\ln(a)", 0), (r"p = \ln f", 1), ("ab", 0)])
def test_names_of_functions_stand_apart_from_letters_and_not_from_brackets(tex, spaces):
    once = spaced(formula(tex))
    assert once.count("<mspace") == spaces
    assert spaced(once) == once
