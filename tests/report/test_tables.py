"""Cells of the tables that no formatter alone decides."""

import json

from analysis.report import tables


def claim(**values):
    plain = {
        "statement": "A claim.", "effect": {"text": "none"}, "p": None, "p_error": None, "p_adjusted": None, "power": None, "robustness": {"passes": 0, "of": 0},
        "calibration": {"size": None, "wrong_verdicts": None, "coverage": None}, "verdict": "cannot tell",
    }
    return plain | values


def test_what_was_not_measured_leaves_one_dash_and_a_counted_p_has_no_error(tmp_path):
    rows = [
        claim(), claim(calibration={"size": None, "wrong_verdicts": 0.02, "coverage": None}),
        claim(p=0.76, p_error=0.0, p_adjusted=1.0, calibration={"size": 0.05, "coverage": 0.95}), claim(p=0.36, p_error=0.01, p_adjusted=1.0),
    ]
    (tmp_path / "claims.json").write_text(json.dumps({"claims": rows}))
    cells = [(row[2], row[5]) for row in tables.claims(tmp_path)["rows"]]
    assert cells == [("–", "–"), ("–", "2.0; –"), ("p = 0.76, adjusted 1.00", "5.0; 95.0"), ("p = 0.36 ± 0.01, adjusted 1.00", "–")]
