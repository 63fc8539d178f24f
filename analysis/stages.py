"""The stages of a run and the files that their results become: one table, read from top to bottom.

`STAGES` are pure functions, each with the sections of the configuration, the results of other stages and the frozen files that it needs. `OUTPUTS`
turn results into files; `DERIVED` outputs are written from those files alone (claims, numbers, summary). Standard library only.
"""

from dataclasses import dataclass

__all__ = ["DERIVED", "OUTPUTS", "SIMULATIONS", "STAGES", "Output", "Stage"]


@dataclass(frozen=True)
class Stage:
    """A pure function `run(config, **needs)`; `sections` after the first arrive as `<section>_config`."""

    name: str
    module: str
    sections: tuple[str, ...]
    needs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # parameters of its sections that name input files; the first section that has one counts


@dataclass(frozen=True)
class Output:
    """A function `write(directory, context, **needs)` that makes a group of artifacts."""

    name: str
    module: str
    needs: tuple[str, ...] = ()
    function: str = "write"
    reads: tuple[str, ...] = ()  # files it reads besides artifacts and results, from the repository root


SIMULATIONS = "simulations"  # folder of outcomes too costly for every build, within the frozen data
_TRACKS = "bhac15_radii.csv"
_ANCHORS = "../anchors.csv"  # curated, beside the frozen tables
_VETTING = "../vetting.csv"
_SIMULATIONS = ("default", "lag_short", "lag_long", "spin_pseudo", "time_5gyr", "tolerance_loose", "tolerance_tight")
_FROZEN_BY = "simulations/MANIFEST.json"  # which code made them: a result says whether it is still the same
_ENSEMBLES = (_FROZEN_BY, *(f"simulations/ensemble_{tag}.npz" for tag in _SIMULATIONS))
_DIRECT = (_FROZEN_BY, *(f"simulations/{name}.csv" for name in ("direct", "direct_maxima", "direct_summary")))
STAGES = {
    stage.name: stage
    for stage in (
        Stage("catalogue", "analysis.catalogue.load", ("catalogue",), (), ("companions.csv", "corrections.csv", "host_ages.csv", "MANIFEST.json"), ("ps", "bd")),
        Stage("columns", "analysis.catalogue.columns", ("catalogue",)),
        Stage("target", "analysis.catalogue.target", ("target",), (), ("toi6894.csv",)),
        Stage("sample", "analysis.catalogue.cuts", ("selection",), ("catalogue", "target")),
        Stage("mixture", "analysis.population.mixture.stage", ("mixture",), ("sample",)),
        Stage("eccentricity", "analysis.population.eccentricity.stage", ("eccentricity",), ("sample",)),
        Stage("eccentricity_inference", "analysis.population.eccentricity.inference", ("eccentricity_inference", "eccentricity"), ("sample",)),
        Stage("origin", "analysis.population.origin.stage", ("origin",), ("sample",), (), ("labels",)),
        Stage("origin_skill", "analysis.population.origin.skill", ("origin_skill", "origin"), ("sample",), (_ANCHORS,), ("labels",)),
        Stage("ages", "analysis.population.ages.stage", ("ages",), ("sample", "target")),
        Stage("age_inference", "analysis.population.ages.inference", ("age_inference", "ages"), ("sample",)),
        Stage("mixture_tests", "analysis.population.mixture.inference", ("mixture_tests", "mixture", "selection", "eccentricity"), ("sample",)),
        Stage("selection_model", "analysis.population.selection.stage", ("detection", "mixture", "selection"), ("sample",)),
        Stage("desert", "analysis.population.desert.stage", ("desert", "detection", "mixture"), ("sample",)),
        Stage("robustness", "analysis.population.robustness", ("robustness", "mixture", "eccentricity"), ("sample",)),
        Stage("kozai", "analysis.migration.kozai.stage", ("kozai", "tides"), ("target",), (_TRACKS,)),
        Stage("limiting", "analysis.migration.kozai.limiting", ("limiting", "kozai", "tides"), ("target",), (_TRACKS,)),
        Stage("tides", "analysis.migration.tides", ("tides",), ("sample", "target"), (_TRACKS,)),
        Stage("synthesis", "analysis.formation.synthesis", ("synthesis", "selection"), ("sample", "selection_model")),
        Stage("vetting", "analysis.vetting.companions", ("vetting",), ("sample", "tides"), (_VETTING,), ("facts",)),
        Stage("disk", "analysis.migration.disk.stage", ("disk",), ("target",)),
        Stage("ensemble", "analysis.migration.ensemble.stage", ("ensemble", "secular"), ("target",), (*_ENSEMBLES, _TRACKS)),
        Stage(
            "ladder", "analysis.migration.ladder.stage", ("ladder", "kozai", "limiting", "secular", "ensemble", "tides"), ("target", "kozai", "limiting"),
            ("simulations/ladder.npz", _FROZEN_BY, _TRACKS),
        ),
        Stage("agreement", "analysis.migration.direct.stage", ("agreement",), (), _DIRECT),
        Stage(
            "calibration", "analysis.calibration",
            ("calibration", "detection", "mixture", "desert", "eccentricity_inference", "eccentricity", "origin_skill", "origin", "age_inference", "ages", "occurrence",
             "ensemble", "secular", "disk"),
            ("sample", "ensemble", "target"), ("simulations/calibration.npz", _FROZEN_BY),
        ),
        Stage("circumbinary", "analysis.migration.circumbinary.stage", ("circumbinary",), ("target",), ("simulations/circumbinary.npz", _FROZEN_BY)),
        Stage("occurrence", "analysis.migration.occurrence.stage", ("occurrence", "ensemble", "secular"), ("ensemble", "disk", "target"), _ENSEMBLES),
        Stage("gaia", "analysis.catalogue.gaia", ("gaia",), (), ("gaia_companions.csv", "MANIFEST.json"), ("table",)),
        Stage(
            "gaia_companions", "analysis.migration.gaia.stage", ("gaia", "kozai", "limiting", "tides", "occurrence"), ("gaia", "sample"), (_TRACKS,),
        ),
    )
}
_FIGURES = "analysis.report.figures"
OUTPUTS = (
    Output("sample", "analysis.report.catalogue", ("catalogue", "sample", "target", "tides")),
    Output("exchange", "analysis.report.exchange", ("columns", "sample", "tides", "origin", "mixture")),
    Output("mixture", "analysis.report.population", ("mixture", "robustness"), "write_mixture"),
    Output("eccentricity", "analysis.report.population", ("eccentricity",), "write_eccentricity"),
    Output("eccentricity_inference", "analysis.report.eccentricity_inference", ("eccentricity_inference",)),
    Output("mixture_tests", "analysis.report.mixture_tests", ("mixture_tests",)),
    Output("robustness", "analysis.report.population", ("robustness",), "write_robustness"),
    Output("ages", "analysis.report.ages", ("ages",)),
    Output("age_inference", "analysis.report.age_inference", ("age_inference",)),
    Output("origin", "analysis.report.origin", ("origin", "mixture")),
    Output("calibration", "analysis.report.calibration", ("calibration",)),
    Output("origin_skill", "analysis.report.origin_skill", ("origin_skill",)),
    Output("selection_model", "analysis.report.selection_model", ("selection_model",)),
    Output("desert", "analysis.report.desert", ("desert",)),
    Output("feasibility", "analysis.report.migration", ("kozai",), "write_feasibility"),
    Output("feasibility_map", "analysis.report.migration", ("kozai", "limiting", "ladder"), "write_map"),
    Output("limiting", "analysis.report.limiting", ("limiting",)),
    Output("ladder", "analysis.report.ladder", ("ladder",)),
    Output("ensemble", "analysis.report.ensemble", ("ensemble",)),
    Output("agreement", "analysis.report.agreement", ("agreement",)),
    Output("occurrence", "analysis.report.occurrence", ("occurrence",)),
    Output("gaia_companions", "analysis.report.gaia", ("gaia_companions",)),
    Output("circumbinary", "analysis.report.circumbinary", ("circumbinary",)),
    Output("tides", "analysis.report.migration", ("tides",), "write_tides"),
    Output("synthesis", "analysis.report.synthesis", ("synthesis",)),
    Output("vetting", "analysis.report.vetting", ("vetting",)),
    Output("disk", "analysis.report.migration", ("disk",), "write_disk"),
    Output("fig1_massmass", f"{_FIGURES}.massmass", ("sample",)),
    Output("fig2_ae", f"{_FIGURES}.eccentricity_axis", ("eccentricity", "target")),
    Output("fig_ecc_cdf", f"{_FIGURES}.eccentricity_cdf", ("eccentricity",)),
    Output("fig_eccentricity_inference", f"{_FIGURES}.eccentricity_inference", ("eccentricity_inference",)),
    Output("fig_clustering", f"{_FIGURES}.clustering", ("mixture", "target")),
    Output("fig_mixture_tests", f"{_FIGURES}.mixture_tests", ("mixture_tests",)),
    Output("fig_robustness", f"{_FIGURES}.robustness", ("robustness",)),
    Output("fig_selection", f"{_FIGURES}.selection_model", ("selection_model",)),
    Output("fig_desert", f"{_FIGURES}.desert", ("desert",)),
    Output("fig_desert_corner", f"{_FIGURES}.desert_corner", ("desert",)),
    Output("fig3_feasibility", f"{_FIGURES}.feasibility", ("kozai",)),
    Output("fig_limiting", f"{_FIGURES}.limiting", ("limiting",)),
    Output("fig_levels", f"{_FIGURES}.levels", ("ladder",)),
    Output("fig_outcomes", f"{_FIGURES}.outcomes", ("ladder", "ensemble")),
    Output("fig_periods", f"{_FIGURES}.periods", ("ensemble", "sample")),
    Output("fig_tornado", f"{_FIGURES}.tornado", ("ensemble",)),
    Output("fig_agreement", f"{_FIGURES}.agreement", ("agreement",)),
    Output("fig_occurrence", f"{_FIGURES}.occurrence", ("occurrence",)),
    Output("fig_circumbinary", f"{_FIGURES}.circumbinary", ("circumbinary",)),
    Output("fig_circumbinary_maps", f"{_FIGURES}.circumbinary_maps", ("circumbinary",)),
    Output("fig_age_feasibility", f"{_FIGURES}.age_feasibility", ("kozai", "tides")),
    Output("fig_disruption", f"{_FIGURES}.disruption", ("kozai",)),
    Output("fig_synthesis", f"{_FIGURES}.synthesis", ("synthesis", "sample")),
    Output("fig_vetting", f"{_FIGURES}.vetting", ("vetting",)),
    Output("fig4_disk_torques", f"{_FIGURES}.disk_torques", ("disk", "target")),
    Output("fig_classification", f"{_FIGURES}.classification", ("origin",)),
    Output("fig_origin_skill", f"{_FIGURES}.origin_skill", ("origin_skill",)),
    Output("fig_ages", f"{_FIGURES}.ages", ("ages",)),
    Output("fig_age_inference", f"{_FIGURES}.age_inference", ("age_inference",)),
)
DERIVED = (
    Output("claims", "analysis.report.verdicts"),
    Output("numbers", "analysis.report.numbers"),
    Output("tables", "analysis.report.tables"),
    Output("summary", "analysis.report.summary"),
    Output("explorer", "analysis.report.explorer"),
    Output("variables", "analysis.report.variables", reads=("manuscript/expected.json", "data/frozen/simulations/MANIFEST.json")),
)
