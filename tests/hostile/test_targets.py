"""Every reader takes a hostile input as a sound table or refuses it in one clean sentence, within two seconds and 500 MB."""

import pytest
from hypothesis import HealthCheck, Verbosity, given, settings

from tests.hostile.giants import GIANTS, LIGHT
from tests.hostile.measure import MOST_MB, Tally
from tests.hostile.strategies import SEEDS, STRATEGIES
from tests.hostile.targets import judged

FIXED = settings(max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet)
ACCEPTED = [target for target in SEEDS if target not in ("ensemble", "--set")]


@pytest.mark.parametrize("target", [name for name in STRATEGIES if name != "ensemble"])
def test_hostile_inputs_are_read_or_refused(target, tmp_path):
    outcomes = []

    @FIXED
    @given(STRATEGIES[target])
    def one(raw):
        try:
            outcomes.append(judged(target, raw, tmp_path))
        except Exception as error:
            (tmp_path / "failing_input").write_bytes(raw)  # the last one is the shortest; archives are too long to print
            raise AssertionError(f"{type(error).__name__}: {str(error)[:600]} (the input is {tmp_path / 'failing_input'})") from error

    one()
    assert len(outcomes) >= FIXED.max_examples and False in outcomes  # some of so many hostile inputs must be refused


@pytest.mark.parametrize("target", ACCEPTED)
def test_a_sound_input_is_accepted(target, tmp_path):
    assert judged(target, SEEDS[target][0], tmp_path)


@pytest.mark.parametrize("name", LIGHT)
def test_inputs_of_undue_size_are_refused_at_once(name, tmp_path):
    target, make = GIANTS[name]
    tally = Tally(target, "giant", str(tmp_path))
    tally.add(make(), tmp_path, name)
    assert (tally.refused, tally.failures) == (1, {}) and tally.peak_mb < MOST_MB
