"""The page on paper and in every browser: nothing scrolls in print, and no shorthand stands that WebKit drops."""

import re

import pytest

from analysis.runtime import ROOT


def selectors(css: str, declaration: str) -> set[str]:
    """Selectors of the rules that hold the declaration."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return {one.strip() for group in re.findall(r"([^{}]+)\{[^{}]*" + re.escape(declaration), css) for one in group.split(",")}


def test_what_scrolls_on_the_screen_is_whole_on_paper():
    screen, paper = (ROOT / "manuscript" / "page.css").read_text(encoding="utf-8").split("@media print {")
    scrolling = selectors(screen, "overflow-x: auto")
    assert scrolling and scrolling == selectors(paper, "overflow: visible")


def test_the_plainer_dress_adds_nothing_that_scrolls():
    assert "overflow" not in (ROOT / "manuscript" / "build" / "paper.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", sorted((ROOT / "manuscript").rglob("*.css")), ids=lambda path: path.name)
def test_underlines_are_written_out(sheet):
    assert not re.search(r"text-decoration:(?! none)", sheet.read_text(encoding="utf-8"))
