"""What the fetch of the archive's table does with a genuine table service, its answers and its failures: `python -m tests.services.trials`.

Each trial says what was tried, what the service answered to a plain client, what the fetch said, and whether that was right.
"""

import os
import signal
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import analysis  # noqa: F401  (sets one BLAS thread before NumPy is imported)
from analysis.catalogue import services
from analysis.catalogue.answers import complaint
from analysis.catalogue.differences import companions, compare
from analysis.catalogue.frozen import table_text
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.catalogue.request import Policy
from analysis.catalogue.transport import download
from analysis.commands import guarded
from analysis.errors import InputError
from tests.services.archive import write_export
from tests.services.dachs import Server, missing, serving

__all__ = ["Trial", "asked_columns", "main", "trials"]

WORD = "A good table that was there before\n"
POLICY = Policy(connect_timeout_s=2.0, read_timeout_s=8.0, total_timeout_s=30.0, retries=1, connect_retries=1, read_retries=0, backoff_s=0.1)
SLOW = "select count(*) as n from pscomppars as a, pscomppars as b, pscomppars as c, pscomppars as d where a.ra+b.ra+c.ra+d.ra < 0"  # 198 ** 4 rows
LONG_COLUMNS = 30  # of each of two copies of the table: 198 ** 2 rows, 14 MB


@dataclass(frozen=True)
class Trial:
    """One line of the table; `answered` is what the service itself said, `said` the sentence of the fetch."""

    tried: str
    answered: str
    said: str
    right: bool


def asked_columns() -> list[str]:
    """The columns that the fetch asks for."""
    return services.adql().split("select ", 1)[1].split(" from ", 1)[0].split(",")


class Bench:
    """A server, a folder with a good table that must survive, and the trials made."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder, self.made = server, folder, []

    def fetched(self, query: str | None = None) -> str:
        """Fetch the archive's table, with another query where one is given; the sentence when it fails, else an empty string."""
        caller = services.Caller(POLICY, lambda line: None)
        changed = mock.patch.object(services, "adql", lambda: query) if query else mock.patch.object(services, "IDENTITY", services.IDENTITY)
        with changed:
            try:
                services.pscomppars(self.folder, caller, self.server.tap)
            except InputError as error:
                return str(error)
        return ""

    def refused(self, tried: str, words: tuple[str, ...], query: str | None = None, answered: str | None = None) -> None:
        """A fetch that must fail in one sentence with one of `words` and leave the good table alone."""
        before = services.PS_NAME, WORD
        (self.folder / before[0]).write_text(WORD, encoding="utf-8")
        shown = self.plain(query or services.adql()) if answered is None else answered
        said = self.fetched(query)
        kept = (self.folder / services.PS_NAME).read_text(encoding="utf-8") == WORD
        one = bool(said) and "\n" not in said and "Traceback" not in said and any(word in said for word in words)
        self.made.append(Trial(tried, shown, said or "took the answer for a whole table", one and kept))

    def plain(self, query: str, **parameters: str) -> str:
        """What a plain client gets: status, type and the message or the size."""
        try:
            status, kind, body = self.server.ask(query, **parameters)
        except OSError as error:
            return f"nothing ({type(error).__name__})"
        said = complaint(body.encode())
        return f"{status}, {kind}: {said or f'{len(body.splitlines())} lines'}"


def trials(server: Server, folder: Path) -> list[Trial]:
    """All trials, in an order in which the service is damaged last."""
    bench = Bench(server, folder)
    _whole(bench)
    bench.refused("an unknown column", ("pl_nosuch",), "select pl_name,pl_nosuch from pscomppars")
    bench.refused("a syntax error", ("parse",), "selct pl_name from pscomppars")
    bench.refused("a table that is not there", ("nosuch",), "select pl_name from nosuch")
    bench.refused("a division by zero while the query runs", ("zero",), "select pl_name from pscomppars where 1/(st_mass-st_mass) > 0")
    bench.refused("no row fits", ("row",), services.adql().replace("st_mass <=", "st_mass < 0 and st_mass <="))
    bench.refused("a query beyond the time limit of the service", ("time", "answer"), SLOW)
    _frozen_database(bench)
    _cut_by_limit(bench)
    _killed_while_sending(bench)
    _damaged(bench)
    return bench.made


def _whole(bench: Bench) -> None:
    """The happy path: rows, cells and units come back as they are in the frozen table."""
    said = bench.fetched()
    path = bench.folder / services.PS_NAME
    shown = bench.plain(services.adql())
    if said:
        bench.made.append(Trial("the whole table", shown, said, False))
        return
    found, _ = read_pscomppars(path)
    (bench.folder / "companions.csv").write_text(table_text(found), encoding="utf-8")
    frozen = [row for row in companions(FROZEN) if row["data_source"] == "NASA"]
    differences = compare(frozen, companions(bench.folder))
    cells = [change for change in differences.changes if change.sort != "note"]
    right = not (differences.new or differences.gone or cells) and len(found) == len(frozen)
    told = f"{len(found)} rows, {len(cells)} cells differ from the frozen ones{f', first {cells[0]}' if cells else ''}"
    bench.made.append(Trial("the whole table", shown, told, right))


def _frozen_database(bench: Bench) -> None:
    """The database stops answering (as an overloaded one does) and comes back."""
    group = bench.server.database.pid
    os.killpg(group, signal.SIGSTOP)
    children = _children(group)
    for child in children:
        os.kill(child, signal.SIGSTOP)
    try:
        bench.refused("a database that does not answer", ("did not answer", "time"), answered="nothing within 8 s")
    finally:
        for process in (*children, group):
            os.kill(process, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    """Processes started by `parent` (Linux)."""
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()]


def _cut_by_limit(bench: Bench) -> None:
    """The service's own row limit lies below the number of rows asked for; plain text gives no sign of it, a VOTable says OVERFLOW at its end."""
    bench.server.limit(50)
    status, _, body = bench.server.ask(services.adql(), FORMAT="votable")
    sign = 'value="OVERFLOW"' in body
    answered = f"{bench.plain(services.adql())}; as VOTable {status}, {'OVERFLOW' if sign else 'no OVERFLOW'}"
    bench.refused("a table cut at the row limit of the service", ("OVERFLOW", "limit", "cut", "rows"), answered=answered)
    bench.server.limit(None)


def _killed_while_sending(bench: Bench) -> None:
    """The service is killed after the first bytes of a long answer."""
    target = bench.folder / "long.csv"
    target.write_text(WORD, encoding="utf-8")
    names = asked_columns()[:LONG_COLUMNS]
    query = f"select {','.join(f'{side}.{name} as {side}_{name}' for side in 'ab' for name in names)} from pscomppars as a, pscomppars as b"
    bench.server.limit(10_000_000)
    service = bench.server.service

    def kill() -> None:
        part = bench.folder / "long.csv.part"
        limit = time.monotonic() + 25
        while time.monotonic() < limit and not (part.is_file() and part.stat().st_size > 50_000):
            time.sleep(0.005)
        os.killpg(service.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    said = ""
    try:
        download(
            f"{bench.server.tap}/sync", target, service="The table service", policy=replace(POLICY, read_timeout_s=25.0, retries=0, connect_retries=0),
            say=lambda line: None, params={"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": query}, post=True)
    except InputError as error:
        said = str(error)
    killer.join()
    service.wait(10)
    kept = target.read_text(encoding="utf-8") == WORD
    right = kept and "\n" not in said and any(word in said for word in ("broke off", "closed"))
    bench.made.append(Trial("the service killed while it sends", "part of the table", said or "took the answer for a whole table", right))
    bench.refused("no service at the address", ("cannot be reached",), answered="nothing")
    bench.server.limit(None)


def _damaged(bench: Bench) -> None:
    """The table dropped behind the service's back, then the database killed."""
    bench.server.sql("drop table public.pscomppars")
    bench.refused("the table dropped in the database", ("pscomppars",))
    os.killpg(bench.server.database.pid, signal.SIGKILL)
    for child in _children(bench.server.database.pid) if Path(f"/proc/{bench.server.database.pid}/task").exists() else []:
        os.kill(child, signal.SIGKILL)
    bench.server.database.wait(10)
    bench.refused("the database killed", ("refused", "connection", "closed", "status", "answer"))


def main(say: Callable[[str], None] = print) -> int:
    """Run the trials and print their table; 0 when every one is right, 1 otherwise, 2 when packages are missing or the service does not start."""

    def run() -> int:
        lacking = missing()
        if lacking:
            raise InputError(f"{lacking}.")
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="vlms-trials-") as name:
            folder = Path(name)
            table = write_export(folder / "table.csv", more=tuple(asked_columns()))
            target = folder / "fetched"
            target.mkdir()
            try:
                with serving(table, say) as server:
                    made = trials(server, target)
            except RuntimeError as error:
                raise InputError(f"The table service does not run here: {error}.") from None
        say(shown(made))
        say(f"{sum(trial.right for trial in made)} of {len(made)} right, {time.monotonic() - start:.0f} s; the service is stopped and removed.")
        return 0 if all(trial.right for trial in made) else 1

    return guarded(run, "the service is stopped and removed.")


def shown(made: list[Trial]) -> str:
    """The trials as a table of text."""
    lines = []
    for trial in made:
        lines += [f"{'right' if trial.right else 'WRONG'}  {trial.tried}"]
        lines += textwrap.wrap(f"service: {trial.answered}", 140, initial_indent=" " * 7, subsequent_indent=" " * 9)
        lines += textwrap.wrap(f"fetch:   {trial.said}", 140, initial_indent=" " * 7, subsequent_indent=" " * 9)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
