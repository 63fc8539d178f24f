"""The options of the command line and what their values may be (standard library only)."""

import argparse
from collections.abc import Callable

from analysis.inputs import not_empty, shown
from analysis.logs import DEFAULTS
from analysis.runtime import MOST_THREADS

__all__ = ["normalised", "parser", "percentage", "positive", "thread_count"]


def parser() -> argparse.ArgumentParser:
    """All options of `python -m analysis`, under the names of the specification."""
    options = argparse.ArgumentParser(
        prog="python -m analysis", formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
        description="Turn the frozen (or your own) catalogue into tables, figures, headline numbers and SUMMARY.txt.",
        epilog="Dashes and underscores are interchangeable in option names. Any parameter: --set section.name=value.",
    )
    data = options.add_argument_group("data")
    data.add_argument("--fetch", action="store_true", help="download fresh catalogues first and use them")
    data.add_argument("--fetch_only", action="store_true", help="download fresh catalogues and stop")
    data.add_argument("--ps", type=not_empty, metavar="CSV", help="PSCompPars export to use")
    data.add_argument("--bd", type=not_empty, metavar="CSV", help="brown-dwarf catalogue export to use")
    data.add_argument("--labels", type=not_empty, metavar="CSV", help="origin labels: companion_name,label,reference")
    data.add_argument("--outdir", type=not_empty, metavar="DIR", help="where artifacts go (default: results)")
    modes = options.add_argument_group("modes")
    modes.add_argument("--count_candidates", action="store_true", help="count the candidates, then ask what percentage to process")
    modes.add_argument("--percent", type=percentage, metavar="P", help="process this percentage (0-100) of the candidates")
    modes.add_argument("--only", action="append", default=[], metavar="STAGE", help="evaluate only this stage and its artifacts (repeatable)")
    modes.add_argument("--list", action="store_true", help="list the stages and what they need")
    target = options.add_argument_group("TOI-6894 b (published values unless given)")
    target.add_argument("--toi_mstar", type=positive, metavar="MSUN", help="host mass")
    target.add_argument("--toi_mc_mj", type=positive, metavar="MJUP", help="companion mass")
    target.add_argument("--toi_a_au", type=positive, metavar="AU", help="semi-major axis (also --toi_a_AU)")
    target.add_argument("--toi_age_gyr", type=positive, metavar="GYR", help="system age; activates the age comparison")
    run = options.add_argument_group("run")
    run.add_argument("--run", type=not_empty, metavar="TOML", help="parameter file (tables named after the sections of the configuration)")
    run.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="one parameter (repeatable)")
    run.add_argument("--seed", type=int, metavar="N", help="random seed of every stage")
    run.add_argument("--threads", type=thread_count, metavar="N", help="Numba threads (default: NUMBA_NUM_THREADS, else every core that this process may use)")
    run.add_argument("--logdir", type=not_empty, default=DEFAULTS["logdir"], metavar="DIR", help="where logs go (default: logs)")
    run.add_argument("--errordir", type=not_empty, default=DEFAULTS["errordir"], metavar="DIR", help="where error logs go (default: errors)")
    run.add_argument("--log_basename", type=not_empty, default=DEFAULTS["log_basename"], metavar="NAME", help="start of the log's name")
    run.add_argument("--error_basename", type=not_empty, default=DEFAULTS["error_basename"], metavar="NAME", help="start of the error log's name")
    paper = options.add_argument_group("paper builders")
    paper.add_argument("--paper", action="store_true", help="evaluate run.toml and write the variables of the manuscript")
    paper.add_argument("--write_run", action="store_true", help="evaluate with the options of this call and keep them in run.toml for the paper")
    return options


def _number(text: str, kind: Callable[[float], bool], expected: str) -> float:
    try:
        value = float(text if text.isascii() and "_" not in text else "nan")
    except ValueError:
        value = float("nan")
    if not kind(value):
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not {expected}")
    return value


def percentage(text: str) -> float:
    """A percentage from 0 to 100, with or without its sign; raises ArgumentTypeError."""
    return _number(text.strip().removesuffix("%"), lambda value: 0 <= value <= 100, "a percentage from 0 to 100")


def positive(text: str) -> float:
    """A finite number above zero; raises ArgumentTypeError."""
    return _number(text, lambda value: 0 < value < float("inf"), "a number above zero")


def thread_count(text: str) -> int:
    """A whole number from 1 to MOST_THREADS; raises ArgumentTypeError."""
    return int(_number(text, lambda value: 1 <= value <= MOST_THREADS and value == int(value), f"a number of threads from 1 to {MOST_THREADS}"))


def normalised(argv: list[str]) -> list[str]:
    """Option names with underscores and in lower case, values untouched."""
    result = []
    for token in argv:
        if token.startswith("--") and len(token) > 2:
            name, equals, value = token.partition("=")
            token = "--" + name[2:].replace("-", "_").lower() + equals + value
        result.append(token)
    return result
