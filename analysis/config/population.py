"""Parameters: statistics of the sample."""

from dataclasses import dataclass
from math import inf

from analysis.config.parameter import CHOICE, POSITIVE, SHARE, SPEC, param

__all__ = [
    "AgeInferenceConfig",
    "AgesConfig",
    "CalibrationConfig",
    "DesertConfig",
    "DetectionConfig",
    "EccentricityConfig",
    "EccentricityInferenceConfig",
    "MixtureConfig",
    "MixtureTestsConfig",
    "OriginConfig",
    "OriginSkillConfig",
    "RobustnessConfig",
]


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
