"""Inputs that the tests of the explorer share."""

import numpy as np

HOSTILE = "<img src=x onerror=alert(1)></script><!-- {{< var x >}} & `````` \u2028b"


def write_maps(path, factors=(2.7, 1.7)):
    """A feasibility map with a known value in each cell: 100 x 100 cells by age, 4 x 5 by level, one level not available."""
    edges = np.geomspace(0.01, 1, 101), np.geomspace(5, 1000, 101)
    levels = [np.linspace(0, 1, 2 * 4 * 4 * 5).reshape(2, 4, 4, 5) / 4 for _ in range(3)]
    levels[2] = np.full((2, 4, 4, 5), np.nan)
    np.savez(
        path, outer_mass_edges_msun=edges[0], outer_axis_edges_au=edges[1], age_gyr=[0.1, 1.0], radius_law=np.array(["contracting", "literal"]),
        fraction_by_age=np.linspace(0, 0.2, 2 * 2 * 100 * 100).reshape(2, 2, 100, 100), level_2_outer_mass_edges_msun=np.geomspace(0.01, 1, 5),
        level_2_outer_axis_edges_au=np.geomspace(5, 1000, 6), level_2_disruption_factor=factors, level_2_outcome=np.array(["migrated", "disrupted", "unmigrated", "invalid"]),
        level_0_on_level_2_grid=levels[0], level_1_on_level_2_grid=levels[1], level_2_fraction=levels[2],
        metadata_name=np.array(["level_2_draws"]), metadata_value=np.array(["32"]),
    )
