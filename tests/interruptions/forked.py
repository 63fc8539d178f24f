"""Builds in forked processes, with a fault at a chosen file event or moment; run as a program, it is the server that forks them.

A file event is an opening for writing, a renaming, a removal, or a folder made or removed, below the folder of the test; the trace names each.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")
__all__ = ["Forked"]


class Forked:
    """A server process, of the tiny study or of the real one; `build` asks it for one build and waits for the end."""

    def __init__(self, study: str = "tiny"):
        self._server = subprocess.Popen([sys.executable, __file__, study], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def build(self, folder: Path, *arguments: str, fault: str = "", at: int = 0, outdir: str = "out", cache: str = "cache", wait: bool = True) -> Any:
        """Status (minus the signal when one ended it), standard output and error, and the trace of one build in `folder`/`outdir`.

        fault: "" for none, a signal's name, "timer" (SIGKILL after `at` milliseconds), "full" or "readonly" (nothing can be written from event `at` on), "size" (no file beyond `at` bytes),
        "clear" (the cache is emptied), "meddle" (somebody else changes an artifact), "freeze" (stop there until told to go on).
        """
        command = {"folder": str(folder), "arguments": arguments, "fault": fault, "at": at, "outdir": outdir, "cache": cache, "wait": wait}
        self._server.stdin.write(json.dumps(command) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def join(self, pid: int) -> Any:
        """The end of a build that was not waited for."""
        self._server.stdin.write(json.dumps({"join": pid}) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        from types import SimpleNamespace

        return SimpleNamespace(**json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        """End the server."""
        self._server.stdin.close()
        self._server.wait(20)


def _hook(folder: str, fault: str, at: int, trace: int, caches: Path):
    count = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str | bytes) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event in EVENTS:
            path = arguments[0]
        else:
            return
        path = os.fsdecode(path)
        if "/logs" in path or (os.path.isabs(path) and not path.startswith(folder)):
            return
        count += 1
        os.write(trace, f"{event.removeprefix('os.')} {os.path.relpath(path, folder) if os.path.isabs(path) else path}\n".encode())
        if fault.startswith("SIG") and count == at:
            os.kill(os.getpid(), getattr(signal, fault))
        elif fault == "freeze" and count == at:
            os.kill(os.getpid(), signal.SIGSTOP)
        elif fault == "meddle" and count == at:
            (Path(folder) / "out" / "a.csv").write_text("of somebody else")
        elif fault == "clear" and count == at:
            for entry in list(caches.glob("stages/*")):
                subprocess.run(["rm", "-rf", str(entry)], check=False)
        elif fault == "full" and count >= at and event in ("open", "os.mkdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        elif fault == "readonly" and count >= at:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    return hook


def _child(command: dict[str, Any], place: Path) -> None:
    from analysis import cache
    from analysis.__main__ import main

    out, err, trace = (os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644) for name in ("stdout", "stderr", "trace"))
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    folder = Path(command["folder"])
    cache.CACHE_DIR = folder / command["cache"]
    if command["fault"] == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (command["at"], command["at"]))
    sys.addaudithook(_hook(str(folder), command["fault"], command["at"], trace, cache.CACHE_DIR))
    status = main(["--outdir", str(folder / command["outdir"]), "--logdir", str(place / "logs"), "--errordir", str(place / "logs"), *command["arguments"]])
    os._exit(status)


def _end(pid: int, place: Path, seconds: float | None = None) -> dict[str, Any]:
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)  # one that has ended is not waited for yet, so the number is still its own
    _, status = os.waitpid(pid, 0)
    texts = {name: (place / name).read_text(encoding="utf-8") for name in ("stdout", "stderr", "trace")}
    return {"status": os.waitstatus_to_exitcode(status), "out": texts["stdout"], "err": texts["stderr"], "trace": texts["trace"].splitlines()}


def _serve() -> None:
    import importlib
    import tempfile

    from analysis import study
    from analysis.journal import about_this_run

    if sys.argv[1] == "tiny":
        from interruptions import tiny

        tiny.install()
        import pandas  # noqa: F401  (loaded once, for all builds)
    else:
        for part in (*study.STAGES.values(), *study.OUTPUTS, *study.DERIVED):
            importlib.import_module(part.module)
    about_this_run([], {})
    with tempfile.TemporaryDirectory() as name:
        places: dict[int, Path] = {}
        for number, line in enumerate(sys.stdin):
            command = json.loads(line)
            if "join" in command:
                answer = _end(command["join"], places[command["join"]])
            else:
                place = Path(name) / str(number)
                place.mkdir()
                pid = os.fork()
                if not pid:
                    try:
                        _child(command, place)
                    finally:
                        os._exit(99)
                places[pid] = place
                answer = _end(pid, place, command["at"] / 1000 if command["fault"] == "timer" else None) if command["wait"] else {"pid": pid, "place": str(place)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def wait_for(path: Path, words: str, seconds: float = 20.0) -> bool:
    """True as soon as a file holds these words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.is_file() and words in path.read_text(encoding="utf-8"):
            return True
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    _serve()
