"""Parameters: models of formation, and vetting."""

from dataclasses import dataclass

from analysis.config.parameter import POSITIVE, SHARE, param

__all__ = ["SynthesisConfig", "VettingConfig"]


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
