"""The speed table of the level-0 map: complete, in one run, and honest about memory."""

from benchmarks import level0
from benchmarks.__main__ import table


def test_rows_name_every_candidate_once(monkeypatch):
    monkeypatch.setattr(level0, "ROUNDS", 1)
    rows = level0.rows()
    assert len({(row["mode"], row["implementation"]) for row in rows}) == len(rows) == 17
    for mode in ("thresholds", "formulas"):
        found = {row["implementation"]: row for row in rows if row["mode"] == mode}
        assert found["kernel, 2 threads"]["ratio"] == 1.0
        assert found["NumPy plain, PCG64"]["peak_mb"] > 10 * found["NumPy rows, PCG64"]["peak_mb"] > 100 * found["kernel, 2 threads"]["peak_mb"]
    assert len(table(rows).splitlines()) == len(rows) + 2
