"""The small library of the compendium: what the notebooks and the pipeline share.

Where things are and what they are called:
paths        every folder and file, one line each
codebook     the one description of the export and its variables
provenance   simulated or real, decided by the export's hash
errors       the one kind of error that a user can mend

From records to counts:
simulation   numbers and random draws (used by simulate and recovery alone, like the next three)
scenario     what happens at the simulated hotline, from the caller to the counsellor's form
raw_face     the export as a ticket system would spell and spoil it
recovery     does the model find its own coefficients again, and what keeps it from that
readers      CSV, Excel and Parquet, row by row (used by 01-clean alone, like the next five)
records      the rows of an export in DuckDB, as texts
decoding     texts -> codes, numbers and times, as the codebook says
key          callers' and counsellors' numbers -> keyed hashes
rules        the reasons for which a row leaves the study
flow         which rows stay, stage by stage, and the two tables that come out
tally        the door: counts by named variables, for every later notebook
sharing      several tallies from one scan of the data
engine       what counts behind the door: DuckDB

From counts to results:
stats/       methods that no well-kept library has, one file each
comparisons  the tables of the comparisons between levels, and of the hotline's response
response_charts   the charts of that response
predictors   what may predict a level, by block and by when it is known
held_out     who is held out to judge a model, and where too few are left for one
estimable    the part of a logistic model that the counts can estimate, and in words what they cannot
odds_ratios  the tables of odds ratios
forest       their plots: a whole model, one variable within another, several analyses
model_tables what is printed beside them: blocks, variables, interactions
levels       the three levels in one model, ordinal and multinomial
sensitivity  several analyses of one question side by side
sensitivity_tables   the same as the paper prints them
prediction_tables, validation_tables   the tables of the risk model
charts_prediction, nomogram            its charts, and the model as a sheet of scales
risk_model   the model as a small file; model_card: what it is for, in words
score        a risk for each row of an export (the one reader of records besides 01-clean)

What a step shows:
dictionary   the codebook as tables and as a page
exhibits     results, tables, figures and named values of one step
text         numbers as printed text
style        the look of figures
charts       figures that seaborn does not have ready
diagram      the flow of records

How it is run:
params       params.yml, read and checked
fingerprint  what a step's outputs depend on
execute      one notebook, by papermill
step         one step, safely
manuscript   what manuscript and supplement are made from
published    published.yml as tables for readers
render       manuscript and supplement, in three formats
quarto       rendering by Quarto, where there is one
pandoc_route rendering by pandoc and Typst otherwise
glyphs       fonts, and whether they have every character
"""
