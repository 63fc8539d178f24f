"""Command line: parse the arguments, call one function per mode.

Only the standard library is imported until there is work to do, so that help, the warm path and the count prompt are instant.
"""

import argparse
import os
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

from analysis.commands import guarded
from analysis.config import Config, parameters, with_overrides
from analysis.errors import InputError
from analysis.inputs import LARGEST_TABLE, LARGEST_TEXT, checked_file, path_shown, read_bounded, sentence, set_options, shown
from analysis.logs import RunLog, mirrored
from analysis.options import normalised, parser, percentage
from analysis.runtime import ROOT, check_threads

__all__ = ["main"]

RUN_FILE = ROOT / "run.toml"
RESULTS = ROOT / "results"
INPUTS = {  # what the larger input files hold, and how large they may be
    "catalogue.ps": ("a PSCompPars export of the NASA Exoplanet Archive", LARGEST_TABLE),
    "catalogue.bd": ("the Brown Dwarf Companion Catalogue", LARGEST_TABLE),
    "origin.labels": ("origin labels (companion_name,label,reference)", LARGEST_TEXT),
}
LARGEST_RUN = 2**16  # bytes of a parameter file
RUN_HEADER = "# Parameters of the next paper; `just paper` without options removes this file."  # `just clean` knows files of ours by it, too
PARTIAL_PAPER = "The paper is built from all candidates; for a share of them use: just analyze --percent P."


def _overrides(options: argparse.Namespace) -> dict[str, dict[str, object]]:
    """What the command line says, as {section: {name: value}}."""
    found: dict[str, dict[str, object]] = {}

    def put(section: str, name: str, value: object) -> None:
        if value is not None:
            found.setdefault(section, {})[name] = value

    for name in ("ps", "bd"):
        path = getattr(options, name)
        put("catalogue", name, os.path.realpath(path) if path else None)  # unlike Path.resolve, it does not fail for a link to itself
    put("origin", "labels", os.path.realpath(options.labels) if options.labels else None)
    put("selection", "percent", options.percent)
    for option, name in (("toi_mstar", "mstar"), ("toi_mc_mj", "mc_mj"), ("toi_a_au", "a_au"), ("toi_age_gyr", "age_gyr")):
        put("target", name, getattr(options, option))
    if options.seed is not None:
        for section, values in asdict(Config()).items():
            if "seed" in values:
                put(section, "seed", options.seed)
    for section, values in set_options(options.set, "kozai.draws=400").items():
        for name, value in values.items():
            put(section, name, value)
    return found


def _read_run(path: Path) -> dict[str, dict[str, object]]:
    """The tables of a parameter file; InputError when it cannot be read or is no TOML."""
    raw = read_bounded(path, "the parameters of a run (TOML)", LARGEST_RUN)
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = "too deep" if isinstance(error, RecursionError) else shown(error, 120)
        raise InputError(f"{path_shown(path)}: not a TOML file ({reason}); mend that line.") from None


def _configure(options: argparse.Namespace) -> Config:
    config = Config()
    run = Path(options.run) if options.run else RUN_FILE if options.paper and not options.write_run and RUN_FILE.is_file() else None
    if run:
        config = with_overrides(config, _read_run(run), shown(run.name, 60))
    config = with_overrides(config, _overrides(options), "command line")
    if not 0 <= config.selection.percent <= 100:
        raise InputError(f"selection.percent is {config.selection.percent:g}; expected a percentage from 0 to 100.")
    return config


def _check_inputs(config: Config) -> None:
    """Raise InputError for an input file that is none, before its digest is taken, which would wait for a pipe."""
    for name, given, unit, meaning, _ in parameters(config):
        if unit == "path" and given:
            checked_file(given, *INPUTS.get(name, (meaning, LARGEST_TEXT)))


def _changed(config: Config) -> dict[str, dict[str, object]]:
    """The parameters that are not at their defaults, as {section: {name: value}}."""
    defaults = asdict(Config())
    found = {section: {name: value for name, value in values.items() if value != defaults[section][name]} for section, values in asdict(config).items()}
    return {section: values for section, values in found.items() if values}


def _outdir(options: argparse.Namespace, percent: float) -> Path:
    """The artifact directory; a partial run never writes where the paper's own results live."""
    chosen = Path(os.path.realpath(options.outdir)) if options.outdir else RESULTS
    if percent < 100 and _same_place(chosen, RESULTS):
        return RESULTS / f"partial-{percent:g}"
    return chosen


def _same_place(first: Path, second: Path) -> bool:
    """True when both name one file or folder: through links, and on a file system that takes Results and results for the same."""
    try:
        return os.path.samefile(first, second)
    except OSError:  # one of them is not there yet
        return os.path.realpath(first) == os.path.realpath(second)


def _prepare_paper(options: argparse.Namespace) -> int:
    """Evaluate the paper's run, then keep its options in run.toml (or remove it when there are none).

    A run.toml written by hand stays where it is the whole run (--run run.toml) and is moved aside otherwise.
    Input that cannot be used raises InputError before run.toml or a result changes.
    """
    import json

    from analysis.cache import write_atomic

    for name in ("outdir", "only", "count_candidates", "fetch_only"):
        if getattr(options, name):
            raise InputError(f"--{name} does not go with the paper, which is built from results/; use it with: just analyze.")
    by_hand = _written_by_hand()
    stays = by_hand and bool(options.run) and _same_place(Path(options.run), RUN_FILE) and not options.fetch and not _overrides(options)
    if by_hand and not stays:
        _require_room_aside()
    if options.fetch:
        _fetch(options)
    overrides = _overrides(options)
    if options.run:
        for section, values in _read_run(Path(options.run)).items():
            overrides[section] = {**values, **overrides.get(section, {})} if isinstance(values, dict) else values  # type: ignore[assignment]
    config = with_overrides(Config(), overrides, shown(Path(options.run).name, 60) if options.run else "command line")
    if config.selection.percent < 100:
        raise InputError(PARTIAL_PAPER)
    status = _analyse(options, config)
    if status or stays:
        return status
    if by_hand:
        _require_room_aside()
        RUN_FILE.rename(_aside())
        print(f"{RUN_FILE.name}, written by hand, is now {_aside().name}; to build the paper from it: just paper --run {_aside().name}")
    if not overrides:
        RUN_FILE.unlink(missing_ok=True)
        return 0
    lines = [f"{RUN_HEADER}\n"]
    for section, values in overrides.items():
        lines.append(f"[{section}]\n" + "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items()))
    write_atomic(RUN_FILE, "\n".join(lines).encode())
    return 0


def _written_by_hand() -> bool:
    """True when there is a run.toml that does not start as ours do."""
    if not RUN_FILE.exists():
        return False
    first, *_ = read_bounded(RUN_FILE, "the parameters of a run (TOML)", LARGEST_RUN).splitlines() or [b""]
    return first.strip() != RUN_HEADER.encode()


def _aside() -> Path:
    return RUN_FILE.with_name(f"{RUN_FILE.name}.old")


def _require_room_aside() -> None:
    """Raise InputError where a run.toml written by hand cannot be moved aside without losing another file."""
    if os.path.lexists(_aside()):
        raise InputError(
            f"{RUN_FILE.name} was written by hand and cannot be moved aside, since {_aside().name} is there; rename one of them"
            f" (to build the paper from the first: just paper --run {RUN_FILE.name})."
        )


def _fetch(options: argparse.Namespace) -> None:
    from analysis.catalogue.fetch import fetch

    ps, bd = fetch(ROOT / "data" / "fetched")
    print(f"Fetched {ps} and {bd}.")
    options.ps, options.bd = options.ps or str(ps), options.bd or str(bd)


def _ask_percent() -> float | None:
    """The percentage typed at the prompt; None to leave. Three unusable answers raise InputError."""
    for _ in range(3):
        try:
            answer = input("Percentage of candidates to process (0-100), or exit: ").strip()
        except EOFError:
            print()
            return None
        if answer.lower() in ("exit", "quit"):
            return None
        try:
            return percentage(answer)
        except argparse.ArgumentTypeError:
            print(f"{answer!r} is not a percentage: type a number from 0 to 100, for instance 50, or exit.")
    raise InputError("No usable percentage after three answers; nothing was processed.")


def _count(options: argparse.Namespace, config: Config) -> int:
    """Count mode: show the candidates, ask for a percentage, process it."""
    from analysis.study import Study

    _check_inputs(config)
    counts = Study(with_overrides(config, {"selection": {"percent": 100.0}}, "count")).peek("sample")["counts"]
    print("Candidates that meet the requirements:")
    for name, label in (("NASA", "NASA Exoplanet Archive"), ("BD_Catalogue", "Brown Dwarf Companion Catalogue"), ("total", "total")):
        print(f"  {label:<33}{counts[name]['candidates']:>5}  (of {counts[name]['in_mass_range']} rows in the host-mass range)")
    raw = counts["uncorrected"]
    parts = ", ".join(f"{raw[name]['candidates']} of {raw[name]['in_mass_range']}" for name in ("NASA", "BD_Catalogue", "total"))
    print(f"  Without the corrections of data/frozen/corrections.csv: {parts}; NASA rows with a catalogued axis: {raw['NASA']['candidates_without_derived_axes']}.")
    try:
        percent = options.percent if options.percent is not None else _ask_percent()
    except KeyboardInterrupt:
        print("\nNothing was processed.")
        return 130  # just adds a complaint of its own to an interrupted recipe that ends with 0
    if percent is None:
        print("Nothing was processed.")
        return 0
    if percent == 0:
        print("0 % chosen: nothing was processed.")
        return 0
    return _analyse(options, with_overrides(config, {"selection": {"percent": percent}}, "count"))


def _analyse(options: argparse.Namespace, config: Config) -> int:
    """Evaluate the stages and bring the artifacts up to date."""
    from analysis.stages import STAGES
    from analysis.study import Study

    for name in options.only:
        if name not in STAGES:
            raise InputError(f"--only {name}: no such stage; use one of {', '.join(STAGES)}.")
    percent = config.selection.percent
    if percent == 0:
        print("0 % chosen: nothing was processed.")
        return 0
    _check_inputs(config)
    outdir = _outdir(options, percent)
    if percent < 100:
        print(f"PARTIAL RUN: {percent:g} % of the candidates, in {_shown(outdir)}; the paper's own files are not touched.")
    study = Study(config, outdir, say=print)
    written = study.write(tuple(options.only))
    if options.only:
        print(f"{', '.join(options.only)}: up to date in {_shown(outdir)}.")
        return 0
    if options.paper:
        _publish_variables(outdir)
    if written:
        if not options.paper:
            print((outdir / "SUMMARY.txt").read_text(encoding="utf-8"))
        print(f"Artifacts written to {_shown(outdir)}: {', '.join(written)}.")
    else:
        print(f"Everything in {_shown(outdir)} is up to date; read {_shown(outdir / 'SUMMARY.txt')}.")
    return 0


def _publish_variables(outdir: Path) -> None:
    """Put the manuscript's variables where both builders read them, touching the file only when it changes."""
    from analysis.cache import write_atomic

    content = (outdir / "_variables.yml").read_bytes()
    target = ROOT / "_variables.yml"
    if not target.is_file() or target.read_bytes() != content:
        write_atomic(target, content)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _run(options: argparse.Namespace) -> int:
    if options.write_run:
        return _prepare_paper(options)
    if options.fetch or options.fetch_only:
        _fetch(options)
        if options.fetch_only:
            return 0
    config = _configure(options)
    if options.paper and config.selection.percent < 100:
        raise InputError(PARTIAL_PAPER)
    return _count(options, config) if options.count_candidates else _analyse(options, config)


def main(argv: list[str] | None = None) -> int:
    """Run one command line; returns the exit status (0 done, 2 something the user can mend, 130 interrupted)."""
    known = parser()
    known.exit_on_error = False
    try:
        options, unknown = known.parse_known_args(normalised(sys.argv[1:] if argv is None else argv))
        if unknown:
            raise InputError(f"{unknown[0]}: no such option; see python -m analysis --help.")
        check_threads(options.threads)
        if options.list:
            from analysis.stages import STAGES

            print("\n".join(f"{stage.name:<14} needs {', '.join(stage.needs) or 'frozen data'}" for stage in STAGES.values()))
            return 0
        options.paper = options.paper or options.write_run
        config = _configure(options)  # bad options are refused before a log is opened
    except (argparse.ArgumentError, InputError) as error:
        print(f"Error: {sentence(error)}", file=sys.stderr)
        return 2
    try:
        with mirrored(options.logdir, options.errordir, options.log_basename, options.error_basename, argv, _changed(config)) as log:
            log.status = _guarded(options, log)
            return log.status
    except InputError as error:
        print(f"Error: {sentence(error)}", file=sys.stderr)
        return 2


def _guarded(options: argparse.Namespace, log: RunLog) -> int:
    """Run with every failure turned into one sentence on the terminal; the traceback of a bug goes to the log alone."""

    def run() -> int:
        try:
            return _run(options)
        except (InputError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 (the last resort: a bug is told in one sentence, its traceback goes to the log)
            log.traceback()
            print(f"Error: an unexpected {type(error).__name__} ({error}); this is a bug, please report it with {log.path}.", file=sys.stderr)
            return 1

    return guarded(run, "what was finished is kept, and the next run goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
