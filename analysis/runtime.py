"""Process-wide settings that must be made before NumPy or Numba is imported (standard library only)."""

import hashlib
import math
import os
import re
from pathlib import Path

from analysis.errors import InputError
from analysis.isolation import isolate

__all__ = ["CACHE_DIR", "MOST_THREADS", "ROOT", "THREAD_VARIABLES", "check_threads", "kernel_digest", "prepare_environment", "threads", "usable_cores"]

ROOT = Path(__file__).resolve().parent.parent
CACHE_DIR = Path(os.environ.get("VLMS_CACHE_DIR") or ROOT / ".cache")  # a verification recomputes in an empty one of its own
OUTSIDE_KERNELS = ("analysis.errors", "analysis.progress", "analysis.runtime")
# Libraries that split one matrix operation among threads get one, kernels and worker processes all cores; what the user sets is respected.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
CORE_VARIABLES = ("NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
MOST_THREADS = 4096
LAYERS = ("default", "safe", "threadsafe", "forksafe", "tbb", "omp", "workqueue")  # of Numba
_refused: dict[str, str] = {}  # thread variables that say no number of threads, and what they say


def kernel_digest() -> str:
    """Digest of every source file that holds a Numba kernel, and of every module of the package that such a file imports, in turn.

    Numba's own cache compares only the file that defines a kernel, so an edited helper in another file, or a constant from one, would be
    ignored; a directory per digest makes that impossible. A package itself is not followed, only its modules: the configuration reaches no kernel.
    """
    package = ROOT / "analysis"
    texts = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path.read_bytes() for path in package.rglob("*.py")}
    pending = [name for name, text in texts.items() if b"import njit" in text or b"import kernel" in text or b"@kernel" in text]
    held: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in held and name in texts and name not in OUTSIDE_KERNELS:
            held.add(name)
            for module, names in re.findall(rb"^from (analysis[\w.]*) import (\([^)]*\)|.*)", texts[name], re.MULTILINE):
                pending.append(module.decode())
                pending.extend(f"{module.decode()}.{part.split()[0]}" for part in names.decode().strip("()").split(",") if part.strip())
    digest = hashlib.sha256()
    for name in sorted(held):
        digest.update(name.encode() + b"\0" + texts[name] + b"\0")
    return digest.hexdigest()[:16]


def _quota(group: Path) -> float:
    """Processors' worth of time that the control group in this folder may use (version 2, then version 1); infinite without a limit."""
    try:
        limit, period = (group / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            limit, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii").strip() for name in ("quota", "period"))
        except (OSError, ValueError):
            return math.inf
    return int(limit) / int(period) if limit.isdigit() and period.isdigit() and int(period) else math.inf


def _group_quota(listing: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> float:
    """The tightest limit of this process's control groups and of those that hold them, in processors."""
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return math.inf
    tightest = math.inf
    for line in lines:
        _, controllers, name = (line.split(":", 2) + ["", ""])[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = mounted / controllers if controllers else mounted
        folder = top / name.strip("/")
        for group in (folder, *folder.parents):
            if not group.is_relative_to(top):
                break
            tightest = min(tightest, _quota(group))
    return tightest


def usable_cores() -> int:
    """Cores that this process may use: those of its affinity mask (taskset, numactl, a batch system), no more than its control group allows."""
    mask = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _group_quota()
    return max(1, min(mask, math.ceil(quota))) if quota < math.inf else max(1, mask)


def _is_number_of_threads(name: str, text: str) -> bool:
    parts = text.split(",") if name == "OMP_NUM_THREADS" else [text]  # OpenMP takes one number per level of nesting
    return all(re.fullmatch(r"0*[1-9][0-9]{0,3}", part.strip()) and int(part) <= MOST_THREADS for part in parts)


def prepare_environment() -> None:
    """Set one BLAS thread (more are many times slower on tables this small), Numba threads for all usable cores, and the Numba cache directory.

    Variables that the user has set stay. One that says no number of threads is replaced here, because Numba may fail on it while it is
    imported, and `check_threads` refuses it.
    """
    cores = str(usable_cores())
    for name in (*THREAD_VARIABLES, *CORE_VARIABLES):
        text = os.environ.get(name, "").strip()
        if not text or not _is_number_of_threads(name, text):
            if text:
                _refused[name] = text
            os.environ[name] = "1" if name in THREAD_VARIABLES else cores
    os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE_DIR / "numba" / kernel_digest()))
    isolate(ROOT / "analysis", CACHE_DIR)


def check_threads(number: int | None = None) -> None:
    """Make `number` (of the option --threads) stronger than NUMBA_NUM_THREADS; InputError for a thread variable that says nothing usable."""
    if number is not None:
        _refused.pop("NUMBA_NUM_THREADS", None)
        os.environ["NUMBA_NUM_THREADS"] = str(number)
    layer = os.environ.get("NUMBA_THREADING_LAYER", "").strip()
    if layer and layer not in LAYERS:
        raise InputError(f"NUMBA_THREADING_LAYER is {layer!r}; expected one of {', '.join(LAYERS)}. Set one of these, or unset it to get the default.")
    for name, text in _refused.items():
        raise InputError(f"{name} is {text!r}; expected a number of threads from 1 to {MOST_THREADS}. Set another, or unset it to get the default.")


def threads() -> dict[str, str]:
    """The thread settings in force, by variable."""
    return {name: os.environ.get(name, "") for name in (*THREAD_VARIABLES, *CORE_VARIABLES)}
