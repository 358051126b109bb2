"""From a raw export to the two cleaned tables, `calls` and `cases`.

engine       the DuckDB that does the work in bounded memory
scratch      folders for what does not fit into memory, gone with their process
readers      CSV, Excel and Parquet, row by row
headings     the headings of an export, matched with those of the codebook
parts        the files of an export, and which row of which file a number stands for
load         the rows of an export in DuckDB, as texts
decode       texts to codes, numbers and times, as the codebook says
constraints  rows that break a constraint of the codebook
columns      columns that say nothing once they are decoded
times        texts as times, by the forms of the codebook
callers      the spellings of a caller's number, and calls without one
pseudonyms   callers' and counsellors' numbers to keyed hashes
repeated     rows that repeat another: exact copies, and editions of a ticket
cases        which assessed calls are about the same pupil, for all that calls may leave out
rules        the reasons for which a row leaves the study
flow         which rows stay, stage by stage, and the two tables that come out
spoilt       what a spreadsheet leaves of a text that it did not keep

Used by 01-clean (and, but for the last few, by `make score`) alone.
"""
