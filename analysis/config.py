"""Every parameter once: its default, unit, meaning and source.

The classes hold values only, no logic, so that a stage's cache key needs the values and not this file.
`run.toml` has one table per field of `Config`; command-line options override it.
"""

import reprlib
from collections.abc import Iterable
from dataclasses import Field, asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any, get_args

from analysis.errors import InputError
from analysis.inputs import shown

__all__ = [
    "AgeInferenceConfig",
    "AgesConfig",
    "AgreementConfig",
    "CalibrationConfig",
    "CatalogueConfig",
    "CircumbinaryConfig",
    "Config",
    "DesertConfig",
    "DetectionConfig",
    "DiskConfig",
    "EccentricityConfig",
    "EccentricityInferenceConfig",
    "EnsembleConfig",
    "GaiaConfig",
    "KozaiConfig",
    "LadderConfig",
    "LimitingConfig",
    "MixtureConfig",
    "MixtureTestsConfig",
    "OccurrenceConfig",
    "OriginConfig",
    "OriginSkillConfig",
    "RobustnessConfig",
    "SecularConfig",
    "SelectionConfig",
    "SynthesisConfig",
    "TargetConfig",
    "TidesConfig",
    "VettingConfig",
    "parameters",
    "with_overrides",
]


def param(default: Any, unit: str, meaning: str, source: str = "", within: tuple[float, float] = (-inf, inf)) -> Any:
    """A dataclass field that carries its unit, meaning and source; its numbers lie above within[0] and up to within[1]."""
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "source": source, "within": within})


SPEC = "specification"
CHOICE = "our choice, varied in the sensitivity study"
POSITIVE, SHARE = (0, inf), (0, 1)
LARGEST_WHOLE = 2**63 - 1  # what a 64-bit counter holds
SHOWN_NAMES = 8  # in a message
LONGEST_LIST = 100  # numbers of one parameter


@dataclass(frozen=True)
class CatalogueConfig:
    """Where the rows come from and what is done to them before selection."""

    ps: str = param("", "path", "PSCompPars export to use instead of the frozen table", SPEC)
    bd: str = param("", "path", "BD catalogue export to use instead of the frozen table", SPEC)
    corrections: bool = param(True, "", "apply data/frozen/corrections.csv")
    derive_axes: bool = param(True, "", "derive a missing semi-major axis from the period (Kepler III)")


@dataclass(frozen=True)
class TargetConfig:
    """Overrides of the published values of TOI-6894 b; None keeps the published value."""

    mstar: float | None = param(None, "Msun", "host mass (--toi_mstar)", SPEC)
    mc_mj: float | None = param(None, "Mjup", "companion mass (--toi_mc_mj)", SPEC)
    a_au: float | None = param(None, "au", "semi-major axis (--toi_a_AU)", SPEC)
    age_gyr: float | None = param(None, "Gyr", "system age (--toi_age_gyr); activates the age comparison", SPEC)


@dataclass(frozen=True)
class SelectionConfig:
    """Candidate requirements (specification section 2) and the subset to process."""

    host_mass_min: float = param(0.06, "Msun", "lowest host mass, included", SPEC)
    host_mass_max: float = param(0.20, "Msun", "highest host mass, included; the tables hold no hosts above 0.25", SPEC, within=(0, 0.25))
    teff_min: float = param(2000.0, "K", "lowest host temperature", SPEC)
    teff_max: float = param(4000.0, "K", "highest host temperature", SPEC)
    metallicity_min: float = param(-2.5, "dex", "lowest [Fe/H]", SPEC)
    metallicity_max: float = param(0.7, "dex", "highest [Fe/H]", SPEC)
    mass_ratio_split: float = param(0.01, "", "q above which a companion is called high-q", SPEC, within=POSITIVE)
    percent: float = param(100.0, "%", "share of the candidates of each catalogue to process", SPEC)


@dataclass(frozen=True)
class MixtureConfig:
    """Gaussian mixtures in (log q, log a)."""

    max_components: int = param(4, "", "fit 1 ... this many components", "specification fits 1 and 2", within=(0, 10))
    restarts: int = param(200, "", "starts per fit, half k-means++ and half random rows; the best likelihood is kept", CHOICE)
    covariance_floor: float = param(1e-4, "dex2", "added to the diagonal of every covariance", CHOICE, within=POSITIVE)
    min_rows_per_component: int = param(10, "", "fewest rows per component for a fit", CHOICE)
    deconvolution_components: int = param(3, "", "most components in the fit with measurement errors", CHOICE)
    deconvolution_restarts: int = param(10, "", "starts of each fit with measurement errors", CHOICE)
    microlensing_correlation: float = param(0.98, "", "correlation of log M_star and log M_c errors of a lens, whose mass ratio is measured directly", CHOICE, within=(-1, 1))
    mass_radius_scatter: float = param(0.1, "dex", "error of a mass that is only a radius put through a relation", "scatter of Chen & Kipping 2017")
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class EccentricityConfig:
    """Beta distributions, two-sample tests and bagging of e."""

    mass_ratio_split: float = param(0.01, "", "q that separates the two subsets", SPEC, within=POSITIVE)
    bagging_resamples: int = param(500, "", "bagging resamples", SPEC)
    bagging_fraction: float = param(0.8, "", "share of each subset drawn per resample, without replacement", SPEC, within=SHARE)
    wide_axis_au: float = param(0.1, "au", "a above which tides and multiplicity hardly damp e; period-matched comparison", CHOICE, within=POSITIVE)
    edge: float = param(1e-3, "", "e is moved into [edge, 1 - edge] before the Beta fit", CHOICE, within=(0, 0.5))
    edges: tuple[float, ...] = param((1e-4, 1e-2), "", "other edges, for the sensitivity rows", CHOICE, within=(0, 0.5))
    assumed_zero_bound: float = param(0.1, "", "an assumed e = 0 is the interval [0, this] in the censored pass", CHOICE)
    assumed_zero_bounds: tuple[float, ...] = param((0.05, 0.2, 1.0), "", "other bounds, for the sensitivity rows; 1 says nothing about e", CHOICE)
    significance: float = param(2.45, "sigma", "measured e below this many sigma is consistent with a circular orbit", "Lucy & Sweeney 1971")
    permutations: int = param(5000, "", "label permutations of the two-sample tests", CHOICE)
    power_draws: int = param(1000, "", "simulated samples of the power of the wide-orbit comparison", CHOICE)
    min_rows: int = param(3, "", "fewest rows for a Beta fit", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class OriginConfig:
    """Regularised logistic origin classifier."""

    mass_ratio_split: float = param(0.01, "", "q that defines the fallback labels", SPEC, within=POSITIVE)
    inverse_regularisation: float = param(1.0, "", "C of the L2 penalty on standardised features", "scikit-learn default", within=POSITIVE)
    penalty_factors: tuple[float, ...] = param((0.1, 10.0), "", "C of the sensitivity rows, relative to inverse_regularisation", CHOICE, within=POSITIVE)
    split_factors: tuple[float, ...] = param((0.3, 3.0), "", "splits in q of the sensitivity rows, relative to mass_ratio_split", CHOICE, within=POSITIVE)
    folds: int = param(5, "", "cross-validation folds, grouped by host", SPEC, within=(1, inf))
    fold_repeats: int = param(10, "", "assignments of hosts to folds whose AUROC range is reported", CHOICE)
    score_resamples: int = param(1000, "", "host resamples of the AUROC, scores held fixed", CHOICE)
    bootstrap_resamples: int = param(200, "", "host resamples with refit, for coefficients and the target's probability", CHOICE)
    labels: str = param("", "path", "CSV of labels (companion_name,label,reference) replacing the fallback", SPEC)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class AgesConfig:
    """Age-orbit comparison and regressions."""

    min_rows: int = param(5, "", "fewest rows, and fewest hosts, for a correlation or fit", CHOICE)
    significance: float = param(0.05, "", "two-sided size of the tests the power statement refers to", CHOICE, within=SHARE)
    power: float = param(0.8, "", "power of the smallest detectable correlation", CHOICE, within=SHARE)
    permutations: int = param(9999, "", "permutations of the ages among hosts", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class MixtureTestsConfig:
    """Tests of the number of mixture components, and what the mixture says about each companion."""

    draws: int = param(999, "", "catalogues drawn from each null; p is not below 1 / (draws + 1)", "Davison & Hinkley 1997")
    repeat_draws: int = param(499, "", "catalogues drawn for repeats with other rows per host, errors or weights", CHOICE)
    starts: int = param(20, "", "starts of each fit, of the data and of catalogues alike", CHOICE)
    resamples: int = param(999, "", "resamples of the hosts", CHOICE)
    least_rows: float = param(5.0, "rows", "effective rows that a component must hold in a host resample, where equal rows would be one", "spurious maxima, McLachlan & Peel 2000", within=(-1e-300, inf))
    dip_draws: int = param(9999, "", "uniform samples for the p-value of a dip", CHOICE)
    dip_picks: int = param(200, "", "choices of one companion per host, and draws of the errors, for the dip test", CHOICE)
    splits: int = param(15, "", "mass ratios, logarithmic, at which the sample is split", CHOICE)
    split_min: float = param(0.003, "", "lowest of them", CHOICE, within=POSITIVE)
    split_max: float = param(0.05, "", "highest of them", CHOICE, within=POSITIVE)
    valley_width: float = param(0.1, "dex", "half width of the window around a split in which companions are counted", CHOICE, within=POSITIVE)
    desert_min: float = param(0.02, "", "lower edge of the mass-ratio desert", "Zhang 2025", within=POSITIVE)
    desert_max: float = param(0.05, "", "upper edge of the mass-ratio desert", "Zhang 2025", within=POSITIVE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class EccentricityInferenceConfig:
    """One likelihood for measured, limited and assumed eccentricities; matched comparisons."""

    concentration_median: float = param(3.5, "", "prior of alpha + beta: median of a log-normal; published populations have 2.5 to 4", "Kipping 2013; Do O et al. 2023; Bowler et al. 2020", within=POSITIVE)
    concentration_spread: float = param(2.0, "", "its standard deviation in ln, wide enough that the interval covers 94-98 % at n = 6 and 5 for concentrations of 2 to 12; the prior of the mean is uniform", CHOICE, within=POSITIVE)
    concentration_spreads: tuple[float, ...] = param((0.5, 1.0), "", "other standard deviations, for the sensitivity rows", CHOICE, within=POSITIVE)
    error_model: str = param("truncated", "", "p(value | e): truncated to [0, 1) and renormalised, or flat (a posterior under a flat prior)", "Hogg, Myers & Bovy 2010")
    limit_confidence: float = param(0.95, "", "probability that e lies below a published upper limit", CHOICE, within=SHARE)
    limit_confidences: tuple[float, ...] = param((0.68, 0.997), "", "other probabilities, for the sensitivity rows", CHOICE, within=SHARE)
    statistic: str = param("mean_difference", "", "of the label test: mean_difference, rank_sum, evidence_ratio or likelihood_ratio", "largest power at the declared alternative")
    declared_low: tuple[float, float] = param((0.867, 3.03), "", "alpha and beta of the low-q companions in the declared alternative", "Kipping 2013", within=POSITIVE)
    declared_high: tuple[float, float] = param((1.09, 1.42), "", "alpha and beta of the high-q companions in the declared alternative", "Do O et al. 2023", within=POSITIVE)
    mass_ratio_splits: tuple[float, ...] = param((0.003, 0.03), "", "other splits in q, for the sensitivity rows", CHOICE, within=POSITIVE)
    wide_axes: tuple[float, ...] = param((0.05, 0.2), "au", "other limits of the wide orbits, for the sensitivity rows", CHOICE, within=POSITIVE)
    orbit_edges: tuple[float, ...] = param((0.03, 0.1, 1.0, 10.0), "au", "edges of the strata of orbit size in the matched comparisons", CHOICE, within=POSITIVE)
    calipers: tuple[float, ...] = param((0.1, 0.2, 0.3, 0.5, 1.0, 2.0), "dex", "largest differences in log a within a matched pair", CHOICE, within=POSITIVE)
    host_mass_caliper: float = param(0.02, "Msun", "largest difference in host mass within a matched pair", CHOICE, within=POSITIVE)
    enumeration_limit: int = param(5000, "", "labellings up to which all are enumerated instead of drawn", CHOICE)
    permutations: int = param(1999, "", "labellings drawn where there are more", CHOICE)
    bootstrap_resamples: int = param(1000, "", "full-size resamples of hosts", CHOICE)
    bagging_resamples: int = param(500, "", "80 % subsamples beside them, under the same likelihood", SPEC)
    coverage_draws: int = param(300, "", "simulated samples for the coverage of bootstrap percentile intervals", CHOICE)
    power_draws: int = param(2000, "", "simulated samples per size for the power curve", CHOICE)
    power_sizes: tuple[float, ...] = param((6.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0), "", "companions on wide orbits in the power curve", CHOICE, within=(1, inf))
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class OriginSkillConfig:
    """What the classifier knows beyond its labels' definition: anchors, nested cross-validation, permutation null, calibration."""

    fold_repeats: int = param(5, "", "assignments of hosts to folds over which pairs are pooled", CHOICE)
    penalties: tuple[float, ...] = param((0.01, 0.1, 1.0, 10.0, 100.0), "", "C of the L2 penalty among which nested cross-validation chooses", CHOICE, within=POSITIVE)
    inner_folds: int = param(4, "", "folds of the inner choice", CHOICE, within=(1, inf))
    permutations: int = param(1999, "", "relabellings of the primary test", CHOICE)
    other_permutations: int = param(299, "", "relabellings of every other variant and of the repeats", CHOICE)
    null_permutations: int = param(60, "", "relabellings in a simulated catalogue; the p-value is exact for any number", CHOICE)
    min_anchor_hosts: int = param(10, "", "fewest hosts of each class for a classifier trained on anchors", CHOICE)
    nested_repeats: int = param(2, "", "assignments of hosts to folds of the nested cross-validation", CHOICE)
    nested_permutations: int = param(99, "", "relabellings of the nested cross-validation", CHOICE)
    prior_variance: float = param(10.0, "", "variance of the normal prior of a standardised slope behind the probability intervals, a scale of 3.2 in log odds", CHOICE, within=POSITIVE)
    resamples: int = param(1000, "", "host resamples of the Brier scores, probabilities held fixed", CHOICE)
    bin_edges: tuple[float, ...] = param((0.0, 0.05, 0.2, 0.5, 0.8, 1.0), "", "predicted probabilities that bound the bins of the reliability diagram", CHOICE, within=(-inf, 1))
    slopes: tuple[float, float, float] = param((1.5, 0.5, -0.5), "", "declared truth behind the target's calibration: log odds per standard deviation of log a, e, log M_star", CHOICE)
    slope: float = param(1.5, "", "declared alternative: log odds per standard deviation of the index in (log a, e, log M_star) within a method", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class DesertConfig:
    """A desert between planets and binaries: region, densities, priors (all uniform), sampling and test; detection is that of DetectionConfig."""

    mass_ratio_range: tuple[float, float] = param((1e-3, 1.0), "", "mass ratios of the region", CHOICE, within=POSITIVE)
    mass_range: tuple[float, float] = param((0.2, 80.0), "Mjup", "companion masses of the region: 1e-3 of the heaviest host, up to the catalogues' limit", CHOICE, within=POSITIVE)
    axis_range: tuple[float, float] = param((0.1, 10.0), "au", "axes of the region, where lensing, velocities and astrometry overlap", CHOICE, within=POSITIVE)
    all_axes: tuple[float, float] = param((0.01, 1600.0), "au", "axes of the pass that adds transits and imaging", CHOICE, within=POSITIVE)
    cell: float = param(0.05, "dex", "cells in mass ratio or mass", CHOICE, within=POSITIVE)
    axis_cell: float = param(0.1, "dex", "cells in axis", CHOICE, within=POSITIVE)
    min_rows: int = param(12, "", "fewest companions in the region", CHOICE, within=(4, inf))
    ratio_desert: tuple[float, float] = param((0.02, 0.05), "", "desert in mass ratio", "Zhang 2025", within=SHARE)
    mass_desert: tuple[float, float] = param((24.0, 42.0), "Mjup", "desert in mass, about 30 MJ", "Cui et al. 2026", within=POSITIVE)
    steepest: float = param(2.0, "dex/dex", "largest slope of a density, either sign", CHOICE, within=POSITIVE)
    most_curved: float = param(1.0, "1/dex", "largest downward curvature of a smooth density", CHOICE, within=POSITIVE)
    deepest: float = param(2.0, "dex", "deepest floor, and largest step height and ratio of the log-normal's peak, either sign", CHOICE, within=POSITIVE)
    peak_widths: tuple[float, float] = param((0.1, 1.0), "dex", "standard deviation of the log-normal", CHOICE, within=POSITIVE)
    bins: int = param(8, "", "steps of the step function", CHOICE)
    coarse_bins: int = param(4, "", "steps in mass ratio or mass of the step function in two halves of the axes", CHOICE)
    axis_split: float = param(1.0, "au", "axis between the two halves", CHOICE, within=POSITIVE)
    half_widths: tuple[float, float] = param((0.1, 0.5), "dex", "half width of a dip; the desert of Zhang (2025) has 0.2", CHOICE, within=POSITIVE)
    dip_edge: float = param(0.05, "dex", "logistic scale of a dip's edges", CHOICE, within=POSITIVE)
    flank: float = param(0.4, "dex", "least distance of a dip's centre from the ends of the range", CHOICE, within=POSITIVE)
    line_flank: float = param(0.15, "dex", "least distance of a line at 1 au from the ends of the range", CHOICE, within=POSITIVE)
    transition_widths: tuple[float, float] = param((0.03, 0.5), "dex", "transition widths of the two lines", CHOICE, within=POSITIVE)
    steepest_line: float = param(1.0, "dex/dex", "largest slope of a line in log axis, either sign", CHOICE, within=POSITIVE)
    narrowest: float = param(0.2, "dex", "least distance of the lines within the region", CHOICE, within=POSITIVE)
    valley_depth: float = param(0.3, "dex", "depth from which a valley counts as a desert: a factor of two", CHOICE, within=POSITIVE)
    walkers: int = param(32, "", "walkers of an ensemble", "Foreman-Mackey et al. 2013", within=(3, inf))
    ensembles: int = param(2, "", "independent ensembles", CHOICE, within=(1, inf))
    burn_in: int = param(500, "", "steps left out", CHOICE)
    steps: int = param(5000, "", "steps kept", CHOICE)
    autocorrelation_times: float = param(50.0, "", "fewest autocorrelation times in a chain whose estimate is trusted", "emcee", within=POSITIVE)
    largest_rhat: float = param(1.05, "", "largest rank-normalised split R-hat of a trusted posterior", "Vehtari et al. 2021", within=(1, inf))
    least_effective: float = param(400.0, "", "fewest effective draws of a trusted posterior", "Vehtari et al. 2021", within=POSITIVE)
    largest_pareto_k: float = param(0.7, "", "Pareto k above which a left-out density is not trusted", "Vehtari et al. 2024", within=POSITIVE)
    least_points: float = param(150.0, "", "fewest effective points of a trusted quadrature", CHOICE, within=POSITIVE)
    loo_draws: int = param(4000, "", "posterior draws of PSIS-LOO", CHOICE)
    points: int = param(65536, "", "points of the prior in a quadrature; a power of two", CHOICE)
    test_points: int = param(4096, "", "points of the prior in the test; a power of two", CHOICE)
    bootstrap: int = param(999, "", "catalogues simulated under the smooth density, for the test", CHOICE)
    pass_bootstrap: int = param(99, "", "of each robustness pass", CHOICE)
    power_catalogues: int = param(199, "", "catalogues of the declared alternative", CHOICE)
    alternative_depth: float = param(1.0, "dex", "depth of the valley in the declared alternative", "Zhang 2025: about an order of magnitude", within=POSITIVE)
    threshold_shift: float = param(0.3, "dex", "shift of a detection threshold in the robustness passes", CHOICE, within=POSITIVE)
    bandwidths: tuple[float, ...] = param((0.7, 1.0, 1.4), "", "bandwidths of the kernel density over Scott's, the default among them", CHOICE, within=POSITIVE)
    min_group: int = param(3, "", "fewest values of a group in a two-sample test", CHOICE)
    validation_catalogues: int = param(60, "", "catalogues of each case of FGK hosts simulated under the numbers of Cui et al.", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class DetectionConfig:
    """Forward model of selection: one smooth population seen through the sensitivity of each detection method."""

    rv_jitter: float = param(0.7, "m/s", "radial velocity: noise floor of star and instrument per measurement", "HARPS and ESPRESSO M dwarfs, Bonfils et al. 2013", within=POSITIVE)
    rv_noise: float = param(2.0, "m/s", "photon noise per measurement of a host at 10 pc, growing with distance", "CARMENES, Ribas et al. 2023", within=POSITIVE)
    rv_measurements: float = param(100.0, "", "measurements per host with planets", "CARMENES, Sabotta et al. 2021; Ribas et al. 2023", within=POSITIVE)
    rv_snr: float = param(7.0, "", "K sqrt(N / 2) over noise that is detected half the time", "Cumming 2004", within=POSITIVE)
    rv_baseline: float = param(3000.0, "d", "period that is covered half the time", "HARPS and CARMENES baselines, Bonfils et al. 2013; Ribas et al. 2023", within=POSITIVE)
    transit_noise: float = param(1200.0, "ppm", "transit: photometric noise in one hour of the median host, at 26 pc", "TESS at T = 13, Sullivan et al. 2015; Ricker et al. 2015", within=POSITIVE)
    transit_snr: float = param(7.3, "", "signal to noise that is detected half the time", "Sullivan et al. 2015", within=POSITIVE)
    transit_time: float = param(54.0, "d", "time on a host, two sectors; two transits are asked for", "Ricker et al. 2015", within=POSITIVE)
    lens_source: float = param(8200.0, "pc", "microlensing: distance of the sources", "GRAVITY Collaboration 2019", within=POSITIVE)
    lens_gap: float = param(1000.0, "pc", "least distance between lens and source", CHOICE, within=POSITIVE)
    lens_mass_ratio: float = param(1e-3, "", "mass ratio whose sensitivity at one Einstein radius is half the largest", "shape of Suzuki et al. 2016", within=POSITIVE)
    lens_slopes: tuple[float, float] = param((6.0, 4.0), "dex/dex", "growth of that mass ratio with the separation inside and outside one Einstein radius: planetary caustics of one size, q^(1/2) s^3 and q^(1/2) / s^2", "Han 2006", within=POSITIVE)
    lens_softness: float = param(0.6, "dex", "logistic scale in mass ratio: sensitivity falls as q^0.7 far below", "Suzuki et al. 2016", within=POSITIVE)
    imaging_mass: float = param(5.0, "Mjup", "imaging: background-limited mass of a young host, detected half the time", "Bowler 2016; Nielsen et al. 2019; Vigan et al. 2021", within=POSITIVE)
    imaging_angle: float = param(1.0, "arcsec", "separation inside which contrast limits", "Bowler 2016", within=POSITIVE)
    imaging_slope: float = param(1.5, "", "growth of the mass limit towards smaller separations, as a power", "Bowler 2016; Vigan et al. 2021", within=POSITIVE)
    imaging_inner: float = param(0.15, "arcsec", "inner working angle", "Bowler 2016", within=POSITIVE)
    imaging_outer: float = param(30.0, "arcsec", "edge of the field, wide-field surveys included", CHOICE, within=POSITIVE)
    astrometry_signature: float = param(1.0, "mas", "astrometry: orbit of the star detected half the time", "Perryman et al. 2014; Halbwachs et al. 2023", within=POSITIVE)
    astrometry_periods: tuple[float, float] = param((100.0, 1200.0), "d", "periods that an orbit solution covers", "34 months of Gaia DR3, Halbwachs et al. 2023", within=POSITIVE)
    usual_distances: tuple[float, float, float, float, float] = param((6.0, 26.0, 7000.0, 130.0, 30.0), "pc", "distance of hosts of radial velocity, transit, microlensing, imaging and astrometry when most of that method have none", "medians of the catalogue; astrometry: our choice", within=POSITIVE)
    threshold_softness: float = param(0.15, "dex", "logistic scale of every other signal's threshold, the spread of survey depths", CHOICE, within=POSITIVE)
    host_groups: int = param(1, "", "groups of a method's hosts, by what sets their reach, each with a sensitivity of its own", CHOICE)
    group_hosts: int = param(5, "", "fewest hosts in a group", CHOICE)
    more_groups: int = param(4, "", "groups in the robustness pass", CHOICE)
    window_softness: float = param(0.1, "dex", "logistic scale of edges in period and separation", CHOICE, within=POSITIVE)
    archive_mass_limit: float = param(30.0, "Mjup", "largest companion mass listed for lensing and imaging", "NASA Exoplanet Archive criteria, Christiansen et al. 2025", within=POSITIVE)
    catalogue_mass_limit: float = param(80.0, "Mjup", "largest companion mass listed for the other methods", "brown-dwarf catalogue, Stevenson et al. 2023", within=POSITIVE)
    desert: tuple[float, float] = param((0.02, 0.05), "", "mass ratios of the gap whose depth is tested", "Zhang 2025", within=SHARE)
    desert_depth: float = param(-1.0, "dex", "depth of the gap in the declared alternative", "Zhang 2025: about an order of magnitude", within=(-3, 0))
    deepest: float = param(3.0, "dex", "largest depth or height the fit can give, either sign", CHOICE, within=POSITIVE)
    desert_cells: int = param(4, "", "cells across the gap: the grid's step in log q", CHOICE)
    mass_ratio_range: tuple[float, float] = param((1e-6, 1.0), "", "mass ratios of the population", CHOICE, within=POSITIVE)
    axis_range: tuple[float, float] = param((0.0025, 1600.0), "au", "axes of the population", CHOICE, within=POSITIVE)
    axis_cells: int = param(58, "", "cells in log a", CHOICE)
    mass_ratio_break: float = param(1.7e-4, "", "break of the second single population, a smooth broken power law", "Suzuki et al. 2016", within=POSITIVE)
    break_softness: float = param(0.2, "dex", "softness of that break", CHOICE, within=POSITIVE)
    bootstrap: int = param(1999, "", "catalogues simulated under the single population, for the test", CHOICE)
    mixture_catalogues: int = param(499, "", "of which with Gaussian mixtures fitted", CHOICE)
    clump_catalogues: int = param(199, "", "of which with two clumps fitted given the methods", CHOICE)
    mixture_starts: int = param(20, "", "starts of each mixture, of simulated catalogues and of the real one alike", CHOICE)
    scan_range: tuple[float, float] = param((1e-3, 0.2), "", "mass ratios searched for a gap of the declared width", CHOICE, within=SHARE)
    hump_width: float = param(0.3, "dex", "standard deviation of the smooth valley between two humps, an alternative of the power table", CHOICE, within=POSITIVE)
    pass_bootstrap: int = param(199, "", "catalogues simulated in each robustness pass", CHOICE)
    power_catalogues: int = param(499, "", "catalogues simulated under the declared alternative", CHOICE)
    threshold_shift: float = param(0.3, "dex", "shift of each method's threshold in the robustness passes", CHOICE, within=POSITIVE)
    min_rows: int = param(30, "", "fewest companions for the fit", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class AgeInferenceConfig:
    """Intervals, power and partial correlations of the age trends, ages belonging to hosts."""

    permutations: int = param(9999, "", "permutations of the ages among hosts in the declared test and its interval", CHOICE)
    influence_permutations: int = param(1999, "", "permutations when each host is left out in turn", CHOICE)
    declared_correlation: float = param(0.3, "", "|r| between hosts, for which power is declared", CHOICE, within=SHARE)
    correlations: tuple[float, ...] = param((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), "", "|r| between hosts of the power curve", CHOICE, within=(0, 0.999))
    simulations: int = param(500, "", "simulated samples per point of the power curve", CHOICE)
    power_permutations: int = param(499, "", "permutations per simulated sample of the power curve", CHOICE)
    host_numbers: tuple[float, ...] = param((20, 40, 80, 160, 240), "", "numbers of aged hosts whose power is simulated", CHOICE, within=(4, 10_000))
    host_simulations: int = param(200, "", "simulated samples per number of hosts", CHOICE)
    coverage_simulations: int = param(200, "", "simulated samples that compare the coverage of intervals", CHOICE)
    coverage_permutations: int = param(199, "", "permutations, or resamples, in each of them", CHOICE)
    age_draws: int = param(100, "", "draws of the ages within their errors", CHOICE)
    age_permutations: int = param(499, "", "permutations per draw of the ages", CHOICE)
    unknown_age_error: float = param(0.3, "dex", "error of an age that is given without one", "a factor of two; our choice", within=POSITIVE)
    oldest_age: float = param(13.8, "Gyr", "no age is drawn above this", "age of the universe", within=POSITIVE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class CalibrationConfig:
    """What the simulated catalogues must show of each test, and how many are simulated again in a build."""

    significance: float = param(0.05, "", "nominal size of every test", "convention", within=SHARE)
    largest_size: float = param(0.06, "", "share of simulated null catalogues that a test may call significant before it is set aside", "declared before the numbers", within=SHARE)
    coverage: tuple[float, float] = param((0.93, 0.97), "", "coverage that a 95 % interval must have", "declared before the numbers", within=SHARE)
    coverage_few: tuple[float, float] = param((0.90, 0.98), "", "the same where a class holds fewer than ten rows", "declared before the numbers", within=SHARE)
    rerun_share: float = param(0.02, "", "share of the frozen simulations that every build makes again", "as for the other simulations", within=(-1e-300, 1))


@dataclass(frozen=True)
class RobustnessConfig:
    """Repeats of the headline statistics on subsets (specification section 8)."""

    restarts: int = param(20, "", "mixture starts per pass", CHOICE)
    splits: tuple[float, ...] = param((0.003, 0.005, 0.01, 0.02, 0.03, 0.05), "", "mass ratios at which the eccentricity subsets are split", CHOICE, within=(0.0, 1.0))


@dataclass(frozen=True)
class KozaiConfig:
    """The specification's feasibility criterion, level 0."""

    outer_mass_min: float = param(0.01, "Msun", "lowest perturber mass", CHOICE)
    outer_mass_max: float = param(1.0, "Msun", "highest perturber mass", CHOICE)
    outer_axis_min: float = param(5.0, "au", "smallest perturber axis", CHOICE)
    outer_axis_max: float = param(1000.0, "au", "largest perturber axis", CHOICE)
    mass_cells: int = param(100, "", "cells in log outer mass", SPEC)
    axis_cells: int = param(100, "", "cells in log outer axis", SPEC)
    draws: int = param(200, "", "draws of (e_out, cos i) per cell", SPEC)
    inner_axis: float = param(1.0, "au", "birth semi-major axis of the companion", CHOICE)
    outer_eccentricity_max: float = param(0.9, "", "e_out is uniform below this", CHOICE)
    time_limit: float = param(1.0, "Gyr", "time available T", SPEC)
    critical_radius: float = param(5.0, "R_star", "periapsis r_crit that counts as feasible", SPEC)
    time_limits: tuple[float, ...] = param((1.0, 3.0, 5.0), "Gyr", "T of the sensitivity table", SPEC)
    critical_radii: tuple[float, ...] = param((3.0, 5.0, 7.0), "R_star", "r_crit of the sensitivity table", SPEC)
    coverage_levels: tuple[float, ...] = param((0.01, 0.05, 0.10), "", "feasible fractions whose share of cells is reported", CHOICE, within=SHARE)
    ages: tuple[float, ...] = param((0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), "Gyr", "third axis: stellar ages, time = min(T, age)", SPEC)
    inner_axes: tuple[float, ...] = param((0.3, 1.0, 3.0, 10.0), "au", "birth axes of the sensitivity table", CHOICE)
    example_host_mass: float = param(0.08, "Msun", "the specification's example host, shown beside the published one", SPEC)
    example_companion_mass: float = param(0.30, "Mjup", "the specification's example companion", SPEC)
    example_axis: float = param(0.05, "au", "the specification's example final orbit", SPEC)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class LimitingConfig:
    """Level 1: limiting eccentricity with short-range forces; grid, draws, default time and seed are those of KozaiConfig."""

    companion_love: float = param(0.39, "", "Love number k_2 of the companion, twice its apsidal constant", "Saturn, Lainey et al. 2017", within=POSITIVE)
    stellar_love: float = param(0.286, "", "Love number k_2 of the star, twice its apsidal constant", "n = 3/2 polytrope, Brooker & Olle 1955", within=POSITIVE)
    companion_rotation: str = param("pseudo_synchronous", "", "spin behind the companion's bulge: pseudo_synchronous (at e_max) or synchronous", "Hut 1981")
    stellar_rotation: float = param(3.0, "d", "rotation period behind the star's bulge", CHOICE, within=POSITIVE)
    companion_q: float = param(1e5, "", "Q' of the companion in the default map; the others are those of TidesConfig", "Goldreich & Soter 1966", within=POSITIVE)
    disruption_factor: float = param(2.7, "r_t", "disruption periapsis in the default map", "Guillochon et al. 2011", within=POSITIVE)
    cycle_share: float = param(1.0, "sqrt(1-e_max^2)", "share of a cycle for which friction acts as at e_max", "Anderson, Storch & Lai 2016", within=SHARE)
    cycle_shares: tuple[float, ...] = param((0.05,), "sqrt(1-e_max^2)", "other shares, for the sensitivity; friction over integrated quadrupole cycles averages to about this", CHOICE, within=SHARE)
    time_limits: tuple[float, ...] = param((1.0, 5.0), "Gyr", "T of the sensitivity table", CHOICE, within=POSITIVE)
    inner_axes: tuple[float, ...] = param((1.0, 3.0, 10.0), "au", "birth axes of the sensitivity table", CHOICE, within=POSITIVE)


@dataclass(frozen=True)
class TidesConfig:
    """Tidal timescales, tidal disruption, and the age laws behind them."""

    stellar_q_young: float = param(1e5, "", "Q' of the star at young_age", SPEC, within=POSITIVE)
    stellar_q_old: float = param(1e7, "", "Q' of the star at old_age", SPEC, within=POSITIVE)
    young_age: float = param(0.01, "Gyr", "age below which Q' is clamped", CHOICE, within=POSITIVE)
    old_age: float = param(10.0, "Gyr", "age above which Q' is clamped", CHOICE, within=POSITIVE)
    radius_law: str = param("contracting", "", "contracting (physics stated) or literal (formula as written)", SPEC)
    radius_slope: float = param(0.1, "", "coefficient of log10(age/Gyr) in R(t)", SPEC)
    default_age: float = param(5.0, "Gyr", "age at which a timescale is quoted when the host has none", "typical field M dwarf", within=POSITIVE)
    companion_q: tuple[float, ...] = param((1e5, 1e6), "", "Q' of the companion", "Goldreich & Soter 1966", within=POSITIVE)
    stellar_q: tuple[float, ...] = param((1e6, 1e7), "", "Q' of the star quoted for the target", SPEC, within=POSITIVE)
    efficient_ratio: float = param(10.0, "", "tidal time over age up to which a system is a potential migrator", SPEC, within=POSITIVE)
    disruption_factors: tuple[float, ...] = param((1.7, 2.0, 2.7), "r_t", "disruption periapsis over tidal radius", "Guillochon et al. 2011", within=POSITIVE)


@dataclass(frozen=True)
class DiskConfig:
    """Disc-torque migration bands: ranges are flat (or log-flat where the ratio is ten or more) priors."""

    disk_mass_ratio: tuple[float, float] = param((0.003, 0.1), "M_star", "gas mass within the outer radius over host mass", CHOICE)
    outer_radius: float = param(30.0, "au", "outer radius that holds the gas mass", CHOICE, within=POSITIVE)
    density_slope: tuple[float, float] = param((0.5, 1.5), "", "p of Sigma ~ a^-p", CHOICE)
    aspect_ratio_1au: tuple[float, float] = param((0.025, 0.045), "", "H/a at 1 au", CHOICE)
    flaring: float = param(0.25, "", "H/a ~ a^flaring", "passively heated disc")
    viscosity: tuple[float, float] = param((1e-4, 1e-2), "", "alpha", CHOICE)
    rotation_period: tuple[float, float] = param((1.0, 10.0), "d", "stellar rotation whose corotation radius is the inner edge of the gas", CHOICE)
    lifetime: tuple[float, float] = param((1.0, 10.0), "Myr", "disc lifetime", CHOICE)
    birth_axes: tuple[float, ...] = param((1.0, 5.0, 10.0), "au", "orbits from which migration starts", CHOICE)
    axis_min: float = param(0.02, "au", "smallest orbit shown", CHOICE)
    axis_max: float = param(30.0, "au", "largest orbit shown", CHOICE)
    axis_cells: int = param(60, "", "orbits in the table", CHOICE)
    draws: int = param(4000, "", "draws of the disc parameters", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class OccurrenceConfig:
    """Perturbers of very-low-mass stars, what would have been noticed at TOI-6894, and predicted against observed close giants.

    A pair (value, error) is a mean with its standard deviation; a pair (median, spread) a log-normal in dex; a pair (low, high) a bracket, log-flat.
    """

    multiple_share: tuple[float, float] = param((0.43, 0.02), "", "share of stars of 0.1-0.3 Msun with a companion star or brown dwarf of any mass", "Winters et al. 2021", within=SHARE)
    primary_multiplicity: tuple[float, float] = param((0.21, 0.02), "", "share of primaries of 0.1-0.3 Msun with a lighter companion", "Winters et al. 2021", within=SHARE)
    mass_ratio_exponent: float = param(0.25, "", "beta of dN/dq ~ q^beta, q the mass of the secondary over that of the primary", "Reggiani & Meyer 2013", within=(-1, inf))
    lowest_mass_ratio: float = param(0.1, "", "q below which no companion is counted", "Reggiani & Meyer 2013", within=SHARE)
    companion_frequency_exponent: float = param(0.45, "", "companions per primary ~ mass to this power", "0.33 at 0.25 Msun and 0.62 at 1 Msun, Duchene & Kraus 2013")
    separation_of_primaries: tuple[float, float] = param((7.9, 1.1), "au, dex", "orbits of lighter companions: median, spread", "POKEMON IV, arXiv:2604.22983", within=POSITIVE)
    separation_of_secondaries: tuple[float, float] = param((30.0, 1.3), "au, dex", "orbits of the star about a heavier one", "our choice, between POKEMON IV (arXiv:2604.22983) and Raghavan et al. 2010", within=POSITIVE)
    narrow_separation: tuple[float, float] = param((6.0, 0.47), "au, dex", "orbits of companions of late M dwarfs, for the sensitivity", "Janson et al. 2014", within=POSITIVE)
    gaia_span: float = param(2.83, "yr", "time covered by the astrometry", "Gaia DR3, 34 months", within=POSITIVE)
    along_scan_error: float = param(0.46, "mas", "error of one along-scan observation at G = 16.3", "Lindegren et al. 2021, fig. A.1", within=POSITIVE)
    unit_weight_error: float = param(1.4, "", "RUWE above which an astrometric fit counts as disturbed", "Lindegren et al. 2018", within=(1, inf))
    host_magnitude: float = param(16.31, "mag", "G of TOI-6894", "TESS input catalogue in the PSCompPars export of 2026-06-02")
    faintest_magnitude: float = param(20.7, "mag", "G down to which a companion would be a Gaia source", "Gaia Collaboration 2021")
    resolved_separation: float = param(0.7, "arcsec", "separation from which Gaia resolves an equal pair", "El-Badry et al. 2021", within=POSITIVE)
    resolved_slope: float = param(0.35, "arcsec/mag", "growth of that separation with the difference in G", "our choice, after Brandeker & Cataldi 2019")
    velocities: int = param(17, "", "precise radial velocities", "Bryant et al. 2025")
    velocity_amplitude_error: float = param(8.3, "m/s", "error of the published semi-amplitude, which sets the error of one velocity", "Bryant et al. 2025", within=POSITIVE)
    velocity_span: float = param(0.3, "yr", "time the velocities cover", "our choice: dates not known to us", within=POSITIVE)
    trend_sigmas: float = param(3.0, "", "errors by which a trend would have been noticed", CHOICE, within=POSITIVE)
    noticed_flux_ratio: float = param(0.1, "", "light in G over the host's above which a second star in spectrum or colours is noticed", CHOICE, within=POSITIVE)
    sharpness: float = param(6.0, "", "power of signal over threshold in every detection probability", CHOICE, within=POSITIVE)
    close_period: float = param(10.0, "d", "period up to which the surveys count a giant as close", "Bryant et al. 2023", within=POSITIVE)
    birth_fragments: tuple[float, float] = param((1e-4, 0.15), "per star", "fragments of giant-planet mass born on wide orbits; at most all cold giants of microlensing", "our choice; Suzuki et al. 2016", within=SHARE)
    birth_disc: tuple[float, float] = param((1e-3, 0.15), "per star", "giants formed in the disc, by either mechanism, before they migrate", "our choice; Suzuki et al. 2016", within=SHARE)
    wide_planets: tuple[float, float] = param((0.023, 0.018), "per star", "companions of 2-14 Mjup at 8-400 au of M dwarfs, the lightest that imaging counts", "Lannier et al. 2016", within=SHARE)
    microlensing_amplitude: tuple[float, float] = param((0.61, 0.13), "dex^-2, dex", "A of d2N / dlog q dlog s = A (q/q_break)^n s^m: median, spread", "Suzuki et al. 2016", within=POSITIVE)
    microlensing_slope: float = param(-0.93, "", "n", "Suzuki et al. 2016", within=(-inf, 0))
    microlensing_separation_slope: float = param(0.49, "", "m", "Suzuki et al. 2016", within=POSITIVE)
    microlensing_break: float = param(1.7e-4, "", "q_break", "Suzuki et al. 2016", within=POSITIVE)
    microlensing_mass_ratios: tuple[float, float] = param((5e-4, 0.03), "", "mass ratios counted as giants, from 0.1 Mjup about 0.2 Msun", CHOICE, within=SHARE)
    microlensing_separations: tuple[float, float] = param((0.3, 5.0), "Einstein radii", "separations counted", "Suzuki et al. 2016", within=POSITIVE)
    bryant_2023: tuple[float, float] = param((1.37e-3, 0.97e-3), "per star", "close giants, hosts of 0.088-0.26 Msun, 1-10 d", "Bryant et al. 2023", within=SHARE)
    glusman_late: tuple[float, float] = param((3.6e-4, 2.4e-4), "per star", "close giants, hosts M4 and later, 1-5 d", "Glusman et al. 2025, later version", within=SHARE)
    glusman_late_preprint: tuple[float, float] = param((3.2e-4, 3.2e-4), "per star", "the same in the first preprint", "Glusman et al. 2025, arXiv v1", within=SHARE)
    glusman_mid: tuple[float, float] = param((1.53e-3, 0.69e-3), "per star", "close giants, hosts M2.5-M4, 1-5 d", "Glusman et al. 2025, later version", within=SHARE)
    gillis_limit: float = param(0.012, "per star", "upper limit on hot Jupiters of mid-to-late M dwarfs within 10 d", "Gillis et al. 2026", within=SHARE)
    ment_limit: float = param(0.07, "per star", "1-sigma upper limit on planets above 1.5 Earth radii, 0.5-7 d, hosts of 0.1-0.3 Msun", "Ment & Charbonneau 2023", within=SHARE)
    coverage: float = param(0.95, "", "coverage of the intervals that the verdict compares", CHOICE, within=SHARE)
    draws: int = param(40_000, "", "draws of every factor", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class GaiaConfig:
    """Companions of the hosts in the non-single-star tables of Gaia DR3: quality cuts and what an accepted solution implies.

    RUWE limit and time span are those of OccurrenceConfig; the grid's limits, T, birth axis and e_out those of KozaiConfig.
    """

    table: str = param("", "path", "cross-match to use instead of the frozen one")
    significance_floor: float = param(5.0, "", "least a0 over its error of an astrometric orbit", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    significance_period: float = param(158.0, "d^1/2", "the same times sqrt(P)", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    parallax_period: float = param(20_000.0, "d", "least parallax over its error of an astrometric orbit, times P", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    eccentricity_error: tuple[float, float] = param((0.079, -0.244), "", "largest error of e: slope in ln(P/d), and intercept", "Halbwachs et al. 2023; El-Badry et al. 2024")
    orbit_goodness: float = param(25.0, "", "largest F2 of an orbit", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    acceleration_significance: float = param(20.0, "", "least significance of an acceleration", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    acceleration_goodness: tuple[float, float] = param((22.0, 25.0), "", "largest F2 of a constant and of a changing acceleration", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    acceleration_parallax: tuple[float, float] = param((1.2, 2.1), "", "least parallax over its error of either, over significance^1.05", "Halbwachs et al. 2023; El-Badry et al. 2024", within=POSITIVE)
    velocity_significance: float = param(20.0, "", "least amplitude, or slope, over its error of a spectroscopic solution", CHOICE, within=POSITIVE)
    parallax_inflation: tuple[float, float, float] = param((1.7, 1.3, 2.5), "", "true over stated parallax error: orbits brighter and fainter than G = 14, accelerations", "Nagarajan & El-Badry 2024", within=POSITIVE)
    same_period: float = param(0.05, "", "relative difference of periods up to which a solution is the catalogue's own companion", CHOICE, within=SHARE)
    host_mass_error: float = param(0.1, "", "relative error of a host mass that is given without one", CHOICE, within=SHARE)
    draws: int = param(4000, "", "draws of the errors of each solution", CHOICE)
    seed: int = param(6894, "", "random seed")


@dataclass(frozen=True)
class SecularConfig:
    """Level 2: the physics of the secular integration; tides are described by time lags alone, never by Q'."""

    start_age: float = param(5.0, "Myr", "age of the star when the cycles start", CHOICE, within=POSITIVE)
    octupole: bool = param(True, "", "octupole terms", "Liu, Munoz & Lai 2015")
    corrected_averaging: bool = param(True, "", "second-order term of double averaging", "Luo, Katz & Dong 2016; Tremaine 2023")
    relativity: bool = param(True, "", "first post-Newtonian precession", "Fabrycky & Tremaine 2007")
    bulges: bool = param(True, "", "tidal and rotational bulges of both bodies", "Fabrycky & Tremaine 2007")
    friction: bool = param(True, "", "tidal friction in both bodies", "Hut 1981")
    companion_lag: float = param(1.0, "s", "time lag of the companion; 1 s is Q' of about 2e5 at the target's orbit", CHOICE, within=(0, 1e4))
    companion_lags: tuple[float, ...] = param((0.1, 1.0, 10.0), "s", "time lags of the sweep, two decades", CHOICE, within=(0, 1e4))
    star_lag: float = param(0.1, "s", "time lag of the star; 0.1 s is Q' of about 2e6 at the target's orbit", CHOICE, within=(0, 1e4))
    companion_love: float = param(0.39, "", "Love number k_2 of the companion", "Saturn, Lainey et al. 2017", within=POSITIVE)
    star_love: float = param(0.286, "", "Love number k_2 of the star", "n = 3/2 polytrope, Brooker & Olle 1955", within=POSITIVE)
    companion_inertia: float = param(0.25, "m R^2", "moment of inertia of the companion", "gas giants, 0.22-0.28", within=SHARE)
    companion_rotation: float = param(0.5, "d", "rotation period of the companion at the start", CHOICE, within=POSITIVE)
    companion_spin: str = param("state", "", "state (integrated) or pseudo_synchronous", "Hut 1981")
    star_rotation: float = param(3.0, "d", "rotation period of the star, constant, along the orbit's normal", CHOICE, within=POSITIVE)
    star_radius: str = param("track", "", "radius with age: track (BHAC15), contracting, literal or constant", "Baraffe et al. 2015; specification")
    companion_radius: str = param("cooling", "", "radius with age: cooling or constant", "Linder et al. 2019; Fortney et al. 2007")
    reference_age: float = param(5.0, "Gyr", "age at which the published radii hold", "typical field M dwarf", within=POSITIVE)
    disruption_factors: tuple[float, ...] = param((2.7, 2.0, 1.7), "r_t", "periapsis that disrupts, over the tidal radius: default first, falling", "Guillochon et al. 2011", within=POSITIVE)
    close_axis: float = param(0.1, "au", "an orbit this small counts as migrated", CHOICE, within=POSITIVE)
    tolerance: float = param(1e-10, "", "local error of a step, of vectors of length one", "outcome fractions agree with 1e-11", within=(0, 1e-6))
    averaging_floor: float = param(3.0, "epsilon_SA", "sqrt(1 - e^2) below which double averaging fails and a run ends", "Luo, Katz & Dong 2016", within=(-1, inf))
    quench_ratio: float = param(0.01, "", "relative change of 1 - e^2 by the perturber in a turn of the apsis, below which it is dropped", CHOICE, within=SHARE)
    certify: bool = param(True, "", "stop where the attainable eccentricity is bounded below what matters")
    settle_cycles: float = param(2e5, "t_k", "Kozai times before periapsis minima are compared; an orbit counts as settled after twice as many", "compared with runs to the end", within=POSITIVE)
    settle_margin: float = param(2.5, "", "smallest periapsis of a settled orbit over the outermost disruption radius", CHOICE, within=POSITIVE)
    step_limit: int = param(10_000_000, "", "steps after which a system is given up and counted as invalid")


@dataclass(frozen=True)
class EnsembleConfig:
    """Level 2: priors of the ensemble of triples, and what is asked of its outcomes; the physics is that of SecularConfig.

    A triple is drawn from the product of the priors and drawn again until it is stable (Mardling & Aarseth 2001), all of it at once.
    """

    inner_axis_median: float = param(4.0, "au", "birth orbit of the companion: median of a log-normal", "peak of very-low-mass binaries, Winters et al. 2019; Offner et al. 2023", within=POSITIVE)
    inner_axis_spread: float = param(0.5, "dex", "its standard deviation", CHOICE, within=POSITIVE)
    inner_axis_min: float = param(0.3, "au", "smallest birth orbit", CHOICE, within=POSITIVE)
    inner_axis_max: float = param(30.0, "au", "largest birth orbit", CHOICE, within=POSITIVE)
    inner_eccentricity: float = param(0.01, "", "eccentricity of the companion at the start", CHOICE, within=(-1e-300, 0.9))
    outer_mass_law: str = param("flat", "", "perturber mass: flat or log_flat", CHOICE)
    outer_mass_min: float = param(0.01, "Msun", "lowest perturber mass", CHOICE, within=POSITIVE)
    outer_mass_max: float = param(1.0, "Msun", "highest perturber mass", CHOICE, within=POSITIVE)
    outer_axis_median: float = param(30.0, "au", "perturber's orbit: median of a log-normal", CHOICE, within=POSITIVE)
    outer_axis_spread: float = param(1.2, "dex", "its standard deviation", CHOICE, within=POSITIVE)
    outer_axis_max: float = param(5000.0, "au", "largest perturber orbit; the smallest is the stability limit", CHOICE, within=POSITIVE)
    outer_eccentricity_law: str = param("thermal", "", "perturber's eccentricity: thermal (density 2e) or uniform, up to stability", "Jeans 1919; Ambartsumian 1937")
    time_limit: float = param(1.0, "Gyr", "time available T", SPEC, within=POSITIVE)
    seed: int = param(6894, "", "random seed")
    attempts: int = param(10_000, "", "most draws of one triple before it is given up as impossible", CHOICE)
    systems: int = param(20_000, "", "triples of the frozen ensemble", "migrated share to 10 %")
    own_systems: int = param(400, "", "triples integrated in the build when the frozen ensemble is for another target or other physics", CHOICE)
    rerun_share: float = param(0.02, "", "share of the frozen triples that every build integrates again and compares", CHOICE, within=SHARE)
    time_limits: tuple[float, ...] = param((0.1, 0.3, 1.0, 5.0), "Gyr", "T of the sensitivity table; beyond time_limit from the ensemble that ran longer", CHOICE, within=POSITIVE)
    averaging_thresholds: tuple[float, ...] = param((0.0, 1.0, 3.0, 10.0), "epsilon_SA", "smallest sqrt(1 - e^2) below which a triple counts as invalid, 0 never; that of the headline is secular.averaging_floor", "Luo, Katz & Dong 2016", within=(-1e-300, inf))
    inner_axis_medians: tuple[float, ...] = param((1.0, 2.0, 4.0, 8.0), "au", "other medians of the birth orbit, by weights", CHOICE, within=POSITIVE)
    outer_axis_medians: tuple[float, ...] = param((10.0, 100.0, 300.0), "au", "other medians of the perturber's orbit, by weights", CHOICE, within=POSITIVE)
    least_effective: float = param(100.0, "", "effective number of triples below which a weighted share is not trusted", CHOICE, within=POSITIVE)


@dataclass(frozen=True)
class LadderConfig:
    """Levels 0, 1 and 2 on one grid and the same draws: every `stride`-th cell of the level-0 map, and the first `draws` of its draws.

    Grid, draws, birth axis and seed are those of KozaiConfig, the physics that of SecularConfig, T, e_in and the averaging thresholds those of EnsembleConfig.
    """

    stride: int = param(4, "cells", "every so many cells of either axis", CHOICE)
    offset: int = param(2, "cells", "cells of either axis before the first one", CHOICE)
    draws: int = param(32, "", "draws per cell, the first of those of level 0", CHOICE)
    rerun_share: float = param(0.02, "", "share of the frozen draws that every build integrates again and compares", CHOICE, within=SHARE)


@dataclass(frozen=True)
class AgreementConfig:
    """Comparison of level 2 with the frozen direct integrations."""

    samples: int = param(2000, "", "times at which level 2 is read over a run", CHOICE)
    refinement: int = param(41, "", "times between the neighbours of every eccentricity maximum", CHOICE)
    tolerance: float = param(1e-11, "", "local error of level 2 per step", CHOICE, within=(0, 1e-6))


@dataclass(frozen=True)
class SynthesisConfig:
    """Two ways to form a companion in a disc, core accretion and fragmentation, and their mixture."""

    systems: int = param(20_000, "", "systems per model")
    variant_systems: int = param(5_000, "", "systems per model in a variation")
    seed: int = param(30, "", "random seed")
    repeats: int = param(20, "", "repeats of the fit of the weights with resampled hosts and systems", "ten in Cui et al. 2026")
    metallicity_mean: float = param(0.0, "dex", "mean [Fe/H] of the hosts", "our choice")
    metallicity_spread: float = param(0.2, "dex", "spread of [Fe/H]", "our choice", POSITIVE)
    luminosity_slope: float = param(1.5, "", "slope of the young star's luminosity with its mass, one Lsun at one Msun", "our choice", POSITIVE)
    log_rate: float = param(-7.5, "dex", "log10 of the first accretion rate (Msun/yr) on a star of one solar mass", "Liu et al. 2019, about; Manara et al. 2023")
    rate_spread: float = param(0.3, "dex", "its spread", "Liu et al. 2019, about", POSITIVE)
    rate_slope: float = param(1.0, "", "its slope with the host mass: discs begin as the same share of every star", "our choice; 1.8 as in older discs (Alcala et al. 2017) is a variation", POSITIVE)
    disc_radius: tuple[float, float] = param((50.0, 200.0), "au", "range of disc sizes at one solar mass, growing as M^(1/2)", "Cui et al. 2026, table S3", POSITIVE)
    lifetime: float = param(3e6, "yr", "median lifetime of the accreting disc", "Haisch et al. 2001; Mamajek 2009", POSITIVE)
    lifetime_spread: float = param(0.2, "dex", "its spread", "our choice", POSITIVE)
    accretion_alpha: float = param(1e-2, "", "alpha of the accreting disc", "Liu et al. 2019", POSITIVE)
    turbulence: float = param(1e-4, "", "alpha at the midplane", "Liu et al. 2019; Cui et al. 2026 vary it", POSITIVE)
    migration_factor: float = param(0.3, "", "reduction of the migration of growing planets", "varied by Cui et al. 2026", POSITIVE)
    pebble_factor: float = param(1.0, "", "pebble flux over one per cent of the gas flux", "our choice", POSITIVE)
    pebble_column: float = param(0.15, "g/cm^2", "density times radius of pebbles: millimetres of 1.5 g/cm^3", "Cui et al. 2026", POSITIVE)
    envelope_opacity: float = param(1.0, "cm^2/g", "opacity of a contracting envelope", "Liu et al. 2019", POSITIVE)
    birth_axis: tuple[float, float] = param((0.1, 50.0), "au", "range of birth orbits of protoplanets, logarithmic", "our choice", POSITIVE)
    birth_time: tuple[float, float] = param((1e4, 1e6), "yr", "range of birth times of protoplanets, logarithmic", "our choice", POSITIVE)
    birth_mass: float = param(0.01, "Mearth", "mass of a protoplanet", "Liu et al. 2019", POSITIVE)
    inner_edge: float = param(0.04, "au", "inner edge of the gas at one solar mass, growing as M^(1/3)", "corotation with a star that turns in three days", POSITIVE)
    disc_mass: tuple[float, float] = param((0.3, 0.2), "", "mean and spread of the unstable disc's mass over the star's, between 0.05 and 1", "form of Cui et al. 2026; values: our choice", POSITIVE)
    log_unstable_radius: tuple[float, float] = param((2.0, 0.5), "dex", "mean and spread of log10 of the unstable disc's radius in au at one solar mass, between 1 and 3", "Cui et al. 2026", POSITIVE)
    log_dispersal: tuple[float, float] = param((5.5, 0.5), "dex", "mean and spread of log10 of its dispersal time in yr, between 4.5 and 6.5", "bounds of Cui et al. 2026; values: our choice", POSITIVE)
    unstable_alpha: float = param(0.04, "", "alpha of the self-gravitating disc", "Cui et al. 2026", POSITIVE)
    cold_temperature: float = param(20.0, "K", "temperature at 100 au of a disc around one Lsun, as L^(1/4), at least 10 K", "Cui et al. 2026", POSITIVE)
    fragment_factor: tuple[float, float] = param((0.5, 2.0), "", "range of a fragment's mass over 4 M h^3, logarithmic", "Boley et al. 2010; Kratter & Lodato 2016", POSITIVE)
    largest_toomre: float = param(1.5, "", "Q at the birth orbit up to which a disc fragments", "Durisen et al. 2007", POSITIVE)
    cooling_time: float = param(1e5, "yr", "mass over its growth rate of a fragment of five Jupiters that cools", "free in Cui et al. 2026; our choice", POSITIVE)
    cooling_mass_slope: float = param(1.0, "", "power with which that time falls with mass", "free in Cui et al. 2026; our choice", POSITIVE)
    cooling_metal_slope: float = param(1.0, "", "power with which it grows with the metal fraction", "free in Cui et al. 2026; our choice", POSITIVE)
    log_mass_ratio_bins: tuple[float, float, float] = param((-6.5, 0.0, 0.5), "dex", "first and last edge and width of the bins in log10 q", "our choice")
    log_axis_bins: tuple[float, float, float] = param((-2.5, 3.0, 0.5), "dex", "the same in log10 a/au", "our choice")
    metallicity_edges: tuple[float, float] = param((-0.1, 0.1), "dex", "edges between three bins of [Fe/H]", "Cui et al. 2026")
    least_companions: int = param(20, "", "companions in bins that a model reaches below which no weights are fitted", "our choice")
    least_systems: float = param(5.0, "", "synthetic systems in a bin below which nothing is said about a companion in it", "our choice", POSITIVE)


@dataclass(frozen=True)
class VettingConfig:
    """Photometric and dynamical vetting of close companions."""

    close_axis: float = param(0.1, "au", "largest semi-major axis of a companion that is vetted", "", POSITIVE)
    facts: str = param("", "path", "CSV of photometric and astrometric facts beside data/vetting.csv")
    draws: int = param(4000, "", "draws of the catalogue's errors")
    seed: int = param(20, "", "random seed")
    limb_darkening: tuple[float, ...] = param((0.3, 0.7), "", "range of the linear limb-darkening coefficient u", "M dwarfs in the band of TESS (Claret 2017, A&A 600, A30)", (0, 1))
    gravity_darkening: tuple[float, ...] = param((0.2, 0.6), "", "range of the gravity-darkening coefficient g", "convective envelopes (Claret 2017)", (0, 2))
    band_wavelength: float = param(7.865e-7, "m", "pivot wavelength of the photometry", "TESS (Ricker et al. 2015, JATIS 1, 014003)", POSITIVE)
    largest_albedo: float = param(0.5, "", "largest geometric albedo, uniform from zero", "our choice", SHARE)
    track_radius_error: float = param(0.1, "", "relative error of a host radius from evolutionary tracks", "our choice", POSITIVE)
    density_sigma: float = param(3.0, "sigma", "difference of densities beyond which they disagree", "", POSITIVE)
    density_floor: float = param(0.02, "", "smallest relative error of a density ratio: catalogues round", "our choice", POSITIVE)
    odd_even_sigma: float = param(3.0, "sigma", "difference of odd and even depths that speaks for twice the period", "", POSITIVE)
    ruwe_limit: float = param(1.4, "", "RUWE above which a star is not single astrometrically", "Lindegren et al. (2021, A&A 649, A2)", POSITIVE)
    example_limit: float = param(200.0, "ppm", "limit on variability with which the sample is asked what it would exclude", "that of TOI 864.01", POSITIVE)


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


@dataclass(frozen=True)
class Config:
    """One run: everything that can change a number."""

    catalogue: CatalogueConfig = CatalogueConfig()
    target: TargetConfig = TargetConfig()
    selection: SelectionConfig = SelectionConfig()
    mixture: MixtureConfig = MixtureConfig()
    eccentricity: EccentricityConfig = EccentricityConfig()
    origin: OriginConfig = OriginConfig()
    ages: AgesConfig = AgesConfig()
    mixture_tests: MixtureTestsConfig = MixtureTestsConfig()
    eccentricity_inference: EccentricityInferenceConfig = EccentricityInferenceConfig()
    origin_skill: OriginSkillConfig = OriginSkillConfig()
    detection: DetectionConfig = DetectionConfig()
    desert: DesertConfig = DesertConfig()
    age_inference: AgeInferenceConfig = AgeInferenceConfig()
    calibration: CalibrationConfig = CalibrationConfig()
    robustness: RobustnessConfig = RobustnessConfig()
    kozai: KozaiConfig = KozaiConfig()
    limiting: LimitingConfig = LimitingConfig()
    tides: TidesConfig = TidesConfig()
    disk: DiskConfig = DiskConfig()
    agreement: AgreementConfig = AgreementConfig()
    secular: SecularConfig = SecularConfig()
    ensemble: EnsembleConfig = EnsembleConfig()
    ladder: LadderConfig = LadderConfig()
    circumbinary: CircumbinaryConfig = CircumbinaryConfig()
    occurrence: OccurrenceConfig = OccurrenceConfig()
    gaia: GaiaConfig = GaiaConfig()
    synthesis: SynthesisConfig = SynthesisConfig()
    vetting: VettingConfig = VettingConfig()


def parameters(config: Config) -> list[tuple[str, Any, str, str, str]]:
    """Rows (section.name, value, unit, meaning, source) of the parameter table."""
    rows = []
    for section in fields(config):
        values = getattr(config, section.name)
        for item in fields(values):
            meta = item.metadata
            rows.append((f"{section.name}.{item.name}", getattr(values, item.name), meta["unit"], meta["meaning"], meta["source"]))
    return rows


def with_overrides(config: Config, overrides: dict[str, dict[str, Any]], origin: str) -> Config:
    """A copy of `config` with {section: {name: value}} replaced; `origin` names the source in errors.

    Raises InputError for an unknown section or name, a value of another type, or a number out of range.
    """
    for section, values in overrides.items():
        if section not in asdict(config) or not isinstance(values, dict):
            raise InputError(f"{origin}: [{shown(section)}] is not a section of the configuration; use one of {_some(section, asdict(config))}.")
        current = getattr(config, section)
        for name, value in values.items():
            if name not in asdict(current):
                raise InputError(f"{origin}: [{section}] has no parameter '{shown(name)}'; use one of {_some(name, asdict(current))}.")
            kind = {item.name: item for item in fields(current)}[name]
            current = replace(current, **{name: _coerced(value, kind, f"{origin}: [{section}] {name}")})
        config = replace(config, **{section: current})
    return config


def _some(name: str, known: Iterable[str]) -> str:
    """The names that may have been meant, first those like `name`, and how many more there are."""
    names = list(known)
    first = get_close_matches(name[:40], names, SHOWN_NAMES)
    shown_names = (first + [other for other in names if other not in first])[:SHOWN_NAMES]
    return ", ".join(shown_names) + (f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else "")


def _brief(value: Any) -> str:
    """A value as a message shows it, whatever its size or depth."""
    try:
        return shown(reprlib.repr(value), 80)
    except ValueError:  # a whole number with more digits than Python writes
        return "a number too long to show"


def _as_float(value: float) -> float:
    """A number as float64; a whole number beyond its range is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf


def _coerced(value: Any, parameter: Field[Any], where: str) -> Any:
    """`value` in the type of the parameter's default (None stands for an optional number), within its bounds."""
    default, (low, high) = parameter.default, parameter.metadata["within"]
    if isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, int):
        good = isinstance(value, int) and not isinstance(value, bool)
    elif isinstance(default, float) or default is None:
        good = (value is None and default is None) or (isinstance(value, int | float) and not isinstance(value, bool))
        value = _as_float(value) if good and value is not None else value
    elif isinstance(default, tuple):
        good = isinstance(value, list | tuple) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        value = tuple(_as_float(v) for v in value) if good else value
    else:
        good = isinstance(value, str)
    if not good:
        raise InputError(f"{where} is {_brief(value)}; expected a value like {default!r}.")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, float) and not isfinite(number):
            raise InputError(f"{where} is {_brief(value)}; expected a finite number like {default!r}.")
        if isinstance(number, int | float) and not low < number <= high:
            upper = f" and at most {high:g}" if isfinite(high) else ""
            raise InputError(f"{where} is {_brief(value)}; expected above {low:g}{upper}, like {default!r}.")
    if isinstance(value, tuple):
        declared = get_args(parameter.type)
        length = 0 if Ellipsis in declared else len(declared)
        if not value or len(value) > LONGEST_LIST or (length and len(value) != length):
            expected = f"{length} numbers" if length else f"1 to {LONGEST_LIST} numbers"
            given = f"has {len(value)} numbers" if value else "is empty"
            raise InputError(f"{where} {given}; expected a list of {expected} like {list(default)!r}.")
    least = 0 if where.endswith(" seed") else 1  # every other whole number counts rows, draws, cells or folds
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(default, int) and not least <= value <= LARGEST_WHOLE:
        raise InputError(f"{where} is {_brief(value)}; expected a whole number from {least}, of at most 64 bits.")
    return value
