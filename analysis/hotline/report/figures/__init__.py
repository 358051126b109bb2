"""Results as figures.

style                             one theme, one font, colours
comparisons, response_charts      levels compared, and the hotline's response
odds_ratios                       forest plots
prediction, nomogram              the risk model
flow                              the flow of records
"""
