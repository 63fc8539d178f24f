"""Every place where a file or an option of a user enters the pipeline: bytes in, accepted or refused; anything else is a failure."""

import csv
import hashlib
import io
import json
import math
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from analysis import __main__ as command_line
from analysis.arrays import check_simulation
from analysis.calibration import load as load_calibration
from analysis.catalogue.assemble import assemble
from analysis.catalogue.axes import derive_axes
from analysis.catalogue.convert import MISSING
from analysis.catalogue.corrections import apply_corrections, read_corrections
from analysis.catalogue.duplicates import resolve_duplicates
from analysis.catalogue.frozen import read_companions, table_text
from analysis.catalogue.gaia import read_gaia
from analysis.catalogue.host_ages import attach_ages, host_ages_text, read_host_ages
from analysis.catalogue.manifest import FROZEN, read_manifest, verified
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import MEASURED, read_pscomppars
from analysis.catalogue.target import read_published
from analysis.config import Config, parameters, with_overrides
from analysis.errors import InputError
from analysis.inputs import LARGEST_TEXT, checked_file, sentence
from analysis.migration.ensemble import store as ensemble_store
from analysis.migration.frozen import SIMULATIONS
from analysis.migration.ladder import store as ladder_store
from analysis.population.origin.anchors import read_anchors
from analysis.population.origin.labels import read_labels
from analysis.vetting.facts import QUANTITIES, read_facts
from tests.catalogue.exports import BD_DEFAULTS, bd_row
from tests.catalogue.exports import table_text as export_text
from tests.hostile.physics import impossible

__all__ = ["TARGETS", "Broken", "judged", "restamped"]

LONGEST_SENTENCE = 500


class Broken(AssertionError):
    """A promise that an input broke."""


def judged(target: str, raw: bytes, folder: Path, bare: bool = False) -> bool:
    """True when the target accepts `raw`, False when it refuses it in one clean sentence that names the file; raises for all else.

    With `bare` the file is only read: what the table is compared with takes longer than the reading.
    """
    try:
        (READERS.get(target, TARGETS[target]) if bare else TARGETS[target])(raw, folder)
    except InputError as error:
        text = sentence(error) if target in SHOWN_BY_THE_TERMINAL else str(error)
        if not text.isprintable() or len(text) >= LONGEST_SENTENCE:
            raise Broken(f"not one clean sentence of bounded length: {text[:700]!r}") from error
        if NAMED[target] not in text:
            raise Broken(f"names no file or option: {text[:300]!r}") from error
        return False
    return True


def _plausible(table) -> None:
    found = impossible(table)
    if found:
        raise Broken(f"accepted silently: {found}")


def _file(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_bytes(raw)
    return path


def _archive(raw: bytes, folder: Path) -> None:
    path = _file(folder, "export.csv", raw)
    table, text = read_pscomppars(path)
    _plausible(table)
    for name, source in MEASURED.items():  # each cell becomes its number, or is flagged
        for index, cell in enumerate(text.column(source) or ()):
            value, flags = table[name].iloc[index], table["flags"].iloc[index]
            empty = cell.casefold() in MISSING
            refused = isinstance(flags, str) and f"refused:{name}=" in flags
            if math.isnan(value) != (empty or refused) or not (math.isnan(value) or float(cell.replace("\u2212", "-").replace("\u2013", "-")) == value):
                raise Broken(f"column {source}: the cell {cell!r} became {value} with the flags {flags}")
    made = assemble(path, "")
    _round_trip(derive_axes(made.table, ("NASA",)))


def _round_trip(table) -> None:
    """A table that was accepted can be frozen and read back as it is, in any order of its rows."""
    text = table_text(table)
    if text != table_text(table.iloc[::-1]):
        raise Broken("the order of rows shows in the frozen table")
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            if cell[:1] in "=+-@\t\r" and cell and not cell[1:].replace(".", "", 1).replace("e-", "", 1).replace("e+", "", 1).isdigit():
                raise Broken(f"a formula in the frozen table: {cell!r}")


def _brown_dwarfs(raw: bytes, folder: Path) -> None:
    path = _file(folder, "bd.csv", raw)
    _plausible(read_bd(path)[0])
    made = assemble("", path)
    _plausible(made.table)
    _round_trip(derive_axes(made.table, ("BD_Catalogue",)))


def _both(raw: bytes, folder: Path) -> None:
    """The export beside a sound catalogue of brown dwarfs that names its hosts differently."""
    bd = folder / "bd_sound.csv"
    if not bd.exists():
        bd.write_text(export_text([bd_row(host_star="Host-1"), bd_row(host_star="Host 2 star", period="")], list(BD_DEFAULTS)), encoding="utf-8")
    made = assemble(_file(folder, "export.csv", raw), bd)
    _plausible(made.table)
    if len(made.table) > sum(entry["rows"] for entry in made.files.values()):
        raise Broken("rows came from nowhere")


def _labels(raw: bytes, folder: Path) -> None:
    path = checked_file(_file(folder, "labels.csv", raw), "origin labels", LARGEST_TEXT)
    labels = read_labels(path)
    anchors = read_anchors(path, needed=False)
    if not set(labels["label"]) == {0.0, 1.0} or len(anchors) != len(labels):
        raise Broken("labels that are no labels")


def _sound(config: Config) -> None:
    """Every parameter has the type of its default and is finite."""
    defaults = {name: value for name, value, *_ in parameters(Config())}
    for name, value, *_ in parameters(config):
        default = defaults[name]
        if default is not None and type(value) is not type(default):
            raise Broken(f"{name} is {type(value).__name__}")
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise Broken(f"{name} is {number}")
            if isinstance(number, int) and not -(2**63) <= number < 2**63:
                raise Broken(f"{name} has more than 64 bits")
    asdict(config)


def _run_file(raw: bytes, folder: Path) -> None:
    path = _file(folder, "run.toml", raw)
    _sound(with_overrides(Config(), command_line._read_run(path), "run.toml"))


def _set_option(raw: bytes, folder: Path) -> None:
    options = Namespace(
        ps=None, bd=None, labels=None, percent=None, toi_mstar=None, toi_mc_mj=None, toi_a_au=None, toi_age_gyr=None, seed=None,
        set=[raw.decode("utf-8", "surrogateescape")],
    )
    _sound(with_overrides(Config(), command_line._overrides(options), "--set"))


def _manifest(raw: bytes, folder: Path) -> None:
    _file(folder, "MANIFEST.json", raw)
    if not (folder / "companions.csv").exists():
        (folder / "companions.csv").write_bytes((FROZEN / "companions.csv").read_bytes())
    content = read_manifest(folder)
    for name in (*content["files"], "companions.csv", "corrections.csv"):
        try:
            path = verified(name, folder)
        except InputError as error:
            if not str(error).isprintable():
                raise
        else:
            if path.resolve().parent != folder.resolve():
                raise Broken(f"the manifest leads to {path}")


def restamped(folder: Path, name: str, raw: bytes, manifest: dict | None = None) -> Path:
    """`raw` as the file `name` of a frozen folder whose MANIFEST agrees with it."""
    path = _file(folder, name, raw)
    content = dict(manifest or {"files": {}})
    entry = {**content["files"].get(name, {}), "sha256": hashlib.sha256(raw).hexdigest()}
    (folder / "MANIFEST.json").write_text(json.dumps({**content, "files": {name: entry}}), encoding="utf-8")
    return path


def _frozen_table(raw: bytes, folder: Path) -> None:
    restamped(folder, "companions.csv", raw)
    table = read_companions(folder)
    _plausible(table)
    _round_trip(table)
    resolve_duplicates(table)


@cache
def _frozen():
    return read_companions()


def _corrections(raw: bytes, folder: Path) -> None:
    restamped(folder, "corrections.csv", raw)
    corrected, applied = apply_corrections(_frozen(), read_corrections(folder))
    _plausible(corrected)
    if len(applied) and not set(applied["status"]) <= {"applied", "row not in the catalogue", "source has changed"}:
        raise Broken("a correction without a status")


def _host_ages(raw: bytes, folder: Path) -> None:
    restamped(folder, "host_ages.csv", raw)
    _plausible(attach_ages(_frozen(), read_host_ages(folder))[0])


def _target(raw: bytes, folder: Path) -> None:
    restamped(folder, "toi6894.csv", raw)
    values, _ = read_published(folder)
    if not all(math.isfinite(value) for value in values.values()) or not 0 < values["host_age_gyr" if "host_age_gyr" in values else "host_mass_msun"] < 250:
        raise Broken("values of the target that are no numbers")


def _age_export(raw: bytes, folder: Path) -> None:
    text = host_ages_text(_file(folder, "ages.csv", raw), ["TRAPPIST-1", "GJ 1132"], "the export", 0.25)
    if sum(not line.startswith("#") for line in text.splitlines()) < 2:
        return  # no host of interest
    restamped(folder, "host_ages.csv", text.encode())
    try:
        ages = read_host_ages(folder)
    except InputError as error:
        raise Broken(f"an accepted export gives a table of ages that is refused: {error}") from error
    _plausible(attach_ages(_frozen(), ages)[0])


def _cross_match(raw: bytes, folder: Path) -> None:
    table = read_gaia(_file(folder, "gaia.csv", raw))
    known = table.dropna(subset=["eccentricity"])
    if not known["eccentricity"].between(0, 1).all() or np.isinf(table.select_dtypes("number").to_numpy(float)).any():
        raise Broken("a cross-match that cannot be")


def _facts(raw: bytes, folder: Path) -> None:
    path = checked_file(_file(folder, "vetting.csv", raw), "facts", LARGEST_TEXT)
    for facts in read_facts(path).values():
        for name, (value, error) in facts.items():
            if not QUANTITIES[name][0] <= value <= QUANTITIES[name][1] or not (math.isnan(error) or 0 <= error < math.inf):
                raise Broken(f"{name} = {value} +- {error}")


@cache
def _simulations() -> dict:
    return json.loads((SIMULATIONS / "MANIFEST.json").read_text(encoding="utf-8"))


def _arrays(name: str, load: Callable[[Path], object]) -> Callable[[bytes, Path], None]:
    def run(raw: bytes, folder: Path) -> None:
        path = restamped(folder, name, raw, _simulations())
        check_simulation(path)
        load(path)

    return run


def _simulation_manifest(raw: bytes, folder: Path) -> None:
    _file(folder, "MANIFEST.json", raw)
    if not (folder / "ladder.npz").exists():
        (folder / "ladder.npz").write_bytes((SIMULATIONS / "ladder.npz").read_bytes())
    check_simulation(folder / "ladder.npz")
    ladder_store.load(folder / "ladder.npz")


def _ladder(path: Path) -> None:
    draws = ladder_store.load(path)
    if {values.shape for values in draws.values.values()} != {draws.reason.shape} or any(values.dtype == object for values in draws.values.values()):
        raise Broken("columns of different lengths")


def _calibration(path: Path) -> None:
    if any(values.dtype.kind != "f" and not np.issubdtype(values.dtype, np.number) for values in load_calibration(path).values()):
        raise Broken("outcomes that are no numbers")


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    "pscomppars": _archive, "brown dwarfs": _brown_dwarfs, "both catalogues": _both, "labels": _labels, "run.toml": _run_file, "--set": _set_option,
    "manifest": _manifest, "frozen table": _frozen_table, "corrections": _corrections, "host ages": _host_ages, "target": _target,
    "age export": _age_export, "cross-match": _cross_match, "facts": _facts, "simulation manifest": _simulation_manifest, "ladder": _arrays("ladder.npz", _ladder),
    "ensemble": _arrays("ensemble_tolerance_tight.npz", lambda path: ensemble_store.load("tolerance_tight", path.parent)),
    "calibration": _arrays("calibration.npz", _calibration),
}
READERS: dict[str, Callable[[bytes, Path], object]] = {
    "pscomppars": lambda raw, folder: read_pscomppars(_file(folder, "export.csv", raw)),
    "brown dwarfs": lambda raw, folder: read_bd(_file(folder, "bd.csv", raw)),
    "both catalogues": lambda raw, folder: assemble(_file(folder, "export.csv", raw), ""),
}
NAMED = {
    "pscomppars": "export.csv", "brown dwarfs": "bd.csv", "both catalogues": "export.csv", "labels": "labels.csv", "run.toml": "run.toml", "--set": "--set",
    "manifest": "MANIFEST.json", "frozen table": "companions.csv", "corrections": "corrections.csv", "host ages": "host_ages.csv", "target": "toi6894.csv",
    "age export": "ages.csv", "cross-match": "gaia.csv", "facts": "vetting.csv", "simulation manifest": "MANIFEST", "ladder": "ladder.npz", "ensemble": "ensemble_tolerance_tight.npz",
    "calibration": "calibration.npz",
}
SHOWN_BY_THE_TERMINAL = {"labels", "facts"}  # their readers quote cells as they are; the command line cleans the sentence
