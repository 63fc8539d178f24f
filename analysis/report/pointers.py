"""Where each quoted number comes from: key in the manuscript, artifact, dotted field, format.

The table is data; `numbers.collect` reads it, and the number's own entry in numbers.json repeats it.
"""

__all__ = ["POINTERS"]

_AGES = "age_regression_summary.json"
_DISK = "disk_summary.json"
_ECC = "eccentricity_summary.json"
_KOZAI = "feasibility_summary.json"
_MIX = "gmm_summary.json"
_ORIGIN = "origin_summary.json"
_ROBUST = "robustness_summary.json"
_SAMPLE = "sample_summary.json"
_TIDES = "tides_summary.json"

POINTERS: tuple[tuple[str, str, str, str], ...] = (
    ("data.nasa_date", _SAMPLE, "catalogue.sources.NASA.retrieved", "text"),
    ("data.nasa_file", _SAMPLE, "catalogue.sources.NASA.file", "text"),
    ("data.nasa_url", _SAMPLE, "catalogue.sources.NASA.authority_url", "text"),
    ("data.bd_date", _SAMPLE, "catalogue.sources.BD_Catalogue.retrieved", "text"),
    ("data.bd_file", _SAMPLE, "catalogue.sources.BD_Catalogue.file", "text"),
    ("data.bd_url", _SAMPLE, "catalogue.sources.BD_Catalogue.authority_url", "text"),
    ("sample.candidates", _SAMPLE, "counts.total.candidates", "count"),
    ("sample.processed", _SAMPLE, "counts.total.processed", "count"),
    ("sample.in_mass_range", _SAMPLE, "counts.total.in_mass_range", "count"),
    ("sample.hosts", _SAMPLE, "counts.candidates.hosts", "count"),
    ("sample.multi_hosts", _SAMPLE, "counts.candidates.multi_companion_hosts", "count"),
    ("sample.with_eccentricity", _SAMPLE, "counts.total.with_eccentricity", "count"),
    ("sample.high_q", _SAMPLE, "counts.candidates.split.high_q", "count"),
    ("sample.low_q", _SAMPLE, "counts.candidates.split.low_q", "count"),
    ("sample.high_q_with_eccentricity", _SAMPLE, "counts.total.high_q_with_eccentricity", "count"),
    ("sample.aged_hosts", _SAMPLE, "counts.candidates.ages.hosts", "count"),
    ("sample.corrections", _SAMPLE, "corrections.applied", "count"),
    ("sample.uncorrected_candidates", _SAMPLE, "counts.uncorrected.total.candidates", "count"),
    ("sample.mass_error_above_half", _SAMPLE, "counts.candidates.host_mass_error_above_half", "count"),
    ("target.host_mass", _SAMPLE, "target.values.host_mass_msun", "fixed:3"),
    ("target.host_mass_err", _SAMPLE, "target.values.host_mass_msun_err_up", "fixed:3"),
    ("target.period", _SAMPLE, "target.values.orbital_period_day", "fixed:2"),
    ("target.axis", _SAMPLE, "target.values.semimajor_axis_au", "fixed:3"),
    ("target.mass", _SAMPLE, "target.values.companion_mass_mjup", "fixed:3"),
    ("target.mass_ratio", _SAMPLE, "target.mass_ratio", "scientific:2"),
    ("target.eccentricity", _SAMPLE, "target.values.eccentricity", "fixed:3"),
    ("target.eccentricity_err", _SAMPLE, "target.values.eccentricity_err_up", "fixed:3"),
    ("kozai.fraction_percent", _KOZAI, "headline.mean_fraction", "percent:2"),
    ("kozai.low_percent", _KOZAI, "headline.low_95", "percent:2"),
    ("kozai.high_percent", _KOZAI, "headline.high_95", "percent:2"),
    ("kozai.closed_form_percent", _KOZAI, "headline.closed_form", "percent:2"),
    ("kozai.example_percent", _KOZAI, "example_headline.mean_fraction", "percent:2"),
    ("kozai.timescale_ratio_low", _KOZAI, "timescale_ratio.target.smallest", "fixed:1"),
    ("kozai.timescale_ratio_high", _KOZAI, "timescale_ratio.target.largest", "fixed:1"),
    ("kozai.cells", _KOZAI, "check.cells", "count"),
    ("kozai.smallest_tail", _KOZAI, "check.smallest_tail", "scientific:1"),
    ("kozai.chi_square_p", _KOZAI, "check.chi_square_p", "p:2"),
    ("kozai.axis_high_percent", _KOZAI, "birth_axis.0_3.mean_fraction", "percent:1"),
    ("kozai.axis_low_percent", _KOZAI, "birth_axis.10.mean_fraction", "percent:1"),
    ("kozai.sensitivity_low_percent", _KOZAI, "sensitivity.1.3.mean_fraction", "percent:1"),
    ("kozai.sensitivity_high_percent", _KOZAI, "sensitivity.5.7.mean_fraction", "percent:1"),
    ("tides.critical_over_tidal", _KOZAI, "systems.target.critical_radius_over_r_t", "fixed:1"),
    ("tides.disruption_au", _TIDES, "target.disruption_radius_au.2_7", "fixed:3"),
    ("tides.disruption_rstar", _TIDES, "target.disruption_radius_rstar.2_7", "fixed:1"),
    ("tides.lenient_rstar", _TIDES, "target.disruption_radius_rstar.1_7", "fixed:1"),
    ("tides.circularised_au", _TIDES, "target.circularised_axis_au.2_7", "fixed:3"),
    ("tides.star_time", _TIDES, "target.stellar_tide_yr.q_1e6", "scientific:2"),
    ("tides.companion_time_low", _TIDES, "target.circularisation_yr.q_1e5", "scientific:2"),
    ("tides.companion_time_high", _TIDES, "target.circularisation_yr.q_1e6", "scientific:2"),
    ("tides.track_contraction", _TIDES, "tracks.0_2.0_01.track_ratio", "fixed:1"),
    ("tides.law_contraction", _TIDES, "tracks.0_2.0_01.contracting_ratio", "fixed:1"),
    ("tides.literal_contraction", _TIDES, "tracks.0_2.0_01.literal_ratio", "fixed:1"),
    ("disk.type_one_median_1au", _DISK, "at_orbits.1.type_i.p50", "scientific:2"),
    ("disk.gap_median_1au", _DISK, "at_orbits.1.gap.p50", "scientific:2"),
    ("disk.gap_share_percent", _DISK, "at_orbits.1.gap_share", "percent:0"),
    ("disk.in_time_percent", _DISK, "journeys.1.gap.in_time_share", "percent:0"),
    ("disk.in_time_short_percent", _DISK, "journeys.1.gap.in_time_share_shortest_lifetime", "percent:0"),
    ("disk.in_time_long_percent", _DISK, "journeys.1.gap.in_time_share_longest_lifetime", "percent:0"),
    ("disk.arrives_percent", _DISK, "journeys.1.gap.arrives_share", "percent:0"),
    ("origin.auroc_specified", _ORIGIN, "sets.candidates.variants.specified.auroc", "fixed:3"),
    ("origin.auroc_without_q", _ORIGIN, "sets.candidates.variants.without_mass_ratio.auroc", "fixed:2"),
    ("origin.auroc_method", _ORIGIN, "sets.candidates.variants.method_alone.auroc", "fixed:2"),
    ("origin.auroc_without_both", _ORIGIN, "sets.candidates.variants.without_mass_ratio_and_method.auroc", "fixed:2"),
    ("origin.auroc_without_both_low", _ORIGIN, "sets.candidates.variants.without_mass_ratio_and_method.auroc_low", "fixed:2"),
    ("origin.auroc_without_both_high", _ORIGIN, "sets.candidates.variants.without_mass_ratio_and_method.auroc_high", "fixed:2"),
    ("origin.n_rows", _ORIGIN, "sets.candidates.n_rows", "count"),
    ("origin.n_positive", _ORIGIN, "sets.candidates.n_binary_like", "count"),
    ("origin.target_specified", _ORIGIN, "sets.candidates.variants.specified.target_probability", "fixed:2"),
    ("ages.n_rows", _AGES, "sample.n_rows_aged", "count"),
    ("ages.n_hosts", _AGES, "sample.n_hosts_aged", "count"),
    ("ages.high_q_rows", _AGES, "sample.classes.high_mass_ratio.n_rows", "count"),
    ("ages.detectable_r", _AGES, "power.semimajor_axis.detectable_r_hosts", "fixed:2"),
    ("ages.power_percent", _AGES, "settings.power", "percent:0"),
    ("ages.slope_a", _AGES, "regressions.as_given.log_a_on_log_age.terms.log_host_age_gyr.coefficient", "fixed:2"),
    ("ages.slope_a_err", _AGES, "regressions.as_given.log_a_on_log_age.terms.log_host_age_gyr.cluster_error", "fixed:2"),
    ("ages.p_a_ordinary", _AGES, "regressions.as_given.log_a_on_log_age.terms.log_host_age_gyr.ordinary_p", "p:1"),
    ("ages.p_a", _AGES, "regressions.as_given.log_a_on_log_age.permutation_p", "p:2"),
    ("ages.slope_e", _AGES, "regressions.as_given.e_on_log_age.terms.log_host_age_gyr.coefficient", "fixed:3"),
    ("ages.slope_e_err", _AGES, "regressions.as_given.e_on_log_age.terms.log_host_age_gyr.cluster_error", "fixed:3"),
    ("ages.p_e", _AGES, "regressions.as_given.e_on_log_age.permutation_p", "p:2"),
)
