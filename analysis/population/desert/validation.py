"""The method on the case it was made for: synthetic companions of FGK stars under the numbers of Cui et al. (2026).

55 companions of 790 stars at 2-20 au and 5-120 MJ, seen with a detection that rises with mass and falls with axis, with mass errors of ten per cent. Truths:
a desert whose minimum is near 30 MJ between a power law of planets and a log-normal of stars, and a flat density. Their detection
efficiencies and the constants of their fits are figures in the paper, so these are declared here, as is the shape of the desert.
"""

from typing import Any

import numpy as np

from analysis.config import DesertConfig
from analysis.population.desert.groups import one_sided
from analysis.population.desert.likelihood import by_host, log_terms, quadrature, simulated_case, simulated_values
from analysis.population.desert.loo import difference, exact
from analysis.population.desert.models import dip_profile, families, prior_points
from analysis.population.desert.rows import DesertCase, case_from, cells
from analysis.population.desert.valley import quantiles

__all__ = ["COMPANIONS", "STARS", "bands", "synthetic_case", "truths", "validated"]

STARS, COMPANIONS = 790, 55
MASSES, AXES = (5.0, 120.0), (2.0, 20.0)  # MJ, au
BANDS = ((5.0, 14.0), (24.0, 42.0), (71.0, 120.0))  # MJ
ERROR = 0.05  # dex
POINTS = {"lognormal_power": 2048, "dip": 1024, "power": 256, "flat": 1}  # of the prior
FLOOR = -0.8  # dex, of the truth with sharp edges
# Power law of planets, then the stars' log-normal: slope per dex, peak (MJ), width (dex), height over the power law's at 8.4 MJ.
SLOPE, PEAK, WIDTH, HEIGHT = -1.5, 89.0, 0.22, 0.6
# Kipping (2013) and Do O et al. (2023) for eccentricities; [Fe/H] +0.05 and -0.10 with 0.2 dex.
BELOW_E, ABOVE_E, BELOW_METALS, ABOVE_METALS = (0.867, 3.03), (1.09, 1.42), (0.05, 0.2), (-0.10, 0.2)


def synthetic_case(seed: list[int], blind: bool = False) -> DesertCase:
    """The stage's case of COMPANIONS companions, their axes flat in the logarithm; masses are placeholders. `blind` assumes that every mass is found alike."""
    rng = np.random.default_rng(seed)
    x_edges, y_edges = cells(*MASSES, 0.05), cells(*AXES, 0.1)
    x, y = (x_edges[1:] + x_edges[:-1]) / 2, (y_edges[1:] + y_edges[:-1]) / 2
    seen = 0.95 / (1 + np.exp(-(x[:, None] - np.log10(8.0) - 0.8 * (y[None, :] - np.log10(6.0))) / 0.15))
    one = np.ones(COMPANIONS)
    axis = rng.uniform(y_edges[0], y_edges[-1], COMPANIONS)
    return case_from(
        "mass", x_edges, y_edges, one, axis, ERROR * one, 0.02 * one, np.ones_like(seen)[None] if blind else seen[None], ("Radial Velocity + Astrometry",),
        np.zeros(COMPANIONS, dtype=np.int64), np.arange(COMPANIONS),
    )


def truths(x: np.ndarray) -> dict[str, np.ndarray]:
    """Densities per dex (nx,) of the declared truths: "desert", "dip" (flat but for a floor from 20 to 45 MJ) and "flat"."""
    desert = 10 ** (SLOPE * (x - np.log10(8.4))) + HEIGHT * np.exp(-0.5 * ((x - np.log10(PEAK)) / WIDTH) ** 2)
    return {"desert": desert, "dip": 1 - (1 - 10**FLOOR) * dip_profile(x, np.log10(20.0), np.log10(45.0), 0.05), "flat": np.ones_like(x)}


def bands(density: np.ndarray, x: np.ndarray) -> list[float]:
    """Mean density (relative) in the three bands of mass, the middle one being one."""
    means = [float(density[(x >= np.log10(low)) & (x <= np.log10(high))].mean()) for low, high in BANDS]
    return [value / means[1] for value in means]


def validated(config: DesertConfig) -> dict[str, Any]:
    """What the machinery says of `validation_catalogues` catalogues of each truth: leave-one-out comparisons, the desert's minimum and floor, and the blind ones."""
    case = synthetic_case([config.seed, 0])
    family = families(config, float(case.x_edges[0]), float(case.x_edges[-1]))
    density = {name: family[name].density(prior_points(family[name], POINTS[name], config.seed), case.centres) for name in ("lognormal_power", "power", "flat")}
    dip_points = prior_points(family["dip"], POINTS["dip"], config.seed)
    dip_points[:, :2] = 0.0  # flat outside, as in Cui et al.'s desert between lines
    density["dip"] = family["dip"].density(dip_points, case.centres)
    lowest = case.centres[density["lognormal_power"].argmin(axis=1)]
    result: dict[str, Any] = {"stars": STARS, "companions": COMPANIONS, "catalogues": config.validation_catalogues, "floor_truth": FLOOR, "cases": {}}
    for number, (name, truth) in enumerate(truths(case.centres).items()):
        rows = [_one(truth, density, dip_points, lowest, [config.seed, number, b]) for b in range(config.validation_catalogues)]
        found = {key: np.array([row[key] for row in rows], dtype=float) for key in rows[0]}
        result["cases"][name] = {
            "minimum_mj": float(10 ** case.centres[truth.argmin()]) if name != "flat" else None, "bands": bands(truth, case.centres),
            "median_minimum_mj": float(10 ** np.median(found["minimum"])), "minimum_low_mj": float(10 ** np.quantile(found["minimum"], 0.025)),
            "minimum_high_mj": float(10 ** np.quantile(found["minimum"], 0.975)),
            "minimum_covered": float(np.mean((found["minimum_low"] <= case.centres[truth.argmin()]) & (case.centres[truth.argmin()] <= found["minimum_high"]))) if name == "desert" else None,
            **{f"{key}_median": float(np.median(found[key])) for key in ("against_flat", "against_power", "floor", "blind_floor")},
            **{f"{key}_above_0": float(np.mean(found[key] > 0)) for key in ("against_flat", "against_power")},
            **{f"{key}_above_2se": float(np.mean(found[key] > 2 * found[f"{key}_error"])) for key in ("against_flat", "against_power")},
            "floor_covered": float(np.mean((found["floor_low"] <= FLOOR) & (FLOOR <= found["floor_high"]))) if name == "dip" else None,
            "floor_below_half": float(np.mean(found["floor_high"] < np.log10(0.5))), "blind_against_flat_above_2se": float(np.mean(found["blind_against_flat"] > 2 * found["blind_against_flat_error"])),
            "blind_slope": float(np.median(found["blind_slope"])), "slope": float(np.median(found["slope"])),
            "eccentricity_p_below_0_05": float(np.mean(found["eccentricity_p"] < 0.05)), "metallicity_p_below_0_05": float(np.mean(found["metallicity_p"] < 0.05)),
        }
    return result


def _one(truth: np.ndarray, density: dict[str, np.ndarray], dip_points: np.ndarray, lowest: np.ndarray, key: list[int]) -> dict[str, float]:
    """One catalogue of `truth`, seen with the known detection and then as if every mass were found alike."""
    case = synthetic_case(key)
    rng = np.random.default_rng([*key, 1])
    drawn = simulated_case(case, simulated_values(truth, case, rng))
    blind = simulated_case(synthetic_case(key, blind=True), drawn.x)
    row: dict[str, float] = {}
    slopes = np.linspace(-2, 2, 81)
    for word, one in (("", drawn), ("blind_", blind)):
        left, floors = {}, None
        for name in ("lognormal_power", "power", "flat", "dip"):
            values = log_terms(density[name], one.weights, one.exposure, one.step)
            found = quadrature(by_host(values, one.host))
            left[name] = exact(found.elpd)
            if name == "lognormal_power":
                row[f"{word}minimum"], row[f"{word}minimum_low"], row[f"{word}minimum_high"] = quantiles(lowest, found.weights)
            if name == "dip":
                floors = quantiles(dip_points[:, 4], found.weights)
        row[f"{word}floor"], row[f"{word}floor_low"], row[f"{word}floor_high"] = floors or (np.nan,) * 3
        for name in ("flat", "power"):
            row[f"{word}against_{name}"], row[f"{word}against_{name}_error"] = difference(left["lognormal_power"], left[name])
        powers = log_terms(10 ** (slopes[:, None] * (one.centres - one.centres.mean())), one.weights, one.exposure, one.step).sum(axis=1)
        row[f"{word}slope"] = float(slopes[powers.argmax()])
    heavy = drawn.x > np.log10(30.0)
    e = np.where(heavy, rng.beta(*ABOVE_E, len(heavy)), rng.beta(*BELOW_E, len(heavy)))
    metals = np.where(heavy, rng.normal(*ABOVE_METALS, len(heavy)), rng.normal(*BELOW_METALS, len(heavy)))
    for name, values, alternative in (("eccentricity", e, "less"), ("metallicity", metals, "greater")):
        p = one_sided(values[heavy], values[~heavy], alternative, 3)["p"]
        row[f"{name}_p"] = np.nan if p is None else p
    return row
