"""One list of pins: pyproject.toml, requirements.lock, the locks of the extras and environment.yml say the same."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker

from tools.pins import CONDA_NAMES, EXTRAS, PIP_ONLY, additions, conda_environment, entries, pins, quarto_pin

ROOT = Path(__file__).resolve().parents[2]
DESIGN_CARD = {"jupyter", "numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "numba", "matplotlib", "requests", "pytest"}
IMPORT_NAMES = {"sklearn": "scikit-learn", "yaml": "pyyaml", "astroML": "astroml", "pypandoc": "pypandoc-binary", "axe_core_python": "axe-core-python"}
PYTHONS = ("3.11", "3.12", "3.13")


def locked(name: str = "requirements.lock") -> list[tuple[str, str, str, int]]:
    """(name, version, marker, number of hashes) of every entry of a lock."""
    found = []
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip()):
        match = re.match(r"([a-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?\n", block)
        assert match, block[:80]
        found.append((match[1], match[2], match[3] or "", block.count("--hash=sha256:")))
    return found


def extra_pins(extra: str) -> dict[str, str]:
    """Name -> version of the packages of an extra, each pinned with ==."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"][extra]
    found = {}
    for text in listed:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", text)
        assert match, f"'{text}' is not pinned; write name==version"
        found[match[1]] = match[2]
    return found


def test_every_pin_is_locked_at_its_version():
    versions = {name: version for name, version, _, _ in locked()}
    assert {name: versions.get(name) for name in pins()} == pins()


def test_one_version_of_each_package_with_hashes():
    entries = locked()
    assert len({name for name, *_ in entries}) == len(entries)
    assert all(hashes > 0 for *_, hashes in entries)


@pytest.mark.parametrize("platform", [("linux", "Linux"), ("darwin", "Darwin")])
def test_every_pin_is_installed_on_every_supported_python(platform):
    for name, _, marker, _ in locked():
        if name in pins() and marker:
            for python in PYTHONS:
                environment = {"python_version": python, "python_full_version": f"{python}.1"}
                environment |= {"sys_platform": platform[0], "platform_system": platform[1]}
                assert Marker(marker).evaluate(environment), (name, python)


def test_required_packages_are_there_and_quarto_is_optional():
    assert set(pins()) >= DESIGN_CARD
    assert quarto_pin().startswith("quarto-cli==")
    assert "quarto-cli" not in {name for name, *_ in locked()}


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_holds_its_pins_and_nothing_of_the_main_lock(extra):
    found = locked(f"requirements-{extra}.lock")
    versions = {name: version for name, version, _, _ in found}
    assert {name: versions.get(name) for name in extra_pins(extra)} == extra_pins(extra)
    assert not set(versions) & {name for name, *_ in locked()}
    assert len(versions) == len(found)
    assert all(hashes > 0 for *_, hashes in found)


def test_an_extra_that_would_change_a_pinned_package_is_refused():
    base = "numpy==2.4 \\\n    --hash=sha256:00\nzip==1 ; python_version < '3' \\\n    --hash=sha256:01"
    more = "dask==1.0 \\\n    --hash=sha256:02"
    assert list(entries(base)) == ["numpy", "zip"]
    assert additions(f"{more}\n{base}\n", base) == more + "\n"
    with pytest.raises(ValueError, match=r"needs numpy==2\.5"):
        additions(f"{more}\n{base}".replace("numpy==2.4", "numpy==2.5"), base)


def test_conda_environment_is_the_one_the_pins_make():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == conda_environment()
    dependencies = yaml.safe_load(text)["dependencies"]
    conda = {item.split("=")[0].split(">")[0] for item in dependencies if isinstance(item, str)}
    pip = {item.split("==")[0] for item in next(item["pip"] for item in dependencies if isinstance(item, dict))}
    assert conda == {CONDA_NAMES.get(name, name) for name in pins() if name not in PIP_ONLY} | {"python", "pip", "quarto"}
    assert pip == PIP_ONLY


def test_everything_imported_is_pinned():
    imported = set()
    for folder in ("analysis", "manuscript", "tools", "tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    imported.add(node.module.split(".")[0])
    ours = {"analysis", "manuscript", "tools", "tests", "benchmarks"} | {path.stem for path in (ROOT / "tests").rglob("*") if path.is_dir() or path.suffix == ".py"}
    third_party = {IMPORT_NAMES.get(name, name) for name in imported - set(sys.stdlib_module_names) - ours}
    assert third_party <= set(pins()).union(*(extra_pins(extra) for extra in EXTRAS))
