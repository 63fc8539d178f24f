"""Level 2, the integrator: DOP853 for LANES triples side by side, each with its own time and step.

The pair of orders 8 and 5 (3) of Dormand & Prince in the form of Hairer, Norsett & Wanner (1993, Solving Ordinary Differential Equations I,
section II.10; coefficients of their Fortran program). All triples take every attempt together and accept or reject it alone, so a triple's
numbers do not depend on its neighbours.
"""

import math

from numba import njit

from analysis.migration.secular.equations import AXIS, LANES, STATES, kernel, short_range, three_body

__all__ = ["LENGTH", "STAGES", "attempt", "derivative"]

W = LANES
LENGTH = STATES * LANES
STAGES = 13  # stage 12 is the derivative at the end of the step
N = LENGTH
SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
TINY = 1e-60  # keeps 0/0 out of a state that does not change


@kernel
def derivative(y, p, radii, fraction, forces, k, stage):
    """Write the derivative of all lanes to stage `stage` of k; `forces` adds short-range forces and tides."""
    three_body(y, p, k[stage])
    if forces:
        short_range(y, p, radii, fraction, k[stage])


@kernel
def attempt(y, h, wide, p, radii, forces, tolerance, k, stage, new, error, factor):
    """One step of h (LANES,) yr for every lane from y (LENGTH,), whose derivative is stage 0 of k.

    Fills `new` (LENGTH,), its derivative (stage 12 of k), error (LANES,) - accepted when <= 1 - and factor (LANES,), by which the
    step may change. `wide` and `stage` (LENGTH,) are scratch. The error is measured against `tolerance` for e, j2 and e2, and relative
    to |j|, a and s for these: friction depends on high powers of j.
    """
    for i in range(STATES):
        for l in range(W):
            wide[i * W + l] = h[l]
    for i in range(N):
        stage[i] = y[i] + wide[i] * (5.26001519587677318785587544488e-2 * k[0, i])
    derivative(stage, p, radii, 0.526001519587677318785587544488e-01, forces, k, 1)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (1.97250569845378994544595329183e-2 * k[0, i] + 5.91751709536136983633785987549e-2 * k[1, i])
    derivative(stage, p, radii, 0.789002279381515978178381316732e-01, forces, k, 2)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (2.95875854768068491816892993775e-2 * k[0, i] + 8.87627564304205475450678981324e-2 * k[2, i])
    derivative(stage, p, radii, 0.118350341907227396726757197510, forces, k, 3)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            2.41365134159266685502369798665e-1 * k[0, i] - 8.84549479328286085344864962717e-1 * k[2, i]
            + 9.24834003261792003115737966543e-1 * k[3, i]
        )
    derivative(stage, p, radii, 0.281649658092772603273242802490, forces, k, 4)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            3.7037037037037037037037037037e-2 * k[0, i] + 1.70828608729473871279604482173e-1 * k[3, i]
            + 1.25467687566822425016691814123e-1 * k[4, i]
        )
    derivative(stage, p, radii, 1.0 / 3.0, forces, k, 5)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            3.7109375e-2 * k[0, i] + 1.70252211019544039314978060272e-1 * k[3, i] + 6.02165389804559606850219397283e-2 * k[4, i]
            - 1.7578125e-2 * k[5, i]
        )
    derivative(stage, p, radii, 0.25, forces, k, 6)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            3.70920001185047927108779319836e-2 * k[0, i] + 1.70383925712239993810214054705e-1 * k[3, i]
            + 1.07262030446373284651809199168e-1 * k[4, i] - 1.53194377486244017527936158236e-2 * k[5, i]
            + 8.27378916381402288758473766002e-3 * k[6, i]
        )
    derivative(stage, p, radii, 0.307692307692307692307692307692, forces, k, 7)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            6.24110958716075717114429577812e-1 * k[0, i] - 3.36089262944694129406857109825 * k[3, i]
            - 8.68219346841726006818189891453e-1 * k[4, i] + 2.75920996994467083049415600797e1 * k[5, i]
            + 2.01540675504778934086186788979e1 * k[6, i] - 4.34898841810699588477366255144e1 * k[7, i]
        )
    derivative(stage, p, radii, 0.651282051282051282051282051282, forces, k, 8)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            4.77662536438264365890433908527e-1 * k[0, i] - 2.48811461997166764192642586468 * k[3, i]
            - 5.90290826836842996371446475743e-1 * k[4, i] + 2.12300514481811942347288949897e1 * k[5, i]
            + 1.52792336328824235832596922938e1 * k[6, i] - 3.32882109689848629194453265587e1 * k[7, i]
            - 2.03312017085086261358222928593e-2 * k[8, i]
        )
    derivative(stage, p, radii, 0.6, forces, k, 9)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            -9.3714243008598732571704021658e-1 * k[0, i] + 5.18637242884406370830023853209 * k[3, i]
            + 1.09143734899672957818500254654 * k[4, i] - 8.14978701074692612513997267357 * k[5, i]
            - 1.85200656599969598641566180701e1 * k[6, i] + 2.27394870993505042818970056734e1 * k[7, i]
            + 2.49360555267965238987089396762 * k[8, i] - 3.0467644718982195003823669022 * k[9, i]
        )
    derivative(stage, p, radii, 0.857142857142857142857142857142, forces, k, 10)
    for i in range(N):
        stage[i] = y[i] + wide[i] * (
            2.27331014751653820792359768449 * k[0, i] - 1.05344954667372501984066689879e1 * k[3, i]
            - 2.00087205822486249909675718444 * k[4, i] - 1.79589318631187989172765950534e1 * k[5, i]
            + 2.79488845294199600508499808837e1 * k[6, i] - 2.85899827713502369474065508674 * k[7, i]
            - 8.87285693353062954433549289258 * k[8, i] + 1.23605671757943030647266201528e1 * k[9, i]
            + 6.43392746015763530355970484046e-1 * k[10, i]
        )
    derivative(stage, p, radii, 1.0, forces, k, 11)
    for i in range(N):
        new[i] = y[i] + wide[i] * (
            5.42937341165687622380535766363e-2 * k[0, i] + 4.45031289275240888144113950566 * k[5, i]
            + 1.89151789931450038304281599044 * k[6, i] - 5.8012039600105847814672114227 * k[7, i]
            + 3.1116436695781989440891606237e-1 * k[8, i] - 1.52160949662516078556178806805e-1 * k[9, i]
            + 2.01365400804030348374776537501e-1 * k[10, i] + 4.47106157277725905176885569043e-2 * k[11, i]
        )
    derivative(new, p, radii, 1.0, forces, k, 12)
    _errors(y, new, h, tolerance, k, wide, stage, error, factor)


@kernel
def _errors(y, new, h, tolerance, k, fifth, third, error, factor):
    """error and factor of `attempt`: |h| |e5|^2 / sqrt(|e5|^2 + 0.01 |e3|^2) over the scaled states (Hairer et al., eq. II.10.16)."""
    for i in range(N):
        fifth[i] = (
            0.1312004499419488073250102996e-01 * k[0, i] - 0.1225156446376204440720569753e+01 * k[5, i]
            - 0.4957589496572501915214079952e+00 * k[6, i] + 0.1664377182454986536961530415e+01 * k[7, i]
            - 0.3503288487499736816886487290e+00 * k[8, i] + 0.3341791187130174790297318841e+00 * k[9, i]
            + 0.8192320648511571246570742613e-01 * k[10, i] - 0.2235530786388629525884427845e-01 * k[11, i]
        )
        third[i] = (
            (5.42937341165687622380535766363e-2 - 0.244094488188976377952755905512) * k[0, i]
            + 4.45031289275240888144113950566 * k[5, i] + 1.89151789931450038304281599044 * k[6, i]
            - 5.8012039600105847814672114227 * k[7, i] + (3.1116436695781989440891606237e-1 - 0.733846688281611857341361741547) * k[8, i]
            - 1.52160949662516078556178806805e-1 * k[9, i] + 2.01365400804030348374776537501e-1 * k[10, i]
            + (4.47106157277725905176885569043e-2 - 0.220588235294117647058823529412e-1) * k[11, i]
        )
    unit = 1.0 / (tolerance * tolerance)
    for l in range(W):
        jj = min(_square(y, l), _square(new, l))
        five = (fifth[l] * fifth[l] + fifth[W + l] * fifth[W + l] + fifth[2 * W + l] * fifth[2 * W + l]) / jj
        three = (third[l] * third[l] + third[W + l] * third[W + l] + third[2 * W + l] * third[2 * W + l]) / jj
        for c in range(3, AXIS):
            i = c * W + l
            five += fifth[i] * fifth[i]
            three += third[i] * third[i]
        for c in range(AXIS, STATES):
            i = c * W + l
            scale = 1.0 / (y[i] * y[i] + TINY)
            five += fifth[i] * fifth[i] * scale
            three += third[i] * third[i] * scale
        square = unit * h[l] * h[l] * five * five / ((five + 0.01 * three + TINY) * STATES)
        error[l] = math.sqrt(square)
        # error^(-1/8) by four square roots, the same on every machine
        growth = SAFETY / math.sqrt(math.sqrt(math.sqrt(math.sqrt(square + 1e-40))))
        factor[l] = min(GROW, max(SHRINK, growth))


@njit(cache=True, error_model="numpy", inline="always")
def _square(y, l):
    return y[l] * y[l] + y[W + l] * y[W + l] + y[2 * W + l] * y[2 * W + l]
