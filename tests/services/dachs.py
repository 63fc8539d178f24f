"""A table service of one's own: PostgreSQL and DaCHS in a temporary folder, on loopback, under an unprivileged account; nothing of it stays.

DaCHS (Demleitner et al. 2014, arXiv:1408.5733) is the reference implementation of the Table Access Protocol in Debian.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.archive import resource_descriptor

__all__ = ["PACKAGES", "Server", "missing", "serving"]

PACKAGES = "python3-gavo postgresql postgresql-15-q3c postgresql-15-pgsphere"
POSTGRES = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
SYNC_SECONDS = 3  # after which DaCHS ends a synchronous query
START_SECONDS = 60


def _programs() -> Path | None:
    """The folder of the newest PostgreSQL that has the extensions DaCHS needs."""
    found = [
        path.parent for path in POSTGRES.glob("*/bin/initdb")
        if all((EXTENSIONS / path.parent.parent.name / "extension" / f"{name}.control").is_file() for name in ("q3c", "pg_sphere"))
    ]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def missing() -> str:
    """What is missing here, as one sentence that says what to install, or an empty string."""
    parts = {"DaCHS": shutil.which("dachs", path="/usr/bin:/bin"), "PostgreSQL with q3c and pgsphere": _programs()}
    lacking = [name for name, there in parts.items() if not there]
    return f"{' and '.join(lacking)} not found; install them on Debian 12 with: apt-get install --no-install-recommends {PACKAGES}" if lacking else ""


@dataclass
class Server:
    """The running service: `tap` is its address; processes are its own, in a session of their own."""

    folder: Path
    account: str
    tap: str = ""
    database: subprocess.Popen | None = None
    service: subprocess.Popen | None = None
    start_service: Callable[[], None] = field(default=lambda: None)

    def limit(self, rows: int | None) -> None:
        """Start the service again with a row limit of its own (None: DaCHS's)."""
        _stop(self.service)
        settings = self.folder / "gavo.rc"
        lines = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith("defaultMAXREC")]
        settings.write_text("\n".join([*lines, *([f"defaultMAXREC: {rows}"] if rows else [])]) + "\n", encoding="utf-8")
        self.start_service()

    def sql(self, statement: str) -> str:
        """A statement in the database behind the service, as its superuser."""
        return self.run("/usr/bin/psql", "-h", self.folder, "-d", "gavo", "-v", "ON_ERROR_STOP=1", "-c", statement).stdout

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess:
        """A program under the server's account; RuntimeError with its last words when it fails."""
        done = subprocess.run(
            [str(part) for part in command], cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False, timeout=120,
            **self.identity())
        if check and done.returncode:
            told = (done.stderr or done.stdout).strip().splitlines()
            what = " ".join([Path(command[0]).name, *map(str, command[1:3])])
            raise RuntimeError(f"{what} ended with status {done.returncode}: {' | '.join(told[-3:])}")
        return done

    def start(self, *command: str | Path, log: str) -> subprocess.Popen:
        """A program that stays, under the server's account, with its words in a file; it ends with this process, even when that is killed."""
        with open(self.folder / log, "ab") as stream:
            return subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "KILL", *(str(part) for part in command)], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                start_new_session=True, **self.identity())

    def identity(self) -> dict:
        """Arguments of subprocess that drop root's rights."""
        if os.geteuid():
            return {}
        entry = pwd.getpwnam(self.account)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's: DaCHS runs on Debian's Python, not on the project's."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "GAVOSETTINGS": str(self.folder / "gavo.rc"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def ask(self, query: str, timeout: float = 20.0, **parameters: str) -> tuple[int, str, str]:
        """(status, content type, body) of a query as a standard client sends it."""
        form = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": query} | parameters
        try:
            with urllib.request.urlopen(f"{self.tap}/sync?{urllib.parse.urlencode(form)}", timeout=timeout) as answer:
                return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Content-Type", ""), error.read().decode("utf-8", "replace")


@contextmanager
def serving(table: Path, say: Callable[[str], None] = print) -> Iterator[Server]:
    """A service with the CSV file `table` as its public table pscomppars; stopped and removed afterwards.

    Raises RuntimeError with the step that failed and its last words.
    """
    programs = _programs()
    assert programs is not None, missing()
    account = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "postgres"
    folder = Path(tempfile.mkdtemp(prefix="vlms-tap-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    server = Server(folder, account)
    try:
        folder.chmod(0o755)
        if not os.geteuid():
            shutil.chown(folder, account, pwd.getpwnam(account).pw_gid)
        say(f"PostgreSQL {programs.parent.name} and DaCHS in {folder}, as {account} ...")
        _database(server, programs)
        _service(server, table)
        yield server
    finally:
        for process in (server.service, server.database):
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _database(server: Server, programs: Path) -> None:
    """An own cluster, reached by a socket in the folder alone."""
    folder = server.folder
    server.run(programs / "initdb", "-D", folder / "pg", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", server.account)
    server.database = server.start(
        programs / "postgres", "-D", folder / "pg", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20",
        log="postgres.log")
    _wait(lambda: server.run(programs / "pg_isready", "-h", folder, check=False).returncode == 0, server.database, folder / "postgres.log")
    server.run(programs / "createdb", "-h", folder, "--encoding=UTF-8", "--template", "template0", "gavo")


def _service(server: Server, table: Path) -> None:
    """DaCHS, initialised, with the table imported, answering."""
    folder, port = server.folder, _free_port()
    group = server.run("/usr/bin/id", "-gn").stdout.strip()
    (folder / "gavo.rc").write_text(
        f"[general]\nrootDir: {folder}/gavo\ntempDir: {folder}/gavo/tmp\ncacheDir: {folder}/gavo/cache\ngavoGroup: {group}\ngroup: {group}\n"
        f"[web]\nuser: {server.account}\nbindAddress: 127.0.0.1\nserverPort: {port}\nserverURL: http://127.0.0.1:{port}\n"
        f"[async]\ndefaultExecTimeSync: {SYNC_SECONDS}\n", encoding="utf-8")
    server.run("/usr/bin/dachs", "init", "--dsn", f"host={folder} dbname=gavo")
    home = folder / "gavo" / "inputs" / "archive"
    home.mkdir()
    shutil.copyfile(table, home / "table.csv")
    name = resource_descriptor(home / "q.rd", "table.csv")
    server.run("/usr/bin/dachs", "import", f"archive/{name}")
    server.tap = f"http://127.0.0.1:{port}/tap"

    def start() -> None:
        server.service = server.start("/usr/bin/dachs", "serve", "debug", log="dachs.log")
        _wait(lambda: _answers(port), server.service, folder / "dachs.log")

    server.start_service = start
    start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    """Until `ready`; RuntimeError with the last words of a process that ends or takes too long."""
    limit = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > limit:
            told = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise RuntimeError(f"{Path(process.args[3]).name} did not start: {' | '.join(told[-3:])}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen | None) -> None:
    """End a process that was started here, and what it started, politely first (SIGINT is PostgreSQL's fast shutdown)."""
    if process is None:
        return
    for number, seconds in ((signal.SIGCONT, 0.0), (signal.SIGINT, 10.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds) if seconds else None
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.poll()
