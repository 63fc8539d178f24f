"""Artifacts and figures of the ladder and of the ensemble: with and without level 2, with and without migrated triples, whole and partial."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.config import EnsembleConfig, KozaiConfig, LadderConfig, SecularConfig
from analysis.migration.ensemble.sensitivity import ranges
from analysis.migration.ladder import stage as ladder
from analysis.migration.ladder import store as ladder_store
from analysis.migration.secular import triple
from analysis.migration.secular.outcomes import shares
from analysis.report import ladder as writer
from analysis.report.figures import levels, outcomes, periods, tornado
from analysis.report.files import Context
from tests.migration.conftest import make_target

CONFIG = LadderConfig(stride=3, offset=1, draws=6, rerun_share=1e-6)
KOZAI = KozaiConfig(mass_cells=9, axis_cells=7, draws=20)


@pytest.fixture(scope="module")
def ladders(tmp_path_factory):
    """The stage's result without level 2, and with outcomes made up for every draw: some migrated, and none."""
    folder = tmp_path_factory.mktemp("ladder")
    job = ladder_store.job_of(CONFIG, KOZAI, SecularConfig(), EnsembleConfig(), make_target())
    rng, n = np.random.default_rng(2), len(job.systems)
    found = {"none": ladder.run(CONFIG, target=make_target(), kozai_config=KOZAI, path=folder / "ladder.npz")}
    for name, reasons in (("some", ("migrated", "inside_disruption", "time_limit", "unstable")), ("zero", ("time_limit", "bounded"))):
        reason = rng.choice([triple.REASONS[r] for r in reasons], n)
        inside = reason == triple.REASONS["inside_disruption"]
        values = {key: np.full(n, np.inf, np.float32) for key in ladder_store.STORED}
        values["final_axis"][:], values["smallest_periapsis_share"][:] = rng.uniform(0.02, 0.03, n), np.where(inside, 1.5, rng.uniform(1.7, 3, n))
        for crossing, factor in zip(("crossing_first", "crossing_second", "crossing_last"), (2.7, 2.0, 1.7), strict=True):
            values[crossing][values["smallest_periapsis_share"] < factor] = 1e6
        about = {"settings": job.settings, "kernel": "made up", "processor": "made up", "cpu_s_per_draw": 0.0}
        ladder_store.freeze(ladder_store.Draws(reason.astype(np.int8), values, about), folder / f"{name}.npz")
        found[name] = ladder.run(CONFIG, target=make_target(), kozai_config=KOZAI, path=folder / f"{name}.npz")
    return found


def keys_of(content):
    for key, value in content.items():
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)


@pytest.mark.parametrize("name", ["none", "some", "zero"])
def test_every_artifact_of_the_ladder(tmp_path, ladders, name):
    result = ladders[name]
    writer.write(tmp_path, Context(percent=50.0), ladder=result)
    levels.write(tmp_path, Context(percent=50.0), ladder=result)
    outcomes.write(tmp_path, Context(percent=50.0), ladder=result)
    tables = {f"ladder_{table}.csv" for table in ("shares", "confusion", "reasons", "migrated")}
    figures = {f"{stem}.{kind}" for stem in ("fig_levels", "fig_outcomes") for kind in ("png", "svg", "csv")}
    assert {path.name for path in tmp_path.iterdir()} == tables | figures | {"ladder_summary.json"}
    content = json.loads((tmp_path / "ladder_summary.json").read_text())
    assert not [key for key in keys_of(content) if "." in key] and content["partial"]["percent"] == 50
    assert content["available"] == (name != "none") and content["final_axis"]["1_7"]["draws"] == len(result.migrated)
    assert (name == "some") == bool(len(result.migrated))
    cells = pd.read_csv(tmp_path / "fig_levels.csv")
    assert set(cells["level"]) == {0, 1, 2} and cells.loc[cells["level"] == 2, "share"].isna().all() == (name == "none")
    bars = pd.read_csv(tmp_path / "fig_outcomes.csv")
    assert bars[list(writer.OUTCOMES)].sum(axis=1).to_numpy() == pytest.approx(1)
    assert ("level 2" in set(bars["bar"])) == (name != "none")


def test_summary_and_tables_agree(tmp_path, ladders):
    result = ladders["some"]
    assert writer.OUTCOMES == triple.OUTCOMES
    writer.write(tmp_path, Context(), ladder=result)
    content = json.loads((tmp_path / "ladder_summary.json").read_text())
    row = result.shares[(result.shares["level"] == "level 2") & (result.shares["disruption_factor"] == 2.0) & (result.shares["averaging_threshold"] == 3.0)].iloc[0]
    assert content["shares"]["level_2"]["2"]["3"]["migrated"] == pytest.approx(row["migrated"])
    assert row["migrated"] == pytest.approx(result.level_2[1, writer.OUTCOMES.index("migrated")].mean())
    pair = content["paired"]["2"]["level_1"]
    lower = result.level_1[1, writer.OUTCOMES.index("migrated")].mean()
    assert pair["migrated"] == pytest.approx(row["migrated"] - lower)
    cell = content["confusion"]["level_1"]["2"]["3"]["disrupted"]
    assert sum(end["share"] for end in cell.values()) == pytest.approx(1)


def made_ensemble(migrated, factor=2.0, n=400):
    """What the figures read of an ensemble; every share by `outcomes.shares` of made-up outcomes."""
    rng = np.random.default_rng(3)

    def row(parameter, label, value, share, effective=float(n), basis="records"):
        outcome = np.where(np.arange(n) < round(share * n), 0, rng.choice([1, 2, 3], n))
        found = shares(outcome)
        return {
            "parameter": parameter, "label": label, "value": value, "basis": basis, **found, "reference": migrated, "shift": found["migrated"] - migrated,
            "paired_p": 1.0, "effective": effective, "trusted": effective >= 100,
        }

    rows = [row("disruption radius", f"{value:g} r_t", value, share) for value, share in ((1.7, 2 * migrated), (2.0, migrated), (2.7, 0.0))]
    rows += [row("time lag", "0.1 s", 0.1, 0.0, basis="ensemble"), row("time lag", "10 s", 10.0, migrated, basis="ensemble")]
    rows += [row("birth orbit", "median 1 au", 1.0, migrated, 20.0, "weights"), row("birth orbit", "median 4 au", 4.0, migrated, basis="weights")]
    table = pd.DataFrame(rows)
    count = round(2 * migrated * n)
    orbits = pd.DataFrame({
        "period_day": rng.uniform(2, 3, count), "smallest_periapsis_share": rng.uniform(1.7, 2.6, count), "weight_other": rng.uniform(0.5, 1.5, count),
    })
    kinds = pd.DataFrame([
        {"disruption_factor": value, "averaging_threshold": 3.0, "time_gyr": 1.0, **dict(zip(writer.OUTCOMES, (migrated, 0.2, 0.7 - migrated, 0.1), strict=True))}
        for value in (2.7, 2.0, 1.7)
    ])
    return SimpleNamespace(
        sensitivity=pd.concat([table.assign(disruption_factor=value) for value in (2.7, 2.0, 1.7)], ignore_index=True), ranges=ranges(table), migrated=orbits,
        reason=np.zeros(n, np.int64), outcomes=kinds, priors=pd.DataFrame({"prior": ["drawn", "other"], "trusted": [True, True]}),
        summary={"disruption_factor": 2.7, "sensitivity_factor": factor, "averaging_threshold": 3.0, "time_limit_gyr": 1.0},
    )


SAMPLE = SimpleNamespace(table=pd.DataFrame({
    "companion_name": ["a", "b", "TOI-6894 b", "far", "no mass"], "orbital_period_day": [1.0, 5.0, 3.37, 900.0, 2.0],
    "companion_mass_mjup": [0.01, 0.3, 0.168, 1.0, np.nan], "is_target": [False, False, True, False, False], "is_candidate": [True, True, False, True, True],
}))


@pytest.mark.parametrize(("migrated", "factor"), [(0.05, 2.0), (0.05, 2.7), (0.0, 1.7)])
def test_figures_of_the_ensemble(tmp_path, ladders, migrated, factor):
    ensemble = made_ensemble(migrated, factor)
    periods.write(tmp_path, Context(), ensemble=ensemble, sample=SAMPLE)
    tornado.write(tmp_path, Context(), ensemble=ensemble)
    outcomes.write(tmp_path, Context(), ladder=ladders["some"], ensemble=ensemble)
    plotted = pd.read_csv(tmp_path / "fig_periods.csv")
    drawn = plotted[(plotted["panel"] == "predicted") & (plotted["prior"] == "drawn")]
    total = drawn.groupby("disruption_factor")["per_mille"].sum()
    assert total[1.7] == pytest.approx(1000 * len(ensemble.migrated) / 400) and total[2.7] == 0
    assert set(plotted.loc[plotted["panel"] == "observed", "companion_name"]) == {"a", "b", "TOI-6894 b"}
    assert "ensemble" in set(pd.read_csv(tmp_path / "fig_outcomes.csv")["bar"])
    assert len(pd.read_csv(tmp_path / "fig_tornado.csv")) == len(ensemble.sensitivity)


def test_what_is_not_resolved_is_a_limit():
    table = made_ensemble(0.05).sensitivity
    resolved = tornado._resolved(table, "migrated")
    limits = table[~resolved & (table["disruption_factor"] == 2.7)]
    assert set(limits["label"]) == {"2.7 r_t", "0.1 s", "median 1 au"} and (limits["migrated_high"] > 0).all()


def test_no_observed_companions(tmp_path):
    periods.write(tmp_path, Context(percent=1.0), ensemble=made_ensemble(0.0), sample=SimpleNamespace(table=SAMPLE.table.iloc[:0]))
    assert (tmp_path / "fig_periods.svg").is_file()


def test_same_results_same_bytes(tmp_path, ladders):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        levels.write(tmp_path / name, Context(), ladder=ladders["some"])
        tornado.write(tmp_path / name, Context(), ensemble=made_ensemble(0.05))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
