"""Level 2, the vocabulary: what a hierarchical triple is, which physics acts on it, what is recorded of it, and how it may end.

Arrays cross between draws, kernel, sweep and report with these columns. Units: au, Msun, yr, rad. The perturber's orbital plane and the
companion's ascending node on it are the reference: `inner_argument` and `outer_argument` are the angles from that node to the two periapses.
"""

from typing import Final

__all__ = ["DISRUPTED", "INVALID", "MIGRATED", "OUTCOMES", "OUTCOME_OF_REASON", "PHYSICS", "REASONS", "RECORD", "SYSTEM", "UNMIGRATED", "column"]

SYSTEM: Final = (
    "host_mass", "companion_mass", "outer_mass",  # Msun
    "inner_axis", "outer_axis",  # au
    "inner_eccentricity", "outer_eccentricity",
    "inclination", "inner_argument", "outer_argument",  # rad; mutual inclination in [0, pi]
)

# A radius law is R(t) = final ((1 + (knee/t)^power)^exponent + slope log10(t / Gyr)) with t the age of the system.
PHYSICS: Final = (
    "time_limit",  # yr after the start
    "start_age",  # yr, age of the star when the secular evolution starts
    "tolerance",  # local error per step, of unit vectors
    "octupole", "corrected_averaging", "relativity", "bulges", "friction",  # 1 or 0
    "pseudo_synchronous",  # 1: the companion's spin follows its orbit; 0: it is a state
    "companion_love", "star_love",  # Love numbers k_2
    "companion_lag", "star_lag",  # yr, time lags
    "companion_inertia",  # moment of inertia / (m R^2)
    "companion_spin", "star_spin",  # rad/yr; the companion's at the start, the star's constant
    "companion_radius_final", "companion_radius_knee", "companion_radius_power", "companion_radius_exponent", "companion_radius_slope",  # au, yr
    "star_radius_final", "star_radius_knee", "star_radius_power", "star_radius_exponent", "star_radius_slope",  # au, yr
    "disruption_first", "disruption_second", "disruption_last",  # periapsis over tidal radius, falling; a system ends at the last
    "close_axis",  # au, an orbit this small counts as migrated
    "averaging_floor",  # a system ends when j falls below this many epsilon_SA; 0 never
    "quench_ratio",  # the perturber is dropped when its precession is this share of that of the short-range forces
    "certify",  # 1: stop where the attainable eccentricity is bounded below what matters
    "settle_cycles",  # Kozai times t_k before periapsis minima are compared, and length of the first comparison
    "settle_margin",  # smallest periapsis of a settled orbit over the outermost disruption radius
    "step_limit",  # steps after which a system is given up
)

RECORD: Final = (
    "final_axis", "final_eccentricity", "end_time",  # au, -, yr after the start
    "crossing_first", "crossing_second", "crossing_last",  # yr at which periapsis first lies inside each disruption radius; inf if never
    "smallest_periapsis", "smallest_periapsis_time",  # au, yr
    "smallest_periapsis_share",  # periapsis over tidal radius at that time, smallest value
    "close_time",  # yr at which a first falls to close_axis; inf if never
    "quench_time",  # yr at which the perturber is dropped; inf if never
    "smallest_averaging_ratio",  # smallest sqrt(1 - e^2) / epsilon_SA while the perturber acts
    "final_inclination",  # rad, of the orbits to one another when the perturber last acts
    "final_spin",  # rad/yr, the companion's
    "constraint_drift",  # largest |e^2 + j^2 - 1| of either orbit
    "orthogonality_drift",  # largest |e . j| of either orbit
    "flips",  # times the orbit turns between prograde and retrograde
    "steps",
)

REASONS: Final = {
    "migrated": 1,  # a <= close_axis at the end
    "inside_disruption": 2,  # periapsis inside the last disruption radius
    "time_limit": 3,  # still cycling, or circularising, at the end
    "quenched_wide": 4,  # the perturber is quenched and tides do not close the orbit in time
    "bounded": 5,  # conservation of energy keeps periapsis outside the reach of tides for ever
    "settled": 6,  # periapsis minima repeat over many Kozai times, far outside the reach of tides
    "bad_input": 10, "unstable": 11, "averaging_fails": 12, "step_limit": 13, "step_underflow": 14, "not_finite": 15, "drift": 16,
}
MIGRATED, DISRUPTED, UNMIGRATED, INVALID = 0, 1, 2, 3
OUTCOMES: Final = ("migrated", "disrupted", "unmigrated", "invalid")
OUTCOME_OF_REASON: Final = {
    number: {"migrated": MIGRATED, "inside_disruption": DISRUPTED}.get(name, UNMIGRATED if number < 10 else INVALID) for name, number in REASONS.items()
}


def column(name: str, names: tuple[str, ...] = RECORD) -> int:
    """Place of a column in an array with these names. Raises ValueError for an unknown name."""
    return names.index(name)
