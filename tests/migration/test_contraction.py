"""Radius laws: fits against the tracks and sequences they stand for, scaling, the specification's two forms, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.constants import RJUP_AU, RSUN_AU
from analysis.errors import InputError
from analysis.migration.secular import triple
from analysis.migration.stars import contraction, stellar, tracks
from analysis.migration.stars.cooling import COLD, YOUNG, cooling_radii

TARGET_STAR = {"mass_msun": 0.207, "known_radius_au": 0.2276 * RSUN_AU, "known_age_gyr": 5.0}


def test_parameters_are_those_of_the_kernel():
    for body in ("companion", "star"):
        first = triple.PHYSICS.index(f"{body}_radius_final")
        assert triple.PHYSICS[first : first + 5] == tuple(f"{body}_radius_{name}" for name in contraction.PARAMETERS)
    law = contraction.star_law("track", **TARGET_STAR)
    final, knee, power, exponent, slope = contraction.radius_parameters(law)
    age = 3.7e7
    expected = final * ((1 + (knee / age) ** power) ** exponent + slope * np.log10(age / 1e9))
    assert float(contraction.radius(law, age)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    "mass, largest, late", [(0.06, 0.25, 0.06), (0.08, 0.22, 0.06), (0.10, 0.10, 0.05), (0.13, 0.06, 0.04), (0.207, 0.06, 0.03), (0.25, 0.06, 0.03)]
)
def test_star_follows_the_track(mass, largest, late):
    law = contraction.star_fit(mass)
    nodes = np.array(tracks.AGES_GYR)
    track = tracks.track_radius(mass, nodes)
    track = track / float(tracks.track_radius(mass, 1.0))  # the fit has R = 1 at 1 Gyr, exactly
    ratio = contraction.radius(law, nodes * 1e9) / track
    fitted = ratio / np.exp(np.nanmean(np.log(ratio)))
    assert np.nanmax(np.abs(fitted - 1)) < largest and np.nanmax(np.abs(fitted[nodes >= 0.01] - 1)) < late
    assert law.largest_error < largest and law.largest_error_late < late


def test_no_start_finds_a_much_better_fit(monkeypatch):
    errors = {}
    for start in ((0.2e9, 1.5, 0.25), (0.02e9, 0.5, 0.7), (2e9, 3.0, 0.1)):
        monkeypatch.setattr(contraction, "START", start)
        errors[start] = [contraction.star_fit(mass).largest_error for mass in (0.08, 0.207)]
    np.testing.assert_allclose(list(errors.values()), [errors[0.2e9, 1.5, 0.25]] * 3, rtol=1e-3)


def test_pre_main_sequence_star_contracts_as_on_the_hayashi_track():
    # Fully convective, at constant effective temperature and without fusion: dE/dt = -L with E ~ -1/R and L ~ R^2 gives R ~ t^(-1/3).
    law = contraction.star_fit(0.207)
    young = np.geomspace(1e6, 1e7, 50)
    slope = np.polyfit(np.log(young), np.log(contraction.radius(law, young)), 1)[0]
    assert slope == pytest.approx(-1 / 3, abs=0.06)
    assert law.power * law.exponent == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize("kind", contraction.STAR_LAWS)
@given(age=st.floats(0.01, 13.0))
def test_known_radius_at_its_age(kind, age):
    law = contraction.star_law(kind, 0.207, 0.001, age)
    assert float(contraction.radius(law, age * 1e9)) == pytest.approx(0.001, rel=1e-12)


@given(age=st.floats(1e-3, 13.0), slope=st.floats(0.0, 0.2))
def test_both_forms_of_the_specification(age, slope):
    for kind in stellar.RADIUS_LAWS:
        law = contraction.star_law(kind, 0.08, 1.0, 1.0, slope)  # the formula's R_MS is the radius at 1 Gyr
        assert float(contraction.radius(law, age * 1e9)) == pytest.approx(float(stellar.radius_factor(age, kind, slope)), rel=1e-12)


def test_young_star_is_larger_except_as_literally_written():
    sizes = {kind: float(contraction.radius(contraction.star_law(kind, **TARGET_STAR), 1e7)) / (0.2276 * RSUN_AU) for kind in contraction.STAR_LAWS}
    assert 2.5 < sizes["track"] < 3.0 and 1.2 < sizes["contracting"] < 1.3 and sizes["literal"] < 0.8 and sizes["constant"] == pytest.approx(1.0)


def test_companion_follows_both_sequences():
    for mass_mearth, mass in ((53.4, 0.168), (100.0, 0.3146), (318.0, 1.0)):
        law = contraction.companion_fit(mass)
        ages, radii, source = cooling_radii(mass_mearth)
        for one in (0, 1):
            ratio = contraction.radius(law, ages[source == one]) / radii[source == one]
            assert ratio.max() / ratio.min() < 1.025  # one scale per source; the shape holds to about 1 per cent either way
        assert law.largest_error < 0.0125


def test_companion_at_tabulated_masses():
    _ages, radii, source = cooling_radii(318.0)
    np.testing.assert_allclose(radii[source == 0], YOUNG[318.0])
    np.testing.assert_allclose(radii[source == 1], COLD[318.0])
    np.testing.assert_allclose(cooling_radii(5.0)[1], cooling_radii(46.0)[1])  # beyond the tables the nearest sequence
    between = cooling_radii(np.sqrt(77.0 * 129.0))[1][source == 1]
    np.testing.assert_allclose(between, np.mean([COLD[77.0], COLD[129.0]], axis=0))


def test_a_lighter_planet_contracts_more_and_disruption_reaches_further_when_young():
    shrink = [float(contraction.radius(law, 1e6) / contraction.radius(law, 5e9)) for law in (contraction.companion_fit(m) for m in (0.168, 0.3, 1.0))]
    assert shrink[0] > shrink[1] > shrink[2] > 1.2
    law = contraction.companion_law("cooling", 0.168, 0.855 * RJUP_AU)
    assert float(contraction.radius(law, 5e9)) == pytest.approx(0.855 * RJUP_AU, rel=1e-12)
    assert 1.7 < float(contraction.radius(law, 1e6)) / (0.855 * RJUP_AU) < 2.1
    constant = contraction.companion_law("constant", 0.168, 0.855 * RJUP_AU)
    np.testing.assert_allclose(contraction.radius(constant, [1e6, 1e8, 1e10]), 0.855 * RJUP_AU, rtol=1e-14)


@settings(deadline=None)
@given(mass=st.floats(0.05, 0.30), age=st.floats(1e6, 1e10), older=st.floats(1.0, 30.0))
def test_track_and_cooling_laws_never_expand(mass, age, older):
    for law in (contraction.star_fit(mass), contraction.companion_fit(mass)):
        assert contraction.radius(law, age * older) <= contraction.radius(law, age) * (1 + 1e-14)


def test_the_same_bits_twice():
    assert contraction.star_fit(0.15) == contraction.star_fit(0.15) and contraction.companion_fit(0.2) == contraction.companion_fit(0.2)


@pytest.mark.parametrize(("fit", "mass"), [
    *((contraction.star_fit, mass) for mass in (0.06, 0.08, 0.10, 0.13, 0.16, 0.207, 0.25)), *((contraction.companion_fit, mass) for mass in (0.168, 0.3, 1.0)),
])
def test_fitted_bodies_are_larger_when_young_and_told_best_when_old(fit, mass):
    law = fit(mass)
    first, second, third, late = contraction.radius(law, np.array([1e6, 1e7, 1e8, 5e9]))
    assert first > second > third > late and law.largest_error >= law.largest_error_late


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: contraction.star_law("shrinking", 0.2, 1e-3, 5.0), "radius law"),
        (lambda: contraction.star_law("track", 0.9, 1e-3, 5.0), "BHAC15"),
        (lambda: contraction.star_law("track", 0.2, 0.0, 5.0), "above 0"),
        (lambda: contraction.star_law("constant", 0.2, 1e-3, 0.0), "above 0"),
        (lambda: contraction.star_law("literal", 0.2, 1e-3, 1e-3, 0.5), "smaller slope"),
        (lambda: contraction.companion_law("frozen", 0.2, 1e-3), "radius law"),
        (lambda: contraction.companion_law("cooling", -1.0, 1e-3), "mass"),
    ],
)
def test_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
