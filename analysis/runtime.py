"""Process-wide settings that must be made before NumPy or Numba is imported (standard library only)."""

import hashlib
import os
from pathlib import Path

__all__ = ["CACHE_DIR", "ROOT", "THREAD_VARIABLES", "kernel_digest", "prepare_environment"]

ROOT = Path(__file__).resolve().parent.parent
CACHE_DIR = ROOT / ".cache"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def kernel_digest() -> str:
    """Digest of every source file that holds or feeds a Numba kernel.

    Numba's own cache compares only the file that defines a kernel, so an edited helper in another file would be
    ignored; a directory per digest makes that impossible.
    """
    digest = hashlib.sha256()
    package = ROOT / "analysis"
    for path in sorted(package.rglob("*.py")):
        text = path.read_bytes()
        if b"numba" in text or path.name == "constants.py":
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16]


def prepare_environment() -> None:
    """Set one BLAS thread (more are many times slower on tables this small) and the Numba cache directory."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE_DIR / "numba" / kernel_digest()))
