"""`just doctor`: what a build needs, whether it is there, what it means where it is not, and what to do (standard library only, Python 3.8 or later).

It runs before the environment exists, changes nothing and, unless --network asks for it, opens no connection.
Exit status: 0, or 1 when something required is missing or broken; 2 for a wrong option.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple  # noqa: UP035 (Python 3.8)

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SUPPORTED, OLDEST_QUARTO = ((3, 11), (3, 13)), (1, 7)
DISK_MB, TEMPORARY_MB, MEMORY_MB = 2048, 512, 1200
PATIENCE_S, NETWORK_PATIENCE_S = 60, 5
KEY_PACKAGES = ("numpy", "scipy", "pandas", "numba", "matplotlib", "scikit-learn", "statsmodels", "astropy")
TEX_FILES = ("aastex631.cls", "epsf.sty")
HOSTS = (
    ("exoplanetarchive.ipac.caltech.edu", "NASA Exoplanet Archive"), ("api.figshare.com", "Brown Dwarf Companion Catalogue (ORDO, figshare)"),
    ("raw.githubusercontent.com", "mirror of the Brown Dwarf Companion Catalogue"), ("gea.esac.esa.int", "Gaia archive"), ("pypi.org", "Python packages, for just setup"),
)
UNREACHED = "check the connection, proxy or firewall; builds need no network"


class Check(NamedTuple):
    """One line of the report: what was looked at, state (ok, missing or problem), what was found, what it means, what to do; required by a build or not."""

    what: str
    state: str
    found: str
    means: str
    do: str = ""
    required: bool = False


def _run(*command: Any, patience: float = PATIENCE_S) -> str | None:
    """Output of a command that succeeds in time, else None."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=patience, check=False)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def _version(text: str | None) -> tuple[int, int] | None:
    found = re.search(r"(\d+)\.(\d+)", text or "")
    return (int(found[1]), int(found[2])) if found else None


def _pins(lock: Path) -> dict[str, set[str | None]]:
    """Versions that a lock allows, by package; None among them: it is for other systems or Pythons and may be absent."""
    pins: dict[str, set[str | None]] = {}
    try:
        lines = re.findall(r"^([\w.\-]+)==([^\s;\\]+)[ \t]*(;?)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        return pins
    for name, version, marker in lines:
        pins.setdefault(name, set()).update((version, None) if marker else (version,))
    return pins


def _installed() -> dict[str, str]:
    """Versions of the packages in .venv, by the names of their metadata folders; nothing is imported."""
    names = (path.name[: -len(".dist-info")] for path in VENV.glob("lib*/python*/site-packages/*.dist-info"))
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, _, version in (text.rpartition("-") for text in names)}


def _same_bytes(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


# -- what a build cannot do without ----------------------------------------------------------------------------------------


def check_python() -> Iterator[Check]:
    wanted = "Python 3.11, 3.12 or 3.13 runs the pipeline"
    here = f"{platform.python_version()} runs this report"
    if not PYTHON.exists():
        fits = SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1] or any(shutil.which(name) for name in ("python3.13", "python3.12", "python3.11"))
        do = "run: just setup (or work in the conda environment of environment.yml, which this report does not look into)" if fits else "install Python 3.11, 3.12 or 3.13 (Debian: apt install python3 python3-venv), then run: just setup"
        yield Check("Python", "missing", f"no .venv yet; {here}", wanted, do, True)
        return
    found = _run(PYTHON, "--version")
    version = _version(found)
    if version and SUPPORTED[0] <= version <= SUPPORTED[1]:
        yield Check("Python", "ok", f"{found} in .venv", wanted, required=True)
    else:
        yield Check("Python", "problem", f"{found or 'the one in .venv does not start'}; {here}", wanted, "remove the folder .venv and run: just setup", True)


def check_packages() -> Iterator[Check]:
    means = "the versions that the printed paper was made with"
    pins, installed, stamped = _pins(ROOT / "requirements.lock"), _installed(), _same_bytes(ROOT / "requirements.lock", VENV / "installed.lock")
    wrong = sorted(f"{name} {installed.get(name, 'missing')}" for name, versions in pins.items() if installed and installed.get(name) not in versions)
    if not pins:
        yield Check("packages", "missing", "requirements.lock is missing or empty", means, "restore it from the repository", True)
    elif not stamped:
        yield Check("packages", "missing" if not installed else "problem", "not as in requirements.lock", means, "run: just setup", True)
    elif wrong:
        some = ", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
        yield Check("packages", "problem", f"changed since set-up: {some}", means, "remove .venv/installed.lock and run: just setup", True)
    else:
        key = ", ".join(f"{name} {installed[name]}" for name in KEY_PACKAGES if name in installed)
        yield Check("packages", "ok", f"as in requirements.lock ({len(pins)})" + (f": {key}" if key else ""), means, required=True)


def check_builders() -> Iterator[Check]:
    means = "typesets the paper where it is 1.7 or later; otherwise the fallback builder does, in plainer dress"
    places = [str(path) for path in (VENV / "bin" / "quarto", shutil.which("quarto")) if path and os.access(path, os.X_OK)]
    versions = [(place, _run(place, "--version")) for place in places]
    good = [(place, text) for place, text in versions if (_version(text) or (0, 0)) >= OLDEST_QUARTO]
    if good:
        yield Check("Quarto", "ok", f"{good[0][1]} at {good[0][0]}", means)
    elif versions:
        told = versions[0][1] or "does not start"
        yield Check("Quarto", "problem", f"{told} at {versions[0][0]}", means, "install 1.7 or later (https://quarto.org), or nothing: the fallback is used")
    else:
        yield Check("Quarto", "missing", "not found", means, "nothing, or: just setup --quarto")
    script = (
        "import pypandoc, typst; from importlib.metadata import version; print(pypandoc.get_pandoc_version(), version('typst'), "
        "'Libertinus Serif' in typst.Fonts(include_system_fonts=False).families() and 'New Computer Modern Math' in typst.Fonts(include_system_fonts=False).families())"
    )
    answer = (_run(PYTHON, "-c", script) or "").split()
    parts = "pandoc and Typst from the environment typeset the paper without Quarto"
    if len(answer) == 3:
        yield Check("fallback", "ok", f"pandoc {answer[0]}, Typst {answer[1]}", parts, required=not good)
        state = ("ok", "Libertinus Serif and New Computer Modern Math, inside Typst", "") if answer[2] == "True" else (
            "problem", "Typst came without its own fonts", "reinstall it: remove .venv/installed.lock and run: just setup")
        yield Check("PDF fonts", state[0], state[1], "the PDF uses these alone, fonts of the system are ignored", state[2])
    else:
        yield Check("fallback", "missing", "pandoc or Typst does not start from .venv", parts, "run: just setup", not good)


def check_figure_fonts() -> Iterator[Check]:
    means = "every figure is lettered in it"
    found = list(VENV.glob("lib*/python*/site-packages/matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf"))
    if found:
        yield Check("figure font", "ok", "DejaVu Sans, inside Matplotlib", means)
    else:
        yield Check("figure font", "missing", "DejaVu Sans is not among Matplotlib's fonts", means, "run: just setup (a system's Matplotlib may leave it out)")


def _unfit(folder: Path, manifest: str) -> list[str]:
    """Files of a frozen folder that are missing or have another checksum than its manifest says."""
    entries = json.loads((folder / manifest).read_text(encoding="utf-8"))["files"]
    wrong = []
    for name, entry in entries.items():
        try:
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != entry["sha256"]:
                wrong.append(f"{name} altered")
        except OSError:
            wrong.append(f"{name} missing")
    return wrong


def check_frozen_data() -> Iterator[Check]:
    for what, folder, means in (
        ("catalogue", "data/frozen", "the build reads these tables, checked against their sums"),
        ("simulations", "data/frozen/simulations", "outcomes too costly for every build, read by it"),
    ):
        try:
            wrong = _unfit(ROOT / folder, "MANIFEST.json")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            yield Check(what, "missing", f"{folder}/MANIFEST.json is missing or not valid", means, f"restore it: git restore {folder}", True)
            continue
        if wrong:
            do = f"restore them: git restore {folder}" + (", or after an edit that is meant: just freeze --restamp" if what == "catalogue" else "")
            yield Check(what, "problem", f"in {folder}: " + ", ".join(wrong[:5]), means, do, True)
        else:
            yield Check(what, "ok", f"all checksums of {folder} agree", means, required=True)


# -- the machine -----------------------------------------------------------------------------------------------------------


def _runtime() -> Any:
    """analysis/runtime.py without the package's own set-up, which would set the variables that are looked at here; None where it does not load."""
    if sys.version_info < (3, 11):  # noqa: UP036 (the pipeline's oldest, not this report's)
        return None
    import types

    package = types.ModuleType("analysis")
    package.__path__ = [str(ROOT / "analysis")]  # type: ignore[attr-defined]
    sys.modules.setdefault("analysis", package)
    try:
        from analysis import runtime
    except (ImportError, SyntaxError):
        return None
    return runtime


def check_cores() -> Iterator[Check]:
    runtime = _runtime()
    mask = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    usable = runtime.usable_cores() if runtime else mask
    nodes = len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or 1
    told = f"{usable} usable of {os.cpu_count()}" + (f", {nodes} NUMA nodes" if nodes > 1 else "")
    yield Check("cores", "ok", told, "kernels use as many threads; taskset, numactl and control groups are respected")
    if nodes > 1:
        yield Check("NUMA", "ok", f"{nodes} nodes", "memory of another node is slower", "docs/performance.md says when numactl --interleave=all helps")
    names = (*runtime.THREAD_VARIABLES, *runtime.CORE_VARIABLES) if runtime else ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    chosen = {name: os.environ[name].strip() for name in names if os.environ.get(name, "").strip()}
    told, means = ", ".join(f"{name}={value}" for name, value in chosen.items()) or "none set: one for BLAS, all usable cores for kernels", "what you set is respected"
    bad = [name for name, value in chosen.items() if not re.fullmatch(r"0*[1-9]\d{0,3}" + (r"(,0*[1-9]\d{0,3})*" if name.startswith("OMP") else ""), value)]
    many = [name for name, value in chosen.items() if name not in bad and name not in ("NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT") and int(value.split(",")[0]) > 1]
    beyond = [name for name, value in chosen.items() if name == "NUMBA_NUM_THREADS" and name not in bad and int(value) > usable]
    if bad:
        yield Check("threads", "problem", told, "a build refuses values other than 1 to 4096", f"set another value or unset {', '.join(bad)}", True)
    elif many:
        yield Check("threads", "problem", told, "more than one BLAS thread is slower on tables this small, and competes with the kernels", f"unset {', '.join(many)}, or set 1")
    elif beyond:
        yield Check("threads", "problem", told, f"more kernel threads than the {usable} usable cores wait for one another", "unset NUMBA_NUM_THREADS")
    else:
        yield Check("threads", "ok", told, means)


def _memory_mb() -> tuple[float, float] | None:
    """(total, available) MB, no more than the control group allows; None where the system does not say."""
    try:
        table = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE))
        total, free = int(table["MemTotal"]) * 1024 / 1e6, int(table["MemAvailable"]) * 1024 / 1e6
    except (OSError, KeyError, ValueError):
        try:
            total = free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (OSError, ValueError, AttributeError):
            return None
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limit = int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii")) / 1e6
            total, free = min(total, limit), min(free, limit)
        except (OSError, ValueError):
            continue
    return total, free


def check_memory() -> Iterator[Check]:
    found, means = _memory_mb(), f"a build needs up to {MEMORY_MB} MB"
    if found is None:
        yield Check("memory", "ok", "this system does not say", means)
    elif found[0] < MEMORY_MB:
        yield Check("memory", "problem", f"{found[0]:.0f} MB in all", means + "; with less it may be killed or swap", "use a machine or a limit with more")
    elif found[1] < MEMORY_MB:
        yield Check("memory", "problem", f"{found[1]:.0f} MB available of {found[0]:.0f}", means + "; with less it may be killed or swap", "end other programs first")
    else:
        yield Check("memory", "ok", f"{found[1]:.0f} MB available of {found[0]:.0f}", means)


def check_disk() -> Iterator[Check]:
    cache = Path(os.environ.get("VLMS_CACHE_DIR") or ROOT / ".cache")
    for what, folder, needed, means in (
        ("disk", ROOT, DISK_MB, "environment, caches and results need room"), ("temporary", Path(tempfile.gettempdir()), TEMPORARY_MB, "verification and the builders work there"),
    ):
        free = shutil.disk_usage(str(folder)).free / 1e6
        state, do = ("ok", "") if free >= needed else ("problem", f"free some: {needed} MB are needed (just clean removes what a build makes)")
        yield Check(what, state, f"{free:.0f} MB free in {folder}", means, do, True)
    places = [ROOT, cache, *(ROOT / name for name in ("results", "_output", "logs", "errors")), Path(tempfile.gettempdir())]
    blocked = []
    for place in places:
        existing = next(path for path in (place, *place.parents) if path.exists())
        if not existing.is_dir() or not os.access(str(existing), os.W_OK | os.X_OK):
            blocked.append(str(place))
    means = "a build writes to the project's folder, its cache and the temporary folder only"
    if blocked:
        do = "give yourself the right to write, or choose other places: --outdir, --logdir, --errordir, VLMS_CACHE_DIR, TMPDIR"
        yield Check("writing", "problem", "not allowed in " + ", ".join(blocked), means, do, True)
    else:
        yield Check("writing", "ok", f"allowed in the project, {cache} and {tempfile.gettempdir()}", means, required=True)


def check_locale() -> Iterator[Check]:
    found = {"files": sys.getfilesystemencoding(), "terminal": getattr(sys.stdout, "encoding", None) or "none", "locale": locale.getpreferredencoding(False)}
    odd = [name for name, value in found.items() if value.lower().replace("-", "").replace("_", "") != "utf8"]
    told, means = ", ".join(f"{name} {value}" for name, value in found.items()), "names and messages hold characters beyond ASCII"
    if odd:
        yield Check("encoding", "problem", told, means + "; without UTF-8 they are shown as codes", "set LC_ALL=C.UTF-8 or PYTHONUTF8=1")
    else:
        yield Check("encoding", "ok", told, means)


# -- what only some recipes want -------------------------------------------------------------------------------------------


def check_installer() -> Iterator[Check]:
    found, means = _run("uv", "--version"), "just setup uses uv where it is there, else pip"
    yield Check("installer", "ok", found or "pip", means, "" if found else "nothing; uv would be faster (https://docs.astral.sh/uv/)")


def check_extras() -> Iterator[Check]:
    uses = {
        "fuzz": "coverage-guided fuzzing of the readers", "peers": "just direct, and comparisons in just bench", "sweep": "just sweep --workers and --scheduler",
    }
    for lock in sorted(ROOT.glob("requirements-*.lock")):
        name = lock.stem[len("requirements-") :]
        means = uses.get(name, "an extra of pyproject.toml")
        stamp = VENV / f"installed-{name}.lock"
        if _same_bytes(lock, stamp):
            yield Check(f"extra {name}", "ok", "installed as in its lock", means)
        elif stamp.exists():
            yield Check(f"extra {name}", "problem", "older than its lock", means, "run: just setup")
        else:
            yield Check(f"extra {name}", "missing", "not installed", means, f"nothing, or: just setup --extra {name}")


def check_compilers() -> Iterator[Check]:
    found = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    means = "not needed: Numba brings its own; only a package without a wheel for this system would be compiled at set-up"
    yield Check("C compiler", "ok" if found else "missing", found or "none", means, "" if found else "nothing, unless just setup fails to build a package (Debian: apt install gcc)")


def check_git() -> Iterator[Check]:
    means = "provenance and logs name the commit"
    if not shutil.which("git"):
        yield Check("git", "missing", "not installed", means, "nothing, or install git")
        return
    text = _run("git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no", patience=20)
    if text is None:
        yield Check("git", "missing", "this folder is no clone, or git refuses it", means, "nothing, or clone the repository (git config safe.directory for another user's)")
        return
    lines = text.splitlines()
    head = next((line.split()[-1][:12] for line in lines if line.startswith("# branch.oid ")), "unknown")
    changed = sum(not line.startswith("#") for line in lines)
    yield Check("git", "ok", f"commit {head}, " + (f"{changed} tracked files changed" if changed else "nothing changed"), means)


def check_programs() -> Iterator[Check]:
    browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    use = "tests of the page in a browser; without it they are skipped"
    yield Check("browser", "ok" if browser else "missing", browser or "no Chromium or Chrome", use, "" if browser else "nothing, or install Chromium (Debian: apt install chromium)")
    means = "tests typeset the bundle of just submit; the bundle itself needs no TeX"
    found = (_run("kpsewhich", *TEX_FILES) or "").splitlines() if shutil.which("pdflatex") else []
    if len(found) == len(TEX_FILES):
        yield Check("TeX", "ok", "pdflatex with AASTeX 6.3.1", means)
    else:
        packages = "texlive-latex-base texlive-fonts-recommended texlive-plain-generic texlive-publishers"
        told = "pdflatex without AASTeX" if shutil.which("pdflatex") else "no pdflatex"
        yield Check("TeX", "missing", told, means, f"nothing, or (Debian): apt install {packages}")
    for program, use, package in (
        ("openssl", "tests of refused certificates make one with it; without it they are skipped", "openssl"),
        ("dachs", "a long test talks to a real table service; without it that is skipped", "gavodachs2-server"),
    ):
        there = shutil.which(program)
        yield Check(program, "ok" if there else "missing", there or "not installed", use, "" if there else f"nothing, or (Debian): apt install {package}")


def _tried(host: str, means: str) -> Check:
    import socket
    import ssl

    try:
        with socket.create_connection((host, 443), NETWORK_PATIENCE_S) as plain, ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            return Check("network", "ok", f"{host} answers ({secure.version()})", means)
    except ssl.SSLCertVerificationError as error:
        return Check("network", "problem", f"{host}: its certificate is refused ({error.verify_message})", means, "install your network's root certificate, or check the clock")
    except OSError as error:
        return Check("network", "problem", f"{host} cannot be reached ({error.strerror or error})", means, UNREACHED)


def check_network() -> Iterator[Check]:
    """All hosts at once; one whose name is still being looked up after the patience counts as silent."""
    import threading

    found: dict[str, Check] = {}
    workers = [threading.Thread(target=lambda host=host, means=means: found.setdefault(host, _tried(host, means)), daemon=True) for host, means in HOSTS]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(NETWORK_PATIENCE_S + 1)
    for host, means in HOSTS:
        yield found.get(host) or Check("network", "problem", f"{host} is silent", means, UNREACHED)


CHECKS: tuple[Callable[[], Iterator[Check]], ...] = (
    check_python, check_packages, check_builders, check_figure_fonts, check_frozen_data, check_cores, check_memory, check_disk, check_locale, check_git,
    check_installer, check_compilers, check_extras, check_programs,
)


def report(network: bool = False) -> list[Check]:
    """All checks; one that fails itself becomes a problem of its own, not the end of the report."""
    found: list[Check] = []
    for check in (*CHECKS, *((check_network,) if network else ())):
        try:
            found.extend(check())
        except Exception as error:  # noqa: BLE001 (a report about a broken machine must not break on it)
            found.append(Check(check.__name__[len("check_"):], "problem", f"could not be checked ({type(error).__name__}: {error})", "unknown", "report this line"))
    return found


def lacking(checks: list[Check]) -> list[Check]:
    """What is required and not there."""
    return [check for check in checks if check.required and check.state != "ok"]


def shown(checks: list[Check]) -> str:
    """The report as text: state, what, what was found: what it means; what to do."""
    lines = []
    for check in checks:
        state = check.state.upper() if check in lacking(checks) else check.state
        lines.append(f"{state:<8} {check.what:<12} {check.found}: {check.means}." + (f" To do: {check.do}." if check.do else ""))
    wrong = lacking(checks)
    names = ", ".join(dict.fromkeys(check.what for check in wrong))
    lines.append(f"\nA build needs this mended first: {names}." if wrong else "\nEverything that a build needs is there.")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="just doctor", description="What a build needs, whether it is there, and what to do where it is not.", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("--network", action="store_true", help=f"also try the archives ({NETWORK_PATIENCE_S} s each at most)")
    options = parser.parse_args(argv)
    checks = report(options.network)
    wrong = lacking(checks)
    if options.json:
        text = json.dumps({"ok": not wrong, "checks": [check._asdict() for check in checks]}, indent=1)
    else:
        text = shown(checks)
    coding = getattr(sys.stdout, "encoding", None) or "ascii"
    print(text.encode(coding, "backslashreplace").decode(coding))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
