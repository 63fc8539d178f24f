"""Numbers that tell their origin, in a headless browser: by mouse, keyboard and tap; nothing loaded, no error, hostile text as text."""

from pathlib import Path

import pypandoc
import pytest
from browser import report
from small_paper import contents, write

from analysis.report import show

SCENARIO = (Path(__file__).parent / "trace_scenario.js").read_text(encoding="utf-8")
HOSTILE = "</script><img src=x onerror=alert(1)>"
LINES = "line\n\n" * 60
TEXT = LINES + """There are [140]{.num data-k="sample.n"} companions, *p* = [0.*69*]{.num data-k="ecc.ks_p"}, [9999]{.num data-k="set.ages.permutations"} permutations,
[1]{.num data-k="no.such"} and [2]{.num data-k="constructor"}; [a link with [140]{.num data-k="sample.n"}](#x){#preview}.

Before it [the verdict is a sentence that goes over several lines of the page, so that a box below its first line would hide
the others, which are what it is about, and the reader would have to remember them]{.num .said data-k="claims.kozai.verdict"}.

""" + LINES
SOURCE = "{{< var sample.n >}} {{< var ecc.ks_p >}} {{< var set.ages.permutations >}} {{< var claims.kozai.verdict >}}"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The sentence with its block, as pandoc writes it."""
    folder = tmp_path_factory.mktemp("trace")
    content = contents()
    content["numbers.json"]["ecc.ks_p"]["field"] = HOSTILE
    content["numbers.json"]["set.ages.permutations"] |= {"unit": "draws", "meaning": "permutations of the ages", "source": "our choice"}
    write(folder, content)
    (folder / "index.qmd").write_text(SOURCE, encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.setattr(show, "RESULTS", folder)
    patch.setattr(show, "MANUSCRIPT", folder / "index.qmd")
    printed: list[str] = []
    patch.setattr(show.sys, "stdout", type("Out", (), {"write": staticmethod(printed.append)}))
    show.trace()
    patch.undo()
    arguments = ["--standalone", "--embed-resources", "--metadata=title:t", "--metadata=lang:en"]
    return pypandoc.convert_text(f"{TEXT}\n{''.join(printed)}", "html5", format="markdown", extra_args=arguments)


@pytest.fixture(scope="module")
def seen(page, tmp_path_factory):
    """What the scenario saw."""
    return report(page, SCENARIO, tmp_path_factory.mktemp("browser"), "500,600", 9000)


@pytest.fixture(scope="module")
def seen_low(page, tmp_path_factory):
    """The same in a window of few lines."""
    return report(page, SCENARIO, tmp_path_factory.mktemp("low"), "500,380", 9000)


def test_without_scripts_a_number_is_a_number(page):
    assert '<span class="num" data-k="sample.n">140</span> companions' in page


def test_no_error_no_request_no_element_from_text(seen):
    assert seen["problems"] == [] and seen["resources"] == [] and seen["images"] == 0


def test_every_known_number_is_a_stop_of_the_keyboard(seen):
    assert seen["keys"] == ["sample.n", "ecc.ks_p", "set.ages.permutations", "claims.kozai.verdict"] and seen["stops"] and seen["atFirst"]


def test_hovering_shows_the_origin_and_takes_no_focus(seen):
    assert seen["hovered"] == [True, False, "dialog", "Origin of 140"] and seen["kept"] and seen["left"] and seen["markup"]
    assert (seen["first"]["Value"], seen["first"]["Artifact"], seen["first"]["Field"]) == ("140", "results/sample_summary.json", "counts.n")


def test_keyboard_opens_closes_and_gives_the_focus_back(seen):
    assert seen["quiet"] and seen["entered"] == [True, True, "true"] and seen["escaped"] == [True, True, "false"] and seen["tabbed"] == [True, True]
    assert (seen["second"]["Value"], seen["second"]["Field"], seen["second"]["Formatter"]) == ("0.69012", HOSTILE, "p:2")


def test_a_tap_opens_and_a_tap_elsewhere_closes(seen):
    assert seen["tapped"] == [True, True] and seen["inside"] and seen["closed"] == [True, True] and seen["outside"]
    assert (seen["third"]["Unit"], seen["third"]["Meaning"], seen["third"]["Source"]) == ("draws", "permutations of the ages", "our choice")


def test_the_box_keeps_within_the_window_and_beside_what_it_explains(seen, seen_low):
    for places, least in ((seen["verdict"], 5), (seen_low["verdict"], 2)):
        assert len(places) == 5 and places[0]["lines"] > 2
        assert all(place["within"] and place["moved"] == 0 and place["reach"] == "auto" for place in places)
        assert sum(not place["hides"] for place in places) >= least, places
    assert seen_low["verdict"][0]["room"] < 300 and seen["back"] and seen_low["back"]


def test_a_verdict_shows_what_decided_it(seen):
    assert [seen["told"][name] for name in ("p", "p, adjusted", "Power", "Passes", "Errs in simulations")] == ["0.04", "0.08", "0.5", "3 of 4 (p < 0.05)", "0.052"]


def test_a_copy_of_a_number_answers_and_gives_the_focus_to_its_link(seen):
    shown, key, overflow, share = seen["copied"]
    assert shown and key == "sample.n" and overflow == "auto" and share == pytest.approx(0.6, abs=0.01)
    assert seen["copyEntered"] and seen["copyGone"] == [True, True]
