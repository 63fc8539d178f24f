"""The long form: real builds killed at random moments, real mounts, and every scenario of the tiny study at every file event.

`just torture` prints what was tried, what happened, and whether the next build was right; the exit status is 1 when one was not.
Parts that need root (mounts, network namespaces) or strace are left out, with the reason, where these are missing.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from build.conftest import write_project
from small import ARGUMENTS

from interruptions.forked import Forked
from interruptions.sandbox import artifacts, half_written, wrong
from interruptions.scenarios import SCENARIOS, Row, Scene

LIGHT = [f"--only={name}" for name in ("sample", "tides", "disk", "ages", "target")]
OTHER = ["--set=disk.draws=150", "--set=ages.permutations=49"]
FULL_SHARE = 6  # every sixth moment strikes a build of everything


class Builds:
    """The small configuration in forked processes, its undisturbed results, and copies of its cache."""

    def __init__(self, folder: Path):
        self.folder, self.builder, self._number = folder, Forked("real"), 0
        self.base = folder / "base"
        self.base.mkdir()
        self.arguments = {"light": [*ARGUMENTS, *LIGHT], "full": ARGUMENTS}
        self.references: dict[tuple[str, bool], dict[str, str]] = {}
        self.seconds: dict[tuple[str, str], float] = {}

    def prepare(self, kind: str) -> None:
        """Once for each kind: build it undisturbed, cold, again with its stages cached, and with other parameters."""
        if (kind, True) in self.references:
            return
        for name, other in (("cold", False), ("cached", False), ("other", True)):
            start = time.monotonic()
            self.build(self.base, kind, *(OTHER if other else ()), outdir=f"{kind}-{name}", cache=f"cache-{kind}")
            self.seconds[kind, name] = time.monotonic() - start
        first, again = (artifacts(self.base / f"{kind}-{name}") for name in ("cold", "cached"))
        assert first == again, "two undisturbed builds differ"
        self.references[kind, False], self.references[kind, True] = first, artifacts(self.base / f"{kind}-other")

    def build(self, folder: Path, kind: str, *arguments: str, check: bool = True, **options):
        """One build in `folder`; an undisturbed one must succeed."""
        done = self.builder.build(folder, *self.arguments[kind], *arguments, **options)
        assert done.status == 0 or not check, done.err
        return done

    def new(self, kind: str, state: str) -> Path:
        """A folder for one try: cold, with its stages cached, or with the finished build of other parameters."""
        self._number += 1
        folder = self.folder / f"try {self._number}"
        folder.mkdir()
        if state == "cold":
            (folder / "cache").mkdir()
            shutil.copytree(self.base / f"cache-{kind}" / "matplotlib", folder / "cache" / "matplotlib") if (self.base / f"cache-{kind}" / "matplotlib").is_dir() else None
        else:
            shutil.copytree(self.base / f"cache-{kind}", folder / "cache")
        if state == "other":
            shutil.copytree(self.base / f"{kind}-other", folder / "out")
        return folder


def _landed(done) -> str:
    """The part of a build in which it ended, from the last line it printed and the last file it touched."""
    lines = [line for line in done.out.splitlines() if line.strip()]
    last, event = (lines or [""])[-1], (done.trace or [""])[-1]
    if "/stages/" in event and last.endswith("..."):
        return "storing a result"
    if last.endswith("..."):
        return "evaluating a stage"
    if last.startswith("["):
        number, total = last[1:].split("]")[0].split("/")
        return "finishing" if number == total and "/.writing" not in event else "writing artifacts"
    return "between stages" if last.endswith(" s") else "starting"


def random_kills(builds: Builds, moments: int, seed: int, minutes: float) -> Iterator[Row]:
    """SIGKILL at moments drawn evenly over the time of a build; a third of the debris is struck a second time before the next build."""
    chance = random.Random(seed)
    for kind in ("light", "full"):
        builds.prepare(kind)
        deadline = time.monotonic() + 60 * minutes / 2
        row = Row(f"kill -9 at random moments ({kind})")
        wanted = moments // FULL_SHARE if kind == "full" else moments - moments // FULL_SHARE
        while row.tried < wanted and time.monotonic() < deadline:
            state = chance.choice(("cold", "cached", "other"))
            folder, problems, where = builds.new(kind, state), [], []
            for _ in range(chance.choice((1, 1, 2))):
                at = chance.uniform(0, 1000 * builds.seconds[kind, "cold" if state == "cold" else "cached"])
                done = builds.build(folder, kind, check=False, fault="timer", at=int(at))
                if done.status == 0:
                    break
                where.append(_landed(done))
                problems += half_written(folder / "out", builds.references[kind, False], builds.references[kind, True])
            done = builds.build(folder, kind, check=False)
            problems += [f"status {done.status}: {done.err.strip()[-200:]}"] if done.status else wrong(folder / "out", builds.references[kind, False], folder / "cache" / "stages")
            for number, place in enumerate(where):
                row.note(place, problems if number == 0 else [])
            shutil.rmtree(folder)
        yield row


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def mounts(builds: Builds) -> Iterator[Row]:
    """A file system of a few hundred kilobytes for results and cache, and one that is read-only; then room, or permission, again."""
    builds.prepare("light")
    row = Row("real full disk (tmpfs)")
    for size in (64, 300, 700, 1200):
        with _mounted(builds.folder / "mount", f"size={size}k") as mount:
            done = builds.build(mount, "light", check=False)
            lines = [line for line in done.err.strip().splitlines() if not line.startswith("Note: ")]
            good = done.status == 2 and len(lines) == 1 and "No space left" in lines[0]
            problems = [] if good else [f"{size} kB: status {done.status}: {done.err.strip()[-300:]}"]
            problems += half_written(mount / "out", builds.references["light", False])
            subprocess.run(["mount", "-o", "remount,size=100m", str(mount)], check=True)
            builds.build(mount, "light", check=False)
            row.note("one sentence", problems + wrong(mount / "out", builds.references["light", False], mount / "cache" / "stages"))
    yield row
    row = Row("real read-only folder (tmpfs)")
    with _mounted(builds.folder / "mount", "size=100m") as mount:
        shutil.copytree(builds.base / "light-other", mount / "out")
        subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
        done = builds.build(mount, "light", check=False)
        problems = [] if done.status == 2 and done.err.count("\n") == 1 and "cannot write there" in done.err else [f"status {done.status}: {done.err.strip()[-300:]}"]
        problems += half_written(mount / "out", builds.references["light", True])
        subprocess.run(["mount", "-o", "remount,rw", str(mount)], check=True)
        builds.build(mount, "light", check=False)
        row.note("one sentence", problems + wrong(mount / "out", builds.references["light", False], mount / "cache" / "stages"))
    yield row


def kernels(builds: Builds) -> Iterator[Row]:
    """Compiled kernels that are cut short, empty, exchanged or not writable."""
    builds.prepare("light")
    row = Row("Numba cache damaged")
    sound, reference = builds.folder / "kernels", {}
    for what in ("sound", "truncated", "empty", "garbage", "flipped bit", "deleted", "unwritable"):
        folder = builds.new("light", "cold")
        cache = folder / "cache" / "numba" / "kernels"
        shutil.copytree(sound, cache) if sound.is_dir() else cache.mkdir(parents=True)
        for path in cache.rglob("*.nb[ic]"):
            content = path.read_bytes()
            if what == "deleted":
                path.unlink()
            elif what not in ("sound", "unwritable"):
                middle = len(content) // 2
                flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
                path.write_bytes({"truncated": content[:middle], "empty": b"", "garbage": b"\x00" * len(content), "flipped bit": flipped}[what])
        if what == "unwritable":
            shutil.rmtree(cache)
            cache.write_text("a file")
        command = [sys.executable, "-m", "analysis", "--outdir", str(folder / "out"), "--logdir", str(folder / "logs"), "--errordir", str(folder / "logs"), *ARGUMENTS, "--only=kozai"]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "VLMS_CACHE_DIR": str(folder / "cache")}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if what == "sound":
            reference = artifacts(folder / "out")
            cache.rename(sound)
        else:
            good = done.returncode == 0 or (done.returncode == 2 and done.stderr.count("\n") == 1)
            problems = ([] if good else [f"{what}: {done.stderr.strip()[-300:]}"]) + (wrong(folder / "out", reference) if done.returncode == 0 else [])
            row.note(f"{what}: {'went on' if done.returncode == 0 else f'status {done.returncode}'}", problems)
        shutil.rmtree(folder)
    yield row


OUTSIDE = re.compile(r'^\d+ +(?:openat\(AT_FDCWD, "(/[^"]+)", O_(?:WRONLY|RDWR)|(?:mkdir|rename|unlink|rmdir|link|symlink)\("(/[^"]+)").* = (?!-1)', re.MULTILINE)
TEMPORARY = ("/dev/", "/proc/", "/tmp/")
REACHED = re.compile(r"connect\(\d+, \{sa_family=AF_INET6?, .*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)")


def offline(builds: Builds) -> Iterator[Row]:
    """A build and a paper in a network of their own without any device (Quarto: the loopback device), followed by strace where it is there."""
    row = Row("no network, nothing written outside")
    quarto = shutil.which("quarto")
    for what in ("build", "fallback builder", *(("Quarto",) if quarto else ())):
        folder = builds.new("light", "cold")
        home, log = folder / "home", folder / "strace"
        home.mkdir()
        command = [sys.executable, "-m", "analysis", "--outdir", str(folder / "out"), "--logdir", str(folder / "logs"), "--errordir", str(folder / "logs"), *ARGUMENTS, *LIGHT]
        if what != "build":
            write_project(folder / "paper")
            command = [sys.executable, "-c", "import analysis, pathlib, sys; from manuscript.build.paper import build; build(pathlib.Path(sys.argv[1]))", str(folder / "paper")]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")} | {"HOME": str(home), "VLMS_CACHE_DIR": str(folder / "cache")}
        if what == "Quarto":
            shutil.rmtree(folder / "paper" / "_output", ignore_errors=True)
            homes = {f"XDG_{kind}_HOME": str(folder / "cache" / "quarto" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
            environment |= homes | {"QUARTO_PYTHON": sys.executable}
            command = ["sh", "-c", f"ip link set lo up; cd '{folder}/paper' && '{quarto}' render --log-level warning"]
        if shutil.which("strace"):
            command = ["strace", "-f", "-qq", "-e", "trace=openat,mkdir,rename,unlink,rmdir,link,symlink,connect", "-o", str(log), *command]
        done = subprocess.run(["unshare", "-n", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        trace = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        places = {first or second for first, second in OUTSIDE.findall(trace)}
        strange = sorted(place for place in places if not place.startswith((str(ROOT), str(builds.folder), *TEMPORARY)))
        reached = sorted({address for address in REACHED.findall(trace) if not address.startswith(("127.", "::1"))})
        problems = [f"{what}: status {done.returncode}: {done.stderr.strip()[-200:]}"] if done.returncode else []
        problems += [f"{what}: {place}" for place in [*strange[:5], *reached, *(path.name for path in home.iterdir())]]
        row.note(f"{what}: as usual", problems)
        shutil.rmtree(folder)
    yield row


def tiny(folder: Path, share: float) -> Iterator[Row]:
    """Every scenario of the tiny study."""
    scene = Scene(folder)
    try:
        for scenario in SCENARIOS:
            yield scenario(scene, share)
    finally:
        scene.builder.close()


def faults() -> Iterator[Row]:
    """Every fault on the way to a catalogue, provoked by a server of our own: what came of it, and whether what had been fetched before is untouched."""
    from tests.catalogue.fault_scenarios import SCENARIOS as FAULTS
    from tests.catalogue.fault_scenarios import run

    for fault in FAULTS:
        outcome, sentence, _ = run(fault)
        row = Row(f"fetch: {fault.name}"[:41])
        row.note(f"{outcome}: {sentence[:160]}", [] if outcome == fault.outcome and fault.expect in sentence else [f"expected {fault.outcome} with '{fault.expect}'"])
        yield row


def _show(row: Row) -> None:
    happened = ", ".join(f"{name} {count}" if row.tried > 1 else name for name, count in sorted(row.happened.items()))
    print(f"{row.scenario:<42}{row.tried:>6}  {'yes' if not row.problems else 'NO':<5}{happened}", flush=True)
    for problem in row.problems[:5]:
        print(f"    {problem}", flush=True)


def _parts(builds: Builds, options: argparse.Namespace) -> dict[str, Callable[[], Iterator[Row]]]:
    return {
        "tiny": lambda: tiny(builds.folder / "tiny", options.share), "mounts": lambda: mounts(builds), "kernels": lambda: kernels(builds), "offline": lambda: offline(builds),
        "faults": faults, "kills": lambda: random_kills(builds, options.moments, options.seed, options.minutes),
    }


def main() -> int:
    """Run the parts that were asked for; 0 when every next build was right."""
    parser = argparse.ArgumentParser(prog="just torture", description=__doc__.split("\n\n")[0])
    parser.add_argument("--moments", type=int, default=200, help="random moments at which real builds are killed (default 200)")
    parser.add_argument("--minutes", type=float, default=90.0, help="for the random moments, half of them for builds of everything (default 90)")
    parser.add_argument("--share", type=float, default=1.0, help="share of the file events of the tiny study to strike (default 1: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    parser.add_argument("--part", action="append", default=[], choices=("tiny", "mounts", "kernels", "offline", "faults", "kills"), help="only this part (repeatable)")
    options = parser.parse_args()
    counted: Counter = Counter()
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        builds = Builds(Path(name))
        parts = _parts(builds, options)
        chosen = options.part or list(parts)
        print(f"{'scenario':<42}{'tried':>6}  {'right':<5}what happened", flush=True)
        for part in chosen:
            if part in ("mounts", "offline") and os.geteuid():
                print(f"{part:<42}{0:>6}  -    left out: only root can mount and have a network of its own", flush=True)
                continue
            for row in parts[part]():
                _show(row)
                counted["tried"] += row.tried
                counted["wrong"] += bool(row.problems)
        builds.builder.close()
    print(f"{counted['tried']} tries; " + ("the next build was right every time." if not counted["wrong"] else f"{counted['wrong']} scenarios with a wrong next build."))
    return 1 if counted["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
