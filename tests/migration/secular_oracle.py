"""A slow, readable hierarchical triple: the oracle for level 2, sharing no algebra with the kernel.

Every conservative term is one scalar potential energy, written as in its paper; gradients are taken by complex step (exact to round-off).
Tides are not closed formulas but the force of a lagging bulge (Hut 1981, A&A 99, 126, eqs. 5-8), averaged over an orbit by quadrature. Orbits
move by Milankovitch's equations, dj = -(1/L)(j x d_j Phi + e x d_e Phi), de = -(1/L)(j x d_e Phi + e x d_j Phi) (Tremaine, Touma & Namouni 2009).
Units: au, Msun, yr. States are (14,) arrays j, e, j2, e2, a, s with s = Omega_p R_p^2.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from analysis.constants import C_LIGHT, G

ANGLES = 2 * math.pi * np.arange(48) / 48  # true anomalies; the averaged forces are trigonometric polynomials of degree below 12
TINY = 1e-30


@dataclass(frozen=True)
class Triple:
    """A row of `triple.SYSTEM` with the physics by name and both radii, in au, held fixed."""

    system: tuple
    physics: dict
    companion_radius: float = 0.0
    star_radius: float = 0.0

    @property
    def masses(self):
        return self.system[0], self.system[1], self.system[2]

    @property
    def outer_axis(self):
        return self.system[4]


def dot(u, v):
    return (u * v).sum(-1)


def circular_momenta(triple, a):
    """Angular momenta of the inner and outer orbit if they were circular, Msun au^2/yr."""
    m1, m2, m3 = triple.masses
    m12, m123 = m1 + m2, m1 + m2 + m3
    return m1 * m2 / m12 * math.sqrt(G * m12 * a), m12 * m3 / m123 * math.sqrt(G * m123 * triple.outer_axis)


def scale(triple, a):
    """C = G m1 m2 m3 a^2 / (m12 a2^3)."""
    m1, m2, m3 = triple.masses
    return G * m1 * m2 * m3 * a**2 / ((m1 + m2) * triple.outer_axis**3)


def quadrupole(triple, j, e, j2, e2, a):
    """Kozai (1962); vector form of Tremaine & Yavetz (2014): interaction energy averaged over both orbits."""
    length = np.sqrt(dot(j2, j2))
    normal = j2 / length[..., None]
    return scale(triple, a) / 8 / length**3 * (1 - 6 * dot(e, e) + 15 * dot(e, normal) ** 2 - 3 * dot(j, normal) ** 2)


def octupole(triple, j, e, j2, e2, a):
    """Liu, Munoz & Lai (2015), eq. 19: the next order, with unit vectors along the outer apsis and normal."""
    m1, m2, _ = triple.masses
    length = np.sqrt(dot(j2, j2))
    normal = j2 / length[..., None]
    ez, jz, ex, jx = dot(e, normal), dot(j, normal), dot(e, e2), dot(j, e2)  # the last two carry the factor |e2|
    amplitude = 15 / 64 * scale(triple, a) * a / triple.outer_axis * (m1 - m2) / (m1 + m2) / length**5
    return amplitude * (ex * (8 * dot(e, e) - 1 - 35 * ez**2 + 5 * jz**2) + 10 * ez * jx * jz)


def brown(triple, j, e, j2, e2, a):
    """Luo, Katz & Dong (2016), eq. 33, for a circular outer orbit, with the factor 1 + 2 e2^2/3 of Tremaine (2023) for an eccentric one."""
    m1, m2, m3 = triple.masses
    length2 = dot(j2, j2)
    ez, jz = dot(e, j2) / np.sqrt(length2), dot(j, j2) / np.sqrt(length2)
    single = (a / triple.outer_axis) ** 1.5 * m3 / math.sqrt((m1 + m2) * (m1 + m2 + m3)) / length2**1.5
    shape = jz * ((1 - jz**2) / 3 + 8 * dot(e, e) - 5 * ez**2)
    return -27 / 64 * scale(triple, a) / length2**1.5 * single * (1 + 2 / 3 * (1 - length2)) * shape


def relativity(triple, j, e, j2, e2, a):
    """1PN, up to a constant: -3 G^2 m1 m2 m12 / (c^2 a^2 j)."""
    m1, m2, _ = triple.masses
    return -3 * G**2 * m1 * m2 * (m1 + m2) / (C_LIGHT**2 * a**2 * np.sqrt(dot(j, j)))


def tidal_bulge(mass, other, radius, love, j, e, a):
    """-(k_2/2) G m'^2 R^5 <r^-6>: half the energy of the bulge that m' raises on the body, since the bulge follows m'."""
    x = dot(e, e)
    return -love / 2 * G * other**2 * radius**5 / a**6 * (1 + 3 * x + 3 / 8 * x**2) / dot(j, j) ** 4.5


def rotational_bulge(mass, other, radius, love, spin, j, a):
    """-G m m' J_2 R^2 / (2 a^3 j^3), J_2 = k_2 Omega^2 R^3 / (3 G m), equator in the orbital plane."""
    oblateness = love * spin**2 * radius**3 / (3 * G * mass)
    return -G * mass * other * oblateness * radius**2 / (2 * a**3 * dot(j, j) ** 1.5)


def orbit(e, a, total_mass):
    """r, radial speed, angular speed at ANGLES, and the weight dt / P of each, of a Kepler orbit."""
    n = math.sqrt(G * total_mass / a**3)
    j2 = 1 - e * e
    r = a * j2 / (1 + e * np.cos(ANGLES))
    angular = n * a * a * math.sqrt(j2) / r**2
    weight = n / angular / len(ANGLES)
    return r, n * a * e * np.sin(ANGLES) / math.sqrt(j2), angular, weight


def lagging_force(triple, mass, other, radius, love, lag, spin, r, radial, angular):
    """(radial, transverse) force on the relative orbit by the bulge that lags by `lag` on the body; only the part that the lag adds."""
    strength = 3 * love * G * other**2 * radius**5 / r**7
    return -strength * 3 * lag * radial / r, strength * lag * (spin - angular)


def friction(triple, mass, other, radius, love, lag, spin, e, a):
    """(da/dt, de/dt, orbital torque) by one body's lagging bulge: orbit averages of power and torque."""
    m1, m2, _ = triple.masses
    r, radial, angular, weight = orbit(e, a, m1 + m2)
    along, across = lagging_force(triple, mass, other, radius, love, lag, spin, r, radial, angular)
    power = (weight * (along * radial + across * r * angular)).sum()
    torque = (weight * across * r).sum()
    energy = -G * m1 * m2 / (2 * a)
    momentum = circular_momenta(triple, a)[0] * math.sqrt(1 - e * e)
    axis_rate = -a * power / energy
    # L^2 = G m12 mu^2 a (1 - e^2)
    eccentricity_rate = (1 - e * e) / (2 * e) * (axis_rate / a - 2 * torque / momentum) if e > 0 else 0.0
    return axis_rate, eccentricity_rate, torque


def pseudo_synchronous(triple, e, a):
    """The spin in rad/yr at which a lagging bulge exerts no torque over an orbit."""
    m1, m2, _ = triple.masses
    r, _, angular, weight = orbit(e, a, m1 + m2)
    return (weight * angular / r**6).sum() / (weight / r**6).sum()


def gradients(potential, triple, vectors, a):
    """(d_j, d_e, d_j2, d_e2) of one potential by complex step; `vectors` (4, 3)."""
    steps = vectors + 1j * TINY * np.eye(12).reshape(12, 4, 3)
    return potential(triple, *np.moveaxis(steps, 1, 0), a).imag.reshape(4, 3) / TINY


def conservative(triple, state):
    """The potentials in force, as functions of (triple, j, e, j2, e2, a)."""
    physics = triple.physics
    m1, m2, _ = triple.masses
    terms = [quadrupole]
    terms += [term for name, term in (("octupole", octupole), ("corrected_averaging", brown), ("relativity", relativity)) if physics[name]]
    if physics["bulges"]:
        spin = companion_spin(triple, state)
        kp, ks, rp, rs = physics["companion_love"], physics["star_love"], triple.companion_radius, triple.star_radius
        terms += [
            lambda t, j, e, j2, e2, a: tidal_bulge(m2, m1, rp, kp, j, e, a) + tidal_bulge(m1, m2, rs, ks, j, e, a),
            lambda t, j, e, j2, e2, a: rotational_bulge(m2, m1, rp, kp, spin, j, a) + rotational_bulge(m1, m2, rs, ks, physics["star_spin"], j, a),
        ]
    return terms


def companion_spin(triple, state):
    if triple.physics["pseudo_synchronous"]:
        return pseudo_synchronous(triple, np.linalg.norm(state[3:6]), state[12])
    return state[13] / triple.companion_radius**2 if triple.companion_radius else 0.0


def rates(triple, state):
    """d(state)/dt in 1/yr with every term that the physics switches on."""
    j, e, j2, e2 = vectors = state[:12].reshape(4, 3)
    a = state[12]
    inner, outer = circular_momenta(triple, a)
    dj, de, dj2, de2 = sum(gradients(term, triple, vectors, a) for term in conservative(triple, state))
    out = np.zeros(14)
    out[0:3] = -(np.cross(j, dj) + np.cross(e, de)) / inner
    out[3:6] = -(np.cross(j, de) + np.cross(e, dj)) / inner
    out[6:9] = -(np.cross(j2, dj2) + np.cross(e2, de2)) / outer
    out[9:12] = -(np.cross(j2, de2) + np.cross(e2, dj2)) / outer
    physics = triple.physics
    if physics["friction"]:
        m1, m2, _ = triple.masses
        size = np.linalg.norm(e)
        bodies = (
            (m2, m1, triple.companion_radius, physics["companion_love"], physics["companion_lag"], companion_spin(triple, state)),
            (m1, m2, triple.star_radius, physics["star_love"], physics["star_lag"], physics["star_spin"]),
        )
        moves = [friction(triple, *body, size, a) for body in bodies]
        out[12] = sum(move[0] for move in moves)
        change = sum(move[1] for move in moves)
        if size > 0:
            out[3:6] += change * e / size
        out[0:3] += -size * change / dot(j, j) * j
        if not physics["pseudo_synchronous"]:
            out[13] = -moves[0][2] / (physics["companion_inertia"] * m2)
    return out


def start(system, spin_variable=0.0):
    """State (14,) of a row of `triple.SYSTEM`: outer orbit in the xy plane, the companion's ascending node on x."""
    _, _, _, a, _, e, e2, inclination, w, w2 = system

    def turned(x, y):
        return np.array([x, y * math.cos(inclination), y * math.sin(inclination)])

    normal = np.array([0.0, -math.sin(inclination), math.cos(inclination)])
    return np.concatenate([
        math.sqrt(1 - e * e) * normal, e * turned(math.cos(w), math.sin(w)), [0.0, 0.0, math.sqrt(1 - e2 * e2)],
        [e2 * math.cos(w2), e2 * math.sin(w2), 0.0], [a, spin_variable],
    ])


def integrate(triple, state, times, tolerance=1e-12, radii=None, events=None):
    """scipy's dense solution from times[0] to times[-1] by DOP853; radii(t) -> (companion, star) in au overrides the fixed ones."""

    def flow(t, y):
        now = triple if radii is None else Triple(triple.system, triple.physics, *radii(t))
        return rates(now, y)

    return solve_ivp(flow, (times[0], times[-1]), state, method="DOP853", rtol=tolerance, atol=tolerance * 1e-1, t_eval=times if len(times) > 2 else None,
                     dense_output=len(times) == 2, events=events)


def energy(triple, state):
    """Orbital energy of the inner orbit plus all potentials in force, Msun au^2/yr^2."""
    m1, m2, _ = triple.masses
    vectors = state[:12].reshape(4, 3)
    return -G * m1 * m2 / (2 * state[12]) + sum(float(term(triple, *vectors, state[12])) for term in conservative(triple, state))


def angular_momentum(triple, state):
    """Total orbital angular momentum (3,), Msun au^2/yr."""
    inner, outer = circular_momenta(triple, state[12])
    return inner * state[0:3] + outer * state[6:9]


def single_averaged(state, e2, ratio, time, phase):
    """Test particle after one averaging: (6,) j, e at `time`, in units of L/C, from the explicit Kepler motion of the perturber.

    ratio = epsilon_SA (1 - e2^2)^(3/2), so the perturber's mean anomaly is phase + time/ratio; its orbit lies in the xy plane, apsis on x.
    """

    def flow(t, y):
        r, f = kepler(phase + t / ratio, e2)
        n = np.array([math.cos(f), math.sin(f), 0.0])
        j, e = y[:3], y[3:]
        k = 0.25 / r**3
        dj, de = 6 * k * j.dot(n) * n, k * (12 * e - 30 * e.dot(n) * n)
        return -np.concatenate([cross(j, dj) + cross(e, de), cross(j, de) + cross(e, dj)])

    return solve_ivp(flow, (0.0, time), state, method="DOP853", rtol=1e-10, atol=1e-11).y[:, -1]


def cross(u, v):
    return np.array([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])


def kepler(mean, e):
    """(r/a, true anomaly) at a mean anomaly in rad."""
    mean = math.remainder(mean, 2 * math.pi)
    eccentric = mean + e * math.sin(mean)
    for _ in range(8):
        eccentric -= (eccentric - e * math.sin(eccentric) - mean) / (1 - e * math.cos(eccentric))
    return 1 - e * math.cos(eccentric), 2 * math.atan2(math.sqrt(1 + e) * math.sin(eccentric / 2), math.sqrt(1 - e) * math.cos(eccentric / 2))


def osculating(state, e2, ratio, mean):
    """Osculating (j, e) of a mean state (6,) when the perturber has this mean anomaly: the flow of the generating function for unit time.

    n2 chi = K [I (f - l + e2 sin f) + D A + X B], K = (C/4)(1 - e2^2)^(-3/2), from integrating the single-averaged potential over f; the constant
    in B makes its mean over (1 + e2 cos f) df vanish, which is the gauge in which the corrected average is symmetric about the outer normal.
    """
    _, f = kepler(mean, e2)
    o = math.remainder(f - mean, 2 * math.pi) + e2 * math.sin(f)
    a = math.sin(2 * f) / 2 + e2 * (math.sin(f) / 2 + math.sin(3 * f) / 6)
    b = e2**2 / 4 - math.cos(2 * f) / 2 - e2 * (math.cos(f) / 2 + math.cos(3 * f) / 6)
    k = ratio / 4 * (1 - e2**2) ** -1.5
    plane = np.array([[o + a, b, 0], [b, o - a, 0], [0, 0, 0]])

    def flow(t, y):
        j, e = y[:3], y[3:]
        dj, de = 3 * k * plane @ j, k * (12 * o * e - 15 * plane @ e)
        return -np.concatenate([cross(j, dj) + cross(e, de), cross(j, de) + cross(e, dj)])

    return solve_ivp(flow, (0.0, 1.0), state, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
