"""The declared test that orbits change with host age: one p-value for both orbit variables, the ages permuted among hosts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.population.ages.intervals import Hosts, by_host, monte_carlo_error, permutation_p, shuffled, studentised

__all__ = ["RESPONSES", "Family", "combined", "family_of", "family_test", "p_values"]

RESPONSES = {"semimajor_axis": "log_semimajor_axis", "eccentricity": "eccentricity"}


@dataclass(frozen=True)
class Family:
    """All hosts with an age (ages (G,), log10 Gyr, in the order of their names) and, per response, its hosts and their places among all."""

    ages: NDArray[np.float64]
    hosts: dict[str, Hosts]
    places: dict[str, NDArray[np.int64]]

    def with_ages(self, ages: NDArray[np.float64]) -> "Family":
        """The same orbits on other ages (G,)."""
        return replace(self, ages=ages, hosts={name: replace(hosts, ages=ages[self.places[name]]) for name, hosts in self.hosts.items()})

    def with_means(self, means: dict[str, NDArray[np.float64]]) -> "Family":
        """The same hosts with other means of the named responses."""
        return replace(self, hosts={name: replace(hosts, means=means.get(name, hosts.means)) for name, hosts in self.hosts.items()})


def family_of(rows: pd.DataFrame, least: int) -> Family:
    """The family of the rows; a response with fewer than `least` rows or hosts, or whose hosts all have one age, is left out."""
    first = rows.sort_values("host_name", kind="stable").groupby("host_name", sort=True)["log_host_age_gyr"].first()
    hosts = {name: by_host(rows, column) for name, column in RESPONSES.items()}
    kept = {name: item for name, item in hosts.items() if min(item.number, item.sizes.sum()) >= least and np.ptp(item.ages) > 0}
    order = {host: place for place, host in enumerate(first.index)}
    places = {name: np.array([order[host] for host in item.names]) for name, item in kept.items()}
    return Family(first.to_numpy(float), kept, places)


def p_values(
    family: Family, permutations: int, key: list[int], means: dict[str, NDArray[np.float64]] | None = None
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """(|slope| / jackknife error (s,), p (s,)) of every response, for its own means or for simulated `means` (s, G_k).

    The ages of the hosts where a response is known are permuted among these hosts, so that what is known of which host plays no part.
    """
    out = {}
    for name, hosts in family.hosts.items():
        values = hosts.means[None, :] if means is None else means[name]
        found = studentised(shuffled(hosts.ages, hosts.several, permutations, key), hosts.sizes, values)
        out[name] = found[0], permutation_p(found)
    return out


def combined(ps: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One p for the family: the smallest times their number, at most 1 (Bonferroni; valid whatever the dependence)."""
    return np.minimum(1.0, len(ps) * np.min(ps, axis=0))


def family_test(family: Family, permutations: int, key: list[int]) -> dict[str, dict[str, Any]]:
    """p and its Monte-Carlo error of "family", and with the statistic of each response alone; empty without a response.

    Each p is exact if ages are exchangeable among the hosts with one companion and among those with several, given the orbits.
    """
    if not family.hosts:
        return {}
    found = p_values(family, permutations, key)
    out: dict[str, dict[str, Any]] = {
        name: {"statistic": float(t[0]), "p": float(p[0]), "p_error": monte_carlo_error(float(p[0]), permutations)} for name, (t, p) in found.items()
    }
    p = float(combined([p for _, p in found.values()])[0])
    out["family"] = {"p": p, "p_error": len(found) * monte_carlo_error(min(item["p"] for item in out.values()), permutations), "tests": len(found)}
    return out
