"""`just freeze`: show what a new freeze of the catalogue would change, headline numbers included, and replace data/frozen when told to.

`just freeze --ps FILE --bd FILE [--ages FILE]`, `just freeze --fetched DATE|latest`, or `just freeze --restamp` after an edit by hand.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.cache import write_atomic
from analysis.catalogue.assemble import HOST_MASS_LIMIT
from analysis.catalogue.differences import (
    SORTS,
    Change,
    Differences,
    companions,
    compare,
    curated_lines,
    described,
    fingerprint,
    manifest_of,
    source_lines,
)
from analysis.catalogue.freeze import Prepared, prepared, recover, restamp
from analysis.catalogue.manifest import FROZEN, GAIA
from analysis.commands import guarded
from analysis.config import Config, SelectionConfig
from analysis.errors import InputError
from analysis.report.formatting import formatted
from analysis.runtime import ROOT
from analysis.study import Study

__all__ = ["HEADLINES", "Outcome", "fetched_files", "freezing", "main", "outcome", "report"]

FETCHED = ROOT / "data" / "fetched"
REPORT = ROOT / "results" / "freeze_report.txt"
SHOWN = 5  # lines of each list on the screen; the file has them all
WIDTH = 150
# (what, stage, path in the stage's result, format)
HEADLINES = (
    ("companions of hosts in the mass range", "sample", "counts.total.in_mass_range", "count"),
    ("candidates", "sample", "counts.total.candidates", "count"),
    ("candidates above the mass-ratio split", "sample", "counts.candidates.split.high_q", "count"),
    ("candidates below the mass-ratio split", "sample", "counts.candidates.split.low_q", "count"),
    ("eccentricities above the split", "sample", "counts.total.high_q_with_eccentricity", "count"),
    ("eccentricities below the split", "sample", "counts.total.low_q_with_eccentricity", "count"),
    ("ΔBIC of one against two components", "mixture", "summary.delta_bic_1_2", "fixed:2"),
    ("KS p of the eccentricities", "eccentricity", "summary.all.tests.as_given.ks_p", "p:3"),
    ("feasible share of draws", "kozai", "summary.headline.mean_fraction", "fixed:4"),
)
ONLY_TARGET = "kozai"  # depends on TOI-6894 b and the parameters alone, so no catalogue row can change it


@dataclass(frozen=True)
class Outcome:
    """What the analysis makes of one table: headline values by name, ledger {(step, catalogue): rows left}, corrections {row: status}, or why not."""

    values: dict[str, Any]
    ledger: dict[tuple[str, str], int]
    corrections: dict[str, str]
    reason: str = ""


def outcome(config: Config, say: Callable[[str], None]) -> Outcome:
    """Run the stages behind the headline numbers with `config`; a table that cannot be analysed gives its reason instead."""
    study = Study(config, say=say)
    try:
        values = {name: _at(study.get(stage), path) for name, stage, path, _ in HEADLINES}
        catalogue, sample = study.get("catalogue"), study.get("sample")
    except InputError as error:
        return Outcome({}, {}, {}, str(error))
    cuts = sample.ledger[sample.ledger["variant"] == "corrected"]
    rows = [*catalogue.ledger.to_dict("records"), *cuts.to_dict("records")]
    corrections = {
        " ".join(filter(None, (row["object_id"], row["column"], f"({row['action']})"))): row["status"]
        for row in catalogue.corrections.to_dict("records")
    }
    return Outcome(values, {(row["step"], row["catalogue"]): int(row["rows_out"]) for row in rows}, corrections)


def _at(result: Any, path: str) -> Any:
    """The value of a stage's result at a dotted path, None where it is missing."""
    first, *rest = path.split(".")
    value = getattr(result, first)
    for name in rest:
        value = value.get(name) if isinstance(value, dict) else None
    return value


# -- the report ------------------------------------------------------------------------------------------------------


def report(new: Prepared, before: Outcome, after: Outcome, shown: int | None = None) -> str:
    """What freezing would change, as text; lists longer than `shown` are cut, with a line that says so (None: all)."""
    manifests = manifest_of(new.folder), manifest_of(new.staged)
    found = compare(companions(new.folder), companions(new.staged), _aliases(new.staged))
    lines = [f"{_shown(new.folder)}: what it holds → what would replace it", "", "Sources"]
    lines += [f"  {line}" for line in source_lines(*manifests)]
    lines += [f"  {line}" for line in curated_lines(new.before, fingerprint(new.staged))]
    lines += ["", *_systems(found, shown)]
    lines += ["", *_ledger(before, after, shown), "", *_headlines(before, after)]
    return "\n".join(line if shown is None or len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..." for line in lines) + "\n"


def _aliases(folder: Path) -> Iterator[list[str]]:
    """Groups of names of one host, from the table of host ages."""
    from analysis.catalogue.host_ages import read_host_ages

    try:
        for row in read_host_ages(folder):
            yield [row["host_name"], row["origin_name"], *row["aliases"].split(";")]
    except InputError:
        return


def _cut(lines: list[str], shown: int | None) -> list[str]:
    """`lines`, or the first of them and how many more there are."""
    if shown is None or len(lines) <= shown + 1:
        return lines
    return [*lines[:shown], f"    ... and {len(lines) - shown} more"]


def _in_range(row: dict[str, str]) -> bool:
    """True for a host within the default mass range of the sample."""
    limits = SelectionConfig()
    try:
        return limits.host_mass_min <= float(row.get("host_mass_msun", "")) <= limits.host_mass_max
    except ValueError:
        return False


def _systems(found: Differences, shown: int | None) -> list[str]:
    """Companions that are new, gone, renamed and changed."""
    if found.none:
        moved = f"; {found.elsewhere} of them stand in another line or file of the export" if found.elsewhere else ""
        return [f"Companions: no differences ({found.unchanged} rows{moved})"]
    counted = f"{len(found.new)} new, {len(found.gone)} gone, {len(found.changed)} changed, {found.unchanged} unchanged"
    lines = [f"Companions (hosts up to {HOST_MASS_LIMIT:g} Msun; * host in the mass range of the sample): {counted}"]
    for label, rows in (("new", found.new), ("gone", found.gone)):
        ordered = sorted(rows, key=lambda row: (not _in_range(row), row["object_id"]))
        lines += [f"  {label}:"] * bool(rows) + _cut([f"    {'*' if _in_range(row) else ' '} {described(row)}" for row in ordered], shown)
    pairs = [f"    {first} → {second}" for first, second in found.renamed]
    pairs += [f"    {first} → {second}? (equal values; counted as gone and new)" for first, second in found.alike]
    lines += ["  other name:"] * bool(pairs) + _cut(pairs, shown)
    for label, columns in (("columns added", found.columns_new), ("columns dropped", found.columns_gone)):
        lines += [f"  {label}: {', '.join(columns)}"] if columns else []
    kinds = {sort: sum(change.sort == sort for change in found.changes) for sort in SORTS}
    told = ", ".join(f"{count} {sort}{'s' if count != 1 else ''}" for sort, count in kinds.items() if count)
    ordered = sorted(found.changes, key=lambda change: (SORTS.index(change.sort), -abs(change.relative or 0.0), change.object_id))
    lines += [f"  changed cells: {told}; values first, the largest changes before the small ones"] * bool(told)
    return lines + _cut([f"    {_told(change)}" for change in ordered], shown)


def _told(change: Change) -> str:
    """One changed cell in a line."""
    relative = f" ({change.relative:+.2%})" if change.relative is not None and change.sort in ("value", "error") else ""
    return f"{change.object_id}, {change.column}: {change.before or 'empty'} → {change.after or 'empty'}{relative} [{change.sort}]"


def _ledger(before: Outcome, after: Outcome, shown: int | None) -> list[str]:
    """Rows left after each step, per catalogue; on the screen only the steps whose numbers change. Corrections whose status changes."""
    keys = list(dict.fromkeys([*after.ledger, *before.ledger]))
    rows = {
        f"  {step}, {catalogue}: {before.ledger.get((step, catalogue), '-')} → {after.ledger.get((step, catalogue), '-')}":
        before.ledger.get((step, catalogue)) != after.ledger.get((step, catalogue)) for step, catalogue in keys
    }
    changed = [line for line, differs in rows.items() if differs]
    lines = [f"Ledger, rows left after each step: {f'{len(changed)} of {len(rows)} numbers change' if changed else 'the same at every step'}"]
    lines += _cut(changed, shown) if shown is not None else list(rows)
    statuses = {name: (before.corrections.get(name, "none"), status) for name, status in after.corrections.items()}
    differing = [f"  correction of {name}: {' → '.join(pair)}" for name, pair in statuses.items() if len({*pair}) > 1 and before.corrections]
    return lines + _cut(differing, shown)


def _headlines(before: Outcome, after: Outcome) -> list[str]:
    """Headline numbers before and after, with their difference."""
    lines = ["Headline numbers, default parameters"]
    for label, result in (("present", before), ("new", after)):
        lines += [f"  of the {label} table: not computed ({result.reason})"] if result.reason else []
    for name, stage, _, spec in HEADLINES:
        values = [result.values.get(name) for result in (before, after)]
        texts = [formatted(value, spec) if value is not None else "-" for value in values]
        note = "same" if values[0] == values[1] else ""
        if not note and None not in values:
            first, second = values
            ratio = f"× {second / first:.3g}" if first else ""
            note = f"{second - first:+d}" if spec == "count" else f"{second - first:+.3g}" if spec.startswith("fixed") else ratio
        note += ", depends on TOI-6894 b alone, which no catalogue row changes" if stage == ONLY_TARGET else ""
        lines.append(f"  {name:<40}{texts[0]:>12} → {texts[1]:<12} {note.lstrip(', ')}".rstrip())
    return lines


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


# -- the command -----------------------------------------------------------------------------------------------------


def fetched_files(date: str, root: Path = FETCHED) -> dict[str, Path]:
    """{"ps": ..., "bd": ...}, and "gaia" where there is one, fetched on `date` (YYYY-MM-DD), or in the newest complete fetch for "latest"."""
    from analysis.catalogue.fetch import BD_NAME, PS_NAME

    names = {"ps": PS_NAME, "bd": BD_NAME}
    days = sorted(path.name for path in root.iterdir() if re.fullmatch(r"\d{4}-\d{2}-\d{2}", path.name)) if root.is_dir() else []
    whole = [day for day in days if all((root / day / name).is_file() for name in names.values())]
    if date == "latest":
        date = whole[-1] if whole else ""
    if date not in whole:
        there = f"complete fetches there: {', '.join(whole)}" if whole else "there is none; fetch one: just fetch"
        raise InputError(f"--fetched: {_shown(root)} holds no complete fetch{f' of {date}' if date else ''}; {there}.")
    gaia = {"gaia": root / date / GAIA} if (root / date / GAIA).is_file() else {}
    return {key: root / date / name for key, name in names.items()} | gaia


def freezing(
    files: dict[str, Path | None], copies: dict[str, str], dates: dict[str, str], *, yes: bool = False, dry_run: bool = False, folder: Path = FROZEN,
    target: Path = REPORT, config: Config | None = None,
) -> int:
    """Prepare, compare, report on the screen and in `target`, ask, replace. 0 also when nothing is replaced because the answer was no.

    The headline numbers are those of `config` (default: the published parameters), once with data/frozen and once with the exports.
    Raises InputError when nobody can be asked and `yes` is not given; then nothing is replaced.
    """

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    say("Reading the exports ...")
    with prepared(files["ps"], files["bd"], files.get("ages"), files.get("gaia"), folder=folder, copies=copies, dates=dates) as new:
        if new.same:
            print(f"No differences: {_shown(folder)} holds these exports already, byte for byte; nothing to replace.")
            return 0
        say("Headline numbers of the present table ...")
        config = config or Config()
        before = outcome(config, say)
        say("Headline numbers of the new table ...")
        after = outcome(replace(config, catalogue=replace(config.catalogue, ps=str(files["ps"]), bd=str(files["bd"]))), say)
        write_atomic(target, report(new, before, after).encode("utf-8"))
        print(report(new, before, after, SHOWN), end="")
        print(f"The whole report: {_shown(target)}")
        if dry_run:
            print("Nothing was replaced (--dry-run).")
            return 0
        if not yes:
            if not sys.stdin.isatty():
                raise InputError(
                    f"{_shown(folder)} was not replaced: there is no terminal to ask on. Add --yes to replace it, or --dry-run to see the report "
                    "alone."
                )
            if not _confirmed(folder):
                print("Nothing was replaced.")
                return 0
        counts = new.replace()
    print("Frozen: " + ", ".join(f"{name} {rows} rows" for name, rows in counts.items()) + ".")
    print("`just paper` builds on it; `just verify` tells where the printed paper says otherwise.")
    return 0


def _confirmed(folder: Path) -> bool:
    """True when the user types y or yes."""
    try:
        return input(f"Replace {_shown(folder)}? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="just freeze", allow_abbrev=False,
        description="Show what freezing catalogue exports would change, then replace data/frozen; or re-stamp hand edits.",
    )
    parser.exit_on_error = False
    parser.add_argument("--ps", type=Path, help="PSCompPars export")
    parser.add_argument("--bd", type=Path, help="Brown Dwarf Companion Catalogue")
    parser.add_argument("--ages", type=Path, help="exoplanet.eu export for host ages (default: keep the present table)")
    parser.add_argument("--gaia", type=Path, help="cross-match with Gaia DR3 from just fetch (default: keep the present table, if any)")
    parser.add_argument("--fetched", metavar="DATE|latest", help="take the catalogues that `just fetch` put into data/fetched/DATE")
    parser.add_argument("--yes", action="store_true", help="replace without asking")
    parser.add_argument("--dry-run", action="store_true", help="show the report and replace nothing")
    parser.add_argument("--restamp", action="store_true", help="only renew the checksums of files edited by hand")
    for name in ("ps", "bd", "ages", "gaia"):
        parser.add_argument(f"--{name}-copy", default="", help=f"where the --{name} file was copied from")
        parser.add_argument(f"--{name}-date", default="", help=f"when the --{name} file was retrieved (YYYY-MM-DD)")
    return parser


def main(argv: Sequence[str] | None = None, folder: Path = FROZEN, target: Path = REPORT, config: Config | None = None) -> int:
    """Command line; 0 replaced, nothing to replace or declined, 2 after one sentence on standard error, 130 interrupted."""

    def run() -> int:
        try:
            options, unknown = _parser().parse_known_args(argv)
        except argparse.ArgumentError as error:
            raise InputError(f"{error}; see just freeze --help.") from None
        if unknown:
            raise InputError(f"{unknown[0]}: no such option; see just freeze --help.")
        if recover(folder):
            print(f"{_shown(folder)} was put back: an interrupted freeze had moved it aside.", file=sys.stderr)
        if options.restamp:
            print(f"Checksums renewed: {', '.join(restamp(folder)) or 'none had changed'}.")
            return 0
        files = {"ps": options.ps, "bd": options.bd, "ages": options.ages, "gaia": options.gaia}
        if options.fetched:
            if options.ps or options.bd:
                raise InputError("--fetched names both catalogues; give it without --ps and --bd.")
            files |= {key: path for key, path in fetched_files(options.fetched).items() if not files[key]}
        if not (files["ps"] and files["bd"]):
            raise InputError("freeze needs --ps FILE and --bd FILE, or --fetched DATE, or --restamp.")
        if options.yes and options.dry_run:
            raise InputError("--yes replaces and --dry-run does not; give one of them.")
        copies = {"NASA": options.ps_copy, "BD_Catalogue": options.bd_copy, "ages": options.ages_copy, "gaia": options.gaia_copy}
        dates = {"NASA": options.ps_date, "BD_Catalogue": options.bd_date, "ages": options.ages_date, "gaia": options.gaia_date}
        return freezing(files, copies, dates, yes=options.yes, dry_run=options.dry_run, folder=folder, target=target, config=config)

    return guarded(run, "data/frozen was not replaced.")


if __name__ == "__main__":
    sys.exit(main())
