"""Parameters: what is read and who is studied."""

from dataclasses import dataclass

from analysis.config.parameter import POSITIVE, SPEC, param

__all__ = ["CatalogueConfig", "SelectionConfig", "TargetConfig"]


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
