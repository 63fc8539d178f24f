"""Figure: orbits against host age, with the companions of one host tied together."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.figures import style
from analysis.report.files import Context, save_figure

__all__ = ["write"]

STEM = "fig_ages"
# Upper bound of the number of aged companions of a host: (label, marker, colour).
SIZES = {1: ("1", "o", "#0072B2"), 2: ("2", "s", "#E69F00"), 3: ("3", "^", "#009E73"), np.inf: ("4 or more", "D", "#CC79A7")}
COLUMNS = [
    "object_id",
    "host_name",
    "host_age_gyr",
    "host_age_gyr_err_up",
    "host_age_gyr_err_down",
    "semimajor_axis_au",
    "eccentricity",
    "eccentricity_err_up",
    "eccentricity_err_down",
    "eccentricity_kind",
    "n_companions_aged",
]


def write(directory: Path, context: Context, ages: Any) -> None:
    """Draw a and e against host age; the target's age, if given, is a star, else its a and e are a line."""
    plt = style.apply()
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.PAGE_WIDTH, 2.9))
    rows = ages.rows.reset_index(drop=True)
    lower = 0
    for upper, (label, marker, colour) in SIZES.items():
        part = rows[rows["n_companions_aged"].gt(lower) & rows["n_companions_aged"].le(upper)]
        lower = upper
        if part.empty:
            continue
        look = {
            "linestyle": "none",
            "marker": marker,
            "color": colour,
            "markersize": 4.5,
            "markeredgecolor": "black",
            "markeredgewidth": 0.4,
        }
        for axes, orbit in ((left, "semimajor_axis_au"), (right, "eccentricity")):
            shown = part.dropna(subset=[orbit])
            for _, host in shown.groupby("host_name"):
                axes.plot(
                    [host["host_age_gyr"].iloc[0]] * 2,
                    [host[orbit].min(), host[orbit].max()],
                    color=colour,
                    linewidth=0.7,
                    alpha=0.7,
                    zorder=1,
                )
            _age_bars(axes, shown, orbit, colour)
            filled = shown if axes is left else shown[shown["eccentricity_kind"].eq("measured")]
            axes.plot(filled["host_age_gyr"], filled[orbit], label=label, **look)
            if axes is right:
                _eccentricity_marks(axes, shown, colour, look)
    _target(left, right, ages.summary)
    for _, row in rows[rows["host_name"].eq(ages.summary["influence"]["host_name"])].head(1).iterrows():
        # The host that moves the slope most is named.
        place = (row["host_age_gyr"], row["semimajor_axis_au"])
        left.annotate(row["companion_name"], place, xytext=(6, -3), textcoords="offset points", fontsize=style.SMALL)
    left.set(xlabel="host age (Gyr)", ylabel="semi-major axis (au)", xscale="log", yscale="log")
    right.set(xlabel="host age (Gyr)", ylabel="eccentricity", xscale="log")
    if len(rows):
        # Limits follow the values; an error bar may leave the frame.
        age = pd.concat([rows["host_age_gyr"].astype(float), pd.Series([ages.summary["comparison"]["toi_age_gyr"]], dtype=float)])
        with_e = age[[*rows["eccentricity"].notna(), True]]
        for axes, values in ((left, age), (right, with_e if with_e.notna().any() else age)):
            axes.set_xlim(0.6 * values.min(), 1.6 * values.max())
        top = np.nanmax([rows["eccentricity"].max(), ages.summary["target"]["eccentricity"] or 0.0])
        right.set_ylim(-0.04 * (top if top > 0 else 1.0), 1.25 * top if top > 0 else 1.0)
    for axes in (left, right):
        low, high = axes.get_xlim()
        axes.xaxis.set_major_formatter("{x:g}")
        if high < 100 * low:
            axes.xaxis.set_major_locator(plt.FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20]))
            axes.xaxis.set_minor_locator(plt.NullLocator())
        axes.xaxis.set_minor_formatter(plt.NullFormatter())
        if rows.empty:
            axes.text(0.5, 0.5, "no host age", transform=axes.transAxes, ha="center")
            axes.set_xlim(0.3, 15)
    handles, labels = left.get_legend_handles_labels()
    kinds = [
        plt.Line2D(
            [],
            [],
            linestyle="none",
            marker="o",
            color="0.5",
            markersize=4.5,
            markerfacecolor="white",
            markeredgecolor="black",
            markeredgewidth=0.7,
            label="$e$ assumed 0",
        ),
        plt.Line2D(
            [],
            [],
            linestyle="none",
            marker="v",
            color="white",
            markersize=4.5,
            markeredgecolor="black",
            markeredgewidth=0.7,
            label="$e$ upper limit",
        ),
    ]
    if handles:
        figure.legend(
            [*handles, *kinds],
            [*(f"{text}" for text in labels), *(kind.get_label() for kind in kinds)],
            loc="outside lower center",
            ncols=len(handles) + 2,
            title="companions with an age per host",
            handletextpad=0.2,
            columnspacing=1.2,
        )
    for axes, letter in ((left, "a"), (right, "b")):
        style.name_panel(axes, letter)
    save_figure(directory, STEM, figure, pd.DataFrame(rows[[name for name in COLUMNS if name in rows]]), context)


def _age_bars(axes: Any, shown: pd.DataFrame, orbit: str, colour: str) -> None:
    """1-sigma errors of the age, once per host at its middle companion; a limit has an arrow."""
    middle = shown.sort_values(orbit).groupby("host_name", sort=True).nth(0)
    down, up = (middle[f"host_age_gyr_err_{side}"].astype(float).fillna(0).clip(lower=0).to_numpy() for side in ("down", "up"))
    age = middle["host_age_gyr"].to_numpy(float)
    limit = middle["host_age_gyr_limit"].fillna(0).to_numpy(float) if "host_age_gyr_limit" in middle else np.zeros(len(middle))
    plain = limit == 0
    if plain.any():
        bars = np.array([np.minimum(down, 0.95 * age), up])[:, plain]
        axes.errorbar(
            age[plain], middle[orbit].to_numpy(float)[plain], xerr=bars, fmt="none", ecolor=colour, elinewidth=0.7, alpha=0.6, zorder=1
        )
    for x, y, sign in zip(age[~plain], middle[orbit].to_numpy(float)[~plain], limit[~plain], strict=True):
        axes.annotate(
            "", (x * (0.75 if sign > 0 else 1.35), y), (x, y), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 0.8}, zorder=1
        )


def _eccentricity_marks(axes: Any, shown: pd.DataFrame, colour: str, look: dict[str, Any]) -> None:
    """Errors of measured e; assumed zeros as open symbols, upper limits as open downward triangles."""
    measured = shown[shown["eccentricity_kind"].eq("measured")]
    value = measured["eccentricity"].to_numpy(float)
    down, up = (measured[f"eccentricity_err_{side}"].astype(float).fillna(0).clip(lower=0).to_numpy() for side in ("down", "up"))
    if len(measured):
        axes.errorbar(
            measured["host_age_gyr"],
            value,
            yerr=[np.minimum(down, value), up],
            fmt="none",
            ecolor=colour,
            elinewidth=0.6,
            alpha=0.6,
            zorder=1,
        )
    for kind, marker in (("assumed_zero", look["marker"]), ("upper_limit", "v")):
        part = shown[shown["eccentricity_kind"].eq(kind)]
        axes.plot(
            part["host_age_gyr"],
            part["eccentricity"],
            **look | {"marker": marker, "markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.0},
        )


def _target(left: Any, right: Any, summary: dict[str, Any]) -> None:
    """The target: a star at its age, or a labelled line at its orbit."""
    age, values = summary["comparison"]["toi_age_gyr"], summary["target"]
    for axes, name in ((left, "semimajor_axis_au"), (right, "eccentricity")):
        if values.get(name) is None:
            continue
        if age is not None:
            style.mark_target(axes, age, values[name])
            axes.axvline(age, color="0.4", linestyle=":", linewidth=0.8, zorder=0)
        else:
            axes.axhline(values[name], color=style.TARGET, linestyle="--", linewidth=0.8, zorder=0)
            axes.annotate(
                "TOI-6894 b (age unknown)",
                (0.02, values[name]),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                fontsize=style.SMALL,
            )
