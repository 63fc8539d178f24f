"""Tidal timescales: units, published values, scalings, and the columns of the stacked table."""

import math
from dataclasses import replace

import astropy.constants as const
import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from analysis.config import TidesConfig
from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU
from analysis.errors import InputError
from analysis.migration import tides
from analysis.migration.stars.stellar import tidal_quality
from tests.migration.conftest import make_sample, make_target

STAR = (0.207, 0.168 * MJUP_MSUN, 0.02604)


def test_published_times_of_the_target(published, small_sample):
    numbers = tides.run(TidesConfig(), sample=small_sample, target=published).summary["target"]
    assert numbers["stellar_tide_yr"]["q_1e6"] == pytest.approx(3.8e12, rel=0.01)
    assert numbers["circularisation_yr"]["q_1e5"] == pytest.approx(7.6e6, rel=0.01)
    assert numbers["circularisation_yr"]["q_1e6"] == pytest.approx(7.6e7, rel=0.01)
    assert numbers["disruption_radius_au"]["2_7"] == pytest.approx(0.0120, abs=5e-5)
    assert numbers["disruption_radius_rstar"]["2_7"] == pytest.approx(11.3, abs=0.06)
    assert numbers["infall_yr"]["q_1e6"] / numbers["stellar_tide_yr"]["q_1e6"] == pytest.approx(2 / 13)


def test_times_in_other_units():
    m, mc, a = 0.207 * u.Msun, (0.168 / 1047.56) * u.Msun, 0.02604 * u.au
    n = np.sqrt(const.GM_sun / u.Msun * m / a**3).to(1 / u.s)
    star = (2e6 / 9 * (m / mc) * (a / (0.2276 * u.R_sun)) ** 5 / n).to_value(u.yr)
    assert tides.stellar_tide_time(*STAR, 0.2276 * RSUN_AU, 1e6) == pytest.approx(star, rel=1e-8)
    planet = (4e5 / 63 * (mc / m) * (a / (0.855 * u.R_jup)) ** 5 / n).to_value(u.yr)
    assert tides.circularisation_time(*STAR, 0.855 * RJUP_AU, 1e5) == pytest.approx(planet, rel=1e-8)


def test_infall_takes_two_thirteenths():
    radius = 0.2276 * RSUN_AU

    def inverse_speed(axis):  # dt/da of the decaying orbit
        return tides.stellar_tide_time(STAR[0], STAR[1], axis, radius, 1e6) / axis

    time = quad(inverse_speed, 1e-9, STAR[2], epsrel=1e-10)[0]
    assert time / tides.stellar_tide_time(*STAR, radius, 1e6) == pytest.approx(tides.INFALL_SHARE, rel=1e-6)


@given(factor=st.floats(0.1, 10.0))
def test_scalings(factor):
    base = tides.stellar_tide_time(*STAR, 1e-3, 1e6)
    host, companion, axis = STAR
    assert tides.stellar_tide_time(host, companion, axis * factor, 1e-3, 1e6) == pytest.approx(base * factor**6.5)
    assert tides.stellar_tide_time(host, companion, axis, 1e-3 * factor, 1e6) == pytest.approx(base * factor**-5)
    assert tides.stellar_tide_time(host, companion * factor, axis, 1e-3, 1e6) == pytest.approx(base / factor)
    assert tides.circularisation_time(host, companion * factor, axis, 4e-4, 1e5) == pytest.approx(
        factor * tides.circularisation_time(host, companion, axis, 4e-4, 1e5)
    )
    assert tides.tidal_radius(host * factor**3, companion, 1.0) == pytest.approx(factor * tides.tidal_radius(host, companion, 1.0))


def test_at_the_tidal_radius_densities_match():
    # r_t is where the mean density of the star within r equals the companion's.
    r = tides.tidal_radius(0.207, 1e-4, 3.0)
    assert 0.207 / r**3 == pytest.approx(1e-4 / 3.0**3)


def test_columns_of_the_stacked_table(published, small_sample):
    objects = tides.run(TidesConfig(), sample=small_sample, target=published).objects.set_index("object_id")
    assert list(objects.index) == sorted(objects.index) and len(objects) == 5
    young = objects.loc["NASA:close and young"]
    by_hand = tides.stellar_tide_time(0.10, 30 * MJUP_MSUN, 0.004, 0.12 * (1 + 0.1 * math.log10(2)) * RSUN_AU, float(tidal_quality(0.5)))
    assert young["tidal_timescale_proxy"] == pytest.approx(by_hand)
    assert young["migration_efficiency"] == pytest.approx(by_hand / 0.5e9)
    assert young["potential_migrator"] and young["migration_class"] == "efficient"
    unknown = objects.loc["NASA:no age"]
    assert (unknown["tidal_age_source"], unknown["tidal_age_gyr"], unknown["migration_class"]) == ("default", 5.0, "unknown")
    assert np.isfinite(unknown["tidal_timescale_proxy"]) and np.isnan(unknown["migration_efficiency"]) and not unknown["potential_migrator"]
    assert objects.loc["NASA:no radius", "tidal_radius_source"] == "BHAC15 track"
    assert objects.loc["NASA:no radius", "migration_class"] == "inefficient"
    assert np.isnan(objects.loc["NASA:no axis", "tidal_timescale_proxy"]) and objects.loc["NASA:no axis", "migration_class"] == "unknown"
    assert objects.loc["TOI:TOI-6894 b", "circularisation_low_q_yr"] == pytest.approx(7.6e6, rel=0.01)


def test_counts_follow_the_candidates(published, small_sample):
    counted = tides.run(TidesConfig(), sample=small_sample, target=published).summary["candidates"]
    assert counted["rows"] == 4 and counted["with_timescale"] == 3
    assert counted["class"] == {"efficient": 1, "inefficient": 1, "unknown": 2}
    assert counted["radius_source"] == {"BHAC15 track": 1, "catalogue": 3}
    assert counted["shortest_timescale_object"] == "NASA:close and young"


def test_the_two_radius_laws(published, small_sample):
    one = tides.run(TidesConfig(), sample=small_sample, target=published)
    other = tides.run(TidesConfig(radius_law="literal"), sample=small_sample, target=published)
    ratio = (other.objects["tidal_timescale_proxy"] / one.objects["tidal_timescale_proxy"]).dropna()
    expected = one.objects.loc[ratio.index, "timescale_literal_over_contracting"]
    np.testing.assert_allclose(ratio, expected)
    factor = 1 + 0.1 * np.log10(5.0)
    assert ratio[one.objects["object_id"] == "NASA:no age"].item() == pytest.approx(((2 - factor) / factor) ** 5)
    law = one.summary["radius_law"]
    assert law["literal_over_contracting_at_10_myr"] == pytest.approx((1.2 / 0.8) ** 5)
    with pytest.raises(InputError, match="radius_law"):
        tides.run(TidesConfig(radius_law="none"), sample=small_sample, target=published)


def test_limits_are_marked(published, small_sample):
    table = small_sample.table.assign(host_age_gyr_limit=[-1.0, np.nan, 0.0, 0.0, np.nan], companion_mass_mjup_limit=[1.0, 0.0, 0.0, np.nan, 0.0])
    result = tides.run(TidesConfig(), sample=replace_table(small_sample, table), target=published)
    objects = result.objects.set_index("object_id")
    assert objects.loc["NASA:close and young", "tidal_age_source"] == "catalogue limit"
    assert objects.loc["NASA:close and young", "companion_mass_is_limit"] and objects["companion_mass_is_limit"].sum() == 1
    assert result.summary["candidates"]["efficient_with_mass_limit"] == 1


def test_class_changes_with_the_other_law(published, small_sample):
    one = tides.run(TidesConfig(), sample=small_sample, target=published)
    efficiency = one.objects.set_index("object_id")["migration_efficiency"]["NASA:close and young"]
    ratio = one.objects.set_index("object_id")["timescale_literal_over_contracting"]["NASA:close and young"]
    between = replace(TidesConfig(), efficient_ratio=efficiency * np.sqrt(ratio))  # efficient under one law only
    for law in ("contracting", "literal"):
        result = tides.run(replace(between, radius_law=law), sample=small_sample, target=published)
        assert result.summary["candidates"]["class_changes_with_other_law"] == 1
    assert one.summary["candidates"]["class_changes_with_other_law"] == 0


def test_unscaled_radius_is_the_catalogues(published, small_sample):
    objects = tides.run(TidesConfig(), sample=small_sample, target=published).objects.set_index("object_id")
    factor = 1 - 0.1 * np.log10(0.5)
    row = objects.loc["NASA:close and young"]
    assert row["timescale_unscaled_radius_yr"] / row["tidal_timescale_proxy"] == pytest.approx(factor**5)


def test_row_order_does_not_matter(published, small_sample):
    shuffled = replace_table(small_sample, small_sample.table.sample(frac=1.0, random_state=3))
    one, other = (tides.run(TidesConfig(), sample=s, target=published) for s in (small_sample, shuffled))
    pd.testing.assert_frame_equal(one.objects, other.objects)
    assert one.summary == other.summary


def replace_table(sample, table):
    return type(sample)(**{**vars(sample), "table": table})


def test_an_empty_sample_is_no_error(published):
    result = tides.run(TidesConfig(), sample=make_sample([]), target=published)
    assert result.objects.empty and result.summary["candidates"]["rows"] == 0
    assert result.summary["target"]["stellar_tide_yr"]["q_1e6"] > 1e12


def test_an_overridden_host_is_not_given_the_published_radius(small_sample):
    target = make_target(host_mass_msun=0.08)
    table = small_sample.table.copy()
    table.loc[table["is_target"], "host_mass_msun"] = 0.08
    objects = tides.run(TidesConfig(), sample=replace_table(small_sample, table), target=target).objects.set_index("object_id")
    assert objects.loc["TOI:TOI-6894 b", "tidal_radius_source"] == "BHAC15 track"
    assert objects.loc["TOI:TOI-6894 b", "host_radius_used_rsun"] < 0.12
    assert objects.loc["NASA:no age", "tidal_radius_source"] == "catalogue"


def test_efficiency_threshold_is_a_parameter(published, small_sample):
    huge = tides.run(replace(TidesConfig(), efficient_ratio=1e30), sample=small_sample, target=published).objects
    assert set(huge.loc[huge["migration_efficiency"].notna(), "migration_class"]) == {"efficient"}


def test_real_sample(sample, target):
    result = tides.run(TidesConfig(), sample=sample, target=target)
    assert list(result.objects["object_id"]) == sorted(sample.table["object_id"])
    counted = result.summary["candidates"]
    assert sum(counted["class"].values()) == counted["rows"] == int((sample.table["is_candidate"].astype(bool)).sum())
    usable = sample.table[sample.table["is_candidate"].astype(bool)].dropna(subset=["host_mass_msun", "companion_mass_mjup", "semimajor_axis_au"])
    assert counted["with_timescale"] == len(usable)


def test_ages_out_of_order_are_refused(small_sample):
    with pytest.raises(InputError, match="young_age"):
        tides.run(replace(TidesConfig(), young_age=10.0, old_age=1.0), sample=small_sample, target=make_target())
