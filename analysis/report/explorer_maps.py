"""The feasibility maps of the explorer: shares in parts per thousand, by calculation and by stellar age."""

from pathlib import Path
from typing import Any

from analysis.config import Config

__all__ = ["cividis", "maps"]

MOST_CELLS = 50  # per axis; finer maps are averaged over blocks of cells, which a screen could hardly show
MISSING = "-"
# The colour map cividis at 33 equal steps, linear between them: ordered in lightness, so that it survives grey and colour blindness.
CIVIDIS = (
    "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f7073767676"
    "7d7c788482798c8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838"
)
LEVELS = ("criterion of the plan", "closed form", "integration")


def cividis() -> list[str]:
    """The colour table, dark to light, as #rrggbb."""
    return [f"#{CIVIDIS[i : i + 6]}" for i in range(0, len(CIVIDIS), 6)]


def _blocks(share: Any) -> Any:
    """(m, a) averaged over equal blocks, as few as leave at most MOST_CELLS per axis; unchanged where the cells do not divide."""
    import numpy as np

    m, a = (next((k for k in range(1, n + 1) if n % k == 0 and n // k <= MOST_CELLS), 1) for n in share.shape)
    if min(share.shape[0] // m, share.shape[1] // a) < 2:
        return share
    return np.mean(share.reshape(share.shape[0] // m, m, share.shape[1] // a, a), axis=(1, 3))


def _text(share: Any) -> str:
    """The cells of a map (m, a), row by row from the lightest perturber, as parts per thousand."""
    import numpy as np

    return " ".join(f"{round(1000 * value)}" if np.isfinite(value) else MISSING for value in share.ravel())


def _map(label: str, slider: str, stops: list[str], shares: list[Any], edges: tuple[Any, Any], scale: tuple[str, float, float], falling: bool) -> dict[str, Any]:
    mass, axis = edges
    return {
        "label": label, "slider": slider, "stops": stops, "shape": list(shares[0].shape), "values": [_text(share) for share in shares],
        "mass": [float(mass[0]), float(mass[-1])], "axis": [float(axis[0]), float(axis[-1])],
        "scale": scale[0], "low": scale[1], "high": scale[2], "falling": falling,
    }


def maps(path: Path, config: Config) -> list[dict[str, Any]]:
    """The maps of feasibility_map.npz; each has its own range of colours, one for all its stops, in parts per thousand.

    Cells are equal steps in log10 of perturber mass (Msun) and axis (au). By calculation: draws that reach star and tides at the smallest disruption
    factor, and those that migrate at the largest; by age: draws feasible by the specification's criterion with the radius law in use.
    "falling" maps darken as the share grows. Each runs as in the figure it stands for: the levels do, on white; the criterion grows lighter.
    """
    import numpy as np

    with np.load(path, allow_pickle=False) as found:
        data = {name: found[name] for name in found.files}
    names = [str(name) for name in data["level_2_outcome"]]
    levels = [data[name] for name in ("level_0_on_level_2_grid", "level_1_on_level_2_grid", "level_2_fraction")]
    edges = (data["level_2_outer_mass_edges_msun"], data["level_2_outer_axis_edges_au"])
    draws = dict(zip(data["metadata_name"].tolist(), data["metadata_value"].tolist(), strict=True))["level_2_draws"]
    scale = ("log", round(1000 * 0.98 / max(float(draws), 2.0), 1), 1000.0)  # one draw of a cell is the smallest share there is, and coloured
    largest = len(data["level_2_disruption_factor"]) - 1
    chosen = (
        (0, ("migrated", "disrupted"), "migrated or disrupted"),
        (largest, ("migrated",), f"migrated, outside {data['level_2_disruption_factor'][largest]:g} tidal radii"),
    )
    result = []
    for factor, outcomes, label in chosen:
        shares = [_blocks(sum(level[factor][names.index(name)] for name in outcomes)) for level in levels]
        result.append(_map(label, "calculation", list(LEVELS), shares, edges, scale, falling=True))
    law = [str(name) for name in data["radius_law"]].index(config.tides.radius_law)
    shares = [_blocks(share) for share in data["fraction_by_age"][law]]
    highest = float(np.nanmax(shares)) * 1000 if np.isfinite(shares).any() else 1000.0
    stops = [f"{age:g} Gyr" for age in data["age_gyr"]]
    edges = (data["outer_mass_edges_msun"], data["outer_axis_edges_au"])
    result.append(_map("feasible as specified", "stellar age", stops, shares, edges, ("linear", 0.0, max(round(highest), 1)), falling=False))
    return result
