"""TOI-6894 b: published values and overrides."""

import math

import pytest

from analysis.catalogue import target
from analysis.catalogue.schema import COLUMN_NAMES
from analysis.config import TargetConfig
from analysis.errors import InputError


def test_published_values_of_bryant_et_al():
    values = target.run(TargetConfig()).values
    published = {
        "host_mass_msun": (0.207, 0.011), "host_radius_rsun": (0.2276, 0.0057), "host_teff_k": (3007, 58), "metallicity": (0.142, 0.087),
        "companion_mass_mjup": (0.168, 0.022), "companion_radius_rjup": (0.855, 0.022), "semimajor_axis_au": (0.02604, 0.00045),
        "eccentricity": (0.029, 0.030),
    }
    assert {name: (values[name], values[f"{name}_err_up"]) for name in published} == published
    assert (values["orbital_period_day"], values["eccentricity_limit_95"], values["host_age_gyr"]) == (3.37077196, 0.094, None)


def test_period_and_axis_are_consistent_with_the_masses():
    values = target.run(TargetConfig()).values
    axis = ((values["orbital_period_day"] / 365.25) ** 2 * (values["host_mass_msun"] + values["companion_mass_mjup"] / 1047.56)) ** (1 / 3)
    assert axis == pytest.approx(values["semimajor_axis_au"], abs=values["semimajor_axis_au_err_up"])


def test_row_has_the_schema():
    result = target.run(TargetConfig())
    assert tuple(result.row.columns) == COLUMN_NAMES and len(result.row) == 1
    row = result.row.iloc[0]
    assert (row["object_id"], row["data_source"], row["mass_kind"]) == ("TOI:TOI-6894 b", "TOI", "true")
    assert not isinstance(row["flags"], str) and result.overridden == []


def test_overrides_of_the_specification():
    result = target.run(TargetConfig(mstar=0.08, mc_mj=0.30, a_au=0.05, age_gyr=5.0))
    row = result.row.iloc[0]
    assert (row["host_mass_msun"], row["companion_mass_mjup"], row["semimajor_axis_au"], row["host_age_gyr"]) == (0.08, 0.30, 0.05, 5.0)
    assert math.isnan(row["host_mass_msun_err_up"]) and row["host_radius_rsun"] == 0.2276
    assert result.overridden == ["mstar", "mc_mj", "a_au", "age_gyr"] and "overridden:semimajor_axis_au" in row["flags"]
    assert result.references["host_age_gyr"] == "option --toi_age_gyr"


@pytest.mark.parametrize(("option", "flag"), [
    ("mstar", "--toi_mstar"), ("mc_mj", "--toi_mc_mj"), ("a_au", "--toi_a_AU"), ("age_gyr", "--toi_age_gyr"),
])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 1e9])
def test_impossible_overrides_name_the_option(option, flag, value):
    with pytest.raises(InputError, match=flag):
        target.run(TargetConfig(**{option: value}))
