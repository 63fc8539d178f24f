"""Sweeps: the same bits whatever the chunks, threads or cluster; resumed, refused or repaired on disk; one sentence for every mistake."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.config import Config
from analysis.errors import InputError
from analysis.migration import schedule
from analysis.migration.chunks import chunk_path, finished, gaps, read_chunk, write_chunk
from analysis.migration.ensemble import sweep
from analysis.migration.secular.batch import run_systems, settings
from analysis.migration.secular.triple import REASONS
from analysis.progress import meter
from analysis.runtime import ROOT

from .conftest import make_target

SHORT = replace(Config(), ensemble=replace(Config().ensemble, time_limit=1e-5))  # 10,000 yr: a few cycles of close triples


@pytest.fixture(scope="module")
def job():
    return sweep.job_of(SHORT, make_target())


@pytest.fixture(scope="module")
def direct(job):
    """Systems 0 ... 39 in one batch: (attempts, record, reason)."""
    return run_systems(np.arange(40), SHORT.ensemble, np.array(job[0].physics), job[0].host_mass, job[0].companion_mass)[1:4]


def stored(folder, job, n=40):
    """What a folder holds of systems 0 ... n - 1, put together."""
    parts = list(finished(folder, job[0].digest, 0, n))
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    return tuple(np.concatenate([getattr(part, name) for part in parts])[:n] for name in ("attempts", "record", "reason"))


def same(one, two):
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(("chunk", "threads"), [(40, 1), (7, 3), (1, 2)])
def test_chunks_and_threads_do_not_change_a_bit(job, direct, tmp_path, chunk, threads):
    progress = sweep.sweep(*job, 40, tmp_path, chunk=chunk, threads=threads)
    assert same(stored(tmp_path, job), direct)
    assert progress.systems == sum(progress.outcomes().values()) == 40
    assert progress.reasons["time_limit"] == int(np.sum(direct[2] == REASONS["time_limit"]))


def test_a_sweep_goes_on_where_it_stopped(job, direct, tmp_path):
    sweep.sweep(*job, 15, tmp_path, chunk=6, threads=2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    progress = sweep.sweep(*job, 40, tmp_path, chunk=10, threads=2)
    assert (progress.resumed, progress.systems) == (15, 40)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    assert same(stored(tmp_path, job), direct)
    again = sweep.sweep(*job, 40, tmp_path, chunk=3, threads=1)
    assert (again.resumed, again.systems, again.reasons) == (40, 40, progress.reasons)
    assert sweep.sweep(*job, 10, tmp_path, first=12, threads=1).systems == 10


def test_damaged_and_foreign_chunks_are_computed_again(job, direct, tmp_path):
    sweep.sweep(*job, 40, tmp_path, chunk=8, threads=1)
    paths = [chunk_path(tmp_path, start, start + 8) for start in range(0, 40, 8)]
    content = bytearray(paths[0].read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    paths[0].write_bytes(content)
    paths[1].write_bytes(paths[1].read_bytes()[:500])
    paths[2].unlink()
    other = read_chunk(paths[3], job[0].digest)
    write_chunk(tmp_path, "another digest", replace(other, record=other.record * 2))
    shutil.copy(paths[4], chunk_path(tmp_path, 0, 32))  # a name that does not say what is inside
    assert sweep.sweep(*job, 40, tmp_path, chunk=8, threads=1).resumed == 8
    assert same(stored(tmp_path, job), direct)


def test_other_settings_or_code_never_meet(job, tmp_path):
    sweep.sweep(*job, 4, tmp_path, threads=1)
    before = sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir())
    other = sweep.job_of(replace(SHORT, ensemble=replace(SHORT.ensemble, seed=1)), make_target())
    with pytest.raises(InputError, match="other settings or other code"):
        sweep.sweep(*other, 4, tmp_path, threads=1)
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir()) == before
    with pytest.raises(InputError, match="other source files"):
        sweep.run_chunk((replace(job[0], digest="0" * 64), 0, 1))
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        sweep.sweep(*job, 4, tmp_path, threads=1)


@pytest.mark.parametrize("change", [{"secular": {"companion_lag": 2.0}}, {"ensemble": {"time_limit": 2e-5}}, {"target": {"companion_mass_mjup": 0.3}}])
def test_whatever_changes_an_outcome_changes_the_digest(job, change):
    config = replace(SHORT, **{name: replace(getattr(SHORT, name), **values) for name, values in change.items() if name != "target"})
    assert sweep.job_of(config, make_target(**change.get("target", {})))[0].digest != job[0].digest


def test_what_changes_no_outcome_keeps_the_digest(job):
    config = replace(SHORT, ensemble=replace(SHORT.ensemble, systems=7, rerun_share=0.5))
    assert sweep.job_of(config, make_target())[0].digest == job[0].digest
    chosen = settings(config.ensemble, np.array(job[0].physics), job[0].host_mass, job[0].companion_mass)
    assert chosen == job[1]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6), st.integers(0, 30), st.integers(1, 60), st.integers(1, 9))
def test_gaps_are_what_is_left_out(pairs, first, n, size):
    spans = sorted((start, start + length) for start, length in pairs)
    found = list(gaps(spans, first, first + n, size))
    left_out = [k for k in range(first, first + n) if not any(start <= k < stop for start, stop in spans)]
    assert [k for start, stop in found for k in range(start, stop)] == left_out
    assert all(0 < stop - start <= size for start, stop in found)


def test_few_chunks_are_under_way_at_a_time():
    pulled, lock = [0], threading.Lock()

    def tasks():
        for k in range(400):
            with lock:
                pulled[0] += 1
            yield k

    done = 0
    for _ in schedule.on_threads(lambda k: k, tasks(), 3):
        done += 1
        assert pulled[0] - done <= 2 * schedule.AHEAD * 3
    assert done == 400


def test_a_failing_chunk_stops_the_sweep_and_leaves_no_thread_behind():
    def work(k):
        if k == 3:
            raise InputError("chunk 3")
        time.sleep(0.01)
        return k

    with pytest.raises(InputError, match="chunk 3"):
        list(schedule.on_threads(work, range(1000), 2))


def test_progress_is_a_line_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    with meter("sweep", 10, unit="systems") as bar:
        bar.delay, bar.mininterval = 0.0, 0.0
        bar.update(4)
        bar.update(3)
    lines = capsys.readouterr().err.splitlines()
    assert "4/10" in lines[0]
    assert "systems/s" in lines[-1]


ARGUMENTS = ["--set", "ensemble.time_limit=1e-5"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--systems", "0"], "--systems"),
        (["--chunk", "many"], "--chunk"),
        (["--nonsense"], "--nonsense"),
        (["--set", "ensemble"], "section.name=value"),
        (["--set", "ensemble.nothing=1"], "no parameter 'nothing'"),
        (["--set", f"ensemble.systems={'9' * 5000}"], "expected a value like"),
        (["--set", f"ensemble.systems={'[' * 3000}"], "expected a value like"),
        (["--set", "ensemble.systems=1\nseed = 2"], "expected a value like"),
        (["--out", ""], "--out: its value is empty"),
        (["--scheduler="], "--scheduler: its value is empty"),
        (["--set", "ensemble.outer_mass_law=cubic"], "outer_mass_law"),
        (["--set", "secular.companion_spin=sideways"], "companion_spin"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "exclude"),
        (["--workers", "2", "--threads", "2"], "--threads"),
        (["--tag", "a/b"], "--tag"),
        (["--systems", "2", "--out", "/proc/nowhere"], "--out"),
        (["freeze", "--tag", "never-made"], "--out"),
    ],
)
def test_mistakes_are_told_in_one_sentence(arguments, words, capsys):
    assert sweep.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert words in said
    assert said.count("\n") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize(("arguments", "threads"), [([], 3), (["--threads", "7"], 7)])
def test_the_recipe_uses_the_cores_that_it_may_use(monkeypatch, arguments, threads):
    found = []

    def stop(*_, **options):
        found.append(options["threads"])
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "usable_cores", lambda: 3)
    monkeypatch.setattr(sweep, "sweep", stop)
    assert sweep.main(arguments) == 130 and found == [threads]


def test_dask_is_asked_for_where_it_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert sweep.main(["--systems", "2", "--workers", "2", "--out", str(tmp_path / "x"), *ARGUMENTS]) == 2
    assert "just setup --extra sweep" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_an_interrupted_sweep_keeps_what_is_finished(job, direct, tmp_path, monkeypatch, capsys):
    command = ["--systems", "40", "--chunk", "5", "--threads", "1", "--out", str(tmp_path), *ARGUMENTS, "--set", "secular.averaging_floor=3.0"]
    real = sweep.write_chunk

    def interrupted(folder, digest, chunk):
        if len(list(folder.glob("systems-*"))) == 3:
            raise KeyboardInterrupt
        return real(folder, digest, chunk)

    monkeypatch.setattr(sweep, "write_chunk", interrupted)
    assert sweep.main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert len(list(tmp_path.glob("systems-*"))) == 3
    monkeypatch.setattr(sweep, "write_chunk", real)
    assert sweep.main(command) == 0
    said = capsys.readouterr().out
    assert "40 systems" in said
    assert "15 were there" in said
    assert len(list(tmp_path.glob(".*"))) == 0


def started(folder, *options):
    """A sweep in a process of its own, once its first chunk is on disk."""
    command = [sys.executable, "-m", "analysis.migration.ensemble.sweep", "--out", str(folder), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while process.poll() is None and not list(folder.glob("systems-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def test_ctrl_c_ends_with_a_sentence(tmp_path):
    process = started(tmp_path, "--systems", "1000000", "--chunk", "4", "--threads", "2", "--set", "ensemble.time_limit=1e-3")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().endswith("the same command goes on from there.")
    assert "Traceback" not in said


def test_dask_gives_the_same_bits_and_survives_a_dead_worker(job, tmp_path):
    pytest.importorskip("distributed")
    import psutil

    process = started(tmp_path, "--systems", "400", "--chunk", "2", "--workers", "2", "--set", "secular.averaging_floor=3.0", *ARGUMENTS)
    assert process.poll() is None
    workers = [child for child in psutil.Process(process.pid).children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    os.kill(workers[0].pid, signal.SIGKILL)
    assert len(list(tmp_path.glob("systems-*"))) < 200  # it dies with work left
    said, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    assert "400 systems" in said
    direct = run_systems(np.arange(400), SHORT.ensemble, np.array(job[0].physics), job[0].host_mass, job[0].companion_mass)[1:4]
    assert same(stored(tmp_path, job, 400), direct)
