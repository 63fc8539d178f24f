"""What mixture of core accretion and fragmentation describes the companions, and what it says of TOI-6894 b without using any label of ours."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import SelectionConfig, SynthesisConfig
from analysis.constants import MJUP_MSUN
from analysis.errors import InputError
from analysis.formation.mixing import densities, fit_weights
from analysis.formation.systems import FGK, MODELS, VARIATIONS, Hosts, Systems, simulate
from analysis.progress import track

__all__ = ["Synthesis", "run"]

HALF = 0.5  # systems added to each model's number near a companion: what so many systems cannot tell from none
DESERT_MASSES, DESERT_AXES = (5.0, 120.0), (2.0, 20.0)  # Mjup, au: the range of Cui et al. (2026)
TURBULENCES, FACTORS = (1e-5, 1e-4, 1e-3), (0.1, 0.3, 1.0)  # the nine sets of core accretion that the published study searched are of this form


@dataclass(frozen=True)
class Synthesis:
    """objects: per companion the probability of fragmentation and the systems like it. variants: the same for the target by variation.

    systems: a sample of the synthetic companions of both models. published: the case of FGK stars by parameter set. summary: scalars.
    """

    objects: pd.DataFrame
    variants: pd.DataFrame
    systems: pd.DataFrame
    published: pd.DataFrame
    summary: dict[str, Any]


def run(config: SynthesisConfig, *, sample: Any, selection_model: Any, selection_config: SelectionConfig) -> Synthesis:
    """Simulate both models, fit their weights to the candidates of `sample.table` through `selection_model.detection`, and vary the models.

    Raises InputError for bins or ranges that are not ordered. Without a selection model (too few rows) weights and probabilities are NaN.
    """
    _check(config)
    hosts = Hosts(selection_config.host_mass_min, selection_config.host_mass_max)
    edges = _edges(config)
    rows = sample.table[sample.table["is_candidate"] & ~sample.table["companion_mass_mjup_limit"].fillna(0).astype(float).eq(1)]
    target = sample.table[sample.table["is_target"]].iloc[0]
    systems, unstable = simulate(config, hosts, config.systems)
    fitted = _Fit(config, edges, rows, selection_model)
    base = fitted.probabilities(systems, config.repeats)
    target_base = _target(base, target, fitted)
    variants = [{"variation": "as stated", "systems": config.systems, **target_base}]
    for name, changes in track(list(VARIATIONS.items()), "variations of the synthesis"):
        varied, _ = simulate(replace(config, **changes), hosts, config.variant_systems)
        variants.append({"variation": name, "systems": config.variant_systems, **_target(fitted.probabilities(varied, 0), target, fitted)})
    table = pd.DataFrame(variants)
    published = _published(config)
    known = table[table["probability"].notna()]
    summary = {
        "systems": config.systems, "unstable_share": unstable, "reason": base["reason"],
        "unfollowed": {name: int((found.status == 2).sum()) for name, found in systems.items()},
        "models": {name.replace(" ", "_"): _described(found) for name, found in systems.items()},
        "weights": base["weights"], "target": target_base,
        "target_low": float(known["probability"].min()) if len(known) else math.nan, "target_high": float(known["probability"].max()) if len(known) else math.nan,
        "target_known_variants": len(known), "variants": len(table), "core_accretion_reaches_target": int((table["like_core_accretion"] >= config.least_systems).sum()),
        "fragmentation_reaches_target": int((table["like_fragmentation"] >= config.least_systems).sum()),
        "observed_without_systems": base["unreached"], "observed": len(rows), "in_reach": base.get("in_reach"), "published": _published_summary(published, config),
    }
    return Synthesis(base["objects"], table, _thinned(systems), published, summary)


def _check(config: SynthesisConfig) -> None:
    for name in ("log_mass_ratio_bins", "log_axis_bins"):
        value = getattr(config, name)
        if len(value) != 3 or not (value[0] < value[1] and 0 < value[2] <= value[1] - value[0]):
            raise InputError(f"[synthesis] {name} is {value!r}; expected first edge, last edge above it, and a width above zero that fits between them.")
    for name in ("disc_radius", "birth_axis", "birth_time", "fragment_factor", "metallicity_edges"):
        value = getattr(config, name)
        if len(value) != 2 or not value[0] < value[1]:
            raise InputError(f"[synthesis] {name} is {value!r}; expected two numbers, the lower first.")
    for name in ("disc_mass", "log_unstable_radius", "log_dispersal"):
        if len(getattr(config, name)) != 2:
            raise InputError(f"[synthesis] {name} is {getattr(config, name)!r}; expected a mean and a spread.")


def _edges(config: SynthesisConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def grid(bounds: tuple[float, ...]) -> np.ndarray:
        low, high, width = bounds
        return low + width * np.arange(round((high - low) / width) + 1)

    return grid(config.log_mass_ratio_bins), grid(config.log_axis_bins), np.array([-np.inf, *config.metallicity_edges, np.inf])


class _Fit:
    """The binned companions and what each method sees; `reason` says why there are none."""

    def __init__(self, config: SynthesisConfig, edges: tuple[np.ndarray, np.ndarray, np.ndarray], rows: pd.DataFrame, selection_model: Any):
        self.config, self.edges, self.rows = config, edges, rows.reset_index(drop=True)
        self.reason = selection_model.reason
        self.log_q = np.log10(self.rows["companion_mass_mjup"].to_numpy(float) * MJUP_MSUN / self.rows["host_mass_msun"].to_numpy(float))
        self.log_a = np.log10(self.rows["semimajor_axis_au"].to_numpy(float))
        self.metallicity = self.rows["metallicity"].to_numpy(float)
        self.hosts = self.rows["host_name"].to_numpy(str)
        if self.reason is None:
            self.methods = tuple(selection_model.detection_methods)
            self.seen = _rebinned(selection_model, edges)
            self.place = np.array([self.methods.index(name) if name in self.methods else -1 for name in self.rows["discovery_method"]])

    def counts(self, chosen: np.ndarray) -> np.ndarray:
        """(methods, bins): the known [Fe/H] fill the bins of the metallicities, the unknown those behind them, where all metallicities are one."""
        nq, na, nz = (len(edge) - 1 for edge in self.edges)
        found = np.zeros((len(self.methods), nq, na, nz + 1))
        for k in chosen:
            i, j = np.searchsorted(self.edges[0], self.log_q[k], "right") - 1, np.searchsorted(self.edges[1], self.log_a[k], "right") - 1
            if self.place[k] >= 0 and 0 <= i < nq and 0 <= j < na:
                z = nz if math.isnan(self.metallicity[k]) else np.searchsorted(self.edges[2], self.metallicity[k], "right") - 1
                found[self.place[k], i, j, z] += 1
        return found.reshape(len(self.methods), -1)

    def templates(self, densities_: list[np.ndarray]) -> np.ndarray:
        """(2, methods, bins): density times sensitivity; a method's companions have a known [Fe/H] or not in the proportion observed."""
        known = np.array([np.mean(~np.isnan(self.metallicity[self.place == m])) if (self.place == m).any() else 0.5 for m in range(len(self.methods))])
        found = []
        for density in densities_:
            split = self._with_unknown(density)[None] * self.seen[:, :, :, None]
            split = split * np.where(np.arange(split.shape[3]) < density.shape[2], known[:, None], 1 - known[:, None])[:, None, None, :]
            found.append(split.reshape(len(self.methods), -1))
        return np.array(found)

    def probabilities(self, systems: dict[str, Systems], repeats: int) -> dict[str, Any]:
        """Weights with their range over `repeats` resamplings, and P(fragmentation) of every row.

        Bins that neither model reaches say nothing about their mixture: the fit leaves them out, and their companions are counted as unreached. Too
        few companions in reach give NaN with the reason.
        """
        grids = [self._grid(systems[name], np.arange(len(systems[name].mass))) for name in MODELS]
        found: dict[str, Any] = {"grids": grids, "sizes": [len(systems[name].mass) for name in MODELS], "draws": [], "reason": self.reason, "weights": {"share": math.nan, "low": math.nan, "high": math.nan}}
        if self.reason is None:
            reached = self._with_unknown(sum(grid[1] for grid in grids)) >= self.config.least_systems
            everyone, used = np.arange(len(self.rows)), np.tile(reached.reshape(1, -1), (len(self.methods), 1))[0]
            counts = self.counts(everyone)[:, used]
            found["in_reach"] = int(counts.sum())
            if counts.sum() < self.config.least_companions:
                found["reason"] = f"{int(counts.sum())} companions lie where either model has systems; a fit of the weights needs {self.config.least_companions}"
            else:
                best = fit_weights(self.templates([grid[0] for grid in grids])[:, :, used], counts, self.config.seed, profiled=True)
                found["draws"] = [(best.share, [grid[1] for grid in grids])]
                found["draws"] += [self._again(systems, used, repeat) for repeat in range(repeats)]
                shares = [share for share, _ in found["draws"][1:]] or [best.share]
                found["weights"] = {"share": best.share, "low": min(shares), "high": max(shares), "log_likelihood": best.log_likelihood}
        odds = [self.odds(found, *values) for values in zip(self.log_q, self.log_a, self.metallicity, strict=True)]
        objects = pd.DataFrame(odds, columns=["probability", "low", "high", "like_core_accretion", "like_fragmentation"])
        objects.insert(0, "object_id", self.rows["object_id"])
        unreached = int((objects["like_core_accretion"] + objects["like_fragmentation"] < self.config.least_systems).sum())
        return {**found, "objects": objects, "unreached": unreached}

    def _again(self, systems: dict[str, Systems], used: np.ndarray, repeat: int) -> tuple[float, list[np.ndarray]]:
        """Share and numbers of systems with hosts and synthetic systems drawn again with replacement."""
        random = np.random.default_rng([self.config.seed, repeat])
        unique, inverse = np.unique(self.hosts, return_inverse=True)
        times = np.bincount(random.integers(len(unique), size=len(unique)), minlength=len(unique))[inverse]
        grids = [self._grid(systems[name], random.integers(len(systems[name].mass), size=len(systems[name].mass))) for name in MODELS]
        counts = self.counts(np.repeat(np.arange(len(self.rows)), times))[:, used]
        share = fit_weights(self.templates([grid[0] for grid in grids])[:, :, used], counts, self.config.seed + repeat + 1, profiled=True).share
        return share, [grid[1] for grid in grids]

    @staticmethod
    def _with_unknown(grid: np.ndarray) -> np.ndarray:
        """`grid` (nq, na, nz) with the sum over [Fe/H] as a last bin, for companions whose [Fe/H] is unknown."""
        return np.concatenate([grid, grid.sum(axis=2, keepdims=True)], axis=2)

    def _grid(self, systems: Systems, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return densities(np.log10(systems.mass[chosen] / systems.host[chosen]), np.log10(systems.axis[chosen]), systems.metallicity[chosen], self.edges)

    def odds(self, found: dict[str, Any], log_q: float, log_a: float, metallicity: float) -> dict[str, Any]:
        """P(fragmentation) in the bin of a companion, its range over the repeats, and the systems of each model in the bin."""
        i, j = np.searchsorted(self.edges[0], log_q, "right") - 1, np.searchsorted(self.edges[1], log_a, "right") - 1
        inside = 0 <= i < len(self.edges[0]) - 1 and 0 <= j < len(self.edges[1]) - 1
        if not inside:
            return {"probability": math.nan, "low": math.nan, "high": math.nan, "like_core_accretion": 0, "like_fragmentation": 0}
        z = slice(None) if math.isnan(metallicity) else slice(k := np.searchsorted(self.edges[2], metallicity, "right") - 1, k + 1)
        values = []
        for share, grids in found["draws"]:
            core, fragment = (part * (grid[i, j, z].sum() + HALF) / size for part, grid, size in zip((1 - share, share), grids, found["sizes"], strict=True))
            values.append(float(fragment / (core + fragment)))
        like = [int(grid[1][i, j, z].sum()) for grid in found["grids"]]
        rest = values[1:] or values
        known = bool(values) and sum(like) >= self.config.least_systems
        numbers = (values[0], min(rest), max(rest)) if known else (math.nan,) * 3
        # Half a system stands for what a model cannot tell from none, so the probability is a bound where one model has no system like the companion.
        return {**dict(zip(("probability", "low", "high"), numbers, strict=True)), "like_core_accretion": like[0], "like_fragmentation": like[1]}


def _rebinned(selection_model: Any, edges: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Mean sensitivity (methods, nq, na) of the model's finer grid in our bins; bins beyond its grid take the nearest cell."""
    centres = [(grid[1:] + grid[:-1]) / 2 for grid in (selection_model.log_q_edges, selection_model.log_a_edges)]
    picks = []
    for fine, coarse in zip(centres, edges[:2], strict=True):
        inside = [np.flatnonzero((fine >= low) & (fine < high)) for low, high in pairwise(coarse)]
        middles = (coarse[1:] + coarse[:-1]) / 2
        picks.append([found if len(found) else np.array([np.abs(fine - middle).argmin()]) for found, middle in zip(inside, middles, strict=True)])
    return np.array([[[grid[np.ix_(rows, columns)].mean() for columns in picks[1]] for rows in picks[0]] for grid in selection_model.detection])


def _target(found: dict[str, Any], target: pd.Series, fitted: _Fit) -> dict[str, Any]:
    """The target's probability in a fit, and the share of fragmentation in it."""
    log_q = math.log10(float(target["companion_mass_mjup"]) * MJUP_MSUN / float(target["host_mass_msun"]))
    values = fitted.odds(found, log_q, math.log10(float(target["semimajor_axis_au"])), float(target["metallicity"]))
    return {**values, "fragmentation_share": found["weights"]["share"], "unreached": found["unreached"]}


def _described(found: Systems) -> dict[str, float]:
    log_q, mass = np.log10(found.mass / found.host), found.mass / MJUP_MSUN
    return {
        "median_log_q": float(np.median(log_q)), "largest_mass_mjup": float(mass.max()), "saturn_share": float(np.mean(mass > 0.1)),
        "close_share": float(np.mean(found.axis <= 0.1)), "close_giant_share": float(np.mean((found.axis <= 0.1) & (mass > 0.1) & (mass < 13))),
    }


def _thinned(systems: dict[str, Systems], most: int = 700) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"model": name, "log_q": np.log10(s.mass / s.host)[:most], "log_a": np.log10(s.axis)[:most], "mass_mjup": (s.mass / MJUP_MSUN)[:most], "metallicity": s.metallicity[:most]})
        for name, s in systems.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _published(config: SynthesisConfig) -> pd.DataFrame:
    """FGK hosts: for each set of core accretion, companions in the published range, where an equal mixture is rarest, and [Fe/H] of the heavy ones."""
    rows = []
    for turbulence in TURBULENCES:
        for factor in FACTORS:
            found, _ = simulate(replace(config, turbulence=turbulence, migration_factor=factor), FGK, config.variant_systems)
            masses = {name: s.mass / MJUP_MSUN for name, s in found.items()}
            inside = {name: (masses[name] >= DESERT_MASSES[0]) & (masses[name] < DESERT_MASSES[1]) & (s.axis >= DESERT_AXES[0]) & (s.axis < DESERT_AXES[1]) for name, s in found.items()}
            heavy = {name: masses[name] > 30 for name in found}
            rows.append({
                "turbulence": turbulence, "migration_factor": factor,
                **{f"{name.replace(' ', '_')}_in_range": int(inside[name].sum()) for name in MODELS},
                "core_accretion_giants": float(np.mean(masses[MODELS[0]] > 0.3)), "core_accretion_largest_mjup": float(masses[MODELS[0]].max()),
                "rarest_mass_mjup": _rarest(masses, inside, config.least_systems),
                "heavy_metallicity": float(np.mean(found[MODELS[1]].metallicity[heavy[MODELS[1]]])), "light_metallicity": float(np.mean(found[MODELS[1]].metallicity[~heavy[MODELS[1]]])),
                "heavy_metallicity_error": float(np.std(found[MODELS[1]].metallicity[heavy[MODELS[1]]]) / math.sqrt(max(heavy[MODELS[1]].sum(), 1))),
            })
    return pd.DataFrame(rows)


def _rarest(masses: dict[str, np.ndarray], inside: dict[str, np.ndarray], least: float) -> float:
    """Mass (Mjup) at the smallest density per log mass within the published range, each model with equal weight; NaN where one has fewer than `least` companions there or it lies at an end."""
    if min(chosen.sum() for chosen in inside.values()) < max(least, 1):
        return math.nan
    edges = np.linspace(*np.log10(DESERT_MASSES), 9)
    density = sum(np.histogram(np.log10(masses[name][inside[name]]), edges)[0] / inside[name].sum() for name in masses)
    lowest = int(np.argmin(density))
    return math.nan if lowest in (0, len(density) - 1) else float(10 ** ((edges[lowest] + edges[lowest + 1]) / 2))


def _published_summary(table: pd.DataFrame, config: SynthesisConfig) -> dict[str, Any]:
    minima = table["rarest_mass_mjup"].dropna()
    return {
        "sets": len(table), "sets_with_both": int(((table["core_accretion_in_range"] > 0) & (table["fragmentation_in_range"] > 0)).sum()), "sets_with_minimum": len(minima),
        "rarest_low_mjup": float(minima.min()) if len(minima) else math.nan, "rarest_high_mjup": float(minima.max()) if len(minima) else math.nan,
        "heavy_metallicity": float(table["heavy_metallicity"].mean()), "light_metallicity": float(table["light_metallicity"].mean()),
        "heavy_metallicity_error": float(table["heavy_metallicity_error"].mean()), "largest_core_accretion_mjup": float(table["core_accretion_largest_mjup"].max()),
        "systems_per_set": config.variant_systems,
    }
