"""Artifacts of the circumbinary runs: their tables, and every scalar the text may quote."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json

__all__ = ["write"]


def write(directory: Path, context: Context, *, circumbinary: Any) -> None:
    """circumbinary_{shares,dispersion,averages,classes,confusion,importance,libration,times,bandwidths,limits,hosts,host_fates}.csv, circumbinary_summary.json."""
    keyed = {
        "shares": ("resonance",), "dispersion": ("parameter",), "classes": ("resonance",), "importance": ("feature",), "libration": ("resonance",),
        "bandwidths": ("bandwidth",), "limits": ("mass_ratio", "binary_eccentricity"), "host_fates": ("fate",), "times": ("axis_time", "eccentricity_time"),
    }
    content: dict[str, Any] = dict(circumbinary.summary)
    for name in (*keyed, "averages", "confusion", "hosts"):
        table = getattr(circumbinary, name)
        write_csv(directory / f"circumbinary_{name}.csv", table, context)
        if name in keyed:
            content[name] = nested(table, keyed[name])
    write_json(directory / "circumbinary_summary.json", content, context)
