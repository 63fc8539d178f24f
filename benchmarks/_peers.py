"""Other codes on case A, each as its users would run it: heyoka, kozai, REBOUND. A package that is not installed gives no candidates.

Every candidate has `run()`, which does the work once, and where it solves the same equations `error()`, the error of the final eccentricity of the
last run; what a user does once for a whole population (compiling, setting up) is outside `run`.
"""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from analysis.constants import G
from benchmarks._triple import CASE, END, KOZAI_TIME, NAMES, gradient_rates, parameters, reference, start

__all__ = ["BATCH", "INSTALL", "PACKAGES", "Candidate", "absent", "heyoka_candidates", "heyoka_equations", "kozai_candidates", "rebound_candidates"]

PACKAGES = ("heyoka", "kozai", "rebound")
INSTALL = "just setup --extra peers"
BATCH = 8  # doubles in one AVX-512 register
STEPS_PER_ORBIT = 20
WHFAST_STRETCH, IAS15_STRETCH = 5.0, 1.0  # t_k; what is measured is scaled to 100


@dataclass
class Candidate:
    """One way to case A: `run` takes `systems` systems over `share` of the time; `error` of the final e, None where the equations are not the same."""

    name: str
    setting: str
    peer: str
    run: Callable[[], Any]
    error: Callable[[], float] | None = None
    systems: int = 1
    share: float = 1.0


def _package(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def absent() -> list[str]:
    """Peers that are not installed."""
    return [name for name in PACKAGES if _package(name) is None]


def heyoka_equations(heyoka: Any) -> list[tuple[Any, Any]]:
    """Case A's equations as heyoka reads them, with the three constants as parameters, as a population of triples needs it."""
    state = heyoka.make_vars(*NAMES)
    return list(zip(state, gradient_rates(state, heyoka.par[0], heyoka.par[1], heyoka.par[2], heyoka.sqrt), strict=True))


def heyoka_candidates(tolerance: float) -> list[Candidate]:
    """Taylor's method compiled for one triple and for eight at a time, each with heyoka's own defaults and with its fast_math."""
    heyoka: Any = _package("heyoka")
    if heyoka is None:
        return []
    found = []
    equations, first, constants = heyoka_equations(heyoka), start(), np.array(parameters())
    for fast in (False, True):
        setting = f"tol {tolerance:.0e}" + (", fast_math" if fast else "")
        one = heyoka.taylor_adaptive(equations, first, tol=tolerance, fast_math=fast)
        one.pars[:] = constants
        many = heyoka.taylor_adaptive_batch(equations, np.repeat(first[:, None], BATCH, 1), tol=tolerance, fast_math=fast)
        many.pars[:] = constants[:, None]

        def run_one(integrator=one) -> None:
            integrator.time = 0.0
            integrator.state[:] = first
            integrator.propagate_until(END)

        def run_many(integrator=many) -> None:
            integrator.set_time(0.0)
            integrator.state[:] = first[:, None]
            integrator.propagate_until([END] * BATCH)

        def error(integrator) -> float:
            return float(np.abs(np.sqrt((integrator.state[3:6] ** 2).sum(axis=0)) - reference()).max())

        found.append(Candidate("heyoka, one at a time", setting, "heyoka scalar", run_one, lambda integrator=one: error(integrator)))
        found.append(Candidate(f"heyoka, batch of {BATCH}", setting, "heyoka batch", run_many, lambda integrator=many: error(integrator), BATCH))
    return found


def kozai_candidates(massive: float, massless: float) -> list[Candidate]:
    """Both classes of the package kozai with their default VODE, at these tolerances, keeping only the last state; its own constants and year.

    TripleVectorial has a companion without mass: it is compared with the same limit of our equations, from its own start. TripleDelaunay takes
    case A itself, but its derivative combines C3 and cos(phi) with signs that are not those of Blaes, Lee & Socrates (2002, eqs. 19
    and 23, as its own properties have them), so that it follows another orbit and its final e is not compared. With their signs it
    comes within 2e-7 of the other codes at 1e-14 and no nearer: it takes the inclination from differences of nearly equal angular momenta.
    """
    if _package("kozai") is None:
        return []
    delaunay: Any = importlib.import_module("kozai.delaunay")
    vectorial: Any = importlib.import_module("kozai.vectorial")
    year = importlib.import_module("kozai._kozai_constants").yr2s
    shape = {"a1": CASE["inner_axis"], "a2": CASE["outer_axis"], "e1": CASE["inner_eccentricity"], "e2": CASE["outer_eccentricity"], "g1": 0.0}
    shape |= {"inc": math.degrees(CASE["inclination"]), "m1": CASE["host_mass"], "m3": CASE["outer_mass"]}

    def quiet(triple: Any, tolerance: float) -> Any:
        triple.atol = triple.rtol = tolerance
        triple.outfreq, triple.cputstop = 10**9, 1e9
        return triple

    test_particle = quiet(vectorial.TripleVectorial(**shape), massless)
    unit = test_particle.tsec / year  # t_k with m2 = 0
    begin = np.concatenate([test_particle.jvec, test_particle.evec])
    last: dict[str, Any] = {}

    def run_vectorial() -> None:
        triple = quiet(vectorial.TripleVectorial(**shape), massless)
        triple.evolve(END * unit)
        last["t"], last["y"] = triple.solver.t, triple.solver.y.copy()

    def error_vectorial() -> float:
        """Against our equations in the same limit, at the time where the package's last step ended."""
        return abs(float(np.linalg.norm(last["y"][3:])) - _test_particle(begin, last["t"]))

    def run_delaunay() -> None:
        triple = quiet(delaunay.TripleDelaunay(**shape, g2=0.0, m2=CASE["companion_mass"]), massive)
        triple.evolve(END * unit * math.sqrt(1 + CASE["companion_mass"] / CASE["host_mass"]))

    return [
        Candidate("kozai TripleVectorial, m2 = 0", f"tol {massless:.0e}", "kozai", run_vectorial, error_vectorial),
        Candidate("kozai TripleDelaunay", f"tol {massive:.0e}", "kozai", run_delaunay),
    ]


def _test_particle(begin: np.ndarray, until: float) -> float:
    """Final e of our equations for m2 = 0 from j, e (6,) with j2 along z and e2 along x, after `until` t_k."""
    e2, ratio = CASE["outer_eccentricity"], CASE["inner_axis"] / CASE["outer_axis"]
    outer = [0.0, 0.0, math.sqrt(1 - e2**2), e2, 0.0, 0.0]

    def rates(_, y):
        return gradient_rates([*y.tolist(), *outer], (1 - e2**2) ** 1.5, 0.0, 15 / 64 * ratio, math.sqrt)[:6]

    return float(np.linalg.norm(solve_ivp(rates, (0.0, until), begin, method="DOP853", rtol=1e-13, atol=1e-14).y[3:, -1]))


def rebound_candidates() -> list[Candidate]:
    """Direct N-body: WHFast with 20 steps per orbit, and IAS15, over a stretch whose cost is scaled to 100 t_k."""
    rebound: Any = _package("rebound")
    if rebound is None:
        return []

    def simulation() -> Any:
        made = rebound.Simulation()
        made.G = G
        made.add(m=CASE["host_mass"])
        made.add(m=CASE["companion_mass"], a=CASE["inner_axis"], e=CASE["inner_eccentricity"], inc=CASE["inclination"], omega=0.0, Omega=0.0)
        made.add(m=CASE["outer_mass"], a=CASE["outer_axis"], e=CASE["outer_eccentricity"])
        made.move_to_com()
        return made

    def whfast() -> None:
        made = simulation()
        made.integrator = "whfast"
        made.integrator.safe_mode = 0
        made.dt = made.particles[1].P / STEPS_PER_ORBIT
        made.integrate(WHFAST_STRETCH * KOZAI_TIME, exact_finish_time=0)

    def ias15() -> None:
        made = simulation()
        made.integrator = "ias15"
        made.integrate(IAS15_STRETCH * KOZAI_TIME, exact_finish_time=0)

    return [
        Candidate("REBOUND WHFast", f"{STEPS_PER_ORBIT} steps/orbit, {WHFAST_STRETCH:g} t_k", "WHFast", whfast, share=WHFAST_STRETCH / END),
        Candidate("REBOUND IAS15", f"default, {IAS15_STRETCH:g} t_k", "IAS15", ias15, share=IAS15_STRETCH / END),
    ]
