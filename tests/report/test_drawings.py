"""Drawings are written short: coordinates rounded, everything else as it was."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from analysis.report.figures import synthesis
from analysis.report.files import shortened

SVG = '''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 511.2345 216">
 <g id="a_1.2345">
  <path d="M 31.862115 -0.004
L 266.719628 1e-05
C 1.5 2.25 3.999 4 5 6
z
" transform="scale(0.015625 -0.015625)" style="stroke-width: 0.123456"/>
  <use xlink:href="#m" x="12.345678" y="-7" xmlns:xlink="http://www.w3.org/1999/xlink"/>
 </g>
</svg>
'''


def vertices(svg: str) -> np.ndarray:
    """Every coordinate of every path."""
    return np.array([float(number) for path in re.findall(r' d="([^"]*)"', svg) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)])


def test_variations_with_fewer_systems_than_the_text_counts_are_hollow():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    axes = pyplot.figure().subplots()
    variants = pd.DataFrame({"variation": ["M^1.8", "b", "c", "d"], "systems": 1000, "like_core_accretion": [0, 3, 7, 5], "like_fragmentation": [0, 0, 0, 40]})
    synthesis._shares(axes, variants, {"core_accretion_reaches_target": 2, "fragmentation_reaches_target": 1})
    filled = {(line.get_marker(), int(row)) for line in axes.lines if line.get_marker() in "os" and line.get_markerfacecolor() != "white" for row in line.get_ydata()}
    hollow = {(line.get_marker(), int(row)) for line in axes.lines if line.get_marker() in "os" and line.get_markerfacecolor() == "white" for row in line.get_ydata()}
    assert filled == {("o", 2), ("o", 3), ("s", 3)} and hollow == {("o", 0), ("o", 1), ("s", 0), ("s", 1), ("s", 2)}
    assert axes.get_yticklabels()[0].get_text() == "$M^{1.8}$"
    pyplot.close()


def test_only_coordinates_lose_digits():
    short = shortened(SVG)
    assert 'd="M31.86 -0L266.72 1e-05C1.5 2.25 4 4 5 6z"' in short and 'x="12.35" y="-7"' in short
    for kept in ("scale(0.015625 -0.015625)", "stroke-width: 0.123456", 'viewBox="0 0 511.2345 216"', 'id="a_1.2345"', '"#m"'):
        assert kept in short
    assert shortened(short) == short and [element.tag for element in ElementTree.fromstring(short).iter()] == [element.tag for element in ElementTree.fromstring(SVG).iter()]


def test_a_drawn_curve_stays_within_a_hundredth_of_a_point(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    from matplotlib.path import Path

    figure, axes = pyplot.subplots()
    axes.add_patch(pyplot.matplotlib.patches.PathPatch(Path(np.random.default_rng(1).uniform(size=(50, 2)))))
    figure.savefig(tmp_path / "a.svg")
    pyplot.close(figure)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    before, after = vertices(text), vertices(shortened(text))
    assert before.shape == after.shape and before.shape[0] > 100 and np.abs(before - after).max() <= 0.005 + 1e-9
