"""Parameters: migration."""

from dataclasses import dataclass
from math import inf

from analysis.config.parameter import CHOICE, POSITIVE, SHARE, SPEC, param

__all__ = [
    "AgreementConfig",
    "DiskConfig",
    "EnsembleConfig",
    "GaiaConfig",
    "KozaiConfig",
    "LadderConfig",
    "LimitingConfig",
    "OccurrenceConfig",
    "SecularConfig",
    "TidesConfig",
]


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
