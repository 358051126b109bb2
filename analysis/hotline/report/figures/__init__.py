"""Results as figures.

style             one theme, one font, colours
comparisons       levels compared
response_charts   the hotline's response
odds_ratios       forest plots
prediction        the risk model
nomogram          the risk model on paper
flow              the flow of records
"""
