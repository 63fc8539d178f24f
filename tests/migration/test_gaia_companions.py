"""Gaia DR3 companions: cuts one by one, coverage of the implied masses, feasibility against the maps' kernels, and the verdicts of the stage."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.astrometry import photocentre_axis
from analysis.catalogue.gaia import COLUMN_NAMES, CORRELATED, gaia_text, read_gaia
from analysis.config import GaiaConfig, KozaiConfig, LimitingConfig, OccurrenceConfig
from analysis.constants import MJUP_MSUN, RSUN_AU, G
from analysis.migration.gaia import implied as gaia_implied
from analysis.migration.gaia import photocentre
from analysis.migration.gaia.feasibility import classify, judged, largest_stable_axis
from analysis.migration.gaia.implied import implied
from analysis.migration.gaia.quality import failed_cuts, solution_kind
from analysis.migration.gaia.stage import HOST_COLUMNS, PERTURBER_COLUMNS, VERDICTS, run
from analysis.migration.kozai import criterion, shortrange
from analysis.migration.kozai.feasibility import System
from analysis.migration.kozai.limiting import force_strengths
from analysis.migration.rng import mix64, words

CONFIG = replace(GaiaConfig(), draws=400)
BOUNDS = {"span_yr": 2.83, "largest_axis": 1000.0, "heaviest": 1.0, "eccentricity_limit": 0.9, "stream": 1}
NUMBERS = {name: math.nan for name in COLUMN_NAMES}
SYSTEM = System(0.207, 0.168 * MJUP_MSUN, 0.2276 * RSUN_AU, 0.855 * 7.1492e7 / 1.495978707e11, 0.026, "published")


def elements(axis, inclination, argument, node):
    """A, B, F, G of an orbit (Binnendijk 1960)."""
    ci, so, co, sn, cn = math.cos(inclination), math.sin(argument), math.cos(argument), math.sin(node), math.cos(node)
    return axis * np.array([co * cn - so * sn * ci, co * sn + so * cn * ci, -so * cn - co * sn * ci, -so * sn + co * cn * ci])


def orbit(axis=3.0, period=500.0, e=0.3, parallax=40.0, error=0.03, parallax_error=0.05, angles=(1.0, 0.5, 2.0), **changes):
    """A row with an astrometric orbit that passes every cut."""
    row = NUMBERS | {
        "host_name": "Star", "gaia_dr3_id": "12", "asked_on": "2026-01-02", "in_gaia_source": 1.0, "g_mag": 15.0, "ruwe": 3.0, "correlations": "",
        "solution_table": "nss_two_body_orbit", "solution_type": "Orbital", "period_day": period, "period_day_err": 2.0, "eccentricity": e,
        "eccentricity_err": 0.02, "solution_parallax_mas": parallax, "solution_parallax_mas_err": parallax_error, "goodness_of_fit": 1.0,
        "significance": axis / error, "photocentre_axis_mas": axis, "photocentre_axis_mas_err": error,
    }
    for letter, value in zip("abfg", elements(axis, *angles), strict=True):
        row |= {f"thiele_innes_{letter}_mas": value, f"thiele_innes_{letter}_mas_err": error}
    return row | changes


def acceleration(size=1.0, parallax=40.0, **changes):
    return NUMBERS | {
        "host_name": "Star", "gaia_dr3_id": "12", "asked_on": "2026-01-02", "in_gaia_source": 1.0, "g_mag": 15.0, "ruwe": 2.0, "correlations": "",
        "solution_table": "nss_acceleration_astro", "solution_type": "Acceleration7", "acceleration_ra_mas_yr2": size, "acceleration_ra_mas_yr2_err": 0.01,
        "acceleration_dec_mas_yr2": 0.0, "acceleration_dec_mas_yr2_err": 0.01, "solution_parallax_mas": parallax, "solution_parallax_mas_err": 0.05,
        "significance": 60.0, "goodness_of_fit": 1.0,
    } | changes


# -- cuts


def test_a_good_orbit_and_a_good_acceleration_pass():
    assert failed_cuts(orbit(), GaiaConfig()) == [] and failed_cuts(acceleration(), GaiaConfig()) == []


@pytest.mark.parametrize(
    ("row", "failed"),
    [
        (orbit(significance=158 / math.sqrt(500) * 0.999), "significance"),
        (orbit(period=2000.0, significance=4.99), "significance"),
        (orbit(goodness_of_fit=25.0), "goodness of fit"),
        (orbit(parallax_error=40.0 * 500 / 20_000), "parallax"),
        (orbit(eccentricity_err=0.079 * math.log(500) - 0.244), "eccentricity"),
        (orbit(photocentre_axis_mas=math.nan), "elements"),
        (acceleration(significance=20.0), "significance"),
        (acceleration(goodness_of_fit=22.0), "goodness of fit"),
        (acceleration(solution_parallax_mas_err=40 / (1.2 * 60**1.05)), "parallax"),
        (acceleration(acceleration_dec_mas_yr2=math.nan), "elements"),
        (NUMBERS | {"solution_type": "SB1", "significance": 19.0, "period_day": 5.0, "semi_amplitude_kms": 1.0}, "significance"),
        (NUMBERS | {"solution_type": "FirstDegreeTrendSB1", "velocity_slope_kms_day": 1.0, "velocity_slope_kms_day_err": 0.06}, "significance"),
        (NUMBERS | {"solution_type": "EclipsingBinary"}, "type"),
    ],
)
def test_each_cut_alone(row, failed):
    assert failed_cuts(row, GaiaConfig()) == [failed]


def test_missing_numbers_fail_their_cuts():
    assert set(failed_cuts(NUMBERS | {"solution_type": "Orbital"}, GaiaConfig())) == {"significance", "goodness of fit", "parallax", "eccentricity", "elements"}
    assert failed_cuts(orbit(significance=math.nan), GaiaConfig()) == []  # the axis and its error stand in


def test_the_jerk_has_limits_of_its_own():
    row = acceleration(solution_type="Acceleration9", goodness_of_fit=24.0, solution_parallax_mas_err=40 / (1.9 * 60**1.05))
    assert failed_cuts(row, GaiaConfig()) == ["parallax"]


def test_kinds():
    kinds = [solution_kind({"solution_type": name}) for name in
             ("Orbital", "OrbitalTargetedSearchValidated", "AstroSpectroSB1", "Acceleration9", "SB1C", "SB2", "SecondDegreeTrendSB1", "EclipsingSpectro")]
    orbits, spectra = ["astrometric orbit"] * 3, ["spectroscopic orbit"] * 2
    assert kinds == [*orbits, "acceleration", *spectra, "velocity trend", "other"]


# -- what a solution implies


def test_mass_without_errors_is_the_root():
    row = orbit(error=1e-9, parallax_error=0.0, period_day_err=0.0, eccentricity_err=0.0)
    config = replace(CONFIG, host_mass_error=1e-9)
    dark, bright = implied(row, config, 0.15, 0.0, 0.0, **BOUNDS)
    function = photocentre.astrometric_mass_function(3.0, 40.0, 500 / 365.25)
    wanted = photocentre.dark_mass(function, 0.15)
    np.testing.assert_allclose(dark.mass, wanted, rtol=1e-6)
    np.testing.assert_allclose(dark.axis, photocentre.relative_axis(500 / 365.25, 0.15 + wanted), rtol=1e-6)
    assert (bright.mass > dark.mass).all() and (bright.mass <= 0.15 * 1.000001).all() and (dark.eccentricity == 0.3).all()


def test_intervals_cover_the_truth():
    """The 95 % interval of the dark mass and of the axis, over noisy solutions with correlated errors of a true binary."""
    mass, companion, period, parallax = 0.15, 0.04, 420.0, 35.0
    config = replace(CONFIG, draws=300, parallax_inflation=(1.0, 1.0, 1.0))
    relative = photocentre.relative_axis(period / 365.25, mass + companion)
    true = np.array([parallax, *elements(relative * companion / (mass + companion) * parallax, 1.1, 0.7, 2.5), period])
    errors = np.array([0.3, 0.2, 0.25, 0.2, 0.15, 2.0])
    draws = np.random.default_rng(5).standard_normal((6, 40))
    matrix = np.corrcoef(draws)
    text = " ".join(repr(float(matrix[i, j])) for i in range(6) for j in range(i + 1, 6))
    rng = np.random.default_rng(11)
    covered = {"mass": 0, "axis": 0}
    trials = 150
    for number in range(trials):
        seen = true + errors * (np.linalg.cholesky(matrix) @ rng.standard_normal(6))
        row = orbit(correlations=text) | dict(zip(CORRELATED, map(float, seen), strict=True))
        row |= {f"{name}_err": float(error) for name, error in zip(CORRELATED, errors, strict=True)}
        measured = mass * math.exp(0.08 * rng.standard_normal())
        dark = implied(row, config, measured, 0.08 * measured, 0.0, **{**BOUNDS, "stream": number})[0]
        for name, value in (("mass", companion), ("axis", relative)):
            low, high = np.quantile(getattr(dark, name), (0.025, 0.975))
            covered[name] += low <= value <= high
    # binomial with p = 0.95: 135 to 149 hold 99.8 %
    assert all(134 <= count <= 150 for count in covered.values()), covered


def test_interval_of_gaia_bh1_holds_the_mass_that_velocities_give():
    """Its significance is 13.6; from astrometry alone the black hole has 12.8 Msun, with velocities 9.62 (El-Badry et al. 2023)."""
    names = [f"thiele_innes_{letter}_mas" for letter in "abfg"]
    values = (-0.262289119199277, 2.9291159041806485, 1.5248071482113947, 0.5343685858549198)
    size = float(photocentre_axis(values))
    row = orbit(period=185.7656578920495, parallax=2.0954515888832432, parallax_error=0.0175, e=0.489, g_mag=13.77) | dict(zip(names, values, strict=True))
    row |= {f"{name}_err": size / 13.6 for name in names} | {"period_day_err": 0.3, "photocentre_axis_mas": size, "significance": 13.6}
    assert failed_cuts(row, GaiaConfig()) == []
    dark = implied(row, replace(GaiaConfig(), draws=4000), 0.93, 0.05, 0.0, **BOUNDS)[0]
    low, median, high = np.quantile(dark.mass, (0.025, 0.5, 0.975))
    assert median == pytest.approx(12.8, rel=0.04) and low < 9.62 < high


def test_correlations_matter_and_impossible_ones_do_not_stop():
    true = " ".join(["0.0"] * 14 + ["0.95"])  # G with the period
    spreads = [np.std(implied(orbit(error=0.3, period_day_err=30.0, correlations=text), CONFIG, 0.15, 1e-9, 0.0, **BOUNDS)[0].mass) for text in ("", true)]
    assert spreads[0] != pytest.approx(spreads[1], rel=0.02)
    impossible = " ".join(["-0.9"] * 15)
    assert implied(orbit(correlations=impossible), CONFIG, 0.15, 0.01, 0.0, **BOUNDS)[0].mass.size == CONFIG.draws


@pytest.mark.parametrize("companion", [0.005, 0.02, 0.05, 0.08, 0.11, 0.14])
def test_a_shining_companion_lies_between_the_ends(companion):
    mass, period, parallax = 0.15, 420.0, 60.0
    light = float(photocentre.light_ratio(companion, mass))
    relative = float(photocentre.relative_axis(period / 365.25, mass + companion))
    size = relative * float(photocentre.arm(companion, mass, light)) * parallax
    dark, bright = implied(orbit(axis=size, period=period, parallax=parallax, error=0.02), CONFIG, mass, 0.005, 0.0, **BOUNDS)
    assert np.quantile(dark.mass, 0.025) <= companion <= np.quantile(bright.mass, 0.975)
    assert np.quantile(dark.axis, 0.025) <= relative <= np.quantile(bright.axis, 0.975)


def test_stated_parallax_errors_are_widened():
    """By the factor of bright stars, of faint ones, or of accelerations."""
    bare, spreads = replace(CONFIG, parallax_inflation=(1.0, 1.0, 1.0)), {}
    for name, config in (("bare", bare), ("bright", replace(bare, parallax_inflation=(4.0, 1.0, 1.0))), ("faint", replace(bare, parallax_inflation=(1.0, 4.0, 1.0)))):
        for magnitude in (13.0, 15.0):
            row = orbit(error=1e-6, parallax_error=0.5, g_mag=magnitude, period_day_err=0.0)
            spreads[name, magnitude] = np.std(implied(row, config, 0.15, 1e-9, 0.0, **BOUNDS)[0].mass)
    assert spreads["bright", 13.0] / spreads["bare", 13.0] == pytest.approx(4, rel=0.05) and spreads["bright", 15.0] == spreads["bare", 15.0]
    assert spreads["faint", 15.0] / spreads["bare", 15.0] == pytest.approx(4, rel=0.05) and spreads["faint", 13.0] == spreads["bare", 13.0]
    three = replace(bare, parallax_inflation=(1.0, 1.0, 4.0))
    pulls = [np.median(np.abs(np.log(implied(acceleration(solution_parallax_mas_err=2.0), c, 0.15, 1e-9, 0.0, **BOUNDS)[1].axis))) for c in (bare, three)]
    assert pulls[0] != pulls[1]


def test_an_orbit_too_large_for_light_has_a_dark_end_alone():
    ends = implied(orbit(axis=25.0, error=0.1), CONFIG, 0.15, 0.01, 0.0, **BOUNDS)
    assert [end.name for end in ends] == ["dark companion"] and np.median(ends[0].mass) > 0.15


def test_spectroscopic_minimum():
    row = NUMBERS | {"solution_type": "SB1", "period_day": 11.862 * 365.25, "semi_amplitude_kms": 0.01247, "eccentricity": 0.0484, "correlations": "", "g_mag": 5.0}
    (end,) = implied(row, replace(CONFIG, host_mass_error=1e-9), 1.0, 0.0, 0.0, **BOUNDS)
    np.testing.assert_allclose(end.mass, 1 / 1047.56, rtol=0.01)
    np.testing.assert_allclose(end.axis, 5.2, rtol=0.01)


def test_ends_of_an_acceleration():
    near, far = implied(acceleration(), CONFIG, 0.15, 0.005, 0.0, **BOUNDS)
    period = np.sqrt(4 * math.pi**2 * near.axis**3 / (G * (near.mass + 0.15)))
    assert np.median(period) == pytest.approx(BOUNDS["span_yr"], rel=0.02)  # up to the error of the host's mass
    assert (far.axis >= near.axis).all() and (far.mass <= BOUNDS["heaviest"] * (1 + 1e-9)).all() and (far.axis <= BOUNDS["largest_axis"]).all()
    # on every draw the pull m/a^2 is one number, at least that of the acceleration seen from above
    np.testing.assert_allclose(near.mass / near.axis**2, far.mass / far.axis**2, rtol=1e-9)
    pull = far.mass / far.axis**2
    assert pull.min() >= 0.95 / 40.0 / G
    assert np.median(pull) == pytest.approx(1 / 40.0 / G / math.sqrt(3 / 4), rel=0.05)  # half of all directions lie within 30 degrees of the plane of the sky
    assert 0.5 < near.possible < 1 or near.possible == 1


def test_an_acceleration_no_perturber_can_make_has_no_end():
    assert implied(acceleration(size=3000.0), CONFIG, 0.15, 0.005, 0.0, **BOUNDS) == []


def test_correlated_columns_are_those_of_the_table():
    assert gaia_implied.CORRELATED == CORRELATED


# -- feasibility


def test_outcomes_are_those_of_the_map():
    """The kernel gives the counts of `shortrange.count_outcomes` for the very draws of a cell."""
    config, kozai, draws = LimitingConfig(), KozaiConfig(), 4000
    strengths = force_strengths(config, SYSTEM, 1.0)
    for mass, axis in ((0.3, 20.0), (0.05, 8.0), (0.8, 60.0), (0.5, 4.5)):
        cell = (np.array([mass]), np.array([axis]))
        count, status = np.zeros((1, 1, 7), np.int64), np.zeros(1, np.int64)
        window = (np.array([1e9]), np.array([0.012]), np.array([0.02]))
        shortrange.count_outcomes(
            SYSTEM.host_mass, SYSTEM.companion_mass, 1.0, strengths, True, True, *cell, kozai.outer_eccentricity_max, *window, draws, np.uint64(3), np.uint64(9),
            count, status,
        )
        drawn = words(3, 9, draws)
        e = kozai.outer_eccentricity_max * ((drawn >> np.uint64(32)).astype(float) + 0.5) / 2**32
        cosine = ((drawn & np.uint64(0xFFFFFFFF)).astype(float) + 0.5) / 2**32
        cosine = np.where([mix64(word) & np.uint64(1) for word in drawn], -cosine, cosine)
        outcome, doubtful = np.empty(draws, np.int64), np.empty(draws, bool)
        full = (np.full(draws, mass), np.full(draws, axis), e, cosine)
        classify(SYSTEM.host_mass, SYSTEM.companion_mass, 1.0, strengths, True, True, *full, 1e9, 0.012, 0.02, outcome, doubtful)
        assert np.bincount(outcome, minlength=6).tolist() == count[0, 0, :6].tolist()
        assert doubtful.sum() == count[0, 0, shortrange.UNAVERAGED]
        assert len(set(outcome.tolist())) > 1


def test_draws_out_of_range_are_invalid():
    outcome, doubtful = np.empty(4, np.int64), np.ones(4, bool)
    columns = np.array([[np.nan, 5.0, 0.1, 0.2], [0.1, -1.0, 0.1, 0.2], [0.1, 5.0, 1.0, 0.2], [0.1, 5.0, 0.1, 1.5]]).T.copy()
    classify(0.2, 1e-4, 1.0, np.zeros(4), True, True, *columns, 1e9, 0.01, 0.02, outcome, doubtful)
    assert (outcome == shortrange.INVALID).all() and not doubtful.any()


def test_level_zero_share_is_its_closed_form():
    n, mass, axis, time, limit = 200_000, 0.3, 60.0, 0.0001, 0.9
    e = limit * np.random.default_rng(2).random(n)
    kozai = KozaiConfig()
    found = judged(SYSTEM, kozai, LimitingConfig(), 1.0, time, np.full(n, mass), np.full(n, axis), e, 4)
    circular = criterion.kozai_time(SYSTEM.host_mass, SYSTEM.companion_mass, 1.0, mass, axis)
    in_time = float(criterion.time_probability(circular, time * 1e9, limit))
    close = float(criterion.periapsis_probability(kozai.critical_radius * SYSTEM.host_radius, 1.0))
    assert 0.05 < in_time < 0.95
    assert found["in_time_share"] == pytest.approx(in_time, abs=4 * math.sqrt(in_time * (1 - in_time) / n))
    assert found["level_0_share"] == pytest.approx(in_time * close, abs=4 * math.sqrt(in_time * close / n))
    assert sum(found["level_1"].values()) == pytest.approx(1)


def test_stability_limit_is_that_of_the_criterion():
    for mass, axis, e in ((0.1, 1.2, 0.3), (0.5, 30.0, 0.0), (0.02, 3.0, 0.8)):
        limit = float(largest_stable_axis(0.2, mass, axis, e))
        assert shortrange.stable(0.2, limit * 0.9999, mass, axis, e, 1.0) and not shortrange.stable(0.2, limit * 1.0001, mass, axis, e, 1.0)


# -- the stage


def companion(host="Star", name=None, **changes):
    row = {
        "object_id": f"NASA:{name or host + ' b'}", "companion_name": name or f"{host} b", "host_name": host, "host_mass_msun": 0.15,
        "host_mass_msun_err_up": 0.01, "host_mass_msun_err_down": 0.01, "companion_mass_mjup": 0.3, "semimajor_axis_au": 0.05, "orbital_period_day": 10.5,
        "host_radius_rsun": 0.17, "companion_radius_rjup": 0.8, "host_age_gyr": math.nan,
    }
    return row | changes


def evaluate(tmp_path, rows, companions, config=CONFIG, about=None):
    path = tmp_path / "gaia.csv"
    if rows:
        path.write_text(gaia_text(rows), encoding="utf-8")
        table = read_gaia(path)
    else:
        table = pd.DataFrame({name: pd.array([], dtype="str") if name == "host_name" else [] for name in COLUMN_NAMES})
    gaia = SimpleNamespace(table=table, about=about or {"asked": bool(rows), "frozen": False, "source": {}})
    return run(config, gaia=gaia, sample=SimpleNamespace(table=pd.DataFrame(companions)), limiting_config=LimitingConfig(), kozai_config=KozaiConfig())


def test_nobody_asked_is_not_nobody_found(tmp_path):
    found = evaluate(tmp_path, [], [companion(), companion("Other")])
    assert found.summary["statement"] == "no host was looked up, because 0 of the 2 hosts in the mass range, TOI-6894 included, have an identifier"
    assert (found.hosts["verdict"] == "no identifier").all() and len(found.perturbers) == 0
    assert found.summary["hosts"]["hosts"] == 2 and found.summary["hosts"]["asked"] == 0
    assert found.summary["hosts"]["solution"] is None and found.summary["hosts"]["perturber"] is None
    assert tuple(found.hosts.columns) == HOST_COLUMNS and tuple(found.perturbers.columns) == PERTURBER_COLUMNS


def test_identifier_without_a_question(tmp_path):
    found = evaluate(tmp_path, [], [companion(gaia_dr3_id="Gaia DR3 12"), companion("Other", gaia_dr3_id=None)])
    assert found.summary["statement"] == "no host was looked up, because 1 of the 2 hosts in the mass range, TOI-6894 included, have an identifier"
    assert found.hosts["verdict"].tolist() == ["no identifier", "not asked"] and found.hosts["gaia_dr3_id"].tolist() == ["", "12"]


ASKED = {"gaia_dr3_id": "12", "asked_on": "2026-01-02", "in_gaia_source": 1.0, "ruwe": 1.0}


def test_every_verdict_and_the_ledger(tmp_path):
    hosts = ["absent", "bare", "bad", "own", "inner", "outer", "pulled", "unnamed"]
    own = {"orbital_period_day": 510.0, "semimajor_axis_au": 0.7}
    companions = [companion(host, **(own if host == "own" else {"semimajor_axis_au": 5.0, "orbital_period_day": 1e4} if host == "inner" else {})) for host in hosts]
    rows = [
        {**ASKED, "host_name": "absent", "gaia_dr3_id": "1", "in_gaia_source": 0.0, "ruwe": math.nan},
        {**ASKED, "host_name": "bare", "gaia_dr3_id": "2", "ruwe": 1.5},
        orbit(host_name="bad", gaia_dr3_id="3", goodness_of_fit=30.0), orbit(host_name="own", gaia_dr3_id="4"),
        orbit(host_name="inner", gaia_dr3_id="5"), orbit(host_name="outer", gaia_dr3_id="6"), acceleration(host_name="pulled", gaia_dr3_id="7"),
    ]
    found = evaluate(tmp_path, rows, companions)
    verdicts = dict(zip(found.hosts["host_name"], found.hosts["verdict"], strict=True))
    assert verdicts == {
        "absent": "not in DR3", "bare": "no solution", "bad": "rejected", "own": "the known companion", "inner": "inside the known orbit",
        "outer": "perturber", "pulled": "perturber", "unnamed": "no identifier",
    }
    assert set(verdicts.values()) <= set(VERDICTS)
    counts = found.summary["hosts"]
    assert (counts["hosts"], counts["identifier"], counts["asked"], counts["in_gaia_source"], counts["ruwe_high"]) == (8, 7, 7, 6, 6)
    assert (counts["solution"], counts["accepted"], counts["perturber"], counts["solution_acceleration"]) == (5, 4, 2, 1)
    assert found.hosts.set_index("host_name").loc["bad", "failed_cuts"] == "goodness of fit"
    assert set(found.perturbers["host_name"]) == {"outer", "pulled"} and len(found.perturbers) == 4
    assert "which does not make them single" not in found.summary["statement"] and "2 with a perturber" in found.summary["statement"]


def test_perturber_within_an_au_leaves_small_birth_orbits(tmp_path):
    """An orbit of 500 d around 0.15 Msun is 0.7 au wide: the map's birth orbit of 1 au cannot survive it, and a smaller one is judged."""
    found = evaluate(tmp_path, [orbit()], [companion()]).perturbers
    assert found["end"].tolist() == ["dark companion", "brightest main-sequence companion"]
    assert (found["birth_axis_au"] == found["largest_stable_axis_au"]).all() and (found["birth_axis_au"] < 0.3).all()
    assert found["mass_msun"].is_monotonic_increasing and (found["mass_msun_low"] < found["mass_msun"]).all()
    shares = found[[name for name in found.columns if name.startswith("level_1_")]].sum(axis=1)
    assert shares.to_numpy() == pytest.approx(1) and (found["in_time_share"] == 1).all() and (found["stable_share"] < 1).all()


def test_every_companion_of_a_host_is_judged_and_one_match_settles_it(tmp_path):
    two = [companion(name="Star b"), companion(name="Star c", semimajor_axis_au=0.1, orbital_period_day=30.0)]
    assert len(evaluate(tmp_path, [orbit()], two).perturbers) == 4
    two[1] |= {"semimajor_axis_au": 0.7, "orbital_period_day": 500.0}
    found = evaluate(tmp_path, [orbit()], two)
    assert found.hosts["verdict"].tolist() == ["the known companion"] and len(found.perturbers) == 0


def test_wide_companions_explain_an_acceleration(tmp_path):
    found = evaluate(tmp_path, [acceleration()], [companion(semimajor_axis_au=40.0, orbital_period_day=math.nan)])
    assert found.hosts["verdict"].tolist() == ["the known companion"]


def test_companion_without_mass_is_ranged_but_not_judged(tmp_path):
    found = evaluate(tmp_path, [orbit()], [companion(companion_mass_mjup=math.nan)]).perturbers
    assert len(found) == 2 and found["mass_msun"].notna().all() and found["level_0_share"].isna().all()


def test_young_hosts_have_less_time(tmp_path):
    assert (evaluate(tmp_path, [orbit()], [companion(host_age_gyr=0.02)]).perturbers["time_gyr"] == 0.02).all()


def test_order_of_rows_changes_nothing(tmp_path):
    rows = [orbit(host_name="A", gaia_dr3_id="3"), acceleration(host_name="B", gaia_dr3_id="4"), {**ASKED, "host_name": "C"}]
    companions = [companion("A"), companion("A", name="A c", semimajor_axis_au=0.09), companion("B"), companion("C")]
    first, second = evaluate(tmp_path, rows, companions), evaluate(tmp_path, rows[::-1], companions[::-1])
    pd.testing.assert_frame_equal(first.hosts, second.hosts, check_exact=True)
    pd.testing.assert_frame_equal(first.perturbers, second.perturbers, check_exact=True)
    assert first.summary == second.summary


def test_a_host_alone_gets_what_it_gets_among_others(tmp_path):
    alone = evaluate(tmp_path, [orbit()], [companion()]).perturbers
    among = evaluate(tmp_path, [orbit(), orbit(host_name="A", gaia_dr3_id="3")], [companion(), companion("A")]).perturbers
    pd.testing.assert_frame_equal(alone, among[among["host_name"] == "Star"].reset_index(drop=True), check_exact=True)


def test_thresholds_come_from_where_they_live(tmp_path):
    found = evaluate(tmp_path, [{**ASKED, "host_name": "Star", "ruwe": 1.3}], [companion()])
    assert found.summary["ruwe_limit"] == OccurrenceConfig().unit_weight_error and found.summary["baseline_yr"] == OccurrenceConfig().gaia_span
    assert found.summary["hosts"]["ruwe_high"] == 0 and found.summary["statement"].endswith("which does not make them single")
