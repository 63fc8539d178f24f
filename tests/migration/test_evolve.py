"""The level-2 driver: events, ends, refusals, and results that depend on nothing but the row."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analysis.constants import MJUP_MSUN, RJUP_AU, RSUN_AU, G
from analysis.migration.secular import triple
from analysis.migration.stars import contraction
from tests.migration import secular_oracle as oracle
from tests.migration.triples import FORCES, evolve, physics, reason_name, series, system

EVERYTHING = {
    "companion_lag": 3e-8, "star_lag": 3e-9, "star_spin": 700.0, "disruption_first": 2.7, "disruption_second": 2.0, "disruption_last": 1.7,
    "close_axis": 0.1, "quench_ratio": 1e-3, "tolerance": 1e-10,
}


def draws(number, seed=1):
    """Rows of `triple.SYSTEM` across the ensemble's range, some of them unstable."""
    rng = np.random.default_rng(seed)
    axis = 10 ** rng.uniform(-0.3, 1.0, number)
    columns = {
        "host_mass": rng.uniform(0.08, 0.25, number), "companion_mass": 10 ** rng.uniform(-4, -2.5, number), "outer_mass": 10 ** rng.uniform(-2, 0, number),
        "inner_axis": axis, "outer_axis": axis * 10 ** rng.uniform(0.7, 2, number), "inner_eccentricity": rng.uniform(0, 0.2, number),
        "outer_eccentricity": np.sqrt(rng.uniform(0, 0.6, number)), "inclination": np.arccos(rng.uniform(-1, 1, number)),
        "inner_argument": rng.uniform(0, 6.28, number), "outer_argument": rng.uniform(0, 6.28, number),
    }
    return np.column_stack([columns[name] for name in triple.SYSTEM])


@pytest.mark.parametrize("forces", [("octupole",), ("octupole", "corrected_averaging", "relativity", "bulges")])
def test_smallest_periapsis_is_that_of_a_dense_scan_of_the_oracle(forces):
    row = system(inclination=math.radians(87), outer_axis=25.0, companion_mass=2e-3, outer_argument=2.0)
    named = physics(*forces, star_spin=700.0)
    unit = math.sqrt((row[0] + row[1]) / G) * row[4] ** 3 * (1 - row[6] ** 2) ** 1.5 / row[2]
    record, _ = evolve(row, named | {"time_limit": 4 * unit})
    solution = oracle.integrate(oracle.Triple(tuple(row), named, RJUP_AU, 0.2 * RSUN_AU), oracle.start(row), (0.0, 4 * unit), 1e-10).sol
    times = np.linspace(0, 4 * unit, 20001)
    j = np.linalg.norm(solution(times)[:3], axis=0)
    best = times[np.argmin(j)]
    step = times[1]
    found = minimize_scalar(lambda t: np.linalg.norm(solution(t)[:3]), bounds=(best - step, best + step), method="bounded", options={"xatol": 1e-6 * step})
    assert record["smallest_periapsis"][0] == pytest.approx(1 - math.sqrt(1 - found.fun**2), rel=2e-6)
    assert record["smallest_periapsis_time"][0] == pytest.approx(found.x, abs=2e-3 * unit)
    averaging = (1.0 / 25.0) ** 1.5 * row[2] / math.sqrt((row[0] + row[1]) * row[:3].sum())
    outer = 1 - np.linalg.norm(solution(found.x)[9:12]) ** 2
    assert record["smallest_averaging_ratio"][0] == pytest.approx(found.fun / (averaging / outer**1.5), rel=1e-4)


def test_no_minimum_of_periapsis_is_stepped_over():
    """Against dense samples of the same motion, for orbits that swing through every eccentricity."""
    checked = 0
    for row in draws(40, seed=4):
        unit = math.sqrt((row[0] + row[1]) / G) * row[4] ** 3 * (1 - row[6] ** 2) ** 1.5 / (row[2] * row[3] ** 1.5)
        named = physics("octupole", tolerance=1e-10, time_limit=40 * unit)
        record, reason = evolve(row, named)
        if reason_name(reason[0]) == "unstable" or record["smallest_periapsis"][0] > 0.1 * row[3]:
            continue
        found = series(row, named, np.linspace(0, 40 * unit, 3000)[1:])
        sampled = (found["semimajor_axis"] * (1 - found["eccentricity"])).min()
        assert record["smallest_periapsis"][0] <= sampled * (1 + 1e-6)
        checked += 1
    assert checked >= 8


def test_ends_and_crossings_come_in_order():
    row = system(inclination=math.radians(89.5), inner_argument=1.0)
    named = physics("octupole", **EVERYTHING, time_limit=1e6)
    record, reason = evolve(row, named)
    assert reason_name(reason[0]) == "inside_disruption"
    first, second, last = (record[f"crossing_{name}"][0] for name in ("first", "second", "last"))
    assert 0 < first <= second <= last <= record["end_time"][0] < 1e6
    roche = RJUP_AU * (row[0] / row[1]) ** (1 / 3)
    times = np.linspace(0.9, 1, 40001) * last
    found = series(row, named, times)
    periapsis = found["semimajor_axis"] * (1 - found["eccentricity"])
    unit = 9787.0
    for factor, crossing in ((2.7, first), (2.0, second), (1.7, last)):
        inside = times[np.argmax(periapsis < factor * roche)]
        assert inside - 1e-9 * last <= crossing + times[1] - times[0]
        assert crossing - inside < 0.1 * unit  # known to the step in which it happens
    assert record["smallest_periapsis_share"][0] == pytest.approx(record["smallest_periapsis"][0] / roche, rel=1e-12)


def test_an_orbit_that_starts_inside_is_disrupted_at_once():
    row = system(inner_eccentricity=0.999)
    record, reason = evolve(row, physics(**EVERYTHING))
    assert reason_name(reason[0]) == "inside_disruption"
    assert record["end_time"][0] == record["crossing_last"][0] == record["steps"][0] == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outer_axis": 0.9}, "bad_input"), ({"companion_mass": -1e-3}, "bad_input"), ({"host_mass": 0.0}, "bad_input"), ({"outer_mass": -0.1}, "bad_input"),
        ({"inner_eccentricity": 1.0}, "bad_input"), ({"outer_eccentricity": 1.2}, "bad_input"), ({"inner_eccentricity": -0.1}, "bad_input"),
        ({"inner_axis": math.nan}, "bad_input"), ({"inner_argument": math.nan}, "bad_input"), ({"outer_axis": math.inf}, "bad_input"),
        ({"inclination": 3.2}, "bad_input"), ({"inclination": -0.1}, "bad_input"),
        ({"outer_axis": 4.0}, "unstable"), ({"outer_eccentricity": 0.95}, "unstable"),
    ],
)
def test_rows_that_are_no_stable_triples_get_their_reason_and_are_not_integrated(changes, reason):
    good = system()
    record, found = evolve([good, system(**changes), good], physics("octupole", time_limit=1e5))
    assert [reason_name(number) for number in found] == ["time_limit", reason, "time_limit"]
    assert record["steps"][1] == record["end_time"][1] == 0
    assert record["final_eccentricity"][0] == record["final_eccentricity"][2]


def test_every_end_has_one_outcome():
    assert set(triple.OUTCOME_OF_REASON) == set(triple.REASONS.values())
    outcomes = {name: triple.OUTCOMES[triple.OUTCOME_OF_REASON[number]] for name, number in triple.REASONS.items()}
    assert outcomes["migrated"] == "migrated"
    assert outcomes["inside_disruption"] == "disrupted"
    assert {outcomes[name] for name in ("time_limit", "quenched_wide", "bounded")} == {"unmigrated"}
    assert {outcomes[name] for name in ("bad_input", "unstable", "averaging_fails", "step_limit", "not_finite")} == {"invalid"}


def test_averaging_floor_and_step_limit_end_a_run():
    row = system(inclination=math.radians(89.5))
    free, _ = evolve(row, physics("octupole"))
    assert free["smallest_averaging_ratio"][0] < 1
    record, reason = evolve(row, physics("octupole", averaging_floor=3.0))
    assert reason_name(reason[0]) == "averaging_fails"
    assert record["end_time"][0] < 1e6
    _, reason = evolve(row, physics("octupole", step_limit=50))
    assert reason_name(reason[0]) == "step_limit"


def test_a_result_depends_on_its_own_row_alone():
    """The same bits alone, in a batch, in reverse order and in chunks."""
    systems = draws(36)
    named = physics(*FORCES, **EVERYTHING, time_limit=5e5, averaging_floor=1.0)
    together, reason = evolve(systems, named)
    assert len({reason_name(number) for number in reason}) >= 3
    backwards, reversed_reason = evolve(systems[::-1], named)
    chunks = [evolve(systems[i : i + 7], named) for i in range(0, 36, 7)]
    alone = [evolve(row, named) for row in systems]
    for name, values in together.items():
        for other in (backwards[name][::-1], *(np.concatenate([run[0][name] for run in runs]) for runs in (chunks, alone))):
            assert values.tobytes() == np.ascontiguousarray(other).tobytes(), name
    for other in (reversed_reason[::-1], *(np.concatenate([run[1] for run in runs]) for runs in (chunks, alone))):
        assert reason.tolist() == other.tolist()
    assert all(np.isfinite(together[name]).all() for name in ("final_axis", "final_eccentricity", "final_inclination", "end_time", "final_spin"))


def test_outcomes_do_not_hang_on_the_tolerance():
    systems = draws(60, seed=9)
    named = physics(*FORCES, **EVERYTHING, time_limit=2e6)
    (coarse, coarse_reason), (fine, fine_reason) = (evolve(systems, named | {"tolerance": tolerance}) for tolerance in (1e-9, 1e-12))
    assert coarse_reason.tolist() == fine_reason.tolist()
    # a disrupted orbit is known to the step in which it crosses
    running = (fine_reason != triple.REASONS["inside_disruption"]) & (fine["steps"] > 0)
    difference = np.abs(coarse["smallest_periapsis"][running] / fine["smallest_periapsis"][running] - 1)
    assert len(difference) > 25
    assert np.quantile(difference, 0.8) < 1e-3
    assert (fine["constraint_drift"] < 1e-8).all()


def test_certified_systems_do_stay_wide():
    """A system that is stopped because energy bounds its eccentricity keeps far from disruption and decay when it is run to the end."""
    systems = draws(150, seed=2)
    systems[:, 3] = 10 ** (systems[:, 3] - 5) * 0.3
    systems[:, 4] = systems[:, 3] * (20 + systems[:, 4] * 20)
    named = physics(*FORCES, **EVERYTHING, time_limit=1e7)
    record, reason = evolve(systems, named | {"certify": 1.0, "settle_cycles": 1e9, "settle_margin": 2.0})
    stopped = reason == triple.REASONS["bounded"]
    assert stopped.sum() >= 10
    assert (record["steps"][stopped] == 0).all()
    whole, ends = evolve(systems[stopped], named)
    assert {reason_name(number) for number in ends} <= {"time_limit", "quenched_wide"}
    assert (whole["smallest_periapsis_share"] > 2.7).all()
    assert whole["final_axis"] == pytest.approx(systems[stopped, 3], rel=0.01)


def test_dropping_a_quenched_perturber_changes_nothing_that_counts():
    row = system(inclination=math.radians(85), companion_mass=2e-3, outer_axis=60.0, inner_argument=1.0)
    named = physics(*FORCES, **{**EVERYTHING, "companion_lag": 1e-6}, time_limit=1e7)
    record, reason = evolve(row, named)
    quenched = record["quench_time"][0]
    assert reason_name(reason[0]) == "migrated"
    assert record["final_eccentricity"][0] < 1e-3
    later = named | {"time_limit": quenched + 4000.0}
    (dropped, _), (kept, _) = evolve(row, later), evolve(row, later | {"quench_ratio": 0.0})
    assert dropped["quench_time"][0] == quenched
    assert kept["quench_time"][0] == math.inf
    for name in ("final_axis", "final_eccentricity"):
        assert dropped[name][0] == pytest.approx(kept[name][0], rel=2e-3)
    assert kept["final_axis"][0] < 0.99 * evolve(row, named | {"time_limit": quenched})[0]["final_axis"][0]


def laws(star="track", companion="cooling"):
    """Radius parameters of a 0.1 Msun star and a 0.3 Mjup companion by name, and the laws."""
    found = {
        "star": contraction.star_law(star, 0.1, 0.12 * RSUN_AU, 5.0),
        "companion": contraction.companion_law(companion, 0.3, 0.9 * RJUP_AU, 5.0),
    }
    named = {f"{body}_radius_{name}": getattr(law, name) for body, law in found.items() for name in contraction.PARAMETERS}
    return named, found["companion"], found["star"]


def test_a_contracting_companion_spins_up_by_its_radius_law():
    """Without tides Omega R^2 is constant, which reads the kernel's radius back at any time."""
    named, companion, _ = laws()
    times = np.geomspace(1e3, 4e9, 25)
    found = series(system(outer_mass=1e-9, outer_axis=1e4), physics(**named, start_age=1e6, pseudo_synchronous=0.0, companion_spin=100.0, tolerance=1e-9), times)
    expected = 100.0 * (contraction.radius(companion, 1e6) / contraction.radius(companion, 1e6 + times)) ** 2
    assert found["spin"] == pytest.approx(expected, rel=2e-5)
    assert found["spin"][-1] > 2 * found["spin"][0]


def test_tides_follow_the_radii_of_the_moment():
    """Decay by both bodies while they contract, against the oracle with the laws themselves."""
    named, companion, star = laws(star="contracting")
    row = system(host_mass=0.1, companion_mass=0.3 * MJUP_MSUN, outer_mass=1e-12, outer_axis=1e4, inner_axis=0.05, inner_eccentricity=0.6)
    switched = physics("friction", **named, start_age=1e6, companion_lag=1e-7, star_lag=3e-8, star_spin=20.0)
    times = np.array([3e5, 1e6, 3e6])
    found = series(row, switched, times)

    def radii(t):
        return float(contraction.radius(companion, 1e6 + t)), float(contraction.radius(star, 1e6 + t))

    expected = oracle.integrate(oracle.Triple(tuple(row), switched), oracle.start(row), np.array([0.0, *times]), 1e-9, radii).y[:, 1:]
    assert found["semimajor_axis"] == pytest.approx(expected[12], rel=1e-4)
    assert found["eccentricity"] == pytest.approx(np.linalg.norm(expected[3:6], axis=0), rel=1e-4)
    assert 0.03 < 1 - expected[12, -1] / 0.05 < 0.9
    # the same after the perturber is dropped, which happens at once when 1PN turns the apsis
    record, _ = evolve(row, switched | {"relativity": 1.0, "quench_ratio": 1e-3, "time_limit": times[-1]})
    assert record["quench_time"][0] < 0.1 * times[-1]
    assert record["final_axis"][0] == pytest.approx(expected[12, -1], rel=1e-4)
    assert record["final_eccentricity"][0] == pytest.approx(np.linalg.norm(expected[3:6, -1]), rel=1e-4)
    frozen = series(row, physics("friction", companion_lag=1e-7, star_lag=3e-8, star_spin=20.0, companion_radius_final=radii(0)[0],
                                 star_radius_final=radii(0)[1]), times)
    assert frozen["semimajor_axis"][-1] < 0.98 * found["semimajor_axis"][-1]


def test_the_spin_is_a_state_that_settles_at_pseudo_synchronism():
    row = system(host_mass=0.2, companion_mass=3e-4, outer_mass=1e-12, outer_axis=1e4, inner_axis=0.1, inner_eccentricity=0.7)
    named = physics("friction", companion_lag=1e-6, pseudo_synchronous=0.0, companion_spin=9000.0)
    found = series(row, named, np.geomspace(10.0, 3e6, 12))
    settled = oracle.pseudo_synchronous(oracle.Triple(tuple(row), named), found["eccentricity"][-1], found["semimajor_axis"][-1])
    assert found["spin"][0] > 5 * settled
    assert found["spin"][-1] == pytest.approx(settled, rel=1e-3)
