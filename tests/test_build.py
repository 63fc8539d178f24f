"""Whole runs through the command line: same bytes, nested and labelled subsets, nothing stale, nothing half-written."""

import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from small import ARGUMENTS, write_export
from test_study import Copy

from analysis import cache
from analysis.cache import file_digest
from analysis.runtime import ROOT
from analysis.stages import DERIVED, OUTPUTS, STAGES

REQUIRED = ["fig1_massmass.png", "fig2_ae.png", "fig3_feasibility.png", "fig4_disk_torques.png", "vlms_companions_stacked.csv", "objects_with_probs.csv", "gmm_summary.json", "beta_e_params.csv", "ks_test_e.txt", "beta_e_bootstrap_summary.json", "beta_e_bootstrap_distributions.csv", "age_regression_summary.json", "age_regression_report.txt", "feasibility_map.npz", "disk_torque_bands.csv", "SUMMARY.txt", "numbers.json", "claims.json", "provenance.json", "sample_ledger.csv"]


def analyse(outdir: Path, *arguments: str, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    variables = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"} | environment
    logs = ["--logdir", str(outdir.parent / "logs"), "--errordir", str(outdir.parent / "errors")]
    return subprocess.run(
        [sys.executable, "-m", "analysis", "--outdir", str(outdir), *logs, *ARGUMENTS, *arguments], cwd=root, env=variables, check=False, capture_output=True,
        text=True, timeout=400,
    )


def digests(outdir: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in sorted(outdir.iterdir()) if path.is_file() and path.name != "provenance.json"}


def column(path: Path, name: str) -> list[str]:
    with open(path, newline="", encoding="utf-8") as stream:
        return [row[name] for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("full") / "out"
    result = analyse(outdir, NUMBA_NUM_THREADS="1")
    assert result.returncode == 0, result.stderr
    return outdir


def test_all_artifacts_exist_and_are_listed_with_their_checksums(full):
    listed = json.loads((full / "provenance.json").read_text())["artifacts"]
    assert set(REQUIRED) <= {path.name for path in full.iterdir()}
    assert {name: entry["sha256"] for name, entry in listed.items()} == digests(full)


def test_every_figure_is_there_as_raster_vector_and_data(full):
    stems = [path.stem for path in full.glob("*.png")]
    assert len(stems) >= 8
    for stem in stems:
        assert (full / f"{stem}.svg").stat().st_size > 1000 and (full / f"{stem}.csv").is_file()


def test_figures_are_drawn_at_the_width_of_their_print_and_no_type_is_small(full):
    margin = float(yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["format"]["typst"]["margin"]["x"].removesuffix("cm"))
    page = (21.0 - 2 * margin) / 2.54 * 72  # points: the text on A4
    manuscript = (ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8")
    shown = re.findall(r'::: \{#([\w-]+)\}\s+```\{python\}[^`]*show\.figure\("(\w+)"(?:, width="(\d+)%")?(, one_column=True)?\)', manuscript)
    in_column = set(re.findall(r'#show <([\w-]+)>: set figure\(scope: "column", placement: none\)', manuscript))
    assert in_column and in_column == {name for name, _, _, narrow in shown if narrow}
    assert {stem for _, stem, _, _ in shown} == {path.stem for path in full.glob("*.svg")}
    for _, stem, share, narrow in shown:
        drawing = (full / f"{stem}.svg").read_text(encoding="utf-8")
        width = float(re.search(r'<svg[^>]*? width="([\d.]+)pt"', drawing)[1])
        printed = page * (0.48 if narrow else 1) * float(share or 100) / 100 / width
        assert 0.99 < printed < 1.01, stem
        sizes = {100 * float(size) for size in re.findall(r"<g transform=\"translate\([^)]*\)(?: rotate\([^)]*\))? scale\(([\d.]+) -", drawing)}
        assert sizes and min(sizes) * printed > 6.45, stem


def test_arrays_load_without_pickle(full):
    with np.load(full / "feasibility_map.npz", allow_pickle=False) as arrays:
        assert arrays["fraction"].shape == (10, 10) and all(arrays[name].dtype.kind != "O" for name in arrays)


def test_specification_columns_are_in_the_stacked_table(full):
    with open(full / "vlms_companions_stacked.csv", newline="", encoding="utf-8") as stream:
        header = next(csv.reader(stream))
    assert {"host_mass_msun", "companion_mass_mjup", "mass_ratio", "semimajor_axis_au", "eccentricity", "discovery_method", "metallicity", "host_age_gyr", "log_mass_ratio", "log_semimajor_axis", "log_host_mass", "above_deuterium_limit", "high_mass_ratio", "age_group", "log_host_age_gyr", "tidal_timescale_proxy", "migration_efficiency", "potential_migrator", "age_delta_vs_toi_gyr", "is_younger_than_toi", "data_source"} <= set(header)
    assert column(full / "vlms_companions_stacked.csv", "data_source").count("TOI") == 1


def test_second_run_changes_nothing_and_imports_only_the_standard_library(full):
    before = {path.name: path.stat().st_mtime_ns for path in full.iterdir()}
    code = (
        "import sys; from analysis.__main__ import main\nstatus = main(sys.argv[1:])\n"
        "print(status, sorted({'numpy', 'pandas', 'numba', 'scipy', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    )
    logs = ["--logdir", str(full.parent / "logs"), "--errordir", str(full.parent / "errors")]
    result = subprocess.run([sys.executable, "-c", code, "--outdir", str(full), *logs, *ARGUMENTS], check=False, cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "0 []", result.stdout + result.stderr
    assert {path.name: path.stat().st_mtime_ns for path in full.iterdir()} == before


@pytest.mark.parametrize("damage", ["delete", "edit"])
def test_damaged_artifact_is_made_again_and_no_other_group(full, damage):
    before = {path.name: path.stat().st_mtime_ns for path in full.iterdir()}
    digest = digests(full)
    victim = full / "fig4_disk_torques.svg"
    if damage == "delete":
        victim.unlink()
    else:
        victim.write_text("not a figure")
    assert analyse(full).returncode == 0
    assert digests(full) == digest
    changed = {path.name for path in full.iterdir() if path.stat().st_mtime_ns != before[path.name]}
    assert changed == {"fig4_disk_torques.svg", "fig4_disk_torques.png", "fig4_disk_torques.csv", "provenance.json"}


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory):
    """A copy of the project with the rows of its catalogue in another order, built with an empty cache and two threads, and its results."""
    folder = tmp_path_factory.mktemp("shuffled")
    copy = Copy(folder / "project")
    frozen = copy.root / "data" / "frozen" / "companions.csv"
    header, *rows = frozen.read_text(encoding="utf-8").splitlines(keepends=True)
    random.Random(1).shuffle(rows)
    frozen.write_text(header + "".join(rows), encoding="utf-8")
    copy.stamp("companions.csv")
    result = analyse(folder / "out", root=copy.root, NUMBA_NUM_THREADS="2")
    assert result.returncode == 0, result.stderr
    return copy, folder / "out"


def test_same_bytes_for_shuffled_rows_two_threads_and_an_empty_cache(full, shuffled):
    assert digests(shuffled[1]) == digests(full)


def test_a_changed_eccentricity_changes_the_numbers_that_rest_on_it_and_no_other(shuffled, tmp_path):
    copy, before = shuffled
    path = copy.root / "data" / "frozen" / "companions.csv"
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    row = next(row for row in rows if row["object_id"] == "NASA:GJ 3512 b")
    assert float(row["eccentricity"]) > 0.3
    row["eccentricity"] = "0.05"
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    copy.stamp("companions.csv")
    assert analyse(tmp_path / "out", root=copy.root, NUMBA_NUM_THREADS="2").returncode == 0
    old, new = (json.loads((folder / "numbers.json").read_text()) for folder in (before, tmp_path / "out"))
    changed = {key for key in old if key != "partial" and old[key] != new[key]}
    assert {"ecc.wide_mw_p", "dif.estimate", "dif.raw"} <= changed
    untouched = ("gmm_", "feasibility", "limiting", "ladder", "ensemble", "agreement", "occurrence", "disk", "selection_model", "run.json")
    assert not [key for key in changed if old[key]["artifact"].startswith(untouched)]


def test_partial_runs_are_nested_labelled_and_leave_the_paper_alone(full, tmp_path):
    kept = {}
    for percent in ("25", "50"):
        outdir = tmp_path / percent
        result = analyse(outdir, "--percent", percent)
        assert result.returncode == 0 and f"PARTIAL RUN: {percent} %" in result.stdout, result.stderr
        kept[percent] = set(column(outdir / "mixture_assignments.csv", "object_id"))
        for path in outdir.iterdir():
            if path.suffix == ".csv":
                assert set(column(path, "partial_percent")) <= {percent}, path.name
            elif path.suffix == ".ecsv":
                assert f"PARTIAL RUN: {percent} %" in path.read_text(), path.name
            elif path.suffix == ".json":
                assert "partial" in json.loads(path.read_text()), path.name
            elif path.suffix == ".txt":
                assert path.read_text().startswith("PARTIAL RUN"), path.name
            elif path.suffix == ".npz":
                assert np.load(path)["partial_percent"] == float(percent)
            else:
                assert path.suffix in (".png", ".svg")
                assert f"PARTIAL RUN: {percent} %".encode() in path.read_bytes(), path.name
        assert not (outdir / "_variables.yml").exists()
    everything = set(column(full / "mixture_assignments.csv", "object_id"))
    assert kept["25"] < kept["50"] < everything
    nasa = [name for name in everything if name.startswith("NASA")]
    assert len([name for name in kept["50"] if name.startswith("NASA")]) == -(-len(nasa) // 2)


def test_handful_of_rows_gives_artifacts_with_reasons(tmp_path):
    result = analyse(tmp_path / "out", "--percent", "2")
    assert result.returncode == 0, result.stderr
    assert set(REQUIRED) <= {path.name for path in (tmp_path / "out").iterdir()}
    mixture = json.loads((tmp_path / "out" / "gmm_summary.json").read_text())
    assert mixture["delta_bic_1_2"] is None and mixture["reason"]


def test_partial_run_into_the_papers_results_goes_to_its_own_folder():
    from argparse import Namespace

    from analysis.__main__ import RESULTS, _outdir

    assert _outdir(Namespace(outdir="results"), 50.0) == RESULTS / "partial-50"
    assert _outdir(Namespace(outdir=None), 12.5) == RESULTS / "partial-12.5"
    assert _outdir(Namespace(outdir=None), 100.0) == RESULTS


def test_a_partial_run_knows_the_papers_results_by_any_name(tmp_path, monkeypatch):
    from argparse import Namespace

    from analysis.__main__ import _outdir

    (tmp_path / "disk").mkdir()
    results = tmp_path / "results"
    results.symlink_to("disk")
    monkeypatch.setattr("analysis.__main__.RESULTS", results)
    for name in (results, tmp_path / "disk", tmp_path / "disk" / ".." / "results"):
        assert _outdir(Namespace(outdir=str(name)), 50.0) == results / "partial-50"
    assert _outdir(Namespace(outdir=str(tmp_path / "other")), 50.0) == tmp_path / "other"
    monkeypatch.setattr("os.path.samefile", lambda first, second: str(first).lower() == str(second).lower())  # no case in names
    assert _outdir(Namespace(outdir=str(tmp_path / "Disk")), 50.0) == tmp_path / "Disk"
    monkeypatch.setattr("analysis.__main__.RESULTS", tmp_path / "disk")
    assert _outdir(Namespace(outdir=str(tmp_path / "Disk")), 50.0) == tmp_path / "disk" / "partial-50"


def test_age_comparison_is_written_with_an_age_and_removed_without(full, tmp_path):
    outdir = tmp_path / "out"
    shutil.copytree(full, outdir)
    assert analyse(outdir, "--toi_age_gyr", "5.0").returncode == 0
    assert column(outdir / "age_comparison.csv", "host_name")
    assert "Age comparison" in (outdir / "SUMMARY.txt").read_text()
    assert analyse(outdir).returncode == 0
    assert not (outdir / "age_comparison.csv").exists() and digests(outdir) == digests(full)


def test_own_export_gives_the_same_sample_as_the_frozen_table(full, tmp_path):
    path = tmp_path / "mine é.csv"
    write_export(path)
    result = analyse(tmp_path / "out", "--ps", str(path))
    assert result.returncode == 0, result.stderr
    assert set(column(tmp_path / "out" / "mixture_assignments.csv", "object_id")) == set(column(full / "mixture_assignments.csv", "object_id"))


def test_only_evaluates_what_it_names(tmp_path):
    result = analyse(tmp_path / "out", "--only", "kozai")
    assert result.returncode == 0, result.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "feasibility_summary.json" in names and "gmm_summary.json" not in names and "SUMMARY.txt" not in names


@pytest.mark.parametrize("interrupted", [False, True])
def test_only_refuses_to_mix_parameters_and_leaves_all_files(full, tmp_path, interrupted):
    outdir = tmp_path / "out"
    shutil.copytree(full, outdir)
    if interrupted:  # what a killed build with other parameters leaves
        provenance = json.loads((outdir / "provenance.json").read_text())
        (outdir / "provenance.json").unlink()
        (outdir / ".unfinished.json").write_text(json.dumps({"outputs": provenance["outputs"], "names": [], "config": None}))
    before = {path.name: path.read_bytes() for path in outdir.iterdir()}
    result = analyse(outdir, "--only", "kozai", "--set", "kozai.draws=51")
    assert result.returncode == 2 and f"({'of an interrupted run' if interrupted else 'kozai.draws'})" in result.stderr and "--outdir" in result.stderr
    assert {path.name: path.read_bytes() for path in outdir.iterdir()} == before


def test_only_replaces_its_own_files_by_those_of_other_parameters(tmp_path):
    outdir = tmp_path / "out"
    for draws in ("50", "51"):
        result = analyse(outdir, "--only", "disk", "--set", f"disk.draws={draws}")
        assert result.returncode == 0, result.stderr
        assert json.loads((outdir / "provenance.json").read_text())["config"]["disk"]["draws"] == int(draws)


def test_only_says_which_files_it_removes(full, tmp_path):
    outdir = tmp_path / "out"
    shutil.copytree(full, outdir)
    (outdir / "fig4_disk_torques.svg").unlink()
    result = analyse(outdir, "--only", "disk")
    assert result.returncode == 0, result.stderr
    told = next(line for line in result.stdout.splitlines() if line.startswith("Removed from"))
    gone = {path.name for path in full.iterdir()} - {path.name for path in outdir.iterdir()}
    assert {"SUMMARY.txt", "numbers.json", "claims.json"} <= gone
    assert set(told.split("rest: ")[1].split(". A run")[0].split(", ")) == gone
    assert analyse(outdir).returncode == 0 and digests(outdir) == digests(full)


def test_a_complete_run_prunes_the_cache_and_a_part_of_one_does_not(built, monkeypatch):
    asked = []
    monkeypatch.setattr(cache, "prune", lambda used, complete: asked.append((set(used), complete)))
    assert built.write() == [] and built.write(("kozai",)) == []
    assert [complete for _, complete in asked] == [True, False] and asked[0][0] == set(STAGES)


def test_killed_build_is_finished_by_the_next(full, tmp_path):
    outdir = tmp_path / "out"
    shutil.copytree(full, outdir)
    (outdir / "provenance.json").unlink()  # what a build killed half-way leaves: some files new, some old, no provenance
    (outdir / "SUMMARY.txt").write_text("half a sum")
    assert analyse(outdir).returncode == 0
    assert digests(outdir) == digests(full)


def test_each_output_is_a_group_of_its_own(full):
    made_by = {entry["made_by"] for entry in json.loads((full / "provenance.json").read_text())["artifacts"].values()}
    assert made_by == {output.name for output in (*OUTPUTS, *DERIVED)}
