"""Print every table of this folder: `python -m benchmarks [--full] [module ...]` runs the modules that expose `rows()`.

With `--full`, modules whose `rows` knows it measure at full length (`rows(full=True)`); lines of a module's `notes()` follow its table.
"""

import importlib
import inspect
import os
import pkgutil
import sys
from typing import Any

import analysis  # noqa: F401  (one BLAS thread and the Numba cache directory, before NumPy is imported)
import benchmarks

__all__ = ["main", "table"]


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(rows: list[dict[str, Any]]) -> str:
    """Rows with the same keys as aligned text, numbers to three digits and flush right."""
    names = list(rows[0])
    columns = [[name] + [_cell(row[name]) for row in rows] for name in names]
    widths = [max(map(len, column)) for column in columns]
    right = [isinstance(rows[0][name], int | float) for name in names]
    lines = [
        "  ".join(text.rjust(width) if flush else text.ljust(width) for text, width, flush in zip(line, widths, right, strict=True)).rstrip()
        for line in zip(*columns, strict=True)
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def main(chosen: list[str]) -> int:
    """Run the named modules, or all; returns the exit status."""
    full, chosen = "--full" in chosen, [name for name in chosen if name != "--full"]
    available = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
    unknown = [name for name in chosen if name not in available]
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; choose from {', '.join(available)}.", file=sys.stderr)
        return 2
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > 0.5 * cores:
        print(f"Other work is running (load {load:.1f} on {cores} cores): medians include waiting for a core; compare best times.\n", flush=True)
    for name in chosen or available:
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "rows"):
            print(getattr(module, "TITLE", name), flush=True)
            at_length = {"full": True} if full and "full" in inspect.signature(module.rows).parameters else {}
            print(table(module.rows(**at_length)), flush=True)
            for line in module.notes() if hasattr(module, "notes") else ():
                print(line)
            print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
