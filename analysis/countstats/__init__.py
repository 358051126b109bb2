"""Statistics from tables of counts: what a table of counts is enough for, without a row per unit.

columns            names of the columns that a table of counts may have
tables, shares, means, effect_size, hypothesis_tests   comparisons of groups
glm                logistic, ordinal and multinomial models
prediction         performance, validation and use of risk models
simulation_study   performance of an estimator over replications
"""
