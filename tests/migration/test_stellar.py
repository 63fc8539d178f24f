"""Age laws of the star, and the table of track radii."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.migration.stars import stellar, tracks
from tests.migration.conftest import make_target

AGES = st.floats(1e-3, 14.0)


@given(age=AGES, slope=st.floats(0.0, 0.3))
def test_laws_mirror_each_other_about_one(age, slope):
    contracting, literal = (float(stellar.radius_factor(age, law, slope)) for law in stellar.RADIUS_LAWS)
    assert contracting + literal == pytest.approx(2.0)
    assert (literal - 1) * np.log10(age) >= 0  # as written, a young star is smaller


def test_radius_laws_at_round_ages():
    np.testing.assert_allclose(stellar.radius_factor([0.01, 1.0, 10.0], "contracting"), [1.2, 1.0, 0.9])
    np.testing.assert_allclose(stellar.radius_factor([0.01, 1.0, 10.0], "literal"), [0.8, 1.0, 1.1])
    assert np.isnan(stellar.radius_factor([0.0, -1.0, np.nan])).all()
    with pytest.raises(InputError, match="radius_law"):
        stellar.radius_factor(1.0, "shrinking")


def test_quality_factor_is_log_linear_and_clamped():
    np.testing.assert_allclose(np.log10(stellar.tidal_quality([0.001, 0.01, 10**-0.5, 10.0, 13.0])), [5, 5, 6, 7, 7])
    assert np.isnan(stellar.tidal_quality(0.0))


@given(age=AGES, older=st.floats(1.0, 100.0))
def test_quality_factor_never_falls(age, older):
    assert stellar.tidal_quality(age) <= stellar.tidal_quality(age * older) * (1 + 1e-12)


def test_tracks_pass_through_their_nodes_and_stay_between_them():
    masses, ages, radii = table = tracks.load_radii()
    assert masses[0] == 0.05 and masses[-1] == 0.30 and set(ages) == set(tracks.AGES_GYR)
    grid = tracks.track_radius(masses[:, None], ages[None, :], table)
    np.testing.assert_allclose(grid, radii)
    middle = tracks.track_radius(np.sqrt(masses[5] * masses[6]), np.sqrt(ages[8] * ages[9]), table)
    assert middle == pytest.approx(radii[5:7, 8:10].mean())


def test_known_radii():
    # Chabrier & Baraffe: a main-sequence star of 0.1-0.2 Msun has about its mass in solar units; a brown dwarf about 0.1.
    assert float(tracks.track_radius(0.1, 5.0)) == pytest.approx(0.124, abs=0.002)
    assert float(tracks.track_radius(0.2, 5.0)) == pytest.approx(0.218, abs=0.003)
    assert float(tracks.track_radius(0.06, 1.0)) == pytest.approx(0.094, abs=0.002)
    assert float(tracks.track_radius(0.207, 5.0)) == pytest.approx(0.2276, rel=0.02)  # TOI-6894 as published


def test_no_radius_is_invented_beyond_the_tracks():
    assert np.isnan(tracks.track_radius([0.04, 0.31, 0.2], [1.0, 1.0, 0.0])).all()
    assert np.isnan(tracks.track_radius(0.055, 9.0))  # the brown-dwarf tracks have ended
    assert float(tracks.track_radius(0.2, 13.0)) == float(tracks.track_radius(0.2, 10.0))
    assert np.isnan(tracks.track_radius(np.nan, 1.0))


def test_neither_law_is_a_track():
    table = stellar.track_comparison(0.1)
    young = table[table["age_gyr"] == 0.01]
    assert (young["track_ratio"] > 2.5).all()  # real stars shrink by a factor of three, the law allows 20 per cent
    assert (young["track_ratio"] > 2 * young["contracting_ratio"]).all() and (young["contracting_ratio"] > young["literal_ratio"]).all()
    assert (table.loc[table["age_gyr"] >= 1.0, "track_ratio"] - 1).abs().max() < 0.02  # and then stand still


def test_tabulate_reads_the_published_format(tmp_path):
    source, target = tmp_path / "tracks.txt", tmp_path / "radii.csv"
    lines = ["! M/Ms log t Teff L g R ..."]
    for mass in (0.04, 0.1, 0.2):
        for log_age in np.linspace(5.9, 10.0 if mass < 0.2 else 9.4, 42):
            lines.append(" ".join(map(str, [mass, log_age, 3000, -2, 5, mass * (11 - log_age)] + [0.0] * 7)))
    source.write_text("\n".join(lines))
    assert tracks.tabulate(source, target) == 2 * len(tracks.AGES_GYR)
    table = tracks.load_radii(target)
    assert float(tracks.track_radius(0.1, 1.0, table)) == pytest.approx(0.1 * 2 * 6.96 / 6.957, abs=1e-5)
    assert np.isnan(tracks.track_radius(0.2, 10.0, table)) and np.isfinite(tracks.track_radius(0.1, 10.0, table))


@pytest.mark.parametrize(
    "content", [None, b"", b"\x00\xff\x00", b"mass,age\n1,2\n", b"mass_msun,age_gyr,radius_rsun\n0.1,1,0.1\n0.1,2,0.1\n0.2,1,0.1\n"]
)
def test_a_damaged_table_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "bhac15_radii.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="restore the file"):
        tracks.load_radii(path)


def test_the_frozen_table_is_checked_against_the_manifest(tmp_path):
    copy = tmp_path / tracks.RADII_FILE.name
    copy.write_bytes(tracks.RADII_FILE.read_bytes())
    (tmp_path / "MANIFEST.json").write_bytes((tracks.RADII_FILE.parent / "MANIFEST.json").read_bytes())
    tracks.load_radii(copy)
    copy.write_bytes(copy.read_bytes().replace(b"0.63134", b"0.63135"))
    with pytest.raises(InputError, match="checksum"):
        tracks.load_radii(copy)
    (tmp_path / "MANIFEST.json").write_text("{}")
    with pytest.raises(InputError, match="no checksum"):
        tracks.load_radii(copy)


def test_tabulate_refuses_another_file(tmp_path):
    (tmp_path / "x.txt").write_text("not,a,track\n")
    with pytest.raises(InputError, match="BHAC15"):
        tracks.tabulate(tmp_path / "x.txt", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_target_radius():
    assert stellar.target_radius(make_target(), 5.0) == (0.2276, "published")
    radius, source = stellar.target_radius(make_target(host_mass_msun=0.08), 5.0)
    assert source == "BHAC15 track" and radius == pytest.approx(0.099, abs=1e-3)
    young = stellar.target_radius(make_target(host_mass_msun=0.08, host_age_gyr=0.1), 5.0)[0]
    assert young > 1.5 * radius
    with pytest.raises(InputError, match="radius"):
        stellar.target_radius(make_target(host_mass_msun=0.9, host_radius_rsun=None), 5.0)
