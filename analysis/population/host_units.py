"""Hosts as the units of folds and permutations: what is dealt, what may be exchanged.

Two hosts have the same shape when their companions were found by the same methods, each by as many. Folds are dealt within
shapes and never look at a label, so that every permutation of the labels meets the same folds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Units", "host_folds", "host_units", "permuted_labels"]

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """Structure of n rows of H hosts.

    host, method: (n,) codes in sorted order of the names. blocks: one array (hosts of the shape, rows per host) of row numbers per
    shape, hosts in sorted order and rows of a host sorted by method, largest shape group first.
    """

    host: Integers
    method: Integers
    blocks: tuple[Integers, ...]

    @property
    def n_hosts(self) -> int:
        """Number of hosts."""
        return int(self.host.max()) + 1 if len(self.host) else 0


def host_units(hosts: NDArray[np.str_], methods: NDArray[np.str_], within_method: bool = True) -> Units:
    """Units of rows with these hosts and detection methods (n,); without `within_method` a shape is a number of companions alone."""
    host = pd.factorize(pd.Series(hosts, dtype="str"), sort=True)[0].astype(np.int64)
    method = pd.factorize(pd.Series(methods, dtype="str"), sort=True)[0].astype(np.int64)
    order = np.lexsort((np.arange(len(host)), method, host))
    groups: dict[tuple[int, ...], list[Integers]] = {}
    for rows in np.split(order, np.flatnonzero(np.diff(host[order])) + 1) if len(order) else []:
        shape = tuple(method[rows].tolist()) if within_method else (len(rows),)
        groups.setdefault(shape, []).append(rows)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return Units(host, method, tuple(np.array(members) for _, members in ordered))


def host_folds(units: Units, folds: int, seed: list[int]) -> Integers:
    """Fold number (n,) of each row: hosts of a shape in random order, dealt one by one, each shape going on where the last one stopped.

    Every fold then holds as many hosts of each shape as of any other, give or take one. Labels are not used.
    """
    generator = np.random.default_rng(seed)
    fold = np.empty(len(units.host), dtype=np.int64)
    dealt = 0
    for rows in units.blocks:
        order = generator.permutation(len(rows))
        fold[rows[order]] = ((dealt + np.arange(len(rows))) % folds)[:, None]
        dealt += len(rows)
    return fold


def permuted_labels(units: Units, labels: NDArray[np.bool_], permutations: int, seed: list[int]) -> NDArray[np.bool_]:
    """Labels (1 + permutations, n): the given ones, then copies in which hosts of one shape exchange their whole label vectors.

    Permutation k depends on `seed` and k alone, so that more permutations keep the first ones.
    """
    out = np.repeat(labels[None], 1 + permutations, axis=0)
    for k in range(permutations):
        generator = np.random.default_rng([*seed, k])
        for rows in units.blocks:
            if len(rows) > 1:
                out[k + 1, rows] = labels[rows[generator.permutation(len(rows))]]
    return out
