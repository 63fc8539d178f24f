"""The desert's likelihood, densities, two lines, left-out densities and sampling against independent oracles."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import expit

from analysis.config import DesertConfig
from analysis.population.desert.fits import _halves
from analysis.population.desert.likelihood import by_host, log_terms, pointwise, quadrature, simulated_case, simulated_values
from analysis.population.desert.lines import NAMES, _density, bounds, line_data, line_terms
from analysis.population.desert.loo import difference, exact, psis
from analysis.population.desert.models import dip_profile, families, prior_points, valleys
from analysis.population.desert.rows import case_from, cell_weights, cells
from analysis.population.desert.sampling import sampled
from analysis.population.desert.valley import bootstrap_p, judged, null_statistics, quantiles, table_of

CONFIG = DesertConfig()
X_EDGES, Y_EDGES = cells(1e-3, 1.0, 0.1), cells(0.1, 10.0, 0.25)
X, Y = (X_EDGES[1:] + X_EDGES[:-1]) / 2, (Y_EDGES[1:] + Y_EDGES[:-1]) / 2


def detection():
    """Two methods with opposite slopes in x and different reach in y."""
    rising = expit((X[:, None] + 1.5 + 0.3 * Y) / 0.4)
    falling = 0.2 + expit((-X[:, None] - 1.0 - 0.5 * Y) / 0.5)
    return np.array([rising, falling])


def make_case(n=40, seed=1, sigma=0.1, sigma_y=1e-4):
    """n companions at the centres of cells, so that without errors each lies in one cell."""
    rng = np.random.default_rng(seed)
    x, y, method = rng.choice(X[1:-1], n), rng.choice(Y[1:-1], n), rng.integers(0, 2, n)
    return case_from("mass_ratio", X_EDGES, Y_EDGES, x, y, np.full(n, sigma), np.full(n, sigma_y), detection(), ("a", "b"), method, np.arange(n) // 2)


def test_profiled_poisson_process_in_bins():
    """Maximising the binned Poisson likelihood over every method's rate at every axis, one by one, leaves the same difference between two densities."""
    case = make_case(sigma=0.0)
    seen = detection()
    cell = np.searchsorted(X_EDGES, case.x) - 1
    place = np.searchsorted(Y_EDGES, case.y) - 1
    densities = np.array([10 ** (-0.6 * X), 1 + np.exp(-0.5 * ((X + 1) / 0.3) ** 2)])
    found = []
    for f in densities:
        total = 0.0
        for m in range(2):
            for j in range(len(Y)):
                counts = np.bincount(cell[(case.method == m) & (place == j)], minlength=len(X))
                if counts.sum():
                    loss = minimize_scalar(lambda s, m=m, j=j, c=counts, f=f: -stats.poisson.logpmf(c, np.exp(s) * f * seen[m, :, j]).sum(), bounds=(-15, 15), method="bounded", options={"xatol": 1e-9})
                    total -= loss.fun
        found.append(total)
    ours = pointwise(densities, case).sum(axis=1)
    assert ours[0] - ours[1] == pytest.approx(found[0] - found[1], abs=1e-5)


def test_rows_without_errors_in_one_cell():
    case = make_case(sigma=0.0)
    f = 10 ** (0.4 * X)
    cell, place = np.searchsorted(X_EDGES, case.x) - 1, np.searchsorted(Y_EDGES, case.y) - 1
    along = detection()[case.method, :, place]
    expected = np.log(f[cell] * along[np.arange(len(cell)), cell] / (along @ f * 0.1))
    assert pointwise(f[None], case)[0] == pytest.approx(expected, abs=1e-9)
    assert pointwise(7 * f[None], case)[0] == pytest.approx(expected, abs=1e-9)  # the scale never matters


def test_cell_weights_are_the_limit_of_many_samples():
    """100 000 draws of one error put into the cells, and the average of f D over them (Foreman-Mackey, Hogg & Morton 2014, eq. 11)."""
    case = make_case(n=2, sigma=0.25)
    draws = np.random.default_rng(3).normal(case.x[0], 0.25, 100_000)
    inside = (draws > X_EDGES[0]) & (draws < X_EDGES[-1])
    share = np.histogram(draws, X_EDGES)[0] / len(draws)
    assert cell_weights(case.x[:1], np.array([0.25]), X_EDGES)[0] == pytest.approx(share, abs=0.005)
    f = 10 ** (-0.5 * X)
    cell = np.clip(np.searchsorted(X_EDGES, draws) - 1, 0, len(X) - 1)
    average = (f[cell] * case.exposure[0][cell] * inside).mean()
    assert np.exp(pointwise(f[None], case)[0, 0]) == pytest.approx(average / (f @ case.exposure[0] * case.step), rel=0.01)


def test_selection_in_the_normalisation_alone():
    case = make_case(sigma=0.3)
    f = np.ones((1, len(X)))
    expected = np.log(case.weights.sum(axis=1) / (case.exposure.sum(axis=1) * case.step))
    assert pointwise(f, case, selected=False)[0] == pytest.approx(expected)


def test_known_detection_recovers_the_truth_and_ignoring_it_is_biased():
    """4000 companions of a density 10^(-0.5 x) seen by a rising detection: the slope comes out, and too shallow without the detection."""
    n = 4000
    rng = np.random.default_rng(5)
    case = case_from("mass_ratio", X_EDGES, Y_EDGES, np.zeros(n), rng.choice(Y, n), np.full(n, 0.05), np.full(n, 1e-4), detection()[:1], ("a",), np.zeros(n, int), np.arange(n))
    drawn = simulated_case(case, simulated_values(10 ** (-0.5 * X), case, rng))
    slopes = np.linspace(-1.5, 1.5, 301)
    f = 10 ** (slopes[:, None] * X)
    known = slopes[pointwise(f, drawn).sum(axis=1).argmax()]
    blind = slopes[log_terms(f, drawn.weights, np.ones_like(drawn.exposure), drawn.step).sum(axis=1).argmax()]
    assert known == pytest.approx(-0.5, abs=0.06) and blind > 0.0


def test_quadrature_against_sums_without_the_host():
    """Left-out densities are ratios of mean likelihoods with and without the host."""
    rng = np.random.default_rng(2)
    values = rng.normal(-1, 0.7, (500, 6))
    found = quadrature(values)
    whole = np.exp(values.sum(axis=1)).mean()
    for h in range(6):
        rest = np.exp(np.delete(values, h, axis=1).sum(axis=1)).mean()
        assert found.elpd[h] == pytest.approx(np.log(whole / rest))
    assert found.log_evidence == pytest.approx(np.log(whole)) and found.weights.sum() == pytest.approx(1.0)
    assert by_host(np.arange(6.0)[None], np.array([0, 0, 1, 2, 2, 2]))[0].tolist() == [1.0, 2.0, 12.0]


def test_psis_against_exact_left_out_densities():
    """Normal data, normal prior of the mean: the density of each value given the others is a normal of known mean and variance."""
    rng = np.random.default_rng(4)
    y, spread = np.append(rng.normal(0.3, 1, 29), 2.5), 2.0
    precision = 1 / spread**2 + len(y)
    draws = rng.normal(y.sum() / precision, precision**-0.5, 8000)
    found = psis(stats.norm.logpdf(y, draws[:, None], 1.0))
    rest = precision - 1
    expected = stats.norm.logpdf(y, (y.sum() - y) / rest, np.sqrt(1 + 1 / rest))
    assert found.elpd == pytest.approx(expected, abs=0.02) and found.pareto_k.max() < 0.5
    gap, error = difference(found, exact(expected - np.linspace(0, 1, 30)))
    assert gap == pytest.approx(15.0, abs=0.1) and error == pytest.approx(np.sqrt(30) * np.linspace(0, 1, 30).std(ddof=1), rel=0.02)


def test_two_lines_against_their_formula():
    """Kernel and plain array expression of the density and of the likelihood; lines that cross are refused."""
    case = make_case(n=12, sigma=0.2, sigma_y=0.2)
    theta = np.array([[-2.0, 0.3, -0.9, -0.2, np.log10(0.05), np.log10(0.2), -1.0, -0.4], [-0.9, 0.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.0]])
    lower, upper = theta[0, 0] + theta[0, 1] * Y, theta[0, 2] + theta[0, 3] * Y
    floor = 0.1
    x = X[:, None]
    expected = (floor + (1 - floor) * (expit((x - upper) / 0.2) + expit((lower - x) / 0.05))) * 10 ** (-0.4 * (x - X.mean()))
    drawn = np.empty((len(Y), len(X)))
    _density(theta[0], X, Y, drawn)
    assert drawn.T == pytest.approx(expected, rel=1e-9)
    found = line_terms(theta, line_data(case, 0.2))
    seen = detection()[case.method]
    share = np.einsum("nx,xy,nxy->ny", case.weights, expected, seen) / (np.einsum("xy,nxy->ny", expected, seen) * case.step)
    kept = np.where(case.axis_weights > 1e-3, case.axis_weights, 0.0)
    assert found[0] == pytest.approx(np.log((share * kept / kept.sum(axis=1, keepdims=True)).sum(axis=1)), abs=1e-4)
    assert np.all(np.isneginf(found[1]))
    box = bounds(CONFIG, -3.0, 0.0)
    assert box.shape == (len(NAMES), 2) and np.all(box[:, 0] < box[:, 1]) and np.ptp(bounds(CONFIG, -3.0, 0.0, tilted=False)[-1]) < 1e-6


def test_lines_with_a_floor_of_one_are_a_power_law():
    case = make_case(n=10, sigma=0.2)
    theta = np.array([[-2.0, 0.0, -1.0, 0.0, -1.0, -1.0, 0.0, -0.7]])
    assert line_terms(theta, line_data(case, 0.2))[0] == pytest.approx(pointwise(10 ** (-0.7 * X)[None], case)[0], abs=1e-4)


def test_families_are_what_they_say():
    family = families(CONFIG, -3.0, 0.0)
    t = np.array([[0.5, -1.0, -0.5, -1.2]])
    expected = 10**0.5 * np.exp(-0.5 * ((X + 1.0) / 10**-0.5) ** 2) + 10 ** (-1.2 * (X + 1.5))
    assert family["lognormal_power"].density(t, X)[0] == pytest.approx(expected)
    assert family["concave"].density(np.array([[0.3, 0.2]]), X)[0] == pytest.approx(10 ** (0.3 * (X + 1.5) - 0.2 * (X + 1.5) ** 2))
    steps = family["step"].density(np.arange(float(CONFIG.bins))[None], X)[0]
    assert len(np.unique(steps)) == CONFIG.bins and np.all(np.diff(steps) >= 0)
    dip = family["dip"].density(np.array([[0.0, 0.0, -1.5, 0.3, -1.0]]), X)[0]
    assert dip[np.abs(X + 1.5).argmin()] == pytest.approx(0.1, abs=0.01) and dip[0] == pytest.approx(1.0, abs=1e-6)
    points = prior_points(family["lognormal_power"], 256, 1)
    unit = (points - family["lognormal_power"].bounds[:, 0]) / np.ptp(family["lognormal_power"].bounds, axis=1)
    assert stats.kstest(unit[:, 1], "uniform").pvalue > 0.99 and prior_points(family["flat"], 256, 1).shape == (1, 0)
    assert dip_profile(np.array([0.0]), -1.0, 1.0, 0.05)[0] == pytest.approx(1.0)


def test_steps_in_halves_of_the_axes():
    """Densities of opposite slope inside and outside 1 au, ten catalogues of 80: intervals of the coarse steps of each half hold its own truth."""
    n, held = 80, []
    place = np.clip(((X + 3) / 3 * CONFIG.coarse_bins).astype(int), 0, CONFIG.coarse_bins - 1)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        case = case_from("mass_ratio", X_EDGES, Y_EDGES, np.zeros(n), rng.choice(Y, n), np.full(n, 0.05), np.full(n, 1e-4), detection(), ("a", "b"), rng.integers(0, 2, n), np.arange(n))
        inner, outer = (simulated_values(10 ** (slope * X), case, rng) for slope in (-0.6, 0.6))
        halves = _halves(simulated_case(case, np.where(case.y < 0, inner, outer)), replace(CONFIG, points=16384, least_points=8.0))
        assert halves["reason"].isna().all() and halves["rows"].sum() == n
        for axis_low, slope in ((0.1, -0.6), (1.0, 0.6)):
            own, f = halves[np.isclose(halves["axis_low"], axis_low)], 10 ** (slope * X)
            truth = np.array([f[place == k].mean() for k in range(CONFIG.coarse_bins)]) / f.mean()
            held += list((own["density_low"] <= truth) & (truth <= own["density_high"]))
    assert np.mean(held) > 0.85


def test_valleys_of_known_densities():
    two = 10 ** np.array([[1.0, 0.0, -0.5, 0.2, 0.4], [1.0, 0.5, 0.2, 0.1, 0.0], [0.0, 1.0, 2.0, 1.0, 0.0]])
    depth, place = valleys(two, np.arange(5.0))
    assert depth == pytest.approx([0.9, 0.0, 0.0]) and place[0] == 2.0 and np.isnan(place[1:]).all()


def test_sampler_recovers_a_normal_and_refuses_a_short_run():
    config = replace(CONFIG, ensembles=2, walkers=24, burn_in=100, steps=1500)
    box = np.array([[-5.0, 5.0], [-5.0, 5.0], [0.0, 1e-9]])
    shape = np.array([[2.0, 0.6], [0.6, 0.5]])

    def log_likelihood(t):
        return stats.multivariate_normal([1.0, -1.0], shape).logpdf(t[:, :2])

    found = sampled(log_likelihood, box, config, [1])
    again = sampled(log_likelihood, box, config, [1])
    assert found.reason is None and np.array_equal(found.draws, again.draws)
    assert found.draws[:, :2].mean(axis=0) == pytest.approx([1.0, -1.0], abs=0.12)
    assert np.cov(found.draws[:, :2].T) == pytest.approx(shape, abs=0.2)
    short = sampled(log_likelihood, box, replace(config, steps=60, burn_in=5), [1])
    assert "autocorrelation times" in short.reason


def test_statistic_and_p():
    """The statistic is the ratio of mean likelihoods with and without a desert; its null draws are those of the same function."""
    case = make_case(n=30, sigma=0.1)
    table = table_of(case, CONFIG, 1024)
    found = judged(case, table)
    likelihood = np.exp(pointwise(table.density, case).sum(axis=1))
    assert found.statistic == pytest.approx(np.log(likelihood[table.desert].mean() / likelihood[~table.desert].mean()))
    assert found.probability == pytest.approx(likelihood[table.desert].sum() / likelihood.sum())
    assert valleys(found.null_density[None], X)[0][0] <= CONFIG.valley_depth
    value = simulated_values(found.null_density, case, np.random.default_rng([9]))
    assert null_statistics(case, table, found.null_density, [[9]])[0] == pytest.approx(judged(simulated_case(case, value), table).statistic)
    assert bootstrap_p(np.array([0.0, 1.0, 2.0]), 1.0) == 3 / 4
    assert quantiles(np.arange(100.0), np.ones(100)) == (49.0, 2.0, 97.0) and np.isnan(quantiles(np.arange(3.0), np.zeros(3))).all()
