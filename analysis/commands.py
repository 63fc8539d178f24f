"""How every recipe's command line ends: what the user can mend becomes one sentence and a status (standard library only)."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from analysis.errors import InputError
from analysis.inputs import sentence
from analysis.runtime import check_threads

__all__ = ["KEPT", "Stopped", "end_with_parent", "guarded", "stoppable"]

KEPT = "finished chunks are kept, and the same command goes on from there."


class Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: what tidies up after Ctrl-C tidies up after these, too."""

    def __init__(self, number: int):
        super().__init__(f"Stopped by {signal.Signals(number).name}")
        self.number = number


def _stop(number: int, _: object) -> None:
    raise Stopped(number)


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception in this block; a signal that is ignored, as under nohup, stays so."""
    before = {}
    with suppress(ValueError):  # only a program's main thread may say what signals do
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """In a worker process of `multiprocessing`: end as soon as the process that started it has ended, however that was."""
    import multiprocessing
    import threading

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _say(text: str) -> None:
    """One sentence on standard error, if anybody still listens."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def guarded(run: Callable[[], int], interrupted: str = KEPT) -> int:
    """The exit status of `run`: its own; 2 with a sentence for bad input or a file that cannot be used; 130 after Ctrl-C and 128 plus its number
    after another signal; 1 when nobody reads the output any more."""
    try:
        with stoppable():
            check_threads()
            status = run()
            sys.stdout.flush()
            return status
    except InputError as error:
        _say(f"Error: {sentence(error)}")
        return 2
    except Stopped as error:
        _say(f"\n{error}; {interrupted}")
        return 128 + error.number
    except KeyboardInterrupt:
        _say(f"\nInterrupted; {interrupted}")
        return 130
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.errno == errno.EIO and not error.filename:  # a closed pipe or terminal
            _mute()
            return 1
        what = error.filename or "a file"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _say(f"Error: {what}: there is no room to write it ({error.strerror}); free some space and run the same command again.")
        else:
            _say(f"Error: {what}: {error.strerror}; free or repair it and run again.")
        return 2


def _mute() -> None:
    """Let nothing more be written to standard output: the interpreter would complain about it at its end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
