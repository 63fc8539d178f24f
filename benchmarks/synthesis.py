"""Formation models: 100,000 systems each with the compiled kernels, beside SciPy's Runge-Kutta 4(5) on the same compiled rates for a few of them."""

import math
import time
from typing import Any

import numba
import numpy as np
from scipy.integrate import solve_ivp

from analysis.config import SynthesisConfig
from analysis.formation import core_accretion, instability
from analysis.formation.systems import Hosts, core_parameters, fragment_parameters

__all__ = ["TITLE", "rows"]

TITLE = "Formation models for hosts of 0.06-0.20 Msun: kernels against SciPy's RK45 (rtol 1e-4) on the same rates, in one run"
SYSTEMS, FEW = 100_000, 20


def _peer(name: str, row: np.ndarray) -> None:
    """One system with SciPy; the drift fades over the last per cent before the inner edge, where the kernel stops it."""
    core = name == "core accretion"
    smallest = row[14] if core else row[12]

    def slope(t: float, y: np.ndarray) -> list[float]:
        mass, axis = math.exp(y[0]), max(math.exp(y[1]), smallest)
        fade = min(1.0, max(0.0, (axis / smallest - 1) / 0.01))
        if core:
            growth, drift, _ = core_accretion.rates(mass, axis, t, row)
            return [growth, drift * fade]
        gain, drift, loss = instability.rates(mass, axis, math.exp(y[2]), row)
        return [gain / mass, drift * fade, -(gain + loss) / math.exp(y[2])]

    def spent(t: float, y: np.ndarray) -> float:
        return y[2] - math.log(instability.SPENT * row[2])

    spent.terminal = True
    if core:
        solve_ivp(slope, (row[12], row[5]), [math.log(row[13]), math.log(row[11])], rtol=1e-4, atol=1e-6)
    else:
        solve_ivp(slope, (0, 1e8), [math.log(row[8]), math.log(row[7]), math.log(row[2])], rtol=1e-4, atol=1e-6, events=spent)


def rows() -> list[dict[str, Any]]:
    """One row per model: seconds for all systems on all threads, microseconds per system on one, and the ratio to SciPy."""
    config, hosts, found = SynthesisConfig(), Hosts(0.06, 0.20), []
    for name, module, parameters in (
        ("core accretion", core_accretion, core_parameters(config, hosts, SYSTEMS)), ("fragmentation", instability, fragment_parameters(config, hosts, SYSTEMS)[0]),
    ):
        module.evolve(parameters[:10])
        start = time.perf_counter()
        module.evolve(parameters)
        all_threads = time.perf_counter() - start
        threads = numba.get_num_threads()
        numba.set_num_threads(1)
        start = time.perf_counter()
        module.evolve(parameters[: SYSTEMS // 10])
        alone = (time.perf_counter() - start) / (SYSTEMS // 10)
        numba.set_num_threads(threads)
        _peer(name, parameters[0])
        start = time.perf_counter()
        for row in parameters[:FEW]:
            _peer(name, row)
        scipy = (time.perf_counter() - start) / FEW
        found.append({"model": name, "systems": SYSTEMS, "threads": threads, "seconds": all_threads, "us per system, one thread": alone * 1e6, "SciPy, ms": scipy * 1e3, "ratio": scipy / alone})
    return found
