"""Process-wide settings that must be made before NumPy or Numba is imported (standard library only)."""

import hashlib
import os
import re
from pathlib import Path

__all__ = ["CACHE_DIR", "ROOT", "THREAD_VARIABLES", "kernel_digest", "prepare_environment"]

ROOT = Path(__file__).resolve().parent.parent
CACHE_DIR = Path(os.environ.get("VLMS_CACHE_DIR") or ROOT / ".cache")  # a verification recomputes in an empty one of its own
OUTSIDE_KERNELS = ("analysis.config", "analysis.errors", "analysis.progress", "analysis.runtime")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def kernel_digest() -> str:
    """Digest of every source file that holds a Numba kernel, and of every module of the package that such a file imports, in turn.

    Numba's own cache compares only the file that defines a kernel, so an edited helper in another file, or a constant from one, would be
    ignored; a directory per digest makes that impossible. Configuration, errors and progress reach no kernel.
    """
    package = ROOT / "analysis"
    texts = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path.read_bytes() for path in package.rglob("*.py")}
    pending = [name for name, text in texts.items() if b"import njit" in text or b"import kernel" in text or b"@kernel" in text]
    held: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in held and name in texts and name not in OUTSIDE_KERNELS:
            held.add(name)
            for module, names in re.findall(rb"^from (analysis[\w.]*) import (.*)", texts[name], re.MULTILINE):
                pending.append(module.decode())
                pending.extend(f"{module.decode()}.{part.strip()}" for part in names.decode().split(","))
    digest = hashlib.sha256()
    for name in sorted(held):
        digest.update(name.encode() + b"\0" + texts[name] + b"\0")
    return digest.hexdigest()[:16]


def prepare_environment() -> None:
    """Set one BLAS thread (more are many times slower on tables this small) and the Numba cache directory."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE_DIR / "numba" / kernel_digest()))
