"""One companion, one row: repeated entries within and between catalogues, and the target in any of them."""

import pandas as pd

from analysis.catalogue.convert import add_flag
from analysis.catalogue.names import host_key, same_orbit

__all__ = ["TARGET_HOST", "TARGET_ID", "remove_target", "resolve_duplicates"]

TARGET_HOST = "TOI-6894"
TARGET_ID = "TOI:TOI-6894 b"
# The archive is kept before the BD catalogue because it lists axes and limits.
PRECEDENCE = ("NASA", "BD_Catalogue")


def resolve_duplicates(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table without repeated companions, and the pairs (kept, dropped, within) that were found.

    Two rows are the same companion when their hosts have the same key and their orbits agree (`same_orbit`); rows of the
    archive are never duplicates of each other, since it lists each name once. Of a pair the archive's row stays, then the
    one with an error on the companion mass, then the first by object_id. Sorted by object_id; independent of row order.
    """
    ordered = table.sort_values("object_id", kind="stable", ignore_index=True)
    keys = [host_key(name) for name in ordered["host_name"]]
    has_error = ordered["companion_mass_mjup_err_up"].notna().to_numpy()
    rank = [
        (PRECEDENCE.index(source), not error, name)
        for source, error, name in zip(ordered["data_source"], has_error, ordered["object_id"], strict=True)
    ]
    groups: dict[str, list[int]] = {}
    for index in sorted(range(len(ordered)), key=rank.__getitem__):
        groups.setdefault(keys[index], []).append(index)
    dropped: dict[int, int] = {}
    sources = ordered["data_source"].to_numpy()
    period, mass = ordered["orbital_period_day"].to_numpy(), ordered["companion_mass_mjup"].to_numpy()
    for members in groups.values():
        kept: list[int] = []
        for index in members:
            same = [k for k in kept if not sources[k] == sources[index] == "NASA" and same_orbit(period[k], period[index], mass[k], mass[index])]
            if same:
                dropped[index] = same[0]
            else:
                kept.append(index)
    name = ordered["object_id"]
    pairs = [[name[k], name[d], "one catalogue" if sources[k] == sources[d] else "two catalogues"] for d, k in sorted(dropped.items())]
    for index, keeper in dropped.items():
        ordered.at[keeper, "flags"] = add_flag(ordered.at[keeper, "flags"], f"duplicate:{ordered.at[index, 'object_id']}")
    result = ordered.drop(index=list(dropped)).reset_index(drop=True)
    return result, pd.DataFrame(pairs, columns=["kept", "dropped", "within"]).astype("str")


def remove_target(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table without TOI-6894 b, which enters once with its own published values, and the object_ids removed."""
    is_target = table["host_name"].map(host_key) == host_key(TARGET_HOST)
    is_target = is_target.astype(bool)
    return table[~is_target].reset_index(drop=True), list(table.loc[is_target, "object_id"])
