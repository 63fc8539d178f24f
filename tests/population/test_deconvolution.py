"""Measurement errors: their size and correlation, and extreme deconvolution against its limits and simulated truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from analysis.config import MixtureConfig
from analysis.population.mixture.deconvolution import covariances, deconvolve, error_table, log_error
from analysis.population.mixture.gaussian import fit_mixture
from analysis.population.rows import population_rows

QUICK = replace(MixtureConfig(), deconvolution_restarts=3, deconvolution_components=2)


def rows(**columns):
    base = {
        "object_id": "x",
        "discovery_method": "Transit",
        "mass_kind": "true",
        "semimajor_axis_kind": "catalogue",
        "host_mass_msun": 0.1,
        "host_mass_msun_err_up": 0.01,
        "host_mass_msun_err_down": 0.01,
        "companion_mass_mjup": 1.0,
        "companion_mass_mjup_err_up": 0.2,
        "companion_mass_mjup_err_down": 0.2,
        "semimajor_axis_au": 1.0,
        "semimajor_axis_au_err_up": 0.05,
        "semimajor_axis_au_err_down": 0.05,
    }
    n = max(len(value) for value in columns.values())
    return pd.DataFrame({name: columns.get(name, [value] * n) for name, value in base.items()})


def test_log_error_limits():
    assert log_error([10.0], [0.01], [0.01])[0] == pytest.approx(0.001 / np.log(10), rel=1e-3)  # small errors: linear propagation
    assert log_error([1.0], [9.0], [0.9])[0] == pytest.approx(1.0)  # a factor of ten each way
    assert log_error([1.0], [9.0], [1.5])[0] == pytest.approx(1.0)  # a downward error through zero says nothing
    assert log_error([1.0], [np.nan], [0.9])[0] == pytest.approx(1.0)
    assert np.isnan(log_error([1.0, 1.0], [np.nan, 0.0], [np.nan, 0.0])).all()


def test_correlated_masses_against_draws():
    """Lognormal draws with the stated correlation have the tabulated spread of log q."""
    frame = rows(
        discovery_method=["Microlensing", "Transit"],
        host_mass_msun_err_up=[0.1, 0.1],
        host_mass_msun_err_down=[0.05, 0.05],
        companion_mass_mjup_err_up=[0.9, 0.9],
        companion_mass_mjup_err_down=[0.4, 0.4],
    )
    errors = error_table(frame, 0.98, 0.1)
    host, companion = errors["sigma_host"][0], errors["sigma_companion"][0]
    for k, rho in enumerate((0.98, 0.0)):
        draws = np.random.default_rng(1).multivariate_normal(
            [0, 0], [[host**2, rho * host * companion], [rho * host * companion, companion**2]], 200_000
        )
        assert errors["sigma_q"][k] == pytest.approx(np.std(draws[:, 1] - draws[:, 0]), rel=0.01)
        assert errors["sigma_q_independent"][k] == pytest.approx(np.hypot(host, companion))
    assert error_table(frame.assign(companion_mass_mjup_err_up=1.0, companion_mass_mjup_err_down=0.5), 1.0, 0.1)["sigma_q"][0] == pytest.approx(
        0, abs=1e-8
    )


def test_missing_errors_are_filled_by_rule_and_flagged():
    nan = np.nan
    frame = rows(
        mass_kind=["true", "mass_radius_relation", "true"],
        companion_mass_mjup_err_up=[0.2, nan, nan],
        companion_mass_mjup_err_down=[0.2, nan, nan],
        semimajor_axis_kind=["catalogue", "kepler", "catalogue"],
        semimajor_axis_au_err_up=[0.05, nan, nan],
        semimajor_axis_au_err_down=[0.05, nan, nan],
    )
    errors = error_table(frame, 0.98, 0.123)
    assert errors["filled_companion"].tolist() == [False, True, True] and errors["filled_host"].sum() == 0
    assert errors["sigma_companion"].tolist() == pytest.approx([errors["sigma_companion"][0], 0.123, errors["sigma_companion"][0]])
    assert errors["sigma_axis"][1] == pytest.approx(errors["sigma_host"][1] / 3)  # Kepler III at fixed period: a ~ M^(1/3)
    assert errors["sigma_axis"][2] == errors["sigma_axis"][0]
    assert np.isfinite(covariances(errors)).all()
    assert len(error_table(frame.head(0), 0.98, 0.1)) == 0


def groups(seed, n, noise):
    """Two groups of known spread, their noisy values and the noise covariance of each row."""
    rng = np.random.default_rng(seed)
    truth = np.vstack(
        [rng.multivariate_normal([-4.4, -1.6], 0.09 * np.eye(2), n // 2), rng.multivariate_normal([-2.0, 0.2], 0.16 * np.eye(2), n // 2)]
    )
    sigma = noise * rng.uniform(0.5, 1.5, (n, 2))
    return truth + sigma * rng.standard_normal((n, 2)), np.stack([np.diag(s**2) for s in sigma])


def test_vanishing_errors_give_the_plain_mixture():
    points, errors = groups(1, 160, 1e-5)
    fits, reason = deconvolve(points, errors, QUICK)
    assert reason is None
    for fit in fits:
        plain = fit_mixture(points, fit["k"], 6, 1e-6, 1)
        assert fit["log_likelihood"] == pytest.approx(plain.log_likelihood, abs=0.02)
        assert fit["means"] == pytest.approx(plain.means, abs=5e-3)
        assert fit["covariances"] == pytest.approx(plain.covariances, abs=5e-3)


def test_recovers_the_spread_without_errors():
    points, errors = groups(2, 600, 0.4)
    fit = deconvolve(points, errors, QUICK)[0][1]
    plain = fit_mixture(points, 2, 6, 1e-4, 1)
    assert fit["covariances"][0] == pytest.approx(0.09 * np.eye(2), abs=0.04)
    assert fit["covariances"][1] == pytest.approx(0.16 * np.eye(2), abs=0.06)
    assert plain.covariances[0, 0, 0] > 0.2  # the plain fit keeps the noise
    assert fit["converged"]


def test_likelihood_and_responsibilities_by_hand():
    points, errors = groups(3, 80, 0.3)
    fit = deconvolve(points, errors, QUICK)[0][1]
    parts = np.array(
        [
            [w * multivariate_normal(m, c + e).pdf(x) for w, m, c in zip(fit["weights"], fit["means"], fit["covariances"], strict=True)]
            for x, e in zip(points, errors, strict=True)
        ]
    )
    assert fit["log_likelihood"] == pytest.approx(np.log(parts.sum(axis=1)).sum(), abs=1e-6)
    assert fit["responsibilities"] == pytest.approx(parts / parts.sum(axis=1, keepdims=True), abs=1e-8)
    assert fit["bic"] == pytest.approx(11 * np.log(80) - 2 * fit["log_likelihood"])


def test_few_rows_give_a_reason():
    points, errors = groups(4, 14, 0.1)
    fits, reason = deconvolve(points, errors, QUICK)
    assert [f["k"] for f in fits] == [1] and reason == "14 rows; 2 components need at least 20"


def test_microlensing_errors_of_the_frozen_sample(sample):
    candidates = population_rows(sample.table)
    errors = error_table(candidates, 0.98, 0.1)
    lensing = errors[errors["discovery_method"] == "Microlensing"]
    assert lensing["sigma_q"].median() < 0.1 and lensing["sigma_q_independent"].median() > 0.4
    assert (errors[["sigma_q", "sigma_axis"]] > 0).all().all()
