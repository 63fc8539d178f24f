"""The forward model: closed forms, a general optimiser as reference, recovery, the gap, simulated catalogues that follow f D."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2, norm

from analysis.config import DetectionConfig
from analysis.population.selection import forward as fw
from analysis.population.selection.catalogues import Sampler, Structure, simulated, uniform_scores, with_correlations
from analysis.population.selection.gap_scan import scan
from analysis.population.selection.sensitivity import Hosts, Window

CONFIG = DetectionConfig(axis_cells=30, mass_ratio_range=(1e-5, 1.0), axis_range=(0.01, 100.0))
TRUTH = np.array([-0.8, 0.3, 0.5, -0.6, 0.4, 0.0])


def window(method: str) -> Window:
    return Window(method, (method,), Hosts(np.ones(1), np.ones(1), np.ones(1)))


def windows(grid: fw.Grid) -> np.ndarray:
    """Two methods: one sees close and heavy companions, the other those about 3 au."""
    x, y = grid.x[:, None], grid.y[None, :]
    return np.stack([1 / (1 + np.exp(-(x + 4 - y) / 0.3)) / (1 + np.exp((y - 0.3) / 0.2)), np.exp(-0.5 * ((y - 0.5) / 0.4) ** 2) / (1 + np.exp(-(x + 3) / 0.4))])


def model(family="plain", detection=None, config=CONFIG, tilted=False) -> fw.Model:
    grid = fw.make_grid(config)
    found = windows(grid) if detection is None else detection
    return fw.model_on(grid, (window("Radial Velocity"), window("Microlensing"))[: len(found)], found, family, config, tilted)


def structure(n: int, sigma=0.0) -> Structure:
    half = np.arange(n) % 2
    return Structure(half, np.arange(n), np.full(n, sigma), np.full(n, sigma))


def drawn(m: fw.Model, theta: np.ndarray, n: int, catalogues: int = 1, sigma=0.0, seed=5):
    shape = structure(n, sigma)
    return shape, *simulated(Sampler.of(m.grid, fw.found_of(m, theta)), shape, [[seed, b] for b in range(catalogues)])


def test_without_selection_the_moments_are_matched():
    """With constant detection the fit is the plain maximum-likelihood log-linear density: its moments are the sample's."""
    m = model(detection=np.ones((1, *windows(fw.make_grid(CONFIG)).shape[1:])))
    rng = np.random.default_rng(3)
    x, y = rng.normal(-3, 0.7, (1, 300)).clip(-4.9, -0.1), rng.normal(0, 0.6, (1, 300)).clip(-1.9, 1.9)
    data = fw.summarised(m, np.zeros(300, dtype=int), x, y)
    found = fw.fit(m, data, False)
    density = fw.density_of(m, found.theta[0])
    cells = m.phi(*np.meshgrid(m.grid.x, m.grid.y, indexing="ij"), 0)
    expected = (density[..., None] * cells).sum(axis=(0, 1)) / density.sum()
    assert found.converged[0]
    assert expected[:-1] == pytest.approx(m.phi(x, y, 0)[0].mean(axis=0)[:-1], abs=1e-5)


def test_exponential_law_in_closed_form():
    """A power law in q alone on a range without end: the slope of log f is one over the mean distance from the lower edge."""
    config = replace(CONFIG, mass_ratio_range=(1e-10, 1e10), desert_cells=12)
    grid = fw.make_grid(config)
    above = (grid.x > -3).astype(float)[:, None] * np.ones(len(grid.y))
    m = fw.model_on(grid, (window("Transit"),), above[None], "plain", config)
    edge = grid.x_edges[np.flatnonzero(above[:, 0])[0]]
    x = edge + np.random.default_rng(4).exponential(0.8, (1, 400))
    data = fw.summarised(m, np.zeros(400, dtype=int), x, np.zeros((1, 400)))
    fixed = np.ones((1, 6), dtype=bool)
    fixed[0, 0] = False
    found = fw._newton(m, data, np.array([[-1.0, 0, 0, 0, 0, 0]]), fixed)
    assert -found.theta[0, 0] / 1.5 == pytest.approx(1 / (x - edge).mean(), rel=2e-3)


@pytest.mark.parametrize("family", ["plain", "gaussian", "broken"])
def test_agrees_with_a_general_optimiser(family):
    """The likelihood written out again, with errors at the gap's edges, and maximised by scipy."""
    m = model(family)
    theta = np.zeros(m.terms.shape[1])
    theta[:5] = TRUTH[:5]
    shape, x, y = drawn(m, theta, 150, sigma=0.08)
    data = fw.summarised(m, shape.window, x, y, shape.sigma_x)
    found = fw.fit(m, data, True)
    cells = m.phi(*np.meshgrid(m.grid.x, m.grid.y, indexing="ij"), 0)
    rows = m.phi(x[0], y[0], 0)
    low, high = m.grid.gap
    inside = norm.cdf(high, x[0], 0.08) - norm.cdf(low, x[0], 0.08)

    def loss(t):
        z = np.log((np.exp(cells @ t) * m.detection).sum(axis=(1, 2)))
        return -(rows[:, :-1] @ t[:-1] + np.log(1 - inside + inside * np.exp(t[-1])) - z[shape.window]).sum()

    reference = minimize(loss, found.theta[0] + 0.1, method="BFGS", options={"gtol": 1e-6})
    assert found.log_likelihood[0] == pytest.approx(-loss(found.theta[0]), abs=1e-6)
    assert found.log_likelihood[0] == pytest.approx(-reference.fun, abs=1e-4)
    if found.theta[0, fw.CONCAVE] > 0.01:
        assert found.theta[0] == pytest.approx(reference.x, abs=0.02)


def test_recovers_population_and_gap_through_the_methods():
    """2000 companions: every coefficient within four standard errors of the truth, a gap of 0.7 dex among them."""
    m = model()
    theta = TRUTH.copy()
    theta[fw.GAP] = -0.7 * fw.LN10
    shape, x, y = drawn(m, theta, 2000)
    found = fw.fit(m, fw.summarised(m, shape.window, x, y), True)
    error = np.sqrt(np.diagonal(np.linalg.inv(found.information[0])))
    assert np.all(np.abs(found.theta[0] - theta) < 4 * error)
    assert np.all(error < [0.3, 0.4, 0.15, 0.5, 0.35, 0.4])
    unselected = fw.fit(model(detection=np.ones_like(m.detection)), fw.summarised(m, shape.window, x, y), True)
    assert np.any(np.abs(unselected.theta[0] - theta) > 6 * error)  # the methods matter


def test_errors_do_not_fill_the_gap():
    """With errors of a third of its width a deep gap looks shallow if they are ignored, and not if they are in the likelihood."""
    m = model()
    theta = TRUTH.copy()
    theta[fw.GAP] = -1.0 * fw.LN10
    shape, x, y = drawn(m, theta, 400, catalogues=40, sigma=0.12)
    ignored = fw.fit(m, fw.summarised(m, shape.window, x, y), True).depth
    used = fw.fit(m, fw.summarised(m, shape.window, x, y, shape.sigma_x), True).depth
    assert np.median(ignored) > -0.75
    assert -1.3 < np.median(used) < -0.85


def test_depth_is_bounded_and_curvature_not_negative():
    """No companion in the gap: the deepest allowed; two heaps at the ends: curvature zero and a slope of the likelihood that points below it."""
    m = model()
    shape, x, y = drawn(m, TRUTH, 200)
    emptied = np.where((x > m.grid.gap[0] - 0.01) & (x < m.grid.gap[1] + 0.01), m.grid.gap[0] - 0.05, x)
    found = fw.fit(m, fw.summarised(m, shape.window, emptied, y), True)
    assert found.depth[0] == -CONFIG.deepest
    assert fw.gap_interval(m, fw.summarised(m, shape.window, emptied, y), found, (0.0,), (1.96,))[0] == -CONFIG.deepest
    heaps = np.where(np.arange(200) % 4 < 2, -4.5, -0.8)[None] + 0.05 * np.sin(np.arange(200.0))
    data = fw.summarised(m, shape.window, heaps, y)
    found = fw.fit(m, data, False)
    assert found.theta[0, fw.CONCAVE] == 0.0
    assert fw._evaluate(m, found.theta, data)[1][0, fw.CONCAVE] < 0


def test_interval_ends_where_the_profile_drops():
    m = model()
    shape, x, y = drawn(m, TRUTH, 300, sigma=0.05)
    data = fw.summarised(m, shape.window, x, y, shape.sigma_x)
    full = fw.fit(m, data, True)
    for depths, quantiles in (((0.0,), (1.7,)), ((-1.0, 0.0), (1.4, 2.1))):
        low, high = fw.gap_interval(m, data, full, depths, quantiles)
        assert low < full.depth[0] < high
        for end in (low, high):
            held = fw.fit(m, data, np.array([end * fw.LN10]))
            assert np.sqrt(2 * (full.log_likelihood[0] - held.log_likelihood[0])) == pytest.approx(np.interp(end, depths, quantiles), abs=1e-3)


def test_score_of_the_scan_is_the_derivative_at_no_gap():
    """At the declared gap the scan is the gradient over the root of what the other terms leave of the information."""
    m = model()
    shape, x, y = drawn(m, TRUTH, 300, catalogues=3)
    data = fw.summarised(m, shape.window, x, y)
    null = fw.fit(m, data, False)
    scores, centres = scan(m, null, data, x, (-4.0, -0.2))
    place = np.abs(centres - np.mean(m.grid.gap)).argmin()
    _, gradient, information, _ = fw._evaluate(m, null.theta, data)
    left = 1 / np.linalg.inv(information)[:, fw.GAP, fw.GAP]
    assert scores[:, place] == pytest.approx(gradient[:, fw.GAP] / np.sqrt(left), rel=1e-4)


def test_a_finer_grid_and_another_order_of_rows_change_nothing():
    m = model()
    shape, x, y = drawn(m, TRUTH, 300)
    coarse = fw.fit(m, fw.summarised(m, shape.window, x, y), True)
    order = np.random.default_rng(1).permutation(300)
    shuffled = fw.fit(m, fw.summarised(m, shape.window[order], x[:, order], y[:, order]), True)
    assert shuffled.theta == pytest.approx(coarse.theta, abs=1e-6)
    fine_model = model(config=replace(CONFIG, desert_cells=8, axis_cells=60))
    fine = fw.fit(fine_model, fw.summarised(fine_model, shape.window, x, y), True)
    assert fine.depth[0] == pytest.approx(coarse.depth[0], abs=0.01)


def test_a_free_tilt_absorbs_a_wrong_slope_of_a_curve():
    """Curves of the second method off by a power of q: the tilted model finds that power and the population."""
    true = model()
    wrong = true.detection * np.stack([np.ones_like(true.grid.x), 10 ** (0.3 * (true.grid.x + 3.5))])[:, :, None]
    tilted = model(detection=wrong, tilted=True)
    shape, x, y = drawn(true, TRUTH, 3000)
    found = fw.fit(tilted, fw.summarised(tilted, shape.window, x, y), False)
    error = np.sqrt(np.diagonal(np.linalg.inv(found.information[0][:-1, :-1])))
    assert abs(found.theta[0, 5] - -0.3 * 1.5 * fw.LN10) < 4 * error[5]
    assert np.all(np.abs(found.theta[0, :5] - TRUTH[:5]) < 4 * error[:5])


def test_simulated_catalogues_follow_the_population_through_the_methods():
    """Chi-squared of counts in boxes for each method, with companions of one host alike or not."""
    m = model()
    found = fw.found_of(m, TRUTH)
    n, many = 200, 100
    hosts = np.arange(n) // 4
    shape = Structure(np.arange(n) % 2, hosts, np.zeros(n), np.zeros(n), 0.6, 0.3)
    x, y = simulated(Sampler.of(m.grid, found), shape, [[9, b] for b in range(many)])
    alone = np.arange(n) % 4 < 2  # one row of each method and host: independent draws
    for k in (0, 1):
        rows = alone & (shape.window == k)
        expected = found[k] / found[k].sum()
        cells = np.histogram2d(x[:, rows].ravel(), y[:, rows].ravel(), [m.grid.x_edges, m.grid.y_edges])[0]
        counts, mean = (np.add.reduceat(np.add.reduceat(v, range(0, v.shape[0], 8), axis=0), range(0, 30, 6), axis=1).ravel() for v in (cells, expected * cells.sum()))
        big = mean > 5
        assert cells.sum() == rows.sum() * many and big.sum() > 6
        assert chi2.sf(((counts - mean)[big] ** 2 / mean[big]).sum(), big.sum() - 1) > 1e-3
    scores = uniform_scores(Sampler.of(m.grid, found), shape.window, x, y)
    assert scores.min() >= 0 and scores.max() <= 1
    assert np.quantile(scores[0], [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)
    estimates = [with_correlations(shape, scores[:, b]) for b in range(many)]
    assert np.mean([e.correlation_x for e in estimates]) == pytest.approx(0.6, abs=0.06)
    assert np.mean([e.correlation_y for e in estimates]) == pytest.approx(0.3, abs=0.06)


def test_more_catalogues_keep_the_first_ones():
    m = model()
    _, x, y = drawn(m, TRUTH, 60, catalogues=2, sigma=0.1)
    _, more_x, more_y = drawn(m, TRUTH, 60, catalogues=5, sigma=0.1)
    assert np.array_equal(x, more_x[:2]) and np.array_equal(y, more_y[:2])
