"""The vetting of rows with known truth, of the published case and of the sample; the file of facts."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.config import Config, VettingConfig, with_overrides
from analysis.constants import HYDROGEN_LIMIT_MSUN, MJUP_MSUN, RSUN_AU
from analysis.errors import InputError
from analysis.vetting import companions, relations
from analysis.vetting.facts import COLUMNS, read_facts

CONFIG = VettingConfig()
HEADER = ",".join(COLUMNS) + "\n"
ROW = {
    "object_id": "X:planet", "companion_name": "planet", "host_name": "star", "mass_kind": "true", "is_target": False, "is_candidate": True, "discovery_method": "Transit",
    "host_mass_msun": 0.15, "host_mass_msun_err_up": 0.01, "host_mass_msun_err_down": 0.01, "companion_mass_mjup": 0.3, "companion_mass_mjup_err_up": 0.03,
    "companion_mass_mjup_err_down": 0.03, "host_radius_rsun": 0.18, "host_radius_rsun_err_up": 0.009, "host_radius_rsun_err_down": 0.009,
    "companion_radius_rjup": 1.0, "companion_radius_rjup_err_up": 0.05, "companion_radius_rjup_err_down": 0.05, "orbital_period_day": 2.0,
    "orbital_period_day_err_up": 1e-6, "orbital_period_day_err_down": 1e-6, "semimajor_axis_au": math.nan, "semimajor_axis_au_err_up": 0.0003,
    "semimajor_axis_au_err_down": 0.0003, "semimajor_axis_kind": "catalogue", "eccentricity": 0.0, "eccentricity_kind": "measured", "host_teff_k": 3000.0,
}
ROW["semimajor_axis_au"] = float(relations.kepler_axis(2.0 / 365.25, 0.15 + 0.3 * MJUP_MSUN))


def vetted(facts=None, neighbours=(), config=CONFIG, **changes):
    row = {**ROW, **changes}
    return companions.vet(row, pd.DataFrame([row, *neighbours]), facts or {}, config)


def test_errors_are_propagated_as_linear_theory_says():
    found = vetted()
    for name, relative in (
        ("depth_ppm", 2 * math.hypot(0.05, 0.05)), ("companion_mass_mjup", 0.1), ("host_density_cgs", math.hypot(0.01 / 0.15, 3 * 0.05)),
        ("scaled_axis", math.hypot(0.01 / 0.15 / 3, 0.05)), ("hill_radius_au", math.hypot(0.1 / 3, 0.0)),
    ):
        width = math.log(found[f"{name}_high"] / found[f"{name}_low"]) / (2 * 1.96)
        assert width == pytest.approx(relative, rel=0.1), name
    assert found["depth_ppm"] == pytest.approx((1.0 * 7.1492e7 / (0.18 * 6.957e8)) ** 2 * 1e6, rel=0.01)
    assert found["density_ratio"] == pytest.approx(1.0, rel=0.01)


def test_a_sound_planet_passes_and_each_fault_fails_its_own_check():
    sound = vetted()
    assert sound["outcome"] == "pass" and sound["check_hill"] == sound["check_ruwe"] == "unknown"
    faults = {
        "mass": {"companion_mass_mjup": 120.0, "companion_mass_mjup_err_up": 5.0, "companion_mass_mjup_err_down": 5.0, "semimajor_axis_kind": "kepler"},
        "density": {"semimajor_axis_au": 1.2 * ROW["semimajor_axis_au"]},
        "roche": {"orbital_period_day": 0.12, "semimajor_axis_kind": "kepler"},
    }
    for check, changes in faults.items():
        found = vetted(**changes)
        assert found["outcome"] == found[f"check_{check}"] == "fail", check
        assert all(found[f"check_{other}"] != "fail" for other in faults if other != check), check


def test_facts_decide_their_checks():
    assert vetted({"ruwe": (1.1, math.nan)})["check_ruwe"] == "pass" and vetted({"ruwe": (2.0, math.nan)})["outcome"] == "fail"
    assert vetted({"odd_depth_ppm": (900.0, 20.0), "even_depth_ppm": (1000.0, 20.0)})["check_odd_even"] == "fail"
    assert vetted({"odd_even_sigma": (0.88, math.nan)})["check_odd_even"] == "pass"
    close = {"orbital_period_day": 0.4, "semimajor_axis_kind": "kepler", "companion_radius_rjup": 0.2}
    told, untold = vetted({"variability_limit_ppm": (200.0, math.nan)}, **close), vetted({"variability_limit_ppm": (1e5, math.nan)}, **close)
    assert told["check_variability"] == "pass" and told["mass_limit_mjup_high"] * MJUP_MSUN < HYDROGEN_LIMIT_MSUN
    assert untold["check_variability"] == "unknown" and untold["mass_limit_mjup"] == math.inf
    heavy = vetted({"variability_limit_ppm": (20.0, math.nan)}, companion_mass_mjup=30.0, **close)
    assert heavy["check_variability"] == "fail"


def test_the_limit_excludes_exactly_what_a_star_in_its_place_would_show():
    found = vetted({"variability_limit_ppm": (200.0, math.nan)}, host_mass_msun_err_up=0.0, host_mass_msun_err_down=0.0, host_radius_rsun_err_up=0.0,
                   host_radius_rsun_err_down=0.0, config=VettingConfig(limb_darkening=(0.5, 0.5), gravity_darkening=(0.4, 0.4)))
    assert found["star_ellipsoidal_ppm_low"] == pytest.approx(found["star_ellipsoidal_ppm_high"], rel=1e-4)
    assert (found["star_ellipsoidal_ppm"] > 200) == (found["mass_limit_mjup"] * MJUP_MSUN < HYDROGEN_LIMIT_MSUN)


def test_what_is_missing_stays_unknown():
    bare = vetted(companion_radius_rjup=math.nan, semimajor_axis_kind="projected", orbital_period_day=math.nan)
    assert bare["outcome"] == bare["check_density"] == bare["check_roche"] == "unknown" and math.isnan(bare["depth_ppm"])
    assert vetted(mass_kind="mass_radius_relation")["check_mass"] == vetted(mass_kind="mass_radius_relation")["check_roche"] == "unknown"
    assert vetted(mass_kind="upper_limit", companion_mass_mjup=200.0)["check_mass"] == "unknown"


def test_a_value_put_in_place_of_the_published_one_is_no_disagreement_of_the_catalogue():
    axis = 2 * ROW["semimajor_axis_au"]
    moved = vetted(semimajor_axis_au=axis, semimajor_axis_au_err_up=math.nan, semimajor_axis_au_err_down=math.nan, flags="overridden:semimajor_axis_au")
    assert moved["check_density"] == moved["outcome"] == "unknown" and math.isnan(moved["density_ratio"])
    # The orbit is the one that was asked for, and so is what a star on it would show.
    assert moved["scaled_axis"] == pytest.approx(2 * vetted()["scaled_axis"], rel=0.01)
    assert moved["star_ellipsoidal_ppm"] == pytest.approx(vetted()["star_ellipsoidal_ppm"] / 8, rel=0.02)
    lighter = vetted(host_mass_msun=0.08, flags="overridden:companion_mass_mjup;overridden:host_mass_msun")
    assert lighter["check_density"] == "unknown" and lighter["outcome"] != "fail"


def test_a_minimum_mass_is_spread_over_inclinations_unless_it_transits():
    seen = {method: vetted(mass_kind="msini", discovery_method=method, companion_mass_mjup_err_up=0.0, companion_mass_mjup_err_down=0.0) for method in ("Transit", "Radial Velocity")}
    assert seen["Transit"]["companion_mass_mjup_low"] == seen["Transit"]["companion_mass_mjup_high"] == pytest.approx(0.3)
    # Isotropic: cos i is uniform, so the median of M is M sin i / sqrt(1 - 1/4).
    assert seen["Radial Velocity"]["companion_mass_mjup"] == pytest.approx(0.3 / math.sqrt(0.75), rel=0.01)
    # The velocity does not depend on how M sin i is shared out.
    assert seen["Radial Velocity"]["beaming_ppm"] == pytest.approx(seen["Transit"]["beaming_ppm"], rel=0.01)


def test_neighbours_too_near_are_unstable():
    axis = ROW["semimajor_axis_au"]
    for distance, state in ((1.05, "fail"), (3.0, "pass")):
        other = {**ROW, "object_id": "X:other", "semimajor_axis_au": distance * axis}
        assert vetted(neighbours=(other,))["check_hill"] == state
        inner = {**ROW, "object_id": "X:other", "semimajor_axis_au": axis / distance}
        assert vetted(neighbours=(inner,))["check_hill"] == state


def test_the_published_case_is_reproduced_and_corrected(study):
    case = study.get("vetting").summary["case"]
    assert round(case["radius_rearth"], 2) == case["claimed"]["radius_rearth"] == 0.55
    assert round(case["density_cgs"], 2) == 8.79 and round(case["density_ratio"], 2) == 1.04 and round(case["scaled_axis"]) == 5
    assert case["rough_ellipsoidal_ppm"] > case["claimed"]["ellipsoidal_ppm"] and case["rough_mass_ratio_limit"] == pytest.approx(0.04)
    # The full prefactor: nearer ten thousand ppm, and a mass ratio of 0.02.
    assert case["full_ellipsoidal_ppm"]["low"] < 1e4 < case["full_ellipsoidal_ppm"]["high"]
    assert round(case["mass_ratio_limit"]["value"], 2) == 0.02
    assert case["equal_star_lobe_filling"] < 1
    # Diluted to that share, the light of the pair varies by the limit.
    assert case["hidden_share"]["value"] * case["widened_ellipsoidal_ppm"]["value"] == pytest.approx(200.0, rel=0.01)


def test_every_close_candidate_is_vetted_once_and_the_target_first(study, sample):
    table = study.get("vetting").table
    assert table["is_target"].tolist() == [True] + [False] * (len(table) - 1) and table["object_id"].is_unique
    close = sample.table[sample.table["is_candidate"] & (sample.table["semimajor_axis_au"] <= 0.1)]
    assert set(table["object_id"][1:]) == set(close["object_id"])
    for name in companions.MEASURES:
        known = table[np.isfinite(table[name])]
        assert ((known[f"{name}_low"] <= known[name]) & (known[name] <= known[f"{name}_high"])).all(), name


def test_rows_do_not_depend_on_each_other(sample, study):
    few = pd.concat([sample.table[sample.table["is_target"]], sample.table[sample.table["host_name"] == "TRAPPIST-1"]]).sample(frac=1, random_state=1)
    alone = companions.run(CONFIG, sample=type("S", (), {"table": few}), tides=study.get("tides")).table.set_index("object_id")
    whole = companions.run(CONFIG, sample=sample, tides=study.get("tides")).table.set_index("object_id")
    pd.testing.assert_frame_equal(alone, whole.loc[alone.index])


@pytest.mark.parametrize(("text", "words"), [
    ("a,b\n", "line 1 is not the header"),
    (HEADER + "p,colour,1,,,r\n", "row 2: 'colour' is no quantity"),
    (HEADER + "p,ruwe,1,,\n", "row 2: 5 cells"),
    (HEADER + "p,ruwe,x,,,r\n", "row 2: the value 'x' is not a number"),
    (HEADER + "p,ruwe,nan,,,r\n", "row 2: the value 'nan' is not a number"),
    (HEADER + "p,ruwe,-1,,,r\n", "row 2: ruwe is -1; expected 0 to 100"),
    (HEADER + "p,odd_depth_ppm,1,-2,,r\n", "row 2: an error is negative"),
    (HEADER + "p,ruwe,1,,,r\np,ruwe,1,,,r\n", "row 3: ruwe of p is given twice"),
    (HEADER + "p,ruwe,1,,,\n", "row 2: a companion and a reference are needed"),
    ("\xff\xfe", "not a UTF-8 CSV file"),
])
def test_facts_that_cannot_be_used_are_told(tmp_path, text, words):
    path = tmp_path / "facts.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=words) as error:
        read_facts(path)
    assert "facts.csv" in str(error.value) and "\n" not in str(error.value)


def test_given_facts_add_to_ours_and_a_lost_file_is_told(tmp_path, sample, study):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "TOI-6894 b,ruwe,1.9,,,r\n", encoding="utf-8")
    config = with_overrides(Config(), {"vetting": {"facts": str(path)}}, "test").vetting
    found = companions.run(config, sample=sample, tides=study.get("tides"))
    assert found.table.iloc[0]["check_ruwe"] == "fail" and found.summary["case"]["ruwe"] == 1.1827
    with pytest.raises(InputError, match="lost.csv: cannot be read"):
        companions.run(VettingConfig(facts=str(tmp_path / "lost.csv")), sample=sample, tides=study.get("tides"))


def test_radii_in_the_unit_of_the_table():
    found = vetted(host_radius_rsun_err_up=0.0, host_radius_rsun_err_down=0.0, host_mass_msun_err_up=0.0, host_mass_msun_err_down=0.0)
    assert found["scaled_axis"] == pytest.approx(ROW["semimajor_axis_au"] / (0.18 * RSUN_AU), rel=1e-3)
