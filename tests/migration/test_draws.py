"""The prior on triples: against scipy's distributions, against rejection written out, and independent of everything but seed and number."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.config import EnsembleConfig
from analysis.errors import InputError
from analysis.migration.secular.draws import FACTORS, GIVEN_UP, OK, check_priors, draw_systems, log_density, log_ratio
from analysis.migration.secular.triple import SYSTEM, column

HOST, COMPANION = 0.207, 1.6e-4
CONFIG = EnsembleConfig()
# Stable whatever the draw but for e_out within a part in 1000 of 1: marginals are those of the prior itself.
WIDE = replace(CONFIG, inner_axis_min=0.3, inner_axis_max=3.0, inner_axis_median=1.0, outer_axis_median=4900.0, outer_axis_spread=0.01)
# Triples 0 and 19,999 without their masses: draws that differ would detach the frozen outcomes from their triples.
GOLDEN = (
    (0.08799903522809473, 2.2455233373471675, 31.108573740111517, 0.01, 0.6495337446672379, 2.433929238643224, 5.1599965900637965, 5.797831457587516),
    (0.8164274067859562, 1.5579702761690786, 3813.013476953663, 0.01, 0.8949077346838221, 1.8697102400146, 5.768802761503162, 3.616203347496434),
)
GOLDEN_ATTEMPTS = [2, 4]


def drawn(n, config=CONFIG, first=0):
    return draw_systems(np.arange(first, first + n), config, HOST, COMPANION)


def values(systems, name):
    return systems[:, column(name, SYSTEM)]


def truncated_log_normal(median, spread, low, high):
    """Distribution of log10 of the axis, from scipy."""
    low, high = ((math.log10(end) - math.log10(median)) / spread if end else -np.inf for end in (low, high))
    return stats.truncnorm(low, high, math.log10(median), spread)


def limit(mass, inner, e, inclination):
    """Smallest stable a_out / a_in times (1 - e), Mardling & Aarseth (2001), written out."""
    return 2.8 * ((1 + mass / (HOST + COMPANION)) * (1 + e) / np.sqrt(1 - e)) ** 0.4 * (1 - 0.3 * inclination / np.pi)


def test_marginals_are_the_priors():
    systems, _, status = drawn(20_000, WIDE)
    assert (status == OK).all()
    expected = {
        "inner_axis": truncated_log_normal(1.0, 0.5, 0.3, 3.0), "outer_mass": stats.uniform(0.01, 0.99), "outer_eccentricity": stats.powerlaw(2),
        "inner_argument": stats.uniform(0, 2 * np.pi), "outer_argument": stats.uniform(0, 2 * np.pi),
    }
    for name, distribution in expected.items():
        sample = np.log10(values(systems, name)) if name == "inner_axis" else values(systems, name)
        assert stats.kstest(sample, distribution.cdf).pvalue > 1e-4, name
    assert stats.kstest(np.cos(values(systems, "inclination")), stats.uniform(-1, 2).cdf).pvalue > 1e-4
    assert (values(systems, "inner_eccentricity") == CONFIG.inner_eccentricity).all()


def test_laws_of_mass_and_eccentricity():
    systems, _, _ = drawn(20_000, replace(WIDE, outer_mass_law="log_flat", outer_eccentricity_law="uniform"))
    assert stats.kstest(values(systems, "outer_mass"), stats.loguniform(0.01, 1.0).cdf).pvalue > 1e-4
    assert stats.kstest(values(systems, "outer_eccentricity"), stats.uniform().cdf).pvalue > 1e-4
    assert values(systems, "outer_mass").min() >= 0.01
    assert values(systems, "outer_mass").max() <= 1.0


def test_factors_are_independent():
    systems, _, _ = drawn(20_000, WIDE)
    ranks = stats.spearmanr(systems[:, [column(name, SYSTEM) for name in FACTORS]]).statistic
    assert np.abs(ranks - np.eye(len(FACTORS))).max() < 5 / math.sqrt(len(systems))


def test_restriction_to_stable_triples_is_plain_rejection():
    generator = np.random.default_rng(1)
    n = 120_000
    mass, e = generator.uniform(0.01, 1.0, n), np.sqrt(generator.uniform(size=n))
    inclination = np.arccos(generator.uniform(-1, 1, n))
    inner = 10 ** truncated_log_normal(4.0, 0.5, 0.3, 30.0).rvs(n, random_state=generator)
    outer = 10 ** truncated_log_normal(30.0, 1.2, 0.0, 5000.0).rvs(n, random_state=generator)
    kept = outer * (1 - e) / inner > limit(mass, inner, e, inclination)
    systems, attempts, _ = drawn(20_000)
    for name, sample in (("outer_mass", mass), ("outer_eccentricity", e), ("inclination", inclination), ("inner_axis", inner), ("outer_axis", outer)):
        assert stats.ks_2samp(values(systems, name), sample[kept]).pvalue > 1e-4, name
    share, error = 1 / attempts.mean(), math.sqrt(kept.mean() * (1 - kept.mean()) / n)
    assert abs(share - kept.mean()) < 5 * math.hypot(error, share * attempts.std() / attempts.mean() / math.sqrt(attempts.size))
    mass, inner, e = (values(systems, name) for name in ("outer_mass", "inner_axis", "outer_eccentricity"))
    assert (values(systems, "outer_axis") * (1 - e) / inner > limit(mass, inner, e, values(systems, "inclination")) * (1 - 1e-12)).all()
    assert inner.min() >= 0.3
    assert inner.max() <= 30.0
    assert values(systems, "outer_axis").max() <= 5000.0


def test_a_triple_is_a_function_of_its_number():
    whole = drawn(1000)
    for part in (np.arange(100), np.array([999, 3, 3, 512]), np.arange(500, 777)[::-1]):
        piece = draw_systems(part, CONFIG, HOST, COMPANION)
        for one, all_of_them in zip(piece, whole, strict=True):
            assert one.tobytes() == np.ascontiguousarray(all_of_them[part]).tobytes()
    other = drawn(1000, replace(CONFIG, seed=1))[0]
    assert not np.intersect1d(values(other, "inner_argument"), values(whole[0], "inner_argument")).size


def test_frozen_ensembles_rest_on_these_triples():
    systems, attempts, _ = draw_systems(np.array([0, 19_999]), CONFIG, HOST, COMPANION)
    assert systems[:, 2:] == pytest.approx(np.array(GOLDEN), rel=1e-12)
    assert attempts.tolist() == GOLDEN_ATTEMPTS


def test_what_cannot_be_stable_is_given_up():
    systems, attempts, status = drawn(20, replace(CONFIG, inner_axis_min=20.0, inner_axis_median=25.0, outer_axis_max=25.0, attempts=7))
    assert (status == GIVEN_UP).all()
    assert (attempts == 7).all()
    assert np.isnan(systems).all()
    assert set(drawn(200, replace(CONFIG, attempts=1))[2]) == {OK, GIVEN_UP}


@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, outer_mass_law="log_flat", outer_eccentricity_law="uniform", inner_axis_median=1.0)])
def test_densities_are_normalised(config):
    row = drawn(1, config)[0][0]
    ranges = {
        "inner_axis": (0.3, 30.0), "outer_mass": (0.01, 1.0), "outer_axis": (1e-6, 5000.0), "outer_eccentricity": (0.0, 1.0), "inclination": (0.0, np.pi),
        "inner_argument": (0.0, 2 * np.pi), "outer_argument": (0.0, 2 * np.pi),
    }
    for name, (low, high) in ranges.items():

        def density(value, name=name):
            changed = row.copy()
            changed[column(name, SYSTEM)] = value
            return math.exp(log_density(changed[None, :], config)[name][0])

        if name.endswith("axis"):
            total = integrate.quad(lambda x, density=density: density(math.exp(x)) * math.exp(x), math.log(low), math.log(high), limit=200)[0]
        else:
            total = integrate.quad(density, low, high, limit=200)[0]
        assert total == pytest.approx(1, abs=1e-6), name
        assert density(high * 1.01 + 0.01) == 0
        assert density(-0.1) == 0


def test_weights_turn_one_prior_into_another():
    other = replace(CONFIG, inner_axis_median=2.0, outer_axis_median=100.0, outer_mass_law="log_flat", outer_eccentricity_law="uniform")
    ours, theirs = drawn(40_000)[0], drawn(20_000, replace(other, seed=5))[0]
    weight = np.exp(log_ratio(ours, CONFIG, other))
    for name in ("inner_axis", "outer_mass", "outer_axis", "outer_eccentricity", "inclination"):
        mine, yours = np.log(values(ours, name)), np.log(values(theirs, name))
        mean = np.average(mine, weights=weight)
        error = math.hypot(math.sqrt(np.sum((weight * (mine - mean)) ** 2)) / weight.sum(), yours.std() / math.sqrt(yours.size))
        assert abs(mean - yours.mean()) < 4.5 * error, name


@pytest.mark.parametrize(
    "change",
    [{"outer_mass_law": "cubic"}, {"outer_eccentricity_law": "rayleigh"}, {"inner_axis_min": 31.0}, {"outer_mass_min": 1.0}, {"seed": 1 << 64}],
)
def test_impossible_priors_are_refused(change):
    with pytest.raises(InputError, match=r"\[ensemble\]"):
        check_priors(replace(CONFIG, **change))


def test_impossible_numbers_and_masses_are_refused():
    for indices in (np.array([-1]), np.array([0.5]), np.zeros((2, 2), int)):
        with pytest.raises(InputError, match="numbers of systems"):
            draw_systems(indices, CONFIG, HOST, COMPANION)
    with pytest.raises(InputError, match="mass"):
        draw_systems(np.arange(2), CONFIG, 0.0, COMPANION)
