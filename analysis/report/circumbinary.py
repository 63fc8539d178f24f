"""Artifacts of the circumbinary runs: their tables, and every scalar the text may quote."""

import csv
from pathlib import Path
from typing import Any

from analysis.report.files import Context, nested, write_csv, write_json
from analysis.report.formatting import formatted

__all__ = ["fates", "resonances", "write"]

FATES = {
    "ejected": "ejected", "collided": "hit a star", "held": "held in a resonance", "bound": "still bound, not held", "unresolved": "not resolved",
}


def write(directory: Path, context: Context, *, circumbinary: Any) -> None:
    """circumbinary_{shares,dispersion,averages,classes,confusion,importance,libration,times,bandwidths,limits,hosts,fates,host_fates}.csv, circumbinary_summary.json."""
    keyed = {
        "shares": ("resonance",), "dispersion": ("parameter",), "classes": ("resonance",), "importance": ("feature",), "libration": ("resonance",),
        "bandwidths": ("bandwidth",), "limits": ("mass_ratio", "binary_eccentricity"), "fates": ("fate",), "host_fates": ("fate",), "times": ("axis_time", "eccentricity_time"),
    }
    content: dict[str, Any] = dict(circumbinary.summary)
    for name in (*keyed, "averages", "confusion", "hosts"):
        table = getattr(circumbinary, name)
        write_csv(directory / f"circumbinary_{name}.csv", table, context)
        if name in keyed:
            content[name] = nested(table, keyed[name])
    write_json(directory / "circumbinary_summary.json", content, context)


def _read(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _share(row: dict[str, str]) -> str:
    return f"{formatted(float(row['share']), 'percent:1')} ({formatted(float(row['low']), 'percent:1')} to {formatted(float(row['high']), 'percent:1')})"


def resonances(artifacts: Path) -> dict[str, list[Any]]:
    """A row per resonance: runs, share, that of the slowest migration, and the published one, recall of the forest beside the published one, runs with a librating angle."""
    classes = {row["resonance"]: row for row in _read(artifacts / "circumbinary_classes.csv")}
    angles = {row["resonance"]: row for row in _read(artifacts / "circumbinary_libration.csv")}

    def cell(found: dict[str, str] | None, name: str, style: str) -> str:
        return formatted(float(found[name]), style) if found and found[name] else "–"

    rows = []
    for row in _read(artifacts / "circumbinary_shares.csv"):
        number = row["resonance"]
        if int(row["runs"]) or float(row["published"]):
            own = classes.get(number)
            rows.append([
                f"{number}/1", formatted(float(row["runs"]), "count"), _share(row), formatted(float(row["slow_share"]), "percent:1"),
                formatted(float(row["published"]), "percent:1"),
                cell(own, "recall", "fixed:2") if own and float(own["support"]) else "–", cell(own, "published_recall", "fixed:2"),
                cell(angles.get(number), "share", "percent:0"),
            ])
    return {"columns": ["Resonance", "Runs", "Share (%)", "Slow (%)", "Published (%)", "Recall", "Published recall", "Librating (%)"], "rows": rows}


def fates(artifacts: Path) -> dict[str, list[Any]]:
    """What becomes of the planets of the published grid and of giants around light binaries: runs and shares with 95 % intervals."""
    grid = {row["fate"]: row for row in _read(artifacts / "circumbinary_fates.csv")}
    hosts = {row["fate"]: row for row in _read(artifacts / "circumbinary_host_fates.csv")}
    rows = [
        [label, formatted(float(grid[name]["runs"]), "count"), _share(grid[name]), formatted(float(hosts[name]["runs"]), "count"), _share(hosts[name])]
        for name, label in FATES.items() if float(grid[name]["runs"]) or float(hosts[name]["runs"])
    ]
    return {"columns": ["End", "Grid", "of the grid (%)", "Light binaries", "of light binaries (%)"], "rows": rows}
