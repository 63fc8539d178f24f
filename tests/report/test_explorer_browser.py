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


def test_nothing_is_chosen_where_nothing_is_searched_or_found(seen):
    same, words, listed, still = seen["nothing"]
    assert same and still and listed == 0 and words.startswith("0 of 144 companions match “???”; the card still shows ")
    assert seen["follows"] == [True, True]


def test_limits_and_minimum_masses_are_no_measured_mass_ratios(seen):
    limit, minimum, measured = seen["bounds"]
    assert ", q < " in limit and ", q ≥ " in minimum and ", q = " in measured
    (limits, minima), (limits_of_e, other) = seen["marks"]
    assert (limits, minima) == (8, 34) and limits_of_e == 4 and other == 0


def test_the_card_keeps_its_height_and_scrolls_by_keyboard(seen):
    assert seen["card"] == [1, 1, 0, "auto"]


def test_a_search_says_what_the_frame_hides(seen):
    far, some, target, none = seen["beyond"]
    assert far > 0 and re.search(r"^\d+ of 144 companions match “b” and lie in the frame; \d+ more match outside the frame$", some)
    assert re.search(r"^(1 of 144 .* in the frame|0 of 144 .*; 1 more matches outside the frame; the card still shows .+)$", target)
    assert none.startswith("0 of 144 companions match “no such name” and lie in the frame; the card still shows ")


def test_the_focus_outlives_the_button_that_removes_the_frame(seen):
    assert seen["kept"] == [True, True, "Remove the frame", False]


def test_each_map_has_the_colours_and_words_of_its_figure(seen):
    lightness = [[sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in ends] for ends in seen["bars"]]
    assert [top < bottom for top, bottom in lightness] == [True, True, False]
    for option, label, written in seen["words"]:
        assert option.endswith(f", by {label.lower()}")
        assert label != "Calculation" or {"3", "10", "30", "100"} <= set(written)


def test_a_frame_lights_the_same_companions_in_both(seen):
    count, (first, second) = seen["brushed"]
    assert 0 < count < 141 and count == first == second == seen["inside"]
    assert seen["cleared"] == seen["all"]


def test_keyboard(seen):
    assert len(seen["focus"]) == 8 and all(seen["focus"]) and seen["moved"]
    assert 0 < seen["grown"] < 141 == seen["escaped"]


def test_slider_shows_each_level_and_age(seen):
    words = [text for text, drawn in seen["maps"] if drawn]
    assert len(words) == 3 + 3 + 2 and len(set(words)) > 5
    assert words[2] == "integration: not available" and words[-1].startswith("1 Gyr: ")
    assert seen["reading"][0].startswith("Perturber of ") and seen["reading"][1]
