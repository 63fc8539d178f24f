"""Whether the frozen simulations still stand: what each build's rerun of a share of them says, and whether their code has changed (standard library only)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import InputError

__all__ = ["Check", "checks"]

LEAST_AGREEMENT, LEAST_P = 0.9, 1e-3  # of a rerun on another processor: share of equal outcomes, and paired p-value of their counts

UNCHANGED = {True: "as when it was frozen", False: "changed since it was frozen"}


@dataclass(frozen=True)
class Check:
    """One check of a frozen simulation: what, what was found, and whether that is well."""

    name: str
    told: str
    fine: bool


def checks(artifacts: Path) -> list[Check]:
    """Checks of the frozen simulations that the results in `artifacts` rest on; each build makes a share of them again.

    Not well: a rerun that differs, code that has changed, and outcomes that are not of these data and parameters. Raises InputError for an artifact
    that is not JSON.
    """
    found: list[Check] = []
    for name in ("ensemble", "ladder", "circumbinary"):
        summary = _summary(artifacts / f"{name}_summary.json")
        rerun = summary.get("rerun")
        if isinstance(rerun, dict):
            verdict = rerun.get("verdict") or _verdict(rerun)
            found.append(Check(f"{name} run again", verdict, not verdict.startswith("differs")))
            found.append(_code(name, rerun.get("kernel_unchanged")))
        else:
            found.append(Check(f"{name} run again", f"not done: {summary.get('reason') or 'it was not frozen for these parameters'}", False))
    for claim, rerun in sorted(_summary(artifacts / "calibration.json").get("rerun", {}).items()):
        if claim != "all":
            verdict = rerun.get("verdict") or "not done: it was not frozen for these data and parameters"
            found.append(Check(f"calibration of {claim} run again", verdict, not verdict.startswith(("differs", "not done"))))
            found.append(_code(f"calibration of {claim}", rerun.get("code_unchanged")))
    return found


def _code(name: str, unchanged: bool | None) -> Check:
    return Check(f"{name}: code", UNCHANGED[bool(unchanged)], bool(unchanged))


def _verdict(rerun: dict[str, Any]) -> str:
    """The verdict on a rerun that gives counts alone: identical, agrees, or differs."""
    total = next((rerun[name] for name in ("draws", "systems", "simulations") if rerun.get(name)), 0)
    if not total or rerun["identical"] == total:
        return "identical" if total else "differs: nothing was run again"
    if rerun.get("kernel_unchanged") and rerun.get("same_processor"):
        return "differs on the same code and processor"
    alike = rerun["same_outcome"] >= LEAST_AGREEMENT * total and min(rerun["paired_p"].values(), default=1.0) >= LEAST_P
    return "agrees" if alike else "differs"


def _summary(path: Path) -> dict[str, Any]:
    """A JSON artifact; empty where this study writes none of that name."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise InputError(f"{path}: not the JSON that a build writes; build the results again: just analyze.") from None
    return content if isinstance(content, dict) else {}


