"""SUMMARY.txt is one page, says what was promised, and leaves no place-holder unfilled."""

import json
import re

import pytest


@pytest.fixture(scope="module")
def text(built):
    return (built.outdir / "SUMMARY.txt").read_text(encoding="utf-8")


def test_one_page_without_gaps(text):
    lines = text.splitlines()
    assert len(lines) <= 66 and max(map(len, lines)) <= 118
    assert not re.search(r"[{}]|not available|None|nan", text)


def test_headline_numbers_are_those_of_the_artifacts(text, built):
    def read(name):
        return json.loads((built.outdir / name).read_text(encoding="utf-8"))

    flat = " ".join(text.split())
    assert f"= {read('gmm_summary.json')['delta_bic_1_2']:.0f} (" in flat
    assert f"p = {read('eccentricity_summary.json')['wide']['tests']['as_given']['ks_p']:.2f}," in flat
    assert f"{100 * read('feasibility_summary.json')['headline']['mean_fraction']:.2f} % of draws" in flat


def test_each_headline_has_a_caveat_and_each_claim_a_verdict(text, built):
    headlines = text[text.index("Headline numbers") : text.index("Also as specified")]
    assert headlines.count("Caveat:") == 3
    claims = json.loads((built.outdir / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert text.count("  [") == len(claims) >= 7


def test_sources_and_citation_are_named(text):
    for words in ("exoplanetarchive.ipac.caltech.edu/TAP", "ordo.open.ac.uk", "retrieved 2026-06-02", "10.26133/NEA13", "Johnson, R. S. (2025)"):
        assert words in text


def test_caveats_say_what_they_must(text, built):
    flat = " ".join(text.split())
    limit = json.loads((built.outdir / "feasibility_summary.json").read_text(encoding="utf-8"))["survival"]["strict"]["disruption_radius_rstar"]
    assert f"pass inside the tidal disruption radius, {limit:.1f} R★" in flat
    assert "without astrometry p = 0.54" in flat and "the labels are a cut in q" in flat and "not the plan's min(t_KL, age)" in flat
