"""Statistics from tables of counts: what a table of counts is enough for, without a row per unit.

columns
    names of the columns that a table of counts may have: N, EVENTS, OTHERS, COUNTS, MISSING
counts
    whole, alike, two_way_table, finite, has_columns
estimates
    Estimate, ChiSquare, wald, half_width, check_confidence
tables
    two_way, cube, sparse_expected, cochran_armitage, informative, breslow_day, odds_ratio_over_strata, mix_and_risk,
    expected_cells
shares
    wilson, share_of, standardized_shares, same_share
rates
    Spread, Departure, products, period_products, table, growth, departure
means
    group_moments, mean_intervals, quantile, group_quantiles, levene, kruskal_wallis, games_howell, tukey_kramer
effect_size
    eta_squared, omega_squared, cohen_f, cramers_v, bergsma, difference_of_means, difference_of_shares,
    noncentral_f_limits, noncentral_chi2_limits, noncentral_omega_squared, noncentral_cramers_v
effect_intervals
    Limits, omega_squared_limits, cramers_v_limits, length_limits, length_probability
hypothesis_tests
    Test, chi_square, trend, weighted_kappa, welch, equal_shares, why_not_means, why_not_table, adjusted
simulation_study
    replicate, covered, performance, band
glm
    logistic, ordinal and multinomial models
prediction
    performance, validation and use of risk models

README.md shows how they are used, and how far they agree with R.
"""
