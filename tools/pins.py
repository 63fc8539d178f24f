"""The pins of pyproject.toml as the lock for pip (with hashes, needs uv) and as the conda environment.

`tools/pins.py` writes both files; `--quarto` prints the pin of the optional Quarto package.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ["CONDA_NAMES", "PIP_ONLY", "conda_environment", "pins", "quarto_pin", "write_lock"]

ROOT = Path(__file__).resolve().parent.parent
# PyPI name -> conda-forge name, where they differ.
CONDA_NAMES = {"rust-just": "just", "matplotlib": "matplotlib-base"}
# Kept on PyPI inside the conda environment: not on conda-forge under a dependable name, or without this very release.
PIP_ONLY = {"astroml", "diptest", "hypothesis", "import-linter", "pypandoc-binary", "typst"}
# The oldest Quarto the project is built with; conda-forge does not hold every release.
CONDA_QUARTO = "quarto>=1.7"


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(root: Path = ROOT) -> dict[str, str]:
    """Name -> version of every pinned package. Raises ValueError for a dependency that is not pinned with ==."""
    found = {}
    for text in _project(root)["dependencies"]:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", text)
        if not match:
            raise ValueError(f"pyproject.toml: '{text}' is not pinned; write name==version.")
        found[match[1]] = match[2]
    return found


def quarto_pin(root: Path = ROOT) -> str:
    """The optional Quarto package with its version."""
    return _project(root)["optional-dependencies"]["quarto"][0]


def conda_environment(root: Path = ROOT) -> str:
    """The text of environment.yml."""
    pinned = pins(root)
    conda = [f"{CONDA_NAMES.get(name, name)}={version}" for name, version in pinned.items() if name not in PIP_ONLY]
    pip = [f"{name}=={version}" for name, version in pinned.items() if name in PIP_ONLY]
    lines = [
        "# Made by `just lock` from the pins of pyproject.toml.", "name: vlms-companions", "channels: [conda-forge, nodefaults]", "dependencies:",
        "  - python>=3.11,<3.14", *[f"  - {item}" for item in sorted([*conda, CONDA_QUARTO])],
        "  - pip", "  - pip:", *[f"      - {item}" for item in pip],
    ]
    return "\n".join(lines) + "\n"


def write_lock(root: Path = ROOT) -> None:
    """Resolve the pins for every supported Python and platform into requirements.lock."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet",
               "--output-file", "requirements.lock"]
    subprocess.run(command, cwd=root, check=True)


def main() -> int:
    """Write both files, or print the Quarto pin; return the exit status."""
    if sys.argv[1:] == ["--quarto"]:
        print(quarto_pin())
        return 0
    try:
        (ROOT / "environment.yml").write_text(conda_environment(), encoding="utf-8")
        write_lock()
    except (ValueError, FileNotFoundError, subprocess.CalledProcessError) as error:
        missing = "uv is not on the PATH: install it (pip install uv) and run this again." if isinstance(error, FileNotFoundError) else error
        print(missing, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
