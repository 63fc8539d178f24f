"""Posteriors by emcee's ensembles, with the diagnostics that say whether they may be used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.config import DesertConfig
from analysis.population.desert.loo import library

__all__ = ["Posterior", "sampled"]


@dataclass(frozen=True)
class Posterior:
    """draws (d, p), thinned evenly; reason: why they may not be used, None where they may; autocorrelation (steps, largest), rhat (largest), effective
    draws (fewest), acceptance."""

    draws: np.ndarray
    reason: str | None
    autocorrelation: float
    rhat: float
    effective: float
    acceptance: float

    @property
    def diagnostics(self) -> dict[str, Any]:
        """What is reported of the sampling."""
        return {"reason": self.reason, "autocorrelation_steps": self.autocorrelation, "rhat": self.rhat, "effective_draws": self.effective, "acceptance": self.acceptance}


def sampled(log_likelihood: Callable[[np.ndarray], np.ndarray], bounds: np.ndarray, config: DesertConfig, key: list[int]) -> Posterior:
    """Sample a likelihood (s, p) -> (s,) with a uniform prior in `bounds` (p, 2), in independent ensembles that start from draws of the
    prior kept by their likelihood. Moves: differential evolution (ter Braak 2006; Nelson, Ford & Payne 2014)."""
    import emcee

    low, high = bounds.T

    def log_prob(theta: np.ndarray) -> np.ndarray:
        inside = np.all((theta >= low) & (theta <= high), axis=1)
        out = np.full(len(theta), -np.inf)
        if inside.any():
            out[inside] = log_likelihood(theta[inside])
        return out

    chains, acceptance = [], []
    moves = [(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)]  # the second jumps between modes
    for ensemble in range(config.ensembles):
        rng = np.random.default_rng([config.seed, *key, ensemble])
        start = low + rng.random((64 * config.walkers, len(low))) * (high - low)
        gumbel = log_likelihood(start) + rng.gumbel(size=len(start))  # draws without replacement, by their likelihood
        start = start[np.argsort(-gumbel, kind="stable")[: config.walkers]]
        sampler = emcee.EnsembleSampler(config.walkers, len(low), log_prob, vectorize=True, moves=moves)
        state = emcee.State(start, random_state=np.random.RandomState(int(rng.integers(2**31))).get_state())
        sampler.run_mcmc(state, config.burn_in + config.steps, skip_initial_state_check=True)
        chains.append(sampler.get_chain(discard=config.burn_in))
        acceptance.append(float(np.mean(sampler.acceptance_fraction)))
    return _assessed(np.array(chains), float(np.mean(acceptance)), config)


def _assessed(chains: np.ndarray, acceptance: float, config: DesertConfig) -> Posterior:
    """Posterior from chains (ensembles, steps, walkers, p)."""
    from emcee.autocorr import integrated_time

    arviz = library()
    ensembles, steps, walkers, p = chains.shape
    moving = [k for k in range(p) if np.ptp(chains[..., k]) > 1e-6]
    together = chains[..., moving].transpose(1, 0, 2, 3).reshape(steps, ensembles * walkers, len(moving))
    with np.errstate(invalid="ignore", divide="ignore"):  # a walker that never moved has no autocorrelation: refused below
        times = integrated_time(together, tol=0, quiet=True)  # of the autocorrelation averaged over all walkers
    rhat = max(float(arviz.rhat(chains[..., k].reshape(ensembles, -1), method="rank")) for k in moving)
    longest = float(times.max())
    effective = ensembles * steps * walkers / longest
    reason = None
    if not (np.isfinite(longest) and np.isfinite(rhat)):
        reason = f"walkers that never moved in {steps} steps"
    elif steps < config.autocorrelation_times * longest:
        reason = f"{steps} steps are {steps / longest:.0f} autocorrelation times; {config.autocorrelation_times:g} are asked for"
    elif rhat > config.largest_rhat:
        reason = f"R-hat is {rhat:.3f}; up to {config.largest_rhat:g} is trusted"
    elif effective < config.least_effective:
        reason = f"{effective:.0f} effective draws; {config.least_effective:g} are asked for"
    flat = chains.swapaxes(0, 1).reshape(-1, p)
    keep = np.linspace(0, len(flat) - 1, min(config.loo_draws, len(flat))).astype(int)
    return Posterior(flat[keep], reason, longest, rhat, effective, acceptance)
