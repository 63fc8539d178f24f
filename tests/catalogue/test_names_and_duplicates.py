"""Identity across catalogues that spell names differently."""

import pandas as pd
import pytest

from analysis.catalogue.assemble import assemble
from analysis.catalogue.duplicates import remove_target, resolve_duplicates
from analysis.catalogue.names import host_key, same_orbit
from tests.catalogue.exports import bd_row, ps_row, write_bd, write_ps


@pytest.mark.parametrize(("a", "b"), [
    ("HD10697", "HD 10697"), ("Teegarden's", "Teegarden's Star"), ("Barnard\u2019s star", "Barnard's star"), ("LHS-3154", "LHS 3154"),
    ("NGC2423\u22123", "NGC 2423-3"), ("Gliese 12", "GJ 12"), ("Gl 725 B", "GJ725B"), ("2MASSW J1207334-393254", "2MASS J1207334-393254"),
])
def test_spellings_of_one_host(a, b):
    assert host_key(a) == host_key(b)


@pytest.mark.parametrize(("a", "b"), [
    ("BD+20 2457", "BD-20 2457"), ("Gl 725 A", "Gl 725 B"), ("TOI-2267 A", "TOI-2267"), ("GJ 1214", "GJ 12"), ("HD 1", "HIP 1"),
])
def test_hosts_that_only_look_alike(a, b):
    assert host_key(a) != host_key(b)


@pytest.mark.parametrize(("orbits", "same"), [
    ((100, 104, 1, 50), True), ((100, 106, 1, 1), False), ((float("nan"), 100, 1.0, 1.4), True), ((float("nan"), 100, 1.0, 1.6), False),
    ((float("nan"),) * 4, True),
])
def test_same_orbit(orbits, same):
    assert same_orbit(*orbits) is same and same_orbit(orbits[1], orbits[0], orbits[3], orbits[2]) is same


def paths(tmp_path, ps, bd):
    return write_ps(tmp_path / "ps.csv", ps), write_bd(tmp_path / "bd.csv", bd)


def test_one_companion_in_both_catalogues_is_kept_from_the_archive(tmp_path):
    ps = [ps_row(1, hostname="HD 10697", pl_name="HD 10697 b", pl_orbper=100.0), ps_row(2)]
    made = assemble(*paths(tmp_path, ps, [bd_row(period=102), bd_row(host_star="Other")]))
    assert made.duplicates == {"BD_Catalogue:HD10697": "NASA:HD 10697 b"}
    assert list(made.table["object_id"]) == ["BD_Catalogue:Other", "NASA:HD 10697 b", "NASA:Host-2 b"]
    assert made.table.set_index("object_id")["flags"]["NASA:HD 10697 b"] == "duplicate:BD_Catalogue:HD10697"
    step = {row["catalogue"]: row["rows_in"] - row["rows_out"] for row in made.ledger if row["step"] == "duplicates"}
    assert step == {"NASA": 0, "BD_Catalogue": 1}


def test_planets_of_one_host_are_not_duplicates_and_a_host_outside_the_limit_still_matches(tmp_path):
    ps = [ps_row(1, hostname="S", pl_name="S b", pl_orbper=""), ps_row(2, hostname="S", pl_name="S c", pl_orbper=""),
          ps_row(3, hostname="HD 10697", pl_name="HD 10697 b", pl_orbper=100.0, st_mass=1.0)]
    made = assemble(*paths(tmp_path, ps, [bd_row(period=100, Mstar=0.2)]))
    assert list(made.table["object_id"]) == ["NASA:S b", "NASA:S c"]


def test_within_the_bd_catalogue_the_row_with_an_error_stays_in_any_row_order(tmp_path):
    rows = [bd_row(period=100, p_msini="", m_msini=""), bd_row(period=101)]
    for order in (rows, rows[::-1]):
        made = assemble(*paths(tmp_path, [ps_row(1)], order))
        kept = made.table[made.table["data_source"] == "BD_Catalogue"]
        assert list(kept["orbital_period_day"]) == [101.0]


def test_resolving_twice_changes_nothing(tmp_path):
    ps = [ps_row(1, hostname="HD 10697", pl_name="HD 10697 b", pl_orbper=100.0)]
    made = assemble(*paths(tmp_path, ps, [bd_row(period=102), bd_row(period=900)]))
    again, pairs = resolve_duplicates(made.table)
    assert pairs.empty
    pd.testing.assert_frame_equal(again, made.table)


def test_the_target_is_removed_from_both_catalogues(tmp_path):
    made = assemble(*paths(tmp_path, [ps_row(1, hostname="TOI-6894", pl_name="TOI-6894 b"), ps_row(2)], [bd_row(host_star="TOI6894")]))
    rest, removed = remove_target(made.table)
    assert list(rest["object_id"]) == ["NASA:Host-2 b"] and removed
