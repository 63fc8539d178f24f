"""The pins of pyproject.toml as the locks for pip (with hashes, needs uv) and as the conda environment.

`tools/pins.py` writes requirements.lock, a lock of its own for each extra, and environment.yml; `--quarto` prints the pin of the optional Quarto
package. The lock of an extra holds only what it adds: it never changes a package of requirements.lock.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ["CONDA_NAMES", "EXTRAS", "PIP_ONLY", "additions", "conda_environment", "entries", "pins", "quarto_pin", "write_lock", "write_locks"]

ROOT = Path(__file__).resolve().parent.parent
# PyPI name -> conda-forge name, where they differ.
CONDA_NAMES = {"rust-just": "just", "matplotlib": "matplotlib-base"}
# Kept on PyPI inside the conda environment: not on conda-forge under a dependable name, or without this very release.
PIP_ONLY = {"arviz", "astroml", "axe-core-python", "diptest", "firthmodels", "hypothesis", "import-linter", "pypandoc-binary", "typst"}
# Optional dependencies with a lock, `just setup --extra NAME`.
EXTRAS = ("fuzz", "peers", "sweep")
# The oldest Quarto the project is built with; conda-forge does not hold every release.
CONDA_QUARTO = "quarto>=1.7"


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _pinned(listed: list[str]) -> dict[str, str]:
    found = {}
    for text in listed:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", text)
        if not match:
            raise ValueError(f"pyproject.toml: '{text}' is not pinned; write name==version.")
        found[match[1]] = match[2]
    return found


def pins(root: Path = ROOT) -> dict[str, str]:
    """Name -> version of every pinned package. Raises ValueError for a dependency that is not pinned with ==."""
    return _pinned(_project(root)["dependencies"])


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


def entries(text: str) -> dict[str, str]:
    """Name -> entry of a lock, with version, marker and hashes, in the order of the file."""
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    return {block.split("==")[0]: block for block in blocks if "==" in block.split("\n")[0]}


def additions(whole: str, base: str) -> str:
    """The entries of the lock `whole` that the lock `base` has not. Raises ValueError where they disagree about a version."""
    known, added = entries(base), []
    for name, block in entries(whole).items():
        if name not in known:
            added.append(block)
        elif block.split()[0] != known[name].split()[0]:
            raise ValueError(f"an extra needs {block.split()[0]}, but requirements.lock has {known[name].split()[0]}.")
    return "\n".join(added) + "\n"


def _compile(root: Path, *options: str) -> str:
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet", *options]
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout


def write_lock(root: Path = ROOT) -> None:
    """Resolve the pins for every supported Python and platform into requirements.lock."""
    _compile(root, "--output-file", "requirements.lock")


def write_locks(root: Path = ROOT) -> None:
    """Resolve every extra, held to the versions of requirements.lock, into requirements-NAME.lock."""
    base = (root / "requirements.lock").read_text(encoding="utf-8")
    for extra in EXTRAS:
        whole = _compile(root, "--extra", extra, "--constraints", "requirements.lock")
        (root / f"requirements-{extra}.lock").write_text(additions(whole, base), encoding="utf-8")


def main() -> int:
    """Write all files, or print the Quarto pin; return the exit status."""
    if sys.argv[1:] == ["--quarto"]:
        print(quarto_pin())
        return 0
    try:
        (ROOT / "environment.yml").write_text(conda_environment(), encoding="utf-8")
        write_lock()
        write_locks()
    except (ValueError, FileNotFoundError, subprocess.CalledProcessError) as error:
        missing = "uv is not on the PATH: install it (pip install uv) and run this again." if isinstance(error, FileNotFoundError) else error
        print(missing, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
