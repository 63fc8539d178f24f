"""The prior on perturbers: counts that add up, densities against sampling, weights against the prior itself; and what would be noticed."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from analysis.config import OccurrenceConfig
from analysis.errors import InputError
from analysis.migration.occurrence import companion_limits as limits
from analysis.migration.occurrence import perturbers

CONFIG = OccurrenceConfig()
HOST = 0.207
TARGET = {"host_mass_msun": HOST, "distance_pc": 73.8131}


@given(mean=st.floats(0.01, 0.99), relative=st.floats(0.01, 0.9))
def test_beta_has_the_moments_asked_for(mean, relative):
    error = relative * math.sqrt(mean * (1 - mean))
    found = stats.beta(*perturbers.beta_parameters(mean, error))
    assert found.mean() == pytest.approx(mean, rel=1e-9) and found.std() == pytest.approx(error, rel=1e-6)


@given(primaries=st.integers(1, 5000), paired=st.floats(0.0, 0.95), seconds=st.integers(1, 5000))
def test_census_recovers_a_counted_population(primaries, paired, seconds):
    with_companion = min(max(1, round(paired * primaries)), primaries)
    stars = primaries + seconds
    found = perturbers.census((with_companion + seconds) / stars, with_companion / primaries) if with_companion < primaries else None
    if found:
        assert found["secondary_share"] == pytest.approx(seconds / stars, abs=1e-9)
        assert found["primary_with_companion_share"] == pytest.approx(with_companion / stars, abs=1e-9)
        assert found["secondary_of_multiples_share"] == pytest.approx(seconds / (seconds + with_companion), rel=1e-6)


def test_most_very_low_mass_stars_in_multiples_orbit_a_heavier_one():
    found = perturbers.census(0.43, 0.21)  # Winters et al. 2021
    assert found["secondary_share"] == pytest.approx(0.22 / 0.79, rel=1e-12)
    assert found["secondary_of_multiples_share"] == pytest.approx(0.648, abs=1e-3)
    # Independently, from an initial mass function and the companions per primary (Kroupa 2001; Duchene & Kraus 2013): about a quarter.
    slope = 1 + CONFIG.mass_ratio_exponent
    heavier, _ = quad(
        lambda m: (m / HOST) ** -1.3 * (1 if m < 0.5 else 0.5 / m) * 0.33 * (m / 0.25) ** 0.45 * slope * (HOST / m) ** 0.25 / (1 - 0.1**slope) / m,
        HOST, HOST / 0.1, points=[0.5],
    )
    assert 0.7 < found["secondary_share"] / (heavier / (1 + heavier)) < 1.4


def test_an_impossible_census_is_refused():
    for multiple, primary in ((0.2, 0.3), (1.0, 0.2), (0.4, 0.0)):
        with pytest.raises(InputError, match="multiple"):
            perturbers.census(multiple, primary)
    with pytest.raises(InputError, match="mean"):
        perturbers.beta_parameters(0.5, 0.6)


@pytest.mark.parametrize("host", [0.06, 0.1, 0.207, 0.6])
def test_mass_densities_integrate_to_one_and_share_no_mass(host):
    mass = np.linspace(1e-4, 1.0, 400_001)
    lighter, heavier = perturbers.mass_density(mass, host, CONFIG)
    assert np.trapezoid(lighter, mass) == pytest.approx(1, abs=2e-3) and np.trapezoid(heavier, mass) == pytest.approx(1, abs=2e-3)
    assert not np.any((lighter > 0) & (heavier > 0))
    assert lighter[mass > host].max() == 0 and heavier[mass < host].max() == 0


def test_lighter_companions_follow_the_mass_ratio_law():
    generator = np.random.default_rng(1)
    beta, least = CONFIG.mass_ratio_exponent, CONFIG.lowest_mass_ratio
    q = (least ** (1 + beta) + generator.random(200_000) * (1 - least ** (1 + beta))) ** (1 / (1 + beta))  # inverse of the distribution function
    edges = np.linspace(0.1 * HOST, HOST, 11)
    counted = np.histogram(q * HOST, edges)[0] / q.size
    expected = [quad(lambda m: float(perturbers.mass_density(m, HOST, CONFIG)[0]), a, b)[0] for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(counted, expected, atol=4e-3)


def test_heavier_companions_follow_from_drawing_pairs():
    """Draw primaries from the mass function, give them secondaries, and look at those whose secondary has the host's mass."""
    generator = np.random.default_rng(2)
    low, turn = 0.08, 0.5
    share = generator.random(4_000_000)
    light, heavy = quad(lambda m: m**-1.3, low, turn)[0], quad(lambda m: 0.5 * m**-2.3, turn, 2.5)[0]
    split = light / (light + heavy)
    below = (low**-0.3 + share / split * (turn**-0.3 - low**-0.3)) ** (1 / -0.3)
    above = (turn**-1.3 + np.clip((share - split) / (1 - split), 0, 1) * (2.5**-1.3 - turn**-1.3)) ** (1 / -1.3)
    primary = np.where(share < split, below, above)
    has = generator.random(primary.size) < 0.33 * (primary / 0.25) ** CONFIG.companion_frequency_exponent
    q = (0.1**1.25 + generator.random(primary.size) * (1 - 0.1**1.25)) ** 0.8
    near = has & (np.abs(q * primary / HOST - 1) < 0.04)
    sample = primary[near & (primary > HOST * 1.05)]
    edges = np.array([1.05 * HOST, 0.3, 0.4, 0.55, 0.75, 1.0])
    counted = np.histogram(sample, edges)[0]
    expected = np.array([quad(lambda m: float(perturbers.mass_density(m, HOST, CONFIG)[1]), a, b)[0] for a, b in itertools.pairwise(edges)])
    expected *= counted.sum() / expected.sum()
    assert counted.sum() > 3000
    np.testing.assert_allclose(counted, expected, atol=4 * np.sqrt(expected).max())
    assert perturbers.primaries_beyond(HOST, CONFIG) == pytest.approx((sample > 1.0).mean(), abs=0.015)
    assert perturbers.primaries_beyond(0.05, CONFIG) == 0.0


def _drawn_density(axis, low):
    """Flat in mass over 0.01-1 Msun, log-normal in axis (30 au, 1.2 dex) from `low` to 5000 au: per Msun and dex."""
    kept = np.diff(stats.norm.cdf(np.log10([low, np.full(np.shape(axis), 5000.0)]), np.log10(30), 1.2), axis=0)[0]
    return stats.norm.pdf(np.log10(axis), np.log10(30), 1.2) / kept / 0.99


def _ensemble(n, seed=3):
    generator = np.random.default_rng(seed)
    mass = 0.01 + 0.99 * generator.random(n)
    low = 3.0 + 20 * generator.random(n)  # one stability limit per draw
    kept = stats.norm.cdf(np.log10([low, np.full(n, 5000.0)]), np.log10(30), 1.2)
    axis = 10 ** stats.norm.ppf(kept[0] + generator.random(n) * (kept[1] - kept[0]), np.log10(30), 1.2)
    return mass, axis, low


def test_weights_turn_the_ensemble_into_the_prior():
    mass, axis, low = _ensemble(400_000)
    weight = perturbers.weights(perturbers.perturber_density(mass, axis, HOST, CONFIG), _drawn_density(axis, low))
    generator = np.random.default_rng(4)  # the prior drawn directly, with the same stability limits
    n = 400_000
    secondary = generator.random(n) < 0.6476302619958786
    grid = np.linspace(1e-3, 1, 20_001)
    direct_mass = np.empty(n)
    for kind in (0, 1):
        density = perturbers.mass_density(grid, HOST, CONFIG)[kind]
        cumulative = np.cumsum(density) / density.sum()
        direct_mass[secondary == kind] = np.interp(generator.random((secondary == kind).sum()), cumulative, grid)
    median, spread = np.where(secondary, 30.0, 7.9), np.where(secondary, 1.3, 1.1)
    direct_axis = 10 ** (np.log10(median) + spread * generator.standard_normal(n))
    stable = (direct_axis > 3.0 + 20 * generator.random(n)) & (direct_axis < 5000)
    assert weight.mean() == pytest.approx(stable.mean(), abs=0.01)  # the share of the prior that is stable
    for event, direct in (
        (mass < HOST, direct_mass < HOST), (axis < 50, direct_axis < 50), ((mass < 0.1) & (axis < 30), (direct_mass < 0.1) & (direct_axis < 30)),
    ):
        assert (weight * event).sum() / weight.sum() == pytest.approx(direct[stable].mean(), abs=0.012)


def test_effective_number_and_bad_weights():
    assert perturbers.effective_number(np.ones(7)) == pytest.approx(7)
    assert perturbers.effective_number([1, 0, 0, 0]) == 1 and perturbers.effective_number([0.0, 0.0]) == 0
    with pytest.raises(InputError, match="prior"):
        perturbers.weights(np.ones(2), np.array([1.0, 0.0]))


def test_a_star_known_to_be_the_primary_has_only_lighter_companions():
    assert float(perturbers.perturber_density(0.5, 30.0, HOST, CONFIG, secondary_share=0.0)) == 0
    assert float(perturbers.perturber_density(0.5, 30.0, HOST, CONFIG)) > 0
    assert float(perturbers.perturber_density(1.5, 30.0, 1.2, CONFIG)) == 0  # nothing heavier than 1 Msun is drawn


# -- what would have been noticed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [0.2, 0.5, 2.0, 4.0, 8.0, 30.0, 300.0])
def test_residual_of_a_circular_orbit_against_a_fit(period):
    """Position and proper motion fitted to circular face-on orbits: both limits exact, the passage between them a third low at most."""
    span = 2.83
    t = np.linspace(0, span, 4001)
    design = np.stack([np.ones_like(t), t]).T
    phases = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    tracks = np.cos(2 * np.pi * t[:, None] / period + phases)
    left = tracks - design @ np.linalg.lstsq(design, tracks, rcond=None)[0]
    rms = float(np.sqrt((left**2).mean()))
    found = float(limits.astrometric_residual(1.0, period, span))
    assert 0.7 * rms < found < 1.01 * rms
    if period < 0.3 or period > 20:
        assert found == pytest.approx(rms, rel=0.01)


def test_velocity_trend_against_an_integrated_orbit():
    from analysis.constants import YEAR_S

    mass, axis, e = 0.2, 10.0, 0.6
    anomaly = np.linspace(0, 2 * np.pi, 20_001)  # eccentric anomaly; time goes as 1 - e cos E
    time_share = 1 - e * np.cos(anomaly)
    radius_m = axis * 1.495978707e11 * time_share
    mean = np.trapezoid(1.32712440018e20 * mass / radius_m**2 * time_share, anomaly) / np.trapezoid(time_share, anomaly)
    assert float(limits.velocity_trend(mass, axis, e)) == pytest.approx(0.5 * mean * YEAR_S, rel=1e-4)


def test_the_mean_sequence_knows_the_target():
    # M5 V: G = 16.31 at 73.8 pc against the sequence at 0.207 Msun
    assert float(limits.gaia_magnitude(HOST)) == pytest.approx(16.31 - 5 * math.log10(7.38131), abs=0.4)
    assert (np.diff(limits.gaia_magnitude(np.geomspace(0.01, 1, 200))) <= 0).all()


def test_what_is_seen_and_what_is_not():
    def chance(mass, axis, e=0.5):
        return {name: float(value) for name, value in limits.noticed(CONFIG, TARGET, mass, axis, e).items()}

    wide_star, close_star = chance(0.2, 500.0), chance(0.25, 15.0)
    assert wide_star["resolved"] > 0.99 and wide_star["velocities"] < 1e-3 and close_star["light"] > 0.99 and close_star["resolved"] < 0.01
    assert chance(0.05, 3.0, 0.0)["velocities"] > 0.9  # a brown dwarf at 3 au pulls by 90 m/s per yr ...
    assert chance(0.05, 30.0)["any"] < 0.01 and chance(0.02, 1000.0)["any"] < 0.01  # ... and at 30 au nothing shows it
    assert chance(0.9, 50.0)["any"] > 0.99


@settings(deadline=None)
@given(mass=st.floats(0.01, 1.0), axis=st.floats(1.0, 5000.0), e=st.floats(0.0, 0.95))
def test_probabilities(mass, axis, e):
    found = limits.noticed(CONFIG, TARGET, mass, axis, e)
    values = np.array([found[name] for name in limits.METHODS])
    assert (values >= 0).all() and found["any"] <= min(1.0, values.sum()) + 1e-12 and found["any"] >= values.max() - 1e-12


def test_conditioning_against_rejection():
    """Throw away every draw that is noticed: what is left has the conditioned shares."""
    mass, axis, low = _ensemble(200_000, seed=5)
    weight = perturbers.weights(perturbers.perturber_density(mass, axis, HOST, CONFIG), _drawn_density(axis, low))
    generator = np.random.default_rng(6)
    migrated = generator.random(mass.size) < 0.3 / (1 + axis / 40) * (0.2 + mass)
    chance = limits.noticed(CONFIG, TARGET, mass, axis, 0.3)["any"]
    found = limits.conditioned(weight, migrated, chance)
    kept = generator.random(mass.size) >= chance
    assert found["hidden_share"] == pytest.approx(weight[kept].sum() / weight.sum(), abs=0.01)
    assert found["migrated_share_hidden"] == pytest.approx(weight[kept & migrated].sum() / weight[kept].sum(), abs=0.01)
    assert found["noticed_migrated_share"] == pytest.approx(1 - weight[kept & migrated].sum() / weight[migrated].sum(), abs=0.02)
    moved_and_hidden = found["migrated_share"] * (1 - found["noticed_migrated_share"])
    assert moved_and_hidden == pytest.approx(found["migrated_share_hidden"] * found["hidden_share"], rel=1e-9)


def test_conditioning_on_nothing_and_on_everything():
    plain = limits.conditioned(np.ones(4), [1, 0, 0, 0], np.zeros(4))
    assert plain["migrated_share"] == plain["migrated_share_hidden"] == 0.25 and plain["hidden_share"] == 1 and plain["noticed_migrated_share"] == 0
    seen = limits.conditioned(np.ones(4), [1, 0, 0, 0], np.ones(4))
    assert seen["hidden_share"] == 0 and np.isnan(seen["migrated_share_hidden"]) and seen["noticed_migrated_share"] == 1
    assert np.isnan(limits.conditioned(np.ones(2), [0, 0], [0.5, 0.5])["noticed_migrated_share"])
