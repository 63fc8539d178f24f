"""The page on paper and in every browser: nothing scrolls in print, and no shorthand stands that WebKit drops."""

import re

import pytest
import yaml

from analysis.runtime import ROOT


def header() -> str:
    """Style sheet of the page that Quarto makes."""
    return yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["format"]["html"]["include-in-header"]["text"]


def fallback() -> str:
    """Style sheet of the page that the fallback builder makes."""
    return (ROOT / "manuscript" / "build" / "paper.css").read_text(encoding="utf-8")


def selectors(css: str, declaration: str) -> set[str]:
    """Selectors of the rules that hold the declaration."""
    css = re.sub(r"</?style>", "", css)
    return {one.strip() for group in re.findall(r"([^{}]+)\{[^{}]*" + re.escape(declaration), css) for one in group.split(",")}


@pytest.mark.parametrize("sheet", [header, fallback])
def test_what_scrolls_on_the_screen_is_whole_on_paper(sheet):
    screen, paper = sheet().split("@media print {")
    scrolling = selectors(screen, "overflow-x: auto")
    assert scrolling and scrolling == selectors(paper, "overflow: visible")


@pytest.mark.parametrize("sheet", sorted(ROOT.glob("manuscript/*/*.css")), ids=lambda path: path.name)
def test_underlines_are_written_out(sheet):
    assert not re.search(r"text-decoration:(?! none)", sheet.read_text(encoding="utf-8"))
