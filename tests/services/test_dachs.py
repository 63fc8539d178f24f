"""The fetch against a genuine table service; the trials run with VLMS_TAP_SERVER=1 alone (`just tap-server` prints them as a table)."""

import os

import pandas as pd
import pytest

from analysis.catalogue.frozen import read_companions
from analysis.catalogue.read_pscomppars import read_pscomppars
from tests.services import dachs
from tests.services.archive import archive_rows, resource_descriptor, write_export
from tests.services.trials import asked_columns, trials

ASKED = os.environ.get("VLMS_TAP_SERVER", "")
NOT_THERE = ["source_row", "flags", "host_age_gyr", "host_age_reference"]  # place and notes of a row are its export's, ages partly another catalogue's


def test_the_archive_columns_hold_what_the_frozen_table_holds(tmp_path):
    path = write_export(tmp_path / "ps.csv", more=tuple(asked_columns()))
    found, _ = read_pscomppars(path)
    frozen = read_companions()
    frozen = frozen[frozen["data_source"] == "NASA"].reset_index(drop=True)
    found = found.sort_values("object_id", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(found.drop(columns=NOT_THERE), frozen.drop(columns=NOT_THERE), check_exact=True)


def test_lower_errors_are_negative_and_every_asked_column_is_described(tmp_path):
    rows = archive_rows()
    given = [float(row["st_masserr2"]) for row in rows if row["st_masserr2"]]
    assert given and max(given) < 0
    write_export(tmp_path / "table.csv", rows, tuple(asked_columns()))
    resource_descriptor(tmp_path / "q.rd", "table.csv")
    text = (tmp_path / "q.rd").read_text(encoding="utf-8")
    assert all(f'<column name="{name}" ' in text and f'<map dest="{name}">' in text for name in asked_columns())


def test_missing_packages_are_named_with_the_command_that_installs_them(monkeypatch, tmp_path):
    monkeypatch.setattr(dachs, "POSTGRES", tmp_path)
    monkeypatch.setattr(dachs.shutil, "which", lambda *arguments, **more: None)
    told = dachs.missing()
    assert told.startswith("DaCHS and PostgreSQL") and dachs.PACKAGES in told and "\n" not in told


@pytest.mark.skipif(not ASKED, reason="VLMS_TAP_SERVER is not set; the trials need DaCHS and take a minute")
@pytest.mark.skipif(bool(ASKED and dachs.missing()), reason=dachs.missing() or "DaCHS is there")
def test_trials_with_a_genuine_service(tmp_path):
    folder = tmp_path / "fetched"
    folder.mkdir()
    with dachs.serving(write_export(tmp_path / "table.csv", more=tuple(asked_columns())), lambda line: None) as server:
        made = trials(server, folder)
    assert not server.folder.exists() and server.service.poll() is not None and server.database.poll() is not None
    assert [trial for trial in made if not trial.right] == [] and len(made) == 13
