"""Every fault of the list ends as it must, here and on the command line."""

from dataclasses import replace
from functools import partial

import pytest

from analysis import __main__ as command
from analysis.catalogue.fetch import fetch
from analysis.catalogue.request import Policy
from tests.catalogue.fault_scenarios import COLUMNS, SCENARIOS, SYNC, TEN_MILLION, Bench, Scenario, run
from tests.catalogue.faulty_server import FaultyServer, answer

NAMES = [scenario.name for scenario in SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_fault(scenario):
    outcome, sentence, _ = run(scenario)
    assert outcome == scenario.outcome, sentence
    assert scenario.expect in sentence


def test_the_list_names_each_fault_once_and_holds_the_usual_ones():
    assert len(NAMES) == len(set(NAMES))
    for words in ("refused connection", "DNS", "timeout", "slow drip", "404", "429", "503, then success", "500 for ever", "redirect loop", "HTML", "VOTable",
                  "truncated body", "gzip cut short", "UTF-16", "Latin-1", "byte-order mark", "column name", "years", "duplicated header", "zero rows",
                  "ten million rows", "disconnect", "changed between", "disk full"):
        assert any(words in name for name in NAMES), words


def spoil(bench):
    next(bench.outdir.glob("*/pscomppars.csv")).write_text("spoilt")
    bench.server.answers[SYNC] = answer(b"", 404)


def litter(bench):
    (bench.outdir / "litter.csv").write_text("x")
    bench.server.answers[SYNC] = answer(b"", 404)


@pytest.mark.parametrize("arrange", [spoil, litter])
def test_the_scenarios_notice_harm(arrange):
    assert run(Scenario("harm", "", "refused", "", arrange))[0].startswith("violated:")


def test_ten_million_rows_are_beyond_the_limit_whatever_they_hold():
    """A row is at least as long as its commas and its line feed."""
    assert TEN_MILLION * len(COLUMNS) > 10 * Policy().size_limit
    assert Policy().size_limit > 10 * 400 * 4096  # 400 companions with four kilobytes each


def test_impatience_is_bounded():
    """Without any answer the waits alone add up to seconds; a name server that answers "unknown" costs one."""
    policy = Policy()
    waits = [0.0] + [policy.backoff_s * 2**n for n in range(1, policy.retries)]
    assert sum(waits) <= 10.0 and policy.connect_retries <= 2 and policy.read_retries <= 1
    assert policy.read_timeout_s * (policy.read_retries + 1) + policy.connect_timeout_s < policy.total_timeout_s


@pytest.mark.parametrize(("name", "status"), [
    ("refused connection", 2), ("HTML with status 200", 2), ("VOTable error, status 400", 2), ("ten million rows, streamed", 2), ("references fail", 2),
    ("status 503, then success", 0),
])
def test_exit_status_of_the_command_line(name, status, tmp_path, monkeypatch, capsys):
    scenario = SCENARIOS[NAMES.index(name)]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FaultyServer() as server:
        bench = Bench(server, tmp_path / "data" / "fetched")
        bench.sound()
        scenario.arrange(bench)
        monkeypatch.setattr(command, "ROOT", tmp_path)
        monkeypatch.setattr("analysis.catalogue.fetch.fetch", partial(fetch, policy=replace(bench.policy, backoff_s=0.0), **bench.urls))
        assert command.main(["--fetch-only", "--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors")]) == status
    error = capsys.readouterr().err
    assert "Traceback" not in error
    if status:
        assert error.count("Error:") == 1 and scenario.expect in error and error.strip().endswith(".")
        assert name == "references fail" or not (tmp_path / "data").exists()
