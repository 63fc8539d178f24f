"""Files of the origin classifier: probability per object, summary, coefficients, AUROC of every variant."""

from pathlib import Path
from typing import Any

from analysis.report.files import Context, write_csv, write_json

__all__ = ["objects_table", "write"]


def write(directory: Path, context: Context, origin: Any, mixture: Any = None) -> None:
    """Write objects_with_probs.csv, origin_variants.csv, origin_sensitivity.csv, origin_coefficients.csv, origin_summary.json.

    The mixture's labels and responsibilities join the objects by object_id, their columns named mixture_*.
    """
    write_csv(directory / "objects_with_probs.csv", objects_table(origin.objects, mixture), context)
    write_csv(directory / "origin_variants.csv", origin.variants, context)
    write_csv(directory / "origin_sensitivity.csv", origin.sensitivity, context)
    write_csv(directory / "origin_coefficients.csv", origin.coefficients, context)
    write_json(directory / "origin_summary.json", origin.summary, context)


def objects_table(objects: Any, mixture: Any) -> Any:
    """One row per object_id: the classifier's columns, then the mixture's, where there are any."""
    labels = getattr(mixture, "assignments", None)
    if labels is None or "object_id" not in labels:
        return objects
    kept = [name for name in labels if name.startswith(("label_", "responsibility_"))]
    new = labels[["object_id", *kept]].rename(columns={name: f"mixture_{name}" for name in kept})
    return objects.merge(new, on="object_id", how="left", validate="one_to_one")
