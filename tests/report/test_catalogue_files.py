"""Files of the sample: stacked table, ledger, summary and figure 1, for full, partial and empty runs."""

import json

import pandas as pd
import pytest

from analysis.catalogue import cuts
from analysis.config import SelectionConfig, TidesConfig
from analysis.migration import tides
from analysis.report import catalogue as files
from analysis.report.figures import massmass
from analysis.report.files import Context

SPECIFIED = [
    "host_mass_msun", "companion_mass_mjup", "mass_ratio", "semimajor_axis_au", "eccentricity", "discovery_method", "metallicity", "host_age_gyr",
    "log_mass_ratio", "log_semimajor_axis", "log_host_mass", "above_deuterium_limit", "high_mass_ratio", "age_group", "log_host_age_gyr",
    "tidal_timescale_proxy", "migration_efficiency", "potential_migrator", "age_delta_vs_toi_gyr", "is_younger_than_toi", "data_source",
]


@pytest.fixture(scope="module", params=[100.0, 10.0, 0.0])
def written(request, catalogue, target, tmp_path_factory):
    percent = request.param
    sample = cuts.run(SelectionConfig(percent=percent), catalogue=catalogue, target=target)
    folder = tmp_path_factory.mktemp("files")
    context = Context(percent=percent)
    files.write(folder, context, catalogue, sample, target, tides.run(TidesConfig(), sample=sample, target=target))
    massmass.write(folder, context, sample)
    return percent, sample, folder


def test_stacked_table_has_the_specified_columns_and_every_row(written):
    percent, sample, folder = written
    table = pd.read_csv(folder / "vlms_companions_stacked.csv")
    assert set(SPECIFIED) <= set(table.columns) and list(table["object_id"]) == list(sample.table["object_id"])
    assert ("partial_percent" in table.columns) == (percent < 100)
    assert set(table["data_source"]) <= {"NASA", "BD_Catalogue", "TOI"} and (table["data_source"] == "TOI").sum() == 1


def test_ledger_totals_are_the_sum_of_both_catalogues(written):
    _, _, folder = written
    ledger = pd.read_csv(folder / "sample_ledger.csv")
    wide = ledger.pivot(index=["variant", "step"], columns="catalogue", values="rows_out")
    assert (wide["NASA"] + wide["BD_Catalogue"] == wide["total"]).all()
    assert (ledger["rows_in"] - ledger["rows_out"] == ledger["rows_dropped"]).all() and (ledger["rows_dropped"] >= 0).all()


def test_summary_is_plain_json_and_agrees_with_the_tables(written):
    percent, sample, folder = written
    summary = json.loads((folder / "sample_summary.json").read_text())
    assert ("partial" in summary) == (percent < 100)
    methods = pd.read_csv(folder / "sample_methods.csv").set_index("discovery_method")
    processed = summary["counts"]["total"]["processed"]
    assert methods.loc["All", "candidates"] == processed == int(sample.table["is_candidate"].sum())
    assert methods.drop("All")["candidates"].sum() == processed
    assert summary["target"]["host_mass_above_range_msun"] == pytest.approx(0.007) and summary["target"]["high_mass_ratio"] is False
    if percent == 100:
        assert summary["corrections"]["left_the_candidates"] == [
            "NASA:2MASS J01033563-5515561 AB b", "NASA:2MASS J12073346-3932539 b", "NASA:K2-320 b"]


def test_figure_is_written_with_its_data(written):
    _, sample, folder = written
    data = pd.read_csv(folder / "fig1_massmass.csv")
    assert set(data["object_id"]) == set(sample.table.loc[sample.table["companion_mass_mjup"].notna(), "object_id"])
    assert (folder / "fig1_massmass.png").read_bytes()[:4] == b"\x89PNG" and b"<svg" in (folder / "fig1_massmass.svg").read_bytes()[:2000]
