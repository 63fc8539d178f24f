"""How every artifact is written: fixed float text, sorted keys, null for NaN, and the partial stamp.

Writers receive a directory that `Study` moves into place only when the whole group is complete.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.spreadsheet import neutral

__all__ = ["Context", "nested", "save_figure", "shortened", "write_csv", "write_json", "write_npz", "write_text"]

COORDINATES = re.compile(r'(\s(?:d|x|y)=)"([^"]*)"')
BLANKS = re.compile(r"\s*([A-DF-Za-df-z])\s*")  # around the letters of a path, of which e is none
# A run of equal markers of one series; a style with an opacity of its own is left alone, because a group's opacity is not that of its members.
MARKERS = re.compile(r'<use xlink:href="(#[^"]+)" x="[^"]*" y="[^"]*" style="((?:(?!(?<![\w-])opacity)[^"])*)"/>(?:\n<use xlink:href="\1" x="[^"]*" y="[^"]*" style="\2"/>)+')
DECIMALS = re.compile(r"-?\d+\.\d{3,}(?![\d.e])")


@dataclass(frozen=True)
class Context:
    """What every artifact of a run must know about the run."""

    percent: float = 100.0

    @property
    def partial(self) -> bool:
        """True when only a share of the candidates was processed."""
        return self.percent < 100.0

    @property
    def stamp(self) -> str:
        """The words that mark an artifact of a partial run; empty for a full run."""
        return f"PARTIAL RUN: {self.percent:g} % of the candidates" if self.partial else ""


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it: NaN and infinities become null, arrays lists, NumPy scalars Python scalars."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, content: dict[str, Any], context: Context) -> None:
    """Write `content` with sorted keys; a partial run adds the key "partial"."""
    if context.partial:
        content = {**content, "partial": {"percent": context.percent, "note": context.stamp}}
    path.write_text(json.dumps(_plain(content), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def nested(table: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """A DataFrame as nested dicts, one level per key column, for dotted paths: 2.7 becomes 2_7, 1e5 100000, "level 1" level_1."""
    import numpy as np

    out: dict[str, Any] = {}
    for row in table.to_dict("records"):
        level = out
        for key in keys:
            value = row.pop(key)
            name = np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)
            level = level.setdefault(name.translate(str.maketrans(" -.", "___")), {})
        level.update(row)
    return out


def write_csv(path: Path, frame: Any, context: Context) -> None:
    """Write a DataFrame: ten significant digits, text that a spreadsheet would run as a formula prefixed with an apostrophe (`spreadsheet.neutral`).

    A partial run adds the column partial_percent.
    """
    frame = frame.copy()
    if context.partial:
        frame["partial_percent"] = context.percent
    for name in frame.columns:
        if frame[name].dtype.kind in "OUT":
            frame[name] = [neutral(value) if isinstance(value, str) else value for value in frame[name]]
    frame.to_csv(path, index=False, float_format="%.10g", lineterminator="\n", encoding="utf-8")


def write_text(path: Path, text: str, context: Context) -> None:
    """Write `text`, with the partial stamp as first line where it applies."""
    stamp = f"{context.stamp}\n\n" if context.partial else ""
    path.write_text(stamp + text.rstrip("\n") + "\n", encoding="utf-8")


def write_npz(path: Path, arrays: dict[str, Any], context: Context) -> None:
    """Write arrays loadable without pickle; a partial run adds the array partial_percent."""
    import numpy as np

    arrays = {name: np.asarray(value) for name, value in arrays.items()}
    if any(array.dtype.kind == "O" for array in arrays.values()):
        raise TypeError("object arrays cannot be stored without pickle")
    if context.partial:
        arrays["partial_percent"] = np.asarray(context.percent)
    np.savez_compressed(path, **arrays)


def shortened(svg: str) -> str:
    """A drawing with its coordinates (points) to two decimals, finer than any screen or printer, one style per run of markers, and without idle blanks.

    Transforms keep all digits.
    """

    def brief(found: re.Match) -> str:
        rounded = DECIMALS.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), found[2])
        return found[1] + '"' + BLANKS.sub(r"\1", rounded) + '"'

    def grouped(run: re.Match) -> str:
        return f'<g style="{run[2]}">' + run[0].replace(f' style="{run[2]}"', "") + "</g>"

    return MARKERS.sub(grouped, re.sub(r"\n\s*<", "\n<", COORDINATES.sub(brief, svg)))


def save_figure(directory: Path, stem: str, figure: Any, data: Any, context: Context) -> None:
    """Write `stem`.png (200 dpi), .svg (vector) and .csv (the plotted data, a DataFrame), and close the figure."""
    import matplotlib.pyplot as plt

    if context.partial:
        figure.suptitle(context.stamp, fontsize=7, color="0.25")
    _settle(figure)
    figure.savefig(directory / f"{stem}.png", dpi=200, metadata={"Software": None, "Description": context.stamp or None})
    figure.savefig(directory / f"{stem}.svg", metadata={"Date": None, "Creator": None, "Description": context.stamp or None})
    drawing = (directory / f"{stem}.svg").read_text(encoding="utf-8")
    (directory / f"{stem}.svg").write_text(shortened(drawing), encoding="utf-8")
    write_csv(directory / f"{stem}.csv", data, context)
    plt.close(figure)


def _settle(figure: Any) -> None:
    """Lay the figure out once and round the places of its axes: the solver's last bits differ from process to process, and the names in an SVG follow them."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        if axes.get_axes_locator() is None:
            axes.set_position([round(float(value), 6) for value in axes.get_position(original=True).bounds])
