"""Freshness in both directions, on a copy of the real project: what depends on a change is recomputed, nothing else is."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import study
from analysis.runtime import ROOT
from analysis.stages import DERIVED, OUTPUTS, STAGES

EVALUATE = """
import json, sys
from analysis.config import Config, with_overrides
from analysis.study import Study
small = {"kozai": {"mass_cells": 8, "axis_cells": 8}, "disk": {"draws": 200, "axis_cells": 10}, "mixture": {"restarts": 2, "max_components": 2, "deconvolution_components": 1}}
study = Study(with_overrides(with_overrides(Config(), small, "test"), json.loads(sys.argv[1]), "test"))
for name in ("sample", "mixture", "kozai", "tides", "disk"):
    study.get(name)
print(json.dumps({
    "evaluated": sorted(study.evaluated), "kozai": study.get("kozai").fraction.tolist(), "candidates": int(study.get("sample").table.is_candidate.sum()),
    "host_mass": float(study.get("sample").table.host_mass_msun.sum()), "disk": study.get("disk").bands.iloc[:, 1:].to_numpy().ravel()[:40].tolist(),
    "bic": study.peek("mixture"), "radius": float(study.get("tides").objects.tidal_timescale_proxy.iloc[0]),
}))
"""


class Copy:
    """A private copy of the project with its own cache."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("analysis", "data/frozen"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (ROOT / "data").glob("*.csv"):
            shutil.copy(path, root / "data")
        shutil.copy(ROOT / "requirements.lock", root)

    def evaluate(self, **overrides):
        environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
        result = subprocess.run(
            [sys.executable, "-c", EVALUATE, json.dumps(overrides)], cwd=self.root, env=environment, check=False, capture_output=True, text=True, timeout=300,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1))


    def stamp(self, name: str) -> None:
        """Record the file's new checksum, as a new freeze would."""
        manifest = self.root / "data" / "frozen" / "MANIFEST.json"
        content = json.loads(manifest.read_text())
        content["files"][name]["sha256"] = hashlib.sha256((manifest.parent / name).read_bytes()).hexdigest()
        manifest.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    copy = Copy(tmp_path_factory.mktemp("project"))
    copy.first = copy.evaluate()
    return copy


def test_first_run_computes_all_and_the_second_nothing(project):
    assert project.first["evaluated"] == sorted(["catalogue", "target", "sample", "mixture", "kozai", "tides", "disk"])
    again = project.evaluate()
    assert again["evaluated"] == []
    assert {key: again[key] for key in again if key != "evaluated"} == {key: project.first[key] for key in again if key != "evaluated"}


def test_parameter_recomputes_its_stage_alone(project):
    changed = project.evaluate(kozai={"critical_radius": 3.0, "mass_cells": 8, "axis_cells": 8})
    assert changed["evaluated"] == ["kozai"] and changed["kozai"] != project.first["kozai"]
    assert changed["disk"] == project.first["disk"]


def test_target_parameter_recomputes_what_depends_on_the_target(project):
    changed = project.evaluate(target={"mstar": 0.1})
    assert set(changed["evaluated"]) == {"target", "sample", "mixture", "kozai", "tides", "disk"}
    assert changed["kozai"] != project.first["kozai"]


def test_helper_kernel_in_another_file_recomputes_its_callers_alone(tmp_path, project):
    copy = Copy(tmp_path)
    shutil.copytree(project.root / ".cache" / "stages", tmp_path / ".cache" / "stages")
    copy.replace("analysis/migration/rng.py", "np.uint64(30)", "np.uint64(29)")
    changed = copy.evaluate()
    assert "kozai" in changed["evaluated"] and changed["kozai"] != project.first["kozai"]
    assert not {"sample", "mixture", "tides"} & set(changed["evaluated"])


def test_data_row_recomputes_what_reads_it_alone(tmp_path, project):
    copy = Copy(tmp_path)
    shutil.copytree(project.root / ".cache" / "stages", tmp_path / ".cache" / "stages")
    copy.replace("data/frozen/companions.csv", ",0.0898,", ",0.0899,")
    copy.stamp("companions.csv")
    changed = copy.evaluate()
    assert set(changed["evaluated"]) == {"catalogue", "sample", "mixture", "tides"}
    assert changed["host_mass"] != project.first["host_mass"] and changed["kozai"] == project.first["kozai"]


def test_unstamped_data_row_is_refused(tmp_path, project):
    copy = Copy(tmp_path)
    copy.replace("data/frozen/companions.csv", ",0.0898,", ",0.0899,")
    with pytest.raises(AssertionError, match="companions.csv"):
        copy.evaluate()


def test_edited_module_recomputes_its_stage_alone(tmp_path, project):
    copy = Copy(tmp_path)
    shutil.copytree(project.root / ".cache" / "stages", tmp_path / ".cache" / "stages")
    copy.replace("analysis/migration/disk/stage.py", '__all__', '# a new remark\n__all__')
    assert copy.evaluate()["evaluated"] == ["disk"]


def test_editing_parameter_defaults_alone_recomputes_only_the_stage_they_belong_to(tmp_path, project):
    copy = Copy(tmp_path)
    shutil.copytree(project.root / ".cache" / "stages", tmp_path / ".cache" / "stages")
    copy.replace("analysis/config/migration.py", "radius_slope: float = param(0.1", "radius_slope: float = param(0.2")
    changed = copy.evaluate()
    assert changed["evaluated"] == ["kozai", "tides"]


def test_a_stage_that_reads_simulations_follows_what_is_recorded_of_them():
    reading = [stage for stage in STAGES.values() if any(name.startswith("simulations/") for name in stage.files)]
    assert len(reading) >= 6
    assert all("simulations/MANIFEST.json" in stage.files for stage in reading)


def test_simulations_frozen_again_with_the_same_bits_recompute_what_says_who_made_them(tmp_path, monkeypatch):
    frozen = tmp_path / "frozen"
    shutil.copytree(study.FROZEN, frozen)
    monkeypatch.setattr(study, "FROZEN", frozen)
    before = study.Study().key("calibration")
    manifest = frozen / "simulations" / "MANIFEST.json"
    manifest.write_text(manifest.read_text().replace('"source": "', '"source": "0', 1))
    assert study.Study().key("calibration") != before


def test_outputs_need_only_known_stages_and_claim_distinct_names():
    names = [output.name for output in (*OUTPUTS, *DERIVED)]
    assert len(names) == len(set(names))
    assert all(need in STAGES for output in OUTPUTS for need in output.needs)
