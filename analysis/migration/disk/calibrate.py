"""Error rates of the verdict on disc migration: sampling error of the share of disc models in which the planet arrives.

`prepare` needs nothing but the number of draws: the draws are independent, so that the count of arrivals is binomial whatever the discs. What the priors on the
discs leave open is no sampling error and is not simulated here.
"""

from dataclasses import dataclass

import numpy as np

from analysis.claims import COMMON, FEASIBLE, NOT_SUPPORTED, RULES, SUPPORTED
from analysis.config import DiskConfig
from analysis.migration.secular.outcomes import wilson

__all__ = ["CLAIM", "NEEDS", "NEITHER", "NUMBER", "SCENARIOS", "SECTIONS", "TRUTH", "Prepared", "evidence", "prepare", "simulate"]

CLAIM, NUMBER = "disk", 6
SECTIONS = ("disk",)
NEEDS: tuple[str, ...] = ()
NEITHER = True  # at a threshold either verdict is wrong
SHARES = {"null": COMMON, "null_few": FEASIBLE, "more": 1.1 * COMMON, "half": COMMON / 2, "double_few": 2 * FEASIBLE, "half_few": FEASIBLE / 2}
SCENARIOS = {
    "null": f"the planet arrives in exactly {COMMON:.0%} of the discs, the threshold of support",
    "null_few": f"in exactly {FEASIBLE:.0%}, the threshold of rejection",
    "more": "in a tenth more than the threshold of support",
    "half": "in half the threshold of support",
    "double_few": "in twice the threshold of rejection",
    "half_few": "in half the threshold of rejection",
}
TRUTH = "the share of discs under the stated priors in which the planet arrives"


@dataclass(frozen=True)
class Prepared:
    """Number of disc models and the seed."""

    draws: int
    seed: int


def prepare(*, disk_config: DiskConfig) -> Prepared:
    """The number of draws of the stage."""
    return Prepared(disk_config.draws, disk_config.seed)


def evidence(count: int, draws: int) -> dict[str, float]:
    """What the rule judges: the share that arrives with its Wilson 95 % limits."""
    low, high = wilson(count, draws)
    return {"share_arriving": count / draws, "share_low": low, "share_high": high}


def simulate(scenario: str, index: int, prepared: Prepared) -> dict[str, float]:
    """One set of discs: verdict of the rule (1 supported, -1 not supported, 0 cannot tell), share, interval and true share."""
    generator = np.random.default_rng([prepared.seed, NUMBER, list(SCENARIOS).index(scenario), index])
    found = evidence(int(generator.binomial(prepared.draws, SHARES[scenario])), prepared.draws)
    rule = next(rule for rule in RULES if rule.id == CLAIM)
    verdict = {SUPPORTED: 1.0, NOT_SUPPORTED: -1.0}.get(rule.judge(found)[0], 0.0)
    return {
        "p": np.nan, "estimate": found["share_arriving"], "low": found["share_low"], "high": found["share_high"], "truth": SHARES[scenario], "verdict": verdict,
    }
