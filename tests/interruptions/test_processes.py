"""Programs and their surroundings: closed streams and pipes, signals, file times, helper processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.runtime import ROOT


def python(code: str, *arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60, **options)


def test_a_program_without_standard_streams_gives_their_numbers_to_nobody(tmp_path):
    code = f"import analysis, sys; file = open({str(tmp_path / 'file')!r}, 'w'); print('lost'); file.write(str(file.fileno())); file.close(); sys.exit(3)"
    done = subprocess.run(f"exec '{sys.executable}' -c \"$CODE\" <&- >&- 2>&-", shell=True, cwd=ROOT, env={**os.environ, "CODE": code}, check=False, timeout=60)
    assert done.returncode == 3
    assert int((tmp_path / "file").read_text()) > 2


def test_a_closed_pipe_ends_without_a_word():
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from analysis.commands import guarded; sys.exit(guarded(lambda: print('line\\n' * 10000) or 0))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


WAITS = """
import sys, time
from analysis.commands import guarded
def run():
    print("ready", flush=True)
    time.sleep(60)
sys.exit(guarded(run, "nothing was changed."))
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_a_command_with_one_sentence(number, status):
    with subprocess.Popen([sys.executable, "-c", WAITS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert process.returncode == status
    assert told.strip().endswith("; nothing was changed.") and told.strip().count("\n") == 0


def test_nohup_is_respected():
    code = "import signal; from analysis.commands import stoppable\nwith stoppable(): signal.raise_signal(signal.SIGHUP); print('on')"
    done = subprocess.run(["nohup", sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "on\n")


@pytest.mark.parametrize("by_content", [True, False])
def test_an_edit_that_the_clock_does_not_show_is_loaded(tmp_path, by_content):
    """Without the loader by content Python keeps the old bytecode: the test would not see an edit without this difference."""
    package = tmp_path / "edited"
    package.mkdir()
    isolate = f"from analysis.isolation import isolate; isolate(Path({str(package)!r}), Path({str(tmp_path)!r}))" if by_content else ""
    code = f"import sys; from pathlib import Path; sys.path.insert(0, {str(tmp_path)!r})\n{isolate}\nimport edited.module; print(edited.module.VALUE)"
    found = []
    for value in (1, 2):
        for name, text in (("__init__.py", ""), ("module.py", f"VALUE = {value}\n")):
            (package / name).write_text(text)
            os.utime(package / name, (1_700_000_000, 1_700_000_000))
        found.append(python(code, env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}).stdout.strip())
    assert found == (["1", "2"] if by_content else ["1", "1"])


def test_an_interrupted_rendering_leaves_no_process_of_the_typesetter(tmp_path):
    """A stand-in for Quarto that starts a helper: both are gone when the command is."""
    typesetter = tmp_path / "quarto"
    typesetter.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > '{tmp_path}/helper'\nwait\n")
    typesetter.chmod(0o755)
    code = f"import sys; sys.path.insert(0, '.'); from analysis.commands import guarded; from tools import render; sys.exit(guarded(lambda: render.render_with_quarto({str(typesetter)!r})))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        helper = tmp_path / "helper"
        _wait(lambda: helper.is_file() and helper.read_text().strip())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 143
    _wait(lambda: not _runs(int(helper.read_text())))


WORKERS = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from analysis.commands import end_with_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent) as pool:
        pool.submit(time.sleep, 0).result()
        print(*pool._processes, flush=True)
        pool.submit(time.sleep, 60).result()
"""


def test_worker_processes_end_with_a_killed_parent(tmp_path):
    (tmp_path / "workers.py").write_text(WORKERS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(tmp_path / "workers.py")], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        worker = int(process.stdout.readline())
        assert _runs(worker)
        process.kill()
    _wait(lambda: not _runs(worker))


def test_an_interruption_before_the_command_begins_prints_no_traceback():
    done = python("import analysis\nraise KeyboardInterrupt")
    assert done.returncode in (130, -signal.SIGINT)
    assert done.stderr == "\nInterrupted; nothing was changed.\n"
    assert "ZeroDivisionError" in python("import analysis\n1 / 0").stderr


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc/self").exists() else not os.kill(pid, 0)
    except OSError:
        return False


def _wait(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_kernels_that_cannot_be_kept_are_not_put_beside_the_sources(tmp_path):
    (tmp_path / "file").write_text("where a folder should be")
    code = "import analysis, os; print(os.environ['NUMBA_CACHE_DIR'])"
    places = [python(code, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / name)}).stdout.strip() for name in ("file", "new")]
    assert Path(places[0]).name.startswith("vlms-kernels-") and not Path(places[0]).exists()
    assert places[1] == str(tmp_path / "new") and (tmp_path / "new").is_dir()


OFFLINE = """
import sys
from pathlib import Path
sys.path[:0] = [".", "tests/build"]
import analysis
from analysis.study import Study
from conftest import write_project
from manuscript.build.paper import build
study = Study(outdir=Path(sys.argv[1]) / "out")
study.write(("target",))
print([path.name for path in build(write_project(Path(sys.argv[1]) / "paper"))])
"""


def test_without_network_a_paper_is_built_and_the_home_folder_stays_empty(tmp_path):
    """In a network of its own that has not even the loopback device, the chunks' kernel included."""
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    try:
        possible = subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this system lets no process have a network of its own (unshare -n)")
    home, place = tmp_path / "home", tmp_path / "place"
    home.mkdir()
    place.mkdir()
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MPL", "JUPYTER", "IPYTHON"))} | {"HOME": str(home), "TMPDIR": str(place)}
    done = subprocess.run([*alone, sys.executable, "-c", OFFLINE, str(place)], cwd=ROOT, env=variables, check=False, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("['index.html', 'index.pdf']"), done.stderr
    assert not list(home.iterdir())
    assert sorted(path.name for path in place.iterdir()) == ["out", "paper"]
