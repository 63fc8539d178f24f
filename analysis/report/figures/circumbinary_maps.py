"""Figure: dynamical maps around binaries, with the empirical limits of stability and the resonances N/1."""

from pathlib import Path
from typing import Any

import numpy as np

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]


def write(directory: Path, context: Context, *, circumbinary: Any) -> None:
    """fig_circumbinary_maps: half range of the eccentricity over axis and eccentricity at the start; cells without an entry lost their planet."""
    plt = style.apply()
    from matplotlib.colors import LogNorm

    maps = circumbinary.maps
    ratios, eccentricities = sorted(maps["mass_ratio"].unique()), sorted(maps["binary_eccentricity"].unique())
    figure, panels = plt.subplots(len(ratios), len(eccentricities), figsize=(style.PAGE_WIDTH, 1.3 + 1.85 * len(ratios)), sharex=True, sharey=True, squeeze=False)
    colours = plt.get_cmap(style.SEQUENTIAL).with_extremes(bad="white")
    mesh = None
    for i, q in enumerate(ratios):
        for j, eb in enumerate(eccentricities):
            axes = panels[i, j]
            part = maps[(maps["mass_ratio"] == q) & (maps["binary_eccentricity"] == eb)]
            cells = part.pivot_table(index="eccentricity", columns="axis", values="half_range", dropna=False)
            mesh = axes.pcolormesh(cells.columns, cells.index, np.ma.masked_invalid(cells.to_numpy()), cmap=colours, norm=LogNorm(0.005, 0.5), shading="nearest", rasterized=True)
            curve = circumbinary.curves[(circumbinary.curves["mass_ratio"] == q) & (circumbinary.curves["binary_eccentricity"] == eb)]
            axis, beyond = curve["axis"].to_numpy(), (curve["axis"] > curve["critical_axis"]).to_numpy()
            axes.axvline(curve["critical_axis"].iloc[0], color="black", linewidth=1.2, linestyle="dashed", label="Holman & Wiegert 1999")
            axes.plot(axis, np.where(beyond, curve["critical_eccentricity"], np.nan), color="#B33C00", linewidth=1.6, label="Quarles et al. 2018")
            for number in range(3, 11):
                place = number ** (2 / 3)
                if axis[0] < place < axis[-1]:
                    axes.plot([place] * 2, [1.0, 1.03], transform=axes.get_xaxis_transform(), color="black", linewidth=0.8, clip_on=False)
                    axes.text(place, 1.04, f"{number}", transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=style.SMALL)
            axes.set(xlim=(axis[0], axis[-1]), ylim=(0, float(part["eccentricity"].max())))
            style.name_panel(axes, "abcdefghijkl"[i * len(eccentricities) + j], rf"$q_\mathrm{{B}}$ = {q:g}, $e_\mathrm{{B}}$ = {eb:g}", pad=14)
            if i == len(ratios) - 1:
                axes.set_xlabel(r"axis at the start / $a_\mathrm{B}$")
            if j == 0:
                axes.set_ylabel("eccentricity at the start")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.colorbar(mesh, ax=panels, label="half range of the eccentricity", shrink=0.8)
    save_figure(directory, "fig_circumbinary_maps", figure, maps, context)
