"""Logistic, ordinal and multinomial models on counts.

Cells and designs:

cell_table
    cells_of, counts_by, collapse, complete, split
design
    matrix, coded, by_size: the design matrix, written out or not (Dense, Coded); select, rows and columns of either;
    join, further columns; TERM and INTERCEPT, names of its columns
splines
    columns, knots, restricted_cubic: a curve in a number
collinearity
    gvif, dependent_columns

Fits:

solver
    maximise, the one solver; Fit, NoEstimate; solve and covariance, from an information
logit
    fit, risks, measures, compare, drop_each: the binomial model; Logit, with an offset or a ridge penalty
firth
    fit, limits, estimate, reduced, refit, log_likelihood_without: the same with Firth's penalty, always or where it is
    needed
ordinal
    fit, departures: proportional odds and departures from them
multinomial
    fit: each category against the first

What follows from a fit:

wald
    fit, as_fit: by statsmodels or on codes, by the design; coefficients, estimated, odds_ratios, univariable: the
    numbers of such a fit; GLM_TOL for statsmodels'
fit_measures
    of_result, of_counts: likelihood, AIC, pseudo R-squared in units; likelihood_ratio
profile
    limits, univariable, multivariable: from the profile likelihood
marginal
    average_effects, attributable_fractions
interaction
    fit, within, together, with_products: of two variables
robust
    sandwich: standard errors that allow for clusters (CR2)
random_intercept
    fit: how far clusters differ (Spread); median_odds_ratio and intraclass_correlation say it otherwise
imputation
    impute, pool: multiple imputation, and Rubin's rules
separation
    infinite_terms: those without a finite estimate
"""
