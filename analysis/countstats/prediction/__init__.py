"""Performance, validation and use of risk models, from counts by risk.

roc
    placements, auc, compare, gains, reached, curve, partial_area, precision, average_precision, youden, for_workload,
    at_threshold
calibration
    in_the_large, intercept_and_slope, slope, recalibrated, observed_expected, between_groups, brier, scaled_brier,
    by_rank, deciles, hosmer_lemeshow, smooth_curve, smooth_error
performance
    measure, of_all, by_group, scored
bootstrap
    resample, roc_band, optimism
cross_validation
    folds
instability
    of_draws
updating
    spread, misfit, crosswise
pooling
    pooled, pooled_measures
sample_size
    largest_r2, development, expected_shrinkage, validation, area_se
decision_curve
    net_benefit, surely_ahead
points
    points, total, log_odds_per_point, risk, risk_by_sum
workload
    extra_variance, chance_of_at_most, flagged_shares
clustered
    observed_expected, auc
benchmark
    stacked, boosting, choose_rounds, ridge, compare_models
"""
