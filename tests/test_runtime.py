"""The directory of compiled kernels follows every source that feeds one."""

import shutil

import pytest

from analysis import runtime


@pytest.fixture
def package(tmp_path, monkeypatch):
    shutil.copytree(runtime.ROOT / "analysis", tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(runtime, "ROOT", tmp_path)
    return tmp_path / "analysis"


@pytest.mark.parametrize("name", ["migration/secular/advance.py", "migration/secular/endings.py", "migration/secular/triple.py", "migration/rng.py", "constants.py"])
def test_an_edit_behind_a_kernel_changes_the_digest(package, name):
    before = runtime.kernel_digest()
    path = package / name
    path.write_text(path.read_text() + "\n# edited\n")
    assert runtime.kernel_digest() != before


def test_an_edit_elsewhere_keeps_the_compiled_kernels(package):
    before = runtime.kernel_digest()
    for name in ("config/__init__.py", "config/migration.py", "report/summary.py", "study.py"):
        path = package / name
        path.write_text(path.read_text() + "\n# edited\n")
    assert runtime.kernel_digest() == before


def test_a_module_imported_under_another_name_or_in_a_list_over_lines_counts(package):
    (package / "planted.py").write_text("from numba import njit\nfrom analysis.report import (\n    files,\n    summary as words,\n)\n")
    before = runtime.kernel_digest()
    for name in ("report/files.py", "report/summary.py"):
        path = package / name
        path.write_text(path.read_text() + "\n# edited\n")
        after = runtime.kernel_digest()
        assert after != before
        before = after
