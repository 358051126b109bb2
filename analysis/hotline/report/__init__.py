"""What a step shows: results, tables, figures and named values.

exhibits     the outputs of one step, in the folder that it owns
values       a named value: its kind, its source and its text
dictionary   the codebook as tables and as a page
tables       results as printed tables
figures      results as figures
"""
