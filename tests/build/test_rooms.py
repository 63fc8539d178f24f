"""The rooms of the package stay independent of one another."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(root: Path) -> subprocess.CompletedProcess:
    command = [str(LINT), "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_contracts_are_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(("module", "line"), [
    ("population/planted.py", "from analysis.migration import stellar"),
    ("migration/planted.py", "import analysis.report.files"),
    ("report/planted.py", "def late():\n    from analysis import catalogue\n    return catalogue"),
    ("constants.py", "import analysis.population"),
    ("report/planted.py", "import requests"),
])
def test_a_planted_import_is_refused(tmp_path, module, line):
    shutil.copytree(ROOT / "analysis", tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "analysis" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    assert lint(tmp_path).returncode == 1
