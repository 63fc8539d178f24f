"""What the explorer shows equals the artifacts, stays small, and cannot be broken by the names in a catalogue."""

import csv
import json
import math
import re

import numpy as np
import pytest

from analysis.config import Config
from analysis.report import explorer, explorer_maps, show
from analysis.report.catalogue import stacked_table
from analysis.report.files import Context, write_csv
from analysis.report.formatting import SUPERSCRIPTS
from tests.report.explorer_parts import HOSTILE, write_maps

FULL = Context()


@pytest.fixture(scope="module")
def artifacts(study, sample, tmp_path_factory):
    """The tables that the writer reads: real ones for the sample, small ones for probabilities and maps."""
    folder = tmp_path_factory.mktemp("artifacts")
    tides = study.get("tides").objects
    write_csv(folder / "vlms_companions_stacked.csv", stacked_table(sample.table, tides), FULL)
    write_csv(folder / "tides_objects.csv", tides, FULL)
    names = list(sample.table["object_id"])
    (folder / "objects_with_probs.csv").write_text("object_id,P_binary_like,mixture_responsibility_k2_1\n" + "".join(f"{name},0.25,0.125\n" for name in names))
    write_maps(folder / "feasibility_map.npz")
    return folder


@pytest.fixture(scope="module")
def content(artifacts):
    explorer.write(artifacts, FULL, artifacts=artifacts, config=Config(), keys={})
    return json.loads((artifacts / "explorer.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(artifacts):
    with open(artifacts / "vlms_companions_stacked.csv", newline="", encoding="utf-8") as stream:
        return {row["object_id"]: row for row in csv.DictReader(stream)}


def card(content, system):
    return {(field["group"], field["label"]): text for field, text in zip(content["fields"], system["card"], strict=True)}


def number(text):
    """The first number of a card's text."""
    plain = re.sub(r" × 10([⁻⁰-⁹¹²³]+)", lambda found: "e" + found[1].translate({shown: typed for typed, shown in SUPERSCRIPTS.items()}), text)
    return float(plain.lstrip("<>≥ ").replace("−", "-").split()[0])


def test_every_row_of_the_sample_is_there_once(content, rows):
    assert sorted(system["id"] for system in content["systems"]) == sorted(rows)
    assert sum(system["target"] for system in content["systems"]) == 1


def test_positions_equal_the_table(content, rows):
    for system in content["systems"]:
        for key, column in {"a": "log_semimajor_axis", "q": "log_mass_ratio", "e": "eccentricity"}.items():
            text = rows[system["id"]][column]
            assert (system[key] is None) == (text == "")
            assert system[key] is None or system[key] == pytest.approx(float(text), abs=5.1e-5)


@pytest.mark.parametrize(("place", "column", "tolerance"), [
    (("Companion", "mass"), "companion_mass_mjup", 0.06), (("Companion", "semi-major axis"), "semimajor_axis_au", 0.06),
    (("Companion", "mass ratio q"), "mass_ratio", 0.06), (("Host", "mass"), "host_mass_msun", 0.06), (("Host", "age"), "host_age_gyr", 0.06),
    (("Tides", "orbital decay"), "tidal_timescale_proxy", 0.06),
])
def test_values_on_the_cards_equal_the_table(content, rows, place, column, tolerance):
    compared = 0
    for system in content["systems"]:
        text, raw = card(content, system)[place], rows[system["id"]][column]
        assert (text is None) == (raw == "")
        if text:
            compared += 1
            assert number(text) == pytest.approx(float(raw), rel=tolerance), (system["id"], text, raw)
    assert compared > 40


def test_what_bounds_the_mass_bounds_the_mass_ratio(content, rows):
    seen = set()
    for system in content["systems"]:
        kind = rows[system["id"]]["mass_kind"]
        bound = {"upper_limit": "<", "msini": "≥"}.get(kind, "")
        assert system["bound"] == bound
        for label in ("mass", "mass ratio q"):
            text = card(content, system)["Companion", label]
            assert bound == (text[0] if text[0] in "<>≥" else ""), (system["id"], text)
            assert ("M sin i" in text) == (kind == "msini") and ("mass–radius" in text) == (kind == "mass_radius_relation")
        seen.add(kind)
    assert seen == {"true", "msini", "mass_radius_relation", "upper_limit"}


def test_a_card_says_whether_the_companion_migrates_or_why_that_is_not_known(artifacts, content):
    with open(artifacts / "tides_objects.csv", newline="", encoding="utf-8") as stream:
        classes = {row["object_id"]: row["migration_class"] for row in csv.DictReader(stream)}
    words = {classes[system["id"]]: card(content, system)["Tides", "efficient migrator"] for system in content["systems"]}
    assert words == {"efficient": "yes", "inefficient": "no", "unknown": "not known: the host has no age"}


def test_limits_and_assumptions_are_said(content, rows):
    for system in content["systems"]:
        text = card(content, system)["Companion", "eccentricity"]
        kind = rows[system["id"]]["eccentricity_kind"]
        assert (kind == "missing") == (text is None)
        if text:
            assert text.startswith("<") == (kind == "upper_limit")
            assert ("assumption" in text) == (kind == "assumed_zero")


@pytest.mark.parametrize(("value", "up", "down", "limit", "expected"), [
    ("0.168", "0.022", "0.022", "0", "0.168 ± 0.022"), ("12.34", "1.2", "0.53", "0", "12.34 (+1.20, −0.53)"), ("3007", "58", "58", "0", "3007 ± 58"),
    ("0.25", "", "", "1", "< 0.25"), ("0.5", "0.1", "0.1", "-1", "> 0.5"), ("7210", "", "", "0", "7210"), ("nan", "", "", "0", None), ("", "", "", "", None),
    ("-0.01", "0.07", "0.09", "0", "−0.010 (+0.070, −0.090)"), ("250000", "", "", "0", "2.5 × 10⁵"), ("0", "0", "0", "0", "0"),
])
def test_a_value_is_rounded_to_its_error(value, up, down, limit, expected):
    assert explorer.measured({"x": value, "x_err_up": up, "x_err_down": down, "x_limit": limit}, "x") == expected


def test_probabilities_of_later_files_win_and_bring_intervals(artifacts, content, tmp_path):
    first = content["systems"][0]
    assert card(content, first)["Mixture", "component 1 of 2"] == "0.125" and card(content, first)["Origin", "as specified"] == "0.250"
    for path in artifacts.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "mixture_probabilities.csv").write_text(f"object_id,probability_k2_1,probability_k2_1_low,probability_k2_1_high\n{first['id']},0.5,0.0001,1\n")
    (tmp_path / "origin_probabilities.csv").write_text(
        f"object_id,P_new_thing,P_new_thing_low,P_new_thing_high,P_specified,P_specified_low,P_specified_high,P_in_sample\n{first['id']},0.75,,,0.5,0.25,0.75,0.9\n"
    )
    explorer.write(tmp_path, FULL, artifacts=tmp_path, config=Config(), keys={})
    new = json.loads((tmp_path / "explorer.json").read_text(encoding="utf-8"))
    found = card(new, new["systems"][0])
    assert found["Mixture", "component 1 of 2"] == "0.500 (<\u00a00.001 to >\u00a00.999)" and found["Origin", "new thing"] == "0.750"
    assert {label: text for (group, label), text in found.items() if group == "Origin" and "specified" in label} == {"as specified": "0.500 (0.250 to 0.750)"}
    assert not any("in sample" in label for _, label in found)
    assert card(new, new["systems"][1])["Mixture", "component 1 of 2"] is None
    assert "origin_probabilities.csv" in new["sources"] and "origin_probabilities.csv" not in content["sources"]


def test_components_are_named_by_where_they_lie(artifacts, content, tmp_path):
    for path in artifacts.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    name = content["systems"][0]["id"]
    (tmp_path / "mixture_probabilities.csv").write_text(f"object_id,probability_k2_1,probability_k2_2,probability_k3_1\n{name},0.125,0.875,0.5\n")
    (tmp_path / "gmm_summary.json").write_text(json.dumps({"components": {"2": [{"mean_log_a": 0.0}, {"mean_log_a": -1.0}], "3": None}}))
    explorer.write(tmp_path, FULL, artifacts=tmp_path, config=Config(), keys={})
    new = json.loads((tmp_path / "explorer.json").read_text(encoding="utf-8"))
    found = card(new, new["systems"][0])
    assert found["Mixture", "outer of 2, near 1.0 au"] == "0.125" and found["Mixture", "inner of 2, near 0.10 au"] == "0.875"
    assert found["Mixture", "component 1 of 3"] == "0.500"
    assert "gmm_summary.json" in new["sources"] and "gmm_summary.json" not in content["sources"]


def test_each_map_runs_as_its_figure_does(content):
    figures = show.ROOT / "analysis" / "report" / "figures"
    reverse = {name: "SEQUENTIAL}_r" in (figures / f"{name}.py").read_text(encoding="utf-8") for name in ("levels", "feasibility")}
    assert reverse == {"levels": True, "feasibility": False}
    assert [(one["slider"], one["falling"]) for one in content["maps"]] == [("calculation", True), ("calculation", True), ("stellar age", False)]


def test_maps_are_means_of_the_cells_in_parts_per_thousand(artifacts, content):
    by_level, migrated, by_age = content["maps"]
    with np.load(artifacts / "feasibility_map.npz") as data:
        blocks = data["fraction_by_age"][0][1].reshape(50, 2, 50, 2).mean(axis=(1, 3))
        reached = data["level_1_on_level_2_grid"][0][:2].sum(axis=0)
        kept = data["level_0_on_level_2_grid"][-1][0]
    assert np.array(by_age["values"][1].split(), float) / 1000 == pytest.approx(blocks.ravel(), abs=5.1e-4)
    assert np.array(by_level["values"][1].split(), float) / 1000 == pytest.approx(reached.ravel(), abs=5.1e-4)
    assert np.array(migrated["values"][0].split(), float) / 1000 == pytest.approx(kept.ravel(), abs=5.1e-4)
    assert set(by_level["values"][2].split()) == {explorer_maps.MISSING} and by_age["shape"] == [50, 50] and by_level["shape"] == [4, 5]


def test_colours_are_cividis_and_ordered_in_lightness():
    import matplotlib

    table = np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in explorer_maps.cividis()]) / 255
    steps = np.linspace(0, 1, 101)
    ours = np.stack([np.interp(steps, np.linspace(0, 1, len(table)), table[:, i]) for i in range(3)], axis=1)
    assert np.abs(ours - matplotlib.colormaps["cividis"](steps)[:, :3]).max() < 0.03
    assert (np.diff(table @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_the_block_is_small_and_has_no_nan(content):
    text = show.embedded(content)
    assert len(text.encode()) < 300_000 and "\n" not in text
    assert json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")) == content


def test_nan_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        show.embedded({"x": math.nan})


def test_hostile_names_stay_data(content, tmp_path, monkeypatch, capsys):
    hostile = {**content, "systems": [{**content["systems"][0], "name": HOSTILE}]}
    monkeypatch.setattr(show, "RESULTS", tmp_path)
    (tmp_path / "explorer.json").write_text(json.dumps(hostile), encoding="utf-8")
    show.explorer(figures={"fig-a": "<b>"})
    page = capsys.readouterr().out
    block = re.search(r'<script type="application/json" id="xp-data">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(block)["systems"][0]["name"] == HOSTILE
    assert not set("<>&\u2028") & set(block) and "<b>" not in page and "{{<" not in page
    assert page.count("</script>") == 2 and page.startswith("``````{=html}\n") and page.count("\n``````\n") == 1


def test_assets_keep_to_the_rules():
    script, style = ((show.ASSETS / name).read_text(encoding="utf-8") for name in ("explorer.js", "explorer.css"))
    for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "XMLHttpRequest", "import(", "</", "{{<"):
        assert banned not in script, banned
    assert re.findall(r"https?://[^\"]*", script) == ["http://www.w3.org/2000/svg"] and "url(" not in style and "@import" not in style
    assert len(script.splitlines()) <= 425 and len(style.splitlines()) <= 80


def test_the_figures_for_readers_without_scripts_exist():
    manuscript = (show.ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8")
    assert all(f"#{name}}}" in manuscript for name in show.STATIC)


def test_a_partial_run_says_so(artifacts, tmp_path):
    explorer.write(tmp_path, Context(percent=50), artifacts=artifacts, config=Config(), keys={})
    assert "50 %" in json.loads((tmp_path / "explorer.json").read_text(encoding="utf-8"))["partial"]["note"]
