"""Counter-based random numbers: against the published generator, and statistically."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from analysis.migration import rng

MASK = (1 << 64) - 1
# Outputs of Vigna's splitmix64.c from state 0: the published test vector of java.util.SplittableRandom's mixer.
SPLITMIX_FROM_ZERO = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)


@njit
def word(key, draw):
    return rng.draw_word(key, draw)


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def many_words(seed, cells, draws):
    return np.array([rng.words(seed, cell, draws) for cell in range(cells)])


def fair(upper, lower):
    """Smallest p-value of tests that two arrays of 32-bit numbers (cells, draws) are uniform and unrelated; too even counts as unfair."""
    tests = []
    for numbers in (upper, lower):
        share = numbers / 2**32
        tests.append(stats.kstest(share.ravel(), "uniform").pvalue)
        tests.append(stats.chisquare(np.bincount((numbers & 0xFF).ravel(), minlength=256)).pvalue)
        for other in (share[:, 1:], share[1:, :]):  # next draw, next cell
            one = share[:, :-1] if other.shape[1] < share.shape[1] else share[:-1, :]
            tests.append(stats.pearsonr(one.ravel(), other.ravel()).pvalue)
            pairs = np.histogram2d(one.ravel(), other.ravel(), bins=16, range=((0, 1), (0, 1)))[0]
            tests.append(stats.chisquare(pairs.ravel()).pvalue)
    pairs = np.histogram2d((upper / 2**32).ravel(), (lower / 2**32).ravel(), bins=32, range=((0, 1), (0, 1)))[0]
    tests.append(stats.chisquare(pairs.ravel()).pvalue)
    return min(2 * min(p, 1 - p) for p in tests)


def test_published_vector():
    assert tuple(int(word(np.uint64(0), np.uint64(draw))) for draw in range(3)) == SPLITMIX_FROM_ZERO


@settings(deadline=None)
@given(seed=st.integers(0, MASK), cell=st.integers(0, 2**40), draw=st.integers(0, 500))
def test_words_match_integer_arithmetic(seed, cell, draw):
    gamma = int(rng.GAMMA)
    key = mix(mix((seed + gamma) & MASK) ^ mix(((cell + 1) * gamma) & MASK))
    assert int(rng.words(np.uint64(seed), np.uint64(cell), draw + 1)[draw]) == mix((key + (draw + 1) * gamma) & MASK)


@pytest.mark.parametrize("seed", [0, 1, 6894, MASK])
def test_halves_are_uniform_and_independent(seed):
    numbers = many_words(np.uint64(seed), 1000, 400)
    assert fair(numbers >> np.uint64(32), numbers & np.uint64(0xFFFFFFFF)) > 1e-4


def test_these_tests_notice_a_bad_generator():
    state, numbers = 1, []
    for _ in range(100_000):  # linear congruential: its low bits have short periods
        state = (6364136223846793005 * state + 1442695040888963407) & MASK
        numbers.append(state)
    numbers = np.array(numbers, dtype=np.uint64).reshape(250, 400)
    assert fair(numbers >> np.uint64(32), numbers & np.uint64(0xFFFFFFFF)) < 1e-6


def test_no_word_occurs_twice():
    numbers = many_words(np.uint64(6894), 10_000, 200)
    assert np.unique(numbers).size == numbers.size


def test_every_bit_is_balanced_and_flips_with_the_seed():
    one, other = many_words(np.uint64(6894), 500, 200).ravel(), many_words(np.uint64(6895), 500, 200).ravel()
    bits = np.arange(64, dtype=np.uint64)
    for numbers in (one, one ^ other):
        ones = ((numbers[:, None] >> bits) & np.uint64(1)).sum(axis=0)
        z = (ones - numbers.size / 2) / np.sqrt(numbers.size / 4)
        assert np.abs(z).max() < 4.5
