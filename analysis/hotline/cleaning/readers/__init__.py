"""Headings and rows of text from files of every kind. What a text means is not guessed.

table      what an opened export gives: headings and rows
kinds      what a file is by its first bytes, and who opens it
csv_file   CSV: encodings, delimiters, quotation marks
excel      Excel workbooks, by calamine
parquet    Parquet, which DuckDB reads by itself
"""
