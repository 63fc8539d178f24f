"""Artifacts of the occurrence comparison: names, pointers without dots, every pathway and rate in the figure, the partial stamp."""

import json

import pandas as pd
import pytest

from analysis.migration.ensemble import conditioning
from analysis.migration.occurrence import stage as occurrence
from analysis.report import occurrence as writer
from analysis.report.figures import occurrence as figure
from analysis.report.files import Context
from tests.migration.test_occurrence import CONFIG, DISK, TARGET, evaluate, make_ensemble


@pytest.fixture(scope="module")
def result():
    return evaluate(CONFIG, make_ensemble(2000), DISK, TARGET)


def keys_of(content):
    for key, value in content.items():
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)


def test_every_artifact(tmp_path, result):
    writer.write(tmp_path, Context(), occurrence=result)
    figure.write(tmp_path, Context(), occurrence=result)
    tables = {f"occurrence_{name}.csv" for name in ("factors", "comparison", "predictions", "observed", "priors", "variants")}
    drawn = {f"fig_occurrence.{kind}" for kind in ("png", "svg", "csv")}
    assert {path.name for path in tmp_path.iterdir()} == tables | drawn | {"occurrence_summary.json"}
    content = json.loads((tmp_path / "occurrence_summary.json").read_text())
    assert not [key for key in keys_of(content) if "." in key]
    assert set(content["predictions"]) == set(occurrence.PATHWAYS) and set(content["priors"]["default"]) == set(conditioning.PRIORS)
    assert content["comparison"]["fragments"]["bryant_2023"]["verdict"] in ("rejected", "cannot tell")
    assert content["factors"]["disc"]["in_time"]["median"] == pytest.approx(0.28, abs=0.02)
    table = pd.read_csv(tmp_path / "occurrence_factors.csv")
    assert table.groupby("pathway")["variance_share"].sum().to_numpy() == pytest.approx(1)


def test_the_figure_knows_every_pathway_and_observation(tmp_path, result):
    assert set(figure.PATHWAYS) == set(occurrence.PATHWAYS)
    names = {name: kind for name, kind, _ in occurrence.observed_rates(CONFIG)}
    assert set(figure.RATES) < {name for name, kind in names.items() if kind == "rate"}  # the preprint stays in the tables
    assert set(figure.LIMITS) == {name for name, kind in names.items() if kind == "limit"}
    assert set(figure.FACTORS) == set(result.factors["factor"])
    figure.write(tmp_path, Context(percent=50.0), occurrence=result)
    assert (pd.read_csv(tmp_path / "fig_occurrence.csv")["partial_percent"] == 50).all()


def test_nothing_migrates_and_the_figure_is_still_drawn(tmp_path):
    none = evaluate(CONFIG, make_ensemble(500, migrated=0, invalid=0), DISK, TARGET)
    writer.write(tmp_path, Context(), occurrence=none)
    figure.write(tmp_path, Context(), occurrence=none)
    content = json.loads((tmp_path / "occurrence_summary.json").read_text())
    assert content["priors"]["default"]["census"]["noticed_migrated_share"] is None and content["migrated_systems"] == 0
