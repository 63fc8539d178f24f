"""What the age tests can find, and how often their intervals cover: simulations with the real ages, hosts and numbers of companions.

Simulated responses have normal host effects and normal scatter about them, with the spreads that the regression leaves. A correlation r
between hosts means that r^2 of the variance of the host means is due to age.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.population.ages.family import Family, combined, p_values
from analysis.population.ages.intervals import (
    METHODS,
    Hosts,
    classical_intervals,
    components,
    permutation_interval,
    permutation_p,
    shuffled,
    studentised,
    wild_interval,
)

__all__ = ["SCHEMES", "WIDER", "at_power", "coverage_by_method", "hosts_needed", "power_curve", "simulated_means", "slope_of"]

Array = NDArray[np.float64]
SCHEMES = {
    "normal_effects": "simulated responses on the real ages",
    "real_orbits": "the real orbits, ages permuted among the hosts",
    "spread_with_age": "as normal_effects, but the two youngest hosts scatter three times as widely, which no interval here allows for",
}
WIDER = 3.0


def simulated_means(hosts: Hosts, slope: float, spread: tuple[float, float], generator: np.random.Generator, simulations: int) -> Array:
    """Host means (simulations, G) of slope times age plus host effects and scatter, spread = (between, within)."""
    noise = generator.standard_normal((simulations, 2, hosts.number))
    return slope * hosts.ages + spread[0] * noise[:, 0] + spread[1] / np.sqrt(hosts.sizes) * noise[:, 1]


def slope_of(correlation: float, hosts: Hosts, spread: tuple[float, float]) -> float:
    """Slope with which ages of the real spread explain correlation^2 of the variance of the host means, for 0 <= correlation < 1."""
    residual = float(np.sqrt(spread[0] ** 2 + spread[1] ** 2 * np.mean(1 / hosts.sizes)))
    return correlation / float(np.sqrt(1 - correlation**2)) * residual / float(np.std(hosts.ages))


def power_curve(family: Family, correlations: tuple[float, ...], simulations: int, permutations: int, significance: float, seed: int) -> pd.DataFrame:
    """Rows response x correlation: slope, power of the family test (the other responses do not change) and of the response alone, their error."""
    spreads = {name: components(hosts) for name, hosts in family.hosts.items()}
    rows = []
    for number, (name, hosts) in enumerate(family.hosts.items()):
        for correlation in correlations:
            slope = slope_of(correlation, hosts, spreads[name])
            means = {
                other: simulated_means(item, slope if other == name else 0.0, spreads[other], np.random.default_rng([seed, 22, number, place]), simulations)
                for place, (other, item) in enumerate(family.hosts.items())
            }
            found = {kind: p for kind, (_, p) in p_values(family, permutations, [seed, 21], means).items()}
            power = float(np.mean(combined(list(found.values())) <= significance))
            rows.append({
                "response": name, "n_hosts": hosts.number, "n_rows": int(hosts.sizes.sum()), "correlation": correlation, "slope": slope, "power": power,
                "power_alone": float(np.mean(found[name] <= significance)), "power_error": float(np.sqrt(power * (1 - power) / simulations)),
            })
    return pd.DataFrame(rows, columns=["response", "n_hosts", "n_rows", "correlation", "slope", "power", "power_alone", "power_error"])


def at_power(values: Array, power: Array, wanted: float) -> float | None:
    """Value at which a rising curve first reaches `wanted`, by linear interpolation; None where it does not."""
    above = np.flatnonzero(power >= wanted)
    if not above.size:
        return None
    first = int(above[0])
    if first == 0:
        return float(values[0])
    share = (wanted - power[first - 1]) / (power[first] - power[first - 1])
    return float(values[first - 1] + share * (values[first] - values[first - 1]))


def hosts_needed(
    family: Family, correlation: float, numbers: tuple[int, ...], simulations: int, permutations: int, significance: float, seed: int
) -> pd.DataFrame:
    """Rows response x number of hosts: power of the test of one response at `correlation` with that many hosts, drawn from the real ones."""
    rows = []
    for place, (name, hosts) in enumerate(family.hosts.items()):
        spread = components(hosts)
        slope = slope_of(correlation, hosts, spread)
        for number in numbers:
            found = 0
            for index in range(simulations):
                generator = np.random.default_rng([seed, 23, place, number, index])
                drawn = generator.integers(hosts.number, size=number)
                more = replace(hosts, ages=hosts.ages[drawn], sizes=hosts.sizes[drawn], names=("",) * number)
                means = simulated_means(more, slope, spread, generator, 1)
                t = studentised(shuffled(more.ages, more.several, permutations, [seed, 26, place, number, index]), more.sizes, means)
                found += bool(permutation_p(t)[0] <= significance)
            power = found / simulations
            rows.append({"response": name, "n_hosts": number, "correlation": correlation, "power": power, "power_error": float(np.sqrt(power * (1 - power) / simulations))})
    return pd.DataFrame(rows, columns=["response", "n_hosts", "correlation", "power", "power_error"])


def coverage_by_method(hosts: Hosts, simulations: int, permutations: int, seed: int, level: float = 0.95) -> list[dict[str, Any]]:
    """Coverage and median width of every interval of METHODS in the three schemes of SCHEMES, in all of which the slope is zero.

    The coverage of the permutation intervals is that of the tests which they invert; their widths are from a quarter of the simulations.
    """
    spread = components(hosts)
    wide = np.where(hosts.ages <= np.sort(hosts.ages)[1], WIDER, 1.0)
    rows = []
    for scheme_number, scheme in enumerate(SCHEMES):
        covers: dict[str, list[bool]] = {name: [] for name in METHODS}
        widths: dict[str, list[float]] = {name: [] for name in METHODS}
        for index in range(simulations):
            generator = np.random.default_rng([seed, 24, scheme_number, index])
            if scheme == "real_orbits":
                drawn = replace(hosts, ages=generator.permutation(hosts.ages))
            else:
                means = simulated_means(hosts, 0.0, spread, generator, 1)[0]
                drawn = replace(hosts, means=means * wide if scheme == "spread_with_age" else means)
            key = [seed, 25, scheme_number, index]
            intervals = classical_intervals(drawn, level) | {"wild_bootstrap": wild_interval(drawn, permutations, key, level)}
            for name, (low, high) in intervals.items():
                covers[name].append(low <= 0 <= high)
                widths[name].append(high - low)
            for name, power in (("permutation", 1.0), ("permutation_cluster", 0.0)):
                t = studentised(shuffled(drawn.ages, drawn.several, permutations, key), drawn.sizes, drawn.means[None, :], power)
                covers[name].append(bool(permutation_p(t)[0] > 1 - level))
                if index % 4 == 0:
                    low, high = permutation_interval(drawn, permutations, key, level, power)
                    widths[name].append(high - low)
        for name in METHODS:
            coverage = float(np.mean(covers[name]))
            width = float(np.median(widths[name]))
            rows.append({
                "scheme": scheme, "method": name, "coverage": coverage, "coverage_error": float(np.sqrt(coverage * (1 - coverage) / simulations)),
                "median_width": width if np.isfinite(width) else None,
            })
    return rows
