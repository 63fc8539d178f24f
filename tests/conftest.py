"""Shared fixtures: the frozen catalogue as every stage sees it, read once through Study."""

import signal

import pytest

import analysis  # noqa: F401  (sets one BLAS thread and the Numba cache directory before NumPy is imported)

# A shell that runs the tests in the background has these ignored, and every process started from here would inherit that.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


@pytest.fixture(scope="session")
def study():
    from analysis.study import Study

    return Study()


@pytest.fixture(scope="session")
def catalogue(study):
    return study.get("catalogue")


@pytest.fixture(scope="session")
def target(study):
    return study.get("target")


@pytest.fixture(scope="session")
def sample(study):
    return study.get("sample")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A full build of the frozen catalogue, in a folder of its own."""
    from analysis.study import Study

    study = Study(outdir=tmp_path_factory.mktemp("results"))
    study.write()
    return study
