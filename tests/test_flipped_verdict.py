"""The prose follows the data: a catalogue in which eccentricities do differ flips a verdict, its sentence, and the variable the abstract takes it from."""

import csv
import json

import numpy as np
import pytest

from analysis.claims import CANNOT_TELL, RULES, SUPPORTED
from analysis.config import Config, with_overrides
from analysis.study import Study
from tests.small import EXPORT, PROVENANCE, SMALL

HOSTS = 45  # on either side of the split


def _write_catalogue(path) -> None:
    """Single companions of equal orbit sizes and methods: eccentric ones above the mass-ratio split, nearly circular ones below."""
    rng = np.random.default_rng(5)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(EXPORT))
        writer.writeheader()
        for k in range(2 * HOSTS):
            high = k % 2 == 0
            star, axis = rng.uniform(0.1, 0.19), 10 ** rng.uniform(-0.5, 0.5)
            e = rng.beta(6, 5) if high else rng.beta(2, 18)
            ratio = 10 ** (rng.uniform(-1.9, -1.3) if high else rng.uniform(-3.5, -2.5))
            row = dict.fromkeys(EXPORT, "")
            row |= {
                "pl_name": f"Test {k:02d} b", "hostname": f"Test {k:02d}", "discoverymethod": "Radial Velocity", "pl_orbsmax": f"{axis:.4f}",
                "pl_orbper": f"{365.25 * (axis**3 / star) ** 0.5:.3f}", "pl_bmassj": f"{ratio * star * 1047.56:.5f}", "pl_bmassprov": PROVENANCE["msini"],
                "pl_orbeccen": f"{e:.3f}", "pl_orbeccenerr1": "0.02", "pl_orbeccenerr2": "-0.02", "pl_orbeccenlim": "0", "st_mass": f"{star:.3f}",
                "st_teff": "3000", "st_met": "0.0", "st_rad": "0.18", "pl_bmassjlim": "0",
            }
            writer.writerow(row)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flipped")
    _write_catalogue(folder / "mine.csv")
    small = {**SMALL, "eccentricity_inference": {**SMALL["eccentricity_inference"], "permutations": 1999}, "catalogue": {"ps": str(folder / "mine.csv")}}
    study = Study(with_overrides(Config(), small, "test"), folder / "results")
    study.write()
    return study.outdir


def test_data_that_differ_flip_the_verdict_and_its_sentence(built, other):
    ours, theirs = ({claim["id"]: claim for claim in json.loads((folder / "claims.json").read_text())["claims"]} for folder in (built.outdir, other))
    assert list(ours) == [rule.id for rule in RULES]
    assert ours["eccentricity"]["verdict"] == CANNOT_TELL and theirs["eccentricity"]["verdict"] == SUPPORTED
    assert theirs["eccentricity"]["p_adjusted"] < 0.05 and theirs["eccentricity"]["effect"]["low"] > 0.2
    assert theirs["eccentricity"]["calibration"]["applies"] is False  # the simulated catalogues are those of the published sample
    for folder, claims in ((built.outdir, ours), (other, theirs)):
        variables = (folder / "_variables.yml").read_text()
        assert json.dumps(claims["eccentricity"]["sentence"], ensure_ascii=False) in variables
    assert ours["eccentricity"]["sentence"] != theirs["eccentricity"]["sentence"]


def test_the_prose_takes_its_verbs_from_the_ledger():
    from analysis.runtime import ROOT

    text = (ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8")
    abstract, conclusions = text.split("---")[1], text.split("# Conclusions")[1].split("\n# ")[0]
    for rule in RULES:
        assert text.count(f"{{{{< var claims.{rule.id}.sentence >}}}}") >= 2, rule.id  # where the result is told, and in the conclusions
        assert f"claims.{rule.id}.sentence" in conclusions, rule.id
    assert sum(f"claims.{rule.id}.sentence" in abstract for rule in RULES) >= 4
