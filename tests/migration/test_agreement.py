"""Level 2 against the frozen direct integrations: what is compared, what explains the difference, and which tables are refused."""

import json
import math
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.config import AgreementConfig
from analysis.errors import InputError
from analysis.migration import frozen
from analysis.migration.direct import stage as agreement
from analysis.migration.direct.systems import SYSTEMS
from analysis.report import agreement as writer
from analysis.report.figures import agreement as figure
from analysis.report.files import Context

BY_NAME = {system.name: system for system in SYSTEMS}
CONFIG = AgreementConfig()


@pytest.fixture(scope="module")
def compared():
    return agreement.run(CONFIG)


def test_without_a_perturbers_grip_the_largest_eccentricity_is_the_textbook_one():
    """Quadrupole, e from nearly 0: 1 - e^2 = (5/3) cos^2 i, whatever the octupole-free form of level 2 is started from."""
    system = replace(BY_NAME["circular_outer"], inner_eccentricity=1e-3, outer_axis=80.0, inclination=70.0)
    curve = agreement.level_2(system, "averaged", 8 * 123.0e3, CONFIG)
    assert curve["gap"].min() == pytest.approx(1 - math.sqrt(1 - 5 / 3 * math.cos(math.radians(70.0)) ** 2), rel=1e-3)


def test_reading_is_dense_enough_at_maxima():
    system = BY_NAME["octupole_flip"]
    coarse, fine = (agreement.level_2(system, "corrected", 30000.0, replace(CONFIG, samples=n)) for n in (1000, 4000))
    assert coarse["gap"].min() == pytest.approx(fine["gap"].min(), rel=1e-3)


def test_the_frozen_table_holds_each_triple_once(compared):
    assert list(compared.table["system"]) == [system.name for system in SYSTEMS]
    assert np.isfinite(compared.table.select_dtypes("number")).all().all()
    assert compared.summary["systems"] == len(SYSTEMS) >= 12


def test_double_averaging_misses_case_a_by_a_sixth_and_the_turning_part_explains_it(compared):
    """The gap of about 16 % is known from a prototype; that the part of j turning with the perturber makes it up is tested here."""
    rows = compared.table.set_index("system")
    assert rows.at["case_a", "averaged_excess"] == pytest.approx(0.16, abs=0.01)
    for name in ("case_a", "case_a_120", "case_a_240"):
        assert rows.at[name, "averaged_excess"] > 0.15 and abs(rows.at[name, "predicted_excess"]) < 0.07


def test_the_prediction_beats_averaging_in_every_triple_that_averages(compared):
    table = compared.table[compared.table["j_over_epsilon"] > 10]
    closer = table["predicted_excess"].abs() < table["averaged_excess"].abs()
    assert closer.mean() > 0.9 and table["predicted_excess"].abs().median() < 0.25 * table["averaged_excess"].abs().median()


def test_mean_elements_and_corrected_averaging_give_the_mean_over_an_outer_orbit(compared):
    """Where the maximum lasts for many outer orbits, level 2 from mean elements is closer to the direct mean than plain double averaging."""
    table = compared.table[compared.table["j_over_epsilon"] > 20]
    assert table["mean_start_mean_excess"].abs().median() < 0.5 * table["averaged_mean_excess"].abs().median()


@pytest.mark.parametrize("damage", ["altered", "other elements", "triple missing"])
def test_tables_that_do_not_fit_are_refused(damage, tmp_path):
    for name in (*agreement.FILES, "MANIFEST.json"):
        shutil.copy(frozen.SIMULATIONS / name, tmp_path / name)
    path = tmp_path / "direct_summary.csv"
    table = pd.read_csv(path)
    if damage == "triple missing":
        table = table[table["system"] != "prograde"]
    else:
        table["outer_axis"] = table["outer_axis"] * np.where(table["system"] == "prograde", 1.001, 1.0)
    table.to_csv(path, index=False)
    if damage != "altered":
        frozen.record(path, made_by="test")
    with pytest.raises(InputError, match=re.escape(str(path)) + (".*checksum" if damage == "altered" else ".*prograde")):
        agreement.run(CONFIG, tmp_path)


def test_artifacts_carry_every_number(compared, tmp_path):
    writer.write(tmp_path, Context(), agreement=compared)
    figure.write(tmp_path, Context(), agreement=compared)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"direct_agreement.csv", "direct_curves.csv", "agreement_summary.json", "fig_agreement.png", "fig_agreement.svg", "fig_agreement.csv"}
    summary = json.loads((tmp_path / "agreement_summary.json").read_text())
    table = pd.read_csv(tmp_path / "direct_agreement.csv").set_index("system")
    assert summary["by_system"]["case_a"]["averaged_excess"] == pytest.approx(table.at["case_a", "averaged_excess"], rel=1e-8)
    assert summary["case_a"]["averaged_excess"]["largest"] == pytest.approx(table.filter(like="case_a", axis=0)["averaged_excess"].max(), rel=1e-8)
    assert {name for name, *_ in figure.SHOWN} <= set(table.index)
