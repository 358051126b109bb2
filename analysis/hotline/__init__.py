"""The library of the compendium: what the notebooks and the pipeline share.

The vocabulary that everything else uses:
codebook     the one description of the export and its variables
schema       what a codebook may hold, and every fault that it can have
marked_yaml  YAML whose values know their lines
text         numbers and words as they are printed, by the kind of quantity
pipe_table   tables of Markdown
sql          texts and names as they stand in SQL
population   children by city, as a spreadsheet saves them
run          what the environment asks for, read once
install      the environment, made from requirements.lock before there is one
provenance   simulated or real, decided by the export's hash
paths        every folder and file, one line each
errors       the one kind of error that a user can fix

The packages, from records to the paper; the docstring of each lists what it offers:
simulator    a simulated hotline and its export
cleaning     from a raw export to the two cleaned tables
tally        counts by named variables, the only way to the cleaned tables
models       the study's models
report       results, tables, figures and named values of a step
pipeline     how a step is run
paper        the documents
study        all of it: the steps and the paper, in one process (python -m hotline.study)
"""
