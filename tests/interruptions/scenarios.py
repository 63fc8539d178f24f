"""Every kind of interruption of the tiny study, at chosen file events: what was tried, what happened, and whether the next build is right.

The tests run each at a few events, the long form at all of them.
"""

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from analysis.cache import digest
from interruptions.forked import Forked, wait_for
from interruptions.sandbox import artifacts, half_written, wrong

__all__ = ["SCENARIOS", "Row", "Scene"]

OTHER = ("--toi-mstar", "0.08")  # parameters that change every artifact and add one
TIDY = {"SIGINT": (130, "Interrupted; "), "SIGTERM": (143, "Stopped by SIGTERM; "), "SIGHUP": (129, "Stopped by SIGHUP; ")}


@dataclass
class Row:
    """One line of the printed table."""

    scenario: str
    tried: int = 0
    happened: Counter = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, what: str, problems: list[str]) -> None:
        """Count one try with what happened and what was wrong afterwards."""
        self.tried += 1
        self.happened[what] += 1
        self.problems += [f"{what}: {', '.join(problems)}"] if problems else []


class Scene:
    """A forking server, folders for the tries, and the undisturbed builds of both sets of parameters."""

    def __init__(self, folder: Path, seed: int = 1):
        self.builder, self.folder, self.random, self._number = Forked(), folder, random.Random(seed), 0
        first, second = self.new(), self.new()
        self.cold = self.builder.build(first).trace
        self.builder.build(second, *OTHER)
        self.reference, self.other = artifacts(first / "out"), artifacts(second / "out")
        assert set(self.other) - set(self.reference) == {"old_age.csv"}
        self._second = second
        changed = self.new(built=True)
        self.changed = self.builder.build(changed).trace

    def new(self, built: bool = False) -> Path:
        """A folder for one try: empty, or with a finished build of the other parameters."""
        self._number += 1
        folder = self.folder / f"try {self._number:04d} é"
        if built:
            shutil.copytree(self._second, folder)
        else:
            folder.mkdir(parents=True)
        return folder

    def events(self, trace: list[str], share: float) -> list[int]:
        """Numbers of the events to try: a share of them, drawn evenly, the last one always."""
        count = max(2, round(share * len(trace)))
        steps = [1 + (len(trace) - 1) * k // (count - 1) for k in range(count)]
        return sorted(set(steps)) if share < 1 else list(range(1, len(trace) + 1))

    def next_build(self, folder: Path) -> list[str]:
        """What is wrong after an undisturbed build in the same folder."""
        done = self.builder.build(folder)
        if done.status:
            return [f"status {done.status}: {done.err.strip()}"]
        found = wrong(folder / "out", self.reference, folder / "cache" / "stages")
        shutil.rmtree(folder)
        return found


def _place(event: str) -> str:
    """The part of a build that an event belongs to."""
    if "/stages" in event or event.endswith("cache"):
        return "storing results"
    if any(name in event for name in ("provenance", "unfinished")):
        return "finishing"
    return "writing artifacts" if "/" in event else "starting"


def kills(scene: Scene, share: float) -> Row:
    """SIGKILL, sometimes twice in a row, on an empty folder and on the results of other parameters."""
    row = Row("kill -9 at a file event")
    for built, trace in ((False, scene.cold), (True, scene.changed)):
        for at in scene.events(trace, share):
            folder = scene.new(built)
            done = scene.builder.build(folder, fault="SIGKILL", at=at)
            problems = [] if done.status == -signal.SIGKILL else [f"it ended with {done.status}"]
            if at % 3 == 0:
                scene.builder.build(folder, fault="SIGKILL", at=scene.random.randint(1, at))
            problems += half_written(folder / "out", scene.reference, scene.other)
            row.note(_place(trace[at - 1]), problems + scene.next_build(folder))
    return row


def signals(scene: Scene, share: float) -> Row:
    """Ctrl-C, SIGTERM and a closed terminal: one sentence and the status."""
    row = Row("SIGINT, SIGTERM, SIGHUP")
    for name, (status, words) in TIDY.items():
        for at in scene.events(scene.changed, share):
            folder = scene.new(built=True)
            done = scene.builder.build(folder, fault=name, at=at)
            problems = [] if (done.status, words in done.err) == (status, True) else [f"{name} at {at}: status {done.status}: {done.err.strip()[-200:]}"]
            row.note(name, problems + half_written(folder / "out", scene.reference, scene.other) + scene.next_build(folder))
    return row


def _sentence(done) -> list[str]:
    """What is wrong with the end of a build that could not go on."""
    lines = [line for line in done.err.strip().splitlines() if not line.startswith("Note: ")]  # a log that cannot be written is told as well
    good = done.status == 2 and len(lines) == 1 and lines[0].startswith("Error: ") and "Traceback" not in done.out
    return [] if good else [f"status {done.status}: {done.err.strip()[-300:]}"]


def disk(scene: Scene, share: float) -> Row:
    """No room, or no permission to write, from an event on; or no file beyond a size."""
    row = Row("full disk, read-only folder")
    tries = [(fault, at) for fault in ("full", "readonly") for at in scene.events(scene.changed, share)]
    for fault, at in [*tries, *(("size", at) for at in (600, 2000, 3000))]:
        folder = scene.new(built=True)
        done = scene.builder.build(folder, fault=fault, at=at)
        late = fault == "full" and done.status == 0  # only what costs nothing but time was left to do
        problems = [] if late else _sentence(done)
        row.note(f"{fault}: {'went on' if late else 'one sentence'}", problems + half_written(folder / "out", scene.reference, scene.other) + scene.next_build(folder))
    return row


def cache_refuses(scene: Scene, share: float) -> Row:
    """A cache that cannot be written, or is emptied in the middle: the build itself is right."""
    row = Row("cache unwritable or deleted")
    folder = scene.new()
    (folder / "cache").write_text("a file where the folder should be")
    done = scene.builder.build(folder)
    row.note("unwritable: told, went on", wrong(folder / "out", scene.reference) + ([] if done.status == 0 and "is not kept" in done.out else [done.err]))
    for at in scene.events(scene.cold, share):
        folder = scene.new()
        done = scene.builder.build(folder, fault="clear", at=at)
        problems = [] if done.status == 0 else [f"status {done.status}: {done.err.strip()}"]
        row.note("deleted: went on", problems + wrong(folder / "out", scene.reference) + scene.next_build(folder))
    return row


def two_builds(scene: Scene, share: float) -> Row:
    """A second build while the first stands still in the middle: it waits, saying so, also when the first is then killed."""
    row = Row("two builds in one folder")
    locked = next(number for number, event in enumerate(scene.cold, start=1) if "cache" in event)  # what comes before does not wait
    for at in scene.events(scene.cold, share):
        if at < locked:
            continue
        for arguments, killed in (((), False), (OTHER, False), (OTHER, True)):
            folder = scene.new()
            first = scene.builder.build(folder, *arguments, fault="freeze", at=at, wait=False)
            _until_stopped(first.pid)
            second = scene.builder.build(folder, wait=False)
            told = wait_for(Path(second.place) / "stdout", "Another build is writing to")
            os.kill(first.pid, signal.SIGKILL if killed else signal.SIGCONT)
            ends = [scene.builder.join(process.pid) for process in (first, second)]
            good = told and ends[1].status == 0 and ends[0].status == (-signal.SIGKILL if killed else 0)
            problems = [] if good else [f"at {at}: told {told}, {[end.status for end in ends]}: {ends[1].err.strip()}"]
            what = "first killed" if killed else "other parameters" if arguments else "same parameters"
            row.note(f"waited, {what}", problems + wrong(folder / "out", scene.reference, folder / "cache" / "stages"))
            shutil.rmtree(folder)
    return row


def meddling(scene: Scene, share: float) -> Row:
    """An artifact changes while the build goes on, as by another build where there are no locks: it is found out or made again."""
    row = Row("artifact changed during a build")
    written = next(number for number, event in enumerate(scene.cold, start=1) if event.endswith("a.csv") and event.startswith("rename"))
    for at in scene.events(scene.cold, share):
        if at > written:
            folder = scene.new()
            done = scene.builder.build(folder, fault="meddle", at=at)
            late = at > len(scene.cold) - 5  # the record is complete by then, and the next build notices
            problems = [] if done.status == 0 and late else _sentence(done)
            row.note("next build noticed" if done.status == 0 else "one sentence", problems + scene.next_build(folder))
    return row


def _until_stopped(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "T":
        time.sleep(0.005)


def _flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _reseal(change):
    """A JSON entry with a change and a checksum that fits it."""

    def damage(content: bytes) -> bytes:
        record = {name: value for name, value in json.loads(content).items() if name != "self"}
        change(record)
        return json.dumps({**record, "self": digest(record)}).encode()

    return damage


DAMAGES = {
    "flipped bit": _flip, "truncated": lambda content: content[: len(content) // 2], "empty": lambda content: b"", "not ours": lambda content: b"\x80\x04K\x01.",
    "a list": lambda content: b"[1, 2]", "a number": lambda content: b"7", "deep": lambda content: b"[" * 100_000,
}
VERSIONS = {
    "other module": lambda record: record.update(type=["analysis.not_there", "Result"]), "other class": lambda record: record.update(type=["analysis.tiny", "Gone"]),
    "other fields": lambda record: record["values"].pop("summary"), "other format": lambda record: record.pop("format"), "other key": lambda record: record.update(key="0" * 64),
    "foreign code": lambda record: record.update(type=["os", "system"]), "no type": lambda record: record.pop("type"), "values a list": lambda record: record.update(values=[]),
}


def bad_cache(scene: Scene, share: float) -> Row:
    """Damaged, exchanged and foreign entries of the cache: none is used."""
    row = Row("cache damaged or of another version")
    tries = [(name, damage, suffix) for name, damage in DAMAGES.items() for suffix in (".json", ".npz")]
    tries += [(name, _reseal(change), ".json") for name, change in VERSIONS.items()]
    tries += [("swapped", None, ".json"), ("swapped", None, ".npz"), ("a folder", None, ".json"), ("a folder", None, ".npz")]
    for group in (tries[k : k + 3] for k in range(0, len(tries), 3)):  # one for each stage
        folder = scene.new()
        scene.builder.build(folder)
        stages = folder / "cache" / "stages"
        sound = {suffix: sorted(stages.glob(f"*{suffix}")) for suffix in (".json", ".npz")}
        for number, (name, damage, suffix) in enumerate(group):
            path = sound[suffix][number]
            if name == "a folder":
                path.unlink()
                path.mkdir()
            elif damage:
                path.write_bytes(damage(path.read_bytes()))
            else:
                shutil.copyfile(sound[suffix][number - 1], path)
        shutil.rmtree(folder / "out")
        problems = [f"{group}: {problem}" for problem in scene.next_build(folder)]
        for name, _, suffix in group:
            row.note("told, went on" if name == "a folder" else "computed again", problems)
    return row


def bad_records(scene: Scene, share: float) -> Row:
    """A damaged provenance.json or journal, and artifacts that somebody changed."""
    row = Row("record or artifacts damaged")
    foreign = {"leads outside": lambda content: b'{"outputs": {"a": 3, "b": {"files": {"../x": 1}}}, "names": ["../../x"]}'}
    for names, damages in ((("provenance.json",), {**DAMAGES, **foreign}), (("b.txt", "c.npz", "SUMMARY.txt"), dict(list(DAMAGES.items())[:3]))):
        for what, damage in damages.items():
            folder = scene.new()
            scene.builder.build(folder)
            for name in names:
                (folder / "out" / name).write_bytes(damage((folder / "out" / name).read_bytes()))
            row.note("made again", [f"{names} {what}: {problem}" for problem in scene.next_build(folder)])
    return row


def clocks(scene: Scene, share: float) -> Row:
    """Files whose times lie far in the past or the future: nothing is done again, and a change is noticed all the same."""
    row = Row("clock that jumps")
    for stamp in (0, 1, 4_000_000_000):
        for changed in (False, True):
            folder = scene.new()
            scene.builder.build(folder, *(OTHER if changed else ()))
            for path in folder.rglob("*"):
                os.utime(path, (stamp, stamp))
            done = scene.builder.build(folder)
            idle = "is up to date" in done.out
            row.note("done again" if changed else "nothing to do", ([f"at {stamp}: {done.out[-200:]}"] if idle == changed else []) + scene.next_build(folder))
    return row


SCENARIOS = (kills, signals, disk, cache_refuses, two_builds, meddling, bad_cache, bad_records, clocks)
