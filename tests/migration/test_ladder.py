"""Levels 0, 1 and 2 on identical draws: the words are those of level 0, each level agrees with its own kernel, and the frozen table is the present one."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.config import EnsembleConfig, KozaiConfig, LadderConfig, LimitingConfig, SecularConfig, TargetConfig
from analysis.constants import MJUP_MSUN
from analysis.errors import InputError
from analysis.migration.frozen import MANIFEST
from analysis.migration.kozai import criterion, limiting, shortrange
from analysis.migration.kozai.feasibility import feasible_counts, grid
from analysis.migration.ladder import levels as ladder_levels
from analysis.migration.ladder import stage as ladder
from analysis.migration.ladder import store as ladder_store
from analysis.migration.ladder.draws import grid_draws, sub_grid, triples
from analysis.migration.secular.triple import OUTCOMES, REASONS, SYSTEM
from tests.migration import triples as named
from tests.migration.conftest import make_target

COLUMN = {name: number for number, name in enumerate(SYSTEM)}
GRID = KozaiConfig(mass_cells=7, axis_cells=9, draws=60)
EVERY = LadderConfig(stride=1, offset=0, draws=60)
SMALL = LadderConfig(stride=3, offset=1, draws=8)
SHORT = replace(GRID, time_limit=0.003)  # Gyr


def rows_of(config, kozai, target):
    values = target.values
    return triples(config, kozai, 0.01, values["host_mass_msun"], values["companion_mass_mjup"] * MJUP_MSUN)


def level_zero_oracle(rows, kozai, critical):
    """The specification's criterion in floating point, from the triples alone."""
    column = {name: rows[:, number] for name, number in COLUMN.items()}
    time = criterion.kozai_time(
        column["host_mass"], column["companion_mass"], column["inner_axis"], column["outer_mass"], column["outer_axis"], column["outer_eccentricity"]
    )
    periapsis = column["inner_axis"] * (1 - criterion.maximum_eccentricity(np.cos(column["inclination"])))
    return (time <= kozai.time_limit * 1e9) & (periapsis <= critical)


def test_triples_are_the_draws_of_level_zero(published):
    system = limiting.inner_binary(published, ladder.TidesConfig())
    mass, axis = grid(GRID)
    for time, radii in ((1.0, 5.0), (0.01, 40.0)):
        kozai = replace(GRID, time_limit=time)
        critical = radii * system.host_radius
        counted, status = feasible_counts(system, mass, axis, 1.0, time * 1e9, critical, kozai.outer_eccentricity_max, kozai.draws, kozai.seed)
        oracle = level_zero_oracle(rows_of(EVERY, kozai, published), kozai, critical).reshape(60, 7, 9).transpose(1, 2, 0)
        assert not status.any() and counted.sum() > 20
        np.testing.assert_array_equal(oracle.sum(axis=2), counted)
        cells = np.arange(mass.size * axis.size)
        np.testing.assert_array_equal(ladder_levels.level_zero(system, kozai, cells, 60, radii).reshape(7, 9, 60), oracle)


def test_sub_grid_is_part_of_the_whole(published):
    masses, axes, cells = sub_grid(SMALL, GRID)
    whole = rows_of(EVERY, GRID, published).reshape(60, 7, 9, len(SYSTEM))
    part = rows_of(SMALL, GRID, published).reshape(8, masses.size, axes.size, len(SYSTEM))
    np.testing.assert_array_equal(part, whole[np.ix_(np.arange(8), masses, axes)])
    assert masses.tolist() == [1, 4] and axes.tolist() == [1, 4, 7] and cells.tolist() == [10, 13, 16, 37, 40, 43]


def test_instability_has_the_sign_of_level_one(published):
    """The sign of cos i enters the stability limit alone, so equal counts per cell mean equal signs."""
    rows = rows_of(EVERY, GRID, published)
    inner = rows[:, COLUMN["host_mass"]] + rows[:, COLUMN["companion_mass"]]
    unstable = [
        not shortrange.stable(inner[i], 1.0, row[COLUMN["outer_mass"]], row[COLUMN["outer_axis"]], row[COLUMN["outer_eccentricity"]], math.cos(row[COLUMN["inclination"]]))
        for i, row in enumerate(rows)
    ]
    system = limiting.inner_binary(published, ladder.TidesConfig())
    cases = np.array([[1e9, 0.012, 0.023]])
    count, _ = limiting.outcome_counts(system, *grid(GRID), 1.0, cases, np.zeros(4), True, True, GRID.outer_eccentricity_max, 60, GRID.seed)
    np.testing.assert_array_equal(np.reshape(unstable, (60, 7, 9)).sum(axis=0), count[:, :, 0, shortrange.UNSTABLE])
    assert 0 < np.mean(unstable) < 0.5


def test_level_one_draw_by_draw_adds_up(published):
    system = limiting.inner_binary(published, ladder.TidesConfig())
    cases = np.array([[1e9, 0.012, 0.023], [1e8, 0.008, 0.03]])
    strengths = limiting.force_strengths(LimitingConfig(), system, 1.0)
    whole, _ = limiting.outcome_counts(system, *grid(GRID), 1.0, cases, strengths, True, True, GRID.outer_eccentricity_max, 60, GRID.seed)
    masses, axes, cells = sub_grid(SMALL, GRID)
    outcome, doubtful = ladder_levels.level_one(system, GRID, cells, 60, cases, strengths, True, True)
    expected = whole[np.ix_(masses, axes)].reshape(cells.size, 2, 7)
    for number in range(6):
        np.testing.assert_array_equal((outcome == number).sum(axis=1), expected[..., number])
    np.testing.assert_array_equal(doubtful.sum(axis=1), expected[..., shortrange.UNAVERAGED])
    total, unaveraged = ladder_levels.level_one(system, GRID, cells, 60, cases, strengths, True, True, single=False)
    np.testing.assert_array_equal(total, expected[..., :6])
    np.testing.assert_array_equal(unaveraged, expected[..., 6])


def test_apsidal_angles_are_uniform_and_their_own():
    drawn = grid_draws(LadderConfig(stride=1, offset=0, draws=60), GRID).reshape(-1, 4)
    for number in (2, 3):
        assert kstest(drawn[:, number] / (2 * math.pi), "uniform").pvalue > 1e-3
    correlation = np.corrcoef(np.column_stack([drawn, np.abs(drawn[:, 1])]), rowvar=False)
    assert np.abs(correlation[2:4, [0, 1, 4]]).max() < 4 / math.sqrt(len(drawn)) and abs(correlation[2, 3]) < 4 / math.sqrt(len(drawn))


def test_level_two_without_its_physics_is_level_zero(published):
    """Quadrupole alone, a circular perturber and a light companion: e_max is that of Kozai and Lidov for the cos i of the draw."""
    rows = rows_of(LadderConfig(stride=3, offset=1, draws=4), replace(GRID, outer_axis_min=20, outer_axis_max=60), published)
    rows = rows[np.abs(np.cos(rows[:, COLUMN["inclination"]])) < 0.7]
    assert len(rows) >= 10
    rows[:, COLUMN["outer_eccentricity"]], rows[:, COLUMN["inner_eccentricity"]], rows[:, COLUMN["companion_mass"]] = 0.0, 1e-3, 1e-9
    expected = 1 - criterion.maximum_eccentricity(np.cos(rows[:, COLUMN["inclination"]]))
    times = criterion.kozai_time(0.207, 0.0, 1.0, rows[:, COLUMN["outer_mass"]], rows[:, COLUMN["outer_axis"]])
    for row, share, time in zip(rows, expected, times, strict=True):
        record, _ = named.evolve(row, named.physics(time_limit=6 * time))
        assert record["smallest_periapsis"][0] == pytest.approx(share, rel=2e-3)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """A tiny ladder over a short time, integrated live and frozen."""
    folder = tmp_path_factory.mktemp("ladder")
    job = ladder_store.job_of(SMALL, SHORT, SecularConfig(), EnsembleConfig(), make_target())
    draws = ladder_store.sweep(job, folder / "chunks", 2, chunk=20)
    ladder_store.freeze(draws, folder / "ladder.npz")
    return folder, job, draws


def stage(path, target=None, config=SMALL, **changes):
    arguments = {"kozai_config": SHORT, "secular_config": SecularConfig(), **changes}
    return ladder.run(config, target=target or make_target(), path=path, **arguments)


def test_stage_on_a_live_grid(frozen):
    folder, _, draws = frozen
    result = stage(folder / "ladder.npz", config=replace(SMALL, rerun_share=0.9))
    assert result.summary["available"] and result.summary["draws"] == 48
    rerun = result.summary["rerun"]
    assert rerun["draws"] > 30 and rerun["identical"] == rerun["draws"] and rerun["kernel_unchanged"] and rerun["same_processor"]
    for level in (result.level_0, result.level_1, result.level_2):
        assert level.shape == (3, 4, 2, 3)
        np.testing.assert_allclose(level.sum(axis=1), 1, atol=1e-12)
        migrated, disrupted = level[:, OUTCOMES.index("migrated")], level[:, OUTCOMES.index("disrupted")]
        assert (np.diff(migrated, axis=0) >= 0).all() and (np.diff(disrupted, axis=0) <= 0).all()  # the radii fall
    np.testing.assert_array_equal(result.level_0[:, :2].sum(axis=1), np.broadcast_to(result.feasible, (3, 2, 3)))
    np.testing.assert_allclose(result.shares[list(OUTCOMES)].sum(axis=1), 1, atol=1e-12)
    counted = result.confusion.groupby(["lower_level", "disruption_factor", "averaging_threshold"])["draws"].sum()
    assert (counted == 48).all()
    assert result.reasons["draws"].sum() == 48 == len(draws.reason)
    assert (result.dominant >= 0).all() and result.outer_axis_edges[0] < result.outer_axis[0] < result.outer_axis_edges[1]
    inside = result.confusion[(result.confusion["lower_level"] == "level 1") & (result.confusion["lower_outcome"] == "unstable")]
    assert (inside.loc[inside["level_2_outcome"] != "invalid", "draws"] == 0).all()  # one stability limit for all levels


def test_level_two_of_the_stage_is_the_integration(frozen):
    """Each stored draw against the triple integrated on its own, alone."""
    _, job, draws = frozen
    for number in (0, 17, 40):
        alone = ladder_store.integrate(job, np.array([number]), 1)
        assert alone.reason[0] == draws.reason[number]
        for name in ladder_store.STORED:
            np.testing.assert_array_equal(alone.values[name][0], draws.values[name][number])


def test_an_interrupted_sweep_goes_on(frozen, tmp_path):
    folder, job, draws = frozen
    kept = sorted((folder / "chunks").glob("systems-*"))
    (tmp_path / "chunks").mkdir()
    for path in [folder / "chunks" / "settings.json", kept[0], kept[2]]:
        (tmp_path / "chunks" / path.name).write_bytes(path.read_bytes())
    again = ladder_store.sweep(job, tmp_path / "chunks", 1, chunk=7)
    np.testing.assert_array_equal(again.reason, draws.reason)
    for name in ladder_store.STORED:
        np.testing.assert_array_equal(again.values[name], draws.values[name])


def test_a_longer_sweep_adds_to_a_shorter_one(frozen, tmp_path):
    _, job, draws = frozen
    shorter = ladder_store.job_of(replace(SMALL, draws=3), SHORT, SecularConfig(), EnsembleConfig(), make_target())
    assert ladder_store.run_digest(shorter) == ladder_store.run_digest(job)
    first = ladder_store.sweep(shorter, tmp_path, 1, chunk=20)
    np.testing.assert_array_equal(first.reason, draws.reason[:18])
    before = {path.name: path.read_bytes() for path in tmp_path.glob("systems-*")}
    whole = ladder_store.sweep(job, tmp_path, 1, chunk=20)
    np.testing.assert_array_equal(whole.reason, draws.reason)
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())


def test_other_settings_are_not_quoted(frozen):
    folder, _, _ = frozen
    for changes in (
        {"target": make_target(host_mass_msun=0.1)}, {"secular_config": SecularConfig(companion_lag=10.0)}, {"kozai_config": replace(SHORT, seed=1)},
        {"config": replace(SMALL, draws=7)},
    ):
        result = stage(folder / "ladder.npz", **changes)
        assert not result.summary["available"] and "other settings" in result.summary["reason"]
        assert np.isnan(result.level_2).all() and np.isfinite(result.level_1).all() and np.isfinite(result.level_0).all()
        assert (result.dominant[2] == -1).all() and result.summary["rerun"] is None and not len(result.confusion)
        assert "level 2" not in set(result.shares["level"])


def test_without_a_frozen_table(tmp_path):
    result = stage(tmp_path / "ladder.npz")
    assert not result.summary["available"] and "analysis.migration.ladder.stage" in result.summary["reason"]


def test_a_damaged_table_is_refused(frozen, tmp_path):
    folder, _, _ = frozen
    content = bytearray((folder / "ladder.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "ladder.npz").write_bytes(content)
    (tmp_path / MANIFEST).write_bytes((folder / MANIFEST).read_bytes())
    with pytest.raises(InputError, match=r"ladder\.npz does not match its checksum"):
        stage(tmp_path / "ladder.npz")


def test_changed_code_is_told(frozen, monkeypatch):
    folder, _, _ = frozen
    monkeypatch.setattr(ladder, "ladder_digest", lambda: "another")
    rerun = stage(folder / "ladder.npz").summary["rerun"]
    assert not rerun["kernel_unchanged"] and rerun["identical"] == rerun["draws"]


def test_outcomes_of_records():
    """Disrupted at the radii that were crossed, invalid below the threshold, migrated otherwise."""
    values = {name: np.full(4, np.inf, np.float32) for name in ladder_store.STORED}
    values["crossing_first"][:] = [np.inf, 1e6, 1e6, 1e6]
    values["crossing_second"][3] = 1e9
    values["smallest_averaging_ratio"][:] = [5, 5, 2, 5]
    about = {"settings": {"physics": {"time_limit": 1e9}}}
    draws = ladder_store.Draws(np.full(4, REASONS["migrated"], np.int8), values, about)
    names = [[OUTCOMES[k][0] for k in ladder_levels.level_two(draws, factor, 3.0)] for factor in range(3)]
    assert names == [list("mdid"), list("mmid"), list("mmim")]
    assert [OUTCOMES[k][0] for k in ladder_levels.level_two(draws, 0, 0.0)] == list("mddd")


def test_error_of_a_mean():
    """The error of the mean of fixed cells is the scatter of repeated maps."""
    rng = np.random.default_rng(5)
    share = rng.uniform(0, 0.5, 40)
    maps = rng.random((3000, 40, 16)) < share[:, None]
    errors = [ladder_levels.map_error(member) for member in maps[:300]]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(maps.mean(axis=(1, 2)).std(), rel=0.05)
    assert math.isnan(ladder_levels.map_error(maps[0][:, :1]))


@pytest.mark.parametrize(("config", "text"), [(LadderConfig(offset=50), "offset"), (LadderConfig(stride=1, offset=0, draws=61), "draws")])
def test_impossible_sub_grids_are_refused(config, text):
    with pytest.raises(InputError, match=text):
        sub_grid(config, GRID)


def test_frozen_ladder_stands_for_the_default_settings():
    """What is committed is what the defaults ask for; no integration here."""
    from analysis.catalogue.target import run as read_target

    job = ladder_store.job_of(LadderConfig(), KozaiConfig(), SecularConfig(), EnsembleConfig(), read_target(TargetConfig()))
    draws = ladder_store.load()
    assert not ladder.differing(draws.about["settings"], job.settings)
    assert draws.reason.size == len(job.systems) and set(np.unique(draws.reason)) <= set(REASONS.values())


class _Asked(Exception):
    """In the place of hours of integrations."""


@pytest.fixture
def asked(monkeypatch):
    def sweep(job, folder, threads):
        raise _Asked(threads)

    monkeypatch.setattr(ladder, "sweep", sweep)
    monkeypatch.setattr(ladder, "usable_cores", lambda: 3)


@pytest.mark.parametrize("text", ["-5", "0", "many", "2.5", "5000", "9" * 5000, "\u0663"])
def test_what_is_no_number_of_threads_is_refused_in_one_sentence(asked, text, capsys):
    assert ladder.main(["--threads", text]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: --threads ") and said.count("\n") == 1 and (len(text) > 9 or said.endswith("expected a number of threads from 1 to 4096.\n"))


@pytest.mark.parametrize(("arguments", "threads"), [([], 3), (["--threads", "7"], 7)])
def test_the_recipe_uses_the_cores_that_it_may_use(asked, arguments, threads):
    with pytest.raises(_Asked, match=f"^{threads}$"):
        ladder.main(arguments)
