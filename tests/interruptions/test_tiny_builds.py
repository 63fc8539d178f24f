"""However a build is interrupted, the next one is right without cleaning up, or one sentence says what to do."""

import pytest

from interruptions.scenarios import SCENARIOS, Scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("tries"))
    yield scene
    scene.builder.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_next_build_is_right(scene, scenario):
    row = scenario(scene, 0.06)
    assert row.tried >= 3
    assert not row.problems, "\n".join(row.problems[:5])
