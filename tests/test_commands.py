"""Every failure that the user can mend becomes one sentence and its exit status."""

import pytest

from analysis.commands import guarded
from analysis.errors import InputError


def _raising(error):
    def run():
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InputError("file.csv: wrong."), 2, "Error: file.csv: wrong."),
        (PermissionError(13, "Permission denied", "out"), 2, "Error: out: Permission denied; free or repair it and run again."),
        (KeyboardInterrupt(), 130, "Interrupted; nothing was changed."),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_failures_end_in_one_sentence(capsys, error, status, words):
    assert guarded(_raising(error), "nothing was changed.") == status
    assert capsys.readouterr().err.strip() == words


def test_other_results_and_bugs_pass_through():
    assert guarded(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 // 0)
