"""The fetch against a genuine table service; the trials run with VLMS_TAP_SERVER=1 alone (`just tap-server` prints them as a table)."""

import io
import os
import re

import pandas as pd
import pytest
import pyvo
from astropy.io import votable

from analysis.catalogue.answers import complaint
from analysis.catalogue.frozen import read_companions
from analysis.catalogue.read_pscomppars import read_pscomppars
from tests.services import dachs
from tests.services.answers import CUT_VOTABLE, ERRORS
from tests.services.archive import archive_rows, resource_descriptor, write_export
from tests.services.trials import asked_columns, trials

ASKED = os.environ.get("VLMS_TAP_SERVER", "")
# The place and the notes of a row are its export's, and ages are partly another catalogue's.
NOT_THERE = ["source_row", "flags", "host_age_gyr", "host_age_reference"]


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


@pytest.mark.parametrize("wrong", ERRORS)
def test_the_words_of_a_genuine_error_document_reach_the_user(wrong):
    document, words = ERRORS[wrong]
    said = complaint(document)
    assert said.startswith("the query was refused: ") and words in said and "HINT" not in said and "\n" not in said


def test_genuine_samples_are_read_by_an_independent_reader_as_they_are_meant():
    """pyvo, which follows the standard, sees an error in each error document and the overflow after the table."""
    for document, words in ERRORS.values():
        with pytest.raises(pyvo.dal.DALQueryError, match=re.escape(words)):
            pyvo.dal.TAPResults(votable.parse(io.BytesIO(document), verify="ignore"))
    cut = pyvo.dal.TAPResults(votable.parse(io.BytesIO(CUT_VOTABLE), verify="ignore"))
    with pytest.warns(pyvo.dal.DALOverflowWarning):
        cut.check_overflow_warning()
    assert len(cut) == 1


@pytest.mark.skipif(not ASKED, reason="VLMS_TAP_SERVER is not set; the trials need DaCHS and take a minute")
@pytest.mark.skipif(bool(ASKED and dachs.missing()), reason=dachs.missing() or "DaCHS is there")
def test_trials_with_a_genuine_service(tmp_path):
    folder = tmp_path / "fetched"
    folder.mkdir()
    with dachs.serving(write_export(tmp_path / "table.csv", more=tuple(asked_columns())), lambda line: None) as server:
        made = trials(server, folder)
    assert not server.folder.exists() and server.service.poll() is not None and server.database.poll() is not None
    assert [trial for trial in made if not trial.right] == [] and len(made) == 13
