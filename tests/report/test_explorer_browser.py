"""The explorer in a headless browser, as pandoc writes it into the page: search, choose, brush, slide, by keyboard too, and nothing loaded."""

import re
from pathlib import Path

import pypandoc
import pytest
from browser import report

from analysis.config import Config
from analysis.report import explorer, show
from analysis.report.catalogue import stacked_table
from analysis.report.check import check_html
from analysis.report.files import Context, write_csv
from tests.report.explorer_parts import HOSTILE, write_maps

SCENARIO = (Path(__file__).parent / "explorer_scenario.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def markdown(study, sample, tmp_path_factory):
    """The chunk's output for the real sample, with one companion under a hostile name."""
    folder = tmp_path_factory.mktemp("explorer")
    table = sample.table.copy()
    table.loc[table.index[0], "companion_name"] = HOSTILE
    tides = study.get("tides").objects
    write_csv(folder / "vlms_companions_stacked.csv", stacked_table(table, tides), Context())
    write_csv(folder / "tides_objects.csv", tides, Context())
    write_maps(folder / "feasibility_map.npz")
    explorer.write(folder, Context(), artifacts=folder, config=Config(), keys={})
    patch = pytest.MonkeyPatch()
    patch.setattr(show, "RESULTS", folder)
    printed: list[str] = []
    patch.setattr(show.sys, "stdout", type("Out", (), {"write": staticmethod(printed.append)}))
    show.explorer()
    patch.undo()
    return "# Before\n\n" + "".join(printed) + "\n# After\n"


@pytest.fixture(scope="module")
def page(markdown):
    return pypandoc.convert_text(markdown, "html5", format="markdown", extra_args=["--standalone", "--embed-resources", "--metadata=title:t", "--metadata=lang:en"])


@pytest.fixture(scope="module")
def seen(page, tmp_path_factory):
    """What the scenario saw."""
    return report(page, SCENARIO, tmp_path_factory.mktemp("browser"), "1000,900", 3000)


def test_other_formats_have_no_trace_of_it(markdown):
    text = pypandoc.convert_text(markdown, "typst", format="markdown", extra_args=["--fail-if-warnings"])
    assert "Before" in text and "After" in text and "xp-" not in text and "companion" not in text


def test_the_output_check_finds_nothing(page):
    assert check_html(page) == []


def test_no_error_no_request(seen):
    assert seen["problems"] == [] and seen["resources"] == []


def test_hostile_name_makes_no_element(seen):
    assert seen["images"] == 0


def test_starts_with_the_target_and_everything_lit(seen):
    assert seen["first"] == "TOI-6894 b"
    count, (first, second) = seen["all"]
    assert count == 144 and first == second == 141  # three have no semi-major axis


def test_search_and_list(seen):
    assert seen["found"] == ["TOI-6894 b"] and seen["searched"] == "TOI-6894 b" and seen["inList"] == "xp-list"
    assert seen["chosen"][0] == seen["chosen"][1] != "TOI-6894 b" and seen["live"] >= 1


def test_a_box_lights_the_same_companions_in_both(seen):
    count, (first, second) = seen["brushed"]
    assert 0 < count < 141 and count == first == second == seen["inside"]
    assert seen["cleared"] == seen["all"]


def test_keyboard(seen):
    assert len(seen["focus"]) == 7 and all(seen["focus"]) and seen["moved"]
    assert 0 < seen["grown"] < 141 == seen["escaped"]


def test_slider_shows_each_level_and_age(seen):
    words = [text for text, drawn in seen["maps"] if drawn]
    assert len(words) == 3 + 3 + 2 and len(set(words)) > 5
    assert words[2] == "integration: not available" and words[-1].startswith("1 Gyr: ")
    assert seen["reading"][0].startswith("Perturber of ") and seen["reading"][1]
