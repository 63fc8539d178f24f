"""The time and memory budgets, measured on a copy of the project's sources with empty caches; each value stands beside its budget.

The copy lives in a temporary directory and uses the environment that runs this module, so that neither the working cache nor results/ is
touched and nothing is written into the repository. Cold means: no stored stage, no compiled kernel, no bytecode of the package and no font
list of Matplotlib. Seconds are wall times; `cpu` is what the processes themselves used (user and system), which other work on the
machine lengthens much less. Values are medians over `runs`. Memory is the largest sum of resident sizes over a process and all that
it started, looked at ten times a second; pages shared between processes count once for each, so that the sum is an upper bound. The whole
build is the largest of its steps; under bare `quarto render` the analysis runs while Quarto waits, so what Quarto holds then is added to it.

A Quarto paper in which nothing has changed is compared, interleaved, with an empty project of the same formats that has one empty Python
chunk, which like the paper starts a Python kernel for each format. An unchanged paper is not typeset again, an empty project always; so the
time of typesetting stands beside it, and those of the empty project with the paper's kernel, which spares Quarto's first cell its imports of
Matplotlib and pandas (manuscript/kernel.py), and without any chunk.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml

from analysis.runtime import ROOT
from tools.render import find_quarto

__all__ = ["TITLE", "Run", "copy_of_sources", "empty_project", "measure", "rows"]

TITLE = "Budgets, on a copy of the sources (time s, memory MB, ratio 1; cpu: seconds of processor time)"
SOURCES = ("analysis", "data", "manuscript", "tools", "_quarto.yml", "_environment", "requirements.lock")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.quarto_ipynb", "*_files", "fetched", ".frozen-*")
INHERITED = ("VLMS_CACHE_DIR", "NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "PAPER_BUILDER", "VLMS_EVALUATED")  # of this process or its caller, not of the build
SHORT_RUNS, PAPER_RUNS = 7, 3
INFERENCE = (
    "mixture", "mixture_tests", "eccentricity", "eccentricity_inference", "origin", "origin_skill", "ages", "age_inference", "selection_model", "robustness", "calibration",
)
SPECIFIED = ("catalogue", "target", "sample", "mixture", "eccentricity", "origin", "ages", "kozai", "tides", "disk")  # stages that the specification asks for
# A pre-render script that writes down the resident size (MB) of the processes between it and the one that measures.
HELD = """import os, sys
from itertools import takewhile
import psutil
above = takewhile(lambda process: process.pid != int(os.environ["MEASURED_FROM"]), psutil.Process().parents())
open("held", "w").write(str(sum(process.memory_info().rss for process in above) / 1e6))
"""
STAGE = re.compile(r"^  (\w+) done in ([\d.]+) s$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """Wall time and processor time (s), peak memory of the process tree (MB; 0 where it was not watched) and standard output."""

    seconds: float
    cpu: float
    peak_mb: float
    output: str


def _watch(process: subprocess.Popen, peak: list[float]) -> None:
    while process.poll() is None:
        total = 0
        try:
            parent = psutil.Process(process.pid)
            members = [parent, *parent.children(recursive=True)]
        except psutil.Error:
            return
        for member in members:
            try:
                total += member.memory_info().rss
            except psutil.Error:  # ended between the listing and the look
                continue
        peak[0] = max(peak[0], total / 1e6)
        time.sleep(0.1)


def measure(command: list[str], folder: Path, text: str = "", watched: bool = False, **variables: str) -> Run:
    """Run a command in `folder` with `text` as its input; raises RuntimeError with the end of its output when it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in INHERITED}
    before, peak, start = resource.getrusage(resource.RUSAGE_CHILDREN), [0.0], time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**environment, **variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    if watched:
        watcher.start()
    output, _ = process.communicate(text)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}: {output.strip()[-500:]}")
    return Run(seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, peak[0], output)


@contextmanager
def copy_of_sources() -> Iterator[Path]:
    """A temporary copy of what a build reads, with the environment linked into it; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="budgets-") as name:
        root = Path(name) / "project"
        root.mkdir()
        for source in SOURCES:
            target = root / source
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / source, target)
        (root / ".venv").symlink_to(sys.prefix)
        yield root


def empty_project(root: Path, folder: Path, content: str) -> Path:
    """A Quarto project in `folder` with the formats of the project at `root` and one document that holds `content`."""
    settings = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    for name in ("bibliography", "number-sections"):
        settings.pop(name, None)
    settings["project"] = {name: value for name, value in settings["project"].items() if name not in ("pre-render", "post-render")}
    (folder / "manuscript").mkdir(parents=True)
    for style in (root / "manuscript").glob("page.*"):
        shutil.copy(style, folder / "manuscript")
    (folder / "_quarto.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    (folder / settings["project"]["render"][0]).write_text(f"---\ntitle: Empty\n---\n\n{content}\n", encoding="utf-8")
    return folder


def _row(what: str, value: float, budget: float | str = "", runs: list[Run] | int = 1) -> dict[str, Any]:
    cpu, number = ("", runs) if isinstance(runs, int) else (median(run.cpu for run in runs), len(runs))
    share, verdict = (value / budget, "met" if value <= budget else "MISSED") if isinstance(budget, int | float) else ("", "")
    return {"what": what, "value": value, "budget": budget, "value/budget": share, "verdict": verdict, "cpu": cpu, "runs": number}


def _timed(what: str, budget: float | str, runs: list[Run]) -> dict[str, Any]:
    return _row(what, median(run.seconds for run in runs), budget, runs)


def _analysis_rows(root: Path, python: list[str]) -> list[dict[str, Any]]:
    cold = measure([*python, "-m", "analysis"], root, watched=True, MPLCONFIGDIR=str(root.parent / "matplotlib"))
    stages = {name: float(seconds) for name, seconds in STAGE.findall(cold.output)}
    short = {
        "python -m analysis --help": (0.3, ["--help"], ""),
        "count prompt, warm": (1.0, ["--count-candidates"], "exit\n"),
        "analysis, warm": (1.0, [], ""),
    }
    runs: dict[str, list[Run]] = {what: [] for what in short}
    for _ in range(SHORT_RUNS):
        for what, (_, options, text) in short.items():
            runs[what].append(measure([*python, "-m", "analysis", *options], root, text))
    return [
        *(_timed(what, budget, runs[what]) for what, (budget, _, _) in short.items()),
        _row("analysis, cold", cold.seconds, 300.0, [cold]),
        _row("  the specification's own stages, imports and artifacts", cold.seconds - sum(value for name, value in stages.items() if name not in SPECIFIED), 60.0),
        _row("  inference (all tests, resampling, calibration)", sum(stages.get(name, 0.0) for name in INFERENCE), 120.0),
        *(_row(f"  stage {name}", seconds) for name, seconds in stages.items()),
        _row("  imports, artifacts and figures", cold.seconds - sum(stages.values())),
        _row("  peak memory", cold.peak_mb, 1200),
    ]


def _fallback_rows(root: Path, python: list[str]) -> list[dict[str, Any]]:
    command = [*python, "tools/render.py"]
    first = measure(command, root, watched=True, PAPER_BUILDER="fallback")
    current = [measure(command, root, PAPER_BUILDER="fallback") for _ in range(PAPER_RUNS)]
    again = []
    for _ in range(PAPER_RUNS):
        shutil.rmtree(root / "_output")
        again.append(measure(command, root, PAPER_BUILDER="fallback"))
    return [
        _timed("paper with the fallback, nothing changed", 8.0, current),
        _timed("  the pages typeset again", 8.0, again),
        _row("  peak memory", first.peak_mb, 1200),
    ]


def _held_by_quarto(root: Path, quarto: str, python: dict[str, str]) -> float:
    """MB that Quarto's own processes hold while the scripts before typesetting run."""
    folder = empty_project(root, root.parent / "held", "Nothing.")
    settings = yaml.safe_load((folder / "_quarto.yml").read_text(encoding="utf-8"))
    settings["project"]["pre-render"] = "held.py"
    (folder / "_quarto.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    (folder / "held.py").write_text(HELD, encoding="utf-8")
    measure([quarto, "render", "--log-level", "warning"], folder, MEASURED_FROM=str(os.getpid()), **python)
    return float((folder / "held").read_text(encoding="utf-8"))


def _memory_rows(found: list[dict[str, Any]], held: float | None) -> list[dict[str, Any]]:
    """The whole build: the largest of the peaks among the rows, and the analysis within Quarto, which holds `held` MB meanwhile."""
    peaks = [row["value"] for row in found if row["what"].strip() == "peak memory"]
    within = [] if held is None else [peaks[0] + held]
    rows = [_row("peak memory of the whole build, every process", max(*peaks, *within), 1200)]
    return rows + [_row("  of it, the analysis within bare quarto render", value, "") for value in within]


def _quarto_rows(root: Path, quarto: str) -> list[dict[str, Any]]:
    chunk, lean = "empty Quarto project with a Python chunk", "the same with the paper's kernel"
    folders = {
        "paper": root,
        chunk: empty_project(root, root.parent / "chunk", "```{python}\n```"),
        lean: empty_project(root, root.parent / "lean", "```{python}\n```"),
        "empty Quarto project without a chunk": empty_project(root, root.parent / "bare", "Nothing."),
    }
    for name in ("_environment", "manuscript/kernel.py"):
        shutil.copy(root / name, folders[lean] / name)
    render, python = [quarto, "render", "--log-level", "warning"], {"QUARTO_PYTHON": str(Path(sys.prefix) / "bin" / "python")}
    first = {name: measure(render, folder, watched=True, **python) for name, folder in folders.items()}
    builder = [python["QUARTO_PYTHON"], "tools/render.py"]
    runs: dict[str, list[Run]] = {name: [] for name in (*folders, "just paper", "again")}
    for _ in range(PAPER_RUNS):
        for name, folder in folders.items():
            runs[name].append(measure(render, folder, **python))
        runs["just paper"].append(measure(builder, root))
        shutil.rmtree(root / "_output")
        runs["again"].append(measure(render, root, **python))

    def ratio(ours: str, theirs: str) -> float:
        return median(one.seconds / other.seconds for one, other in zip(runs[ours], runs[theirs], strict=True))

    return [
        _timed("paper with bare quarto render, nothing changed", "", runs["paper"]),
        _row(f"  its ratio to an {chunk}, run by run", ratio("paper", chunk), 1.3, PAPER_RUNS),
        _timed("paper with just paper, nothing changed", "", runs["just paper"]),
        _row(f"  its ratio to an {chunk}, run by run", ratio("just paper", chunk), 1.3, PAPER_RUNS),
        _timed("  the pages typeset again by bare quarto render", "", runs["again"]),
        *(_timed(f"  {name}", "", runs[name]) for name in list(folders)[1:]),
        _row("  peak memory", first["paper"].peak_mb, 1200),
    ]


def rows() -> list[dict[str, Any]]:
    """One dict per budget or part of one: value and budget (s, MB or a ratio), their quotient, verdict, processor time (s), number of runs."""
    quarto = find_quarto()
    with copy_of_sources() as root:
        python = [str(root / ".venv" / "bin" / "python")]
        found = _analysis_rows(root, python) + _fallback_rows(root, python)
        if not quarto:
            return [*found, _row("paper with Quarto: Quarto 1.7 or later was not found", float("nan")), *_memory_rows(found, None)]
        found += _quarto_rows(root, quarto[0])
        return found + _memory_rows(found, _held_by_quarto(root, quarto[0], {"QUARTO_PYTHON": str(Path(sys.prefix) / "bin" / "python")}))
