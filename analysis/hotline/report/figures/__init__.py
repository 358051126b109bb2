"""Results as figures.

style         one theme, one font, colours
drawing       a figure drawn once, for the notebook's page and for its files
comparisons   levels compared, and the hotline's response
odds_ratios   forest plots
prediction    the risk model, also on paper
flow          the flow of records
"""
