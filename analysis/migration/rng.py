"""Counter-based random numbers for kernels: a 64-bit word is a function of (seed, cell, draw) and of nothing else.

The word is SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA; finaliser of
Stafford's variant 13), evaluated at a counter instead of stepped: no state is kept, so the order of cells, the chunk a cell is
computed in and the number of threads cannot change a draw, and a loop over draws has no dependence that stops it vectorising.
"""

import numpy as np
from numba import njit

__all__ = ["GAMMA", "cell_key", "draw_word", "mix64", "words"]

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # odd integer nearest to 2^64 / golden ratio
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_ONE = np.uint64(1)


@njit(inline="always")
def mix64(z):
    """Bijective scrambling of a uint64 word (SplitMix64 finaliser)."""
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@njit(inline="always")
def cell_key(seed, cell):
    """Start of the draw counter of `cell` (uint64); keys of different cells lie anywhere in the 2^64 counter values."""
    return mix64(mix64(seed + GAMMA) ^ mix64((cell + _ONE) * GAMMA))


@njit(inline="always")
def draw_word(key, draw):
    """Word number `draw` (uint64, from 0) of the cell with `key`; its two 32-bit halves serve as two numbers."""
    return mix64(key + (draw + _ONE) * GAMMA)


@njit(cache=True)
def words(seed, cell, draws):
    """The first `draws` words of one cell, shape (draws,), uint64: what every kernel sees."""
    out = np.empty(draws, np.uint64)
    key = cell_key(np.uint64(seed), np.uint64(cell))
    for draw in range(draws):
        out[draw] = draw_word(key, np.uint64(draw))
    return out
