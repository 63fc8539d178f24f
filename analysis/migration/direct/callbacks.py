"""What a direct integration calls at every force evaluation and at every step, as compiled C functions without a compiler.

Both read the simulation through the addresses of its fields and keep their parameters and sums in one float64 array of length WORK, whose
address the simulation carries as its user pointer: first the FORCES of `pairforces`, then the TRACK. Particle 0 is the host, 1 the companion,
2 the perturber. With friction, two massless tracers follow whose accelerations are the power and the torque of the forces that no potential
accounts for, so that their velocities are the work done and the angular momentum given; a constant acceleration along z keeps the
integrator from choosing its steps by them.
"""

import ctypes
import math
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, njit, types
from numba.extending import intrinsic

from analysis.constants import G
from analysis.migration.direct.pairforces import FORCES, pair_forces

__all__ = ["BODIES", "TRACK", "WORK", "attach", "osculating", "reset"]

TRACK: Final = (
    "weight",  # yr, time over which the sums run
    "jx", "jy", "jz", "ex", "ey", "ez", "axis",  # osculating inner elements where r > a, summed with the steps as weights
    "gx", "gy", "gz",  # j of the outer orbit, summed alike
    "smallest_gap",  # 1 - e of the osculating inner orbit where r > a
    "smallest_periapsis",  # au, of the osculating inner orbit just after each passage
    "radial_motion", "time",  # r . v and the time (yr) at the last step
    "tracers",  # 1 when tracers are present
)
WORK = len(FORCES) + len(TRACK)
BODIES = 3  # massive ones
_T = len(FORCES)
_GAP, _PERIAPSIS, _MOTION, _TIME, _TRACERS = range(_T + 11, WORK)
_X, _Y, _Z, _VX, _VY, _VZ, _AX, _AY, _AZ, _M = range(10)  # floats of a particle


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    """An integer address as a pointer that `carray` takes."""

    def build(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.intp), build


@njit(error_model="numpy")
def osculating(rx, ry, rz, vx, vy, vz, mass, out):
    """Write (jx, jy, jz, ex, ey, ez, a) of the osculating orbit of relative position and velocity to out (7,); False when it is not bound.

    j = sqrt(1 - e^2) along the angular momentum, e towards periapsis, a in au; mass in Msun.
    """
    mu = G * mass
    r = math.sqrt(rx * rx + ry * ry + rz * rz)
    inverse = 2.0 / r - (vx * vx + vy * vy + vz * vz) / mu
    if not inverse > 0.0:
        return False
    scale = math.sqrt(inverse / mu)
    hx, hy, hz = ry * vz - rz * vy, rz * vx - rx * vz, rx * vy - ry * vx
    out[0], out[1], out[2] = hx * scale, hy * scale, hz * scale
    out[3] = (vy * hz - vz * hy) / mu - rx / r
    out[4] = (vz * hx - vx * hz) / mu - ry / r
    out[5] = (vx * hy - vy * hx) / mu - rz / r
    out[6] = 1.0 / inverse
    return True


@njit(error_model="numpy")
def _gap(out):
    """1 - e from j^2, without the loss of digits near e = 1."""
    jj = out[0] * out[0] + out[1] * out[1] + out[2] * out[2]
    return jj / (1.0 + math.sqrt(max(0.0, 1.0 - jj)))


@njit(error_model="numpy")
def _push(b, work):
    """Add the forces of `pair_forces` to the accelerations of the bodies b (particles, floats)."""
    rx, ry, rz = b[1, _X] - b[0, _X], b[1, _Y] - b[0, _Y], b[1, _Z] - b[0, _Z]
    vx, vy, vz = b[1, _VX] - b[0, _VX], b[1, _VY] - b[0, _VY], b[1, _VZ] - b[0, _VZ]
    factor, wx, wy, wz = pair_forces(rx, ry, rz, vx, vy, vz, work)
    fx, fy, fz = factor * rx + wx, factor * ry + wy, factor * rz + wz
    m1, m2 = work[0], work[1]
    b[0, _AX] -= fx / m1
    b[0, _AY] -= fy / m1
    b[0, _AZ] -= fz / m1
    b[1, _AX] += fx / m2
    b[1, _AY] += fy / m2
    b[1, _AZ] += fz / m2
    if work[_TRACERS] != 0.0:
        b[3, _AX] = wx * vx + wy * vy + wz * vz
        b[3, _AY], b[3, _AZ] = ry * wz - rz * wy, 1.0
        b[4, _AX], b[4, _AY], b[4, _AZ] = rz * wx - rx * wz, rx * wy - ry * wx, 1.0


@njit(error_model="numpy")
def _watch(b, t, work):
    """Sum and note what the step that ends at time t (yr) shows."""
    step = t - work[_TIME]
    work[_TIME] = t
    out = np.empty(7)
    rx, ry, rz = b[1, _X] - b[0, _X], b[1, _Y] - b[0, _Y], b[1, _Z] - b[0, _Z]
    vx, vy, vz = b[1, _VX] - b[0, _VX], b[1, _VY] - b[0, _VY], b[1, _VZ] - b[0, _VZ]
    m1, m2 = b[0, _M], b[1, _M]
    if not osculating(rx, ry, rz, vx, vy, vz, m1 + m2, out):
        return
    gap = _gap(out)
    moving = rx * vx + ry * vy + rz * vz
    if work[_MOTION] < 0.0 <= moving:
        work[_PERIAPSIS] = min(work[_PERIAPSIS], out[6] * gap)
    work[_MOTION] = moving
    if rx * rx + ry * ry + rz * rz < out[6] * out[6]:
        return
    work[_GAP] = min(work[_GAP], gap)
    work[_T] += step
    for i in range(7):
        work[_T + 1 + i] += step * out[i]
    share = m2 / (m1 + m2)
    cx, cy, cz = b[0, _X] + share * rx, b[0, _Y] + share * ry, b[0, _Z] + share * rz
    ux, uy, uz = b[0, _VX] + share * vx, b[0, _VY] + share * vy, b[0, _VZ] + share * vz
    outer = osculating(b[2, _X] - cx, b[2, _Y] - cy, b[2, _Z] - cz, b[2, _VX] - ux, b[2, _VY] - uy, b[2, _VZ] - uz, m1 + m2 + b[2, _M], out)
    if outer:
        for i in range(3):
            work[_T + 8 + i] += step * out[i]


def reset(work: np.ndarray) -> None:
    """Empty the sums and extremes of a window; what spans windows stays."""
    work[_T : _T + 11] = 0.0
    work[_GAP], work[_PERIAPSIS] = math.inf, math.inf


def attach(simulation: Any, work: np.ndarray) -> tuple[Any, ...]:
    """Make a REBOUND simulation call the forces and the watch, with `work` (WORK,) float64 holding their parameters.

    Returns what the simulation holds addresses of: keep it as long as the simulation. Raises RuntimeError for a REBOUND whose structures
    are laid out otherwise.
    """
    import rebound

    kind, body = rebound.Simulation, rebound.Particle
    places = (kind.t.offset, kind._particles.offset, kind.extras.offset, ctypes.sizeof(body))
    fields = ("x", "y", "z", "vx", "vy", "vz", "ax", "ay", "az", "m")
    if any(place % 8 for place in places) or [getattr(body, name).offset for name in fields] != list(range(0, 80, 8)):
        raise RuntimeError("the layout of REBOUND's structures is not the one these functions read")
    time, bodies, extras, floats = (place // 8 for place in places)
    words = max(time, bodies, extras) + 1
    shape = (len(simulation.particles), floats)

    @cfunc(types.void(types.voidptr), error_model="numpy")
    def forces(address):
        field = carray(address, (words,), np.int64)
        _push(carray(_pointer(field[bodies]), shape, np.float64), carray(_pointer(field[extras]), (WORK,), np.float64))

    @cfunc(types.void(types.voidptr), error_model="numpy")
    def watch(address):
        field = carray(address, (words,), np.int64)
        t = carray(address, (words,), np.float64)[time]
        _watch(carray(_pointer(field[bodies]), shape, np.float64), t, carray(_pointer(field[extras]), (WORK,), np.float64))

    work[_TIME], work[_TRACERS] = simulation.t, float(shape[0] > BODIES)
    simulation.extras = work.ctypes.data
    simulation.force_is_velocity_dependent = 1
    simulation.additional_forces = forces.address
    simulation.heartbeat = watch.address
    return work, forces, watch
