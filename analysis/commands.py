"""How every recipe's command line ends: what the user can mend becomes one sentence and a status (standard library only)."""

import sys
from collections.abc import Callable

from analysis.errors import InputError
from analysis.inputs import sentence
from analysis.runtime import check_threads

__all__ = ["KEPT", "guarded"]

KEPT = "finished chunks are kept, and the same command goes on from there."


def guarded(run: Callable[[], int], interrupted: str = KEPT) -> int:
    """The exit status of `run`: its own; 2 with a sentence for bad input or a file that cannot be used; 130 after an interruption; 1 for a closed pipe."""
    try:
        check_threads()
        return run()
    except InputError as error:
        print(f"Error: {sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nInterrupted; {interrupted}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        print(f"Error: {error.filename or 'a file'}: {error.strerror}; free or repair it and run again.", file=sys.stderr)
        return 2
