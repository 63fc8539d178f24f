"""The circumbinary study: systems, captured resonances, tables, forest, frozen file, and the stage from its table to its figures."""

import io
import json
import math
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.neighbors import KernelDensity

from analysis.config import CircumbinaryConfig, Config, with_overrides
from analysis.errors import InputError
from analysis.migration.circumbinary import outcomes as circumbinary_outcomes
from analysis.migration.circumbinary import recipe as circumbinary_recipe
from analysis.migration.circumbinary import stage as circumbinary
from analysis.migration.circumbinary import store as circumbinary_store
from analysis.migration.circumbinary.density import bin_centres, librations, modes, points
from analysis.migration.circumbinary.forest import FEATURES, grow
from analysis.migration.circumbinary.kernel import ANGLES, BINS, FIRST_ANGLE, REASONS, RECORD, SYSTEM, TURNS
from analysis.migration.circumbinary.limits import critical_axis, critical_eccentricity
from analysis.migration.circumbinary.systems import FAMILIES, GRID, check, families, grid, hosts, repeats
from analysis.report import circumbinary as writer
from analysis.report.figures import circumbinary as figure
from analysis.report.figures import circumbinary_maps as map_figure
from analysis.report.files import Context
from tests.migration.binaries import SMALL, manifest, run_small
from tests.migration.conftest import make_target

CONFIG = CircumbinaryConfig()
TARGET = make_target()


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return run_small(tmp_path_factory.mktemp("circumbinary"))


@pytest.fixture(scope="module")
def result(frozen):
    return circumbinary.run(SMALL, target=TARGET, path=frozen)


def column(systems, name):
    return systems[:, SYSTEM.index(name)]


# -- systems ----------------------------------------------------------------------------------------------------------


def test_the_grid_is_the_published_product():
    systems, values = grid(CONFIG)
    assert len(systems) == 4200 and {tuple(row) for row in values} == set(product(*(getattr(CONFIG, name) for name in (
        "axis_times", "eccentricity_times", "mass_ratios", "binary_eccentricities", "eccentricities", "planet_masses",
    ))))
    assert len({tau_a / tau_e for tau_a, tau_e in values[:, :2]}) == 25  # 168 runs of each, as in the published table 3
    counted = {name: pd.Series(values[:, i]).value_counts().iloc[0] for i, name in enumerate(GRID)}
    assert counted == {
        "axis_time": 840, "eccentricity_time": 840, "mass_ratio": 2100, "binary_eccentricity": 600, "eccentricity": 1050, "planet_mass_earth": 1400,
    }
    assert column(systems, "planet_mass").max() == pytest.approx(93 / 332946, rel=1e-3)  # the Sun in Earth masses
    # radius of a 20 Earth-mass planet beside 0.5 Msun stars, in units of 0.1 au
    row = (values[:, 2] == 1.0) & (values[:, 5] == 20.0)
    assert column(systems, "radius_a")[row][0] == pytest.approx((0.5**0.8 * 0.0046505 + 0.7 * 20**0.63 * 4.2635e-5) / 0.1, rel=1e-3)


def test_light_binaries_follow_their_priors():
    config = replace(CONFIG, host_systems=20_000)
    systems, values = hosts(config)
    table = pd.DataFrame(values, columns=list(circumbinary_outcomes.HOSTS))
    assert table["total_mass_msun"].between(0.06, 0.20).all() and table["total_mass_msun"].mean() == pytest.approx(0.13, abs=0.001)
    index, low = CONFIG.host_ratio_index + 1, CONFIG.host_ratio_min
    mean = index / (index + 1) * (1 - low ** (index + 1)) / (1 - low**index)
    assert table["mass_ratio"].mean() == pytest.approx(mean, abs=0.003)
    assert np.log10(table["binary_axis_au"]).median() == pytest.approx(math.log10(CONFIG.host_axis_median), abs=0.02)
    assert np.log10(table["companion_mass_mjup"]).mean() == pytest.approx(np.log10([0.168, 5.0]).mean(), abs=0.01)
    tau, ratio = column(systems, "axis_time"), column(systems, "axis_time") / column(systems, "eccentricity_time")
    assert tau.min() == CONFIG.host_periods_min and tau.max() == CONFIG.host_periods_max and ratio.min() >= 1 and ratio.max() <= 100
    assert np.array_equal(hosts(replace(CONFIG, host_systems=50))[1], values[:50])  # a system depends on its number alone


def test_repeats_differ_from_the_grid_in_the_phase_alone():
    systems, numbers = repeats(SMALL)
    first = grid(SMALL)[0][numbers]
    different = [name for name in SYSTEM if not np.array_equal(column(systems, name), column(first, name))]
    assert different == ["pericentre"] and len(np.unique(column(systems, "pericentre"))) == len(systems) == len(set(numbers))


# -- captured resonance -----------------------------------------------------------------------------------------------


def test_modes_are_those_of_a_kernel_density():
    rng = np.random.default_rng(1)
    samples = np.concatenate([rng.normal(4.2, 0.08, 900), rng.uniform(3, 12, 3000), rng.normal(6.1, 0.02, 250)])
    histogram = np.histogram(samples, np.append(bin_centres() - 0.005, bin_centres()[-1] + 0.005))[0]
    kept = samples[samples <= CONFIG.ratio_max]
    for width, found in zip((0.05, 0.3), modes(histogram[None], CONFIG, (0.05, 0.3))[0], strict=True):
        density = KernelDensity(bandwidth=width).fit(kept[:, None]).score_samples(points(CONFIG)[:, None])
        assert found == pytest.approx(points(CONFIG)[density.argmax()], abs=0.031)  # one point
    assert np.isnan(modes(np.zeros((1, BINS), int), CONFIG, (0.05,))).all()
    assert len(points(CONFIG)) == 250


def test_the_best_angle_is_found_and_a_circulating_one_has_none():
    angles = np.zeros((3, ANGLES, 1 + TURNS, 2))
    turns = 2 * math.pi * np.arange(100) / 100
    for k in range(4):
        phase = 0.4 * np.sin(turns) + math.pi if k == 2 else turns
        angles[0, 4 - FIRST_ANGLE, 1 + k] = np.cos(phase).sum(), np.sin(phase).sum()
    angles[0, 4 - FIRST_ANGLE, 0, 0] = 100
    angles[1, 5 - FIRST_ANGLE, 0, 0] = 100  # all means are 0
    found = librations(angles, np.array([4.2, 5.1, np.nan]))
    assert found[0, :2] == pytest.approx([100, 2]) and found[0, 2] > 0.9 and abs(found[0, 3]) == pytest.approx(math.pi)
    assert found[1, 2] == 0 and np.isnan(found[2]).all()


# -- statistics -------------------------------------------------------------------------------------------------------


def test_intervals_of_shares():
    for k, n in ((0, 10), (3, 10), (10, 10), (346, 4200)):
        wanted = binomtest(k, n).proportion_ci(method="wilson")
        assert circumbinary_outcomes.wilson(k, n) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


def made_table(ratio_of, n=4200, seed=0):
    """The whole grid with captured ratios from a rule."""
    _, values = grid(CONFIG)
    table = pd.DataFrame(dict(zip(GRID, values.T, strict=True)))
    table["time_ratio"] = table["axis_time"] / table["eccentricity_time"]
    table["ratio"] = ratio_of(table, np.random.default_rng(seed))
    table["resonance"] = table["ratio"].round().astype(int)
    return table.iloc[:n]


def test_dispersion_and_slopes_of_a_known_rule():
    table = made_table(lambda t, rng: 3.5 + 6 * t["binary_eccentricity"] * t["mass_ratio"] + rng.normal(0, 0.01, len(t)))
    found = circumbinary_outcomes.dispersion(table).set_index("parameter")
    group = table[table["mass_ratio"] == 1.0]["ratio"]
    assert found.loc["mass_ratio", "largest"] == pytest.approx(np.var(group, ddof=1) / group.mean())
    assert found.loc["axis_time", "least"] == pytest.approx(found.loc["axis_time", "largest"], rel=0.02)  # the rule does not know it
    assert found["runs_per_value"].to_dict() == {
        "binary_eccentricity": 600, "mass_ratio": 2100, "planet_mass_earth": 1400, "eccentricity": 1050, "axis_time": 840, "eccentricity_time": 840, "time_ratio": 168,
    }
    slopes = circumbinary_outcomes.slopes(table)
    assert slopes == {0.2: pytest.approx(1.2, abs=0.01), 1.0: pytest.approx(6.0, abs=0.01)}


def test_the_forest_learns_a_rule_and_nothing_else():
    config = replace(CONFIG, trees=30, permutations=3, splits=2)
    rule = made_table(lambda t, rng: 3.0 + (t["binary_eccentricity"] > 0.04) + 2.0 * (t["mass_ratio"] > 0.5))
    forest = grow(rule[list(FEATURES)], rule["resonance"].to_numpy(), config)
    assert forest.summary["weighted_precision"] > 0.99 and forest.summary["test_rows"] == 1050
    assert set(forest.importance["feature"][:2]) == {"binary_eccentricity", "mass_ratio"} and forest.importance["importance"][2:].abs().max() < 0.01
    confusion = forest.confusion.pivot_table(index="resonance", columns="predicted", values="rows")
    assert confusion.to_numpy().sum() == 1050 and np.diag(confusion).sum() > 1040
    chance = made_table(lambda t, rng: rng.integers(3, 5, len(t)).astype(float))
    null = grow(chance[list(FEATURES)], chance["resonance"].to_numpy(), config)
    assert null.summary["accuracy_mean"] == pytest.approx(0.5, abs=0.05)
    assert null.importance["importance"].abs().max() < 0.05


def test_shares_stand_beside_the_published_ones():
    table = made_table(lambda t, rng: np.full(len(t), 4.0))
    found = circumbinary_outcomes.shares(table).set_index("resonance")
    assert found.loc[4, "share"] == 1.0 and found["share"].sum() == 1.0
    assert found["published"].round(3).to_dict() == {2: 0.0, 3: 0.082, 4: 0.370, 5: 0.224, 6: 0.138, 7: 0.115, 8: 0.044, 9: 0.003, 10: 0.0}


def test_critical_eccentricity_starts_at_the_critical_axis():
    limit = critical_axis(0.1, 0.5)
    assert critical_eccentricity(limit, limit) == 0 and critical_eccentricity(0.5 * limit, limit) == 0
    assert critical_eccentricity(2 * limit, limit) == pytest.approx(0.4)


# -- chunks and the frozen table --------------------------------------------------------------------------------------


def test_a_damaged_chunk_is_made_again_and_the_same(tmp_path):
    config = replace(SMALL, axis_times=(1000.0,), eccentricity_times=(300.0,), binary_eccentricities=(0.1,), host_systems=2, map_axes=1, map_eccentricities=1, slow_systems=1)
    digest, piece = circumbinary_store.run_digest(config), ("grid", 0, 4)
    first, there = circumbinary_store.run_piece(tmp_path, config, digest, piece)
    path = next(tmp_path.glob("grid-*.npz"))
    before = path.read_bytes()
    assert not there and circumbinary_store.run_piece(tmp_path, config, digest, piece)[1]
    bare = io.BytesIO()
    np.save(bare, first.record)  # an array where an archive of them should be
    for damaged in (before[: len(before) // 2], bare.getvalue()):
        path.write_bytes(damaged)
        again, there = circumbinary_store.run_piece(tmp_path, config, digest, piece)
        assert not there and np.array_equal(first.record, again.record) and np.array_equal(first.modes, again.modes, equal_nan=True)
    assert not circumbinary_store.run_piece(tmp_path, config, "another digest", piece)[1]
    with pytest.raises(InputError, match="missing or of other settings"):
        circumbinary_store.freeze(tmp_path, config, {}, tmp_path / "frozen.npz")


def test_a_frozen_table_is_verified(frozen, tmp_path):
    copy = tmp_path / frozen.name
    copy.write_bytes(frozen.read_bytes())
    (tmp_path / "MANIFEST.json").write_text((frozen.parent / "MANIFEST.json").read_text())
    assert set(circumbinary_store.load(copy)[0]) == set(FAMILIES)
    entry = manifest(frozen)["files"][frozen.name]
    assert entry["systems"]["grid"] == len(grid(SMALL)[0]) and entry["seed"] == SMALL.seed
    copy.write_bytes(frozen.read_bytes()[:-10])
    with pytest.raises(InputError, match="does not match its checksum"):
        circumbinary_store.load(copy)
    copy.unlink()
    with pytest.raises(InputError, match=r"circumbinary\.npz"):
        circumbinary.run(SMALL, target=TARGET, path=copy)


def test_other_parameters_than_those_of_the_table_are_refused_by_name(frozen):
    with pytest.raises(InputError, match=r"\[circumbinary\] near, tolerance"):
        circumbinary.run(replace(SMALL, near=1.1, tolerance=1e-9), target=TARGET, path=frozen)


@pytest.mark.parametrize(("name", "value", "words"), [
    ("mass_ratios", [0.2, 1.5], "mass_ratios"), ("binary_eccentricities", [0.9], "binary_eccentricities"), ("bandwidth", 0.0, "bandwidth"),
    ("tolerance", 1e-3, "tolerance"), ("axis_times", [], "axis_times"), ("planet_masses", [-5.0], "planet_masses"),
])
def test_parameters_out_of_range_end_in_a_sentence(name, value, words):
    with pytest.raises(InputError, match=words):
        with_overrides(Config(), {"circumbinary": {name: value}}, "run.toml")


def test_parameters_that_contradict_one_another_end_in_a_sentence():
    with pytest.raises(InputError, match="host_mass_min"):
        check(replace(CONFIG, host_mass_min=0.2, host_mass_max=0.1))
    with pytest.raises(InputError, match="twice"):
        families(replace(CONFIG, axis_times=(1e4, 1e4)))


def test_held_planets_are_followed_further():
    systems = grid(SMALL)[0][:4]
    values, reason = np.zeros((4, len(RECORD))), np.full(4, REASONS["ejected"])
    assert circumbinary_recipe.longer_runs(systems, values, reason, SMALL)["followed"] == 0
    outcomes = circumbinary_store.run_systems(systems, SMALL)
    pretended = np.full(4, REASONS["held"])  # of planets that are lost in truth: none of them stays
    found = circumbinary_recipe.longer_runs(systems, outcomes.record, pretended, SMALL)
    assert found["followed"] == 4 and found["lost"] == (outcomes.reason != REASONS["time_limit"]).sum() > 0


def test_the_recipe_says_what_is_missing(tmp_path, capsys):
    assert circumbinary_recipe.main(["freeze", "--out", str(tmp_path)]) == 2
    assert "run `just circumbinary` to its end first" in capsys.readouterr().err


# -- the stage --------------------------------------------------------------------------------------------------------


def test_the_stage_repeats_part_of_the_frozen_runs(result, frozen):
    again = result.summary["rerun"]
    assert again["systems"] >= 5 and again["identical"] == again["same_outcome"] == again["same_resonance"] == again["systems"]
    assert again["kernel_unchanged"] and again["same_processor"]
    found, _ = circumbinary_store.load(frozen)
    other = replace(found["grid"], record=found["grid"].record * 1.5)
    changed = circumbinary.rerun(replace(SMALL, rerun_longest=1e9), families(SMALL)["grid"], other)
    assert changed["identical"] == 0 and changed["same_outcome"] == changed["systems"]


def test_scalars_agree_with_the_tables(result, frozen):
    summary = result.summary
    assert summary["runs"] == len(grid(SMALL)[0]) == len(result.ratios) and summary["commonest_resonance"] in result.shares["resonance"].to_list()
    assert result.fates["runs"].sum() == summary["runs"]
    assert result.host_fates["runs"].sum() == SMALL.host_systems and result.host_fates["share"].sum() == pytest.approx(1)
    assert result.by_eccentricity["runs"].sum() + summary["without_ratio"] == summary["runs"]
    assert 0 <= summary["repetition"]["same_resonance"] <= 1 and summary["longer"] == {"followed": 0}
    slowly = np.round(circumbinary_store.load(frozen)[0]["slow"].modes[:, 0])
    assert result.shares.set_index("resonance")["slow_share"].loc[4] == pytest.approx((slowly == 4).mean())
    held = result.hosts[result.hosts["fate"] == "held"]
    assert np.isfinite(held["parked_axis_au"]).all() and summary["hosts"]["parked"] == len(held)
    maps = result.limits.set_index(["mass_ratio", "binary_eccentricity"])
    assert (maps["axis_agrees"] + maps["axis_calls_stable_wrongly"] + maps["axis_misses_stable"]).to_numpy() == pytest.approx(1)


def test_what_the_target_would_ask_of_a_binary(result):
    found = result.summary["target"]
    assert found["widest_binary_au"] == pytest.approx(0.02604 / critical_axis(0.0, 1.0))
    period = 3.37077196 * (found["widest_binary_au"] / 0.02604) ** 1.5
    assert found["longest_binary_period_day"] == pytest.approx(period, rel=0.01)  # Kepler III, whatever the mass
    assert found["equal_star_speed_km_s"] == pytest.approx(math.pi * found["widest_binary_au"] * 1.495978707e8 / (found["longest_binary_period_day"] * 86400), rel=1e-3)


def test_artifacts_and_figures(result, tmp_path):
    writer.write(tmp_path, Context(), circumbinary=result)
    figure.write(tmp_path, Context(), circumbinary=result)
    map_figure.write(tmp_path, Context(percent=50.0), circumbinary=result)
    names = {path.name for path in tmp_path.iterdir()}
    rows = writer.resonances(tmp_path)["rows"]
    assert [row[0] for row in rows] == [f"{n}/1" for n in result.shares[(result.shares["runs"] > 0) | (result.shares["published"] > 0)]["resonance"]]
    assert all(len(row) == 8 for row in rows) and rows[[row[0] for row in rows].index("4/1")][4] == "37.0"
    assert sum(int(row[3]) for row in writer.fates(tmp_path)["rows"]) == SMALL.host_systems
    tables = ("fates", "shares", "dispersion", "classes", "importance", "libration", "bandwidths", "limits", "host_fates", "times", "averages", "confusion", "hosts")
    assert {f"circumbinary_{name}.csv" for name in tables} | {"circumbinary_summary.json"} < names
    assert {f"{stem}.{kind}" for stem in ("fig_circumbinary", "fig_circumbinary_maps") for kind in ("png", "svg", "csv")} < names
    content = json.loads((tmp_path / "circumbinary_summary.json").read_text())
    assert content["shares"]["4"]["published"] == pytest.approx(1553 / 4200)
    assert content["host_fates"]["ejected"]["runs"] == int((result.hosts["fate"] == "ejected").sum())
    assert set(content["importance"]) == set(FEATURES) and content["fates"].keys() == content["host_fates"].keys()

    def keys(value):
        for key, item in value.items():
            yield key
            if isinstance(item, dict):
                yield from keys(item)

    assert not [key for key in keys(content) if "." in key]
