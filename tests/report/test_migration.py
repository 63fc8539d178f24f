"""Artifacts of the migration study: names, readability without pickle, the partial stamp, and pointers that resolve."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.config import DiskConfig, KozaiConfig, LadderConfig, LimitingConfig, TidesConfig
from analysis.migration import tides
from analysis.migration.disk import stage as disk
from analysis.migration.kozai import limiting
from analysis.migration.kozai import stage as kozai
from analysis.migration.ladder import stage as ladder
from analysis.report import migration
from analysis.report.figures import age_feasibility, disk_torques, disruption, feasibility
from analysis.report.files import Context
from tests.migration.conftest import make_sample, make_target

KOZAI = replace(KozaiConfig(), mass_cells=9, axis_cells=8, draws=40)
LEVELS = ("kozai", "limiting", "ladder")
LADDER = LadderConfig(stride=4, offset=1, draws=5)
DISK = replace(DiskConfig(), draws=60, axis_cells=7)


@pytest.fixture(scope="module")
def results():
    target = make_target()
    return {
        "kozai": kozai.run(KOZAI, target=target),
        "limiting": limiting.run(LimitingConfig(), target=target, kozai_config=KOZAI),
        "ladder": ladder.run(LADDER, target=target, kozai_config=KOZAI, path=Path("nothing-is-frozen.npz")),
        "tides": tides.run(TidesConfig(), sample=make_sample([]), target=target),
        "disk": disk.run(DISK, target=target),
        "target": target,
    }


def write_all(directory, context, results):
    migration.write_feasibility(directory, context, kozai=results["kozai"])
    migration.write_map(directory, context, **{name: results[name] for name in LEVELS})
    migration.write_tides(directory, context, tides=results["tides"])
    migration.write_disk(directory, context, disk=results["disk"])
    feasibility.write(directory, context, kozai=results["kozai"])
    age_feasibility.write(directory, context, kozai=results["kozai"], tides=results["tides"])
    disruption.write(directory, context, kozai=results["kozai"])
    disk_torques.write(directory, context, disk=results["disk"], target=results["target"])


def keys_of(content):
    for key, value in content.items():
        yield key
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from keys_of(item)


def test_every_artifact(tmp_path, results):
    write_all(tmp_path, Context(), results)
    names = {path.name for path in tmp_path.iterdir()}
    figures = ("fig3_feasibility", "fig4_disk_torques", "fig_age_feasibility", "fig_disruption")
    assert names == {f"{stem}.{kind}" for stem in figures for kind in ("png", "svg", "csv")} | {
        "feasibility_map.npz",
        "feasibility_summary.json",
        "feasibility_sensitivity.csv",
        "feasibility_birth_axis.csv",
        "feasibility_by_age.csv",
        "feasibility_disruption.csv",
        "tides_summary.json",
        "tides_objects.csv",
        "tides_target_by_age.csv",
        "stellar_radius_laws.csv",
        "disk_torque_bands.csv",
        "disk_journeys.csv",
        "disk_priors.csv",
        "disk_summary.json",
    }
    for path in tmp_path.glob("*.json"):
        content = json.loads(path.read_text())
        assert not [key for key in keys_of(content) if "." in key], path.name  # a pointer is a dotted path
    for path in tmp_path.glob("*.csv"):
        assert len(pd.read_csv(path)) > 0 or path.name == "tides_objects.csv"


def test_map_file_describes_itself(tmp_path, results):
    migration.write_map(tmp_path, Context(percent=50.0), **{name: results[name] for name in LEVELS})
    with np.load(tmp_path / "feasibility_map.npz", allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    np.testing.assert_array_equal(arrays["fraction"], results["kozai"].fraction)
    shape = (arrays["outer_mass_msun"].size, arrays["outer_axis_au"].size)
    assert arrays["fraction_by_age"].shape == (arrays["radius_law"].size, arrays["age_gyr"].size, *shape)
    assert arrays["fraction_by_limit"].shape == (arrays["time_limit_gyr"].size, arrays["critical_radius_rstar"].size, *shape)
    assert arrays["fraction_by_inner_axis"].shape == (arrays["inner_axis_au"].size, *shape)
    assert arrays["outer_mass_edges_msun"].size == shape[0] + 1
    about = dict(zip(arrays["metadata_name"], arrays["metadata_value"], strict=True))
    assert about["draws"] == "40" and "t_KL" in about["criterion"]
    assert arrays["partial_percent"] == 50.0
    np.testing.assert_array_equal(arrays["level_0_feasible"], arrays["fraction"])
    whole = arrays["level_1_fraction"]
    assert whole.shape == (arrays["level_1_outcome"].size, *shape) and np.allclose(whole.sum(axis=0), 1)
    part = (arrays["level_2_disruption_factor"].size, arrays["level_2_outcome"].size, arrays["level_2_outer_mass_msun"].size, arrays["level_2_outer_axis_au"].size)
    for name in ("level_2_fraction", "level_1_on_level_2_grid", "level_0_on_level_2_grid"):
        assert arrays[name].shape == part
    assert part[2:] == (2, 2) and np.isin(arrays["level_2_outer_axis_au"], arrays["outer_axis_au"]).all()
    assert np.isnan(arrays["level_2_fraction"]).all() and "not been frozen" in about["level_2_available"] and about["level_2_draws"] == "5"


def test_same_results_same_bytes(tmp_path, results):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_all(tmp_path / name, Context(), results)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_partial_runs_are_stamped(tmp_path, results):
    write_all(tmp_path, Context(percent=25.0), results)
    for path in tmp_path.glob("*_summary.json"):
        assert json.loads(path.read_text())["partial"]["percent"] == 25.0
    assert (pd.read_csv(tmp_path / "disk_torque_bands.csv")["partial_percent"] == 25.0).all()
