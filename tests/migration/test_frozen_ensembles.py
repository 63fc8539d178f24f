"""What the frozen ensembles promise: tolerances that do not matter, sizes that resolve the shares, the present code."""

import numpy as np
import pytest

from analysis.migration.ensemble.store import RECIPES, frozen_path, load
from analysis.migration.secular.batch import kernel_digest
from analysis.migration.secular.outcomes import CROSSINGS, classify, exact_paired_test, share
from analysis.migration.secular.triple import DISRUPTED, MIGRATED, OUTCOMES


def _outcome(frozen, crossing, n, threshold=3.0):
    end = frozen.about["settings"]["physics"]["time_limit"]
    return classify({name: values[:n] for name, values in frozen.outcome.items()}, frozen.reason[:n], crossing, threshold, end, end)


@pytest.fixture(scope="module")
def ensembles():
    return {tag: load(tag) for tag in RECIPES}


@pytest.mark.parametrize("crossing", CROSSINGS)
@pytest.mark.parametrize("kind", [MIGRATED, DISRUPTED])
def test_outcomes_do_not_depend_on_the_tolerance(ensembles, crossing, kind):
    """Local errors of 1e-9 and 1e-11: chaotic triples part, but neither outcome gains or loses (exact paired test)."""
    loose, tight = ensembles["tolerance_loose"], ensembles["tolerance_tight"]
    assert loose.about["settings"]["physics"]["tolerance"] == 1e-9 and tight.about["settings"]["physics"]["tolerance"] == 1e-11
    n = min(loose.reason.size, tight.reason.size)
    first, second = _outcome(loose, crossing, n) == kind, _outcome(tight, crossing, n) == kind
    assert n >= 2000 and np.array_equal(loose.systems[:n], tight.systems[:n])
    assert exact_paired_test(first, second) > 0.01
    assert np.mean(first != second) < 0.02


def test_every_variant_starts_from_the_triples_of_the_default(ensembles):
    default = ensembles["default"]
    for frozen in ensembles.values():
        n = frozen.reason.size
        assert np.array_equal(frozen.systems, default.systems[:n])


def test_shares_are_resolved(ensembles):
    """The migrated share to a tenth where any migrate, every other outcome to half a per cent (one standard error)."""
    default = ensembles["default"]
    for crossing in CROSSINGS:
        outcome = _outcome(default, crossing, default.reason.size)
        migrated = np.sum(outcome == MIGRATED)
        assert migrated == 0 or np.sqrt(1 - migrated / outcome.size) / np.sqrt(migrated) < 0.1
        for kind in range(1, len(OUTCOMES)):
            found = share(outcome == kind)
            assert (found["high"] - found["low"]) / 2 / 1.96 < 0.005


def test_each_is_made_by_the_present_code(ensembles):
    for tag, frozen in ensembles.items():
        assert frozen.about["kernel"] == kernel_digest(), f"{tag}: run its recipe again (just sweep --tag {tag}, then just sweep freeze --tag {tag})"
        assert frozen_path(tag).is_file()
