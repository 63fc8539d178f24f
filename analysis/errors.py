"""The one error a user is meant to see."""

__all__ = ["InputError"]


class InputError(Exception):
    """Something the user can mend: one sentence naming the file, row or option, what was expected and what to do.

    The command line prints the sentence and exits with status 2; nothing on disk is changed.
    """
