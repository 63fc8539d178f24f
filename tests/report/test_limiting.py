"""Artifacts of level 1: names, maps without pickle, pointers without dots, the partial stamp, and an order that matches the kernel's."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.config import KozaiConfig, LimitingConfig
from analysis.migration.kozai import limiting, shortrange
from analysis.report import limiting as writer
from analysis.report.figures import limiting as figure
from analysis.report.files import Context
from tests.migration.conftest import make_target


@pytest.fixture(scope="module")
def result():
    return limiting.run(LimitingConfig(), target=make_target(), kozai_config=KozaiConfig(mass_cells=7, axis_cells=8, draws=30))


def keys_of(content):
    for key, value in content.items():
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)


def test_every_artifact(tmp_path, result):
    writer.write(tmp_path, Context(), limiting=result)
    figure.write(tmp_path, Context(), limiting=result)
    names = {"limiting_maps.npz", "limiting_outcomes.csv", "limiting_summary.json", "fig_limiting.png", "fig_limiting.svg", "fig_limiting.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    content = json.loads((tmp_path / "limiting_summary.json").read_text())
    assert not [key for key in keys_of(content) if "." in key]
    row = content["outcomes"]["1"]["1"]["100000"]["2_7"]
    assert row["migrated"] == content["default"]["migrated"] == content["steps"]["octupole"]["migrated"]
    assert set(content["steps"]) == {"level_0", "time_and_stability", "short_range_forces", "octupole"}
    table = pd.read_csv(tmp_path / "limiting_outcomes.csv")
    assert table[list(writer.OUTCOMES)].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-8)


def test_maps_describe_themselves(tmp_path, result):
    assert writer.OUTCOMES == shortrange.OUTCOMES
    assert writer.OUTCOMES[figure.MIGRATED] == "migrated" and writer.OUTCOMES[figure.DISRUPTED] == "disrupted"
    writer.write(tmp_path, Context(percent=50.0), limiting=result)
    with np.load(tmp_path / "limiting_maps.npz", allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    assert arrays["fraction"].shape == (len(arrays["outcome"]), len(arrays["outer_mass_msun"]), len(arrays["outer_axis_au"]))
    assert arrays["partial_percent"] == 50 and arrays["outcome"].tolist() == list(shortrange.OUTCOMES)
    np.testing.assert_allclose(arrays["fraction"].sum(axis=0), 1, atol=1e-12)
