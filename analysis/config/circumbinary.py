"""Parameters: migration around a pair of stars."""

from dataclasses import dataclass

from analysis.config.parameter import CHOICE, POSITIVE, SHARE, SPEC, param

__all__ = ["CircumbinaryConfig"]


@dataclass(frozen=True)
class CircumbinaryConfig:
    """Migration of a planet around a binary by Stokes-like drag: the published grid, binaries of the host masses studied here, dynamical maps.

    Times are in periods of the binary and lengths in its first axis unless a unit says otherwise; the published values of tau_a, tau_e, the start and
    the binary's axis are not in our copy of the paper, so these are our choices.
    """

    mass_ratios: tuple[float, ...] = param((0.2, 1.0), "", "q_B of the grid", "Gianuzzi et al. 2023, table 2", within=SHARE)
    binary_eccentricities: tuple[float, ...] = param((0.0, 0.01, 0.03, 0.05, 0.1, 0.3, 0.5), "", "e_B of the grid", "Gianuzzi et al. 2023, table 2", within=(-1e-300, 0.8))
    eccentricities: tuple[float, ...] = param((0.0, 0.001, 0.01, 0.1), "", "e of the planet at the start", "Gianuzzi et al. 2023, table 2", within=(-1e-300, 0.5))
    planet_masses: tuple[float, ...] = param((5.0, 20.0, 93.0), "Mearth", "planet masses of the grid", "Gianuzzi et al. 2023, table 2", within=(0, 3000))
    axis_times: tuple[float, ...] = param((1e4, 2e4, 5e4, 1e5, 3e5), "periods", "tau_a of the grid", CHOICE, within=(100, 1e8))
    eccentricity_times: tuple[float, ...] = param((4e3, 1.7e4, 6.5e4, 2.2e5, 8e5), "periods", "tau_e of the grid; all 25 ratios to tau_a differ, as in the paper", CHOICE, within=(100, 1e9))
    period_ratio: float = param(12.0, "", "period ratio at the start", CHOICE, within=(3, 100))
    total_mass: float = param(1.0, "Msun", "mass of both stars of the grid", CHOICE, within=POSITIVE)
    binary_axis: float = param(0.1, "au", "axis of the binary of the grid; only the radii that count as a collision depend on it", CHOICE, within=POSITIVE)
    longest: float = param(6.0, "tau_a", "end of a run that nothing else ended", CHOICE, within=POSITIVE)
    held_ratio: float = param(0.01, "", "relative range of the mean period ratio within one tau_a below which the planet is held", CHOICE, within=SHARE)
    held_eccentricity: float = param(0.02, "", "relative change of the mean eccentricity in half that time below which it is", CHOICE, within=SHARE)
    windows: int = param(20, "", "windows per tau_a of those means", CHOICE, within=(1, 1000))
    samples: int = param(10_000, "", "samples of the osculating orbit per tau_a", CHOICE, within=(100, 1e6))
    steps_per_period: float = param(5.15, "", "steps of the mapping per period, each with five kicks", CHOICE, within=(2, 1000))
    near: float = param(0.9, "a_B", "distance from a star below which the mapping gives way to extrapolation", CHOICE, within=POSITIVE)
    tolerance: float = param(1e-10, "", "relative error of a step of the extrapolation", CHOICE, within=(0, 1e-6))
    far: float = param(100.0, "a_B", "distance at which a planet has left; a fifth of it when unbound", CHOICE, within=(10, 1e5))
    most_close: int = param(500_000, "", "steps near the stars after which a run is given up", CHOICE)
    repeat_share: float = param(0.2, "", "share of the grid that is repeated from another phase of the binary", CHOICE, within=SHARE)
    repeat_longest: float = param(1e5, "periods", "largest tau_a of those", CHOICE, within=POSITIVE)
    slow_systems: int = param(840, "", "runs of the largest tau_a, at random where not all, that are repeated with a still slower migration", CHOICE)
    slow_axis_time: float = param(1e6, "periods", "tau_a of those", CHOICE, within=(100, 1e8))
    ratio_min: float = param(2.5, "", "first of the points at which the density of period ratios is read", CHOICE, within=POSITIVE)
    ratio_max: float = param(10.0, "", "last of them, and largest period ratio that counts", CHOICE, within=POSITIVE)
    ratio_points: int = param(250, "", "number of the points", "Gianuzzi et al. 2023, section 4.1", within=(10, 10_000))
    bandwidth: float = param(0.05, "", "standard deviation of the Gaussian kernel", CHOICE, within=(0, 1))
    bandwidths: tuple[float, ...] = param((0.025, 0.1, 0.2), "", "other bandwidths, for the sensitivity rows", CHOICE, within=(0, 1))
    train_share: float = param(0.75, "", "share of the grid that trains the random forest", "Gianuzzi et al. 2023, section 4.3", within=(0, 0.99))
    trees: int = param(100, "", "trees of the forest", "default of scikit-learn, as in the paper")
    permutations: int = param(10, "", "permutations per parameter of its importance", CHOICE)
    splits: int = param(5, "", "random splits into training and test rows", CHOICE)
    host_systems: int = param(800, "", "binaries of the host masses studied here", CHOICE)
    host_mass_min: float = param(0.06, "Msun", "smallest total mass of those", SPEC, within=POSITIVE)
    host_mass_max: float = param(0.20, "Msun", "largest total mass", SPEC, within=POSITIVE)
    host_ratio_min: float = param(0.3, "", "smallest mass ratio of the stars", CHOICE, within=SHARE)
    host_ratio_index: float = param(1.8, "", "index of the power law of mass ratios", "Allen 2007", within=(-0.99, 20))
    host_axis_median: float = param(4.0, "au", "axis of the binary: median of a log-normal", "Winters et al. 2019; Offner et al. 2023", within=POSITIVE)
    host_axis_spread: float = param(0.7, "dex", "its standard deviation", CHOICE, within=POSITIVE)
    host_axis_min: float = param(0.03, "au", "smallest axis", CHOICE, within=POSITIVE)
    host_axis_max: float = param(50.0, "au", "largest axis", CHOICE, within=POSITIVE)
    host_eccentricity_max: float = param(0.6, "", "eccentricities of the binary are uniform up to this", CHOICE, within=(0, 0.8))
    companion_mass_min: float = param(0.168, "Mjup", "smallest companion, that of TOI-6894 b", "Bryant et al. 2025", within=POSITIVE)
    companion_mass_max: float = param(5.0, "Mjup", "largest companion; masses are log-uniform", CHOICE, within=POSITIVE)
    host_planet_eccentricity: float = param(0.01, "", "eccentricity of the companion at the start", CHOICE, within=(-1e-300, 0.5))
    host_period_ratio: float = param(20.0, "", "period ratio at the start, outside the widest stability limit", CHOICE, within=(5, 100))
    host_time_min: float = param(1e4, "yr", "smallest tau_a", CHOICE, within=POSITIVE)
    host_time_max: float = param(1e6, "yr", "largest tau_a; log-uniform", CHOICE, within=POSITIVE)
    host_periods_min: float = param(1e3, "periods", "tau_a is never below this", CHOICE, within=(100, 1e8))
    host_periods_max: float = param(1e5, "periods", "nor above: slower migration is as adiabatic", CHOICE, within=(100, 1e8))
    damping_ratio_min: float = param(1.0, "", "smallest tau_a / tau_e", CHOICE, within=POSITIVE)
    damping_ratio_max: float = param(100.0, "", "largest; log-uniform", "Lee & Peale 2002", within=POSITIVE)
    map_binary_eccentricities: tuple[float, ...] = param((0.01, 0.1, 0.5), "", "e_B of the dynamical maps", CHOICE, within=(-1e-300, 0.8))
    map_axis_min: float = param(1.6, "a_B", "inner edge of the maps", CHOICE, within=POSITIVE)
    map_axis_max: float = param(5.0, "a_B", "outer edge", CHOICE, within=POSITIVE)
    map_axes: int = param(68, "", "cells in axis", CHOICE)
    map_eccentricities: int = param(16, "", "cells in eccentricity", CHOICE)
    map_eccentricity_max: float = param(0.4, "", "largest eccentricity of the maps", CHOICE, within=(0, 0.8))
    map_planet_mass: float = param(5.0, "Mearth", "planet of the maps", CHOICE, within=POSITIVE)
    map_periods: float = param(3000.0, "periods", "length of their runs", CHOICE, within=(100, 1e7))
    rerun_share: float = param(0.02, "", "share of the frozen runs that every build integrates again and compares", CHOICE, within=SHARE)
    rerun_longest: float = param(2.5e5, "periods", "longest run that it integrates again", CHOICE, within=POSITIVE)
    seed: int = param(2211, "", "random seed")
