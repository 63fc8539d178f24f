"""REBOUND with REBOUNDx `modify_orbits_forces` on circumbinary systems: reads JSON from standard input, writes JSON to standard output.

A process of its own, since the library of REBOUNDx finds that of REBOUND only through LD_LIBRARY_PATH: `peer` starts it. Input: {"integrator":
"ias15" or "whfast", "steps": per period of the binary, "samples": per axis time, "systems": rows of `analysis.migration.circumbinary.kernel.SYSTEM`};
output per system: end time in periods, reason, sampled period ratios, processor seconds of the integration alone, without the sampling in Python.
"""

import importlib.util
import json
import math
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

__all__ = ["available", "peer"]

PERIOD = 2.0 * math.pi
FAR = 100.0


def available() -> bool:
    """True when both packages are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("rebound", "reboundx"))


def peer(systems: Any, integrator: str, steps: float = 20.0, samples: int = 2000, timeout: float = 600.0) -> list[dict[str, Any]]:
    """Results of the systems (n, len(SYSTEM)), in a process of its own; RuntimeError with its last words when it fails."""
    found = importlib.util.find_spec("rebound")
    assert found is not None and found.origin is not None
    folder = str(Path(found.origin).parent.parent)
    request = {"integrator": integrator, "steps": steps, "samples": samples, "systems": [list(map(float, row)) for row in systems]}
    done = subprocess.run(
        [sys.executable, __file__], input=json.dumps(request), capture_output=True, text=True, timeout=timeout, check=False,
        env={**os.environ, "LD_LIBRARY_PATH": folder + ":" + os.environ.get("LD_LIBRARY_PATH", "")},
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout)


def _one(row: list[float], integrator: str, steps: float, samples: int) -> dict[str, Any]:
    import rebound
    import reboundx

    q, eb, ep, mass, tau_a, tau_e, ratio, pericentre, radius_a, radius_b, _form, longest = row
    simulation = rebound.Simulation()
    simulation.G = 1.0
    simulation.add(m=1.0 / (1.0 + q))
    simulation.add(m=q / (1.0 + q), a=1.0, e=eb, f=0.0)
    simulation.add(m=mass, a=ratio ** (2.0 / 3.0), e=ep, omega=pericentre, f=0.0)
    simulation.move_to_com()
    extras = reboundx.Extras(simulation)
    force = extras.load_force("modify_orbits_forces")
    extras.add_force(force)
    planet = simulation.particles[2]
    planet.params["tau_a"], planet.params["tau_e"] = -tau_a * PERIOD, -tau_e * PERIOD
    simulation.integrator = integrator
    if integrator == "whfast":
        simulation.dt = PERIOD / steps
    ratios, reason, spent = [], "time_limit", 0.0
    while simulation.t < longest * PERIOD:
        begin = time.process_time()
        simulation.integrate(simulation.t + tau_a * PERIOD / samples, exact_finish_time=0)
        spent += time.process_time() - begin
        a, b, c = simulation.particles[0], simulation.particles[1], simulation.particles[2]
        distance_a, distance_b = math.hypot(c.x - a.x, c.y - a.y), math.hypot(c.x - b.x, c.y - b.y)
        if distance_a < radius_a or distance_b < radius_b:
            reason = "hit_a" if distance_a < radius_a else "hit_b"
            break
        inner, outer = simulation.orbits()[:2]
        if not distance_a < FAR or (outer.a < 0.0 and distance_a > 0.2 * FAR):
            reason = "ejected"
            break
        if outer.a > 0.0:
            ratios.append((outer.a / inner.a) ** 1.5)
    return {"end_time": simulation.t / PERIOD, "reason": reason, "ratios": ratios, "cpu_s": spent}


def _main() -> None:
    warnings.simplefilter("ignore")
    request = json.load(sys.stdin)
    json.dump([_one(row, request["integrator"], request["steps"], request["samples"]) for row in request["systems"]], sys.stdout)


if __name__ == "__main__":
    _main()
