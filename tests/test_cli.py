"""The command line as a user meets it: exit statuses, one-sentence errors, prompts, logs, and what stays untouched."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.options import normalised
from analysis.runtime import ROOT


def run(*args: str, stdin: str = "", cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "analysis", *args], check=False, input=stdin, capture_output=True, text=True, cwd=cwd, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


@pytest.fixture
def quiet(tmp_path):
    """Options that keep logs and artifacts of a test in its own folder."""
    return ["--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors"), "--outdir", str(tmp_path / "out")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--percent", "101"], "percentage from 0 to 100"),
        (["--percent", "-1"], "percentage from 0 to 100"),
        (["--percent", "half"], "percentage from 0 to 100"),
        (["--percent", "nan"], "percentage from 0 to 100"),
        (["--toi_mstar", "0"], "above zero"),
        (["--toi-a-AU", "inf"], "above zero"),
        (["--threads", "0"], "threads"),
        (["--no-such-option"], "no such option"),
        (["--run", "no-such-file.toml"], "no-such-file.toml"),
        (["--set", "kozai.draws"], "section.name=value"),
        (["--set", "kozai.draws=many"], "draws"),
        (["--set", "kozai.weight=1"], "no parameter"),
        (["--set", "nothing.draws=1"], "not a section"),
        (["--set", "selection.percent=150"], "percentage"),
        (["--set", "mixture.restarts=0"], "whole number from 1"),
        (["--set", "kozai.time_limit=inf"], "finite"),
        (["--set", "kozai.ages=[]"], "empty"),
        (["--set", "origin.folds=1"], "above 1"),
        (["--set", "eccentricity.bagging_fraction=2"], "at most 1"),
        (["--set", "mixture.covariance_floor=-1"], "above 0"),
        (["--set", "origin.inverse_regularisation=0"], "above 0"),
        (["--set", "tides.companion_q=[0]"], "above 0"),
        (["--set", "disk.outer_radius=0"], "above 0"),
        (["--set", "selection.host_mass_max=0.3"], "at most 0.25"),
        (["--seed=-1"], "whole number from 0"),
        (["--set", f"kozai.draws={'9' * 5000}"], "expected a value like"),
        (["--set", "kozai.draws=100\nage = 2"], "expected a value like"),
        *((["--" + name, ""], f"--{name}: its value is empty") for name in (
            "ps", "bd", "labels", "outdir", "run", "logdir", "errordir", "log_basename", "error_basename",
        )),
        (["--log_basename", "a" * 5000, "--logdir", ".", "--errordir", "."], "--log_basename aaaa"),
        (["--error_basename", "a" * 5000, "--logdir", ".", "--errordir", "."], "--error_basename aaaa"),
        (["--error-basename", "a/b"], "--error_basename 'a/b' is not a file name"),
    ],
)
def test_bad_options_are_one_sentence_and_status_2(arguments, words, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr and result.stderr.count("\n") == 1 and "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--ps", None, "missing.csv"),
        ("--ps", b"", "empty"),
        ("--ps", b"a;b;c\n1;2;3\n", "column"),
        ("--ps", os.urandom(4096), "input.csv"),
        ("--bd", b"host_star,method\nX,rv\n", "column"),
        ("--labels", b"companion,label\nx,1\n", "column"),
    ],
)
def test_bad_files_are_one_sentence_and_leave_results_alone(option, content, words, tmp_path, quiet):
    out = tmp_path / "out"
    out.mkdir()
    (out / "SUMMARY.txt").write_text("earlier result")
    path = tmp_path / ("input.csv" if content is not None else "missing.csv")
    if content is not None:
        path.write_bytes(content)
    result = run(option, str(path), *quiet)
    assert result.returncode == 2 and words in result.stderr and "Traceback" not in result.stderr
    assert result.stderr.count("Error:") == 1
    assert [item.name for item in out.iterdir()] == ["SUMMARY.txt"] and (out / "SUMMARY.txt").read_text() == "earlier result"
    assert words in next((tmp_path / "errors").iterdir()).read_text()


def test_directory_instead_of_a_file(tmp_path, quiet):
    result = run("--ps", str(tmp_path), *quiet)
    assert result.returncode == 2 and "directory" in result.stderr


def test_outdir_that_is_a_file(tmp_path, quiet):
    (tmp_path / "file").write_text("mine")
    result = run(*quiet, "--outdir", str(tmp_path / "file"))
    assert result.returncode == 2 and "--outdir" in result.stderr
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("answer", ["exit\n", "EXIT\n", "", "0\n"])
def test_count_leaves_cleanly(answer, tmp_path, quiet):
    result = run("--count-candidates", *quiet, stdin=answer)
    assert result.returncode == 0 and "othing was processed" in result.stdout
    assert not (tmp_path / "out").exists()


def test_count_leaves_cleanly_on_an_interrupt(monkeypatch, tmp_path, quiet, capsys):
    monkeypatch.setattr("builtins.input", lambda prompt: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["--count-candidates", *quiet]) == 130
    assert "Nothing was processed." in capsys.readouterr().out and not (tmp_path / "out").exists()


def test_count_shows_each_catalogue_and_the_total(quiet, sample):
    result = run("--count_candidates", *quiet, stdin="exit\n")
    numbers = [int(line.split("(")[0].split()[-1]) for line in result.stdout.splitlines() if "(of " in line]
    candidates = sample.table[sample.table["is_candidate"]]
    by_source = candidates["data_source"].value_counts()
    assert numbers == [by_source["NASA"], by_source["BD_Catalogue"], len(candidates)]


def test_three_bad_answers_end_with_status_2(tmp_path, quiet):
    result = run("--count-candidates", *quiet, stdin="many\n120\n-3\n50\n")
    assert result.returncode == 2 and result.stdout.count("is not a percentage") == 3
    assert not (tmp_path / "out").exists()


def test_one_bad_answer_is_asked_again(tmp_path, quiet):
    result = run("--count-candidates", *quiet, stdin="101\nexit\n")
    assert result.returncode == 0 and result.stdout.count("Percentage of candidates") == 2


def test_logs_are_paired_named_and_hold_the_output(tmp_path):
    result = run(
        "--count-candidates", "--logdir", str(tmp_path / "a"), "--errordir", str(tmp_path / "b"), "--log_basename", "run",
        "--error_basename", "run_errors", stdin="nonsense\nnonsense\nnonsense\n",
    )
    assert result.returncode == 2
    (log,) = (tmp_path / "a").glob("*.log")
    (errors,) = (tmp_path / "b").iterdir()
    assert log.name.startswith("run_2") and errors.name == log.name.replace("run_", "run_errors_")
    assert "Candidates that meet" in log.read_text() and "No usable percentage" in log.read_text()
    assert "No usable percentage" in errors.read_text() and "Candidates that meet" not in errors.read_text()


def test_options_may_use_dashes_underscores_and_any_case():
    assert normalised(["--toi-a-AU", "0.05", "--Log-Basename=My-Run", "-3"]) == ["--toi_a_au", "0.05", "--log_basename=My-Run", "-3"]


def test_the_paper_refuses_a_partial_sample(capsys):
    assert main(["--write-run", "--percent", "50"]) == 2
    assert "just analyze --percent" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--outdir=elsewhere", "--only=kozai", "--count-candidates"])
def test_the_paper_refuses_what_it_would_ignore(option, tmp_path, quiet, capsys):
    assert main(["--write-run", *quiet[:4], option]) == 2
    assert "does not go with the paper" in capsys.readouterr().err


def test_bad_input_leaves_the_run_of_the_paper_alone(tmp_path, quiet, monkeypatch, capsys):
    monkeypatch.setattr("analysis.__main__.RUN_FILE", tmp_path / "run.toml")
    monkeypatch.setattr("analysis.__main__.RESULTS", tmp_path / "results" / "of" / "the paper")
    (tmp_path / "run.toml").write_text("[kozai]\ndraws = 100\n")
    assert main(["--write-run", *quiet[:4], "--ps", str(tmp_path / "missing.csv")]) == 2
    assert "missing.csv" in capsys.readouterr().err
    assert (tmp_path / "run.toml").read_text() == "[kozai]\ndraws = 100\n" and not (tmp_path / "results").exists()


@pytest.fixture
def paper_run(tmp_path, quiet, monkeypatch):
    """A function that keeps the options of a paper's run in a run.toml of its own, without evaluating anything; the file."""
    run_file = tmp_path / "run.toml"
    monkeypatch.setattr("analysis.__main__.RUN_FILE", run_file)
    monkeypatch.setattr("analysis.__main__._analyse", lambda options, config: 0)
    return (lambda *options: main(["--write-run", *quiet[:4], *options])), run_file


BY_HAND = "# my own\n[kozai]\ndraws = 100  # fewer\n"


@pytest.mark.parametrize("options", [(), ("--set", "kozai.draws=200")])
def test_a_run_file_written_by_hand_is_moved_aside_and_never_onto_another(options, paper_run, capsys):
    call, run_file = paper_run
    aside = run_file.with_name("run.toml.old")
    run_file.write_text(BY_HAND)
    assert call(*options) == 0
    assert capsys.readouterr().out == "run.toml, written by hand, is now run.toml.old; to build the paper from it: just paper --run run.toml.old\n"
    assert aside.read_text() == BY_HAND and run_file.exists() == bool(options)
    run_file.write_text("[kozai]\ndraws = 300\n")
    assert call(*options) == 2
    assert "run.toml.old is there" in capsys.readouterr().err
    assert aside.read_text() == BY_HAND and run_file.read_text() == "[kozai]\ndraws = 300\n"


def test_a_run_file_written_by_hand_stays_where_it_is_the_whole_run(paper_run):
    call, run_file = paper_run
    run_file.write_text(BY_HAND)
    assert call("--run", str(run_file)) == 0
    assert run_file.read_text() == BY_HAND and not run_file.with_name("run.toml.old").exists()
    assert call("--run", str(run_file), "--set", "kozai.draws=200") == 0
    assert tomllib.loads(run_file.read_text()) == {"kozai": {"draws": 200}} and run_file.with_name("run.toml.old").read_text() == BY_HAND


def test_a_run_file_of_ours_is_rewritten_and_removed_without_a_word(paper_run, capsys):
    call, run_file = paper_run
    for draws in ("200", "300"):
        assert call("--set", f"kozai.draws={draws}") == 0
        assert tomllib.loads(run_file.read_text()) == {"kozai": {"draws": int(draws)}}
    assert call() == 0
    assert not run_file.exists() and not run_file.with_name("run.toml.old").exists() and capsys.readouterr().out == ""


def test_a_missing_file_is_looked_for_where_just_was_called(tmp_path, quiet):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "mine.csv").write_text("a,b\n1,2\n")
    called = run("--ps", "mine.csv", *quiet, VLMS_CALLED_FROM=str(folder))
    assert called.returncode == 2 and f"start at the project folder: give {folder / 'mine.csv'}." in called.stderr.replace("...", "")
    missing = run("--ps", "other.csv", *quiet, VLMS_CALLED_FROM=str(folder))
    assert missing.returncode == 2 and missing.stderr.endswith("Check the path.\n")


def test_the_paper_can_be_built_from_fetched_catalogues(tmp_path, quiet, monkeypatch):
    def fetch(folder):
        return tmp_path / "données.csv", tmp_path / "bd.csv"

    monkeypatch.setattr("analysis.catalogue.fetch.fetch", fetch)
    monkeypatch.setattr("analysis.__main__.RUN_FILE", tmp_path / "run.toml")
    monkeypatch.setattr("analysis.__main__._analyse", lambda options, config: 0)
    assert main(["--write-run", *quiet[:4], "--fetch"]) == 0
    kept = tomllib.loads((tmp_path / "run.toml").read_text(encoding="utf-8"))
    assert kept == {"catalogue": {"ps": str(tmp_path / "données.csv"), "bd": str(tmp_path / "bd.csv")}}


def test_help_imports_only_the_standard_library():
    code = "import sys; from analysis.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(sorted({'numpy','pandas','numba','scipy','matplotlib'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.rstrip().endswith("[]")
