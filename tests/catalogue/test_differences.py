"""What differs between two frozen tables, cell by cell, under any order of rows and any spelling of names."""

import csv
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.catalogue.assemble import assemble
from analysis.catalogue.differences import SORTS, companions, compare, curated_lines, described, source_lines
from analysis.catalogue.frozen import table_text
from analysis.catalogue.manifest import FROZEN
from tests.catalogue.exports import bd_row, ps_row, write_bd, write_ps

EXPECTED = {  # changes of an export's cells: the cells of the table that must differ, each with its kind of change
    "pl_bmassj=0.02": {("companion_mass_mjup", "value", "0.01", "0.02")},
    "pl_bmassjerr1=0.004": {("companion_mass_mjup_err_up", "error", "0.002", "0.004")},
    "pl_bmassjerr2=-0.003": {("companion_mass_mjup_err_down", "error", "0.001", "0.003")},
    "pl_bmassjlim=1": {("companion_mass_mjup_limit", "kind", "0", "1"), ("mass_kind", "kind", "true", "upper_limit")},
    "pl_bmassprov=Msini": {("mass_kind", "kind", "true", "msini")},
    "discoverymethod=Radial Velocity": {
        ("discovery_method", "kind", "Transit", "Radial Velocity"), ("discovery_method_raw", "note", "Transit", "Radial Velocity")},
    "st_teff=3200": {("host_teff_k", "value", "3100", "3200")},
    "pl_orbeccen=0": {("eccentricity", "value", "0.1", "0")},
}


BROWN_DWARFS = (bd_row(),)


def rows(tmp_path, ps, bd=BROWN_DWARFS):
    """The frozen table of exports, as the comparison reads it."""
    made = assemble(write_ps(tmp_path / "ps.csv", list(ps)), write_bd(tmp_path / "bd.csv", list(bd)))
    return list(csv.DictReader(io.StringIO(table_text(made.table))))


@pytest.mark.parametrize("change", EXPECTED)
def test_every_changed_cell_is_told_with_its_kind_and_nothing_else(tmp_path, change):
    name, value = change.split("=")
    found = compare(rows(tmp_path, [ps_row(1), ps_row(2)]), rows(tmp_path, [ps_row(1), ps_row(2, **{name: value})]))
    assert {(c.column, c.sort, c.before, c.after) for c in found.changes} == EXPECTED[change]
    assert found.changed == ["NASA:Host-2 b"] and (found.new, found.gone, found.renamed, found.unchanged) == ([], [], [], 2)


def test_a_relative_change_is_of_the_value_before(tmp_path):
    found = compare(rows(tmp_path, [ps_row(1)]), rows(tmp_path, [ps_row(1, pl_bmassj=0.013)]))
    assert found.changes[0].relative == pytest.approx(0.3) and not found.none


def test_new_and_gone_companions_and_a_mass_that_leaves_the_table(tmp_path):
    before = rows(tmp_path, [ps_row(1), ps_row(2), ps_row(3, pl_orbper=55, pl_bmassj=4)])
    after = rows(tmp_path, [ps_row(1), ps_row(2, st_mass=0.9), ps_row(4, pl_orbper=77, pl_bmassj=2)])
    found = compare(before, after)
    assert [row["object_id"] for row in found.new] == ["NASA:Host-4 b"]
    assert [row["object_id"] for row in found.gone] == ["NASA:Host-2 b", "NASA:Host-3 b"]
    assert "Mc 2 Mjup" in described(found.new[0]) and "P 77 d" in described(found.new[0])


def test_a_host_spelled_otherwise_or_known_by_an_alias_is_the_same_companion(tmp_path):
    before = rows(tmp_path, [ps_row(1, hostname="GJ 551", pl_name="GJ 551 b"), ps_row(2, hostname="Old name", pl_name="Old name c", pl_bmassj=0.5)])
    after = rows(tmp_path, [ps_row(1, hostname="Gliese 551", pl_name="Gliese 551 b"), ps_row(2, hostname="Quite new", pl_name="Quite new c", pl_bmassj=0.7)])
    plain, known = compare(before, after), compare(before, after, [["Quite new", "Old name"]])
    assert plain.renamed == [("NASA:GJ 551 b", "NASA:Gliese 551 b")] and len(plain.gone) == len(plain.new) == 1
    assert known.renamed[1:] == [("NASA:Old name c", "NASA:Quite new c")] and not known.gone and not known.new
    assert {(c.column, c.sort) for c in known.changes if c.object_id == "NASA:Quite new c"} == {
        ("object_id", "name"), ("companion_name", "name"), ("host_name", "name"), ("companion_mass_mjup", "value")}


def test_a_companion_that_moves_from_one_catalogue_to_the_other_is_matched_by_its_orbit(tmp_path):
    before = rows(tmp_path, [ps_row(1)], [bd_row(host_star="LP498-48", mass=46, period=412.7)])
    after = rows(tmp_path, [ps_row(1), ps_row(2, hostname="LP 498-48", pl_name="LP 498-48 b", pl_orbper=412.8, pl_bmassj=47)], [bd_row(host_star="Far", Mstar=2)])
    found = compare(before, after)
    assert found.renamed == [("BD_Catalogue:LP498-48", "NASA:LP 498-48 b")] and not found.gone and not found.new


def test_without_period_and_mass_nothing_says_that_two_rows_are_one_companion(tmp_path):
    before = rows(tmp_path, [ps_row(1)], [bd_row(host_star="LP498-48", msini="", period=""), bd_row(host_star="Far", Mstar=2)])
    after = rows(tmp_path, [ps_row(1), ps_row(2, hostname="LP 498-48", pl_name="LP 498-48 b")], [bd_row(host_star="Far", Mstar=2)])
    found = compare(before, after)
    assert found.renamed == [] and len(found.gone) == len(found.new) == 1


def test_two_possible_matches_are_no_match_and_another_planet_of_the_host_is_new(tmp_path):
    before = rows(tmp_path, [ps_row(1, hostname="GJ 551", pl_name="GJ 551 b", pl_orbper=10)])
    after = rows(tmp_path, [ps_row(1, hostname="Gl 551", pl_name="Gl 551 b"), ps_row(1, hostname="Gliese 551", pl_name="Gliese 551 b")])
    assert compare(before, after).renamed == []
    other = rows(tmp_path, [ps_row(1, hostname="GJ 551", pl_name="GJ 551 d", pl_orbper=99)])
    assert compare(before, other).renamed == [] and len(compare(before, other).gone) == 1


def test_equal_values_under_an_unknown_name_are_pointed_out_but_not_matched(tmp_path):
    before = rows(tmp_path, [ps_row(1), ps_row(2, pl_bmassj=7, pl_orbper=3)])
    after = rows(tmp_path, [ps_row(1), ps_row(9, pl_bmassj=7, pl_orbper=3)])
    found = compare(before, after)
    assert found.alike == [("NASA:Host-2 b", "NASA:Host-9 b")] and len(found.gone) == len(found.new) == 1
    assert compare(before, rows(tmp_path, [ps_row(1), ps_row(9, pl_bmassj=7, pl_orbper=3.1)])).alike == []


def test_a_row_in_another_line_is_no_difference_but_is_counted(tmp_path):
    before = rows(tmp_path, [ps_row(1), ps_row(2)])
    found = compare(before, rows(tmp_path, [ps_row(2), ps_row(1)]))
    assert found.none and (found.unchanged, found.elsewhere) == (3, 2)


def test_columns_of_another_schema_are_told_and_compared_as_far_as_both_have_them():
    frozen = companions(FROZEN)
    older = [{name: cell for name, cell in row.items() if name != "flags"} | {"former": "1"} for row in frozen]
    found = compare(older, frozen)
    assert (found.columns_new, found.columns_gone, found.changes, found.none) == (["flags"], ["former"], [], False)
    assert compare([], frozen).columns_new == [] and len(compare([], frozen).new) == len(frozen) and len(compare(frozen, []).gone) == len(frozen)


@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(0, 6), st.integers(0, 12))
def test_any_edit_of_the_frozen_table_is_found_and_undone_by_the_reverse(seed, added, removed, edited):
    """Rows added, removed and edited at random, in random order: the counts are those of the edits, and the reverse comparison mirrors them."""
    choice = random.Random(seed)
    frozen = companions(FROZEN)
    gone = {row["object_id"] for row in choice.sample(frozen, removed)}
    after = [dict(row) for row in frozen if row["object_id"] not in gone]
    touched = choice.sample(after, edited)
    for row in touched:
        row["companion_mass_mjup"] = "7.123456"
    after += [dict(choice.choice(frozen)) | {"object_id": f"NASA:{n} x", "companion_name": f"Nowhere {n} x", "host_name": f"Nowhere {n}"} for n in range(added)]
    choice.shuffle(after)
    found, back = compare(frozen, after), compare(after, frozen)
    assert {row["object_id"] for row in found.gone} == gone == {row["object_id"] for row in back.new}
    assert len(found.new) == len(back.gone) == added and found.unchanged == len(frozen) - removed - edited
    assert set(found.changed) == {row["object_id"] for row in touched} == set(back.changed)
    assert {(c.object_id, c.column, c.before, c.after) for c in found.changes} == {(c.object_id, c.column, c.after, c.before) for c in back.changes}
    assert {c.sort for c in found.changes} <= set(SORTS)


def test_sources_tell_dates_and_files_tell_lines():
    entry = {"file": "a.csv", "rows": 3, "retrieved": "2026-01-02", "sha256": "1"}
    later = entry | {"retrieved": "2026-03-04", "rows": 4, "sha256": "2"}
    told = source_lines({"sources": {"NASA": entry, "ages": entry}}, {"sources": {"NASA": later, "ages": entry | {"copy": "x"}, "gaia": later}})
    assert told[0] == "NASA: a.csv, 3 rows, retrieved 2026-01-02 → a.csv, 4 rows, retrieved 2026-03-04"
    assert "same bytes" in told[1] and "copy empty → x" in told[1] and told[2].startswith("gaia: none → ")
    assert curated_lines({"a.csv": b"h\n1\n2\n", "b.csv": b"x", "same": b"s"}, {"a.csv": b"h\n2\n3\n4\n", "c.csv": b"y", "same": b"s"}) == [
        "a.csv: 2 lines enter, 1 leave", "b.csv: gone", "c.csv: new"]
