"""Threads: what the user sets counts, what cannot be is refused, limits of the machine are kept, and no result depends on any of it."""

import json
import math
import os
import subprocess
import sys

import pytest

from analysis import runtime
from analysis.runtime import ROOT

NAMES = (*runtime.THREAD_VARIABLES, *runtime.CORE_VARIABLES)
SPECIFIED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")


def python(*arguments, prefix=(), **variables):
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    return subprocess.run([*prefix, sys.executable, *arguments], cwd=ROOT, env={**environment, **variables}, capture_output=True, text=True, timeout=300, check=False)


SHOW = ("-c", "import analysis, json; from analysis.runtime import threads; print(json.dumps(threads()))")


def test_by_default_one_blas_thread_and_a_kernel_thread_per_usable_core():
    found = json.loads(python(*SHOW).stdout)
    assert {found[name] for name in runtime.THREAD_VARIABLES} == {"1"}
    assert found["NUMBA_NUM_THREADS"] == found["LOKY_MAX_CPU_COUNT"] == str(runtime.usable_cores())


@pytest.mark.parametrize("name", SPECIFIED)
def test_what_the_user_sets_is_respected(name):
    found = json.loads(python(*SHOW, **{name: "3"}).stdout)
    assert found[name] == "3"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity masks")
def test_kernels_keep_to_the_affinity_mask():
    core = min(os.sched_getaffinity(0))
    script = "import os; os.sched_setaffinity(0, {" + str(core) + "}); import analysis, numba; print(numba.config.NUMBA_NUM_THREADS)"
    assert python("-c", script).stdout.strip() == "1"


@pytest.mark.parametrize("name", [*SPECIFIED, "LOKY_MAX_CPU_COUNT"])
@pytest.mark.parametrize("value", ["0", "-1", "abc", "1000000", "1.5", "\u0663"])
def test_no_number_of_threads_is_one_sentence(name, value, monkeypatch):
    monkeypatch.setattr(runtime, "_refused", {})
    for other in NAMES:
        monkeypatch.setenv(other, "1")
    monkeypatch.setenv(name, value)
    runtime.prepare_environment()
    assert os.environ[name].isdigit()  # Numba and NumPy can be imported all the same
    with pytest.raises(runtime.InputError, match=f"{name} is '{value}'; expected a number of threads from 1 to 4096"):
        runtime.check_threads()


@pytest.mark.parametrize("module", ["analysis", "analysis.verify", "analysis.calibrate"])
def test_every_command_line_refuses_it_with_status_2(module, tmp_path):
    done = python("-m", module, *(["--outdir", str(tmp_path / "out")] if module == "analysis" else []), NUMBA_NUM_THREADS="0")
    assert done.returncode == 2 and done.stderr.startswith("Error: NUMBA_NUM_THREADS is '0'") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_option_is_stronger_than_the_variable(monkeypatch):
    monkeypatch.setattr(runtime, "_refused", {"NUMBA_NUM_THREADS": "abc"})
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
    runtime.check_threads(5)
    assert os.environ["NUMBA_NUM_THREADS"] == "5"


def test_an_unknown_threading_layer_is_one_sentence(monkeypatch):
    monkeypatch.setattr(runtime, "_refused", {})
    monkeypatch.setenv("NUMBA_THREADING_LAYER", "omp")
    runtime.check_threads()
    monkeypatch.setenv("NUMBA_THREADING_LAYER", "looms")
    with pytest.raises(runtime.InputError, match="NUMBA_THREADING_LAYER is 'looms'; expected one of default, safe"):
        runtime.check_threads()


def test_openmp_takes_a_list_and_an_empty_variable_means_the_default(monkeypatch):
    monkeypatch.setattr(runtime, "_refused", {})
    monkeypatch.setenv("OMP_NUM_THREADS", "2,1")
    monkeypatch.setenv("MKL_NUM_THREADS", "")
    runtime.prepare_environment()
    runtime.check_threads()
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"]) == ("2,1", "1")


def groups(tmp_path, listing, files):
    (tmp_path / "listing").write_text(listing)
    for name, text in files.items():
        path = tmp_path / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return runtime._group_quota(tmp_path / "listing", tmp_path / "mounted")


@pytest.mark.parametrize(("listing", "files", "expected"), [
    ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "150000 100000\n"}, 1.5),
    ("0::/a/b\n", {"a/b/cpu.max": "50000 100000\n", "a/cpu.max": "400000 100000\n"}, 0.5),
    ("0::/\n", {"cpu.max": "300000 100000\n"}, 3.0),
    ("4:cpu,cpuacct:/a\n1:name=systemd:/b\n", {"cpu,cpuacct/a/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n"}, 2.5),
    ("4:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, math.inf),
    ("0::/gone\n", {}, math.inf),
    ("nonsense\n", {"cpu.max": "many few\n"}, math.inf),
])
def test_limits_of_control_groups(tmp_path, listing, files, expected):
    assert groups(tmp_path, listing, files) == expected


def test_a_share_of_a_core_still_gives_one_thread(monkeypatch):
    for quota, mask, cores in ((0.3, 8, 1), (1.5, 8, 2), (64.0, 8, 8), (math.inf, 8, 8)):
        monkeypatch.setattr(runtime, "_group_quota", lambda quota=quota: quota)
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, mask=mask: set(range(mask)), raising=False)
        assert runtime.usable_cores() == cores


STAGES = """
from analysis.config import Config, with_overrides
from analysis.study import Study
study = Study(with_overrides(Config(), {"kozai": {"mass_cells": 12, "axis_cells": 12, "draws": 40}, "ages": {"permutations": 99}}, "test"))
print([study.get(name) is not None for name in ("kozai", "ages")])
import numba
print(numba.get_num_threads())
"""


def test_results_do_not_depend_on_threads(tmp_path):
    """A parallel kernel and linear algebra, with one thread of each kind and with several, give the same bytes."""
    many = {**dict.fromkeys(NAMES, "3"), "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    found = []
    for variables, threads in ((dict.fromkeys(NAMES, "1"), "1"), (many, "3")):
        cache = tmp_path / threads
        done = python("-c", STAGES, VLMS_CACHE_DIR=str(cache), **variables)
        assert done.stdout.splitlines() == ["[True, True]", threads], done.stderr
        found.append({path.name: path.read_bytes() for path in (cache / "stages").iterdir()})
    assert {name.split("-")[0] for name in found[0]} == {"catalogue", "target", "sample", "kozai", "ages"}
    assert found[0] == found[1]


def test_the_peak_memory_of_a_build_is_the_largest_of_its_steps_with_what_quarto_holds_meanwhile():
    from benchmarks.budgets import _memory_rows

    rows = [{"what": "  peak memory", "value": value} for value in (900.0, 600.0, 1000.0)] + [{"what": "analysis, cold", "value": 5000.0}]
    assert _memory_rows(rows, None)[0]["value"] == 1000.0
    whole, within = _memory_rows(rows, 250.0)
    assert whole["value"] == within["value"] == 1150.0 and (whole["budget"], whole["verdict"]) == (1200, "met")
    assert _memory_rows(rows, 350.0)[0]["verdict"] == "MISSED"


def test_peak_memory_counts_a_process_and_all_that_it_started(tmp_path):
    from benchmarks.budgets import measure

    hold = "import sys, time; block = bytearray(60_000_000); time.sleep(1.5)"
    script = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {hold!r}]); block = bytearray(60_000_000); child.wait()"
    assert 120 < measure([sys.executable, "-c", script], tmp_path, watched=True).peak_mb < 250
