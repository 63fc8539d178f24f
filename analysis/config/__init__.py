"""Every parameter once: its default, unit, meaning and source.

The classes hold values only, no logic, so that a stage's cache key needs the values and not these files.
`run.toml` has one table per field of `Config`; command-line options override it.
"""

# ruff: noqa: RUF009 (every section is frozen, so that one instance serves all)

from dataclasses import dataclass, fields
from typing import Any

from analysis.config.catalogue import CatalogueConfig, SelectionConfig, TargetConfig
from analysis.config.circumbinary import CircumbinaryConfig
from analysis.config.migration import (
    AgreementConfig,
    DiskConfig,
    EnsembleConfig,
    GaiaConfig,
    KozaiConfig,
    LadderConfig,
    LimitingConfig,
    OccurrenceConfig,
    SecularConfig,
    TidesConfig,
)
from analysis.config.overrides import with_overrides
from analysis.config.population import (
    AgeInferenceConfig,
    AgesConfig,
    CalibrationConfig,
    DesertConfig,
    DetectionConfig,
    EccentricityConfig,
    EccentricityInferenceConfig,
    MixtureConfig,
    MixtureTestsConfig,
    OriginConfig,
    OriginSkillConfig,
    RobustnessConfig,
)
from analysis.config.studies import SynthesisConfig, VettingConfig

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
