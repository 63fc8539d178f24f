"""What the methods see: signals computed by hand, thresholds, limits of the catalogues, groups of hosts."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from analysis.config import DetectionConfig
from analysis.constants import MEARTH_MSUN, MJUP_MSUN, REARTH_AU, RSUN_AU, G
from analysis.population.selection import sensitivity as s

CONFIG = DetectionConfig()


def one(mass=0.12, radius=0.14, distance=5.0) -> s.Hosts:
    return s.Hosts(np.array([mass]), np.array([radius]), np.array([distance]))


def test_semi_amplitude_of_known_planets():
    """Jupiter moves the Sun by 12.47 m/s (Cumming 2004); GJ 1214 b: 8.17 Earth masses, 0.0149 au, 0.178 Msun, 14.36 m/s (Cloutier et al. 2021)."""
    assert s.semi_amplitude(MJUP_MSUN, 5.2026, 1.0) == pytest.approx(12.47, rel=2e-3)
    assert s.semi_amplitude(8.17 * MEARTH_MSUN / 0.178, 0.01490, 0.178) == pytest.approx(14.36, rel=0.02)


def test_radius_relation():
    """Chen & Kipping (2017): 1.008 Earth radii at one Earth mass, 0.808 M^0.589 for Neptunes, 17.74 M^-0.044 for giants, continuous at the edges."""
    assert s.companion_radius(1.0) == pytest.approx(1.008)
    assert s.companion_radius(10.0) == pytest.approx(0.8082 * 10**0.589, rel=2e-3)
    assert s.companion_radius(1000.0) == pytest.approx(17.74 * 1000**-0.044, rel=3e-3)
    for edge in (2.04, 0.414 * MJUP_MSUN / MEARTH_MSUN, 0.08 / MEARTH_MSUN):
        assert s.companion_radius(edge * 0.99999) == pytest.approx(s.companion_radius(edge * 1.00001), rel=1e-4)


def test_transit_signal_by_hand():
    """Depth over noise, times the root of the number of transits times their duration, each written out."""
    mass, radius, axis, q, noise, days = 0.15, 0.18, 0.03, 2e-5, 500.0, 27.0
    period = 2 * math.pi * math.sqrt(axis**3 / (G * mass)) * 365.25
    hours = 24 * period * radius * RSUN_AU / (math.pi * axis)
    depth = (float(s.companion_radius(q * mass / MEARTH_MSUN)) * REARTH_AU / (radius * RSUN_AU)) ** 2
    expected = depth * 1e6 / noise * math.sqrt(days / period * hours)
    assert s.transit_snr(np.array([q]), np.array([axis]), one(mass, radius), noise, days)[0] == pytest.approx(expected, rel=1e-9)


def test_einstein_radius_and_astrometric_signature():
    """0.713 mas and 2.85 au for a lens of 0.5 Msun half way to 8 kpc (Gould 2000); Jupiter at 10 pc moves the Sun by 0.497 mas."""
    assert s.einstein_radius(0.5, 4000.0, 8000.0) == pytest.approx(math.sqrt(8.144 * 0.5 * 0.125) * 4.0, rel=1e-12) == pytest.approx(2.854, rel=1e-3)
    assert s.astrometric_signature(MJUP_MSUN, 5.2026, 10.0) == pytest.approx(0.497, rel=3e-3)


def test_half_is_seen_at_the_threshold():
    """A radial-velocity signal exactly at the threshold is seen half the time, and a logistic scale above it in 1 / (1 + 1/e)."""
    hosts, axis = one(), 0.05
    noise = math.hypot(CONFIG.rv_jitter, CONFIG.rv_noise * 0.5)
    target = CONFIG.rv_snr * noise / math.sqrt(CONFIG.rv_measurements / 2)
    q = target / s.semi_amplitude(1e-9, axis, 0.12) * 1e-9
    seen = s.detectability("Radial Velocity", np.log10([q, q * 10**CONFIG.threshold_softness]), math.log10(axis), hosts, CONFIG)
    assert seen == pytest.approx([0.5, 1 / (1 + math.exp(-1))], rel=1e-3)


def test_lensing_peaks_at_the_einstein_radius_and_narrows_towards_small_mass_ratios():
    hosts = one(0.12, 0.14, 7000.0)
    ring = math.log10(float(s.einstein_radius(0.12, 7000.0, CONFIG.lens_source)))
    y = ring + np.linspace(-0.6, 0.6, 121)
    for log_q in (-4.0, -2.0):
        seen = s.detectability("Microlensing", log_q, y, hosts, CONFIG)
        assert abs(y[seen.argmax()] - ring) < 0.011
        assert seen[0] < seen[-1] < seen.max()  # close caustics shrink faster than wide ones
    small, large = (np.mean(v > v.max() / 2) for v in (s.detectability("Microlensing", x, y, hosts, CONFIG) for x in (-4.5, -1.5)))
    assert small < large


def test_probabilities_rise_with_mass_up_to_what_the_catalogues_list():
    """Every method: within [0, 1], not falling with q below the listing limit, zero above it, which is 30 or 80 Jupiter masses."""
    hosts = one(0.12, 0.14, 30.0)
    x = np.linspace(-6, 0, 301)
    for method, axis, limit in (("Radial Velocity", 0.1, 80), ("Transit", 0.02, 80), ("Microlensing", 1.0, 30), ("Imaging", 100.0, 30), ("Astrometry", 0.6, 80)):
        lens = one(0.12, 0.14, 7000.0) if method == "Microlensing" else hosts
        seen = s.detectability(method, x, math.log10(axis), lens, CONFIG)
        top = math.log10(limit * MJUP_MSUN / 0.12)
        assert seen.min() >= 0 and seen.max() <= 1 and seen.max() > 0.02
        assert np.all(seen[x > top] == 0) and seen[x <= top][-1] > 0
        assert np.all(np.diff(seen[x <= math.log10(0.5 * limit * MJUP_MSUN / 0.12)]) > -0.04 * seen.max())


def test_hosts_are_grouped_by_reach_and_missing_values_filled():
    """Each host once; distances in rising order from group to group; a method without distances takes its usual one; order of rows is nothing."""
    rows = pd.DataFrame({
        "host_name": [f"H{k}" for k in range(20)] + ["H3", "L0"], "discovery_method": ["Radial Velocity"] * 21 + ["Microlensing"],
        "host_mass_msun": 0.1, "host_radius_rsun": [np.nan] * 22, "distance_pc": [*np.arange(20.0)[::-1] + 1, 17.0, np.nan],
    })
    config = DetectionConfig(host_groups=4, group_hosts=5)
    windows = s.hosts_of(rows, config)
    assert [w.method for w in windows] == ["Radial Velocity"] * 4 + ["Microlensing"]
    assert sorted(name for w in windows[:4] for name in w.names) == sorted(rows["host_name"][:20])
    assert all(a.hosts.distance.max() < b.hosts.distance.min() for a, b in itertools.pairwise(windows[:4]))
    assert windows[4].hosts.distance[0] == CONFIG.usual_distances[2] and windows[4].hosts.radius[0] == pytest.approx((0.1 + 0.024) / 1.055)
    again = s.hosts_of(rows.sample(frac=1, random_state=1), config)
    assert [w.names for w in again] == [w.names for w in windows]
