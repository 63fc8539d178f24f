"""The level-0 map: against its closed form, for every thread count and chunking, and in its published consequences."""

import itertools
import resource
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.config import KozaiConfig, TidesConfig
from analysis.constants import RSUN_AU
from analysis.errors import InputError
from analysis.migration import rng
from analysis.migration.kozai import criterion, feasibility
from analysis.migration.kozai import stage as kozai
from analysis.migration.stars.stellar import RADIUS_LAWS
from benchmarks import level0
from tests.migration.conftest import make_target

SMALL = KozaiConfig(mass_cells=12, axis_cells=10, draws=300)
MAP_ARGUMENTS = ("system", "outer_mass", "outer_axis", "inner_axis", "time_limit", "periapsis", "limit")


@pytest.fixture(scope="module")
def case():
    return level0.Case()


@pytest.fixture(scope="module")
def result():
    return kozai.run(KozaiConfig(), target=make_target(), tides_config=TidesConfig())


def counts(case, seed=6894, draws=None, rows=slice(None), **changes):
    arguments = {key: getattr(case, key) for key in MAP_ARGUMENTS} | changes
    return feasibility.feasible_counts(*arguments.values(), draws or case.draws, seed, rows)[0]


def exact(case):
    return feasibility.closed_form(*(getattr(case, key) for key in MAP_ARGUMENTS))


def smallest_tail(count, probability, draws):
    """Exact two-sided binomial tail of the least likely cell."""
    below, above = stats.binom.cdf(count, draws, probability), stats.binom.sf(count - 1, draws, probability)
    return float(np.minimum(1, 2 * np.minimum(below, above)).min())


def chi_square_p(count, probability, draws):
    """Two-sided p-value of the sum of squared standardised cells, cells pooled along the outer mass so that each group expects plenty."""
    expected, spread = (draws * probability).sum(axis=0), (draws * probability * (1 - probability)).sum(axis=0)
    used = spread > 25
    p = stats.chi2.sf(((count.sum(axis=0) - expected)[used] ** 2 / spread[used]).sum(), used.sum())
    return float(2 * min(p, 1 - p))


@pytest.mark.parametrize("seed", [6894, 1, 2**63])
def test_every_cell_agrees_with_the_closed_form(case, seed):
    count, probability = counts(case, seed), exact(case)
    assert smallest_tail(count, probability, case.draws) >= 1e-7
    assert chi_square_p(count, probability, case.draws) > 1e-3
    cells = (case.draws * probability >= 5).ravel()
    n, p = case.draws, probability.ravel()[cells]
    pearson = np.sum((count.ravel()[cells] - n * p) ** 2 / (n * p * (1 - p)))
    assert abs(pearson - p.size) < 3.5 * np.sqrt(np.sum(2 + (1 - 6 * p * (1 - p)) / (n * p * (1 - p))))


def test_run_reports_the_same_check(case, result):
    assert result.summary["check"]["smallest_tail"] == pytest.approx(smallest_tail(counts(case), exact(case), case.draws), rel=1e-9)
    assert result.summary["check"]["chi_square_p"] > 1e-3
    headline = result.summary["headline"]
    assert abs(headline["mean_fraction"] - headline["closed_form"]) < 4 * headline["monte_carlo_error"]


def test_many_draws_converge_on_the_closed_form(case):
    draws = 2_000_000
    for mass, axis in ((0.05, 700.0), (0.5, 900.0), (0.012, 400.0)):
        one = (np.array([mass]), np.array([axis]))
        count = counts(case, draws=draws, outer_mass=one[0], outer_axis=one[1])
        p = feasibility.closed_form(case.system, *one, case.inner_axis, case.time_limit, case.periapsis, case.limit)
        assert abs(count[0, 0] / draws - p[0, 0]) < 4.5 * np.sqrt(p[0, 0] * (1 - p[0, 0]) / draws)


@pytest.mark.parametrize("wrong", ["power", "inclination", "mass"])
def test_a_wrong_formula_is_noticed(case, wrong):
    circular = criterion.kozai_time(case.system.host_mass, case.system.companion_mass, case.inner_axis, case.outer_mass[:, None], case.outer_axis)
    in_time = criterion.time_probability(circular, case.time_limit, case.limit)
    reached = float(criterion.periapsis_probability(case.periapsis, case.inner_axis))
    if wrong == "power":  # (1 - e^2)^(1/2) in place of ^(3/2)
        in_time = np.clip(1 - np.sqrt(1 - np.minimum(case.time_limit / circular, 1) ** 2) / case.limit, 0, 1)
    elif wrong == "inclination":  # e_max = sqrt(1 - cos^2 i)
        reached *= np.sqrt(5 / 3)
    else:  # P_out without the outer mass
        inner = case.system.host_mass + case.system.companion_mass
        in_time = criterion.time_probability(circular * (1 + case.outer_mass[:, None] / inner), case.time_limit, case.limit)
    assert chi_square_p(counts(case), in_time * reached, case.draws) < 1e-6


def test_threads_do_not_change_a_bit(case):
    before = numba.get_num_threads()
    try:
        maps = []
        for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(threads)
            maps.append(counts(case))
    finally:
        numba.set_num_threads(before)
    for other in maps[1:]:
        np.testing.assert_array_equal(maps[0], other)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 100), max_size=6))
def test_chunks_do_not_change_a_bit(cuts):
    case = level0.Case(draws=50)
    edges = [0, *sorted(cuts), 100]
    parts = [counts(case, draws=50, rows=slice(a, b)) for a, b in itertools.pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts), counts(case, draws=50))


def test_a_slow_reading_of_the_definition_gives_the_same_counts(case):
    """Draw by draw in plain Python, from the formulas and not from thresholds."""
    for row, column in ((0, 99), (30, 90), (50, 80), (99, 0)):
        cell = row * case.cells + column
        hits = 0
        for word in rng.words(np.uint64(6894), np.uint64(cell), case.draws).tolist():
            e_out, cosine = case.limit * ((word >> 32) + 0.5) / 2**32, ((word & 0xFFFFFFFF) + 0.5) / 2**32
            time = criterion.kozai_time(
                case.system.host_mass, case.system.companion_mass, case.inner_axis, case.outer_mass[row], case.outer_axis[column], e_out
            )
            hits += bool(time <= case.time_limit and case.inner_axis * (1 - criterion.maximum_eccentricity(cosine)) <= case.periapsis)
        assert counts(case)[row, column] == hits


@pytest.mark.parametrize("mode", ["thresholds", "formulas"])
def test_benchmark_peers_count_the_same_draws(case, mode):
    kernel = counts(case).ravel()
    np.testing.assert_array_equal(level0.numpy_counts(case, mode, "hash", case.cells), kernel)
    named = {name: call for kind, name, call in level0.candidates(case) if kind == mode}
    before = numba.get_num_threads()
    try:
        np.testing.assert_array_equal(named["kernel, 2 threads"](), kernel)
        for name, call in named.items():  # other generators draw other numbers, but from the same distribution
            assert abs(call().sum() - kernel.sum()) < 6 * np.sqrt(2 * kernel.sum()), name
    finally:
        numba.set_num_threads(before)


def test_memory_does_not_grow_with_draws(case):
    few = (np.geomspace(0.01, 1, 4), np.geomspace(5, 1000, 4))
    counts(case, draws=10, outer_mass=few[0], outer_axis=few[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts(case, draws=20_000_000, outer_mass=few[0], outer_axis=few[1])  # 2.5 GB if the words were kept
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@settings(deadline=None, max_examples=25)
@given(time=st.floats(1e6, 1e10), radii=st.floats(0.5, 50.0), longer=st.floats(1.0, 10.0), wider=st.floats(1.0, 3.0))
def test_more_time_or_a_wider_target_never_loses_a_draw(time, radii, longer, wider):
    case = level0.Case(cells=12, draws=60)
    periapsis = radii * 0.2276 * RSUN_AU
    base = counts(case, draws=60, time_limit=time, periapsis=periapsis)
    assert (counts(case, draws=60, time_limit=time * longer, periapsis=periapsis) >= base).all()
    assert (counts(case, draws=60, time_limit=time, periapsis=periapsis * wider) >= base).all()
    assert (base >= 0).all() and (base <= 60).all()


def test_a_bad_cell_has_a_status_and_spoils_no_other(case):
    mass = case.outer_mass.copy()
    mass[3] = np.nan
    good = counts(case)
    count, status = feasibility.feasible_counts(
        case.system, mass, case.outer_axis, case.inner_axis, case.time_limit, case.periapsis, case.limit, case.draws, 6894
    )
    assert (status[3] == criterion.BAD_PERTURBER).all() and (count[3] == 0).all()
    others = np.arange(100) != 3
    np.testing.assert_array_equal(count[others], good[others])
    assert (status[others] == criterion.OK).all()


def test_published_consequences(result):
    target = result.summary["systems"]["target"]
    assert target["critical_radius_over_r_t"] == pytest.approx(1.2, abs=0.02)
    assert target["disruption"]["1_7"]["rstar"] == pytest.approx(7.1, abs=0.05)
    assert target["disruption"]["2_7"]["rstar"] == pytest.approx(11.3, abs=0.06)
    assert target["disruption"]["2_7"]["au"] == pytest.approx(0.0120, abs=5e-5)
    assert target["disruption"]["2_7"]["circularised_au"] == pytest.approx(0.024, abs=1e-4)
    assert result.summary["survival"]["strict"]["all_feasible_disrupted"] and result.summary["survival"]["lenient"]["all_feasible_disrupted"]
    assert result.disruption.query("system == 'target'")["all_feasible_disrupted"].all()
    ratios = result.summary["timescale_ratio"]
    assert (round(ratios["target"]["smallest"], 1), round(ratios["target"]["largest"], 1)) == (1.0, 5.6)
    assert round(ratios["example"]["smallest"], 1) == 0.4
    assert 5.0 < ratios["example"]["largest"] < 5.3


def test_share_of_feasible_draws_that_are_disrupted():
    # r_crit beyond the disruption radii, so that the shares are not all one; the oracle draws inclinations.
    result = kozai.run(replace(SMALL, critical_radius=20.0, critical_radii=(20.0,)), target=make_target())
    cosine = np.random.default_rng(5).random(2_000_000)
    periapsis = 1 - np.sqrt(np.maximum(1 - 5 / 3 * cosine**2, 0))
    for row in result.disruption.query("system == 'target'").to_dict("records"):
        feasible = periapsis <= row["critical_radius_au"]
        inside = np.mean(periapsis[feasible] <= row["disruption_radius_au"])
        assert row["feasible_share_inside"] == pytest.approx(inside, abs=0.004)
        assert 0.5 < row["feasible_share_inside"] < 0.8 and not row["all_feasible_disrupted"]


def test_age_axis(result):
    by_age = result.by_age.set_index(["radius_law", "time_limit_gyr", "age_gyr"])
    assert by_age.loc[("contracting", 1.0, 1.0), "mean_fraction"] == by_age.loc[("literal", 1.0, 1.0), "mean_fraction"] == result.fraction.mean()
    assert by_age.loc[("contracting", 1.0, 0.01), "mean_fraction"] > by_age.loc[("literal", 1.0, 0.01), "mean_fraction"]
    assert by_age.loc[("contracting", 1.0, 10.0), "mean_fraction"] < by_age.loc[("literal", 1.0, 10.0), "mean_fraction"]
    assert by_age.loc[("contracting", 5.0, 10.0), "time_available_gyr"] == 5.0  # min(T, age)
    assert by_age.loc[("contracting", 5.0, 0.1), "mean_fraction"] == by_age.loc[("contracting", 1.0, 0.1), "mean_fraction"]
    assert result.fraction_by_age.shape == (len(RADIUS_LAWS), 7, 100, 100)
    np.testing.assert_array_equal(result.fraction_by_age[0, 4], result.fraction)
    best = result.summary["age_optimum"]  # the sign of the radius law decides which age is best
    assert best["contracting"]["1"]["age_gyr"] == 1.0 and best["literal"]["1"]["age_gyr"] == 10.0


def test_sensitivity_holds_the_default_and_its_closed_form(result):
    table = result.sensitivity.set_index(["time_limit_gyr", "critical_radius_rstar"])
    assert len(table) == 9
    assert table.loc[(1.0, 5.0), "mean_fraction"] == result.summary["headline"]["mean_fraction"]
    assert (table["mean_fraction"] - table["closed_form_mean"]).abs().max() < 5 * result.summary["headline"]["monte_carlo_error"]
    births = result.by_inner_axis.set_index("inner_axis_au")
    assert (births["mean_fraction"].diff().dropna() < 0).all()  # births further out need a higher eccentricity
    assert births.loc[1.0, "mean_fraction"] == result.summary["headline"]["mean_fraction"]


def test_half_reach_is_where_half_the_eccentricities_are_in_time(result):
    row = result.by_age.query("radius_law == 'contracting' and time_limit_gyr == 1 and age_gyr == 0.1").iloc[0]
    circular = criterion.kozai_time(0.207, 0.168 / 1047.56, 1.0, 0.1, row["half_reach_au"])
    assert float(criterion.time_probability(circular, 0.1e9, 0.9)) == pytest.approx(0.5, abs=1e-9)


def test_run_is_deterministic_and_follows_the_seed():
    one, same, other = (kozai.run(replace(SMALL, seed=seed), target=make_target()) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.fraction_by_age, same.fraction_by_age)
    assert one.summary == same.summary
    assert (one.fraction != other.fraction).any()
    np.testing.assert_array_equal(one.closed_form, other.closed_form)


@pytest.mark.parametrize(
    "changes",
    [
        {"outer_mass_min": 0.0},
        {"outer_axis_min": 2000.0},
        {"mass_cells": 0},
        {"draws": 0},
        {"seed": -1},
        {"inner_axis": -1.0},
        {"time_limit": 0.0},
        {"outer_eccentricity_max": 1.0},
        {"critical_radius": float("nan")},
    ],
)
def test_impossible_settings_are_refused(changes):
    with pytest.raises(InputError):
        kozai.run(replace(SMALL, **changes), target=make_target())


def test_an_overridden_host_mass_takes_its_radius_from_the_tracks():
    system = kozai.run(SMALL, target=make_target(host_mass_msun=0.08)).summary["systems"]["target"]
    assert system["host_radius_source"] == "BHAC15 track"
    assert system["host_radius_rsun"] == pytest.approx(0.099, abs=0.001)
    heavy = kozai.run(SMALL, target=make_target(host_mass_msun=0.6)).summary["systems"]["target"]
    assert heavy["host_radius_source"] == "published, for another mass"


def test_real_target(target):
    result = kozai.run(KozaiConfig(), target=target)
    assert result.summary["headline"]["closed_form"] == pytest.approx(0.0745, abs=2e-4)
