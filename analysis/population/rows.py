"""Which rows of the sample the population statistics see."""

import pandas as pd

__all__ = ["population_rows"]


def population_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The candidates (target left out) in the order of object_id, whatever the order of `table`."""
    keep = table["is_candidate"].to_numpy(dtype=bool) & ~table["is_target"].to_numpy(dtype=bool)
    return table[keep].sort_values("object_id", kind="stable").reset_index(drop=True)
