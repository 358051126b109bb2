"""Statistics from tables of counts: what a table of counts is enough for, without a row per unit.

tables, means, effect_size, hypothesis_tests, ...   comparisons of groups
glm            logistic, ordinal and multinomial models
prediction     performance, validation and use of risk models
simulation_study   performance of an estimator over replications
"""
