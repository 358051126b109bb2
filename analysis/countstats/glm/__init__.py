"""Logistic, ordinal and multinomial models on counts.

Cells and designs
    cell_table      cells_of, counts_by, collapse, complete, split
    design          matrix, coded; the terms' names
    splines         columns of a restricted cubic spline
    collinearity    gvif, dependent_columns
Fits
    solver          maximise, the one solver; Fit, NoEstimate
    logit           the binomial model: fit, compare, drop_each; Logit with an offset or a ridge penalty
    firth           the same with Firth's penalty: fit, limits, estimate, refit
    ordinal         proportional odds and departures from them
    multinomial     each category against the first
What follows from a fit
    wald            coefficients, odds_ratios, univariable, of a fit of statsmodels; GLM_TOL for that fit
    fit_measures    log-likelihood, AIC, pseudo R-squared, likelihood_ratio, in units
    profile         profile-likelihood limits
    marginal        average marginal effects, attributable fractions
    interaction     products of two variables, their test and odds ratios
    robust          standard errors that allow for clusters (CR2)
    imputation      multiple imputation, and Rubin's rules
    separation      the terms without a finite estimate
"""
